//! What each worker says that it is doing: words in shared memory, written before and after each call. A dead worker's
//! words say what must be true of its objects; that is what the stranger checks.

use super::object::Kind;
use filemap::{Error, FileMapping, Namespace, View};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

/// Workers at a time, at most.
pub const SLOTS: usize = 8;
const NAME: &str = r"Local\ledger";
const SIZE: u64 = 16 << 10;
/// Bytes of a slot.
const SLOT: usize = 512;
/// Where the words of everybody begin.
const COMMON: usize = SLOT * SLOTS;

/// What a worker is doing with its private set of an auto-reset event, a semaphore and a mutex.
pub mod waits {
    /// Event reset, semaphore 0, mutex free.
    pub const IDLE: u64 = 0;
    /// Being changed: anything.
    pub const CHANGING: u64 = 1;
    /// Event set, semaphore 1, mutex free; about to wait, or waiting, for all three.
    pub const FOR_ALL: u64 = 2;
    /// It has all three.
    pub const HAS_ALL: u64 = 3;
    /// As [`FOR_ALL`], for any of event and semaphore.
    pub const FOR_ANY: u64 = 4;
    /// It has the event, the lower of the two.
    pub const HAS_ANY: u64 = 5;
}

/// What a worker is doing with something that it has or has not.
pub mod has {
    /// It has not.
    pub const NOT: u64 = 0;
    /// It is getting it.
    pub const GETTING: u64 = 1;
    /// It has it.
    pub const HELD: u64 = 2;
    /// It is giving it up.
    pub const GIVING: u64 = 3;
}

/// The words of all.
#[derive(Debug)]
pub struct Ledger {
    view: View,
    _object: FileMapping,
}

impl Ledger {
    /// Creates it, or opens it.
    ///
    /// # Errors
    /// As creating and mapping.
    pub fn new(space: &Namespace) -> Result<Ledger, Error> {
        let object = FileMapping::options().namespace(space).size(SIZE).create(NAME)?;
        let view = object.map()?;
        Ok(Ledger {
            view,
            _object: object,
        })
    }

    fn word(&self, offset: usize) -> &AtomicU64 {
        self.view.atomic_u64(offset).expect("inside the ledger")
    }

    /// Calls that the worker of a slot has made in its life.
    #[must_use]
    pub fn calls(&self, slot: usize) -> &AtomicU64 {
        self.word(slot * SLOT)
    }

    /// One of [`waits`].
    #[must_use]
    pub fn waits(&self, slot: usize) -> &AtomicU64 {
        self.word(slot * SLOT + 8)
    }

    /// One of [`has`]: the private mutex.
    #[must_use]
    pub fn mutex(&self, slot: usize) -> &AtomicU64 {
        self.word(slot * SLOT + 16)
    }

    /// Not 0 from before the stranger opens the worker's names until after the worker's death.
    #[must_use]
    pub fn visited(&self, slot: usize) -> &AtomicU64 {
        self.word(slot * SLOT + 24)
    }

    /// One of [`has`]: the private name of a kind.
    #[must_use]
    pub fn name(&self, slot: usize, kind: Kind) -> &AtomicU64 {
        self.word(slot * SLOT + 64 + kind as usize * 8)
    }

    /// Who owns the mutex of all, or 0: only owners write it.
    #[must_use]
    pub fn owner(&self) -> &AtomicU64 {
        self.word(COMMON)
    }

    /// How often the mutex of all was found abandoned.
    #[must_use]
    pub fn abandoned(&self) -> &AtomicU64 {
        self.word(COMMON + 64)
    }

    /// How many workers saw a broken promise.
    #[must_use]
    pub fn broken(&self) -> &AtomicU64 {
        self.word(COMMON + 128)
    }

    /// For a new worker in the slot.
    pub fn clear(&self, slot: usize) {
        for offset in (0..SLOT).step_by(8) {
            self.word(slot * SLOT + offset).store(0, SeqCst);
        }
    }
}
