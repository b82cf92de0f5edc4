//! Objects, waits and time-outs inside one process.

use filemap_core::error::Win32Code;
use filemap_core::sync::Kind;
use filemap_sys::linux::sync::{
    Cancel, DueTime, Limit, StatePage, WaitRef, Waited, signal_and_wait, wait_all, wait_any, wait_one,
};
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

const GOT: Waited = Waited::Object {
    index: 0,
    abandoned: false,
};
const ABANDONED: Waited = Waited::Object {
    index: 0,
    abandoned: true,
};

fn new(kind: Kind, count: u32) -> StatePage {
    StatePage::unnamed(kind, count).unwrap()
}

fn poll(object: &StatePage) -> Waited {
    wait_one(object, Limit::POLL, None).unwrap()
}

fn wait(object: &StatePage) -> Waited {
    wait_one(object, Limit::NONE, None).unwrap()
}

/// Until a thread sleeps: its state in /proc is S and its system call is a futex one.
fn until_asleep(tid: u32) {
    loop {
        let call = std::fs::read_to_string(format!("/proc/self/task/{tid}/syscall")).unwrap_or_default();
        if call.starts_with("202 ") || call.starts_with("449 ") || call.starts_with("98 ") {
            return;
        }
        thread::yield_now();
    }
}

fn tid() -> u32 {
    rustix::thread::gettid().as_raw_nonzero().get() as u32
}

/// Runs `waiter` in a thread and returns when it sleeps.
fn asleep<T: Send + 'static>(waiter: impl FnOnce() -> T + Send + 'static) -> thread::JoinHandle<T> {
    let (send, receive) = std::sync::mpsc::channel();
    let handle = thread::spawn(move || {
        send.send(tid()).unwrap();
        waiter()
    });
    until_asleep(receive.recv().unwrap());
    handle
}

#[test]
fn an_auto_reset_event_is_taken_once_and_a_manual_one_stays() {
    // Y-1, Y-5
    let auto = new(Kind::AutoEvent, 0);
    assert_eq!(poll(&auto), Waited::TimedOut);
    auto.set().unwrap();
    auto.set().unwrap();
    assert_eq!((poll(&auto), poll(&auto)), (GOT, Waited::TimedOut));
    let manual = new(Kind::ManualEvent, 1);
    assert_eq!((poll(&manual), poll(&manual)), (GOT, GOT));
    manual.reset().unwrap();
    assert_eq!(poll(&manual), Waited::TimedOut);
}

#[test]
fn a_mutex_is_the_threads_counts_and_is_refused_to_others() {
    // Y-10, Y-11
    let mutex = new(Kind::Mutex, 0);
    assert_eq!(mutex.unlock().unwrap_err().code(), Win32Code::NOT_OWNER);
    assert_eq!((wait(&mutex), poll(&mutex), wait(&mutex)), (GOT, GOT, GOT));
    assert_eq!(mutex.mutex_state().count, 3);
    let other = mutex.clone();
    let (seen, refused) = thread::spawn(move || (poll(&other), other.unlock().unwrap_err().code()))
        .join()
        .unwrap();
    assert_eq!((seen, refused), (Waited::TimedOut, Win32Code::NOT_OWNER));
    for _ in 0..3 {
        mutex.unlock().unwrap();
    }
    assert_eq!(mutex.unlock().unwrap_err().code(), Win32Code::NOT_OWNER);
    let other = mutex.clone();
    assert_eq!(thread::spawn(move || poll(&other)).join().unwrap(), GOT);
    assert_eq!((poll(&mutex), poll(&mutex)), (ABANDONED, GOT), "Y-12: told once");
}

#[test]
fn a_mutex_that_a_thread_of_this_process_abandoned_keeps_working() {
    // Y-12, again and again: the dead threads' list nodes must not be used twice.
    let mutex = new(Kind::Mutex, 0);
    for round in 0..20 {
        let other = mutex.clone();
        assert_eq!(
            thread::spawn(move || wait(&other)).join().unwrap(),
            if round == 0 { GOT } else { ABANDONED }
        );
    }
    assert_eq!(wait(&mutex), ABANDONED);
    mutex.unlock().unwrap();
    assert_eq!(wait(&mutex), GOT);
    mutex.unlock().unwrap();
}

#[test]
fn the_recursions_of_a_thread_that_died_as_owner_are_not_the_next_owners() {
    // Y-11, Y-12
    let mutex = new(Kind::Mutex, 0);
    let other = mutex.clone();
    thread::spawn(move || {
        for _ in 0..3 {
            let _ = wait(&other);
        }
    })
    .join()
    .unwrap();
    assert_eq!(wait(&mutex), ABANDONED);
    mutex.unlock().unwrap();
    assert_eq!(mutex.unlock().unwrap_err().code(), Win32Code::NOT_OWNER);
    let other = mutex.clone();
    assert_eq!(thread::spawn(move || poll(&other)).join().unwrap(), GOT);
}

#[test]
fn a_sleeping_waiter_is_woken_when_the_owners_thread_ends_or_panics() {
    // Y-12: alone, in any, in any of several mutexes, in all.
    {
        for case in 0..4 {
            let (mutex, event, other) = (new(Kind::Mutex, 0), new(Kind::AutoEvent, 0), new(Kind::Mutex, 0));
            let go = new(Kind::AutoEvent, 0);
            let (m, o, g) = (mutex.clone(), other.clone(), go.clone());
            let ready = new(Kind::AutoEvent, 0);
            let r = ready.clone();
            let owner = thread::spawn(move || {
                let _ = (wait(&m), wait(&o));
                r.set().unwrap();
                wait(&g);
                if case % 2 == 0 {
                    std::panic::resume_unwind(Box::new("dies"));
                }
            });
            wait(&ready);
            let (m, o, e) = (mutex.clone(), other.clone(), event.clone());
            let waiter = asleep(move || match case {
                0 => wait(&m),
                1 => wait_any(&[WaitRef::Object(&e), WaitRef::Object(&m)], Limit::NONE, None).unwrap(),
                2 => wait_any(&[WaitRef::Object(&m), WaitRef::Object(&o)], Limit::NONE, None).unwrap(),
                _ => wait_all(&[WaitRef::Object(&m), WaitRef::Object(&o)], Limit::NONE, None).unwrap(),
            });
            go.set().unwrap();
            let got = waiter.join().unwrap();
            let index = usize::from(case == 1);
            match (case, got) {
                (2, Waited::Object { abandoned: true, .. }) => {}
                (3, _) => assert_eq!(got, Waited::All { abandoned: Some(0) }),
                _ => assert_eq!(
                    got,
                    Waited::Object {
                        index,
                        abandoned: true
                    },
                    "case {case}"
                ),
            }
            drop(owner.join());
        }
    }
}

#[test]
fn closing_the_last_handle_does_not_release_and_opening_again_can() {
    // Y-14
    let file = tempfile::tempfile().unwrap();
    file.set_len(4096).unwrap();
    let open = || StatePage::open(file.as_fd(), 0, Kind::Mutex).unwrap();
    let first = open();
    wait(&first);
    wait(&first);
    drop(first);
    let second = open();
    assert_eq!(second.mutex_state().count, 2);
    let other = second.clone();
    assert_eq!(
        thread::spawn(move || poll(&other)).join().unwrap(),
        Waited::TimedOut
    );
    second.unlock().unwrap();
    second.unlock().unwrap();
    let other = second.clone();
    assert_eq!(
        thread::spawn(move || (poll(&other), other.unlock().unwrap()).0)
            .join()
            .unwrap(),
        GOT
    );
}

#[test]
fn a_semaphore_counts_and_refuses_too_many_posts() {
    // Y-20, Y-21, F-7
    let semaphore = new(Kind::Semaphore { maximum: 3 }, 1);
    assert_eq!(semaphore.release(2).unwrap(), 1);
    assert_eq!(
        semaphore.release(1).unwrap_err().code(),
        Win32Code::TOO_MANY_POSTS
    );
    assert_eq!(
        semaphore.release(0).unwrap_err().code(),
        Win32Code::INVALID_PARAMETER
    );
    assert_eq!(
        semaphore.release(u32::MAX).unwrap_err().code(),
        Win32Code::INVALID_PARAMETER
    );
    assert_eq!(semaphore.semaphore_count(), 3);
    assert_eq!(
        (
            poll(&semaphore),
            poll(&semaphore),
            poll(&semaphore),
            poll(&semaphore)
        ),
        (GOT, GOT, GOT, Waited::TimedOut)
    );
    let most = new(
        Kind::Semaphore {
            maximum: i32::MAX as u32,
        },
        i32::MAX as u32,
    );
    assert_eq!(most.release(1).unwrap_err().code(), Win32Code::TOO_MANY_POSTS);
    assert_eq!(poll(&most), GOT);
    assert_eq!(most.release(1).unwrap(), i32::MAX as u32 - 1);
}

#[test]
fn any_takes_the_lowest_and_changes_only_that() {
    // Y-33
    let objects: Vec<StatePage> = (0..64).map(|_| new(Kind::AutoEvent, 0)).collect();
    let refs: Vec<WaitRef<'_>> = objects.iter().map(WaitRef::Object).collect();
    for (low, high) in [(0, 63), (5, 6), (62, 63)] {
        objects[high].set().unwrap();
        objects[low].set().unwrap();
        assert_eq!(
            wait_any(&refs, Limit::NONE, None).unwrap(),
            Waited::Object {
                index: low,
                abandoned: false
            }
        );
        assert!(objects[high].is_signalled());
        objects[high].reset().unwrap();
    }
    let last = objects[63].clone();
    {
        let objects = objects.clone();
        let waiter = asleep(move || {
            let refs: Vec<WaitRef<'_>> = objects.iter().map(WaitRef::Object).collect();
            wait_any(&refs, Limit::NONE, None).unwrap()
        });
        last.set().unwrap();
        assert_eq!(
            waiter.join().unwrap(),
            Waited::Object {
                index: 63,
                abandoned: false
            }
        );
    }
}

#[test]
fn the_number_of_objects_and_duplicates_are_checked() {
    // Y-31, F-6
    let event = new(Kind::ManualEvent, 1);
    let code = |n: usize, all: bool| {
        let refs = vec![WaitRef::Object(&event); n];
        let waited = if all {
            wait_all(&refs, Limit::POLL, None)
        } else {
            wait_any(&refs, Limit::POLL, None)
        };
        waited.map_err(|e| e.code())
    };
    assert_eq!(code(0, false), Err(Win32Code::INVALID_PARAMETER));
    assert_eq!(code(65, false), Err(Win32Code::INVALID_PARAMETER));
    assert_eq!(code(64, false), Ok(GOT));
    assert_eq!(code(2, true), Err(Win32Code::INVALID_PARAMETER));
    assert_eq!(code(1, true), Ok(Waited::All { abandoned: None }));
}

#[test]
fn all_takes_everything_at_once_and_nothing_before() {
    // Y-33
    let kinds = [
        Kind::AutoEvent,
        Kind::Mutex,
        Kind::Semaphore { maximum: 2 },
        Kind::ManualEvent,
    ];
    let objects: Vec<StatePage> = kinds.iter().map(|kind| new(*kind, 0)).collect();
    let refs: Vec<WaitRef<'_>> = objects.iter().map(WaitRef::Object).collect();
    objects[0].set().unwrap();
    objects[2].release(2).unwrap();
    assert_eq!(wait_all(&refs, Limit::POLL, None).unwrap(), Waited::TimedOut);
    assert!(objects[0].is_signalled());
    assert_eq!(objects[1].mutex_state().owner, None);
    assert_eq!(objects[2].semaphore_count(), 2);
    {
        let own = objects.clone();
        let waiter = asleep(move || {
            let refs: Vec<WaitRef<'_>> = own.iter().map(WaitRef::Object).collect();
            let got = wait_all(&refs, Limit::NONE, None).unwrap();
            own[1].unlock().unwrap();
            got
        });
        objects[3].set().unwrap();
        assert_eq!(waiter.join().unwrap(), Waited::All { abandoned: None });
    }
    assert!(!objects[0].is_signalled());
    assert_eq!(objects[2].semaphore_count(), 1);
    assert!(objects[3].is_signalled());
    wait(&objects[1]);
    objects[0].set().unwrap();
    assert_eq!(
        wait_all(&refs, Limit::NONE, None).unwrap(),
        Waited::All { abandoned: None }
    );
    assert_eq!(
        objects[1].mutex_state().count,
        2,
        "a mutex that is owned already counts"
    );
}

#[test]
fn a_pulse_lets_a_sleeper_go_and_leaves_the_event_reset() {
    // Y-6
    {
        for kind in [Kind::ManualEvent, Kind::AutoEvent] {
            let event = new(kind, 0);
            event.pulse().unwrap();
            assert_eq!(poll(&event), Waited::TimedOut);
            let own = event.clone();
            let waiter = asleep(move || wait(&own));
            event.pulse().unwrap();
            assert_eq!(waiter.join().unwrap(), GOT);
            assert!(!event.is_signalled());
            assert_eq!(poll(&event), Waited::TimedOut);
        }
    }
}

#[test]
fn waits_time_out_on_the_monotonic_clock_and_can_be_cancelled() {
    // Y-32
    let event = new(Kind::AutoEvent, 0);
    let start = std::time::Instant::now();
    assert_eq!(
        wait_one(&event, Limit::from_millis(30), None).unwrap(),
        Waited::TimedOut
    );
    assert!(start.elapsed() >= Duration::from_millis(30));
    let refs = [WaitRef::Object(&event), WaitRef::Object(&event)];
    assert_eq!(
        wait_any(&refs, Limit::from_millis(20), None).unwrap(),
        Waited::TimedOut
    );
    let cancel = Cancel::new();
    thread::scope(|scope| {
        let waiter = scope.spawn(|| wait_one(&event, Limit::NONE, Some(&cancel)).unwrap());
        cancel.cancel();
        assert_eq!(waiter.join().unwrap(), Waited::Cancelled);
    });
    event.set().unwrap();
    assert_eq!(
        wait_one(&event, Limit::NONE, Some(&cancel)).unwrap(),
        GOT,
        "signalled comes first"
    );
}

#[test]
fn signal_object_and_wait_may_use_one_event_for_both_and_stops_at_a_failed_signal() {
    // Y-36
    let event = new(Kind::AutoEvent, 0);
    assert_eq!(
        signal_and_wait(&event, WaitRef::Object(&event), Limit::NONE, None).unwrap(),
        GOT
    );
    assert!(!event.is_signalled());
    let mutex = new(Kind::Mutex, 0);
    let set = new(Kind::AutoEvent, 1);
    let refused = signal_and_wait(&mutex, WaitRef::Object(&set), Limit::NONE, None).unwrap_err();
    assert_eq!(refused.code(), Win32Code::NOT_OWNER);
    let full = new(Kind::Semaphore { maximum: 1 }, 1);
    let refused = signal_and_wait(&full, WaitRef::Object(&set), Limit::NONE, None).unwrap_err();
    assert_eq!(refused.code(), Win32Code::TOO_MANY_POSTS);
    let timer = new(Kind::AutoTimer, 0);
    let refused = signal_and_wait(&timer, WaitRef::Object(&set), Limit::NONE, None).unwrap_err();
    assert_eq!(refused.code(), Win32Code::INVALID_HANDLE);
    assert!(set.is_signalled(), "no wait happened");
}

#[test]
fn timers_are_due_once_or_again_and_again_on_both_clocks() {
    // Y-25, Y-26
    let ms = Duration::from_millis;
    let wall = || {
        std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap()
    };
    for due in [DueTime::After(ms(30)), DueTime::At(wall() + ms(30))] {
        for limit in [Limit::NONE, Limit::from_millis(60_000)] {
            let timer = new(Kind::ManualTimer, 0);
            assert_eq!(poll(&timer), Waited::TimedOut);
            let due = if let DueTime::At(_) = due {
                DueTime::At(wall() + ms(30))
            } else {
                due
            };
            timer.set_timer(due, Duration::ZERO).unwrap();
            assert!(timer.timer_is_armed());
            assert_eq!(poll(&timer), Waited::TimedOut);
            assert_eq!(wait_one(&timer, limit, None).unwrap(), GOT);
            assert_eq!(poll(&timer), GOT, "notification timers stay signalled");
            timer
                .set_timer(DueTime::After(ms(3_600_000)), Duration::ZERO)
                .unwrap();
            assert_eq!(poll(&timer), Waited::TimedOut, "setting makes it non-signalled");
        }
    }
    let timer = new(Kind::AutoTimer, 0);
    timer.set_timer(DueTime::After(ms(1)), ms(5)).unwrap();
    for _ in 0..4 {
        assert_eq!(wait(&timer), GOT);
    }
    timer.cancel_timer().unwrap();
    poll(&timer);
    assert_eq!(
        wait_one(&timer, Limit::from_millis(20), None).unwrap(),
        Waited::TimedOut
    );
}

#[test]
fn setting_a_timer_reaches_those_who_sleep_on_it_already() {
    // Y-25
    {
        let timer = new(Kind::AutoTimer, 0);
        let (own, event) = (timer.clone(), new(Kind::AutoEvent, 0));
        let waiter = asleep(move || {
            wait_any(
                &[WaitRef::Object(&event), WaitRef::Object(&own)],
                Limit::NONE,
                None,
            )
            .unwrap()
        });
        timer
            .set_timer(DueTime::After(Duration::from_millis(1)), Duration::ZERO)
            .unwrap();
        assert_eq!(
            waiter.join().unwrap(),
            Waited::Object {
                index: 1,
                abandoned: false
            }
        );
    }
}

#[test]
fn descriptors_and_objects_are_waited_for_together() {
    let (mut read, mut write) = std::io::pipe().unwrap();
    let event = new(Kind::AutoEvent, 0);
    assert_eq!(
        wait_any(
            &[WaitRef::Fd(read.as_fd()), WaitRef::Object(&event)],
            Limit::POLL,
            None
        )
        .unwrap(),
        Waited::TimedOut
    );
    event.set().unwrap();
    let got = wait_any(
        &[WaitRef::Fd(read.as_fd()), WaitRef::Object(&event)],
        Limit::NONE,
        None,
    )
    .unwrap();
    assert_eq!(
        got,
        Waited::Object {
            index: 1,
            abandoned: false
        }
    );
    for only_fd in [false, true] {
        let (own, end) = (event.clone(), read.try_clone().unwrap());
        let waiter = asleep(move || {
            let both = [WaitRef::Object(&own), WaitRef::Fd(end.as_fd())];
            wait_any(&both[usize::from(only_fd)..], Limit::NONE, None).unwrap()
        });
        write.write_all(b"x").unwrap();
        assert_eq!(
            waiter.join().unwrap(),
            Waited::Object {
                index: usize::from(!only_fd),
                abandoned: false
            }
        );
        event.set().unwrap();
        let both = [WaitRef::Fd(read.as_fd()), WaitRef::Object(&event)];
        assert_eq!(
            wait_any(&both, Limit::NONE, None).unwrap(),
            GOT,
            "the lowest wins"
        );
        assert_eq!(
            wait_all(&both, Limit::NONE, None).unwrap(),
            Waited::All { abandoned: None }
        );
        assert!(!event.is_signalled());
        read.read_exact(&mut [0]).unwrap();
    }
    let (own, end) = (event.clone(), read.try_clone().unwrap());
    let waiter = asleep(move || {
        wait_any(
            &[WaitRef::Fd(end.as_fd()), WaitRef::Object(&own)],
            Limit::NONE,
            None,
        )
    });
    event.set().unwrap();
    assert_eq!(
        waiter.join().unwrap().unwrap(),
        Waited::Object {
            index: 1,
            abandoned: false
        }
    );
}

#[test]
fn no_wake_is_lost_among_many_threads() {
    // Every unit that is released is taken exactly once, by whatever kind of wait.
    const ROUNDS: u32 = 4000;
    let semaphore = new(Kind::Semaphore { maximum: 1_000_000 }, 0);
    let event = new(Kind::AutoEvent, 0);
    let (mutex, taken, inside) = (new(Kind::Mutex, 0), AtomicU32::new(0), AtomicU32::new(0));
    thread::scope(|scope| {
        for n in 0..6 {
            let (semaphore, mutex, event, taken, inside) = (&semaphore, &mutex, &event, &taken, &inside);
            scope.spawn(move || {
                for _ in 0..ROUNDS / 6 {
                    let refs = [WaitRef::Object(semaphore), WaitRef::Object(mutex)];
                    match n % 3 {
                        0 => {
                            wait(semaphore);
                            wait(mutex);
                        }
                        1 => {
                            wait_any(
                                &[WaitRef::Object(event), WaitRef::Object(semaphore)],
                                Limit::NONE,
                                None,
                            )
                            .unwrap();
                            wait(mutex);
                        }
                        _ => drop(wait_all(&refs, Limit::NONE, None).unwrap()),
                    }
                    assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0, "one owner");
                    inside.fetch_sub(1, Ordering::SeqCst);
                    mutex.unlock().unwrap();
                    taken.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        for _ in 0..2 {
            scope.spawn(|| (0..ROUNDS / 12 * 6).for_each(|_| assert!(semaphore.release(1).is_ok())));
        }
    });
    assert_eq!(
        taken.load(Ordering::SeqCst) + semaphore.semaphore_count(),
        ROUNDS / 12 * 12
    );
}

/// How often a thread has been taken off its processor, for whatever reason.
fn switches(tid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/self/task/{tid}/status")).unwrap();
    let counts = status
        .lines()
        .filter_map(|line| line.split_once("voluntary_ctxt_switches:"));
    counts
        .map(|(_, count)| count.trim().parse::<u64>().unwrap())
        .sum()
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a pause is the purpose: nothing may happen in it"
)]
fn who_waits_in_vain_sleeps_and_burns_no_cpu() {
    // Y-1, Y-32: without a limit and with one that is far off; for one object of each kind, any, all.
    let kinds = [
        Kind::ManualEvent,
        Kind::AutoEvent,
        Kind::Semaphore { maximum: 1 },
        Kind::AutoTimer,
        Kind::ManualTimer,
    ];
    let objects: Vec<StatePage> = kinds.map(|kind| new(kind, 0)).into();
    let far = Limit::after(Duration::from_secs(1 << 20));
    type Way = fn(&[StatePage], Limit) -> Waited;
    let any: Way = |objects, limit| {
        let refs: Vec<_> = objects.iter().map(WaitRef::Object).collect();
        wait_any(&refs, limit, None).unwrap()
    };
    let all: Way = |objects, limit| {
        let refs: Vec<_> = objects.iter().map(WaitRef::Object).collect();
        wait_all(&refs, limit, None).unwrap()
    };
    let one: Way = |objects, limit| wait_one(&objects[0], limit, None).unwrap();
    let mut waits: Vec<(Way, Vec<StatePage>)> = vec![(any, objects.clone()), (all, objects.clone())];
    waits.extend(objects.iter().map(|object| (one, vec![object.clone()])));
    let mut threads = Vec::new();
    let (send, receive) = std::sync::mpsc::channel();
    for limit in [Limit::NONE, far] {
        for (way, objects) in waits.clone() {
            let send = send.clone();
            threads.push(asleep(move || {
                send.send(tid()).unwrap();
                way(&objects, limit)
            }));
        }
    }
    let tids: Vec<u32> = threads.iter().map(|_| receive.recv().unwrap()).collect();
    tids.iter().for_each(|tid| until_asleep(*tid));
    let before: Vec<u64> = tids.iter().map(|tid| switches(*tid)).collect();
    thread::sleep(Duration::from_millis(300));
    let after: Vec<u64> = tids.iter().map(|tid| switches(*tid)).collect();
    assert_eq!(before, after, "a thread that waits has run");
    // And none has slept too deep. The auto-reset ones let one of three go at a time.
    while threads.iter().any(|thread| !thread.is_finished()) {
        objects[0].set().unwrap();
        objects[1].set().unwrap();
        let _ = objects[2].release(1); // 298 while the last unit is there
        for timer in &objects[3..] {
            timer
                .set_timer(DueTime::After(Duration::ZERO), Duration::ZERO)
                .unwrap();
        }
        thread::yield_now();
    }
    for thread in threads {
        assert_ne!(thread.join().unwrap(), Waited::TimedOut);
    }
}
