//! A child process of the demo, as the demo sees it.

use super::Stage;
use crate::failure::{Failure, io_error};
use crate::signals::{End, Input, Signals};
use crate::system::Pipe;
use filemap::{Error, Op, Why, Win32Code};
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Stdio};
use std::time::{Duration, Instant};

/// The hidden subcommand that plays a part.
pub(crate) const PART: &str = "demo-part";
/// How long the demo waits for an answer, which takes far less than a second, before it calls the other process hung.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a part can be asked to do.
#[derive(Serialize, Deserialize)]
pub(super) enum Ask {
    /// The sample's server: create, map, write, print.
    Serve {
        name: String,
        text: String,
    },
    /// The sample's client: open, map, read, print.
    Client {
        name: String,
    },
    /// Create memory and map it.
    Create {
        name: String,
    },
    /// Create a mapping of a file and map a view.
    CreateOnFile {
        name: String,
        path: PathBuf,
    },
    /// Open a mapping of a file and map a view.
    OpenFile {
        name: String,
    },
    Write {
        slot: Slot,
        offset: usize,
        bytes: Vec<u8>,
    },
    Read {
        slot: Slot,
        offset: usize,
        len: usize,
    },
    /// Hand changes to the file and wait for the disk.
    Flush {
        slot: Slot,
    },
    /// Close the handle and keep the view.
    CloseHandle {
        slot: Slot,
    },
    Unmap {
        slot: Slot,
    },
    /// Make an empty ring, in place of the one that the part has.
    MakeRing,
    /// Write messages into the ring; `partner` is the consumer's process number.
    Produce {
        messages: u64,
        partner: u32,
    },
    /// Read messages from the ring; `partner` is the producer's process number.
    Consume {
        messages: u64,
        partner: u32,
    },
    /// Close the handles of the ring.
    CloseRing,
}

/// Which of a part's two objects.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) enum Slot {
    Memory,
    File,
}

/// What a part answers.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Answer {
    /// What it printed.
    pub(super) lines: Vec<String>,
    /// Nanoseconds that each call took.
    pub(super) times: Vec<(String, u64)>,
    /// What it read.
    pub(super) bytes: Vec<u8>,
    /// How its side of the ring went.
    #[serde(default)]
    pub(super) ring: Option<Ran>,
    /// Win32 number and text, if a call failed.
    pub(super) error: Option<(u32, String)>,
}

/// How a producer or a consumer fared.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) struct Ran {
    /// Messages written, or read.
    pub(super) messages: u64,
    /// Messages that were torn or not the next one.
    pub(super) wrong: u64,
    /// The partner ended before all was done.
    pub(super) alone: bool,
    /// From the first message to the last.
    pub(super) nanoseconds: u64,
}

/// A child process; killed on drop.
pub(super) struct Part {
    /// `server`, `client`, …
    pub(super) role: &'static str,
    child: Child,
    to: ChildStdin,
    from: Pipe,
    unread: Vec<u8>,
}

/// Why the story can't go on.
pub(super) enum Stop {
    /// A process did not do what it should.
    Misbehaved(String),
    /// A signal asked to end.
    Signal(i32),
    Failed(Failure),
}

impl<E: Into<Failure>> From<E> for Stop {
    fn from(e: E) -> Stop {
        Stop::Failed(e.into())
    }
}

impl Part {
    /// Starts this same program once more.
    pub(super) fn start(role: &'static str, stage: &Stage) -> Result<Part, Failure> {
        let failed = |e| Failure::Call(io_error(Op::Other("start"), role, "execve", &e));
        // A group of its own: Ctrl-C is for the demo to decide on.
        let mut command = crate::system::this_program().map_err(failed)?;
        command.arg(PART);
        if let Some(root) = &stage.root {
            command.arg("--root").arg(root);
        }
        if let Some(session) = stage.session {
            command.arg("--session").arg(session.to_string());
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(failed)?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(to), Some(from)) => Ok(Part {
                role,
                child,
                to,
                from: Pipe::of(from).map_err(failed)?,
                unread: Vec::new(),
            }),
            _ => Err(failed(std::io::ErrorKind::BrokenPipe.into())), // both were asked for
        }
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Lets it do something and waits for the answer, which may be an error.
    pub(super) fn try_ask(&mut self, ask: &Ask, signals: &Signals) -> Result<Answer, Stop> {
        self.begin(ask)?;
        self.hear(signals)
    }

    fn gone(&self) -> Stop {
        Stop::Misbehaved(format!("the {} ended before it answered", self.role))
    }

    /// Lets it begin something; [`Part::hear`] gives the answer.
    pub(super) fn begin(&mut self, ask: &Ask) -> Result<(), Stop> {
        let mut text = serde_json::to_string(ask).map_err(|e| crate::failure::output(e.into()))?;
        text.push('\n');
        self.to.write_all(text.as_bytes()).map_err(|_| self.gone())
    }

    /// Waits for the answer, which may be an error.
    pub(super) fn hear(&mut self, signals: &Signals) -> Result<Answer, Stop> {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(end) = self.unread.iter().position(|b| *b == b'\n') {
                let line: Vec<u8> = self.unread.drain(..=end).collect();
                let wrong = |e| Stop::Misbehaved(format!("the {} answered nonsense: {e}", self.role));
                return serde_json::from_slice(&line).map_err(wrong);
            }
            match signals.wait(Some(until), Input::Ignored, Some(self.from.ready()))? {
                End::Signal(signal) => return Err(Stop::Signal(signal)),
                End::Time | End::Input => {
                    let text = format!("the {} has not answered for {PATIENCE:?}", self.role);
                    return Err(Stop::Misbehaved(text));
                }
                End::Other => {
                    let mut bytes = [0; 65536];
                    match self.from.read(&mut bytes) {
                        Ok(n @ 1..) => self.unread.extend_from_slice(&bytes[..n]),
                        _ => return Err(self.gone()),
                    }
                }
            }
        }
    }

    /// As [`Part::try_ask`]; an error of the call ends the story.
    pub(super) fn ask(&mut self, ask: &Ask, signals: &Signals) -> Result<Answer, Stop> {
        let answer = self.try_ask(ask, signals)?;
        self.succeeded(answer)
    }

    /// The answer, if it is not an error.
    pub(super) fn succeeded(&self, answer: Answer) -> Result<Answer, Stop> {
        match answer.error {
            Some((_, text)) => Err(Stop::Misbehaved(format!("in the {}: {text}", self.role))),
            None => Ok(answer),
        }
    }

    /// Kills it as `kill -9` does; returns at once.
    pub(super) fn kill(&mut self) -> Result<(), Error> {
        let failed = |e| io_error(Op::Other("kill"), self.role, "kill", &e);
        self.child.kill().map_err(failed)
    }

    /// Waits until it is gone; true if it was killed.
    pub(super) fn wait(&mut self) -> Result<bool, Error> {
        match self.child.wait() {
            Ok(status) => Ok(crate::system::was_killed(status)),
            Err(e) => Err(Error::new(
                Op::Other("wait for"),
                self.role,
                Why::System {
                    code: Win32Code::WAIT_NO_CHILDREN,
                    text: e.to_string(),
                },
            )),
        }
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        let _ = self.child.kill(); // fails if it has ended already
        let _ = self.child.wait();
    }
}
