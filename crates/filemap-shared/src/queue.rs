//! Queues for any number of producers and consumers: items of one type, or records of bytes.

use crate::object::Object;
use crate::shared::Shared;
use crate::signal::{Heard, Signal};
use filemap::core::shared::birth::{self, Shape};
use filemap::core::shared::queue::{self, Attempt, Queue as Cells, Whether};
use filemap::core::shared::{Words, round_up};
use filemap::{Error, FileMappingOptions, Wait, Waitable, Why};
use std::marker::PhantomData;
use std::time::Duration;

const SEND: &str = "send through the queue";
const RECEIVE: &str = "receive from the queue";
const OPEN: &str = "open the queue";
/// Whether anybody has asked for the events, and the cells behind.
const LISTEN_ITEMS: u64 = birth::LEN;
const LISTEN_PLACES: u64 = birth::LEN + 8;
const CELLS: u64 = birth::LEN + 16;

fn whether(check: bool) -> Whether {
    match check {
        true => Whether::Check,
        false => Whether::Believe,
    }
}

/// How waiting for a queue *or* something else ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Either<T> {
    /// The queue's part is done.
    Done(T),
    /// The position of the other object that was signalled, or [`Wait::TimedOut`].
    Other(Wait),
}

impl<T> From<Heard<T>> for Either<T> {
    fn from(heard: Heard<T>) -> Either<T> {
        match heard {
            Heard::Done(done) => Either::Done(done),
            Heard::Other(wait) => Either::Other(wait),
        }
    }
}

/// What both queues are.
#[derive(Debug)]
struct Inner {
    object: Object,
    cells: Cells,
    items: Signal,
    places: Signal,
}

impl Inner {
    fn create(
        options: &FileMappingOptions<'_>,
        name: &str,
        shape: &Shape,
        cells: u64,
        item: u64,
    ) -> Result<Inner, Error> {
        let wanted = Cells {
            at: CELLS,
            cells,
            item,
        };
        let len = wanted
            .len()
            .filter(|_| cells > 0)
            .and_then(|len| len.checked_add(CELLS));
        let Some(len) = len else {
            let what = format!("a queue of {cells} items of {item} bytes");
            let why = Why::Argument { what };
            return Err(Error::new(filemap::Op::Other("create the queue"), name, why));
        };
        let object = Object::create(options, name, shape, len, &|memory| {
            // A creator that died may have got further than fresh memory.
            clear(memory, birth::LEN, len - birth::LEN)
        })?;
        Inner::checked(object, options, name)
    }

    fn open(options: &FileMappingOptions<'_>, name: &str, shape: &Shape) -> Result<Inner, Error> {
        Inner::checked(Object::open(options, name, shape)?, options, name)
    }

    fn checked(object: Object, options: &FileMappingOptions<'_>, name: &str) -> Result<Inner, Error> {
        let [item, count, ..] = object.numbers;
        let cells = Cells {
            at: CELLS,
            cells: count,
            item,
        };
        let room = object.memory.size().saturating_sub(CELLS);
        if count == 0 || cells.len().is_none_or(|len| len > room) {
            let what = format!("its head speaks of {count} items of {item} bytes");
            return Err(object.memory.failed(OPEN)(Why::Damaged { what }));
        }
        object.member().map_err(object.memory.failed(OPEN))?;
        Ok(Inner {
            object,
            cells,
            items: Signal::new(options, name, "items", LISTEN_ITEMS),
            places: Signal::new(options, name, "places", LISTEN_PLACES),
        })
    }

    fn push(&self, item: &[u8], check: bool) -> Result<Option<()>, Why> {
        let (memory, member) = (&self.object.memory, self.object.member()?);
        match self.cells.push(memory, member, item, whether(check))? {
            Attempt::Done(()) => self.items.tell(memory).map(Some),
            Attempt::NotNow | Attempt::Busy(_) => Ok(None),
        }
    }

    fn pop(&self, item: &mut [u8], check: bool) -> Result<Option<usize>, Why> {
        let (memory, member) = (&self.object.memory, self.object.member()?);
        match self.cells.pop(memory, member, item, whether(check))? {
            Attempt::Done(len) => self.places.tell(memory).map(|()| Some(len)),
            Attempt::NotNow | Attempt::Busy(_) => Ok(None),
        }
    }

    fn try_send(&self, item: &[u8]) -> Result<bool, Error> {
        let sent = self.push(item, true).map_err(self.object.memory.failed(SEND))?;
        Ok(sent.is_some())
    }

    fn send(&self, item: &[u8], limit: Option<Duration>) -> Result<(), Error> {
        self.object
            .wait(self.cells.at + queue::PLACES, limit, |check| {
                self.push(item, check)
            })
            .map_err(self.object.memory.failed(SEND))
    }

    fn send_or(
        &self,
        item: &[u8],
        others: &[&dyn Waitable],
        limit: Option<Duration>,
    ) -> Result<Either<()>, Error> {
        self.places
            .wait(&self.object, SEND, others, limit, |check| self.push(item, check))
            .map(Either::from)
    }

    fn receive<R>(
        &self,
        limit: Option<Duration>,
        mut pop: impl FnMut(bool) -> Result<Option<R>, Why>,
    ) -> Result<R, Error> {
        self.object
            .wait(self.cells.at + queue::ITEMS, limit, &mut pop)
            .map_err(self.object.memory.failed(RECEIVE))
    }

    fn receive_or<R>(
        &self,
        others: &[&dyn Waitable],
        limit: Option<Duration>,
        pop: impl FnMut(bool) -> Result<Option<R>, Why>,
    ) -> Result<Either<R>, Error> {
        self.items
            .wait(&self.object, RECEIVE, others, limit, pop)
            .map(Either::from)
    }
}

/// A bounded queue of `T` for any number of producers and consumers in any processes.
///
/// A producer that dies in the middle of an item leaves nothing: the item is never seen, the queue goes on. A consumer that dies
/// in the middle of taking an item takes it along. Items come out in the order in which their places were claimed. For one
/// producer and one consumer, [`ItemSender`](crate::ItemSender) is faster.
///
/// ```
/// # let place = tempfile::tempdir_in("/dev/shm")?;
/// # let space = filemap::Namespace::at(place.path());
/// # let options = filemap::FileMapping::options().namespace(&space);
/// use filemap_shared::{Either, Queue};
/// let jobs = Queue::<u64>::create(&options, "jobs", 100)?;
/// let worker = Queue::<u64>::open(&options, "jobs")?;
/// jobs.send(&17, None)?; // waits while the queue is full
/// assert_eq!(worker.receive(None)?, 17); // waits while it is empty
/// assert_eq!(worker.try_receive()?, None);
///
/// // A worker that can be told to stop waits for both at once.
/// let stop = filemap::Event::options().namespace(&space).create("stop")?;
/// stop.set()?;
/// assert_eq!(worker.receive_or(&[&stop], None)?, Either::Other(filemap::Wait::Object(0)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Queue<T> {
    inner: Inner,
    of: PhantomData<fn() -> T>,
}

impl<T: Shared> Queue<T> {
    const ITEM: u64 = size_of::<T>() as u64;

    fn shape(cells: u64) -> Shape {
        Shape::new("queue", T::NAME, T::FINGERPRINT, [Self::ITEM, cells, 0, 0])
    }

    /// Creates a queue with room for `cells` items, or opens it with the room that it has.
    ///
    /// # Errors
    /// As [`SharedBox::create`](crate::SharedBox::create); 87 for no room or too much.
    pub fn create(options: &FileMappingOptions<'_>, name: &str, cells: u64) -> Result<Queue<T>, Error> {
        Queue::checked(Inner::create(
            options,
            name,
            &Self::shape(cells),
            cells,
            Self::ITEM,
        )?)
    }

    /// Opens the queue. Both ends write, so the options must ask for write access.
    ///
    /// # Errors
    /// As [`SharedBox::open`](crate::SharedBox::open).
    pub fn open(options: &FileMappingOptions<'_>, name: &str) -> Result<Queue<T>, Error> {
        Queue::checked(Inner::open(options, name, &Self::shape(0))?)
    }

    fn checked(inner: Inner) -> Result<Queue<T>, Error> {
        let item = inner.cells.item;
        if item != Self::ITEM {
            let what = format!("its head speaks of items of {item} bytes");
            return Err(inner.object.memory.failed(OPEN)(Why::Damaged { what }));
        }
        Ok(Queue {
            inner,
            of: PhantomData,
        })
    }

    /// How many items it has room for.
    #[must_use]
    pub fn capacity(&self) -> u64 {
        self.inner.cells.cells
    }

    fn pop(&self, check: bool) -> Result<Option<T>, Why> {
        let mut item = T::new_zeroed();
        match self.inner.pop(item.as_mut_bytes(), check)? {
            None => Ok(None),
            Some(len) if len == size_of::<T>() => Ok(Some(item)),
            Some(len) => Err(Why::Damaged {
                what: format!("an item of {len} bytes, {} were expected", size_of::<T>()),
            }),
        }
    }

    /// Puts an item in; `false` if there is no room now.
    ///
    /// # Errors
    /// `ERROR_FILE_CORRUPT` (1392) if somebody has scribbled over the queue.
    pub fn try_send(&self, item: &T) -> Result<bool, Error> {
        self.inner.try_send(item.as_bytes())
    }

    /// Puts an item in, and waits while there is no room (`None`: for ever).
    ///
    /// # Errors
    /// `WAIT_TIMEOUT` (258); as [`Queue::try_send`].
    pub fn send(&self, item: &T, limit: Option<Duration>) -> Result<(), Error> {
        self.inner.send(item.as_bytes(), limit)
    }

    /// As [`Queue::send`], and ends also if one of `others` is signalled; the lowest position counts, the queue before all.
    /// The event `NAME~places` beside the queue is what is waited for.
    ///
    /// # Errors
    /// As [`Queue::try_send`] and [`filemap::wait_any`].
    pub fn send_or(
        &self,
        item: &T,
        others: &[&dyn Waitable],
        limit: Option<Duration>,
    ) -> Result<Either<()>, Error> {
        self.inner.send_or(item.as_bytes(), others, limit)
    }

    /// Takes the oldest item; `None` if there is none now.
    ///
    /// # Errors
    /// As [`Queue::try_send`].
    pub fn try_receive(&self) -> Result<Option<T>, Error> {
        self.pop(true).map_err(self.inner.object.memory.failed(RECEIVE))
    }

    /// Takes the oldest item, and waits while there is none (`None`: for ever).
    ///
    /// # Errors
    /// `WAIT_TIMEOUT` (258); as [`Queue::try_send`].
    pub fn receive(&self, limit: Option<Duration>) -> Result<T, Error> {
        self.inner.receive(limit, |check| self.pop(check))
    }

    /// As [`Queue::receive`], and ends also if one of `others` is signalled; the event `NAME~items` beside the queue is what is
    /// waited for.
    ///
    /// # Errors
    /// As [`Queue::send_or`].
    pub fn receive_or(&self, others: &[&dyn Waitable], limit: Option<Duration>) -> Result<Either<T>, Error> {
        self.inner.receive_or(others, limit, |check| self.pop(check))
    }
}

/// A bounded queue of records of bytes for any number of producers and consumers in any processes: [`Queue`] for records of
/// different lengths, up to a longest.
///
/// ```
/// # let place = tempfile::tempdir_in("/dev/shm")?;
/// # let space = filemap::Namespace::at(place.path());
/// # let options = filemap::FileMapping::options().namespace(&space);
/// use filemap_shared::ByteQueue;
/// let lines = ByteQueue::create(&options, "lines", 100, 1000)?; // 100 records of up to 1000 bytes
/// lines.send(b"any length up to that", None)?;
/// assert_eq!(ByteQueue::open(&options, "lines")?.receive(None)?, b"any length up to that");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ByteQueue {
    inner: Inner,
}

impl ByteQueue {
    fn shape(longest: u64, cells: u64) -> Shape {
        Shape::new("queue", "bytes", 1, [longest, cells, 0, 0])
    }

    /// Creates a queue with room for `cells` records of up to `longest` bytes, or opens it with the room that it has.
    ///
    /// # Errors
    /// As [`Queue::create`].
    pub fn create(
        options: &FileMappingOptions<'_>,
        name: &str,
        cells: u64,
        longest: u64,
    ) -> Result<ByteQueue, Error> {
        let longest = round_up(longest, 8);
        let inner = Inner::create(options, name, &Self::shape(longest, cells), cells, longest)?;
        Ok(ByteQueue { inner })
    }

    /// Opens the queue, as [`Queue::open`].
    ///
    /// # Errors
    /// As [`Queue::open`].
    pub fn open(options: &FileMappingOptions<'_>, name: &str) -> Result<ByteQueue, Error> {
        let inner = Inner::open(options, name, &Self::shape(0, 0))?;
        Ok(ByteQueue { inner })
    }

    /// How many records it has room for.
    #[must_use]
    pub fn capacity(&self) -> u64 {
        self.inner.cells.cells
    }

    /// The longest record in bytes.
    #[must_use]
    pub fn longest(&self) -> u64 {
        self.inner.cells.item
    }

    fn pop(&self, check: bool) -> Result<Option<Vec<u8>>, Why> {
        let mut record = vec![0; self.longest() as usize];
        Ok(self.inner.pop(&mut record, check)?.map(|len| {
            record.truncate(len);
            record
        }))
    }

    /// As [`Queue::try_send`].
    ///
    /// # Errors
    /// As [`Queue::try_send`]; `ERROR_INVALID_PARAMETER` (87) for a record that is too long.
    pub fn try_send(&self, record: &[u8]) -> Result<bool, Error> {
        self.inner.try_send(record)
    }

    /// As [`Queue::send`].
    ///
    /// # Errors
    /// As [`ByteQueue::try_send`]; `WAIT_TIMEOUT` (258).
    pub fn send(&self, record: &[u8], limit: Option<Duration>) -> Result<(), Error> {
        self.inner.send(record, limit)
    }

    /// As [`Queue::send_or`].
    ///
    /// # Errors
    /// As [`ByteQueue::try_send`] and [`filemap::wait_any`].
    pub fn send_or(
        &self,
        record: &[u8],
        others: &[&dyn Waitable],
        limit: Option<Duration>,
    ) -> Result<Either<()>, Error> {
        self.inner.send_or(record, others, limit)
    }

    /// As [`Queue::try_receive`].
    ///
    /// # Errors
    /// As [`Queue::try_receive`].
    pub fn try_receive(&self) -> Result<Option<Vec<u8>>, Error> {
        self.pop(true).map_err(self.inner.object.memory.failed(RECEIVE))
    }

    /// As [`Queue::receive`].
    ///
    /// # Errors
    /// As [`Queue::receive`].
    pub fn receive(&self, limit: Option<Duration>) -> Result<Vec<u8>, Error> {
        self.inner.receive(limit, |check| self.pop(check))
    }

    /// As [`Queue::receive_or`].
    ///
    /// # Errors
    /// As [`Queue::receive_or`].
    pub fn receive_or(
        &self,
        others: &[&dyn Waitable],
        limit: Option<Duration>,
    ) -> Result<Either<Vec<u8>>, Error> {
        self.inner.receive_or(others, limit, |check| self.pop(check))
    }
}

/// Zeroes words that an unfinished creator may have left.
pub(crate) fn clear(words: &impl Words, at: u64, len: u64) -> Result<(), Why> {
    for word in (at..at.saturating_add(len)).step_by(8) {
        // A page that nobody has touched stays untouched: it costs no memory.
        if words.load(word)? != 0 {
            words.store(word, 0)?;
        }
    }
    Ok(())
}

impl<T> std::fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The value's own form is nobody's business here, so `T` need not have one.
        write!(f, "Queue({:?})", self.inner.object.name())
    }
}
