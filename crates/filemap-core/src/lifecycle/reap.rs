//! Taking away an entry that nobody holds: the part that open, create, close and sweep have in common.

use super::{Call, Seen, broken};

/// How reaping ended; the candidate is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Reaped {
    /// The name is gone.
    Removed,
    /// Somebody holds the file after all.
    Busy,
    /// The name leads elsewhere, or nowhere.
    Moved,
    /// The system does not permit it: the entry is another user's.
    Denied,
    /// It is no object: not ours to remove.
    NotAFile,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Reap {
    Locking,
    Reopening,
    Confirming,
    Unlinking,
    Forgetting(Reaped),
}

impl Reap {
    /// The sub-machine and its first call, for a candidate that seems to be held by nobody.
    pub(super) const BEGIN: (Reap, Call) = (Reap::Locking, Call::LockExclusive);

    /// The sub-machine for a candidate that is locked exclusively already, without any moment between: nobody who keeps
    /// these rules has reaped it. It is confirmed all the same: somebody may have moved the file away by hand, and then
    /// the name may be another object's by now.
    pub(super) const LOCKED: (Reap, Call) = (Reap::Confirming, Call::StillNamed);

    pub(super) fn step(self, seen: Seen) -> Result<(Reap, Call), Reaped> {
        use Reap::*;
        Ok(match (self, seen) {
            (Locking, Seen::Done) => (Confirming, Call::StillNamed),
            (Locking, Seen::Busy) => Self::forget(Reaped::Busy),
            (Locking, Seen::ReadOnly) => (Reopening, Call::OpenForReaping),
            (Reopening, Seen::Done) => (Locking, Call::LockExclusive),
            (Reopening, Seen::NotFound) => Self::forget(Reaped::Moved),
            (Reopening, Seen::NotAFile) => Self::forget(Reaped::NotAFile),
            (Reopening, Seen::Denied) => Self::forget(Reaped::Denied),
            (Confirming, Seen::Yes) => (Unlinking, Call::Unlink),
            (Confirming, Seen::NotAFile) => Self::forget(Reaped::NotAFile),
            (Confirming, Seen::No) => Self::forget(Reaped::Moved),
            (Unlinking, Seen::Done | Seen::NotFound) => Self::forget(Reaped::Removed),
            (Unlinking, Seen::Denied) => Self::forget(Reaped::Denied),
            (Forgetting(reaped), Seen::Done) => return Err(reaped),
            (state, seen) => broken("reap", state, seen),
        })
    }

    fn forget(reaped: Reaped) -> (Reap, Call) {
        (Reap::Forgetting(reaped), Call::Forget)
    }
}
