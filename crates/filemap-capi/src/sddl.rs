//! `sddl.h`: security descriptors and SIDs as text.

// UNSAFETY: exported names.
#![expect(unsafe_code)]

use crate::boundary::{In, Out, Outcome, Unit, guard, writable};
use crate::constants::SDDL_REVISION_1;
use crate::descriptor::{in_block, read_descriptor, read_sid};
use crate::heap;
use crate::text::{read_a, read_w, to_wide};
use filemap::security::SecurityInformation;
use filemap_core::error::Win32Code;
use filemap_core::security::{SecurityDescriptor, Sid};

fn parse<T: std::str::FromStr<Err = filemap_core::error::Error>>(text: &[u8]) -> Outcome<T> {
    let text = std::str::from_utf8(text).map_err(|_| Win32Code::INVALID_PARAMETER)?;
    text.trim()
        .parse()
        .map_err(|e: filemap_core::error::Error| e.code())
}

/// A text in a block that the caller frees with `LocalFree`; its length with the terminator.
fn text_in_block<T: Unit>(units: &[T], to: Out<usize>, len: Out<u32>) -> Outcome<()> {
    if !writable(to.address(), 8) {
        return Err(Win32Code::NOACCESS);
    }
    let block = heap::allocate((units.len() + 1) * size_of::<T>())?;
    block.cast::<T>().write_string(units)?;
    to.write(&block.address())?;
    len.write_if_wanted(&(units.len() as u32 + 1))
}

fn to_descriptor(text: &[u8], revision: u32, sd: Out<usize>, size: Out<u32>) -> Outcome<i32> {
    if revision != SDDL_REVISION_1 {
        return Err(Win32Code::UNKNOWN_REVISION);
    }
    let parsed: SecurityDescriptor = parse(text)?;
    let bytes = parsed.to_self_relative().map_err(|e| e.code())?;
    if !writable(sd.address(), 8) {
        return Err(Win32Code::NOACCESS);
    }
    sd.write(&in_block(&bytes)?.address())?;
    size.write_if_wanted(&(bytes.len() as u32))?;
    Ok(1)
}

/// See `sddl.h`.
#[unsafe(no_mangle)]
pub extern "C" fn ConvertStringSecurityDescriptorToSecurityDescriptorA(
    text: In<u8>,
    revision: u32,
    sd: Out<usize>,
    size: Out<u32>,
) -> i32 {
    guard(0, || to_descriptor(&read_a(text)?, revision, sd, size))
}

/// See `sddl.h`.
#[unsafe(no_mangle)]
pub extern "C" fn ConvertStringSecurityDescriptorToSecurityDescriptorW(
    text: In<u16>,
    revision: u32,
    sd: Out<usize>,
    size: Out<u32>,
) -> i32 {
    guard(0, || to_descriptor(&read_w(text)?, revision, sd, size))
}

fn from_descriptor(sd: usize, revision: u32, information: u32) -> Outcome<String> {
    if revision != SDDL_REVISION_1 {
        return Err(Win32Code::UNKNOWN_REVISION);
    }
    let what = SecurityInformation::from_bits_truncate(information);
    read_descriptor(sd)?.parts(what).to_sddl().map_err(|e| e.code())
}

/// See `sddl.h`.
#[unsafe(no_mangle)]
pub extern "C" fn ConvertSecurityDescriptorToStringSecurityDescriptorA(
    sd: usize,
    revision: u32,
    information: u32,
    text: Out<usize>,
    len: Out<u32>,
) -> i32 {
    guard(0, || {
        text_in_block(from_descriptor(sd, revision, information)?.as_bytes(), text, len)?;
        Ok(1)
    })
}

/// See `sddl.h`.
#[unsafe(no_mangle)]
pub extern "C" fn ConvertSecurityDescriptorToStringSecurityDescriptorW(
    sd: usize,
    revision: u32,
    information: u32,
    text: Out<usize>,
    len: Out<u32>,
) -> i32 {
    guard(0, || {
        let units = to_wide(from_descriptor(sd, revision, information)?.as_bytes());
        text_in_block(&units, text, len)?;
        Ok(1)
    })
}

/// See `sddl.h`.
#[unsafe(no_mangle)]
pub extern "C" fn ConvertSidToStringSidA(sid: usize, text: Out<usize>) -> i32 {
    guard(0, || {
        text_in_block(read_sid(sid)?.to_string().as_bytes(), text, Out::null())?;
        Ok(1)
    })
}

/// See `sddl.h`.
#[unsafe(no_mangle)]
pub extern "C" fn ConvertSidToStringSidW(sid: usize, text: Out<usize>) -> i32 {
    guard(0, || {
        let units = to_wide(read_sid(sid)?.to_string().as_bytes());
        text_in_block(&units, text, Out::null())?;
        Ok(1)
    })
}

/// A SID in either of its texts: numbers, or two letters.
fn to_sid(text: &[u8], sid: Out<usize>) -> Outcome<i32> {
    let code = std::str::from_utf8(text).ok().and_then(Sid::from_code);
    let parsed = match code {
        Some(sid) => sid,
        None => parse::<Sid>(text)?,
    };
    if !writable(sid.address(), 8) {
        return Err(Win32Code::NOACCESS);
    }
    sid.write(&in_block(&parsed.to_bytes())?.address())?;
    Ok(1)
}

/// See `sddl.h`.
#[unsafe(no_mangle)]
pub extern "C" fn ConvertStringSidToSidA(text: In<u8>, sid: Out<usize>) -> i32 {
    guard(0, || to_sid(&read_a(text)?, sid))
}

/// See `sddl.h`.
#[unsafe(no_mangle)]
pub extern "C" fn ConvertStringSidToSidW(text: In<u16>, sid: Out<usize>) -> i32 {
    guard(0, || to_sid(&read_w(text)?, sid))
}
