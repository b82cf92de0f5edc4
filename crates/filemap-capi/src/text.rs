//! Between the 8-bit and the 16-bit text of the A and W functions. The ANSI code page is UTF-8 here.

use crate::boundary::{In, Outcome};
use filemap_core::error::Win32Code;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

/// Longest string that is read from a caller, in units: what Windows allows for a path or name, rounded up.
pub const LONGEST: usize = 65_536;

/// UTF-8 to UTF-16; what is no UTF-8 becomes U+FFFD.
#[must_use]
pub fn to_wide(bytes: &[u8]) -> Vec<u16> {
    String::from_utf8_lossy(bytes).encode_utf16().collect()
}

/// UTF-16 to UTF-8; lone surrogates become U+FFFD.
#[must_use]
pub fn to_bytes(units: &[u16]) -> Vec<u8> {
    String::from_utf16_lossy(units).into_bytes()
}

/// A terminated A string, with its terminator found. Errors: 998; 206 if it is longer than [`LONGEST`].
pub fn read_a(at: In<u8>) -> Outcome<Vec<u8>> {
    let bytes = at.read_string(LONGEST)?;
    if bytes.len() < LONGEST {
        Ok(bytes)
    } else {
        Err(Win32Code::FILENAME_EXCED_RANGE)
    }
}

/// A terminated W string as UTF-8. Errors: as [`read_a`].
pub fn read_w(at: In<u16>) -> Outcome<Vec<u8>> {
    let units = at.read_string(LONGEST)?;
    if units.len() < LONGEST {
        Ok(to_bytes(&units))
    } else {
        Err(Win32Code::FILENAME_EXCED_RANGE)
    }
}

/// Bytes as a string of the system: Linux takes them as they are.
#[must_use]
pub fn os(bytes: Vec<u8>) -> OsString {
    OsString::from_vec(bytes)
}
