//! Real processes that are killed while they own, wait, signal and commit; a scribbling peer; glibc's own robust
//! mutexes on the same list; no system call where none is needed.
//!
//! Each test runs this binary again with `FILEMAP_TEST_ROLE`, and `assistant` plays the role.
// UNSAFETY: pthread calls, a seccomp filter, and a peer that writes anywhere in a state page.
#![expect(unsafe_code)]
#![expect(
    clippy::disallowed_methods,
    reason = "how long a process lives before it is killed, or is stopped, is what these tests vary"
)]

use filemap_core::sync::Kind;
use filemap_sys::linux::sync::{Limit, PAGE, StatePage, WaitRef, Waited, wait_all, wait_any, wait_one};
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

const KINDS: [Kind; 6] = [
    Kind::Mutex,
    Kind::Mutex,
    Kind::AutoEvent,
    Kind::AutoEvent,
    Kind::Semaphore { maximum: 1_000_000 },
    Kind::ManualEvent,
];
const GOT: Waited = Waited::Object {
    index: 0,
    abandoned: false,
};
const ABANDONED: Waited = Waited::Object {
    index: 0,
    abandoned: true,
};

/// A file of state pages, one object of [`KINDS`] each.
struct World {
    file: tempfile::NamedTempFile,
    objects: Vec<StatePage>,
}

fn open(file: &File) -> Vec<StatePage> {
    (0..)
        .zip(KINDS)
        .map(|(i, kind)| StatePage::open(file.as_fd(), i * PAGE as u64, kind).unwrap())
        .collect()
}

/// Events of the wait for many, and behind them a mutex; pages after those of [`KINDS`].
const MANY: usize = 40;

fn open_many(file: &File) -> Vec<StatePage> {
    let kind = |i| if i < MANY { Kind::AutoEvent } else { Kind::Mutex };
    let page = |i| ((KINDS.len() + i) * PAGE) as u64;
    (0..=MANY)
        .map(|i| StatePage::open(file.as_fd(), page(i), kind(i)).unwrap())
        .collect()
}

impl World {
    fn new() -> World {
        let file = tempfile::Builder::new().tempfile_in("/dev/shm").unwrap();
        file.as_file()
            .set_len(((KINDS.len() + MANY + 1) * PAGE) as u64)
            .unwrap();
        let objects = open(file.as_file());
        objects.iter().for_each(|object| object.initialise(0));
        World { file, objects }
    }

    fn assistant(&self, role: &str) -> Assistant {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "assistant", "--nocapture", "--test-threads=1"]);
        command
            .env("FILEMAP_TEST_ROLE", role)
            .env("FILEMAP_TEST_FILE", self.file.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        // SAFETY: `prctl` alone between fork and exec: an assistant never outlives a failed test.
        unsafe {
            command.pre_exec(|| {
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
                Ok(())
            });
        }
        let mut child = command.spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        Assistant { child, out }
    }

    fn wait(&self, i: usize) -> Waited {
        wait_one(&self.objects[i], Limit::NONE, None).unwrap()
    }
}

struct Assistant {
    child: Child,
    out: BufReader<ChildStdout>,
}

impl Assistant {
    /// The next line that the assistant says.
    fn hear(&mut self) -> String {
        let mut line = String::new();
        loop {
            line.clear();
            assert_ne!(
                self.out.read_line(&mut line).unwrap(),
                0,
                "the assistant has ended"
            );
            if let Some(at) = line.find("say ") {
                return line[at + 4..].trim().to_string();
            }
        }
    }

    /// Until its thread `tid` (or the main one) sleeps in a futex call.
    fn until_asleep(&self, tid: &str) {
        let path = format!("/proc/{}/task/{tid}/syscall", self.child.id());
        loop {
            let call = std::fs::read_to_string(&path).unwrap();
            if ["202 ", "449 ", "98 "]
                .iter()
                .any(|number| call.starts_with(number))
            {
                return;
            }
            std::thread::yield_now();
        }
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        assert_eq!(self.child.wait().unwrap().signal(), Some(libc::SIGKILL));
    }
}

fn say(what: impl std::fmt::Display) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "say {what}").unwrap();
    out.flush().unwrap();
}

/// Until the parent closes the pipe or kills us.
fn hang() {
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}

fn tid() -> u32 {
    rustix::thread::gettid().as_raw_nonzero().get() as u32
}

/// Not a test of its own: plays the role that another test asks for.
#[test]
fn assistant() {
    let (Ok(role), Ok(file)) = (
        std::env::var("FILEMAP_TEST_ROLE"),
        std::env::var("FILEMAP_TEST_FILE"),
    ) else {
        return;
    };
    let file = File::options().read(true).write(true).open(file).unwrap();
    let objects = open(&file);
    let all: Vec<WaitRef<'_>> = objects.iter().map(WaitRef::Object).collect();
    let one = |i: usize| wait_one(&objects[i], Limit::NONE, None).unwrap();
    let mut words = role.split(' ');
    match words.next().unwrap() {
        "own" => {
            for i in words {
                one(i.parse().unwrap());
            }
            say("owns");
            hang();
        }
        // One thread owns, another waits for it: both die at the same moment.
        "own-and-wait" => {
            one(0);
            one(1);
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    say(tid());
                    wait_any(&all[..2], Limit::NONE, None).unwrap();
                });
                scope.spawn(|| {
                    say(tid());
                    one(1);
                });
                hang();
            });
        }
        "any" => {
            say(tid());
            let picked: Vec<WaitRef<'_>> = words.map(|i| all[i.parse::<usize>().unwrap()]).collect();
            say(format!("{:?}", wait_any(&picked, Limit::NONE, None).unwrap()));
            hang();
        }
        "all" => {
            say(tid());
            let picked: Vec<WaitRef<'_>> = words.map(|i| all[i.parse::<usize>().unwrap()]).collect();
            say(format!("{:?}", wait_all(&picked, Limit::NONE, None).unwrap()));
            hang();
        }
        // Takes the mutex and all the events at once, sets the events again one by one, for ever.
        "commit" => {
            let many = open_many(&file);
            let refs: Vec<WaitRef<'_>> = many.iter().map(WaitRef::Object).collect();
            say("goes");
            loop {
                wait_all(&refs, Limit::NONE, None).unwrap();
                many[..MANY].iter().for_each(|event| event.set().unwrap());
                many[MANY].unlock().unwrap();
            }
        }
        // Everything at once.
        "mix" => {
            say("goes");
            let mut n = std::process::id() as usize;
            loop {
                n = n
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                let short = Limit::after(Duration::from_micros((n >> 50) as u64 % 300));
                let (a, b) = ((n >> 33) % 6, (n >> 40) % 6);
                let got = match (n >> 45) % 4 {
                    0 => wait_one(&objects[a], short, None),
                    1 => wait_any(&[all[a], all[b]], short, None),
                    2 if a != b => wait_all(&[all[a], all[b]], short, None),
                    _ => {
                        let _ = (objects[2].set(), objects[3].pulse(), objects[4].release(1));
                        let _ = (objects[5].set(), objects[5].reset());
                        continue;
                    }
                };
                got.unwrap();
                for mutex in &objects[..2] {
                    while mutex.mutex_state().count > 0 {
                        if mutex.unlock().is_err() {
                            break; // scribbled away
                        }
                    }
                }
            }
        }
        "scribble" => {
            say("goes");
            let mut n = 1u64;
            loop {
                n = n
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                let object = &objects[(n >> 33) as usize % 2 * 2]; // a mutex and an event
                let start = object.address().start;
                let offset = if n >> 63 == 0 {
                    4064 + (n >> 40) as usize % 2 * 4
                } else {
                    (n >> 40) as usize % 1024 * 4
                };
                let value = match (n >> 60) & 3 {
                    0 => 0,
                    1 => std::process::id(),
                    2 => (n >> 20) as u32 & 0xc000_0003,
                    _ => n as u32,
                };
                // SAFETY: inside the state page of a live object, aligned; words that others only reach as atomics.
                unsafe { std::sync::atomic::AtomicU32::from_ptr((start + offset) as *mut u32) }
                    .store(value, std::sync::atomic::Ordering::SeqCst);
                if n.is_multiple_of(64) {
                    std::thread::sleep(Duration::from_micros(50));
                }
            }
        }
        "no-system-call" => {
            let warm = || {
                for _ in 0..1000 {
                    objects[2].set().unwrap();
                    objects[2].reset().unwrap();
                    objects[2].set().unwrap();
                    assert_eq!(one(2), GOT);
                    assert_eq!((one(0), one(0)), (GOT, GOT));
                    objects[0].unlock().unwrap();
                    objects[0].unlock().unwrap();
                    objects[4].release(2).unwrap();
                    assert_eq!((one(4), one(4)), (GOT, GOT));
                    assert_eq!(
                        wait_one(&objects[3], Limit::POLL, None).unwrap(),
                        Waited::TimedOut
                    );
                }
            };
            warm(); // once per thread it asks for its number and its list
            say(if words.next() == Some("sleep") {
                "sleeps"
            } else {
                "works"
            });
            only_exit_from_now_on();
            warm();
            if role.ends_with("sleep") {
                let _ = wait_one(&objects[3], Limit::after(Duration::from_millis(1)), None);
            }
            // SAFETY: ends this process; nothing of it is needed any more.
            unsafe { libc::syscall(libc::SYS_exit_group, 42) };
        }
        other => panic!("no role {other}"),
    }
}

/// Any system call but `exit_group` kills this process from here on.
fn only_exit_from_now_on() {
    let statement = |code: u32, k: u32| libc::sock_filter {
        code: code as u16,
        jt: 0,
        jf: 0,
        k,
    };
    let mut filter = [
        statement(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0),
        libc::sock_filter {
            code: (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16,
            jt: 1,
            jf: 0,
            k: libc::SYS_exit_group as u32,
        },
        statement(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_KILL_PROCESS),
        statement(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_ALLOW),
    ];
    let program = libc::sock_fprog {
        len: filter.len() as u16,
        filter: filter.as_mut_ptr(),
    };
    // SAFETY: a filter of four instructions that outlives the call.
    unsafe {
        assert_eq!(libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
        assert_eq!(
            libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, 0, &program),
            0
        );
    }
}

#[test]
fn uncontended_calls_make_no_system_call() {
    let world = World::new();
    let mut quiet = world.assistant("no-system-call");
    assert_eq!(quiet.hear(), "works");
    assert_eq!(quiet.child.wait().unwrap().code(), Some(42));
    let mut sleeper = world.assistant("no-system-call sleep");
    assert_eq!(sleeper.hear(), "sleeps");
    assert_eq!(
        sleeper.child.wait().unwrap().signal(),
        Some(libc::SIGSYS),
        "the filter works"
    );
}

#[test]
fn a_killed_owner_wakes_sleepers_of_every_kind_of_wait_once_each() {
    // Y-12: single, any, any of several mutexes, all.
    for role in ["any 0", "any 2 0", "any 1 0", "any 0 1", "all 0", "all 0 5"] {
        let world = World::new();
        world.objects[5].set().unwrap();
        let mut owner = world.assistant("own 0 1");
        assert_eq!(owner.hear(), "owns");
        let mut waiter = world.assistant(role);
        let tid = waiter.hear();
        waiter.until_asleep(&tid);
        owner.kill();
        let got = waiter.hear();
        assert!(
            got.contains("abandoned: true") || got.contains("abandoned: Some(0)"),
            "{role}: {got}"
        );
        let taken = usize::from(
            got.contains("index: 0") && role == "any 1 0" || got.contains("index: 1") && role == "any 0 1",
        );
        waiter.kill();
        assert_eq!(
            (world.wait(taken), world.wait(1 - taken)),
            (ABANDONED, ABANDONED),
            "{role}"
        );
        world.objects[0].unlock().unwrap();
        assert_eq!(world.wait(0), GOT, "{role}: told once");
        world.objects[0].unlock().unwrap();
        world.objects[1].unlock().unwrap();
    }
}

#[test]
fn a_process_that_dies_with_owner_and_waiters_leaves_no_sleeper_behind() {
    // The kernel's one wake goes to a thread that is dying too, often.
    for round in 0..60 {
        let world = World::new();
        let mut group = world.assistant("own-and-wait");
        let (first, second) = (group.hear(), group.hear());
        group.until_asleep(&first);
        group.until_asleep(&second);
        let mut outside = world.assistant(["any 1", "any 0 1", "any 1 0", "all 0 1"][round % 4]);
        let tid = outside.hear();
        outside.until_asleep(&tid);
        group.kill();
        let got = outside.hear();
        assert!(got.contains("abandoned: true") || got.contains("Some"), "{got}");
        outside.kill();
    }
}

#[test]
fn a_wait_for_all_that_is_killed_took_everything_or_nothing() {
    // Y-33 under SIGKILL at a random moment, also inside the commit, which writes in the order of the list.
    let world = World::new();
    let many = open_many(world.file.as_file());
    let refs: Vec<WaitRef<'_>> = many.iter().map(WaitRef::Object).collect();
    let (mut all_taken, mut some_set) = (0, 0);
    for round in 0..300u64 {
        many[..MANY].iter().for_each(|event| event.set().unwrap());
        let mut one = world.assistant("commit");
        one.hear();
        std::thread::sleep(Duration::from_nanos(100_000 + round * 7919 % 400_000));
        one.kill();
        // It sets them from the first to the last. So one that is set behind one that is not is half a commit.
        let set = many[..MANY]
            .iter()
            .take_while(|event| event.is_signalled())
            .count();
        assert!(
            many[set..MANY].iter().all(|event| !event.is_signalled()),
            "half taken"
        );
        let abandoned = many[MANY].mutex_state().abandoned;
        assert!(
            abandoned || set == MANY,
            "{set} events left, and the mutex not taken"
        );
        all_taken += u32::from(abandoned && set == 0);
        some_set += u32::from(abandoned && set > 0);
        many[..MANY].iter().for_each(|event| event.set().unwrap());
        let want = Waited::All {
            abandoned: abandoned.then_some(MANY),
        };
        assert_eq!(
            wait_all(&refs, Limit::NONE, None).unwrap(),
            want,
            "Y-12, and all work on"
        );
        many[MANY].unlock().unwrap();
    }
    println!("killed: {all_taken} with all taken, {some_set} between setting them, of 300");
    assert!(
        all_taken + some_set > 0,
        "no kill came in between: the test has not tested"
    );
}

#[test]
fn objects_survive_peers_that_are_killed_anywhere_in_anything() {
    let world = World::new();
    let mut peers: Vec<Assistant> = (0..3).map(|_| world.assistant("mix")).collect();
    for round in 0..120usize {
        let mut fresh = world.assistant("mix");
        fresh.hear();
        std::thread::sleep(Duration::from_micros(200 + (round as u64 * 7919) % 3000));
        std::mem::replace(&mut peers[round % 3], fresh).kill();
    }
    peers.into_iter().for_each(Assistant::kill);
    for (i, object) in world.objects.iter().enumerate() {
        match KINDS[i] {
            Kind::Mutex => {}
            Kind::Semaphore { .. } => drop(object.release(1)),
            _ => object.set().unwrap(),
        }
        assert!(matches!(world.wait(i), Waited::Object { index: 0, .. }));
    }
    world.objects[0].unlock().unwrap();
    world.objects[1].unlock().unwrap();
}

#[test]
fn a_stopped_peer_keeps_no_wake_from_others() {
    // Two sleepers, one of them stopped: each unit goes to the one that runs.
    let world = World::new();
    let mut stopped = world.assistant("any 2");
    let mut running = world.assistant("any 2");
    let (a, b) = (stopped.hear(), running.hear());
    stopped.until_asleep(&a);
    running.until_asleep(&b);
    let pid = rustix::process::Pid::from_child(&stopped.child);
    rustix::process::kill_process(pid, rustix::process::Signal::STOP).unwrap();
    // The signal has not stopped it yet, perhaps: then it would run with the others once more.
    let stat = format!("/proc/{}/task/{a}/stat", stopped.child.id());
    while !std::fs::read_to_string(&stat).unwrap().contains(") T ") {
        std::thread::yield_now();
    }
    world.objects[2].set().unwrap();
    assert!(running.hear().contains("Object"));
    rustix::process::kill_process(pid, rustix::process::Signal::CONT).unwrap();
    world.objects[2].set().unwrap();
    assert!(stopped.hear().contains("Object"));
    running.kill();
    stopped.kill();
}

#[test]
fn a_scribbling_peer_makes_nobody_crash_or_hang_and_harms_no_other_object() {
    let world = World::new();
    let mut scribblers: Vec<Assistant> = (0..2).map(|_| world.assistant("scribble")).collect();
    let mut victim = world.assistant("mix");
    scribblers
        .iter_mut()
        .chain([&mut victim])
        .for_each(|peer| drop(peer.hear()));
    let end = std::time::Instant::now() + Duration::from_secs(3);
    let mut rounds = 0;
    while std::time::Instant::now() < end {
        // Untouched objects work on; those that are scribbled over give some answer.
        let mutex = wait_one(&world.objects[1], Limit::from_millis(10_000), None).unwrap();
        assert!(
            matches!(mutex, Waited::Object { .. }),
            "an object that nobody scribbles on: {mutex:?}"
        );
        world.objects[1].unlock().unwrap();
        world.objects[4].release(1).unwrap();
        let _ = wait_one(&world.objects[0], Limit::from_millis(1), None).map(|_| world.objects[0].unlock());
        let pair = [
            WaitRef::Object(&world.objects[0]),
            WaitRef::Object(&world.objects[2]),
        ];
        let _ = wait_any(&pair, Limit::from_millis(1), None);
        let _ = wait_all(&pair, Limit::from_millis(1), None);
        while world.objects[0].mutex_state().count > 0 && world.objects[0].unlock().is_ok() {}
        rounds += 1;
    }
    assert!(rounds > 0);
    for peer in scribblers {
        peer.kill();
    }
    assert_eq!(victim.child.try_wait().unwrap(), None, "the victim has died");
    // Repaired by hand, they work, and the victim goes on: only it releases the semaphore now.
    world.objects[0].initialise(0);
    world.objects[2].initialise(0);
    while wait_one(&world.objects[4], Limit::POLL, None).unwrap() == GOT {}
    for _ in 0..100 {
        assert_eq!(world.wait(4), GOT);
    }
    victim.kill();
    println!("{rounds} rounds among scribblers");
}

#[test]
fn our_mutexes_and_the_c_librarys_robust_ones_share_a_threads_list() {
    // Every order of locking and unlocking two of each, then a thread that ends with all.
    let world = World::new();
    let theirs: Vec<Box<std::cell::UnsafeCell<libc::pthread_mutex_t>>> = (0..2)
        .map(|_| {
            let mutex = Box::new(std::cell::UnsafeCell::new(libc::PTHREAD_MUTEX_INITIALIZER));
            // SAFETY: initialises a mutex of our own before anybody uses it.
            unsafe {
                let mut attributes = std::mem::zeroed();
                libc::pthread_mutexattr_init(&mut attributes);
                libc::pthread_mutexattr_setrobust(&mut attributes, libc::PTHREAD_MUTEX_ROBUST);
                libc::pthread_mutexattr_setpshared(&mut attributes, libc::PTHREAD_PROCESS_SHARED);
                libc::pthread_mutex_init(mutex.get(), &attributes);
            }
            mutex
        })
        .collect();
    let addresses = [theirs[0].get() as usize, theirs[1].get() as usize];
    let lock = |i: usize| match i {
        0 | 1 => assert!(matches!(
            wait_one(&world.objects[i], Limit::NONE, None).unwrap(),
            Waited::Object { .. }
        )),
        // SAFETY: a live pthread mutex; EOWNERDEAD is made consistent.
        _ => unsafe {
            let mutex = addresses[i - 2] as *mut libc::pthread_mutex_t;
            match libc::pthread_mutex_lock(mutex) {
                0 => {}
                libc::EOWNERDEAD => assert_eq!(libc::pthread_mutex_consistent(mutex), 0),
                error => panic!("{error}"),
            }
        },
    };
    let unlock = |i: usize| match i {
        0 | 1 => world.objects[i].unlock().unwrap(),
        // SAFETY: as above, owned by this thread.
        _ => unsafe { assert_eq!(libc::pthread_mutex_unlock(addresses[i - 2] as *mut _), 0) },
    };
    let orders: Vec<[usize; 4]> = (0..256)
        .map(|n| [n & 3, n >> 2 & 3, n >> 4 & 3, n >> 6 & 3])
        .filter(|order| (0..4).all(|i| order.contains(&i)))
        .collect();
    assert_eq!(orders.len(), 24);
    for down in &orders {
        for up in &orders {
            down.iter().for_each(|i| lock(*i));
            up.iter().for_each(|i| unlock(*i));
        }
    }
    for order in &orders {
        for keep in 0..4 {
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    order.iter().for_each(|i| lock(*i));
                    order.iter().filter(|i| **i < keep).for_each(|i| unlock(*i));
                });
            });
            for i in 0..2 {
                let abandoned = i >= keep;
                assert_eq!(
                    world.wait(i),
                    Waited::Object { index: 0, abandoned },
                    "{order:?} {keep}"
                );
                world.objects[i].unlock().unwrap();
            }
            for (i, address) in addresses.iter().enumerate() {
                // SAFETY: a live pthread mutex.
                let got = unsafe { libc::pthread_mutex_lock(*address as *mut _) };
                assert_eq!(
                    got,
                    if i + 2 >= keep { libc::EOWNERDEAD } else { 0 },
                    "{order:?} {keep}"
                );
                // SAFETY: as above, owned by this thread.
                unsafe {
                    libc::pthread_mutex_consistent(*address as *mut _);
                    assert_eq!(libc::pthread_mutex_unlock(*address as *mut _), 0);
                }
            }
        }
    }
}

#[test]
fn a_forked_child_owns_nothing_of_its_parents() {
    // Y-41
    let world = World::new();
    assert_eq!(world.wait(0), GOT);
    // SAFETY: the child makes calls on memory that is mapped already, and ends by `_exit`.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let refused = world.objects[0].unlock().is_err();
        let other = wait_one(&world.objects[0], Limit::POLL, None) == Ok(Waited::TimedOut);
        let own = wait_one(&world.objects[1], Limit::POLL, None) == Ok(GOT);
        // SAFETY: ends the child here; it owns mutex 1.
        unsafe { libc::_exit(i32::from(refused && other && own)) };
    }
    let mut status = 0;
    // SAFETY: waits for the child made above.
    assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
    assert_eq!(libc::WEXITSTATUS(status), 1);
    assert_eq!(world.wait(1), ABANDONED);
    world.objects[0].unlock().unwrap();
}
