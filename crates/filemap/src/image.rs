//! SEC_IMAGE: a program file laid out as it lies in memory (V-14, M-22).
//!
//! The object holds the laid-out program, made once when it is created; every view of it is private, piece by piece with
//! the protection that the program's own headers ask for, whatever access the view was asked for with. Parts that the
//! program marks as shared are shared.

use crate::refusal;
use filemap_core::access::Page;
use filemap_core::error::{Error, Op, Why};
use filemap_core::image::{HEADERS_MAX, Image};
use filemap_core::layout::Footer;
use filemap_sys::SysError;
use filemap_sys::os::tmpfs;
use std::ops::Range;
use std::os::fd::BorrowedFd;

/// In [`Footer::parameters`]: the length of the program file in bytes, and whether execution was given up.
const FILE_LEN: usize = 0;
const NO_EXECUTE: usize = 1;

/// The program as an object holds it.
pub(crate) struct LaidOut {
    /// The object's bytes.
    pub(crate) contents: Vec<u8>,
    /// What the footer must remember.
    pub(crate) parameters: [u64; 2],
}

/// Reads a program file of `file_len` bytes and lays it out.
pub(crate) fn lay_out(
    file: BorrowedFd<'_>,
    file_len: u64,
    no_execute: bool,
    op: Op,
    name: &str,
) -> Result<LaidOut, Error> {
    let failed = |why: Why| Error::new(op, name, why);
    let system = |e: SysError| refusal::system(op, name, e);
    let mut start = vec![0; usize::try_from(file_len).unwrap_or(usize::MAX).min(HEADERS_MAX)];
    let read = tmpfs::read_at(file, &mut start, 0).map_err(system)?;
    let image = Image::read(&start[..read], file_len).map_err(|not| failed(not.into()))?;
    let size = usize::try_from(image.size).map_err(|_| failed(Why::NoAddressSpace { len: image.size }))?;
    let mut contents = Vec::new();
    contents
        .try_reserve_exact(size)
        .map_err(|_| failed(Why::NoAddressSpace { len: image.size }))?;
    contents.resize(size, 0);
    for piece in &image.pieces {
        // In bounds by the invariants of `Image`.
        let here = &mut contents[piece.rva as usize..][..piece.file_len as usize];
        let read = tmpfs::read_at(file, here, piece.file_offset).map_err(system)?;
        if read < here.len() {
            return Err(failed(Why::NotAnImage {
                what: "the file was cut while it was read",
            }));
        }
    }
    Ok(LaidOut {
        contents,
        parameters: [file_len, u64::from(no_execute)],
    })
}

/// Pages of an image with one protection.
pub(crate) struct Pages {
    /// Which, counted from the start of the object.
    pub(crate) pages: Range<usize>,
    pub(crate) protect: Page,
    /// All processes see what is written.
    pub(crate) is_shared: bool,
}

/// What protection the pages of an image object have, from the headers at its start; pages that none names have no access.
pub(crate) fn pieces(data: BorrowedFd<'_>, footer: &Footer, name: &str) -> Result<Vec<Pages>, Error> {
    let failed = |why: Why| Error::new(Op::MapView, name, why);
    let mut start = vec![0; (footer.size as usize).min(HEADERS_MAX)];
    let read = tmpfs::read_at(data, &mut start, 0).map_err(|e| refusal::system(Op::MapView, name, e))?;
    let image = Image::read(&start[..read], footer.parameters[FILE_LEN]).map_err(|not| failed(not.into()))?;
    let image = match footer.parameters[NO_EXECUTE] {
        0 => image,
        _ => image.without_execute(),
    };
    // The object's file is hostile: what it claims ends with the object.
    let (page, end) = (filemap_core::image::PAGE, footer.size / filemap_core::image::PAGE);
    let pages = image.pieces.iter().map(|piece| Pages {
        pages: (piece.rva / page).min(end) as usize..((piece.rva + piece.len) / page).min(end) as usize,
        protect: Page::from_bits_retain(piece.protection.value()),
        is_shared: piece.is_shared,
    });
    Ok(pages.collect())
}
