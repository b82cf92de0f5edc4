//! The memory functions behind `CopyMemory` and its relatives as exports, for callers that find them by name: P/Invoke imports
//! `RtlMoveMemory` from kernel32.dll. Programs that include `winnt.h` get the C library's. A bad pointer is an access violation, as on Windows.

// UNSAFETY: exported names; bytes at addresses that C callers give.
#![expect(unsafe_code)]
#![allow(
    clippy::missing_safety_doc,
    reason = "the contract is memmove's: both ranges are the caller's to read or write"
)]

use crate::boundary::leave_errno;

/// See `winnt.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlMoveMemory(to: *mut u8, from: *const u8, bytes: usize) {
    if bytes != 0 {
        // SAFETY: the caller's promise; the ranges may overlap.
        unsafe { std::ptr::copy(from, to, bytes) };
    }
    leave_errno();
}

/// See `winnt.h`. Programs pass overlapping ranges, which is well on Windows.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlCopyMemory(to: *mut u8, from: *const u8, bytes: usize) {
    // SAFETY: the caller's promise.
    unsafe { RtlMoveMemory(to, from, bytes) }
}

/// See `winnt.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlFillMemory(to: *mut u8, bytes: usize, value: u8) {
    if bytes != 0 {
        // SAFETY: the caller's promise.
        unsafe { to.write_bytes(value, bytes) };
    }
    leave_errno();
}

/// See `winnt.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlZeroMemory(to: *mut u8, bytes: usize) {
    // SAFETY: the caller's promise.
    unsafe { RtlFillMemory(to, bytes, 0) }
}
