//! Reclaiming dead entries within milliseconds of their holders' deaths, without asking the clock (I-24, I-25).
//!
//! When a process ends, the kernel closes its descriptors, and a close is an event of the directory. The event comes a moment
//! *before* the lock is dropped, so what still looks alive is looked at again a few times. An object's creator has it open
//! under the number of its inode and not under its name: the sweeper knows which name an inode has.
//!
//! Looking at an entry is an event too. How many of its own are on their way is counted for each name; should the kernel
//! have joined one of them with a stranger's, the looks that follow every event, and a sweep of the directory when nothing
//! has happened for a while, make up for it.

use crate::namespace::{Namespace, OpenDirectory};
use crate::private;
use crate::refusal;
use filemap_core::error::{Error, Op};
use filemap_core::lifecycle::Outcome;
use filemap_sys::os::inotify::{Inotify, Seen, Watch};
use filemap_sys::os::{names, tmpfs};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::CString;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// When an entry that looked alive after an event is looked at again: after the event, in milliseconds.
const AGAIN: [u64; 4] = [1, 5, 25, 125];
/// How long an event of our own may be on its way.
const OWN_EVENT: Duration = Duration::from_secs(1);
/// A directory in which something happened is swept as a whole when so long nothing has.
const QUIET: Duration = Duration::from_secs(10);
/// How long a directory that appears elsewhere may stay unseen where there is no event for it.
const LOOK_FOR_DIRECTORIES: Duration = Duration::from_secs(60);

/// Watches a tree of names and takes away what dies in it. Live objects are never touched.
///
/// It is a convenience: a dead name can't be opened, and whoever tries removes it. What it gives is memory back at once.
///
/// ```
/// # let place = tempfile::tempdir_in("/dev/shm")?;
/// # let space = filemap::Namespace::at(place.path());
/// use filemap::{FileMapping, inspect::Sweeper};
/// let frames = FileMapping::options().namespace(&space).size(4096).create(r"Local\frames")?;
/// // A dead entry is an object's file that nobody has locked: such as a copy.
/// let file = filemap::inspect::find(&space, r"Local\frames")?.expect("we hold it").path;
/// std::fs::copy(&file, file.with_file_name("dead"))?;
/// let mut swept = Vec::new();
/// let sweeper = Sweeper::new(&space, &mut |now| swept.push(now))?;
/// assert_eq!((swept.len(), swept[0].name.as_str()), (1, "dead"));
/// # drop((sweeper, frames));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Sweeper {
    space: Namespace,
    inotify: Inotify,
    directories: HashMap<Watch, Watched>,
    /// Entries to look at again, by time.
    again: BTreeMap<(Instant, u64), Again>,
    next_number: u64,
    look_for_directories: Instant,
}

/// An entry that was taken away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SweptNow {
    /// Its file name.
    pub name: String,
    /// Its directory.
    pub directory: PathBuf,
    /// Memory that it took, in bytes.
    pub bytes: u64,
}

#[derive(Debug)]
struct Watched {
    path: PathBuf,
    what: What,
    /// File names by inode, for events of descriptors that were made before the name.
    names: HashMap<u64, CString>,
    /// How large `names` was when it was made anew.
    known_once: usize,
    /// Events of our own that are still to come.
    own: HashMap<CString, (u32, Instant)>,
    /// Something has happened since the last sweep of all of it.
    touched: Option<Instant>,
}

#[derive(Debug)]
enum What {
    /// Directories appear here.
    Parent,
    /// Entries die here.
    Names(OpenDirectory),
}

#[derive(Debug)]
struct Again {
    watch: Watch,
    name: CString,
    round: usize,
    since: Instant,
}

/// Where to tell what was taken away.
type Tell<'a> = &'a mut dyn FnMut(SweptNow);

impl Sweeper {
    /// Watches the tree of a name space, after a first sweep of all of it.
    ///
    /// # Errors
    /// `ERROR_NO_SYSTEM_RESOURCES` (1450) or `ERROR_TOO_MANY_OPEN_FILES` (4) where the limits of inotify(7) are reached.
    pub fn new(space: &Namespace, tell: Tell<'_>) -> Result<Sweeper, Error> {
        let inotify = Inotify::new().map_err(failed)?;
        let mut sweeper = Sweeper {
            space: space.clone(),
            inotify,
            directories: HashMap::new(),
            again: BTreeMap::new(),
            next_number: 0,
            look_for_directories: Instant::now(),
        };
        sweeper.find_directories(tell)?;
        private::sweep_all(space);
        Ok(sweeper)
    }

    /// A descriptor that becomes readable when there is something to do: then call [`Sweeper::turn`].
    #[must_use]
    pub fn descriptor(&self) -> BorrowedFd<'_> {
        self.inotify.as_fd()
    }

    /// When to call [`Sweeper::turn`] at the latest, although the descriptor is not readable.
    #[must_use]
    pub fn due(&self) -> Instant {
        let again = self.again.keys().next().map(|(at, _)| *at);
        let quiet = self
            .directories
            .values()
            .filter_map(|dir| Some(dir.touched? + QUIET))
            .min();
        [again, quiet, Some(self.look_for_directories)]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or(self.look_for_directories)
    }

    /// How many directories it watches.
    #[must_use]
    pub fn directories(&self) -> usize {
        self.directories
            .values()
            .filter(|dir| matches!(dir.what, What::Names(_)))
            .count()
    }

    /// Takes away what has died, and returns; never waits.
    ///
    /// # Errors
    /// System errors of reading directories.
    pub fn turn(&mut self, tell: Tell<'_>) -> Result<(), Error> {
        let mut candidates: Vec<(Watch, CString)> = Vec::new();
        let mut known = HashSet::new();
        let mut look_around = false;
        let mut overflow = false;
        let directories = &mut self.directories;
        let now = Instant::now();
        self.inotify
            .read(|event| match event {
                Seen::Overflow => overflow = true,
                Seen::DirectoryGone(watch) => {
                    directories.remove(&watch);
                    look_around = true;
                }
                Seen::NewDirectory(_) => look_around = true,
                Seen::New(watch, name) => {
                    if let Some(dir) = directories.get_mut(&watch) {
                        dir.learn(name);
                    }
                }
                Seen::Closed(watch, name) => {
                    let Some(dir) = directories.get_mut(&watch) else {
                        return;
                    };
                    if let Some(name) = dir.meant(name, now)
                        && known.insert((watch, name.clone()))
                    {
                        dir.touched = Some(now);
                        candidates.push((watch, name));
                    }
                }
            })
            .map_err(failed)?;
        for (watch, name) in candidates {
            self.look(watch, name, 0, now, tell)?;
        }
        let now = Instant::now();
        while let Some(entry) = self.again.first_entry() {
            if entry.key().0 > now {
                break;
            }
            let Again {
                watch,
                name,
                round,
                since,
            } = entry.remove();
            self.look(watch, name, round, since, tell)?;
        }
        if overflow || look_around || now >= self.look_for_directories {
            self.find_directories(tell)?;
            private::sweep_all(&self.space);
        }
        let quiet: Vec<Watch> = self
            .directories
            .iter()
            .filter(|(_, dir)| overflow || dir.touched.is_some_and(|at| at + QUIET <= now))
            .map(|(watch, _)| *watch)
            .collect();
        for watch in quiet {
            self.sweep_all(watch, tell)?;
        }
        Ok(())
    }

    /// Looks at an entry and takes it away if it is dead; else looks again soon.
    fn look(
        &mut self,
        watch: Watch,
        name: CString,
        round: usize,
        since: Instant,
        tell: Tell<'_>,
    ) -> Result<(), Error> {
        let Some(dir) = self.directories.get_mut(&watch) else {
            return Ok(());
        };
        if dir.sweep(&name, tell)? == Outcome::Live
            && let Some(delay) = AGAIN.get(round)
        {
            self.next_number += 1;
            let at = since + Duration::from_millis(*delay);
            let round = round + 1;
            self.again.insert(
                (at, self.next_number),
                Again {
                    watch,
                    name,
                    round,
                    since,
                },
            );
        }
        Ok(())
    }

    /// Looks at every entry of a directory.
    fn sweep_all(&mut self, watch: Watch, tell: Tell<'_>) -> Result<(), Error> {
        let Some(dir) = self.directories.get_mut(&watch) else {
            return Ok(());
        };
        dir.touched = None;
        dir.learn_all();
        let names: Vec<CString> = dir.names.values().cloned().collect();
        for name in names {
            dir.sweep(&name, tell)?;
        }
        Ok(())
    }

    /// Watches the directories that it does not watch yet.
    fn find_directories(&mut self, tell: Tell<'_>) -> Result<(), Error> {
        self.look_for_directories = Instant::now() + LOOK_FOR_DIRECTORIES;
        let (shared, own) = self.space.roots();
        let mut parents = Vec::new();
        for root in [shared, own] {
            for below in ["", "Sessions", "Private"] {
                parents.push(root.join(below));
            }
        }
        // A tree that does not exist yet appears in its parent.
        parents.extend(
            [shared, own]
                .into_iter()
                .filter(|root| !root.is_dir())
                .filter_map(|root| Some(root.parent()?.to_owned())),
        );
        let mut wanted: Vec<(PathBuf, What)> = parents.into_iter().map(|path| (path, What::Parent)).collect();
        for directory in self.space.existing_directories() {
            // What may not be looked into is its owner's to sweep.
            if let Ok(Some(dir)) = self.space.open_untouched(directory, false) {
                wanted.push((dir.path().to_owned(), What::Names(dir)));
            }
        }
        for (_, dir) in private::directories(&self.space) {
            wanted.push((dir.path().to_owned(), What::Names(dir)));
        }
        for (path, what) in wanted {
            let is_names = matches!(what, What::Names(_));
            let watch = match self.inotify.watch(&path, is_names) {
                Ok(watch) => watch,
                Err(e) if matches!(e.errno, libc::ENOENT | libc::EACCES | libc::ENOTDIR) => continue,
                Err(e) => return Err(failed(e)),
            };
            if self.directories.contains_key(&watch) {
                continue;
            }
            self.directories.insert(watch, Watched::new(path, what));
            if is_names {
                self.sweep_all(watch, tell)?;
            }
        }
        Ok(())
    }
}

impl Watched {
    fn new(path: PathBuf, what: What) -> Watched {
        Watched {
            path,
            what,
            names: HashMap::new(),
            known_once: 0,
            own: HashMap::new(),
            touched: None,
        }
    }

    fn dir(&self) -> Option<&OpenDirectory> {
        match &self.what {
            What::Names(dir) => Some(dir),
            What::Parent => None,
        }
    }

    /// Notes which inode a new name has.
    fn learn(&mut self, name: CString) {
        if is_the_trees_own(&name) {
            return;
        }
        let Some(inode) = self
            .dir()
            .and_then(|dir| tmpfs::stat_name(dir.file(), &name).ok())
            .map(|stat| stat.st_ino)
        else {
            return;
        };
        self.names.insert(inode, name);
        // Names that went are not told one by one.
        if self.names.len() > 2 * self.known_once + 4096 {
            self.learn_all();
        }
    }

    fn learn_all(&mut self) {
        let Some(dir) = self.dir() else {
            return;
        };
        let names = tmpfs::inodes_in(dir.file()).unwrap_or_default();
        self.names = names
            .into_iter()
            .filter(|(_, name)| !is_the_trees_own(name))
            .collect();
        self.known_once = self.names.len();
    }

    /// The entry that an event is about; `None` for an event of our own, or about what has no name.
    fn meant(&mut self, name: CString, now: Instant) -> Option<CString> {
        if let Some(inode) = name.to_bytes().strip_prefix(b"#") {
            let inode: u64 = std::str::from_utf8(inode).ok()?.parse().ok()?;
            return self.names.get(&inode).cloned();
        }
        if is_the_trees_own(&name) {
            return None;
        }
        if let Some((left, until)) = self.own.get_mut(&name) {
            let ours = *until > now;
            *left -= 1;
            if *left == 0 || !ours {
                self.own.remove(&name);
            }
            if ours {
                return None;
            }
        }
        Some(name)
    }

    fn sweep(&mut self, name: &CString, tell: Tell<'_>) -> Result<Outcome, Error> {
        let Some(dir) = self.dir() else {
            return Ok(Outcome::NotFound);
        };
        let stat = tmpfs::stat_name(dir.file(), name).ok();
        let outcome = names::sweep(dir.file(), name)
            .map_err(|e| refusal::system(Op::Sweep, &self.path.display().to_string(), e))?;
        if !matches!(outcome, Outcome::NotFound | Outcome::Denied | Outcome::NotAFile) {
            let (left, until) = self.own.entry(name.clone()).or_insert((0, Instant::now()));
            *left += 1;
            *until = Instant::now() + OWN_EVENT;
        }
        if outcome == Outcome::Removed {
            if let Some(stat) = &stat {
                self.names.remove(&stat.st_ino);
            }
            tell(SweptNow {
                name: name.to_string_lossy().into_owned(),
                directory: self.path.clone(),
                bytes: stat.map_or(0, |stat| (stat.st_blocks as u64).saturating_mul(512)),
            });
        }
        Ok(outcome)
    }
}

/// Names with a dot are the tree's own, such as the arena's.
fn is_the_trees_own(name: &CString) -> bool {
    name.as_bytes().starts_with(b".")
}

fn failed(e: filemap_sys::SysError) -> Error {
    refusal::system(Op::Sweep, "the tree", e)
}

/// Whether `path` is a directory of the tree that entries die in; for tests.
#[cfg(test)]
fn watches(sweeper: &Sweeper, path: &std::path::Path) -> bool {
    sweeper
        .directories
        .values()
        .any(|dir| dir.path == path && matches!(dir.what, What::Names(_)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FileMapping;
    use std::fs;

    fn until(
        sweeper: &mut Sweeper,
        swept: &mut Vec<String>,
        mut done: impl FnMut(&Sweeper, &[String]) -> bool,
    ) {
        filemap_testing::wait_for("the sweeper", || {
            sweeper.turn(&mut |now| swept.push(now.name)).unwrap();
            done(sweeper, swept)
        });
    }

    // I-24, O-17
    #[test]
    fn directories_that_appear_later_are_watched_and_what_dies_in_them_goes() {
        let root = filemap_testing::private_root();
        let space = Namespace::at(root.path()).with_session(3);
        let mut swept = Vec::new();
        let mut sweeper = Sweeper::new(&space, &mut |_| ()).unwrap();
        let held = FileMapping::options()
            .namespace(&space)
            .size(4096)
            .create("live")
            .unwrap();
        let names = root.path().join("Sessions/3");
        until(&mut sweeper, &mut swept, |sweeper, _| watches(sweeper, &names));
        // A copy is an entry that nobody has locked; writing it ends with a close.
        fs::copy(names.join("live"), names.join("dead")).unwrap();
        until(&mut sweeper, &mut swept, |_, swept| swept == ["dead"]);
        assert!(names.join("live").exists());
        drop(held);
    }

    // I-25
    #[test]
    fn own_looks_do_not_keep_it_busy() {
        let root = filemap_testing::private_root();
        let space = Namespace::at(root.path()).with_session(3);
        let _held = FileMapping::options()
            .namespace(&space)
            .size(4096)
            .create("live")
            .unwrap();
        let mut sweeper = Sweeper::new(&space, &mut |_| ()).unwrap();
        drop(FileMapping::options().namespace(&space).open("live").unwrap());
        let mut swept = Vec::new();
        until(&mut sweeper, &mut swept, |sweeper, _| {
            sweeper.again.is_empty() && sweeper.directories.values().all(|dir| dir.own.is_empty())
        });
        assert!(swept.is_empty());
    }
}
