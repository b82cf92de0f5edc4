//! What an assistant does, and what strangers then find.

use filemap::list::{self, Swept};
use filemap::security::{SecurityDescriptor, SecurityInformation};
use filemap::{FileMapAccess, FileMapping, Inherit, Namespace, SectionFlags, Win32Code};
use filemap_testing::{PrivateRoot, private_root, wait_for};
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

/// The name that everything is about.
pub const NAME: &str = r"Local\frames";
/// Bytes of an object that is made before its name is looked up.
pub const SMALL: u64 = 4096;
/// Bytes of an object whose name is looked up before its memory is taken.
pub const LARGE: u64 = 1 << 20;
/// What the holder of a live object has written into it.
const MARK: &[u8] = b"the bystander's data";

/// What the name leads to while the assistant works, and who holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Nothing, and the assistant alone holds what it makes.
    Empty,
    /// An entry whose holders are gone.
    Dead,
    /// An object that the test made and holds.
    Live,
    /// An object that the test made; the assistant opens it, and then the test lets it go.
    HandedOver,
    /// An object that the assistant made; the test opens it, and holds it from then on.
    Joined,
}

/// What the assistant has before it is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Handle {
    None,
    Created(Inherit),
    Opened,
    /// With the right to say who may open it.
    OpenedToSecure,
}

/// What the assistant does while it is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Create(u64, SectionFlags),
    /// A small object, whose permissions are set before it has a name.
    CreateSecured,
    Open(FileMapAccess),
    Close,
    /// Changes who may open a plain object, so that it gets a footer.
    Secure,
    Sweep,
}

/// One operation of an assistant.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// Its name, a sentence.
    pub name: &'static str,
    /// The stage.
    pub stage: Stage,
    handle: Handle,
    act: Act,
    /// The points that it passes, in order.
    pub points: &'static [&'static str],
}

const READ: FileMapAccess = FileMapAccess::READ;
const BOTH: FileMapAccess = FileMapAccess::READ.union(FileMapAccess::WRITE);
const COMMIT: SectionFlags = SectionFlags::COMMIT;

macro_rules! steps {
    ($($step:tt),*) => { steps!(@ [] $($step),*) };
    (@ [$($done:expr),*] prepare $(, $rest:tt)*) => {
        steps!(@ [$($done,)* "before prepare", "prepare: memory", "prepare: finished", "after prepare"] $($rest),*)
    };
    (@ [$($done:expr),*] fill $(, $rest:tt)*) => {
        steps!(@ [$($done,)* "before fill", "prepare: memory", "after fill"] $($rest),*)
    };
    (@ [$($done:expr),*] $call:literal $(, $rest:tt)*) => {
        steps!(@ [$($done,)* concat!("before ", $call), concat!("after ", $call)] $($rest),*)
    };
    (@ [$($done:expr),*]) => { &[$($done),*] };
}

impl Operation {
    /// Every operation, by every way that it can go when nobody disturbs it.
    pub const ALL: &'static [Operation] = &[
        Operation {
            name: "create a new object",
            stage: Stage::Empty,
            handle: Handle::None,
            act: Act::Create(SMALL, COMMIT),
            points: steps!["claim", fill, "lock shared", "linked"],
        },
        Operation {
            name: "create a new object with a descriptor of its own",
            stage: Stage::Empty,
            handle: Handle::None,
            act: Act::CreateSecured,
            points: steps![prepare, "publish"],
        },
        Operation {
            name: "create a new large object",
            stage: Stage::Empty,
            handle: Handle::None,
            act: Act::Create(LARGE, COMMIT),
            points: steps!["open", prepare, "publish"],
        },
        Operation {
            name: "create a new reserved object",
            stage: Stage::Empty,
            handle: Handle::None,
            act: Act::Create(LARGE, SectionFlags::RESERVE),
            points: steps!["claim", "fill", "lock shared", "linked"],
        },
        Operation {
            name: "create over a dead entry",
            stage: Stage::Dead,
            handle: Handle::None,
            act: Act::Create(SMALL, COMMIT),
            points: steps![
                "claim",
                "open",
                "look",
                "lock exclusive",
                "still named",
                "unlink",
                "forget",
                prepare,
                "publish"
            ],
        },
        Operation {
            name: "create over a dead entry with a descriptor of its own",
            stage: Stage::Dead,
            handle: Handle::None,
            act: Act::CreateSecured,
            points: steps![
                prepare,
                "publish",
                "open",
                "look",
                "lock exclusive",
                "still named",
                "unlink",
                "forget",
                "publish"
            ],
        },
        Operation {
            name: "create a large object over a dead entry",
            stage: Stage::Dead,
            handle: Handle::None,
            act: Act::Create(LARGE, COMMIT),
            points: steps![
                "open",
                "look",
                "lock exclusive",
                "still named",
                "unlink",
                "forget",
                prepare,
                "publish"
            ],
        },
        Operation {
            name: "create what exists",
            stage: Stage::Live,
            handle: Handle::None,
            act: Act::Create(SMALL, COMMIT),
            points: steps!["claim", "open", "look", "lock shared", "linked"],
        },
        Operation {
            name: "create what exists with a descriptor of its own",
            stage: Stage::Live,
            handle: Handle::None,
            act: Act::CreateSecured,
            points: steps![
                prepare,
                "publish",
                "open",
                "look",
                "lock shared",
                "linked",
                "discard"
            ],
        },
        Operation {
            name: "create what exists and would be large",
            stage: Stage::Live,
            handle: Handle::None,
            act: Act::Create(LARGE, COMMIT),
            points: steps!["open", "look", "lock shared", "linked"],
        },
        Operation {
            name: "open a live object",
            stage: Stage::Live,
            handle: Handle::None,
            act: Act::Open(BOTH),
            points: steps!["open", "look", "lock shared", "linked"],
        },
        Operation {
            name: "open a live object for reading",
            stage: Stage::Live,
            handle: Handle::None,
            act: Act::Open(READ),
            points: steps!["open", "look", "lock shared", "linked"],
        },
        Operation {
            name: "open a dead entry",
            stage: Stage::Dead,
            handle: Handle::None,
            act: Act::Open(BOTH),
            points: steps![
                "open",
                "look",
                "lock exclusive",
                "still named",
                "unlink",
                "forget"
            ],
        },
        Operation {
            name: "open a dead entry for reading",
            stage: Stage::Dead,
            handle: Handle::None,
            act: Act::Open(READ),
            points: steps![
                "open",
                "look",
                "lock exclusive",
                "open for reaping",
                "lock exclusive",
                "still named",
                "unlink",
                "forget"
            ],
        },
        Operation {
            name: "open what does not exist",
            stage: Stage::Empty,
            handle: Handle::None,
            act: Act::Open(BOTH),
            points: steps!["open"],
        },
        Operation {
            name: "close the only handle of the creator",
            stage: Stage::Empty,
            handle: Handle::Created(Inherit::No),
            act: Act::Close,
            points: steps!["lock exclusive", "still named", "unlink", "forget"],
        },
        Operation {
            name: "close the last handle of an opener",
            stage: Stage::HandedOver,
            handle: Handle::Opened,
            act: Act::Close,
            points: steps![
                "unlock",
                "look",
                "lock exclusive",
                "still named",
                "unlink",
                "forget"
            ],
        },
        Operation {
            name: "close one of several handles, the creator's",
            stage: Stage::Joined,
            handle: Handle::Created(Inherit::No),
            act: Act::Close,
            points: steps!["lock exclusive", "unlock", "look", "forget"],
        },
        Operation {
            name: "close one of several handles, an opener's",
            stage: Stage::Live,
            handle: Handle::Opened,
            act: Act::Close,
            points: steps!["unlock", "look", "forget"],
        },
        Operation {
            name: "close the only, inheritable handle",
            stage: Stage::Empty,
            handle: Handle::Created(Inherit::Yes),
            act: Act::Close,
            points: steps![
                "open for reaping",
                "look",
                "lock exclusive",
                "still named",
                "unlink",
                "forget"
            ],
        },
        Operation {
            name: "close an inheritable handle, one of several",
            stage: Stage::Joined,
            handle: Handle::Created(Inherit::Yes),
            act: Act::Close,
            points: steps!["open for reaping", "look", "forget"],
        },
        Operation {
            name: "secure a plain object",
            stage: Stage::Live,
            handle: Handle::OpenedToSecure,
            act: Act::Secure,
            points: &[
                "before room for footer",
                "after room for footer",
                "after first footer",
                "after mark",
                "before new footer",
                "after new footer",
            ],
        },
        Operation {
            name: "sweep a dead entry",
            stage: Stage::Dead,
            handle: Handle::None,
            act: Act::Sweep,
            points: steps![
                "open for reaping",
                "look",
                "lock exclusive",
                "still named",
                "unlink",
                "forget"
            ],
        },
        Operation {
            name: "sweep a live object",
            stage: Stage::Live,
            handle: Handle::None,
            act: Act::Sweep,
            points: steps!["open for reaping", "look", "forget"],
        },
    ];

    /// Numbers of the points between the exclusive lock and the end of the name, if this operation gets that lock: where a
    /// create of the name waits for it.
    #[must_use]
    pub fn exclusive_points(&self) -> BTreeSet<usize> {
        let Some(unlink) = self.points.iter().position(|p| *p == "before unlink") else {
            return BTreeSet::new();
        };
        let before = &self.points[..unlink];
        let locked = before.iter().rposition(|p| *p == "after lock exclusive");
        (locked.expect("nobody unlinks without the lock")..=unlink).collect()
    }

    /// What the assistant needs before it is watched.
    pub(crate) fn begin(&self, space: &Namespace) -> Option<FileMapping> {
        match self.handle {
            Handle::None => None,
            Handle::Opened => Some(open(space, BOTH).expect("the test holds it")),
            Handle::OpenedToSecure => {
                let access = BOTH.union(FileMapAccess::WRITE_DAC);
                Some(open(space, access).expect("the test holds it"))
            }
            Handle::Created(inherit) => Some(
                FileMapping::options()
                    .namespace(space)
                    .size(SMALL)
                    .inherit(inherit)
                    .create_new(NAME)
                    .expect("an empty stage"),
            ),
        }
    }

    /// What the assistant does while it is watched; gives what it holds then.
    pub(crate) fn act(&self, space: &Namespace, handle: Option<FileMapping>) -> Option<FileMapping> {
        match self.act {
            Act::Create(size, sections) => Some(
                FileMapping::options()
                    .namespace(space)
                    .size(size)
                    .section_flags(sections)
                    .create(NAME)
                    .expect("created or opened"),
            ),
            Act::CreateSecured => Some(
                FileMapping::options()
                    .namespace(space)
                    .size(SMALL)
                    .security(&everybody())
                    .create(NAME)
                    .expect("created or opened"),
            ),
            Act::Open(access) => open(space, access).ok(),
            Act::Close => {
                handle
                    .expect("there is a handle to close")
                    .close()
                    .expect("closed");
                None
            }
            Act::Secure => {
                let handle = handle.expect("there is a handle");
                handle
                    .set_security(SecurityInformation::DACL, &everybody())
                    .expect("it is one's own");
                Some(handle)
            }
            Act::Sweep => {
                list::sweep(space).expect("swept");
                None
            }
        }
    }
}

fn everybody() -> SecurityDescriptor {
    "D:(A;;GA;;;WD)".parse().expect("a descriptor")
}

fn open(space: &Namespace, access: FileMapAccess) -> Result<FileMapping, filemap::Error> {
    FileMapping::options().namespace(space).access(access).open(NAME)
}

#[derive(Debug)]
/// A tree of one test, with its session's directory made and known, so that nothing is tidied up behind a test's back.
pub struct Tree {
    space: Namespace,
    directory: PathBuf,
    _root: PrivateRoot,
}

impl Tree {
    /// A new one.
    ///
    /// # Panics
    /// If it can't be made.
    #[must_use]
    pub fn new() -> Tree {
        let root = private_root();
        let space = Namespace::at(root.path()).with_session(1);
        let first = FileMapping::options()
            .namespace(&space)
            .size(SMALL)
            .create("first");
        drop(first.expect("a tree"));
        let directory = root.path().join("Sessions").join("1");
        assert!(directory.is_dir(), "this is where the names are");
        Tree {
            space,
            directory,
            _root: root,
        }
    }

    /// It as a name space.
    #[must_use]
    pub fn space(&self) -> &Namespace {
        &self.space
    }

    /// File names in the directory, in order.
    #[must_use]
    pub fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.directory).expect("the directory of names");
        let mut files: Vec<String> = entries
            .map(|e| e.expect("an entry").file_name().into_string().expect("UTF-8"))
            .collect();
        files.sort();
        files
    }

    /// An object that somebody holds and has written into.
    #[must_use]
    pub fn live(&self) -> FileMapping {
        let made = FileMapping::options()
            .namespace(&self.space)
            .size(SMALL)
            .create_new(NAME);
        self.marked(made.expect("an empty stage"))
    }

    /// A handle to the object that exists, with the mark written.
    #[must_use]
    pub fn joined(&self) -> FileMapping {
        self.marked(open(&self.space, BOTH).expect("the assistant holds it"))
    }

    fn marked(&self, object: FileMapping) -> FileMapping {
        object
            .map()
            .and_then(|view| view.write_at(0, MARK))
            .expect("written");
        object
    }

    /// Makes an entry with a sound footer that nobody holds, as a killed holder leaves it.
    pub fn leave_dead(&self) {
        self.leave_dead_of(self.live());
    }

    /// Makes a dead entry of any object that has [`NAME`].
    pub fn leave_dead_of<T>(&self, object: T) {
        let (file, aside) = (self.directory.join("frames"), self.directory.join("aside"));
        fs::hard_link(&file, &aside).expect("a second name");
        drop(object);
        assert!(!file.exists(), "the name went with the last handle");
        fs::rename(&aside, &file).expect("the first name again");
        // It is an object, with what was written in it, and nobody holds it.
        let listing = list::list(&self.space).expect("a listing");
        assert_eq!(
            (listing.objects.len(), listing.dead.len(), listing.oddities.len()),
            (0, 1, 0)
        );
    }
}

impl Default for Tree {
    fn default() -> Self {
        Self::new()
    }
}

/// Who comes after a death, and finds out what is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stranger {
    /// Opens the object for reading and writing.
    Opens,
    /// Opens it for reading: can't lock exclusively through that description.
    Reads,
    /// Creates it, preparing first.
    Creates,
    /// Creates it, looking first.
    CreatesLarge,
    /// Sweeps.
    Sweeps,
}

impl Stranger {
    /// All of them.
    pub const ALL: [Stranger; 5] = [
        Stranger::Opens,
        Stranger::Reads,
        Stranger::Creates,
        Stranger::CreatesLarge,
        Stranger::Sweeps,
    ];

    /// Looks at what a dead assistant has left, while `bystander` may hold the object; `when` is for messages.
    ///
    /// # Panics
    /// If a promise is broken.
    #[track_caller]
    pub fn checks(self, tree: &Tree, bystander: Option<FileMapping>, when: &str) {
        // Nothing half-made is visible: whatever there is, is a whole object, live or dead.
        let listing = list::list(tree.space()).expect("a listing");
        assert!(listing.oddities.is_empty(), "{when}: {:?}", listing.oddities);
        assert_eq!(
            listing.objects.len(),
            usize::from(bystander.is_some()),
            "{when}: live objects"
        );
        match (self, &bystander) {
            (Stranger::Opens, Some(known)) => found(open(tree.space(), BOTH), known, when),
            (Stranger::Reads, Some(known)) => found(open(tree.space(), READ), known, when),
            (Stranger::Creates, Some(known)) => found(create(tree, SMALL), known, when),
            (Stranger::CreatesLarge, Some(known)) => found(create(tree, LARGE), known, when),
            (Stranger::Sweeps, Some(known)) => {
                let swept = list::sweep(tree.space()).expect("swept");
                assert_eq!((swept.removed, swept.live), (0, 1), "{when}");
                found(open(tree.space(), BOTH), known, when);
            }
            (Stranger::Opens | Stranger::Reads, None) => {
                let access = if self == Stranger::Opens { BOTH } else { READ };
                let error = open(tree.space(), access).expect_err("nobody holds it");
                assert_eq!(error.code(), Win32Code::FILE_NOT_FOUND, "{when}: {error}");
            }
            (Stranger::Creates, None) => new(tree, SMALL, when),
            (Stranger::CreatesLarge, None) => new(tree, LARGE, when),
            (Stranger::Sweeps, None) => {
                let Swept { live, kept, .. } = list::sweep(tree.space()).expect("swept");
                assert_eq!((live, kept), (0, 0), "{when}");
            }
        }
        drop(bystander);
        // Whoever reads /proc/PID/fd at the moment of a death keeps the dead one's file, and its lock, a little longer: then
        // the same again. One that does not tidy up at all is waited for in vain.
        wait_for(&format!("{when}: everything to be taken away"), || {
            tree.files().is_empty() || {
                self.comes_again(tree);
                tree.files().is_empty()
            }
        });
    }

    fn comes_again(self, tree: &Tree) {
        match self {
            Stranger::Opens => drop(open(tree.space(), BOTH)),
            Stranger::Reads => drop(open(tree.space(), READ)),
            Stranger::Creates => drop(create(tree, SMALL)),
            Stranger::CreatesLarge => drop(create(tree, LARGE)),
            Stranger::Sweeps => drop(list::sweep(tree.space())),
        }
    }
}

fn create(tree: &Tree, size: u64) -> Result<FileMapping, filemap::Error> {
    FileMapping::options()
        .namespace(tree.space())
        .size(size)
        .create(NAME)
}

#[track_caller]
fn found(object: Result<FileMapping, filemap::Error>, known: &FileMapping, when: &str) {
    let object = object.unwrap_or_else(|e| panic!("{when}: the live object is lost: {e}"));
    assert!(object.already_existed(), "{when}");
    assert!(object.is_same_object(known), "{when}: two objects of one name");
    assert_eq!(object.len(), SMALL, "{when}");
    let bytes = object.view().map().and_then(|view| view.to_vec(0, MARK.len()));
    assert_eq!(bytes.as_deref(), Ok(MARK), "{when}: the data are intact");
}

#[track_caller]
fn new(tree: &Tree, size: u64, when: &str) {
    let object = create(tree, size).unwrap_or_else(|e| panic!("{when}: the rest stops a creator: {e}"));
    assert!(!object.already_existed(), "{when}: a dead object was opened");
    assert_eq!(object.len(), size, "{when}");
    let bytes = object
        .map()
        .and_then(|view| view.to_vec(0, size as usize))
        .expect("read");
    assert!(bytes.iter().all(|b| *b == 0), "{when}: a new object is zeroes");
    let second = open(tree.space(), BOTH).unwrap_or_else(|e| panic!("{when}: {e}"));
    assert!(second.is_same_object(&object), "{when}: two objects of one name");
}
