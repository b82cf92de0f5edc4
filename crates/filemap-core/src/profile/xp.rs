//! Windows XP and Server 2003: the first user shares session 0 with the services.

use super::evidence::rule;
use super::nt::{EXECUTE, PLAIN, SEC_PLAIN};
use super::vista::VISTA;
use super::{Evidence::*, *};

/// XP with Service Pack 2 or 3.
pub(super) const XP: Profile = Profile {
    platform: Platform::Xp,
    name: "xp",
    title: "Windows XP and Server 2003",
    releases: rule(
        "Windows XP SP2 and SP3",
        Documented("the versions in each page's requirements"),
    ),
    sec_flags: rule(
        SEC_PLAIN,
        Documented("CreateFileMapping: LARGE_PAGES from Server 2003 SP1, WRITECOMBINE from Vista"),
    ),
    page_protections: rule(
        EXECUTE,
        Documented("CreateFileMapping: EXECUTE_READ and EXECUTE_READWRITE from SP2"),
    ),
    name_scope: rule(
        NameScope::Session,
        Seed("S0: services shared the name space of the first user"),
    ),
    first_user_session: rule(
        Session(Some(0)),
        Seed("S0: the first user was in session 0, the second in Sessions\\1"),
    ),
    user_shares_session_zero: rule(
        Has::Yes,
        Seed("S0: prior to Vista all services shared the first user's"),
    ),
    global_privilege: rule(
        GlobalPrivilege::Needed,
        Documented("SeCreateGlobalPrivilege from XP SP2 and Server 2003; S1's reader saw it on Vista first"),
    ),
    private_namespaces: rule(Has::No, Documented("CreatePrivateNamespace: since Vista")),
    integrity_levels: rule(Has::No, Documented("Mandatory integrity control: since Vista")),
    large_page_views: rule(
        LargePageViews::NoLargePages,
        Documented("CreateFileMapping: not on XP"),
    ),
    ..VISTA
};

/// XP before Service Pack 2.
pub(super) const XP_SP1: Profile = Profile {
    name: "xp-sp1",
    title: "Windows XP before Service Pack 2",
    releases: rule(
        "Windows XP without service pack and SP1",
        Documented("the versions in each page's requirements"),
    ),
    page_protections: rule(
        PLAIN,
        Documented("CreateFileMapping: no PAGE_EXECUTE_ before XP SP2"),
    ),
    execute_views: rule(
        Has::No,
        Documented("MapViewOfFile: FILE_MAP_EXECUTE since XP SP2"),
    ),
    growth: rule(
        Growth {
            with: Page::READWRITE,
            otherwise: Win32Code::NOT_ENOUGH_MEMORY,
        },
        Seed("S2: not with WRITECOPY, error 8; conformance tests show the same for READONLY"),
    ),
    global_privilege: rule(
        GlobalPrivilege::NotNeeded,
        Documented("SeCreateGlobalPrivilege came with XP SP2"),
    ),
    ..XP
};

/// Server 2003 with Service Pack 1 or 2.
pub(super) const SERVER2003: Profile = Profile {
    name: "server2003",
    title: "Windows Server 2003",
    releases: rule(
        "Windows Server 2003 SP1 and SP2",
        Documented("the versions in each page's requirements"),
    ),
    sec_flags: rule(
        SEC_PLAIN.union(SectionFlags::LARGE_PAGES),
        Documented("CreateFileMapping: LARGE_PAGES from Server 2003 SP1, WRITECOMBINE from Vista"),
    ),
    large_page_views: rule(
        LargePageViews::AlwaysLarge,
        Documented("MapViewOfFile: the flag came with 1703"),
    ),
    ..XP
};

/// Server 2003 without service pack.
pub(super) const SERVER2003_RTM: Profile = Profile {
    name: "server2003-rtm",
    title: "Windows Server 2003 without service pack",
    releases: rule(
        "Windows Server 2003 without service pack",
        Documented("the versions in each page's requirements"),
    ),
    global_privilege: rule(
        GlobalPrivilege::Needed,
        Documented("SeCreateGlobalPrivilege: Server 2003"),
    ),
    ..XP_SP1
};
