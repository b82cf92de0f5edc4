//! A private tree on one platform, with the processes that act in it.

use crate::actor::{Ask, Told, VARIABLE};
use crate::system;
use filemap::{Profile, SESSION_VARIABLE};
use std::collections::HashMap;
use std::fmt;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

/// Why the lab itself does not work.
#[derive(Debug)]
pub enum LabError {
    /// A system call failed.
    Io(io::Error),
    /// A process of the lab ended too early, or said what nobody understands: it may lack a call of
    /// [`play_if_asked`](crate::play_if_asked).
    Actor(String),
}

impl fmt::Display for LabError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LabError::Io(e) => write!(f, "the lab can't work: {e}"),
            LabError::Actor(what) => write!(f, "a process of the lab failed: {what}"),
        }
    }
}

impl std::error::Error for LabError {}

impl From<io::Error> for LabError {
    fn from(e: io::Error) -> LabError {
        LabError::Io(e)
    }
}

/// A tree and its processes; both end with it.
///
/// If the lab is root, the tree is one for everybody, as `filemap setup` makes it, and processes can be other users.
pub(crate) struct Stage {
    profile: &'static Profile,
    root: tempfile::TempDir,
    actors: Vec<Actor>,
    seats: HashMap<usize, Seat>,
    has_users: bool,
}

/// Who a process is, from its start on.
#[derive(Clone, Debug, Default)]
struct Seat {
    /// Which of the lab's users, if it is not who runs the lab.
    user: Option<u32>,
    /// `FILEMAP_SESSION`.
    session: Option<String>,
}

impl Stage {
    pub(crate) fn new(profile: &'static Profile) -> Result<Stage, LabError> {
        let root = system::directory()?;
        let has_users = system::prepare(root.path())?;
        Ok(Stage {
            profile,
            root,
            actors: Vec::new(),
            seats: HashMap::new(),
            has_users,
        })
    }

    /// Whether processes can be other users than the one who runs the lab.
    pub(crate) fn has_users(&self) -> bool {
        self.has_users
    }

    /// Lets process `number`, not started yet, be a service: who runs the lab, in session 0.
    pub(crate) fn service(&mut self, number: usize) {
        self.seat(number, None, "0");
    }

    /// Lets process `number`, not started yet, be the lab's user `nth` in this session, given as `FILEMAP_SESSION` takes
    /// it. Without root, all users are the one who runs the lab, and has no privilege.
    pub(crate) fn user(&mut self, number: usize, nth: usize, session: &str) -> Result<(), LabError> {
        let user = self.has_users.then(|| system::USERS[nth]);
        self.seat(number, user, session);
        if user.is_none() {
            self.ask(number, Ask::WithoutPrivilege)?;
        }
        Ok(())
    }

    fn seat(&mut self, number: usize, user: Option<u32>, session: &str) {
        let session = Some(session.to_owned());
        self.seats.insert(number, Seat { user, session });
    }

    /// The directories of the object tree in which something has this name just now, found by looking into the file system.
    pub(crate) fn places_of(&self, leaf: &str) -> Result<Vec<String>, LabError> {
        let mut found = Vec::new();
        let mut look = |below: PathBuf, shown: String| {
            if below.join(leaf).symlink_metadata().is_ok() {
                found.push(shown);
            }
        };
        look(self.path("Global"), r"\BaseNamedObjects".to_owned());
        // Windows CE has a name space for each kind, and no path in a tree.
        look(self.path("FileMappings"), r"\BaseNamedObjects".to_owned());
        if let Ok(sessions) = std::fs::read_dir(self.path("Sessions")) {
            for session in sessions {
                let session = session?;
                let number = session.file_name().to_string_lossy().into_owned();
                look(session.path(), format!(r"\Sessions\{number}\BaseNamedObjects"));
            }
        }
        found.sort();
        Ok(found)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// Makes a file of so many `d`s.
    pub(crate) fn file(&self, name: &str, len: usize) -> Result<PathBuf, LabError> {
        let path = self.path(name);
        std::fs::write(&path, vec![b'd'; len])?;
        Ok(path)
    }

    /// Lets process `number`, which is started if need be, make a call.
    pub(crate) fn ask(&mut self, number: usize, ask: Ask) -> Result<Told, LabError> {
        while self.actors.len() <= number {
            let seat = self.seats.get(&self.actors.len()).cloned().unwrap_or_default();
            self.actors
                .push(Actor::start(self.profile, self.root.path(), &seat)?);
        }
        self.actors[number].ask(&ask)
    }

    /// [`Stage::ask`], when only the error number counts.
    pub(crate) fn code(&mut self, number: usize, ask: Ask) -> Result<u32, LabError> {
        Ok(self.ask(number, ask)?.code)
    }

    /// Ends a process as `kill -9` does.
    pub(crate) fn kill(&mut self, number: usize) -> Result<(), LabError> {
        self.actors[number].process.kill()?;
        self.actors[number].process.wait()?;
        Ok(())
    }
}

struct Actor {
    process: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Actor {
    fn start(profile: &Profile, root: &Path, seat: &Seat) -> Result<Actor, LabError> {
        let mut command = system::this_program(profile, root, seat.user)?;
        match &seat.session {
            Some(session) => command.env(SESSION_VARIABLE, session),
            None => command.env_remove(SESSION_VARIABLE),
        };
        let mut process = command
            .env(VARIABLE, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (Some(to), Some(from)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(LabError::Actor("no pipes".to_owned()));
        };
        Ok(Actor {
            process,
            to,
            from: BufReader::new(from),
        })
    }

    fn ask(&mut self, ask: &Ask) -> Result<Told, LabError> {
        let wrong = |e: serde_json::Error| LabError::Actor(e.to_string());
        let mut line = serde_json::to_string(ask).map_err(wrong)?;
        line.push('\n');
        self.to.write_all(line.as_bytes())?;
        let mut answer = String::new();
        if self.from.read_line(&mut answer)? == 0 {
            return Err(LabError::Actor(format!("it ended instead of doing {ask:?}")));
        }
        let told: Told = serde_json::from_str(&answer).map_err(wrong)?;
        match told.code {
            u32::MAX => Err(LabError::Actor(told.text)),
            _ => Ok(told),
        }
    }
}

impl Drop for Actor {
    fn drop(&mut self) {
        // Nothing of it is needed any more, and the tree goes with it.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
