//! Address ranges that are reserved and hold nothing (`VirtualAlloc2` with MEM_RESERVE_PLACEHOLDER).

// UNSAFETY: reserves and gives back address ranges that this module owns.
#![expect(unsafe_code)]

use crate::SysError;
use crate::os::{lookup, view};
use std::mem::ManuallyDrop;
use std::os::windows::io::BorrowedHandle;
use windows_sys::Win32::System::Memory::{
    MEM_RELEASE, MEM_RESERVE, MEM_RESERVE_PLACEHOLDER, PAGE_NOACCESS, VirtualFree,
};
use windows_sys::Win32::System::Threading::GetCurrentProcess;

/// A reserved range without access; nobody else in this process gets it. Given back on drop.
///
/// # Invariants
/// 1. A placeholder of `len` bytes lies at `base`, and only this value frees or replaces it.
#[derive(Debug)]
pub struct Placeholder {
    base: usize,
    len: usize,
}

impl Placeholder {
    /// Reserves exactly `len` bytes at `base`, whole pages; at 0, wherever there is room. Error 127 before Windows 10 1803.
    /// Source: win32 `VirtualAlloc2`.
    pub fn at(base: usize, len: usize) -> Result<Placeholder, SysError> {
        const CALL: &str = "VirtualAlloc2";
        let reserve = lookup::virtual_alloc_2().ok_or(SysError {
            call: CALL,
            errno: 127,
        })?;
        // SAFETY: the pseudo handle of this process; a reservation takes the place of nothing.
        let got = unsafe {
            reserve(
                GetCurrentProcess(),
                base as *const core::ffi::c_void,
                len,
                MEM_RESERVE | MEM_RESERVE_PLACEHOLDER,
                PAGE_NOACCESS,
                std::ptr::null_mut(),
                0,
            )
        };
        match got.is_null() {
            true => Err(SysError::last(CALL)),
            false => Ok(Placeholder {
                base: got.addr(),
                len,
            }),
        }
    }

    /// The first address.
    #[must_use]
    pub fn base(&self) -> usize {
        self.base
    }

    /// Length in bytes.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a placeholder is never empty")]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Replaces the placeholder by a view of the same length, at once. The caller owns the range then. If that fails the
    /// range is given back.
    pub fn replace(
        self,
        section: BorrowedHandle<'_>,
        protect: u32,
        offset: u64,
        len: usize,
    ) -> Result<usize, SysError> {
        // SAFETY: the placeholder is this value's own (invariant 1).
        let base = unsafe { view::map_replacing(section, protect, offset, len, self.base) }?;
        let _its_place_is_taken = ManuallyDrop::new(self);
        Ok(base)
    }
}

impl Drop for Placeholder {
    fn drop(&mut self) {
        // SAFETY: reserved by this module, and only this value knows of it (invariant 1).
        unsafe { VirtualFree(self.base as *mut core::ffi::c_void, 0, MEM_RELEASE) };
    }
}
