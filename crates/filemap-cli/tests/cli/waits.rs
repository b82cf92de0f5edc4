//! `wait`: one, any, all, of every kind.

use crate::space::Space;

#[test]
fn any_takes_the_first_of_the_line_prints_it_and_changes_nothing_else_y33() {
    let space = Space::new();
    let _a = space.keep(&["event", "create", "a", "--set"]);
    let _s = space.keep(&["semaphore", "create", "s", "--initial", "1"]);
    assert_eq!(space.ok(&["wait", "--any", "semaphore:s", "a"]), "semaphore:s\n");
    assert_eq!(space.ok(&["semaphore", "state", "s"]), "0\n");
    assert_eq!(space.ok(&["wait", "--any", "s", "a"]), "a\n");
    let done = space.run(&["wait", "--any", "s", "a", "--timeout", "1ms"]);
    assert_eq!((done.status, &*done.stdout, &*done.stderr), (Some(124), "", ""));
}

#[test]
fn all_takes_nothing_before_it_can_take_everything_y33() {
    let space = Space::new();
    let _a = space.keep(&["event", "create", "a", "--set"]);
    let _s = space.keep(&["semaphore", "create", "s"]);
    let _m = space.keep(&["mutex", "create", "m"]);
    let all = ["wait", "--all", "a", "s", "mutex:m", "--timeout", "0s"];
    assert_eq!(space.run(&all).status, Some(124));
    assert_eq!(space.ok(&["event", "state", "a"]), "set\n");
    space.ok(&["semaphore", "release", "s"]);
    assert_eq!(space.ok(&all), "");
    assert_eq!(space.ok(&["event", "state", "a"]), "reset\n");
    assert_eq!(space.ok(&["semaphore", "state", "s"]), "0\n");
    assert_eq!(space.ok(&["mutex", "state", "m"]), "free\n", "given back");
    let done = space.run(&["wait", "--all", "a", "event:a"]);
    assert!(done.stderr.contains("(ERROR_INVALID_PARAMETER, 87)"), "{done:?}");
}

#[test]
fn a_job_is_waited_for_by_its_name_and_never_signalled_without_limits_o53() {
    let space = Space::new();
    let names = filemap::Namespace::at(space.root()).with_session(crate::space::SESSION.parse().unwrap());
    let job = filemap::Job::options()
        .namespace(&names)
        .create("workers")
        .unwrap();
    let _event = space.keep(&["event", "create", "e"]);
    let mut member = space
        .command("cat")
        .stdin(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    job.assign(member.id()).unwrap();
    for name in ["job:workers", "workers"] {
        let done = space.run(&["wait", name, "--timeout", "1ms"]);
        assert_eq!((done.status, &*done.stdout, &*done.stderr), (Some(124), "", ""));
    }
    drop(member.stdin.take());
    member.wait().unwrap();
    assert!(job.members().unwrap().is_empty());
    let done = space.run(&["wait", "job:workers", "--timeout", "0s"]);
    assert_eq!(
        done.status,
        Some(124),
        "mere emptiness is no signal (Y-table): {done:?}"
    );
    space.ok(&["event", "set", "e"]);
    assert_eq!(space.ok(&["wait", "--any", "job:workers", "e"]), "e\n");
    let done = space.run(&["wait", "job:e"]);
    assert!(done.stderr.contains("(ERROR_INVALID_HANDLE, 6)"), "{done:?}");
    drop(job);
    let done = space.run(&["wait", "job:workers"]);
    assert!(done.stderr.contains("(ERROR_FILE_NOT_FOUND, 2)"), "{done:?}");
}

#[test]
fn a_process_is_waited_for_by_its_number() {
    let space = Space::new();
    let script = r#"sleep 60 & "$F" wait pid:$! --timeout 0s; echo $?; kill $!; "$F" wait pid:$!; echo $?"#;
    // The shell may have reaped it before the second one looks: then there is none (87).
    let done = space.bash(script);
    assert!(done.stdout.starts_with("124\n"), "{done:?}");
    let gone = done.stdout == "124\n1\n" && done.stderr.contains("(ERROR_INVALID_PARAMETER, 87)");
    assert!(done.stdout == "124\n0\n" || gone, "{done:?}");
    let done = space.run(&["wait", "pid:many"]);
    assert!(
        done.stderr.contains("\"many\" is not a process number"),
        "{done:?}"
    );
}

#[test]
fn an_abandoned_mutex_ends_a_wait_with_status_0_and_a_line_y12() {
    let space = Space::new();
    let _other = space.keep(&["event", "create", "e"]);
    let owner = space.keep(&["mutex", "create", "m", "--owned"]);
    let _keeper = space.keep(&["mutex", "create", "m"]);
    owner.kill();
    let done = space.run(&["wait", "--any", "e", "m"]);
    assert_eq!((done.status, &*done.stdout), (Some(0), "m\n"));
    assert!(done.stderr.starts_with("filemap: m was abandoned: "), "{done:?}");
    assert_eq!(space.ok(&["wait", "m"]), "", "told once");
}

#[test]
fn what_can_not_be_waited_for_is_told_o11() {
    let space = Space::new();
    let _map = space.keep(&["create", "f", "--size", "1"]);
    let _event = space.keep(&["event", "create", "e", "--set"]);
    let done = space.run(&["wait", "f"]);
    assert_eq!(done.status, Some(1));
    assert!(done.stderr.contains("(ERROR_INVALID_HANDLE, 6)"), "{done:?}");
    let done = space.run(&["wait", "nobody"]);
    assert!(
        done.stderr.starts_with("filemap: wait for nobody: nobody holds"),
        "{done:?}"
    );
    assert!(done.stderr.contains("(ERROR_FILE_NOT_FOUND, 2)"), "{done:?}");
    let done = space.run(&["wait", "mutex:e"]);
    assert!(done.stderr.contains("(ERROR_INVALID_HANDLE, 6)"), "{done:?}");
    let done = space.run(&["wait", "e", "f"]);
    assert_eq!(done.status, Some(2));
    assert!(
        done.stderr.contains("several names need --any or --all"),
        "{done:?}"
    );
    assert_eq!(
        space.ok(&["event", "state", "e"]),
        "set\n",
        "untouched by all that"
    );
}
