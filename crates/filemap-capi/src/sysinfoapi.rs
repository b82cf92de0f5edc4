//! `sysinfoapi.h` and `profileapi.h`: the machine and its clocks.

// UNSAFETY: exported names; clock and system calls of the C library.
#![expect(unsafe_code)]

use crate::boundary::{Out, guard};
use crate::layout::{FILETIME, MEMORYSTATUSEX, SYSTEM_INFO, SYSTEMTIME};
use filemap_core::error::Win32Code;

/// Windows' granularity of addresses and offsets, in bytes (V-3).
pub const GRANULARITY: u32 = 65_536;

/// Seconds and nanoseconds of a clock.
fn clock(which: libc::clockid_t) -> (u64, u64) {
    let mut now = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `now` has room for the answer.
    unsafe { libc::clock_gettime(which, &raw mut now) };
    (now.tv_sec as u64, now.tv_nsec as u64)
}

fn milliseconds() -> u64 {
    let (s, ns) = clock(libc::CLOCK_BOOTTIME);
    s * 1000 + ns / 1_000_000
}

/// 100 ns steps since 1601, UTC.
#[must_use]
pub fn now() -> u64 {
    let (s, ns) = clock(libc::CLOCK_REALTIME);
    (s + 11_644_473_600) * 10_000_000 + ns / 100
}

fn page_size() -> u32 {
    // SAFETY: no preconditions.
    unsafe { libc::sysconf(libc::_SC_PAGESIZE) as u32 }
}

fn system_info() -> SYSTEM_INFO {
    // SAFETY: no preconditions.
    let processors = unsafe { libc::sysconf(libc::_SC_NPROCESSORS_ONLN) }.clamp(1, 64) as u32;
    SYSTEM_INFO {
        wProcessorArchitecture: if cfg!(target_arch = "x86_64") {
            9
        } else if cfg!(target_arch = "aarch64") {
            12
        } else {
            0xffff
        },
        wReserved: 0,
        dwPageSize: page_size(),
        lpMinimumApplicationAddress: 0x1_0000,
        lpMaximumApplicationAddress: 0x7fff_fffe_ffff,
        dwActiveProcessorMask: usize::MAX >> (64 - processors),
        dwNumberOfProcessors: processors,
        dwProcessorType: if cfg!(target_arch = "x86_64") { 8664 } else { 0 },
        dwAllocationGranularity: GRANULARITY,
        wProcessorLevel: 6,
        wProcessorRevision: 0,
    }
}

/// See `sysinfoapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetSystemInfo(info: Out<SYSTEM_INFO>) {
    guard((), || info.write(&system_info()));
}

/// See `sysinfoapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetNativeSystemInfo(info: Out<SYSTEM_INFO>) {
    guard((), || info.write(&system_info()));
}

/// See `sysinfoapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GlobalMemoryStatusEx(status: Out<MEMORYSTATUSEX>) -> i32 {
    guard(0, || {
        let mut answer = status.as_in().read()?;
        if answer.dwLength as usize != size_of::<MEMORYSTATUSEX>() {
            return Err(Win32Code::INVALID_PARAMETER);
        }
        let text = std::fs::read_to_string("/proc/meminfo").map_err(|_| Win32Code::GEN_FAILURE)?;
        let bytes = |key: &str| -> u64 {
            let line = text
                .lines()
                .find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
            line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok())
                .unwrap_or(0)
                * 1024
        };
        answer.ullTotalPhys = bytes("MemTotal");
        answer.ullAvailPhys = bytes("MemAvailable");
        answer.ullTotalPageFile = answer.ullTotalPhys + bytes("SwapTotal");
        answer.ullAvailPageFile = answer.ullAvailPhys + bytes("SwapFree");
        answer.ullTotalVirtual = 0x7fff_fffe_0000;
        answer.ullAvailVirtual = answer.ullTotalVirtual.saturating_sub(bytes("Committed_AS"));
        answer.ullAvailExtendedVirtual = 0;
        let used = answer.ullTotalPhys.saturating_sub(answer.ullAvailPhys);
        answer.dwMemoryLoad = (used * 100 / answer.ullTotalPhys.max(1)) as u32;
        status.write(&answer)?;
        Ok(1)
    })
}

/// See `sysinfoapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetTickCount() -> u32 {
    guard(0, || Ok(milliseconds() as u32))
}

/// See `sysinfoapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetTickCount64() -> u64 {
    guard(0, || Ok(milliseconds()))
}

fn filetime() -> FILETIME {
    let now = now();
    FILETIME {
        dwLowDateTime: now as u32,
        dwHighDateTime: (now >> 32) as u32,
    }
}

/// See `sysinfoapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetSystemTimeAsFileTime(time: Out<FILETIME>) {
    guard((), || time.write(&filetime()));
}

/// See `sysinfoapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetSystemTimePreciseAsFileTime(time: Out<FILETIME>) {
    guard((), || time.write(&filetime()));
}

fn broken_down(local: bool) -> SYSTEMTIME {
    let (s, ns) = clock(libc::CLOCK_REALTIME);
    let s = s as libc::time_t;
    // SAFETY: a tm is plain numbers and a pointer that may be null; the functions fill it from `s`.
    let tm = unsafe {
        let mut tm: libc::tm = std::mem::zeroed();
        if local {
            libc::localtime_r(&raw const s, &raw mut tm)
        } else {
            libc::gmtime_r(&raw const s, &raw mut tm)
        };
        tm
    };
    SYSTEMTIME {
        wYear: (tm.tm_year + 1900) as u16,
        wMonth: (tm.tm_mon + 1) as u16,
        wDayOfWeek: tm.tm_wday as u16,
        wDay: tm.tm_mday as u16,
        wHour: tm.tm_hour as u16,
        wMinute: tm.tm_min as u16,
        wSecond: tm.tm_sec as u16,
        wMilliseconds: (ns / 1_000_000) as u16,
    }
}

/// See `sysinfoapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetSystemTime(time: Out<SYSTEMTIME>) {
    guard((), || time.write(&broken_down(false)));
}

/// See `sysinfoapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetLocalTime(time: Out<SYSTEMTIME>) {
    guard((), || time.write(&broken_down(true)));
}

/// See `profileapi.h`. The ticks are 100 ns, as on Windows 10.
#[unsafe(no_mangle)]
pub extern "C" fn QueryPerformanceCounter(count: Out<i64>) -> i32 {
    guard(0, || {
        let (s, ns) = clock(libc::CLOCK_MONOTONIC);
        count.write(&((s * 10_000_000 + ns / 100) as i64))?;
        Ok(1)
    })
}

/// See `profileapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn QueryPerformanceFrequency(frequency: Out<i64>) -> i32 {
    guard(0, || {
        frequency.write(&10_000_000)?;
        Ok(1)
    })
}
