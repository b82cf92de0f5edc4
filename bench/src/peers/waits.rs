//! Events and semaphores that nobody waits for, and waits for several.

use super::locks::page;
use super::primitives::NamedSemaphore;
use super::scene::Scene;
use crate::Result;
use crate::raw::{FutexWords, Mapping};
use crate::subject::{Subject, Whole};
use filemap::{Event, Semaphore, Waitable, wait_all, wait_any};
use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use std::os::fd::OwnedFd;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

/// A time limit that is over at once, but is no poll.
const INSTANT: Duration = Duration::from_nanos(1);
/// Words of 32 bits from one to the next: a line of the cache.
const LINE: usize = 16;

fn boxed(body: impl FnMut() -> Result<()> + 'static) -> Option<Box<dyn Subject>> {
    Some(Box::new(Whole(body)))
}

/// The subject's side of one of these operations; `None` if it has none here.
///
/// # Errors
/// It can't be set up.
pub fn side(subject: &str, operation: &str, scene: &Scene) -> Result<Option<Box<dyn Subject>>> {
    match subject {
        "raw" => raw_side(operation, scene),
        "filemap" => filemap_side(operation, scene),
        "eventfd" => eventfd_side(operation, scene),
        "posix-semaphore" if operation == "semaphore" => {
            let name = scene.posix_name(".semaphore");
            let semaphore = NamedSemaphore::open(&name, Some(0))?;
            NamedSemaphore::unlink(&name);
            Ok(boxed(move || {
                semaphore.post();
                semaphore.wait();
                Ok(())
            }))
        }
        _ => Ok(None),
    }
}

fn raw_side(operation: &str, scene: &Scene) -> Result<Option<Box<dyn Subject>>> {
    let objects = scene.value as usize;
    let words: Mapping = page(scene.place(), "words", true)?;
    let take = |words: &Mapping, i: usize| words.word32(i * LINE).compare_exchange(1, 0, SeqCst, SeqCst);
    Ok(match operation {
        "event" => boxed(move || {
            let word = words.word32(0);
            std::hint::black_box((word.swap(1, SeqCst), word.swap(0, SeqCst)));
            Ok(())
        }),
        "semaphore" => boxed(move || {
            let word = words.word32(0);
            std::hint::black_box((word.fetch_add(1, SeqCst), word.fetch_sub(1, SeqCst)));
            Ok(())
        }),
        "wait-any-limit" => {
            let words = FutexWords::new(objects)?;
            boxed(move || {
                words.wait(INSTANT);
                Ok(())
            })
        }
        "wait-any" => boxed(move || {
            words.word32((objects - 1) * LINE).store(1, SeqCst);
            let taken =
                (0..objects).find(|&i| words.word32(i * LINE).load(SeqCst) == 1 && take(&words, i).is_ok());
            taken.map(drop).ok_or_else(|| "none was set".into())
        }),
        "wait-all" => boxed(move || {
            for i in 0..objects {
                words.word32(i * LINE).store(1, SeqCst);
            }
            match (0..objects).all(|i| take(&words, i).is_ok()) {
                true => Ok(()),
                false => Err("one was not set".into()),
            }
        }),
        _ => None,
    })
}

fn filemap_side(operation: &str, scene: &Scene) -> Result<Option<Box<dyn Subject>>> {
    let space = &scene.space;
    let several = || -> Result<Vec<Event>> {
        let event = |i| Event::options().namespace(space).create(&format!("event {i}"));
        Ok((0..scene.value)
            .map(event)
            .collect::<std::result::Result<_, _>>()?)
    };
    /// The list that the waits take.
    fn list(events: &[Event]) -> Vec<&dyn Waitable> {
        events.iter().map(|event| event as &dyn Waitable).collect()
    }
    Ok(match operation {
        "event" => {
            let event = Event::options().namespace(space).create("event")?;
            boxed(move || {
                event.set()?;
                Ok(event.reset()?)
            })
        }
        "semaphore" => {
            let semaphore = Semaphore::options().namespace(space).create("semaphore")?;
            boxed(move || {
                semaphore.release(1)?;
                semaphore.wait(None)?;
                Ok(())
            })
        }
        "wait-any-limit" => {
            let events = several()?;
            boxed(move || {
                wait_any(&list(&events), Some(INSTANT))?;
                Ok(())
            })
        }
        "wait-any" => {
            let events = several()?;
            boxed(move || {
                events[events.len() - 1].set()?;
                wait_any(&list(&events), None)?;
                Ok(())
            })
        }
        "wait-all" => {
            let events = several()?;
            boxed(move || {
                for event in &events {
                    event.set()?;
                }
                wait_all(&list(&events), None)?;
                Ok(())
            })
        }
        _ => None,
    })
}

fn eventfd_side(operation: &str, scene: &Scene) -> Result<Option<Box<dyn Subject>>> {
    let one = || eventfd(0, EventfdFlags::NONBLOCK);
    let events: Vec<OwnedFd> = (0..scene.value)
        .map(|_| one())
        .collect::<std::result::Result<_, _>>()?;
    /// Looks at all, and sleeps until the limit.
    fn look(events: &[OwnedFd], limit: Option<&Timespec>) -> Result<usize> {
        let mut list: Vec<PollFd<'_>> = events.iter().map(|fd| PollFd::new(fd, PollFlags::IN)).collect();
        poll(&mut list, limit)?;
        Ok(list
            .iter()
            .position(|fd| !fd.revents().is_empty())
            .unwrap_or(list.len()))
    }
    let mut number = [0; 8];
    Ok(match operation {
        "event" => boxed(move || {
            rustix::io::write(&events[0], &1u64.to_ne_bytes())?;
            rustix::io::read(&events[0], &mut number)?;
            Ok(())
        }),
        "wait-any-limit" => boxed(move || {
            let limit = Timespec {
                tv_sec: 0,
                tv_nsec: 1,
            };
            look(&events, Some(&limit)).map(drop)
        }),
        "wait-any" => boxed(move || {
            rustix::io::write(&events[events.len() - 1], &1u64.to_ne_bytes())?;
            let first = look(&events, None)?;
            rustix::io::read(&events[first], &mut number)?;
            Ok(())
        }),
        _ => None,
    })
}
