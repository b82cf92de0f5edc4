//! Many processes and threads on a few objects, some of them stopped now and then: every wake-up is counted. Y-5, Y-10,
//! Y-20, Y-33.
//!
//! Short by default. `FILEMAP_SYNC_STRESS=1000x4x20 cargo test --release -p filemap-crash-tests --test sync_stress` runs a
//! thousand processes with four threads each for twenty seconds.

use filemap::{Event, FileMapping, Mutex, Namespace, Reset, Semaphore, View, Wait, wait_all, wait_any};
use filemap_testing::{Child, private_root, role, roles, wait_for, watchdog};
use rustix::process::Signal;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const NOW: Option<Duration> = Some(Duration::ZERO);
/// Units of the semaphore.
const TOKENS: u32 = 5;
/// Where the memory has the batons passed so far, and the number that only owners of the mutex write.
const PASSED: usize = 0;
const OWNED: usize = 64;
/// How long nothing may happen while nobody is stopped: then a wake-up was lost.
const STALLED: Duration = Duration::from_secs(30);

struct Objects {
    stop: Event,
    baton: Event,
    tokens: Semaphore,
    mutex: Mutex,
    view: View,
    /// The name goes with its last handle, so each process keeps one.
    _memory: FileMapping,
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
        let memory = FileMapping::options()
            .namespace(space)
            .size(4096)
            .create("memory")
            .unwrap();
        Objects {
            stop: event("stop", Reset::Manual),
            baton: event("baton", Reset::Auto),
            tokens: Semaphore::options()
                .namespace(space)
                .initial(TOKENS)
                .maximum(TOKENS)
                .create("tokens")
                .unwrap(),
            mutex: Mutex::options().namespace(space).create("mutex").unwrap(),
            view: memory.map().unwrap(),
            _memory: memory,
        }
    }

    fn passed(&self) -> &AtomicU64 {
        self.view.atomic_u64(PASSED).unwrap()
    }

    /// One more, by a read and a write with time for others in between.
    fn count_as_owner(&self) {
        let n: u64 = self.view.read(OWNED).unwrap();
        std::thread::yield_now();
        self.view.write(OWNED, &(n + 1)).unwrap();
    }
}

/// What one thread has done: batons, tokens, ownerships.
type Done = [u64; 3];

fn work(objects: &Objects, seed: u64) -> Done {
    let mut random = seed * 2 + 1;
    let mut done = [0; 3];
    loop {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        match random >> 61 {
            0..=2 => match wait_any(&[&objects.stop, &objects.baton], None).unwrap() {
                Wait::Object(1) => {
                    done[0] += 1;
                    objects.passed().fetch_add(1, Ordering::SeqCst);
                    objects.baton.set().unwrap();
                }
                _ => return done,
            },
            3..=4 => match wait_any(&[&objects.tokens, &objects.stop], None).unwrap() {
                Wait::Object(0) => {
                    done[1] += 1;
                    // Above the maximum if one unit was given to two (298).
                    objects.tokens.release(1).unwrap();
                    if objects.stop.is_set() {
                        return done;
                    }
                }
                _ => return done,
            },
            5..=6 => {
                let guard = objects.mutex.lock().unwrap();
                assert!(!guard.was_abandoned());
                objects.count_as_owner();
                done[2] += 1;
            }
            _ => {
                // With a limit: a wait for all of what others hold may never find all of it.
                let short = Some(Duration::from_millis(20));
                if wait_all(&[&objects.mutex, &objects.tokens], short).unwrap() != Wait::TimedOut {
                    objects.count_as_owner();
                    objects.mutex.release().unwrap();
                    objects.tokens.release(1).unwrap();
                    done[1] += 1;
                    done[2] += 1;
                }
            }
        }
        if objects.stop.is_set() {
            return done;
        }
    }
}

roles! {
    fn worker(peer: &mut Peer) {
        let space = Namespace::at(peer.receive().expect("the tree")).with_session(1);
        let threads: u64 = peer.receive().expect("a number").parse().unwrap();
        let objects = Objects::new(&space);
        peer.send("ready");
        peer.receive();
        let mut sum = [0; 3];
        std::thread::scope(|scope| {
            let seed = u64::from(std::process::id()) << 20;
            let workers: Vec<_> = (0..threads)
                .map(|n| {
                    let objects = &objects;
                    let builder = std::thread::Builder::new().stack_size(64 * 1024);
                    builder.spawn_scoped(scope, move || work(objects, seed + n)).unwrap()
                })
                .collect();
            for worker in workers {
                for (sum, n) in sum.iter_mut().zip(worker.join().unwrap()) {
                    *sum += n;
                }
            }
        });
        peer.send(&format!("{} {} {}", sum[0], sum[1], sum[2]));
        peer.receive();
    }
}

/// Processes, threads of each, seconds.
fn size() -> [u64; 3] {
    let text = std::env::var("FILEMAP_SYNC_STRESS").unwrap_or_else(|_| "64x16x3".to_owned());
    let numbers: Vec<u64> = text.split('x').filter_map(|n| n.parse().ok()).collect();
    numbers
        .try_into()
        .unwrap_or_else(|_| panic!("FILEMAP_SYNC_STRESS={text}: not like 1000x4x20"))
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "how long processes are stopped is what this test varies"
)]
fn among_many_processes_and_threads_no_wake_up_is_lost_and_none_is_given_twice() {
    let _dog = watchdog!();
    let [processes, threads, seconds] = size();
    let root = private_root();
    let space = Namespace::at(root.path()).with_session(1);
    let objects = Objects::new(&space);
    let mut workers: Vec<Child> = (0..processes)
        .map(|_| {
            let mut worker = role!(worker).start();
            worker.send(root.path().to_str().unwrap());
            worker.send(&threads.to_string());
            worker
        })
        .collect();
    workers.iter_mut().for_each(|worker| worker.expect("ready"));
    workers.iter_mut().for_each(|worker| worker.send("go"));
    let start = Instant::now();
    objects.baton.set().unwrap();
    let (mut stops, mut n) = (0u64, 1u64);
    while start.elapsed() < Duration::from_secs(seconds) {
        n = n
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let stopped = &workers[(n >> 33) as usize % workers.len()];
        stopped.signal(Signal::STOP);
        std::thread::sleep(Duration::from_micros((n >> 20) % 8000));
        stopped.signal(Signal::CONT);
        stops += 1;
        // With nobody stopped the baton goes on.
        let (before, since) = (objects.passed().load(Ordering::SeqCst), Instant::now());
        wait_for("the baton to be passed on", || {
            assert!(since.elapsed() < STALLED, "a wake-up was lost");
            objects.passed().load(Ordering::SeqCst) > before
        });
    }
    objects.stop.set().unwrap();
    let mut sum = [0; 3];
    for worker in &mut workers {
        let line = worker.receive().expect("its numbers");
        for (sum, n) in sum.iter_mut().zip(line.split(' ')) {
            *sum += n.parse::<u64>().unwrap();
        }
    }
    println!(
        "{processes} processes of {threads} threads, {stops} stops in {:.1} s: {} batons, {} tokens, {} ownerships",
        start.elapsed().as_secs_f32(),
        sum[0],
        sum[1],
        sum[2]
    );
    assert_eq!(sum[0], objects.passed().load(Ordering::SeqCst));
    assert_eq!(
        objects.view.read::<u64>(OWNED).unwrap(),
        sum[2],
        "two owners at once"
    );
    assert_eq!(objects.tokens.count(), TOKENS, "units lost or made");
    assert_eq!(
        objects.baton.wait(NOW).unwrap(),
        Wait::Object(0),
        "the baton was lost"
    );
    assert_eq!(
        objects.baton.wait(NOW).unwrap(),
        Wait::TimedOut,
        "there are two batons"
    );
    assert!(sum.iter().all(|n| *n > 0), "{sum:?}");
}
