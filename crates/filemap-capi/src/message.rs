//! The text behind `FormatMessage`: numbers to sentences, and templates with inserts.

use crate::boundary::Outcome;
use crate::format::{Arguments, Width, convert};
use filemap_core::error::Win32Code;

/// The sentence for a number as Windows ends it. Errors: 317 without one.
pub fn system(number: u32) -> Outcome<Vec<u16>> {
    let code = match number >> 16 {
        0x8007 => number & 0xffff, // an HRESULT around a Win32 number
        _ => number,
    };
    let text = Win32Code(code).text().ok_or(Win32Code::MR_MID_NOT_FOUND)?;
    Ok(text.encode_utf16().chain(".\r\n".encode_utf16()).collect())
}

/// Inserts that a template may ask for, in any order, out of arguments that come one after the other.
struct Inserts<'a> {
    source: Option<&'a mut dyn Arguments>,
    seen: Vec<u64>,
    next: usize,
}

impl Inserts<'_> {
    fn get(&mut self, index: usize) -> Outcome<u64> {
        while self.seen.len() <= index {
            let source = self.source.as_mut().ok_or(Win32Code::INVALID_PARAMETER)?;
            self.seen.push(source.word()?);
        }
        Ok(self.seen[index])
    }
}

impl Arguments for Inserts<'_> {
    fn word(&mut self) -> Outcome<u64> {
        self.next += 1;
        self.get(self.next - 1)
    }

    fn double(&mut self) -> Outcome<f64> {
        Err(Win32Code::INVALID_PARAMETER) // documented: FormatMessage has no floating point
    }

    fn long_double(&mut self) -> Outcome<f64> {
        Err(Win32Code::INVALID_PARAMETER)
    }
}

/// Expands a template. `width_flags` is the low byte of the flags: 0 keeps line ends, 255 makes them blanks, anything else is the
/// column before which lines are broken. Without `arguments`, inserts stay as they are.
///
/// Errors: 87 for an insert without arguments or a malformed one, 998 for a string that can't be read.
pub fn expand(
    template: &[u16],
    ignore_inserts: bool,
    arguments: Option<&mut dyn Arguments>,
    text: Width,
    width_flags: u8,
) -> Outcome<Vec<u16>> {
    let mut inserts = Inserts {
        source: arguments,
        seen: Vec::new(),
        next: 0,
    };
    let mut lines = Lines {
        out: Vec::new(),
        start: 0,
        limit: width_flags,
    };
    let unit = |at: usize| {
        template
            .get(at)
            .map_or(0, |unit| u8::try_from(*unit).unwrap_or(0))
    };
    let mut at = 0;
    while at < template.len() {
        let this = template[at];
        at += 1;
        match u8::try_from(this).unwrap_or(0) {
            b'\r' => {
                at += usize::from(unit(at) == b'\n');
                lines.soft();
            }
            b'\n' => lines.soft(),
            b'%' => {
                let escape = unit(at);
                match escape {
                    b'0' => break,
                    b'1'..=b'9' => {
                        let start = at;
                        let mut number = 0;
                        while unit(at).is_ascii_digit() && at - start < 2 {
                            number = number * 10 + usize::from(unit(at) - b'0');
                            at += 1;
                        }
                        let spec = if unit(at) == b'!' {
                            let end = template[at + 1..].iter().position(|u| *u == u16::from(b'!'));
                            let end = at + 1 + end.ok_or(Win32Code::INVALID_PARAMETER)?;
                            let spec = template[at + 1..end].to_vec();
                            at = end + 1;
                            spec
                        } else {
                            vec![u16::from(b's')]
                        };
                        if ignore_inserts {
                            lines.out.push(u16::from(b'%'));
                            lines.out.extend_from_slice(&template[start..at]);
                        } else {
                            inserts.next = number - 1;
                            let mut value = Vec::new();
                            if !convert(&spec, &mut inserts, text, &mut value)?.is_empty() {
                                return Err(Win32Code::INVALID_PARAMETER);
                            }
                            for unit in value {
                                lines.put(unit);
                            }
                        }
                        continue;
                    }
                    b'n' => lines.hard(),
                    b'r' => lines.out.push(u16::from(b'\r')),
                    b't' => lines.put(u16::from(b'\t')),
                    b'b' => lines.put(u16::from(b' ')),
                    _ if at >= template.len() => return Err(Win32Code::INVALID_PARAMETER),
                    _ => lines.put(template[at]),
                }
                at += 1;
            }
            _ => lines.put(this),
        }
    }
    Ok(lines.out)
}

struct Lines {
    out: Vec<u16>,
    start: usize, // of the current line
    limit: u8,
}

impl Lines {
    /// A line end in the template itself.
    fn soft(&mut self) {
        match self.limit {
            0 => self.hard(),
            _ => self.put(u16::from(b' ')),
        }
    }

    /// A line end that was asked for with %n.
    fn hard(&mut self) {
        self.out.extend([u16::from(b'\r'), u16::from(b'\n')]);
        self.start = self.out.len();
    }

    fn put(&mut self, unit: u16) {
        self.out.push(unit);
        let limit = usize::from(self.limit);
        if matches!(limit, 0 | 255) || self.out.len() - self.start <= limit {
            return;
        }
        // Too long: the line breaks at its last blank, or right here if it has none.
        let blank = self.out[self.start..].iter().rposition(|u| *u == u16::from(b' '));
        let (end, next) = match blank {
            Some(at) => (self.start + at, self.start + at + 1),
            None => (self.out.len() - 1, self.out.len() - 1),
        };
        let tail = self.out.split_off(next);
        self.out.truncate(end);
        self.hard();
        self.out.extend(tail);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boundary::In;
    use crate::format::WordArray;

    fn expanded(template: &str, ignore: bool, words: &[u64], width: u8) -> Outcome<String> {
        let units: Vec<u16> = template.encode_utf16().collect();
        let mut array = WordArray(In::at(words.as_ptr().addr()));
        let arguments: Option<&mut dyn Arguments> = if words.is_empty() { None } else { Some(&mut array) };
        expand(&units, ignore, arguments, Width::Wide, width).map(|units| String::from_utf16_lossy(&units))
    }

    #[test]
    fn inserts_come_in_any_order_and_with_formats() {
        let word: Vec<u16> = "wort\0".encode_utf16().collect();
        let at = word.as_ptr().addr() as u64;
        assert_eq!(
            expanded("%2!d! %1!s! %1", false, &[at, 42], 0).unwrap(),
            "42 wort wort"
        );
        assert_eq!(
            expanded("%1!08X! %1!u!", false, &[255], 0).unwrap(),
            "000000FF 255"
        );
        assert_eq!(expanded("[%1!*.*s!]", false, &[6, 2, at], 0).unwrap(), "[    wo]");
        assert_eq!(expanded("%1", false, &[], 0), Err(Win32Code::INVALID_PARAMETER));
        assert_eq!(
            expanded("%1!d", false, &[1], 0),
            Err(Win32Code::INVALID_PARAMETER)
        );
        assert_eq!(expanded("%1", false, &[16], 0), Err(Win32Code::NOACCESS));
        assert_eq!(
            expanded("%1!f!", false, &[1], 0),
            Err(Win32Code::INVALID_PARAMETER)
        );
    }

    #[test]
    fn escapes_and_line_ends_follow_the_flags() {
        assert_eq!(
            expanded("a%nb%tc%%%.%!%0never", false, &[], 0).unwrap(),
            "a\r\nb\tc%.!"
        );
        assert_eq!(expanded("a\nb\r\nc", false, &[], 0).unwrap(), "a\r\nb\r\nc");
        assert_eq!(expanded("a\nb%nc", false, &[], 255).unwrap(), "a b\r\nc");
        assert_eq!(
            expanded("eins zwei drei", false, &[], 9).unwrap(),
            "eins zwei\r\ndrei"
        );
        assert_eq!(expanded("abcdefgh", false, &[], 3).unwrap(), "abc\r\ndef\r\ngh");
        assert_eq!(expanded("%1!d! %2%n", true, &[], 0).unwrap(), "%1!d! %2\r\n");
    }

    #[test]
    fn every_number_of_the_error_table_has_a_message() {
        // E-1
        for code in Win32Code::ALL {
            assert!(system(code.0).unwrap().ends_with(&[46, 13, 10]), "{code}");
        }
        assert_eq!(system(0x8007_0005), system(5));
        assert_eq!(system(77_777), Err(Win32Code::MR_MID_NOT_FOUND));
    }
}
