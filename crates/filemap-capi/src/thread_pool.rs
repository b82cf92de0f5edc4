//! The threads that call functions of the program back: work items, timers ([`timer_queue`]), registered waits
//! ([`registered_wait`]).
//!
//! ```text
//!  QueueUserWorkItem ────────────────┐
//!  timer thread ── a timer is due ───┼─► Pool::submit ─► a worker: begin, the program's function, finished
//!  wait threads ── a wait is over ───┘                       └─ or the timer or wait thread itself (WT_EXECUTEIN…THREAD)
//! ```
//!
//! A worker is started when a call comes and none is idle, and ends when none has come for ten seconds. So a function that runs for
//! long, or waits for another one's call, hinders nobody.
//!
//! The program's function may end its thread (`ExitThread`), which unwinds the thread's stack. So nothing with a destructor lives in a
//! frame below it: what is to be done when the call is over stands in `CALL`, and is done by `finished` or when the thread ends.
//!
//! A forked child has none of the threads, and locks of its parent's may be held in it for ever. So it gets a pool of its own, with
//! nothing in it.

// UNSAFETY: calls functions of the program.
#![expect(unsafe_code)]

use crate::boundary::{Outcome, readable};
use crate::constants::EVENT_MODIFY_STATE;
use crate::handle_table::{Entry, Handle, handles};
use crate::registered_wait::{self, WaitThread, Waits};
use crate::thread::Thread;
use crate::timer_queue::{self, Timers};
use filemap_core::error::Win32Code;
use filemap_core::sync::Kind;
use filemap_sys::os::{exit, fork};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

/// Most workers at once, as on Windows; WT_SET_MAX_THREADPOOL_THREADS changes it.
const MOST: usize = 512;
/// How long a thread stays that has nothing to do.
pub(crate) const LINGER: Duration = Duration::from_secs(10);

/// What is called.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Routine {
    /// `LPTHREAD_START_ROUTINE`.
    Work(extern "C-unwind" fn(usize) -> u32),
    /// `WAITORTIMERCALLBACK`, and its second argument.
    Callback(Callback, bool),
}

/// `WAITORTIMERCALLBACK`.
pub(crate) type Callback = extern "C-unwind" fn(usize, u8);

/// One call: numbers only, so that nothing is lost when the function ends its thread.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    pub(crate) routine: Routine,
    pub(crate) context: usize,
}

impl Call {
    /// Calls; `begin` has been called, and [`finished`] comes next.
    fn run(self) {
        match self.routine {
            Routine::Work(function) => {
                function(self.context);
            }
            Routine::Callback(function, fired) => function(self.context, fired.into()),
        }
    }
}

/// A function of the program at an address. Errors: 998 if nothing can be read there.
pub(crate) fn function(address: usize) -> Outcome<*const ()> {
    match readable(address, 1) {
        true => Ok(std::ptr::with_exposed_provenance(address)),
        false => Err(Win32Code::NOACCESS),
    }
}

/// The same as the type that timers and waits call.
pub(crate) fn callback(address: usize) -> Outcome<Callback> {
    let function = function(address)?;
    // SAFETY: the program says that a function of this type is there.
    Ok(unsafe { std::mem::transmute::<*const (), Callback>(function) })
}

/// The calls of one timer or wait that are queued or run.
#[derive(Default)]
pub(crate) struct Calls {
    state: Mutex<CallsState>,
    ended: Condvar,
}

#[derive(Default)]
struct CallsState {
    under_way: u32,
    /// Dropped when none is under way.
    until_then: Vec<Arc<Completion>>,
}

impl Calls {
    /// One more, until the result is dropped.
    pub(crate) fn begin(self: &Arc<Calls>) -> UnderWay {
        locked(&self.state).under_way += 1;
        UnderWay(Arc::clone(self))
    }

    pub(crate) fn are_under_way(&self) -> bool {
        locked(&self.state).under_way > 0
    }

    fn wait(&self) {
        let mut state = locked(&self.state);
        while state.under_way > 0 {
            state = self.ended.wait(state).unwrap_or_else(|e| e.into_inner());
        }
    }

    /// Keeps the completion as long as calls are under way.
    fn keep(&self, completion: &Arc<Completion>) {
        let mut state = locked(&self.state);
        if state.under_way > 0 {
            state.until_then.push(Arc::clone(completion));
        }
    }

    /// Whether this thread is in one of them.
    fn are_of_this_thread(self: &Arc<Calls>) -> bool {
        // At the very end of a thread there is none.
        let is_mine = CALL.try_with(|at| {
            let at = at.borrow();
            let mine = at.as_ref().and_then(|at| at.under_way.as_ref());
            mine.is_some_and(|mine| Arc::ptr_eq(&mine.0, self))
        });
        is_mine.unwrap_or(false)
    }
}

/// One call that is queued or runs.
pub(crate) struct UnderWay(Arc<Calls>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut state = locked(&self.0.state);
        state.under_way -= 1;
        if state.under_way == 0 {
            let completions = std::mem::take(&mut state.until_then);
            self.0.ended.notify_all();
            drop(state);
            drop(completions);
        }
    }
}

/// Sets an event when it is dropped.
struct Completion(Entry);

impl Drop for Completion {
    fn drop(&mut self) {
        if let Ok(page) = self.0.object.signal_page() {
            let _ = page.set(); // nobody is there to be told
        }
    }
}

/// What the one who ends a timer, a wait or a queue wants to know of the calls that are under way.
pub(crate) enum Wish {
    /// Whether there are any.
    Nothing,
    /// When there are none, by returning then.
    Wait,
    /// When there are none, by an event.
    Event(Entry),
}

impl Wish {
    /// What the last argument of these functions says. Errors: 5, 6.
    pub(crate) fn read(event: Handle) -> Outcome<Wish> {
        if event == Handle::NULL {
            return Ok(Wish::Nothing);
        }
        if event == Handle::INVALID {
            return Ok(Wish::Wait);
        }
        let entry = handles().get(event)?;
        match entry.object.signal_page()?.kind() {
            Kind::ManualEvent | Kind::AutoEvent if entry.access & EVENT_MODIFY_STATE == 0 => {
                Err(Win32Code::ACCESS_DENIED)
            }
            Kind::ManualEvent | Kind::AutoEvent => Ok(Wish::Event(entry)),
            _ => Err(Win32Code::INVALID_HANDLE),
        }
    }

    /// Refuses to wait for a call that would wait for itself. Errors: 1131.
    pub(crate) fn check<'a>(&self, all: impl IntoIterator<Item = &'a Arc<Calls>>) -> Outcome<()> {
        match self {
            Wish::Wait if all.into_iter().any(|calls| calls.are_of_this_thread()) => {
                Err(Win32Code::POSSIBLE_DEADLOCK)
            }
            _ => Ok(()),
        }
    }

    /// Fulfils it, after no more calls begin. Errors: 997 if calls are under way and it is not waited for them.
    pub(crate) fn fulfil(self, all: &[Arc<Calls>]) -> Outcome<()> {
        match self {
            Wish::Wait => all.iter().for_each(|calls| calls.wait()),
            Wish::Nothing => pending(all)?,
            Wish::Event(entry) => {
                let pending = pending(all);
                let completion = Arc::new(Completion(entry));
                all.iter().for_each(|calls| calls.keep(&completion));
                pending?;
            }
        }
        Ok(())
    }
}

fn pending(all: &[Arc<Calls>]) -> Outcome<()> {
    match all.iter().any(|calls| calls.are_under_way()) {
        true => Err(Win32Code::IO_PENDING),
        false => Ok(()),
    }
}

/// A call for a worker.
pub(crate) struct Job {
    pub(crate) call: Call,
    /// Of which timer or wait; `None` for a work item.
    pub(crate) under_way: Option<UnderWay>,
    /// Done by the worker before the call.
    pub(crate) first: Option<Box<dyn FnOnce() + Send>>,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    idle: usize,
    workers: usize,
    most: Option<usize>,
}

/// The threads of one process, and what they have to do.
pub(crate) struct Pool {
    /// A forked child has another one.
    generation: u32,
    queue: Mutex<Queue>,
    arrived: Condvar,
    next_number: AtomicU64,
    pub(crate) timers: Timers,
    pub(crate) waits: Waits,
}

static POOL: AtomicPtr<Pool> = AtomicPtr::new(std::ptr::null_mut());
/// The process ends: no call begins any more.
static ENDS: AtomicBool = AtomicBool::new(false);

pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|e| e.into_inner())
}

/// What the program gets for a queue, a timer or a wait: no address, no handle of an object, and never the same again.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    Wait = 1,
    Timer = 2,
    Queue = 3,
}

impl Kept {
    /// The word for a number.
    pub(crate) fn word(self, number: u64) -> Handle {
        Handle((self as usize) << 56 | (number as usize) << 4)
    }

    /// The number that a word stands for; `None` if it is something else.
    pub(crate) fn number(self, word: Handle) -> Option<u64> {
        let number = word.0 << 8 >> 12;
        (self.word(number as u64) == word).then_some(number as u64)
    }
}

/// The pool of this process if there is one.
fn existing() -> Option<&'static Pool> {
    // SAFETY: what stands there is leaked, and only shared references to it exist.
    let pool = unsafe { POOL.load(Ordering::Acquire).as_ref() };
    pool.filter(|pool| pool.is_of_this_process())
}

/// The pool of this process.
pub(crate) fn pool() -> &'static Pool {
    loop {
        if let Some(pool) = existing() {
            return pool;
        }
        let old = POOL.load(Ordering::Acquire);
        let new = Box::into_raw(Box::new(Pool {
            generation: fork::generation(),
            queue: Mutex::default(),
            arrived: Condvar::new(),
            next_number: AtomicU64::new(1),
            timers: Timers::default(),
            waits: Waits::default(),
        }));
        match POOL.compare_exchange(old, new, Ordering::AcqRel, Ordering::Acquire) {
            // The parent's, in a forked child, stays as it is.
            Ok(old) if old.is_null() => exit::when_the_program_ends(at_exit),
            Ok(_) => {}
            // SAFETY: nobody else has seen it.
            Err(_) => drop(unsafe { Box::from_raw(new) }),
        }
    }
}

extern "C" fn at_exit() {
    let Some(pool) = existing() else { return };
    ENDS.store(true, Ordering::Release);
    // Who waits for calls that have not begun shall not wait for ever.
    let jobs = std::mem::take(&mut locked(&pool.queue).jobs);
    drop(jobs);
}

/// Whether calls may begin.
pub(crate) fn may_begin() -> bool {
    !ENDS.load(Ordering::Acquire)
}

impl Pool {
    pub(crate) fn is_of_this_process(&self) -> bool {
        self.generation == fork::generation()
    }

    /// A number that nothing else of this pool has.
    pub(crate) fn number(&self) -> u64 {
        self.next_number.fetch_add(1, Ordering::Relaxed)
    }

    /// How many workers there may be.
    pub(crate) fn limit_workers(&self, most: usize) {
        locked(&self.queue).most = Some(most);
    }

    /// Gives a job to a worker. Errors: 8 if there is none and none can be started; the job is dropped then.
    pub(crate) fn submit(&'static self, job: Job) -> Outcome<()> {
        let mut queue = locked(&self.queue);
        if !may_begin() {
            return Ok(());
        }
        queue.jobs.push_back(job);
        // An idle one takes one job each, also if it was told and has not woken yet.
        if queue.idle >= queue.jobs.len() || queue.workers >= queue.most.unwrap_or(MOST) {
            self.arrived.notify_one();
            return Ok(());
        }
        queue.workers += 1;
        drop(queue);
        if let Err(code) = Thread::create(work, 0, 0, false) {
            let mut queue = locked(&self.queue);
            queue.workers -= 1;
            if queue.workers == 0 {
                let dropped = queue.jobs.pop_back();
                drop(queue);
                drop(dropped);
                return Err(code);
            }
        }
        Ok(())
    }

    /// The next job of a worker; `None` if it is to end.
    fn next(&self) -> Option<Job> {
        let mut queue = locked(&self.queue);
        loop {
            if let Some(job) = queue.jobs.pop_front() {
                return Some(job);
            }
            queue.idle += 1;
            let (back, over) = self
                .arrived
                .wait_timeout(queue, LINGER)
                .unwrap_or_else(|e| e.into_inner());
            queue = back;
            queue.idle -= 1;
            if over.timed_out() && queue.jobs.is_empty() {
                queue.workers -= 1;
                leave();
                return None;
            }
        }
    }

    /// A function of the program has ended a worker.
    fn worker_has_ended(&'static self) {
        let mut queue = locked(&self.queue);
        queue.workers -= 1;
        if queue.idle >= queue.jobs.len() || !may_begin() {
            return;
        }
        queue.workers += 1;
        drop(queue);
        if Thread::create(work, 0, 0, false).is_err() {
            locked(&self.queue).workers -= 1; // the next job starts one
        }
    }
}

/// What a thread of the pool is.
#[derive(Clone, Copy)]
pub(crate) enum Role {
    Worker,
    Timer,
    Wait(&'static WaitThread),
    /// A worker that is about to end.
    Leaving,
}

/// What a thread of the pool has to do when its call is over, or it itself.
struct InPool {
    pool: &'static Pool,
    role: Role,
    under_way: Option<UnderWay>,
    /// Done when the call is over.
    after: Option<Box<dyn FnOnce() + Send>>,
}

impl Drop for InPool {
    fn drop(&mut self) {
        if !self.pool.is_of_this_process() {
            std::mem::forget((self.under_way.take(), self.after.take())); // the parent's
            return;
        }
        if let Some(after) = self.after.take() {
            after();
        }
        match self.role {
            Role::Worker => self.pool.worker_has_ended(),
            Role::Leaving => {}
            Role::Timer => timer_queue::thread_has_ended(self.pool),
            Role::Wait(of) => registered_wait::thread_has_ended(of),
        }
    }
}

thread_local! {
    static CALL: RefCell<Option<InPool>> = const { RefCell::new(None) };
}

/// Makes the calling thread one of the pool's, until it ends.
pub(crate) fn enter(pool: &'static Pool, role: Role) {
    CALL.with_borrow_mut(|at| {
        *at = Some(InPool {
            pool,
            role,
            under_way: None,
            after: None,
        });
    });
}

fn leave() {
    CALL.with_borrow_mut(|at| {
        if let Some(at) = at {
            at.role = Role::Leaving;
        }
    });
}

/// Notes what is to be done after the call that comes next.
pub(crate) fn begin(under_way: Option<UnderWay>, after: Option<Box<dyn FnOnce() + Send>>) {
    CALL.with_borrow_mut(|at| {
        if let Some(at) = at {
            at.under_way = under_way;
            at.after = after;
        }
    });
}

/// Does it. `false` in a forked child, to which the call came back: its thread is none of the pool's.
pub(crate) fn finished() -> bool {
    let of_call = CALL.with_borrow_mut(|at| {
        let at = at.as_mut().filter(|at| at.pool.is_of_this_process())?;
        Some((at.under_way.take(), at.after.take()))
    });
    match of_call {
        None => false,
        Some((under_way, after)) => {
            if let Some(after) = after {
                after();
            }
            drop(under_way);
            true
        }
    }
}

/// Makes calls until there are none; in this frame are numbers only.
pub(crate) fn make_calls(next: fn() -> Option<Call>) {
    while let Some(call) = next() {
        call.run();
        if !finished() {
            break;
        }
    }
}

extern "C-unwind" fn work(_: usize) -> u32 {
    enter(pool(), Role::Worker);
    make_calls(next_of_worker);
    0
}

fn next_of_worker() -> Option<Call> {
    let job = pool().next()?;
    if !may_begin() {
        return None;
    }
    if let Some(first) = job.first {
        first();
    }
    begin(job.under_way, None);
    Some(job.call)
}

/// The role of the calling thread.
pub(crate) fn role() -> Option<Role> {
    CALL.with_borrow(|at| at.as_ref().map(|at| at.role))
}
