//! Semaphores.

use super::wait::{Wait, Waitable};
use crate::Kind;
use crate::named::{Handle, Request, object_methods};
use crate::sync::options::object_options;
use filemap_core::error::{Error, Op, Why};
use filemap_core::security::AccessMask;
use filemap_core::sync::{Kind as State, SEMAPHORE_LIMIT};
use filemap_sys::os::sync::{StatePage, WaitRef};
use std::time::Duration;

/// `SEMAPHORE_MODIFY_STATE`.
const MODIFY: AccessMask = AccessMask(0x2);

/// A semaphore: a count that waits take from and releases add to. Nobody owns it; what a killed process had taken is lost
/// (Y-21). Source: win32 "Semaphore Objects"; Y-20, Y-21.
///
/// ```
/// # let place = tempfile::tempdir_in("/dev/shm")?;
/// # let space = filemap::Namespace::at(place.path());
/// use filemap::Semaphore;
/// let slots = Semaphore::options().namespace(&space).initial(2).maximum(3).create(r"Local\SM_slots")?;
/// slots.wait(None)?;
/// assert_eq!(slots.release(2)?, 1); // the count before
/// assert_eq!(slots.release(1).unwrap_err().code().0, 298); // ERROR_TOO_MANY_POSTS
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "CreateSemaphore")]
#[derive(Debug)]
pub struct Semaphore {
    handle: Handle,
}

/// What semaphore to create or open.
#[derive(Clone, Debug)]
#[must_use]
pub struct SemaphoreOptions {
    request: Request,
    initial: u32,
    maximum: u32,
}

object_methods!(Semaphore, Semaphore, "a semaphore");
object_options!(SemaphoreOptions, Semaphore, Semaphore);

impl SemaphoreOptions {
    /// The first count.
    pub fn initial(mut self, count: u32) -> Self {
        self.initial = count;
        self
    }

    /// The highest count, at least 1; 2,147,483,647 by default.
    pub fn maximum(mut self, count: u32) -> Self {
        self.maximum = count;
        self
    }

    /// Creates the semaphore, or opens it if a semaphore has the name: then its counts stay (O-4).
    ///
    /// # Errors
    /// `ERROR_INVALID_PARAMETER` (87) unless 0 <= initial <= maximum and 1 <= maximum <= 2,147,483,647, also when the name
    /// exists (Y-20, F-7); `ERROR_INVALID_HANDLE` (6) if another kind of object has the name; 123, 161, 3 for its form.
    /// Source: win32 `CreateSemaphoreW`.
    #[track_caller]
    pub fn create(&self, name: &str) -> Result<Semaphore, Error> {
        self.made(name.as_bytes())
    }

    #[track_caller]
    fn made(&self, name: &[u8]) -> Result<Semaphore, Error> {
        let (initial, maximum) = (self.initial, self.maximum);
        if maximum == 0 || maximum > SEMAPHORE_LIMIT || initial > maximum {
            let what = format!("a semaphore can't begin with {initial} of at most {maximum}");
            return Err(Error::new(
                Op::Create(Kind::Semaphore.name()),
                String::from_utf8_lossy(name),
                Why::Argument { what },
            ));
        }
        let state = State::Semaphore { maximum };
        Ok(Semaphore {
            handle: Handle::create(&self.request, Kind::Semaphore, state, initial, false, name)?,
        })
    }
}

impl Semaphore {
    /// Options: count 0, the highest maximum, the process's name space.
    pub fn options() -> SemaphoreOptions {
        SemaphoreOptions {
            request: Request::all_of(Kind::Semaphore),
            initial: 0,
            maximum: SEMAPHORE_LIMIT,
        }
    }

    /// Adds `count` and gives the count before.
    ///
    /// # Errors
    /// `ERROR_TOO_MANY_POSTS` (298) above the maximum, nothing is added then; `ERROR_INVALID_PARAMETER` (87) for 0;
    /// `ERROR_ACCESS_DENIED` (5) without SEMAPHORE_MODIFY_STATE. Source: win32 `ReleaseSemaphore`.
    #[doc(alias = "ReleaseSemaphore")]
    #[inline]
    pub fn release(&self, count: u32) -> Result<u32, Error> {
        self.handle.require("release semaphore", MODIFY)?;
        self.handle.named(self.handle.page().release(count))
    }

    /// Waits until the count is above 0, and takes one.
    ///
    /// # Errors
    /// `ERROR_ACCESS_DENIED` (5) without SYNCHRONIZE. Source: win32 `WaitForSingleObject`.
    #[inline]
    pub fn wait(&self, timeout: Option<Duration>) -> Result<Wait, Error> {
        self.handle.wait("wait for semaphore", timeout)
    }

    /// The count at this moment.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.handle.page().semaphore_count()
    }
}

impl Waitable for Semaphore {
    fn wait_ref(&self) -> Result<WaitRef<'_>, Error> {
        self.handle
            .require("wait for semaphore", AccessMask::SYNCHRONIZE)?;
        Ok(WaitRef::Object(self.handle.page()))
    }

    fn signal_page(&self) -> Result<&StatePage, Error> {
        self.handle.require_signal_and_wait()?;
        self.handle.require("signal semaphore", MODIFY)?;
        Ok(self.handle.page())
    }
}
