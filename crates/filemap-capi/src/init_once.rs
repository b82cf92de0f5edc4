//! `synchapi.h`: what is done once in a process. The word says by its low two bits how far it is; when it is done, the others are the
//! context that the program gave.

// UNSAFETY: exported names; atomics and outputs at addresses that C callers give; calls a function of the program.
#![expect(unsafe_code)]
#![allow(
    clippy::missing_safety_doc,
    reason = "the contract is in synchapi.h: a word that was initialised or zero, and places for what is told"
)]

use crate::boundary::{Outcome, guard, leave_errno};
use crate::constants::{INIT_ONCE_ASYNC, INIT_ONCE_CHECK_ONLY, INIT_ONCE_INIT_FAILED};
use crate::futex_word::{self, EVERYBODY};
use crate::layout::RTL_RUN_ONCE;
use filemap_core::error::Win32Code;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The bits that say how far it is; a context leaves them free.
const STATE: usize = 3;
const NOT_BEGUN: usize = 0;
/// One does it, and others wait for that.
const BEGUN: usize = 1;
const DONE: usize = 2;
/// Several may be doing it.
const BEGUN_BY_SEVERAL: usize = 3;
/// With [`BEGUN`]: somebody waits.
const WAITING: usize = 4;

struct Once(AtomicUsize);

/// How it stands for one who asks.
enum Begin {
    /// It is his to do.
    Yours,
    /// It is done, and this is the context.
    Done(usize),
}

impl Once {
    /// # Safety
    /// `once` leads to a word that stays where it is while the result is in use.
    unsafe fn at<'a>(once: *mut RTL_RUN_ONCE) -> &'a Once {
        // SAFETY: the caller's; a `Once` is its word, and all accesses to that are atomic.
        unsafe { &*once.cast::<Once>() }
    }

    fn change(&self, from: usize, to: usize) -> Result<(), usize> {
        self.0
            .compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire)
            .map(drop)
    }

    /// Errors: 31 with `INIT_ONCE_CHECK_ONLY`, 87.
    fn begin(&self, flags: u32) -> Outcome<Begin> {
        let new = match flags {
            0 => BEGUN,
            INIT_ONCE_ASYNC => BEGUN_BY_SEVERAL,
            INIT_ONCE_CHECK_ONLY => NOT_BEGUN,
            _ => return Err(Win32Code::INVALID_PARAMETER),
        };
        let mut word = self.0.load(Ordering::Acquire);
        loop {
            match word & STATE {
                DONE => return Ok(Begin::Done(word & !STATE)),
                _ if new == NOT_BEGUN => return Err(Win32Code::GEN_FAILURE),
                NOT_BEGUN => match self.change(word, new) {
                    Ok(()) => return Ok(Begin::Yours),
                    Err(other) => word = other,
                },
                BEGUN_BY_SEVERAL if new == BEGUN_BY_SEVERAL => return Ok(Begin::Yours),
                BEGUN if new == BEGUN => {
                    if word & WAITING == 0
                        && let Err(other) = self.change(word, word | WAITING)
                    {
                        word = other;
                        continue;
                    }
                    // The low half of the word, which is where the bits are.
                    let value = (word | WAITING) as u32;
                    futex_word::sleep(self.0.as_ptr().cast(), value, EVERYBODY, None);
                    word = self.0.load(Ordering::Acquire);
                }
                _ => return Err(Win32Code::INVALID_PARAMETER), // begun the other way
            }
        }
    }

    /// Errors: 31, 87, 183.
    fn complete(&self, flags: u32, context: usize) -> Outcome<()> {
        let from_several = flags == INIT_ONCE_ASYNC;
        let new = match flags {
            0 | INIT_ONCE_ASYNC if context & STATE == 0 => context | DONE,
            INIT_ONCE_INIT_FAILED if context == 0 => NOT_BEGUN,
            _ => return Err(Win32Code::INVALID_PARAMETER),
        };
        let mut word = self.0.load(Ordering::Acquire);
        loop {
            match (word & STATE, from_several) {
                (BEGUN, false) | (BEGUN_BY_SEVERAL, true) => match self.change(word, new) {
                    Ok(()) => break,
                    Err(other) => word = other,
                },
                (DONE, true) => return Err(Win32Code::ALREADY_EXISTS),
                (BEGUN, true) | (BEGUN_BY_SEVERAL, false) => return Err(Win32Code::INVALID_PARAMETER),
                _ => return Err(Win32Code::GEN_FAILURE),
            }
        }
        if word & (STATE | WAITING) == BEGUN | WAITING {
            futex_word::wake(self.0.as_ptr().cast(), u32::MAX, EVERYBODY);
        }
        Ok(())
    }
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InitOnceInitialize(once: *mut RTL_RUN_ONCE) {
    // SAFETY: the caller gave room for one.
    unsafe { once.write_bytes(0, 1) };
    leave_errno();
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InitOnceBeginInitialize(
    once: *mut RTL_RUN_ONCE,
    flags: u32,
    pending: *mut i32,
    context: *mut usize,
) -> i32 {
    // SAFETY: the caller gave a word, a place for the answer, and one for the context or NULL.
    guard(0, || unsafe {
        match Once::at(once).begin(flags)? {
            Begin::Yours => pending.write(1),
            Begin::Done(told) => {
                pending.write(0);
                if !context.is_null() {
                    context.write(told);
                }
            }
        }
        Ok(1)
    })
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InitOnceComplete(once: *mut RTL_RUN_ONCE, flags: u32, context: usize) -> i32 {
    guard(0, || {
        // SAFETY: the caller gave a word.
        let once = unsafe { Once::at(once) };
        once.complete(flags, context).map(|()| 1)
    })
}

type Function = extern "C-unwind" fn(*mut RTL_RUN_ONCE, usize, *mut usize) -> i32;

/// See `synchapi.h`. The function may end its thread: nothing with a destructor is alive here then.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn InitOnceExecuteOnce(
    once: *mut RTL_RUN_ONCE,
    function: Function,
    parameter: usize,
    context: *mut usize,
) -> i32 {
    let mut pending = 0;
    // SAFETY: the caller gave a word, and a place for the context or NULL.
    let known = unsafe { InitOnceBeginInitialize(once, 0, &raw mut pending, context) };
    if known == 0 || pending == 0 {
        return known;
    }
    let mut told = 0;
    let succeeded = function(once, parameter, &raw mut told) != 0;
    let (flags, told) = match succeeded {
        true => (0, told),
        false => (INIT_ONCE_INIT_FAILED, 0),
    };
    // SAFETY: as above.
    let completed = unsafe { InitOnceComplete(once, flags, told) };
    if completed == 0 && succeeded {
        // A context that has other bits: not done, as on Windows.
        // SAFETY: as above.
        unsafe { InitOnceComplete(once, INIT_ONCE_INIT_FAILED, 0) };
    }
    if succeeded && completed != 0 && !context.is_null() {
        // SAFETY: as above.
        unsafe { context.write(told) };
    }
    i32::from(succeeded && completed != 0)
}
