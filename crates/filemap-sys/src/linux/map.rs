//! Views: address ranges that show an object's bytes.

// UNSAFETY: mmap(2), mprotect(2), munmap(2), msync(2).
#![expect(unsafe_code)]

use crate::SysError;
use filemap_core::access::Page;
use filemap_core::view::{GRANULARITY, UserRange};
use rustix::io::Errno;
use rustix::mm::{MapFlags, MprotectFlags, MsyncFlags, ProtFlags};
use std::ops::Range;
use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicUsize, Ordering};

const STEP: usize = GRANULARITY as usize;

/// The lowest address that this module has mapped at: the next view goes just below. 0 before the first one.
static LOWEST: AtomicUsize = AtomicUsize::new(0);
/// The address of a gap of one page between two pages that stay; 0 before the first view.
static SLOT: AtomicUsize = AtomicUsize::new(0);
/// The same while no view is there, for the next one.
static FREE_SLOT: AtomicUsize = AtomicUsize::new(0);
/// What one page of the page table covers on x86-64 and on aarch64 with pages of 4 KiB.
const TABLE: usize = 2 << 20;

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
    if SLOT.load(Ordering::Relaxed) == 0 {
        settle();
    }
    if wanted.len <= page_size() {
        let slot = FREE_SLOT.swap(0, Ordering::Relaxed);
        if slot != 0 {
            let at = map_once(wanted, slot, MapFlags::empty()).map_err(refused)?;
            if at.is_multiple_of(STEP) {
                return Ok(at);
            }
            unmap_range(at, wanted.len);
        }
    }
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
    let at = map_on_boundary(wanted, region, STEP)?;
    LOWEST.store(at, Ordering::Relaxed);
    Ok(at)
}

/// Maps a view at a multiple of the size of a large page, `align`, and asks for large pages where it has none yet. Those that
/// the file has are used by their own size then. Source: mmap(2), madvise(2) MADV_HUGEPAGE.
pub fn map_large(wanted: &Wanted<'_>, align: usize) -> Result<usize, NoView> {
    let region = wanted.len.checked_next_multiple_of(STEP).ok_or(NoView::NoSpace)?;
    let at = map_on_boundary(wanted, region, align)?;
    advise_large(at, wanted.len);
    Ok(at)
}

/// Asks for large pages; a kernel or a mount that gives none is no error.
fn advise_large(at: usize, len: usize) {
    // SAFETY: MADV_HUGEPAGE changes no contents; the callers pass a mapping that they have just made.
    let _ = unsafe { rustix::mm::madvise(at as *mut _, len, rustix::mm::Advice::LinuxHugepage) };
}

/// Takes the memory of the first `len` bytes of a file in large pages, as far as its mount gives them (`huge=advise` gives
/// them to mappings that ask, and none to fallocate(2)). What it gives in small pages, or not at all, is left to
/// [`allocate`](super::tmpfs::allocate), which must follow. Source: madvise(2), MADV_HUGEPAGE and MADV_POPULATE_WRITE.
pub fn populate_large(file: BorrowedFd<'_>, len: u64, align: usize) {
    let Ok(len) = usize::try_from(len) else { return };
    let wanted = Wanted {
        file,
        offset: 0,
        len,
        protect: Page::READWRITE,
        reserved: false,
    };
    let Ok(at) = map_large(&wanted, align) else { return };
    // In pieces, so that a signal undoes little.
    for start in (0..len).step_by(align) {
        let piece = align.min(len - start);
        let taken = rustix::io::retry_on_intr(|| {
            // SAFETY: the mapping that was just made, which nobody else knows of; bytes are read and written as they are.
            unsafe {
                rustix::mm::madvise(
                    (at + start) as *mut _,
                    piece,
                    rustix::mm::Advice::LinuxPopulateWrite,
                )
            }
        });
        if taken.is_err() {
            break; // before Linux 5.14, or no memory: fallocate(2) tells why
        }
    }
    unmap_range(at, len);
}

/// Private memory of zeroes at a multiple of `align`, itself a multiple of the kernel's page. Source: mmap(2).
pub fn anonymous_on_boundary(len: usize, align: usize) -> std::io::Result<usize> {
    let take = |len| {
        // SAFETY: an anonymous mapping at an address of the kernel's choice touches no existing memory.
        let at = unsafe {
            rustix::mm::mmap_anonymous(
                std::ptr::null_mut(),
                len,
                ProtFlags::READ | ProtFlags::WRITE,
                MapFlags::PRIVATE,
            )
        };
        at.map(|at| at as usize)
    };
    let at = take(len)?;
    if at.is_multiple_of(align) {
        return Ok(at);
    }
    unmap_range(at, len);
    let room = take(len + align)?;
    let at = room.next_multiple_of(align);
    unmap_range(room, at - room);
    unmap_range(at + len, room + align - at);
    Ok(at)
}

/// Maps at a multiple of `align`: reserves more than is needed, puts the view onto a boundary inside, gives the rest back.
fn map_on_boundary(wanted: &Wanted<'_>, region: usize, align: usize) -> Result<usize, NoView> {
    let len = region.checked_add(align).ok_or(NoView::NoSpace)?;
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
    let at = reserved.next_multiple_of(align);
    let mapped = map_once(wanted, at, MapFlags::FIXED);
    let used = match mapped {
        Ok(_) => wanted.len.next_multiple_of(page_size()),
        Err(_) => 0,
    };
    unmap_range(reserved, at - reserved);
    unmap_range(at + used, reserved + len - at - used);
    mapped.map_err(refused)?;
    Ok(at)
}

/// Chooses where views go, and makes a gap of one page there between two pages that stay.
///
/// A view that is alone in its 2 MiB of addresses costs the kernel a page for the page table when it is touched, and the
/// same page back when it goes: 1.5 of the 8 microseconds of mapping, touching and unmapping a page. Beside a page that stays
/// it costs neither. And a view that fills a gap changes one entry of the kernel's tree of mappings and never its shape,
/// which can cost 2 microseconds more. If this fails, views go where the kernel puts them.
fn settle() {
    let page = page_size();
    let anonymous = |at: usize, len: usize, access, flags| {
        // SAFETY: the callers pass an address of the kernel's choice or one in the range that is reserved here, which nobody
        // else knows of.
        unsafe { rustix::mm::mmap_anonymous(at as *mut _, len, access, MapFlags::PRIVATE | flags) }
            .map(|p| p as usize)
    };
    let Ok(first) = anonymous(0, 2 * TABLE, ProtFlags::empty(), MapFlags::NORESERVE) else {
        return;
    };
    let slot = first.next_multiple_of(TABLE) + TABLE - STEP;
    let (guard, anchor) = (slot - page, slot + page);
    let stays = anonymous(
        anchor,
        page,
        ProtFlags::READ,
        MapFlags::FIXED | MapFlags::POPULATE,
    );
    unmap_range(first, guard - first);
    unmap_range(slot, page);
    unmap_range(anchor + page, first + 2 * TABLE - anchor - page);
    if stays.is_ok()
        && SLOT
            .compare_exchange(0, slot, Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
    {
        LOWEST.store(slot - STEP, Ordering::Relaxed);
        FREE_SLOT.store(slot, Ordering::Relaxed);
    } else {
        unmap_range(guard, page);
        unmap_range(anchor, page);
    }
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

/// Maps a view at the highest free address of a range, a multiple of 64 KiB: for platforms whose programs have 2 GB.
pub fn map_between(wanted: &Wanted<'_>, range: Range<u64>) -> Result<usize, NoView> {
    const TRIES: usize = 64;
    let len = wanted.len.checked_next_multiple_of(STEP).ok_or(NoView::NoSpace)?;
    for _ in 0..TRIES {
        let at = highest_free(&range, len).map_err(NoView::System)?;
        match map_at(wanted, at.ok_or(NoView::NoSpace)?) {
            Err(NoView::Occupied) => {} // another thread was faster
            other => return other,
        }
    }
    Err(NoView::NoSpace)
}

/// The highest address in `range` with `len` free bytes. Source: proc(5), `/proc/PID/maps`.
fn highest_free(range: &Range<u64>, len: usize) -> Result<Option<usize>, SysError> {
    let maps = std::fs::read_to_string("/proc/self/maps").map_err(SysError::of("open(/proc/self/maps)"))?;
    let used = maps.lines().filter_map(|line| {
        let (start, end) = line.split_ascii_whitespace().next()?.split_once('-')?;
        Some((
            u64::from_str_radix(start, 16).ok()?,
            u64::from_str_radix(end, 16).ok()?,
        ))
    });
    let (len, mut free_from, mut best) = (len as u64, range.start, None);
    for (start, end) in used.chain([(range.end, range.end)]) {
        let stop = start.min(range.end);
        let at = stop.checked_sub(len).map(|at| at - at % GRANULARITY);
        if let Some(at) = at.filter(|at| *at >= free_from) {
            best = Some(at as usize);
        }
        free_from = free_from.max(end);
    }
    Ok(best)
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
    // The next view may take its place.
    let next = base + len.next_multiple_of(STEP);
    let _ = LOWEST.compare_exchange(base, next, Ordering::Relaxed, Ordering::Relaxed);
    if base == SLOT.load(Ordering::Relaxed) {
        FREE_SLOT.store(base, Ordering::Relaxed);
    }
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
    // ENOMEM: taking a piece out of the middle would make one mapping more than vm.max_map_count. The addresses are lost then.
    let expected = matches!(result, Ok(()) | Err(rustix::io::Errno::NOMEM));
    debug_assert!(expected, "munmap({base:#x}, {len}): {result:?}");
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
    // The C library's sysconf(3) looks for it each time.
    static KNOWN: AtomicUsize = AtomicUsize::new(0);
    match KNOWN.load(Ordering::Relaxed) {
        0 => {
            #[cfg(not(feature = "crash-points"))]
            let size = rustix::param::page_size();
            // As on a kernel with larger pages, for tests: everything is done in these, which the kernel takes for several.
            #[cfg(feature = "crash-points")]
            let size = std::env::var("FILEMAP_TEST_PAGE_SIZE").map_or_else(
                |_| rustix::param::page_size(),
                |text| text.parse().expect("a number"),
            );
            KNOWN.store(size, Ordering::Relaxed);
            size
        }
        known => known,
    }
}
