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
//! | to see what is there | [`list`]; who holds what, [`inspect`] |
//! | to know why it failed | [`Error`]: operation, name, cause, Win32 code, remedy |
//!
//! `unsafe` is needed only to use [`View::as_ptr`].

// The only place above filemap-sys that knows the system: which files are this library's other half. Both halves have the
// same public names; what they share lies beside them.
#[cfg(target_os = "linux")]
#[path = "."]
mod system {
    pub(crate) mod commit;
    pub(crate) mod file_for_mapping;
    pub(crate) mod hint;
    pub(crate) mod image;
    pub mod inspect;
    #[path = "sync/job.rs"]
    pub(crate) mod job;
    pub mod leaks;
    pub mod list;
    pub(crate) mod mapped;
    pub(crate) mod mapping;
    #[path = "sync/named.rs"]
    pub(crate) mod named;
    pub(crate) mod namespace;
    pub(crate) mod object;
    pub(crate) mod private;
    #[path = "sync/process.rs"]
    pub(crate) mod process;
    pub(crate) mod refusal;
    pub mod security;
    #[path = "sync/thread.rs"]
    pub(crate) mod thread;
    #[cfg(feature = "tokio")]
    pub mod tokio;
    pub(crate) mod transfer;
    pub(crate) mod truncate;
    pub(crate) mod view;

    /// What users see.
    pub(crate) mod public {
        pub use super::file_for_mapping::{create_file_for_mapping, delete_file};
        pub use super::job::{Job, JobOptions};
        pub use super::mapping::{FileMapping, FileMappingOptions, ViewOptions, open_file_for};
        pub use super::namespace::{Namespace, TREE};
        pub use super::private::{BoundaryDescriptor, PrivateNamespace, PrivateNamespaceOptions};
        pub use super::process::ProcessHandle;
        pub use super::thread::{JoinHandle, ThreadHandle, spawn};
        #[cfg(feature = "tokio")]
        pub use super::tokio;
        pub use super::truncate::{is_mapped, set_end_of_file};
        pub use super::view::View;
        pub use super::{inspect, leaks, list, security};
    }
}
#[cfg(windows)]
#[path = "windows"]
mod system {
    pub(crate) mod file_for_mapping;
    pub(crate) mod job;
    pub mod list;
    pub(crate) mod mapping;
    pub(crate) mod named;
    pub(crate) mod namespace;
    pub(crate) mod private;
    pub(crate) mod process;
    pub(crate) mod refusal;
    pub mod security;
    #[cfg(test)]
    mod tests;
    pub(crate) mod thread;
    pub(crate) mod truncate;
    pub(crate) mod view;

    /// What users see.
    pub(crate) mod public {
        pub use super::file_for_mapping::{create_file_for_mapping, delete_file};
        pub use super::job::{Job, JobOptions};
        pub use super::mapping::{FileMapping, FileMappingOptions, ViewOptions, open_file_for};
        pub use super::namespace::Namespace;
        pub use super::private::{BoundaryDescriptor, PrivateNamespace, PrivateNamespaceOptions};
        pub use super::process::ProcessHandle;
        pub use super::thread::{JoinHandle, ThreadHandle, spawn};
        pub use super::truncate::{is_mapped, set_end_of_file};
        pub use super::view::View;
        pub use super::{list, security};
    }
}
#[cfg(not(any(target_os = "linux", windows)))]
mod system {} // filemap-sys says what is missing

mod sync;
pub mod views;
mod words;

pub(crate) use system::*;

pub use filemap_core::access::{FileMapAccess, Page, SectionFlags};
pub use filemap_core::error::{Error, Escaped, Op, OsError, Why, Win32Code};
pub use filemap_core::kind::Kind;
pub use filemap_core::name::Directory;
pub use filemap_core::profile::{Platform, Profile};
pub use filemap_sys::os::placeholder::Placeholder;
pub use sync::{
    AccessMask, DueTime, Event, EventOptions, Mutex, MutexGuard, MutexOptions, MutexState, Reset, Semaphore,
    SemaphoreOptions, Wait, Waitable, WaitableTimer, WaitableTimerOptions, signal_and_wait, wait_all,
    wait_any,
};
pub use system::public::*;
pub use words::{
    Disposition, FILE_SHARE_READ, FILE_SHARE_WRITE, FileForMappingOptions, GENERIC_READ, GENERIC_WRITE,
    GLOBAL_GROUP, Inherit, LOGIN_SESSION, Member, PLATFORM_VARIABLE, PageState, ROOT_VARIABLE, RegionInfo,
    SESSION_VARIABLE,
};

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
pub use system::refusal::system as system_error;
