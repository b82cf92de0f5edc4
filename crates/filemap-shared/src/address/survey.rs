//! What Process Walker was for: ranges that are free in several processes (V-70).

use filemap::core::shared::ranges::{free, intersection, occupied, places};
use filemap::sys::os::map::user_range;
use filemap::{Error, Op, Why, Win32Code};
use std::io::ErrorKind;
use std::ops::Range;

/// There is no such process; the same number on every Linux.
const ESRCH: i32 = 3;

/// Ranges of whole 64 KiB granules, each of `len` bytes at least, that are free in one process; `None` is this one.
///
/// # Errors
/// `ERROR_INVALID_PARAMETER` (87) if there is no such process, `ERROR_ACCESS_DENIED` (5) if its map may not be read.
pub fn free_ranges(pid: Option<u32>, len: u64) -> Result<Vec<Range<u64>>, Error> {
    let path = match pid {
        None => "/proc/self/maps".to_owned(),
        Some(pid) => format!("/proc/{pid}/maps"),
    };
    let maps = std::fs::read(&path).map_err(|e| {
        // The file of a process that is just ending can't be read: ESRCH.
        let is_gone = e.kind() == ErrorKind::NotFound || e.raw_os_error() == Some(ESRCH);
        let why = match (e.kind(), pid) {
            (_, Some(pid)) if is_gone => Why::NoProcess { pid },
            (ErrorKind::PermissionDenied, Some(pid)) => Why::ProcessDenied { pid },
            _ => Why::System {
                code: Win32Code::INVALID_PARAMETER,
                text: e.to_string(),
            },
        };
        Error::new(Op::Other("survey"), path, why)
    })?;
    let user = user_range();
    Ok(free(
        occupied(&String::from_utf8_lossy(&maps)),
        user.first..user.last + 1,
        len,
    ))
}

/// Ranges that are free in *all* of these processes now, ascending, each of `len` bytes at least: where a fixed address may
/// be chosen (approach 1 of KB125713). There is no guarantee for the next start of the same programs (V-71).
///
/// ```
/// let me = std::process::id();
/// let free = filemap_shared::address::survey(&[me], 1 << 30)?;
/// assert!(free.iter().all(|range| range.start % 65536 == 0 && range.end - range.start >= 1 << 30));
/// # Ok::<(), filemap::Error>(())
/// ```
///
/// # Errors
/// As [`free_ranges`]; 87 for no process at all.
pub fn survey(pids: &[u32], len: u64) -> Result<Vec<Range<u64>>, Error> {
    let mut common: Option<Vec<Range<u64>>> = None;
    for pid in pids {
        let free = free_ranges(Some(*pid), len)?;
        common = Some(match common {
            None => free,
            Some(common) => intersection(&common, &free, len),
        });
    }
    common.ok_or_else(|| {
        let what = "no process was named".to_owned();
        Error::new(Op::Other("survey"), "", Why::Argument { what })
    })
}

/// Addresses for `len` bytes in free ranges, the most promising first: the middle of the largest range, where neither stacks
/// nor libraries grow to, then others.
///
/// ```
/// use filemap_shared::address::suggest;
/// let free = [0x1_0000..0x5_0000, 0x10_0000..0x90_0000];
/// assert_eq!(suggest(&free, 0x1_0000)[0], 0x4F_0000);
/// ```
#[must_use]
pub fn suggest(free: &[Range<u64>], len: u64) -> Vec<u64> {
    places(free, len, 16)
}
