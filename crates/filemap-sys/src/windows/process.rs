//! Facts about processes.

// UNSAFETY: calls the Win32 functions that name processes.
#![expect(unsafe_code)]

use crate::SysError;
use crate::os::handle::owned;
use std::os::windows::io::{AsRawHandle, BorrowedHandle, OwnedHandle};
use windows_sys::Win32::Foundation::FILETIME;
use windows_sys::Win32::System::RemoteDesktop::ProcessIdToSessionId;
use windows_sys::Win32::System::Threading::{
    GetCurrentProcessId, GetCurrentThreadId, GetProcessTimes, OpenProcess, OpenThread,
    PROCESS_QUERY_LIMITED_INFORMATION, PROCESS_SET_QUOTA, PROCESS_SYNCHRONIZE, PROCESS_TERMINATE,
    THREAD_SYNCHRONIZE,
};

/// What a handle to a process is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum For {
    /// To wait for its end.
    Waiting,
    /// To ask for its times.
    Asking,
    /// To put it into a job.
    Assigning,
}

/// A handle to the process with this number. Source: win32 `OpenProcess`.
pub fn open(pid: u32, purpose: For) -> Result<OwnedHandle, SysError> {
    let access = match purpose {
        For::Waiting => PROCESS_SYNCHRONIZE,
        For::Asking => PROCESS_QUERY_LIMITED_INFORMATION,
        For::Assigning => PROCESS_SET_QUOTA | PROCESS_TERMINATE,
    };
    // SAFETY: no pointers.
    owned("OpenProcess", unsafe { OpenProcess(access, 0, pid) })
}

/// A handle to wait for the end of the thread with this number. Source: win32 `OpenThread`.
pub fn open_thread(tid: u32) -> Result<OwnedHandle, SysError> {
    // SAFETY: no pointers.
    owned("OpenThread", unsafe { OpenThread(THREAD_SYNCHRONIZE, 0, tid) })
}

/// Number of the calling thread. Source: win32 `GetCurrentThreadId`.
#[must_use]
pub fn thread_id() -> u32 {
    // SAFETY: asks for a number.
    unsafe { GetCurrentThreadId() }
}

/// When a process started, in 100-nanosecond steps since 1601; 0 if there is none, or it may not be asked.
/// Source: win32 `GetProcessTimes`.
#[must_use]
pub fn start_time(pid: u32) -> u64 {
    open(pid, For::Asking).map_or(0, |process| {
        use std::os::windows::io::AsHandle;
        started(process.as_handle())
    })
}

fn started(process: BorrowedHandle<'_>) -> u64 {
    let mut times = [FILETIME::default(); 4];
    let [made, gone, kernel, user] = &mut times;
    // SAFETY: an open handle and four places.
    let told = unsafe { GetProcessTimes(process.as_raw_handle(), made, gone, kernel, user) };
    match told {
        0 => 0,
        _ => u64::from(times[0].dwHighDateTime) << 32 | u64::from(times[0].dwLowDateTime),
    }
}

/// The session of this process. Source: win32 `ProcessIdToSessionId`.
#[must_use]
pub fn session() -> u32 {
    let mut session = 0;
    // SAFETY: a number and a place.
    match unsafe { ProcessIdToSessionId(GetCurrentProcessId(), &mut session) } {
        0 => 0,
        _ => session,
    }
}

/// Whether this is Wine and not Windows: its `ntdll` says its version.
#[must_use]
pub fn is_wine() -> bool {
    wine_version().is_some()
}

/// Wine's version, such as `8.0`. Source: Wine, "Developer's Guide", `wine_get_version`.
#[must_use]
pub fn wine_version() -> Option<String> {
    let ask = crate::os::lookup::wine_get_version()?;
    // SAFETY: the function takes nothing and returns a text that lives as long as the process.
    let version = unsafe { std::ffi::CStr::from_ptr(ask()) };
    Some(version.to_string_lossy().into_owned())
}

/// The version of the system: major, minor, build. Source: `RtlGetVersion`.
#[must_use]
pub fn system_version() -> (u32, u32, u32) {
    use windows_sys::Win32::System::SystemInformation::OSVERSIONINFOW;
    let mut told = OSVERSIONINFOW {
        dwOSVersionInfoSize: size_of::<OSVERSIONINFOW>() as u32,
        ..Default::default()
    };
    let Some(ask) = crate::os::lookup::rtl_get_version() else {
        return (0, 0, 0);
    };
    // SAFETY: fills the structure whose size it is told.
    unsafe { ask(&mut told) };
    (told.dwMajorVersion, told.dwMinorVersion, told.dwBuildNumber)
}
