//! Mutexes.

use super::wait::{Wait, Waitable};
use crate::Kind;
use crate::named::{Handle, Request, object_methods};
use crate::sync::options::object_options;
use filemap_core::error::Error;
use filemap_core::security::AccessMask;
use filemap_core::sync::Kind as State;
use filemap_sys::os::sync::{MutexState, StatePage, WaitRef};
use std::marker::PhantomData;
use std::time::Duration;

/// A mutex that threads of all processes share: recursive, owned by a thread, and told when its owner died.
///
/// If a thread ends, or its process is killed, while it owns the mutex, whoever waits is told at once with
/// [`Wait::Abandoned`] and owns it then; what it protects may be half done (Y-12). Source: win32 "Mutex Objects"; Y-10..Y-14.
///
/// ```
/// # let place = tempfile::tempdir_in("/dev/shm")?;
/// # let space = filemap::Namespace::at(place.path());
/// use filemap::Mutex;
/// let mutex = Mutex::options().namespace(&space).create(r"Local\MX_frames")?;
/// {
///     let guard = mutex.lock()?;
///     assert!(!guard.was_abandoned());
/// } // released
/// assert_eq!(mutex.release().unwrap_err().code().0, 288); // ERROR_NOT_OWNER
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "CreateMutex")]
#[derive(Debug)]
pub struct Mutex {
    handle: Handle,
}

/// What mutex to create or open.
#[derive(Clone, Debug)]
#[must_use]
pub struct MutexOptions {
    request: Request,
    owned: bool,
}

object_methods!(Mutex, Mutex, "a mutex");
object_options!(MutexOptions, Mutex, Mutex);

impl MutexOptions {
    pub(crate) fn with(
        space: Option<&crate::Namespace>,
        security: Option<&crate::words::Given>,
        inherit: crate::Inherit,
    ) -> MutexOptions {
        let mut options = Mutex::options();
        options.request = options.request.with(space, security, inherit);
        options
    }

    /// The calling thread owns it from the start, if it is really created (Y-13).
    pub fn initially_owned(mut self) -> Self {
        self.owned = true;
        self
    }

    /// Creates the mutex, or opens it if a mutex has the name; an existing one is not owned by that (Y-13).
    ///
    /// # Errors
    /// `ERROR_INVALID_HANDLE` (6) if another kind of object has the name; 123, 161, 3 for its form; 1455 without memory.
    /// Source: win32 `CreateMutexW`.
    #[track_caller]
    pub fn create(&self, name: &str) -> Result<Mutex, Error> {
        self.made(name.as_bytes())
    }

    #[track_caller]
    fn made(&self, name: &[u8]) -> Result<Mutex, Error> {
        Ok(Mutex {
            handle: Handle::create(&self.request, Kind::Mutex, State::Mutex, 0, self.owned, name)?,
        })
    }
}

impl Mutex {
    /// Options: not owned, the process's name space.
    pub fn options() -> MutexOptions {
        MutexOptions {
            request: Request::all_of(Kind::Mutex),
            owned: false,
        }
    }

    /// Waits until this thread owns it, and releases it when the guard goes.
    ///
    /// # Errors
    /// `ERROR_ACCESS_DENIED` (5) without SYNCHRONIZE; `ERROR_MUTANT_LIMIT_EXCEEDED` (587).
    pub fn lock(&self) -> Result<MutexGuard<'_>, Error> {
        Ok(self.guard(self.wait(None)?))
    }

    /// The guard of a wait that has succeeded.
    pub(crate) fn guard(&self, waited: Wait) -> MutexGuard<'_> {
        MutexGuard {
            mutex: self,
            abandoned: matches!(waited, Wait::Abandoned(_)),
            not_send: PhantomData,
        }
    }

    /// As [`Mutex::lock`], but gives up after `timeout`: `None` then.
    ///
    /// # Errors
    /// As [`Mutex::lock`].
    pub fn try_lock_for(&self, timeout: Duration) -> Result<Option<MutexGuard<'_>>, Error> {
        Ok(match self.wait(Some(timeout))? {
            Wait::TimedOut => None,
            waited => Some(self.guard(waited)),
        })
    }

    /// Waits until this thread owns it (once more, if it does already); each success needs a [`Mutex::release`].
    ///
    /// # Errors
    /// As [`Mutex::lock`]. Source: win32 `WaitForSingleObject`.
    #[inline]
    pub fn wait(&self, timeout: Option<Duration>) -> Result<Wait, Error> {
        self.handle.wait("wait for mutex", timeout)
    }

    /// Releases it once. Needs no right (Y-table).
    ///
    /// # Errors
    /// `ERROR_NOT_OWNER` (288) if this thread does not own it (Y-11). Source: win32 `ReleaseMutex`.
    #[doc(alias = "ReleaseMutex")]
    #[inline]
    pub fn release(&self) -> Result<(), Error> {
        if self.handle.page().unlock_at_once() {
            return Ok(());
        }
        self.handle.named(self.handle.page().unlock())
    }

    /// Whether threads wait for it, as far as the system tells: Windows never does.
    #[doc(hidden)]
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        self.handle.page().has_waiters()
    }

    /// Its owner, how often this thread owns it, whether it was abandoned.
    #[must_use]
    pub fn state(&self) -> MutexState {
        self.handle.page().mutex_state()
    }
}

impl Waitable for Mutex {
    fn wait_ref(&self) -> Result<WaitRef<'_>, Error> {
        self.handle.require("wait for mutex", AccessMask::SYNCHRONIZE)?;
        Ok(WaitRef::Object(self.handle.page()))
    }

    fn signal_page(&self) -> Result<&StatePage, Error> {
        self.handle.require_signal_and_wait()?;
        Ok(self.handle.page())
    }
}

/// Ownership of a [`Mutex`] by the thread that made it; given up when dropped. It stays in its thread.
#[derive(Debug)]
pub struct MutexGuard<'a> {
    mutex: &'a Mutex,
    abandoned: bool,
    not_send: PhantomData<*const ()>,
}

impl MutexGuard<'_> {
    /// The last owner ended without releasing it: what the mutex protects may be half done.
    #[must_use]
    pub fn was_abandoned(&self) -> bool {
        self.abandoned
    }
}

impl Drop for MutexGuard<'_> {
    fn drop(&mut self) {
        // It can only fail if somebody has released it by hand already.
        let _ = self.mutex.release();
    }
}
