//! Access control lists: entries (ACEs) in the order in which they are evaluated.

use super::{AccessMask, Sid, TypeRights, unreadable};
use crate::error::{Error, Why};
use alloc::format;
use alloc::vec::Vec;

bitflags::bitflags! {
    /// Flags of an ACE: how containers hand it on, and for audit ACEs what is recorded (A-32).
    ///
    /// On the objects here only [`INHERIT_ONLY`](AceFlags::INHERIT_ONLY) has an effect: such an ACE is skipped.
    /// Source: `ACE_HEADER` in `winnt.h`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
    pub struct AceFlags: u8 {
        /// `OI`: objects made in the container inherit it.
        const OBJECT_INHERIT = 0x01;
        /// `CI`: containers made in the container inherit it.
        const CONTAINER_INHERIT = 0x02;
        /// `NP`: those who inherit it do not hand it on.
        const NO_PROPAGATE_INHERIT = 0x04;
        /// `IO`: it does not count for the container itself.
        const INHERIT_ONLY = 0x08;
        /// `ID`: it was inherited.
        const INHERITED = 0x10;
        /// `SA`: record successful access.
        const SUCCESSFUL_ACCESS = 0x40;
        /// `FA`: record failed access.
        const FAILED_ACCESS = 0x80;
        // Bits of strangers' descriptors are kept.
        const _ = !0;
    }
}

/// What an ACE says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AceBody {
    /// `A`: these rights are granted.
    Allow {
        /// The rights.
        mask: AccessMask,
        /// To whom.
        sid: Sid,
    },
    /// `D`: these rights are refused.
    Deny {
        /// The rights.
        mask: AccessMask,
        /// To whom.
        sid: Sid,
    },
    /// `AU`: use of these rights is recorded; kept and otherwise ignored (A-31).
    Audit {
        /// The rights.
        mask: AccessMask,
        /// Whose use.
        sid: Sid,
    },
    /// `ML`: the integrity level of the object and what lower subjects may not do (A-41).
    MandatoryLabel {
        /// [`NO_WRITE_UP`](AceBody::NO_WRITE_UP) and its neighbours.
        policy: AccessMask,
        /// The level, `S-1-16-…`.
        sid: Sid,
    },
    /// Any other type, kept as it is (A-31).
    Opaque {
        /// `AceType`.
        ace_type: u8,
        /// Everything behind the ACE's header, a multiple of 4 bytes.
        bytes: Vec<u8>,
    },
}

impl AceBody {
    /// `NW`: subjects below the label may not write.
    pub const NO_WRITE_UP: AccessMask = AccessMask(1);
    /// `NR`: subjects below the label may not read.
    pub const NO_READ_UP: AccessMask = AccessMask(2);
    /// `NX`: subjects below the label may not execute.
    pub const NO_EXECUTE_UP: AccessMask = AccessMask(4);
}

/// One entry of an access control list.
///
/// ```
/// use filemap_core::security::{AccessMask, Ace, Sid};
/// let ace = Ace::allow(AccessMask(0x6), Sid::INTERACTIVE);
/// assert_eq!(ace.to_string(), "(A;;0x6;;;IU)");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ace {
    /// How it is handed on.
    pub flags: AceFlags,
    /// What it says.
    pub body: AceBody,
}

const ALLOW: u8 = 0;
const DENY: u8 = 1;
const AUDIT: u8 = 2;
const MANDATORY_LABEL: u8 = 0x11;
/// Deny ACEs with more in them than a mask and a SID: for a property (6), with a condition (10), with both (12).
const RICH_DENIALS: [u8; 3] = [6, 10, 12];
/// ACE types that only an ACL of revision 4 has: those for properties.
const DIRECTORY_SERVICE_TYPES: [u8; 7] = [5, 6, 7, 8, 11, 12, 15];

impl Ace {
    /// An ACE that grants.
    #[must_use]
    pub const fn allow(mask: AccessMask, sid: Sid) -> Ace {
        Ace {
            flags: AceFlags::empty(),
            body: AceBody::Allow { mask, sid },
        }
    }

    /// An ACE that refuses.
    #[must_use]
    pub const fn deny(mask: AccessMask, sid: Sid) -> Ace {
        Ace {
            flags: AceFlags::empty(),
            body: AceBody::Deny { mask, sid },
        }
    }

    /// An ACE that labels the object with an integrity level.
    #[must_use]
    pub const fn mandatory_label(policy: AccessMask, level: u32) -> Ace {
        Ace {
            flags: AceFlags::empty(),
            body: AceBody::MandatoryLabel {
                policy,
                sid: Sid::integrity(level),
            },
        }
    }

    /// The same ACE with these flags.
    #[must_use]
    pub const fn with_flags(mut self, flags: AceFlags) -> Ace {
        self.flags = flags;
        self
    }

    /// Whether it does not count for the object that has it.
    #[must_use]
    pub const fn is_inherit_only(&self) -> bool {
        self.flags.contains(AceFlags::INHERIT_ONLY)
    }

    /// The mask, if the type is one that is understood.
    #[must_use]
    pub const fn mask(&self) -> Option<AccessMask> {
        match self.body {
            AceBody::Allow { mask, .. } | AceBody::Deny { mask, .. } | AceBody::Audit { mask, .. } => {
                Some(mask)
            }
            AceBody::MandatoryLabel { policy, .. } => Some(policy),
            AceBody::Opaque { .. } => None,
        }
    }

    /// Whom it is about, if the type is one that is understood.
    #[must_use]
    pub const fn sid(&self) -> Option<Sid> {
        match self.body {
            AceBody::Allow { sid, .. }
            | AceBody::Deny { sid, .. }
            | AceBody::Audit { sid, .. }
            | AceBody::MandatoryLabel { sid, .. } => Some(sid),
            AceBody::Opaque { .. } => None,
        }
    }

    /// What an opaque ACE may refuse, to whomever: the rights of a deny ACE whose condition or property is not
    /// evaluated. An unknown *allow* grants nothing, an unknown *deny* refuses to all: errors are on the safe side.
    #[must_use]
    pub fn unevaluated_denial(&self) -> Option<AccessMask> {
        match &self.body {
            AceBody::Opaque { ace_type, bytes } if RICH_DENIALS.contains(ace_type) => bytes
                .first_chunk()
                .map(|mask| AccessMask(u32::from_le_bytes(*mask))),
            _ => None,
        }
    }

    /// The same ACE with generic rights replaced by what they mean for a type (A-10).
    #[must_use]
    pub fn with_generic_mapped(mut self, rights: &TypeRights) -> Ace {
        if let AceBody::Allow { mask, .. } | AceBody::Deny { mask, .. } | AceBody::Audit { mask, .. } =
            &mut self.body
        {
            *mask = rights.map_generic(*mask);
        }
        self
    }

    const fn ace_type(&self) -> u8 {
        match self.body {
            AceBody::Allow { .. } => ALLOW,
            AceBody::Deny { .. } => DENY,
            AceBody::Audit { .. } => AUDIT,
            AceBody::MandatoryLabel { .. } => MANDATORY_LABEL,
            AceBody::Opaque { ace_type, .. } => ace_type,
        }
    }

    fn len(&self) -> usize {
        match &self.body {
            AceBody::Opaque { bytes, .. } => 4 + bytes.len(),
            AceBody::Allow { sid, .. }
            | AceBody::Deny { sid, .. }
            | AceBody::Audit { sid, .. }
            | AceBody::MandatoryLabel { sid, .. } => 8 + sid.len(),
        }
    }

    fn write_to(&self, out: &mut Vec<u8>) {
        let len = u16::try_from(self.len()).unwrap_or(u16::MAX); // checked by Acl::to_bytes for the whole list
        out.extend([self.ace_type(), self.flags.bits()]);
        out.extend(len.to_le_bytes());
        match &self.body {
            AceBody::Opaque { bytes, .. } => out.extend(bytes),
            AceBody::Allow { mask, sid }
            | AceBody::Deny { mask, sid }
            | AceBody::Audit { mask, sid }
            | AceBody::MandatoryLabel { policy: mask, sid } => {
                out.extend(mask.0.to_le_bytes());
                sid.write_to(out);
            }
        }
    }

    /// Reads the ACE at the start of `bytes`; gives its length too.
    fn read(bytes: &[u8], index: usize) -> Result<(Ace, usize), Why> {
        let bad = |what: &str| Why::AclMalformed {
            what: format!("ACE {index} {what}"),
        };
        let Some([ace_type, flags, low, high]) = bytes.first_chunk() else {
            return Err(bad("is cut off"));
        };
        let len = usize::from(u16::from_le_bytes([*low, *high]));
        if len < 4 || !len.is_multiple_of(4) {
            return Err(bad(
                "has a length that is no multiple of 4 bytes or less than its header",
            ));
        }
        let body = bytes
            .get(4..len)
            .ok_or_else(|| bad("is longer than what is left of the list"))?;
        let plain = || -> Result<(AccessMask, Sid), Why> {
            let (mask, sid) = body
                .split_first_chunk()
                .ok_or_else(|| bad("is too short for an access mask"))?;
            let sid = Sid::read(sid)
                .map_err(|why| bad(&format!("has a SID that can't be read: {}", why.cause())))?;
            Ok((AccessMask(u32::from_le_bytes(*mask)), sid))
        };
        let body = match *ace_type {
            ALLOW => plain().map(|(mask, sid)| AceBody::Allow { mask, sid })?,
            DENY => plain().map(|(mask, sid)| AceBody::Deny { mask, sid })?,
            AUDIT => plain().map(|(mask, sid)| AceBody::Audit { mask, sid })?,
            MANDATORY_LABEL => match plain()? {
                (_, sid) if sid.integrity_level().is_none() => {
                    return Err(bad("is a mandatory label without an integrity level"));
                }
                (policy, sid) => AceBody::MandatoryLabel { policy, sid },
            },
            ace_type => AceBody::Opaque {
                ace_type,
                bytes: body.to_vec(),
            },
        };
        Ok((
            Ace {
                flags: AceFlags::from_bits_retain(*flags),
                body,
            },
            len,
        ))
    }
}

/// Why an order is not canonical: the first ACE that stands too late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfOrder {
    /// Index of the ACE that should stand earlier.
    pub index: usize,
    /// Index of the ACE before it that should stand later.
    pub after: usize,
}

/// An access control list. Evaluated in the order as it is (A-42).
///
/// An *empty* list grants nothing; *no* list at all grants everything: see [`Dacl`](super::Dacl) for the difference.
///
/// ```
/// use filemap_core::security::{AccessMask, Ace, Acl, Sid};
/// let acl = Acl::from([Ace::allow(AccessMask::GENERIC_ALL, Sid::LOCAL_SYSTEM)]);
/// let bytes = acl.to_bytes()?;
/// assert_eq!(bytes.len(), 28);
/// assert_eq!(Acl::from_bytes(&bytes)?, acl);
/// # Ok::<(), filemap_core::error::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct Acl {
    /// The entries.
    pub aces: Vec<Ace>,
}

impl<const N: usize> From<[Ace; N]> for Acl {
    fn from(aces: [Ace; N]) -> Acl {
        Acl { aces: aces.into() }
    }
}

impl From<Vec<Ace>> for Acl {
    fn from(aces: Vec<Ace>) -> Acl {
        Acl { aces }
    }
}

impl Acl {
    /// Length in bytes of the header of the binary form.
    pub const HEADER_LEN: usize = 8;
    /// The longest binary form in bytes.
    pub const MAX_LEN: usize = 0xFFFF;

    /// The list that grants nothing to anybody.
    #[must_use]
    pub const fn empty() -> Acl {
        Acl { aces: Vec::new() }
    }

    /// Looks for the first ACE out of canonical order: explicit deny, explicit allow, inherited deny, inherited allow
    /// (A-42). ACEs that neither grant nor refuse are passed over.
    ///
    /// # Errors
    /// The first ACE that stands too late.
    pub fn check_canonical(&self) -> Result<(), OutOfOrder> {
        let rank = |ace: &Ace| {
            let inherited = if ace.flags.contains(AceFlags::INHERITED) {
                2
            } else {
                0
            };
            match ace.body {
                AceBody::Deny { .. } => Some(inherited),
                AceBody::Allow { .. } => Some(inherited + 1),
                _ => None,
            }
        };
        let mut highest: Option<(usize, u8)> = None;
        for (index, ace) in self.aces.iter().enumerate() {
            let Some(rank) = rank(ace) else { continue };
            match highest {
                Some((after, before)) if rank < before => return Err(OutOfOrder { index, after }),
                Some((_, before)) if rank == before => {}
                _ => highest = Some((index, rank)),
            }
        }
        Ok(())
    }

    /// The same list with generic rights replaced by what they mean for a type (A-10).
    #[must_use]
    pub fn with_generic_mapped(self, rights: &TypeRights) -> Acl {
        Acl {
            aces: self
                .aces
                .into_iter()
                .map(|ace| ace.with_generic_mapped(rights))
                .collect(),
        }
    }

    /// Length of the binary form in bytes.
    #[must_use]
    #[expect(
        clippy::len_without_is_empty,
        reason = "the length of the binary form; an empty list has one too"
    )]
    pub fn len(&self) -> usize {
        Acl::HEADER_LEN + self.aces.iter().map(Ace::len).sum::<usize>()
    }

    /// The binary form, as `winnt.h` lays out `ACL`: revision 2, or 4 if an ACE needs it.
    ///
    /// # Errors
    /// 1336 if it would be longer than 65,535 bytes, or if an opaque ACE is no multiple of 4 bytes long.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        let len = self.len();
        let too_long = |_| {
            unreadable(Why::AclMalformed {
                what: format!("it would have {len} bytes, 65535 are allowed"),
            })
        };
        let size = u16::try_from(len).map_err(too_long)?;
        let count = u16::try_from(self.aces.len()).map_err(too_long)?;
        if let Some(index) = self.aces.iter().position(|ace| !ace.len().is_multiple_of(4)) {
            return Err(unreadable(Why::AclMalformed {
                what: format!("ACE {index} is no multiple of 4 bytes long"),
            }));
        }
        let needs_4 = self
            .aces
            .iter()
            .any(|ace| DIRECTORY_SERVICE_TYPES.contains(&ace.ace_type()));
        let mut bytes = Vec::with_capacity(len);
        bytes.extend([if needs_4 { 4 } else { 2 }, 0]);
        bytes.extend(size.to_le_bytes());
        bytes.extend(count.to_le_bytes());
        bytes.extend([0, 0]);
        self.aces.iter().for_each(|ace| ace.write_to(&mut bytes));
        Ok(bytes)
    }

    /// The list at the start of `bytes`, which nobody has checked; bytes behind it, and unused ones in it, are ignored.
    ///
    /// # Errors
    /// 1305 for a revision other than 2, 3 or 4; 1336 for everything else that is wrong.
    pub fn from_bytes(bytes: &[u8]) -> Result<Acl, Error> {
        Acl::read(bytes).map_err(unreadable)
    }

    /// How many bytes a list has that begins with this header; for callers that must know before they copy the rest.
    ///
    /// # Errors
    /// As [`from_bytes`](Acl::from_bytes).
    pub fn len_from_start(header: [u8; Acl::HEADER_LEN]) -> Result<usize, Error> {
        Acl::len_of(header).map_err(unreadable)
    }

    fn len_of([revision, _, low, high, ..]: [u8; Acl::HEADER_LEN]) -> Result<usize, Why> {
        if !(2..=4).contains(&revision) {
            return Err(Why::UnknownRevision {
                what: "the access control list",
                revision,
            });
        }
        match usize::from(u16::from_le_bytes([low, high])) {
            len if len >= Acl::HEADER_LEN => Ok(len),
            len => Err(Why::AclMalformed {
                what: format!("its length of {len} bytes is less than its header"),
            }),
        }
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Acl, Why> {
        let cut = || Why::AclMalformed {
            what: format!("it is cut off after {} bytes", bytes.len()),
        };
        let header = bytes.first_chunk::<{ Acl::HEADER_LEN }>().ok_or_else(cut)?;
        let mut left = bytes
            .get(Acl::HEADER_LEN..Acl::len_of(*header)?)
            .ok_or_else(cut)?;
        let count = usize::from(u16::from_le_bytes([header[4], header[5]]));
        let mut aces = Vec::new();
        for index in 0..count {
            let (ace, len) = Ace::read(left, index)?;
            aces.push(ace);
            left = &left[len..];
        }
        Ok(Acl { aces })
    }
}

#[cfg(test)]
mod tests;
