//! `synchapi.h`: slim reader/writer locks and condition variables. Both are one word of the program's memory, valid when it is
//! zero, and nothing is kept of them elsewhere: they need no end, and may be freed as soon as the program knows that nobody uses them.
//!
//! A lock is its number of readers, or `HELD`; and `WAITING` if somebody may sleep on it:
//!
//! * Who must wait sets WAITING first, and sleeps only while the word is what it was with that.
//! * Who gives the lock back so that it is free clears WAITING in the same exchange (afterwards the memory may be gone), and wakes one
//!   writer, or without one every reader.
//! * A writer that has slept keeps WAITING set: others may sleep still, and it is for it to wake them.

// UNSAFETY: exported names; atomics at addresses that C callers give.
#![expect(unsafe_code)]
#![allow(
    clippy::missing_safety_doc,
    reason = "the contract is in synchapi.h: a lock or variable that was initialised or zero, and not moved since"
)]

use crate::boundary::{Outcome, guard, leave_errno};
use crate::constants::CONDITION_VARIABLE_LOCKMODE_SHARED;
use crate::futex_word::{self, EVERYBODY, after};
use crate::layout::{RTL_CONDITION_VARIABLE, RTL_CRITICAL_SECTION, RTL_SRWLOCK};
use crate::synchapi::{EnterCriticalSection, LeaveCriticalSection};
use filemap_core::error::Win32Code;
use std::sync::atomic::{AtomicU32, Ordering};

/// A writer has it.
const HELD: u32 = 1;
/// Somebody may sleep.
const WAITING: u32 = 2;
/// One reader.
const READER: u32 = 4;

/// Groups of sleepers.
const READERS: u32 = 1;
const WRITERS: u32 = 2;

/// Looks at a lock before sleep.
const SPINS: u32 = 60;

fn may_write(word: u32) -> bool {
    word & !WAITING == 0
}

/// Readers join readers as long as nobody waits.
fn may_read(word: u32) -> bool {
    word & HELD == 0 && (word < READER || word & WAITING == 0)
}

fn written(word: u32) -> u32 {
    word | HELD
}

/// By a writer that has waited: others may sleep still, and this thread may be the one that was woken in their place.
fn written_after_sleep(word: u32) -> u32 {
    word | HELD | WAITING
}

fn read(word: u32) -> u32 {
    word + READER
}

/// The word after `less` of it was given back, and whether sleepers are to be woken.
fn given_back(word: u32, less: u32) -> (u32, bool) {
    match word - less {
        WAITING => (0, true),
        left => (left, false),
    }
}

struct Lock(AtomicU32);

impl Lock {
    /// # Safety
    /// `lock` leads to a lock that stays where it is while the result is in use.
    unsafe fn at<'a>(lock: *mut RTL_SRWLOCK) -> &'a Lock {
        // SAFETY: the caller's; a `Lock` is its word, and all accesses to that are atomic.
        unsafe { &*lock.cast::<Lock>() }
    }

    fn try_change(&self, may: fn(u32) -> bool, change: impl Fn(u32) -> u32) -> bool {
        let change = |word| may(word).then(|| change(word));
        self.0
            .fetch_update(Ordering::Acquire, Ordering::Relaxed, change)
            .is_ok()
    }

    fn try_write(&self) -> bool {
        self.try_change(may_write, written)
    }

    fn try_read(&self) -> bool {
        self.try_change(may_read, read)
    }

    /// Returns when the word may be what the caller waits for.
    fn sleep(&self, may: fn(u32) -> bool, group: u32) {
        for _ in 0..SPINS {
            let word = self.0.load(Ordering::Relaxed);
            if may(word) {
                return;
            }
            if word & WAITING != 0 {
                break; // others sleep already
            }
            std::hint::spin_loop();
        }
        let announce = |word: u32| (!may(word)).then_some(word | WAITING);
        if let Ok(before) = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, announce)
        {
            futex_word::sleep(&raw const self.0, before | WAITING, group, None);
        }
    }

    fn write(&self) {
        if self.try_write() {
            return;
        }
        loop {
            self.sleep(may_write, WRITERS);
            if self.try_change(may_write, written_after_sleep) {
                return;
            }
        }
    }

    fn read(&self) {
        while !self.try_read() {
            self.sleep(may_read, READERS);
        }
    }

    fn give_back(&self, is_held: fn(u32) -> bool, less: u32) {
        let change = |word: u32| is_held(word).then(|| given_back(word, less).0);
        let before = self.0.fetch_update(Ordering::Release, Ordering::Relaxed, change);
        // From here on only the address is used.
        if before.is_ok_and(|before| given_back(before, less).1)
            && futex_word::wake(&raw const self.0, 1, WRITERS) == 0
        {
            futex_word::wake(&raw const self.0, u32::MAX, READERS);
        }
    }

    fn end_write(&self) {
        self.give_back(|word| word & HELD != 0, HELD);
    }

    fn end_read(&self) {
        self.give_back(|word| word & HELD == 0 && word >= READER, READER);
    }
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InitializeSRWLock(lock: *mut RTL_SRWLOCK) {
    // SAFETY: the caller gave room for a lock.
    unsafe { lock.write_bytes(0, 1) };
    leave_errno();
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AcquireSRWLockExclusive(lock: *mut RTL_SRWLOCK) {
    // SAFETY: the caller gave a lock.
    unsafe { Lock::at(lock) }.write();
    leave_errno();
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AcquireSRWLockShared(lock: *mut RTL_SRWLOCK) {
    // SAFETY: as above.
    unsafe { Lock::at(lock) }.read();
    leave_errno();
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn TryAcquireSRWLockExclusive(lock: *mut RTL_SRWLOCK) -> u8 {
    // SAFETY: as above.
    let got = unsafe { Lock::at(lock) }.try_write();
    leave_errno();
    got.into()
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn TryAcquireSRWLockShared(lock: *mut RTL_SRWLOCK) -> u8 {
    // SAFETY: as above.
    let got = unsafe { Lock::at(lock) }.try_read();
    leave_errno();
    got.into()
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ReleaseSRWLockExclusive(lock: *mut RTL_SRWLOCK) {
    // SAFETY: as above.
    unsafe { Lock::at(lock) }.end_write();
    leave_errno();
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ReleaseSRWLockShared(lock: *mut RTL_SRWLOCK) {
    // SAFETY: as above.
    unsafe { Lock::at(lock) }.end_read();
    leave_errno();
}

/// The number of wakes of a condition variable, modulo 2^32.
///
/// # Safety
/// `variable` leads to one that stays where it is while the result is in use.
unsafe fn wakes<'a>(variable: *mut RTL_CONDITION_VARIABLE) -> &'a AtomicU32 {
    // SAFETY: the caller's; all accesses to the word are atomic.
    unsafe { AtomicU32::from_ptr(variable.cast()) }
}

/// Sleeps without the lock. Whoever changes what is waited for while he has the lock, and wakes then, comes before `give_back` or
/// after the look at the number. Errors: 1460.
fn sleep(
    wakes: &AtomicU32,
    milliseconds: u32,
    give_back: impl FnOnce(),
    take: impl FnOnce(),
) -> Outcome<i32> {
    let until = after(milliseconds);
    let before = wakes.load(Ordering::Relaxed);
    give_back();
    let woken = futex_word::sleep(wakes, before, EVERYBODY, until);
    let woken = woken || wakes.load(Ordering::Relaxed) != before;
    take();
    if woken { Ok(1) } else { Err(Win32Code::TIMEOUT) }
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InitializeConditionVariable(variable: *mut RTL_CONDITION_VARIABLE) {
    // SAFETY: the caller gave room for one.
    unsafe { variable.write_bytes(0, 1) };
    leave_errno();
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SleepConditionVariableCS(
    variable: *mut RTL_CONDITION_VARIABLE,
    section: *mut RTL_CRITICAL_SECTION,
    milliseconds: u32,
) -> i32 {
    guard(0, || {
        // SAFETY: the caller gave a variable, and a section that it owns.
        unsafe {
            sleep(
                wakes(variable),
                milliseconds,
                || LeaveCriticalSection(section),
                || EnterCriticalSection(section),
            )
        }
    })
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SleepConditionVariableSRW(
    variable: *mut RTL_CONDITION_VARIABLE,
    lock: *mut RTL_SRWLOCK,
    milliseconds: u32,
    flags: u32,
) -> i32 {
    guard(0, || {
        // SAFETY: the caller gave a variable, and a lock that it holds.
        let (wakes, lock) = unsafe { (wakes(variable), Lock::at(lock)) };
        match flags {
            0 => sleep(wakes, milliseconds, || lock.end_write(), || lock.write()),
            CONDITION_VARIABLE_LOCKMODE_SHARED => {
                sleep(wakes, milliseconds, || lock.end_read(), || lock.read())
            }
            _ => Err(Win32Code::INVALID_PARAMETER),
        }
    })
}

/// # Safety
/// As for [`wakes`].
unsafe fn wake(variable: *mut RTL_CONDITION_VARIABLE, count: u32) {
    // SAFETY: the caller's.
    let wakes = unsafe { wakes(variable) };
    wakes.fetch_add(1, Ordering::Relaxed);
    futex_word::wake(wakes, count, EVERYBODY);
    leave_errno();
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WakeConditionVariable(variable: *mut RTL_CONDITION_VARIABLE) {
    // SAFETY: the caller gave a variable.
    unsafe { wake(variable, 1) }
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WakeAllConditionVariable(variable: *mut RTL_CONDITION_VARIABLE) {
    // SAFETY: the caller gave a variable.
    unsafe { wake(variable, u32::MAX) }
}

/// Every order of the steps of a few threads, with the kernel's sleep and wake as they are: a sleep begins only while the word is what
/// was expected, and a wake finds those who sleep right then.
#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
    enum At {
        /// Tries to take the lock; it has waited before, or not.
        Try(bool),
        Announce,
        Sleep(u32),
        Asleep,
        Inside,
        WakeWriter,
        WakeReaders,
        Done,
    }

    #[derive(Clone, PartialEq, Eq, Hash, Debug)]
    struct World {
        word: u32,
        /// Writer or reader, where it is, and how often it will take the lock again.
        threads: Vec<(bool, At, u32)>,
    }

    type Taken = fn(u32) -> u32;

    impl World {
        fn step(&self, me: usize, after_sleep: Taken) -> Vec<World> {
            let mut next = self.clone();
            let (writes, at, again) = self.threads[me];
            let may = if writes { may_write } else { may_read };
            let less = if writes { HELD } else { READER };
            let goes = |mut world: World, to: At| {
                world.threads[me].1 = to;
                vec![world]
            };
            match at {
                At::Try(slept) if may(self.word) => {
                    let taken = match (writes, slept) {
                        (false, _) => read,
                        (true, false) => written,
                        (true, true) => after_sleep,
                    };
                    next.word = taken(self.word);
                    goes(next, At::Inside)
                }
                At::Try(_) => goes(next, At::Announce),
                At::Announce if may(self.word) => goes(next, At::Try(true)),
                At::Announce => {
                    next.word |= WAITING;
                    let expected = next.word;
                    goes(next, At::Sleep(expected))
                }
                At::Sleep(expected) if expected == self.word => goes(next, At::Asleep),
                At::Sleep(_) => goes(next, At::Try(true)),
                At::Inside => {
                    let (word, wakes) = given_back(self.word, less);
                    next.word = word;
                    goes(next, if wakes { At::WakeWriter } else { At::Done })
                }
                At::WakeWriter => {
                    // Whichever of them the kernel takes.
                    let asleep = (0..self.threads.len())
                        .filter(|one| matches!(self.threads[*one], (true, At::Asleep, _)));
                    let woken = asleep.map(|one| {
                        let mut world = self.clone();
                        world.threads[one].1 = At::Try(true);
                        world.threads[me].1 = At::Done;
                        world
                    });
                    let woken: Vec<World> = woken.collect();
                    if woken.is_empty() {
                        return goes(next, At::WakeReaders);
                    }
                    woken
                }
                At::WakeReaders => {
                    for one in &mut next.threads {
                        if matches!(one, (false, At::Asleep, _)) {
                            one.1 = At::Try(true);
                        }
                    }
                    goes(next, At::Done)
                }
                At::Done if again > 0 => {
                    next.threads[me].2 -= 1;
                    goes(next, At::Try(false))
                }
                At::Done | At::Asleep => Vec::new(),
            }
        }

        fn check(&self) -> Result<(), String> {
            let inside = |writes| {
                let are = self
                    .threads
                    .iter()
                    .filter(|one| one.0 == writes && one.1 == At::Inside);
                are.count()
            };
            match (inside(true), inside(false)) {
                (0, _) | (1, 0) => Ok(()),
                _ => Err(format!("inside together: {self:?}")),
            }
        }
    }

    /// The number of states, or what went wrong.
    fn explore(writers: &[u32], readers: &[u32], after_sleep: Taken) -> Result<usize, String> {
        let writers = writers.iter().map(|again| (true, At::Try(false), *again));
        let readers = readers.iter().map(|again| (false, At::Try(false), *again));
        let world = World {
            word: 0,
            threads: writers.chain(readers).collect(),
        };
        let (mut seen, mut open) = (HashSet::new(), vec![world]);
        while let Some(world) = open.pop() {
            let next: Vec<World> = (0..world.threads.len())
                .flat_map(|me| world.step(me, after_sleep))
                .collect();
            if next.is_empty() && world.threads.iter().any(|one| one.1 != At::Done) {
                return Err(format!("asleep for ever: {world:?}"));
            }
            for next in next {
                next.check()?;
                if seen.insert(next.clone()) {
                    open.push(next);
                }
            }
        }
        Ok(seen.len())
    }

    #[test]
    fn no_order_of_steps_lets_a_writer_in_beside_others_or_leaves_a_sleeper_behind() {
        for (writers, readers) in [
            (&[1, 1, 1][..], &[][..]),
            (&[1, 0], &[1, 0]),
            (&[0, 0, 0], &[0, 0]),
            (&[1], &[1, 1, 0]),
        ] {
            let states = explore(writers, readers, written_after_sleep)
                .unwrap_or_else(|wrong| panic!("{writers:?}, {readers:?}: {wrong}"));
            println!("{writers:?} writers, {readers:?} readers: {states} states");
            assert!(states > 500);
        }
    }

    #[test]
    fn the_search_finds_the_sleeper_that_is_forgotten_if_a_writer_does_not_say_that_others_may_sleep() {
        let wrong = explore(&[0, 0, 0], &[], written).unwrap_err();
        assert!(wrong.starts_with("asleep for ever"), "{wrong}");
    }
}
