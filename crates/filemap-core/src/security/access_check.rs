//! The access check: may this token have these rights, and if not, which rule says so (A-40 to A-46).

use super::rights::DIRECTORY;
use super::{
    AccessMask, AceBody, Acl, IntegrityLevel, Privilege, SecurityDescriptor, Sid, Token, TypeRights,
};
use crate::error::{Error, Op, Why, Win32Code};
use crate::kind::Kind;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// The rule that refused a right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// No right was asked for (A-41 step 1).
    MaskEmpty,
    /// A bit means nothing for this type of object (O-10).
    InvalidBits,
    /// Only a privilege gives it (1314).
    Privilege(Privilege),
    /// The object's label is above the caller's integrity level (A-41 step 2).
    Integrity {
        /// The caller's level.
        subject: IntegrityLevel,
        /// The object's level; medium if it has no label.
        object: IntegrityLevel,
    },
    /// A deny ACE hits the caller (A-41 step 6).
    DeniedBy {
        /// Its place in the DACL, from 0.
        index: usize,
        /// Whom it names.
        sid: Sid,
    },
    /// A deny ACE of a type that is not evaluated, taken as if it hit everybody (A-31).
    UnevaluatedDenial {
        /// Its place in the DACL, from 0.
        index: usize,
    },
    /// The DACL is empty (A-6).
    EmptyDacl,
    /// The caller is the owner, but an OWNER RIGHTS ACE limits what owners may do (A-3).
    OwnerRights {
        /// The place of the first such ACE in the DACL, from 0.
        index: usize,
    },
    /// No ACE grants it (A-41 step 7).
    NoAce,
}

/// Which walk through the DACL refused (A-44).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// The one with user and groups.
    Normal,
    /// The one with the SIDs that restrict the token.
    Restricted,
    /// The one with package and capabilities.
    AppContainer,
}

/// A refusal, with everything that a person needs to understand it (I-11).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    /// What was asked for, generic rights replaced.
    pub desired: AccessMask,
    /// The part of it that would have been granted.
    pub granted: AccessMask,
    /// The part of it that was refused.
    pub missing: AccessMask,
    /// The rule that refused first.
    pub reason: Reason,
    /// The walk through the DACL that refused.
    pub pass: Pass,
    /// Each refused bit with the rule that refused it, lowest bit first. Empty if the mask itself was refused.
    pub by_bit: Vec<(AccessMask, Reason)>,
    rights: &'static TypeRights,
}

impl Denial {
    /// 1314 if a privilege is missing, else 5.
    #[must_use]
    pub fn code(&self) -> Win32Code {
        match self.reason {
            Reason::Privilege(_) => Win32Code::PRIVILEGE_NOT_HELD,
            _ => Win32Code::ACCESS_DENIED,
        }
    }

    /// The refused rights in words.
    #[must_use]
    pub fn missing_words(&self) -> String {
        self.rights.words(self.missing)
    }

    /// The refusal as an error of `op` on `object`; the rule that decided is its note.
    ///
    /// ```
    /// use filemap_core::error::Op;
    /// use filemap_core::kind::Kind;
    /// use filemap_core::security::{AccessMask, SecurityDescriptor, Sid, Token, access_check};
    /// let sd: SecurityDescriptor = "D:(A;;GA;;;SY)(A;;0x4;;;IU)".parse()?;
    /// let user = Token::standard_user(Sid::unix_user(1000), 1);
    /// let denial = access_check(&sd, &user, Kind::FileMapping, AccessMask(0x6)).unwrap_err();
    /// let error = denial.to_error(Op::OpenFileMapping, r"Global\frames");
    /// assert_eq!(error.code().0, 5);
    /// assert!(error.to_string().contains("SECTION_MAP_WRITE"));
    /// assert_eq!(error.note(), "no ACE of the DACL grants SECTION_MAP_WRITE to this caller");
    /// # Ok::<(), filemap_core::error::Error>(())
    /// ```
    #[must_use]
    pub fn to_error(&self, op: Op, object: impl Into<String>) -> Error {
        let why = match self.reason {
            Reason::MaskEmpty => return Error::new(op, object, Why::AccessMaskEmpty),
            Reason::InvalidBits => {
                return Error::new(op, object, Why::AccessMaskInvalid { bits: self.missing.0 });
            }
            Reason::Privilege(privilege) => {
                return Error::new(
                    op,
                    object,
                    Why::PrivilegeMissing {
                        privilege: privilege.name(),
                    },
                );
            }
            _ => Why::AccessDenied {
                missing: self.missing_words(),
            },
        };
        Error::new(op, object, why).with_note(format!("{self}"))
    }
}

impl fmt::Display for Denial {
    /// One sentence without a full stop: the rule that refused first and the bits that it refused.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let same = self.by_bit.iter().filter(|(_, reason)| *reason == self.reason);
        let bits = same.fold(AccessMask::NONE, |sum, (bit, _)| sum | *bit);
        let words = self
            .rights
            .words(if bits.is_empty() { self.missing } else { bits });
        let whom = match self.pass {
            Pass::Normal => "this caller",
            Pass::Restricted => "the SIDs that restrict this caller's token",
            Pass::AppContainer => "this caller's AppContainer or its capabilities",
        };
        match self.reason {
            Reason::MaskEmpty => f.write_str("no right was asked for"),
            Reason::InvalidBits => write!(f, "{words} means nothing for this kind of object"),
            Reason::Privilege(privilege) => write!(f, "{words} needs {privilege}"),
            Reason::Integrity { subject, object } => {
                write!(
                    f,
                    "the object's integrity level is {object}, the caller's only {subject}, which refuses {words} whatever the DACL says"
                )
            }
            Reason::DeniedBy { index, sid } => {
                write!(f, "ACE {index} of the DACL refuses {words} to {}", sid.words())
            }
            Reason::UnevaluatedDenial { index } => {
                write!(
                    f,
                    "ACE {index} of the DACL refuses {words} under a condition that is not evaluated here"
                )
            }
            Reason::EmptyDacl => write!(f, "the DACL is empty, so nobody is granted {words}"),
            Reason::OwnerRights { index } => {
                write!(
                    f,
                    "the caller is the owner, but ACE {index} of the DACL (OWNER RIGHTS) does not leave owners {words}"
                )
            }
            Reason::NoAce => write!(f, "no ACE of the DACL grants {words} to {whom}"),
        }
    }
}

/// What one walk through a DACL decided, bit by bit: the first ACE that names a bit for the caller decides it.
struct Walk {
    allowed: AccessMask,
    /// Per bit: why it was refused, if an ACE refused it.
    refused: [Option<Reason>; 32],
}

/// Who walks: the three passes differ in it.
struct Walker<F: Fn(&Sid, Use) -> bool> {
    is_owner: bool,
    matches: F,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Allow,
    Deny,
}

const OWNER_ANYHOW: AccessMask = AccessMask(0x6_0000); // READ_CONTROL | WRITE_DAC

/// The first ACE for OWNER RIGHTS; with one, owners have only what it says (A-3).
fn owner_rights_ace(acl: &Acl) -> Option<usize> {
    acl.aces.iter().position(|ace| {
        let counts = matches!(ace.body, AceBody::Allow { .. } | AceBody::Deny { .. });
        counts && !ace.is_inherit_only() && ace.sid() == Some(Sid::OWNER_RIGHTS)
    })
}

impl<F: Fn(&Sid, Use) -> bool> Walker<F> {
    fn hits(&self, sid: &Sid, used: Use) -> bool {
        (self.matches)(sid, used) || (*sid == Sid::OWNER_RIGHTS && self.is_owner)
    }

    fn walk(&self, acl: &Acl, rights: &TypeRights) -> Walk {
        let mut walk = Walk {
            allowed: AccessMask::NONE,
            refused: [None; 32],
        };
        if self.is_owner && owner_rights_ace(acl).is_none() {
            walk.allowed = OWNER_ANYHOW;
        }
        let mut undecided = !walk.allowed;
        for (index, ace) in acl
            .aces
            .iter()
            .enumerate()
            .filter(|(_, ace)| !ace.is_inherit_only())
        {
            let (mask, refusal) = match &ace.body {
                AceBody::Allow { mask, sid } if self.hits(sid, Use::Allow) => (*mask, None),
                AceBody::Deny { mask, sid } if self.hits(sid, Use::Deny) => {
                    (*mask, Some(Reason::DeniedBy { index, sid: *sid }))
                }
                _ => match ace.unevaluated_denial() {
                    Some(mask) => (mask, Some(Reason::UnevaluatedDenial { index })),
                    None => continue,
                },
            };
            let decided = rights.map_generic(mask) & undecided;
            undecided = undecided.without(decided);
            match refusal {
                None => walk.allowed |= decided,
                Some(reason) => decided
                    .each_bit()
                    .for_each(|bit| walk.refused[bit.0.trailing_zeros() as usize] = Some(reason)),
            }
        }
        walk
    }

    /// Why `bit` is not among what the walk allowed.
    fn reason(&self, walk: &Walk, acl: &Acl, bit: AccessMask) -> Reason {
        let limited_owner = owner_rights_ace(acl).filter(|_| self.is_owner && OWNER_ANYHOW.contains(bit));
        match (walk.refused.get(bit.0.trailing_zeros() as usize), limited_owner) {
            (Some(Some(reason)), _) => *reason,
            (_, Some(index)) => Reason::OwnerRights { index },
            _ if acl.aces.is_empty() => Reason::EmptyDacl,
            _ => Reason::NoAce,
        }
    }
}

/// The rights that a DACL gives to somebody who is exactly these SIDs, all of them enabled.
pub(super) fn rights_of(acl: &Acl, rights: &TypeRights, sids: &[Sid], owner: Option<Sid>) -> AccessMask {
    let is_owner = owner.is_some_and(|owner| sids.contains(&owner));
    Walker {
        is_owner,
        matches: |sid: &Sid, _| sids.contains(sid),
    }
    .walk(acl, rights)
    .allowed
}

/// The rights that integrity takes away (A-41 step 2), with the two levels; nothing if the subject is high enough.
///
/// What stays is what a class of access that is not forbidden covers: read and execute by their generic mapping, and
/// write for everything else (so the section's EXTEND_SIZE counts as write, and READ_CONTROL stays).
fn integrity_takes(
    sd: &SecurityDescriptor,
    token: &Token,
    rights: &TypeRights,
) -> Option<(AccessMask, Reason)> {
    let subject = token.integrity?;
    let (object, policy) = sd
        .label()
        .unwrap_or((IntegrityLevel::MEDIUM, AceBody::NO_WRITE_UP));
    if subject >= object {
        return None;
    }
    let explicit = rights
        .specific
        .iter()
        .find(|(_, name)| *name == "SECTION_MAP_EXECUTE_EXPLICIT");
    let execute = rights.generic_execute | AccessMask(explicit.map_or(0, |(bit, _)| *bit));
    let write = rights.generic_write | rights.valid.without(rights.generic_read | execute);
    let mut stays = AccessMask::NONE;
    for (forbidden, class) in [
        (AceBody::NO_READ_UP, rights.generic_read),
        (AceBody::NO_WRITE_UP, write),
        (AceBody::NO_EXECUTE_UP, execute),
    ] {
        if !policy.contains(forbidden) {
            stays |= class;
        }
    }
    Some((rights.valid.without(stays), Reason::Integrity { subject, object }))
}

/// Decides whether `token` may have `desired` on an object with this descriptor, and gives the granted mask, which the
/// handle then carries (O-15).
///
/// `rights` is the kind of object, or [`DIRECTORY`]. Generic bits are replaced first; `MAXIMUM_ALLOWED` gives everything
/// that can be had (A-43). Where several rules would refuse, the order is: empty mask, missing privilege, bits that mean
/// nothing, integrity, DACL. Source: Microsoft "How AccessCheck works", "Mandatory Integrity Control".
///
/// # Errors
/// A [`Denial`]: 1314 for `ACCESS_SYSTEM_SECURITY` without `SeSecurityPrivilege`, 5 for everything else.
///
/// ```
/// use filemap_core::kind::Kind;
/// use filemap_core::security::{AccessMask, Reason, SecurityDescriptor, Sid, Token, access_check};
/// // What a LocalSystem service's object has by default, and an elevated administrator (A-22).
/// let sd: SecurityDescriptor = "D:(A;;GA;;;SY)(A;;RCGXGR;;;BA)".parse()?;
/// let admin = Token::elevated_administrator(Sid::unix_user(1000), 1);
/// assert_eq!(access_check(&sd, &admin, Kind::FileMapping, AccessMask(0x4)), Ok(AccessMask(0x4)));
/// let denial = access_check(&sd, &admin, Kind::FileMapping, AccessMask::FILE_MAP_ALL_ACCESS).unwrap_err();
/// assert_eq!(denial.reason, Reason::NoAce);
/// assert_eq!(denial.missing, AccessMask(0xD0012));
/// # Ok::<(), filemap_core::error::Error>(())
/// ```
pub fn access_check(
    sd: &SecurityDescriptor,
    token: &Token,
    rights: impl Into<&'static TypeRights>,
    desired: AccessMask,
) -> Result<AccessMask, Box<Denial>> {
    let rights = rights.into();
    let desired = rights.map_generic(desired);
    let refuse = |missing: AccessMask, reason| Denial {
        desired,
        granted: desired.without(missing),
        missing,
        reason,
        pass: Pass::Normal,
        by_bit: Vec::new(),
        rights,
    };
    if desired.is_empty() {
        return Err(Box::new(refuse(AccessMask::NONE, Reason::MaskEmpty)));
    }
    let mut by_privilege = AccessMask::NONE;
    if desired.contains(AccessMask::ACCESS_SYSTEM_SECURITY) {
        if !token.has_enabled(Privilege::Security) {
            let reason = Reason::Privilege(Privilege::Security);
            return Err(Box::new(refuse(AccessMask::ACCESS_SYSTEM_SECURITY, reason)));
        }
        by_privilege |= AccessMask::ACCESS_SYSTEM_SECURITY;
    }
    let special = AccessMask::ACCESS_SYSTEM_SECURITY | AccessMask::MAXIMUM_ALLOWED;
    let invalid = desired.without(rights.valid | special);
    if !invalid.is_empty() {
        return Err(Box::new(refuse(invalid, Reason::InvalidBits)));
    }
    let taken = integrity_takes(sd, token, rights);
    if desired.contains(AccessMask::WRITE_OWNER) && token.has_enabled(Privilege::TakeOwnership) {
        by_privilege |= AccessMask::WRITE_OWNER;
    }

    // The passes; without a DACL none is needed and everything is granted (step 3).
    let list = sd.dacl.list();
    let owner = sd.owner.as_ref();
    let normal = Walker {
        is_owner: owner.is_some_and(|owner| token.is_enabled(owner)),
        matches: |sid: &Sid, used| match used {
            Use::Allow => token.is_enabled(sid),
            Use::Deny => token.has(sid),
        },
    };
    let restricted = Walker {
        is_owner: owner.is_some_and(|owner| token.restricted.contains(owner)),
        matches: |sid: &Sid, _| token.restricted.contains(sid),
    };
    let contained = Walker {
        is_owner: false,
        matches: |sid: &Sid, _| {
            token.app_container.as_ref().is_some_and(|container| {
                *sid == Sid::ALL_APPLICATION_PACKAGES
                    || container.package == *sid
                    || container.capabilities.contains(sid)
            })
        },
    };
    let normal_walk = list.map(|acl| normal.walk(acl, rights));
    let restricted_walk = list
        .filter(|_| !token.restricted.is_empty())
        .map(|acl| restricted.walk(acl, rights));
    let contained_walk = list
        .filter(|_| token.app_container.is_some())
        .map(|acl| contained.walk(acl, rights));

    let other_walks = [&restricted_walk, &contained_walk].into_iter().flatten();
    let by_dacl = match &normal_walk {
        Some(walk) => other_walks.fold(walk.allowed & rights.valid, |sum, walk| sum & walk.allowed),
        None => rights.all_access | desired.without(special),
    };
    let stripped = taken.map_or(AccessMask::NONE, |(bits, _)| bits);
    let can_have = (by_dacl | by_privilege).without(stripped);
    let wanted = desired.without(AccessMask::MAXIMUM_ALLOWED);
    let missing = wanted.without(can_have);
    let wants_maximum = desired.contains(AccessMask::MAXIMUM_ALLOWED);
    if missing.is_empty() && !(wants_maximum && can_have.is_empty()) {
        return Ok(if wants_maximum { wanted | can_have } else { wanted });
    }

    let reason = |bit: AccessMask| -> (Reason, Pass) {
        if let Some((stripped, reason)) = taken
            && stripped.contains(bit)
        {
            return (reason, Pass::Normal);
        }
        let Some(acl) = list else {
            return (Reason::NoAce, Pass::Normal);
        };
        match (&normal_walk, &restricted_walk, &contained_walk) {
            (Some(walk), ..) if !walk.allowed.contains(bit) => (normal.reason(walk, acl, bit), Pass::Normal),
            (_, Some(walk), _) if !walk.allowed.contains(bit) => {
                (restricted.reason(walk, acl, bit), Pass::Restricted)
            }
            (_, _, Some(walk)) if !walk.allowed.contains(bit) => {
                (contained.reason(walk, acl, bit), Pass::AppContainer)
            }
            _ => (Reason::NoAce, Pass::Normal),
        }
    };
    // Integrity comes before the DACL, and in it the ACE that stands first.
    let rank = |reason: &Reason| match reason {
        Reason::Integrity { .. } => (0, 0),
        Reason::DeniedBy { index, .. } | Reason::UnevaluatedDenial { index } => (1, *index),
        Reason::OwnerRights { index } => (2, *index),
        _ => (3, 0),
    };
    // With MAXIMUM_ALLOWED alone no bit is missing, and yet nothing can be had: that bit stands for all.
    let missing = if missing.is_empty() {
        AccessMask::MAXIMUM_ALLOWED
    } else {
        missing
    };
    let reasons: Vec<_> = missing.each_bit().map(|bit| (bit, reason(bit))).collect();
    let (first, pass) = reasons
        .iter()
        .map(|(_, why)| *why)
        .min_by_key(|(reason, _)| rank(reason))
        .unwrap_or((Reason::NoAce, Pass::Normal));
    let by_bit = reasons
        .into_iter()
        .map(|(bit, (reason, _))| (bit, reason))
        .collect();
    Err(Box::new(Denial {
        pass,
        by_bit,
        ..refuse(missing, first)
    }))
}

/// What somebody wants with a directory of names (A-45).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DirectoryUse {
    /// Create an object in it.
    Create,
    /// Open an object in it.
    Open,
}

/// Whether `token` may create or open objects in a directory with this descriptor (A-45). Opening needs traverse, which
/// holders of `SeChangeNotifyPrivilege` (normally everybody) need not have.
///
/// # Errors
/// A [`Denial`], always 5.
pub fn directory_check(
    sd: &SecurityDescriptor,
    token: &Token,
    what: DirectoryUse,
) -> Result<(), Box<Denial>> {
    let desired = match what {
        DirectoryUse::Create => AccessMask(0x4),
        DirectoryUse::Open if token.has_enabled(Privilege::ChangeNotify) => return Ok(()),
        DirectoryUse::Open => AccessMask(0x2),
    };
    access_check(sd, token, &DIRECTORY, desired).map(drop)
}

/// Masks that programs usefully ask for, smallest first: what `explain` tries in place of the mask that was refused.
#[must_use]
pub fn useful_masks(kind: Kind) -> &'static [AccessMask] {
    const SYNC: u32 = 0x10_0000;
    const MAPPING: &[AccessMask] = &[
        AccessMask(0x4),
        AccessMask(0x2),
        AccessMask(0x6),
        AccessMask(0xC),
        AccessMask(0xE),
        AccessMask(0xF_001F),
    ];
    const STATE: &[AccessMask] = &[
        AccessMask(SYNC),
        AccessMask(0x2),
        AccessMask(SYNC | 2),
        AccessMask(SYNC | 3),
        AccessMask(0x1F_0003),
    ];
    const MUTEX: &[AccessMask] = &[AccessMask(SYNC), AccessMask(SYNC | 1), AccessMask(0x1F_0001)];
    const JOB: &[AccessMask] = &[
        AccessMask(0x4),
        AccessMask(0x1),
        AccessMask(0x8),
        AccessMask(0xF),
        AccessMask(0x1F_001F),
    ];
    match kind {
        Kind::FileMapping => MAPPING,
        Kind::Event | Kind::Semaphore | Kind::WaitableTimer => STATE,
        Kind::Mutex => MUTEX,
        Kind::Job => JOB,
    }
}

/// The mask with the fewest bits among `useful` that `token` would be granted (I-11 d); the earlier one of equals.
///
/// ```
/// use filemap_core::kind::Kind;
/// use filemap_core::security::access_check::{closest_mask, smallest_mask, useful_masks};
/// use filemap_core::security::{AccessMask, SecurityDescriptor, Sid, Token};
/// let sd: SecurityDescriptor = "D:(A;;GA;;;SY)(A;;0x6;;;IU)".parse()?;
/// let user = Token::standard_user(Sid::unix_user(1000), 1);
/// let useful = useful_masks(Kind::FileMapping);
/// assert_eq!(smallest_mask(&sd, &user, Kind::FileMapping, useful), Some(AccessMask(0x4)));
/// // Somebody who asked for everything is better served with read and write.
/// let wanted = AccessMask::FILE_MAP_ALL_ACCESS;
/// assert_eq!(closest_mask(&sd, &user, Kind::FileMapping, useful, wanted), Some(AccessMask(0x6)));
/// # Ok::<(), filemap_core::error::Error>(())
/// ```
#[must_use]
pub fn smallest_mask(
    sd: &SecurityDescriptor,
    token: &Token,
    rights: impl Into<&'static TypeRights>,
    useful: &[AccessMask],
) -> Option<AccessMask> {
    let rights = rights.into();
    granted(sd, token, rights, useful).min_by_key(|mask| mask.0.count_ones())
}

/// The mask among `useful` that `token` would be granted and that is the largest part of `wanted`; the earlier one of
/// equals. `None` if no part of what was wanted can be had.
#[must_use]
pub fn closest_mask(
    sd: &SecurityDescriptor,
    token: &Token,
    rights: impl Into<&'static TypeRights>,
    useful: &[AccessMask],
    wanted: AccessMask,
) -> Option<AccessMask> {
    let rights = rights.into();
    let wanted = rights.map_generic(wanted);
    let parts = granted(sd, token, rights, useful).filter(|mask| wanted.contains(*mask));
    parts.min_by_key(|mask| wanted.without(*mask).0.count_ones())
}

fn granted(
    sd: &SecurityDescriptor,
    token: &Token,
    rights: &'static TypeRights,
    useful: &[AccessMask],
) -> impl Iterator<Item = AccessMask> {
    useful
        .iter()
        .copied()
        .filter(move |mask| access_check(sd, token, rights, *mask).is_ok())
}

#[cfg(test)]
mod tests;
