//! Handles and views that a program never closed are told at its end, with the lines that made them (KB125713).

use filemap::leaks::VARIABLE;
use filemap::{Event, FileMapping, Namespace};
use filemap_testing::{private_root, role, watchdog};

filemap_testing::roles! {
    /// Leaves a handle, a view and an event open.
    fn forgetful(peer: &mut Peer) {
        let space = Namespace::at(std::env::var("ROOT").unwrap()).with_session(1);
        let options = FileMapping::options().namespace(&space).size(4096);
        let handle = options.create(r"Local\forgotten").unwrap();
        let view = handle.map().unwrap();
        let event = Event::options().namespace(&space).create(r"Local\event").unwrap();
        let closed = options.create(r"Local\closed").unwrap();
        closed.map().unwrap().write_at(0, b"and unmapped").unwrap();
        closed.close().unwrap();
        let kept = handle.duplicate(handle.rights()).unwrap();
        std::mem::forget((handle, view, event));
        drop(kept);
        peer.send("done");
    }
}

/// The line of this file that has a text in it, counted from 1.
fn line_of(text: &str) -> usize {
    let source = include_str!("leaks.rs");
    source
        .lines()
        .position(|line| line.contains(text))
        .expect("a line of the role")
        + 1
}

#[test]
fn what_was_never_closed_is_told_with_the_callers_line_and_what_was_closed_is_not() {
    let _watchdog = watchdog!();
    let root = private_root();
    let report = tempfile::NamedTempFile::new().unwrap();
    let mut child = role!(forgetful)
        .env("ROOT", root.path())
        .env(VARIABLE, report.path())
        .start();
    assert_eq!(child.receive().as_deref(), Some("done"));
    let (status, _) = child.ended();
    assert!(status.success());
    let text = std::fs::read_to_string(report.path()).unwrap();
    let leaks: Vec<&str> = text.lines().filter(|line| !line.starts_with(' ')).collect();
    assert_eq!(leaks.len(), 3, "{text}");
    for (leak, what, line) in [
        (
            leaks[0],
            r"handle to file mapping `Local\forgotten`",
            line_of("let handle = options.create"),
        ),
        (
            leaks[1],
            r"view of file mapping `Local\forgotten`",
            line_of("let view = handle.map"),
        ),
        (
            leaks[2],
            r"handle to event `Local\event`",
            line_of("let event = Event::options"),
        ),
    ] {
        assert!(leak.contains(what), "{leak}");
        assert!(leak.contains(&format!("leaks.rs:{line}:")), "{leak}: line {line}");
    }
}

#[test]
fn without_the_variable_nothing_is_told() {
    let _watchdog = watchdog!();
    let root = private_root();
    let mut child = role!(forgetful)
        .env("ROOT", root.path())
        .without_env(VARIABLE)
        .keep_stderr()
        .start();
    assert_eq!(child.receive().as_deref(), Some("done"));
    let (status, said) = child.ended();
    assert!(status.success() && !said.contains("never closed"), "{said}");
}
