//! Security descriptors: owner, group, DACL and SACL together (A-1), and their binary forms.
//!
//! Windows has two layouts. *Self-relative*: one block, places given as offsets; it can be stored and sent, and is what
//! an object's file keeps. *Absolute*: a header with pointers, as `InitializeSecurityDescriptor` makes it; only the
//! header can be read here ([`AbsoluteHeader`]), since following a pointer is not this crate's business.

use super::{AceBody, Acl, IntegrityLevel, Sid, TypeRights, unreadable};
use crate::error::{Error, Why};
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

bitflags::bitflags! {
    /// Control bits of a descriptor. Those that say which parts exist, and `SE_SELF_RELATIVE`, are not here: they follow
    /// from the parts and from the binary form. Source: Microsoft `SECURITY_DESCRIPTOR_CONTROL`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
    pub struct Control: u16 {
        /// `SE_OWNER_DEFAULTED`.
        const OWNER_DEFAULTED = 0x0001;
        /// `SE_GROUP_DEFAULTED`.
        const GROUP_DEFAULTED = 0x0002;
        /// `SE_DACL_DEFAULTED`.
        const DACL_DEFAULTED = 0x0008;
        /// `SE_SACL_DEFAULTED`.
        const SACL_DEFAULTED = 0x0020;
        /// `SE_DACL_AUTO_INHERIT_REQ`, `AR` in `D:`.
        const DACL_AUTO_INHERIT_REQ = 0x0100;
        /// `SE_SACL_AUTO_INHERIT_REQ`, `AR` in `S:`.
        const SACL_AUTO_INHERIT_REQ = 0x0200;
        /// `SE_DACL_AUTO_INHERITED`, `AI` in `D:`.
        const DACL_AUTO_INHERITED = 0x0400;
        /// `SE_SACL_AUTO_INHERITED`, `AI` in `S:`.
        const SACL_AUTO_INHERITED = 0x0800;
        /// `SE_DACL_PROTECTED`, `P` in `D:`: nothing is inherited from the directory (A-2).
        const DACL_PROTECTED = 0x1000;
        /// `SE_SACL_PROTECTED`, `P` in `S:`.
        const SACL_PROTECTED = 0x2000;
    }
}

const DACL_PRESENT: u16 = 0x0004;
const SACL_PRESENT: u16 = 0x0010;
const SELF_RELATIVE: u16 = 0x8000;

/// The DACL of a descriptor: three things that are easily mixed up (A-5, A-6).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub enum Dacl {
    /// Not there ("blank" descriptor). A new object then gets the default DACL (A-5, Q-16); on an existing object it
    /// protects nothing, as [`Null`](Dacl::Null).
    #[default]
    Absent,
    /// There, and nothing: everybody may do everything, also change this. `D:NO_ACCESS_CONTROL`.
    Null,
    /// A list; an empty one keeps everybody out.
    List(Acl),
}

impl Dacl {
    /// The list, if there is one.
    #[must_use]
    pub const fn list(&self) -> Option<&Acl> {
        match self {
            Dacl::List(acl) => Some(acl),
            Dacl::Absent | Dacl::Null => None,
        }
    }
}

impl From<Acl> for Dacl {
    fn from(acl: Acl) -> Dacl {
        Dacl::List(acl)
    }
}

/// A security descriptor: owner, group, who may do what (DACL), audit and integrity label (SACL).
///
/// ```
/// use filemap_core::security::{Dacl, SecurityDescriptor, Sid};
/// let sd: SecurityDescriptor = "O:SYD:(A;;GA;;;SY)(A;;0x6;;;IU)".parse()?;
/// assert_eq!(sd.owner, Some(Sid::LOCAL_SYSTEM));
/// assert_eq!(sd.dacl.list().unwrap().aces.len(), 2);
/// let bytes = sd.to_self_relative()?;
/// assert_eq!(SecurityDescriptor::from_self_relative(&bytes)?, sd);
/// # Ok::<(), filemap_core::error::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct SecurityDescriptor {
    /// Flags.
    pub control: Control,
    /// Who owns the object.
    pub owner: Option<Sid>,
    /// Its primary group; means nothing to the access check.
    pub group: Option<Sid>,
    /// Who may do what.
    pub dacl: Dacl,
    /// Audit ACEs and the integrity label.
    pub sacl: Option<Acl>,
}

impl SecurityDescriptor {
    /// The only revision.
    pub const REVISION: u8 = 1;
    /// Length in bytes of the header of the self-relative form.
    pub const HEADER_LEN: usize = 20;
    /// The longest self-relative form in bytes that this crate makes: two SIDs and two lists of full length.
    pub const MAX_LEN: usize = SecurityDescriptor::HEADER_LEN + 2 * Sid::MAX_LEN + 2 * (Acl::MAX_LEN + 1);

    /// A descriptor that only has a DACL.
    #[must_use]
    pub fn with_dacl(dacl: impl Into<Dacl>) -> SecurityDescriptor {
        SecurityDescriptor {
            dacl: dacl.into(),
            ..SecurityDescriptor::default()
        }
    }

    /// The integrity label: its level and its policy bits; `None` means medium and no-write-up (A-41).
    #[must_use]
    pub fn label(&self) -> Option<(IntegrityLevel, super::AccessMask)> {
        let aces = self.sacl.iter().flat_map(|acl| &acl.aces);
        aces.filter(|ace| !ace.is_inherit_only())
            .find_map(|ace| match ace.body {
                AceBody::MandatoryLabel { policy, sid } => {
                    sid.integrity_level().map(|level| (IntegrityLevel(level), policy))
                }
                _ => None,
            })
    }

    /// The same descriptor with generic rights replaced by what they mean for a type, as it is stored (A-10).
    #[must_use]
    pub fn with_generic_mapped(mut self, rights: &TypeRights) -> SecurityDescriptor {
        if let Dacl::List(acl) = self.dacl {
            self.dacl = Dacl::List(acl.with_generic_mapped(rights));
        }
        self.sacl = self.sacl.map(|acl| acl.with_generic_mapped(rights));
        self
    }

    /// All control bits as `GetSecurityDescriptorControl` gives them, without `SE_SELF_RELATIVE`.
    #[must_use]
    pub fn control_bits(&self) -> u16 {
        let dacl = if self.dacl == Dacl::Absent {
            0
        } else {
            DACL_PRESENT
        };
        let sacl = if self.sacl.is_some() { SACL_PRESENT } else { 0 };
        self.control.bits() | dacl | sacl
    }

    /// The self-relative binary form: header, then owner, group, SACL, DACL as far as they exist, without gaps.
    ///
    /// # Errors
    /// 1336 if a list is too long for its binary form.
    pub fn to_self_relative(&self) -> Result<Vec<u8>, Error> {
        let parts = self.to_absolute_parts()?;
        let mut bytes = vec![0; SecurityDescriptor::HEADER_LEN];
        bytes[0] = SecurityDescriptor::REVISION;
        bytes[2..4].copy_from_slice(&(self.control_bits() | SELF_RELATIVE).to_le_bytes());
        // Place of each part's offset in the header.
        for (field, part) in [
            (4, parts.owner),
            (8, parts.group),
            (12, parts.sacl),
            (16, parts.dacl),
        ] {
            let Some(part) = part else { continue };
            let offset = bytes.len() as u32; // below MAX_LEN
            bytes[field..field + 4].copy_from_slice(&offset.to_le_bytes());
            bytes.extend(part);
        }
        Ok(bytes)
    }

    /// The descriptor in `bytes`, which nobody has checked; parts may stand anywhere behind the header.
    ///
    /// # Errors
    /// 1305 for another revision (F-17: what memory with garbage usually gives), 1337 and 1336 for a SID or a list that
    /// is wrong, 1338 for everything else.
    pub fn from_self_relative(bytes: &[u8]) -> Result<SecurityDescriptor, Error> {
        read_self_relative(bytes).map_err(unreadable)
    }

    /// The parts of the absolute form in their binary form, for those who lay them out in memory.
    ///
    /// # Errors
    /// 1336 if a list is too long for its binary form.
    pub fn to_absolute_parts(&self) -> Result<AbsoluteParts, Error> {
        Ok(AbsoluteParts {
            control: self.control_bits(),
            owner: self.owner.map(|sid| sid.to_bytes()),
            group: self.group.map(|sid| sid.to_bytes()),
            sacl: self.sacl.as_ref().map(Acl::to_bytes).transpose()?,
            dacl: self.dacl.list().map(Acl::to_bytes).transpose()?,
        })
    }

    /// The descriptor of an absolute form: the control bits of its header, and the bytes behind its pointers, `None` for
    /// a NULL pointer. A part whose "present" bit is clear is ignored.
    ///
    /// # Errors
    /// As [`from_self_relative`](SecurityDescriptor::from_self_relative).
    pub fn from_absolute_parts(parts: &AbsoluteParts) -> Result<SecurityDescriptor, Error> {
        let AbsoluteParts {
            control,
            owner,
            group,
            sacl,
            dacl,
        } = parts;
        assemble(
            *control,
            owner.as_deref(),
            group.as_deref(),
            sacl.as_deref(),
            dacl.as_deref(),
        )
        .map_err(unreadable)
    }
}

/// The parts of an absolute descriptor, each in its binary form; `None` is a NULL pointer.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct AbsoluteParts {
    /// Control bits as in the header.
    pub control: u16,
    /// Owner, a SID.
    pub owner: Option<Vec<u8>>,
    /// Group, a SID.
    pub group: Option<Vec<u8>>,
    /// SACL, an ACL.
    pub sacl: Option<Vec<u8>>,
    /// DACL, an ACL.
    pub dacl: Option<Vec<u8>>,
}

/// Width of a pointer in an absolute descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PointerWidth {
    /// 32-bit programs: a header of 20 bytes.
    Four,
    /// 64-bit programs: a header of 40 bytes, pointers from byte 8 on.
    Eight,
}

/// The header of an absolute descriptor: `SECURITY_DESCRIPTOR` in `winnt.h`. Addresses mean something only in the
/// process that gave them.
///
/// ```
/// use filemap_core::security::descriptor::{AbsoluteHeader, PointerWidth};
/// let header = AbsoluteHeader { control: 4, owner: 0, group: 0, sacl: 0, dacl: 0x7f00 };
/// let bytes = header.to_bytes(PointerWidth::Eight);
/// assert_eq!(bytes.len(), 40);
/// assert_eq!(AbsoluteHeader::from_bytes(&bytes, PointerWidth::Eight)?, header);
/// # Ok::<(), filemap_core::error::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct AbsoluteHeader {
    /// Control bits, all of them.
    pub control: u16,
    /// Address of the owner, 0 if none.
    pub owner: u64,
    /// Address of the group, 0 if none.
    pub group: u64,
    /// Address of the SACL, 0 if none.
    pub sacl: u64,
    /// Address of the DACL, 0 if none.
    pub dacl: u64,
}

impl AbsoluteHeader {
    /// Length in bytes.
    #[must_use]
    pub const fn len(width: PointerWidth) -> usize {
        match width {
            PointerWidth::Four => 20,
            PointerWidth::Eight => 40,
        }
    }

    /// The header in memory. With 4-byte pointers the upper half of an address is lost.
    #[must_use]
    pub fn to_bytes(&self, width: PointerWidth) -> Vec<u8> {
        let mut bytes = vec![SecurityDescriptor::REVISION, 0];
        bytes.extend(self.control.to_le_bytes());
        for address in [self.owner, self.group, self.sacl, self.dacl] {
            match width {
                PointerWidth::Four => bytes.extend((address as u32).to_le_bytes()),
                PointerWidth::Eight => {
                    bytes.resize(bytes.len().next_multiple_of(8), 0);
                    bytes.extend(address.to_le_bytes());
                }
            }
        }
        bytes
    }

    /// The header from memory.
    ///
    /// # Errors
    /// 1305 for another revision; 1338 if it is cut off or if the descriptor is self-relative.
    pub fn from_bytes(bytes: &[u8], width: PointerWidth) -> Result<AbsoluteHeader, Error> {
        let control = read_control(bytes).map_err(unreadable)?;
        if control & SELF_RELATIVE != 0 {
            return Err(unreadable(malformed("it is self-relative, not absolute")));
        }
        let bytes = bytes
            .get(..AbsoluteHeader::len(width))
            .ok_or_else(|| unreadable(malformed(format!("it is cut off after {} bytes", bytes.len()))))?;
        let address = |index: usize| match width {
            PointerWidth::Four => u64::from(u32_at(bytes, 4 + 4 * index)),
            PointerWidth::Eight => {
                u64::from(u32_at(bytes, 8 + 8 * index)) | u64::from(u32_at(bytes, 12 + 8 * index)) << 32
            }
        };
        Ok(AbsoluteHeader {
            control,
            owner: address(0),
            group: address(1),
            sacl: address(2),
            dacl: address(3),
        })
    }
}

/// Whether the descriptor that begins with these bytes is self-relative; `false` if it is absolute.
///
/// # Errors
/// 1305 for another revision; 1338 for fewer than 4 bytes.
pub fn is_self_relative(bytes: &[u8]) -> Result<bool, Error> {
    read_control(bytes)
        .map(|control| control & SELF_RELATIVE != 0)
        .map_err(unreadable)
}

fn malformed(what: impl Into<String>) -> Why {
    Why::SecurityDescriptor { what: what.into() }
}

fn read_control(bytes: &[u8]) -> Result<u16, Why> {
    match *bytes {
        [SecurityDescriptor::REVISION, _, low, high, ..] => Ok(u16::from_le_bytes([low, high])),
        [revision, ..] if revision != SecurityDescriptor::REVISION => Err(Why::UnknownRevision {
            what: "the security descriptor",
            revision,
        }),
        _ => Err(malformed(format!("it is cut off after {} bytes", bytes.len()))),
    }
}

/// The word at `at`; callers have checked the length.
fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn read_self_relative(bytes: &[u8]) -> Result<SecurityDescriptor, Why> {
    let control = read_control(bytes)?;
    if control & SELF_RELATIVE == 0 {
        return Err(malformed(
            "it is not self-relative: addresses of another process or place say nothing here",
        ));
    }
    if bytes.len() < SecurityDescriptor::HEADER_LEN {
        return Err(malformed(format!("it is cut off after {} bytes", bytes.len())));
    }
    let part = |field: usize, name: &str| match u32_at(bytes, field) as usize {
        0 => Ok(None),
        offset if offset < SecurityDescriptor::HEADER_LEN => {
            Err(malformed(format!("the {name} would lie in the header")))
        }
        offset => match bytes.get(offset..) {
            Some(part) if offset.is_multiple_of(4) && !part.is_empty() => Ok(Some(part)),
            _ => Err(malformed(format!(
                "the {name} would lie at byte {offset} of {}",
                bytes.len()
            ))),
        },
    };
    assemble(
        control,
        part(4, "owner")?,
        part(8, "group")?,
        part(12, "SACL")?,
        part(16, "DACL")?,
    )
}

fn assemble(
    control: u16,
    owner: Option<&[u8]>,
    group: Option<&[u8]>,
    sacl: Option<&[u8]>,
    dacl: Option<&[u8]>,
) -> Result<SecurityDescriptor, Why> {
    let dacl = match dacl {
        _ if control & DACL_PRESENT == 0 => Dacl::Absent,
        None => Dacl::Null,
        Some(bytes) => Dacl::List(Acl::read(bytes)?),
    };
    let sacl = sacl
        .filter(|_| control & SACL_PRESENT != 0)
        .map(Acl::read)
        .transpose()?;
    let owner = owner.map(Sid::read).transpose()?;
    let group = group.map(Sid::read).transpose()?;
    Ok(SecurityDescriptor {
        control: Control::from_bits_truncate(control),
        owner,
        group,
        dacl,
        sacl,
    })
}

#[cfg(test)]
mod tests {
    use super::super::arbitrary::any_descriptor;
    use super::*;
    use crate::error::Win32Code;
    use proptest::prelude::*;

    fn code(bytes: &[u8]) -> Win32Code {
        SecurityDescriptor::from_self_relative(bytes).unwrap_err().code()
    }

    fn example() -> Vec<u8> {
        let sd: SecurityDescriptor = "O:SYG:BAD:P(A;;GA;;;SY)S:(ML;;NW;;;LW)".parse().unwrap();
        sd.to_self_relative().unwrap()
    }

    #[test]
    fn the_self_relative_form_is_the_one_of_windows() {
        // A-1: owner, group, DACL, SACL with a label.
        let want = [
            &[1, 0, 0x14, 0x90][..], // revision, 0, self-relative, protected, both lists
            &[20, 0, 0, 0, 32, 0, 0, 0, 48, 0, 0, 0, 76, 0, 0, 0], // offsets: owner, group, SACL, DACL
            &[1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0], // SY
            &[1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0], // BA
            &[2, 0, 28, 0, 1, 0, 0, 0, 0x11, 0, 20, 0, 1, 0, 0, 0], // SACL: a label, no-write-up
            &[1, 1, 0, 0, 0, 0, 0, 16, 0, 0x10, 0, 0], // low
            &[2, 0, 28, 0, 1, 0, 0, 0, 0, 0, 20, 0, 0, 0, 0, 0x10], // DACL: allow GENERIC_ALL
            &[1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0], // SY
        ]
        .concat();
        assert_eq!(example(), want);
    }

    #[test]
    fn garbage_gives_1305_and_a_bad_place_1338() {
        // F-17, errors.md 1305, 1336, 1337, 1338.
        assert_eq!(code(&[0xCC; 64]), Win32Code::UNKNOWN_REVISION);
        assert_eq!(code(&[0; 64]), Win32Code::UNKNOWN_REVISION);
        assert_eq!(code(&[]), Win32Code::INVALID_SECURITY_DESCR);
        let spoilt = |at: usize, byte: u8| {
            let mut bytes = example();
            bytes[at] = byte;
            code(&bytes)
        };
        assert_eq!(spoilt(3, 0x10), Win32Code::INVALID_SECURITY_DESCR, "absolute");
        assert_eq!(
            spoilt(4, 8),
            Win32Code::INVALID_SECURITY_DESCR,
            "owner in the header"
        );
        assert_eq!(
            spoilt(6, 1),
            Win32Code::INVALID_SECURITY_DESCR,
            "owner behind the end"
        );
        assert_eq!(
            spoilt(4, 21),
            Win32Code::INVALID_SECURITY_DESCR,
            "owner at an odd place"
        );
        assert_eq!(spoilt(21, 200), Win32Code::INVALID_SID, "owner with 200 parts");
        assert_eq!(
            spoilt(78, 255),
            Win32Code::INVALID_ACL,
            "DACL longer than the bytes"
        );
        assert_eq!(spoilt(76, 9), Win32Code::UNKNOWN_REVISION, "revision of the DACL");
        for len in 1..example().len() {
            let code = code(&example()[..len]);
            assert!(
                [
                    Win32Code::INVALID_SECURITY_DESCR,
                    Win32Code::INVALID_ACL,
                    Win32Code::INVALID_SID
                ]
                .contains(&code),
                "{len}"
            );
        }
    }

    #[test]
    fn absent_null_and_empty_dacl_stay_three_things() {
        // A-5, A-6.
        for dacl in [Dacl::Absent, Dacl::Null, Dacl::List(Acl::empty())] {
            let sd = SecurityDescriptor::with_dacl(dacl.clone());
            let back = SecurityDescriptor::from_self_relative(&sd.to_self_relative().unwrap()).unwrap();
            assert_eq!(back.dacl, dacl);
            let back = SecurityDescriptor::from_absolute_parts(&sd.to_absolute_parts().unwrap()).unwrap();
            assert_eq!(back.dacl, dacl);
        }
    }

    #[test]
    fn the_absolute_header_is_the_one_of_windows() {
        let header = AbsoluteHeader {
            control: 0x1004,
            owner: 0x11,
            group: 0x22,
            sacl: 0x33,
            dacl: 0x44,
        };
        let narrow = header.to_bytes(PointerWidth::Four);
        assert_eq!(
            narrow,
            [
                1, 0, 4, 0x10, 0x11, 0, 0, 0, 0x22, 0, 0, 0, 0x33, 0, 0, 0, 0x44, 0, 0, 0
            ]
        );
        let wide = header.to_bytes(PointerWidth::Eight);
        assert_eq!(
            (wide.len(), wide[8], wide[16], wide[24], wide[32]),
            (40, 0x11, 0x22, 0x33, 0x44)
        );
        for width in [PointerWidth::Four, PointerWidth::Eight] {
            let bytes = header.to_bytes(width);
            assert_eq!(AbsoluteHeader::from_bytes(&bytes, width).unwrap(), header);
            assert_eq!(
                AbsoluteHeader::from_bytes(&bytes[..19], width)
                    .unwrap_err()
                    .code(),
                Win32Code::INVALID_SECURITY_DESCR
            );
            assert!(!is_self_relative(&bytes).unwrap());
        }
        assert!(is_self_relative(&example()).unwrap());
        assert!(AbsoluteHeader::from_bytes(&example(), PointerWidth::Four).is_err());
    }

    #[test]
    fn the_first_label_that_counts_is_the_label() {
        // A-41 step 2.
        let label = |text: &str| text.parse::<SecurityDescriptor>().unwrap().label();
        assert_eq!(label("D:"), None);
        assert_eq!(
            label("S:(ML;IO;NW;;;HI)(ML;;NWNR;;;LW)"),
            Some((IntegrityLevel::LOW, super::super::AccessMask(3)))
        );
    }

    proptest! {
        #[test]
        fn both_binary_forms_lead_back(sd in any_descriptor()) {
            let bytes = sd.to_self_relative().unwrap();
            prop_assert!(bytes.len() <= SecurityDescriptor::MAX_LEN);
            prop_assert_eq!(&SecurityDescriptor::from_self_relative(&bytes).unwrap(), &sd);
            prop_assert_eq!(&SecurityDescriptor::from_absolute_parts(&sd.to_absolute_parts().unwrap()).unwrap(), &sd);
        }

        #[test]
        fn spoilt_bytes_never_panic(sd in any_descriptor(), spoil in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
            let mut bytes = sd.to_self_relative().unwrap();
            for (at, byte) in spoil {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            if let Ok(sd) = SecurityDescriptor::from_self_relative(&bytes) {
                // Whatever was taken for good can be written and read again.
                prop_assert_eq!(&SecurityDescriptor::from_self_relative(&sd.to_self_relative().unwrap()).unwrap(), &sd);
            }
        }

        #[test]
        fn random_bytes_never_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = SecurityDescriptor::from_self_relative(&bytes);
            if bytes.len() > 4 {
                bytes[..4].copy_from_slice(&[1, 0, 0x14, 0x80]);
                let _ = SecurityDescriptor::from_self_relative(&bytes);
            }
        }
    }
}
