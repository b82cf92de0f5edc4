//! The latest value: one writer, many readers, no locks.

use crate::object::Object;
use crate::shared::Shared;
use filemap::core::shared::Members;
use filemap::core::shared::birth::{self, Shape};
use filemap::core::shared::latest::{BELL, Latest as Cell};
use filemap::{Error, FileMappingOptions, Why};
use std::marker::PhantomData;
use std::time::Duration;

const OP: &str = "use the latest value in";
/// How often a reader tries again: a writer overtakes it by three values seldom, a hostile peer may do nothing else.
const TRIES: u32 = 1_000_000;

fn cell<T>() -> Cell {
    Cell {
        at: birth::LEN,
        item: size_of::<T>() as u64,
    }
}

fn shape<T: Shared>() -> Shape {
    Shape::new(
        "latest",
        T::NAME,
        T::FINGERPRINT,
        [size_of::<T>() as u64, 0, 0, 0],
    )
}

/// The end that writes. There is one at a time; its role is free as soon as its process is gone.
///
/// ```
/// # let place = tempfile::tempdir_in("/dev/shm")?;
/// # let space = filemap::Namespace::at(place.path());
/// # let options = filemap::FileMapping::options().namespace(&space);
/// use filemap_shared::{LatestReader, LatestWriter};
/// let speed = LatestWriter::create(&options, "speed", &0.0_f64)?;
/// let display = LatestReader::<f64>::open(&options, "speed")?; // any number of them
/// speed.publish(&12.5)?;
/// assert_eq!(display.get()?, 12.5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct LatestWriter<T> {
    object: Object,
    of: PhantomData<fn() -> T>,
}

impl<T: Shared> LatestWriter<T> {
    /// Creates the object with this value, or opens it as it is, and becomes its writer.
    ///
    /// # Errors
    /// As [`SharedBox::create`](crate::SharedBox::create); `ERROR_BUSY` (170) if a live process is the writer.
    pub fn create(
        options: &FileMappingOptions<'_>,
        name: &str,
        initial: &T,
    ) -> Result<LatestWriter<T>, Error> {
        let cell = cell::<T>();
        let object = Object::create(options, name, &shape::<T>(), birth::LEN + cell.len(), &|memory| {
            cell.publish(memory, initial.as_bytes())
        })?;
        let member = object.member().map_err(object.memory.failed(OP))?;
        cell.become_writer(&object.memory, member)
            .map_err(object.memory.failed(OP))?;
        Ok(LatestWriter {
            object,
            of: PhantomData,
        })
    }

    /// Shows a new value to all readers.
    ///
    /// # Errors
    /// As [`filemap::View::write`].
    pub fn publish(&self, value: &T) -> Result<(), Error> {
        cell::<T>()
            .publish(&self.object.memory, value.as_bytes())
            .map_err(self.object.memory.failed(OP))
    }
}

impl<T> Drop for LatestWriter<T> {
    fn drop(&mut self) {
        if let Ok(member) = self.object.member() {
            // If it fails, the role is free when the membership ends.
            let _ = cell::<T>().leave(&self.object.memory, member.me());
        }
    }
}

/// An end that reads. It needs read access only.
///
/// ```
/// # let place = tempfile::tempdir_in("/dev/shm")?;
/// # let space = filemap::Namespace::at(place.path());
/// # let options = filemap::FileMapping::options().namespace(&space);
/// use filemap_shared::{LatestReader, LatestWriter};
/// let writer = LatestWriter::create(&options, "position", &[0.0_f64; 3])?;
/// let reader = LatestReader::<[f64; 3]>::open(&options.clone().access(filemap::FileMapAccess::READ), "position")?;
/// let (_, number) = reader.get_with_number()?;
/// writer.publish(&[1.0, 2.0, 3.0])?;
/// let (value, next) = reader.wait_for_change(number, None)?;
/// assert_eq!((value, next), ([1.0, 2.0, 3.0], number + 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct LatestReader<T> {
    object: Object,
    of: PhantomData<fn() -> T>,
}

impl<T: Shared> LatestReader<T> {
    /// Opens the object.
    ///
    /// # Errors
    /// As [`SharedBox::open`](crate::SharedBox::open).
    pub fn open(options: &FileMappingOptions<'_>, name: &str) -> Result<LatestReader<T>, Error> {
        Ok(LatestReader {
            object: Object::open(options, name, &shape::<T>())?,
            of: PhantomData,
        })
    }

    /// The latest whole value.
    ///
    /// # Errors
    /// As [`filemap::View::read`]; `ERROR_FILE_CORRUPT` (1392) if it never holds still.
    pub fn get(&self) -> Result<T, Error> {
        self.get_with_number().map(|(value, _)| value)
    }

    /// The latest whole value and its number, which counts up by one with each value.
    ///
    /// # Errors
    /// As [`LatestReader::get`].
    pub fn get_with_number(&self) -> Result<(T, u64), Error> {
        let mut value = T::new_zeroed();
        for _ in 0..TRIES {
            let read = cell::<T>().try_read(&self.object.memory, value.as_mut_bytes());
            if let Some(number) = read.map_err(self.object.memory.failed(OP))? {
                return Ok((value, number));
            }
        }
        let what = format!("{TRIES} times in a row the value was another one before it was copied");
        Err(self.object.memory.failed(OP)(Why::Damaged { what }))
    }

    /// Waits for a value with another number than `seen`, and gives it.
    ///
    /// # Errors
    /// `WAIT_TIMEOUT` (258) if none comes within `limit`; as [`LatestReader::get`].
    pub fn wait_for_change(&self, seen: u64, limit: Option<Duration>) -> Result<(T, u64), Error> {
        let cell = cell::<T>();
        let number = |_check| Ok((cell.number(&self.object.memory)? != seen).then_some(()));
        self.object
            .wait(cell.at + BELL, limit, number)
            .map_err(self.object.memory.failed(OP))?;
        self.get_with_number()
    }
}

impl<T> std::fmt::Debug for LatestWriter<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The value's own form is nobody's business here, so `T` need not have one.
        write!(f, "LatestWriter({:?})", self.object.name())
    }
}

impl<T> std::fmt::Debug for LatestReader<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The value's own form is nobody's business here, so `T` need not have one.
        write!(f, "LatestReader({:?})", self.object.name())
    }
}
