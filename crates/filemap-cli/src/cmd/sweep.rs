//! `filemap sweep`.

use crate::Place;
use crate::describe::size;
use crate::failure::{Failure, output};
use crate::signals::{End, Input, Signals};
use crate::ui::{harmless, json};
use filemap::inspect::{Sweeper, SweptNow};
use filemap::{Escaped, Namespace, list};
use sd_notify::NotifyState;
use serde::Serialize;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Takes away what killed processes have left, and says how much memory that freed
///
/// Objects that somebody holds are never touched. It is never needed for correctness: a dead name can't be opened, and
/// whoever tries removes it. With --watch it goes on, and what a process leaves is gone within milliseconds of its death:
/// the kernel tells, nothing is polled. `filemap setup` installs that as a service of the system and of each user.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  filemap sweep\n  filemap sweep --json\n  timeout 1 filemap sweep --watch || true"
)]
pub(crate) struct Sweep {
    /// Go on until a signal, and take away what dies
    #[arg(long)]
    watch: bool,
    /// One JSON object: removed, bytes, live, kept; with --watch, a line with an object for each entry: name, directory, bytes
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Answer {
    /// Dead entries taken away.
    removed: usize,
    /// Bytes of memory that they took.
    bytes: u64,
    /// Live objects, left alone.
    live: usize,
    /// Entries that only their owner may remove, or that are no objects.
    kept: usize,
}

#[derive(Serialize)]
struct Line<'a> {
    name: &'a str,
    directory: &'a std::path::Path,
    bytes: u64,
}

/// At most so many entries of one moment are named in the journal.
const NAMED: usize = 10;

impl Sweep {
    pub(crate) fn run(&self, place: &Place) -> Result<ExitCode, Failure> {
        let space = place.namespace()?;
        if self.watch {
            return self.watch(&space);
        }
        let swept = list::sweep(&space)?;
        let list::Swept {
            removed,
            bytes,
            live,
            kept,
        } = swept;
        let answer = Answer {
            removed,
            bytes,
            live,
            kept,
        };
        let mut out = io::stdout().lock();
        if self.json {
            json(&mut out, &answer)?;
            return Ok(ExitCode::SUCCESS);
        }
        let entries = if removed == 1 { "entry" } else { "entries" };
        let mut text = format!("{removed} dead {entries} removed, {bytes} bytes freed; {live} live");
        if kept > 0 {
            text.push_str(&format!(
                "; {kept} left alone (no objects, or only their owner may remove them: see `filemap ls`)"
            ));
        }
        writeln!(out, "{text}").map_err(output)?;
        Ok(ExitCode::SUCCESS)
    }

    fn watch(&self, space: &Namespace) -> Result<ExitCode, Failure> {
        let signals = Signals::catch()?;
        let mut swept = Vec::new();
        let mut sweeper = Sweeper::new(space, &mut |now| swept.push(now))?;
        let mut total = (0u64, 0u64);
        self.tell(&mut swept, &mut total)?;
        log(
            6,
            &format!(
                "watching {} directories of {}",
                sweeper.directories(),
                space.root().display()
            ),
        );
        // Without a service manager that asked for it, this does nothing.
        let _ = sd_notify::notify(&[NotifyState::Ready, NotifyState::Status("watching")]);
        let watchdog = sd_notify::watchdog_enabled().map(|time| time / 2);
        let mut ping = watchdog.map(|every| Instant::now() + every);
        loop {
            let until = ping.map_or(sweeper.due(), |ping| ping.min(sweeper.due()));
            let end = signals.wait(Some(until), Input::Ignored, Some(sweeper.descriptor()))?;
            if let End::Signal(_) = end {
                break;
            }
            if let (Some(at), Some(every)) = (ping, watchdog)
                && Instant::now() >= at
            {
                let _ = sd_notify::notify(&[NotifyState::Watchdog]);
                ping = Some(Instant::now() + every);
            }
            sweeper.turn(&mut |now| swept.push(now))?;
            if self.tell(&mut swept, &mut total)? {
                let status = format!("{} reclaimed, {} freed", entries(total.0), size(total.1));
                let _ = sd_notify::notify(&[NotifyState::Status(&status)]);
            }
        }
        let _ = sd_notify::notify(&[NotifyState::Stopping]);
        log(
            6,
            &format!("{} reclaimed, {} bytes freed in all", entries(total.0), total.1),
        );
        Ok(ExitCode::SUCCESS)
    }

    /// Tells what was taken away since the last time; true if there was something.
    fn tell(&self, swept: &mut Vec<SweptNow>, total: &mut (u64, u64)) -> Result<bool, Failure> {
        if swept.is_empty() {
            return Ok(false);
        }
        let bytes: u64 = swept.iter().map(|now| now.bytes).sum();
        total.0 += swept.len() as u64;
        total.1 += bytes;
        if self.json {
            let mut out = io::stdout().lock();
            for SweptNow {
                name,
                directory,
                bytes,
            } in &*swept
            {
                let line = Line {
                    name,
                    directory,
                    bytes: *bytes,
                };
                let line = serde_json::to_string(&line).map_err(|e| output(e.into()))?;
                writeln!(out, "{}", harmless(&line)).map_err(output)?;
            }
            out.flush().map_err(output)?;
        } else {
            let names: Vec<String> = swept
                .iter()
                .take(NAMED)
                .map(|now| Escaped(&now.name).to_string())
                .collect();
            let more = match swept.len().saturating_sub(NAMED) {
                0 => String::new(),
                n => format!(" and {n} more"),
            };
            let entries = if swept.len() == 1 { "entry" } else { "entries" };
            log(
                5,
                &format!(
                    "{} dead {entries} removed, {bytes} bytes freed: {}{more}",
                    swept.len(),
                    names.join(", ")
                ),
            );
        }
        swept.clear();
        Ok(true)
    }
}

fn entries(n: u64) -> String {
    match n {
        1 => "1 entry".to_owned(),
        n => format!("{n} entries"),
    }
}

/// A line for the journal, with its priority where the journal reads it. Source: sd-daemon(3).
fn log(priority: u8, text: &str) {
    let to_journal = std::env::var_os("JOURNAL_STREAM").is_some();
    let line = match to_journal {
        true => format!("<{priority}>{text}\n"),
        false => format!("filemap: {text}\n"),
    };
    // If nobody reads it, nobody wants to know.
    let _ = io::stderr().write_all(line.as_bytes());
}

/// How long the service manager may hear nothing of the service.
pub(crate) const WATCHDOG: Duration = Duration::from_secs(60);
