//! What this kernel, and whatever filters its calls, lets a process do.

use crate::os::{futex, ofd_lock, residency, tmpfs};
use rustix::fs::{CWD, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;
use std::ffi::CString;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// A feature that the library uses, found by using it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Feature {
    /// Sleeping on several words: futex_waitv(2), Linux 5.16.
    WaitForSeveral,
    /// Opening below a directory without links: openat2(2), Linux 5.6.
    OpenBeneath,
    /// Memory without a name: memfd_create(2).
    AnonymousFiles,
    /// Holding a process: pidfd_open(2), Linux 5.3.
    ProcessDescriptors,
    /// How much of a file is in memory: cachestat(2), Linux 6.5.
    Residency,
    /// Locks of open file descriptions: fcntl(2). Nothing works without.
    DescriptionLocks,
    /// Files without a name: open(2), `O_TMPFILE`.
    UnnamedFiles,
}

fn is_known<T>(answer: Result<T, Errno>) -> bool {
    !matches!(answer, Err(Errno::NOSYS | Errno::PERM))
}

/// Whether a feature is there; those of files are tried in `directory`, which must be writable.
#[must_use]
pub fn has(feature: Feature, directory: BorrowedFd<'_>) -> bool {
    match feature {
        Feature::WaitForSeveral => futex::has_waitv(),
        Feature::OpenBeneath => is_known(rustix::fs::openat2(
            CWD,
            ".",
            OFlags::PATH | OFlags::CLOEXEC,
            Mode::empty(),
            ResolveFlags::NO_MAGICLINKS,
        )),
        Feature::AnonymousFiles => tmpfs::anonymous_file(c"filemap-probe").is_ok(),
        Feature::ProcessDescriptors => is_known(rustix::process::pidfd_open(
            rustix::process::getpid(),
            rustix::process::PidfdFlags::empty(),
        )),
        Feature::Residency => {
            some_file(directory).is_none_or(|file| residency::of_file(file.as_fd()).is_some())
        }
        Feature::DescriptionLocks => some_file(directory).is_none_or(|file| {
            ofd_lock::set(file.as_fd(), ofd_lock::LIVE_BYTE, ofd_lock::Lock::Shared) == Ok(true)
        }),
        Feature::UnnamedFiles => !matches!(
            unnamed_file(directory),
            Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::NOSYS)
        ),
    }
}

fn unnamed_file(directory: BorrowedFd<'_>) -> Result<OwnedFd, Errno> {
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    rustix::fs::openat(directory, c".", flags, Mode::RUSR | Mode::WUSR)
}

/// A file to try things with, whichever kind there is; one missing feature is not to be taken for another. Without any,
/// nothing is known to be missing.
fn some_file(directory: BorrowedFd<'_>) -> Option<OwnedFd> {
    let anonymous = tmpfs::anonymous_file(c"filemap-probe").ok();
    anonymous.or_else(|| unnamed_file(directory).ok())
}

/// A file system as statvfs(3) and statfs(2) describe it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileSystem {
    /// It is a tmpfs: memory.
    pub is_tmpfs: bool,
    /// Its size in bytes; 0 means that it sets no limit.
    pub size: u64,
    /// Free bytes for this user.
    pub free: u64,
    /// How many files it takes in all; 0 means that it sets no limit.
    pub files: u64,
    /// Programs in it may not be run or mapped for execution.
    pub is_noexec: bool,
    /// It may not be written.
    pub is_read_only: bool,
    /// Device number.
    pub dev: u64,
}

/// Looks at the file system that a path is on; `None` if there is nothing.
#[must_use]
pub fn file_system(path: &Path) -> Option<FileSystem> {
    const TMPFS_MAGIC: i64 = 0x0102_1994;
    let path = CString::new(path.as_os_str().as_bytes()).ok()?;
    let v = rustix::fs::statvfs(path.as_c_str()).ok()?;
    let s = rustix::fs::statfs(path.as_c_str()).ok()?;
    let flags = v.f_flag;
    Some(FileSystem {
        is_tmpfs: s.f_type as i64 == TMPFS_MAGIC,
        size: v.f_blocks.saturating_mul(v.f_frsize),
        free: v.f_bavail.saturating_mul(v.f_frsize),
        files: v.f_files,
        is_noexec: flags.contains(rustix::fs::StatVfsMountFlags::NOEXEC),
        is_read_only: flags.contains(rustix::fs::StatVfsMountFlags::RDONLY),
        dev: rustix::fs::stat(path.as_c_str()).ok()?.st_dev,
    })
}
