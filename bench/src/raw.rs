//! The rivals: the same work in bare system calls, with as little of Rust round them as possible.

// UNSAFETY: bare system calls and plain mappings are what is measured against.
#![expect(unsafe_code, reason = "bare system calls; argued at each block")]

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

fn checked(result: libc::c_int) -> io::Result<libc::c_int> {
    match result {
        -1 => Err(io::Error::last_os_error()),
        good => Ok(good),
    }
}

/// shm_open(3) for reading and writing; `new` means `O_CREAT | O_EXCL`.
///
/// # Errors
/// shm_open(3)'s.
#[inline]
pub fn shm_open(name: &CStr, new: bool) -> io::Result<OwnedFd> {
    let flags = libc::O_RDWR | if new { libc::O_CREAT | libc::O_EXCL } else { 0 };
    // SAFETY: `name` is a C string; the descriptor is new and nobody else's.
    unsafe {
        Ok(OwnedFd::from_raw_fd(checked(libc::shm_open(
            name.as_ptr(),
            flags,
            0o600,
        ))?))
    }
}

/// shm_unlink(3).
///
/// # Errors
/// shm_unlink(3)'s.
#[inline]
pub fn shm_unlink(name: &CStr) -> io::Result<()> {
    // SAFETY: `name` is a C string.
    checked(unsafe { libc::shm_unlink(name.as_ptr()) }).map(drop)
}

/// open(2) of a path with the flags of shm_open(3).
///
/// # Errors
/// open(2)'s.
#[inline]
pub fn open(path: &CStr) -> io::Result<OwnedFd> {
    let flags = libc::O_RDWR | libc::O_CLOEXEC | libc::O_NOFOLLOW | libc::O_NONBLOCK;
    // SAFETY: `path` is a C string; the descriptor is new and nobody else's.
    unsafe { Ok(OwnedFd::from_raw_fd(checked(libc::open(path.as_ptr(), flags))?)) }
}

/// ftruncate(2).
///
/// # Errors
/// ftruncate(2)'s.
#[inline]
pub fn set_len(file: BorrowedFd<'_>, len: u64) -> io::Result<()> {
    // SAFETY: the descriptor is open.
    checked(unsafe { libc::ftruncate(file.as_raw_fd(), len as libc::off_t) }).map(drop)
}

/// posix_fallocate(3).
///
/// # Errors
/// posix_fallocate(3)'s.
#[inline]
pub fn allocate(file: BorrowedFd<'_>, len: u64) -> io::Result<()> {
    // SAFETY: the descriptor is open.
    match unsafe { libc::posix_fallocate(file.as_raw_fd(), 0, len as libc::off_t) } {
        0 => Ok(()),
        errno => Err(io::Error::from_raw_os_error(errno)),
    }
}

/// The length that fstat(2) tells.
///
/// # Errors
/// fstat(2)'s.
#[inline]
pub fn len(file: BorrowedFd<'_>) -> io::Result<u64> {
    let mut stat = core::mem::MaybeUninit::<libc::stat>::uninit();
    // SAFETY: `stat` has room for what the call writes, and is read only if it did.
    unsafe {
        checked(libc::fstat(file.as_raw_fd(), stat.as_mut_ptr()))?;
        Ok(stat.assume_init().st_size as u64)
    }
}

/// A shared mapping of a whole file; unmapped on drop.
#[derive(Debug)]
pub struct Mapping {
    base: *mut u8,
    len: usize,
}

impl Mapping {
    /// mmap(2) of `len` bytes, for reading and writing.
    ///
    /// # Errors
    /// mmap(2)'s.
    #[inline]
    pub fn new(file: BorrowedFd<'_>, len: usize) -> io::Result<Mapping> {
        let access = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a new mapping at an address of the kernel's choice touches no existing memory.
        let base = unsafe {
            libc::mmap(
                core::ptr::null_mut(),
                len,
                access,
                libc::MAP_SHARED,
                file.as_raw_fd(),
                0,
            )
        };
        match base {
            libc::MAP_FAILED => Err(io::Error::last_os_error()),
            base => Ok(Mapping {
                base: base.cast(),
                len,
            }),
        }
    }

    /// Writes one word at the start.
    #[inline]
    pub fn touch(&self) {
        // SAFETY: mapped, writable and at least a page; volatile, so that other writers are no matter.
        unsafe { self.base.cast::<u64>().write_volatile(1) };
    }

    /// `memcpy` of all of `bytes` to the start.
    #[inline]
    pub fn copy_in(&self, bytes: &[u8]) {
        assert!(bytes.len() <= self.len);
        // SAFETY: in bounds; the benchmark's two sides take turns in one thread, so nobody writes meanwhile.
        unsafe { libc::memcpy(self.base.cast(), bytes.as_ptr().cast(), bytes.len()) };
    }

    /// `memcpy` from the start into all of `bytes`.
    #[inline]
    pub fn copy_out(&self, bytes: &mut [u8]) {
        assert!(bytes.len() <= self.len);
        // SAFETY: as in `copy_in`.
        unsafe { libc::memcpy(bytes.as_mut_ptr().cast(), self.base.cast(), bytes.len()) };
    }
}

impl Drop for Mapping {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: mapped by `new`, and the only user goes.
        unsafe { libc::munmap(self.base.cast(), self.len) };
    }
}

/// What a program does that shares memory by name without Filemap: open, fstat, mmap, touch, munmap, close.
///
/// # Errors
/// Those of the calls.
#[inline]
pub fn open_map_close(file: impl FnOnce() -> io::Result<OwnedFd>, touch: bool) -> io::Result<()> {
    let file = file()?;
    let len = len(file.as_fd())?;
    let mapping = Mapping::new(file.as_fd(), len as usize)?;
    if touch {
        mapping.touch();
    }
    drop(mapping);
    drop(file);
    Ok(())
}

/// A system call that does next to nothing.
#[inline]
pub fn getppid() {
    // SAFETY: asks for a number.
    unsafe { libc::getppid() };
}

/// rt_sigaction(2) as a query.
#[inline]
pub fn query_sigaction() {
    let mut old = core::mem::MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: null changes nothing; `old` has room.
    unsafe { libc::sigaction(libc::SIGBUS, core::ptr::null(), old.as_mut_ptr()) };
}

/// A mark that strace shows, and that does nothing.
pub fn mark(text: &CStr) {
    // SAFETY: `text` is readable; descriptor -1 is none, so the call fails.
    unsafe { libc::write(-1, text.as_ptr().cast(), text.to_bytes().len()) };
}
