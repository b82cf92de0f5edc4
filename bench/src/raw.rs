//! The rivals: the same work in bare system calls, with as little of Rust round them as possible.

// UNSAFETY: bare system calls and plain mappings are what is measured against.
#![expect(unsafe_code, reason = "bare system calls; argued at each block")]

use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, AtomicU64};
use std::time::Duration;

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

/// open(2) of a path that must not exist yet.
///
/// # Errors
/// open(2)'s.
#[inline]
pub fn open_new(path: &CStr) -> io::Result<OwnedFd> {
    let flags = libc::O_RDWR | libc::O_CREAT | libc::O_EXCL | libc::O_CLOEXEC | libc::O_NOFOLLOW;
    // SAFETY: `path` is a C string; the descriptor is new and nobody else's.
    unsafe {
        Ok(OwnedFd::from_raw_fd(checked(libc::open(
            path.as_ptr(),
            flags,
            0o600,
        ))?))
    }
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

    /// Writes to every page.
    #[inline]
    pub fn touch_all(&self) {
        for at in (0..self.len).step_by(4096) {
            // SAFETY: in bounds, writable; volatile, so that other writers are no matter.
            unsafe { self.base.add(at).write_volatile(1) };
        }
    }

    /// madvise(2) `MADV_HUGEPAGE` of all of it.
    ///
    /// # Errors
    /// madvise(2)'s.
    pub fn ask_for_huge_pages(&self) -> io::Result<()> {
        // SAFETY: this mapping, whose contents the advice does not change.
        checked(unsafe { libc::madvise(self.base.cast(), self.len, libc::MADV_HUGEPAGE) }).map(drop)
    }

    /// The `i`-th word of 32 bits, as everybody sees it.
    #[inline]
    #[must_use]
    pub fn word32(&self, i: usize) -> &AtomicU32 {
        assert!((i + 1) * 4 <= self.len);
        // SAFETY: mapped, in bounds, aligned, and reached as an atomic while this is borrowed.
        unsafe { AtomicU32::from_ptr(self.base.cast::<u32>().add(i)) }
    }

    /// Where it begins.
    pub(crate) fn base(&self) -> *mut u8 {
        self.base
    }

    /// The first word, as everybody sees it.
    #[inline]
    #[must_use]
    pub fn word(&self) -> &AtomicU64 {
        // SAFETY: mapped, aligned to a page, and reached as an atomic while this is borrowed.
        unsafe { AtomicU64::from_ptr(self.base.cast()) }
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

// SAFETY: the address range belongs to the process, not to a thread; what is in it is reached by atomics and volatile accesses.
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

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

/// Two POSIX semaphores: named ones, each in a file of its own as sem_open(3) makes them, or both at the start of one page.
#[derive(Debug)]
pub struct Semaphores {
    at: [*mut libc::sem_t; 2],
    /// The page, if it is one.
    _page: Option<Mapping>,
}

fn semaphore_name(name: &CStr, i: u8) -> CString {
    let mut bytes = name.to_bytes().to_vec();
    bytes.extend([b'.', b'0' + i]);
    CString::new(bytes).unwrap_or_default() // a C string has no NUL
}

impl Semaphores {
    /// New ones with count 0, with a name for shm_open(3) or sem_open(3).
    ///
    /// # Errors
    /// shm_open(3)'s, sem_open(3)'s.
    pub fn create(name: &CStr, one_page: bool) -> io::Result<Semaphores> {
        if !one_page {
            return Semaphores::named(name, libc::O_CREAT | libc::O_EXCL);
        }
        let file = shm_open(name, true)?;
        set_len(file.as_fd(), 4096)?;
        let semaphores = Semaphores::of(Mapping::new(file.as_fd(), 4096)?);
        for at in semaphores.at {
            // SAFETY: room for a semaphore that nobody uses yet.
            checked(unsafe { libc::sem_init(at, 1, 0) })?;
        }
        Ok(semaphores)
    }

    /// Those that another process has made.
    ///
    /// # Errors
    /// shm_open(3)'s, sem_open(3)'s.
    pub fn open(name: &CStr, one_page: bool) -> io::Result<Semaphores> {
        match one_page {
            true => Ok(Semaphores::of(Mapping::new(
                shm_open(name, false)?.as_fd(),
                4096,
            )?)),
            false => Semaphores::named(name, 0),
        }
    }

    /// Takes the names away.
    pub fn unlink(name: &CStr, one_page: bool) {
        if one_page {
            let _ = shm_unlink(name);
            return;
        }
        for i in 0..2 {
            // SAFETY: a C string.
            unsafe { libc::sem_unlink(semaphore_name(name, i).as_ptr()) };
        }
    }

    fn named(name: &CStr, flags: libc::c_int) -> io::Result<Semaphores> {
        let mut at = [core::ptr::null_mut(); 2];
        for (i, at) in (0..).zip(&mut at) {
            // SAFETY: a C string; with O_CREAT there are a mode and a count.
            *at = unsafe { libc::sem_open(semaphore_name(name, i).as_ptr(), flags, 0o600, 0) };
            if *at == libc::SEM_FAILED {
                return Err(io::Error::last_os_error());
            }
        }
        Ok(Semaphores { at, _page: None })
    }

    fn of(page: Mapping) -> Semaphores {
        let first = page.base.cast::<libc::sem_t>();
        Semaphores {
            // SAFETY: a page has room for two.
            at: [first, unsafe { first.add(1) }],
            _page: Some(page),
        }
    }

    /// sem_post(3).
    #[inline]
    pub fn post(&self, i: usize) {
        // SAFETY: a live semaphore.
        unsafe { libc::sem_post(self.at[i]) };
    }

    /// sem_wait(3).
    #[inline]
    pub fn wait(&self, i: usize) {
        // SAFETY: a live semaphore.
        while unsafe { libc::sem_wait(self.at[i]) } != 0 {}
    }
}

/// A robust mutex of the C library that processes share.
#[derive(Debug)]
pub struct RobustMutex(Rc<Mapping>);

impl RobustMutex {
    /// A new one at the start of a shared page.
    ///
    /// # Errors
    /// pthread_mutex_init(3)'s.
    pub fn new(memory: Rc<Mapping>) -> io::Result<RobustMutex> {
        let mutex = RobustMutex(memory);
        let mut attributes = core::mem::MaybeUninit::uninit();
        // SAFETY: the attributes are initialised first; the page has room for a mutex that nobody uses yet.
        let failed = unsafe {
            libc::pthread_mutexattr_init(attributes.as_mut_ptr());
            libc::pthread_mutexattr_setrobust(attributes.as_mut_ptr(), libc::PTHREAD_MUTEX_ROBUST);
            libc::pthread_mutexattr_setpshared(attributes.as_mut_ptr(), libc::PTHREAD_PROCESS_SHARED);
            libc::pthread_mutex_init(mutex.at(), attributes.as_ptr())
        };
        match failed {
            0 => Ok(mutex),
            errno => Err(io::Error::from_raw_os_error(errno)),
        }
    }

    fn at(&self) -> *mut libc::pthread_mutex_t {
        self.0.base.cast()
    }

    /// pthread_mutex_lock(3).
    #[inline]
    pub fn lock(&self) {
        // SAFETY: a live mutex.
        unsafe { libc::pthread_mutex_lock(self.at()) };
    }

    /// pthread_mutex_unlock(3).
    #[inline]
    pub fn unlock(&self) {
        // SAFETY: a live mutex, owned by this thread.
        unsafe { libc::pthread_mutex_unlock(self.at()) };
    }
}

/// Words in shared pages of their own, ready for futex_waitv(2).
#[derive(Debug)]
pub struct FutexWords {
    list: Vec<libc::futex_waitv>,
    _memory: Vec<Mapping>,
}

impl FutexWords {
    /// `count` words, all 0.
    ///
    /// # Errors
    /// memfd_create(2)'s, mmap(2)'s.
    pub fn new(count: usize) -> io::Result<FutexWords> {
        let mut memory = Vec::with_capacity(count);
        for _ in 0..count {
            let file = rustix::fs::memfd_create("word", rustix::fs::MemfdFlags::CLOEXEC)?;
            set_len(file.as_fd(), 4096)?;
            memory.push(Mapping::new(file.as_fd(), 4096)?);
        }
        let entry = |mapping: &Mapping| {
            // SAFETY: plain numbers, all of which are set below or 0.
            let mut entry: libc::futex_waitv = unsafe { core::mem::zeroed() };
            entry.uaddr = mapping.base as u64;
            entry.flags = 2; // FUTEX2_SIZE_U32, shared between processes
            entry
        };
        Ok(FutexWords {
            list: memory.iter().map(entry).collect(),
            _memory: memory,
        })
    }

    /// futex_waitv(2) while all words are 0, `limit` long.
    #[inline]
    pub fn wait(&self, limit: Duration) {
        let mut until = core::mem::MaybeUninit::<libc::timespec>::uninit();
        // SAFETY: the list and the time outlive the call, which the clock's call has filled; the words are mapped.
        unsafe {
            libc::clock_gettime(libc::CLOCK_MONOTONIC, until.as_mut_ptr());
            let until = until.assume_init_mut();
            until.tv_nsec += limit.as_nanos() as libc::c_long;
            if until.tv_nsec >= 1_000_000_000 {
                until.tv_nsec -= 1_000_000_000;
                until.tv_sec += 1;
            }
            libc::syscall(
                libc::SYS_futex_waitv,
                self.list.as_ptr(),
                self.list.len(),
                0,
                until,
                libc::CLOCK_MONOTONIC,
            );
        }
    }
}
