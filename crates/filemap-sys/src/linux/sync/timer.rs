//! Waitable timers: nobody's thread runs for one; whoever looks after the due time signals it.

use super::because;
use super::drive::{self, Sleep};
use super::page::{Page, StatePage};
use crate::linux::futex;
use crate::linux::robust::{self, Thread};
use filemap_core::error::{Error, Why};
use filemap_core::sync::{
    ARMED, Clock, Due, Machine, Outcome, Program, SIGNALLED, SLOT, Setting, Signal, Tick, Word, due,
    generation,
};
use std::sync::Arc;
use std::time::Duration;

/// Earliest due times of some timers, in nanoseconds on their clocks.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Earliest {
    pub(super) monotonic: Option<u64>,
    pub(super) realtime: Option<u64>,
}

/// The setting that counts, with the word under which it was read; `None` if no due time is ahead.
fn setting(page: &Page) -> Option<(Word, Setting)> {
    for _ in 0..16 {
        let word = page.load();
        let state = page.kind.settle(word);
        if state & ARMED == 0 || state & SIGNALLED != 0 {
            return None;
        }
        let setting = Setting::from_words(page.read_slot(state & SLOT != 0));
        if generation(page.load()) == generation(word) {
            return Some((word, setting));
        }
    }
    None // being set over and over: whoever sets it wakes the sleepers
}

/// When the timer is due next.
pub(super) fn next_due(page: &Page) -> Option<(Clock, u64)> {
    setting(page).map(|(_, setting)| (setting.clock, setting.due))
}

/// Signals the timer if its due time is over.
pub(super) fn refresh(me: &Thread, page: &Arc<Page>) -> Result<(), Error> {
    let Some((word, setting)) = setting(page) else {
        return Ok(());
    };
    if word.owner() != 0 {
        return Ok(());
    }
    let Due::Now(tick) = due(setting, futex::now(setting.clock == Clock::Realtime)) else {
        return Ok(());
    };
    let (program, next) = match tick {
        Tick::Last => (Program::Signal(Signal::Expire), setting),
        Tick::Next(next) => (
            Program::EditTimer {
                armed: true,
                signalled: true,
                only_if: Some(generation(word)),
            },
            next,
        ),
    };
    let mut machine = Machine::<1>::new(program, me.tid(), &[page.kind], 0, &[], false);
    // This may be in the middle of a wait, which has its own pending word.
    let before = me.set_pending(None);
    let ended = drive::run(&mut machine, &[page], Sleep::SIGNAL, Some(next.to_words()));
    me.set_pending(before);
    ended.map(drop)
}

/// When a timer is first due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DueTime {
    /// So long from now, on the monotonic clock.
    After(Duration),
    /// At this time since 1970 UTC; follows when people set the clock (Y-25).
    At(Duration),
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

impl StatePage {
    /// `SetWaitableTimer`: due first at `due`, then every `period` (zero: once). It becomes non-signalled (Y-25).
    ///
    /// # Errors
    /// 6 if it is no timer.
    pub fn set_timer(&self, due: DueTime, period: Duration) -> Result<(), Error> {
        const OP: &str = "set a waitable timer";
        self.must_be(OP, self.kind().is_timer())?;
        let (clock, due) = match due {
            DueTime::After(after) => (Clock::Monotonic, futex::now(false).saturating_add(nanos(after))),
            DueTime::At(at) => (Clock::Realtime, nanos(at)),
        };
        let setting = Setting {
            clock,
            due,
            period: nanos(period),
        };
        let page = self.page();
        let program = Program::EditTimer {
            armed: true,
            signalled: false,
            only_if: None,
        };
        let tid = robust::with(Thread::tid)?;
        let mut machine = Machine::<1>::new(program, tid, &[page.kind], 0, &[], false);
        match drive::run(&mut machine, &[page], Sleep::SIGNAL, Some(setting.to_words()))?.outcome {
            Outcome::Signalled { .. } => Ok(()),
            _ => Err(because(OP, Why::ObjectStuck)),
        }
    }

    /// `CancelWaitableTimer`: no longer due; whether it is signalled stays as it is (Y-26).
    ///
    /// # Errors
    /// 6 if it is no timer.
    pub fn cancel_timer(&self) -> Result<(), Error> {
        self.must_be("cancel a waitable timer", self.kind().is_timer())?;
        self.signal("cancel a waitable timer", Signal::Cancel).map(drop)
    }

    /// Whether a due time is ahead of the timer.
    #[must_use]
    pub fn timer_is_armed(&self) -> bool {
        let page = self.page();
        page.kind.is_timer() && page.kind.settle(page.load()) & ARMED != 0
    }
}
