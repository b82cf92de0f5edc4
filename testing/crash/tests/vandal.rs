//! Peers with every right to the files, who cut, grow, unlink, link, rename, chmod, lock and overwrite them at random, while
//! others work and some are stopped: nobody crashes, nobody hangs, and what they leave alone is as good as ever. O-40, O-42, O-52.

use filemap::{Namespace, list};
use filemap_crash_tests::Tree;
use filemap_crash_tests::soak::{Kind, Object};
use filemap_crash_tests::storm::Random;
use filemap_testing::{Child, Watchdog, patience, pause, role, roles};
use rustix::fs::FlockOperation;
use rustix::process::Signal;
use std::fs::{self, OpenOptions, Permissions};
use std::os::unix::fs::{FileExt, PermissionsExt, symlink};
use std::path::Path;
use std::time::{Duration, Instant};

const SOON: Option<Duration> = Some(Duration::from_millis(1));
/// Names that vandals leave alone begin so.
const SAFE: &str = "safe";
const PREY: usize = 3;
const WORKERS: u64 = 4;
const VANDALS: u64 = 2;

roles! {
    /// Does anything to any file of the tree.
    fn vandal(peer: &mut Peer) {
        let root = peer.receive().expect("the tree");
        let mut random = Random::new(peer.receive().and_then(|s| s.parse().ok()).expect("a seed"));
        let directory = Path::new(&root).join("Sessions").join("1");
        peer.send("ready");
        loop {
            for _ in 0..32 {
                outrage(&directory, &mut random);
            }
            peer.send("alive");
        }
    }

    /// Works on what vandals break, and on what they leave alone.
    fn worker(peer: &mut Peer) {
        let space = Namespace::at(peer.receive().expect("the tree")).with_session(1);
        let seed: u64 = peer.receive().and_then(|s| s.parse().ok()).expect("a seed");
        let mut random = Random::new(seed);
        let mut held: Vec<Object> = Vec::new();
        peer.send("ready");
        loop {
            for _ in 0..16 {
                on_prey(&space, &mut random, &mut held);
                on_safe_ground(&space, &mut random, seed);
            }
            peer.send("alive");
        }
    }
}

/// One outrage against one file.
fn outrage(directory: &Path, random: &mut Random) {
    let mut files: Vec<_> = fs::read_dir(directory)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| !entry.file_name().to_string_lossy().starts_with(SAFE))
        .map(|entry| entry.path())
        .collect();
    files.sort();
    if files.is_empty() {
        pause(Duration::from_micros(50));
        return;
    }
    let victim = &files[random.below(files.len())];
    let other = directory.join(format!(
        "prey-{}-{:?}",
        random.below(PREY),
        Kind::ALL[random.below(6)]
    ));
    let file = OpenOptions::new().read(true).write(true).open(victim);
    let len = |random: &mut Random| (1 << random.below(21)) as u64 - random.below(2) as u64;
    // What fails has been done to it by the other vandal already.
    match (random.below(11), file) {
        (0 | 1, Ok(file)) => drop(file.set_len(len(random) / 2)),
        (2, Ok(file)) => drop(file.set_len(len(random))),
        (3 | 4, Ok(file)) => {
            let end = file.metadata().map_or(0, |data| data.len());
            let back = random.below(300) as u64;
            let noise: Vec<u8> = (0..64).map(|_| random.below(256) as u8).collect();
            drop(file.write_at(&noise, end.saturating_sub(back)));
        }
        (5, Ok(file)) => {
            if rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok() {
                pause(Duration::from_micros(random.below(2000) as u64));
            }
        }
        (6, _) => drop(fs::hard_link(victim, &other)),
        (7, _) => drop(fs::rename(victim, &other)),
        (8, _) => drop(fs::set_permissions(
            victim,
            Permissions::from_mode(random.below(0o1000) as u32),
        )),
        // To a name that may lead somewhere and may not; never out of the directory, where chmod would follow it.
        (9, _) => drop(
            fs::remove_file(victim).and_then(|()| symlink(other.file_name().unwrap_or_default(), victim)),
        ),
        _ => drop(fs::remove_file(victim)),
    }
}

/// Whatever comes of it is an answer: an object, or an error with a number of Windows.
fn on_prey(space: &Namespace, random: &mut Random, held: &mut Vec<Object>) {
    let kind = Kind::ALL[random.below(6)];
    let name = format!(r"Local\prey-{}-{kind:?}", random.below(PREY));
    let object = match random.below(3) {
        0 => kind.create(space, &name),
        1 => kind.open(space, &name),
        _ => {
            drop(held.pop());
            return;
        }
    };
    let object = match object {
        Ok(object) => object,
        Err(e) => return assert_ne!(e.code().0, 0, "an error without a number: {e}"),
    };
    match &object {
        Object::Section(section) => {
            if let Ok(view) = section.map() {
                let mut bytes = [0; 64];
                let _ = view.read_at(view.len() - 64, &mut bytes);
                let _ = view.write_at(view.len() / 2, &bytes);
                let _ = view.check();
            }
        }
        Object::Event(event) => {
            let _ = event.set();
            let _ = event.wait(SOON);
        }
        Object::Mutex(mutex) => {
            if mutex.wait(SOON).is_ok() {
                let _ = mutex.release();
            }
        }
        Object::Semaphore(semaphore) => {
            let _ = semaphore.release(1);
            let _ = semaphore.wait(SOON);
        }
        Object::Timer(timer) => {
            let _ = timer.wait(SOON);
        }
        Object::Job(job) => {
            let _ = job.members();
        }
    }
    held.push(object);
    held.truncate(6);
    if random.below(8) == 0 {
        let _ = list::sweep(space);
        let _ = list::list(space);
    }
}

/// Here every promise holds.
fn on_safe_ground(space: &Namespace, random: &mut Random, seed: u64) {
    let kind = Kind::ALL[random.below(6)];
    kind.open(space, &format!(r"Local\{SAFE}-{kind:?}"))
        .unwrap_or_else(|e| panic!("a held name is lost: {e}"));
    let name = format!(r"Local\{SAFE}-{seed}-{kind:?}");
    let made = kind
        .create(space, &name)
        .unwrap_or_else(|e| panic!("create: {e}"));
    assert!(!made.already_existed(), "{name} was there");
    let again = kind.open(space, &name).unwrap_or_else(|e| panic!("lost: {e}"));
    assert!(again.is_same_object(&made));
    drop((made, again));
    let gone = kind.open(space, &name);
    assert_eq!(gone.err().map(|e| e.code().0), Some(2), "{name}");
}

fn start(role: filemap_testing::Role, space: &Namespace, seed: u64) -> Child {
    let mut child = role.start();
    child.send(space.root().to_str().expect("UTF-8"));
    child.send(&seed.to_string());
    child.expect("ready");
    child
}

/// Seconds: `FILEMAP_VANDAL_SECONDS`.
fn seconds() -> u64 {
    let text = std::env::var("FILEMAP_VANDAL_SECONDS").unwrap_or_default();
    text.parse().unwrap_or(4)
}

#[test]
fn whatever_a_vandal_does_to_files_nobody_crashes_or_hangs_and_other_objects_keep_every_promise() {
    let seconds = seconds();
    let _dog = Watchdog::arm("vandal", patience() + Duration::from_secs(seconds));
    let tree = Tree::new();
    let space = tree.space();
    let safe: Vec<Object> = Kind::ALL
        .map(|kind| {
            kind.create(space, &format!(r"Local\{SAFE}-{kind:?}"))
                .expect("created")
        })
        .into();
    let mut workers: Vec<Child> = (0..WORKERS).map(|n| start(role!(worker), space, n + 1)).collect();
    let mut vandals: Vec<Child> = (0..VANDALS)
        .map(|n| start(role!(vandal), space, n + 91))
        .collect();
    let mut random = Random::new(5);
    let begin = Instant::now();
    let (mut rounds, mut stops) = (0, 0);
    while begin.elapsed() < Duration::from_secs(seconds) || rounds < 10 {
        // One is stopped for a moment, in the middle of whatever it does; all others go on meanwhile.
        let stopped = random.below(workers.len());
        workers[stopped].signal(Signal::STOP);
        stops += 1;
        for (i, worker) in workers.iter_mut().enumerate() {
            if i != stopped {
                assert_eq!(
                    worker.receive().as_deref(),
                    Some("alive"),
                    "a worker fell, see above"
                );
            }
        }
        workers[stopped].signal(Signal::CONT);
        assert_eq!(
            workers[stopped].receive().as_deref(),
            Some("alive"),
            "a worker fell"
        );
        for vandal in &mut vandals {
            assert_eq!(vandal.receive().as_deref(), Some("alive"), "a vandal fell");
        }
        rounds += 1;
    }
    vandals.into_iter().for_each(Child::kill);
    workers.into_iter().for_each(Child::kill);
    println!("{rounds} rounds of {WORKERS} workers and {VANDALS} vandals, {stops} stops");
    // Those that were left alone are as they were; what remains of the others keeps nobody from new names.
    for object in &safe {
        let kind = Kind::ALL.into_iter().find(|kind| {
            let found = kind.open(space, &format!(r"Local\{SAFE}-{kind:?}"));
            found.is_ok_and(|found| found.is_same_object(object))
        });
        assert!(kind.is_some(), "{object:?} is lost");
    }
    drop(safe);
    list::sweep(space).expect("swept");
    let left = tree.files();
    assert!(left.iter().all(|name| !name.starts_with(SAFE)), "{left:?}");
}
