//! Closing a handle; the name goes with the last one.

use super::reap::{Reap, Reaped};
use super::{Call, Outcome, Seen, Step, broken};

/// A guess that saves a system call when it is right; the outcome is the same either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Holder {
    /// Probably the only one: try to turn the shared lock into the exclusive one at once.
    Alone,
    /// Probably one of several: drop the lock first.
    OneOfSeveral,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum State {
    Start,
    Upgrading,
    Unlocking,
    Looking,
    Reaping(Reap),
    Forgetting,
    Ended,
}

/// Closes the description that holds the shared lock (the candidate): [`Outcome::Left`] or [`Outcome::Removed`].
///
/// Two closers that both only tried to *upgrade* their lock would both fail and leave the entry dead for ever. So after
/// a failed upgrade the lock is dropped first and the exclusive one is tried then: of the two, whoever comes second gets
/// it. Looking before trying costs less than a try that fails, and spares a read-only handle the way to a lock that it
/// would need another description for.
///
/// For a description that a child process shares, dropping the lock would drop the child's too: such a description is
/// only closed, and a [`Sweep`](super::Sweep) of the name follows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Close {
    state: State,
    holder: Holder,
}

impl Close {
    /// A new call.
    #[must_use]
    pub fn new(holder: Holder) -> Close {
        Close {
            state: State::Start,
            holder,
        }
    }

    /// The next thing to do after `seen`.
    ///
    /// # Panics
    /// If `seen` is not one of the findings that the last [`Call`] names.
    pub fn step(&mut self, seen: Seen) -> Step {
        use State::*;
        let (state, step) = match (self.state, seen) {
            (Start, Seen::Start) => match self.holder {
                Holder::Alone => (Upgrading, Step::Do(Call::LockExclusive)),
                Holder::OneOfSeveral => (Unlocking, Step::Do(Call::Unlock)),
            },
            (Upgrading, Seen::Done) => (Reaping(Reap::LOCKED.0), Step::Do(Reap::LOCKED.1)),
            (Upgrading, Seen::Busy | Seen::ReadOnly) => (Unlocking, Step::Do(Call::Unlock)),
            (Unlocking, Seen::Done) => (Looking, Step::Do(Call::Look)),
            (Looking, Seen::Nobody) => (Reaping(Reap::BEGIN.0), Step::Do(Reap::BEGIN.1)),
            // Whoever holds it exclusively is about to do what this call would do.
            (Looking, Seen::Held | Seen::HeldExclusively) => (Forgetting, Step::Do(Call::Forget)),
            (Forgetting, Seen::Done) => (Ended, Step::End(Outcome::Left)),
            (Reaping(reap), seen) => match reap.step(seen) {
                Ok((reap, call)) => (Reaping(reap), Step::Do(call)),
                Err(Reaped::Removed) => (Ended, Step::End(Outcome::Removed)),
                Err(_) => (Ended, Step::End(Outcome::Left)),
            },
            (state, seen) => broken("close", state, seen),
        };
        self.state = state;
        step
    }
}
