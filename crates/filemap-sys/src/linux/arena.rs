//! One range of addresses that all processes share out among themselves (P-13, P-23).
//!
//! Windows 95 has one arena, from 2 to 3 GB, for the views of all programs, and an object is at the same address in all of
//! them. Here the arena is a file beside the objects. A block of addresses is *taken* while somebody holds a shared lock on
//! the bytes with these numbers; the kernel drops it with the process, so nothing leaks and nothing needs to be cleaned
//! up. Which object a block belongs to is a record in the file, which counts only while the block is taken.

use crate::SysError;
use crate::os::map::NoView;
use crate::os::ofd_lock::{self, Holders, Lock};
use crate::os::tmpfs::{self, OpenFor};
use filemap_core::view::GRANULARITY;
use rustix::fs::{Mode, OFlags};
use std::ffi::CString;
use std::ops::Range;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};
use zerocopy::little_endian::U64;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// The byte whose exclusive lock is held while blocks are given out.
const MUTEX_BYTE: i64 = ofd_lock::LIVE_BYTE + 2;
/// How long to wait for another process that gives out a block.
const PATIENCE: Duration = Duration::from_secs(5);
/// The most records that are read: one for each unit of 64 KiB in 4 GB.
const MOST_RECORDS: usize = 65_536;

/// What a block of addresses belongs to: an object by its random number, and the part of it that begins at `offset`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// The object's number.
    pub object: [u64; 2],
    /// Where the part begins, in bytes.
    pub offset: u64,
    /// Length of the part in bytes, a multiple of 64 KiB.
    pub len: u64,
}

/// A record as it lies in the file. Anybody may write there: it is checked before it is believed.
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct Record {
    object: [U64; 2],
    offset: U64,
    len: U64,
    start: U64,
    reserved: [U64; 3],
}

/// A block of addresses that this process has taken; given back on drop.
#[derive(Debug)]
pub struct Lease {
    _locked: OwnedFd,
}

/// Why there is no block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoBlock {
    /// The object is at another address than the one asked for.
    Second {
        /// Where it is.
        first: u64,
    },
    /// The object's address is taken in this process.
    Taken {
        /// The address.
        at: u64,
    },
    /// The address asked for is taken by another object, or in this process.
    Occupied,
    /// No free block is large enough.
    Full,
    /// Another process stopped in the middle of giving out a block.
    Busy,
    /// The view itself failed.
    View(NoView),
    /// A system call failed.
    System(SysError),
}

impl From<SysError> for NoBlock {
    fn from(e: SysError) -> NoBlock {
        NoBlock::System(e)
    }
}

/// Takes the block of `key` in the arena `range` whose file is in `dir`, at the address where the object is already, else
/// at `asked`, else at the first free one; `map` maps the view there in this process.
///
/// `everybody` may use a new arena file, or only its owner.
pub fn take<T>(
    dir: BorrowedFd<'_>,
    range: Range<u64>,
    everybody: bool,
    key: Key,
    asked: Option<u64>,
    mut map: impl FnMut(u64) -> Result<T, NoView>,
) -> Result<(Lease, T), NoBlock> {
    let file = open(dir, &range, everybody)?;
    let file = file.as_fd();
    enter(file)?;
    // From here on every way out closes the description, and with it the locks.
    let records = read(file)?;
    let taken = |record: &Record| is_taken(file, record.start.get(), record.len.get());
    let mut known = None;
    for record in records.iter().filter(|record| is_of(record, &key, &range)) {
        if taken(record)? {
            known = Some(record.start.get());
        }
    }
    let (at, view) = match (known, asked) {
        (Some(first), Some(asked)) if asked != first => return Err(NoBlock::Second { first }),
        (Some(first), _) => match map(first) {
            Ok(view) => (first, view),
            Err(NoView::Occupied) => return Err(NoBlock::Taken { at: first }),
            Err(e) => return Err(NoBlock::View(e)),
        },
        (None, Some(asked)) => {
            let inside =
                asked >= range.start && asked.checked_add(key.len).is_some_and(|end| end <= range.end);
            if !inside || is_taken(file, asked, key.len)? {
                return Err(NoBlock::Occupied);
            }
            match map(asked) {
                Ok(view) => (asked, view),
                Err(NoView::Occupied) => return Err(NoBlock::Occupied),
                Err(e) => return Err(NoBlock::View(e)),
            }
        }
        (None, None) => first_free(file, &range, key.len, map)?,
    };
    ofd_lock::set_range(file, at as i64, key.len as i64, Lock::Shared)?;
    if known.is_none() {
        let record = Record {
            object: key.object.map(U64::new),
            offset: key.offset.into(),
            len: key.len.into(),
            start: at.into(),
            reserved: [0.into(); 3],
        };
        let mut slot = records.len();
        for (i, old) in records.iter().enumerate() {
            if !is_sane(old, &range) || !taken(old)? {
                slot = i;
                break;
            }
        }
        tmpfs::write_at(file, record.as_bytes(), (slot * size_of::<Record>()) as u64)?;
    }
    ofd_lock::set(file, MUTEX_BYTE, Lock::Unlocked)?;
    let locked = tmpfs::duplicate(file)?;
    Ok((Lease { _locked: locked }, view))
}

/// How many bytes of the arena are taken, by all processes.
pub fn used(dir: BorrowedFd<'_>, range: Range<u64>) -> Result<u64, SysError> {
    let name = name_of(&range);
    let file = match tmpfs::open_name(dir, &name, OpenFor::Reading) {
        Ok(file) => file,
        Err(e) if e.errno == libc::ENOENT => return Ok(0),
        Err(e) => return Err(e),
    };
    // Locks are told in no order: what is before and behind each is looked at again.
    let (mut open, mut sum) = (vec![range], 0);
    while let Some(range) = open.pop() {
        if let Some(hit) =
            ofd_lock::first_held(file.as_fd(), range.start as i64, (range.end - range.start) as i64)?
        {
            let (start, end) = clip(&hit, range.start, range.end);
            sum += end - start;
            open.extend(
                [range.start..start, end..range.end]
                    .into_iter()
                    .filter(|r| !r.is_empty()),
            );
        }
    }
    Ok(sum)
}

fn first_free<T>(
    file: BorrowedFd<'_>,
    range: &Range<u64>,
    len: u64,
    mut map: impl FnMut(u64) -> Result<T, NoView>,
) -> Result<(u64, T), NoBlock> {
    let mut at = range.start;
    while at.checked_add(len).is_some_and(|end| end <= range.end) {
        if let Some(hit) = ofd_lock::first_held(file, at as i64, len as i64)? {
            at = clip(&hit, at, range.end).1.next_multiple_of(GRANULARITY);
            continue;
        }
        match map(at) {
            Ok(view) => return Ok((at, view)),
            Err(NoView::Occupied) => at += GRANULARITY,
            Err(e) => return Err(NoBlock::View(e)),
        }
    }
    Err(NoBlock::Full)
}

/// The part of a lock that lies in `from..end`; never empty, so that a search goes on.
fn clip(hit: &Range<i64>, from: u64, end: u64) -> (u64, u64) {
    let start = u64::try_from(hit.start).unwrap_or(0).clamp(from, end);
    let stop = u64::try_from(hit.end).unwrap_or(end).min(end);
    (start, stop.max(start + 1))
}

fn is_taken(file: BorrowedFd<'_>, start: u64, len: u64) -> Result<bool, SysError> {
    let holders = ofd_lock::holders_of_range(file, start as i64, len as i64, Lock::Exclusive)?;
    Ok(holders != Holders::Nobody)
}

fn is_sane(record: &Record, range: &Range<u64>) -> bool {
    let (start, len) = (record.start.get(), record.len.get());
    len > 0
        && start >= range.start
        && start.is_multiple_of(GRANULARITY)
        && start.checked_add(len).is_some_and(|end| end <= range.end)
}

fn is_of(record: &Record, key: &Key, range: &Range<u64>) -> bool {
    is_sane(record, range)
        && record.object.map(U64::get) == key.object
        && record.offset.get() == key.offset
        && record.len.get() == key.len
}

fn read(file: BorrowedFd<'_>) -> Result<Vec<Record>, SysError> {
    let len = tmpfs::stat(file)?.st_size as usize;
    let count = (len / size_of::<Record>()).min(MOST_RECORDS);
    let mut bytes = vec![0; count * size_of::<Record>()];
    let got = tmpfs::read_at(file, &mut bytes, 0)?;
    Ok(bytes[..got]
        .chunks_exact(size_of::<Record>())
        .filter_map(|chunk| Record::read_from_bytes(chunk).ok())
        .collect())
}

fn enter(file: BorrowedFd<'_>) -> Result<(), NoBlock> {
    let since = Instant::now();
    while !ofd_lock::set(file, MUTEX_BYTE, Lock::Exclusive)? {
        if since.elapsed() > PATIENCE {
            return Err(NoBlock::Busy);
        }
        std::thread::yield_now();
    }
    Ok(())
}

/// The file's name: no object's, for these never begin with a dot.
fn name_of(range: &Range<u64>) -> CString {
    CString::new(format!(".arena-{:x}", range.start)).expect("hexadecimal digits have no NUL")
}

fn open(dir: BorrowedFd<'_>, range: &Range<u64>, everybody: bool) -> Result<OwnedFd, SysError> {
    let name = name_of(range);
    let mode = if everybody { 0o666 } else { 0o600 };
    loop {
        match tmpfs::open_name(dir, &name, OpenFor::Writing) {
            Err(e) if e.errno == libc::ENOENT => {}
            other => return other,
        }
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        match rustix::fs::openat(dir, &name, flags, Mode::from_raw_mode(mode)) {
            Ok(file) => {
                tmpfs::set_mode(file.as_fd(), mode)?; // whatever the umask is
                return Ok(file);
            }
            Err(rustix::io::Errno::EXIST) => {}
            Err(e) => return Err(SysError::of("open")(e)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARENA: Range<u64> = 0x8000_0000..0xC000_0000;

    fn key(object: u64, len: u64) -> Key {
        Key {
            object: [object, 0],
            offset: 0,
            len,
        }
    }

    fn place(dir: &std::fs::File, key: Key, asked: Option<u64>) -> Result<(Lease, u64), NoBlock> {
        take(dir.as_fd(), ARENA, false, key, asked, Ok)
    }

    fn directory() -> (tempfile::TempDir, std::fs::File) {
        let dir = tempfile::tempdir().unwrap();
        let file = std::fs::File::open(dir.path()).unwrap();
        (dir, file)
    }

    #[test]
    fn an_object_has_one_address_as_long_as_anybody_holds_it_p23() {
        let (_dir, dir) = directory();
        let (a, first) = place(&dir, key(1, 0x2_0000), None).unwrap();
        let (b, again) = place(&dir, key(1, 0x2_0000), None).unwrap();
        assert_eq!((first, again), (ARENA.start, ARENA.start));
        let (_c, other) = place(&dir, key(2, 0x1_0000), None).unwrap();
        assert_eq!(
            other,
            ARENA.start + 0x2_0000,
            "two objects never lie in one place"
        );
        let elsewhere = place(&dir, key(1, 0x2_0000), Some(0x9000_0000)).unwrap_err();
        assert_eq!(elsewhere, NoBlock::Second { first }, "V-34");
        drop(a);
        let taken = place(&dir, key(3, 0x1_0000), Some(first)).unwrap_err();
        assert_eq!(taken, NoBlock::Occupied, "b still holds it");
        drop(b);
        let (_d, free) = place(&dir, key(3, 0x1_0000), Some(first)).unwrap();
        assert_eq!(free, first);
    }

    #[test]
    fn the_arena_is_full_when_the_sum_of_all_blocks_is_p13() {
        let (_dir, dir) = directory();
        let (_a, _) = place(&dir, key(1, 0x3000_0000), None).unwrap();
        assert_eq!(place(&dir, key(2, 0x2000_0000), None).unwrap_err(), NoBlock::Full);
        let (_b, at) = place(&dir, key(2, 0x1000_0000), None).unwrap();
        assert_eq!(at, ARENA.start + 0x3000_0000);
        assert_eq!(used(dir.as_fd(), ARENA).unwrap(), 0x4000_0000);
        assert_eq!(place(&dir, key(3, 0x1_0000), None).unwrap_err(), NoBlock::Full);
    }

    #[test]
    fn addresses_that_this_process_uses_are_passed_over() {
        let (_dir, dir) = directory();
        let only_third = |at| match at == ARENA.start + 2 * GRANULARITY {
            true => Ok(at),
            false => Err(NoView::Occupied),
        };
        let (_lease, at) = take(dir.as_fd(), ARENA, false, key(1, 0x1_0000), None, only_third).unwrap();
        assert_eq!(at, ARENA.start + 2 * GRANULARITY);
    }

    #[test]
    fn rubbish_in_the_file_harms_nobody() {
        let (place_of, dir) = directory();
        let path = place_of.path().join(".arena-80000000");
        std::fs::write(&path, vec![0xFF; 1000]).unwrap();
        let (_a, at) = place(&dir, key(1, 0x1_0000), None).unwrap();
        let (_b, again) = place(&dir, key(1, 0x1_0000), None).unwrap();
        assert_eq!((at, again), (ARENA.start, ARENA.start));
    }
}
