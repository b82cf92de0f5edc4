//! The few machine instructions that may fault, and how a signal handler gets a thread out of them.
//!
//! A routine is a leaf function of fixed size in a place the handler knows. If a signal arrives with the instruction
//! pointer inside one, the handler moves it to the routine's landing pad, which returns the fault as a value. That a
//! copy is machine code and not Rust has a second reason: other processes write to this memory at any time, which
//! Rust's memory model forbids and the machine does not mind.

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
mod other;
#[cfg(target_arch = "x86_64")]
mod x86_64;

#[cfg(target_arch = "aarch64")]
pub(crate) use aarch64::*;
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(crate) use other::*;
#[cfg(target_arch = "x86_64")]
pub(crate) use x86_64::*;

/// What a routine returns, in the two result registers of the C calling convention.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Outcome {
    /// The value of a load, 0 for anything else; after a fault, the address that faulted.
    pub(crate) value: u64,
    /// 0, or the signal that ended the routine.
    pub(crate) signal: u64,
}

/// How an instruction reached for memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
    Execute,
}
