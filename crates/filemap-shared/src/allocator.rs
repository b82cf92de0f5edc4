//! The heap as an allocator of collections.

// UNSAFETY: `Allocator` is an unsafe trait, and hands out memory that other processes have mapped.
#![expect(unsafe_code)]

use crate::heap::SharedHeap;
use crate::rel::{Rel, RelSlice};
use crate::shared::Shared;
use allocator_api2::alloc::{AllocError, Allocator, Layout};
use std::ptr::NonNull;

/// A [`SharedHeap`] as an allocator for collections that take one (`allocator_api2`): `Vec`, `Box`, hash maps.
///
/// The collection itself stays this process's; its contents lie in shared memory, and [`HeapAllocator::slice`] gives what other
/// processes find them by, without a copy.
///
/// ```
/// # let place = tempfile::tempdir_in("/dev/shm")?;
/// # let space = filemap::Namespace::at(place.path());
/// # let options = filemap::FileMapping::options().namespace(&space);
/// use allocator_api2::vec::Vec;
/// use filemap_shared::{RelSlice, SharedHeap};
/// let heap = SharedHeap::create(&options, "heap", 1 << 20)?;
/// // SAFETY: nobody else writes to this heap's blocks.
/// let inside = unsafe { heap.allocator() };
/// let mut squares = Vec::new_in(inside);
/// squares.extend((0..1000_u64).map(|i| i * i));
/// heap.insert_named("squares", &inside.slice(squares.leak()).expect("it lies in the heap"))?;
///
/// let theirs = SharedHeap::open(&options, "heap")?; // usually another process, at another address
/// let squares = theirs.find::<RelSlice<u64>>("squares")?.expect("it was inserted").get()?;
/// assert_eq!(squares.place(theirs.view(), 999)?.get()?, 998_001);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct HeapAllocator<'h> {
    heap: &'h SharedHeap,
}

impl SharedHeap {
    /// The heap as an allocator.
    ///
    /// A process that is killed while a collection allocates or frees leaves a sound heap; what it had allocated stays allocated.
    ///
    /// # Safety
    /// Collections make references to their contents. As long as one is used, no other process may write to its blocks (or to the
    /// heap's own tables in another way than by this library). The library keeps to that: it writes only to blocks that a caller
    /// names. Nothing can *make* a peer keep to it who has write access and is hostile: for such peers, use [`Rel`] and
    /// [`Place`](crate::Place), which stay defined whatever is written.
    #[must_use]
    pub unsafe fn allocator(&self) -> HeapAllocator<'_> {
        HeapAllocator { heap: self }
    }
}

impl HeapAllocator<'_> {
    fn offset(&self, address: usize) -> Option<u64> {
        let view = self.heap.view();
        let offset = address.checked_sub(view.as_ptr() as usize)?;
        (offset < view.len()).then_some(offset as u64)
    }

    /// The offset pointer to what a collection has here; `None` if it lies elsewhere.
    #[must_use]
    pub fn rel<T: Shared>(&self, item: &T) -> Option<Rel<T>> {
        Rel::new(self.offset(std::ptr::from_ref(item) as usize)?)
    }

    /// The offset slice of what a collection has here; `None` if it lies elsewhere.
    #[must_use]
    pub fn slice<T: Shared>(&self, items: &[T]) -> Option<RelSlice<T>> {
        match items.len() {
            0 => Some(RelSlice::EMPTY),
            len => RelSlice::new(self.offset(items.as_ptr() as usize)?, len as u64),
        }
    }
}

// SAFETY: a block lies in the view, which `heap` keeps mapped at its place while any copy of this value lives; the heap gives
// out no byte twice before it is freed (its tables are changed under a lock and through a journal, and `SharedHeap::allocator`
// has the caller's word that nobody else writes to them); copies of this value name the same heap.
unsafe impl Allocator for HeapAllocator<'_> {
    fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
        let dangling = std::ptr::without_provenance_mut(layout.align());
        let start = match layout.size() {
            0 => NonNull::new(dangling).ok_or(AllocError)?,
            len => {
                let block = self
                    .heap
                    .allocate(len as u64, layout.align() as u64)
                    .map_err(|_| AllocError)?;
                let view = self.heap.view();
                let end = block.offset().checked_add(len as u64).ok_or(AllocError)?;
                let start = view.as_ptr().wrapping_add(block.offset() as usize);
                // The view begins at a multiple of 64 KiB, so that the offset's alignment is the address's nearly always.
                if end > view.len() as u64 || !(start as usize).is_multiple_of(layout.align()) {
                    let _ = self.heap.free(block);
                    return Err(AllocError);
                }
                NonNull::new(start).ok_or(AllocError)?
            }
        };
        Ok(NonNull::slice_from_raw_parts(start, layout.size()))
    }

    // SAFETY: the trait's contract: `block` came from this allocator with this layout and is not used any more.
    unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
        if layout.size() != 0
            && let Some(offset) = self.offset(block.as_ptr() as usize)
            && let Some(block) = Rel::<u8>::new(offset)
        {
            // It fails only if the heap is damaged, and then nothing is better than to leave it.
            let _ = self.heap.free(block);
        }
    }
}
