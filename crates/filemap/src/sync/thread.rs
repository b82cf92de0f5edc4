//! Waiting for the end of a thread.

use crate::refusal;
use crate::sync::wait::{Wait, Waitable, wait_for};
use filemap_core::error::{Error, Op};
use filemap_sys::SysError;
use filemap_sys::os::sync::WaitRef;
use rustix::event::{EventfdFlags, eventfd};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::mpsc;
use std::time::Duration;

/// `PIDFD_THREAD` of pidfd_open(2), Linux 6.9.
const PIDFD_THREAD: PidfdFlags = PidfdFlags::from_bits_retain(libc::O_EXCL as u32);

/// A thread to wait for: signalled when it has ended, by return, panic or the end of its process. The mutexes that it
/// owned are abandoned by then. Source: win32 `OpenThread`; pidfd_open(2).
///
/// ```
/// use filemap::{ThreadHandle, Wait};
/// let (tell, hear) = std::sync::mpsc::channel();
/// let thread = std::thread::spawn(move || tell.send(ThreadHandle::current()));
/// match hear.recv()? {
///     Ok(handle) => assert_eq!(handle.wait(None)?, Wait::Object(0)),
///     Err(old_kernel) => assert_eq!(old_kernel.code().0, 50), // before Linux 6.9
/// }
/// # drop(thread.join());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "OpenThread")]
#[derive(Debug)]
pub struct ThreadHandle {
    tid: u32,
    file: OwnedFd,
}

impl ThreadHandle {
    /// The thread with this number, of any process.
    ///
    /// # Errors
    /// `ERROR_INVALID_PARAMETER` (87) if there is none; `ERROR_NOT_SUPPORTED` (50) before Linux 6.9, where only
    /// [`spawn`] gives something to wait for.
    pub fn open(tid: u32) -> Result<ThreadHandle, Error> {
        let failed = |errno| {
            let call = "pidfd_open";
            refusal::system(Op::Open("thread"), &tid.to_string(), SysError { call, errno })
        };
        let number = i32::try_from(tid).ok().and_then(Pid::from_raw);
        let number = number.ok_or_else(|| failed(libc::EINVAL))?;
        match pidfd_open(number, PIDFD_THREAD) {
            Ok(file) => Ok(ThreadHandle { tid, file }),
            Err(rustix::io::Errno::SRCH) => Err(failed(libc::EINVAL)),
            // The flag is unknown: the number was checked.
            Err(rustix::io::Errno::INVAL) => Err(failed(libc::EOPNOTSUPP)),
            Err(e) => Err(failed(e.raw_os_error())),
        }
    }

    /// The calling thread.
    ///
    /// # Errors
    /// As [`ThreadHandle::open`].
    #[doc(alias = "GetCurrentThread")]
    pub fn current() -> Result<ThreadHandle, Error> {
        ThreadHandle::open(rustix::thread::gettid().as_raw_nonzero().get() as u32)
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
        Ok(WaitRef::Fd(self.file.as_fd()))
    }
}

/// A thread that can be joined, and waited for together with objects; made by [`spawn`].
///
/// ```
/// # let place = tempfile::tempdir_in("/dev/shm")?;
/// # let space = filemap::Namespace::at(place.path());
/// use filemap::{Event, Wait, wait_any};
/// let stop = Event::options().namespace(&space).create(r"Local\EV_stop")?;
/// let worker = filemap::spawn(|| 6 * 7)?;
/// assert_eq!(wait_any(&[&stop, &worker], None)?, Wait::Object(1)); // it has ended before anybody said stop
/// assert_eq!(worker.join().unwrap(), 42);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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

/// Says that a thread is about to end, where the kernel does not.
struct Flag(OwnedFd);

impl Drop for Flag {
    fn drop(&mut self) {
        // A counter of 0 takes a 1.
        let _ = rustix::io::write(&self.0, &1u64.to_ne_bytes());
    }
}

/// Starts a thread that can be waited for together with objects.
///
/// It is signalled when it has really ended, so that the mutexes which it left are abandoned by then. Before Linux 6.9 the
/// kernel does not tell: there it is signalled when its function has returned or panicked, a moment before its end.
///
/// # Errors
/// `ERROR_NOT_ENOUGH_MEMORY` (8) or `ERROR_TOO_MANY_OPEN_FILES` (4).
#[doc(alias = "CreateThread")]
pub fn spawn<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> Result<JoinHandle<T>, Error> {
    let failed = |call, errno| refusal::system(Op::Other("start"), "a thread", SysError { call, errno });
    let (tell, hear) = mpsc::sync_channel(1);
    let thread = std::thread::Builder::new()
        .spawn(move || {
            let (handle, flag) = match ThreadHandle::current() {
                Ok(handle) => (Ok(handle), None),
                Err(_) => match flagged() {
                    Ok((handle, flag)) => (Ok(handle), Some(flag)),
                    Err(e) => (Err(e), None),
                },
            };
            let begins = handle.is_ok();
            let told = tell.send(handle).is_ok();
            drop(tell);
            // Without a handle `spawn` fails, and then nothing has run.
            let done = (begins && told).then(run);
            drop(flag);
            done
        })
        .map_err(|e| failed("clone", e.raw_os_error().unwrap_or(libc::ENOMEM)))?;
    match hear.recv() {
        Ok(Ok(handle)) => Ok(JoinHandle { thread, handle }),
        Ok(Err(e)) => Err(failed("eventfd", e.raw_os_error())),
        Err(_) => Err(failed("clone", libc::ENOMEM)), // it ended before it began
    }
}

/// A handle of the calling thread that is signalled when the flag goes.
fn flagged() -> rustix::io::Result<(ThreadHandle, Flag)> {
    let file = eventfd(0, EventfdFlags::CLOEXEC)?;
    let flag = Flag(rustix::io::fcntl_dupfd_cloexec(&file, 0)?);
    let tid = rustix::thread::gettid().as_raw_nonzero().get() as u32;
    Ok((ThreadHandle { tid, file }, flag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_help_of_the_kernel_a_thread_flags_its_return_and_its_panic() {
        for panics in [false, true] {
            let (tell, hear) = mpsc::channel();
            let thread = std::thread::spawn(move || {
                let (handle, _flag) = flagged().unwrap();
                assert_eq!(handle.wait(Some(Duration::ZERO)).unwrap(), Wait::TimedOut);
                tell.send(handle).unwrap();
                assert!(!panics, "on purpose");
            });
            let handle = hear.recv().unwrap();
            assert_eq!(handle.wait(None).unwrap(), Wait::Object(0));
            assert_eq!(thread.join().is_err(), panics);
        }
    }
}
