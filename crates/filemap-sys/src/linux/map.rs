//! Views: address ranges that show an object's bytes.

// UNSAFETY: mmap(2), mprotect(2), munmap(2), msync(2).
#![expect(unsafe_code)]

use crate::SysError;
use filemap_core::access::Page;
use filemap_core::view::{GRANULARITY, UserRange};
use rustix::io::Errno;
use rustix::mm::{MapFlags, MprotectFlags, MsyncFlags, ProtFlags};
use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicUsize, Ordering};

const STEP: usize = GRANULARITY as usize;

/// The lowest address that this module has mapped at: the next view goes just below. 0 before the first one.
static LOWEST: AtomicUsize = AtomicUsize::new(0);

/// What a view shows.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The file.
    pub file: BorrowedFd<'a>,
    /// Offset in bytes, a multiple of the page size.
    pub offset: u64,
    /// Length in bytes, above 0.
    pub len: usize,
    /// Protection; copy-on-write ones make a private mapping.
    pub protect: Page,
    /// Map it without access for now: pages are let in when they are committed.
    pub reserved: bool,
}

/// Why no view came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoView {
    /// The wanted range is not entirely free.
    Occupied,
    /// No range is free, or there are too many mappings.
    NoSpace,
    /// The file's mount forbids execution.
    NoExec,
    /// Anything else.
    System(SysError),
}

fn protection(page: Page) -> ProtFlags {
    let allows = page.allows();
    let mut flags = ProtFlags::empty();
    flags.set(ProtFlags::READ, allows.read);
    flags.set(ProtFlags::WRITE, allows.write || page.is_copy_on_write());
    flags.set(ProtFlags::EXEC, allows.execute);
    flags
}

/// The range of addresses that programs may use, as GetSystemInfo tells it. The upper end is x86-64's and aarch64's with
/// 48 bits; the kernel has the last word.
#[must_use]
pub fn user_range() -> UserRange {
    UserRange {
        first: STEP as u64,
        last: 0x7FFF_FFFE_FFFF,
    }
}

/// Maps a view at an address of the system's choice, a multiple of 64 KiB (V-7). Source: mmap(2).
pub fn map(wanted: &Wanted<'_>) -> Result<usize, NoView> {
    let region = wanted.len.checked_next_multiple_of(STEP).ok_or(NoView::NoSpace)?;
    let lowest = LOWEST.load(Ordering::Relaxed);
    if let Some(hint) = lowest.checked_sub(region).filter(|hint| *hint >= STEP) {
        // The kernel takes the hint if the range is free, else it chooses, page by page.
        let at = map_once(wanted, hint, MapFlags::empty()).map_err(refused)?;
        if at.is_multiple_of(STEP) {
            let _ = LOWEST.compare_exchange(lowest, at, Ordering::Relaxed, Ordering::Relaxed);
            return Ok(at);
        }
        unmap_range(at, wanted.len);
    }
    // Reserve more than is needed, put the view onto a boundary inside, give the rest back.
    let len = region.checked_add(STEP).ok_or(NoView::NoSpace)?;
    // SAFETY: an anonymous mapping at an address of the kernel's choice touches no existing memory.
    let reserved = unsafe {
        rustix::mm::mmap_anonymous(
            std::ptr::null_mut(),
            len,
            ProtFlags::empty(),
            MapFlags::PRIVATE | MapFlags::NORESERVE,
        )
    }
    .map_err(refused)? as usize;
    let at = reserved.next_multiple_of(STEP);
    let mapped = map_once(wanted, at, MapFlags::FIXED);
    let used = match mapped {
        Ok(_) => wanted.len.next_multiple_of(page_size()),
        Err(_) => 0,
    };
    unmap_range(reserved, at - reserved);
    unmap_range(at + used, reserved + len - at - used);
    mapped.map_err(refused)?;
    LOWEST.store(at, Ordering::Relaxed);
    Ok(at)
}

/// Maps a view at exactly `base` (V-36). Source: mmap(2), `MAP_FIXED_NOREPLACE`.
pub fn map_at(wanted: &Wanted<'_>, base: usize) -> Result<usize, NoView> {
    match map_once(wanted, base, MapFlags::FIXED_NOREPLACE) {
        Ok(at) if at == base => Ok(at),
        Ok(elsewhere) => {
            // a kernel before 4.17 took the address as a hint
            unmap_range(elsewhere, wanted.len);
            Err(NoView::Occupied)
        }
        Err(Errno::EXIST) => Err(NoView::Occupied),
        // The kernel says ENOMEM for a range beyond the top as well as for too many mappings.
        Err(e) => Err(refused(e)),
    }
}

/// Puts a view over a range that the caller has reserved: nobody else can get in between.
///
/// # Safety
/// `base..base + wanted.len` is a mapping of the caller's own that nobody uses.
pub unsafe fn map_over(wanted: &Wanted<'_>, base: usize) -> Result<(), NoView> {
    map_once(wanted, base, MapFlags::FIXED)
        .map(|_| ())
        .map_err(refused)
}

fn map_once(wanted: &Wanted<'_>, at: usize, place: MapFlags) -> Result<usize, Errno> {
    let prot = match wanted.reserved {
        true => ProtFlags::empty(),
        false => protection(wanted.protect),
    };
    let sharing = match wanted.protect.is_copy_on_write() {
        true => MapFlags::PRIVATE,
        false => MapFlags::SHARED,
    };
    // SAFETY: without MAP_FIXED no existing mapping is touched; with it, the callers pass a range that they have just
    // reserved themselves (`map`) or that their own caller answers for (`map_over`).
    unsafe {
        rustix::mm::mmap(
            at as *mut _,
            wanted.len,
            prot,
            sharing | place,
            wanted.file,
            wanted.offset,
        )
    }
    .map(|p| p as usize)
}

fn refused(e: Errno) -> NoView {
    match e {
        Errno::NOMEM => NoView::NoSpace,
        Errno::PERM => NoView::NoExec,
        e => NoView::System(SysError::of("mmap")(e)),
    }
}

/// Unmaps a view.
///
/// # Safety
/// `base..base + len` was mapped by this module, and nothing in this process will touch it any more.
pub unsafe fn unmap(base: usize, len: usize) {
    unmap_range(base, len);
    // The lowest view is gone: the next one may take its place.
    let next = base + len.next_multiple_of(STEP);
    let _ = LOWEST.compare_exchange(base, next, Ordering::Relaxed, Ordering::Relaxed);
}

/// Puts reserved memory, without access and without a promise of RAM, in the place of a range. Source: mmap(2).
///
/// # Safety
/// `base..base + len` was mapped by this module, and nothing in this process will touch it any more.
pub unsafe fn reserve_over(base: usize, len: usize) -> Result<(), SysError> {
    // SAFETY: the range is the caller's own (its promise), so MAP_FIXED takes nothing from anybody.
    unsafe {
        rustix::mm::mmap_anonymous(
            base as *mut _,
            len,
            ProtFlags::empty(),
            MapFlags::PRIVATE | MapFlags::NORESERVE | MapFlags::FIXED,
        )
    }
    .map(drop)
    .map_err(SysError::of("mmap"))
}

fn unmap_range(base: usize, len: usize) {
    if len == 0 {
        return;
    }
    // SAFETY: the callers pass ranges that they have mapped themselves and given to nobody.
    let result = unsafe { rustix::mm::munmap(base as *mut _, len) };
    debug_assert!(result.is_ok(), "munmap({base:#x}, {len}): {result:?}");
}

/// Changes the protection of whole pages. Source: mprotect(2).
///
/// # Safety
/// The range lies in a view of the caller's, and no safe code relies on the access that is taken away.
pub unsafe fn protect(base: usize, len: usize, page: Page) -> Result<(), SysError> {
    // SAFETY: passed on to the caller.
    unsafe { rustix::mm::mprotect(base as *mut _, len, mprotect_flags(page)) }
        .map_err(SysError::of("mprotect"))
}

fn mprotect_flags(page: Page) -> MprotectFlags {
    MprotectFlags::from_bits_retain(protection(page).bits())
}

/// The bits of mprotect(2) for a protection; for code that has to call it itself.
#[must_use]
pub fn protection_bits(page: Page) -> u32 {
    protection(page).bits()
}

/// Starts writing the pages of a range to their file and waits until they are handed over. Source: msync(2).
pub fn flush(base: usize, len: usize) -> Result<(), SysError> {
    // SAFETY: msync changes no memory; a range that is not mapped gives ENOMEM.
    unsafe { rustix::mm::msync(base as *mut _, len, MsyncFlags::SYNC) }.map_err(SysError::of("msync"))
}

/// The system's page size in bytes.
#[must_use]
pub fn page_size() -> usize {
    rustix::param::page_size()
}
