//! Signalling and looking: what changes an object, or tells how it stands, without a wait.

use super::drive::{self, Ended, Sleep};
use super::page::StatePage;
use super::{because, timer};
use crate::linux::crash::point;
use crate::linux::futex;
use crate::linux::robust::{self, Thread};
use filemap_core::error::{Error, Why};
use filemap_core::sync::{
    Kind, Machine, Outcome, Program, Signal, Signalling, Word, released_at_once, set_and_wake_at_once,
    set_at_once, signal, taken_off,
};
use std::sync::atomic::Ordering;

/// Operations. None of them sleeps longer than a wait-all of somebody else takes; each fails with 170
/// ([`Why::ObjectStuck`]) if such a one was stopped in the middle and does not go on within five seconds.
impl StatePage {
    #[inline]
    pub(super) fn signal(&self, op: &'static str, what: Signal) -> Result<Word, Error> {
        let page = self.page();
        let mut word = page.load();
        if !page.kind.is_timer() {
            for _ in 0..16 {
                match signal(page.kind, word, 0, what) {
                    Signalling::Nothing => return Ok(word),
                    Signalling::Swap { to, release: false } => {
                        match page.word().compare_exchange_weak(
                            word.0,
                            to.0,
                            Ordering::AcqRel,
                            Ordering::Acquire,
                        ) {
                            Ok(_) => return Ok(word),
                            Err(other) => word = Word(other),
                        }
                    }
                    Signalling::Wake { to } => match self.set_and_wake(word, to)? {
                        true => return Ok(word),
                        false => break,
                    },
                    _ => break,
                }
            }
        }
        self.signal_slowly(op, what)
    }

    /// Carries out [`Signalling::Wake`], action by action as [`Machine`] would.
    #[inline(always)]
    fn wake_for(&self, me: &Thread, from: Word, to: Word) -> bool {
        me.set_pending(Some(self.node()));
        point("before setting an event that is slept on");
        let swapped = self
            .word()
            .compare_exchange(from.0, to.0, Ordering::AcqRel, Ordering::Relaxed)
            .is_ok();
        point("after setting an event that is slept on");
        // It can't fail: the word is mapped as long as `self` lives.
        if swapped && let Ok(woken) = futex::wake(self.lock_half()) {
            point("after waking");
            // The one sleeper of an auto-reset event takes the note off by itself, with the signal.
            if woken != 1 || self.kind() != Kind::AutoEvent {
                self.take_off(to);
            }
        }
        point("before the end of a set");
        me.set_pending(None);
        swapped
    }

    /// Takes off what `mine` says is owed, since the wake is done.
    #[inline(never)]
    fn take_off(&self, mine: Word) {
        let mut seen = mine;
        // What is left on if others change the word all the time makes the next signal dearer, no more.
        for _ in 0..16 {
            let Some(without) = taken_off(seen, mine) else {
                return;
            };
            match self
                .word()
                .compare_exchange(seen.0, without.0, Ordering::AcqRel, Ordering::Relaxed)
            {
                Ok(_) => return,
                Err(other) => seen = Word(other),
            }
        }
    }

    #[inline(never)]
    fn set_and_wake(&self, from: Word, to: Word) -> Result<bool, Error> {
        robust::with(|me| self.wake_for(me, from, to))
    }

    /// Sets an event that somebody may sleep on.
    #[inline(never)]
    fn set_for_sleepers(&self) -> Result<(), Error> {
        let word = Word(self.word().load(Ordering::Relaxed));
        if let Some(to) = set_and_wake_at_once(self.kind(), word)
            && robust::with(|me| self.wake_for(me, word, to))?
        {
            return Ok(());
        }
        self.signal("set an event", Signal::Set).map(drop)
    }

    /// Sets or resets an event that nobody sleeps on.
    #[inline(always)]
    fn flip(&self, set: bool) -> bool {
        let word = Word(self.word().load(Ordering::Relaxed));
        point("before an event is set or reset at once");
        set_at_once(word, set).is_some_and(|to| {
            self.word()
                .compare_exchange(word.0, to.0, Ordering::AcqRel, Ordering::Relaxed)
                .is_ok()
        })
    }

    #[cold]
    #[inline(never)]
    pub(super) fn signal_slowly(&self, op: &'static str, what: Signal) -> Result<Word, Error> {
        let page = self.page();
        let tid = robust::with(Thread::tid)?;
        let mut machine = Machine::<1>::new(Program::Signal(what), tid, &[page.kind], 0, &[], false);
        let Ended { outcome, .. } = drive::run(&mut machine, &[page], Sleep::SIGNAL, None)?;
        match (outcome, page.kind) {
            (Outcome::Signalled { before }, _) => Ok(before),
            (Outcome::TooManyPosts, Kind::Semaphore { maximum }) => {
                Err(because(op, Why::SemaphoreFull { maximum }))
            }
            (Outcome::NotOwner, _) => Err(because(op, Why::NotMutexOwner)),
            _ => Err(because(op, Why::ObjectStuck)),
        }
    }

    #[inline]
    pub(super) fn must_be(&self, op: &'static str, is: bool) -> Result<(), Error> {
        if is { Ok(()) } else { self.is_another_kind(op) }
    }

    #[cold]
    fn is_another_kind(&self, op: &'static str) -> Result<(), Error> {
        let kind = match self.kind() {
            Kind::ManualEvent | Kind::AutoEvent => "an event",
            Kind::Mutex => "a mutex",
            Kind::Semaphore { .. } => "a semaphore",
            Kind::ManualTimer | Kind::AutoTimer => "a waitable timer",
        };
        Err(because(op, Why::WrongKindOfHandle { kind }))
    }

    #[inline]
    fn is_event(&self) -> bool {
        matches!(self.kind(), Kind::ManualEvent | Kind::AutoEvent)
    }

    /// `SetEvent` (Y-5).
    ///
    /// # Errors
    /// 6 if it is no event.
    #[inline]
    pub fn set(&self) -> Result<(), Error> {
        self.must_be("set an event", self.is_event())?;
        match self.flip(true) {
            true => Ok(()),
            false => self.set_for_sleepers(),
        }
    }

    /// `ResetEvent`.
    ///
    /// # Errors
    /// 6 if it is no event.
    #[inline]
    pub fn reset(&self) -> Result<(), Error> {
        self.must_be("reset an event", self.is_event())?;
        if self.flip(false) {
            return Ok(());
        }
        self.signal("reset an event", Signal::Reset).map(drop)
    }

    /// `PulseEvent` (Y-6): lets go who sleeps on it alone or in a wait for any (one of them if it is auto-reset), and
    /// leaves it reset. Waits for all do not see it.
    ///
    /// # Errors
    /// 6 if it is no event.
    pub fn pulse(&self) -> Result<(), Error> {
        self.must_be("pulse an event", self.is_event())?;
        self.signal("pulse an event", Signal::Pulse).map(drop)
    }

    /// `ReleaseSemaphore`: adds `n` and returns the count before (Y-21).
    ///
    /// # Errors
    /// 87 for 0 or more than a LONG holds, 298 above the maximum (the count is unchanged), 6 if it is no semaphore.
    #[inline]
    pub fn release(&self, n: u32) -> Result<u32, Error> {
        const OP: &str = "release a semaphore";
        self.must_be(OP, matches!(self.kind(), Kind::Semaphore { .. }))?;
        if n == 0 || n > filemap_core::sync::SEMAPHORE_LIMIT {
            return refused_count(OP, n);
        }
        let word = Word(self.word().load(Ordering::Relaxed));
        if let Some(to) = released_at_once(self.kind(), word, n)
            && self
                .word()
                .compare_exchange(word.0, to.0, Ordering::AcqRel, Ordering::Relaxed)
                .is_ok()
        {
            return Ok(word.state());
        }
        self.signal(OP, Signal::Release(n))
            .map(|before| self.kind().settle(before))
    }

    /// Whether a wait by this thread would succeed now; what the Query functions tell. Changes nothing, except that
    /// a timer that is due becomes signalled.
    #[must_use]
    pub fn is_signalled(&self) -> bool {
        let page = self.page();
        if page.kind.is_timer() {
            // An error here (a stuck object) means that it can't be told: then it is as it stands.
            let _ = robust::with(|me| timer::refresh(me, page));
        }
        let mine = page.kind == Kind::Mutex
            && robust::with(|me| page.owner.load(Ordering::Relaxed) == me.serial()).unwrap_or(false);
        let word = page.load();
        mine || page
            .kind
            .is_signalled(word)
            .unwrap_or_else(|| page.kind.is_signalled(word.with_lock(0)) == Some(true))
    }

    /// The semaphore's count; 0 for other kinds.
    #[must_use]
    pub fn semaphore_count(&self) -> u32 {
        match self.kind() {
            Kind::Semaphore { .. } => self.kind().settle(self.page().load()),
            _ => 0,
        }
    }
}

#[cold]
fn refused_count(op: &'static str, n: u32) -> Result<u32, Error> {
    let what = format!("a semaphore is released by 1 to 2147483647, not {n}");
    Err(because(op, Why::Argument { what }))
}
