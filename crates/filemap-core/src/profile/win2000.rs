//! Windows 2000: prefixes, with or without Terminal Services.

use super::evidence::rule;
use super::xp::XP_SP1;
use super::{Evidence::*, *};

/// With Service Pack 4.
pub(super) const WIN2000: Profile = Profile {
    platform: Platform::Win2000,
    name: "win2000",
    title: "Windows 2000",
    releases: rule(
        "Windows 2000 SP4",
        Documented("the versions in each page's requirements"),
    ),
    global_privilege: rule(
        GlobalPrivilege::Needed,
        Documented("KB821546: SeCreateGlobalPrivilege with 2000 SP4"),
    ),
    dotnet: rule(
        DotNet::PInvoke,
        Seed("S4: no classes in 2.0 to 3.5; 4.0 is not for 2000"),
    ),
    ..XP_SP1
};

/// Before Service Pack 4.
pub(super) const WIN2000_SP3: Profile = Profile {
    name: "win2000-sp3",
    title: "Windows 2000 before Service Pack 4",
    releases: rule(
        "Windows 2000 up to SP3",
        Documented("the versions in each page's requirements"),
    ),
    global_privilege: rule(
        GlobalPrivilege::NotNeeded,
        Documented("KB821546: it came with 2000 SP4"),
    ),
    ..WIN2000
};
