//! Timers in queues: functions that are called when a time is over, and every so often after that. One thread knows when each is due;
//! workers make the calls, or that thread itself.

use crate::boundary::{Out, Outcome};
use crate::constants::{WT_EXECUTEINTIMERTHREAD, WT_EXECUTEONLYONCE};
use crate::handle_table::Handle;
use crate::thread::Thread;
use crate::thread_pool::{
    self, Call, Callback, Calls, Job, Kept, LINGER, Pool, Role, Routine, UnderWay, Wish, locked, may_begin,
    pool,
};
use filemap_core::error::Win32Code;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// The timers of a pool.
#[derive(Default)]
pub(crate) struct Timers {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    queues: BTreeSet<u64>,
    timers: BTreeMap<u64, Timer>,
    /// When each is due that is due at all.
    due: BTreeSet<(Instant, u64)>,
    /// Calls that the thread of the timers makes itself.
    over: VecDeque<(Call, UnderWay)>,
    /// There is that thread.
    runs: bool,
}

struct Timer {
    /// 0: the one that every process has.
    queue: u64,
    callback: Callback,
    context: usize,
    due: Option<Instant>,
    /// Zero: due once.
    period: Duration,
    flags: u32,
    /// It was due for the last time.
    is_over: bool,
    calls: Arc<Calls>,
}

fn moment(milliseconds: u32) -> Option<Instant> {
    (milliseconds != u32::MAX).then(|| Instant::now() + Duration::from_millis(milliseconds.into()))
}

impl State {
    fn set(&mut self, number: u64, due: Option<Instant>) {
        let Some(timer) = self.timers.get_mut(&number) else {
            return;
        };
        if let Some(old) = std::mem::replace(&mut timer.due, due) {
            self.due.remove(&(old, number));
        }
        if let Some(new) = due {
            self.due.insert((new, number));
        }
    }

    fn remove(&mut self, number: u64) -> Option<Timer> {
        self.set(number, None);
        self.timers.remove(&number)
    }

    /// The timer that is due first, if it is due by now, has begun a call; and when it is due next is set.
    fn fire(&mut self, now: Instant) -> Option<(Call, UnderWay, u32)> {
        let (due, number) = self.due.first().copied().filter(|(due, _)| *due <= now)?;
        let timer = self.timers.get_mut(&number)?;
        let is_once = timer.period.is_zero() || timer.flags & WT_EXECUTEONLYONCE != 0;
        timer.is_over = is_once;
        let fired = (
            Call {
                routine: Routine::Callback(timer.callback, true),
                context: timer.context,
            },
            timer.calls.begin(),
            timer.flags,
        );
        // Periods that are over already, as after a suspended machine, are left out.
        let next = match is_once {
            true => None,
            false => Some((due + timer.period).max(now)),
        };
        self.set(number, next);
        Some(fired)
    }
}

impl Timers {
    /// Waits until a function is to be called by this thread; `None` if no timer has been due for a while.
    fn next(&self, pool: &'static Pool) -> Option<Call> {
        let mut state = locked(&self.state);
        loop {
            if let Some((call, under_way)) = state.over.pop_front() {
                drop(state);
                thread_pool::begin(Some(under_way), None);
                return may_begin().then_some(call);
            }
            let now = Instant::now();
            match state.fire(now) {
                Some((call, under_way, flags)) if flags & WT_EXECUTEINTIMERTHREAD != 0 => {
                    state.over.push_back((call, under_way));
                }
                Some((call, under_way, _)) => {
                    drop(state);
                    // Without any thread there is nobody to tell.
                    let _ = pool.submit(Job {
                        call,
                        under_way: Some(under_way),
                        first: None,
                    });
                    state = locked(&self.state);
                }
                None => {
                    let first = state.due.first().map(|(due, _)| *due);
                    let left = first.map_or(LINGER, |due| due.saturating_duration_since(now));
                    let woken = self.changed.wait_timeout(state, left);
                    let (back, is_over) = woken.unwrap_or_else(|e| e.into_inner());
                    state = back;
                    if is_over.timed_out() && state.due.is_empty() {
                        return None;
                    }
                }
            }
        }
    }
}

extern "C-unwind" fn run(_: usize) -> u32 {
    thread_pool::enter(pool(), Role::Timer);
    thread_pool::make_calls(next_of_timer_thread);
    0
}

fn next_of_timer_thread() -> Option<Call> {
    let pool = pool();
    pool.timers.next(pool)
}

fn start(pool: &'static Pool) -> Outcome<()> {
    let started = Thread::create(run, 0, 0, false);
    if started.is_err() {
        locked(&pool.timers.state).runs = false;
    }
    started.map(drop)
}

/// The thread of the timers has ended: by itself, or because a function of the program has ended it.
pub(crate) fn thread_has_ended(pool: &'static Pool) {
    let mut state = locked(&pool.timers.state);
    state.runs = !state.due.is_empty() || !state.over.is_empty();
    let starts = state.runs && may_begin();
    drop(state);
    if starts {
        let _ = start(pool); // if there is none, the next timer starts one
    }
}

/// The thread looks at a list that has changed; it is started if there is none. Errors: 8.
fn tell(pool: &'static Pool, mut state: std::sync::MutexGuard<'_, State>) -> Outcome<()> {
    let starts = !state.due.is_empty() && !std::mem::replace(&mut state.runs, true);
    drop(state);
    pool.timers.changed.notify_one();
    if starts { start(pool) } else { Ok(()) }
}

/// The number of a queue: 0 for NULL. Errors: 6.
fn queue(state: &State, word: Handle) -> Outcome<u64> {
    match Kept::Queue.number(word) {
        _ if word == Handle::NULL => Ok(0),
        Some(number) if state.queues.contains(&number) => Ok(number),
        _ => Err(Win32Code::INVALID_HANDLE),
    }
}

/// Makes a queue.
pub(crate) fn create_queue() -> Handle {
    let pool = pool();
    let number = pool.number();
    locked(&pool.timers.state).queues.insert(number);
    Kept::Queue.word(number)
}

/// When a timer is due: milliseconds, and flags of its calls.
pub(crate) struct Times {
    pub(crate) due: u32,
    pub(crate) period: u32,
    pub(crate) flags: u32,
}

/// Makes a timer and tells `word` what it is called. Errors: 6, 8, 998.
pub(crate) fn create(
    word: Out<usize>,
    queue_word: Handle,
    callback: usize,
    context: usize,
    times: &Times,
) -> Outcome<()> {
    let pool = pool();
    let of = queue(&locked(&pool.timers.state), queue_word)?;
    let callback = thread_pool::callback(callback)?;
    let number = pool.number();
    word.write(&Kept::Timer.word(number).0)?; // before the function can be called
    let timer = Timer {
        queue: of,
        callback,
        context,
        due: None,
        period: Duration::from_millis(times.period.into()),
        flags: times.flags,
        is_over: false,
        calls: Arc::default(),
    };
    let mut state = locked(&pool.timers.state);
    queue(&state, queue_word)?; // it may have been deleted meanwhile
    state.timers.insert(number, timer);
    state.set(number, moment(times.due));
    let told = tell(pool, state);
    if told.is_err() {
        locked(&pool.timers.state).remove(number);
    }
    told
}

/// The number of a timer. Errors: 6 for a wrong queue, 87.
fn timer(state: &State, queue_word: Handle, word: Handle) -> Outcome<u64> {
    queue(state, queue_word)?;
    let number = Kept::Timer
        .number(word)
        .filter(|number| state.timers.contains_key(number));
    number.ok_or(Win32Code::INVALID_PARAMETER)
}

/// Gives a timer other times, unless it was due for the last time. Errors: 6, 8, 87.
pub(crate) fn change(queue_word: Handle, word: Handle, due: u32, period: u32) -> Outcome<()> {
    let pool = pool();
    let mut state = locked(&pool.timers.state);
    let number = timer(&state, queue_word, word)?;
    match state.timers.get_mut(&number) {
        Some(timer) if !timer.is_over => timer.period = Duration::from_millis(period.into()),
        _ => return Ok(()),
    }
    state.set(number, moment(due));
    tell(pool, state)
}

/// Ends a timer. Errors: 6, 87; 997 and 1131 as [`Wish`] says.
pub(crate) fn delete(queue_word: Handle, word: Handle, wish: Wish) -> Outcome<()> {
    let pool = pool();
    let mut state = locked(&pool.timers.state);
    let number = timer(&state, queue_word, word)?;
    wish.check(state.timers.get(&number).map(|timer| &timer.calls))?;
    let timer = state.remove(number);
    drop(state);
    let calls: Vec<Arc<Calls>> = timer.into_iter().map(|timer| timer.calls).collect();
    wish.fulfil(&calls)
}

/// Ends a queue and its timers. Errors: 6; 997 and 1131 as [`Wish`] says.
pub(crate) fn delete_queue(word: Handle, wish: Wish) -> Outcome<()> {
    let pool = pool();
    let mut state = locked(&pool.timers.state);
    let of = match queue(&state, word)? {
        0 => return Err(Win32Code::INVALID_HANDLE),
        of => of,
    };
    let mine = |(_, timer): &(&u64, &Timer)| timer.queue == of;
    wish.check(state.timers.iter().filter(mine).map(|(_, timer)| &timer.calls))?;
    state.queues.remove(&of);
    let numbers: Vec<u64> = state
        .timers
        .iter()
        .filter(mine)
        .map(|(number, _)| *number)
        .collect();
    let timers: Vec<Timer> = numbers
        .into_iter()
        .filter_map(|number| state.remove(number))
        .collect();
    drop(state);
    let calls: Vec<Arc<Calls>> = timers.into_iter().map(|timer| timer.calls).collect();
    wish.fulfil(&calls)
}
