//! What the Linux kernel can enforce of a descriptor: owner, mode bits, POSIX ACL entries (A-60, A-61 design 1).
//!
//! The library keeps the whole descriptor and decides by it ([`access_check`](super::access_check())); the file's
//! permissions are the part that holds also against programs that do not use the library. Two rules:
//!
//! - *Never narrower*: whoever the descriptor lets in, the kernel lets in, or the descriptor would be a lie.
//! - *Never wider than the union*: the kernel gives nobody more than allow ACEs that name him, one of his groups, or a
//!   class of users that Linux does not know ([`Account::SomeUsers`]) give, apart from write meaning read and write.
//!
//! Between the two lies what can't be expressed; [`PosixRights::limits`] lists it for one descriptor, and
//! [`NEVER_ENFORCED`] in general.
//!
//! # Who is who
//!
//! | SID | Linux |
//! |---|---|
//! | `S-1-22-1-<uid>` | that user (the convention of Samba, "Unix users") |
//! | `S-1-22-2-<gid>` | that group ("Unix groups") |
//! | `SY` | uid 0 |
//! | `BA` | uid 0 and the groups of administrators (`sudo`, `wheel`) |
//! | `WD` `AU` `BU` | every user: mode "other" |
//! | `IU` | the group of interactive users if there is one, else some users: mode "other" |
//! | `SU` | some users: mode "other" |
//! | `S-1-5-5-X-Y` | the user of that logon session |
//! | anything else | nobody |

mod linux;

pub use linux::{LinuxAccount, LinuxSids, Logon};

use super::access_check::rights_of;
use super::{AccessMask, AceBody, Acl, Dacl, SecurityDescriptor, Sid, TypeRights};
use crate::kind::Kind;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::fmt;

/// Whom a SID means on Linux.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Account {
    /// uid 0.
    Root,
    /// A user other than root.
    User(u32),
    /// A group.
    Group(u32),
    /// Every user.
    Everybody,
    /// Some users; the kernel can't tell which, so it treats them as everybody.
    SomeUsers,
}

/// Knows the accounts of a system. [`LinuxSids`] is the one to use; tests and other conventions may bring their own.
pub trait SidMap {
    /// Whom a SID means; nothing if nobody here has it.
    fn accounts(&self, sid: &Sid) -> Vec<Account>;

    /// Every SID that programs of this user always have: user, all groups, Everyone and so on. It must be complete, or
    /// the user may be kept out by the kernel where the descriptor lets him in.
    fn sids_of_user(&self, uid: u32) -> Vec<Sid>;

    /// SIDs that some programs of this user have and others have not: those of its login sessions.
    fn sids_of_some_programs(&self, uid: u32) -> Vec<Sid>;

    /// Every SID that programs of members of this group always have, whoever the user is.
    fn sids_of_group(&self, gid: u32) -> Vec<Sid>;

    /// Every SID that programs of every user always have.
    fn sids_of_everybody(&self) -> Vec<Sid>;
}

/// What a file permission can say about data that is mapped: shared writing needs `O_RDWR`, so write implies read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Permission {
    /// `---`
    #[default]
    None,
    /// `r--`
    Read,
    /// `rw-`
    ReadWrite,
}

impl Permission {
    /// The three bits of a mode: 0, 4 or 6.
    #[must_use]
    pub const fn bits(self) -> u32 {
        match self {
            Permission::None => 0,
            Permission::Read => 4,
            Permission::ReadWrite => 6,
        }
    }
}

/// Whether waiting for the object writes to its state, as taking a mutex does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Waiting {
    /// A wait only reads (manual-reset events).
    Reads,
    /// A wait changes the state, so `SYNCHRONIZE` needs write permission.
    Writes,
}

/// The permission that a set of rights needs.
///
/// Rights that no file permission stands for (standard rights, `SECTION_QUERY`, `SECTION_EXTEND_SIZE`) need none: the
/// library decides about them, and they alone let nobody read data.
///
/// ```
/// use filemap_core::{kind::Kind, security::AccessMask};
/// use filemap_core::security::posix::{Permission, Waiting, permission_for};
/// let needs = |kind, mask| permission_for(kind, AccessMask(mask), Waiting::Writes);
/// assert_eq!(needs(Kind::FileMapping, 0x4), Permission::Read);
/// assert_eq!(needs(Kind::FileMapping, 0x2), Permission::ReadWrite);
/// assert_eq!(needs(Kind::FileMapping, 0xD0001), Permission::None);
/// assert_eq!(needs(Kind::Mutex, 0x100000), Permission::ReadWrite);
/// ```
#[must_use]
pub fn permission_for(kind: Kind, mask: AccessMask, waiting: Waiting) -> Permission {
    let mask = TypeRights::of(kind).map_generic(mask);
    let (read, write) = match kind {
        Kind::FileMapping => (0x2C, 0x2),
        Kind::Mutex => (0x1, 0),
        Kind::Event | Kind::Semaphore | Kind::WaitableTimer => (0x1, 0x2),
        Kind::Job => (0x4, 0x2B),
    };
    let (mut read, mut write) = (AccessMask(read), AccessMask(write));
    match (kind, waiting) {
        (Kind::FileMapping, _) => {}
        (_, Waiting::Reads) => read |= AccessMask::SYNCHRONIZE,
        (_, Waiting::Writes) => write |= AccessMask::SYNCHRONIZE,
    }
    match () {
        () if mask.intersects(write) => Permission::ReadWrite,
        () if mask.intersects(read) => Permission::Read,
        () => Permission::None,
    }
}

/// Something in a descriptor that the kernel does not enforce. The library still does.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Limit {
    /// Root gets in, though the descriptor does not let it.
    RootGetsIn,
    /// The descriptor's owner is not the user who owns the file.
    OwnerIsNotTheFilesUser {
        /// The descriptor's owner.
        owner: Sid,
    },
    /// The SID means nobody here.
    MeansNobody {
        /// Place of the ACE.
        index: usize,
        /// The SID.
        sid: Sid,
    },
    /// The SID means some users, and the kernel lets everybody in instead.
    WidenedToEverybody {
        /// Place of the ACE.
        index: usize,
        /// The SID.
        sid: Sid,
    },
    /// A deny ACE for a group or for some users: somebody whom another entry lets in gets in.
    DenialNotEnforced {
        /// Place of the ACE.
        index: usize,
    },
    /// Write without read becomes read and write (M-84).
    WriteImpliesRead {
        /// Place of the ACE.
        index: usize,
    },
    /// The right to wait becomes the right to change the state.
    WaitImpliesModify {
        /// Place of the ACE.
        index: usize,
    },
    /// The ACE grants only rights that no file permission stands for, so the file can't be opened by it.
    NoFilePermission {
        /// Place of the ACE.
        index: usize,
    },
    /// WRITE_DAC or WRITE_OWNER for somebody who does not own the file: only the owner and root can change permissions.
    Delegation {
        /// Place of the ACE.
        index: usize,
    },
    /// OWNER RIGHTS: the owner of a file can always change its permissions.
    OwnerRights {
        /// Place of the ACE.
        index: usize,
    },
    /// The integrity label.
    IntegrityLabel,
    /// Audit ACEs.
    Audit,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Limit::RootGetsIn => f.write_str("root gets in although the descriptor does not let it"),
            Limit::OwnerIsNotTheFilesUser { owner } => {
                write!(
                    f,
                    "the owner is {}, the file belongs to another user, who can change its permissions",
                    owner.words()
                )
            }
            Limit::MeansNobody { index, sid } => {
                write!(f, "ACE {index}: {} is nobody on this system", sid.words())
            }
            Limit::WidenedToEverybody { index, sid } => {
                write!(
                    f,
                    "ACE {index}: the kernel can't tell who belongs to {}, so it lets every user in",
                    sid.words()
                )
            }
            Limit::DenialNotEnforced { index } => {
                write!(
                    f,
                    "ACE {index}: a denial for a group does not keep out those whom another entry lets in"
                )
            }
            Limit::WriteImpliesRead { index } => write!(f, "ACE {index}: who may write may read too"),
            Limit::WaitImpliesModify { index } => {
                write!(
                    f,
                    "ACE {index}: who may wait may change the state too, since waiting writes to it"
                )
            }
            Limit::NoFilePermission { index } => {
                write!(
                    f,
                    "ACE {index}: these rights alone give no permission to open the object's file"
                )
            }
            Limit::Delegation { index } => {
                write!(
                    f,
                    "ACE {index}: WRITE_DAC and WRITE_OWNER need the file's owner or root"
                )
            }
            Limit::OwnerRights { index } => {
                write!(
                    f,
                    "ACE {index}: the owner of a file can change its permissions whatever OWNER RIGHTS says"
                )
            }
            Limit::IntegrityLabel => f.write_str("the integrity label means nothing to the kernel"),
            Limit::Audit => f.write_str("audit ACEs record nothing"),
        }
    }
}

/// What no descriptor can make the kernel enforce: the right, and what holds instead (A-60).
pub static NEVER_ENFORCED: &[(&str, &str)] = &[
    ("denying root", "uid 0 reads and writes everything"),
    (
        "SECTION_MAP_WRITE without SECTION_MAP_READ",
        "shared writable views need a descriptor that reads too",
    ),
    (
        "SECTION_MAP_EXECUTE",
        "the mount's noexec decides; reading allows execute views",
    ),
    ("SECTION_QUERY, SECTION_EXTEND_SIZE", "come with read and write"),
    (
        "SYNCHRONIZE without a right to modify",
        "waiting for a mutex, a semaphore or an auto-reset event writes to its state",
    ),
    (
        "READ_CONTROL, WRITE_DAC, WRITE_OWNER",
        "owner and root change permissions, nobody else",
    ),
    ("DELETE", "has no effect on Windows either"),
    ("a group as owner", "files belong to users"),
    ("deny ACEs for groups", "POSIX ACLs add up what groups give"),
    (
        "interactive, service, anonymous users",
        "Linux groups are fixed at login; all count as other",
    ),
    (
        "integrity labels, audit, AppContainers, restricted tokens",
        "have no counterpart in file permissions",
    ),
    (
        "privileges",
        "root has all, a group stands for SeCreateGlobalPrivilege",
    ),
];

/// User and group of the object's file: the kernel gives it to its creator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FileOwner {
    /// The user.
    pub uid: u32,
    /// The group.
    pub gid: u32,
}

/// Permissions for an object's file.
///
/// ```
/// use filemap_core::kind::Kind;
/// use filemap_core::security::SecurityDescriptor;
/// use filemap_core::security::posix::{FileOwner, LinuxSids, Permission, PosixRights, Waiting};
/// // A service of user 990 shares with user 1000; root may everything.
/// let sd: SecurityDescriptor = "D:(A;;GA;;;SY)(A;;GA;;;S-1-22-1-990)(A;;0x6;;;S-1-22-1-1000)".parse()?;
/// let file = FileOwner { uid: 990, gid: 990 };
/// let rights = PosixRights::of(&sd, Kind::FileMapping, Waiting::Writes, file, &LinuxSids::default());
/// assert_eq!(rights.users.get(&1000), Some(&Permission::ReadWrite));
/// assert_eq!(rights.mode(), 0o660); // with an ACL the middle digit is its mask; group and others get nothing
/// assert_eq!((rights.group, rights.other), (Permission::None, Permission::None));
/// # Ok::<(), filemap_core::error::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PosixRights {
    /// The user whom the descriptor calls owner, if it is a single user; `chown` to him needs root.
    pub wanted_owner: Option<u32>,
    /// Of the file's user.
    pub owner: Permission,
    /// Of other users, by uid.
    pub users: BTreeMap<u32, Permission>,
    /// Of the file's group.
    pub group: Permission,
    /// Of other groups, by gid.
    pub groups: BTreeMap<u32, Permission>,
    /// Of everybody else.
    pub other: Permission,
    /// What of the descriptor the kernel does not enforce.
    pub limits: Vec<Limit>,
}

impl PosixRights {
    /// The permissions for a descriptor.
    #[must_use]
    pub fn of(
        sd: &SecurityDescriptor,
        kind: Kind,
        waiting: Waiting,
        file: FileOwner,
        map: &impl SidMap,
    ) -> PosixRights {
        let who = Who {
            sd,
            kind,
            waiting,
            map,
            vague: vague_sids(sd, map),
        };
        let (mut uids, mut gids) = (BTreeSet::new(), BTreeSet::new());
        let owner_accounts = sd.owner.map(|owner| map.accounts(&owner)).unwrap_or_default();
        let in_dacl = sd
            .dacl
            .list()
            .into_iter()
            .flat_map(|acl| &acl.aces)
            .filter(|ace| !ace.is_inherit_only());
        let named = in_dacl
            .filter_map(|ace| ace.sid())
            .flat_map(|sid| map.accounts(&sid));
        for account in named.chain(owner_accounts.iter().copied()) {
            match account {
                Account::User(uid) => drop(uids.insert(uid)),
                Account::Group(gid) => drop(gids.insert(gid)),
                Account::Root | Account::Everybody | Account::SomeUsers => {}
            }
        }
        uids.remove(&file.uid);
        uids.remove(&0); // root needs no entry
        gids.remove(&file.gid);
        let wanted_owner = match owner_accounts[..] {
            [Account::User(uid)] => Some(uid),
            [Account::Root, ..] => Some(0),
            _ => None,
        };
        PosixRights {
            wanted_owner,
            owner: who.of_user(file.uid),
            users: uids.into_iter().map(|uid| (uid, who.of_user(uid))).collect(),
            group: who.of_group(file.gid),
            groups: gids.into_iter().map(|gid| (gid, who.of_group(gid))).collect(),
            other: who.permission(map.sids_of_everybody(), &[]),
            limits: who.limits(file, wanted_owner),
        }
    }

    /// Whether mode bits are not enough.
    #[must_use]
    pub fn needs_acl(&self) -> bool {
        !self.users.is_empty() || !self.groups.is_empty()
    }

    /// The mode bits for `fchmod`. If there is an ACL, those of the group are its mask, as the kernel has it.
    #[must_use]
    pub fn mode(&self) -> u32 {
        self.owner.bits() << 6 | self.mask().bits() << 3 | self.other.bits()
    }

    fn mask(&self) -> Permission {
        let named = self.users.values().chain(self.groups.values());
        named.copied().chain([self.group]).max().unwrap_or_default()
    }

    /// The value of the extended attribute `system.posix_acl_access`, or `None` if mode bits are enough.
    ///
    /// Layout (`linux/posix_acl_xattr.h`, version 2, little-endian): version; per entry tag, permission and id; entries by
    /// tag, those of users and groups by id.
    #[must_use]
    pub fn acl_xattr(&self) -> Option<Vec<u8>> {
        const NO_ID: u32 = u32::MAX;
        if !self.needs_acl() {
            return None;
        }
        let mut entries = Vec::from([(0x01_u16, self.owner, NO_ID)]); // ACL_USER_OBJ
        entries.extend(
            self.users
                .iter()
                .map(|(uid, permission)| (0x02, *permission, *uid)),
        ); // ACL_USER
        entries.push((0x04, self.group, NO_ID)); // ACL_GROUP_OBJ
        entries.extend(
            self.groups
                .iter()
                .map(|(gid, permission)| (0x08, *permission, *gid)),
        ); // ACL_GROUP
        entries.push((0x10, self.mask(), NO_ID)); // ACL_MASK
        entries.push((0x20, self.other, NO_ID)); // ACL_OTHER
        let mut bytes = Vec::from(2_u32.to_le_bytes());
        for (tag, permission, id) in entries {
            bytes.extend(tag.to_le_bytes());
            bytes.extend((permission.bits() as u16).to_le_bytes());
            bytes.extend(id.to_le_bytes());
        }
        Some(bytes)
    }
}

/// The SIDs of a descriptor that some users have and others have not.
fn vague_sids(sd: &SecurityDescriptor, map: &impl SidMap) -> Vec<Sid> {
    let aces = sd.dacl.list().into_iter().flat_map(|acl| &acl.aces);
    let sids: BTreeSet<Sid> = aces.filter_map(|ace| ace.sid()).chain(sd.owner).collect();
    sids.into_iter()
        .filter(|sid| map.accounts(sid).contains(&Account::SomeUsers))
        .collect()
}

struct Who<'a, M: SidMap> {
    sd: &'a SecurityDescriptor,
    kind: Kind,
    waiting: Waiting,
    map: &'a M,
    /// SIDs that some users have and others have not.
    vague: Vec<Sid>,
}

impl<M: SidMap> Who<'_, M> {
    /// The most that somebody with these SIDs may get, whatever of the vague SIDs and of `sometimes` he has as well.
    ///
    /// One such SID at a time is enough: an ACE that grants a bit to somebody with several of them is the first that names
    /// the bit for him, hence also for somebody who has only the SID of this ACE.
    fn permission(&self, mut sids: Vec<Sid>, sometimes: &[Sid]) -> Permission {
        let Some(acl) = self.list() else {
            return Permission::ReadWrite;
        };
        let mut most = self.permission_of(acl, &sids);
        for sid in self.vague.iter().chain(sometimes) {
            sids.push(*sid);
            most = most.max(self.permission_of(acl, &sids));
            sids.pop();
        }
        most
    }

    fn of_user(&self, uid: u32) -> Permission {
        self.permission(self.map.sids_of_user(uid), &self.map.sids_of_some_programs(uid))
    }

    fn of_group(&self, gid: u32) -> Permission {
        self.permission(self.map.sids_of_group(gid), &[])
    }

    fn permission_of(&self, acl: &Acl, sids: &[Sid]) -> Permission {
        permission_for(
            self.kind,
            rights_of(acl, TypeRights::of(self.kind), sids, self.sd.owner),
            self.waiting,
        )
    }

    fn list(&self) -> Option<&Acl> {
        match &self.sd.dacl {
            Dacl::List(acl) => Some(acl),
            Dacl::Absent | Dacl::Null => None,
        }
    }

    fn limits(&self, file: FileOwner, wanted_owner: Option<u32>) -> Vec<Limit> {
        let mut limits = Vec::new();
        if self.of_user(0) < Permission::ReadWrite {
            limits.push(Limit::RootGetsIn);
        }
        if let Some(owner) = self.sd.owner.filter(|_| wanted_owner != Some(file.uid)) {
            limits.push(Limit::OwnerIsNotTheFilesUser { owner });
        }
        let aces = self.list().into_iter().flat_map(|acl| &acl.aces).enumerate();
        for (index, ace) in aces.filter(|(_, ace)| !ace.is_inherit_only()) {
            self.limits_of_ace(index, &ace.body, file, &mut limits);
            if ace.unevaluated_denial().is_some() {
                limits.push(Limit::DenialNotEnforced { index });
            }
        }
        let in_sacl = |found: fn(&AceBody) -> bool| {
            self.sd
                .sacl
                .iter()
                .flat_map(|acl| &acl.aces)
                .any(|ace| found(&ace.body))
        };
        if in_sacl(|body| matches!(body, AceBody::MandatoryLabel { .. })) {
            limits.push(Limit::IntegrityLabel);
        }
        if in_sacl(|body| matches!(body, AceBody::Audit { .. })) {
            limits.push(Limit::Audit);
        }
        limits
    }

    fn limits_of_ace(&self, index: usize, body: &AceBody, file: FileOwner, limits: &mut Vec<Limit>) {
        let (AceBody::Allow { mask, sid } | AceBody::Deny { mask, sid }) = *body else {
            return;
        };
        let mask = TypeRights::of(self.kind).map_generic(mask);
        let permission = permission_for(self.kind, mask, self.waiting);
        if sid == Sid::OWNER_RIGHTS {
            return limits.push(Limit::OwnerRights { index });
        }
        let accounts = self.map.accounts(&sid);
        if accounts.is_empty() {
            return limits.push(Limit::MeansNobody { index, sid });
        }
        let vague = |account: &Account| matches!(account, Account::Group(_) | Account::SomeUsers);
        if matches!(body, AceBody::Deny { .. }) {
            if permission != Permission::None && accounts.iter().any(vague) {
                limits.push(Limit::DenialNotEnforced { index });
            }
            return;
        }
        if permission != Permission::None && accounts.contains(&Account::SomeUsers) {
            limits.push(Limit::WidenedToEverybody { index, sid });
        }
        let only_root = accounts == [Account::Root];
        let without_write = permission_for(self.kind, mask.without(AccessMask::SYNCHRONIZE), self.waiting);
        match self.kind {
            _ if only_root => {}
            Kind::FileMapping
                if mask.contains(AccessMask::SECTION_MAP_WRITE)
                    && !mask.contains(AccessMask::SECTION_MAP_READ) =>
            {
                limits.push(Limit::WriteImpliesRead { index });
            }
            // A mutex has no right of its own to modify: who may wait may own and release it on Windows too.
            Kind::FileMapping | Kind::Mutex => {}
            _ if without_write < permission && permission == Permission::ReadWrite => {
                limits.push(Limit::WaitImpliesModify { index })
            }
            _ => {}
        }
        if permission == Permission::None && !mask.is_empty() && !only_root {
            limits.push(Limit::NoFilePermission { index });
        }
        let others = accounts
            .iter()
            .any(|account| !matches!(account, Account::Root) && *account != Account::User(file.uid));
        if others && mask.intersects(AccessMask::WRITE_DAC | AccessMask::WRITE_OWNER) {
            limits.push(Limit::Delegation { index });
        }
    }
}

#[cfg(test)]
mod tests;
