//! Threads that sleep on a mutex in place of a thread that waits for several.
//!
//! When an owner dies the kernel wakes one sleeper of the mutex. If that one is killed before it has passed the wake
//! on, its own robust list must name the mutex as pending, and a thread has one pending word. So in a wait for any of
//! several owned mutexes the waiting thread sleeps on the first itself, and for each other one a sentry thread of
//! this process does, which wakes the waiting threads by a private word. It lives while somebody waits so, and a
//! second longer.

use super::drive::{self, Sleep};
use super::page::{Page, locked};
use crate::linux::futex::{self, Scope, Until, Word32};
use crate::linux::robust;
use filemap_core::sync::{Machine, Program};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

/// What a page knows of its sentry.
#[derive(Debug, Default)]
pub(super) struct Sentry {
    state: Mutex<State>,
    /// Goes up whenever the mutex was seen to be free; waiting threads sleep on it.
    pub(super) echo: AtomicU32,
    /// Goes up whenever the sentry has something to decide; it sleeps on it.
    control: AtomicU32,
}

#[derive(Debug, Default)]
struct State {
    /// Process that the thread belongs to, 0 = there is none.
    process: u32,
    /// Threads that sleep on `echo`.
    interested: u32,
    /// Rounds asked for and rounds done.
    asked: u64,
    done: u64,
}

/// One waiting thread's interest in a page, until dropped.
#[derive(Debug)]
pub(super) struct Interest<'a> {
    page: &'a Arc<Page>,
    /// Value of `echo` while which to sleep.
    pub(super) echo: u32,
}

impl Drop for Interest<'_> {
    fn drop(&mut self) {
        let mut state = locked(&self.page.sentry.state);
        state.interested = state.interested.saturating_sub(1);
        if state.interested == 0 {
            self.page.sentry.call();
        }
    }
}

impl Sentry {
    fn call(&self) {
        self.control.fetch_add(1, Ordering::AcqRel);
        futex::wake_all_private(&self.control);
    }
}

/// Starts watching the mutex. The caller looks at its word once more afterwards, then sleeps while `echo` is the same.
pub(super) fn watch(page: &Arc<Page>) -> std::io::Result<Interest<'_>> {
    let sentry = &page.sentry;
    let mut state = locked(&sentry.state);
    let process = std::process::id();
    if state.process != process {
        let own = Arc::clone(page);
        std::thread::Builder::new()
            .name("filemap-sentry".into())
            .stack_size(64 * 1024)
            .spawn(move || run(&own))?;
        *state = State {
            process,
            ..State::default()
        };
    }
    state.interested += 1;
    if state.asked == state.done {
        state.asked += 1;
        sentry.call();
    }
    Ok(Interest {
        page,
        echo: sentry.echo.load(Ordering::Acquire),
    })
}

fn run(page: &Arc<Page>) {
    let sentry = &page.sentry;
    loop {
        let control = sentry.control.load(Ordering::Acquire);
        let mut state = locked(&sentry.state);
        if state.asked > state.done {
            drop(state);
            round(page);
            let mut state = locked(&sentry.state);
            state.done = state.asked; // whoever came meanwhile is woken too, looks, and asks again
            sentry.echo.fetch_add(1, Ordering::AcqRel);
            drop(state);
            futex::wake_all_private(&sentry.echo);
            continue;
        }
        let idle = state.interested == 0;
        let until = if idle {
            Until::Monotonic(futex::now(false) + 1_000_000_000)
        } else {
            Until::Forever
        };
        drop(state);
        let word = Word32 {
            address: &raw const sentry.control,
            expected: control,
            scope: Scope::Private,
        };
        let slept = futex::wait(word, until);
        state = locked(&sentry.state);
        if idle
            && state.interested == 0
            && state.asked == state.done
            && slept.ok() == Some(futex::Woken::TimedOut)
        {
            state.process = 0;
            return;
        }
    }
}

/// Sleeps until the mutex is not owned as it was, or nobody is interested any more.
fn round(page: &Arc<Page>) {
    let Ok(tid) = robust::with(robust::Thread::tid) else {
        return;
    };
    let mut machine = Machine::<1>::new(Program::Watch, tid, &[page.kind], 0, &[], false);
    loop {
        let control = page.sentry.control.load(Ordering::Acquire);
        if locked(&page.sentry.state).interested == 0 {
            return;
        }
        let word = Word32 {
            address: &raw const page.sentry.control,
            expected: control,
            scope: Scope::Private,
        };
        let sleep = Sleep {
            until: None,
            extra: &[word],
            patience: u64::MAX,
        };
        let called_off = match drive::run(&mut machine, &[page], sleep, None) {
            Ok(ended) => ended.extra,
            Err(_) => return, // the waiting threads look for themselves
        };
        if !called_off {
            return;
        }
        machine = Machine::new(Program::Watch, tid, &[page.kind], 0, &[], false);
    }
}
