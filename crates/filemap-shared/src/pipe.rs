//! Pipes from one producer to one consumer: records of bytes, or items of one type.

use crate::object::Object;
use crate::queue::clear;
use crate::shared::Shared;
use filemap::core::shared::birth::{self, Shape};
use filemap::core::shared::ring::{self, End, Ring};
use filemap::core::shared::{Members, Words, round_up};
use filemap::{Error, FileMappingOptions, Why};
use std::marker::PhantomData;
use std::time::Duration;

const SEND: &str = "send through the pipe";
const RECEIVE: &str = "receive from the pipe";

fn shape_of_bytes(room: u64) -> Shape {
    Shape::new("pipe", "bytes", 1, [room, 0, 0, 0])
}

fn shape_of<T: Shared>(room: u64) -> Shape {
    Shape::new("pipe", T::NAME, T::FINGERPRINT, [room, 0, 0, 0])
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
                Self::create_as(options, name, room, shape_of_bytes)
            }

            fn create_as(
                options: &FileMappingOptions<'_>,
                name: &str,
                room: u64,
                shape: fn(u64) -> Shape,
            ) -> Result<$name, Error> {
                let room = round_up(room.max(16), 8);
                let len = room.saturating_add(birth::LEN + 64);
                let object = Object::create(options, name, &shape(room), len, &|memory| clear(memory, birth::LEN, 48))?;
                let (object, ring) = open_end(object, End::$end)?;
                Ok($name { object, ring })
            }

            /// Opens the pipe and takes this end.
            ///
            /// # Errors
            /// As [`SharedBox::open`](crate::SharedBox::open); `ERROR_BUSY` (170) if a live process has this end.
            pub fn open(options: &FileMappingOptions<'_>, name: &str) -> Result<$name, Error> {
                Self::open_as(options, name, shape_of_bytes)
            }

            fn open_as(options: &FileMappingOptions<'_>, name: &str, shape: fn(u64) -> Shape) -> Result<$name, Error> {
                let (object, ring) = open_end(Object::open(options, name, &shape(0))?, End::$end)?;
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
    ///
    /// ```
    /// # let place = tempfile::tempdir_in("/dev/shm")?;
    /// # let space = filemap::Namespace::at(place.path());
    /// # let options = filemap::FileMapping::options().namespace(&space);
    /// use filemap_shared::{PipeReceiver, PipeSender};
    /// let mut receiver = PipeReceiver::create(&options, "lines", 65536)?;
    /// assert!(!receiver.is_connected()?);
    /// assert_eq!(receiver.try_receive()?, None);
    /// PipeSender::open(&options, "lines")?.send(b"one", None)?; // a sender may go before its records are received
    /// assert_eq!(receiver.receive(None)?, b"one");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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

macro_rules! typed_ends {
    ($($(#[$doc:meta])* $name:ident $end:ident;)*) => {$(
        $(#[$doc])*
        pub struct $name<T> {
            end: $end,
            of: PhantomData<fn() -> T>,
        }

        impl<T: Shared> $name<T> {
            /// Creates a pipe with room for `items` items, or opens it with the room that it has, and takes this end.
            ///
            /// # Errors
            #[doc = concat!("As [`", stringify!($end), "::create`]; 1306 if it carries another type.")]
            pub fn create(options: &FileMappingOptions<'_>, name: &str, items: u64) -> Result<$name<T>, Error> {
                let room = items.max(1).saturating_mul(8 + round_up(size_of::<T>() as u64, 8));
                Ok($name { end: $end::create_as(options, name, room, shape_of::<T>)?, of: PhantomData })
            }

            /// Opens the pipe and takes this end.
            ///
            /// # Errors
            #[doc = concat!("As [`", stringify!($end), "::open`]; 1306 if it carries another type.")]
            pub fn open(options: &FileMappingOptions<'_>, name: &str) -> Result<$name<T>, Error> {
                Ok($name { end: $end::open_as(options, name, shape_of::<T>)?, of: PhantomData })
            }

            /// Whether a live process has the other end.
            ///
            /// # Errors
            /// The system's own.
            pub fn is_connected(&self) -> Result<bool, Error> {
                self.end.is_connected()
            }
        }

        impl<T> std::fmt::Debug for $name<T> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                // The value's own form is nobody's business here, so `T` need not have one.
                write!(f, "{}({:?})", stringify!($name), self.end.object.name())
            }
        }
    )*};
}

typed_ends! {
    /// The end of a pipe of `T` that sends: [`PipeSender`] for items of one type, whose layout both ends agree on.
    ///
    /// ```
    /// # let place = tempfile::tempdir_in("/dev/shm")?;
    /// # let space = filemap::Namespace::at(place.path());
    /// # let options = filemap::FileMapping::options().namespace(&space);
    /// use filemap_shared::{ItemReceiver, ItemSender};
    /// let mut sender = ItemSender::<[f32; 3]>::create(&options, "points", 1000)?;
    /// let mut receiver = ItemReceiver::<[f32; 3]>::open(&options, "points")?;
    /// sender.send(&[1.0, 2.0, 3.0], None)?; // waits while there is no room
    /// assert_eq!(receiver.receive(None)?, [1.0, 2.0, 3.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ItemSender PipeSender;
    /// The end of a pipe of `T` that receives.
    ///
    /// ```
    /// # let place = tempfile::tempdir_in("/dev/shm")?;
    /// # let space = filemap::Namespace::at(place.path());
    /// # let options = filemap::FileMapping::options().namespace(&space);
    /// use filemap_shared::ItemReceiver;
    /// let mut receiver = ItemReceiver::<u64>::create(&options, "numbers", 10)?;
    /// assert_eq!(receiver.try_receive()?, None);
    /// let other = ItemReceiver::<f64>::open(&options, "numbers").unwrap_err();
    /// assert_eq!(other.code().0, 1306); // ERROR_REVISION_MISMATCH
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ItemReceiver PipeReceiver;
}

impl<T: Shared> ItemSender<T> {
    /// As [`PipeSender::try_send`].
    ///
    /// # Errors
    /// As [`PipeSender::try_send`].
    pub fn try_send(&mut self, item: &T) -> Result<bool, Error> {
        self.end.try_send(item.as_bytes())
    }

    /// As [`PipeSender::send`].
    ///
    /// # Errors
    /// As [`PipeSender::send`].
    pub fn send(&mut self, item: &T, limit: Option<Duration>) -> Result<(), Error> {
        self.end.send(item.as_bytes(), limit)
    }
}

impl<T: Shared> ItemReceiver<T> {
    fn take(&self) -> Result<Option<T>, Why> {
        let mut item = T::new_zeroed();
        let came = self
            .end
            .ring
            .receive_exact(&self.end.object.memory, item.as_mut_bytes())?;
        Ok(came.then_some(item))
    }

    /// As [`PipeReceiver::try_receive`].
    ///
    /// # Errors
    /// As [`PipeReceiver::try_receive`].
    pub fn try_receive(&mut self) -> Result<Option<T>, Error> {
        self.take().map_err(self.end.object.memory.failed(RECEIVE))
    }

    /// As [`PipeReceiver::receive`].
    ///
    /// # Errors
    /// As [`PipeReceiver::receive`].
    pub fn receive(&mut self, limit: Option<Duration>) -> Result<T, Error> {
        let (object, ring) = (&self.end.object, &self.end.ring);
        object
            .wait(ring.at + ring::ITEMS, limit, |_check| self.take())
            .map_err(object.memory.failed(RECEIVE))
    }
}
