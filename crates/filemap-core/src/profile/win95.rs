//! Windows 95, 98 and Me: one shared arena for the views of all programs.

use super::evidence::rule;
use super::{Evidence::*, *};

const GB: u64 = 1 << 30;

/// The four kinds that KB125713 lists.
pub(super) const KINDS: Kinds = Kinds::EVENT
    .union(Kinds::SEMAPHORE)
    .union(Kinds::MUTEX)
    .union(Kinds::FILE_MAPPING);

/// Why a cell has the value of NT although nobody tells of 95.
const AS_NT: Evidence = Assumed("not told for 95; as NT 4, the other Win32 of its time");

/// All three; their differences are not told.
pub(super) const WIN95: Profile = Profile {
    platform: Platform::Win95,
    name: "win95",
    title: "Windows 95, 98 and Me",
    releases: rule(
        "Windows 95, 98 and Me",
        Seed("S2: applies to 4.00 of the Win32 API; 98 and Me by archived pages"),
    ),

    pagefile_limit: rule(
        PagefileLimit::CommittableMemory,
        Seed("S2: available system virtual memory"),
    ),
    file_limit: rule(FileLimit::DiskSpace, Seed("S2: available disk space")),
    file_sections_take_memory: rule(Has::No, Seed("S2: only Win32s allocates memory for them")),
    view_limit: rule(
        ViewLimit {
            max: GB,
            of: ViewSpace::SharedArena,
        },
        Seed("S2: at most 1 GB of the shared arena, minus 16-bit programs; sum over all applications"),
    ),
    growth: rule(
        Growth {
            with: Page::READWRITE.union(Page::WRITECOPY),
            otherwise: Win32Code::NOT_ENOUGH_MEMORY,
        },
        Seed(
            "S2: grown; only NT does not grow with WRITECOPY (Q-25); READONLY is not told and kept as on NT",
        ),
    ),
    size_high: rule(
        HighHalf::Ignored,
        Seed("S2: not used, should be zero: a 32-bit file system"),
    ),
    offset_high: rule(
        HighHalf::Ignored,
        Seed("S2: not used, should be zero: a 32-bit file system"),
    ),
    sec_flags: rule(
        SectionFlags::COMMIT.union(SectionFlags::RESERVE),
        Seed("S2: SEC_IMAGE and SEC_NOCACHE are not supported"),
    ),
    image_no_execute: rule(Has::No, Documented("CreateFileMapping: since Windows 8")),
    page_protections: rule(
        nt::PLAIN,
        Documented("SDK pages of the 1990s: READONLY, READWRITE, WRITECOPY"),
    ),
    noaccess_object: rule(
        Answer::Works,
        Reported("conformance tests, old comments: created"),
    ),
    execute_views: rule(
        Has::No,
        Documented("MapViewOfFile: FILE_MAP_EXECUTE since XP SP2"),
    ),
    readonly_without_file: rule(Answer::Works, AS_NT),
    file_right_missing: rule(
        Code(Some(Win32Code::INVALID_PARAMETER)),
        Reported("conformance tests, old comments: 87"),
    ),

    base_range: rule(
        BaseRange::Between {
            low: 2 * GB,
            end: 3 * GB,
            code: Win32Code::INVALID_ADDRESS,
        },
        Seed("S2: 2 GB to 3 GB, 487 outside; updates may change it to 0 to 2 GB"),
    ),
    base_occupied: rule(
        Code(Some(Win32Code::NOT_ENOUGH_MEMORY)),
        Seed("S2: ERROR_NOT_ENOUGH_MEMORY (8)"),
    ),
    base_alignment: rule(
        BaseAlignment::RoundedDown,
        Seed("S2: rounded down to the allocation granularity"),
    ),
    view_address: rule(
        ViewAddress::SameEverywhere {
            low: 2 * GB,
            end: 3 * GB,
        },
        Seed("S2: the first address holds for all processes, in 2 GB to 3 GB"),
    ),
    second_base: rule(
        Answer::Refused(Win32Code::INVALID_ADDRESS),
        Seed("S2: a mismatch gives 487"),
    ),
    file_map_copy: rule(
        CopyViews::WritecopyObjectOfAFile(Win32Code::INVALID_PARAMETER),
        Seed("S2: PAGE_WRITECOPY and a named file, else 87"),
    ),
    writecopy_views: rule(
        WritecopyViews::SharedBetweenProcesses,
        Seed("S2: seen by others, disk file not modified"),
    ),
    write_view_on_readonly_object: rule(
        Code(Some(Win32Code::INVALID_PARAMETER)),
        Reported("conformance tests: 87"),
    ),
    unmap_inside_view: rule(
        Answer::Refused(Win32Code::INVALID_ADDRESS),
        Reported("an implementation: exact base only, else 487"),
    ),
    protect_view: rule(
        Answer::Refused(Win32Code::INVALID_PARAMETER),
        Documented("Q170426: fails with 87"),
    ),
    flush_zero: rule(FlushZero::ToTheEnd, Documented("FlushViewOfFile")),

    prefixes: rule(
        Prefixes::Refused(Win32Code::INVALID_NAME),
        Assumed("no prefixes, and a backslash is not allowed; the number is not told"),
    ),
    backslash_in_name: rule(
        Backslash::Refused(Win32Code::INVALID_NAME),
        Assumed("SDK pages: any character except backslash; the number is not told"),
    ),
    kinds: rule(KINDS, Seed("S2: event, semaphore, mutex, file mapping")),
    name_spaces: rule(NameSpaces::Shared, Seed("S2: they share the same name space")),
    other_kinds_name: rule(
        OtherKind::Refused(Win32Code::INVALID_HANDLE),
        Seed("S2: ERROR_INVALID_HANDLE"),
    ),
    name_scope: rule(NameScope::Machine, Documented("no sessions on 95, 98 and Me")),
    app_containers: rule(Has::No, Documented("AppContainers came with Windows 8")),
    first_user_session: rule(Session(None), Documented("no sessions on 95, 98 and Me")),
    user_shares_session_zero: rule(Has::Yes, Documented("no sessions: everybody is together")),
    global_privilege: rule(
        GlobalPrivilege::NoGlobal,
        Documented("no sessions on 95, 98 and Me"),
    ),
    max_name_units: rule(260, Documented("SDK pages: MAX_PATH characters")),
    max_name_chars_ansi: rule(260, Documented("SDK pages: MAX_PATH characters")),
    empty_name: rule(EmptyName::Unnamed, AS_NT),
    private_namespaces: rule(Has::No, Documented("CreatePrivateNamespace: since Vista")),
    name_ends_with: rule(
        NameEnd::LastHandleAndView,
        Seed("S2: an internal handle per view keeps the object; read literally for this platform (Q-1)"),
    ),

    file_for_mapping: rule(
        FileForMapping::Missing,
        Seed("S3: CreateFile is used on NT and 98"),
    ),
    mappable_handles: rule(
        MappableHandles::CreateFile,
        Seed("S3: CreateFile is used on NT and 98"),
    ),
    file_for_mapping_access: rule(FileAccess::NONE, Seed("S3: the function is Windows CE's")),
    file_for_mapping_security: rule(Argument::NoFunction, Seed("S3: the function is Windows CE's")),
    file_for_mapping_template: rule(Argument::NoFunction, Seed("S3: the function is Windows CE's")),
    file_for_mapping_share: rule(Argument::NoFunction, Seed("S3: the function is Windows CE's")),
    writers_of_a_file: rule(Limit(None), Documented("CreateFile: share modes decide")),
    second_process: rule(
        SecondProcess::CreateOrOpen,
        Seed("S2: CreateFileMapping and OpenFileMapping"),
    ),
    unnamed_sharing: rule(
        UnnamedSharing::ByHandle,
        Documented("SDK pages: inheritance and DuplicateHandle"),
    ),
    mapping_attributes: rule(
        Argument::Used,
        Documented("inheritance counts; the descriptor is ignored (P-60)"),
    ),
    dotnet: rule(
        DotNet::PInvoke,
        Seed("S4: no classes in 2.0 to 3.5; 2.0 is the last for 98"),
    ),

    security: rule(
        Security::Ignored,
        Documented("SDK pages: descriptors are ignored"),
    ),
    integrity_levels: rule(Has::No, Documented("Mandatory integrity control: since Vista")),
    delete_mapped_file: rule(
        DeleteMapped::Succeeds,
        Documented("SDK pages: succeeds on open and mapped files"),
    ),
    signal_object_and_wait: rule(
        Has::No,
        Reported("conformance tests: not implemented on 95, 98 and Me"),
    ),
    protect_null_old: rule(
        Answer::Works,
        Reported("conformance tests and an implementation: accepted"),
    ),
    reserved_query_protect: rule(Page::NOACCESS, Reported("conformance tests of private memory")),
    large_page_views: rule(
        LargePageViews::NoLargePages,
        Documented("CreateFileMapping: from Server 2003 SP1"),
    ),
    same_address: rule(
        SameAddress::NoBenefit,
        Seed("S2: no benefit, addresses are common anyway; other components may hold one first"),
    ),
};
