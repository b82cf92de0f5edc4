//! Access masks: which bit means what for which kind of object (objects.md section 3).

use crate::kind::Kind;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::ops::{BitAnd, BitOr, BitOrAssign, Not};

/// An access mask: a set of rights, 32 bits, as `ACCESS_MASK` in `winnt.h`.
///
/// Bits 0 to 15 mean something else for every kind of object, 16 to 20 are standard, 24 and 25 special, 28 to 31
/// generic. Source: Microsoft "Access Mask Format".
///
/// ```
/// use filemap_core::security::AccessMask;
/// let both = AccessMask::SECTION_MAP_READ | AccessMask::SECTION_MAP_WRITE;
/// assert_eq!(both, AccessMask(6));
/// assert!(both.contains(AccessMask::SECTION_MAP_READ));
/// assert_eq!(both.without(AccessMask(2)), AccessMask(4));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct AccessMask(pub u32);

impl AccessMask {
    /// No right at all.
    pub const NONE: AccessMask = AccessMask(0);
    /// Ask for the section's properties; `FILE_MAP_COPY` is the same bit (O-18).
    pub const SECTION_QUERY: AccessMask = AccessMask(0x1);
    /// Map views that write; `FILE_MAP_WRITE`.
    pub const SECTION_MAP_WRITE: AccessMask = AccessMask(0x2);
    /// Map views that read; `FILE_MAP_READ`.
    pub const SECTION_MAP_READ: AccessMask = AccessMask(0x4);
    /// Map views that execute.
    pub const SECTION_MAP_EXECUTE: AccessMask = AccessMask(0x8);
    /// Let the section grow.
    pub const SECTION_EXTEND_SIZE: AccessMask = AccessMask(0x10);
    /// `FILE_MAP_EXECUTE`; not part of [`FILE_MAP_ALL_ACCESS`](AccessMask::FILE_MAP_ALL_ACCESS) (O-18).
    pub const SECTION_MAP_EXECUTE_EXPLICIT: AccessMask = AccessMask(0x20);
    /// Everything that a file mapping knows, and the usual cause of error 5 (O-19).
    pub const FILE_MAP_ALL_ACCESS: AccessMask = AccessMask(0xF_001F);
    /// Delete the object: has no effect on the objects here.
    pub const DELETE: AccessMask = AccessMask(0x1_0000);
    /// Read owner, group and DACL.
    pub const READ_CONTROL: AccessMask = AccessMask(0x2_0000);
    /// Change the DACL.
    pub const WRITE_DAC: AccessMask = AccessMask(0x4_0000);
    /// Change the owner.
    pub const WRITE_OWNER: AccessMask = AccessMask(0x8_0000);
    /// Wait for the object; no right of file mappings (O-11).
    pub const SYNCHRONIZE: AccessMask = AccessMask(0x10_0000);
    /// Read and change the SACL; needs `SeSecurityPrivilege`.
    pub const ACCESS_SYSTEM_SECURITY: AccessMask = AccessMask(0x100_0000);
    /// Whatever the caller may have (A-43).
    pub const MAXIMUM_ALLOWED: AccessMask = AccessMask(0x200_0000);
    /// Everything; meaning by O-20.
    pub const GENERIC_ALL: AccessMask = AccessMask(0x1000_0000);
    /// Execute; meaning by O-20.
    pub const GENERIC_EXECUTE: AccessMask = AccessMask(0x2000_0000);
    /// Write; meaning by O-20.
    pub const GENERIC_WRITE: AccessMask = AccessMask(0x4000_0000);
    /// Read; meaning by O-20.
    pub const GENERIC_READ: AccessMask = AccessMask(0x8000_0000);
    /// The four generic bits.
    pub const GENERIC: AccessMask = AccessMask(0xF000_0000);

    /// Whether every bit of `other` is here.
    #[inline]
    #[must_use]
    pub const fn contains(self, other: AccessMask) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether at least one bit of `other` is here.
    #[must_use]
    pub const fn intersects(self, other: AccessMask) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether no bit is here.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The bits that are here and not in `other`.
    #[must_use]
    pub const fn without(self, other: AccessMask) -> AccessMask {
        AccessMask(self.0 & !other.0)
    }

    /// The bits one by one, lowest first.
    pub fn each_bit(self) -> impl Iterator<Item = AccessMask> {
        (0..32)
            .map(|shift| AccessMask(1 << shift))
            .filter(move |bit| self.contains(*bit))
    }
}

impl BitOr for AccessMask {
    type Output = AccessMask;
    fn bitor(self, other: AccessMask) -> AccessMask {
        AccessMask(self.0 | other.0)
    }
}

impl BitOrAssign for AccessMask {
    fn bitor_assign(&mut self, other: AccessMask) {
        self.0 |= other.0;
    }
}

impl BitAnd for AccessMask {
    type Output = AccessMask;
    fn bitand(self, other: AccessMask) -> AccessMask {
        AccessMask(self.0 & other.0)
    }
}

impl Not for AccessMask {
    type Output = AccessMask;
    fn not(self) -> AccessMask {
        AccessMask(!self.0)
    }
}

impl From<u32> for AccessMask {
    fn from(bits: u32) -> AccessMask {
        AccessMask(bits)
    }
}

impl From<AccessMask> for u32 {
    fn from(mask: AccessMask) -> u32 {
        mask.0
    }
}

impl fmt::Display for AccessMask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

impl fmt::Debug for AccessMask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccessMask({self})")
    }
}

/// What the bits of a mask mean for one type of object: one row of the tables of objects.md section 3.
#[derive(Debug, PartialEq, Eq)]
pub struct TypeRights {
    /// What `GENERIC_READ` stands for.
    pub generic_read: AccessMask,
    /// What `GENERIC_WRITE` stands for.
    pub generic_write: AccessMask,
    /// What `GENERIC_EXECUTE` stands for.
    pub generic_execute: AccessMask,
    /// What `GENERIC_ALL` stands for, also the type's `…_ALL_ACCESS`.
    pub all_access: AccessMask,
    /// Every bit that means something; asking for another one gives 5 (O-10).
    pub valid: AccessMask,
    /// The name of [`all_access`](TypeRights::all_access).
    pub all_access_name: &'static str,
    /// The names of the bits 0 to 15 that mean something.
    pub specific: &'static [(u32, &'static str)],
}

const STANDARD: &[(u32, &str)] = &[
    (0x1_0000, "DELETE"),
    (0x2_0000, "READ_CONTROL"),
    (0x4_0000, "WRITE_DAC"),
    (0x8_0000, "WRITE_OWNER"),
    (0x10_0000, "SYNCHRONIZE"),
];

const SPECIAL: &[(u32, &str)] = &[
    (0x100_0000, "ACCESS_SYSTEM_SECURITY"),
    (0x200_0000, "MAXIMUM_ALLOWED"),
    (0x1000_0000, "GENERIC_ALL"),
    (0x2000_0000, "GENERIC_EXECUTE"),
    (0x4000_0000, "GENERIC_WRITE"),
    (0x8000_0000, "GENERIC_READ"),
];

static SECTION: TypeRights = TypeRights {
    generic_read: AccessMask(0x2_0005),
    generic_write: AccessMask(0x2_0002),
    generic_execute: AccessMask(0x2_0008),
    all_access: AccessMask(0xF_001F),
    valid: AccessMask(0xF_003F),
    all_access_name: "SECTION_ALL_ACCESS",
    specific: &[
        (0x1, "SECTION_QUERY"),
        (0x2, "SECTION_MAP_WRITE"),
        (0x4, "SECTION_MAP_READ"),
        (0x8, "SECTION_MAP_EXECUTE"),
        (0x10, "SECTION_EXTEND_SIZE"),
        (0x20, "SECTION_MAP_EXECUTE_EXPLICIT"),
    ],
};

static EVENT: TypeRights = TypeRights {
    generic_read: AccessMask(0x2_0001),
    generic_write: AccessMask(0x2_0002),
    generic_execute: AccessMask(0x12_0000),
    all_access: AccessMask(0x1F_0003),
    valid: AccessMask(0x1F_0003),
    all_access_name: "EVENT_ALL_ACCESS",
    specific: &[(0x1, "EVENT_QUERY_STATE"), (0x2, "EVENT_MODIFY_STATE")],
};

static MUTEX: TypeRights = TypeRights {
    generic_read: AccessMask(0x2_0001),
    generic_write: AccessMask(0x2_0000),
    generic_execute: AccessMask(0x12_0000),
    all_access: AccessMask(0x1F_0001),
    valid: AccessMask(0x1F_0001),
    all_access_name: "MUTEX_ALL_ACCESS",
    specific: &[(0x1, "MUTEX_MODIFY_STATE")],
};

static SEMAPHORE: TypeRights = TypeRights {
    generic_read: AccessMask(0x2_0001),
    generic_write: AccessMask(0x2_0002),
    generic_execute: AccessMask(0x12_0000),
    all_access: AccessMask(0x1F_0003),
    valid: AccessMask(0x1F_0003),
    all_access_name: "SEMAPHORE_ALL_ACCESS",
    specific: &[(0x1, "SEMAPHORE_QUERY_STATE"), (0x2, "SEMAPHORE_MODIFY_STATE")],
};

static TIMER: TypeRights = TypeRights {
    generic_read: AccessMask(0x2_0001),
    generic_write: AccessMask(0x2_0002),
    generic_execute: AccessMask(0x12_0000),
    all_access: AccessMask(0x1F_0003),
    valid: AccessMask(0x1F_0003),
    all_access_name: "TIMER_ALL_ACCESS",
    specific: &[(0x1, "TIMER_QUERY_STATE"), (0x2, "TIMER_MODIFY_STATE")],
};

static JOB: TypeRights = TypeRights {
    generic_read: AccessMask(0x2_0004),
    generic_write: AccessMask(0x2_000B),
    generic_execute: AccessMask(0x12_0000),
    all_access: AccessMask(0x1F_001F),
    valid: AccessMask(0x1F_003F),
    all_access_name: "JOB_OBJECT_ALL_ACCESS",
    specific: &[
        (0x1, "JOB_OBJECT_ASSIGN_PROCESS"),
        (0x2, "JOB_OBJECT_SET_ATTRIBUTES"),
        (0x4, "JOB_OBJECT_QUERY"),
        (0x8, "JOB_OBJECT_TERMINATE"),
        (0x10, "JOB_OBJECT_SET_SECURITY_ATTRIBUTES"),
        (0x20, "JOB_OBJECT_IMPERSONATE"),
    ],
};

/// Rights of the directories that hold the names (A-45). Source: Microsoft "Object directories", `wdm.h`.
pub static DIRECTORY: TypeRights = TypeRights {
    generic_read: AccessMask(0x2_0003),
    generic_write: AccessMask(0x2_000C),
    generic_execute: AccessMask(0x2_0003),
    all_access: AccessMask(0xF_000F),
    valid: AccessMask(0xF_000F),
    all_access_name: "DIRECTORY_ALL_ACCESS",
    specific: &[
        (0x1, "DIRECTORY_QUERY"),
        (0x2, "DIRECTORY_TRAVERSE"),
        (0x4, "DIRECTORY_CREATE_OBJECT"),
        (0x8, "DIRECTORY_CREATE_SUBDIRECTORY"),
    ],
};

impl From<Kind> for &'static TypeRights {
    fn from(kind: Kind) -> &'static TypeRights {
        TypeRights::of(kind)
    }
}

impl TypeRights {
    /// The row of one kind.
    ///
    /// ```
    /// use filemap_core::{kind::Kind, security::{AccessMask, TypeRights}};
    /// let section = TypeRights::of(Kind::FileMapping);
    /// assert_eq!(section.map_generic(AccessMask::GENERIC_READ), AccessMask(0x20005));
    /// assert_eq!(section.words(AccessMask(0x20006)), "SECTION_MAP_WRITE | SECTION_MAP_READ | READ_CONTROL");
    /// ```
    #[must_use]
    pub fn of(kind: Kind) -> &'static TypeRights {
        match kind {
            Kind::FileMapping => &SECTION,
            Kind::Event => &EVENT,
            Kind::Mutex => &MUTEX,
            Kind::Semaphore => &SEMAPHORE,
            Kind::WaitableTimer => &TIMER,
            Kind::Job => &JOB,
        }
    }

    /// `mask` with its generic bits replaced by what they stand for (O-20); other bits stay.
    #[must_use]
    pub fn map_generic(&self, mask: AccessMask) -> AccessMask {
        let mut mapped = mask.without(AccessMask::GENERIC);
        for (generic, stands_for) in [
            (AccessMask::GENERIC_READ, self.generic_read),
            (AccessMask::GENERIC_WRITE, self.generic_write),
            (AccessMask::GENERIC_EXECUTE, self.generic_execute),
            (AccessMask::GENERIC_ALL, self.all_access),
        ] {
            if mask.contains(generic) {
                mapped |= stands_for;
            }
        }
        mapped
    }

    /// The name of one bit, or `None` if it means nothing for this type or if `bit` is not one bit.
    #[must_use]
    pub fn bit_name(&self, bit: AccessMask) -> Option<&'static str> {
        let known =
            |table: &[(u32, &'static str)]| table.iter().find(|(b, _)| *b == bit.0).map(|(_, name)| *name);
        known(self.specific)
            .or_else(|| known(STANDARD).filter(|_| self.valid.contains(bit)))
            .or_else(|| known(SPECIAL))
    }

    /// The mask in words: `SECTION_MAP_WRITE | READ_CONTROL`; the exact all-access mask by its name; bits that mean
    /// nothing as one number at the end.
    #[must_use]
    pub fn words(&self, mask: AccessMask) -> String {
        if mask.is_empty() {
            return "no right".into();
        }
        if mask == self.all_access {
            return self.all_access_name.into();
        }
        let mut words: Vec<String> = Vec::new();
        let mut nameless = AccessMask::NONE;
        for bit in mask.each_bit() {
            match self.bit_name(bit) {
                Some(name) => words.push(name.into()),
                None => nameless |= bit,
            }
        }
        if !nameless.is_empty() {
            words.push(format!("{nameless}"));
        }
        words.join(" | ")
    }
}

/// What the plain `Create…` functions ask for when the object exists, and what a creator's handle gets (O-7, A-4);
/// `None` for a file mapping, where it depends on the page protection:
/// [`FileMapAccess::of_creation`](crate::access::FileMapAccess::of_creation).
#[must_use]
pub fn create_access(kind: Kind) -> Option<AccessMask> {
    (kind != Kind::FileMapping).then(|| TypeRights::of(kind).all_access)
}

impl From<crate::access::FileMapAccess> for AccessMask {
    fn from(access: crate::access::FileMapAccess) -> AccessMask {
        AccessMask(access.bits())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generic_bits_stand_for_what_the_table_says() {
        // O-20, row by row: read, write, execute, all.
        let rows = [
            (Kind::FileMapping, [0x2_0005, 0x2_0002, 0x2_0008, 0xF_001F]),
            (Kind::Event, [0x2_0001, 0x2_0002, 0x12_0000, 0x1F_0003]),
            (Kind::Mutex, [0x2_0001, 0x2_0000, 0x12_0000, 0x1F_0001]),
            (Kind::Semaphore, [0x2_0001, 0x2_0002, 0x12_0000, 0x1F_0003]),
            (Kind::WaitableTimer, [0x2_0001, 0x2_0002, 0x12_0000, 0x1F_0003]),
            (Kind::Job, [0x2_0004, 0x2_000B, 0x12_0000, 0x1F_001F]),
        ];
        let generic = [0x8000_0000, 0x4000_0000, 0x2000_0000, 0x1000_0000];
        for (kind, want) in rows {
            for (bit, want) in generic.into_iter().zip(want) {
                assert_eq!(
                    TypeRights::of(kind).map_generic(AccessMask(bit)),
                    AccessMask(want),
                    "{kind:?} {bit:#x}"
                );
            }
        }
    }

    #[test]
    fn a_mutex_for_generic_read_and_write_cannot_be_waited_on() {
        // O-20, the proven trap.
        let mutex = TypeRights::of(Kind::Mutex);
        let read_write = mutex.map_generic(AccessMask(0xC000_0000));
        assert!(!read_write.contains(AccessMask::SYNCHRONIZE));
        assert!(
            mutex
                .map_generic(AccessMask::GENERIC_EXECUTE)
                .contains(AccessMask::SYNCHRONIZE)
        );
    }

    #[test]
    fn only_file_mappings_do_not_know_synchronize() {
        // O-11 and the table of section 3.
        for kind in Kind::ALL {
            let knows = TypeRights::of(kind).valid.contains(AccessMask::SYNCHRONIZE);
            assert_eq!(knows, kind != Kind::FileMapping, "{kind:?}");
        }
        assert_eq!(
            TypeRights::of(Kind::FileMapping).bit_name(AccessMask::SYNCHRONIZE),
            None
        );
    }

    #[test]
    fn every_valid_bit_has_a_name_and_every_named_specific_bit_is_valid() {
        for kind in Kind::ALL {
            let row = TypeRights::of(kind);
            assert!(
                row.valid.each_bit().all(|bit| row.bit_name(bit).is_some()),
                "{kind:?}"
            );
            assert!(
                row.specific
                    .iter()
                    .all(|(bit, _)| row.valid.contains(AccessMask(*bit))),
                "{kind:?}"
            );
            assert!(row.valid.contains(row.all_access), "{kind:?}");
        }
    }

    #[test]
    fn masks_are_told_in_words() {
        let section = TypeRights::of(Kind::FileMapping);
        assert_eq!(section.words(AccessMask(0)), "no right");
        assert_eq!(section.words(AccessMask(0xF_001F)), "SECTION_ALL_ACCESS");
        assert_eq!(section.words(AccessMask(0x2)), "SECTION_MAP_WRITE");
        assert_eq!(
            section.words(AccessMask(0x10_0102)),
            "SECTION_MAP_WRITE | 0x100100"
        );
        assert_eq!(
            TypeRights::of(Kind::Event).words(AccessMask(0x10_0002)),
            "EVENT_MODIFY_STATE | SYNCHRONIZE"
        );
    }

    #[test]
    fn the_rights_of_sections_are_those_of_the_mapping_functions() {
        // O-18, O-20: FileMapAccess is the same table for callers who only know file mappings.
        use crate::access::{FileMapAccess, expand_generic};
        let section = TypeRights::of(Kind::FileMapping);
        for generic in 0..16 {
            let mask = generic << 28 | 0x40;
            assert_eq!(
                section.map_generic(AccessMask(mask)),
                AccessMask(expand_generic(mask))
            );
        }
        for bit in section.valid.each_bit() {
            assert_eq!(section.words(bit), FileMapAccess::from_bits_retain(bit.0).names());
        }
        assert_eq!(AccessMask::from(FileMapAccess::ALL_ACCESS), section.all_access);
    }

    #[test]
    fn create_asks_for_everything_that_the_kind_has() {
        // O-7.
        let want = [
            None,
            Some(0x1F_0003),
            Some(0x1F_0001),
            Some(0x1F_0003),
            Some(0x1F_0003),
            Some(0x1F_001F),
        ];
        assert_eq!(
            Kind::ALL.map(create_access),
            want.map(|mask| mask.map(AccessMask))
        );
    }
}
