//! The C library's primitives in shared memory.

// UNSAFETY: calls of the C library on objects in shared memory.
#![expect(unsafe_code, reason = "calls of the C library; argued at each block")]

use crate::raw::Mapping;
use std::ffi::CStr;
use std::io;

/// A call that gives an error number.
fn good(errno: libc::c_int) -> io::Result<()> {
    match errno {
        0 => Ok(()),
        errno => Err(io::Error::from_raw_os_error(errno)),
    }
}

/// Where the condition variable lies in the page.
const CONDITION: usize = 128;
/// Where the word lies that it is about.
pub(super) const WORD: usize = 64;

/// A robust mutex that processes share at the start of a page, and a condition variable behind it.
#[derive(Debug)]
pub(super) struct Monitor(Mapping);

impl Monitor {
    /// Makes both if `new`; else somebody has.
    ///
    /// # Errors
    /// pthread_mutex_init(3)'s, pthread_cond_init(3)'s.
    pub(super) fn at(page: Mapping, new: bool) -> io::Result<Monitor> {
        let monitor = Monitor(page);
        if !new {
            return Ok(monitor);
        }
        let mut mutex = core::mem::MaybeUninit::uninit();
        let mut condition = core::mem::MaybeUninit::uninit();
        // SAFETY: the attributes are initialised before they are used; the page has room for both, and nobody uses them yet.
        unsafe {
            good(libc::pthread_mutexattr_init(mutex.as_mut_ptr()))?;
            libc::pthread_mutexattr_setrobust(mutex.as_mut_ptr(), libc::PTHREAD_MUTEX_ROBUST);
            libc::pthread_mutexattr_setpshared(mutex.as_mut_ptr(), libc::PTHREAD_PROCESS_SHARED);
            good(libc::pthread_mutex_init(monitor.mutex(), mutex.as_ptr()))?;
            good(libc::pthread_condattr_init(condition.as_mut_ptr()))?;
            libc::pthread_condattr_setpshared(condition.as_mut_ptr(), libc::PTHREAD_PROCESS_SHARED);
            good(libc::pthread_cond_init(monitor.condition(), condition.as_ptr()))?;
        }
        Ok(monitor)
    }

    fn mutex(&self) -> *mut libc::pthread_mutex_t {
        self.0.base().cast()
    }

    fn condition(&self) -> *mut libc::pthread_cond_t {
        // SAFETY: in the page, aligned.
        unsafe { self.0.base().add(CONDITION).cast() }
    }

    /// The page.
    pub(super) fn page(&self) -> &Mapping {
        &self.0
    }

    /// pthread_mutex_lock(3).
    #[inline]
    pub(super) fn lock(&self) -> io::Result<()> {
        // SAFETY: a live mutex.
        good(unsafe { libc::pthread_mutex_lock(self.mutex()) })
    }

    /// pthread_mutex_unlock(3).
    #[inline]
    pub(super) fn unlock(&self) -> io::Result<()> {
        // SAFETY: a live mutex, owned by this thread.
        good(unsafe { libc::pthread_mutex_unlock(self.mutex()) })
    }

    /// pthread_cond_wait(3); the caller has the mutex.
    #[inline]
    pub(super) fn wait(&self) -> io::Result<()> {
        // SAFETY: live, and the mutex is owned by this thread.
        good(unsafe { libc::pthread_cond_wait(self.condition(), self.mutex()) })
    }

    /// pthread_cond_signal(3).
    #[inline]
    pub(super) fn signal(&self) {
        // SAFETY: a live condition variable.
        unsafe { libc::pthread_cond_signal(self.condition()) };
    }
}

/// A named POSIX semaphore.
#[derive(Debug)]
pub(super) struct NamedSemaphore(*mut libc::sem_t);

// SAFETY: a semaphore is for any number of threads.
unsafe impl Send for NamedSemaphore {}
// SAFETY: as above.
unsafe impl Sync for NamedSemaphore {}

impl NamedSemaphore {
    /// sem_open(3), of a new one with this count or of one that is there.
    ///
    /// # Errors
    /// sem_open(3)'s.
    pub(super) fn open(name: &CStr, new: Option<u32>) -> io::Result<NamedSemaphore> {
        let flags = if new.is_some() {
            libc::O_CREAT | libc::O_EXCL
        } else {
            0
        };
        // SAFETY: a C string; with O_CREAT there are a mode and a count.
        let at = unsafe { libc::sem_open(name.as_ptr(), flags, 0o600, new.unwrap_or(0)) };
        match at == libc::SEM_FAILED {
            true => Err(io::Error::last_os_error()),
            false => Ok(NamedSemaphore(at)),
        }
    }

    /// sem_unlink(3).
    pub(super) fn unlink(name: &CStr) {
        // SAFETY: a C string.
        unsafe { libc::sem_unlink(name.as_ptr()) };
    }

    /// sem_post(3).
    #[inline]
    pub(super) fn post(&self) {
        // SAFETY: open until drop.
        unsafe { libc::sem_post(self.0) };
    }

    /// sem_wait(3).
    #[inline]
    pub(super) fn wait(&self) {
        // SAFETY: open until drop. It fails only when a signal has come.
        while unsafe { libc::sem_wait(self.0) } != 0 {}
    }
}

impl Drop for NamedSemaphore {
    fn drop(&mut self) {
        // SAFETY: opened by `open`, not used any more.
        unsafe { libc::sem_close(self.0) };
    }
}
