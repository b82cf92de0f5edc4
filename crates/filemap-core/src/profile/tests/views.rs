//! Sizes, growth and views.

use super::*;

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
    let grows = |platform, page: Page| of(platform).grows(page.bits());
    for platform in Platform::ALL {
        assert_eq!(grows(platform, Page::READWRITE), Ok(()), "P-14/{platform}");
        assert_eq!(
            grows(platform, Page::READONLY),
            Err(Win32Code::NOT_ENOUGH_MEMORY),
            "P-14/{platform}"
        );
        let writecopy = match platform {
            Platform::Win95 | Platform::Win32s => Ok(()),
            _ => Err(Win32Code::NOT_ENOUGH_MEMORY),
        };
        assert_eq!(grows(platform, Page::WRITECOPY), writecopy, "P-14/{platform}");
    }
    assert_eq!(grows(Platform::Nt, Page::EXECUTE_READWRITE), Ok(()));
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
            of(platform).accepts_sec_flags(SectionFlags::IMAGE.bits()),
            Ok(()),
            "P-17/{platform}"
        );
        assert_eq!(
            of(platform).accepts_sec_flags(SectionFlags::NOCACHE.union(SectionFlags::COMMIT).bits()),
            Ok(()),
            "P-17/{platform}"
        );
    }
    assert_eq!(
        of(Platform::Win95).accepts_sec_flags(SectionFlags::IMAGE.bits()),
        refused,
        "P-17/win95"
    );
    assert_eq!(
        of(Platform::Win95).accepts_sec_flags(SectionFlags::NOCACHE.bits()),
        refused,
        "P-17/win95"
    );
    assert_eq!(
        of(Platform::Win95).accepts_sec_flags(SectionFlags::COMMIT.bits()),
        Ok(()),
        "P-17/win95"
    );

    let no_execute = SectionFlags::IMAGE.union(SectionFlags::NOCACHE).bits();
    assert_eq!(of(Platform::Nt).accepts_sec_flags(no_execute), Ok(()), "M-13/nt");
    assert_eq!(
        named("win7").unwrap().accepts_sec_flags(no_execute),
        refused,
        "M-13/win7"
    );
    assert_eq!(
        of(Platform::Xp).accepts_sec_flags(SectionFlags::LARGE_PAGES.bits()),
        refused,
        "M-13/xp"
    );
    assert_eq!(
        named("server2003")
            .unwrap()
            .accepts_sec_flags(SectionFlags::LARGE_PAGES.bits()),
        Ok(()),
        "M-13/server2003"
    );
    assert_eq!(
        of(Platform::Vista).accepts_sec_flags(SectionFlags::WRITECOMBINE.bits()),
        Ok(()),
        "M-13/vista"
    );
    assert_eq!(
        of(Platform::Nt).accepts_sec_flags(SectionFlags::NO_CHANGE.bits()),
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
    let arena = ViewAddress::SameEverywhere {
        low: 2 * GB,
        end: 3 * GB,
    };
    assert_eq!(
        w95.view_address.is, arena,
        "P-23/win95: S2 says where the arena is"
    );
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
    let copy = |platform, page: Page, file| of(platform).copy_view(page.bits(), file);
    assert_eq!(copy(Platform::Win95, Page::WRITECOPY, true), Ok(()));
    assert_eq!(copy(Platform::Win95, Page::WRITECOPY, false), refused);
    assert_eq!(copy(Platform::Win95, Page::READWRITE, true), refused);
    assert_eq!(copy(Platform::Nt4, Page::READWRITE, false), Ok(()), "P-24/nt4");
    assert_eq!(copy(Platform::Ce, Page::READWRITE, true), refused, "P-24/ce");
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
