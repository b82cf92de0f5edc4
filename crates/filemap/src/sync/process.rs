//! Waiting for the end of a process.

use crate::refusal;
use crate::sync::wait::{Wait, Waitable, wait_for};
use filemap_core::error::{Error, Op};
use filemap_sys::SysError;
use filemap_sys::os::sync::WaitRef;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

/// A process to wait for: signalled when it has ended, by whatever cause. Source: win32 `OpenProcess`; pidfd_open(2).
///
/// ```
/// use filemap::{ProcessHandle, Wait};
/// let mut child = std::process::Command::new("true").spawn()?;
/// let process = ProcessHandle::open(child.id())?;
/// assert_eq!(process.wait(None)?, Wait::Object(0));
/// child.wait()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ProcessHandle {
    pid: u32,
    file: OwnedFd,
}

impl ProcessHandle {
    /// The process with this number.
    ///
    /// # Errors
    /// `ERROR_INVALID_PARAMETER` (87) if there is none.
    pub fn open(pid: u32) -> Result<ProcessHandle, Error> {
        let failed = |errno| {
            refusal::system(
                Op::Open("process"),
                &pid.to_string(),
                SysError {
                    call: "pidfd_open",
                    errno,
                },
            )
        };
        let number = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
        let number = number.ok_or_else(|| failed(libc::EINVAL))?;
        let file =
            rustix::process::pidfd_open(number, rustix::process::PidfdFlags::empty()).map_err(|e| {
                failed(if e.raw_os_error() == libc::ESRCH {
                    libc::EINVAL
                } else {
                    e.raw_os_error()
                })
            })?;
        Ok(ProcessHandle { pid, file })
    }

    /// Its number.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.pid
    }

    /// Waits until it has ended.
    ///
    /// # Errors
    /// System errors of the wait.
    pub fn wait(&self, timeout: Option<Duration>) -> Result<Wait, Error> {
        wait_for(self, timeout)
    }
}

impl Waitable for ProcessHandle {
    fn wait_ref(&self) -> Result<WaitRef<'_>, Error> {
        Ok(WaitRef::Fd(self.file.as_fd()))
    }
}

impl Waitable for BorrowedFd<'_> {
    fn wait_ref(&self) -> Result<WaitRef<'_>, Error> {
        Ok(WaitRef::Fd(*self))
    }
}
