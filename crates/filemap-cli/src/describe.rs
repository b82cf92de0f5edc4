//! Objects, processes, handles and views as the inspecting commands tell them, in text and in JSON.

use filemap::core::security::TypeRights;
use filemap::inspect::{
    self, Clock, Handle, Life, MappedView, Memory, Object, ObjectState, ProcessInfo, Setting, State,
    UnseenProcess, Usage, Waiters,
};
use filemap::security::user_name;
use filemap::{Escaped, Kind, Namespace};
use serde::Serialize;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// An object.
#[derive(Debug, Serialize)]
pub(crate) struct ObjectTold {
    pub(crate) name: String,
    /// The path in the object tree.
    pub(crate) kernel_path: String,
    pub(crate) kind: &'static str,
    /// Bytes; absent for what has no size.
    pub(crate) size: Option<u64>,
    pub(crate) protection: Option<&'static str>,
    pub(crate) sections: Vec<String>,
    pub(crate) file: Option<PathBuf>,
    pub(crate) holders: Vec<Holder>,
    pub(crate) created: String,
    pub(crate) age_seconds: u64,
    pub(crate) creator: CreatorTold,
    pub(crate) path: PathBuf,
}

#[derive(Debug, Serialize)]
pub(crate) struct Holder {
    pub(crate) pid: u32,
    pub(crate) program: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct CreatorTold {
    /// `None` if nothing tells any more: the object is plain, and he has closed his handle.
    pub(crate) pid: Option<u32>,
    pub(crate) uid: u32,
    pub(crate) user: String,
    pub(crate) session: u32,
    /// When the process started, in clock ticks since boot.
    pub(crate) start: Option<u64>,
}

/// A handle of some process.
#[derive(Debug, Serialize)]
pub(crate) struct HandleTold {
    pub(crate) pid: u32,
    pub(crate) program: String,
    pub(crate) user: String,
    pub(crate) descriptor: u32,
    /// Granted access as a number, `0x6`.
    pub(crate) access: String,
    /// And by the names of the rights.
    pub(crate) rights: String,
    pub(crate) inheritable: bool,
}

/// A view in some process.
#[derive(Debug, Serialize)]
pub(crate) struct ViewTold {
    pub(crate) pid: u32,
    pub(crate) program: String,
    pub(crate) user: String,
    pub(crate) address: String,
    pub(crate) len: u64,
    pub(crate) offset: u64,
    pub(crate) protection: &'static str,
    /// Bytes that the process has copied for itself; absent where that may not be known.
    pub(crate) private: Option<u64>,
    pub(crate) resident: Option<u64>,
}

/// A process that could not be looked into.
#[derive(Debug, Serialize)]
pub(crate) struct UnseenTold {
    pub(crate) pid: u32,
    pub(crate) program: String,
    pub(crate) user: String,
}

impl ObjectTold {
    pub(crate) fn of(space: &Namespace, object: &Object, holders: Vec<Holder>) -> ObjectTold {
        let is_mapping = object.kind == Kind::FileMapping;
        ObjectTold {
            name: object.name_for(space),
            kernel_path: object.kernel_path(),
            kind: object.kind.name(),
            size: is_mapping.then_some(object.size),
            protection: is_mapping.then(|| object.protection.name()),
            sections: object.section_names(),
            file: object.file.clone(),
            holders,
            created: time(created(object)),
            age_seconds: age(object).as_secs(),
            creator: CreatorTold {
                pid: (object.creator.pid != 0).then_some(object.creator.pid),
                uid: object.creator.uid,
                user: user_name(object.creator.uid),
                session: object.creator.session,
                start: (object.creator.pid != 0).then_some(object.creator.start),
            },
            path: object.path.clone(),
        }
    }
}

/// When an object was made.
pub(crate) fn created(object: &Object) -> SystemTime {
    UNIX_EPOCH + Duration::from_nanos(object.creator.created)
}

/// How long ago that was.
pub(crate) fn age(object: &Object) -> Duration {
    SystemTime::now()
        .duration_since(created(object))
        .unwrap_or_default()
}

/// A moment, as RFC 3339 writes it. What a stranger has written into an object may be behind the year 9999, which has no name.
pub(crate) fn time(at: SystemTime) -> String {
    const LAST: Duration = Duration::from_secs(253_402_300_799);
    humantime::format_rfc3339_millis(at.clamp(UNIX_EPOCH, UNIX_EPOCH + LAST)).to_string()
}

/// A duration in the two largest units: `3h 12m`, `5s`.
pub(crate) fn duration(time: Duration) -> String {
    let text = humantime::format_duration(Duration::from_secs(time.as_secs())).to_string();
    text.split(' ').take(2).collect::<Vec<_>>().join(" ")
}

/// A size as people read it.
pub(crate) fn size(bytes: u64) -> String {
    indicatif::BinaryBytes(bytes).to_string()
}

/// `1234 program`.
pub(crate) fn who(pid: u32, program: &str) -> String {
    match program {
        "" => pid.to_string(),
        program => format!("{pid} {}", Escaped(program)),
    }
}

/// Who made an object, and whether that process lives.
pub(crate) fn creator(object: &Object) -> String {
    let creator = &object.creator;
    if creator.pid == 0 {
        return format!(
            "user {}, session {}; the process has ended or closed its handle",
            user_name(creator.uid),
            creator.session
        );
    }
    let life = match Life::of(creator.pid, creator.start) {
        Life::Alive => match inspect::process(creator.pid) {
            Some(process) => format!("{}, alive", Escaped(&process.program)),
            None => "alive".to_owned(),
        },
        Life::Ended => "ended, or in another PID name space".to_owned(),
        Life::NumberReused => "ended; the number is another process's now".to_owned(),
    };
    let started = match inspect::started(creator.start) {
        Some(at) if creator.start != 0 => format!(", started {}", time(at)),
        _ => String::new(),
    };
    format!(
        "process {} ({life}), user {}, session {}{started}",
        creator.pid,
        user_name(creator.uid),
        creator.session
    )
}

fn process_of(usage: &Usage, pid: u32) -> (String, String) {
    usage
        .processes
        .get(&pid)
        .map_or_else(Default::default, |ProcessInfo { program, user, .. }| {
            (program.clone(), user.clone())
        })
}

impl HandleTold {
    pub(crate) fn of(usage: &Usage, handle: &Handle, kind: Kind) -> HandleTold {
        let (program, user) = process_of(usage, handle.pid);
        let rights = handle.rights(kind);
        HandleTold {
            pid: handle.pid,
            program,
            user,
            descriptor: handle.number,
            access: rights.to_string(),
            rights: match rights.is_empty() {
                true => "none".to_owned(),
                false => TypeRights::of(kind).words(rights),
            },
            inheritable: handle.inheritable,
        }
    }
}

impl ViewTold {
    pub(crate) fn of(usage: &Usage, view: &MappedView) -> ViewTold {
        let (program, user) = process_of(usage, view.pid);
        ViewTold {
            pid: view.pid,
            program,
            user,
            address: format!("{:#x}", view.address),
            len: view.len,
            offset: view.offset,
            protection: view.protection(),
            private: view.memory.map(|memory| memory.private_copies),
            resident: view.memory.map(|memory| memory.resident),
        }
    }
}

impl UnseenTold {
    pub(crate) fn all(usage: &Usage) -> Vec<UnseenTold> {
        let told = |process: &UnseenProcess| UnseenTold {
            pid: process.pid,
            program: process.program.clone(),
            user: process.user(),
        };
        usage.unseen.iter().map(told).collect()
    }
}

/// One sentence about processes that could not be looked into, and what they may have; `None` if there are none.
pub(crate) fn unseen(usage: &Usage, what: &str) -> Option<String> {
    let mut users: Vec<String> = usage.unseen.iter().map(UnseenProcess::user).collect();
    users.sort_unstable();
    users.dedup();
    let more = users.len().saturating_sub(3);
    let and_more = match more {
        0 => String::new(),
        n => format!(" and {n} more users"),
    };
    users.truncate(3);
    let who = match usage.unseen.len() {
        0 => return None,
        1 => "a process".to_owned(),
        n => format!("{n} processes"),
    };
    let more = match rustix::process::geteuid().is_root() {
        true => "it is protected, even from root",
        false => "root sees all",
    };
    Some(format!(
        "{who} (of {}{and_more}) may not be looked into and may have {what}, too: {more}",
        users.join(", ")
    ))
}

/// State of a synchronisation object in words.
pub(crate) fn state(state: &ObjectState) -> String {
    match state {
        ObjectState::Memory => String::new(),
        ObjectState::Job { members } => match members.len() {
            0 => "no process is in it".to_owned(),
            _ => format!(
                "processes {}",
                members.iter().map(u32::to_string).collect::<Vec<_>>().join(", ")
            ),
        },
        ObjectState::Synchronisation {
            what,
            has_waiters,
            owner_process,
        } => {
            let waited = if *has_waiters { ", waited for" } else { "" };
            format!("{}{waited}", sync_state(what, *owner_process))
        }
    }
}

fn sync_state(what: &State, owner_process: Option<u32>) -> String {
    match *what {
        State::Event { manual, set } => format!(
            "{}, {} reset",
            if set { "set" } else { "not set" },
            if manual { "manual" } else { "auto" }
        ),
        State::Mutex { abandoned: true, .. } => "abandoned: its owner ended without releasing it".to_owned(),
        State::Mutex { owner: None, .. } => "free".to_owned(),
        State::Mutex {
            owner: Some(thread),
            recursion,
            ..
        } => {
            let times = match recursion {
                1 => "once".to_owned(),
                n => format!("{n} times"),
            };
            match owner_process.and_then(inspect::process) {
                Some(process) => format!(
                    "owned {times} by thread {thread} of process {} ({})",
                    process.pid,
                    Escaped(&process.program)
                ),
                None => format!("owned {times} by thread {thread}, which is not seen here"),
            }
        }
        State::Semaphore { count, maximum } => format!("count {count} of {maximum}"),
        State::Timer { manual, set, next } => format!(
            "{}, {}, {}",
            if set { "signalled" } else { "not signalled" },
            if manual { "manual reset" } else { "synchronization" },
            next.map_or_else(|| "no due time".to_owned(), due)
        ),
    }
}

fn due(setting: Setting) -> String {
    let when = match setting.clock {
        Clock::Realtime => format!("due at {}", time(UNIX_EPOCH + Duration::from_nanos(setting.due))),
        Clock::Monotonic => {
            let left = setting.due.saturating_sub(filemap::sys::os::futex::now(false));
            let left = Duration::from_millis(left / 1_000_000);
            format!("due in {}", humantime::format_duration(left))
        }
    };
    match setting.period {
        0 => when,
        period => format!(
            "{when}, then every {}",
            humantime::format_duration(Duration::from_nanos(period))
        ),
    }
}

/// State of an object for programs.
#[derive(Debug, Default, Serialize)]
pub(crate) struct StateTold {
    /// In words.
    pub(crate) words: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) signalled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) manual: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) owner_thread: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) owner_process: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) recursion: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) abandoned: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) count: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) maximum: Option<u32>,
    /// Nanoseconds from now; of a timer with a due time ahead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) due_in_ns: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) period_ns: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) members: Option<Vec<u32>>,
    pub(crate) has_waiters: bool,
    pub(crate) waiters: Vec<WaiterTold>,
    /// Processes that have the object and whose threads may not be looked at.
    pub(crate) waiters_unseen_in: Vec<u32>,
}

#[derive(Debug, Serialize)]
pub(crate) struct WaiterTold {
    pub(crate) pid: u32,
    pub(crate) thread: u32,
    /// Whether it sleeps on this object alone.
    pub(crate) alone: bool,
}

impl StateTold {
    pub(crate) fn of(object: &ObjectState, waiters: &Waiters) -> Option<StateTold> {
        let mut told = StateTold {
            words: state(object),
            waiters: waiters
                .threads
                .iter()
                .map(|w| WaiterTold {
                    pid: w.pid,
                    thread: w.thread,
                    alone: w.alone,
                })
                .collect(),
            waiters_unseen_in: waiters.unseen.clone(),
            ..StateTold::default()
        };
        match object {
            ObjectState::Memory => return None,
            ObjectState::Job { members } => told.members = Some(members.clone()),
            ObjectState::Synchronisation {
                what,
                has_waiters,
                owner_process,
            } => {
                told.has_waiters = *has_waiters;
                match *what {
                    State::Event { manual, set } => (told.signalled, told.manual) = (Some(set), Some(manual)),
                    State::Mutex {
                        owner,
                        recursion,
                        abandoned,
                    } => {
                        (told.owner_thread, told.owner_process) = (owner, *owner_process);
                        (told.recursion, told.abandoned) = (Some(recursion), Some(abandoned));
                        told.signalled = Some(owner.is_none());
                    }
                    State::Semaphore { count, maximum } => {
                        (told.count, told.maximum, told.signalled) =
                            (Some(count), Some(maximum), Some(count > 0));
                    }
                    State::Timer { manual, set, next } => {
                        (told.signalled, told.manual) = (Some(set), Some(manual));
                        if let Some(next) = next {
                            let now = filemap::sys::os::futex::now(next.clock == Clock::Realtime);
                            told.due_in_ns = Some(next.due.saturating_sub(now));
                            told.period_ns = Some(next.period);
                        }
                    }
                }
            }
        }
        Some(told)
    }
}

/// Memory of an object in words.
pub(crate) fn memory(memory: &Memory) -> String {
    let mut parts = vec![format!("{} taken", size(memory.allocated))];
    if let Some(resident) = memory.resident {
        parts.push(format!("{} in memory", size(resident)));
    }
    for (bytes, what) in [
        (memory.swapped.unwrap_or(0), "swapped out"),
        (memory.mapped, "mapped in views"),
        (memory.shared, "of it shared"),
        (memory.huge, "in large pages"),
        (memory.private_copies, "private copies"),
    ] {
        if bytes > 0 {
            parts.push(format!("{} {what}", size(bytes)));
        }
    }
    parts.join(", ")
}

/// Whether a text matches what a person looks for: a part of it, or a pattern with `*` and `?`; case does not count.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_lowercase(), text.to_lowercase());
    match pattern.contains(['*', '?']) {
        false => text.contains(&pattern),
        true => glob(
            &pattern.chars().collect::<Vec<_>>(),
            &text.chars().collect::<Vec<_>>(),
        ),
    }
}

fn glob(pattern: &[char], text: &[char]) -> bool {
    // Where the last star was, and how much of the text it has taken.
    let (mut p, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '?' || *c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    p = at + 1;
                    t = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_no_calendar_has_is_told_as_the_last_one() {
        // A damaged or hostile footer: when the creator started, in clock ticks.
        let started = inspect::started(u64::MAX).unwrap();
        assert_eq!(time(started), "9999-12-31T23:59:59.000Z");
        assert_eq!(time(UNIX_EPOCH), "1970-01-01T00:00:00.000Z");
    }

    #[test]
    fn names_are_found_by_part_and_by_pattern_whatever_their_case() {
        let name = r"Local\Frames";
        for yes in ["frames", r"local\", "*ames", r"L*\F?ames", "*", r"local\frame?"] {
            assert!(matches(yes, name), "{yes}");
        }
        for no in ["frame?", "*x", "mutex", "?", "frames?"] {
            assert!(!matches(no, name), "{no}");
        }
        assert!(!matches("a*b*c", "aXbX") && matches("a*b*c", "aXbXbc"));
    }
}
