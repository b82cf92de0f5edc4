//! `demo`: its lines, its files, its ends.

use crate::space::Space;
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

/// The sample's lines, in order (M-63).
const LINES: [&str; 8] = [
    r"The file mapping (Local\SampleMap) is created",
    "The file view is mapped",
    "This message is written to the view:",
    "\"Message from the first process.\"",
    r"The file mapping (Local\SampleMap) is opened",
    "The file view is mapped",
    "Read from the file mapping:",
    "\"Message from the first process.\"",
];

#[track_caller]
fn has_in_order(text: &str, wanted: &[&str]) {
    let mut lines = text.lines().map(str::trim);
    for line in wanted {
        assert!(
            lines.any(|l| l == *line),
            "{line:?} is missing or out of order in\n{text}"
        );
    }
}

#[test]
fn the_demo_tells_the_sample_and_everything_behaves_m63_o40_o49() {
    let space = Space::new();
    let text = space.ok(&["demo"]);
    has_in_order(&text, &LINES);
    has_in_order(
        &text,
        &[
            "The server reads at byte 512: \"Message from the second process.\"",
            "ok: the client's view shows it",
            "ok: the file on disk has it",
            "ok: the server is dead",
            "ok: the name went with the last handle: error 2, nobody holds an object of that name",
            "ok: nothing is left of it in the directory of names",
            "ok: the new server writes \"News\"; the old view does not see it (split brain)",
            "ok: all 100000 messages came, whole and in order",
            "Everything behaved.",
        ],
    );
    assert!(!text.contains("NOT SO"), "{text}");
    let throughput = text
        .split_once("Throughput: 100000 messages of 4096 bytes in ")
        .unwrap()
        .1;
    let speed = throughput
        .split_once(" MB per second.")
        .unwrap()
        .0
        .rsplit_once(' ')
        .unwrap()
        .1;
    assert!(speed.parse::<f64>().unwrap() > 0.0, "{throughput}");
    for operation in [
        "create ",
        "map ",
        "write ",
        "open ",
        "read ",
        "unmap ",
        "close ",
        "kill to name gone ",
    ] {
        let row = text
            .lines()
            .find(|l| l.trim_start().starts_with(operation))
            .unwrap_or_else(|| panic!("{operation}: {text}"));
        let fastest: f64 = row.split_whitespace().last().unwrap().parse().unwrap();
        assert!(fastest > 0.0, "{row}");
    }
    assert_eq!(space.entries(), [""; 0], "its names are gone");
    assert_eq!(
        fs::read_dir(space.dir.path()).unwrap().count(),
        0,
        "its temporary file is gone"
    );
}

#[test]
fn without_a_tree_given_the_demo_has_one_of_its_own_and_two_demos_do_not_meet() {
    let space = Space::new();
    let demos: Vec<Child> = (0..3)
        .map(|_| {
            let mut command = space.filemap(&["demo"]);
            command
                .env_remove("FILEMAP_ROOT")
                .stdout(Stdio::piped())
                .stderr(Stdio::piped());
            command.spawn().unwrap()
        })
        .collect();
    for demo in demos {
        let output = demo.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        let tree = text
            .split_once("Names are in ")
            .unwrap()
            .1
            .split_once(',')
            .unwrap()
            .0;
        assert!(tree.contains("filemap-demo-"), "{tree}");
        assert!(!Path::new(tree).exists(), "{tree}");
    }
    assert!(!space.names().exists());
}

#[test]
fn the_demo_as_json_has_steps_checks_and_times() {
    let space = Space::new();
    let answer: Value = serde_json::from_str(&space.ok(&["demo", "--json"])).unwrap();
    assert_eq!(answer["ok"], true);
    let steps = answer["steps"].as_array().unwrap();
    let lines: Vec<&str> = steps
        .iter()
        .take(2)
        .flat_map(|s| s["lines"].as_array().unwrap())
        .map(|l| l.as_str().unwrap())
        .collect();
    assert_eq!(lines, LINES);
    let checks: Vec<&Value> = steps
        .iter()
        .flat_map(|s| s["checks"].as_array().unwrap())
        .collect();
    assert!(checks.len() >= 10, "{checks:?}");
    assert!(checks.iter().all(|check| check["held"] == true), "{checks:?}");
    assert_eq!(answer["throughput"]["messages"], 100_000);
    assert!(answer["throughput"]["nanoseconds"].as_u64().unwrap() > 0);
    assert!(
        answer["times"]
            .as_array()
            .unwrap()
            .iter()
            .any(|t| t["operation"] == "kill to name gone")
    );
}

#[test]
fn a_file_of_the_user_s_is_shared_and_left_as_it_was() {
    let space = Space::new();
    for bytes in [
        b"The user's own file, with more bytes than the demo changes.\n".as_slice(),
        b"x",
    ] {
        let path = space.file("mine.txt", bytes);
        let text = space.ok(&["demo", "--file", "mine.txt"]);
        has_in_order(&text, &["ok: the file on disk has it", "Everything behaved."]);
        assert!(text.contains("your file, "), "{text}");
        assert_eq!(fs::read(path).unwrap(), bytes);
    }
}

#[test]
fn a_file_that_cannot_be_shared_fails_the_demo() {
    let space = Space::new();
    space.file("empty", b"");
    for (file, reason) in [
        (
            "empty",
            "in the server: create file mapping Local\\SampleFile: an empty file can't be mapped (ERROR_FILE_INVALID, 1006)",
        ),
        (
            "missing",
            "there is no such file, open said errno 2 (ERROR_FILE_NOT_FOUND, 2)",
        ),
    ] {
        let done = space.run(&["demo", "--file", file]);
        assert_eq!(done.status, Some(1), "{done:?}");
        assert!(done.stderr.contains(reason), "{done:?}");
        assert!(
            done.stdout.ends_with("\nSomething did not behave; see above.\n"),
            "{done:?}"
        );
    }
}

#[test]
fn a_name_that_is_taken_fails_the_demo() {
    let space = Space::new();
    let _keeper = space.keep(&["create", r"Local\SampleMap", "--size", "4096"]);
    let done = space.run(&["demo"]);
    assert_eq!(done.status, Some(1));
    assert!(
        done.stderr.starts_with(
            "filemap: in the server: create file mapping Local\\SampleMap: somebody else created an object"
        ),
        "{done:?}"
    );
}

struct Interactive {
    demo: Child,
    out: BufReader<ChildStdout>,
}

impl Interactive {
    fn start(space: &Space) -> Interactive {
        let mut command = space.filemap(&["demo", "--interactive"]);
        let mut demo = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(demo.stdout.take().unwrap());
        Interactive { demo, out }
    }

    /// What it prints up to the next prompt, or to its end.
    fn until_prompt(&mut self) -> String {
        let mut text = String::new();
        while !text.contains("Press ENTER") && self.out.read_line(&mut text).unwrap() > 0 {}
        text
    }

    fn enter(&mut self) {
        self.demo.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
    }
}

#[test]
fn interactive_waits_for_enter_after_each_step_and_others_can_look_on() {
    let space = Space::new();
    let mut demo = Interactive::start(&space);
    has_in_order(&demo.until_prompt(), &LINES[..4]);
    // It waits: the object is there for everybody, and no client yet.
    assert_eq!(
        space.ok(&["read", r"Local\SampleMap", "--text"]),
        "Message from the first process.\n"
    );
    let listed = space.ok(&["ls"]);
    assert!(
        listed.contains("filemap-demo") && !listed.contains(','),
        "one holder: {listed}"
    );
    demo.enter();
    has_in_order(&demo.until_prompt(), &LINES[4..]);
    assert!(space.ok(&["ls"]).contains(','), "two holders");
    let mut prompts = 2;
    let mut rest = String::new();
    loop {
        demo.enter();
        let part = demo.until_prompt();
        rest.push_str(&part);
        match part.contains("Press ENTER") {
            true => prompts += 1,
            false => break,
        }
    }
    assert_eq!(prompts, 8);
    assert!(rest.ends_with("\nEverything behaved.\n"), "{rest}");
    assert_eq!(demo.demo.wait().unwrap().code(), Some(0));
}

#[test]
fn interactive_goes_on_when_its_input_ends() {
    let space = Space::new();
    let mut demo = Interactive::start(&space);
    drop(demo.demo.stdin.take());
    let mut text = String::new();
    demo.out.read_to_string(&mut text).unwrap();
    assert_eq!(text.matches("Press ENTER").count(), 8);
    assert_eq!(demo.demo.wait().unwrap().code(), Some(0));
}

#[test]
fn the_children_of_a_killed_demo_die_with_it() {
    let space = Space::new();
    let mut demo = Interactive::start(&space);
    let text = demo.until_prompt();
    let server: u32 = text
        .split_once("1. Process ")
        .unwrap()
        .1
        .split_once(',')
        .unwrap()
        .0
        .parse()
        .unwrap();
    let lives = || {
        let stat = fs::read_to_string(format!("/proc/{server}/stat")).unwrap_or_default();
        // A zombie that nobody waits for is dead, too; a container may have nobody who does.
        !stat.is_empty() && !stat.rsplit_once(')').unwrap().1.starts_with(" Z")
    };
    assert!(lives());
    demo.demo.kill().unwrap();
    assert_eq!(demo.demo.wait().unwrap().signal(), Some(9));
    filemap_testing::wait_for("the server's end", || !lives());
    assert!(
        space
            .run(&["read", r"Local\SampleMap"])
            .stderr
            .contains("(ERROR_FILE_NOT_FOUND, 2)")
    );
}

#[test]
fn a_signal_ends_the_demo_and_what_it_made_goes() {
    let space = Space::new();
    let mut demo = Interactive::start(&space);
    demo.until_prompt();
    rustix::process::kill_process(
        rustix::process::Pid::from_child(&demo.demo),
        rustix::process::Signal::TERM,
    )
    .unwrap();
    assert_eq!(demo.demo.wait().unwrap().code(), Some(128 + 15));
    assert_eq!(
        fs::read_dir(space.dir.path()).unwrap().count(),
        0,
        "its temporary file is gone"
    );
}

/// A process of the demo, asked by this test in place of the demo.
struct Part {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Part {
    fn start(space: &Space) -> Part {
        let mut command = space.filemap(&["demo-part"]);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (to, from) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let from = BufReader::new(from);
        Part { child, to, from }
    }

    fn ask(&mut self, ask: &str) {
        writeln!(self.to, "{ask}").unwrap();
    }

    fn hear(&mut self) -> Value {
        let mut line = String::new();
        self.from.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line:?}"))
    }

    fn run(&mut self, what: &str, partner: &Part) {
        let partner = partner.child.id();
        self.ask(&format!(
            r#"{{"{what}":{{"messages":100000000000,"partner":{partner}}}}}"#
        ));
    }
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "how long the processes run before one is killed is what this test varies"
)]
fn whichever_side_of_the_ring_is_killed_the_other_one_ends_with_what_was_whole_y33() {
    let space = Space::new();
    let _dog = filemap_testing::watchdog!();
    for round in 0..12 {
        let (mut producer, mut consumer) = (Part::start(&space), Part::start(&space));
        consumer.ask(r#""MakeRing""#);
        assert!(consumer.hear()["error"].is_null());
        consumer.run("Consume", &producer);
        producer.run("Produce", &consumer);
        std::thread::sleep(std::time::Duration::from_micros(7919 * round % 20_000));
        let (killed, other) = match round % 2 {
            0 => (&mut producer, &mut consumer),
            _ => (&mut consumer, &mut producer),
        };
        killed.child.kill().unwrap();
        killed.child.wait().unwrap();
        let answer = other.hear();
        if answer["error"].is_null() {
            assert_eq!(answer["ring"]["alone"], true, "{answer}");
            assert_eq!(answer["ring"]["wrong"], 0, "{answer}");
        } else {
            // It was killed before the other had even found it, or the ring.
            assert!(
                [2, 87].contains(&answer["error"][0].as_u64().unwrap()),
                "{answer}"
            );
        }
        drop(other.child.kill());
        other.child.wait().unwrap();
    }
}
