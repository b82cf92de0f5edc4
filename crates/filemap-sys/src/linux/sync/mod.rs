//! Events, mutexes, semaphores and waitable timers on state pages, and waits for them (spec/sync.md).
//!
//! The decisions are in `filemap_core::sync`; this module maps pages ([`StatePage`]), carries actions out, keeps what
//! only this process knows (which of its threads owns a mutex, and how often), and adds what a wait can also end
//! with: descriptors ([`WaitRef::Fd`]) and [`Cancel`].
//!
//! Nothing that is read from a state page is used as an address or an index; a thread that finds the words changing
//! faster than it can act on them naps; a call that must not wait ends with 170 ([`Why::ObjectStuck`]).
//!
//! # What it needs
//! Linux 6.3 for the promise that no death loses a wake (before, the kernel forgets the wake of a dead owner if the
//! woken thread dies too), 5.16 for waits for several objects (`futex_waitv`), glibc or another C library whose robust
//! lists have `futex_offset` -32. Not for signal handlers. Threads of processes in different PID name spaces may share
//! objects: who owns a mutex is decided by memory of the process, not by the number in the word.

mod drive;
mod fds;
mod page;
mod sentry;
mod spin;
mod timer;

pub use page::{Key, PAGE, StatePage};

use crate::linux::futex::{self, Scope, Word32};
use crate::linux::robust::{self, Thread};
use drive::{Ended, Sleep};
use filemap_core::error::{Error, Op, Why};
use filemap_core::sync::{
    ARMED, Clock, Kind, MAXIMUM_WAIT_OBJECTS, Machine, Mark, OWNED, Outcome, Program, RECURSION_LIMIT, Reply,
    Setting, Signal, Signalling, Take, WAITERS, Word, counts, generation, is_abandoned, is_owed, mark,
    pass_on, set_at_once, signal, take, taken_off, uncount,
};
use page::Page;
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

/// How long to wait; on the monotonic clock, which nobody sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(Option<u64>);

impl Limit {
    /// `INFINITE`.
    pub const NONE: Limit = Limit(None);
    /// Do not wait: a time-out of 0.
    pub const POLL: Limit = Limit(Some(0));

    /// So long from now.
    #[must_use]
    pub fn after(duration: Duration) -> Limit {
        if duration.is_zero() {
            return Limit::POLL;
        }
        let ns = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        Limit(Some(futex::now(false).saturating_add(ns)))
    }

    /// The time-out of the wait functions in milliseconds; `0xFFFF_FFFF` is `INFINITE` (Y-32).
    #[must_use]
    pub fn from_millis(ms: u32) -> Limit {
        match ms {
            u32::MAX => Limit::NONE,
            ms => Limit::after(Duration::from_millis(ms.into())),
        }
    }

    fn is_over(self) -> bool {
        self.0.is_some_and(|ns| ns == 0 || futex::now(false) >= ns)
    }
}

/// Ends waits from another thread: the hook for waits that are awaited, and for alertable ones.
///
/// A future that is dropped, or that runs its wait in a thread of its own, calls [`Cancel::cancel`]; the wait then
/// ends with [`Waited::Cancelled`] and has taken nothing.
#[derive(Debug, Default)]
pub struct Cancel(AtomicU32);

impl Cancel {
    /// Not cancelled yet.
    #[must_use]
    pub const fn new() -> Cancel {
        Cancel(AtomicU32::new(0))
    }

    /// Ends all waits that were given this value, those that come later too.
    pub fn cancel(&self) {
        self.0.store(1, Ordering::Release);
        futex::wake_all_private(&self.0);
    }

    /// Whether it was cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Acquire) != 0
    }

    fn word(&self) -> Word32 {
        Word32 {
            address: &raw const self.0,
            expected: 0,
            scope: Scope::Private,
        }
    }
}

/// Something to wait for.
#[derive(Clone, Copy, Debug)]
pub enum WaitRef<'a> {
    /// A synchronisation object.
    Object(&'a StatePage),
    /// A descriptor: signalled while it has input, an error or its end (a pidfd: the process has ended). Nothing is
    /// read from it.
    Fd(BorrowedFd<'a>),
}

/// How a wait ended (Y-30).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waited {
    /// Any: this one was signalled; it is the lowest such, and the only one that changed.
    Object {
        /// Position in the list.
        index: usize,
        /// It is a mutex whose owner ended without releasing it; this thread owns it now (Y-12).
        abandoned: bool,
    },
    /// All were signalled at once and are taken.
    All {
        /// Position of the first mutex that was abandoned.
        abandoned: Option<usize>,
    },
    /// The time is over; nothing changed. Not an error (258).
    TimedOut,
    /// [`Cancel::cancel`] was called; nothing changed.
    Cancelled,
}

fn because(op: &'static str, why: Why) -> Error {
    Error::new(Op::Other(op), "", why)
}

/// One try to take an object without sleeping and without a system call; `None` if that does not do.
#[inline]
fn try_take(me: &Thread, page: &Page) -> Result<Option<bool>, Error> {
    if page.kind == Kind::Mutex {
        if page.owner.load(Ordering::Relaxed) == me.serial() {
            again(page)?;
            return Ok(Some(false));
        }
        let word = page.load();
        if word.owner() != 0 {
            return Ok(None);
        }
        page.prepare_insert(me)?;
        let Take::Swap { to, abandoned, .. } = take(page.kind, word, me.tid(), None) else {
            return Ok(None);
        };
        me.set_pending(Some(page.node()));
        let won = page
            .word()
            .compare_exchange(word.0, to.0, Ordering::AcqRel, Ordering::Relaxed)
            .is_ok();
        if won {
            page.insert(me);
            own(me, page);
        }
        me.set_pending(None);
        return Ok(won.then_some(abandoned));
    }
    if page.kind.is_timer() {
        return Ok(None);
    }
    let mut word = page.load();
    for _ in 0..16 {
        match take(page.kind, word, 0, None) {
            Take::AsIs => return Ok(Some(false)),
            Take::Swap {
                to, release: false, ..
            } => {
                match page
                    .word()
                    .compare_exchange_weak(word.0, to.0, Ordering::AcqRel, Ordering::Acquire)
                {
                    Ok(_) => return Ok(Some(false)),
                    Err(other) => word = Word(other),
                }
            }
            _ => return Ok(None),
        }
    }
    Ok(None)
}

/// The thread's own knowledge of a mutex that it has just got.
#[inline]
fn own(me: &Thread, page: &Page) {
    page.count.store(1, Ordering::Relaxed);
    page.owner.store(me.serial(), Ordering::Relaxed);
}

fn again(page: &Page) -> Result<(), Error> {
    let count = page.count.load(Ordering::Relaxed);
    if count >= RECURSION_LIMIT {
        return Err(because("wait for a mutex", Why::RecursionLimit));
    }
    page.count.store(count + 1, Ordering::Relaxed);
    Ok(())
}

/// Waits for one object. [`Waited::Object`] with index 0, `TimedOut` or `Cancelled`.
///
/// # Errors
/// 587 at the recursion limit, 1450 with 2000 mutexes owned, 50 if robust lists don't work here.
#[inline]
pub fn wait_one(object: &StatePage, limit: Limit, cancel: Option<&Cancel>) -> Result<Waited, Error> {
    let page = object.page();
    if page.kind == Kind::Mutex && robust::with(|me| lock_at_once(me, page, object.word()))? {
        return Ok(Waited::Object {
            index: 0,
            abandoned: false,
        });
    }
    wait_longer(page, limit, cancel)
}

/// Takes a mutex that is free and that nothing is the matter with, as nearly always.
#[inline(always)]
fn lock_at_once(me: &Thread, page: &Page, word: &AtomicU64) -> bool {
    if page.owner.load(Ordering::Relaxed) != 0 || !page.is_prepared(me) {
        return false;
    }
    let owned = Word::new(me.tid(), OWNED).0;
    me.set_pending(Some(page.node()));
    let won = word
        .compare_exchange(0, owned, Ordering::AcqRel, Ordering::Relaxed)
        .is_ok();
    if won {
        if !page.insert_at_once(me) {
            page.insert(me);
        }
        own(me, page);
    }
    me.set_pending(None);
    won
}

fn wait_longer(page: &Arc<Page>, limit: Limit, cancel: Option<&Cancel>) -> Result<Waited, Error> {
    let got = robust::with(|me| {
        let mut taken = try_take(me, page)?;
        if taken.is_none() && limit != Limit::POLL {
            if spin::look(&[&**page]) {
                taken = try_take(me, page)?;
            }
            if taken.is_none() && cancel.is_none() && !page.kind.is_timer() && page.kind != Kind::Mutex {
                return sleep_for(me, page, limit);
            }
        }
        Ok(taken.map(|abandoned| Waited::Object { index: 0, abandoned }))
    })??;
    if let Some(waited) = got {
        return Ok(waited);
    }
    wait_objects::<1>(Program::Any, &[page], limit, &[], cancel).map(|(waited, _)| waited)
}

/// The first sleep of a wait for one object, and what nearly always follows: the same actions as [`Machine`]'s, which
/// goes on where anything is out of the ordinary. `None`: somebody was faster than our mark, begin anew.
fn sleep_for(me: &Thread, page: &Arc<Page>, limit: Limit) -> Result<Option<Waited>, Error> {
    const GOT: Waited = Waited::Object {
        index: 0,
        abandoned: false,
    };
    me.set_pending(Some(page.node()));
    let word = page.load();
    let marked = mark(page.kind, word, Mark::Count);
    if take(page.kind, word, me.tid(), None) != Take::No
        || pass_on(page.kind, word, me.tid()).is_some()
        || page
            .word()
            .compare_exchange(word.0, marked.0, Ordering::AcqRel, Ordering::Relaxed)
            .is_err()
    {
        me.set_pending(None);
        return Ok(None);
    }
    let asleep = Word32 {
        address: page.lock_half(),
        expected: marked.lock(),
        scope: Scope::Shared,
    };
    let slept = futex::wait(
        asleep,
        limit.0.map_or(futex::Until::Forever, futex::Until::Monotonic),
    );
    let word = page.load();
    let counted = counts(page.kind, marked);
    if slept.is_ok() && !is_owed(page.kind, word, counted) && pass_on(page.kind, word, me.tid()).is_none() {
        let done = match take(page.kind, word, me.tid(), Some(generation(marked))) {
            Take::AsIs => true,
            Take::Swap {
                to, release: false, ..
            } => page
                .word()
                .compare_exchange(
                    word.0,
                    if counted { uncount(to) } else { to }.0,
                    Ordering::AcqRel,
                    Ordering::Relaxed,
                )
                .is_ok(),
            _ => false,
        };
        if done {
            me.set_pending(None);
            return Ok(Some(GOT));
        }
    }
    let timed_out = limit.is_over();
    let mut machine = Machine::<1>::asleep(me.tid(), page.kind, marked);
    let sleep = Sleep {
        until: limit.0,
        extra: &[],
        patience: drive::WAIT_PATIENCE,
    };
    match drive::drive(me, &mut machine, &[page], sleep, None, Reply::Slept { timed_out })?.outcome {
        Outcome::Object { .. } => Ok(Some(GOT)),
        _ => Ok(Some(Waited::TimedOut)),
    }
}

/// Runs a wait; `true` if it ended because of one of `extra`.
fn wait_objects<const N: usize>(
    program: Program,
    pages: &[&Arc<Page>],
    limit: Limit,
    extra: &[Word32],
    cancel: Option<&Cancel>,
) -> Result<(Waited, bool), Error> {
    let mut kinds = [Kind::Mutex; N];
    let mut mine = 0u64;
    let (tid, serial) = robust::with(|me| (me.tid(), me.serial()))?;
    for (i, page) in pages.iter().enumerate() {
        kinds[i] = page.kind;
        let own = page.kind == Kind::Mutex && page.owner.load(Ordering::Relaxed) == serial;
        if own && page.count.load(Ordering::Relaxed) >= RECURSION_LIMIT {
            return Err(because("wait for a mutex", Why::RecursionLimit));
        }
        mine |= u64::from(own) << i;
    }
    let mut order = [0u8; N];
    let order = match program {
        Program::All => {
            for (i, at) in order.iter_mut().enumerate() {
                *at = i as u8;
            }
            let order = &mut order[..pages.len()];
            order.sort_unstable_by_key(|i| pages[usize::from(*i)].key);
            &*order
        }
        _ => &[],
    };
    let mut machine = Machine::<N>::new(
        program,
        tid,
        &kinds[..pages.len()],
        mine,
        order,
        limit == Limit::POLL,
    );
    let mut words = Vec::new();
    let extra = match cancel {
        None => extra,
        Some(cancel) => {
            words.extend_from_slice(extra);
            words.push(cancel.word());
            &words
        }
    };
    let sleep = Sleep {
        until: limit.0,
        extra,
        patience: drive::WAIT_PATIENCE,
    };
    let ended = drive::run(&mut machine, pages, sleep, None)?;
    let waited = match ended.outcome {
        Outcome::Object { index, abandoned } => {
            if mine >> index & 1 != 0 {
                again(pages[index])?;
            } else if kinds[index] == Kind::Mutex {
                robust::with(|me| own(me, pages[index]))?;
            }
            Waited::Object { index, abandoned }
        }
        Outcome::All { abandoned } => {
            for (i, page) in pages.iter().enumerate() {
                match (mine >> i & 1 != 0, page.kind) {
                    (true, _) => again(page)?,
                    (false, Kind::Mutex) => robust::with(|me| own(me, page))?,
                    _ => {}
                }
            }
            Waited::All { abandoned }
        }
        _ if cancel.is_some_and(Cancel::is_cancelled) => Waited::Cancelled,
        _ => Waited::TimedOut,
    };
    Ok((waited, ended.extra))
}

fn check_count(count: usize) -> Result<(), Error> {
    match count {
        1..=MAXIMUM_WAIT_OBJECTS => Ok(()),
        _ => Err(because("wait for several objects", Why::WaitCount { count })),
    }
}

/// Waits until any of 1 to 64 objects is signalled and takes the lowest such (Y-33).
///
/// # Errors
/// 87 for a wrong number of objects, and as [`wait_one`].
pub fn wait_any(refs: &[WaitRef<'_>], limit: Limit, cancel: Option<&Cancel>) -> Result<Waited, Error> {
    check_count(refs.len())?;
    if let [WaitRef::Object(object)] = refs {
        return wait_one(object, limit, cancel);
    }
    let mut pages: Vec<&Arc<Page>> = Vec::with_capacity(refs.len());
    let mut positions = Vec::with_capacity(refs.len());
    let (mut fds, mut fd_positions) = (Vec::new(), Vec::new());
    for (i, item) in refs.iter().enumerate() {
        match item {
            WaitRef::Object(object) => {
                pages.push(object.page());
                positions.push(i);
            }
            WaitRef::Fd(fd) => {
                fds.push(*fd);
                fd_positions.push(i);
            }
        }
    }
    let back = |(waited, extra)| match waited {
        Waited::Object { index, abandoned } => (
            Waited::Object {
                index: positions[index],
                abandoned,
            },
            extra,
        ),
        other => (other, extra),
    };
    if fds.is_empty() {
        if limit != Limit::POLL {
            let plain: Vec<&Page> = pages.iter().map(|page| &***page).collect();
            let _ = spin::look(&plain);
        }
        let (waited, _) = back(wait_sized(&pages, limit, &[], cancel)?);
        return Ok(waited);
    }
    let mut watched = Vec::new();
    loop {
        let ready = fds::first_ready(&fds)?.map(|n| fd_positions[n]);
        let before = positions
            .iter()
            .take_while(|i| ready.is_none_or(|ready| **i < ready))
            .count();
        let poll = ready.is_some() || limit == Limit::POLL;
        let (waited, extra) = match (before, poll) {
            (0, true) => (Waited::TimedOut, false),
            (_, true) => back(wait_sized(&pages[..before], Limit::POLL, &[], cancel)?),
            (_, false) => {
                if watched.is_empty() {
                    watched = fds
                        .iter()
                        .map(|fd| fds::watch(*fd))
                        .collect::<Result<Vec<_>, _>>()?;
                }
                let words: Vec<Word32> = watched.iter().map(fds::Watched::word).collect();
                match pages.is_empty() {
                    false => back(wait_sized(&pages, limit, &words, cancel)?),
                    true => sleep_on_words(&words, limit, cancel)?,
                }
            }
        };
        match (waited, ready) {
            (Waited::TimedOut, Some(index)) => {
                return Ok(Waited::Object {
                    index,
                    abandoned: false,
                });
            }
            (Waited::TimedOut, None) if extra && !poll => watched.clear(), // look at the descriptors again
            _ => return Ok(waited),
        }
    }
}

fn sleep_on_words(words: &[Word32], limit: Limit, cancel: Option<&Cancel>) -> Result<(Waited, bool), Error> {
    let mut all = words.to_vec();
    all.extend(cancel.map(Cancel::word));
    let until = limit.0.map_or(futex::Until::Forever, futex::Until::Monotonic);
    futex::wait_each(&all, until).map_err(|e| page::system("wait for a descriptor", "futex_waitv", &e))?;
    if cancel.is_some_and(Cancel::is_cancelled) {
        return Ok((Waited::Cancelled, false));
    }
    Ok((Waited::TimedOut, !limit.is_over()))
}

fn wait_sized(
    pages: &[&Arc<Page>],
    limit: Limit,
    extra: &[Word32],
    cancel: Option<&Cancel>,
) -> Result<(Waited, bool), Error> {
    match pages.len() {
        1 => wait_objects::<1>(Program::Any, pages, limit, extra, cancel),
        2..=8 => wait_objects::<8>(Program::Any, pages, limit, extra, cancel),
        _ => wait_objects::<MAXIMUM_WAIT_OBJECTS>(Program::Any, pages, limit, extra, cancel),
    }
}

/// Waits until all of 1 to 64 objects are signalled at the same moment and takes them together (Y-33). Descriptors
/// come first: they are waited for one after the other, and looked at once more when the objects are taken.
///
/// # Errors
/// 87 for a wrong number of objects or the same object twice, and as [`wait_one`].
pub fn wait_all(refs: &[WaitRef<'_>], limit: Limit, cancel: Option<&Cancel>) -> Result<Waited, Error> {
    check_count(refs.len())?;
    let mut pages: Vec<&Arc<Page>> = Vec::with_capacity(refs.len());
    let (mut positions, mut fds) = (Vec::new(), Vec::new());
    for (index, item) in refs.iter().enumerate() {
        match item {
            WaitRef::Object(object) => {
                if pages.iter().any(|page| Arc::ptr_eq(page, object.page())) {
                    return Err(because("wait for all objects", Why::WaitDuplicate { index }));
                }
                pages.push(object.page());
                positions.push(index);
            }
            WaitRef::Fd(fd) => fds.push(*fd),
        }
    }
    for fd in &fds {
        match wait_any(&[WaitRef::Fd(*fd)], limit, cancel)? {
            Waited::Object { .. } => {}
            other => return Ok(other),
        }
    }
    if pages.is_empty() {
        return Ok(Waited::All { abandoned: None });
    }
    let (waited, _) = match pages.len() {
        1..=8 => wait_objects::<8>(Program::All, &pages, limit, &[], cancel)?,
        _ => wait_objects::<MAXIMUM_WAIT_OBJECTS>(Program::All, &pages, limit, &[], cancel)?,
    };
    Ok(match waited {
        Waited::All { abandoned } => Waited::All {
            abandoned: abandoned.map(|i| positions[i]),
        },
        other => other,
    })
}

/// `SignalObjectAndWait` (Y-36): signals `object` (event: set, semaphore: released by one, mutex: released once), then
/// waits. Not atomic: another thread may see the signal before this one waits. If the signal fails nothing is waited
/// for.
///
/// # Errors
/// 288, 298 from the signal, 6 if `object` is a timer, and as [`wait_one`].
pub fn signal_and_wait(
    object: &StatePage,
    wait_for: WaitRef<'_>,
    limit: Limit,
    cancel: Option<&Cancel>,
) -> Result<Waited, Error> {
    match object.kind() {
        Kind::ManualEvent | Kind::AutoEvent => object.set()?,
        Kind::Semaphore { .. } => drop(object.release(1)?),
        Kind::Mutex => object.unlock()?,
        Kind::ManualTimer | Kind::AutoTimer => {
            let why = Why::WrongKindOfHandle {
                kind: "a waitable timer",
            };
            return Err(because("signal and wait", why));
        }
    }
    wait_any(&[wait_for], limit, cancel)
}

/// When a timer is first due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DueTime {
    /// So long from now, on the monotonic clock.
    After(Duration),
    /// At this time since 1970 UTC; follows when people set the clock (Y-25).
    At(Duration),
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Operations. None of them sleeps longer than a wait-all of somebody else takes; each fails with 170
/// ([`Why::ObjectStuck`]) if such a one was stopped in the middle and does not go on within five seconds.
impl StatePage {
    #[inline]
    fn signal(&self, op: &'static str, what: Signal) -> Result<Word, Error> {
        let page = self.page();
        let mut word = page.load();
        if !page.kind.is_timer() {
            for _ in 0..16 {
                match signal(page.kind, word, 0, what) {
                    Signalling::Nothing => return Ok(word),
                    Signalling::Swap { to, release: false } => {
                        match page.word().compare_exchange_weak(
                            word.0,
                            to.0,
                            Ordering::AcqRel,
                            Ordering::Acquire,
                        ) {
                            Ok(_) => return Ok(word),
                            Err(other) => word = Word(other),
                        }
                    }
                    Signalling::Wake { to } => match robust::with(|me| self.wake_for(me, word, to))? {
                        true => return Ok(word),
                        false => break,
                    },
                    _ => break,
                }
            }
        }
        self.signal_slowly(op, what)
    }

    /// Carries out [`Signalling::Wake`], action by action as [`Machine`] would.
    fn wake_for(&self, me: &Thread, from: Word, to: Word) -> bool {
        let page = self.page();
        me.set_pending(Some(page.node()));
        let swapped = self
            .word()
            .compare_exchange(from.0, to.0, Ordering::AcqRel, Ordering::Relaxed)
            .is_ok();
        // It can't fail: the word is mapped as long as `self` lives.
        if swapped && futex::wake_all(page.lock_half()).is_ok() {
            let mut seen = to;
            // What is left on if others change the word all the time makes the next signal dearer, no more.
            for _ in 0..16 {
                let Some(without) = taken_off(seen, to) else { break };
                match self
                    .word()
                    .compare_exchange(seen.0, without.0, Ordering::AcqRel, Ordering::Relaxed)
                {
                    Ok(_) => break,
                    Err(other) => seen = Word(other),
                }
            }
        }
        me.set_pending(None);
        swapped
    }

    /// Sets or resets an event that nobody sleeps on.
    #[inline(always)]
    fn flip(&self, set: bool) -> bool {
        let word = Word(self.word().load(Ordering::Relaxed));
        set_at_once(word, set).is_some_and(|to| {
            self.word()
                .compare_exchange(word.0, to.0, Ordering::AcqRel, Ordering::Relaxed)
                .is_ok()
        })
    }

    #[cold]
    fn signal_slowly(&self, op: &'static str, what: Signal) -> Result<Word, Error> {
        let page = self.page();
        let tid = robust::with(Thread::tid)?;
        let mut machine = Machine::<1>::new(Program::Signal(what), tid, &[page.kind], 0, &[], false);
        let Ended { outcome, .. } = drive::run(&mut machine, &[page], Sleep::SIGNAL, None)?;
        match (outcome, page.kind) {
            (Outcome::Signalled { before }, _) => Ok(before),
            (Outcome::TooManyPosts, Kind::Semaphore { maximum }) => {
                Err(because(op, Why::SemaphoreFull { maximum }))
            }
            (Outcome::NotOwner, _) => Err(because(op, Why::NotMutexOwner)),
            _ => Err(because(op, Why::ObjectStuck)),
        }
    }

    #[inline]
    fn must_be(&self, op: &'static str, is: bool) -> Result<(), Error> {
        if is { Ok(()) } else { self.is_another_kind(op) }
    }

    #[cold]
    fn is_another_kind(&self, op: &'static str) -> Result<(), Error> {
        let kind = match self.kind() {
            Kind::ManualEvent | Kind::AutoEvent => "an event",
            Kind::Mutex => "a mutex",
            Kind::Semaphore { .. } => "a semaphore",
            Kind::ManualTimer | Kind::AutoTimer => "a waitable timer",
        };
        Err(because(op, Why::WrongKindOfHandle { kind }))
    }

    #[inline]
    fn is_event(&self) -> bool {
        matches!(self.kind(), Kind::ManualEvent | Kind::AutoEvent)
    }

    /// `SetEvent` (Y-5).
    ///
    /// # Errors
    /// 6 if it is no event.
    #[inline]
    pub fn set(&self) -> Result<(), Error> {
        self.must_be("set an event", self.is_event())?;
        if self.flip(true) {
            return Ok(());
        }
        self.signal("set an event", Signal::Set).map(drop)
    }

    /// `ResetEvent`.
    ///
    /// # Errors
    /// 6 if it is no event.
    #[inline]
    pub fn reset(&self) -> Result<(), Error> {
        self.must_be("reset an event", self.is_event())?;
        if self.flip(false) {
            return Ok(());
        }
        self.signal("reset an event", Signal::Reset).map(drop)
    }

    /// `PulseEvent` (Y-6): lets go who sleeps on it alone or in a wait for any (one of them if it is auto-reset), and
    /// leaves it reset. Waits for all do not see it.
    ///
    /// # Errors
    /// 6 if it is no event.
    pub fn pulse(&self) -> Result<(), Error> {
        self.must_be("pulse an event", self.is_event())?;
        self.signal("pulse an event", Signal::Pulse).map(drop)
    }

    /// `ReleaseSemaphore`: adds `n` and returns the count before (Y-21).
    ///
    /// # Errors
    /// 87 for 0 or more than a LONG holds, 298 above the maximum (the count is unchanged), 6 if it is no semaphore.
    #[inline]
    pub fn release(&self, n: u32) -> Result<u32, Error> {
        const OP: &str = "release a semaphore";
        self.must_be(OP, matches!(self.kind(), Kind::Semaphore { .. }))?;
        if n == 0 || n > filemap_core::sync::SEMAPHORE_LIMIT {
            let what = format!("a semaphore is released by 1 to 2147483647, not {n}");
            return Err(because(OP, Why::Argument { what }));
        }
        self.signal(OP, Signal::Release(n))
            .map(|before| self.kind().settle(before))
    }

    /// `ReleaseMutex`: once per successful wait (Y-11).
    ///
    /// # Errors
    /// 288 if this thread does not own it, 6 if it is no mutex.
    #[inline]
    pub fn unlock(&self) -> Result<(), Error> {
        const OP: &str = "release a mutex";
        self.must_be(OP, self.kind() == Kind::Mutex)?;
        let page = self.page();
        let done = robust::with(|me| {
            if page.owner.load(Ordering::Relaxed) != me.serial() {
                return Err(because(OP, Why::NotMutexOwner));
            }
            let count = page.count.load(Ordering::Relaxed);
            if count > 1 {
                page.count.store(count - 1, Ordering::Relaxed);
                return Ok(true);
            }
            // Another thread of this process may get it with the next exchange: forget it before.
            page.count.store(0, Ordering::Relaxed);
            page.owner.store(0, Ordering::Relaxed);
            me.set_pending(Some(page.node()));
            page.remove(me);
            let owned = Word::new(me.tid(), OWNED).0;
            let free = self
                .word()
                .compare_exchange(owned, 0, Ordering::AcqRel, Ordering::Relaxed)
                .is_ok();
            if free {
                me.set_pending(None);
            }
            Ok(free)
        })??;
        if done {
            Ok(())
        } else {
            self.signal_slowly(OP, Signal::Unlock).map(drop)
        }
    }

    /// `SetWaitableTimer`: due first at `due`, then every `period` (zero: once). It becomes non-signalled (Y-25).
    ///
    /// # Errors
    /// 6 if it is no timer.
    pub fn set_timer(&self, due: DueTime, period: Duration) -> Result<(), Error> {
        const OP: &str = "set a waitable timer";
        self.must_be(OP, self.kind().is_timer())?;
        let (clock, due) = match due {
            DueTime::After(after) => (Clock::Monotonic, futex::now(false).saturating_add(nanos(after))),
            DueTime::At(at) => (Clock::Realtime, nanos(at)),
        };
        let setting = Setting {
            clock,
            due,
            period: nanos(period),
        };
        let page = self.page();
        let program = Program::EditTimer {
            armed: true,
            signalled: false,
            only_if: None,
        };
        let tid = robust::with(Thread::tid)?;
        let mut machine = Machine::<1>::new(program, tid, &[page.kind], 0, &[], false);
        match drive::run(&mut machine, &[page], Sleep::SIGNAL, Some(setting.to_words()))?.outcome {
            Outcome::Signalled { .. } => Ok(()),
            _ => Err(because(OP, Why::ObjectStuck)),
        }
    }

    /// `CancelWaitableTimer`: no longer due; whether it is signalled stays as it is (Y-26).
    ///
    /// # Errors
    /// 6 if it is no timer.
    pub fn cancel_timer(&self) -> Result<(), Error> {
        self.must_be("cancel a waitable timer", self.kind().is_timer())?;
        self.signal("cancel a waitable timer", Signal::Cancel).map(drop)
    }

    /// Whether a wait by this thread would succeed now; what the Query functions tell. Changes nothing, except that
    /// a timer that is due becomes signalled.
    #[must_use]
    pub fn is_signalled(&self) -> bool {
        let page = self.page();
        if page.kind.is_timer() {
            // An error here (a stuck object) means that it can't be told: then it is as it stands.
            let _ = robust::with(|me| timer::refresh(me, page));
        }
        let mine = page.kind == Kind::Mutex
            && robust::with(|me| page.owner.load(Ordering::Relaxed) == me.serial()).unwrap_or(false);
        let word = page.load();
        mine || page
            .kind
            .is_signalled(word)
            .unwrap_or_else(|| page.kind.is_signalled(word.with_lock(0)) == Some(true))
    }

    /// The semaphore's count; 0 for other kinds.
    #[must_use]
    pub fn semaphore_count(&self) -> u32 {
        match self.kind() {
            Kind::Semaphore { .. } => self.kind().settle(self.page().load()),
            _ => 0,
        }
    }

    /// Whether some thread sleeps until this changes. A bit that a sleeper left behind may stay until the next change.
    #[must_use]
    pub fn has_waiters(&self) -> bool {
        self.page().load().lock() & WAITERS != 0
    }

    /// What can be said of a mutex.
    #[must_use]
    pub fn mutex_state(&self) -> MutexState {
        let page = self.page();
        let word = page.load();
        let mine = robust::with(|me| page.owner.load(Ordering::Relaxed) == me.serial()).unwrap_or(false);
        MutexState {
            owner: if word.owner() != 0 && word.state() & OWNED != 0 {
                Some(word.owner())
            } else {
                None
            },
            count: if mine {
                page.count.load(Ordering::Relaxed)
            } else {
                0
            },
            abandoned: is_abandoned(page.kind, word),
        }
    }

    /// Whether a due time is ahead of the timer.
    #[must_use]
    pub fn timer_is_armed(&self) -> bool {
        let page = self.page();
        page.kind.is_timer() && page.kind.settle(page.load()) & ARMED != 0
    }
}

/// State of a mutex at some moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MutexState {
    /// Thread number of the owner, in its own PID name space.
    pub owner: Option<u32>,
    /// How often the calling thread owns it.
    pub count: u32,
    /// The last owner ended without releasing it, and nobody has waited for it since.
    pub abandoned: bool,
}
