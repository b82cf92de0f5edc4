//! Views: mapping, unmapping, protecting, committing, copying without dying.

// UNSAFETY: calls the Win32 functions that take addresses.
#![expect(unsafe_code)]

use crate::SysError;
use crate::os::lookup;
use std::os::windows::io::{AsRawHandle, BorrowedHandle};
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use windows_sys::Win32::System::Diagnostics::Debug::{ReadProcessMemory, WriteProcessMemory};
use windows_sys::Win32::System::Memory::{
    FlushViewOfFile, MEM_COMMIT, MEM_PRESERVE_PLACEHOLDER, MEM_REPLACE_PLACEHOLDER, MEMORY_BASIC_INFORMATION,
    MEMORY_MAPPED_VIEW_ADDRESS, MapViewOfFileEx, UnmapViewOfFile, VirtualAlloc, VirtualProtect, VirtualQuery,
};
use windows_sys::Win32::System::Threading::GetCurrentProcess;

/// "No NUMA node preferred".
const NO_NODE: u32 = u32::MAX;

/// What is known of a range of pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// Address of the first page.
    pub base: usize,
    /// Address of the view.
    pub allocation_base: usize,
    /// Protection that the view was mapped with.
    pub allocation_protect: u32,
    /// Length in bytes.
    pub len: usize,
    /// `MEM_COMMIT`, `MEM_RESERVE` or `MEM_FREE`.
    pub state: u32,
    /// Protection now; 0 for reserved pages.
    pub protect: u32,
    /// `MEM_MAPPED`, `MEM_IMAGE` or `MEM_PRIVATE`.
    pub kind: u32,
}

fn mapped(call: &'static str, address: *mut core::ffi::c_void) -> Result<usize, SysError> {
    match address.is_null() {
        true => Err(SysError::last(call)),
        false => Ok(address.addr()),
    }
}

/// Maps a view with `FILE_MAP_` flags; length 0 means to the end. Source: win32 `MapViewOfFileEx`.
pub fn map(
    section: BorrowedHandle<'_>,
    access: u32,
    offset: u64,
    len: usize,
    base: Option<usize>,
) -> Result<usize, SysError> {
    // SAFETY: the section is open while it is borrowed; a view takes the place of nothing, wherever it goes.
    let view = unsafe {
        MapViewOfFileEx(
            section.as_raw_handle(),
            access,
            (offset >> 32) as u32,
            offset as u32,
            len,
            base.unwrap_or(0) as *const core::ffi::c_void,
        )
    };
    mapped("MapViewOfFileEx", view.Value)
}

/// Maps a view with a page protection, by the newest function that the system has; `None` where it has none that takes a
/// protection. Source: win32 `MapViewOfFile3`, `MapViewOfFile2`.
pub fn map_protected(
    section: BorrowedHandle<'_>,
    protect: u32,
    offset: u64,
    len: usize,
    base: Option<usize>,
) -> Option<Result<usize, SysError>> {
    let address = base.unwrap_or(0) as *const core::ffi::c_void;
    let (section, none) = (section.as_raw_handle(), std::ptr::null_mut());
    // SAFETY: the pseudo handle of this process; the section is open; a view takes the place of nothing without
    // MEM_REPLACE_PLACEHOLDER.
    unsafe {
        let process = GetCurrentProcess();
        if let Some(map) = lookup::map_view_of_file_3() {
            let view = map(section, process, address, offset, len, 0, protect, none, 0);
            return Some(mapped("MapViewOfFile3", view));
        }
        let map = lookup::map_view_of_file_numa_2()?;
        let view = map(section, process, offset, address, len, 0, protect, NO_NODE);
        Some(mapped("MapViewOfFile2", view))
    }
}

/// Maps a view in place of a placeholder of exactly its length. Source: win32 `MapViewOfFile3`, MEM_REPLACE_PLACEHOLDER.
///
/// # Safety
/// A placeholder of the caller's own lies at `base`, `len` bytes long, and nobody else uses it.
pub unsafe fn map_replacing(
    section: BorrowedHandle<'_>,
    protect: u32,
    offset: u64,
    len: usize,
    base: usize,
) -> Result<usize, SysError> {
    const CALL: &str = "MapViewOfFile3";
    let map = lookup::map_view_of_file_3().ok_or(SysError {
        call: CALL,
        errno: 127,
    })?;
    // SAFETY: the caller's promise; the section is open while it is borrowed.
    let view = unsafe {
        map(
            section.as_raw_handle(),
            GetCurrentProcess(),
            base as *const core::ffi::c_void,
            offset,
            len,
            MEM_REPLACE_PLACEHOLDER,
            protect,
            std::ptr::null_mut(),
            0,
        )
    };
    mapped(CALL, view)
}

/// Unmaps the view at `base`. Source: win32 `UnmapViewOfFile`.
///
/// # Safety
/// Nobody uses the view's memory any more.
pub unsafe fn unmap(base: usize) -> Result<(), SysError> {
    let view = MEMORY_MAPPED_VIEW_ADDRESS {
        Value: base as *mut core::ffi::c_void,
    };
    // SAFETY: the caller's promise.
    match unsafe { UnmapViewOfFile(view) } {
        0 => Err(SysError::last("UnmapViewOfFile")),
        _ => Ok(()),
    }
}

/// Unmaps the view at `base` and leaves a placeholder of its length. Source: win32 `UnmapViewOfFile2`,
/// MEM_PRESERVE_PLACEHOLDER.
///
/// # Safety
/// Nobody uses the view's memory any more.
pub unsafe fn unmap_to_placeholder(base: usize) -> Result<(), SysError> {
    const CALL: &str = "UnmapViewOfFile2";
    let unmap = lookup::unmap_view_of_file_2().ok_or(SysError {
        call: CALL,
        errno: 127,
    })?;
    // SAFETY: the caller's promise.
    match unsafe {
        unmap(
            GetCurrentProcess(),
            base as *const core::ffi::c_void,
            MEM_PRESERVE_PLACEHOLDER,
        )
    } {
        0 => Err(SysError::last(CALL)),
        _ => Ok(()),
    }
}

/// What is known of the pages at an address. Source: win32 `VirtualQuery`.
pub fn query(address: usize) -> Result<Region, SysError> {
    let mut told = MEMORY_BASIC_INFORMATION::default();
    let len = size_of::<MEMORY_BASIC_INFORMATION>();
    // SAFETY: any address may be asked about; `told` is the structure that is filled.
    match unsafe { VirtualQuery(address as *const core::ffi::c_void, &mut told, len) } {
        0 => Err(SysError::last("VirtualQuery")),
        _ => Ok(Region {
            base: told.BaseAddress.addr(),
            allocation_base: told.AllocationBase.addr(),
            allocation_protect: told.AllocationProtect,
            len: told.RegionSize,
            state: told.State,
            protect: told.Protect,
            kind: told.Type,
        }),
    }
}

/// Changes the protection of pages, and gives the old one of the first. Source: win32 `VirtualProtect`.
///
/// # Safety
/// The pages are a view of the caller's, and whoever uses them copes with the new protection.
pub unsafe fn protect(address: usize, len: usize, new: u32) -> Result<u32, SysError> {
    let mut old = 0;
    // SAFETY: the caller's promise; `old` is a place for the answer.
    match unsafe { VirtualProtect(address as *const core::ffi::c_void, len, new, &mut old) } {
        0 => Err(SysError::last("VirtualProtect")),
        _ => Ok(old),
    }
}

/// `VirtualProtect` without a place for the old protection, which fails. Source: win32 `VirtualProtect`; V-55.
///
/// # Safety
/// As [`protect`].
pub unsafe fn protect_without_old(address: usize, len: usize, new: u32) -> Result<(), SysError> {
    // SAFETY: the caller's promise; NULL is what the call is about.
    match unsafe {
        VirtualProtect(
            address as *const core::ffi::c_void,
            len,
            new,
            std::ptr::null_mut(),
        )
    } {
        0 => Err(SysError::last("VirtualProtect")),
        _ => Ok(()),
    }
}

/// Commits pages of a view. Source: win32 `VirtualAlloc`, MEM_COMMIT.
///
/// # Safety
/// The pages are a view of the caller's.
pub unsafe fn commit(address: usize, len: usize, protect: u32) -> Result<(), SysError> {
    // SAFETY: the caller's promise: committing adds access to pages and takes none away.
    let got = unsafe { VirtualAlloc(address as *const core::ffi::c_void, len, MEM_COMMIT, protect) };
    mapped("VirtualAlloc", got).map(drop)
}

/// Asks to give committed pages of a view back, which always fails. Source: win32 `VirtualFree`, MEM_DECOMMIT; V-51.
///
/// # Safety
/// The pages are a view of the caller's that nobody uses.
pub unsafe fn decommit(address: usize, len: usize) -> Result<(), SysError> {
    use windows_sys::Win32::System::Memory::{MEM_DECOMMIT, VirtualFree};
    // SAFETY: the caller's promise.
    match unsafe { VirtualFree(address as *mut core::ffi::c_void, len, MEM_DECOMMIT) } {
        0 => Err(SysError::last("VirtualFree")),
        _ => Ok(()),
    }
}

/// Writes changed pages to the file behind the view. Source: win32 `FlushViewOfFile`.
pub fn flush(address: usize, len: usize) -> Result<(), SysError> {
    // SAFETY: any address may be given; memory is only read.
    match unsafe { FlushViewOfFile(address as *const core::ffi::c_void, len) } {
        0 => Err(SysError::last("FlushViewOfFile")),
        _ => Ok(()),
    }
}

/// Copies memory of this process into `bytes`, and fails where touching it would fault. Source: win32 `ReadProcessMemory`.
pub fn read(address: usize, bytes: &mut [u8]) -> Result<(), SysError> {
    // SAFETY: the kernel checks the source; the destination is `bytes`.
    match unsafe {
        ReadProcessMemory(
            GetCurrentProcess(),
            address as *const core::ffi::c_void,
            bytes.as_mut_ptr().cast(),
            bytes.len(),
            std::ptr::null_mut(),
        )
    } {
        0 => Err(SysError::last("ReadProcessMemory")),
        _ => Ok(()),
    }
}

/// Copies `bytes` to an address of this process, and fails where touching it would fault.
/// Source: win32 `WriteProcessMemory`.
///
/// # Safety
/// The range lies in a view of the caller's, to which no reference to plain data exists.
pub unsafe fn write(address: usize, bytes: &[u8]) -> Result<(), SysError> {
    // SAFETY: the caller's promise; the kernel checks that the destination can be written.
    match unsafe {
        WriteProcessMemory(
            GetCurrentProcess(),
            address as *const core::ffi::c_void,
            bytes.as_ptr().cast(),
            bytes.len(),
            std::ptr::null_mut(),
        )
    } {
        0 => Err(SysError::last("WriteProcessMemory")),
        _ => Ok(()),
    }
}

/// Copies shared memory into `bytes`. Others may write there at the same time: every byte is some byte that was there.
///
/// # Safety
/// The range is mapped and readable, and nobody makes a plain reference to it.
pub unsafe fn copy_from(address: usize, bytes: &mut [u8]) {
    let mut at = address;
    let mut rest = bytes;
    while !rest.is_empty() {
        let taken = match rest.first_chunk_mut::<8>() {
            Some(eight) if at.is_multiple_of(8) => {
                // SAFETY: the caller's promise; aligned to 8.
                let word = unsafe { AtomicU64::from_ptr(at as *mut u64) };
                *eight = word.load(Ordering::Relaxed).to_ne_bytes();
                8
            }
            _ => {
                // SAFETY: the caller's promise; a byte is always aligned.
                rest[0] = unsafe { AtomicU8::from_ptr(at as *mut u8) }.load(Ordering::Relaxed);
                1
            }
        };
        at += taken;
        rest = &mut rest[taken..];
    }
}

/// Copies `bytes` into shared memory. Others may read there at the same time.
///
/// # Safety
/// The range is mapped and writable, and nobody makes a plain reference to it.
pub unsafe fn copy_to(address: usize, bytes: &[u8]) {
    let mut at = address;
    let mut rest = bytes;
    while let [first, ..] = rest {
        let taken = match rest.first_chunk::<8>() {
            Some(eight) if at.is_multiple_of(8) => {
                // SAFETY: the caller's promise; aligned to 8.
                let word = unsafe { AtomicU64::from_ptr(at as *mut u64) };
                word.store(u64::from_ne_bytes(*eight), Ordering::Relaxed);
                8
            }
            _ => {
                // SAFETY: the caller's promise; a byte is always aligned.
                unsafe { AtomicU8::from_ptr(at as *mut u8) }.store(*first, Ordering::Relaxed);
                1
            }
        };
        at += taken;
        rest = &rest[taken..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::section;
    use std::os::windows::io::AsHandle;

    // V-3, V-4, V-20
    #[test]
    fn a_view_is_mapped_copied_and_unmapped_once() {
        let section = section::create(None, None, 4, 8192, &[]).unwrap().0;
        let base = map(section.as_handle(), 2, 0, 0, None).unwrap();
        // SAFETY: a view of this test.
        unsafe { write(base + 10, b"hello").unwrap() };
        let mut bytes = [0; 5];
        read(base + 10, &mut bytes).unwrap();
        assert_eq!(&bytes, b"hello");
        assert_eq!(query(base).unwrap().len, 8192);
        // SAFETY: nobody uses it; at the other address there never is a view.
        unsafe {
            unmap(base).unwrap();
            assert_eq!(unmap(8).unwrap_err().errno, 487);
        }
        assert!(read(8, &mut bytes).is_err());
        assert_eq!(map(section.as_handle(), 2, 1, 0, None).unwrap_err().errno, 1132);
        assert_eq!(map(section.as_handle(), 2, 0, 16384, None).unwrap_err().errno, 5);
    }
}
