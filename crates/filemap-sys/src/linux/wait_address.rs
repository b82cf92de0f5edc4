//! Sleeping on a word of shared memory by its address (`WaitOnAddress`, across processes).

// UNSAFETY: futex(2) on raw addresses.
#![expect(unsafe_code)]

use crate::SysError;
use std::time::Duration;

/// Sleeps while the 32-bit word at `address` is `expected`, at most for `limit`. Wakes up now and then without a reason.
///
/// A read-only mapping will do. Errors: EFAULT if nothing is mapped there, EINVAL for a misaligned address.
/// Source: futex(2), `FUTEX_WAIT`.
pub fn wait(address: usize, expected: u32, limit: Duration) -> Result<(), SysError> {
    let limit = libc::timespec {
        tv_sec: limit.as_secs().min(1 << 30) as _,
        tv_nsec: limit.subsec_nanos() as _,
    };
    // SAFETY: the kernel checks the address itself and only reads there; `limit` outlives the call.
    let result = unsafe {
        libc::syscall(
            libc::SYS_futex,
            address,
            libc::FUTEX_WAIT,
            expected,
            std::ptr::from_ref(&limit),
        )
    };
    match result {
        0 => Ok(()),
        _ => match SysError::last("futex(FUTEX_WAIT)") {
            e if matches!(e.errno, libc::EAGAIN | libc::EINTR | libc::ETIMEDOUT) => Ok(()),
            e => Err(e),
        },
    }
}

/// Wakes everybody, in any process, who sleeps on the word at `address`. Errors: EFAULT. Source: futex(2), `FUTEX_WAKE`.
pub fn wake_all(address: usize) -> Result<(), SysError> {
    // SAFETY: the kernel checks the address; waking changes no memory.
    let result = unsafe { libc::syscall(libc::SYS_futex, address, libc::FUTEX_WAKE, i32::MAX) };
    match result {
        0.. => Ok(()),
        _ => Err(SysError::last("futex(FUTEX_WAKE)")),
    }
}
