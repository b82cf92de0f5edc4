//! Bind mounts over and beside a tree: one object whatever path leads to it, and what lies over an object is told, not taken.
//! Clauses O-40, O-52, O-60, O-67.
//!
//! Each test mounts in a mount name space of its thread, which needs root.

// UNSAFETY: unshare(2) may break what a library believes of its threads.
#![expect(unsafe_code, reason = "a mount name space for one thread")]

use filemap::{Error, Event, FileMapping, Mutex, Namespace, Wait, list};
use filemap_testing::{PrivateRoot, private_root, skip, watchdog};
use rustix::mount::{
    MountFlags, MountPropagationFlags, UnmountFlags, mount_bind, mount_change, mount_remount, unmount,
};
use rustix::thread::{UnshareFlags, unshare_unsafe};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

const NAME: &str = r"Local\frames";

/// A mount, undone on drop.
struct Bound(PathBuf);

impl Drop for Bound {
    fn drop(&mut self) {
        unmount(&self.0, UnmountFlags::DETACH).expect("mounted by this test");
    }
}

fn bind(from: &Path, to: &Path) -> Bound {
    mount_bind(from, to).expect("this thread may mount");
    Bound(to.to_owned())
}

/// Two trees, in a mount name space of this thread; `None` if it may have none.
fn trees() -> Option<[PrivateRoot; 2]> {
    let roots = [private_root(), private_root()];
    // SAFETY: only mounts and the current directory become this thread's own, and no library here cares for those.
    unsafe { unshare_unsafe(UnshareFlags::NEWNS) }.ok()?;
    mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC).ok()?;
    Some(roots)
}

macro_rules! trees {
    () => {
        match trees() {
            Some(roots) => roots,
            None => skip!("needs to mount: run as root, in a container with CAP_SYS_ADMIN"),
        }
    };
}

fn space(root: &PrivateRoot) -> Namespace {
    Namespace::at(root.path()).with_session(1)
}

fn create(space: &Namespace) -> Result<FileMapping, Error> {
    FileMapping::options().namespace(space).size(4096).create(NAME)
}

fn open(space: &Namespace) -> Result<FileMapping, Error> {
    FileMapping::options().namespace(space).open(NAME)
}

fn file(root: &PrivateRoot) -> PathBuf {
    root.path().join("Sessions").join("1").join("frames")
}

#[test]
fn a_tree_that_is_mounted_at_a_second_path_has_the_same_objects_under_both() {
    let _watchdog = watchdog!();
    let [first, second] = trees!();
    let (one, other) = (space(&first), space(&second));
    let made = create(&one).expect("created");
    let _bound = bind(first.path(), second.path());
    let found = open(&other).expect("it is the same tree");
    assert!(found.is_same_object(&made));
    made.map()
        .and_then(|view| view.write(0, &7_u64))
        .expect("written");
    assert_eq!(found.map().and_then(|view| view.read::<u64>(0)), Ok(7));
    // It lives by the handle of the second path alone, and goes with it.
    drop(made);
    assert!(open(&one).expect("it lives").is_same_object(&found));
    drop(found);
    assert_eq!(open(&one).expect_err("it is gone").code().0, 2);
    assert!(!file(&first).exists());
    let mutexes = [&one, &other].map(|s| {
        Mutex::options()
            .namespace(s)
            .create(r"Local\lock")
            .expect("a mutex")
    });
    mutexes[0].wait(None).expect("owned");
    let theirs = std::thread::scope(|scope| {
        let waiter = scope.spawn(|| mutexes[1].wait(Some(Duration::ZERO)));
        waiter.join().expect("no panic")
    });
    assert_eq!(theirs, Ok(Wait::TimedOut), "one mutex, whatever the path");
    mutexes[0].release().expect("owned");
    let events = [&other, &one].map(|s| {
        Event::options()
            .namespace(s)
            .create(r"Local\event")
            .expect("an event")
    });
    events[0].set().expect("set");
    assert_eq!(events[1].wait(Some(Duration::ZERO)), Ok(Wait::Object(0)));
}

/// What lies over a name can't be removed (EBUSY), so it must end in an error, whatever is asked.
fn is_told(space: &Namespace, what: &str) {
    for (call, error) in [("open", open(space)), ("create", create(space))] {
        let error = error.map(drop).expect_err(&format!("{what}: {call}"));
        assert!(
            !matches!(error.code().0, 0 | 31),
            "{what}: {call}: a number that says something: {error}"
        );
    }
    let swept = list::sweep(space).unwrap_or_else(|e| panic!("{what}: a sweep goes on: {e}"));
    assert_eq!(swept.removed, 0, "{what}");
    list::list(space).unwrap_or_else(|e| panic!("{what}: a listing goes on: {e}"));
}

#[test]
fn a_foreign_file_that_is_mounted_over_an_objects_name_is_told_and_its_holder_goes_on() {
    let _watchdog = watchdog!();
    let [first, second] = trees!();
    let space = space(&first);
    let made = create(&space).expect("created");
    let view = made.map().expect("a view");
    let foreign = second.path().join("foreign");
    fs::write(&foreign, "nobody's object").expect("written");
    {
        let _bound = bind(&foreign, &file(&first));
        is_told(&space, "a foreign file");
        view.write(0, &7_u64).expect("its holder has it still");
        assert_eq!(fs::read(&foreign).expect("read"), b"nobody's object");
    }
    let found = open(&space).expect("it was only hidden");
    assert!(found.is_same_object(&made));
    assert_eq!(found.map().and_then(|view| view.read::<u64>(0)), Ok(7));
    // The last handle goes while something lies over the name: what is under it stays, and is dead.
    let bound = bind(&foreign, &file(&first));
    drop((view, made, found));
    drop(bound);
    assert_eq!(fs::read(&foreign).expect("read"), b"nobody's object");
    assert_eq!(open(&space).expect_err("nobody holds it").code().0, 2);
    assert!(!file(&first).exists());
}

#[test]
fn a_dead_entry_that_is_mounted_over_a_name_is_neither_opened_nor_waited_for() {
    let _watchdog = watchdog!();
    let [first, second] = trees!();
    let (space, other) = (space(&first), space(&second));
    // A whole object that nobody holds, as a killed holder leaves it.
    let made = create(&other).expect("created");
    let aside = second.path().join("aside");
    fs::hard_link(file(&second), &aside).expect("a second name");
    drop(made);
    drop(create(&space).expect("the directories"));
    fs::write(file(&first), "").expect("something to mount over");
    let _bound = bind(&aside, &file(&first));
    let error = open(&space).expect_err("it is dead");
    assert_ne!(error.code().0, 31, "{error}");
    let error = create(&space).expect_err("the name can't be had");
    assert_ne!(error.code().0, 31, "{error}");
    assert!(aside.exists(), "it is not this tree's to remove");
}

#[test]
fn a_directory_that_is_mounted_over_a_session_hides_its_objects_until_it_goes() {
    let _watchdog = watchdog!();
    let [first, second] = trees!();
    let space = space(&first);
    let made = create(&space).expect("created");
    let session = first.path().join("Sessions").join("1");
    let empty = second.path().join("empty");
    fs::create_dir(&empty).expect("a directory");
    let bound = bind(&empty, &session);
    // Who looks anew sees the empty one, and makes an object of its own there; who has the directory open goes on in that.
    let mine = create(&space).expect("a name, in one of the two");
    let fresh = Namespace::at(first.path()).with_session(1);
    let theirs = create(&fresh).expect("a name, in one of the two");
    for object in [&mine, &theirs] {
        let is_in_the_hidden_one = object.is_same_object(&made);
        assert!(is_in_the_hidden_one || empty.join("frames").exists());
    }
    drop((mine, theirs));
    assert_eq!(
        fs::read_dir(&empty).expect("a directory").count(),
        0,
        "what was made there is gone"
    );
    drop(bound);
    assert!(open(&space).expect("it lives").is_same_object(&made));
    drop(made);
    assert_eq!(open(&space).expect_err("gone").code().0, 2);
}

#[test]
fn a_tree_that_is_mounted_read_only_can_be_looked_at_and_not_written() {
    let _watchdog = watchdog!();
    let [first, second] = trees!();
    let made = create(&space(&first)).expect("created");
    let _bound = bind(first.path(), second.path());
    mount_remount(second.path(), MountFlags::BIND | MountFlags::RDONLY, c"").expect("remounted");
    let read_only = space(&second);
    let reader = FileMapping::options()
        .namespace(&read_only)
        .access(filemap::FileMapAccess::READ)
        .open(NAME)
        .expect("opened for reading");
    assert!(reader.is_same_object(&made));
    for error in [
        open(&read_only),
        FileMapping::options()
            .namespace(&read_only)
            .size(4096)
            .create(r"Local\new"),
    ] {
        let error = error.map(drop).expect_err("nothing can be written there");
        assert!(matches!(error.code().0, 5 | 19), "{error}");
    }
    drop(made);
    assert_eq!(
        list::list(&read_only).expect("a listing").objects.len(),
        1,
        "the reader holds it"
    );
    drop(reader);
    // The reader could not remove the name; who may does.
    assert_eq!(open(&space(&first)).expect_err("nobody holds it").code().0, 2);
    assert!(!file(&first).exists());
}
