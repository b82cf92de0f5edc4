//! Windows NT 3.51, with what KB125713 says of NT taken literally.

use super::evidence::rule;
use super::nt4::NT4;
use super::{Evidence::*, *};

/// NT 3.51; what is not said here is as in NT 4.
pub(super) const NT351: Profile = Profile {
    platform: Platform::Nt351,
    name: "nt351",
    title: "Windows NT 3.51",
    releases: rule(
        "Windows NT 3.50 and 3.51",
        Seed("S2: applies to 3.50 and 4.00 of the Win32 API"),
    ),
    base_occupied: rule(
        Code(Some(Win32Code::NOT_ENOUGH_MEMORY)),
        Seed("S2: ERROR_NOT_ENOUGH_MEMORY (8), which does not mean low memory (Q-2)"),
    ),
    kinds: rule(win95::KINDS, Seed("S2: event, semaphore, mutex, file mapping")),
    signal_object_and_wait: rule(
        Has::No,
        Documented("winbase.h declares it for _WIN32_WINNT 0x0400 and later: NT 4"),
    ),
    dotnet: rule(
        DotNet::NoFramework,
        Documented(".NET Framework: from 98 and NT 4 on"),
    ),
    ..NT4
};
