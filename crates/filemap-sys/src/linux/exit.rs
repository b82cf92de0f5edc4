//! An orderly end of the process: what `exit` still has time for.
//!
//! The kernel drops every lock at the end of a process, so no name outlives it. But a name's *entry* and its memory would
//! stay until the next comer takes them away. A program that ends by `exit` or by returning from `main` without closing its
//! handles (as Windows programs may) takes them away itself.

// UNSAFETY: registers a function with atexit(3), and borrows descriptors by their numbers.
#![expect(unsafe_code)]

use crate::os::fork;
use std::os::fd::{BorrowedFd, RawFd};
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

static ONCE: Once = Once::new();
/// The process that registered: a forked child that exits must leave its parent's handles alone.
static GENERATION: AtomicU32 = AtomicU32::new(0);

/// What to do with each open file at exit: its path and the file.
type Visit = fn(&Path, BorrowedFd<'_>);
static VISIT: std::sync::OnceLock<Visit> = std::sync::OnceLock::new();

/// Has `visit` called at `exit` for every file that this process has open, is closed on exec, and still has a name.
/// Only the first call counts.
pub fn at_exit(visit: Visit) {
    ONCE.call_once(|| {
        let _ = VISIT.set(visit);
        GENERATION.store(fork::generation(), Ordering::Relaxed);
        // SAFETY: `run` is a plain function that stays as long as the program text (libraries are linked nodelete).
        let _ = unsafe { libc::atexit(run) }; // no room: the next comer takes the entries away
    });
}

/// Has `f` called at `exit`, too. Source: atexit(3).
pub fn when_the_program_ends(f: extern "C" fn()) {
    // SAFETY: a plain function that stays as long as the program text (libraries are linked nodelete).
    let _ = unsafe { libc::atexit(f) }; // no room: then it is not called, which the callers can bear
}

extern "C" fn run() {
    if fork::generation() != GENERATION.load(Ordering::Relaxed) {
        return;
    }
    let Some(visit) = VISIT.get() else { return };
    let Ok(descriptors) = std::fs::read_dir("/proc/self/fd") else {
        return;
    };
    let open: Vec<(RawFd, PathBuf)> = descriptors
        .flatten()
        .filter_map(|d| {
            Some((
                d.file_name().to_str()?.parse().ok()?,
                std::fs::read_link(d.path()).ok()?,
            ))
        })
        .collect();
    for (fd, path) in open {
        // SAFETY: fcntl on a number that is no descriptor any more gives EBADF.
        let flags = unsafe { libc::fcntl(fd, libc::F_GETFD) };
        // Inheritable handles may be a child's as well: the kernel closes ours.
        if flags == -1 || flags & libc::FD_CLOEXEC == 0 {
            continue;
        }
        // SAFETY: it was open just now. Should another thread that still runs close it in this moment, the calls below
        // meet a closed or another file, which they check by device and inode before they change a name.
        visit(&path, unsafe { BorrowedFd::borrow_raw(fd) });
    }
}
