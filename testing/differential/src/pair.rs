//! Two executors and what differs between them.

use crate::call::Call;
use crate::executor::{Order, Told};
use crate::known;
use std::fmt;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Two executors, alive as long as this.
pub struct Pair {
    here: Side,
    there: Side,
    sequence: u64,
    /// Calls that were made on both sides.
    pub calls: u64,
}

struct Side {
    child: Child,
    to: Option<ChildStdin>,
    from: BufReader<ChildStdout>,
}

/// The first call of which something else came.
#[derive(Clone, Debug)]
pub struct Difference {
    /// The calls.
    pub calls: Vec<Call>,
    /// Which of them.
    pub index: usize,
    /// What came of it here.
    pub here: Told,
    /// What came of it there.
    pub there: Told,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, call) in self.calls.iter().enumerate().take(self.index + 1) {
            writeln!(f, "{}{call:?}", if i == self.index { "-> " } else { "   " })?;
        }
        writeln!(f, "   here:  {:?}", self.here)?;
        write!(f, "   there: {:?}", self.there)
    }
}

impl Side {
    fn start(mut command: Command) -> io::Result<Side> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (to, from) = (child.stdin.take(), child.stdout.take());
        let from = from.ok_or(io::ErrorKind::BrokenPipe)?;
        Ok(Side {
            child,
            to,
            from: BufReader::new(from),
        })
    }

    fn tell(&mut self, line: &[u8]) -> io::Result<()> {
        let to = self.to.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        to.write_all(line)?;
        to.flush()
    }

    fn answers(&mut self) -> io::Result<Vec<Told>> {
        let mut line = String::new();
        if self.from.read_line(&mut line)? == 0 {
            return Err(io::Error::other(format!(
                "an executor has ended: {}",
                self.child.wait()?
            )));
        }
        Ok(serde_json::from_str(&line)?)
    }
}

impl Drop for Side {
    fn drop(&mut self) {
        drop(self.to.take()); // it ends with its input
        let _ = self.child.wait();
    }
}

impl Pair {
    /// Starts both executors.
    ///
    /// # Errors
    /// If one does not start.
    pub fn start(here: Command, there: Command) -> io::Result<Pair> {
        Ok(Pair {
            here: Side::start(here)?,
            there: Side::start(there)?,
            sequence: 0,
            calls: 0,
        })
    }

    /// Carries a sequence out on both sides, at the same time, and compares.
    ///
    /// # Errors
    /// If an executor has ended.
    pub fn compare(&mut self, calls: &[Call]) -> io::Result<Option<Difference>> {
        self.sequence += 1;
        let order = Order {
            unique: format!("fd{}-{}-", std::process::id(), self.sequence),
            calls: calls.to_vec(),
        };
        let mut line = serde_json::to_vec(&order)?;
        line.push(b'\n');
        self.there.tell(&line)?;
        self.here.tell(&line)?;
        let (here, there) = (self.here.answers()?, self.there.answers()?);
        for (index, (here, there)) in here.into_iter().zip(there).enumerate() {
            if here != there && !known::is_known(&calls[index], &here, &there) {
                let calls = calls.to_vec();
                return Ok(Some(Difference {
                    calls,
                    index,
                    here,
                    there,
                }));
            }
            self.calls += u64::from(here != Told::Nothing);
        }
        Ok(None)
    }
}
