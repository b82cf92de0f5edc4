//! `synchapi.h`: waiting, sleeping, and critical sections. Those are plain memory of one process: as on Windows, a bad pointer to one is
//! an access violation of the program.

// UNSAFETY: exported names; the words of critical sections.
#![expect(unsafe_code)]
#![allow(
    clippy::missing_safety_doc,
    reason = "the contract is in synchapi.h: a section that was initialised, and not moved since"
)]

use crate::boundary::{In, Outcome, guard};
use crate::constants::{MAXIMUM_WAIT_OBJECTS, WAIT_FAILED, WAIT_IO_COMPLETION};
use crate::futex_word::{self, EVERYBODY};
use crate::handle_table::Handle;
use crate::layout::RTL_CRITICAL_SECTION;
use crate::wait;
use filemap_core::error::Win32Code;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;

/// INFINITE.
const INFINITE: u32 = u32::MAX;

/// See `synchapi.h`.
#[expect(clippy::disallowed_methods, reason = "sleeping is what it is for")]
#[unsafe(no_mangle)]
pub extern "C" fn Sleep(milliseconds: u32) {
    guard((), || {
        match milliseconds {
            0 => std::thread::yield_now(),
            INFINITE => loop {
                std::thread::park(); // wakes for no reason at times
            },
            _ => std::thread::sleep(Duration::from_millis(milliseconds.into())),
        }
        Ok(())
    });
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn SleepEx(milliseconds: u32, alertable: i32) -> u32 {
    if alertable == 0 {
        Sleep(milliseconds);
        return 0;
    }
    guard(0, || match wait::sleep(milliseconds)? {
        WAIT_IO_COMPLETION => Ok(WAIT_IO_COMPLETION),
        _ => Ok(0),
    })
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn WaitForSingleObject(handle: Handle, milliseconds: u32) -> u32 {
    WaitForSingleObjectEx(handle, milliseconds, 0)
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn WaitForSingleObjectEx(handle: Handle, milliseconds: u32, alertable: i32) -> u32 {
    guard(WAIT_FAILED, || {
        let object = wait::awaited(handle, true)?;
        wait::one(&object, milliseconds, alertable != 0)
    })
}

fn wait_for_several(count: u32, list: In<usize>, all: bool, ms: u32, alertable: bool) -> Outcome<u32> {
    if count == 0 || count > MAXIMUM_WAIT_OBJECTS {
        return Err(Win32Code::INVALID_PARAMETER);
    }
    let numbers = list.read_many(count as usize)?;
    let objects = numbers.iter().map(|number| wait::awaited(Handle(*number), false));
    let objects = objects.collect::<Outcome<Vec<_>>>()?;
    match all {
        true => wait::all(&objects, ms, alertable),
        false => wait::any(&objects, ms, alertable),
    }
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn WaitForMultipleObjects(count: u32, list: In<usize>, all: i32, milliseconds: u32) -> u32 {
    guard(WAIT_FAILED, || {
        wait_for_several(count, list, all != 0, milliseconds, false)
    })
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn WaitForMultipleObjectsEx(
    count: u32,
    list: In<usize>,
    all: i32,
    milliseconds: u32,
    alertable: i32,
) -> u32 {
    guard(WAIT_FAILED, || {
        wait_for_several(count, list, all != 0, milliseconds, alertable != 0)
    })
}

/// `MWMO_WAITALL`, `MWMO_ALERTABLE`; `MWMO_INPUTAVAILABLE` says something about messages.
const WAIT_ALL: u32 = 1;
const ALERTABLE: u32 = 2;
const INPUT_AVAILABLE: u32 = 4;

/// See `winuser.h`. No message ever comes: without objects it is a sleep.
#[unsafe(no_mangle)]
pub extern "C" fn MsgWaitForMultipleObjectsEx(
    count: u32,
    list: In<usize>,
    milliseconds: u32,
    mask: u32,
    flags: u32,
) -> u32 {
    let _ = mask;
    let known = WAIT_ALL | ALERTABLE | INPUT_AVAILABLE;
    guard(WAIT_FAILED, || match count {
        // The queue of messages is one of the 64.
        _ if flags & !known != 0 || count >= MAXIMUM_WAIT_OBJECTS => Err(Win32Code::INVALID_PARAMETER),
        0 => wait::never(milliseconds, flags & ALERTABLE != 0),
        // All, and a message too: that never happens.
        _ if flags & WAIT_ALL != 0 => {
            let objects = list.read_many(count as usize)?;
            objects
                .iter()
                .try_for_each(|one| wait::awaited(Handle(*one), false).map(drop))?;
            wait::never(milliseconds, flags & ALERTABLE != 0)
        }
        _ => wait_for_several(count, list, false, milliseconds, flags & ALERTABLE != 0),
    })
}

/// See `winuser.h`.
#[unsafe(no_mangle)]
pub extern "C" fn MsgWaitForMultipleObjects(
    count: u32,
    list: In<usize>,
    all: i32,
    milliseconds: u32,
    mask: u32,
) -> u32 {
    MsgWaitForMultipleObjectsEx(count, list, milliseconds, mask, u32::from(all != 0))
}

/// See `synchapi.h`. Not atomic: another thread may see the signal before this one waits.
#[unsafe(no_mangle)]
pub extern "C" fn SignalObjectAndWait(
    signal: Handle,
    wait_for: Handle,
    milliseconds: u32,
    alertable: i32,
) -> u32 {
    guard(WAIT_FAILED, || {
        let object = wait::awaited(wait_for, true)?;
        wait::signal(signal)?;
        wait::one(&object, milliseconds, alertable != 0)
    })
}

/// The lock word: 0 free, 1 owned, 2 owned and somebody waits.
///
/// # Safety
/// `section` leads to an initialised critical section that stays where it is.
unsafe fn word<'a>(section: *mut RTL_CRITICAL_SECTION) -> &'a AtomicU32 {
    // SAFETY: the caller's; LockCount is an aligned 32-bit field, and all of our accesses to it are atomic.
    unsafe { AtomicU32::from_ptr((&raw mut (*section).LockCount).cast()) }
}

/// # Safety
/// As for [`word`].
unsafe fn owner<'a>(section: *mut RTL_CRITICAL_SECTION) -> &'a AtomicUsize {
    // SAFETY: as for `word`.
    unsafe { AtomicUsize::from_ptr(&raw mut (*section).OwningThread) }
}

fn me() -> usize {
    thread_local! {
        // SAFETY: gettid has no preconditions.
        static ME: usize = unsafe { libc::gettid() } as usize;
    }
    ME.with(|me| *me)
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InitializeCriticalSection(section: *mut RTL_CRITICAL_SECTION) {
    // SAFETY: the caller gave room for a section.
    unsafe { section.write_bytes(0, 1) };
    crate::boundary::leave_errno();
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InitializeCriticalSectionAndSpinCount(
    section: *mut RTL_CRITICAL_SECTION,
    spin: u32,
) -> i32 {
    // SAFETY: as above.
    unsafe {
        section.write_bytes(0, 1);
        (&raw mut (*section).SpinCount).write(spin as usize);
    }
    crate::boundary::leave_errno();
    1
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InitializeCriticalSectionEx(
    section: *mut RTL_CRITICAL_SECTION,
    spin: u32,
    flags: u32,
) -> i32 {
    let _ = flags;
    // SAFETY: as above.
    unsafe { InitializeCriticalSectionAndSpinCount(section, spin) }
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn EnterCriticalSection(section: *mut RTL_CRITICAL_SECTION) {
    // SAFETY: the caller gave an initialised section; RecursionCount is touched by its owner only.
    unsafe {
        if TryEnterCriticalSection(section) != 0 {
            return;
        }
        let word = word(section);
        while word.swap(2, Ordering::Acquire) != 0 {
            futex_word::sleep(word, 2, EVERYBODY, None);
        }
        owner(section).store(me(), Ordering::Relaxed);
        (&raw mut (*section).RecursionCount).write(1);
    }
    crate::boundary::leave_errno();
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn TryEnterCriticalSection(section: *mut RTL_CRITICAL_SECTION) -> i32 {
    // SAFETY: as for EnterCriticalSection.
    unsafe {
        let count = &raw mut (*section).RecursionCount;
        if owner(section).load(Ordering::Relaxed) == me() {
            count.write(count.read() + 1);
        } else if word(section)
            .compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
        {
            owner(section).store(me(), Ordering::Relaxed);
            count.write(1);
        } else {
            crate::boundary::leave_errno();
            return 0;
        }
    }
    crate::boundary::leave_errno();
    1
}

/// See `synchapi.h`. Leaving a section of another thread does nothing (Windows would break it).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn LeaveCriticalSection(section: *mut RTL_CRITICAL_SECTION) {
    // SAFETY: as for EnterCriticalSection.
    unsafe {
        if owner(section).load(Ordering::Relaxed) == me() {
            let count = &raw mut (*section).RecursionCount;
            count.write(count.read() - 1);
            if count.read() == 0 {
                owner(section).store(0, Ordering::Relaxed);
                let word = word(section);
                if word.swap(0, Ordering::Release) == 2 {
                    futex_word::wake(word, 1, EVERYBODY);
                }
            }
        }
    }
    crate::boundary::leave_errno();
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn DeleteCriticalSection(section: *mut RTL_CRITICAL_SECTION) {
    // SAFETY: the caller gave a section that nobody uses any more.
    unsafe { section.write_bytes(0, 1) };
    crate::boundary::leave_errno();
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetCriticalSectionSpinCount(section: *mut RTL_CRITICAL_SECTION, spin: u32) -> u32 {
    // SAFETY: the caller gave an initialised section; the count is touched here only.
    let before = unsafe { AtomicUsize::from_ptr(&raw mut (*section).SpinCount) }
        .swap(spin as usize, Ordering::Relaxed);
    crate::boundary::leave_errno();
    before as u32
}
