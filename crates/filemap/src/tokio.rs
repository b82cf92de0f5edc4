//! Waits that are awaited (feature `tokio`): as [`wait_any`](crate::wait_any) and [`wait_all`](crate::wait_all), for tasks.
//!
//! ```
//! # let place = tempfile::tempdir_in("/dev/shm")?;
//! # let space = filemap::Namespace::at(place.path());
//! use filemap::tokio::{Async, wait_any};
//! use filemap::{Event, Semaphore, Wait};
//! # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
//! let ready = Async(Event::options().namespace(&space).create(r"Local\EV_ready")?);
//! let items = Semaphore::options().namespace(&space).initial(1).create(r"Local\SM_items")?;
//! ready.set()?; // an `Async` is what it holds, only its `wait` is for tasks
//! assert_eq!(ready.wait().await?, Wait::Object(0));
//! assert_eq!(wait_any(&[&ready, &items]).await?, Wait::Object(1));
//!
//! // a limit: tokio's own; nothing was taken when it is over
//! let second = std::time::Duration::from_millis(10);
//! assert!(tokio::time::timeout(second, ready.wait()).await.is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Dropping
//! A wait that is dropped (`select!`, a time-out, an aborted task) has taken nothing: it takes in the very call of `poll`
//! that ends it. No set of an auto-reset event, no unit of a semaphore and no mutex is lost so.
//!
//! # Threads
//! There is no thread per wait. One thread of this process, called `filemap-tasks`, sleeps with `futex_waitv(2)` on the
//! objects that tasks wait for, takes nothing, and wakes the tasks whose turn it may be; there is another one for each
//! further 64 different objects that are waited for at the same time, however many tasks wait, and each ends a second after
//! it has nothing to do. Mutexes beyond the first on such a thread have a small thread each while they are waited for,
//! because the kernel tells the death of an owner to one sleeper only, which must be ready to pass it on. io_uring could do
//! without these threads from Linux 6.7, but is switched off in most containers.
//!
//! # Mutexes
//! A mutex belongs to a *thread*, here to the one that runs the task at that moment: two tasks on one thread are the same
//! owner, and pass each other (Y-10). [`lock`] gives a guard that is not [`Send`], so the compiler refuses to hold it over
//! an `.await` in a task that may change threads. After [`wait_any`] or [`wait_all`] with a mutex, release it before the next
//! `.await`.
//!
//! A pulse of an event ([`Event::pulse`](crate::Event::pulse)) is seen by waits that have been polled, as by sleeping
//! threads, but is as unreliable here as there (Y-6); waits for all don't see it.

use crate::refusal;
use crate::sync::wait::outcome;
use crate::sync::{Mutex, MutexGuard, Wait, Waitable};
use filemap_core::error::{Error, Op};
use filemap_sys::SysError;
use filemap_sys::os::sync::{Target, Task, WaitRef};
use std::future::Future;
use std::ops::Deref;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

/// A wait under way; made by [`wait`], [`wait_any`], [`wait_all`]. It keeps what it waits for alive, borrows nothing, and may be
/// sent to other threads.
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct Waiting {
    state: Result<Task, Option<Error>>,
}

impl Waiting {
    fn new(objects: &[&dyn Waitable], make: fn(Vec<Target>) -> Result<Task, Error>) -> Waiting {
        let targets: Result<Vec<Target>, Error> = objects.iter().map(|object| target(*object)).collect();
        Waiting {
            state: targets.and_then(make).map_err(Some),
        }
    }
}

fn target(object: &dyn Waitable) -> Result<Target, Error> {
    match object.wait_ref()? {
        WaitRef::Object(page) => Ok(Target::Object(page.clone())),
        WaitRef::Fd(fd) => fd.try_clone_to_owned().map(Target::Fd).map_err(|e| {
            let errno = e.raw_os_error().unwrap_or(libc::EMFILE);
            let call = "fcntl(F_DUPFD_CLOEXEC)";
            refusal::system(Op::Other("wait for"), "a descriptor", SysError { call, errno })
        }),
    }
}

impl Future for Waiting {
    type Output = Result<Wait, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.state {
            // A task that always finds what it waits for lets others run now and then, as with everything of tokio's.
            Ok(task) => pin!(::tokio::task::coop::cooperative(task))
                .poll(context)
                .map_ok(outcome),
            Err(error) => match error.take() {
                Some(error) => Poll::Ready(Err(error)),
                None => Poll::Pending, // it has told its error: nobody polls again
            },
        }
    }
}

/// Waits until `object` is signalled, and takes it.
///
/// # Errors
/// `ERROR_ACCESS_DENIED` (5) without SYNCHRONIZE (Y-2). Source: win32 `WaitForSingleObject`.
pub fn wait(object: &dyn Waitable) -> Waiting {
    wait_any(&[object])
}

/// Waits until any of 1 to 64 objects is signalled, and takes the lowest such; nothing else changes (Y-33).
///
/// # Errors
/// As [`wait_any`](crate::wait_any), when first polled.
pub fn wait_any(objects: &[&dyn Waitable]) -> Waiting {
    Waiting::new(objects, Task::any)
}

/// Waits until all of 1 to 64 objects are signalled at the same moment, and takes them together (Y-33).
///
/// # Errors
/// As [`wait_all`](crate::wait_all), when first polled.
pub fn wait_all(objects: &[&dyn Waitable]) -> Waiting {
    Waiting::new(objects, Task::all)
}

/// Waits until the thread that runs this task owns the mutex, and releases it when the guard goes.
///
/// ```compile_fail
/// # async fn work() {}
/// # fn send<T: Send>(_: T) {}
/// # fn never(mutex: &filemap::Mutex) {
/// send(async {
///     let guard = filemap::tokio::lock(mutex).await;
///     work().await; // the task could change threads here, and the mutex can't
///     drop(guard);
/// });
/// # }
/// ```
///
/// # Errors
/// `ERROR_ACCESS_DENIED` (5) without SYNCHRONIZE; `ERROR_MUTANT_LIMIT_EXCEEDED` (587).
pub async fn lock(mutex: &Mutex) -> Result<MutexGuard<'_>, Error> {
    let waited = wait(mutex).await?;
    Ok(mutex.guard(waited))
}

/// An object whose [`wait`](Async::wait) is for tasks; else it is what it holds.
#[derive(Debug)]
pub struct Async<T>(pub T);

impl<T: Waitable> Async<T> {
    /// Waits until it is signalled, and takes it: `event.wait().await`.
    ///
    /// # Errors
    /// As [`wait`].
    pub fn wait(&self) -> Waiting {
        wait(&self.0)
    }
}

impl<T> Deref for Async<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Waitable> Waitable for Async<T> {
    fn wait_ref(&self) -> Result<WaitRef<'_>, Error> {
        self.0.wait_ref()
    }

    fn signal_page(&self) -> Result<&filemap_sys::os::sync::StatePage, Error> {
        self.0.signal_page()
    }
}
