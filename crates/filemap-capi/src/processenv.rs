//! `processenv.h`: environment variables and the current directory. The variables are the C library's, so `getenv` sees changes.

// UNSAFETY: exported names; the C library's environment functions.
#![expect(unsafe_code)]

use crate::boundary::{In, Out, Outcome, guard};
use crate::constants::{FILE_GENERIC_READ, FILE_GENERIC_WRITE};
use crate::file::File;
use crate::handle_table::{Entry, Handle, handles};
use crate::text::{read_a, read_w, to_wide};
use filemap_core::error::Win32Code;
use std::os::fd::{FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::sync::{Arc, Mutex};

/// The value of a variable. Errors: 203.
fn variable(mut name: Vec<u8>) -> Outcome<Vec<u8>> {
    name.push(0);
    // SAFETY: `name` is terminated; the result is copied before anything else runs in this thread. As in every C program,
    // changing the environment in one thread while another reads it is for the program to avoid.
    unsafe {
        let value = libc::getenv(name.as_ptr().cast());
        if value.is_null() {
            return Err(Win32Code::ENVVAR_NOT_FOUND);
        }
        Ok(std::ffi::CStr::from_ptr(value).to_bytes().to_vec())
    }
}

fn set_variable(mut name: Vec<u8>, value: Option<Vec<u8>>) -> Outcome<i32> {
    if name.is_empty() || name.contains(&b'=') {
        return Err(Win32Code::INVALID_PARAMETER);
    }
    name.push(0);
    // SAFETY: both strings are terminated; the C library copies them.
    let result = unsafe {
        match value {
            Some(mut value) => {
                value.push(0);
                libc::setenv(name.as_ptr().cast(), value.as_ptr().cast(), 1)
            }
            None => libc::unsetenv(name.as_ptr().cast()),
        }
    };
    if result == 0 {
        Ok(1)
    } else {
        Err(Win32Code::NOT_ENOUGH_MEMORY)
    }
}

/// See `processenv.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetEnvironmentVariableA(name: In<u8>, buffer: Out<u8>, size: u32) -> u32 {
    guard(0, || buffer.write_or_need(size, &variable(read_a(name)?)?))
}

/// See `processenv.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetEnvironmentVariableW(name: In<u16>, buffer: Out<u16>, size: u32) -> u32 {
    guard(0, || {
        buffer.write_or_need(size, &to_wide(&variable(read_w(name)?)?))
    })
}

/// See `processenv.h`.
#[unsafe(no_mangle)]
pub extern "C" fn SetEnvironmentVariableA(name: In<u8>, value: In<u8>) -> i32 {
    guard(0, || {
        set_variable(
            read_a(name)?,
            if value.is_null() {
                None
            } else {
                Some(read_a(value)?)
            },
        )
    })
}

/// See `processenv.h`.
#[unsafe(no_mangle)]
pub extern "C" fn SetEnvironmentVariableW(name: In<u16>, value: In<u16>) -> i32 {
    guard(0, || {
        set_variable(
            read_w(name)?,
            if value.is_null() {
                None
            } else {
                Some(read_w(value)?)
            },
        )
    })
}

fn current_directory() -> Outcome<Vec<u8>> {
    let directory = std::env::current_dir().map_err(|_| Win32Code::PATH_NOT_FOUND)?;
    Ok(directory.as_os_str().as_bytes().to_vec())
}

/// See `processenv.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetCurrentDirectoryA(size: u32, buffer: Out<u8>) -> u32 {
    guard(0, || buffer.write_or_need(size, &current_directory()?))
}

/// See `processenv.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetCurrentDirectoryW(size: u32, buffer: Out<u16>) -> u32 {
    guard(0, || buffer.write_or_need(size, &to_wide(&current_directory()?)))
}

/// See `processenv.h`. The handle is made at the first question and is the same ever after.
#[unsafe(no_mangle)]
pub extern "C" fn GetStdHandle(which: u32) -> Handle {
    static MADE: Mutex<[Option<Handle>; 3]> = Mutex::new([None; 3]);
    guard(Handle::INVALID, || {
        // STD_INPUT_HANDLE is -10, STD_OUTPUT_HANDLE -11, STD_ERROR_HANDLE -12.
        let index = (-10_i32 as u32).wrapping_sub(which) as usize;
        if index > 2 {
            return Err(Win32Code::INVALID_PARAMETER);
        }
        let mut made = MADE.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(handle) = made[index]
            && handles().get(handle).is_ok()
        {
            return Ok(handle);
        }
        // SAFETY: a duplicate of the stream, if it is open; what the call gives is ours.
        let file = unsafe {
            match libc::fcntl(index as i32, libc::F_DUPFD_CLOEXEC, 3) {
                number @ 0.. => OwnedFd::from_raw_fd(number),
                _ => return Ok(Handle::NULL), // the program has no such stream; that is no error
            }
        };
        let access = if index == 0 {
            FILE_GENERIC_READ
        } else {
            FILE_GENERIC_READ | FILE_GENERIC_WRITE
        };
        let handle = handles().insert(Entry {
            inheritable: true,
            ..Entry::new(Arc::new(File::of(file)), access)
        })?;
        made[index] = Some(handle);
        Ok(handle)
    })
}
