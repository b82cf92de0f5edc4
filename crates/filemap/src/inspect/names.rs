//! The names of a tree, and what is behind them, one after the other: any number of objects takes the memory of their names.

use super::entry::{Entry, Oddity, entry_at, known};
use super::usage::Holders;
use crate::namespace::{Namespace, OpenDirectory};
use crate::private;
use crate::refusal;
use filemap_core::error::{Error, Why};
use filemap_core::name::{Directory, ObjectName};
use filemap_sys::os::tmpfs;
use std::ffi::CStr;
use std::ops::ControlFlow;
use std::sync::mpsc;

/// Which directories [`for_each`] walks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// `Global` and all sessions (and the directories of kinds, where there are some).
    #[default]
    Sessions,
    /// Those and all private name spaces.
    Everything,
}

/// A directory to walk.
#[derive(Debug)]
pub(super) struct Walked {
    pub(super) directory: Directory,
    pub(super) boundary: Option<String>,
    pub(super) dir: OpenDirectory,
}

/// The directories of a scope; those that may not be looked into go to `odd`.
pub(super) fn directories(space: &Namespace, scope: Scope, odd: &mut dyn FnMut(Oddity)) -> Vec<Walked> {
    let mut walked = Vec::new();
    for directory in space.existing_directories() {
        match space.open_untouched(directory, false) {
            Ok(Some(dir)) => walked.push(Walked {
                directory,
                boundary: None,
                dir,
            }),
            Ok(None) => {}
            Err((path, _)) => {
                let why = Why::TreeDenied {
                    path: path.display().to_string(),
                };
                odd(Oddity {
                    path,
                    named: None,
                    why,
                });
            }
        }
    }
    if scope == Scope::Everything {
        for (boundary, dir) in private::directories(space) {
            walked.push(Walked {
                directory: Directory::Global,
                boundary: Some(boundary),
                dir,
            });
        }
    }
    walked
}

/// Calls `each` with every entry: [`Names::for_each`] by somebody who does not know who holds what.
///
/// # Errors
/// None for single entries: those come as [`Entry::Odd`].
pub fn for_each(
    space: &Namespace,
    scope: Scope,
    each: impl FnMut(Entry) -> ControlFlow<()>,
) -> Result<(), Error> {
    names(space, scope).for_each(&Holders::default(), each);
    Ok(())
}

/// The names of a scope: what is kept of each object while all are looked at, so that a hundred thousand are no more than
/// their names.
#[derive(Debug)]
pub struct Names {
    directories: Vec<(Walked, tmpfs::Names)>,
    /// Directories that may not be looked into.
    closed: Vec<Oddity>,
    /// Whose names are shown without their number.
    session: u32,
}

/// The names that there are now.
#[must_use]
pub fn names(space: &Namespace, scope: Scope) -> Names {
    let mut closed = Vec::new();
    let directories = directories(space, scope, &mut |odd| closed.push(odd));
    let directories = directories.into_iter().filter_map(|walked| {
        // Names with a dot are the tree's own, such as the arena's.
        match tmpfs::Names::in_order(walked.dir.file(), |name| !name.starts_with('.')) {
            Ok(names) => Some((walked, names)),
            Err(e) => {
                let path = walked.dir.path().to_owned();
                let why = match e.errno {
                    libc::EACCES => Why::TreeDenied {
                        path: path.display().to_string(),
                    },
                    _ => refusal::cause(e),
                };
                closed.push(Oddity {
                    path,
                    named: None,
                    why,
                });
                None
            }
        }
    });
    Names {
        directories: directories.collect(),
        closed,
        session: space.session(),
    }
}

impl Names {
    /// How many columns the widest takes, by the names of the files alone: for those who show many objects one after the other.
    /// `width` tells it of a text; of names in ASCII it is the length. Names that are too long for a file's are left out.
    #[must_use]
    pub fn widest(&self, width: impl Fn(&str) -> usize) -> usize {
        let columns = |name: &CStr| {
            let name = name.to_str().unwrap_or_default();
            // Nearly all of very many.
            if name.bytes().all(|b| matches!(b, b' '..=b'~') && b != b'%') {
                return name.len();
            }
            ObjectName::from_file_name(name).map_or(0, |name| width(&name.to_text()))
        };
        let widest = |(walked, names): &(Walked, tmpfs::Names)| {
            let prefix = match (&walked.boundary, walked.directory) {
                (Some(boundary), _) => width(boundary) + 1,
                (None, Directory::Global) => r"Global\".len(),
                (None, Directory::Session(n)) if n == self.session => r"Local\".len(),
                (None, Directory::Session(n)) => format!(r"Session\{n}\").len(),
                (None, Directory::OfKind(_)) => 0,
            };
            Some(prefix + names.part(0, names.len()).map(columns).max()?)
        };
        self.directories.iter().filter_map(widest).max().unwrap_or(0)
    }

    /// Calls `each` with every entry: directory after directory, in each by file name. Ends early when `each` breaks.
    ///
    /// `holders`, if they are known, spare most of the calls: of a plain object (`filemap_core::plain`) whose creator is
    /// among them, the inode tells the rest.
    pub fn for_each(self, holders: &Holders, mut each: impl FnMut(Entry) -> ControlFlow<()>) {
        self.for_each_block(
            holders,
            |entries| entries.collect(),
            |block: Vec<Entry>| block.into_iter().try_for_each(&mut each),
        );
    }

    /// As [`for_each`](Names::for_each), for work that may be done in several threads: `make` makes something of a few hundred
    /// entries, in whatever thread looks at them, and `each` gets these in the order of the names.
    pub fn for_each_block<T: Send>(
        self,
        holders: &Holders,
        make: impl Fn(&mut dyn Iterator<Item = Entry>) -> T + Sync,
        mut each: impl FnMut(T) -> ControlFlow<()>,
    ) {
        if !self.closed.is_empty() && each(make(&mut self.closed.into_iter().map(Entry::Odd))).is_break() {
            return;
        }
        for (walked, names) in &self.directories {
            let look = |name: &CStr| {
                let found = known(&walked.dir, walked.directory, name, holders);
                let found = found.or_else(|| entry_at(&walked.dir, walked.directory, name));
                found.map(|entry| match entry {
                    Entry::Live(mut object) => {
                        object.boundary.clone_from(&walked.boundary);
                        Entry::Live(object)
                    }
                    Entry::Odd(mut odd) if walked.boundary.is_some() => {
                        odd.named = None;
                        Entry::Odd(odd)
                    }
                    other => other,
                })
            };
            let look_at = |block: usize| make(&mut names.part(block * BLOCK, BLOCK).filter_map(look));
            if in_order(names.len().div_ceil(BLOCK), look_at, &mut each).is_break() {
                return;
            }
        }
    }
}

/// Names that a thread looks at before it hands on what it found.
const BLOCK: usize = 256;

/// Calls `each` with what comes of each of so many blocks, in their order. Where there are many, other threads are a few blocks
/// ahead of `each`.
fn in_order<T: Send>(
    blocks: usize,
    look_at: impl Fn(usize) -> T + Sync,
    each: &mut impl FnMut(T) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(4);
    let threads = if threads > 1 && blocks > 1 { threads } else { 0 };
    std::thread::scope(|scope| {
        let look_at = &look_at;
        let ahead: Vec<_> = (0..threads)
            .map_while(|first| {
                let (sender, receiver) = mpsc::sync_channel(1);
                let work = move || {
                    for block in (first..blocks).step_by(threads) {
                        if sender.send(look_at(block)).is_err() {
                            break; // nobody wants more
                        }
                    }
                };
                let started = std::thread::Builder::new().spawn_scoped(scope, work);
                started.ok().map(|_| receiver)
            })
            .collect();
        (0..blocks).try_for_each(|block| {
            // Without the thread, for want of memory say, this one does it.
            let found = ahead
                .get(block % threads.max(1))
                .and_then(|blocks| blocks.recv().ok());
            each(found.unwrap_or_else(|| look_at(block)))
        })
    })
}
