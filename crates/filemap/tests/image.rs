//! SEC_IMAGE through the real thing: M-14, M-22, M-23, V-14.

use filemap::{FileMapping, Namespace, Page, SectionFlags};
use filemap_testing::private_root;
use std::fs::File;
use std::io::Write;

/// A small 64-bit program: headers, `.text` at 0x1000 that answers 7, `.data` at 0x2000, a shared section at 0x3000.
fn program() -> Vec<u8> {
    let mut pe = vec![0u8; 0x800];
    let mut put = |at: usize, bytes: &[u8]| pe[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, b"MZ");
    put(0x3C, &0x80u32.to_le_bytes());
    put(0x80, b"PE\0\0");
    put(0x84, &0x8664u16.to_le_bytes());
    put(0x86, &3u16.to_le_bytes()); // sections
    put(0x94, &0xF0u16.to_le_bytes()); // size of the optional header
    put(0x96, &0x22u16.to_le_bytes());
    let optional = 0x98;
    put(optional, &0x20Bu16.to_le_bytes());
    put(optional + 16, &0x1000u32.to_le_bytes()); // entry
    put(optional + 24, &0x1_4000_0000u64.to_le_bytes()); // base
    put(optional + 32, &0x1000u32.to_le_bytes()); // section alignment
    put(optional + 36, &0x200u32.to_le_bytes()); // file alignment
    put(optional + 48, &6u16.to_le_bytes()); // subsystem version
    put(optional + 56, &0x3A00u32.to_le_bytes()); // size of image, not yet whole pages
    put(optional + 60, &0x200u32.to_le_bytes()); // size of headers
    put(optional + 68, &3u16.to_le_bytes());
    put(optional + 108, &16u32.to_le_bytes());
    let sections = optional + 0xF0;
    for (i, (name, rva, raw, flags)) in [
        (b".text\0\0\0", 0x1000u32, 0x200u32, 0x6000_0020u32),
        (b".data\0\0\0", 0x2000, 0x400, 0xC000_0040),
        (b".shared\0", 0x3000, 0x600, 0xD000_0040),
    ]
    .into_iter()
    .enumerate()
    {
        let at = sections + i * 40;
        put(at, name);
        put(at + 8, &0x1000u32.to_le_bytes());
        put(at + 12, &rva.to_le_bytes());
        put(at + 16, &0x200u32.to_le_bytes());
        put(at + 20, &raw.to_le_bytes());
        put(at + 36, &flags.to_le_bytes());
    }
    put(0x200, &[0xB8, 7, 0, 0, 0, 0xC3]); // mov eax, 7; ret
    put(0x400, b"variables");
    put(0x600, b"common");
    pe
}

fn code<T>(result: Result<T, filemap::Error>) -> u32 {
    result.map_or_else(|e| e.code().0, |_| 0)
}

fn file_with(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file
}

// V-14, M-22
#[test]
fn a_program_is_mapped_as_its_headers_say_whatever_access_is_asked_for() {
    let root = private_root();
    let space = Namespace::at(root.path());
    let file = file_with(&program());
    let options = FileMapping::options()
        .namespace(&space)
        .file(&file)
        .protection(Page::READONLY);
    let image = options
        .section_flags(SectionFlags::IMAGE)
        .create("image")
        .unwrap();
    assert_eq!(image.len(), 0x4000, "SizeOfImage in whole pages");
    assert_eq!(
        image.section_flags().unwrap(),
        SectionFlags::FILE | SectionFlags::IMAGE,
        "M-15"
    );
    let other = FileMapping::options().namespace(&space).open("image").unwrap();
    let (a, b) = (
        image.view().access(0x4).map().unwrap(),
        other.view().access(0xF001F).map().unwrap(),
    );
    for view in [&a, &b] {
        assert_eq!(view.to_vec(0, 2).unwrap(), b"MZ");
        assert_eq!(view.to_vec(0x1000, 6).unwrap(), [0xB8, 7, 0, 0, 0, 0xC3]);
        let rows = [
            (0, Page::READONLY),
            (0x1000, Page::EXECUTE_READ),
            (0x2000, Page::WRITECOPY),
            (0x3000, Page::READWRITE),
        ];
        for (offset, protect) in rows {
            let info = view.query(offset).unwrap();
            assert_eq!((info.protect, info.is_image), (protect, true), "at {offset:#x}");
        }
        assert_eq!(code(view.write_at(0x1000, b"x")), 998);
    }
    a.write_at(0x2000, b"A").unwrap();
    a.write_at(0x3000, b"C").unwrap();
    assert_eq!(
        b.to_vec(0x2000, 9).unwrap(),
        b"variables",
        "each process has its own variables"
    );
    assert_eq!(
        b.to_vec(0x3000, 6).unwrap(),
        b"Common",
        "what is marked as shared is shared"
    );
}

// M-14, M-23
#[test]
fn what_is_no_program_is_refused() {
    let root = private_root();
    let space = Namespace::at(root.path());
    let create = |bytes: &[u8], protect, flags| {
        let file = file_with(bytes);
        let options = FileMapping::options()
            .namespace(&space)
            .file(&file)
            .protection(protect)
            .section_flags(flags);
        code(options.create_unnamed())
    };
    let image = SectionFlags::IMAGE;
    assert_eq!(create(b"", Page::READONLY, image), 193, "empty, and not 1006");
    assert_eq!(create(b"#!/bin/sh\n", Page::READONLY, image), 193);
    assert_eq!(create(&program()[..0x100], Page::READONLY, image), 193);
    assert_eq!(create(&program(), Page::READONLY, image), 0);
    assert_eq!(
        create(&program(), Page::READONLY, image | SectionFlags::COMMIT),
        87
    );
    assert_eq!(
        create(&program(), Page::READONLY, image | SectionFlags::NOCACHE),
        0,
        "SEC_IMAGE_NO_EXECUTE"
    );
    assert_eq!(
        create(&program(), Page::READWRITE, image | SectionFlags::NOCACHE),
        87
    );
    let memory = FileMapping::options()
        .namespace(&space)
        .size(4096)
        .section_flags(image);
    assert_eq!(code(memory.create_unnamed()), 193);
}

// M-13
#[test]
fn nothing_of_an_image_without_execute_can_be_executed() {
    let root = private_root();
    let space = Namespace::at(root.path());
    let file = file_with(&program());
    let options = FileMapping::options()
        .namespace(&space)
        .file(&file)
        .protection(Page::READONLY);
    let image = options
        .section_flags(SectionFlags::IMAGE | SectionFlags::NOCACHE)
        .create_unnamed()
        .unwrap();
    assert_eq!(
        image.map().unwrap().query(0x1000).unwrap().protect,
        Page::READONLY
    );
}
