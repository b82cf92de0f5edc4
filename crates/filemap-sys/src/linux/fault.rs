//! Memory of views that strangers may cut under us (V-57, V-63, V-82).
//!
//! ```text
//!  copy_in, copy_out, load … ──► machine code in known places ──fault──► handler: Err(Fault), the process lives
//!  atomics, user pointers    ──► a registered view?           ──SIGBUS─► page of zeroes, Registration::lost (FaultPolicy)
//!                                reserved and committed?      ──SEGV───► mprotect, once more
//!                                anything else                ─────────► the handler that was there before us
//! ```
//!
//! - [`copy`]: copies and words that return [`Fault`] where `memcpy` would end the process.
//! - [`regions`]: [`register`] a view; what its faults do; commit of SEC_RESERVE views; protections of single pages.
//! - [`handler`]: the two signal handlers and how they live with others.
//! - [`kernel`]: copies by system call, without any handler.
//!
//! x86-64 and aarch64 have machine code. On other processors copies go through [`kernel`], and a program that touches a
//! reserved page directly must call [`Registration::sync_committed`] before.

pub mod copy;
pub mod handler;
pub mod kernel;
pub mod regions;
mod routine;
mod slot;

pub use copy::{Fault, FaultKind, Word, copy_in, copy_out, fill, load, store};
pub use handler::{Standing, ensure_installed};
pub use regions::{
    CommitBitmap, CopyError, FaultPolicy, Kind, Lost, Region, Registration, default_policy, page_size,
    register, set_default_policy,
};
