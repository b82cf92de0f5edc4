//! A bounded queue of items for any number of producers and consumers, none of whom can wedge it by dying.
//!
//! ```text
//!  cell of position p, lap p / cells:
//!  EMPTY(lap) ──producer──► WRITING(lap, member) ──► FULL(lap) ──consumer──► READING(lap, member) ──► EMPTY(lap + 1)
//!                                └── member dead: by whoever meets it ──┬────────────┘ member dead: the same
//!                                                                        └──────────────────────────► EMPTY(lap + 1)
//! ```
//!
//! A cell's word says who works on it, so a claim is never without a name. Head and tail are hints that anybody moves on
//! when the cell shows that it is time. A half-written item is skipped; an item that a consumer has claimed goes with it.

use super::{Members, NOBODY, Words, round_up};
use crate::error::Why;
use alloc::format;

/// Where it lies and how large it is; both sides know this from the object's checked head.
#[derive(Clone, Copy, Debug)]
pub struct Queue {
    /// Its offset, a multiple of 8.
    pub at: u64,
    /// How many cells, above 0.
    pub cells: u64,
    /// Most bytes of an item.
    pub item: u64,
}

const HEAD: u64 = 0;
const TAIL: u64 = 8;
/// Bell of consumers, from [`Queue::at`]: rung when an item came.
pub const ITEMS: u64 = 16;
/// Bell of producers: rung when a place came free.
pub const PLACES: u64 = 24;
const CELLS: u64 = 32;
const LAPS: u64 = (1 << 30) - 1;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Empty,
    Writing,
    Full,
    Reading,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct State {
    lap: u64,
    phase: Phase,
    member: u32,
}

impl State {
    fn of(word: u64) -> State {
        let phase = [Phase::Empty, Phase::Writing, Phase::Full, Phase::Reading][((word >> 32) & 3) as usize];
        State {
            lap: word >> 34,
            phase,
            member: word as u32,
        }
    }

    fn word(self) -> u64 {
        (self.lap << 34) | ((self.phase as u64) << 32) | u64::from(self.member)
    }

    fn of_nobody(lap: u64, phase: Phase) -> u64 {
        State {
            lap: lap & LAPS,
            phase,
            member: NOBODY,
        }
        .word()
    }

    /// How many laps it is ahead of `lap`: 0, 1, … or -1, … (laps wrap round).
    fn ahead(self, lap: u64) -> i64 {
        let difference = self.lap.wrapping_sub(lap) & LAPS;
        match difference > LAPS / 2 {
            true => difference as i64 - (LAPS as i64 + 1),
            false => difference as i64,
        }
    }
}

/// What an attempt came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt<T> {
    /// Done.
    Done(T),
    /// Full (to a producer) or empty (to a consumer).
    NotNow,
    /// Another member is in the middle of its turn at that cell; if it dies, [`Whether::Check`] goes on without it.
    Busy(u32),
}

/// Whether to ask the system if a member that stands in the way is alive: a system call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whether {
    /// Ask.
    Check,
    /// Take it for alive.
    Believe,
}

impl Queue {
    /// Bytes of the whole; `None` if that is no number.
    #[must_use]
    pub fn len(&self) -> Option<u64> {
        self.cells.checked_mul(self.stride())?.checked_add(CELLS)
    }

    /// Never.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        false
    }

    fn stride(&self) -> u64 {
        round_up(self.item, 8).saturating_add(16)
    }

    fn cell(&self, position: u64) -> u64 {
        self.at + CELLS + position % self.cells * self.stride()
    }

    fn lap(&self, position: u64) -> u64 {
        (position / self.cells) & LAPS
    }

    /// Moves a hint on from `position`; somebody else may have been faster.
    fn advance(&self, words: &impl Words, hint: u64, position: u64) -> Result<(), Why> {
        words
            .exchange(self.at + hint, position, position.wrapping_add(1))
            .map(drop)
    }

    /// Whether the member that stands in the way is dead.
    fn is_gone(members: &impl Members, member: u32, whether: Whether) -> Result<bool, Why> {
        Ok(whether == Whether::Check && member != members.me() && !members.is_alive(member)?)
    }

    /// Makes the cell at `position` empty for the next lap, if it still is as seen.
    fn clear(&self, words: &impl Words, position: u64, seen: State) -> Result<bool, Why> {
        let next = State::of_nobody(seen.lap + 1, Phase::Empty);
        let done = words.exchange(self.cell(position), seen.word(), next)? == seen.word();
        if done {
            words.ring(self.at + PLACES)?;
        }
        Ok(done)
    }

    /// Puts an item in.
    ///
    /// # Errors
    /// `ERROR_INVALID_PARAMETER` (87) if it is too long; `ERROR_FILE_CORRUPT` (1392) if somebody has scribbled over the
    /// positions; the memory's own.
    pub fn push(
        &self,
        words: &impl Words,
        members: &impl Members,
        item: &[u8],
        whether: Whether,
    ) -> Result<Attempt<()>, Why> {
        if item.len() as u64 > self.item {
            return Err(Why::ItemTooLong {
                len: item.len() as u64,
                most: self.item,
            });
        }
        for _ in 0..=self.patience() {
            let position = words.load(self.at + TAIL)?;
            let (at, lap) = (self.cell(position), self.lap(position));
            let seen = State::of(words.load(at)?);
            match (seen.ahead(lap), seen.phase) {
                (0, Phase::Empty) => {
                    let mine = State {
                        lap,
                        phase: Phase::Writing,
                        member: members.me(),
                    };
                    if words.exchange(at, seen.word(), mine.word())? != seen.word() {
                        continue;
                    }
                    self.advance(words, TAIL, position)?;
                    words.write(at + 16, item)?;
                    words.store(at + 8, item.len() as u64)?;
                    words.exchange(at, mine.word(), State::of_nobody(lap, Phase::Full))?;
                    words.ring(self.at + ITEMS)?;
                    return Ok(Attempt::Done(()));
                }
                // Somebody has claimed it: the hint is late.
                (0.., _) => self.advance(words, TAIL, position)?,
                (-1, Phase::Full) => return Ok(Attempt::NotNow),
                (-1, Phase::Writing | Phase::Reading) => {
                    if !Self::is_gone(members, seen.member, whether)? {
                        return Ok(Attempt::Busy(seen.member));
                    }
                    self.clear(words, position, seen)?;
                }
                // Seldom: the hint was read long ago.
                _ if words.load(self.at + TAIL)? != position => {}
                _ => return Err(scribbled(position, seen)),
            }
        }
        Ok(Attempt::Busy(NOBODY))
    }

    /// Takes the oldest item out into `item`, which has room for the longest; gives its length.
    ///
    /// # Errors
    /// As [`Queue::push`].
    pub fn pop(
        &self,
        words: &impl Words,
        members: &impl Members,
        item: &mut [u8],
        whether: Whether,
    ) -> Result<Attempt<usize>, Why> {
        for _ in 0..=self.patience() {
            let position = words.load(self.at + HEAD)?;
            let (at, lap) = (self.cell(position), self.lap(position));
            let seen = State::of(words.load(at)?);
            match (seen.ahead(lap), seen.phase) {
                (0, Phase::Full) => {
                    let mine = State {
                        lap,
                        phase: Phase::Reading,
                        member: members.me(),
                    };
                    if words.exchange(at, seen.word(), mine.word())? != seen.word() {
                        continue;
                    }
                    self.advance(words, HEAD, position)?;
                    let len = words.load(at + 8)?;
                    let room = item.len();
                    let Some(bytes) = usize::try_from(len)
                        .ok()
                        .filter(|_| len <= self.item)
                        .and_then(|len| item.get_mut(..len))
                    else {
                        self.clear(words, position, mine)?;
                        return Err(Why::Damaged {
                            what: format!(
                                "an item of the queue claims {len} bytes, there is room for {room}"
                            ),
                        });
                    };
                    words.read(at + 16, bytes)?;
                    self.clear(words, position, mine)?;
                    return Ok(Attempt::Done(len as usize));
                }
                (0, Phase::Empty) => return Ok(Attempt::NotNow),
                (0, Phase::Writing) => {
                    if !Self::is_gone(members, seen.member, whether)? {
                        return Ok(Attempt::Busy(seen.member));
                    }
                    self.clear(words, position, seen)?;
                }
                // Claimed by another consumer, or done with: the hint is late.
                (0, Phase::Reading) | (1.., _) => self.advance(words, HEAD, position)?,
                // The last lap's reader is still at it: nothing new yet.
                (-1, _) => {
                    if seen.phase == Phase::Full || !Self::is_gone(members, seen.member, whether)? {
                        return Ok(Attempt::NotNow);
                    }
                    self.clear(words, position, seen)?;
                }
                _ if words.load(self.at + HEAD)? != position => {}
                _ => return Err(scribbled(position, seen)),
            }
        }
        Ok(Attempt::Busy(NOBODY))
    }

    /// How often an attempt starts anew before it gives way: hostile words must not keep it for ever.
    fn patience(&self) -> u64 {
        self.cells.saturating_mul(4).saturating_add(64)
    }
}

fn scribbled(position: u64, seen: State) -> Why {
    Why::Damaged {
        what: format!(
            "the queue's cell at position {position} is in lap {}, which can't be",
            seen.lap
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shared::words::fake::Memory;
    use proptest::prelude::*;
    use std::collections::VecDeque;
    use std::vec::Vec;

    fn queue(cells: u64) -> (Memory, Queue) {
        let queue = Queue {
            at: 64,
            cells,
            item: 24,
        };
        (Memory::new(64 + queue.len().unwrap()), queue)
    }

    fn push(memory: &Memory, queue: &Queue, item: u8) -> Result<Attempt<()>, Why> {
        queue.push(memory, memory, &[item; 20], Whether::Check)
    }

    fn pop(memory: &Memory, queue: &Queue) -> Result<Attempt<u8>, Why> {
        let mut item = [0; 24];
        Ok(match queue.pop(memory, memory, &mut item, Whether::Check)? {
            Attempt::Done(len) => {
                assert_eq!(len, 20);
                assert!(item[..20].iter().all(|b| *b == item[0]), "half written: {item:?}");
                Attempt::Done(item[0])
            }
            Attempt::NotNow => Attempt::NotNow,
            Attempt::Busy(member) => Attempt::Busy(member),
        })
    }

    proptest! {
        #[test]
        fn it_is_a_queue(cells in 1..5_u64, steps in proptest::collection::vec(any::<bool>(), 1..200)) {
            let (memory, queue) = queue(cells);
            let (mut model, mut next) = (VecDeque::new(), 0_u8);
            for is_push in steps {
                match is_push {
                    true => {
                        let done = push(&memory, &queue, next).unwrap();
                        let fits = (model.len() as u64) < cells;
                        prop_assert_eq!(done, if fits { Attempt::Done(()) } else { Attempt::NotNow });
                        if fits {
                            model.push_back(next);
                            next = next.wrapping_add(1);
                        }
                    }
                    false => prop_assert_eq!(
                        pop(&memory, &queue).unwrap(),
                        model.pop_front().map_or(Attempt::NotNow, Attempt::Done)
                    ),
                }
            }
        }

        #[test]
        fn scribbles_give_answers_or_errors_and_no_panic(
            scribbles in proptest::collection::vec((0..24_usize, any::<u64>()), 1..8), steps in proptest::collection::vec(any::<bool>(), 1..20),
        ) {
            let (memory, queue) = queue(3);
            let mut words = memory.bytes();
            for (at, value) in scribbles {
                let at = 8 + at % (words.len() - 8);
                words[at] = value;
            }
            memory.set_bytes(words);
            let mut item = [0; 24];
            for is_push in steps {
                let _ = match is_push {
                    true => queue.push(&memory, &memory, b"x", Whether::Check).map(drop),
                    false => queue.pop(&memory, &memory, &mut item, Whether::Check).map(drop),
                };
            }
        }
    }

    #[test]
    fn whoever_dies_at_any_step_the_queue_goes_on_in_order_and_shows_nothing_half_written() {
        let mut deaths = 0;
        for cells in 1..4_u64 {
            for before in 0..=cells {
                for is_push in [true, false] {
                    for death in 0.. {
                        let (memory, queue) = queue(cells);
                        // Some laps first, so that the cells are not fresh.
                        for item in 0..7 {
                            push(&memory, &queue, item).unwrap();
                            pop(&memory, &queue).unwrap();
                        }
                        for item in 0..before {
                            assert_eq!(push(&memory, &queue, 10 + item as u8), Ok(Attempt::Done(())));
                        }
                        memory.kill_after(death);
                        let done = match is_push {
                            true => push(&memory, &queue, 99).is_ok(),
                            false => pop(&memory, &queue).is_ok(),
                        };
                        memory.reborn();
                        // Producers and consumers find room and items, in order.
                        let mut seen = Vec::new();
                        for _ in 0..=cells {
                            match pop(&memory, &queue).unwrap() {
                                Attempt::Done(item) => seen.push(item),
                                Attempt::NotNow => break,
                                Attempt::Busy(_) => unreachable!("nobody alive is at it"),
                            }
                        }
                        let mut expected: Vec<u8> = (0..before).map(|i| 10 + i as u8).collect();
                        if seen.last() == Some(&99) {
                            expected.push(99);
                        }
                        let gone = expected.len() - seen.len();
                        assert!(
                            gone <= usize::from(!is_push),
                            "{seen:?} of {expected:?}, death {death}"
                        );
                        assert_eq!(seen, expected[gone..], "death {death}");
                        for item in 0..cells {
                            assert_eq!(
                                push(&memory, &queue, 50 + item as u8),
                                Ok(Attempt::Done(())),
                                "death {death}"
                            );
                        }
                        assert_eq!(push(&memory, &queue, 0), Ok(Attempt::NotNow));
                        assert_eq!(pop(&memory, &queue), Ok(Attempt::Done(50)));
                        deaths += 1;
                        if done {
                            break;
                        }
                    }
                }
            }
        }
        assert!(deaths > 60, "{deaths}");
    }

    #[test]
    fn a_live_member_in_the_middle_is_waited_for() {
        let (memory, queue) = queue(2);
        memory.kill_after(2); // claimed, hint moved, nothing written
        assert!(push(&memory, &queue, 1).is_err());
        memory.fuel.set(u64::MAX);
        memory.me.set(2);
        assert_eq!(pop(&memory, &queue), Ok(Attempt::Busy(1)));
        memory.dead.borrow_mut().insert(1);
        assert_eq!(
            queue.pop(&memory, &memory, &mut [0; 24], Whether::Believe),
            Ok(Attempt::Busy(1))
        );
        assert_eq!(
            pop(&memory, &queue),
            Ok(Attempt::NotNow),
            "dead: its half item is skipped"
        );
        assert_eq!(push(&memory, &queue, 2), Ok(Attempt::Done(())));
        assert_eq!(pop(&memory, &queue), Ok(Attempt::Done(2)));
    }
}
