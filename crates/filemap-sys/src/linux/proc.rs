//! Other processes as /proc shows them: descriptors, mappings, threads, credentials.
//!
//! A [`Process`] keeps its directory in /proc open, which means that very process for ever: when it has ended, every look
//! fails, also after its number was given to another. What the caller may not see is told apart from what is not there.

use crate::SysError;
use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;

/// Device and inode number: which file it is (I-30).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId {
    /// Device number as in stat(2).
    pub dev: u64,
    /// Inode number.
    pub ino: u64,
}

/// Why a process could not be looked into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unseen {
    /// It has ended.
    Gone,
    /// Another user's, or protected: the caller may not.
    Denied,
    /// The system call failed otherwise.
    Failed(SysError),
}

/// A process, held by its directory in /proc.
#[derive(Debug)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    dir: OwnedFd,
}

/// What `/proc/PID/fdinfo/N` says of a descriptor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DescriptorInfo {
    /// Offset of the open file description in bytes.
    pub position: u64,
    /// Flags of open(2), `O_CLOEXEC` among them.
    pub flags: u32,
    /// The description holds a shared lock of its own on [`LIVE_BYTE`](super::ofd_lock::LIVE_BYTE): it is a handle.
    pub is_handle: bool,
    /// The handle of who created the object.
    pub is_creator: bool,
}

/// A line of `/proc/PID/maps`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mapping<'a> {
    /// First address.
    pub start: u64,
    /// Address behind the last byte.
    pub end: u64,
    /// `r`, `w`, `x` and `s` (shared) or `p` (private), or `-`.
    pub permissions: [u8; 4],
    /// Offset in the file in bytes.
    pub offset: u64,
    /// The file; its device number may be another than stat(2) gives on some file systems.
    pub file: FileId,
    /// Path as the kernel shows it.
    pub path: &'a str,
}

/// Memory of one mapping, from `/proc/PID/smaps`; all in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MappingMemory {
    /// In memory and in this process's page table.
    pub resident: u64,
    /// The process's part of it, pages divided by the number of their users.
    pub proportional: u64,
    /// Pages that other processes have mapped too.
    pub shared: u64,
    /// Private copies: pages of a copy-on-write mapping that were written.
    pub private_copies: u64,
    /// In large pages.
    pub huge: u64,
    /// Swapped out.
    pub swapped: u64,
}

/// Who a process is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Credentials {
    /// Effective user.
    pub user: u32,
    /// Effective group.
    pub group: u32,
    /// Supplementary groups.
    pub groups: Vec<u32>,
    /// Effective capabilities as bits.
    pub capabilities: u64,
    /// Number of the process, for a thread's number (its thread group).
    pub process: u32,
}

/// The system call that a thread sleeps in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SleepingCall {
    /// Number of the system call.
    pub number: i64,
    /// Its arguments.
    pub arguments: [u64; 6],
}

const DIRECTORY: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

fn unseen(call: &'static str, e: Errno) -> Unseen {
    match e {
        Errno::NOENT | Errno::SRCH => Unseen::Gone,
        Errno::ACCESS | Errno::PERM => Unseen::Denied,
        e => Unseen::Failed(SysError::of(call)(e)),
    }
}

/// Numbers of all processes that /proc shows, ascending. Source: proc(5).
pub fn pids() -> Result<Vec<u32>, SysError> {
    let proc = rustix::fs::open("/proc", DIRECTORY, Mode::empty()).map_err(SysError::of("open(/proc)"))?;
    let mut pids = Vec::new();
    for_each_number(proc.as_fd(), |pid| pids.push(pid)).map_err(SysError::of("getdents64(/proc)"))?;
    pids.sort_unstable();
    Ok(pids)
}

fn for_each_number(dir: BorrowedFd<'_>, mut each: impl FnMut(u32)) -> Result<(), Errno> {
    let mut buffer = [const { std::mem::MaybeUninit::uninit() }; 8192];
    let mut entries = rustix::fs::RawDir::new(dir, &mut buffer);
    while let Some(entry) = entries.next() {
        if let Some(number) = entry?
            .file_name()
            .to_str()
            .ok()
            .and_then(|name| name.parse().ok())
        {
            each(number);
        }
    }
    Ok(())
}

impl Process {
    /// Takes hold of a process. Source: proc(5).
    pub fn open(pid: u32) -> Result<Process, Unseen> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        match rustix::fs::open(format!("/proc/{pid}"), flags, Mode::empty()) {
            Ok(dir) => Ok(Process { pid, dir }),
            Err(e) => Err(unseen("open(/proc/PID)", e)),
        }
    }

    fn read(&self, name: &str) -> Result<String, Unseen> {
        let mut text = String::new();
        self.read_into(name, &mut text)?;
        Ok(text)
    }

    /// Reads a file of its directory into `text`, whose memory is used again. What is not UTF-8 becomes U+FFFD.
    fn read_into(&self, name: &str, text: &mut String) -> Result<(), Unseen> {
        let file = rustix::fs::openat(&self.dir, name, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
            .map_err(|e| unseen("open(/proc/PID)", e))?;
        let mut bytes = std::mem::take(text).into_bytes();
        bytes.clear();
        let read = read_all(file.as_fd(), &mut bytes);
        *text = match String::from_utf8(bytes) {
            Ok(good) => good,
            Err(e) => String::from_utf8_lossy(e.as_bytes()).into_owned(),
        };
        // A descriptor that was closed in between gives ENOENT.
        read.map_err(|e| unseen("read(/proc/PID)", e))
    }

    /// When it started, in clock ticks since boot; with the number that tells it from all others (I-28).
    pub fn start(&self) -> Result<u64, Unseen> {
        let stat = self.read("stat")?;
        stat_field(&stat, 22).ok_or(Unseen::Gone)
    }

    /// Whether it is still there (a zombie is not: it holds nothing any more).
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.read("stat").is_ok_and(|stat| {
            let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
            !matches!(state, None | Some('Z' | 'X'))
        })
    }

    /// Name of its program, as it gave it to the kernel: 15 bytes, and anything in them.
    #[must_use]
    pub fn program(&self) -> Option<String> {
        self.read("comm")
            .ok()
            .map(|name| name.trim_end_matches('\n').to_owned())
    }

    /// Its command line, words separated by spaces; empty for kernel threads.
    #[must_use]
    pub fn command_line(&self) -> Option<String> {
        let text = self.read("cmdline").ok()?;
        Some(text.trim_end_matches('\0').replace('\0', " "))
    }

    /// User, groups and capabilities. Source: proc(5), `/proc/PID/status`; I-27.
    pub fn credentials(&self) -> Result<Credentials, Unseen> {
        let status = self.read("status")?;
        let field = |key: &str| status.lines().find_map(|line| line.strip_prefix(key));
        let second = |key| field(key)?.split_ascii_whitespace().nth(1)?.parse().ok();
        Ok(Credentials {
            user: second("Uid:").ok_or(Unseen::Gone)?,
            group: second("Gid:").ok_or(Unseen::Gone)?,
            groups: field("Groups:")
                .unwrap_or_default()
                .split_ascii_whitespace()
                .filter_map(|group| group.parse().ok())
                .collect(),
            capabilities: field("CapEff:")
                .and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok())
                .unwrap_or(0),
            process: field("Tgid:")
                .and_then(|n| n.trim().parse().ok())
                .unwrap_or(self.pid),
        })
    }

    /// The user who owns it, also where more may not be known. Source: the owner of `/proc/PID`.
    #[must_use]
    pub fn user(&self) -> Option<u32> {
        rustix::fs::fstat(&self.dir).ok().map(|stat| stat.st_uid)
    }

    /// The mount name space that it is in; two that differ may each have a `/dev/shm` of their own.
    #[must_use]
    pub fn mount_name_space(&self) -> Option<u64> {
        let stat = rustix::fs::statat(&self.dir, "ns/mnt", AtFlags::empty()).ok()?;
        Some(stat.st_ino)
    }

    /// Calls `each` with number, file and number of the file's names of every descriptor. Source: proc(5), `/proc/PID/fd`;
    /// I-22.
    pub fn for_each_descriptor(&self, mut each: impl FnMut(u32, FileId, u64)) -> Result<(), Unseen> {
        let dir = rustix::fs::openat(&self.dir, "fd", DIRECTORY, Mode::empty())
            .map_err(|e| unseen("open(/proc/PID/fd)", e))?;
        let mut buffer = [const { std::mem::MaybeUninit::uninit() }; 8192];
        let mut entries = rustix::fs::RawDir::new(&dir, &mut buffer);
        while let Some(entry) = entries.next() {
            let entry = entry.map_err(|e| unseen("getdents64(/proc/PID/fd)", e))?;
            let name = entry.file_name();
            let Some(number) = name.to_str().ok().and_then(|name| name.parse().ok()) else {
                continue;
            };
            // It may be closed by now.
            if let Ok(stat) = rustix::fs::statat(&dir, name, AtFlags::empty()) {
                let file = FileId {
                    dev: stat.st_dev,
                    ino: stat.st_ino,
                };
                each(number, file, u64::from(stat.st_nlink as u32));
            }
        }
        Ok(())
    }

    /// Calls `each` with offset, flags and lock of some of its descriptors; those that are closed by now are left out. Source:
    /// proc(5), `/proc/PID/fdinfo`; I-22, I-23.
    pub fn for_each_descriptor_info(
        &self,
        numbers: impl Iterator<Item = u32>,
        mut each: impl FnMut(u32, DescriptorInfo),
    ) -> Result<(), Unseen> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let dir = rustix::fs::openat(&self.dir, "fdinfo", flags, Mode::empty())
            .map_err(|e| unseen("open(/proc/PID/fdinfo)", e))?;
        let mut buffer = [0; 4096];
        for number in numbers {
            let opened = rustix::fs::openat(
                &dir,
                number.to_string(),
                OFlags::RDONLY | OFlags::CLOEXEC,
                Mode::empty(),
            );
            // The kernel writes all of it at once, unless there are dozens of locks; ours is the first that we make.
            let read = opened.and_then(|file| rustix::io::read(&file, &mut buffer));
            match read.map_err(|e| unseen("read(/proc/PID/fdinfo)", e)) {
                Ok(len) => each(number, descriptor_info(&String::from_utf8_lossy(&buffer[..len]))),
                Err(Unseen::Gone) => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    /// The numbers of its descriptors, and the directory in which [`Descriptors::for_each_handle`] finds which of them are
    /// handles. Source: proc(5), `/proc/PID/fdinfo`.
    pub fn descriptors(&self) -> Result<Descriptors, Unseen> {
        let dir = rustix::fs::openat(&self.dir, "fdinfo", DIRECTORY, Mode::empty())
            .map_err(|e| unseen("open(/proc/PID/fdinfo)", e))?;
        let mut numbers = Vec::new();
        let mut names = [const { std::mem::MaybeUninit::uninit() }; 8192];
        let mut entries = rustix::fs::RawDir::new(&dir, &mut names);
        while let Some(entry) = entries.next() {
            let entry = entry.map_err(|e| unseen("getdents64(/proc/PID/fdinfo)", e))?;
            numbers.extend(
                entry
                    .file_name()
                    .to_str()
                    .ok()
                    .and_then(|name| name.parse::<u32>().ok()),
            );
        }
        Ok(Descriptors { dir, numbers })
    }

    /// What the descriptor leads to, as the kernel writes it: a path, perhaps with ` (deleted)`, or `socket:[7]`.
    #[must_use]
    pub fn descriptor_path(&self, number: u32) -> Option<PathBuf> {
        let target = rustix::fs::readlinkat(&self.dir, format!("fd/{number}"), Vec::new()).ok()?;
        use std::os::unix::ffi::OsStringExt;
        Some(std::ffi::OsString::from_vec(target.into_bytes()).into())
    }

    /// Opens the file of one of its descriptors for reading, by a description of our own. Needs the right to trace it and to
    /// read the file. Source: proc(5), `/proc/PID/fd`.
    #[must_use]
    pub fn open_descriptor(&self, number: u32) -> Option<OwnedFd> {
        open_for_reading(self.dir.as_fd(), &format!("fd/{number}"))
    }

    /// Opens the file of one of its mappings for reading, also if it has no name any more. Source: proc(5),
    /// `/proc/PID/map_files`; needs CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE (I-21).
    #[must_use]
    pub fn open_mapped(&self, start: u64, end: u64) -> Option<OwnedFd> {
        open_for_reading(self.dir.as_fd(), &format!("map_files/{start:x}-{end:x}"))
    }

    /// Calls `each` with every mapping of a file; `text` is memory to use again. Source: proc(5), `/proc/PID/maps`; I-20.
    pub fn for_each_mapping(
        &self,
        text: &mut String,
        mut each: impl FnMut(Mapping<'_>),
    ) -> Result<(), Unseen> {
        self.read_into("maps", text)?;
        for mapping in text.lines().filter_map(mapping) {
            each(mapping);
        }
        Ok(())
    }

    /// Calls `each` with every mapping of a file and what memory it has; costs a walk of the page tables. Source: proc(5),
    /// `/proc/PID/smaps`; I-26.
    pub fn for_each_mapping_memory(
        &self,
        text: &mut String,
        mut each: impl FnMut(Mapping<'_>, MappingMemory),
    ) -> Result<(), Unseen> {
        self.read_into("smaps", text)?;
        let mut current: Option<(Mapping<'_>, MappingMemory)> = None;
        for line in text.lines() {
            if let Some(start) = mapping_or_anonymous(line) {
                if let Some((mapping, memory)) = current.take() {
                    each(mapping, memory);
                }
                current = start.map(|mapping| (mapping, MappingMemory::default()));
            } else if let Some((_, memory)) = &mut current
                && let Some((key, rest)) = line.split_once(':')
            {
                let kib = rest
                    .split_ascii_whitespace()
                    .next()
                    .and_then(|n| n.parse::<u64>().ok());
                let bytes = kib.unwrap_or(0).saturating_mul(1024);
                match key {
                    "Rss" => memory.resident = bytes,
                    "Pss" => memory.proportional = bytes,
                    "Shared_Clean" | "Shared_Dirty" => memory.shared += bytes,
                    "Anonymous" => memory.private_copies = bytes,
                    "ShmemPmdMapped" | "FilePmdMapped" | "Shared_Hugetlb" => memory.huge += bytes,
                    "Swap" => memory.swapped = bytes,
                    _ => {}
                }
            }
        }
        if let Some((mapping, memory)) = current {
            each(mapping, memory);
        }
        Ok(())
    }

    /// Its threads.
    pub fn threads(&self) -> Result<Vec<u32>, Unseen> {
        let dir = rustix::fs::openat(&self.dir, "task", DIRECTORY, Mode::empty())
            .map_err(|e| unseen("open(/proc/PID/task)", e))?;
        let mut threads = Vec::new();
        for_each_number(dir.as_fd(), |tid| threads.push(tid)).map_err(|e| unseen("getdents64", e))?;
        Ok(threads)
    }

    /// The system call that a thread sleeps in; `None` if it runs, or has ended. Needs the right to trace it. Source:
    /// proc(5), `/proc/PID/syscall`.
    pub fn sleeping_call(&self, thread: u32) -> Result<Option<SleepingCall>, Unseen> {
        match self.read(&format!("task/{thread}/syscall")) {
            Ok(text) => Ok(sleeping_call(&text)),
            Err(Unseen::Gone) => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// Reads its memory at an address; fewer bytes where it is not mapped. Needs the right to trace it. Source: proc(5),
    /// `/proc/PID/mem`.
    #[must_use]
    pub fn read_memory(&self, address: u64, len: usize) -> Vec<u8> {
        let Some(memory) = open_for_reading(self.dir.as_fd(), "mem") else {
            return Vec::new();
        };
        let mut bytes = vec![0; len];
        let read = rustix::io::pread(&memory, &mut bytes[..], address).unwrap_or(0);
        bytes.truncate(read);
        bytes
    }
}

/// Reads a file of /proc to its end. No other calls than reading: there may be a hundred thousand of them.
fn read_all(file: BorrowedFd<'_>, bytes: &mut Vec<u8>) -> Result<(), Errno> {
    loop {
        bytes.reserve(4096);
        match rustix::io::read(file, rustix::buffer::spare_capacity(bytes)) {
            Ok(0) => return Ok(()),
            Ok(_) | Err(Errno::INTR) => {}
            Err(e) => return Err(e),
        }
    }
}

fn open_for_reading(dir: BorrowedFd<'_>, path: &str) -> Option<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    rustix::fs::openat(dir, path, flags, Mode::empty()).ok()
}

/// A field of `/proc/PID/stat`, counted from 1. The second is in parentheses and may contain anything.
fn stat_field(stat: &str, number: usize) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_ascii_whitespace().nth(number - 3)?.parse().ok()
}

fn descriptor_info(text: &str) -> DescriptorInfo {
    let mut info = DescriptorInfo::default();
    for line in text.lines() {
        let Some((key, rest)) = line.split_once(':') else {
            continue;
        };
        let rest = rest.trim();
        match key {
            "pos" => info.position = rest.parse().unwrap_or(0),
            "flags" => info.flags = u32::from_str_radix(rest, 8).unwrap_or(0),
            "lock" => {
                let lock = handle_lock(rest);
                info.is_handle |= lock.is_some();
                info.is_creator |= lock.is_some_and(|lock| lock.creator.is_some());
            }
            _ => {}
        }
    }
    info
}

/// A lock that makes its description a handle, as fdinfo shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HandleLock {
    /// The object's file.
    pub file: FileId,
    /// If it is the handle that the object was created with: process number and start time of the creator, as he knew them.
    pub creator: Option<(u32, u64)>,
}

/// A handle's lock: `1: OFDLCK ADVISORY  READ -1 00:1a:42 4611686018427387904 4611686018427387904`.
fn handle_lock(text: &str) -> Option<HandleLock> {
    let mut fields = text.split_ascii_whitespace();
    let (kind, access) = (fields.nth(1)?, fields.nth(1)?);
    let (file, start, last) = (fields.nth(1)?, fields.next()?, fields.next()?);
    let (Ok(start), Ok(last)) = (start.parse(), last.parse()) else {
        return None; // to the end of all bytes
    };
    if (kind, access) != ("OFDLCK", "READ") || !super::ofd_lock::is_of_handle(start, last) {
        return None;
    }
    let mut parts = file.split(':');
    let major = u32::from_str_radix(parts.next()?, 16).ok()?;
    let minor = u32::from_str_radix(parts.next()?, 16).ok()?;
    let ino = parts.next()?.parse().ok()?;
    let dev = rustix::fs::makedev(major, minor);
    Some(HandleLock {
        file: FileId { dev, ino },
        creator: super::ofd_lock::creator_of(start, last),
    })
}

/// The descriptors of a process.
#[derive(Debug)]
pub struct Descriptors {
    /// Its /proc/PID/fdinfo.
    dir: OwnedFd,
    /// Those that there were.
    pub numbers: Vec<u32>,
}

impl Descriptors {
    /// Calls `each` with the lock of every one of `numbers` that is a handle, and with nothing else: half the work of
    /// [`Process::for_each_descriptor`] and what follows it. Source: proc(5), `/proc/PID/fdinfo`; I-22, I-23.
    pub fn for_each_handle(&self, numbers: &[u32], mut each: impl FnMut(HandleLock)) -> Result<(), Unseen> {
        let mut buffer = [0; 4096];
        for number in numbers {
            let name = rustix::path::DecInt::new(*number);
            let opened = rustix::fs::openat(&self.dir, name, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty());
            match opened.and_then(|file| rustix::io::read(&file, &mut buffer)) {
                Ok(len) => {
                    if let Some(lock) = handle_in(&buffer[..len]) {
                        each(lock);
                    }
                }
                Err(e) => match unseen("read(/proc/PID/fdinfo)", e) {
                    Unseen::Gone => {} // closed by now
                    other => return Err(other),
                },
            }
        }
        Ok(())
    }
}

/// The lock of the handle that an fdinfo is of.
fn handle_in(fdinfo: &[u8]) -> Option<HandleLock> {
    // The locks of an object's file come last, and of very many descriptors each has one: from behind it is found at once.
    let mut rest = fdinfo;
    while let Some(end) = rest.iter().rposition(|b| *b != b'\n') {
        rest = &rest[..=end];
        let start = rest.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
        let lock = rest[start..].strip_prefix(b"lock:");
        let lock = lock.and_then(|lock| std::str::from_utf8(lock).ok());
        if let Some(lock) = lock.and_then(handle_lock) {
            return Some(lock);
        }
        rest = &rest[..start];
    }
    None
}

fn sleeping_call(text: &str) -> Option<SleepingCall> {
    let mut fields = text.split_ascii_whitespace();
    let number = fields.next()?.parse().ok()?;
    let mut arguments = [0; 6];
    for argument in &mut arguments {
        *argument = u64::from_str_radix(fields.next()?.strip_prefix("0x")?, 16).ok()?;
    }
    Some(SleepingCall { number, arguments })
}

/// A line of maps as a mapping of a file; `None` for memory without a file, and for what is no such line.
fn mapping(line: &str) -> Option<Mapping<'_>> {
    mapping_or_anonymous(line)?
}

/// `Some(None)` is a mapping without a file.
fn mapping_or_anonymous(line: &str) -> Option<Option<Mapping<'_>>> {
    let mut rest = line;
    let mut field = || {
        rest = rest.trim_start_matches(' ');
        let end = rest.find(' ').unwrap_or(rest.len());
        let (field, behind) = rest.split_at(end);
        rest = behind;
        field
    };
    let (start, end) = field().split_once('-')?;
    let start = u64::from_str_radix(start, 16).ok()?;
    let end = u64::from_str_radix(end, 16).ok()?;
    let permissions: [u8; 4] = field().as_bytes().try_into().ok()?;
    let offset = u64::from_str_radix(field(), 16).ok()?;
    let (major, minor) = field().split_once(':')?;
    let major = u32::from_str_radix(major, 16).ok()?;
    let minor = u32::from_str_radix(minor, 16).ok()?;
    let ino: u64 = field().parse().ok()?;
    if ino == 0 {
        return Some(None);
    }
    Some(Some(Mapping {
        start,
        end,
        permissions,
        offset,
        file: FileId {
            dev: rustix::fs::makedev(major, minor),
            ino,
        },
        path: rest.trim_start_matches(' '),
    }))
}

/// Reads `/proc/locks`: how many locks of open file descriptions each inode has. Needs no rights to the files, and says
/// nothing about who holds them. Source: proc(5); I-23.
#[must_use]
pub fn description_locks() -> std::collections::HashMap<u64, usize> {
    let mut count = std::collections::HashMap::new();
    let table = std::fs::read_to_string("/proc/locks").unwrap_or_default();
    for line in table.lines() {
        let mut fields = line.split_ascii_whitespace();
        if fields.any(|field| field == "OFDLCK")
            && let Some(inode) = fields
                .nth(3)
                .and_then(|file| file.rsplit(':').next()?.parse().ok())
        {
            *count.entry(inode).or_default() += 1;
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_maps_is_read_with_spaces_in_the_path() {
        // I-20
        let line = "7f00-7f01 rw-s 00002000 00:1a 42    /dev/shm/filemap/Global/a b (deleted)";
        let read = mapping(line).unwrap();
        assert_eq!((read.start, read.end, read.offset), (0x7f00, 0x7f01, 0x2000));
        assert_eq!((read.file.ino, &read.permissions), (42, b"rw-s"));
        assert_eq!(read.path, "/dev/shm/filemap/Global/a b (deleted)");
        assert_eq!(mapping("7f00-7f01 rw-p 00000000 00:00 0 "), None);
        assert_eq!(
            mapping_or_anonymous("7f00-7f01 rw-p 00000000 00:00 0 "),
            Some(None)
        );
        assert_eq!(mapping_or_anonymous("Rss:    4 kB"), None);
    }

    #[test]
    fn a_descriptor_with_our_lock_is_a_handle_and_others_are_not() {
        // I-22, I-23
        let text = "pos:\t7\nflags:\t02100002\nmnt_id:\t26\nino:\t9\n\
                    lock:\t1: OFDLCK ADVISORY  READ -1 00:1a:9 4611686018427387904 4611686018427387904\n";
        let info = descriptor_info(text);
        assert_eq!((info.position, info.flags, info.is_handle), (7, 0o2100002, true));
        assert!(!info.is_creator);
        let creators = descriptor_info(&text.replace("4611686018427387904 ", "4611682191612574143 "));
        assert!(creators.is_handle && creators.is_creator);
        let lock = handle_in(text.as_bytes()).unwrap();
        assert_eq!((lock.file.ino, lock.file.dev), (9, rustix::fs::makedev(0, 0x1a)));
        assert_eq!(lock.creator, None);
        // 7 is the process, 9 when it started: 2^62 - (9 << 22 | 7).
        let sevens = text.replace("4611686018427387904 ", "4611686018389639161 ");
        assert_eq!(handle_in(sevens.as_bytes()).unwrap().creator, Some((7, 9)));
        // Beside locks of other kinds, in any order and with lines of the file system's own; not where a line is cut.
        let posix = "lock:\t2: POSIX  ADVISORY  WRITE 7 00:1a:9 0 EOF\n";
        for more in [
            format!("{text}{posix}"),
            text.replace("lock:", &format!("{posix}lock:")),
            format!("{text}more: 1\n\n"),
        ] {
            assert_eq!(handle_in(more.as_bytes()), Some(lock), "{more}");
        }
        assert_eq!(handle_in(&text.as_bytes()[..text.len() - 30]), None);
        assert_eq!(handle_in(b""), None);
        assert_eq!(handle_in(b"\n\n"), None);
        for other in [
            text.replace("READ", "WRITE"),
            text.replace("OFDLCK", "POSIX"),
            text.replace("4611686018427387904", "4611686018427387906"),
        ] {
            assert!(!descriptor_info(&other).is_handle, "{other}");
            assert_eq!(handle_in(other.as_bytes()), None, "{other}");
        }
        assert_eq!(
            descriptor_info("lock:\nnoise\nflags: x"),
            DescriptorInfo::default()
        );
    }

    #[test]
    fn a_program_called_like_a_part_of_its_own_line_is_read_right() {
        // I-28
        let mut stat = "42 (a) R 1 (b) S 1".to_owned();
        for n in 5..=30 {
            stat.push_str(&format!(" {n}"));
        }
        assert_eq!(stat_field(&stat, 22), Some(22));
    }

    #[test]
    fn a_process_that_ended_stays_gone_though_its_number_may_come_again() {
        // I-28
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let held = Process::open(child.id()).unwrap();
        child.wait().unwrap();
        assert_eq!(held.start(), Err(Unseen::Gone));
        assert!(!held.is_alive());
        assert_eq!(held.for_each_descriptor(|_, _, _| ()), Err(Unseen::Gone));
    }

    #[test]
    fn ones_own_descriptors_and_mappings_are_seen() {
        // I-20, I-22
        let file = tempfile::tempfile().unwrap();
        let stat = rustix::fs::fstat(&file).unwrap();
        let me = Process::open(std::process::id()).unwrap();
        let mut seen = false;
        me.for_each_descriptor(|_, id, _| seen |= (id.dev, id.ino) == (stat.st_dev, stat.st_ino))
            .unwrap();
        assert!(seen);
        let mut mapped = 0;
        me.for_each_mapping(&mut String::new(), |_| mapped += 1).unwrap();
        assert!(mapped > 0, "the program itself");
        let mut again = 0;
        me.for_each_mapping_memory(&mut String::new(), |_, _| again += 1)
            .unwrap();
        assert!(again > 0);
    }
}
