//! The descriptor of a new object: what its creator gave, completed from the token (A-2 to A-10).

use super::{
    AccessMask, Ace, AceBody, AceFlags, Acl, Control, Dacl, IntegrityLevel, Privilege, SecurityDescriptor,
    Sid, Token, TypeRights, unreadable,
};
use crate::error::{Error, Why};
use alloc::vec::Vec;

/// The descriptor that a new object gets.
///
/// `given` is the creator's, `inherited` the ACEs that the directory hands on (none, as far as is known: Q-26). Owner and
/// group come from `given` or else from the token. The DACL is, in this order: the given one, with inherited ACEs behind
/// it unless it is protected; the inherited ACEs; the token's default DACL; none, which is open to everybody (A-2).
/// A given descriptor without DACL counts as none given (A-5, Q-16). Generic rights are replaced by what they mean
/// for the type (A-10). A creator below medium integrity leaves a label of its own level (A-46).
///
/// The creator's own handle does not ask this descriptor: it has the rights of O-7 (A-4).
///
/// # Errors
/// 1307 if the token may not make the given owner the owner; 1314 for audit ACEs without `SeSecurityPrivilege` and for
/// a label above the own level without `SeRelabelPrivilege`.
///
/// ```
/// use filemap_core::kind::Kind;
/// use filemap_core::security::{Token, new_object::descriptor_of_new_object};
/// let sd = descriptor_of_new_object(None, &Token::local_system(), Kind::FileMapping, &[])?;
/// assert_eq!(sd.to_string(), "O:BAG:SYD:(A;;0xf001f;;;SY)(A;;0x2000d;;;BA)");
/// # Ok::<(), filemap_core::error::Error>(())
/// ```
pub fn descriptor_of_new_object(
    given: Option<&SecurityDescriptor>,
    token: &Token,
    rights: impl Into<&'static TypeRights>,
    inherited: &[Ace],
) -> Result<SecurityDescriptor, Error> {
    let blank = SecurityDescriptor::default();
    let given = given.unwrap_or(&blank);
    let mut control = given.control;
    let owner = match given.owner {
        Some(owner) => check_owner(owner, token)?,
        None => token.owner,
    };
    let inherited: Vec<Ace> = inherited.iter().filter_map(inherit).collect();
    let dacl = match &given.dacl {
        Dacl::List(acl) => {
            let mut acl = acl.clone();
            if !control.contains(Control::DACL_PROTECTED) {
                acl.aces.extend(inherited);
            }
            Dacl::List(acl)
        }
        Dacl::Null => Dacl::Null,
        Dacl::Absent if !inherited.is_empty() => Dacl::List(inherited.into()),
        Dacl::Absent => {
            control |= Control::DACL_DEFAULTED;
            token.default_dacl.clone().map_or(Dacl::Null, Dacl::List)
        }
    };
    let sacl = sacl_of_new_object(given, token)?;
    let group = given.group.or(Some(token.primary_group));
    Ok(SecurityDescriptor {
        control,
        owner: Some(owner),
        group,
        dacl,
        sacl,
    }
    .with_generic_mapped(rights.into()))
}

/// An owner must be the user or an enabled group of the token. Windows looks for a flag of the group
/// (`SE_GROUP_OWNER`), which in practice only Administrators has; so does this.
pub(super) fn check_owner(owner: Sid, token: &Token) -> Result<Sid, Error> {
    let own = owner == token.user
        || owner == token.owner
        || (owner == Sid::ADMINISTRATORS && token.is_enabled(&owner));
    match own || token.has_enabled(Privilege::Restore) {
        true => Ok(owner),
        false => Err(unreadable(Why::OwnerNotAssignable { sid: owner.words() })),
    }
}

fn inherit(ace: &Ace) -> Option<Ace> {
    ace.flags.contains(AceFlags::OBJECT_INHERIT).then(|| Ace {
        flags: AceFlags::INHERITED,
        body: ace.body.clone(),
    })
}

/// A label above the own level needs `SeRelabelPrivilege`.
pub(super) fn check_label(given: &SecurityDescriptor, token: &Token) -> Result<(), Error> {
    match (given.label(), token.integrity) {
        (Some((level, _)), Some(own)) if level > own => check_privilege(Privilege::Relabel, token),
        _ => Ok(()),
    }
}

fn check_privilege(privilege: Privilege, token: &Token) -> Result<(), Error> {
    match token.has_enabled(privilege) {
        true => Ok(()),
        false => Err(unreadable(Why::PrivilegeMissing {
            privilege: privilege.name(),
        })),
    }
}

fn sacl_of_new_object(given: &SecurityDescriptor, token: &Token) -> Result<Option<Acl>, Error> {
    let mut aces = given.sacl.iter().flat_map(|acl| &acl.aces);
    if aces.any(|ace| !matches!(ace.body, AceBody::MandatoryLabel { .. })) {
        check_privilege(Privilege::Security, token)?;
    }
    check_label(given, token)?;
    match (given.label(), token.integrity) {
        (None, Some(own)) if own < IntegrityLevel::MEDIUM => {
            let mut acl = given.sacl.clone().unwrap_or_default();
            acl.aces.push(Ace::mandatory_label(AceBody::NO_WRITE_UP, own.0));
            Ok(Some(acl))
        }
        _ => Ok(given.sacl.clone()),
    }
}

/// A DACL for the common wish "these groups may read and write, the creator's side everything" (A-23): LocalSystem,
/// Administrators and `creator` get everything, each of `readers_and_writers` `mask`.
///
/// ```
/// use filemap_core::security::{AccessMask, SecurityDescriptor, Sid, new_object::sharing_dacl};
/// let acl = sharing_dacl(Sid::LOCAL_SYSTEM, AccessMask(0x6), &[Sid::INTERACTIVE]);
/// assert_eq!(SecurityDescriptor::with_dacl(acl).to_string(), "D:(A;;GA;;;SY)(A;;GA;;;BA)(A;;0x6;;;IU)");
/// ```
#[must_use]
pub fn sharing_dacl(creator: Sid, mask: AccessMask, readers_and_writers: &[Sid]) -> Acl {
    let mut all = Vec::from([Sid::LOCAL_SYSTEM, Sid::ADMINISTRATORS]);
    if !all.contains(&creator) {
        all.push(creator);
    }
    let everything = all
        .into_iter()
        .map(|sid| Ace::allow(AccessMask::GENERIC_ALL, sid));
    let share = readers_and_writers.iter().map(|sid| Ace::allow(mask, *sid));
    Acl {
        aces: everything.chain(share).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Win32Code;
    use crate::kind::Kind;
    use crate::security::access_check;
    use alloc::string::{String, ToString};

    fn ann() -> Sid {
        Sid::unix_user(1000)
    }

    fn made(given: &str, token: &Token, inherited: &str) -> Result<String, Win32Code> {
        let given: Option<SecurityDescriptor> = (!given.is_empty()).then(|| given.parse().unwrap());
        let inherited: SecurityDescriptor = inherited.parse().unwrap();
        let aces = inherited
            .dacl
            .list()
            .map(|acl| acl.aces.clone())
            .unwrap_or_default();
        descriptor_of_new_object(given.as_ref(), token, Kind::FileMapping, &aces)
            .map(|sd| sd.to_string())
            .map_err(|error| error.code())
    }

    #[test]
    fn the_dacl_comes_from_the_creator_then_the_directory_then_the_token() {
        // A-2 (1) to (4), A-10.
        let mut user = Token::standard_user(ann(), 1);
        let handed_on = "D:(A;OI;GR;;;WD)(A;CI;GA;;;WD)";
        let owner = "O:S-1-22-1-1000G:BU";
        let check = |given: &str, token: &Token, inherited: &str, want: &str| {
            assert_eq!(made(given, token, inherited), Ok([owner, want].concat()));
        };
        check(
            "D:(A;;0x6;;;IU)",
            &user,
            handed_on,
            "D:(A;;0x6;;;IU)(A;ID;0x20005;;;WD)",
        );
        check("D:P(A;;0x6;;;IU)", &user, handed_on, "D:P(A;;0x6;;;IU)");
        check("", &user, handed_on, "D:(A;ID;0x20005;;;WD)");
        check(
            "",
            &user,
            "",
            "D:(A;;0xf001f;;;S-1-22-1-1000)(A;;0xf001f;;;SY)(A;;0x2000d;;;S-1-5-5-0-1)",
        );
        user.default_dacl = None;
        check("", &user, "", "D:NO_ACCESS_CONTROL");
    }

    #[test]
    fn a_blank_descriptor_gives_the_default_dacl_and_null_and_empty_stay() {
        // A-5, A-6, Q-16, F-17: a new object has an owner, a group and a DACL.
        let system = Token::local_system();
        assert_eq!(
            made("O:SY", &system, ""),
            Ok("O:SYG:SYD:(A;;0xf001f;;;SY)(A;;0x2000d;;;BA)".into())
        );
        assert_eq!(
            made("D:NO_ACCESS_CONTROL", &system, ""),
            Ok("O:BAG:SYD:NO_ACCESS_CONTROL".into())
        );
        assert_eq!(made("D:", &system, ""), Ok("O:BAG:SYD:".into()));
    }

    #[test]
    fn the_owner_is_the_tokens_default_and_only_an_own_sid_can_be_given() {
        // A-3; errors.md 1307.
        let owner = |token: &Token| {
            descriptor_of_new_object(None, token, Kind::Event, &[])
                .unwrap()
                .owner
        };
        assert_eq!(owner(&Token::standard_user(ann(), 1)), Some(ann()));
        assert_eq!(owner(&Token::filtered_administrator(ann(), 1)), Some(ann()));
        assert_eq!(
            owner(&Token::elevated_administrator(ann(), 1)),
            Some(Sid::ADMINISTRATORS)
        );
        let user = Token::standard_user(ann(), 1);
        assert_eq!(made("O:SY", &user, ""), Err(Win32Code::INVALID_OWNER));
        assert_eq!(
            made("O:BA", &Token::filtered_administrator(ann(), 1), ""),
            Err(Win32Code::INVALID_OWNER)
        );
        assert!(made("O:BA", &Token::elevated_administrator(ann(), 1), "").is_ok());
        let mut restorer = user;
        restorer.set_privilege(
            Privilege::Restore,
            crate::security::token::PrivilegeState::Enabled,
        );
        assert!(made("O:SY", &restorer, "").is_ok());
    }

    #[test]
    fn what_a_low_process_makes_is_labelled_low_and_nobody_labels_above_himself() {
        // A-46.
        let user = Token::standard_user(ann(), 1);
        let low = user.clone().at_low_integrity();
        assert!(made("", &low, "").unwrap().ends_with("S:(ML;;NW;;;LW)"));
        assert!(!made("", &user, "").unwrap().contains("S:"));
        assert!(!made("", &Token::local_system(), "").unwrap().contains("S:"));
        assert!(
            made("S:(ML;;NW;;;LW)", &user, "")
                .unwrap()
                .ends_with("S:(ML;;NW;;;LW)")
        );
        assert_eq!(
            made("S:(ML;;NW;;;HI)", &user, ""),
            Err(Win32Code::PRIVILEGE_NOT_HELD)
        );
        assert_eq!(
            made("S:(AU;SA;GA;;;WD)", &user, ""),
            Err(Win32Code::PRIVILEGE_NOT_HELD)
        );
    }

    #[test]
    fn an_owner_may_read_and_change_the_dacl_of_an_object_that_nobody_may_open() {
        // A-3, A-4 (creating with an empty DACL succeeds), A-6.
        let user = Token::standard_user(ann(), 1);
        let sd =
            descriptor_of_new_object(Some(&"D:".parse().unwrap()), &user, Kind::FileMapping, &[]).unwrap();
        let may = |mask| access_check(&sd, &user, Kind::FileMapping, AccessMask(mask)).is_ok();
        assert!(may(0x6_0000));
        assert!(!may(0x4));
    }
}
