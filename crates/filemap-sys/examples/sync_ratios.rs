//! Prints how our calls compare with the bare thing: medians of interleaved rounds, only ratios mean something.
//! `cargo run --release -p filemap-sys --example sync_ratios`
// UNSAFETY: bare futex, POSIX semaphore and fork calls to compare with.
#![expect(unsafe_code)]

use filemap_core::sync::Kind;
use filemap_sys::linux::futex::{self, Scope, Until, Word32};
use filemap_sys::linux::sync::{Limit, StatePage, WaitRef, wait_any, wait_one};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Instant;

/// Median nanoseconds per operation of each of some things, measured in turns.
fn measure(n: u32, rounds: usize, things: &mut [(&str, &mut dyn FnMut())]) -> Vec<f64> {
    let mut times = vec![vec![]; things.len()];
    for _ in 0..rounds {
        for (thing, times) in things.iter_mut().zip(&mut times) {
            let start = Instant::now();
            for _ in 0..n {
                thing.1();
            }
            times.push(start.elapsed().as_nanos() as f64 / f64::from(n));
        }
    }
    let medians: Vec<f64> = times
        .iter_mut()
        .map(|times| {
            times.sort_by(f64::total_cmp);
            times[times.len() / 2]
        })
        .collect();
    for ((name, _), ns) in things.iter().zip(&medians) {
        println!("  {name:<44} {ns:>9.1} ns  {:>6.2}x", ns / medians[0]);
    }
    medians
}

fn pin(cpu: usize) {
    let mut set = rustix::thread::CpuSet::new();
    set.set(cpu);
    rustix::thread::sched_setaffinity(None, &set).expect("pinned");
}

/// A page that a forked child shares.
fn shared() -> *mut u8 {
    // SAFETY: a new anonymous mapping.
    let page = unsafe {
        libc::mmap(
            std::ptr::null_mut(),
            4096,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_SHARED | libc::MAP_ANON,
            -1,
            0,
        )
    };
    assert_ne!(page, libc::MAP_FAILED);
    page.cast()
}

/// Round trips with a forked partner: `ours` and `theirs` are signal-and-wait from either side.
fn round_trip(cpus: [usize; 2], n: u32, left: &mut dyn FnMut(), right: &mut dyn FnMut()) -> f64 {
    // SAFETY: this program has one thread.
    let child = unsafe { libc::fork() };
    if child == 0 {
        pin(cpus[1]);
        for _ in 0..n {
            right();
        }
        // SAFETY: ends the child.
        unsafe { libc::_exit(0) };
    }
    pin(cpus[0]);
    let start = Instant::now();
    for _ in 0..n {
        left();
    }
    let time = start.elapsed().as_nanos() as f64 / f64::from(n);
    let mut status = 0;
    // SAFETY: waits for that child.
    unsafe { libc::waitpid(child, &mut status, 0) };
    time
}

fn main() {
    let event = StatePage::unnamed(Kind::AutoEvent, 0).expect("event");
    let mutex = StatePage::unnamed(Kind::Mutex, 0).expect("mutex");
    let word = AtomicU64::new(0);
    println!("uncontended lock+unlock");
    let mut theirs = Box::new(libc::PTHREAD_MUTEX_INITIALIZER);
    // SAFETY: initialises our own mutex.
    unsafe {
        let mut attributes = std::mem::zeroed();
        libc::pthread_mutexattr_init(&mut attributes);
        libc::pthread_mutexattr_setrobust(&mut attributes, libc::PTHREAD_MUTEX_ROBUST);
        libc::pthread_mutexattr_setpshared(&mut attributes, 1);
        libc::pthread_mutex_init(&mut *theirs, &attributes);
    }
    measure(
        100_000,
        21,
        &mut [
            ("atomic compare-exchange pair", &mut || {
                let _ = word.compare_exchange(0, 1, Ordering::SeqCst, Ordering::SeqCst);
                let _ = word.compare_exchange(1, 0, Ordering::SeqCst, Ordering::SeqCst);
            }),
            ("mutex", &mut || {
                let _ = wait_one(&mutex, Limit::NONE, None);
                let _ = mutex.unlock();
            }),
            // SAFETY: a live mutex.
            ("pthread robust mutex", &mut || unsafe {
                libc::pthread_mutex_lock(&mut *theirs);
                libc::pthread_mutex_unlock(&mut *theirs);
            }),
        ],
    );
    println!("event set+reset, no waiter");
    measure(
        100_000,
        21,
        &mut [
            ("two atomic swaps", &mut || {
                std::hint::black_box(word.swap(1, Ordering::SeqCst));
                std::hint::black_box(word.swap(0, Ordering::SeqCst));
            }),
            ("set, reset", &mut || {
                let _ = event.set();
                let _ = event.reset();
            }),
        ],
    );
    println!("wait for any of 64 that times out (the sleep and all it needs)");
    let events: Vec<StatePage> = (0..64)
        .map(|_| StatePage::unnamed(Kind::AutoEvent, 0).expect("event"))
        .collect();
    let refs: Vec<WaitRef<'_>> = events.iter().map(WaitRef::Object).collect();
    let plain: Vec<*mut AtomicU32> = (0..64).map(|_| shared().cast()).collect();
    let words: Vec<Word32> = plain
        .iter()
        .map(|word| Word32 {
            address: *word,
            expected: 0,
            scope: Scope::Shared,
        })
        .collect();
    pin(0);
    measure(
        2000,
        21,
        &mut [
            ("futex_waitv on 64 words", &mut || {
                let _ = futex::wait_each(&words, Until::Monotonic(1));
            }),
            ("wait_any on 64 events", &mut || {
                let _ = wait_any(&refs, Limit::after(std::time::Duration::from_nanos(1)), None);
            }),
        ],
    );
    for (name, cpus, n) in [
        ("round trip, one CPU", [0, 0], 20_000u32),
        ("round trip, two CPUs", [0, 1], 20_000),
    ] {
        println!("{name}");
        let (ping, pong) = (
            StatePage::unnamed(Kind::AutoEvent, 0).expect("event"),
            StatePage::unnamed(Kind::AutoEvent, 0).expect("event"),
        );
        let semaphores = shared().cast::<libc::sem_t>();
        // SAFETY: two semaphores in a shared page.
        unsafe {
            libc::sem_init(semaphores, 1, 0);
            libc::sem_init(semaphores.add(1), 1, 0);
        }
        let mut times = [vec![], vec![]];
        for _ in 0..15 {
            times[0].push(round_trip(
                cpus,
                n,
                // SAFETY: live semaphores.
                &mut || unsafe {
                    libc::sem_post(semaphores);
                    libc::sem_wait(semaphores.add(1));
                },
                // SAFETY: live semaphores.
                &mut || unsafe {
                    libc::sem_wait(semaphores);
                    libc::sem_post(semaphores.add(1));
                },
            ));
            times[1].push(round_trip(
                cpus,
                n,
                &mut || {
                    let _ = ping.set();
                    let _ = wait_one(&pong, Limit::NONE, None);
                },
                &mut || {
                    let _ = wait_one(&ping, Limit::NONE, None);
                    let _ = pong.set();
                },
            ));
        }
        for (name, times) in ["POSIX semaphore", "auto-reset event"].iter().zip(&mut times) {
            times.sort_by(f64::total_cmp);
            println!("  {name:<44} {:>9.1} ns", times[times.len() / 2]);
        }
        println!("  ratio {:.2}", times[1][7] / times[0][7]);
    }
}
