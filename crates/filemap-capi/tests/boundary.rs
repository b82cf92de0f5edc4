//! Random arguments at the boundary: whatever comes, the answer is a number and the process lives.

// UNSAFETY: makes output pointers out of random addresses, on purpose.
#![expect(unsafe_code)]

use filemap_c::boundary::{In, Out};
use filemap_c::errhandlingapi::{GetLastError, SetLastError};
use filemap_c::handle_table::Handle;
use filemap_c::{
    aclapi, fileapi, handleapi, heap, libloaderapi, memoryapi, namespaceapi, native, processenv,
    processthreadsapi, sddl, securitybaseapi, stringapiset, sync_calls, synchapi, sysinfoapi,
    threadpoollegacyapiset, token, virtual_memory, winbase, winternl, winuser,
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

/// Names that random bytes happen to be go into a tree of their own.
static NAMES: LazyLock<filemap_testing::PrivateRoot> = LazyLock::new(|| {
    let names = filemap_testing::private_root();
    // SAFETY: the only test of this file runs in one thread, and has not looked at the environment yet.
    unsafe { std::env::set_var("FILEMAP_ROOT", names.path()) };
    names
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
    #![proptest_config(ProptestConfig::with_cases(6000))]

    #[test]
    fn no_argument_crashes_the_process_and_errno_is_the_last_error(
        which in 0..83_u32, a in address(), b in address(), n in any::<u32>(), small in -3..40_i32, fill in any::<[u8; 32]>(),
    ) {
        let _ = &*NAMES;
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
            23 => { memoryapi::CreateFileMappingW(Handle(a), in16.cast(), n, small as u32, n, In::at(a)); }
            24 => { memoryapi::CreateFileMapping2(Handle(usize::MAX), In::at(0), n, 4, n, n.into(), in16, In::at(a), small as u32); }
            25 => { memoryapi::OpenFileMappingA(n, small, in8); }
            26 => { memoryapi::MapViewOfFileEx(Handle(b), n, n, n, small as usize, a); }
            27 => { memoryapi::MapViewOfFile3(Handle(b), Handle(usize::MAX), a, 0, 0, n, n, In::at(a), small as u32); }
            28 => { memoryapi::UnmapViewOfFileEx(a, n & 3); }
            29 => { memoryapi::FlushViewOfFile(a, small as usize); }
            30 => { virtual_memory::VirtualAlloc(a | 1 << 63, small as usize, n, n >> 8); }
            31 => { virtual_memory::VirtualAlloc2(Handle(0), a | 1 << 63, 4096, n, n, In::at(b), small as u32); }
            32 => { virtual_memory::VirtualFree(a, small as usize, n & 0xc003); }
            33 => { virtual_memory::VirtualQuery(b, out8.cast(), (small as usize).wrapping_add(20)); }
            34 => { virtual_memory::VirtualProtect(b | 1 << 63, 1, n, out8.cast()); }
            35 => { virtual_memory::ReadProcessMemory(Handle(usize::MAX), b, out8, small as usize & 63, out8.cast()); }
            36 => { virtual_memory::WriteProcessMemory(Handle(b), a, in8, small as usize & 63, out8.cast()); }
            37 => { fileapi::CreateFileW(in16, n & !0x4000_0000 & !6, n & 7, In::at(a), 3, 0, Handle(a)); }
            38 => { fileapi::ReadFile(Handle(a), out8, n, out8.cast(), out8.cast()); }
            39 => { fileapi::WriteFile(Handle(b), in8, n, out8.cast(), out8.cast()); }
            40 => { fileapi::SetFilePointer(Handle(a), small, out8.cast(), n & 3); }
            41 => { fileapi::LockFileEx(Handle(a), n & 3, 0, n, n, out8.cast()); }
            42 => { fileapi::CreatePipe(out8.cast(), out8.cast(), In::at(b), n); }
            43 => { handleapi::DuplicateHandle(Handle(usize::MAX), Handle(b), Handle(usize::MAX), out8.cast(), n, small, n & 3); }
            44 => { handleapi::SetHandleInformation(Handle(a), n & 7, n & 3); }
            45 => { synchapi::WaitForMultipleObjects(small as u32, In::at(b), small, 0); }
            46 => { synchapi::WaitForSingleObject(Handle(b), 0); }
            47 => { synchapi::SignalObjectAndWait(Handle(a), Handle(b), 0, 0); }
            48 => { sync_calls::CreateEventExW(In::at(a), in16, n & 7, n); }
            49 => { sync_calls::CreateSemaphoreA(In::at(a), small, small, in8); }
            50 => { sync_calls::OpenMutexW(n, small, in16); }
            51 => { sync_calls::ReleaseSemaphore(Handle(a), small, out8.cast()); }
            52 => { sync_calls::SetWaitableTimer(Handle(a), In::at(b), small, a, b, 0); }
            53 => { processthreadsapi::OpenProcess(n, small, n | 1 << 30); }
            54 => { processthreadsapi::ProcessIdToSessionId(n, out8.cast()); }
            55 => { processthreadsapi::CreateThread(In::at(b), 0, a | 1 << 63, 0, n, out8.cast()); }
            56 => { processthreadsapi::CreateProcessW(In::at(a | 1 << 63), in16, In::at(a), In::at(b), small, n, a, in16, In::at(b), out8.cast()); }
            57 => { processthreadsapi::GetExitCodeThread(Handle(b), out8.cast()); }
            58 => { token::GetTokenInformation(Handle(usize::MAX - 4), n % 30, a, (small as u32).wrapping_mul(8), out8.cast()); }
            59 => { securitybaseapi::IsValidSecurityDescriptor(b); securitybaseapi::GetSecurityDescriptorLength(b); }
            60 => { securitybaseapi::MakeSelfRelativeSD(b, a, out8.cast()); }
            61 => { securitybaseapi::MakeAbsoluteSD(b, a, out8.cast(), a, out8.cast(), a, out8.cast(), a, out8.cast(), a, out8.cast()); }
            62 => { securitybaseapi::InitializeAcl(a, n % 100, n % 6); securitybaseapi::AddAccessAllowedAce(a, 2, n, b); }
            63 => { securitybaseapi::DeleteAce(a, small as u32); securitybaseapi::GetAce(b, small as u32, out8.cast()); }
            64 => { securitybaseapi::CopySid(n % 100, a, b); securitybaseapi::GetSidSubAuthority(b, n); }
            65 => { securitybaseapi::AllocateAndInitializeSid(In::at(b), small as u8, n, n, n, n, n, n, n, n, out8.cast()); }
            66 => { securitybaseapi::SetSecurityDescriptorDacl(a, small, b, small); }
            67 => { securitybaseapi::GetKernelObjectSecurity(Handle(b), n, a, n, out8.cast()); }
            68 => { sddl::ConvertStringSecurityDescriptorToSecurityDescriptorW(in16, 1, out8.cast(), out8.cast()); }
            69 => { sddl::ConvertSecurityDescriptorToStringSecurityDescriptorA(b, 1, n, out8.cast(), out8.cast()); }
            70 => { sddl::ConvertStringSidToSidA(in8, out8.cast()); sddl::ConvertSidToStringSidW(b, out8.cast()); }
            71 => { aclapi::SetEntriesInAclW(small as u32, In::at(b), a, out8.cast()); aclapi::GetSecurityInfo(Handle(b), 6, n, out8.cast(), Out::null(), Out::null(), Out::null(), out8.cast()); }
            72 => { namespaceapi::AddSIDToBoundaryDescriptor(In::at(a), b); namespaceapi::OpenPrivateNamespaceW(b, in16); }
            73 => { native::NtCreateSection(out8.cast(), n, In::at(b), In::at(a), n & 0xff, n & 0xff00_0000, Handle(b)); }
            74 => { native::NtMapViewOfSection(Handle(b), Handle(usize::MAX), out8.cast(), 0, 0, out8.cast(), out8.cast(), n & 3, 0, n & 0xff); }
            75 => { native::NtQueryObject(Handle(b), n % 4, a, (small as u32).wrapping_mul(8), out8.cast()); }
            76 => { winbase::RegisterWaitForSingleObject(out8.cast(), Handle(b), a | 1 << 63, b, 0, n & 0xffff); }
            77 => { winbase::UnregisterWait(Handle(a)); threadpoollegacyapiset::UnregisterWaitEx(Handle(b), Handle(a)); }
            78 => { threadpoollegacyapiset::CreateTimerQueueTimer(out8.cast(), Handle(b), a | 1 << 63, b, n, n, n & 0xffff); }
            79 => { threadpoollegacyapiset::ChangeTimerQueueTimer(Handle(a), Handle(b), n, n); }
            80 => { threadpoollegacyapiset::DeleteTimerQueueTimer(Handle(a), Handle(b), Handle(a)); threadpoollegacyapiset::DeleteTimerQueueEx(Handle(b), Handle(a)); }
            81 => { threadpoollegacyapiset::QueueUserWorkItem(a | 1 << 63, b, n & 0xffff); }
            _ => { winuser::MessageBoxW(Handle(a), In::at(4), in16, n); } // a text that can't be read: no line is written
        }
        let errno = errno();
        prop_assert_eq!(errno as u32, GetLastError());
    }
}
