//! `event`, `mutex`, `semaphore` and `timer`: what each does, and what it says.

use crate::space::{Done, Space};
use filemap_testing::wait_for;
use rustix::process::Signal;

/// The exit status, with nothing printed and nothing said.
#[track_caller]
fn quiet(done: &Done) -> Option<i32> {
    assert_eq!((&*done.stdout, &*done.stderr), ("", ""), "{done:?}");
    done.status
}

const NOW: [&str; 2] = ["--timeout", "0s"];

fn try_wait(space: &Space, kind: &str, name: &str) -> Option<i32> {
    quiet(&space.run(&[kind, "wait", name, NOW[0], NOW[1]]))
}

#[test]
fn an_auto_event_lets_one_wait_go_and_a_manual_one_all_y5() {
    let space = Space::new();
    let auto = space.keep(&["event", "create", "a"]);
    assert_eq!(
        auto.said,
        "filemap: a is ready: auto-reset event, kept until a signal or the end of input\n"
    );
    let _manual = space.keep(&["event", "create", "m", "--manual", "--set"]);
    assert_eq!(try_wait(&space, "event", "a"), Some(124));
    space.ok(&["event", "set", "a"]);
    assert_eq!(space.ok(&["event", "state", "a"]), "set\n");
    assert_eq!(try_wait(&space, "event", "a"), Some(0));
    assert_eq!(try_wait(&space, "event", "a"), Some(124));
    assert_eq!(try_wait(&space, "event", "m"), Some(0));
    assert_eq!(try_wait(&space, "event", "m"), Some(0));
    space.ok(&["event", "reset", "m"]);
    assert_eq!(space.ok(&["event", "state", "m"]), "reset\n");
    space.ok(&["event", "pulse", "m"]); // nobody waits: nothing stays (Y-6)
    assert_eq!(try_wait(&space, "event", "m"), Some(124));
}

#[test]
fn a_waiter_that_sleeps_is_woken_by_another_process_y5() {
    let space = Space::new();
    let _keeper = space.keep(&["event", "create", "go"]);
    let mut waiter = space.filemap(&["event", "wait", "go"]).spawn().unwrap();
    space.ok(&["event", "set", "go"]);
    assert_eq!(waiter.wait().unwrap().code(), Some(0));
    assert_eq!(space.ok(&["event", "state", "go"]), "reset\n");
}

#[test]
fn a_semaphore_counts_and_is_never_above_its_maximum_y20() {
    let space = Space::new();
    let _keeper = space.keep(&["semaphore", "create", "s", "--initial", "1", "--maximum", "3"]);
    assert_eq!(try_wait(&space, "semaphore", "s"), Some(0));
    assert_eq!(try_wait(&space, "semaphore", "s"), Some(124));
    space.ok(&["semaphore", "release", "s", "2"]);
    let done = space.run(&["semaphore", "release", "s", "2"]);
    assert_eq!(done.status, Some(1));
    assert!(done.stderr.contains("(ERROR_TOO_MANY_POSTS, 298)"), "{done:?}");
    space.ok(&["semaphore", "release", "s"]);
    assert_eq!(space.ok(&["semaphore", "state", "s"]), "3\n");
    let done = space.run(&["semaphore", "create", "t", "--initial", "2", "--maximum", "1"]);
    assert_eq!(done.status, Some(1));
    assert!(done.stderr.contains("(ERROR_INVALID_PARAMETER, 87)"), "{done:?}");
}

#[test]
fn a_timer_is_due_once_or_again_and_can_be_cancelled_y25_y26() {
    let space = Space::new();
    let _keeper = space.keep(&["timer", "create", "t"]);
    assert_eq!(space.ok(&["timer", "state", "t"]), "inactive\n");
    space.ok(&["timer", "set", "t", "--after", "1h"]);
    assert_eq!(space.ok(&["timer", "state", "t"]), "armed\n");
    assert_eq!(try_wait(&space, "timer", "t"), Some(124));
    space.ok(&["timer", "cancel", "t"]);
    assert_eq!(space.ok(&["timer", "state", "t"]), "inactive\n");
    space.ok(&["timer", "set", "t", "--at", "2000-01-01T00:00:00Z"]);
    assert_eq!(quiet(&space.run(&["timer", "wait", "t"])), Some(0));
    space.ok(&["timer", "set", "t", "--after", "1ms", "--every", "1ms"]);
    for _ in 0..3 {
        assert_eq!(quiet(&space.run(&["timer", "wait", "t"])), Some(0));
    }
}

#[test]
fn a_command_owns_the_mutex_alone_and_its_status_comes_back_y10() {
    let space = Space::new();
    let _keeper = space.keep(&["mutex", "create", "m"]);
    let state = r#""$F" mutex state m; "$F" mutex run m --timeout 0s -- echo never; echo $?; exit 7"#;
    let done = space.bash(&format!("\"$F\" mutex run m -- sh -c '{state}'"));
    assert_eq!(done.status, Some(7));
    assert!(done.stdout.starts_with("owned "), "{done:?}");
    assert!(done.stdout.ends_with("\n124\n"), "{done:?}");
    assert_eq!(
        done.stderr,
        "filemap: m was not free in time; the command was not run\n"
    );
    assert_eq!(space.ok(&["mutex", "state", "m"]), "free\n");
    // What can't be started, and what a signal ends, releases it too.
    assert_eq!(
        space.run(&["mutex", "run", "m", "--", "./missing"]).status,
        Some(1)
    );
    let killed = space.run(&["mutex", "run", "m", "--", "sh", "-c", "kill -KILL $$"]);
    assert_eq!(killed.status, Some(128 + 9));
    assert_eq!(space.ok(&["mutex", "state", "m"]), "free\n");
    assert_eq!(try_wait(&space, "mutex", "m"), Some(0));
}

#[test]
fn commands_under_one_mutex_never_overlap() {
    let space = Space::new();
    space.file("count", b"0");
    // A read and a write with other processes in between: without the mutex, counts get lost.
    let script = r#"for i in 1 2 3 4 5 6 7 8; do "$F" mutex run m -- sh -c 'n=$(cat count); echo $((n + 1)) >count' & done; wait
                    cat count"#;
    assert_eq!(space.bash(script).stdout, "8\n");
}

#[test]
fn a_killed_owner_leaves_an_abandoned_mutex_that_is_told_once_y12() {
    let space = Space::new();
    let _keeper = space.keep(&["mutex", "create", "m"]);
    // The command outlives its owner, until its input ends.
    let mut command = space.filemap(&["mutex", "run", "m", "--", "cat"]);
    let mut owner = command.stdin(std::process::Stdio::piped()).spawn().unwrap();
    let input = owner.stdin.take();
    wait_for("it to own the mutex", || {
        space.run(&["mutex", "state", "m"]).stdout.starts_with("owned")
    });
    owner.kill().unwrap();
    owner.wait().unwrap();
    drop(input);
    assert_eq!(space.ok(&["mutex", "state", "m"]), "abandoned\n");
    let done = space.run(&["mutex", "run", "m", "--", "sh", "-c", "exit 3"]);
    assert_eq!(done.status, Some(3));
    assert_eq!(
        done.stderr,
        "filemap: m was abandoned: its owner ended without releasing it, and what it protects may be half done\n"
    );
    assert_eq!(quiet(&space.run(&["mutex", "run", "m", "--", "true"])), Some(0));
}

#[test]
fn a_created_mutex_can_be_owned_while_it_is_kept_y13() {
    let space = Space::new();
    let _other = space.keep(&["mutex", "create", "n"]);
    let mut keeper = space.keep(&["mutex", "create", "m", "--owned"]);
    assert_eq!(try_wait(&space, "mutex", "m"), Some(124));
    // Another holder: it exists, so --owned gives nothing.
    let second = space.keep(&["mutex", "create", "m", "--owned"]);
    assert!(second.said.contains("m exists already and stays as it is"));
    keeper.end_input();
    assert_eq!(keeper.ended(), (Some(0), String::new()));
    assert_eq!(
        space.ok(&["mutex", "state", "m"]),
        "free\n",
        "released, not abandoned"
    );
}

#[test]
fn a_signal_ends_the_wait_for_a_mutex_without_running_the_command() {
    let space = Space::new();
    let _keeper = space.keep(&["mutex", "create", "m", "--owned"]);
    let child = space
        .filemap(&["mutex", "run", "m", "--", "touch", "ran"])
        .spawn();
    let mut child = child.unwrap();
    let caught = || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
        let mask = status.lines().find_map(|l| l.strip_prefix("SigCgt:")).unwrap();
        u64::from_str_radix(mask.trim(), 16).unwrap() & 0x4000 != 0
    };
    wait_for("it to catch SIGTERM", caught);
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(128 + 15));
    assert!(!space.dir.path().join("ran").exists());
}

#[test]
fn one_name_space_for_all_kinds_and_new_refuses_what_exists_o3_o67() {
    let space = Space::new();
    let _keeper = space.keep(&["event", "create", "x"]);
    for arguments in [
        vec!["mutex", "create", "x"],
        vec!["semaphore", "release", "x"],
        vec!["timer", "cancel", "x"],
        vec!["create", "x", "--size", "1"],
    ] {
        let done = space.run(&arguments);
        assert_eq!(done.status, Some(1));
        assert!(done.stderr.contains("(ERROR_INVALID_HANDLE, 6)"), "{done:?}");
    }
    let done = space.run(&["event", "create", "x", "--new"]);
    assert!(done.stderr.contains("(ERROR_ALREADY_EXISTS, 183)"), "{done:?}");
    let done = space.run(&["event", "set", "y"]);
    assert!(done.stderr.contains("(ERROR_FILE_NOT_FOUND, 2)"), "{done:?}");
    let listed = space.ok(&["ls"]);
    assert!(listed.contains("event"), "{listed}");
}

#[test]
fn a_descriptor_is_told_the_kind_when_the_object_is_ready() {
    let space = Space::new();
    let script = r#"for kind in event mutex semaphore timer; do "$F" $kind create x --ready-fd 1 --for 0s 2>/dev/null; done"#;
    assert_eq!(
        space.bash(script).stdout,
        "created event x\ncreated mutex x\ncreated semaphore x\ncreated timer x\n"
    );
}
