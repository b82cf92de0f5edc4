//! How much of a file is in memory.

// UNSAFETY: cachestat(2), which no library offers yet.
#![expect(unsafe_code)]

use std::os::fd::{AsRawFd, BorrowedFd};

/// Memory of a file in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Residency {
    /// In memory.
    pub cached: u64,
    /// Not in memory any more; of a tmpfs file, swapped out.
    pub evicted: u64,
}

#[repr(C)]
struct Range {
    offset: u64,
    len: u64,
}

#[repr(C)]
#[derive(Default)]
struct Counts {
    cached: u64,
    dirty: u64,
    writeback: u64,
    evicted: u64,
    recently_evicted: u64,
}

/// The number of cachestat(2), the same on all architectures with a common table.
const SYS_CACHESTAT: libc::c_long = 451;

/// What of a file is in memory; `None` before Linux 6.5 and where the caller may not know. Source: cachestat(2).
#[must_use]
pub fn of_file(file: BorrowedFd<'_>) -> Option<Residency> {
    let range = Range { offset: 0, len: 0 }; // up to the end
    let mut counts = Counts::default();
    let flags: libc::c_uint = 0;
    // SAFETY: `file` is open; `range` and `counts` have the layout of the man page and outlive the call.
    let done = unsafe {
        libc::syscall(
            SYS_CACHESTAT,
            file.as_raw_fd(),
            &raw const range,
            &raw mut counts,
            flags,
        )
    };
    let page = rustix::param::page_size() as u64;
    (done == 0).then(|| Residency {
        cached: counts.cached.saturating_mul(page),
        evicted: counts.evicted.saturating_mul(page),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::fd::AsFd;

    #[test]
    fn written_pages_are_in_memory_and_a_hole_is_not() {
        // I-26
        let mut file = tempfile::tempfile_in("/dev/shm").unwrap();
        file.write_all(&[1; 8192]).unwrap();
        file.set_len(1 << 20).unwrap();
        // Where the kernel does not say, it does not say: only a wrong number would be wrong.
        if let Some(residency) = of_file(file.as_fd()) {
            assert_eq!(residency.cached + residency.evicted, 8192);
        }
    }
}
