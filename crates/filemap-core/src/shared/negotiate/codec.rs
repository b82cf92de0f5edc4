//! The control state as bytes that strangers may have written.

use super::{Control, Entry, MOST_CANDIDATES, MOST_MEMBERS, MOST_OLD, MOST_RANGES, Phase, Vote};
use crate::error::Why;
use alloc::vec::Vec;

/// Most bytes of an encoded state.
pub const MOST_BYTES: usize = 8 * (10 + MOST_OLD + MOST_CANDIDATES + MOST_MEMBERS * (5 + 2 * MOST_RANGES));

/// The state as bytes: 64-bit words in this machine's order.
#[must_use]
pub fn encode(control: &Control) -> Vec<u8> {
    let mut words: Vec<u64> = [
        control.epoch,
        control.phase as u64,
        control.base,
        control.settled,
        control.len,
        control.generation,
        control.next_candidate as u64,
    ]
    .into();
    for list in [&control.pointers, &control.candidates] {
        words.push(list.len() as u64);
        words.extend(list);
    }
    words.push(control.members.len() as u64);
    for entry in &control.members {
        words.extend([
            entry.member.into(),
            entry.published,
            entry.vote as u64,
            entry.mapped,
        ]);
        words.push(entry.free.len() as u64);
        words.extend(entry.free.iter().flat_map(|range| [range.start, range.end]));
    }
    words.iter().flat_map(|word| word.to_ne_bytes()).collect()
}

struct Reader<'a>(core::slice::ChunksExact<'a, u8>);

impl Reader<'_> {
    fn word(&mut self) -> Option<u64> {
        let bytes = self.0.next()?.try_into().ok()?;
        Some(u64::from_ne_bytes(bytes))
    }

    fn count(&mut self, most: usize) -> Option<usize> {
        usize::try_from(self.word()?).ok().filter(|count| *count <= most)
    }

    fn list(&mut self, most: usize) -> Option<Vec<u64>> {
        let count = self.count(most)?;
        (0..count).map(|_| self.word()).collect()
    }

    fn entry(&mut self) -> Option<Entry> {
        let member = u32::try_from(self.word()?).ok()?;
        let published = self.word()?;
        let vote = match self.word()? {
            0 => Vote::None,
            1 => Vote::Yes,
            2 => Vote::No,
            _ => return None,
        };
        let mapped = self.word()?;
        let count = self.count(MOST_RANGES)?;
        let mut free = Vec::with_capacity(count);
        for _ in 0..count {
            let range = self.word()?..self.word()?;
            let is_behind = free
                .last()
                .is_none_or(|last: &core::ops::Range<u64>| last.end <= range.start);
            if range.is_empty() || !is_behind {
                return None;
            }
            free.push(range);
        }
        Some(Entry {
            member,
            published,
            vote,
            mapped,
            free,
        })
    }

    fn control(&mut self) -> Option<Control> {
        let epoch = self.word()?;
        let phase = match self.word()? {
            0 => Phase::Idle,
            1 => Phase::Propose,
            2 => Phase::Vote,
            3 => Phase::Commit,
            4 => Phase::Settled,
            _ => return None,
        };
        let (base, settled, len, generation) = (self.word()?, self.word()?, self.word()?, self.word()?);
        let next_candidate = self.count(MOST_CANDIDATES)?;
        let pointers = self.list(MOST_OLD)?;
        let candidates = self.list(MOST_CANDIDATES)?;
        let count = self.count(MOST_MEMBERS)?;
        let members = (0..count).map(|_| self.entry()).collect::<Option<Vec<_>>>()?;
        Some(Control {
            epoch,
            phase,
            base,
            settled,
            pointers,
            len,
            generation,
            next_candidate,
            candidates,
            members,
        })
    }
}

/// The state that the bytes stand for.
///
/// # Errors
/// `ERROR_FILE_CORRUPT` (1392) if they stand for none.
pub fn decode(bytes: &[u8]) -> Result<Control, Why> {
    Reader(bytes.chunks_exact(8))
        .control()
        .ok_or_else(|| Why::Damaged {
            what: "the control state of a common address was written over".into(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn full() -> Control {
        let entry = |member| Entry {
            member,
            published: 3,
            vote: Vote::Yes,
            mapped: 0x10000,
            free: (1..=MOST_RANGES as u64)
                .map(|n| n * 0x20000..n * 0x20000 + 0x10000)
                .collect(),
        };
        Control {
            epoch: 3,
            phase: Phase::Commit,
            base: 0x10000,
            settled: 0x30000,
            pointers: (1..=MOST_OLD as u64).collect(),
            len: 0x10000,
            generation: 2,
            next_candidate: MOST_CANDIDATES,
            candidates: (0..MOST_CANDIDATES as u64).collect(),
            members: (1..=MOST_MEMBERS as u32).map(entry).collect(),
        }
    }

    #[test]
    fn the_largest_state_comes_back_and_fits() {
        let bytes = encode(&full());
        assert!(bytes.len() <= MOST_BYTES, "{} bytes", bytes.len());
        assert_eq!(decode(&bytes), Ok(full()));
        assert!(decode(&bytes[..bytes.len() - 8]).is_err());
    }

    proptest! {
        #[test]
        fn scribbles_decode_to_a_state_or_an_error(at in 0..200_usize, value in prop_oneof![any::<u64>(), 0..40_u64]) {
            let mut bytes = encode(&full());
            bytes[at * 8..at * 8 + 8].copy_from_slice(&value.to_ne_bytes());
            if let Ok(mut control) = decode(&bytes) {
                // Whatever it is, stepping through it ends.
                let own = super::super::Own { member: 1, if_taken: super::super::IfTaken::Fail, reserved: 0, mapped: 0 };
                for _ in 0..100 {
                    let _ = super::super::step(&mut control, &own, &[]);
                }
                prop_assert!(encode(&control).len() <= MOST_BYTES);
            }
        }
    }
}
