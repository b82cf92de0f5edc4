//! `handleapi.h`: what works on every kind of handle.

// UNSAFETY: exported names.
#![expect(unsafe_code)]

use crate::boundary::{Out, guard};
use crate::constants::{HANDLE_FLAG_INHERIT, HANDLE_FLAG_PROTECT_FROM_CLOSE};
use crate::handle_table::{Handle, handles};
use filemap_core::error::Win32Code;
use std::sync::Arc;

/// See `handleapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn CloseHandle(handle: Handle) -> i32 {
    guard(0, || {
        drop(handles().close(handle)?);
        Ok(1)
    })
}

/// See `handleapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetHandleInformation(handle: Handle, flags: Out<u32>) -> i32 {
    guard(0, || {
        let value = match handle.pseudo() {
            Some(_) => 0,
            None => {
                let entry = handles().get(handle)?;
                let inherit = if entry.inheritable { HANDLE_FLAG_INHERIT } else { 0 };
                inherit
                    | if entry.protected {
                        HANDLE_FLAG_PROTECT_FROM_CLOSE
                    } else {
                        0
                    }
            }
        };
        flags.write(&value)?;
        Ok(1)
    })
}

/// See `handleapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn SetHandleInformation(handle: Handle, mask: u32, flags: u32) -> i32 {
    guard(0, || {
        if mask & !(HANDLE_FLAG_INHERIT | HANDLE_FLAG_PROTECT_FROM_CLOSE) != 0 {
            return Err(Win32Code::INVALID_PARAMETER);
        }
        handles().update(handle, |entry| {
            if mask & HANDLE_FLAG_INHERIT != 0 {
                entry.inheritable = flags & HANDLE_FLAG_INHERIT != 0;
                entry.object.set_inheritable(entry.inheritable);
            }
            if mask & HANDLE_FLAG_PROTECT_FROM_CLOSE != 0 {
                entry.protected = flags & HANDLE_FLAG_PROTECT_FROM_CLOSE != 0;
            }
        })?;
        Ok(1)
    })
}

/// See `handleapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn CompareObjectHandles(first: Handle, second: Handle) -> i32 {
    guard(0, || {
        let same = match (first.pseudo(), second.pseudo()) {
            (Some(a), Some(b)) => a == b,
            (None, None) => {
                let (a, b) = (handles().get(first)?, handles().get(second)?);
                Arc::ptr_eq(&a.object, &b.object) || a.object.same_as(&*b.object)
            }
            // A pseudo handle and a real one: the same only if the real one says so, which kinds to come may.
            (Some(_), None) => handles().get(second).map(|_| false)?,
            (None, Some(_)) => handles().get(first).map(|_| false)?,
        };
        if same {
            Ok(1)
        } else {
            Err(Win32Code::NOT_SAME_OBJECT)
        }
    })
}
