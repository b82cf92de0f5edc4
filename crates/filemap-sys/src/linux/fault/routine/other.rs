//! Processors without routines: copies are the kernel's, and the frame is not read.

// UNSAFETY: the same unsafe signatures as the other processors.
#![expect(unsafe_code, reason = "the signatures of the real ones")]

use super::{Access, Outcome};
use core::ffi::c_void;

/// No instruction is in a routine.
pub(crate) fn landing_for(_instruction: usize) -> Option<usize> {
    None
}

/// Not needed without routines.
///
/// # Safety
/// None needed.
pub(crate) unsafe fn instruction_pointer(_context: *mut c_void) -> usize {
    0
}

/// Not known.
///
/// # Safety
/// None needed.
pub(crate) unsafe fn access(_context: *mut c_void) -> Option<Access> {
    None
}

/// Never called: [`landing_for`] knows no place to land.
///
/// # Safety
/// None needed.
pub(crate) unsafe fn land(_context: *mut c_void, _landing: usize, _outcome: Outcome) {}
