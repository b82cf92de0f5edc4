//! The process that never dies and checks what a dead worker has left.

use super::{Common, Kind, Ledger, Object, SLOTS, Standing};
use super::{anchor_name, has, own_name, waits};
use filemap::list;
use filemap::{DueTime, Namespace, Wait, Win32Code};
use filemap_testing::wait_for;
use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

const NOW: Option<Duration> = Some(Duration::ZERO);
/// Longer than any timer takes, also on a machine that does ten other things.
const LONG: Option<Duration> = Some(Duration::from_secs(60));

/// What the tree takes when only the standing objects are there.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Rest {
    names: BTreeSet<String>,
    bytes: u64,
    descriptors: usize,
}

/// The stranger's handles and what it knows.
#[derive(Debug)]
pub struct Stranger {
    space: Namespace,
    ledger: Ledger,
    standing: Vec<Standing>,
    common: Common,
    anchors: Vec<Object>,
    /// Names of a worker that this process opened before the worker died.
    opened: Vec<(Kind, Object)>,
    rest: Option<Rest>,
    checks: u64,
}

/// Plays the stranger: an order per line of standard input, an answer per line of standard output.
///
/// # Panics
/// If a promise is broken.
pub fn attend(space: &Namespace) {
    let mut stranger = Stranger::new(space);
    let answer = |checks: u64| {
        let mut out = std::io::stdout().lock();
        writeln!(out, "{checks}")
            .and_then(|()| out.flush())
            .expect("somebody reads");
    };
    answer(0);
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("an order");
        let words: Vec<&str> = line.split(' ').collect();
        let number = |at: usize| words[at].parse::<usize>().expect("a number");
        match words[0] {
            "before" => stranger.open_some(number(1)),
            "after" => stranger.check(number(1), number(2) as u32),
            "all" => stranger.check_all(),
            order => panic!("{order}: no such order"),
        }
        answer(stranger.checks);
    }
}

impl Stranger {
    /// Makes the standing objects.
    ///
    /// # Panics
    /// If that fails.
    #[must_use]
    pub fn new(space: &Namespace) -> Stranger {
        let ledger = Ledger::new(space).expect("a ledger");
        (0..SLOTS).for_each(|slot| ledger.clear(slot));
        ledger.owner().store(0, SeqCst);
        ledger.broken().store(0, SeqCst);
        let standing = (0..SLOTS).map(|slot| Standing::new(space, slot));
        Stranger {
            space: space.clone(),
            standing: standing.collect::<Result<_, _>>().expect("the standing objects"),
            common: Common::new(space).expect("everybody's objects"),
            anchors: Kind::ALL
                .map(|kind| kind.create(space, &anchor_name(kind)).expect("an anchor"))
                .into(),
            opened: Vec::new(),
            rest: None,
            checks: 0,
            ledger,
        }
    }

    /// Opens those of the worker's own names that it says it holds.
    ///
    /// # Panics
    /// If one that it held all the time is lost.
    pub fn open_some(&mut self, slot: usize) {
        self.ledger.visited(slot).store(1, SeqCst);
        for kind in Kind::ALL {
            let (word, calls) = (self.ledger.name(slot, kind), self.ledger.calls(slot));
            let before = (calls.load(SeqCst), word.load(SeqCst));
            if before.1 != has::HELD {
                continue;
            }
            match kind.open(&self.space, &own_name(slot, kind)) {
                Ok(object) => self.opened.push((kind, object)),
                // Within one call the word changes to or from "held", not both: then it was held all the time.
                Err(e) => {
                    assert_ne!(
                        (calls.load(SeqCst), word.load(SeqCst)),
                        before,
                        "a live name is lost: {e}"
                    );
                }
            }
        }
    }

    fn promise(&mut self, kept: bool, what: impl FnOnce() -> String) {
        self.checks += 1;
        assert!(kept, "{}", what());
    }

    /// Checks what the dead worker of a slot has left, and makes its standing objects as they were.
    ///
    /// # Panics
    /// If a promise is broken.
    pub fn check(&mut self, slot: usize, pid: u32) {
        self.names(slot);
        self.lock(slot);
        self.waits(slot);
        let job = self.standing[slot].job.members().expect("listed");
        self.promise(job.iter().all(|m| m.pid != pid), || {
            format!("the dead {pid} is a member of {job:?}")
        });
        self.timer(slot);
        self.anchors();
        self.ledger.clear(slot);
    }

    fn names(&mut self, slot: usize) {
        // Whose maker is dead lives on in this process, and no longer.
        for (kind, object) in std::mem::take(&mut self.opened) {
            let name = own_name(slot, kind);
            let found = kind.open(&self.space, &name);
            match found {
                Ok(found) => self.promise(found.is_same_object(&object), || format!("{name} is two objects")),
                Err(e) => {
                    // The worker closed it and made another one of that name after this process opened it: then the
                    // first has kept the name, so this can't be.
                    self.promise(false, || format!("the live name {name} is lost: {e}"));
                }
            }
        }
        let dead = Kind::ALL.map(|kind| (kind, own_name(slot, kind)));
        let reserved = (Kind::Section, format!(r"Local\reserved-{slot}"));
        for (kind, name) in dead.into_iter().chain([reserved]) {
            // A reader of /proc/PID/fd may keep the file of a dead process, and its lock, a moment longer.
            let space = &self.space;
            wait_for(&format!("the dead {name} to go"), || {
                let found = kind.open(space, &name);
                matches!(&found, Err(e) if e.code() == Win32Code::FILE_NOT_FOUND)
            });
            self.checks += 1;
        }
        // Others may be reaping the same entry at this moment; they are at work, so it ends.
        let theirs = [format!("own-{slot}-"), format!("reserved-{slot}")];
        let space = self.space.clone();
        wait_for("the files of the dead to go", || {
            list::sweep(&space).expect("swept");
            let files = files(space.root());
            !files
                .iter()
                .any(|(name, _)| theirs.iter().any(|prefix| name.starts_with(prefix)))
        });
        self.checks += 1;
    }

    fn lock(&mut self, slot: usize) {
        let said = self.ledger.mutex(slot).load(SeqCst);
        let told = self.standing[slot].lock.wait(NOW).expect("waited");
        let expected: &[Wait] = match said {
            has::NOT => &[Wait::Object(0)],
            has::HELD => &[Wait::Abandoned(0)],
            _ => &[Wait::Object(0), Wait::Abandoned(0)],
        };
        self.promise(expected.contains(&told), || {
            format!("a mutex of a dead owner ({said}): {told:?}")
        });
        self.standing[slot].lock.release().expect("owned");
        let again = self.standing[slot].lock.wait(NOW).expect("waited");
        self.promise(again == Wait::Object(0), || format!("told twice: {again:?}"));
        self.standing[slot].lock.release().expect("owned");
    }

    fn waits(&mut self, slot: usize) {
        let said = self.ledger.waits(slot).load(SeqCst);
        let standing = &self.standing[slot];
        let (event, units) = (standing.event.is_set(), standing.semaphore.count());
        let told = standing.mutex.wait(NOW).expect("waited");
        let nothing = (true, 1, Wait::Object(0));
        let all = (false, 0, Wait::Abandoned(0));
        let found = (event, units, told);
        let kept = match said {
            waits::IDLE => found == (false, 0, Wait::Object(0)),
            waits::FOR_ALL => found == nothing || found == all,
            waits::HAS_ALL => found == all,
            waits::FOR_ANY => found == nothing || found == (false, 1, Wait::Object(0)),
            waits::HAS_ANY => found == (false, 1, Wait::Object(0)),
            _ => told != Wait::TimedOut && units <= 1,
        };
        self.promise(kept, || {
            format!("a wait of the dead (at {said}) left event, units and mutex as {found:?}")
        });
        let standing = &self.standing[slot];
        standing.mutex.release().expect("owned");
        standing.event.reset().expect("reset");
        while standing.semaphore.wait(NOW).expect("waited") != Wait::TimedOut {}
    }

    fn timer(&mut self, slot: usize) {
        let timer = &self.standing[slot].timer;
        timer
            .set(DueTime::After(Duration::from_nanos(1)), Duration::ZERO)
            .expect("set");
        let told = timer.wait(LONG).expect("waited");
        let again = timer.wait(NOW).expect("waited");
        self.promise(told == Wait::Object(0) && again == Wait::TimedOut, || {
            format!("a timer: {told:?}, {again:?}")
        });
    }

    fn anchors(&mut self) {
        for kind in Kind::ALL {
            let found = kind.open(&self.space, &anchor_name(kind));
            let same = matches!(&found, Ok(found) if found.is_same_object(&self.anchors[kind as usize]));
            self.promise(same, || format!("a held {kind:?} is lost: {found:?}"));
        }
    }

    /// Checks that nothing but the standing objects is there; all workers are dead.
    ///
    /// # Panics
    /// If a promise is broken.
    pub fn check_all(&mut self) {
        self.common_objects();
        list::sweep(&self.space).expect("swept");
        let listing = list::list(&self.space).expect("listed");
        self.promise(listing.dead.is_empty() && listing.oddities.is_empty(), || {
            format!("{:?} {:?}", listing.dead, listing.oddities)
        });
        // The one that started this process holds the ledger, too.
        let parent = rustix::process::getppid().map_or(0, |pid| pid.as_raw_nonzero().get() as u32);
        let known = [std::process::id(), parent];
        let strangers = listing.objects.iter().find(|object| {
            object.holders.is_empty() || object.holders.iter().any(|pid| !known.contains(pid))
        });
        self.promise(strangers.is_none(), || {
            format!("held by nobody that lives: {strangers:?}")
        });
        drop(listing);
        let files = files(self.space.root());
        let rest = Rest {
            bytes: files.iter().map(|(_, bytes)| bytes).sum(),
            names: files.into_iter().map(|(name, _)| name).collect(),
            descriptors: fs::read_dir("/proc/self/fd").expect("own descriptors").count(),
        };
        let first = self.rest.get_or_insert_with(|| rest.clone()).clone();
        self.promise(first == rest, || format!("leaked: {first:?} became {rest:?}"));
    }

    fn common_objects(&mut self) {
        let Common {
            event,
            semaphore,
            mutex,
            ..
        } = &self.common;
        let told = mutex.wait(NOW).expect("waited");
        assert_ne!(told, Wait::TimedOut, "owned by the dead");
        mutex.release().expect("owned");
        assert_eq!(mutex.wait(NOW).expect("waited"), Wait::Object(0), "told twice");
        mutex.release().expect("owned");
        let before = self.ledger.owner().swap(0, SeqCst);
        assert!(
            before == 0 || told == Wait::Abandoned(0),
            "died with it, and nobody is told"
        );
        event.reset().expect("reset");
        assert_eq!(event.wait(NOW).expect("waited"), Wait::TimedOut);
        event.set().expect("set");
        assert_eq!(event.wait(NOW).expect("waited"), Wait::Object(0));
        while semaphore.wait(NOW).expect("waited") != Wait::TimedOut {}
        assert_eq!(semaphore.release(2).expect("released"), 0);
        assert_eq!(semaphore.wait(NOW).expect("waited"), Wait::Object(0));
        self.checks += 7;
    }
}

/// Names and bytes of all files of a tree.
fn files(root: &Path) -> Vec<(String, u64)> {
    let mut found = Vec::new();
    let mut directories = vec![root.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(&directory).into_iter().flatten().flatten() {
            // What goes meanwhile is no longer there.
            let Ok(data) = fs::symlink_metadata(entry.path()) else {
                continue;
            };
            match data.is_dir() {
                true => directories.push(entry.path()),
                false => found.push((
                    entry.file_name().to_string_lossy().into_owned(),
                    data.blocks() * 512,
                )),
            }
        }
    }
    found
}
