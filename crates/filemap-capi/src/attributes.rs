//! What Create functions are told beside their subject: SECURITY_ATTRIBUTES, and the name.

use crate::boundary::{In, Outcome};
use crate::layout::SECURITY_ATTRIBUTES;
use crate::text::to_wide;
use filemap::core::name::wtf8_from_utf16;
use filemap_core::error::Win32Code;

/// What a SECURITY_ATTRIBUTES says (M-7).
#[derive(Clone, Debug, Default)]
pub struct Attributes {
    /// `bInheritHandle` (O-21).
    pub inherit: bool,
    /// Address of the security descriptor; 0 for the default one.
    pub descriptor: usize,
}

impl Attributes {
    /// Reads the structure; NULL is the default. Errors: 998.
    pub fn read(at: In<SECURITY_ATTRIBUTES>) -> Outcome<Attributes> {
        if at.is_null() {
            return Ok(Attributes::default());
        }
        let given = at.read()?;
        Ok(Attributes {
            inherit: given.bInheritHandle != 0,
            descriptor: given.lpSecurityDescriptor,
        })
    }
}

/// Longest name of an A function, in characters (F-4).
const LONGEST_A: usize = 259;

/// The name that an A function got, in WTF-8; `None` for NULL. Errors: 998; 206 above 259 characters (F-4).
pub fn name_a(at: In<u8>) -> Outcome<Option<Vec<u8>>> {
    name_a_up_to(at, LONGEST_A)
}

/// [`name_a`] for a function with another limit.
pub fn name_a_up_to(at: In<u8>, longest: usize) -> Outcome<Option<Vec<u8>>> {
    if at.is_null() {
        return Ok(None);
    }
    // Four bytes for each character at most: what is longer is too long however it is counted.
    let units = to_wide(&at.read_string(4 * longest + 1)?);
    match units.len() > longest {
        true => Err(Win32Code::FILENAME_EXCED_RANGE),
        false => Ok(Some(wtf8_from_utf16(&units))),
    }
}

/// The name that a W function got, in WTF-8; `None` for NULL. Up to 32,766 units are a name (O-63); what is longer is refused
/// as a name. Errors: 998.
pub fn name_w(at: In<u16>) -> Outcome<Option<Vec<u8>>> {
    match at.is_null() {
        true => Ok(None),
        false => Ok(Some(wtf8_from_utf16(&at.read_string(32_768)?))),
    }
}
