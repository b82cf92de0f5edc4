//! A mutex in two worlds.
//!
//! Where nobody wants it here, this process owns the Linux one, so that it is free in the prefix alone. When a Linux thread
//! wants it, which its waiters' bit shows, the helper takes the prefix's mutex, as one waiter among others, and this process
//! lets the Linux one go; it takes it back as soon as it can, and the helper releases the prefix's. So at most one thread of
//! either world owns it. If an owner dies, the next owner is told in whichever world it is.

use crate::Remote;
use crate::event::pause;
use crate::protocol::{Answer, Failed, Order};
use filemap::{Error, Mutex, Wait};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

/// How often the waiters' bit is looked at.
const LOOK: Duration = Duration::from_millis(1);
/// How long a waiter that was let go may take until it owns the mutex, before this process takes it back.
const HAND_OVER: u32 = 100;

/// Keeps `here` and the helper's mutex `id` as one until `stop` is true or the helper has ended.
///
/// # Errors
/// What failed in either world.
pub fn mirror(here: &Arc<Mutex>, there: &Remote, id: usize, stop: &Arc<AtomicBool>) -> Result<(), Failed> {
    loop {
        // Ownership is a thread's, and only the end of a thread abandons it: a thread for each time that it must.
        let (mutex, remote, stopped) = (Arc::clone(here), there.clone(), Arc::clone(stop));
        let turn = std::thread::spawn(move || hold(&mutex, &remote, id, &stopped));
        match turn.join() {
            Ok(Ok(Ended::Abandoned)) => {}
            Ok(Ok(Ended::Stopped)) => return Ok(()),
            Ok(Err(e)) => return Err(e),
            Err(_) => {
                return Err(Failed {
                    code: 1359,
                    text: "the mirror of a mutex has failed".to_owned(),
                });
            }
        }
    }
}

enum Ended {
    /// The thread owns the mutex and ends: what the prefix's owner has left half done is told here.
    Abandoned,
    Stopped,
}

fn own(e: &Error) -> Failed {
    Failed {
        code: e.code().0,
        text: e.to_string(),
    }
}

fn hold(here: &Mutex, there: &Remote, id: usize, stop: &AtomicBool) -> Result<Ended, Failed> {
    let is_over = || stop.load(Ordering::Acquire) || there.has_ended();
    let mut has_prefix = false;
    loop {
        // Back in our hands: whoever owned it here is done, or dead.
        let died = loop {
            match here.wait(Some(Duration::from_millis(100))).map_err(|e| own(&e))? {
                Wait::TimedOut if is_over() => return Ok(Ended::Stopped),
                Wait::TimedOut => {}
                waited => break matches!(waited, Wait::Abandoned(_)),
            }
        };
        if has_prefix {
            let order = if died {
                Order::Abandon(id)
            } else {
                Order::Unlock(id)
            };
            there.ask(&order)?;
        }
        while !here.is_wanted() {
            if is_over() {
                here.release().map_err(|e| own(&e))?;
                return Ok(Ended::Stopped);
            }
            pause(LOOK);
        }
        let locked = there.begin(&Order::Lock(id))?;
        let abandoned = loop {
            match locked.recv_timeout(Duration::from_millis(100)) {
                Ok(answer) => break answer? == Answer::Is(true),
                Err(RecvTimeoutError::Timeout) if !is_over() => {}
                Err(_) => {
                    here.release().map_err(|e| own(&e))?;
                    return Ok(Ended::Stopped);
                }
            }
        };
        has_prefix = true;
        if abandoned {
            return Ok(Ended::Abandoned);
        }
        here.release().map_err(|e| own(&e))?;
        // The waiter goes first.
        for _ in 0..HAND_OVER {
            if !here.is_wanted() || here.state().owner.is_some() {
                break;
            }
            pause(LOOK);
        }
    }
}
