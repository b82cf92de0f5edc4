//! `printf` by Microsoft's rules, for 16-bit and for 8-bit text, over arguments that are read through the boundary.
//!
//! | conversion | in 16-bit text | in 8-bit text |
//! |---|---|---|
//! | `%s` `%c` | 16-bit | 8-bit |
//! | `%S` `%C` | 8-bit | 16-bit |
//! | `%hs` `%hc`, `%ls` `%ws` `%lc` `%wc` | 8-bit, 16-bit | same |
//! | `%d %i %u %o %x %X` with `hh h l ll I I32 I64 j z t` | `l` is 32 bits, `I` `z` `t` as pointers | same |
//! | `%p` | 16 upper-case digits | same |
//! | `%e %f %g %a` and capitals | as the C library | same |
//! | `%n` | refused | refused |

// UNSAFETY: calls the C library's snprintf for floating point.
#![expect(unsafe_code)]

use crate::boundary::{In, Outcome};
use crate::text::{to_bytes, to_wide};
use filemap_core::error::Win32Code;

/// Where arguments come from.
pub trait Arguments {
    /// The next argument that travels in a general register: integers and pointers, 64 bits of which some may be rubbish.
    fn word(&mut self) -> Outcome<u64>;
    /// The next `double`.
    fn double(&mut self) -> Outcome<f64>;
    /// The next `long double`.
    fn long_double(&mut self) -> Outcome<f64>;
}

/// The text that is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Width {
    /// Units are UTF-16.
    Wide,
    /// Units are bytes, each in a `u16` of its own.
    Bytes,
}

/// Longest text that one call makes, in units: an impossible width or precision fails instead of taking all memory.
const LONGEST: usize = 16 << 20;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Size {
    Char,
    Short,
    None,
    Int32,
    Int64,
    LongDouble,
    Wide,
}

/// One conversion, from after `%` on.
#[derive(Clone, Debug)]
struct Spec {
    minus: bool,
    plus: bool,
    space: bool,
    zero: bool,
    alternate: bool,
    width: usize,
    precision: Option<usize>,
    size: Size,
    conversion: u8,
}

/// Formats. Errors: 998 for a string that can't be read, 87 for `%n` and for text that would be absurdly long.
pub fn format(template: &[u16], arguments: &mut dyn Arguments, width: Width) -> Outcome<Vec<u16>> {
    let mut out = Vec::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some((&unit, tail)) = rest.split_first() {
        rest = tail;
        if unit != u16::from(b'%') {
            out.push(unit);
        } else if rest.first() == Some(&u16::from(b'%')) {
            out.push(unit);
            rest = &rest[1..];
        } else {
            rest = convert(rest, arguments, width, &mut out)?;
        }
        if out.len() > LONGEST {
            return Err(Win32Code::INVALID_PARAMETER);
        }
    }
    Ok(out)
}

/// Does the one conversion that `spec` begins with (from after the `%`), and gives what follows it.
pub fn convert<'t>(
    spec: &'t [u16],
    arguments: &mut dyn Arguments,
    text: Width,
    out: &mut Vec<u16>,
) -> Outcome<&'t [u16]> {
    let (spec, rest) = parse(spec, arguments)?;
    let Some(spec) = spec else { return Ok(rest) }; // the text ends inside a conversion: nothing is printed
    if spec.width > LONGEST || spec.precision.is_some_and(|p| p > LONGEST) {
        return Err(Win32Code::INVALID_PARAMETER);
    }
    match spec.conversion {
        b'd' | b'i' => {
            let value = match spec.size {
                Size::Char => i64::from(arguments.word()? as i8),
                Size::Short => i64::from(arguments.word()? as i16),
                Size::Int64 => arguments.word()? as i64,
                _ => i64::from(arguments.word()? as i32),
            };
            integer(&spec, value.unsigned_abs(), value < 0, out);
        }
        b'u' | b'o' | b'x' | b'X' => {
            let value = match spec.size {
                Size::Char => u64::from(arguments.word()? as u8),
                Size::Short => u64::from(arguments.word()? as u16),
                Size::Int64 => arguments.word()?,
                _ => u64::from(arguments.word()? as u32),
            };
            integer(&spec, value, false, out);
        }
        b'p' => {
            let digits = format!("{:0width$X}", arguments.word()?, width = size_of::<usize>() * 2);
            pad(&spec, &digits.encode_utf16().collect::<Vec<_>>(), out);
        }
        b'c' | b'C' | b's' | b'S' => {
            let wide = match (spec.size, spec.conversion.is_ascii_uppercase()) {
                (Size::Char | Size::Short, _) => false,
                (Size::Int32 | Size::Int64 | Size::Wide, _) => true,
                (_, other) => (text == Width::Wide) != other,
            };
            let word = arguments.word()?;
            let units = match spec.conversion.to_ascii_lowercase() {
                b'c' => character(word, wide, text),
                _ => string(word as usize, wide, text, spec.precision)?,
            };
            pad(&spec, &units, out);
        }
        b'e' | b'E' | b'f' | b'F' | b'g' | b'G' | b'a' | b'A' => {
            let value = if spec.size == Size::LongDouble {
                arguments.long_double()?
            } else {
                arguments.double()?
            };
            out.extend(floating(&spec, value).into_iter().map(u16::from));
        }
        b'n' => return Err(Win32Code::INVALID_PARAMETER), // storing through a format string is what attackers like
        other => out.push(u16::from(other)),
    }
    Ok(rest)
}

fn parse<'t>(mut rest: &'t [u16], arguments: &mut dyn Arguments) -> Outcome<(Option<Spec>, &'t [u16])> {
    let mut spec = Spec {
        minus: false,
        plus: false,
        space: false,
        zero: false,
        alternate: false,
        width: 0,
        precision: None,
        size: Size::None,
        conversion: 0,
    };
    fn next(rest: &[u16]) -> u8 {
        rest.first().map_or(0, |unit| u8::try_from(*unit).unwrap_or(0))
    }
    loop {
        match next(rest) {
            b'-' => spec.minus = true,
            b'+' => spec.plus = true,
            b' ' => spec.space = true,
            b'0' => spec.zero = true,
            b'#' => spec.alternate = true,
            _ => break,
        }
        rest = &rest[1..];
    }
    let mut number = |rest: &mut &'t [u16]| -> Outcome<Option<i64>> {
        if next(rest) == b'*' {
            *rest = &rest[1..];
            return Ok(Some(i64::from(arguments.word()? as i32)));
        }
        let mut value = None;
        while next(rest).is_ascii_digit() {
            let digit = i64::from(next(rest) - b'0');
            value = Some((value.unwrap_or(0_i64) * 10 + digit).min(1 << 32));
            *rest = &rest[1..];
        }
        Ok(value)
    };
    if let Some(width) = number(&mut rest)? {
        spec.minus |= width < 0;
        spec.width = width.unsigned_abs() as usize;
    }
    if next(rest) == b'.' {
        rest = &rest[1..];
        // A negative precision from an argument is as none at all; a missing number is 0.
        spec.precision = usize::try_from(number(&mut rest)?.unwrap_or(0)).ok();
    }
    loop {
        let pair = (
            next(rest),
            rest.get(1).map_or(0, |unit| u8::try_from(*unit).unwrap_or(0)),
        );
        let digits = rest.get(1..3).map(|units| (units[0], units[1]));
        let (size, length) = match pair {
            (b'h', b'h') => (Size::Char, 2),
            (b'h', _) => (Size::Short, 1),
            (b'l', b'l') => (Size::Int64, 2),
            (b'l', _) => (Size::Int32, 1), // LONG has 32 bits on Windows
            (b'I', _) if digits == Some((u16::from(b'6'), u16::from(b'4'))) => (Size::Int64, 3),
            (b'I', _) if digits == Some((u16::from(b'3'), u16::from(b'2'))) => (Size::None, 3),
            (b'I' | b'z' | b't' | b'j', _) => (Size::Int64, 1),
            (b'w', _) => (Size::Wide, 1),
            (b'L', _) => (Size::LongDouble, 1),
            _ => break,
        };
        spec.size = size;
        rest = &rest[length..];
    }
    match rest.split_first() {
        Some((unit, tail)) => {
            spec.conversion = u8::try_from(*unit).unwrap_or(b'?');
            Ok((Some(spec), tail))
        }
        None => Ok((None, rest)),
    }
}

fn integer(spec: &Spec, value: u64, negative: bool, out: &mut Vec<u16>) {
    let mut digits = match spec.conversion {
        b'o' => format!("{value:o}"),
        b'x' => format!("{value:x}"),
        b'X' => format!("{value:X}"),
        _ => format!("{value}"),
    };
    if value == 0 && spec.precision == Some(0) {
        digits.clear();
    }
    let signed = matches!(spec.conversion, b'd' | b'i');
    let prefix = match spec.conversion {
        _ if negative => "-",
        _ if signed && spec.plus => "+",
        _ if signed && spec.space => " ",
        b'x' if spec.alternate && value != 0 => "0x",
        b'X' if spec.alternate && value != 0 => "0X",
        _ => "",
    };
    let mut least = spec.precision.unwrap_or(1);
    if spec.conversion == b'o' && spec.alternate {
        least = least.max(digits.len() + usize::from(!digits.starts_with('0')));
    }
    if spec.zero && !spec.minus && spec.precision.is_none() {
        least = least.max(spec.width.saturating_sub(prefix.len()));
    }
    let text = format!(
        "{prefix}{}{digits}",
        "0".repeat(least.saturating_sub(digits.len()))
    );
    pad(spec, &text.encode_utf16().collect::<Vec<_>>(), out);
}

fn pad(spec: &Spec, units: &[u16], out: &mut Vec<u16>) {
    let blanks = std::iter::repeat_n(u16::from(b' '), spec.width.saturating_sub(units.len()));
    if spec.minus {
        out.extend_from_slice(units);
        out.extend(blanks);
    } else {
        out.extend(blanks);
        out.extend_from_slice(units);
    }
}

fn character(word: u64, wide: bool, text: Width) -> Vec<u16> {
    match (wide, text) {
        (true, Width::Wide) => vec![word as u16],
        (true, Width::Bytes) => to_bytes(&[word as u16]).into_iter().map(u16::from).collect(),
        (false, Width::Bytes) => vec![u16::from(word as u8)],
        (false, Width::Wide) => to_wide(&[word as u8]),
    }
}

fn string(address: usize, wide: bool, text: Width, precision: Option<usize>) -> Outcome<Vec<u16>> {
    let limit = precision.unwrap_or(LONGEST);
    if address == 0 {
        return Ok("(null)".encode_utf16().take(limit).collect());
    }
    Ok(match (wide, text) {
        (true, Width::Wide) => In::<u16>::at(address).read_string(limit)?,
        (false, Width::Bytes) => In::<u8>::at(address)
            .read_string(limit)?
            .into_iter()
            .map(u16::from)
            .collect(),
        (true, Width::Bytes) => {
            // The precision counts what is written: bytes.
            let bytes = to_bytes(&In::<u16>::at(address).read_string(limit)?);
            bytes.into_iter().take(limit).map(u16::from).collect()
        }
        (false, Width::Wide) => to_wide(&In::<u8>::at(address).read_string(limit)?),
    })
}

fn floating(spec: &Spec, value: f64) -> Vec<u8> {
    let mut template = String::from("%");
    for (flag, wanted) in [
        ('-', spec.minus),
        ('+', spec.plus),
        (' ', spec.space),
        ('0', spec.zero),
        ('#', spec.alternate),
    ] {
        if wanted {
            template.push(flag);
        }
    }
    template.push_str("*.*");
    template.push(char::from(spec.conversion));
    template.push('\0');
    let width = spec.width.min(1 << 20) as libc::c_int;
    let precision = spec.precision.map_or(-1, |p| p.min(1 << 20) as libc::c_int);
    let mut buffer = vec![0_u8; 512];
    loop {
        // SAFETY: the template is terminated, made here, and takes exactly two ints and a double; the length is the buffer's.
        let length = unsafe {
            libc::snprintf(
                buffer.as_mut_ptr().cast(),
                buffer.len(),
                template.as_ptr().cast(),
                width,
                precision,
                value,
            )
        };
        let length = usize::try_from(length).unwrap_or(0);
        if length < buffer.len() {
            buffer.truncate(length);
            return buffer;
        }
        buffer.resize(length + 1, 0);
    }
}

/// A C `va_list`, by the address under which C passes it. Its registers and stack are read through the boundary.
#[derive(Debug)]
pub struct VaList {
    #[cfg(target_arch = "x86_64")]
    state: [u64; 3], // gp_offset | fp_offset << 32, overflow_arg_area, reg_save_area
    #[cfg(target_arch = "aarch64")]
    state: [u64; 4], // stack, gr_top, vr_top, gr_offs | vr_offs << 32
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    state: [u64; 1], // the next slot
}

impl VaList {
    /// A `va_list` parameter, or where a `va_list *` points to: the same number on the targets with register areas.
    /// Errors: 998. The caller's `va_list` is not advanced.
    pub fn at(list: In<u8>) -> Outcome<VaList> {
        #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
        {
            Ok(VaList {
                state: list.cast().read()?,
            })
        }
        #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
        {
            Ok(VaList {
                state: [list.address() as u64],
            })
        }
    }

    fn stack_slot(&mut self, bytes: u64, align: u64) -> u64 {
        #[cfg(target_arch = "x86_64")]
        let slot = &mut self.state[1];
        #[cfg(not(target_arch = "x86_64"))]
        let slot = &mut self.state[0];
        let at = slot.wrapping_add(align - 1) & !(align - 1);
        *slot = at.wrapping_add(bytes);
        at
    }

    fn register(&mut self, floating: bool) -> Option<u64> {
        #[cfg(target_arch = "x86_64")]
        {
            let (shift, end, step) = if floating { (32, 176, 16) } else { (0, 48, 8) };
            let offset = (self.state[0] >> shift) & 0xffff_ffff;
            (offset + 8 <= end).then(|| {
                self.state[0] = self.state[0].wrapping_add(step << shift);
                self.state[2].wrapping_add(offset)
            })
        }
        #[cfg(target_arch = "aarch64")]
        {
            let (shift, top, step) = if floating { (32, 2, 16) } else { (0, 1, 8) };
            let offset = (self.state[3] >> shift) as u32 as i32;
            (offset < 0).then(|| {
                let new = u64::from((offset + step) as u32);
                self.state[3] = self.state[3] & !(0xffff_ffff << shift) | new << shift;
                self.state[top].wrapping_add_signed(i64::from(offset))
            })
        }
        #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
        {
            let _ = floating;
            None
        }
    }
}

impl Arguments for VaList {
    fn word(&mut self) -> Outcome<u64> {
        let at = self.register(false).unwrap_or_else(|| self.stack_slot(8, 8));
        In::at(at as usize).read()
    }

    fn double(&mut self) -> Outcome<f64> {
        let at = self.register(true).unwrap_or_else(|| self.stack_slot(8, 8));
        In::at(at as usize).read()
    }

    fn long_double(&mut self) -> Outcome<f64> {
        #[cfg(target_arch = "x86_64")]
        {
            // 80 bits on the stack: 64 of mantissa, 15 of exponent, a sign.
            let bytes: [u8; 16] = In::at(self.stack_slot(16, 16) as usize).read()?;
            let mantissa = u64::from_le_bytes(bytes[..8].try_into().unwrap_or_default());
            let top = u16::from_le_bytes([bytes[8], bytes[9]]);
            let exponent = i32::from(top & 0x7fff);
            let magnitude = match exponent {
                0x7fff if mantissa << 1 == 0 => f64::INFINITY,
                0x7fff => f64::NAN,
                _ => mantissa as f64 * f64::from(exponent - 16_383 - 63).exp2(),
            };
            Ok(if top & 0x8000 == 0 { magnitude } else { -magnitude })
        }
        #[cfg(not(target_arch = "x86_64"))]
        {
            Err(Win32Code::NOT_SUPPORTED) // 128-bit long double: no target that is tested has it in va_lists
        }
    }
}

/// Arguments in an array of words, as `FORMAT_MESSAGE_ARGUMENT_ARRAY` has them.
#[derive(Debug)]
pub struct WordArray(pub In<u64>);

impl Arguments for WordArray {
    fn word(&mut self) -> Outcome<u64> {
        let value = self.0.read()?;
        self.0 = self.0.add(1);
        Ok(value)
    }

    fn double(&mut self) -> Outcome<f64> {
        Ok(f64::from_bits(self.word()?))
    }

    fn long_double(&mut self) -> Outcome<f64> {
        self.double()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide(template: &str, words: &[u64]) -> Outcome<String> {
        let units: Vec<u16> = template.encode_utf16().collect();
        let mut arguments = WordArray(In::at(words.as_ptr().addr()));
        format(&units, &mut arguments, Width::Wide).map(|units| String::from_utf16_lossy(&units))
    }

    #[test]
    fn integers_come_out_as_microsofts_library_prints_them() {
        let minus = -5_i32 as u32 as u64;
        for (template, words, want) in [
            (
                "%d|%5d|%-5d|%05d|%+d|% d",
                &[7_u64, 7, 7, 7, 7, 7][..],
                "7|    7|7    |00007|+7| 7",
            ),
            ("%d %ld %i", &[minus, minus, minus], "-5 -5 -5"),
            (
                "%u %x %X %#x %#X %o %#o",
                &[minus, 255, 255, 255, 255, 8, 8],
                "4294967291 ff FF 0xff 0XFF 10 010",
            ),
            (
                "%I64d %lld %I64u %I32u",
                &[u64::MAX, u64::MAX, u64::MAX, u64::MAX],
                "-1 -1 18446744073709551615 4294967295",
            ),
            (
                "%zu %Ix %td",
                &[1 << 40, 1 << 40, u64::MAX],
                "1099511627776 10000000000 -1",
            ),
            ("%hd %hhd %hu", &[0x1_ffff, 0x180, 0x1_ffff], "-1 -128 65535"),
            (
                "%.3d|%8.3d|%.0d|%-8.3d|",
                &[5, 5, 0, 5],
                "005|     005||005     |",
            ),
            (
                "%*d|%*d|%.*d",
                &[4, 7, (-4_i32) as u32 as u64, 7, 3, 7],
                "   7|7   |007",
            ),
            ("%p", &[0xabc], "0000000000000ABC"),
            ("100%% %c%c", &[65, 0x20ac], "100% A€"),
            ("%#x %#o", &[0, 0], "0 0"),
            ("%y%", &[], "y"),
        ] {
            assert_eq!(wide(template, words).as_deref(), Ok(want), "{template}");
        }
    }

    #[test]
    fn floating_point_goes_through_the_c_library() {
        let pi = std::f64::consts::PI.to_bits();
        assert_eq!(
            wide("%f|%.2f|%8.3f|%-8.1f|%e|%g", &[pi; 6]).unwrap(),
            "3.141593|3.14|   3.142|3.1     |3.141593e+00|3.14159"
        );
        assert_eq!(wide("%.400f", &[0]).unwrap().len(), 402);
    }

    #[test]
    fn strings_of_both_widths_are_told_apart() {
        let (narrow, broad) = (c"schmal ü", "breit ü\0".encode_utf16().collect::<Vec<_>>());
        let words = [broad.as_ptr().addr() as u64, narrow.as_ptr().addr() as u64];
        assert_eq!(wide("%s|%S", &words).unwrap(), "breit ü|schmal ü");
        assert_eq!(wide("%ls|%hs", &words).unwrap(), "breit ü|schmal ü");
        assert_eq!(wide("%10.2s|%-10.3S|", &words).unwrap(), "        br|sch       |");
        assert_eq!(wide("%s", &[0]).unwrap(), "(null)");
        let template: Vec<u16> = "%S|%s".encode_utf16().collect();
        let bytes = format(
            &template,
            &mut WordArray(In::at(words.as_ptr().addr())),
            Width::Bytes,
        )
        .unwrap();
        let bytes: Vec<u8> = bytes.into_iter().map(|unit| unit as u8).collect();
        assert_eq!(String::from_utf8(bytes).unwrap(), "breit ü|schmal ü");
    }

    #[test]
    fn a_string_nowhere_and_a_store_through_the_format_are_refused() {
        assert_eq!(wide("%s", &[0x10]), Err(Win32Code::NOACCESS));
        assert_eq!(wide("%n", &[0x10]), Err(Win32Code::INVALID_PARAMETER));
        assert_eq!(wide("%2147483647d", &[1]), Err(Win32Code::INVALID_PARAMETER));
    }
}
