//! Every interleaving of a few threads on one interlocked list, step by step. Entries are freed as soon as they are taken, so
//! that a pop meets memory that is gone; and they are pushed again, so that a header can look as it looked before.

use filemap_core::slist::{Action, Call, Header, Machine, Reply};
use std::collections::HashSet;

/// Where an entry is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Place {
    Listed,
    /// Taken by a thread, with its memory.
    Taken(usize),
    /// Taken by a thread, which has given the memory back.
    Freed(usize),
}

/// What a thread does.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Do {
    Pop,
    Flush,
    /// Pushes the entry that it has taken longest.
    Push,
    /// Pushes the one after that.
    PushSecond,
    /// Pushes all that it has as one chain.
    PushAll,
    /// Gives back the memory of all that it has.
    Free,
    /// Gets memory at the same addresses, with something else in it.
    Allocate,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Thread {
    todo: &'static [Do],
    machine: Option<(Machine, Reply)>,
    /// Entries in the order in which they were taken.
    has: Vec<u64>,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct World {
    header: Header,
    /// What entry `16 * (i + 1)` says is next, and where it is.
    entries: Vec<(u64, Place)>,
    threads: Vec<Thread>,
    has_sequence: bool,
    faults: u32,
}

impl World {
    fn new(scripts: &[&'static [Do]], entries: usize) -> World {
        let mut world = World {
            header: Header::EMPTY,
            entries: Vec::new(),
            threads: Vec::new(),
            has_sequence: true,
            faults: 0,
        };
        for i in (0..entries as u64).rev() {
            world.header = Header(u128::from(16 * (i + 1)) << 64 | u128::from(entries as u64 - i));
        }
        for i in 0..entries as u64 {
            let next = if i + 1 < entries as u64 { 16 * (i + 2) } else { 0 };
            world.entries.push((next, Place::Listed));
        }
        for script in scripts {
            world.threads.push(Thread {
                todo: script,
                machine: None,
                has: Vec::new(),
            });
        }
        world
    }

    fn entry(&mut self, address: u64) -> &mut (u64, Place) {
        &mut self.entries[(address / 16 - 1) as usize]
    }

    /// The header as memory has it.
    fn kept(&self, header: Header) -> Header {
        match self.has_sequence {
            true => header,
            false => Header(header.0 & !(0xffff_ffff_ffff << 16)),
        }
    }

    /// One step of a thread; `false` if it has none left.
    fn step(&mut self, me: usize) -> Result<bool, String> {
        let Some((mut machine, reply)) = self.threads[me].machine.take() else {
            return self.begin(me);
        };
        let reply = match machine.resume(reply) {
            Action::ReadHeader => Reply::Header(self.header),
            Action::ReadNext(entry) => match *self.entry(entry) {
                (_, Place::Freed(_)) => {
                    self.faults += 1;
                    Reply::Next(None)
                }
                (next, _) => Reply::Next(Some(next)),
            },
            Action::WriteNext { entry, next } => {
                if self.entry(entry).1 != Place::Taken(me) {
                    return Err(format!("{me} writes to {entry:#x}, which is not its own"));
                }
                self.entry(entry).0 = next;
                Reply::Written
            }
            Action::Exchange { from, to } if self.kept(from) == self.header => {
                if from != to {
                    // Pushed entries are the list's from now on, taken ones the thread's.
                    let (before, after) = (self.walk(from.first())?, self.walk(to.first())?);
                    for entry in before.iter().filter(|entry| !after.contains(entry)) {
                        self.entry(*entry).1 = Place::Taken(me);
                    }
                    for entry in after.iter().filter(|entry| !before.contains(entry)) {
                        if self.entry(*entry).1 != Place::Taken(me) {
                            return Err(format!("{entry:#x} comes to the list from elsewhere"));
                        }
                        self.entry(*entry).1 = Place::Listed;
                        self.threads[me].has.retain(|has| has != entry);
                    }
                    if to.depth() as usize != after.len() {
                        return Err(format!("depth {} of {after:x?}", to.depth()));
                    }
                    let taken = before.into_iter().filter(|entry| !after.contains(entry));
                    self.threads[me].has.extend(taken);
                    self.header = self.kept(to);
                }
                Reply::Exchanged
            }
            Action::Exchange { .. } => Reply::Header(self.header),
            Action::Touch(entry) => return Err(format!("{me} takes {entry:#x} for broken")),
            Action::End(_) => return Ok(true),
        };
        self.threads[me].machine = Some((machine, reply));
        Ok(true)
    }

    fn begin(&mut self, me: usize) -> Result<bool, String> {
        let Some((next, rest)) = self.threads[me].todo.split_first() else {
            return Ok(false);
        };
        self.threads[me].todo = rest;
        let has = self.threads[me].has.clone();
        let call = match next {
            Do::Pop => Call::Pop,
            Do::Flush => Call::Flush,
            Do::Push | Do::PushAll if has.is_empty() => return Ok(true),
            Do::PushSecond if has.len() < 2 => return Ok(true),
            Do::PushSecond => Call::Push {
                first: has[1],
                last: has[1],
                count: 1,
            },
            Do::Push => Call::Push {
                first: has[0],
                last: has[0],
                count: 1,
            },
            Do::PushAll => {
                for two in has.windows(2) {
                    self.entry(two[0]).0 = two[1];
                }
                Call::Push {
                    first: has[0],
                    last: has[has.len() - 1],
                    count: has.len() as u32,
                }
            }
            Do::Free | Do::Allocate => {
                for entry in has {
                    *self.entry(entry) = match next {
                        Do::Free => (0, Place::Freed(me)),
                        _ => (0xbad0, Place::Taken(me)),
                    };
                }
                return Ok(true);
            }
        };
        self.threads[me].machine = Some((Machine::new(call), Reply::Begin));
        Ok(true)
    }

    /// The entries from an address on: each once, and none whose memory is gone.
    fn walk(&self, mut at: u64) -> Result<Vec<u64>, String> {
        let mut found = Vec::new();
        while at != 0 {
            let entry = self.entries.get((at / 16) as usize - 1);
            match entry {
                Some((_, Place::Freed(_))) | None => return Err(format!("the list leads to {at:#x}")),
                Some(_) if found.contains(&at) => return Err(format!("the list is a ring at {at:#x}")),
                Some((next, _)) => {
                    found.push(at);
                    at = *next;
                }
            }
        }
        Ok(found)
    }

    /// Every entry is on the list or somebody's, and in one place.
    fn check(&self) -> Result<(), String> {
        let listed = self.walk(self.header.first())?;
        if self.header.depth() as usize != listed.len() {
            return Err(format!("depth {} of {listed:x?}", self.header.depth()));
        }
        for (i, (_, place)) in self.entries.iter().enumerate() {
            let address = 16 * (i as u64 + 1);
            let mut homes = usize::from(listed.contains(&address));
            homes += self.threads.iter().filter(|t| t.has.contains(&address)).count();
            let is_right = match place {
                Place::Listed => listed.contains(&address),
                Place::Taken(who) | Place::Freed(who) => self.threads[*who].has.contains(&address),
            };
            if homes != 1 || !is_right {
                return Err(format!("{address:#x} is {place:?} and in {homes} places"));
            }
        }
        Ok(())
    }
}

/// What the threads can come to: the number of states, how often memory that is gone was read, or what went wrong.
fn explore(world: World) -> Result<(usize, u32), String> {
    let (mut seen, mut open, mut faults) = (HashSet::new(), vec![world], 0);
    while let Some(world) = open.pop() {
        for me in 0..world.threads.len() {
            let mut next = world.clone();
            if next.step(me)? {
                next.check()?;
                faults += next.faults;
                next.faults = 0;
                if seen.insert(next.clone()) {
                    open.push(next);
                }
            }
        }
    }
    Ok((seen.len(), faults))
}

use Do::{Allocate, Flush, Free, Pop, Push, PushAll, PushSecond};

/// The old story: one reads that B comes after A; the other takes A, B and C and puts them back as A, C, B. The header has the same
/// first entry then, and the same depth.
const OLD_STORY: &[&[Do]] = &[&[Pop], &[Pop, Pop, Pop, PushSecond, PushSecond, Push]];

/// Scripts, the number of entries, and whether a thread can meet memory that another one has freed.
const SCRIPTS: &[(&[&[Do]], usize, bool)] = &[
    (OLD_STORY, 3, false),
    (&[&[Pop, Free], &[Pop, Free, Allocate, Push, Pop]], 3, true),
    (&[&[Pop, Free], &[Pop, Pop, Free, Allocate, PushAll]], 3, true),
    (&[&[Pop, Push, Pop], &[Pop, Push, Pop], &[Pop, Free]], 2, true),
    (&[&[Flush, Free], &[Pop, Pop, PushAll], &[Pop, Free]], 3, true),
    (
        &[&[Flush, PushAll, Flush, PushAll], &[Pop, Free, Allocate, Push]],
        3,
        false,
    ),
    (&[&[Pop, Free], &[Flush, Free, Allocate, Push]], 1, true),
];

#[test]
fn no_order_of_steps_loses_an_entry_or_takes_it_twice_and_freed_memory_is_survived() {
    for (scripts, entries, meets_freed) in SCRIPTS {
        let (states, faults) = explore(World::new(scripts, *entries))
            .unwrap_or_else(|wrong| panic!("{scripts:?} with {entries}: {wrong}"));
        println!("{scripts:?}: {states} states, {faults} reads of freed memory");
        assert!(states > 50, "{scripts:?}");
        assert_eq!(faults > 0, *meets_freed, "{scripts:?}");
    }
}

#[test]
fn without_the_sequence_number_the_same_search_finds_what_goes_wrong() {
    let mut world = World::new(OLD_STORY, 3);
    assert!(explore(world.clone()).is_ok());
    world.has_sequence = false;
    let wrong = explore(world).unwrap_err();
    assert!(wrong.starts_with("depth "), "an entry is lost: {wrong}");
}

#[test]
fn an_entry_of_the_list_that_cannot_be_read_is_the_programs_fault() {
    let header = Header(u128::from(0x40_u64) << 64 | 7 << 16 | 1);
    let mut pop = Machine::new(Call::Pop);
    assert_eq!(pop.resume(Reply::Begin), Action::ReadHeader);
    assert_eq!(pop.resume(Reply::Header(header)), Action::ReadNext(0x40));
    let same = Action::Exchange {
        from: header,
        to: header,
    };
    assert_eq!(pop.resume(Reply::Next(None)), same);
    assert_eq!(pop.resume(Reply::Exchanged), Action::Touch(0x40));
    // The program's handler has put memory there: once more from the beginning.
    assert_eq!(pop.resume(Reply::Begin), Action::ReadHeader);
    // And with another header it was a matter of bad luck.
    assert_eq!(pop.resume(Reply::Header(header)), Action::ReadNext(0x40));
    assert_eq!(pop.resume(Reply::Next(None)), same);
    assert_eq!(pop.resume(Reply::Header(Header::EMPTY)), Action::End(0));
}

#[test]
fn depth_and_sequence_wrap_apart_from_each_other() {
    let full = Header(u128::from(0x40_u64) << 64 | (1 << 16) | 0xffff);
    let mut push = Machine::new(Call::Push {
        first: 0x50,
        last: 0x50,
        count: 1,
    });
    let _ = push.resume(Reply::Header(full));
    let Action::Exchange { to, .. } = push.resume(Reply::Written) else {
        panic!("an exchange");
    };
    assert_eq!((to.depth(), to.sequence(), to.first()), (0, 2, 0x50));
    let last = Header(u128::from(u64::MAX >> 16 << 16));
    let _ = push.resume(Reply::Header(last));
    let Action::Exchange { to, .. } = push.resume(Reply::Written) else {
        panic!("an exchange");
    };
    assert_eq!((to.depth(), to.sequence()), (1, 0));
}
