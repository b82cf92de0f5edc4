//! Printing SDDL.

use super::{ACE_FLAGS, NO_ACCESS_CONTROL, POLICY, PRINTED_RIGHTS, RIGHTS};
use crate::error::{Error, Why};
use crate::security::{
    AccessMask, Ace, AceBody, AceFlags, Acl, Control, Dacl, SecurityDescriptor, Sid, unreadable,
};
use alloc::format;
use alloc::string::{String, ToString};
use core::fmt::{self, Write};

impl SecurityDescriptor {
    /// The descriptor as SDDL that [`str::parse`] and Windows read. What SDDL has no words for is left out: the
    /// "defaulted" control bits, and flags of a list that is not there.
    ///
    /// # Errors
    /// 1336 if there is an ACE that has no text: an opaque one, or one with an unknown flag. [`Display`](fmt::Display)
    /// prints such a descriptor for people to look at.
    ///
    /// ```
    /// use filemap_core::security::SecurityDescriptor;
    /// let sd: SecurityDescriptor = "d:(a;;gagr;;;s-1-5-18) o:sy".parse()?;
    /// assert_eq!(sd.to_sddl()?, "O:SYD:(A;;GAGR;;;SY)");
    /// # Ok::<(), filemap_core::error::Error>(())
    /// ```
    pub fn to_sddl(&self) -> Result<String, Error> {
        for (name, list) in [("DACL", self.dacl.list()), ("SACL", self.sacl.as_ref())] {
            let unprintable = |ace: &Ace| matches!(ace.body, AceBody::Opaque { .. }) || has_unknown_flag(ace);
            if let Some(index) = list.and_then(|acl| acl.aces.iter().position(unprintable)) {
                let what = format!("ACE {index} of the {name} can't be written as text");
                return Err(unreadable(Why::AclMalformed { what }));
            }
        }
        Ok(self.to_string())
    }
}

fn has_unknown_flag(ace: &Ace) -> bool {
    ACE_FLAGS
        .iter()
        .fold(ace.flags.bits(), |left, (_, bit)| left & !bit)
        != 0
}

impl fmt::Display for SecurityDescriptor {
    /// SDDL. An ACE that has no text is printed so that reading it again is refused and not misunderstood.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(owner) = self.owner {
            write!(f, "O:{}", Short(owner))?;
        }
        if let Some(group) = self.group {
            write!(f, "G:{}", Short(group))?;
        }
        let flag = |f: &mut fmt::Formatter<'_>, bit: Control, text: &str| match self.control.contains(bit) {
            true => f.write_str(text),
            false => Ok(()),
        };
        if self.dacl != Dacl::Absent {
            f.write_str("D:")?;
            flag(f, Control::DACL_PROTECTED, "P")?;
            flag(f, Control::DACL_AUTO_INHERIT_REQ, "AR")?;
            flag(f, Control::DACL_AUTO_INHERITED, "AI")?;
            match &self.dacl {
                Dacl::List(acl) => fmt::Display::fmt(acl, f)?,
                _ => f.write_str(NO_ACCESS_CONTROL)?,
            }
        }
        if let Some(acl) = &self.sacl {
            f.write_str("S:")?;
            flag(f, Control::SACL_PROTECTED, "P")?;
            flag(f, Control::SACL_AUTO_INHERIT_REQ, "AR")?;
            flag(f, Control::SACL_AUTO_INHERITED, "AI")?;
            fmt::Display::fmt(acl, f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Acl {
    /// The ACEs one behind the other.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.aces.iter().try_for_each(|ace| write!(f, "{ace}"))
    }
}

impl fmt::Display for Ace {
    /// One ACE of SDDL; an opaque one as `(OPAQUE 0x9)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (ace_type, mask, sid, table) = match &self.body {
            AceBody::Allow { mask, sid } => ("A", mask, sid, &RIGHTS[..PRINTED_RIGHTS]),
            AceBody::Deny { mask, sid } => ("D", mask, sid, &RIGHTS[..PRINTED_RIGHTS]),
            AceBody::Audit { mask, sid } => ("AU", mask, sid, &RIGHTS[..PRINTED_RIGHTS]),
            AceBody::MandatoryLabel { policy, sid } => ("ML", policy, sid, POLICY),
            AceBody::Opaque { ace_type, .. } => return write!(f, "(OPAQUE {ace_type:#x})"),
        };
        write!(
            f,
            "({ace_type};{};{};;;{})",
            Flags(self.flags),
            Mask(*mask, table),
            Short(*sid)
        )
    }
}

/// A SID as its code if it has one.
struct Short(Sid);

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.code() {
            Some(code) => f.write_str(code),
            None => write!(f, "{}", self.0),
        }
    }
}

struct Flags(AceFlags);

impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = ACE_FLAGS.iter().filter(|(_, bit)| self.0.bits() & bit != 0);
        known.clone().try_for_each(|(code, _)| f.write_str(code))?;
        match known.fold(self.0.bits(), |left, (_, bit)| left & !bit) {
            0 => Ok(()),
            unknown => write!(f, "{unknown:#x}"),
        }
    }
}

/// A mask as codes if the table covers it, else as a number.
struct Mask(AccessMask, &'static [(&'static str, AccessMask)]);

impl fmt::Display for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Mask(mask, table) = self;
        let covered = table.iter().fold(AccessMask::NONE, |sum, (_, bit)| sum | *bit);
        if mask.is_empty() || !covered.contains(*mask) {
            return write!(f, "{mask}");
        }
        table
            .iter()
            .filter(|(_, bit)| mask.contains(*bit))
            .try_for_each(|(code, _)| f.write_str(code))
    }
}

impl Ace {
    /// The ACE in words, for an object of a type: `interactive users (IU) may SECTION_MAP_READ`.
    ///
    /// ```
    /// use filemap_core::{kind::Kind, security::{AccessMask, Ace, Sid, TypeRights}};
    /// let ace = Ace::deny(AccessMask(0x2), Sid::GUESTS);
    /// assert_eq!(ace.words(TypeRights::of(Kind::FileMapping)), "Guests (BG) may not: SECTION_MAP_WRITE");
    /// ```
    #[must_use]
    pub fn words(&self, rights: &crate::security::TypeRights) -> String {
        let mut words = match &self.body {
            AceBody::Allow { mask, sid } => format!("{} may: {}", sid.words(), rights.words(*mask)),
            AceBody::Deny { mask, sid } => format!("{} may not: {}", sid.words(), rights.words(*mask)),
            AceBody::Audit { mask, sid } => {
                format!("use by {} is recorded: {}", sid.words(), rights.words(*mask))
            }
            AceBody::MandatoryLabel { policy, sid } => {
                let verbs = [
                    (AceBody::NO_READ_UP, "read"),
                    (AceBody::NO_WRITE_UP, "write"),
                    (AceBody::NO_EXECUTE_UP, "execute"),
                ];
                let refused: alloc::vec::Vec<_> = verbs
                    .into_iter()
                    .filter(|(bit, _)| policy.contains(*bit))
                    .map(|(_, verb)| verb)
                    .collect();
                match refused.is_empty() {
                    true => format!("{}, which refuses nothing", sid.words()),
                    false => format!(
                        "{}: callers below it may not {}",
                        sid.words(),
                        refused.join(" or ")
                    ),
                }
            }
            AceBody::Opaque { ace_type, .. } => {
                format!("an ACE of type {ace_type:#x}, which is kept and not evaluated")
            }
        };
        if self.is_inherit_only() {
            let _ = write!(words, " (inherit-only: does not count here)");
        }
        words
    }
}
