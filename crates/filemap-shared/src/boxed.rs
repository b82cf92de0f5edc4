//! One value with a name, alone or behind a lock.

use crate::object::{Locked, Object};
use crate::shared::{Place, Shared};
use filemap::core::shared::birth::{self, Shape};
use filemap::core::shared::lock::Acquired;
use filemap::core::shared::{Words, round_up};
use filemap::{Error, FileMappingOptions, View};
use std::marker::PhantomData;

fn shape<T: Shared>(kind: &'static str) -> Shape {
    Shape::new(kind, T::NAME, T::FINGERPRINT, [size_of::<T>() as u64, 0, 0, 0])
}

fn make<T: Shared>(
    options: &FileMappingOptions<'_>,
    name: &str,
    kind: &'static str,
    initial: &T,
) -> Result<Object, Error> {
    const { assert!(align_of::<T>() <= 256) };
    let len = birth::LEN + round_up(size_of::<T>() as u64, 8);
    Object::create(options, name, &shape::<T>(kind), len, &|memory| {
        memory.write(birth::LEN, initial.as_bytes())
    })
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

/// A `T` in a named object, behind a lock that a dead owner does not keep.
///
/// ```
/// # let place = tempfile::tempdir_in("/dev/shm")?;
/// # let space = filemap::Namespace::at(place.path());
/// # let options = filemap::FileMapping::options().namespace(&space);
/// use filemap_shared::SharedMutex;
/// let balance = SharedMutex::create(&options, "balance", &100_u64)?;
/// let guard = balance.lock()?;
/// assert!(!guard.is_abandoned());
/// guard.set(&(guard.get()? - 30))?;
/// drop(guard);
/// assert_eq!(balance.lock()?.get()?, 70);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SharedMutex<T> {
    object: Object,
    of: PhantomData<fn() -> T>,
}

impl<T: Shared> SharedMutex<T> {
    /// As [`SharedBox::create`].
    ///
    /// # Errors
    /// As [`SharedBox::create`].
    pub fn create(
        options: &FileMappingOptions<'_>,
        name: &str,
        initial: &T,
    ) -> Result<SharedMutex<T>, Error> {
        let object = make(options, name, "mutex", initial)?;
        SharedMutex::checked(object)
    }

    /// As [`SharedBox::open`]; the options must ask for write access.
    ///
    /// # Errors
    /// As [`SharedBox::open`].
    pub fn open(options: &FileMappingOptions<'_>, name: &str) -> Result<SharedMutex<T>, Error> {
        SharedMutex::checked(Object::open(options, name, &shape::<T>("mutex"))?)
    }

    fn checked(object: Object) -> Result<SharedMutex<T>, Error> {
        Place::<T>::at(object.memory.view(), birth::LEN)?;
        Ok(SharedMutex {
            object,
            of: PhantomData,
        })
    }

    /// Waits for the lock; it is held until the guard goes. Not recursive.
    ///
    /// # Errors
    /// `ERROR_NOACCESS` (998) for who has it open read-only.
    pub fn lock(&self) -> Result<MutexGuard<'_, T>, Error> {
        let locked = self.object.lock().map_err(self.object.memory.failed("lock"))?;
        Ok(MutexGuard {
            locked,
            place: Place::at(self.object.memory.view(), birth::LEN)?,
        })
    }
}

/// The lock is held; gone, it is given back.
pub struct MutexGuard<'a, T> {
    locked: Locked<'a>,
    place: Place<'a, T>,
}

impl<'a, T: Shared> MutexGuard<'a, T> {
    /// Whether the last owner died with the lock: the value may be half changed, and is here to be looked at and mended.
    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        self.locked.how == Acquired::Abandoned
    }

    /// A copy of the value.
    ///
    /// # Errors
    /// As [`View::read`].
    pub fn get(&self) -> Result<T, Error> {
        self.place.get()
    }

    /// Copies a value there.
    ///
    /// # Errors
    /// As [`View::write`].
    pub fn set(&self, value: &T) -> Result<(), Error> {
        self.place.set(value)
    }

    /// Where the value lies.
    #[must_use]
    pub fn place(&self) -> Place<'a, T> {
        self.place
    }
}

impl<T> std::fmt::Debug for SharedBox<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The value's own form is nobody's business here, so `T` need not have one.
        write!(f, "SharedBox({:?})", self.object.name())
    }
}

impl<T> std::fmt::Debug for SharedMutex<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The value's own form is nobody's business here, so `T` need not have one.
        write!(f, "SharedMutex({:?})", self.object.name())
    }
}
