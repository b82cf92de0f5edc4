//! Numbers, names and calls as people type them.

use super::super::*;
use crate::error::Win32Code;
use std::format;
use std::string::ToString;

#[test]
fn statuses_have_the_numbers_of_the_specification() {
    // E-5
    let table = [
        ("OBJECT_NAME_NOT_FOUND", 0xC000_0034, 2),
        ("OBJECT_PATH_NOT_FOUND", 0xC000_003A, 3),
        ("OBJECT_PATH_SYNTAX_BAD", 0xC000_003B, 161),
        ("OBJECT_NAME_INVALID", 0xC000_0033, 123),
        ("OBJECT_NAME_COLLISION", 0xC000_0035, 183),
        ("OBJECT_NAME_EXISTS", 0x4000_0000, 183),
        ("ACCESS_DENIED", 0xC000_0022, 5),
        ("OBJECT_TYPE_MISMATCH", 0xC000_0024, 6),
        ("INVALID_HANDLE", 0xC000_0008, 6),
        ("NO_MEMORY", 0xC000_0017, 8),
        ("CONFLICTING_ADDRESSES", 0xC000_0018, 487),
        ("NOT_MAPPED_VIEW", 0xC000_0019, 487),
        ("INVALID_VIEW_SIZE", 0xC000_001F, 5),
        ("INVALID_FILE_FOR_SECTION", 0xC000_0020, 193),
        ("ALREADY_COMMITTED", 0xC000_0021, 5),
        ("SECTION_TOO_BIG", 0xC000_0040, 8),
        ("INVALID_PAGE_PROTECTION", 0xC000_0045, 87),
        ("MUTANT_NOT_OWNED", 0xC000_0046, 288),
        ("SEMAPHORE_LIMIT_EXCEEDED", 0xC000_0047, 298),
        ("SECTION_PROTECTION", 0xC000_004E, 87),
        ("FILE_LOCK_CONFLICT", 0xC000_0054, 33),
        ("PRIVILEGE_NOT_HELD", 0xC000_0061, 1314),
        ("DISK_FULL", 0xC000_007F, 112),
        ("SECTION_NOT_EXTENDED", 0xC000_0087, 14),
        ("NOT_MAPPED_DATA", 0xC000_0088, 487),
        ("INSUFFICIENT_RESOURCES", 0xC000_009A, 1450),
        ("INVALID_PARAMETER_1", 0xC000_00EF, 87),
        ("INVALID_PARAMETER_12", 0xC000_00FA, 87),
        ("MAPPED_FILE_SIZE_ZERO", 0xC000_011E, 1006),
        ("CANNOT_DELETE", 0xC000_0121, 5),
        ("COMMITMENT_LIMIT", 0xC000_012D, 1455),
        ("INVALID_IMAGE_NOT_MZ", 0xC000_012F, 193),
        ("HANDLE_NOT_CLOSABLE", 0xC000_0235, 6),
        ("MAPPED_ALIGNMENT", 0xC000_0220, 1132),
        ("USER_MAPPED_FILE", 0xC000_0243, 1224),
    ];
    for (name, value, code) in table {
        let status = NtStatus::from_name(name).unwrap();
        assert_eq!(
            (status.0, status.win32()),
            (value, Some(Win32Code(code))),
            "{name}"
        );
        assert!(
            NtStatus::of(Win32Code(code)).any(|other| other == status),
            "{name}"
        );
    }
    assert!(NtStatus::ALL.windows(2).all(|pair| pair[0] < pair[1]));
}

#[test]
fn numbers_are_read_as_people_have_them() {
    // E-2
    let denied = Number::from(Win32Code::ACCESS_DENIED);
    let status = Number::from(NtStatus::ACCESS_DENIED);
    let table = [
        ("5", denied),
        (" 5 ", denied),
        ("0x5", denied),
        ("0X5", denied),
        ("5L", denied),
        ("ERROR_ACCESS_DENIED", denied),
        ("access_denied", denied),
        ("0x80070005", denied),
        ("80070005", denied),
        ("-2147024891", denied),
        ("2147942405", denied),
        ("0xC0000022", status),
        ("c0000022", status),
        ("-1073741790", status),
        ("3221225506", status),
        ("STATUS_ACCESS_DENIED", status),
        ("0xD0000022", status),
        ("0x40000000", NtStatus::OBJECT_NAME_EXISTS.into()),
        ("0x102", Win32Code::WAIT_TIMEOUT.into()),
        ("258", Win32Code::WAIT_TIMEOUT.into()),
        ("0", Win32Code(0).into()),
        ("NO_ERROR", Win32Code(0).into()),
        ("INVALID_VIEW_SIZE", NtStatus::INVALID_VIEW_SIZE.into()),
        ("77777", Win32Code(77_777).into()),
        ("0xC000001D", NtStatus::ILLEGAL_INSTRUCTION.into()),
    ];
    for (text, want) in table {
        assert_eq!(parse(text), Ok(want), "{text}");
    }
    for text in [
        "",
        "x",
        "0x",
        "5 6",
        "-",
        "+5",
        "0x1FFFFFFFF",
        "ERROR_",
        "5e3",
        "\u{1b}[2J",
        "0x+5",
    ] {
        assert!(parse(text).is_err(), "{text:?}");
    }
}

#[test]
fn near_misspellings_are_suggested() {
    let near = |text: &str| parse(text).unwrap_err().near().to_vec();
    assert_eq!(near("ERROR_ACCES_DENIED")[0], "ERROR_ACCESS_DENIED");
    assert_eq!(near("STATUS_ACCES_DENIED")[0], "STATUS_ACCESS_DENIED");
    assert_eq!(near("FILE_NOT_FUOND")[0], "ERROR_FILE_NOT_FOUND");
    assert!(near("completely different").is_empty());
    assert!(near(&"A".repeat(100_000)).is_empty());
    assert!(parse("\u{1b}[2J").unwrap_err().to_string().contains(r"\u{1b}"));
    assert_eq!(calls_near("MapViewOfFiel")[0], "MapViewOfFile");
}

#[test]
fn calls_are_found_by_the_name_of_any_variant() {
    for call in Call::ALL {
        for ending in ["", "A", "W", "Ex", "ExW"] {
            assert_eq!(
                Call::from_name(&format!("{call}{ending}")),
                Some(*call),
                "{call}{ending}"
            );
        }
    }
    for (text, call) in [
        ("MapViewOfFile3FromApp", Call::MapViewOfFile),
        ("CreateFileMapping2", Call::CreateFileMapping),
        ("createfilew", Call::CreateFile),
        ("MapViewOfFileExNuma", Call::MapViewOfFile),
    ] {
        assert_eq!(Call::from_name(text), Some(call), "{text}");
    }
    assert_eq!(Call::from_name(""), None);
    assert_eq!(Call::from_name("W"), None);
}
