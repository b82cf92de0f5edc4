//! Object files: made without a name, published at once, measured, filled.

use crate::SysError;
use crate::os::crash::point;
use filemap_core::layout::Footer;
use filemap_core::plain;
use filemap_core::section::PAGE;
use rustix::fs::{AtFlags, CWD, FallocateFlags, Mode, OFlags, ResolveFlags, Stat};
use rustix::io::{Errno, retry_on_intr};
use std::ffi::CStr;
use std::ops::ControlFlow;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};

/// Bytes of memory that are asked for at once, so that signals don't undo everything.
const CHUNK: u64 = 64 << 20;
/// The most bytes that [`write_small`] writes without the last part.
pub const ZEROES: usize = 16 << 10;

/// Access mode of an open file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenFor {
    /// Reading only: the kernel refuses writable views.
    Reading,
    /// Reading and writing.
    Writing,
}

impl OpenFor {
    fn flags(self) -> OFlags {
        match self {
            OpenFor::Reading => OFlags::RDONLY,
            OpenFor::Writing => OFlags::RDWR,
        }
    }
}

/// How the names of files begin that are being made where there is no `O_TMPFILE`. No object has such a name.
const DRAFT: &str = ".draft-";

/// A new file in `dir` that nobody finds by an object's name, open for reading and writing: it has no name, or, where the
/// file system or a filter knows no `O_TMPFILE`, one that says who is making it. Source: open(2), `O_TMPFILE`.
pub fn unnamed_file(dir: BorrowedFd<'_>, mode: u32) -> Result<OwnedFd, SysError> {
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    let mode = Mode::from_raw_mode(mode);
    match retry_on_intr(|| rustix::fs::openat(dir, c".", flags, mode)) {
        Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::NOSYS) => {
            let name = super::process::name_of_this_process(DRAFT);
            let flags = OFlags::CREATE | OFlags::EXCL | OFlags::RDWR | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            WITH_DRAFTS.store(true, Ordering::Relaxed);
            retry_on_intr(|| rustix::fs::openat(dir, &name, flags, mode))
                .map_err(SysError::of("open(O_EXCL)"))
        }
        other => other.map_err(SysError::of("open(O_TMPFILE)")),
    }
}

/// This process has met a place without `O_TMPFILE`.
static WITH_DRAFTS: AtomicBool = AtomicBool::new(false);

/// The name under which a file is being made, if it has one.
fn draft_name(file: BorrowedFd<'_>) -> Option<String> {
    if !WITH_DRAFTS.load(Ordering::Relaxed) {
        return None;
    }
    let path = rustix::fs::readlink(descriptor_path(file).as_str(), Vec::new()).ok()?;
    let name = path.to_str().ok()?.rsplit('/').next()?.to_owned();
    name.starts_with(DRAFT).then_some(name)
}

/// Takes back a file of [`unnamed_file`] that is not to be published.
pub fn discard(file: BorrowedFd<'_>, dir: BorrowedFd<'_>) {
    if let Some(name) = draft_name(file) {
        // If that fails it is left to whoever sweeps when this process has ended.
        let _ = rustix::fs::unlinkat(dir, name, AtFlags::empty());
    }
}

/// Whether a file name is that of a file which a process began to make, and which it can't finish: it has ended.
#[must_use]
pub fn is_abandoned_draft(name: &str) -> bool {
    let Some(maker) = name.strip_prefix(DRAFT) else {
        return false;
    };
    let mut parts = maker.split('-');
    let (Some(Ok(pid)), Some(Ok(start))) =
        (parts.next().map(str::parse), parts.next().map(str::parse::<u64>))
    else {
        return false;
    };
    super::process::start_time(pid) != start
}

/// What the file of a plain object has in its mode (`filemap_core::plain`). The system does nothing by it, no umask takes it
/// away, and no write.
pub const PLAIN: u32 = 0o1000;

/// A new, empty file for a plain object under a name in `dir`, open for reading and writing; `None` if the name is taken.
/// Source: open(2), `O_CREAT | O_EXCL`.
pub fn claim(dir: BorrowedFd<'_>, name: &CStr, mode: u32) -> Result<Option<OwnedFd>, SysError> {
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::RDWR | OFlags::CLOEXEC | OFlags::NOATIME;
    match retry_on_intr(|| rustix::fs::openat(dir, name, flags, Mode::from_raw_mode(mode | PLAIN))) {
        Ok(file) => Ok(Some(file)),
        Err(Errno::EXIST) => Ok(None),
        Err(e) => Err(SysError::of("open(O_CREAT)")(e)),
    }
}

/// Makes the file of a plain object one with a footer. Of two processes at it, one after the other writes the same; whoever
/// stops in between leaves an object (`filemap_core::plain`), and a reader sees one at every moment.
pub fn give_footer(file: BorrowedFd<'_>, facts: &Facts, object: &Footer) -> Result<(), SysError> {
    point("before room for footer");
    set_len(file, plain::len_with_room(object))?;
    point("after room for footer");
    write_at(file, &object.to_bytes(), object.offset())?;
    point("after first footer");
    set_mode(file, facts.mode & 0o777)?;
    point("after mark");
    set_len(file, object.offset() + PAGE)
}

/// What the life of an object depends on, of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Number of the file system's device.
    pub dev: u64,
    /// Inode number.
    pub ino: u64,
    /// Type and permissions.
    pub mode: u32,
    /// The owner.
    pub uid: u32,
    /// How many names it has.
    pub links: u32,
    /// Length in bytes.
    pub len: u64,
    /// When it was made, in nanoseconds since 1970 (UTC); 0 if the file system does not say.
    pub born: u64,
    /// Memory (or disk space) that it takes, in bytes.
    pub allocated: u64,
}

impl Facts {
    /// [`Facts`] of an open file.
    ///
    /// Whoever asks for times makes the kernel write exact ones at the next change, and the first write to a page of a
    /// shared view is one: 0.6 microseconds. So nobody asks here. Source: statx(2), "multigrain timestamps".
    pub fn of(file: BorrowedFd<'_>) -> Result<Facts, SysError> {
        match Facts::ask(file, c"", AtFlags::EMPTY_PATH) {
            Err(Errno::NOSYS | Errno::PERM) => stat(file).map(Facts::from), // statx is kept from us
            other => other.map_err(SysError::of("statx")),
        }
    }

    /// [`Facts`] of what a name in `dir` leads to, a symbolic link itself included.
    pub fn of_name(dir: BorrowedFd<'_>, name: &CStr) -> Result<Facts, SysError> {
        match Facts::ask(dir, name, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOSYS | Errno::PERM) => stat_name(dir, name).map(Facts::from),
            other => other.map_err(SysError::of("statx")),
        }
    }

    fn ask(dir: BorrowedFd<'_>, name: &CStr, flags: AtFlags) -> Result<Facts, Errno> {
        use rustix::fs::StatxFlags;
        let wanted = StatxFlags::TYPE
            | StatxFlags::MODE
            | StatxFlags::NLINK
            | StatxFlags::UID
            | StatxFlags::INO
            | StatxFlags::SIZE
            | StatxFlags::BLOCKS
            | StatxFlags::BTIME;
        let told = retry_on_intr(|| rustix::fs::statx(dir, name, flags, wanted))?;
        Ok(Facts {
            dev: rustix::fs::makedev(told.stx_dev_major, told.stx_dev_minor),
            ino: told.stx_ino,
            mode: told.stx_mode.into(),
            uid: told.stx_uid,
            links: told.stx_nlink,
            len: told.stx_size,
            born: (told.stx_btime.tv_sec as u64)
                .wrapping_mul(1_000_000_000)
                .wrapping_add(told.stx_btime.tv_nsec.into()),
            allocated: told.stx_blocks.saturating_mul(512),
        })
    }

    /// Device and inode number.
    #[must_use]
    pub fn identity(&self) -> (u64, u64) {
        (self.dev, self.ino)
    }

    /// Whether it is an ordinary file.
    #[must_use]
    pub fn is_ordinary(&self) -> bool {
        rustix::fs::FileType::from_raw_mode(self.mode).is_file()
    }

    /// Whether it is the file of a plain object, finished or not: one without a footer.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.is_ordinary() && self.mode & PLAIN != 0
    }
}

impl From<Stat> for Facts {
    fn from(stat: Stat) -> Facts {
        Facts {
            dev: stat.st_dev,
            ino: stat.st_ino,
            mode: stat.st_mode,
            uid: stat.st_uid,
            links: stat.st_nlink as u32,
            len: stat.st_size as u64,
            born: 0,
            allocated: (stat.st_blocks as u64).saturating_mul(512),
        }
    }
}

/// Sets the mode whatever the process's umask is. Source: fchmod(2).
pub fn set_mode(file: BorrowedFd<'_>, mode: u32) -> Result<(), SysError> {
    rustix::fs::fchmod(file, Mode::from_raw_mode(mode)).map_err(SysError::of("fchmod"))
}

/// Gives the file to a user; only root may. Source: fchown(2).
pub fn set_owner(file: BorrowedFd<'_>, uid: u32) -> Result<(), SysError> {
    rustix::fs::fchown(file, Some(rustix::fs::Uid::from_raw(uid)), None).map_err(SysError::of("fchown"))
}

/// The attribute that holds a file's access control list.
const ACL: &CStr = c"system.posix_acl_access";

/// Sets the access control list, and with it the mode; the value is as in `linux/posix_acl_xattr.h`. `false` where the file
/// system keeps none. Source: fsetxattr(2), acl(5).
pub fn set_acl(file: BorrowedFd<'_>, value: &[u8]) -> Result<bool, SysError> {
    match rustix::fs::fsetxattr(file, ACL, value, rustix::fs::XattrFlags::empty()) {
        Ok(()) => Ok(true),
        Err(Errno::OPNOTSUPP) => Ok(false),
        Err(e) => Err(SysError::of("fsetxattr")(e)),
    }
}

/// Takes the access control list away; the mode stays. Source: fremovexattr(2).
pub fn remove_acl(file: BorrowedFd<'_>) -> Result<(), SysError> {
    match rustix::fs::fremovexattr(file, ACL) {
        Ok(()) | Err(Errno::NODATA | Errno::OPNOTSUPP) => Ok(()),
        Err(e) => Err(SysError::of("fremovexattr")(e)),
    }
}

/// The access control list as bytes; `None` if mode bits are all. Source: fgetxattr(2).
pub fn acl(file: BorrowedFd<'_>) -> Result<Option<Vec<u8>>, SysError> {
    let mut value = vec![0; 1 << 16];
    match rustix::fs::fgetxattr(file, ACL, &mut value[..]) {
        Ok(len) => {
            value.truncate(len);
            Ok(Some(value))
        }
        Err(Errno::NODATA | Errno::OPNOTSUPP) => Ok(None),
        Err(e) => Err(SysError::of("fgetxattr")(e)),
    }
}

/// [`acl`] of the file at a path; no right to the file is needed. Source: lgetxattr(2).
pub fn acl_at(path: &std::path::Path) -> Result<Option<Vec<u8>>, SysError> {
    let mut value = vec![0; 1 << 16];
    match rustix::fs::lgetxattr(path, ACL, &mut value[..]) {
        Ok(len) => {
            value.truncate(len);
            Ok(Some(value))
        }
        Err(Errno::NODATA | Errno::OPNOTSUPP) => Ok(None),
        Err(e) => Err(SysError::of("lgetxattr")(e)),
    }
}

/// Gives an unnamed file its name; `false` if the name is taken. Source: linkat(2).
pub fn publish(file: BorrowedFd<'_>, dir: BorrowedFd<'_>, name: &CStr) -> Result<bool, SysError> {
    if let Some(draft) = draft_name(file) {
        // One name in place of the other: the object never has two.
        return match rustix::fs::renameat_with(dir, draft, dir, name, rustix::fs::RenameFlags::NOREPLACE) {
            Ok(()) => Ok(true),
            Err(Errno::EXIST) => Ok(false),
            Err(e) => Err(SysError::of("renameat2")(e)),
        };
    }
    // Linking by descriptor is allowed to whoever opened the file since Linux 6.10; before, through /proc.
    static BY_DESCRIPTOR: AtomicBool = AtomicBool::new(true);
    if BY_DESCRIPTOR.load(Ordering::Relaxed) {
        match rustix::fs::linkat(file, c"", dir, name, AtFlags::EMPTY_PATH) {
            Ok(()) => return Ok(true),
            Err(Errno::EXIST) => return Ok(false),
            Err(Errno::NOENT | Errno::PERM | Errno::ACCESS | Errno::INVAL) => {}
            Err(e) => return Err(SysError::of("linkat")(e)),
        }
    }
    let path = descriptor_path(file);
    match rustix::fs::linkat(CWD, path.as_str(), dir, name, AtFlags::SYMLINK_FOLLOW) {
        Ok(()) => {
            BY_DESCRIPTOR.store(false, Ordering::Relaxed);
            Ok(true)
        }
        Err(Errno::EXIST) => Ok(false),
        Err(e) => Err(SysError::of("linkat")(e)),
    }
}

/// Opens the file that has the name in `dir`; never through a symbolic link, never waiting for a FIFO's other end.
///
/// Nobody asks when an object was last read, so reads and maps of an own file don't note it (O_NOATIME, which only the
/// owner of a file may use: 0.3 microseconds of an open and a map). Source: open(2).
pub fn open_name(dir: BorrowedFd<'_>, name: &CStr, access: OpenFor) -> Result<OwnedFd, SysError> {
    let flags = access.flags() | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    let open = |flags| retry_on_intr(|| rustix::fs::openat(dir, name, flags, Mode::empty()));
    match open(flags | OFlags::NOATIME) {
        Err(Errno::PERM) => open(flags),
        other => other,
    }
    .map_err(SysError::of("open"))
}

/// Opens a path below `dir` without following any symbolic link and without leaving it. Source: openat2(2).
pub fn open_beneath(dir: BorrowedFd<'_>, path: &CStr, flags: OFlags) -> Result<OwnedFd, SysError> {
    let resolve = ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS | ResolveFlags::BENEATH;
    retry_on_intr(|| rustix::fs::openat2(dir, path, flags | OFlags::CLOEXEC, Mode::empty(), resolve))
        .map_err(SysError::of("openat2"))
}

/// A second, unlocked description of the same file. Source: proc(5), `/proc/PID/fd`.
pub fn reopen(file: BorrowedFd<'_>, access: OpenFor) -> Result<OwnedFd, SysError> {
    let path = descriptor_path(file);
    retry_on_intr(|| rustix::fs::open(path.as_str(), access.flags() | OFlags::CLOEXEC, Mode::empty()))
        .map_err(SysError::of("open(/proc/self/fd)"))
}

/// A second descriptor of the same description, closed on exec. Source: fcntl(2), `F_DUPFD_CLOEXEC`.
pub fn duplicate(file: BorrowedFd<'_>) -> Result<OwnedFd, SysError> {
    rustix::io::fcntl_dupfd_cloexec(file, 0).map_err(SysError::of("fcntl(F_DUPFD_CLOEXEC)"))
}

fn descriptor_path(file: BorrowedFd<'_>) -> String {
    format!("/proc/self/fd/{}", file.as_raw_fd())
}

/// Facts about an open file. Source: fstat(2).
pub fn stat(file: BorrowedFd<'_>) -> Result<Stat, SysError> {
    retry_on_intr(|| rustix::fs::fstat(file)).map_err(SysError::of("fstat"))
}

/// Facts about what a name in `dir` leads to, a symbolic link itself included. Source: fstatat(2).
pub fn stat_name(dir: BorrowedFd<'_>, name: &CStr) -> Result<Stat, SysError> {
    retry_on_intr(|| rustix::fs::statat(dir, name, AtFlags::SYMLINK_NOFOLLOW))
        .map_err(SysError::of("fstatat"))
}

/// Whether the mode of a [`stat`] says "ordinary file".
#[must_use]
pub fn is_ordinary(stat: &Stat) -> bool {
    rustix::fs::FileType::from_raw_mode(stat.st_mode).is_file()
}

/// Removes a name. Source: unlinkat(2).
pub fn unlink(dir: BorrowedFd<'_>, name: &CStr) -> Result<(), SysError> {
    rustix::fs::unlinkat(dir, name, AtFlags::empty()).map_err(SysError::of("unlink"))
}

/// Sets the length in bytes without taking memory. Source: ftruncate(2).
pub fn set_len(file: BorrowedFd<'_>, len: u64) -> Result<(), SysError> {
    retry_on_intr(|| rustix::fs::ftruncate(file, len)).map_err(SysError::of("ftruncate"))
}

/// Takes the memory (or disk space) of `len` bytes from `offset`, growing the file if need be. ENOSPC if it is not to be had,
/// EOPNOTSUPP where the file system can't. Source: fallocate(2).
pub fn allocate(file: BorrowedFd<'_>, offset: u64, len: u64) -> Result<(), SysError> {
    let mut done = 0;
    while done < len {
        let part = CHUNK.min(len - done);
        match rustix::fs::fallocate(file, FallocateFlags::empty(), offset + done, part) {
            Ok(()) => done += part,
            Err(Errno::INTR) => {}
            Err(e) => return Err(SysError::of("fallocate")(e)),
        }
        point("prepare: memory");
    }
    Ok(())
}

/// Writes all of `bytes` at `offset`. Source: pwrite(2).
pub fn write_at(file: BorrowedFd<'_>, mut bytes: &[u8], mut offset: u64) -> Result<(), SysError> {
    while !bytes.is_empty() {
        match rustix::io::pwrite(file, bytes, offset) {
            Ok(0) => {
                return Err(SysError {
                    call: "pwrite",
                    errno: libc::ENOSPC,
                });
            }
            Ok(n) => {
                bytes = &bytes[n..];
                offset += n as u64;
            }
            Err(Errno::INTR) => {}
            Err(e) => return Err(SysError::of("pwrite")(e)),
        }
    }
    Ok(())
}

/// Writes the last page of a footer anew, after the file's permissions were changed.
pub fn replace_footer(file: BorrowedFd<'_>, last_page: &[u8], offset: u64) -> Result<(), SysError> {
    point("before new footer");
    write_at(file, last_page, offset)?;
    point("after new footer");
    Ok(())
}

/// Writes `len` bytes of memory from the start of a new file, `contents` and then zeroes, and `last` after them: takes the
/// memory on the way, ENOSPC if it is not to be had. `len` is [`ZEROES`] at most. Source: pwritev(2).
pub fn write_small(file: BorrowedFd<'_>, contents: &[u8], len: usize, last: &[u8]) -> Result<(), SysError> {
    static NOTHING: [u8; ZEROES] = [0; ZEROES];
    let zeroes = &NOTHING[..len - contents.len()];
    let parts = [contents, zeroes, last].map(std::io::IoSlice::new);
    let all = len + last.len();
    let written = loop {
        match rustix::io::pwritev(file, &parts, 0) {
            Err(Errno::INTR) => {}
            other => break other.map_err(SysError::of("pwritev"))?,
        }
    };
    point("prepare: memory");
    match written {
        _ if written == all => Ok(()),
        // The rest tells by its error why not all could be written.
        _ => {
            let all = [contents, zeroes, last].concat();
            write_at(file, &all[written..], written as u64)
        }
    }
}

/// Reads up to `buffer.len()` bytes at `offset`; fewer only at the end of the file. Source: pread(2).
pub fn read_at(file: BorrowedFd<'_>, buffer: &mut [u8], offset: u64) -> Result<usize, SysError> {
    let mut done = 0;
    while done < buffer.len() {
        match rustix::io::pread(file, &mut buffer[done..], offset + done as u64) {
            Ok(0) => break,
            Ok(n) => done += n,
            Err(Errno::INTR) => {}
            Err(e) => return Err(SysError::of("pread")(e)),
        }
    }
    Ok(done)
}

/// Free bytes of the file system that holds `file`, for the calling user; `u64::MAX` where it sets no limit (memfds).
/// Source: fstatvfs(3).
pub fn free_bytes(file: BorrowedFd<'_>) -> Result<u64, SysError> {
    let s = rustix::fs::fstatvfs(file).map_err(SysError::of("fstatvfs"))?;
    match s.f_blocks {
        0 => Ok(u64::MAX),
        _ => Ok(s.f_bavail.saturating_mul(s.f_frsize)),
    }
}

/// Whether the file system that holds `file` keeps its data in memory. Source: fstatfs(2), TMPFS_MAGIC and RAMFS_MAGIC.
pub fn is_in_memory(file: BorrowedFd<'_>) -> Result<bool, SysError> {
    const TMPFS_MAGIC: u64 = 0x0102_1994;
    const RAMFS_MAGIC: u64 = 0x8584_58F6;
    let s = rustix::fs::fstatfs(file).map_err(SysError::of("fstatfs"))?;
    Ok(matches!(s.f_type as u64 & 0xFFFF_FFFF, TMPFS_MAGIC | RAMFS_MAGIC))
}

/// How many files more the file system that holds `file` takes from the calling user; `None` if it sets no limit.
/// Source: fstatvfs(3).
pub fn free_files(file: BorrowedFd<'_>) -> Result<Option<u64>, SysError> {
    let s = rustix::fs::fstatvfs(file).map_err(SysError::of("fstatvfs"))?;
    Ok((s.f_files != 0).then_some(s.f_favail))
}

/// Whether the file system that holds `file` is mounted noexec. Source: fstatvfs(3).
pub fn is_noexec(file: BorrowedFd<'_>) -> Result<bool, SysError> {
    let s = rustix::fs::fstatvfs(file).map_err(SysError::of("fstatvfs"))?;
    Ok(s.f_flag.contains(rustix::fs::StatVfsMountFlags::NOEXEC))
}

/// An unnamed object's memory: a memfd of `len` bytes that nobody can cut or grow afterwards (call [`seal`] when filled).
/// Source: memfd_create(2).
pub fn anonymous_file(name: &CStr) -> Result<OwnedFd, SysError> {
    use rustix::fs::MemfdFlags;
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    match rustix::fs::memfd_create(name, flags | MemfdFlags::EXEC) {
        Err(Errno::INVAL) => rustix::fs::memfd_create(name, flags), // before Linux 6.3
        other => other,
    }
    .map_err(SysError::of("memfd_create"))
}

/// Fixes the length of an anonymous file for ever. Source: fcntl(2), "File sealing".
pub fn seal(file: BorrowedFd<'_>) -> Result<(), SysError> {
    use rustix::fs::SealFlags;
    rustix::fs::fcntl_add_seals(file, SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)
        .map_err(SysError::of("fcntl(F_ADD_SEALS)"))
}

/// The names in a directory, one behind the other in one piece of memory: a hundred thousand take two megabytes.
#[derive(Debug, Default)]
pub struct Names {
    /// Each with its zero.
    bytes: Vec<u8>,
    /// Where in `bytes` each begins.
    starts: Vec<usize>,
}

impl Names {
    /// All names in a directory that `wanted` accepts, ascending by their bytes; as [`for_each_name_in`].
    pub fn in_order(dir: BorrowedFd<'_>, wanted: impl Fn(&str) -> bool) -> Result<Names, SysError> {
        let mut names = Names::default();
        for_each_name_in(dir, |name| {
            if wanted(name) {
                names.starts.push(names.bytes.len());
                names.bytes.extend_from_slice(name.as_bytes());
                names.bytes.push(0);
            }
            ControlFlow::Continue(())
        })?;
        let Names { bytes, starts } = &mut names;
        // Two names differ at the zero of the shorter one at the latest, so what follows plays no part.
        starts.sort_unstable_by(|a, b| bytes.get(*a..).cmp(&bytes.get(*b..)));
        Ok(names)
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// `count` names from the `first` on, or as many as there are.
    pub fn part(&self, first: usize, count: usize) -> impl Iterator<Item = &CStr> {
        let starts = self.starts.get(first..).unwrap_or_default();
        starts
            .iter()
            .take(count)
            .map(|start| c_str_at(&self.bytes, *start))
    }
}

fn c_str_at(bytes: &[u8], start: usize) -> &CStr {
    let rest = bytes.get(start..).unwrap_or_default();
    CStr::from_bytes_until_nul(rest).unwrap_or_default()
}

/// Names in a directory, without `.` and `..`; names that are not UTF-8 are no objects and are left out.
/// Source: getdents64(2).
pub fn names_in(dir: BorrowedFd<'_>) -> Result<Vec<String>, SysError> {
    first_names_in(dir, usize::MAX)
}

/// [`names_in`], but `most` names at most.
pub fn first_names_in(dir: BorrowedFd<'_>, most: usize) -> Result<Vec<String>, SysError> {
    let mut names = Vec::new();
    for_each_name_in(dir, |name| {
        names.push(name.to_owned());
        match names.len() < most {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        }
    })?;
    Ok(names)
}

/// [`names_in`], one after the other, until `each` breaks.
pub fn for_each_name_in(
    dir: BorrowedFd<'_>,
    mut each: impl FnMut(&str) -> ControlFlow<()>,
) -> Result<(), SysError> {
    for_each_entry_in(dir, |_, name| match name.to_str() {
        Ok(name) => each(name),
        Err(_) => ControlFlow::Continue(()),
    })
}

/// Inode and name of the entries of a directory that is open without the right to read it, without `.` and `..`, until `each`
/// breaks. Nothing is kept or copied: there may be a hundred thousand. Source: getdents64(2).
fn for_each_entry_in(
    dir: BorrowedFd<'_>,
    mut each: impl FnMut(u64, &CStr) -> ControlFlow<()>,
) -> Result<(), SysError> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let readable = retry_on_intr(|| rustix::fs::openat(dir, c".", flags, Mode::empty()))
        .map_err(SysError::of("open"))?;
    let mut buffer = Vec::with_capacity(32 << 10);
    let mut entries = rustix::fs::RawDir::new(readable, buffer.spare_capacity_mut());
    while let Some(entry) = entries.next() {
        let entry = match entry {
            Err(Errno::INTR) => continue,
            Err(Errno::NOENT) => break, // the directory was removed: nothing is in it
            other => other.map_err(SysError::of("getdents64"))?,
        };
        let name = entry.file_name();
        if !matches!(name.to_bytes(), b"." | b"..") && each(entry.ino(), name).is_break() {
            break;
        }
    }
    Ok(())
}

/// Entries of a directory with their inodes, without `.` and `..`. Source: getdents64(2).
pub fn inodes_in(dir: BorrowedFd<'_>) -> Result<Vec<(u64, std::ffi::CString)>, SysError> {
    let mut found = Vec::new();
    for_each_entry_in(dir, |inode, name| {
        found.push((inode, name.to_owned()));
        ControlFlow::Continue(())
    })?;
    Ok(found)
}

/// Marks an offset as a note of rights; the note itself is in the lower half.
const RIGHTS_NOTE: u64 = 0x0046_4D52 << 32;

/// Notes the rights of a handle where others can read them: as the offset of its description, which nothing else uses,
/// `/proc/PID/fdinfo` shows it (I-22). A file system without offsets so large keeps no note. Source: lseek(2).
pub fn note_rights(file: BorrowedFd<'_>, rights: u32) {
    // Whoever reads it takes the description's access mode where there is no note.
    let _ = rustix::fs::seek(file, rustix::fs::SeekFrom::Start(RIGHTS_NOTE | u64::from(rights)));
}

/// The rights that [`note_rights`] noted in the offset of a description; `None` if it notes nothing.
#[must_use]
pub fn noted_rights(offset: u64) -> Option<u32> {
    (offset & 0xFFFF_FFFF_0000_0000 == RIGHTS_NOTE).then_some(offset as u32)
}

/// Makes a description survive `exec` (an inheritable handle), or not. Source: fcntl(2), `FD_CLOEXEC`.
pub fn set_inheritable(file: &OwnedFd, inheritable: bool) -> Result<(), SysError> {
    let flags = match inheritable {
        true => rustix::io::FdFlags::empty(),
        false => rustix::io::FdFlags::CLOEXEC,
    };
    rustix::io::fcntl_setfd(file.as_fd(), flags).map_err(SysError::of("fcntl(F_SETFD)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(path: &std::path::Path) -> OwnedFd {
        rustix::fs::open(path, OFlags::PATH | OFlags::DIRECTORY, Mode::empty()).unwrap()
    }

    #[test]
    fn all_names_of_a_large_directory_come_in_order_and_with_their_inodes() {
        let place = tempfile::tempdir().unwrap();
        let mut want: Vec<String> = (0..3000)
            .map(|n| format!("{n:x}-{}", "x".repeat(n % 200)))
            .collect();
        for name in &want {
            std::fs::write(place.path().join(name), "").unwrap();
        }
        want.sort();
        let dir = opened(place.path());
        let names = Names::in_order(dir.as_fd(), |_| true).unwrap();
        let found: Vec<&str> = names
            .part(0, names.len())
            .map(|name| name.to_str().unwrap())
            .collect();
        assert_eq!(found, want);
        assert_eq!(first_names_in(dir.as_fd(), 7).unwrap().len(), 7);
        let inodes = inodes_in(dir.as_fd()).unwrap();
        assert_eq!(inodes.len(), want.len());
        for (inode, name) in inodes.iter().step_by(100) {
            assert_eq!(stat_name(dir.as_fd(), name).unwrap().st_ino, *inode);
        }
    }

    #[test]
    fn a_directory_that_was_removed_has_no_names_or_is_told_to_be_gone() {
        let place = tempfile::tempdir().unwrap();
        let inner = place.path().join("inner");
        std::fs::create_dir(&inner).unwrap();
        let dir = opened(&inner);
        std::fs::remove_dir(&inner).unwrap();
        match names_in(dir.as_fd()) {
            Ok(names) => assert_eq!(names, [""; 0]),
            Err(e) => assert_eq!(e.errno, libc::ENOENT),
        }
    }
}
