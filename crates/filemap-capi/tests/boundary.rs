//! Random arguments at the boundary: whatever comes, the answer is a number and the process lives.

// UNSAFETY: makes output pointers out of random addresses, on purpose.
#![expect(unsafe_code)]

use filemap_c::boundary::{In, Out};
use filemap_c::errhandlingapi::{GetLastError, SetLastError};
use filemap_c::handle_table::Handle;
use filemap_c::{
    fileapi, handleapi, heap, libloaderapi, processenv, stringapiset, sysinfoapi, winbase, winternl, winuser,
};
use proptest::prelude::*;
use std::sync::LazyLock;

/// A page that can be written, with one before it that can only be read and one behind it that can't be touched at all.
static PAGES: LazyLock<usize> = LazyLock::new(|| {
    // SAFETY: a fresh mapping of three pages that nothing else knows.
    unsafe {
        let base = libc::mmap(
            std::ptr::null_mut(),
            12_288,
            libc::PROT_READ,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
            -1,
            0,
        );
        assert_ne!(base, libc::MAP_FAILED);
        let middle = base.byte_add(4096);
        assert_eq!(
            libc::mprotect(middle, 4096, libc::PROT_READ | libc::PROT_WRITE),
            0
        );
        assert_eq!(libc::mprotect(middle.byte_add(4096), 4096, libc::PROT_NONE), 0);
        middle.addr()
    }
});

fn address() -> impl Strategy<Value = usize> {
    prop_oneof![
        Just(0),
        0..64_usize,
        any::<usize>().prop_map(|n| n | 1 << 63), // never the program's
        (0..4096_usize).prop_map(|n| *PAGES + n), // can be written
        (4000..4100_usize).prop_map(|n| *PAGES + n), // up to the end and over it
        (0..4096_usize).prop_map(|n| *PAGES - 4096 + n), // can only be read
        Just(usize::MAX),
    ]
}

fn errno() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_argument_crashes_the_process_and_errno_is_the_last_error(
        which in 0..24_u32, a in address(), b in address(), n in any::<u32>(), small in -3..40_i32, fill in any::<[u8; 32]>(),
    ) {
        // SAFETY: every address is unmapped, read-only, or in the page made for this.
        let (out8, out16) = unsafe { (Out::<u8>::at(a), Out::<u16>::at(a)) };
        let (in8, in16) = (In::<u8>::at(b), In::<u16>::at(b));
        // SAFETY: the page made for this.
        unsafe { Out::<u8>::at(*PAGES) }.write_many(&fill).unwrap();
        SetLastError(77_777);
        match which {
            0 => { winbase::lstrcpyA(out8, in8); }
            1 => { winbase::lstrcpynW(out16, in16, small); }
            2 => { winbase::lstrcatW(out16, in16); }
            3 => { winbase::lstrcmpiA(In::at(a), in8); }
            4 => { winbase::FormatMessageW(n & 0x3fff & !0x100, In::at(b), n, 0, out16, small as u32, In::at(a)); }
            5 => { winbase::FormatMessageA(n & 0x3fff & !0x100, In::at(b), n, 0, out8, 200, In::at(b)); }
            6 => { winbase::FormatMessageW(0x1100, In::at(b), n % 200, 0, out16, 0, In::at(0)); }
            7 => { stringapiset::MultiByteToWideChar(65001, n & 15, in8, small, out16, small); }
            8 => { stringapiset::WideCharToMultiByte(n % 5, n, in16, small, out8, small, In::at(a), Out::null()); }
            9 => { sysinfoapi::GetSystemInfo(out8.cast()); }
            10 => { sysinfoapi::QueryPerformanceCounter(out8.cast()); }
            11 => { processenv::GetEnvironmentVariableW(in16, out16, small as u32); }
            12 => { processenv::GetCurrentDirectoryA(n, out8); }
            13 => { libloaderapi::GetProcAddress(b, In::at(a)); }
            14 => { libloaderapi::GetModuleHandleW(in16); }
            15 => { libloaderapi::GetModuleFileNameA(b, out8, small as u32); }
            16 => { fileapi::GetFileAttributesW(in16); }
            17 => { fileapi::GetTempPathA(n, out8); }
            18 => { handleapi::CloseHandle(Handle(a)); }
            19 => { handleapi::GetHandleInformation(Handle(b), out8.cast()); }
            20 => { handleapi::CompareObjectHandles(Handle(a), Handle(b)); }
            21 => { heap::LocalFree(Handle(a)); }
            22 => { winternl::RtlInitUnicodeString(out8.cast(), in16); }
            _ => { winuser::MessageBoxW(Handle(a), In::at(4), in16, n); } // a text that can't be read: no line is written
        }
        let errno = errno();
        prop_assert_eq!(errno as u32, GetLastError());
    }
}
