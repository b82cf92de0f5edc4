//! Waking tasks: a few threads of the process sleep in the place of all tasks that wait.
//!
//! A task that can't have what it wants leaves its [`Waker`] here with the objects that it wants ([`watch`]). A thread
//! sleeps on the words of up to [`OBJECTS`] objects at a time with one `futex_waitv`, whatever the number of tasks, takes
//! nothing, and wakes the tasks whose objects may be had; they take for themselves when their executor runs them. So a
//! task that is dropped has taken nothing and owes nothing.
//!
//! Why so: a thread per wait is what tasks are there to avoid; io_uring's futex operations (Linux 6.7) would need no
//! thread, but containers and hardened kernels mostly forbid io_uring, and a ring can't have a robust list of its own;
//! an eventfd in every object would make each signal a system call.
//!
//! To other processes such a thread is one that waits for any of its objects: it follows the rules of
//! `filemap_core::sync::Machine` as [`Program::Watch`].

use super::drive::{self, Sleep};
use super::fds::{self, Watched};
use super::page::{Page, StatePage, locked, system};
use crate::linux::futex::{self, Scope, Until, Woken, Word32};
use crate::linux::robust::{self, Thread};
use filemap_core::error::Error;
use filemap_core::sync::{MAXIMUM_WAIT_OBJECTS, Machine, Program, Take, take};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Waker;

/// Most different objects that one thread sleeps on.
const OBJECTS: usize = MAXIMUM_WAIT_OBJECTS;
/// Most descriptors that one thread sleeps on beside them; `futex_waitv` takes 128 words in all.
const DESCRIPTORS: usize = 60;
/// How long a thread without work stays: nanoseconds.
const IDLE: u64 = 1_000_000_000;

/// What came of an interest, shared with the task.
#[derive(Debug, Default)]
struct Slot {
    over: AtomicBool,
    failed: Mutex<Option<Error>>,
}

/// One task's interest in some objects and descriptors.
#[derive(Debug)]
struct Interest {
    pages: Vec<(StatePage, u32)>,
    descriptors: Vec<Watched>,
    waker: Waker,
    slot: Arc<Slot>,
}

impl Interest {
    /// Whether the task should look.
    fn is_ready(&self, me: &Thread) -> bool {
        let is = |page: &Page, since| {
            let word = page.load();
            !matches!(
                take(page.kind, word, me.tid(), Some(since)),
                Take::No | Take::Frozen
            )
        };
        self.pages.iter().any(|(page, since)| is(page.page(), *since))
            || self.descriptors.iter().any(Watched::is_ready)
    }

    fn end(self, error: Option<Error>) -> Waker {
        *locked(&self.slot.failed) = error;
        self.slot.over.store(true, Ordering::Release);
        self.waker
    }
}

/// One thread and what it watches.
#[derive(Debug)]
struct Shard {
    process: u32,
    /// Goes up whenever there is something to look at anew; the thread sleeps on it, too.
    control: AtomicU32,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    interests: HashMap<u64, Interest>,
    next: u64,
    /// A thread is there.
    runs: bool,
}

static SHARDS: Mutex<Vec<Arc<Shard>>> = Mutex::new(Vec::new());

/// A task's interest, until dropped or over.
#[derive(Debug)]
pub(super) struct Watching {
    shard: Arc<Shard>,
    id: u64,
    slot: Arc<Slot>,
}

impl Watching {
    /// Whether the task was woken: then it should look, and watch anew if it has to.
    pub(super) fn is_over(&self) -> bool {
        self.slot.over.load(Ordering::Acquire)
    }

    /// Why the thread could not watch, if it could not.
    pub(super) fn error(&self) -> Option<Error> {
        locked(&self.slot.failed).take()
    }

    /// Wakes this task from now on; `false` if the interest is over.
    pub(super) fn set_waker(&self, waker: &Waker) -> bool {
        let mut state = locked(&self.shard.state);
        match state.interests.get_mut(&self.id) {
            Some(interest) => {
                interest.waker.clone_from(waker);
                true
            }
            None => false,
        }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        if self.shard.process != std::process::id() {
            return; // a child of fork has the memory, not the thread, and the lock may be held for ever there
        }
        let interest = locked(&self.shard.state).interests.remove(&self.id);
        if interest.is_some() {
            self.shard.call();
        }
    }
}

impl Shard {
    fn call(&self) {
        self.control.fetch_add(1, Ordering::AcqRel);
        futex::wake_all_private(&self.control);
    }

    fn control(&self) -> Word32 {
        Word32 {
            address: &raw const self.control,
            expected: self.control.load(Ordering::Acquire),
            scope: Scope::Private,
        }
    }
}

impl State {
    /// The objects of all interests, each once, with what is waited for since. Where two interests say different things,
    /// either will do: whom the older one concerned was found ready before.
    fn pages(&self) -> Vec<(StatePage, u32)> {
        let mut pages: Vec<(StatePage, u32)> = Vec::new();
        for (page, since) in self.interests.values().flat_map(|interest| &interest.pages) {
            if !pages
                .iter()
                .any(|(other, _)| Arc::ptr_eq(other.page(), page.page()))
            {
                pages.push((page.clone(), *since));
            }
        }
        pages
    }

    fn descriptors(&self) -> usize {
        self.interests
            .values()
            .map(|interest| interest.descriptors.len())
            .sum()
    }

    fn has_room_for(&self, pages: &[(StatePage, u32)], descriptors: usize) -> bool {
        let own = self.pages();
        let new = pages.iter().filter(|(page, _)| {
            !own.iter()
                .any(|(other, _)| Arc::ptr_eq(other.page(), page.page()))
        });
        let fits = own.len() + new.count() <= OBJECTS && self.descriptors() + descriptors <= DESCRIPTORS;
        fits || self.interests.is_empty()
    }
}

/// Has the task woken once any of the pages may be had, each since the word's generation beside it, or any of the
/// descriptors is ready.
pub(super) fn watch(
    pages: Vec<(StatePage, u32)>,
    descriptors: Vec<Watched>,
    waker: &Waker,
) -> Result<Watching, Error> {
    let process = std::process::id();
    let mut shards = locked(&SHARDS);
    shards.retain(|shard| shard.process == process);
    let found = shards
        .iter()
        .find(|shard| locked(&shard.state).has_room_for(&pages, descriptors.len()));
    let shard = match found {
        Some(shard) => Arc::clone(shard),
        None => {
            let shard = Arc::new(Shard {
                process,
                control: AtomicU32::new(0),
                state: Mutex::default(),
            });
            shards.push(Arc::clone(&shard));
            shard
        }
    };
    let mut state = locked(&shard.state);
    if !state.runs {
        let own = Arc::clone(&shard);
        std::thread::Builder::new()
            .name("filemap-tasks".into())
            .stack_size(128 * 1024)
            .spawn(move || run(&own))
            .map_err(|e| system("wait in a task", "clone", &e))?;
        state.runs = true;
    }
    let id = state.next;
    state.next += 1;
    let slot = Arc::new(Slot::default());
    let interest = Interest {
        pages,
        descriptors,
        waker: waker.clone(),
        slot: Arc::clone(&slot),
    };
    state.interests.insert(id, interest);
    drop(state);
    shard.call();
    Ok(Watching { shard, id, slot })
}

/// The thread.
fn run(shard: &Shard) {
    loop {
        let control = shard.control();
        let (over, pages, ready) = {
            let mut state = locked(&shard.state);
            let over = robust::with(|me| {
                state
                    .interests
                    .extract_if(|_, interest| interest.is_ready(me))
                    .map(|(_, interest)| interest)
                    .collect::<Vec<_>>()
            });
            let over = over.map_err(|e| (e, state.interests.drain().collect::<Vec<_>>()));
            let descriptors = state
                .interests
                .values()
                .flat_map(|interest| &interest.descriptors);
            let ready: Vec<_> = descriptors.map(Watched::shared).collect();
            (over, state.pages(), ready)
        };
        // The words of descriptors live as long as `ready`, also if their task is dropped while this thread sleeps.
        let words: Vec<Word32> = [control].into_iter().chain(ready.iter().map(fds::word)).collect();
        match over {
            Ok(over) => over.into_iter().for_each(|interest| interest.end(None).wake()),
            Err((error, all)) => {
                for (_, interest) in all {
                    interest.end(Some(error.clone())).wake();
                }
            }
        }
        let slept = match pages.is_empty() {
            false => sleep_on_pages(&pages, &words),
            true if words.len() > 1 => futex::wait_each(&words, Until::Forever)
                .map(drop)
                .map_err(|e| system("wait in a task", "futex_waitv", &e)),
            true => {
                let slept = futex::wait(control, Until::Monotonic(futex::now(false) + IDLE));
                let mut state = locked(&shard.state);
                if state.interests.is_empty() && matches!(slept, Ok(Woken::TimedOut)) {
                    state.runs = false;
                    return;
                }
                Ok(())
            }
        };
        if let Err(error) = slept {
            // Nobody can wait like this: all are told.
            let all: Vec<_> = locked(&shard.state).interests.drain().collect();
            for (_, interest) in all {
                interest.end(Some(error.clone())).wake();
            }
        }
    }
}

/// Sleeps until one of the pages may be had or one of the words changes.
fn sleep_on_pages(pages: &[(StatePage, u32)], words: &[Word32]) -> Result<(), Error> {
    let kinds: Vec<_> = pages.iter().map(|(page, _)| page.kind()).collect();
    let since: Vec<_> = pages.iter().map(|(_, since)| Some(*since)).collect();
    let list: Vec<&Arc<Page>> = pages.iter().map(|(page, _)| page.page()).collect();
    let tid = robust::with(Thread::tid)?;
    let mut machine = Machine::<OBJECTS>::new(Program::Watch, tid, &kinds, 0, &[], false);
    machine.since(&since, false);
    let sleep = Sleep {
        until: None,
        extra: words,
        patience: drive::WAIT_PATIENCE,
    };
    drive::run(&mut machine, &list, sleep, None).map(drop)
}
