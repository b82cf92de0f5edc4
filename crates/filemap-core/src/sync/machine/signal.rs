//! Signalling, and changing a timer's parameters.

use super::super::step::{self, Signalling, Thaw, generation, signal, thaw};
use super::super::word::Word;
use super::{Action, At, Machine, Outcome, Program};

impl<const N: usize> Machine<N> {
    pub(super) fn signal_word(&mut self, word: Word) -> Action {
        let Program::Signal(what) = self.program else {
            return self.end(Outcome::Stuck); // unreachable by construction; an answer, not a panic
        };
        match signal(self.kinds[0], word, self.me, what) {
            Signalling::Frozen => self.pend(0, At::OnePend { i: 0, patience: true }),
            Signalling::Nothing => self.end(Outcome::Signalled { before: word }),
            Signalling::TooManyPosts => self.end(Outcome::TooManyPosts),
            Signalling::NotOwner => self.end(Outcome::NotOwner),
            Signalling::Release => self.release(word),
            Signalling::Swap { release: true, .. } | Signalling::Wake { .. } if self.pending.is_none() => {
                self.pend(0, At::SignalPend(word))
            }
            Signalling::Wake { to } => self.go(
                At::WakeSwap { from: word, to },
                Action::Swap {
                    object: 0,
                    from: word,
                    to,
                },
            ),
            Signalling::Swap { to, release } => self.go(
                At::SignalSwap { from: word, release },
                Action::Swap {
                    object: 0,
                    from: word,
                    to,
                },
            ),
        }
    }

    pub(super) fn take_off(&mut self, from: Word, to: Word, seen: Word) -> Action {
        match step::taken_off(seen, to) {
            Some(without) => {
                let at = At::WakeTakenOff { from, to, seen };
                self.go(
                    at,
                    Action::Swap {
                        object: 0,
                        from: seen,
                        to: without,
                    },
                )
            }
            None => self.end(Outcome::Signalled { before: from }),
        }
    }

    pub(super) fn release(&mut self, before: Word) -> Action {
        self.go(At::SignalReleased(before), Action::Release { object: 0, lock: 0 })
    }

    pub(super) fn edit_word(&mut self, word: Word) -> Action {
        match step::lock_for_edit(self.kinds[0], word, self.me) {
            Some(to) => self.go(
                At::EditLock { from: word, to },
                Action::Swap {
                    object: 0,
                    from: word,
                    to,
                },
            ),
            None => self.pend(0, At::OnePend { i: 0, patience: true }),
        }
    }

    pub(super) fn edited(&mut self, word: Word) -> Action {
        let Program::EditTimer {
            armed,
            signalled,
            only_if,
        } = self.program
        else {
            return self.end(Outcome::Stuck); // unreachable by construction; an answer, not a panic
        };
        if word.owner() != self.me {
            return self.end(Outcome::NotOwner);
        }
        let unchanged = self.refused || only_if.is_some_and(|then| then != generation(word));
        let next = if unchanged {
            word
        } else {
            step::edited(word, armed, signalled)
        };
        let to = match thaw(next, self.me, false) {
            Thaw::Swap(to) => to,
            _ => next, // and then the kernel releases and wakes
        };
        self.go(
            At::EditSwap { from: word, to },
            Action::Swap {
                object: 0,
                from: word,
                to,
            },
        )
    }
}
