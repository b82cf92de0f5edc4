//! Waitable timers: nobody's thread runs for one; whoever looks after the due time signals it.

use super::drive::{self, Sleep};
use super::page::Page;
use crate::linux::futex;
use crate::linux::robust::Thread;
use filemap_core::error::Error;
use filemap_core::sync::{
    ARMED, Clock, Due, Machine, Program, SIGNALLED, SLOT, Setting, Signal, Tick, Word, due, generation,
};
use std::sync::Arc;

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
