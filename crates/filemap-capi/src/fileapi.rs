//! `fileapi.h`: files.

// UNSAFETY: exported names.
#![expect(unsafe_code)]

use crate::attributes::Attributes;
use crate::boundary::{In, Out, Outcome, guard, readable, writable};
use crate::constants::*;
use crate::errhandlingapi::set_last_error;
use crate::file::{self, File, Wanted, may_delete};
use crate::handle_table::{Entry, Handle, handles};
use crate::layout::{OVERLAPPED, SECURITY_ATTRIBUTES};
use crate::path::system_path;
use crate::text::{os, read_a, read_w, to_wide};
use filemap_core::error::Win32Code;
use std::io::ErrorKind;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::PathBuf;
use std::sync::Arc;
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

fn create_file(name: Vec<u8>, attributes: In<SECURITY_ATTRIBUTES>, wanted: Wanted) -> Outcome<Handle> {
    let attributes = Attributes::read(attributes)?;
    if name.is_empty() {
        return Err(Win32Code::PATH_NOT_FOUND);
    }
    let path = path(&name)?;
    let access = file::spell_out(wanted.access);
    if wanted.share & !(FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE) != 0 {
        return Err(Win32Code::INVALID_PARAMETER);
    }
    let (file, existed) = File::open(&path, Wanted { access, ..wanted })?;
    let handle = handles().insert(Entry {
        inheritable: attributes.inherit,
        ..Entry::new(Arc::new(file), access | SYNCHRONIZE)
    })?;
    if matches!(wanted.disposition, CREATE_ALWAYS | OPEN_ALWAYS) {
        set_last_error(if existed {
            Win32Code::ALREADY_EXISTS
        } else {
            Win32Code(0)
        });
    }
    Ok(handle)
}

/// See `fileapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn CreateFileA(
    name: In<u8>,
    access: u32,
    share: u32,
    attributes: In<SECURITY_ATTRIBUTES>,
    disposition: u32,
    flags: u32,
    template: Handle,
) -> Handle {
    let _ = template; // gives extended attributes to a new file, which none has here
    guard(Handle::INVALID, || {
        create_file(
            read_a(name)?,
            attributes,
            Wanted {
                access,
                share,
                disposition,
                flags,
            },
        )
    })
}

/// See `fileapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn CreateFileW(
    name: In<u16>,
    access: u32,
    share: u32,
    attributes: In<SECURITY_ATTRIBUTES>,
    disposition: u32,
    flags: u32,
    template: Handle,
) -> Handle {
    let _ = template;
    guard(Handle::INVALID, || {
        create_file(
            read_w(name)?,
            attributes,
            Wanted {
                access,
                share,
                disposition,
                flags,
            },
        )
    })
}

/// See `fileapi.h`. The share mode does not count: reading shares reading, anything else shares nothing (P-43).
#[unsafe(no_mangle)]
pub extern "C" fn CreateFileForMappingA(
    name: In<u8>,
    access: u32,
    share: u32,
    attributes: In<SECURITY_ATTRIBUTES>,
    disposition: u32,
    flags: u32,
    template: Handle,
) -> Handle {
    let _ = (share, template);
    guard(Handle::INVALID, || {
        create_for_mapping(read_a(name)?, attributes, access, disposition, flags)
    })
}

/// See `fileapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn CreateFileForMappingW(
    name: In<u16>,
    access: u32,
    share: u32,
    attributes: In<SECURITY_ATTRIBUTES>,
    disposition: u32,
    flags: u32,
    template: Handle,
) -> Handle {
    let _ = (share, template);
    guard(Handle::INVALID, || {
        create_for_mapping(read_w(name)?, attributes, access, disposition, flags)
    })
}

fn create_for_mapping(
    name: Vec<u8>,
    attributes: In<SECURITY_ATTRIBUTES>,
    access: u32,
    disposition: u32,
    flags: u32,
) -> Outcome<Handle> {
    if !attributes.is_null() || access & !(GENERIC_READ | GENERIC_WRITE) != 0 {
        return Err(Win32Code::INVALID_PARAMETER); // P-42, P-43
    }
    let share = if access == GENERIC_READ {
        FILE_SHARE_READ
    } else {
        0
    };
    create_file(
        name,
        attributes,
        Wanted {
            access,
            share,
            disposition,
            flags,
        },
    )
}

fn file_of(handle: Handle, rights: u32) -> Outcome<Arc<File>> {
    handles().object::<File>(handle, rights)
}

/// Where an overlapped call reads or writes; NULL: at the file pointer.
fn offset_of(overlapped: In<OVERLAPPED>) -> Outcome<Option<u64>> {
    match overlapped.is_null() {
        true => Ok(None),
        false => {
            let given = overlapped.read()?;
            Ok(Some(u64::from(given.OffsetHigh) << 32 | u64::from(given.Offset)))
        }
    }
}

/// Calls are finished when they return, overlapped ones too: says so in the structure, and moves the file pointer as Windows
/// does for a handle that was not opened for overlapped calls.
fn finish(file: &File, overlapped: Out<OVERLAPPED>, offset: Option<u64>, moved: usize) -> Outcome<()> {
    let Some(offset) = offset else { return Ok(()) };
    let mut given = overlapped.as_in().read()?;
    given.Internal = 0;
    given.InternalHigh = moved;
    overlapped.write(&given)?;
    if file.is_disk() {
        use std::io::Seek;
        let _ = file
            .as_std()?
            .seek(std::io::SeekFrom::Start(offset.saturating_add(moved as u64)));
    }
    Ok(())
}

/// The most that is copied at a time: a buffer out of thin air then fails before memory is short.
const PIECE: usize = 1 << 20;

fn check_locks(file: &File, offset: Option<u64>, len: usize, write: bool) -> Outcome<()> {
    if !file.is_disk() {
        return Ok(());
    }
    let start = match offset {
        Some(offset) => offset,
        None => {
            use std::io::Seek;
            file.as_std()?.stream_position().unwrap_or(0)
        }
    };
    match file.range_is_locked(start, len as u64, write) {
        true => Err(Win32Code::LOCK_VIOLATION),
        false => Ok(()),
    }
}

fn read_file(
    handle: Handle,
    to: Out<u8>,
    len: u32,
    got: Out<u32>,
    overlapped: Out<OVERLAPPED>,
) -> Outcome<i32> {
    let file = file_of(handle, FILE_READ_DATA)?;
    let offset = offset_of(overlapped.as_in())?;
    let len = len as usize;
    got.write_if_wanted(&0)?;
    if got.is_null() && offset.is_none() {
        return Err(Win32Code::NOACCESS);
    }
    if !writable(to.address(), len) {
        return Err(Win32Code::NOACCESS);
    }
    check_locks(&file, offset, len, false)?;
    let mut buffer = vec![0; len.min(PIECE)];
    let mut done = 0;
    while done < len {
        let room = (len - done).min(buffer.len());
        let piece = file.read(&mut buffer[..room], offset.map(|offset| offset + done as u64))?;
        to.add(done).write_many(&buffer[..piece])?;
        done += piece;
        // A pipe or a terminal gives what it has; only a file is read on until it ends.
        if piece < room || !file.is_disk() {
            break;
        }
    }
    got.write_if_wanted(&(done as u32))?;
    finish(&file, overlapped, offset, done)?;
    match done {
        0 if len > 0 && offset.is_some() => Err(Win32Code::HANDLE_EOF),
        0 if len > 0 && is_pipe(&file) => Err(Win32Code::BROKEN_PIPE),
        _ => Ok(1),
    }
}

fn is_pipe(file: &File) -> bool {
    file.as_std()
        .and_then(|file| file.metadata().map_err(|e| file::code_of(&e)))
        .is_ok_and(|meta| meta.file_type().is_fifo() || meta.file_type().is_socket())
}

/// See `fileapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn ReadFile(
    file: Handle,
    to: Out<u8>,
    len: u32,
    got: Out<u32>,
    overlapped: Out<OVERLAPPED>,
) -> i32 {
    guard(0, || read_file(file, to, len, got, overlapped))
}

/// See `fileapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn WriteFile(
    file: Handle,
    from: In<u8>,
    len: u32,
    put: Out<u32>,
    overlapped: Out<OVERLAPPED>,
) -> i32 {
    guard(0, || {
        let entry = handles().get(file)?;
        let file = entry.downcast::<File>()?;
        let appends = entry.access & (FILE_WRITE_DATA | FILE_APPEND_DATA) == FILE_APPEND_DATA;
        if entry.access & (FILE_WRITE_DATA | FILE_APPEND_DATA) == 0 {
            return Err(Win32Code::ACCESS_DENIED);
        }
        let mut offset = offset_of(overlapped.as_in())?;
        if appends || offset == Some(u64::MAX) {
            let end = file.as_std()?.metadata().map_err(|e| file::code_of(&e))?.len();
            offset = file.is_disk().then_some(end);
        }
        put.write_if_wanted(&0)?;
        if put.is_null() && overlapped.is_null() {
            return Err(Win32Code::NOACCESS);
        }
        let len = len as usize;
        if !readable(from.address(), len) {
            return Err(Win32Code::NOACCESS);
        }
        check_locks(&file, offset, len, true)?;
        let mut done = 0;
        while done < len {
            let piece = from.add(done).read_many((len - done).min(PIECE))?;
            let written = file.write(&piece, offset.map(|offset| offset + done as u64))?;
            done += written;
            if written < piece.len() {
                break;
            }
        }
        put.write_if_wanted(&(done as u32))?;
        if !overlapped.is_null() {
            finish(&file, overlapped, offset, done)?;
        }
        if done < len {
            Err(Win32Code::DISK_FULL)
        } else {
            Ok(1)
        }
    })
}

/// Moves the file pointer. Errors: 6, 87, 131 before the start.
fn seek(handle: Handle, distance: i64, method: u32) -> Outcome<u64> {
    use std::io::{Seek, SeekFrom};
    let file = file_of(handle, 0)?;
    if !file.is_disk() {
        return Err(Win32Code::INVALID_FUNCTION);
    }
    let mut file = file.as_std()?;
    let from = match method {
        FILE_BEGIN => 0,
        FILE_CURRENT => file.stream_position().map_err(|e| file::code_of(&e))?,
        FILE_END => file.metadata().map_err(|e| file::code_of(&e))?.len(),
        _ => return Err(Win32Code::INVALID_PARAMETER),
    };
    let to = i64::try_from(from)
        .ok()
        .and_then(|from| from.checked_add(distance));
    let to = match to {
        Some(to) => u64::try_from(to).map_err(|_| Win32Code::NEGATIVE_SEEK)?,
        None => return Err(Win32Code::INVALID_PARAMETER),
    };
    file.seek(SeekFrom::Start(to)).map_err(|e| file::code_of(&e))
}

/// See `fileapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn SetFilePointer(file: Handle, distance: i32, high: Out<i32>, method: u32) -> u32 {
    guard(INVALID_SET_FILE_POINTER, || {
        let distance = match high.is_null() {
            true => i64::from(distance),
            false => i64::from(high.as_in().read()?) << 32 | i64::from(distance as u32),
        };
        if high.is_null() {
            // Without a high half, the new pointer must fit into what is returned.
            let now = seek(file, 0, FILE_CURRENT)?;
            let to = seek(file, distance, method)?;
            if to > u64::from(u32::MAX) {
                seek(file, now as i64, FILE_BEGIN)?;
                return Err(Win32Code::INVALID_PARAMETER);
            }
            if to as u32 == INVALID_SET_FILE_POINTER {
                set_last_error(Win32Code(0));
            }
            return Ok(to as u32);
        }
        let to = seek(file, distance, method)?;
        high.write(&((to >> 32) as i32))?;
        if to as u32 == INVALID_SET_FILE_POINTER {
            set_last_error(Win32Code(0)); // how the caller tells it from a failure
        }
        Ok(to as u32)
    })
}

/// See `fileapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn SetFilePointerEx(file: Handle, distance: i64, new: Out<i64>, method: u32) -> i32 {
    guard(0, || {
        let to = seek(file, distance, method)?;
        new.write_if_wanted(&(to as i64))?;
        Ok(1)
    })
}

/// See `fileapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn SetEndOfFile(file: Handle) -> i32 {
    guard(0, || {
        use std::io::Seek;
        let mut file = file_of(file, FILE_WRITE_DATA)?.as_std()?;
        let end = file.stream_position().map_err(|e| file::code_of(&e))?;
        filemap::set_end_of_file(&file, end).map_err(|e| e.code())?;
        Ok(1)
    })
}

fn size_of_file(handle: Handle) -> Outcome<u64> {
    let file = file_of(handle, 0)?;
    if !file.is_disk() {
        return Err(Win32Code::INVALID_FUNCTION);
    }
    Ok(file.as_std()?.metadata().map_err(|e| file::code_of(&e))?.len())
}

/// See `fileapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetFileSize(file: Handle, high: Out<u32>) -> u32 {
    guard(INVALID_FILE_SIZE, || {
        let size = size_of_file(file)?;
        high.write_if_wanted(&((size >> 32) as u32))?;
        if size as u32 == INVALID_FILE_SIZE {
            set_last_error(Win32Code(0));
        }
        Ok(size as u32)
    })
}

/// See `fileapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetFileSizeEx(file: Handle, size: Out<i64>) -> i32 {
    guard(0, || {
        size.write(&(size_of_file(file)? as i64))?;
        Ok(1)
    })
}

/// See `fileapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetFileType(file: Handle) -> u32 {
    guard(FILE_TYPE_UNKNOWN, || {
        let file = file_of(file, 0)?;
        let kind = file
            .as_std()?
            .metadata()
            .map_err(|e| file::code_of(&e))?
            .file_type();
        Ok(match () {
            () if kind.is_char_device() => FILE_TYPE_CHAR,
            () if kind.is_fifo() || kind.is_socket() => FILE_TYPE_PIPE,
            () => FILE_TYPE_DISK,
        })
    })
}

/// See `fileapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn FlushFileBuffers(file: Handle) -> i32 {
    guard(0, || {
        let entry = handles().get(file)?;
        let file = entry.downcast::<File>()?;
        if entry.access & (FILE_WRITE_DATA | FILE_APPEND_DATA) == 0 {
            return Err(Win32Code::ACCESS_DENIED);
        }
        if file.is_disk() {
            file.as_std()?.sync_all().map_err(|e| file::code_of(&e))?;
        }
        Ok(1)
    })
}

fn halves(high: u32, low: u32) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}

fn lockable(handle: Handle) -> Outcome<Arc<File>> {
    let entry = handles().get(handle)?;
    let file = entry.downcast::<File>()?;
    match entry.access & (FILE_READ_DATA | FILE_WRITE_DATA) {
        0 => Err(Win32Code::ACCESS_DENIED),
        _ => Ok(file),
    }
}

/// See `fileapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn LockFile(file: Handle, low: u32, high: u32, len_low: u32, len_high: u32) -> i32 {
    guard(0, || {
        let (start, len) = (halves(high, low), halves(len_high, len_low));
        lockable(file)?.lock(start, len, true, false)?;
        Ok(1)
    })
}

/// See `fileapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn LockFileEx(
    file: Handle,
    flags: u32,
    reserved: u32,
    len_low: u32,
    len_high: u32,
    overlapped: Out<OVERLAPPED>,
) -> i32 {
    guard(0, || {
        if reserved != 0 || flags & !(LOCKFILE_FAIL_IMMEDIATELY | LOCKFILE_EXCLUSIVE_LOCK) != 0 {
            return Err(Win32Code::INVALID_PARAMETER);
        }
        let file = lockable(file)?;
        let start = offset_of(overlapped.as_in())?.ok_or(Win32Code::INVALID_PARAMETER)?;
        let (exclusive, wait) = (
            flags & LOCKFILE_EXCLUSIVE_LOCK != 0,
            flags & LOCKFILE_FAIL_IMMEDIATELY == 0,
        );
        file.lock(start, halves(len_high, len_low), exclusive, wait)?;
        Ok(1)
    })
}

/// See `fileapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn UnlockFile(file: Handle, low: u32, high: u32, len_low: u32, len_high: u32) -> i32 {
    guard(0, || {
        lockable(file)?.unlock(halves(high, low), halves(len_high, len_low))?;
        Ok(1)
    })
}

/// See `fileapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn UnlockFileEx(
    file: Handle,
    reserved: u32,
    len_low: u32,
    len_high: u32,
    overlapped: Out<OVERLAPPED>,
) -> i32 {
    guard(0, || {
        if reserved != 0 {
            return Err(Win32Code::INVALID_PARAMETER);
        }
        let file = lockable(file)?;
        let start = offset_of(overlapped.as_in())?.ok_or(Win32Code::INVALID_PARAMETER)?;
        file.unlock(start, halves(len_high, len_low))?;
        Ok(1)
    })
}

fn delete(name: Vec<u8>) -> Outcome<i32> {
    let path = path(&name)?;
    let meta = std::fs::symlink_metadata(&path).map_err(|e| code_of(&e, &path))?;
    if meta.is_dir() || (meta.is_file() && meta.mode() & 0o222 == 0) {
        return Err(Win32Code::ACCESS_DENIED); // a directory, or the read-only attribute
    }
    if meta.is_file() {
        may_delete(&path)?;
    }
    std::fs::remove_file(&path).map_err(|e| code_of(&e, &path))?;
    Ok(1)
}

/// See `fileapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn DeleteFileA(name: In<u8>) -> i32 {
    guard(0, || delete(read_a(name)?))
}

/// See `fileapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn DeleteFileW(name: In<u16>) -> i32 {
    guard(0, || delete(read_w(name)?))
}

/// See `namedpipeapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn CreatePipe(
    reader: Out<usize>,
    writer: Out<usize>,
    attributes: In<SECURITY_ATTRIBUTES>,
    size: u32,
) -> i32 {
    let _ = size; // a wish: Linux has its own size, 64 KiB
    guard(0, || {
        let inheritable = Attributes::read(attributes)?.inherit;
        if !writable(reader.address(), 8) || !writable(writer.address(), 8) {
            return Err(Win32Code::NOACCESS);
        }
        let [from, to] = crate::create_process::pipe()?;
        for (end, access, out) in [
            (from, FILE_GENERIC_READ, reader),
            (to, FILE_GENERIC_WRITE, writer),
        ] {
            let entry = Entry::new(Arc::new(File::of(end)), access);
            out.write(&handles().insert(Entry { inheritable, ..entry })?.0)?;
        }
        Ok(1)
    })
}
