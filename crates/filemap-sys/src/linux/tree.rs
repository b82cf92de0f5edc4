//! Directories that may be trusted: owned by root or by the caller, not writable by strangers unless sticky.

use crate::SysError;
use crate::os::process;
use rustix::fs::{CWD, FileType, Mode, OFlags, ResolveFlags, Stat};
use rustix::io::Errno;
use std::ffi::CString;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Why a directory is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Distrust {
    /// It belongs to this user, who is neither root nor the caller.
    Owner(u32),
    /// Others may write into it and it is not sticky.
    Mode(u32),
    /// It is no directory, or a symbolic link leads to it.
    NotADirectory,
    /// A system call failed; ENOENT means that it does not exist.
    System(SysError),
}

const FLAGS: OFlags = OFlags::PATH
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

/// Opens the directory at an absolute or relative path; the last component may not be a symbolic link.
///
/// The path to the parent is the administrator's choice (`/dev/shm`, `FILEMAP_ROOT`); what lies below is checked at each
/// step by [`open_below`].
pub fn open(path: &Path) -> Result<OwnedFd, Distrust> {
    let c_path = CString::new(path.as_os_str().as_bytes()).map_err(|_| {
        Distrust::System(SysError {
            call: "open",
            errno: libc::EINVAL,
        })
    })?;
    checked(rustix::fs::openat(CWD, c_path.as_c_str(), FLAGS, Mode::empty()))
}

/// Opens the directory `name`, a single component, in `dir`. Source: openat2(2).
pub fn open_below(dir: BorrowedFd<'_>, name: &str) -> Result<OwnedFd, Distrust> {
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    match rustix::fs::openat2(dir, name, FLAGS, Mode::empty(), resolve) {
        // before Linux 5.6, and under some seccomp filters: one component without a link is as good
        Err(Errno::NOSYS | Errno::PERM) => checked(rustix::fs::openat(dir, name, FLAGS, Mode::empty())),
        other => checked(other),
    }
}

/// Opens the directory `name` in `dir` whoever owns it: for root, who looks into other users' sessions.
pub fn open_of_another(dir: BorrowedFd<'_>, name: &str) -> Result<OwnedFd, Distrust> {
    let opened = rustix::fs::openat(dir, name, FLAGS, Mode::empty());
    opened.map_err(|e| Distrust::System(SysError::of("open")(e)))
}

/// Makes the directory `name` in `dir` (or leaves the one that is there) with exactly this mode if it is new.
pub fn make_below(dir: BorrowedFd<'_>, name: &str, mode: u32) -> Result<(), SysError> {
    match rustix::fs::mkdirat(dir, name, Mode::from_raw_mode(mode)) {
        Ok(()) => {}
        Err(Errno::EXIST) => return Ok(()),
        Err(e) => return Err(SysError::of("mkdir")(e)),
    }
    // mkdir applies the umask; a directory that everybody shall use needs its exact mode.
    let made = rustix::fs::openat(
        dir,
        name,
        OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC,
        Mode::empty(),
    )
    .map_err(SysError::of("open"))?;
    rustix::fs::fchmod(made, Mode::from_raw_mode(mode)).map_err(SysError::of("fchmod"))
}

/// Makes the new directory `name` in `dir`, for its owner only, and opens it. EEXIST if the name is taken.
pub fn make_new_below(dir: BorrowedFd<'_>, name: &str) -> Result<OwnedFd, SysError> {
    rustix::fs::mkdirat(dir, name, Mode::RWXU).map_err(SysError::of("mkdir"))?;
    open_readable_below(dir, name)
}

/// Opens the directory `name` in `dir` for more than looking up names (mode, ACL), whoever owns it.
pub fn open_readable_below(dir: BorrowedFd<'_>, name: &str) -> Result<OwnedFd, SysError> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(dir, name, flags, Mode::empty()).map_err(SysError::of("open"))
}

/// Gives the entry `from` of `dir` the name `to`; `false` if that is taken. Source: renameat2(2), `RENAME_NOREPLACE`.
pub fn rename_below(dir: BorrowedFd<'_>, from: &str, to: &str) -> Result<bool, SysError> {
    match rustix::fs::renameat_with(dir, from, dir, to, rustix::fs::RenameFlags::NOREPLACE) {
        Ok(()) => Ok(true),
        Err(Errno::EXIST) => Ok(false),
        Err(e) => Err(SysError::of("renameat2")(e)),
    }
}

/// Removes the empty directory `name` of `dir`. Source: unlinkat(2).
pub fn remove_below(dir: BorrowedFd<'_>, name: &str) -> Result<(), SysError> {
    rustix::fs::unlinkat(dir, name, rustix::fs::AtFlags::REMOVEDIR).map_err(SysError::of("rmdir"))
}

/// Makes the new file `name` in `dir`, open for reading and writing. Source: open(2), `O_EXCL`.
pub fn new_file_below(dir: BorrowedFd<'_>, name: &str, mode: u32) -> Result<OwnedFd, SysError> {
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::RDWR | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = rustix::fs::openat(dir, name, flags, Mode::RUSR | Mode::WUSR).map_err(SysError::of("open"))?;
    rustix::fs::fchmod(&file, Mode::from_raw_mode(mode)).map_err(SysError::of("fchmod"))?;
    Ok(file)
}

fn checked(opened: Result<OwnedFd, Errno>) -> Result<OwnedFd, Distrust> {
    let dir = opened.map_err(|e| match e {
        Errno::NOTDIR | Errno::LOOP => Distrust::NotADirectory,
        e => Distrust::System(SysError::of("open")(e)),
    })?;
    let stat = rustix::fs::fstat(&dir).map_err(|e| Distrust::System(SysError::of("fstat")(e)))?;
    check(&stat, process::effective_user())?;
    Ok(dir)
}

fn check(stat: &Stat, user: u32) -> Result<(), Distrust> {
    let mode = stat.st_mode & 0o7777;
    match () {
        () if !FileType::from_raw_mode(stat.st_mode).is_dir() => Err(Distrust::NotADirectory),
        () if stat.st_uid != 0 && stat.st_uid != user => Err(Distrust::Owner(stat.st_uid)),
        () if mode & 0o022 != 0 && mode & 0o1000 == 0 => Err(Distrust::Mode(mode)),
        () => Ok(()),
    }
}

/// Whether an open directory was removed from its parent in the meantime.
pub fn is_removed(dir: BorrowedFd<'_>) -> Result<bool, SysError> {
    let stat = rustix::fs::fstat(dir.as_fd()).map_err(SysError::of("fstat"))?;
    Ok(stat.st_nlink == 0)
}
