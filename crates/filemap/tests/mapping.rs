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

// M-40, O-4
#[test]
fn a_second_create_opens_the_first_object_with_its_size() {
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

// F-2, M-41
#[test]
fn a_second_create_has_the_rights_of_its_own_protection() {
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

// M-42, V-12
#[test]
fn an_existing_weaker_object_can_be_opened_by_create_and_not_written() {
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

// O-7
#[test]
fn creation_gives_exactly_the_rights_of_the_protection() {
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

// M-50
#[test]
fn all_arguments_must_be_valid_even_when_the_call_only_opens() {
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

// M-10
#[test]
fn every_other_page_protection_is_refused() {
    let place = Place::new();
    for value in (0..0x800).filter(|v| ![0x02, 0x04, 0x08, 0x20, 0x40, 0x80].contains(v)) {
        assert_eq!(
            code(place.options().size(1).raw_protection(value).create("x")),
            87,
            "{value:#x}"
        );
    }
}

// M-22
#[test]
fn memory_is_rounded_to_pages_and_files_are_exact() {
    let place = Place::new();
    assert_eq!(place.options().size(0x3452).create("m").unwrap().len(), 0x4000);
    assert_eq!(place.options().size(256).create("n").unwrap().len(), 4096);
    let file = file_with(&[7; 36]);
    assert_eq!(place.options().file(&file).create("f").unwrap().len(), 36);
}

// M-20..M-26
#[test]
fn empty_files_short_files_and_growing_files() {
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

// M-28
#[test]
fn an_existing_name_grows_the_file_all_the_same() {
    let place = Place::new();
    let file = file_with(b"12345");
    let first = place.options().file(&file).create("grow").unwrap();
    let second = place.options().file(&file).size(9000).create("grow").unwrap();
    assert!(second.already_existed());
    assert_eq!((second.len(), file.metadata().unwrap().len()), (5, 9000));
    drop(first);
}

// M-27
#[test]
fn bytes_that_a_file_gets_later_are_not_reached() {
    let place = Place::new();
    let file = file_with(b"12345");
    let mapping = place.options().file(&file).create("later").unwrap();
    filemap::set_end_of_file(&file, 5000).unwrap();
    assert_eq!(mapping.len(), 5);
    assert_eq!(code(mapping.view().len(6).map()), 5, "V-4");
}

// M-5
#[test]
fn things_that_are_no_files_are_refused() {
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

// M-12
#[test]
fn the_file_must_be_open_for_what_the_protection_needs() {
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

// M-51
#[test]
fn a_locked_region_refuses_the_mapping() {
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

// M-15
#[test]
fn section_flags_are_told_as_windows_tells_them() {
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

// M-84, M-81, V-10
#[test]
fn rights_of_an_opened_handle_are_exact() {
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

// O-10, O-11, M-87
#[test]
fn bad_access_masks_are_refused() {
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

// O-8, O-9, O-64, O-65, F-3
#[test]
fn names_that_can_not_be_opened_have_the_numbers_of_windows() {
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

// N-4, N-5, N-10
#[test]
fn one_object_is_reached_by_all_spellings_of_its_name() {
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

// N-2, N-3
#[test]
fn session_zero_is_global_and_sessions_are_apart() {
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

// N-41, N-43
#[test]
fn global_sections_need_the_privilege_to_be_created_and_not_to_be_opened() {
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

// O-64
#[test]
fn an_empty_name_makes_an_unnamed_object() {
    let place = Place::new();
    let a = place.options().size(4096).create("").unwrap();
    let b = place.options().size(4096).create("").unwrap();
    assert!(!a.already_existed() && !b.already_existed() && !a.is_same_object(&b));
}

// O-60..O-63
#[test]
fn odd_characters_and_long_names_are_names_like_any_other() {
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

// O-67
#[test]
fn a_creator_that_wants_to_be_first_is_told() {
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

// M-29, F-11
#[test]
fn absurd_sizes_are_refused_and_leave_nothing() {
    let place = Place::new();
    assert_eq!(code(place.options().size(1 << 63).create("big")), 87);
    assert_eq!(code(place.options().size((1 << 63) - 1).create("big")), 8);
    let commit = place.options().size(1 << 50).create("big").unwrap_err();
    assert_eq!(commit.code().0, 1455);
    assert!(commit.to_string().contains("free"), "{commit}");
    assert_eq!(code(place.options().open("big")), 2);
}

// M-14
#[test]
fn large_pages_need_commit_privilege_and_size() {
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

// O-25, O-26
#[test]
fn a_duplicate_has_its_own_exact_rights() {
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

// O-2, O-3
#[test]
fn one_name_space_for_all_kinds() {
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

/// Lines of /proc/self/maps that show the file of an object.
fn mapped_lines(needle: &str) -> usize {
    std::fs::read_to_string("/proc/self/maps")
        .unwrap()
        .lines()
        .filter(|line| line.contains(needle))
        .count()
}

// M-2, V-1
#[test]
fn creating_maps_nothing_and_a_view_is_needed_to_see_the_bytes() {
    let place = Place::new();
    let root = place.space.root().display().to_string();
    let mapping = place.options().size(4096).create("unseen").unwrap();
    assert_eq!(mapped_lines(&root), 0);
    let view = mapping.map().unwrap();
    assert_eq!(mapped_lines(&root), 1);
    drop(view);
    assert_eq!(mapped_lines(&root), 0);
}

// M-1, M-3, M-6, O-48
#[test]
fn a_file_is_shared_by_name_and_may_be_closed_at_once() {
    let place = Place::new();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("shared file");
    std::fs::write(&path, b"on the disk").unwrap();
    let file = File::options().read(true).write(true).open(&path).unwrap();
    let creator = place.options().file(&file).create("by name").unwrap();
    drop(file);
    let by_open = place.options().open("by name").unwrap();
    let by_create = place.options().size(1).create("by name").unwrap();
    let by_duplicate = by_open.duplicate(by_open.rights()).unwrap();
    drop(creator);
    for handle in [&by_open, &by_create, &by_duplicate] {
        assert_eq!(handle.map().unwrap().to_vec(0, 11).unwrap(), b"on the disk");
    }
    by_create.map().unwrap().write_at(7, b"DISK").unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"on the DISK");
}

// M-1, M-3
#[test]
fn the_file_behind_an_object_may_be_renamed_and_is_found_through_its_creator() {
    let place = Place::new();
    let directory = tempfile::tempdir().unwrap();
    let (old, new) = (directory.path().join("old"), directory.path().join("new"));
    std::fs::write(&old, b"moved").unwrap();
    let file = File::options().read(true).write(true).open(&old).unwrap();
    let creator = place.options().file(&file).create("moved").unwrap();
    std::fs::rename(&old, &new).unwrap();
    std::fs::write(&old, b"an impostor").unwrap();
    assert_eq!(
        place
            .options()
            .open("moved")
            .unwrap()
            .map()
            .unwrap()
            .to_vec(0, 5)
            .unwrap(),
        b"moved"
    );
    drop(creator);
}

// M-4, M-21
#[test]
fn memory_without_a_file_needs_a_size() {
    let place = Place::new();
    let e = place.options().create("sizeless").unwrap_err();
    assert_eq!(e.code().0, 87);
    assert!(e.to_string().contains("shared memory needs a size"), "{e}");
}

// M-8, V-3
#[test]
fn sizes_and_offsets_have_64_bits() {
    let place = Place::new();
    let size = (5 << 30) + 4096;
    let options = place.options().size(size).section_flags(SectionFlags::RESERVE);
    let mapping = options.create("large").unwrap();
    assert_eq!(place.options().open("large").unwrap().len(), size);
    let view = mapping
        .view()
        .offset(5 << 30)
        .protection(Page::READWRITE)
        .map()
        .unwrap();
    view.commit(0, 4096).unwrap();
    view.write_at(4090, b"far").unwrap();
    assert_eq!(view.to_vec(4090, 3).unwrap(), b"far");
}

// M-86, O-15, O-45
#[test]
fn rights_stay_with_the_handle_and_the_name_with_all_handles() {
    let place = Place::new();
    let creator = place.options().size(4096).create("last").unwrap();
    let reader = place.options().access(FileMapAccess::READ).open("last").unwrap();
    drop(creator);
    assert_eq!(reader.rights(), FileMapAccess::READ);
    assert!(place.options().open("last").is_ok(), "a reader's handle counts");
    drop(reader);
    assert_eq!(code(place.options().open("last")), 2);
    assert!(
        filemap::list::list(&place.space).unwrap().dead.is_empty(),
        "a reader can take the entry away, too"
    );
}

// O-52
#[test]
fn racing_creates_opens_and_closes_never_give_a_dying_object() {
    let place = Place::new();
    std::thread::scope(|scope| {
        for worker in 0..4 {
            let place = &place;
            scope.spawn(move || {
                for round in 0..500 {
                    let handle = match worker % 2 {
                        0 => Some(place.options().size(4096).create("race").unwrap()),
                        _ => match place.options().open("race") {
                            Ok(handle) => Some(handle),
                            Err(e) if e.code().0 == 2 => None,
                            Err(e) => panic!("round {round}: {e}"),
                        },
                    };
                    if let Some(handle) = handle {
                        // While we hold it everybody finds this very object.
                        let again = place.options().open("race").unwrap();
                        assert!(again.is_same_object(&handle), "round {round}");
                    }
                }
            });
        }
    });
    assert_eq!(code(place.options().open("race")), 2);
}

// M-20: a section is an object of its own, whatever file it is on.
#[test]
fn two_unnamed_objects_on_one_file_are_two_objects_and_a_duplicate_is_the_same() {
    let place = Place::new();
    let file = file_with(&[1; 4096]);
    let create = || place.options().file(&file).create_unnamed().unwrap();
    let (one, two) = (create(), create());
    assert!(!one.is_same_object(&two));
    let duplicate = one.duplicate(FileMapAccess::READ).unwrap();
    assert!(duplicate.is_same_object(&one) && !duplicate.is_same_object(&two));
    let view = one.map().unwrap();
    view.write_at(0, b"both").unwrap();
    assert_eq!(
        two.map().unwrap().to_vec(0, 4).unwrap(),
        b"both",
        "they share the file"
    );
}
