//! File mapping objects.

// UNSAFETY: calls the Win32 functions that make and open them.
#![expect(unsafe_code)]

use crate::SysError;
use crate::os::handle::{from_status, owned};
use crate::os::lookup;
use crate::os::security::Attributes;
use std::os::windows::io::{AsRawHandle, BorrowedHandle, OwnedHandle};
use windows_sys::Win32::Foundation::{
    ERROR_ALREADY_EXISTS, GetLastError, INVALID_HANDLE_VALUE, SetLastError,
};
use windows_sys::Win32::System::Memory::{CreateFileMappingW, OpenFileMappingW};

/// What a query tells of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Basic {
    /// The SEC_ flags.
    pub attributes: u32,
    /// Size in bytes.
    pub size: u64,
}

/// `SECTION_BASIC_INFORMATION`.
#[repr(C)]
#[derive(Default)]
struct BasicInformation {
    base: usize,
    attributes: u32,
    size: i64,
}

/// The pointer to a name, NULL for none.
pub(crate) fn name_pointer(name: &[u16]) -> *const u16 {
    match name {
        [] => std::ptr::null(),
        name => {
            debug_assert_eq!(name.last(), Some(&0), "a name ends with NUL");
            name.as_ptr()
        }
    }
}

/// Whether the call that has just returned a handle opened what existed.
pub(crate) fn existed() -> bool {
    // SAFETY: reads the thread's last error.
    unsafe { GetLastError() == ERROR_ALREADY_EXISTS }
}

/// Forgets the last error, so that [`existed`] means the next call.
pub(crate) fn forget_last_error() {
    // SAFETY: sets the thread's last error.
    unsafe { SetLastError(0) };
}

/// Creates an object of `size` bytes, or opens the one that has the name (true). `protect` is `flProtect` with its SEC_
/// flags; `name` ends with NUL, or is empty for none. Source: win32 `CreateFileMappingW`.
pub fn create(
    file: Option<BorrowedHandle<'_>>,
    attributes: Option<&Attributes>,
    protect: u32,
    size: u64,
    name: &[u16],
) -> Result<(OwnedHandle, bool), SysError> {
    forget_last_error();
    // SAFETY: the file is open while it is borrowed; the attributes and the name, which ends with NUL, outlive the call.
    let raw = unsafe {
        CreateFileMappingW(
            file.map_or(INVALID_HANDLE_VALUE, |file| file.as_raw_handle()),
            attributes.map_or(std::ptr::null(), Attributes::as_ptr),
            protect,
            (size >> 32) as u32,
            size as u32,
            name_pointer(name),
        )
    };
    let existed = existed();
    Ok((owned("CreateFileMappingW", raw)?, existed))
}

/// Opens the object that has the name. Source: win32 `OpenFileMappingW`.
pub fn open(access: u32, inherit: bool, name: &[u16]) -> Result<OwnedHandle, SysError> {
    // SAFETY: the name ends with NUL and outlives the call.
    let raw = unsafe { OpenFileMappingW(access, inherit.into(), name_pointer(name)) };
    owned("OpenFileMappingW", raw)
}

/// Size and SEC_ flags; the handle needs SECTION_QUERY. Source: `NtQuerySection`, SectionBasicInformation.
pub fn basic(handle: BorrowedHandle<'_>) -> Result<Basic, SysError> {
    const CALL: &str = "NtQuerySection";
    let query = lookup::nt_query_section().ok_or(SysError {
        call: CALL,
        errno: 127,
    })?;
    let mut told = BasicInformation::default();
    let len = size_of::<BasicInformation>();
    // SAFETY: class 0 fills a SECTION_BASIC_INFORMATION of `len` bytes, which `told` is.
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
        0.. => Ok(Basic {
            attributes: told.attributes,
            size: told.size as u64,
        }),
        status => Err(from_status(CALL, status)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::text::wide;
    use std::os::windows::io::AsHandle;

    // M-22, M-40
    #[test]
    fn an_object_keeps_its_first_size_in_whole_pages() {
        let name = wide(br"Local\filemap-sys first size");
        let (first, existed) = create(None, None, 4, 5000, &name).unwrap();
        assert!(!existed);
        let (second, existed) = create(None, None, 4, 100_000, &name).unwrap();
        assert!(existed);
        assert_eq!(basic(second.as_handle()).unwrap().size, 8192);
        drop((first, second));
        assert_eq!(open(4, false, &name).unwrap_err().errno, 2);
    }
}
