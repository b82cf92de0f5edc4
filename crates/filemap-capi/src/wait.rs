//! Waiting for objects, and the functions that alertable waits run (Y-30 to Y-36).

use crate::boundary::Outcome;
use crate::constants::*;
use crate::handle_table::{Entry, Handle, Pseudo, Signal, handles};
use crate::thread;
use filemap_core::error::{Error, Win32Code};
use filemap_core::sync::Kind;
use filemap_sys::os::sync::{self, Cancel, Limit, Waited};
use std::time::{Duration, Instant};

/// Something to wait for.
#[derive(Clone)]
pub(crate) enum Awaited {
    /// What a handle leads to; kept alive for the wait (Y-35).
    Object(Entry),
    /// The calling process or thread: never signalled as long as it can ask.
    Never,
}

impl Awaited {
    fn signal(&self) -> Outcome<Option<Signal<'_>>> {
        match self {
            Awaited::Object(entry) => entry.object.signal(),
            Awaited::Never => Ok(None),
        }
    }
}

/// What a handle leads to, for a wait. Errors: 6; 5 without SYNCHRONIZE, which a file mapping never has (Y-2, Y-34).
pub(crate) fn awaited(handle: Handle, pseudo_too: bool) -> Outcome<Awaited> {
    match handle.pseudo() {
        Some(Pseudo::Process | Pseudo::Thread) if pseudo_too => return Ok(Awaited::Never),
        Some(_) => return Err(Win32Code::INVALID_HANDLE),
        None => {}
    }
    let entry = handles().get(handle)?;
    if entry.access & SYNCHRONIZE == 0 {
        return Err(Win32Code::ACCESS_DENIED);
    }
    match entry.object.signal()? {
        Some(_) => Ok(Awaited::Object(entry)),
        None => Err(Win32Code::INVALID_HANDLE),
    }
}

/// That no object is in the list twice, as a wait for all demands. Errors: 87 (F-6).
pub(crate) fn check_apart(objects: &[Awaited]) -> Outcome<()> {
    let same = |a: &Awaited, b: &Awaited| match (a, b) {
        (Awaited::Object(a), Awaited::Object(b)) => {
            std::sync::Arc::ptr_eq(&a.object, &b.object) || a.object.same_as(&*b.object)
        }
        _ => false,
    };
    let twice = (1..objects.len()).any(|i| objects[..i].iter().any(|other| same(&objects[i], other)));
    if twice {
        Err(Win32Code::INVALID_PARAMETER)
    } else {
        Ok(())
    }
}

fn number(waited: Waited) -> u32 {
    match waited {
        Waited::Object { index, abandoned } => index as u32 + if abandoned { WAIT_ABANDONED_0 } else { 0 },
        Waited::All { abandoned: None } => WAIT_OBJECT_0,
        Waited::All {
            abandoned: Some(index),
        } => WAIT_ABANDONED_0 + index as u32,
        Waited::TimedOut => WAIT_TIMEOUT,
        Waited::Cancelled => WAIT_IO_COMPLETION,
    }
}

/// Does a wait, alertable or not: runs queued functions before it, or when it ends because of one.
fn alertably(alertable: bool, wait: impl FnOnce(Option<&Cancel>) -> Result<Waited, Error>) -> Outcome<u32> {
    if !alertable {
        return wait(None).map(number).map_err(|e| e.code());
    }
    let me = thread::current()?;
    let Some(cancel) = me.begin_alertable() else {
        me.run_apcs();
        return Ok(WAIT_IO_COMPLETION);
    };
    let waited = wait(Some(&cancel));
    me.end_alertable();
    if waited == Ok(Waited::Cancelled) {
        me.run_apcs();
    }
    waited.map(number).map_err(|e| e.code())
}

/// Sleeps; WAIT_IO_COMPLETION if a queued function ran, else WAIT_TIMEOUT.
pub(crate) fn sleep(milliseconds: u32) -> Outcome<u32> {
    let end = match milliseconds {
        INFINITE => None,
        ms => Some(Instant::now() + Duration::from_millis(ms.into())),
    };
    let me = thread::current()?;
    if me.sleep_alertable(end) {
        me.run_apcs();
        return Ok(WAIT_IO_COMPLETION);
    }
    Ok(WAIT_TIMEOUT)
}

pub(crate) fn never(milliseconds: u32, alertable: bool) -> Outcome<u32> {
    if alertable {
        return sleep(milliseconds);
    }
    crate::synchapi::Sleep(milliseconds);
    Ok(WAIT_TIMEOUT)
}

/// Waits for one object.
pub(crate) fn one(object: &Awaited, milliseconds: u32, alertable: bool) -> Outcome<u32> {
    let limit = Limit::from_millis(milliseconds);
    match object.signal()? {
        None => never(milliseconds, alertable),
        Some(Signal::Object(page)) => alertably(alertable, |cancel| sync::wait_one(page, limit, cancel)),
        Some(other) => alertably(alertable, |cancel| sync::wait_any(&[other], limit, cancel)),
    }
}

fn signals(objects: &[Awaited]) -> Outcome<Vec<Signal<'_>>> {
    objects
        .iter()
        .map(|object| object.signal()?.ok_or(Win32Code::INVALID_HANDLE))
        .collect()
}

/// Waits for any of the objects: the lowest that is signalled is taken (Y-33).
pub(crate) fn any(objects: &[Awaited], milliseconds: u32, alertable: bool) -> Outcome<u32> {
    let (refs, limit) = (signals(objects)?, Limit::from_millis(milliseconds));
    alertably(alertable, |cancel| sync::wait_any(&refs, limit, cancel))
}

/// Waits until all of the objects are signalled at once, and takes them together (Y-33).
pub(crate) fn all(objects: &[Awaited], milliseconds: u32, alertable: bool) -> Outcome<u32> {
    check_apart(objects)?;
    let (refs, limit) = (signals(objects)?, Limit::from_millis(milliseconds));
    alertably(alertable, |cancel| sync::wait_all(&refs, limit, cancel))
}

/// Signals an object: sets an event, releases a semaphore by one or a mutex once. Errors: 5, 6, 288, 298.
pub(crate) fn signal(handle: Handle) -> Outcome<()> {
    let entry = handles().get(handle)?;
    let page = entry.object.signal_page()?;
    match page.kind() {
        Kind::ManualEvent | Kind::AutoEvent => page.set(),
        Kind::Semaphore { .. } => page.release(1).map(drop),
        Kind::Mutex => page.unlock(),
        Kind::ManualTimer | Kind::AutoTimer => return Err(Win32Code::INVALID_HANDLE),
    }
    .map_err(|e| e.code())
}
