//! Sleeping on words and waking sleepers: futex(2), futex_waitv(2).
// UNSAFETY: raw system calls on addresses of words that other processes share.
#![expect(unsafe_code)]

use rustix::io::Errno;
use rustix::thread::futex::{self, Flags, Timespec};
use std::io;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// Whether sleepers of one process or of all meet on a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Words in memory that processes share.
    Shared,
    /// Words of this process only.
    Private,
}

/// A moment, absolute, in nanoseconds on its clock; waiting for it costs nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// No limit.
    Forever,
    /// `CLOCK_MONOTONIC`.
    Monotonic(u64),
    /// `CLOCK_REALTIME`; follows when people set that clock.
    Realtime(u64),
}

/// Why a sleep ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken {
    /// Woken, or the word had another value, or a signal came: look again.
    LookAgain,
    /// The limit is over.
    TimedOut,
}

/// One word to sleep on.
#[derive(Clone, Copy, Debug)]
pub struct Word32 {
    /// Its address.
    pub address: *const AtomicU32,
    /// Sleep only while it has this value.
    pub expected: u32,
    /// Who shares it.
    pub scope: Scope,
}

fn timespec(ns: u64) -> Timespec {
    // Seconds beyond what the kernel accepts mean "never".
    let seconds = (ns / 1_000_000_000).min(1 << 40);
    Timespec {
        tv_sec: seconds as _,
        tv_nsec: (ns % 1_000_000_000) as _,
    }
}

fn ended(result: libc::c_long) -> io::Result<Woken> {
    if result >= 0 {
        return Ok(Woken::LookAgain);
    }
    let error = io::Error::last_os_error();
    match error.raw_os_error() {
        Some(libc::EAGAIN | libc::EINTR) => Ok(Woken::LookAgain),
        Some(libc::ETIMEDOUT) => Ok(Woken::TimedOut),
        _ => Err(error),
    }
}

/// Sleeps while one word has its expected value.
///
/// # Errors
/// EFAULT if the address is not mapped. Source: futex(2), `FUTEX_WAIT_BITSET`.
pub fn wait(word: Word32, until: Until) -> io::Result<Woken> {
    Ok(sleep(word, until)?)
}

/// As [`wait`], for those who have no time to lose.
#[inline(always)]
pub(crate) fn sleep(word: Word32, until: Until) -> Result<Woken, Errno> {
    let (clock, limit) = match until {
        Until::Forever => (Flags::empty(), None),
        Until::Monotonic(ns) => (Flags::empty(), Some(timespec(ns))),
        Until::Realtime(ns) => (Flags::CLOCK_REALTIME, Some(timespec(ns))),
    };
    let private = match word.scope {
        Scope::Shared => Flags::empty(),
        Scope::Private => Flags::PRIVATE,
    };
    // SAFETY: made from a live atomic of this process, which outlives the call that uses this value.
    let address = unsafe { &*word.address };
    match futex::wait_bitset(
        address,
        private | clock,
        word.expected,
        limit.as_ref(),
        NonZeroU32::MAX,
    ) {
        Ok(()) | Err(Errno::AGAIN | Errno::INTR) => Ok(Woken::LookAgain),
        Err(Errno::TIMEDOUT) => Ok(Woken::TimedOut),
        Err(error) => Err(error),
    }
}

/// Most words in one [`wait_each`]: `FUTEX_WAITV_MAX`.
pub const WAITV_MAX: usize = 128;

#[repr(C)]
#[derive(Clone, Copy)]
struct Waitv {
    val: u64,
    uaddr: u64,
    flags: u32,
    reserved: u32,
}

/// How long a sleep on several words lasts where the kernel has none: then all of them are looked at. Nanoseconds.
const TURN: u64 = 1_000_000;

/// Whether the kernel can sleep on several words at once. Source: futex_waitv(2).
#[must_use]
pub fn has_waitv() -> bool {
    !matches!(wait_each_at_once(&[], Until::Forever), Err(e) if is_refused(&e))
}

/// Not in this kernel, or not through this filter.
fn is_refused(e: &io::Error) -> bool {
    matches!(e.raw_os_error(), Some(libc::ENOSYS | libc::EPERM))
}

/// Sleeps while each of the words has its expected value; at most [`WAITV_MAX`]. Before Linux 5.16, and where a filter
/// refuses the call, it sleeps on one after the other for a millisecond each.
///
/// # Errors
/// EINVAL for no or too many words, EFAULT. Source: futex_waitv(2).
pub fn wait_each(words: &[Word32], until: Until) -> io::Result<Woken> {
    static IN_TURNS: AtomicBool = AtomicBool::new(false);
    if let [word] = words {
        return wait(*word, until);
    }
    if IN_TURNS.load(Ordering::Relaxed) {
        return wait_in_turns(words, until);
    }
    match wait_each_at_once(words, until) {
        Err(e) if is_refused(&e) => {
            IN_TURNS.store(true, Ordering::Relaxed);
            wait_in_turns(words, until)
        }
        other => other,
    }
}

fn wait_in_turns(words: &[Word32], until: Until) -> io::Result<Woken> {
    if words.is_empty() {
        return Err(io::Error::from_raw_os_error(libc::EINVAL));
    }
    for word in words.iter().cycle() {
        if words.iter().any(|word| word.load() != word.expected) {
            return Ok(Woken::LookAgain);
        }
        let is_over = match until {
            Until::Forever => false,
            Until::Monotonic(ns) => now(false) >= ns,
            Until::Realtime(ns) => now(true) >= ns,
        };
        if is_over {
            return Ok(Woken::TimedOut);
        }
        let turn = match until {
            Until::Monotonic(ns) => ns.min(now(false) + TURN),
            _ => now(false) + TURN,
        };
        // The end of a turn is nothing to tell; a wake is, whichever word it was for.
        if wait(*word, Until::Monotonic(turn))? == Woken::LookAgain {
            return Ok(Woken::LookAgain);
        }
    }
    unreachable!("a cycle of something never ends")
}

fn wait_each_at_once(words: &[Word32], until: Until) -> io::Result<Woken> {
    const SIZE_U32: u32 = 2; // FUTEX2_SIZE_U32
    if words.len() > WAITV_MAX {
        return Err(io::Error::from_raw_os_error(libc::EINVAL));
    }
    let mut list = [const { std::mem::MaybeUninit::<Waitv>::uninit() }; WAITV_MAX];
    for (to, word) in list.iter_mut().zip(words) {
        let private = if word.scope == Scope::Private {
            libc::FUTEX_PRIVATE_FLAG as u32
        } else {
            0
        };
        to.write(Waitv {
            val: word.expected.into(),
            uaddr: word.address as u64,
            flags: SIZE_U32 | private,
            reserved: 0,
        });
    }
    let (clock, limit) = match until {
        Until::Forever => (libc::CLOCK_MONOTONIC, None),
        Until::Monotonic(ns) => (libc::CLOCK_MONOTONIC, Some(timespec(ns))),
        Until::Realtime(ns) => (libc::CLOCK_REALTIME, Some(timespec(ns))),
    };
    let limit = limit.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    // SAFETY: the first `words.len()` elements of `list` are initialised and outlive the call, as `limit` does; the
    // kernel checks the addresses in them.
    ended(unsafe {
        libc::syscall(
            libc::SYS_futex_waitv,
            list.as_ptr(),
            words.len() as u32,
            0u32,
            limit,
            clock,
        )
    })
}

/// Sets the word to `value` (0 or a single bit) and wakes everybody who sleeps on it, in one system call: a signal
/// that kills the caller comes before both or after both.
///
/// # Errors
/// EFAULT. Source: futex(2), `FUTEX_WAKE_OP`.
pub fn set_and_wake_all(word: &AtomicU32, value: u32) -> io::Result<()> {
    // op << 28 | cmp << 24 | oparg << 12 | cmparg; FUTEX_OP_SET = 0, FUTEX_OP_OPARG_SHIFT = 8, compare "equal" = 0.
    let op: u32 = match value {
        0 => 0,
        bit => (8u32 << 28) | (bit.trailing_zeros() << 12),
    };
    let address = std::ptr::from_ref(word);
    // SAFETY: the kernel checks the address and writes an aligned 32-bit word there atomically; the words given here
    // are words that others change at any time, never behind a Rust reference to plain memory.
    let result = unsafe {
        libc::syscall(
            libc::SYS_futex,
            address,
            libc::FUTEX_WAKE_OP,
            i32::MAX,
            0usize,
            address,
            op,
        )
    };
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

/// Wakes everybody who sleeps on a shared word; how many these were.
///
/// # Errors
/// EFAULT. Source: futex(2), `FUTEX_WAKE`.
#[inline]
pub fn wake_all(word: &AtomicU32) -> io::Result<usize> {
    Ok(wake(word)?)
}

/// As [`wake_all`], for those who have no time to lose.
#[inline(always)]
pub(crate) fn wake(word: &AtomicU32) -> Result<usize, Errno> {
    futex::wake(word, Flags::empty(), i32::MAX as u32)
}

/// Wakes everybody in this process who sleeps on a private word.
pub fn wake_all_private(word: &AtomicU32) {
    // It can't fail: the word is mapped as long as it is borrowed.
    let _ = futex::wake(word, Flags::PRIVATE, i32::MAX as u32);
}

/// Nanoseconds on `CLOCK_MONOTONIC`, or on `CLOCK_REALTIME` since 1970.
#[must_use]
pub fn now(realtime: bool) -> u64 {
    let clock = if realtime {
        rustix::time::ClockId::Realtime
    } else {
        rustix::time::ClockId::Monotonic
    };
    let time = rustix::time::clock_gettime(clock);
    (time.tv_sec.max(0) as u64)
        .saturating_mul(1_000_000_000)
        .saturating_add(time.tv_nsec as u64)
}
