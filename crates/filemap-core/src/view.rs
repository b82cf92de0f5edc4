//! What `MapViewOfFile` checks, in Windows' order (V-37), and how long a view is.

use crate::access::{FileMapAccess, Page, SectionFlags};
use crate::error::{Why, Win32Code};
use crate::profile::{BaseRange, Profile, ViewAddress, ViewSpace, WritecopyViews};
use crate::section::PAGE;

/// The allocation granularity in bytes: offsets and bases are multiples of it (V-3, V-32).
pub const GRANULARITY: u64 = 65_536;

/// Addresses that programs may use: from the first to the last byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserRange {
    /// The lowest usable address.
    pub first: u64,
    /// The highest usable address.
    pub last: u64,
}

/// The arguments of `MapViewOfFileEx`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MapArguments {
    /// The protection of the view; from flags by [`FileMapAccess::view_protection`].
    pub protect: Page,
    /// Offset in the object, in bytes.
    pub offset: u64,
    /// Length in bytes; 0 for "to the end".
    pub len: u64,
    /// The wanted address, if any.
    pub base: Option<u64>,
}

/// What is known of the object and the handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SectionFacts {
    /// Rights of the handle.
    pub rights: FileMapAccess,
    /// Protection of the object.
    pub protect: Page,
    /// Size of the object in bytes: exact for a file, whole pages for memory (V-5).
    pub size: u64,
    /// A file is behind it.
    pub has_file: bool,
}

/// What to map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ViewPlan {
    /// Protection.
    pub protect: Page,
    /// Offset in the object in bytes.
    pub offset: u64,
    /// Length that the caller may use, in bytes.
    pub len: u64,
    /// Length of the region in bytes: whole pages (V-6).
    pub region_len: u64,
    /// The address that it must have.
    pub base: Option<u64>,
    /// What is written goes to pages that all processes see, though the view is copy-on-write (P-25, V-43).
    pub copies_are_shared: bool,
}

impl MapArguments {
    /// Checks everything that can be checked without the address space, by the rules of the platform that the object was
    /// made on.
    ///
    /// # Errors
    /// `ERROR_INVALID_PARAMETER` (87) for a base that no program may use or an object that is too weak (V-12),
    /// `ERROR_ACCESS_DENIED` (5) for a right that the handle lacks (V-10) or a view that does not fit (V-4),
    /// `ERROR_MAPPED_ALIGNMENT` (1132) for base and offset. Platforms have other numbers for some causes
    /// ([`Profile::code_of`]), and `ERROR_PROC_NOT_FOUND` (127) where no function takes a base.
    pub fn plan(&self, section: &SectionFacts, user: UserRange, profile: &Profile) -> Result<ViewPlan, Why> {
        if let Some(base) = self.base {
            check_base_range(base, self.len, user, profile)?;
        }
        let needed = FileMapAccess::needed_for_view(self.protect);
        if !section.rights.contains(needed) {
            let writes = self.protect.allows().write && !section.protect.allows().write;
            let tells_object = profile.write_view_on_readonly_object.is.0 != Some(Win32Code::ACCESS_DENIED);
            return Err(match writes && tells_object {
                true => Why::WriteViewOfReadOnlyObject {
                    object: section.protect.name(),
                },
                false => Why::HandleLacks {
                    rights: (needed - section.rights).names(),
                },
            });
        }
        let base = match self.base {
            None => None,
            Some(base) => match profile.aligned_base(base, GRANULARITY) {
                Ok(base) => Some(base),
                Err(_) => return Err(Why::BaseAlignment { base }),
            },
        };
        let offset = profile.offset((self.offset >> 32) as u32, self.offset as u32);
        if !offset.is_multiple_of(GRANULARITY) {
            return Err(Why::OffsetAlignment { offset });
        }
        if self.protect.is_copy_on_write()
            && profile
                .copy_view(section.protect.bits(), section.has_file)
                .is_err()
        {
            return Err(Why::CopyViewRefused {
                object: section.protect.name(),
                platform: profile.title,
            });
        }
        if !section.protect.allows_view(self.protect) {
            return Err(Why::ObjectTooWeak {
                object: section.protect.name(),
                view: self.protect.name(),
            });
        }
        let end = offset.saturating_add(self.len);
        if offset >= section.size || end > section.size {
            return Err(Why::ViewTooLarge {
                end: end.max(offset),
                size: section.size,
            });
        }
        let len = match self.len {
            0 => section.size - offset,
            len => len,
        };
        let most = profile.view_limit.is;
        if len > most.max {
            return Err(match most.of {
                ViewSpace::SharedArena => Why::ArenaFull { len, arena: most.max },
                ViewSpace::OwnAddressSpace => Why::NoAddressSpace { len },
            });
        }
        Ok(ViewPlan {
            protect: self.protect,
            offset,
            len,
            region_len: len.next_multiple_of(PAGE),
            base,
            copies_are_shared: self.protect.is_copy_on_write()
                && profile.writecopy_views.is == WritecopyViews::SharedBetweenProcesses,
        })
    }
}

impl ViewPlan {
    /// What the address of this view should be a multiple of, in bytes, if the system chooses it: the size of a large page
    /// where the object has such pages and the view shows a whole one from its beginning (V-16); else nothing beyond the
    /// granularity.
    ///
    /// ```
    /// use filemap_core::access::{Page, SectionFlags};
    /// use filemap_core::view::ViewPlan;
    /// let plan = ViewPlan {
    ///     protect: Page::READWRITE, offset: 0, len: 4 << 20, region_len: 4 << 20, base: None, copies_are_shared: false,
    /// };
    /// assert_eq!(plan.alignment(SectionFlags::COMMIT | SectionFlags::LARGE_PAGES, 2 << 20), Some(2 << 20));
    /// assert_eq!(plan.alignment(SectionFlags::COMMIT, 2 << 20), None);
    /// ```
    #[must_use]
    pub fn alignment(&self, sections: SectionFlags, large_page: u64) -> Option<u64> {
        let shows_one =
            self.base.is_none() && self.offset.is_multiple_of(large_page) && self.len >= large_page;
        (sections.contains(SectionFlags::LARGE_PAGES) && shows_one).then_some(large_page)
    }
}

fn check_base_range(base: u64, len: u64, user: UserRange, profile: &Profile) -> Result<(), Why> {
    if profile.base_range.is == BaseRange::NoFunction {
        return Err(Why::NoSuchFunction {
            what: "MapViewOfFileEx",
            platform: profile.title,
        });
    }
    // The end of a range is its last address, so that a range up to the top of all addresses can be told.
    let range = user.first..user.last.saturating_add(1);
    profile
        .base_in_range(base, len.max(1), range)
        .map_err(|_| Why::BaseOutOfRange { base })
}

/// The part of an object that has one address in all processes (P-23): where the block begins in the object, and how
/// many bytes it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Block {
    /// Offset in the object, in bytes.
    pub offset: u64,
    /// Length in bytes, a multiple of the granularity.
    pub len: u64,
}

impl Block {
    /// The block that a view belongs to: the whole object, so that all views of it lie together; the view's own range
    /// if the object is larger than the arena. `None` on platforms where addresses are independent.
    #[must_use]
    pub fn of(plan: &ViewPlan, object_size: u64, profile: &Profile) -> Option<Block> {
        let ViewAddress::SameEverywhere { low, end } = profile.view_address.is else {
            return None;
        };
        let whole = object_size.next_multiple_of(GRANULARITY);
        Some(match whole <= end - low {
            true => Block {
                offset: 0,
                len: whole,
            },
            false => Block {
                offset: plan.offset,
                len: plan.region_len.next_multiple_of(GRANULARITY),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Platform;

    const NT: &Profile = Platform::Nt.profile();

    const USER: UserRange = UserRange {
        first: 0x1_0000,
        last: 0x7FFF_FFFE_FFFF,
    };

    fn section(rights: u32, protect: Page, size: u64) -> SectionFacts {
        SectionFacts {
            rights: FileMapAccess::from_bits_retain(rights),
            protect,
            size,
            has_file: false,
        }
    }

    fn map(protect: Page, offset: u64, len: u64, base: Option<u64>) -> MapArguments {
        MapArguments {
            protect,
            offset,
            len,
            base,
        }
    }

    // V-4, V-5
    // V-16
    #[test]
    fn a_view_of_a_whole_large_page_lies_on_one_unless_its_place_was_chosen() {
        const LARGE: u64 = 2 << 20;
        let plan = |offset, len, base| ViewPlan {
            protect: Page::READWRITE,
            offset,
            len,
            region_len: len,
            base,
            copies_are_shared: false,
        };
        let sections = SectionFlags::COMMIT | SectionFlags::LARGE_PAGES;
        for (offset, len, base, wanted) in [
            (0, LARGE, None, Some(LARGE)),
            (LARGE, 3 * LARGE, None, Some(LARGE)),
            (0, LARGE - 1, None, None),
            (0x1_0000, LARGE, None, None),
            (0, LARGE, Some(0x1_0000), None),
        ] {
            let plan = plan(offset, len, base);
            assert_eq!(plan.alignment(sections, LARGE), wanted, "{plan:?}");
            assert_eq!(plan.alignment(SectionFlags::COMMIT, LARGE), None);
        }
    }

    #[test]
    fn lengths_are_exact_for_files_and_whole_pages_for_memory() {
        let rows = [
            (0x3452, 0x3452, 0),
            (0x3452, 0x3453, 5),
            (0x4000, 4090, 0), // created with 4090..0x4000 bytes of memory: rounded before
            (0x1000, 4096, 0),
            (0x1000, 4097, 5),
            (0x1000, u64::MAX, 5),
        ];
        for (size, len, wanted) in rows {
            let got = map(Page::READONLY, 0, len, None).plan(&section(4, Page::READWRITE, size), USER, NT);
            assert_eq!(got.map_or_else(|w| w.code().0, |_| 0), wanted, "{len} of {size}");
        }
    }

    // V-4
    #[test]
    fn zero_length_means_to_the_end() {
        let plan = map(Page::READONLY, 0x1_0000, 0, None)
            .plan(&section(4, Page::READWRITE, 0x1_2345), USER, NT)
            .unwrap();
        assert_eq!((plan.len, plan.region_len), (0x2345, 0x3000), "V-6");
    }

    // V-4, F-13
    #[test]
    fn offsets_at_or_past_the_end_are_refused() {
        for offset in [0x1_0000, 0x2_0000, 0xFFFF_FFFF_FFFF_0000] {
            for len in [0, 1] {
                let got = map(Page::READONLY, offset, len, None).plan(
                    &section(4, Page::READWRITE, 0x1_0000),
                    USER,
                    NT,
                );
                assert_eq!(got.unwrap_err().code().0, 5, "offset {offset:#x} len {len}");
            }
        }
    }

    // V-37
    #[test]
    fn the_first_failing_check_wins() {
        // (arguments, rights of the handle, protection of the object, error)
        let bad_base = Some(0x8000_0000_0000_0000);
        let odd = Some(0x10_0001);
        let rows = [
            (map(Page::READWRITE, 1, 0, bad_base), 4, Page::READONLY, 87),
            (map(Page::READWRITE, 1, 0, odd), 4, Page::READONLY, 5),
            (map(Page::READWRITE, 1, 0, odd), 0xF001F, Page::READONLY, 1132),
            (map(Page::READWRITE, 1, 0, None), 0xF001F, Page::READONLY, 1132),
            (
                map(Page::READWRITE, 0, u64::MAX, None),
                0xF001F,
                Page::READONLY,
                87,
            ),
            (map(Page::READONLY, 0, u64::MAX, None), 0xF001F, Page::READONLY, 5),
            (map(Page::READONLY, 4096, 0, None), 4, Page::READWRITE, 1132),
        ];
        for (i, (arguments, rights, protect, wanted)) in rows.into_iter().enumerate() {
            let got = arguments.plan(&section(rights, protect, 0x1_0000), USER, NT);
            assert_eq!(got.unwrap_err().code().0, wanted, "row {i}");
        }
    }

    // M-84
    #[test]
    fn rights_are_exact() {
        let write_only = section(2, Page::READWRITE, 4096);
        assert!(
            map(Page::READWRITE, 0, 0, None)
                .plan(&write_only, USER, NT)
                .is_ok()
        );
        assert_eq!(
            map(Page::READONLY, 0, 0, None)
                .plan(&write_only, USER, NT)
                .unwrap_err()
                .code()
                .0,
            5
        );
        let read_only = section(4, Page::READWRITE, 4096);
        assert_eq!(
            map(Page::READWRITE, 0, 0, None)
                .plan(&read_only, USER, NT)
                .unwrap_err()
                .code()
                .0,
            5
        );
        let nothing = section(0, Page::READWRITE, 4096);
        assert_eq!(
            map(Page::NOACCESS, 0, 0, None)
                .plan(&nothing, USER, NT)
                .unwrap_err()
                .code()
                .0,
            5,
            "O-25"
        );
    }

    // V-31
    #[test]
    fn a_base_whose_end_runs_past_the_top_is_out_of_range() {
        let arguments = map(Page::READONLY, 0, 0x2_0000, Some(0x7FFF_FFFE_0000));
        assert_eq!(
            arguments
                .plan(&section(4, Page::READWRITE, 0x2_0000), USER, NT)
                .unwrap_err()
                .code()
                .0,
            87
        );
    }
}
