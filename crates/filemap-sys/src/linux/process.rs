//! Facts about this process and others, from /proc.

use crate::SysError;
use crate::os::fork;
use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// This process's number, asked for once (and once more after a fork).
#[must_use]
pub fn id() -> u32 {
    static KNOWN: AtomicU64 = AtomicU64::new(0);
    // The number with the generation that it belongs to, so that a forked child never takes its parent's.
    let generation = u64::from(fork::generation()) << 32;
    match KNOWN.load(Relaxed) {
        known if known != 0 && known & !0xFFFF_FFFF == generation => known as u32,
        _ => {
            let id = std::process::id();
            KNOWN.store(generation | u64::from(id), Relaxed);
            id
        }
    }
}

/// The effective user number of this process. Source: geteuid(2).
#[must_use]
pub fn effective_user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// The effective group and all supplementary groups. Source: getgroups(2).
#[must_use]
pub fn groups() -> Vec<u32> {
    let mut groups: Vec<u32> = rustix::process::getgroups()
        .unwrap_or_default()
        .into_iter()
        .map(|g| g.as_raw())
        .collect();
    groups.push(rustix::process::getegid().as_raw());
    groups
}

/// [`groups`], the effective group first and each once.
#[must_use]
pub fn groups_primary_first() -> Vec<u32> {
    let mut groups = groups();
    groups.rotate_right(1);
    let primary = groups[0];
    let mut first = true;
    groups.retain(|g| *g != primary || std::mem::take(&mut first));
    groups
}

/// The number of the login session that the audit system gave this process at login; `None` outside any, and where the
/// kernel keeps none. Source: proc(5), `/proc/PID/sessionid`.
#[must_use]
pub fn login_session() -> Option<u32> {
    let text = fs::read_to_string("/proc/self/sessionid").ok()?;
    text.trim().parse().ok().filter(|session| *session != u32::MAX)
}

/// The number of a group by its name in /etc/group.
#[must_use]
pub fn group_by_name(name: &str) -> Option<u32> {
    let table = fs::read_to_string("/etc/group").ok()?;
    table.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next()? == name).then(|| fields.nth(1)?.parse().ok())?
    })
}

/// When process `pid` started, in clock ticks since boot; 0 if it is gone. Source: proc(5), `/proc/PID/stat` field 22.
#[must_use]
pub fn start_time(pid: u32) -> u64 {
    let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else {
        return 0;
    };
    // The second field is in parentheses and may contain anything, so count from the last parenthesis.
    let Some((_, rest)) = stat.rsplit_once(')') else {
        return 0;
    };
    rest.split_ascii_whitespace()
        .nth(19)
        .and_then(|field| field.parse().ok())
        .unwrap_or(0)
}

/// [`start_time`] of this process, looked up once (and once more after a fork).
#[must_use]
pub fn own_start_time() -> u64 {
    static KNOWN: Mutex<Option<(u32, u64)>> = Mutex::new(None);
    let generation = fork::generation();
    let mut known = KNOWN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    match *known {
        Some((g, start)) if g == generation => start,
        _ => {
            let start = start_time(id());
            *known = Some((generation, start));
            start
        }
    }
}

/// A file name that no other process gives, and that says whose it is: `PREFIX` process, its start time, a number.
#[must_use]
pub fn name_of_this_process(prefix: &str) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let n = NEXT.fetch_add(1, Relaxed);
    format!("{prefix}{}-{}-{n}", id(), own_start_time())
}

/// 128 bits that nobody else has. Source: urandom(4).
pub fn random() -> Result<[u64; 2], SysError> {
    use std::io::Read;
    let mut bytes = [[0; 8]; 2];
    fs::File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(bytes.as_flattened_mut()))
        .map_err(SysError::of("read(/dev/urandom)"))?;
    Ok(bytes.map(u64::from_ne_bytes))
}

/// Physical memory that could be had without pushing others out, in bytes. Source: proc(5), `MemAvailable`.
#[must_use]
pub fn physical_memory() -> Option<u64> {
    let info = fs::read_to_string("/proc/meminfo").ok()?;
    let line = info.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.split_ascii_whitespace().next()?.parse().ok()?;
    Some(kib * 1024)
}

/// Name of the program of process `pid`, as far as the caller may know it.
#[must_use]
pub fn program(pid: u32) -> Option<String> {
    fs::read_to_string(format!("/proc/{pid}/comm"))
        .ok()
        .map(|name| name.trim_end().to_owned())
}

/// How many descriptors this process may have; `u64::MAX` without a limit. Source: getrlimit(2).
#[must_use]
pub fn descriptor_limit() -> u64 {
    rustix::process::getrlimit(rustix::process::Resource::Nofile)
        .current
        .unwrap_or(u64::MAX)
}

/// Raises the soft limit of open files to the hard one; false if it was there already. Source: setrlimit(2).
pub fn raise_descriptor_limit() -> bool {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let lower = match (current, maximum) {
        (Some(current), Some(maximum)) => current < maximum,
        (Some(_), None) => true,
        (None, _) => false,
    };
    lower
        && setrlimit(
            Resource::Nofile,
            Rlimit {
                current: maximum,
                maximum,
            },
        )
        .is_ok()
}

/// Which processes have which of `files` (device and inode) open, as far as the caller may look.
///
/// One pass over /proc/PID/fd: about a microsecond a descriptor.
pub fn holders(files: &[(u64, u64)]) -> Result<HashMap<(u64, u64), Vec<u32>>, SysError> {
    if files.is_empty() {
        return Ok(HashMap::new());
    }
    let mut found: HashMap<(u64, u64), Vec<u32>> = files.iter().map(|file| (*file, Vec::new())).collect();
    for process in fs::read_dir("/proc")
        .map_err(SysError::of("open(/proc)"))?
        .flatten()
    {
        let Some(pid) = process
            .file_name()
            .to_str()
            .and_then(|name| name.parse::<u32>().ok())
        else {
            continue;
        };
        // Processes end, and others' descriptors are not ours to see: both are no errors here.
        let Ok(descriptors) = fs::read_dir(process.path().join("fd")) else {
            continue;
        };
        for descriptor in descriptors.flatten() {
            let Ok(meta) = fs::metadata(descriptor.path()) else {
                continue;
            };
            if let Some(pids) = found.get_mut(&(meta.dev(), meta.ino()))
                && pids.last() != Some(&pid)
            {
                pids.push(pid);
            }
        }
    }
    Ok(found)
}

/// Memory that could be had without pushing others out, swap space included, in bytes. Source: proc(5), `/proc/meminfo`.
#[must_use]
pub fn available_memory() -> Option<u64> {
    let info = fs::read_to_string("/proc/meminfo").ok()?;
    let kib = |key: &str| {
        let line = info.lines().find_map(|l| l.strip_prefix(key))?;
        line.split_ascii_whitespace().next()?.parse::<u64>().ok()
    };
    Some((kib("MemAvailable:")? + kib("SwapFree:").unwrap_or(0)) * 1024)
}

/// Nanoseconds since 1970 (UTC). Source: clock_gettime(2).
#[must_use]
pub fn now() -> u64 {
    let t = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
    (t.tv_sec as u64)
        .wrapping_mul(1_000_000_000)
        .wrapping_add(t.tv_nsec as u64)
}

/// Whether the page at `address` of this process is a private copy (a copy-on-write page that was written).
/// Source: proc(5), `/proc/PID/pagemap` bits 61 (page of a file or shared) and 62, 63 (swapped, present).
#[must_use]
pub fn is_private_page(address: usize) -> bool {
    use std::os::unix::fs::FileExt;
    use std::sync::OnceLock;
    static PAGEMAP: OnceLock<Option<fs::File>> = OnceLock::new();
    let open = || fs::File::open("/proc/self/pagemap").ok();
    // A forked child must not ask its parent's page map.
    let pagemap = match fork::generation() {
        0 => PAGEMAP
            .get_or_init(open)
            .as_ref()
            .and_then(|f| f.try_clone().ok()),
        _ => open(),
    };
    let mut entry = [0; 8];
    let page = (address / rustix::param::page_size()) as u64;
    match pagemap {
        Some(file) if file.read_exact_at(&mut entry, page * 8).is_ok() => {
            let bits = u64::from_ne_bytes(entry);
            bits & (0b11 << 62) != 0 && bits & (1 << 61) == 0
        }
        _ => false,
    }
}

/// Whether this process may take large pages (SeLockMemoryPrivilege): root here, or CAP_IPC_LOCK in its effective set.
/// Source: capabilities(7), proc(5) `CapEff`.
#[must_use]
pub fn may_lock_memory() -> bool {
    use std::sync::OnceLock;
    const CAP_IPC_LOCK: u32 = 14;
    static HELD: OnceLock<bool> = OnceLock::new();
    *HELD.get_or_init(|| {
        let Ok(status) = fs::read_to_string("/proc/self/status") else {
            return effective_user() == 0;
        };
        let caps = status.lines().find_map(|l| l.strip_prefix("CapEff:"));
        caps.and_then(|c| u64::from_str_radix(c.trim(), 16).ok())
            .is_some_and(|c| c & (1 << CAP_IPC_LOCK) != 0)
    })
}

/// Ends the process `pid` that started at `start` by SIGKILL; one that has ended already is no error. The process is held by
/// a pidfd, so that a later one with the same number is never hit. Source: pidfd_open(2), pidfd_send_signal(2).
pub fn kill(pid: u32, start: u64) -> Result<(), SysError> {
    use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
    let Some(number) = i32::try_from(pid).ok().and_then(Pid::from_raw) else {
        return Ok(());
    };
    let gone = |e: rustix::io::Errno| e == rustix::io::Errno::SRCH;
    let process = match pidfd_open(number, PidfdFlags::empty()) {
        Ok(process) => process,
        Err(e) if gone(e) => return Ok(()),
        Err(e) => return Err(SysError::of("pidfd_open")(e)),
    };
    if start_time(pid) != start {
        return Ok(());
    }
    match pidfd_send_signal(process, Signal::KILL) {
        Err(e) if !gone(e) => Err(SysError::of("pidfd_send_signal")(e)),
        _ => Ok(()),
    }
}

/// When this machine was started, in seconds since 1970. Source: proc(5), `btime` of `/proc/stat`.
#[must_use]
pub fn boot_time() -> Option<u64> {
    let stat = fs::read_to_string("/proc/stat").ok()?;
    stat.lines()
        .find_map(|line| line.strip_prefix("btime "))?
        .trim()
        .parse()
        .ok()
}

/// Clock ticks in a second, the unit of [`start_time`]. Source: sysconf(3), `_SC_CLK_TCK`.
#[must_use]
pub fn ticks_per_second() -> u64 {
    rustix::param::clock_ticks_per_second().max(1)
}

/// Physical memory in bytes. Source: proc(5), `MemTotal`.
#[must_use]
pub fn physical_memory_size() -> Option<u64> {
    let info = fs::read_to_string("/proc/meminfo").ok()?;
    let line = info.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.split_ascii_whitespace().next()?.parse().ok()?;
    Some(kib * 1024)
}
