//! Sleeping on a word of this process until another thread wakes it: futex(2) with its groups of sleepers.

// UNSAFETY: raw system calls on addresses of words.
#![expect(unsafe_code)]

use std::sync::atomic::AtomicU32;
use std::time::Duration;

/// Every sleeper, whichever group.
pub(crate) const EVERYBODY: u32 = u32::MAX;

/// A moment on the monotonic clock, in nanoseconds; `None` is never.
pub(crate) type Until = Option<u64>;

/// So many milliseconds from now; `INFINITE` is never.
pub(crate) fn after(milliseconds: u32) -> Until {
    match milliseconds {
        u32::MAX => None,
        _ => Some(filemap_sys::os::futex::now(false) + u64::from(milliseconds) * 1_000_000),
    }
}

/// Sleeps while the word has the value; `false` if the time is over. It may also end for no reason. `group` has one bit or several.
/// Source: futex(2), `FUTEX_WAIT_BITSET`.
pub(crate) fn sleep(word: *const AtomicU32, value: u32, group: u32, until: Until) -> bool {
    let until = until.map(Duration::from_nanos).map(|at| libc::timespec {
        tv_sec: at.as_secs() as libc::time_t,
        tv_nsec: at.subsec_nanos().into(),
    });
    let until = until.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    // SAFETY: the kernel checks the address, which it reads only; `until` is NULL or a moment that outlives the call.
    let slept = unsafe {
        libc::syscall(
            libc::SYS_futex,
            word,
            libc::FUTEX_WAIT_BITSET | libc::FUTEX_PRIVATE_FLAG,
            value,
            until,
            std::ptr::null::<u32>(),
            group,
        )
    };
    slept == 0 || std::io::Error::last_os_error().raw_os_error() != Some(libc::ETIMEDOUT)
}

/// Wakes at most `count` of the sleepers whose group has one of the bits; how many these were. The word may be gone: then there are none, or
/// sleepers of what is there now wake for no reason. Source: futex(2), `FUTEX_WAKE_BITSET`.
pub(crate) fn wake(word: *const AtomicU32, count: u32, group: u32) -> u32 {
    // SAFETY: the kernel takes the address for a number.
    let woken = unsafe {
        libc::syscall(
            libc::SYS_futex,
            word,
            libc::FUTEX_WAKE_BITSET | libc::FUTEX_PRIVATE_FLAG,
            count.min(i32::MAX as u32),
            std::ptr::null::<libc::timespec>(),
            std::ptr::null::<u32>(),
            group,
        )
    };
    woken.max(0) as u32
}
