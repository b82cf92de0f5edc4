//! Copies that the kernel makes for us: no signal at all, but a system call each (about 1.7 microseconds).
//!
//! For processors without [routines](super::copy), and for programs that must not have signal handlers. Source:
//! process_vm_readv(2), called for the own process, which needs no privilege; some sandboxes refuse it with EPERM.

// UNSAFETY: hands raw addresses to a system call.
#![expect(unsafe_code, reason = "system calls; argued at each block")]

use super::copy::{Fault, FaultKind};
use super::regions;
use super::routine::Access;

/// Copies `len` bytes from `src` into a view at `dst`.
///
/// # Errors
/// [`Fault`] at the first byte of a view that can't be reached; the bytes before it may have been copied.
///
/// # Safety
/// As for [`fault::copy_in`](super::copy_in), but no signal handler is needed.
pub unsafe fn copy_in(dst: *mut u8, src: *const u8, len: usize) -> Result<(), Fault> {
    let (mut done, mut opened) = (0, None);
    while done < len {
        let local = libc::iovec {
            iov_base: src.wrapping_add(done).cast_mut().cast(),
            iov_len: len - done,
        };
        let remote = libc::iovec {
            iov_base: dst.wrapping_add(done).cast(),
            iov_len: len - done,
        };
        // SAFETY: one iovec on each side, both initialised; the kernel checks the addresses; that they are bytes of
        // the caller and of a view is the caller's promise.
        let moved = unsafe { libc::process_vm_writev(libc::getpid(), &local, 1, &remote, 1, 0) };
        done += advance(moved, dst.addr() + done, Access::Write, &mut opened)?;
    }
    Ok(())
}

/// Copies `len` bytes out of a view at `src` into `dst`.
///
/// # Errors
/// [`Fault`] at the first byte of a view that can't be reached; the bytes before it may have been copied.
///
/// # Safety
/// As for [`fault::copy_out`](super::copy_out), but no signal handler is needed.
pub unsafe fn copy_out(dst: *mut u8, src: *const u8, len: usize) -> Result<(), Fault> {
    let (mut done, mut opened) = (0, None);
    while done < len {
        let local = libc::iovec {
            iov_base: dst.wrapping_add(done).cast(),
            iov_len: len - done,
        };
        let remote = libc::iovec {
            iov_base: src.wrapping_add(done).cast_mut().cast(),
            iov_len: len - done,
        };
        // SAFETY: as in `copy_in`.
        let moved = unsafe { libc::process_vm_readv(libc::getpid(), &local, 1, &remote, 1, 0) };
        done += advance(moved, src.addr() + done, Access::Read, &mut opened)?;
    }
    Ok(())
}

/// Sets `len` bytes of a view at `dst` to `value`.
///
/// # Errors
/// [`Fault`] at the first byte that can't be reached; the bytes before it may have been set.
///
/// # Safety
/// As for the `dst` of [`copy_in`].
pub unsafe fn fill(dst: *mut u8, value: u8, len: usize) -> Result<(), Fault> {
    let block = [value; 4096];
    let mut done = 0;
    while done < len {
        let step = block.len().min(len - done);
        // SAFETY: `step` bytes of `block`, and bytes of a view (the caller's promise).
        unsafe { copy_in(dst.wrapping_add(done), block.as_ptr(), step) }?;
        done += step;
    }
    Ok(())
}

/// Bytes moved. 0 asks for another try: the page at `address` has been committed in the meantime and is open now;
/// `opened` keeps that to one try per page.
fn advance(moved: isize, address: usize, access: Access, opened: &mut Option<usize>) -> Result<usize, Fault> {
    if moved > 0 {
        return Ok(moved.unsigned_abs());
    }
    let errno = if moved == 0 {
        libc::EFAULT
    } else {
        std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
    };
    if errno != libc::EFAULT {
        return Err(Fault {
            address,
            kind: FaultKind::Refused(errno),
        });
    }
    if opened.replace(address) != Some(address) && regions::open_committed(address, access) {
        return Ok(0);
    }
    Err(Fault {
        address,
        kind: FaultKind::Unknown,
    })
}
