//! `winbase.h`: messages, `lstr` functions, pointer tests, registered waits.

// UNSAFETY: exported names; makes an output pointer out of one that the caller stored.
#![expect(unsafe_code)]

use crate::boundary::{In, Out, Outcome, Unit, guard, readable, writable};
use crate::format::{Arguments, VaList, Width, WordArray};
use crate::handle_table::Handle;
use crate::heap::allocate;
use crate::libloaderapi::is_module;
use crate::registered_wait;
use crate::text::to_bytes;
use crate::thread_pool::Wish;
use crate::{constants::*, message};
use filemap_core::error::Win32Code;

/// FormatMessage up to the finished text; `text` says what a string insert is.
fn message_text(
    flags: u32,
    template: impl FnOnce() -> Outcome<Vec<u16>>,
    source: usize,
    id: u32,
    language: u32,
    list: In<u8>,
    text: Width,
) -> Outcome<Vec<u16>> {
    let template = if flags & FORMAT_MESSAGE_FROM_STRING != 0 {
        template()?
    } else if flags & FORMAT_MESSAGE_FROM_SYSTEM != 0 {
        // Neutral, the system's default, English; there are no others.
        if !matches!(language & 0x3ff, 0 | 9) {
            return Err(Win32Code::RESOURCE_LANG_NOT_FOUND);
        }
        message::system(id)?
    } else if flags & FORMAT_MESSAGE_FROM_HMODULE != 0 {
        // None of our modules has a message table; a module that is none is refused first.
        return Err(if source == 0 || is_module(source) {
            Win32Code::MR_MID_NOT_FOUND
        } else {
            Win32Code::MOD_NOT_FOUND
        });
    } else {
        return Err(Win32Code::INVALID_PARAMETER);
    };
    let (mut array, mut va_list);
    let arguments: Option<&mut dyn Arguments> =
        if list.is_null() || flags & FORMAT_MESSAGE_IGNORE_INSERTS != 0 {
            None
        } else if flags & FORMAT_MESSAGE_ARGUMENT_ARRAY != 0 {
            array = WordArray(list.cast());
            Some(&mut array)
        } else {
            va_list = VaList::at(list)?;
            Some(&mut va_list)
        };
    let width = (flags & FORMAT_MESSAGE_MAX_WIDTH_MASK) as u8;
    message::expand(
        &template,
        flags & FORMAT_MESSAGE_IGNORE_INSERTS != 0,
        arguments,
        text,
        width,
    )
}

/// Puts the finished text where the caller wants it.
fn deliver<T: Unit>(flags: u32, text: &[T], buffer: Out<T>, size: u32) -> Outcome<u32> {
    let length = u32::try_from(text.len()).map_err(|_| Win32Code::INVALID_PARAMETER)?;
    if flags & FORMAT_MESSAGE_ALLOCATE_BUFFER != 0 {
        if length == 0 {
            buffer.cast::<usize>().write(&0)?;
            return Ok(0);
        }
        if !writable(buffer.address(), size_of::<usize>()) {
            return Err(Win32Code::NOACCESS);
        }
        let units = text.len().max(size as usize) + 1;
        let block = allocate(units * size_of::<T>())?;
        block.cast::<T>().write_string(text)?;
        buffer.cast::<usize>().write(&block.address())?;
    } else {
        if length >= size {
            return Err(Win32Code::INSUFFICIENT_BUFFER);
        }
        buffer.write_string(text)?;
    }
    Ok(length)
}

/// See `winbase.h`.
#[unsafe(no_mangle)]
pub extern "C" fn FormatMessageW(
    flags: u32,
    source: In<u16>,
    id: u32,
    language: u32,
    buffer: Out<u16>,
    size: u32,
    arguments: In<u8>,
) -> u32 {
    guard(0, || {
        if buffer.is_null() {
            return Err(Win32Code::INVALID_PARAMETER);
        }
        let template = || source.read_string(crate::text::LONGEST);
        let text = message_text(
            flags,
            template,
            source.address(),
            id,
            language,
            arguments,
            Width::Wide,
        )?;
        deliver(flags, &text, buffer, size)
    })
}

/// See `winbase.h`.
#[unsafe(no_mangle)]
pub extern "C" fn FormatMessageA(
    flags: u32,
    source: In<u8>,
    id: u32,
    language: u32,
    buffer: Out<u8>,
    size: u32,
    arguments: In<u8>,
) -> u32 {
    guard(0, || {
        if buffer.is_null() {
            return Err(Win32Code::INVALID_PARAMETER);
        }
        let template = || {
            Ok(source
                .read_string(crate::text::LONGEST)?
                .into_iter()
                .map(u16::from)
                .collect())
        };
        let text = message_text(
            flags,
            template,
            source.address(),
            id,
            language,
            arguments,
            Width::Bytes,
        )?;
        let bytes: Vec<u8> = text.into_iter().map(|unit| unit as u8).collect(); // units are bytes in this mode
        deliver(flags, &bytes, buffer, size)
    })
}

const MUCH: usize = i32::MAX as usize;

fn length<T: Unit>(string: In<T>) -> i32 {
    // Windows catches the fault and answers 0, without an error number.
    guard(0, || {
        Ok(string.read_string(MUCH).map_or(0, |units| units.len() as i32))
    })
}

fn copy<T: Unit>(to: Out<T>, from: In<T>, room: usize) -> Out<T> {
    guard(Out::null(), || {
        if room > 0 {
            to.write_string(&from.read_string(room - 1)?)?;
        }
        Ok(to)
    })
}

fn append<T: Unit>(to: Out<T>, from: In<T>) -> Out<T> {
    guard(Out::null(), || {
        let used = to.as_in().read_string(MUCH)?.len();
        to.add(used).write_string(&from.read_string(MUCH)?)?;
        Ok(to)
    })
}

fn compare<T: Unit>(a: In<T>, b: In<T>, fold: impl Fn(Vec<T>) -> String) -> i32 {
    guard(0, || {
        Ok(match (a.is_null(), b.is_null()) {
            (true, true) => 0,
            (true, false) => -1,
            (false, true) => 1,
            // Windows compares by words, lower case first; programs only use the sign for equality and a stable order.
            (false, false) => fold(a.read_string(MUCH)?).cmp(&fold(b.read_string(MUCH)?)) as i32,
        })
    })
}

fn narrow(bytes: Vec<u8>) -> String {
    String::from_utf8_lossy(&bytes).into_owned()
}

fn wide(units: Vec<u16>) -> String {
    narrow(to_bytes(&units))
}

/// See `winbase.h`.
#[unsafe(no_mangle)]
pub extern "C" fn lstrlenA(string: In<u8>) -> i32 {
    length(string)
}

/// See `winbase.h`.
#[unsafe(no_mangle)]
pub extern "C" fn lstrlenW(string: In<u16>) -> i32 {
    length(string)
}

/// See `winbase.h`.
#[unsafe(no_mangle)]
pub extern "C" fn lstrcpyA(to: Out<u8>, from: In<u8>) -> Out<u8> {
    copy(to, from, MUCH)
}

/// See `winbase.h`.
#[unsafe(no_mangle)]
pub extern "C" fn lstrcpyW(to: Out<u16>, from: In<u16>) -> Out<u16> {
    copy(to, from, MUCH)
}

/// See `winbase.h`.
#[unsafe(no_mangle)]
pub extern "C" fn lstrcpynA(to: Out<u8>, from: In<u8>, room: i32) -> Out<u8> {
    copy(to, from, usize::try_from(room).unwrap_or(0))
}

/// See `winbase.h`.
#[unsafe(no_mangle)]
pub extern "C" fn lstrcpynW(to: Out<u16>, from: In<u16>, room: i32) -> Out<u16> {
    copy(to, from, usize::try_from(room).unwrap_or(0))
}

/// See `winbase.h`.
#[unsafe(no_mangle)]
pub extern "C" fn lstrcatA(to: Out<u8>, from: In<u8>) -> Out<u8> {
    append(to, from)
}

/// See `winbase.h`.
#[unsafe(no_mangle)]
pub extern "C" fn lstrcatW(to: Out<u16>, from: In<u16>) -> Out<u16> {
    append(to, from)
}

/// See `winbase.h`.
#[unsafe(no_mangle)]
pub extern "C" fn lstrcmpA(a: In<u8>, b: In<u8>) -> i32 {
    compare(a, b, narrow)
}

/// See `winbase.h`.
#[unsafe(no_mangle)]
pub extern "C" fn lstrcmpW(a: In<u16>, b: In<u16>) -> i32 {
    compare(a, b, wide)
}

/// See `winbase.h`.
#[unsafe(no_mangle)]
pub extern "C" fn lstrcmpiA(a: In<u8>, b: In<u8>) -> i32 {
    compare(a, b, |bytes| narrow(bytes).to_lowercase())
}

/// See `winbase.h`.
#[unsafe(no_mangle)]
pub extern "C" fn lstrcmpiW(a: In<u16>, b: In<u16>) -> i32 {
    compare(a, b, |units| wide(units).to_lowercase())
}

/// See `winbase.h`.
#[unsafe(no_mangle)]
pub extern "C" fn IsBadReadPtr(at: In<u8>, bytes: usize) -> i32 {
    guard(1, || Ok(i32::from(!readable(at.address(), bytes))))
}

/// See `winbase.h`.
#[unsafe(no_mangle)]
pub extern "C" fn IsBadWritePtr(at: In<u8>, bytes: usize) -> i32 {
    guard(1, || Ok(i32::from(!writable(at.address(), bytes))))
}

/// See `winbase.h`.
#[unsafe(no_mangle)]
pub extern "C" fn IsBadCodePtr(at: Handle) -> i32 {
    guard(1, || Ok(i32::from(!readable(at.0, 1))))
}

fn bad_string<T: Unit>(at: In<T>, most: usize) -> i32 {
    guard(1, || Ok(i32::from(at.read_string(most).is_err())))
}

/// See `winbase.h`.
#[unsafe(no_mangle)]
pub extern "C" fn IsBadStringPtrA(at: In<u8>, most: usize) -> i32 {
    bad_string(at, most)
}

/// See `winbase.h`.
#[unsafe(no_mangle)]
pub extern "C" fn IsBadStringPtrW(at: In<u16>, most: usize) -> i32 {
    bad_string(at, most)
}

/// See `winbase.h`.
#[unsafe(no_mangle)]
pub extern "C" fn RegisterWaitForSingleObject(
    wait: Out<usize>,
    object: Handle,
    callback: usize,
    context: usize,
    milliseconds: u32,
    flags: u32,
) -> i32 {
    guard(0, || {
        registered_wait::register(wait, object, callback, context, milliseconds, flags)?;
        Ok(1)
    })
}

/// See `winbase.h`.
#[unsafe(no_mangle)]
pub extern "C" fn UnregisterWait(wait: Handle) -> i32 {
    guard(0, || {
        registered_wait::unregister(wait, Wish::Nothing)?;
        Ok(1)
    })
}
