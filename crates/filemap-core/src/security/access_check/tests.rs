use super::*;
use crate::access::{FileMapAccess, Page};
use crate::security::arbitrary::any_small_acl;
use crate::security::token::PrivilegeState;
use crate::security::{Ace, AceFlags, Dacl, GroupState};
use alloc::string::ToString;
use alloc::vec;
use proptest::prelude::*;

const READ: AccessMask = AccessMask(4);
const WRITE: AccessMask = AccessMask(2);
const ALL: AccessMask = AccessMask(0xF_001F);

fn ann() -> Sid {
    "S-1-5-21-1-2-3-1001".parse().unwrap()
}

fn sd(text: &str) -> SecurityDescriptor {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn check(text: &str, token: &Token, mask: AccessMask) -> Result<AccessMask, Box<Denial>> {
    access_check(&sd(text), token, Kind::FileMapping, mask)
}

/// The reason for a refusal.
fn why(text: &str, token: &Token, mask: AccessMask) -> Reason {
    check(text, token, mask).expect_err(text).reason
}

#[test]
fn the_matrix_of_a_local_system_services_object() {
    // A-40: descriptor, token and mask are all that is asked.
    // A-22, complete; A-20; the descriptor is the one that the object really gets (A-2, A-10).
    let object = crate::security::new_object::descriptor_of_new_object(
        None,
        &Token::local_system(),
        Kind::FileMapping,
        &[],
    )
    .unwrap();
    let (xp_system, mut xp_admin) = (
        Token {
            integrity: None,
            ..Token::local_system()
        },
        Token::xp_administrator(ann(), 0),
    );
    xp_admin.session = 0;
    let rows: [(&str, Token, [bool; 3]); 9] = [
        ("SYSTEM", Token::local_system(), [true, true, true]),
        ("SYSTEM on XP", xp_system, [true, true, true]),
        ("administrator on XP", xp_admin, [true, false, false]),
        (
            "administrator on XP, second session",
            Token::xp_administrator(ann(), 1),
            [true, false, false],
        ),
        (
            "elevated administrator",
            Token::elevated_administrator(ann(), 1),
            [true, false, false],
        ),
        (
            "unelevated administrator",
            Token::filtered_administrator(ann(), 1),
            [false, false, false],
        ),
        (
            "standard user",
            Token::standard_user(ann(), 1),
            [false, false, false],
        ),
        (
            "standard user on XP",
            Token::xp_user(ann(), 0),
            [false, false, false],
        ),
        ("Network Service", Token::network_service(), [false, false, false]),
    ];
    for (who, token, want) in rows {
        for (mask, want) in [READ, WRITE, ALL].into_iter().zip(want) {
            let got =
                access_check(&object, &token, Kind::FileMapping, mask).map_err(|denial| denial.code().0);
            assert_eq!(got, if want { Ok(mask) } else { Err(5) }, "{who} asks for {mask}");
        }
    }
}

#[test]
fn create_as_open_asks_for_more_than_administrators_have() {
    // A-21, O-7: CreateFileMapping(PAGE_READONLY) on a service's object.
    let asked = AccessMask::from(FileMapAccess::of_creation(Page::READONLY));
    let denial = check(
        "D:(A;;GA;;;SY)(A;;RCGXGR;;;BA)",
        &Token::elevated_administrator(ann(), 1),
        asked,
    )
    .unwrap_err();
    assert_eq!((denial.code().0, denial.missing), (5, AccessMask(0xD_0000)));
}

#[test]
fn the_good_fix_lets_users_read_and_write() {
    // A-23, N-66.
    let user = Token::standard_user(ann(), 1);
    for text in [
        "D:(A;;GA;;;SY)(A;;GA;;;BA)(A;;0x0006;;;IU)",
        "D:(A;;GA;;;SY)(A;;GRGW;;;IU)",
    ] {
        assert_eq!(check(text, &user, READ | WRITE), Ok(READ | WRITE));
        assert_eq!(check(text, &user, ALL).unwrap_err().code().0, 5);
        assert_eq!(
            why(text, &Token::network_service(), READ),
            Reason::NoAce,
            "a service is not interactive"
        );
    }
    assert_eq!(check("D:(A;;0x4;;;IU)", &user, READ), Ok(READ));
    assert_eq!(
        check("D:(A;;0x4;;;AU)", &Token::network_service(), READ),
        Ok(READ)
    );
    let low = user.at_low_integrity();
    assert!(check("D:(A;;0x6;;;IU)", &low, WRITE).is_err());
    assert_eq!(
        check("D:(A;;0x6;;;IU)S:(ML;;NW;;;LW)", &low, READ | WRITE),
        Ok(READ | WRITE)
    );
}

#[test]
fn step_1_asking_for_nothing_is_refused() {
    // A-41 (1), O-10, F-16.
    let denial = check("D:NO_ACCESS_CONTROL", &Token::local_system(), AccessMask::NONE).unwrap_err();
    assert_eq!((denial.reason, denial.code().0), (Reason::MaskEmpty, 5));
}

#[test]
fn bits_that_mean_nothing_are_refused_and_system_security_needs_a_privilege() {
    // O-10, O-11, F-16: measured on mutexes: bits 0, 16-20, 25, 28-31 are good.
    let system = Token::local_system();
    let open = sd("D:NO_ACCESS_CONTROL");
    for shift in 0..32 {
        let got = access_check(&open, &system, Kind::Mutex, AccessMask(1 << shift))
            .map_err(|denial| denial.code().0);
        match shift {
            0 | 16..=20 | 25 | 28..=31 => assert!(got.is_ok(), "bit {shift}"),
            24 => assert_eq!(got, Err(1314)),
            _ => assert_eq!(got, Err(5), "bit {shift}"),
        }
    }
    let denial = access_check(&open, &system, Kind::FileMapping, AccessMask::SYNCHRONIZE | READ).unwrap_err();
    assert_eq!(
        (denial.reason, denial.missing),
        (Reason::InvalidBits, AccessMask::SYNCHRONIZE)
    );
    // F-15: DuplicateHandle with all bits set gives 5; with the privilege held there is nothing else to say.
    let mut auditor = system;
    auditor.set_privilege(Privilege::Security, PrivilegeState::Enabled);
    assert_eq!(
        access_check(&open, &auditor, Kind::FileMapping, AccessMask(u32::MAX))
            .unwrap_err()
            .code()
            .0,
        5
    );
    let both = AccessMask::ACCESS_SYSTEM_SECURITY | READ;
    assert_eq!(access_check(&open, &auditor, Kind::FileMapping, both), Ok(both));
}

#[test]
fn file_map_copy_alone_opens_for_reading() {
    // F-15.
    assert_eq!(
        check(
            "D:(A;;0x4;;;IU)",
            &Token::standard_user(ann(), 1),
            AccessMask(FileMapAccess::of_open_argument(
                1,
                crate::profile::Platform::Nt.profile()
            ))
        ),
        Ok(READ)
    );
}

#[test]
fn step_2_integrity_refuses_before_the_dacl_is_looked_at() {
    // A-41 (2), A-46: no label is medium and no-write-up.
    let low = Token::standard_user(ann(), 1).at_low_integrity();
    let medium = Token::standard_user(ann(), 1);
    let integrity = |object| Reason::Integrity {
        subject: IntegrityLevel::LOW,
        object,
    };
    assert_eq!(
        why("D:(A;;GA;;;WD)", &low, WRITE),
        integrity(IntegrityLevel::MEDIUM)
    );
    assert_eq!(
        why("D:NO_ACCESS_CONTROL", &low, WRITE),
        integrity(IntegrityLevel::MEDIUM),
        "before step 3"
    );
    assert_eq!(
        check("D:(A;;GA;;;WD)", &low, READ),
        Ok(READ),
        "reading up is allowed"
    );
    for write in [0x2, 0x10, 0x1_0000, 0x4_0000, 0x8_0000] {
        assert!(
            check("D:(A;;GA;;;WD)", &low, AccessMask(write)).is_err(),
            "{write:#x} is of the write kind"
        );
    }
    for other in [0x1, 0x4, 0x8, 0x2_0000] {
        assert!(
            check("D:(A;;GA;;;WD)", &low, AccessMask(other)).is_ok(),
            "{other:#x} is not of the write kind"
        );
    }
    assert_eq!(
        check("D:(A;;GA;;;WD)", &medium, ALL),
        Ok(ALL),
        "the own level is enough"
    );
    let label = |policy: &str| ["D:(A;;GA;;;WD)S:(ML;;", policy, ";;;HI)"].concat();
    let may =
        |policy: &str| [READ, WRITE, AccessMask(8)].map(|mask| check(&label(policy), &medium, mask).is_ok());
    assert_eq!(may("NW"), [true, false, true]);
    assert_eq!(may("NR"), [false, true, true]);
    assert_eq!(may("NX"), [true, true, false]);
    assert_eq!(may("NWNRNX"), [false, false, false]);
    assert_eq!(may(""), [true, true, true]);
    let xp = Token::xp_user(ann(), 0);
    assert_eq!(
        check("D:(A;;GA;;;WD)", &xp, ALL),
        Ok(ALL),
        "before Vista there is no integrity"
    );
    // The owner does not change that (a low process can't change the DACL of the user's medium object).
    assert!(check("O:S-1-5-21-1-2-3-1001D:", &low, AccessMask::WRITE_DAC).is_err());
}

#[test]
fn synchronization_rights_of_low_callers_are_to_wait_and_not_to_signal() {
    // A-41 (2) with the generic mapping of events (O-20).
    let low = Token::standard_user(ann(), 1).at_low_integrity();
    let event = |mask| access_check(&sd("D:(A;;GA;;;WD)"), &low, Kind::Event, AccessMask(mask)).is_ok();
    assert!(event(0x10_0001));
    assert!(!event(0x2));
}

#[test]
fn step_3_without_a_dacl_everything_is_granted() {
    // A-41 (3), A-6.
    let user = Token::standard_user(ann(), 1);
    assert_eq!(check("D:NO_ACCESS_CONTROL", &user, ALL), Ok(ALL));
    assert_eq!(
        check("O:SY", &user, ALL),
        Ok(ALL),
        "a DACL that is absent protects nothing"
    );
    assert_eq!(
        check("D:NO_ACCESS_CONTROL", &user, AccessMask::MAXIMUM_ALLOWED),
        Ok(ALL)
    );
}

#[test]
fn step_4_privileges_give_what_the_dacl_does_not() {
    // A-41 (4).
    let mut admin = Token::elevated_administrator(ann(), 1);
    assert!(
        check("D:", &admin, AccessMask::WRITE_OWNER).is_err(),
        "held, not enabled"
    );
    admin.set_privilege(Privilege::TakeOwnership, PrivilegeState::Enabled);
    assert_eq!(
        check("D:", &admin, AccessMask::WRITE_OWNER),
        Ok(AccessMask::WRITE_OWNER)
    );
    let denial = check("D:", &admin, AccessMask::WRITE_OWNER | READ).unwrap_err();
    assert_eq!((denial.missing, denial.granted), (READ, AccessMask::WRITE_OWNER));
}

#[test]
fn step_5_owners_may_read_and_change_the_dacl_unless_owner_rights_says_otherwise() {
    // A-41 (5), A-3.
    let user = Token::standard_user(ann(), 1);
    let mine = "O:S-1-5-21-1-2-3-1001";
    let own = AccessMask(0x6_0000);
    assert_eq!(check(&[mine, "D:"].concat(), &user, own), Ok(own));
    assert_eq!(
        check(&[mine, "D:(D;;GA;;;WD)"].concat(), &user, own),
        Ok(own),
        "no ACE takes it away …"
    );
    let limited = [mine, "D:(A;;GR;;;OW)(A;;0x2;;;IU)"].concat();
    assert_eq!(check(&limited, &user, READ | WRITE), Ok(READ | WRITE));
    assert_eq!(
        why(&limited, &user, AccessMask::WRITE_DAC),
        Reason::OwnerRights { index: 0 },
        "… but OWNER RIGHTS does"
    );
    assert_eq!(
        why(&[mine, "D:(D;;WD;;;OW)"].concat(), &user, AccessMask::WRITE_DAC),
        Reason::DeniedBy {
            index: 0,
            sid: Sid::OWNER_RIGHTS
        }
    );
    assert!(
        check("O:SYD:(A;;GR;;;OW)", &user, READ).is_err(),
        "it is for owners only"
    );
    assert_eq!(
        check(&[mine, "D:(A;IO;GR;;;OW)"].concat(), &user, own),
        Ok(own),
        "inherit-only does not count"
    );
    // A group can own; a deny-only one can not.
    assert!(check("O:BAD:", &Token::elevated_administrator(ann(), 1), own).is_ok());
    assert!(check("O:BAD:", &Token::filtered_administrator(ann(), 1), own).is_err());
}

#[test]
fn step_6_the_first_ace_that_names_a_bit_decides_it() {
    // A-41 (6), A-42.
    let user = Token::standard_user(ann(), 1);
    let deny = Reason::DeniedBy {
        index: 0,
        sid: Sid::INTERACTIVE,
    };
    assert_eq!(why("D:(D;;0x2;;;IU)(A;;0x6;;;WD)", &user, READ | WRITE), deny);
    assert_eq!(
        check("D:(D;;0x2;;;IU)(A;;0x6;;;WD)", &user, READ),
        Ok(READ),
        "a bit that is not refused"
    );
    assert_eq!(
        check("D:(A;;0x6;;;WD)(D;;0x2;;;IU)", &user, READ | WRITE),
        Ok(READ | WRITE),
        "as stored"
    );
    assert_eq!(
        check("D:(A;;0x2;;;WD)(D;;0x2;;;IU)(A;;0x4;;;AU)", &user, READ | WRITE),
        Ok(READ | WRITE),
        "no bit is missing any more"
    );
    assert_eq!(
        why("D:(A;IO;0x4;;;WD)", &user, READ),
        Reason::NoAce,
        "inherit-only is skipped"
    );
    assert_eq!(
        check("D:(D;IO;0x4;;;WD)(A;;GR;;;WD)", &user, READ),
        Ok(READ),
        "inherit-only is skipped"
    );
    assert_eq!(
        check("D:(A;;0x4;;;IU)(A;;0x2;;;AU)", &user, READ | WRITE),
        Ok(READ | WRITE),
        "rights add up"
    );
    assert_eq!(
        check("D:(A;;GR;;;IU)", &user, AccessMask::GENERIC_READ),
        Ok(AccessMask(0x2_0005)),
        "generic on both sides"
    );
}

#[test]
fn step_6_a_deny_only_group_refuses_and_does_not_grant() {
    // A-41 (6), A-22.
    let filtered = Token::filtered_administrator(ann(), 1);
    assert_eq!(why("D:(A;;GA;;;BA)", &filtered, READ), Reason::NoAce);
    assert_eq!(
        why("D:(D;;GA;;;BA)(A;;GA;;;WD)", &filtered, READ),
        Reason::DeniedBy {
            index: 0,
            sid: Sid::ADMINISTRATORS
        }
    );
    let disabled = filtered.with_group(Sid::ADMINISTRATORS, GroupState::Disabled);
    assert_eq!(check("D:(D;;GA;;;BA)(A;;GA;;;WD)", &disabled, READ), Ok(READ));
}

#[test]
fn step_7_what_nobody_grants_is_refused_with_the_missing_bits() {
    // A-41 (7), A-6, I-11 c.
    let user = Token::standard_user(ann(), 1);
    assert_eq!(why("D:", &user, READ), Reason::EmptyDacl);
    let denial = check("D:(A;;0x4;;;IU)(D;;0x10000;;;WD)", &user, ALL).unwrap_err();
    assert_eq!(denial.granted, READ);
    assert_eq!(denial.missing, AccessMask(0xF_001B));
    assert_eq!(
        denial.reason,
        Reason::DeniedBy {
            index: 1,
            sid: Sid::EVERYONE
        }
    );
    assert!(denial.by_bit.contains(&(AccessMask(0x1_0000), denial.reason)));
    assert!(denial.by_bit.contains(&(WRITE, Reason::NoAce)));
    assert_eq!(denial.by_bit.len(), 8);
    assert_eq!(
        denial.to_string(),
        "ACE 1 of the DACL refuses DELETE to Everyone (WD)"
    );
}

#[test]
fn maximum_allowed_gives_all_that_can_be_had_and_refuses_if_that_is_nothing() {
    // A-43, O-10.
    let user = Token::standard_user(ann(), 1);
    let max = AccessMask::MAXIMUM_ALLOWED;
    assert_eq!(
        check("D:(D;;0x2;;;IU)(A;;GRGW;;;WD)", &user, max),
        Ok(AccessMask(0x2_0005))
    );
    assert_eq!(check("D:(A;;0x4;;;WD)", &user, max | READ), Ok(READ));
    assert_eq!(why("D:(A;;0x4;;;WD)", &user, max | WRITE), Reason::NoAce);
    assert_eq!(why("D:(A;;0x4;;;BA)", &user, max), Reason::NoAce);
    assert_eq!(why("D:", &user, max), Reason::EmptyDacl);
    let low = user.at_low_integrity();
    assert_eq!(
        check("D:(A;;GA;;;WD)", &low, max),
        Ok(AccessMask(0x2_000D)),
        "what integrity takes is not in it"
    );
}

#[test]
fn a_restricted_token_must_pass_twice() {
    // A-44.
    let token = Token::standard_user(ann(), 1).restricted_to(vec![Sid::RESTRICTED, Sid::EVERYONE]);
    assert_eq!(check("D:(A;;GR;;;IU)(A;;GR;;;RC)", &token, READ), Ok(READ));
    assert_eq!(check("D:(A;;GR;;;WD)", &token, READ), Ok(READ));
    let denial = check("D:(A;;GA;;;IU)", &token, READ).unwrap_err();
    assert_eq!((denial.reason, denial.pass), (Reason::NoAce, Pass::Restricted));
    assert_eq!(
        check("D:(A;;GA;;;RC)", &token, READ).unwrap_err().pass,
        Pass::Normal
    );
    assert!(
        check("O:S-1-5-21-1-2-3-1001D:", &token, AccessMask::WRITE_DAC).is_err(),
        "the owner is not among the restricting SIDs"
    );
    assert_eq!(
        check("D:(D;;GR;;;RC)(A;;GR;;;WD)", &token, READ)
            .unwrap_err()
            .pass,
        Pass::Restricted
    );
}

#[test]
fn an_app_container_needs_an_ace_of_its_own() {
    // A-44, N-81: the desktop process puts an ACE for AC and a low label on its object.
    let package = Sid::new(15, &[2, 7, 8, 9]).unwrap();
    let capability = Sid::new(15, &[3, 1]).unwrap();
    let token = Token::standard_user(ann(), 1).in_app_container(package, vec![capability]);
    let shared = "S:(ML;;NW;;;LW)";
    let write = |dacl: &str| check(&[dacl, shared].concat(), &token, WRITE).map_err(|denial| denial.pass);
    assert_eq!(write("D:(A;;GW;;;IU)"), Err(Pass::AppContainer));
    assert_eq!(
        write("D:(A;;GW;;;AC)"),
        Err(Pass::Normal),
        "the user part must pass too"
    );
    assert_eq!(write("D:(A;;GW;;;IU)(A;;GW;;;AC)"), Ok(WRITE));
    assert_eq!(write("D:(A;;GW;;;IU)(A;;GW;;;S-1-15-2-7-8-9)"), Ok(WRITE));
    assert_eq!(write("D:(A;;GW;;;IU)(A;;GW;;;S-1-15-3-1)"), Ok(WRITE));
    assert_eq!(
        write("D:(A;;GW;;;IU)(A;;GW;;;S-1-15-3-2)"),
        Err(Pass::AppContainer)
    );
    assert!(matches!(
        why("D:(A;;GW;;;IU)(A;;GW;;;AC)", &token, WRITE),
        Reason::Integrity { .. }
    ));
}

#[test]
fn a_restricted_token_in_an_app_container_must_pass_three_times() {
    // A-44.
    let package = Sid::new(15, &[2, 7, 8, 9]).unwrap();
    let token = Token::standard_user(ann(), 1)
        .restricted_to(vec![Sid::RESTRICTED])
        .in_app_container(package, vec![]);
    let label = "S:(ML;;NW;;;LW)";
    let write = |dacl: &str| check(&[dacl, label].concat(), &token, WRITE).map_err(|denial| denial.pass);
    assert_eq!(write("D:(A;;GW;;;IU)(A;;GW;;;RC)(A;;GW;;;AC)"), Ok(WRITE));
    assert_eq!(write("D:(A;;GW;;;IU)(A;;GW;;;RC)"), Err(Pass::AppContainer));
    assert_eq!(write("D:(A;;GW;;;IU)(A;;GW;;;AC)"), Err(Pass::Restricted));
    assert_eq!(write("D:(A;;GW;;;RC)(A;;GW;;;AC)"), Err(Pass::Normal));
}

#[test]
fn creating_in_a_directory_needs_a_right_and_opening_is_usually_free() {
    // A-45.
    let mut user = Token::standard_user(ann(), 1);
    let directory = sd("D:(A;;0x3;;;WD)(A;;GA;;;SY)");
    assert_eq!(
        directory_check(&directory, &user, DirectoryUse::Create)
            .unwrap_err()
            .missing,
        AccessMask(4)
    );
    assert!(directory_check(&directory, &Token::local_system(), DirectoryUse::Create).is_ok());
    let closed = sd("D:");
    assert!(directory_check(&closed, &user, DirectoryUse::Open).is_ok());
    user.set_privilege(Privilege::ChangeNotify, PrivilegeState::Disabled);
    assert!(directory_check(&closed, &user, DirectoryUse::Open).is_err());
    assert!(directory_check(&directory, &user, DirectoryUse::Open).is_ok());
}

#[test]
fn a_deny_ace_with_a_condition_refuses_to_all() {
    // A-31: it is kept and can't be evaluated.
    let conditional = Ace {
        flags: AceFlags::empty(),
        body: AceBody::Opaque {
            ace_type: 10,
            bytes: vec![2, 0, 0, 0],
        },
    };
    let conditional_allow = Ace {
        flags: AceFlags::empty(),
        body: AceBody::Opaque {
            ace_type: 9,
            bytes: vec![4, 0, 0, 0],
        },
    };
    let acl = Acl::from([conditional_allow, conditional, Ace::allow(WRITE, Sid::EVERYONE)]);
    let object = SecurityDescriptor::with_dacl(acl);
    let user = Token::standard_user(ann(), 1);
    let reason = |mask| {
        access_check(&object, &user, Kind::FileMapping, mask)
            .unwrap_err()
            .reason
    };
    assert_eq!(reason(WRITE), Reason::UnevaluatedDenial { index: 1 });
    assert_eq!(reason(READ), Reason::NoAce);
}

#[test]
fn the_error_tells_number_missing_rights_and_the_rule() {
    // I-11, N-69 step 3, O-19.
    let denial = check(
        "D:(A;;GA;;;SY)(A;;0x6;;;IU)",
        &Token::standard_user(ann(), 1),
        ALL,
    )
    .unwrap_err();
    let error = denial.to_error(Op::OpenFileMapping, r"Global\MaartensMap");
    assert_eq!(error.code(), Win32Code::ACCESS_DENIED);
    for part in [
        "SECTION_QUERY",
        "WRITE_DAC",
        "WRITE_OWNER",
        "FILE_MAP_ALL_ACCESS",
        "no ACE of the DACL grants",
    ] {
        assert!(error.to_string().contains(part), "{part} in {error}");
    }
    assert!(!error.note().contains("MAP_READ"));
    let privilege = check("D:", &Token::local_system(), AccessMask::ACCESS_SYSTEM_SECURITY).unwrap_err();
    assert_eq!(
        privilege.to_error(Op::OpenFileMapping, "x").code(),
        Win32Code::PRIVILEGE_NOT_HELD
    );
    assert_eq!(
        check("D:", &Token::local_system(), AccessMask(0x40))
            .unwrap_err()
            .to_error(Op::OpenFileMapping, "x")
            .why(),
        &Why::AccessMaskInvalid { bits: 0x40 }
    );
}

#[test]
fn the_smallest_and_the_closest_mask_are_offered() {
    // I-11 d.
    let user = Token::standard_user(ann(), 1);
    let useful = useful_masks(Kind::FileMapping);
    let smallest = |text| smallest_mask(&sd(text), &user, Kind::FileMapping, useful);
    assert_eq!(smallest("D:(A;;GA;;;WD)"), Some(READ));
    assert_eq!(smallest("D:(A;;0x2;;;WD)"), Some(WRITE));
    assert_eq!(smallest("D:(A;;GA;;;SY)"), None);
    let closest =
        |text, wanted| closest_mask(&sd(text), &user, Kind::FileMapping, useful, AccessMask(wanted));
    assert_eq!(closest("D:(A;;0x6;;;WD)", 0xF_001F), Some(READ | WRITE));
    assert_eq!(closest("D:(A;;0x4;;;WD)", 0xF_001F), Some(READ));
    assert_eq!(closest("D:(A;;GA;;;WD)", 0x8000_0000), Some(AccessMask(0x4)));
    assert_eq!(
        closest("D:(A;;GW;;;WD)", 0x4),
        None,
        "nothing else than what was asked for"
    );
    for kind in Kind::ALL {
        let valid = TypeRights::of(kind).valid;
        assert!(
            useful_masks(kind).iter().all(|mask| valid.contains(*mask)),
            "{kind:?}"
        );
    }
}

/// The check as the documentation tells it: one walk, bits are taken off until none is missing or one is refused.
fn as_documented(acl: &Acl, owner: Option<Sid>, token: &Token, desired: AccessMask) -> bool {
    let rights = TypeRights::of(Kind::FileMapping);
    let is_owner = owner.is_some_and(|owner| token.is_enabled(&owner));
    let has_ow = acl
        .aces
        .iter()
        .any(|ace| ace.sid() == Some(Sid::OWNER_RIGHTS) && !ace.is_inherit_only());
    let mut missing = rights.map_generic(desired);
    if is_owner && !has_ow {
        missing = missing.without(AccessMask(0x6_0000));
    }
    let mut refused_some = false;
    for ace in &acl.aces {
        if missing.is_empty() || refused_some {
            break;
        }
        if ace.is_inherit_only() {
            continue;
        }
        match ace.body {
            AceBody::Deny { mask, sid } if token.has(&sid) || (is_owner && sid == Sid::OWNER_RIGHTS) => {
                let refused = rights.map_generic(mask) & missing;
                refused_some |= !refused.is_empty();
            }
            AceBody::Allow { mask, sid }
                if token.is_enabled(&sid) || (is_owner && sid == Sid::OWNER_RIGHTS) =>
            {
                missing = missing.without(rights.map_generic(mask));
            }
            _ => {}
        }
    }
    missing.is_empty() && !refused_some
}

static SIDS: [Sid; 5] = [
    Sid::EVERYONE,
    Sid::INTERACTIVE,
    Sid::ADMINISTRATORS,
    Sid::OWNER_RIGHTS,
    Sid::unix_user(7),
];

fn any_case() -> impl Strategy<Value = (Acl, Option<Sid>, Token)> {
    let token = (any::<bool>(), 0..3_u8).prop_map(|(admin, state)| {
        let user = if admin {
            Sid::unix_user(7)
        } else {
            Sid::unix_user(8)
        };
        let state = [GroupState::Enabled, GroupState::DenyOnly, GroupState::Disabled][usize::from(state)];
        Token::xp_user(user, 0).with_group(Sid::ADMINISTRATORS, state)
    });
    (
        any_small_acl(&SIDS),
        prop::option::of(prop::sample::select(SIDS.to_vec())),
        token,
    )
}

/// Everything that can be had, bit by bit.
fn all_rights(object: &SecurityDescriptor, token: &Token) -> AccessMask {
    let valid = TypeRights::of(Kind::FileMapping).valid;
    let bits = valid
        .each_bit()
        .filter(|bit| access_check(object, token, Kind::FileMapping, *bit).is_ok());
    bits.fold(AccessMask::NONE, |sum, bit| sum | bit)
}

proptest! {
    #[test]
    fn the_decision_is_the_documented_one((acl, owner, token) in any_case(), desired in 1..64_u32, standard: bool) {
        let desired = AccessMask(desired | if standard { 0x6_0000 } else { 0 });
        let object = SecurityDescriptor { owner, dacl: Dacl::List(acl.clone()), ..SecurityDescriptor::default() };
        let got = access_check(&object, &token, Kind::FileMapping, desired);
        prop_assert_eq!(got.is_ok(), as_documented(&acl, owner, &token, desired));
        match got {
            Ok(granted) => prop_assert_eq!(granted, desired),
            Err(denial) => {
                prop_assert!(!denial.missing.is_empty());
                prop_assert_eq!(denial.missing | denial.granted, denial.desired);
                prop_assert!(!denial.missing.intersects(denial.granted));
                prop_assert_eq!(denial.granted.is_empty() || as_documented(&acl, owner, &token, denial.granted), true);
                prop_assert_eq!(denial.by_bit.len(), denial.missing.0.count_ones() as usize);
            }
        }
    }

    #[test]
    fn an_allow_ace_at_the_end_never_takes_rights((acl, owner, token) in any_case(), mask in 0..64_u32, sid in prop::sample::select(SIDS.to_vec())) {
        // The first ACE for OWNER RIGHTS takes what owners have anyhow, by design (A-3).
        let first = sid == Sid::OWNER_RIGHTS && owner_rights_ace(&acl).is_none();
        let may_go = if first { OWNER_ANYHOW } else { AccessMask::NONE };
        let mut object = SecurityDescriptor { owner, dacl: Dacl::List(acl.clone()), ..SecurityDescriptor::default() };
        let before = all_rights(&object, &token);
        let mut longer = acl;
        longer.aces.push(Ace::allow(AccessMask(mask), sid));
        object.dacl = Dacl::List(longer);
        prop_assert!(all_rights(&object, &token).contains(before.without(may_go)));
    }

    #[test]
    fn a_deny_ace_at_the_front_never_gives_rights((acl, owner, token) in any_case(), mask in 0..64_u32, sid in prop::sample::select(SIDS.to_vec())) {
        let mut object = SecurityDescriptor { owner, dacl: Dacl::List(acl.clone()), ..SecurityDescriptor::default() };
        let before = all_rights(&object, &token);
        let mut longer = acl;
        longer.aces.insert(0, Ace::deny(AccessMask(mask), sid));
        object.dacl = Dacl::List(longer);
        prop_assert!(before.contains(all_rights(&object, &token)));
    }

    #[test]
    fn maximum_allowed_is_the_sum_of_what_each_bit_gives((acl, owner, token) in any_case()) {
        let object = SecurityDescriptor { owner, dacl: Dacl::List(acl), ..SecurityDescriptor::default() };
        let max = access_check(&object, &token, Kind::FileMapping, AccessMask::MAXIMUM_ALLOWED).unwrap_or_default();
        prop_assert_eq!(max, all_rights(&object, &token));
    }

    #[test]
    fn restriction_containment_and_low_integrity_only_take((acl, owner, token) in any_case()) {
        let object = SecurityDescriptor { owner, dacl: Dacl::List(acl), ..SecurityDescriptor::default() };
        let all = all_rights(&object, &token);
        prop_assert!(all.contains(all_rights(&object, &token.clone().restricted_to(vec![Sid::EVERYONE]))));
        prop_assert!(all.contains(all_rights(&object, &token.clone().in_app_container(Sid::unix_user(9), vec![Sid::EVERYONE]))));
        prop_assert!(all.contains(all_rights(&object, &token.at_low_integrity())));
    }
}
