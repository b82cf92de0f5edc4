//! `handleapi.h`: what works on every kind of handle.

// UNSAFETY: exported names.
#![expect(unsafe_code)]

use crate::boundary::{Out, Outcome, guard, writable};
use crate::constants::*;
use crate::handle_table::{Entry, Handle, KernelObject, Pseudo, handles};
use crate::process::{Process, own_process};
use crate::thread::{self, Thread};
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
            (Some(_), None) => same_as_pseudo(first, second)?,
            (None, Some(_)) => same_as_pseudo(second, first)?,
        };
        if same {
            Ok(1)
        } else {
            Err(Win32Code::NOT_SAME_OBJECT)
        }
    })
}

/// What a pseudo handle means, as an entry of its own. Errors: 6 for a token.
fn pseudo_entry(pseudo: Pseudo) -> Outcome<Entry> {
    let (object, access): (Arc<dyn KernelObject>, u32) = match pseudo {
        Pseudo::Process => (Arc::new(Process::open(std::process::id())?), PROCESS_ALL_ACCESS),
        Pseudo::Thread => (Arc::new(Thread::Own(thread::current()?)), THREAD_ALL_ACCESS),
        Pseudo::Token => return Err(Win32Code::INVALID_HANDLE),
    };
    Ok(Entry::new(object, access))
}

fn same_as_pseudo(pseudo: Handle, real: Handle) -> Outcome<bool> {
    let real = handles().get(real)?;
    Ok(pseudo
        .pseudo()
        .and_then(|pseudo| pseudo_entry(pseudo).ok())
        .is_some_and(|meant| meant.object.same_as(&*real.object)))
}

fn duplicate(source: Handle, to: Out<usize>, access: u32, inherit: bool, options: u32) -> Outcome<()> {
    let entry = match source.pseudo() {
        Some(pseudo) => pseudo_entry(pseudo)?,
        None => handles().get(source)?,
    };
    if !to.is_null() && !writable(to.address(), size_of::<usize>()) {
        return Err(Win32Code::NOACCESS);
    }
    let wanted = match options & DUPLICATE_SAME_ACCESS {
        0 => {
            let unknown = access == u32::MAX;
            let asked = entry.object.spell_out(access);
            match unknown {
                true => return Err(Win32Code::ACCESS_DENIED), // F-15
                false if access & MAXIMUM_ALLOWED != 0 => entry.access | asked & !MAXIMUM_ALLOWED,
                false => asked,
            }
        }
        _ => entry.access,
    };
    let object = match entry.object.duplicate(entry.access, wanted)? {
        Some(other) => other,
        None => Arc::clone(&entry.object),
    };
    let handle = handles().insert(Entry {
        inheritable: inherit,
        ..Entry::new(object, wanted)
    })?;
    to.write_if_wanted(&handle.0)
}

/// See `handleapi.h`. The source handle is closed with DUPLICATE_CLOSE_SOURCE whatever else fails (O-24).
#[unsafe(no_mangle)]
pub extern "C" fn DuplicateHandle(
    source_process: Handle,
    source: Handle,
    target_process: Handle,
    target: Out<usize>,
    access: u32,
    inherit: i32,
    options: u32,
) -> i32 {
    guard(0, || {
        if options & !(DUPLICATE_CLOSE_SOURCE | DUPLICATE_SAME_ACCESS) != 0 {
            return Err(Win32Code::INVALID_PARAMETER);
        }
        own_process(source_process, PROCESS_DUP_HANDLE)?;
        let closes = options & DUPLICATE_CLOSE_SOURCE != 0;
        let done = match (target_process, closes) {
            (Handle::NULL, true) => handles().get(source).map(drop),
            _ => own_process(target_process, PROCESS_DUP_HANDLE)
                .and_then(|()| duplicate(source, target, access, inherit != 0, options)),
        };
        if closes {
            let closed = handles().close(source).map(drop);
            done?;
            closed?;
        }
        done.map(|()| 1)
    })
}
