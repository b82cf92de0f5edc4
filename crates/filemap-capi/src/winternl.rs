//! `winternl.h` and `ntstatus.h`: native calls, the statuses they give, and the Win32 numbers that those become (spec/errors.md, E-5).

// UNSAFETY: exported names.
#![expect(unsafe_code)]

use crate::boundary::{In, Out, guard};
use crate::layout::UNICODE_STRING;
use filemap_core::error::Win32Code;

/// The statuses that this library gives or translates: name without `STATUS_`, value, Win32 number if it has one.
///
/// Numbers: the table in spec/errors.md; those it does not have are documented facts of `RtlNtStatusToDosError`.
pub const STATUSES: &[(&str, u32, Option<u32>)] = &[
    ("SUCCESS", 0x00000000, Some(0)),
    ("WAIT_1", 0x00000001, None),
    ("ABANDONED", 0x00000080, None),
    ("MORE_ENTRIES", 0x00000105, Some(234)),
    ("OBJECT_NAME_EXISTS", 0x40000000, Some(183)),
    ("NOT_IMPLEMENTED", 0xC0000002, Some(1)),
    ("INVALID_INFO_CLASS", 0xC0000003, Some(87)),
    ("INFO_LENGTH_MISMATCH", 0xC0000004, Some(24)),
    ("ACCESS_VIOLATION", 0xC0000005, Some(998)),
    ("IN_PAGE_ERROR", 0xC0000006, Some(999)),
    ("INVALID_HANDLE", 0xC0000008, Some(6)),
    ("INVALID_PARAMETER", 0xC000000D, Some(87)),
    ("NO_SUCH_FILE", 0xC000000F, Some(2)),
    ("END_OF_FILE", 0xC0000011, Some(38)),
    ("NO_MEMORY", 0xC0000017, Some(8)),
    ("CONFLICTING_ADDRESSES", 0xC0000018, Some(487)),
    ("NOT_MAPPED_VIEW", 0xC0000019, Some(487)),
    ("UNABLE_TO_FREE_VM", 0xC000001A, Some(87)),
    ("ILLEGAL_INSTRUCTION", 0xC000001D, None),
    ("INVALID_VIEW_SIZE", 0xC000001F, Some(5)),
    ("INVALID_FILE_FOR_SECTION", 0xC0000020, Some(193)),
    ("ALREADY_COMMITTED", 0xC0000021, Some(5)),
    ("ACCESS_DENIED", 0xC0000022, Some(5)),
    ("BUFFER_TOO_SMALL", 0xC0000023, Some(122)),
    ("OBJECT_TYPE_MISMATCH", 0xC0000024, Some(6)),
    ("NOT_LOCKED", 0xC000002A, Some(158)),
    ("NOT_COMMITTED", 0xC000002D, Some(487)),
    ("INVALID_PARAMETER_MIX", 0xC0000030, Some(87)),
    ("OBJECT_NAME_INVALID", 0xC0000033, Some(123)),
    ("OBJECT_NAME_NOT_FOUND", 0xC0000034, Some(2)),
    ("OBJECT_NAME_COLLISION", 0xC0000035, Some(183)),
    ("OBJECT_PATH_INVALID", 0xC0000039, Some(161)),
    ("OBJECT_PATH_NOT_FOUND", 0xC000003A, Some(3)),
    ("OBJECT_PATH_SYNTAX_BAD", 0xC000003B, Some(161)),
    ("SECTION_TOO_BIG", 0xC0000040, Some(8)),
    ("SHARING_VIOLATION", 0xC0000043, Some(32)),
    ("QUOTA_EXCEEDED", 0xC0000044, Some(1816)),
    ("INVALID_PAGE_PROTECTION", 0xC0000045, Some(87)),
    ("MUTANT_NOT_OWNED", 0xC0000046, Some(288)),
    ("SEMAPHORE_LIMIT_EXCEEDED", 0xC0000047, Some(298)),
    ("SECTION_PROTECTION", 0xC000004E, Some(87)),
    ("FILE_LOCK_CONFLICT", 0xC0000054, Some(33)),
    ("UNKNOWN_REVISION", 0xC0000058, Some(1305)),
    ("REVISION_MISMATCH", 0xC0000059, Some(1306)),
    ("INVALID_OWNER", 0xC000005A, Some(1307)),
    ("INVALID_PRIMARY_GROUP", 0xC000005B, Some(1308)),
    ("PRIVILEGE_NOT_HELD", 0xC0000061, Some(1314)),
    ("NONE_MAPPED", 0xC0000073, Some(1332)),
    ("INVALID_ACL", 0xC0000077, Some(1336)),
    ("INVALID_SID", 0xC0000078, Some(1337)),
    ("INVALID_SECURITY_DESCR", 0xC0000079, Some(1338)),
    ("PROCEDURE_NOT_FOUND", 0xC000007A, Some(127)),
    ("INVALID_IMAGE_FORMAT", 0xC000007B, Some(193)),
    ("DISK_FULL", 0xC000007F, Some(112)),
    ("SECTION_NOT_EXTENDED", 0xC0000087, Some(14)),
    ("NOT_MAPPED_DATA", 0xC0000088, Some(487)),
    ("FILE_INVALID", 0xC0000098, Some(1006)),
    ("INSUFFICIENT_RESOURCES", 0xC000009A, Some(1450)),
    ("WORKING_SET_QUOTA", 0xC00000A1, Some(1453)),
    ("MEDIA_WRITE_PROTECTED", 0xC00000A2, Some(19)),
    ("BAD_IMPERSONATION_LEVEL", 0xC00000A5, Some(1346)),
    ("NOT_SUPPORTED", 0xC00000BB, Some(50)),
    ("INVALID_PARAMETER_1", 0xC00000EF, Some(87)),
    ("INVALID_PARAMETER_2", 0xC00000F0, Some(87)),
    ("INVALID_PARAMETER_3", 0xC00000F1, Some(87)),
    ("INVALID_PARAMETER_4", 0xC00000F2, Some(87)),
    ("INVALID_PARAMETER_5", 0xC00000F3, Some(87)),
    ("INVALID_PARAMETER_6", 0xC00000F4, Some(87)),
    ("INVALID_PARAMETER_7", 0xC00000F5, Some(87)),
    ("INVALID_PARAMETER_8", 0xC00000F6, Some(87)),
    ("INVALID_PARAMETER_9", 0xC00000F7, Some(87)),
    ("INVALID_PARAMETER_10", 0xC00000F8, Some(87)),
    ("INVALID_PARAMETER_11", 0xC00000F9, Some(87)),
    ("INVALID_PARAMETER_12", 0xC00000FA, Some(87)),
    ("NOT_A_DIRECTORY", 0xC0000103, Some(267)),
    ("NAME_TOO_LONG", 0xC0000106, Some(206)),
    ("MAPPED_FILE_SIZE_ZERO", 0xC000011E, Some(1006)),
    ("TOO_MANY_OPENED_FILES", 0xC000011F, Some(4)),
    ("CANCELLED", 0xC0000120, Some(995)),
    ("CANNOT_DELETE", 0xC0000121, Some(5)),
    ("FILE_DELETED", 0xC0000123, Some(5)),
    ("PAGEFILE_QUOTA_EXCEEDED", 0xC000012C, Some(1454)),
    ("COMMITMENT_LIMIT", 0xC000012D, Some(1455)),
    ("INVALID_IMAGE_NOT_MZ", 0xC000012F, Some(193)),
    ("PIPE_BROKEN", 0xC000014B, Some(109)),
    ("IO_DEVICE_ERROR", 0xC0000185, Some(1117)),
    ("MUTANT_LIMIT_EXCEEDED", 0xC0000191, Some(587)),
    ("MAPPED_ALIGNMENT", 0xC0000220, Some(1132)),
    ("NOT_FOUND", 0xC0000225, Some(1168)),
    ("HANDLE_NOT_CLOSABLE", 0xC0000235, Some(6)),
    ("USER_MAPPED_FILE", 0xC0000243, Some(1224)),
];

/// The Win32 number for a status; 317 (`ERROR_MR_MID_NOT_FOUND`) for one that has none.
///
/// A status of the Win32 facility (`0xC007....`) carries its number in the low half. Numbers that are no status at all
/// come back as they are, as Windows does with values below the customer bits that it does not know.
#[must_use]
pub fn win32_of(status: u32) -> u32 {
    match STATUSES.binary_search_by_key(&status, |(_, value, _)| *value) {
        Ok(found) => STATUSES[found].2.unwrap_or(status_without_number(status)),
        Err(_) => status_without_number(status),
    }
}

fn status_without_number(status: u32) -> u32 {
    match status >> 16 {
        0xc007 | 0x8007 => status & 0xffff,
        0 if status == 0x102 => 258, // STATUS_TIMEOUT is WAIT_TIMEOUT
        0 if status == 0x103 => 997, // STATUS_PENDING
        _ => Win32Code::MR_MID_NOT_FOUND.0,
    }
}

/// See `winternl.h`.
#[unsafe(no_mangle)]
pub extern "C" fn RtlNtStatusToDosError(status: i32) -> u32 {
    guard(0, || Ok(win32_of(status as u32)))
}

/// See `winternl.h`.
#[unsafe(no_mangle)]
pub extern "C" fn RtlInitUnicodeString(to: Out<UNICODE_STRING>, text: In<u16>) {
    guard((), || {
        let mut string = UNICODE_STRING {
            Length: 0,
            MaximumLength: 0,
            _pad0: 0,
            Buffer: text.address(),
        };
        if !text.is_null() {
            let units = text.read_string(32_766)?.len() as u16;
            string.Length = units * 2;
            string.MaximumLength = units * 2 + 2;
        }
        to.write(&string)
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_become_the_numbers_of_the_table_in_errors_md() {
        // E-5 with the table before it
        for (status, number) in [
            (0xc000_0034_u32, 2),
            (0xc000_003a, 3),
            (0xc000_0022, 5),
            (0xc000_001f, 5),
            (0xc000_0021, 5),
            (0xc000_0024, 6),
            (0xc000_0040, 8),
            (0xc000_0087, 14),
            (0xc000_0054, 33),
            (0xc000_0045, 87),
            (0xc000_00f2, 87),
            (0xc000_004e, 87),
            (0xc000_007f, 112),
            (0xc000_0033, 123),
            (0xc000_003b, 161),
            (0xc000_0035, 183),
            (0x4000_0000, 183),
            (0xc000_0020, 193),
            (0xc000_0046, 288),
            (0xc000_0047, 298),
            (0xc000_0018, 487),
            (0xc000_0019, 487),
            (0xc000_0005, 998),
            (0xc000_0006, 999),
            (0xc000_011e, 1006),
            (0xc000_0220, 1132),
            (0xc000_0243, 1224),
            (0xc000_0061, 1314),
            (0xc000_012d, 1455),
            (0, 0),
            (0xc007_0057, 87),
            (0x102, 258),
            (0xc0de_0001, 317),
        ] {
            assert_eq!(RtlNtStatusToDosError(status as i32), number, "{status:#x}");
        }
        assert!(STATUSES.is_sorted_by_key(|(_, value, _)| *value));
    }
}
