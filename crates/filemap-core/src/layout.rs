//! The object file: data at offset 0, then (for SEC_RESERVE) the commit bitmap, then the footer as the last page or pages.
//!
//! ```text
//!  0                    data_len        bitmap_offset + bitmap_len            file length
//!  │ data, whole pages  │ commit bitmap │ strings that don't fit │ last page: header, then strings │
//!                                       └──────────── footer, footer_len bytes ─────────────────────┘
//! ```
//! Data come first so that `mmap`, `hexdump`, Wine and plain tools see the bytes where they expect them. Numbers are
//! little-endian. Whoever may write to the file may write anything into the footer: it is copied, checked, and only then
//! believed ([`Footer::parse`]).

use crate::access::{Page, SectionFlags};
use crate::error::Why;
use crate::kind::Kind;
use crate::profile::{Platform, Profile};
use crate::section::PAGE;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// The first bytes of a header.
pub const MAGIC: [u8; 8] = *b"FileMap\x1A";
/// The layout that this crate writes and reads.
pub const VERSION: u32 = 1;
/// Length of the header in bytes; strings follow.
pub const HEADER_LEN: usize = size_of::<Header>();
/// The longest footer that is read: 32,766 units of three bytes, a security descriptor and a path have room.
pub const MAX_FOOTER: u64 = 64 * PAGE;

/// The header as it lies in the file, at the start of the file's last page.
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct Header {
    magic: [u8; 8],
    version: U32,
    /// CRC-32 of header and strings with this field as zero.
    checksum: U32,
    kind: u8,
    platform: u8,
    /// How often 4096 is doubled to give [`Footer::unit`].
    unit: u8,
    reserved: u8,
    protect: U32,
    sections: U32,
    session: U32,
    size: U64,
    data_len: U64,
    bitmap_len: U64,
    footer_len: U32,
    creator_pid: U32,
    creator_uid: U32,
    creator_fd: U32,
    creator_start: U64,
    created: U64,
    base: U64,
    file_dev: U64,
    file_ino: U64,
    /// Parameters of a synchronisation object as it was created, by kind.
    parameters: [U64; 2],
    name_len: U32,
    path_len: U32,
    descriptor_len: U32,
    reserved2: U32,
}

/// Who made an object, and when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Creator {
    /// Process number in the creator's PID name space.
    pub pid: u32,
    /// User number.
    pub uid: u32,
    /// Start time of the process in clock ticks since boot: tells it from a later one with the same number (I-28).
    pub start: u64,
    /// When the object was made, in nanoseconds since 1970 (UTC).
    pub created: u64,
    /// The session of the creator.
    pub session: u32,
}

/// The disk file behind an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackingFile {
    /// Its path when the object was made, as bytes.
    pub path: Vec<u8>,
    /// Device number.
    pub dev: u64,
    /// Inode number.
    pub ino: u64,
    /// The creator's descriptor of it, for those who may look into the creator's `/proc/PID/fd`.
    pub creator_fd: u32,
}

/// Everything about an object that its file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Footer {
    /// Kind of object.
    pub kind: Kind,
    /// Number of the rules that it was made under ([`Profile::number`]); 0 says nothing and means `nt`.
    pub platform: u8,
    /// Page protection; 0 for synchronisation objects.
    pub protect: Page,
    /// SEC_ flags; 0 for synchronisation objects.
    pub sections: SectionFlags,
    /// Size of the object in bytes (M-22).
    pub size: u64,
    /// Length of the system's pages in bytes where it was made: 4096, 16,384 or 65,536. What is mapped for itself (data, commit
    /// bitmap, state) begins and ends with one.
    pub unit: u64,
    /// Length of the data in this file in bytes, whole units: 0 if a disk file holds them. An object that began as a copy
    /// of a disk file (V-43) has both.
    pub data_len: u64,
    /// Length of the commit bitmap in bytes, whole units: one bit per unit of data; 0 without SEC_RESERVE.
    pub bitmap_len: u64,
    /// The address at which each process maps it, on platforms with one address for all; else 0.
    pub base: u64,
    /// Parameters of a synchronisation object, by kind. For a file mapping with one address in all processes (P-23), a
    /// random number that tells it from all others.
    pub parameters: [u64; 2],
    /// Who made it.
    pub creator: Creator,
    /// The disk file behind it.
    pub file: Option<BackingFile>,
    /// The name as it was given, in WTF-8; empty if unnamed.
    pub name: Vec<u8>,
    /// The security descriptor in self-relative form; empty for the default one.
    pub descriptor: Vec<u8>,
}

/// Length of the commit bitmap of `data_len` bytes of data, in bytes, whole [units](Footer::unit).
#[must_use]
pub const fn bitmap_len(data_len: u64, unit: u64) -> u64 {
    (data_len / unit).div_ceil(8).next_multiple_of(unit)
}

/// Lengths of pages that Linux has on machines whose pages are not larger than the granularity of views.
pub const UNITS: [u64; 3] = [PAGE, 4 * PAGE, 16 * PAGE];

impl Footer {
    /// A footer with nothing but a kind, for an object of `size` bytes with its data in this file.
    #[must_use]
    pub fn new(kind: Kind, size: u64) -> Footer {
        Footer::in_units(kind, size, PAGE)
    }

    /// [`Footer::new`] on a system with pages of `unit` bytes. With any other than [`UNITS`] it can't be read again.
    ///
    /// ```
    /// use filemap_core::kind::Kind;
    /// use filemap_core::layout::Footer;
    /// assert_eq!(Footer::in_units(Kind::FileMapping, 5000, 4096).data_len, 8192);
    /// assert_eq!(Footer::in_units(Kind::FileMapping, 5000, 16_384).data_len, 16_384);
    /// ```
    #[must_use]
    pub fn in_units(kind: Kind, size: u64, unit: u64) -> Footer {
        Footer {
            kind,
            platform: 0,
            protect: Page::empty(),
            sections: SectionFlags::empty(),
            size,
            unit,
            data_len: size.next_multiple_of(unit),
            bitmap_len: 0,
            base: 0,
            parameters: [0; 2],
            creator: Creator::default(),
            file: None,
            name: Vec::new(),
            descriptor: Vec::new(),
        }
    }

    /// The rules that the object was made under, and that hold for its views.
    #[must_use]
    pub fn profile(&self) -> &'static Profile {
        Profile::from_number(self.platform).unwrap_or(Platform::Nt.profile())
    }

    /// Whether a disk file holds the data, and not this file.
    #[must_use]
    pub fn data_in_file(&self) -> bool {
        self.file.is_some() && self.data_len == 0
    }

    /// Offset of the commit bitmap in the file, in bytes.
    #[must_use]
    pub fn bitmap_offset(&self) -> u64 {
        self.data_len
    }

    /// Offset of the footer in the file, in bytes.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.data_len + self.bitmap_len
    }

    /// The footer as bytes: whole pages, to be written at [`Footer::offset`] as the end of the file.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let path: &[u8] = self.file.as_ref().map_or(&[], |f| &f.path);
        let strings = self.name.len() + path.len() + self.descriptor.len();
        let footer_len = (HEADER_LEN + strings).next_multiple_of(PAGE as usize);
        let mut header = Header {
            magic: MAGIC,
            version: VERSION.into(),
            checksum: 0.into(),
            kind: self.kind as u8,
            platform: self.platform,
            unit: (self.unit / PAGE).trailing_zeros() as u8,
            reserved: 0,
            protect: self.protect.bits().into(),
            sections: self.sections.bits().into(),
            session: self.creator.session.into(),
            size: self.size.into(),
            data_len: self.data_len.into(),
            bitmap_len: self.bitmap_len.into(),
            footer_len: (footer_len as u32).into(),
            creator_pid: self.creator.pid.into(),
            creator_uid: self.creator.uid.into(),
            creator_fd: self.file.as_ref().map_or(u32::MAX, |f| f.creator_fd).into(),
            creator_start: self.creator.start.into(),
            created: self.creator.created.into(),
            base: self.base.into(),
            file_dev: self.file.as_ref().map_or(0, |f| f.dev).into(),
            file_ino: self.file.as_ref().map_or(0, |f| f.ino).into(),
            parameters: self.parameters.map(U64::new),
            name_len: (self.name.len() as u32).into(),
            path_len: (path.len() as u32).into(),
            descriptor_len: (self.descriptor.len() as u32).into(),
            reserved2: 0.into(),
        };
        let mut bytes = vec![0; footer_len];
        // Strings fill the last page behind the header, then the pages before it.
        let last = footer_len - PAGE as usize;
        let mut strings = Vec::with_capacity(strings);
        strings.extend_from_slice(&self.name);
        strings.extend_from_slice(path);
        strings.extend_from_slice(&self.descriptor);
        let here = strings.len().min(PAGE as usize - HEADER_LEN);
        bytes[last + HEADER_LEN..][..here].copy_from_slice(&strings[..here]);
        bytes[..strings.len() - here].copy_from_slice(&strings[here..]);
        header.checksum = checksum(&header, &strings).into();
        bytes[last..][..HEADER_LEN].copy_from_slice(header.as_bytes());
        bytes
    }

    /// How many bytes at the end of the file the footer takes, from a copy of the file's last page.
    ///
    /// # Errors
    /// `ERROR_FILE_CORRUPT` (1392) or `ERROR_REVISION_MISMATCH` (1306) if it is no footer of this version.
    pub fn len_from_last_page(last_page: &[u8]) -> Result<u64, Why> {
        let header = header(last_page)?;
        Ok(header.footer_len.get().into())
    }

    /// How many bytes of the file's last page say something, from a copy of its first bytes: header and strings.
    ///
    /// # Errors
    /// As [`Footer::len_from_last_page`].
    pub fn used_of_last_page(start: &[u8]) -> Result<usize, Why> {
        let header = header(start)?;
        let strings = [header.name_len, header.path_len, header.descriptor_len];
        let used = strings
            .iter()
            .fold(HEADER_LEN as u64, |sum, len| sum + u64::from(len.get()));
        Ok(used.min(PAGE) as usize)
    }

    /// Reads a footer from a copy of the last bytes of a file that is `file_len` bytes long.
    ///
    /// `bytes` is at least the last page, and all of [`Footer::len_from_last_page`] if that is more.
    ///
    /// # Errors
    /// `ERROR_FILE_CORRUPT` (1392) with what is wrong; `ERROR_REVISION_MISMATCH` (1306) for a layout of another version.
    pub fn parse(bytes: &[u8], file_len: u64) -> Result<Footer, Why> {
        let last = bytes
            .len()
            .checked_sub(PAGE as usize)
            .ok_or_else(|| damaged("it is shorter than a page"))?;
        let (before, last_page) = bytes.split_at(last);
        Self::parse_parts(before, last_page, file_len)
    }

    /// [`Footer::parse`] of a footer of one page, from a copy of the [used](Footer::used_of_last_page) part of that.
    ///
    /// # Errors
    /// As [`Footer::parse`].
    pub fn parse_page(used: &[u8], file_len: u64) -> Result<Footer, Why> {
        Self::parse_parts(&[], used, file_len)
    }

    fn parse_parts(before: &[u8], last_page: &[u8], file_len: u64) -> Result<Footer, Why> {
        let header = header(last_page)?;
        let (data_len, bitmap, footer_len) = (
            header.data_len.get(),
            header.bitmap_len.get(),
            u64::from(header.footer_len.get()),
        );
        let lengths = data_len
            .checked_add(bitmap)
            .and_then(|sum| sum.checked_add(footer_len));
        let unit = UNITS
            .into_iter()
            .find(|unit| *unit == PAGE << header.unit.min(63))
            .ok_or_else(|| damaged("it is of a system with other pages"))?;
        if lengths != Some(file_len) || !data_len.is_multiple_of(unit) {
            return Err(damaged("its length is not what its footer says"));
        }
        let kind = Kind::from_number(header.kind).ok_or_else(|| damaged("it is of an unknown kind"))?;
        let [name_len, path_len, descriptor_len] =
            [header.name_len, header.path_len, header.descriptor_len].map(|len| len.get() as usize);
        let strings_len = name_len
            .checked_add(path_len)
            .and_then(|sum| sum.checked_add(descriptor_len))
            .filter(|sum| HEADER_LEN + sum <= footer_len as usize)
            .ok_or_else(|| damaged("its strings are longer than its footer"))?;
        let here = strings_len.min(PAGE as usize - HEADER_LEN);
        let rest = strings_len - here;
        let here = last_page
            .get(HEADER_LEN..HEADER_LEN + here)
            .ok_or_else(|| damaged("its footer was not read as a whole"))?;
        let joined;
        let strings = match rest {
            0 => here,
            _ => {
                let start = (before.len() + PAGE as usize)
                    .checked_sub(footer_len as usize)
                    .ok_or_else(|| damaged("its footer was not read as a whole"))?;
                let rest = before
                    .get(start..start + rest)
                    .ok_or_else(|| damaged("its strings overlap"))?;
                joined = [here, rest].concat();
                &joined
            }
        };
        if checksum(&header, strings) != header.checksum.get() {
            return Err(damaged("its checksum does not fit"));
        }
        let (name, rest) = strings.split_at(name_len);
        let (path, descriptor) = rest.split_at(path_len);
        let footer = Footer {
            kind,
            platform: header.platform,
            protect: Page::from_bits_retain(header.protect.get()),
            sections: SectionFlags::from_bits_retain(header.sections.get()),
            size: header.size.get(),
            unit,
            data_len,
            bitmap_len: bitmap,
            base: header.base.get(),
            parameters: header.parameters.map(U64::get),
            creator: Creator {
                pid: header.creator_pid.get(),
                uid: header.creator_uid.get(),
                start: header.creator_start.get(),
                created: header.created.get(),
                session: header.session.get(),
            },
            file: (!path.is_empty()).then(|| BackingFile {
                path: path.to_vec(),
                dev: header.file_dev.get(),
                ino: header.file_ino.get(),
                creator_fd: header.creator_fd.get(),
            }),
            name: name.to_vec(),
            descriptor: descriptor.to_vec(),
        };
        footer.check()?;
        Ok(footer)
    }

    /// Rules that a sane writer keeps, and that others rely on.
    fn check(&self) -> Result<(), Why> {
        if self.kind == Kind::FileMapping {
            let noaccess = self.protect == Page::NOACCESS; // P-19
            if Page::of_section(self.protect.bits()).is_none() && !noaccess {
                return Err(damaged("its page protection is none of the six"));
            }
            if Profile::from_number(self.platform).is_none() {
                return Err(damaged("it follows the rules of an unknown platform"));
            }
            let size_fits = match &self.file {
                None => self.size > 0 && self.size.checked_next_multiple_of(self.unit) == Some(self.data_len),
                Some(_) if self.data_len == 0 => self.size > 0,
                Some(_) => self.size.checked_next_multiple_of(self.unit) == Some(self.data_len),
            };
            if !size_fits {
                return Err(damaged("its size does not fit its data"));
            }
        } else if self.data_len != self.unit {
            return Err(damaged("its state is not one page"));
        }
        let wanted = match self.sections.contains(SectionFlags::RESERVE) && !self.data_in_file() {
            true => bitmap_len(self.data_len, self.unit),
            false => 0,
        };
        match self.bitmap_len == wanted {
            true => Ok(()),
            false => Err(damaged("its commit bitmap has the wrong length")),
        }
    }
}

fn header(last_page: &[u8]) -> Result<Header, Why> {
    let (header, _) =
        Header::read_from_prefix(last_page).map_err(|_| damaged("it is shorter than a header"))?;
    if header.magic != MAGIC {
        return Err(damaged("it has no footer"));
    }
    let version = header.version.get();
    if version != VERSION {
        return Err(Why::NewerVersion { version });
    }
    let footer_len = u64::from(header.footer_len.get());
    match footer_len.is_multiple_of(PAGE) && (PAGE..=MAX_FOOTER).contains(&footer_len) {
        true => Ok(header),
        false => Err(damaged(format!("its footer claims {footer_len} bytes"))),
    }
}

fn checksum(header: &Header, strings: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(
        Header {
            checksum: 0.into(),
            ..*header
        }
        .as_bytes(),
    );
    hasher.update(strings);
    hasher.finalize()
}

fn damaged(what: impl Into<String>) -> Why {
    Why::Damaged { what: what.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample(name: &str, path: Option<&str>) -> Footer {
        let mut footer = Footer::new(Kind::FileMapping, 5000);
        footer.protect = Page::READWRITE;
        footer.sections = SectionFlags::COMMIT;
        footer.name = name.as_bytes().to_vec();
        footer.creator = Creator {
            pid: 7,
            uid: 1000,
            start: 99,
            created: 12345,
            session: 1,
        };
        if let Some(path) = path {
            footer.file = Some(BackingFile {
                path: path.as_bytes().to_vec(),
                dev: 1,
                ino: 2,
                creator_fd: 3,
            });
            footer.data_len = 0;
        }
        footer
    }

    fn file_len(footer: &Footer, bytes: &[u8]) -> u64 {
        footer.offset() + bytes.len() as u64
    }

    #[test]
    fn a_footer_comes_back_as_it_was() {
        let long = "n".repeat(20_000);
        for footer in [
            sample("a", None),
            sample("", None),
            sample("a", Some("/tmp/x")),
            sample(&long, Some(&long)),
        ] {
            let bytes = footer.to_bytes();
            assert_eq!(
                Footer::len_from_last_page(&bytes[bytes.len() - 4096..]),
                Ok(bytes.len() as u64)
            );
            assert_eq!(Footer::parse(&bytes, file_len(&footer, &bytes)), Ok(footer));
        }
    }

    #[test]
    fn reserved_objects_have_a_bit_for_every_page() {
        assert_eq!(bitmap_len(4096, PAGE), 4096);
        assert_eq!(bitmap_len(64 << 20, PAGE), 4096);
        assert_eq!(bitmap_len(1 << 30, PAGE), 32_768);
        assert_eq!(bitmap_len(1 << 30, 4 * PAGE), 16_384);
        assert_eq!(bitmap_len(1 << 30, 16 * PAGE), 65_536);
        let mut footer = sample("a", None);
        footer.sections = SectionFlags::RESERVE;
        let bytes = footer.to_bytes();
        assert!(
            Footer::parse(&bytes, file_len(&footer, &bytes)).is_err(),
            "no bitmap"
        );
        footer.bitmap_len = bitmap_len(footer.data_len, footer.unit);
        let bytes = footer.to_bytes();
        assert_eq!(Footer::parse(&bytes, file_len(&footer, &bytes)), Ok(footer));
    }

    #[test]
    fn another_version_is_told_apart_from_damage() {
        let footer = sample("a", None);
        let mut bytes = footer.to_bytes();
        bytes[8] = 2;
        assert_eq!(
            Footer::parse(&bytes, file_len(&footer, &bytes)),
            Err(Why::NewerVersion { version: 2 })
        );
    }

    #[test]
    fn a_file_that_was_cut_or_grown_is_damaged() {
        let footer = sample("a", None);
        let bytes = footer.to_bytes();
        for len in [
            0,
            4096,
            file_len(&footer, &bytes) - 1,
            file_len(&footer, &bytes) + 4096,
            u64::MAX,
        ] {
            assert!(
                matches!(Footer::parse(&bytes, len), Err(Why::Damaged { .. })),
                "{len}"
            );
        }
        for cut in [0, 1, HEADER_LEN - 1, 4095] {
            assert!(
                matches!(Footer::parse(&bytes[..cut], 12_288), Err(Why::Damaged { .. })),
                "{cut}"
            );
        }
    }

    proptest! {
        #[test]
        fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..9000), len: u64) {
            let _ = Footer::parse(&bytes, len);
            let _ = Footer::len_from_last_page(&bytes);
        }

        #[test]
        fn every_flipped_bit_is_noticed(position in 0usize..(HEADER_LEN + 1) * 8) {
            let footer = sample("a", None);
            let mut bytes = footer.to_bytes();
            bytes[position / 8] ^= 1 << (position % 8);
            prop_assert!(Footer::parse(&bytes, file_len(&footer, &bytes)).is_err());
        }

        #[test]
        fn a_hostile_header_with_a_good_checksum_never_panics(
            noise in proptest::collection::vec((0usize..HEADER_LEN, any::<u8>()), 1..8), len in 0u64..40_000,
        ) {
            let mut bytes = sample("name", Some("/path")).to_bytes();
            for (at, value) in noise {
                if at >= 16 {
                    bytes[at] = value;
                }
            }
            let (mut header, _) = Header::read_from_prefix(&bytes).unwrap();
            let strings = header.name_len.get() as usize + header.path_len.get() as usize + header.descriptor_len.get() as usize;
            if strings <= 4096 - HEADER_LEN {
                header.checksum = checksum(&header, &bytes[HEADER_LEN..][..strings]).into();
                bytes[..HEADER_LEN].copy_from_slice(header.as_bytes());
            }
            let _ = Footer::parse(&bytes, len);
        }
    }
}
