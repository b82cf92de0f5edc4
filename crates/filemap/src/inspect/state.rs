//! What a synchronisation object says, and which threads wait for it.

use super::entry::{Object, open_to_look};
use super::usage::Usage;
use crate::named::state_of;
use filemap_core::error::{Error, Op, Why};
use filemap_core::kind::Kind;
use filemap_core::sync::{Clock, STATE_LEN, Seen, WORD_OFFSET, What, seen};
use filemap_sys::os::futex;
use filemap_sys::os::proc::{Process, Unseen};
use filemap_sys::os::{sync, tmpfs};
use std::os::fd::AsFd;

/// State of an object at some moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectState {
    /// A file mapping has none.
    Memory,
    /// An event, a mutex, a semaphore or a timer.
    Synchronisation {
        /// What its kind says.
        what: What,
        /// Somebody waits, or did until just now.
        has_waiters: bool,
        /// The process that the owner of a mutex is a thread of, if it is in this PID name space and lives.
        owner_process: Option<u32>,
    },
    /// A job: the processes in it that live.
    Job {
        /// Their numbers.
        members: Vec<u32>,
    },
}

/// A thread that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiter {
    /// Its process.
    pub pid: u32,
    /// Its number.
    pub thread: u32,
    /// It sleeps on this object alone: it waits for it, or for all of several objects of which this one is not signalled.
    pub alone: bool,
}

/// Threads that wait for an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waiters {
    /// Those that could be seen.
    pub threads: Vec<Waiter>,
    /// Processes that have the object and whose threads may not be looked at.
    pub unseen: Vec<u32>,
}

fn now(clock: Clock) -> u64 {
    futex::now(clock == Clock::Realtime)
}

/// What an object says now. Nothing of it changes by asking.
///
/// # Errors
/// 5 if the caller may not read it, 2 if it has gone, 1392 if it is cut off.
pub fn state(object: &Object) -> Result<ObjectState, Error> {
    let failed = |why| Error::new(Op::Other("look at"), object.given.as_str(), why);
    if object.kind == Kind::FileMapping {
        return Ok(ObjectState::Memory);
    }
    let file = open_to_look(object).ok_or_else(|| failed(Why::NameNotFound))?;
    let mut page = [0; STATE_LEN];
    let read = tmpfs::read_at(file.as_fd(), &mut page, sync::state_offset() as u64)
        .map_err(|e| failed(crate::refusal::cause(e)))?;
    if read < STATE_LEN {
        let what = "its state was cut off".to_owned();
        return Err(failed(Why::Damaged { what }));
    }
    if object.kind == Kind::Job {
        let members = crate::job::members_in(&page);
        return Ok(ObjectState::Job { members });
    }
    let Seen { what, has_waiters } = seen(state_of(object.kind, object.parameters), &page, now);
    let owner_process = match what {
        What::Mutex {
            owner: Some(thread), ..
        } => Process::open(thread)
            .and_then(|thread| thread.credentials())
            .ok()
            .map(|credentials| credentials.process),
        _ => None,
    };
    Ok(ObjectState::Synchronisation {
        what,
        has_waiters,
        owner_process,
    })
}

/// The threads that sleep in a wait for an object, among the processes of `usage` that have it mapped. Needs the right to
/// trace them. Source: proc(5), `/proc/PID/syscall`; futex(2), futex_waitv(2).
#[must_use]
pub fn waiters(object: &Object, usage: &Usage) -> Waiters {
    let mut waiters = Waiters::default();
    let mut seen_pids: Vec<u32> = usage
        .views
        .iter()
        .filter(|view| view.data == object.id)
        .map(|view| view.pid)
        .collect();
    seen_pids.dedup();
    for pid in seen_pids {
        let words: Vec<std::ops::Range<u64>> = usage
            .views
            .iter()
            .filter(|view| view.data == object.id && view.pid == pid && view.offset == 0)
            .map(|view| view.address + WORD_OFFSET as u64..view.address + WORD_OFFSET as u64 + 8)
            .collect();
        if look_at(pid, &words, &mut waiters.threads).is_err() {
            waiters.unseen.push(pid);
        }
    }
    waiters
}

fn look_at(pid: u32, words: &[std::ops::Range<u64>], found: &mut Vec<Waiter>) -> Result<(), Unseen> {
    let process = match Process::open(pid) {
        Ok(process) => process,
        Err(_) => return Ok(()),
    };
    let is_ours = |address: u64| words.iter().any(|word| word.contains(&address));
    for thread in process.threads()? {
        let Some(call) = process.sleeping_call(thread)? else {
            continue;
        };
        let waits = match call.number {
            libc::SYS_futex => is_ours(call.arguments[0]).then_some(true),
            libc::SYS_futex_waitv => {
                // An array of 24 bytes each: value, address, flags.
                let count = call.arguments[1].min(futex::WAITV_MAX as u64) as usize;
                let list = process.read_memory(call.arguments[0], count * 24);
                let mut addresses = list.as_chunks::<24>().0.iter().map(|entry| {
                    let mut address = [0; 8];
                    address.copy_from_slice(&entry[8..16]);
                    u64::from_ne_bytes(address)
                });
                addresses.any(is_ours).then_some(false)
            }
            _ => None,
        };
        if let Some(alone) = waits {
            found.push(Waiter { pid, thread, alone });
        }
    }
    Ok(())
}
