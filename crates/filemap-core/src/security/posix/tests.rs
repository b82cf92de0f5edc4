use super::*;
use crate::security::arbitrary::any_small_acl;
use crate::security::{Privilege, Token, access_check};
use alloc::format;
use alloc::string::ToString;
use alloc::vec;
use proptest::prelude::*;

const OWNER: FileOwner = FileOwner { uid: 1000, gid: 1000 };
const NO: Permission = Permission::None;
const R: Permission = Permission::Read;
const RW: Permission = Permission::ReadWrite;

/// Users 1000 (group 27), 1001 (100), 1002 (100, 101), 1003 (none of them); administrators are group 27.
fn system() -> LinuxSids {
    LinuxSids {
        admin_gids: vec![27],
        global_gids: vec![900],
        interactive_gid: None,
        logon_sessions: vec![(Sid::logon_session(0, 7), 1000)],
        members: [
            (1000, vec![1000, 27]),
            (1001, vec![1001, 100]),
            (1002, vec![1002, 100, 101]),
            (1003, vec![1003]),
        ]
        .into(),
    }
}

fn account(uid: u32, logon: Logon) -> LinuxAccount {
    let groups = system().members.get(&uid).cloned().unwrap_or_default();
    LinuxAccount {
        uid,
        gid: uid,
        groups,
        session: 1,
        logon,
    }
}

fn of(text: &str) -> PosixRights {
    PosixRights::of(
        &text.parse().unwrap(),
        Kind::FileMapping,
        Waiting::Writes,
        OWNER,
        &system(),
    )
}

#[test]
fn a_private_object_is_its_users_alone() {
    // A-60 with the default DACL of a user (section 2): the logon session is the user's own.
    let mut account = account(
        1000,
        Logon::Interactive {
            session: Sid::logon_session(0, 7),
        },
    );
    account.groups.clear();
    let token = system().token(&account);
    let sd =
        crate::security::new_object::descriptor_of_new_object(None, &token, Kind::FileMapping, &[]).unwrap();
    let rights = PosixRights::of(&sd, Kind::FileMapping, Waiting::Writes, OWNER, &system());
    assert_eq!(
        (rights.mode(), rights.acl_xattr(), &rights.limits[..]),
        (0o600, None, &[][..])
    );
    assert_eq!(rights.wanted_owner, Some(1000));
}

#[test]
fn everybody_and_interactive_users_are_mode_other() {
    // BU, AU, WD; IU.
    for (sid, exact) in [
        ("WD", true),
        ("AU", true),
        ("BU", true),
        ("IU", false),
        ("SU", false),
    ] {
        let rights = of(&format!("D:(A;;GA;;;SY)(A;;GA;;;S-1-22-1-1000)(A;;0x4;;;{sid})"));
        assert_eq!(rights.mode(), 0o644, "{sid}");
        let widened = rights
            .limits
            .iter()
            .any(|limit| matches!(limit, Limit::WidenedToEverybody { index: 2, .. }));
        assert_eq!(widened, !exact, "{sid}");
    }
    let with_group = LinuxSids {
        interactive_gid: Some(60),
        ..system()
    };
    let sd = "D:(A;;0x6;;;IU)".parse().unwrap();
    let rights = PosixRights::of(&sd, Kind::FileMapping, Waiting::Writes, OWNER, &with_group);
    assert_eq!((rights.groups.get(&60), rights.other), (Some(&RW), NO));
}

#[test]
fn administrators_are_root_and_the_groups_of_administrators() {
    // SY, BA.
    let rights = of("D:(A;;GA;;;SY)(A;;GR;;;BA)");
    assert_eq!(rights.groups, [(27, R)].into());
    assert_eq!((rights.owner, rights.other), (R, NO), "user 1000 is in the group");
    assert!(rights.limits.is_empty());
}

#[test]
fn a_named_users_entry_holds_all_that_he_may_have() {
    // The kernel looks at nothing else once a user has an entry.
    let rights = of("D:(A;;0x4;;;S-1-22-1-1002)(A;;0x6;;;S-1-22-2-101)(A;;0x4;;;WD)");
    assert_eq!(rights.users, [(1002, RW)].into());
    assert_eq!(rights.groups, [(101, RW)].into());
    assert_eq!(
        (rights.group, rights.other),
        (R, R),
        "and a group's entry what everybody has"
    );
}

#[test]
fn a_denied_user_is_kept_out_by_the_kernel_and_a_denied_group_is_listed() {
    // deny ACEs.
    let rights = of("D:(D;;GA;;;S-1-22-1-1003)(D;;GA;;;S-1-22-2-101)(A;;0x6;;;WD)");
    assert_eq!(
        (rights.users.get(&1003), rights.groups.get(&101), rights.other),
        (Some(&NO), Some(&NO), RW)
    );
    assert_eq!(rights.limits, [Limit::DenialNotEnforced { index: 1 }]);
    let rights = of("D:(D;;0x2;;;S-1-22-1-1003)(A;;0x6;;;WD)");
    assert_eq!(rights.users.get(&1003), Some(&R));
}

#[test]
fn no_dacl_lets_everybody_in_and_an_empty_one_nobody() {
    //
    assert_eq!(of("D:NO_ACCESS_CONTROL").mode(), 0o666);
    assert_eq!(of("D:").mode(), 0);
    assert_eq!(of("D:").limits, [Limit::RootGetsIn]);
}

#[test]
fn what_the_kernel_can_not_say_is_listed() {
    // A-60, third column; M-84.
    let limits = |text: &str| of(&["D:(A;;GA;;;SY)", text].concat()).limits;
    assert_eq!(
        limits("(A;;0x2;;;S-1-22-1-5)"),
        [Limit::WriteImpliesRead { index: 1 }]
    );
    assert_eq!(
        limits("(A;;RC;;;S-1-22-1-5)"),
        [Limit::NoFilePermission { index: 1 }]
    );
    assert_eq!(limits("(A;;GA;;;S-1-22-1-5)"), [Limit::Delegation { index: 1 }]);
    assert_eq!(
        limits("(A;;GA;;;S-1-22-1-1000)"),
        [],
        "who owns the file may do that anyhow"
    );
    assert_eq!(limits("(A;;GR;;;OW)"), [Limit::OwnerRights { index: 1 }]);
    let stranger: Sid = "S-1-5-21-1-2-3-1001".parse().unwrap();
    assert_eq!(
        limits("(A;;GR;;;S-1-5-21-1-2-3-1001)"),
        [Limit::MeansNobody {
            index: 1,
            sid: stranger
        }]
    );
    assert_eq!(
        limits("S:(ML;;NW;;;LW)(AU;SA;GA;;;WD)"),
        [Limit::IntegrityLabel, Limit::Audit]
    );
    assert_eq!(limits("(A;IO;0x2;;;S-1-22-1-5)"), []);
    let owned = of("O:BAD:(A;;GA;;;SY)");
    assert_eq!(
        owned.limits,
        [Limit::OwnerIsNotTheFilesUser {
            owner: Sid::ADMINISTRATORS
        }]
    );
    assert_eq!(owned.wanted_owner, Some(0));
    let waits = |waiting| {
        let sd = "D:(A;;GA;;;SY)(A;;0x100000;;;S-1-22-1-5)".parse().unwrap();
        PosixRights::of(&sd, Kind::Event, waiting, OWNER, &system())
    };
    assert_eq!(
        waits(Waiting::Writes).limits,
        [Limit::WaitImpliesModify { index: 1 }]
    );
    assert_eq!(
        (
            &waits(Waiting::Reads).limits[..],
            waits(Waiting::Reads).users.get(&5)
        ),
        (&[][..], Some(&R))
    );
    for limit in waits(Waiting::Writes).limits {
        assert!(!limit.to_string().is_empty());
    }
}

#[test]
fn the_acl_attribute_is_the_kernels() {
    // linux/posix_acl_xattr.h; the same bytes were set and read back with getfacl.
    let rights = of("D:(A;;GA;;;S-1-22-1-1000)(A;;0x6;;;S-1-22-1-1003)(A;;0x4;;;S-1-22-2-100)");
    let entry = |tag: u16, permission: u16, id: u32| {
        [
            &tag.to_le_bytes()[..],
            &permission.to_le_bytes(),
            &id.to_le_bytes(),
        ]
        .concat()
    };
    let want = [
        vec![2, 0, 0, 0],
        entry(1, 6, u32::MAX),
        entry(2, 6, 1003),
        entry(4, 0, u32::MAX),
        entry(8, 4, 100),
        entry(0x10, 6, u32::MAX),
        entry(0x20, 0, u32::MAX),
    ]
    .concat();
    assert_eq!(rights.acl_xattr(), Some(want));
    assert_eq!(rights.mode(), 0o660);
}

#[test]
fn root_is_local_system_and_a_group_holds_the_global_privilege() {
    // SY = uid 0; N-91.
    let root = system().token(&LinuxAccount {
        session: 0,
        ..account(0, Logon::Service)
    });
    assert_eq!((root.user, root.session), (Sid::LOCAL_SYSTEM, 0));
    assert!(root.is_enabled(&Sid::unix_user(0)) && root.has_enabled(Privilege::CreateGlobal));
    let mut member = account(1003, Logon::Service);
    assert!(!system().token(&member).has_enabled(Privilege::CreateGlobal));
    member.groups.push(900);
    assert!(system().token(&member).has_enabled(Privilege::CreateGlobal));
}

#[test]
fn interactive_users_and_services_differ_by_their_sids() {
    let session = Sid::logon_session(0, 7);
    let interactive = system().token(&account(1000, Logon::Interactive { session }));
    assert!(interactive.is_enabled(&Sid::INTERACTIVE) && !interactive.is_enabled(&Sid::SERVICE));
    assert_eq!(interactive.logon_sid(), Some(session));
    let service = system().token(&account(1000, Logon::Service));
    assert!(!service.is_enabled(&Sid::INTERACTIVE) && service.is_enabled(&Sid::SERVICE));
}

/// What the kernel does with such permissions (acl(5), "Access check algorithm").
fn kernel_lets(rights: &PosixRights, file: FileOwner, account: &LinuxAccount, wanted: Permission) -> bool {
    let mask = if rights.needs_acl() { rights.mask() } else { RW };
    let in_group = |gid: u32| account.gid == gid || account.groups.contains(&gid);
    if account.uid == file.uid {
        return rights.owner >= wanted;
    }
    if let Some(permission) = rights.users.get(&account.uid) {
        return (*permission).min(mask) >= wanted;
    }
    let own_group = in_group(file.gid).then_some(rights.group);
    let groups: Vec<_> = rights
        .groups
        .iter()
        .filter(|(gid, _)| in_group(**gid))
        .map(|(_, p)| *p)
        .chain(own_group)
        .collect();
    match groups.is_empty() {
        true => rights.other >= wanted,
        false => groups
            .into_iter()
            .any(|permission| permission.min(mask) >= wanted),
    }
}

static SIDS: [Sid; 14] = [
    Sid::LOCAL_SYSTEM,
    Sid::ADMINISTRATORS,
    Sid::EVERYONE,
    Sid::USERS,
    Sid::INTERACTIVE,
    Sid::SERVICE,
    Sid::OWNER_RIGHTS,
    Sid::NETWORK_SERVICE,
    Sid::unix_user(1000),
    Sid::unix_user(1001),
    Sid::unix_user(1002),
    Sid::unix_group(100),
    Sid::unix_group(101),
    Sid::logon_session(0, 7),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    #[test]
    fn the_kernel_is_never_narrower_than_the_descriptor_and_never_wider_than_its_allow_aces(
        acl in any_small_acl(&SIDS),
        owner in prop::option::of(prop::sample::select(SIDS.to_vec())),
        uid in 1000..1004_u32,
        file_uid in 1000..1004_u32,
        interactive: bool,
        with_group: bool,
        kind in prop::sample::select(Kind::ALL.to_vec()),
        waiting in prop::sample::select(vec![Waiting::Reads, Waiting::Writes]),
    ) {
        let mut system = system();
        if with_group {
            system.interactive_gid = Some(60);
            system.members.get_mut(&1001).unwrap().push(60);
        }
        let file = FileOwner { uid: file_uid, gid: if file_uid == 1002 { 101 } else { file_uid } };
        let sd = SecurityDescriptor { owner, dacl: Dacl::List(acl.clone()), ..SecurityDescriptor::default() };
        let rights = PosixRights::of(&sd, kind, waiting, file, &system);

        let interactive = if with_group { uid == 1001 } else { interactive };
        let session = if uid == 1000 { Sid::logon_session(0, 7) } else { Sid::logon_session(0, uid) };
        let logon = if interactive { Logon::Interactive { session } } else { Logon::Service };
        let mut account = account(uid, logon);
        account.groups = system.members[&uid].clone();
        let token: Token = system.token(&account);
        let may = access_check(&sd, &token, kind, AccessMask::MAXIMUM_ALLOWED).unwrap_or_default();

        let library = permission_for(kind, may, waiting);
        prop_assert!(kernel_lets(&rights, file, &account, library), "{:?} must get in: {:?}", library, rights);

        // The union of what allow ACEs give to this user, his groups, and vague classes.
        let sids_of_user = [system.sids_of_user(uid), system.sids_of_some_programs(uid)].concat();
        let vague = |sid: &Sid| system.accounts(sid).contains(&Account::SomeUsers);
        let is_owner = owner.is_some_and(|owner| sids_of_user.contains(&owner) || vague(&owner));
        let mut union = AccessMask::NONE;
        for ace in acl.aces.iter().filter(|ace| !ace.is_inherit_only()) {
            let AceBody::Allow { mask, sid } = ace.body else { continue };
            if sids_of_user.contains(&sid) || vague(&sid) || (sid == Sid::OWNER_RIGHTS && is_owner) {
                union |= mask;
            }
        }
        let union = permission_for(kind, union, waiting);
        for permission in [R, RW] {
            if permission > union {
                prop_assert!(!kernel_lets(&rights, file, &account, permission), "{:?} is too much: {:?}", permission, rights);
            }
        }
    }
}
