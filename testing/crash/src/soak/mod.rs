//! The soak: workers do random calls on all kinds of object, one after the other is killed at a random moment, and after
//! each death a stranger checks the promises.
//!
//! * [`run`]: starts and kills the workers; the program `filemap-soak` and a short test call it.
//! * [`work`]: what a worker does, until it is killed. It writes into the [`Ledger`] what it is about to do.
//! * [`Stranger`]: a process that never dies, holds the standing objects, and checks what a dead worker has left.
//!
//! What is checked after each death, by the clause: no dead name opens (O-40, O-42); no live name is lost, not one that the
//! stranger opened before its maker died, and not a standing one; after a sweep no file of the dead is left (O-52); a mutex
//! comes back, abandoned exactly once if its owner died with it (Y-12); a wait for all took all or nothing, one for any
//! the lowest or nothing (Y-33); a timer and a job work on, and the dead is no member any more. After each few hundred
//! deaths all workers are killed: then the tree holds the standing objects and nothing else, not a byte more than at the
//! start, and the stranger no descriptor more.

mod ledger;
mod object;
mod run;
mod stranger;
mod worker;

pub use ledger::{Ledger, SLOTS, has, waits};
pub use object::{Kind, Object};
pub use run::{Options, Outcome, end_with_the_parent, run};
pub use stranger::{Stranger, attend};
pub use worker::work;

use filemap::{Error, Event, FileMapping, Job, Mutex, Namespace, Semaphore, WaitableTimer};

/// Kinds whose names several workers fight for, and how many names of each.
const CONTESTED: usize = 2;

fn own_name(slot: usize, kind: Kind) -> String {
    format!(r"Local\own-{slot}-{kind:?}")
}

fn contested_name(which: usize, kind: Kind) -> String {
    format!(r"Local\contested-{which}-{kind:?}")
}

fn anchor_name(kind: Kind) -> String {
    format!(r"Local\anchor-{kind:?}")
}

/// What the stranger holds for a slot, and its worker uses.
#[derive(Debug)]
struct Standing {
    event: Event,
    semaphore: Semaphore,
    mutex: Mutex,
    /// Locked and released alone.
    lock: Mutex,
    timer: WaitableTimer,
    job: Job,
}

impl Standing {
    fn new(space: &Namespace, slot: usize) -> Result<Standing, Error> {
        let name = |what| format!(r"Local\standing-{slot}-{what}");
        let mutex = |what| Mutex::options().namespace(space).create(&name(what));
        Ok(Standing {
            event: Event::options().namespace(space).create(&name("event"))?,
            semaphore: Semaphore::options()
                .namespace(space)
                .maximum(100)
                .create(&name("semaphore"))?,
            mutex: mutex("mutex")?,
            lock: mutex("lock")?,
            timer: WaitableTimer::options().namespace(space).create(&name("timer"))?,
            job: Job::options().namespace(space).create(&name("job"))?,
        })
    }
}

/// What all use at once.
#[derive(Debug)]
struct Common {
    event: Event,
    semaphore: Semaphore,
    mutex: Mutex,
    _section: FileMapping,
}

impl Common {
    fn new(space: &Namespace) -> Result<Common, Error> {
        Ok(Common {
            event: Event::options().namespace(space).create(r"Local\common-event")?,
            semaphore: Semaphore::options()
                .namespace(space)
                .maximum(1 << 30)
                .create(r"Local\common-semaphore")?,
            mutex: Mutex::options().namespace(space).create(r"Local\common-mutex")?,
            _section: FileMapping::options()
                .namespace(space)
                .size(4096)
                .create(r"Local\common-section")?,
        })
    }
}
