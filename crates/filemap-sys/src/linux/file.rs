//! Disk files behind objects: what a descriptor allows, where it leads, who has mapped the file.

use crate::SysError;
use crate::os::ofd_lock::{self, Holders, Lock, SECTION_BYTE, WRITES_BYTE};
use crate::os::tmpfs::{self, OpenFor};
use filemap_core::section::{FileFacts, FileKind};
use rustix::fs::{FileType, Mode, OFlags};
use std::ffi::CString;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// What is known of a descriptor that shall be mapped; `len` bytes from the start are the part to be mapped (0: all).
pub fn facts(file: BorrowedFd<'_>, len: u64) -> Result<FileFacts, SysError> {
    let flags = rustix::fs::fcntl_getfl(file).map_err(SysError::of("fcntl(F_GETFL)"))?;
    let stat = tmpfs::stat(file)?;
    let kind = match FileType::from_raw_mode(stat.st_mode) {
        _ if flags.contains(OFlags::PATH) => FileKind::Other("a path without access (O_PATH)"),
        FileType::RegularFile => FileKind::Ordinary,
        FileType::Directory => FileKind::Other("a directory"),
        FileType::Fifo => FileKind::Other("a pipe"),
        FileType::Socket => FileKind::Other("a socket"),
        FileType::CharacterDevice => FileKind::Other("a console or another character device"),
        FileType::BlockDevice => FileKind::Other("a block device"),
        _ => FileKind::Other("something that is no file"),
    };
    let (can_read, can_write) = match flags & OFlags::ACCMODE {
        OFlags::RDONLY => (true, false),
        OFlags::WRONLY => (false, true),
        _ => (true, true),
    };
    let region_locked = kind == FileKind::Ordinary
        && (can_read || can_write)
        && ofd_lock::holders_of_range(
            file,
            0,
            if len == 0 { SECTION_BYTE - 1 } else { len as i64 },
            Lock::Shared,
        )? == Holders::Exclusive;
    Ok(FileFacts {
        kind,
        can_read,
        can_write,
        can_execute: can_read && !tmpfs::is_noexec(file)?,
        len: stat.st_size as u64,
        region_locked,
    })
}

/// A description of our own of the same file, which says that a data section of it exists for as long as the description
/// or a mapping of it lives (V-60). Falls back to a duplicate where the file can't be opened again.
pub fn section_description(file: BorrowedFd<'_>, access: OpenFor) -> Result<OwnedFd, SysError> {
    let own = match tmpfs::reopen(file, access) {
        Ok(own) => own,
        Err(_) => tmpfs::duplicate(file)?,
    };
    say_section(own.as_fd(), access)?;
    Ok(own)
}

/// Says that a section exists, and, if views of it can write, that it counts as one who writes (F-9).
fn say_section(file: BorrowedFd<'_>, access: OpenFor) -> Result<(), SysError> {
    ofd_lock::set(file, SECTION_BYTE, Lock::Shared)?;
    if access == OpenFor::Writing {
        ofd_lock::set(file, WRITES_BYTE, Lock::Shared)?;
    }
    Ok(())
}

/// Whether a data section of the file exists in any process: handles and views that this library knows of (V-60).
pub fn is_mapped(file: BorrowedFd<'_>) -> Result<bool, SysError> {
    Ok(ofd_lock::holders(file, SECTION_BYTE)? != Holders::Nobody)
}

/// The path that leads to the file now. Source: proc(5).
pub fn path(file: BorrowedFd<'_>) -> Result<PathBuf, SysError> {
    std::fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd())).map_err(SysError::of("readlink"))
}

/// Opens a file by its path for a section, and only if it is the file with these numbers; `None` if it is another one.
pub fn open_backing(path: &[u8], dev: u64, ino: u64, access: OpenFor) -> Result<Option<OwnedFd>, SysError> {
    let path = CString::new(std::ffi::OsStr::from_bytes(path).as_bytes()).map_err(|_| SysError {
        call: "open",
        errno: libc::EINVAL,
    })?;
    let flags = match access {
        OpenFor::Reading => OFlags::RDONLY,
        OpenFor::Writing => OFlags::RDWR,
    } | OFlags::CLOEXEC
        | OFlags::NONBLOCK
        | OFlags::NOCTTY;
    let file = rustix::fs::open(path.as_c_str(), flags, Mode::empty()).map_err(SysError::of("open"))?;
    let stat = tmpfs::stat(file.as_fd())?;
    if (stat.st_dev, stat.st_ino) != (dev, ino) || !tmpfs::is_ordinary(&stat) {
        return Ok(None);
    }
    say_section(file.as_fd(), access)?;
    Ok(Some(file))
}

/// Writes the file's data and length to the disk. Source: fsync(2).
pub fn sync(file: BorrowedFd<'_>) -> Result<(), SysError> {
    rustix::fs::fsync(file).map_err(SysError::of("fsync"))
}

/// The largest file in bytes that a size may ask for: Linux' own limit (`MAX_LFS_FILESIZE`), less the lock bytes.
pub const LARGEST: u64 = ofd_lock::LIVE_BYTE as u64 - 1;
