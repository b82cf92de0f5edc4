//! Everything that another process can do between two steps of an operation: the interleavings that chance seldom finds.
//! Clauses O-40, O-42, O-52.

use filemap::list;
use filemap::{FileMapping, Win32Code};
use filemap_crash_tests::{Assistant, NAME, Operation, SMALL, Stage, Tree, assist, text_of};
use filemap_testing::watchdog;

filemap_testing::roles! {
    /// Does one operation, and stops in the middle.
    fn assistant(peer: &mut Peer) {
        assist(peer);
    }
}

/// What the test does while the assistant stands still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meanwhile {
    /// Closes its handle, if it has one.
    Closes,
    /// Closes, then creates and keeps what it gets.
    ClosesAndCreates,
    /// Closes, then creates, then closes that as well.
    ClosesCreatesAndCloses,
    /// Opens, closes the first handle, keeps the second.
    OpensAndCloses,
    /// Closes, then sweeps.
    ClosesAndSweeps,
}

const ALL: [Meanwhile; 5] = [
    Meanwhile::Closes,
    Meanwhile::ClosesAndCreates,
    Meanwhile::ClosesCreatesAndCloses,
    Meanwhile::OpensAndCloses,
    Meanwhile::ClosesAndSweeps,
];

fn open(tree: &Tree) -> Result<FileMapping, filemap::Error> {
    FileMapping::options().namespace(tree.space()).open(NAME)
}

/// Creates, and marks what is new.
fn create(tree: &Tree) -> FileMapping {
    let made = FileMapping::options()
        .namespace(tree.space())
        .size(SMALL)
        .create(NAME)
        .expect("created or opened");
    if !made.already_existed() {
        made.map()
            .and_then(|v| v.write_at(0, b"the second\0"))
            .expect("written");
    }
    made
}

impl Meanwhile {
    fn creates(self) -> bool {
        matches!(
            self,
            Meanwhile::ClosesAndCreates | Meanwhile::ClosesCreatesAndCloses
        )
    }

    /// Gives what the test holds afterwards.
    fn happens(self, tree: &Tree, bystander: Option<FileMapping>) -> Option<FileMapping> {
        match self {
            Meanwhile::Closes => drop(bystander),
            Meanwhile::ClosesAndCreates => {
                drop(bystander);
                return Some(create(tree));
            }
            Meanwhile::ClosesCreatesAndCloses => {
                drop(bystander);
                drop(create(tree));
            }
            Meanwhile::OpensAndCloses => return open(tree).ok(),
            Meanwhile::ClosesAndSweeps => {
                drop(bystander);
                list::sweep(tree.space()).expect("swept");
            }
        }
        None
    }
}

#[track_caller]
fn go_through(prefix: &str) {
    for operation in Operation::ALL.iter().filter(|op| op.name.starts_with(prefix)) {
        let exclusive = operation.exclusive_points();
        for (number, point) in operation.points.iter().enumerate() {
            for meanwhile in ALL {
                if meanwhile.creates() && exclusive.contains(&number) {
                    continue; // it would wait: see stop.rs
                }
                let when = format!(
                    "{}: stood still {point} (number {number}) while the test {meanwhile:?}",
                    operation.name
                );
                let tree = Tree::new();
                let mut assistant = Assistant::ready(filemap_testing::role!(assistant), operation, &tree);
                assistant.stops_at(number);
                let had = assistant.bystander.take();
                let held_all_the_time = had.is_some() && meanwhile == Meanwhile::OpensAndCloses;
                let mine = meanwhile.happens(&tree, had);
                let theirs = assistant.goes_on();
                check(&tree, &when, mine.as_ref(), theirs.as_deref());
                if operation.name.starts_with("create") {
                    assert!(theirs.is_some(), "{when}: a create always gets an object");
                }
                if operation.name.starts_with("open a live") && held_all_the_time {
                    assert!(theirs.is_some(), "{when}: somebody held it all the time");
                }
                if operation.stage == Stage::Dead && theirs.is_some() {
                    assert_ne!(
                        theirs.as_deref(),
                        Some("\"the bystander's data\""),
                        "{when}: a dead object lives again"
                    );
                }
                drop((mine, assistant.killed()));
                let _ = list::sweep(tree.space()).expect("swept");
                assert_eq!(tree.files(), [""; 0], "{when}");
            }
        }
    }
}

/// There is one live object, and everybody who holds one holds that.
#[track_caller]
fn check(tree: &Tree, when: &str, mine: Option<&FileMapping>, theirs: Option<&str>) {
    match open(tree) {
        Ok(object) => {
            assert!(
                mine.is_some() || theirs.is_some(),
                "{when}: nobody holds what was opened"
            );
            if let Some(mine) = mine {
                assert!(object.is_same_object(mine), "{when}: two objects");
            }
            if let Some(theirs) = theirs {
                assert_eq!(text_of(&object), theirs, "{when}: two objects");
            }
        }
        Err(e) => {
            assert_eq!(e.code(), Win32Code::FILE_NOT_FOUND, "{when}: {e}");
            assert!(mine.is_none(), "{when}: the test's live object has lost its name");
            assert_eq!(
                theirs, None,
                "{when}: the assistant's live object has lost its name"
            );
        }
    }
}

#[test]
fn a_creator_that_stands_still_anywhere_gets_the_one_live_object_in_the_end() {
    let _watchdog = watchdog!();
    go_through("create");
}

#[test]
fn an_opener_that_stands_still_anywhere_gets_a_live_object_or_none() {
    let _watchdog = watchdog!();
    go_through("open");
}

#[test]
fn a_closer_or_sweeper_that_stands_still_anywhere_removes_nothing_live() {
    let _watchdog = watchdog!();
    go_through("close");
    go_through("sweep");
}
