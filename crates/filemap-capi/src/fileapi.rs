//! `fileapi.h`: what needs no file handle.

// UNSAFETY: exported names.
#![expect(unsafe_code)]

use crate::boundary::{In, Out, Outcome, guard};
use crate::constants::*;
use crate::path::system_path;
use crate::text::{os, read_a, read_w, to_wide};
use filemap_core::error::Win32Code;
use std::io::ErrorKind;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

/// A Windows path as one of this system. Errors: 3 for an empty one.
pub(crate) fn path(windows: &[u8]) -> Outcome<PathBuf> {
    let mut path = system_path(windows);
    path.pop();
    if path.is_empty() {
        Err(Win32Code::PATH_NOT_FOUND)
    } else {
        Ok(PathBuf::from(os(path)))
    }
}

/// The Win32 number for what a file call gave.
pub(crate) fn code_of(error: &std::io::Error, path: &std::path::Path) -> Win32Code {
    match error.kind() {
        // 3 if a directory on the way is missing, 2 if only the last part is.
        ErrorKind::NotFound
            if path
                .parent()
                .is_some_and(|dir| !dir.as_os_str().is_empty() && !dir.exists()) =>
        {
            Win32Code::PATH_NOT_FOUND
        }
        ErrorKind::NotFound => Win32Code::FILE_NOT_FOUND,
        ErrorKind::NotADirectory => Win32Code::PATH_NOT_FOUND,
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem | ErrorKind::IsADirectory => {
            Win32Code::ACCESS_DENIED
        }
        ErrorKind::AlreadyExists => Win32Code::FILE_EXISTS,
        ErrorKind::StorageFull => Win32Code::DISK_FULL,
        ErrorKind::InvalidFilename => Win32Code::FILENAME_EXCED_RANGE,
        _ => Win32Code::GEN_FAILURE,
    }
}

fn attributes(windows: Vec<u8>) -> Outcome<u32> {
    let path = path(&windows)?;
    let meta = std::fs::metadata(&path).map_err(|e| code_of(&e, &path))?;
    let kind = meta.file_type();
    let mut bits = 0;
    if kind.is_dir() {
        bits |= FILE_ATTRIBUTE_DIRECTORY;
    } else if kind.is_char_device() || kind.is_block_device() {
        bits |= FILE_ATTRIBUTE_DEVICE;
    }
    if meta.mode() & 0o222 == 0 {
        bits |= FILE_ATTRIBUTE_READONLY;
    }
    if path
        .file_name()
        .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
    {
        bits |= FILE_ATTRIBUTE_HIDDEN;
    }
    Ok(if bits == 0 { FILE_ATTRIBUTE_NORMAL } else { bits })
}

/// See `fileapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetFileAttributesA(name: In<u8>) -> u32 {
    guard(INVALID_FILE_ATTRIBUTES, || attributes(read_a(name)?))
}

/// See `fileapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetFileAttributesW(name: In<u16>) -> u32 {
    guard(INVALID_FILE_ATTRIBUTES, || attributes(read_w(name)?))
}

/// TMP, TEMP, TMPDIR, or `/tmp`, with one separator at its end.
fn temp_path() -> Vec<u8> {
    let named = ["TMP", "TEMP", "TMPDIR"]
        .into_iter()
        .filter_map(std::env::var_os)
        .find(|value| !value.is_empty());
    let mut path = system_path(named.as_deref().map_or(b"/tmp", |value| value.as_encoded_bytes()));
    path.pop();
    if path.last() != Some(&b'/') {
        path.push(b'/');
    }
    path
}

/// See `fileapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetTempPathA(size: u32, buffer: Out<u8>) -> u32 {
    guard(0, || buffer.write_or_need(size, &temp_path()))
}

/// See `fileapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetTempPathW(size: u32, buffer: Out<u16>) -> u32 {
    guard(0, || buffer.write_or_need(size, &to_wide(&temp_path())))
}

static NEXT: AtomicU32 = AtomicU32::new(0);

/// Directory, prefix of up to three characters, number in hexadecimal, `.tmp`.
fn temp_name(directory: Vec<u8>, prefix: Vec<u8>, unique: u32) -> Outcome<(Vec<u8>, u32)> {
    let directory = path(&directory)?;
    if !directory.is_dir() {
        return Err(Win32Code::DIRECTORY);
    }
    let prefix: String = String::from_utf8_lossy(&prefix).chars().take(3).collect();
    let name = |number: u32| directory.join(format!("{prefix}{number:X}.tmp"));
    let bytes = |path: PathBuf| {
        let bytes = path.into_os_string().into_encoded_bytes();
        if bytes.len() < MAX_PATH {
            Ok(bytes)
        } else {
            Err(Win32Code::FILENAME_EXCED_RANGE)
        }
    };
    if unique != 0 {
        return Ok((bytes(name(unique & 0xffff))?, unique));
    }
    let start = (crate::sysinfoapi::now() >> 16) as u32 ^ std::process::id();
    for _ in 0..0xffff {
        let number = start.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) & 0xffff;
        let path = name(number);
        match std::fs::File::create_new(&path) {
            Ok(_) if number != 0 => return Ok((bytes(path)?, number)),
            Ok(_) => drop(std::fs::remove_file(&path)), // 0 would say that we failed
            Err(e) if e.kind() == ErrorKind::AlreadyExists => {}
            Err(e) => return Err(code_of(&e, &path)),
        }
    }
    Err(Win32Code::FILE_EXISTS)
}

/// See `fileapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetTempFileNameA(directory: In<u8>, prefix: In<u8>, unique: u32, buffer: Out<u8>) -> u32 {
    guard(0, || {
        if !crate::boundary::writable(buffer.address(), 1) {
            return Err(Win32Code::NOACCESS);
        }
        let prefix = if prefix.is_null() {
            Vec::new()
        } else {
            read_a(prefix)?
        };
        let (name, number) = temp_name(read_a(directory)?, prefix, unique)?;
        buffer.write_string(&name)?;
        Ok(number)
    })
}

/// See `fileapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetTempFileNameW(
    directory: In<u16>,
    prefix: In<u16>,
    unique: u32,
    buffer: Out<u16>,
) -> u32 {
    guard(0, || {
        if !crate::boundary::writable(buffer.address(), 2) {
            return Err(Win32Code::NOACCESS);
        }
        let prefix = if prefix.is_null() {
            Vec::new()
        } else {
            read_w(prefix)?
        };
        let (name, number) = temp_name(read_w(directory)?, prefix, unique)?;
        buffer.write_string(&to_wide(&name))?;
        Ok(number)
    })
}
