//! Changes of many words that happen wholly or not at all, though the process may be killed anywhere.
//!
//! A [`Change`] collects words; [`Change::commit`] writes them to the journal, then one word that says "these count", then
//! the places themselves, then takes that word back. Whoever has the lock next calls [`recover`] first: if the word says
//! so, it does all of it (again).

use super::Words;
use crate::error::Why;
use alloc::format;
use alloc::vec::Vec;

/// Most words in one change.
pub const MOST: usize = 64;
/// Bytes of a journal.
pub const LEN: u64 = 8 + 16 * MOST as u64;

/// Where a journal lies and what it may change.
#[derive(Clone, Copy, Debug)]
pub struct Journal {
    /// Its offset, a multiple of 8.
    pub at: u64,
    /// Changes are to words from here …
    pub first: u64,
    /// … to before here.
    pub end: u64,
}

impl Journal {
    fn may_change(&self, at: u64) -> bool {
        at.is_multiple_of(8)
            && at >= self.first
            && at.checked_add(8).is_some_and(|end| end <= self.end)
            && (at + 8 <= self.at || at >= self.at + LEN)
    }
}

/// A change in the making. Loads see what it has stored; the memory does not, until [`Change::commit`].
pub struct Change<'a, W> {
    words: &'a W,
    journal: Journal,
    pending: Vec<(u64, u64)>,
}

impl<'a, W: Words> Change<'a, W> {
    /// An empty change. The caller holds the lock, and has called [`recover`].
    pub fn new(words: &'a W, journal: Journal) -> Change<'a, W> {
        Change {
            words,
            journal,
            pending: Vec::new(),
        }
    }

    /// The word at `at` as it will be.
    ///
    /// # Errors
    /// The memory's own.
    pub fn load(&self, at: u64) -> Result<u64, Why> {
        match self.pending.iter().find(|(place, _)| *place == at) {
            Some((_, value)) => Ok(*value),
            None => self.words.load(at),
        }
    }

    /// Adds a word to the change.
    ///
    /// # Errors
    /// `ERROR_FILE_CORRUPT` (1392) for a place that the journal does not cover, or too many words: both come from metadata
    /// that somebody has scribbled over.
    pub fn store(&mut self, at: u64, value: u64) -> Result<(), Why> {
        if let Some(entry) = self.pending.iter_mut().find(|(place, _)| *place == at) {
            entry.1 = value;
            return Ok(());
        }
        if !self.journal.may_change(at) || self.pending.len() == MOST {
            return Err(Why::Damaged {
                what: format!("a link leads to offset {at}, where no shared structure lies"),
            });
        }
        self.pending.push((at, value));
        Ok(())
    }

    /// The memory underneath.
    pub fn words(&self) -> &'a W {
        self.words
    }

    /// Makes the change.
    ///
    /// # Errors
    /// The memory's own; the change then happens wholly at the next [`recover`], or not at all.
    pub fn commit(self) -> Result<(), Why> {
        if self.pending.is_empty() {
            return Ok(());
        }
        for (i, (at, value)) in self.pending.iter().enumerate() {
            let entry = self.journal.at + 8 + 16 * i as u64;
            self.words.store(entry, *at)?;
            self.words.store(entry + 8, *value)?;
        }
        self.words.store(self.journal.at, seal(&self.pending))?;
        for (at, value) in &self.pending {
            self.words.store(*at, *value)?;
        }
        self.words.store(self.journal.at, 0)
    }
}

/// The word that makes entries count: how many, and a checksum that tells them from a peer's scribbles.
fn seal(entries: &[(u64, u64)]) -> u64 {
    let mut hash = crc32fast::Hasher::new();
    for (at, value) in entries {
        hash.update(&at.to_ne_bytes());
        hash.update(&value.to_ne_bytes());
    }
    (u64::from(hash.finalize()) << 32) | entries.len() as u64
}

/// Finishes the change that a dead owner of the lock has left; `true` if there was one.
///
/// # Errors
/// `ERROR_FILE_CORRUPT` (1392) if the journal holds what no change has written.
pub fn recover(words: &impl Words, journal: Journal) -> Result<bool, Why> {
    let word = words.load(journal.at)?;
    if word == 0 {
        return Ok(false);
    }
    let count = (word & 0xFFFF_FFFF) as usize;
    let damaged = || Why::Damaged {
        what: "the journal of a shared structure was written over".into(),
    };
    if count > MOST {
        return Err(damaged());
    }
    let mut entries = Vec::with_capacity(count);
    for i in 0..count as u64 {
        let entry = journal.at + 8 + 16 * i;
        entries.push((words.load(entry)?, words.load(entry + 8)?));
    }
    if seal(&entries) != word || !entries.iter().all(|(at, _)| journal.may_change(*at)) {
        return Err(damaged());
    }
    for (at, value) in entries {
        words.store(at, value)?;
    }
    words.store(journal.at, 0)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shared::words::fake::Memory;

    const JOURNAL: Journal = Journal {
        at: 1024,
        first: 0,
        end: 1024,
    };

    #[test]
    fn a_change_happens_wholly_or_not_at_all_wherever_its_maker_dies() {
        let mut outcomes = [0; 2];
        for death in 0.. {
            let memory = Memory::new(1024 + LEN);
            memory.kill_after(death);
            let mut change = Change::new(&memory, JOURNAL);
            for i in 0..10 {
                // Building the change touches nothing, so it can't fail by death unless death is at 0.
                if change.store(i * 64, i + 1).is_err() {
                    unreachable!("no memory is changed yet");
                }
            }
            let done = change.commit().is_ok();
            memory.reborn();
            recover(&memory, JOURNAL).unwrap();
            assert_eq!(recover(&memory, JOURNAL), Ok(false));
            let changed = (0..10).filter(|i| memory.load(i * 64) == Ok(i + 1)).count();
            assert!(
                changed == 0 || changed == 10,
                "death {death}: {changed} of 10 words"
            );
            outcomes[usize::from(changed == 10)] += 1;
            if done {
                break;
            }
        }
        assert!(outcomes[0] > 10 && outcomes[1] > 10, "{outcomes:?}");
    }

    #[test]
    fn a_scribbled_journal_is_an_error_and_changes_nothing() {
        for word in [1, 5, u64::MAX, 0x1234_5678_0000_0002, 64] {
            let memory = Memory::new(1024 + LEN);
            memory.store(JOURNAL.at, word).unwrap();
            memory.store(JOURNAL.at + 8, 0xFFFF_FFFF_FFFF_FFF8).unwrap();
            let before = memory.bytes();
            assert!(
                matches!(recover(&memory, JOURNAL), Err(Why::Damaged { .. })),
                "{word:#x}"
            );
            assert_eq!(memory.bytes(), before);
        }
    }
}
