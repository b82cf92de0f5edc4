//! Creating and opening file mapping objects: M-1..M-52, M-80..M-87, O-2..O-11, O-60..O-65, N-1..N-12.

use filemap::{FileMapAccess, FileMapping, FileMappingOptions, Namespace, Page, SectionFlags};
use filemap_testing::{PrivateRoot, private_root};
use std::fs::File;
use std::io::Write;

struct Place {
    _root: PrivateRoot,
    space: Namespace,
}

impl Place {
    fn new() -> Place {
        let root = private_root();
        let space = Namespace::at(root.path())
            .with_session(1)
            .with_global_privilege(true);
        Place { _root: root, space }
    }

    fn options<'a>(&self) -> FileMappingOptions<'a> {
        FileMapping::options().namespace(&self.space)
    }
}

fn code<T>(result: Result<T, filemap::Error>) -> u32 {
    result.map_or_else(|e| e.code().0, |_| 0)
}

fn file_with(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file
}

#[test]
fn a_second_create_opens_the_first_object_with_its_size_m40_o4() {
    let place = Place::new();
    let first = place.options().size(8192).create("frames").unwrap();
    assert!(!first.already_existed());
    first.map().unwrap().write_at(8000, b"mine").unwrap();
    let second = place
        .options()
        .size(100)
        .protection(Page::READONLY)
        .create(r"Local\frames")
        .unwrap();
    assert!(second.already_existed());
    assert_eq!(
        (second.len(), second.protection()),
        (8192, Page::READWRITE),
        "the first creator's"
    );
    assert_eq!(second.map().unwrap().to_vec(8000, 4).unwrap(), b"mine");
}

#[test]
fn a_second_create_has_the_rights_of_its_own_protection_f2_m41() {
    let place = Place::new();
    let _first = place.options().size(4096).create("a").unwrap();
    let second = place
        .options()
        .size(4096)
        .protection(Page::READONLY)
        .create("a")
        .unwrap();
    assert_eq!(second.rights().bits(), 0xF0005);
    assert_eq!(code(second.view().protection(Page::READWRITE).map()), 5);
}

#[test]
fn an_existing_weaker_object_can_be_opened_by_create_and_not_written_m42_v12() {
    let place = Place::new();
    let _weak = place
        .options()
        .size(4096)
        .protection(Page::READONLY)
        .create("weak")
        .unwrap();
    let strong = place.options().size(4096).create("weak").unwrap();
    assert_eq!(strong.rights().bits(), 0xF0007);
    assert_eq!(
        code(strong.view().protection(Page::READWRITE).map()),
        87,
        "not 5: the object is too weak"
    );
}

#[test]
fn creation_gives_exactly_the_rights_of_the_protection_o7() {
    let place = Place::new();
    let rows = [
        (Page::READONLY, 0xF0005),
        (Page::WRITECOPY, 0xF0005),
        (Page::READWRITE, 0xF0007),
        (Page::EXECUTE_READ, 0xF000D),
        (Page::EXECUTE_WRITECOPY, 0xF000D),
        (Page::EXECUTE_READWRITE, 0xF000F),
    ];
    for (protect, rights) in rows {
        let made = place
            .options()
            .size(4096)
            .protection(protect)
            .create_unnamed()
            .unwrap();
        assert_eq!(made.rights().bits(), rights, "{}", protect.name());
    }
}

#[test]
fn all_arguments_must_be_valid_even_when_the_call_only_opens_m50() {
    let place = Place::new();
    let _held = place.options().size(4096).create("held").unwrap();
    assert_eq!(code(place.options().create("held")), 87, "size 0");
    assert_eq!(
        code(place.options().size(1).raw_protection(0x01).create("held")),
        87,
        "PAGE_NOACCESS"
    );
    assert_eq!(
        code(place.options().size(1).raw_protection(0x0C00_0004).create("held")),
        87,
        "COMMIT and RESERVE"
    );
}

#[test]
fn every_other_page_protection_is_refused_m10() {
    let place = Place::new();
    for value in (0..0x800).filter(|v| ![0x02, 0x04, 0x08, 0x20, 0x40, 0x80].contains(v)) {
        assert_eq!(
            code(place.options().size(1).raw_protection(value).create("x")),
            87,
            "{value:#x}"
        );
    }
}

#[test]
fn memory_is_rounded_to_pages_and_files_are_exact_m22() {
    let place = Place::new();
    assert_eq!(place.options().size(0x3452).create("m").unwrap().len(), 0x4000);
    assert_eq!(place.options().size(256).create("n").unwrap().len(), 4096);
    let file = file_with(&[7; 36]);
    assert_eq!(place.options().file(&file).create("f").unwrap().len(), 36);
}

#[test]
fn empty_files_short_files_and_growing_files_m20_to_m26() {
    let place = Place::new();
    let empty = file_with(b"");
    assert_eq!(code(place.options().file(&empty).create("e")), 1006, "M-23");
    let short = file_with(b"short");
    assert_eq!(
        code(
            place
                .options()
                .file(&short)
                .protection(Page::READONLY)
                .size(100)
                .create("s")
        ),
        8,
        "M-25"
    );
    assert_eq!(
        code(
            place
                .options()
                .file(&short)
                .protection(Page::WRITECOPY)
                .size(100)
                .create("s")
        ),
        8,
        "M-25"
    );
    assert_eq!(short.metadata().unwrap().len(), 5, "not grown");
    let grown = place.options().file(&short).size(100_000).create("s").unwrap();
    assert_eq!(
        (grown.len(), short.metadata().unwrap().len()),
        (100_000, 100_000),
        "M-24"
    );
    let view = grown.map().unwrap();
    assert_eq!(view.to_vec(0, 7).unwrap(), b"short\0\0");
    let part = place.options().file(&short).size(10).create("part").unwrap();
    assert_eq!(
        (part.len(), short.metadata().unwrap().len()),
        (10, 100_000),
        "M-26"
    );
}

#[test]
fn an_existing_name_grows_the_file_all_the_same_m28() {
    let place = Place::new();
    let file = file_with(b"12345");
    let first = place.options().file(&file).create("grow").unwrap();
    let second = place.options().file(&file).size(9000).create("grow").unwrap();
    assert!(second.already_existed());
    assert_eq!((second.len(), file.metadata().unwrap().len()), (5, 9000));
    drop(first);
}

#[test]
fn bytes_that_a_file_gets_later_are_not_reached_m27() {
    let place = Place::new();
    let file = file_with(b"12345");
    let mapping = place.options().file(&file).create("later").unwrap();
    filemap::set_end_of_file(&file, 5000).unwrap();
    assert_eq!(mapping.len(), 5);
    assert_eq!(code(mapping.view().len(6).map()), 5, "V-4");
}

#[test]
fn things_that_are_no_files_are_refused_m5() {
    let place = Place::new();
    let directory = File::open("/").unwrap();
    assert_eq!(
        code(
            place
                .options()
                .file(&directory)
                .protection(Page::READONLY)
                .create("d")
        ),
        193
    );
    let null = File::open("/dev/null").unwrap();
    assert_eq!(
        code(place.options().file(&null).protection(Page::READONLY).create("d")),
        193
    );
    let (reader, _writer) = std::io::pipe().unwrap();
    assert_eq!(
        code(
            place
                .options()
                .file(&reader)
                .protection(Page::READONLY)
                .size(10)
                .create("d")
        ),
        193
    );
}

#[test]
fn the_file_must_be_open_for_what_the_protection_needs_m12() {
    let place = Place::new();
    let path = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(path.path(), b"content").unwrap();
    let open = |read, write| File::options().read(read).write(write).open(path.path()).unwrap();
    let rows = [
        (true, false, Page::READONLY, 0),
        (true, false, Page::WRITECOPY, 0),
        (true, false, Page::READWRITE, 5),
        (true, true, Page::READWRITE, 0),
        (false, true, Page::READONLY, 5),
        (false, true, Page::READWRITE, 5),
        (true, false, Page::EXECUTE_READWRITE, 5),
    ];
    for (read, write, protect, wanted) in rows {
        let file = open(read, write);
        let got = place.options().file(&file).protection(protect).create_unnamed();
        assert_eq!(code(got), wanted, "read {read} write {write} {}", protect.name());
    }
}

#[test]
fn a_locked_region_refuses_the_mapping_m51() {
    use filemap::sys::os::ofd_lock;
    let place = Place::new();
    let path = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(path.path(), [0; 100]).unwrap();
    let locker = File::options().read(true).write(true).open(path.path()).unwrap();
    let mapper = File::options().read(true).write(true).open(path.path()).unwrap();
    use std::os::fd::AsFd;
    assert!(ofd_lock::set(locker.as_fd(), 50, ofd_lock::Lock::Exclusive).unwrap());
    assert_eq!(code(place.options().file(&mapper).create("locked")), 33);
    assert_eq!(
        code(place.options().file(&mapper).size(50).create("locked")),
        0,
        "the lock is behind it"
    );
    drop(locker);
    assert_eq!(code(place.options().file(&mapper).create("free")), 0);
}

#[test]
fn section_flags_are_told_as_windows_tells_them_m15() {
    let place = Place::new();
    let flags = |options: FileMappingOptions<'_>| options.create_unnamed().unwrap().section_flags().unwrap();
    assert_eq!(flags(place.options().size(1)), SectionFlags::COMMIT);
    assert_eq!(
        flags(place.options().size(1).section_flags(SectionFlags::RESERVE)),
        SectionFlags::RESERVE
    );
    let nocache = SectionFlags::NOCACHE | SectionFlags::COMMIT;
    assert_eq!(
        flags(place.options().size(1).section_flags(nocache)),
        SectionFlags::COMMIT,
        "not reported"
    );
    let file = file_with(b"x");
    assert_eq!(
        flags(place.options().file(&file).section_flags(SectionFlags::RESERVE)),
        SectionFlags::FILE
    );
    let _held = place.options().size(1).create("q").unwrap();
    let reader = place.options().access(FileMapAccess::READ).open("q").unwrap();
    assert_eq!(code(reader.section_flags()), 5, "needs SECTION_QUERY");
}

#[test]
fn rights_of_an_opened_handle_are_exact_m84_m81_v10() {
    let place = Place::new();
    let _held = place.options().size(4096).create("exact").unwrap();
    let open = |mask| place.options().raw_access(mask).open("exact").unwrap();
    let view = |mask, protect| code(open(mask).view().protection(protect).map());
    assert_eq!(view(0x2, Page::READWRITE), 0, "FILE_MAP_WRITE alone writes");
    assert_eq!(view(0x2, Page::READONLY), 5, "and does not read");
    assert_eq!(view(0x4, Page::READONLY), 0);
    assert_eq!(view(0x4, Page::READWRITE), 5);
    assert_eq!(
        view(0x1, Page::READONLY),
        0,
        "FILE_MAP_COPY alone means read (F-15)"
    );
    assert_eq!(view(0x6, Page::READWRITE), 0);
    assert_eq!(view(0xF001F, Page::WRITECOPY), 0);
}

#[test]
fn bad_access_masks_are_refused_o10_o11_m87() {
    let place = Place::new();
    let _held = place.options().size(4096).create("mask").unwrap();
    for (mask, wanted) in [
        (0, 5),
        (0x10_0004, 5),
        (0x100, 5),
        (0x0100_0004, 1314),
        (0x0200_0000, 0),
    ] {
        assert_eq!(
            code(place.options().raw_access(mask).open("mask")),
            wanted,
            "{mask:#x}"
        );
    }
    // M-87: PAGE_READWRITE is FILE_MAP_READ, so the open works and writing fails.
    let trap = place.options().raw_access(0x04).open("mask").unwrap();
    assert_eq!(code(trap.view().protection(Page::READWRITE).map()), 5);
}

#[test]
fn names_that_can_not_be_opened_have_the_numbers_of_windows_o8_o9_o64_o65_f3() {
    let place = Place::new();
    let rows = [
        ("nobody", 2),
        (r"Global\nobody", 2),
        (r"Session\1\nobody", 2),
        (r"Session\99\x", 3),
        (r"global\x", 3),
        (r"Bar\x", 3),
        (r"a\", 3),
        (r"\x", 161),
        (r"Global\\x", 123),
        (r"Global\", 123),
        ("Global", 6),
        ("Local", 6),
        (r"Session\1", 6),
        ("", 6),
    ];
    for (name, wanted) in rows {
        assert_eq!(code(place.options().open(name)), wanted, "open {name:?}");
        if wanted != 2 && !name.is_empty() {
            assert_eq!(
                code(place.options().size(1).create(name)),
                wanted,
                "create {name:?}"
            );
        }
    }
}

#[test]
fn one_object_is_reached_by_all_spellings_of_its_name_n5_n10() {
    let place = Place::new();
    let object = place.options().size(4096).create("one").unwrap();
    for spelling in ["one", r"Local\one", r"Session\1\one", r"Local\Local\one"] {
        assert!(
            place.options().open(spelling).unwrap().is_same_object(&object),
            "{spelling}"
        );
    }
    assert_eq!(code(place.options().open("One")), 2, "O-60: case matters");
    let global = place.options().size(4096).create(r"Global\one").unwrap();
    assert!(
        !global.already_existed() && !global.is_same_object(&object),
        "N-1: another directory"
    );
}

#[test]
fn session_zero_is_global_and_sessions_are_apart_n2_n3() {
    let place = Place::new();
    let zero = place.space.with_session(0);
    let object = FileMapping::options()
        .namespace(&zero)
        .size(4096)
        .create("service")
        .unwrap();
    assert!(
        place
            .options()
            .open(r"Global\service")
            .unwrap()
            .is_same_object(&object)
    );
    let missing = place.options().open("service").unwrap_err();
    assert_eq!(missing.code().0, 2);
    assert!(missing.note().contains(r"Global\service"), "{missing}");
    let two = place.space.with_session(2);
    assert_eq!(
        code(FileMapping::options().namespace(&two).open(r"Local\service")),
        2
    );
}

#[test]
fn global_sections_need_the_privilege_to_be_created_and_not_to_be_opened_n41_n43() {
    let place = Place::new();
    let ordinary = place.space.with_global_privilege(false);
    let options = || FileMapping::options().namespace(&ordinary).size(4096);
    let refused = options().create(r"Global\x").unwrap_err();
    assert_eq!(refused.code().0, 5);
    assert!(
        refused.to_string().contains("SeCreateGlobalPrivilege"),
        "{refused}"
    );
    let _made = place.options().size(4096).create(r"Global\x").unwrap();
    assert!(options().create(r"Global\x").unwrap().already_existed());
    assert!(options().open(r"Global\x").is_ok());
    assert_eq!(
        code(
            FileMapping::options()
                .namespace(&ordinary.with_session(0))
                .size(1)
                .create("y")
        ),
        0,
        "N-45"
    );
}

#[test]
fn an_empty_name_makes_an_unnamed_object_o64() {
    let place = Place::new();
    let a = place.options().size(4096).create("").unwrap();
    let b = place.options().size(4096).create("").unwrap();
    assert!(!a.already_existed() && !b.already_existed() && !a.is_same_object(&b));
}

#[test]
fn odd_characters_and_long_names_are_names_like_any_other_o60_to_o63() {
    let place = Place::new();
    let long = "x".repeat(260);
    let longest = "ü".repeat(32_766);
    for name in [
        "a/b",
        "..",
        ".",
        " ",
        "100%",
        "tab\there",
        "\u{feff}",
        "nul:",
        "日本",
        &long,
        &longest,
    ] {
        let made = place.options().size(4096).create(name).unwrap();
        assert!(!made.already_existed(), "{name:?}");
        assert!(
            place.options().open(name).unwrap().is_same_object(&made),
            "{name:?}"
        );
        drop(made);
        assert_eq!(code(place.options().open(name)), 2, "{name:?}");
    }
    assert_eq!(code(place.options().size(1).create(&"x".repeat(32_767))), 123);
    assert_eq!(code(place.options().size(1).create("a\0b")), 87);
}

#[test]
fn a_creator_that_wants_to_be_first_is_told_o67() {
    let place = Place::new();
    let _squatter = place.options().size(4096).create("mine").unwrap();
    assert_eq!(code(place.options().size(4096).create_new("mine")), 183);
    assert_eq!(code(place.options().size(4096).create_new("free")), 0);
    let joined = place.options().size(1).open_or_create("mine").unwrap();
    assert!(joined.already_existed());
    assert!(
        !place
            .options()
            .size(1)
            .open_or_create("new")
            .unwrap()
            .already_existed()
    );
}

#[test]
fn absurd_sizes_are_refused_and_leave_nothing_m29_f11() {
    let place = Place::new();
    assert_eq!(code(place.options().size(1 << 63).create("big")), 87);
    assert_eq!(code(place.options().size((1 << 63) - 1).create("big")), 8);
    let commit = place.options().size(1 << 50).create("big").unwrap_err();
    assert_eq!(commit.code().0, 1455);
    assert!(commit.to_string().contains("free"), "{commit}");
    assert_eq!(code(place.options().open("big")), 2);
}

#[test]
fn large_pages_need_commit_privilege_and_size_m14() {
    let place = Place::new();
    let large = |size, more| {
        let flags = SectionFlags::LARGE_PAGES | more;
        code(place.options().size(size).section_flags(flags).create_unnamed())
    };
    assert_eq!(large(filemap::LARGE_PAGE, SectionFlags::empty()), 87);
    let wanted = if filemap::sys::os::process::may_lock_memory() {
        [0, 87]
    } else {
        [1314, 1314]
    };
    assert_eq!(large(filemap::LARGE_PAGE, SectionFlags::COMMIT), wanted[0]);
    assert_eq!(large(filemap::LARGE_PAGE + 4096, SectionFlags::COMMIT), wanted[1]);
}

#[test]
fn a_duplicate_has_its_own_exact_rights_o25_o26() {
    let place = Place::new();
    let full = place.options().size(4096).create("dup").unwrap();
    let reader = full.duplicate(FileMapAccess::READ).unwrap();
    assert_eq!(code(reader.view().protection(Page::READWRITE).map()), 5);
    let nothing = full.duplicate(FileMapAccess::empty()).unwrap();
    assert_eq!(code(nothing.view().protection(Page::NOACCESS).map()), 5);
    assert_eq!(
        code(full.duplicate(FileMapAccess::from_bits_retain(0x10_0000))),
        5,
        "F-15: unknown bits"
    );
    drop(full);
    let again = reader
        .duplicate(FileMapAccess::WRITE | FileMapAccess::READ)
        .unwrap();
    again
        .map()
        .unwrap()
        .write_at(0, b"more rights than the source")
        .unwrap();
    drop((reader, nothing));
    assert!(
        place.options().open("dup").is_ok(),
        "O-40: a duplicate is a handle"
    );
    drop(again);
    assert_eq!(code(place.options().open("dup")), 2);
}

#[test]
fn one_name_space_for_all_kinds_o2_o3() {
    use filemap::Kind;
    use filemap::core::layout::Footer;
    use filemap::sys::os::{ofd_lock, tmpfs};
    use std::os::fd::AsFd;
    let place = Place::new();
    drop(place.options().size(1).create("make the directory").unwrap());
    let directory = File::open(place.space.root().join("Sessions/1")).unwrap();
    // An event as any program with the same layout makes it.
    let footer = Footer {
        name: b"EV_ready".to_vec(),
        ..Footer::new(Kind::Event, 4096)
    };
    let event = tmpfs::unnamed_file(directory.as_fd(), 0o600).unwrap();
    tmpfs::write_at(event.as_fd(), &footer.to_bytes(), footer.offset()).unwrap();
    assert!(ofd_lock::set(event.as_fd(), ofd_lock::LIVE_BYTE, ofd_lock::Lock::Shared).unwrap());
    assert!(tmpfs::publish(event.as_fd(), directory.as_fd(), c"EV_ready").unwrap());
    let e = place.options().open("EV_ready").unwrap_err();
    assert_eq!(e.code().0, 6);
    assert!(e.to_string().contains("an event has this name"), "{e}");
    assert_eq!(code(place.options().size(4096).create("EV_ready")), 6);
    // The refused calls have not harmed it.
    assert_eq!(code(place.options().open("EV_ready")), 6);
    drop(event);
    assert_eq!(
        code(place.options().size(4096).create("EV_ready")),
        0,
        "its holder is gone"
    );
}
