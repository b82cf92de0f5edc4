//! Windows CE, Pocket PC and Windows Mobile: one name space per kind, use counts, no security.

use super::evidence::rule;
use super::{Evidence::*, *};

/// Why a cell has the value of NT although nobody tells of CE.
const AS_NT: Evidence = Assumed("not told for CE; as NT");
const NO_EX: Evidence = Documented("CE reference pages: there is no MapViewOfFileEx");
const NO_SESSIONS: Evidence = Documented("CE reference pages: no sessions");

/// CE 2.10 to 5.0, which KB301242 (3.0 and 4.0) is about.
pub(super) const CE: Profile = Profile {
    platform: Platform::Ce,
    name: "ce",
    title: "Windows CE and Mobile",
    releases: rule(
        "Windows CE 2.10 to 5.0, Mobile",
        Seed("S3: written for CE 3.0 and 4.0, eMbedded Visual C++ 3.0, 4.0"),
    ),

    pagefile_limit: rule(
        PagefileLimit::PhysicalMemory,
        Documented("CE reference pages: backed by physical memory, not by a page file"),
    ),
    file_limit: rule(FileLimit::DiskSpace, AS_NT),
    file_sections_take_memory: rule(Has::No, AS_NT),
    view_limit: rule(
        ViewLimit {
            max: 0x3E00_0000,
            of: ViewSpace::SharedArena,
        },
        Assumed(
            "CE pages: a large area outside the 32 MB slot; 0x42000000 to 0x80000000 is general knowledge",
        ),
    ),
    growth: rule(
        Growth {
            with: Page::READWRITE,
            otherwise: Win32Code::NOT_ENOUGH_MEMORY,
        },
        AS_NT,
    ),
    size_high: rule(
        HighHalf::Used,
        Documented("CE reference pages: part of the signature"),
    ),
    offset_high: rule(HighHalf::Used, Documented("CE reference pages: as used")),
    sec_flags: rule(
        SectionFlags::COMMIT.union(SectionFlags::RESERVE),
        Assumed("not told for CE; the two that need no files"),
    ),
    image_no_execute: rule(Has::No, Documented("CreateFileMapping: since Windows 8")),
    page_protections: rule(
        Page::READONLY.union(Page::READWRITE),
        Documented("CE reference pages: PAGE_WRITECOPY not supported; no PAGE_EXECUTE_"),
    ),
    noaccess_object: rule(Answer::Refused(Win32Code::INVALID_PARAMETER), AS_NT),
    execute_views: rule(Has::No, Assumed("FILE_MAP_EXECUTE is of XP SP2")),
    readonly_without_file: rule(
        Answer::Refused(Win32Code::INVALID_PARAMETER),
        Documented("CE reference pages: PAGE_READONLY needs a file handle; the number is not told"),
    ),
    file_right_missing: rule(Code(Some(Win32Code::ACCESS_DENIED)), AS_NT),

    base_range: rule(BaseRange::NoFunction, NO_EX),
    base_occupied: rule(Code(None), NO_EX),
    base_alignment: rule(BaseAlignment::NoFunction, NO_EX),
    view_address: rule(
        ViewAddress::SameEverywhere {
            low: 0x4200_0000,
            end: 0x8000_0000,
        },
        Assumed("CE 3 to 5 map at one address for all: general knowledge"),
    ),
    second_base: rule(
        Answer::Works,
        Assumed("no function takes a base, so none can differ"),
    ),
    file_map_copy: rule(
        CopyViews::NotSupported(Win32Code::INVALID_PARAMETER),
        Documented("CE reference pages: FILE_MAP_COPY not listed; the number is not told"),
    ),
    writecopy_views: rule(
        WritecopyViews::NotSupported,
        Documented("CE reference pages: PAGE_WRITECOPY not supported"),
    ),
    write_view_on_readonly_object: rule(Code(Some(Win32Code::ACCESS_DENIED)), AS_NT),
    unmap_inside_view: rule(
        Answer::Refused(Win32Code::INVALID_ADDRESS),
        Assumed("not told for CE; the reference page asks for the base"),
    ),
    protect_view: rule(Answer::Works, AS_NT),
    flush_zero: rule(
        FlushZero::Refused(Win32Code::INVALID_PARAMETER),
        Documented("CE reference pages: must not be 0; the number is not told"),
    ),

    prefixes: rule(Prefixes::NotSpecial, NO_SESSIONS),
    backslash_in_name: rule(
        Backslash::Ordinary,
        Assumed("no path to separate; a ban is not told"),
    ),
    kinds: rule(
        win95::KINDS,
        Documented("CE reference pages: events, semaphores, mutexes, file mappings"),
    ),
    name_spaces: rule(
        NameSpaces::PerType,
        Documented("CE reference pages: one name space per type, unlike S2 and S4"),
    ),
    other_kinds_name: rule(
        OtherKind::BothExist,
        Documented("CE reference pages: one name space per type"),
    ),
    name_scope: rule(
        NameScope::Machine,
        Seed("S3: the name of the memory-mapped object is global"),
    ),
    app_containers: rule(Has::No, NO_SESSIONS),
    first_user_session: rule(Session(None), NO_SESSIONS),
    user_shares_session_zero: rule(Has::Yes, NO_SESSIONS),
    global_privilege: rule(GlobalPrivilege::NoGlobal, NO_SESSIONS),
    max_name_units: rule(260, Documented("CE reference pages: MAX_PATH characters")),
    max_name_chars_ansi: rule(
        260,
        Assumed("CE has no A functions; where they are called, as the W functions"),
    ),
    empty_name: rule(
        EmptyName::RealName,
        Documented("CE reference pages: the empty string is a name"),
    ),
    private_namespaces: rule(Has::No, Documented("CreatePrivateNamespace: since Vista")),
    name_ends_with: rule(
        NameEnd::UseCount,
        Seed("S3: a use count; deleted only when both processes have closed it"),
    ),

    file_for_mapping: rule(
        FileForMapping::Present,
        Seed("S3: its prototype, with parameters like CreateFile"),
    ),
    mappable_handles: rule(
        MappableHandles::Either,
        Seed("S3: must be used instead of CreateFile; CE pages accept both (Q-6)"),
    ),
    file_for_mapping_access: rule(
        FileAccess::READ.union(FileAccess::WRITE),
        Seed("S3: zero or GENERIC_READ, yet speaks of GENERIC_WRITE; CE pages allow it from 2.10 (Q-6)"),
    ),
    file_for_mapping_security: rule(
        Argument::MustBeNull(Win32Code::INVALID_PARAMETER),
        Seed("S3: the security attributes must be NULL; the number is not told"),
    ),
    file_for_mapping_template: rule(
        Argument::Ignored,
        Seed("S3: hTemplateFile is ignored by Windows CE"),
    ),
    file_for_mapping_share: rule(
        Argument::Used,
        Documented("CE 3 pages: used; CE 5 pages: ignored"),
    ),
    writers_of_a_file: rule(
        Limit(Some(1)),
        Seed("S3: only once on a file opened in GENERIC_WRITE mode"),
    ),
    second_process: rule(
        SecondProcess::CreateOnly,
        Seed("S3: CreateFileMapping passes back the handle to the original object; no OpenFileMapping"),
    ),
    unnamed_sharing: rule(
        UnnamedSharing::NotSafe,
        Seed("S3: pass the name, not a pointer; one process can close an unnamed object under the other"),
    ),
    mapping_attributes: rule(
        Argument::MustBeNull(Win32Code::INVALID_PARAMETER),
        Documented("CE reference pages: ignored, must be NULL; the number is not told"),
    ),
    dotnet: rule(
        DotNet::PInvoke,
        Seed("S4: no classes in 2.0 to 3.5; the Compact Framework ended at 3.5 or 3.9"),
    ),

    security: rule(
        Security::None,
        Documented("CE reference pages: any process may read or write"),
    ),
    integrity_levels: rule(Has::No, Documented("Mandatory integrity control: since Vista")),
    delete_mapped_file: rule(DeleteMapped::Refused(Win32Code::ACCESS_DENIED), AS_NT),
    signal_object_and_wait: rule(
        Has::No,
        Assumed("not told for CE; its lists of functions do not have it"),
    ),
    protect_null_old: rule(Answer::Refused(Win32Code::NOACCESS), AS_NT),
    reserved_query_protect: rule(Page::empty(), AS_NT),
    large_page_views: rule(
        LargePageViews::NoLargePages,
        Documented("CreateFileMapping: from Server 2003 SP1"),
    ),
    same_address: rule(SameAddress::NoFunction, NO_EX),
};

/// CE before 2.10: mapped files could only be read.
pub(super) const CE2: Profile = Profile {
    name: "ce-2.0",
    title: "Windows CE before 2.10",
    releases: rule(
        "Windows CE 1.0 and 2.0",
        Documented("CE reference pages: read-only up to 2.10"),
    ),
    file_for_mapping_access: rule(
        FileAccess::READ,
        Documented("CE reference pages: GENERIC_WRITE from 2.10"),
    ),
    ..CE
};

/// CE 6.0 and Compact 7 and 2013.
pub(super) const CE6: Profile = Profile {
    name: "ce-6",
    title: "Windows CE 6.0 and Compact",
    releases: rule(
        "Windows CE 6.0, Compact 7 and 2013",
        Documented("CE 6.0 and Compact 2013 reference pages"),
    ),
    view_address: rule(
        ViewAddress::Independent,
        Assumed("CE 6 maps per process: general knowledge"),
    ),
    view_limit: rule(
        ViewLimit {
            max: 1 << 30,
            of: ViewSpace::OwnAddressSpace,
        },
        Assumed("1 GB of user address space per process is general knowledge"),
    ),
    file_for_mapping: rule(
        FileForMapping::Obsolete,
        Documented("CE 6.0 reference pages: obsolete"),
    ),
    file_for_mapping_share: rule(
        Argument::Ignored,
        Documented("CE 5 and 6 pages: GENERIC_READ implies share-read, anything else no sharing"),
    ),
    ..CE
};
