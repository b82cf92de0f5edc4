//! A process that does one operation and dies, or stops, in the middle of it.

use crate::points;
use crate::{Operation, Stage, Tree};
use filemap::{FileMapping, Namespace, Why};
use filemap_testing::{Child, Peer, Role};
use rustix::process::{Pid, Signal, WaitOptions, waitpid};
use std::os::unix::process::ExitStatusExt;

/// The assistant's part of the play; its master is an [`Assistant`] in the test.
///
/// # Panics
/// If something goes otherwise than planned; the test then sees that the assistant is gone.
pub fn assist(peer: &mut Peer) {
    let root = peer.receive().expect("the tree");
    let space = Namespace::at(root).with_session(1);
    // Now the directory is known, and nothing is tidied up later.
    FileMapping::options()
        .namespace(&space)
        .open("first")
        .expect_err("it is gone");
    peer.send("warm");
    let name = peer.receive().expect("the operation");
    let operation = Operation::ALL
        .iter()
        .find(|op| op.name == name)
        .expect("a known operation");
    let handle = operation.begin(&space);
    peer.send("ready");
    let order = peer.receive().expect("an order");
    let mut held = None;
    let act = || held = operation.act(&space, handle);
    match order.split_once(' ') {
        Some(("kill", point)) => points::killed_at(point.parse().expect("a number"), act),
        Some(("stop", point)) => {
            let go_on = || assert_eq!(peer.receive().as_deref(), Some("go on"));
            points::stopped_at(point.parse().expect("a number"), act, go_on);
            match &held {
                None => peer.send("nothing"),
                Some(object) => peer.send(&text_of(object)),
            }
        }
        _ => peer.send(&points::passed_by(act).join(",")),
    }
    peer.receive();
    drop(held);
}

/// An assistant that is ready to begin its operation, and what is around it.
pub struct Assistant {
    child: Child,
    /// Somebody else's handle of the object, if the stage has one.
    pub bystander: Option<FileMapping>,
}

impl Assistant {
    /// Starts `role` (which calls [`assist`]) and sets the stage.
    ///
    /// # Panics
    /// If that fails.
    #[must_use]
    #[track_caller]
    pub fn ready(role: Role, operation: &Operation, tree: &Tree) -> Assistant {
        let mut child = role.start();
        child.send(tree.space().root().to_str().expect("a path in UTF-8"));
        child.expect("warm");
        let mut bystander = match operation.stage {
            Stage::Live | Stage::HandedOver => Some(tree.live()),
            Stage::Dead => {
                tree.leave_dead();
                None
            }
            Stage::Empty | Stage::Joined => None,
        };
        child.send(operation.name);
        child.expect("ready");
        match operation.stage {
            Stage::HandedOver => drop(bystander.take()),
            Stage::Joined => bystander = Some(tree.joined()),
            Stage::Empty | Stage::Dead | Stage::Live => {}
        }
        Assistant { child, bystander }
    }

    /// Lets it do its operation in peace; gives the points that it passed.
    ///
    /// # Panics
    /// If it died.
    #[must_use]
    #[track_caller]
    pub fn records(mut self) -> Vec<String> {
        self.child.send("record");
        let line = self.child.receive().expect("the points");
        line.split(',').map(str::to_owned).collect()
    }

    /// Lets it die at the point with this number; gives the bystander's handle.
    ///
    /// # Panics
    /// If it did not die there by SIGKILL.
    #[must_use]
    #[track_caller]
    pub fn dies_at(mut self, point: usize) -> Option<FileMapping> {
        self.child.send(&format!("kill {point}"));
        assert_eq!(self.child.receive(), None, "it has not survived");
        let (status, _) = self.child.ended();
        assert_eq!(status.signal(), Some(Signal::KILL.as_raw()), "the crash happened");
        self.bystander
    }

    /// Lets it stop at the point with this number, and waits until it has.
    ///
    /// # Panics
    /// If it ended.
    #[track_caller]
    pub fn stops_at(&mut self, point: usize) {
        self.child.send(&format!("stop {point}"));
        let pid = Pid::from_raw(self.child.pid() as i32).expect("a process number");
        let (_, status) = waitpid(Some(pid), WaitOptions::UNTRACED)
            .expect("own child")
            .expect("waited");
        assert!(status.stopped(), "it ended instead: {status:?}");
    }

    /// Kills it, stopped or not, and waits until it is gone; gives the bystander's handle.
    #[must_use]
    pub fn killed(self) -> Option<FileMapping> {
        self.child.kill();
        self.bystander
    }

    /// Lets a stopped one go on to the end of its operation; gives the text in the object that it holds then, if any.
    ///
    /// # Panics
    /// If it ended.
    #[track_caller]
    pub fn goes_on(&mut self) -> Option<String> {
        self.child.signal(Signal::CONT);
        self.child.send("go on");
        let answer = self.child.receive().expect("it has not ended");
        (answer != "nothing").then_some(answer)
    }
}

/// The text at the start of an object, in quotes; or that its pages are only reserved.
///
/// # Panics
/// If it can't be read.
#[must_use]
pub fn text_of(object: &FileMapping) -> String {
    let bytes = match object.view().map().and_then(|view| view.to_vec(0, 64)) {
        Err(e) if matches!(e.why(), Why::NotCommitted { .. }) => return "reserved".to_owned(),
        other => other.expect("read"),
    };
    let text = bytes.split(|b| *b == 0).next().unwrap_or_default();
    format!("{:?}", String::from_utf8_lossy(text))
}
