use super::lint;
use crate::error::{Error, Why};
use crate::kind::Kind;
use crate::security::arbitrary::any_printable_descriptor;
use crate::security::{
    AccessMask, Ace, AceBody, AceFlags, Acl, Control, Dacl, SecurityDescriptor, Sid, TypeRights,
};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use proptest::prelude::*;

fn read(text: &str) -> SecurityDescriptor {
    text.parse().unwrap_or_else(|error: Error| panic!("{error}"))
}

fn masks(text: &str) -> Vec<u32> {
    read(text)
        .dacl
        .list()
        .unwrap()
        .aces
        .iter()
        .map(|ace| ace.mask().unwrap().0)
        .collect()
}

#[test]
fn the_codes_of_rights_have_the_values_of_the_table() {
    // A-33, every row: code, value, and what is left of it on a file mapping.
    let rows = [
        ("GA", 0x1000_0000, 0xF_001F),
        ("GR", 0x8000_0000, 0x2_0005),
        ("GW", 0x4000_0000, 0x2_0002),
        ("GX", 0x2000_0000, 0x2_0008),
        ("RC", 0x2_0000, 0x2_0000),
        ("SD", 0x1_0000, 0x1_0000),
        ("WD", 0x4_0000, 0x4_0000),
        ("WO", 0x8_0000, 0x8_0000),
        ("CC", 0x1, 0x1),
        ("DC", 0x2, 0x2),
        ("LC", 0x4, 0x4),
        ("SW", 0x8, 0x8),
        ("RP", 0x10, 0x10),
        ("WP", 0x20, 0x20),
        ("DT", 0x40, 0),
        ("LO", 0x80, 0),
        ("CR", 0x100, 0),
        ("FA", 0x1F_01FF, 0xF_003F),
        ("FR", 0x12_0089, 0x2_0009),
        ("FW", 0x12_0116, 0x2_0016),
        ("FX", 0x12_00A0, 0x2_0020),
        ("KA", 0xF_003F, 0xF_003F),
        ("KR", 0x2_0019, 0x2_0019),
        ("KW", 0x2_0006, 0x2_0006),
        ("KX", 0x2_0019, 0x2_0019),
    ];
    let section = TypeRights::of(Kind::FileMapping);
    for (code, value, on_a_mapping) in rows {
        for text in [
            code.to_string(),
            code.to_ascii_lowercase(),
            format!("{value:#x}"),
            format!("{value}"),
        ] {
            let mask = masks(&format!("D:(A;;{text};;;WD)"));
            assert_eq!(mask, [value], "{text}");
        }
        assert_eq!(
            section.map_generic(AccessMask(value)) & section.valid,
            AccessMask(on_a_mapping),
            "{code}"
        );
    }
    assert_eq!(rows.len(), super::RIGHTS.len());
}

#[test]
fn the_descriptors_of_the_specification_are_read_as_they_are_meant() {
    // security.md section 2, A-23, N-66.
    assert_eq!(
        masks("D:(A;;GA;;;SY)(A;;RCGXGR;;;BA)"),
        [0x1000_0000, 0xA002_0000]
    );
    assert_eq!(
        masks("D:(A;;GA;;;SY)(A;;GA;;;BA)(A;;0x0006;;;IU)"),
        [0x1000_0000, 0x1000_0000, 6]
    );
    assert_eq!(masks("D:(A;;0x0004;;;IU)"), [4]);
    assert_eq!(masks("D:(A;;GA;;;SY)(A;;GRGW;;;IU)"), [0x1000_0000, 0xC000_0000]);
    let low = read("D:(A;;0x6;;;AU)S:(ML;;NW;;;LW)");
    assert_eq!(
        low.sacl,
        Some(Acl::from([Ace::mandatory_label(AceBody::NO_WRITE_UP, 0x1000)]))
    );
    let logon = read("D:(A;;GXGR;;;S-1-5-5-0-1234)");
    assert_eq!(
        logon.dacl.list().unwrap().aces[0].sid(),
        Some(Sid::logon_session(0, 1234))
    );
}

#[test]
fn parts_may_be_missing_and_may_stand_in_any_order() {
    // A-30.
    assert_eq!(read(""), SecurityDescriptor::default());
    let all = read("O:SYG:BAD:P(D;;GW;;;BG)(A;OICI;GR;;;S-1-5-21-1-2-3-500)S:AI(AU;SAFA;GA;;;WD)");
    assert_eq!(
        all,
        read(
            " S:AI (AU;SAFA;GA;;;WD)\n D: P ( D ; ; GW ; ; ; BG ) (A;OICI;GR;;;S-1-5-21-1-2-3-500)  G:BA O:SY "
        )
    );
    assert_eq!(all.owner, Some(Sid::LOCAL_SYSTEM));
    assert_eq!(all.group, Some(Sid::ADMINISTRATORS));
    assert_eq!(
        all.control,
        Control::DACL_PROTECTED | Control::SACL_AUTO_INHERITED
    );
    assert_eq!(
        read("O:S-1-5-21-0x1D:").owner,
        Some("S-1-5-21-1".parse().unwrap())
    );
    assert_eq!(
        read("D:PARAI").control,
        Control::DACL_PROTECTED | Control::DACL_AUTO_INHERIT_REQ | Control::DACL_AUTO_INHERITED
    );
}

#[test]
fn absent_null_and_empty_dacl_have_three_texts() {
    // A-6, A-30.
    assert_eq!(read("O:SY").dacl, Dacl::Absent);
    assert_eq!(read("D:NO_ACCESS_CONTROL").dacl, Dacl::Null);
    assert_eq!(read("D:").dacl, Dacl::List(Acl::empty()));
    for text in ["O:SY", "D:NO_ACCESS_CONTROL", "D:", "D:PNO_ACCESS_CONTROL"] {
        assert_eq!(read(text).to_string(), text);
    }
}

#[test]
fn flags_of_aces_are_kept() {
    // A-32.
    let ace = &read("D:(A;OICINPIOIDSAFA;GR;;;WD)").dacl.list().unwrap().aces[0].clone();
    assert_eq!(ace.flags.bits(), 0xDF);
    assert_eq!(ace.to_string(), "(A;OICINPIOIDSAFA;GR;;;WD)");
}

#[test]
fn every_mistake_has_its_place_its_number_and_a_sentence() {
    let rows = [
        ("X:", 0, 1338, "O:, G:, D: or S:"),
        ("D:(A;;GA;;;SY)x", 14, 1338, "a part begins"),
        ("D:D:", 2, 1338, "twice"),
        ("O:", 2, 1337, "missing"),
        ("O:QQ", 2, 1337, "neither a SID"),
        ("O:DAD:", 2, 1337, "domain"),
        ("O:S-1-5-18-zG:SY", 11, 1337, "not a number"),
        ("D:Q", 2, 1338, "flag"),
        ("D:(A;;GA;;;SY", 2, 1336, "not closed"),
        ("D:(A;;GA;;SY)", 2, 1336, "six fields"),
        ("D:(A;;GA;;;SY;x)", 2, 1336, "has 7"),
        ("D:(Q;;GA;;;SY)", 3, 1336, "no ACE type"),
        ("D:(OA;;GA;;;SY)", 3, 1336, "directory services"),
        ("D:(XA;;GA;;;SY)", 3, 1336, "condition"),
        ("D:(ML;;NW;;;LW)", 3, 1336, "belongs in S:"),
        ("S:(A;;GA;;;SY)", 3, 1336, "belongs in D:"),
        ("D:(A;ZZ;GA;;;SY)", 5, 1336, "ACE flag"),
        ("D:(A;OIC;GA;;;SY)", 7, 1336, "ACE flag"),
        ("D:(A;;GAGQ;;;SY)", 8, 1336, "code of a right"),
        ("D:(A;;NW;;;SY)", 6, 1336, "code of a right"),
        ("S:(ML;;GA;;;LW)", 7, 1336, "code of a right"),
        ("D:(A;;0x100000000;;;SY)", 6, 1336, "32 bits"),
        ("D:(A;;0x;;;SY)", 6, 1336, "32 bits"),
        ("D:(A;;0x+1;;;SY)", 6, 1336, "32 bits"),
        ("D:(A;;017;;;SY)", 6, 1336, "octal"),
        ("D:(A;;GA;x;;SY)", 9, 1336, "must be empty"),
        ("D:(A;;GA;;x;SY)", 10, 1336, "must be empty"),
        ("D:(A;;GA;;;)", 11, 1337, "missing"),
        ("D:(A;;GA;;; S-1-5-x)", 18, 1337, "not a number"),
        ("S:(ML;;NW;;;SY)", 12, 1337, "integrity level"),
        ("D:NO_ACCESS_CONTROL(A;;GA;;;SY)", 2, 1336, "no ACE can follow"),
        ("S:NO_ACCESS_CONTROL", 2, 1336, "belongs in D:"),
        ("D:(A;;GA;;;ÄÖ)", 11, 1337, "neither a SID"),
        ("D:(A;;ÄÖ;;;SY)", 6, 1336, "code of a right"),
        ("Ä:", 0, 1338, "a part begins"),
    ];
    for (text, at, code, sentence) in rows {
        let error = text.parse::<SecurityDescriptor>().unwrap_err();
        let Why::Sddl { at: where_, what } = error.why() else {
            panic!("{text}: {error}")
        };
        assert_eq!((*where_, error.code().0), (at, code), "{text}: {what}");
        assert!(what.contains(sentence), "{text}: {what}");
    }
}

#[test]
fn a_list_too_long_for_windows_is_refused() {
    let text = format!("D:{}", "(A;;GA;;;SY)".repeat(3300));
    assert_eq!(text.parse::<SecurityDescriptor>().unwrap_err().code().0, 1336);
}

#[test]
fn an_ace_without_a_text_is_shown_and_not_written() {
    // A-31.
    let opaque = Ace {
        flags: AceFlags::empty(),
        body: AceBody::Opaque {
            ace_type: 9,
            bytes: vec![0; 4],
        },
    };
    let sd = SecurityDescriptor::with_dacl(Acl::from([opaque]));
    assert_eq!(sd.to_string(), "D:(OPAQUE 0x9)");
    assert_eq!(sd.to_sddl().unwrap_err().code().0, 1336);
    assert!(sd.to_string().parse::<SecurityDescriptor>().is_err());
    let odd = Ace::allow(AccessMask(4), Sid::USERS).with_flags(AceFlags::from_bits_retain(0x21));
    assert_eq!(
        SecurityDescriptor::with_dacl(Acl::from([odd]))
            .to_sddl()
            .unwrap_err()
            .code()
            .0,
        1336
    );
}

fn lints(text: &str, kind: Kind) -> Vec<(usize, String)> {
    lint(text, kind)
        .unwrap()
        .into_iter()
        .map(|lint| (lint.at, lint.what))
        .collect()
}

#[test]
fn the_traps_are_found_where_they_stand() {
    // A-6, A-33, A-34, A-42.
    let section = Kind::FileMapping;
    let rows = [
        ("D:NO_ACCESS_CONTROL", 0, "everybody may do everything"),
        ("O:SYD:", 4, "keeps everybody out"),
        (
            "D:(A;;FR;;;IU)",
            6,
            "SECTION_QUERY | SECTION_MAP_EXECUTE | READ_CONTROL; write GR",
        ),
        ("D:(A;;FW;;;IU)", 6, "write GW"),
        (
            "D:(A;;RCFX;;;IU)",
            8,
            "SECTION_MAP_EXECUTE_EXPLICIT | READ_CONTROL; write GX",
        ),
        ("D:(A;;KR;;;IU)", 6, "registry keys"),
        ("D:(A;;KA;;;BA)", 6, "write GA"),
        ("D:(A;;GR;;;CO)", 11, "nobody"),
        ("D:(A;;GR;;;CG)", 11, "nobody"),
        ("D:(A;;GR;;;IU)(D;;GR;;;BG)", 14, "behind ACE 0"),
        ("D:(A;IO;GR;;;IU)", 2, "inherit-only"),
        ("D:(A;;GA;;;WD)", 6, "WRITE_DAC | WRITE_OWNER"),
        ("D:(A;;0x100004;;;IU)", 6, "SYNCHRONIZE is no right"),
        ("D:(A;;;;;IU)", 6, "names no right"),
    ];
    for (text, at, what) in rows {
        let found = lints(text, section);
        assert!(
            matches!(&found[..], [(place, sentence)] if *place == at && sentence.contains(what)),
            "{text}: {found:?}"
        );
    }
}

#[test]
fn what_the_specification_recommends_is_free_of_traps() {
    // A-23, N-66, and the same for events, where SYNCHRONIZE is a right.
    for text in [
        "D:(A;;GA;;;SY)(A;;GA;;;BA)(A;;0x0006;;;IU)",
        "D:(A;;GA;;;SY)(A;;GRGW;;;IU)",
        "D:(D;;GA;;;BG)(A;;FA;;;BA)",
        "O:SY",
    ] {
        assert_eq!(lints(text, Kind::FileMapping), [], "{text}");
    }
    assert_eq!(lints("D:(A;;0x100002;;;IU)", Kind::Event), []);
}

proptest! {
    #[test]
    fn what_is_printed_is_read_as_the_same(sd in any_printable_descriptor()) {
        let text = sd.to_sddl().unwrap();
        prop_assert_eq!(read(&text), sd, "{}", text);
    }

    #[test]
    fn reading_and_linting_never_panic(text in ".{0,60}") {
        let _ = text.parse::<SecurityDescriptor>();
        let _ = lint(&text, Kind::FileMapping);
    }

    #[test]
    fn reading_something_like_sddl_never_panics_and_mistakes_are_inside_the_text(
        text in r"([OGDS]:)?[PAIR]{0,3}(\(?[ADUML]{0,2};(OI|CI|ß|F)?;(GA|FR|0x[0-9a-f]{0,9}|é)?;;;(SY|BA|S-1-[0-9x-]{0,20}|LW)?\)?){0,3}( ?[OGDS]:[A-Z]{0,2})?"
    ) {
        match text.parse::<SecurityDescriptor>() {
            Ok(sd) => prop_assert_eq!(read(&sd.to_sddl().unwrap()), sd),
            Err(error) => match error.why() {
                Why::Sddl { at, .. } => prop_assert!(*at <= text.len() && text.is_char_boundary(*at)),
                other => prop_assert!(false, "{:?}", other),
            },
        }
        let _ = lint(&text, Kind::Event);
    }
}
