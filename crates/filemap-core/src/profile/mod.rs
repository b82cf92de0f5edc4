//! Every Windows that ever had file mappings, as one table of rules each.
//!
//! A [`Profile`] says what one platform does, cell by cell, and each cell says how we know ([`Evidence`]). The engine
//! asks the profile (mostly by the methods at the end of this file) and decides nothing by a platform's name.
//!
//! ```
//! use filemap_core::profile::{self, NameEnd, Platform};
//! let xp = profile::named("Windows XP SP1")?;
//! assert_eq!((xp.platform, xp.name), (Platform::Xp, "xp-sp1"));
//! assert_eq!(xp.user_session(0), Some(0)); // the first user shares session 0 with the services (N-30)
//! assert_eq!(Platform::default().profile().user_session(0), Some(1));
//! assert_eq!(profile::named("ce")?.name_ends_with.is, NameEnd::UseCount);
//! # Ok::<(), profile::UnknownPlatform>(())
//! ```

mod evidence;
mod platform;
mod rows;
mod rules;
#[cfg(test)]
mod tests;

mod ce;
mod nt;
mod nt351;
mod nt4;
mod vista;
mod win2000;
mod win32s;
mod win95;
mod xp;

pub use evidence::{Evidence, Rule};
pub use platform::{Platform, UnknownPlatform, named};
pub use rows::{Cell, Row, rows, rows_of};
pub use rules::*;

use crate::access::{Page, SectionFlags};
use crate::error::{Why, Win32Code};
use crate::kind::Kind;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::ops::Range;

/// Declares the profile: field, clauses, behaviour in words. The struct and its rows are made from the same list, so
/// that no rule can be in one and not in the other.
macro_rules! profile {
    ($( $(#[$doc:meta])* $field:ident: $type:ty, [$($clause:literal),*], $behaviour:literal; )*) => {
        /// What one platform does, in every point where platforms differ.
        #[derive(Clone, Copy, PartialEq, Eq)]
        pub struct Profile {
            /// The platform that this is a version of.
            pub platform: Platform,
            /// Its name as [`named`] takes it.
            pub name: &'static str,
            /// Its name for people.
            pub title: &'static str,
            $( $(#[$doc])* pub $field: Rule<$type>, )*
        }

        /// Field name, clauses, behaviour.
        const FIELDS: &[(&str, &[&str], &str)] =
            &[$( (stringify!($field), &[$($clause),*], $behaviour), )*];

        impl Profile {
            /// Value in words and evidence of every rule, in the order of `FIELDS`.
            fn told(&self) -> Vec<(String, Evidence)> {
                alloc::vec![$( (self.$field.is.to_string(), self.$field.from), )*]
            }
        }
    };
}

profile! {
    /// The releases that the table stands for.
    releases: &'static str, ["P-49"], "releases";

    // Sizes and growth

    /// What limits an object without a file.
    pagefile_limit: PagefileLimit, ["P-10", "M-30"], "limit of an object without a file";
    /// What limits an object with a file.
    file_limit: FileLimit, ["P-11", "M-31", "M-32", "M-33"], "limit of an object with a file";
    /// Whether a section of a file also takes its size in ordinary memory.
    file_sections_take_memory: Has, ["P-12", "M-32"], "sections of files take ordinary memory too";
    /// The largest view.
    view_limit: ViewLimit, ["P-13", "M-31", "M-33"], "largest view";
    /// Which protections make a file grow to the size asked for.
    growth: Growth, ["P-14", "M-24", "M-25"], "file grows to the size of its mapping";
    /// `dwMaximumSizeHigh`.
    size_high: HighHalf, ["P-15", "M-9"], "dwMaximumSizeHigh";
    /// `dwFileOffsetHigh`.
    offset_high: HighHalf, ["P-16"], "dwFileOffsetHigh";
    /// The `SEC_` flags that exist; others are refused with 87.
    sec_flags: SectionFlags, ["P-17", "M-13"], "SEC_ flags";
    /// Whether SEC_IMAGE and SEC_NOCACHE together mean SEC_IMAGE_NO_EXECUTE.
    image_no_execute: Has, ["M-13"], "SEC_IMAGE_NO_EXECUTE";
    /// The page protections that an object may be created with, apart from PAGE_NOACCESS; others are refused with 87.
    page_protections: Page, ["P-18", "M-10", "M-11"], "page protections of an object";
    /// Creating an object with PAGE_NOACCESS.
    noaccess_object: Answer, ["P-19"], "object with PAGE_NOACCESS";
    /// Whether FILE_MAP_EXECUTE means anything.
    execute_views: Has, ["V-15"], "FILE_MAP_EXECUTE";
    /// Creating a PAGE_READONLY object without a file.
    readonly_without_file: Answer, ["P-50", "M-14"], "PAGE_READONLY without a file";
    /// The number for a file handle that lacks a right which the protection needs.
    file_right_missing: Code, ["M-12"], "file handle lacks a right";

    // Views

    /// Addresses that a view may be asked for at.
    base_range: BaseRange, ["P-20", "V-31"], "legal lpBase";
    /// The number for a base whose range is not free.
    base_occupied: Code, ["P-21", "V-33"], "lpBase range occupied";
    /// A base that is not a multiple of the allocation granularity.
    base_alignment: BaseAlignment, ["P-22", "V-32"], "lpBase not granular";
    /// Where the views of one object are in different processes.
    view_address: ViewAddress, ["P-23", "V-30"], "address in other processes";
    /// Asking for another base than the one where the object already has a view.
    second_base: Answer, ["P-23", "V-34"], "second view at another lpBase";
    /// Which objects allow copy-on-write views.
    file_map_copy: CopyViews, ["P-24", "V-13"], "FILE_MAP_COPY";
    /// Who sees what is written to a copy-on-write view.
    writecopy_views: WritecopyViews, ["P-25", "V-40", "V-43"], "writes to a copy-on-write view";
    /// The number for a write view through the handle of a read-only object.
    write_view_on_readonly_object: Code, ["P-26", "V-11"], "write view on a read-only object";
    /// `UnmapViewOfFile` with an address inside a view.
    unmap_inside_view: Answer, ["P-27", "V-20"], "UnmapViewOfFile inside a view";
    /// `VirtualProtect` on a view.
    protect_view: Answer, ["P-28", "V-56"], "VirtualProtect on a view";
    /// `FlushViewOfFile` with length 0.
    flush_zero: FlushZero, ["P-29", "V-28"], "FlushViewOfFile size 0";

    // Names and name spaces

    /// What `Global\` and `Local\` are.
    prefixes: Prefixes, ["P-30", "N-12"], "Global\\ and Local\\ prefixes";
    /// What a backslash in a name is.
    backslash_in_name: Backslash, ["N-12", "P-30"], "backslash in a name";
    /// The kinds of named object that there are.
    kinds: Kinds, ["P-31", "O-1"], "kinds of named object";
    /// Whether they share names.
    name_spaces: NameSpaces, ["P-31", "O-1"], "kinds share names";
    /// Asking for a name that an object of another kind has.
    other_kinds_name: OtherKind, ["P-32", "O-3"], "another kind has the name";
    /// How far a plain name reaches.
    name_scope: NameScope, ["P-33", "P-46"], "name scope";
    /// Whether there are AppContainers with name spaces of their own.
    app_containers: Has, ["P-33", "N-13"], "AppContainer name spaces";
    /// Session number of the first user who logs on.
    first_user_session: Session, ["P-34", "N-30", "N-31", "N-33"], "session of the first user";
    /// Whether the first user and the services are in one session.
    user_shares_session_zero: Has, ["P-34", "N-30", "N-31"], "first user shares a session with services";
    /// What creating a file mapping in `Global\` from another session than 0 needs.
    global_privilege: GlobalPrivilege, ["P-35", "N-40", "N-41"], "creating a mapping in Global\\ needs";
    /// Longest name in UTF-16 units (W functions).
    max_name_units: u32, ["P-36", "O-63"], "longest name, W functions";
    /// Longest name in characters (A functions).
    max_name_chars_ansi: u32, ["P-36", "F-4"], "longest name, A functions";
    /// What an empty name means to Create*.
    empty_name: EmptyName, ["P-37", "O-64"], "empty name";
    /// Whether there are private name spaces.
    private_namespaces: Has, ["P-38", "N-70"], "private name spaces";
    /// When a name ends.
    name_ends_with: NameEnd, ["P-39", "P-48", "O-40", "O-44"], "name gone when";

    // What began as particulars of Windows CE

    /// Whether there is `CreateFileForMapping`.
    file_for_mapping: FileForMapping, ["P-40"], "CreateFileForMapping";
    /// Which file handles can be mapped.
    mappable_handles: MappableHandles, ["P-41"], "files to be mapped are opened by";
    /// Access that `CreateFileForMapping` takes; 0 is always taken.
    file_for_mapping_access: FileAccess, ["P-42"], "access of CreateFileForMapping";
    /// Security attributes of `CreateFileForMapping`.
    file_for_mapping_security: Argument, ["P-43"], "security attributes of CreateFileForMapping";
    /// Template handle of `CreateFileForMapping`.
    file_for_mapping_template: Argument, ["P-43"], "template handle of CreateFileForMapping";
    /// Share mode of `CreateFileForMapping`.
    file_for_mapping_share: Argument, ["P-43"], "share mode of CreateFileForMapping";
    /// How often a file may be opened for mapping with GENERIC_WRITE at one time.
    writers_of_a_file: Limit, ["P-44"], "opens of one file for mapping with GENERIC_WRITE";
    /// How a second process gets at an object by name.
    second_process: SecondProcess, ["P-45"], "second process gets the original object by";
    /// How an object without a name is shared.
    unnamed_sharing: UnnamedSharing, ["P-47"], "sharing an object without a name";
    /// `lpFileMappingAttributes`.
    mapping_attributes: Argument, ["P-50"], "lpFileMappingAttributes";
    /// What .NET programs use.
    dotnet: DotNet, ["P-50"], ".NET programs use";

    // Other

    /// What security descriptors do.
    security: Security, ["P-60"], "security descriptors";
    /// Whether there are integrity levels.
    integrity_levels: Has, ["A-41"], "integrity levels";
    /// `DeleteFile` on a mapped file.
    delete_mapped_file: DeleteMapped, ["P-61", "V-60", "V-61"], "DeleteFile of a mapped file";
    /// Whether there is `SignalObjectAndWait`.
    signal_object_and_wait: Has, ["P-62", "Y-36"], "SignalObjectAndWait";
    /// `VirtualProtect` without a place for the old protection.
    protect_null_old: Answer, ["P-63", "V-55"], "VirtualProtect with NULL old pointer";
    /// The protection that `VirtualQuery` shows for reserved pages; none is 0.
    reserved_query_protect: Page, ["P-64", "V-50"], "VirtualQuery Protect of reserved pages";
    /// Views of `SEC_LARGE_PAGES` objects.
    large_page_views: LargePageViews, ["P-65", "V-16"], "views of large page objects";
    /// What to tell somebody who wants one address in all processes.
    same_address: SameAddress, ["P-66", "V-70", "V-72"], "one address in all processes";
}

/// Its name only: everything else is in [`rows`].
impl core::fmt::Debug for Profile {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Profile({})", self.name)
    }
}

impl Profile {
    /// Every profile, the default version of each platform first, in the order of their years.
    pub const ALL: &'static [&'static Profile] = &[
        &win32s::WIN32S,
        &win95::WIN95,
        &nt351::NT351,
        &nt4::NT4,
        &nt4::NT4_TSE,
        &win2000::WIN2000,
        &win2000::WIN2000_SP3,
        &xp::XP,
        &xp::XP_SP1,
        &xp::SERVER2003,
        &xp::SERVER2003_RTM,
        &vista::VISTA,
        &vista::VISTA_RTM,
        &nt::NT,
        &nt::WIN8,
        &nt::WIN7,
        &ce::CE,
        &ce::CE2,
        &ce::CE6,
    ];

    /// Whether an object may be created with this page protection (exactly one `PAGE_` value).
    ///
    /// # Errors
    /// 87 for anything that is not one of the platform's protections (M-10, M-11, P-19).
    pub const fn accepts_protection(&self, page: u32) -> Result<(), Win32Code> {
        if page == Page::NOACCESS.bits() {
            return self.noaccess_object.is.check();
        }
        match page.is_power_of_two() && self.page_protections.is.has(page) {
            true => Ok(()),
            false => Err(Win32Code::INVALID_PARAMETER),
        }
    }

    /// Whether a file that is shorter than its mapping grows (P-14).
    ///
    /// # Errors
    /// 8 if this protection may not make it grow (M-25).
    pub const fn grows(&self, page: u32) -> Result<(), Win32Code> {
        match page != 0 && self.growth.is.with.has(page) {
            true => Ok(()),
            false => Err(self.growth.is.otherwise),
        }
    }

    /// Whether the platform has all of these `SEC_` flags (P-17). Which of them go together is M-14 and not asked here.
    ///
    /// # Errors
    /// 87 for a flag that it does not have.
    pub const fn accepts_sec_flags(&self, sec: u32) -> Result<(), Win32Code> {
        let no_execute = SectionFlags::IMAGE.bits() | SectionFlags::NOCACHE.bits();
        let no_execute_missing = sec & no_execute == no_execute && !self.image_no_execute.is.yes();
        match self.sec_flags.is.has(sec) && !no_execute_missing {
            true => Ok(()),
            false => Err(Win32Code::INVALID_PARAMETER),
        }
    }

    /// The size in bytes that the two halves of `CreateFileMapping` mean (P-15).
    #[must_use]
    pub const fn size(&self, high: u32, low: u32) -> u64 {
        whole(self.size_high.is, high, low)
    }

    /// The offset in bytes that the two halves of `MapViewOfFile` mean (P-16).
    #[must_use]
    pub const fn offset(&self, high: u32, low: u32) -> u64 {
        whole(self.offset_high.is, high, low)
    }

    /// The address at which a view of `len` bytes asked for at `base` goes, if it is free there: first
    /// [`Profile::base_in_range`], then [`Profile::aligned_base`].
    ///
    /// `user` is what this machine gives to programs, `granularity` its allocation granularity in bytes (65536).
    ///
    /// # Errors
    /// Outside of the range (P-20): 87, on `win95` 487. Not granular (P-22): 1132, or rounded down on `win95`. Where no
    /// function takes a base (`ce`): 127.
    pub fn place_base(
        &self,
        base: u64,
        len: u64,
        user: Range<u64>,
        granularity: u64,
    ) -> Result<u64, Win32Code> {
        self.base_in_range(base, len, user)?;
        self.aligned_base(base, granularity)
    }

    /// Whether a view of `len` bytes may be asked for at `base` (P-20, V-31).
    ///
    /// # Errors
    /// As [`Profile::place_base`], for the range.
    pub fn base_in_range(&self, base: u64, len: u64, user: Range<u64>) -> Result<(), Win32Code> {
        let (range, code) = match self.base_range.is {
            BaseRange::Between { low, end, code } => (low.max(user.start)..end.min(user.end), code),
            BaseRange::UserRange { code } => (user, code),
            BaseRange::NoFunction => return Err(Win32Code::PROC_NOT_FOUND),
        };
        match range.contains(&base) && base.checked_add(len).is_some_and(|top| top <= range.end) {
            true => Ok(()),
            false => Err(code),
        }
    }

    /// The address that is meant by a base which may not be a multiple of `granularity` bytes (P-22, V-32).
    ///
    /// # Errors
    /// As [`Profile::place_base`], for the alignment.
    pub fn aligned_base(&self, base: u64, granularity: u64) -> Result<u64, Win32Code> {
        match self.base_alignment.is {
            _ if base.is_multiple_of(granularity) => Ok(base),
            BaseAlignment::RoundedDown => Ok(base - base % granularity),
            BaseAlignment::Refused(code) => Err(code),
            BaseAlignment::NoFunction => Err(Win32Code::PROC_NOT_FOUND),
        }
    }

    /// Where the system puts views of its own choice, if not just anywhere: below 2 GB on 32-bit platforms, in the
    /// arena where one address holds for all (P-20, P-23).
    #[must_use]
    pub const fn chosen_range(&self) -> Option<Range<u64>> {
        match (self.view_address.is, self.base_range.is) {
            (ViewAddress::SameEverywhere { low, end }, _) | (_, BaseRange::Between { low, end, .. }) => {
                Some(low..end)
            }
            _ => None,
        }
    }

    /// The address that a further view gets, if one is prescribed: `first` is where the object is mapped already, in
    /// any process, and `asked` the base that the caller wants (after [`Profile::place_base`]).
    ///
    /// # Errors
    /// 487 if one address holds for all and another is asked for (P-23, V-34).
    pub fn further_view(&self, first: Option<u64>, asked: Option<u64>) -> Result<Option<u64>, Win32Code> {
        match (self.view_address.is, first, asked) {
            (ViewAddress::SameEverywhere { .. }, Some(first), Some(asked)) if first != asked => {
                self.second_base.is.check().map(|()| Some(asked))
            }
            (ViewAddress::SameEverywhere { .. }, Some(first), _) => Ok(Some(first)),
            (_, _, asked) => Ok(asked),
        }
    }

    /// Whether an object created with `page` may have copy-on-write views (P-24).
    ///
    /// # Errors
    /// 87 where the platform wants a `PAGE_WRITECOPY` object of a named file, or has no such views.
    pub const fn copy_view(&self, page: u32, has_file: bool) -> Result<(), Win32Code> {
        match self.file_map_copy.is {
            CopyViews::AnyObject => Ok(()),
            CopyViews::WritecopyObjectOfAFile(_) if page == Page::WRITECOPY.bits() && has_file => Ok(()),
            CopyViews::WritecopyObjectOfAFile(code) | CopyViews::NotSupported(code) => Err(code),
        }
    }

    /// Whether the platform has this kind of named object.
    #[must_use]
    pub const fn has_kind(&self, kind: Kind) -> bool {
        self.kinds.is.has(Kinds::of(kind).0)
    }

    /// Session number of the `nth` user who is logged on (0 is the first), or `None` if there are no sessions.
    #[must_use]
    pub const fn user_session(&self, nth: u32) -> Option<u32> {
        match self.first_user_session.is.0 {
            Some(first) => Some(first + nth),
            None => None,
        }
    }

    /// Whether creating a new file mapping in the global directory from this session takes SeCreateGlobalPrivilege
    /// (N-41). Opening never does (N-43), nor do other kinds of object (N-42).
    #[must_use]
    pub const fn needs_global_privilege(&self, session: u32) -> bool {
        session != 0 && matches!(self.global_privilege.is, GlobalPrivilege::Needed)
    }
}

impl Profile {
    /// The number that this platform gives for a cause, if it is not the one of Windows 7 to 11.
    ///
    /// ```
    /// use filemap_core::error::{Why, Win32Code};
    /// use filemap_core::profile::Platform;
    /// let occupied = Why::BaseOccupied { base: 0x1000_0000 };
    /// assert_eq!(occupied.code().0, 487);
    /// assert_eq!(Platform::Nt351.profile().code_of(&occupied), Some(Win32Code::NOT_ENOUGH_MEMORY)); // P-21
    /// ```
    #[must_use]
    pub const fn code_of(&self, why: &Why) -> Option<Win32Code> {
        match why {
            Why::BaseOccupied { .. } => self.base_occupied.is.0,
            Why::BaseOutOfRange { .. } => match self.base_range.is {
                BaseRange::Between { code, .. } | BaseRange::UserRange { code } => Some(code),
                BaseRange::NoFunction => None,
            },
            Why::SecondBase { .. } => match self.second_base.is {
                Answer::Refused(code) => Some(code),
                Answer::Works => None,
            },
            Why::FileLacks { .. } => self.file_right_missing.is.0,
            Why::FileTooShort { .. } => Some(self.growth.is.otherwise),
            Why::CopyViewRefused { .. } => match self.file_map_copy.is {
                CopyViews::WritecopyObjectOfAFile(code) | CopyViews::NotSupported(code) => Some(code),
                CopyViews::AnyObject => None,
            },
            Why::WriteViewOfReadOnlyObject { .. } => self.write_view_on_readonly_object.is.0,
            Why::NotTheBase { .. } => match self.unmap_inside_view.is {
                Answer::Refused(code) => Some(code),
                Answer::Works => None,
            },
            Why::ProtectionNotAllowed { .. } => match self.protect_view.is {
                Answer::Refused(code) => Some(code),
                Answer::Works => None,
            },
            Why::OldProtectionMissing => match self.protect_null_old.is {
                Answer::Refused(code) => Some(code),
                Answer::Works => None,
            },
            Why::FlushLengthMissing => match self.flush_zero.is {
                FlushZero::Refused(code) => Some(code),
                FlushZero::ToTheEnd => None,
            },
            Why::BackslashInName => match self.backslash_in_name.is {
                Backslash::Refused(code) => Some(code),
                _ => None,
            },
            Why::PathNotFound => match self.prefixes.is {
                Prefixes::Refused(code) => Some(code),
                _ => None,
            },
            Why::NameHeldBy { .. } => match self.other_kinds_name.is {
                OtherKind::Refused(code) => Some(code),
                OtherKind::BothExist => None,
            },
            Why::ReadOnlyNeedsFile => match self.readonly_without_file.is {
                Answer::Refused(code) => Some(code),
                Answer::Works => None,
            },
            Why::FileMappedDelete => match self.delete_mapped_file.is {
                DeleteMapped::Refused(code) => Some(code),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether `UnmapViewOfFile` with this address means the view of `len` bytes at `base` (P-27, V-20).
    ///
    /// # Errors
    /// 487 for an address outside of it; on `win95` for any but the base.
    pub const fn unmap_at(&self, base: u64, len: u64, address: u64) -> Result<(), Why> {
        match address.wrapping_sub(base) {
            0 => Ok(()),
            inside if inside < len => match self.unmap_inside_view.is {
                Answer::Works => Ok(()),
                Answer::Refused(_) => Err(Why::NotTheBase { address, base }),
            },
            _ => Err(Why::NotAView { address }),
        }
    }
}

const fn whole(high_half: HighHalf, high: u32, low: u32) -> u64 {
    match high_half {
        HighHalf::Used => ((high as u64) << 32) | low as u64,
        HighHalf::Ignored => low as u64,
    }
}
