//! From what a person types to a number.

use super::{Call, NtStatus};
use crate::error::{Escaped, Win32Code};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

/// A number that somebody wants explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number {
    /// The Win32 number; the status itself if it never becomes one (E-4).
    pub code: Win32Code,
    /// The kernel status, if that is what was given.
    pub status: Option<NtStatus>,
}

impl From<Win32Code> for Number {
    fn from(code: Win32Code) -> Number {
        Number { code, status: None }
    }
}

impl From<NtStatus> for Number {
    fn from(status: NtStatus) -> Number {
        Number {
            code: status.win32().unwrap_or(Win32Code(status.0)),
            status: Some(status),
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.status {
            Some(status) if status.0 == self.code.0 => status.fmt(f),
            Some(status) => write!(f, "{status}, which is {} to Win32", self.code),
            None => self.code.fmt(f),
        }
    }
}

/// A text that is no number and no name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    given: String,
    near: Vec<&'static str>,
}

impl ParseError {
    /// The text.
    #[must_use]
    pub fn given(&self) -> &str {
        &self.given
    }

    /// Names that look like it, the nearest first; at most three.
    #[must_use]
    pub fn near(&self) -> &[&'static str] {
        &self.near
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is neither a number nor a name", Escaped(&self.given))?;
        match self.near.as_slice() {
            [] => f.write_str(
                "; give 5, 0x5, 0xC0000022, 0x80070005, ERROR_ACCESS_DENIED or STATUS_ACCESS_DENIED",
            ),
            near => write!(f, "; did you mean {}?", near.join(" or ")),
        }
    }
}

impl core::error::Error for ParseError {}

/// Reads a number as people have it: `5`, `0x5`, `0xC0000022`, `-1073741790`, `0x80070005`, `-2147024891`,
/// `ERROR_ACCESS_DENIED`, `ACCESS_DENIED`, `STATUS_INVALID_VIEW_SIZE` (E-2).
///
/// HRESULTs of Win32 numbers (8007xxxx) and of statuses (Dxxxxxxx) are taken apart. A bare name that is both a Win32
/// number and a status is the Win32 number.
///
/// ```
/// use filemap_core::error::Win32Code;
/// use filemap_core::explain::{NtStatus, parse};
/// assert_eq!(parse("0x80070005")?.code, Win32Code::ACCESS_DENIED);
/// assert_eq!(parse("-1073741793")?.status, Some(NtStatus::INVALID_VIEW_SIZE));
/// assert_eq!(parse("ERROR_ACESS_DENIED").unwrap_err().near()[0], "ERROR_ACCESS_DENIED");
/// # Ok::<(), filemap_core::explain::ParseError>(())
/// ```
///
/// # Errors
/// [`ParseError`], with names that look like what was given.
pub fn parse(text: &str) -> Result<Number, ParseError> {
    let text = text.trim();
    if let Some(value) = value(text) {
        return Ok(number(value));
    }
    if let Some(code) = Win32Code::from_name(text).or_else(|| success(text)) {
        return Ok(code.into());
    }
    match NtStatus::from_name(text) {
        Some(status) => Ok(status.into()),
        None => Err(ParseError {
            given: text.to_string(),
            near: near(text, names()),
        }),
    }
}

/// Names of calls that look like `text`, the nearest first; at most three.
#[must_use]
pub fn calls_near(text: &str) -> Vec<&'static str> {
    near(text, Call::ALL.iter().map(|call| call.name()))
}

fn success(text: &str) -> Option<Win32Code> {
    let is = |name: &str| text.eq_ignore_ascii_case(name);
    ["ERROR_SUCCESS", "SUCCESS", "NO_ERROR", "S_OK", "STATUS_SUCCESS"]
        .into_iter()
        .any(is)
        .then_some(Win32Code(0))
}

/// The bits of a decimal or hexadecimal number of at most 32 bits.
fn value(text: &str) -> Option<u32> {
    let lower = text.to_ascii_lowercase();
    let (negative, digits) = match lower.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, lower.as_str()),
    };
    let digits = digits.trim_end_matches(['l', 'u']); // as headers write them
    if !digits.starts_with(|c: char| c.is_ascii_digit()) && digits.len() != 8 {
        return None;
    }
    let hex = |digits: &str| match digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        true => u32::from_str_radix(digits, 16).ok(),
        false => None,
    };
    let bits = match digits.strip_prefix("0x") {
        Some(digits) => hex(digits)?,
        // Eight digits that begin like an HRESULT or a status are one without its 0x, not 80 million.
        None if digits.len() == 8 && (digits.starts_with("8007") || digits.starts_with(['c', 'd'])) => {
            hex(digits)?
        }
        None => digits.parse().ok()?,
    };
    Some(if negative { bits.wrapping_neg() } else { bits })
}

fn number(value: u32) -> Number {
    const FACILITY_WIN32: u32 = 0x8007;
    const FACILITY_NT_BIT: u32 = 0x1000_0000;
    if value >> 16 == FACILITY_WIN32 {
        return Win32Code(value & 0xFFFF).into();
    }
    if value >> 28 == 0xD {
        return NtStatus(value & !FACILITY_NT_BIT).into();
    }
    let known = NtStatus(value).name().is_some() && Win32Code(value).name().is_none();
    match known || value >> 30 == 3 {
        true => NtStatus(value).into(),
        false => Win32Code(value).into(),
    }
}

fn names() -> impl Iterator<Item = &'static str> {
    let codes = Win32Code::ALL.iter().filter_map(|code| code.name());
    codes.chain(NtStatus::ALL.iter().filter_map(|status| status.name()))
}

fn near(text: &str, names: impl Iterator<Item = &'static str>) -> Vec<&'static str> {
    let bare = |name: &str| {
        let upper = name.to_ascii_uppercase();
        upper
            .trim_start_matches("ERROR_")
            .trim_start_matches("STATUS_")
            .to_string()
    };
    let given = bare(text);
    if given.len() > 80 {
        return Vec::new(); // no name is that long, and comparing costs the product of the lengths
    }
    let mut found: Vec<(usize, bool, &'static str)> = names
        .map(|name| {
            let distance = textdistance::str::levenshtein(&given, &bare(name));
            let other_family =
                text.to_ascii_uppercase().starts_with("STATUS_") != name.starts_with("STATUS_");
            (distance, other_family, name)
        })
        .filter(|(distance, _, name)| *distance <= bare(name).len() / 4 + 1)
        .collect();
    found.sort();
    found.into_iter().take(3).map(|(_, _, name)| name).collect()
}
