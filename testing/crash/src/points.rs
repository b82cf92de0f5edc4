//! What happens at a crash point of this process.

use filemap_sys::os::crash;
use rustix::process::{Signal, getpid, kill_process};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::{Arc, Barrier};

/// What a thread does at the points that it passes.
enum Plan {
    /// Keeps their names.
    Record(Vec<&'static str>),
    /// Does this at the point with this number, from 0.
    At {
        number: usize,
        passed: usize,
        then: Box<dyn FnMut()>,
    },
    /// Tells the name.
    Tell(Box<dyn FnMut(&'static str)>),
}

thread_local! {
    /// Other threads of a test process pass points, too; those are not this thread's.
    static PLAN: RefCell<Option<Plan>> = const { RefCell::new(None) };
}

fn at_point(name: &'static str) {
    PLAN.with_borrow_mut(|plan| match plan {
        None => {}
        Some(Plan::Record(names)) => names.push(name),
        Some(Plan::At { number, passed, then }) => {
            if passed == number {
                then();
            }
            *passed += 1;
        }
        Some(Plan::Tell(tell)) => tell(name),
    });
}

fn set(plan: Option<Plan>) -> Option<Plan> {
    crash::set_hook(at_point);
    PLAN.replace(plan)
}

/// The points that `act` passes on this thread, in order.
pub fn passed_by(act: impl FnOnce()) -> Vec<&'static str> {
    set(Some(Plan::Record(Vec::new())));
    act();
    match set(None) {
        Some(Plan::Record(names)) => names,
        _ => unreachable!("nobody changed this thread's plan"),
    }
}

fn at(number: usize, then: impl FnMut() + 'static, act: impl FnOnce()) {
    set(Some(Plan::At {
        number,
        passed: 0,
        then: Box::new(then),
    }));
    act();
    set(None);
}

/// Has the process die by SIGKILL at the point of `act` with this number, from 0.
pub fn killed_at(number: usize, act: impl FnOnce()) {
    let die = || kill_process(getpid(), Signal::KILL).expect("a signal to this very process");
    at(number, die, act);
}

/// Has the process stop by SIGSTOP at the point of `act` with this number, from 0, until it is continued *and*
/// `continued` returns.
///
/// Both are needed: the signal is for the process, and the thread that sent it may go on for a moment before it stops.
pub fn stopped_at(number: usize, act: impl FnOnce() + Send, continued: impl FnOnce()) {
    let stopped = Arc::new(Barrier::new(2));
    std::thread::scope(|scope| {
        let barrier = Arc::clone(&stopped);
        scope.spawn(move || {
            let stop = move || {
                kill_process(getpid(), Signal::STOP).expect("a signal to this very process");
                barrier.wait();
            };
            at(number, stop, act);
        });
        continued();
        stopped.wait();
    });
}

/// Has the process stop by SIGSTOP at the point of `act` with this number, from 0, in the thread that acts, until it is
/// continued; or after `act` if that passes fewer points.
pub fn stopped_here_at(number: usize, act: impl FnOnce()) {
    // Sent to this very thread, which stops before the call returns.
    let stop = || signal_hook::low_level::raise(Signal::STOP.as_raw()).expect("a signal to this very thread");
    let stopped = Rc::new(Cell::new(false));
    let there = Rc::clone(&stopped);
    let then = move || {
        there.set(true);
        stop();
    };
    at(number, then, act);
    if !stopped.get() {
        stop();
    }
}

/// Has `tell` be called at each point that `act` passes on this thread.
pub fn told_of<T>(tell: impl FnMut(&'static str) + 'static, act: impl FnOnce() -> T) -> T {
    set(Some(Plan::Tell(Box::new(tell))));
    let result = act();
    set(None);
    result
}
