//! Create, open, close and reap as decisions: what was seen, what to do next.
//!
//! An object is a file with a name in a directory. A handle is an open file description that holds a *shared lock* on
//! that file; the kernel drops the lock however its holder ends. From this follow the rules (DESIGN §2):
//!
//! * an entry is **live** while anybody holds the shared lock, else it is **dead**;
//! * only somebody who holds the *exclusive* lock of a file, and then found that the name still means this file, may
//!   unlink it; so a live object is never unlinked;
//! * whoever wants a handle first looks whether somebody holds the file, then locks, then checks that the file still
//!   has its name. In any other order two openers of a dead entry would take each other for its owner;
//! * a file becomes an object when its maker holds the lock and the file has the name, in whatever order: a file that is
//!   made under its name is a dead entry until it is locked, and one that is made without a name is locked before.
//!
//! Each machine here ([`Create`], [`Open`], [`Close`], [`Sweep`]) says one [`Call`] at a time and is told what was
//! [`Seen`]. `filemap-sys` carries the calls out. `tests/lifecycle_model.rs` runs the same machines against a model of
//! the kernel, in every interleaving of up to three processes and with a death after every step, and checks:
//! an open succeeds only if somebody held the object at some moment during the call and fails with "not found" only
//! if at some moment nobody did; a name never has two live objects; a live object is never unlinked; what a crash
//! leaves behind stops nobody. `testing/crash` kills real processes at the same steps.
//!
//! ```text
//!                     ┌────────── Exists ──────────┐
//!  create: Prepare ─► Publish ─► Created           ▼
//!                        ▲                      OpenName ─► Look ─► LockShared ─► Linked ─► Existed
//!                        │                                   │ nobody
//!                        └── Unlink ◄─ StillNamed ◄─ LockExclusive
//!  or:     Claim ─► Fill ─► LockShared ─► Linked ─► Created      (lost: Prepare; exists: OpenName)
//!  open:   OpenName ─► Look ─► LockShared ─► Linked ─► Opened      (nobody: reap the entry, then NotFound)
//!  close:  Unlock ─► Look ─► LockExclusive ─► StillNamed ─► Unlink   (held by others: leave)
//!  sweep:  OpenName ─► Look ─► LockExclusive ─► StillNamed ─► Unlink
//! ```

mod close;
mod create;
mod open;
mod reap;
mod sweep;

pub use close::{Close, Holder};
pub use create::{Create, First};
pub use open::Open;
pub use sweep::Sweep;

/// One thing to do. Each is one system call, or a few of which only one can be seen by others.
///
/// "The candidate" is the file that the name led to, "the draft" the caller's own new file that has no name yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Call {
    /// Make an empty file under the name as candidate, if the name is free. → `Done`, `Exists`
    Claim,
    /// Write the claimed candidate's contents and footer. → `Done`
    Fill,
    /// Make the draft: a file without a name, locked shared, with its size and footer. → `Done`
    Prepare,
    /// Give the draft the name, if the name is free. → `Done`, `Exists`
    Publish,
    /// Close the draft; it was never visible. → `Done`
    Discard,
    /// Open the file that has the name as candidate, with the access that the handle shall have.
    /// → `Done`, `NotFound`, `Denied`, `NotAFile`
    OpenName,
    /// Open the file that has the name as candidate in place of a read-only one, so that it can be locked exclusively.
    /// → `Done`, `NotFound`, `Denied`, `NotAFile`
    OpenForReaping,
    /// Ask whether anybody else holds a lock on the candidate. → `Nobody`, `Held`, `HeldExclusively`
    Look,
    /// Take the shared lock on the candidate without waiting. → `Done`, `Busy`
    LockShared,
    /// Take the exclusive lock on the candidate without waiting, also in place of an own shared one.
    /// → `Done`, `Busy` (a shared lock stays), `ReadOnly` (opened for reading: impossible)
    LockExclusive,
    /// Drop the lock on the candidate. → `Done`
    Unlock,
    /// Ask whether the candidate still has a name. → `Yes`, `No`, `NotAFile`
    Linked,
    /// Ask whether the name leads to the candidate. → `Yes`, `No`, `NotAFile` (it does, but this is no object's file)
    StillNamed,
    /// Remove the name. → `Done`, `NotFound`, `Denied`
    Unlink,
    /// Close the candidate, and with it any lock on it. → `Done`
    Forget,
    /// Let others go on for a moment. → `Done`, `GiveUp` when it has been too long
    Pause,
}

/// What a [`Call`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Seen {
    /// Nothing was called yet: the argument of a machine's first step.
    Start,
    /// It was done.
    Done,
    /// The name leads nowhere.
    NotFound,
    /// The name is taken.
    Exists,
    /// Nobody holds a lock.
    Nobody,
    /// Somebody holds the shared lock.
    Held,
    /// Somebody holds the exclusive lock: it is being reaped.
    HeldExclusively,
    /// The lock was not to be had at once.
    Busy,
    /// The descriptor does not allow an exclusive lock.
    ReadOnly,
    /// The system does not permit it.
    Denied,
    /// The name leads to something that is no object's file: a directory, a link, a FIFO, somebody's notes.
    NotAFile,
    /// Yes.
    Yes,
    /// No.
    No,
    /// Waited long enough.
    GiveUp,
}

/// What to do after a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// Carry this out and report what was seen.
    Do(Call),
    /// The end.
    End(Outcome),
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The draft is the object now, or the claimed candidate; it is locked shared.
    Created,
    /// The candidate is the object that existed already; it is locked shared, the draft is gone.
    Existed,
    /// The candidate is the object; it is locked shared.
    Opened,
    /// Nobody held an object of the name at some moment during the call.
    NotFound,
    /// There is an entry, and the system does not permit to open it.
    Denied,
    /// There is a dead entry, and only its owner may remove it.
    CannotReap,
    /// The name leads to something that is no object.
    NotAFile,
    /// Somebody stopped for long in the middle of removing this name.
    Busy,
    /// The handle is closed, others have one.
    Left,
    /// The handle is closed (or the entry was dead), and the name is gone.
    Removed,
    /// The entry is live: nothing was done.
    Live,
}

/// A machine that was told something that its last call can't find: a bug in the caller, not a condition.
#[cold]
#[track_caller]
pub(crate) fn broken(machine: &str, state: impl core::fmt::Debug, seen: Seen) -> ! {
    panic!("{machine}: {state:?} can't be followed by {seen:?}")
}
