//! `interlockedapi.h`: interlocked singly linked lists. What is done in which order is `filemap_core::slist`'s; here it is done, to
//! memory that the program gave.
//!
//! A pop reads from an entry that another thread may have taken and freed meanwhile. That is a copy whose faults are values, as
//! for every pointer of the caller's; so nothing is asked of those who free, and no handler of the program's sees the fault.
//! It asks whose handler stands first, each time: [`boundary`](crate::boundary) has what that costs.
//!
//! The exchange is the processor's 16-byte one (CMPXCHG16B, CASP, or a load and a store that are linked), which holds between
//! processes too. The x86-64 processors of 2003 to 2006 that lack it get a lock of this process.

// UNSAFETY: exported names; atomics at addresses that C callers give.
#![expect(unsafe_code)]
#![allow(
    clippy::missing_safety_doc,
    reason = "the contract is in interlockedapi.h: a header that was initialised, and entries that are the caller's"
)]

use crate::boundary::{In, leave_errno};
use crate::layout::{SLIST_ENTRY, SLIST_HEADER};
use filemap_core::slist::{Action, Call, Header, Machine, Reply};
use portable_atomic::AtomicU128;
use std::sync::atomic::{AtomicU64, Ordering};

/// STATUS_DATATYPE_MISALIGNMENT: the signal that Linux has for it. If the program goes on, the address is used all the same.
fn check_alignment(address: usize) {
    if !address.is_multiple_of(align_of::<SLIST_HEADER>()) {
        // SAFETY: raise has no preconditions.
        unsafe { libc::raise(libc::SIGBUS) };
    }
}

/// # Safety
/// `header` leads to 16 bytes that may be written, at a multiple of 16, that are changed only by the functions of this file while the
/// result is in use.
unsafe fn word<'a>(header: *mut SLIST_HEADER) -> &'a AtomicU128 {
    // SAFETY: the caller's; the alignment is that of the type.
    unsafe { AtomicU128::from_ptr(header.cast()) }
}

/// # Safety
/// `header` as for [`word`]; the entries that `call` brings are the caller's alone, and stay where they are while they are listed.
unsafe fn run(header: *mut SLIST_HEADER, call: Call) -> *mut SLIST_ENTRY {
    check_alignment(header.addr());
    // SAFETY: the caller's.
    let word = unsafe { word(header) };
    let mut machine = Machine::new(call);
    let mut reply = Reply::Begin;
    let first = loop {
        reply = match machine.resume(reply) {
            Action::ReadHeader => Reply::Header(Header(word.load(Ordering::Acquire))),
            Action::ReadNext(entry) => Reply::Next(In::<u64>::at(entry as usize).read().ok()),
            Action::WriteNext { entry, next } => {
                // SAFETY: the entry is the caller's alone. Those who took it for the first one before it became the caller's may
                // read it still: by machine code, or the kernel does.
                let at = unsafe {
                    AtomicU64::from_ptr(std::ptr::with_exposed_provenance_mut::<u64>(entry as usize))
                };
                at.store(next, Ordering::Relaxed);
                Reply::Written
            }
            Action::Exchange { from, to } => {
                match word.compare_exchange(from.0, to.0, Ordering::AcqRel, Ordering::Acquire) {
                    Ok(_) => Reply::Exchanged,
                    Err(other) => Reply::Header(Header(other)),
                }
            }
            Action::Touch(entry) => {
                // SAFETY: none: this is the access violation that a broken list is on Windows. Should the program's handler
                // mend it, the load is one of plain bytes.
                unsafe { std::ptr::with_exposed_provenance::<u8>(entry as usize).read_volatile() };
                Reply::Begin
            }
            Action::End(first) => break first,
        };
    };
    leave_errno();
    std::ptr::with_exposed_provenance_mut(first as usize)
}

/// See `interlockedapi.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InitializeSListHead(header: *mut SLIST_HEADER) {
    check_alignment(header.addr());
    // SAFETY: the caller gave room for a header that nobody uses yet.
    unsafe { word(header) }.store(Header::EMPTY.0, Ordering::Release);
    leave_errno();
}

/// See `interlockedapi.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InterlockedPushEntrySList(
    header: *mut SLIST_HEADER,
    entry: *mut SLIST_ENTRY,
) -> *mut SLIST_ENTRY {
    // SAFETY: the caller's.
    unsafe { InterlockedPushListSListEx(header, entry, entry, 1) }
}

/// See `interlockedapi.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InterlockedPushListSListEx(
    header: *mut SLIST_HEADER,
    first: *mut SLIST_ENTRY,
    last: *mut SLIST_ENTRY,
    count: u32,
) -> *mut SLIST_ENTRY {
    check_alignment(first.addr() | last.addr());
    let call = Call::Push {
        first: first.expose_provenance() as u64,
        last: last.expose_provenance() as u64,
        count,
    };
    // SAFETY: the caller's.
    unsafe { run(header, call) }
}

/// See `interlockedapi.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InterlockedPopEntrySList(header: *mut SLIST_HEADER) -> *mut SLIST_ENTRY {
    // SAFETY: the caller's.
    unsafe { run(header, Call::Pop) }
}

/// See `interlockedapi.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InterlockedFlushSList(header: *mut SLIST_HEADER) -> *mut SLIST_ENTRY {
    // SAFETY: the caller's.
    unsafe { run(header, Call::Flush) }
}

/// See `interlockedapi.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn QueryDepthSList(header: *mut SLIST_HEADER) -> u16 {
    check_alignment(header.addr());
    // SAFETY: the caller's.
    let depth = Header(unsafe { word(header) }.load(Ordering::Acquire)).depth();
    leave_errno();
    depth
}

/// See `winnt.h`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RtlFirstEntrySList(header: *const SLIST_HEADER) -> *mut SLIST_ENTRY {
    check_alignment(header.addr());
    // SAFETY: the caller's: the header is writable although it is not written here.
    let first = Header(unsafe { word(header.cast_mut()) }.load(Ordering::Acquire)).first();
    leave_errno();
    std::ptr::with_exposed_provenance_mut(first as usize)
}
