//! Absolute timers when somebody sets the clock. Y-25.
//!
//! This sets the clock of the whole machine, for some milliseconds, so it runs only where that was said to be all right.
//! That a due time is compared with the clock as it is then, whichever way it was set, is tested in `filemap-core`
//! (`sync/timer.rs`) without a clock.

use filemap::{DueTime, Namespace, Wait, WaitableTimer, wait_any};
use filemap_testing::{is_root, private_root, skip, wait_for, watchdog};
use rustix::time::{ClockId, Timespec, clock_gettime, clock_settime};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Puts the clock back where it would be by now.
struct Clock {
    real: Duration,
    monotonic: Duration,
}

fn now(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

impl Clock {
    fn new() -> Clock {
        Clock {
            real: now(ClockId::Realtime),
            monotonic: now(ClockId::Monotonic),
        }
    }

    /// What the clock would say if nobody had set it.
    fn true_time(&self) -> Duration {
        self.real + (now(ClockId::Monotonic) - self.monotonic)
    }

    fn set(time: Duration) -> rustix::io::Result<()> {
        let (tv_sec, tv_nsec) = (time.as_secs() as i64, i64::from(time.subsec_nanos()));
        clock_settime(ClockId::Realtime, Timespec { tv_sec, tv_nsec })
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        Clock::set(self.true_time()).expect("it could be set before");
    }
}

fn is_asleep(tid: i32) -> bool {
    let call = std::fs::read_to_string(format!("/proc/self/task/{tid}/syscall")).unwrap_or_default();
    ["202 ", "449 ", "98 "].iter().any(|n| call.starts_with(n))
}

#[test]
fn absolute_timers_follow_the_clock_when_it_is_set() {
    if std::env::var_os("FILEMAP_TEST_MAY_SET_THE_CLOCK").is_none() {
        skip!("sets the clock of this machine: allow it with FILEMAP_TEST_MAY_SET_THE_CLOCK=1, as root");
    }
    if !is_root() {
        skip!("sets the clock of this machine: run as root");
    }
    let _dog = watchdog!();
    let root = private_root();
    let space = Namespace::at(root.path()).with_session(1);
    const JUMP: Duration = Duration::from_secs(3600);
    // Alone, and beside a limit on the other clock, where another mechanism is at work.
    for limit in [None, Some(JUMP * 2)] {
        let options = WaitableTimer::options().namespace(&space);
        let (timer, other) = (
            options.create("absolute").unwrap(),
            options.create("other").unwrap(),
        );
        let due = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + JUMP;
        timer.set(DueTime::At(due), Duration::ZERO).unwrap();
        let (tell, hear) = std::sync::mpsc::channel();
        let waiter = std::thread::spawn(move || {
            tell.send(rustix::thread::gettid().as_raw_nonzero().get())
                .unwrap();
            wait_any(&[&other, &timer], limit).unwrap()
        });
        let tid = hear.recv().unwrap();
        wait_for("the waiter to sleep", || is_asleep(tid));
        let clock = Clock::new();
        // Back: not due for longer. Forward: due at once.
        if Clock::set(clock.true_time() - JUMP).is_err() {
            skip!("this root may not set the clock (CAP_SYS_TIME)");
        }
        assert!(!waiter.is_finished());
        Clock::set(clock.true_time() + JUMP).unwrap();
        assert_eq!(waiter.join().unwrap(), Wait::Object(1));
        drop(clock);
    }
}
