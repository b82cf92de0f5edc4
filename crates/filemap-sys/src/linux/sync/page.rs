//! State pages: the memory of one synchronisation object in one process.
// UNSAFETY: maps memory and hands out atomics in it.
#![expect(unsafe_code)]

use super::sentry::Sentry;
use crate::linux::crash::point;
use crate::linux::fault::{self, Region, Registration};
use crate::linux::map::{self, page_size};
use crate::linux::robust::{self, Node, Thread};
use filemap_core::error::{Error, Op, OsError, Why, Win32Code};
use filemap_core::sync::{Kind, RECURSION_OFFSET, SLOTS_OFFSET, STATE_OFFSET, WORD_OFFSET, Word};
use std::collections::HashMap;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};

/// Bytes of a state page.
pub const PAGE: usize = 4096;

/// Where the state page lies in what is mapped of its file, in bytes: at the end of a page of the system, because the list
/// node lies behind it in a page of its own. 0 where pages have 4096 bytes.
#[must_use]
pub fn state_offset() -> usize {
    page_size().saturating_sub(PAGE)
}

/// The error of a system call that failed during `op`.
pub(super) fn system(op: &'static str, call: &'static str, error: &io::Error) -> Error {
    let code = match error.raw_os_error() {
        Some(libc::ENOMEM) => Win32Code::NOT_ENOUGH_MEMORY,
        Some(libc::EACCES | libc::EPERM) => Win32Code::ACCESS_DENIED,
        Some(libc::EMFILE | libc::ENFILE) => Win32Code::TOO_MANY_OPEN_FILES,
        Some(libc::ENOSYS) => Win32Code::NOT_SUPPORTED,
        _ => Win32Code::GEN_FAILURE,
    };
    let os = OsError {
        call,
        errno: error.raw_os_error().unwrap_or(0),
    };
    Error::new(
        Op::Other(op),
        "",
        Why::System {
            code,
            text: error.to_string(),
        },
    )
    .with_os(os)
}

pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Two pages side by side: the shared state page, and behind it a private one that begins with the list node which
/// belongs to the word 32 bytes before.
///
/// # Invariants
/// 1. Two pages of the system are mapped, readable and writable, by this value alone: `base` is the last 4096 bytes of the
///    first.
/// 2. Other processes write to the first page at any time; it is only reached by atomics.
#[derive(Debug)]
struct Pair {
    base: NonNull<u8>,
    /// The fault handler's care for the state page: a peer that cuts the file costs zeroes, not the process (V-57).
    guard: Option<Registration>,
}

// SAFETY: plain memory, reached by atomics (invariant 2) or, the node, by the one thread whose list it is on.
unsafe impl Send for Pair {}
// SAFETY: as above.
unsafe impl Sync for Pair {}

impl Pair {
    fn reserve() -> Result<Pair, Error> {
        // The kernel's choice is on such a boundary unless a test has told of larger pages than the kernel's.
        let start = map::anonymous_on_boundary(2 * page_size(), page_size())
            .map_err(|e| system("map a state page", "mmap", &e))?;
        let base = NonNull::new((start + state_offset()) as *mut u8).ok_or_else(|| {
            system(
                "map a state page",
                "mmap",
                &io::Error::from_raw_os_error(libc::ENOMEM),
            )
        })?;
        Ok(Pair { base, guard: None })
    }

    fn map(fd: BorrowedFd<'_>, offset: u64) -> Result<Pair, Error> {
        let pair = Pair::reserve()?;
        // SAFETY: replaces the first of the two pages, which nobody uses yet; `fd` is open.
        let got = unsafe {
            libc::mmap(
                pair.start().cast(),
                page_size(),
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED | libc::MAP_FIXED,
                fd.as_raw_fd(),
                offset as libc::off_t,
            )
        };
        if got == libc::MAP_FAILED {
            return Err(system("map a state page", "mmap", &io::Error::last_os_error()));
        }
        pair.guarded()
    }

    /// A second mapping of the same state page with a node of its own.
    fn again(&self) -> Result<Pair, Error> {
        let pair = Pair::reserve()?;
        // SAFETY: length 0 duplicates a shared mapping (mremap(2)); the target is the first of our two fresh pages.
        let got = unsafe {
            libc::mremap(
                self.start().cast(),
                0,
                page_size(),
                libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED,
                pair.start(),
            )
        };
        if got == libc::MAP_FAILED {
            return Err(system(
                "map a state page again",
                "mremap",
                &io::Error::last_os_error(),
            ));
        }
        pair.guarded()
    }

    /// Has the fault handler look after the state page.
    fn guarded(mut self) -> Result<Pair, Error> {
        let protection = rustix::mm::ProtFlags::READ | rustix::mm::ProtFlags::WRITE;
        let region = Region {
            start: self.start(),
            len: page_size(),
            page_size: page_size(),
            protection,
            kind: fault::Kind::Committed,
            policy: None,
        };
        // SAFETY: the first page of this value's own mapping, which `drop` unmaps after the registration is gone; it is
        // only reached as atomics (invariant 2).
        let guard = unsafe { fault::register(region) };
        self.guard = Some(guard.map_err(|e| system("map a state page", "sigaction", &e))?);
        Ok(self)
    }

    /// Where the first of the two pages begins.
    fn start(&self) -> *mut u8 {
        // SAFETY: inside the mapping (invariant 1).
        unsafe { self.base.as_ptr().sub(state_offset()) }
    }

    #[inline]
    fn node(&self) -> NonNull<Node> {
        // SAFETY: the second page, inside the mapping (invariant 1).
        unsafe { self.base.add(PAGE).cast() }
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        drop(self.guard.take());
        // SAFETY: this value's own mapping (invariant 1); its node is on no list (`Page::insert`, `StatePage::drop`).
        unsafe { libc::munmap(self.start().cast(), 2 * page_size()) };
    }
}

/// Which page of which file; all handles of a process to one object share one mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// Device and inode of the file.
    pub file: (u64, u64),
    /// Byte offset of the page in it.
    pub offset: u64,
}

/// One object in this process.
#[derive(Debug)]
pub(super) struct Page {
    pair: Pair,
    pub(super) kind: Kind,
    pub(super) key: Key,
    /// Serial of the thread on whose robust list the node of `pair` is, or was when it died; 0 = none.
    seat: AtomicU64,
    /// Further mappings: on the list of the thread with that serial, 0 = free. Only after a thread of this process
    /// died as owner (its node stays where it is), or when a peer scribbles.
    seats: Mutex<Vec<(u64, Pair)>>,
    /// Serial of the thread of this process that owns the mutex, 0 = none that we know of.
    pub(super) owner: AtomicU64,
    /// Times that the owner has it beyond the first; written by the owner only, who leaves 0.
    pub(super) recursions: AtomicU32,
    /// What waits have learned of looking before they sleep, see `spin.rs`.
    pub(super) looks: AtomicU32,
    /// The same of giving the processor away.
    pub(super) yields: AtomicU32,
    pub(super) sentry: Sentry,
}

impl Page {
    /// Times that the owner has it, asked by the owner.
    #[inline]
    pub(super) fn times_owned(&self) -> u32 {
        self.recursions.load(Ordering::Relaxed).saturating_add(1)
    }

    /// The word, all of it.
    #[inline]
    pub(super) fn word(&self) -> &AtomicU64 {
        // SAFETY: mapped, aligned to 8, and only reached as atomics (invariants of `Pair`).
        unsafe { AtomicU64::from_ptr(self.pair.base.as_ptr().add(WORD_OFFSET).cast()) }
    }

    #[inline]
    pub(super) fn load(&self) -> Word {
        Word(self.word().load(Ordering::Acquire))
    }

    /// The lock half, for the kernel; this process itself only touches the whole word.
    #[inline]
    pub(super) fn lock_half(&self) -> &AtomicU32 {
        // SAFETY: the lock half is at the word's own address on every machine (`Word`), aligned and mapped like it.
        unsafe { AtomicU32::from_ptr(self.word().as_ptr().cast()) }
    }

    /// Address of the state half, for the kernel.
    pub(super) fn state_address(&self) -> *mut u8 {
        // SAFETY: inside the mapping.
        unsafe { self.pair.base.as_ptr().add(STATE_OFFSET) }
    }

    fn slot_word(&self, second: bool, i: usize) -> &AtomicU64 {
        let offset = SLOTS_OFFSET + usize::from(second) * 24 + (i % 3) * 8;
        // SAFETY: inside the page, aligned to 8, only reached as atomics.
        unsafe { AtomicU64::from_ptr(self.pair.base.as_ptr().add(offset).cast()) }
    }

    /// Notes for those who look at the mutex how often its owner has it.
    pub(super) fn note_recursion(&self, tid: u32, count: u32) {
        // SAFETY: inside the page, aligned to 8, only reached as atomics.
        let word = unsafe { AtomicU64::from_ptr(self.pair.base.as_ptr().add(RECURSION_OFFSET).cast()) };
        word.store(u64::from(tid) << 32 | u64::from(count), Ordering::Relaxed);
    }

    pub(super) fn read_slot(&self, second: bool) -> [u64; 3] {
        [0, 1, 2].map(|i| self.slot_word(second, i).load(Ordering::Acquire))
    }

    pub(super) fn write_slot(&self, second: bool, words: [u64; 3]) {
        for (i, word) in words.into_iter().enumerate() {
            self.slot_word(second, i).store(word, Ordering::Release);
            point("inside writing a timer's slot");
        }
    }

    #[inline]
    pub(super) fn node(&self) -> NonNull<Node> {
        self.pair.node()
    }

    /// Makes sure that [`Page::insert`] finds a node, before a lock is taken that needs one.
    #[inline]
    pub(super) fn prepare_insert(&self, me: &Thread) -> Result<(), Error> {
        if !me.has_room() {
            return Err(Error::new(Op::Other("wait for a mutex"), "", Why::TooManyMutexes));
        }
        match self.seat.load(Ordering::Relaxed) {
            0 => Ok(()),
            taken if !robust::is_of_this_process(taken) => {
                // A fork has emptied the list that this node was on.
                let _ = self
                    .seat
                    .compare_exchange(taken, 0, Ordering::Relaxed, Ordering::Relaxed);
                Ok(())
            }
            _ => {
                let mut seats = locked(&self.seats);
                for seat in seats.iter_mut() {
                    if seat.0 != 0 && !robust::is_of_this_process(seat.0) {
                        seat.0 = 0;
                    }
                }
                if !seats.iter().any(|(serial, _)| *serial == 0) {
                    seats.push((0, self.pair.again()?));
                }
                Ok(())
            }
        }
    }

    /// [`Page::insert`] if the page's own node is free, which it is nearly always.
    #[inline(always)]
    pub(super) fn insert_at_once(&self, me: &Thread) -> bool {
        // Acquire: what the thread before did with the node is done (it gives the seat back by a release).
        let free = self
            .seat
            .compare_exchange(0, me.serial(), Ordering::Acquire, Ordering::Relaxed)
            .is_ok();
        if free {
            // SAFETY: the seat says that the node is on no list; the page stays mapped while the seat is taken
            // (`StatePage::drop`).
            unsafe { me.insert(self.node()) };
        }
        free
    }

    /// Whether the page's own node is free and the thread's list has room: [`Page::prepare_insert`] has nothing to do.
    #[inline(always)]
    pub(super) fn is_prepared(&self, me: &Thread) -> bool {
        me.has_room() && self.seat.load(Ordering::Relaxed) == 0
    }

    /// Puts a node of this page on the calling thread's list.
    pub(super) fn insert(&self, me: &Thread) {
        if self.insert_at_once(me) {
            return;
        }
        let mut seats = locked(&self.seats);
        // `prepare_insert` saw a free one. If another thread of ours has it by now, a peer gave us both the lock by
        // scribbling; then this ownership is not told to the kernel, which harms only that scribbled object.
        if let Some(seat) = seats.iter_mut().find(|(serial, _)| *serial == 0) {
            seat.0 = me.serial();
            // SAFETY: as above, for this mapping.
            unsafe { me.insert(seat.1.node()) };
        }
    }

    /// Takes this page's node off the calling thread's list, if it is there.
    #[inline(always)]
    pub(super) fn remove(&self, me: &Thread) {
        if self.seat.load(Ordering::Relaxed) == me.serial() {
            // SAFETY: the list's entries are mapped: ours by the seats, the C library's by its users.
            unsafe { me.remove(self.node()) };
            self.seat.store(0, Ordering::Release);
            return;
        }
        self.remove_another(me);
    }

    #[cold]
    fn remove_another(&self, me: &Thread) {
        let mut seats = locked(&self.seats);
        if let Some(seat) = seats.iter_mut().find(|(serial, _)| *serial == me.serial()) {
            // SAFETY: as above.
            unsafe { me.remove(seat.1.node()) };
            seat.0 = 0;
        }
    }

    /// Whether some thread's robust list has a node of this page.
    fn is_listed(&self) -> bool {
        robust::is_of_this_process(self.seat.load(Ordering::Acquire))
            || locked(&self.seats)
                .iter()
                .any(|(serial, _)| robust::is_of_this_process(*serial))
    }
}

/// Pages by object, and those that no handle refers to any more but a thread's robust list does (Y-14).
#[derive(Debug, Default)]
struct Registry {
    pages: HashMap<Key, Weak<Page>>,
    orphans: Vec<Arc<Page>>,
}

static REGISTRY: LazyLock<Mutex<Registry>> = LazyLock::new(Mutex::default);

/// A handle's view of one object's state. All values of one process for the same page of the same file share one
/// mapping, so that ownership and recursion are the thread's, whichever handle it uses.
///
/// Dropping it does not release a mutex (Y-14): while a thread of this process owns it the page stays mapped, and
/// whoever opens the object again can release it.
#[derive(Debug)]
pub struct StatePage {
    page: Arc<Page>,
    /// Address of `page`'s word and its kind, at hand for the calls that touch nothing else.
    word: NonNull<AtomicU64>,
    kind: Kind,
}

// SAFETY: the pointer is to an atomic in memory that `page` keeps mapped.
unsafe impl Send for StatePage {}
// SAFETY: as above.
unsafe impl Sync for StatePage {}

impl StatePage {
    fn of(page: Arc<Page>) -> StatePage {
        // SAFETY: inside the mapping. From its base, because `StatePage::node` goes on from here.
        let word = unsafe { page.pair.base.add(WORD_OFFSET).cast() };
        let kind = page.kind;
        StatePage { page, word, kind }
    }

    /// The word, as [`Page::word`], one step nearer.
    #[inline]
    pub(super) fn word(&self) -> &AtomicU64 {
        // SAFETY: taken from `page`, which lives as long as `self`.
        unsafe { self.word.as_ref() }
    }

    /// The lock half, as [`Page::lock_half`].
    #[inline]
    pub(super) fn lock_half(&self) -> &AtomicU32 {
        // SAFETY: as in `Page::lock_half`.
        unsafe { AtomicU32::from_ptr(self.word.as_ptr().cast()) }
    }

    /// The list node that belongs to the word, as [`Page::node`].
    #[inline]
    pub(super) fn node(&self) -> NonNull<Node> {
        // SAFETY: the word is 32 bytes before the page that begins with the node (`WORD_OFFSET`), both in `page`'s mapping.
        unsafe { self.word.byte_add(PAGE - WORD_OFFSET).cast() }
    }

    /// Maps the state page in the page of the system at byte `offset` (a multiple of its length) of `fd`, open for reading and writing. `kind` comes
    /// from the object's footer. Nothing in the page is checked, since peers may change it at any time: any content
    /// means something.
    ///
    /// # Errors
    /// 87 for an offset that is not such a multiple, 5 if the descriptor is not writable, 8 without memory.
    pub fn open(fd: BorrowedFd<'_>, offset: u64, kind: Kind) -> Result<StatePage, Error> {
        if !offset.is_multiple_of(page_size() as u64) {
            let what = format!("{offset} is not a multiple of {}", page_size());
            return Err(Error::new(
                Op::Other("map a state page"),
                "",
                Why::Argument { what },
            ));
        }
        let stat = rustix::io::retry_on_intr(|| rustix::fs::fstat(fd))
            .map_err(|e| system("map a state page", "fstat", &e.into()))?;
        let key = Key {
            file: (stat.st_dev, stat.st_ino),
            offset,
        };
        let mut registry = locked(&REGISTRY);
        if let Some(page) = registry.pages.get(&key).and_then(Weak::upgrade) {
            registry.orphans.retain(|orphan| !Arc::ptr_eq(orphan, &page));
            return Ok(StatePage::of(page));
        }
        let page = Arc::new(Page {
            pair: Pair::map(fd, offset)?,
            kind,
            key,
            seat: AtomicU64::new(0),
            seats: Mutex::new(Vec::new()),
            owner: AtomicU64::new(0),
            recursions: AtomicU32::new(0),
            looks: AtomicU32::new(super::spin::LOOKS_AT_FIRST),
            yields: AtomicU32::new(super::spin::YIELDS_AT_FIRST),
            sentry: Sentry::default(),
        });
        registry.pages.insert(key, Arc::downgrade(&page));
        Ok(StatePage::of(page))
    }

    /// Makes `page`'s content the start of a new object: `count` is an event's being set or a semaphore's count.
    /// Only for a file that nobody else can have open yet.
    pub fn initialise(&self, count: u32) {
        self.page
            .word()
            .store(self.page.kind.initial(count).0, Ordering::Release);
    }

    /// An object without a name: a page in a memfd of its own. Children that inherit the mapping share it.
    ///
    /// # Errors
    /// 4 or 8 without descriptors or memory.
    ///
    /// ```
    /// use filemap_core::sync::Kind;
    /// use filemap_sys::linux::sync::{Limit, StatePage, WaitRef, Waited, wait_any};
    /// let event = StatePage::unnamed(Kind::AutoEvent, 0)?;
    /// event.set()?;
    /// let got = wait_any(&[WaitRef::Object(&event)], Limit::NONE, None)?;
    /// assert_eq!(got, Waited::Object { index: 0, abandoned: false });
    /// assert!(!event.is_signalled());
    /// # Ok::<(), filemap_core::error::Error>(())
    /// ```
    pub fn unnamed(kind: Kind, count: u32) -> Result<StatePage, Error> {
        let op = "create an unnamed object";
        let fd = rustix::fs::memfd_create("filemap-state", rustix::fs::MemfdFlags::CLOEXEC)
            .map_err(|e| system(op, "memfd_create", &e.into()))?;
        rustix::fs::ftruncate(&fd, page_size() as u64).map_err(|e| system(op, "ftruncate", &e.into()))?;
        let page = StatePage::open(fd.as_fd(), 0, kind)?;
        page.initialise(count);
        Ok(page)
    }

    /// What it is.
    #[inline]
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Which page of which file.
    #[must_use]
    pub fn key(&self) -> Key {
        self.page.key
    }

    /// Address range of the state page: a fault handler that finds a truncated file may put other memory there.
    #[must_use]
    pub fn address(&self) -> std::ops::Range<usize> {
        let start = self.page.pair.base.as_ptr().addr();
        start..start + PAGE
    }

    #[inline]
    pub(super) fn page(&self) -> &Arc<Page> {
        &self.page
    }
}

impl Clone for StatePage {
    fn clone(&self) -> Self {
        StatePage {
            page: Arc::clone(&self.page),
            word: self.word,
            kind: self.kind,
        }
    }
}

impl Drop for StatePage {
    fn drop(&mut self) {
        let mut registry = locked(&REGISTRY);
        // Two: this one, and for an orphan that was opened again none. New ones are only made under the registry's
        // lock or by cloning one that is still alive.
        if Arc::strong_count(&self.page) == 1 {
            if self.page.is_listed() {
                registry.orphans.push(Arc::clone(&self.page));
            } else {
                registry.pages.remove(&self.page.key);
            }
        }
    }
}
