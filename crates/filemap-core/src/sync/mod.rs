//! Events, mutexes, semaphores, waitable timers and waits for any or all of them (spec/sync.md), as pure code.
//!
//! An object is one 64-bit [`Word`] in a page that processes share. Its *lock half* is a robust futex word: 0, or the
//! number of the thread that owns the mutex (or, for the other kinds, that has the object frozen for a moment while
//! it commits a wait for all), with the kernel's bits `FUTEX_WAITERS` and `FUTEX_OWNER_DIED`. Its *state half*
//! is the kind's own: signalled or not, the semaphore's count, whether the lock half means ownership.
//!
//! * [`take`], [`signal()`], [`freeze`], [`thaw`], [`pass_on`]: one attempt at one word.
//! * [`Machine`]: whole calls as sequences of actions; its documentation has the rules that make them survive deaths.
//! * [`due`]: when a timer is due.
//!
//! ```
//! use filemap_core::sync::{Kind, Signal, Signalling, Take, signal, take};
//! let event = Kind::AutoEvent.initial(0);
//! assert_eq!(take(Kind::AutoEvent, event, 7, None), Take::No);
//! let Signalling::Swap { to: set, release: false } = signal(Kind::AutoEvent, event, 7, Signal::Set) else { panic!() };
//! assert!(matches!(take(Kind::AutoEvent, set, 7, None), Take::Swap { to, .. } if to == event));
//! ```

mod machine;
mod seen;
mod step;
mod timer;
mod word;

pub use machine::{Action, Machine, Outcome, Program, Reply};
pub use seen::{RECURSION_OFFSET, SLOTS_OFFSET, STATE_LEN, Seen, What, seen};
pub use step::{
    ARMED, Freeze, Kind, Mark, OWNED, SEMAPHORE_LIMIT, SIGNALLED, SLOT, Signal, Signalling, Take, Thaw,
    committed, counts, edited, freeze, generation, is_abandoned, is_owed, lock_for_edit, mark,
    marked_at_once, pass_on, released_at_once, set_and_wake_at_once, set_at_once, signal, take,
    taken_at_once, taken_off, thaw, uncount, uncount_taker, woken_at_once,
};
pub use timer::{Clock, Due, Setting, Tick, due};
pub use word::{OWNER_DIED, STAGED, STATE_OFFSET, TID, WAITERS, WORD_OFFSET, Word};

/// Largest number of objects in one wait: `MAXIMUM_WAIT_OBJECTS` (Y-31).
pub const MAXIMUM_WAIT_OBJECTS: usize = 64;

/// Largest recursion of a mutex (Y-10); one more is 587.
pub const RECURSION_LIMIT: u32 = 0x8000_0000;
