//! Waiting for the end of a thread.

use crate::refusal;
use crate::sync::wait::{Wait, Waitable, wait_for};
use filemap_core::error::{Error, Op, Why};
use filemap_sys::SysError;
use filemap_sys::os::process;
use filemap_sys::os::sync::WaitRef;
use std::os::windows::io::{AsHandle, OwnedHandle};
use std::sync::mpsc;
use std::time::Duration;

/// A thread to wait for: signalled when it has ended, by return, panic or the end of its process. The mutexes that it
/// owned are abandoned by then. Source: win32 `OpenThread`.
#[doc(alias = "OpenThread")]
#[derive(Debug)]
pub struct ThreadHandle {
    tid: u32,
    thread: OwnedHandle,
}

impl ThreadHandle {
    /// The thread with this number, of any process.
    ///
    /// # Errors
    /// `ERROR_INVALID_PARAMETER` (87) if there is none.
    pub fn open(tid: u32) -> Result<ThreadHandle, Error> {
        let nobody = Why::Argument {
            what: format!("there is no thread {tid}"),
        };
        let thread = process::open_thread(tid)
            .map_err(|e| refusal::explained(Op::Open("thread"), &tid.to_string(), e, Some(nobody)))?;
        Ok(ThreadHandle { tid, thread })
    }

    /// The calling thread.
    ///
    /// # Errors
    /// As [`ThreadHandle::open`].
    #[doc(alias = "GetCurrentThread")]
    pub fn current() -> Result<ThreadHandle, Error> {
        ThreadHandle::open(process::thread_id())
    }

    /// Its number (`GetThreadId`).
    #[must_use]
    pub fn id(&self) -> u32 {
        self.tid
    }

    /// Waits until it has ended.
    ///
    /// # Errors
    /// System errors of the wait.
    pub fn wait(&self, timeout: Option<Duration>) -> Result<Wait, Error> {
        wait_for(self, timeout)
    }
}

impl Waitable for ThreadHandle {
    fn wait_ref(&self) -> Result<WaitRef<'_>, Error> {
        Ok(WaitRef::Handle(self.thread.as_handle()))
    }
}

/// A thread that can be joined, and waited for together with objects; made by [`spawn`].
#[derive(Debug)]
pub struct JoinHandle<T> {
    /// `None` is only given by a thread for which `spawn` has failed.
    thread: std::thread::JoinHandle<Option<T>>,
    handle: ThreadHandle,
}

impl<T> JoinHandle<T> {
    /// The thread's result; waits for its end.
    ///
    /// # Errors
    /// What it panicked with.
    pub fn join(self) -> std::thread::Result<T> {
        self.thread
            .join()
            .and_then(|done| done.ok_or_else(|| Box::new("the thread did not begin") as Box<_>))
    }

    /// The thread as a handle that outlives this value.
    #[must_use]
    pub fn into_handle(self) -> ThreadHandle {
        self.handle
    }

    /// Its number (`GetThreadId`).
    #[must_use]
    pub fn id(&self) -> u32 {
        self.handle.id()
    }

    /// Waits until it has ended; [`JoinHandle::join`] gives the result.
    ///
    /// # Errors
    /// System errors of the wait.
    pub fn wait(&self, timeout: Option<Duration>) -> Result<Wait, Error> {
        wait_for(self, timeout)
    }
}

impl<T> Waitable for JoinHandle<T> {
    fn wait_ref(&self) -> Result<WaitRef<'_>, Error> {
        self.handle.wait_ref()
    }
}

/// Starts a thread that can be waited for together with objects. It is signalled when it has really ended.
///
/// # Errors
/// `ERROR_NOT_ENOUGH_MEMORY` (8), and what else the system refuses with.
#[doc(alias = "CreateThread")]
pub fn spawn<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> Result<JoinHandle<T>, Error> {
    let failed = |call, errno| refusal::system(Op::Other("start"), "a thread", SysError { call, errno });
    let (tell, hear) = mpsc::sync_channel(1);
    let thread = std::thread::Builder::new()
        .spawn(move || {
            let handle = ThreadHandle::current();
            let begins = handle.is_ok();
            let told = tell.send(handle).is_ok();
            drop(tell);
            // Without a handle `spawn` fails, and then nothing has run.
            (begins && told).then(run)
        })
        .map_err(|e| failed("CreateThread", e.raw_os_error().unwrap_or(8)))?;
    match hear.recv() {
        Ok(Ok(handle)) => Ok(JoinHandle { thread, handle }),
        Ok(Err(e)) => Err(e),
        Err(_) => Err(failed("CreateThread", 8)), // it ended before it began
    }
}
