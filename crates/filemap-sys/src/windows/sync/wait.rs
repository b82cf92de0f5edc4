//! Waits.

// UNSAFETY: calls the Win32 wait functions.
#![expect(unsafe_code)]

use super::{Cancel, StatePage, failed};
use crate::SysError;
use filemap_core::error::{Error, Op, Why, Win32Code};
use filemap_core::sync::MAXIMUM_WAIT_OBJECTS;
use std::os::windows::io::{AsRawHandle, BorrowedHandle};
use std::time::{Duration, Instant};
use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::System::Threading::{INFINITE, SignalObjectAndWait, WaitForMultipleObjects};

/// WAIT_ABANDONED_0.
const ABANDONED: u32 = 0x80;
/// WAIT_TIMEOUT.
const TIMEOUT: u32 = 0x102;

/// When a wait ends at the latest.
#[derive(Clone, Copy, Debug)]
pub struct Limit(Option<Instant>);

impl Limit {
    /// Never.
    pub const NONE: Limit = Limit(None);

    /// So long from now.
    #[must_use]
    pub fn after(duration: Duration) -> Limit {
        Limit(Instant::now().checked_add(duration))
    }

    /// The milliseconds that are left, rounded up: a wait is never shorter than asked for.
    fn left(self) -> u32 {
        let Some(until) = self.0 else { return INFINITE };
        let left = until.saturating_duration_since(Instant::now());
        // What is longer than 49 days is waited for in several pieces.
        u32::try_from(left.as_nanos().div_ceil(1_000_000))
            .unwrap_or(INFINITE - 1)
            .min(INFINITE - 1)
    }

    fn is_over(self) -> bool {
        self.0.is_some_and(|until| Instant::now() >= until)
    }
}

/// Something to wait for.
#[derive(Clone, Copy, Debug)]
pub enum WaitRef<'a> {
    /// A synchronisation object.
    Object(&'a StatePage),
    /// Any other handle that can be waited for: a process, a console.
    Handle(BorrowedHandle<'a>),
}

impl WaitRef<'_> {
    fn raw(&self) -> HANDLE {
        match self {
            WaitRef::Object(page) => page.handle().as_raw_handle(),
            WaitRef::Handle(handle) => handle.as_raw_handle(),
        }
    }
}

/// How a wait ended (Y-30).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waited {
    /// Any: this one was signalled; it is the lowest such, and the only one that changed.
    Object {
        /// Position in the list.
        index: usize,
        /// It is a mutex whose owner ended without releasing it; this thread owns it now (Y-12).
        abandoned: bool,
    },
    /// All were signalled at once and are taken.
    All {
        /// Position of a mutex that was abandoned.
        abandoned: Option<usize>,
    },
    /// The time is over; nothing changed. Not an error (258).
    TimedOut,
    /// Never here; see [`Cancel`].
    Cancelled,
}

fn wait(refs: &[WaitRef<'_>], all: bool, limit: Limit) -> Result<Waited, Error> {
    if refs.is_empty() || refs.len() > MAXIMUM_WAIT_OBJECTS {
        return Err(Error::new(
            Op::Other("wait for"),
            "",
            Why::WaitCount { count: refs.len() },
        ));
    }
    let handles: Vec<HANDLE> = refs.iter().map(WaitRef::raw).collect();
    loop {
        // SAFETY: the handles are open while `refs` borrows them.
        let got = unsafe {
            WaitForMultipleObjects(handles.len() as u32, handles.as_ptr(), all.into(), limit.left())
        };
        let count = handles.len() as u32;
        return match got {
            got if got < count && all => Ok(Waited::All { abandoned: None }),
            got if got < count => Ok(Waited::Object {
                index: got as usize,
                abandoned: false,
            }),
            got if (ABANDONED..ABANDONED + count).contains(&got) => {
                let index = (got - ABANDONED) as usize;
                Ok(match all {
                    true => Waited::All {
                        abandoned: Some(index),
                    },
                    false => Waited::Object {
                        index,
                        abandoned: true,
                    },
                })
            }
            TIMEOUT if !limit.is_over() => continue,
            TIMEOUT => Ok(Waited::TimedOut),
            _ => Err(refused(SysError::last("WaitForMultipleObjects"), refs, all)),
        };
    }
}

fn refused(e: SysError, refs: &[WaitRef<'_>], all: bool) -> Error {
    let twice = || (1..refs.len()).find(|i| refs[..*i].iter().any(|earlier| earlier.raw() == refs[*i].raw()));
    match Win32Code(e.errno as u32) {
        Win32Code::INVALID_PARAMETER if all => match twice() {
            Some(index) => Error::new(Op::Other("wait for"), "", Why::WaitDuplicate { index }),
            None => failed("wait for", e),
        },
        Win32Code::ACCESS_DENIED => Error::new(
            Op::Other("wait for"),
            "",
            Why::HandleLacks {
                rights: "SYNCHRONIZE".to_owned(),
            },
        ),
        _ => failed("wait for", e),
    }
}

/// Waits for one object. Source: win32 `WaitForSingleObject`.
pub fn wait_one(object: &StatePage, limit: Limit, _cancel: Option<&Cancel>) -> Result<Waited, Error> {
    wait(&[WaitRef::Object(object)], false, limit)
}

/// Waits for any of 1 to 64. Source: win32 `WaitForMultipleObjects`.
pub fn wait_any(refs: &[WaitRef<'_>], limit: Limit, _cancel: Option<&Cancel>) -> Result<Waited, Error> {
    wait(refs, false, limit)
}

/// Waits for all of 1 to 64 at once. Source: win32 `WaitForMultipleObjects`.
pub fn wait_all(refs: &[WaitRef<'_>], limit: Limit, _cancel: Option<&Cancel>) -> Result<Waited, Error> {
    wait(refs, true, limit)
}

/// Signals one and waits for another. Source: win32 `SignalObjectAndWait`.
pub fn signal_and_wait(
    signal: &StatePage,
    wait_for: WaitRef<'_>,
    limit: Limit,
    cancel: Option<&Cancel>,
) -> Result<Waited, Error> {
    // SAFETY: both handles are open while they are borrowed.
    let got =
        unsafe { SignalObjectAndWait(signal.handle().as_raw_handle(), wait_for.raw(), limit.left(), 0) };
    match got {
        0 => Ok(Waited::Object {
            index: 0,
            abandoned: false,
        }),
        ABANDONED => Ok(Waited::Object {
            index: 0,
            abandoned: true,
        }),
        TIMEOUT if limit.is_over() => Ok(Waited::TimedOut),
        TIMEOUT => wait_any(&[wait_for], limit, cancel), // the signal is given; the rest of the time is left
        _ => Err(signal.refused("signal and wait for", SysError::last("SignalObjectAndWait"))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{New, create};
    use super::*;
    use filemap_core::sync::Kind;

    fn new(kind: Kind, count: u32) -> StatePage {
        let new = New {
            kind,
            count,
            owned: false,
            is_job: false,
        };
        StatePage::new(create(new, None, &[]).unwrap().0, kind)
    }

    // Y-33, Y-31
    #[test]
    fn any_takes_the_lowest_and_all_takes_everything_or_nothing() {
        let slots = new(Kind::Semaphore { maximum: 5 }, 1);
        let event = new(Kind::AutoEvent, 0);
        let both = [WaitRef::Object(&event), WaitRef::Object(&slots)];
        let poll = Limit::after(Duration::ZERO);
        assert_eq!(wait_all(&both, poll, None).unwrap(), Waited::TimedOut);
        assert_eq!(slots.semaphore_count(), 1);
        event.set().unwrap();
        assert_eq!(
            wait_all(&both, poll, None).unwrap(),
            Waited::All { abandoned: None }
        );
        slots.release(2).unwrap();
        let got = wait_any(&both, poll, None).unwrap();
        assert_eq!(
            got,
            Waited::Object {
                index: 1,
                abandoned: false
            }
        );
        let e = wait_any(&[], poll, None).unwrap_err();
        assert_eq!(e.code(), Win32Code::INVALID_PARAMETER);
    }
}
