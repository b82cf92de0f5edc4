//! Completion routines of waitable timers: functions that the thread which set the timer runs, in an alertable wait, each time
//! the timer is due (Y-25, Y-26).

// UNSAFETY: calls a function of the program.
#![expect(unsafe_code)]

use crate::boundary::Outcome;
use crate::sync_object::Synced;
use crate::thread::{self, State};
use filemap::{DueTime, WaitableTimer};
use filemap_core::error::Win32Code;
use std::collections::HashMap;
use std::sync::{Arc, Condvar, LazyLock, Mutex, Weak};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

type Routine = extern "C-unwind" fn(usize, u32, u32);

/// The number of each timer's setting in force, by the timer's address.
type Current = HashMap<usize, (u64, Weak<Synced<WaitableTimer>>)>;

/// Which of a timer's settings is the one in force: one number each, and a bell for whoever waits for an old one.
#[derive(Default)]
struct Settings {
    current: Mutex<Current>,
    changed: Condvar,
}

static SETTINGS: LazyLock<Settings> = LazyLock::new(Settings::default);

fn key(timer: &Arc<Synced<WaitableTimer>>) -> usize {
    Arc::as_ptr(timer).addr()
}

fn locked() -> std::sync::MutexGuard<'static, Current> {
    SETTINGS.current.lock().unwrap_or_else(|e| e.into_inner())
}

/// Ends the routine of an earlier setting, and begins one for this setting.
pub(crate) fn set(
    timer: &Arc<Synced<WaitableTimer>>,
    due: DueTime,
    period: Duration,
    routine: usize,
    argument: usize,
) -> Outcome<()> {
    cancel(timer);
    if routine == 0 {
        return Ok(());
    }
    // SAFETY: the caller of SetWaitableTimer says that a function of this type is there; that there is memory was checked.
    let routine =
        unsafe { std::mem::transmute::<*const (), Routine>(std::ptr::with_exposed_provenance(routine)) };
    let thread = thread::current()?;
    let key = key(timer);
    let setting = {
        let mut current = locked();
        current.retain(|_, (_, timer)| timer.strong_count() > 0);
        let next = current.values().map(|(setting, _)| *setting).max().unwrap_or(0) + 1;
        current.insert(key, (next, Arc::downgrade(timer)));
        next
    };
    let watch = move || run(key, setting, due, period, &thread, routine, argument);
    std::thread::Builder::new()
        .name("filemap-timer".into())
        .stack_size(64 * 1024)
        .spawn(watch)
        .map(drop)
        .map_err(|_| Win32Code::NOT_ENOUGH_MEMORY)
}

/// No more routines of this timer begin; one that is queued is not run any more.
pub(crate) fn cancel(timer: &Arc<Synced<WaitableTimer>>) {
    if locked().remove(&key(timer)).is_some() {
        SETTINGS.changed.notify_all();
    }
}

fn is_current(key: usize, setting: u64) -> bool {
    is_in_force(&locked(), key, setting)
}

fn is_in_force(
    current: &HashMap<usize, (u64, Weak<Synced<WaitableTimer>>)>,
    key: usize,
    setting: u64,
) -> bool {
    current
        .get(&key)
        .is_some_and(|(number, timer)| *number == setting && timer.strong_count() > 0)
}

/// Sleeps until a moment that is `left` away, or the setting is not in force any more; false then.
fn sleep_until(key: usize, setting: u64, left: impl Fn() -> Duration) -> bool {
    let mut current = locked();
    loop {
        if !is_in_force(&current, key, setting) {
            return false;
        }
        // A timer whose last handle was closed, and a clock that was set, are noticed within a second.
        let left = left();
        if left.is_zero() {
            return true;
        }
        let woken = SETTINGS
            .changed
            .wait_timeout(current, left.min(Duration::from_secs(1)));
        current = woken.unwrap_or_else(|e| e.into_inner()).0;
    }
}

fn since_1970() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn run(
    key: usize,
    setting: u64,
    due: DueTime,
    period: Duration,
    thread: &Arc<State>,
    routine: Routine,
    argument: usize,
) {
    let begin = Instant::now();
    let in_time = match due {
        DueTime::After(delay) => sleep_until(key, setting, || delay.saturating_sub(begin.elapsed())),
        DueTime::At(moment) => sleep_until(key, setting, || moment.saturating_sub(since_1970())),
    };
    if !in_time {
        return;
    }
    let mut next = Instant::now();
    loop {
        let now = crate::sysinfoapi::now();
        let call = move || {
            if is_current(key, setting) {
                routine(argument, now as u32, (now >> 32) as u32);
            }
        };
        if thread.queue_apc(Box::new(call)).is_err() || period.is_zero() {
            return;
        }
        next += period;
        if !sleep_until(key, setting, || next.saturating_duration_since(Instant::now())) {
            return;
        }
    }
}
