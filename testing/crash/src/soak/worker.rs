//! What a worker does until it is killed.

use super::{CONTESTED, Common, Kind, Ledger, Object, Standing};
use super::{anchor_name, contested_name, has, own_name, waits};
use crate::storm::Random;
use filemap::list;
use filemap::{
    DueTime, FileMapAccess, FileMapping, Namespace, SectionFlags, Wait, Win32Code, wait_all, wait_any,
};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;

const NOW: Option<Duration> = Some(Duration::ZERO);
/// Bytes of a reserved section.
const RESERVED: u64 = 1 << 20;

/// Works in the slot until it is killed.
///
/// # Panics
/// If a promise is broken: that ends the process, which whoever started it sees.
pub fn work(space: &Namespace, slot: usize, seed: u64) -> ! {
    let broken = Ledger::new(space).expect("the ledger");
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |what| {
        // Before the message: this process may be killed while it writes that.
        broken.broken().fetch_add(1, SeqCst);
        tell(what);
    }));
    // Whoever kills and checks goes first: they are two among eight that never rest.
    let _ = rustix::process::nice(5);
    let mut worker = Worker {
        space: space.clone(),
        slot,
        random: Random::new(seed),
        ledger: Ledger::new(space).expect("the ledger"),
        standing: Standing::new(space, slot).expect("the standing objects"),
        common: Common::new(space).expect("everybody's objects"),
        own: [const { None }; Kind::ALL.len()],
        contested: [const { [const { None }; CONTESTED] }; Kind::ALL.len()],
        me: seed | 1 << 63,
    };
    loop {
        worker.call();
        worker.ledger.calls(slot).fetch_add(1, SeqCst);
    }
}

struct Worker {
    space: Namespace,
    slot: usize,
    random: Random,
    ledger: Ledger,
    standing: Standing,
    common: Common,
    own: [Option<Object>; Kind::ALL.len()],
    contested: [[Option<Object>; CONTESTED]; Kind::ALL.len()],
    /// A number that no other worker of the run has.
    me: u64,
}

fn say(word: &AtomicU64, what: u64) {
    word.store(what, SeqCst);
}

impl Worker {
    fn call(&mut self) {
        match self.random.below(32) {
            0..=6 => self.own_name(),
            7..=12 => self.contested_name(),
            13 => self.anchor(),
            // What takes less than a microsecond is done again and again, so that deaths hit it as often as the rest.
            14..=16 => self.often(Self::lock),
            17..=20 => self.often(Self::wait_for_all),
            21 | 22 => self.often(Self::wait_for_any),
            23 | 24 => self.often(Self::lock_of_all),
            25 | 26 => self.often(Self::objects_of_all),
            27 | 28 => self.timer_and_job(),
            29 | 30 => self.unnamed(),
            _ => drop(list::sweep(&self.space).expect("a sweep never fails")),
        }
    }

    fn often(&mut self, call: impl Fn(&mut Self)) {
        (0..self.random.below(64)).for_each(|_| call(self));
    }

    fn kind(&mut self) -> Kind {
        Kind::ALL[self.random.below(Kind::ALL.len())]
    }

    /// Names that only this slot uses: made, used, closed.
    fn own_name(&mut self) {
        let kind = self.kind();
        let name = own_name(self.slot, kind);
        match self.own[kind as usize].take() {
            None => {
                say(self.ledger.name(self.slot, kind), has::GETTING);
                let visited = self.ledger.visited(self.slot).load(SeqCst);
                let made = kind
                    .create(&self.space, &name)
                    .unwrap_or_else(|e| panic!("create: {e}"));
                // The stranger may have opened the one before; nobody else knows the name.
                let visited = visited + self.ledger.visited(self.slot).load(SeqCst);
                assert!(!made.already_existed() || visited > 0, "{name} was there");
                say(self.ledger.name(self.slot, kind), has::HELD);
                self.own[kind as usize] = Some(made);
            }
            Some(held) => match self.random.below(3) {
                0 => {
                    let again = kind
                        .open(&self.space, &name)
                        .unwrap_or_else(|e| panic!("lost: {e}"));
                    assert!(again.is_same_object(&held), "{name} is two objects");
                    self.own[kind as usize] = Some(again); // and the older handle goes
                }
                1 => self.own[kind as usize] = Some(held.inheritable().expect("made inheritable")),
                _ => {
                    say(self.ledger.name(self.slot, kind), has::GIVING);
                    drop(held);
                    say(self.ledger.name(self.slot, kind), has::NOT);
                }
            },
        }
    }

    /// Names that all fight for.
    fn contested_name(&mut self) {
        let (kind, which) = (self.kind(), self.random.below(CONTESTED));
        let name = contested_name(which, kind);
        let held = &mut self.contested[kind as usize][which];
        match self.random.below(4) {
            0 => {
                let made = kind
                    .create(&self.space, &name)
                    .unwrap_or_else(|e| panic!("create: {e}"));
                if let Some(held) = held {
                    assert!(made.already_existed(), "{name} was lost while it was held");
                    assert!(made.is_same_object(held), "{name} is two objects");
                }
                *held = Some(made);
            }
            1 | 2 => match kind.open(&self.space, &name) {
                Ok(found) => {
                    assert!(
                        held.as_ref().is_none_or(|held| found.is_same_object(held)),
                        "{name} is two objects"
                    );
                    *held = Some(found);
                }
                Err(e) => {
                    assert_eq!(e.code(), Win32Code::FILE_NOT_FOUND, "open: {e}");
                    assert!(held.is_none(), "{name} was lost while it was held: {e}");
                }
            },
            _ => *held = None,
        }
    }

    /// What the stranger holds is always there.
    fn anchor(&mut self) {
        let kind = self.kind();
        let found = kind.open(&self.space, &anchor_name(kind));
        found.unwrap_or_else(|e| panic!("a held name is lost: {e}"));
    }

    /// Lets others run now and then, so that some die just here.
    fn linger(&mut self) {
        if self.random.below(4) == 0 {
            std::thread::yield_now();
        }
    }

    fn lock(&mut self) {
        let word = self.ledger.mutex(self.slot);
        say(word, has::GETTING);
        let times = 1 + self.random.below(2);
        for _ in 0..times {
            let waited = self.standing.lock.wait(None).expect("locked");
            assert_eq!(
                waited,
                Wait::Object(0),
                "the stranger has told of the last death already"
            );
        }
        say(word, has::HELD);
        self.linger();
        let word = self.ledger.mutex(self.slot);
        say(word, has::GIVING);
        for _ in 0..times {
            self.standing.lock.release().expect("owned");
        }
        say(word, has::NOT);
    }

    /// Event set, semaphore 1: what both waits start from.
    fn signal(&self, then: u64) {
        let word = self.ledger.waits(self.slot);
        say(word, waits::CHANGING);
        self.standing.event.set().expect("set");
        self.standing.semaphore.release(1).expect("released");
        say(word, then);
    }

    fn wait_for_all(&mut self) {
        self.signal(waits::FOR_ALL);
        let Standing {
            event,
            semaphore,
            mutex,
            ..
        } = &self.standing;
        // In another order now and then.
        let waited = match self.random.below(2) {
            0 => wait_all(&[event, semaphore, mutex], None),
            _ => wait_all(&[mutex, event, semaphore], Some(Duration::from_secs(60))),
        };
        assert_eq!(waited.expect("waited"), Wait::Object(0));
        let word = self.ledger.waits(self.slot);
        say(word, waits::HAS_ALL);
        assert!(!event.is_set() && semaphore.count() == 0, "not all was taken");
        self.linger();
        let (word, mutex) = (self.ledger.waits(self.slot), &self.standing.mutex);
        say(word, waits::CHANGING);
        mutex.release().expect("owned");
        say(word, waits::IDLE);
    }

    fn wait_for_any(&mut self) {
        self.signal(waits::FOR_ANY);
        let Standing { event, semaphore, .. } = &self.standing;
        let waited = wait_any(&[event, semaphore], None).expect("waited");
        let word = self.ledger.waits(self.slot);
        say(word, waits::HAS_ANY);
        assert_eq!(waited, Wait::Object(0), "the lowest");
        assert!(!event.is_set() && semaphore.count() == 1, "both were taken");
        say(word, waits::CHANGING);
        assert_eq!(semaphore.wait(NOW).expect("waited"), Wait::Object(0));
        say(word, waits::IDLE);
    }

    /// One mutex for all, with a word that only its owner writes.
    fn lock_of_all(&mut self) {
        let limit = Duration::from_micros(1 << self.random.below(12));
        let waited = self.common.mutex.wait(Some(limit)).expect("waited");
        if waited == Wait::TimedOut {
            return;
        }
        self.own_and_release(waited);
    }

    fn own_and_release(&self, waited: Wait) {
        let owner = self.ledger.owner();
        let before = owner.swap(self.me, SeqCst);
        match waited {
            Wait::Abandoned(_) => {
                self.ledger.abandoned().fetch_add(1, SeqCst);
            }
            _ => assert_eq!(
                before, 0,
                "the last owner has not released it, and is not told dead"
            ),
        }
        std::thread::yield_now();
        assert_eq!(owner.swap(0, SeqCst), self.me, "two owners at once");
        self.common.mutex.release().expect("owned");
    }

    /// Signals and waits on what others signal and wait on, too.
    fn objects_of_all(&mut self) {
        let limit = Some(Duration::from_micros(1 << self.random.below(10)));
        let Common {
            event,
            semaphore,
            mutex,
            ..
        } = &self.common;
        match self.random.below(8) {
            0 => event.set().expect("set"),
            1 => event.reset().expect("reset"),
            2 => event.pulse().expect("pulsed"),
            3 => drop(
                semaphore
                    .release(1 + self.random.below(3) as u32)
                    .expect("released"),
            ),
            4 => drop(semaphore.wait(limit).expect("waited")),
            5 => drop(event.wait(limit).expect("waited")),
            6 => drop(wait_any(&[event, semaphore], limit).expect("waited")),
            _ => {
                let waited = wait_all(&[semaphore, mutex], limit).expect("waited");
                if waited != Wait::TimedOut {
                    self.own_and_release(waited);
                }
            }
        }
    }

    fn timer_and_job(&mut self) {
        if self.random.below(4) == 0 {
            self.standing.job.assign(std::process::id()).expect("assigned");
            let members = self.standing.job.members().expect("listed");
            assert!(members.iter().any(|m| m.pid == std::process::id()));
            return;
        }
        let due = Duration::from_micros(1 + self.random.below(200) as u64);
        self.standing
            .timer
            .set(DueTime::After(due), Duration::ZERO)
            .expect("set");
        if self.random.below(3) > 0 {
            assert_eq!(self.standing.timer.wait(None).expect("waited"), Wait::Object(0));
        }
    }

    /// Sections without a name, reserved ones and views.
    fn unnamed(&mut self) {
        if self.random.below(2) == 0 {
            let object = FileMapping::options()
                .namespace(&self.space)
                .size(4096 << self.random.below(6))
                .create_unnamed()
                .expect("created");
            let view = object.map().expect("mapped");
            view.write(0, &self.me).expect("written");
            assert_eq!(view.read::<u64>(0).expect("read"), self.me);
            return;
        }
        let name = format!(r"Local\reserved-{}", self.slot);
        let object = FileMapping::options()
            .namespace(&self.space)
            .size(RESERVED)
            .section_flags(SectionFlags::RESERVE)
            .create(&name)
            .expect("created");
        assert!(!object.already_existed(), "{name} was there");
        let view = object.map().expect("mapped");
        let at = self.random.below(RESERVED as usize / 4096) * 4096;
        view.commit(at, 4096).expect("committed");
        assert_eq!(view.read::<u64>(at).expect("read"), 0, "a new page is zeroes");
        view.write(at, &self.me).expect("written");
        let reader = FileMapping::options()
            .namespace(&self.space)
            .access(FileMapAccess::READ)
            .open(&name)
            .expect("opened");
        drop((object, view)); // the reader's handle is the last now
        let view = reader.map().expect("mapped");
        assert_eq!(view.read::<u64>(at).expect("read"), self.me);
    }
}
