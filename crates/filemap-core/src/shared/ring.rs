//! A ring of bytes from one producer to one consumer: records of any length, seen whole or not at all.
//!
//! The producer writes a record behind the tail and then moves the tail: until then nobody looks there. A dead producer's
//! half record is written over by the next one. The consumer moves the head after it has copied: what a dead consumer had
//! not finished, the next one gets again.

use super::latest::take_role;
use super::{Members, NOBODY, Words, round_up};
use crate::error::Why;
use alloc::format;
use alloc::vec;
use alloc::vec::Vec;

/// Where it lies.
#[derive(Clone, Copy, Debug)]
pub struct Ring {
    /// Its offset, a multiple of 8.
    pub at: u64,
    /// Bytes for records, a multiple of 8.
    pub room: u64,
}

const HEAD: u64 = 0;
const TAIL: u64 = 8;
const PRODUCER: u64 = 16;
const CONSUMER: u64 = 24;
/// Bell of the consumer, from [`Ring::at`].
pub const ITEMS: u64 = 32;
/// Bell of the producer.
pub const PLACES: u64 = 40;
const BYTES: u64 = 48;

/// Which end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Sends.
    Producer,
    /// Receives.
    Consumer,
}

impl End {
    fn word(self) -> u64 {
        match self {
            End::Producer => PRODUCER,
            End::Consumer => CONSUMER,
        }
    }
}

impl Ring {
    /// Bytes of the whole.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.room.saturating_add(BYTES)
    }

    /// Never.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Longest record in bytes.
    #[must_use]
    pub fn most(&self) -> u64 {
        self.room.saturating_sub(8)
    }

    /// Becomes one end, if nobody is or who was has died.
    ///
    /// # Errors
    /// `ERROR_BUSY` (170) if a live member is.
    pub fn take_end(&self, words: &impl Words, members: &impl Members, end: End) -> Result<(), Why> {
        let role = match end {
            End::Producer => "producer",
            End::Consumer => "consumer",
        };
        take_role(words, self.at + end.word(), members, role)
    }

    /// Leaves an end, and wakes the other one so that it may look.
    ///
    /// # Errors
    /// The memory's own.
    pub fn leave_end(&self, words: &impl Words, me: u32, end: End) -> Result<(), Why> {
        words.exchange(self.at + end.word(), me.into(), NOBODY.into())?;
        words.ring(self.at + ITEMS)?;
        words.ring(self.at + PLACES)
    }

    /// The member at an end, if one has taken it; it may be dead.
    ///
    /// # Errors
    /// The memory's own.
    pub fn at_end(&self, words: &impl Words, end: End) -> Result<Option<u32>, Why> {
        Ok(match words.load(self.at + end.word())? as u32 {
            NOBODY => None,
            member => Some(member),
        })
    }

    fn ends(&self, words: &impl Words) -> Result<(u64, u64), Why> {
        let (head, tail) = (words.load(self.at + HEAD)?, words.load(self.at + TAIL)?);
        let used = tail.wrapping_sub(head);
        match used <= self.room && head.is_multiple_of(8) && tail.is_multiple_of(8) {
            true => Ok((head, tail)),
            false => Err(Why::Damaged {
                what: format!("the ring's ends are {head} and {tail}"),
            }),
        }
    }

    /// Copies between the ring and `bytes`, round its end.
    fn pieces(&self, position: u64, len: usize) -> [(u64, core::ops::Range<usize>); 2] {
        let place = position % self.room;
        let first = len.min((self.room - place) as usize);
        [(self.at + BYTES + place, 0..first), (self.at + BYTES, first..len)]
    }

    fn write(&self, words: &impl Words, position: u64, bytes: &[u8]) -> Result<(), Why> {
        for (at, range) in self.pieces(position, bytes.len()) {
            if !range.is_empty() {
                words.write(at, &bytes[range])?;
            }
        }
        Ok(())
    }

    /// Appends a record; `false` if there is no room for it now. The caller is the producer.
    ///
    /// # Errors
    /// `ERROR_INVALID_PARAMETER` (87) if it never fits; `ERROR_FILE_CORRUPT` (1392).
    pub fn send(&self, words: &impl Words, record: &[u8]) -> Result<bool, Why> {
        let len = record.len() as u64;
        if len > self.most() {
            return Err(Why::ItemTooLong {
                len,
                most: self.most(),
            });
        }
        let (head, tail) = self.ends(words)?;
        let needed = 8 + round_up(len, 8);
        if self.room - tail.wrapping_sub(head) < needed {
            return Ok(false);
        }
        self.write(words, tail, &len.to_ne_bytes())?;
        self.write(words, tail.wrapping_add(8), record)?;
        words.store(self.at + TAIL, tail.wrapping_add(needed))?;
        words.ring(self.at + ITEMS)?;
        Ok(true)
    }

    /// Takes the oldest record; `None` if there is none. The caller is the consumer.
    ///
    /// # Errors
    /// `ERROR_FILE_CORRUPT` (1392).
    pub fn receive(&self, words: &impl Words) -> Result<Option<Vec<u8>>, Why> {
        let Some((head, len)) = self.oldest(words)? else {
            return Ok(None);
        };
        let mut record = vec![0; len as usize];
        self.take(words, head, &mut record)?;
        Ok(Some(record))
    }

    /// Takes the oldest record, which fills `record`; `false` if there is none. The caller is the consumer.
    ///
    /// # Errors
    /// `ERROR_FILE_CORRUPT` (1392), also for a record of another length.
    pub fn receive_exact(&self, words: &impl Words, record: &mut [u8]) -> Result<bool, Why> {
        let Some((head, len)) = self.oldest(words)? else {
            return Ok(false);
        };
        if len != record.len() as u64 {
            let wanted = record.len();
            return Err(Why::Damaged {
                what: format!("a record of the ring claims {len} bytes, {wanted} were expected"),
            });
        }
        self.take(words, head, record)?;
        Ok(true)
    }

    /// Where the oldest record begins, and how long it is.
    fn oldest(&self, words: &impl Words) -> Result<Option<(u64, u64)>, Why> {
        let (head, tail) = self.ends(words)?;
        let used = tail.wrapping_sub(head);
        if used == 0 {
            return Ok(None);
        }
        let mut len = [0; 8];
        self.read(words, head, &mut len)?;
        let len = u64::from_ne_bytes(len);
        if len > self.most() || 8 + round_up(len, 8) > used {
            return Err(Why::Damaged {
                what: format!("a record of the ring claims {len} bytes, {used} are there"),
            });
        }
        Ok(Some((head, len)))
    }

    /// Copies the record that begins at `head`, and gives its room back.
    fn take(&self, words: &impl Words, head: u64, record: &mut [u8]) -> Result<(), Why> {
        self.read(words, head.wrapping_add(8), record)?;
        let len = round_up(record.len() as u64, 8);
        words.store(self.at + HEAD, head.wrapping_add(8 + len))?;
        words.ring(self.at + PLACES)
    }

    fn read(&self, words: &impl Words, position: u64, bytes: &mut [u8]) -> Result<(), Why> {
        for (at, range) in self.pieces(position, bytes.len()) {
            if !range.is_empty() {
                words.read(at, &mut bytes[range])?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shared::words::fake::Memory;

    const RING: Ring = Ring { at: 16, room: 64 };

    #[test]
    fn a_producer_killed_at_any_step_leaves_whole_records_only_and_the_next_one_goes_on() {
        for start in 0..8 {
            for death in 0.. {
                let memory = Memory::new(16 + RING.len());
                for _ in 0..start {
                    RING.send(&memory, b"12345").unwrap();
                    RING.receive(&memory).unwrap();
                }
                RING.take_end(&memory, &memory, End::Producer).unwrap();
                assert!(RING.send(&memory, b"first").unwrap());
                memory.kill_after(death);
                let done = RING.send(&memory, &[b'x'; 20]).is_ok();
                memory.reborn();
                RING.take_end(&memory, &memory, End::Producer).unwrap();
                assert!(RING.send(&memory, b"next").unwrap());
                assert_eq!(RING.receive(&memory).unwrap().unwrap(), b"first");
                let mut second = RING.receive(&memory).unwrap().unwrap();
                if second == [b'x'; 20] {
                    second = RING.receive(&memory).unwrap().unwrap();
                }
                assert_eq!(second, b"next", "death {death}");
                assert_eq!(RING.receive(&memory), Ok(None));
                if done {
                    break;
                }
            }
        }
    }

    #[test]
    fn a_consumer_killed_at_any_step_loses_nothing() {
        for death in 0..3 {
            let memory = Memory::new(16 + RING.len());
            RING.send(&memory, b"a").unwrap();
            RING.send(&memory, b"b").unwrap();
            memory.kill_after(death);
            let first = RING.receive(&memory);
            memory.reborn();
            let next = RING.receive(&memory).unwrap().unwrap();
            assert!(next == b"b" || (next == b"a" && first.is_err()), "death {death}");
        }
    }

    #[test]
    fn a_full_ring_says_so_and_a_record_that_never_fits_is_an_error() {
        let memory = Memory::new(16 + RING.len());
        while RING.send(&memory, &[1; 8]).unwrap() {}
        assert_eq!(RING.receive(&memory).unwrap().unwrap(), [1; 8]);
        assert!(RING.send(&memory, &[2; 8]).unwrap());
        assert_eq!(
            RING.send(&memory, &[0; 57]),
            Err(Why::ItemTooLong { len: 57, most: 56 })
        );
    }

    #[test]
    fn scribbled_ends_and_lengths_are_errors() {
        for (at, value) in [
            (HEAD, 8),
            (TAIL, 72),
            (TAIL, 3),
            (HEAD, u64::MAX),
            (BYTES, 57),
            (BYTES, u64::MAX),
        ] {
            let memory = Memory::new(16 + RING.len());
            if at == BYTES {
                RING.send(&memory, b"x").unwrap();
            }
            memory.store(RING.at + at, value).unwrap();
            assert!(
                matches!(RING.receive(&memory), Err(Why::Damaged { .. })),
                "{at} {value}"
            );
        }
    }
}
