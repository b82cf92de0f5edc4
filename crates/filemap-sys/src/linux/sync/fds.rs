//! Waiting for descriptors together with objects: one thread per process waits for all of them with epoll and sets a
//! private word for each, which a futex wait can sleep on.
//!
//! `futex_waitv` knows nothing of descriptors and epoll nothing of futexes; this thread is the smallest bridge. It is
//! started by the first wait that has a descriptor (or an absolute timer beside a time limit), sleeps in
//! `epoll_wait` for ever after, and serves any number of waits.

use super::page::{locked, system};
use crate::linux::futex::{self, Scope, Word32};
use filemap_core::error::{Error, Op, Why};
use rustix::event::epoll;
use rustix::time::{Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec};
use std::collections::HashMap;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

const OP: &str = "wait for a descriptor";

#[derive(Debug)]
struct Bridge {
    process: u32,
    epoll: Arc<OwnedFd>,
    words: Arc<Mutex<HashMap<u64, Arc<AtomicU32>>>>,
    next: u64,
}

static BRIDGE: Mutex<Option<Bridge>> = Mutex::new(None);

/// A descriptor that the bridge waits for, until dropped.
#[derive(Debug)]
pub(super) struct Watched {
    word: Arc<AtomicU32>,
    id: u64,
    /// A duplicate: epoll knows descriptors by number and file, and a wait may have the same one twice.
    fd: OwnedFd,
    epoll: Arc<OwnedFd>,
    words: Arc<Mutex<HashMap<u64, Arc<AtomicU32>>>>,
}

impl Watched {
    /// The word to sleep on: 0 until the descriptor is ready.
    pub(super) fn word(&self) -> Word32 {
        word(&self.word)
    }

    /// The same word, for somebody who may outlive this value.
    pub(super) fn shared(&self) -> Arc<AtomicU32> {
        Arc::clone(&self.word)
    }

    /// Whether the descriptor was found ready.
    pub(super) fn is_ready(&self) -> bool {
        self.word.load(Ordering::Acquire) != 0
    }
}

/// The word to sleep on, which `of` keeps alive.
pub(super) fn word(of: &Arc<AtomicU32>) -> Word32 {
    Word32 {
        address: Arc::as_ptr(of),
        expected: 0,
        scope: Scope::Private,
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let _ = epoll::delete(&*self.epoll, &self.fd);
        locked(&self.words).remove(&self.id);
    }
}

fn run(epoll: &OwnedFd, words: &Mutex<HashMap<u64, Arc<AtomicU32>>>) {
    let mut events = [epoll::Event {
        flags: epoll::EventFlags::empty(),
        data: epoll::EventData::new_u64(0),
    }; 16];
    loop {
        let Ok(ready) = epoll::wait(epoll, events.as_mut_slice(), None) else {
            continue;
        };
        for event in &events[..ready] {
            let word = locked(words).get(&event.data.u64()).cloned();
            if let Some(word) = word {
                word.store(1, Ordering::Release);
                futex::wake_all_private(&word);
            }
        }
    }
}

/// Watches a descriptor for input, an error or the other side's end.
pub(super) fn watch(fd: BorrowedFd<'_>) -> Result<Watched, Error> {
    let own = fd.try_clone_to_owned().map_err(|e| system(OP, "fcntl", &e))?;
    watch_owned(own)
}

fn watch_owned(fd: OwnedFd) -> Result<Watched, Error> {
    let process = std::process::id();
    let mut bridge = locked(&BRIDGE);
    if bridge.as_ref().is_none_or(|bridge| bridge.process != process) {
        let epoll = Arc::new(
            epoll::create(epoll::CreateFlags::CLOEXEC).map_err(|e| system(OP, "epoll_create1", &e.into()))?,
        );
        let words = Arc::new(Mutex::new(HashMap::new()));
        let (own_epoll, own_words) = (Arc::clone(&epoll), Arc::clone(&words));
        std::thread::Builder::new()
            .name("filemap-epoll".into())
            .stack_size(64 * 1024)
            .spawn(move || run(&own_epoll, &own_words))
            .map_err(|e| system(OP, "clone", &e))?;
        *bridge = Some(Bridge {
            process,
            epoll,
            words,
            next: 1,
        });
    }
    let Some(bridge) = bridge.as_mut() else {
        return Err(Error::new(
            Op::Other(OP),
            "",
            Why::SystemResources { what: "threads" },
        ));
    };
    let id = bridge.next;
    bridge.next += 1;
    let word = Arc::new(AtomicU32::new(0));
    locked(&bridge.words).insert(id, Arc::clone(&word));
    let watched = Watched {
        word,
        id,
        fd,
        epoll: Arc::clone(&bridge.epoll),
        words: Arc::clone(&bridge.words),
    };
    let flags = epoll::EventFlags::IN | epoll::EventFlags::RDHUP | epoll::EventFlags::ONESHOT;
    epoll::add(&*watched.epoll, &watched.fd, epoll::EventData::new_u64(id), flags)
        .map_err(|e| system(OP, "epoll_ctl", &e.into()))?;
    Ok(watched)
}

/// Watches for a moment on the wall clock, or for somebody setting that clock.
pub(super) fn alarm(realtime: u64) -> Result<Watched, Error> {
    let fd = rustix::time::timerfd_create(
        TimerfdClockId::Realtime,
        TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK,
    )
    .map_err(|e| system(OP, "timerfd_create", &e.into()))?;
    let value = Timespec {
        tv_sec: (realtime / 1_000_000_000).min(1 << 40) as _,
        tv_nsec: (realtime % 1_000_000_000).max(u64::from(realtime == 0)) as _,
    };
    let spec = Itimerspec {
        it_interval: Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        },
        it_value: value,
    };
    rustix::time::timerfd_settime(
        &fd,
        TimerfdTimerFlags::ABSTIME | TimerfdTimerFlags::CANCEL_ON_SET,
        &spec,
    )
    .map_err(|e| system(OP, "timerfd_settime", &e.into()))?;
    watch_owned(fd)
}

/// The first of `fds` that is ready now.
pub(super) fn first_ready(fds: &[BorrowedFd<'_>]) -> Result<Option<usize>, Error> {
    use rustix::event::{PollFd, PollFlags, poll};
    let mut list: Vec<PollFd<'_>> = fds.iter().map(|fd| PollFd::new(fd, PollFlags::IN)).collect();
    loop {
        let now = rustix::event::Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        match poll(&mut list, Some(&now)) {
            Ok(_) => return Ok(list.iter().position(|fd| !fd.revents().is_empty())),
            Err(rustix::io::Errno::INTR) => {}
            Err(e) => return Err(system(OP, "poll", &e.into())),
        }
    }
}
