//! Locks of open file descriptions: a handle is such a lock.

// UNSAFETY: fcntl(2) with OFD commands; rustix offers only whole-file process locks.
#![expect(unsafe_code)]

use crate::SysError;
use std::ops::Range;
use std::os::fd::{AsRawFd, BorrowedFd};

/// The byte whose lock means "this description is a handle": far behind the end of any file, so that nobody's own
/// record locks meet it.
pub const LIVE_BYTE: i64 = 0x4000_0000_0000_0000;
/// The byte of a *disk file* whose shared lock means "a data section of this file exists" (V-60).
pub const SECTION_BYTE: i64 = 0x4000_0000_0000_0001;
/// First of six bytes of a *disk file* that stand for share modes: three that say what an open file may do (read, write,
/// delete), three that say what it lets nobody else do. Locked shared by those who say it.
pub const SHARE_BYTES: i64 = 0x4000_0000_0000_0008;
/// The byte that says "somebody writes": open files, and sections through which a view can write (F-9).
pub const WRITES_BYTE: i64 = SHARE_BYTES + 1;
/// The byte that whoever changes the security of an object locks exclusively, on a description of his own.
pub const SECURITY_BYTE: i64 = 0x4000_0000_0000_0002;

/// Who holds a lock on the byte, as far as the caller is hindered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holders {
    /// Nobody but the asking description.
    Nobody,
    /// At least one other description holds the shared lock.
    Shared,
    /// Another description holds the exclusive lock.
    Exclusive,
}

/// What to do with the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// Shared, by any number of descriptions.
    Shared,
    /// Exclusive.
    Exclusive,
    /// None.
    Unlocked,
}

/// The lowest byte of a creator's lock. Whatever file a view can have ends below it.
const FIRST_OF_CREATOR: i64 = 1 << 61;
/// Bits of a process number: `/proc/sys/kernel/pid_max` is 2 to the power of 22 at most.
const PID_BITS: u32 = 22;

/// The bytes that a creator locks in place of [`LIVE_BYTE`] alone: they end with that, and their number says who he is
/// (process number, start time in clock ticks since boot). So a handle can be told from the creator's, and the creator be known
/// while he holds the object, and it costs nothing.
fn bytes_of_creator(pid: u32, start: u64) -> (i64, i64) {
    let who = (start << PID_BITS | u64::from(pid)) as i64;
    let fits = pid >> PID_BITS == 0 && start < 1 << (61 - PID_BITS);
    match fits {
        true => (LIVE_BYTE - who, who + 1),
        false => (LIVE_BYTE, 1),
    }
}

/// [`set`] of [`LIVE_BYTE`], by the creator of the object: the calling process.
pub fn set_as_creator(file: BorrowedFd<'_>, lock: Lock) -> Result<bool, SysError> {
    let (start, len) = bytes_of_creator(super::process::id(), super::process::own_start_time());
    set_range(file, start, len, lock)
}

/// Whether a shared lock from byte `start` to byte `last` makes its description a handle.
#[must_use]
pub fn is_of_handle(start: i64, last: i64) -> bool {
    last == LIVE_BYTE && start >= FIRST_OF_CREATOR
}

/// Process number and start time of the creator of an object, as his lock says; `None` if he has closed his handle, or was not
/// able to say. Source: fcntl(2), `F_OFD_GETLK`.
pub fn creator(file: BorrowedFd<'_>) -> Result<Option<(u32, u64)>, SysError> {
    let held = first_held(file, FIRST_OF_CREATOR, LIVE_BYTE - FIRST_OF_CREATOR)?;
    Ok(held.and_then(|held| creator_of(held.start, held.end - 1)))
}

/// [`creator`], from the first and the last byte of a lock that /proc shows; `None` if it is not a creator's.
#[must_use]
pub fn creator_of(start: i64, last: i64) -> Option<(u32, u64)> {
    if !is_of_handle(start, last) || start == LIVE_BYTE {
        return None;
    }
    let who = (LIVE_BYTE - start) as u64;
    Some(((who & ((1 << PID_BITS) - 1)) as u32, who >> PID_BITS))
}

fn range(kind: libc::c_int, start: i64, len: i64) -> libc::flock {
    libc::flock {
        l_type: kind as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: start,
        l_len: len,
        l_pid: 0, // must be 0 for OFD locks
    }
}

/// Sets the description's lock on `byte` without waiting, in place of the one that it has; `false` if others hinder it
/// (the old lock then stays).
///
/// The kernel drops the lock with the last descriptor *and mapping* of the description, also on SIGKILL, and never
/// before: a forked child's copies and mappings count. Errors: EBADF if the description is not open for reading (shared) or
/// writing (exclusive), ENOLCK. Source: fcntl(2), "Open file description locks".
pub fn set(file: BorrowedFd<'_>, byte: i64, lock: Lock) -> Result<bool, SysError> {
    set_range(file, byte, 1, lock)
}

/// [`set`] for `len` bytes from `start`.
pub fn set_range(file: BorrowedFd<'_>, start: i64, len: i64, lock: Lock) -> Result<bool, SysError> {
    let kind = match lock {
        Lock::Shared => libc::F_RDLCK,
        Lock::Exclusive => libc::F_WRLCK,
        Lock::Unlocked => libc::F_UNLCK,
    };
    let mut range = range(kind, start, len);
    loop {
        // SAFETY: `file` stays open for the call (BorrowedFd); `range` is an initialised `flock` that outlives it.
        if unsafe { libc::fcntl(file.as_raw_fd(), libc::F_OFD_SETLK, &mut range) } == 0 {
            return Ok(true);
        }
        match SysError::last("fcntl(F_OFD_SETLK)") {
            e if e.errno == libc::EAGAIN || e.errno == libc::EACCES => return Ok(false),
            e if e.errno == libc::EINTR => {}
            e => return Err(e),
        }
    }
}

/// Drops all locks of the description. Cheaper than dropping the only one: the kernel sets memory aside for the two parts
/// that a lock falls into when a piece is taken out of it, but not if all goes. Source: fcntl(2).
pub fn unlock_all(file: BorrowedFd<'_>) -> Result<(), SysError> {
    let mut all = range(libc::F_UNLCK, 0, 0);
    loop {
        // SAFETY: `file` stays open for the call (BorrowedFd); `all` is an initialised `flock` that outlives it.
        if unsafe { libc::fcntl(file.as_raw_fd(), libc::F_OFD_SETLK, &mut all) } == 0 {
            return Ok(());
        }
        match SysError::last("fcntl(F_OFD_SETLK)") {
            e if e.errno == libc::EINTR => {} // a lock that stayed would keep a name alive
            e => return Err(e),
        }
    }
}

/// Puts into `range` the first lock that keeps its own from being taken. A signal may come before the answer: asked again.
fn ask(file: BorrowedFd<'_>, range: &mut libc::flock) -> Result<(), SysError> {
    loop {
        // SAFETY: `file` stays open for the call (BorrowedFd); `range` is an initialised `flock` that outlives it.
        if unsafe { libc::fcntl(file.as_raw_fd(), libc::F_OFD_GETLK, &mut *range) } == 0 {
            return Ok(());
        }
        match SysError::last("fcntl(F_OFD_GETLK)") {
            e if e.errno == libc::EINTR => {}
            e => return Err(e),
        }
    }
}

/// Who else holds a lock on `byte`. Works on a descriptor of any access mode. Source: fcntl(2).
pub fn holders(file: BorrowedFd<'_>, byte: i64) -> Result<Holders, SysError> {
    holders_of_range(file, byte, 1, Lock::Exclusive)
}

/// Whether somebody may hold a lock of a description on the file; needs no right to it. False only if certainly nobody does.
///
/// Compares inode numbers alone, for some file systems show another device here than in stat(2). Source: proc(5),
/// `/proc/locks`, which lists such locks of all processes.
#[must_use]
pub fn is_listed(stat: &rustix::fs::Stat) -> bool {
    let Ok(table) = std::fs::read_to_string("/proc/locks") else {
        return true;
    };
    let inode = format!(":{}", stat.st_ino);
    table.lines().any(|line| {
        let mut fields = line.split_ascii_whitespace();
        fields.any(|field| field == "OFDLCK") && fields.any(|field| field.ends_with(&inode))
    })
}

/// Who else holds a lock in `len` bytes from `start` (0: to the end) that hinders a lock of kind `wanted`.
pub fn holders_of_range(
    file: BorrowedFd<'_>,
    start: i64,
    len: i64,
    wanted: Lock,
) -> Result<Holders, SysError> {
    let kind = match wanted {
        Lock::Shared => libc::F_RDLCK,
        _ => libc::F_WRLCK,
    };
    let mut range = range(kind, start, len);
    ask(file, &mut range)?;
    Ok(match libc::c_int::from(range.l_type) {
        libc::F_UNLCK => Holders::Nobody,
        libc::F_RDLCK => Holders::Shared,
        _ => Holders::Exclusive,
    })
}

/// The bytes of the first lock in `len` bytes from `start` that another description holds; cut to nothing, so it may begin
/// before `start` and end after it. Source: fcntl(2).
pub fn first_held(file: BorrowedFd<'_>, start: i64, len: i64) -> Result<Option<Range<i64>>, SysError> {
    let mut range = range(libc::F_WRLCK, start, len);
    ask(file, &mut range)?;
    if libc::c_int::from(range.l_type) == libc::F_UNLCK {
        return Ok(None);
    }
    let end = match range.l_len {
        0 => i64::MAX,
        len => range.l_start.saturating_add(len),
    };
    Ok(Some(range.l_start..end))
}
