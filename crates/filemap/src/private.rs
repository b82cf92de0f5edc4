//! Private name spaces: a directory reached by who one is, under a nickname of one's own (N-70..N-76).

use crate::namespace::{Namespace, OpenDirectory};
use crate::refusal;
use crate::security::{self, AccessMask, Given, SecurityDescriptor, Token};
use filemap_core::error::{Error, Op, Why};
use filemap_core::kind::Kind;
use filemap_core::security::new_object::descriptor_of_new_object;
use filemap_core::security::posix::{FileOwner, Permission, PosixRights, Waiting};
use filemap_core::security::rights::DIRECTORY;
use filemap_core::security::{AceBody, Dacl, access_check};
use filemap_sys::SysError;
use filemap_sys::os::ofd_lock::{self, Holders, LIVE_BYTE, Lock};
use filemap_sys::os::tmpfs::{self, OpenFor};
use filemap_sys::os::{fork, names, process, tree};
use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

pub use filemap_core::security::BoundaryDescriptor;

/// The file in a name space's directory that says what it is, and whose locks are its handles. No object has a name with a
/// leading dot.
const DESCRIPTION: &CStr = c".namespace";
/// First bytes of it.
const MAGIC: &[u8; 8] = b"FMSpace1";
/// The longest description: a name and a descriptor have room.
const MOST: u64 = 1 << 20;
/// How often a call starts again because somebody else was faster.
const PATIENCE: u32 = 100;

const CREATE: Op = Op::Other("create private name space");
const OPEN: Op = Op::Other("open private name space");
const CLOSE: Op = Op::Other("close private name space");

/// A handle to a private name space: objects whose names begin with its alias are in it, in every call of this process.
///
/// Who may create it is decided by its boundary, a name and SIDs that the creator must have; who may open it by its
/// descriptor. Nobody else can put objects into it first, which makes it the safe place for names that an attacker could
/// guess (O-67). The alias is a nickname that only this process knows.
///
/// ```
/// # let place = tempfile::tempdir_in("/dev/shm")?;
/// # let space = filemap::Namespace::at(place.path());
/// use filemap::{BoundaryDescriptor, FileMapping, PrivateNamespace};
/// use filemap::security::Sid;
/// let mut boundary = BoundaryDescriptor::new("example.org render farm", 0)?;
/// boundary.add_sid(Sid::EVERYONE)?;
/// let farm = PrivateNamespace::options().namespace(&space).create(&boundary, "farm")?;
/// let frames = FileMapping::options().namespace(&space).size(4096).create(r"farm\frames")?;
/// // In another process, which may call it otherwise:
/// let same = PrivateNamespace::options().namespace(&space).open(&boundary, "theirs")?;
/// assert!(FileMapping::options().namespace(&space).open(r"theirs\frames").is_ok());
/// # drop((farm, same, frames));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "CreatePrivateNamespace")]
#[doc(alias = "OpenPrivateNamespace")]
#[derive(Debug)]
pub struct PrivateNamespace {
    directory: Arc<PrivateDirectory>,
    alias: String,
}

/// How to create or open a [`PrivateNamespace`].
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct PrivateNamespaceOptions {
    space: Option<Namespace>,
    security: Option<Given>,
}

/// The directory of a private name space, held open.
#[derive(Debug)]
pub(crate) struct PrivateDirectory {
    directory: Arc<OpenDirectory>,
    /// All name spaces' directory, and this one's name in it.
    root: OpenDirectory,
    name: String,
    /// The description, with the lock that is the handle.
    handle: OwnedFd,
    generation: u32,
}

impl PrivateDirectory {
    pub(crate) fn directory(&self) -> &Arc<OpenDirectory> {
        &self.directory
    }
}

struct Alias {
    alias: String,
    generation: u32,
    directory: Arc<PrivateDirectory>,
}

static ALIASES: RwLock<Vec<Alias>> = RwLock::new(Vec::new());
/// Length of [`ALIASES`], so that programs without private name spaces take no lock.
static COUNT: AtomicUsize = AtomicUsize::new(0);

/// The private name space that a name's first part is an alias of, and the rest of the name.
pub(crate) fn by_alias(name: &str) -> Option<(Arc<PrivateDirectory>, &str)> {
    if COUNT.load(Ordering::Acquire) == 0 {
        return None;
    }
    let (alias, rest) = name.split_once('\\')?;
    let generation = fork::generation();
    let aliases = ALIASES.read().unwrap_or_else(PoisonError::into_inner);
    let found = aliases
        .iter()
        .find(|known| known.alias == alias && known.generation == generation)?; // a child has no alias (N-76)
    Some((Arc::clone(&found.directory), rest))
}

impl PrivateNamespace {
    /// Options: the process's tree and the default descriptor.
    pub fn options() -> PrivateNamespaceOptions {
        PrivateNamespaceOptions::default()
    }

    /// The alias.
    #[must_use]
    pub fn alias(&self) -> &str {
        &self.alias
    }

    /// Closes the handle; what dropping it does. The name space goes with its last handle in any process; objects in it live
    /// on for those who have handles to them (N-74).
    #[doc(alias = "ClosePrivateNamespace")]
    pub fn close(self) {}

    /// Closes the handle and ends the name space now (`PRIVATE_NAMESPACE_FLAG_DESTROY`): nobody opens it any more, and the
    /// boundary is free for a new one.
    ///
    /// # Errors
    /// `ERROR_ACCESS_DENIED` (5) for somebody who is neither its creator nor root; system errors.
    pub fn destroy(self) -> Result<(), Error> {
        let PrivateDirectory {
            root, name, handle, ..
        } = &*self.directory;
        retire(root, name, handle).map_err(|e| refusal::system(CLOSE, &self.alias, e))
    }

    fn register(directory: PrivateDirectory, alias: &str, op: Op) -> Result<PrivateNamespace, Error> {
        let directory = Arc::new(directory);
        let generation = fork::generation();
        let mut aliases = ALIASES.write().unwrap_or_else(PoisonError::into_inner);
        aliases.retain(|known| known.generation == generation);
        let taken = aliases.iter().any(|known| known.alias == alias);
        if taken {
            COUNT.store(aliases.len(), Ordering::Release);
            drop(aliases); // before the directory, whose end takes time
            return Err(Error::new(
                op,
                alias,
                Why::AliasTaken {
                    alias: alias.to_owned(),
                },
            ));
        }
        aliases.push(Alias {
            alias: alias.to_owned(),
            generation,
            directory: Arc::clone(&directory),
        });
        COUNT.store(aliases.len(), Ordering::Release);
        let alias = alias.to_owned();
        Ok(PrivateNamespace { directory, alias })
    }
}

impl Drop for PrivateNamespace {
    fn drop(&mut self) {
        let mut aliases = ALIASES.write().unwrap_or_else(PoisonError::into_inner);
        let own = |known: &Alias| Arc::ptr_eq(&known.directory, &self.directory) && known.alias == self.alias;
        let ended: Vec<Alias> = aliases.extract_if(.., |known| own(known)).collect();
        COUNT.store(aliases.len(), Ordering::Release);
        drop(aliases);
        drop(ended);
    }
}

impl Drop for PrivateDirectory {
    fn drop(&mut self) {
        if self.generation != fork::generation() {
            return; // the handle is the parent's
        }
        // First look like nobody, then try to be the last one: two who leave at once don't hinder each other.
        let _ = ofd_lock::set(self.handle.as_fd(), LIVE_BYTE, Lock::Unlocked);
        if let Ok(own) = tmpfs::reopen(self.handle.as_fd(), OpenFor::Writing)
            && ofd_lock::set(own.as_fd(), LIVE_BYTE, Lock::Exclusive) == Ok(true)
        {
            // What can't be removed is dead, and the next creator takes it away.
            let _ = retire(&self.root, &self.name, &own);
        }
    }
}

impl PrivateNamespaceOptions {
    /// In the tree of this name space instead of the process's.
    pub fn namespace(mut self, space: &Namespace) -> Self {
        self.space = Some(space.clone());
        self
    }

    /// Who may open the name space and create objects in it: the rights of a directory, of which the generic ones are the
    /// useful (GR: open; GW: create objects). Always give one: opening needs nothing else (N-72).
    pub fn security(mut self, descriptor: &SecurityDescriptor) -> Self {
        self.security = Some(Given::Descriptor(Arc::new(descriptor.clone())));
        self
    }

    /// [`PrivateNamespaceOptions::security`] as SDDL text.
    pub fn sddl(mut self, text: &str) -> Self {
        self.security = Some(Given::Sddl(text.into()));
        self
    }

    fn space(&self) -> Result<Namespace, Error> {
        self.space.clone().map_or_else(Namespace::current, Ok)
    }

    /// Creates the name space.
    ///
    /// # Errors
    /// `ERROR_ACCESS_DENIED` (5) for a SID in the boundary that this process does not have (N-72);
    /// `ERROR_ALREADY_EXISTS` (183) if it exists, or if the alias is taken in this process; 1336 to 1338 for a wrong
    /// descriptor. Source: win32 `CreatePrivateNamespaceW`.
    pub fn create(&self, boundary: &BoundaryDescriptor, alias: &str) -> Result<PrivateNamespace, Error> {
        let space = self.space()?;
        check_alias(CREATE, alias)?;
        let name = boundary.name();
        let token = space.token();
        let boundary = boundary.resolved_for(&token);
        let given = match &self.security {
            Some(given) => Some(given.read(CREATE, name)?),
            None => None,
        };
        let named = |e: Error| e.during(CREATE).about(name);
        let sd = descriptor_of_new_object(given.as_ref(), &token, &DIRECTORY, &[]).map_err(named)?;
        boundary.check_create(&token, false)?;
        let system = |e| refusal::system(CREATE, name, e);
        let Some(root) = space.private_root(CREATE, name, true)? else {
            return Err(Error::new(CREATE, name, Why::PathNotFound));
        };
        sweep(&root);
        for _ in 0..PATIENCE {
            match find(&root, &boundary, OpenFor::Reading).map_err(system)? {
                Found::Live(found) => {
                    check_owner(CREATE, name, &boundary, &found)?;
                    boundary.check_create(&token, true)?;
                }
                Found::Dead(handle, owner) => {
                    let own = tmpfs::reopen(handle.as_fd(), OpenFor::Writing);
                    let reaped = own.and_then(|own| {
                        match ofd_lock::set(own.as_fd(), LIVE_BYTE, Lock::Exclusive)? {
                            true => retire(&root, &boundary.directory_name(), &own),
                            false => Ok(()), // somebody else is at it
                        }
                    });
                    match reaped {
                        Err(e) if matches!(e.errno, libc::EACCES | libc::EPERM) => {
                            return Err(Error::new(CREATE, name, Why::DeadEntryOfAnother { uid: owner }));
                        }
                        other => other.map_err(system)?,
                    }
                    continue;
                }
                Found::Nothing => {}
            }
            if let Some(made) = make(&root, &boundary, &sd).map_err(system)? {
                let root = space.private_root(CREATE, name, false)?.unwrap_or(root);
                return PrivateNamespace::register(made.into_directory(root, &boundary), alias, CREATE);
            }
        }
        Err(Error::new(CREATE, name, Why::NameBusy))
    }

    /// Opens the name space of a boundary; being inside it is not required, its descriptor decides (N-72).
    ///
    /// # Errors
    /// `ERROR_PATH_NOT_FOUND` (3) if nobody has it open; `ERROR_ACCESS_DENIED` (5) if its descriptor does not let this
    /// process in, or if its creator is not inside the boundary; 183 if the alias is taken in this process. Source: win32
    /// `OpenPrivateNamespaceW`.
    pub fn open(&self, boundary: &BoundaryDescriptor, alias: &str) -> Result<PrivateNamespace, Error> {
        let space = self.space()?;
        check_alias(OPEN, alias)?;
        let name = boundary.name();
        let token = space.token();
        let boundary = boundary.resolved_for(&token);
        let system = |e| refusal::system(OPEN, name, e);
        let absent = || boundary.check_open(&token, false);
        let Some(root) = space.private_root(OPEN, name, false)? else {
            return Err(absent()
                .err()
                .unwrap_or_else(|| Error::new(OPEN, name, Why::PathNotFound)));
        };
        let found = match find(&root, &boundary, OpenFor::Reading) {
            Ok(Found::Live(found)) => found,
            Ok(Found::Dead(..) | Found::Nothing) => {
                return Err(absent()
                    .err()
                    .unwrap_or_else(|| Error::new(OPEN, name, Why::PathNotFound)));
            }
            Err(e) if matches!(e.errno, libc::EACCES | libc::EPERM) => {
                let missing = DIRECTORY.words(AccessMask(0x2));
                return Err(Error::new(OPEN, name, Why::AccessDenied { missing }).with_os(e.into()));
            }
            Err(e) => return Err(system(e)),
        };
        boundary.check_open(&token, true)?;
        check_owner(OPEN, name, &boundary, &found)?;
        access_check(&found.descriptor, &token, &DIRECTORY, AccessMask(0x2))
            .map_err(|denial| denial.to_error(OPEN, name))?;
        PrivateNamespace::register(found.into_directory(root, &boundary), alias, OPEN)
    }
}

fn check_alias(op: Op, alias: &str) -> Result<(), Error> {
    let what = match alias {
        "" => "an alias can't be empty",
        "Global" | "Local" | "Session" => "Global, Local and Session mean something already",
        _ if alias.contains(['\\', '\0']) => "an alias has neither a backslash nor NUL",
        _ => return Ok(()),
    };
    Err(Error::new(op, alias, Why::Argument { what: what.into() }))
}

/// A name space that somebody holds, with a handle of one's own.
struct Held {
    directory: OwnedFd,
    path: std::path::PathBuf,
    handle: OwnedFd,
    owner: u32,
    descriptor: SecurityDescriptor,
}

impl Held {
    fn into_directory(self, root: OpenDirectory, boundary: &BoundaryDescriptor) -> PrivateDirectory {
        PrivateDirectory {
            directory: Arc::new(OpenDirectory::new(self.directory, self.path)),
            root,
            name: boundary.directory_name(),
            handle: self.handle,
            generation: fork::generation(),
        }
    }
}

enum Found {
    Live(Held),
    /// Its description and the user who made it.
    Dead(OwnedFd, u32),
    Nothing,
}

/// Looks for the directory of a boundary: look first, lock second, and then ask whether it is there still.
fn find(root: &OpenDirectory, boundary: &BoundaryDescriptor, access: OpenFor) -> Result<Found, SysError> {
    let name = boundary.directory_name();
    loop {
        let directory = match tree::open_of_another(root.file(), &name) {
            Ok(directory) => directory,
            Err(tree::Distrust::System(e)) if e.errno == libc::ENOENT => return Ok(Found::Nothing),
            Err(tree::Distrust::System(e)) => return Err(e),
            Err(_) => return Ok(Found::Nothing),
        };
        let handle = match tmpfs::open_name(directory.as_fd(), DESCRIPTION, access) {
            Ok(handle) => handle,
            // Being made never shows: it gets its name when it is finished. Being removed does.
            Err(e) if e.errno == libc::ENOENT => {
                let gone =
                    tmpfs::stat_name(root.file(), &c_name(&name)).is_err_and(|e| e.errno == libc::ENOENT);
                match gone {
                    true => return Ok(Found::Nothing),
                    false => return Err(e),
                }
            }
            Err(e) => return Err(e),
        };
        let owner = tmpfs::stat(directory.as_fd())?.st_uid;
        match ofd_lock::holders(handle.as_fd(), LIVE_BYTE)? {
            Holders::Nobody => return Ok(Found::Dead(handle, owner)),
            Holders::Exclusive => {
                std::thread::yield_now(); // somebody is removing it
                continue;
            }
            Holders::Shared => {}
        }
        if !ofd_lock::set(handle.as_fd(), LIVE_BYTE, Lock::Shared)? {
            continue;
        }
        if !is_named(root, &name, directory.as_fd())? {
            continue;
        }
        // Bytes of a stranger: without the boundary that its name promises, it is not the name space.
        let Some((stored, descriptor)) = read_description(&handle)? else {
            return Ok(Found::Nothing);
        };
        if stored != *boundary {
            return Ok(Found::Nothing);
        }
        return Ok(Found::Live(Held {
            directory,
            path: root.path().join(&name),
            handle,
            owner,
            descriptor,
        }));
    }
}

fn is_named(root: &OpenDirectory, name: &str, directory: BorrowedFd<'_>) -> Result<bool, SysError> {
    let own = tmpfs::stat(directory)?;
    match tmpfs::stat_name(root.file(), &c_name(name)) {
        Ok(named) => Ok((named.st_dev, named.st_ino) == (own.st_dev, own.st_ino)),
        Err(e) if e.errno == libc::ENOENT => Ok(false),
        Err(e) => Err(e),
    }
}

fn c_name(name: &str) -> CString {
    CString::new(name).expect("hexadecimal digits and names of our own have no NUL")
}

/// Makes the name space under another name and gives it its own when it is finished; `None` if somebody was faster.
fn make(
    root: &OpenDirectory,
    boundary: &BoundaryDescriptor,
    sd: &SecurityDescriptor,
) -> Result<Option<Held>, SysError> {
    let draft = own_name("new");
    let directory = tree::make_new_below(root.file(), &draft)?;
    let finish = || -> Result<Option<Held>, SysError> {
        let handle =
            tree::new_file_below(directory.as_fd(), DESCRIPTION.to_str().unwrap_or_default(), 0o644)?;
        let mut bytes = MAGIC.to_vec();
        let sd_bytes = sd.to_self_relative().unwrap_or_default();
        for part in [boundary.to_bytes(), sd_bytes] {
            bytes.extend((part.len() as u32).to_le_bytes());
            bytes.extend(part);
        }
        tmpfs::write_at(handle.as_fd(), &bytes, 0)?;
        apply(directory.as_fd(), sd)?;
        ofd_lock::set(handle.as_fd(), LIVE_BYTE, Lock::Shared)?;
        let name = boundary.directory_name();
        if !tree::rename_below(root.file(), &draft, &name)? {
            return Ok(None);
        }
        Ok(Some(Held {
            directory: tree::open_of_another(root.file(), &name).map_err(|d| match d {
                tree::Distrust::System(e) => e,
                _ => SysError {
                    call: "open",
                    errno: libc::ENOTDIR,
                },
            })?,
            path: root.path().join(&name),
            handle,
            owner: process::effective_user(),
            descriptor: sd.clone(),
        }))
    };
    let made = finish();
    if !matches!(made, Ok(Some(_))) {
        let _ = tmpfs::unlink(directory.as_fd(), DESCRIPTION);
        let _ = tree::remove_below(root.file(), &draft);
    }
    match made {
        Err(e) if e.errno == libc::ENOENT => Ok(None), // swept away as a dead process's, from another PID name space
        other => other,
    }
}

/// A name that no other process gives, and that says whose it is.
fn own_name(what: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    format!(".{what}-{}-{}-{n}", process::id(), process::own_start_time())
}

fn read_description(handle: &OwnedFd) -> Result<Option<(BoundaryDescriptor, SecurityDescriptor)>, SysError> {
    let len = (tmpfs::stat(handle.as_fd())?.st_size as u64).min(MOST) as usize;
    let mut bytes = vec![0; len];
    let read = tmpfs::read_at(handle.as_fd(), &mut bytes, 0)?;
    bytes.truncate(read);
    let mut rest = &bytes[..];
    if rest.split_off(..MAGIC.len()) != Some(MAGIC) {
        return Ok(None);
    }
    let mut part = || {
        let len = u32::from_le_bytes(*rest.split_off(..4)?.first_chunk()?) as usize;
        rest.split_off(..len)
    };
    let (Some(boundary), Some(sd)) = (part(), part()) else {
        return Ok(None);
    };
    let boundary = BoundaryDescriptor::from_bytes(boundary);
    let sd = SecurityDescriptor::from_self_relative(sd);
    Ok(boundary.ok().zip(sd.ok()))
}

/// The creator had to be inside the boundary (N-72): whoever is not has squatted there (O-67).
fn check_owner(op: Op, name: &str, boundary: &BoundaryDescriptor, found: &Held) -> Result<(), Error> {
    let owner = found.owner;
    let token: Token = security::token_of_user(owner, owner);
    let has = |sid: &security::Sid| {
        owner == 0
            || token.is_enabled(sid)
            || (sid.is_logon_session() && sid.subauthorities().get(1) == Some(&owner))
    };
    let missing: Vec<String> = boundary
        .sids()
        .filter(|sid| !has(sid))
        .map(|sid| sid.words())
        .collect();
    match missing.is_empty() {
        true => Ok(()),
        false => Err(Error::new(
            op,
            name,
            Why::PrivateOwnerOutside {
                uid: owner,
                missing: missing.join(", "),
            },
        )),
    }
}

/// Takes the name from the directory, so that nobody opens it any more, and removes what of it is empty. Objects in it keep
/// their own directory, which goes with the last of them or with the next sweep.
fn retire(root: &OpenDirectory, name: &str, handle: &OwnedFd) -> Result<(), SysError> {
    let directory = match tree::open_of_another(root.file(), name) {
        Ok(directory) => directory,
        Err(_) => return Ok(()), // somebody else has
    };
    let (own, named) = (
        tmpfs::stat(handle.as_fd())?,
        tmpfs::stat_name(directory.as_fd(), DESCRIPTION),
    );
    match named {
        Ok(named) if (named.st_dev, named.st_ino) == (own.st_dev, own.st_ino) => {}
        _ => return Ok(()),
    }
    let gone = own_name("gone");
    tree::rename_below(root.file(), name, &gone)?;
    let _ = tmpfs::unlink(directory.as_fd(), DESCRIPTION);
    let _ = tree::remove_below(root.file(), &gone);
    Ok(())
}

/// Takes away what dead processes of this user left half made or half removed.
fn sweep(root: &OpenDirectory) {
    for name in tmpfs::names_in(root.file()).unwrap_or_default() {
        let parts: Vec<&str> = name.split('-').collect();
        let [what @ (".new" | ".gone"), pid, start, _] = parts[..] else {
            continue;
        };
        let (Ok(pid), Ok(start)) = (pid.parse(), start.parse::<u64>()) else {
            continue;
        };
        if what == ".new" && process::start_time(pid) == start {
            continue; // it is being made
        }
        let Ok(directory) = tree::open_of_another(root.file(), &name) else {
            continue;
        };
        for entry in tmpfs::names_in(directory.as_fd()).unwrap_or_default() {
            match entry.as_bytes() == DESCRIPTION.to_bytes() {
                true => drop(tmpfs::unlink(directory.as_fd(), DESCRIPTION)),
                false => drop(CString::new(entry).map(|entry| names::sweep(directory.as_fd(), &entry))),
            }
        }
        let _ = tree::remove_below(root.file(), &name);
    }
}

/// Sets mode and ACL of a name space's directory: search for those who may open it, write for those who may create in it.
fn apply(directory: BorrowedFd<'_>, sd: &SecurityDescriptor) -> Result<(), SysError> {
    let mut as_file = sd.clone();
    if let Dacl::List(acl) = &mut as_file.dacl {
        for ace in &mut acl.aces {
            if let AceBody::Allow { mask, .. } | AceBody::Deny { mask, .. } = &mut ace.body {
                let rights = DIRECTORY.map_generic(*mask);
                let bit = |right, as_file| match rights.contains(AccessMask(right)) {
                    true => AccessMask(as_file),
                    false => AccessMask::NONE,
                };
                *mask = bit(0x2, 0x4) | bit(0x4, 0x2); // traverse is like reading, creating like writing
            }
        }
    }
    let stat = tmpfs::stat(directory)?;
    let owner = FileOwner {
        uid: stat.st_uid,
        gid: stat.st_gid,
    };
    let mut rights = PosixRights::of(
        &as_file,
        Kind::FileMapping,
        Waiting::Reads,
        owner,
        &security::sids_for(sd),
    );
    rights.owner = Permission::ReadWrite;
    // To look up names takes the search bit; files of a directory that others write into are their owners' to remove.
    let search = |bits: u32| bits | u32::from(bits != 0);
    let digits = |mode: u32| {
        [6, 3, 0]
            .map(|at| search(mode >> at & 7) << at)
            .into_iter()
            .sum::<u32>()
    };
    let mode = rights.mode();
    let sticky = if mode & 0o022 != 0 { 0o1000 } else { 0 };
    let acl = rights.acl_xattr().map(|mut value| {
        for entry in value[4..].as_chunks_mut::<8>().0 {
            entry[2] = search(entry[2].into()) as u8;
        }
        value
    });
    tmpfs::set_mode(directory, digits(mode) | sticky)?;
    match acl {
        Some(acl) if !tmpfs::set_acl(directory, &acl)? => {
            tmpfs::set_mode(directory, 0o700) // no ACLs here: nobody else may come in
        }
        _ => Ok(()),
    }
}
