//! Roles, seen from outside: they are real processes that talk, die and are waited for.

use filemap_testing::{Watchdog, is_root, other_uid, role, roles, skip, wait_for, watchdog};
use rustix::process::Signal;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::time::Duration;

roles! {
    /// Says what it was told, in capitals, until the test hangs up.
    fn echo(peer: &mut Peer) {
        while let Some(line) = peer.receive() {
            peer.send(&line.to_uppercase());
        }
    }

    /// Tells who it is and what it was given.
    fn who(peer: &mut Peer) {
        peer.send(&rustix::process::geteuid().as_raw().to_string());
        peer.send(&std::env::var("FRUIT").unwrap_or_default());
        peer.send(&std::fs::read_dir("/proc/self/fd").is_ok().to_string());
    }

    /// Fails.
    fn broken(peer: &mut Peer) {
        peer.expect("go");
        panic!("as it should");
    }

    /// Waits for a line that never comes, under a watchdog without patience.
    fn hangs(peer: &mut Peer) {
        let _watchdog = Watchdog::arm("a role that hangs", Duration::from_millis(1));
        peer.receive();
    }

    /// Starts an echo of its own, tells its number and waits.
    fn parent(peer: &mut Peer) {
        let mut child = role!(echo).start();
        child.send("up");
        child.expect("UP");
        peer.send(&child.pid().to_string());
        peer.receive();
    }
}

fn exists(pid: &str) -> bool {
    // A zombie has ended; whoever adopted it just has not looked yet.
    std::fs::read_to_string(Path::new("/proc").join(pid).join("stat")).is_ok_and(|stat| {
        stat.rsplit_once(") ")
            .is_some_and(|(_, rest)| !rest.starts_with('Z'))
    })
}

#[test]
fn a_role_is_another_process_that_answers_until_the_test_hangs_up() {
    let _watchdog = watchdog!();
    let mut child = role!(echo).start();
    assert_ne!(child.pid(), std::process::id());
    child.send("hello");
    child.expect("HELLO");
    let (status, _) = child.ended();
    assert_eq!(status.code(), Some(0));
}

#[test]
fn a_killed_role_is_gone_when_kill_returns_and_dropping_kills() {
    let _watchdog = watchdog!();
    for kill in [true, false] {
        let mut child = role!(echo).start();
        child.send("up");
        child.expect("UP");
        let pid = child.pid().to_string();
        assert!(exists(&pid));
        match kill {
            true => child.kill(),
            false => drop(child),
        }
        assert!(!Path::new("/proc").join(pid).exists());
    }
}

#[test]
fn a_role_that_panics_ends_with_status_101_and_its_words_are_kept() {
    let _watchdog = watchdog!();
    let mut child = role!(broken).keep_stderr().start();
    child.send("go");
    assert_eq!(child.receive(), None);
    let (status, stderr) = child.ended();
    assert_eq!(status.code(), Some(101));
    assert!(stderr.contains("as it should"), "{stderr}");
}

#[test]
fn a_hanging_process_is_ended_by_its_watchdog_with_a_message_and_its_threads() {
    let _watchdog = watchdog!();
    // `receive` first: `ended` would hang up, and the role would not hang any more.
    let mut child = role!(hangs).keep_stderr().start();
    assert_eq!(child.receive(), None);
    let (status, stderr) = child.ended();
    assert_eq!(status.signal(), Some(Signal::ABORT.as_raw()), "{stderr}");
    assert!(stderr.contains("WATCHDOG: a role that hangs"), "{stderr}");
    // By gdb (`Thread 1 …`) or from /proc, the stuck thread is told beside the watchdog's own.
    assert!(
        stderr.matches("Thread ").count() >= 2 || stderr.contains("system call"),
        "{stderr}"
    );
}

#[test]
fn a_role_gets_the_environment_it_was_given() {
    let _watchdog = watchdog!();
    let mut child = role!(who).env("FRUIT", "pear").start();
    child.expect(&rustix::process::geteuid().as_raw().to_string());
    child.expect("pear");
    let mut child = role!(who).env("FRUIT", "pear").without_env("FRUIT").start();
    child.expect(&rustix::process::geteuid().as_raw().to_string());
    child.expect("");
}

#[test]
fn a_role_can_be_another_user_wherever_the_test_binary_lies() {
    let _watchdog = watchdog!();
    let Some(uid) = other_uid() else {
        skip!(
            "needs root with more than one user: run as root (is root here: {})",
            is_root()
        );
    };
    let mut child = role!(who).as_user(uid).start();
    child.expect(&uid.to_string());
}

#[test]
fn a_stopped_role_does_not_answer_until_it_goes_on() {
    let _watchdog = watchdog!();
    let mut child = role!(echo).start();
    child.send("up");
    child.expect("UP");
    child.signal(Signal::STOP);
    let stat = Path::new("/proc").join(child.pid().to_string()).join("stat");
    wait_for("the role to stop", || {
        std::fs::read_to_string(&stat).unwrap().contains(") T ")
    });
    child.send("still there?");
    child.signal(Signal::CONT);
    child.expect("STILL THERE?");
}

#[test]
fn a_role_ends_with_the_process_that_started_it() {
    let _watchdog = watchdog!();
    let mut child = role!(parent).start();
    let grandchild = child.receive().unwrap();
    assert!(exists(&grandchild));
    child.kill();
    wait_for("the grandchild to end", || !exists(&grandchild));
}
