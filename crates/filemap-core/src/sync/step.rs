//! One attempt at one word: from the value that was read to the value that should replace it.
//!
//! Nothing here touches memory. A value that no correct program writes (a peer may scribble) leads to some answer,
//! never to a panic, an overflow or an endless loop.

mod at_once;

use super::word::{OWNER_DIED, STAGED, WAITERS, Word};

pub use at_once::{
    marked_at_once, released_at_once, set_and_wake_at_once, set_at_once, taken_at_once, woken_at_once,
};

/// State bit of events and timers: signalled.
pub const SIGNALLED: u32 = 1;
/// State bit of auto-reset events: one pulse is there for somebody who slept when it came.
const PULSE: u32 = 2;
/// State bit of events: there is a sleeper that [`SLEEPERS`] does not count, or whose own death wakes nobody else.
const UNCOUNTED: u32 = 4;
/// State bit of events: somebody has signalled, taken [`WAITERS`] off, and not told us yet that the wake is done.
const OWED: u32 = 8;
/// State bits of events: number of the last such signal, so that each takes off its own [`OWED`] only.
const OWED_NUMBER: u32 = 0xf0;
/// Unit and mask of the number of threads that sleep on an auto-reset event alone, or are about to. The killed are
/// never taken off, so it may be too large; at the mask's full value it stays.
const SLEEPER: u32 = 0x100;
const SLEEPERS: u32 = 0xff00;
/// State bit of timers: a due time is set and not reached yet.
pub const ARMED: u32 = 2;
/// State bit of timers: which of the two parameter slots counts.
pub const SLOT: u32 = 4;
/// Unit and mask of the counter of pulses (events) or settings (timers).
const GENERATION: u32 = 0x0001_0000;
const GENERATIONS: u32 = 0x7fff_0000;
/// State bit of mutexes: the lock half is somebody's ownership, not the short freeze of a wait-all.
pub const OWNED: u32 = 1;

/// The largest count that a semaphore can have (`LONG`).
pub const SEMAPHORE_LIMIT: u32 = 0x7fff_ffff;

/// What the object is. Private knowledge of each process: it comes from the object's footer, checked once on
/// opening, never from the state page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// An event that stays signalled until it is reset.
    ManualEvent,
    /// An event that a successful wait resets.
    AutoEvent,
    /// A mutex.
    Mutex,
    /// A semaphore.
    Semaphore {
        /// Its maximum count, 1 to [`SEMAPHORE_LIMIT`].
        maximum: u32,
    },
    /// A waitable timer that stays signalled until it is set again ("notification").
    ManualTimer,
    /// A waitable timer that a successful wait resets ("synchronization").
    AutoTimer,
}

impl Kind {
    /// Whether it is a waitable timer.
    #[inline]
    #[must_use]
    pub const fn is_timer(self) -> bool {
        matches!(self, Kind::ManualTimer | Kind::AutoTimer)
    }

    /// The word of a new object: an event signalled or not, a semaphore with `count`, a free mutex, an inactive timer.
    #[inline]
    #[must_use]
    pub const fn initial(self, count: u32) -> Word {
        match self {
            Kind::Semaphore { .. } => Word::new(0, count & !STAGED),
            Kind::ManualEvent | Kind::AutoEvent => Word::new(0, if count == 0 { 0 } else { SIGNALLED }),
            Kind::Mutex | Kind::ManualTimer | Kind::AutoTimer => Word::new(0, 0),
        }
    }

    /// Whether a wait would succeed; `None` while the object is frozen, which tells nothing.
    #[inline]
    #[must_use]
    pub const fn is_signalled(self, word: Word) -> Option<bool> {
        if word.owner() != 0 {
            return match self {
                Kind::Mutex => Some(false), // owned or frozen: both end with a wake
                _ => None,
            };
        }
        Some(self.says_signalled(self.settle(word)))
    }

    /// What the state half means while nobody has the lock half: staged signals carried out or dropped.
    #[inline]
    #[must_use]
    pub const fn settle(self, word: Word) -> u32 {
        let state = word.state();
        if let Kind::Mutex = self {
            // A release that woke sleepers left OWNED behind; only under OWNER_DIED it means anything.
            return if word.owner_died() { state & OWNED } else { 0 };
        }
        let state = match self {
            Kind::ManualEvent | Kind::AutoEvent => state & !OWED, // whoever locks the word wakes: `waiters`
            _ => state,
        };
        if state & STAGED == 0 {
            return state;
        }
        match (self, word.owner_died()) {
            (Kind::ManualTimer | Kind::AutoTimer, false) => state & !(STAGED | ARMED),
            (_, false) => state & !STAGED,
            // It was not signalled before, or nobody could have slept.
            (Kind::Semaphore { .. }, true) => 0,
            (Kind::ManualTimer | Kind::AutoTimer, true) => state & !(STAGED | SIGNALLED),
            (_, true) => state & !(STAGED | SIGNALLED | PULSE),
        }
    }

    /// Bit of the state half that survives an exchange by somebody who does not lock the word.
    #[inline]
    const fn owed(self, word: Word) -> u32 {
        match self {
            Kind::ManualEvent | Kind::AutoEvent => word.state() & OWED,
            _ => 0,
        }
    }

    /// Whether a settled state half says "signalled".
    #[inline]
    const fn says_signalled(self, state: u32) -> bool {
        match self {
            Kind::Mutex => true,
            Kind::Semaphore { .. } => state != 0,
            _ => state & SIGNALLED != 0,
        }
    }

    /// A settled state half after one successful wait.
    #[inline]
    const fn taken(self, state: u32) -> u32 {
        match self {
            Kind::ManualEvent | Kind::ManualTimer => state,
            Kind::AutoEvent | Kind::AutoTimer => state & !SIGNALLED,
            Kind::Semaphore { .. } => state.saturating_sub(1),
            Kind::Mutex => OWNED,
        }
    }
}

/// The counter of pulses (events) or settings (timers) in a word: a sleeper notes it before it sleeps.
#[inline]
#[must_use]
pub const fn generation(word: Word) -> u32 {
    word.state() & GENERATIONS
}

#[inline]
const fn next_generation(state: u32) -> u32 {
    state & !GENERATIONS | (state.wrapping_add(GENERATION) & GENERATIONS)
}

/// Whether a mutex that nobody owns was abandoned: its owner died, and it was an owner, not somebody who only had it
/// frozen for a wait-all (Y-12).
#[inline]
#[must_use]
pub const fn is_abandoned(kind: Kind, word: Word) -> bool {
    matches!(kind, Kind::Mutex) && word.owner() == 0 && word.owner_died() && word.state() & OWNED != 0
}

/// Outcome of looking at a word in order to take it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Take {
    /// Not signalled: sleep.
    No,
    /// Somebody has it locked for a moment: nothing can be said until that is over.
    Frozen,
    /// Signalled and nothing changes (manual-reset kinds).
    AsIs,
    /// Signalled: taken when the word is replaced by `to`.
    Swap {
        /// The new value.
        to: Word,
        /// The mutex was abandoned.
        abandoned: bool,
        /// `to` has the lock half locked by the caller, who must release it, and so wake, at once.
        release: bool,
    },
}

/// One attempt of thread `me` to take an object by a wait. `slept_since` is [`generation`] of the word when the
/// caller went to sleep, if it slept; a pulse since then lets it go (Y-6). Source: Y-1 table, Y-12.
#[inline]
#[must_use]
pub const fn take(kind: Kind, word: Word, me: u32, slept_since: Option<u32>) -> Take {
    let mutex = matches!(kind, Kind::Mutex);
    if word.owner() != 0 {
        return if mutex { Take::No } else { Take::Frozen };
    }
    let state = kind.settle(word);
    let waiters = word.lock() & WAITERS;
    if mutex {
        // The kernel wakes one sleeper of a dead owner: the others are woken by the release of whoever takes it.
        let to = Word::new(me | waiters, OWNED);
        return Take::Swap {
            to,
            abandoned: is_abandoned(kind, word),
            release: false,
        };
    }
    let next = if kind.says_signalled(state) {
        kind.taken(state)
    } else {
        match (kind, slept_since) {
            (Kind::ManualEvent, Some(then)) if generation(word) != then => return Take::AsIs,
            (Kind::AutoEvent, Some(then)) if generation(word) != then && state & PULSE != 0 => state & !PULSE,
            _ => return Take::No,
        }
    };
    if waiters != 0 && kind.says_signalled(state) {
        // Only after a death: these sleepers should have been woken.
        return Take::Swap {
            to: Word::new(me | waiters, next),
            abandoned: false,
            release: true,
        };
    }
    if next == state && !word.owner_died() {
        return Take::AsIs;
    }
    Take::Swap {
        to: Word::new(waiters, next | kind.owed(word)),
        abandoned: false,
        release: false,
    }
}

/// What a signalling call wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Signal {
    /// `SetEvent`.
    Set,
    /// `ResetEvent`.
    Reset,
    /// `PulseEvent`.
    Pulse,
    /// `ReleaseSemaphore` by this count, at least 1.
    Release(u32),
    /// `ReleaseMutex`, the last of a recursion.
    Unlock,
    /// `CancelWaitableTimer`.
    Cancel,
    /// A one-shot timer's due time was found to be over.
    Expire,
}

/// Outcome of looking at a word in order to signal it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Signalling {
    /// Somebody has it locked for a moment: sleep until that is over.
    Frozen,
    /// Nothing to change.
    Nothing,
    /// Replace the word by `to`.
    Swap {
        /// The new value.
        to: Word,
        /// `to` has the lock half locked by the caller, who must release it, and so wake, at once.
        release: bool,
    },
    /// Replace the word by `to`, wake all, then take [`taken_off`] what `to` says is owed.
    Wake {
        /// The new value.
        to: Word,
    },
    /// The lock half is the caller's already: release it, and so wake.
    Release,
    /// The semaphore would exceed its maximum: 298 (Y-21).
    TooManyPosts,
    /// The mutex is not locked by this thread, whatever it believes (a peer has scribbled).
    NotOwner,
}

/// One attempt of thread `me` at a signalling call.
///
/// While nobody sleeps it is one exchange. If somebody sleeps, the exchange locks the word and stages the signal, and
/// the release of the lock half, done by the kernel together with the wake (`FUTEX_WAKE_OP`), makes it count: a death
/// before has signalled nothing, a death after has woken everybody.
///
/// Setting an event whose sleepers have all named it as pending, the common case, has a cheaper way (`FUTEX_WAKE` is
/// half the price): one exchange signals, takes the sleepers' mark off and notes that a wake is owed. Should the
/// signaller die before the wake, its pending word makes the kernel wake one, who sees the note and wakes the others
/// ([`is_owed`]); whoever has the word locked at that moment has seen the note too and wakes when it lets go. An
/// auto-reset event is set so only while at most one thread sleeps on it, which then has no others to wake: on one
/// CPU the woken thread often runs before the signaller can take its note off. That one thread takes the note off itself,
/// together with the signal, so a signaller whose wake has found it has nothing more to do.
#[inline]
#[must_use]
pub const fn signal(kind: Kind, word: Word, me: u32, what: Signal) -> Signalling {
    let waiters = word.lock() & WAITERS;
    if let Signal::Unlock = what {
        return match (word.owner() == me, waiters) {
            (false, _) => Signalling::NotOwner,
            (true, 0) => Signalling::Swap {
                to: Word::new(0, 0),
                release: false,
            },
            (true, _) => Signalling::Release,
        };
    }
    if word.owner() != 0 {
        return Signalling::Frozen;
    }
    let state = kind.settle(word);
    let next = match what {
        Signal::Set => state & !PULSE | SIGNALLED,
        Signal::Reset => state & !(SIGNALLED | PULSE),
        Signal::Pulse => {
            let token = match kind {
                Kind::AutoEvent if waiters != 0 => PULSE,
                _ => 0,
            };
            next_generation(state & !(SIGNALLED | PULSE)) | token
        }
        Signal::Release(n) => {
            let Kind::Semaphore { maximum } = kind else {
                return Signalling::Nothing;
            };
            match state.checked_add(n) {
                Some(sum) if sum <= maximum && sum <= SEMAPHORE_LIMIT => sum,
                _ => return Signalling::TooManyPosts,
            }
        }
        Signal::Cancel => state & !ARMED,
        Signal::Expire => state & !ARMED | SIGNALLED,
        Signal::Unlock => state,
    };
    let quiet = matches!(what, Signal::Reset | Signal::Cancel); // nobody's wait succeeds by these
    let owed = kind.owed(word);
    if (waiters == 0 && owed == 0) || (quiet && !word.owner_died()) {
        // A set of a set event is an exchange all the same: whoever takes that set sees what was written before it.
        if next == state && !word.owner_died() && !matches!(what, Signal::Set) {
            return Signalling::Nothing;
        }
        return Signalling::Swap {
            to: Word::new(waiters, next | owed),
            release: false,
        };
    }
    if let (Signal::Set, Kind::AutoEvent | Kind::ManualEvent) = (what, kind)
        && owed == 0
        && state & UNCOUNTED == 0
        && state & SLEEPERS <= SLEEPER
        && !word.owner_died()
    {
        let number = next.wrapping_add(0x10) & OWED_NUMBER;
        return Signalling::Wake {
            to: Word::new(0, next & !OWED_NUMBER | number | OWED),
        };
    }
    let next = match kind {
        Kind::AutoEvent | Kind::ManualEvent => next & !UNCOUNTED,
        _ => next,
    };
    let staged = match what {
        Signal::Reset | Signal::Cancel => next,
        Signal::Expire => state | SIGNALLED | STAGED, // still armed if it comes to nothing
        _ if kind.says_signalled(state) => next,      // after a death: it was signalled before
        _ => next | STAGED,
    };
    Signalling::Swap {
        to: Word::new(me | WAITERS, staged),
        release: true,
    }
}

/// Whether a wake is owed: somebody who slept and was woken by the kernel for a dead signaller must wake the others.
#[inline]
#[must_use]
pub const fn is_owed(kind: Kind, word: Word, counted: bool) -> bool {
    let alone = matches!(kind, Kind::AutoEvent) && counted && word.state() & SLEEPERS <= SLEEPER;
    kind.owed(word) != 0 && !alone
}

/// The word when a thread that is counted among the sleepers ([`Mark::Count`]) is none any more.
#[inline]
#[must_use]
pub const fn uncount(word: Word) -> Word {
    match word.state() & SLEEPERS {
        0 | SLEEPERS => word,
        _ => word.with_state(word.state() - SLEEPER),
    }
}

/// The new value of a [`Take`] by a thread that is counted among the sleepers ([`Mark::Count`]). If it is the only one, the
/// wake that may still be owed was for this thread, which is awake: then nothing is owed any more.
#[inline]
#[must_use]
pub const fn uncount_taker(word: Word) -> Word {
    let alone = word.lock() == 0 && word.state() & SLEEPERS == SLEEPER;
    let state = word.state();
    uncount(word.with_state(if alone { state & !OWED } else { state }))
}

/// Whether [`mark`] counts the sleeper.
#[inline]
#[must_use]
pub const fn counts(kind: Kind, word: Word) -> bool {
    matches!(kind, Kind::AutoEvent) && word.owner() == 0
}

/// How a sleeper sleeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mark {
    /// On this object alone, for the first time: the word counts it where [`counts`] says so, until [`uncount`].
    Count,
    /// On this object alone, and the word counts it already.
    Counted,
    /// Its robust list names the word as pending meanwhile, so that its death wakes the next.
    Covered,
    /// Not even that.
    Uncovered,
}

/// After the wake of a [`Signalling::Wake`] that wrote `mine`: the word without what is owed; `None` if somebody has
/// dealt with it.
#[inline]
#[must_use]
pub const fn taken_off(word: Word, mine: Word) -> Option<Word> {
    if word.state() & OWED != 0 && word.state() & OWED_NUMBER == mine.state() & OWED_NUMBER {
        return Some(word.with_state(word.state() & !OWED));
    }
    None
}

/// Outcome of looking at a word in order to freeze it for a wait-all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Freeze {
    /// Somebody has the lock half, or the object is not signalled.
    No,
    /// Frozen when the word is replaced by `to`.
    Swap {
        /// The new value: the same settled state, locked by the caller.
        to: Word,
        /// The mutex was abandoned; the wait-all tells it if it succeeds.
        abandoned: bool,
    },
}

/// One attempt of thread `me` to freeze a signalled object. The meaning of the state half stays as it is, so that a
/// death while frozen changes nothing: an abandoned mutex is still abandoned, a free one still free.
#[inline]
#[must_use]
pub const fn freeze(kind: Kind, word: Word, me: u32) -> Freeze {
    if word.owner() != 0 || !kind.says_signalled(kind.settle(word)) {
        return Freeze::No;
    }
    Freeze::Swap {
        to: locked(kind, word, me),
        abandoned: is_abandoned(kind, word),
    }
}

/// The state half that a wait-all writes when it takes a frozen object.
#[inline]
#[must_use]
pub const fn committed(kind: Kind, frozen: Word) -> u32 {
    match kind {
        Kind::Mutex => OWNED,
        _ => kind.taken(frozen.state() & !STAGED),
    }
}

/// How the lock half is let go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Thaw {
    /// It is not locked by the caller any more: a peer has scribbled.
    Lost,
    /// Nobody sleeps: replace the word by this.
    Swap(Word),
    /// Let the kernel set the lock half to this and wake all.
    Release(u32),
}

/// One attempt of `me` to end a freeze. `abandoned`: the mutex was so before and was not taken.
#[inline]
#[must_use]
pub const fn thaw(word: Word, me: u32, abandoned: bool) -> Thaw {
    let lock = if abandoned { OWNER_DIED } else { 0 };
    match (word.owner() == me, word.has_waiters()) {
        (false, _) => Thaw::Lost,
        (true, false) => Thaw::Swap(word.with_lock(lock)),
        (true, true) => Thaw::Release(lock),
    }
}

/// The word with its lock half taken by `me`, its state settled, its sleepers kept.
#[inline]
const fn locked(kind: Kind, word: Word, me: u32) -> Word {
    let waiters = if kind.owed(word) != 0 {
        WAITERS
    } else {
        word.lock() & WAITERS
    };
    Word::new(me | waiters, kind.settle(word))
}

/// What somebody who was woken owes to other sleepers: the kernel wakes only one when an owner dies. `Some`: replace
/// the word by this, then release its lock half as [`thaw`] says, which wakes all.
#[inline]
#[must_use]
pub const fn pass_on(kind: Kind, word: Word, me: u32) -> Option<Word> {
    let stuck = word.owner_died() || kind.says_signalled(kind.settle(word));
    if word.owner() == 0 && word.has_waiters() && stuck {
        return Some(locked(kind, word, me));
    }
    None
}

/// The word that a sleeper leaves before it sleeps on an object that is not signalled.
#[inline]
#[must_use]
pub const fn mark(kind: Kind, word: Word, how: Mark) -> Word {
    if word.owner() != 0 {
        return word.with_lock(word.lock() | WAITERS);
    }
    let state = kind.settle(word) | kind.owed(word);
    let state = match (kind, how) {
        (Kind::AutoEvent, Mark::Count) if state & SLEEPERS != SLEEPERS => state + SLEEPER,
        (Kind::AutoEvent, Mark::Covered | Mark::Uncovered) | (Kind::ManualEvent, Mark::Uncovered) => {
            state | UNCOUNTED
        }
        _ => state,
    };
    Word::new(WAITERS, state)
}

/// The word with the lock half taken by `me` for an edit of the page's parameters; `None` while somebody has it.
#[inline]
#[must_use]
pub const fn lock_for_edit(kind: Kind, word: Word, me: u32) -> Option<Word> {
    match word.owner() {
        0 => Some(locked(kind, word, me)),
        _ => None,
    }
}

/// The word after an edit of a timer's parameters in the slot that did not count until now: that slot counts,
/// everybody who computed a due time from the other computes anew.
#[inline]
#[must_use]
pub const fn edited(word: Word, armed: bool, signalled: bool) -> Word {
    let state = next_generation(word.state() & !(ARMED | SIGNALLED | STAGED)) ^ SLOT;
    let state = state | if armed { ARMED } else { 0 } | if signalled { SIGNALLED } else { 0 };
    word.with_state(state)
}
