//! SEC_IMAGE: which files are programs, and what lies where in them. Files are made here, byte by byte.

use filemap_core::error::{Error, Op, Why, Win32Code};
use filemap_core::image::{HEADERS_MAX, Image, NotAnImage, PAGE, PieceProtection};
use proptest::prelude::*;
use std::path::Path;
use std::process::Command;

const INVALID_FORMAT: u32 = 0xC000_007B;

/// A section of a [`Pe`].
#[derive(Clone, Copy)]
struct Section {
    virtual_size: u32,
    rva: u32,
    raw_len: u32,
    raw_offset: u32,
    flags: u32,
}

/// A program file to be. `bytes` writes it as it is told, sensible or not.
#[derive(Clone)]
struct Pe {
    new_header: u32,
    machine: u16,
    magic: u16,
    optional_len: Option<u16>,
    characteristics: u16,
    image_base: u64,
    section_alignment: u32,
    file_alignment: u32,
    size_of_image: u32,
    size_of_headers: u32,
    sections: Vec<Section>,
    file_len: usize,
}

const TEXT: Section = Section {
    virtual_size: 0x10,
    rva: 0x1000,
    raw_len: 0x200,
    raw_offset: 0x400,
    flags: 0x6000_0020,
};
const DATA: Section = Section {
    virtual_size: 0x2345,
    rva: 0x2000,
    raw_len: 0x200,
    raw_offset: 0x600,
    flags: 0xC000_0040,
};
const BSS: Section = Section {
    virtual_size: 1,
    rva: 0x5000,
    raw_len: 0,
    raw_offset: 0,
    flags: 0xC000_0080,
};

/// An ordinary 64-bit program: code, data with a tail of zeros, zeros.
fn ordinary() -> Pe {
    Pe {
        new_header: 0x80,
        machine: 0x8664,
        magic: 0x20b,
        optional_len: None,
        characteristics: 0x22,
        image_base: 0x1_4000_0000,
        section_alignment: 0x1000,
        file_alignment: 0x200,
        size_of_image: 0x5001,
        size_of_headers: 0x400,
        sections: vec![TEXT, DATA, BSS],
        file_len: 0x800,
    }
}

impl Pe {
    fn is_64_bit(&self) -> bool {
        self.magic == 0x20b
    }

    fn bytes(&self) -> Vec<u8> {
        let mut optional = Vec::new();
        let mut u16 = |value: u16| optional.extend(value.to_le_bytes());
        u16(self.magic);
        u16(0); // linker version
        let mut u32 = |value: u32| optional.extend(value.to_le_bytes());
        [0, 0, 0, 0x1000, 0x1000].into_iter().for_each(&mut u32); // three sizes, entry, base of code
        match self.is_64_bit() {
            true => optional.extend(self.image_base.to_le_bytes()),
            false => {
                optional.extend(0_u32.to_le_bytes()); // base of data
                optional.extend((self.image_base as u32).to_le_bytes());
            }
        }
        let mut u32 = |value: u32| optional.extend(value.to_le_bytes());
        [self.section_alignment, self.file_alignment]
            .into_iter()
            .for_each(&mut u32);
        [6, 0, 6, 0].into_iter().for_each(&mut u32); // versions
        [self.size_of_image, self.size_of_headers, 0]
            .into_iter()
            .for_each(&mut u32); // and the checksum
        optional.extend([3, 0, 0x40, 0x81]); // subsystem, DLL characteristics
        optional.extend(vec![0; if self.is_64_bit() { 4 * 8 } else { 4 * 4 }]); // stack and heap
        optional.extend([0, 0, 0, 0, 16, 0, 0, 0]); // loader flags, number of directories
        optional.extend([0; 16 * 8]);

        let mut file = vec![0; self.new_header as usize];
        file.splice(..2, *b"MZ");
        if self.new_header >= 0x40 {
            file[0x3c..0x40].copy_from_slice(&self.new_header.to_le_bytes());
        }
        file.extend(b"PE\0\0");
        file.extend(self.machine.to_le_bytes());
        file.extend((self.sections.len() as u16).to_le_bytes());
        file.extend([0; 12]);
        file.extend(self.optional_len.unwrap_or(optional.len() as u16).to_le_bytes());
        file.extend(self.characteristics.to_le_bytes());
        file.extend(optional);
        for Section {
            virtual_size,
            rva,
            raw_len,
            raw_offset,
            flags,
        } in &self.sections
        {
            file.extend(b".section");
            [virtual_size, rva, raw_len, raw_offset]
                .into_iter()
                .for_each(|value| file.extend(value.to_le_bytes()));
            file.extend([0; 12]);
            file.extend(flags.to_le_bytes());
        }
        file.resize(self.file_len, 0);
        file
    }

    fn read(&self) -> Result<Image, NotAnImage> {
        read(&self.bytes())
    }
}

fn read(file: &[u8]) -> Result<Image, NotAnImage> {
    Image::read(file, file.len() as u64)
}

/// The invariants on `Image`.
fn check(image: &Image, file_len: u64) {
    assert!(image.size > 0 && image.size.is_multiple_of(PAGE));
    let mut end = 0;
    for piece in &image.pieces {
        assert!(piece.rva >= end && piece.rva.is_multiple_of(PAGE), "{image:?}");
        assert!(piece.len > 0 && piece.len.is_multiple_of(PAGE), "{image:?}");
        assert!(
            piece.file_len <= piece.len && piece.file_offset + piece.file_len <= file_len,
            "{image:?}"
        );
        end = piece.rva + piece.len;
    }
    assert_eq!(image.pieces[0].rva, 0);
    assert!(end <= image.size, "{image:?}");
}

#[test]
fn a_program_is_laid_out_as_its_headers_say() {
    // M-14: a PE file is accepted. M-22: the size is SizeOfImage in whole pages. V-14: protections from the headers.
    let image = ordinary().read().unwrap();
    check(&image, 0x800);
    assert_eq!(image.size, 0x6000);
    assert_eq!(
        (image.machine, image.is_64_bit, image.is_library),
        (0x8664, true, false)
    );
    assert_eq!(
        (image.preferred_base, image.is_relocatable, image.entry),
        (0x1_4000_0000, true, 0x1000)
    );
    let pieces: Vec<_> = image
        .pieces
        .iter()
        .map(|p| (p.rva, p.len, p.file_offset, p.file_len, p.protection, p.is_shared))
        .collect();
    assert_eq!(
        pieces,
        [
            (0x0000, 0x1000, 0x000, 0x400, PieceProtection::ReadOnly, false),
            (0x1000, 0x1000, 0x400, 0x200, PieceProtection::ExecuteRead, false),
            (0x2000, 0x3000, 0x600, 0x200, PieceProtection::WriteCopy, false),
            (0x5000, 0x1000, 0x000, 0x000, PieceProtection::WriteCopy, false),
        ]
    );
}

#[test]
fn a_32_bit_library_without_relocations_is_read_just_so() {
    // M-14
    let pe = Pe {
        machine: 0x14c,
        magic: 0x10b,
        characteristics: 0x2103,
        image_base: 0x1000_0000,
        ..ordinary()
    };
    let image = pe.read().unwrap();
    assert_eq!(
        (image.machine, image.is_64_bit, image.is_library),
        (0x14c, false, true)
    );
    assert_eq!((image.preferred_base, image.is_relocatable), (0x1000_0000, false));
    assert_eq!(image.pieces, ordinary().read().unwrap().pieces);
}

#[test]
fn code_for_any_machine_is_an_image() {
    // M-14: Arm64, Alpha (NT 4), MIPS, SH4 (CE), one that nobody has made.
    for (machine, magic) in [
        (0xaa64, 0x20b),
        (0x184, 0x10b),
        (0x166, 0x10b),
        (0x1a6, 0x10b),
        (0x7777, 0x20b),
    ] {
        let image = Pe {
            machine,
            magic,
            image_base: 0x40_0000,
            ..ordinary()
        }
        .read()
        .unwrap();
        assert_eq!(image.machine, machine);
    }
}

#[test]
fn every_combination_of_section_flags_gives_its_page_protection() {
    // V-14; PE Format, section flags
    let rows = [
        (0x0000_0000, 0x01), // PAGE_NOACCESS
        (0x4000_0000, 0x02), // PAGE_READONLY
        (0x8000_0000, 0x08), // PAGE_WRITECOPY
        (0xC000_0000, 0x08),
        (0x2000_0000, 0x10), // PAGE_EXECUTE
        (0x6000_0000, 0x20), // PAGE_EXECUTE_READ
        (0xA000_0000, 0x80), // PAGE_EXECUTE_WRITECOPY
        (0xE000_0000, 0x80),
        (0x5000_0000, 0x02), // from here on shared
        (0xD000_0000, 0x04), // PAGE_READWRITE
        (0x7000_0000, 0x20),
        (0xF000_0000, 0x40), // PAGE_EXECUTE_READWRITE
    ];
    for (flags, value) in rows {
        let image = Pe {
            sections: vec![Section { flags, ..TEXT }],
            ..ordinary()
        }
        .read()
        .unwrap();
        let piece = image.pieces[1];
        assert_eq!(piece.protection.value(), value, "{flags:#x}");
        assert_eq!(piece.is_shared, flags & 0x1000_0000 != 0, "{flags:#x}");
    }
}

#[test]
fn nothing_in_an_image_without_execute_can_be_executed_and_the_rest_stays() {
    // M-13, SEC_IMAGE_NO_EXECUTE
    for flags in (0..16).map(|bits| bits << 28) {
        let image = Pe {
            sections: vec![Section { flags, ..TEXT }],
            ..ordinary()
        }
        .read()
        .unwrap();
        let before = image.pieces[1].protection.value();
        let after = image.without_execute().pieces[1].protection.value();
        assert!(after < 0x10, "{flags:#x}");
        // PAGE_EXECUTE (0x10) is the one whose counterpart, 0x01, would lose the right to use it at all.
        let same = match before {
            0x10 => 0x02,
            0x20..=0x80 => before >> 4,
            _ => before,
        };
        assert_eq!(after, same, "{flags:#x}");
    }
}

#[test]
fn a_file_that_is_no_program_gives_193_and_the_status_tells_why() {
    // M-14, M-23 (an empty file gives 193 here, not 1006), E-5
    let mut dos = ordinary().bytes();
    dos[0x80..0x84].copy_from_slice(b"\0\0\0\0");
    let old = |signature: &[u8; 2], system| {
        let mut file = ordinary().bytes();
        file[0x80..0x82].copy_from_slice(signature);
        file[0x80 + 0x36] = system;
        file
    };
    let mut nowhere = ordinary().bytes();
    nowhere[0x3c..0x40].copy_from_slice(&u32::MAX.to_le_bytes());
    let rows: [(&str, Vec<u8>, u32); 10] = [
        ("empty", Vec::new(), 0xC000_0020),
        ("one letter", b"M".to_vec(), 0xC000_012F),
        ("a script", b"#!/bin/sh\n".to_vec(), 0xC000_012F),
        ("an ELF program", b"\x7fELF\x02\x01\x01".to_vec(), 0xC000_012F),
        ("MZ and no more", b"MZ".to_vec(), 0xC000_0130),
        ("MS-DOS", dos, 0xC000_0130),
        ("a header beyond the file", nowhere, 0xC000_0130),
        ("16-bit Windows", old(b"NE", 2), 0xC000_0131),
        ("16-bit OS/2", old(b"NE", 1), 0xC000_011B),
        ("a driver of Windows 9x", old(b"LE", 0), 0xC000_012E),
    ];
    for (what, file, status) in rows {
        let refusal = read(&file).expect_err(what);
        assert_eq!(refusal.status, status, "{what}: {refusal}");
        let error = Error::new(Op::CreateFileMapping, "", Why::from(refusal));
        assert_eq!(error.code(), Win32Code::BAD_EXE_FORMAT, "{what}");
        assert!(error.to_string().contains(refusal.what), "{error}");
    }
}

#[test]
fn headers_that_contradict_themselves_or_the_file_are_refused() {
    // M-14. Each row spoils one thing of a program that is fine otherwise.
    type Spoil = fn(&mut Pe);
    let rows: [(&str, Spoil); 27] = [
        ("neither PE32 nor PE32+", |pe| pe.magic = 0x107),
        ("x64 with a 32-bit header", |pe| {
            (pe.magic, pe.image_base) = (0x10b, 0x40_0000)
        }),
        ("i386 with a 64-bit header", |pe| pe.machine = 0x14c),
        ("an optional header that is too short", |pe| {
            pe.optional_len = Some(0x6f)
        }),
        ("no optional header", |pe| pe.optional_len = Some(0)),
        ("a section table behind the file", |pe| {
            pe.optional_len = Some(0xffff)
        }),
        ("more sections than the file can hold", |pe| {
            pe.sections = vec![TEXT; 100]
        }),
        ("section alignment 0", |pe| pe.section_alignment = 0),
        ("file alignment 0", |pe| pe.file_alignment = 0),
        ("section alignment 3000", |pe| pe.section_alignment = 0x3000),
        ("file alignment 600", |pe| pe.file_alignment = 0x600),
        ("less aligned in memory than in the file", |pe| {
            pe.file_alignment = 0x2000
        }),
        ("a base between granules", |pe| pe.image_base += 0x1000),
        ("no size", |pe| pe.size_of_image = 0),
        ("no headers", |pe| pe.size_of_headers = 0),
        ("headers larger than the image", |pe| pe.size_of_headers = 0x7000),
        ("headers over the first section", |pe| pe.size_of_headers = 0x1001),
        ("a section behind the image", |pe| pe.size_of_image = 0x5000),
        ("a section over the headers", |pe| pe.sections[0].rva = 0),
        ("two sections in one place", |pe| pe.sections[1].rva = 0x1000),
        ("sections out of order", |pe| pe.sections.swap(0, 1)),
        ("a gap", |pe| {
            (pe.sections[2].rva, pe.size_of_image) = (0x6000, 0x7000)
        }),
        ("a section between pages", |pe| pe.sections[0].rva = 0x1800),
        ("a section as large as numbers go", |pe| {
            pe.sections[2].virtual_size = u32::MAX
        }),
        ("file data behind the file", |pe| {
            pe.sections[1].raw_offset = 0x700
        }),
        ("file data as long as numbers go", |pe| {
            pe.sections[1].raw_len = u32::MAX
        }),
        ("a file that ends early", |pe| pe.file_len = 0x7ff),
    ];
    for (what, spoil) in rows {
        let mut pe = ordinary();
        spoil(&mut pe);
        let refusal = pe.read().expect_err(what);
        assert_eq!(refusal.status, INVALID_FORMAT, "{what}: {refusal}");
    }
}

#[test]
fn what_only_looks_odd_is_accepted() {
    // M-14: things that linkers do, or did.
    type Change = fn(&mut Pe);
    let rows: [(&str, Change); 9] = [
        ("no sections", |pe| pe.sections.clear()),
        ("a virtual size of 0 stands for the length in the file", |pe| {
            pe.sections[0].virtual_size = 0
        }),
        ("more in the file than in memory", |pe| {
            (pe.sections[0].virtual_size, pe.sections[0].raw_len) = (1, 0x400)
        }),
        ("an empty section", |pe| {
            (pe.sections[2].virtual_size, pe.sections[2].raw_len) = (0, 0)
        }),
        ("sections on 64 KiB", |pe| {
            pe.section_alignment = 0x1_0000;
            (pe.sections[0].rva, pe.sections[1].rva, pe.sections[2].rva) = (0x1_0000, 0x2_0000, 0x3_0000);
            pe.size_of_image = 0x4_0000;
        }),
        ("a gap before the first section", |pe| {
            (pe.sections[0].rva, pe.sections[1].rva, pe.sections[2].rva) = (0x8000, 0x9000, 0xC000);
            pe.size_of_image = 0xD000;
        }),
        ("an image larger than its sections", |pe| {
            pe.size_of_image = 0x9000
        }),
        ("a header at an odd place", |pe| pe.new_header = 0x81),
        ("bytes behind everything, such as an installer's", |pe| {
            pe.file_len = 0x1_0000
        }),
    ];
    for (what, change) in rows {
        let mut pe = ordinary();
        change(&mut pe);
        let image = pe.read().unwrap_or_else(|refusal| panic!("{what}: {refusal}"));
        check(&image, pe.file_len as u64);
    }
}

#[test]
fn a_section_starts_at_its_sector_and_ends_with_its_pages() {
    // V-14; both limits keep a piece inside the file and inside its own memory
    let mut pe = ordinary();
    pe.sections[0] = Section {
        virtual_size: 0x1000,
        raw_offset: 0x410,
        raw_len: 0x1f0,
        ..TEXT
    };
    let image = pe.read().unwrap();
    assert_eq!(
        (image.pieces[1].file_offset, image.pieces[1].file_len),
        (0x400, 0x1f0)
    );
    pe.sections[0] = Section {
        virtual_size: 8,
        raw_offset: 0x400,
        raw_len: 0x2000,
        ..TEXT
    };
    pe.file_len = 0x4000;
    let image = pe.read().unwrap();
    assert_eq!((image.pieces[1].len, image.pieces[1].file_len), (0x1000, 0x1000));
}

#[test]
fn an_image_whose_sections_share_pages_is_one_piece_like_the_file() {
    // M-14, M-22
    let section = |rva, flags| Section {
        virtual_size: 0x200,
        rva,
        raw_len: 0x200,
        raw_offset: rva,
        flags,
    };
    let driver = Pe {
        section_alignment: 0x200,
        size_of_image: 0x800,
        sections: vec![section(0x400, 0x6800_0020), section(0x600, 0xC800_0040)],
        ..ordinary()
    };
    let image = driver.read().unwrap();
    check(&image, 0x800);
    assert_eq!(image.size, 0x1000);
    assert_eq!(image.pieces.len(), 1);
    assert_eq!((image.pieces[0].len, image.pieces[0].file_len), (0x1000, 0x800));
    assert_eq!(image.pieces[0].protection, PieceProtection::ExecuteWriteCopy);

    let mut moved = driver.clone();
    moved.sections[1].rva = 0x800;
    assert_eq!(moved.read().unwrap_err().status, INVALID_FORMAT);
    let mut cut = driver.clone();
    cut.file_len = 0x7ff;
    assert_eq!(cut.read().unwrap_err().status, INVALID_FORMAT);
    let mut long = driver.clone();
    long.sections[1].virtual_size = 0xa01; // one byte more than the image has
    assert_eq!(long.read().unwrap_err().status, INVALID_FORMAT);
    long.sections[1].virtual_size = 0xa00;
    check(&long.read().unwrap(), 0x800);
    let finer = Pe {
        file_alignment: 0x100,
        ..driver
    };
    assert_eq!(finer.read().unwrap_err().status, INVALID_FORMAT);
}

#[test]
fn the_headers_are_enough_and_bytes_behind_the_told_end_do_not_count() {
    // M-14: what is mapped lies further down, and need not be read
    let mut pe = ordinary();
    pe.file_len = HEADERS_MAX + 0x1000;
    let file = pe.bytes();
    let len = file.len() as u64;
    assert_eq!(Image::read(&file[..HEADERS_MAX], len), Image::read(&file, len));
    assert_eq!(Image::read(&file, 0x90).unwrap_err().status, INVALID_FORMAT);
    assert_eq!(Image::read(&file, 0).unwrap_err().status, 0xC000_0020);
}

#[test]
fn a_program_cut_anywhere_in_its_headers_is_refused() {
    // M-14
    let file = ordinary().bytes();
    let table_end = 0x80 + 24 + 240 + 3 * 40;
    for len in 0..table_end {
        assert!(read(&file[..len]).is_err(), "{len} bytes");
    }
}

#[test]
fn a_program_that_a_real_linker_made_is_an_image() {
    // M-14, M-22, V-14
    let tool = |name: &str| format!("x86_64-w64-mingw32-{name}");
    if Command::new(tool("ld")).arg("--version").output().is_err() {
        filemap_testing::skip!("needs x86_64-w64-mingw32-ld: apt-get install binutils-mingw-w64-x86-64");
    }
    let folder = tempfile::tempdir().unwrap();
    let run = |program: &str, arguments: &[&str]| {
        let done = Command::new(tool(program))
            .args(arguments)
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(
            done.status.success(),
            "{program}: {}",
            String::from_utf8_lossy(&done.stderr)
        );
    };
    let source = ".text\n.globl start\nstart: ret\n.data\n.long 1\n.bss\n.space 9000\n.section .rdata,\"dr\"\n.long 2\n";
    std::fs::write(folder.path().join("a.s"), source).unwrap();
    run("as", &["a.s", "-o", "a.o"]);
    run("ld", &["a.o", "-e", "start", "-o", "a.exe"]);
    run("ld", &["a.o", "-e", "start", "-shared", "-o", "a.dll"]);

    for (name, is_library) in [("a.exe", false), ("a.dll", true)] {
        let file = std::fs::read(Path::new(folder.path()).join(name)).unwrap();
        let image = read(&file).unwrap();
        check(&image, file.len() as u64);
        assert_eq!(
            (image.machine, image.is_64_bit, image.is_library),
            (0x8664, true, is_library)
        );
        let find = |protection| {
            image
                .pieces
                .iter()
                .filter(move |piece| piece.protection == protection)
        };
        let code = find(PieceProtection::ExecuteRead).next().expect("code");
        assert!((code.rva..code.rva + code.len).contains(&u64::from(image.entry)));
        assert_eq!(
            file[usize::try_from(code.file_offset).unwrap()],
            0xc3,
            "the code starts with `ret`"
        );
        assert!(
            find(PieceProtection::WriteCopy).any(|piece| piece.file_len == 0 && piece.len >= 9000),
            ".bss"
        );
        assert!(
            find(PieceProtection::WriteCopy).any(|piece| piece.file_len > 0),
            ".data"
        );
    }
}

proptest! {
    #[test]
    fn any_bytes_at_all_are_refused_or_read_and_never_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000), len in any::<u64>()) {
        // M-14
        if let Ok(image) = Image::read(&bytes, len) {
            check(&image, len);
        }
    }

    /// A program with a few bytes replaced gets past the first checks, where random bytes don't.
    #[test]
    fn a_program_with_spoilt_bytes_is_refused_or_keeps_every_promise(
        spoilt in prop::collection::vec((0x3c_usize..0x200, prop_oneof![any::<u8>(), Just(0), Just(0xff), Just(0x10)]), 1..12),
        is_64_bit in any::<bool>(),
        section_alignment in prop_oneof![Just(0x1000_u32), Just(0x200)],
        len in prop_oneof![Just(0x800_u64), any::<u64>()],
    ) {
        // M-14
        let (magic, machine) = if is_64_bit { (0x20b, 0x8664) } else { (0x10b, 0x14c) };
        let mut file = Pe { magic, machine, section_alignment, image_base: 0x40_0000, ..ordinary() }.bytes();
        for (at, byte) in spoilt {
            file[at] = byte;
        }
        if let Ok(image) = Image::read(&file, len) {
            check(&image, len);
        }
    }

    /// Section headers with numbers that nearly fit: the interesting ones are at the edges.
    #[test]
    fn sections_with_any_numbers_are_refused_or_keep_every_promise(
        sections in prop::collection::vec((0_u32..0x6000, 0_u32..8, 0_u32..0x1000, 0_u32..0x900, any::<u32>()), 0..4),
        size_of_headers in 0_u32..0x2000,
        size_of_image in 0_u32..0x9000,
        section_alignment in prop_oneof![Just(0x1000_u32), Just(0x2000), Just(0x200)],
    ) {
        // M-14, M-22
        let sections = sections.into_iter().map(|(virtual_size, page, raw_len, raw_offset, flags)| {
            Section { virtual_size, rva: page * 0x1000, raw_len, raw_offset, flags }
        });
        let pe = Pe { sections: sections.collect(), size_of_headers, size_of_image, section_alignment, ..ordinary() };
        if let Ok(image) = pe.read() {
            check(&image, 0x800);
            prop_assert_eq!(image.size, u64::from(size_of_image).next_multiple_of(PAGE));
        }
    }
}
