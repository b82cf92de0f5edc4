//! Opening an object that exists.

use super::reap::{Reap, Reaped};
use super::{Call, Outcome, Seen, Step, broken};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum State {
    Start,
    Opening,
    Looking,
    Locking,
    Checking,
    /// Nobody holds the entry: it is dead, and this call takes it away if it may.
    Reaping(Reap),
    Forgetting(Outcome),
    Ended,
}

/// Opens the object of a name: [`Outcome::Opened`], `NotFound`, `Denied` or `NotAFile`.
///
/// It never waits for anybody. An entry that nobody holds is reaped on the way if the system permits (O-40).
///
/// ```
/// use filemap_core::lifecycle::{Call, Open, Outcome, Seen, Step};
/// let mut open = Open::new();
/// assert_eq!(open.step(Seen::Start), Step::Do(Call::OpenName));
/// assert_eq!(open.step(Seen::NotFound), Step::End(Outcome::NotFound));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Open(State);

impl Open {
    /// A new call.
    #[must_use]
    pub fn new() -> Open {
        Open(State::Start)
    }

    /// The next thing to do after `seen`.
    ///
    /// # Panics
    /// If `seen` is not one of the findings that the last [`Call`] names.
    pub fn step(&mut self, seen: Seen) -> Step {
        use State::*;
        let (state, step) = match (self.0, seen) {
            (Start, Seen::Start) => (Opening, Step::Do(Call::OpenName)),
            (Opening, Seen::Done) => (Looking, Step::Do(Call::Look)),
            (Opening, Seen::NotFound) => (Ended, Step::End(Outcome::NotFound)),
            (Opening, Seen::Denied) => (Ended, Step::End(Outcome::Denied)),
            (Opening, Seen::NotAFile) => (Ended, Step::End(Outcome::NotAFile)),
            (Looking, Seen::Held) => (Locking, Step::Do(Call::LockShared)),
            (Looking, Seen::Nobody) => (Reaping(Reap::BEGIN.0), Step::Do(Reap::BEGIN.1)),
            // Whoever holds it exclusively got it when nobody held it: that was the moment of "not found".
            (Looking, Seen::HeldExclusively) | (Locking, Seen::Busy) => Self::forget(Outcome::NotFound),
            (Locking, Seen::Done) => (Checking, Step::Do(Call::Linked)),
            (Checking, Seen::Yes) => (Ended, Step::End(Outcome::Opened)),
            // It lost its name between our opening and our locking, and it loses it only when nobody holds it.
            (Checking, Seen::No) => Self::forget(Outcome::NotFound),
            (Checking, Seen::NotAFile) => Self::forget(Outcome::NotAFile),
            (Reaping(reap), seen) => match reap.step(seen) {
                Ok((reap, call)) => (Reaping(reap), Step::Do(call)),
                Err(Reaped::NotAFile) => (Ended, Step::End(Outcome::NotAFile)),
                Err(_) => (Ended, Step::End(Outcome::NotFound)),
            },
            (Forgetting(outcome), Seen::Done) => (Ended, Step::End(outcome)),
            (state, seen) => broken("open", state, seen),
        };
        self.0 = state;
        step
    }

    fn forget(outcome: Outcome) -> (State, Step) {
        (State::Forgetting(outcome), Step::Do(Call::Forget))
    }
}

impl Default for Open {
    fn default() -> Self {
        Self::new()
    }
}
