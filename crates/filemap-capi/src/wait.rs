//! Waiting for objects, and the functions that alertable waits run (Y-30 to Y-36).

// UNSAFETY: poll(2).
#![expect(unsafe_code)]

use crate::boundary::Outcome;
use crate::constants::*;
use crate::handle_table::{Handle, KernelObject, Pseudo, handles};
use crate::thread;
use filemap_core::error::Win32Code;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Something to wait for.
pub(crate) enum Awaited {
    /// What a handle leads to; kept alive for the wait (Y-35).
    Object(Arc<dyn KernelObject>),
    /// The calling process or thread: never signalled as long as it can ask.
    Never,
}

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    Signalled(usize),
    TimedOut,
    Apc,
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
    match entry.object.signal() {
        Some(_) => Ok(Awaited::Object(entry.object)),
        None => Err(Win32Code::INVALID_HANDLE),
    }
}

/// That no object is in the list twice, as a wait for all demands. Errors: 87 (F-6).
pub(crate) fn check_apart(objects: &[Awaited]) -> Outcome<()> {
    let same = |a: &Awaited, b: &Awaited| match (a, b) {
        (Awaited::Object(a), Awaited::Object(b)) => Arc::ptr_eq(a, b) || a.same_as(&**b),
        _ => false,
    };
    let twice = (1..objects.len()).any(|i| objects[..i].iter().any(|other| same(&objects[i], other)));
    if twice {
        Err(Win32Code::INVALID_PARAMETER)
    } else {
        Ok(())
    }
}

/// The end of a wait; `None` for INFINITE.
pub(crate) fn deadline(milliseconds: u32) -> Option<Instant> {
    match milliseconds {
        INFINITE => None,
        ms => Some(Instant::now() + Duration::from_millis(ms.into())),
    }
}

/// Waits until one of the descriptors is readable or the time is over: the index of the first.
fn poll(files: &[Option<BorrowedFd<'_>>], deadline: Option<Instant>) -> Option<usize> {
    let mut list: Vec<libc::pollfd> = files
        .iter()
        .map(|file| libc::pollfd {
            fd: file.map_or(-1, |file| file.as_raw_fd()), // poll skips -1
            events: libc::POLLIN,
            revents: 0,
        })
        .collect();
    loop {
        let left = deadline.map(|end| end.saturating_duration_since(Instant::now()));
        let time = left.map(|left| libc::timespec {
            tv_sec: left.as_secs() as libc::time_t,
            tv_nsec: left.subsec_nanos().into(),
        });
        let time = time.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
        // SAFETY: the list and the time outlive the call; no signal mask.
        let ready = unsafe {
            libc::ppoll(
                list.as_mut_ptr(),
                list.len() as libc::nfds_t,
                time,
                std::ptr::null(),
            )
        };
        match ready {
            1.. => return list.iter().position(|entry| entry.revents != 0),
            0 if left.is_some_and(|left| left.is_zero()) => return None,
            0 => {}
            _ => {} // interrupted by a signal
        }
    }
}

/// Waits for any of the objects, the lowest first (Y-33), or for a queued function if `alertable`.
pub(crate) fn any(objects: &[Awaited], milliseconds: u32, alertable: bool) -> Outcome<Ended> {
    let end = deadline(milliseconds);
    let me = thread::current()?;
    if alertable && me.run_apcs() {
        return Ok(Ended::Apc);
    }
    let mut files: Vec<Option<BorrowedFd<'_>>> = objects
        .iter()
        .map(|object| match object {
            Awaited::Object(object) => object.signal(),
            Awaited::Never => None,
        })
        .collect();
    if alertable {
        files.push(Some(me.queued()));
    }
    loop {
        match poll(&files, end) {
            None => return Ok(Ended::TimedOut),
            Some(index) if index < objects.len() => return Ok(Ended::Signalled(index)),
            Some(_) if me.run_apcs() => return Ok(Ended::Apc),
            Some(_) => {}
        }
    }
}

/// Waits until all of the objects are signalled.
pub(crate) fn all(objects: &[Awaited], milliseconds: u32, alertable: bool) -> Outcome<Ended> {
    let end = deadline(milliseconds);
    let left = || match end {
        None => INFINITE,
        Some(end) => end
            .saturating_duration_since(Instant::now())
            .as_micros()
            .div_ceil(1000)
            .min(u128::from(INFINITE - 1)) as u32,
    };
    for index in 0..objects.len() {
        // Ended threads and processes stay signalled, so one after the other will do.
        match any(&objects[index..=index], left(), alertable)? {
            Ended::Signalled(_) => {}
            other => return Ok(other),
        }
    }
    Ok(Ended::Signalled(0))
}
