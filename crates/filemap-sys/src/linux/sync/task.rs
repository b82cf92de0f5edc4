//! Waits of tasks: what [`wait_any`](super::wait_any) and [`wait_all`](super::wait_all) are to threads.

use super::page::{Page, StatePage};
use super::reactor::{self, Watching};
use super::wait::{How, check_count, wait_how};
use super::{Limit, Waited, because, fds};
use crate::linux::robust;
use filemap_core::error::{Error, Why};
use filemap_core::sync::{Kind, MAXIMUM_WAIT_OBJECTS, Program, generation};
use std::future::Future;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};

/// Something that a task waits for; it keeps what it waits for alive.
#[derive(Debug)]
pub enum Target {
    /// A synchronisation object.
    Object(StatePage),
    /// A descriptor, as [`WaitRef::Fd`](super::WaitRef::Fd).
    Fd(OwnedFd),
}

/// The wait of a task for any or all of some targets: a future for any executor.
///
/// Everything is taken in the very call of `poll` that says so, by the thread that makes the call (which then owns the
/// mutexes). A future that is dropped before has taken nothing, so no set of an auto-reset event, no unit of a semaphore
/// and no mutex is ever lost with it. It never blocks its executor; until something may be had, a thread that serves all
/// tasks of the process sleeps in its place, and no thread per wait.
///
/// ```
/// use filemap_core::sync::Kind;
/// use filemap_sys::linux::sync::{StatePage, Target, Task, Waited};
/// use std::{future::Future, pin::pin, task::{Context, Poll, Waker}};
/// let event = StatePage::unnamed(Kind::AutoEvent, 0)?;
/// let mut wait = pin!(Task::any(vec![Target::Object(event.clone())])?);
/// let mut context = Context::from_waker(Waker::noop());
/// assert!(wait.as_mut().poll(&mut context).is_pending());
/// event.set()?;
/// let Poll::Ready(waited) = wait.poll(&mut context) else { panic!() };
/// assert_eq!(waited?, Waited::Object { index: 0, abandoned: false });
/// # Ok::<(), filemap_core::error::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct Task {
    all: bool,
    objects: Vec<StatePage>,
    /// Where in the caller's list each object stands.
    positions: Vec<usize>,
    descriptors: Vec<OwnedFd>,
    descriptor_positions: Vec<usize>,
    /// Per object, the generation since which this waits; `None` before the first watch.
    since: Vec<Option<u32>>,
    watching: Option<Watching>,
}

impl Task {
    /// A wait for any of 1 to 64 targets: the lowest that is signalled, and only that, is taken (Y-33).
    ///
    /// # Errors
    /// 87 for a wrong number of targets.
    pub fn any(targets: Vec<Target>) -> Result<Task, Error> {
        Task::new(targets, false)
    }

    /// A wait for all of 1 to 64 targets, which are taken at the same moment (Y-33). Descriptors are looked at first.
    ///
    /// # Errors
    /// 87 for a wrong number of targets or the same object twice.
    pub fn all(targets: Vec<Target>) -> Result<Task, Error> {
        Task::new(targets, true)
    }

    fn new(targets: Vec<Target>, all: bool) -> Result<Task, Error> {
        check_count(targets.len())?;
        let mut task = Task {
            all,
            objects: Vec::new(),
            positions: Vec::new(),
            descriptors: Vec::new(),
            descriptor_positions: Vec::new(),
            since: Vec::new(),
            watching: None,
        };
        for (index, target) in targets.into_iter().enumerate() {
            match target {
                Target::Object(object) => {
                    let is_same = |other: &StatePage| Arc::ptr_eq(other.page(), object.page());
                    if all && task.objects.iter().any(is_same) {
                        return Err(because("wait for all objects", Why::WaitDuplicate { index }));
                    }
                    task.objects.push(object);
                    task.positions.push(index);
                    task.since.push(None);
                }
                Target::Fd(fd) => {
                    task.descriptors.push(fd);
                    task.descriptor_positions.push(index);
                }
            }
        }
        Ok(task)
    }

    /// Takes what is there for the taking.
    fn look(&self) -> Result<Option<Waited>, Error> {
        if self.all {
            self.look_for_all()
        } else {
            self.look_for_any()
        }
    }

    fn look_for_any(&self) -> Result<Option<Waited>, Error> {
        let ready = self.ready_descriptor()?.map(|n| self.descriptor_positions[n]);
        let before = self
            .positions
            .iter()
            .take_while(|i| ready.is_none_or(|ready| **i < ready))
            .count();
        let waited = self.take(Program::Any, before)?;
        Ok(match (waited, ready) {
            (Some(Waited::Object { index, abandoned }), _) => Some(Waited::Object {
                index: self.positions[index],
                abandoned,
            }),
            (_, Some(index)) => Some(Waited::Object {
                index,
                abandoned: false,
            }),
            _ => None,
        })
    }

    fn look_for_all(&self) -> Result<Option<Waited>, Error> {
        if self.unready_descriptor()?.is_some() {
            return Ok(None);
        }
        if self.objects.is_empty() {
            return Ok(Some(Waited::All { abandoned: None }));
        }
        Ok(match self.take(Program::All, self.objects.len())? {
            Some(Waited::All { abandoned }) => Some(Waited::All {
                abandoned: abandoned.map(|i| self.positions[i]),
            }),
            _ => None,
        })
    }

    /// A wait without sleep for the first `count` objects.
    fn take(&self, program: Program, count: usize) -> Result<Option<Waited>, Error> {
        let pages: Vec<&Arc<Page>> = self.objects[..count].iter().map(StatePage::page).collect();
        let how = How {
            limit: Limit::POLL,
            extra: &[],
            cancel: None,
            glance: Some(&self.since[..count]),
        };
        let (waited, _) = match count {
            0 => return Ok(None),
            1 => wait_how::<1>(program, &pages, how)?,
            2..=8 => wait_how::<8>(program, &pages, how)?,
            _ => wait_how::<MAXIMUM_WAIT_OBJECTS>(program, &pages, how)?,
        };
        Ok((waited != Waited::TimedOut).then_some(waited))
    }

    fn ready_descriptor(&self) -> Result<Option<usize>, Error> {
        if self.descriptors.is_empty() {
            return Ok(None);
        }
        let all: Vec<BorrowedFd<'_>> = self.descriptors.iter().map(AsFd::as_fd).collect();
        fds::first_ready(&all)
    }

    fn unready_descriptor(&self) -> Result<Option<usize>, Error> {
        for (i, fd) in self.descriptors.iter().enumerate() {
            if fds::first_ready(&[fd.as_fd()])?.is_none() {
                return Ok(Some(i));
            }
        }
        Ok(None)
    }

    /// Has the task woken when there may be something to take; `None` if there is already.
    fn watch(&mut self, waker: &Waker) -> Result<Option<Watching>, Error> {
        for (since, object) in self.since.iter_mut().zip(&self.objects) {
            *since = Some(generation(object.page().load()));
        }
        let since = self.since.iter().map(|since| since.unwrap_or_default());
        let mut pages: Vec<(StatePage, u32)> = self.objects.iter().cloned().zip(since).collect();
        let mut descriptors: Vec<&OwnedFd> = self.descriptors.iter().collect();
        if self.all {
            // One thing that is missing is enough: nothing can be had before.
            match self.unready_descriptor()? {
                Some(missing) => {
                    pages.clear();
                    descriptors = vec![&self.descriptors[missing]];
                }
                None => {
                    descriptors.clear();
                    let serial = robust::with(robust::Thread::serial)?;
                    let Some(missing) = pages.iter().position(|(page, _)| is_missing(page, serial)) else {
                        return Ok(None);
                    };
                    pages = vec![pages.swap_remove(missing)];
                }
            }
        }
        let watched: Result<Vec<_>, _> = descriptors.into_iter().map(|fd| fds::watch(fd.as_fd())).collect();
        reactor::watch(pages, watched?, waker).map(Some)
    }
}

/// Whether a wait for all by the thread with this serial would have to wait for the object.
fn is_missing(object: &StatePage, serial: u64) -> bool {
    let page = object.page();
    let mine = page.kind == Kind::Mutex && page.owner.load(Ordering::Relaxed) == serial;
    !mine && page.kind.is_signalled(page.load()) != Some(true)
}

impl Future for Task {
    type Output = Result<Waited, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(error) = self.watching.as_ref().and_then(Watching::error) {
            self.watching = None;
            return Poll::Ready(Err(error));
        }
        match self.look() {
            Ok(None) => {}
            Ok(Some(waited)) => {
                self.watching = None;
                return Poll::Ready(Ok(waited));
            }
            Err(error) => {
                self.watching = None;
                return Poll::Ready(Err(error));
            }
        }
        if self
            .watching
            .as_ref()
            .is_some_and(|watching| !watching.is_over() && watching.set_waker(context.waker()))
        {
            return Poll::Pending;
        }
        self.watching = None;
        match self.watch(context.waker()) {
            Ok(Some(watching)) => self.watching = Some(watching),
            Ok(None) => context.waker().wake_by_ref(), // somebody was faster or slower: look again, after the others
            Err(error) => return Poll::Ready(Err(error)),
        }
        Poll::Pending
    }
}
