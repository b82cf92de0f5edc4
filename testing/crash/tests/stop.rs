//! A process stops at every step (SIGSTOP, a debugger, a frozen container). Clause O-52.
//!
//! An open never waits for it. A create waits only while the stopped process holds the *exclusive* lock of an entry that
//! still has the name: it is about to remove it, and a new object can't have the name before. The wait ends when the
//! process goes on or dies, or after five seconds with error 170.

use filemap::list;
use filemap::{FileMapping, Win32Code};
use filemap_crash_tests::{Assistant, NAME, Operation, SMALL, Tree, assist, points};
use filemap_testing::watchdog;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::mpsc;

filemap_testing::roles! {
    /// Does one operation, and stops in the middle if told to.
    fn assistant(peer: &mut Peer) {
        assist(peer);
    }
}

fn ready(operation: &Operation, tree: &Tree) -> Assistant {
    Assistant::ready(filemap_testing::role!(assistant), operation, tree)
}

fn create(tree: &Tree) -> Result<FileMapping, filemap::Error> {
    FileMapping::options()
        .namespace(tree.space())
        .size(SMALL)
        .create(NAME)
}

fn open(tree: &Tree) -> Result<FileMapping, filemap::Error> {
    FileMapping::options().namespace(tree.space()).open(NAME)
}

#[test]
fn an_open_and_a_sweep_never_wait_for_a_stopped_process() {
    let _watchdog = watchdog!();
    for operation in Operation::ALL {
        for (number, point) in operation.points.iter().enumerate() {
            let when = format!("{}: stopped {point} (number {number})", operation.name);
            let tree = Tree::new();
            let mut assistant = ready(operation, &tree);
            assistant.stops_at(number);
            let held = assistant.bystander.is_some();
            let watched = || (open(&tree), list::sweep(tree.space()).expect("swept"));
            let (opened, _swept) =
                points::told_of(move |p| assert!(!p.contains("pause"), "it waits"), watched);
            match opened {
                Ok(object) => {
                    assert!(object.already_existed(), "{when}");
                    if let Some(known) = &assistant.bystander {
                        assert!(object.is_same_object(known), "{when}: two objects");
                    }
                }
                Err(e) => {
                    assert!(!held, "{when}: the live object is lost: {e}");
                    assert_eq!(e.code(), Win32Code::FILE_NOT_FOUND, "{when}: {e}");
                }
            }
            drop(assistant.killed());
            // Whatever it still held is dead now.
            let _ = list::sweep(tree.space()).expect("swept");
            assert_eq!(tree.files(), [""; 0], "{when}");
        }
    }
}

#[test]
fn a_create_waits_only_for_a_process_that_stopped_while_it_removed_the_very_name() {
    let _watchdog = watchdog!();
    for operation in Operation::ALL {
        let mut waited = BTreeSet::new();
        for (number, point) in operation.points.iter().enumerate() {
            let when = format!("{}: stopped {point} (number {number})", operation.name);
            let tree = Tree::new();
            let mut assistant = ready(operation, &tree);
            assistant.stops_at(number);
            let (tell, told) = mpsc::channel();
            let made = std::thread::scope(|scope| {
                let tree = &tree;
                let creator = scope.spawn(move || {
                    let done = tell.clone();
                    let pauses = move |p| {
                        if p == "after pause" {
                            let _ = tell.send(true); // nobody listens after the first time
                        }
                    };
                    let made = points::told_of(pauses, || create(tree));
                    let _ = done.send(false);
                    made
                });
                if told.recv().expect("it waits, or it is done") {
                    waited.insert(number);
                    let _ = assistant.goes_on(); // and that is all the creator has waited for
                }
                creator.join().expect("no panic")
            });
            let made = made.unwrap_or_else(|e| panic!("{when}: {e}"));
            if let Some(known) = &assistant.bystander {
                assert!(made.is_same_object(known), "{when}: two objects");
            }
            let second = open(&tree).unwrap_or_else(|e| panic!("{when}: {e}"));
            assert!(second.is_same_object(&made), "{when}: two objects");
            drop((second, made, assistant.killed()));
            let _ = list::sweep(tree.space()).expect("swept");
            assert_eq!(tree.files(), [""; 0], "{when}");
        }
        assert_eq!(
            waited,
            operation.exclusive_points(),
            "{}: where a create waits",
            operation.name
        );
    }
}

#[test]
fn a_create_gives_up_with_170_when_the_stopped_process_never_goes_on() {
    let _watchdog = watchdog!();
    let operation = Operation::ALL
        .iter()
        .find(|op| op.name == "sweep a dead entry")
        .expect("a known one");
    let at = operation
        .points
        .iter()
        .position(|p| *p == "before unlink")
        .expect("there");
    let tree = Tree::new();
    let mut assistant = ready(operation, &tree);
    assistant.stops_at(at);
    let pauses = Rc::new(Cell::new(0));
    let counted = Rc::clone(&pauses);
    let count = move |point| counted.set(counted.get() + usize::from(point == "after pause"));
    let error = points::told_of(count, || create(&tree)).expect_err("the name can't be had");
    assert!(
        pauses.get() < 100_000,
        "{} looks in five seconds: it burns a processor",
        pauses.get()
    );
    assert_eq!(error.code(), Win32Code::BUSY, "{error}");
    assert!(error.to_string().contains("another process stopped"), "{error}");
    assert_eq!(tree.files(), ["frames"], "what stopped is still in the way");
    drop(assistant.killed());
    assert!(!create(&tree).expect("the way is free").already_existed());
    assert_eq!(tree.files(), [""; 0]);
}
