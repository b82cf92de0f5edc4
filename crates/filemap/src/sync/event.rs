//! Events.

use super::wait::{Wait, Waitable};
use crate::Kind;
use crate::named::{Handle, Request, object_methods};
use crate::sync::options::object_options;
use filemap_core::error::Error;
use filemap_core::security::AccessMask;
use filemap_core::sync::Kind as State;
use filemap_sys::os::sync::WaitRef;
use std::time::Duration;

/// `EVENT_MODIFY_STATE`.
const MODIFY: AccessMask = AccessMask(0x2);

/// Whether an event stays set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reset {
    /// A successful wait resets it, so a set lets one waiter go.
    #[default]
    Auto,
    /// It stays set until it is reset, and lets everybody go.
    Manual,
}

/// An event: something has happened. Source: win32 "Event Objects"; Y-4..Y-6.
///
/// ```
/// # let place = tempfile::tempdir_in("/dev/shm")?;
/// # let space = filemap::Namespace::at(place.path());
/// use filemap::{Event, Wait};
/// use std::time::Duration;
/// let ready = Event::options().namespace(&space).create(r"Local\EV_ready")?;
/// ready.set()?;
/// assert_eq!(ready.wait(None)?, Wait::Object(0));
/// assert_eq!(ready.wait(Some(Duration::ZERO))?, Wait::TimedOut); // the wait has reset it
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "CreateEvent")]
#[derive(Debug)]
pub struct Event {
    handle: Handle,
}

/// What event to create or open.
#[derive(Clone, Debug)]
#[must_use]
pub struct EventOptions {
    request: Request,
    reset: Reset,
    set: bool,
}

object_methods!(Event, Event, "an event");
object_options!(EventOptions, Event, Event);

impl EventOptions {
    pub(crate) fn with(
        space: Option<&crate::Namespace>,
        security: Option<&crate::words::Given>,
        inherit: crate::Inherit,
    ) -> EventOptions {
        let mut options = Event::options();
        options.request = options.request.with(space, security, inherit);
        options
    }

    /// Auto or manual reset; ignored if the event exists (Y-4).
    pub fn reset(mut self, reset: Reset) -> Self {
        self.reset = reset;
        self
    }

    /// Set from the start; ignored if the event exists (Y-4).
    pub fn initially_set(mut self) -> Self {
        self.set = true;
        self
    }

    /// Creates the event, or opens it if an event has the name: then its kind and state stay (O-4).
    ///
    /// # Errors
    /// `ERROR_INVALID_HANDLE` (6) if another kind of object has the name; 123, 161, 3 for its form; 1455 without memory.
    /// Source: win32 `CreateEventW`.
    #[track_caller]
    pub fn create(&self, name: &str) -> Result<Event, Error> {
        self.made(name.as_bytes())
    }

    #[track_caller]
    fn made(&self, name: &[u8]) -> Result<Event, Error> {
        let state = match self.reset {
            Reset::Auto => State::AutoEvent,
            Reset::Manual => State::ManualEvent,
        };
        let handle = Handle::create(
            &self.request,
            Kind::Event,
            state,
            u32::from(self.set),
            false,
            name,
        )?;
        Ok(Event { handle })
    }
}

impl Event {
    /// Options: auto reset, not set, the process's name space.
    pub fn options() -> EventOptions {
        EventOptions {
            request: Request::all_of(Kind::Event),
            reset: Reset::Auto,
            set: false,
        }
    }

    /// Auto or manual reset.
    #[must_use]
    pub fn reset_kind(&self) -> Reset {
        match self.handle.page().kind() {
            State::ManualEvent => Reset::Manual,
            _ => Reset::Auto,
        }
    }

    /// Sets it: one waiter (auto) or all (manual) go on; sets do not add up (Y-5). No system call if nobody waits.
    ///
    /// # Errors
    /// `ERROR_ACCESS_DENIED` (5) without EVENT_MODIFY_STATE. Source: win32 `SetEvent`.
    #[doc(alias = "SetEvent")]
    #[inline]
    pub fn set(&self) -> Result<(), Error> {
        self.handle.require("set event", MODIFY)?;
        self.handle.named(self.handle.page().set())
    }

    /// Resets it.
    ///
    /// # Errors
    /// As [`Event::set`]. Source: win32 `ResetEvent`.
    #[doc(alias = "ResetEvent")]
    #[inline]
    pub fn reset(&self) -> Result<(), Error> {
        self.handle.require("reset event", MODIFY)?;
        self.handle.named(self.handle.page().reset())
    }

    /// Lets those go who wait just now, and leaves it reset (Y-6). A thread that is about to wait may miss it: use it only
    /// where Windows programs already do.
    ///
    /// # Errors
    /// As [`Event::set`]. Source: win32 `PulseEvent`.
    #[doc(alias = "PulseEvent")]
    pub fn pulse(&self) -> Result<(), Error> {
        self.handle.require("pulse event", MODIFY)?;
        self.handle.named(self.handle.page().pulse())
    }

    /// Whether it is set. Changes nothing.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.handle.page().is_signalled()
    }

    /// Waits until it is set; forever without a time-out.
    ///
    /// # Errors
    /// `ERROR_ACCESS_DENIED` (5) without SYNCHRONIZE (Y-2). Source: win32 `WaitForSingleObject`.
    #[inline]
    pub fn wait(&self, timeout: Option<Duration>) -> Result<Wait, Error> {
        self.handle.wait("wait for event", timeout)
    }
}

impl Waitable for Event {
    fn wait_ref(&self) -> Result<WaitRef<'_>, Error> {
        self.handle.require("wait for event", AccessMask::SYNCHRONIZE)?;
        Ok(WaitRef::Object(self.handle.page()))
    }

    fn signal_page(&self) -> Result<&filemap_sys::os::sync::StatePage, Error> {
        self.handle.require_signal_and_wait()?;
        self.handle.require("signal event", MODIFY)?;
        Ok(self.handle.page())
    }
}
