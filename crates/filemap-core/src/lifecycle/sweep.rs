//! Reclaiming one dead entry.

use super::reap::{Reap, Reaped};
use super::{Call, Outcome, Seen, Step, broken};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum State {
    Start,
    Opening,
    Looking,
    Reaping(Reap),
    Forgetting(Outcome),
    Ended,
}

/// Takes the entry of a name away if it is dead: [`Outcome::Removed`], `Live`, `NotFound`, `CannotReap` or `NotAFile`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sweep(State);

impl Sweep {
    /// A new call.
    #[must_use]
    pub fn new() -> Sweep {
        Sweep(State::Start)
    }

    /// The next thing to do after `seen`.
    ///
    /// # Panics
    /// If `seen` is not one of the findings that the last [`Call`] names.
    pub fn step(&mut self, seen: Seen) -> Step {
        use State::*;
        let (state, step) = match (self.0, seen) {
            (Start, Seen::Start) => (Opening, Step::Do(Call::OpenForReaping)),
            (Opening, Seen::Done) => (Looking, Step::Do(Call::Look)),
            (Opening, Seen::NotFound) => (Ended, Step::End(Outcome::NotFound)),
            (Opening, Seen::Denied) => (Ended, Step::End(Outcome::CannotReap)),
            (Opening, Seen::NotAFile) => (Ended, Step::End(Outcome::NotAFile)),
            (Looking, Seen::Nobody) => (Reaping(Reap::BEGIN.0), Step::Do(Reap::BEGIN.1)),
            // Also when somebody is reaping it: then it goes without our help.
            (Looking, Seen::Held | Seen::HeldExclusively) => {
                (Forgetting(Outcome::Live), Step::Do(Call::Forget))
            }
            (Forgetting(outcome), Seen::Done) => (Ended, Step::End(outcome)),
            (Reaping(reap), seen) => match reap.step(seen) {
                Ok((reap, call)) => (Reaping(reap), Step::Do(call)),
                Err(Reaped::Removed) => (Ended, Step::End(Outcome::Removed)),
                Err(Reaped::Busy) => (Ended, Step::End(Outcome::Live)),
                Err(Reaped::Moved) => (Ended, Step::End(Outcome::NotFound)),
                Err(Reaped::NotAFile) => (Ended, Step::End(Outcome::NotAFile)),
                Err(Reaped::Denied) => (Ended, Step::End(Outcome::CannotReap)),
            },
            (state, seen) => broken("sweep", state, seen),
        };
        self.0 = state;
        step
    }
}

impl Default for Sweep {
    fn default() -> Self {
        Self::new()
    }
}
