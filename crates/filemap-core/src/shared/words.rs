//! Shared memory as these modules see it.

use crate::error::Why;

/// Memory that processes share: bytes that are copied, words that are atomic. Offsets are in bytes from its start.
///
/// Every method checks bounds and alignment itself. All atomic operations are sequentially consistent.
pub trait Words {
    /// Its length in bytes.
    fn size(&self) -> u64;
    /// Copies bytes out; others may write meanwhile.
    ///
    /// # Errors
    /// `ERROR_INVALID_PARAMETER` (87) past the end, `ERROR_NOACCESS` (998), `ERROR_SWAPERROR` (999).
    fn read(&self, at: u64, bytes: &mut [u8]) -> Result<(), Why>;
    /// Copies bytes in; others may see some before others.
    ///
    /// # Errors
    /// As [`Words::read`].
    fn write(&self, at: u64, bytes: &[u8]) -> Result<(), Why>;
    /// The word at `at`, a multiple of 8.
    ///
    /// # Errors
    /// As [`Words::read`].
    fn load(&self, at: u64) -> Result<u64, Why>;
    /// Sets the word at `at`.
    ///
    /// # Errors
    /// As [`Words::read`].
    fn store(&self, at: u64, value: u64) -> Result<(), Why>;
    /// Sets the word at `at` to `new` if it is `old`; gives what it was.
    ///
    /// # Errors
    /// As [`Words::read`].
    fn exchange(&self, at: u64, old: u64, new: u64) -> Result<u64, Why>;
    /// Adds to the word at `at`; gives what it was.
    ///
    /// # Errors
    /// As [`Words::read`].
    fn add(&self, at: u64, amount: u64) -> Result<u64, Why>;
    /// Wakes everybody who sleeps on the bell at `at`: 8 bytes, a count of wakes in the first four, "somebody sleeps" in the
    /// others.
    ///
    /// # Errors
    /// As [`Words::read`].
    fn ring(&self, at: u64) -> Result<(), Why>;
    /// Keeps copies ([`Words::read`], [`Words::write`]) on their side of what comes before and after: a sequentially
    /// consistent fence.
    fn fence(&self) {
        core::sync::atomic::fence(core::sync::atomic::Ordering::SeqCst);
    }
}

impl<W: Words + ?Sized> Words for &W {
    fn size(&self) -> u64 {
        (**self).size()
    }
    fn read(&self, at: u64, bytes: &mut [u8]) -> Result<(), Why> {
        (**self).read(at, bytes)
    }
    fn write(&self, at: u64, bytes: &[u8]) -> Result<(), Why> {
        (**self).write(at, bytes)
    }
    fn load(&self, at: u64) -> Result<u64, Why> {
        (**self).load(at)
    }
    fn store(&self, at: u64, value: u64) -> Result<(), Why> {
        (**self).store(at, value)
    }
    fn exchange(&self, at: u64, old: u64, new: u64) -> Result<u64, Why> {
        (**self).exchange(at, old, new)
    }
    fn add(&self, at: u64, amount: u64) -> Result<u64, Why> {
        (**self).add(at, amount)
    }
    fn ring(&self, at: u64) -> Result<(), Why> {
        (**self).ring(at)
    }
    fn fence(&self) {
        (**self).fence();
    }
}

/// The number of no member.
pub const NOBODY: u32 = 0;

/// Who works on an object. A member has a number that nobody else ever has in the object's life, so that a dead member is
/// never taken for a new one.
pub trait Members {
    /// The caller's own number, never [`NOBODY`].
    fn me(&self) -> u32;
    /// Whether the member is still there. Once `false`, it stays so.
    ///
    /// # Errors
    /// The system's own.
    fn is_alive(&self, member: u32) -> Result<bool, Why>;
}

/// `n` rounded up to a multiple of `step`, a power of two; saturates.
#[must_use]
pub const fn round_up(n: u64, step: u64) -> u64 {
    match n.checked_add(step - 1) {
        Some(sum) => sum & !(step - 1),
        None => !(step - 1),
    }
}

/// The words that bytes make, the last one filled with zeroes.
pub fn bytes_as_words(bytes: &[u8]) -> impl Iterator<Item = u64> {
    bytes.chunks(8).map(|chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        u64::from_ne_bytes(word)
    })
}

#[cfg(test)]
pub(crate) mod fake {
    //! A memory that dies: the n-th change and everything after it fails, as if the process had been killed.
    use super::*;
    use std::cell::{Cell, RefCell};
    use std::collections::BTreeSet;
    use std::vec::Vec;

    pub(crate) struct Memory {
        words: RefCell<Vec<u64>>,
        /// Changes until death.
        pub(crate) fuel: Cell<u64>,
        pub(crate) spent: Cell<u64>,
        pub(crate) dead: RefCell<BTreeSet<u32>>,
        /// Called before each change, to let somebody else act in between.
        pub(crate) me: Cell<u32>,
    }

    impl Memory {
        pub(crate) fn new(len: u64) -> Memory {
            Memory {
                words: RefCell::new(std::vec![0; (len / 8) as usize]),
                fuel: Cell::new(u64::MAX),
                spent: Cell::new(0),
                dead: RefCell::default(),
                me: Cell::new(1),
            }
        }
        pub(crate) fn bytes(&self) -> Vec<u64> {
            self.words.borrow().clone()
        }
        pub(crate) fn set_bytes(&self, words: Vec<u64>) {
            *self.words.borrow_mut() = words;
        }
        /// The current member dies after `fuel` more changes.
        pub(crate) fn kill_after(&self, fuel: u64) {
            self.fuel.set(fuel);
        }
        /// The current member is dead; a new one goes on.
        pub(crate) fn reborn(&self) {
            self.dead.borrow_mut().insert(self.me.get());
            self.me.set(self.me.get() + 1);
            self.fuel.set(u64::MAX);
        }
        fn burn(&self) -> Result<(), Why> {
            if self.fuel.get() == 0 {
                return Err(KILLED);
            }
            self.fuel.set(self.fuel.get() - 1);
            self.spent.set(self.spent.get() + 1);
            Ok(())
        }
        fn index(&self, at: u64) -> Result<usize, Why> {
            if self.fuel.get() == 0 {
                return Err(KILLED);
            }
            if !at.is_multiple_of(8) {
                return Err(Why::Misaligned { offset: at, align: 8 });
            }
            if at >= self.size() {
                return Err(Why::OutOfView {
                    end: at + 8,
                    len: self.size(),
                });
            }
            Ok((at / 8) as usize)
        }
    }

    pub(crate) const KILLED: Why = Why::NullOffset;

    impl Words for Memory {
        fn size(&self) -> u64 {
            self.words.borrow().len() as u64 * 8
        }
        fn read(&self, at: u64, bytes: &mut [u8]) -> Result<(), Why> {
            if self.fuel.get() == 0 {
                return Err(KILLED);
            }
            let words = self.words.borrow();
            for (i, byte) in bytes.iter_mut().enumerate() {
                let at = at as usize + i;
                let Some(word) = words.get(at / 8) else {
                    return Err(Why::OutOfView {
                        end: at as u64,
                        len: self.size(),
                    });
                };
                *byte = word.to_ne_bytes()[at % 8];
            }
            Ok(())
        }
        fn write(&self, at: u64, bytes: &[u8]) -> Result<(), Why> {
            if at + bytes.len() as u64 > self.size() {
                return Err(Why::OutOfView {
                    end: at,
                    len: self.size(),
                });
            }
            for (i, byte) in bytes.iter().enumerate() {
                let at = at as usize + i;
                // A torn write: each new word is a step.
                if i == 0 || at.is_multiple_of(8) {
                    self.burn()?;
                }
                let mut words = self.words.borrow_mut();
                let mut word = words[at / 8].to_ne_bytes();
                word[at % 8] = *byte;
                words[at / 8] = u64::from_ne_bytes(word);
            }
            Ok(())
        }
        fn load(&self, at: u64) -> Result<u64, Why> {
            let i = self.index(at)?;
            Ok(self.words.borrow()[i])
        }
        fn store(&self, at: u64, value: u64) -> Result<(), Why> {
            let i = self.index(at)?;
            self.burn()?;
            self.words.borrow_mut()[i] = value;
            Ok(())
        }
        fn exchange(&self, at: u64, old: u64, new: u64) -> Result<u64, Why> {
            let i = self.index(at)?;
            self.burn()?;
            let was = self.words.borrow()[i];
            if was == old {
                self.words.borrow_mut()[i] = new;
            }
            Ok(was)
        }
        fn add(&self, at: u64, amount: u64) -> Result<u64, Why> {
            let i = self.index(at)?;
            self.burn()?;
            let was = self.words.borrow()[i];
            self.words.borrow_mut()[i] = was.wrapping_add(amount);
            Ok(was)
        }
        fn ring(&self, at: u64) -> Result<(), Why> {
            self.index(at).map(|_| ())
        }
    }

    impl Members for Memory {
        fn me(&self) -> u32 {
            self.me.get()
        }
        fn is_alive(&self, member: u32) -> Result<bool, Why> {
            Ok(!self.dead.borrow().contains(&member))
        }
    }
}
