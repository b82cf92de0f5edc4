//! Waits for any object: look at each, take the lowest, else mark all and sleep.

use super::super::step::{self, Kind, Take, generation, mark, pass_on, take};
use super::super::word::Word;
use super::{Action, At, Machine, Outcome, Program};

impl<const N: usize> Machine<N> {
    pub(super) fn scan(&mut self, i: usize) -> Action {
        if i < self.count {
            if self.is_mine(i) {
                return self.end(Outcome::Object {
                    index: i,
                    abandoned: false,
                });
            }
            return self.load(i, At::Scan(i));
        }
        if self.expired && self.counted {
            return self.load(0, At::UncountLoad);
        }
        if self.expired {
            return self.end(Outcome::TimedOut);
        }
        self.pend(self.guard, At::MarkPend)
    }

    pub(super) fn uncount(&mut self, word: Word) -> Action {
        let to = step::uncount(word);
        if to == word {
            return self.end(Outcome::TimedOut);
        }
        self.go(
            At::UncountSwap(word),
            Action::Swap {
                object: 0,
                from: word,
                to,
            },
        )
    }

    pub(super) fn examine(&mut self, i: usize, word: Word) -> Action {
        match take(self.kinds[i], word, self.me, self.slept[i]) {
            Take::No => self.scan(i + 1),
            Take::Frozen if self.program == Program::Watch => self.scan(i + 1),
            Take::Swap { .. } if self.program == Program::Watch => self.end(Outcome::Object {
                index: i,
                abandoned: false,
            }),
            Take::Frozen if self.impatient => self.scan(i + 1),
            Take::Frozen => self.pend(i, At::OnePend { i, patience: true }),
            Take::AsIs => self.end(Outcome::Object {
                index: i,
                abandoned: false,
            }),
            Take::Swap {
                to,
                abandoned,
                release,
            } => {
                if (release || self.kinds[i] == Kind::Mutex) && self.pending != Some(i) {
                    return self.pend(i, At::TakePend { i, seen: word });
                }
                let to = if self.counted { step::uncount_taker(to) } else { to };
                let at = At::TakeSwap {
                    i,
                    from: word,
                    release,
                    abandoned,
                };
                self.go(
                    at,
                    Action::Swap {
                        object: i,
                        from: word,
                        to,
                    },
                )
            }
        }
    }

    pub(super) fn mark_one(&mut self, i: usize, word: Word) -> Action {
        match take(self.kinds[i], word, self.me, self.slept[i]) {
            Take::No => {}
            Take::Frozen if self.impatient || self.program == Program::Watch => {}
            _ => return self.scan(0),
        }
        if pass_on(self.kinds[i], word, self.me).is_some() {
            return self.pass(0, false);
        }
        let to = mark(self.kinds[i], word, self.how(i));
        if to == word {
            return self.marked(i, word);
        }
        self.go(
            At::MarkSwap { i, from: word, to },
            Action::Swap {
                object: i,
                from: word,
                to,
            },
        )
    }

    pub(super) fn how(&self, i: usize) -> step::Mark {
        match (self.count == 1, self.counted) {
            (true, false) => step::Mark::Count,
            (true, true) => step::Mark::Counted,
            _ if i == self.guard => step::Mark::Covered,
            _ => step::Mark::Uncovered,
        }
    }

    pub(super) fn marked(&mut self, i: usize, word: Word) -> Action {
        self.expected[i] = word.lock();
        self.slept[i] = Some(generation(word));
        if i + 1 < self.count {
            return self.load(i + 1, At::Mark(i + 1));
        }
        self.impatient = false;
        self.go(At::SleptEach, Action::SleepEach)
    }
}
