//! A process dies by SIGKILL, or stops, at every step of every operation of the synchronisation objects. Y-5, Y-6, Y-10,
//! Y-12, Y-21, Y-25, Y-33.
//!
//! Around the victim are others who sleep on the same objects. Whatever the victim has done or not, they are woken by
//! what is signalled, and the objects work.

use filemap::{
    DueTime, Event, Mutex, Namespace, Reset, Semaphore, Wait, Waitable, WaitableTimer, wait_all, wait_any,
};
use filemap_crash_tests::{Tree, points};
use filemap_testing::{Child, role, roles, wait_for, watchdog};
use rustix::process::{Pid, Signal, WaitOptions, waitpid};
use std::os::unix::process::ExitStatusExt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const NOW: Option<Duration> = Some(Duration::ZERO);
/// A time limit that is over after a sleep.
const SOON: Option<Duration> = Some(Duration::from_millis(1));

/// The objects of a stage, as each process opens them.
struct Objects {
    auto: Event,
    manual: Event,
    mutex: Mutex,
    semaphore: Semaphore,
    timer: WaitableTimer,
}

impl Objects {
    fn new(space: &Namespace) -> Objects {
        let event = |name, reset| {
            Event::options()
                .namespace(space)
                .reset(reset)
                .create(name)
                .unwrap()
        };
        Objects {
            auto: event("auto", Reset::Auto),
            manual: event("manual", Reset::Manual),
            mutex: Mutex::options().namespace(space).create("mutex").unwrap(),
            semaphore: Semaphore::options()
                .namespace(space)
                .maximum(100)
                .create("semaphore")
                .unwrap(),
            timer: WaitableTimer::options().namespace(space).create("timer").unwrap(),
        }
    }

    fn all(&self) -> [&dyn Waitable; 3] {
        [&self.auto, &self.mutex, &self.semaphore]
    }
}

/// One operation of the victim.
struct Operation {
    name: &'static str,
    /// What the stage is set to, by the victim itself, before the operation.
    before: fn(&Objects),
    /// What others sleep on meanwhile.
    sleepers: &'static [Sleeper],
    act: fn(&Objects),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Sleeper {
    Auto,
    Manual,
    Mutex,
    Semaphore,
    Any,
    All,
}

fn nothing(_: &Objects) {}

fn own(objects: &Objects) {
    objects.mutex.wait(None).unwrap();
}

/// A thread of the victim that keeps the mutex until the process ends.
fn another_thread_owns(objects: &Objects) {
    let mutex = objects.mutex.duplicate(objects.mutex.rights()).unwrap();
    let (tell, hear) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        mutex.wait(None).unwrap();
        tell.send(()).unwrap();
        loop {
            std::thread::park();
        }
    });
    hear.recv().unwrap();
}

fn signal_all(objects: &Objects) {
    objects.auto.set().unwrap();
    objects.semaphore.release(1).unwrap();
}

fn done<T>(_: T) {}

const fn operation(
    name: &'static str,
    before: fn(&Objects),
    sleepers: &'static [Sleeper],
    act: fn(&Objects),
) -> Operation {
    Operation {
        name,
        before,
        sleepers,
        act,
    }
}

const OPERATIONS: [Operation; 27] = {
    use Sleeper::{All, Any, Auto, Manual, Semaphore};
    [
        operation("lock", nothing, &[], own),
        operation("lock again", own, &[], own),
        operation("lock, others want it", nothing, &[Sleeper::All], own),
        operation("unlock", own, &[], |o| o.mutex.release().unwrap()),
        operation("unlock, one sleeps", own, &[Sleeper::Mutex], |o| {
            o.mutex.release().unwrap();
        }),
        operation(
            "unlock, many sleep",
            own,
            &[Sleeper::Mutex, Any, All, Sleeper::Mutex],
            |o| {
                o.mutex.release().unwrap();
            },
        ),
        operation("lock in vain", another_thread_owns, &[], |o| {
            done(o.mutex.wait(SOON).unwrap())
        }),
        operation("set", nothing, &[], |o| o.auto.set().unwrap()),
        operation("set a set one", signal_all, &[], |o| o.auto.set().unwrap()),
        operation("set, one sleeps", nothing, &[Auto], |o| o.auto.set().unwrap()),
        operation("set, two sleep", nothing, &[Auto, Auto], |o| {
            o.auto.set().unwrap()
        }),
        operation("set, many sleep", nothing, &[Auto, Any, All], |o| {
            o.auto.set().unwrap()
        }),
        operation("set manual, two sleep", nothing, &[Manual, Manual], |o| {
            o.manual.set().unwrap()
        }),
        operation("reset", signal_all, &[], |o| o.auto.reset().unwrap()),
        operation("pulse, two sleep", nothing, &[Auto, Auto], |o| {
            o.auto.pulse().unwrap()
        }),
        operation("pulse manual, two sleep", nothing, &[Manual, Manual], |o| {
            o.manual.pulse().unwrap()
        }),
        operation("release", nothing, &[], |o| done(o.semaphore.release(1).unwrap())),
        operation("release, two sleep", nothing, &[Semaphore, Any], |o| {
            done(o.semaphore.release(2).unwrap());
        }),
        operation("wait", signal_all, &[], |o| done(o.auto.wait(None).unwrap())),
        operation("wait in vain", nothing, &[], |o| done(o.auto.wait(SOON).unwrap())),
        operation("take a unit", signal_all, &[], |o| {
            done(o.semaphore.wait(None).unwrap())
        }),
        operation("wait for any", signal_all, &[], |o| {
            done(wait_any(&o.all(), None).unwrap())
        }),
        operation("wait for any in vain", nothing, &[Auto, Semaphore], |o| {
            done(wait_any(&[&o.auto, &o.semaphore], SOON).unwrap());
        }),
        operation("wait for all", signal_all, &[], |o| {
            done(wait_all(&o.all(), None).unwrap())
        }),
        operation("wait for all in vain", nothing, &[Auto, Semaphore], |o| {
            done(wait_all(&o.all(), SOON).unwrap())
        }),
        operation("set timer", nothing, &[], |o| {
            o.timer
                .set(DueTime::After(Duration::from_secs(3600)), Duration::ZERO)
                .unwrap();
        }),
        operation("wait for a timer", nothing, &[], |o| {
            let every = Duration::from_nanos(1);
            o.timer.set(DueTime::After(every), every).unwrap();
            o.timer.wait(None).unwrap();
            o.timer.cancel().unwrap();
        }),
    ]
};

roles! {
    /// Does one operation, and dies or stops in the middle of it if told to.
    fn victim(peer: &mut Peer) {
        let space = Namespace::at(peer.receive().expect("the tree")).with_session(1);
        let objects = Objects::new(&space);
        let name = peer.receive().expect("the operation");
        let operation = OPERATIONS.iter().find(|op| op.name == name).expect("a known operation");
        // The thread's own record is made once, not by the operation.
        let warm = Mutex::options().namespace(&space).create_unnamed().unwrap();
        warm.wait(None).unwrap();
        warm.release().unwrap();
        let act = |objects: &Objects| (operation.act)(objects);
        let order = peer.receive().expect("an order");
        let on = |peer: &mut filemap_testing::Peer| {
            (operation.before)(&objects);
            peer.send("ready");
            peer.receive();
        };
        match order.split_once(' ') {
            Some(("kill", number)) => {
                on(peer);
                points::killed_at(number.parse().unwrap(), || act(&objects));
            }
            Some(("stop", number)) => {
                on(peer);
                points::stopped_here_at(number.parse().unwrap(), || act(&objects));
            }
            _ => {
                on(peer);
                let passed = points::passed_by(|| act(&objects)).join(",");
                peer.send(&passed);
                peer.receive();
                return;
            }
        }
        peer.send("done");
        peer.receive();
    }

    /// Sleeps on something, and says what came of it.
    fn sleeper(peer: &mut Peer) {
        let space = Namespace::at(peer.receive().expect("the tree")).with_session(1);
        let objects = Objects::new(&space);
        let what = peer.receive().expect("what to sleep on");
        peer.send(&rustix::thread::gettid().as_raw_nonzero().to_string());
        let (waited, releases) = match what.as_str() {
            "Auto" => (objects.auto.wait(None), false),
            "Manual" => (objects.manual.wait(None), false),
            "Mutex" => (objects.mutex.wait(None), true),
            "Semaphore" => (objects.semaphore.wait(None), false),
            "Any" => (wait_any(&[&objects.auto, &objects.semaphore], None), false),
            "All" => (wait_all(&objects.all(), None), true),
            other => panic!("{other}"),
        };
        let waited = waited.unwrap();
        if releases {
            objects.mutex.release().unwrap();
        }
        peer.send(&format!("{waited:?}"));
        peer.receive();
    }
}

/// A victim that is ready for its operation, with sleepers around it.
struct Play {
    _tree: Tree,
    objects: Objects,
    victim: Option<Child>,
    sleepers: Vec<Child>,
}

/// Whether a thread of a child sleeps in a futex call.
fn is_asleep(child: &Child, tid: &str) -> bool {
    let path = format!("/proc/{}/task/{tid}/syscall", child.pid());
    let call = std::fs::read_to_string(path).unwrap_or_default();
    ["202 ", "449 ", "98 "].iter().any(|n| call.starts_with(n))
}

impl Play {
    fn new(operation: &Operation, order: &str) -> Play {
        let tree = Tree::new();
        let objects = Objects::new(tree.space());
        let root = tree.space().root().to_str().expect("a path in UTF-8");
        let mut victim = role!(victim).start();
        victim.send(root);
        victim.send(operation.name);
        victim.send(order);
        victim.expect("ready");
        let sleepers: Vec<Child> = operation
            .sleepers
            .iter()
            .map(|what| {
                let mut child = role!(sleeper).start();
                child.send(root);
                child.send(&format!("{what:?}"));
                let tid = child.receive().expect("its number");
                wait_for(&format!("{}: {what:?} to sleep", operation.name), || {
                    is_asleep(&child, &tid)
                });
                child
            })
            .collect();
        Play {
            _tree: tree,
            objects,
            victim: Some(victim),
            sleepers,
        }
    }

    fn victim(&mut self) -> &mut Child {
        self.victim.as_mut().expect("it has not been buried")
    }

    /// Everybody who sleeps goes on when all is signalled often enough, and then all objects work.
    fn ends_well(mut self, operation: &Operation, when: &str) {
        let objects = &self.objects;
        let any = |kinds: &[Sleeper]| operation.sleepers.iter().any(|s| kinds.contains(s));
        // What is signalled already, nobody sleeps through.
        if any(&[Sleeper::Auto, Sleeper::Any]) {
            wait_for(&format!("{when}: the set to be taken"), || !objects.auto.is_set());
        }
        objects.manual.set().unwrap();
        objects.semaphore.release(10).unwrap();
        let left = AtomicUsize::new(self.sleepers.len());
        std::thread::scope(|scope| {
            for (i, mut sleeper) in self.sleepers.drain(..).enumerate() {
                let left = &left;
                scope.spawn(move || {
                    let told = sleeper.receive().unwrap_or_default();
                    left.fetch_sub(1, Ordering::SeqCst);
                    let well = told.starts_with("Object") || told.starts_with("Abandoned");
                    assert!(well, "{when}: sleeper {i} said {told:?}");
                });
            }
            // An auto-reset event holds one set: another one only after that was taken. If one wakes nobody, this hangs.
            wait_for(&format!("{when}: all sleepers to go on"), || {
                if !objects.auto.is_set() {
                    objects.auto.set().unwrap_or_else(|e| panic!("{when}: {e}"));
                }
                left.load(Ordering::SeqCst) == 0
            });
        });
        objects.auto.reset().unwrap();
        objects.manual.reset().unwrap();
        while objects.semaphore.wait(NOW).unwrap() == Wait::Object(0) {}
        assert_eq!(objects.auto.wait(NOW).unwrap(), Wait::TimedOut, "{when}");
        assert_eq!(objects.manual.wait(NOW).unwrap(), Wait::TimedOut, "{when}");
        objects.auto.set().unwrap();
        assert_eq!(objects.auto.wait(None).unwrap(), Wait::Object(0), "{when}");
        objects.manual.set().unwrap();
        assert_eq!(objects.manual.wait(None).unwrap(), Wait::Object(0), "{when}");
        assert_eq!(objects.semaphore.release(1).unwrap(), 0, "{when}");
        let all = wait_all(&[&objects.manual, &objects.mutex, &objects.semaphore], None).unwrap();
        assert!(
            matches!(all, Wait::Object(_) | Wait::Abandoned(1)),
            "{when}: {all:?}"
        );
        objects.mutex.release().unwrap();
        assert_eq!(
            objects.mutex.wait(None).unwrap(),
            Wait::Object(0),
            "{when}: told once"
        );
        objects.mutex.release().unwrap();
        objects
            .timer
            .set(DueTime::After(Duration::from_nanos(1)), Duration::ZERO)
            .unwrap();
        assert_eq!(objects.timer.wait(None).unwrap(), Wait::Object(0), "{when}");
        assert_eq!(objects.timer.wait(NOW).unwrap(), Wait::TimedOut, "{when}");
    }
}

/// The points that an operation passes.
fn recorded(operation: &Operation) -> Vec<String> {
    let mut play = Play::new(operation, "record");
    play.victim().send("go");
    let line = play.victim().receive().expect("the points");
    play.victim = None;
    play.ends_well(operation, operation.name);
    line.split(',').map(str::to_owned).collect()
}

/// What must be true of a victim's own objects after its death.
fn check_the_dead(operation: &Operation, objects: &Objects, when: &str) {
    let free = objects.mutex.state().owner.is_none();
    let abandoned = objects.mutex.state().abandoned;
    if operation.name == "wait for all" {
        // All or nothing, and the mutex tells which (Y-33, Y-12).
        assert!(free, "{when}");
        assert_eq!(objects.auto.is_set(), !abandoned, "{when}");
        assert_eq!(objects.semaphore.count(), u32::from(!abandoned), "{when}");
    }
    if operation.name == "release" {
        assert!(objects.semaphore.count() <= 1, "{when}");
    }
    if operation.sleepers.is_empty() {
        assert!(free, "{when}: owned by the dead");
    }
}

#[test]
fn whoever_dies_at_any_step_of_any_operation_leaves_objects_that_work_and_nobody_asleep() {
    let _dog = watchdog!();
    let (mut deaths, mut escapes) = (0, 0);
    for operation in &OPERATIONS {
        let points = recorded(operation);
        for (number, point) in points.iter().enumerate() {
            let mut play = Play::new(operation, &format!("kill {number}"));
            play.victim().send("go");
            let when = format!("{}: died {point} (number {number})", operation.name);
            match play.victim().receive() {
                None => {
                    deaths += 1;
                    let (status, _) = play.victim.take().expect("a victim").ended();
                    assert_eq!(status.signal(), Some(Signal::KILL.as_raw()), "{when}");
                    check_the_dead(operation, &play.objects, &when);
                }
                // What others do decides how many steps a sleeping call takes.
                Some(done) => {
                    assert_eq!(done, "done", "{when}");
                    escapes += 1;
                    play.victim = None; // killed: it may own something
                }
            }
            play.ends_well(operation, &when);
        }
    }
    println!("{deaths} deaths, {escapes} calls with fewer steps than when they were counted");
    assert!(deaths > 150 && escapes * 10 < deaths, "{deaths} {escapes}");
}

#[test]
fn whoever_stops_at_any_step_of_any_operation_keeps_nobody_for_ever_and_goes_on_well() {
    let _dog = watchdog!();
    let (mut stops, mut refused) = (0, 0);
    for operation in &OPERATIONS {
        let points = recorded(operation);
        for (number, point) in points.iter().enumerate() {
            let mut play = Play::new(operation, &format!("stop {number}"));
            play.victim().send("go");
            let when = format!("{}: stopped {point} (number {number})", operation.name);
            let pid = Pid::from_raw(play.victim().pid() as i32).expect("a process number");
            let (_, status) = waitpid(Some(pid), WaitOptions::UNTRACED)
                .expect("own child")
                .expect("waited");
            assert!(status.stopped(), "{when}: {status:?}");
            stops += 1;
            // Each of these comes to an end, whatever the stopped one has in its hands.
            let objects = &play.objects;
            let limit = Some(Duration::from_micros(10));
            for waited in [
                objects.semaphore.wait(limit),
                objects.manual.wait(limit),
                wait_all(&[&objects.semaphore, &objects.manual], limit),
                wait_any(&[&objects.semaphore, &objects.manual], limit),
            ] {
                waited.unwrap_or_else(|e| panic!("{when}: {e}"));
            }
            if objects.mutex.wait(limit).unwrap() != Wait::TimedOut {
                objects.mutex.release().unwrap();
            }
            if operation.name == "release, two sleep" {
                // A signal comes to an end, too: with 170 if the stopped one has the word locked.
                let told = objects.semaphore.release(1).map_or_else(|e| e.code().0, |_| 0);
                assert!(told == 0 || told == 170, "{when}: {told}");
                refused += u32::from(told == 170);
            }
            play.victim().signal(Signal::CONT);
            // What was taken just now, the stopped one may be waiting for.
            play.objects
                .semaphore
                .release(4)
                .unwrap_or_else(|e| panic!("{when}: {e}"));
            assert_eq!(play.victim().receive().as_deref(), Some("done"), "{when}");
            play.victim = None; // killed: it may own something
            play.ends_well(operation, &when);
        }
    }
    println!("{stops} stops, {refused} of them in the way of a signal");
    assert!(stops > 150 && refused > 0, "{stops} {refused}");
}
