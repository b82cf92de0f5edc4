//! The table of views that the signal handler reads: only atomics, never freed, nothing to lock for readers.
//!
//! A slot goes `FREE -> BUILDING -> ACTIVE -> DRAINING -> FREE`. A reader in the signal handler pins the slot, then
//! looks at the state; the one who frees it changes the state, then waits for the pins to go. Both are sequentially
//! consistent, so one of the two sees the other: a handler never works on memory that its owner has taken back.

// UNSAFETY: chunks of slots are leaked allocations reached through atomic pointers.
#![expect(unsafe_code, reason = "leaked chunks; argued at each block")]

use super::copy;
use super::routine::Access;
use rustix::mm::{Advice, MapFlags, ProtFlags};
use std::io;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use std::sync::atomic::{AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize};

const FREE: u32 = 0;
const BUILDING: u32 = 1;
const ACTIVE: u32 = 2;
const DRAINING: u32 = 3;

/// Page map: the lower three bits are a protection of this page's own.
pub(super) const CUSTOM: u8 = 0x08;
/// Page map: the page is private zeroes now.
pub(super) const REPLACED: u8 = 0x10;
const PROTECTION: u8 = 0x07;

/// What other threads of this process may hold for a moment. In a page that a forked child finds zeroed, because the
/// threads that would let go do not exist there.
#[repr(C)]
pub(super) struct Held {
    /// Handlers that work on the slot.
    pins: AtomicU32,
    /// 1 while a page of the region is being replaced.
    replacing: AtomicU32,
}

/// One registered view. Plain data behind atomics; who may write what is said at [`super::regions`].
#[repr(align(128))] // a pair of cache lines: a fault in one view does not slow another's
pub(super) struct Slot {
    state: AtomicU32,
    held: AtomicPtr<Held>,
    pub(super) start: AtomicUsize,
    /// One past the last byte, rounded up to pages.
    pub(super) end: AtomicUsize,
    pub(super) page_size: AtomicUsize,
    /// PROT_ bits of the view.
    pub(super) protection: AtomicU8,
    /// 0: as the process; else a policy.
    pub(super) policy: AtomicU8,
    /// The commit bitmap of a reserved view, null for others.
    pub(super) bitmap: AtomicPtr<AtomicU64>,
    /// Bit of the view's first page.
    pub(super) first_bit: AtomicUsize,
    /// Bits that may be looked at.
    pub(super) bits: AtomicUsize,
    /// One byte per page, null until needed.
    pub(super) page_map: AtomicPtr<AtomicU8>,
    /// Changed after every change of the page map's protections and before the `mprotect` that follows it.
    pub(super) changes: AtomicUsize,
    pub(super) lost_pages: AtomicU64,
    /// Offset of the first page lost, `u64::MAX` while there is none.
    pub(super) first_lost: AtomicU64,
}

impl Slot {
    fn new() -> Slot {
        Slot {
            state: AtomicU32::new(FREE),
            held: AtomicPtr::default(),
            start: AtomicUsize::new(0),
            end: AtomicUsize::new(0),
            page_size: AtomicUsize::new(0),
            protection: AtomicU8::new(0),
            policy: AtomicU8::new(0),
            bitmap: AtomicPtr::default(),
            first_bit: AtomicUsize::new(0),
            bits: AtomicUsize::new(0),
            page_map: AtomicPtr::default(),
            changes: AtomicUsize::new(0),
            lost_pages: AtomicU64::new(0),
            first_lost: AtomicU64::new(u64::MAX),
        }
    }

    fn held(&self) -> &Held {
        // SAFETY: set before the slot's chunk was published, to a mapping that is never unmapped; zeroes (what a forked
        // child finds) are valid atomics.
        unsafe { &*self.held.load(Relaxed) }
    }

    pub(super) fn contains(&self, address: usize) -> bool {
        (self.start.load(Relaxed)..self.end.load(Relaxed)).contains(&address)
    }

    pub(super) fn pages(&self) -> usize {
        (self.end.load(Relaxed) - self.start.load(Relaxed)) / self.page_size.load(Relaxed)
    }

    pub(super) fn page_of(&self, address: usize) -> usize {
        (address - self.start.load(Relaxed)) / self.page_size.load(Relaxed)
    }

    pub(super) fn address_of(&self, page: usize) -> usize {
        self.start.load(Relaxed) + page * self.page_size.load(Relaxed)
    }

    /// The byte of the page map, if there is a map.
    pub(super) fn page_byte(&self, page: usize) -> Option<&AtomicU8> {
        let map = self.page_map.load(Acquire);
        if map.is_null() || page >= self.pages() {
            return None;
        }
        // SAFETY: the map has a byte for each page of the region and lives until the slot is freed, which waits for
        // pinned handlers and needs the owner's `&mut`.
        Some(unsafe { &*map.add(page) })
    }

    /// The page map, made if it is not there. Async-signal-safe: system calls and atomics.
    pub(super) fn make_page_map(&self) -> io::Result<()> {
        if !self.page_map.load(Acquire).is_null() {
            return Ok(());
        }
        // SAFETY: a new anonymous mapping where the kernel likes. NORESERVE: pages never written cost nothing.
        let map = unsafe {
            rustix::mm::mmap_anonymous(
                core::ptr::null_mut(),
                self.pages(),
                ProtFlags::READ | ProtFlags::WRITE,
                MapFlags::PRIVATE | MapFlags::NORESERVE,
            )
        }?;
        if self
            .page_map
            .compare_exchange(core::ptr::null_mut(), map.cast(), SeqCst, SeqCst)
            .is_err()
        {
            // SAFETY: the mapping made above, which nobody else has seen.
            unsafe { rustix::mm::munmap(map, self.pages()) }?;
        }
        Ok(())
    }

    /// The protection that a page is meant to have, in PROT_ bits.
    pub(super) fn protection_of(&self, page: usize) -> u8 {
        match self.page_byte(page).map(|byte| byte.load(SeqCst)) {
            Some(byte) if byte & CUSTOM != 0 => byte & PROTECTION,
            _ => self.protection.load(SeqCst),
        }
    }

    /// Is the page of a reserved view committed? The bitmap belongs to strangers: it may change at any time and may
    /// itself be cut, which counts as not committed. Pages of other views are committed.
    pub(super) fn committed(&self, page: usize) -> bool {
        let bitmap = self.bitmap.load(Relaxed);
        if bitmap.is_null() {
            return true;
        }
        let bit = self.first_bit.load(Relaxed) + page;
        if bit >= self.bits.load(Relaxed) {
            return false;
        }
        // SAFETY: the word lies in the bitmap that `register` was promised, for as long as the slot is active; a fault
        // in the load is a value.
        unsafe { copy::load::<u64>(bitmap.add(bit / 64).cast::<u64>().cast_const()) }
            .is_ok_and(|word| word & (1 << (bit % 64)) != 0)
    }

    /// Gives the pages `first..end` the protections they are meant to have, if they are committed: the whole run of
    /// equal pages that contains `first` and stays in `window`. `None` if `first` is not committed; else the run's end.
    ///
    /// Repeats if somebody changed protections meanwhile, so that whoever is last has applied the newest. Async-signal-safe.
    pub(super) fn open_run(
        &self,
        first: usize,
        window: core::ops::Range<usize>,
    ) -> io::Result<Option<usize>> {
        loop {
            let changes = self.changes.load(SeqCst);
            if !self.committed(first) {
                return Ok(None);
            }
            let protection = self.protection_of(first);
            let same = |page: &usize| self.committed(*page) && self.protection_of(*page) == protection;
            let low = (window.start..first)
                .rev()
                .take_while(same)
                .last()
                .unwrap_or(first);
            let high = (first + 1..window.end).take_while(same).last().unwrap_or(first) + 1;
            let all = self.apply(low, high, protection);
            if all.is_err() {
                self.apply(first, first + 1, protection)?; // a single page may need no further piece of the map
            }
            if self.changes.load(SeqCst) == changes {
                return Ok(Some(if all.is_ok() { high } else { first + 1 }));
            }
        }
    }

    /// `mprotect` of whole pages of the region. Async-signal-safe.
    pub(super) fn apply(&self, first: usize, end: usize, protection: u8) -> io::Result<()> {
        let len = (end - first) * self.page_size.load(Relaxed);
        let flags = rustix::mm::MprotectFlags::from_bits_retain(u32::from(protection));
        // SAFETY: pages of the registered region, which its owner keeps mapped while the slot is active (the caller
        // is the owner, or has pinned the slot); no Rust reference to their bytes exists (`register`'s contract).
        unsafe { rustix::mm::mprotect(self.address_of(first) as *mut _, len, flags) }.map_err(io::Error::from)
    }

    /// Puts a private page of zeroes where the memory of `page` is gone; `true` if the access can be tried again.
    ///
    /// `again`: replace it even if it has been replaced before (the new memory is broken, too). Async-signal-safe.
    pub(super) fn replace(&self, page: usize, again: bool) -> bool {
        if self.make_page_map().is_err() {
            return false;
        }
        let Some(byte) = self.page_byte(page) else {
            return false;
        };
        let replacing = &self.held().replacing;
        // The holder runs with all signals blocked and makes two system calls: short.
        while replacing.compare_exchange_weak(0, 1, SeqCst, Relaxed).is_err() {
            core::hint::spin_loop();
        }
        let done = if byte.load(SeqCst) & REPLACED != 0 && !again {
            true // another thread was faster; its writes must stay
        } else {
            self.map_zeroes(page).is_ok_and(|()| {
                if byte.fetch_or(REPLACED, SeqCst) & REPLACED == 0 {
                    self.lost_pages.fetch_add(1, SeqCst);
                    let offset = page as u64 * self.page_size.load(Relaxed) as u64;
                    let _first_stays = self.first_lost.compare_exchange(u64::MAX, offset, SeqCst, SeqCst);
                }
                true
            })
        };
        replacing.store(0, SeqCst);
        done
    }

    fn map_zeroes(&self, page: usize) -> io::Result<()> {
        let mut changes = self.changes.load(SeqCst);
        let protection = self.protection_of(page);
        // SAFETY: the page belongs to the registered region (see `apply`), so replacing the mapping there touches
        // nobody else; what was there is gone already.
        unsafe {
            rustix::mm::mmap_anonymous(
                self.address_of(page) as *mut _,
                self.page_size.load(Relaxed),
                ProtFlags::from_bits_retain(u32::from(protection)),
                MapFlags::PRIVATE | MapFlags::FIXED | MapFlags::NORESERVE,
            )
        }?;
        loop {
            let now = self.changes.load(SeqCst);
            if now == changes {
                return Ok(());
            }
            changes = now;
            self.apply(page, page + 1, self.protection_of(page))?;
        }
    }

    /// Publishes a slot whose fields are complete.
    pub(super) fn activate(&self) {
        self.state.store(ACTIVE, SeqCst);
    }

    /// Takes the slot out of the table and waits until no handler works on it; then it can be used again.
    pub(super) fn release(&self) {
        self.state.store(DRAINING, SeqCst);
        while self.held().pins.load(SeqCst) != 0 {
            std::thread::yield_now(); // a handler of another thread is between pin and unpin: a few system calls at most
        }
        let map = self.page_map.swap(core::ptr::null_mut(), SeqCst);
        if !map.is_null() {
            // SAFETY: made by `make_page_map` with this length; nobody is pinned, and the owner is gone.
            let unmapped = unsafe { rustix::mm::munmap(map.cast(), self.pages()) };
            debug_assert!(unmapped.is_ok(), "the page map was ours");
        }
        self.start.store(0, Relaxed);
        self.end.store(0, Relaxed);
        self.state.store(FREE, Release);
    }
}

/// A slot that cannot be freed while this value lives.
pub(super) struct Pinned {
    slot: &'static Slot,
}

impl core::ops::Deref for Pinned {
    type Target = Slot;
    fn deref(&self) -> &Slot {
        self.slot
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        self.slot.held().pins.fetch_sub(1, SeqCst);
    }
}

/// Chunk `k` has `FIRST << k` slots; chunks are made when needed and never freed.
const FIRST: usize = 256;
const CHUNKS: usize = 24;
static TABLE: [AtomicPtr<Slot>; CHUNKS] = [const { AtomicPtr::new(core::ptr::null_mut()) }; CHUNKS];
/// Where the search for a free slot begins: a guess, any value is right.
static HINT: AtomicUsize = AtomicUsize::new(0);

fn chunk(k: usize) -> Option<&'static [Slot]> {
    let slots = TABLE[k].load(Acquire);
    if slots.is_null() {
        return None;
    }
    // SAFETY: `add_chunk` published a leaked slice of this length.
    Some(unsafe { core::slice::from_raw_parts(slots, FIRST << k) })
}

/// The active region that contains `address`, pinned. Async-signal-safe.
pub(super) fn find(address: usize) -> Option<Pinned> {
    for slot in (0..CHUNKS).map_while(chunk).flatten() {
        if !slot.contains(address) {
            continue;
        }
        slot.held().pins.fetch_add(1, SeqCst);
        let pinned = Pinned { slot }; // unpins on every way out
        if slot.state.load(SeqCst) == ACTIVE && slot.contains(address) {
            return Some(pinned);
        }
    }
    None
}

/// A slot for the caller alone, in state `BUILDING`.
pub(super) fn take() -> io::Result<&'static Slot> {
    let claim = |slot: &Slot| {
        slot.state
            .compare_exchange(FREE, BUILDING, SeqCst, Relaxed)
            .is_ok()
    };
    loop {
        let made = (0..CHUNKS).take_while(|&k| chunk(k).is_some()).count();
        let slots = FIRST * ((1 << made) - 1);
        let hint = HINT.load(Relaxed);
        for i in 0..slots {
            let index = (hint + i) % slots;
            if claim(at(index)) {
                HINT.store(index + 1, Relaxed);
                return Ok(at(index));
            }
        }
        add_chunk(made)?;
    }
}

/// Says that slot `index` of the table is a good place to look for a free one.
fn at(index: usize) -> &'static Slot {
    let k = (index / FIRST + 1).ilog2() as usize;
    &chunk(k).expect("the caller counted the chunks")[index - FIRST * ((1 << k) - 1)]
}

fn add_chunk(k: usize) -> io::Result<()> {
    if k == CHUNKS {
        return Err(io::Error::from_raw_os_error(libc::ENOMEM));
    }
    let count = FIRST << k;
    let bytes = count * size_of::<Held>();
    // SAFETY: a new anonymous mapping where the kernel likes; page-aligned, so aligned for `Held`.
    let held = unsafe {
        rustix::mm::mmap_anonymous(
            core::ptr::null_mut(),
            bytes,
            ProtFlags::READ | ProtFlags::WRITE,
            MapFlags::PRIVATE,
        )
    }?;
    // Kernels before 4.14 do not have it; there a child forked in the middle of another thread's fault may wait for ever.
    // SAFETY: the mapping made above, whose bytes nobody has used yet.
    let _old_kernel = unsafe { rustix::mm::madvise(held, bytes, Advice::LinuxWipeOnFork) };
    let slots: Vec<Slot> = (0..count)
        .map(|i| {
            let slot = Slot::new();
            slot.held.store(held.cast::<Held>().wrapping_add(i), Relaxed);
            slot
        })
        .collect();
    let slots = Box::into_raw(slots.into_boxed_slice());
    if TABLE[k]
        .compare_exchange(core::ptr::null_mut(), slots.cast(), SeqCst, SeqCst)
        .is_err()
    {
        // SAFETY: another thread was faster, so nobody has seen this slice or mapping.
        unsafe {
            drop(Box::from_raw(slots));
            rustix::mm::munmap(held, bytes)?;
        }
    }
    Ok(())
}

/// Does a page with these PROT_ bits allow the access?
pub(super) fn allows(protection: u8, access: Access) -> bool {
    let bits = match access {
        Access::Read => ProtFlags::READ | ProtFlags::WRITE,
        Access::Write => ProtFlags::WRITE,
        Access::Execute => ProtFlags::EXEC,
    };
    u32::from(protection) & bits.bits() != 0
}
