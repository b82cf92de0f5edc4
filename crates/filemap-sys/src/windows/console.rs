//! What the console asks of a program: to end.

// UNSAFETY: registers a handler that the system calls.
#![expect(unsafe_code)]

use crate::SysError;
use crate::os::sync::manual_event;
use std::os::windows::io::{AsHandle, AsRawHandle, BorrowedHandle, OwnedHandle};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use windows_sys::Win32::Storage::FileSystem::{FILE_TYPE_PIPE, GetFileType};
use windows_sys::Win32::System::Console::{
    CONSOLE_SCREEN_BUFFER_INFO, GetConsoleMode, GetConsoleScreenBufferInfo, SetConsoleCtrlHandler,
};
use windows_sys::Win32::System::Threading::SetEvent;

/// The event that is set when the user wants this program to end.
static ASKED: OnceLock<OwnedHandle> = OnceLock::new();
/// What was pressed, plus one.
static WHICH: AtomicU32 = AtomicU32::new(0);

unsafe extern "system" fn handler(which: u32) -> i32 {
    WHICH.store(which + 1, Ordering::Release);
    match ASKED.get() {
        // SAFETY: an event that is never closed.
        Some(event) => unsafe { SetEvent(event.as_raw_handle()) },
        None => 0,
    }
}

/// Catches Ctrl+C, Ctrl+Break and the closing of the console from now on, and gives an event that is set then.
/// Source: win32 `SetConsoleCtrlHandler`.
pub fn catch_end() -> Result<BorrowedHandle<'static>, SysError> {
    if ASKED.get().is_none() {
        let event = manual_event()?;
        let _ = ASKED.set(event); // somebody was faster: theirs does as well
        // SAFETY: the handler touches statics only.
        if unsafe { SetConsoleCtrlHandler(Some(handler), 1) } == 0 {
            return Err(SysError::last("SetConsoleCtrlHandler"));
        }
    }
    match ASKED.get() {
        Some(event) => Ok(event.as_handle()),
        None => Err(SysError {
            call: "CreateEventW",
            errno: 6,
        }),
    }
}

/// Forgets what [`catch_end`] saw, and waits for the next.
pub fn forget_end() {
    if let Some(event) = ASKED.get() {
        // SAFETY: an event that is never closed.
        unsafe { windows_sys::Win32::System::Threading::ResetEvent(event.as_raw_handle()) };
    }
    WHICH.store(0, Ordering::Release);
}

/// Which request [`catch_end`] saw: 0 for Ctrl+C, 1 for Ctrl+Break, 2 for the closing of the console.
#[must_use]
pub fn which_end() -> Option<u32> {
    WHICH.load(Ordering::Acquire).checked_sub(1)
}

/// Columns and rows of the console that standard output is. Source: win32 `GetConsoleScreenBufferInfo`.
#[must_use]
pub fn size() -> Option<(u16, u16)> {
    let output = std::io::stdout();
    let mut told = CONSOLE_SCREEN_BUFFER_INFO::default();
    // SAFETY: a handle that is open as long as the process, and the structure that is filled.
    let known = unsafe { GetConsoleScreenBufferInfo(output.as_handle().as_raw_handle(), &mut told) } != 0;
    let span = |first: i16, last: i16| u16::try_from(i32::from(last) - i32::from(first) + 1).ok();
    let window = told.srWindow;
    let size = (span(window.Left, window.Right)?, span(window.Top, window.Bottom)?);
    (known && size.0 > 1).then_some(size)
}

/// Whether standard input has an end to wait for: a console or a pipe, not a file or `NUL`.
#[must_use]
pub fn input_has_end() -> bool {
    let input = std::io::stdin();
    let handle = input.as_handle().as_raw_handle();
    let mut mode = 0;
    // SAFETY: a handle that is open as long as the process, and a place.
    unsafe { GetFileType(handle) == FILE_TYPE_PIPE || GetConsoleMode(handle, &mut mode) != 0 }
}
