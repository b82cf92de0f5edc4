//! What happens at a crash point of this process.

use filemap_sys::os::crash;
use rustix::process::{Signal, getpid, kill_process};
use std::cell::RefCell;

/// What a thread does at the points that it passes.
enum Plan {
    /// Keeps their names.
    Record(Vec<&'static str>),
    /// Sends its process a signal at the point with this number, from 0.
    Signal { at: usize, passed: usize, signal: Signal },
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
        Some(Plan::Signal { at, passed, signal }) => {
            if passed == at {
                kill_process(getpid(), *signal).expect("a signal to this very process");
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

/// Has `act` be interrupted by `signal` at the point with number `at`, from 0. A stopped process goes on from there.
pub fn interrupted_at(at: usize, signal: Signal, act: impl FnOnce()) {
    let passed = 0;
    set(Some(Plan::Signal { at, passed, signal }));
    act();
    set(None);
}

/// Has `tell` be called at each point that `act` passes on this thread.
pub fn told_of<T>(tell: impl FnMut(&'static str) + 'static, act: impl FnOnce() -> T) -> T {
    set(Some(Plan::Tell(Box::new(tell))));
    let result = act();
    set(None);
    result
}
