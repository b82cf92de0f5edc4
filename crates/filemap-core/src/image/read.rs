//! From header bytes to pieces.

use super::{Image, NotAnImage, PAGE, Piece, PieceProtection};
use alloc::vec::Vec;
use object::LittleEndian as LE;
use object::pe::{
    IMAGE_DOS_SIGNATURE, IMAGE_FILE_DLL, IMAGE_FILE_MACHINE_AMD64, IMAGE_FILE_MACHINE_ARM64,
    IMAGE_FILE_MACHINE_I386, IMAGE_FILE_RELOCS_STRIPPED, IMAGE_NT_OPTIONAL_HDR32_MAGIC,
    IMAGE_NT_OPTIONAL_HDR64_MAGIC, IMAGE_NT_SIGNATURE, IMAGE_OS2_SIGNATURE, IMAGE_OS2_SIGNATURE_LE,
    ImageDosHeader, ImageFileHeader, ImageOptionalHeader32, ImageOptionalHeader64, ImageSectionHeader,
};
use object::pod::{self, Pod};
use object::read::pe::ImageOptionalHeader;

/// The loader counts in sectors: a section's place in the file is rounded down to one. Not confirmed on Windows
/// ("PE Format" asks for a multiple of FileAlignment, and linkers write one).
const SECTOR: u64 = 512;
/// `LX`, which `object` has no name for.
const LX_SIGNATURE: u16 = 0x584C;
/// Windows places everything at multiples of 64 KiB. Source: "PE Format", ImageBase.
const GRANULARITY: u64 = 0x1_0000;

pub(super) fn image(start: &[u8], file_len: u64) -> Result<Image, NotAnImage> {
    if file_len == 0 || start.is_empty() {
        return Err(NotAnImage::EMPTY);
    }
    // Bytes behind the told end of the file are no part of it.
    let start = &start[..start.len().min(usize::try_from(file_len).unwrap_or(usize::MAX))];
    if !start.starts_with(&IMAGE_DOS_SIGNATURE.to_le_bytes()) {
        return Err(NotAnImage::NOT_MZ);
    }
    let dos: &ImageDosHeader = at(start, 0).ok_or(NotAnImage::DOS)?;
    let new_header = u64::from(dos.e_lfanew.get(LE));
    let signature: &[u8; 4] = at(start, new_header).ok_or(NotAnImage::DOS)?;
    if u32::from_le_bytes(*signature) != IMAGE_NT_SIGNATURE {
        return Err(older_format(start, new_header, [signature[0], signature[1]]));
    }

    let cut = NotAnImage::format("its headers go beyond the end of the file, or its first MiB");
    let file_header: &ImageFileHeader = at(start, new_header + 4).ok_or(cut)?;
    let optional = new_header + 4 + size_of::<ImageFileHeader>() as u64;
    let magic: &[u8; 2] = at(start, optional).ok_or(cut)?;
    let sections = Sections {
        first: optional + u64::from(file_header.size_of_optional_header.get(LE)),
        count: file_header.number_of_sections.get(LE).into(),
    };
    match u16::from_le_bytes(*magic) {
        IMAGE_NT_OPTIONAL_HDR32_MAGIC => {
            let header: &ImageOptionalHeader32 = at(start, optional).ok_or(cut)?;
            layout(start, file_len, file_header, header, sections)
        }
        IMAGE_NT_OPTIONAL_HDR64_MAGIC => {
            let header: &ImageOptionalHeader64 = at(start, optional).ok_or(cut)?;
            layout(start, file_len, file_header, header, sections)
        }
        _ => Err(NotAnImage::format(
            "its optional header is neither PE32 nor PE32+",
        )),
    }
}

/// A structure that lies in the bytes, wherever it is aligned.
fn at<T: Pod>(bytes: &[u8], offset: u64) -> Option<&T> {
    const { assert!(align_of::<T>() == 1) };
    let tail = bytes.get(usize::try_from(offset).ok()?..)?;
    pod::from_bytes(tail).ok().map(|(value, _)| value)
}

/// What a program with MZ but without PE is.
fn older_format(start: &[u8], new_header: u64, signature: [u8; 2]) -> NotAnImage {
    /// Where a 16-bit header names its system; 2 is Windows, 4 is Windows in 386 mode.
    const NE_SYSTEM: u64 = 0x36;
    match u16::from_le_bytes(signature) {
        IMAGE_OS2_SIGNATURE => match at::<[u8; 1]>(start, new_header + NE_SYSTEM) {
            Some([2 | 4]) => NotAnImage::WIN_16,
            _ => NotAnImage::NE,
        },
        IMAGE_OS2_SIGNATURE_LE | LX_SIGNATURE => NotAnImage::LE,
        _ => NotAnImage::DOS,
    }
}

/// Where the section headers are.
#[derive(Clone, Copy)]
struct Sections {
    /// Offset of the first in the file.
    first: u64,
    count: usize,
}

fn layout<H: ImageOptionalHeader>(
    start: &[u8],
    file_len: u64,
    file_header: &ImageFileHeader,
    header: &H,
    sections: Sections,
) -> Result<Image, NotAnImage> {
    let refuse = |what| Err(NotAnImage::format(what));
    let machine = file_header.machine.get(LE);
    let is_64_bit = header.magic() == IMAGE_NT_OPTIONAL_HDR64_MAGIC;
    let fits = match machine {
        IMAGE_FILE_MACHINE_I386 => !is_64_bit,
        IMAGE_FILE_MACHINE_AMD64 | IMAGE_FILE_MACHINE_ARM64 => is_64_bit,
        _ => true,
    };
    if !fits {
        return refuse("its optional header is not of the kind that its machine has");
    }
    // The data directories behind the fixed part are not needed here, and files with few of them exist.
    if usize::from(file_header.size_of_optional_header.get(LE)) < size_of::<H>() {
        return refuse("its optional header is shorter than one is");
    }

    let section_alignment = u64::from(header.section_alignment());
    let file_alignment = u64::from(header.file_alignment());
    if !section_alignment.is_power_of_two() || !file_alignment.is_power_of_two() {
        return refuse("an alignment is not a power of two");
    }
    if section_alignment < file_alignment {
        return refuse("its sections are aligned less in memory than in the file");
    }
    if !header.image_base().is_multiple_of(GRANULARITY) {
        return refuse("its preferred base is not a multiple of 64 KiB");
    }
    let headers_len = u64::from(header.size_of_headers());
    let size = u64::from(header.size_of_image()).next_multiple_of(PAGE);
    if size == 0 || headers_len == 0 || headers_len > size {
        return refuse("the size of the image or of its headers makes no sense");
    }

    let table = section_table(start, sections).ok_or(NotAnImage::format(
        "its section table goes beyond the end of the file, or its first MiB",
    ))?;
    let pieces = match section_alignment < PAGE {
        true => flat(table, section_alignment == file_alignment, size, file_len)?,
        false => placed(table, headers_len, section_alignment, size, file_len)?,
    };
    let characteristics = file_header.characteristics.get(LE);
    Ok(Image {
        machine: machine.0,
        is_64_bit,
        is_library: characteristics.0 & IMAGE_FILE_DLL.0 != 0,
        preferred_base: header.image_base(),
        is_relocatable: characteristics.0 & IMAGE_FILE_RELOCS_STRIPPED.0 == 0,
        entry: header.address_of_entry_point(),
        size,
        pieces,
    })
}

fn section_table(start: &[u8], sections: Sections) -> Option<&[ImageSectionHeader]> {
    let tail = start.get(usize::try_from(sections.first).ok()?..)?;
    pod::slice_from_bytes(tail, sections.count)
        .ok()
        .map(|(table, _)| table)
}

/// An image whose sections are not aligned to pages, such as an old driver: it lies in memory as in the file, and
/// everything can be written and executed. Sections then must have the same place in both. Not confirmed on Windows.
fn flat(
    table: &[ImageSectionHeader],
    same: bool,
    size: u64,
    file_len: u64,
) -> Result<Vec<Piece>, NotAnImage> {
    let moved = |section: &&ImageSectionHeader| {
        section.size_of_raw_data.get(LE) != 0
            && section.pointer_to_raw_data.get(LE) != section.virtual_address.get(LE)
    };
    if !same || table.iter().any(|section| moved(&section)) {
        return Err(NotAnImage::format(
            "its sections share pages, and don't lie in memory as in the file",
        ));
    }
    for section in table {
        let end = u64::from(section.virtual_address.get(LE)) + memory_len(section);
        let file_end =
            u64::from(section.pointer_to_raw_data.get(LE)) + u64::from(section.size_of_raw_data.get(LE));
        if end > size || (section.size_of_raw_data.get(LE) != 0 && file_end > file_len) {
            return Err(NotAnImage::format("a section goes beyond the image or the file"));
        }
    }
    let protection = PieceProtection::ExecuteWriteCopy;
    let file_len = file_len.min(size);
    Ok([Piece {
        rva: 0,
        len: size,
        file_offset: 0,
        file_len,
        protection,
        is_shared: false,
    }]
    .into())
}

/// An ordinary image: headers, then sections, each on pages of its own.
fn placed(
    table: &[ImageSectionHeader],
    headers_len: u64,
    alignment: u64,
    size: u64,
    file_len: u64,
) -> Result<Vec<Piece>, NotAnImage> {
    let mut pieces = Vec::with_capacity(table.len() + 1);
    pieces.push(Piece {
        rva: 0,
        len: headers_len.next_multiple_of(PAGE),
        file_offset: 0,
        file_len: headers_len.min(file_len),
        protection: PieceProtection::ReadOnly,
        is_shared: false,
    });
    // "In ascending order and adjacent, and a multiple of SectionAlignment" (PE Format). Before the first section
    // there may be a gap: what it must be adjacent to is not said.
    let mut next = None;
    for section in table {
        let rva = u64::from(section.virtual_address.get(LE));
        let is_next = match next {
            None => rva >= headers_len && rva.is_multiple_of(alignment),
            Some(next) => rva == next,
        };
        if !is_next {
            return Err(NotAnImage::format(
                "its sections overlap, leave gaps, or are out of order",
            ));
        }
        let memory_len = memory_len(section);
        let end = rva + memory_len;
        if end > size {
            return Err(NotAnImage::format("a section goes beyond the image"));
        }
        next = Some(end.next_multiple_of(alignment));
        if memory_len == 0 {
            continue; // some linkers leave empty sections; there is nothing to map
        }
        let len = memory_len.next_multiple_of(PAGE);
        let (file_offset, section_file_len) = in_file(section, len, file_len)?;
        let characteristics = section.characteristics.get(LE).0;
        pieces.push(Piece {
            rva,
            len,
            file_offset,
            file_len: section_file_len,
            protection: PieceProtection::of_section(characteristics),
            is_shared: PieceProtection::is_shared(characteristics),
        });
    }
    Ok(pieces)
}

/// A section's length in memory: its virtual size, or for old linkers, which wrote 0 there, its length in the file.
fn memory_len(section: &ImageSectionHeader) -> u64 {
    match section.virtual_size.get(LE) {
        0 => section.size_of_raw_data.get(LE).into(),
        len => len.into(),
    }
}

/// Offset and length in the file of what fills a section of `len` bytes, whole pages, in memory.
fn in_file(section: &ImageSectionHeader, len: u64, file_len: u64) -> Result<(u64, u64), NotAnImage> {
    let raw_len = u64::from(section.size_of_raw_data.get(LE));
    let pointer = u64::from(section.pointer_to_raw_data.get(LE));
    if raw_len == 0 || pointer == 0 {
        return Ok((0, 0)); // nothing but zeros (.bss)
    }
    if pointer + raw_len > file_len {
        return Err(NotAnImage::format("a section goes beyond the end of the file"));
    }
    let offset = pointer - pointer % SECTOR;
    Ok((offset, raw_len.min(len)))
}
