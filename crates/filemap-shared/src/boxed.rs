//! One value with a name.

use crate::object::Object;
use crate::shared::{Place, Shared};
use filemap::core::shared::birth::{self, Shape};
use filemap::core::shared::{Words, round_up};
use filemap::{Error, FileMappingOptions, View};
use std::marker::PhantomData;

pub(crate) fn shape<T: Shared>(kind: &'static str) -> Shape {
    Shape::new(kind, T::NAME, T::FINGERPRINT, [size_of::<T>() as u64, 0, 0, 0])
}

/// An object with a value behind its head, and a word behind the value that begins at 0.
pub(crate) fn make<T: Shared>(
    options: &FileMappingOptions<'_>,
    name: &str,
    kind: &'static str,
    initial: &T,
) -> Result<Object, Error> {
    const { assert!(align_of::<T>() <= 256) };
    let len = word_behind::<T>() + 8;
    Object::create(options, name, &shape::<T>(kind), len, &|memory| {
        memory.write(birth::LEN, initial.as_bytes())?;
        memory.store(word_behind::<T>(), 0)
    })
}

pub(crate) const fn word_behind<T>() -> u64 {
    birth::LEN + round_up(size_of::<T>() as u64, 8)
}

/// A `T` in a named object: created with a value, opened by everybody whose `T` has the same layout.
///
/// ```
/// # let place = tempfile::tempdir_in("/dev/shm")?;
/// # let space = filemap::Namespace::at(place.path());
/// use filemap_shared::{Shared, SharedBox};
/// use zerocopy::{FromBytes, Immutable, IntoBytes};
///
/// #[derive(Clone, Copy, FromBytes, IntoBytes, Immutable, Shared)]
/// #[repr(C)]
/// struct Status { frames: u64, errors: u64 }
///
/// let options = filemap::FileMapping::options().namespace(&space);
/// let ours = SharedBox::create(&options, "status", &Status { frames: 1, errors: 0 })?;
/// let theirs = SharedBox::<Status>::open(&options, "status")?; // usually another process
/// theirs.place().frames().atomic()?.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
/// assert_eq!(ours.get()?.frames, 2);
///
/// // Another definition of the same name is refused, by name.
/// let no = SharedBox::<u64>::open(&options, "status").unwrap_err();
/// assert_eq!(no.code().0, 1306); // ERROR_REVISION_MISMATCH
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SharedBox<T> {
    object: Object,
    of: PhantomData<fn() -> T>,
}

impl<T: Shared> SharedBox<T> {
    /// Creates the object with this value, or opens it as it is. If its creator died before it was finished, it is finished here.
    ///
    /// # Errors
    /// As [`FileMappingOptions::create`]; `ERROR_REVISION_MISMATCH` (1306) if it holds something else.
    pub fn create(options: &FileMappingOptions<'_>, name: &str, initial: &T) -> Result<SharedBox<T>, Error> {
        let object = make(options, name, "box", initial)?;
        SharedBox::checked(object)
    }

    /// Opens the object.
    ///
    /// # Errors
    /// As [`FileMappingOptions::open`]; 1306 if it holds something else; `ERROR_BUSY` (170) if it was never finished.
    pub fn open(options: &FileMappingOptions<'_>, name: &str) -> Result<SharedBox<T>, Error> {
        SharedBox::checked(Object::open(options, name, &shape::<T>("box"))?)
    }

    fn checked(object: Object) -> Result<SharedBox<T>, Error> {
        Place::<T>::at(object.memory.view(), birth::LEN)?;
        Ok(SharedBox {
            object,
            of: PhantomData,
        })
    }

    /// Where the value lies; fields and atomics are reached from there.
    ///
    /// # Panics
    /// Never: the place was checked when the box was made.
    #[must_use]
    pub fn place(&self) -> Place<'_, T> {
        Place::at(self.view(), birth::LEN).expect("checked when the box was made")
    }

    /// A copy of the value; others may write while it is copied.
    ///
    /// # Errors
    /// As [`View::read`].
    pub fn get(&self) -> Result<T, Error> {
        self.place().get()
    }

    /// Copies a value there.
    ///
    /// # Errors
    /// As [`View::write`].
    pub fn set(&self, value: &T) -> Result<(), Error> {
        self.place().set(value)
    }

    /// The view that the value lies in.
    #[must_use]
    pub fn view(&self) -> &View {
        self.object.memory.view()
    }
}

impl<T> std::fmt::Debug for SharedBox<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The value's own form is nobody's business here, so `T` need not have one.
        write!(f, "SharedBox({:?})", self.object.name())
    }
}
