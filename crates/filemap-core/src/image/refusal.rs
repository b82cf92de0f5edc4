//! Why a file is no program.

use crate::error::Why;
use core::fmt;

/// Why a file can't be mapped with SEC_IMAGE.
///
/// All reasons are `ERROR_BAD_EXE_FORMAT` (193) to a Win32 program; the native status tells some of them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnImage {
    /// The native status, one of `STATUS_INVALID_IMAGE_*` or `STATUS_INVALID_FILE_FOR_SECTION`. Source: `ntstatus.h`; which
    /// one belongs to which case is not confirmed on Windows, but for an empty file and the missing MZ.
    pub status: u32,
    /// What is wrong, for people.
    pub what: &'static str,
}

impl NotAnImage {
    pub(super) const EMPTY: NotAnImage = NotAnImage {
        status: 0xC000_0020,
        what: "the file is empty",
    };
    pub(super) const NOT_MZ: NotAnImage = NotAnImage {
        status: 0xC000_012F,
        what: "it does not start with the letters MZ",
    };
    pub(super) const DOS: NotAnImage = NotAnImage {
        status: 0xC000_0130,
        what: "it is an MS-DOS program",
    };
    pub(super) const WIN_16: NotAnImage = NotAnImage {
        status: 0xC000_0131,
        what: "it is a 16-bit Windows program",
    };
    pub(super) const NE: NotAnImage = NotAnImage {
        status: 0xC000_011B,
        what: "it is a 16-bit OS/2 program",
    };
    pub(super) const LE: NotAnImage = NotAnImage {
        status: 0xC000_012E,
        what: "it is a linear executable (OS/2, or a driver of Windows 3.x or 9x)",
    };

    /// `STATUS_INVALID_IMAGE_FORMAT`: a PE file whose headers are wrong.
    pub(super) const fn format(what: &'static str) -> NotAnImage {
        NotAnImage {
            status: 0xC000_007B,
            what,
        }
    }
}

impl fmt::Display for NotAnImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (status {:#010X})", self.what, self.status)
    }
}

impl core::error::Error for NotAnImage {}

impl From<NotAnImage> for Why {
    fn from(refusal: NotAnImage) -> Why {
        Why::NotAnImage { what: refusal.what }
    }
}
