//! Handles: duplicating, inheriting, comparing, what they may do.

// UNSAFETY: calls the Win32 functions that take handles.
#![expect(unsafe_code)]

use crate::SysError;
use crate::os::lookup;
use std::os::windows::io::{AsRawHandle, BorrowedHandle, FromRawHandle, IntoRawHandle, OwnedHandle};
use windows_sys::Win32::Foundation::{
    CloseHandle, DUPLICATE_SAME_ACCESS, DuplicateHandle, GetHandleInformation, HANDLE, HANDLE_FLAG_INHERIT,
    RtlNtStatusToDosError, SetHandleInformation,
};
use windows_sys::Win32::System::Threading::GetCurrentProcess;

/// `OBJECT_BASIC_INFORMATION` of winternl.h's `NtQueryObject`.
#[repr(C)]
#[derive(Default)]
struct BasicInformation {
    attributes: u32,
    granted_access: u32,
    handle_count: u32,
    pointer_count: u32,
    reserved: [u32; 10],
}

/// The Win32 number of a native status.
pub(crate) fn from_status(call: &'static str, status: i32) -> SysError {
    // SAFETY: a table look-up without pointers.
    let code = unsafe { RtlNtStatusToDosError(status) };
    SysError {
        call,
        errno: code as i32,
    }
}

/// The handle that a call returned, or its error.
pub(crate) fn owned(call: &'static str, raw: HANDLE) -> Result<OwnedHandle, SysError> {
    match raw.is_null() {
        true => Err(SysError::last(call)),
        // SAFETY: the call has just made this handle, and nobody else knows it.
        false => Ok(unsafe { OwnedHandle::from_raw_handle(raw) }),
    }
}

/// Another handle to the same object; with `access`, exactly these rights. Source: win32 `DuplicateHandle`.
pub fn duplicate(
    handle: BorrowedHandle<'_>,
    access: Option<u32>,
    inherit: bool,
) -> Result<OwnedHandle, SysError> {
    let mut new: HANDLE = std::ptr::null_mut();
    let options = if access.is_none() {
        DUPLICATE_SAME_ACCESS
    } else {
        0
    };
    // SAFETY: the pseudo handle of this process needs no closing; `handle` is open while it is borrowed; `new` is a place
    // for one handle.
    let done = unsafe {
        DuplicateHandle(
            GetCurrentProcess(),
            handle.as_raw_handle(),
            GetCurrentProcess(),
            &mut new,
            access.unwrap_or(0),
            inherit.into(),
            options,
        )
    };
    match done {
        0 => Err(SysError::last("DuplicateHandle")),
        _ => owned("DuplicateHandle", new),
    }
}

/// Whether children inherit the handle. Source: win32 `GetHandleInformation`.
#[must_use]
pub fn is_inheritable(handle: BorrowedHandle<'_>) -> bool {
    let mut flags = 0;
    // SAFETY: an open handle and a place for the answer.
    let told = unsafe { GetHandleInformation(handle.as_raw_handle(), &mut flags) };
    told != 0 && flags & HANDLE_FLAG_INHERIT != 0
}

/// Makes children inherit the handle, or not. Source: win32 `SetHandleInformation`.
pub fn set_inheritable(handle: BorrowedHandle<'_>, inherit: bool) -> Result<(), SysError> {
    let flag = if inherit { HANDLE_FLAG_INHERIT } else { 0 };
    // SAFETY: an open handle; no pointers.
    match unsafe { SetHandleInformation(handle.as_raw_handle(), HANDLE_FLAG_INHERIT, flag) } {
        0 => Err(SysError::last("SetHandleInformation")),
        _ => Ok(()),
    }
}

fn basic(handle: BorrowedHandle<'_>) -> Result<BasicInformation, SysError> {
    const CALL: &str = "NtQueryObject";
    let query = lookup::nt_query_object().ok_or(SysError {
        call: CALL,
        errno: 127,
    })?;
    let mut told = BasicInformation::default();
    let len = size_of::<BasicInformation>() as u32;
    // SAFETY: class 0 fills an OBJECT_BASIC_INFORMATION of `len` bytes, which `told` is.
    let status = unsafe {
        query(
            handle.as_raw_handle(),
            0,
            (&raw mut told).cast(),
            len,
            std::ptr::null_mut(),
        )
    };
    match status {
        0.. => Ok(told),
        status => Err(from_status(CALL, status)),
    }
}

/// The rights that the handle has. Source: `NtQueryObject`, ObjectBasicInformation.
pub fn granted(handle: BorrowedHandle<'_>) -> Result<u32, SysError> {
    Ok(basic(handle)?.granted_access)
}

/// How many handles to the object there are in all processes, this one counted. Source: as [`granted`].
pub fn handle_count(handle: BorrowedHandle<'_>) -> Result<u32, SysError> {
    Ok(basic(handle)?.handle_count)
}

/// Whether two handles lead to the same object; `None` where the system can't tell. Source: win32 `CompareObjectHandles`.
#[must_use]
pub fn is_same_object(a: BorrowedHandle<'_>, b: BorrowedHandle<'_>) -> Option<bool> {
    let compare = lookup::compare_object_handles()?;
    // SAFETY: two open handles; nothing is written.
    Some(unsafe { compare(a.as_raw_handle(), b.as_raw_handle()) } != 0)
}

/// Closes the handle, and tells an error that dropping it would not. Source: win32 `CloseHandle`.
pub fn close(handle: OwnedHandle) -> Result<(), SysError> {
    // SAFETY: the handle is given up here, so nobody uses it afterwards.
    match unsafe { CloseHandle(handle.into_raw_handle()) } {
        0 => Err(SysError::last("CloseHandle")),
        _ => Ok(()),
    }
}

/// The handle with this value, which a parent left to this process.
///
/// # Safety
/// The value is an open handle of this process that nobody else closes.
#[must_use]
pub unsafe fn adopt(value: usize) -> OwnedHandle {
    // SAFETY: the caller's promise.
    unsafe { OwnedHandle::from_raw_handle(value as HANDLE) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::section;
    use std::os::windows::io::AsHandle;

    // O-25, O-24
    #[test]
    fn a_duplicate_has_the_rights_asked_for_and_is_the_same_object() {
        let made = section::create(None, None, 4, 4096, &[]).unwrap().0;
        let read = duplicate(made.as_handle(), Some(4), false).unwrap();
        assert_eq!(granted(read.as_handle()).unwrap(), 4);
        assert_ne!(is_same_object(made.as_handle(), read.as_handle()), Some(false));
        assert_eq!(handle_count(read.as_handle()).unwrap(), 2);
        let other = section::create(None, None, 4, 4096, &[]).unwrap().0;
        assert_ne!(is_same_object(made.as_handle(), other.as_handle()), Some(true));
    }

    // O-21
    #[test]
    fn a_handle_is_inherited_only_if_it_was_made_inheritable() {
        let made = section::create(None, None, 4, 4096, &[]).unwrap().0;
        assert!(!is_inheritable(made.as_handle()));
        set_inheritable(made.as_handle(), true).unwrap();
        assert!(is_inheritable(made.as_handle()));
        close(made).unwrap();
    }
}
