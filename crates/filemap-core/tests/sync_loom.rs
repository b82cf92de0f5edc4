//! The memory orderings: the machines on loom's atomics, which show every value that the memory model allows.
//!
//! The accesses have the orderings of `filemap-sys`: acquire loads, acquire-release exchanges. What a thread wrote
//! before it signalled must be what a thread sees whose wait ended by that.
// UNSAFETY: loom's cells hand out raw pointers, and check the accesses themselves.
#![expect(unsafe_code)]

use filemap_core::sync::{Action, Kind, Machine, Outcome, Program, Reply, STAGED, Signal, Word};
use loom::cell::UnsafeCell;
use loom::sync::atomic::{AtomicU64, Ordering};
use loom::sync::{Arc, Condvar, Mutex};
use loom::thread;

/// A word with the kernel's futex on its lock half.
struct Object {
    kind: Kind,
    word: AtomicU64,
    queue: Mutex<u32>,
    wake: Condvar,
}

impl Object {
    fn new(kind: Kind) -> Object {
        let word = AtomicU64::new(kind.initial(0).0);
        Object {
            kind,
            word,
            queue: Mutex::new(0),
            wake: Condvar::new(),
        }
    }

    fn run(&self, program: Program, tid: u32) -> Outcome {
        let mut machine = Machine::<1>::new(program, tid, &[self.kind], 0, &[], false);
        let mut reply = Reply::Nothing;
        loop {
            reply = match machine.resume(reply) {
                Action::Load(_) => Reply::Word(Word(self.word.load(Ordering::Acquire))),
                Action::Swap { from, to, .. } => {
                    let swapped =
                        self.word
                            .compare_exchange(from.0, to.0, Ordering::AcqRel, Ordering::Acquire);
                    Reply::Word(Word(swapped.unwrap_or_else(|other| other)))
                }
                Action::Release { lock, .. } => {
                    let mut wakes = self.queue.lock().unwrap();
                    // The kernel's 32-bit store in a 64-bit word.
                    let mut word = Word(self.word.load(Ordering::Relaxed));
                    while let Err(other) = self.word.compare_exchange(
                        word.0,
                        word.with_lock(lock).0,
                        Ordering::AcqRel,
                        Ordering::Relaxed,
                    ) {
                        word = Word(other);
                    }
                    *wakes += 1;
                    self.wake.notify_all();
                    Reply::Nothing
                }
                Action::Wake(_) => {
                    *self.queue.lock().unwrap() += 1;
                    self.wake.notify_all();
                    Reply::Nothing
                }
                Action::SleepEach => self.sleep(machine.expected()[0]),
                Action::SleepOne { lock, .. } => self.sleep(lock),
                Action::Done(outcome) => return outcome,
                _ => Reply::Nothing,
            };
        }
    }

    fn sleep(&self, lock: u32) -> Reply {
        let mut wakes = self.queue.lock().unwrap();
        let before = *wakes;
        if Word(self.word.load(Ordering::Acquire)).lock() == lock {
            while *wakes == before {
                wakes = self.wake.wait(wakes).unwrap();
            }
        }
        Reply::Slept { timed_out: false }
    }
}

fn model(f: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(f);
}

fn increment(n: *mut u32) {
    // SAFETY: the cell's own pointer; loom checks that nobody else has it meanwhile.
    unsafe { *n += 1 }
}

fn value(n: *const u32) -> u32 {
    // SAFETY: as above.
    unsafe { *n }
}

const GOT: Outcome = Outcome::Object {
    index: 0,
    abandoned: false,
};

#[test]
fn what_an_owner_wrote_the_next_owner_sees() {
    model(|| {
        let shared = Arc::new((Object::new(Kind::Mutex), UnsafeCell::new(0)));
        let add = |tid: u32, shared: &(Object, UnsafeCell<u32>)| {
            assert_eq!(shared.0.run(Program::Any, tid), GOT);
            // loom fails here if two threads are inside, or the first one's write need not be seen.
            shared.1.with_mut(increment);
            shared.0.run(Program::Signal(Signal::Unlock), tid);
        };
        let other = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || add(2, &shared))
        };
        add(1, &shared);
        other.join().unwrap();
        assert_eq!(shared.1.with(value), 2);
    });
}

#[test]
fn what_a_signaller_wrote_the_waiter_sees() {
    for (kind, what) in [
        (Kind::AutoEvent, Signal::Set),
        (Kind::ManualEvent, Signal::Set),
        (Kind::Semaphore { maximum: 1 }, Signal::Release(1)),
    ] {
        model(move || {
            let shared = Arc::new((Object::new(kind), UnsafeCell::new(0)));
            let waiter = {
                let shared = Arc::clone(&shared);
                thread::spawn(move || {
                    assert_eq!(shared.0.run(Program::Any, 2), GOT);
                    assert_eq!(shared.1.with(value), 1);
                })
            };
            shared.1.with_mut(increment);
            shared.0.run(Program::Signal(what), 1);
            waiter.join().unwrap();
            let left = Word(shared.0.word.load(Ordering::SeqCst));
            assert_eq!(kind.is_signalled(left), Some(kind == Kind::ManualEvent));
            assert!(left.owner() == 0 && kind.settle(left) & STAGED == 0);
        });
    }
}

#[test]
fn what_was_written_before_a_set_of_a_set_event_is_seen_by_whoever_takes_that_set() {
    // Y-5: sets do not add up, but each of them publishes. Else a producer that sleeps until there is room misses the last
    // slot that was freed.
    model(|| {
        let shared = Arc::new((Object::new(Kind::AutoEvent), AtomicU64::new(0)));
        shared.0.run(Program::Signal(Signal::Set), 1);
        let setter = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                shared.1.store(1, Ordering::Relaxed);
                shared.0.run(Program::Signal(Signal::Set), 2);
            })
        };
        assert_eq!(shared.0.run(Program::Any, 1), GOT);
        let seen = shared.1.load(Ordering::Relaxed);
        setter.join().unwrap();
        let word = Word(shared.0.word.load(Ordering::SeqCst));
        let taken_with_the_second = Kind::AutoEvent.is_signalled(word) == Some(false);
        assert!(seen == 1 || !taken_with_the_second);
    });
}
