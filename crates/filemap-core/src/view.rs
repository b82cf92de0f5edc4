//! What `MapViewOfFile` checks, in Windows' order (V-37), and how long a view is.

use crate::access::{FileMapAccess, Page};
use crate::error::Why;
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
}

impl MapArguments {
    /// Checks everything that can be checked without the address space.
    ///
    /// # Errors
    /// `ERROR_INVALID_PARAMETER` (87) for a base that no program may use or an object that is too weak (V-12),
    /// `ERROR_ACCESS_DENIED` (5) for a right that the handle lacks (V-10) or a view that does not fit (V-4),
    /// `ERROR_MAPPED_ALIGNMENT` (1132) for base and offset.
    pub fn plan(&self, section: &SectionFacts, user: UserRange) -> Result<ViewPlan, Why> {
        if let Some(base) = self.base {
            let end = base.checked_add(self.len.max(1) - 1);
            if base < user.first || end.is_none_or(|end| end > user.last) {
                return Err(Why::BaseOutOfRange { base });
            }
        }
        let needed = FileMapAccess::needed_for_view(self.protect);
        if !section.rights.contains(needed) {
            return Err(Why::HandleLacks {
                rights: (needed - section.rights).names(),
            });
        }
        if let Some(base) = self.base
            && !base.is_multiple_of(GRANULARITY)
        {
            return Err(Why::BaseAlignment { base });
        }
        if !self.offset.is_multiple_of(GRANULARITY) {
            return Err(Why::OffsetAlignment { offset: self.offset });
        }
        if !section.protect.allows_view(self.protect) {
            return Err(Why::ObjectTooWeak {
                object: section.protect.name(),
                view: self.protect.name(),
            });
        }
        let end = self.offset.saturating_add(self.len);
        if self.offset >= section.size || end > section.size {
            return Err(Why::ViewTooLarge {
                end: end.max(self.offset),
                size: section.size,
            });
        }
        let len = match self.len {
            0 => section.size - self.offset,
            len => len,
        };
        Ok(ViewPlan {
            protect: self.protect,
            offset: self.offset,
            len,
            region_len: len.next_multiple_of(PAGE),
            base: self.base,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: UserRange = UserRange {
        first: 0x1_0000,
        last: 0x7FFF_FFFE_FFFF,
    };

    fn section(rights: u32, protect: Page, size: u64) -> SectionFacts {
        SectionFacts {
            rights: FileMapAccess::from_bits_retain(rights),
            protect,
            size,
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
            let got = map(Page::READONLY, 0, len, None).plan(&section(4, Page::READWRITE, size), USER);
            assert_eq!(got.map_or_else(|w| w.code().0, |_| 0), wanted, "{len} of {size}");
        }
    }

    // V-4
    #[test]
    fn zero_length_means_to_the_end() {
        let plan = map(Page::READONLY, 0x1_0000, 0, None)
            .plan(&section(4, Page::READWRITE, 0x1_2345), USER)
            .unwrap();
        assert_eq!((plan.len, plan.region_len), (0x2345, 0x3000), "V-6");
    }

    // V-4, F-13
    #[test]
    fn offsets_at_or_past_the_end_are_refused() {
        for offset in [0x1_0000, 0x2_0000, 0xFFFF_FFFF_FFFF_0000] {
            for len in [0, 1] {
                let got =
                    map(Page::READONLY, offset, len, None).plan(&section(4, Page::READWRITE, 0x1_0000), USER);
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
            let got = arguments.plan(&section(rights, protect, 0x1_0000), USER);
            assert_eq!(got.unwrap_err().code().0, wanted, "row {i}");
        }
    }

    // M-84
    #[test]
    fn rights_are_exact() {
        let write_only = section(2, Page::READWRITE, 4096);
        assert!(map(Page::READWRITE, 0, 0, None).plan(&write_only, USER).is_ok());
        assert_eq!(
            map(Page::READONLY, 0, 0, None)
                .plan(&write_only, USER)
                .unwrap_err()
                .code()
                .0,
            5
        );
        let read_only = section(4, Page::READWRITE, 4096);
        assert_eq!(
            map(Page::READWRITE, 0, 0, None)
                .plan(&read_only, USER)
                .unwrap_err()
                .code()
                .0,
            5
        );
        let nothing = section(0, Page::READWRITE, 4096);
        assert_eq!(
            map(Page::NOACCESS, 0, 0, None)
                .plan(&nothing, USER)
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
                .plan(&section(4, Page::READWRITE, 0x2_0000), USER)
                .unwrap_err()
                .code()
                .0,
            87
        );
    }
}
