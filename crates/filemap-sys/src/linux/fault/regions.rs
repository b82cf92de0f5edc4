//! The views that the signal handler looks after.
//!
//! [`register`] a view after mapping it; drop the [`Registration`] before unmapping it. In between, faults in it are
//! handled as its [`Kind`] and the [`FaultPolicy`] say, and bytes can be copied safely through the registration.

// UNSAFETY: registering is a promise about raw memory, and the registration copies to and from it.
#![expect(unsafe_code, reason = "raw memory of views; argued at each block")]

use super::copy::{self, Fault, Word};
use super::routine::Access;
use super::slot::{self, CUSTOM, Slot};
use rustix::mm::ProtFlags;
use std::fmt;
use std::io;
use std::ops::Range;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::{AtomicU8, AtomicU64};
use std::sync::{Mutex, PoisonError};

/// What happens when a program touches a view directly (an atomic, a pointer) and the memory behind the page is gone.
/// Guarded copies are not concerned: they return [`Fault`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultPolicy {
    /// The page becomes private zeroes of this process, the program goes on, and [`Registration::lost`] tells. What
    /// this process writes to the page from then on, others do not see, also if the file grows again.
    Replace,
    /// The signal goes on to whoever had it before: the program's own handler, or death by SIGBUS.
    PassOn,
}

const REPLACE: u8 = 1;
const PASS_ON: u8 = 2;

impl FaultPolicy {
    fn number(self) -> u8 {
        match self {
            FaultPolicy::Replace => REPLACE,
            FaultPolicy::PassOn => PASS_ON,
        }
    }
}

static DEFAULT_POLICY: AtomicU8 = AtomicU8::new(REPLACE);

/// Sets the policy of all views that have none of their own, from now on; [`FaultPolicy::Replace`] until somebody does.
pub fn set_default_policy(policy: FaultPolicy) {
    DEFAULT_POLICY.store(policy.number(), SeqCst);
}

/// The policy of all views that have none of their own.
#[must_use]
pub fn default_policy() -> FaultPolicy {
    if DEFAULT_POLICY.load(SeqCst) == PASS_ON {
        FaultPolicy::PassOn
    } else {
        FaultPolicy::Replace
    }
}

/// What kind of memory a view shows.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Pages of the object or file, all of them committed; also copy-on-write pages, which fault in the same way until
    /// they have been written.
    Committed,
    /// A SEC_RESERVE object, mapped PROT_NONE. A page whose bit is set in the bitmap gets the view's protection when it is
    /// touched (V-51, V-82); the others are access violations (V-50).
    Reserved(CommitBitmap),
}

/// The shared bitmap of committed pages: bit `n % 64` of word `n / 64` is page `n` of the object, in native byte order.
///
/// It may be memory that strangers write or cut; whatever it holds, only pages of the view itself are opened.
#[derive(Clone, Copy, Debug)]
pub struct CommitBitmap {
    /// The first word.
    pub words: *const AtomicU64,
    /// How many bits there are.
    pub bits: usize,
    /// The bit of the view's first page: the view's offset in the object, in pages.
    pub first_bit: usize,
}

/// A mapped view, as [`register`] wants to know it.
#[derive(Clone, Copy, Debug)]
pub struct Region {
    /// The first byte; a multiple of `page_size`.
    pub start: *mut u8,
    /// Bytes of the view; the last page may be used in part.
    pub len: usize,
    /// Bytes of a page: [`page_size()`](fn@page_size), or more for huge pages.
    pub page_size: usize,
    /// The protection of the view: what its pages have, or get when they are committed.
    pub protection: ProtFlags,
    /// What it shows.
    pub kind: Kind,
    /// Its own policy, or `None` for the process's.
    pub policy: Option<FaultPolicy>,
}

/// Bytes of an ordinary page.
#[must_use]
pub fn page_size() -> usize {
    crate::linux::map::page_size()
}

/// What a view has lost to [`FaultPolicy::Replace`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Lost {
    /// How many pages are private zeroes now.
    pub pages: u64,
    /// Offset in bytes of the page that was lost first.
    pub first_offset: u64,
}

/// A copy through a [`Registration`] did not happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CopyError {
    /// Offset and length go beyond the view; nothing was copied.
    OutOfView {
        /// Where it would have ended, in bytes; `u64::MAX` if that is no number.
        end: u64,
        /// Bytes of the view.
        len: u64,
    },
    /// The memory could not be reached.
    Fault {
        /// Offset in the view in bytes; `None` if the fault was in the caller's own buffer.
        offset: Option<usize>,
        /// The address and the kind.
        fault: Fault,
    },
}

impl fmt::Display for CopyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CopyError::OutOfView { end, len } => {
                write!(f, "the copy would end at byte {end} of a view of {len}")
            }
            CopyError::Fault {
                offset: Some(offset),
                fault,
            } => write!(f, "at byte {offset} of the view: {fault}"),
            CopyError::Fault { offset: None, fault } => write!(f, "in the caller's buffer: {fault}"),
        }
    }
}

impl std::error::Error for CopyError {}

/// A registered view; dropping it ends the handler's care for it (and waits for handlers that work on it, which takes
/// microseconds). Drop it *before* the view is unmapped.
///
/// # Invariants
/// 1. `slot` is active and this value's alone: nobody else frees it or changes its fields, except the handler's counters
///    and the page map.
/// 2. The region stays mapped while this value lives, and no Rust reference to its bytes exists ([`register`]'s contract).
pub struct Registration {
    slot: &'static Slot,
    start: *mut u8,
    len: usize,
    /// One change of protections at a time, so that the page map and the pages agree in the end.
    protecting: Mutex<()>,
}

// SAFETY: the pointer is only an address; every access to the memory is a guarded routine that tolerates other writers
// (threads and processes), and the slot is made of atomics.
unsafe impl Send for Registration {}
// SAFETY: as above.
unsafe impl Sync for Registration {}

/// Registers a view, so that faults in it are handled, and installs the signal handlers if they are not there yet
/// ([`ensure_installed`](super::ensure_installed)).
///
/// # Errors
/// EINVAL: `start` is not a multiple of `page_size`, `page_size` is not a power of two, `len` is 0 or wraps round.
/// ENOMEM: no memory for the table, or the handlers could not be installed (sigaction(2)'s errors).
///
/// # Safety
/// While the registration lives:
/// - the pages of `start..start + len` are mapped by the caller and nobody unmaps, moves or maps over them;
/// - no Rust reference to their bytes is made, except to atomics;
/// - the words of a [`CommitBitmap`] that hold its bits stay mapped, readable, and aligned to 8 bytes (the memory behind
///   them may go).
///
/// ```
/// use filemap_sys::os::fault::{self, Kind, Region};
/// use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous, munmap};
/// let protection = ProtFlags::READ | ProtFlags::WRITE;
/// let len = fault::page_size();
/// // SAFETY: a new mapping where the kernel likes, unmapped after the registration is gone.
/// let start = unsafe { mmap_anonymous(std::ptr::null_mut(), len, protection, MapFlags::SHARED) }?;
/// let region = Region {
///     start: start.cast(), len, page_size: len, protection, kind: Kind::Committed, policy: None,
/// };
/// // SAFETY: see above; nobody makes references to it.
/// let view = unsafe { fault::register(region) }?;
/// view.write_at(100, b"hello").unwrap();
/// let mut bytes = [0; 5];
/// view.read_at(100, &mut bytes).unwrap();
/// assert_eq!(&bytes, b"hello");
/// assert_eq!(view.lost(), None);
/// drop(view);
/// # // SAFETY: mapped above, not used any more.
/// # unsafe { munmap(start, len) }?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub unsafe fn register(region: Region) -> io::Result<Registration> {
    let Region {
        start,
        len,
        page_size,
        protection,
        kind,
        policy,
    } = region;
    let end = start
        .addr()
        .checked_add(len)
        .and_then(|end| end.checked_next_multiple_of(page_size.max(1)));
    let (Some(end), true, true, true) = (
        end,
        page_size.is_power_of_two(),
        start.addr() % page_size.max(1) == 0,
        len != 0,
    ) else {
        return Err(io::Error::from_raw_os_error(libc::EINVAL));
    };
    super::handler::ensure_installed_in_this_tick()?;
    let slot = slot::take()?;
    slot.start.store(start.addr(), Relaxed);
    slot.end.store(end, Relaxed);
    slot.page_size.store(page_size, Relaxed);
    slot.protection.store(protection.bits() as u8, Relaxed);
    slot.policy.store(policy.map_or(0, FaultPolicy::number), Relaxed);
    let bitmap = match kind {
        Kind::Committed => None,
        Kind::Reserved(bitmap) => Some(bitmap),
    };
    slot.bitmap.store(
        bitmap.map_or(std::ptr::null_mut(), |bitmap| bitmap.words.cast_mut()),
        Relaxed,
    );
    slot.bits.store(bitmap.map_or(0, |bitmap| bitmap.bits), Relaxed);
    slot.first_bit
        .store(bitmap.map_or(0, |bitmap| bitmap.first_bit), Relaxed);
    slot.lost_pages.store(0, Relaxed);
    slot.first_lost.store(u64::MAX, Relaxed);
    slot.activate();
    Ok(Registration {
        slot,
        start,
        len,
        protecting: Mutex::new(()),
    })
}

impl Registration {
    /// The first byte of the view.
    #[must_use]
    pub fn start(&self) -> *mut u8 {
        self.start
    }

    /// Bytes of the view, never 0.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a view is never empty")]
    pub fn len(&self) -> usize {
        self.len
    }

    /// What was lost to [`FaultPolicy::Replace`] so far; `None` if nothing. The library reports it as in-page error (999).
    #[must_use]
    pub fn lost(&self) -> Option<Lost> {
        let pages = self.slot.lost_pages.load(SeqCst);
        // The handler counts first and notes the offset second: without an offset the loss is still being handled.
        match self.slot.first_lost.load(SeqCst) {
            u64::MAX => None,
            first_offset => Some(Lost {
                pages: pages.max(1),
                first_offset,
            }),
        }
    }

    /// Sets this view's policy; `None` takes the process's.
    pub fn set_policy(&self, policy: Option<FaultPolicy>) {
        self.slot
            .policy
            .store(policy.map_or(0, FaultPolicy::number), SeqCst);
    }

    /// Is the page at byte `offset` committed? `true` for all pages of views that are not reserved, `false` outside the
    /// view.
    #[must_use]
    pub fn is_committed(&self, offset: usize) -> bool {
        offset < self.len && self.slot.committed(offset / self.slot.page_size.load(Relaxed))
    }

    /// Opens all pages of `range` (bytes) that are committed, without waiting for a fault. System calls with pointers
    /// into a reserved view need it: the kernel does not fault lazily, it returns EFAULT.
    ///
    /// Returns the offset of the first page in the range that is not committed, `None` if all are.
    ///
    /// # Errors
    /// EINVAL if the range goes beyond the view; mprotect(2)'s errors (ENOMEM: too many pieces, `vm.max_map_count`).
    pub fn sync_committed(&self, range: Range<usize>) -> io::Result<Option<usize>> {
        let pages = self.pages(range)?;
        let page_size = self.slot.page_size.load(Relaxed);
        let (mut page, mut missing) = (pages.start, None);
        while page < pages.end {
            // A page that is not committed is skipped; the handler's view of the bitmap decides, not ours.
            page = match self.slot.open_run(page, page..pages.end)? {
                Some(end) => end,
                None => {
                    missing.get_or_insert(page * page_size);
                    page + 1
                }
            };
        }
        Ok(missing)
    }

    /// Gives the pages of `range` (bytes) a protection of their own, as VirtualProtect does (V-54): at once where they are
    /// committed, when they are committed elsewhere. The handler keeps it and never undoes it.
    ///
    /// # Errors
    /// EINVAL if the range goes beyond the view; ENOMEM; EACCES if the object was not opened for that (mprotect(2)).
    /// After an error some of the pages may have the new protection.
    pub fn protect(&self, range: Range<usize>, protection: ProtFlags) -> io::Result<()> {
        let pages = self.pages(range)?;
        let _one_at_a_time = self.protecting.lock().unwrap_or_else(PoisonError::into_inner);
        self.slot.make_page_map()?;
        for byte in pages.clone().filter_map(|page| self.slot.page_byte(page)) {
            // The handler may add REPLACED meanwhile; the update keeps it.
            let own = CUSTOM | protection.bits() as u8 & 0x07;
            let _always = byte.fetch_update(SeqCst, SeqCst, |now| Some(now & slot::REPLACED | own));
        }
        self.slot.changes.fetch_add(1, SeqCst);
        if self.slot.bitmap.load(Relaxed).is_null() {
            return self
                .slot
                .apply(pages.start, pages.end, protection.bits() as u8 & 0x07);
        }
        let mut page = pages.start;
        while page < pages.end {
            page = self.slot.open_run(page, page..pages.end)?.unwrap_or(page + 1);
        }
        Ok(())
    }

    /// The protection that the page at byte `offset` has, or will have once it is committed; `None` outside the view.
    #[must_use]
    pub fn protection_at(&self, offset: usize) -> Option<ProtFlags> {
        let page = offset / self.slot.page_size.load(Relaxed);
        (offset < self.len).then(|| ProtFlags::from_bits_retain(self.slot.protection_of(page).into()))
    }

    /// Copies `bytes.len()` bytes out of the view, from byte `offset`. Others may write meanwhile: the bytes are what they
    /// were at some moment each. Nothing is torn for the words 1, 2, 4, 8 read with [`load`](Registration::load).
    ///
    /// # Errors
    /// [`CopyError::OutOfView`]; [`CopyError::Fault`] (V-57, V-50): `bytes` holds old and new bytes then.
    #[inline]
    pub fn read_at(&self, offset: usize, bytes: &mut [u8]) -> Result<(), CopyError> {
        let src = self.at(offset, bytes.len())?;
        // SAFETY: in the view (checked), which stays mapped or at least ours while `self` lives (invariant 2); `bytes` is
        // the caller's and, being a Rust reference, not in the view.
        unsafe { copy::copy_out(bytes.as_mut_ptr(), src, bytes.len()) }.map_err(|fault| self.fault(fault))
    }

    /// Copies `bytes` into the view at byte `offset`.
    ///
    /// # Errors
    /// [`CopyError::OutOfView`]; [`CopyError::Fault`] (V-57, V-58, V-50): some bytes may have been written then.
    #[inline]
    pub fn write_at(&self, offset: usize, bytes: &[u8]) -> Result<(), CopyError> {
        let dst = self.at(offset, bytes.len())?;
        // SAFETY: as in `read_at`; no Rust value lives in the view (invariant 2).
        unsafe { copy::copy_in(dst, bytes.as_ptr(), bytes.len()) }.map_err(|fault| self.fault(fault))
    }

    /// Sets `len` bytes of the view from byte `offset` to `value`.
    ///
    /// # Errors
    /// As for [`write_at`](Registration::write_at).
    #[inline]
    pub fn fill_at(&self, offset: usize, value: u8, len: usize) -> Result<(), CopyError> {
        let dst = self.at(offset, len)?;
        // SAFETY: as in `write_at`.
        unsafe { copy::fill(dst, value, len) }.map_err(|fault| self.fault(fault))
    }

    /// Loads the word at byte `offset` with one instruction; see [`load`](copy::load).
    ///
    /// # Errors
    /// As for [`read_at`](Registration::read_at).
    #[inline]
    pub fn load<T: Word>(&self, offset: usize) -> Result<T, CopyError> {
        let src = self.at(offset, size_of::<T>())?;
        // SAFETY: as in `read_at`.
        unsafe { copy::load(src.cast_const().cast::<T>()) }.map_err(|fault| self.fault(fault))
    }

    /// Stores the word at byte `offset` with one instruction; see [`store`](copy::store).
    ///
    /// # Errors
    /// As for [`write_at`](Registration::write_at).
    #[inline]
    pub fn store<T: Word>(&self, offset: usize, value: T) -> Result<(), CopyError> {
        let dst = self.at(offset, size_of::<T>())?;
        // SAFETY: as in `write_at`.
        unsafe { copy::store(dst.cast::<T>(), value) }.map_err(|fault| self.fault(fault))
    }

    #[inline]
    fn at(&self, offset: usize, len: usize) -> Result<*mut u8, CopyError> {
        match offset.checked_add(len) {
            Some(end) if end <= self.len => Ok(self.start.wrapping_add(offset)),
            end => Err(CopyError::OutOfView {
                end: end.map_or(u64::MAX, |end| end as u64),
                len: self.len as u64,
            }),
        }
    }

    #[cold]
    fn fault(&self, fault: Fault) -> CopyError {
        CopyError::Fault {
            offset: fault.offset_in(self.start, self.len),
            fault,
        }
    }

    /// The pages that `range` (bytes) touches.
    fn pages(&self, range: Range<usize>) -> io::Result<Range<usize>> {
        if range.start > range.end || range.end > self.len {
            return Err(io::Error::from_raw_os_error(libc::EINVAL));
        }
        let page_size = self.slot.page_size.load(Relaxed);
        let end = if range.is_empty() {
            range.start / page_size
        } else {
            range.end.div_ceil(page_size)
        };
        Ok(range.start / page_size..end)
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.slot.release();
    }
}

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registration")
            .field("start", &self.start)
            .field("len", &self.len)
            .field("lost", &self.lost())
            .finish_non_exhaustive()
    }
}

/// How far the handler looks for more committed pages on each side of the one that was touched: 2 MiB of 4 KiB pages.
const LOOK: usize = 512;

/// Opens the page of a reserved view that contains `address`, and its neighbours, if it is committed and its protection
/// allows `access`; `true` if the access can be tried again. Async-signal-safe.
pub(super) fn open_committed(address: usize, access: Access) -> bool {
    let Some(slot) = slot::find(address) else {
        return false;
    };
    if slot.bitmap.load(Relaxed).is_null() {
        return false;
    }
    let page = slot.page_of(address);
    // A page that does not allow the access would fault again for ever.
    if !slot::allows(slot.protection_of(page), access) {
        return false;
    }
    let window = page.saturating_sub(LOOK)..(page + LOOK).min(slot.pages());
    matches!(slot.open_run(page, window), Ok(Some(_)))
}

/// Handles the loss of the page that contains `address`, if it is a view's and the policy says so; `true` if the access
/// can be tried again. `broken`: the memory itself is broken, so an earlier replacement does not count. Async-signal-safe.
pub(super) fn replace_lost(address: usize, broken: bool) -> bool {
    let Some(slot) = slot::find(address) else {
        return false;
    };
    let policy = match slot.policy.load(SeqCst) {
        0 => DEFAULT_POLICY.load(SeqCst),
        own => own,
    };
    policy == REPLACE && slot.replace(slot.page_of(address), broken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::mm::{MapFlags, mmap_anonymous, munmap};
    use std::sync::atomic::{AtomicBool, AtomicU32};

    const PAGE: usize = 4096;

    fn map() -> *mut u8 {
        let protection = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: a new mapping where the kernel likes.
        unsafe { mmap_anonymous(std::ptr::null_mut(), PAGE, protection, MapFlags::SHARED) }
            .unwrap()
            .cast()
    }

    fn region(start: *mut u8) -> Region {
        let protection = ProtFlags::READ | ProtFlags::WRITE;
        Region {
            start,
            len: PAGE,
            page_size: PAGE,
            protection,
            kind: Kind::Committed,
            policy: None,
        }
    }

    /// What two handlers of other threads do all the time while a view comes and goes: after the drop, the memory is its
    /// owner's, and no late handler may map over it.
    #[test]
    fn no_handler_touches_the_memory_after_the_registration_is_gone() {
        let start = map();
        let address = start.addr();
        let (done, replaced) = (AtomicBool::new(false), AtomicU32::new(0));
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while !done.load(SeqCst) {
                        if replace_lost(address, true) {
                            replaced.fetch_add(1, SeqCst);
                        }
                    }
                });
            }
            // SAFETY: the page is mapped for the whole test, by this mapping or by its replacement; atomics only.
            let word = unsafe { AtomicU32::from_ptr(start.cast()) };
            let mut round = 0;
            while round < 2000 || replaced.load(SeqCst) < 500 {
                round += 1;
                // SAFETY: as above; dropped before the mapping goes.
                let view = unsafe { register(region(start)) }.unwrap();
                std::thread::yield_now();
                drop(view);
                word.store(round, SeqCst);
                for _ in 0..20 {
                    std::thread::yield_now();
                    assert_eq!(word.load(SeqCst), round, "a late handler has replaced the page");
                }
            }
            done.store(true, SeqCst);
        });
        // SAFETY: mapped above, not used any more.
        unsafe { munmap(start.cast(), PAGE) }.unwrap();
    }

    #[test]
    fn a_child_forked_while_a_handler_is_at_work_does_not_wait_for_it() {
        let start = map();
        // SAFETY: mapped for the whole test, no references.
        let view = unsafe { register(region(start)) }.unwrap();
        let pinned = slot::find(start.addr()).unwrap(); // as a handler of another thread has it
        // SAFETY: the child makes system calls and atomics only, and leaves by `_exit`; the alarm ends a hang.
        let child = unsafe { libc::fork() };
        if child == 0 {
            // SAFETY: see above.
            unsafe { libc::alarm(20) };
            view.slot.release();
            // SAFETY: see above.
            unsafe { libc::_exit(0) };
        }
        let mut status = 0;
        // SAFETY: waits for the child made above.
        assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
        assert_eq!(status, 0, "it left by itself");
        drop(pinned);
        drop(view);
        // SAFETY: mapped above, not used any more.
        unsafe { munmap(start.cast(), PAGE) }.unwrap();
    }
}
