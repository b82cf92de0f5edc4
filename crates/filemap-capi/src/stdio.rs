//! `filemap_crt.h`: formatted output and streams for 16-bit text. Streams are the C library's own and carry UTF-8, so that
//! `printf` and `_tprintf` come out in the order in which they were called.

// UNSAFETY: exported names; calls the C library's streams with what C callers give.
#![expect(unsafe_code)]
#![allow(
    clippy::missing_safety_doc,
    reason = "the contract of every function here is C's: live streams, terminated strings, enough room"
)]

use crate::boundary::{In, Out};
use crate::crt::c_string;
use crate::format::{VaList, Width, format};
use crate::text::{to_bytes, to_wide};
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

type File = *mut libc::FILE;

unsafe extern "C" {
    static stdout: File;
    static stdin: File;
}

/// End of file, as 16-bit functions tell it.
const WEOF: i32 = 0xffff;

/// The C library's standard output.
pub(crate) fn standard_output() -> File {
    // SAFETY: the C library sets the variable before any code of ours runs; programs do not reassign it while we read.
    unsafe { stdout }
}

/// The C library's standard input.
pub(crate) fn standard_input() -> File {
    // SAFETY: as for `standard_output`.
    unsafe { stdin }
}

/// Writes bytes to a stream; whether all of them got there.
///
/// # Safety
/// `stream` is an open stream.
pub(crate) unsafe fn put(stream: File, bytes: &[u8]) -> bool {
    // SAFETY: `bytes` is ours; the stream is the caller's.
    unsafe { libc::fwrite(bytes.as_ptr().cast(), 1, bytes.len(), stream) == bytes.len() }
}

fn wide(template: In<u16>, list: In<u8>) -> Option<Vec<u16>> {
    let template = template.read_string(1 << 24).ok()?;
    format(&template, &mut VaList::at(list).ok()?, Width::Wide).ok()
}

fn narrow(template: In<u8>, list: In<u8>) -> Option<Vec<u8>> {
    let template: Vec<u16> = template
        .read_string(1 << 24)
        .ok()?
        .into_iter()
        .map(u16::from)
        .collect();
    let units = format(&template, &mut VaList::at(list).ok()?, Width::Bytes).ok()?;
    Some(units.into_iter().map(|unit| unit as u8).collect())
}

fn len(units: usize) -> i32 {
    i32::try_from(units).unwrap_or(-1)
}

/// What happens when the text does not fit.
enum Short {
    /// C99's `vswprintf`: -1; what fits is there, terminated.
    Terminate,
    /// Microsoft's `_vsnwprintf`: -1; the buffer is full, without a terminator. One that fits exactly has none either.
    Fill,
    /// The `_s` functions: -1 and an empty string.
    Empty,
}

fn deliver<T: crate::boundary::Unit>(text: Option<Vec<T>>, to: Out<T>, room: usize, short: Short) -> i32 {
    let Some(text) = text else { return -1 };
    let written = if text.len() < room {
        return to.write_string(&text).map_or(-1, |()| len(text.len()));
    } else if room == 0 {
        Ok(())
    } else {
        match short {
            Short::Terminate => to.write_string(&text[..room - 1]),
            Short::Fill if text.len() == room => return to.write_many(&text).map_or(-1, |()| len(room)),
            Short::Fill => to.write_many(&text[..room]),
            Short::Empty => to.write_string(&[]),
        }
    };
    let _ = written; // -1 says it in either case
    -1
}

/// See `filemap_crt.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_vfwprintf(stream: File, template: In<u16>, list: In<u8>) -> i32 {
    match wide(template, list) {
        // SAFETY: the caller gave an open stream.
        Some(units) if unsafe { put(stream, &to_bytes(&units)) } => len(units.len()),
        _ => -1,
    }
}

/// See `filemap_crt.h`.
#[unsafe(no_mangle)]
pub extern "C" fn fm_vwprintf(template: In<u16>, list: In<u8>) -> i32 {
    // SAFETY: standard output is open or fails like any stream.
    unsafe { fm_vfwprintf(standard_output(), template, list) }
}

/// See `filemap_crt.h`.
#[unsafe(no_mangle)]
pub extern "C" fn fm_vswprintf(to: Out<u16>, room: usize, template: In<u16>, list: In<u8>) -> i32 {
    deliver(wide(template, list), to, room, Short::Terminate)
}

/// See `filemap_crt.h`.
#[unsafe(no_mangle)]
pub extern "C" fn fm_vsnwprintf(to: Out<u16>, room: usize, template: In<u16>, list: In<u8>) -> i32 {
    deliver(wide(template, list), to, room, Short::Fill)
}

/// See `filemap_crt.h`.
#[unsafe(no_mangle)]
pub extern "C" fn fm_vswprintf_s(to: Out<u16>, room: usize, template: In<u16>, list: In<u8>) -> i32 {
    deliver(wide(template, list), to, room, Short::Empty)
}

/// See `filemap_crt.h`.
#[unsafe(no_mangle)]
pub extern "C" fn fm_vscwprintf(template: In<u16>, list: In<u8>) -> i32 {
    wide(template, list).map_or(-1, |units| len(units.len()))
}

/// See `filemap_crt.h`.
#[unsafe(no_mangle)]
pub extern "C" fn fm_vsnprintf(to: Out<u8>, room: usize, template: In<u8>, list: In<u8>) -> i32 {
    deliver(narrow(template, list), to, room, Short::Fill)
}

/// See `filemap_crt.h`.
#[unsafe(no_mangle)]
pub extern "C" fn fm_vsprintf_s(to: Out<u8>, room: usize, template: In<u8>, list: In<u8>) -> i32 {
    deliver(narrow(template, list), to, room, Short::Empty)
}

/// See `filemap_crt.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_vfprintf(stream: File, template: In<u8>, list: In<u8>) -> i32 {
    match narrow(template, list) {
        // SAFETY: the caller gave an open stream.
        Some(bytes) if unsafe { put(stream, &bytes) } => len(bytes.len()),
        _ => -1,
    }
}

/// See `filemap_crt.h`.
#[unsafe(no_mangle)]
pub extern "C" fn fm_vsnprintf_whole(to: Out<u8>, room: usize, template: In<u8>, list: In<u8>) -> i32 {
    let Some(text) = narrow(template, list) else {
        return -1;
    };
    let fits = text.len().min(room.saturating_sub(1));
    if room > 0 && to.write_string(&text[..fits]).is_err() {
        return -1;
    }
    len(text.len())
}

/// The longest text that `wvsprintf` makes, terminator included.
const WSPRINTF: usize = 1024;

/// See `winuser.h`.
#[unsafe(no_mangle)]
pub extern "C" fn wvsprintfA(to: Out<u8>, template: In<u8>, list: In<u8>) -> i32 {
    crate::boundary::guard(-1, || {
        Ok(deliver(narrow(template, list), to, WSPRINTF, Short::Terminate))
    })
}

/// See `winuser.h`.
#[unsafe(no_mangle)]
pub extern "C" fn wvsprintfW(to: Out<u16>, template: In<u16>, list: In<u8>) -> i32 {
    crate::boundary::guard(-1, || {
        Ok(deliver(wide(template, list), to, WSPRINTF, Short::Terminate))
    })
}

/// See `filemap_crt.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_fputws(s: *const u16, stream: File) -> i32 {
    // SAFETY: the caller gave a terminated string and an open stream.
    unsafe {
        let mut bytes = c_string(s);
        bytes.pop();
        if put(stream, &bytes) { 0 } else { -1 }
    }
}

/// See `filemap_crt.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_putws(s: *const u16) -> i32 {
    // SAFETY: the caller gave a terminated string.
    unsafe {
        let mut bytes = c_string(s);
        bytes.pop();
        bytes.push(b'\n');
        if put(standard_output(), &bytes) { 0 } else { -1 }
    }
}

/// See `filemap_crt.h`. Reads until there would be room for no further character.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_fgetws(to: *mut u16, room: i32, stream: File) -> *mut u16 {
    let Ok(room) = usize::try_from(room) else {
        return std::ptr::null_mut();
    };
    let mut bytes = Vec::new();
    let mut units = 0;
    while units + 1 < room {
        // SAFETY: the caller gave an open stream.
        let byte = unsafe { libc::fgetc(stream) };
        let Ok(byte) = u8::try_from(byte) else { break };
        bytes.push(byte);
        // A character counts by its first byte: two units if it will have four bytes.
        units += match byte {
            0x80..=0xbf => 0,
            0xf0.. => 2,
            _ => 1,
        };
        if byte == b'\n' {
            break;
        }
        // The rest of a character is read whatever room is left, so that none is split.
        let more = match byte {
            0xc0..=0xdf => 1,
            0xe0..=0xef => 2,
            0xf0..=0xf7 => 3,
            _ => 0,
        };
        for _ in 0..more {
            // SAFETY: as above.
            bytes.extend(u8::try_from(unsafe { libc::fgetc(stream) }).ok());
        }
    }
    if bytes.is_empty() || room == 0 {
        return std::ptr::null_mut();
    }
    let mut text = to_wide(&bytes);
    text.truncate(room - 1);
    for (i, unit) in text.iter().chain([&0]).enumerate() {
        // SAFETY: at most `room` units, for which the caller vouches.
        unsafe { to.add(i).write(*unit) };
    }
    to
}

/// The first halves of surrogate pairs that `fm_fputwc` has seen per stream, waiting for the second.
static HALVES: LazyLock<Mutex<HashMap<usize, u16>>> = LazyLock::new(Mutex::default);

/// See `filemap_crt.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_fputwc(c: i32, stream: File) -> i32 {
    let unit = c as u16;
    let mut halves = HALVES.lock().unwrap_or_else(|e| e.into_inner());
    let mut units: Vec<u16> = halves.remove(&stream.addr()).into_iter().collect();
    if (0xd800..0xdc00).contains(&unit) {
        halves.insert(stream.addr(), unit);
    } else {
        units.push(unit);
    }
    // SAFETY: the caller gave an open stream.
    if unsafe { put(stream, &to_bytes(&units)) } {
        c & 0xffff
    } else {
        WEOF
    }
}

/// See `filemap_crt.h`. Characters above U+FFFF come as U+FFFD.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_fgetwc(stream: File) -> i32 {
    // SAFETY: the caller gave an open stream.
    let next = || u8::try_from(unsafe { libc::fgetc(stream) }).ok();
    let Some(first) = next() else { return WEOF };
    let more = match first {
        0xc0..=0xdf => 1,
        0xe0..=0xef => 2,
        0xf0..=0xf7 => 3,
        _ => 0,
    };
    let bytes: Vec<u8> = std::iter::once(first)
        .chain((0..more).map_while(|_| next()))
        .collect();
    match to_wide(&bytes)[..] {
        [unit] => unit.into(),
        _ => 0xfffd,
    }
}

/// See `filemap_crt.h`. Microsoft's `, ccs=...` is left away: streams are UTF-8 here.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_wfopen(path: *const u16, mode: *const u16) -> File {
    // SAFETY: the caller gave terminated strings; ours are terminated too.
    unsafe {
        let path = crate::path::system_path(&c_string(path));
        let mut mode: Vec<u8> = c_string(mode)
            .into_iter()
            .take_while(|b| *b != b',' && *b != 0)
            .collect();
        mode.push(0);
        libc::fopen(path.as_ptr().cast(), mode.as_ptr().cast())
    }
}

/// See `filemap_crt.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_wremove(path: *const u16) -> i32 {
    // SAFETY: the caller gave a terminated string; ours is terminated too.
    unsafe { libc::remove(crate::path::system_path(&c_string(path)).as_ptr().cast()) }
}

/// See `filemap_crt.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_wrename(from: *const u16, to: *const u16) -> i32 {
    // SAFETY: the caller gave terminated strings; ours are terminated too.
    unsafe {
        let (from, to) = (
            crate::path::system_path(&c_string(from)),
            crate::path::system_path(&c_string(to)),
        );
        libc::rename(from.as_ptr().cast(), to.as_ptr().cast())
    }
}

/// Strings of the environment that `fm_wgetenv` has given out: they stay, as C's do.
static GIVEN: LazyLock<Mutex<HashMap<Vec<u8>, &'static [u16]>>> = LazyLock::new(Mutex::default);

/// See `filemap_crt.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_wgetenv(name: *const u16) -> *mut u16 {
    // SAFETY: the caller gave a terminated string; getenv's result is copied at once.
    let value = unsafe {
        let value = libc::getenv(c_string(name).as_ptr().cast());
        if value.is_null() {
            return std::ptr::null_mut();
        }
        std::ffi::CStr::from_ptr(value).to_bytes().to_vec()
    };
    let mut given = GIVEN.lock().unwrap_or_else(|e| e.into_inner());
    let text = given.entry(value).or_insert_with_key(|value| {
        let mut units = to_wide(value);
        units.push(0);
        Vec::leak(units)
    });
    text.as_ptr().cast_mut()
}

/// See `filemap_crt.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fm_wsystem(command: *const u16) -> i32 {
    if command.is_null() {
        return 1; // there is a shell
    }
    // SAFETY: the caller gave a terminated string; ours is terminated too.
    unsafe { libc::system(c_string(command).as_ptr().cast()) }
}
