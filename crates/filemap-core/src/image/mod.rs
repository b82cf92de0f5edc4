//! Program files as file mapping objects: SEC_IMAGE (M-13, M-14, M-22, M-23, V-14).
//!
//! A section with SEC_IMAGE is not the bytes of the file but the program as it lies in memory: its headers say where
//! each part of the file goes and how its pages are protected. [`Image::read`] decides from the first bytes of a file
//! whether it is such a program, and gives the [`Piece`]s that somebody else then maps or copies.
//!
//! The bytes are hostile: any of them may hold anything. What is accepted fulfils the invariants on [`Image`], so that
//! carrying it out needs no more checks, except that the file still has the length that was told.

mod protection;
mod read;
mod refusal;

pub use protection::PieceProtection;
pub use refusal::NotAnImage;

use alloc::vec::Vec;

/// Size of a page in bytes, by which images are laid out on every machine that Windows runs on (but Itanium's 8192).
pub const PAGE: u64 = 4096;

/// How many bytes of the start of a file [`Image::read`] needs at most; shorter files are read whole.
///
/// Headers beyond the first MiB are refused. Linkers put them into the first few KiB.
pub const HEADERS_MAX: usize = 1 << 20;

/// A program file as it will lie in memory.
///
/// # Invariants
/// 1. `size` is a positive multiple of [`PAGE`].
/// 2. Pieces are in ascending order of `rva`, don't overlap, and end at or before `size`. The first is the headers.
/// 3. Of each piece `rva` and `len` are multiples of [`PAGE`], `len` is positive, `file_len` is at most `len`, and
///    `file_offset + file_len` is at most the length of the file.
///
/// What no piece covers is reserved and has no access.
///
/// ```
/// use filemap_core::error::{Why, Win32Code};
/// use filemap_core::image::Image;
/// let refusal = Image::read(b"#!/bin/sh\n", 10).unwrap_err();
/// assert_eq!(refusal.status, 0xC000_012F); // STATUS_INVALID_IMAGE_NOT_MZ
/// assert_eq!(Why::from(refusal).code(), Win32Code::BAD_EXE_FORMAT);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// The machine that the code is for, as `IMAGE_FILE_HEADER.Machine` has it: 0x14c i386, 0x8664 x64, 0xaa64 Arm64 …
    pub machine: u16,
    /// Whether addresses in it have 64 bits (PE32+).
    pub is_64_bit: bool,
    /// Whether it is a library (DLL) and not a program.
    pub is_library: bool,
    /// The address that it would like to have; a multiple of 64 KiB.
    pub preferred_base: u64,
    /// Whether it may lie elsewhere: its relocations have not been stripped.
    pub is_relocatable: bool,
    /// Where execution starts, as an offset in bytes from the base; 0 for none. May point anywhere: not checked.
    pub entry: u32,
    /// SizeOfImage rounded up to pages, in bytes: the size of the file mapping object (M-22).
    pub size: u64,
    /// What lies where.
    pub pieces: Vec<Piece>,
}

/// A range of an [`Image`] with one protection, filled from one range of the file and with zeros behind it.
///
/// `file_offset` is a multiple of 512 and often not of a page, so a piece can't always be mapped; then it is copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Where it starts, in bytes from the base of the image ("relative virtual address").
    pub rva: u64,
    /// Its length in memory, in bytes.
    pub len: u64,
    /// Where its contents start in the file, in bytes; 0 if `file_len` is 0.
    pub file_offset: u64,
    /// How many bytes come from the file; the rest is zero.
    pub file_len: u64,
    /// How its pages are protected in a view, whatever access the view was asked for with (V-14).
    pub protection: PieceProtection,
    /// Whether all processes that map the image share what is written to it (IMAGE_SCN_MEM_SHARED).
    pub is_shared: bool,
}

impl Image {
    /// Reads the headers of a program file.
    ///
    /// `start`: the first bytes of the file, all of it or at least [`HEADERS_MAX`]. `file_len`: its length in bytes.
    /// Any machine is accepted. Source: Microsoft "PE Format"; where that leaves a case open, the choice is explained at
    /// the check and marked as not confirmed on Windows.
    ///
    /// # Errors
    /// [`NotAnImage`], which becomes `ERROR_BAD_EXE_FORMAT` (193), for whatever is no program or has headers that
    /// contradict themselves or the file's length; also for an empty file, which without SEC_IMAGE would be 1006 (M-23).
    pub fn read(start: &[u8], file_len: u64) -> Result<Image, NotAnImage> {
        read::image(start, file_len)
    }

    /// The same image for SEC_IMAGE_NO_EXECUTE: nothing in it may be executed (M-13).
    #[must_use]
    pub fn without_execute(mut self) -> Image {
        for piece in &mut self.pieces {
            piece.protection = piece.protection.without_execute();
        }
        self
    }
}
