//! One test per part of the specification's tables; each cell is checked by value and named `clause/platform`.

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
fn sizes_and_growth_are_those_of_the_table() {
    // P-10 .. P-19
    use {FileLimit::*, Has::*, HighHalf::*, PagefileLimit::*};
    let c = CommittableMemory;
    row!("P-10", pagefile_limit, [c, c, c, c, c, c, c, c, PhysicalMemory]);
    let d = DiskSpace;
    row!(
        "P-11",
        file_limit,
        [VirtualMemoryAndDiskSpace, d, d, d, d, d, d, d, d]
    );
    row!(
        "P-12",
        file_sections_take_memory,
        [Yes, No, No, No, No, No, No, No, No]
    );
    let arena = ViewLimit {
        max: GB,
        of: ViewSpace::SharedArena,
    };
    let two = ViewLimit {
        max: 2 * GB,
        of: ViewSpace::OwnAddressSpace,
    };
    let wide = ViewLimit {
        max: 128 << 40,
        of: ViewSpace::OwnAddressSpace,
    };
    let ce = ViewLimit {
        max: 0x3e00_0000,
        of: ViewSpace::SharedArena,
    };
    row!(
        "P-13",
        view_limit,
        [arena, arena, two, two, two, two, two, wide, ce]
    );
    row!(
        "P-15",
        size_high,
        [Ignored, Ignored, Used, Used, Used, Used, Used, Used, Used]
    );
    row!(
        "P-16",
        offset_high,
        [Ignored, Ignored, Used, Used, Used, Used, Used, Used, Used]
    );
    let works = Answer::Works;
    let no = Answer::Refused(Win32Code::INVALID_PARAMETER);
    row!(
        "P-19",
        noaccess_object,
        [works, works, no, no, no, no, no, no, no]
    );
}

#[test]
fn a_file_grows_with_writecopy_on_95_only() {
    // P-14, M-24, M-25
    let grows = |platform, page: Protections| of(platform).grows(page.0);
    for platform in Platform::ALL {
        assert_eq!(grows(platform, Protections::READWRITE), Ok(()), "P-14/{platform}");
        assert_eq!(
            grows(platform, Protections::READONLY),
            Err(Win32Code::NOT_ENOUGH_MEMORY),
            "P-14/{platform}"
        );
        let writecopy = match platform {
            Platform::Win95 | Platform::Win32s => Ok(()),
            _ => Err(Win32Code::NOT_ENOUGH_MEMORY),
        };
        assert_eq!(
            grows(platform, Protections::WRITECOPY),
            writecopy,
            "P-14/{platform}"
        );
    }
    assert_eq!(grows(Platform::Nt, Protections::EXECUTE_READWRITE), Ok(()));
    assert_eq!(of(Platform::Nt).grows(0), Err(Win32Code::NOT_ENOUGH_MEMORY));
}

#[test]
fn image_and_nocache_sections_are_refused_on_95_only() {
    // P-17, M-13
    let refused = Err(Win32Code::INVALID_PARAMETER);
    for platform in [
        Platform::Nt351,
        Platform::Nt4,
        Platform::Win2000,
        Platform::Xp,
        Platform::Vista,
        Platform::Nt,
    ] {
        assert_eq!(
            of(platform).accepts_sec_flags(SecFlags::IMAGE.0),
            Ok(()),
            "P-17/{platform}"
        );
        assert_eq!(
            of(platform).accepts_sec_flags(SecFlags::NOCACHE.and(SecFlags::COMMIT).0),
            Ok(()),
            "P-17/{platform}"
        );
    }
    assert_eq!(
        of(Platform::Win95).accepts_sec_flags(SecFlags::IMAGE.0),
        refused,
        "P-17/win95"
    );
    assert_eq!(
        of(Platform::Win95).accepts_sec_flags(SecFlags::NOCACHE.0),
        refused,
        "P-17/win95"
    );
    assert_eq!(
        of(Platform::Win95).accepts_sec_flags(SecFlags::COMMIT.0),
        Ok(()),
        "P-17/win95"
    );

    let no_execute = SecFlags::IMAGE.and(SecFlags::NOCACHE).0;
    assert_eq!(of(Platform::Nt).accepts_sec_flags(no_execute), Ok(()), "M-13/nt");
    assert_eq!(
        named("win7").unwrap().accepts_sec_flags(no_execute),
        refused,
        "M-13/win7"
    );
    assert_eq!(
        of(Platform::Xp).accepts_sec_flags(SecFlags::LARGE_PAGES.0),
        refused,
        "M-13/xp"
    );
    assert_eq!(
        named("server2003")
            .unwrap()
            .accepts_sec_flags(SecFlags::LARGE_PAGES.0),
        Ok(()),
        "M-13/server2003"
    );
    assert_eq!(
        of(Platform::Vista).accepts_sec_flags(SecFlags::WRITECOMBINE.0),
        Ok(()),
        "M-13/vista"
    );
    assert_eq!(
        of(Platform::Nt).accepts_sec_flags(SecFlags::NO_CHANGE.0),
        Ok(()),
        "M-13/nt"
    );
    assert_eq!(
        of(Platform::Nt).accepts_sec_flags(0x0080_0000),
        refused,
        "SEC_FILE is no input, M-13"
    );
}

#[test]
fn page_protections_came_one_by_one() {
    // P-18, M-10, M-11
    let table: &[(&str, &[u32])] = &[
        ("win95", &[0x01, 0x02, 0x04, 0x08]),
        ("nt351", &[0x02, 0x04, 0x08]),
        ("nt4", &[0x02, 0x04, 0x08]),
        ("win2000", &[0x02, 0x04, 0x08]),
        ("xp-sp1", &[0x02, 0x04, 0x08]),
        ("server2003-rtm", &[0x02, 0x04, 0x08]),
        ("xp", &[0x02, 0x04, 0x08, 0x20, 0x40]),
        ("server2003", &[0x02, 0x04, 0x08, 0x20, 0x40]),
        ("vista-rtm", &[0x02, 0x04, 0x08, 0x20, 0x40]),
        ("vista", &[0x02, 0x04, 0x08, 0x20, 0x40, 0x80]),
        ("nt", &[0x02, 0x04, 0x08, 0x20, 0x40, 0x80]),
        ("ce", &[0x02, 0x04]),
    ];
    for (name, legal) in table {
        let profile = named(name).unwrap();
        for page in 0..0x1000 {
            let want = match legal.contains(&page) {
                true => Ok(()),
                false => Err(Win32Code::INVALID_PARAMETER),
            };
            assert_eq!(profile.accepts_protection(page), want, "P-18/{name} {page:#x}");
        }
        assert_eq!(
            profile.execute_views.is.yes(),
            legal.contains(&0x20),
            "V-15/{name}"
        );
    }
}

#[test]
fn views_are_those_of_the_table() {
    // P-21 .. P-29
    use Answer::{Refused, Works};
    let (o8, o487) = (REFUSED_8, REFUSED_487);
    row!(
        "P-21",
        base_occupied,
        [o8, o8, o8, o487, o487, o487, o487, o487, Code(None)]
    );
    let any = CopyViews::AnyObject;
    let only = CopyViews::WritecopyObjectOfAFile(Win32Code::INVALID_PARAMETER);
    let none = CopyViews::NotSupported(Win32Code::INVALID_PARAMETER);
    row!(
        "P-24",
        file_map_copy,
        [only, only, any, any, any, any, any, any, none]
    );
    use WritecopyViews::*;
    let (s, p) = (SharedBetweenProcesses, Private);
    row!("P-25", writecopy_views, [s, s, p, p, p, p, p, p, NotSupported]);
    let (r5, r87) = (REFUSED_5, REFUSED_87);
    row!(
        "P-26",
        write_view_on_readonly_object,
        [r87, r87, r5, r5, r5, r5, r5, r5, r5]
    );
    let r487 = Refused(Win32Code::INVALID_ADDRESS);
    row!(
        "P-27",
        unmap_inside_view,
        [r487, r487, Works, Works, Works, Works, Works, Works, r487]
    );
    let no = Refused(Win32Code::INVALID_PARAMETER);
    row!(
        "P-28",
        protect_view,
        [no, no, Works, Works, Works, Works, Works, Works, Works]
    );
    let end = FlushZero::ToTheEnd;
    let not = FlushZero::Refused(Win32Code::INVALID_PARAMETER);
    row!("P-29", flush_zero, [end, end, end, end, end, end, end, end, not]);
}

#[test]
fn a_base_is_placed_refused_or_rounded_as_the_platform_does() {
    // P-20, P-22, V-31, V-32, V-37
    let place = |platform, base, len| of(platform).place_base(base, len, USER, GRANULARITY);
    let outside = Err(Win32Code::INVALID_PARAMETER);
    let unaligned = Err(Win32Code::MAPPED_ALIGNMENT);
    for platform in [
        Platform::Nt351,
        Platform::Nt4,
        Platform::Win2000,
        Platform::Xp,
        Platform::Vista,
    ] {
        assert_eq!(place(platform, GB, 4096), Ok(GB), "P-20/{platform}");
        assert_eq!(place(platform, 2 * GB, 4096), outside, "P-20/{platform}");
        assert_eq!(
            place(platform, 2 * GB - GRANULARITY, 2 * GRANULARITY),
            outside,
            "V-31/{platform}: runs past the top"
        );
        assert_eq!(place(platform, GB + 4096, 4096), unaligned, "P-22/{platform}");
        assert_eq!(
            place(platform, 2 * GB + 4096, 4096),
            outside,
            "V-37/{platform}: range before alignment"
        );
    }
    assert_eq!(place(Platform::Nt, 100 * GB, 4096), Ok(100 * GB), "P-20/nt");
    assert_eq!(place(Platform::Nt, USER.end, 4096), outside, "P-20/nt");
    assert_eq!(place(Platform::Nt, 0, 4096), outside, "P-20/nt");
    assert_eq!(place(Platform::Nt, GB, u64::MAX), outside, "V-31/nt");
    assert_eq!(place(Platform::Nt, GB + 1, 4096), unaligned, "P-22/nt");

    let outside = Err(Win32Code::INVALID_ADDRESS);
    assert_eq!(place(Platform::Win95, GB, 4096), outside, "P-20/win95");
    assert_eq!(place(Platform::Win95, 3 * GB, 4096), outside, "P-20/win95");
    assert_eq!(
        place(Platform::Win95, 2 * GB + 0x1_2345, 4096),
        Ok(2 * GB + 0x1_0000),
        "P-22/win95"
    );
    assert_eq!(
        place(Platform::Ce, 2 * GB, 4096),
        Err(Win32Code::PROC_NOT_FOUND),
        "P-20/ce"
    );
}

#[test]
fn on_95_the_first_view_fixes_the_address_of_all() {
    // P-23, V-30, V-34
    let first = Some(2 * GB);
    let w95 = of(Platform::Win95);
    assert_eq!(
        w95.further_view(None, None),
        Ok(None),
        "the first view is free to go anywhere"
    );
    assert_eq!(w95.further_view(None, first), Ok(first));
    assert_eq!(w95.further_view(first, None), Ok(first));
    assert_eq!(w95.further_view(first, first), Ok(first));
    assert_eq!(
        w95.further_view(first, Some(2 * GB + GRANULARITY)),
        Err(Win32Code::INVALID_ADDRESS),
        "P-23/win95"
    );
    assert_eq!(of(Platform::Nt4).further_view(first, None), Ok(None), "P-23/nt4");
    assert_eq!(
        of(Platform::Nt).further_view(first, Some(GB)),
        Ok(Some(GB)),
        "P-23/nt"
    );
    assert_eq!(of(Platform::Ce).further_view(first, None), Ok(first), "P-23/ce");
    assert_eq!(
        named("ce-6").unwrap().further_view(first, None),
        Ok(None),
        "P-23/ce-6"
    );
}

#[test]
fn on_95_a_copy_view_needs_a_writecopy_object_of_a_file() {
    // P-24, V-13
    let refused = Err(Win32Code::INVALID_PARAMETER);
    let copy = |platform, page: Protections, file| of(platform).copy_view(page.0, file);
    assert_eq!(copy(Platform::Win95, Protections::WRITECOPY, true), Ok(()));
    assert_eq!(copy(Platform::Win95, Protections::WRITECOPY, false), refused);
    assert_eq!(copy(Platform::Win95, Protections::READWRITE, true), refused);
    assert_eq!(
        copy(Platform::Nt4, Protections::READWRITE, false),
        Ok(()),
        "P-24/nt4"
    );
    assert_eq!(
        copy(Platform::Ce, Protections::READWRITE, true),
        refused,
        "P-24/ce"
    );
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
    let (a, z) = (Protections::NOACCESS, Protections::NONE);
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
fn the_high_half_of_a_size_counts_except_on_95() {
    // P-15, P-16, M-9
    for (platform, want) in [
        (Platform::Win95, 2),
        (Platform::Nt4, 0x1_0000_0002),
        (Platform::Ce, 0x1_0000_0002),
    ] {
        assert_eq!(of(platform).size(1, 2), want, "P-15/{platform}");
        assert_eq!(of(platform).offset(1, 2), want, "P-16/{platform}");
    }
}

#[test]
fn kinds_came_one_by_one() {
    // P-31
    assert!(!of(Platform::Nt351).has_kind(Kind::WaitableTimer));
    assert!(of(Platform::Nt4).has_kind(Kind::WaitableTimer) && !of(Platform::Nt4).has_kind(Kind::Job));
    assert!(of(Platform::Win2000).has_kind(Kind::Job));
}

#[test]
fn every_clause_about_platforms_has_a_row_and_every_row_has_nine_cells() {
    let rows = rows();
    for number in (10..=50).chain(60..=66) {
        let clause = format!("P-{number}");
        assert!(
            rows.iter().any(|row| row.clauses.contains(&clause.as_str())),
            "{clause}"
        );
    }
    for row in &rows {
        assert_eq!(row.cells.len(), Platform::ALL.len(), "{}", row.field);
        assert!(
            !row.clauses.is_empty() && !row.behaviour.is_empty(),
            "{}",
            row.field
        );
        for cell in &row.cells {
            assert!(
                !cell.value.is_empty() && !cell.from.text().is_empty(),
                "{}/{}",
                row.field,
                cell.profile
            );
        }
    }
    assert_eq!(rows_of(Profile::ALL)[0].cells.len(), Profile::ALL.len());
}

#[test]
fn every_fact_about_platforms_in_the_seeds_has_a_cell_that_names_the_seed() {
    // The platform facts of the list of seed coverage: seed, clause, platforms that it speaks of.
    let all_nt = ["nt351", "nt4", "win2000", "xp", "vista", "nt"].as_slice();
    let facts: &[(&str, &str, &[&str])] = &[
        ("S0", "P-33", &["xp", "vista"]),
        ("S0", "P-34", &["xp", "vista"]),
        ("S0", "N-30", &["xp"]),
        ("S0", "N-31", &["vista"]),
        ("S0", "N-33", &["xp"]),
        ("S0", "P-60", &["xp", "vista"]),
        ("S0", "P-30", &["xp", "vista"]),
        ("S1", "P-35", &["vista"]),
        ("S2", "P-10", &["win32s", "win95", "nt4"]),
        ("S2", "P-11", &["win32s", "win95", "nt4"]),
        ("S2", "P-12", &["win32s"]),
        ("S2", "P-13", &["win95", "nt4"]),
        ("S2", "P-14", &["win32s", "win95", "nt4"]),
        ("S2", "P-15", &["win95"]),
        ("S2", "P-16", &["win95"]),
        ("S2", "P-17", &["win95"]),
        ("S2", "P-20", &["win95", "nt351", "nt4"]),
        ("S2", "P-21", &["win32s", "win95", "nt351", "nt"]),
        ("S2", "P-22", &["win95", "nt4"]),
        ("S2", "P-23", &["win95", "nt4"]),
        ("S2", "V-34", &["win95"]),
        ("S2", "P-24", &["win95", "nt4"]),
        ("S2", "P-25", &["win95", "nt4"]),
        ("S2", "P-31", &["win32s", "win95", "nt351"]),
        ("S2", "P-32", all_nt),
        ("S2", "P-39", &["win95", "nt"]),
        ("S2", "P-66", &["win95", "nt4"]),
        ("S3", "P-40", &["ce"]),
        ("S3", "P-41", &["ce"]),
        ("S3", "P-42", &["ce"]),
        ("S3", "P-43", &["ce"]),
        ("S3", "P-44", &["ce"]),
        ("S3", "P-45", &["ce"]),
        ("S3", "P-46", &["ce"]),
        ("S3", "P-47", &["ce"]),
        ("S3", "P-48", &["ce"]),
        ("S3", "P-49", &["ce"]),
        ("S4", "P-31", &["nt", "win2000"]),
        ("S4", "P-50", &["win2000", "nt"]),
        ("S4", "P-30", &["nt"]),
    ];
    let rows = rows();
    for (seed, clause, platforms) in facts {
        for platform in *platforms {
            let cells = rows.iter().filter(|row| row.clauses.contains(clause));
            let mut cells = cells
                .flat_map(|row| &row.cells)
                .filter(|cell| cell.profile == *platform);
            assert!(
                cells.any(|cell| cell.from.text().contains(seed)),
                "{seed}: {clause}/{platform}"
            );
        }
    }
}

#[test]
fn a_cell_that_claims_a_seed_begins_with_its_tag() {
    for row in rows_of(Profile::ALL) {
        for cell in row
            .cells
            .iter()
            .filter(|cell| matches!(cell.from, Evidence::Seed(_)))
        {
            let tag = cell.from.text().as_bytes();
            assert!(
                tag[0] == b'S' && (b'0'..=b'4').contains(&tag[1]),
                "{}/{}: {}",
                row.field,
                cell.profile,
                cell.from
            );
        }
    }
}

#[test]
fn every_profile_is_found_by_its_name_and_no_two_are_the_same() {
    for profile in Profile::ALL {
        assert_eq!(named(profile.name).unwrap().name, profile.name);
        assert_eq!(profile.name.parse::<Platform>().unwrap(), profile.platform);
    }
    for (i, a) in Profile::ALL.iter().enumerate() {
        for b in &Profile::ALL[i + 1..] {
            assert_ne!(a.name, b.name);
            let bare = |p: &Profile| Profile {
                name: "",
                title: "",
                releases: a.releases,
                ..*p
            };
            let differ = bare(a).told().iter().zip(bare(b).told()).any(|(a, b)| a.0 != b.0);
            assert!(differ, "{} and {} have the same rules", a.name, b.name);
        }
    }
    for platform in Platform::ALL {
        assert_eq!(platform.profile().platform, platform);
        assert_eq!(platform.to_string(), platform.name());
    }
}

#[test]
fn people_may_write_a_platform_as_they_like() {
    let table = [
        ("win98", "win95"),
        ("WinME", "win95"),
        ("Windows 95", "win95"),
        ("2000", "win2000"),
        ("windows2000", "win2000"),
        ("win2000-sp3", "win2000-sp3"),
        ("w2k_sp1", "win2000-sp3"),
        ("win7", "win7"),
        ("win7-sp1", "win7"),
        ("Windows 8.1", "win8"),
        ("win10", "nt"),
        ("win11", "nt"),
        ("NT", "nt"),
        ("Windows NT 4.0 SP6", "nt4"),
        ("xp-sp1", "xp-sp1"),
        ("XPSP3", "xp"),
        ("Windows Server 2003 R2", "server2003"),
        ("2008", "vista"),
        ("Server 2008 R2", "win7"),
        ("vista-rtm", "vista-rtm"),
        ("wince", "ce"),
        ("Windows CE 3.0", "ce"),
        ("wince-6.0", "ce-6"),
        ("Windows Mobile", "ce"),
        ("win32s 1.3", "win32s"),
    ];
    for (text, name) in table {
        assert_eq!(named(text).map(|profile| profile.name), Ok(name), "{text}");
    }
    for text in [
        "",
        "windows",
        "xp-",
        "xp-sp9",
        "sp1",
        "nt5",
        "win",
        "linux",
        "xp sp1 sp2",
    ] {
        let found = named(text);
        match text {
            "win" => assert_eq!(found.unwrap().name, "nt"),
            _ => assert_eq!(found.unwrap_err().given(), text),
        }
    }
}

#[test]
fn the_error_lists_every_name_and_shows_control_characters() {
    let text = named("be\u{7}os").unwrap_err().to_string();
    for profile in Profile::ALL {
        assert!(text.contains(profile.name), "{}", profile.name);
    }
    assert!(text.contains("wince") && text.contains(r"be\u{7}os"));
}

#[test]
fn values_are_told_in_words() {
    let rows = rows();
    let cell = |clause: &str, platform: &str| -> vec::Vec<String> {
        let rows = rows.iter().filter(|row| row.clauses[0] == clause);
        let cells = rows.flat_map(|row| row.cells.iter().filter(|cell| cell.profile == platform));
        cells.map(|cell| cell.value.clone()).collect()
    };
    assert_eq!(
        cell("P-20", "win95"),
        ["2 GB to 3 GB, else refused (ERROR_INVALID_ADDRESS, 487)"]
    );
    assert_eq!(cell("P-22", "nt"), ["refused (ERROR_MAPPED_ALIGNMENT, 1132)"]);
    assert_eq!(cell("P-18", "ce"), ["PAGE_READONLY, PAGE_READWRITE"]);
    assert_eq!(
        cell("P-13", "nt"),
        ["largest free block of the process, at most 128 TB"]
    );
    assert_eq!(cell("P-44", "ce"), ["1"]);
    assert_eq!(cell("P-64", "nt"), ["none"]);
}
