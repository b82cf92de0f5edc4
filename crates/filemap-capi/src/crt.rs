//! `filemap_crt.h`: the C library's string functions for 16-bit text, which the system's own C library does not have.
//!
//! Like every C library these trust their pointers. They copy before they look, one unit at a time, because a string may lie
//! in a view that other processes write.

// UNSAFETY: exported names; reads and writes the strings that C callers give, by C's own rules.
#![expect(unsafe_code)]
#![allow(
    clippy::missing_safety_doc,
    reason = "the contract of every function here is C's: terminated strings, enough room"
)]

use crate::boundary::set_errno;
use crate::text::to_bytes;
use std::cell::Cell;

/// A terminated string, copied.
///
/// # Safety
/// `s` leads to a terminated string, or at least `limit` units of one.
unsafe fn load(s: *const u16, limit: usize) -> Vec<u16> {
    let mut units = Vec::new();
    while units.len() < limit {
        // SAFETY: every unit up to this one was no terminator, so the string goes on to here.
        match unsafe { s.add(units.len()).read_volatile() } {
            0 => break,
            unit => units.push(unit),
        }
    }
    units
}

/// Writes units, and a terminator.
///
/// # Safety
/// `to` has room for them and one more.
unsafe fn store(to: *mut u16, units: &[u16]) {
    for (i, unit) in units.iter().chain([&0]).enumerate() {
        // SAFETY: the caller vouches for `units.len() + 1` units of room.
        unsafe { to.add(i).write_volatile(*unit) };
    }
}

const ALL: usize = usize::MAX;

/// Defines exported functions with C's contract.
macro_rules! c_functions {
    ($(fn $name:ident($($arg:ident: $ty:ty),*) $(-> $ret:ty)? $body:block)*) => {$(
        /// See `filemap_crt.h`.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name($($arg: $ty),*) $(-> $ret)? {
            // SAFETY: the caller keeps C's contract for the function of this name without `fm_`: strings are terminated or as long
            // as the count says, and outputs have room for what the function is documented to write.
            unsafe { $body }
        }
    )*};
}

fn lower(unit: u16) -> u16 {
    let c = char::from_u32(unit.into()).map_or(u32::from(unit), |c| {
        let mut all = c.to_lowercase();
        match (all.next(), all.next()) {
            (Some(one), None) => one.into(),
            _ => c.into(),
        }
    });
    u16::try_from(c).unwrap_or(unit)
}

fn upper(unit: u16) -> u16 {
    let c = char::from_u32(unit.into()).map_or(u32::from(unit), |c| {
        let mut all = c.to_uppercase();
        match (all.next(), all.next()) {
            (Some(one), None) => one.into(),
            _ => c.into(),
        }
    });
    u16::try_from(c).unwrap_or(unit)
}

fn folded(units: Vec<u16>) -> Vec<u16> {
    units.into_iter().map(lower).collect()
}

fn is(c: i32, test: impl Fn(char) -> bool) -> i32 {
    i32::from(u32::try_from(c).ok().and_then(char::from_u32).is_some_and(test))
}

/// Parses as `strtol` does. Gives magnitude, sign, units used (0: no number), and whether it ran over 64 bits.
fn number(units: &[u16], base: i32) -> (u64, bool, usize, bool) {
    let at = |i: usize| units.get(i).and_then(|u| u8::try_from(*u).ok()).unwrap_or(0);
    let mut i = 0;
    while matches!(at(i), b' ' | b'\t'..=b'\r') {
        i += 1;
    }
    let negative = at(i) == b'-';
    i += usize::from(matches!(at(i), b'-' | b'+'));
    let mut radix = u32::try_from(base).unwrap_or(37);
    let hex = at(i) == b'0' && at(i + 1).eq_ignore_ascii_case(&b'x') && at(i + 2).is_ascii_hexdigit();
    if radix == 0 {
        radix = if hex {
            16
        } else if at(i) == b'0' {
            8
        } else {
            10
        };
    }
    if radix == 16 && hex {
        i += 2;
    }
    if !(2..=36).contains(&radix) {
        return (0, false, 0, false);
    }
    let (mut value, mut over, start) = (0_u64, false, i);
    while let Some(digit) = char::from(at(i)).to_digit(radix) {
        match value
            .checked_mul(radix.into())
            .and_then(|v| v.checked_add(digit.into()))
        {
            Some(next) => value = next,
            None => over = true,
        }
        i += 1;
    }
    if i == start {
        (0, false, 0, false)
    } else {
        (value, negative, i, over)
    }
}

fn signed(units: &[u16], base: i32, least: i64, most: i64) -> (i64, usize) {
    let (value, negative, used, over) = number(units, base);
    let limit = if negative {
        least.unsigned_abs()
    } else {
        most as u64
    };
    if over || value > limit {
        set_errno(libc::ERANGE);
        return (if negative { least } else { most }, used);
    }
    (
        if negative {
            (value as i64).wrapping_neg()
        } else {
            value as i64
        },
        used,
    )
}

fn unsigned(units: &[u16], base: i32, most: u64) -> (u64, usize) {
    let (value, negative, used, over) = number(units, base);
    if over || value > most {
        set_errno(libc::ERANGE);
        return (most, used);
    }
    (
        if negative {
            value.wrapping_neg() & most
        } else {
            value
        },
        used,
    )
}

fn floating(units: &[u16]) -> (f64, usize) {
    // Where the C library stops is where the number ends: it sees ASCII only.
    let mut bytes: Vec<u8> = units
        .iter()
        .map_while(|u| u8::try_from(*u).ok().filter(u8::is_ascii))
        .collect();
    bytes.push(0);
    let mut end = std::ptr::null_mut();
    // SAFETY: `bytes` is terminated; `end` is left pointing into it.
    let value = unsafe { libc::strtod(bytes.as_ptr().cast(), &raw mut end) };
    (value, end.addr() - bytes.as_ptr().addr())
}

fn in_radix(value: i64, radix: i32, as_32_bits: bool) -> Vec<u8> {
    let radix = u64::from(radix.unsigned_abs()).clamp(2, 36);
    let negative = radix == 10 && value < 0;
    let mut rest = match (negative, as_32_bits) {
        (true, _) => value.unsigned_abs(),
        (false, true) => u64::from(value as u32),
        (false, false) => value as u64,
    };
    let mut digits = Vec::new();
    loop {
        digits.extend(char::from_digit((rest % radix) as u32, radix as u32).map(|c| c as u8));
        rest /= radix;
        if rest == 0 {
            break;
        }
    }
    if negative {
        digits.push(b'-');
    }
    digits.reverse();
    digits
}

fn wide(bytes: Vec<u8>) -> Vec<u16> {
    bytes.into_iter().map(u16::from).collect()
}

/// The safe copy of `wcscpy_s` and its kind: `EINVAL` or `ERANGE`, and an empty string, when it does not fit.
///
/// # Safety
/// `to` is NULL or has room for `room` units; `from` is NULL or terminated or `most` units long.
unsafe fn copy_s(to: *mut u16, used: usize, room: usize, from: *const u16, most: usize) -> i32 {
    if to.is_null() || room == 0 {
        return libc::EINVAL;
    }
    if from.is_null() || used >= room {
        // SAFETY: there is room for at least one unit.
        unsafe { store(to, &[]) };
        return libc::EINVAL;
    }
    let truncate = most == usize::MAX - 1;
    // SAFETY: the caller vouches for `from`; `used + units + 1 <= room` is checked before storing.
    unsafe {
        let mut units = load(from, if truncate { room } else { most.min(room) });
        if used + units.len() >= room {
            if !truncate {
                store(to, &[]);
                return libc::ERANGE;
            }
            units.truncate(room - used - 1);
            store(to.add(used), &units);
            return 80; // STRUNCATE
        }
        store(to.add(used), &units);
    }
    0
}

/// `_TRUNCATE` as C writes it, (size_t)-1, told apart from "no limit".
fn most(n: usize) -> usize {
    if n == usize::MAX { usize::MAX - 1 } else { n }
}

thread_local! {
    static TOKEN: Cell<*mut u16> = const { Cell::new(std::ptr::null_mut()) };
}

/// # Safety
/// As for `wcstok`: `start` leads to a terminated string that may be written, or is NULL.
unsafe fn token(start: *mut u16, any: &[u16]) -> (*mut u16, *mut u16) {
    if start.is_null() {
        return (start, start);
    }
    // SAFETY: all positions lie inside the terminated string.
    unsafe {
        let units = load(start, ALL);
        let Some(first) = units.iter().position(|u| !any.contains(u)) else {
            return (std::ptr::null_mut(), start.add(units.len()));
        };
        match units[first..].iter().position(|u| any.contains(u)) {
            Some(len) => {
                start.add(first + len).write_volatile(0);
                (start.add(first), start.add(first + len + 1))
            }
            None => (start.add(first), start.add(units.len())),
        }
    }
}

fn find(units: &[u16], what: &[u16]) -> Option<usize> {
    if what.is_empty() {
        Some(0)
    } else {
        units.windows(what.len()).position(|w| w == what)
    }
}

c_functions! {
    fn fm_wcslen(s: *const u16) -> usize { load(s, ALL).len() }
    fn fm_wcsnlen(s: *const u16, n: usize) -> usize { load(s, n).len() }
    fn fm_wcscpy(to: *mut u16, from: *const u16) -> *mut u16 { store(to, &load(from, ALL)); to }
    fn fm_wcsncpy(to: *mut u16, from: *const u16, n: usize) -> *mut u16 {
        let units = load(from, n);
        for i in 0..n {
            to.add(i).write_volatile(units.get(i).copied().unwrap_or(0));
        }
        to
    }
    fn fm_wcscat(to: *mut u16, from: *const u16) -> *mut u16 {
        store(to.add(load(to, ALL).len()), &load(from, ALL));
        to
    }
    fn fm_wcsncat(to: *mut u16, from: *const u16, n: usize) -> *mut u16 {
        store(to.add(load(to, ALL).len()), &load(from, n));
        to
    }
    fn fm_wcscmp(a: *const u16, b: *const u16) -> i32 { load(a, ALL).cmp(&load(b, ALL)) as i32 }
    fn fm_wcsncmp(a: *const u16, b: *const u16, n: usize) -> i32 { load(a, n).cmp(&load(b, n)) as i32 }
    fn fm_wcsicmp(a: *const u16, b: *const u16) -> i32 { folded(load(a, ALL)).cmp(&folded(load(b, ALL))) as i32 }
    fn fm_wcsnicmp(a: *const u16, b: *const u16, n: usize) -> i32 { folded(load(a, n)).cmp(&folded(load(b, n))) as i32 }
    fn fm_wcschr(s: *const u16, c: i32) -> *mut u16 {
        let units = load(s, ALL);
        let found = if c as u16 == 0 { Some(units.len()) } else { units.iter().position(|u| *u == c as u16) };
        found.map_or(std::ptr::null_mut(), |i| s.add(i).cast_mut())
    }
    fn fm_wcsrchr(s: *const u16, c: i32) -> *mut u16 {
        let units = load(s, ALL);
        let found = if c as u16 == 0 { Some(units.len()) } else { units.iter().rposition(|u| *u == c as u16) };
        found.map_or(std::ptr::null_mut(), |i| s.add(i).cast_mut())
    }
    fn fm_wcsstr(s: *const u16, what: *const u16) -> *mut u16 {
        find(&load(s, ALL), &load(what, ALL)).map_or(std::ptr::null_mut(), |i| s.add(i).cast_mut())
    }
    fn fm_wcspbrk(s: *const u16, any: *const u16) -> *mut u16 {
        let any = load(any, ALL);
        load(s, ALL).iter().position(|u| any.contains(u)).map_or(std::ptr::null_mut(), |i| s.add(i).cast_mut())
    }
    fn fm_wcsspn(s: *const u16, any: *const u16) -> usize {
        let any = load(any, ALL);
        load(s, ALL).iter().take_while(|u| any.contains(u)).count()
    }
    fn fm_wcscspn(s: *const u16, any: *const u16) -> usize {
        let any = load(any, ALL);
        load(s, ALL).iter().take_while(|u| !any.contains(u)).count()
    }
    fn fm_wcstok(s: *mut u16, any: *const u16) -> *mut u16 {
        let (found, next) = token(if s.is_null() { TOKEN.get() } else { s }, &load(any, ALL));
        TOKEN.set(next);
        found
    }
    fn fm_wcstok_s(s: *mut u16, any: *const u16, context: *mut *mut u16) -> *mut u16 {
        let (found, next) = token(if s.is_null() { context.read() } else { s }, &load(any, ALL));
        context.write(next);
        found
    }
    fn fm_wcsdup(s: *const u16) -> *mut u16 {
        let units = load(s, ALL);
        let copy = libc::malloc((units.len() + 1) * 2).cast::<u16>();
        if !copy.is_null() {
            store(copy, &units);
        }
        copy
    }
    fn fm_wcsupr(s: *mut u16) -> *mut u16 {
        store(s, &load(s, ALL).into_iter().map(upper).collect::<Vec<_>>());
        s
    }
    fn fm_wcslwr(s: *mut u16) -> *mut u16 { store(s, &folded(load(s, ALL))); s }
    fn fm_wcsrev(s: *mut u16) -> *mut u16 {
        store(s, &load(s, ALL).into_iter().rev().collect::<Vec<_>>());
        s
    }
    fn fm_wcscpy_s(to: *mut u16, room: usize, from: *const u16) -> i32 { copy_s(to, 0, room, from, ALL) }
    fn fm_wcscat_s(to: *mut u16, room: usize, from: *const u16) -> i32 {
        if to.is_null() { return libc::EINVAL; }
        copy_s(to, load(to, room).len(), room, from, ALL)
    }
    fn fm_wcsncpy_s(to: *mut u16, room: usize, from: *const u16, n: usize) -> i32 { copy_s(to, 0, room, from, most(n)) }
    fn fm_wcsncat_s(to: *mut u16, room: usize, from: *const u16, n: usize) -> i32 {
        if to.is_null() { return libc::EINVAL; }
        copy_s(to, load(to, room).len(), room, from, most(n))
    }
    fn fm_wcstol(s: *const u16, end: *mut *mut u16, base: i32) -> i32 {
        let (value, used) = signed(&load(s, ALL), base, i32::MIN.into(), i32::MAX.into());
        if !end.is_null() { end.write(s.add(used).cast_mut()); }
        value as i32
    }
    fn fm_wcstoul(s: *const u16, end: *mut *mut u16, base: i32) -> u32 {
        let (value, used) = unsigned(&load(s, ALL), base, u32::MAX.into());
        if !end.is_null() { end.write(s.add(used).cast_mut()); }
        value as u32
    }
    fn fm_wcstoll(s: *const u16, end: *mut *mut u16, base: i32) -> i64 {
        let (value, used) = signed(&load(s, ALL), base, i64::MIN, i64::MAX);
        if !end.is_null() { end.write(s.add(used).cast_mut()); }
        value
    }
    fn fm_wcstoull(s: *const u16, end: *mut *mut u16, base: i32) -> u64 {
        let (value, used) = unsigned(&load(s, ALL), base, u64::MAX);
        if !end.is_null() { end.write(s.add(used).cast_mut()); }
        value
    }
    fn fm_wcstod(s: *const u16, end: *mut *mut u16) -> f64 {
        let (value, used) = floating(&load(s, ALL));
        if !end.is_null() { end.write(s.add(used).cast_mut()); }
        value
    }
    fn fm_wtoi(s: *const u16) -> i32 { signed(&load(s, ALL), 10, i32::MIN.into(), i32::MAX.into()).0 as i32 }
    fn fm_wtoi64(s: *const u16) -> i64 { signed(&load(s, ALL), 10, i64::MIN, i64::MAX).0 }
    fn fm_wtof(s: *const u16) -> f64 { floating(&load(s, ALL)).0 }
    fn fm_itow(value: i32, to: *mut u16, radix: i32) -> *mut u16 { store(to, &wide(in_radix(value.into(), radix, true))); to }
    fn fm_i64tow(value: i64, to: *mut u16, radix: i32) -> *mut u16 { store(to, &wide(in_radix(value, radix, false))); to }
    fn fm_itoa(value: i32, to: *mut u8, radix: i32) -> *mut u8 {
        let digits = in_radix(value.into(), radix, true);
        for (i, digit) in digits.iter().chain([&0]).enumerate() {
            to.add(i).write_volatile(*digit);
        }
        to
    }
    fn fm_i64toa(value: i64, to: *mut u8, radix: i32) -> *mut u8 {
        let digits = in_radix(value, radix, false);
        for (i, digit) in digits.iter().chain([&0]).enumerate() {
            to.add(i).write_volatile(*digit);
        }
        to
    }
}

/// Defines exported functions on single characters.
macro_rules! characters {
    ($(fn $name:ident($c:ident) $body:expr;)*) => {$(
        /// See `filemap_crt.h`.
        #[unsafe(no_mangle)]
        pub extern "C" fn $name($c: i32) -> i32 {
            $body
        }
    )*};
}

characters! {
    fn fm_towupper(c) u16::try_from(c).map_or(c, |unit| upper(unit).into());
    fn fm_towlower(c) u16::try_from(c).map_or(c, |unit| lower(unit).into());
    fn fm_iswalpha(c) is(c, char::is_alphabetic);
    fn fm_iswdigit(c) is(c, |c| c.is_ascii_digit());
    fn fm_iswalnum(c) is(c, char::is_alphanumeric);
    fn fm_iswspace(c) is(c, char::is_whitespace);
    fn fm_iswupper(c) is(c, char::is_uppercase);
    fn fm_iswlower(c) is(c, char::is_lowercase);
    fn fm_iswpunct(c) is(c, |c| !c.is_control() && !c.is_alphanumeric() && !c.is_whitespace());
    fn fm_iswxdigit(c) is(c, |c| c.is_ascii_hexdigit());
    fn fm_iswprint(c) is(c, |c| !c.is_control());
    fn fm_iswcntrl(c) is(c, char::is_control);
}

/// A terminated 16-bit string as a terminated 8-bit one, for calls of the C library.
///
/// # Safety
/// `s` leads to a terminated string.
pub(crate) unsafe fn c_string(s: *const u16) -> Vec<u8> {
    // SAFETY: the caller's.
    let mut bytes = to_bytes(&unsafe { load(s, ALL) });
    bytes.push(0);
    bytes
}
