//! Windows NT 4: one name space for the machine, no prefixes; Terminal Server Edition brought them.

use super::evidence::rule;
use super::nt::KINDS_NT4;
use super::win2000::{WIN2000, WIN2000_SP3};
use super::{Evidence::*, *};

/// Workstation and Server.
pub(super) const NT4: Profile = Profile {
    platform: Platform::Nt4,
    name: "nt4",
    title: "Windows NT 4",
    releases: rule(
        "Windows NT 4 Workstation and Server",
        Documented("the versions in each page's requirements"),
    ),
    protect_view: rule(
        Answer::Works,
        Reported("conformance tests; NT 4 is said to check less than V-54, what less is not told"),
    ),
    prefixes: rule(
        Prefixes::Refused(Win32Code::PATH_NOT_FOUND),
        Reported("conformance tests: Local\\Foo gives 3"),
    ),
    kinds: rule(
        KINDS_NT4,
        Seed("S2's four kinds; S4's waitable timer came with NT 4, its job with 2000"),
    ),
    other_kinds_name: rule(
        OtherKind::Refused(Win32Code::INVALID_HANDLE),
        Seed("S2: ERROR_INVALID_HANDLE; the SDK text of 1998 has 183 for sync objects (Q-18)"),
    ),
    name_scope: rule(
        NameScope::Machine,
        Documented("Kernel object namespaces: no sessions without Terminal Server"),
    ),
    first_user_session: rule(
        Session(None),
        Documented("Kernel object namespaces: no sessions without Terminal Server"),
    ),
    user_shares_session_zero: rule(
        Has::Yes,
        Seed("S0: prior to Vista all services shared the first user's"),
    ),
    global_privilege: rule(
        GlobalPrivilege::NoGlobal,
        Documented("SeCreateGlobalPrivilege: from 2000 SP4"),
    ),
    ..WIN2000
};

/// Terminal Server Edition.
pub(super) const NT4_TSE: Profile = Profile {
    name: "nt4-tse",
    title: "Windows NT 4 Terminal Server Edition",
    releases: rule(
        "Windows NT 4 Terminal Server Edition",
        Documented("the versions in each page's requirements"),
    ),
    prefixes: rule(
        Prefixes::Understood,
        Documented("Kernel object namespaces: from Terminal Server Edition"),
    ),
    name_scope: rule(
        NameScope::Session,
        Documented("an article of the 1990s: names carried a session number (N-34)"),
    ),
    first_user_session: rule(
        Session(Some(0)),
        Documented("console and services in session 0, remote users from 1"),
    ),
    global_privilege: rule(GlobalPrivilege::NotNeeded, WIN2000_SP3.global_privilege.from),
    ..NT4
};
