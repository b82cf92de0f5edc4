//! Synchronisation objects, and waits for one, any or all of them.

// UNSAFETY: calls the Win32 and native functions of synchronisation objects.
#![expect(unsafe_code)]

mod query;
mod wait;

pub use query::MutexState;
pub use wait::{Limit, WaitRef, Waited, signal_and_wait, wait_all, wait_any, wait_one};

use crate::SysError;
use crate::os::clock;
use crate::os::handle::owned;
use crate::os::section::{existed, forget_last_error, name_pointer};
use crate::os::security::Attributes;
use filemap_core::error::{Error, Op, Why, Win32Code};
use filemap_core::sync::Kind;
use std::os::windows::io::{AsHandle, AsRawHandle, BorrowedHandle, OwnedHandle};
use std::time::Duration;
use windows_sys::Win32::System::JobObjects::{CreateJobObjectW, OpenJobObjectW};
use windows_sys::Win32::System::Threading::{
    CancelWaitableTimer, CreateEventW, CreateMutexW, CreateSemaphoreW, CreateWaitableTimerW, OpenEventW,
    OpenMutexW, OpenSemaphoreW, OpenWaitableTimerW, PulseEvent, ReleaseMutex, ReleaseSemaphore, ResetEvent,
    SetEvent, SetWaitableTimer,
};

/// Nobody can cancel a wait here: there is no value of this type.
#[derive(Debug)]
pub enum Cancel {}

/// The state of a synchronisation object: the kernel keeps it, behind a handle.
#[derive(Debug)]
pub struct StatePage {
    handle: OwnedHandle,
    kind: Kind,
}

/// When a timer is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DueTime {
    /// So long from now, on the monotonic clock.
    After(Duration),
    /// At this time since 1970 UTC; follows when people set the clock (Y-25).
    At(Duration),
}

/// The error of a call on an object, with a cause where its number has one.
pub(crate) fn failed(op: &'static str, e: SysError) -> Error {
    Error::new(Op::Other(op), "", cause(e))
}

/// The cause that a number stands for, where it does not depend on the operation.
#[must_use]
pub fn cause(e: SysError) -> Why {
    let code = Win32Code(e.errno as u32);
    match code {
        Win32Code::NOT_OWNER => Why::NotMutexOwner,
        Win32Code::MUTANT_LIMIT_EXCEEDED => Why::RecursionLimit,
        Win32Code::TOO_MANY_OPEN_FILES => Why::TooManyHandles,
        Win32Code::NO_SYSTEM_RESOURCES => Why::SystemResources {
            what: "kernel memory",
        },
        code => Why::System {
            code,
            text: e.to_string(),
        },
    }
}

/// An event without a name that stays set, for the library's own waits.
pub(crate) fn manual_event() -> Result<OwnedHandle, SysError> {
    // SAFETY: no attributes, no name.
    let raw = unsafe { CreateEventW(std::ptr::null(), 1, 0, std::ptr::null()) };
    owned("CreateEventW", raw)
}

/// What to create: the kind with its first state. A job has no state of its own and is `None`.
#[derive(Clone, Copy, Debug)]
pub struct New {
    /// Kind of the state; for a job, a manual event.
    pub kind: Kind,
    /// First count, or whether an event is set.
    pub count: u32,
    /// The calling thread owns the new mutex.
    pub owned: bool,
    /// It is a job.
    pub is_job: bool,
}

/// Creates an object or opens the one that has the name (true). `name` ends with NUL, or is empty for none.
/// Source: win32 `CreateEventW`, `CreateMutexW`, `CreateSemaphoreW`, `CreateWaitableTimerW`, `CreateJobObjectW`.
pub fn create(
    new: New,
    attributes: Option<&Attributes>,
    name: &[u16],
) -> Result<(OwnedHandle, bool), SysError> {
    let attributes = attributes.map_or(std::ptr::null(), Attributes::as_ptr);
    let name = name_pointer(name);
    forget_last_error();
    // SAFETY: attributes and name (which ends with NUL) outlive the call.
    let (call, raw) = unsafe {
        match new.kind {
            _ if new.is_job => ("CreateJobObjectW", CreateJobObjectW(attributes, name)),
            Kind::AutoEvent | Kind::ManualEvent => {
                let manual = (new.kind == Kind::ManualEvent).into();
                (
                    "CreateEventW",
                    CreateEventW(attributes, manual, new.count as i32, name),
                )
            }
            Kind::Mutex => ("CreateMutexW", CreateMutexW(attributes, new.owned.into(), name)),
            Kind::Semaphore { maximum } => (
                "CreateSemaphoreW",
                CreateSemaphoreW(attributes, new.count as i32, maximum as i32, name),
            ),
            Kind::AutoTimer | Kind::ManualTimer => {
                let manual = (new.kind == Kind::ManualTimer).into();
                (
                    "CreateWaitableTimerW",
                    CreateWaitableTimerW(attributes, manual, name),
                )
            }
        }
    };
    let existed = existed();
    Ok((owned(call, raw)?, existed))
}

/// Opens an object of a kind. Source: win32 `OpenEventW`, `OpenMutexW`, `OpenSemaphoreW`, `OpenWaitableTimerW`,
/// `OpenJobObjectW`.
pub fn open(
    kind: filemap_core::kind::Kind,
    access: u32,
    inherit: bool,
    name: &[u16],
) -> Result<OwnedHandle, SysError> {
    use filemap_core::kind::Kind;
    let (inherit, name) = (inherit.into(), name_pointer(name));
    // SAFETY: the name ends with NUL and outlives the call.
    let (call, raw) = unsafe {
        match kind {
            Kind::Event => ("OpenEventW", OpenEventW(access, inherit, name)),
            Kind::Mutex => ("OpenMutexW", OpenMutexW(access, inherit, name)),
            Kind::Semaphore => ("OpenSemaphoreW", OpenSemaphoreW(access, inherit, name)),
            Kind::WaitableTimer => ("OpenWaitableTimerW", OpenWaitableTimerW(access, inherit, name)),
            Kind::Job => ("OpenJobObjectW", OpenJobObjectW(access, inherit, name)),
            Kind::FileMapping => {
                let call = "OpenFileMappingW";
                return Err(SysError { call, errno: 6 });
            }
        }
    };
    owned(call, raw)
}

impl StatePage {
    /// The state behind a handle. What the creator chose is asked of the object where it can be told.
    #[must_use]
    pub fn new(handle: OwnedHandle, kind: Kind) -> StatePage {
        let kind = query::kind(handle.as_handle(), kind);
        StatePage { handle, kind }
    }

    /// The handle.
    #[must_use]
    pub fn handle(&self) -> BorrowedHandle<'_> {
        self.handle.as_handle()
    }

    /// What it is: auto or manual, with its maximum.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    fn done(&self, op: &'static str, call: &'static str, result: i32) -> Result<(), Error> {
        match result {
            0 => Err(self.refused(op, SysError::last(call))),
            _ => Ok(()),
        }
    }

    fn refused(&self, op: &'static str, e: SysError) -> Error {
        let why = match (Win32Code(e.errno as u32), self.kind) {
            (Win32Code::TOO_MANY_POSTS, Kind::Semaphore { maximum }) => Why::SemaphoreFull { maximum },
            (Win32Code::ACCESS_DENIED, _) => Why::HandleLacks {
                rights: "the right that this call needs (MODIFY_STATE, SYNCHRONIZE)".to_owned(),
            },
            (Win32Code::INVALID_HANDLE, _) => Why::WrongKindOfHandle {
                kind: "something that can't do this",
            },
            (Win32Code::INVALID_PARAMETER, Kind::Semaphore { .. }) => Why::Argument {
                what: "a release adds 1 to 2,147,483,647".to_owned(),
            },
            _ => cause(e),
        };
        Error::new(Op::Other(op), "", why)
    }

    /// Sets an event. Source: win32 `SetEvent`.
    pub fn set(&self) -> Result<(), Error> {
        // SAFETY: an open handle.
        let done = unsafe { SetEvent(self.handle.as_raw_handle()) };
        self.done("set event", "SetEvent", done)
    }

    /// Resets an event. Source: win32 `ResetEvent`.
    pub fn reset(&self) -> Result<(), Error> {
        // SAFETY: an open handle.
        let done = unsafe { ResetEvent(self.handle.as_raw_handle()) };
        self.done("reset event", "ResetEvent", done)
    }

    /// Lets those go who wait for an event just now. Source: win32 `PulseEvent`.
    pub fn pulse(&self) -> Result<(), Error> {
        // SAFETY: an open handle.
        let done = unsafe { PulseEvent(self.handle.as_raw_handle()) };
        self.done("pulse event", "PulseEvent", done)
    }

    /// Adds to a semaphore, and gives the count before. Source: win32 `ReleaseSemaphore`.
    pub fn release(&self, n: u32) -> Result<u32, Error> {
        let mut before = 0;
        // SAFETY: an open handle and a place.
        let done = unsafe { ReleaseSemaphore(self.handle.as_raw_handle(), n as i32, &mut before) };
        self.done("release semaphore", "ReleaseSemaphore", done)?;
        Ok(before as u32)
    }

    /// Releases a mutex once. Source: win32 `ReleaseMutex`.
    pub fn unlock(&self) -> Result<(), Error> {
        // SAFETY: an open handle.
        let done = unsafe { ReleaseMutex(self.handle.as_raw_handle()) };
        self.done("release mutex", "ReleaseMutex", done)
    }

    /// Whether a mutex could be released without the kernel: never.
    #[must_use]
    pub fn unlock_at_once(&self) -> bool {
        false
    }

    /// Sets a timer; periods are whole milliseconds, the shortest is 1. Source: win32 `SetWaitableTimer`.
    pub fn set_timer(&self, due: DueTime, period: Duration) -> Result<(), Error> {
        let due = match due {
            // Negative means from now on; 0 would mean the year 1601, which is due at once as well.
            DueTime::After(after) => -i64::try_from(after.as_nanos().div_ceil(100)).unwrap_or(i64::MAX),
            DueTime::At(at) => clock::file_time(at),
        };
        let period = i32::try_from(period.as_nanos().div_ceil(1_000_000)).unwrap_or(i32::MAX);
        // SAFETY: an open handle, a number that outlives the call, no completion routine.
        let done = unsafe {
            SetWaitableTimer(
                self.handle.as_raw_handle(),
                &due,
                period,
                None,
                std::ptr::null(),
                0,
            )
        };
        self.done("set waitable timer", "SetWaitableTimer", done)
    }

    /// Makes a timer inactive. Source: win32 `CancelWaitableTimer`.
    pub fn cancel_timer(&self) -> Result<(), Error> {
        // SAFETY: an open handle.
        let done = unsafe { CancelWaitableTimer(self.handle.as_raw_handle()) };
        self.done("cancel waitable timer", "CancelWaitableTimer", done)
    }
}
