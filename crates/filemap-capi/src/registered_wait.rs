//! Registered waits: functions that are called when an object is signalled or a time is over.
//!
//! A `WaitThread` waits for any of up to 64 objects. A wait that is over is taken off its list, its function goes to a worker (or is
//! called by the wait thread itself), and when that begins the wait is put back, behind the others: so every object has its turn, and one
//! that stays signalled queues one call at a time.
//!
//! Who ends a wait gets its thread out of the wait that it is in, and is told whether that wait has taken the object at the last
//! moment: then the call is under way. No signal is lost.

use crate::boundary::{Out, Outcome};
use crate::constants::{WT_EXECUTEINWAITTHREAD, WT_EXECUTEONLYONCE};
use crate::handle_table::{Entry, Handle};
use crate::thread::Thread;
use crate::thread_pool::{
    self, Call, Callback, Calls, Job, Kept, LINGER, Pool, Role, Routine, UnderWay, Wish, locked, may_begin,
    pool,
};
use crate::wait::{Awaited, awaited};
use filemap_core::error::Win32Code;
use filemap_core::sync::MAXIMUM_WAIT_OBJECTS;
use filemap_sys::os::sync::{self, Cancel, Limit, WaitRef, Waited};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// All registered waits of a pool.
#[derive(Default)]
pub(crate) struct Waits(Mutex<All>);

#[derive(Default)]
struct All {
    by_number: BTreeMap<u64, Arc<Wait>>,
    /// Never fewer: a thread that ends is started again when there is something to wait for.
    threads: Vec<&'static WaitThread>,
}

/// A registered wait.
struct Wait {
    thread: &'static WaitThread,
    callback: Callback,
    context: usize,
    limit: Option<Duration>,
    flags: u32,
    calls: Arc<Calls>,
    /// `None` when nothing is waited for any more.
    object: Mutex<Option<Entry>>,
}

/// A thread that waits, or would.
pub(crate) struct WaitThread {
    pool: &'static Pool,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Waits that were given to this thread and have not been ended.
    members: usize,
    /// Those of them that it waits for now, in the order of their turns.
    armed: Vec<Armed>,
    /// Those that are over, and whose functions this thread calls itself.
    over: VecDeque<(Arc<Wait>, UnderWay, bool)>,
    /// There is a thread.
    runs: bool,
    /// It is in a wait, the how manieth, and this ends it.
    in_wait: Option<Arc<Cancel>>,
    round: u64,
}

struct Armed {
    wait: Arc<Wait>,
    until: Option<Instant>,
}

impl Wait {
    fn call(&self, timed_out: bool) -> Call {
        Call {
            routine: Routine::Callback(self.callback, timed_out),
            context: self.context,
        }
    }

    fn is_once(&self) -> bool {
        self.flags & WT_EXECUTEONLYONCE != 0
    }

    /// Waits for it from now on, unless it is over for good. Errors: 8.
    fn arm(self: Arc<Wait>) -> Outcome<()> {
        let thread = self.thread;
        let mut state = locked(&thread.state);
        if locked(&self.object).is_none() {
            return Ok(());
        }
        let until = self.limit.map(|limit| Instant::now() + limit);
        state.armed.push(Armed { wait: self, until });
        if let Some(cancel) = &state.in_wait {
            cancel.cancel();
        }
        thread.changed.notify_all();
        let starts = !std::mem::replace(&mut state.runs, true);
        drop(state);
        if starts { thread.start() } else { Ok(()) }
    }

    /// Does not wait for it any more. Afterwards no call begins that is not under way now.
    fn end(self: &Arc<Wait>) {
        let thread = self.thread;
        let mut state = locked(&thread.state);
        let object = locked(&self.object).take();
        state.members -= 1;
        let before = state.armed.len();
        state.armed.retain(|armed| !Arc::ptr_eq(&armed.wait, self));
        let was_armed = state.armed.len() < before;
        if was_armed && let Some(cancel) = &state.in_wait {
            cancel.cancel();
            let round = state.round;
            while state.in_wait.is_some() && state.round == round {
                state = thread.changed.wait(state).unwrap_or_else(|e| e.into_inner());
            }
        }
        drop(state);
        drop(object); // may be the last one who has it open
    }
}

/// How a wait of a thread ended.
enum Ended {
    /// This one has been taken.
    Signalled(usize),
    /// This one can't be waited for.
    Broken(usize),
    /// Nothing was taken: a time is over, or the list is another one.
    Look,
}

/// Waits for any of the objects.
fn wait_for(objects: &[Entry], until: Option<Instant>, cancel: &Cancel) -> Ended {
    let mut refs: Vec<WaitRef<'_>> = Vec::with_capacity(objects.len());
    for (index, entry) in objects.iter().enumerate() {
        match entry.object.signal() {
            Ok(Some(signal)) => refs.push(signal),
            _ => return Ended::Broken(index),
        }
    }
    let limit = match until {
        None => Limit::NONE,
        Some(until) => Limit::after(until.saturating_duration_since(Instant::now())),
    };
    match sync::wait_any(&refs, limit, Some(cancel)) {
        Ok(Waited::Object { index, .. }) => Ended::Signalled(index),
        Ok(_) => Ended::Look,
        // One of them can't be taken, such as a mutex that this thread has taken too often.
        Err(_) => refs
            .iter()
            .enumerate()
            .find_map(|(index, one)| match sync::wait_any(&[*one], Limit::POLL, None) {
                Ok(Waited::Object { .. }) => Some(Ended::Signalled(index)),
                Ok(_) => None,
                Err(_) => Some(Ended::Broken(index)),
            })
            .unwrap_or(Ended::Look),
    }
}

impl WaitThread {
    fn start(&'static self) -> Outcome<()> {
        let started = Thread::create(run, std::ptr::from_ref(self).expose_provenance(), 0, false);
        if started.is_err() {
            locked(&self.state).runs = false;
        }
        started.map(drop)
    }

    /// Waits until a function is to be called by this thread; `None` if there has been nothing to wait for.
    fn next(&'static self) -> Option<Call> {
        let mut state = locked(&self.state);
        loop {
            if let Some((wait, under_way, timed_out)) = state.over.pop_front() {
                drop(state);
                let call = wait.call(timed_out);
                let after = move || {
                    let _ = wait.arm(); // this thread runs
                };
                thread_pool::begin(Some(under_way), Some(Box::new(after)));
                return may_begin().then_some(call);
            }
            if state.armed.is_empty() {
                let (back, is_over) = self
                    .changed
                    .wait_timeout(state, LINGER)
                    .unwrap_or_else(|e| e.into_inner());
                state = back;
                if is_over.timed_out() && state.armed.is_empty() && state.over.is_empty() {
                    return None;
                }
                continue;
            }
            let cancel = Arc::new(Cancel::new());
            state.in_wait = Some(Arc::clone(&cancel));
            state.round += 1;
            let until = state.armed.iter().filter_map(|armed| armed.until).min();
            let waits: Vec<Arc<Wait>> = state.armed.iter().map(|armed| Arc::clone(&armed.wait)).collect();
            // Nobody takes an object off while its wait is on the list.
            let objects = waits.iter().filter_map(|wait| locked(&wait.object).clone());
            let objects: Vec<Entry> = objects.collect();
            drop(state);
            let ended = wait_for(&objects, until, &cancel);
            let mut jobs = Vec::new();
            state = locked(&self.state);
            state.in_wait = None;
            self.changed.notify_all();
            match ended {
                Ended::Signalled(index) => {
                    // It may have been taken off the list meanwhile: it has the object all the same.
                    state
                        .armed
                        .retain(|armed| !Arc::ptr_eq(&armed.wait, &waits[index]));
                    fire(&waits[index], false, &mut state, &mut jobs);
                }
                Ended::Broken(index) => {
                    state
                        .armed
                        .retain(|armed| !Arc::ptr_eq(&armed.wait, &waits[index]));
                }
                Ended::Look => {
                    let now = Instant::now();
                    let is_over = |armed: &mut Armed| armed.until.is_some_and(|until| until <= now);
                    let over: Vec<Armed> = state.armed.extract_if(.., is_over).collect();
                    for armed in over {
                        fire(&armed.wait, true, &mut state, &mut jobs);
                    }
                }
            }
            drop(state);
            drop((objects, waits)); // may be the last ones who have them open
            for job in jobs {
                let _ = self.pool.submit(job); // without any thread there is nobody to tell
            }
            state = locked(&self.state);
        }
    }
}

/// A wait is over: its function is under way from now on.
fn fire(wait: &Arc<Wait>, timed_out: bool, state: &mut State, jobs: &mut Vec<Job>) {
    let under_way = wait.calls.begin();
    if wait.is_once() {
        // The thread's own list has another one, which it drops without any lock.
        locked(&wait.object).take();
    }
    if wait.flags & WT_EXECUTEINWAITTHREAD != 0 {
        state.over.push_back((Arc::clone(wait), under_way, timed_out));
        return;
    }
    let again = Arc::clone(wait);
    jobs.push(Job {
        call: wait.call(timed_out),
        under_way: Some(under_way),
        first: Some(Box::new(move || {
            let _ = again.arm(); // its thread was started for it before
        })),
    });
}

extern "C-unwind" fn run(thread: usize) -> u32 {
    let pool = pool();
    let threads = locked(&pool.waits.0).threads.clone();
    if let Some(thread) = threads
        .into_iter()
        .find(|one| std::ptr::from_ref(*one).addr() == thread)
    {
        thread_pool::enter(pool, Role::Wait(thread));
    }
    thread_pool::make_calls(next_of_wait_thread);
    0
}

fn next_of_wait_thread() -> Option<Call> {
    match thread_pool::role() {
        Some(Role::Wait(thread)) => thread.next(),
        _ => None,
    }
}

/// A wait thread has ended: by itself, or because a function of the program has ended it.
pub(crate) fn thread_has_ended(thread: &'static WaitThread) {
    let mut state = locked(&thread.state);
    state.runs = !state.armed.is_empty() || !state.over.is_empty();
    let starts = state.runs && may_begin();
    drop(state);
    if starts {
        let _ = thread.start(); // if there is none, the next wait starts one
    }
}

/// Registers a wait and tells `word` what it is called. Errors: 5, 6, 8, 998.
pub(crate) fn register(
    word: Out<usize>,
    handle: Handle,
    callback: usize,
    context: usize,
    milliseconds: u32,
    flags: u32,
) -> Outcome<()> {
    let callback = thread_pool::callback(callback)?;
    let Awaited::Object(entry) = awaited(handle, false)? else {
        return Err(Win32Code::INVALID_HANDLE);
    };
    let pool = pool();
    let number = pool.number();
    word.write(&Kept::Wait.word(number).0)?; // before the function can be called
    if flags >> 16 != 0 {
        pool.limit_workers((flags >> 16) as usize);
    }
    let mut all = locked(&pool.waits.0);
    let thread = all.threads.iter().copied().find(|thread| {
        let mut state = locked(&thread.state);
        let has_room = state.members < MAXIMUM_WAIT_OBJECTS;
        state.members += usize::from(has_room);
        has_room
    });
    let thread = thread.unwrap_or_else(|| {
        let new: &'static WaitThread = Box::leak(Box::new(WaitThread {
            pool,
            state: Mutex::new(State {
                members: 1,
                ..State::default()
            }),
            changed: Condvar::new(),
        }));
        all.threads.push(new);
        new
    });
    let wait = Arc::new(Wait {
        thread,
        callback,
        context,
        limit: (milliseconds != u32::MAX).then(|| Duration::from_millis(milliseconds.into())),
        flags,
        calls: Arc::default(),
        object: Mutex::new(Some(entry)),
    });
    all.by_number.insert(number, Arc::clone(&wait));
    drop(all);
    let armed = Arc::clone(&wait).arm();
    if armed.is_err() && locked(&pool.waits.0).by_number.remove(&number).is_some() {
        wait.end();
    }
    armed
}

/// Ends a wait. Errors: 6; 997 and 1131 as [`Wish`] says.
pub(crate) fn unregister(word: Handle, wish: Wish) -> Outcome<()> {
    let number = Kept::Wait.number(word).ok_or(Win32Code::INVALID_HANDLE)?;
    let waits = &pool().waits.0;
    let wait = locked(waits).by_number.get(&number).cloned();
    wish.check(wait.as_ref().map(|wait| &wait.calls))?;
    let wait = locked(waits).by_number.remove(&number);
    let wait = wait.ok_or(Win32Code::INVALID_HANDLE)?;
    wait.end();
    wish.fulfil(&[Arc::clone(&wait.calls)])
}
