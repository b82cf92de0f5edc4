//! Creating an object, or opening the one that has the name already.

use super::reap::{Reap, Reaped};
use super::{Call, Outcome, Seen, Step, broken};

/// What to try first. Both ways end the same; only the cost differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum First {
    /// Take the name and make the object under it: the cheapest way if the name is free. The object is born when its maker
    /// locks it; until then it is a dead entry for everybody, and whoever comes may take it away. Then the maker goes on as
    /// with [`First::Prepare`], so nobody waits for anybody.
    Claim,
    /// Make the object without a name and publish it: nothing unfinished is ever visible. For objects whose permissions
    /// are set after their file is made.
    Prepare,
    /// See whether the name exists: for objects whose memory is expensive to prepare.
    Open,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum State {
    Start,
    Claiming,
    Filling,
    /// Taking the lock that makes the claimed file an object.
    Bearing,
    /// Was it taken away before it was locked?
    Born,
    /// The claimed file is lost: close it, and go on without.
    Losing,
    Preparing,
    Publishing,
    Opening,
    Looking,
    Locking,
    Checking,
    Discarding,
    Reaping(Reap),
    /// The candidate is no good any more; look again.
    Retrying,
    Pausing,
    /// Close the candidate, then the draft, then end so.
    Forgetting(Outcome),
    Abandoning(Outcome),
    Ended,
}

/// Creates the object of a name or opens the existing one: [`Outcome::Created`], `Existed`, `Denied`, `CannotReap`,
/// `NotAFile` or `Busy`.
///
/// It waits only while somebody is in the middle of removing a dead entry of the name (a few microseconds, unless that
/// process is stopped just there); [`Seen::GiveUp`] ends that.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Create {
    state: State,
    first: First,
    /// The draft exists.
    draft: bool,
}

impl Create {
    /// A new call.
    #[must_use]
    pub fn new(first: First) -> Create {
        Create {
            state: State::Start,
            first,
            draft: false,
        }
    }

    /// The next thing to do after `seen`.
    ///
    /// # Panics
    /// If `seen` is not one of the findings that the last [`Call`] names.
    pub fn step(&mut self, seen: Seen) -> Step {
        use State::*;
        let (state, step) = match (self.state, seen) {
            (Start, Seen::Start) => match self.first {
                First::Claim => (Claiming, Step::Do(Call::Claim)),
                First::Prepare => (Preparing, Step::Do(Call::Prepare)),
                First::Open => (Opening, Step::Do(Call::OpenName)),
            },
            (Claiming, Seen::Done) => (Filling, Step::Do(Call::Fill)),
            (Claiming, Seen::Exists) => (Opening, Step::Do(Call::OpenName)),
            (Filling, Seen::Done) => (Bearing, Step::Do(Call::LockShared)),
            (Bearing, Seen::Done) => (Born, Step::Do(Call::Linked)),
            (Born, Seen::Yes) => (Ended, Step::End(Outcome::Created)),
            (Bearing, Seen::Busy) | (Born, Seen::No | Seen::NotAFile) => (Losing, Step::Do(Call::Forget)),
            (Losing, Seen::Done) => self.publish(),
            (Preparing, Seen::Done) => {
                self.draft = true;
                (Publishing, Step::Do(Call::Publish))
            }
            (Publishing, Seen::Done) => (Ended, Step::End(Outcome::Created)),
            (Publishing, Seen::Exists) => (Opening, Step::Do(Call::OpenName)),
            (Opening, Seen::Done) => (Looking, Step::Do(Call::Look)),
            (Opening, Seen::NotFound) => self.publish(),
            (Opening, Seen::Denied) => self.abandon(Outcome::Denied),
            (Opening, Seen::NotAFile) => self.abandon(Outcome::NotAFile),
            (Looking, Seen::Held) => (Locking, Step::Do(Call::LockShared)),
            (Looking, Seen::Nobody) => (Reaping(Reap::BEGIN.0), Step::Do(Reap::BEGIN.1)),
            (Looking, Seen::HeldExclusively) | (Locking, Seen::Busy) => (Retrying, Step::Do(Call::Forget)),
            (Locking, Seen::Done) => (Checking, Step::Do(Call::Linked)),
            (Checking, Seen::Yes) if self.draft => (Discarding, Step::Do(Call::Discard)),
            (Checking, Seen::Yes) => (Ended, Step::End(Outcome::Existed)),
            (Checking, Seen::No) => (Retrying, Step::Do(Call::Forget)),
            (Checking, Seen::NotAFile) => (Forgetting(Outcome::NotAFile), Step::Do(Call::Forget)),
            (Discarding, Seen::Done) => (Ended, Step::End(Outcome::Existed)),
            (Reaping(reap), seen) => match reap.step(seen) {
                Ok((reap, call)) => (Reaping(reap), Step::Do(call)),
                Err(Reaped::Removed | Reaped::Moved) => self.publish(),
                Err(Reaped::Busy) => (Pausing, Step::Do(Call::Pause)),
                Err(Reaped::NotAFile) => self.abandon(Outcome::NotAFile),
                Err(Reaped::Denied) => self.abandon(Outcome::CannotReap),
            },
            (Retrying, Seen::Done) => (Pausing, Step::Do(Call::Pause)),
            (Pausing, Seen::Done) => (Opening, Step::Do(Call::OpenName)),
            (Pausing, Seen::GiveUp) => self.abandon(Outcome::Busy),
            (Forgetting(outcome), Seen::Done) => self.abandon(outcome),
            (Abandoning(outcome), Seen::Done) => (Ended, Step::End(outcome)),
            (state, seen) => broken("create", state, seen),
        };
        self.state = state;
        step
    }

    fn publish(&self) -> (State, Step) {
        match self.draft {
            true => (State::Publishing, Step::Do(Call::Publish)),
            false => (State::Preparing, Step::Do(Call::Prepare)),
        }
    }

    fn abandon(&self, outcome: Outcome) -> (State, Step) {
        match self.draft {
            true => (State::Abandoning(outcome), Step::Do(Call::Discard)),
            false => (State::Ended, Step::End(outcome)),
        }
    }
}
