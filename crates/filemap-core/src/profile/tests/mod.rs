//! One test per part of the specification's tables; each cell is checked by value and named `clause/platform`.

mod coverage;
mod views;

use super::*;
use std::format;
use std::string::{String, ToString};
use std::vec;

/// Checks a field on all nine platforms: win32s win95 nt351 nt4 win2000 xp vista nt ce.
macro_rules! row {
    ($clause:literal, $field:ident, [$($want:expr),* $(,)?]) => {{
        let wanted = [$($want),*];
        assert_eq!(wanted.len(), Platform::ALL.len(), $clause);
        for (platform, want) in Platform::ALL.into_iter().zip(wanted) {
            assert_eq!(platform.profile().$field.is, want, "{}/{platform}", $clause);
        }
        assert!(
            FIELDS.iter().any(|(field, clauses, _)| *field == stringify!($field) && clauses.contains(&$clause)),
            "{} is cited by {}", $clause, stringify!($field)
        );
    }};
}

use row;

const REFUSED_5: Code = Code(Some(Win32Code::ACCESS_DENIED));
const REFUSED_8: Code = Code(Some(Win32Code::NOT_ENOUGH_MEMORY));
const REFUSED_87: Code = Code(Some(Win32Code::INVALID_PARAMETER));
const REFUSED_487: Code = Code(Some(Win32Code::INVALID_ADDRESS));
const GB: u64 = 1 << 30;
const USER: Range<u64> = 0x1_0000..0x7fff_ffff_0000;
const GRANULARITY: u64 = 0x1_0000;

fn of(platform: Platform) -> &'static Profile {
    platform.profile()
}

#[test]
fn names_are_those_of_the_table() {
    // P-30 .. P-39
    use {GlobalPrivilege::*, Has::*, NameEnd::*, NameScope::*};
    let (u, p3) = (Prefixes::Understood, Prefixes::Refused(Win32Code::PATH_NOT_FOUND));
    let p123 = Prefixes::Refused(Win32Code::INVALID_NAME);
    row!(
        "P-30",
        prefixes,
        [p123, p123, p3, p3, u, u, u, u, Prefixes::NotSpecial]
    );
    let (b, r) = (Backslash::Separates, Backslash::Refused(Win32Code::INVALID_NAME));
    row!(
        "N-12",
        backslash_in_name,
        [r, r, b, b, b, b, b, b, Backslash::Ordinary]
    );
    let four = Kinds(0x0f);
    let (five, six) = (Kinds(0x1f), Kinds(0x3f));
    row!("P-31", kinds, [four, four, four, five, six, six, six, six, four]);
    let s = NameSpaces::Shared;
    row!("P-31", name_spaces, [s, s, s, s, s, s, s, s, NameSpaces::PerType]);
    let o = OtherKind::Refused(Win32Code::INVALID_HANDLE);
    row!(
        "P-32",
        other_kinds_name,
        [o, o, o, o, o, o, o, o, OtherKind::BothExist]
    );
    let (m, apart) = (Machine, SessionServicesApart);
    row!(
        "P-33",
        name_scope,
        [m, m, m, m, Session, Session, apart, apart, m]
    );
    row!("P-33", app_containers, [No, No, No, No, No, No, No, Yes, No]);
    let (none, zero, one) = (
        rules::Session(None),
        rules::Session(Some(0)),
        rules::Session(Some(1)),
    );
    row!(
        "P-34",
        first_user_session,
        [none, none, none, none, zero, zero, one, one, none]
    );
    row!(
        "P-34",
        user_shares_session_zero,
        [Yes, Yes, Yes, Yes, Yes, Yes, No, No, Yes]
    );
    let g = NoGlobal;
    row!(
        "P-35",
        global_privilege,
        [g, g, g, g, Needed, Needed, Needed, Needed, g]
    );
    row!(
        "P-36",
        max_name_units,
        [260, 260, 32_766, 32_766, 32_766, 32_766, 32_766, 32_766, 260]
    );
    let e = EmptyName::Unnamed;
    row!("P-37", empty_name, [e, e, e, e, e, e, e, e, EmptyName::RealName]);
    row!("P-38", private_namespaces, [No, No, No, No, No, No, Yes, Yes, No]);
    let (v, h) = (LastHandleAndView, LastHandle);
    row!("P-39", name_ends_with, [v, v, h, h, h, h, h, h, UseCount]);
}

#[test]
fn the_first_user_is_in_session_0_up_to_xp_and_in_1_since_vista() {
    // N-30, N-31, N-33, N-92
    assert_eq!(
        [0, 1, 2].map(|nth| of(Platform::Xp).user_session(nth)),
        [Some(0), Some(1), Some(2)]
    );
    assert_eq!(
        [0, 1].map(|nth| of(Platform::Vista).user_session(nth)),
        [Some(1), Some(2)]
    );
    assert_eq!(of(Platform::Nt4).user_session(0), None);
    assert_eq!(named("nt4-tse").unwrap().user_session(1), Some(1), "N-12, N-34");
}

#[test]
fn the_privilege_for_global_came_with_service_packs() {
    // P-35, N-40, N-41, N-45
    let needs = |name: &str, session| named(name).unwrap().needs_global_privilege(session);
    for (name, want) in [
        ("win2000-sp3", false),
        ("win2000", true),
        ("xp-sp1", false),
        ("xp-sp2", true),
        ("server2003-rtm", true),
        ("vista", true),
        ("nt", true),
        ("nt4", false),
        ("nt4-tse", false),
        ("win95", false),
        ("ce", false),
    ] {
        assert_eq!(needs(name, 1), want, "P-35/{name}");
        assert!(!needs(name, 0), "N-45/{name}");
    }
}

#[test]
fn windows_ce_is_as_its_pages_and_kb301242_say() {
    // P-40 .. P-50
    let ce = of(Platform::Ce);
    assert_eq!(ce.file_for_mapping.is, FileForMapping::Present, "P-40/ce");
    assert_eq!(
        named("ce6").unwrap().file_for_mapping.is,
        FileForMapping::Obsolete,
        "P-41/ce-6"
    );
    assert_eq!(ce.mappable_handles.is, MappableHandles::Either, "P-41/ce, Q-6");
    assert!(ce.file_for_mapping_access.is.has(FileAccess::WRITE.0), "P-42/ce");
    assert!(
        !named("ce 2.0")
            .unwrap()
            .file_for_mapping_access
            .is
            .has(FileAccess::WRITE.0),
        "P-42/ce-2.0"
    );
    assert_eq!(
        ce.file_for_mapping_security.is,
        Argument::MustBeNull(Win32Code::INVALID_PARAMETER),
        "P-43/ce"
    );
    assert_eq!(ce.file_for_mapping_template.is, Argument::Ignored, "P-43/ce");
    assert_eq!(ce.file_for_mapping_share.is, Argument::Used, "P-43/ce");
    assert_eq!(ce.writers_of_a_file.is, Limit(Some(1)), "P-44/ce");
    assert_eq!(ce.second_process.is, SecondProcess::CreateOnly, "P-45/ce");
    assert_eq!(ce.name_scope.is, NameScope::Machine, "P-46/ce");
    assert_eq!(ce.unnamed_sharing.is, UnnamedSharing::NotSafe, "P-47/ce");
    assert_eq!(ce.name_ends_with.is, NameEnd::UseCount, "P-48/ce");
    assert!(ce.releases.is.contains("2.10 to 5.0"), "P-49/ce");
    assert_eq!(
        ce.mapping_attributes.is,
        Argument::MustBeNull(Win32Code::INVALID_PARAMETER),
        "P-50/ce"
    );
    assert_eq!(
        ce.readonly_without_file.is,
        Answer::Refused(Win32Code::INVALID_PARAMETER),
        "P-50/ce"
    );
    assert_eq!(ce.dotnet.is, DotNet::PInvoke, "P-50/ce");
    for platform in Platform::ALL
        .into_iter()
        .filter(|platform| *platform != Platform::Ce)
    {
        assert_eq!(
            of(platform).file_for_mapping.is,
            FileForMapping::Missing,
            "P-40/{platform}"
        );
        assert_eq!(
            of(platform).second_process.is,
            SecondProcess::CreateOrOpen,
            "P-45/{platform}"
        );
        assert_eq!(
            of(platform).readonly_without_file.is,
            Answer::Works,
            "P-50/{platform}"
        );
    }
}

#[test]
fn the_rest_is_that_of_the_table() {
    // P-60 .. P-66
    use Has::{No, Yes};
    let (i, e) = (Security::Ignored, Security::Enforced);
    row!("P-60", security, [i, i, e, e, e, e, e, e, Security::None]);
    let (d, r) = (
        DeleteMapped::Succeeds,
        DeleteMapped::Refused(Win32Code::ACCESS_DENIED),
    );
    row!(
        "P-61",
        delete_mapped_file,
        [d, d, r, r, r, r, r, DeleteMapped::NameGoes, r]
    );
    assert_eq!(named("win7").unwrap().delete_mapped_file.is, r, "P-61/win7, Q-11");
    row!(
        "P-62",
        signal_object_and_wait,
        [No, No, No, Yes, Yes, Yes, Yes, Yes, No]
    );
    let (w, n) = (Answer::Works, Answer::Refused(Win32Code::NOACCESS));
    row!("P-63", protect_null_old, [w, w, n, n, n, n, n, n, n]);
    let (a, z) = (Page::NOACCESS, Page::empty());
    row!("P-64", reserved_query_protect, [a, a, z, z, z, z, z, z, z]);
    use LargePageViews::*;
    let l = NoLargePages;
    row!(
        "P-65",
        large_page_views,
        [l, l, l, l, l, l, AlwaysLarge, WhenAsked, l]
    );
    assert_eq!(
        named("win7").unwrap().large_page_views.is,
        AlwaysLarge,
        "P-65/win7"
    );
    let (b, t) = (SameAddress::NoBenefit, SameAddress::TwoApproaches);
    row!(
        "P-66",
        same_address,
        [b, b, t, t, t, t, t, t, SameAddress::NoFunction]
    );
    row!("A-41", integrity_levels, [No, No, No, No, No, No, Yes, Yes, No]);
    let (f5, f87) = (REFUSED_5, REFUSED_87);
    row!("M-12", file_right_missing, [f87, f87, f5, f5, f5, f5, f5, f5, f5]);
}

#[test]
fn kinds_came_one_by_one() {
    // P-31
    assert!(!of(Platform::Nt351).has_kind(Kind::WaitableTimer));
    assert!(of(Platform::Nt4).has_kind(Kind::WaitableTimer) && !of(Platform::Nt4).has_kind(Kind::Job));
    assert!(of(Platform::Win2000).has_kind(Kind::Job));
}
