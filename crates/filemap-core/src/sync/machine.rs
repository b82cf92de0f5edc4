//! The calls as programs of small actions: one memory access, one list operation or one system call each.
//!
//! A [`Machine`] says what to do next and is told what came of it. `filemap-sys` carries the actions out on real
//! memory; the explorer in `tests/sync_explorer.rs` carries the same actions out on a model of memory and kernel and
//! kills processes between any two of them.
//!
//! # The rules that make it survive deaths
//! 1. Whoever sleeps has written [`WAITERS`](super::WAITERS) into a word that is *not signalled*, in one exchange
//!    with looking at it, and sleeps only while the lock half is what it left.
//! 2. Whoever signals a word that has no sleepers does it by one exchange. If there are sleepers, it locks the word
//!    and stages the signal in one exchange, and the *kernel* sets the lock half to 0 and wakes all sleepers in one
//!    system call (`FUTEX_WAKE_OP`): the signal counts from there on. So there is no moment at which an object is
//!    signalled and its sleepers are not woken, whenever the signaller dies. (Events have a cheaper way, see
//!    [`signal()`](super::signal).)
//! 3. Ordinary wakes wake all sleepers: a woken one that dies or is stopped takes nothing away from the others. The
//!    price is that n sleepers of an auto-reset object all run when it is signalled once.
//! 4. A dead owner's lock half is marked by the kernel, which wakes *one* sleeper. That one passes it on
//!    ([`pass_on`]). From before it sleeps until then its own robust list names the word as *pending*, so that its
//!    death wakes the next (Linux 6.3). A thread has one pending word: of several mutexes in a wait-any only the
//!    first may be slept on by the waiting thread itself ([`Machine::guard`]).
//! 5. A wait-all locks what it wants in one order for everybody, looks, writes all new states by one system call
//!    that no signal can divide, and unlocks. Death before: nothing changed. Death after: all is taken. It sleeps on
//!    one object that is not signalled at a time.

mod all;
mod any;
mod signal;
mod sleep;

use super::step::{self, Kind, Signal, committed, generation};
use super::word::{OWNER_DIED, Word};

/// The next thing to do. Object numbers are indexes into the caller's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Read the word of this object.
    Load(usize),
    /// Replace the word of this object by `to` if it is `from`; report what it was.
    Swap {
        /// Object number.
        object: usize,
        /// Expected value.
        from: Word,
        /// New value.
        to: Word,
    },
    /// Tell the kernel which word this thread is in the middle of (`list_op_pending`).
    Pending(Option<usize>),
    /// Put the object's node on this thread's robust list.
    Insert(usize),
    /// Take the object's node off this thread's robust list.
    Remove(usize),
    /// Set the lock half, which this thread has, and wake all who sleep on it: one system call.
    Release {
        /// Object number.
        object: usize,
        /// New value of the lock half: 0 or [`OWNER_DIED`](super::OWNER_DIED).
        lock: u32,
    },
    /// Wake all who sleep on the lock half.
    Wake(usize),
    /// Sleep while the lock half of one object is `lock`.
    SleepOne {
        /// Object number.
        object: usize,
        /// Expected lock half.
        lock: u32,
        /// Not longer than the patience with somebody who holds a freeze.
        patience: bool,
    },
    /// Sleep while the lock half of each object is what [`Machine::expected`] says.
    SleepEach,
    /// Write [`Machine::commit`] into the state halves, by one system call.
    Commit,
    /// Write the parameters of a timer into the slot that does not count.
    Edit(Word),
    /// Finished.
    Done(Outcome),
}

/// What came of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reply {
    /// Nothing to say, or the first call.
    Nothing,
    /// The word that was there (`Load`, `Swap`).
    Word(Word),
    /// The sleep ended: by the time limit, or by anything else.
    Slept {
        /// The time limit (or the patience) is over.
        timed_out: bool,
    },
    /// The action was refused by the system: the call ends without effect where it can.
    Refused,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The signalling call is done.
    Signalled {
        /// The word before it.
        before: Word,
    },
    /// 298 (Y-21).
    TooManyPosts,
    /// The lock half is not this thread's though it should be: a peer has scribbled.
    NotOwner,
    /// Somebody holds a freeze for longer than any correct program that runs; nothing was changed.
    Stuck,
    /// Object `index` is signalled and taken.
    Object {
        /// Object number.
        index: usize,
        /// It is a mutex and was abandoned.
        abandoned: bool,
    },
    /// All objects are taken.
    All {
        /// The first mutex among them that was abandoned.
        abandoned: Option<usize>,
    },
    /// Time is over, nothing was changed.
    TimedOut,
    /// The system refused a commit; nothing was changed.
    Refused,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Program {
    /// Wait for any object.
    Any,
    /// Wait for all objects at once.
    All,
    /// Sleep until a wait for any of the objects might succeed, and pass that on; takes nothing. For threads that wait
    /// in the place of others: sentries (one mutex, rule 4) and those that wake tasks. Ends with `Object`; with one
    /// object after every wake.
    Watch,
    /// Signal object 0.
    Signal(Signal),
    /// Set the parameters of timer 0.
    EditTimer {
        /// It has a due time.
        armed: bool,
        /// It becomes signalled.
        signalled: bool,
        /// Only if [`generation`] of the word still is this.
        only_if: Option<u32>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum At {
    Start,
    // wait-any
    Scan(usize),
    TakePend {
        i: usize,
        seen: Word,
    },
    TakeSwap {
        i: usize,
        from: Word,
        release: bool,
        abandoned: bool,
    },
    UncountLoad,
    UncountSwap(Word),
    MarkPend,
    Mark(usize),
    MarkSwap {
        i: usize,
        from: Word,
        to: Word,
    },
    SleptEach,
    // after a sleep: tell the others
    PassPend {
        k: usize,
        one: bool,
    },
    Pass {
        k: usize,
        one: bool,
    },
    PassSwap {
        k: usize,
        one: bool,
        from: Word,
    },
    PassReleased {
        k: usize,
        one: bool,
    },
    // sleeping on one word
    OnePend {
        i: usize,
        patience: bool,
    },
    One {
        i: usize,
        patience: bool,
    },
    OneSwap {
        i: usize,
        from: Word,
        to: Word,
        patience: bool,
    },
    SleptOne {
        i: usize,
        patience: bool,
    },
    // wait-all
    Check(usize),
    FreezePend(usize),
    FreezeLoad(usize),
    FreezeSwap {
        k: usize,
        from: Word,
        to: Word,
        abandoned: bool,
    },
    FreezeInsert(usize),
    Committing,
    ThawPend {
        k: usize,
        committed: bool,
    },
    ThawRemove {
        k: usize,
        committed: bool,
    },
    ThawLoad {
        k: usize,
        committed: bool,
    },
    ThawSwap {
        k: usize,
        committed: bool,
        from: Word,
    },
    ThawReleased {
        k: usize,
        committed: bool,
    },
    // signalling
    SignalLoad,
    SignalPend(Word),
    SignalSwap {
        from: Word,
        release: bool,
    },
    SignalReleased(Word),
    WakeSwap {
        from: Word,
        to: Word,
    },
    WakeLoad {
        from: Word,
        to: Word,
    },
    WakeTakeOff {
        from: Word,
        to: Word,
    },
    WakeTakenOff {
        from: Word,
        to: Word,
        seen: Word,
    },
    UnlockPend,
    UnlockRemove,
    EditPend,
    EditLoad,
    EditLock {
        from: Word,
        to: Word,
    },
    EditWrite,
    EditLoaded,
    EditSwap {
        from: Word,
        to: Word,
    },
    // ending
    Taken {
        i: usize,
        abandoned: bool,
    },
    Ending(Outcome),
    Ended(Outcome),
}

/// One call of one thread on at most `N` objects.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Machine<const N: usize> {
    program: Program,
    me: u32,
    count: usize,
    kinds: [Kind; N],
    /// Mutexes that this thread owns already: signalled for it, whatever the word says.
    mine: u64,
    /// Objects in the order in which everybody locks them.
    order: [u8; N],
    at: At,
    pending: Option<usize>,
    /// The word that stays pending while sleeping on several.
    guard: usize,
    poll: bool,
    /// Patience with a frozen object is over: pass over it.
    impatient: bool,
    expired: bool,
    expected: [u32; N],
    slept: [Option<u32>; N],
    frozen: [Word; N],
    abandoned: u64,
    /// Object to sleep on after a failed wait-all has let go.
    then_sleep: Option<usize>,
    refused: bool,
    /// The word counts this thread among its sleepers.
    counted: bool,
}

impl<const N: usize> Machine<N> {
    /// A call of thread `me` (its number for the kernel) on `kinds.len()` objects, 1 to `N` and at most 64.
    ///
    /// `mine`: bit i is set if this thread owns mutex i already. `order`: the objects in the order in which every
    /// process locks them, for [`Program::All`]. `poll`: never sleep for a signal.
    ///
    /// # Panics
    /// If there are no objects or more than `N` or 64, or `order` is shorter in a wait-all.
    #[must_use]
    pub fn new(program: Program, me: u32, kinds: &[Kind], mine: u64, order: &[u8], poll: bool) -> Self {
        let count = kinds.len();
        assert!(count >= 1 && count <= N && count <= 64, "1 to 64 objects");
        assert!(
            program != Program::All || order.len() == count,
            "a wait-all needs an order"
        );
        let mut own_kinds = [Kind::Mutex; N];
        own_kinds[..count].copy_from_slice(kinds);
        let mut own_order = [0; N];
        own_order[..order.len()].copy_from_slice(order);
        Machine {
            program,
            me,
            count,
            kinds: own_kinds,
            mine,
            order: own_order,
            at: At::Start,
            pending: None,
            guard: kinds.iter().position(|kind| *kind == Kind::Mutex).unwrap_or(0),
            poll,
            impatient: false,
            expired: poll,
            expected: [0; N],
            slept: [None; N],
            frozen: [Word(0); N],
            abandoned: 0,
            then_sleep: None,
            refused: false,
            counted: false,
        }
    }

    /// A wait of thread `me` for one object, from the moment at which its first sleep ends: the caller has made the
    /// object pending, left `marked` and slept. The next reply is how the sleep ended.
    #[must_use]
    pub fn asleep(me: u32, kind: Kind, marked: Word) -> Self {
        let mut machine = Machine::new(Program::Any, me, &[kind], 0, &[], false);
        machine.at = At::SleptEach;
        machine.pending = Some(0);
        machine.counted = step::counts(kind, marked);
        machine.expected[0] = marked.lock();
        machine.slept[0] = Some(generation(marked));
        machine
    }

    /// Makes it a look that never sleeps, not even until a frozen object thaws: that one is passed over. `slept`: per
    /// object, [`generation`] of the word since when the caller waits, as [`take`](super::take) has it; also for [`Program::Watch`].
    pub fn since(&mut self, slept: &[Option<u32>], glance: bool) {
        let count = slept.len().min(self.count);
        self.slept[..count].copy_from_slice(&slept[..count]);
        self.impatient |= glance;
    }

    /// The lock half per object while which [`Action::SleepEach`] sleeps.
    #[must_use]
    pub fn expected(&self) -> &[u32] {
        &self.expected[..self.count]
    }

    /// The object that stays pending during [`Action::SleepEach`]: the only one of which this thread may sleep on
    /// the lock half itself if the kernel's one wake after a death matters (mutexes).
    #[must_use]
    pub fn guard(&self) -> usize {
        self.guard
    }

    /// New state half of object `i` for [`Action::Commit`]; `None` if it is not part of it.
    #[must_use]
    pub fn commit(&self, i: usize) -> Option<u32> {
        (i < self.count && !self.is_mine(i)).then(|| committed(self.kinds[i], self.frozen[i]))
    }

    /// Whether the call can be given up between two actions: it has locked nothing.
    #[must_use]
    pub fn holds_nothing(&self) -> bool {
        matches!(
            self.at,
            At::Start
                | At::Scan(_)
                | At::MarkPend
                | At::Mark(_)
                | At::PassPend { .. }
                | At::Pass { .. }
                | At::OnePend { .. }
                | At::One { .. }
                | At::Check(_)
                | At::SignalPend(_)
        )
    }

    fn is_mine(&self, i: usize) -> bool {
        self.mine >> i & 1 != 0
    }

    /// Goes on after the last action with what came of it, up to the next action.
    pub fn resume(&mut self, reply: Reply) -> Action {
        let word = match reply {
            Reply::Word(word) => word,
            _ => Word(0),
        };
        match self.at {
            At::Start => match self.program {
                Program::Any => self.scan(0),
                Program::All => self.check(0),
                Program::Watch if self.count == 1 => self.want(0),
                Program::Watch => self.scan(0),
                Program::Signal(Signal::Unlock) => self.pend(0, At::UnlockPend),
                Program::Signal(_) => self.load(0, At::SignalLoad),
                Program::EditTimer { .. } => self.pend(0, At::EditPend),
            },

            At::Scan(i) => self.examine(i, word),
            At::TakePend { i, seen } => self.examine(i, seen),
            At::TakeSwap { i, from, .. } if word != from => self.examine(i, word),
            At::UncountLoad => self.uncount(word),
            At::UncountSwap(from) if word != from => self.uncount(word),
            At::UncountSwap(_) => self.end(Outcome::TimedOut),
            At::TakeSwap {
                i,
                release,
                abandoned,
                ..
            } => match (self.kinds[i], release) {
                (Kind::Mutex, _) => self.go(At::Taken { i, abandoned }, Action::Insert(i)),
                (_, true) => self.go(At::Taken { i, abandoned }, Action::Release { object: i, lock: 0 }),
                _ => self.end(Outcome::Object { index: i, abandoned }),
            },
            At::Taken { i, abandoned } => self.end(Outcome::Object { index: i, abandoned }),
            At::MarkPend => self.load(0, At::Mark(0)),
            At::Mark(i) => self.mark_one(i, word),
            At::MarkSwap { i, from, .. } if word != from => self.mark_one(i, word),
            At::MarkSwap { i, from, to } => {
                self.counted |= self.count == 1 && step::counts(self.kinds[i], from);
                self.marked(i, to)
            }
            At::SleptEach => {
                self.expired |= matches!(reply, Reply::Slept { timed_out: true });
                self.pass(0, false)
            }

            At::PassPend { k, one } => self.load(self.passing(k, one), At::Pass { k, one }),
            At::Pass { k, one } => self.pass_word(k, one, word),
            At::PassSwap { k, one, from } if word != from => self.pass_word(k, one, word),
            At::PassSwap { k, one, from } => {
                let object = self.passing(k, one);
                let lock = if step::is_abandoned(self.kinds[object], from) {
                    OWNER_DIED
                } else {
                    0
                };
                self.go(At::PassReleased { k, one }, Action::Release { object, lock })
            }
            At::PassReleased { k, one } => self.pass(k + 1, one),

            At::OnePend { i, patience } => self.load(i, At::One { i, patience }),
            At::One { i, patience } => self.sleep_one(i, word, patience),
            At::OneSwap {
                i, from, patience, ..
            } if word != from => self.sleep_one(i, word, patience),
            At::OneSwap { i, to, patience, .. } => {
                self.slept[i] = Some(generation(to));
                self.go(
                    At::SleptOne { i, patience },
                    Action::SleepOne {
                        object: i,
                        lock: to.lock(),
                        patience,
                    },
                )
            }
            At::SleptOne { i, patience } => {
                if let Reply::Slept { timed_out: true } = reply {
                    match patience {
                        true => self.impatient = true,
                        false => self.expired = true,
                    }
                }
                self.then_sleep = Some(i);
                self.pass(0, true)
            }

            At::Check(i) => match self.kinds[i].is_signalled(word) {
                Some(true) => self.check(i + 1),
                _ => self.want(i),
            },
            At::FreezePend(k) => self.load(self.ordered(k), At::FreezeLoad(k)),
            At::FreezeLoad(k) => self.freeze_word(k, word),
            At::FreezeSwap { k, from, .. } if word != from => self.freeze_word(k, word),
            At::FreezeSwap { k, to, abandoned, .. } => {
                let i = self.ordered(k);
                self.frozen[i] = to;
                self.abandoned |= u64::from(abandoned) << i;
                self.go(At::FreezeInsert(k), Action::Insert(i))
            }
            At::FreezeInsert(k) => self.freeze_next(k + 1),
            At::Committing => match reply {
                Reply::Refused => {
                    self.refused = true;
                    self.thaw_next(0, self.count, false)
                }
                _ => self.thaw_next(0, self.count, true),
            },
            At::ThawPend { k, committed } => {
                self.go(At::ThawRemove { k, committed }, Action::Remove(self.ordered(k)))
            }
            At::ThawRemove { k, committed } => self.load(self.ordered(k), At::ThawLoad { k, committed }),
            At::ThawLoad { k, committed } => self.thaw_word(k, committed, word),
            At::ThawSwap { k, committed, from } if word != from => self.thaw_word(k, committed, word),
            At::ThawSwap { k, committed, .. } | At::ThawReleased { k, committed } => {
                self.thawed(k, committed)
            }

            At::SignalLoad => self.signal_word(word),
            At::SignalPend(seen) => self.signal_word(seen),
            At::SignalSwap { from, .. } if word != from => self.signal_word(word),
            At::SignalSwap { from, release: true } => self.release(from),
            At::SignalSwap { from, .. } | At::SignalReleased(from) => {
                self.end(Outcome::Signalled { before: from })
            }
            At::WakeSwap { from, .. } if word != from => self.signal_word(word),
            At::WakeSwap { from, to } => self.go(At::WakeLoad { from, to }, Action::Wake(0)),
            At::WakeLoad { from, to } => self.load(0, At::WakeTakeOff { from, to }),
            At::WakeTakeOff { from, to } => self.take_off(from, to, word),
            At::WakeTakenOff { from, to, seen } if word != seen => self.take_off(from, to, word),
            At::WakeTakenOff { from, .. } => self.end(Outcome::Signalled { before: from }),
            At::UnlockPend => self.go(At::UnlockRemove, Action::Remove(0)),
            At::UnlockRemove => self.load(0, At::SignalLoad),

            At::EditPend => self.load(0, At::EditLoad),
            At::EditLoad => self.edit_word(word),
            At::EditLock { from, .. } if word != from => self.edit_word(word),
            At::EditLock { to, .. } => match self.program {
                Program::EditTimer {
                    only_if: Some(then), ..
                } if generation(to) != then => self.load(0, At::EditLoaded),
                _ => self.go(At::EditWrite, Action::Edit(to)),
            },
            At::EditWrite => {
                self.refused = reply == Reply::Refused;
                self.load(0, At::EditLoaded)
            }
            At::EditLoaded => self.edited(word),
            At::EditSwap { from, .. } if word != from => self.edited(word),
            At::EditSwap { from, to } if to.owner() == self.me => self.release(from),
            At::EditSwap { from, .. } => self.end(Outcome::Signalled { before: from }),

            At::Ending(outcome) | At::Ended(outcome) => self.go(At::Ended(outcome), Action::Done(outcome)),
        }
    }

    fn go(&mut self, at: At, action: Action) -> Action {
        self.at = at;
        action
    }

    fn load(&mut self, i: usize, at: At) -> Action {
        self.go(at, Action::Load(i))
    }

    /// Makes object `i` the pending one, even if it is already (a step that changes nothing then).
    fn pend(&mut self, i: usize, at: At) -> Action {
        self.pending = Some(i);
        self.go(at, Action::Pending(Some(i)))
    }

    fn end(&mut self, outcome: Outcome) -> Action {
        match self.pending.take() {
            Some(_) => self.go(At::Ending(outcome), Action::Pending(None)),
            None => self.go(At::Ended(outcome), Action::Done(outcome)),
        }
    }

    fn restart(&mut self) -> Action {
        match self.program {
            Program::Any => self.scan(0),
            Program::All => self.check(0),
            Program::Watch if self.count == 1 => self.end(Outcome::Object {
                index: 0,
                abandoned: false,
            }),
            Program::Watch => self.scan(0),
            Program::Signal(_) if self.impatient => self.end(Outcome::Stuck),
            Program::Signal(_) => self.load(0, At::SignalLoad),
            Program::EditTimer { .. } if self.impatient => self.end(Outcome::Stuck),
            Program::EditTimer { .. } => self.pend(0, At::EditPend),
        }
    }
}
