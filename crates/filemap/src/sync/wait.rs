//! Waiting for one, any or all of several objects.

use filemap_core::error::{Error, Op, Why};
use filemap_sys::os::sync::{self, Limit, StatePage, WaitRef, Waited};
use std::time::Duration;

/// How a wait ended (Y-30).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Any: the object at this position, the lowest that was signalled, is taken. All: everything is taken (0).
    Object(usize),
    /// As [`Wait::Object`], and the mutex at this position was abandoned by its owner; this thread owns it now.
    Abandoned(usize),
    /// The time was over; nothing was taken.
    TimedOut,
}

impl Wait {
    /// The number that the wait functions return: WAIT_OBJECT_0 + i, WAIT_ABANDONED_0 + i, WAIT_TIMEOUT.
    #[must_use]
    pub fn value(self) -> u32 {
        match self {
            Wait::Object(i) => i as u32,
            Wait::Abandoned(i) => 0x80 + i as u32,
            Wait::TimedOut => 0x102,
        }
    }
}

/// Something that can be waited for: [`Event`](crate::Event), [`Mutex`](crate::Mutex), [`Semaphore`](crate::Semaphore),
/// [`WaitableTimer`](crate::WaitableTimer), [`Job`](crate::Job), [`ProcessHandle`](crate::ProcessHandle),
/// [`ThreadHandle`](crate::ThreadHandle), [`JoinHandle`](crate::JoinHandle), or any descriptor that
/// becomes readable (on Windows: any handle that can be waited for). A file mapping can't be waited for (O-11).
pub trait Waitable {
    /// What to wait for.
    ///
    /// # Errors
    /// `ERROR_ACCESS_DENIED` (5) if the handle lacks SYNCHRONIZE (Y-2).
    fn wait_ref(&self) -> Result<WaitRef<'_>, Error>;

    /// The state that [`signal_and_wait`] signals.
    ///
    /// # Errors
    /// `ERROR_INVALID_HANDLE` (6) if this can't be signalled; 5 without the right.
    fn signal_page(&self) -> Result<&StatePage, Error> {
        Err(Error::new(
            Op::Other("signal"),
            "",
            Why::WrongKindOfHandle {
                kind: "something that can't be signalled",
            },
        ))
    }
}

pub(crate) fn limit(timeout: Option<Duration>) -> Limit {
    timeout.map_or(Limit::NONE, Limit::after)
}

pub(crate) fn outcome(waited: Waited) -> Wait {
    match waited {
        Waited::Object {
            index,
            abandoned: false,
        } => Wait::Object(index),
        Waited::Object {
            index,
            abandoned: true,
        } => Wait::Abandoned(index),
        Waited::All { abandoned: None } => Wait::Object(0),
        Waited::All {
            abandoned: Some(index),
        } => Wait::Abandoned(index),
        Waited::TimedOut | Waited::Cancelled => Wait::TimedOut,
    }
}

pub(crate) fn wait_for(object: &dyn Waitable, timeout: Option<Duration>) -> Result<Wait, Error> {
    match object.wait_ref()? {
        WaitRef::Object(page) => sync::wait_one(page, limit(timeout), None).map(outcome),
        other => sync::wait_any(&[other], limit(timeout), None).map(outcome),
    }
}

fn refs<'a>(objects: &[&'a dyn Waitable]) -> Result<Vec<WaitRef<'a>>, Error> {
    objects.iter().map(|object| object.wait_ref()).collect()
}

/// Waits until any of 1 to 64 objects is signalled, and takes the lowest such; nothing else changes (Y-33).
///
/// # Errors
/// `ERROR_INVALID_PARAMETER` (87) for a wrong number of objects (Y-31); `ERROR_ACCESS_DENIED` (5) without SYNCHRONIZE.
/// Source: win32 `WaitForMultipleObjects`.
#[doc(alias = "WaitForMultipleObjects")]
pub fn wait_any(objects: &[&dyn Waitable], timeout: Option<Duration>) -> Result<Wait, Error> {
    sync::wait_any(&refs(objects)?, limit(timeout), None).map(outcome)
}

/// Waits until all of 1 to 64 objects are signalled at the same moment, and takes them together: nothing changes before
/// (Y-33), also if this process is killed in the middle.
///
/// # Errors
/// As [`wait_any`]; 87 for the same object twice. Source: win32 `WaitForMultipleObjects`.
pub fn wait_all(objects: &[&dyn Waitable], timeout: Option<Duration>) -> Result<Wait, Error> {
    sync::wait_all(&refs(objects)?, limit(timeout), None).map(outcome)
}

/// Signals one object (sets an event, releases a semaphore by one or a mutex once), then waits for another. Not atomic:
/// another thread may see the signal before this one waits (Y-36).
///
/// # Errors
/// `ERROR_INVALID_HANDLE` (6) if the first can't be signalled, `ERROR_NOT_OWNER` (288), `ERROR_TOO_MANY_POSTS` (298), 5;
/// then nothing is waited for. Source: win32 `SignalObjectAndWait`.
#[doc(alias = "SignalObjectAndWait")]
pub fn signal_and_wait(
    signal: &dyn Waitable,
    wait: &dyn Waitable,
    timeout: Option<Duration>,
) -> Result<Wait, Error> {
    let wait = wait.wait_ref()?;
    sync::signal_and_wait(signal.signal_page()?, wait, limit(timeout), None).map(outcome)
}
