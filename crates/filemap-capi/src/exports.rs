//! Every exported function: what `GetProcAddress` finds, and what tests compare with the headers and with the library's own symbols.

/// An exported function.
#[derive(Debug)]
pub struct Export {
    /// Its name.
    pub name: &'static str,
    /// Gives its address.
    pub address: fn() -> usize,
}

macro_rules! exports {
    ($($module:ident: $($name:ident)*;)*) => {
        /// The list. One line per module, as in the headers.
        pub const EXPORTS: &[Export] = &[$($(
            Export { name: stringify!($name), address: || (crate::$module::$name as *const ()).addr() },
        )*)*];
    };
}

exports! {
    aclapi: GetSecurityInfo SetEntriesInAclA SetEntriesInAclW SetSecurityInfo;
    conio: _cputs _getch _getche _kbhit _putch _ungetch;
    crt: fm_i64toa fm_i64tow fm_iswalnum fm_iswalpha fm_iswcntrl fm_iswdigit fm_iswlower fm_iswprint
        fm_iswpunct fm_iswspace fm_iswupper fm_iswxdigit fm_itoa fm_itow fm_towlower fm_towupper fm_wcscat
        fm_wcscat_s fm_wcschr fm_wcscmp fm_wcscpy fm_wcscpy_s fm_wcscspn fm_wcsdup fm_wcsicmp fm_wcslen
        fm_wcslwr fm_wcsncat fm_wcsncat_s fm_wcsncmp fm_wcsncpy fm_wcsncpy_s fm_wcsnicmp fm_wcsnlen fm_wcspbrk
        fm_wcsrchr fm_wcsrev fm_wcsspn fm_wcsstr fm_wcstod fm_wcstok fm_wcstok_s fm_wcstol fm_wcstoll
        fm_wcstoul fm_wcstoull fm_wcsupr fm_wtof fm_wtoi fm_wtoi64;
    errhandlingapi: GetErrorMode GetLastError SetErrorMode SetLastError;
    fileapi: CreateFileA CreateFileForMappingA CreateFileForMappingW CreateFileW CreatePipe DeleteFileA
        DeleteFileW FlushFileBuffers GetFileAttributesA GetFileAttributesW GetFileSize GetFileSizeEx
        GetFileType GetTempFileNameA GetTempFileNameW GetTempPathA GetTempPathW LockFile LockFileEx ReadFile
        SetEndOfFile SetFilePointer SetFilePointerEx UnlockFile UnlockFileEx WriteFile;
    handleapi: CloseHandle CompareObjectHandles DuplicateHandle GetHandleInformation SetHandleInformation;
    heap: GetProcessHeap GlobalAlloc GlobalFree GlobalLock GlobalSize GlobalUnlock HeapAlloc HeapFree
        HeapReAlloc HeapSize LocalAlloc LocalFree LocalLock LocalSize LocalUnlock;
    init_once: InitOnceBeginInitialize InitOnceComplete InitOnceExecuteOnce InitOnceInitialize;
    interlocked: InterlockedCompareExchange InterlockedCompareExchange64 InterlockedCompareExchangePointer
        InterlockedDecrement InterlockedDecrement64 InterlockedExchange InterlockedExchange64
        InterlockedExchangeAdd InterlockedExchangeAdd64 InterlockedExchangePointer InterlockedIncrement
        InterlockedIncrement64;
    interlockedapi: InitializeSListHead InterlockedFlushSList InterlockedPopEntrySList InterlockedPushEntrySList
        InterlockedPushListSListEx QueryDepthSList RtlFirstEntrySList;
    jobapi: AssignProcessToJobObject IsProcessInJob TerminateJobObject;
    libloaderapi: FreeLibrary GetModuleFileNameA GetModuleFileNameW GetModuleHandleA GetModuleHandleW
        GetProcAddress LoadLibraryA LoadLibraryExA LoadLibraryExW LoadLibraryW;
    memoryapi: CreateFileMapping2 CreateFileMappingA CreateFileMappingFromApp CreateFileMappingNumaA
        CreateFileMappingNumaW CreateFileMappingW FlushViewOfFile GetLargePageMinimum MapViewOfFile
        MapViewOfFile3 MapViewOfFile3FromApp MapViewOfFileEx MapViewOfFileExNuma MapViewOfFileFromApp
        MapViewOfFileNuma2 OpenFileMappingA OpenFileMappingFromApp OpenFileMappingW UnmapViewOfFile
        UnmapViewOfFile2 UnmapViewOfFileEx;
    namespaceapi: AddIntegrityLabelToBoundaryDescriptor AddSIDToBoundaryDescriptor ClosePrivateNamespace
        CreateBoundaryDescriptorA CreateBoundaryDescriptorW CreatePrivateNamespaceA CreatePrivateNamespaceW
        DeleteBoundaryDescriptor OpenPrivateNamespaceA OpenPrivateNamespaceW;
    native: NtClose NtCreateEvent NtCreateMutant NtCreateSection NtCreateSemaphore NtMapViewOfSection
        NtOpenEvent NtOpenMutant NtOpenSection NtOpenSemaphore NtQueryObject NtQuerySection
        NtUnmapViewOfSection;
    process_start: GetCommandLineA GetCommandLineW filemap_winmain_line_a filemap_winmain_line_w fm_wargv
        fm_wenvp;
    processenv: GetCurrentDirectoryA GetCurrentDirectoryW GetEnvironmentVariableA GetEnvironmentVariableW
        GetStdHandle SetEnvironmentVariableA SetEnvironmentVariableW;
    processthreadsapi: CreateProcessA CreateProcessW CreateThread ExitProcess ExitThread GetCurrentProcess
        GetCurrentProcessId GetCurrentThread GetCurrentThreadId GetExitCodeProcess GetExitCodeThread
        GetProcessId GetStartupInfoA GetStartupInfoW GetThreadId OpenProcess ProcessIdToSessionId QueueUserAPC
        ResumeThread SwitchToThread TerminateProcess TlsAlloc TlsFree TlsGetValue TlsSetValue;
    rtl_memory: RtlCopyMemory RtlFillMemory RtlMoveMemory RtlZeroMemory;
    scan: fm_vfscanf fm_vsscanf;
    sddl: ConvertSecurityDescriptorToStringSecurityDescriptorA
        ConvertSecurityDescriptorToStringSecurityDescriptorW ConvertSidToStringSidA ConvertSidToStringSidW
        ConvertStringSecurityDescriptorToSecurityDescriptorA
        ConvertStringSecurityDescriptorToSecurityDescriptorW ConvertStringSidToSidA ConvertStringSidToSidW;
    securitybaseapi: AddAccessAllowedAce AddAccessAllowedAceEx AddAccessDeniedAce AddAccessDeniedAceEx
        AddMandatoryAce AllocateAndInitializeSid CopySid CreateWellKnownSid DeleteAce EqualSid FreeSid GetAce
        GetAclInformation GetKernelObjectSecurity GetLengthSid GetSecurityDescriptorControl
        GetSecurityDescriptorDacl GetSecurityDescriptorGroup GetSecurityDescriptorLength
        GetSecurityDescriptorOwner GetSecurityDescriptorSacl GetSidIdentifierAuthority GetSidLengthRequired
        GetSidSubAuthority GetSidSubAuthorityCount InitializeAcl InitializeSecurityDescriptor InitializeSid
        IsValidAcl IsValidSecurityDescriptor IsValidSid IsWellKnownSid MakeAbsoluteSD MakeSelfRelativeSD
        SetKernelObjectSecurity SetSecurityDescriptorControl SetSecurityDescriptorDacl
        SetSecurityDescriptorGroup SetSecurityDescriptorOwner SetSecurityDescriptorSacl;
    slim_lock: AcquireSRWLockExclusive AcquireSRWLockShared InitializeConditionVariable InitializeSRWLock
        ReleaseSRWLockExclusive ReleaseSRWLockShared SleepConditionVariableCS SleepConditionVariableSRW
        TryAcquireSRWLockExclusive TryAcquireSRWLockShared WakeAllConditionVariable WakeConditionVariable;
    stdio: fm_fgetwc fm_fgetws fm_fputwc fm_fputws fm_putws fm_vfprintf fm_vfwprintf
        fm_vscwprintf fm_vsnprintf fm_vsnprintf_whole
        fm_vsnwprintf fm_vsprintf_s fm_vswprintf fm_vswprintf_s fm_vwprintf fm_wfopen fm_wgetenv fm_wremove
        fm_wrename fm_wsystem wvsprintfA wvsprintfW;
    stringapiset: GetACP GetOEMCP IsValidCodePage MultiByteToWideChar WideCharToMultiByte;
    sync_calls: CancelWaitableTimer CreateEventA CreateEventExA CreateEventExW CreateEventW CreateJobObjectA
        CreateJobObjectW CreateMutexA CreateMutexExA CreateMutexExW CreateMutexW CreateSemaphoreA
        CreateSemaphoreExA CreateSemaphoreExW CreateSemaphoreW CreateWaitableTimerA CreateWaitableTimerExA
        CreateWaitableTimerExW CreateWaitableTimerW OpenEventA OpenEventW OpenJobObjectA OpenJobObjectW
        OpenMutexA OpenMutexW OpenSemaphoreA OpenSemaphoreW OpenWaitableTimerA OpenWaitableTimerW PulseEvent
        ReleaseMutex ReleaseSemaphore ResetEvent SetEvent SetWaitableTimer SetWaitableTimerEx;
    synchapi: DeleteCriticalSection EnterCriticalSection InitializeCriticalSection
        InitializeCriticalSectionAndSpinCount InitializeCriticalSectionEx LeaveCriticalSection
        MsgWaitForMultipleObjects MsgWaitForMultipleObjectsEx SetCriticalSectionSpinCount SignalObjectAndWait Sleep SleepEx TryEnterCriticalSection WaitForMultipleObjects
        WaitForMultipleObjectsEx WaitForSingleObject WaitForSingleObjectEx;
    sysinfoapi: GetLocalTime GetNativeSystemInfo GetSystemInfo GetSystemTime GetSystemTimeAsFileTime
        GetSystemTimePreciseAsFileTime GetTickCount GetTickCount64 GlobalMemoryStatusEx
        QueryPerformanceCounter QueryPerformanceFrequency;
    threadpoollegacyapiset: ChangeTimerQueueTimer CreateTimerQueue CreateTimerQueueTimer DeleteTimerQueue
        DeleteTimerQueueEx DeleteTimerQueueTimer QueueUserWorkItem UnregisterWaitEx;
    token: GetTokenInformation OpenProcessToken;
    virtual_memory: ReadProcessMemory VirtualAlloc VirtualAlloc2 VirtualAllocEx VirtualFree VirtualFreeEx
        VirtualLock VirtualProtect VirtualProtectEx VirtualQuery VirtualQueryEx VirtualUnlock
        WriteProcessMemory;
    wait_on_address: WaitOnAddress WakeByAddressAll WakeByAddressSingle;
    winbase: FormatMessageA FormatMessageW IsBadCodePtr IsBadReadPtr IsBadStringPtrA IsBadStringPtrW
        IsBadWritePtr RegisterWaitForSingleObject UnregisterWait lstrcatA lstrcatW lstrcmpA lstrcmpW lstrcmpiA lstrcmpiW lstrcpyA lstrcpyW lstrcpynA
        lstrcpynW lstrlenA lstrlenW;
    winternl: RtlInitUnicodeString RtlNtStatusToDosError;
    winuser: MessageBoxA MessageBoxW;
}
