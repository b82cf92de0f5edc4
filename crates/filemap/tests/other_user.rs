//! What another user can do with a user's objects: nothing, and is told why. Clauses N-33, O-67; DESIGN §2 (f), §4.

use filemap::{FileMapAccess, FileMapping, Namespace, list};
use filemap_testing::{PrivateRoot, private_root, role, skip, watchdog};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

const NAME: &str = r"Local\X";
const PAGE: u64 = 4096;

struct Stage {
    root: PrivateRoot,
    space: Namespace,
}

fn stage() -> Stage {
    let root = private_root();
    let space = Namespace::at(root.path()).with_session(1);
    let stage = Stage { root, space };
    drop(stage.create()); // makes the directories
    stage
}

impl Stage {
    fn options(&self) -> filemap::FileMappingOptions<'static> {
        FileMapping::options().namespace(&self.space)
    }

    fn create(&self) -> FileMapping {
        self.options().size(PAGE).create_new(NAME).expect("created")
    }

    fn directory(&self) -> PathBuf {
        self.root.path().join("Sessions").join("1")
    }

    /// Where the file of the object is.
    fn entry(&self) -> PathBuf {
        self.directory().join("X")
    }

    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.directory()).expect("a directory");
        let name = |e: std::io::Result<fs::DirEntry>| e.expect("an entry").file_name().into_string();
        entries.map(|e| name(e).expect("UTF-8")).collect()
    }

    /// A dead entry: whole, and nobody holds it.
    fn leave_dead(&self) {
        let aside = self.root.path().join("aside");
        let object = self.create();
        fs::hard_link(self.entry(), &aside).expect("a second name");
        drop(object);
        fs::rename(aside, self.entry()).expect("the first name again");
    }
}

filemap_testing::roles! {
    /// Another user: creates, opens and sweeps in a tree that is not its own, and says what it is told.
    fn another_user(peer: &mut Peer) {
        let space = Namespace::at(peer.receive().expect("a tree")).with_session(1);
        while let Some(order) = peer.receive() {
            let options = || FileMapping::options().namespace(&space).size(PAGE);
            let result = match order.as_str() {
                "open" => options().open(NAME),
                "read" => options().access(FileMapAccess::READ).open(NAME),
                "create" => options().create(NAME),
                "sweep" => {
                    let swept = list::sweep(&space).expect("a sweep goes on");
                    peer.send(&format!("{} removed, {} live, {} kept", swept.removed, swept.live, swept.kept));
                    continue;
                }
                other => panic!("{other}?"),
            };
            match result {
                Ok(object) => peer.send(&format!("ok {}", object.already_existed())),
                Err(e) => peer.send(&format!("{} {e}", e.code().0)),
            }
        }
    }
}

#[track_caller]
fn answers(child: &mut filemap_testing::Child, order: &str, code: u32, words: &str) {
    child.send(order);
    let answer = child.receive().expect("an answer");
    assert!(answer.starts_with(&format!("{code} ")), "{order}: {answer}");
    assert!(answer.contains(words), "{order}: {answer:?} lacks {words:?}");
    assert!(
        !answer.contains("the system refused"),
        "{order}: a bare system error: {answer}"
    );
}

macro_rules! other_user {
    () => {
        match filemap_testing::other_uid() {
            Some(uid) => uid,
            None => skip!("needs a second user: run as root, in a user name space that has user 65534"),
        }
    };
}

// O-67, N-33: another user's session is closed; nothing of it can be opened, made or removed.
#[test]
fn another_user_can_do_nothing_in_a_users_session() {
    let _watchdog = watchdog!();
    let uid = other_user!();
    let stage = stage();
    fs::set_permissions(stage.root.path(), fs::Permissions::from_mode(0o755)).expect("own");
    fs::set_permissions(
        stage.root.path().join("Sessions"),
        fs::Permissions::from_mode(0o755),
    )
    .expect("own");
    let holder = stage.create();
    let mut other = role!(another_user).as_user(uid).start();
    other.send(stage.root.path().to_str().expect("UTF-8"));
    for order in ["open", "read", "create"] {
        // root's session directory itself is trusted, but closed to others (mode 0700)
        answers(&mut other, order, 5, stage.directory().to_str().expect("UTF-8"));
    }
    other.send("sweep");
    assert_eq!(other.receive().as_deref(), Some("0 removed, 0 live, 0 kept"));
    drop(holder);
    assert_eq!(stage.files(), [""; 0]);
}

#[test]
fn a_tree_of_another_ordinary_user_is_not_trusted() {
    let _watchdog = watchdog!();
    let uid = other_user!();
    let stage = stage();
    let (theirs, mode) = (uid - 1, fs::Permissions::from_mode(0o755));
    for part in ["Sessions/1", "Sessions", ""] {
        let path = stage.root.path().join(part);
        fs::set_permissions(&path, mode.clone()).expect("root may");
        std::os::unix::fs::chown(&path, Some(theirs), None).expect("root may");
    }
    let mut other = role!(another_user).as_user(uid).start();
    other.send(stage.root.path().to_str().expect("UTF-8"));
    for order in ["open", "create"] {
        answers(&mut other, order, 5, &format!("it belongs to user {theirs}"));
    }
}

/// The mark of a plain object's file in its mode.
const PLAIN: u32 = 0o1000;

/// A directory in which both users may make entries, as `Global` is.
fn shared_stage() -> Stage {
    let stage = stage();
    for (part, mode) in [("", 0o755), ("Sessions", 0o755), ("Sessions/1", 0o1777)] {
        fs::set_permissions(stage.root.path().join(part), fs::Permissions::from_mode(mode)).expect("own");
    }
    stage
}

#[test]
fn in_a_shared_directory_another_users_object_can_be_seen_and_not_opened_or_reaped() {
    let _watchdog = watchdog!();
    let uid = other_user!();
    for (case, mode) in [("as made", 0o600), ("mode 0", 0)] {
        let stage = shared_stage();
        let holder = stage.create();
        fs::set_permissions(stage.entry(), fs::Permissions::from_mode(PLAIN | mode)).expect("own");
        let mut other = role!(another_user).as_user(uid).start();
        other.send(stage.root.path().to_str().expect("UTF-8"));
        for order in ["open", "read", "create"] {
            answers(&mut other, order, 5, "it belongs to user 0");
        }
        other.send("sweep");
        assert_eq!(
            other.receive().as_deref(),
            Some("0 removed, 0 live, 1 kept"),
            "{case}"
        );
        drop(holder);
        stage.leave_dead();
        fs::set_permissions(stage.entry(), fs::Permissions::from_mode(PLAIN | mode)).expect("own");
        // Not even to be read; but the kernel lists the locks of all, and there is none.
        answers(&mut other, "create", 5, "dead object of user 0");
        answers(&mut other, "open", 2, "nobody holds");
        // Readable for all: one can see that it is dead, and still not remove it (the directory is sticky).
        fs::set_permissions(stage.entry(), fs::Permissions::from_mode(PLAIN | 0o666)).expect("own");
        answers(&mut other, "create", 5, "dead object of user 0");
        answers(&mut other, "open", 2, "nobody holds");
        assert_eq!(stage.files(), ["X"], "{case}");
        let made = stage.options().size(PAGE).create(NAME).expect("its owner may");
        assert!(!made.already_existed());
    }
}

#[test]
fn a_place_that_may_not_be_written_is_told_by_its_path() {
    let _watchdog = watchdog!();
    let uid = other_user!();
    let stage = stage();
    for part in ["", "Sessions", "Sessions/1"] {
        fs::set_permissions(stage.root.path().join(part), fs::Permissions::from_mode(0o755)).expect("own");
    }
    let mut other = role!(another_user).as_user(uid).start();
    other.send(stage.root.path().to_str().expect("UTF-8"));
    answers(
        &mut other,
        "create",
        5,
        stage.directory().to_str().expect("UTF-8"),
    );
    answers(&mut other, "open", 2, "nobody holds");
    let mut nowhere = role!(another_user).as_user(uid).start();
    nowhere.send(stage.root.path().join("new").to_str().expect("UTF-8"));
    answers(
        &mut nowhere,
        "create",
        5,
        stage.root.path().join("new").to_str().expect("UTF-8"),
    );
}
