//! Views: V-1..V-63, O-41.

// UNSAFETY: looks at views through plain pointers and runs code in one, as programs do.
#![expect(unsafe_code)]

use filemap::{
    FileMapAccess, FileMapping, FileMappingOptions, Namespace, Page, PageState, SectionFlags, View,
};
use filemap_testing::{PrivateRoot, private_root};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::sync::atomic::Ordering;

struct Place {
    _root: PrivateRoot,
    space: Namespace,
}

impl Place {
    fn new() -> Place {
        let root = private_root();
        let space = Namespace::at(root.path());
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

fn content(file: &File) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut file = file;
    file.seek(SeekFrom::Start(0)).unwrap();
    file.read_to_end(&mut bytes).unwrap();
    bytes
}

// V-11, V-12
#[test]
fn every_view_and_object_protection_meets_as_in_the_table() {
    let place = Place::new();
    let objects = [
        Page::READONLY,
        Page::WRITECOPY,
        Page::READWRITE,
        Page::EXECUTE_READ,
        Page::EXECUTE_WRITECOPY,
        Page::EXECUTE_READWRITE,
    ];
    let rows: [(u32, [u32; 6]); 9] = [
        (0x00, [0, 0, 0, 0, 0, 0]),
        (0x04, [0, 0, 0, 0, 0, 0]),
        (0x01, [0, 0, 0, 0, 0, 0]),
        (0x02, [5, 5, 0, 5, 5, 0]),
        (0x06, [5, 5, 0, 5, 5, 0]),
        (0xF001F, [5, 5, 0, 5, 5, 0]),
        (0x24, [5, 5, 5, 0, 0, 0]),
        (0x21, [5, 5, 5, 87, 0, 0]),
        (0x22, [5, 5, 5, 5, 5, 0]),
    ];
    for (i, object) in objects.into_iter().enumerate() {
        let made = place
            .options()
            .size(4096)
            .protection(object)
            .create_unnamed()
            .unwrap();
        for (flags, wanted) in rows {
            assert_eq!(
                code(made.view().access(flags).map()),
                wanted[i],
                "view {flags:#x} of {}",
                object.name()
            );
        }
    }
}

// V-2, V-7
#[test]
fn views_have_addresses_on_64_kib_boundaries_and_of_their_own() {
    let place = Place::new();
    let mapping = place.options().size(300_000).create_unnamed().unwrap();
    let views: Vec<View> = (0..50)
        .map(|i| mapping.view().offset(i % 4 * 65_536).map().unwrap())
        .collect();
    let mut addresses: Vec<usize> = views.iter().map(|v| v.as_ptr() as usize).collect();
    assert!(addresses.iter().all(|a| a.is_multiple_of(65_536)));
    addresses.sort_unstable();
    addresses.dedup();
    assert_eq!(addresses.len(), views.len());
}

// V-3, V-4, V-5
#[test]
fn offsets_and_lengths_are_checked() {
    let place = Place::new();
    let mapping = place.options().size(0x2_0000).create_unnamed().unwrap();
    let map = |offset, len| code(mapping.view().offset(offset).len(len).map());
    assert_eq!((map(0, 0), map(65_536, 0), map(65_536, 65_536)), (0, 0, 0));
    assert_eq!(
        (map(4096, 0), map(1, 0), map(65_535, 0)),
        (1132, 1132, 1132),
        "V-3"
    );
    assert_eq!(
        (map(65_536, 65_537), map(0x2_0000, 0), map(0, u64::MAX)),
        (5, 5, 5),
        "V-4"
    );
    let file = file_with(&[1; 0x3452]);
    let exact = place.options().file(&file).create_unnamed().unwrap();
    assert_eq!(code(exact.view().len(0x3452).map()), 0);
    assert_eq!(code(exact.view().len(0x3453).map()), 5, "V-5");
    let small = place.options().size(4090).create_unnamed().unwrap();
    assert_eq!(
        code(small.view().len(4096).map()),
        0,
        "V-5: memory counts in pages"
    );
}

// V-31, V-32, V-33, V-36
#[test]
fn a_base_is_exact_aligned_free_and_in_range() {
    let place = Place::new();
    let mapping = place.options().size(65_536).create_unnamed().unwrap();
    let taken = mapping.map().unwrap();
    let free = {
        let view = mapping.map().unwrap();
        view.as_ptr() as usize
    };
    let at = |base| mapping.view().base(base).map();
    assert_eq!(at(free).unwrap().as_ptr() as usize, free, "V-36");
    assert_eq!(code(at(taken.as_ptr() as usize)), 487, "V-33");
    assert_eq!(code(at(free + 4096)), 1132, "V-32");
    assert_eq!(
        code(at(taken.as_ptr() as usize + 1)),
        1132,
        "F-12: unaligned comes first"
    );
    assert_eq!(code(at(0x8000_0000_0000_0000)), 87, "V-31");
    assert_eq!(code(at(4096)), 87, "V-31: below the first usable address");
    taken.write_at(0, b"unharmed").unwrap();
}

// V-8, V-44
#[test]
fn memory_starts_as_zeros_and_all_views_show_the_same_bytes() {
    let place = Place::new();
    let mapping = place.options().size(100_000).create("same").unwrap();
    let (a, b) = (
        mapping.map().unwrap(),
        mapping.view().offset(65_536).map().unwrap(),
    );
    assert_eq!(a.to_vec(0, a.len()).unwrap(), vec![0; 102_400]);
    a.write_at(65_536 + 7, b"x").unwrap();
    assert_eq!(b.to_vec(7, 1).unwrap(), b"x");
    let other = place.options().open("same").unwrap().map().unwrap();
    assert_eq!(other.to_vec(65_543, 1).unwrap(), b"x");
}

// V-44, V-45
#[test]
fn two_objects_of_one_file_and_the_file_itself_agree() {
    let place = Place::new();
    let file = file_with(b"0123456789");
    let (a, b) = (
        place.options().file(&file).create("a").unwrap(),
        place.options().file(&file).create("b").unwrap(),
    );
    let (a, b) = (a.map().unwrap(), b.map().unwrap());
    a.write_at(3, b"abc").unwrap();
    assert_eq!(b.to_vec(0, 10).unwrap(), b"012abc6789");
    assert_eq!(content(&file), b"012abc6789");
    file.write_all_at(b"ZZ", 0).unwrap();
    assert_eq!(a.to_vec(0, 4).unwrap(), b"ZZ2a");
}

// V-6
#[test]
fn bytes_past_the_end_of_a_file_read_as_zero_and_are_never_written() {
    let place = Place::new();
    let file = file_with(&[7; 100]);
    let mapping = place.options().file(&file).create_unnamed().unwrap();
    let view = mapping.map().unwrap();
    assert_eq!((view.len(), view.region_len()), (100, 4096));
    // SAFETY: inside the mapped region, which lives as long as `view`; nobody else writes there in this test.
    unsafe {
        assert_eq!(view.as_ptr().add(100).read_volatile(), 0);
        view.as_ptr().add(4095).write_volatile(9);
    }
    drop(view);
    assert_eq!(content(&file).len(), 100);
    assert_eq!(
        code(mapping.map().unwrap().write_at(100, b"x")),
        87,
        "copies stop at the end"
    );
}

// O-41, V-22
#[test]
fn views_outlive_handles_and_keep_sharing() {
    let place = Place::new();
    let mapping = place.options().size(4096).create("outlive").unwrap();
    let second = place.options().open("outlive").unwrap();
    let (a, b) = (mapping.map().unwrap(), second.map().unwrap());
    drop((mapping, second));
    a.atomic_u32(0).unwrap().store(42, Ordering::Release);
    assert_eq!(b.atomic_u32(0).unwrap().load(Ordering::Acquire), 42);
    assert_eq!(code(place.options().open("outlive")), 2, "O-40");
    let new = place.options().size(4096).create("outlive").unwrap();
    assert!(!new.already_existed(), "O-42");
    assert_eq!(
        new.map().unwrap().to_vec(0, 4).unwrap(),
        [0; 4],
        "the new object begins with zeros"
    );
}

#[test]
fn copies_beyond_the_view_are_refused_whole() {
    let place = Place::new();
    let view = place
        .options()
        .size(4096)
        .create_unnamed()
        .unwrap()
        .map()
        .unwrap();
    assert_eq!(code(view.write_at(4095, b"xy")), 87);
    assert_eq!(view.to_vec(4095, 1).unwrap(), [0], "nothing was written");
    assert_eq!(code(view.read_at(usize::MAX, &mut [0])), 87);
    assert_eq!(code(view.to_vec(0, usize::MAX)), 87);
    assert_eq!(code(view.fill_at(1, 0, usize::MAX)), 87);
    assert_eq!(code(view.atomic_u32(2)), 87);
    assert_eq!(code(view.atomic_u64(4096)), 87);
}

// V-58
#[test]
fn a_read_only_view_can_not_be_written() {
    let place = Place::new();
    let mapping = place.options().size(4096).create_unnamed().unwrap();
    let view = mapping.view().map().unwrap();
    assert_eq!(code(view.write_at(0, b"x")), 998);
    assert_eq!(code(view.atomic_u32(0)), 998);
    let none = mapping.view().protection(Page::NOACCESS).map().unwrap();
    assert_eq!(code(none.read_at(0, &mut [0])), 998);
}

// V-40, V-41, F-8
#[test]
fn copy_on_write_views_keep_their_changes_to_themselves() {
    let place = Place::new();
    let file = file_with(&[1; 8192]);
    let mapping = place.options().file(&file).create_unnamed().unwrap();
    let shared = mapping.map().unwrap();
    let copy = mapping.view().copy_on_write().map().unwrap();
    shared.write_at(0, b"before").unwrap();
    assert_eq!(copy.to_vec(0, 6).unwrap(), b"before", "V-41: not written yet");
    assert_eq!(copy.query(0).unwrap().len, 8192);
    copy.write_at(10, b"mine").unwrap();
    assert_eq!(shared.to_vec(10, 4).unwrap(), [1; 4]);
    assert_eq!(content(&file)[10..14], [1; 4]);
    let written = copy.query(0).unwrap();
    assert_eq!(
        (written.protect, written.len),
        (Page::READWRITE, 4096),
        "F-8: the written page differs"
    );
    assert_eq!(copy.query(4096).unwrap().protect, Page::WRITECOPY);
    assert_eq!(copy.query(0).unwrap().allocation_protect, Page::WRITECOPY);
    drop(copy);
    let again = mapping.view().copy_on_write().map().unwrap();
    assert_eq!(again.to_vec(10, 4).unwrap(), [1; 4], "lost at unmap");
}

// V-9
#[test]
fn copy_and_read_together_write_through_or_not_as_windows_says() {
    let place = Place::new();
    let mapping = place.options().size(4096).create_unnamed().unwrap();
    let view = |flags| mapping.view().access(flags).map().unwrap().protection();
    assert_eq!(view(0x1), Page::WRITECOPY);
    assert_eq!(view(0x5), Page::READONLY, "COPY|READ is a plain read-only view");
    assert_eq!(view(0x3), Page::READWRITE, "COPY|WRITE writes through");
    assert_eq!(
        view(0x8000_0004),
        Page::READONLY,
        "V-18: FILE_MAP_RESERVE is ignored here"
    );
}

// V-25, V-26
#[test]
fn flush_reaches_the_file_and_checks_its_range() {
    let place = Place::new();
    let file = file_with(&[0; 10_000]);
    let view = place
        .options()
        .file(&file)
        .create_unnamed()
        .unwrap()
        .map()
        .unwrap();
    view.write_at(9_990, b"end").unwrap();
    for (offset, len, wanted) in [
        (0, 0, 0),
        (0, 10_000, 0),
        (5, 3, 0),
        (9_000, 0, 0),
        (12_288, 1, 487),
        (0, 12_289, 487),
        (usize::MAX, 2, 487),
    ] {
        assert_eq!(code(view.flush(offset, len)), wanted, "{offset} {len}");
    }
    view.sync().unwrap();
    assert_eq!(&content(&file)[9_990..9_993], b"end");
    let memory = place
        .options()
        .size(4096)
        .create_unnamed()
        .unwrap()
        .map()
        .unwrap();
    assert_eq!(
        (code(memory.flush(0, 0)), code(memory.flush(4096, 1))),
        (0, 487),
        "V-26"
    );
}

// V-50, V-51, F-14
#[test]
fn reserved_pages_come_when_they_are_committed_and_for_everybody() {
    let place = Place::new();
    let options = place.options().size(1 << 20).section_flags(SectionFlags::RESERVE);
    let mapping = options.create("grow").unwrap();
    let view = mapping.map().unwrap();
    let info = view.query(0).unwrap();
    assert_eq!(
        (info.state, info.protect, info.len),
        (PageState::Reserved, Page::empty(), 1 << 20)
    );
    assert_eq!(info.allocation_protect, Page::READWRITE);
    assert_eq!(code(view.write_at(0, b"x")), 998);
    assert_eq!(code(view.read_at(8192, &mut [0])), 998);
    assert_eq!(code(view.atomic_u32(0)), 998);
    // A second handle and view of it, as another process has them, and a read-only one.
    let other = place.options().open("grow").unwrap().map().unwrap();
    let reader = place
        .options()
        .access(FileMapAccess::READ)
        .open("grow")
        .unwrap()
        .map()
        .unwrap();
    view.commit(4096, 8192).unwrap();
    view.write_at(4096, b"committed").unwrap();
    assert_eq!(other.to_vec(4096, 9).unwrap(), b"committed");
    assert_eq!(reader.to_vec(4096, 9).unwrap(), b"committed");
    assert_eq!(
        code(reader.write_at(4096, b"x")),
        998,
        "other views have their own protection"
    );
    let rows = [
        (0, PageState::Reserved, 4096),
        (4096, PageState::Committed, 8192),
        (12_288, PageState::Reserved, (1 << 20) - 12_288),
    ];
    for (offset, state, len) in rows {
        let info = other.query(offset).unwrap();
        assert_eq!((info.state, info.len), (state, len), "at {offset}");
    }
    // SAFETY: the page is committed, inside the view, and nobody writes it now: a plain pointer finds it open.
    assert_eq!(unsafe { other.as_ptr().add(8192).read_volatile() }, 0);
    view.commit(4096, 4096).unwrap();
    assert_eq!(
        view.to_vec(4096, 9).unwrap(),
        b"committed",
        "committing again changes nothing"
    );
    assert_eq!(code(view.commit(1 << 20, 1)), 487, "F-14");
    assert_eq!(code(view.decommit()), 87, "V-51");
    assert_eq!(code(reader.commit(0, 4096)), 5, "not with a read-only handle");
}

// V-51
#[test]
fn a_view_that_begins_in_the_middle_counts_its_own_pages() {
    let place = Place::new();
    let options = place
        .options()
        .size(0x4_0000)
        .section_flags(SectionFlags::RESERVE);
    let mapping = options.create_unnamed().unwrap();
    let (whole, part) = (
        mapping.map().unwrap(),
        mapping
            .view()
            .offset(0x2_0000)
            .protection(Page::READWRITE)
            .map()
            .unwrap(),
    );
    part.commit(0, 4096).unwrap();
    part.write_at(0, b"middle").unwrap();
    assert_eq!(whole.to_vec(0x2_0000, 6).unwrap(), b"middle");
    assert_eq!(whole.query(0).unwrap().len, 0x2_0000);
}

// V-52
#[test]
fn views_of_committed_objects_and_files_can_not_be_committed() {
    let place = Place::new();
    let memory = place
        .options()
        .size(4096)
        .create_unnamed()
        .unwrap()
        .map()
        .unwrap();
    let file = file_with(b"x");
    let disk = place
        .options()
        .file(&file)
        .section_flags(SectionFlags::RESERVE)
        .create_unnamed()
        .unwrap()
        .map()
        .unwrap();
    assert_eq!((code(memory.commit(0, 4096)), code(disk.commit(0, 1))), (5, 5));
}

// V-53
#[test]
fn a_query_tells_the_view() {
    let place = Place::new();
    let mapping = place.options().size(10_000).create_unnamed().unwrap();
    let view = mapping.map().unwrap();
    let info = view.query(5_000).unwrap();
    assert_eq!(
        (info.base, info.allocation_base),
        (view.as_ptr() as usize + 4096, view.as_ptr() as usize)
    );
    assert_eq!(
        (info.len, info.state, info.protect),
        (8192, PageState::Committed, Page::READWRITE)
    );
    assert!(!info.is_image);
    assert_eq!(code(view.query(12_288)), 487);
}

// V-54, V-55
#[test]
fn protection_is_changed_within_view_and_object() {
    let place = Place::new();
    let mapping = place.options().size(12_288).create_unnamed().unwrap();
    let view = mapping.map().unwrap();
    view.write_at(4096, b"kept").unwrap();
    assert_eq!(view.protect(4096, 10, Page::READONLY).unwrap(), Page::READWRITE);
    assert_eq!(code(view.write_at(4096, b"x")), 998);
    assert_eq!(view.to_vec(4096, 4).unwrap(), b"kept");
    view.write_at(0, b"others may").unwrap();
    assert_eq!(view.query(0).unwrap().len, 4096, "the region is split");
    assert_eq!(view.protect(4096, 1, Page::NOACCESS).unwrap(), Page::READONLY);
    assert_eq!(code(view.read_at(4096, &mut [0])), 998);
    assert_eq!(
        view.protect(4096, 1, Page::READWRITE).unwrap(),
        Page::NOACCESS,
        "and back"
    );
    view.write_at(4096, b"again").unwrap();
    assert_eq!(code(view.protect(0, 1, Page::EXECUTE_READ)), 87);
    assert_eq!(code(view.protect(0, 12_289, Page::READONLY)), 487);
    let reader = mapping.view().map().unwrap();
    assert_eq!(
        code(reader.protect(0, 1, Page::READWRITE)),
        87,
        "a view is not strengthened"
    );
    assert_eq!(
        reader.protect(0, 1, Page::WRITECOPY).unwrap(),
        Page::READONLY,
        "but made copy-on-write"
    );
    reader.write_at(0, b"private").unwrap();
    assert_eq!(view.to_vec(0, 10).unwrap(), b"others may");
    assert_eq!(
        reader.protect(0, 1, Page::READONLY).unwrap(),
        Page::READWRITE,
        "V-55: it was written"
    );
    let nothing = mapping.view().protection(Page::NOACCESS).map().unwrap();
    assert_eq!(code(nothing.protect(0, 1, Page::READONLY)), 87);
}

// V-60, V-63, F-10
#[test]
fn a_mapped_file_is_not_cut_and_may_grow() {
    let place = Place::new();
    let file = file_with(&[5; 8192]);
    let mapping = place.options().file(&file).create_unnamed().unwrap();
    assert_eq!(
        code(filemap::set_end_of_file(&file, 100)),
        1224,
        "a handle without a view"
    );
    let view = mapping.map().unwrap();
    drop(mapping);
    assert_eq!(
        code(filemap::set_end_of_file(&file, 8191)),
        1224,
        "a view without a handle"
    );
    assert_eq!(code(filemap::set_end_of_file(&file, 8192)), 0, "the same length");
    assert_eq!(code(filemap::set_end_of_file(&file, 9000)), 0, "growing");
    assert!(filemap::is_mapped(&file).unwrap());
    drop(view);
    assert!(!filemap::is_mapped(&file).unwrap());
    assert_eq!(code(filemap::set_end_of_file(&file, 100)), 0, "after unmapping");
}

// V-57, V-63
#[test]
fn a_file_cut_by_a_stranger_is_an_in_page_error_and_no_death() {
    let place = Place::new();
    let file = file_with(&[5; 16_384]);
    let view = place
        .options()
        .file(&file)
        .create_unnamed()
        .unwrap()
        .map()
        .unwrap();
    file.set_len(4096).unwrap(); // as any program can
    assert_eq!(view.to_vec(0, 4096).unwrap(), [5; 4096]);
    let gone = view.read_at(8192, &mut [0; 10]).unwrap_err();
    assert_eq!(gone.code().0, 999);
    assert!(gone.to_string().contains("8192"), "{gone}");
    assert_eq!(code(view.write_at(4090, &[1; 20])), 999);
    assert_eq!(code(view.check()), 0, "copies lose nothing");
    // A word is touched directly: the process lives, and the view knows what it has lost.
    view.atomic_u32(12_288).unwrap().fetch_add(1, Ordering::Relaxed);
    assert_eq!(code(view.check()), 999);
    assert_eq!(code(view.flush(0, 0)), 999);
}

#[test]
fn typed_values_go_in_and_come_out() {
    let place = Place::new();
    let view = place
        .options()
        .size(4096)
        .create_unnamed()
        .unwrap()
        .map()
        .unwrap();
    view.write(3, &[1u32, 2, 3]).unwrap();
    assert_eq!(view.read::<[u32; 3]>(3).unwrap(), [1, 2, 3]);
    assert_eq!(code(view.read::<[u64; 2]>(4090)), 87);
}

// V-15
#[test]
fn executable_views_run_code() {
    let place = Place::new();
    let probe = File::open(place.space.root()).unwrap();
    if filemap::sys::os::tmpfs::is_noexec(std::os::fd::AsFd::as_fd(&probe)).unwrap_or(false) {
        filemap_testing::skip!("the tmpfs is mounted noexec");
    }
    if cfg!(not(target_arch = "x86_64")) {
        filemap_testing::skip!("the test has machine code for x86-64 only");
    }
    let mapping = place
        .options()
        .size(4096)
        .protection(Page::EXECUTE_READWRITE)
        .create("code")
        .unwrap();
    mapping
        .map()
        .unwrap()
        .write_at(0, &[0xB8, 42, 0, 0, 0, 0xC3])
        .unwrap(); // mov eax, 42; ret
    let view = mapping.view().access(0x24).map().unwrap();
    // SAFETY: the view holds a complete function of the C calling convention and is executable.
    let answer = unsafe { std::mem::transmute::<*mut u8, extern "C" fn() -> i32>(view.as_ptr()) };
    assert_eq!(answer(), 42);
}

// V-16, V-17, V-18
#[test]
fn view_flags_without_effect_here_are_accepted() {
    let place = Place::new();
    let mapping = place
        .options()
        .size(4096)
        .protection(Page::EXECUTE_READ)
        .create_unnamed()
        .unwrap();
    for (flags, protect) in [
        (0x2000_0004, Page::READONLY),
        (0x4000_0024, Page::EXECUTE_READ),
        (0x8000_0004, Page::READONLY),
    ] {
        assert_eq!(
            mapping.view().access(flags).map().unwrap().protection(),
            protect,
            "{flags:#x}"
        );
    }
}

// V-21
#[test]
fn unmapping_loses_nothing() {
    let place = Place::new();
    let file = file_with(&[0; 4096]);
    let mapping = place.options().file(&file).create_unnamed().unwrap();
    let view = mapping.map().unwrap();
    view.write_at(100, b"dirty").unwrap();
    view.unmap();
    drop(mapping);
    assert_eq!(&content(&file)[100..105], b"dirty");
}

// V-20, V-37
#[test]
fn a_view_can_be_mapped_again_where_one_was_and_nothing_of_it_stays() {
    let place = Place::new();
    let mapping = place.options().size(65_536).create_unnamed().unwrap();
    let base = mapping.map().unwrap().as_ptr() as usize;
    for _ in 0..100 {
        let view = mapping.view().base(base).map().unwrap();
        assert_eq!(view.as_ptr() as usize, base);
    }
}

// V-35
#[test]
fn a_view_for_which_no_address_is_free_is_told_so() {
    let place = Place::new();
    let huge = place
        .options()
        .size(1 << 50)
        .section_flags(SectionFlags::RESERVE)
        .create_unnamed()
        .unwrap();
    let e = huge.map().unwrap_err();
    assert_eq!(e.code().0, 8);
    assert!(e.to_string().contains("memory itself is not short"), "{e}");
}

// V-20
#[test]
fn any_address_inside_a_view_unmaps_all_of_it_once() {
    use filemap::views;
    let place = Place::new();
    let mapping = place.options().size(12_288).create_unnamed().unwrap();
    for inside in [0, 100, 4096, 4196, 12_287] {
        let address = views::keep(mapping.map().unwrap()).addr();
        assert_eq!(code(views::unmap(address + inside)), 0, "base + {inside}");
        assert_eq!(code(views::unmap(address + inside)), 487, "twice");
        assert!(views::at(address).is_none());
    }
    let heap = Box::new(0u8);
    for nothing in [0, &raw const *heap as usize, usize::MAX] {
        assert_eq!(code(views::unmap(nothing)), 487, "{nothing:#x}");
    }
    let view = views::keep(mapping.map().unwrap()).addr();
    assert_eq!(code(views::unmap(view + 12_288)), 487, "just behind it");
    views::unmap(view).unwrap();
}
