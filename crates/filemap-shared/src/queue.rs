//! Queues: items of one type between any number of processes; records of bytes between two.

use crate::object::Object;
use crate::shared::Shared;
use filemap::core::shared::birth::{self, Shape};
use filemap::core::shared::queue::{self, Attempt, Queue as Cells, Whether};
use filemap::core::shared::ring::{self, End, Ring};
use filemap::core::shared::{Members, Words, round_up};
use filemap::{Error, FileMappingOptions, Why};
use std::marker::PhantomData;
use std::time::Duration;

const SEND: &str = "send through the queue";
const RECEIVE: &str = "receive from the queue";

fn whether(check: bool) -> Whether {
    match check {
        true => Whether::Check,
        false => Whether::Believe,
    }
}

/// A bounded queue of `T` for any number of producers and consumers in any processes.
///
/// A producer that dies in the middle of an item leaves nothing: the item is never seen, the queue goes on. A consumer that dies
/// in the middle of taking an item takes it along. Items come out in the order in which their places were claimed.
///
/// ```
/// # let place = tempfile::tempdir_in("/dev/shm")?;
/// # let space = filemap::Namespace::at(place.path());
/// # let options = filemap::FileMapping::options().namespace(&space);
/// use filemap_shared::Queue;
/// let jobs = Queue::<u64>::create(&options, "jobs", 100)?;
/// let worker = Queue::<u64>::open(&options, "jobs")?;
/// jobs.send(&17, None)?; // waits while the queue is full
/// assert_eq!(worker.receive(None)?, 17); // waits while it is empty
/// assert_eq!(worker.try_receive()?, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Queue<T> {
    object: Object,
    cells: Cells,
    of: PhantomData<fn() -> T>,
}

impl<T: Shared> Queue<T> {
    fn shape(cells: u64) -> Shape {
        Shape::new(
            "queue",
            T::NAME,
            T::FINGERPRINT,
            [size_of::<T>() as u64, cells, 0, 0],
        )
    }

    /// Creates a queue with room for `cells` items, or opens it with the room that it has.
    ///
    /// # Errors
    /// As [`SharedBox::create`](crate::SharedBox::create); 87 for no room or too much.
    pub fn create(options: &FileMappingOptions<'_>, name: &str, cells: u64) -> Result<Queue<T>, Error> {
        let wanted = Cells {
            at: birth::LEN,
            cells,
            item: size_of::<T>() as u64,
        };
        let len = wanted
            .len()
            .filter(|_| cells > 0)
            .and_then(|len| len.checked_add(birth::LEN));
        let Some(len) = len else {
            let what = format!("a queue of {cells} items");
            return Err(Error::new(
                filemap::Op::Other("create the queue"),
                name,
                Why::Argument { what },
            ));
        };
        let made = Object::create(options, name, &Self::shape(cells), len, &|memory| {
            // A creator that died may have got further than fresh memory.
            clear(memory, birth::LEN, len - birth::LEN)
        })?;
        Queue::checked(made)
    }

    /// Opens the queue. Both ends write, so the options must ask for write access.
    ///
    /// # Errors
    /// As [`SharedBox::open`](crate::SharedBox::open).
    pub fn open(options: &FileMappingOptions<'_>, name: &str) -> Result<Queue<T>, Error> {
        Queue::checked(Object::open(options, name, &Self::shape(0))?)
    }

    fn checked(object: Object) -> Result<Queue<T>, Error> {
        let [item, count, ..] = object.numbers;
        let cells = Cells {
            at: birth::LEN,
            cells: count,
            item,
        };
        let fits = cells
            .len()
            .is_some_and(|len| len <= object.memory.size() - birth::LEN);
        if item != size_of::<T>() as u64 || count == 0 || !fits {
            let what = format!("its head speaks of {count} items of {item} bytes");
            return Err(object.memory.failed("open the queue")(Why::Damaged { what }));
        }
        object.member().map_err(object.memory.failed("open the queue"))?;
        Ok(Queue {
            object,
            cells,
            of: PhantomData,
        })
    }

    /// How many items it has room for.
    #[must_use]
    pub fn capacity(&self) -> u64 {
        self.cells.cells
    }

    fn push(&self, item: &T, check: bool) -> Result<Option<()>, Why> {
        let (memory, member) = (&self.object.memory, self.object.member()?);
        Ok(
            match self.cells.push(memory, member, item.as_bytes(), whether(check))? {
                Attempt::Done(()) => Some(()),
                Attempt::NotNow | Attempt::Busy(_) => None,
            },
        )
    }

    fn pop(&self, check: bool) -> Result<Option<T>, Why> {
        let (memory, member) = (&self.object.memory, self.object.member()?);
        let mut item = T::new_zeroed();
        let got = self
            .cells
            .pop(memory, member, item.as_mut_bytes(), whether(check))?;
        match got {
            Attempt::Done(len) if len == size_of::<T>() => Ok(Some(item)),
            Attempt::Done(len) => Err(Why::Damaged {
                what: format!("an item of {len} bytes, {} were expected", size_of::<T>()),
            }),
            Attempt::NotNow | Attempt::Busy(_) => Ok(None),
        }
    }

    /// Puts an item in; `false` if there is no room now.
    ///
    /// # Errors
    /// `ERROR_FILE_CORRUPT` (1392) if somebody has scribbled over the queue.
    pub fn try_send(&self, item: &T) -> Result<bool, Error> {
        let sent = self.push(item, true).map_err(self.object.memory.failed(SEND))?;
        Ok(sent.is_some())
    }

    /// Puts an item in, and waits while there is no room (`None`: for ever).
    ///
    /// # Errors
    /// `WAIT_TIMEOUT` (258); as [`Queue::try_send`].
    pub fn send(&self, item: &T, limit: Option<Duration>) -> Result<(), Error> {
        self.object
            .wait(self.cells.at + queue::PLACES, limit, |check| {
                self.push(item, check)
            })
            .map_err(self.object.memory.failed(SEND))
    }

    /// Takes the oldest item; `None` if there is none now.
    ///
    /// # Errors
    /// As [`Queue::try_send`].
    pub fn try_receive(&self) -> Result<Option<T>, Error> {
        self.pop(true).map_err(self.object.memory.failed(RECEIVE))
    }

    /// Takes the oldest item, and waits while there is none (`None`: for ever).
    ///
    /// # Errors
    /// `WAIT_TIMEOUT` (258); as [`Queue::try_send`].
    pub fn receive(&self, limit: Option<Duration>) -> Result<T, Error> {
        self.object
            .wait(self.cells.at + queue::ITEMS, limit, |check| self.pop(check))
            .map_err(self.object.memory.failed(RECEIVE))
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

fn ring_shape(room: u64) -> Shape {
    Shape::new("pipe", "bytes", 1, [room, 0, 0, 0])
}

fn open_end(object: Object, end: End) -> Result<(Object, Ring), Error> {
    const OP: &str = "open an end of the pipe";
    let ring = Ring {
        at: birth::LEN,
        room: object.numbers[0],
    };
    let fits = ring.len() <= object.memory.size() - birth::LEN;
    if !fits || ring.room < 16 || !ring.room.is_multiple_of(8) {
        let what = format!("its head speaks of room for {} bytes", ring.room);
        return Err(object.memory.failed(OP)(Why::Damaged { what }));
    }
    let member = object.member().map_err(object.memory.failed(OP))?;
    ring.take_end(&object.memory, member, end)
        .map_err(object.memory.failed(OP))?;
    Ok((object, ring))
}

macro_rules! ends {
    ($($(#[$doc:meta])* $name:ident $end:ident, $other:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name {
            object: Object,
            ring: Ring,
        }

        impl $name {
            /// Creates a pipe with room for `room` bytes (each record takes 8 more), or opens it with the room that it has, and takes this end.
            ///
            /// # Errors
            /// As [`SharedBox::create`](crate::SharedBox::create); `ERROR_BUSY` (170) if a live process has this end.
            pub fn create(options: &FileMappingOptions<'_>, name: &str, room: u64) -> Result<$name, Error> {
                let room = round_up(room.max(16), 8);
                let len = room.saturating_add(birth::LEN + 64);
                let object = Object::create(options, name, &ring_shape(room), len, &|memory| clear(memory, birth::LEN, 48))?;
                let (object, ring) = open_end(object, End::$end)?;
                Ok($name { object, ring })
            }

            /// Opens the pipe and takes this end.
            ///
            /// # Errors
            /// As [`SharedBox::open`](crate::SharedBox::open); `ERROR_BUSY` (170) if a live process has this end.
            pub fn open(options: &FileMappingOptions<'_>, name: &str) -> Result<$name, Error> {
                let (object, ring) = open_end(Object::open(options, name, &ring_shape(0))?, End::$end)?;
                Ok($name { object, ring })
            }

            /// Whether a live process has the other end.
            ///
            /// # Errors
            /// The system's own.
            pub fn is_connected(&self) -> Result<bool, Error> {
                let ask = || match self.ring.at_end(&self.object.memory, End::$other)? {
                    None => Ok(false),
                    Some(member) => self.object.member()?.is_alive(member),
                };
                ask().map_err(self.object.memory.failed("look at the pipe"))
            }

            /// The longest record in bytes.
            #[must_use]
            pub fn longest(&self) -> u64 {
                self.ring.most()
            }
        }

        impl Drop for $name {
            fn drop(&mut self) {
                if let Ok(member) = self.object.member() {
                    // If it fails, the end is free when the membership ends.
                    let _ = self.ring.leave_end(&self.object.memory, member.me(), End::$end);
                }
            }
        }
    )*};
}

ends! {
    /// The end of a pipe of records that sends. Records are seen whole or not at all; a dead end is free for the next process.
    ///
    /// ```
    /// # let place = tempfile::tempdir_in("/dev/shm")?;
    /// # let space = filemap::Namespace::at(place.path());
    /// # let options = filemap::FileMapping::options().namespace(&space);
    /// use filemap_shared::{PipeReceiver, PipeSender};
    /// let mut sender = PipeSender::create(&options, "lines", 65536)?;
    /// let mut receiver = PipeReceiver::open(&options, "lines")?;
    /// sender.send(b"a record of any length", None)?;
    /// assert_eq!(receiver.receive(None)?, b"a record of any length");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    PipeSender Producer, Consumer;
    /// The end of a pipe of records that receives. A record that a receiver had not finished copying when it died comes again.
    PipeReceiver Consumer, Producer;
}

impl PipeSender {
    /// Sends a record; `false` if there is no room now.
    ///
    /// # Errors
    /// `ERROR_INVALID_PARAMETER` (87) if it never fits; `ERROR_FILE_CORRUPT` (1392).
    pub fn try_send(&mut self, record: &[u8]) -> Result<bool, Error> {
        self.ring
            .send(&self.object.memory, record)
            .map_err(self.object.memory.failed(SEND))
    }

    /// Sends a record, and waits while there is no room (`None`: for ever).
    ///
    /// # Errors
    /// `WAIT_TIMEOUT` (258); as [`PipeSender::try_send`].
    pub fn send(&mut self, record: &[u8], limit: Option<Duration>) -> Result<(), Error> {
        let send = |_check| Ok(self.ring.send(&self.object.memory, record)?.then_some(()));
        self.object
            .wait(self.ring.at + ring::PLACES, limit, send)
            .map_err(self.object.memory.failed(SEND))
    }
}

impl PipeReceiver {
    /// Takes the oldest record; `None` if there is none now.
    ///
    /// # Errors
    /// `ERROR_FILE_CORRUPT` (1392).
    pub fn try_receive(&mut self) -> Result<Option<Vec<u8>>, Error> {
        self.ring
            .receive(&self.object.memory)
            .map_err(self.object.memory.failed(RECEIVE))
    }

    /// Takes the oldest record, and waits while there is none (`None`: for ever).
    ///
    /// # Errors
    /// `WAIT_TIMEOUT` (258); as [`PipeReceiver::try_receive`].
    pub fn receive(&mut self, limit: Option<Duration>) -> Result<Vec<u8>, Error> {
        self.object
            .wait(self.ring.at + ring::ITEMS, limit, |_check| {
                self.ring.receive(&self.object.memory)
            })
            .map_err(self.object.memory.failed(RECEIVE))
    }
}

impl<T> std::fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The value's own form is nobody's business here, so `T` need not have one.
        write!(f, "Queue({:?})", self.object.name())
    }
}
