//! Functions that are looked up at run time, because some Windows, or some version of Wine, does not have them.

// UNSAFETY: asks the loader for addresses and gives them the types that their documentation states.
#![expect(unsafe_code)]

use std::ffi::CStr;
use std::sync::OnceLock;
use windows_sys::Win32::Foundation::{HANDLE, NTSTATUS};
use windows_sys::Win32::System::LibraryLoader::{GetModuleHandleW, GetProcAddress};

/// The address of a function of a library that every process has loaded; `None` where it has no such function.
fn address(library: &str, name: &CStr) -> Option<usize> {
    let library = crate::os::text::wide(library.as_bytes());
    // SAFETY: a NUL-terminated name; the libraries asked for are never unloaded.
    let module = unsafe { GetModuleHandleW(library.as_ptr()) };
    if module.is_null() {
        return None;
    }
    // SAFETY: `module` is loaded, and the name ends with a NUL.
    unsafe { GetProcAddress(module, name.as_ptr().cast()) }.map(|function| function as usize)
}

macro_rules! functions {
    ($($(#[$doc:meta])* $get:ident = $library:literal $name:literal: $type:ty;)*) => {
        $($(#[$doc])*
        pub(crate) fn $get() -> Option<$type> {
            static ADDRESS: OnceLock<Option<usize>> = OnceLock::new();
            let found = (*ADDRESS.get_or_init(|| address($library, $name)))?;
            // SAFETY: the function of this name has this type: its documentation says so (named beside it).
            Some(unsafe { std::mem::transmute::<usize, $type>(found) })
        })*

        /// Each function that is looked up, and whether this system has it.
        #[must_use]
        pub fn found() -> Vec<(&'static str, bool)> {
            vec![$(($name.to_str().unwrap_or_default(), $get().is_some()),)*]
        }
    };
}

type Query = unsafe extern "system" fn(HANDLE, i32, *mut core::ffi::c_void, u32, *mut u32) -> NTSTATUS;

functions! {
    /// Win32 `CompareObjectHandles` (Windows 10).
    compare_object_handles = "kernelbase.dll" c"CompareObjectHandles": unsafe extern "system" fn(HANDLE, HANDLE) -> i32;
    /// Win32 `MapViewOfFile3` (Windows 10 1803).
    map_view_of_file_3 = "kernelbase.dll" c"MapViewOfFile3": unsafe extern "system" fn(
        HANDLE, HANDLE, *const core::ffi::c_void, u64, usize, u32, u32, *mut core::ffi::c_void, u32,
    ) -> *mut core::ffi::c_void;
    /// Win32 `MapViewOfFileNuma2`, which `MapViewOfFile2` calls (Windows 10 1703).
    map_view_of_file_numa_2 = "kernelbase.dll" c"MapViewOfFileNuma2": unsafe extern "system" fn(
        HANDLE, HANDLE, u64, *const core::ffi::c_void, usize, u32, u32, u32,
    ) -> *mut core::ffi::c_void;
    /// Win32 `UnmapViewOfFile2` (Windows 10 1703).
    unmap_view_of_file_2 = "kernelbase.dll" c"UnmapViewOfFile2": unsafe extern "system" fn(
        HANDLE, *const core::ffi::c_void, u32,
    ) -> i32;
    /// Win32 `VirtualAlloc2` (Windows 10 1803).
    virtual_alloc_2 = "kernelbase.dll" c"VirtualAlloc2": unsafe extern "system" fn(
        HANDLE, *const core::ffi::c_void, usize, u32, u32, *mut core::ffi::c_void, u32,
    ) -> *mut core::ffi::c_void;
    /// Native `NtQuerySection` (Nebbett, "Windows NT/2000 Native API Reference", section objects).
    nt_query_section = "ntdll.dll" c"NtQuerySection": unsafe extern "system" fn(
        HANDLE, i32, *mut core::ffi::c_void, usize, *mut usize,
    ) -> NTSTATUS;
    /// Native `NtQueryEvent` (winternl.h's relative; Nebbett).
    nt_query_event = "ntdll.dll" c"NtQueryEvent": Query;
    /// Native `NtQueryMutant` (Nebbett).
    nt_query_mutant = "ntdll.dll" c"NtQueryMutant": Query;
    /// Native `NtQuerySemaphore` (Nebbett).
    nt_query_semaphore = "ntdll.dll" c"NtQuerySemaphore": Query;
    /// Native `NtQueryTimer` (Nebbett).
    nt_query_timer = "ntdll.dll" c"NtQueryTimer": Query;
    /// Native `NtQueryObject` (winternl.h).
    nt_query_object = "ntdll.dll" c"NtQueryObject": Query;
    /// Win32 `CreateBoundaryDescriptorW` (Vista).
    create_boundary_descriptor = "kernel32.dll" c"CreateBoundaryDescriptorW": unsafe extern "system" fn(
        *const u16, u32,
    ) -> HANDLE;
    /// Win32 `AddSIDToBoundaryDescriptor` (Vista).
    add_sid_to_boundary_descriptor = "kernel32.dll" c"AddSIDToBoundaryDescriptor": unsafe extern "system" fn(
        *mut HANDLE, *mut core::ffi::c_void,
    ) -> i32;
    /// Win32 `AddIntegrityLabelToBoundaryDescriptor` (Windows 7).
    add_integrity_label = "kernel32.dll" c"AddIntegrityLabelToBoundaryDescriptor": unsafe extern "system" fn(
        *mut HANDLE, *mut core::ffi::c_void,
    ) -> i32;
    /// Win32 `DeleteBoundaryDescriptor` (Vista).
    delete_boundary_descriptor = "kernel32.dll" c"DeleteBoundaryDescriptor": unsafe extern "system" fn(HANDLE);
    /// Win32 `CreatePrivateNamespaceW` (Vista).
    create_private_namespace = "kernel32.dll" c"CreatePrivateNamespaceW": unsafe extern "system" fn(
        *const windows_sys::Win32::Security::SECURITY_ATTRIBUTES, *const core::ffi::c_void, *const u16,
    ) -> HANDLE;
    /// Win32 `OpenPrivateNamespaceW` (Vista).
    open_private_namespace = "kernel32.dll" c"OpenPrivateNamespaceW": unsafe extern "system" fn(
        *const core::ffi::c_void, *const u16,
    ) -> HANDLE;
    /// Win32 `ClosePrivateNamespace` (Vista).
    close_private_namespace = "kernel32.dll" c"ClosePrivateNamespace": unsafe extern "system" fn(HANDLE, u32) -> u8;
    /// `wine_get_version`, which only Wine has.
    wine_get_version = "ntdll.dll" c"wine_get_version": unsafe extern "C" fn() -> *const core::ffi::c_char;
    /// Native `RtlGetVersion` (wdm.h).
    rtl_get_version = "ntdll.dll" c"RtlGetVersion": unsafe extern "system" fn(
        *mut windows_sys::Win32::System::SystemInformation::OSVERSIONINFOW,
    ) -> NTSTATUS;
}
