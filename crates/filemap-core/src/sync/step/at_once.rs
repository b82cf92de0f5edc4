//! The commonest steps in few instructions: what the full rules say too, checked against them below.

use super::{Kind, OWED, OWED_NUMBER, PULSE, SIGNALLED, SLEEPER, SLEEPERS, UNCOUNTED};
use crate::sync::word::{STAGED, WAITERS, Word};

/// The exchange that sets (or resets) an event which nobody sleeps on and nothing is the matter with; what [`signal`](super::signal())
/// says too, in fewer instructions. `None`: ask [`signal`](super::signal()).
#[inline]
#[must_use]
pub const fn set_at_once(word: Word, set: bool) -> Option<Word> {
    let state = word.state();
    let plain = word.lock() == 0 && state & (STAGED | OWED | PULSE) == 0;
    if plain && (state & SIGNALLED == 0) == set {
        return Some(Word::new(0, state ^ SIGNALLED));
    }
    None
}

/// The exchange that takes an auto-reset event or a semaphore which nobody sleeps on and nothing is the matter with; what
/// [`take`](super::take) says too, in fewer instructions. `None`: ask [`take`](super::take).
#[inline]
#[must_use]
pub const fn taken_at_once(kind: Kind, word: Word) -> Option<Word> {
    let state = word.state();
    match kind {
        Kind::AutoEvent if word.lock() == 0 && state & (STAGED | OWED | SIGNALLED) == SIGNALLED => {
            Some(Word::new(0, state ^ SIGNALLED))
        }
        Kind::Semaphore { .. } if word.lock() == 0 && state & STAGED == 0 && state != 0 => {
            Some(Word::new(0, state - 1))
        }
        _ => None,
    }
}

/// The exchange that releases a semaphore which nobody sleeps on; what [`signal`](super::signal()) says too. `None`: ask [`signal`](super::signal()).
#[inline]
#[must_use]
pub const fn released_at_once(kind: Kind, word: Word, n: u32) -> Option<Word> {
    let Kind::Semaphore { maximum } = kind else {
        return None;
    };
    let state = word.state();
    if word.lock() != 0 || state > maximum || n > maximum - state {
        return None;
    }
    Some(Word::new(0, state + n))
}

/// The word of a set that wakes the one thread which sleeps on an auto-reset event alone; what [`signal`](super::signal()) says too, as
/// [`Signalling::Wake`](super::Signalling::Wake). `None`: ask [`signal`](super::signal()).
#[inline]
#[must_use]
pub const fn set_and_wake_at_once(kind: Kind, word: Word) -> Option<Word> {
    let state = word.state();
    let quiet = word.lock() == WAITERS && state & (STAGED | OWED | UNCOUNTED | SIGNALLED | PULSE) == 0;
    if !matches!(kind, Kind::AutoEvent) || !quiet || state & SLEEPERS > SLEEPER {
        return None;
    }
    let number = state.wrapping_add(0x10) & OWED_NUMBER;
    Some(Word::new(0, state & !OWED_NUMBER | number | OWED | SIGNALLED))
}

/// The mark of the first thread that sleeps on an auto-reset event alone; what [`mark`](super::mark) says too, for [`Mark::Count`](super::Mark::Count).
/// `None`: ask [`take`](super::take), [`pass_on`](super::pass_on) and [`mark`](super::mark).
#[inline]
#[must_use]
pub const fn marked_at_once(kind: Kind, word: Word) -> Option<Word> {
    let state = word.state();
    let quiet = word.lock() == 0 && state & (STAGED | SIGNALLED | SLEEPERS) == 0;
    if !matches!(kind, Kind::AutoEvent) || !quiet {
        return None;
    }
    Some(Word::new(WAITERS, state + SLEEPER))
}

/// The word when the thread that [`marked_at_once`] counted was woken by a set and takes it; what [`take`](super::take) and
/// [`uncount_taker`](super::uncount_taker) say too. `None`: ask them, [`is_owed`](super::is_owed) and [`pass_on`](super::pass_on).
#[inline]
#[must_use]
pub const fn woken_at_once(kind: Kind, word: Word) -> Option<Word> {
    let state = word.state();
    let quiet = word.lock() == 0 && state & (STAGED | SIGNALLED | SLEEPERS) == SIGNALLED | SLEEPER;
    if !matches!(kind, Kind::AutoEvent) || !quiet {
        return None;
    }
    Some(Word::new(0, (state - SLEEPER - SIGNALLED) & !OWED))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::step::{
        GENERATION, Mark, SEMAPHORE_LIMIT, Signal, Signalling, Take, counts, is_owed, mark, pass_on, signal,
        take, uncount_taker,
    };
    use crate::sync::word::OWNER_DIED;

    #[test]
    fn what_is_done_at_once_is_what_the_full_rules_say() {
        let maximum = 5;
        let kinds = [
            Kind::ManualEvent,
            Kind::AutoEvent,
            Kind::Mutex,
            Kind::Semaphore { maximum },
            Kind::ManualTimer,
            Kind::AutoTimer,
        ];
        let (mut taken, mut set, mut released, mut woken) = (0, 0, 0, 0);
        for kind in kinds {
            for lock in [0, 7, WAITERS, WAITERS | 7, OWNER_DIED, OWNER_DIED | WAITERS] {
                for low in 0..1024u32 {
                    for high in [0, GENERATION, STAGED] {
                        let word = Word::new(lock, low | high);
                        if let Some(to) = taken_at_once(kind, word) {
                            let (abandoned, release) = (false, false);
                            let said = take(kind, word, 7, None);
                            assert_eq!(
                                said,
                                Take::Swap {
                                    to,
                                    abandoned,
                                    release
                                },
                                "{kind:?} {word:?}"
                            );
                            taken += 1;
                        }
                        let event = matches!(kind, Kind::ManualEvent | Kind::AutoEvent);
                        for (on, what) in [(true, Signal::Set), (false, Signal::Reset)] {
                            if let (true, Some(to)) = (event, set_at_once(word, on)) {
                                let said = signal(kind, word, 7, what);
                                assert_eq!(
                                    said,
                                    Signalling::Swap { to, release: false },
                                    "{kind:?} {word:?}"
                                );
                                set += 1;
                            }
                        }
                        if let Some(to) = set_and_wake_at_once(kind, word) {
                            assert_eq!(
                                signal(kind, word, 7, Signal::Set),
                                Signalling::Wake { to },
                                "{word:?}"
                            );
                            woken += 1;
                        }
                        if let Some(to) = marked_at_once(kind, word) {
                            assert_eq!(take(kind, word, 7, None), Take::No, "{word:?}");
                            assert_eq!(pass_on(kind, word, 7), None, "{word:?}");
                            assert_eq!(mark(kind, word, Mark::Count), to, "{word:?}");
                            assert!(counts(kind, word), "{word:?}");
                            woken += 1;
                        }
                        if let Some(to) = woken_at_once(kind, word) {
                            assert!(!is_owed(kind, word, true), "{word:?}");
                            assert_eq!(pass_on(kind, word, 7), None, "{word:?}");
                            let Take::Swap {
                                to: taken,
                                abandoned: false,
                                release: false,
                            } = take(kind, word, 7, Some(0))
                            else {
                                panic!("{word:?}")
                            };
                            assert_eq!(uncount_taker(taken), to, "{word:?}");
                            woken += 1;
                        }
                        for n in [1, 2, 5, 6, SEMAPHORE_LIMIT] {
                            if let Some(to) = released_at_once(kind, word, n) {
                                let said = signal(kind, word, 7, Signal::Release(n));
                                assert_eq!(
                                    said,
                                    Signalling::Swap { to, release: false },
                                    "{kind:?} {word:?}"
                                );
                                released += 1;
                            }
                        }
                    }
                }
            }
        }
        assert!(
            taken > 100 && set > 100 && released >= 10 && woken > 100,
            "{taken} {set} {released} {woken}"
        );
    }
}
