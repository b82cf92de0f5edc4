//! The ring of the demo's producer and consumer: slots in shared memory, a semaphore that counts the full ones, and an
//! auto-reset event that says when there is room again.
//!
//! Neither side ever waits for a partner that is gone: a process is waited for like an object.

use filemap::{
    Error, Event, FileMapping, Namespace, ProcessHandle, Semaphore, View, Wait, Waitable, wait_any,
};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Slots.
pub(super) const SLOTS: u64 = 64;
/// Bytes of a slot, which holds one message.
pub(super) const MESSAGE: usize = 4096;
/// How long a side waits for its partner's signal alone, which costs no system call while the partner is quick, before it
/// waits for the partner's end, too.
const QUICK: Duration = Duration::from_millis(1);

const MEMORY: &str = r"Local\FM_demo_ring";
const FULL: &str = r"Local\SM_demo_full_slots";
const ROOM: &str = r"Local\EV_demo_room";
/// Where the number of messages read stands, behind the slots.
const TAIL: usize = SLOTS as usize * MESSAGE;

/// One side's handles.
pub(super) struct Ring {
    _mapping: FileMapping,
    view: View,
    full: Semaphore,
    room: Event,
}

/// How a run went, as one side saw it.
#[derive(Default)]
pub(super) struct Run {
    /// Messages written, or read.
    pub(super) messages: u64,
    /// Messages that were not the next one, or torn.
    pub(super) wrong: u64,
    /// The partner ended before all was done.
    pub(super) alone: bool,
    /// From the first message to the last.
    pub(super) took: Duration,
}

impl Ring {
    /// Makes an empty ring.
    pub(super) fn create(space: &Namespace) -> Result<Ring, Error> {
        let size = (TAIL + 4096) as u64;
        let mapping = FileMapping::options()
            .namespace(space)
            .size(size)
            .create_new(MEMORY)?;
        Ok(Ring {
            view: mapping.map()?,
            _mapping: mapping,
            full: Semaphore::options()
                .namespace(space)
                .maximum(SLOTS as u32)
                .create_new(FULL)?,
            room: Event::options().namespace(space).create_new(ROOM)?,
        })
    }

    /// Opens the ring that the partner has made.
    pub(super) fn open(space: &Namespace) -> Result<Ring, Error> {
        let mapping = FileMapping::options().namespace(space).open(MEMORY)?;
        Ok(Ring {
            view: mapping.map()?,
            _mapping: mapping,
            full: Semaphore::options().namespace(space).open(FULL)?,
            room: Event::options().namespace(space).open(ROOM)?,
        })
    }

    /// Number of messages read so far.
    pub(super) fn read(&self) -> Result<u64, Error> {
        Ok(self.tail()?.load(Ordering::Acquire))
    }

    fn tail(&self) -> Result<&AtomicU64, Error> {
        self.view.atomic_u64(TAIL)
    }

    fn slot(n: u64) -> usize {
        (n % SLOTS) as usize * MESSAGE
    }

    /// Writes messages as fast as there is room. Message n begins and ends with its number.
    pub(super) fn produce(&self, messages: u64, consumer: &ProcessHandle) -> Result<Run, Error> {
        let mut message = [0; MESSAGE];
        let mut run = Run::default();
        let start = Instant::now();
        for n in 0..messages {
            while n - self.read()?.min(n) >= SLOTS {
                if !comes(&self.room, consumer)? {
                    run.alone = true;
                    return Ok(run);
                }
            }
            message[..8].copy_from_slice(&n.to_ne_bytes());
            message[MESSAGE - 8..].copy_from_slice(&n.to_ne_bytes());
            self.view.write_at(Ring::slot(n), &message)?;
            self.full.release(1)?;
            run.messages = n + 1;
        }
        run.took = start.elapsed();
        Ok(run)
    }

    /// Reads messages as fast as they come, and looks whether each is the next one and whole.
    pub(super) fn consume(&self, messages: u64, producer: &ProcessHandle) -> Result<Run, Error> {
        let mut message = [0; MESSAGE];
        let mut run = Run::default();
        let mut start = Instant::now();
        for n in 0..messages {
            if !comes(&self.full, producer)? {
                run.alone = true;
                break;
            }
            if n == 0 {
                start = Instant::now();
            }
            self.view.read_at(Ring::slot(n), &mut message)?;
            let whole = message[..8] == n.to_ne_bytes() && message[MESSAGE - 8..] == n.to_ne_bytes();
            run.wrong += u64::from(!whole);
            self.tail()?.store(n + 1, Ordering::Release);
            self.room.set()?;
            run.messages = n + 1;
        }
        run.took = start.elapsed();
        Ok(run)
    }
}

/// Waits for a signal of the partner; `false` once the partner has ended and has left none.
fn comes(signal: &dyn Waitable, partner: &ProcessHandle) -> Result<bool, Error> {
    if let Wait::Object(_) = wait_any(&[signal], Some(QUICK))? {
        return Ok(true);
    }
    Ok(wait_any(&[signal, partner], None)? == Wait::Object(0))
}
