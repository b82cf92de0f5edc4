//! A lock that a dead owner does not keep.
//!
//! The kernel's robust futexes ([`crate::sync`]) can't do this: the word of such a lock has its place at the end of a page with
//! private memory behind, for the list that the kernel follows. This word lies inside the structure that it guards, and its owner
//! is a member, whose death anybody can ask about.

use super::{Members, NOBODY, Words};
use crate::error::Why;
use alloc::format;

/// How a lock came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acquired {
    /// Its last owner gave it back.
    Clean,
    /// Its last owner died with it: what it guards may be half changed (`WAIT_ABANDONED`).
    Abandoned,
}

/// A lock whose owner may be killed. One thread at a time has it.
pub trait RobustLock {
    /// Waits for the lock.
    ///
    /// # Errors
    /// The system's own; the lock is not owned then.
    fn lock(&self) -> Result<Acquired, Why>;
    /// Gives it back.
    ///
    /// # Errors
    /// The system's own.
    fn unlock(&self) -> Result<(), Why>;
}

/// One attempt to own the lock word at `at`: 0 is free, else the owner's number. `Err(owner)` if a member has it.
///
/// # Errors
/// `ERROR_FILE_CORRUPT` (1392) for a word that nobody writes there; the memory's own.
pub fn try_lock(words: &impl Words, at: u64, me: u32) -> Result<Result<Acquired, u32>, Why> {
    match words.exchange(at, NOBODY.into(), me.into())? {
        0 => Ok(Ok(Acquired::Clean)),
        owner => u32::try_from(owner).map(Err).map_err(|_| Why::Damaged {
            what: format!("its lock is {owner:#x}"),
        }),
    }
}

/// Takes the lock from `owner` if that member is dead. `None` if it lives, or somebody else was faster.
///
/// # Errors
/// The memory's own, or the system's.
pub fn take_from_dead(
    words: &impl Words,
    at: u64,
    members: &impl Members,
    owner: u32,
) -> Result<Option<Acquired>, Why> {
    if owner == members.me() || members.is_alive(owner)? {
        return Ok(None);
    }
    let was = words.exchange(at, owner.into(), members.me().into())?;
    Ok((was == u64::from(owner)).then_some(Acquired::Abandoned))
}

/// Gives the lock back; `bell` is where others sleep.
///
/// # Errors
/// The memory's own.
pub fn unlock(words: &impl Words, at: u64, bell: u64, me: u32) -> Result<(), Why> {
    // An exchange: if a peer has scribbled over the word, it isn't ours to clear.
    words.exchange(at, me.into(), NOBODY.into())?;
    words.ring(bell)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shared::words::fake::Memory;

    // V-79
    #[test]
    fn the_lock_of_a_dead_owner_comes_abandoned_and_only_once() {
        let memory = Memory::new(64);
        assert_eq!(try_lock(&memory, 8, memory.me()), Ok(Ok(Acquired::Clean)));
        assert_eq!(try_lock(&memory, 8, 9), Ok(Err(1)));
        assert_eq!(take_from_dead(&memory, 8, &memory, 1), Ok(None));
        memory.reborn();
        assert_eq!(
            take_from_dead(&memory, 8, &memory, 1),
            Ok(Some(Acquired::Abandoned))
        );
        assert_eq!(take_from_dead(&memory, 8, &memory, 1), Ok(None));
        unlock(&memory, 8, 16, memory.me()).unwrap();
        assert_eq!(try_lock(&memory, 8, 3), Ok(Ok(Acquired::Clean)));
        memory.store(8, 1 << 40 | 3).unwrap();
        assert!(matches!(try_lock(&memory, 8, 3), Err(Why::Damaged { .. })));
    }
}
