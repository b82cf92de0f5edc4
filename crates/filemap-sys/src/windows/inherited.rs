//! Handles that a parent has left to this process under a number.

// UNSAFETY: takes a handle over by its number.
#![expect(unsafe_code)]

use crate::SysError;
use crate::os::handle;
use std::os::windows::io::{AsHandle, OwnedHandle};

/// The handle with this number, if it is one.
pub fn take(number: i32) -> Result<OwnedHandle, SysError> {
    // SAFETY: whoever started this process named the number for this purpose; it is asked below whether it is a handle.
    let taken = unsafe { handle::adopt(number as usize) };
    match handle::granted(taken.as_handle()) {
        Ok(_) => Ok(taken),
        Err(e) => {
            std::mem::forget(taken); // there is nothing to close
            Err(e)
        }
    }
}
