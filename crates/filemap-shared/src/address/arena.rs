//! An object at one address in every process that joins (approach 2 of KB125713, V-72 to V-79).
//!
//! The control object lies beside the data and is used by offsets only. A thread of each member takes part in the
//! negotiation; the user's threads are shut out while the view moves.

use super::survey::free_ranges;
use crate::memory::Memory;
use crate::object::{Object, SLICE};
use filemap::core::shared::birth::{self, Shape};
use filemap::core::shared::negotiate::{self, Act, Control, IfTaken, Own, codec};
use filemap::core::shared::rel::relocated;
use filemap::core::shared::{Members, Words, round_up};
use filemap::{Error, FileMapping, FileMappingOptions, Op, Page, Placeholder, View, Why};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Counts the states that were written; the last one lies in copy `count % 2`.
const COUNT: u64 = birth::LEN;
const BELL: u64 = birth::LEN + 8;
const COPIES: u64 = birth::LEN + 16;
const COPY_LEN: u64 = round_up(8 + codec::MOST_BYTES as u64, 64);
/// How often a settled member looks round without being woken: only a death between a change and its wake makes it matter.
const QUIET: Duration = Duration::from_millis(250);
const JOIN: &str = "agree on an address for";

/// A view that moves (V-78): every pointer in it must follow.
#[derive(Clone, Debug)]
pub struct Move {
    from: Vec<u64>,
    to: u64,
    len: u64,
}

impl Move {
    /// Where the view is now.
    #[must_use]
    pub fn to(&self) -> u64 {
        self.to
    }

    /// What a pointer that was `address` must become. Asking again for a pointer that was moved already does no harm: a process that
    /// dies in the middle leaves the rest to the next one, which begins at the start.
    #[must_use]
    pub fn pointer(&self, address: u64) -> u64 {
        let mut now = address;
        for from in self.from.iter().filter(|from| **from != self.to) {
            now = relocated(now, *from, self.to, self.len);
        }
        now
    }
}

/// Moves all pointers in the object.
pub type OnMove = Box<dyn FnMut(&View, &Move) -> Result<(), Error> + Send>;
/// Told before each step of the negotiation what it is.
pub type OnStep = Box<dyn FnMut(&'static str) + Send>;

/// How to join an arena; see [`Arena::options`].
#[must_use]
pub struct ArenaOptions<'a> {
    options: FileMappingOptions<'a>,
    if_taken: IfTaken,
    preferred: Vec<u64>,
    on_move: OnMove,
    on_step: OnStep,
}

impl ArenaOptions<'_> {
    /// What to do if the agreed address is taken in this process (V-74); [`IfTaken::Renegotiate`] if it is not called.
    pub fn if_taken(mut self, policy: IfTaken) -> Self {
        self.if_taken = policy;
        self
    }

    /// An address to try before others, such as one that a [`survey`](super::survey) has found: both approaches in one.
    pub fn prefer(mut self, address: u64) -> Self {
        self.preferred.push(address);
        self
    }

    /// What moves all pointers in the object when the view moves (V-78). One member does it, while nobody uses the object.
    pub fn on_move(mut self, hook: impl FnMut(&View, &Move) -> Result<(), Error> + Send + 'static) -> Self {
        self.on_move = Box::new(hook);
        self
    }

    /// Is told each step of this member before it is taken: for logs, and for tests that die there.
    pub fn on_step(mut self, hook: impl FnMut(&'static str) + Send + 'static) -> Self {
        self.on_step = Box::new(hook);
        self
    }

    /// Joins the arena of this name, or makes it with `len` bytes.
    ///
    /// It returns at once; [`Arena::enter`] waits for the agreement.
    ///
    /// # Errors
    /// As [`FileMappingOptions::create`]; `ERROR_REVISION_MISMATCH` (1306) if the name's control object is another kind of object.
    pub fn join(self, name: &str, len: u64) -> Result<Arena, Error> {
        let data = self.options.clone().size(len).create(name)?;
        let len = round_up(data.len(), 4096);
        let control_name = format!("{name}~address");
        let shape = Shape::new("address", "arena", len, [len, 0, 0, 0]);
        let size = COPIES + 2 * COPY_LEN;
        let control = Object::create(&self.options, &control_name, &shape, size, &|memory| {
            write_control(memory, &Control::new(len))
        })?;
        let member = control.member().map_err(control.memory.failed(JOIN))?.me();
        let shared = Arc::new(Shared {
            control,
            data,
            local: RwLock::default(),
            state: Mutex::new(Standing::Negotiating),
            changed: Condvar::new(),
            stop: AtomicBool::new(false),
        });
        let worker = Worker {
            shared: Arc::clone(&shared),
            own: Own {
                member,
                if_taken: self.if_taken,
                reserved: 0,
                mapped: 0,
            },
            reservation: None,
            preferred: self.preferred,
            on_move: self.on_move,
            on_step: self.on_step,
            last: None,
            joined: false,
            len,
        };
        let thread = std::thread::Builder::new()
            .name("filemap-arena".into())
            .spawn(move || worker.run())
            .map_err(|e| {
                let text = e.to_string();
                let code = filemap::Win32Code::NO_SYSTEM_RESOURCES;
                Error::new(Op::Other(JOIN), name, Why::System { code, text })
            })?;
        Ok(Arena {
            shared,
            thread: Some(thread),
        })
    }
}

/// Where a member stands.
#[derive(Clone, Debug)]
enum Standing {
    Negotiating,
    Settled,
    NoPlace { members: usize },
    Failed(Error),
}

#[derive(Debug, Default)]
struct Local {
    view: Option<View>,
    settled: Option<u64>,
}

#[derive(Debug)]
struct Shared {
    control: Object,
    data: FileMapping,
    /// Read by who uses the view, written by who moves it.
    local: RwLock<Local>,
    state: Mutex<Standing>,
    changed: Condvar,
    stop: AtomicBool,
}

impl Shared {
    fn set(&self, standing: Standing) {
        *self.standing() = standing;
        self.changed.notify_all();
    }

    fn standing(&self) -> MutexGuard<'_, Standing> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, why: Why) -> Error {
        Error::new(Op::Other(JOIN), self.data.name(), why)
    }
}

/// Memory at one address in all processes that have joined, so that plain addresses in it mean the same to all of them.
///
/// ```
/// # let place = tempfile::tempdir_in("/dev/shm")?;
/// # let space = filemap::Namespace::at(place.path());
/// # let options = filemap::FileMapping::options().namespace(&space);
/// use filemap_shared::address::{Addr, Arena};
/// let arena = Arena::options(&options).join("world", 1 << 20)?; // in each process
/// let inside = arena.enter(None)?; // waits until all have agreed
/// inside.view().write(64, &7_u64)?;
/// inside.view().write(0, &Addr::<u64>::new(inside.base() + 64))?; // an address, valid everywhere
/// let pointer: Addr<u64> = inside.view().read(0)?;
/// assert_eq!(pointer.place(inside.view())?.get()?, 7);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Arena {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Arena {
    /// How to join: with which name space and rights. If no [`ArenaOptions::on_move`] is set, a move is an error for who should have
    /// moved the pointers, and that member leaves.
    pub fn options<'a>(options: &FileMappingOptions<'a>) -> ArenaOptions<'a> {
        ArenaOptions {
            options: options.clone(),
            if_taken: IfTaken::Renegotiate,
            preferred: Vec::new(),
            on_move: Box::new(|view, _| {
                let what =
                    "the view must move, and nothing was set that moves its pointers (on_move)".to_owned();
                Err(Error::new(Op::Other(JOIN), view.name(), Why::Argument { what }))
            }),
            on_step: Box::new(|_| ()),
        }
    }

    /// Waits until all members have agreed, and keeps the view in its place as long as the value lives: don't keep it long, nobody
    /// can join at another address meanwhile.
    ///
    /// # Errors
    /// `ERROR_INVALID_ADDRESS` (487) if there is no common address, or the agreed one is taken here and the policy says to leave;
    /// `WAIT_TIMEOUT` (258); what has gone wrong in the negotiation.
    pub fn enter(&self, limit: Option<Duration>) -> Result<Entered<'_>, Error> {
        let started = Instant::now();
        loop {
            let local = self.shared.local.read().unwrap_or_else(PoisonError::into_inner);
            if let (Some(_), Some(generation)) = (&local.view, local.settled) {
                return Ok(Entered { local, generation });
            }
            drop(local);
            let standing = self.shared.standing();
            match &*standing {
                // Settled a moment ago: look again.
                Standing::Settled | Standing::Negotiating => {}
                Standing::NoPlace { members } => {
                    return Err(self.shared.failed(Why::NoCommonAddress {
                        len: self.shared.data.len(),
                        members: *members,
                    }));
                }
                Standing::Failed(e) => return Err(e.clone()),
            }
            let left = match limit.map(|limit| limit.checked_sub(started.elapsed())) {
                None => SLICE,
                Some(Some(left)) => left.min(SLICE),
                Some(None) => return Err(self.shared.failed(Why::NotInTime)),
            };
            drop(
                self.shared
                    .changed
                    .wait_timeout(standing, left)
                    .unwrap_or_else(PoisonError::into_inner),
            );
        }
    }

    /// Asks all members to find another place, or the same one again.
    ///
    /// # Errors
    /// What goes wrong with the control object.
    pub fn renegotiate(&self) -> Result<(), Error> {
        let change = || {
            let _locked = self.shared.control.lock()?;
            let memory = &self.shared.control.memory;
            let mut control = read_control(memory)?;
            if control.renegotiate() {
                write_control(memory, &control)?;
            }
            memory.ring(BELL)
        };
        change().map_err(|why| self.shared.failed(why))
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        self.shared.stop.store(true, SeqCst);
        // If it can't be rung, the thread looks round by itself soon.
        let _ = self.shared.control.memory.ring(BELL);
        if let Some(thread) = self.thread.take() {
            // A panic there was printed there.
            let _ = thread.join();
        }
    }
}

/// The view stays in its place as long as this lives.
pub struct Entered<'a> {
    local: RwLockReadGuard<'a, Local>,
    generation: u64,
}

impl Entered<'_> {
    /// The view.
    ///
    /// # Panics
    /// Never: there is a view as long as this value lives.
    #[must_use]
    pub fn view(&self) -> &View {
        self.local.view.as_ref().expect("checked by `enter`")
    }

    /// Its address, the same in all members.
    #[must_use]
    pub fn base(&self) -> u64 {
        self.view().as_ptr() as u64
    }

    /// How often the view has moved, the first time included: addresses kept outside the object are good for one generation (V-78).
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
    }
}

impl fmt::Debug for Entered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Entered at {:#x}, generation {}", self.base(), self.generation)
    }
}

fn read_control(memory: &Memory) -> Result<Control, Why> {
    let at = COPIES + memory.load(COUNT)? % 2 * COPY_LEN;
    let len = memory.load(at)?.min(codec::MOST_BYTES as u64);
    let mut bytes = vec![0; len as usize];
    memory.read(at + 8, &mut bytes)?;
    codec::decode(&bytes)
}

/// Writes the copy that is not the present one, then makes it the present one by one store: a death leaves the old or the new.
fn write_control(memory: &Memory, control: &Control) -> Result<(), Why> {
    let next = memory.load(COUNT)?.wrapping_add(1);
    let at = COPIES + next % 2 * COPY_LEN;
    let bytes = codec::encode(control);
    memory.write(at + 8, &bytes)?;
    memory.store(at, bytes.len() as u64)?;
    memory.store(COUNT, next)
}

/// The member's own thread.
struct Worker {
    shared: Arc<Shared>,
    own: Own,
    reservation: Option<Placeholder>,
    preferred: Vec<u64>,
    on_move: OnMove,
    on_step: OnStep,
    last: Option<Act>,
    joined: bool,
    len: u64,
}

impl Worker {
    fn run(mut self) {
        loop {
            if self.shared.stop.load(SeqCst) {
                // Whoever is left finds a dead member if this fails.
                let _ = self.leave();
                return;
            }
            if let Err(e) = self.turn() {
                let _ = self.leave();
                self.take_view();
                self.shared.set(Standing::Failed(e));
                return;
            }
        }
    }

    fn leave(&mut self) -> Result<(), Why> {
        let memory = &self.shared.control.memory;
        let _locked = self.shared.control.lock()?;
        let mut control = read_control(memory)?;
        control.leave(self.own.member);
        write_control(memory, &control)?;
        memory.ring(BELL)
    }

    /// Takes the view away from the user's threads; waits until they have left it.
    fn take_view(&self) -> Option<View> {
        let mut local = self.shared.local.write().unwrap_or_else(PoisonError::into_inner);
        local.settled = None;
        local.view.take()
    }

    fn turn(&mut self) -> Result<(), Error> {
        let shared = Arc::clone(&self.shared);
        let memory = &shared.control.memory;
        let failed = |why| shared.failed(why);
        let bell = memory.bell(BELL).map_err(failed)?;
        (self.on_step)("lock");
        let (act, control) = {
            let _locked = shared.control.lock().map_err(failed)?;
            let before = read_control(memory).map_err(failed)?;
            let mut control = before.clone();
            let act = self.decide(&mut control)?;
            if control != before {
                (self.on_step)("write");
                write_control(memory, &control).map_err(failed)?;
                (self.on_step)("wake");
                memory.ring(BELL).map_err(failed)?;
            }
            if let Act::MovePointers(to) = act {
                self.move_pointers(&mut control, to)?;
            }
            (act, control)
        };
        (self.on_step)("unlocked");
        self.act(act, &control)?;
        self.last = Some(act);
        let nap = match act {
            Act::Wait => SLICE,
            Act::Done | Act::NoPlace => QUIET,
            _ => return Ok(()),
        };
        memory.sleep(BELL, bell, nap).map_err(failed)
    }

    /// Under the lock: tells what was done last, and asks what to do next.
    fn decide(&mut self, control: &mut Control) -> Result<Act, Error> {
        let shared = &self.shared;
        let member = shared.control.member().map_err(|why| shared.failed(why))?;
        // A member that can't be asked about counts as alive.
        control.bury(|other| member.is_alive(other).unwrap_or(true));
        if !self.joined {
            if !control.join(self.own.member) {
                let most = negotiate::MOST_MEMBERS;
                return Err(shared.failed(Why::TooManyMembers { most }));
            }
            self.joined = true;
        }
        match self.last {
            Some(Act::Publish) => {
                let free = free_ranges(None, self.len)?;
                negotiate::publish(control, &self.own, free);
            }
            Some(Act::Reserve(base)) => negotiate::vote(control, &self.own, base),
            Some(Act::Map(_)) => negotiate::mapped(control, &self.own),
            _ => {}
        }
        Ok(negotiate::step(control, &self.own, &self.preferred))
    }

    /// Under the lock, with everybody out of the object.
    fn move_pointers(&mut self, control: &mut Control, to: u64) -> Result<(), Error> {
        (self.on_step)("move pointers");
        let movement = Move {
            from: control.pointers.clone(),
            to,
            len: self.len,
        };
        {
            let local = self.shared.local.read().unwrap_or_else(PoisonError::into_inner);
            match &local.view {
                Some(view) => (self.on_move)(view, &movement)?,
                None => return Err(self.shared.failed(Why::NullOffset)),
            }
        }
        (self.on_step)("moved pointers");
        negotiate::moved(control);
        let memory = &self.shared.control.memory;
        write_control(memory, control)
            .and_then(|()| memory.ring(BELL))
            .map_err(|why| self.shared.failed(why))
    }

    /// Without the lock: what a step asks of the own address space.
    fn act(&mut self, act: Act, control: &Control) -> Result<(), Error> {
        match act {
            Act::Reserve(base) => {
                (self.on_step)("reserve");
                self.reservation = None;
                if base != self.own.mapped {
                    // Not to be had is an answer: the vote says so.
                    self.reservation = Placeholder::at(base as usize, self.len as usize).ok();
                }
                self.own.reserved = self.reservation.as_ref().map_or(0, |held| held.base() as u64);
            }
            Act::Release => {
                (self.on_step)("release");
                self.reservation = None;
                self.own.reserved = 0;
            }
            Act::Map(base) => {
                (self.on_step)("map");
                self.shared.set(Standing::Negotiating);
                drop(self.take_view());
                self.own.mapped = 0;
                let held = self.reservation.take().filter(|held| held.base() as u64 == base);
                self.own.reserved = 0;
                let Some(held) = held else {
                    return Err(self.shared.failed(Why::BaseOccupied { base }));
                };
                let view = self
                    .shared
                    .data
                    .view()
                    .protection(Page::READWRITE)
                    .map_replacing(held)?;
                self.own.mapped = base;
                let mut local = self.shared.local.write().unwrap_or_else(PoisonError::into_inner);
                local.view = Some(view);
            }
            Act::Done => {
                let generation = control.generation;
                let known = self
                    .shared
                    .local
                    .read()
                    .unwrap_or_else(PoisonError::into_inner)
                    .settled;
                if known != Some(generation) {
                    let mut local = self.shared.local.write().unwrap_or_else(PoisonError::into_inner);
                    local.settled = Some(generation);
                    drop(local);
                    self.shared.set(Standing::Settled);
                }
            }
            Act::NoPlace => {
                let members = control.members.len() + usize::from(control.entry(self.own.member).is_none());
                self.shared.set(Standing::NoPlace { members });
            }
            Act::Again | Act::Wait | Act::Publish | Act::MovePointers(_) => {}
        }
        Ok(())
    }
}
