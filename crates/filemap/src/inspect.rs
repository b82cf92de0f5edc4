//! What is there and who holds it: Process Explorer, handle, WinObj, VMMap and accesschk in one (I-1..I-6).
//!
//! Reading only, and no special rights: what belongs to others and may not be looked at is told as such
//! ([`Usage::unseen`], [`Oddity`]), root sees everything. Processes come and go meanwhile; each is held while it is looked
//! at, so nothing is ever told of one that is true of another with the same number (I-28).
//!
//! ```
//! # let place = tempfile::tempdir_in("/dev/shm")?;
//! # let space = filemap::Namespace::at(place.path());
//! use filemap::{FileMapping, inspect};
//! let frames = FileMapping::options().namespace(&space).size(4096).create(r"Local\frames")?;
//! let view = frames.map()?;
//!
//! let object = inspect::find(&space, r"Local\frames")?.expect("we hold it");
//! assert_eq!((object.size, object.creator.pid), (4096, std::process::id()));
//! let usage = inspect::usage_of(&[&object])?;
//! assert_eq!(usage.handles[0].pid, std::process::id());
//! assert_eq!(usage.handles[0].rights(object.kind).0, 0xF0007); // what the creator of a PAGE_READWRITE section gets (O-7)
//! assert_eq!((usage.views[0].offset, usage.views[0].len), (0, 4096));
//! # drop(view);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | you want | use |
//! |---|---|
//! | every object, one after the other | [`for_each`]; with their [`holders`] and in columns, [`names`] |
//! | one object by its name | [`find`] |
//! | who has handles and views of it | [`usage_of`] |
//! | what a process has | [`usage_of_process`] |
//! | the directories and links | [`tree()`] |
//! | whether an event is set, who owns a mutex | [`state`], [`waiters`] |
//! | how much memory there really is | [`memory`] |
//! | views whose name is gone | [`orphans`] |
//! | to reclaim dead entries as they die | [`Sweeper`] |
//! | what this machine lets the library do | [`environment`] |

mod entry;
mod environment;
mod memory;
mod names;
mod orphans;
mod process;
mod state;
mod sweeper;
mod tree;
mod usage;

pub use entry::{Entry, Object, Oddity, find, object_of_descriptor, security_in_words};
pub use environment::{Environment, Fact, Standing, environment};
pub use filemap_core::layout::Creator;
pub use filemap_core::sync::{Clock, Setting, What as State};
pub use filemap_sys::os::proc::FileId;
pub use memory::{Memory, memory};
pub use names::{Names, Scope, for_each, names};
pub use orphans::{Orphan, orphans};
pub use process::{Life, ProcessInfo, process, started};
pub use state::{ObjectState, Waiter, Waiters, state, waiters};
pub use sweeper::{Sweeper, SweptNow};
pub use tree::{Branch, Content, Tree, tree};
pub use usage::{
    Detail, Handle, Holders, MappedMemory, MappedView, UnseenProcess, Usage, holders, usage_of,
    usage_of_files, usage_of_process, usage_of_tree,
};
