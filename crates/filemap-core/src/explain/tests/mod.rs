//! Every row of the table of errors, and every overloaded number told apart by call and arguments.

mod numbers;

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

/// Rows, one a line: clause, number, call, what is known, the cause that must be told first.
macro_rules! rows {
    ($($clause:literal $code:literal $call:ident { $($field:ident: $value:expr),* } => $want:literal;)*) => {
        [$(Row {
            clause: $clause,
            code: $code,
            call: Call::$call,
            want: $want,
            #[allow(clippy::needless_update, reason = "some rows know nothing")]
            args: Args { $($field: $value,)* ..Args::default() },
        }),*]
    };
}

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
fn of_a_5_at_an_open_of_which_nothing_is_known_rights_are_told_before_wrong_masks() {
    // N-64, A-22
    let told = explain(
        Win32Code::ACCESS_DENIED,
        Some(Call::OpenFileMapping),
        &Args::default(),
    );
    let ids: Vec<_> = told.iter().map(|told| told.cause.id).collect();
    assert_eq!(ids[..2], ["all-access", "dacl-refuses"], "{ids:?}");
}

#[test]
fn each_overloaded_number_has_exactly_one_first_cause_once_the_arguments_are_known() {
    // E-3
    let rows = rows! {
        // 5
        "M-12" 5 CreateFileMapping { protect: Some(0x04), has_file: Some(true), file_access: Some(GENERIC_READ), name: Some(None) } => "file-right-missing";
        "O-7" 5 CreateFileMapping { name: name("x"), exists: Some(true), has_file: Some(false) } => "existing-refuses";
        "O-7" 5 CreateMutex { name: name("x"), exists: Some(true) } => "existing-refuses";
        "N-41" 5 CreateFileMapping { name: name(r"Global\x"), session: Some(1), create_global: Some(false), exists: Some(false), has_file: Some(false) } => "global-creation";
        "M-62" 5 CreateFileMapping { name: name(r"Global\MyFileMappingObject"), session: Some(1) } => "global-creation";
        "O-10" 5 OpenFileMapping { access: Some(0) } => "access-empty";
        "O-11" 5 OpenFileMapping { access: Some(0x10_0004) } => "access-invalid";
        "F-16" 5 OpenMutex { access: Some(0x2) } => "access-invalid";
        "A-20" 5 OpenFileMapping { access: Some(ALL_ACCESS) } => "all-access";
        "A-22" 5 OpenFileMapping { access: Some(READ) } => "dacl-refuses";
        "V-10" 5 MapViewOfFile { access: Some(WRITE), handle_access: Some(READ | 0x1), object_size: Some(4096), len: Some(0) } => "handle-lacks-right";
        "M-84" 5 MapViewOfFile { access: Some(READ), handle_access: Some(WRITE | 0x1), object_size: Some(4096), len: Some(0) } => "handle-lacks-right";
        "M-87" 5 MapViewOfFile { access: Some(WRITE), handle_access: Some(0x4), object_size: Some(4096), len: Some(0) } => "handle-lacks-right";
        "V-11" 5 MapViewOfFile { access: Some(WRITE), object_protect: Some(0x02), object_size: Some(4096), len: Some(0) } => "handle-lacks-right";
        "V-4" 5 MapViewOfFile { access: Some(READ), handle_access: Some(READ), object_size: Some(4096), offset: Some(0), len: Some(8192) } => "view-too-large";
        "V-4" 5 MapViewOfFile { access: Some(READ), handle_access: Some(READ), object_size: Some(65536), offset: Some(65536), len: Some(0) } => "view-too-large";
        "V-5" 5 MapViewOfFile { handle_access: Some(READ), access: Some(READ), has_file: Some(true), object_size: Some(0x3452), len: Some(0x3453) } => "view-too-large";
        "V-52" 5 VirtualAlloc { object_reserved: Some(false) } => "already-committed";
        "Y-2" 5 WaitForSingleObject { handle_access: Some(ALL_ACCESS) } => "no-synchronize";
        "V-60" 5 DeleteFile { profile: on("win7") } => "delete-mapped";
        // 6
        "O-3" 6 CreateFileMapping { name: name("x"), name_held_by: Some(Kind::Mutex), has_file: Some(false) } => "name-of-another-kind";
        "O-3" 6 OpenFileMapping { name: name("x"), name_held_by: Some(Kind::Event) } => "name-of-another-kind";
        "O-65" 6 OpenFileMapping { name: name("Global") } => "name-is-a-directory";
        "O-64" 6 OpenFileMapping { name: name("") } => "name-is-a-directory";
        "M-5" 6 CreateFileMapping { has_file: Some(true), handle: Some(HandleKind::NoHandle), name: Some(None) } => "not-a-file-handle";
        "O-16" 6 CreateFileMapping { has_file: Some(true), handle: Some(HandleKind::OtherKind), name: Some(None) } => "file-handle-of-another-kind";
        "O-14" 6 CloseHandle { handle: Some(HandleKind::NoHandle) } => "not-a-handle";
        "O-16" 6 MapViewOfFile { handle: Some(HandleKind::OtherKind) } => "handle-of-another-kind";
        // 8
        "M-25" 8 CreateFileMapping { protect: Some(0x08), has_file: Some(true), file_len: Some(10), size: Some(100) } => "file-too-short";
        "F-11" 8 CreateFileMapping { protect: Some(0x04), has_file: Some(true), file_len: Some(10), size: Some(1 << 60) } => "size-too-large";
        "V-33/nt351" 8 MapViewOfFile { profile: on("nt351"), base: Some(GB), base_free: Some(false) } => "base-occupied-8";
        "V-33/win95" 8 MapViewOfFile { profile: on("win95"), base: Some(2 * GB), base_free: Some(false) } => "base-occupied-8";
        "V-35" 8 MapViewOfFile { base: Some(0) } => "no-address-space";
        // 87
        "M-10" 87 CreateFileMapping { protect: Some(0x10), has_file: Some(false), size: Some(1) } => "page-protection";
        "M-11/win2000" 87 CreateFileMapping { profile: on("win2000"), protect: Some(0x40), has_file: Some(false), size: Some(1) } => "page-protection";
        "M-21" 87 CreateFileMapping { protect: Some(0x04), has_file: Some(false), size: Some(0) } => "size-missing";
        "M-14" 87 CreateFileMapping { protect: Some(0x04 | SEC_COMMIT | SEC_RESERVE), has_file: Some(false), size: Some(1) } => "sec-flags";
        "P-17/win95" 87 CreateFileMapping { profile: on("win95"), protect: Some(0x02 | SEC_IMAGE), has_file: Some(true), file_access: Some(GENERIC_READ), size: Some(1) } => "sec-flags";
        "F-11" 87 CreateFileMapping { protect: Some(0x04), has_file: Some(true), size: Some(1 << 63) } => "size-negative";
        "M-14" 87 CreateFileMapping { protect: Some(0x04 | SEC_COMMIT | 0x8000_0000), has_file: Some(false), size: Some(4096) } => "large-page-size";
        "M-14" 87 CreateFileMapping { protect: Some(0x04 | SEC_COMMIT | 0x8000_0000), has_file: Some(true), size: Some(2 << 20) } => "large-pages-and-file";
        "P-50/ce" 87 CreateFileMapping { profile: on("ce"), protect: Some(0x02), has_file: Some(false), size: Some(4096) } => "readonly-needs-file";
        "M-12/win95" 87 CreateFileMapping { profile: on("win95"), protect: Some(0x04), has_file: Some(true), file_access: Some(GENERIC_READ), size: Some(1) } => "file-right-missing-95";
        "M-80" 87 OpenFileMapping { name: Some(None) } => "name-missing";
        "V-37" 87 MapViewOfFile { access: Some(0x0400_0004), base: Some(0), object_protect: Some(0x04) } => "view-flags";
        "V-12" 87 MapViewOfFile { access: Some(WRITE), handle_access: Some(ALL_ACCESS), object_protect: Some(0x02), base: Some(0) } => "object-too-weak";
        "V-31" 87 MapViewOfFile { access: Some(READ), object_protect: Some(0x04), base: Some(u64::MAX - 0xFFFF) } => "base-out-of-range";
        "V-31/nt4" 87 MapViewOfFile { profile: on("nt4"), access: Some(READ), object_protect: Some(0x04), base: Some(2 * GB) } => "base-out-of-range";
        "V-13/win95" 87 MapViewOfFile { profile: on("win95"), access: Some(COPY), object_protect: Some(0x04), has_file: Some(true), base: Some(0) } => "copy-rule";
        "P-26/win95" 87 MapViewOfFile { profile: on("win95"), access: Some(WRITE), handle_access: Some(READ), object_protect: Some(0x02), base: Some(0) } => "write-on-readonly-95";
        "V-56/win95" 87 VirtualProtect { profile: on("win95") } => "protect-on-95";
        "V-54" 87 VirtualProtect {} => "protect-beyond-view";
        "V-51" 87 VirtualFree {} => "decommit-view";
        "V-28/ce" 87 FlushViewOfFile { profile: on("ce"), len: Some(0) } => "flush-zero";
        "Y-31" 87 WaitForMultipleObjects { count: Some(65), duplicates: Some(false) } => "wait-count";
        "F-6" 87 WaitForMultipleObjects { count: Some(2), duplicates: Some(true) } => "wait-duplicates";
        "Y-20" 87 CreateSemaphore { counts: Some((2, 1)) } => "semaphore-counts";
        "Y-21" 87 ReleaseSemaphore { count: Some(0) } => "release-count";
        "Y-25" 87 SetWaitableTimer {} => "timer-period";
        // 193
        "M-5" 193 CreateFileMapping { protect: Some(0x02), has_file: Some(true), file_kind: Some(FileKind::Directory) } => "not-mappable";
        "M-14" 193 CreateFileMapping { protect: Some(0x02 | SEC_IMAGE), has_file: Some(true), file_kind: Some(FileKind::Data) } => "not-a-program";
        "M-14" 193 CreateFileMapping { protect: Some(0x02 | SEC_IMAGE), has_file: Some(false) } => "image-without-file";
        "M-23" 193 CreateFileMapping { protect: Some(0x02 | SEC_IMAGE), has_file: Some(true), file_len: Some(0) } => "not-a-program";
        // 487
        "V-33" 487 MapViewOfFile { base: Some(GB), base_free: Some(false) } => "base-occupied";
        "V-31/win95" 487 MapViewOfFile { profile: on("win95"), base: Some(GB), first_base: Some(2 * GB) } => "base-outside-arena";
        "V-34/win95" 487 MapViewOfFile { profile: on("win95"), base: Some(2 * GB + 0x1_0000), first_base: Some(2 * GB) } => "base-mismatch";
        "V-20" 487 UnmapViewOfFile { address_in_view: Some(false) } => "not-a-view";
        "V-26" 487 FlushViewOfFile {} => "not-a-view";
        "P-27/win95" 487 UnmapViewOfFile { profile: on("win95"), address_in_view: Some(true), address_is_base: Some(false) } => "inside-view";
        "F-14" 487 VirtualAlloc { address_in_view: Some(true) } => "commit-past-end";
        // 2, 3, 123 and others that are told by the name
        "N-61" 2 OpenFileMapping { name: name("MaartensMap"), session: Some(1) } => "other-session";
        "N-33/xp" 2 OpenFileMapping { profile: on("xp"), name: name(r"Local\x"), session: Some(1) } => "other-session";
        "O-61" 3 OpenFileMapping { name: name(r"global\Foo") } => "prefix-case";
        "O-65" 3 OpenEvent { name: name(r"Bar\Foo") } => "unknown-prefix";
        "O-65" 3 OpenEvent { name: name(r"Global\Bar\Foo") } => "unknown-prefix";
        "P-30/nt4" 3 OpenFileMapping { profile: on("nt4"), name: name(r"Local\Foo") } => "no-prefixes";
        "F-3" 3 OpenFileMapping { name: name(r"Session\99\x") } => "absent-session";
        "O-65" 123 OpenMutex { name: name(r"Global\\Foo") } => "empty-part";
        "F-3" 123 OpenMutex { name: name(r"Global\") } => "empty-part";
        "N-12/win95" 123 OpenMutex { profile: on("win95"), name: name(r"Local\x") } => "backslash-in-name";
        "V-3" 1132 MapViewOfFile { offset: Some(4096), base: Some(0) } => "offset-alignment";
        "V-32" 1132 MapViewOfFile { offset: Some(0), base: Some(GB + 4096) } => "base-alignment";
        "M-23" 1006 CreateFileMapping { file_len: Some(0), size: Some(0) } => "empty-file";
        "M-24" 112 CreateFileMapping { has_file: Some(true), file_len: Some(1), size: Some(9) } => "disk-full";
        "V-42" 1455 MapViewOfFile { access: Some(COPY) } => "commit-limit-copy";
        "M-30" 1455 CreateFileMapping { protect: Some(0x04), size: Some(9) } => "commit-limit";
        "O-67" 183 CreateFileMapping { exists: Some(true) } => "already-exists";
        "M-14" 1314 CreateFileMapping { protect: Some(0x8800_0004) } => "large-pages-privilege";
    };
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
        ..Args::default()
    };
    assert!(
        !ids(5, Call::CreateFileMapping, &local).contains("global-creation"),
        "N-41"
    );
    let service = Args {
        name: name(r"Global\x"),
        session: Some(0),
        ..Args::default()
    };
    assert!(
        !ids(5, Call::CreateFileMapping, &service).contains("global-creation"),
        "N-45"
    );
    let old = Args {
        profile: on("xp-sp1"),
        name: name(r"Global\x"),
        session: Some(1),
        ..Args::default()
    };
    assert!(
        !ids(5, Call::CreateFileMapping, &old).contains("global-creation"),
        "N-40/xp-sp1"
    );
    assert!(
        !ids(5, Call::CreateMutex, &Args::default()).contains("global-creation"),
        "N-42"
    );
    let ce = Args {
        profile: on("ce"),
        name: name("x"),
        ..Args::default()
    };
    assert!(
        !ids(6, Call::CreateFileMapping, &ce).contains("name-of-another-kind"),
        "P-32/ce"
    );
    let nt = Args {
        base: Some(GB),
        base_free: Some(false),
        ..Args::default()
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
                ..Args::default()
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
        ..Args::default()
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
        ..Args::default()
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
        ..Args::default()
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
        lint_ids(Call::CreateFileMapping, &Args::default(), Some("FILE_MAP_WRITE")),
        ["access-constant"]
    );
    let session = Args {
        name: name(r"Session\1\x"),
        ..Args::default()
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
    let first = |status: NtStatus| explain(status, None, &Args::default())[0].cause.id;
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
    let touched = explain(
        parse("0xC0000005").unwrap(),
        Some(Call::AccessView),
        &Args::default(),
    );
    assert_eq!(touched[0].cause.id, "access-violation", "E-4");
}

#[test]
fn every_number_and_every_status_that_this_crate_knows_is_explained() {
    for code in Win32Code::ALL.iter().chain([&Win32Code(0)]) {
        let told = explain(*code, None, &Args::default());
        // A number that none of these calls gives has its plain sentence all the same.
        assert!(!told.is_empty() || code.text().is_some(), "{code}");
        for one in told {
            assert!(
                !one.to_string().to_lowercase().contains("unknown error"),
                "{code}"
            );
        }
    }
    for status in NtStatus::ALL {
        assert!(!explain(*status, None, &Args::default()).is_empty(), "{status}");
    }
    assert!(explain(Win32Code(77_777), None, &Args::default()).is_empty());
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
            let told = profiles.map(|profile| {
                explain(
                    Win32Code(*code),
                    Some(*call),
                    &Args {
                        profile,
                        ..Args::default()
                    },
                )
            });
            let here = |told: &std::vec::Vec<Explanation>| {
                told.iter().any(|one| one.likelihood > Likelihood::ElsewhereOnly)
            };
            assert!(told.iter().any(here), "{code} {call}");
        }
    }
}

#[test]
fn a_number_that_the_call_never_gives_is_explained_by_others() {
    let told = explain(Win32Code::NOT_OWNER, Some(Call::MapViewOfFile), &Args::default());
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
fn file_rights_are_those_of_the_table() {
    // M-12
    let lacks = |protect, file_access| {
        let args = Args {
            protect: Some(protect),
            file_access: Some(file_access),
            has_file: Some(true),
            name: Some(None),
            ..Args::default()
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
