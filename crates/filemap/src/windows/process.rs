//! Waiting for the end of a process.

use crate::refusal;
use crate::sync::wait::{Wait, Waitable, wait_for};
use filemap_core::error::{Error, Op, Why};
use filemap_sys::os::process::{self, For};
use filemap_sys::os::sync::WaitRef;
use std::os::windows::io::{AsHandle, BorrowedHandle, OwnedHandle};
use std::time::Duration;

/// A process to wait for: signalled when it has ended, by whatever cause. Source: win32 `OpenProcess`.
#[derive(Debug)]
pub struct ProcessHandle {
    pid: u32,
    process: OwnedHandle,
}

impl ProcessHandle {
    /// The process with this number.
    ///
    /// # Errors
    /// `ERROR_INVALID_PARAMETER` (87) if there is none.
    pub fn open(pid: u32) -> Result<ProcessHandle, Error> {
        let nobody = Why::Argument {
            what: format!("there is no process {pid}"),
        };
        let process = process::open(pid, For::Waiting)
            .map_err(|e| refusal::explained(Op::Open("process"), &pid.to_string(), e, Some(nobody)))?;
        Ok(ProcessHandle { pid, process })
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
        Ok(WaitRef::Handle(self.process.as_handle()))
    }
}

impl Waitable for BorrowedHandle<'_> {
    fn wait_ref(&self) -> Result<WaitRef<'_>, Error> {
        Ok(WaitRef::Handle(*self))
    }
}
