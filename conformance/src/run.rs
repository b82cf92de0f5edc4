//! Carries rows out and compares.

use crate::functions::Returns;
use crate::table::{Argument, Named, Row, Step, Substitutions};
use crate::value::{Answer, Order, Report, Written};
use crate::{Host, System};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

/// How long an answer may take before the row counts as hanging. No row depends on it.
const PATIENCE: Duration = Duration::from_secs(240);
/// How long a process may take to come up, and how often it is tried: on a machine with too much to do Wine's processes sometimes
/// hang or are given up while they start, and no row is about that.
const STARTING: Duration = Duration::from_secs(60);
const TRIES: u32 = 3;

/// What became of a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Verdict {
    /// Everything as the row says.
    Passed,
    /// Not as the row says: each difference.
    Failed(Vec<String>),
    /// Not as the row says, which the row says too.
    KnownDifference(String),
    /// It can't be written on this system.
    Unsupported(String),
}

/// A row that was carried out.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// Its table.
    pub table: String,
    /// Its name.
    pub row: String,
    /// What became of it.
    pub verdict: Verdict,
    /// What came of each of its steps; none for the end of a process.
    pub answers: Vec<Option<Answer>>,
}

/// Carries all rows of the tables out, that `wanted` says yes to. `program` is `filemap-conformance`.
#[must_use]
pub fn run(
    program: &Path,
    system: System,
    tables: &[Named],
    wanted: impl Fn(&Named, &Row) -> bool,
) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for table in tables {
        for row in table.table.row.iter().filter(|row| wanted(table, row)) {
            let (answers, verdict) = judge(program, system, row);
            let (table, row) = (table.name.clone(), row.name.clone());
            outcomes.push(Outcome {
                table,
                row,
                verdict,
                answers,
            });
        }
    }
    outcomes
}

fn judge(program: &Path, system: System, row: &Row) -> (Vec<Option<Answer>>, Verdict) {
    let own_rules = row.platform.is_some() || !row.sessions.is_empty();
    if own_rules && system.host != Host::Linux {
        let why = "this host has its own platform and sessions".to_owned();
        return (Vec::new(), Verdict::Unsupported(why));
    }
    let mut answers = Vec::new();
    let mut faults = Vec::new();
    let mut cannot = None;
    match Stage::new(program, system, row) {
        Err(e) => faults.push(e),
        Ok(mut stage) => {
            for (index, step) in row.steps.iter().enumerate() {
                let place = format!("step {} ({})", index + 1, step.title());
                match stage.carry_out(step) {
                    Err(e) => {
                        faults.push(format!("{place}: {e}"));
                        break;
                    }
                    Ok((answer, function)) => {
                        if let Some(answer) = &answer {
                            if let Some(why) = &answer.unsupported {
                                cannot = Some(why.clone());
                                break;
                            }
                            let found = step.differences(answer, function);
                            faults.extend(found.into_iter().map(|fault| format!("{place}: {fault}")));
                        }
                        answers.push(answer);
                    }
                }
            }
        }
    }
    let verdict = match (cannot, row.unsupported_on(system), row.differs_on(system)) {
        (Some(why), Some(_), _) => Verdict::Unsupported(why),
        (Some(why), None, _) => Verdict::Failed(vec![format!(
            "it can't be done here, and the row does not say so: {why}"
        )]),
        (None, Some(_), _) => Verdict::Failed(vec![
            "it can be done here, and the row says that it can't".to_owned(),
        ]),
        (None, None, Some(why)) if !faults.is_empty() => Verdict::KnownDifference(why.to_owned()),
        (None, None, Some(_)) => Verdict::Failed(vec![
            "no difference, and the row says that there is one".to_owned(),
        ]),
        (None, None, None) if faults.is_empty() => Verdict::Passed,
        (None, None, None) => Verdict::Failed(faults),
    };
    (answers, verdict)
}

impl Step {
    fn title(&self) -> String {
        let end = |what: &str, who: &Option<String>| who.as_ref().map(|who| format!("{what} {who}"));
        end("finish", &self.finish)
            .or(end("kill", &self.kill))
            .or(end("exit", &self.exit))
            .or(end("end of thread", &self.end_thread))
            .unwrap_or_else(|| match self.call.as_ref().and_then(|call| call.first()) {
                Some(Argument::Text(name)) => format!("{} by {}", name, self.by),
                _ => "?".to_owned(),
            })
    }

    /// How an answer differs from what the step says.
    fn differences(&self, answer: &Answer, returns: Returns) -> Vec<String> {
        let mut found: Vec<String> = answer.broken.iter().cloned().collect();
        let told = || match (answer.ok, answer.error) {
            (true, _) => format!("{} ({:#x})", answer.result, answer.result),
            (false, Some(code)) => format!("failure, {}", filemap_core::error::Win32Code(code)),
            (false, None) => "failure without a last error".to_owned(),
        };
        let meets = match &self.gives {
            None => answer.ok || returns == Returns::Nothing,
            Some(Argument::Text(word)) if word == "ok" => answer.ok,
            Some(Argument::Text(word)) if word == "failed" => !answer.ok,
            Some(value) => match value.as_number() {
                Ok(number) => answer.result == number,
                Err(_) => false,
            },
        };
        if !meets {
            let wanted = self
                .gives
                .as_ref()
                .map_or("success".to_owned(), |wanted| format!("{wanted:?}"));
            found.push(format!("it gives {}, not {wanted}", told()));
        }
        match &self.error {
            None => {}
            Some(Argument::Text(word)) if word == "unchanged" => {
                found.extend(
                    answer
                        .error
                        .map(|code| format!("it sets the last error to {code}")),
                );
            }
            Some(wanted) => {
                let number = wanted.as_number().unwrap_or(u64::MAX);
                if answer.error.map(u64::from) != Some(number) {
                    let is = answer
                        .error
                        .map_or("untouched".to_owned(), |code| code.to_string());
                    found.push(format!("the last error is {is}, not {number}"));
                }
            }
        }
        for (name, wanted) in &self.out {
            let same = match (answer.out.get(name), wanted) {
                (Some(Written::Text(is)), Argument::Text(wanted)) => is == wanted,
                (Some(Written::Number(is)), wanted) => wanted.as_number().is_ok_and(|number| number == *is),
                _ => false,
            };
            if !same {
                found.push(format!("{name} is {:?}, not {wanted:?}", answer.out.get(name)));
            }
        }
        found
    }
}

/// The processes of one row, and what only they use.
struct Stage<'a> {
    program: &'a Path,
    system: System,
    row: &'a Row,
    actors: BTreeMap<String, Actor>,
    with: Substitutions,
    _directory: tempfile::TempDir,
    #[cfg(unix)]
    names: filemap_testing::PrivateRoot,
}

struct Actor {
    child: Child,
    orders: Option<ChildStdin>,
    reports: Receiver<Report>,
    /// Answers of other threads than the one that was waited for.
    early: Vec<Report>,
    /// Calls that are under way: the thread and what its function returns.
    started: BTreeMap<u32, Returns>,
}

impl<'a> Stage<'a> {
    fn new(program: &'a Path, system: System, row: &'a Row) -> Result<Stage<'a>, String> {
        use std::sync::atomic::{AtomicU32, Ordering};
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let directory = tempfile::tempdir().map_err(|e| format!("a directory: {e}"))?;
        let unique = format!(
            "fc{}-{}-",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        let path: PathBuf = directory.path().into();
        Ok(Stage {
            program,
            system,
            row,
            actors: BTreeMap::new(),
            with: Substitutions {
                unique,
                directory: path.to_string_lossy().into_owned(),
            },
            _directory: directory,
            #[cfg(unix)]
            names: filemap_testing::private_root(),
        })
    }

    /// The process and the number of the thread that `who` names: `B`, `B/2`.
    fn split(who: &str) -> Result<(&str, u32), String> {
        match who.split_once('/') {
            None => Ok((who, 0)),
            Some((process, thread)) => match thread.parse() {
                Ok(thread) => Ok((process, thread)),
                Err(_) => Err(format!("{who}: no number behind the /")),
            },
        }
    }

    fn actor(&mut self, name: &str) -> Result<&mut Actor, String> {
        if !self.actors.contains_key(name) {
            let actor = self.start(name)?;
            self.actors.insert(name.to_owned(), actor);
        }
        self.actors.get_mut(name).ok_or_else(|| "no actor".to_owned())
    }

    fn start(&self, name: &str) -> Result<Actor, String> {
        let mut command = Command::new(self.program);
        command.arg("actor").arg(self.system.interface.name());
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        #[cfg(unix)]
        {
            command.env("FILEMAP_ROOT", self.names.path());
            let session = self.row.sessions.get(name).copied().unwrap_or(0);
            command.env("FILEMAP_SESSION", session.to_string());
            match &self.row.platform {
                Some(platform) => command.env("FILEMAP_PLATFORM", platform),
                None => command.env_remove("FILEMAP_PLATFORM"),
            };
        }
        #[cfg(not(unix))]
        let _ = (name, self.row); // its platform and sessions are its own
        let failed = |e| format!("{}: {e}", self.program.display());
        let mut tries = 0;
        let (mut child, reports) = loop {
            tries += 1;
            match started(&mut command) {
                Ok(actor) => break actor,
                Err(e) if tries == TRIES => return Err(failed(e)),
                Err(_) => {}
            }
        };
        let orders = child.stdin.take();
        Ok(Actor {
            child,
            orders,
            reports,
            early: Vec::new(),
            started: BTreeMap::new(),
        })
    }

    fn carry_out(&mut self, step: &Step) -> Result<(Option<Answer>, Returns), String> {
        if let Some(who) = &step.finish {
            let (process, thread) = Self::split(who)?;
            let actor = self.actor(process)?;
            let returns = actor.started.remove(&thread).ok_or("nothing was started there")?;
            return Ok((Some(actor.answer(thread)?), returns));
        }
        if let Some(who) = &step.end_thread {
            let (process, thread) = Self::split(who)?;
            let actor = self.actor(process)?;
            actor.tell(&Order::EndThread(thread))?;
            actor.answer(thread)?;
            return Ok((None, Returns::Nothing));
        }
        if let Some(who) = &step.kill {
            let mut actor = self.actors.remove(who).ok_or("no such process")?;
            actor.child.kill().map_err(|e| e.to_string())?;
            actor.child.wait().map_err(|e| e.to_string())?;
            return Ok((None, Returns::Nothing));
        }
        if let Some(who) = &step.exit {
            let mut actor = self.actors.remove(who).ok_or("no such process")?;
            actor.tell(&Order::Exit)?;
            actor.child.wait().map_err(|e| e.to_string())?;
            return Ok((None, Returns::Nothing));
        }
        let function = step.function()?;
        let arguments = step.arguments(&self.with)?;
        let (process, thread) = Self::split(&step.by)?;
        let actor = self.actor(process)?;
        let bind = step.bind.clone();
        let name = function.name.to_owned();
        actor.tell(&Order::Call {
            thread,
            function: name,
            arguments,
            bind,
        })?;
        if step.start {
            actor.started.insert(thread, function.returns);
            return Ok((None, Returns::Nothing));
        }
        Ok((Some(actor.answer(thread)?), function.returns))
    }
}

/// Starts a process and waits until it is up, which it says with its first line.
fn started(command: &mut Command) -> std::io::Result<(Child, Receiver<Report>)> {
    let mut child = command.spawn()?;
    let output = child.stdout.take().ok_or(ErrorKind::BrokenPipe)?;
    let (tell_up, up) = channel();
    let (tell, reports) = channel();
    std::thread::spawn(move || {
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        if lines.next().is_none_or(|_| tell_up.send(()).is_err()) {
            return;
        }
        for line in lines {
            if let Ok(report) = serde_json::from_str(&line)
                && tell.send(report).is_err()
            {
                break;
            }
        }
    });
    match up.recv_timeout(STARTING) {
        Ok(()) => Ok((child, reports)),
        Err(why) => {
            let _ = child.kill();
            let _ = child.wait();
            Err(std::io::Error::other(format!(
                "the process does not come up: {why}"
            )))
        }
    }
}

impl Actor {
    fn tell(&mut self, order: &Order) -> Result<(), String> {
        let mut line = serde_json::to_string(order).map_err(|e| e.to_string())?;
        line.push('\n');
        let to = self.orders.as_mut().ok_or("no input")?;
        to.write_all(line.as_bytes())
            .and_then(|()| to.flush())
            .map_err(|e| format!("the process is gone: {e}"))
    }

    fn answer(&mut self, thread: u32) -> Result<Answer, String> {
        if let Some(at) = self.early.iter().position(|report| report.thread == thread) {
            return Ok(self.early.remove(at).answer);
        }
        loop {
            match self.reports.recv_timeout(PATIENCE) {
                Ok(report) if report.thread == thread => return Ok(report.answer),
                Ok(report) => self.early.push(report),
                Err(RecvTimeoutError::Timeout) => return Err(format!("no answer within {PATIENCE:?}")),
                Err(RecvTimeoutError::Disconnected) => {
                    let status = self
                        .child
                        .wait()
                        .map_or_else(|e| e.to_string(), |status| status.to_string());
                    return Err(format!("the process has ended: {status}"));
                }
            }
        }
    }
}

impl Drop for Actor {
    fn drop(&mut self) {
        drop(self.orders.take()); // the process ends with its input, unless it hangs in a call
        if !self.started.is_empty() {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}
