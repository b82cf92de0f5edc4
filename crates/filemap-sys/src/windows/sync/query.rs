//! What can be told of an object without changing it.

// UNSAFETY: calls the native query functions.
#![expect(unsafe_code)]

use super::StatePage;
use crate::os::{handle, lookup};
use filemap_core::sync::Kind;
use std::os::windows::io::{AsHandle, AsRawHandle, BorrowedHandle};
use windows_sys::Win32::Foundation::{HANDLE, NTSTATUS};
use windows_sys::Win32::System::Threading::GetCurrentThreadId;

/// EVENT_QUERY_STATE, MUTANT_QUERY_STATE, SEMAPHORE_QUERY_STATE, TIMER_QUERY_STATE.
const QUERY_STATE: u32 = 0x1;

type Query = unsafe extern "system" fn(HANDLE, i32, *mut core::ffi::c_void, u32, *mut u32) -> NTSTATUS;

/// State of a mutex at some moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MutexState {
    /// Thread number of the owner, as far as the system tells it.
    pub owner: Option<u32>,
    /// How often the calling thread owns it.
    pub count: u32,
    /// The last owner ended without releasing it, and nobody has waited for it since.
    pub abandoned: bool,
}

#[repr(C)]
#[derive(Clone, Copy, Default)]
struct EventInformation {
    kind: i32,
    state: i32,
}

#[repr(C)]
#[derive(Clone, Copy, Default)]
struct MutantInformation {
    count: i32,
    owned_by_caller: u8,
    abandoned: u8,
}

#[repr(C)]
#[derive(Clone, Copy, Default)]
struct MutantOwner {
    process: usize,
    thread: usize,
}

#[repr(C)]
#[derive(Clone, Copy, Default)]
struct SemaphoreInformation {
    count: u32,
    maximum: u32,
}

#[repr(C)]
#[derive(Clone, Copy, Default)]
struct TimerInformation {
    remaining: i64,
    signalled: u8,
}

/// Numbers only: any bytes are a value of it.
trait Plain: Copy + Default {}
impl Plain for EventInformation {}
impl Plain for MutantInformation {}
impl Plain for MutantOwner {}
impl Plain for SemaphoreInformation {}
impl Plain for TimerInformation {}

/// Asks once with the handle as it is, and if that lacks the right, with a duplicate that has it.
fn ask<T: Plain>(query: Option<Query>, class: i32, handle: BorrowedHandle<'_>) -> Option<T> {
    let query = query?;
    let once = |handle: BorrowedHandle<'_>| {
        let mut told = T::default();
        // SAFETY: the caller pairs the class with its structure, of whose size the call is told; all fields are numbers.
        let status = unsafe {
            query(
                handle.as_raw_handle(),
                class,
                (&raw mut told).cast(),
                size_of::<T>() as u32,
                std::ptr::null_mut(),
            )
        };
        (status >= 0).then_some(told)
    };
    once(handle).or_else(|| {
        let with_right = handle::duplicate(handle, Some(QUERY_STATE), false).ok()?;
        once(with_right.as_handle())
    })
}

/// The kind with what the object itself says of it.
pub(super) fn kind(handle: BorrowedHandle<'_>, kind: Kind) -> Kind {
    match kind {
        Kind::AutoEvent | Kind::ManualEvent => {
            match ask::<EventInformation>(lookup::nt_query_event(), 0, handle) {
                Some(EventInformation { kind: 0, .. }) => Kind::ManualEvent,
                Some(_) => Kind::AutoEvent,
                None => kind,
            }
        }
        Kind::Semaphore { .. } => {
            match ask::<SemaphoreInformation>(lookup::nt_query_semaphore(), 0, handle) {
                Some(told) => Kind::Semaphore {
                    maximum: told.maximum,
                },
                None => kind,
            }
        }
        other => other,
    }
}

impl StatePage {
    /// Whether an event or a timer is signalled; `false` also where the caller may not ask.
    #[must_use]
    pub fn is_signalled(&self) -> bool {
        match self.kind {
            Kind::AutoEvent | Kind::ManualEvent => {
                ask::<EventInformation>(lookup::nt_query_event(), 0, self.handle())
                    .is_some_and(|e| e.state != 0)
            }
            Kind::AutoTimer | Kind::ManualTimer => self.timer().is_some_and(|t| t.signalled != 0),
            Kind::Semaphore { .. } => self.semaphore_count() > 0,
            Kind::Mutex => self.mutant().is_some_and(|m| m.count > 0),
        }
    }

    /// The count of a semaphore; 0 also where the caller may not ask.
    #[must_use]
    pub fn semaphore_count(&self) -> u32 {
        ask::<SemaphoreInformation>(lookup::nt_query_semaphore(), 0, self.handle()).map_or(0, |s| s.count)
    }

    fn mutant(&self) -> Option<MutantInformation> {
        ask(lookup::nt_query_mutant(), 0, self.handle())
    }

    fn timer(&self) -> Option<TimerInformation> {
        ask(lookup::nt_query_timer(), 0, self.handle())
    }

    /// Owner, count and abandonment of a mutex, as far as the caller may ask.
    #[must_use]
    pub fn mutex_state(&self) -> MutexState {
        let told = self.mutant().unwrap_or(MutantInformation {
            count: 1,
            ..Default::default()
        });
        let mine = told.owned_by_caller != 0;
        let owner = || {
            let owner = ask::<MutantOwner>(lookup::nt_query_mutant(), 1, self.handle())?;
            u32::try_from(owner.thread).ok().filter(|thread| *thread != 0)
        };
        MutexState {
            // SAFETY: asks for a number.
            owner: match (mine, told.count > 0) {
                (true, _) => Some(unsafe { GetCurrentThreadId() }),
                (false, true) => None,
                (false, false) => owner(),
            },
            count: if mine {
                u32::try_from(1i64 - i64::from(told.count)).unwrap_or(0)
            } else {
                0
            },
            abandoned: told.abandoned != 0,
        }
    }

    /// Whether threads wait for it: the kernel does not tell.
    #[must_use]
    pub fn has_waiters(&self) -> bool {
        false
    }

    /// Whether a timer has a due time ahead.
    #[must_use]
    pub fn timer_is_armed(&self) -> bool {
        self.timer().is_some_and(|t| t.remaining > 0)
    }
}
