//! The command on Windows, under Wine: every subcommand that it has there, and what it says of the others.
//!
//! Needs Wine and the command built for Windows: `cargo xtask test` and `cargo xtask windows` see to both.

use filemap_testing::{Watchdog, Wine, patience};
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, Stdio};

/// The command under Wine, and names that no other test has.
struct Windows {
    wine: Wine,
    program: PathBuf,
    unique: String,
    _watchdog: Watchdog,
}

struct Done {
    status: Option<i32>,
    stdout: String,
    stderr: String,
}

/// A command that keeps something until its input ends.
struct Keeper {
    child: Child,
    stderr: BufReader<ChildStderr>,
}

impl Windows {
    fn new(test: &str) -> Result<Windows, String> {
        let wine = Wine::find()?;
        Ok(Windows {
            program: wine.built("filemap.exe")?,
            wine,
            unique: format!("{test}{}", std::process::id()),
            _watchdog: Watchdog::arm(test, patience()),
        })
    }

    fn name(&self, what: &str) -> String {
        format!(r"Local\{what}-{}", self.unique)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.wine.command(&self.program);
        command.args(arguments).stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Done {
        let output = self.command(arguments).output().expect("Wine starts");
        // Wine ends lines of a pipe as the program does.
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Done {
            status: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }

    #[track_caller]
    fn ok(&self, arguments: &[&str]) -> String {
        let done = self.run(arguments);
        assert_eq!(
            done.status,
            Some(0),
            "{arguments:?}: {}{}",
            done.stdout,
            done.stderr
        );
        done.stdout
    }

    /// It fails with this exit status, and standard error has these words.
    #[track_caller]
    fn fails(&self, arguments: &[&str], status: i32, words: &[&str]) {
        let done = self.run(arguments);
        assert_eq!(
            done.status,
            Some(status),
            "{arguments:?}: {}{}",
            done.stdout,
            done.stderr
        );
        for word in words {
            assert!(
                done.stderr.contains(word),
                "{arguments:?}: {word}: {}",
                done.stderr
            );
        }
    }

    #[track_caller]
    fn keep(&self, arguments: &[&str]) -> Keeper {
        let mut command = self.command(arguments);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("Wine starts");
        let stderr = child.stderr.take().expect("piped");
        let mut keeper = Keeper {
            child,
            stderr: BufReader::new(stderr),
        };
        let mut said = String::new();
        keeper.stderr.read_line(&mut said).expect("a line");
        assert!(said.contains(" is ready"), "{arguments:?}: {said}");
        keeper
    }
}

impl Keeper {
    /// Lets it end as its users do.
    #[track_caller]
    fn end(mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().expect("it ends").success());
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Some of the lab's rows.
const CLAUSES: &str = "P-14,P-15,P-18,P-19,P-21,P-22,P-25";

macro_rules! windows {
    ($test:literal) => {
        match Windows::new($test) {
            Ok(windows) => windows,
            Err(why) => filemap_testing::skip!("{why}"),
        }
    };
}

/// O-40: the name goes with the last handle, whoever made the object.
#[test]
fn create_write_read_and_hold_work_as_on_linux() {
    let windows = windows!("keep");
    let name = windows.name("frames");
    let creator = windows.keep(&["create", &name, "--size", "64KiB", "--text", "hello"]);
    assert_eq!(windows.ok(&["read", &name, "--text"]), "hello\n");
    windows.ok(&["write", &name, "--offset", "5", "--text", " from elsewhere"]);
    assert_eq!(windows.ok(&["read", &name, "--text"]), "hello from elsewhere\n");
    let holder = windows.keep(&["hold", &name]);
    creator.end();
    let json = windows.ok(&["read", &name, "--len", "5", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(
        (&json["size"], &json["text"]),
        (&65536.into(), &"hello".into()),
        "{json}"
    );
    let hexdump = windows.ok(&["hexdump", &name, "--len", "16"]);
    assert!(hexdump.contains("68 65 6c 6c 6f 20 66 72"), "{hexdump}");
    windows.fails(
        &["create", &name, "--size", "1", "--new"],
        1,
        &["(ERROR_ALREADY_EXISTS, 183)"],
    );
    holder.end();
    windows.fails(&["read", &name], 1, &["(ERROR_FILE_NOT_FOUND, 2)"]);
}

/// A file is shared as on Linux, and what is written is in it.
#[test]
fn a_file_is_shared_and_has_what_was_written() {
    let windows = windows!("file");
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("app.log");
    std::fs::write(&file, "0123456789").expect("a file");
    let (name, path) = (windows.name("log"), file.display().to_string());
    let keeper = windows.keep(&["create", &name, "--file", &path]);
    windows.ok(&["write", &name, "--offset", "2", "--text", "ab"]);
    keeper.end();
    assert_eq!(std::fs::read_to_string(&file).expect("the file"), "01ab456789");
}

#[test]
fn watch_shows_changes_and_ends_with_the_object() {
    let windows = windows!("watch");
    let name = windows.name("words");
    let keeper = windows.keep(&["create", &name, "--size", "4096"]);
    let mut watch = windows
        .command(&[
            "watch", &name, "--as", "u32", "--len", "8", "--every", "5ms", "--export", "csv",
        ])
        .stdout(Stdio::piped())
        .spawn()
        .expect("Wine starts");
    let mut out = BufReader::new(watch.stdout.take().expect("piped"));
    let mut seen = String::new();
    // The head, and the row that was there first.
    out.read_line(&mut seen).expect("a line");
    out.read_line(&mut seen).expect("a line");
    windows.ok(&["write", &name, "--text", "7"]);
    out.read_line(&mut seen).expect("a line");
    let last = seen.lines().last().expect("a row");
    assert!(last.contains("55"), "the byte '7' is 55: {seen}");
    keeper.end();
    out.read_to_string(&mut seen).expect("its end");
    assert!(watch.wait().expect("it ends").success(), "{seen}");
}

/// W-1: waits take what they wait for; 124 when the time is over.
#[test]
fn events_semaphores_and_waits_work_between_commands() {
    let windows = windows!("wait");
    let (go, slots) = (windows.name("go"), windows.name("slots"));
    let event = windows.keep(&["event", "create", &go]);
    let semaphore = windows.keep(&["semaphore", "create", &slots, "--initial", "1"]);
    windows.fails(&["wait", &go, "--timeout", "0s"], 124, &[]);
    let waiter = windows
        .command(&["wait", "--all", &go, &slots])
        .spawn()
        .expect("Wine starts");
    windows.ok(&["event", "set", &go]);
    assert!(waiter.wait_with_output().expect("it ends").status.success());
    // Both were taken.
    windows.fails(&["wait", "--any", &go, &slots, "--timeout", "0s"], 124, &[]);
    windows.ok(&["semaphore", "release", &slots]);
    assert_eq!(
        windows
            .ok(&["wait", "--any", &go, &slots, "--timeout", "60s"])
            .trim(),
        slots
    );
    event.end();
    semaphore.end();
}

#[test]
fn explain_knows_the_same_causes() {
    let windows = windows!("explain");
    let text = windows.ok(&["explain", "5", "--call", "MapViewOfFile"]);
    assert!(text.contains("ERROR_ACCESS_DENIED"), "{text}");
    let native = Command::new(env!("CARGO_BIN_EXE_filemap"))
        .args(["explain", "0xC0000022", "--json"])
        .output()
        .expect("filemap runs");
    assert_eq!(
        windows.ok(&["explain", "0xC0000022", "--json"]).as_bytes(),
        native.stdout
    );
}

/// M-63: the sample, then what only Linux and Windows have in common.
#[test]
fn the_demo_runs_and_everything_behaves() {
    let windows = windows!("demo");
    let text = windows.ok(&["demo"]);
    for line in [
        "\"Message from the first process.\"",
        "ok: the server is dead",
        "ok: the name went with the last handle: error 2, nobody holds an object of that name",
        "Everything behaved.",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(!text.contains("NOT SO"), "{text}");
}

/// The lab measures the one platform that there is; of the rules that these rows are about, Wine has no other opinion.
#[test]
fn the_lab_measures_the_platform_that_it_runs_on() {
    let windows = windows!("lab");
    let rows = windows.ok(&["lab", "--json", "--only", CLAUSES]);
    let rows: serde_json::Value = serde_json::from_str(&rows).expect("JSON");
    let rows = rows.as_array().expect("rows");
    assert!(rows.len() >= 5, "{rows:#?}");
    for row in rows {
        assert_eq!(
            (&row["platform"], &row["ok"]),
            (&"nt".into(), &true.into()),
            "{row}"
        );
    }
    // A rule of another Windows is nothing that can be measured here.
    windows.fails(&["lab", "maartensmap"], 1, &["(ERROR_NOT_SUPPORTED, 50)"]);
    windows.fails(&["lab", "--platform", "win95"], 1, &["(ERROR_NOT_SUPPORTED, 50)"]);
}

#[test]
fn the_list_shows_what_windows_tells_and_says_what_it_does_not() {
    let windows = windows!("list");
    let name = windows.name("shown");
    let keeper = windows.keep(&["create", &name, "--size", "8192"]);
    let done = windows.run(&["ls", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&done.stdout).expect("JSON");
    let objects = json["objects"].as_array().expect("objects");
    let object = objects.iter().find(|object| object["name"] == name.as_str());
    let object = object.unwrap_or_else(|| panic!("{name}: {json:#}"));
    assert_eq!(
        (&object["size"], &object["handles"]),
        (&8192.into(), &1.into()),
        "{object}"
    );
    let done = windows.run(&["ls"]);
    assert!(
        done.stderr.contains("Windows does not tell who holds an object"),
        "{}",
        done.stderr
    );
    keeper.end();
}

#[test]
fn what_only_linux_has_is_refused_with_what_is_nearest() {
    let windows = windows!("others");
    windows.fails(
        &["who", &windows.name("x")],
        1,
        &["(ERROR_NOT_SUPPORTED, 50)", "filemap ls"],
    );
    windows.fails(&["stat", "x", "--json"], 1, &["(ERROR_NOT_SUPPORTED, 50)"]);
    windows.fails(&["wo"], 2, &["unrecognized subcommand 'wo'"]);
    // A tree of one's own, and the rules of another Windows.
    windows.fails(
        &["--root", r"C:\tree", "read", "x"],
        1,
        &["(ERROR_NOT_SUPPORTED, 50)"],
    );
    let mut command = windows.command(&["read", "x"]);
    let output = command
        .env("FILEMAP_PLATFORM", "xp")
        .output()
        .expect("Wine starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("(ERROR_NOT_SUPPORTED, 50)"), "{said}");
    // Names are Windows' own.
    windows.fails(&["read", r"dir\x"], 1, &["(ERROR_PATH_NOT_FOUND, 3)"]);
}
