//! Win32s 1.3 on Windows 3.1: Win32 programs in the one address space of 16-bit Windows.

use super::evidence::rule;
use super::win95::{KINDS, WIN95};
use super::{Evidence::*, *};

/// Why a cell has the value of Windows 95 although nobody tells of Win32s.
const AS_95: Evidence = Assumed("not told for Win32s; as Windows 95, its nearest relative");
const S2_SHARED: Evidence = Seed("S2: they share the same name space, other kinds give 6");

/// Win32s 1.3. Cells that are not here are those of Windows 95, where the source is about both.
pub(super) const WIN32S: Profile = Profile {
    platform: Platform::Win32s,
    name: "win32s",
    title: "Win32s 1.3 on Windows 3.1",
    releases: rule(
        "Win32s 1.3 on Windows 3.1",
        Seed("S2: an archived copy names Win32s 1.3"),
    ),

    pagefile_limit: rule(
        PagefileLimit::CommittableMemory,
        Seed("S2: available system virtual memory"),
    ),
    file_limit: rule(
        FileLimit::VirtualMemoryAndDiskSpace,
        Seed("S2: limited by virtual memory and by disk space; too small for large files"),
    ),
    file_sections_take_memory: rule(
        Has::Yes,
        Seed("S2: regular virtual memory is allocated although no swap space is needed"),
    ),
    view_limit: rule(
        ViewLimit {
            max: 1 << 30,
            of: ViewSpace::SharedArena,
        },
        AS_95,
    ),
    growth: rule(
        Growth {
            with: Page::READWRITE.union(Page::WRITECOPY),
            otherwise: Win32Code::NOT_ENOUGH_MEMORY,
        },
        Seed("S2: normally grown; only NT does not grow with WRITECOPY"),
    ),
    size_high: rule(HighHalf::Ignored, AS_95),
    offset_high: rule(HighHalf::Ignored, AS_95),
    sec_flags: rule(SectionFlags::COMMIT.union(SectionFlags::RESERVE), AS_95),
    page_protections: rule(nt::PLAIN, AS_95),
    noaccess_object: rule(Answer::Works, AS_95),
    file_right_missing: rule(Code(Some(Win32Code::INVALID_PARAMETER)), AS_95),
    readonly_without_file: rule(Answer::Works, AS_95),

    base_range: rule(WIN95.base_range.is, AS_95),
    base_occupied: rule(
        Code(Some(Win32Code::NOT_ENOUGH_MEMORY)),
        Seed("S2: ERROR_NOT_ENOUGH_MEMORY (8)"),
    ),
    base_alignment: rule(BaseAlignment::RoundedDown, AS_95),
    view_address: rule(
        WIN95.view_address.is,
        Assumed("all programs share one address space: general knowledge; the range is that of Windows 95"),
    ),
    second_base: rule(Answer::Refused(Win32Code::INVALID_ADDRESS), AS_95),
    file_map_copy: rule(WIN95.file_map_copy.is, AS_95),
    writecopy_views: rule(WritecopyViews::SharedBetweenProcesses, AS_95),
    write_view_on_readonly_object: rule(Code(Some(Win32Code::INVALID_PARAMETER)), AS_95),
    unmap_inside_view: rule(Answer::Refused(Win32Code::INVALID_ADDRESS), AS_95),
    protect_view: rule(Answer::Refused(Win32Code::INVALID_PARAMETER), AS_95),
    flush_zero: rule(FlushZero::ToTheEnd, AS_95),

    prefixes: rule(WIN95.prefixes.is, AS_95),
    backslash_in_name: rule(WIN95.backslash_in_name.is, AS_95),
    kinds: rule(KINDS, Seed("S2: event, semaphore, mutex, file mapping")),
    name_spaces: rule(NameSpaces::Shared, S2_SHARED),
    other_kinds_name: rule(OtherKind::Refused(Win32Code::INVALID_HANDLE), S2_SHARED),
    name_scope: rule(
        NameScope::Machine,
        Assumed("one address space and no sessions: one name space"),
    ),
    first_user_session: rule(Session(None), Assumed("16-bit Windows has no sessions")),
    user_shares_session_zero: rule(Has::Yes, Assumed("16-bit Windows has no sessions")),
    global_privilege: rule(
        GlobalPrivilege::NoGlobal,
        Assumed("16-bit Windows has no sessions"),
    ),
    max_name_units: rule(260, AS_95),
    max_name_chars_ansi: rule(260, AS_95),
    empty_name: rule(EmptyName::Unnamed, AS_95),
    name_ends_with: rule(
        NameEnd::LastHandleAndView,
        Seed("S2: an internal handle per view keeps the object (Q-1)"),
    ),
    mappable_handles: rule(MappableHandles::CreateFile, AS_95),
    file_for_mapping: rule(FileForMapping::Missing, Seed("S3: the function is Windows CE's")),
    writers_of_a_file: rule(Limit(None), AS_95),
    unnamed_sharing: rule(UnnamedSharing::ByHandle, AS_95),
    mapping_attributes: rule(Argument::Used, AS_95),
    dotnet: rule(
        DotNet::NoFramework,
        Documented(".NET Framework: from 98 and NT 4 on"),
    ),

    security: rule(Security::Ignored, AS_95),
    delete_mapped_file: rule(DeleteMapped::Succeeds, AS_95),
    signal_object_and_wait: rule(Has::No, AS_95),
    protect_null_old: rule(Answer::Works, AS_95),
    reserved_query_protect: rule(Page::NOACCESS, AS_95),
    same_address: rule(SameAddress::NoBenefit, AS_95),
    ..WIN95
};
