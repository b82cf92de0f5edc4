//! Memory that grows, and a vector on top of it (V-50, V-51).

use crate::memory::Memory;
use crate::object::Object;
use crate::shared::Shared;
use filemap::core::shared::birth::{self, Shape};
use filemap::core::shared::log::{self, Log, Slot};
use filemap::core::shared::{Words, round_up};
use filemap::{Error, FileMappingOptions, SectionFlags, View, Why};
use std::marker::PhantomData;
use std::time::Duration;

/// Where the number of committed bytes lies, from the end of the head, and the bell that growth rings.
const COMMITTED: u64 = birth::LEN;
const GROWN: u64 = birth::LEN + 8;
const DATA: u64 = 4096;
const OP: &str = "grow";

/// A named object that reserves address space for its largest size and takes memory in steps, seen by everybody at once.
///
/// It never shrinks (V-51). The first page is its own; [`GrowableMapping::start`] says where the user's bytes begin.
///
/// ```
/// # let place = tempfile::tempdir_in("/dev/shm")?;
/// # let space = filemap::Namespace::at(place.path());
/// # let options = filemap::FileMapping::options().namespace(&space);
/// use filemap_shared::GrowableMapping;
/// let ours = GrowableMapping::create(&options, "samples", 1 << 30)?; // reserves 1 GiB, takes one page
/// let theirs = GrowableMapping::open(&options, "samples")?;
/// assert_eq!(ours.len()?, 0);
/// ours.grow_to(100_000)?;
/// assert!(theirs.wait_for_growth(0, None)? >= 100_000);
/// theirs.view().write_at(theirs.start() as usize + 99_999, b"x")?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct GrowableMapping {
    object: Object,
}

impl GrowableMapping {
    fn shape(kind: &'static str, item: &'static str, fingerprint: u64) -> Shape {
        Shape::new(kind, item, fingerprint, [0; 4])
    }

    /// Creates an object that can grow to `reserve` bytes, or opens it with what was reserved for it.
    ///
    /// # Errors
    /// As [`FileMappingOptions::create`]; `ERROR_COMMITMENT_LIMIT` (1455) if there is no memory for its first page; 1306.
    pub fn create(
        options: &FileMappingOptions<'_>,
        name: &str,
        reserve: u64,
    ) -> Result<GrowableMapping, Error> {
        Self::make(
            options,
            name,
            reserve,
            &Self::shape("growable memory", "bytes", 1),
        )
    }

    /// Opens the object.
    ///
    /// # Errors
    /// As [`SharedBox::open`](crate::SharedBox::open).
    pub fn open(options: &FileMappingOptions<'_>, name: &str) -> Result<GrowableMapping, Error> {
        Self::open_as(options, name, &Self::shape("growable memory", "bytes", 1))
    }

    fn make(
        options: &FileMappingOptions<'_>,
        name: &str,
        reserve: u64,
        shape: &Shape,
    ) -> Result<GrowableMapping, Error> {
        let len = reserve.saturating_add(DATA);
        let mapping = options
            .clone()
            .size(len)
            .section_flags(SectionFlags::RESERVE)
            .create(name)?;
        let view = mapping.map()?;
        // The head's page: it is there for whoever comes first, committing twice does no harm.
        if mapping.section_flags()?.contains(SectionFlags::RESERVE) {
            view.commit(0, DATA as usize)?;
        }
        let make = |memory: &Memory| memory.store(COMMITTED, DATA);
        Self::checked(Object::over(mapping, view, shape, Some(&make))?)
    }

    fn open_as(
        options: &FileMappingOptions<'_>,
        name: &str,
        shape: &Shape,
    ) -> Result<GrowableMapping, Error> {
        let mapping = options.open(name)?;
        let view = mapping.map()?;
        if !view.is_committed(0) && view.protection().allows().write {
            view.commit(0, DATA as usize)?; // its creator is just about to, or has died before
        }
        Self::checked(Object::over(mapping, view, shape, None)?)
    }

    fn checked(object: Object) -> Result<GrowableMapping, Error> {
        match object.memory.size() >= DATA {
            true => Ok(GrowableMapping { object }),
            false => {
                let what = "it is shorter than its first page".to_owned();
                Err(object.memory.failed("open")(Why::Damaged { what }))
            }
        }
    }

    /// The view of all that is reserved. Bytes behind [`GrowableMapping::len`] give `ERROR_NOACCESS` (998) (V-50).
    #[must_use]
    pub fn view(&self) -> &View {
        self.object.memory.view()
    }

    fn name(&self) -> &str {
        self.object.name()
    }

    /// Offset of the user's first byte in the view.
    #[must_use]
    pub fn start(&self) -> u64 {
        DATA
    }

    /// How many bytes it can grow to.
    #[must_use]
    pub fn reserved(&self) -> u64 {
        self.object.memory.size() - DATA
    }

    /// How many bytes may be used now.
    ///
    /// # Errors
    /// As [`View::read`].
    #[expect(
        clippy::len_without_is_empty,
        reason = "a length that others change is not asked for emptiness"
    )]
    pub fn len(&self) -> Result<u64, Error> {
        let committed = self.object.memory.load(COMMITTED);
        committed
            .map(|end| end.clamp(DATA, self.object.memory.size()) - DATA)
            .map_err(self.object.memory.failed("ask the length of"))
    }

    /// Makes at least `len` bytes usable, for everybody, and wakes those who wait for growth. Does nothing if they are.
    ///
    /// # Errors
    /// `ERROR_NOT_ENOUGH_MEMORY` (8) beyond what is reserved; `ERROR_COMMITMENT_LIMIT` (1455) if memory is short: then all is as it
    /// was; `ERROR_ACCESS_DENIED` (5) for who has it open read-only.
    pub fn grow_to(&self, len: u64) -> Result<(), Error> {
        let memory = &self.object.memory;
        let failed = memory.failed(OP);
        let end = round_up(len.saturating_add(DATA), 4096).min(round_up(memory.size(), 4096));
        if len > self.reserved() {
            return Err(failed(Why::GrownToTheEnd {
                wanted: len,
                reserved: self.reserved(),
            }));
        }
        let mut now = memory.load(COMMITTED).map_err(&failed)?;
        // Pages first, the number second: what the number says is always there, wherever we die. Unless a peer has scribbled.
        let from = match now.clamp(DATA, end) {
            said if self.view().is_committed(said as usize - 1) => said,
            _ => DATA,
        };
        if from < end {
            self.view().commit(from as usize, (end - from) as usize)?;
        }
        while now < end {
            let was = memory.exchange(COMMITTED, now, end).map_err(&failed)?;
            if was == now {
                return memory.ring(GROWN).map_err(&failed);
            }
            now = was;
        }
        Ok(())
    }

    /// Waits until more than `seen` bytes may be used, and gives how many. Read access is enough.
    ///
    /// # Errors
    /// `WAIT_TIMEOUT` (258).
    pub fn wait_for_growth(&self, seen: u64, limit: Option<Duration>) -> Result<u64, Error> {
        let grown = |_check| {
            let end = self.object.memory.load(COMMITTED)?.min(self.object.memory.size());
            Ok(end.checked_sub(DATA).filter(|len| *len > seen))
        };
        self.object
            .wait(GROWN, limit, grown)
            .map_err(self.object.memory.failed("wait for growth of"))
    }
}

/// A vector of `T` in shared memory that only grows: any number of processes append, everybody reads whole items, for ever the
/// same. An item that its writer died over is a hole.
///
/// ```
/// # let place = tempfile::tempdir_in("/dev/shm")?;
/// # let space = filemap::Namespace::at(place.path());
/// # let options = filemap::FileMapping::options().namespace(&space);
/// use filemap_shared::AppendLog;
/// let log = AppendLog::<u64>::create(&options, "events", 1_000_000)?; // reserves, takes memory as it grows
/// assert_eq!(log.append(&17)?, 0);
/// assert_eq!(log.append(&18)?, 1);
/// let reader = AppendLog::<u64>::open(&options, "events")?;
/// assert_eq!(reader.get(1)?, Some(18));
/// assert_eq!(reader.get(2)?, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct AppendLog<T> {
    memory: GrowableMapping,
    of: PhantomData<fn() -> T>,
}

/// The least that a log grows by at once, in bytes; it doubles up to [`MOST_STEP`].
const LEAST_STEP: u64 = 65_536;
/// The most that a log grows by at once.
const MOST_STEP: u64 = 16 << 20;

impl<T: Shared> AppendLog<T> {
    const LOG: Log = Log {
        at: DATA,
        item: size_of::<T>() as u64,
    };

    fn shape() -> Shape {
        GrowableMapping::shape("log", T::NAME, T::FINGERPRINT)
    }

    /// Creates a log that can hold `most` items, or opens it with what was reserved for it.
    ///
    /// # Errors
    /// As [`GrowableMapping::create`].
    pub fn create(options: &FileMappingOptions<'_>, name: &str, most: u64) -> Result<AppendLog<T>, Error> {
        let memory = GrowableMapping::make(options, name, Self::LOG.len_for(most), &Self::shape())?;
        memory.grow_to(LEAST_STEP.min(memory.reserved()))?;
        Ok(AppendLog {
            memory,
            of: PhantomData,
        })
    }

    /// Opens the log; read access is enough for reading.
    ///
    /// # Errors
    /// As [`GrowableMapping::open`].
    pub fn open(options: &FileMappingOptions<'_>, name: &str) -> Result<AppendLog<T>, Error> {
        let memory = GrowableMapping::open_as(options, name, &Self::shape())?;
        Ok(AppendLog {
            memory,
            of: PhantomData,
        })
    }

    fn words(&self) -> &Memory {
        &self.memory.object.memory
    }

    /// Appends an item and gives its index. Grows as needed.
    ///
    /// # Errors
    /// `ERROR_NOT_ENOUGH_MEMORY` (8) when all that was reserved is used; `ERROR_COMMITMENT_LIMIT` (1455) if memory is short;
    /// `ERROR_NOACCESS` (998) without write access.
    pub fn append(&self, item: &T) -> Result<u64, Error> {
        let failed = self.words().failed("append to");
        loop {
            let len = self.memory.len()?;
            let slots = Self::LOG.slots_in(len);
            let member = self.memory.object.member().map_err(&failed)?;
            let done = Self::LOG.append(self.words(), member, item.as_bytes(), slots);
            if let Some(index) = done.map_err(&failed)? {
                return Ok(index);
            }
            let step = len.clamp(LEAST_STEP, MOST_STEP);
            let wanted = len.saturating_add(step).min(self.memory.reserved());
            if Self::LOG.slots_in(wanted) <= slots {
                return Err(failed(Why::GrownToTheEnd {
                    wanted: Self::LOG.len_for(slots + 1),
                    reserved: self.memory.reserved(),
                }));
            }
            self.memory.grow_to(wanted)?;
        }
    }

    /// A copy of item `index`; `None` for a hole, for an item that is just being written, and behind the end.
    ///
    /// # Errors
    /// As [`View::read`].
    pub fn get(&self, index: u64) -> Result<Option<T>, Error> {
        let mut item = T::new_zeroed();
        Ok(
            match self
                .slot(index, &mut item)
                .map_err(self.words().failed("read from"))?
            {
                Slot::Item => Some(item),
                _ => None,
            },
        )
    }

    fn slot(&self, index: u64, item: &mut T) -> Result<Slot, Why> {
        let end = self.words().load(COMMITTED)?.min(self.words().size());
        match index < Self::LOG.slots_in(end.saturating_sub(DATA)) {
            true => Self::LOG.get(self.words(), index, item.as_mut_bytes()),
            false => Ok(Slot::Nothing),
        }
    }

    /// How many places are claimed: items, holes, and items that are being written.
    ///
    /// # Errors
    /// As [`View::read`].
    pub fn claimed(&self) -> Result<u64, Error> {
        Self::LOG
            .claimed(self.words())
            .map_err(self.words().failed("ask the length of"))
    }

    /// Waits until place `index` is settled and gives its item, or `None` for a hole. A writer that died over it is waited for no
    /// longer than it takes to notice.
    ///
    /// # Errors
    /// `WAIT_TIMEOUT` (258); as [`AppendLog::get`].
    pub fn wait_for(&self, index: u64, limit: Option<Duration>) -> Result<Option<T>, Error> {
        let mut item = T::new_zeroed();
        let settled = |check: bool| {
            Ok(match self.slot(index, &mut item)? {
                Slot::Item => Some(true),
                Slot::Hole => Some(false),
                Slot::Pending(writer) if check => match self.memory.object.member() {
                    Ok(member) => Self::LOG
                        .give_up(self.words(), member, index, writer)?
                        .then_some(false),
                    // A reader without write access waits until somebody else gives it up.
                    Err(_) => None,
                },
                Slot::Pending(_) | Slot::Nothing => None,
            })
        };
        let bell = Self::LOG.at + log::BELL;
        let is_item = self
            .memory
            .object
            .wait(bell, limit, settled)
            .map_err(self.words().failed("wait for an item of"))?;
        Ok(is_item.then_some(item))
    }

    /// All items from the start that are settled, holes left out, up to the first that is not.
    pub fn iter(&self) -> impl Iterator<Item = Result<T, Error>> + '_ {
        let mut index = 0;
        std::iter::from_fn(move || {
            loop {
                let mut item = T::new_zeroed();
                let slot = self.slot(index, &mut item);
                index += 1;
                match slot {
                    Ok(Slot::Item) => return Some(Ok(item)),
                    Ok(Slot::Hole) => {}
                    Ok(Slot::Pending(_) | Slot::Nothing) => return None,
                    Err(why) => return Some(Err(self.words().failed("read from")(why))),
                }
            }
        })
    }
}

impl<T> std::fmt::Debug for AppendLog<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The value's own form is nobody's business here, so `T` need not have one.
        write!(f, "AppendLog({:?})", self.memory.name())
    }
}
