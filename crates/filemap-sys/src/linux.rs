//! Linux: one small function per system call, one file per concept.

pub mod futex;
pub mod robust;
pub mod sync;
