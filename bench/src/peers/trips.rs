//! Two processes that wake each other.

use super::locks::{page, semaphore_name, sleep, wake};
use super::primitives::{Monitor, NamedSemaphore, WORD};
use super::scene::{self, Scene};
use crate::raw::Mapping;
use crate::subject::{Subject, Whole};
use crate::{Result, holder};
use filemap::{Event, Semaphore};
use rustix::thread::{CpuSet, sched_setaffinity};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

/// One direction's half.
pub(super) type Step = Box<dyn FnMut() -> Result<()>>;

/// Names of the two directions: to the partner, and back.
pub(super) const DIRECTIONS: [&str; 2] = ["ping", "pong"];

/// This thread, and what it starts, on one processor.
pub(super) fn stay_on(processor: usize) -> Result<()> {
    let mut set = CpuSet::new();
    set.set(processor);
    Ok(sched_setaffinity(None, &set)?)
}

/// The two halves of a direction: signal, wait.
fn direction(subject: &str, place: &Path, name: &str, new: bool) -> Result<Option<[Step; 2]>> {
    let space = holder::space(place);
    Ok(Some(match subject {
        "raw" => {
            let page = Rc::new(page(place, name, new)?);
            let signalled = Rc::clone(&page);
            [
                Box::new(move || {
                    signalled.word32(0).store(1, SeqCst);
                    wake(signalled.word32(0), 1);
                    Ok(())
                }),
                Box::new(move || {
                    while page.word32(0).compare_exchange(1, 0, SeqCst, SeqCst).is_err() {
                        sleep(page.word32(0), 0);
                    }
                    Ok(())
                }),
            ]
        }
        "filemap" => {
            let event = Rc::new(Event::options().namespace(&space).create(name)?);
            let signalled = Rc::clone(&event);
            [
                Box::new(move || Ok(signalled.set()?)),
                Box::new(move || {
                    event.wait(None)?;
                    Ok(())
                }),
            ]
        }
        "filemap-semaphore" => {
            let name = format!("{name} semaphore");
            let semaphore = Rc::new(Semaphore::options().namespace(&space).create(&name)?);
            let signalled = Rc::clone(&semaphore);
            [
                Box::new(move || {
                    signalled.release(1)?;
                    Ok(())
                }),
                Box::new(move || {
                    semaphore.wait(None)?;
                    Ok(())
                }),
            ]
        }
        "posix-semaphore" => {
            let name = semaphore_name(place, name)?;
            let semaphore = Rc::new(NamedSemaphore::open(&name, new.then_some(0))?);
            let signalled = Rc::clone(&semaphore);
            [
                Box::new(move || {
                    signalled.post();
                    Ok(())
                }),
                Box::new(move || {
                    semaphore.wait();
                    Ok(())
                }),
            ]
        }
        "pthread" => {
            let memory: Mapping = page(place, &format!("{name} monitor"), new)?;
            let monitor = Rc::new(Monitor::at(memory, new)?);
            let signalled = Rc::clone(&monitor);
            [
                Box::new(move || {
                    signalled.lock()?;
                    signalled.page().word32(WORD / 4).store(1, SeqCst);
                    signalled.signal();
                    Ok(signalled.unlock()?)
                }),
                Box::new(move || {
                    let word = monitor.page().word32(WORD / 4);
                    monitor.lock()?;
                    while word.load(SeqCst) == 0 {
                        monitor.wait()?;
                    }
                    word.store(0, SeqCst);
                    Ok(monitor.unlock()?)
                }),
            ]
        }
        #[cfg(feature = "rivals")]
        "iceoryx2" => super::rivals::direction(place, name, new)?,
        _ => return Ok(None),
    }))
}

struct Trip<S> {
    processor: usize,
    partner: Child,
    names: Vec<std::ffi::CString>,
    inner: S,
}

/// The subject's round trip; `None` if it has none here.
///
/// # Errors
/// It can't be set up.
pub fn trip(subject: &str, scene: &Scene) -> Result<Option<Box<dyn Subject>>> {
    let place = scene.place();
    let Some([mut signal, _]) = direction(subject, place, DIRECTIONS[0], true)? else {
        return Ok(None);
    };
    let Some([_, mut wait]) = direction(subject, place, DIRECTIONS[1], true)? else {
        return Ok(None);
    };
    let mut partner = Command::new(std::env::current_exe()?)
        .args(["peer-answer", subject, &scene.processors[1].to_string()])
        .arg(place)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let ready = scene::ready(&mut partner);
    let trip = Trip {
        processor: scene.processors[0],
        partner,
        names: vec![
            semaphore_name(place, DIRECTIONS[0])?,
            semaphore_name(place, DIRECTIONS[1])?,
        ],
        inner: Whole(move || {
            signal()?;
            wait()
        }),
    };
    ready?;
    Ok(Some(Box::new(trip)))
}

impl<S: Subject> Subject for Trip<S> {
    fn time(&mut self, times: u32) -> Result<Duration> {
        stay_on(self.processor)?;
        self.inner.time(times)
    }
}

impl<S> Drop for Trip<S> {
    fn drop(&mut self) {
        let _ = self.partner.kill(); // nobody waits for it any more
        let _ = self.partner.wait();
        for name in &self.names {
            NamedSemaphore::unlink(name);
        }
    }
}

/// What the partner does: answers each signal with one, until it is killed.
///
/// # Errors
/// The objects can't be opened.
pub fn answer(subject: &str, processor: usize, place: &Path) -> Result<()> {
    // If the measuring process is gone already, nobody is ever answered.
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    stay_on(processor)?;
    let [_, mut wait] = direction(subject, place, DIRECTIONS[0], false)?.ok_or("no such subject")?;
    let [mut signal, _] = direction(subject, place, DIRECTIONS[1], false)?.ok_or("no such subject")?;
    scene::say_ready()?;
    loop {
        wait()?;
        signal()?;
    }
}
