//! The system calls under filemap: small functions, one per system call or a few that belong together.
//!
//! Linux and Windows each have a backend, and only this crate knows which it is: callers speak of [`os`].
//!
//! # What the backends have in common
//! * [`sync`](os::sync): the state of synchronisation objects, and waits for one, any or all of them;
//! * [`map`](os::map): address ranges: the granularity, the page size, what a program may use;
//! * [`placeholder`](os::placeholder): reserved address ranges that a view takes the place of.
//!
//! # What only one of them has
//! Windows' kernel keeps names, lifetimes and rights itself, so the backend is the calls that ask for them
//! (`section`, `view`, `handle`, `security`, `private`, `directory`). On Linux the library keeps them: `names` carries out
//! the steps of `filemap_core::lifecycle` on a directory of object files, `fault` copies without dying and commits pages
//! when they are touched, `tree` trusts directories.
//!
//! Errors are [`SysError`]: the call's name and its number; what they mean is decided above, where the operation is
//! known.

mod error;
pub use error::SysError;

#[cfg(target_os = "linux")]
pub mod linux;
#[cfg(target_os = "linux")]
pub use linux as os;

#[cfg(windows)]
pub mod windows;
#[cfg(windows)]
pub use windows as os;

#[cfg(not(any(target_os = "linux", windows)))]
compile_error!(
    "filemap-sys has backends for Linux and Windows only. What is missing elsewhere: macOS has no locks of open file \
     descriptions that a child's death leaves alone, no files without a name that get one later (O_TMPFILE, linkat), no \
     robust futexes and no /proc; FreeBSD has umtx in place of futexes, shm_open in place of a tmpfs to link files in, and \
     no locks of open file descriptions; Android has no tmpfs for programs and no robust lists in its C library. \
     filemap-core, which decides and calls nothing, builds everywhere."
);
