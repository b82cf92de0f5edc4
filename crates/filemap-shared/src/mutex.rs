//! One value with a name, behind a robust mutex.

use crate::boxed::{make, shape, word_behind};
use crate::object::Object;
use crate::shared::{Place, Shared};
use filemap::core::shared::{Words, birth};
use filemap::{Error, FileMappingOptions, Mutex, Why};
use std::marker::PhantomData;
use std::time::Duration;

const LOCK: &str = "lock";

/// A `T` in a named object, joined with a robust mutex beside it (`NAME~mutex`, which other programs may wait for too).
///
/// If the owner of the lock dies, the value may be half changed: it is *poisoned*, and [`SharedMutex::lock`] fails with
/// `ERROR_ABANDONED_WAIT_0` (735) until somebody has mended it. [`SharedMutex::lock_anyway`] reaches the data on purpose.
///
/// ```
/// # let place = tempfile::tempdir_in("/dev/shm")?;
/// # let space = filemap::Namespace::at(place.path());
/// # let options = filemap::FileMapping::options().namespace(&space);
/// use filemap_shared::SharedMutex;
/// let balance = SharedMutex::create(&options, "balance", &100_u64)?;
/// let guard = balance.lock()?;
/// guard.set(&(guard.get()? - 30))?;
/// drop(guard);
/// assert_eq!(balance.lock()?.get()?, 70);
///
/// // After a death: look at the data, mend it, and say so.
/// let guard = balance.lock_anyway()?;
/// if guard.is_abandoned() {
///     guard.set(&0)?;
///     guard.mend()?;
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SharedMutex<T> {
    object: Object,
    mutex: Mutex,
    of: PhantomData<fn() -> T>,
}

impl<T: Shared> SharedMutex<T> {
    /// As [`SharedBox::create`](crate::SharedBox::create).
    ///
    /// # Errors
    /// As [`SharedBox::create`](crate::SharedBox::create); 6 if something else has the name of the mutex.
    pub fn create(
        options: &FileMappingOptions<'_>,
        name: &str,
        initial: &T,
    ) -> Result<SharedMutex<T>, Error> {
        let object = make(options, name, "mutex", initial)?;
        SharedMutex::checked(object, options, name)
    }

    /// As [`SharedBox::open`](crate::SharedBox::open); the options must ask for write access.
    ///
    /// # Errors
    /// As [`SharedBox::open`](crate::SharedBox::open).
    pub fn open(options: &FileMappingOptions<'_>, name: &str) -> Result<SharedMutex<T>, Error> {
        SharedMutex::checked(Object::open(options, name, &shape::<T>("mutex"))?, options, name)
    }

    fn checked(
        object: Object,
        options: &FileMappingOptions<'_>,
        name: &str,
    ) -> Result<SharedMutex<T>, Error> {
        Place::<T>::at(object.memory.view(), birth::LEN)?;
        object.member().map_err(object.memory.failed(LOCK))?;
        let mutex = options.mutex().create(&format!("{name}~mutex"))?;
        Ok(SharedMutex {
            object,
            mutex,
            of: PhantomData,
        })
    }

    /// Waits for the lock; it is held until the guard goes. The thread that has it gets it again at once, as with every mutex of
    /// Windows.
    ///
    /// # Errors
    /// `ERROR_ABANDONED_WAIT_0` (735) if an owner died with it and nobody has mended the value since.
    pub fn lock(&self) -> Result<MutexGuard<'_, T>, Error> {
        self.sound(self.lock_anyway()?)
    }

    /// As [`SharedMutex::lock`], with a limit.
    ///
    /// # Errors
    /// As [`SharedMutex::lock`]; `WAIT_TIMEOUT` (258).
    pub fn lock_for(&self, limit: Duration) -> Result<MutexGuard<'_, T>, Error> {
        let Some(lock) = self.mutex.try_lock_for(limit)? else {
            return Err(self.object.memory.failed(LOCK)(Why::NotInTime));
        };
        self.sound(self.guard(lock)?)
    }

    /// Waits for the lock, and gives it whether or not the value is poisoned.
    ///
    /// # Errors
    /// Those of [`Mutex::lock`].
    pub fn lock_anyway(&self) -> Result<MutexGuard<'_, T>, Error> {
        self.guard(self.mutex.lock()?)
    }

    fn sound<'a>(&'a self, guard: MutexGuard<'a, T>) -> Result<MutexGuard<'a, T>, Error> {
        match guard.is_abandoned() {
            false => Ok(guard),
            true => Err(self.object.memory.failed(LOCK)(Why::Poisoned)),
        }
    }

    fn guard<'a>(&'a self, lock: filemap::MutexGuard<'a>) -> Result<MutexGuard<'a, T>, Error> {
        let memory = &self.object.memory;
        if lock.was_abandoned() {
            // Whoever dies before this is stored leaves the mutex abandoned again.
            memory.store(word_behind::<T>(), 1).map_err(memory.failed(LOCK))?;
        }
        let poisoned = memory.load(word_behind::<T>()).map_err(memory.failed(LOCK))? != 0;
        Ok(MutexGuard {
            object: &self.object,
            place: Place::at(memory.view(), birth::LEN)?,
            poisoned: std::cell::Cell::new(poisoned),
            _lock: lock,
        })
    }
}

/// The lock is held; gone, it is given back.
pub struct MutexGuard<'a, T> {
    object: &'a Object,
    place: Place<'a, T>,
    poisoned: std::cell::Cell<bool>,
    _lock: filemap::MutexGuard<'a>,
}

impl<'a, T: Shared> MutexGuard<'a, T> {
    /// Whether an owner died with the lock and nobody has mended the value since: it may be half changed, and is here to be
    /// looked at.
    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        self.poisoned.get()
    }

    /// Says that the value is sound again: [`SharedMutex::lock`] works again, for everybody.
    ///
    /// # Errors
    /// Those of the memory.
    pub fn mend(&self) -> Result<(), Error> {
        let memory = &self.object.memory;
        memory
            .store(word_behind::<T>(), 0)
            .map_err(memory.failed("mend"))?;
        self.poisoned.set(false);
        Ok(())
    }

    /// A copy of the value.
    ///
    /// # Errors
    /// As [`filemap::View::read`].
    pub fn get(&self) -> Result<T, Error> {
        self.place.get()
    }

    /// Copies a value there.
    ///
    /// # Errors
    /// As [`filemap::View::write`].
    pub fn set(&self, value: &T) -> Result<(), Error> {
        self.place.set(value)
    }

    /// Where the value lies.
    #[must_use]
    pub fn place(&self) -> Place<'a, T> {
        self.place
    }
}

impl<T> std::fmt::Debug for SharedMutex<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The value's own form is nobody's business here, so `T` need not have one.
        write!(f, "SharedMutex({:?})", self.object.name())
    }
}

impl<T> std::fmt::Debug for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MutexGuard({:?})", self.object.name())
    }
}
