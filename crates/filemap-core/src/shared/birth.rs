//! The head of a shared object, and how it is finished exactly once, whoever dies over it.
//!
//! ```text
//!  0 (fresh memory) ──exchange──► being made by member n ──► READY
//!                                        └─ n is dead: the next one makes it from the start
//! ```

use super::fingerprint::Fingerprint;
use super::{Members, Words};
use crate::error::Why;
use alloc::format;
use alloc::string::String;
use alloc::vec;

/// Bytes of the head; what the object holds begins here.
pub const LEN: u64 = 256;
/// First word of a finished object: "FMSHARE1" read in this machine's byte order.
pub const MAGIC: u64 = u64::from_ne_bytes(*b"FMSHARE1");
/// Where the counter of member numbers lies; it begins at 0 in fresh memory.
pub const MEMBER_COUNTER: u64 = 16;
/// Where those sleep who wait for the object to be finished.
pub const BELL: u64 = 24;
/// A lock word and its bell, for the kinds that have a lock.
pub const LOCK: u64 = 32;
/// Bell of [`LOCK`].
pub const LOCK_BELL: u64 = 40;
const STATE: u64 = 8;
const READY: u64 = 1 << 63;
const FINGERPRINT: u64 = 48;
/// Four numbers that each kind uses as it likes (sizes, capacities).
const NUMBERS: u64 = 56;
const NAME_LEN: u64 = 88;
const NAME: u64 = 96;
const NAME_MOST: usize = (LEN - NAME) as usize;

/// What an object is: two programs must agree on all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// What kind of object, and of what: `queue of Order`.
    pub name: String,
    /// Fingerprint of what it holds.
    pub fingerprint: u64,
    /// Sizes and capacities; the creator's count.
    pub numbers: [u64; 4],
}

impl Shape {
    /// The shape of a kind of container of items with this name and fingerprint.
    #[must_use]
    pub fn new(kind: &str, item: &str, fingerprint: u64, numbers: [u64; 4]) -> Shape {
        Shape {
            name: format!("{kind} of {item}"),
            fingerprint: Fingerprint::new(kind).number(fingerprint).finish(),
            numbers,
        }
    }
}

/// How far an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nobody has begun.
    Unborn,
    /// This member is at it, or died over it.
    MadeBy(u32),
    /// Finished.
    Ready,
}

/// How far the object is.
///
/// # Errors
/// `ERROR_FILE_CORRUPT` (1392) for a word that nobody writes there; the memory's own.
pub fn state(words: &impl Words) -> Result<State, Why> {
    match words.load(STATE)? {
        0 => Ok(State::Unborn),
        READY => Ok(State::Ready),
        member => u32::try_from(member)
            .map(State::MadeBy)
            .map_err(|_| Why::Damaged {
                what: format!("its state is {member:#x}"),
            }),
    }
}

/// Tries to become the one who finishes the object, which is in state `seen`; `false` if somebody else is, or it is ready.
///
/// # Errors
/// The memory's own, or the system's.
pub fn claim(words: &impl Words, members: &impl Members, seen: State) -> Result<bool, Why> {
    let old = match seen {
        State::Ready => return Ok(false),
        State::Unborn => 0,
        State::MadeBy(member) if member == members.me() || members.is_alive(member)? => return Ok(false),
        State::MadeBy(member) => u64::from(member),
    };
    Ok(words.exchange(STATE, old, members.me().into())? == old)
}

/// Writes the head and says that the object is finished. The caller has [`claim`]ed it and made what is behind the head.
///
/// # Errors
/// The memory's own.
pub fn finish(words: &impl Words, shape: &Shape) -> Result<(), Why> {
    let name = &shape.name.as_bytes()[..shape.name.len().min(NAME_MOST)];
    words.write(NAME, name)?;
    words.store(NAME_LEN, name.len() as u64)?;
    words.store(FINGERPRINT, shape.fingerprint)?;
    for (i, n) in shape.numbers.iter().enumerate() {
        words.store(NUMBERS + 8 * i as u64, *n)?;
    }
    words.store(0, MAGIC)?;
    words.store(STATE, READY)?;
    words.ring(BELL)
}

/// Checks a finished object against what this program wants, and gives the creator's numbers.
///
/// # Errors
/// `ERROR_REVISION_MISMATCH` (1306) if it holds something else; `ERROR_FILE_CORRUPT` (1392) if it is no shared object.
pub fn check(words: &impl Words, wanted: &Shape) -> Result<[u64; 4], Why> {
    if words.load(0)? != MAGIC {
        return Err(Why::Damaged {
            what: "it does not begin as a shared structure does".into(),
        });
    }
    let fingerprint = words.load(FINGERPRINT)?;
    if fingerprint != wanted.fingerprint {
        let len = (words.load(NAME_LEN)? as usize).min(NAME_MOST);
        let mut name = vec![0; len];
        words.read(NAME, &mut name)?;
        let found = String::from_utf8_lossy(&name);
        return Err(Why::LayoutMismatch {
            wanted: format!("{} (layout {:016x})", wanted.name, wanted.fingerprint),
            found: format!("{found} (layout {fingerprint:016x})"),
        });
    }
    let mut numbers = [0; 4];
    for (i, n) in numbers.iter_mut().enumerate() {
        *n = words.load(NUMBERS + 8 * i as u64)?;
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shared::words::fake::Memory;

    #[test]
    fn whoever_dies_while_making_it_the_next_one_finishes_it() {
        let shape = Shape::new("box", "Point", 77, [16, 0, 0, 0]);
        for death in 0..40 {
            let memory = Memory::new(512);
            memory.kill_after(death);
            let make = |memory: &Memory| -> Result<bool, Why> {
                let seen = state(memory)?;
                if !claim(memory, memory, seen)? {
                    return Ok(false);
                }
                memory.write(LEN, &[7; 16])?;
                finish(memory, &shape)?;
                Ok(true)
            };
            let _killed = make(&memory);
            memory.reborn();
            let unfinished = state(&memory) != Ok(State::Ready);
            assert_eq!(make(&memory).unwrap(), unfinished, "death {death}");
            assert_eq!(state(&memory), Ok(State::Ready));
            assert_eq!(check(&memory, &shape), Ok([16, 0, 0, 0]));
            let mut bytes = [0; 16];
            memory.read(LEN, &mut bytes).unwrap();
            assert_eq!(bytes, [7; 16]);
        }
    }

    #[test]
    fn a_state_that_nobody_writes_is_an_error() {
        let memory = Memory::new(512);
        for word in [1 << 32, READY | 1, u64::MAX] {
            memory.store(STATE, word).unwrap();
            assert!(matches!(state(&memory), Err(Why::Damaged { .. })), "{word:#x}");
        }
    }

    #[test]
    fn another_layout_is_told_by_name() {
        let memory = Memory::new(512);
        assert!(claim(&memory, &memory, State::Unborn).unwrap());
        finish(&memory, &Shape::new("box", "Point", 1, [0; 4])).unwrap();
        let no = check(&memory, &Shape::new("box", "Pixel", 2, [0; 4])).unwrap_err();
        let text = no.cause().into_owned();
        assert!(
            text.contains("box of Pixel") && text.contains("box of Point"),
            "{text}"
        );
        assert_eq!(no.code().0, 1306);
    }
}
