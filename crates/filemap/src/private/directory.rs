//! The directory of a private name space: found, made, removed (N-70..N-74).
//!
//! It is made under a name of its own and gets that of its boundary when it is finished; it lives as long as somebody has a
//! lock on the description in it.

use super::{DESCRIPTION, MAGIC, MOST, PrivateDirectory};
use crate::namespace::OpenDirectory;
use crate::security::{self, AccessMask, SecurityDescriptor, Token};
use filemap_core::error::{Error, Op, Why};
use filemap_core::kind::Kind;
use filemap_core::security::posix::{FileOwner, Permission, PosixRights, Waiting};
use filemap_core::security::rights::DIRECTORY;
use filemap_core::security::{AceBody, BoundaryDescriptor, Dacl};
use filemap_sys::SysError;
use filemap_sys::os::ofd_lock::{self, Holders, LIVE_BYTE, Lock};
use filemap_sys::os::tmpfs::{self, OpenFor};
use filemap_sys::os::{fork, names, process, tree};
use std::ffi::CString;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// A name space that somebody holds, with a handle of one's own.
pub(super) struct Held {
    pub(super) directory: OwnedFd,
    pub(super) path: std::path::PathBuf,
    pub(super) handle: OwnedFd,
    pub(super) owner: u32,
    pub(super) descriptor: SecurityDescriptor,
}

impl Held {
    pub(super) fn into_directory(
        self,
        root: OpenDirectory,
        boundary: &BoundaryDescriptor,
    ) -> PrivateDirectory {
        PrivateDirectory {
            directory: Arc::new(OpenDirectory::new(self.directory, self.path)),
            root,
            name: boundary.directory_name(),
            handle: self.handle,
            generation: fork::generation(),
        }
    }
}

pub(super) enum Found {
    Live(Box<Held>),
    /// Its description and the user who made it.
    Dead(OwnedFd, u32),
    Nothing,
}

/// Looks for the directory of a boundary: look first, lock second, and then ask whether it is there still.
pub(super) fn find(
    root: &OpenDirectory,
    boundary: &BoundaryDescriptor,
    access: OpenFor,
) -> Result<Found, SysError> {
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
        return Ok(Found::Live(Box::new(Held {
            directory,
            path: root.path().join(&name),
            handle,
            owner,
            descriptor,
        })));
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
pub(super) fn make(
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
pub(super) fn check_owner(
    op: Op,
    name: &str,
    boundary: &BoundaryDescriptor,
    found: &Held,
) -> Result<(), Error> {
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
pub(super) fn retire(root: &OpenDirectory, name: &str, handle: &OwnedFd) -> Result<(), SysError> {
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
pub(super) fn sweep(root: &OpenDirectory) {
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

/// The directories of all private name spaces that the caller may look into, with the names of their boundaries.
pub(crate) fn directories(space: &crate::namespace::Namespace) -> Vec<(String, OpenDirectory)> {
    let Ok(Some(root)) = space.private_root(Op::ListObjects, "Private", false) else {
        return Vec::new();
    };
    let mut names = tmpfs::names_in(root.file()).unwrap_or_default();
    names.sort_unstable();
    let mut found = Vec::new();
    for name in names.into_iter().filter(|name| !name.starts_with('.')) {
        let Ok(directory) = tree::open_of_another(root.file(), &name) else {
            continue;
        };
        let description = tmpfs::open_name(directory.as_fd(), DESCRIPTION, OpenFor::Reading).ok();
        let boundary = description.and_then(|file| read_description(&file).ok()?);
        let called = boundary.map_or_else(|| name.clone(), |(boundary, _)| boundary.name().to_owned());
        found.push((called, OpenDirectory::new(directory, root.path().join(name))));
    }
    found
}

/// Takes private name spaces away whose last handle is gone and in which nothing lives, and what is left half made.
pub(crate) fn sweep_all(space: &crate::namespace::Namespace) {
    let Ok(Some(root)) = space.private_root(Op::Sweep, "Private", false) else {
        return;
    };
    for name in tmpfs::names_in(root.file()).unwrap_or_default() {
        if name.starts_with('.') {
            continue;
        }
        let Ok(directory) = tree::open_of_another(root.file(), &name) else {
            continue;
        };
        // Exclusive: nobody has a handle, and nobody gets one while it is taken away.
        if let Ok(own) = tmpfs::open_name(directory.as_fd(), DESCRIPTION, OpenFor::Writing)
            && ofd_lock::set(own.as_fd(), LIVE_BYTE, Lock::Exclusive) == Ok(true)
        {
            let _ = retire(&root, &name, &own); // what may not be removed is its owner's to remove
        }
    }
    sweep(&root);
}
