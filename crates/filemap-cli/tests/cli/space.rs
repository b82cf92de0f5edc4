//! A name space for one test, and commands in it.

use filemap_testing::{PrivateRoot, Watchdog, patience, private_root};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdin, Command, Output, Stdio};
use tempfile::TempDir;

/// The session that tests are in: not 0, where `Local\` is `Global\`, whoever runs them.
pub(crate) const SESSION: &str = "5";

pub(crate) struct Space {
    root: PrivateRoot,
    /// The working directory of all commands.
    pub(crate) dir: TempDir,
    _watchdog: Watchdog,
}

/// What a command has left behind.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A command that keeps an object, ready. Killed on drop.
pub(crate) struct Keeper {
    child: Child,
    stdin: Option<ChildStdin>,
    stderr: BufReader<ChildStderr>,
    /// What it said when the object was ready, and before.
    pub(crate) said: String,
}

impl Space {
    pub(crate) fn new() -> Space {
        let test = std::thread::current().name().unwrap_or("a test").to_owned();
        Space {
            root: private_root(),
            dir: tempfile::tempdir().expect("a temporary directory"),
            _watchdog: Watchdog::arm(&test, patience()),
        }
    }

    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    /// The directory that plain and `Local\` names are in.
    pub(crate) fn names(&self) -> PathBuf {
        self.root().join("Sessions").join(SESSION)
    }

    /// Files in [`Space::names`].
    pub(crate) fn entries(&self) -> Vec<String> {
        let dir = fs::read_dir(self.names()).into_iter().flatten().flatten();
        dir.map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect()
    }

    /// A file in the working directory.
    pub(crate) fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.dir.path().join(name);
        fs::write(&path, bytes).expect("a file");
        path
    }

    /// Any program in this space.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(&self.dir)
            .env("FILEMAP_ROOT", self.root())
            .env("FILEMAP_SESSION", SESSION)
            .env("TMPDIR", self.dir.path())
            .stdin(Stdio::null());
        command
    }

    /// What `filemap doctor` prints where /dev/shm is a tmpfs of its own, mounted with these options; `None` without root or
    /// unshare(1).
    pub(crate) fn doctor_with_own_shm(&self, mounted: &str, json: bool) -> Option<String> {
        let script = "mount -t tmpfs -o \"$0\" tmpfs /dev/shm && exec \"$F\" doctor $1";
        let mut unshare = self.command("unshare");
        unshare.args(["-m", "bash", "-c", script, mounted]);
        unshare.args(json.then_some("--json"));
        unshare.env("F", env!("CARGO_BIN_EXE_filemap"));
        let out = unshare.env("FILEMAP_ROOT", "/dev/shm/own").output().ok()?;
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        Some(text).filter(|text| !text.is_empty())
    }

    pub(crate) fn filemap(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_filemap"));
        command.args(arguments);
        command
    }

    /// Runs `filemap` with nothing on standard input.
    pub(crate) fn run(&self, arguments: &[&str]) -> Done {
        Done::of(self.filemap(arguments).output().expect("filemap runs"))
    }

    /// Runs `filemap`, which must succeed without a word on standard error, and gives what it printed.
    #[track_caller]
    pub(crate) fn ok(&self, arguments: &[&str]) -> String {
        let done = self.run(arguments);
        assert_eq!((done.status, &*done.stderr), (Some(0), ""), "{arguments:?}");
        done.stdout
    }

    /// Runs `filemap`, which must fail with nothing printed and exactly this on standard error.
    #[track_caller]
    pub(crate) fn fails(&self, arguments: &[&str], stderr: &str) {
        let done = self.run(arguments);
        assert_eq!((done.status, &*done.stdout), (Some(1), ""), "{done:?}");
        assert_eq!(done.stderr, format!("filemap: {stderr}\n"));
    }

    /// Runs a script in bash, where `$F` is `filemap`.
    pub(crate) fn bash(&self, script: &str) -> Done {
        let mut bash = self.command("bash");
        bash.args(["-c", script]).env("F", env!("CARGO_BIN_EXE_filemap"));
        Done::of(bash.output().expect("bash runs"))
    }

    /// Starts a command that keeps an object, and waits until it is ready.
    #[track_caller]
    pub(crate) fn keep(&self, arguments: &[&str]) -> Keeper {
        let mut command = self.filemap(arguments);
        command.stdin(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("filemap runs");
        let mut stderr = BufReader::new(child.stderr.take().expect("asked for"));
        let mut said = String::new();
        while !said.contains(" is ready: ") {
            let n = stderr.read_line(&mut said).expect("UTF-8");
            assert_ne!(n, 0, "it ended before it was ready: {said}");
        }
        Keeper {
            stdin: child.stdin.take(),
            child,
            stderr,
            said,
        }
    }
}

impl Done {
    fn of(output: Output) -> Done {
        Done {
            status: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Keeper {
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("a live child");
    }

    /// Kills it as `kill -9` does and waits until it is gone.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("a live child");
        self.child.wait().expect("own child");
    }

    pub(crate) fn type_line(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().expect("not closed yet");
        stdin.write_all(format!("{line}\n").as_bytes()).expect("it reads");
    }

    /// Closes its standard input.
    pub(crate) fn end_input(&mut self) {
        self.stdin = None;
    }

    /// Waits for its end; gives its status and what else it said.
    pub(crate) fn ended(mut self) -> (Option<i32>, String) {
        let mut rest = String::new();
        self.stderr.read_to_string(&mut rest).expect("UTF-8");
        let status = self.child.wait().expect("own child");
        (status.code(), rest)
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        let _ = self.child.kill(); // fails if it has ended already
        let _ = self.child.wait();
    }
}

/// What `open` says of a name that nobody holds.
pub(crate) fn not_found(name: &str) -> String {
    format!(
        "open file mapping {name}: nobody holds an object of that name here (ERROR_FILE_NOT_FOUND, 2); start its creator \
         first and keep a handle open there; check session, spelling and case, or use Global\\ if it lives in session 0"
    )
}
