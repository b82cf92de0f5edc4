//! Who may open an object: its descriptor, what is asked of it, and what of it the kernel enforces.
//!
//! ```
//! # let place = tempfile::tempdir_in("/dev/shm")?;
//! # let space = filemap::Namespace::at(place.path());
//! use filemap::FileMapping;
//! use filemap::security::SecurityInformation;
//! // Everybody may read, the creator everything.
//! let frames = FileMapping::options().namespace(&space).size(4096)
//!     .sddl("D:(A;;GA;;;SY)(A;;GA;;;OW)(A;;0x4;;;WD)").create(r"Local\frames")?;
//! let kept = frames.security(SecurityInformation::DACL)?;
//! assert!(kept.to_string().contains("(A;;0x4;;;WD)"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The descriptor stands whole in the object's footer and is asked on every open and on every create of what exists; an
//! object without one has the default descriptor of its creator, which costs nothing. Before a new object gets its name,
//! owner, mode and POSIX ACL of its file are set from the descriptor, so that the kernel refuses strangers who go around
//! the library; what file permissions can't say counts in the library only ([`filemap_core::security::posix`]).
//!
//! Who somebody is: `S-1-22-1-<uid>` and `S-1-22-2-<gid>` for users and groups, root is LocalSystem and an
//! Administrator. Members of `sudo`, `wheel` and `admin` are Administrators only for deny ACEs, as before elevation
//! (A-22): what they want to do as Administrators they do by `sudo`. Users are interactive from number 1000 on.

use crate::namespace::Namespace;
use crate::refusal;
use crate::words::GLOBAL_GROUP;
pub(crate) use crate::words::Given;
use filemap_core::error::{Error, Op, Why};
use filemap_core::kind::Kind;
use filemap_core::layout::Footer;
use filemap_core::name::Directory;
use filemap_core::profile::{GlobalPrivilege, Security};
use filemap_core::security::access_check::{closest_mask, smallest_mask, useful_masks};
use filemap_core::security::new_object::descriptor_of_new_object;
use filemap_core::security::posix::{FileOwner, LinuxAccount, LinuxSids, Logon, PosixRights, Waiting};
use filemap_core::security::token::PrivilegeState;
use filemap_core::security::{GroupState, Privilege, TypeRights};
use filemap_sys::SysError;
use filemap_sys::os::accounts::Accounts;
use filemap_sys::os::tmpfs;
use std::os::fd::BorrowedFd;
use std::sync::{Arc, OnceLock};

pub use filemap_core::security::change::SecurityInformation;
pub use filemap_core::security::posix::{Limit, Permission};
pub use filemap_core::security::{
    AccessMask, Ace, AceBody, AceFlags, Acl, Control, Dacl, Denial, SecurityDescriptor, Sid, Token,
    access_check,
};

/// User numbers below this are the system's: services, which live in session 0 (N-90).
pub(crate) const FIRST_ORDINARY_USER: u32 = 1000;
/// Groups whose members may become root, and count as Administrators before elevation.
const ADMINISTRATORS: [&str; 3] = ["sudo", "wheel", "admin"];

/// The accounts of this machine, read once per process.
pub(crate) fn accounts() -> &'static Accounts {
    static ACCOUNTS: OnceLock<Accounts> = OnceLock::new();
    ACCOUNTS.get_or_init(Accounts::read)
}

/// What is known of this system's accounts; `sd`'s logon SIDs carry their user's number.
pub(crate) fn sids_for(sd: &SecurityDescriptor) -> LinuxSids {
    let accounts = accounts();
    let dacl = sd.dacl.list().into_iter().flat_map(|acl| &acl.aces);
    let logon_sessions = dacl
        .filter_map(|ace| ace.sid())
        .chain(sd.owner)
        .filter(Sid::is_logon_session)
        .filter_map(|sid| Some((sid, *sid.subauthorities().get(1)?)))
        .collect();
    LinuxSids {
        admin_gids: Vec::new(), // by sudo only, see the head of this file
        global_gids: accounts.groups.get(GLOBAL_GROUP).copied().into_iter().collect(),
        interactive_gid: None,
        logon_sessions,
        members: accounts.members.clone(),
    }
}

/// The token of a user: who he is to an access check.
pub(crate) fn token_of(uid: u32, gids: &[u32], session: u32) -> Token {
    let sids = sids_for(&SecurityDescriptor::default());
    let logon = match uid >= FIRST_ORDINARY_USER {
        true => Logon::Interactive {
            session: Sid::logon_session(uid, session),
        },
        false => Logon::Service,
    };
    let (gid, groups) = gids
        .split_first()
        .map_or((uid, &[][..]), |(first, rest)| (*first, rest));
    let account = LinuxAccount {
        uid,
        gid,
        groups: groups.to_vec(),
        session,
        logon,
    };
    let mut token = sids.token(&account);
    let is_administrator = |name: &&str| accounts().groups.get(*name).is_some_and(|gid| gids.contains(gid));
    if uid == 0 {
        // Root may give files away and take them, and the kernel asks no further.
        for privilege in [Privilege::Restore, Privilege::TakeOwnership] {
            token.set_privilege(privilege, PrivilegeState::Enabled);
        }
    } else if ADMINISTRATORS.iter().any(is_administrator) {
        token = token.with_group(Sid::ADMINISTRATORS, GroupState::DenyOnly);
    }
    token
}

/// The token of a user of this machine by the account files, whoever asks.
#[must_use]
pub fn token_of_user(uid: u32, session: u32) -> Token {
    let gids = accounts().members.get(&uid).cloned().unwrap_or_default();
    token_of(uid, &gids, session)
}

/// The user number of an account: a name of /etc/passwd or the number itself.
#[must_use]
pub fn user_by_name(name: &str) -> Option<u32> {
    name.parse().ok().or_else(|| accounts().users.get(name).copied())
}

/// Name of a user, or the number where none is known.
#[must_use]
pub fn user_name(uid: u32) -> String {
    accounts().user_name(uid)
}

/// An account as people know it: its name on this machine for Unix users and groups, else what the SID says.
pub(crate) fn account_words(sid: &Sid) -> String {
    match (sid.authority(), sid.subauthorities()) {
        (22, [1, uid]) => format!("user {}", user_name(*uid)),
        (22, [2, gid]) => {
            let groups = &accounts().groups;
            let name = groups
                .iter()
                .find(|(_, known)| **known == *gid)
                .map(|(name, _)| name.clone());
            format!("group {}", name.unwrap_or_else(|| gid.to_string()))
        }
        _ => sid.words(),
    }
}

/// The whole descriptor of a new object whose creator gave one (A-2).
pub(crate) fn of_new_object(
    given: &Given,
    op: Op,
    name: &str,
    kind: Kind,
    token: &Token,
) -> Result<SecurityDescriptor, Error> {
    let sd = given.read(op, name)?;
    descriptor_of_new_object(Some(&sd), token, kind, &[]).map_err(|e| e.during(op).about(name))
}

/// The descriptor of an object that exists; `owner` is the user of its file.
pub(crate) fn descriptor_of(footer: &Footer, owner: u32) -> Result<Arc<SecurityDescriptor>, Error> {
    match footer.descriptor.is_empty() {
        true => default_descriptor(owner, footer.creator.session, footer.kind),
        false => SecurityDescriptor::from_self_relative(&footer.descriptor).map(Arc::new),
    }
}

/// The descriptor of a new object of a user who gives none. The last one is remembered: of many objects, most are alike.
fn default_descriptor(owner: u32, session: u32, kind: Kind) -> Result<Arc<SecurityDescriptor>, Error> {
    type Known = ((u32, u32, Kind), Arc<SecurityDescriptor>);
    thread_local! {
        static LAST: std::cell::RefCell<Option<Known>> = const { std::cell::RefCell::new(None) };
    }
    let asked = (owner, session, kind);
    let known = LAST.with_borrow(|last| {
        let (_, sd) = last.as_ref().filter(|(of, _)| *of == asked)?;
        Some(Arc::clone(sd))
    });
    if let Some(known) = known {
        return Ok(known);
    }
    let creator = token_of_user(owner, session);
    let made = Arc::new(descriptor_of_new_object(None, &creator, kind, &[])?);
    LAST.set(Some((asked, Arc::clone(&made))));
    Ok(made)
}

/// What an open may have of an object: `desired`, or for MAXIMUM_ALLOWED everything that is granted (A-41, A-43).
///
/// One's own object with the default descriptor grants everything; that costs one comparison.
pub(crate) fn check(
    op: Op,
    name: &str,
    caller: &Namespace,
    footer: &Footer,
    owner: u32,
    desired: AccessMask,
) -> Result<AccessMask, Error> {
    // Objects of platforms without security are open to everybody, as their creator chose (P-60).
    let open = footer.profile().security.is != Security::Enforced;
    if open || (footer.descriptor.is_empty() && owner == caller.user()) {
        return Ok(match desired.contains(AccessMask::MAXIMUM_ALLOWED) {
            true => TypeRights::of(footer.kind).all_access,
            false => desired,
        });
    }
    let sd = descriptor_of(footer, owner).map_err(|e| e.during(op).about(name))?;
    let token = caller.token();
    access_check(&sd, &token, footer.kind, desired)
        .map_err(|denial| told(&denial, &sd, &token, footer.kind, op, name))
}

/// A refusal with what would be granted instead (I-11).
fn told(denial: &Denial, sd: &SecurityDescriptor, token: &Token, kind: Kind, op: Op, name: &str) -> Error {
    let useful = useful_masks(kind);
    let instead = closest_mask(sd, token, kind, useful, denial.desired)
        .or_else(|| smallest_mask(sd, token, kind, useful));
    let instead = match instead {
        Some(mask) => format!(
            "this caller may have {} ({mask})",
            TypeRights::of(kind).words(mask)
        ),
        None => "nothing useful is granted to this caller".to_owned(),
    };
    let error = denial.to_error(op, name);
    let note = match error.note().is_empty() {
        true => instead,
        false => format!("{}; {instead}", error.note()),
    };
    error.with_note(note)
}

/// Whether a file mapping in the `Global\` directory that users share may be believed: its owner could create it (N-41).
pub(crate) fn check_global_owner(op: Op, name: &str, caller: &Namespace, owner: u32) -> Result<(), Error> {
    // Where users are in session 0 with the services, or there is no other directory, anybody may have made it.
    let profile = caller.profile();
    let anybody = match profile.global_privilege.is {
        GlobalPrivilege::Needed => profile.user_shares_session_zero.is.yes(),
        GlobalPrivilege::NotNeeded | GlobalPrivilege::NoGlobal => true,
    };
    match anybody || owner == caller.user() || may_create_global(owner) {
        true => Ok(()),
        false => Err(Error::new(op, name, Why::GlobalOwner { uid: owner })),
    }
}

/// Whether a user may create file mappings in `Global\`: root, services, members of the group.
pub(crate) fn may_create_global(uid: u32) -> bool {
    uid < FIRST_ORDINARY_USER || {
        let accounts = accounts();
        let group = accounts.groups.get(GLOBAL_GROUP);
        group.is_some_and(|gid| accounts.members.get(&uid).is_some_and(|gids| gids.contains(gid)))
    }
}

/// Which user an object's file may be given to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GiveAway {
    /// To anybody.
    Anybody,
    /// Openers of file mappings in `Global\` believe only owners who may create there.
    WhoMayCreateGlobal,
}

impl GiveAway {
    pub(crate) fn of(kind: Kind, directory: Directory, private: bool) -> GiveAway {
        match (kind, directory, private) {
            (Kind::FileMapping, Directory::Global, false) => GiveAway::WhoMayCreateGlobal,
            _ => GiveAway::Anybody,
        }
    }
}

/// Sets owner (as root), mode and ACL of an object's file from its descriptor; what is so already is left alone.
///
/// The file's owner always keeps reading and writing: he could give it to himself, and must be able to take a dead entry
/// away and to change the descriptor (A-3). Where the file system keeps no ACLs, users and groups that only an ACL could
/// name stay outside.
pub(crate) fn apply(
    file: BorrowedFd<'_>,
    sd: &SecurityDescriptor,
    kind: Kind,
    give_away: GiveAway,
) -> Result<(), SysError> {
    let stat = tmpfs::stat(file)?;
    let (mut owner, map) = (
        FileOwner {
            uid: stat.st_uid,
            gid: stat.st_gid,
        },
        sids_for(sd),
    );
    let mut rights = PosixRights::of(sd, kind, Waiting::Writes, owner, &map);
    if let Some(uid) = rights.wanted_owner
        && uid != owner.uid
        && filemap_sys::os::process::effective_user() == 0
        && (give_away == GiveAway::Anybody || may_create_global(uid))
    {
        tmpfs::set_owner(file, uid)?;
        owner.uid = uid;
        rights = PosixRights::of(sd, kind, Waiting::Writes, owner, &map);
    }
    rights.owner = Permission::ReadWrite;
    let acl = rights.acl_xattr();
    let old_mode = tmpfs::stat(file)?.st_mode & 0o777;
    if old_mode == rights.mode() && tmpfs::acl(file)? == acl {
        return Ok(());
    }
    if let Some(acl) = &acl
        && tmpfs::set_acl(file, acl)?
    {
        return Ok(());
    }
    tmpfs::remove_acl(file)?;
    let mode = rights.owner.bits() << 6 | rights.group.bits() << 3 | rights.other.bits();
    tmpfs::set_mode(file, mode)
}

/// What the kernel lets a user do with the file at `path`: its mode and ACL, evaluated as acl(5) says. Whether the user
/// reaches its directory is another question.
///
/// # Errors
/// The system's, if the file can't be looked at.
pub fn kernel_permission(path: &std::path::Path, uid: u32) -> std::io::Result<Permission> {
    use std::os::unix::fs::MetadataExt;
    let file = std::fs::symlink_metadata(path)?;
    let gids = accounts().members.get(&uid).cloned().unwrap_or_else(|| vec![uid]);
    let bits = match tmpfs::acl_at(path)? {
        _ if uid == 0 => 6,
        Some(acl) => bits_of_acl(&acl, uid, &gids, file.uid(), file.gid()),
        None if uid == file.uid() => file.mode() >> 6,
        None if gids.contains(&file.gid()) => file.mode() >> 3,
        None => file.mode(),
    };
    Ok(match (bits & 4 != 0, bits & 2 != 0) {
        (false, _) => Permission::None, // a file that can't be read can't be mapped
        (true, false) => Permission::Read,
        (true, true) => Permission::ReadWrite,
    })
}

/// The permission bits that an ACL in the kernel's form gives a user.
fn bits_of_acl(acl: &[u8], uid: u32, gids: &[u32], owner: u32, group: u32) -> u32 {
    let entries: Vec<(u16, u32, u32)> = acl
        .get(4..)
        .unwrap_or_default()
        .as_chunks::<8>()
        .0
        .iter()
        .map(|e| {
            let (tag, bits) = (u16::from_le_bytes([e[0], e[1]]), u16::from_le_bytes([e[2], e[3]]));
            (tag, bits.into(), u32::from_le_bytes([e[4], e[5], e[6], e[7]]))
        })
        .collect();
    let of_tag = |wanted: u16| {
        entries
            .iter()
            .find(|(tag, ..)| *tag == wanted)
            .map(|(_, bits, _)| *bits)
    };
    let mask = of_tag(0x10).unwrap_or(7);
    if uid == owner {
        return of_tag(0x01).unwrap_or(0);
    }
    if let Some((_, bits, _)) = entries.iter().find(|(tag, _, id)| *tag == 0x02 && *id == uid) {
        return bits & mask;
    }
    let of_groups: Vec<u32> = entries
        .iter()
        .filter(|(tag, _, id)| (*tag == 0x04 && gids.contains(&group)) || (*tag == 0x08 && gids.contains(id)))
        .map(|(_, bits, _)| bits & mask)
        .collect();
    match of_groups.is_empty() {
        true => of_tag(0x20).unwrap_or(0),
        false => of_groups.into_iter().max().unwrap_or(0),
    }
}

/// What of a descriptor the kernel does not enforce for a file of this user.
#[must_use]
pub fn limits(sd: &SecurityDescriptor, kind: Kind, owner: u32) -> Vec<Limit> {
    let map = sids_for(sd);
    let gid = accounts()
        .members
        .get(&owner)
        .and_then(|gids| gids.first().copied())
        .unwrap_or(owner);
    PosixRights::of(sd, kind, Waiting::Writes, FileOwner { uid: owner, gid }, &map).limits
}

/// The error of a change that the kernel refused because the file is another's.
pub(crate) fn not_owner(op: Op, name: &str, e: SysError, owner: u32) -> Error {
    match e.errno {
        libc::EPERM | libc::EACCES => {
            Error::new(op, name, Why::SecurityNotOwner { uid: owner }).with_os(e.into())
        }
        _ => refusal::system(op, name, e),
    }
}
