//! Real processes that die by SIGKILL, or stop by SIGSTOP, at every step of create, open, close and sweep.
//!
//! `filemap-core` explores the protocol exhaustively against a model of the kernel; here the kernel is real. The steps are
//! the same: `filemap-sys` has a named point before and after each, and inside the preparation of a new object.
//!
//! * [`Operation::ALL`]: what an assistant process does, what the stage looks like meanwhile, and which points it passes.
//! * [`assist`]: the assistant's part; a test plays its master with [`Assistant`].
//! * [`points`]: recording the points, and dying, stopping or telling at one of them.
//! * [`storm`]: random work on a few names, with the promises checked all the time.

mod assistant;
pub mod numbers;
mod operation;
#[cfg(target_arch = "x86_64")] // registers and numbers of system calls
pub mod play;
pub mod points;
pub mod soak;
pub mod storm;
#[cfg(target_arch = "x86_64")] // registers and numbers of system calls
pub mod trace;
pub mod vfork;
pub mod victim;

pub use assistant::{Assistant, assist, text_of};
pub use operation::{LARGE, NAME, Operation, SMALL, Stage, Stranger, Tree};
