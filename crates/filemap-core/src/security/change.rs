//! Reading and changing the descriptor of an object that exists (A-7).

use super::new_object::{check_label, check_owner};
use super::{AccessMask, AceBody, Acl, Control, SecurityDescriptor, Token, TypeRights};
use crate::error::Error;
use alloc::vec::Vec;

bitflags::bitflags! {
    /// Which parts of a descriptor are meant: `SECURITY_INFORMATION` in `winnt.h`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct SecurityInformation: u32 {
        /// The owner.
        const OWNER = 0x1;
        /// The group.
        const GROUP = 0x2;
        /// The DACL.
        const DACL = 0x4;
        /// The SACL, apart from the integrity label.
        const SACL = 0x8;
        /// The integrity label (Vista+).
        const LABEL = 0x10;
        /// Take nothing from the directory in the DACL.
        const PROTECTED_DACL = 0x8000_0000;
        /// Take the directory's ACEs in the DACL.
        const UNPROTECTED_DACL = 0x2000_0000;
    }
}

impl SecurityInformation {
    /// The rights that a handle needs to read these parts.
    ///
    /// ```
    /// use filemap_core::security::{AccessMask, change::SecurityInformation};
    /// let parts = SecurityInformation::OWNER | SecurityInformation::DACL;
    /// assert_eq!(parts.needed_to_read(), AccessMask::READ_CONTROL);
    /// assert_eq!(parts.needed_to_write(), AccessMask::WRITE_DAC | AccessMask::WRITE_OWNER);
    /// ```
    #[must_use]
    pub fn needed_to_read(self) -> AccessMask {
        let control = SecurityInformation::OWNER
            | SecurityInformation::GROUP
            | SecurityInformation::DACL
            | SecurityInformation::LABEL;
        self.needed(&[
            (control, AccessMask::READ_CONTROL),
            (SecurityInformation::SACL, AccessMask::ACCESS_SYSTEM_SECURITY),
        ])
    }

    /// The rights that a handle needs to change these parts.
    #[must_use]
    pub fn needed_to_write(self) -> AccessMask {
        let owner = SecurityInformation::OWNER | SecurityInformation::GROUP | SecurityInformation::LABEL;
        let dacl = SecurityInformation::DACL
            | SecurityInformation::PROTECTED_DACL
            | SecurityInformation::UNPROTECTED_DACL;
        self.needed(&[
            (owner, AccessMask::WRITE_OWNER),
            (dacl, AccessMask::WRITE_DAC),
            (SecurityInformation::SACL, AccessMask::ACCESS_SYSTEM_SECURITY),
        ])
    }

    fn needed(self, table: &[(SecurityInformation, AccessMask)]) -> AccessMask {
        let rows = table.iter().filter(|(parts, _)| self.intersects(*parts));
        rows.fold(AccessMask::NONE, |sum, (_, mask)| sum | *mask)
    }
}

impl SecurityDescriptor {
    /// The descriptor with only these parts, as a reader of them gets it.
    #[must_use]
    pub fn parts(&self, what: SecurityInformation) -> SecurityDescriptor {
        let mut parts = SecurityDescriptor {
            control: self.control,
            ..SecurityDescriptor::default()
        };
        if what.contains(SecurityInformation::OWNER) {
            parts.owner = self.owner;
        }
        if what.contains(SecurityInformation::GROUP) {
            parts.group = self.group;
        }
        if what.contains(SecurityInformation::DACL) {
            parts.dacl = self.dacl.clone();
        }
        let wanted = |label: bool| match label {
            true => what.contains(SecurityInformation::LABEL),
            false => what.contains(SecurityInformation::SACL),
        };
        parts.sacl = self
            .sacl
            .as_ref()
            .filter(|_| wanted(true) || wanted(false))
            .map(|acl| Acl {
                aces: acl
                    .aces
                    .iter()
                    .filter(|ace| wanted(is_label(&ace.body)))
                    .cloned()
                    .collect(),
            });
        parts
    }

    /// The descriptor after `token` has put these parts of `new` in place of its own. The caller has checked that the
    /// handle has [`needed_to_write`](SecurityInformation::needed_to_write). It counts for later opens only: handles
    /// keep what they were granted (O-15).
    ///
    /// # Errors
    /// 1307 for an owner that the token can't give, 1314 for a label above its level without `SeRelabelPrivilege`.
    pub fn changed(
        &self,
        new: &SecurityDescriptor,
        what: SecurityInformation,
        token: &Token,
        rights: impl Into<&'static TypeRights>,
    ) -> Result<SecurityDescriptor, Error> {
        let new = new.clone().with_generic_mapped(rights.into());
        let mut sd = self.clone();
        let take = |control: &mut Control, bits: Control| {
            *control = control.difference(bits) | new.control & bits;
        };
        if what.contains(SecurityInformation::OWNER)
            && let Some(owner) = new.owner
        {
            sd.owner = Some(check_owner(owner, token)?);
            take(&mut sd.control, Control::OWNER_DEFAULTED);
        }
        if what.contains(SecurityInformation::GROUP) {
            sd.group = new.group;
            take(&mut sd.control, Control::GROUP_DEFAULTED);
        }
        if what.contains(SecurityInformation::DACL) {
            sd.dacl = new.dacl.clone();
            take(
                &mut sd.control,
                Control::DACL_DEFAULTED | Control::DACL_PROTECTED | Control::DACL_AUTO_INHERITED,
            );
        }
        if what.contains(SecurityInformation::PROTECTED_DACL) {
            sd.control.insert(Control::DACL_PROTECTED);
        }
        if what.contains(SecurityInformation::UNPROTECTED_DACL) {
            sd.control.remove(Control::DACL_PROTECTED);
        }
        let (audit, label) = (
            what.contains(SecurityInformation::SACL),
            what.contains(SecurityInformation::LABEL),
        );
        if label {
            check_label(&new, token)?;
        }
        if audit || label {
            let from = |acl: &Option<Acl>, pick: &dyn Fn(bool) -> bool| -> Vec<_> {
                let aces = acl.iter().flat_map(|acl| &acl.aces);
                aces.filter(|ace| pick(is_label(&ace.body))).cloned().collect()
            };
            let replaced = |is_label: bool| if is_label { label } else { audit };
            let kept = from(&self.sacl, &|is_label| !replaced(is_label));
            let aces = [kept, from(&new.sacl, &replaced)].concat();
            sd.sacl = (!aces.is_empty()).then_some(Acl { aces });
        }
        Ok(sd)
    }
}

fn is_label(body: &AceBody) -> bool {
    matches!(body, AceBody::MandatoryLabel { .. })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Win32Code;
    use crate::kind::Kind;
    use crate::security::{Sid, access_check};
    use alloc::string::{String, ToString};

    const OBJECT: &str = "O:S-1-22-1-1000G:BUD:P(A;;0xf001f;;;S-1-22-1-1000)S:(AU;SA;0x4;;;WD)(ML;;NW;;;LW)";

    fn sd(text: &str) -> SecurityDescriptor {
        text.parse().unwrap()
    }

    fn changed(new: &str, what: SecurityInformation) -> Result<String, Win32Code> {
        let user = Token::standard_user(Sid::unix_user(1000), 1);
        sd(OBJECT)
            .changed(&sd(new), what, &user, Kind::FileMapping)
            .map(|sd| sd.to_string())
            .map_err(|error| error.code())
    }

    #[test]
    fn each_part_needs_its_own_right() {
        // A-7.
        use SecurityInformation as Part;
        let rows = [
            (Part::OWNER, 0x2_0000, 0x8_0000),
            (Part::GROUP, 0x2_0000, 0x8_0000),
            (Part::DACL, 0x2_0000, 0x4_0000),
            (Part::SACL, 0x100_0000, 0x100_0000),
            (Part::LABEL, 0x2_0000, 0x8_0000),
        ];
        for (part, read, write) in rows {
            assert_eq!(part.needed_to_read(), AccessMask(read), "{part:?}");
            assert_eq!(part.needed_to_write(), AccessMask(write), "{part:?}");
        }
    }

    #[test]
    fn only_the_parts_that_are_meant_change() {
        // A-7, A-10.
        let (dacl, group) = (SecurityInformation::DACL, SecurityInformation::GROUP);
        let new = "O:SYG:SYD:(A;;GR;;;IU)S:(ML;;NW;;;ME)";
        let object = |group: &str, dacl: &str, sacl: &str| ["O:S-1-22-1-1000G:", group, dacl, sacl].concat();
        let (old_dacl, old_sacl) = (
            "D:P(A;;0xf001f;;;S-1-22-1-1000)",
            "S:(AU;SA;0x4;;;WD)(ML;;NW;;;LW)",
        );
        assert_eq!(
            changed(new, dacl),
            Ok(object("BU", "D:(A;;0x20005;;;IU)", old_sacl))
        );
        assert_eq!(changed(new, group), Ok(object("SY", old_dacl, old_sacl)));
        let label = changed(new, SecurityInformation::LABEL);
        assert_eq!(
            label,
            Ok(object("BU", old_dacl, "S:(AU;SA;0x4;;;WD)(ML;;NW;;;ME)"))
        );
        let audit = changed(new, SecurityInformation::SACL);
        assert_eq!(audit, Ok(object("BU", old_dacl, "S:(ML;;NW;;;LW)")));
        let protect = changed(new, dacl | SecurityInformation::PROTECTED_DACL);
        assert_eq!(protect, Ok(object("BU", "D:P(A;;0x20005;;;IU)", old_sacl)));
        let unprotect = changed(new, SecurityInformation::UNPROTECTED_DACL);
        assert_eq!(
            unprotect,
            Ok(object("BU", "D:(A;;0xf001f;;;S-1-22-1-1000)", old_sacl))
        );
    }

    #[test]
    fn nobody_gives_away_what_is_not_his_and_labels_above_himself() {
        assert_eq!(
            changed("O:SY", SecurityInformation::OWNER),
            Err(Win32Code::INVALID_OWNER)
        );
        assert_eq!(
            changed("S:(ML;;NW;;;SI)", SecurityInformation::LABEL),
            Err(Win32Code::PRIVILEGE_NOT_HELD)
        );
    }

    #[test]
    fn a_reader_gets_the_parts_that_were_asked_for() {
        let parts = |what| sd(OBJECT).parts(what).to_string();
        assert_eq!(parts(SecurityInformation::OWNER), "O:S-1-22-1-1000");
        assert_eq!(
            parts(SecurityInformation::DACL),
            "D:P(A;;0xf001f;;;S-1-22-1-1000)"
        );
        assert_eq!(parts(SecurityInformation::LABEL), "S:(ML;;NW;;;LW)");
        assert_eq!(
            parts(SecurityInformation::SACL | SecurityInformation::GROUP),
            "G:BUS:(AU;SA;0x4;;;WD)"
        );
    }

    #[test]
    fn a_change_counts_for_later_opens() {
        // A-7.
        let (owner, guest) = (
            Token::standard_user(Sid::unix_user(1000), 1),
            Token::standard_user(Sid::unix_user(5), 1),
        );
        let may =
            |sd: &SecurityDescriptor| access_check(sd, &guest, Kind::FileMapping, AccessMask(4)).is_ok();
        let before = sd(OBJECT);
        let after = before.changed(
            &sd("D:(A;;GR;;;IU)"),
            SecurityInformation::DACL,
            &owner,
            Kind::FileMapping,
        );
        assert!(!may(&before));
        assert!(may(&after.unwrap()));
    }
}
