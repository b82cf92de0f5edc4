//! Waitable timers.

use super::event::Reset;
use super::wait::{Wait, Waitable, wait_for};
use crate::Kind;
use crate::named::{Handle, Request, object_methods};
use crate::sync::options::object_options;
use filemap_core::error::Error;
use filemap_core::security::AccessMask;
use filemap_core::sync::Kind as State;
use filemap_sys::os::sync::{DueTime, StatePage, WaitRef};
use std::time::Duration;

/// `TIMER_MODIFY_STATE`.
const MODIFY: AccessMask = AccessMask(0x2);

/// A timer that processes wait for: once or again and again. No thread runs for it. Source: win32 "Waitable Timer Objects";
/// Y-25, Y-26.
///
/// ```
/// # let place = tempfile::tempdir_in("/dev/shm")?;
/// # let space = filemap::Namespace::at(place.path());
/// use filemap::{DueTime, Wait, WaitableTimer};
/// use std::time::Duration;
/// let timer = WaitableTimer::options().namespace(&space).create(r"Local\tick")?;
/// timer.set(DueTime::After(Duration::from_millis(1)), Duration::ZERO)?;
/// assert_eq!(timer.wait(None)?, Wait::Object(0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "CreateWaitableTimer")]
#[derive(Debug)]
pub struct WaitableTimer {
    handle: Handle,
}

/// What timer to create or open.
#[derive(Clone, Debug)]
#[must_use]
pub struct WaitableTimerOptions {
    request: Request,
    reset: Reset,
}

object_methods!(WaitableTimer, WaitableTimer, "a waitable timer");
object_options!(WaitableTimerOptions, WaitableTimer, WaitableTimer);

impl WaitableTimerOptions {
    /// Manual: it stays signalled until it is set again. Auto ("synchronization timer"): a successful wait resets it.
    pub fn reset(mut self, reset: Reset) -> Self {
        self.reset = reset;
        self
    }

    /// Creates the timer, or opens it if a timer has the name (O-4).
    ///
    /// # Errors
    /// `ERROR_INVALID_HANDLE` (6) if another kind of object has the name; 123, 161, 3 for its form.
    /// Source: win32 `CreateWaitableTimerW`.
    #[track_caller]
    pub fn create(&self, name: &str) -> Result<WaitableTimer, Error> {
        self.made(name.as_bytes())
    }

    #[track_caller]
    fn made(&self, name: &[u8]) -> Result<WaitableTimer, Error> {
        let state = match self.reset {
            Reset::Auto => State::AutoTimer,
            Reset::Manual => State::ManualTimer,
        };
        Ok(WaitableTimer {
            handle: Handle::create(&self.request, Kind::WaitableTimer, state, 0, false, name)?,
        })
    }
}

impl WaitableTimer {
    /// Options: auto reset, the process's name space.
    pub fn options() -> WaitableTimerOptions {
        WaitableTimerOptions {
            request: Request::all_of(Kind::WaitableTimer),
            reset: Reset::Auto,
        }
    }

    /// Sets it: due first at `due`, then every `period` (zero: once). It becomes non-signalled (Y-25).
    ///
    /// # Errors
    /// `ERROR_ACCESS_DENIED` (5) without TIMER_MODIFY_STATE. Source: win32 `SetWaitableTimer`.
    #[doc(alias = "SetWaitableTimer")]
    pub fn set(&self, due: DueTime, period: Duration) -> Result<(), Error> {
        self.handle.require("set waitable timer", MODIFY)?;
        self.handle.named(self.handle.page().set_timer(due, period))
    }

    /// Makes it inactive; whether it is signalled stays (Y-26).
    ///
    /// # Errors
    /// As [`WaitableTimer::set`]. Source: win32 `CancelWaitableTimer`.
    #[doc(alias = "CancelWaitableTimer")]
    pub fn cancel(&self) -> Result<(), Error> {
        self.handle.require("cancel waitable timer", MODIFY)?;
        self.handle.named(self.handle.page().cancel_timer())
    }

    /// Whether it has a due time ahead.
    #[must_use]
    pub fn is_armed(&self) -> bool {
        self.handle.page().timer_is_armed()
    }

    /// Whether it is signalled.
    #[must_use]
    pub fn is_signalled(&self) -> bool {
        self.handle.page().is_signalled()
    }

    /// Waits until it is due.
    ///
    /// # Errors
    /// `ERROR_ACCESS_DENIED` (5) without SYNCHRONIZE. Source: win32 `WaitForSingleObject`.
    pub fn wait(&self, timeout: Option<Duration>) -> Result<Wait, Error> {
        wait_for(self, timeout)
    }
}

impl Waitable for WaitableTimer {
    fn wait_ref(&self) -> Result<WaitRef<'_>, Error> {
        self.handle
            .require("wait for waitable timer", AccessMask::SYNCHRONIZE)?;
        Ok(WaitRef::Object(self.handle.page()))
    }

    fn signal_page(&self) -> Result<&StatePage, Error> {
        self.handle.require_signal_and_wait()?;
        Ok(self.handle.page()) // the signal itself refuses timers with 6
    }
}
