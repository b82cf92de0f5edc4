//! The calling thread's robust list: words that the kernel marks when the thread dies.
//!
//! A thread has one list, and the C library registers it. Our nodes go into that list, between glibc's own robust
//! mutexes, by glibc's rules: a node is a `next` pointer, the word `prev` before it belongs to the C library (it
//! writes it and reads only its own), the futex word is 32 bytes before the node. Source:
//! `Documentation/locking/robust-futex-ABI.rst`, `get_robust_list(2)`, glibc `nptl/descr.h`.
// UNSAFETY: a list of raw pointers that the kernel and the C library walk and write.
#![expect(unsafe_code)]

use crate::linux::crash::point;
use filemap_core::error::{Error, Op, Why};
use std::cell::Cell;
use std::ptr::{NonNull, null_mut};
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, Ordering, compiler_fence};

/// Bytes from a node to its futex word, as glibc and our pages have it on 64-bit machines.
pub const FUTEX_OFFSET: isize = -32;

/// Most nodes of ours on one list: the kernel follows 2048 (`ROBUST_LIST_LIMIT`), the rest is for the C library.
pub const NODES_MAX: u32 = 2000;

/// A list entry: the address of the next one, bit 0 = priority inheritance (never ours).
#[repr(C)]
#[derive(Debug)]
pub struct Node {
    next: Cell<*mut Node>,
}

#[repr(C)]
struct Head {
    list: Node,
    futex_offset: libc::c_long,
    pending: Cell<*mut Node>,
}

/// What this module knows about the calling thread. Always reached by [`with`].
#[derive(Debug)]
pub struct Thread {
    tid: Cell<u32>,
    serial: Cell<u64>,
    head: Cell<*mut Head>,
    nodes: Cell<u32>,
    /// What [`FORKED`] points to; null before [`Thread::begin`].
    forked: Cell<*mut AtomicU32>,
}

thread_local! {
    static ME: Thread = const {
        Thread { tid: Cell::new(0), serial: Cell::new(0), head: Cell::new(null_mut()), nodes: Cell::new(0), forked: Cell::new(null_mut()) }
    };
}

/// A page that the kernel empties in a forked child; it holds the process number of whoever filled it.
static FORKED: AtomicPtr<AtomicU32> = AtomicPtr::new(null_mut());
static SERIALS: AtomicU64 = AtomicU64::new(1);

fn fail(what: &'static str) -> Error {
    Error::new(Op::Other("use a mutex"), "", Why::RobustList { what })
}

/// Number of this process, found without a system call; changes in a forked child.
#[inline]
fn generation() -> u32 {
    let page = FORKED.load(Ordering::Acquire);
    if page.is_null() {
        return 0;
    }
    // SAFETY: a page that `new_generation` mapped and nobody unmaps; zeroed by the kernel in a child.
    unsafe { (*page).load(Ordering::Relaxed) }
}

fn new_generation() -> Result<u32, Error> {
    let pid = std::process::id();
    let mut page = FORKED.load(Ordering::Acquire);
    if page.is_null() {
        // SAFETY: a new anonymous mapping at an address of the kernel's choice.
        let fresh = unsafe {
            libc::mmap(
                null_mut(),
                4096,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANON,
                -1,
                0,
            )
        };
        if fresh == libc::MAP_FAILED {
            return Err(fail("no memory for a page that fork empties"));
        }
        // SAFETY: exactly the mapping made above.
        if unsafe { libc::madvise(fresh, 4096, libc::MADV_WIPEONFORK) } != 0 {
            return Err(fail("the kernel can't empty pages on fork (MADV_WIPEONFORK)"));
        }
        match FORKED.compare_exchange(null_mut(), fresh.cast(), Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => page = fresh.cast(),
            Err(other) => {
                // SAFETY: made above and given to nobody.
                unsafe { libc::munmap(fresh, 4096) };
                page = other;
            }
        }
    }
    // SAFETY: as in `generation`.
    unsafe { (*page).store(pid, Ordering::Relaxed) };
    Ok(pid)
}

/// Runs `f` with the calling thread's record.
///
/// # Errors
/// 50 ([`Why::RobustList`]) if the C library's list has another shape, or the thread is past its end.
#[inline]
pub fn with<R>(f: impl FnOnce(&Thread) -> R) -> Result<R, Error> {
    ME.try_with(|me| {
        if !me.has_begun() {
            me.begin()?;
        }
        Ok(f(me))
    })
    .unwrap_or_else(|_| Err(fail("the thread is ending")))
}

/// Whether `serial` can be a thread of this process, not of the one that it was forked from.
#[must_use]
pub fn is_of_this_process(serial: u64) -> bool {
    serial != 0 && (serial >> 32) as u32 == generation()
}

impl Thread {
    /// Whether the record is this thread's, not one that a forked child has found in its memory.
    #[inline(always)]
    fn has_begun(&self) -> bool {
        let forked = self.forked.get();
        // SAFETY: null, or set by `begin` to the page of `FORKED`, as in `generation`.
        let generation = unsafe { forked.as_ref() }.map_or(0, |page| page.load(Ordering::Relaxed));
        generation != 0 && (self.serial.get() >> 32) as u32 == generation
    }

    #[cold]
    fn begin(&self) -> Result<(), Error> {
        let mut generation = generation();
        if generation != std::process::id() {
            generation = new_generation()?;
        }
        let mut head: *mut Head = null_mut();
        let mut len: usize = 0;
        // SAFETY: writes one pointer and one length for the calling thread (0).
        let got = unsafe { libc::syscall(libc::SYS_get_robust_list, 0, &mut head, &mut len) };
        if got != 0 {
            return Err(fail("get_robust_list is not allowed"));
        }
        if head.is_null() {
            head = Self::own_head()?;
        }
        // SAFETY: the kernel has this address as the calling thread's list head, so the C library keeps it alive until
        // the thread has ended.
        if unsafe { (*head).futex_offset } != FUTEX_OFFSET as libc::c_long {
            return Err(fail("its futex_offset is not -32"));
        }
        self.head.set(head);
        self.forked.set(FORKED.load(Ordering::Acquire));
        self.nodes.set(0);
        self.tid
            .set(rustix::thread::gettid().as_raw_nonzero().get() as u32);
        let count = SERIALS.fetch_add(1, Ordering::Relaxed) & 0xffff_ffff;
        self.serial.set(u64::from(generation) << 32 | count);
        Ok(())
    }

    /// Registers a list for a thread whose C library has none.
    fn own_head() -> Result<*mut Head, Error> {
        // The word before the head is the `prev` that the list's rules write; the kernel reads the head after the
        // thread's last instruction, so it is never freed.
        let memory = Box::leak(Box::new([0usize; 4]));
        let head = memory[1..].as_mut_ptr().cast::<Head>();
        // SAFETY: three words of our own, aligned as pointers.
        unsafe {
            (*head).list.next.set(head.cast());
            (*head).futex_offset = FUTEX_OFFSET as libc::c_long;
            (*head).pending.set(null_mut());
            if libc::syscall(libc::SYS_set_robust_list, head, size_of::<Head>()) != 0 {
                return Err(fail("set_robust_list is not allowed"));
            }
        }
        Ok(head)
    }

    /// The kernel's number of this thread, as lock halves have it.
    #[inline]
    #[must_use]
    pub fn tid(&self) -> u32 {
        self.tid.get()
    }

    /// A number that no other thread of this process or its children ever has; never 0.
    #[inline]
    #[must_use]
    pub fn serial(&self) -> u64 {
        self.serial.get()
    }

    #[inline]
    fn head(&self) -> &Head {
        // SAFETY: set by `begin` to the registered head, which lives as long as the thread; only this thread and,
        // after its end, the kernel use it, and all fields that change are cells.
        unsafe { &*self.head.get() }
    }

    /// Names the word of `node` as the one this thread is in the middle of, or none. Returns what it was.
    #[inline]
    pub fn set_pending(&self, node: Option<NonNull<Node>>) -> Option<NonNull<Node>> {
        let pending = &self.head().pending;
        let before = NonNull::new(pending.get());
        compiler_fence(Ordering::SeqCst); // the kernel looks only when this thread is dead: program order is enough
        pending.set(node.map_or(null_mut(), NonNull::as_ptr));
        compiler_fence(Ordering::SeqCst);
        before
    }

    /// Whether one more node fits.
    #[inline]
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.nodes.get() < NODES_MAX
    }

    /// Whether this many more nodes fit.
    #[must_use]
    pub fn has_room_for(&self, more: u32) -> bool {
        self.nodes.get() + more < NODES_MAX
    }

    /// Puts `node` at the front of the list.
    ///
    /// # Safety
    /// `node` is on no list, is preceded by one writable word, and stays mapped until it is removed or the thread
    /// has ended.
    #[inline]
    pub unsafe fn insert(&self, node: NonNull<Node>) {
        let list = &self.head().list;
        let first = list.next.get();
        // SAFETY: `node` is mapped (caller); `first` is a live entry or the head, all of which have the `prev` word.
        unsafe {
            node.as_ref().next.set(first);
            set_prev(first, node.as_ptr());
        }
        compiler_fence(Ordering::SeqCst); // the list is whole at every instruction
        point("before the robust list has a node");
        list.next.set(node.as_ptr());
        compiler_fence(Ordering::SeqCst);
        self.nodes.set(self.nodes.get() + 1);
    }

    /// Takes `node` off the list; `false` if it is not on it.
    ///
    /// # Safety
    /// All entries are mapped, as the list's rules demand of the C library's too.
    #[inline]
    pub unsafe fn remove(&self, node: NonNull<Node>) -> bool {
        let head = self.head.get().cast::<Node>();
        if self.head().list.next.get() == node.as_ptr() {
            // SAFETY: `node` is the first entry; its successor is one or the head.
            unsafe {
                let after = node.as_ref().next.get();
                compiler_fence(Ordering::SeqCst);
                self.head().list.next.set(after);
                compiler_fence(Ordering::SeqCst);
                point("after the robust list has lost a node");
                set_prev(after, head);
            }
            self.nodes.set(self.nodes.get().saturating_sub(1));
            return true;
        }
        // SAFETY: as the caller says.
        unsafe { self.remove_from_the_middle(node) }
    }

    /// Takes `node` off wherever it is.
    ///
    /// # Safety
    /// As [`Thread::remove`].
    #[cold]
    unsafe fn remove_from_the_middle(&self, node: NonNull<Node>) -> bool {
        let head = self.head.get().cast::<Node>();
        let mut at: *mut Node = head;
        for _ in 0..4096 {
            // SAFETY: `at` is the head or an entry (caller).
            let next = unsafe { (*at).next.get() };
            let entry = untagged(next);
            if entry == node.as_ptr() {
                // SAFETY: `node` is an entry, its successor is one or the head.
                unsafe {
                    let after = node.as_ref().next.get();
                    compiler_fence(Ordering::SeqCst);
                    (*at).next.set(after);
                    compiler_fence(Ordering::SeqCst);
                    set_prev(after, at);
                }
                self.nodes.set(self.nodes.get().saturating_sub(1));
                return true;
            }
            if entry == head || entry.is_null() {
                return false;
            }
            at = entry;
        }
        false
    }
}

#[inline]
fn untagged(entry: *mut Node) -> *mut Node {
    entry.map_addr(|a| a & !1)
}

/// Writes the C library's `prev` word, one word before an entry.
///
/// # Safety
/// `entry` is a live entry or the head.
#[inline]
unsafe fn set_prev(entry: *mut Node, prev: *mut Node) {
    // SAFETY: entries and the head have that word (module documentation); of our nodes it lies in the shared page,
    // where nobody reads it, so it is written as an atomic.
    unsafe {
        let word = untagged(entry).cast::<AtomicPtr<Node>>().sub(1);
        (*word).store(prev, Ordering::Relaxed);
    }
}
