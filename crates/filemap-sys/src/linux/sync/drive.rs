//! Carries out the actions of `filemap_core::sync::Machine` on real memory.
// UNSAFETY: one `preadv` into the state halves of several pages.
#![expect(unsafe_code)]

use super::fds;
use super::page::{Page, system};
use super::{sentry, timer};
use crate::linux::crash::point;
use crate::linux::futex::{self, Scope, Until, Woken, Word32};
use crate::linux::robust::{self, Thread};
use filemap_core::error::{Error, Op, Why};
use filemap_core::sync::{Action, Clock, Kind, MAXIMUM_WAIT_OBJECTS, Machine, Outcome, Reply, SLOT, Word};
use std::cell::RefCell;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// How long a wait heeds somebody who holds a freeze, before it treats the object as not signalled: nanoseconds.
pub(super) const WAIT_PATIENCE: u64 = 20_000_000;
/// How long a signalling call heeds that, before it fails: nanoseconds.
pub(super) const SIGNAL_PATIENCE: u64 = 5_000_000_000;
/// Actions between two sleeps that no run of correct programs reaches; then a peer is scribbling, and we nap.
const BUSY: u32 = 10_000;
/// Naps of a millisecond before a call that must not wait gives up.
const NAPS: u32 = 2_000;

/// How a call may sleep.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sleep<'a> {
    /// Moment on the monotonic clock in nanoseconds, or no limit.
    pub(super) until: Option<u64>,
    /// Further words of this process: when one changes, the call ends as if its time were over.
    pub(super) extra: &'a [Word32],
    /// Nanoseconds to heed a freeze.
    pub(super) patience: u64,
}

impl Sleep<'_> {
    pub(super) const SIGNAL: Sleep<'static> = Sleep {
        until: None,
        extra: &[],
        patience: SIGNAL_PATIENCE,
    };

    fn extra_changed(&self) -> bool {
        self.extra.iter().any(|word| {
            // The words outlive the call: they are borrowed by whoever made this value.
            word.load() != word.expected
        })
    }
}

/// How a call ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ended {
    pub(super) outcome: Outcome,
    /// One of the extra words has changed.
    pub(super) extra: bool,
}

/// Runs a call to its end. `edit`: the parameters for `Action::Edit`.
pub(super) fn run<const N: usize>(
    machine: &mut Machine<N>,
    pages: &[&Arc<Page>],
    sleep: Sleep<'_>,
    edit: Option<[u64; 3]>,
) -> Result<Ended, Error> {
    robust::with(|me| drive(me, machine, pages, sleep, edit, Reply::Nothing))?
}

/// Runs a call from `reply` on, which its last action had for an answer.
pub(super) fn drive<const N: usize>(
    me: &Thread,
    machine: &mut Machine<N>,
    pages: &[&Arc<Page>],
    sleep: Sleep<'_>,
    edit: Option<[u64; 3]>,
    mut reply: Reply,
) -> Result<Ended, Error> {
    for page in pages {
        if page.kind == Kind::Mutex {
            page.prepare_insert(me)?;
        }
    }
    if pages.len() > 1 && !me.has_room_for(pages.len() as u32) {
        return Err(Error::new(Op::Other("wait for objects"), "", Why::TooManyMutexes));
    }
    let mut failed = None;
    let mut actions = 0u32;
    let mut naps = 0u32;
    let mut extra = false;
    let outcome = loop {
        actions += 1;
        if actions > BUSY {
            // Somebody changes these words faster than we can look at them.
            actions = 0;
            naps += 1;
            nap();
            if naps > NAPS && sleep.patience == SIGNAL_PATIENCE {
                me.set_pending(None);
                return Err(Error::new(Op::Other("signal"), "", Why::ObjectStuck));
            }
            if extra || sleep.extra_changed() || sleep.until.is_some_and(|until| futex::now(false) >= until) {
                // Between two actions: whatever is locked is on the robust list, so look for a good moment first.
                if machine.holds_nothing() {
                    me.set_pending(None);
                    break Outcome::TimedOut;
                }
            }
        }
        let action = machine.resume(reply);
        point(name_of(action));
        reply = match action {
            Action::Load(i) => {
                if pages[i].kind.is_timer() && edit.is_none() {
                    timer::refresh(me, pages[i])?;
                }
                Reply::Word(pages[i].load())
            }
            Action::Swap { object, from, to } => {
                let swapped =
                    pages[object]
                        .word()
                        .compare_exchange(from.0, to.0, Ordering::AcqRel, Ordering::Acquire);
                Reply::Word(Word(swapped.unwrap_or_else(|other| other)))
            }
            Action::Pending(i) => {
                me.set_pending(i.map(|i| pages[i].node()));
                Reply::Nothing
            }
            Action::Insert(i) => {
                pages[i].insert(me);
                Reply::Nothing
            }
            Action::Remove(i) => {
                pages[i].remove(me);
                Reply::Nothing
            }
            Action::Release { object, lock } => {
                if let Err(error) = futex::set_and_wake_all(pages[object].lock_half(), lock) {
                    failed = Some(system("wake", "futex", &error));
                }
                Reply::Nothing
            }
            Action::Wake(i) => {
                if let Err(error) = futex::wake_all(pages[i].lock_half()) {
                    failed = Some(system("wake", "futex", &error));
                }
                Reply::Nothing
            }
            Action::SleepOne {
                object,
                lock,
                patience,
            } => {
                let patience = patience.then_some(sleep.patience);
                actions = 0;
                slept(
                    sleep_one(pages[object], lock, patience, sleep, &mut extra),
                    &mut failed,
                )
            }
            Action::SleepEach => {
                actions = 0;
                slept(sleep_each(machine, pages, sleep, &mut extra), &mut failed)
            }
            Action::Commit => match commit(me, machine, pages) {
                Ok(()) => Reply::Nothing,
                Err(error) => {
                    failed = Some(error);
                    Reply::Refused
                }
            },
            Action::Edit(word) => {
                if let Some(words) = edit {
                    pages[0].write_slot(word.state() & SLOT == 0, words);
                }
                Reply::Nothing
            }
            Action::Done(outcome) => break outcome,
        };
    };
    match failed {
        Some(error) if !matches!(outcome, Outcome::Object { .. } | Outcome::All { .. }) => Err(error),
        _ => Ok(Ended {
            outcome,
            extra: extra || (outcome == Outcome::TimedOut && sleep.extra_changed()),
        }),
    }
}

/// The action as the name of a crash point.
fn name_of(action: Action) -> &'static str {
    match action {
        Action::Load(_) => "before loading a word",
        Action::Swap { .. } => "before exchanging a word",
        Action::Pending(_) => "before changing the pending word",
        Action::Insert(_) => "before entering the robust list",
        Action::Remove(_) => "before leaving the robust list",
        Action::Release { .. } => "before releasing a word and waking",
        Action::Wake(_) => "before waking",
        Action::SleepOne { .. } => "before sleeping on a word",
        Action::SleepEach => "before sleeping",
        Action::Commit => "before committing a wait for all",
        Action::Edit(_) => "before writing a timer's slot",
        Action::Done(_) => "before returning",
    }
}

fn slept(result: Result<bool, Error>, failed: &mut Option<Error>) -> Reply {
    match result {
        Ok(timed_out) => Reply::Slept { timed_out },
        Err(error) => {
            *failed = Some(error);
            Reply::Slept { timed_out: true }
        }
    }
}

/// Sleeps on words until the call's limit or the earliest due time; tells whether the limit is over.
fn sleep_on(
    words: &mut Vec<Word32>,
    due: &timer::Earliest,
    limit: Option<u64>,
    sleep: Sleep<'_>,
    extra: &mut bool,
) -> Result<bool, Error> {
    if sleep.extra_changed() {
        *extra = true;
        return Ok(true);
    }
    words.extend_from_slice(sleep.extra);
    let limit = [limit, sleep.until].into_iter().flatten().min();
    let monotonic = [limit, due.monotonic].into_iter().flatten().min();
    let mut alarm = None;
    let until = match (monotonic, due.realtime) {
        (None, None) => Until::Forever,
        (Some(ns), None) => Until::Monotonic(ns),
        (None, Some(ns)) => Until::Realtime(ns),
        (Some(ns), Some(wall)) => {
            let alarm = alarm.insert(fds::alarm(wall)?);
            words.push(alarm.word());
            Until::Monotonic(ns)
        }
    };
    let woken = futex::wait_each(words, until).map_err(|e| system("wait", "futex_waitv", &e))?;
    if sleep.extra_changed() {
        *extra = true;
        return Ok(true);
    }
    Ok(woken == Woken::TimedOut && limit.is_some_and(|limit| futex::now(false) >= limit))
}

fn sleep_one(
    page: &Arc<Page>,
    lock: u32,
    patience: Option<u64>,
    sleep: Sleep<'_>,
    extra: &mut bool,
) -> Result<bool, Error> {
    let word = Word32 {
        address: page.lock_half(),
        expected: lock,
        scope: Scope::Shared,
    };
    let due = timer::Earliest::of(&[page]);
    if sleep.extra.is_empty() && sleep.until.is_none() && patience.is_none() && due.is_never() {
        return Ok(
            futex::wait(word, Until::Forever).map_err(|e| system("wait", "futex", &e))? == Woken::TimedOut,
        );
    }
    let limit = patience.map(|ns| futex::now(false).saturating_add(ns));
    sleep_on(&mut vec![word], &due, limit, sleep, extra)
}

fn sleep_each<const N: usize>(
    machine: &Machine<N>,
    pages: &[&Arc<Page>],
    sleep: Sleep<'_>,
    extra: &mut bool,
) -> Result<bool, Error> {
    let expected = machine.expected();
    if let ([page], [lock]) = (pages, expected) {
        return sleep_one(page, *lock, None, sleep, extra);
    }
    let mut words = Vec::with_capacity(pages.len() + sleep.extra.len() + 1);
    let mut interests = Vec::new();
    for (i, page) in pages.iter().enumerate() {
        let mut word = Word32 {
            address: page.lock_half(),
            expected: expected[i],
            scope: Scope::Shared,
        };
        if page.kind == Kind::Mutex && i != machine.guard() {
            let interest =
                sentry::watch(page).map_err(|e| system("wait for several mutexes", "clone", &e))?;
            if page.load().lock() != expected[i] {
                return Ok(false);
            }
            word = Word32 {
                address: &raw const page.sentry.echo,
                expected: interest.echo,
                scope: Scope::Private,
            };
            interests.push(interest);
        }
        words.push(word);
    }
    sleep_on(&mut words, &timer::Earliest::of(pages), None, sleep, extra)
}

thread_local! {
    /// A memory file whose content the kernel copies into state halves, and the process that made it.
    static PREPARED: RefCell<Option<(u64, OwnedFd)>> = const { RefCell::new(None) };
}

/// Writes all new state halves by one system call.
///
/// The kernel copies from one page of the memory file into words that this thread has just exchanged, so they are
/// resident and writable; nothing in that loop looks for signals, and a dying thread dies when it is back in user
/// mode. (If memory is so short that one of these pages is thrown out within that microsecond, and SIGKILL comes
/// in the same microsecond, the copy may end early: the one hole that is left.)
fn commit<const N: usize>(me: &Thread, machine: &Machine<N>, pages: &[&Arc<Page>]) -> Result<(), Error> {
    let mut values = [0u32; MAXIMUM_WAIT_OBJECTS];
    let mut targets = [libc::iovec {
        iov_base: std::ptr::null_mut(),
        iov_len: 4,
    }; MAXIMUM_WAIT_OBJECTS];
    let mut count = 0;
    for (i, page) in pages.iter().enumerate() {
        if let Some(value) = machine.commit(i) {
            values[count] = value;
            targets[count].iov_base = page.state_address().cast();
            count += 1;
        }
    }
    if count == 0 {
        return Ok(());
    }
    let op = "wait for all";
    let bytes: Vec<u8> = values[..count]
        .iter()
        .flat_map(|value| value.to_ne_bytes())
        .collect();
    PREPARED
        .try_with(|cell| {
            let mut cell = cell.borrow_mut();
            let process = me.serial() >> 32;
            if cell.as_ref().is_none_or(|(owner, _)| *owner != process) {
                let fd = rustix::fs::memfd_create("filemap-commit", rustix::fs::MemfdFlags::CLOEXEC)
                    .map_err(|e| system(op, "memfd_create", &e.into()))?;
                *cell = Some((process, fd));
            }
            let fd = &cell.as_ref().expect("made above").1;
            rustix::io::pwrite(fd, &bytes, 0).map_err(|e| system(op, "pwrite", &e.into()))?;
            // Again if it ends early for want of memory: the values do not change.
            for _ in 0..3 {
                // SAFETY: the targets are 4 bytes each inside mapped state pages (which `pages` keeps alive), words
                // that are shared with other processes anyway and never behind a reference to plain memory.
                let n = unsafe { libc::preadv(fd.as_raw_fd(), targets.as_ptr(), count as libc::c_int, 0) };
                if n == bytes.len() as isize {
                    return Ok(());
                }
            }
            Err(system(op, "preadv", &std::io::Error::last_os_error()))
        })
        .unwrap_or_else(|_| {
            Err(Error::new(
                Op::Other(op),
                "",
                Why::RobustList {
                    what: "the thread is ending",
                },
            ))
        })
}

impl Word32 {
    pub(crate) fn load(&self) -> u32 {
        // SAFETY: made from a live atomic of this process, which outlives the call that uses this value.
        unsafe { (*self.address).load(Ordering::Acquire) }
    }
}

impl timer::Earliest {
    fn is_never(&self) -> bool {
        self.monotonic.is_none() && self.realtime.is_none()
    }

    fn of(pages: &[&Arc<Page>]) -> timer::Earliest {
        let mut earliest = timer::Earliest::default();
        for page in pages.iter().filter(|page| page.kind.is_timer()) {
            if let Some((clock, ns)) = timer::next_due(page) {
                let slot = match clock {
                    Clock::Monotonic => &mut earliest.monotonic,
                    Clock::Realtime => &mut earliest.realtime,
                };
                *slot = Some(slot.map_or(ns, |other| other.min(ns)));
            }
        }
        earliest
    }
}

/// Leaves the processor to others for a moment.
#[expect(
    clippy::disallowed_methods,
    reason = "a pause is the purpose: the words change faster than they can be looked at"
)]
fn nap() {
    std::thread::sleep(std::time::Duration::from_millis(1));
}
