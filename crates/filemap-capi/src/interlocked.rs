//! The interlocked functions as exports, for callers that find them by name. Programs that include `winnt.h` get the
//! compiler's own instructions instead. A bad pointer is an access violation, as on Windows.

// UNSAFETY: exported names; atomics at addresses that C callers give.
#![expect(unsafe_code)]
#![allow(
    clippy::missing_safety_doc,
    reason = "the contract is the processor's: an aligned, writable word"
)]

use crate::boundary::leave_errno;
use std::sync::atomic::{AtomicI32, AtomicI64, AtomicUsize, Ordering::SeqCst};

macro_rules! interlocked {
    ($($name:ident($atomic:ident, $ty:ty; $at:ident $(, $arg:ident)*) $body:expr;)*) => {$(
        /// See `winnt.h`.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(address: *mut $ty $(, $arg: $ty)*) -> $ty {
            // SAFETY: the caller gave an aligned word that may be written, and reaches it only by atomic operations meanwhile.
            let $at = unsafe { $atomic::from_ptr(address) };
            let result = $body;
            leave_errno();
            result
        }
    )*};
}

interlocked! {
    InterlockedIncrement(AtomicI32, i32; at) at.fetch_add(1, SeqCst).wrapping_add(1);
    InterlockedDecrement(AtomicI32, i32; at) at.fetch_sub(1, SeqCst).wrapping_sub(1);
    InterlockedExchange(AtomicI32, i32; at, value) at.swap(value, SeqCst);
    InterlockedExchangeAdd(AtomicI32, i32; at, value) at.fetch_add(value, SeqCst);
    InterlockedCompareExchange(AtomicI32, i32; at, value, comparand) at.compare_exchange(comparand, value, SeqCst, SeqCst).unwrap_or_else(|old| old);
    InterlockedIncrement64(AtomicI64, i64; at) at.fetch_add(1, SeqCst).wrapping_add(1);
    InterlockedDecrement64(AtomicI64, i64; at) at.fetch_sub(1, SeqCst).wrapping_sub(1);
    InterlockedExchange64(AtomicI64, i64; at, value) at.swap(value, SeqCst);
    InterlockedExchangeAdd64(AtomicI64, i64; at, value) at.fetch_add(value, SeqCst);
    InterlockedCompareExchange64(AtomicI64, i64; at, value, comparand) at.compare_exchange(comparand, value, SeqCst, SeqCst).unwrap_or_else(|old| old);
    InterlockedExchangePointer(AtomicUsize, usize; at, value) at.swap(value, SeqCst);
    InterlockedCompareExchangePointer(AtomicUsize, usize; at, value, comparand) at.compare_exchange(comparand, value, SeqCst, SeqCst).unwrap_or_else(|old| old);
}
