//! A vector that only grows: any number of writers append, readers see whole items in one order, for ever the same.
//!
//! A writer claims the next slot with its number in the slot's own word, so a writer that dies leaves a claim with a name:
//! whoever comes by sees that the name is dead and gives the slot up for ever (a hole). Nothing waits for the dead.

use super::{Members, NOBODY, Words, round_up};
use crate::error::Why;

/// Where it lies.
#[derive(Clone, Copy, Debug)]
pub struct Log {
    /// Its offset, a multiple of 8.
    pub at: u64,
    /// Bytes of an item.
    pub item: u64,
}

const NEXT: u64 = 0;
/// Bell of readers, from [`Log::at`].
pub const BELL: u64 = 8;
const SLOTS: u64 = 16;
const FULL: u64 = 1 << 63;
const HOLE: u64 = 1 << 62;

/// What a slot holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// The item was copied.
    Item,
    /// Its writer died over it: it stays a hole.
    Hole,
    /// This member is writing it.
    Pending(u32),
    /// Nobody has come so far.
    Nothing,
}

impl Log {
    fn stride(&self) -> u64 {
        round_up(self.item, 8).saturating_add(8)
    }

    /// Bytes that a log with this many slots takes, from [`Log::at`]; saturates.
    #[must_use]
    pub fn len_for(&self, slots: u64) -> u64 {
        slots.saturating_mul(self.stride()).saturating_add(SLOTS)
    }

    /// How many slots there are in `len` bytes.
    #[must_use]
    pub fn slots_in(&self, len: u64) -> u64 {
        len.saturating_sub(SLOTS) / self.stride()
    }

    fn slot(&self, index: u64) -> u64 {
        self.at.saturating_add(self.len_for(index))
    }

    /// How many slots are claimed.
    ///
    /// # Errors
    /// The memory's own.
    pub fn claimed(&self, words: &impl Words) -> Result<u64, Why> {
        words.load(self.at + NEXT)
    }

    /// Appends an item; its index, or `None` if all of the first `slots` slots are claimed.
    ///
    /// # Errors
    /// The memory's own.
    pub fn append(
        &self,
        words: &impl Words,
        members: &impl Members,
        item: &[u8],
        slots: u64,
    ) -> Result<Option<u64>, Why> {
        let me = u64::from(members.me());
        loop {
            let index = words.load(self.at + NEXT)?;
            if index >= slots {
                return Ok(None);
            }
            let slot = self.slot(index);
            let mine = words.exchange(slot, NOBODY.into(), me)? == u64::from(NOBODY);
            // The hint moves on, whoever has claimed the slot.
            words.exchange(self.at + NEXT, index, index + 1)?;
            if mine {
                words.write(slot + 8, item)?;
                words.exchange(slot, me, FULL)?;
                words.ring(self.at + BELL)?;
                return Ok(Some(index));
            }
        }
    }

    /// What slot `index` holds; an item is copied into `item`.
    ///
    /// # Errors
    /// The memory's own.
    pub fn get(&self, words: &impl Words, index: u64, item: &mut [u8]) -> Result<Slot, Why> {
        let slot = self.slot(index);
        Ok(match words.load(slot)? {
            FULL => {
                words.read(slot + 8, item)?;
                Slot::Item
            }
            0 => Slot::Nothing,
            HOLE => Slot::Hole,
            member => Slot::Pending(member as u32),
        })
    }

    /// Gives up slot `index` if its writer is dead; `true` if it is a hole now.
    ///
    /// # Errors
    /// The memory's own, or the system's.
    pub fn give_up(
        &self,
        words: &impl Words,
        members: &impl Members,
        index: u64,
        writer: u32,
    ) -> Result<bool, Why> {
        if members.is_alive(writer)? {
            return Ok(false);
        }
        let was = words.exchange(self.slot(index), writer.into(), HOLE)?;
        if was == u64::from(writer) {
            words.ring(self.at + BELL)?;
        }
        Ok(was == u64::from(writer) || was == HOLE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shared::words::fake::Memory;
    use std::vec::Vec;

    const LOG: Log = Log { at: 8, item: 20 };

    fn contents(memory: &Memory) -> Vec<Option<u8>> {
        let mut all = Vec::new();
        for index in 0..LOG.slots_in(memory.size() - 8) {
            let mut item = [0; 20];
            all.push(match LOG.get(memory, index, &mut item).unwrap() {
                Slot::Item => {
                    assert!(item.iter().all(|b| *b == item[0]), "half written: {item:?}");
                    Some(item[0])
                }
                Slot::Hole => None,
                Slot::Pending(writer) => {
                    assert_eq!(LOG.give_up(memory, memory, index, writer), Ok(true));
                    None
                }
                Slot::Nothing => break,
            });
        }
        all
    }

    #[test]
    fn a_writer_killed_at_any_step_leaves_an_item_a_hole_or_nothing_and_wedges_nobody() {
        let mut outcomes = [0; 3];
        for death in 0.. {
            let memory = Memory::new(8 + LOG.len_for(4));
            LOG.append(&memory, &memory, &[1; 20], 4).unwrap();
            memory.kill_after(death);
            let done = LOG.append(&memory, &memory, &[2; 20], 4).is_ok();
            memory.reborn();
            assert!(LOG.append(&memory, &memory, &[3; 20], 4).unwrap().is_some());
            let all = contents(&memory);
            outcomes[match &all[..] {
                [Some(1), Some(2), Some(3)] => 0,
                [Some(1), None, Some(3)] => 1,
                [Some(1), Some(3)] => 2,
                other => panic!("death {death}: {other:?}"),
            }] += 1;
            if done {
                break;
            }
        }
        assert!(outcomes.iter().all(|n| *n > 0), "{outcomes:?}");
    }

    #[test]
    fn a_full_log_says_so() {
        let memory = Memory::new(8 + LOG.len_for(2));
        assert_eq!(LOG.append(&memory, &memory, &[1; 20], 2), Ok(Some(0)));
        assert_eq!(LOG.append(&memory, &memory, &[2; 20], 2), Ok(Some(1)));
        assert_eq!(LOG.append(&memory, &memory, &[3; 20], 2), Ok(None));
        assert_eq!(contents(&memory), [Some(1), Some(2)]);
    }
}
