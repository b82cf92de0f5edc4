//! Section 7 of the specification of name spaces, column by column, and the decision procedure N-69 step by step.

use super::*;
use crate::profile::named;
use std::vec;

const MAP: &str = "MaartensMap";
const READ: u32 = 0x4;
const READ_WRITE: u32 = 0x6;
const ALL_ACCESS: u32 = 0xF_001F;
/// What `D:(A;;GA;;;SY)(A;;RCGXGR;;;BA)` grants an administrator: RC, GX and GR spelt out (A-22).
const ADMINISTRATOR: u32 = 0x2_000D;
const STANDARD_USER: u32 = 0;
const SERVICE: u32 = ALL_ACCESS;
/// What `(A;;GRGW;;;IU)` grants a user.
const GRGW: u32 = 0x2_0007;

fn caller(platform: &str, session: u32) -> Caller {
    Caller {
        session,
        profile: named(platform).unwrap(),
        create_global: false,
    }
}

fn existing(directory: Directory) -> Existing<'static> {
    Existing {
        directory,
        leaf: MAP,
        kind: Kind::FileMapping,
    }
}

/// Opens a file mapping as somebody whom every object grants `granted`.
fn open(name: &str, who: &Caller, access: u32, objects: &[Existing<'_>], granted: u32) -> Verdict {
    replay(
        name,
        Kind::FileMapping,
        Request::Open { access },
        who,
        objects,
        |_, rights| rights & !granted,
    )
}

fn create(name: &str, who: &Caller, objects: &[Existing<'_>], granted: u32) -> Verdict {
    let request = Request::Create { protect: 0x04 };
    replay(name, Kind::FileMapping, request, who, objects, |_, rights| {
        rights & !granted
    })
}

/// The columns of section 7: platform, session of the user, what `Global\` gives, whether creating there is refused.
const COLUMNS: [(&str, u32, Result<(), u32>, bool); 9] = [
    ("xp", 0, Ok(()), false),
    ("xp", 1, Ok(()), true),
    ("xp-sp1", 1, Ok(()), false),
    ("win2000", 0, Ok(()), false),
    ("nt4", 0, Err(3), true),
    ("server2003", 1, Ok(()), true),
    ("vista", 1, Ok(()), true),
    ("win7", 1, Ok(()), true),
    ("nt", 1, Ok(()), true),
];

fn own(session: u32) -> &'static str {
    match session {
        0 => r"\BaseNamedObjects\MaartensMap",
        _ => r"\Sessions\1\BaseNamedObjects\MaartensMap",
    }
}

#[test]
fn the_walk_through_of_error_2_then_5_holds_in_every_column() {
    for (platform, session, global, refused) in COLUMNS {
        let label = std::format!("{platform} session {session}");
        let service = caller(platform, 0);
        let user = caller(platform, session);
        let made = [existing(Directory::Global)];

        // N-60: the service creates it.
        let by_service = create(MAP, &service, &[], SERVICE);
        assert_eq!(by_service.looked_up.as_deref(), Some(own(0)), "N-60/{label}");
        assert_eq!(by_service.code, Win32Code(0), "N-60/{label}");

        // N-61: the user opens it by its plain name.
        let plain = open(MAP, &user, ALL_ACCESS, &made, ADMINISTRATOR);
        assert_eq!(plain.looked_up.as_deref(), Some(own(session)), "N-61/{label}");
        assert_eq!(
            plain.code.0,
            if session == 0 { 5 } else { 2 },
            "N-61/{label}: found, or not looked for there"
        );
        if session != 0 {
            assert_eq!(
                plain.elsewhere,
                vec![(Elsewhere::InGlobal, own(0).into())],
                "N-61/{label}"
            );
            assert!(
                plain.remedy.contains(r"Global\MaartensMap"),
                "N-69/{label}: {}",
                plain.remedy
            );
        }

        // N-62: the server's code run in the user's session shows where the client looks.
        let in_session = create(MAP, &user, &[], SERVICE);
        assert_eq!(
            in_session.looked_up.as_deref(),
            Some(own(session)),
            "N-62/{label}"
        );
        assert_eq!(in_session.code, Win32Code(0), "N-62/{label}");

        // N-63: the service creates it with the prefix; the path is the same.
        let prefixed = create(r"Global\MaartensMap", &service, &[], SERVICE);
        match global {
            Ok(()) => assert_eq!(prefixed.looked_up, by_service.looked_up, "N-63/{label}"),
            Err(code) => {
                assert_eq!(
                    (prefixed.code.0, prefixed.looked_up),
                    (code, None),
                    "N-63/{label}"
                );
                continue;
            }
        }

        // N-64, N-65, N-66: the user opens it with the prefix; now the descriptor decides.
        let opens = |access, granted| open(r"Global\MaartensMap", &user, access, &made, granted);
        let all = opens(ALL_ACCESS, ADMINISTRATOR);
        assert_eq!(
            (all.code.0, all.looked_up.as_deref()),
            (5, Some(own(0))),
            "N-64/{label}"
        );
        assert!(
            all.sentence.contains("WRITE_DAC") && all.remedy.contains("FILE_MAP_READ"),
            "N-64/{label}: {all:?}"
        );
        assert!(
            opens(ALL_ACCESS, SERVICE).succeeds(),
            "A-20/{label}: SYSTEM has it"
        );
        assert!(
            opens(READ, ADMINISTRATOR).succeeds(),
            "N-65/{label}: an administrator may read"
        );
        assert_eq!(
            opens(READ, STANDARD_USER).code.0,
            5,
            "N-65/{label}: a user or filtered token may not"
        );
        assert_eq!(
            opens(0x2, ADMINISTRATOR).code.0,
            5,
            "A-22/{label}: one-way traffic"
        );
        assert!(opens(READ_WRITE, GRGW).succeeds(), "N-66/{label}");

        // N-67: the user creates in Global.
        let own_global = create(r"Global\X", &user, &[], SERVICE);
        assert_eq!(own_global.code.0, if refused { 5 } else { 0 }, "N-67/{label}");
        let elevated = Caller {
            create_global: true,
            ..user
        };
        assert_eq!(
            create(r"Global\X", &elevated, &[], SERVICE).code.0,
            0,
            "N-44/{label}"
        );
        let event = replay(
            r"Global\X",
            Kind::Event,
            Request::Create { protect: 0 },
            &user,
            &[],
            |_, _| 0,
        );
        assert_eq!(event.code.0, 0, "N-42/{label}: only file mappings need it");
        let there = create(r"Global\MaartensMap", &user, &made, SERVICE);
        assert_eq!(
            there.code,
            Win32Code::ALREADY_EXISTS,
            "N-43/{label}: what exists needs no privilege"
        );
    }
}

#[test]
fn a_name_that_is_not_here_is_looked_for_everywhere() {
    // N-69 step 1
    let user = caller("nt", 1);
    let other = open(MAP, &user, READ, &[existing(Directory::Session(2))], SERVICE);
    assert_eq!(
        other.elsewhere,
        vec![(
            Elsewhere::InSession(2),
            r"\Sessions\2\BaseNamedObjects\MaartensMap".into()
        )]
    );
    assert!(other.sentence.contains("session 2") && other.clauses.contains(&"N-69"));

    let case = Existing {
        leaf: "maartensmap",
        ..existing(Directory::Session(1))
    };
    let spelt = open(MAP, &user, READ, &[case], SERVICE);
    assert_eq!(spelt.elsewhere[0].0, Elsewhere::OtherCase, "O-60");

    let nowhere = open(MAP, &user, READ, &[], SERVICE);
    assert!(
        nowhere.elsewhere.is_empty() && nowhere.remedy.contains("keep a handle open"),
        "O-40"
    );

    let both = [
        existing(Directory::Session(3)),
        existing(Directory::Global),
        existing(Directory::Session(2)),
    ];
    let places: Vec<_> = open(MAP, &user, READ, &both, SERVICE)
        .elsewhere
        .iter()
        .map(|e| e.0)
        .collect();
    assert_eq!(
        places,
        [
            Elsewhere::InGlobal,
            Elsewhere::InSession(2),
            Elsewhere::InSession(3)
        ]
    );
}

#[test]
fn names_that_lead_nowhere_are_refused_as_the_platform_does() {
    // N-69 step 2, O-65
    for (platform, name, code) in [
        ("nt", r"global\x", 3),
        ("nt", r"Bar\x", 3),
        ("nt4", r"Local\x", 3),
        ("nt", r"Global\\x", 123),
        ("nt", r"\x", 161),
        ("nt", "Global", 6),
        ("nt", "", 6),
        ("win95", r"Local\x", 123),
    ] {
        let verdict = open(name, &caller(platform, 1), READ, &[], SERVICE);
        assert_eq!(
            (verdict.code.0, verdict.looked_up),
            (code, None),
            "{platform}: {name}"
        );
    }
    let long = "x".repeat(261);
    assert_eq!(
        open(&long, &caller("win95", 0), READ, &[], SERVICE).code.0,
        123,
        "P-36/win95"
    );
    assert_eq!(
        open(&long, &caller("nt", 0), READ, &[], SERVICE).code.0,
        2,
        "P-36/nt"
    );
}

#[test]
fn another_kind_of_object_is_told_by_name_before_any_access_check() {
    // N-69 step 5, O-3, P-32
    let mutex = [Existing {
        kind: Kind::Mutex,
        ..existing(Directory::Global)
    }];
    for request in [Request::Open { access: READ }, Request::Create { protect: 4 }] {
        let user = caller("nt", 0);
        let verdict = replay(MAP, Kind::FileMapping, request, &user, &mutex, |_, _| {
            panic!("no access check")
        });
        assert_eq!(verdict.code, Win32Code::INVALID_HANDLE);
        assert!(verdict.sentence.contains("a mutex"), "{}", verdict.sentence);
    }
    let ce = create(MAP, &caller("ce", 0), &mutex, SERVICE);
    assert_eq!(ce.code, Win32Code(0), "P-32/ce: both exist");
}

#[test]
fn windows_ce_and_95_have_one_place_for_all() {
    // P-33, P-46, P-37
    let everybody = |platform| match platform {
        "ce" => Directory::OfKind(Kind::FileMapping), // P-31
        _ => Directory::Global,
    };
    for platform in ["ce", "win95", "nt351", "win32s"] {
        let verdict = open(
            MAP,
            &caller(platform, 7),
            READ,
            &[existing(everybody(platform))],
            SERVICE,
        );
        assert!(verdict.succeeds(), "{platform}: the session has no meaning");
    }
    let backslash = Existing {
        leaf: r"Global\x",
        ..existing(everybody("ce"))
    };
    assert!(
        open(r"Global\x", &caller("ce", 0), READ, &[backslash], SERVICE).succeeds(),
        "P-30/ce"
    );
    let empty = Existing {
        leaf: "",
        ..existing(everybody("ce"))
    };
    assert!(
        open("", &caller("ce", 0), READ, &[empty], SERVICE).succeeds(),
        "P-37/ce"
    );
    assert_eq!(
        create("", &caller("nt", 1), &[], SERVICE).looked_up,
        None,
        "O-64: unnamed"
    );
}

#[test]
fn create_instead_of_open_needs_rights_that_clients_do_not_have() {
    // O-7, A-21
    let made = [existing(Directory::Global)];
    let verdict = create(r"Global\MaartensMap", &caller("nt", 1), &made, GRGW);
    assert_eq!(verdict.code.0, 5);
    assert!(
        verdict.sentence.contains("DELETE") && verdict.remedy.contains("Open*"),
        "{verdict:?}"
    );
}

#[test]
fn a_second_object_of_the_same_name_elsewhere_is_told() {
    // N-69 step 6, O-42: two populations that share nothing
    let made = [existing(Directory::Global)];
    let verdict = create(MAP, &caller("vista", 1), &made, SERVICE);
    assert!(verdict.succeeds());
    assert_eq!(verdict.elsewhere[0].0, Elsewhere::InGlobal);
    assert!(
        verdict
            .sentence
            .contains(r"\BaseNamedObjects\MaartensMap is another one"),
        "{}",
        verdict.sentence
    );
}

#[test]
fn masks_that_no_descriptor_could_grant_are_refused_first() {
    // O-10, O-11
    let made = [existing(Directory::Global)];
    let ask = |access| {
        let request = Request::Open { access };
        replay(
            MAP,
            Kind::FileMapping,
            request,
            &caller("nt", 0),
            &made,
            |_, _| panic!("no access check"),
        )
        .code
        .0
    };
    assert_eq!(ask(0), 5);
    assert_eq!(ask(0x0010_0004), 5, "SYNCHRONIZE is no right of a file mapping");
    assert_eq!(ask(0x0100_0004), 1314, "ACCESS_SYSTEM_SECURITY");
}
