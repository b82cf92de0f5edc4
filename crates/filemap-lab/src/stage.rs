//! A private tree on one platform, with the processes that act in it.

use crate::actor::{Ask, Told, VARIABLE};
use crate::system;
use filemap::{Profile, SESSION_VARIABLE};
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
pub(crate) struct Stage {
    profile: &'static Profile,
    root: tempfile::TempDir,
    actors: Vec<Actor>,
    /// Whom processes other than the first run as; `None` for who runs the lab.
    user: Option<u32>,
}

impl Stage {
    pub(crate) fn new(profile: &'static Profile) -> Result<Stage, LabError> {
        Ok(Stage {
            profile,
            root: system::directory()?,
            actors: Vec::new(),
            user: None,
        })
    }

    /// A tree for everybody, in which all processes but the first belong to another user, if the lab is root; else all
    /// belong to one.
    pub(crate) fn for_two_users(profile: &'static Profile) -> Result<Stage, LabError> {
        let mut stage = Stage::new(profile)?;
        stage.user = system::open_to_everybody(stage.root.path())?;
        Ok(stage)
    }

    /// Whether there are two users.
    pub(crate) fn has_two_users(&self) -> bool {
        self.user.is_some()
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
            let user = self.user.filter(|_| !self.actors.is_empty());
            self.actors
                .push(Actor::start(self.profile, self.root.path(), user)?);
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
    fn start(profile: &Profile, root: &Path, user: Option<u32>) -> Result<Actor, LabError> {
        let mut command = system::this_program(profile, root, user)?;
        let mut process = command
            .env(VARIABLE, "1")
            .env_remove(SESSION_VARIABLE)
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
