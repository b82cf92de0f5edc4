//! Private name spaces: a directory reached by who one is, under a nickname of one's own (N-70..N-76).

mod directory;

pub(crate) use directory::{directories, sweep_all};

use crate::namespace::{Namespace, OpenDirectory};
use crate::refusal;
use crate::security::{AccessMask, Given, SecurityDescriptor};
use directory::{Found, check_owner, find, make, retire, sweep};
use filemap_core::error::{Error, Op, Why};
use filemap_core::security::access_check;
use filemap_core::security::new_object::descriptor_of_new_object;
use filemap_core::security::rights::DIRECTORY;
use filemap_sys::os::fork;
use filemap_sys::os::ofd_lock::{self, LIVE_BYTE, Lock};
use filemap_sys::os::tmpfs::{self, OpenFor};
use std::ffi::CStr;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicUsize, Ordering};
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

/// The private name space that the first part of a name (in WTF-8) is an alias of, and the rest of the name.
pub(crate) fn by_alias(name: &[u8]) -> Option<(Arc<PrivateDirectory>, &[u8])> {
    if COUNT.load(Ordering::Acquire) == 0 {
        return None;
    }
    let end = name.iter().position(|b| *b == b'\\')?;
    let (alias, rest) = (&name[..end], &name[end + 1..]);
    let generation = fork::generation();
    let aliases = ALIASES.read().unwrap_or_else(PoisonError::into_inner);
    let found = aliases
        .iter()
        .find(|known| known.alias.as_bytes() == alias && known.generation == generation)?; // a child has no alias (N-76)
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
        check_platform(&space, CREATE, boundary.name())?;
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
        check_platform(&space, OPEN, boundary.name())?;
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

/// Private name spaces came with Vista (P-38).
fn check_platform(space: &Namespace, op: Op, name: &str) -> Result<(), Error> {
    let profile = space.profile();
    match profile.private_namespaces.is.yes() {
        true => Ok(()),
        false => {
            let (what, platform) = ("private name spaces", profile.title);
            Err(Error::new(op, name, Why::NoSuchFunction { what, platform }))
        }
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
