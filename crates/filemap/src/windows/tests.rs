//! What only this half of the library does: the conformance tables have the rest.

use crate::*;
use filemap_sys::os::placeholder::Placeholder;
use std::io::{Read, Seek, SeekFrom};
use std::sync::atomic::Ordering;

fn code(e: Error) -> u32 {
    e.code().0
}

fn memory(size: u64) -> FileMapping {
    FileMapping::options().size(size).create_unnamed().unwrap()
}

// V-5, V-20
#[test]
fn bytes_words_and_values_go_through_a_view_at_any_offset() {
    let mapping = memory(10_000);
    assert_eq!(mapping.len(), 12_288);
    let view = mapping.map().unwrap();
    for (offset, len) in [(0, 1), (1, 7), (3, 64), (4095, 4098), (12_287, 1)] {
        let bytes: Vec<u8> = (0..len).map(|i| (i * 7 + offset) as u8).collect();
        view.write_at(offset, &bytes).unwrap();
        assert_eq!(view.to_vec(offset, len).unwrap(), bytes, "{offset} {len}");
    }
    view.fill_at(5, 0xAA, 9).unwrap();
    assert_eq!(view.to_vec(4, 11).unwrap()[1..10], [0xAA; 9]);
    view.write(16, &0x0123_4567u32).unwrap();
    assert_eq!(view.read::<u32>(16).unwrap(), 0x0123_4567);
    assert_eq!(
        view.atomic_u32(16).unwrap().fetch_add(1, Ordering::Relaxed),
        0x0123_4567
    );
    assert_eq!(code(view.atomic_u32(17).unwrap_err()), 87);
    assert_eq!(code(view.write_at(12_288, &[1]).unwrap_err()), 87);
}

// V-58, V-50
#[test]
fn a_copy_that_would_fault_is_an_error_and_the_process_lives() {
    let mapping = memory(4096);
    let read = mapping.view().protection(Page::READONLY).map().unwrap();
    assert_eq!(code(read.write_at(0, b"no").unwrap_err()), 998);
    let view = mapping.map().unwrap();
    view.protect(0, 4096, Page::NOACCESS).unwrap();
    assert_eq!(code(view.read_at(0, &mut [0]).unwrap_err()), 998);
    view.protect(0, 4096, Page::READWRITE).unwrap();
    view.write_at(0, b"yes").unwrap();
    let reserved = FileMapping::options()
        .size(1 << 20)
        .section_flags(SectionFlags::RESERVE);
    let reserved = reserved.create_unnamed().unwrap().map().unwrap();
    assert_eq!(code(reserved.write_at(0, b"no").unwrap_err()), 998);
    reserved.commit(65_536, 4096).unwrap();
    reserved.write_at(65_536, b"yes").unwrap();
    assert!(!reserved.is_committed(0) && reserved.is_committed(65_536 + 4095));
    assert_eq!(code(reserved.commit(1 << 20, 4096).unwrap_err()), 487);
    assert_eq!(code(reserved.write_at(65_536 + 4095, b"no").unwrap_err()), 998);
}

// V-25
#[test]
fn what_is_written_through_a_view_of_a_file_is_in_the_file() {
    let mut file = tempfile::tempfile().unwrap();
    let mapping = FileMapping::options()
        .file(&file)
        .size(5)
        .create_unnamed()
        .unwrap();
    let view = mapping.map().unwrap();
    assert_eq!((view.len(), view.region_len()), (5, 4096));
    view.write_at(0, b"hello").unwrap();
    view.sync().unwrap();
    drop((view, mapping));
    let mut text = String::new();
    file.seek(SeekFrom::Start(0)).unwrap();
    file.read_to_string(&mut text).unwrap();
    assert_eq!(text, "hello");
}

// V-77: on a system that has no placeholders the call that would make one says so.
#[test]
fn a_view_takes_the_place_of_a_placeholder_or_the_system_says_that_it_has_none() {
    match Placeholder::at(0, 65_536) {
        Err(e) => assert!(matches!(e.errno, 87 | 127), "{e:?}"),
        Ok(held) => {
            let base = held.base();
            let view = memory(65_536)
                .view()
                .protection(Page::READWRITE)
                .map_replacing(held)
                .unwrap();
            assert_eq!(view.as_ptr().addr(), base);
            view.write_at(65_535, b"!").unwrap();
        }
    }
}

#[test]
fn what_only_linux_has_is_refused_with_50_and_never_done_silently() {
    let with = |space: Namespace| {
        FileMapping::options()
            .namespace(&space)
            .size(4096)
            .create("x")
            .map(drop)
    };
    let space = Namespace::of_user();
    assert_eq!(with(space.clone()).map_err(code), Ok(()));
    assert_eq!(with(Namespace::at(r"C:\tree")).map_err(code), Err(50));
    assert_eq!(with(space.with_platform(Platform::Win95)).map_err(code), Err(50));
    assert_eq!(with(space.with_global_privilege(false)).map_err(code), Err(50));
    assert_eq!(with(space.with_platform(Platform::Nt)).map_err(code), Ok(()));
    let event = Event::options().namespace(&Namespace::at("y")).create("x");
    assert_eq!(event.map(drop).map_err(code), Err(50));
    let view = memory(4096).map().unwrap();
    assert_eq!(view.wake_word(0).map_err(code), Err(50));
    let file = tempfile::tempfile().unwrap();
    assert_eq!(is_mapped(&file).map_err(code), Err(50));
    let error = with(Namespace::at("z")).unwrap_err().to_string();
    assert!(error.contains("PLATFORM.md"), "{error}");
}

// M-40, I-10
#[test]
fn an_object_is_listed_with_its_kind_and_size_as_long_as_somebody_holds_it() {
    let space = Namespace::of_user();
    let named = |name: &str| {
        let objects = list::list(&space).unwrap().objects;
        objects.into_iter().find(|object| object.name == name)
    };
    let name = "filemap listed";
    let mapping = FileMapping::options()
        .size(5000)
        .create(&format!(r"Local\{name}"))
        .unwrap();
    let found = named(name).unwrap();
    assert_eq!(
        (found.kind, found.size, found.handles),
        (Kind::FileMapping, Some(8192), Some(1))
    );
    assert_eq!(found.name_for(&space), format!(r"Local\{name}"));
    drop(mapping);
    assert!(named(name).is_none());
}

// O-21, O-22
#[test]
fn an_inheritable_handle_tells_what_a_child_needs_and_another_tells_nothing() {
    let mapping = memory(4096);
    assert_eq!(mapping.inheritance(), None);
    let mapping = mapping.set_inherit(Inherit::Yes).unwrap();
    assert!(mapping.inheritance().is_some_and(|text| text.contains(':')));
}

// A-5, A-7
#[test]
fn a_descriptor_is_kept_and_a_mistake_in_its_text_is_told_before_anything_is_made() {
    use security::SecurityInformation;
    let event = Event::options().sddl("D:(A;;GA;;;WD)").create_unnamed().unwrap();
    let kept = event.security(SecurityInformation::DACL).unwrap().to_string();
    assert!(kept.contains(";;;WD)"), "{kept}");
    let wrong = Event::options()
        .sddl("D:(A;;GA;;;nobody")
        .create("filemap sddl")
        .unwrap_err();
    assert!(matches!(code(wrong), 1336..=1338));
    let missing = Event::options().open("filemap sddl").unwrap_err();
    assert_eq!(*missing.why(), Why::NameNotFound);
}

// E-3: the system's number, our words.
#[test]
fn the_cause_is_told_where_the_tables_know_it() {
    let mapping = memory(8192);
    let e = mapping.view().len(9000).map().unwrap_err();
    assert!(matches!(e.why(), Why::ViewTooLarge { .. }), "{e}");
    let e = mapping.view().offset(1).map().unwrap_err();
    assert!(matches!(e.why(), Why::OffsetAlignment { offset: 1 }), "{e}");
    let _event = Event::options().create("filemap kinds").unwrap();
    let e = FileMapping::options()
        .size(1)
        .create("filemap kinds")
        .unwrap_err();
    assert!(matches!(e.why(), Why::NameHeldBy { .. }), "{e}");
    let e = FileMapping::options().create_unnamed().unwrap_err();
    assert_eq!(*e.why(), Why::SizeMissing);
}
