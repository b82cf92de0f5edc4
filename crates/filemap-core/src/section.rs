//! What `CreateFileMapping` and `OpenFileMapping` check, in Windows' order (M-50).

use crate::access::{ACCESS_SYSTEM_SECURITY, FileMapAccess, MAXIMUM_ALLOWED, Page, SectionFlags};
use crate::error::Why;
use crate::profile::{FileLimit, PagefileLimit, Profile};

/// Length of a page in bytes where the spec counts in pages of x86. The system's own page may be larger.
pub const PAGE: u64 = 4096;

/// What is behind the file handle that a caller passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// An ordinary file that can be mapped.
    Ordinary,
    /// Anything else, by the words of a message: `a directory`, `a pipe`.
    Other(&'static str),
}

/// What is known of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileFacts {
    /// Its kind.
    pub kind: FileKind,
    /// The handle may read (FILE_READ_DATA).
    pub can_read: bool,
    /// The handle may write (FILE_WRITE_DATA).
    pub can_write: bool,
    /// The file may be executed (FILE_EXECUTE): on Linux, its mount is not noexec and the handle may read.
    pub can_execute: bool,
    /// Length in bytes.
    pub len: u64,
    /// Somebody holds a byte-range lock for writing in the part to be mapped (M-51).
    pub region_locked: bool,
}

/// The arguments of `CreateFileMapping` as they come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreateArguments {
    /// `flProtect` without its SEC_ bits.
    pub protect: u32,
    /// The SEC_ bits.
    pub sections: u32,
    /// Size in bytes, 0 for "as long as the file".
    pub size: u64,
    /// SeLockMemoryPrivilege is held (SEC_LARGE_PAGES).
    pub may_lock_memory: bool,
    /// Size of a large page in bytes.
    pub large_page: u64,
}

/// What the system can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The largest file in bytes.
    pub largest: u64,
    /// Physical memory that could be had at once, in bytes, where that is known.
    pub physical: Option<u64>,
    /// Memory and paging file that could be had, in bytes, where that is known.
    pub committable: Option<u64>,
}

/// What to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SectionPlan {
    /// Page protection of the object.
    pub protect: Page,
    /// SEC_ flags of the object: one of COMMIT, RESERVE, FILE, with what a query does not report left in.
    pub sections: SectionFlags,
    /// Size of the object in bytes (M-22).
    pub size: u64,
    /// Grow the file to this many bytes first (M-24).
    pub grow_file_to: Option<u64>,
}

/// Splits `flProtect` into its page protection and its SEC_ bits.
#[must_use]
pub const fn split_protect(fl_protect: u32) -> (u32, u32) {
    (fl_protect & 0xFFFF, fl_protect & 0xFFFF_0000)
}

impl CreateArguments {
    /// The size in bytes that counts: on `win95` the low half only (P-15).
    #[must_use]
    pub const fn size_on(&self, profile: &Profile) -> u64 {
        profile.size((self.size >> 32) as u32, self.size as u32)
    }

    /// Steps 1 to 5 of M-50: what is wrong whatever the file is.
    ///
    /// # Errors
    /// `ERROR_INVALID_PARAMETER` (87) for protection, SEC_ flags or a missing size; `ERROR_PRIVILEGE_NOT_HELD` (1314).
    pub fn check(&self, has_file: bool, profile: &Profile) -> Result<(Page, SectionFlags), Why> {
        let protect = check_protection(self.protect, profile)?;
        // Legal flags come first in the end as well: -1 without a size is told before a bad combination.
        let size = self.size_on(profile);
        if !has_file && size == 0 {
            return Err(Why::SizeMissing);
        }
        let sections = check_sections(self.sections, has_file, protect)?;
        if profile.accepts_sec_flags(self.sections).is_err() {
            return Err(Why::SectionFlagsNotThere {
                value: self.sections,
                platform: profile.title,
            });
        }
        if protect == Page::READONLY && !has_file && profile.readonly_without_file.is.check().is_err() {
            return Err(Why::ReadOnlyNeedsFile);
        }
        if sections.contains(SectionFlags::LARGE_PAGES) {
            if !self.may_lock_memory {
                return Err(Why::PrivilegeMissing {
                    privilege: "SeLockMemoryPrivilege",
                });
            }
            if self.large_page == 0 || !size.is_multiple_of(self.large_page) {
                return Err(Why::SizeNotLargePages {
                    size,
                    multiple: self.large_page,
                });
            }
        }
        Ok((protect, sections))
    }

    /// All steps that need no name, for an object backed by the paging file.
    ///
    /// # Errors
    /// As [`CreateArguments::check`]; 87 or `ERROR_NOT_ENOUGH_MEMORY` (8) for a size that can't be (M-29, P-10).
    pub fn plan_pagefile(&self, limits: &Limits, profile: &Profile) -> Result<SectionPlan, Why> {
        let (protect, sections) = self.check(false, profile)?;
        let size = self.size_on(profile);
        if sections.contains(SectionFlags::IMAGE) {
            return Err(Why::NotAnImage {
                what: "there is no file",
            });
        }
        check_size(size, limits.largest)?;
        if profile.pagefile_limit.is == PagefileLimit::PhysicalMemory {
            check_memory(size, limits.physical, profile)?;
        }
        let sections = match sections.contains(SectionFlags::RESERVE) {
            true => sections,
            false => sections | SectionFlags::COMMIT,
        };
        Ok(SectionPlan {
            protect,
            sections,
            size: size.next_multiple_of(PAGE),
            grow_file_to: None,
        })
    }

    /// All steps that need no name, for an object backed by a file; an image's own size comes later.
    ///
    /// # Errors
    /// As [`CreateArguments::check`]; `ERROR_ACCESS_DENIED` (5) for a missing right (M-12), `ERROR_BAD_EXE_FORMAT` (193)
    /// for what can't be mapped (M-5), `ERROR_FILE_INVALID` (1006) for an empty file (M-23), 8 for one that is too short and
    /// may not grow (M-25), `ERROR_LOCK_VIOLATION` (33).
    pub fn plan_file(
        &self,
        file: &FileFacts,
        limits: &Limits,
        profile: &Profile,
    ) -> Result<SectionPlan, Why> {
        let (protect, sections) = self.check(true, profile)?;
        if let FileKind::Other(what) = file.kind {
            return Err(Why::FileNotMappable { what });
        }
        check_file_rights(protect, file)?;
        if sections.contains(SectionFlags::IMAGE) {
            if file.len == 0 {
                return Err(Why::NotAnImage {
                    what: "the file is empty",
                });
            }
            return Ok(SectionPlan {
                protect,
                sections: sections | SectionFlags::FILE,
                size: file.len,
                grow_file_to: None,
            });
        }
        let asked = self.size_on(profile);
        check_size(asked, limits.largest)?;
        let size = match (asked, file.len) {
            (0, 0) => return Err(Why::FileEmpty),
            (0, len) => len,
            (size, len) if size > len && profile.grows(protect.bits()).is_err() => {
                return Err(Why::FileTooShort { len, size });
            }
            (size, _) => size,
        };
        if size > file.len && !file.can_write {
            // Windows 95 lets copy-on-write objects grow their file, but not through a handle that only reads.
            return Err(Why::FileLacks {
                right: "GENERIC_WRITE",
            });
        }
        if profile.file_limit.is == FileLimit::VirtualMemoryAndDiskSpace {
            check_memory(size, limits.committable, profile)?;
        }
        if file.region_locked {
            return Err(Why::FileRegionLocked);
        }
        // COMMIT and RESERVE mean nothing for a file (M-14, M-15).
        let sections = (sections - SectionFlags::COMMIT - SectionFlags::RESERVE) | SectionFlags::FILE;
        Ok(SectionPlan {
            protect,
            sections,
            size,
            grow_file_to: (size > file.len).then_some(size),
        })
    }
}

fn check_protection(value: u32, profile: &Profile) -> Result<Page, Why> {
    match (profile.accepts_protection(value), Page::single(value)) {
        (Ok(()), Some(page)) => Ok(page),
        _ if Page::of_section(value).is_some() => Err(Why::ProtectionNotThere {
            value,
            platform: profile.title,
        }),
        _ => Err(Why::PageProtection { value }),
    }
}

/// Where an object takes ordinary memory, it can't be larger than what there is (P-10, P-12).
fn check_memory(size: u64, available: Option<u64>, profile: &Profile) -> Result<(), Why> {
    match available {
        Some(available) if size > available => Err(Why::MemoryLimit {
            size,
            available,
            platform: profile.title,
        }),
        _ => Ok(()),
    }
}

fn check_size(size: u64, largest: u64) -> Result<(), Why> {
    match size {
        _ if size > i64::MAX as u64 => Err(Why::SizeNegative { size }),
        _ if size > largest => Err(Why::SizeTooLarge { size }),
        _ => Ok(()),
    }
}

/// The table of M-14.
fn check_sections(value: u32, has_file: bool, protect: Page) -> Result<SectionFlags, Why> {
    let wrong = Err(Why::SectionFlags { value });
    let Some(flags) = SectionFlags::from_bits(value) else {
        return wrong;
    };
    let storage = flags & (SectionFlags::COMMIT | SectionFlags::RESERVE);
    if flags.contains(SectionFlags::FILE) || storage == SectionFlags::COMMIT | SectionFlags::RESERVE {
        return wrong;
    }
    if flags.contains(SectionFlags::IMAGE) {
        // IMAGE | NOCACHE is SEC_IMAGE_NO_EXECUTE, for read-only ones; any other companion is refused.
        let no_execute = SectionFlags::IMAGE | SectionFlags::NOCACHE;
        return match flags == SectionFlags::IMAGE || (flags == no_execute && protect == Page::READONLY) {
            true => Ok(flags),
            false => wrong,
        };
    }
    if flags.intersects(SectionFlags::NOCACHE | SectionFlags::WRITECOMBINE) && storage.is_empty() {
        return wrong;
    }
    if flags.contains(SectionFlags::LARGE_PAGES) && (has_file || storage != SectionFlags::COMMIT) {
        return wrong;
    }
    if flags.contains(SectionFlags::NO_CHANGE) && storage.is_empty() {
        return wrong;
    }
    Ok(flags)
}

/// The table of M-12.
fn check_file_rights(protect: Page, file: &FileFacts) -> Result<(), Why> {
    let needs = protect.allows();
    match () {
        () if !file.can_read => Err(Why::FileLacks {
            right: "GENERIC_READ",
        }),
        () if needs.write && !file.can_write => Err(Why::FileLacks {
            right: "GENERIC_WRITE",
        }),
        () if needs.execute && !file.can_execute => Err(Why::FileLacks {
            right: "GENERIC_EXECUTE",
        }),
        () => Ok(()),
    }
}

/// The rights that `OpenFileMapping(mask)` asks for, spelt out (M-81, M-82, O-10, O-11).
///
/// # Errors
/// `ERROR_ACCESS_DENIED` (5) for an empty mask or bits that a file mapping does not know, `ERROR_PRIVILEGE_NOT_HELD`
/// (1314) for ACCESS_SYSTEM_SECURITY.
pub fn open_rights(mask: u32, profile: &Profile) -> Result<FileMapAccess, Why> {
    let wanted = FileMapAccess::of_open_argument(mask, profile);
    if wanted & ACCESS_SYSTEM_SECURITY != 0 {
        return Err(Why::PrivilegeMissing {
            privilege: "SeSecurityPrivilege",
        });
    }
    let known = wanted & !MAXIMUM_ALLOWED;
    let explicit = match profile.execute_views.is.yes() {
        true => FileMapAccess::EXECUTE.bits(),
        false => 0,
    };
    let bits = known & !(FileMapAccess::ALL_ACCESS.bits() | explicit);
    match known {
        0 if wanted == 0 => Err(Why::AccessMaskEmpty),
        _ if bits != 0 => Err(Why::AccessMaskInvalid { bits }),
        // MAXIMUM_ALLOWED: everything that the object's descriptor grants; decided with the descriptor.
        _ if wanted & MAXIMUM_ALLOWED != 0 => Ok(FileMapAccess::ALL_ACCESS),
        known => Ok(FileMapAccess::from_bits_retain(known)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Platform;

    const NT: &Profile = Platform::Nt.profile();

    const LARGEST: u64 = 1 << 62;
    const BIG: &Limits = &Limits {
        largest: LARGEST,
        physical: None,
        committable: None,
    };

    fn arguments(protect: u32, sections: u32, size: u64) -> CreateArguments {
        CreateArguments {
            protect,
            sections,
            size,
            may_lock_memory: true,
            large_page: 0x20_0000,
        }
    }

    fn file(len: u64) -> FileFacts {
        FileFacts {
            kind: FileKind::Ordinary,
            can_read: true,
            can_write: true,
            can_execute: true,
            len,
            region_locked: false,
        }
    }

    fn code(result: Result<SectionPlan, Why>) -> u32 {
        result.map_or_else(|why| why.code().0, |_| 0)
    }

    // M-14
    #[test]
    fn sec_flags_go_together_as_in_the_table() {
        const C: u32 = 0x0800_0000;
        const R: u32 = 0x0400_0000;
        const N: u32 = 0x1000_0000;
        const W: u32 = 0x4000_0000;
        const L: u32 = 0x8000_0000;
        const I: u32 = 0x0100_0000;
        // (flags, paging file, data file)
        let rows = [
            (0, 0, 0),
            (C, 0, 0),
            (R, 0, 0),
            (C | R, 87, 87),
            (N, 87, 87),
            (N | C, 0, 0),
            (N | R, 0, 0),
            (W, 87, 87),
            (W | C, 0, 0),
            (L, 87, 87),
            (L | R, 87, 87),
            (L | C, 0, 87),
            (I, 193, 0),
            (I | C, 87, 87),
            (I | R, 87, 87),
            (I | N, 87, 87),
            (I | L, 87, 87),
            (0x0080_0000, 87, 87),
            (0x0002_0000, 87, 87),
        ];
        for (flags, pagefile, data) in rows {
            assert_eq!(
                code(arguments(4, flags, 0x20_0000).plan_pagefile(BIG, NT)),
                pagefile,
                "{flags:#x}, paging file"
            );
            assert_eq!(
                code(arguments(4, flags, 100).plan_file(&file(100), BIG, NT)),
                data,
                "{flags:#x}, file"
            );
        }
        assert_eq!(
            code(arguments(2, R, 4096).plan_pagefile(BIG, NT)),
            0,
            "useless but legal"
        );
    }

    // M-14
    #[test]
    fn large_pages_need_privilege_and_size() {
        let mut a = arguments(4, 0x8800_0000, 0x20_0001);
        assert_eq!(code(a.plan_pagefile(BIG, NT)), 87);
        a.may_lock_memory = false;
        assert_eq!(
            code(a.plan_pagefile(BIG, NT)),
            1314,
            "the privilege comes first (M-50)"
        );
    }

    // M-12
    #[test]
    fn files_need_the_rights_of_the_table() {
        // (protection, read, write, execute, error)
        let rows = [
            (0x02, true, false, false, 0),
            (0x08, true, false, false, 0),
            (0x04, true, false, false, 5),
            (0x04, true, true, false, 0),
            (0x20, true, false, false, 5),
            (0x20, true, false, true, 0),
            (0x80, true, false, true, 0),
            (0x40, true, false, true, 5),
            (0x40, true, true, true, 0),
            (0x02, false, true, false, 5),
            (0x02, false, false, false, 5),
        ];
        for (protect, can_read, can_write, can_execute, wanted) in rows {
            let facts = FileFacts {
                can_read,
                can_write,
                can_execute,
                ..file(9)
            };
            assert_eq!(
                code(arguments(protect, 0, 0).plan_file(&facts, BIG, NT)),
                wanted,
                "{protect:#x} {facts:?}"
            );
        }
    }

    // M-22
    #[test]
    fn sizes_are_exact_for_files_and_whole_pages_for_memory() {
        assert_eq!(
            arguments(4, 0, 36).plan_file(&file(36), BIG, NT).unwrap().size,
            36
        );
        assert_eq!(
            arguments(4, 0, 0).plan_file(&file(0x3456), BIG, NT).unwrap().size,
            0x3456
        );
        assert_eq!(
            arguments(4, 0, 0x3452).plan_pagefile(BIG, NT).unwrap().size,
            0x4000
        );
        assert_eq!(arguments(4, 0, 256).plan_pagefile(BIG, NT).unwrap().size, 4096);
    }

    // M-24, M-25
    #[test]
    fn files_grow_only_where_they_may() {
        assert_eq!(
            arguments(4, 0, 100)
                .plan_file(&file(36), BIG, NT)
                .unwrap()
                .grow_file_to,
            Some(100)
        );
        assert_eq!(
            arguments(0x40, 0, 100)
                .plan_file(&file(36), BIG, NT)
                .unwrap()
                .grow_file_to,
            Some(100)
        );
        for protect in [0x02, 0x08, 0x20, 0x80] {
            assert_eq!(
                code(arguments(protect, 0, 100).plan_file(&file(36), BIG, NT)),
                8,
                "{protect:#x}"
            );
        }
        let shorter = arguments(4, 0, 10).plan_file(&file(36), BIG, NT).unwrap();
        assert_eq!((shorter.size, shorter.grow_file_to), (10, None), "M-26");
    }

    // M-50
    #[test]
    fn the_first_failing_check_wins() {
        let directory = FileFacts {
            kind: FileKind::Other("a directory"),
            ..file(0)
        };
        let write_only = FileFacts {
            can_read: false,
            ..file(0)
        };
        let locked = FileFacts {
            region_locked: true,
            ..file(36)
        };
        // each row breaks two rules; the earlier one is told
        let rows = [
            (arguments(3, 0, 0).plan_pagefile(BIG, NT), 87),
            (arguments(4, 0, 0).plan_pagefile(BIG, NT), 87),
            (arguments(4, 0x0900_0000, 0).plan_file(&directory, BIG, NT), 87),
            (arguments(4, 0, 0).plan_file(&directory, BIG, NT), 193),
            (arguments(2, 0, 0).plan_file(&write_only, BIG, NT), 5),
            (arguments(2, 0, 0).plan_file(&file(0), BIG, NT), 1006),
            (arguments(2, 0x0100_0000, 0).plan_file(&file(0), BIG, NT), 193),
            (arguments(2, 0, 100).plan_file(&locked, BIG, NT), 8),
            (arguments(2, 0, 10).plan_file(&locked, BIG, NT), 33),
        ];
        for (i, (result, wanted)) in rows.into_iter().enumerate() {
            assert_eq!(code(result), wanted, "row {i}");
        }
        // -1 without a size is told before the flags are looked at.
        assert_eq!(
            arguments(4, 0x0C00_0000, 0).plan_pagefile(BIG, NT),
            Err(Why::SizeMissing)
        );
    }

    // M-29, F-11
    #[test]
    fn absurd_sizes_have_their_own_numbers() {
        assert_eq!(code(arguments(4, 0, 1 << 63).plan_pagefile(BIG, NT)), 87);
        assert_eq!(code(arguments(4, 0, LARGEST + 1).plan_pagefile(BIG, NT)), 8);
        assert_eq!(code(arguments(4, 0, 1 << 63).plan_file(&file(1), BIG, NT)), 87);
    }

    // O-10, O-11, M-82
    #[test]
    fn open_masks_are_exact() {
        let rows: [(u32, Result<u32, u32>); 12] = [
            (0, Err(5)),
            (0x4, Ok(0x4)),
            (0x2, Ok(0x2)),
            (0x6, Ok(0x6)),
            (0x1, Ok(0x4)),
            (0xF001F, Ok(0xF001F)),
            (0x10_0004, Err(5)),
            (0x40, Err(5)),
            (0x100, Err(5)),
            (0x0100_0004, Err(1314)),
            (0x0200_0000, Ok(0xF001F)),
            (0x8000_0000, Ok(0x2_0005)),
        ];
        for (mask, wanted) in rows {
            let got = open_rights(mask, NT)
                .map(|rights| rights.bits())
                .map_err(|why| why.code().0);
            assert_eq!(got, wanted, "{mask:#x}");
        }
    }
}
