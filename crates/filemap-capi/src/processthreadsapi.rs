//! `processthreadsapi.h`: what concerns the calling process and thread alone.

// UNSAFETY: exported names; calls of the C library.
#![expect(unsafe_code)]

use crate::boundary::{Out, guard};
use crate::constants::TLS_OUT_OF_INDEXES;
use crate::errhandlingapi::set_last_error;
use crate::handle_table::Handle;
use crate::layout::STARTUPINFOW;
use filemap_core::error::Win32Code;
use std::cell::RefCell;
use std::sync::Mutex;
use zerocopy::FromZeros;

/// See `processthreadsapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetCurrentProcess() -> Handle {
    guard(Handle::NULL, || Ok(Handle::CURRENT_PROCESS))
}

/// See `processthreadsapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetCurrentThread() -> Handle {
    guard(Handle::NULL, || Ok(Handle::CURRENT_THREAD))
}

/// See `processthreadsapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetCurrentProcessId() -> u32 {
    guard(0, || Ok(std::process::id()))
}

/// See `processthreadsapi.h`. The kernel's number of the thread.
#[unsafe(no_mangle)]
pub extern "C" fn GetCurrentThreadId() -> u32 {
    // SAFETY: no preconditions.
    guard(0, || Ok(unsafe { libc::gettid() } as u32))
}

/// See `processthreadsapi.h`. Only the low eight bits of the code reach a parent that is no program of ours.
#[unsafe(no_mangle)]
pub extern "C" fn ExitProcess(code: u32) -> ! {
    // SAFETY: exit has no preconditions that its caller could break by calling it.
    unsafe { libc::exit(code as i32) }
}

/// See `processthreadsapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn SwitchToThread() -> i32 {
    guard(0, || {
        std::thread::yield_now();
        Ok(1)
    })
}

/// See `processthreadsapi.h`. The structure is the same for A and W: this process was started with no title and no desktop.
#[unsafe(no_mangle)]
pub extern "C" fn GetStartupInfoA(info: Out<STARTUPINFOW>) {
    startup_info(info);
}

/// See `processthreadsapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetStartupInfoW(info: Out<STARTUPINFOW>) {
    startup_info(info);
}

fn startup_info(info: Out<STARTUPINFOW>) {
    guard((), || {
        let mut answer = STARTUPINFOW::new_zeroed();
        answer.cb = size_of::<STARTUPINFOW>() as u32;
        info.write(&answer)
    });
}

/// Slots of this process (Windows: 64 and 1024 more).
const SLOTS: usize = 1088;
/// For each slot: its generation, and whether it is in use. A thread's word from an earlier generation counts as NULL.
static USED: Mutex<[(u32, bool); SLOTS]> = Mutex::new([(0, false); SLOTS]);

thread_local! {
    static WORDS: RefCell<Vec<(u32, usize)>> = const { RefCell::new(Vec::new()) };
}

fn generation(slot: u32) -> Result<(usize, u32), Win32Code> {
    let used = USED.lock().unwrap_or_else(|e| e.into_inner());
    match used.get(slot as usize) {
        Some((generation, true)) => Ok((slot as usize, *generation)),
        _ => Err(Win32Code::INVALID_PARAMETER),
    }
}

/// See `processthreadsapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn TlsAlloc() -> u32 {
    guard(TLS_OUT_OF_INDEXES, || {
        let mut used = USED.lock().unwrap_or_else(|e| e.into_inner());
        let slot = used
            .iter()
            .position(|(_, used)| !used)
            .ok_or(Win32Code::NOT_ENOUGH_MEMORY)?;
        used[slot] = (used[slot].0.wrapping_add(1), true);
        Ok(slot as u32)
    })
}

/// See `processthreadsapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn TlsFree(slot: u32) -> i32 {
    guard(0, || {
        let (slot, _) = generation(slot)?;
        USED.lock().unwrap_or_else(|e| e.into_inner())[slot].1 = false;
        Ok(1)
    })
}

/// See `processthreadsapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn TlsGetValue(slot: u32) -> usize {
    guard(0, || {
        let (slot, generation) = generation(slot)?;
        set_last_error(Win32Code(0));
        Ok(WORDS.with_borrow(|words| {
            words
                .get(slot)
                .filter(|(of, _)| *of == generation)
                .map_or(0, |(_, word)| *word)
        }))
    })
}

/// See `processthreadsapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn TlsSetValue(slot: u32, word: usize) -> i32 {
    guard(0, || {
        let (slot, generation) = generation(slot)?;
        WORDS.with_borrow_mut(|words| {
            if words.len() <= slot {
                words.resize(slot + 1, (0, 0));
            }
            words[slot] = (generation, word);
        });
        Ok(1)
    })
}
