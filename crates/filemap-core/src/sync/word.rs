//! The one 64-bit word that every synchronisation object consists of.

/// Byte offset of the word in the object's state page of 4096 bytes.
///
/// 32 bytes before the end: the C library registers robust lists with a `futex_offset` of -32, so the list node of
/// this word is the first word of the page *behind* the state page, which is private memory of the process.
pub const WORD_OFFSET: usize = 4064;

/// Bit of the lock half: somebody sleeps on it, so whoever changes the word must wake. `FUTEX_WAITERS`.
pub const WAITERS: u32 = 0x8000_0000;
/// Bit of the lock half: the kernel found its owner dead. `FUTEX_OWNER_DIED`.
pub const OWNER_DIED: u32 = 0x4000_0000;
/// The owner's thread number in the lock half; 0 if nobody has it. `FUTEX_TID_MASK`.
pub const TID: u32 = 0x3fff_ffff;

/// Bit of the state half of everything but mutexes: the rest of the state is a signal that began while somebody slept.
/// It counts once the lock half is released, and is void if its author died before ([`OWNER_DIED`]).
pub const STAGED: u32 = 0x8000_0000;

#[cfg(target_endian = "little")]
const LOCK_SHIFT: u32 = 0;
#[cfg(target_endian = "big")]
const LOCK_SHIFT: u32 = 32;
const STATE_SHIFT: u32 = 32 - LOCK_SHIFT;

/// Byte offset of the state half in the state page; the lock half is at [`WORD_OFFSET`] on every machine.
pub const STATE_OFFSET: usize = WORD_OFFSET + 4;

/// A value of the word: the lock half (what the kernel knows about) and the state half (what the kind means by it).
///
/// ```
/// use filemap_core::sync::Word;
/// let word = Word::new(7, 1);
/// assert_eq!((word.lock(), word.state(), word.owner()), (7, 1, 7));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Word(pub u64);

impl Word {
    /// A word of its two halves.
    #[inline]
    #[must_use]
    pub const fn new(lock: u32, state: u32) -> Word {
        Word((lock as u64) << LOCK_SHIFT | (state as u64) << STATE_SHIFT)
    }

    /// The half that futex calls and the kernel's robust list work on.
    #[inline]
    #[must_use]
    pub const fn lock(self) -> u32 {
        (self.0 >> LOCK_SHIFT) as u32
    }

    /// The half that says whether the object is signalled.
    #[inline]
    #[must_use]
    pub const fn state(self) -> u32 {
        (self.0 >> STATE_SHIFT) as u32
    }

    /// The thread that has the word locked, 0 if none.
    #[inline]
    #[must_use]
    pub const fn owner(self) -> u32 {
        self.lock() & TID
    }

    /// Whether somebody may sleep on the lock half.
    #[inline]
    #[must_use]
    pub const fn has_waiters(self) -> bool {
        self.lock() & WAITERS != 0
    }

    /// Whether the kernel has found the last owner dead and nobody has taken over.
    #[inline]
    #[must_use]
    pub const fn owner_died(self) -> bool {
        self.lock() & OWNER_DIED != 0
    }

    /// The same state under another lock half.
    #[inline]
    #[must_use]
    pub const fn with_lock(self, lock: u32) -> Word {
        Word::new(lock, self.state())
    }

    /// The same lock half over another state.
    #[inline]
    #[must_use]
    pub const fn with_state(self, state: u32) -> Word {
        Word::new(self.lock(), state)
    }
}

impl core::fmt::Debug for Word {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(
            f,
            "Word {{ lock: {:#x}, state: {:#x} }}",
            self.lock(),
            self.state()
        )
    }
}
