//! Handles and views of objects in all processes (I-20..I-23, I-30).
//!
//! One pass over /proc: for each process its descriptors, and its mappings if views are asked for. A descriptor whose
//! description has the lock of a handle is one; others keep memory only, as those behind views do.

use super::entry::{Entry, Object};
use super::process::{ProcessInfo, info};
use crate::namespace::Namespace;
use crate::object::usual_rights;
use crate::refusal;
use crate::security::{self, AccessMask};
use filemap_core::error::{Error, Op, Why};
use filemap_core::kind::Kind;
use filemap_sys::os::proc::{self, Descriptors, FileId, HandleLock, Mapping, MappingMemory, Process, Unseen};
use filemap_sys::os::tmpfs::{self, OpenFor};
use std::collections::btree_map::Entry as Slot;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::ControlFlow;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

pub use filemap_sys::os::proc::MappingMemory as MappedMemory;

/// What a pass over the processes looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// Handles.
    Handles,
    /// Handles and views.
    Views,
    /// Handles, views, and the memory of each view: costs a walk of the page tables of every process that has one.
    Memory,
}

/// A handle in some process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handle {
    /// The object's file.
    pub object: FileId,
    /// The process.
    pub pid: u32,
    /// Its descriptor.
    pub number: u32,
    /// The descriptor may write: the most that the kernel will let it do.
    pub writable: bool,
    /// Children that run another program get it, too.
    pub inheritable: bool,
    /// It is a handle: it keeps the name. Else it is a descriptor that only keeps the memory, as one behind a view does.
    pub keeps_name: bool,
    /// It is the handle that the object was created with.
    pub is_creator: bool,
    /// The object's file has a name: it is neither unnamed nor gone.
    pub has_name: bool,
    noted: Option<u32>,
}

/// A view in some process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappedView {
    /// The file that it shows: the object's own or the disk file behind it.
    pub data: FileId,
    /// The process.
    pub pid: u32,
    /// Its first address.
    pub address: u64,
    /// Its length in bytes, whole pages.
    pub len: u64,
    /// Where in the object it begins, in bytes.
    pub offset: u64,
    /// It may be read.
    pub read: bool,
    /// It may be written.
    pub write: bool,
    /// It may be executed.
    pub execute: bool,
    /// What is written stays in the process (FILE_MAP_COPY).
    pub copy_on_write: bool,
    /// What memory it has; only with [`Detail::Memory`] and where the caller may know.
    pub memory: Option<MappedMemory>,
}

/// A process that the caller may not look into: it may hold what is asked about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnseenProcess {
    /// Its number.
    pub pid: u32,
    /// The user that it belongs to.
    pub uid: u32,
    /// Its program's name.
    pub program: String,
}

/// Handles and views, by process.
#[derive(Clone, Debug, Default)]
pub struct Usage {
    /// Handles, and descriptors that keep only memory; by process and number.
    pub handles: Vec<Handle>,
    /// Views, by process and address.
    pub views: Vec<MappedView>,
    /// Who the processes are.
    pub processes: BTreeMap<u32, ProcessInfo>,
    /// Processes that could not be looked into.
    pub unseen: Vec<UnseenProcess>,
}

impl Handle {
    /// The rights of the handle to an object of this kind: exact for handles of this library. Of two handles that share a
    /// descriptor in one process ([`FileMapping::duplicate`](crate::FileMapping::duplicate)), those of the first.
    #[must_use]
    pub fn rights(&self, kind: Kind) -> AccessMask {
        let access = match self.writable {
            true => OpenFor::Writing,
            false => OpenFor::Reading,
        };
        self.noted
            .map_or_else(|| usual_rights(kind, access, self.is_creator), AccessMask)
    }
}

impl MappedView {
    /// Protection as Windows calls it, such as `PAGE_READWRITE`.
    #[must_use]
    pub fn protection(&self) -> &'static str {
        match (self.read, self.write, self.execute, self.copy_on_write) {
            (_, true, true, true) => "PAGE_EXECUTE_WRITECOPY",
            (_, true, false, true) => "PAGE_WRITECOPY",
            (_, true, true, false) => "PAGE_EXECUTE_READWRITE",
            (_, true, false, false) => "PAGE_READWRITE",
            (true, false, true, _) => "PAGE_EXECUTE_READ",
            (false, false, true, _) => "PAGE_EXECUTE",
            (true, false, false, _) => "PAGE_READONLY",
            (false, false, false, _) => "PAGE_NOACCESS",
        }
    }
}

impl Usage {
    /// The handles to an object that keep its name.
    pub fn handles_of(&self, object: &Object) -> impl Iterator<Item = &Handle> {
        self.handles
            .iter()
            .filter(|h| h.object == object.id && h.keeps_name)
    }

    /// The views of an object. Those of a disk file are the views of all objects on that file.
    pub fn views_of(&self, object: &Object) -> impl Iterator<Item = &MappedView> {
        let is_mapping = object.kind == Kind::FileMapping;
        self.views
            .iter()
            .filter(move |view| is_mapping && same_file(view.data, object.data))
    }
}

/// The kernel shows some file systems under another device number in maps than in stat(2); inode numbers decide then.
fn same_file(mapped: FileId, file: FileId) -> bool {
    mapped == file
        || (mapped.ino == file.ino
            && rustix::fs::major(file.dev) == 0
            && mapped.dev != file.dev
            && !is_tmpfs(file))
}

fn is_tmpfs(file: FileId) -> bool {
    static SHM: OnceLock<Option<u64>> = OnceLock::new();
    let shm = SHM.get_or_init(|| rustix::fs::stat("/dev/shm").ok().map(|stat| stat.st_dev));
    *shm == Some(file.dev)
}

/// Handles and views of these objects, with the memory of the views.
///
/// # Errors
/// System errors of reading /proc.
pub fn usage_of(objects: &[&Object]) -> Result<Usage, Error> {
    let files: HashSet<FileId> = objects
        .iter()
        .flat_map(|object| [object.id, object.data])
        .collect();
    of_files(&files, Detail::Memory)
}

/// Who has these files open, and who has mapped them: objects' files or any others (`who FILE`, I-30).
///
/// # Errors
/// System errors of reading /proc.
pub fn usage_of_files(files: &[FileId], detail: Detail) -> Result<Usage, Error> {
    of_files(&files.iter().copied().collect(), detail)
}

fn of_files(files: &HashSet<FileId>, detail: Detail) -> Result<Usage, Error> {
    let inodes: HashSet<u64> = files.iter().map(|file| file.ino).collect();
    let mapped = |mapping: &Mapping<'_>| {
        inodes.contains(&mapping.file.ino) && files.iter().any(|file| same_file(mapping.file, *file))
    };
    scan(None, detail, |_, _, file| files.contains(&file), mapped)
}

/// Handles and views of everything in the tree, of its former objects, and unnamed objects.
///
/// # Errors
/// System errors of reading /proc.
pub fn usage_of_tree(space: &Namespace, detail: Detail) -> Result<Usage, Error> {
    of_everything(space, None, detail)
}

/// What one process has: everything in the tree, and unnamed objects.
///
/// # Errors
/// `ERROR_INVALID_PARAMETER` (87) if there is no such process, 5 if the caller may not look into it.
pub fn usage_of_process(space: &Namespace, pid: u32) -> Result<Usage, Error> {
    const OP: Op = Op::Other("look into process");
    if Process::open(pid).is_err() {
        return Err(Error::new(OP, pid.to_string(), Why::NoProcess { pid }));
    }
    let usage = of_everything(space, Some(pid), Detail::Memory)?;
    // Where /proc hides what is other users' (`hidepid`), a process is there and nothing in it is.
    let is_hidden = || Process::open(pid).is_ok_and(|process| process.start().is_err());
    match usage.unseen.is_empty() && !is_hidden() {
        true => Ok(usage),
        false => Err(Error::new(OP, pid.to_string(), Why::ProcessDenied { pid })),
    }
}

/// Which processes have handles to which objects' files: what a list of very many objects needs, in 12 bytes for each.
#[derive(Clone, Debug, Default)]
pub struct Holders {
    /// By device; ascending by inode and process, each pair once.
    devices: BTreeMap<u64, Vec<Held>>,
    /// When those processes started that created something which they still hold.
    creators: BTreeMap<u32, u64>,
}

/// A file and a process: the inode's upper and lower half; the process and, as the lowest bit, whether it is the creator.
type Held = [u32; 3];

fn held(ino: u64, pid: u32, is_creator: bool) -> Held {
    // A process number has 22 bits at most.
    [(ino >> 32) as u32, ino as u32, pid << 1 | u32::from(is_creator)]
}

fn pid_of(held: &Held) -> u32 {
    held[2] >> 1
}

impl Holders {
    fn held(&self, file: FileId) -> impl Iterator<Item = &Held> {
        let all = self.devices.get(&file.dev).map_or(&[][..], Vec::as_slice);
        let first = held(file.ino, 0, false);
        let start = all.partition_point(|one| *one < first);
        all[start..].iter().take_while(move |one| one[..2] == first[..2])
    }

    /// The processes that have a handle to a file, ascending.
    pub fn of(&self, file: FileId) -> impl Iterator<Item = u32> {
        self.held(file).map(pid_of)
    }

    /// Whether nobody has a handle, as far as is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.devices.is_empty()
    }

    /// Every process that has a handle to anything, ascending.
    #[must_use]
    pub fn processes(&self) -> BTreeSet<u32> {
        let mut found = BTreeSet::new();
        let mut last = None;
        // What one process made comes in one piece, mostly.
        for pid in self.devices.values().flatten().map(pid_of) {
            if last.replace(pid) != Some(pid) {
                found.insert(pid);
            }
        }
        found
    }

    /// Process number and start time of an object's creator, if he has still the handle that he got by that.
    pub(super) fn creator_of(&self, file: FileId) -> Option<(u32, u64)> {
        let creator = self.held(file).find(|one| one[2] & 1 != 0)?;
        let pid = pid_of(creator);
        Some((pid, *self.creators.get(&pid)?))
    }

    /// Notes a handle of a process, which tells when it started if it is asked.
    fn add(&mut self, pid: u32, lock: HandleLock, started: impl FnOnce() -> Option<u64>) {
        // The handle may have been handed on, and in another name space the creator knew himself by another number.
        let creator = lock.creator.filter(|(creator, _)| *creator == pid);
        let creator = creator.filter(|(_, start)| started() == Some(*start));
        if let Some((pid, start)) = creator {
            self.creators.insert(pid, start);
        }
        self.devices
            .entry(lock.file.dev)
            .or_default()
            .push(held(lock.file.ino, pid, creator.is_some()));
    }

    /// Takes what another has, and the memory of that at once.
    fn append(&mut self, mut other: Holders) {
        self.creators.append(&mut other.creators);
        for (device, mut all) in other.devices {
            match self.devices.entry(device) {
                Slot::Vacant(slot) => drop(slot.insert(all)),
                Slot::Occupied(slot) => slot.into_mut().append(&mut all),
            }
        }
    }

    fn sort(&mut self) {
        for all in self.devices.values_mut() {
            all.sort_unstable();
            all.dedup_by(|later, first| {
                let is_same = later[..2] == first[..2] && pid_of(later) == pid_of(first);
                if is_same {
                    first[2] |= later[2];
                }
                is_same
            });
        }
    }
}

/// Which processes have handles to which objects' files. Objects on other file systems may be among them.
///
/// # Errors
/// System errors of reading /proc.
pub fn holders() -> Result<Holders, Error> {
    let pids = proc::pids().map_err(|e| refusal::system(Op::ListObjects, "/proc", e))?;
    // What may not be seen is told by those who look closer.
    let parts = in_threads(&pids, |pid, (found, large): &mut (Holders, Vec<_>)| {
        let seen = Process::open(*pid).and_then(|process| Ok((process.descriptors()?, process)));
        let Ok((descriptors, process)) = seen else {
            return;
        };
        let process = Holding {
            process,
            descriptors,
            started: OnceLock::new(),
        };
        match process.descriptors.numbers.len() {
            PART.. if large.len() < LARGE => large.push(process),
            _ => process.look_at(&process.descriptors.numbers, found),
        }
    });
    let mut found = Holders::default();
    let mut large = Vec::new();
    for (part, of_large) in parts {
        found.append(part);
        large.extend(of_large);
    }
    // One process with very many keeps all threads busy, too.
    let parts: Vec<_> = large
        .iter()
        .flat_map(|process| {
            let parts = process.descriptors.numbers.chunks(PART);
            parts.map(move |part| (process, part))
        })
        .collect();
    for part in in_threads(&parts, |(process, part), found: &mut Holders| {
        process.look_at(part, found)
    }) {
        found.append(part);
    }
    found.sort();
    Ok(found)
}

/// A process whose handles are looked for.
struct Holding {
    process: Process,
    descriptors: Descriptors,
    started: OnceLock<Option<u64>>,
}

impl Holding {
    fn look_at(&self, numbers: &[u32], found: &mut Holders) {
        let started = || *self.started.get_or_init(|| self.process.start().ok());
        // What it had until it ended is no longer held.
        let _ = self
            .descriptors
            .for_each_handle(numbers, |lock| found.add(self.process.pid, lock, started));
    }
}

/// Descriptors that a thread looks at before it looks for other work.
const PART: usize = 1024;
/// Processes that a thread leaves to all threads together: each keeps two descriptors open meanwhile.
const LARGE: usize = 64;

/// A few threads share the work: most of the time goes to the kernel, which makes up what /proc shows.
fn in_threads<I: Sync, T: Default + Send>(items: &[I], each: impl Fn(&I, &mut T) + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let workers = workers.min(4).min(items.len()).max(1);
    let work = || {
        let mut found = T::default();
        while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
            each(item, &mut found);
        }
        found
    };
    std::thread::scope(|scope| {
        // Without another thread, for want of memory say, this one does it all.
        let start = |_| std::thread::Builder::new().spawn_scoped(scope, work).ok();
        let others: Vec<_> = (1..workers).map_while(start).collect();
        let mut all = vec![work()];
        all.extend(others.into_iter().filter_map(|other| other.join().ok()));
        all
    })
}

fn of_everything(space: &Namespace, only: Option<u32>, detail: Detail) -> Result<Usage, Error> {
    let devices = devices(space);
    let anonymous = anonymous_device();
    let (shared, own) = space.roots();
    let (shared, own) = (shared.to_string_lossy(), own.to_string_lossy());
    let wanted = |process: &Process, number: u32, file: FileId| {
        devices.contains(&file.dev) || (Some(file.dev) == anonymous && is_unnamed_object(process, number))
    };
    let files = match detail {
        Detail::Handles => Vec::new(),
        Detail::Views | Detail::Memory => disk_files(space)?,
    };
    let inodes: HashSet<u64> = files.iter().map(|file| file.ino).collect();
    let mapped = |mapping: &Mapping<'_>| {
        let in_tree = mapping.path.starts_with(&*shared) || mapping.path.starts_with(&*own);
        (in_tree && devices.contains(&mapping.file.dev))
            || mapping.path.starts_with("/memfd:filemap (")
            || (inodes.contains(&mapping.file.ino) && files.iter().any(|file| same_file(mapping.file, *file)))
    };
    let mut usage = scan(only, detail, wanted, mapped)?;
    // Descriptors of the directories themselves are neither handles nor memory. What has a name, but none here, is an object
    // of another tree; asked last, so that what is made meanwhile is known.
    let views: HashSet<FileId> = usage.views.iter().map(|view| view.data).collect();
    let linked = super::orphans::linked_inodes(space);
    usage.handles.retain(|handle| {
        let is_unnamed = !devices.contains(&handle.object.dev);
        let is_here = !handle.has_name || linked.contains(&handle.object.ino);
        (handle.keeps_name && is_here) || is_unnamed || views.contains(&handle.object)
    });
    let users: HashSet<u32> = usage
        .handles
        .iter()
        .map(|h| h.pid)
        .chain(usage.views.iter().map(|v| v.pid))
        .collect();
    usage.processes.retain(|pid, _| users.contains(pid));
    Ok(usage)
}

/// The disk files behind the tree's objects: their views are in no file of the tree.
fn disk_files(space: &Namespace) -> Result<Vec<FileId>, Error> {
    let mut files = Vec::new();
    super::for_each(space, super::Scope::Everything, |entry| {
        if let Entry::Live(object) = entry
            && object.data != object.id
        {
            files.push(object.data);
        }
        ControlFlow::Continue(())
    })?;
    files.sort_unstable();
    files.dedup();
    Ok(files)
}

/// The device of files without a directory, where unnamed objects are.
fn anonymous_device() -> Option<u64> {
    use std::os::fd::AsFd;
    let file = tmpfs::anonymous_file(c"filemap-probe").ok()?;
    tmpfs::stat(file.as_fd()).ok().map(|stat| stat.st_dev)
}

fn is_unnamed_object(process: &Process, number: u32) -> bool {
    let path = process.descriptor_path(number);
    path.is_some_and(|path| path.to_string_lossy().starts_with("/memfd:filemap ("))
}

/// The devices that the tree is on.
pub(super) fn devices(space: &Namespace) -> Vec<u64> {
    let (shared, own) = space.roots();
    let mut devices: Vec<u64> = [shared, own]
        .into_iter()
        .filter_map(|root| rustix::fs::stat(root).ok())
        .map(|stat| stat.st_dev)
        .collect();
    devices.dedup();
    devices
}

fn scan(
    only: Option<u32>,
    detail: Detail,
    wanted: impl Fn(&Process, u32, FileId) -> bool + Sync,
    mapped: impl Fn(&Mapping<'_>) -> bool + Sync,
) -> Result<Usage, Error> {
    let pids = match only {
        Some(pid) => vec![pid],
        None => proc::pids().map_err(|e| refusal::system(Op::ListObjects, "/proc", e))?,
    };
    let parts = in_threads(&pids, |pid, (usage, text): &mut (Usage, String)| {
        scan_one(*pid, detail, &wanted, &mapped, text, usage);
    });
    let mut usage = Usage::default();
    for (part, _) in parts {
        usage.handles.extend(part.handles);
        usage.views.extend(part.views);
        usage.processes.extend(part.processes);
        usage.unseen.extend(part.unseen);
    }
    usage
        .handles
        .sort_unstable_by_key(|handle| (handle.pid, handle.number));
    usage.views.sort_unstable_by_key(|view| (view.pid, view.address));
    usage.unseen.sort_unstable();
    Ok(usage)
}

fn scan_one(
    pid: u32,
    detail: Detail,
    wanted: &impl Fn(&Process, u32, FileId) -> bool,
    mapped: &impl Fn(&Mapping<'_>) -> bool,
    text: &mut String,
    usage: &mut Usage,
) {
    let Ok(process) = Process::open(pid) else {
        return;
    };
    let (handles, views) = (usage.handles.len(), usage.views.len());
    if let Err(why) = look(&process, detail, wanted, mapped, text, usage) {
        usage.handles.truncate(handles);
        usage.views.truncate(views);
        // One that has ended holds nothing any more; kernel threads and zombies have nothing to see.
        if why != Unseen::Gone
            && let Some(uid) = process.user()
        {
            let program = process.program().unwrap_or_default();
            usage.unseen.push(UnseenProcess { pid, uid, program });
        }
        return;
    }
    if usage.handles.len() > handles || usage.views.len() > views {
        match info(&process) {
            Ok(info) => drop(usage.processes.insert(pid, info)),
            Err(_) => {
                // It ended in the meantime, and with it all that it had.
                usage.handles.truncate(handles);
                usage.views.truncate(views);
            }
        }
    }
}

fn look(
    process: &Process,
    detail: Detail,
    wanted: &impl Fn(&Process, u32, FileId) -> bool,
    mapped: &impl Fn(&Mapping<'_>) -> bool,
    text: &mut String,
    usage: &mut Usage,
) -> Result<(), Unseen> {
    let pid = process.pid;
    let mut found = Vec::new();
    process.for_each_descriptor(|number, file, names| {
        if wanted(process, number, file) {
            found.push((number, file, names));
        }
    })?;
    found.sort_unstable();
    usage.handles.reserve(found.len());
    process.for_each_descriptor_info(found.iter().map(|(number, ..)| *number), |number, info| {
        let at = found.partition_point(|(known, ..)| *known < number);
        let Some((_, object, names)) = found.get(at).filter(|(known, ..)| *known == number) else {
            return;
        };
        usage.handles.push(Handle {
            object: *object,
            pid,
            number,
            writable: info.flags & (libc::O_ACCMODE as u32) != libc::O_RDONLY as u32,
            inheritable: info.flags & libc::O_CLOEXEC as u32 == 0,
            keeps_name: info.is_handle,
            is_creator: info.is_creator,
            has_name: *names > 0,
            noted: tmpfs::noted_rights(info.position),
        });
    })?;
    if detail == Detail::Handles {
        return Ok(());
    }
    let first = usage.views.len();
    process.for_each_mapping(text, |mapping| {
        if mapped(&mapping) {
            usage.views.push(view_of(pid, &mapping, None));
        }
    })?;
    if detail == Detail::Memory && usage.views.len() > first {
        let mut with_memory = Vec::new();
        let seen = process.for_each_mapping_memory(text, |mapping, memory| {
            if mapped(&mapping) {
                with_memory.push(view_of(pid, &mapping, Some(memory)));
            }
        });
        match seen {
            Ok(()) => {
                usage.views.truncate(first);
                usage.views.extend(with_memory);
            }
            Err(Unseen::Denied) => {} // maps may be read, page tables not
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

fn view_of(pid: u32, mapping: &Mapping<'_>, memory: Option<MappingMemory>) -> MappedView {
    let [read, write, execute, sharing] = mapping.permissions;
    MappedView {
        data: mapping.file,
        pid,
        address: mapping.start,
        len: mapping.end.saturating_sub(mapping.start),
        offset: mapping.offset,
        read: read == b'r',
        write: write == b'w',
        execute: execute == b'x',
        copy_on_write: sharing == b'p',
        memory,
    }
}

impl UnseenProcess {
    /// The name of its user.
    #[must_use]
    pub fn user(&self) -> String {
        security::user_name(self.uid)
    }
}
