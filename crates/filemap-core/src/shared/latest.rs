//! The latest value of one writer for any number of readers: a seqlock with four places, so that a writer may die and a fast one
//! does not starve readers.
//!
//! The writer fills the place that was shown longest ago, then shows it by one store. A reader copies what is shown and takes
//! the copy if the writer cannot have come back to that place meanwhile. A dead writer leaves the last whole value.

use super::{Members, NOBODY, Words, round_up};
use crate::error::Why;

/// Where it lies.
#[derive(Clone, Copy, Debug)]
pub struct Latest {
    /// Its offset, a multiple of 8.
    pub at: u64,
    /// Bytes of a value.
    pub item: u64,
}

const SHOWN: u64 = 0;
const WRITER: u64 = 8;
/// Where readers sleep, from [`Latest::at`].
pub const BELL: u64 = 16;
const PLACES: u64 = 24;
/// Places in turn: a reader must copy slower than the writer writes this many less two values before it has to try again.
const TURNS: u64 = 4;

impl Latest {
    /// Bytes of the whole.
    #[must_use]
    pub fn len(&self) -> u64 {
        PLACES + TURNS * round_up(self.item, 8)
    }

    /// Never.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        false
    }

    fn place(&self, number: u64) -> u64 {
        self.at + PLACES + number % TURNS * round_up(self.item, 8)
    }

    /// Becomes the writer, if nobody is or who is has died.
    ///
    /// # Errors
    /// `ERROR_BUSY` (170) if a live member is.
    pub fn become_writer(&self, words: &impl Words, members: &impl Members) -> Result<(), Why> {
        take_role(words, self.at + WRITER, members, "writer")
    }

    /// Stops being the writer.
    ///
    /// # Errors
    /// The memory's own.
    pub fn leave(&self, words: &impl Words, me: u32) -> Result<(), Why> {
        words
            .exchange(self.at + WRITER, me.into(), NOBODY.into())
            .map(drop)
    }

    /// Shows a new value. The caller is the writer.
    ///
    /// # Errors
    /// The memory's own.
    pub fn publish(&self, words: &impl Words, value: &[u8]) -> Result<(), Why> {
        let shown = words.load(self.at + SHOWN)?;
        // What readers see of the place must not change before they can see that the other one is shown.
        words.fence();
        words.write(self.place(shown.wrapping_add(1)), value)?;
        words.fence();
        words.store(self.at + SHOWN, shown.wrapping_add(1))?;
        words.ring(self.at + BELL)
    }

    /// How many values were shown before the one that is shown now, the initial one included.
    ///
    /// # Errors
    /// The memory's own.
    pub fn number(&self, words: &impl Words) -> Result<u64, Why> {
        words.load(self.at + SHOWN)
    }

    /// Copies the value that is shown into `value`; `Some(number)`, or `None` if the writer was faster: try again.
    ///
    /// # Errors
    /// The memory's own.
    pub fn try_read(&self, words: &impl Words, value: &mut [u8]) -> Result<Option<u64>, Why> {
        let shown = words.load(self.at + SHOWN)?;
        words.fence();
        words.read(self.place(shown), value)?;
        words.fence();
        // While `shown + 3` is shown, the writer may be filling the place of `shown + 4`: this one.
        let later = words.load(self.at + SHOWN)?.wrapping_sub(shown);
        Ok((later < TURNS - 1).then_some(shown))
    }
}

/// Takes a role that one live member may have: a word with its number.
///
/// # Errors
/// `ERROR_BUSY` (170) if a live member has it.
pub fn take_role(words: &impl Words, at: u64, members: &impl Members, role: &'static str) -> Result<(), Why> {
    let mut seen = words.exchange(at, NOBODY.into(), members.me().into())?;
    while seen != u64::from(NOBODY) {
        if seen == u64::from(members.me()) || members.is_alive(seen as u32)? {
            return Err(Why::RoleTaken { role });
        }
        let now = words.exchange(at, seen, members.me().into())?;
        if now == seen {
            return Ok(());
        }
        seen = now;
        if seen == u64::from(NOBODY) {
            seen = words.exchange(at, NOBODY.into(), members.me().into())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shared::words::fake::Memory;

    #[test]
    fn a_writer_killed_at_any_step_leaves_a_whole_value_and_a_free_role() {
        let cell = Latest { at: 64, item: 40 };
        let mut seen = [0; 2];
        for death in 0.. {
            let memory = Memory::new(64 + cell.len());
            cell.become_writer(&memory, &memory).unwrap();
            cell.publish(&memory, &[1; 40]).unwrap();
            memory.kill_after(death);
            let done = cell.publish(&memory, &[2; 40]).is_ok();
            memory.reborn();
            let mut value = [0; 40];
            assert!(cell.try_read(&memory, &mut value).unwrap().is_some());
            assert!(value == [1; 40] || value == [2; 40], "death {death}: {value:?}");
            seen[usize::from(value[0] - 1)] += 1;
            cell.become_writer(&memory, &memory).unwrap();
            cell.publish(&memory, &[3; 40]).unwrap();
            cell.try_read(&memory, &mut value).unwrap().unwrap();
            assert_eq!(value, [3; 40]);
            if done {
                break;
            }
        }
        assert!(seen[0] > 3 && seen[1] > 0, "{seen:?}");
    }

    /// A memory in which the writer publishes `times` values just before the reader's copy, and dies over one more.
    struct Overtaken<'a> {
        memory: &'a Memory,
        cell: Latest,
        times: core::cell::Cell<u8>,
    }

    impl Words for Overtaken<'_> {
        fn size(&self) -> u64 {
            self.memory.size()
        }
        fn read(&self, at: u64, bytes: &mut [u8]) -> Result<(), Why> {
            for i in 0..self.times.take() {
                self.cell.publish(self.memory, &[2 + i; 40])?;
            }
            self.memory.kill_after(2);
            let _half = self.cell.publish(self.memory, &[99; 40]);
            self.memory.fuel.set(u64::MAX);
            self.memory.read(at, bytes)
        }
        fn write(&self, at: u64, bytes: &[u8]) -> Result<(), Why> {
            self.memory.write(at, bytes)
        }
        fn load(&self, at: u64) -> Result<u64, Why> {
            self.memory.load(at)
        }
        fn store(&self, at: u64, value: u64) -> Result<(), Why> {
            self.memory.store(at, value)
        }
        fn exchange(&self, at: u64, old: u64, new: u64) -> Result<u64, Why> {
            self.memory.exchange(at, old, new)
        }
        fn add(&self, at: u64, amount: u64) -> Result<u64, Why> {
            self.memory.add(at, amount)
        }
        fn ring(&self, at: u64) -> Result<(), Why> {
            self.memory.ring(at)
        }
    }

    #[test]
    fn a_reader_that_is_overtaken_takes_its_copy_only_if_it_is_whole() {
        let mut taken = [false; 6];
        for times in 0..6_u8 {
            let memory = Memory::new(512);
            let cell = Latest { at: 64, item: 40 };
            cell.publish(&memory, &[1; 40]).unwrap();
            let overtaken = Overtaken {
                memory: &memory,
                cell,
                times: core::cell::Cell::new(times),
            };
            let mut value = [0; 40];
            if cell.try_read(&overtaken, &mut value).unwrap().is_some() {
                assert_eq!(value, [1; 40], "{times} values meanwhile");
                taken[usize::from(times)] = true;
            }
        }
        assert_eq!(taken, [true, true, true, false, false, false]);
    }

    #[test]
    fn one_live_writer_at_a_time() {
        let cell = Latest { at: 0, item: 8 };
        let memory = Memory::new(64);
        cell.become_writer(&memory, &memory).unwrap();
        memory.me.set(2);
        assert_eq!(
            cell.become_writer(&memory, &memory),
            Err(Why::RoleTaken { role: "writer" })
        );
        cell.leave(&memory, 1).unwrap();
        cell.become_writer(&memory, &memory).unwrap();
    }
}
