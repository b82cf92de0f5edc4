//! Waits of threads: for one object, any, all; with descriptors, time limits and cancelling.

use super::drive::{self, Sleep};
use super::mutex::{again, lock_at_once, own};
use super::page::{self, Page, StatePage};
use super::{Cancel, Limit, WaitRef, Waited, because, fds, spin};
use crate::linux::crash::point;
use crate::linux::futex::{self, Scope, Word32};
use crate::linux::robust::{self, Thread};
use filemap_core::error::{Error, Why};
use filemap_core::sync::{
    Kind, MAXIMUM_WAIT_OBJECTS, Machine, Mark, Outcome, Program, RECURSION_LIMIT, Reply, Take, Word, counts,
    generation, is_owed, mark, marked_at_once, pass_on, take, taken_at_once, uncount_taker, woken_at_once,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// The object is taken, and nothing is to be told.
const GOT: Waited = Waited::Object {
    index: 0,
    abandoned: false,
};

impl StatePage {
    /// Takes it if one exchange does that, as nearly always while nobody else wants it; `false`: ask [`wait_one`].
    #[inline]
    #[must_use]
    pub fn take_at_once(&self) -> bool {
        if self.kind() == Kind::Mutex {
            return robust::with(|me| lock_at_once(me, self.page(), self.word())).unwrap_or(false);
        }
        let word = Word(self.word().load(Ordering::Relaxed));
        taken_at_once(self.kind(), word).is_some_and(|to| exchange(self.word(), word, to))
    }
}

/// One try to take an object without sleeping and without a system call; `None` if that does not do.
#[inline]
fn try_take(me: &Thread, page: &Page) -> Result<Option<bool>, Error> {
    if page.kind == Kind::Mutex {
        if page.owner.load(Ordering::Relaxed) == me.serial() {
            again(me, page)?;
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
        point("before taking a mutex");
        let won = page
            .word()
            .compare_exchange(word.0, to.0, Ordering::AcqRel, Ordering::Relaxed)
            .is_ok();
        point("after taking a mutex");
        if won {
            page.insert(me);
            if abandoned {
                page.note_recursion(0, 0); // the dead owner's note
            }
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

/// Waits for one object. [`Waited::Object`] with index 0, `TimedOut` or `Cancelled`.
///
/// # Errors
/// 587 at the recursion limit, 1450 with 2000 mutexes owned, 50 if robust lists don't work here.
#[inline]
pub fn wait_one(object: &StatePage, limit: Limit, cancel: Option<&Cancel>) -> Result<Waited, Error> {
    match object.take_at_once() {
        true => Ok(GOT),
        false => wait_longer(object, limit, cancel),
    }
}

/// The same after [`StatePage::take_at_once`] has failed.
///
/// # Errors
/// As [`wait_one`].
#[inline]
pub fn wait_longer(object: &StatePage, limit: Limit, cancel: Option<&Cancel>) -> Result<Waited, Error> {
    let mut otherwise = None;
    if cancel.is_none() && sleep_once(object, limit, &mut otherwise) {
        return Ok(GOT);
    }
    match otherwise {
        Some(ended) => ended,
        None => wait_the_long_way(object.page(), limit, cancel),
    }
}

/// The wait of the only one who waits for an auto-reset event, as it nearly always goes: it sleeps once and then takes the
/// event. `false`: it ended as `otherwise` says, or, without that, has not even begun.
#[inline(never)]
fn sleep_once(object: &StatePage, limit: Limit, otherwise: &mut Option<Result<Waited, Error>>) -> bool {
    if object.kind() != Kind::AutoEvent || limit == Limit::POLL {
        return false;
    }
    robust::with(|me| sleep_as_the_only_one(me, object, limit, otherwise)).unwrap_or_else(|error| {
        *otherwise = Some(Err(error));
        false
    })
}

#[inline(never)]
fn wait_the_long_way(page: &Arc<Page>, limit: Limit, cancel: Option<&Cancel>) -> Result<Waited, Error> {
    let sleeps =
        cancel.is_none() && limit != Limit::POLL && !page.kind.is_timer() && page.kind != Kind::Mutex;
    let got = robust::with(|me| {
        // `sleep_for` looks once more itself.
        let mut taken = if sleeps { None } else { try_take(me, page)? };
        if taken.is_none() && limit != Limit::POLL {
            if spin::look_at(page) {
                taken = try_take(me, page)?;
            }
            if taken.is_none() && sleeps {
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

/// The same actions as [`Machine`]'s.
#[inline(always)]
fn sleep_as_the_only_one(
    me: &Thread,
    object: &StatePage,
    limit: Limit,
    otherwise: &mut Option<Result<Waited, Error>>,
) -> bool {
    if spin::look_at(object.page()) {
        return object.take_at_once();
    }
    me.set_pending(Some(object.node()));
    let word = Word(object.word().load(Ordering::Acquire));
    let marked = marked_at_once(Kind::AutoEvent, word).filter(|to| exchange(object.word(), word, *to));
    let Some(marked) = marked else {
        me.set_pending(None);
        return false;
    };
    point("before sleeping on a marked word");
    let slept = sleep_on(object.lock_half(), marked, limit);
    point("after sleeping on a marked word");
    let word = Word(object.word().load(Ordering::Acquire));
    if slept
        && let Some(to) = woken_at_once(Kind::AutoEvent, word)
        && exchange(object.word(), word, to)
    {
        me.set_pending(None);
        return true;
    }
    *otherwise = Some(after_sleep(me, object.page(), limit, marked, slept));
    false
}

#[inline(always)]
fn exchange(word: &AtomicU64, from: Word, to: Word) -> bool {
    word.compare_exchange(from.0, to.0, Ordering::AcqRel, Ordering::Relaxed)
        .is_ok()
}

/// Sleeps while the word is as marked; `false` if the system refuses that.
#[inline(always)]
fn sleep_on(lock_half: &AtomicU32, marked: Word, limit: Limit) -> bool {
    let asleep = Word32 {
        address: lock_half,
        expected: marked.lock(),
        scope: Scope::Shared,
    };
    match limit.0 {
        None => futex::sleep(asleep, futex::Until::Forever).is_ok(),
        Some(ns) => futex::sleep(asleep, futex::Until::Monotonic(ns)).is_ok(),
    }
}

/// The first sleep of a wait for one object: the same actions as [`Machine`]'s. `None`: somebody was faster than our mark,
/// begin anew.
fn sleep_for(me: &Thread, page: &Arc<Page>, limit: Limit) -> Result<Option<Waited>, Error> {
    me.set_pending(Some(page.node()));
    let word = page.load();
    let marked = mark(page.kind, word, Mark::Count);
    if take(page.kind, word, me.tid(), None) != Take::No
        || pass_on(page.kind, word, me.tid()).is_some()
        || !exchange(page.word(), word, marked)
    {
        me.set_pending(None);
        return Ok(None);
    }
    point("before sleeping on a marked word");
    let slept = sleep_on(page.lock_half(), marked, limit);
    point("after sleeping on a marked word");
    after_sleep(me, page, limit, marked, slept).map(Some)
}

/// What follows a first sleep; [`Machine`] goes on where anything is out of the ordinary.
#[inline(never)]
fn after_sleep(
    me: &Thread,
    page: &Arc<Page>,
    limit: Limit,
    marked: Word,
    slept: bool,
) -> Result<Waited, Error> {
    let word = page.load();
    let counted = counts(page.kind, marked);
    if slept && !is_owed(page.kind, word, counted) && pass_on(page.kind, word, me.tid()).is_none() {
        let done = match take(page.kind, word, me.tid(), Some(generation(marked))) {
            Take::AsIs => true,
            Take::Swap {
                to, release: false, ..
            } => {
                let to = if counted { uncount_taker(to) } else { to };
                exchange(page.word(), word, to)
            }
            _ => false,
        };
        if done {
            me.set_pending(None);
            return Ok(GOT);
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
        Outcome::Object { .. } => Ok(GOT),
        _ => Ok(Waited::TimedOut),
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
    let how = How {
        limit,
        extra,
        cancel,
        glance: None,
    };
    wait_how::<N>(program, pages, how)
}

/// How [`wait_how`] waits.
#[derive(Clone, Copy)]
pub(super) struct How<'a> {
    pub(super) limit: Limit,
    pub(super) extra: &'a [Word32],
    pub(super) cancel: Option<&'a Cancel>,
    /// Only a look, by somebody who waits since these generations: see [`Machine::since`].
    pub(super) glance: Option<&'a [Option<u32>]>,
}

pub(super) fn wait_how<const N: usize>(
    program: Program,
    pages: &[&Arc<Page>],
    how: How<'_>,
) -> Result<(Waited, bool), Error> {
    let How {
        limit,
        extra,
        cancel,
        glance,
    } = how;
    let mut kinds = [Kind::Mutex; N];
    let mut mine = 0u64;
    let (tid, serial) = robust::with(|me| (me.tid(), me.serial()))?;
    for (i, page) in pages.iter().enumerate() {
        kinds[i] = page.kind;
        let own = page.kind == Kind::Mutex && page.owner.load(Ordering::Relaxed) == serial;
        if own && page.times_owned() >= RECURSION_LIMIT {
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
    if let Some(slept) = glance {
        machine.since(slept, true);
    }
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
                robust::with(|me| again(me, pages[index]))??;
            } else if kinds[index] == Kind::Mutex {
                if abandoned {
                    pages[index].note_recursion(0, 0); // the dead owner's note
                }
                robust::with(|me| own(me, pages[index]))?;
            }
            Waited::Object { index, abandoned }
        }
        Outcome::All { abandoned } => {
            for (i, page) in pages.iter().enumerate() {
                match (mine >> i & 1 != 0, page.kind) {
                    (true, _) => robust::with(|me| again(me, page))??,
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

pub(super) fn check_count(count: usize) -> Result<(), Error> {
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
