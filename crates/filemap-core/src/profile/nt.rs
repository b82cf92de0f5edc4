//! Windows 7 to 11: the default, and the table that older NTs inherit from.

use super::evidence::rule;
use super::{Evidence::*, *};

const GB: u64 = 1 << 30;

/// Page of every NT.
pub(super) const PLAIN: Page = Page::READONLY.union(Page::READWRITE).union(Page::WRITECOPY);
/// Page since XP SP2 and Server 2003 SP1.
pub(super) const EXECUTE: Page = PLAIN.union(Page::EXECUTE_READ).union(Page::EXECUTE_READWRITE);
/// `SEC_` flags of every NT.
pub(super) const SEC_PLAIN: SectionFlags = SectionFlags::COMMIT
    .union(SectionFlags::RESERVE)
    .union(SectionFlags::IMAGE)
    .union(SectionFlags::NOCACHE);
/// Kinds since NT 4.
pub(super) const KINDS_NT4: Kinds = win95::KINDS.union(Kinds::TIMER);

/// Where 32-bit programs have views: up to 2 GB. The lowest 64 KiB are never given out.
pub(super) const BELOW_2_GB: BaseRange = BaseRange::Between {
    low: 0x1_0000,
    end: 2 * GB,
    code: Win32Code::INVALID_PARAMETER,
};

/// Windows 10 and 11, Server 2016 to 2025.
pub(super) const NT: Profile = Profile {
    platform: Platform::Nt,
    name: "nt",
    title: "Windows 7 to 11",
    releases: rule(
        "Windows 10 and 11, Server 2016 to 2025",
        Documented("the versions in each page's requirements"),
    ),

    pagefile_limit: rule(
        PagefileLimit::CommittableMemory,
        Seed("S2: what VirtualAlloc could commit"),
    ),
    file_limit: rule(FileLimit::DiskSpace, Seed("S2: on NT available disk space")),
    file_sections_take_memory: rule(Has::No, Seed("S2: only Win32s allocates memory for them")),
    view_limit: rule(
        ViewLimit {
            max: 128 << 40,
            of: ViewSpace::OwnAddressSpace,
        },
        Assumed("S2 has the rule for 32 bits; 128 TB since 8.1 is general knowledge"),
    ),
    growth: rule(
        Growth {
            with: Page::READWRITE.union(Page::EXECUTE_READWRITE),
            otherwise: Win32Code::NOT_ENOUGH_MEMORY,
        },
        Seed("S2: not with WRITECOPY, error 8; conformance tests show the same for READONLY"),
    ),
    size_high: rule(
        HighHalf::Used,
        Documented("CreateFileMapping: high-order DWORD of the maximum size"),
    ),
    offset_high: rule(
        HighHalf::Used,
        Documented("MapViewOfFile: high-order DWORD of the offset"),
    ),
    sec_flags: rule(
        SEC_PLAIN
            .union(SectionFlags::WRITECOMBINE)
            .union(SectionFlags::LARGE_PAGES)
            .union(SectionFlags::NO_CHANGE),
        Documented("CreateFileMapping2 and CreateFileMapping; S2 has IMAGE and NOCACHE for NT"),
    ),
    image_no_execute: rule(Has::Yes, Documented("CreateFileMapping: since Windows 8")),
    page_protections: rule(
        EXECUTE.union(Page::EXECUTE_WRITECOPY),
        Reported("conformance tests of all 4-bit combinations"),
    ),
    noaccess_object: rule(
        Answer::Refused(Win32Code::INVALID_PARAMETER),
        Reported("conformance tests"),
    ),
    execute_views: rule(
        Has::Yes,
        Documented("MapViewOfFile: FILE_MAP_EXECUTE since XP SP2"),
    ),
    readonly_without_file: rule(Answer::Works, Reported("conformance tests: useless but legal")),
    file_right_missing: rule(
        Code(Some(Win32Code::ACCESS_DENIED)),
        Reported("conformance tests"),
    ),

    base_range: rule(
        BaseRange::UserRange {
            code: Win32Code::INVALID_PARAMETER,
        },
        Seed("S2: 87 outside the range; that it is the user range on 64 bits comes from an implementation"),
    ),
    base_occupied: rule(
        Code(Some(Win32Code::INVALID_ADDRESS)),
        Reported("conformance tests give 487; S2 says 8 (Q-2)"),
    ),
    base_alignment: rule(
        BaseAlignment::Refused(Win32Code::MAPPED_ALIGNMENT),
        Seed("S2: 1132, and conformance tests; the MapViewOfFile3 page says rounded down (Q-7)"),
    ),
    view_address: rule(
        ViewAddress::Independent,
        Seed("S2: mapped independently into each process"),
    ),
    second_base: rule(Answer::Works, Seed("S2: addresses are independent on NT")),
    file_map_copy: rule(CopyViews::AnyObject, Seed("S2: the restriction is Windows 95's")),
    writecopy_views: rule(
        WritecopyViews::Private,
        Seed("S2: the writer gets its own copy of the page"),
    ),
    write_view_on_readonly_object: rule(
        Code(Some(Win32Code::ACCESS_DENIED)),
        Reported("conformance tests"),
    ),
    unmap_inside_view: rule(
        Answer::Works,
        Reported("conformance tests; the reference page asks for the base"),
    ),
    protect_view: rule(
        Answer::Works,
        Reported("conformance tests, within the limits of V-54"),
    ),
    flush_zero: rule(FlushZero::ToTheEnd, Documented("FlushViewOfFile")),

    prefixes: rule(
        Prefixes::Understood,
        Seed("S0: Local, Global and Session name spaces; S4 uses Local\\SampleMap"),
    ),
    backslash_in_name: rule(Backslash::Separates, Documented("Kernel object namespaces")),
    kinds: rule(
        KINDS_NT4.union(Kinds::JOB),
        Seed("S4: event, semaphore, mutex, waitable timer, job, file mapping"),
    ),
    name_spaces: rule(
        NameSpaces::Shared,
        Seed("S4 and S2: they share the same name space"),
    ),
    other_kinds_name: rule(
        OtherKind::Refused(Win32Code::INVALID_HANDLE),
        Seed("S2: ERROR_INVALID_HANDLE"),
    ),
    name_scope: rule(
        NameScope::SessionServicesApart,
        Seed("S0: Sessions\\1\\BaseNamedObjects since Vista"),
    ),
    app_containers: rule(
        Has::Yes,
        Documented("CreateFileMapping: apps of the store have names of their own since 8"),
    ),
    first_user_session: rule(
        Session(Some(1)),
        Seed("S0: Sessions\\1 on Vista; outdated pages say 0 (Q-13)"),
    ),
    user_shares_session_zero: rule(
        Has::No,
        Seed("S0: session 0 isolation with Vista and Server 2008"),
    ),
    global_privilege: rule(
        GlobalPrivilege::Needed,
        Seed("S1: a reader got error 5 with Global on Vista unless run as administrator; documented since"),
    ),
    max_name_units: rule(
        32_766,
        Reported("conformance tests: 65532 bytes accepted, 65534 refused"),
    ),
    max_name_chars_ansi: rule(
        259,
        Reported("an implementation, run: 259 work, 260 give 206; the pages say MAX_PATH"),
    ),
    empty_name: rule(
        EmptyName::Unnamed,
        Reported("conformance tests on the native level"),
    ),
    private_namespaces: rule(Has::Yes, Documented("CreatePrivateNamespace: since Vista")),
    name_ends_with: rule(
        NameEnd::LastHandle,
        Reported("conformance tests; S2's internal handle keeps memory (Q-1)"),
    ),

    file_for_mapping: rule(
        FileForMapping::Missing,
        Seed("S3: CreateFile is used on NT and 98"),
    ),
    mappable_handles: rule(
        MappableHandles::CreateFile,
        Seed("S4: the file is opened by CreateFile"),
    ),
    file_for_mapping_access: rule(FileAccess::NONE, Seed("S3: the function is Windows CE's")),
    file_for_mapping_security: rule(Argument::NoFunction, Seed("S3: the function is Windows CE's")),
    file_for_mapping_template: rule(Argument::NoFunction, Seed("S3: the function is Windows CE's")),
    file_for_mapping_share: rule(Argument::NoFunction, Seed("S3: the function is Windows CE's")),
    writers_of_a_file: rule(Limit(None), Documented("CreateFile: share modes decide")),
    second_process: rule(
        SecondProcess::CreateOrOpen,
        Seed("S1: OpenFileMapping; its readers also CreateFileMapping"),
    ),
    unnamed_sharing: rule(
        UnnamedSharing::ByHandle,
        Documented("File mapping security and inheritance pages"),
    ),
    mapping_attributes: rule(
        Argument::Used,
        Documented("CreateFileMapping: descriptor and inheritance"),
    ),
    dotnet: rule(
        DotNet::MemoryMappedFile,
        Seed("S4: no classes in 2.0 to 3.5, so P/Invoke; 4.0 brought them"),
    ),

    security: rule(
        Security::Enforced,
        Seed("S0: error 5 by the standard ACL and All Access; documented"),
    ),
    integrity_levels: rule(Has::Yes, Documented("Mandatory integrity control: since Vista")),
    delete_mapped_file: rule(
        DeleteMapped::NameGoes,
        Documented("DeleteFile of Windows 10 tries POSIX semantics first (Q-11)"),
    ),
    signal_object_and_wait: rule(Has::Yes, Documented("SignalObjectAndWait")),
    protect_null_old: rule(
        Answer::Refused(Win32Code::NOACCESS),
        Reported("conformance tests"),
    ),
    reserved_query_protect: rule(Page::empty(), Reported("conformance tests")),
    large_page_views: rule(
        LargePageViews::WhenAsked,
        Documented("MapViewOfFile: opt-in since 10, version 1703"),
    ),
    same_address: rule(SameAddress::TwoApproaches, Seed("S2: two approaches under NT")),
};

/// Windows 8 and 8.1, Server 2012.
pub(super) const WIN8: Profile = Profile {
    name: "win8",
    title: "Windows 8 and 8.1",
    releases: rule(
        "Windows 8 and 8.1, Server 2012 and 2012 R2",
        Documented("the versions in each page's requirements"),
    ),
    sec_flags: rule(
        SEC_PLAIN
            .union(SectionFlags::WRITECOMBINE)
            .union(SectionFlags::LARGE_PAGES),
        Documented("CreateFileMapping; SEC_NO_CHANGE belongs to CreateFileMapping2"),
    ),
    delete_mapped_file: rule(
        DeleteMapped::Refused(Win32Code::ACCESS_DENIED),
        Reported("conformance tests: CANNOT_DELETE with the classic delete"),
    ),
    large_page_views: rule(
        LargePageViews::AlwaysLarge,
        Documented("MapViewOfFile: the flag came with 1703"),
    ),
    ..NT
};

/// Windows 7, Server 2008 R2.
pub(super) const WIN7: Profile = Profile {
    name: "win7",
    title: "Windows 7",
    releases: rule(
        "Windows 7, Server 2008 R2",
        Documented("the versions in each page's requirements"),
    ),
    view_limit: rule(
        ViewLimit {
            max: 8 << 40,
            of: ViewSpace::OwnAddressSpace,
        },
        Assumed("S2 has the rule for 32 bits; 8 TB before 8.1 is general knowledge"),
    ),
    image_no_execute: rule(Has::No, Documented("CreateFileMapping: since Windows 8")),
    app_containers: rule(Has::No, Documented("AppContainers came with Windows 8")),
    ..WIN8
};
