//! `stringapiset.h` and `winnls.h`: conversions between code pages and UTF-16. The ANSI code page is UTF-8 here, so the only
//! code page is UTF-8 under its various numbers.

// UNSAFETY: exported names.
#![expect(unsafe_code)]

use crate::boundary::{In, Out, Outcome, guard};
use filemap_core::error::Win32Code;

const CP_ACP: u32 = 0;
const CP_OEMCP: u32 = 1;
const CP_THREAD_ACP: u32 = 3;
const CP_UTF8: u32 = 65001;
const MB_ERR_INVALID_CHARS: u32 = 8;
const WC_ERR_INVALID_CHARS: u32 = 0x80;
/// MB_PRECOMPOSED, MB_COMPOSITE, MB_USEGLYPHCHARS: mean nothing to UTF-8, and are accepted where the program asked for "ANSI".
const MB_OLD: u32 = 7;
/// WC_COMPOSITECHECK and its companions.
const WC_OLD: u32 = 0x670;

fn check(page: u32, flags: u32, known: u32, old: u32) -> Outcome<()> {
    match page {
        CP_UTF8 if flags & !known != 0 => Err(Win32Code::INVALID_FLAGS),
        CP_ACP | CP_OEMCP | CP_THREAD_ACP if flags & !(known | old) != 0 => Err(Win32Code::INVALID_FLAGS),
        CP_ACP | CP_OEMCP | CP_THREAD_ACP | CP_UTF8 => Ok(()),
        _ => Err(Win32Code::INVALID_PARAMETER),
    }
}

/// The input: `len` units, or with a negative length everything up to and with the terminator.
fn source<T: crate::boundary::Unit>(at: In<T>, len: i32) -> Outcome<Vec<T>> {
    match usize::try_from(len) {
        _ if at.is_null() => Err(Win32Code::INVALID_PARAMETER),
        Ok(0) => Err(Win32Code::INVALID_PARAMETER),
        Ok(len) => at.read_many(len),
        Err(_) => {
            let mut units = at.read_string(i32::MAX as usize)?;
            units.push(T::default());
            Ok(units)
        }
    }
}

fn deliver<T: crate::boundary::Unit>(units: &[T], to: Out<T>, room: i32) -> Outcome<i32> {
    let length = i32::try_from(units.len()).map_err(|_| Win32Code::INVALID_PARAMETER)?;
    match room {
        0 => return Ok(length),
        _ if room < 0 || to.is_null() => return Err(Win32Code::INVALID_PARAMETER),
        _ if length > room => {
            // Windows has written what fits by then; programs have come to see it.
            to.write_many(&units[..room as usize])?;
            return Err(Win32Code::INSUFFICIENT_BUFFER);
        }
        _ => to.write_many(units)?,
    }
    Ok(length)
}

/// See `stringapiset.h`.
#[unsafe(no_mangle)]
pub extern "C" fn MultiByteToWideChar(
    page: u32,
    flags: u32,
    from: In<u8>,
    bytes: i32,
    to: Out<u16>,
    room: i32,
) -> i32 {
    guard(0, || {
        if from.address() == to.address() && !from.is_null() {
            return Err(Win32Code::INVALID_PARAMETER);
        }
        let input = source(from, bytes)?;
        check(page, flags, MB_ERR_INVALID_CHARS, MB_OLD)?;
        let text = match String::from_utf8(input) {
            Ok(text) => text,
            Err(_) if flags & MB_ERR_INVALID_CHARS != 0 => return Err(Win32Code::NO_UNICODE_TRANSLATION),
            Err(e) => String::from_utf8_lossy(e.as_bytes()).into_owned(),
        };
        deliver(&text.encode_utf16().collect::<Vec<_>>(), to, room)
    })
}

/// See `stringapiset.h`.
#[unsafe(no_mangle)]
pub extern "C" fn WideCharToMultiByte(
    page: u32,
    flags: u32,
    from: In<u16>,
    units: i32,
    to: Out<u8>,
    room: i32,
    default: In<u8>,
    used_default: Out<i32>,
) -> i32 {
    guard(0, || {
        if from.address() == to.address() && !from.is_null() {
            return Err(Win32Code::INVALID_PARAMETER);
        }
        let input = source(from, units)?;
        check(page, flags, WC_ERR_INVALID_CHARS, WC_OLD)?;
        if page == CP_UTF8 && !(default.is_null() && used_default.is_null()) {
            return Err(Win32Code::INVALID_PARAMETER);
        }
        let text = match String::from_utf16(&input) {
            Ok(text) => {
                used_default.write_if_wanted(&0)?;
                text
            }
            Err(_) if flags & WC_ERR_INVALID_CHARS != 0 => return Err(Win32Code::NO_UNICODE_TRANSLATION),
            Err(_) => {
                used_default.write_if_wanted(&1)?;
                String::from_utf16_lossy(&input)
            }
        };
        deliver(text.as_bytes(), to, room)
    })
}

/// See `winnls.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetACP() -> u32 {
    guard(CP_UTF8, || Ok(CP_UTF8))
}

/// See `winnls.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetOEMCP() -> u32 {
    guard(CP_UTF8, || Ok(CP_UTF8))
}

/// See `winnls.h`.
#[unsafe(no_mangle)]
pub extern "C" fn IsValidCodePage(page: u32) -> i32 {
    guard(0, || Ok(i32::from(page == CP_UTF8)))
}
