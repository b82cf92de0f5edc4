//! The address space: granularity, page size, what a program may use.

// UNSAFETY: asks the system for its numbers.
#![expect(unsafe_code)]

use filemap_core::view::UserRange;
use std::sync::OnceLock;
use windows_sys::Win32::System::SystemInformation::{GetSystemInfo, SYSTEM_INFO};

fn info() -> &'static (usize, u64, u64, u64) {
    static INFO: OnceLock<(usize, u64, u64, u64)> = OnceLock::new();
    INFO.get_or_init(|| {
        let mut info = SYSTEM_INFO::default();
        // SAFETY: fills the structure.
        unsafe { GetSystemInfo(&mut info) };
        (
            info.dwPageSize as usize,
            info.dwAllocationGranularity.into(),
            info.lpMinimumApplicationAddress.addr() as u64,
            info.lpMaximumApplicationAddress.addr() as u64,
        )
    })
}

/// Size of a page in bytes. Source: win32 `GetSystemInfo`.
#[must_use]
pub fn page_size() -> usize {
    info().0
}

/// The allocation granularity in bytes. Source: win32 `GetSystemInfo`.
#[must_use]
pub fn granularity() -> u64 {
    info().1
}

/// The addresses that programs may use. Source: win32 `GetSystemInfo`.
#[must_use]
pub fn user_range() -> UserRange {
    UserRange {
        first: info().2,
        last: info().3,
    }
}
