//! Page protections of the parts of a program.

/// How the pages of a [`Piece`](super::Piece) are protected.
///
/// Writable parts of a program are copied on the first write, so that no process sees another's variables; only parts
/// that ask to be shared are written through. Source: Microsoft "PE Format", section flags; V-14.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PieceProtection {
    /// `PAGE_NOACCESS`.
    NoAccess,
    /// `PAGE_READONLY`.
    ReadOnly,
    /// `PAGE_WRITECOPY`.
    WriteCopy,
    /// `PAGE_READWRITE`, only where shared.
    ReadWrite,
    /// `PAGE_EXECUTE`.
    Execute,
    /// `PAGE_EXECUTE_READ`.
    ExecuteRead,
    /// `PAGE_EXECUTE_WRITECOPY`.
    ExecuteWriteCopy,
    /// `PAGE_EXECUTE_READWRITE`, only where shared.
    ExecuteReadWrite,
}

const EXECUTE: u32 = 0x2000_0000; // IMAGE_SCN_MEM_EXECUTE
const READ: u32 = 0x4000_0000; // IMAGE_SCN_MEM_READ
const WRITE: u32 = 0x8000_0000; // IMAGE_SCN_MEM_WRITE
const SHARED: u32 = 0x1000_0000; // IMAGE_SCN_MEM_SHARED

impl PieceProtection {
    /// From the characteristics of a section header. Who may write may read, too: no page protection says otherwise.
    ///
    /// ```
    /// use filemap_core::image::PieceProtection;
    /// assert_eq!(PieceProtection::of_section(0x6000_0020), PieceProtection::ExecuteRead); // .text
    /// assert_eq!(PieceProtection::of_section(0xC000_0040), PieceProtection::WriteCopy); // .data
    /// ```
    #[must_use]
    pub fn of_section(characteristics: u32) -> PieceProtection {
        let has = |bit| characteristics & bit != 0;
        match (has(EXECUTE), has(WRITE), has(READ), has(SHARED)) {
            (false, false, false, _) => PieceProtection::NoAccess,
            (false, false, true, _) => PieceProtection::ReadOnly,
            (false, true, _, false) => PieceProtection::WriteCopy,
            (false, true, _, true) => PieceProtection::ReadWrite,
            (true, false, false, _) => PieceProtection::Execute,
            (true, false, true, _) => PieceProtection::ExecuteRead,
            (true, true, _, false) => PieceProtection::ExecuteWriteCopy,
            (true, true, _, true) => PieceProtection::ExecuteReadWrite,
        }
    }

    /// The number in `winnt.h`.
    #[must_use]
    pub fn value(self) -> u32 {
        match self {
            PieceProtection::NoAccess => 0x01,
            PieceProtection::ReadOnly => 0x02,
            PieceProtection::ReadWrite => 0x04,
            PieceProtection::WriteCopy => 0x08,
            PieceProtection::Execute => 0x10,
            PieceProtection::ExecuteRead => 0x20,
            PieceProtection::ExecuteReadWrite => 0x40,
            PieceProtection::ExecuteWriteCopy => 0x80,
        }
    }

    /// The same without the right to execute; what could only be executed can be read then, as machines without an
    /// execute bit have it.
    #[must_use]
    pub fn without_execute(self) -> PieceProtection {
        match self {
            PieceProtection::Execute | PieceProtection::ExecuteRead => PieceProtection::ReadOnly,
            PieceProtection::ExecuteWriteCopy => PieceProtection::WriteCopy,
            PieceProtection::ExecuteReadWrite => PieceProtection::ReadWrite,
            other => other,
        }
    }

    /// Whether the characteristics of a section ask for it to be shared among processes.
    pub(super) fn is_shared(characteristics: u32) -> bool {
        characteristics & SHARED != 0
    }
}
