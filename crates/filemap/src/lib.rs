//! Windows' named shared memory and its rules, on Linux: the name goes with the last handle, also after `kill -9`.
//!
//! Two programs share memory by a name, without knowing of each other:
//!
//! ```
//! # let place = tempfile::tempdir_in("/dev/shm")?;
//! # let space = filemap::Namespace::at(place.path());
//! use filemap::FileMapping;
//!
//! // the server
//! let server = FileMapping::options().namespace(&space).size(65536).create_new(r"Local\SampleMap")?;
//! let view = server.map()?;
//! view.write_at(0, b"Message from the first process.")?;
//!
//! // the client, usually in another process
//! let client = FileMapping::options().namespace(&space).open(r"Local\SampleMap")?;
//! let mut message = [0; 31];
//! client.map()?.read_at(0, &mut message)?;
//! assert_eq!(&message, b"Message from the first process.");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | you want | use |
//! |---|---|
//! | memory with a name | [`FileMapping::options`]`().size(…).create(name)`, `.open(name)` |
//! | a file as memory | [`FileMappingOptions::file`] |
//! | bytes, words, values of it | [`FileMapping::map`], [`View`] |
//! | memory that grows | [`SectionFlags::RESERVE`] and [`View::commit`] |
//! | to pass it without a name | [`FileMapping::send`], [`FileMapping::inherited`] |
//! | to wait for events, mutexes, processes, threads | [`wait_any`], [`wait_all`]; in tasks `filemap::tokio` (feature `tokio`) |
//! | to see what is there | [`list`] |
//! | to see what is there | [`list`]; who holds what, [`inspect`] |
//! | to know why it failed | [`Error`]: operation, name, cause, Win32 code, remedy |
//!
//! `unsafe` is needed only to use [`View::as_ptr`].

mod commit;
mod file_for_mapping;
mod hint;
mod image;
pub mod inspect;
pub mod leaks;
pub mod list;
mod mapped;
mod mapping;
mod namespace;
mod object;
mod private;
mod refusal;
pub mod security;
mod sync;
#[cfg(feature = "tokio")]
pub mod tokio;
mod transfer;
mod truncate;
mod view;
pub mod views;

pub use file_for_mapping::{
    Disposition, FILE_SHARE_READ, FILE_SHARE_WRITE, FileForMappingOptions, GENERIC_READ, GENERIC_WRITE,
    create_file_for_mapping, delete_file,
};
pub use filemap_core::access::{FileMapAccess, Page, SectionFlags};
pub use filemap_core::error::{Error, Escaped, Op, OsError, Why, Win32Code};
pub use filemap_core::kind::Kind;
pub use filemap_core::name::Directory;
pub use filemap_core::profile::{Platform, Profile};
pub use filemap_sys::os::placeholder::Placeholder;
pub use mapping::{FileMapping, FileMappingOptions, Inherit, ViewOptions, open_file_for};
pub use namespace::{
    GLOBAL_GROUP, LOGIN_SESSION, Namespace, PLATFORM_VARIABLE, ROOT_VARIABLE, SESSION_VARIABLE, TREE,
};
pub use private::{BoundaryDescriptor, PrivateNamespace, PrivateNamespaceOptions};
pub use sync::{
    AccessMask, DueTime, Event, EventOptions, Job, JobOptions, JoinHandle, Member, Mutex, MutexGuard,
    MutexOptions, MutexState, ProcessHandle, Reset, Semaphore, SemaphoreOptions, ThreadHandle, Wait,
    Waitable, WaitableTimer, WaitableTimerOptions, signal_and_wait, spawn, wait_all, wait_any,
};
pub use truncate::{is_mapped, set_end_of_file};
pub use view::{PageState, RegionInfo, View};

/// The allocation granularity in bytes: offsets and bases of views are multiples of it.
pub const ALLOCATION_GRANULARITY: u64 = filemap_core::view::GRANULARITY;
/// Size of a large page in bytes (`GetLargePageMinimum`).
pub const LARGE_PAGE: u64 = 2 << 20;

#[doc(hidden)]
pub use filemap_core as core;
/// The file system driver of all this: for the C interface and the project's own tools. Not part of the stable interface.
#[doc(hidden)]
pub use filemap_sys as sys;
/// The error that a refused system call stands for; for the project's own programs.
#[doc(hidden)]
pub use refusal::system as system_error;
