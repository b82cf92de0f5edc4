//! Address ranges of this process: one for each view, or one for all views of an object where addresses are common.

// UNSAFETY: owns a mapping and its registration with the fault handler.
#![expect(unsafe_code)]

use crate::commit::CommitMap;
use crate::namespace::OpenDirectory;
use crate::refusal;
use filemap_core::access::Page;
use filemap_core::error::{Error, Op, Why};
use filemap_core::view::{Block, ViewPlan};
use filemap_sys::SysError;
use filemap_sys::os::arena::{self, Key, Lease, NoBlock};
use filemap_sys::os::fault::{self, Kind, Region, Registration};
use filemap_sys::os::map::{self, NoView, Wanted};
use filemap_sys::os::placeholder::Placeholder;
use rustix::mm::ProtFlags;
use std::collections::HashMap;
use std::mem::ManuallyDrop;
use std::ops::{Deref, Range};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// A mapped address range, unmapped on drop.
///
/// # Invariants
/// 1. `base..base + len` is one live mapping that only this value unmaps, after its registration is gone.
/// 2. Nothing but atomics in it is ever referenced.
pub(crate) struct Mapped {
    base: usize,
    len: usize,
    registration: ManuallyDrop<Registration>,
    /// What the fault handler reads.
    _commits: Option<Arc<CommitMap>>,
    /// The addresses stay taken when the range ends.
    stays_reserved: AtomicBool,
    /// The access that its pages have; the views of a common block add theirs.
    allowed: Mutex<ProtFlags>,
    /// The addresses in the arena; given back after the range is unmapped (fields go after `drop`).
    _lease: Option<Lease>,
}

impl std::fmt::Debug for Mapped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{:#x}..{:#x}, {:?} lost",
            self.base,
            self.base + self.len,
            self.registration.lost()
        )
    }
}

impl Mapped {
    pub(crate) fn base(&self) -> usize {
        self.base
    }

    pub(crate) fn registration(&self) -> &Registration {
        &self.registration
    }

    /// Registers what was just mapped, and takes it over.
    fn new(
        base: usize,
        wanted: &Wanted<'_>,
        commits: Option<&Arc<CommitMap>>,
        lease: Option<Lease>,
    ) -> Result<Mapped, SysError> {
        let protection = ProtFlags::from_bits_retain(map::protection_bits(wanted.protect));
        let region = Region {
            start: base as *mut u8,
            len: wanted.len,
            page_size: map::page_size(),
            protection,
            kind: match commits {
                Some(commits) => Kind::Reserved(commits.for_view(wanted.offset)),
                None => Kind::Committed,
            },
            policy: None,
        };
        // SAFETY: the range was just mapped for this value, which unmaps it after the registration is gone and makes no
        // reference but atomics (invariants 1 and 2); it holds the bitmap's `Arc`.
        let registration = unsafe { fault::register(region) }.map_err(|e| {
            // SAFETY: mapped by the caller for this value, and nobody knows of it yet.
            unsafe { map::unmap(base, wanted.len) };
            SysError {
                call: "sigaction",
                errno: e.raw_os_error().unwrap_or(0),
            }
        })?;
        Ok(Mapped {
            base,
            len: wanted.len,
            registration: ManuallyDrop::new(registration),
            _commits: commits.cloned(),
            stays_reserved: AtomicBool::new(false),
            allowed: Mutex::new(protection),
            _lease: lease,
        })
    }

    /// Lets `page`'s access in as well: where views lie at one address, they share the protection of its pages.
    fn allow(&self, page: Page) -> Result<(), SysError> {
        let mut allowed = self.allowed.lock().unwrap_or_else(PoisonError::into_inner);
        let both = *allowed | ProtFlags::from_bits_retain(map::protection_bits(page));
        if both != *allowed {
            self.registration
                .protect(0..self.len, both)
                .map_err(|e| SysError {
                    call: "mprotect",
                    errno: e.raw_os_error().unwrap_or(0),
                })?;
            *allowed = both;
        }
        Ok(())
    }
}

impl Drop for Mapped {
    fn drop(&mut self) {
        // SAFETY: dropped once, here, before the pages go (invariant 1); `self` is not used afterwards.
        unsafe { ManuallyDrop::drop(&mut self.registration) };
        // SAFETY: the range is this value's own (invariant 1); references to its atomics borrow a view and are gone.
        if *self.stays_reserved.get_mut() && unsafe { map::reserve_over(self.base, self.len) }.is_ok() {
            return;
        }
        // SAFETY: mapped with this length and unmapped only here (invariant 1); whoever has references to its atomics
        // borrows a view, which holds this value.
        unsafe { map::unmap(self.base, self.len) };
    }
}

/// A view's share in its range; the last one unmaps it.
#[derive(Debug)]
pub(crate) struct Hold {
    mapped: ManuallyDrop<Arc<Mapped>>,
    /// The block, if other views of this process may use the same range.
    key: Option<Key>,
}

impl Hold {
    /// Reserved memory takes the place of the view when it ends; not where others may use the range.
    pub(crate) fn keep_reserved(&self) {
        if !self.is_common() {
            self.mapped.stays_reserved.store(true, Ordering::Relaxed);
        }
    }

    /// Whether other views of this process may use the same range.
    pub(crate) fn is_common(&self) -> bool {
        self.key.is_some()
    }
}

impl Deref for Hold {
    type Target = Mapped;

    fn deref(&self) -> &Mapped {
        &self.mapped
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        // For a common block: nobody may find it while it goes.
        let mut blocks = self.key.map(|key| (key, lock_blocks()));
        // SAFETY: taken once, here; `self` is not used afterwards.
        let mapped = unsafe { ManuallyDrop::take(&mut self.mapped) };
        if let Some((key, blocks)) = &mut blocks
            && Arc::strong_count(&mapped) == 2
        {
            blocks.remove(key);
        }
        drop(mapped);
    }
}

/// The common blocks that are mapped in this process. A block is in here as long as it has a view.
static BLOCKS: LazyLock<Mutex<HashMap<Key, Arc<Mapped>>>> = LazyLock::new(Mutex::default);

fn lock_blocks() -> std::sync::MutexGuard<'static, HashMap<Key, Arc<Mapped>>> {
    BLOCKS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a range shows, and for whom.
pub(crate) struct Source<'a> {
    pub(crate) data: &'a Arc<OwnedFd>,
    pub(crate) name: &'a str,
    pub(crate) commits: Option<&'a Arc<CommitMap>>,
    /// Where the file lies, for a message about noexec mounts.
    pub(crate) place: &'a dyn Fn() -> String,
    /// The pages at the plan's base are the caller's own and unused: the view takes their place.
    pub(crate) over: bool,
}

impl Source<'_> {
    fn wanted(&self, plan: &ViewPlan, offset: u64, len: usize) -> Wanted<'_> {
        Wanted {
            file: self.data.as_fd(),
            offset,
            len,
            protect: match plan.copies_are_shared {
                true => Page::READWRITE, // the copy is the object's, and everybody's (V-43)
                false => plan.protect,
            },
            reserved: self.commits.is_some(),
        }
    }

    fn refused(&self, plan: &ViewPlan, no: NoView) -> Error {
        refusal::no_view(self.name, no, plan.len, plan.base, &(self.place)())
    }

    fn system(&self, e: SysError) -> Error {
        refusal::system(Op::MapView, self.name, e)
    }
}

/// Where a range of its own lies.
pub(crate) enum Placed {
    /// At the base of the plan; without one in this range, else anywhere.
    Free(Option<Range<u64>>),
    /// At a multiple of this many bytes, for large pages.
    Aligned(u64),
    /// In place of this, at once.
    Replacing(Placeholder),
}

/// A range of its own for one view.
pub(crate) fn alone(plan: &ViewPlan, source: &Source<'_>, len: usize, placed: Placed) -> Result<Hold, Error> {
    let wanted = source.wanted(plan, plan.offset, len);
    let base = match (plan.base, placed) {
        (_, Placed::Replacing(held)) => held.replace(&wanted).map_err(|(_, no)| no),
        (Some(base), _) if source.over => {
            // SAFETY: the promise of `ViewOptions::over`, without which `over` is false.
            unsafe { map::map_over(&wanted, base as usize) }.map(|()| base as usize)
        }
        (Some(base), _) => map::map_at(&wanted, base as usize),
        (None, Placed::Aligned(align)) => map::map_large(&wanted, align as usize),
        (None, Placed::Free(Some(range))) => map::map_between(&wanted, range),
        (None, Placed::Free(None)) => map::map(&wanted),
    }
    .map_err(|no| source.refused(plan, no))?;
    let mapped = Mapped::new(base, &wanted, source.commits, None).map_err(|e| source.system(e))?;
    Ok(Hold {
        mapped: ManuallyDrop::new(Arc::new(mapped)),
        key: None,
    })
}

/// Where blocks have common addresses.
pub(crate) struct Arena<'a> {
    /// The directory of its file.
    pub(crate) directory: &'a OpenDirectory,
    pub(crate) range: Range<u64>,
    /// Everybody on the machine may use it.
    pub(crate) everybody: bool,
    /// The object's random number.
    pub(crate) object: [u64; 2],
    /// Length of what can be mapped of the object, in bytes: whole pages.
    pub(crate) object_len: u64,
}

/// The block that has one address in all processes (P-23), and where in it the view begins.
pub(crate) fn in_arena(
    plan: &ViewPlan,
    source: &Source<'_>,
    block: Block,
    arena: &Arena<'_>,
) -> Result<(Hold, usize), Error> {
    let failed = |why| Error::new(Op::MapView, source.name, why);
    let key = Key {
        object: arena.object,
        offset: block.offset,
        len: block.len,
    };
    let inside = plan.offset - block.offset;
    // The base of a view that begins inside the block means a block that begins before it.
    let asked = match plan.base {
        None => None,
        Some(base) => Some(
            base.checked_sub(inside)
                .ok_or_else(|| failed(Why::BaseOutOfRange { base }))?,
        ),
    };
    let page = source.wanted(plan, 0, 0).protect;
    let mut blocks = lock_blocks();
    let mapped = match blocks.get(&key) {
        Some(known) => {
            let first = known.base as u64;
            if let Some(base) = plan.base.filter(|base| *base != first + inside) {
                return Err(failed(Why::SecondBase {
                    base,
                    first: first + inside,
                }));
            }
            known.allow(page).map_err(|e| source.system(e))?;
            Arc::clone(known)
        }
        None => {
            let whole = block.len.min(arena.object_len - block.offset) as usize;
            let wanted = source.wanted(plan, block.offset, whole);
            let at = |base: u64| map::map_at(&wanted, base as usize);
            let taken = arena::take(
                arena.directory.file(),
                arena.range.clone(),
                arena.everybody,
                key,
                asked,
                at,
            );
            let (lease, base) = taken.map_err(|no| match no {
                NoBlock::Second { first } => failed(Why::SecondBase {
                    base: plan.base.unwrap_or_default(),
                    first: first + inside,
                }),
                NoBlock::Taken { at } => failed(Why::FixedBaseTaken { base: at + inside }),
                NoBlock::Occupied => source.refused(plan, NoView::Occupied),
                NoBlock::Full => failed(Why::ArenaFull {
                    len: block.len,
                    arena: arena.range.end - arena.range.start,
                }),
                NoBlock::Busy => failed(Why::NameBusy),
                NoBlock::View(no) => source.refused(plan, no),
                NoBlock::System(e) => source.system(e),
            })?;
            let mapped =
                Mapped::new(base, &wanted, source.commits, Some(lease)).map_err(|e| source.system(e))?;
            let mapped = Arc::new(mapped);
            blocks.insert(key, Arc::clone(&mapped));
            mapped
        }
    };
    let hold = Hold {
        mapped: ManuallyDrop::new(mapped),
        key: Some(key),
    };
    Ok((hold, inside as usize))
}
