//! The structures in shared memory on loom's atomics: every interleaving of two or three members, with at most two or
//! three preemptions, and every value that the memory model allows. V-65 to V-79.
//!
//! Words have the orderings of `filemap-shared`: all accesses sequentially consistent. loom takes those for acquire and
//! release only, so each has the fences of the usual mapping to hardware around it. Copies are relaxed words without fences:
//! what of a copy may be seen in what order is the structure's own business. Nobody wakes by a time limit here, so a lost
//! wake-up is a deadlock, which loom reports.

use filemap_core::error::Why;
use filemap_core::shared::bell::{self, Bell};
use filemap_core::shared::latest::Latest;
use filemap_core::shared::lock::{self, Acquired};
use filemap_core::shared::queue::{self, Attempt, Queue, Whether};
use filemap_core::shared::ring::{self, End, Ring};
use filemap_core::shared::{Members, Words};
use loom::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};
use loom::sync::{Arc, Condvar, Mutex};
use loom::thread;

/// Bells in a memory: the two halves of their words, and the kernel's queue of sleepers.
struct Futex {
    at: u64,
    flag: AtomicBool,
    queue: Mutex<()>,
    wake: Condvar,
}

/// Memory that loom's threads share.
struct Memory {
    words: Vec<AtomicU64>,
    bells: Vec<Futex>,
    /// Takes the flag of a bell down after counting: the wrong order.
    wrong_bell: bool,
    /// Copies are not kept in order.
    without_fences: bool,
}

fn ordered<T>(access: impl FnOnce() -> T) -> T {
    fence(Ordering::SeqCst);
    let value = access();
    fence(Ordering::SeqCst);
    value
}

impl Memory {
    fn new(len: u64, bells: &[u64]) -> Memory {
        Memory {
            words: (0..len / 8).map(|_| AtomicU64::new(0)).collect(),
            bells: bells
                .iter()
                .map(|at| Futex {
                    at: *at,
                    flag: AtomicBool::new(false),
                    queue: Mutex::new(()),
                    wake: Condvar::new(),
                })
                .collect(),
            wrong_bell: false,
            without_fences: false,
        }
    }

    fn word(&self, at: u64) -> &AtomicU64 {
        assert!(at.is_multiple_of(8));
        &self.words[(at / 8) as usize]
    }

    fn bell(&self, at: u64) -> Option<BellAt<'_>> {
        let futex = self.bells.iter().find(|bell| bell.at == at)?;
        Some(BellAt {
            count: self.word(at),
            futex,
        })
    }

    /// As `Object::wait` of `filemap-shared` does, without time limits and spinning.
    fn wait<T>(&self, at: u64, mut attempt: impl FnMut() -> Result<Option<T>, Why>) -> T {
        let bell = self.bell(at).expect("a bell");
        loop {
            let seen = bell::prepare(&bell).unwrap();
            if let Some(done) = attempt().unwrap() {
                return done;
            }
            bell.sleep(seen);
        }
    }
}

struct BellAt<'a> {
    count: &'a AtomicU64,
    futex: &'a Futex,
}

impl BellAt<'_> {
    /// futex(2): the kernel compares under the lock of its queue.
    fn sleep(&self, seen: u32) {
        let mut queue = self.futex.queue.lock().unwrap();
        while ordered(|| self.count.load(Ordering::SeqCst)) as u32 == seen {
            queue = self.futex.wake.wait(queue).unwrap();
        }
    }
}

impl Bell for BellAt<'_> {
    fn count(&self) -> Result<u32, Why> {
        Ok(ordered(|| self.count.load(Ordering::SeqCst)) as u32)
    }
    fn count_one(&self) -> Result<(), Why> {
        ordered(|| self.count.fetch_add(1, Ordering::SeqCst));
        Ok(())
    }
    fn flag(&self) -> Result<bool, Why> {
        Ok(ordered(|| self.futex.flag.load(Ordering::SeqCst)))
    }
    fn set_flag(&self, sleeps: bool) -> Result<(), Why> {
        ordered(|| self.futex.flag.store(sleeps, Ordering::SeqCst));
        Ok(())
    }
    fn wake(&self) -> Result<(), Why> {
        let _queue = self.futex.queue.lock().unwrap();
        self.futex.wake.notify_all();
        Ok(())
    }
}

impl Words for Memory {
    fn size(&self) -> u64 {
        self.words.len() as u64 * 8
    }
    fn read(&self, at: u64, bytes: &mut [u8]) -> Result<(), Why> {
        for (i, chunk) in bytes.chunks_mut(8).enumerate() {
            let word = self.word(at + 8 * i as u64).load(Ordering::Relaxed);
            chunk.copy_from_slice(&word.to_ne_bytes()[..chunk.len()]);
        }
        Ok(())
    }
    fn write(&self, at: u64, bytes: &[u8]) -> Result<(), Why> {
        for (i, word) in filemap_core::shared::bytes_as_words(bytes).enumerate() {
            self.word(at + 8 * i as u64).store(word, Ordering::Relaxed);
        }
        Ok(())
    }
    fn load(&self, at: u64) -> Result<u64, Why> {
        Ok(match self.without_fences {
            false => ordered(|| self.word(at).load(Ordering::SeqCst)),
            true => self.word(at).load(Ordering::Relaxed),
        })
    }
    fn store(&self, at: u64, value: u64) -> Result<(), Why> {
        match self.without_fences {
            false => ordered(|| self.word(at).store(value, Ordering::SeqCst)),
            true => self.word(at).store(value, Ordering::Relaxed),
        }
        Ok(())
    }
    fn exchange(&self, at: u64, old: u64, new: u64) -> Result<u64, Why> {
        let word = self.word(at);
        let swapped = ordered(|| word.compare_exchange(old, new, Ordering::SeqCst, Ordering::SeqCst));
        Ok(swapped.unwrap_or_else(|was| was))
    }
    fn add(&self, at: u64, amount: u64) -> Result<u64, Why> {
        Ok(ordered(|| self.word(at).fetch_add(amount, Ordering::SeqCst)))
    }
    fn ring(&self, at: u64) -> Result<(), Why> {
        match self.bell(at) {
            Some(bell) if self.wrong_bell => {
                if bell.flag()? {
                    bell.count_one()?;
                    bell.set_flag(false)?;
                    bell.wake()?;
                }
                Ok(())
            }
            Some(bell) => bell::ring(&bell),
            None => Ok(()), // nobody sleeps there in this model
        }
    }
    fn fence(&self) {
        if !self.without_fences {
            fence(Ordering::SeqCst);
        }
    }
}

/// A member; those above 100 are dead.
#[derive(Clone, Copy)]
struct Member(u32);

const DEAD: u32 = 101;

impl Members for Member {
    fn me(&self) -> u32 {
        self.0
    }
    fn is_alive(&self, member: u32) -> Result<bool, Why> {
        Ok(member < DEAD)
    }
}

fn model(preemptions: usize, f: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.max_branches = 10_000;
    let runs = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
    let count = std::sync::Arc::clone(&runs);
    builder.check(move || {
        count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        f();
    });
    let runs = runs.load(std::sync::atomic::Ordering::Relaxed);
    println!("{runs} interleavings");
    assert!(runs > 20, "the bounds leave nothing to explore: {runs}");
}

filemap_testing::roles! {
    /// Runs a variant that has a fault; loom ends the process when it finds it.
    fn variant(peer: &mut Peer) {
        match peer.receive().as_deref() {
            Some("bell") => model(3, || wait_for_two_changes(true)),
            Some("latest") => model(2, || read_while_a_writer_publishes(5, true)),
            other => panic!("{other:?}"),
        }
        peer.send("nothing found");
    }
}

/// What loom says of a variant that has a fault.
fn found_in(what: &str) -> String {
    let mut child = filemap_testing::role!(variant).keep_stderr().start();
    child.send(what);
    assert_eq!(child.receive(), None, "loom finds the fault");
    let (status, text) = child.ended();
    assert!(!status.success());
    text
}

const LOCK: u64 = 0;
const LOCK_BELL: u64 = 8;
const GUARDED: u64 = 16;

/// Takes the lock as `ObjectLock` of `filemap-shared` does.
fn lock_it(memory: &Memory, me: Member) -> Acquired {
    memory.wait(LOCK_BELL, || match lock::try_lock(memory, LOCK, me.0)? {
        Ok(how) => Ok(Some(how)),
        Err(owner) => lock::take_from_dead(memory, LOCK, &me, owner),
    })
}

/// Two words that only the owner of the lock touches: plain memory, so anything may be seen that the lock does not order.
fn add_one_under_the_lock(memory: &Memory, me: Member) -> Acquired {
    let how = lock_it(memory, me);
    let mut pair = [0; 16];
    memory.read(GUARDED, &mut pair).unwrap();
    let (first, second) = pair.split_at(8);
    assert_eq!(first, second, "the last owner's changes are seen whole");
    let next = (u64::from_ne_bytes(first.try_into().unwrap()) + 1).to_ne_bytes();
    memory.write(GUARDED, &[next, next].concat()).unwrap();
    lock::unlock(memory, LOCK, LOCK_BELL, me.0).unwrap();
    how
}

fn contend_for_the_lock(owner: u32, wrong_bell: bool) {
    let mut memory = Memory::new(32, &[LOCK_BELL]);
    memory.wrong_bell = wrong_bell;
    memory.store(LOCK, owner.into()).unwrap();
    let memory = Arc::new(memory);
    let other = {
        let memory = Arc::clone(&memory);
        thread::spawn(move || add_one_under_the_lock(&memory, Member(2)))
    };
    let hows = [add_one_under_the_lock(&memory, Member(1)), other.join().unwrap()];
    let abandoned = hows.iter().filter(|how| **how == Acquired::Abandoned).count();
    assert_eq!(abandoned, usize::from(owner != 0), "told exactly once");
    assert_eq!(
        (memory.load(GUARDED), memory.load(GUARDED + 8), memory.load(LOCK)),
        (Ok(2), Ok(2), Ok(0))
    );
}

// V-79: the lock of the heap, the log and the arena.
#[test]
fn the_lock_in_an_object_lets_one_in_at_a_time_and_each_sees_what_the_last_one_did() {
    model(3, || contend_for_the_lock(0, false));
}

#[test]
fn the_lock_of_a_dead_owner_comes_abandoned_to_exactly_one_of_two() {
    model(3, || contend_for_the_lock(DEAD, false));
}

/// Wakes that must not be lost: two changes by one, each waited for by another.
fn wait_for_two_changes(wrong_bell: bool) {
    let mut memory = Memory::new(16, &[8]);
    memory.wrong_bell = wrong_bell;
    let memory = Arc::new(memory);
    let teller = {
        let memory = Arc::clone(&memory);
        thread::spawn(move || {
            for change in 1..=2 {
                memory.store(0, change).unwrap();
                memory.ring(8).unwrap();
            }
        })
    };
    for change in 1..=2 {
        memory.wait(8, || Ok((memory.load(0)? >= change).then_some(())));
    }
    teller.join().unwrap();
}

#[test]
fn no_ring_of_a_bell_is_lost() {
    model(3, || wait_for_two_changes(false));
}

#[test]
fn a_bell_whose_flag_is_taken_down_too_late_loses_a_ring_and_is_caught() {
    let text = found_in("bell");
    assert!(text.contains("deadlock"), "{text}");
}

const ITEM: u64 = 16;

fn queue_of(cells: u64) -> (Memory, Queue) {
    let queue = Queue {
        at: 0,
        cells,
        item: ITEM,
    };
    let memory = Memory::new(queue.len().unwrap(), &[queue::ITEMS, queue::PLACES]);
    (memory, queue)
}

fn item(number: u64) -> [u8; ITEM as usize] {
    let mut item = [0; ITEM as usize];
    item[..8].copy_from_slice(&number.to_ne_bytes());
    item[8..].copy_from_slice(&number.to_ne_bytes());
    item
}

fn push(memory: &Memory, queue: &Queue, me: Member, number: u64) {
    memory.wait(queue::PLACES, || {
        let attempt = queue.push(memory, &me, &item(number), Whether::Check)?;
        Ok((attempt == Attempt::Done(())).then_some(()))
    });
}

fn pop(memory: &Memory, queue: &Queue, me: Member) -> u64 {
    memory.wait(queue::ITEMS, || {
        let mut got = [0; ITEM as usize];
        match queue.pop(memory, &me, &mut got, Whether::Check)? {
            Attempt::Done(len) => {
                let number = u64::from_ne_bytes(got[..8].try_into().unwrap());
                assert_eq!((len as u64, got), (ITEM, item(number)), "a whole item");
                Ok(Some(number))
            }
            Attempt::NotNow | Attempt::Busy(_) => Ok(None),
        }
    })
}

#[test]
fn a_queue_with_one_place_gives_each_item_once_and_in_order() {
    model(2, || {
        let (memory, queue) = queue_of(1);
        let memory = Arc::new(memory);
        let producer = {
            let memory = Arc::clone(&memory);
            thread::spawn(move || (1..=2).for_each(|number| push(&memory, &queue, Member(2), number)))
        };
        assert_eq!(pop(&memory, &queue, Member(1)), 1);
        assert_eq!(pop(&memory, &queue, Member(1)), 2);
        producer.join().unwrap();
    });
}

#[test]
fn two_producers_of_a_queue_lose_nothing() {
    model(2, || {
        let (memory, queue) = queue_of(2);
        let memory = Arc::new(memory);
        let producers = [2, 3].map(|me| {
            let memory = Arc::clone(&memory);
            thread::spawn(move || push(&memory, &queue, Member(me), me.into()))
        });
        let mut got = [0, 0].map(|_| pop(&memory, &queue, Member(1)));
        got.sort_unstable();
        assert_eq!(got, [2, 3]);
        for producer in producers {
            producer.join().unwrap();
        }
    });
}

#[test]
fn two_consumers_of_a_queue_take_different_items() {
    model(2, || {
        let (memory, queue) = queue_of(2);
        push(&memory, &queue, Member(1), 1);
        push(&memory, &queue, Member(1), 2);
        let memory = Arc::new(memory);
        let other = {
            let memory = Arc::clone(&memory);
            thread::spawn(move || pop(&memory, &queue, Member(2)))
        };
        let mut got = [pop(&memory, &queue, Member(1)), other.join().unwrap()];
        got.sort_unstable();
        assert_eq!(got, [1, 2]);
    });
}

#[test]
fn the_half_written_item_of_a_dead_producer_is_skipped_while_others_work() {
    model(2, || {
        let (memory, queue) = queue_of(2);
        // Claimed, nothing written: as `State` of the queue has it, phase 1 of lap 0.
        memory.store(32, (1 << 32) | u64::from(DEAD)).unwrap();
        let memory = Arc::new(memory);
        let producer = {
            let memory = Arc::clone(&memory);
            thread::spawn(move || push(&memory, &queue, Member(2), 7))
        };
        assert_eq!(pop(&memory, &queue, Member(1)), 7);
        producer.join().unwrap();
    });
}

#[test]
fn a_pipe_gives_whole_records_in_order() {
    const RING: Ring = Ring { at: 0, room: 32 };
    model(2, || {
        let memory = Memory::new(RING.len(), &[ring::ITEMS, ring::PLACES]);
        let memory = Arc::new(memory);
        RING.take_end(&*memory, &Member(1), End::Consumer).unwrap();
        let producer = {
            let memory = Arc::clone(&memory);
            thread::spawn(move || {
                RING.take_end(&*memory, &Member(2), End::Producer).unwrap();
                for number in 1..=2 {
                    memory.wait(ring::PLACES, || {
                        Ok(RING.send(&*memory, &item(number))?.then_some(()))
                    });
                }
            })
        };
        for number in 1..=2 {
            let record = memory.wait(ring::ITEMS, || RING.receive(&*memory));
            assert_eq!(record, item(number));
        }
        producer.join().unwrap();
    });
}

fn read_while_a_writer_publishes(values: u64, without_fences: bool) {
    let cell = Latest { at: 0, item: ITEM };
    let mut memory = Memory::new(cell.len(), &[]);
    memory.without_fences = without_fences;
    cell.publish(&memory, &item(1)).unwrap();
    let memory = Arc::new(memory);
    let writer = {
        let memory = Arc::clone(&memory);
        thread::spawn(move || {
            for number in 2..=values {
                cell.publish(&*memory, &item(number)).unwrap();
            }
        })
    };
    let mut got = [0; ITEM as usize];
    if let Some(number) = cell.try_read(&*memory, &mut got).unwrap() {
        assert_eq!(got, item(number), "whole, and the one with this number");
    }
    writer.join().unwrap();
}

// Five values come back to the reader's place.
#[test]
fn a_reader_of_the_latest_value_takes_only_whole_ones() {
    model(2, || read_while_a_writer_publishes(5, false));
}

#[test]
fn without_its_fences_the_latest_value_is_torn_and_that_is_caught() {
    let text = found_in("latest");
    assert!(text.contains("whole, and the one with this number"), "{text}");
}
