//! The system calls under filemap: small functions, one per system call or a few that belong together.
//!
//! # What a backend provides
//! * [`names`](os::names): carries out the steps of `filemap_core::lifecycle` on a directory of object files;
//! * [`map`](os::map): views: mapping, protecting, flushing, querying address ranges;
//! * [`fault`](os::fault): copies that report a fault instead of dying, and pages that are committed when touched;
//! * [`tree`](os::tree): directories that may be trusted;
//! * [`process`](os::process): facts about processes.
//!
//! Callers above speak of [`os`] and never of a platform. Errors are [`SysError`]: the call's name and its number;
//! what they mean in Windows' terms is decided above, where the operation is known.

mod error;
pub use error::SysError;

#[cfg(target_os = "linux")]
pub mod linux;
#[cfg(target_os = "linux")]
pub use linux as os;

#[cfg(not(target_os = "linux"))]
compile_error!("filemap-sys has a backend for Linux only; the Windows backend is not part of this version");
