//! Files behind handles: an open file description, the share mode that goes with it, and its locks.
//!
//! Share modes (32, F-9) are locks on six bytes far behind the file's end, shared by everybody who says the same thing: three for
//! what an opener does (read, write, delete), three for what it lets nobody else do. An opener says its own first and looks
//! at what others say second, so of two that exclude each other at least one sees the other.

// UNSAFETY: fcntl(2) locks of ranges that rustix has no call for; reads and writes.
#![expect(unsafe_code)]

use crate::boundary::Outcome;
use crate::constants::*;
use crate::handle_table::{ForChild, KernelObject, Signal};
use filemap_core::error::Win32Code;
use filemap_sys::os::ofd_lock::{self, Holders, Lock, SHARE_BYTES};
use std::any::Any;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};

/// What a handle does and lets others do: bits 0 to 2 are reading, writing, deleting.
type Uses = u32;
const READS: Uses = 1;
const WRITES: Uses = 2;
const DELETES: Uses = 4;
/// Bytes from this one on say what others may not do.
const DENIES: i64 = SHARE_BYTES + 3;
/// Offsets of locks that programs take end here: the special bytes lie above.
const LAST_LOCKABLE: u64 = SHARE_BYTES as u64 & !0xff;

/// A locked range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Range {
    start: u64,
    len: u64,
    exclusive: bool,
}

/// An open file, pipe or terminal.
#[derive(Debug)]
pub struct File {
    descriptor: OwnedFd,
    /// Where it was opened, if it goes away with the last handle.
    delete_on_close: Option<PathBuf>,
    is_disk: bool,
    locks: Mutex<Vec<Range>>,
    /// A description for exclusive locks where `descriptor` can't write.
    for_locks: OnceLock<OwnedFd>,
}

/// What `CreateFile` was asked for, after the path.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// Rights, generic ones spelt out.
    pub access: u32,
    /// FILE_SHARE_ bits.
    pub share: u32,
    /// CREATE_NEW to TRUNCATE_EXISTING.
    pub disposition: u32,
    /// FILE_ATTRIBUTE_ and FILE_FLAG_ bits.
    pub flags: u32,
}

/// Spells generic rights out for files (O-20's rule, with the numbers of `FILE_GENERIC_READ` and the others).
#[must_use]
pub fn spell_out(mask: u32) -> u32 {
    let mut out = mask & 0x0fff_ffff;
    for (generic, rights) in [
        (GENERIC_READ, FILE_GENERIC_READ),
        (GENERIC_WRITE, FILE_GENERIC_WRITE),
        (GENERIC_EXECUTE, FILE_GENERIC_EXECUTE),
        (GENERIC_ALL, FILE_ALL_ACCESS),
        (MAXIMUM_ALLOWED, FILE_ALL_ACCESS),
    ] {
        if mask & generic != 0 {
            out = out & !MAXIMUM_ALLOWED | rights;
        }
    }
    out
}

fn uses_of(access: u32) -> Uses {
    let mut uses = 0;
    if access & (FILE_READ_DATA | FILE_EXECUTE) != 0 {
        uses |= READS;
    }
    if access & (FILE_WRITE_DATA | FILE_APPEND_DATA) != 0 {
        uses |= WRITES;
    }
    if access & DELETE != 0 {
        uses |= DELETES;
    }
    uses
}

/// The Win32 number of a system call's.
pub(crate) fn code_of_errno(errno: i32) -> Win32Code {
    match errno {
        libc::ENOENT => Win32Code::FILE_NOT_FOUND,
        libc::ENOTDIR | libc::ELOOP => Win32Code::PATH_NOT_FOUND,
        libc::EACCES | libc::EPERM | libc::EROFS | libc::EISDIR => Win32Code::ACCESS_DENIED,
        libc::EEXIST => Win32Code::FILE_EXISTS,
        libc::ENOSPC | libc::EDQUOT | libc::EFBIG => Win32Code::DISK_FULL,
        libc::EMFILE | libc::ENFILE => Win32Code::TOO_MANY_OPEN_FILES,
        libc::ENAMETOOLONG => Win32Code::FILENAME_EXCED_RANGE,
        libc::EBADF => Win32Code::ACCESS_DENIED, // the handle is one; the descriptor can't do that
        libc::EFAULT => Win32Code::NOACCESS,
        libc::EPIPE => Win32Code::NO_DATA,
        libc::ESPIPE => Win32Code::SEEK_ON_DEVICE,
        libc::EINVAL => Win32Code::INVALID_PARAMETER,
        libc::ETXTBSY | libc::EBUSY => Win32Code::SHARING_VIOLATION,
        libc::EIO => Win32Code::IO_DEVICE,
        libc::ENOMEM => Win32Code::NOT_ENOUGH_MEMORY,
        libc::EAGAIN => Win32Code::NO_DATA,
        _ => Win32Code::GEN_FAILURE,
    }
}

pub(crate) fn code_of(error: &std::io::Error) -> Win32Code {
    code_of_errno(error.raw_os_error().unwrap_or(0))
}

fn last() -> Win32Code {
    code_of(&std::io::Error::last_os_error())
}

/// Says what a description does and what it lets nobody else do; 32 if somebody else says that it can't.
fn share(file: BorrowedFd<'_>, uses: Uses, denies: Uses) -> Outcome<()> {
    // A description that may not read can't hold a shared lock: what it does is then told by nobody.
    let set = |byte, lock| {
        let _ = ofd_lock::set(file, byte, lock);
    };
    let conflict = || {
        let met = |byte| ofd_lock::holders(file, byte).is_ok_and(|holders| holders != Holders::Nobody);
        (0..3).any(|bit| {
            (uses & 1 << bit != 0 && met(DENIES + bit)) || (denies & 1 << bit != 0 && met(SHARE_BYTES + bit))
        })
    };
    for attempt in 0..8 {
        if conflict() {
            return Err(Win32Code::SHARING_VIOLATION);
        }
        for bit in (0..3).filter(|bit| uses & 1 << bit != 0) {
            set(SHARE_BYTES + bit, Lock::Shared);
        }
        for bit in (0..3).filter(|bit| denies & 1 << bit != 0) {
            set(DENIES + bit, Lock::Shared);
        }
        if !conflict() {
            return Ok(());
        }
        // Somebody else has opened it at this very moment, and may be giving way just now.
        for bit in 0..6 {
            set(SHARE_BYTES + bit, Lock::Unlocked);
        }
        for _ in 0..attempt + std::process::id() % 3 {
            std::thread::yield_now();
        }
    }
    Err(Win32Code::SHARING_VIOLATION)
}

impl File {
    /// A handle to something that is open already: a pipe's end, a standard stream.
    #[must_use]
    pub fn of(descriptor: OwnedFd) -> File {
        let is_disk = std::fs::File::from(descriptor.try_clone().unwrap_or_else(|_| unreachable_clone()))
            .metadata()
            .is_ok_and(|meta| meta.is_file());
        File {
            descriptor,
            delete_on_close: None,
            is_disk,
            locks: Mutex::default(),
            for_locks: OnceLock::new(),
        }
    }

    /// `CreateFile`; true if the file was there before. Errors: 2, 3, 5, 32, 80, 87, 123, 1224.
    pub fn open(path: &Path, wanted: Wanted) -> Outcome<(File, bool)> {
        let uses = uses_of(wanted.access);
        let directory = wanted.flags & FILE_FLAG_BACKUP_SEMANTICS != 0;
        let mut flags = libc::O_CLOEXEC | libc::O_NOCTTY | libc::O_NONBLOCK;
        flags |= match (uses & READS != 0, uses & WRITES != 0) {
            (_, false) => libc::O_RDONLY,
            (_, true) => libc::O_RDWR,
        };
        if wanted.flags & FILE_FLAG_WRITE_THROUGH != 0 {
            flags |= libc::O_SYNC;
        }
        let truncates = matches!(wanted.disposition, CREATE_ALWAYS | TRUNCATE_EXISTING);
        let (create, must_be_new) = match wanted.disposition {
            CREATE_NEW => (true, true),
            CREATE_ALWAYS | OPEN_ALWAYS => (true, false),
            OPEN_EXISTING => (false, false),
            TRUNCATE_EXISTING if uses & WRITES != 0 => (false, false),
            _ => return Err(Win32Code::INVALID_PARAMETER),
        };
        let mode = match wanted.flags & FILE_ATTRIBUTE_READONLY {
            0 => 0o666,
            _ => 0o444,
        };
        let (descriptor, existed) = open_or_create(path, flags, create, must_be_new, mode)?;
        let file = std::fs::File::from(descriptor);
        let meta = file.metadata().map_err(|e| code_of(&e))?;
        if meta.is_dir() && !directory {
            return Err(Win32Code::ACCESS_DENIED);
        }
        if existed && uses & WRITES != 0 && meta.is_file() && meta.mode() & 0o222 == 0 {
            return Err(Win32Code::ACCESS_DENIED); // the read-only attribute binds root too
        }
        if meta.is_file() && uses != 0 {
            share(file.as_fd(), uses, !wanted.share & 7)?;
        }
        if existed && truncates && meta.is_file() && meta.len() > 0 {
            if uses & WRITES == 0 {
                // CREATE_ALWAYS empties the file whatever it is opened for.
                let writer = std::fs::File::options().write(true).open(path);
                let writer = writer.map_err(|e| code_of(&e))?;
                filemap::set_end_of_file(&writer, 0).map_err(|e| e.code())?;
            } else {
                filemap::set_end_of_file(&file, 0).map_err(|e| e.code())?;
            }
        }
        let delete = wanted.flags & FILE_FLAG_DELETE_ON_CLOSE != 0;
        let descriptor = OwnedFd::from(file);
        if !meta.is_file() {
            blocking(&descriptor);
        }
        Ok((
            File {
                descriptor,
                delete_on_close: delete.then(|| path.to_owned()),
                is_disk: meta.is_file(),
                locks: Mutex::default(),
                for_locks: OnceLock::new(),
            },
            existed,
        ))
    }

    /// The descriptor.
    #[must_use]
    pub fn descriptor(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }

    /// Whether it is a file on a disk.
    #[must_use]
    pub fn is_disk(&self) -> bool {
        self.is_disk
    }

    /// The file as the standard library has it, for a moment.
    pub fn as_std(&self) -> Outcome<std::fs::File> {
        self.descriptor
            .try_clone()
            .map(std::fs::File::from)
            .map_err(|e| code_of(&e))
    }

    /// Whether somebody else's lock keeps this handle from reading, or writing, a range (33).
    pub fn range_is_locked(&self, start: u64, len: u64, write: bool) -> bool {
        if !self.is_disk || len == 0 || start >= LAST_LOCKABLE {
            return false;
        }
        let len = len.min(LAST_LOCKABLE - start);
        let wanted = if write { Lock::Exclusive } else { Lock::Shared };
        matches!(
            ofd_lock::holders_of_range(self.descriptor.as_fd(), start as i64, len as i64, wanted),
            Ok(holders) if write && holders != Holders::Nobody || holders == Holders::Exclusive
        ) && !self.is_own_lock(start, len)
    }

    /// Locks that this handle had to take through another description are its own all the same.
    fn is_own_lock(&self, start: u64, len: u64) -> bool {
        let own = self.locks.lock().unwrap_or_else(|e| e.into_inner());
        self.for_locks.get().is_some()
            && own
                .iter()
                .any(|lock| lock.start < start + len && start < lock.start + lock.len)
    }

    /// Locks a range. Errors: 33 if it is locked (by this handle too) and `wait` is false; 87.
    pub fn lock(&self, start: u64, len: u64, exclusive: bool, wait: bool) -> Outcome<()> {
        let (start, len) = within(start, len)?;
        let range = Range {
            start,
            len,
            exclusive,
        };
        {
            let own = self.locks.lock().unwrap_or_else(|e| e.into_inner());
            let meets = |lock: &&Range| {
                lock.start < start + len && start < lock.start + lock.len && (exclusive || lock.exclusive)
            };
            if len > 0 && own.iter().any(|lock| meets(&lock)) {
                return Err(Win32Code::LOCK_VIOLATION);
            }
        }
        if len > 0 {
            let kind = if exclusive { libc::F_WRLCK } else { libc::F_RDLCK };
            set_lock(self.lock_descriptor(exclusive)?, kind, start, len, wait)?;
        }
        self.locks.lock().unwrap_or_else(|e| e.into_inner()).push(range);
        Ok(())
    }

    /// Unlocks a range that was locked as such. Errors: 158.
    pub fn unlock(&self, start: u64, len: u64) -> Outcome<()> {
        let (start, len) = within(start, len)?;
        let mut own = self.locks.lock().unwrap_or_else(|e| e.into_inner());
        let found = own
            .iter()
            .position(|lock| (lock.start, lock.len) == (start, len))
            .ok_or(Win32Code::NOT_LOCKED)?;
        let gone = own.remove(found);
        if len > 0 {
            set_lock(
                self.lock_descriptor(gone.exclusive)?,
                libc::F_UNLCK,
                start,
                len,
                false,
            )?;
            // Shared ranges may overlap: what others of this handle cover stays locked.
            for lock in own.iter().filter(|lock| lock.len > 0) {
                let (from, to) = (lock.start.max(start), (lock.start + lock.len).min(start + len));
                if from < to {
                    let descriptor = self.lock_descriptor(lock.exclusive)?;
                    let kind = if lock.exclusive {
                        libc::F_WRLCK
                    } else {
                        libc::F_RDLCK
                    };
                    set_lock(descriptor, kind, from, to - from, false)?;
                }
            }
        }
        Ok(())
    }

    /// A description that can hold the lock: an exclusive one needs write access, which the handle may not have.
    fn lock_descriptor(&self, exclusive: bool) -> Outcome<BorrowedFd<'_>> {
        // SAFETY: F_GETFL reads a flag of an open descriptor.
        let flags = unsafe { libc::fcntl(self.descriptor.as_raw_fd(), libc::F_GETFL) };
        if !exclusive || flags & libc::O_ACCMODE == libc::O_RDWR {
            return Ok(self.descriptor.as_fd());
        }
        if let Some(known) = self.for_locks.get() {
            return Ok(known.as_fd());
        }
        let path = format!("/proc/self/fd/{}", self.descriptor.as_raw_fd());
        let opened = std::fs::File::options()
            .read(true)
            .write(true)
            .open(path)
            .map_err(|e| code_of(&e))?;
        Ok(self.for_locks.get_or_init(|| opened.into()).as_fd())
    }

    /// Reads at `offset`, or where the file pointer is. Bytes read; 0 at the end.
    pub fn read(&self, buffer: &mut [u8], offset: Option<u64>) -> Outcome<usize> {
        let (to, len) = (buffer.as_mut_ptr().cast(), buffer.len());
        let fd = self.descriptor.as_raw_fd();
        loop {
            // SAFETY: `buffer` is ours and writable for its length.
            let got = unsafe {
                match offset {
                    Some(offset) => libc::pread(fd, to, len, offset as i64),
                    None => libc::read(fd, to, len),
                }
            };
            match usize::try_from(got) {
                Ok(got) => return Ok(got),
                Err(_) if last_is(libc::EINTR) => {}
                Err(_) => return Err(last()),
            }
        }
    }

    /// Writes everything at `offset`, or where the file pointer is, and says how much that was. Errors: 109, 112, 232.
    pub fn write(&self, bytes: &[u8], offset: Option<u64>) -> Outcome<usize> {
        let fd = self.descriptor.as_raw_fd();
        let mut done = 0;
        while done < bytes.len() {
            let rest = &bytes[done..];
            // SAFETY: `rest` is ours and readable for its length. MSG_NOSIGNAL has no counterpart for pipes: SIGPIPE is blocked below.
            let put = unsafe {
                match offset {
                    Some(offset) => libc::pwrite(
                        fd,
                        rest.as_ptr().cast(),
                        rest.len(),
                        (offset + done as u64) as i64,
                    ),
                    None => write_without_sigpipe(fd, rest),
                }
            };
            match usize::try_from(put) {
                Ok(put) => done += put,
                Err(_) if last_is(libc::EINTR) => {}
                Err(_) if done > 0 => break,
                Err(_) => return Err(last()),
            }
        }
        Ok(done)
    }
}

/// No descriptor left to look at one: treated as what it is, a file of no kind.
fn unreachable_clone() -> OwnedFd {
    match std::fs::File::open("/dev/null") {
        Ok(file) => file.into(),
        Err(e) => panic!("no descriptor is left: {e}"), // becomes 1359 at the boundary
    }
}

fn last_is(errno: i32) -> bool {
    std::io::Error::last_os_error().raw_os_error() == Some(errno)
}

/// write(2) whose SIGPIPE does not reach the program: it is blocked for the call, and taken away if it came.
///
/// # Safety
/// None beyond what the borrow says; unsafe as write(2) is.
unsafe fn write_without_sigpipe(fd: i32, bytes: &[u8]) -> isize {
    // SAFETY: signal sets of our own; the mask of this thread is put back before we return; `bytes` is readable.
    unsafe {
        let mut pipe: libc::sigset_t = std::mem::zeroed();
        let mut before: libc::sigset_t = std::mem::zeroed();
        let mut pending: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut pipe);
        libc::sigaddset(&raw mut pipe, libc::SIGPIPE);
        libc::sigpending(&raw mut pending);
        let was_pending = libc::sigismember(&raw const pending, libc::SIGPIPE) == 1;
        libc::pthread_sigmask(libc::SIG_BLOCK, &raw const pipe, &raw mut before);
        let put = libc::write(fd, bytes.as_ptr().cast(), bytes.len());
        let error = *libc::__errno_location();
        if put < 0 && error == libc::EPIPE && !was_pending {
            let now = libc::timespec {
                tv_sec: 0,
                tv_nsec: 0,
            };
            libc::sigtimedwait(&raw const pipe, std::ptr::null_mut(), &raw const now);
        }
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, std::ptr::null_mut());
        *libc::__errno_location() = error;
        put
    }
}

/// A range cut to what can be locked. Errors: 87 for one that runs over the end of numbers or begins among our own bytes.
fn within(start: u64, len: u64) -> Outcome<(u64, u64)> {
    if start.checked_add(len).is_none() || start >= LAST_LOCKABLE {
        return Err(Win32Code::INVALID_PARAMETER);
    }
    Ok((start, len.min(LAST_LOCKABLE - start)))
}

fn set_lock(file: BorrowedFd<'_>, kind: i32, start: u64, len: u64, wait: bool) -> Outcome<()> {
    let range = libc::flock {
        l_type: kind as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: start as i64,
        l_len: len as i64,
        l_pid: 0,
    };
    let command = if wait {
        libc::F_OFD_SETLKW
    } else {
        libc::F_OFD_SETLK
    };
    loop {
        // SAFETY: `file` stays open for the call; `range` is an initialised `flock` that outlives it.
        if unsafe { libc::fcntl(file.as_raw_fd(), command, &raw const range) } == 0 {
            return Ok(());
        }
        match std::io::Error::last_os_error().raw_os_error() {
            Some(libc::EAGAIN | libc::EACCES) => return Err(Win32Code::LOCK_VIOLATION),
            Some(libc::EINTR) => {}
            Some(errno) => return Err(code_of_errno(errno)),
            None => return Err(Win32Code::GEN_FAILURE),
        }
    }
}

fn open_or_create(
    path: &Path,
    flags: i32,
    create: bool,
    must_be_new: bool,
    mode: u32,
) -> Outcome<(OwnedFd, bool)> {
    // Twice: the file may be made, or removed, between the two questions.
    for _ in 0..16 {
        if !must_be_new {
            match open(path, flags, 0) {
                Err(libc::ENOENT) if create => {}
                Err(libc::EISDIR) => return Err(Win32Code::ACCESS_DENIED),
                Err(errno) => return Err(missing(errno, path)),
                Ok(file) => return Ok((file, true)),
            }
        }
        let all = flags & !libc::O_ACCMODE | libc::O_RDWR | libc::O_CREAT | libc::O_EXCL;
        match open(path, all, mode) {
            Err(libc::EEXIST) if must_be_new => return Err(Win32Code::FILE_EXISTS),
            Err(libc::EEXIST) => {}
            Err(errno) => return Err(missing(errno, path)),
            Ok(file) => return Ok((file, false)),
        }
    }
    Err(Win32Code::SHARING_VIOLATION)
}

fn open(path: &Path, flags: i32, mode: u32) -> Result<OwnedFd, i32> {
    use std::os::unix::fs::OpenOptionsExt;
    let access = flags & libc::O_ACCMODE;
    let mut options = std::fs::File::options();
    options
        .read(access != libc::O_WRONLY)
        .write(access != libc::O_RDONLY)
        .mode(mode)
        .custom_flags(flags & !(libc::O_ACCMODE | libc::O_CREAT | libc::O_EXCL));
    if flags & libc::O_EXCL != 0 {
        options.create_new(true);
    }
    match options.open(path) {
        Ok(file) => Ok(file.into()),
        Err(e) => Err(e.raw_os_error().unwrap_or(libc::EINVAL)),
    }
}

/// 3 if a directory on the way is missing, 2 if only the last part is.
fn missing(errno: i32, path: &Path) -> Win32Code {
    let parent = path.parent().filter(|dir| !dir.as_os_str().is_empty());
    match errno {
        libc::ENOENT if parent.is_some_and(|dir| !dir.is_dir()) => Win32Code::PATH_NOT_FOUND,
        errno => code_of_errno(errno),
    }
}

/// Opened without waiting for anybody; from now on reads and writes wait, as a Windows program expects.
fn blocking(file: &OwnedFd) {
    // SAFETY: flags of a descriptor that we own.
    unsafe {
        let flags = libc::fcntl(file.as_raw_fd(), libc::F_GETFL);
        libc::fcntl(file.as_raw_fd(), libc::F_SETFL, flags & !libc::O_NONBLOCK);
    }
}

/// Whether somebody has the file open and does not share deleting it (32), or has mapped it (5, V-60).
pub(crate) fn may_delete(path: &Path) -> Outcome<()> {
    let Ok(file) = open(
        path,
        libc::O_RDONLY | libc::O_CLOEXEC | libc::O_NONBLOCK | libc::O_NOCTTY,
        0,
    ) else {
        return Ok(()); // nobody of this library's users has it open in a way that we could see
    };
    if ofd_lock::holders(file.as_fd(), DENIES + 2).is_ok_and(|holders| holders != Holders::Nobody) {
        return Err(Win32Code::SHARING_VIOLATION);
    }
    match filemap::is_mapped(&std::fs::File::from(file)) {
        Ok(true) => Err(Win32Code::ACCESS_DENIED),
        _ => Ok(()),
    }
}

impl KernelObject for File {
    fn kind(&self) -> &'static str {
        "File"
    }

    fn same_as(&self, other: &dyn KernelObject) -> bool {
        let _ = (other as &dyn Any).downcast_ref::<File>();
        false // opened apart is another file object, also of the same file
    }

    fn spell_out(&self, mask: u32) -> u32 {
        spell_out(mask)
    }

    fn for_child(&self, access: u32) -> Result<Option<ForChild>, Win32Code> {
        let copy = self.descriptor.try_clone().map_err(|e| code_of(&e))?;
        Ok(Some(ForChild {
            text: format!("{}:{access:x}", copy.as_raw_fd()),
            files: vec![copy],
        }))
    }

    fn signal(&self) -> Result<Option<Signal<'_>>, Win32Code> {
        Ok(Some(Signal::Fd(self.descriptor.as_fd())))
    }
}

impl Drop for File {
    fn drop(&mut self) {
        if let Some(path) = self.delete_on_close.take() {
            let _ = std::fs::remove_file(path);
        }
    }
}
