//! A heap in shared memory.

use crate::memory::Memory;
use crate::object::{Locked, Object};
use crate::rel::{Rel, RelSlice};
use crate::shared::{Place, Shared};
use filemap::core::shared::birth::{self, Shape};
use filemap::core::shared::heap::{Heap, OVERHEAD, Usage};
use filemap::{Error, FileMappingOptions, Op, View, Why};

const AT: u64 = birth::LEN;

/// Blocks of any length that all processes allocate and free, with offsets inside, and names to find them by.
///
/// A process may be killed anywhere inside any of these calls: the next caller finds the heap as it was before or after that
/// call. What was allocated by a process that died before it stored the offset anywhere is lost until the object goes;
/// [`SharedHeap::insert_at`] and [`SharedHeap::allocate_at`] store it in the same indivisible change.
///
/// [`SharedHeap::allocator`] makes it an allocator for collections.
///
/// ```
/// # let place = tempfile::tempdir_in("/dev/shm")?;
/// # let space = filemap::Namespace::at(place.path());
/// # let options = filemap::FileMapping::options().namespace(&space);
/// use filemap_shared::{Rel, Shared, SharedHeap};
/// use zerocopy::{FromBytes, Immutable, IntoBytes};
///
/// #[derive(Clone, Copy, FromBytes, IntoBytes, Immutable, Shared)]
/// #[repr(C)]
/// struct Node { value: u64, next: Rel<Node> }
///
/// let heap = SharedHeap::create(&options, "heap", 1 << 20)?;
/// let list = heap.insert_named("list", &Rel::<Node>::NULL)?; // a pointer that others find by name
/// for value in 1..=3 {
///     let next = list.get()?;
///     heap.insert_at(list, &Node { value, next })?; // the old list hangs on the new node
/// }
///
/// let theirs = SharedHeap::open(&options, "heap")?; // usually another process, at another address
/// let list = theirs.find::<Rel<Node>>("list")?.expect("it was inserted").get()?;
/// let values: Result<Vec<u64>, _> = list.walk(theirs.view(), |node| node.next).map(|node| node.map(|n| n.value)).collect();
/// assert_eq!(values?, [3, 2, 1]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct SharedHeap {
    object: Object,
}

impl SharedHeap {
    fn shape() -> Shape {
        Shape::new("heap", "blocks", 1, [0; 4])
    }

    /// Creates a heap of about `len` bytes, or opens it with the length that it has.
    ///
    /// # Errors
    /// As [`SharedBox::create`](crate::SharedBox::create).
    pub fn create(options: &FileMappingOptions<'_>, name: &str, len: u64) -> Result<SharedHeap, Error> {
        let len = len.max(4096).saturating_add(AT + OVERHEAD);
        let object = Object::create(options, name, &Self::shape(), len, &|memory| {
            use filemap::core::shared::Words;
            Heap::new(memory, AT).format(memory.size() - AT)
        })?;
        Ok(SharedHeap { object })
    }

    /// Opens the heap. Even looking something up takes its lock, so the options must ask for write access.
    ///
    /// # Errors
    /// As [`SharedBox::open`](crate::SharedBox::open).
    pub fn open(options: &FileMappingOptions<'_>, name: &str) -> Result<SharedHeap, Error> {
        let object = Object::open(options, name, &Self::shape())?;
        Ok(SharedHeap { object })
    }

    /// The view that all offsets are relative to.
    #[must_use]
    pub fn view(&self) -> &View {
        self.object.memory.view()
    }

    /// Under the lock, after what a dead owner has left half done was finished.
    fn with<R>(
        &self,
        op: &'static str,
        act: impl FnOnce(&Heap<'_, Memory>) -> Result<R, Why>,
    ) -> Result<R, Error> {
        let run = || {
            let _locked: Locked<'_> = self.object.lock()?;
            let heap = Heap::new(&self.object.memory, AT);
            heap.recover()?;
            act(&heap)
        };
        run().map_err(self.object.memory.failed(op))
    }

    /// Allocates `len` bytes at a multiple of `align` and gives their offset; their contents are whatever was there.
    ///
    /// # Errors
    /// `ERROR_NOT_ENOUGH_MEMORY` (8); 87 if `align` is no power of two; `ERROR_FILE_CORRUPT` (1392) if somebody has scribbled over
    /// the heap.
    pub fn allocate(&self, len: u64, align: u64) -> Result<Rel<u8>, Error> {
        let offset = self.with("allocate from", |heap| heap.allocate(len, align, None))?;
        Rel::new(offset).ok_or_else(|| self.impossible())
    }

    /// Allocates `len` bytes and stores their offset in `slot`, a pointer in another block, in one indivisible change: a process
    /// that dies here leaks nothing.
    ///
    /// # Errors
    /// As [`SharedHeap::allocate`]; `ERROR_INVALID_ADDRESS` (487) if `slot` is not in a block.
    pub fn allocate_at(&self, slot: Place<'_, Rel<u8>>, len: u64, align: u64) -> Result<Rel<u8>, Error> {
        let slot = self.own(slot)?;
        let offset = self.with("allocate from", |heap| heap.allocate(len, align, Some(slot)))?;
        Rel::new(offset).ok_or_else(|| self.impossible())
    }

    /// Allocates a block, copies `value` into it, and gives a pointer to it.
    ///
    /// # Errors
    /// As [`SharedHeap::allocate`].
    pub fn insert<T: Shared>(&self, value: &T) -> Result<Rel<T>, Error> {
        const { assert!(align_of::<T>() <= 16) };
        let offset = self.with("allocate from", |heap| heap.insert(value.as_bytes(), None))?;
        Rel::new(offset).ok_or_else(|| self.impossible())
    }

    /// As [`SharedHeap::insert`], and stores the pointer in `slot`, a pointer in another block, in the same indivisible change.
    ///
    /// # Errors
    /// As [`SharedHeap::allocate_at`].
    pub fn insert_at<T: Shared>(&self, slot: Place<'_, Rel<T>>, value: &T) -> Result<Rel<T>, Error> {
        const { assert!(align_of::<T>() <= 16) };
        let slot = self.own(slot)?;
        let offset = self.with("allocate from", |heap| heap.insert(value.as_bytes(), Some(slot)))?;
        Rel::new(offset).ok_or_else(|| self.impossible())
    }

    /// Allocates a block with copies of bytes.
    ///
    /// # Errors
    /// As [`SharedHeap::allocate`].
    pub fn insert_bytes(&self, bytes: &[u8]) -> Result<RelSlice<u8>, Error> {
        let offset = self.with("allocate from", |heap| heap.insert(bytes, None))?;
        RelSlice::new(offset, bytes.len() as u64).ok_or_else(|| self.impossible())
    }

    /// Frees what [`SharedHeap::allocate`] or [`SharedHeap::insert`] gave.
    ///
    /// # Errors
    /// `ERROR_INVALID_ADDRESS` (487) if no block was given out there, such as one that was freed before; 1392.
    pub fn free<T>(&self, block: Rel<T>) -> Result<(), Error> {
        self.with("free in", |heap| heap.free(block.offset(), None))
    }

    /// Frees the block that `slot` leads to and makes `slot` null, in one indivisible change.
    ///
    /// # Errors
    /// As [`SharedHeap::free`].
    pub fn free_at<T: Shared>(&self, slot: Place<'_, Rel<T>>) -> Result<(), Error> {
        let at = self.own(slot)?;
        self.with("free in", |heap| {
            use filemap::core::shared::Words;
            heap.free(self.object.memory.load(at)?, Some(at))
        })
    }

    /// Puts a value under a name, or finds the one that has it; either way its place is given.
    ///
    /// # Errors
    /// As [`SharedHeap::find`] and [`SharedHeap::allocate`]; 87 for a name longer than 255 bytes.
    pub fn insert_named<T: Shared>(&self, name: &str, value: &T) -> Result<Place<'_, T>, Error> {
        const { assert!(align_of::<T>() <= 16) };
        let contents = Named::contents(value);
        let found = self.with("insert a name into", |heap| {
            let place = heap.insert_named(name, &contents)?;
            Ok(place.unwrap_or_else(|existing| existing))
        })?;
        self.named(found)
    }

    /// The place of the value with this name, if there is one.
    ///
    /// # Errors
    /// `ERROR_REVISION_MISMATCH` (1306) if it was inserted as another type; `ERROR_FILE_CORRUPT` (1392).
    pub fn find<T: Shared>(&self, name: &str) -> Result<Option<Place<'_, T>>, Error> {
        let found = self.with("look up a name in", |heap| heap.find(name))?;
        found.map(|range| self.named(range)).transpose()
    }

    /// Removes a name and frees its value; `false` if there was none.
    ///
    /// # Errors
    /// `ERROR_FILE_CORRUPT` (1392).
    pub fn remove(&self, name: &str) -> Result<bool, Error> {
        self.with("remove a name from", |heap| heap.remove(name))
    }

    /// All names.
    ///
    /// # Errors
    /// `ERROR_FILE_CORRUPT` (1392).
    pub fn names(&self) -> Result<Vec<String>, Error> {
        self.with("list the names of", |heap| heap.names())
    }

    /// Looks at every block, list and name.
    ///
    /// # Errors
    /// `ERROR_FILE_CORRUPT` (1392) with the first thing that is wrong.
    pub fn verify(&self) -> Result<Usage, Error> {
        self.with("verify", |heap| heap.verify())
    }

    fn named<T: Shared>(&self, range: std::ops::Range<u64>) -> Result<Place<'_, T>, Error> {
        let fingerprint: u64 = self.view().read(range.start as usize)?;
        if fingerprint != T::FINGERPRINT || range.end - range.start != Named::len::<T>() {
            return Err(self.object.memory.failed("find a name in")(Why::LayoutMismatch {
                wanted: format!("{} (layout {:016x})", T::NAME, T::FINGERPRINT),
                found: format!("another type (layout {fingerprint:016x})"),
            }));
        }
        Place::at(self.view(), range.start + Named::HEAD)
    }

    /// The offset of a slot, which must be in this heap's view.
    fn own<T: Shared>(&self, slot: Place<'_, T>) -> Result<u64, Error> {
        match slot.is_in(self.view()) {
            true => Ok(slot.offset()),
            false => {
                let what = "the slot lies in another view".to_owned();
                Err(self.object.memory.failed("use a slot of")(Why::Argument { what }))
            }
        }
    }

    fn impossible(&self) -> Error {
        Error::new(Op::Other("allocate from"), self.view().name(), Why::NullOffset)
    }
}

/// A named value: the fingerprint of its type before it.
struct Named;

impl Named {
    const HEAD: u64 = 16;

    fn len<T>() -> u64 {
        Named::HEAD + size_of::<T>() as u64
    }

    fn contents<T: Shared>(value: &T) -> Vec<u8> {
        let mut contents = Vec::with_capacity(Named::len::<T>() as usize);
        contents.extend(T::FINGERPRINT.to_ne_bytes());
        contents.extend([0; 8]);
        contents.extend(value.as_bytes());
        contents
    }
}
