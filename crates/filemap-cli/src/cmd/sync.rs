//! What `event`, `mutex`, `semaphore`, `timer` and `wait` share.

use crate::Place;
use crate::failure::{Failure, output, say};
use crate::keep::{Keep, Kept, Prepared};
use filemap::{AccessMask, Escaped, Wait};
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Exit status when the time is over, as timeout(1) has it.
pub(super) const TIMED_OUT: u8 = 124;
/// `EVENT_QUERY_STATE`, `MUTANT_QUERY_STATE`, `SEMAPHORE_QUERY_STATE`, `TIMER_QUERY_STATE`.
pub(super) const QUERY: AccessMask = AccessMask(0x1);
/// `EVENT_MODIFY_STATE`, `SEMAPHORE_MODIFY_STATE`, `TIMER_MODIFY_STATE`.
pub(super) const MODIFY: AccessMask = AccessMask(0x2);

/// The object that a subcommand is about.
#[derive(clap::Args)]
pub(super) struct Named {
    /// Name of the object
    pub(super) name: String,
}

/// One object to wait for.
#[derive(clap::Args)]
pub(super) struct WaitArgs {
    /// Name of the object
    pub(super) name: String,
    #[command(flatten)]
    pub(super) limit: Limit,
}

/// How long to wait.
#[derive(clap::Args)]
pub(super) struct Limit {
    /// Give up after so long, such as 0s, 500ms, 1min; exit status 124 then [default: wait for ever]
    #[arg(long, value_name = "TIME", value_parser = crate::bytes::parse_time)]
    pub(super) timeout: Option<Duration>,
}

/// When a wait that began now must end; `None` for never.
pub(super) struct Deadline(Option<Instant>);

impl Limit {
    pub(super) fn deadline(&self) -> Deadline {
        // A time so far off that no clock shows it is never.
        Deadline(self.timeout.and_then(|time| Instant::now().checked_add(time)))
    }
}

impl Deadline {
    pub(super) fn left(&self) -> Option<Duration> {
        self.0.map(|at| at.saturating_duration_since(Instant::now()))
    }
}

/// The exit status of a wait; an abandoned mutex, `name`, is told.
pub(super) fn waited(outcome: Wait, name: impl FnOnce(usize) -> String) -> ExitCode {
    match outcome {
        Wait::Object(_) => ExitCode::SUCCESS,
        Wait::Abandoned(position) => {
            say_abandoned(&name(position));
            ExitCode::SUCCESS
        }
        Wait::TimedOut => ExitCode::from(TIMED_OUT),
    }
}

/// Says that the last owner of a mutex ended while it owned it.
pub(super) fn say_abandoned(name: &str) {
    say(&format!(
        "{} was abandoned: its owner ended without releasing it, and what it protects may be half done",
        Escaped(name)
    ));
}

/// Says how an object was made, and keeps it.
pub(super) fn keep(
    keep: &Keep,
    prepared: Prepared,
    name: &str,
    existed: bool,
    (word, nature): (&str, String),
    place: &Place,
) -> Result<ExitCode, Failure> {
    if existed {
        say(&format!(
            "{} exists already and stays as it is; --new would refuse",
            Escaped(name)
        ));
    }
    let object = Kept {
        name,
        how: if existed { "existed" } else { "created" },
        measure: word.to_owned(),
        nature,
    };
    keep.keep_so(prepared, &object, place)
}

/// Prints one line.
pub(super) fn print(line: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).map_err(output)
}
