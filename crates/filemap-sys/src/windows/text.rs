//! Names between WTF-8 and UTF-16.

use std::ffi::OsString;
use std::os::windows::ffi::OsStringExt;

/// The UTF-16 units of a text in WTF-8, with the NUL that ends it for Windows. Bytes that are no WTF-8 become U+FFFD.
///
/// ```
/// use filemap_sys::os::text::wide;
/// assert_eq!(wide(b"ab"), [0x61, 0x62, 0]);
/// assert_eq!(wide(&[0xED, 0xA0, 0x80]), [0xD800, 0]); // a lone surrogate is a unit of a name
/// ```
#[must_use]
pub fn wide(wtf8: &[u8]) -> Vec<u16> {
    let mut units = Vec::with_capacity(wtf8.len() + 1);
    for chunk in wtf8.utf8_chunks() {
        units.extend(chunk.valid().encode_utf16());
        // A surrogate in WTF-8 is ED A0..BF 80..BF; the standard library sees three pieces, each invalid.
        surrogates(chunk.invalid(), wtf8, &mut units);
    }
    units.push(0);
    units
}

/// Appends what an invalid piece of `whole` stands for.
fn surrogates(piece: &[u8], whole: &[u8], units: &mut Vec<u16>) {
    if piece.is_empty() {
        return;
    }
    let start = piece.as_ptr().addr() - whole.as_ptr().addr();
    let unit = |at: usize| match whole.get(at..at + 3) {
        Some(&[0xED, b @ 0xA0..=0xBF, c @ 0x80..=0xBF]) => {
            Some(0xD000 | (u16::from(b & 0x3F) << 6) | u16::from(c & 0x3F))
        }
        _ => None,
    };
    match unit(start) {
        Some(unit) => units.push(unit),
        // The second and the third byte of a surrogate, which the first has told already.
        None if (1..=2).any(|back| start.checked_sub(back).and_then(unit).is_some()) => {}
        None => units.push(0xFFFD),
    }
}

/// The text of UTF-16 units up to the first NUL; lone surrogates are shown as U+FFFD.
#[must_use]
pub fn text(units: &[u16]) -> String {
    let end = units.iter().position(|unit| *unit == 0).unwrap_or(units.len());
    OsString::from_wide(&units[..end]).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use filemap_core::name::wtf8_from_utf16;

    // O-62
    #[test]
    fn every_sequence_of_units_comes_back_from_wtf8() {
        for units in [
            &[0x61, 0xD800, 0x62][..],
            &[0xD83D, 0xDE00],
            &[0xDC00, 0xD800],
            &[0xD800],
            &[0x20AC, 0xFFFD],
            &[],
        ] {
            let mut back = wide(&wtf8_from_utf16(units));
            assert_eq!(back.pop(), Some(0));
            assert_eq!(back, units);
        }
        assert_eq!(wide(&[0x61, 0xFF]), [0x61, 0xFFFD, 0]);
    }
}
