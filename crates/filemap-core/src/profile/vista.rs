//! Windows Vista and Server 2008: session 0 is for services only from here on.

use super::evidence::rule;
use super::nt::{BELOW_2_GB, EXECUTE, WIN7};
use super::{Evidence::*, *};

/// With Service Pack 1 or 2; Server 2008.
pub(super) const VISTA: Profile = Profile {
    platform: Platform::Vista,
    name: "vista",
    title: "Windows Vista and Server 2008",
    releases: rule(
        "Windows Vista SP1 and SP2, Server 2008",
        Documented("the versions in each page's requirements"),
    ),
    view_limit: rule(
        ViewLimit {
            max: 2 << 30,
            of: ViewSpace::OwnAddressSpace,
        },
        Seed("S2: at most 2 GB minus what is reserved (32 bits)"),
    ),
    base_range: rule(BELOW_2_GB, Seed("S2: 0 to 2 GB, 87 outside (32 bits)")),
    ..WIN7
};

/// As first sold.
pub(super) const VISTA_RTM: Profile = Profile {
    name: "vista-rtm",
    title: "Windows Vista without service pack",
    releases: rule(
        "Windows Vista without service pack",
        Documented("the versions in each page's requirements"),
    ),
    page_protections: rule(
        EXECUTE,
        Documented("CreateFileMapping: EXECUTE_WRITECOPY not before Vista SP1"),
    ),
    ..VISTA
};
