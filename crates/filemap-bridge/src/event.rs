//! An event in two worlds.
//!
//! A set event is set in both, and who takes it in one world takes it in the other. An auto-reset event that is set lets
//! one waiter go, wherever it waits: waiters of the world in which it was set come first. If there is no waiter in either,
//! it stays set in both, and the two are looked at every millisecond until one of them was taken; only if waiters come in
//! both worlds within that millisecond, both go. A pulse reaches the other world as a set and a reset.

use crate::Remote;
use crate::protocol::{Answer, Failed, Order};
use crate::watch::Watch;
use filemap::Event;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// How often two set events are looked at.
const LOOK: Duration = Duration::from_millis(1);
/// How often a mirror asks whether it shall end.
const ALIVE: Duration = Duration::from_millis(100);

/// In which world something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Here,
    There,
}

struct Mirror {
    here: Arc<Event>,
    watch: Watch,
    there: Remote,
    id: usize,
    manual: bool,
    tell: Sender<Side>,
}

/// Keeps `here` and the helper's event `id` as one until `stop` is true or the helper has ended.
///
/// # Errors
/// What failed in either world.
pub fn mirror(
    here: Arc<Event>,
    there: &Remote,
    id: usize,
    manual: bool,
    stop: &AtomicBool,
) -> Result<(), Failed> {
    let (tell, told) = channel();
    let watch = Watch::new(Arc::clone(&here)).map_err(|e| own(&e))?;
    let mut mirror = Mirror {
        here,
        watch,
        there: there.clone(),
        id,
        manual,
        tell,
    };
    // What was set before the bridge was there counts as well.
    mirror.arm(Side::Here)?;
    mirror.arm(Side::There)?;
    while !stop.load(Ordering::Acquire) && !there.has_ended() {
        match told.recv_timeout(ALIVE) {
            Ok(side) => mirror.was_signalled(side, &told, stop)?,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    Ok(())
}

fn own(e: &filemap::Error) -> Failed {
    Failed {
        code: e.code().0,
        text: e.to_string(),
    }
}

impl Mirror {
    fn arm(&mut self, side: Side) -> Result<(), Failed> {
        let tell = self.tell.clone();
        let signalled = move || {
            let _ = tell.send(side); // the mirror may have ended
        };
        match side {
            Side::Here => self.watch.arm(signalled).map_err(|e| own(&e)),
            Side::There => self.there.arm(self.id, signalled),
        }
    }

    fn disarm(&mut self, side: Side) -> Result<(), Failed> {
        match side {
            Side::Here => self.watch.disarm().map_err(|e| own(&e)),
            Side::There => self.there.disarm(self.id),
        }
    }

    fn set(&self, side: Side, set: bool) -> Result<(), Failed> {
        let order = if set {
            Order::Set(self.id)
        } else {
            Order::Reset(self.id)
        };
        match (side, set) {
            (Side::Here, true) => self.here.set().map_err(|e| own(&e)),
            (Side::Here, false) => self.here.reset().map_err(|e| own(&e)),
            (Side::There, _) => self.there.ask(&order).map(drop),
        }
    }

    fn is_set(&self, side: Side) -> Result<bool, Failed> {
        match side {
            Side::Here => Ok(self.here.is_set()),
            Side::There => Ok(self.there.ask(&Order::IsSet(self.id))? == Answer::Is(true)),
        }
    }

    fn was_signalled(&mut self, side: Side, told: &Receiver<Side>, stop: &AtomicBool) -> Result<(), Failed> {
        let other = match side {
            Side::Here => Side::There,
            Side::There => Side::Here,
        };
        // The other world's watch must not take what this one sets there.
        self.disarm(other)?;
        while told.try_recv().is_ok() {} // both were signalled: one signal, as two sets of one event are
        if !self.manual {
            // The watch has taken the signal: it goes back, first to this world's waiters.
            self.set(side, true)?;
            if !self.is_set(side)? {
                return self.arm_both();
            }
        }
        self.set(other, true)?;
        while !stop.load(Ordering::Acquire) && !self.there.has_ended() {
            if !self.is_set(side)? {
                self.set(other, false)?;
                break;
            }
            if !self.is_set(other)? {
                self.set(side, false)?;
                break;
            }
            pause(LOOK);
        }
        self.arm_both()
    }

    fn arm_both(&mut self) -> Result<(), Failed> {
        self.arm(Side::Here)?;
        self.arm(Side::There)
    }
}

/// A pause between two looks.
pub(crate) fn pause(time: Duration) {
    #[expect(
        clippy::disallowed_methods,
        reason = "nothing tells when a foreign event is taken: it is looked at"
    )]
    std::thread::sleep(time);
}
