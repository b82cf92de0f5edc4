//! Descriptors that the parent process left to this one under a number it told us.

// UNSAFETY: takes ownership of a descriptor by its number.
#![expect(unsafe_code)]

use crate::SysError;
use std::fs::File;
use std::os::fd::{AsFd, FromRawFd, OwnedFd, RawFd};
use std::sync::{Mutex, PoisonError};

/// Takes over descriptor `number`, which the parent left open for this process: closing the result closes it, and no child
/// inherits it. Of 0, 1 and 2, which belong to the whole process, a copy is taken, and `/dev/null` takes their place.
///
/// For the start of a program, with a number from its command line. Errors: EBADF if nothing is open there, or if this
/// process opened it itself. Source: fcntl(2), F_GETFD.
pub fn take(number: RawFd) -> Result<OwnedFd, SysError> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let dup = SysError::of("dup");
    match number {
        0 => rustix::io::fcntl_dupfd_cloexec(std::io::stdin(), 3).map_err(dup),
        1 => rustix::io::fcntl_dupfd_cloexec(std::io::stdout(), 3).map_err(dup),
        2 => rustix::io::fcntl_dupfd_cloexec(std::io::stderr(), 3).map_err(dup),
        _ => return take_other(number),
    }
    .and_then(|copy| {
        let null = File::options().read(true).write(true).open("/dev/null");
        let null = null.map_err(SysError::of("open(/dev/null)"))?;
        match number {
            0 => rustix::stdio::dup2_stdin(null.as_fd()),
            1 => rustix::stdio::dup2_stdout(null.as_fd()),
            _ => rustix::stdio::dup2_stderr(null.as_fd()),
        }
        .map_err(SysError::of("dup2"))?;
        Ok(copy)
    })
}

fn take_other(number: RawFd) -> Result<OwnedFd, SysError> {
    let not_ours = SysError {
        call: "fcntl(F_GETFD)",
        errno: libc::EBADF,
    };
    // SAFETY: F_GETFD reads a flag of any number, also of one that is no descriptor (EBADF).
    let flags = unsafe { libc::fcntl(number, libc::F_GETFD) };
    // The standard library and this crate open everything close-on-exec, so a descriptor with that flag has an owner in
    // this process already; so has one that was taken before.
    if flags == -1 || flags & libc::FD_CLOEXEC != 0 {
        return Err(not_ours);
    }
    // SAFETY: open (checked) and owned by nobody: it came through exec, since what this process opens is close-on-exec
    // (inheritable handles are made so later than the start of a program, which is when this may be called), and it was not
    // taken before, since the flag is set below while the lock is held.
    let file = unsafe { OwnedFd::from_raw_fd(number) };
    rustix::io::fcntl_setfd(&file, rustix::io::FdFlags::CLOEXEC).map_err(SysError::of("fcntl(F_SETFD)"))?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsRawFd;

    #[test]
    fn what_this_process_opened_and_what_is_not_open_is_refused() {
        let own = File::open("/dev/null").unwrap();
        assert_eq!(take(own.as_raw_fd()).unwrap_err().errno, libc::EBADF);
        assert_eq!(take(RawFd::MAX).unwrap_err().errno, libc::EBADF);
        assert_eq!(take(-1).unwrap_err().errno, libc::EBADF);
    }
}
