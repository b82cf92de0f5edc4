//! Every exported function with words that mean anything and nothing: wild, unaligned and read-only addresses, handles that are open,
//! closed, of the wrong kind, numbers. The process lives, and `errno` is the last error after each call.

// UNSAFETY: calls C functions by address with more and other arguments than they take, on purpose.
#![expect(unsafe_code)]

use filemap_c::boundary::{In, Out};
use filemap_c::errhandlingapi::{GetLastError, SetLastError};
use filemap_c::exports::EXPORTS;
use filemap_c::handle_table::Handle;
use filemap_c::{fileapi, handleapi, memoryapi, processthreadsapi, sync_calls};

/// Functions that are not called, each with the reason.
const LEFT_OUT: &[(&str, &str)] = &[
    ("ExitProcess", "ends the process"),
    ("ExitThread", "ends the thread"),
    ("TerminateProcess", "ends the process"),
    ("TerminateJobObject", "the process may have become a member"),
    ("CreateThread", "runs what is at an address"),
    ("QueueUserAPC", "runs what is at an address"),
    ("QueueUserWorkItem", "runs what is at an address"),
    ("RegisterWaitForSingleObject", "runs what is at an address"),
    ("CreateTimerQueueTimer", "runs what is at an address"),
    ("CreatePipe", "a read of an empty pipe waits"),
    ("GetStdHandle", "a read of standard input waits"),
    ("wvsprintfA", "va_list: the C library's contract"),
    ("wvsprintfW", "va_list: the C library's contract"),
];

/// Beginnings of names of functions whose pointers are the caller's promise, as on Windows.
const BY_CONTRACT: &[&str] = &[
    "fm_",
    "_",
    "Interlocked",
    "RtlCopyMemory",
    "RtlMoveMemory",
    "RtlFillMemory",
    "RtlZeroMemory",
    "InitializeCriticalSection",
    "EnterCriticalSection",
    "LeaveCriticalSection",
    "TryEnterCriticalSection",
    "DeleteCriticalSection",
    "SetCriticalSectionSpinCount",
    "InitializeSListHead",
    "QueryDepthSList",
    "RtlFirstEntrySList",
    "InitializeSRWLock",
    "AcquireSRWLock",
    "ReleaseSRWLock",
    "TryAcquireSRWLock",
    "InitializeConditionVariable",
    "SleepConditionVariable",
    "WakeConditionVariable",
    "WakeAllConditionVariable",
    "InitOnce",
];

/// Bits that an argument is left with, and bits that it gets: no waiting, no gigabytes, no files made, no code at wild addresses.
const TAMED: &[(&str, usize, usize, usize)] = &[
    ("Sleep", 0, 0, 0),
    ("SleepEx", 0, 0, 0),
    ("WaitForSingleObject", 1, 0, 0),
    ("WaitForSingleObjectEx", 1, 0, 0),
    ("WaitForMultipleObjects", 3, 0, 0),
    ("WaitForMultipleObjectsEx", 3, 0, 0),
    ("MsgWaitForMultipleObjects", 3, 0, 0),
    ("MsgWaitForMultipleObjectsEx", 2, 0, 0),
    ("SignalObjectAndWait", 2, 0, 0),
    ("WaitOnAddress", 3, 0, 0),
    ("SetWaitableTimer", 3, 0, 0),
    ("SetWaitableTimerEx", 3, 0, 0),
    ("LockFileEx", 1, !0, 1),
    ("CreateFileMappingA", 3, 0, 0),
    ("CreateFileMappingA", 4, 0xf_ffff, 0),
    ("CreateFileMappingW", 3, 0, 0),
    ("CreateFileMappingW", 4, 0xf_ffff, 0),
    ("CreateFileMappingNumaA", 3, 0, 0),
    ("CreateFileMappingNumaA", 4, 0xf_ffff, 0),
    ("CreateFileMappingNumaW", 3, 0, 0),
    ("CreateFileMappingNumaW", 4, 0xf_ffff, 0),
    ("CreateFileMappingFromApp", 3, 0xf_ffff, 0),
    ("CreateFileMapping2", 5, 0xf_ffff, 0),
    ("NtCreateSection", 3, !0, 1 << 63),
    ("VirtualAlloc", 1, 0xf_ffff, 0),
    ("VirtualAllocEx", 2, 0xf_ffff, 0),
    ("VirtualAlloc2", 2, 0xf_ffff, 0),
    ("VirtualProtect", 0, !0, 1 << 63), // this test's own pages
    ("VirtualProtectEx", 1, !0, 1 << 63),
    ("LocalAlloc", 1, 0xf_ffff, 0),
    ("GlobalAlloc", 1, 0xf_ffff, 0),
    ("HeapAlloc", 2, 0xf_ffff, 0),
    ("HeapReAlloc", 3, 0xf_ffff, 0),
    ("CreateFileA", 4, 0, 3),
    ("CreateFileW", 4, 0, 3),
    ("CreateFileForMappingA", 4, 0, 3),
    ("CreateFileForMappingW", 4, 0, 3),
    ("CreateProcessA", 0, !0, 1 << 63),
    ("CreateProcessW", 0, !0, 1 << 63),
    ("OpenProcess", 2, !0, 1 << 30),
    ("MessageBoxA", 1, 0, 4),
    ("MessageBoxW", 1, 0, 4),
    ("SetEnvironmentVariableA", 0, 0, 4),
    ("SetEnvironmentVariableW", 0, 0, 4),
];

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
}

/// A page that can be written; the one before it can only be read, the one behind it not be touched.
fn pages() -> usize {
    // SAFETY: a fresh mapping of three pages that nothing else knows.
    unsafe {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        let base = libc::mmap(std::ptr::null_mut(), 12_288, libc::PROT_READ, flags, -1, 0);
        assert_ne!(base, libc::MAP_FAILED);
        let middle = base.byte_add(4096);
        assert_eq!(
            libc::mprotect(middle, 4096, libc::PROT_READ | libc::PROT_WRITE),
            0
        );
        assert_eq!(libc::mprotect(middle.byte_add(4096), 4096, libc::PROT_NONE), 0);
        middle.addr()
    }
}

/// Open handles of every kind, and views.
fn things(file: &std::path::Path) -> Vec<usize> {
    let none = In::at(0);
    let mapping = memoryapi::CreateFileMappingA(Handle(usize::MAX), In::at(0), 4, 0, 0x2_0000, none);
    let reserved =
        memoryapi::CreateFileMappingA(Handle(usize::MAX), In::at(0), 0x0400_0004, 0, 0x2_0000, none);
    let view = |mapping| memoryapi::MapViewOfFile(mapping, 2, 0, 0, 0);
    let path: Vec<u8> = [file.as_os_str().as_encoded_bytes(), b"\0"].concat();
    let file = fileapi::CreateFileA(
        In::at(path.as_ptr().addr()),
        0xc000_0000,
        7,
        In::at(0),
        4,
        0,
        Handle(0),
    );
    let closed = sync_calls::CreateEventA(In::at(0), 0, 0, none);
    handleapi::CloseHandle(closed);
    let mut token = 0_usize;
    // SAFETY: a local that outlives the call.
    let out = unsafe { Out::<usize>::at((&raw mut token).addr()) };
    processthreadsapi::OpenProcess(0x1f_ffff, 0, std::process::id());
    assert_ne!(
        filemap_c::token::OpenProcessToken(Handle(usize::MAX), 8, out.cast()),
        0
    );
    let all = [
        mapping,
        reserved,
        file,
        closed,
        Handle(token),
        sync_calls::CreateEventA(In::at(0), 1, 1, none),
        sync_calls::CreateMutexA(In::at(0), 0, none),
        sync_calls::CreateSemaphoreA(In::at(0), 1, 2, none),
        sync_calls::CreateWaitableTimerA(In::at(0), 1, none),
        sync_calls::CreateJobObjectA(In::at(0), none),
    ];
    let mut numbers: Vec<usize> = all.iter().map(|handle| handle.0).collect();
    numbers.extend([view(mapping), view(reserved)]);
    numbers
}

type Twelve = extern "C" fn(
    usize,
    usize,
    usize,
    usize,
    usize,
    usize,
    usize,
    usize,
    usize,
    usize,
    usize,
    usize,
) -> usize;

#[test]
fn no_exported_function_crashes_for_any_words_and_errno_is_the_last_error() {
    let _watchdog = filemap_testing::watchdog!();
    let names = filemap_testing::private_root();
    let dir = tempfile::tempdir().unwrap();
    std::env::set_current_dir(dir.path()).unwrap();
    // SAFETY: the only test of this file, and nothing has looked at the environment yet.
    unsafe { std::env::set_var("FILEMAP_ROOT", names.path()) };
    let seed = std::env::var("FILEMAP_SEED").map_or(1, |seed| seed.parse().unwrap());
    let rounds = std::env::var("FILEMAP_ROUNDS").map_or(60, |rounds| rounds.parse().unwrap());
    let trace = std::env::var_os("FILEMAP_TRACE").is_some();
    let page = pages();
    let mut random = Random(seed);
    let functions: Vec<_> = EXPORTS
        .iter()
        .filter(|export| !LEFT_OUT.iter().any(|(name, _)| *name == export.name))
        .filter(|export| !BY_CONTRACT.iter().any(|start| export.name.starts_with(start)))
        .collect();
    assert!(functions.len() > 250, "{}", functions.len());
    for (name, _) in LEFT_OUT {
        assert!(EXPORTS.iter().any(|export| export.name == *name), "{name}");
    }
    for (name, ..) in TAMED {
        assert!(functions.iter().any(|export| export.name == *name), "{name}");
    }
    for _ in 0..rounds {
        let things = things(&dir.path().join("file"));
        for export in &functions {
            let fill: Vec<u8> = (0..512)
                .map(|_| random.next() as u8 & if random.below(3) == 0 { 0 } else { 0x7f })
                .collect();
            // SAFETY: the page made for this.
            unsafe { Out::<u8>::at(page) }.write_many(&fill).unwrap();
            let mut words = [0; 12];
            for word in &mut words {
                *word = match random.below(12) {
                    0 => 0,
                    1 => random.below(64),
                    2 => random.next() as usize | 1 << 63,
                    3 | 4 => page + random.below(512),
                    5 => page + 4090 + random.below(12),
                    6 => page - 1 - random.below(64),
                    7 => usize::MAX - random.below(8),
                    8 => random.next() as u32 as usize,
                    9 => 1 << random.below(32),
                    _ => things[random.below(things.len())] + random.below(2) * random.below(5),
                };
            }
            for (_, at, keep, add) in TAMED.iter().filter(|(name, ..)| *name == export.name) {
                words[*at] = words[*at] & keep | add;
            }
            if trace {
                eprintln!("{}({words:x?})", export.name);
            }
            // SAFETY: a function of the C calling convention takes its arguments from the registers and places where twelve words
            // lie, and leaves the others alone. What the words mean is the test.
            let function: Twelve = unsafe { std::mem::transmute((export.address)()) };
            SetLastError(77_777);
            let [a, b, c, d, e, f, g, h, i, j, k, l] = words;
            function(a, b, c, d, e, f, g, h, i, j, k, l);
            let errno = std::io::Error::last_os_error().raw_os_error().unwrap_or(0) as u32;
            assert_eq!(errno, GetLastError(), "errno after {}({words:x?})", export.name);
        }
        // What the calls have left open would hide the next round's mistakes.
        for number in (4..4096).step_by(4) {
            handleapi::CloseHandle(Handle(number));
        }
    }
    std::env::set_current_dir("/").unwrap();
}
