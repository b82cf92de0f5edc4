//! Sleeping on one word, and what a sleeper that was woken does for the others.

use super::super::step::{self, Take, generation, mark, pass_on, take};
use super::super::word::Word;
use super::{Action, At, Machine, Outcome, Program};

impl<const N: usize> Machine<N> {
    /// The k-th object to look at after a sleep: first the pending one, then the others.
    pub(super) fn passing(&self, k: usize, one: bool) -> usize {
        match (one, k) {
            (true, _) => self.then_sleep.unwrap_or(0),
            (false, 0) => self.guard,
            (false, k) if k <= self.guard => k - 1,
            (false, k) => k,
        }
    }

    pub(super) fn pass(&mut self, k: usize, one: bool) -> Action {
        if k == if one { 1 } else { self.count } {
            self.then_sleep = None;
            return self.restart();
        }
        self.load(self.passing(k, one), At::Pass { k, one })
    }

    pub(super) fn pass_word(&mut self, k: usize, one: bool, word: Word) -> Action {
        let i = self.passing(k, one);
        let lock = pass_on(self.kinds[i], word, self.me);
        let owed = step::is_owed(self.kinds[i], word, self.counted);
        if (lock.is_some() || owed) && self.pending != Some(i) {
            return self.pend(i, At::PassPend { k, one });
        }
        let Some(to) = lock else {
            return match owed {
                true => self.go(At::PassReleased { k, one }, Action::Wake(i)),
                false => self.pass(k + 1, one),
            };
        };
        self.go(
            At::PassSwap { k, one, from: word },
            Action::Swap {
                object: i,
                from: word,
                to,
            },
        )
    }

    // ---- sleeping on one word ------------------------------------------------------------------------------

    pub(super) fn sleep_one(&mut self, i: usize, word: Word, patience: bool) -> Action {
        let again = match patience {
            true => word.owner() == 0,
            false if self.program == Program::Watch => !matches!(
                take(self.kinds[i], word, self.me, self.slept[i]),
                Take::No | Take::Frozen
            ),
            false => self.kinds[i].is_signalled(word) == Some(true),
        };
        if again {
            return self.restart();
        }
        if pass_on(self.kinds[i], word, self.me).is_some() {
            self.then_sleep = Some(i);
            return self.pass(0, true);
        }
        let to = mark(self.kinds[i], word, step::Mark::Covered);
        if to == word {
            self.slept[i] = Some(generation(to));
            return self.go(
                At::SleptOne { i, patience },
                Action::SleepOne {
                    object: i,
                    lock: word.lock(),
                    patience,
                },
            );
        }
        self.go(
            At::OneSwap {
                i,
                from: word,
                to,
                patience,
            },
            Action::Swap {
                object: i,
                from: word,
                to,
            },
        )
    }

    /// Sleeps for object `i` in a wait-all, or gives up.
    pub(super) fn want(&mut self, i: usize) -> Action {
        if self.refused {
            return self.end(Outcome::Refused);
        }
        if self.expired {
            return self.end(Outcome::TimedOut);
        }
        self.pend(i, At::OnePend { i, patience: false })
    }
}
