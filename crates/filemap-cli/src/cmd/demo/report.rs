//! What the demo prints, as text or as JSON.

use super::process::Stop;
use crate::failure::{Failure, output, say};
use crate::signals::{End, Input, Signals};
use crate::ui;
use serde::Serialize;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

/// Everything that was done and seen.
#[derive(Serialize)]
pub(super) struct Report {
    /// Nothing failed, and every check held.
    ok: bool,
    steps: Vec<Step>,
    times: Vec<Took>,
    throughput: Option<Throughput>,
    #[serde(skip)]
    as_json: bool,
    #[serde(skip)]
    interactive: bool,
}

#[derive(Serialize)]
struct Step {
    title: String,
    lines: Vec<String>,
    checks: Vec<Check>,
}

#[derive(Serialize)]
struct Check {
    what: String,
    held: bool,
}

#[derive(Serialize)]
struct Took {
    operation: String,
    process: &'static str,
    nanoseconds: u64,
}

/// What went from the producer to the consumer.
#[derive(Serialize)]
pub(super) struct Throughput {
    pub(super) messages: u64,
    pub(super) bytes: u64,
    pub(super) nanoseconds: u64,
}

impl Throughput {
    fn per_second(&self, n: u64) -> f64 {
        n as f64 * 1e9 / self.nanoseconds.max(1) as f64
    }
}

impl Report {
    pub(super) fn new(as_json: bool, interactive: bool) -> Report {
        Report {
            ok: true,
            steps: Vec::new(),
            times: Vec::new(),
            throughput: None,
            as_json,
            interactive,
        }
    }

    /// A line before the first step.
    pub(super) fn preface(&mut self, text: &str) -> Result<(), Failure> {
        self.print(text)
    }

    /// Begins a step.
    pub(super) fn step(&mut self, title: String) -> Result<(), Failure> {
        self.print(&format!("\n{}. {title}", self.steps.len() + 1))?;
        self.steps.push(Step {
            title,
            lines: Vec::new(),
            checks: Vec::new(),
        });
        Ok(())
    }

    /// A line of the step.
    pub(super) fn line(&mut self, text: impl Into<String>) -> Result<(), Failure> {
        let text = text.into();
        self.print(&format!("   {text}"))?;
        if let Some(step) = self.steps.last_mut() {
            step.lines.push(text);
        }
        Ok(())
    }

    /// Something that must hold, in the words of when it does.
    pub(super) fn check(&mut self, held: bool, what: impl Into<String>) -> Result<(), Failure> {
        let what = what.into();
        match held {
            true => self.print(&format!("   ok: {what}"))?,
            false => self.print(&format!("   NOT SO: {what}"))?,
        }
        self.ok &= held;
        if let Some(step) = self.steps.last_mut() {
            step.checks.push(Check { what, held });
        }
        Ok(())
    }

    pub(super) fn took(&mut self, operation: &str, process: &'static str, took: Duration) {
        self.times.push(Took {
            operation: operation.to_owned(),
            process,
            nanoseconds: took.as_nanos() as u64,
        });
    }

    pub(super) fn went_through(&mut self, throughput: Throughput) -> Result<(), Failure> {
        let Throughput {
            messages,
            bytes,
            nanoseconds,
        } = throughput;
        self.line(format!(
            "Throughput: {messages} messages of {} bytes in {:.3} s, {:.0} messages and {:.1} MB per second.",
            bytes / messages.max(1),
            nanoseconds as f64 / 1e9,
            throughput.per_second(messages),
            throughput.per_second(bytes) / 1e6,
        ))?;
        self.throughput = Some(throughput);
        Ok(())
    }

    /// Waits for ENTER, if the demo is interactive; the end of input is as good.
    pub(super) fn pause(&mut self, what: &str, signals: &Signals) -> Result<(), Stop> {
        if self.interactive {
            self.print(&format!("\n   Press ENTER {what}"))?;
            if let End::Signal(signal) = signals.wait(None, Input::UntilLine, None)? {
                return Err(Stop::Signal(signal));
            }
        }
        Ok(())
    }

    /// The table of times and the exit status.
    pub(super) fn end(mut self, told: Result<(), Stop>) -> Result<ExitCode, Failure> {
        match told {
            Ok(()) => {}
            Err(Stop::Signal(signal)) => return Ok(ExitCode::from(128 + signal as u8)),
            Err(Stop::Failed(Failure::Call(e))) => self.failed(&e.to_string()),
            Err(Stop::Failed(e)) => return Err(e),
            Err(Stop::Misbehaved(text)) => self.failed(&text),
        }
        let mut out = io::stdout().lock();
        if self.as_json {
            ui::json(&mut out, &self)?;
        } else {
            let header = ["OPERATION", "TIMES", "FIRST", "FASTEST"];
            writeln!(out, "\nTime that each operation took, in microseconds:\n")
                .and_then(|()| ui::table(&mut out, &header, &[1, 2, 3], "   ", self.rows()))
                .map_err(output)?;
            let verdict = match self.ok {
                true => "Everything behaved.",
                false => "Something did not behave; see above.",
            };
            writeln!(out, "\n{verdict}").map_err(output)?;
        }
        Ok(if self.ok {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }

    /// A row for each operation, in the order of the first of its kind.
    fn rows(&self) -> Vec<Vec<String>> {
        let mut rows = Vec::new();
        for (i, first) in self.times.iter().enumerate() {
            let same = |took: &&Took| took.operation == first.operation;
            if self.times[..i].iter().any(|took| same(&took)) {
                continue;
            }
            let all = self.times[i..].iter().filter(same).map(|took| took.nanoseconds);
            rows.push(vec![
                first.operation.clone(),
                all.clone().count().to_string(),
                microseconds(first.nanoseconds),
                microseconds(all.min().unwrap_or(first.nanoseconds)),
            ]);
        }
        rows
    }

    fn failed(&mut self, text: &str) {
        self.ok = false;
        say(text);
    }

    fn print(&self, text: &str) -> Result<(), Failure> {
        if self.as_json {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        writeln!(out, "{text}").and_then(|()| out.flush()).map_err(output)
    }
}

fn microseconds(nanoseconds: u64) -> String {
    format!("{}.{}", nanoseconds / 1000, nanoseconds % 1000 / 100)
}
