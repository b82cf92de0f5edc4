//! Waits for all objects: lock each in the common order, commit, let go.

use super::super::step::{Freeze, Kind, Thaw, freeze, thaw};
use super::super::word::Word;
use super::{Action, At, Machine, Outcome};

impl<const N: usize> Machine<N> {
    pub(super) fn ordered(&self, k: usize) -> usize {
        usize::from(self.order[k])
    }

    pub(super) fn check(&mut self, i: usize) -> Action {
        match (i..self.count).find(|i| !self.is_mine(*i)) {
            Some(i) => self.load(i, At::Check(i)),
            None => {
                self.abandoned = 0;
                self.freeze_next(0)
            }
        }
    }

    pub(super) fn freeze_next(&mut self, k: usize) -> Action {
        match (k..self.count).find(|k| !self.is_mine(self.ordered(*k))) {
            Some(k) => self.pend(self.ordered(k), At::FreezePend(k)),
            None => self.go(At::Committing, Action::Commit),
        }
    }

    pub(super) fn freeze_word(&mut self, k: usize, word: Word) -> Action {
        let i = self.ordered(k);
        match freeze(self.kinds[i], word, self.me) {
            Freeze::Swap { to, abandoned } => {
                let at = At::FreezeSwap {
                    k,
                    from: word,
                    to,
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
            Freeze::No => {
                self.then_sleep = Some(i);
                self.thaw_next(0, k, false)
            }
        }
    }

    /// Lets go of the frozen objects from the k-th on, `end` of them being frozen.
    pub(super) fn thaw_next(&mut self, k: usize, end: usize, committed: bool) -> Action {
        let next = (k..end).find(|k| {
            let i = self.ordered(*k);
            !(self.is_mine(i) || committed && self.kinds[i] == Kind::Mutex)
        });
        self.expected[0] = end as u32; // free to use: a wait-all never sleeps on several words
        match next {
            Some(k) => self.pend(self.ordered(k), At::ThawPend { k, committed }),
            None if committed => {
                let first = self.abandoned.trailing_zeros() as usize;
                self.end(Outcome::All {
                    abandoned: (first < 64).then_some(first),
                })
            }
            None => match self.then_sleep.take() {
                Some(i) => self.want(i),
                None => self.want(0),
            },
        }
    }

    pub(super) fn thaw_word(&mut self, k: usize, committed: bool, word: Word) -> Action {
        let i = self.ordered(k);
        let abandoned = !committed && self.abandoned >> i & 1 != 0;
        match thaw(word, self.me, abandoned) {
            Thaw::Swap(to) => self.go(
                At::ThawSwap {
                    k,
                    committed,
                    from: word,
                },
                Action::Swap {
                    object: i,
                    from: word,
                    to,
                },
            ),
            Thaw::Release(lock) => self.go(
                At::ThawReleased { k, committed },
                Action::Release { object: i, lock },
            ),
            Thaw::Lost => self.thawed(k, committed),
        }
    }

    pub(super) fn thawed(&mut self, k: usize, committed: bool) -> Action {
        self.thaw_next(k + 1, self.expected[0] as usize, committed)
    }
}
