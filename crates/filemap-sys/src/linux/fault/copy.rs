//! Copies to and from memory that may vanish: a fault in them is an `Err`, not a death.

// UNSAFETY: moves bytes between raw addresses, one side of which may not be there.
#![expect(unsafe_code, reason = "raw memory; argued at each block")]

use core::fmt;

/// What stopped a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FaultKind {
    /// The memory behind the page is gone: the file was cut, the disk failed, tmpfs is full, a memory chip is broken
    /// (SIGBUS; EXCEPTION_IN_PAGE_ERROR on Windows, V-57).
    InPage,
    /// The page does not allow it or is not there: read-only, not committed, unmapped by another thread (SIGSEGV;
    /// EXCEPTION_ACCESS_VIOLATION on Windows, V-50, V-58).
    AccessViolation,
    /// One of the two, and the system did not say which ([`kernel`](super::kernel) copies only).
    Unknown,
    /// The system refused to copy at all, with this `errno`; the memory itself may be well
    /// ([`kernel`](super::kernel) copies only).
    Refused(i32),
}

impl FaultKind {
    /// The exception that Windows raises for it: 0xC0000006 or 0xC0000005 (E-4); `None` if it is not known.
    #[must_use]
    pub fn exception_code(self) -> Option<u32> {
        match self {
            FaultKind::InPage => Some(0xC000_0006),
            FaultKind::AccessViolation => Some(0xC000_0005),
            FaultKind::Unknown | FaultKind::Refused(_) => None,
        }
    }
}

/// A copy met memory that could not be read or written.
///
/// Some bytes before [`address`](Fault::address) have been copied, none is known to have been copied behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fault {
    /// The address that faulted, in either buffer of the copy.
    pub address: usize,
    /// Why.
    pub kind: FaultKind,
}

impl Fault {
    /// The offset in bytes of the fault in the `len` bytes at `start`; `None` if it was elsewhere, such as in the
    /// caller's own buffer.
    ///
    /// ```
    /// use filemap_sys::os::fault::{Fault, FaultKind};
    /// let fault = Fault { address: 0x5010, kind: FaultKind::InPage };
    /// assert_eq!(fault.offset_in(0x5000 as *const u8, 4096), Some(0x10));
    /// assert_eq!(fault.offset_in(0x6000 as *const u8, 4096), None);
    /// ```
    #[must_use]
    pub fn offset_in(&self, start: *const u8, len: usize) -> Option<usize> {
        self.address
            .checked_sub(start.addr())
            .filter(|&offset| offset < len)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = self.address;
        match self.kind {
            FaultKind::InPage => write!(
                f,
                "in-page error at {address:#x}: the memory behind the page is gone"
            ),
            FaultKind::AccessViolation => write!(f, "access violation at {address:#x}"),
            FaultKind::Unknown => write!(f, "the memory at {address:#x} can't be reached"),
            FaultKind::Refused(errno) => write!(f, "the system refused to copy (errno {errno})"),
        }
    }
}

impl core::error::Error for Fault {}

mod sealed {
    pub trait Word: Copy {
        /// # Safety
        /// See [`super::load`].
        #[expect(unsafe_code, reason = "declares the contract")]
        unsafe fn load(src: *const u8) -> Result<Self, super::Fault>;
        /// # Safety
        /// See [`super::store`].
        #[expect(unsafe_code, reason = "declares the contract")]
        unsafe fn store(dst: *mut u8, value: Self) -> Result<(), super::Fault>;
    }
}

/// A word that one instruction loads or stores: `u8`, `u16`, `u32`, `u64`.
pub trait Word: sealed::Word {}

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod guarded {
    use super::super::routine::{self, Outcome};
    use super::{Fault, FaultKind, Word, sealed};

    #[inline]
    fn check(outcome: Outcome) -> Result<u64, Fault> {
        if outcome.signal == 0 {
            Ok(outcome.value)
        } else {
            Err(failure(outcome))
        }
    }

    #[cold]
    fn failure(outcome: Outcome) -> Fault {
        let kind = if outcome.signal == libc::SIGBUS as u64 {
            FaultKind::InPage
        } else {
            FaultKind::AccessViolation
        };
        Fault {
            address: outcome.value as usize,
            kind,
        }
    }

    #[inline]
    pub(super) unsafe fn copy(dst: *mut u8, src: *const u8, len: usize) -> Result<(), Fault> {
        // SAFETY: the caller promises that a buffer is either plain memory or may fault; routines move `len` bytes
        // and nothing else, and each is called with at least the bytes and the processor it needs.
        let outcome = unsafe {
            if len <= 64 {
                routine::copy_small(dst, src, len)
            } else {
                large(dst, src, len)
            }
        };
        check(outcome).map(drop)
    }

    /// From this many bytes the cache can't hold both sides and non-temporal stores win: measured 1.4 to 1.9 times as fast
    /// as `memcpy` from 8 MiB on with 32 MiB of cache. Smaller copies stay in the cache, where the reader looks next.
    #[cfg(target_arch = "x86_64")]
    const STREAM: usize = 16 << 20;

    #[cfg(target_arch = "x86_64")]
    #[inline]
    unsafe fn large(dst: *mut u8, src: *const u8, len: usize) -> Outcome {
        // SAFETY: `len` > 64, and AVX only where the processor has it; the rest is the caller's promise.
        unsafe {
            match len {
                STREAM.. => routine::copy_stream(dst, src, len),
                128.. if routine::has_avx() => routine::copy_avx(dst, src, len),
                _ => routine::copy_sse(dst, src, len),
            }
        }
    }

    #[cfg(target_arch = "aarch64")]
    #[inline]
    unsafe fn large(dst: *mut u8, src: *const u8, len: usize) -> Outcome {
        // SAFETY: `len` > 64; the rest is the caller's promise.
        unsafe { routine::copy_blocks(dst, src, len) }
    }

    #[inline]
    pub(super) unsafe fn fill(dst: *mut u8, value: u8, len: usize) -> Result<(), Fault> {
        // SAFETY: the caller promises that the bytes are a view's, or nobody's.
        check(unsafe { routine::fill(dst, value.into(), len) }).map(drop)
    }

    macro_rules! words {
        ($($word:ty: $load:ident $store:ident,)+) => {$(
            impl Word for $word {}
            impl sealed::Word for $word {
                #[inline]
                unsafe fn load(src: *const u8) -> Result<Self, Fault> {
                    // SAFETY: one load of this size, faults allowed; the address is the caller's promise.
                    check(unsafe { routine::$load(src) }).map(|value| value as $word)
                }
                #[inline]
                unsafe fn store(dst: *mut u8, value: Self) -> Result<(), Fault> {
                    // SAFETY: one store of this size, faults allowed; the address is the caller's promise.
                    check(unsafe { routine::$store(dst, value.into()) }).map(drop)
                }
            }
        )+};
    }
    words! { u8: load_8 store_8, u16: load_16 store_16, u32: load_32 store_32, u64: load_64 store_64, }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
mod guarded {
    use super::super::kernel;
    use super::{Fault, Word, sealed};

    pub(super) use kernel::{copy_out as copy, fill};

    macro_rules! words {
        ($($word:ty)+) => {$(
            impl Word for $word {}
            impl sealed::Word for $word {
                unsafe fn load(src: *const u8) -> Result<Self, Fault> {
                    let mut bytes = [0; size_of::<$word>()];
                    // SAFETY: `bytes` is as long as the word; the address is the caller's promise.
                    unsafe { kernel::copy_out(bytes.as_mut_ptr(), src, bytes.len()) }?;
                    Ok(<$word>::from_ne_bytes(bytes))
                }
                unsafe fn store(dst: *mut u8, value: Self) -> Result<(), Fault> {
                    let bytes = value.to_ne_bytes();
                    // SAFETY: `bytes` is as long as the word; the address is the caller's promise.
                    unsafe { kernel::copy_in(dst, bytes.as_ptr(), bytes.len()) }
                }
            }
        )+};
    }
    words! { u8 u16 u32 u64 }
}

/// Copies `len` bytes from `src` into a view at `dst`.
///
/// Up to 64 bytes cost about what `memcpy` costs, large copies too. Bytes may arrive in any order, and other processes
/// may see some before others; use words and atomics for anything that must not be torn.
///
/// # Errors
/// [`Fault`] if a byte of either buffer can't be reached. Some bytes may have been copied then.
///
/// # Safety
/// - `src..src + len` is readable memory that nobody writes meanwhile, or memory of a view.
/// - `dst..dst + len` is memory of a view, or reserved for one: no Rust value lives there, whatever is mapped.
/// - The two do not overlap.
/// - [`ensure_installed`](super::ensure_installed) has succeeded in this process and the thread has neither SIGBUS nor
///   SIGSEGV blocked; otherwise a fault ends the process (which is not undefined, only sad).
#[inline]
pub unsafe fn copy_in(dst: *mut u8, src: *const u8, len: usize) -> Result<(), Fault> {
    // SAFETY: the caller's promises are what the routines need.
    unsafe { guarded::copy(dst, src, len) }
}

/// Copies `len` bytes out of a view at `src` into `dst`. All else as for [`copy_in`].
///
/// # Errors
/// [`Fault`] if a byte of either buffer can't be reached; `dst` then holds old and new bytes.
///
/// # Safety
/// As for [`copy_in`] with the sides exchanged: `src` is memory of a view, `dst` is memory that the caller owns, or a
/// view's.
#[inline]
pub unsafe fn copy_out(dst: *mut u8, src: *const u8, len: usize) -> Result<(), Fault> {
    // SAFETY: the caller's promises are what the routines need.
    unsafe { guarded::copy(dst, src, len) }
}

/// Sets `len` bytes of a view at `dst` to `value`.
///
/// # Errors
/// [`Fault`] if a byte can't be reached; some may have been set.
///
/// # Safety
/// As for the `dst` of [`copy_in`].
#[inline]
pub unsafe fn fill(dst: *mut u8, value: u8, len: usize) -> Result<(), Fault> {
    // SAFETY: the caller's promises are what the routines need.
    unsafe { guarded::fill(dst, value, len) }
}

/// Loads one word of a view with one instruction, as a volatile, relaxed atomic load does if `src` is aligned.
/// (On processors other than x86-64 and aarch64 a misaligned or unlucky word may be torn.)
///
/// # Errors
/// [`Fault`] if it can't be reached.
///
/// # Safety
/// As for the `src` of [`copy_out`].
#[inline]
pub unsafe fn load<T: Word>(src: *const T) -> Result<T, Fault> {
    // SAFETY: the caller's promise.
    unsafe { T::load(src.cast()) }
}

/// Stores one word of a view with one instruction, as a volatile, relaxed atomic store does if `dst` is aligned.
/// (On processors other than x86-64 and aarch64 a misaligned or unlucky word may be torn.)
///
/// # Errors
/// [`Fault`] if it can't be reached.
///
/// # Safety
/// As for the `dst` of [`copy_in`].
#[inline]
pub unsafe fn store<T: Word>(dst: *mut T, value: T) -> Result<(), Fault> {
    // SAFETY: the caller's promise.
    unsafe { T::store(dst.cast(), value) }
}
