//! Locks, alone and wanted by many.

use super::primitives::{Monitor, NamedSemaphore};
use super::scene::{self, Scene};
use crate::raw::{self, Mapping};
use crate::subject::{Subject, Whole};
use crate::{Result, holder};
use filemap::Mutex;
use rustix::thread::futex;
use std::ffi::CString;
use std::os::fd::AsFd;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Something that one at a time can have.
pub trait Lock: Send + Sync {
    /// Waits for it.
    ///
    /// # Errors
    /// Those of the lock.
    fn lock(&self) -> Result<()>;
    /// Gives it back.
    ///
    /// # Errors
    /// Those of the lock.
    fn unlock(&self) -> Result<()>;
}

/// Sleeps while the word has the value.
pub(super) fn sleep(word: &AtomicU32, value: u32) {
    // It ends when woken, when the word has another value, and by signals: all callers look again.
    let _ = futex::wait(word, futex::Flags::empty(), value, None);
}

/// Wakes up to `count` sleepers.
pub(super) fn wake(word: &AtomicU32, count: u32) {
    let _ = futex::wake(word, futex::Flags::empty(), count);
}

/// Free, locked, locked and wanted.
struct ThreeStates(Mapping);

impl Lock for ThreeStates {
    fn lock(&self) -> Result<()> {
        let word = self.0.word32(0);
        if word.compare_exchange(0, 1, Acquire, Relaxed).is_ok() {
            return Ok(());
        }
        while word.swap(2, Acquire) != 0 {
            sleep(word, 2);
        }
        Ok(())
    }

    fn unlock(&self) -> Result<()> {
        let word = self.0.word32(0);
        if word.swap(0, Release) == 2 {
            wake(word, 1);
        }
        Ok(())
    }
}

impl Lock for Mutex {
    fn lock(&self) -> Result<()> {
        self.wait(None)?;
        Ok(())
    }

    fn unlock(&self) -> Result<()> {
        Ok(self.release()?)
    }
}

impl Lock for Monitor {
    fn lock(&self) -> Result<()> {
        Ok(Monitor::lock(self)?)
    }

    fn unlock(&self) -> Result<()> {
        Ok(Monitor::unlock(self)?)
    }
}

impl Lock for NamedSemaphore {
    fn lock(&self) -> Result<()> {
        self.wait();
        Ok(())
    }

    fn unlock(&self) -> Result<()> {
        self.post();
        Ok(())
    }
}

/// A page that processes share, in a file of that name.
pub(super) fn page(place: &Path, name: &str, new: bool) -> Result<Mapping> {
    let path = CString::new(place.join(name).into_os_string().into_encoded_bytes())?;
    let file = if new {
        raw::open_new(&path)?
    } else {
        raw::open(&path)?
    };
    if new {
        raw::set_len(file.as_fd(), 4096)?;
    }
    Ok(Mapping::new(file.as_fd(), 4096)?)
}

/// The name of a POSIX semaphore for a place.
pub(super) fn semaphore_name(place: &Path, suffix: &str) -> Result<CString> {
    let name = place.file_name().ok_or("a place without a name")?;
    Ok(CString::new(format!("/{}.{suffix}", name.to_string_lossy()))?)
}

/// The subject's lock, new or opened; `None` if it has none here.
fn open(subject: &str, place: &Path, new: bool) -> Result<Option<Arc<dyn Lock>>> {
    Ok(Some(match subject {
        "raw" => Arc::new(ThreeStates(page(place, "three states", new)?)),
        "filemap" => Arc::new(
            Mutex::options()
                .namespace(&holder::space(place))
                .create("mutex")?,
        ),
        "pthread" => Arc::new(Monitor::at(page(place, "pthread", new)?, new)?),
        "posix-semaphore" => {
            let name = semaphore_name(place, "lock")?;
            Arc::new(NamedSemaphore::open(&name, new.then_some(1))?)
        }
        _ => return Ok(None),
    }))
}

/// The uncontended lock; `None` if the subject has none here.
///
/// # Errors
/// It can't be set up.
pub fn alone(subject: &str, scene: &Scene) -> Result<Option<Box<dyn Subject>>> {
    /// Monomorphic, so that no call through a table is measured.
    fn whole(lock: impl Lock + 'static) -> Option<Box<dyn Subject>> {
        Some(Box::new(Whole(move || {
            lock.lock()?;
            lock.unlock()
        })))
    }
    let place = scene.place();
    Ok(match subject {
        "raw" => {
            let words = page(place, "words", true)?;
            Some(Box::new(Whole(move || {
                let word = words.word32(0);
                let there = word.compare_exchange(0, 1, SeqCst, SeqCst);
                let back = word.compare_exchange(1, 0, SeqCst, SeqCst);
                match (there, back) {
                    (Ok(_), Ok(_)) => Ok(()),
                    _ => Err("somebody else has written there".into()),
                }
            })))
        }
        "filemap" => whole(Mutex::options().namespace(&scene.space).create("mutex")?),
        "pthread" => whole(Monitor::at(page(place, "pthread", true)?, true)?),
        "posix-semaphore" => {
            let name = semaphore_name(place, "lock")?;
            let semaphore = NamedSemaphore::open(&name, Some(1))?;
            NamedSemaphore::unlink(&name);
            whole(semaphore)
        }
        _ => None,
    })
}

/// What workers share: words of a page.
struct Control(Mapping);

/// In place of a number of times: go.
const END: u32 = u32::MAX;

impl Control {
    fn generation(&self) -> &AtomicU32 {
        self.0.word32(0)
    }
    fn times(&self) -> &AtomicU32 {
        self.0.word32(16)
    }
    fn done(&self) -> &AtomicU32 {
        self.0.word32(32)
    }
    fn failed(&self) -> &AtomicU32 {
        self.0.word32(48)
    }
    /// The number that the lock protects.
    fn number(&self) -> &AtomicU32 {
        self.0.word32(64)
    }

    fn begin(&self, times: u32) {
        self.number().store(0, SeqCst);
        self.done().store(0, SeqCst);
        self.times().store(times, SeqCst);
        self.generation().fetch_add(1, SeqCst);
        wake(self.generation(), i32::MAX as u32);
    }

    fn work(&self, lock: &dyn Lock, workers: u32) {
        let mut seen = 0;
        loop {
            while self.generation().load(SeqCst) == seen {
                sleep(self.generation(), seen);
            }
            seen = self.generation().load(SeqCst);
            let times = self.times().load(SeqCst);
            if times == END {
                return;
            }
            for _ in 0..times {
                let one = || -> Result<()> {
                    lock.lock()?;
                    // No atomic addition: only the lock keeps others away.
                    self.number().store(self.number().load(Relaxed) + 1, Relaxed);
                    lock.unlock()
                };
                if one().is_err() {
                    self.failed().store(1, SeqCst);
                    break;
                }
            }
            if self.done().fetch_add(1, SeqCst) + 1 == workers {
                wake(self.done(), 1);
            }
        }
    }
}

/// Many workers at one lock.
struct Crowd {
    control: Arc<Control>,
    workers: u32,
    threads: Vec<JoinHandle<()>>,
    processes: Vec<Child>,
    semaphore: CString,
}

const CONTROL: &str = "control";

/// So many threads or processes at the subject's lock; `None` if it has none here.
///
/// # Errors
/// It can't be set up.
pub fn crowd(subject: &str, scene: &Scene, processes: bool) -> Result<Option<Box<dyn Subject>>> {
    let (place, workers) = (scene.place(), scene.value as u32);
    let Some(lock) = open(subject, place, true)? else {
        return Ok(None);
    };
    let file = format!("{CONTROL} of {subject}");
    let mut crowd = Crowd {
        control: Arc::new(Control(page(place, &file, true)?)),
        workers,
        threads: Vec::new(),
        processes: Vec::new(),
        semaphore: semaphore_name(place, "lock")?,
    };
    for _ in 0..workers {
        if processes {
            let child = Command::new(std::env::current_exe()?)
                .args(["peer-work", subject, &workers.to_string()])
                .arg(place)
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .spawn()?;
            crowd.processes.push(child);
        } else {
            let (control, lock) = (Arc::clone(&crowd.control), Arc::clone(&lock));
            crowd
                .threads
                .push(std::thread::spawn(move || control.work(&*lock, workers)));
        }
    }
    for child in &mut crowd.processes {
        scene::ready(child)?;
    }
    Ok(Some(Box::new(crowd)))
}

impl Subject for Crowd {
    fn time(&mut self, times: u32) -> Result<Duration> {
        let each = times.div_ceil(self.workers);
        let start = Instant::now();
        self.control.begin(each);
        loop {
            let done = self.control.done().load(SeqCst);
            if done == self.workers {
                break;
            }
            sleep(self.control.done(), done);
        }
        let taken = start.elapsed();
        let number = self.control.number().load(SeqCst);
        if self.control.failed().load(SeqCst) != 0 || number != each * self.workers {
            return Err("it does not exclude: some additions were lost".into());
        }
        Ok(taken.mul_f64(f64::from(times) / f64::from(each * self.workers)))
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.control.begin(END);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
        for child in &mut self.processes {
            let _ = child.wait();
        }
        NamedSemaphore::unlink(&self.semaphore);
    }
}

/// What a working process does.
///
/// # Errors
/// The lock can't be opened.
pub fn work(subject: &str, workers: u32, place: &Path) -> Result<()> {
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    let lock = open(subject, place, false)?.ok_or("no such subject")?;
    let control = Control(page(place, &format!("{CONTROL} of {subject}"), false)?);
    scene::say_ready()?;
    control.work(&*lock, workers);
    Ok(())
}
