//! What all shared objects have: a mapping, a view, a checked head, a membership, and waiting.

use crate::member::Member;
use crate::memory::Memory;
use filemap::core::shared::birth::{self, Shape, State};
use filemap::core::shared::lock::{self, Acquired, RobustLock};
use filemap::core::shared::{Members, Words};
use filemap::{Error, FileMapping, FileMappingOptions, Op, SectionFlags, View, Why};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// How long anybody sleeps without looking round: so late at most is the death of somebody who stood in the way noticed,
/// or a bell that was to be rung by somebody who died before.
pub(crate) const SLICE: Duration = Duration::from_millis(20);

/// How long an opener waits for a creator that has made the object and not begun to fill it.
const UNBORN: Duration = Duration::from_secs(2);

/// How long an opener waits for a creator that lives and does not finish: stopped, or none at all and a peer has scribbled.
const UNFINISHED: Duration = Duration::from_secs(10);

/// How long a lock of a structure is waited for whose owner lives. It is held for microseconds; a pointer fix-up may be longer.
const LOCKED: Duration = Duration::from_secs(60);

/// A shared object of a known shape.
#[derive(Debug)]
pub(crate) struct Object {
    /// The handle: the name lives as long (O-40).
    _mapping: FileMapping,
    pub(crate) memory: Memory,
    member: Option<Member>,
    pub(crate) numbers: [u64; 4],
    /// Counts waits since a spin was tried, or [`SPIN_AGAIN`].
    waits: AtomicU32,
}

/// How to make what lies behind the head.
pub(crate) type Make<'a> = &'a dyn Fn(&Memory) -> Result<(), Why>;

impl Object {
    /// Creates the named object, or opens it; finishes it if nobody has. Size and SEC_ flags are this crate's business, whatever
    /// the options say: what is here must be there when it is touched.
    pub(crate) fn create(
        options: &FileMappingOptions<'_>,
        name: &str,
        shape: &Shape,
        len: u64,
        make: Make<'_>,
    ) -> Result<Object, Error> {
        let mapping = options
            .clone()
            .size(len)
            .section_flags(SectionFlags::empty())
            .create(name)?;
        let view = mapping.map()?;
        Object::over(mapping, view, shape, Some(make))
    }

    /// Opens the named object, for writing if the options say so.
    pub(crate) fn open(options: &FileMappingOptions<'_>, name: &str, shape: &Shape) -> Result<Object, Error> {
        let mapping = options.open(name)?;
        let view = mapping.map()?;
        Object::over(mapping, view, shape, None)
    }

    /// Takes a mapping and a view of all of it.
    pub(crate) fn over(
        mapping: FileMapping,
        view: View,
        shape: &Shape,
        make: Option<Make<'_>>,
    ) -> Result<Object, Error> {
        let failed = |why| Error::new(Op::Other("open the shared structure in"), mapping.name(), why);
        let memory = Memory::new(view);
        if memory.size() < birth::LEN {
            let what = "it is shorter than the head of a shared structure".to_owned();
            return Err(failed(Why::Damaged { what }));
        }
        let (member, numbers) = Object::begin(&mapping, &memory, shape, make).map_err(failed)?;
        Ok(Object {
            _mapping: mapping,
            memory,
            member,
            numbers,
            waits: AtomicU32::new(SPIN_AGAIN),
        })
    }

    fn begin(
        mapping: &FileMapping,
        memory: &Memory,
        shape: &Shape,
        make: Option<Make<'_>>,
    ) -> Result<(Option<Member>, [u64; 4]), Why> {
        let member = match memory.is_writable() {
            true => Some(Member::join(mapping, memory)?),
            false => None,
        };
        let started = Instant::now();
        loop {
            let bell = memory.bell(birth::BELL)?;
            let seen = birth::state(memory)?;
            if seen == State::Ready {
                let numbers = birth::check(memory, shape)?;
                return Ok((member, numbers));
            }
            if let (Some(make), Some(member)) = (make, &member)
                && birth::claim(memory, member, seen)?
            {
                make(memory)?;
                birth::finish(memory, shape)?;
                continue;
            }
            let is_hopeless = match (seen, &member) {
                (State::MadeBy(maker), Some(member)) => {
                    started.elapsed() > UNFINISHED || (make.is_none() && !member.is_alive(maker)?)
                }
                _ => started.elapsed() > UNBORN,
            };
            if is_hopeless && birth::state(memory)? == seen {
                return Err(Why::Unfinished);
            }
            memory.sleep(birth::BELL, bell, SLICE)?;
        }
    }

    /// The name that the object was created or opened with.
    pub(crate) fn name(&self) -> &str {
        self.memory.view().name()
    }

    /// The membership; an error for who has opened it read-only.
    pub(crate) fn member(&self) -> Result<&Member, Why> {
        self.member.as_ref().ok_or(Why::ViewIsReadOnly)
    }

    /// The object's lock; it is held until the guard goes.
    pub(crate) fn lock(&self) -> Result<Locked<'_>, Why> {
        // What a dead owner has left half done is found in the journal, whoever notices the death.
        let _how = ObjectLock(self).lock()?;
        Ok(Locked { object: self })
    }

    /// Calls `attempt` until it gives something or the time is over. Its argument says whether to ask if those who stand in
    /// the way are alive: it is false at first, when a turn round is all that is needed.
    pub(crate) fn wait<T>(
        &self,
        bell: u64,
        limit: Option<Duration>,
        mut attempt: impl FnMut(bool) -> Result<Option<T>, Why>,
    ) -> Result<T, Why> {
        if let Some(done) = attempt(false)? {
            return Ok(done);
        }
        let started = Instant::now();
        if self.spins() {
            while started.elapsed() < SPIN {
                for _ in 0..PAUSES {
                    std::hint::spin_loop();
                }
                if let Some(done) = attempt(false)? {
                    self.waits.store(SPIN_AGAIN, Relaxed);
                    return Ok(done);
                }
            }
        }
        self.sleep_until(bell, limit, started, &mut attempt)
    }

    /// Whether to spin before this sleep. Where the other side answers at once from another processor, that spares both a sleep
    /// and a wake; on a busy machine it only takes time from the other side. So it is tried now and then, and done for as long
    /// as it helps.
    fn spins(&self) -> bool {
        static PROCESSORS: OnceLock<usize> = OnceLock::new();
        let waits = match self.waits.load(Relaxed) {
            SPIN_AGAIN => 0,
            waits => waits.wrapping_add(1),
        };
        self.waits.store(waits % TRY_EACH, Relaxed);
        waits.is_multiple_of(TRY_EACH)
            && *PROCESSORS.get_or_init(|| std::thread::available_parallelism().map_or(1, usize::from)) > 1
    }

    fn sleep_until<T>(
        &self,
        bell: u64,
        limit: Option<Duration>,
        started: Instant,
        mut attempt: impl FnMut(bool) -> Result<Option<T>, Why>,
    ) -> Result<T, Why> {
        let mut check = false;
        loop {
            let seen = self.memory.bell(bell)?;
            if let Some(done) = attempt(check)? {
                return Ok(done);
            }
            let slice = match limit {
                None => SLICE,
                Some(limit) => match limit.checked_sub(started.elapsed()) {
                    None | Some(Duration::ZERO) if check => return Err(Why::NotInTime),
                    left => left.unwrap_or_default().min(SLICE),
                },
            };
            if !slice.is_zero() {
                self.memory.sleep(bell, seen, slice)?;
            }
            check = true;
        }
    }
}

/// How long a spin is.
const SPIN: Duration = Duration::from_micros(10);
/// Pauses between two looks of a spinning thread.
const PAUSES: u32 = 16;
/// A spin is tried once in so many sleeps.
const TRY_EACH: u32 = 64;
/// The last spin has spared a sleep.
const SPIN_AGAIN: u32 = u32::MAX;

/// The lock word in the head of an object, owned by members.
pub(crate) struct ObjectLock<'a>(pub(crate) &'a Object);

impl RobustLock for ObjectLock<'_> {
    fn lock(&self) -> Result<Acquired, Why> {
        let (memory, member) = (&self.0.memory, self.0.member()?);
        self.0.wait(birth::LOCK_BELL, Some(LOCKED), |check| {
            // Those who spin only look: the word stays in everybody's cache.
            if !check && memory.load(birth::LOCK)? != 0 {
                return Ok(None);
            }
            match lock::try_lock(memory, birth::LOCK, member.me())? {
                Ok(how) => Ok(Some(how)),
                Err(owner) if check => lock::take_from_dead(memory, birth::LOCK, member, owner),
                Err(_) => Ok(None),
            }
        })
    }

    fn unlock(&self) -> Result<(), Why> {
        lock::unlock(
            &self.0.memory,
            birth::LOCK,
            birth::LOCK_BELL,
            self.0.member()?.me(),
        )
    }
}

/// The lock is held.
pub(crate) struct Locked<'a> {
    object: &'a Object,
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        // It fails only if the memory is gone, and then nobody waits for it.
        let _ = ObjectLock(self.object).unlock();
    }
}
