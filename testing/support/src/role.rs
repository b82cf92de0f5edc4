//! Child processes that run a part of the same test binary.
//!
//! Sharing between processes is tested with processes. A *role* is a function in the test's own file; [`Role`] runs
//! this same binary again and lets it play that role, with a socket between the two for lines of text. A line is an
//! event, so neither side has to sleep; the end of the process is an event too.

use crate::Watchdog;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitStatus, Stdio};

/// The environment variable that tells a child its role.
const ROLE: &str = "FILEMAP_TEST_ROLE";

/// Defines roles: functions that another process of the same test binary plays.
///
/// Each takes the socket to the test as `&mut Peer`. The harness lists a role as an ignored test; that is how a child
/// finds it. Ignored tests serve for nothing else in this project (see [`skip!`](crate::skip)).
///
/// ```no_run
/// filemap_testing::roles! {
///     /// Says what it was told, in capitals.
///     fn echo(peer: &mut Peer) {
///         while let Some(line) = peer.receive() {
///             peer.send(&line.to_uppercase());
///         }
///     }
/// }
///
/// #[test]
/// fn the_other_process_answers() {
///     let mut child = filemap_testing::role!(echo).start();
///     child.send("hello");
///     assert_eq!(child.receive().as_deref(), Some("HELLO"));
///     child.kill(); // or let it go out of scope
/// }
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! roles {
    ($($(#[$meta:meta])* fn $name:ident($peer:ident: &mut Peer) $body:block)*) => {$(
        $(#[$meta])*
        #[test]
        #[ignore = "a role: other tests run it as a child process"]
        fn $name() {
            fn body($peer: &mut $crate::Peer) $body
            $crate::play(::std::concat!(::std::module_path!(), "::", ::std::stringify!($name)), body);
        }
    )*};
}

/// A [`Role`] to start: names a function that [`roles!`](crate::roles) defined in the same module.
#[macro_export]
macro_rules! role {
    ($name:ident) => {{
        let _it_exists: fn() = $name;
        $crate::Role::new(::std::concat!(
            ::std::module_path!(),
            "::",
            ::std::stringify!($name)
        ))
    }};
}

/// A child process about to be started; made by [`role!`](crate::role).
pub struct Role {
    name: String,
    command: Command,
}

impl Role {
    /// The role whose function has this path, crate included; use [`role!`](crate::role).
    #[must_use]
    pub fn new(path: &str) -> Role {
        // Not `current_exe`: its directory may be closed to the user that the child becomes, and the file may have
        // been built anew meanwhile. The link in /proc leads to this very file, and a process may always follow its own.
        let mut command = Command::new("/proc/self/exe");
        let in_crate = path.split_once("::").map_or(path, |(_crate, rest)| rest);
        command.arg0(in_crate).env(ROLE, path);
        command.args([
            "--exact",
            in_crate,
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ]);
        Role {
            name: in_crate.to_owned(),
            command,
        }
    }

    /// Sets an environment variable of the child.
    #[must_use]
    pub fn env(mut self, key: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Role {
        self.command.env(key, value);
        self
    }

    /// Takes an environment variable away from the child.
    #[must_use]
    pub fn without_env(mut self, key: impl AsRef<OsStr>) -> Role {
        self.command.env_remove(key);
        self
    }

    /// Lets the child be another user, with that user's group and no others; needs root, see [`other_uid`](crate::other_uid).
    #[must_use]
    pub fn as_user(mut self, uid: u32) -> Role {
        self.command.uid(uid).gid(uid); // std also drops the supplementary groups
        self
    }

    /// Keeps what the child writes to standard error for [`Child::ended`] instead of showing it.
    #[must_use]
    pub fn keep_stderr(mut self) -> Role {
        self.command.stderr(Stdio::piped());
        self
    }

    /// Starts the child.
    ///
    /// # Panics
    /// If it can't be started.
    #[must_use]
    #[track_caller]
    pub fn start(mut self) -> Child {
        let (ours, theirs) = UnixStream::pair().expect("a pair of sockets");
        // The harness greets on standard output; nobody wants to read that.
        self.command.stdin(OwnedFd::from(theirs)).stdout(Stdio::null());
        let process = self
            .command
            .spawn()
            .unwrap_or_else(|e| panic!("start role {}: {e}", self.name));
        drop(self.command); // it keeps the child's end of the socket, and then no end of file would ever come
        Child {
            name: self.name,
            process,
            peer: Peer::new(ours),
        }
    }
}

/// One end of the socket between a test and a role: lines of text, without the line feed.
pub struct Peer {
    from: BufReader<UnixStream>,
}

impl Peer {
    fn new(stream: UnixStream) -> Peer {
        Peer {
            from: BufReader::new(stream),
        }
    }

    /// Sends one line.
    ///
    /// # Panics
    /// If the line has a line feed in it, or the other side is gone.
    #[track_caller]
    pub fn send(&mut self, line: &str) {
        assert!(!line.contains('\n'), "one line at a time: {line:?}");
        self.from
            .get_mut()
            .write_all(format!("{line}\n").as_bytes())
            .expect("the other process reads");
    }

    /// The next line; waits for it. `None` once the other side is gone.
    ///
    /// # Panics
    /// If the bytes are not UTF-8.
    #[track_caller]
    pub fn receive(&mut self) -> Option<String> {
        let mut line = String::new();
        match self.from.read_line(&mut line) {
            Ok(0) => None,
            Ok(_) => Some(line.trim_end_matches('\n').to_owned()),
            // The other side died with lines unread: that is its end, too.
            Err(e) if e.kind() == ErrorKind::ConnectionReset => None,
            Err(e) => panic!("read from the other process: {e}"),
        }
    }

    /// Waits for the next line, which must be this one.
    ///
    /// # Panics
    /// If it is another one, or the other side is gone.
    #[track_caller]
    pub fn expect(&mut self, line: &str) {
        assert_eq!(
            self.receive().as_deref(),
            Some(line),
            "the next line from the other process"
        );
    }
}

/// A running role. Killed (SIGKILL) and waited for on drop.
pub struct Child {
    name: String,
    process: std::process::Child,
    peer: Peer,
}

impl Child {
    /// Its process number.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Sends it one line. Panics as [`Peer::send`] does.
    #[track_caller]
    pub fn send(&mut self, line: &str) {
        self.peer.send(line);
    }

    /// Its next line; waits for it. `None` once it has ended.
    #[track_caller]
    pub fn receive(&mut self) -> Option<String> {
        self.peer.receive()
    }

    /// Waits for its next line, which must be this one.
    ///
    /// # Panics
    /// If it is another one, or the process has ended.
    #[track_caller]
    pub fn expect(&mut self, line: &str) {
        assert_eq!(
            self.receive().as_deref(),
            Some(line),
            "the next line from role {}",
            self.name
        );
    }

    /// Sends it any signal, such as `Signal::STOP`.
    ///
    /// # Panics
    /// If it has been waited for already.
    #[track_caller]
    pub fn signal(&self, signal: rustix::process::Signal) {
        rustix::process::kill_process(rustix::process::Pid::from_child(&self.process), signal)
            .expect("a live child");
    }

    /// Kills it as `kill -9` does and waits until it is gone: its descriptors are closed and its locks dropped.
    pub fn kill(mut self) {
        self.end();
    }

    /// Hangs up, waits until it has come to its end by itself and gives its status and kept standard error.
    ///
    /// # Panics
    /// If waiting fails, or standard error was kept and is not UTF-8.
    #[must_use]
    #[track_caller]
    pub fn ended(mut self) -> (ExitStatus, String) {
        // Ours was the only other end; the role's next `receive` gives `None`.
        self.peer
            .from
            .get_mut()
            .shutdown(std::net::Shutdown::Both)
            .expect("own socket");
        let mut stderr = String::new();
        if let Some(mut pipe) = self.process.stderr.take() {
            pipe.read_to_string(&mut stderr)
                .expect("standard error of a role");
        }
        (self.process.wait().expect("own child"), stderr)
    }

    fn end(&mut self) {
        let _ = self.process.kill(); // fails if it has ended already
        let _ = self.process.wait();
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.end();
    }
}

/// Plays the role if this process was started for it; [`roles!`](crate::roles) calls it.
///
/// The process ends with the one that started it, and has a [`Watchdog`] of its own.
///
/// # Panics
/// With the role, which makes the process end with status 101.
pub fn play(name: &str, body: fn(&mut Peer)) {
    if std::env::var(ROLE).as_deref() != Ok(name) {
        return; // somebody runs the ignored tests by hand
    }
    let socket = std::io::stdin().as_fd().try_clone_to_owned().expect("the socket");
    // The socket's own number is close-on-exec, standard input is not: this process's children must not keep it open.
    let null = std::fs::File::open("/dev/null").expect("/dev/null");
    rustix::stdio::dup2_stdin(&null).expect("standard input");
    end_with_the_parent();
    let _watchdog = Watchdog::arm(name, crate::patience());
    body(&mut Peer::new(socket.into()));
}

/// Ends this process once the one that started it has ended. Not PR_SET_PDEATHSIG: that fires when the *thread* that
/// started it ends.
fn end_with_the_parent() {
    use rustix::event::{PollFd, PollFlags, poll};
    use rustix::process::{PidfdFlags, getppid, pidfd_open};
    let Some(parent) = getppid() else { return };
    let Ok(pidfd) = pidfd_open(parent, PidfdFlags::empty()) else {
        return;
    }; // before Linux 5.3
    if getppid() != Some(parent) {
        std::process::abort(); // it died before `pidfd_open`, which then took a stranger
    }
    let wait = move || {
        let mut fds = [PollFd::new(&pidfd, PollFlags::IN)];
        while poll(&mut fds, None) == Err(rustix::io::Errno::INTR) {}
        std::process::abort();
    };
    std::thread::Builder::new()
        .name("parent".into())
        .spawn(wait)
        .expect("a thread");
}
