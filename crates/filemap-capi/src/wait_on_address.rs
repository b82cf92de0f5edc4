//! `synchapi.h`: waiting until a word of this process's memory changes.
//!
//! The address is no key of the kernel's: words of 1, 2 and 8 bytes have no futex. Waiters of one address sleep in one of a
//! few rooms; a wake opens the room, and who finds his word unchanged is told as well, which Windows allows too.

// UNSAFETY: exported names.
#![expect(unsafe_code)]

use crate::boundary::{In, Outcome, guard};
use filemap_core::error::Win32Code;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often the room was opened, and who sleeps in it.
struct Room {
    opened: Mutex<u64>,
    sleepers: Condvar,
}

const ROOMS: usize = 64;
static BUILDING: [Room; ROOMS] = [const {
    Room {
        opened: Mutex::new(0),
        sleepers: Condvar::new(),
    }
}; ROOMS];

fn room(address: usize) -> &'static Room {
    &BUILDING[(address >> 3).wrapping_mul(0x9e37_79b9) % ROOMS]
}

fn wait(address: In<u8>, compare: In<u8>, size: usize, milliseconds: u32) -> Outcome<()> {
    if !matches!(size, 1 | 2 | 4 | 8) {
        return Err(Win32Code::INVALID_PARAMETER);
    }
    let until =
        (milliseconds != u32::MAX).then(|| Instant::now() + Duration::from_millis(milliseconds.into()));
    let undesired = compare.read_many(size)?;
    let room = room(address.address());
    let mut opened = room.opened.lock().unwrap_or_else(PoisonError::into_inner);
    // Under the lock: who changes the word and wakes comes before this look, or after the sleep has begun.
    if address.read_many(size)? != undesired {
        return Ok(());
    }
    let before = *opened;
    while *opened == before {
        opened = match until {
            None => room.sleepers.wait(opened).unwrap_or_else(PoisonError::into_inner),
            Some(until) => {
                let left = until.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return Err(Win32Code::TIMEOUT);
                }
                let woken = room.sleepers.wait_timeout(opened, left);
                woken.unwrap_or_else(PoisonError::into_inner).0
            }
        };
    }
    Ok(())
}

fn wake(address: usize) {
    let room = room(address);
    *room.opened.lock().unwrap_or_else(PoisonError::into_inner) += 1;
    room.sleepers.notify_all();
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn WaitOnAddress(address: In<u8>, compare: In<u8>, size: usize, milliseconds: u32) -> i32 {
    guard(0, || wait(address, compare, size, milliseconds).map(|()| 1))
}

/// See `synchapi.h`. It may wake more: each of them looks at his word again.
#[unsafe(no_mangle)]
pub extern "C" fn WakeByAddressSingle(address: usize) {
    guard((), || {
        wake(address);
        Ok(())
    });
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn WakeByAddressAll(address: usize) {
    guard((), || {
        wake(address);
        Ok(())
    });
}
