//! `errhandlingapi.h`: the last error of the thread.

// UNSAFETY: exported names.
#![expect(unsafe_code)]

use crate::boundary::leave_errno;
use filemap_core::error::Win32Code;
use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering};

thread_local! {
    // No destructor, so it can be used for as long as the thread lives, by other libraries' thread-exit code too.
    static LAST: Cell<u32> = const { Cell::new(0) };
}

/// The last error of this thread.
#[must_use]
pub fn last_error() -> Win32Code {
    Win32Code(LAST.get())
}

/// Sets the last error of this thread; `errno` follows when the exported function returns.
pub fn set_last_error(code: Win32Code) {
    LAST.set(code.0);
}

/// See `errhandlingapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetLastError() -> u32 {
    leave_errno();
    LAST.get()
}

/// See `errhandlingapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn SetLastError(code: u32) {
    LAST.set(code);
    leave_errno();
}

static ERROR_MODE: AtomicU32 = AtomicU32::new(0);

/// See `errhandlingapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn SetErrorMode(mode: u32) -> u32 {
    let old = ERROR_MODE.swap(mode, Ordering::Relaxed);
    leave_errno();
    old
}

/// See `errhandlingapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetErrorMode() -> u32 {
    leave_errno();
    ERROR_MODE.load(Ordering::Relaxed)
}
