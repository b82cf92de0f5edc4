//! Waits that are awaited: Y-6, Y-10, Y-12, Y-30..Y-33; nothing is lost with a future that is dropped.

use filemap::tokio::{Async, lock, wait, wait_all, wait_any};
use filemap::{
    AccessMask, DueTime, Event, Mutex, Namespace, ProcessHandle, Reset, Semaphore, Wait, WaitableTimer, spawn,
};
use filemap_testing::{PrivateRoot, private_root, role, roles, wait_for, watchdog};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

const NOW: Option<Duration> = Some(Duration::ZERO);

struct Place {
    root: PrivateRoot,
    space: Namespace,
}

impl Place {
    fn new() -> Place {
        let root = private_root();
        let space = Namespace::at(root.path()).with_session(1);
        Place { root, space }
    }

    fn event(&self, reset: Reset, name: &str) -> Async<Event> {
        let options = Event::options().namespace(&self.space).reset(reset);
        Async(options.create(name).unwrap())
    }

    fn mutex(&self, name: &str) -> Mutex {
        Mutex::options().namespace(&self.space).create(name).unwrap()
    }

    fn semaphore(&self, name: &str) -> Semaphore {
        Semaphore::options().namespace(&self.space).create(name).unwrap()
    }

    fn env(&self, role: filemap_testing::Role) -> filemap_testing::Role {
        role.env("FILEMAP_ROOT", self.root.path())
            .env("FILEMAP_SESSION", "1")
    }
}

fn threads() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(3)
        .enable_time()
        .build()
        .unwrap()
}

/// Threads of this process that wait in the place of tasks.
fn waiting_threads() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let name =
        |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("comm")).unwrap_or_default();
    tasks
        .flatten()
        .map(name)
        .filter(|name| name.starts_with("filemap-"))
        .count()
}

/// Until a runtime of one thread has polled all of a thousand tasks; it does so in turns of some dozens.
async fn all_polled() {
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
}

#[test]
fn a_task_waits_for_what_another_process_signals_y5_y33() {
    let _dog = watchdog!();
    let place = Place::new();
    let go = place.event(Reset::Auto, "go");
    let items = place.semaphore("items");
    let mut setter = place.env(role!(setter)).start();
    setter.expect("ready");
    threads().block_on(async {
        let one = tokio::spawn(go.wait());
        setter.send("go");
        assert_eq!(one.await.unwrap().unwrap(), Wait::Object(0));
        assert!(!go.is_set(), "the wait has reset it");
        let any = tokio::spawn(wait_any(&[&go, &items]));
        setter.send("items");
        assert_eq!(any.await.unwrap().unwrap(), Wait::Object(1));
        // Both at once: the lowest, and only that.
        setter.send("both");
        setter.expect("done");
        assert_eq!(wait_any(&[&items, &go]).await.unwrap(), Wait::Object(0));
        assert!(go.is_set());
        assert_eq!(items.count(), 0);
        let all = tokio::spawn(wait_all(&[&items, &go]));
        tokio::task::yield_now().await;
        assert!(go.is_set(), "nothing is taken before all is there");
        setter.send("items");
        assert_eq!(all.await.unwrap().unwrap(), Wait::Object(0));
        assert!(!go.is_set());
    });
}

#[test]
fn what_is_wrong_with_a_wait_is_told_when_it_is_awaited_y2_y31() {
    let place = Place::new();
    let event = place.event(Reset::Manual, "e");
    let blind = event.duplicate(AccessMask(0x2)).unwrap();
    threads().block_on(async {
        assert_eq!(wait(&blind).await.unwrap_err().code().0, 5);
        assert_eq!(wait_any(&[]).await.unwrap_err().code().0, 87);
        assert_eq!(wait_all(&[&event, &event]).await.unwrap_err().code().0, 87);
        event.set().unwrap();
        assert_eq!(wait_any(&[&event, &event]).await.unwrap(), Wait::Object(0));
    });
}

#[test]
fn timers_processes_threads_and_descriptors_are_awaited_with_objects_y25() {
    let _dog = watchdog!();
    let place = Place::new();
    let event = place.event(Reset::Auto, "e");
    let timer = WaitableTimer::options()
        .namespace(&place.space)
        .create("t")
        .unwrap();
    let (read, write) = std::io::pipe().unwrap();
    let (go, gone) = std::sync::mpsc::channel::<()>();
    let thread = spawn(move || gone.recv()).unwrap();
    let mut child = std::process::Command::new("cat")
        .stdin(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let process = ProcessHandle::open(child.id()).unwrap();
    threads().block_on(async {
        let fd = read.as_fd();
        let objects: [&dyn filemap::Waitable; 5] = [&event, &timer, &fd, &thread, &process];
        let next = || tokio::spawn(wait_any(&objects));
        let waits = next();
        timer
            .set(DueTime::After(Duration::from_millis(5)), Duration::ZERO)
            .unwrap();
        assert_eq!(waits.await.unwrap().unwrap(), Wait::Object(1));
        let waits = next();
        drop(go);
        assert_eq!(waits.await.unwrap().unwrap(), Wait::Object(3));
        let waits = tokio::spawn(wait_any(&[&event, &process]));
        drop(child.stdin.take());
        assert_eq!(waits.await.unwrap().unwrap(), Wait::Object(1));
        // The thread, which has ended, would answer a wait that began before the byte came.
        rustix::io::write(&write, b"x").unwrap();
        let waits = next();
        assert_eq!(waits.await.unwrap().unwrap(), Wait::Object(2));
        let waits = tokio::spawn(wait_all(&[&event, &fd, &process]));
        event.set().unwrap();
        assert_eq!(waits.await.unwrap().unwrap(), Wait::Object(0));
        assert!(!event.is_set());
    });
    child.wait().unwrap();
}

#[test]
fn a_dropped_wait_loses_neither_a_unit_nor_a_set_nor_a_mutex_y5_y10_y21() {
    // Waits end by time-out, abort and `select!` at any moment, beside signals from another process's view and threads.
    let _dog = watchdog!();
    const UNITS: u32 = 3000;
    let place = Place::new();
    let items = Arc::new(place.semaphore("items"));
    let event = Arc::new(place.event(Reset::Auto, "event"));
    let mutex = Arc::new(place.mutex("mutex"));
    let (taken, sets, dropped, inside) = (count(), count(), count(), count());
    let stop = Arc::new(place.event(Reset::Manual, "stop"));
    let releaser = {
        let (items, event, stop) = (Arc::clone(&items), Arc::clone(&event), Arc::clone(&stop));
        let (taken, sets) = (Arc::clone(&taken), Arc::clone(&sets));
        std::thread::spawn(move || {
            let mut set = 0;
            for n in 1..=UNITS {
                items.release(1).unwrap();
                // An event holds one set: the next only after somebody has taken the last.
                if sets.load(Ordering::SeqCst) == set {
                    event.set().unwrap();
                    set += 1;
                }
                while n > taken.load(Ordering::SeqCst) + 8 {
                    std::thread::yield_now();
                }
            }
            wait_for("the last units to be taken", || {
                taken.load(Ordering::SeqCst) == UNITS
            });
            wait_for("the last set to be taken", || sets.load(Ordering::SeqCst) == set);
            stop.set().unwrap();
            set
        })
    };
    let runtime = threads();
    runtime.block_on(async {
        let mut tasks = Vec::new();
        for n in 0..12_u64 {
            let (items, event, mutex, stop) = (items.clone(), event.clone(), mutex.clone(), stop.clone());
            let (taken, sets, dropped, inside) =
                (taken.clone(), sets.clone(), dropped.clone(), inside.clone());
            tasks.push(tokio::spawn(async move {
                let mut random = n * 2 + 1;
                loop {
                    random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    let short = Duration::from_micros((random >> 40) % 200);
                    // One that is never polled again once a faster one is done, and one that is cut off by the time.
                    let waits = wait_any(&[&*event, &*items, &*stop]);
                    let got = tokio::select! {
                        got = tokio::time::timeout(short, waits) => got,
                        () = tokio::task::yield_now(), if (random >> 33) % 4 == 0 => {
                            dropped.fetch_add(1, Ordering::SeqCst);
                            continue;
                        }
                    };
                    match got {
                        Ok(got) => match got.unwrap() {
                            Wait::Object(0) => drop(sets.fetch_add(1, Ordering::SeqCst)),
                            Wait::Object(1) => drop(taken.fetch_add(1, Ordering::SeqCst)),
                            Wait::Object(2) => return,
                            other => panic!("{other:?}"),
                        },
                        Err(_) => drop(dropped.fetch_add(1, Ordering::SeqCst)),
                    }
                    if let Ok(guard) = tokio::time::timeout(short, lock(&mutex)).await {
                        let guard = guard.unwrap();
                        assert!(!guard.was_abandoned());
                        // One thread at a time; tasks of one thread pass each other only at an await, of which there is none.
                        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                        inside.fetch_sub(1, Ordering::SeqCst);
                    }
                }
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
    });
    let set = releaser.join().unwrap();
    assert_eq!(taken.load(Ordering::SeqCst) + items.count(), UNITS);
    assert_eq!(sets.load(Ordering::SeqCst), set);
    assert!(
        dropped.load(Ordering::SeqCst) > 0,
        "no wait was dropped: nothing was tested"
    );
    assert_eq!(mutex.wait(NOW).unwrap(), Wait::Object(0), "nobody has it");
    mutex.release().unwrap();
}

fn count() -> Arc<AtomicU32> {
    Arc::default()
}

#[test]
fn a_task_that_is_aborted_while_it_waits_leaves_the_next_signal_to_others_y5() {
    let _dog = watchdog!();
    let place = Place::new();
    let event = place.event(Reset::Auto, "e");
    threads().block_on(async {
        for _ in 0..200 {
            let doomed = tokio::spawn(event.wait());
            let lucky = tokio::spawn(event.wait());
            tokio::task::yield_now().await;
            doomed.abort();
            event.set().unwrap();
            // The doomed may have been faster than its abort: then it says so, and the set was its own.
            match doomed.await {
                Ok(got) => {
                    assert_eq!(got.unwrap(), Wait::Object(0));
                    lucky.abort();
                    if let Ok(got) = lucky.await {
                        panic!("one set for two: {got:?}");
                    }
                }
                Err(_) => assert_eq!(lucky.await.unwrap().unwrap(), Wait::Object(0)),
            }
        }
    });
}

#[test]
fn a_thousand_waits_need_few_threads_and_idle_ones_go() {
    let _dog = watchdog!();
    let place = Place::new();
    // In a process of its own: other tests of this binary wait, too.
    let mut many = place.env(role!(many_waits)).start();
    many.expect("one event: 1");
    many.expect("150 events: 3");
    many.expect("idle: 0");
    assert!(many.ended().0.success());
}

#[test]
fn a_killed_owner_is_told_to_a_task_once_y12() {
    let _dog = watchdog!();
    let place = Place::new();
    let (first, second) = (place.mutex("first"), place.mutex("second"));
    let event = place.event(Reset::Auto, "e");
    let mut owner = place.env(role!(owner)).start();
    owner.expect("owned");
    Builder::new_current_thread().build().unwrap().block_on(async {
        let waits = tokio::spawn(wait_any(&[&event, &second, &first]));
        tokio::task::yield_now().await;
        owner.kill();
        let Wait::Abandoned(n) = waits.await.unwrap().unwrap() else {
            panic!("Y-12")
        };
        let (got, other) = if n == 1 {
            (&second, &first)
        } else {
            (&first, &second)
        };
        got.release().unwrap();
        assert!(lock(other).await.unwrap().was_abandoned());
        assert!(!lock(got).await.unwrap().was_abandoned(), "told once");
    });
}

#[test]
fn a_process_killed_with_waiting_tasks_takes_no_signal_with_it() {
    let _dog = watchdog!();
    let place = Place::new();
    let (event, items) = (place.event(Reset::Auto, "event"), place.semaphore("items"));
    for _ in 0..20 {
        let mut doomed = place.env(role!(waits_in_tasks)).start();
        doomed.expect("waits");
        let (in_thread, in_process) = std::thread::scope(|scope| {
            let one = scope.spawn(|| event.0.wait(None).unwrap());
            let other = scope.spawn(|| items.wait(None).unwrap());
            doomed.kill();
            event.set().unwrap();
            items.release(1).unwrap();
            (one.join().unwrap(), other.join().unwrap())
        });
        assert_eq!((in_thread, in_process), (Wait::Object(0), Wait::Object(0)));
    }
}

#[test]
fn a_pulse_lets_tasks_go_that_wait_and_leaves_the_event_reset_y6() {
    let _dog = watchdog!();
    let place = Place::new();
    for reset in [Reset::Manual, Reset::Auto] {
        let event = place.event(reset, if reset == Reset::Auto { "a" } else { "m" });
        threads().block_on(async {
            let waits = tokio::spawn(event.wait());
            // A pulse may be missed, by a wait that has not begun or by one that was just taken out: pulse until one is not.
            while !waits.is_finished() {
                event.pulse().unwrap();
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            assert_eq!(waits.await.unwrap().unwrap(), Wait::Object(0));
            assert!(!event.is_set());
        });
    }
}

#[test]
fn a_wait_that_always_succeeds_lets_other_tasks_run() {
    let place = Place::new();
    let event = place.event(Reset::Manual, "e");
    event.set().unwrap();
    Builder::new_current_thread().build().unwrap().block_on(async {
        let other = tokio::spawn(async {});
        // On one thread the other task runs only when this one gives way.
        while !other.is_finished() {
            event.wait().await.unwrap();
        }
    });
}

roles! {
    fn setter(peer: &mut Peer) {
        let go = Event::options().open("go").unwrap();
        let items = Semaphore::options().open("items").unwrap();
        peer.send("ready");
        while let Some(what) = peer.receive() {
            if what != "items" {
                go.set().unwrap();
            }
            if what != "go" {
                items.release(1).unwrap();
            }
            if what == "both" {
                peer.send("done");
            }
        }
    }

    fn owner(peer: &mut Peer) {
        let (first, second) = (Mutex::options().open("first").unwrap(), Mutex::options().open("second").unwrap());
        first.wait(None).unwrap();
        second.wait(None).unwrap();
        peer.send("owned");
        while peer.receive().is_some() {}
    }

    fn waits_in_tasks(peer: &mut Peer) {
        let event = Event::options().open("event").unwrap();
        let items = Semaphore::options().open("items").unwrap();
        Builder::new_current_thread().build().unwrap().block_on(async {
            let waits = [tokio::spawn(wait_any(&[&event, &items])), tokio::spawn(wait(&event)), tokio::spawn(wait(&items))];
            tokio::task::yield_now().await;
            peer.send("waits");
            for wait in waits {
                wait.await.unwrap().unwrap();
            }
        });
    }

    fn many_waits(peer: &mut Peer) {
        let space = Namespace::current().unwrap();
        let event = |_| Event::options().namespace(&space).reset(Reset::Manual).create_unnamed().unwrap();
        Builder::new_current_thread().build().unwrap().block_on(async {
            let one = event(0);
            let waits: Vec<_> = (0..1000).map(|_| tokio::spawn(wait(&one))).collect();
            all_polled().await;
            wait_for("threads to take their names", || waiting_threads() >= 1);
            peer.send(&format!("one event: {}", waiting_threads()));
            one.set().unwrap();
            for wait in waits {
                assert_eq!(wait.await.unwrap().unwrap(), Wait::Object(0));
            }
            let events: Vec<Event> = (0..150).map(event).collect();
            let waits: Vec<_> = events.iter().map(|event| tokio::spawn(wait(event))).collect();
            all_polled().await;
            wait_for("threads to take their names", || waiting_threads() >= 3);
            peer.send(&format!("150 events: {}", waiting_threads()));
            for event in &events {
                event.set().unwrap();
            }
            for wait in waits {
                assert_eq!(wait.await.unwrap().unwrap(), Wait::Object(0));
            }
        });
        wait_for("idle threads to go", || waiting_threads() == 0);
        peer.send("idle: 0");
    }
}
