//! How long an object lives: --for, commands, signals, the end of input, SIGKILL.

use crate::space::{Space, not_found};
use filemap_testing::wait_for;
use rustix::process::Signal;

const NAME: &str = r"Local\frames";
const CREATE: [&str; 4] = ["create", NAME, "--size", "4096"];

#[test]
fn a_killed_creator_leaves_nothing_that_can_be_opened_o40() {
    let space = Space::new();
    space.keep(&CREATE).kill();
    space.fails(&["read", NAME], &not_found(NAME));
    assert_eq!(space.entries(), [""; 0], "the failed open has swept up");
}

#[test]
fn the_end_of_input_a_signal_or_the_time_ends_it_and_the_name_goes() {
    let space = Space::new();
    let mut keeper = space.keep(&CREATE);
    keeper.type_line("anything"); // is no end
    keeper.end_input();
    assert_eq!(keeper.ended(), (Some(0), String::new()));
    // What this process ignores (HUP, under nohup), the command ignores too: see the next test.
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = u64::from_str_radix(line.unwrap().trim(), 16).unwrap();
    let is_taken = |signal: &Signal| ignored >> (signal.as_raw() - 1) & 1 == 0;
    for signal in [Signal::TERM, Signal::INT, Signal::HUP]
        .into_iter()
        .filter(is_taken)
    {
        let keeper = space.keep(&CREATE);
        keeper.signal(signal);
        assert_eq!(keeper.ended(), (Some(0), String::new()), "{signal:?}");
        space.fails(&["read", NAME], &not_found(NAME));
    }
    let done = space.run(&["create", NAME, "--size", "4096", "--for", "0s"]);
    assert_eq!((done.status, &*done.stdout), (Some(0), ""));
    space.fails(&["hold", NAME], &not_found(NAME));
}

#[test]
fn what_was_ignored_at_the_start_stays_ignored_and_the_rest_is_caught() {
    let space = Space::new();
    // HUP, INT, TERM as bits of the masks of signals ignored and caught (proc(5)).
    let script =
        "mkfifo fifo; trap '' HUP; \"$F\" create x --size 1 --ready-fd 3 3>fifo 2>/dev/null & read line <fifo
                  mask() { sed -n \"s/^$1:\\t/0x/p\" /proc/$!/status; }
                  echo $(( $(mask SigIgn) & 0x4003 )) $(( $(mask SigCgt) & 0x4003 ))
                  kill $!; wait $!; echo $?";
    // INT is ignored in jobs in the background of a script.
    assert_eq!(space.bash(script).stdout, format!("3 {}\n0\n", 0x4000));
}

#[test]
fn it_is_kept_while_a_command_runs_whose_status_becomes_ours() {
    let space = Space::new();
    let filemap = env!("CARGO_BIN_EXE_filemap");
    let create = |rest: &[&str]| {
        let mut arguments = CREATE.to_vec();
        arguments.extend(["--text", "hello", "--"]);
        arguments.extend(rest);
        space.run(&arguments)
    };
    let done = create(&[filemap, "read", NAME, "--text"]);
    assert_eq!((done.status, &*done.stdout), (Some(0), "hello\n"));
    assert_eq!(create(&["sh", "-c", "exit 7"]).status, Some(7));
    assert_eq!(create(&["sh", "-c", "kill -KILL $$"]).status, Some(128 + 9));
    let done = create(&["./viewer"]);
    assert_eq!(done.status, Some(1));
    assert!(
        done.stderr.ends_with(
            "\nfilemap: start ./viewer: there is no such file, execve said errno 2 (ERROR_FILE_NOT_FOUND, 2); check the path, \
             or make the file first\n"
        ),
        "{done:?}"
    );
    space.fails(&["read", NAME], &not_found(NAME));
}

#[test]
fn the_command_is_in_the_same_name_space_as_its_object() {
    let space = Space::new();
    let root = space.root().join("another");
    let mut command = space.filemap(&["--root"]);
    command
        .arg(&root)
        .args(["--session", "9", "create", "x", "--text", "hello", "--"]);
    command.args([env!("CARGO_BIN_EXE_filemap"), "read", r"Local\x", "--text"]);
    let output = command.output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "hello\n", "{output:?}");
    assert!(root.join("Sessions/9").is_dir());
}

#[test]
fn sigterm_goes_to_the_command() {
    let space = Space::new();
    let mut arguments = CREATE.to_vec();
    // It says that it is there by what it writes into the object, and waits for input that never comes.
    let script = "trap 'exit 9' TERM; \"$0\" write 'Local\\frames' --text up; read line";
    arguments.extend(["--", "bash", "-c", script, env!("CARGO_BIN_EXE_filemap")]);
    let keeper = space.keep(&arguments);
    wait_for("the command to write", || {
        space.run(&["read", NAME, "--text"]).stdout == "up\n"
    });
    keeper.signal(Signal::TERM);
    assert_eq!(keeper.ended().0, Some(9));
}

#[test]
fn hold_keeps_what_another_created() {
    let space = Space::new();
    let creator = space.keep(&["create", NAME, "--size", "4096", "--text", "hello"]);
    let holder = space.keep(&["hold", NAME]);
    assert_eq!(
        holder.said,
        "filemap: Local\\frames is ready: 4096 bytes, PAGE_READWRITE, kept until a signal or the end of input\n"
    );
    creator.kill();
    assert_eq!(space.ok(&["read", NAME, "--text"]), "hello\n");
    let done = space.run(&[
        "hold",
        NAME,
        "--",
        env!("CARGO_BIN_EXE_filemap"),
        "read",
        NAME,
        "--text",
    ]);
    assert_eq!((done.status, &*done.stdout), (Some(0), "hello\n"));
    holder.kill();
    space.fails(&["hold", NAME, "--for", "1h"], &not_found(NAME));
}

#[test]
fn a_descriptor_is_told_and_closed_when_the_object_is_ready() {
    let space = Space::new();
    // cat ends only when the descriptor is closed, which is long before the object goes.
    let script =
        "mkfifo fifo; \"$F\" create 'Local\\frames' --size 4096 --ready-fd 3 3>fifo 2>/dev/null & cat fifo
                  \"$F\" create 'Local\\frames' --size 1M --ready-fd 1 --for 0s 2>/dev/null
                  \"$F\" hold 'Local\\frames' --ready-fd 7 --for 0s 7>&1 2>/dev/null
                  kill $!; wait $!; echo $?";
    let done = space.bash(script);
    let name = r"4096 Local\frames";
    assert_eq!(
        done.stdout,
        format!("created {name}\nexisted {name}\nopened {name}\n0\n"),
        "{done:?}"
    );
    space.fails(
        &["create", NAME, "--size", "4096", "--ready-fd", "77"],
        "report to descriptor 77: 0x4d is not a handle of this process, fcntl(F_GETFD) said errno 9 \
         (ERROR_INVALID_HANDLE, 6); check for NULL returns; handles are per process and end with CloseHandle",
    );
}

#[test]
fn a_job_in_the_background_of_a_script_lives_until_it_is_killed() {
    let space = Space::new();
    // Its standard input is /dev/null, whose end means nothing. `wait` gives 0 for a clean end.
    let script =
        "\"$F\" create x --text hello --ready-fd 3 3>fifo 2>/dev/null & read line <fifo; echo \"$line\"
                  for i in 1 2 3 4 5; do \"$F\" read x --text || exit 1; done; kill $!; wait $!; echo $?";
    let done = space.bash(&format!("mkfifo fifo; {script}"));
    assert_eq!(
        done.stdout,
        format!("created 4096 x\n{}0\n", "hello\n".repeat(5)),
        "{done:?}"
    );
}

#[test]
fn a_job_in_the_background_of_a_terminal_does_not_touch_its_input() {
    use std::io::{Read, Write};
    let space = Space::new();
    let (mut ours, theirs) = crate::lists::terminal(80);
    // Somebody types while it runs. Reading that would stop it (SIGTTIN): state T, and no signal would end it.
    ours.write_all(b"for somebody else\n").unwrap();
    let script = "mkfifo fifo; set -m; \"$F\" create x --text hello --ready-fd 3 3>fifo 2>/dev/null & read line <fifo
                  until sed -n 's/^State:.//p' /proc/$!/status | grep '^[ST]'; do :; done; kill $!; wait $!; echo $?";
    let mut command = space.command("setsid");
    command.args(["--ctty", "--wait", "bash", "-c", script]);
    command
        .env("F", env!("CARGO_BIN_EXE_filemap"))
        .stdin(theirs)
        .stdout(std::process::Stdio::piped());
    let mut child = command.spawn().expect("setsid and bash");
    let mut said = String::new();
    child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    child.wait().unwrap();
    assert_eq!(said, "S (sleeping)\n0\n");
}
