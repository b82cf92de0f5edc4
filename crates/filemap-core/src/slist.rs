//! Interlocked singly linked lists (`SLIST_HEADER` of winnt.h): a stack that threads, and processes that see it at one address,
//! push to and pop from without a lock.
//!
//! The [`Header`] is 16 bytes that change in one exchange: the number of entries, a sequence number, and the address of the
//! first entry. A pop reads which entry comes after the first one, and that is the whole difficulty: another thread may
//! meanwhile have taken the first entry, and
//!
//! * pushed it again behind others, so that the header looks as before: every push adds one to the sequence number, so it
//!   does not;
//! * freed it, so that there is nothing to read any more: the one who carries the step out says so ([`Reply::Next`]
//!   with `None`), and the [`Machine`] begins again. Only if the header is the same still, the list itself is broken, and
//!   the program shall meet the fault ([`Action::Touch`]).
//!
//! A [`Machine`] is one call as a sequence of actions. Whoever dies between two of them leaves the list as it was before the
//! exchange or after it.
//!
//! ```
//! use filemap_core::slist::{Action, Call, Header, Machine, Reply};
//! let mut push = Machine::new(Call::Push { first: 0x40, last: 0x40, count: 1 });
//! assert_eq!(push.resume(Reply::Begin), Action::ReadHeader);
//! assert_eq!(push.resume(Reply::Header(Header::EMPTY)), Action::WriteNext { entry: 0x40, next: 0 });
//! let Action::Exchange { from, to } = push.resume(Reply::Written) else { panic!() };
//! assert_eq!((from, to.first(), to.depth()), (Header::EMPTY, 0x40, 1));
//! assert_eq!(push.resume(Reply::Exchanged), Action::End(0), "the list was empty");
//! ```

/// The 16 bytes of an `SLIST_HEADER` as one number, low byte first: 16 bits of depth, 48 of the sequence number, 64 of the address of
/// the first entry, whose low four bits are no part of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Header(pub u128);

impl Header {
    /// No entries.
    pub const EMPTY: Header = Header(0);

    /// The number of entries modulo 65,536.
    #[must_use]
    pub const fn depth(self) -> u16 {
        self.0 as u16
    }

    /// How often entries were pushed, modulo 2^48.
    #[must_use]
    pub const fn sequence(self) -> u64 {
        self.0 as u64 >> 16
    }

    /// The address of the first entry; 0 for none.
    #[must_use]
    pub const fn first(self) -> u64 {
        (self.0 >> 64) as u64 & !15
    }

    const fn new(depth: u16, sequence: u64, first: u64) -> Header {
        Header((first as u128) << 64 | (sequence << 16 | depth as u64) as u128)
    }

    const fn pushed(self, first: u64, count: u32) -> Header {
        let depth = self.depth().wrapping_add(count as u16);
        Header::new(depth, self.sequence().wrapping_add(1), first)
    }

    const fn popped(self, next: u64) -> Header {
        Header::new(self.depth().wrapping_sub(1), self.sequence(), next)
    }

    const fn flushed(self) -> Header {
        Header::new(0, self.sequence(), 0)
    }
}

/// What is called.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Call {
    /// Puts a chain of `count` entries, of which the caller has linked each to the next, before the others.
    Push {
        /// Address of its first entry.
        first: u64,
        /// Address of its last entry.
        last: u64,
        /// Number of entries.
        count: u32,
    },
    /// Takes the first entry.
    Pop,
    /// Takes all entries.
    Flush,
}

/// The next thing to do.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Action {
    /// Read the header in one piece, acquiring. Reply: [`Reply::Header`].
    ReadHeader,
    /// Read the next entry's address out of this entry, which may be gone. Reply: [`Reply::Next`].
    ReadNext(u64),
    /// Write it into an entry that belongs to the caller. Reply: [`Reply::Written`].
    WriteNext {
        /// Address of the entry.
        entry: u64,
        /// What to write.
        next: u64,
    },
    /// If the header is `from`, make it `to`, acquiring and releasing. Reply: [`Reply::Exchanged`], or [`Reply::Header`] with what
    /// it is.
    Exchange {
        /// Expected.
        from: Header,
        /// New.
        to: Header,
    },
    /// Read from this entry, which is on the list and can't be read: the fault is the program's. Reply, if it came through:
    /// [`Reply::Begin`].
    Touch(u64),
    /// Done: the address of the entry that was the first one; 0 for none.
    End(u64),
}

/// What came of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Reply {
    /// Nothing was done yet.
    Begin,
    /// The header.
    Header(Header),
    /// What the entry says; `None` if there was nothing to read.
    Next(Option<u64>),
    /// The entry is written.
    Written,
    /// The header is the new one.
    Exchanged,
}

/// One call. Give [`resume`](Machine::resume) what came of the last action, and do what it says, until [`Action::End`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Machine {
    call: Call,
    seen: Header,
    /// An exchange that changes nothing is under way: is the header the one whose first entry could not be read?
    asking: bool,
}

impl Machine {
    /// Begins a call.
    #[must_use]
    pub const fn new(call: Call) -> Machine {
        Machine {
            call,
            seen: Header::EMPTY,
            asking: false,
        }
    }

    /// What to do next. A reply that is no answer to the last action begins the call again.
    #[inline]
    #[must_use]
    pub fn resume(&mut self, reply: Reply) -> Action {
        match reply {
            Reply::Begin => Action::ReadHeader,
            Reply::Header(header) => self.seen(header),
            Reply::Next(Some(next)) => self.exchange(self.seen.popped(next)),
            Reply::Next(None) => {
                self.asking = true;
                self.exchange(self.seen)
            }
            Reply::Written => match self.call {
                Call::Push { first, count, .. } => self.exchange(self.seen.pushed(first, count)),
                Call::Pop | Call::Flush => Action::ReadHeader,
            },
            Reply::Exchanged if self.asking => {
                self.asking = false;
                Action::Touch(self.seen.first())
            }
            Reply::Exchanged => Action::End(self.seen.first()),
        }
    }

    fn exchange(&self, to: Header) -> Action {
        Action::Exchange { from: self.seen, to }
    }

    fn seen(&mut self, header: Header) -> Action {
        self.seen = header;
        self.asking = false;
        match self.call {
            Call::Push { last, .. } => Action::WriteNext {
                entry: last,
                next: header.first(),
            },
            Call::Pop | Call::Flush if header.first() == 0 => Action::End(0),
            Call::Pop => Action::ReadNext(header.first()),
            Call::Flush => self.exchange(header.flushed()),
        }
    }
}
