//! Synchronisation objects and the raw primitives.

use crate::Result;
use crate::raw::{FutexWords, Mapping, RobustMutex, Semaphores, shm_open};
use crate::subject::{Subject, Whole};
use filemap::{Event, Mutex, Namespace, Semaphore, Waitable, wait_any};
use rustix::thread::{CpuSet, sched_setaffinity};
use std::ffi::{CStr, CString};
use std::io::{BufRead, BufReader, Write};
use std::os::fd::AsFd;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

/// The operations that there are.
pub const NAMES: [&str; 8] = [
    "sync-mutex",
    "sync-mutex-pthread",
    "sync-event",
    "sync-semaphore",
    "sync-wait-any-64",
    "sync-round-trip-1-cpu",
    "sync-round-trip-1-cpu-one-page",
    "sync-round-trip-2-cpus",
];

/// A time limit that is over at once, but is no poll.
const INSTANT: Duration = Duration::from_nanos(1);

/// Names of the two events of a round trip.
const PING: &str = "ping";
const PONG: &str = "pong";

/// The two processors of a row with two processes: this one's, its partner's.
fn processors(operation: &str) -> Result<Option<[usize; 2]>> {
    let count = std::fs::read_to_string("/sys/devices/system/cpu/online")?;
    let last = count.trim().rsplit(['-', ',']).next().unwrap_or("0").parse()?;
    match operation {
        "sync-round-trip-1-cpu" | "sync-round-trip-1-cpu-one-page" => Ok(Some([last, last])),
        "sync-round-trip-2-cpus" if last == 0 => Err("this row needs two processors".into()),
        "sync-round-trip-2-cpus" => Ok(Some([last, 0])),
        _ => Ok(None),
    }
}

fn stay_on(processor: usize) -> Result<()> {
    let mut set = CpuSet::new();
    set.set(processor);
    Ok(sched_setaffinity(None, &set)?)
}

/// Filemap's side.
///
/// # Errors
/// There is no such operation, or it can't be set up.
pub fn filemap_side(operation: &str, space: &Namespace, root: &Path) -> Result<Box<dyn Subject>> {
    Ok(match operation {
        "sync-mutex" | "sync-mutex-pthread" => {
            let mutex = Mutex::options().namespace(space).create("mutex")?;
            whole(move || {
                mutex.wait(None)?;
                Ok(mutex.release()?)
            })
        }
        "sync-event" => {
            let event = Event::options().namespace(space).create("event")?;
            whole(move || {
                event.set()?;
                Ok(event.reset()?)
            })
        }
        "sync-semaphore" => {
            let semaphore = Semaphore::options().namespace(space).create("semaphore")?;
            whole(move || {
                semaphore.release(1)?;
                semaphore.wait(None)?;
                Ok(())
            })
        }
        "sync-wait-any-64" => {
            let events: Vec<Event> = (0..64)
                .map(|i| Event::options().namespace(space).create(&format!("event {i}")))
                .collect::<std::result::Result<_, _>>()?;
            whole(move || {
                let mut all: [&dyn Waitable; 64] = [&events[0]; 64];
                for (to, event) in all.iter_mut().zip(&events) {
                    *to = event;
                }
                wait_any(&all, Some(INSTANT))?;
                Ok(())
            })
        }
        _ => {
            let Some([own, others]) = processors(operation)? else {
                return Err(format!("there is no operation {operation:?}").into());
            };
            let ping = Event::options().namespace(space).create(PING)?;
            let pong = Event::options().namespace(space).create(PONG)?;
            let partner = Partner::start(root, "", false, others)?;
            Box::new(Bound {
                processor: own,
                _partner: partner,
                inner: Whole(move || {
                    ping.set()?;
                    pong.wait(None)?;
                    Ok(())
                }),
            })
        }
    })
}

/// The rival's side; `name` is the row's for shm_open(3).
///
/// # Errors
/// There is no such operation, or it can't be set up.
pub fn rival_side(operation: &str, name: &CStr, root: &Path) -> Result<Box<dyn Subject>> {
    let memory = || -> Result<Rc<Mapping>> {
        let file = shm_open(name, true)?;
        crate::raw::shm_unlink(name)?;
        crate::raw::set_len(file.as_fd(), 4096)?;
        Ok(Rc::new(Mapping::new(file.as_fd(), 4096)?))
    };
    Ok(match operation {
        "sync-mutex" => {
            let memory = memory()?;
            whole(move || {
                let word = memory.word();
                let there = word.compare_exchange(0, 1, SeqCst, SeqCst);
                let back = word.compare_exchange(1, 0, SeqCst, SeqCst);
                match (there, back) {
                    (Ok(_), Ok(_)) => Ok(()),
                    _ => Err("somebody else has written there".into()),
                }
            })
        }
        "sync-mutex-pthread" => {
            let mutex = RobustMutex::new(memory()?)?;
            whole(move || {
                mutex.lock();
                mutex.unlock();
                Ok(())
            })
        }
        "sync-event" => {
            let memory = memory()?;
            whole(move || {
                let word = memory.word();
                std::hint::black_box((word.swap(1, SeqCst), word.swap(0, SeqCst)));
                Ok(())
            })
        }
        "sync-semaphore" => {
            let semaphores = Semaphores::create(name, true).inspect(|_| Semaphores::unlink(name, true))?;
            whole(move || {
                semaphores.post(0);
                semaphores.wait(0);
                Ok(())
            })
        }
        "sync-wait-any-64" => {
            let words = FutexWords::new(64)?;
            whole(move || {
                words.wait(INSTANT);
                Ok(())
            })
        }
        _ => {
            let Some([own, others]) = processors(operation)? else {
                return Err(format!("there is no operation {operation:?}").into());
            };
            let one_page = operation.ends_with("one-page");
            let semaphores = Semaphores::create(name, one_page)?;
            let partner = Partner::start(root, name.to_str()?, one_page, others);
            Semaphores::unlink(name, one_page);
            Box::new(Bound {
                processor: own,
                _partner: partner?,
                inner: Whole(move || {
                    semaphores.post(0);
                    semaphores.wait(1);
                    Ok(())
                }),
            })
        }
    })
}

fn whole(run: impl FnMut() -> Result<()> + 'static) -> Box<dyn Subject> {
    Box::new(Whole(run))
}

/// An operation on a processor, with a partner.
struct Bound<S> {
    processor: usize,
    _partner: Partner,
    inner: S,
}

impl<S: Subject> Subject for Bound<S> {
    fn time(&mut self, times: u32) -> Result<Duration> {
        stay_on(self.processor)?;
        self.inner.time(times)
    }
}

/// The other process; killed on drop, which is safe: nobody waits for it any more.
struct Partner(Child);

impl Partner {
    fn start(root: &Path, semaphores: &str, one_page: bool, processor: usize) -> Result<Partner> {
        let child = Command::new(std::env::current_exe()?)
            .args(["answer", "--semaphores", semaphores])
            .args(one_page.then_some("--one-page"))
            .args(["--processor", &processor.to_string()])
            .arg("--root")
            .arg(root)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut partner = Partner(child);
        let mut line = String::new();
        if let Some(out) = partner.0.stdout.take() {
            BufReader::new(out).read_line(&mut line)?;
        }
        match &*line {
            "ready\n" => Ok(partner),
            _ => Err("the other process of a round trip did not get ready".into()),
        }
    }
}

impl Drop for Partner {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What the other process does: answers each signal with one, until it is killed.
///
/// # Errors
/// The objects can't be opened.
pub fn answer(root: &Path, semaphores: &str, one_page: bool, processor: usize) -> Result<()> {
    // If the measuring process is gone already, nobody is ever answered.
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    stay_on(processor)?;
    let ready = || -> Result<()> {
        println!("ready");
        Ok(std::io::stdout().flush()?)
    };
    if semaphores.is_empty() {
        let space = crate::holder::space(root);
        let ping = Event::options().namespace(&space).open(PING)?;
        let pong = Event::options().namespace(&space).open(PONG)?;
        ready()?;
        loop {
            ping.wait(None)?;
            pong.set()?;
        }
    }
    let semaphores = Semaphores::open(&CString::new(semaphores)?, one_page)?;
    ready()?;
    loop {
        semaphores.wait(0);
        semaphores.post(1);
    }
}
