//! Events, mutexes, semaphores, waitable timers and jobs, in the same name space as file mappings, and waits for them.
//!
//! ```
//! # let place = tempfile::tempdir_in("/dev/shm")?;
//! # let space = filemap::Namespace::at(place.path());
//! use filemap::{Event, Reset, Semaphore, Wait, wait_any};
//! use std::time::Duration;
//! let stop = Event::options().namespace(&space).reset(Reset::Manual).create(r"Local\stop")?;
//! let items = Semaphore::options().namespace(&space).initial(1).maximum(8).create(r"Local\items")?;
//! assert_eq!(wait_any(&[&stop, &items], None)?, Wait::Object(1));
//! assert_eq!(wait_any(&[&stop, &items], Some(Duration::ZERO))?, Wait::TimedOut);
//! stop.set()?;
//! assert_eq!(wait_any(&[&stop, &items], None)?, Wait::Object(0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod event;
mod mutex;
pub(crate) mod options;
mod semaphore;
mod timer;
pub(crate) mod wait;

pub use event::{Event, EventOptions, Reset};
pub use mutex::{Mutex, MutexGuard, MutexOptions};
pub use semaphore::{Semaphore, SemaphoreOptions};
pub use timer::{WaitableTimer, WaitableTimerOptions};
pub use wait::{Wait, Waitable, signal_and_wait, wait_all, wait_any};

pub use filemap_core::security::AccessMask;
pub use filemap_sys::os::sync::{DueTime, MutexState};
