//! Every row of the table of errors, and every overloaded number told apart by call and arguments.

use super::*;
use crate::error::Win32Code;
use crate::kind::Kind;
use crate::profile::{Profile, named};
use std::collections::BTreeSet;
use std::format;
use std::string::ToString;

fn on(name: &str) -> Option<&'static Profile> {
    Some(named(name).unwrap())
}

/// One failed call, and the cause that must be told first.
struct Row<'a> {
    clause: &'static str,
    code: u32,
    call: Call,
    args: Args<'a>,
    want: &'static str,
}

const NONE: Args<'static> = Args {
    profile: None,
    session: None,
    create_global: None,
    name: None,
    name_held_by: None,
    exists: None,
    protect: None,
    access: None,
    size: None,
    has_file: None,
    file_kind: None,
    file_len: None,
    file_access: None,
    handle: None,
    handle_access: None,
    object_protect: None,
    object_size: None,
    object_reserved: None,
    offset: None,
    len: None,
    base: None,
    base_free: None,
    first_base: None,
    address_in_view: None,
    address_is_base: None,
    count: None,
    duplicates: None,
    counts: None,
};

const READ: u32 = 0x4;
const WRITE: u32 = 0x2;
const COPY: u32 = 0x1;
const ALL_ACCESS: u32 = 0xF_001F;
const GENERIC_READ: u32 = 0x8000_0000;
const GENERIC_WRITE: u32 = 0x4000_0000;
const SEC_COMMIT: u32 = 0x0800_0000;
const SEC_RESERVE: u32 = 0x0400_0000;
const SEC_IMAGE: u32 = 0x0100_0000;
const GB: u64 = 1 << 30;

fn name(text: &str) -> Option<Option<&str>> {
    Some(Some(text))
}

#[test]
fn each_overloaded_number_has_exactly_one_first_cause_once_the_arguments_are_known() {
    // E-3
    use Call::*;
    let rows = [
        // 5
        Row {
            clause: "M-12",
            code: 5,
            call: CreateFileMapping,
            want: "file-right-missing",
            args: Args {
                protect: Some(0x04),
                has_file: Some(true),
                file_access: Some(GENERIC_READ),
                name: Some(None),
                ..NONE
            },
        },
        Row {
            clause: "O-7",
            code: 5,
            call: CreateFileMapping,
            want: "existing-refuses",
            args: Args {
                name: name("x"),
                exists: Some(true),
                has_file: Some(false),
                ..NONE
            },
        },
        Row {
            clause: "O-7",
            code: 5,
            call: CreateMutex,
            want: "existing-refuses",
            args: Args {
                name: name("x"),
                exists: Some(true),
                ..NONE
            },
        },
        Row {
            clause: "N-41",
            code: 5,
            call: CreateFileMapping,
            want: "global-creation",
            args: Args {
                name: name(r"Global\x"),
                session: Some(1),
                create_global: Some(false),
                exists: Some(false),
                has_file: Some(false),
                ..NONE
            },
        },
        Row {
            clause: "M-62",
            code: 5,
            call: CreateFileMapping,
            want: "global-creation",
            args: Args {
                name: name(r"Global\MyFileMappingObject"),
                session: Some(1),
                ..NONE
            },
        },
        Row {
            clause: "O-10",
            code: 5,
            call: OpenFileMapping,
            want: "access-empty",
            args: Args {
                access: Some(0),
                ..NONE
            },
        },
        Row {
            clause: "O-11",
            code: 5,
            call: OpenFileMapping,
            want: "access-invalid",
            args: Args {
                access: Some(0x10_0004),
                ..NONE
            },
        },
        Row {
            clause: "F-16",
            code: 5,
            call: OpenMutex,
            want: "access-invalid",
            args: Args {
                access: Some(0x2),
                ..NONE
            },
        },
        Row {
            clause: "A-20",
            code: 5,
            call: OpenFileMapping,
            want: "all-access",
            args: Args {
                access: Some(ALL_ACCESS),
                ..NONE
            },
        },
        Row {
            clause: "A-22",
            code: 5,
            call: OpenFileMapping,
            want: "dacl-refuses",
            args: Args {
                access: Some(READ),
                ..NONE
            },
        },
        Row {
            clause: "V-10",
            code: 5,
            call: MapViewOfFile,
            want: "handle-lacks-right",
            args: Args {
                access: Some(WRITE),
                handle_access: Some(READ | 0x1),
                object_size: Some(4096),
                len: Some(0),
                ..NONE
            },
        },
        Row {
            clause: "M-84",
            code: 5,
            call: MapViewOfFile,
            want: "handle-lacks-right",
            args: Args {
                access: Some(READ),
                handle_access: Some(WRITE | 0x1),
                object_size: Some(4096),
                len: Some(0),
                ..NONE
            },
        },
        Row {
            clause: "M-87",
            code: 5,
            call: MapViewOfFile,
            want: "handle-lacks-right",
            args: Args {
                access: Some(WRITE),
                handle_access: Some(0x4),
                object_size: Some(4096),
                len: Some(0),
                ..NONE
            },
        },
        Row {
            clause: "V-11",
            code: 5,
            call: MapViewOfFile,
            want: "handle-lacks-right",
            args: Args {
                access: Some(WRITE),
                object_protect: Some(0x02),
                object_size: Some(4096),
                len: Some(0),
                ..NONE
            },
        },
        Row {
            clause: "V-4",
            code: 5,
            call: MapViewOfFile,
            want: "view-too-large",
            args: Args {
                access: Some(READ),
                handle_access: Some(READ),
                object_size: Some(4096),
                offset: Some(0),
                len: Some(8192),
                ..NONE
            },
        },
        Row {
            clause: "V-4",
            code: 5,
            call: MapViewOfFile,
            want: "view-too-large",
            args: Args {
                access: Some(READ),
                handle_access: Some(READ),
                object_size: Some(65536),
                offset: Some(65536),
                len: Some(0),
                ..NONE
            },
        },
        Row {
            clause: "V-5",
            code: 5,
            call: MapViewOfFile,
            want: "view-too-large",
            args: Args {
                handle_access: Some(READ),
                access: Some(READ),
                has_file: Some(true),
                object_size: Some(0x3452),
                len: Some(0x3453),
                ..NONE
            },
        },
        Row {
            clause: "V-52",
            code: 5,
            call: VirtualAlloc,
            want: "already-committed",
            args: Args {
                object_reserved: Some(false),
                ..NONE
            },
        },
        Row {
            clause: "Y-2",
            code: 5,
            call: WaitForSingleObject,
            want: "no-synchronize",
            args: Args {
                handle_access: Some(ALL_ACCESS),
                ..NONE
            },
        },
        Row {
            clause: "V-60",
            code: 5,
            call: DeleteFile,
            want: "delete-mapped",
            args: Args {
                profile: on("win7"),
                ..NONE
            },
        },
        // 6
        Row {
            clause: "O-3",
            code: 6,
            call: CreateFileMapping,
            want: "name-of-another-kind",
            args: Args {
                name: name("x"),
                name_held_by: Some(Kind::Mutex),
                has_file: Some(false),
                ..NONE
            },
        },
        Row {
            clause: "O-3",
            code: 6,
            call: OpenFileMapping,
            want: "name-of-another-kind",
            args: Args {
                name: name("x"),
                name_held_by: Some(Kind::Event),
                ..NONE
            },
        },
        Row {
            clause: "O-65",
            code: 6,
            call: OpenFileMapping,
            want: "name-is-a-directory",
            args: Args {
                name: name("Global"),
                ..NONE
            },
        },
        Row {
            clause: "O-64",
            code: 6,
            call: OpenFileMapping,
            want: "name-is-a-directory",
            args: Args {
                name: name(""),
                ..NONE
            },
        },
        Row {
            clause: "M-5",
            code: 6,
            call: CreateFileMapping,
            want: "not-a-file-handle",
            args: Args {
                has_file: Some(true),
                handle: Some(HandleKind::NoHandle),
                name: Some(None),
                ..NONE
            },
        },
        Row {
            clause: "O-16",
            code: 6,
            call: CreateFileMapping,
            want: "file-handle-of-another-kind",
            args: Args {
                has_file: Some(true),
                handle: Some(HandleKind::OtherKind),
                name: Some(None),
                ..NONE
            },
        },
        Row {
            clause: "O-14",
            code: 6,
            call: CloseHandle,
            want: "not-a-handle",
            args: Args {
                handle: Some(HandleKind::NoHandle),
                ..NONE
            },
        },
        Row {
            clause: "O-16",
            code: 6,
            call: MapViewOfFile,
            want: "handle-of-another-kind",
            args: Args {
                handle: Some(HandleKind::OtherKind),
                ..NONE
            },
        },
        // 8
        Row {
            clause: "M-25",
            code: 8,
            call: CreateFileMapping,
            want: "file-too-short",
            args: Args {
                protect: Some(0x08),
                has_file: Some(true),
                file_len: Some(10),
                size: Some(100),
                ..NONE
            },
        },
        Row {
            clause: "F-11",
            code: 8,
            call: CreateFileMapping,
            want: "size-too-large",
            args: Args {
                protect: Some(0x04),
                has_file: Some(true),
                file_len: Some(10),
                size: Some(1 << 60),
                ..NONE
            },
        },
        Row {
            clause: "V-33/nt351",
            code: 8,
            call: MapViewOfFile,
            want: "base-occupied-8",
            args: Args {
                profile: on("nt351"),
                base: Some(GB),
                base_free: Some(false),
                ..NONE
            },
        },
        Row {
            clause: "V-33/win95",
            code: 8,
            call: MapViewOfFile,
            want: "base-occupied-8",
            args: Args {
                profile: on("win95"),
                base: Some(2 * GB),
                base_free: Some(false),
                ..NONE
            },
        },
        Row {
            clause: "V-35",
            code: 8,
            call: MapViewOfFile,
            want: "no-address-space",
            args: Args {
                base: Some(0),
                ..NONE
            },
        },
        // 87
        Row {
            clause: "M-10",
            code: 87,
            call: CreateFileMapping,
            want: "page-protection",
            args: Args {
                protect: Some(0x10),
                has_file: Some(false),
                size: Some(1),
                ..NONE
            },
        },
        Row {
            clause: "M-11/win2000",
            code: 87,
            call: CreateFileMapping,
            want: "page-protection",
            args: Args {
                profile: on("win2000"),
                protect: Some(0x40),
                has_file: Some(false),
                size: Some(1),
                ..NONE
            },
        },
        Row {
            clause: "M-21",
            code: 87,
            call: CreateFileMapping,
            want: "size-missing",
            args: Args {
                protect: Some(0x04),
                has_file: Some(false),
                size: Some(0),
                ..NONE
            },
        },
        Row {
            clause: "M-14",
            code: 87,
            call: CreateFileMapping,
            want: "sec-flags",
            args: Args {
                protect: Some(0x04 | SEC_COMMIT | SEC_RESERVE),
                has_file: Some(false),
                size: Some(1),
                ..NONE
            },
        },
        Row {
            clause: "P-17/win95",
            code: 87,
            call: CreateFileMapping,
            want: "sec-flags",
            args: Args {
                profile: on("win95"),
                protect: Some(0x02 | SEC_IMAGE),
                has_file: Some(true),
                file_access: Some(GENERIC_READ),
                size: Some(1),
                ..NONE
            },
        },
        Row {
            clause: "F-11",
            code: 87,
            call: CreateFileMapping,
            want: "size-negative",
            args: Args {
                protect: Some(0x04),
                has_file: Some(true),
                size: Some(1 << 63),
                ..NONE
            },
        },
        Row {
            clause: "M-14",
            code: 87,
            call: CreateFileMapping,
            want: "large-page-size",
            args: Args {
                protect: Some(0x04 | SEC_COMMIT | 0x8000_0000),
                has_file: Some(false),
                size: Some(4096),
                ..NONE
            },
        },
        Row {
            clause: "M-14",
            code: 87,
            call: CreateFileMapping,
            want: "large-pages-and-file",
            args: Args {
                protect: Some(0x04 | SEC_COMMIT | 0x8000_0000),
                has_file: Some(true),
                size: Some(2 << 20),
                ..NONE
            },
        },
        Row {
            clause: "P-50/ce",
            code: 87,
            call: CreateFileMapping,
            want: "readonly-needs-file",
            args: Args {
                profile: on("ce"),
                protect: Some(0x02),
                has_file: Some(false),
                size: Some(4096),
                ..NONE
            },
        },
        Row {
            clause: "M-12/win95",
            code: 87,
            call: CreateFileMapping,
            want: "file-right-missing-95",
            args: Args {
                profile: on("win95"),
                protect: Some(0x04),
                has_file: Some(true),
                file_access: Some(GENERIC_READ),
                size: Some(1),
                ..NONE
            },
        },
        Row {
            clause: "M-80",
            code: 87,
            call: OpenFileMapping,
            want: "name-missing",
            args: Args {
                name: Some(None),
                ..NONE
            },
        },
        Row {
            clause: "V-37",
            code: 87,
            call: MapViewOfFile,
            want: "view-flags",
            args: Args {
                access: Some(0x0400_0004),
                base: Some(0),
                object_protect: Some(0x04),
                ..NONE
            },
        },
        Row {
            clause: "V-12",
            code: 87,
            call: MapViewOfFile,
            want: "object-too-weak",
            args: Args {
                access: Some(WRITE),
                handle_access: Some(ALL_ACCESS),
                object_protect: Some(0x02),
                base: Some(0),
                ..NONE
            },
        },
        Row {
            clause: "V-31",
            code: 87,
            call: MapViewOfFile,
            want: "base-out-of-range",
            args: Args {
                access: Some(READ),
                object_protect: Some(0x04),
                base: Some(u64::MAX - 0xFFFF),
                ..NONE
            },
        },
        Row {
            clause: "V-31/nt4",
            code: 87,
            call: MapViewOfFile,
            want: "base-out-of-range",
            args: Args {
                profile: on("nt4"),
                access: Some(READ),
                object_protect: Some(0x04),
                base: Some(2 * GB),
                ..NONE
            },
        },
        Row {
            clause: "V-13/win95",
            code: 87,
            call: MapViewOfFile,
            want: "copy-rule",
            args: Args {
                profile: on("win95"),
                access: Some(COPY),
                object_protect: Some(0x04),
                has_file: Some(true),
                base: Some(0),
                ..NONE
            },
        },
        Row {
            clause: "P-26/win95",
            code: 87,
            call: MapViewOfFile,
            want: "write-on-readonly-95",
            args: Args {
                profile: on("win95"),
                access: Some(WRITE),
                handle_access: Some(READ),
                object_protect: Some(0x02),
                base: Some(0),
                ..NONE
            },
        },
        Row {
            clause: "V-56/win95",
            code: 87,
            call: VirtualProtect,
            want: "protect-on-95",
            args: Args {
                profile: on("win95"),
                ..NONE
            },
        },
        Row {
            clause: "V-54",
            code: 87,
            call: VirtualProtect,
            want: "protect-beyond-view",
            args: NONE,
        },
        Row {
            clause: "V-51",
            code: 87,
            call: VirtualFree,
            want: "decommit-view",
            args: NONE,
        },
        Row {
            clause: "V-28/ce",
            code: 87,
            call: FlushViewOfFile,
            want: "flush-zero",
            args: Args {
                profile: on("ce"),
                len: Some(0),
                ..NONE
            },
        },
        Row {
            clause: "Y-31",
            code: 87,
            call: WaitForMultipleObjects,
            want: "wait-count",
            args: Args {
                count: Some(65),
                duplicates: Some(false),
                ..NONE
            },
        },
        Row {
            clause: "F-6",
            code: 87,
            call: WaitForMultipleObjects,
            want: "wait-duplicates",
            args: Args {
                count: Some(2),
                duplicates: Some(true),
                ..NONE
            },
        },
        Row {
            clause: "Y-20",
            code: 87,
            call: CreateSemaphore,
            want: "semaphore-counts",
            args: Args {
                counts: Some((2, 1)),
                ..NONE
            },
        },
        Row {
            clause: "Y-21",
            code: 87,
            call: ReleaseSemaphore,
            want: "release-count",
            args: Args {
                count: Some(0),
                ..NONE
            },
        },
        Row {
            clause: "Y-25",
            code: 87,
            call: SetWaitableTimer,
            want: "timer-period",
            args: NONE,
        },
        // 193
        Row {
            clause: "M-5",
            code: 193,
            call: CreateFileMapping,
            want: "not-mappable",
            args: Args {
                protect: Some(0x02),
                has_file: Some(true),
                file_kind: Some(FileKind::Directory),
                ..NONE
            },
        },
        Row {
            clause: "M-14",
            code: 193,
            call: CreateFileMapping,
            want: "not-a-program",
            args: Args {
                protect: Some(0x02 | SEC_IMAGE),
                has_file: Some(true),
                file_kind: Some(FileKind::Data),
                ..NONE
            },
        },
        Row {
            clause: "M-14",
            code: 193,
            call: CreateFileMapping,
            want: "image-without-file",
            args: Args {
                protect: Some(0x02 | SEC_IMAGE),
                has_file: Some(false),
                ..NONE
            },
        },
        Row {
            clause: "M-23",
            code: 193,
            call: CreateFileMapping,
            want: "not-a-program",
            args: Args {
                protect: Some(0x02 | SEC_IMAGE),
                has_file: Some(true),
                file_len: Some(0),
                ..NONE
            },
        },
        // 487
        Row {
            clause: "V-33",
            code: 487,
            call: MapViewOfFile,
            want: "base-occupied",
            args: Args {
                base: Some(GB),
                base_free: Some(false),
                ..NONE
            },
        },
        Row {
            clause: "V-31/win95",
            code: 487,
            call: MapViewOfFile,
            want: "base-outside-arena",
            args: Args {
                profile: on("win95"),
                base: Some(GB),
                first_base: Some(2 * GB),
                ..NONE
            },
        },
        Row {
            clause: "V-34/win95",
            code: 487,
            call: MapViewOfFile,
            want: "base-mismatch",
            args: Args {
                profile: on("win95"),
                base: Some(2 * GB + 0x1_0000),
                first_base: Some(2 * GB),
                ..NONE
            },
        },
        Row {
            clause: "V-20",
            code: 487,
            call: UnmapViewOfFile,
            want: "not-a-view",
            args: Args {
                address_in_view: Some(false),
                ..NONE
            },
        },
        Row {
            clause: "V-26",
            code: 487,
            call: FlushViewOfFile,
            want: "not-a-view",
            args: NONE,
        },
        Row {
            clause: "P-27/win95",
            code: 487,
            call: UnmapViewOfFile,
            want: "inside-view",
            args: Args {
                profile: on("win95"),
                address_in_view: Some(true),
                address_is_base: Some(false),
                ..NONE
            },
        },
        Row {
            clause: "F-14",
            code: 487,
            call: VirtualAlloc,
            want: "commit-past-end",
            args: Args {
                address_in_view: Some(true),
                ..NONE
            },
        },
        // 2, 3, 123 and others that are told by the name
        Row {
            clause: "N-61",
            code: 2,
            call: OpenFileMapping,
            want: "other-session",
            args: Args {
                name: name("MaartensMap"),
                session: Some(1),
                ..NONE
            },
        },
        Row {
            clause: "N-33/xp",
            code: 2,
            call: OpenFileMapping,
            want: "other-session",
            args: Args {
                profile: on("xp"),
                name: name(r"Local\x"),
                session: Some(1),
                ..NONE
            },
        },
        Row {
            clause: "O-61",
            code: 3,
            call: OpenFileMapping,
            want: "prefix-case",
            args: Args {
                name: name(r"global\Foo"),
                ..NONE
            },
        },
        Row {
            clause: "O-65",
            code: 3,
            call: OpenEvent,
            want: "unknown-prefix",
            args: Args {
                name: name(r"Bar\Foo"),
                ..NONE
            },
        },
        Row {
            clause: "O-65",
            code: 3,
            call: OpenEvent,
            want: "unknown-prefix",
            args: Args {
                name: name(r"Global\Bar\Foo"),
                ..NONE
            },
        },
        Row {
            clause: "P-30/nt4",
            code: 3,
            call: OpenFileMapping,
            want: "no-prefixes",
            args: Args {
                profile: on("nt4"),
                name: name(r"Local\Foo"),
                ..NONE
            },
        },
        Row {
            clause: "F-3",
            code: 3,
            call: OpenFileMapping,
            want: "absent-session",
            args: Args {
                name: name(r"Session\99\x"),
                ..NONE
            },
        },
        Row {
            clause: "O-65",
            code: 123,
            call: OpenMutex,
            want: "empty-part",
            args: Args {
                name: name(r"Global\\Foo"),
                ..NONE
            },
        },
        Row {
            clause: "F-3",
            code: 123,
            call: OpenMutex,
            want: "empty-part",
            args: Args {
                name: name(r"Global\"),
                ..NONE
            },
        },
        Row {
            clause: "N-12/win95",
            code: 123,
            call: OpenMutex,
            want: "backslash-in-name",
            args: Args {
                profile: on("win95"),
                name: name(r"Local\x"),
                ..NONE
            },
        },
        Row {
            clause: "V-3",
            code: 1132,
            call: MapViewOfFile,
            want: "offset-alignment",
            args: Args {
                offset: Some(4096),
                base: Some(0),
                ..NONE
            },
        },
        Row {
            clause: "V-32",
            code: 1132,
            call: MapViewOfFile,
            want: "base-alignment",
            args: Args {
                offset: Some(0),
                base: Some(GB + 4096),
                ..NONE
            },
        },
        Row {
            clause: "M-23",
            code: 1006,
            call: CreateFileMapping,
            want: "empty-file",
            args: Args {
                file_len: Some(0),
                size: Some(0),
                ..NONE
            },
        },
        Row {
            clause: "M-24",
            code: 112,
            call: CreateFileMapping,
            want: "disk-full",
            args: Args {
                has_file: Some(true),
                file_len: Some(1),
                size: Some(9),
                ..NONE
            },
        },
        Row {
            clause: "V-42",
            code: 1455,
            call: MapViewOfFile,
            want: "commit-limit-copy",
            args: Args {
                access: Some(COPY),
                ..NONE
            },
        },
        Row {
            clause: "M-30",
            code: 1455,
            call: CreateFileMapping,
            want: "commit-limit",
            args: Args {
                protect: Some(0x04),
                size: Some(9),
                ..NONE
            },
        },
        Row {
            clause: "O-67",
            code: 183,
            call: CreateFileMapping,
            want: "already-exists",
            args: Args {
                exists: Some(true),
                ..NONE
            },
        },
        Row {
            clause: "M-14",
            code: 1314,
            call: CreateFileMapping,
            want: "large-pages-privilege",
            args: Args {
                protect: Some(0x8800_0004),
                ..NONE
            },
        },
    ];
    for row in &rows {
        let told = explain(Win32Code(row.code), Some(row.call), &row.args);
        let label = format!("{}: {} {}", row.clause, row.code, row.call);
        let first = told.first().unwrap_or_else(|| panic!("{label}: nothing"));
        assert_eq!(first.cause.id, row.want, "{label}: {told:?}");
        if let Some(second) = told.get(1) {
            assert!(
                second.likelihood < first.likelihood,
                "{label}: {} and {} are told alike",
                first.cause.id,
                second.cause.id
            );
        }
        let clause = row.clause.split('/').next().unwrap();
        assert!(
            first.cause.clauses.contains(&clause)
                || told.iter().any(|other| other.cause.clauses.contains(&clause)),
            "{label}: the explanation cites {:?}",
            first.cause.clauses
        );
    }
    for code in [5, 6, 8, 87, 193, 487] {
        let told: BTreeSet<_> = rows
            .iter()
            .filter(|row| row.code == code)
            .map(|row| row.want)
            .collect();
        assert!(told.len() >= 2, "{code} is overloaded");
    }
}

#[test]
fn what_the_arguments_rule_out_is_not_told() {
    // A Local name is never the missing privilege, a call that cannot give a cause is not blamed.
    let ids = |code, call, args: &Args<'_>| -> BTreeSet<&str> {
        explain(Win32Code(code), Some(call), args)
            .iter()
            .map(|told| told.cause.id)
            .collect()
    };
    let local = Args {
        name: name(r"Local\x"),
        session: Some(1),
        ..NONE
    };
    assert!(
        !ids(5, Call::CreateFileMapping, &local).contains("global-creation"),
        "N-41"
    );
    let service = Args {
        name: name(r"Global\x"),
        session: Some(0),
        ..NONE
    };
    assert!(
        !ids(5, Call::CreateFileMapping, &service).contains("global-creation"),
        "N-45"
    );
    let old = Args {
        profile: on("xp-sp1"),
        name: name(r"Global\x"),
        session: Some(1),
        ..NONE
    };
    assert!(
        !ids(5, Call::CreateFileMapping, &old).contains("global-creation"),
        "N-40/xp-sp1"
    );
    assert!(
        !ids(5, Call::CreateMutex, &NONE).contains("global-creation"),
        "N-42"
    );
    let ce = Args {
        profile: on("ce"),
        name: name("x"),
        ..NONE
    };
    assert!(
        !ids(6, Call::CreateFileMapping, &ce).contains("name-of-another-kind"),
        "P-32/ce"
    );
    let nt = Args {
        base: Some(GB),
        base_free: Some(false),
        ..NONE
    };
    assert!(
        !ids(8, Call::MapViewOfFile, &nt).contains("base-occupied-8"),
        "V-33"
    );
    assert!(
        !ids(
            5,
            Call::OpenFileMapping,
            &Args {
                profile: on("win95"),
                access: Some(READ),
                ..NONE
            }
        )
        .contains("dacl-refuses"),
        "P-60/win95"
    );
    let fits = Args {
        access: Some(READ),
        handle_access: Some(READ),
        object_size: Some(4090),
        len: Some(4096),
        has_file: Some(false),
        ..NONE
    };
    assert!(
        !ids(5, Call::MapViewOfFile, &fits).contains("view-too-large"),
        "V-5: whole pages without a file"
    );
}

#[test]
fn a_page_constant_as_access_is_told_beside_the_missing_right() {
    // M-87
    let args = Args {
        access: Some(WRITE),
        handle_access: Some(0x4),
        object_size: Some(4096),
        len: Some(0),
        ..NONE
    };
    let told = explain(Win32Code::ACCESS_DENIED, Some(Call::MapViewOfFile), &args);
    assert_eq!(told[1].cause.id, "page-constant-as-access");
    assert!(told[1].because.contains("PAGE_READWRITE"), "{}", told[1].because);

    let lint_ids = |call, args: &Args<'_>, written| {
        lint(call, args, written)
            .iter()
            .map(|l| l.id)
            .collect::<std::vec::Vec<_>>()
    };
    let access = |access| Args {
        access: Some(access),
        ..NONE
    };
    assert_eq!(
        lint_ids(Call::OpenFileMapping, &access(0x04), Some("page_readwrite")),
        ["page-constant"]
    );
    assert_eq!(
        lint_ids(Call::OpenFileMapping, &access(0x04), None),
        [""; 0],
        "4 is also FILE_MAP_READ"
    );
    assert_eq!(
        lint_ids(Call::OpenFileMapping, &access(0x40), None),
        ["page-constant"]
    );
    assert_eq!(
        lint_ids(Call::MapViewOfFile, &access(0x5), None),
        ["copy-combined"],
        "V-9"
    );
    assert_eq!(
        lint_ids(Call::MapViewOfFile, &access(ALL_ACCESS), None),
        [""; 0],
        "V-9: bit 0 is part of it"
    );
    assert_eq!(
        lint_ids(Call::OpenFileMapping, &access(ALL_ACCESS), None),
        ["all-access"],
        "O-19"
    );
    assert_eq!(
        lint_ids(Call::CreateFileMapping, &NONE, Some("FILE_MAP_WRITE")),
        ["access-constant"]
    );
    let session = Args {
        name: name(r"Session\1\x"),
        ..NONE
    };
    assert_eq!(
        lint_ids(Call::OpenEvent, &session, None),
        ["session-prefix"],
        "N-10"
    );
}

#[test]
fn a_status_tells_causes_apart_that_share_a_number() {
    // E-3: "or the stored kernel status"
    let first = |status: NtStatus| explain(status, None, &NONE)[0].cause.id;
    assert_eq!(first(NtStatus::INVALID_VIEW_SIZE), "view-too-large");
    assert_eq!(first(NtStatus::ALREADY_COMMITTED), "already-committed");
    assert_eq!(first(NtStatus::CANNOT_DELETE), "delete-mapped");
    assert_eq!(first(NtStatus::SECTION_TOO_BIG), "file-too-short");
    assert_eq!(first(NtStatus::NO_MEMORY), "no-address-space");
    assert_eq!(first(NtStatus::INVALID_PARAMETER_4), "size-missing");
    assert_eq!(first(NtStatus::SECTION_PROTECTION), "object-too-weak");
    assert_eq!(first(NtStatus::CONFLICTING_ADDRESSES), "base-occupied");
    assert_eq!(first(NtStatus::ILLEGAL_INSTRUCTION), "illegal-instruction", "E-4");
    assert_eq!(first(NtStatus::IN_PAGE_ERROR), "in-page", "E-4");
    let touched = explain(parse("0xC0000005").unwrap(), Some(Call::AccessView), &NONE);
    assert_eq!(touched[0].cause.id, "access-violation", "E-4");
}

#[test]
fn every_number_and_every_status_that_this_crate_knows_is_explained() {
    for code in Win32Code::ALL.iter().chain([&Win32Code(0)]) {
        let told = explain(*code, None, &NONE);
        assert!(!told.is_empty(), "{code}");
        for one in told {
            assert!(
                !one.to_string().to_lowercase().contains("unknown error"),
                "{code}"
            );
        }
    }
    for status in NtStatus::ALL {
        assert!(!explain(*status, None, &NONE).is_empty(), "{status}");
    }
    assert!(explain(Win32Code(77_777), None, &NONE).is_empty());
}

#[test]
fn every_cell_of_the_table_of_errors_is_a_row_here() {
    // E-table: number, and the calls that its columns name.
    use Call::*;
    let cells: &[(u32, &[Call])] = &[
        (
            2,
            &[
                OpenFileMapping,
                OpenEvent,
                OpenMutex,
                OpenSemaphore,
                OpenWaitableTimer,
                OpenJobObject,
            ],
        ),
        (
            3,
            &[
                CreateFileMapping,
                OpenFileMapping,
                OpenMutex,
                OpenPrivateNamespace,
            ],
        ),
        (4, &[CreateFileMapping, OpenFileMapping]),
        (1450, &[CreateFileMapping, OpenFileMapping]),
        (
            5,
            &[
                CreateFileMapping,
                OpenFileMapping,
                MapViewOfFile,
                WaitForSingleObject,
                DeleteFile,
                VirtualAlloc,
            ],
        ),
        (
            6,
            &[
                CreateFileMapping,
                OpenFileMapping,
                MapViewOfFile,
                CreateEvent,
                OpenMutex,
                CloseHandle,
                SignalObjectAndWait,
            ],
        ),
        (8, &[CreateFileMapping, MapViewOfFile]),
        (14, &[CreateFileMapping]),
        (32, &[CreateFile]),
        (33, &[CreateFileMapping, MapViewOfFile]),
        (50, &[SetWaitableTimer]),
        (
            87,
            &[
                CreateFileMapping,
                OpenFileMapping,
                MapViewOfFile,
                VirtualProtect,
                VirtualFree,
                CreateSemaphore,
                WaitForMultipleObjects,
            ],
        ),
        (112, &[CreateFileMapping]),
        (123, &[CreateFileMapping, OpenFileMapping]),
        (161, &[CreateFileMapping, OpenFileMapping]),
        (183, &[CreateFileMapping, CreateMutex, CreatePrivateNamespace]),
        (193, &[CreateFileMapping]),
        (206, &[CreateFileMapping, OpenFileMapping]),
        (258, &[WaitForSingleObject, WaitForMultipleObjects]),
        (288, &[ReleaseMutex, SignalObjectAndWait]),
        (298, &[ReleaseSemaphore, SignalObjectAndWait]),
        (
            487,
            &[MapViewOfFile, UnmapViewOfFile, FlushViewOfFile, VirtualAlloc],
        ),
        (587, &[WaitForSingleObject]),
        (
            998,
            &[CreateFileMapping, OpenFileMapping, MapViewOfFile, VirtualProtect],
        ),
        (999, &[AccessView]),
        (1006, &[CreateFileMapping]),
        (1132, &[MapViewOfFile]),
        (1224, &[SetEndOfFile, CreateFile]),
        (1314, &[CreateFileMapping, OpenFileMapping]),
        (
            1336,
            &[
                CreateFileMapping,
                ConvertStringSecurityDescriptorToSecurityDescriptor,
            ],
        ),
        (
            1337,
            &[
                CreateFileMapping,
                ConvertStringSecurityDescriptorToSecurityDescriptor,
            ],
        ),
        (
            1338,
            &[
                CreateFileMapping,
                ConvertStringSecurityDescriptorToSecurityDescriptor,
            ],
        ),
        (1453, &[CreateFileMapping, MapViewOfFile]),
        (1454, &[CreateFileMapping, MapViewOfFile]),
        (1816, &[CreateFileMapping, MapViewOfFile]),
        (1455, &[CreateFileMapping, MapViewOfFile, VirtualAlloc]),
    ];
    let profiles = [None, on("win95"), on("ce"), on("win7")];
    for (code, calls) in cells {
        for call in *calls {
            let told =
                profiles.map(|profile| explain(Win32Code(*code), Some(*call), &Args { profile, ..NONE }));
            let here = |told: &std::vec::Vec<Explanation>| {
                told.iter().any(|one| one.likelihood > Likelihood::ElsewhereOnly)
            };
            assert!(told.iter().any(here), "{code} {call}");
        }
    }
}

#[test]
fn a_number_that_the_call_never_gives_is_explained_by_others() {
    let told = explain(Win32Code::NOT_OWNER, Some(Call::MapViewOfFile), &NONE);
    assert_eq!(told[0].cause.id, "not-owner");
    assert_eq!(told[0].likelihood, Likelihood::ElsewhereOnly);
}

#[test]
fn causes_are_whole_and_have_one_name_each() {
    let mut ids = BTreeSet::new();
    for cause in causes() {
        assert!(ids.insert(cause.id), "{} twice", cause.id);
        assert!(
            !cause.words.is_empty() && !cause.words.ends_with('.') && !cause.remedy.ends_with('.'),
            "{}",
            cause.id
        );
        assert!(!cause.clauses.is_empty(), "{}", cause.id);
        for status in cause.statuses {
            assert!(status.name().is_some(), "{}", cause.id);
            assert_eq!(
                status.win32().unwrap_or(Win32Code(status.0)),
                cause.code,
                "{}: {status}",
                cause.id
            );
        }
    }
}

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

#[test]
fn file_rights_are_those_of_the_table() {
    // M-12
    let lacks = |protect, file_access| {
        let args = Args {
            protect: Some(protect),
            file_access: Some(file_access),
            has_file: Some(true),
            name: Some(None),
            ..NONE
        };
        let told = explain(Win32Code::ACCESS_DENIED, Some(Call::CreateFileMapping), &args);
        told.iter().any(|one| one.cause.id == "file-right-missing")
    };
    let execute = 0x2000_0000;
    for (protect, needed) in [
        (0x02, GENERIC_READ),
        (0x08, GENERIC_READ),
        (0x04, GENERIC_READ | GENERIC_WRITE),
        (0x20, GENERIC_READ | execute),
        (0x80, GENERIC_READ | execute),
        (0x40, GENERIC_READ | GENERIC_WRITE | execute),
    ] {
        assert!(!lacks(protect, needed), "{protect:#x}");
        assert!(!lacks(protect, 0x1000_0000), "{protect:#x}: GENERIC_ALL");
        for bit in [GENERIC_READ, GENERIC_WRITE, execute] {
            if needed & bit != 0 {
                assert!(lacks(protect, needed & !bit), "{protect:#x} without {bit:#x}");
            }
        }
    }
}
