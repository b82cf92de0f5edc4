//! Events, mutexes, semaphores and waitable timers on state pages, and waits for them (spec/sync.md).
//!
//! The decisions are in `filemap_core::sync`; this module maps pages ([`StatePage`]), carries actions out, keeps what
//! only this process knows (which of its threads owns a mutex, and how often), and adds what a wait can also end
//! with: descriptors ([`WaitRef::Fd`]) and [`Cancel`].
//!
//! Nothing that is read from a state page is used as an address or an index; a thread that finds the words changing
//! faster than it can act on them naps; a call that must not wait ends with 170 ([`Why::ObjectStuck`]).
//!
//! # What it needs
//! Linux 6.3 for the promise that no death loses a wake (before, the kernel forgets the wake of a dead owner if the
//! woken thread dies too), 5.16 for waits for several objects (`futex_waitv`), glibc or another C library whose robust
//! lists have `futex_offset` -32. Not for signal handlers. Threads of processes in different PID name spaces may share
//! objects: who owns a mutex is decided by memory of the process, not by the number in the word.

mod drive;
mod fds;
mod mutex;
mod page;
mod reactor;
mod sentry;
mod signal;
mod spin;
mod task;
mod timer;
mod wait;

pub use mutex::MutexState;
pub use page::{Key, PAGE, StatePage, state_offset};
pub use task::{Target, Task};
pub use timer::DueTime;
pub use wait::{signal_and_wait, wait_all, wait_any, wait_longer, wait_one};

use crate::linux::futex::{self, Scope, Word32};
use filemap_core::error::{Error, Op, Why};
use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// How long to wait; on the monotonic clock, which nobody sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(Option<u64>);

impl Limit {
    /// `INFINITE`.
    pub const NONE: Limit = Limit(None);
    /// Do not wait: a time-out of 0.
    pub const POLL: Limit = Limit(Some(0));

    /// So long from now.
    #[must_use]
    pub fn after(duration: Duration) -> Limit {
        if duration.is_zero() {
            return Limit::POLL;
        }
        let ns = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        Limit(Some(futex::now(false).saturating_add(ns)))
    }

    /// The time-out of the wait functions in milliseconds; `0xFFFF_FFFF` is `INFINITE` (Y-32).
    #[must_use]
    pub fn from_millis(ms: u32) -> Limit {
        match ms {
            u32::MAX => Limit::NONE,
            ms => Limit::after(Duration::from_millis(ms.into())),
        }
    }

    fn is_over(self) -> bool {
        self.0.is_some_and(|ns| ns == 0 || futex::now(false) >= ns)
    }
}

/// Ends waits from another thread: the hook for waits that are awaited, and for alertable ones.
///
/// A future that is dropped, or that runs its wait in a thread of its own, calls [`Cancel::cancel`]; the wait then
/// ends with [`Waited::Cancelled`] and has taken nothing.
#[derive(Debug, Default)]
pub struct Cancel(AtomicU32);

impl Cancel {
    /// Not cancelled yet.
    #[must_use]
    pub const fn new() -> Cancel {
        Cancel(AtomicU32::new(0))
    }

    /// Ends all waits that were given this value, those that come later too.
    pub fn cancel(&self) {
        self.0.store(1, Ordering::Release);
        futex::wake_all_private(&self.0);
    }

    /// Whether it was cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Acquire) != 0
    }

    fn word(&self) -> Word32 {
        Word32 {
            address: &raw const self.0,
            expected: 0,
            scope: Scope::Private,
        }
    }
}

/// Something to wait for.
#[derive(Clone, Copy, Debug)]
pub enum WaitRef<'a> {
    /// A synchronisation object.
    Object(&'a StatePage),
    /// A descriptor: signalled while it has input, an error or its end (a pidfd: the process has ended). Nothing is
    /// read from it.
    Fd(BorrowedFd<'a>),
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
        /// Position of the first mutex that was abandoned.
        abandoned: Option<usize>,
    },
    /// The time is over; nothing changed. Not an error (258).
    TimedOut,
    /// [`Cancel::cancel`] was called; nothing changed.
    Cancelled,
}

fn because(op: &'static str, why: Why) -> Error {
    Error::new(Op::Other(op), "", why)
}
