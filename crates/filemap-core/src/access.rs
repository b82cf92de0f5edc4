//! Page protections, access masks and SEC_ flags, with the numbers of the Windows headers.

use crate::profile::Profile;
use alloc::string::String;
use bitflags::bitflags;
use core::fmt;

bitflags! {
    /// `PAGE_*` constants; a mapping is created with exactly one of six (M-10).
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct Page: u32 {
        /// `PAGE_NOACCESS`: only a view can have it.
        const NOACCESS = 0x01;
        /// `PAGE_READONLY`.
        const READONLY = 0x02;
        /// `PAGE_READWRITE`.
        const READWRITE = 0x04;
        /// `PAGE_WRITECOPY`.
        const WRITECOPY = 0x08;
        /// `PAGE_EXECUTE`: only a view can have it.
        const EXECUTE = 0x10;
        /// `PAGE_EXECUTE_READ`.
        const EXECUTE_READ = 0x20;
        /// `PAGE_EXECUTE_READWRITE`.
        const EXECUTE_READWRITE = 0x40;
        /// `PAGE_EXECUTE_WRITECOPY`.
        const EXECUTE_WRITECOPY = 0x80;
    }

    /// `SEC_*` constants (M-13).
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct SectionFlags: u32 {
        /// `SEC_NO_CHANGE`: views can't be re-protected or unmapped.
        const NO_CHANGE = 0x0040_0000;
        /// `SEC_FILE`: in answers only, "backed by a file".
        const FILE = 0x0080_0000;
        /// `SEC_IMAGE`: lay the file out as a program.
        const IMAGE = 0x0100_0000;
        /// `SEC_RESERVE`: pages are committed later.
        const RESERVE = 0x0400_0000;
        /// `SEC_COMMIT`: pages are there from the start.
        const COMMIT = 0x0800_0000;
        /// `SEC_NOCACHE`: no effect on Linux.
        const NOCACHE = 0x1000_0000;
        /// `SEC_WRITECOMBINE`: no effect on Linux.
        const WRITECOMBINE = 0x4000_0000;
        /// `SEC_LARGE_PAGES`.
        const LARGE_PAGES = 0x8000_0000;
    }

    /// Rights of a file mapping handle, which are also the flags of `MapViewOfFile` (O-18).
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct FileMapAccess: u32 {
        /// `FILE_MAP_COPY` as a view; the same bit is `SECTION_QUERY` as a right.
        const COPY = 0x0001;
        /// `FILE_MAP_WRITE`, `SECTION_MAP_WRITE`.
        const WRITE = 0x0002;
        /// `FILE_MAP_READ`, `SECTION_MAP_READ`.
        const READ = 0x0004;
        /// `SECTION_MAP_EXECUTE`: the right behind `FILE_MAP_EXECUTE`.
        const MAP_EXECUTE = 0x0008;
        /// `SECTION_EXTEND_SIZE`.
        const EXTEND_SIZE = 0x0010;
        /// `FILE_MAP_EXECUTE`, `SECTION_MAP_EXECUTE_EXPLICIT`.
        const EXECUTE = 0x0020;
        /// `DELETE`.
        const DELETE = 0x0001_0000;
        /// `READ_CONTROL`.
        const READ_CONTROL = 0x0002_0000;
        /// `WRITE_DAC`.
        const WRITE_DAC = 0x0004_0000;
        /// `WRITE_OWNER`.
        const WRITE_OWNER = 0x0008_0000;
        /// `FILE_MAP_ALL_ACCESS`: as a view it only means read and write (O-19).
        const ALL_ACCESS = 0x000F_001F;
    }
}

/// Names of single protections, in the order of their bits.
const PAGE_NAMES: [(u32, &str); 8] = [
    (0x01, "PAGE_NOACCESS"),
    (0x02, "PAGE_READONLY"),
    (0x04, "PAGE_READWRITE"),
    (0x08, "PAGE_WRITECOPY"),
    (0x10, "PAGE_EXECUTE"),
    (0x20, "PAGE_EXECUTE_READ"),
    (0x40, "PAGE_EXECUTE_READWRITE"),
    (0x80, "PAGE_EXECUTE_WRITECOPY"),
];
/// Names of `SEC_` flags, in the order of their bits.
const SECTION_NAMES: [(u32, &str); 8] = [
    (0x0040_0000, "SEC_NO_CHANGE"),
    (0x0080_0000, "SEC_FILE"),
    (0x0100_0000, "SEC_IMAGE"),
    (0x0400_0000, "SEC_RESERVE"),
    (0x0800_0000, "SEC_COMMIT"),
    (0x1000_0000, "SEC_NOCACHE"),
    (0x4000_0000, "SEC_WRITECOMBINE"),
    (0x8000_0000, "SEC_LARGE_PAGES"),
];

fn write_set(f: &mut fmt::Formatter<'_>, bits: u32, names: &[(u32, &str)]) -> fmt::Result {
    let mut first = true;
    for (_, name) in names.iter().filter(|(bit, _)| bits & bit != 0) {
        write!(f, "{}{name}", if first { "" } else { ", " })?;
        first = false;
    }
    match first {
        true => f.write_str("none"),
        false => Ok(()),
    }
}

/// The names of all bits in the set, joined by commas; `none` for an empty one.
impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_set(f, self.bits(), &PAGE_NAMES)
    }
}

/// The names of all bits in the set, joined by commas; `none` for an empty one.
impl fmt::Display for SectionFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_set(f, self.bits(), &SECTION_NAMES)
    }
}

impl SectionFlags {
    /// Whether all bits of `bits` are in this set.
    #[must_use]
    pub const fn has(self, bits: u32) -> bool {
        self.bits() & bits == bits
    }
}

/// `SECTION_QUERY`: the same bit as `FILE_MAP_COPY`, which as a right it is not.
pub const SECTION_QUERY: u32 = 0x0001;
/// `SYNCHRONIZE`: no right of file mappings (O-11).
pub const SYNCHRONIZE: u32 = 0x0010_0000;
/// `ACCESS_SYSTEM_SECURITY`: needs SeSecurityPrivilege (O-10).
pub const ACCESS_SYSTEM_SECURITY: u32 = 0x0100_0000;
/// `MAXIMUM_ALLOWED`.
pub const MAXIMUM_ALLOWED: u32 = 0x0200_0000;
/// View flags that are no access: large pages, targets invalid, reserve (O-18).
pub const VIEW_ONLY_FLAGS: u32 = 0xE000_0000;
/// `FILE_MAP_LARGE_PAGES`: only a view flag.
pub const FILE_MAP_LARGE_PAGES: u32 = 0x2000_0000;

/// What a set of protections allows, as the rule of V-54 counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allows {
    /// Reading.
    pub read: bool,
    /// Writing through to the object.
    pub write: bool,
    /// Copying on write as an executable view does it.
    pub execute_copy: bool,
    /// Executing.
    pub execute: bool,
}

impl Page {
    /// Whether all bits of `bits` are in this set.
    #[must_use]
    pub const fn has(self, bits: u32) -> bool {
        self.bits() & bits == bits
    }

    /// The protection with this number if it is one of the six that a mapping can have (M-10). Which of them a platform
    /// has is its [`Profile`]'s matter.
    #[must_use]
    pub const fn of_section(value: u32) -> Option<Page> {
        match value {
            0x02 | 0x04 | 0x08 | 0x20 | 0x40 | 0x80 => Some(Page::from_bits_retain(value)),
            _ => None,
        }
    }

    /// The protection with this number if it is a single one.
    #[must_use]
    pub const fn single(value: u32) -> Option<Page> {
        match value {
            0x01 | 0x10 => Some(Page::from_bits_retain(value)),
            _ => Page::of_section(value),
        }
    }

    /// What it allows; nothing for anything but a single protection.
    #[must_use]
    pub const fn allows(self) -> Allows {
        let (read, write, execute_copy, execute) = match self {
            Page::READONLY | Page::WRITECOPY => (true, false, false, false),
            Page::READWRITE => (true, true, false, false),
            Page::EXECUTE => (false, false, false, true),
            Page::EXECUTE_READ => (true, false, false, true),
            Page::EXECUTE_WRITECOPY => (true, false, true, true),
            Page::EXECUTE_READWRITE => (true, true, true, true),
            _ => (false, false, false, false),
        };
        Allows {
            read,
            write,
            execute_copy,
            execute,
        }
    }

    /// Writes make a private copy of the page.
    #[must_use]
    pub const fn is_copy_on_write(self) -> bool {
        matches!(self, Page::WRITECOPY | Page::EXECUTE_WRITECOPY)
    }

    /// The protection after a copy-on-write page was written (V-40).
    #[must_use]
    pub const fn after_copy(self) -> Page {
        match self {
            Page::WRITECOPY => Page::READWRITE,
            Page::EXECUTE_WRITECOPY => Page::EXECUTE_READWRITE,
            other => other,
        }
    }

    /// The name in the Windows headers, such as `PAGE_READWRITE`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Page::NOACCESS => "PAGE_NOACCESS",
            Page::READONLY => "PAGE_READONLY",
            Page::READWRITE => "PAGE_READWRITE",
            Page::WRITECOPY => "PAGE_WRITECOPY",
            Page::EXECUTE => "PAGE_EXECUTE",
            Page::EXECUTE_READ => "PAGE_EXECUTE_READ",
            Page::EXECUTE_READWRITE => "PAGE_EXECUTE_READWRITE",
            Page::EXECUTE_WRITECOPY => "PAGE_EXECUTE_WRITECOPY",
            _ => "no single protection",
        }
    }

    /// Whether a view of an object with this protection may have protection `view` (V-11, V-12).
    ///
    /// A view may read or copy what can be read, write what can be written, execute what can be executed; an executable
    /// copy needs `EXECUTE_WRITECOPY` or `EXECUTE_READWRITE`.
    #[must_use]
    pub const fn allows_view(self, view: Page) -> bool {
        let object = self.allows();
        match view {
            Page::NOACCESS => true,
            Page::READONLY | Page::WRITECOPY => object.read,
            Page::READWRITE => object.write,
            Page::EXECUTE | Page::EXECUTE_READ => object.execute,
            Page::EXECUTE_WRITECOPY => object.execute_copy,
            Page::EXECUTE_READWRITE => object.write && object.execute,
            _ => false,
        }
    }

    /// Whether a view that was mapped with protection `mapped` of an object with protection `object` may be changed to
    /// this protection (V-54); never where views can't be changed at all (P-28).
    #[must_use]
    pub const fn allowed_in_view(self, mapped: Page, object: Page, profile: &Profile) -> bool {
        if profile.protect_view.is.check().is_err() || Page::single(self.bits()).is_none() {
            return false;
        }
        let (new, view, object) = (self.allows(), mapped.allows(), object.allows());
        new.same(view) || (new.within(view) && new.within(object) && !view.is_nothing())
    }
}

impl Allows {
    const fn same(self, other: Allows) -> bool {
        self.read == other.read
            && self.write == other.write
            && self.execute_copy == other.execute_copy
            && self.execute == other.execute
    }

    const fn within(self, other: Allows) -> bool {
        (!self.read || other.read)
            && (!self.write || other.write)
            && (!self.execute_copy || other.execute_copy)
            && (!self.execute || other.execute)
    }

    const fn is_nothing(self) -> bool {
        !self.read && !self.write && !self.execute_copy && !self.execute
    }
}

impl FileMapAccess {
    /// Rights of the handle that `CreateFileMapping` gives for a protection, to a new object and to an existing one
    /// (O-7, M-41).
    #[must_use]
    pub const fn of_creation(protect: Page) -> FileMapAccess {
        FileMapAccess::from_bits_retain(match protect {
            Page::READWRITE => 0x000F_0007,
            Page::EXECUTE_READ | Page::EXECUTE_WRITECOPY => 0x000F_000D,
            Page::EXECUTE_READWRITE => 0x000F_000F,
            _ => 0x000F_0005,
        })
    }

    /// What `OpenFileMapping` makes of its argument before it asks for it: copy alone means read, `FILE_MAP_EXECUTE`
    /// means the right to map for execution (M-81; nothing before XP SP2, V-15), generic bits are spelt out (O-20, M-82).
    #[must_use]
    pub const fn of_open_argument(mask: u32, profile: &Profile) -> u32 {
        let mut mask = mask;
        if mask == FileMapAccess::COPY.bits() {
            return FileMapAccess::READ.bits();
        }
        if mask & FileMapAccess::EXECUTE.bits() != 0 && profile.execute_views.is.yes() {
            mask = mask & !FileMapAccess::EXECUTE.bits() | FileMapAccess::MAP_EXECUTE.bits();
        }
        expand_generic(mask)
    }

    /// The right or rights that a view of protection `view` needs on the handle (V-10).
    #[must_use]
    pub const fn needed_for_view(view: Page) -> FileMapAccess {
        match view {
            Page::READWRITE => FileMapAccess::WRITE,
            Page::EXECUTE | Page::EXECUTE_READ | Page::EXECUTE_WRITECOPY => {
                FileMapAccess::READ.union(FileMapAccess::MAP_EXECUTE)
            }
            Page::EXECUTE_READWRITE => FileMapAccess::WRITE.union(FileMapAccess::MAP_EXECUTE),
            _ => FileMapAccess::READ,
        }
    }

    /// The protection that a view asks for with these flags (section "Access translation" of the specification, V-9).
    /// `FILE_MAP_EXECUTE` counts on platforms that have it (V-15).
    #[must_use]
    pub const fn view_protection(flags: u32, profile: &Profile) -> Page {
        let execute = flags & FileMapAccess::EXECUTE.bits() != 0 && profile.execute_views.is.yes();
        let rest = flags & !(FileMapAccess::EXECUTE.bits() | VIEW_ONLY_FLAGS);
        match (rest, execute) {
            (0x1, false) => Page::WRITECOPY,
            (0x1, true) => Page::EXECUTE_WRITECOPY,
            (r, false) if r & 0x2 != 0 => Page::READWRITE,
            (r, true) if r & 0x2 != 0 => Page::EXECUTE_READWRITE,
            (r, false) if r & 0x4 != 0 => Page::READONLY,
            (r, true) if r & 0x4 != 0 => Page::EXECUTE_READ,
            _ => Page::NOACCESS,
        }
    }

    /// The names of the single rights, joined by `|`, as messages show them.
    #[must_use]
    pub fn names(self) -> String {
        const NAMES: [(u32, &str); 10] = [
            (0x1, "SECTION_QUERY"),
            (0x2, "SECTION_MAP_WRITE"),
            (0x4, "SECTION_MAP_READ"),
            (0x8, "SECTION_MAP_EXECUTE"),
            (0x10, "SECTION_EXTEND_SIZE"),
            (0x20, "SECTION_MAP_EXECUTE_EXPLICIT"),
            (0x1_0000, "DELETE"),
            (0x2_0000, "READ_CONTROL"),
            (0x4_0000, "WRITE_DAC"),
            (0x8_0000, "WRITE_OWNER"),
        ];
        let mut text = String::new();
        for (bit, name) in NAMES {
            if self.bits() & bit != 0 {
                if !text.is_empty() {
                    text.push('|');
                }
                text.push_str(name);
            }
        }
        text
    }
}

/// Spells out `GENERIC_*` bits for a file mapping (O-20).
#[must_use]
pub const fn expand_generic(mask: u32) -> u32 {
    let mut out = mask & 0x0FFF_FFFF;
    if mask & 0x8000_0000 != 0 {
        out |= 0x0002_0005;
    }
    if mask & 0x4000_0000 != 0 {
        out |= 0x0002_0002;
    }
    if mask & 0x2000_0000 != 0 {
        out |= 0x0002_0008;
    }
    if mask & 0x1000_0000 != 0 {
        out |= 0x000F_001F;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Platform;

    const NT: &Profile = Platform::Nt.profile();

    const SIX: [Page; 6] = [
        Page::READONLY,
        Page::WRITECOPY,
        Page::READWRITE,
        Page::EXECUTE_READ,
        Page::EXECUTE_WRITECOPY,
        Page::EXECUTE_READWRITE,
    ];

    // M-10
    #[test]
    fn only_six_protections_make_a_section() {
        let legal: std::vec::Vec<u32> = (0..0x1000).filter(|v| Page::of_section(*v).is_some()).collect();
        assert_eq!(legal, [0x02, 0x04, 0x08, 0x20, 0x40, 0x80]);
    }

    // V-9
    #[test]
    fn view_flags_become_protections() {
        // (flags, without execute, with execute): the table "Access translation" of views.md
        let rows = [
            (0x1, Page::WRITECOPY, Page::EXECUTE_WRITECOPY),
            (0x2, Page::READWRITE, Page::EXECUTE_READWRITE),
            (0x3, Page::READWRITE, Page::EXECUTE_READWRITE),
            (0x4, Page::READONLY, Page::EXECUTE_READ),
            (0x5, Page::READONLY, Page::EXECUTE_READ),
            (0x6, Page::READWRITE, Page::EXECUTE_READWRITE),
            (0xF001F, Page::READWRITE, Page::EXECUTE_READWRITE),
            (0x0, Page::NOACCESS, Page::NOACCESS),
            (0x8, Page::NOACCESS, Page::NOACCESS),
            (0x9, Page::NOACCESS, Page::NOACCESS),
        ];
        for (flags, plain, execute) in rows {
            assert_eq!(FileMapAccess::view_protection(flags, NT), plain, "{flags:#x}");
            assert_eq!(
                FileMapAccess::view_protection(flags | 0x20, NT),
                execute,
                "{flags:#x} with execute"
            );
            assert_eq!(
                FileMapAccess::view_protection(flags | VIEW_ONLY_FLAGS, NT),
                plain,
                "{flags:#x} and view-only flags"
            );
        }
    }

    // V-11
    #[test]
    fn the_matrix_of_views_and_objects() {
        // Rows: view flags. Columns: SIX. 0 = ok, else the error, with the handle that creation gives (O-7).
        let rows: [(u32, [u32; 6]); 7] = [
            (0x0, [0, 0, 0, 0, 0, 0]),
            (0x4, [0, 0, 0, 0, 0, 0]),
            (0x1, [0, 0, 0, 0, 0, 0]),
            (0x2, [5, 5, 0, 5, 5, 0]),
            (0x24, [5, 5, 5, 0, 0, 0]),
            (0x21, [5, 5, 5, 87, 0, 0]),
            (0x22, [5, 5, 5, 5, 5, 0]),
        ];
        for (flags, wanted) in rows {
            for (object, wanted) in SIX.into_iter().zip(wanted) {
                let view = FileMapAccess::view_protection(flags, NT);
                let handle = FileMapAccess::of_creation(object);
                let got = if !handle.contains(FileMapAccess::needed_for_view(view)) {
                    5
                } else if !object.allows_view(view) {
                    87
                } else {
                    0
                };
                assert_eq!(got, wanted, "view {flags:#x} of {}", object.name());
            }
        }
        // The other spellings of a write view behave like 0x2.
        for flags in [0x3, 0x6, 0xF001F] {
            assert_eq!(FileMapAccess::view_protection(flags, NT), Page::READWRITE);
        }
    }

    // M-81, M-82, F-15
    #[test]
    fn open_arguments_are_translated() {
        let rows = [
            (0x1, 0x4),
            (0x20, 0x8),
            (0x24, 0xC),
            (0x21, 0x9),
            (0x3, 0x3),
            (0xF001F, 0xF001F),
            (0x8000_0000, 0x2_0005),
            (0x4000_0000, 0x2_0002),
            (0x2000_0000, 0x2_0008),
            (0x1000_0000, 0xF_001F),
        ];
        for (argument, mask) in rows {
            assert_eq!(
                FileMapAccess::of_open_argument(argument, NT),
                mask,
                "{argument:#x}"
            );
        }
    }

    // V-54
    #[test]
    fn views_may_be_weakened_and_not_strengthened() {
        use Page as P;
        // (view at map time, object, new, allowed)
        let rows = [
            (P::READONLY, P::READWRITE, P::WRITECOPY, true),
            (P::READONLY, P::READWRITE, P::READWRITE, false),
            (P::READWRITE, P::READWRITE, P::READONLY, true),
            (P::READWRITE, P::READWRITE, P::WRITECOPY, true),
            (P::READWRITE, P::READWRITE, P::NOACCESS, true),
            (P::NOACCESS, P::READWRITE, P::READONLY, false),
            (P::NOACCESS, P::READWRITE, P::NOACCESS, true),
            (P::WRITECOPY, P::READONLY, P::READONLY, true),
            (P::WRITECOPY, P::READONLY, P::READWRITE, false),
            (P::EXECUTE_READWRITE, P::EXECUTE_READWRITE, P::EXECUTE_READ, true),
            (P::EXECUTE_READ, P::EXECUTE_READ, P::EXECUTE, true),
            (P::EXECUTE_READ, P::EXECUTE_READ, P::EXECUTE_WRITECOPY, false),
            (P::EXECUTE_WRITECOPY, P::EXECUTE_WRITECOPY, P::EXECUTE_READ, true),
            (P::READWRITE, P::READWRITE, P::EXECUTE_READ, false),
        ];
        for (view, object, new, allowed) in rows {
            assert_eq!(
                new.allowed_in_view(view, object, NT),
                allowed,
                "{} -> {}",
                view.name(),
                new.name()
            );
        }
        assert!(
            !P::from_bits_retain(0x6).allowed_in_view(P::READWRITE, P::READWRITE, NT),
            "two at once"
        );
    }

    // V-10
    #[test]
    fn a_view_needs_exactly_these_rights() {
        assert_eq!(
            FileMapAccess::needed_for_view(Page::NOACCESS),
            FileMapAccess::READ
        );
        assert_eq!(
            FileMapAccess::needed_for_view(Page::READWRITE),
            FileMapAccess::WRITE
        );
        assert_eq!(FileMapAccess::needed_for_view(Page::EXECUTE_READ).bits(), 0xC);
        assert_eq!(
            FileMapAccess::needed_for_view(Page::EXECUTE_READWRITE).bits(),
            0xA
        );
    }
}
