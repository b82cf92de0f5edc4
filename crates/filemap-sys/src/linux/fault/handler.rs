//! The handlers of SIGBUS and SIGSEGV: ours first, then whoever was there before.
//!
//! Own code and not a crate: `signal-hook-registry`, the usual way to share signals, refuses these two, since a handler
//! that returns from them must change what faulted, which is what this one does.
//!
//! The handler works on faults in the [routines](super::copy) and in registered views. Everything else goes on to the
//! handler that was installed before: Rust's own (stack overflow), the program's, or the default, which dies at the
//! faulting instruction so that core dumps are true. It uses atomics and system calls only, keeps `errno`, and runs
//! with all signals blocked except those that a fault in it would raise.
//!
//! A program that installs its own handler *later* is in front of this one. If it passes on what it does not know (it
//! should, to the `struct sigaction` that it got back), all works; if not, its faults are its own and copies from cut
//! files end where it sends them. This code never installs itself a second time over another handler: the two could
//! pass a signal back and forth for ever.

// UNSAFETY: sigaction, and the signal frame.
#![expect(unsafe_code, reason = "signal handling; argued at each block")]

use super::regions;
use super::routine::{self, Outcome};
use core::ffi::{c_int, c_ulong, c_void};
use std::io;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicPtr};
use std::sync::{Mutex, PoisonError};

/// Who gets SIGBUS and SIGSEGV first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// This crate's handler.
    First,
    /// Another handler, installed after this one, for at least one of the two signals. It may or may not pass on.
    Behind,
}

/// The handler before ours, for one signal.
struct Before {
    /// Leaked and never changed, since a handler of another thread may be reading it.
    action: AtomicPtr<libc::sigaction>,
    /// It asked to be called once only (SA_RESETHAND), and has been.
    used_up: AtomicBool,
}

impl Before {
    const fn new() -> Before {
        Before {
            action: AtomicPtr::new(core::ptr::null_mut()),
            used_up: AtomicBool::new(false),
        }
    }
}

static BEFORE_SIGBUS: Before = Before::new();
static BEFORE_SIGSEGV: Before = Before::new();

fn before(signal: c_int) -> &'static Before {
    if signal == libc::SIGBUS {
        &BEFORE_SIGBUS
    } else {
        &BEFORE_SIGSEGV
    }
}

/// Installs the handlers of SIGBUS and SIGSEGV, if they are not installed. [`register`](super::register) calls it, at most
/// once in each tick of the kernel's clock (1 to 10 milliseconds).
///
/// Costs two system calls (some 0.5 microseconds) when there is nothing to do: it looks again each time, because programs
/// and libraries change handlers. A signal set back to the default or to "ignore" gets the handler again; a handler that
/// somebody installed over it stays in front ([`Standing::Behind`]).
///
/// Threads should not block these two signals: the kernel ends a process that faults with the signal blocked. Threads
/// with a small stack may use sigaltstack(2): the handler runs there if it exists. `exec` resets handlers, `fork` keeps
/// them.
///
/// # Errors
/// sigaction(2)'s; none is to be expected.
pub fn ensure_installed() -> io::Result<Standing> {
    let mut standing = Standing::First;
    for signal in [libc::SIGBUS, libc::SIGSEGV] {
        if !is_ours(&current(signal)?) && install(signal)? == Standing::Behind {
            standing = Standing::Behind;
        }
    }
    Ok(standing)
}

/// [`ensure_installed`], unless it has succeeded in this tick of the clock already: who maps a thousand views in a row pays
/// for one look, who maps one now and then has it looked after each time. The coarse clock costs no system call.
pub(super) fn ensure_installed_in_this_tick() -> io::Result<()> {
    /// Nanoseconds of the tick in which it last succeeded.
    static LOOKED: AtomicI64 = AtomicI64::new(i64::MIN);
    let tick = rustix::time::clock_gettime(rustix::time::ClockId::MonotonicCoarse);
    let tick = tick.tv_sec.wrapping_mul(1_000_000_000).wrapping_add(tick.tv_nsec);
    if LOOKED.load(Acquire) != tick {
        ensure_installed()?;
        LOOKED.store(tick, Release);
    }
    Ok(())
}

fn is_ours(action: &libc::sigaction) -> bool {
    action.sa_sigaction == on_fault as *const () as usize
}

fn current(signal: c_int) -> io::Result<libc::sigaction> {
    set(signal, core::ptr::null())
}

fn set(signal: c_int, action: *const libc::sigaction) -> io::Result<libc::sigaction> {
    let mut old = core::mem::MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: `action` is null or a complete `sigaction` of the caller; `old` has room for one.
    match unsafe { libc::sigaction(signal, action, old.as_mut_ptr()) } {
        // SAFETY: the call has filled it in (and zeroes are a valid value, too).
        0 => Ok(unsafe { old.assume_init() }),
        _ => Err(io::Error::last_os_error()),
    }
}

fn install(signal: c_int) -> io::Result<Standing> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let before = before(signal);
    let old = current(signal)?;
    if is_ours(&old) {
        return Ok(Standing::First);
    }
    let unhandled = old.sa_sigaction == libc::SIG_DFL || old.sa_sigaction == libc::SIG_IGN;
    if !unhandled && !before.action.load(Acquire).is_null() {
        return Ok(Standing::Behind);
    }
    // Known before our handler can be called for the first time.
    remember(before, old);
    let replaced = set(signal, &ours())?;
    if replaced.sa_sigaction != old.sa_sigaction && !is_ours(&replaced) {
        remember(before, replaced); // somebody was in between the two calls
    }
    Ok(Standing::First)
}

fn remember(before: &Before, action: libc::sigaction) {
    before.action.store(Box::into_raw(Box::new(action)), Release);
    before.used_up.store(false, Relaxed);
}

fn ours() -> libc::sigaction {
    // SAFETY: all zeroes is a valid `sigaction`: the default action, no flags, an empty mask.
    let mut action: libc::sigaction = unsafe { core::mem::zeroed() };
    action.sa_sigaction = on_fault as *const () as usize;
    // NODEFER: a fault inside the handler (a commit bitmap that was cut) is a value like any other, so its signal must
    // be let in. ONSTACK: a stack that has run over is one of the things we pass on.
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER;
    // SAFETY: `sa_mask` is ours and initialised by `sigfillset`; the signals exist.
    unsafe {
        libc::sigfillset(&mut action.sa_mask);
        for fault in [
            libc::SIGBUS,
            libc::SIGSEGV,
            libc::SIGILL,
            libc::SIGFPE,
            libc::SIGTRAP,
            libc::SIGABRT,
            libc::SIGSYS,
        ] {
            libc::sigdelset(&mut action.sa_mask, fault);
        }
    }
    action
}

/// SIGBUS codes; source: sigaction(2).
const BUS_ADRERR: c_int = 2;
const BUS_OBJERR: c_int = 3;
const BUS_MCEERR_AR: c_int = 4;
/// SIGSEGV code: the page is there but does not allow it.
const SEGV_ACCERR: c_int = 2;

extern "C" fn on_fault(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: `errno` is this thread's; read here and written back before the interrupted code goes on.
    let errno = unsafe { *libc::__errno_location() };
    // SAFETY: the kernel calls this (or a handler that passes on what the kernel gave it) with a frame and an info.
    if !unsafe { handle(signal, info, context) } {
        // SAFETY: the same.
        unsafe { pass_on(signal, info, context) };
    }
    // SAFETY: as above.
    unsafe { *libc::__errno_location() = errno };
}

/// `true` if the interrupted thread can go on.
///
/// # Safety
/// The arguments are those of a signal handler that is running.
unsafe fn handle(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) -> bool {
    // SAFETY: the caller's promise.
    let code = unsafe { (*info).si_code };
    if code <= 0 {
        return false; // somebody sent it: no fault
    }
    // SAFETY: faults have an address.
    let address = unsafe { (*info).si_addr() }.addr();
    if signal == libc::SIGSEGV && code == SEGV_ACCERR {
        // SAFETY: the caller's promise.
        if let Some(access) = unsafe { routine::access(context) }
            && regions::open_committed(address, access)
        {
            return true;
        }
    }
    // SAFETY: the caller's promise.
    if let Some(landing) = routine::landing_for(unsafe { routine::instruction_pointer(context) }) {
        // SAFETY: the frame is inside the routine that `landing` belongs to.
        unsafe {
            routine::land(
                context,
                landing,
                Outcome {
                    value: address as u64,
                    signal: signal as u64,
                },
            )
        };
        return true;
    }
    signal == libc::SIGBUS
        && matches!(code, BUS_ADRERR | BUS_OBJERR | BUS_MCEERR_AR)
        && regions::replace_lost(address, code == BUS_MCEERR_AR)
}

/// Does what would have happened without us.
///
/// # Safety
/// The arguments are those of a signal handler that is running.
unsafe fn pass_on(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    let before = before(signal);
    // SAFETY: null or leaked by `remember`.
    let action = unsafe { before.action.load(Acquire).as_ref() };
    // SAFETY: the caller's promise.
    let sent = unsafe { (*info).si_code } <= 0;
    let handler = action.map_or(libc::SIG_DFL, |action| action.sa_sigaction);
    let once = action.is_some_and(|action| action.sa_flags & libc::SA_RESETHAND != 0);
    match (handler, action) {
        // The kernel does not let a program ignore a fault, only a signal that somebody sent.
        (libc::SIG_IGN, _) if sent => {}
        (libc::SIG_DFL | libc::SIG_IGN, _) | (_, None) => die(signal, info, sent),
        (_, Some(_)) if once && before.used_up.swap(true, SeqCst) => die(signal, info, sent),
        (handler, Some(action)) => {
            // SAFETY: the caller's promise.
            unsafe { block_as_for(action, signal, context) };
            if action.sa_flags & libc::SA_SIGINFO != 0 {
                // SAFETY: sigaction(2): with SA_SIGINFO the address is a function of this type.
                let handler: extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void) =
                    unsafe { core::mem::transmute(handler) };
                handler(signal, info, context);
            } else {
                // SAFETY: sigaction(2): without SA_SIGINFO the address is a function of this type.
                let handler: extern "C" fn(c_int) = unsafe { core::mem::transmute(handler) };
                handler(signal);
            }
        }
    }
}

/// Sets the default action. A fault then happens again, at the same instruction, and ends the process there; a signal
/// that was sent is sent again.
fn die(signal: c_int, info: *mut libc::siginfo_t, sent: bool) {
    // SAFETY: all zeroes is a valid `sigaction`: the default.
    let default: libc::sigaction = unsafe { core::mem::zeroed() };
    let set = set(signal, &default);
    if sent || set.is_err() {
        // SAFETY: system calls on this thread, with the info that the kernel gave; allowed for the own process.
        unsafe {
            let (process, thread) = (libc::getpid(), libc::syscall(libc::SYS_gettid));
            if libc::syscall(libc::SYS_rt_tgsigqueueinfo, process, thread, signal, info) != 0 {
                libc::syscall(libc::SYS_tgkill, process, thread, signal);
            }
        }
    }
}

/// Blocks what the kernel would have blocked for `action`: what the thread had blocked, the action's mask, and the signal
/// itself unless it wanted otherwise. The kernel restores the thread's mask when the handler returns.
///
/// # Safety
/// `context` is the third argument of a signal handler that is running.
unsafe fn block_as_for(action: &libc::sigaction, signal: c_int, context: *mut c_void) {
    const BITS: usize = c_ulong::BITS as usize;
    const WORDS: usize = 64 / BITS;
    let context = context.cast::<libc::ucontext_t>();
    // SAFETY: the frame's mask; only its 64 bits are read, the kernel writes no more than them.
    let thread: [c_ulong; WORDS] = unsafe {
        (&raw const (*context).uc_sigmask)
            .cast::<[c_ulong; WORDS]>()
            .read()
    };
    let mut mask = action.sa_mask;
    // SAFETY: `mask` is a copy of an initialised set; numbers up to 64 are signals (those libc keeps are refused).
    unsafe {
        for number in 1..=64_usize {
            if thread[(number - 1) / BITS] >> ((number - 1) % BITS) & 1 != 0 {
                libc::sigaddset(&mut mask, number as c_int);
            }
        }
        if action.sa_flags & libc::SA_NODEFER == 0 {
            libc::sigaddset(&mut mask, signal);
        }
        libc::pthread_sigmask(libc::SIG_SETMASK, &mask, core::ptr::null_mut());
    }
}
