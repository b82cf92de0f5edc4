//! Synchronisation objects: Y-1..Y-36, O-1..O-11, F-5..F-7, F-16.

use filemap::{
    AccessMask, DueTime, Error, Event, FileMapping, Job, Kind, Mutex, Namespace, ProcessHandle, Reset,
    Semaphore, ThreadHandle, Wait, Waitable, WaitableTimer, signal_and_wait, wait_all, wait_any,
};
use filemap_testing::{PrivateRoot, private_root, role, roles, watchdog};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::time::Duration;

struct Place {
    root: PrivateRoot,
    space: Namespace,
}

const NOW: Option<Duration> = Some(Duration::ZERO);

impl Place {
    fn new() -> Place {
        let root = private_root();
        let space = Namespace::at(root.path()).with_session(1);
        Place { root, space }
    }

    fn event(&self, reset: Reset) -> Event {
        Event::options()
            .namespace(&self.space)
            .reset(reset)
            .create_unnamed()
            .unwrap()
    }

    fn mutex(&self, name: &str) -> Mutex {
        Mutex::options().namespace(&self.space).create(name).unwrap()
    }

    fn semaphore(&self, initial: u32) -> Semaphore {
        Semaphore::options()
            .namespace(&self.space)
            .initial(initial)
            .maximum(10)
            .create_unnamed()
            .unwrap()
    }

    /// Creates an object of a kind and keeps it.
    fn create(&self, kind: Kind, name: &str) -> Result<Box<dyn std::any::Any>, Error> {
        let s = &self.space;
        Ok(match kind {
            Kind::FileMapping => Box::new(FileMapping::options().namespace(s).size(4096).create(name)?),
            Kind::Event => Box::new(Event::options().namespace(s).create(name)?),
            Kind::Mutex => Box::new(Mutex::options().namespace(s).create(name)?),
            Kind::Semaphore => Box::new(Semaphore::options().namespace(s).create(name)?),
            Kind::WaitableTimer => Box::new(WaitableTimer::options().namespace(s).create(name)?),
            Kind::Job => Box::new(Job::options().namespace(s).create(name)?),
        })
    }

    fn open(&self, kind: Kind, name: &str) -> Result<(), Error> {
        let s = &self.space;
        match kind {
            Kind::FileMapping => FileMapping::options().namespace(s).open(name).map(drop),
            Kind::Event => Event::options().namespace(s).open(name).map(drop),
            Kind::Mutex => Mutex::options().namespace(s).open(name).map(drop),
            Kind::Semaphore => Semaphore::options().namespace(s).open(name).map(drop),
            Kind::WaitableTimer => WaitableTimer::options().namespace(s).open(name).map(drop),
            Kind::Job => Job::options().namespace(s).open(name).map(drop),
        }
    }
}

fn code<T>(result: Result<T, Error>) -> u32 {
    result.map_or_else(|e| e.code().0, |_| 0)
}

// O-1, O-2, O-3, O-4
#[test]
fn all_thirty_six_pairs_of_kinds_share_one_name_space() {
    let place = Place::new();
    for first in Kind::ALL {
        let _held = place.create(first, "one name").unwrap();
        for second in Kind::ALL {
            let wanted = if first == second { 0 } else { 6 };
            assert_eq!(
                code(place.open(second, "one name")),
                wanted,
                "open {second:?} where {first:?} is"
            );
            let created = place.create(second, "one name").map(drop);
            assert_eq!(
                code(created.clone()),
                wanted,
                "create {second:?} where {first:?} is"
            );
            if let Err(e) = created {
                assert!(e.to_string().contains(first.article_name()), "{e}");
            }
        }
    }
}

// O-8, O-9, O-64, F-3
#[test]
fn names_of_every_kind_resolve_alike() {
    let place = Place::new();
    for kind in Kind::ALL {
        for (name, wanted) in [
            ("nobody", 2),
            (r"Bar\x", 3),
            (r"\x", 161),
            (r"Local\", 123),
            ("Global", 6),
            ("", 6),
        ] {
            assert_eq!(code(place.open(kind, name)), wanted, "{kind:?} {name:?}");
        }
        let held = place.create(kind, r"Global\without privilege");
        let wanted = if kind == Kind::FileMapping && !filemap_testing::is_root() {
            5
        } else {
            0
        };
        assert_eq!(
            code(held),
            wanted,
            "N-42: only sections need the privilege: {kind:?}"
        );
    }
}

// O-10, F-16, Y-2, O-20
#[test]
fn rights_are_exact_and_waiting_needs_synchronize() {
    let place = Place::new();
    let _held = place.mutex("rights");
    let open = |mask| {
        Mutex::options()
            .namespace(&place.space)
            .access(AccessMask(mask))
            .open("rights")
    };
    let valid = |bit: u32| matches!(bit, 0 | 16..=20 | 25 | 28..=31);
    for bit in 0..32 {
        let wanted = match bit {
            24 => 1314,
            bit if valid(bit) => 0,
            _ => 5,
        };
        assert_eq!(code(open(1 << bit)), wanted, "bit {bit}");
    }
    assert_eq!(code(open(0)), 5);
    let generic = open(0xC000_0000).unwrap();
    assert_eq!(code(generic.wait(NOW)), 5, "GENERIC_READ and WRITE can't wait");
    assert_eq!(
        code(open(0x2000_0000).unwrap().wait(NOW)),
        0,
        "GENERIC_EXECUTE can"
    );
    assert_eq!(
        code(open(0x2_0000).unwrap().release()),
        0,
        "releasing needs no right"
    );
    let event = place.event(Reset::Auto);
    let reader = event.duplicate(AccessMask::SYNCHRONIZE).unwrap();
    assert_eq!(
        (code(reader.set()), code(reader.reset()), code(reader.pulse())),
        (5, 5, 5)
    );
    assert_eq!(code(event.duplicate(AccessMask(u32::MAX))), 5, "F-15");
}

// Y-4, Y-5
#[test]
fn events_are_set_without_counting_and_keep_their_first_kind() {
    let place = Place::new();
    let options = Event::options().namespace(&place.space);
    let manual = options
        .clone()
        .reset(Reset::Manual)
        .initially_set()
        .create("E")
        .unwrap();
    assert_eq!(
        (manual.wait(NOW).unwrap(), manual.wait(NOW).unwrap()),
        (Wait::Object(0), Wait::Object(0))
    );
    let same = options.create("E").unwrap();
    assert!(same.already_existed() && same.reset_kind() == Reset::Manual && same.is_set());
    same.reset().unwrap();
    assert_eq!(manual.wait(NOW).unwrap(), Wait::TimedOut);
    let auto = place.event(Reset::Auto);
    auto.set().unwrap();
    auto.set().unwrap();
    assert_eq!(
        (auto.wait(NOW).unwrap(), auto.wait(NOW).unwrap()),
        (Wait::Object(0), Wait::TimedOut)
    );
}

// Y-3: nobody is promised an order, so this asks for none; but each set lets exactly one go, and everybody's turn comes.
#[test]
fn waiters_go_in_no_promised_order_and_each_of_them_once() {
    let _dog = watchdog!();
    let place = Place::new();
    let (event, room) = (place.event(Reset::Auto), place.semaphore(0));
    let gone = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for n in 0..8 {
            let (event, room, gone) = (&event, &room, &gone);
            scope.spawn(move || {
                assert_eq!(event.wait(None).unwrap(), Wait::Object(0));
                gone.lock().unwrap().push(n);
                room.release(1).unwrap();
            });
        }
        for so_far in 1..=8 {
            event.set().unwrap();
            room.wait(None).unwrap();
            assert_eq!(gone.lock().unwrap().len(), so_far, "one for each set");
        }
    });
    let mut gone = gone.into_inner().unwrap();
    gone.sort_unstable();
    assert_eq!(gone, [0, 1, 2, 3, 4, 5, 6, 7]);
}

// O-5: the advice to put the kind into the name stands where a name is taken by another kind.
#[test]
fn who_finds_another_kind_under_a_name_is_told_to_put_the_kind_into_names() {
    let place = Place::new();
    let _map = place.create(Kind::FileMapping, "shared").unwrap();
    let error = place.create(Kind::Event, "shared").unwrap_err();
    assert_eq!(error.code().0, 6);
    let text = error.to_string();
    assert!(
        text.contains("EV_ for an event") && text.contains("FM_ for a file mapping"),
        "{text}"
    );
    place.create(Kind::Event, "EV_shared").unwrap();
}

// Y-10, Y-11, Y-13, Y-14
#[test]
fn mutexes_belong_to_threads_and_count() {
    let place = Place::new();
    let options = Mutex::options().namespace(&place.space);
    let first = options.clone().initially_owned().create("M").unwrap();
    assert_eq!(first.state().count, 1, "Y-13");
    assert_eq!(first.wait(None).unwrap(), Wait::Object(0), "recursive");
    let second = options.clone().initially_owned().create("M").unwrap();
    assert!(second.already_existed());
    std::thread::scope(|scope| {
        let other = scope.spawn(|| (second.wait(NOW).unwrap(), code(second.release())));
        assert_eq!(other.join().unwrap(), (Wait::TimedOut, 288));
    });
    drop(first);
    second.release().unwrap();
    assert_eq!(second.state().count, 1, "Y-14: closing a handle releases nothing");
    second.release().unwrap();
    assert_eq!(code(second.release()), 288);
}

// Y-12
#[test]
fn a_thread_that_ends_as_owner_abandons_its_mutex_exactly_once() {
    let _dog = watchdog!();
    let place = Place::new();
    let mutex = place.mutex("abandoned");
    std::thread::scope(|scope| {
        scope.spawn(|| mutex.wait(None).unwrap());
    });
    assert_eq!(mutex.wait(None).unwrap(), Wait::Abandoned(0));
    mutex.release().unwrap();
    assert_eq!(mutex.wait(None).unwrap(), Wait::Object(0), "the mark is gone");
    mutex.release().unwrap();
}

roles! {
    /// Owns a mutex and waits to be killed.
    fn owner(peer: &mut Peer) {
        let mutex = Mutex::options().open("killed").unwrap();
        mutex.wait(None).unwrap();
        peer.send("owned");
        peer.receive();
    }

    /// Waits for the mutex: alone, with an event beside it, or together with a set event.
    fn waiter(peer: &mut Peer) {
        let mutex = Mutex::options().open("killed").unwrap();
        let other = Event::options().open("other").unwrap();
        let how = peer.receive().unwrap();
        peer.send("waiting");
        let got = match how.as_str() {
            "one" => mutex.wait(None),
            "any" => wait_any(&[&other, &mutex], None),
            _ => {
                other.set().unwrap();
                wait_all(&[&other, &mutex], None)
            }
        };
        peer.send(&format!("{:?}", got.unwrap()));
        mutex.release().unwrap();
    }
}

// Y-30, Y-12: a thread is signalled when it has ended, and what it owned is abandoned by then.
#[test]
fn threads_are_waited_for_with_objects_and_leave_abandoned_mutexes() {
    let _dog = watchdog!();
    let place = Place::new();
    let (mutex, event) = (place.mutex("left"), place.event(Reset::Auto));
    for panics in [false, true] {
        let own = place.mutex("left");
        let (go, gone) = std::sync::mpsc::channel::<()>();
        let thread = filemap::spawn(move || {
            own.wait(None).unwrap();
            let _ = gone.recv();
            assert!(!panics, "on purpose");
            7
        })
        .unwrap();
        let handle = ThreadHandle::open(thread.id());
        assert_eq!(wait_any(&[&event, &thread], NOW).unwrap(), Wait::TimedOut);
        event.set().unwrap();
        assert_eq!(wait_any(&[&event, &thread], None).unwrap(), Wait::Object(0));
        drop(go);
        assert_eq!(wait_any(&[&event, &thread], None).unwrap(), Wait::Object(1));
        match handle {
            // The kernel says when the thread has ended.
            Ok(handle) => {
                assert_eq!(wait_all(&[&handle, &mutex], NOW).unwrap(), Wait::Abandoned(1));
                assert_eq!(
                    code(ThreadHandle::open(handle.id())),
                    87,
                    "it is no thread any more"
                );
            }
            Err(e) => {
                assert_eq!(e.code().0, 50, "before Linux 6.9: {e}");
                assert_eq!(mutex.wait(None).unwrap(), Wait::Abandoned(0));
            }
        }
        mutex.release().unwrap();
        assert_eq!(thread.join().ok(), (!panics).then_some(7));
    }
    assert_eq!(code(ThreadHandle::open(0)), 87);
}

// Y-12
#[test]
fn a_killed_owner_wakes_sleeping_waiters_at_once_alone_any_and_all() {
    let _dog = watchdog!();
    for (how, wanted) in [
        ("one", "Abandoned(0)"),
        ("any", "Abandoned(1)"),
        ("all", "Abandoned(1)"),
    ] {
        let place = Place::new();
        let env = |role: filemap_testing::Role| {
            role.env("FILEMAP_ROOT", place.root.path())
                .env("FILEMAP_SESSION", "1")
        };
        let mutex = place.mutex("killed");
        let _other = Event::options().namespace(&place.space).create("other").unwrap();
        let mut dying = env(role!(owner)).start();
        dying.expect("owned");
        let mut waiting = env(role!(waiter)).start();
        waiting.send(how);
        waiting.expect("waiting");
        assert_eq!(mutex.wait(NOW).unwrap(), Wait::TimedOut);
        dying.kill();
        waiting.expect(wanted);
        assert!(waiting.ended().0.success());
        assert_eq!(
            mutex.wait(None).unwrap(),
            Wait::Object(0),
            "{how}: told once, and works"
        );
        mutex.release().unwrap();
    }
}

// Y-20, Y-21, F-7
#[test]
fn semaphores_count_within_their_bounds() {
    let place = Place::new();
    let make = |initial, maximum| {
        Semaphore::options()
            .namespace(&place.space)
            .initial(initial)
            .maximum(maximum)
            .create("S")
    };
    for (initial, maximum) in [(0, 0), (2, 1), (0, 1 << 31)] {
        assert_eq!(code(make(initial, maximum)), 87, "{initial} of {maximum}");
    }
    let semaphore = make(1, 3).unwrap();
    assert_eq!(code(make(5, 3)), 87, "also when the name exists");
    assert_eq!(semaphore.release(2).unwrap(), 1);
    assert_eq!((code(semaphore.release(1)), semaphore.count()), (298, 3));
    assert_eq!(code(semaphore.release(0)), 87);
    for _ in 0..3 {
        assert_eq!(semaphore.wait(NOW).unwrap(), Wait::Object(0));
    }
    assert_eq!(semaphore.wait(NOW).unwrap(), Wait::TimedOut);
}

// Y-25, Y-26
#[test]
fn timers_are_due_once_or_again_and_can_be_cancelled() {
    let _dog = watchdog!();
    let place = Place::new();
    let timer = |reset| {
        WaitableTimer::options()
            .namespace(&place.space)
            .reset(reset)
            .create_unnamed()
            .unwrap()
    };
    let (manual, auto) = (timer(Reset::Manual), timer(Reset::Auto));
    assert_eq!(manual.wait(NOW).unwrap(), Wait::TimedOut);
    let soon = DueTime::After(Duration::from_millis(2));
    manual.set(soon, Duration::ZERO).unwrap();
    assert_eq!(
        (manual.wait(None).unwrap(), manual.wait(NOW).unwrap()),
        (Wait::Object(0), Wait::Object(0))
    );
    auto.set(soon, Duration::from_millis(1)).unwrap();
    for _ in 0..3 {
        assert_eq!(auto.wait(None).unwrap(), Wait::Object(0), "periodic");
    }
    auto.cancel().unwrap();
    assert!(!auto.is_armed());
    manual
        .set(DueTime::After(Duration::from_secs(3600)), Duration::ZERO)
        .unwrap();
    assert_eq!(
        manual.wait(NOW).unwrap(),
        Wait::TimedOut,
        "setting makes it non-signalled"
    );
    auto.set(DueTime::At(Duration::from_secs(1)), Duration::ZERO)
        .unwrap();
    assert_eq!(auto.wait(None).unwrap(), Wait::Object(0), "a time long past");
}

// Y-30..Y-33
#[test]
fn any_takes_the_lowest_and_all_takes_everything_or_nothing() {
    let place = Place::new();
    let (a, b, c) = (
        place.event(Reset::Auto),
        place.event(Reset::Auto),
        place.semaphore(0),
    );
    b.set().unwrap();
    c.release(1).unwrap();
    assert_eq!(wait_any(&[&a, &b, &c], None).unwrap(), Wait::Object(1));
    assert_eq!((b.is_set(), c.count()), (false, 1), "only the lowest changes");
    assert_eq!(wait_all(&[&a, &b, &c], NOW).unwrap(), Wait::TimedOut);
    assert_eq!(c.count(), 1, "nothing changed");
    a.set().unwrap();
    b.set().unwrap();
    assert_eq!(wait_all(&[&a, &b, &c], None).unwrap(), Wait::Object(0));
    assert_eq!((a.is_set(), b.is_set(), c.count()), (false, false, 0));
    assert_eq!(
        (
            Wait::Object(3).value(),
            Wait::Abandoned(3).value(),
            Wait::TimedOut.value()
        ),
        (3, 0x83, 258)
    );
}

// Y-31
#[test]
fn a_wait_has_one_to_sixty_four_objects_and_all_has_no_duplicates() {
    let place = Place::new();
    let event = place.event(Reset::Manual);
    event.set().unwrap();
    let many: Vec<&dyn Waitable> = (0..65).map(|_| &event as &dyn Waitable).collect();
    assert_eq!(code(wait_any(&[], NOW)), 87);
    assert_eq!(code(wait_any(&many, NOW)), 87);
    assert_eq!(
        wait_any(&many[..64], NOW).unwrap(),
        Wait::Object(0),
        "duplicates are tolerated with any"
    );
    assert_eq!(code(wait_all(&many[..2], NOW)), 87);
    let same = event.duplicate(AccessMask::SYNCHRONIZE).unwrap();
    assert_eq!(
        code(wait_all(&[&event, &same], NOW)),
        87,
        "F-6: two handles to one object"
    );
}

// Y-34
#[test]
fn a_missing_right_fails_the_wait_and_changes_nothing() {
    let place = Place::new();
    let (event, other) = (place.event(Reset::Auto), place.event(Reset::Auto));
    event.set().unwrap();
    let blind = other.duplicate(AccessMask(0x2)).unwrap();
    assert_eq!(code(wait_any(&[&event, &blind], NOW)), 5);
    assert!(event.is_set());
}

// Y-36
#[test]
fn signal_and_wait_signals_first_and_waits_only_then() {
    let place = Place::new();
    let (event, mutex) = (place.event(Reset::Auto), place.mutex("both"));
    assert_eq!(
        signal_and_wait(&event, &event, None).unwrap(),
        Wait::Object(0),
        "the same object for both"
    );
    assert!(!event.is_set());
    assert_eq!(code(signal_and_wait(&mutex, &event, NOW)), 288);
    let full = Semaphore::options()
        .namespace(&place.space)
        .initial(1)
        .maximum(1)
        .create_unnamed()
        .unwrap();
    event.set().unwrap();
    assert_eq!(code(signal_and_wait(&full, &event, NOW)), 298);
    assert!(event.is_set(), "no wait happened");
    let timer = WaitableTimer::options()
        .namespace(&place.space)
        .create_unnamed()
        .unwrap();
    assert_eq!(code(signal_and_wait(&timer, &event, NOW)), 6);
}

// Y-6
#[test]
fn a_pulse_leaves_the_event_reset() {
    let place = Place::new();
    for reset in [Reset::Auto, Reset::Manual] {
        let event = place.event(reset);
        event.set().unwrap();
        event.pulse().unwrap();
        assert!(!event.is_set());
    }
}

// Y-1
#[test]
fn processes_and_descriptors_are_waited_for_with_objects() {
    let _dog = watchdog!();
    let place = Place::new();
    let event = place.event(Reset::Auto);
    let mut child = Command::new("cat")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let process = ProcessHandle::open(child.id()).unwrap();
    let (mut ours, theirs) = UnixStream::pair().unwrap();
    let fd = theirs.as_fd();
    let objects: [&dyn Waitable; 3] = [&event, &process, &fd];
    assert_eq!(wait_any(&objects, NOW).unwrap(), Wait::TimedOut);
    std::io::Write::write_all(&mut ours, b"x").unwrap();
    assert_eq!(wait_any(&objects, None).unwrap(), Wait::Object(2));
    drop(child.stdin.take());
    assert_eq!(process.wait(None).unwrap(), Wait::Object(0));
    assert_eq!(
        wait_any(&objects, None).unwrap(),
        Wait::Object(1),
        "the lowest index wins"
    );
    assert!(child.wait().unwrap().success());
    event.set().unwrap();
    assert_eq!(wait_any(&objects, None).unwrap(), Wait::Object(0));
    assert_eq!(code(ProcessHandle::open(0)), 87);
}

// O-40, O-53
#[test]
fn jobs_know_their_members_and_lose_only_their_name() {
    let place = Place::new();
    let job = Job::options().namespace(&place.space).create("workers").unwrap();
    let mut child = Command::new("cat")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    job.assign(child.id()).unwrap();
    job.assign(child.id()).unwrap();
    let again = Job::options().namespace(&place.space).open("workers").unwrap();
    assert_eq!(
        again.members().unwrap().iter().map(|m| m.pid).collect::<Vec<_>>(),
        [child.id()]
    );
    assert_eq!(job.wait(NOW).unwrap(), Wait::TimedOut);
    assert_eq!(code(job.assign(u32::MAX - 1)), 87);
    drop((job, again));
    assert_eq!(code(place.open(Kind::Job, "workers")), 2);
    assert!(child.try_wait().unwrap().is_none(), "O-53: the process goes on");
    let job = Job::options().namespace(&place.space).create("workers").unwrap();
    assert!(job.members().unwrap().is_empty());
    job.assign(child.id()).unwrap();
    assert_eq!(job.terminate().unwrap(), 1);
    child.wait().unwrap();
    assert!(job.members().unwrap().is_empty());
}

// Y-35
#[test]
fn a_wait_goes_on_when_another_handle_is_closed() {
    let _dog = watchdog!();
    let place = Place::new();
    let options = Event::options().namespace(&place.space);
    let event = options.create("closing").unwrap();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| event.wait(None).unwrap());
        let other = options.open("closing").unwrap();
        other.set().unwrap();
        drop(other);
        assert_eq!(waiting.join().unwrap(), Wait::Object(0));
    });
}
