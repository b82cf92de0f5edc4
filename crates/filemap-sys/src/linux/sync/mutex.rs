//! Mutexes: taking, releasing, and what only this process knows of them.

use super::because;
use super::page::{Page, StatePage};
use crate::linux::crash::point;
use crate::linux::robust::{self, Thread};
use filemap_core::error::{Error, Why};
use filemap_core::sync::{Kind, OWNED, RECURSION_LIMIT, Signal, WAITERS, Word, is_abandoned};
use std::sync::atomic::{AtomicU64, Ordering};

const UNLOCK: &str = "release a mutex";

/// The thread's own knowledge of a mutex that it has just got, perhaps from a thread of this process that died as its owner.
#[inline]
pub(super) fn own(me: &Thread, page: &Page) {
    page.recursions.store(0, Ordering::Relaxed);
    page.owner.store(me.serial(), Ordering::Relaxed);
}

pub(super) fn again(me: &Thread, page: &Page) -> Result<(), Error> {
    let count = page.times_owned();
    if count >= RECURSION_LIMIT {
        return Err(because("wait for a mutex", Why::RecursionLimit));
    }
    page.recursions.store(count, Ordering::Relaxed);
    page.note_recursion(me.tid(), count + 1);
    Ok(())
}

/// Takes a mutex that is free and that nothing is the matter with, as nearly always.
#[inline(always)]
pub(super) fn lock_at_once(me: &Thread, page: &Page, word: &AtomicU64) -> bool {
    if page.owner.load(Ordering::Relaxed) != 0 || !page.is_prepared(me) {
        return false;
    }
    let owned = Word::new(me.tid(), OWNED).0;
    me.set_pending(Some(page.node()));
    point("before taking a mutex");
    let won = word
        .compare_exchange(0, owned, Ordering::AcqRel, Ordering::Relaxed)
        .is_ok();
    point("after taking a mutex");
    if won {
        if !page.insert_at_once(me) {
            page.insert(me);
        }
        point("before owning a mutex");
        page.owner.store(me.serial(), Ordering::Relaxed); // it was 0: whoever had it before has left no recursions
    }
    me.set_pending(None);
    point("after owning a mutex");
    won
}

/// Gives up the last recursion of this thread. `false`: somebody sleeps, and the lock half is still to be released.
#[inline(always)]
pub(super) fn unlock_last(me: &Thread, page: &Page, word: &AtomicU64) -> bool {
    // Another thread of this process may get it with the next exchange: forget it before.
    page.owner.store(0, Ordering::Relaxed);
    point("before giving up a mutex");
    me.set_pending(Some(page.node()));
    page.remove(me);
    point("before freeing a mutex");
    let owned = Word::new(me.tid(), OWNED).0;
    let free = word
        .compare_exchange(owned, 0, Ordering::AcqRel, Ordering::Relaxed)
        .is_ok();
    point("after freeing a mutex");
    if free {
        me.set_pending(None);
    }
    free
}

impl StatePage {
    /// Whether some thread sleeps until this changes. A bit that a sleeper left behind may stay until the next change.
    #[must_use]
    pub fn has_waiters(&self) -> bool {
        self.page().load().lock() & WAITERS != 0
    }

    /// Releases a mutex if one exchange does that: this thread owns it once and nobody sleeps; `false`: ask
    /// [`StatePage::unlock`].
    #[inline]
    #[must_use]
    pub fn unlock_at_once(&self) -> bool {
        let page = self.page();
        let unlock = |me: &Thread| {
            let once = page.owner.load(Ordering::Relaxed) == me.serial() && page.times_owned() == 1;
            if !once
                || page.kind != Kind::Mutex
                || self.word().load(Ordering::Relaxed) != Word::new(me.tid(), OWNED).0
            {
                return false;
            }
            unlock_last(me, page, self.word()) || self.signal_slowly(UNLOCK, Signal::Unlock).is_ok()
        };
        robust::with(unlock).unwrap_or(false)
    }

    /// `ReleaseMutex`: once per successful wait (Y-11).
    ///
    /// # Errors
    /// 288 if this thread does not own it, 6 if it is no mutex.
    #[inline]
    pub fn unlock(&self) -> Result<(), Error> {
        self.must_be(UNLOCK, self.kind() == Kind::Mutex)?;
        let page = self.page();
        let done = robust::with(|me| {
            if page.owner.load(Ordering::Relaxed) != me.serial() {
                return Err(because(UNLOCK, Why::NotMutexOwner));
            }
            let count = page.times_owned();
            if count > 1 {
                page.recursions.store(count - 2, Ordering::Relaxed);
                page.note_recursion(me.tid(), count - 1);
                return Ok(true);
            }
            Ok(unlock_last(me, page, self.word()))
        })??;
        if done {
            Ok(())
        } else {
            self.signal_slowly(UNLOCK, Signal::Unlock).map(drop)
        }
    }

    /// What can be said of a mutex.
    #[must_use]
    pub fn mutex_state(&self) -> MutexState {
        let page = self.page();
        let word = page.load();
        let mine = robust::with(|me| page.owner.load(Ordering::Relaxed) == me.serial()).unwrap_or(false);
        MutexState {
            owner: if word.owner() != 0 && word.state() & OWNED != 0 {
                Some(word.owner())
            } else {
                None
            },
            count: if mine { page.times_owned() } else { 0 },
            abandoned: is_abandoned(page.kind, word),
        }
    }
}

/// State of a mutex at some moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MutexState {
    /// Thread number of the owner, in its own PID name space.
    pub owner: Option<u32>,
    /// How often the calling thread owns it.
    pub count: u32,
    /// The last owner ended without releasing it, and nobody has waited for it since.
    pub abandoned: bool,
}
