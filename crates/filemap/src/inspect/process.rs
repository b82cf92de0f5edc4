//! Who a process is.

use crate::security;
use filemap_sys::os::proc::{Process, Unseen};
use filemap_sys::os::process as clock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A process that had a handle or a view when it was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessInfo {
    /// Its number.
    pub pid: u32,
    /// When it started, in clock ticks since boot: tells it from a later one with the same number (I-28).
    pub start: u64,
    /// Its effective user.
    pub uid: u32,
    /// That user's name, or the number again.
    pub user: String,
    /// Its program's name: 15 bytes at most, whatever the program put there.
    pub program: String,
    /// Its command line.
    pub command: String,
    /// Whether it is in another mount name space than the caller, where `/dev/shm` may be another.
    pub elsewhere: bool,
}

/// Whether a process that is known by number and start time lives still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// It is there.
    Alive,
    /// It has ended. Also said of one in another PID name space.
    Ended,
    /// It has ended, and its number belongs to another process now.
    NumberReused,
}

/// What is known of a process; `None` if it is not there.
#[must_use]
pub fn process(pid: u32) -> Option<ProcessInfo> {
    info(&Process::open(pid).ok()?).ok()
}

pub(super) fn info(process: &Process) -> Result<ProcessInfo, Unseen> {
    let start = process.start()?;
    let uid = process.credentials()?.user;
    Ok(ProcessInfo {
        pid: process.pid,
        start,
        uid,
        user: security::user_name(uid),
        program: process.program().unwrap_or_default(),
        command: process.command_line().unwrap_or_default(),
        elsewhere: is_elsewhere(process),
    })
}

fn is_elsewhere(process: &Process) -> bool {
    use std::sync::OnceLock;
    static OWN: OnceLock<Option<u64>> = OnceLock::new();
    let own = || Process::open(std::process::id()).ok()?.mount_name_space();
    match (OWN.get_or_init(own), process.mount_name_space()) {
        (Some(own), Some(theirs)) => *own != theirs,
        _ => false, // may not be known
    }
}

impl Life {
    /// Looks whether the process with this number that started at `start` (clock ticks since boot) lives.
    #[must_use]
    pub fn of(pid: u32, start: u64) -> Life {
        match Process::open(pid) {
            Ok(process) => match process.start() {
                Ok(now) if now == start && process.is_alive() => Life::Alive,
                Ok(now) if now != start => Life::NumberReused,
                _ => Life::Ended,
            },
            Err(_) => Life::Ended,
        }
    }
}

/// The moment at which a process started, from clock ticks since boot. Source: proc(5), `btime` of `/proc/stat`.
#[must_use]
pub fn started(start: u64) -> Option<SystemTime> {
    let booted = clock::boot_time()?;
    let ticks = clock::ticks_per_second();
    let since = Duration::from_secs(start / ticks) + Duration::from_millis(start % ticks * 1000 / ticks);
    Some(UNIX_EPOCH + Duration::from_secs(booted) + since)
}
