//! What a state page says to somebody who only looks at it.

use super::step::{ARMED, Kind, OWNED, SLOT, is_abandoned};
use super::timer::{Clock, Due, Setting, due};
use super::word::{WORD_OFFSET, Word};

/// Byte offset of the first of two timer slots of three 64-bit words in the state page.
pub const SLOTS_OFFSET: usize = 3968;
/// Byte offset of the word in which the owner of a mutex notes its recursion: thread number in the upper half, count in
/// the lower one. Written only by owners that have it more than once; it says something as long as that thread owns it.
pub const RECURSION_OFFSET: usize = 3960;
/// Length of a state page in bytes.
pub const STATE_LEN: usize = 4096;

/// State of a synchronisation object at some moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// What its kind says.
    pub what: What,
    /// Somebody sleeps on it, or did until just now.
    pub has_waiters: bool,
}

/// The part of a state that depends on the kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// An event.
    Event {
        /// It stays set until it is reset.
        manual: bool,
        /// It is set.
        set: bool,
    },
    /// A mutex.
    Mutex {
        /// Number of the thread that owns it, in its own PID name space.
        owner: Option<u32>,
        /// How often the owner has it; 0 if nobody owns it.
        recursion: u32,
        /// The last owner ended without releasing it, and nobody has taken it since.
        abandoned: bool,
    },
    /// A semaphore.
    Semaphore {
        /// Its count.
        count: u32,
        /// The largest count that it may have.
        maximum: u32,
    },
    /// A waitable timer.
    Timer {
        /// It stays signalled until it is set again.
        manual: bool,
        /// It is signalled.
        set: bool,
        /// What it was set to, if a due time is ahead.
        next: Option<Setting>,
    },
}

fn word_at(page: &[u8; STATE_LEN], offset: usize) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&page[offset..offset + 8]);
    u64::from_ne_bytes(bytes)
}

/// What a copy of the state page of an object says; `now` is the time in nanoseconds on a clock. Any bytes mean something.
///
/// ```
/// use filemap_core::sync::{Kind, What, WORD_OFFSET, seen};
/// let mut page = [0; 4096];
/// page[WORD_OFFSET..][..8].copy_from_slice(&Kind::ManualEvent.initial(1).0.to_ne_bytes());
/// assert_eq!(seen(Kind::ManualEvent, &page, |_| 0).what, What::Event { manual: true, set: true });
/// ```
#[must_use]
pub fn seen(kind: Kind, page: &[u8; STATE_LEN], now: impl Fn(Clock) -> u64) -> Seen {
    let word = Word(word_at(page, WORD_OFFSET));
    let set = kind
        .is_signalled(word)
        .unwrap_or_else(|| kind.is_signalled(word.with_lock(0)) == Some(true));
    let what = match kind {
        Kind::ManualEvent | Kind::AutoEvent => What::Event {
            manual: kind == Kind::ManualEvent,
            set,
        },
        Kind::Mutex => {
            let owner = (word.owner() != 0 && word.state() & OWNED != 0).then(|| word.owner());
            let noted = word_at(page, RECURSION_OFFSET);
            let recursion = match owner {
                Some(tid) if (noted >> 32) as u32 == tid => (noted as u32).max(1),
                Some(_) => 1,
                None => 0,
            };
            What::Mutex {
                owner,
                recursion,
                abandoned: is_abandoned(kind, word),
            }
        }
        Kind::Semaphore { maximum } => What::Semaphore {
            count: kind.settle(word.with_lock(word.lock() & !super::word::TID)),
            maximum,
        },
        Kind::ManualTimer | Kind::AutoTimer => {
            let state = kind.settle(word);
            let slot = SLOTS_OFFSET + if state & SLOT != 0 { 24 } else { 0 };
            let setting = Setting::from_words([0, 1, 2].map(|i| word_at(page, slot + i * 8)));
            let armed = (state & ARMED != 0).then_some(setting);
            // No thread runs for a timer: one whose time has come is signalled, whoever looks first.
            let is_due = armed.is_some_and(|s| matches!(due(s, now(s.clock)), Due::Now(_)));
            let next = armed.and_then(|s| match due(s, now(s.clock)) {
                Due::At(_) => Some(s),
                Due::Now(super::timer::Tick::Next(next)) => Some(next),
                Due::Now(super::timer::Tick::Last) => None,
            });
            What::Timer {
                manual: kind == Kind::ManualTimer,
                set: set || is_due,
                next,
            }
        }
    };
    Seen {
        what,
        has_waiters: word.has_waiters(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::{OWNER_DIED, WAITERS};

    fn page(word: Word, more: &[(usize, u64)]) -> [u8; STATE_LEN] {
        let mut page = [0; STATE_LEN];
        for (offset, value) in more.iter().copied().chain([(WORD_OFFSET, word.0)]) {
            page[offset..offset + 8].copy_from_slice(&value.to_ne_bytes());
        }
        page
    }

    #[test]
    fn a_mutex_shows_owner_recursion_waiters_and_abandonment() {
        // I-22, Y-10, Y-12
        let look = |word, noted| seen(Kind::Mutex, &page(word, &[(RECURSION_OFFSET, noted)]), |_| 0);
        let owned = Word::new(7 | WAITERS, OWNED);
        let what = |owner, recursion, abandoned| What::Mutex {
            owner,
            recursion,
            abandoned,
        };
        assert_eq!(look(owned, 7 << 32 | 3).what, what(Some(7), 3, false));
        assert!(look(owned, 0).has_waiters);
        assert_eq!(
            look(owned, 8 << 32 | 3).what,
            what(Some(7), 1, false),
            "another's note"
        );
        assert_eq!(look(Word::new(0, 0), 7 << 32 | 3).what, what(None, 0, false));
        assert_eq!(look(Word::new(OWNER_DIED, OWNED), 0).what, what(None, 0, true));
    }

    #[test]
    fn a_timer_is_signalled_from_its_due_time_on_though_nobody_looked() {
        // Y-25
        let every = Setting {
            clock: Clock::Monotonic,
            due: 100,
            period: 30,
        };
        let words = every.to_words();
        let slots: [(usize, u64); 3] = [0, 1, 2].map(|i| (SLOTS_OFFSET + 24 + i * 8, words[i]));
        let page = page(Word::new(0, ARMED | SLOT), &slots);
        let at = |now| seen(Kind::AutoTimer, &page, |_| now).what;
        let timer = |set, due| What::Timer {
            manual: false,
            set,
            next: Some(Setting { due, ..every }),
        };
        assert_eq!(at(99), timer(false, 100));
        assert_eq!(at(165), timer(true, 190));
    }

    #[test]
    fn a_semaphore_shows_its_count_and_its_maximum() {
        let kind = Kind::Semaphore { maximum: 5 };
        let seen = seen(kind, &page(kind.initial(3), &[]), |_| 0);
        assert_eq!(seen.what, What::Semaphore { count: 3, maximum: 5 });
    }

    proptest::proptest! {
        #[test]
        fn hostile_pages_never_panic(noise in proptest::collection::vec(proptest::prelude::any::<u8>(), 136), now: u64) {
            let mut page = [0xAA; STATE_LEN];
            page[3960..4096].copy_from_slice(&noise);
            for kind in [Kind::ManualEvent, Kind::AutoEvent, Kind::Mutex, Kind::Semaphore { maximum: 1 }, Kind::AutoTimer] {
                let _ = seen(kind, &page, |_| now);
            }
        }
    }
}
