//! `filemap timer`.

use super::sync::{MODIFY, Named, QUERY, WaitArgs, keep, print, waited};
use crate::Place;
use crate::failure::Failure;
use crate::keep::Keep;
use filemap::{AccessMask, DueTime, Reset};
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Waitable timers: due once or again and again; create, set, cancel, wait, state
///
/// `wait` has exit status 0 when the timer is due and 124 when the time is over. The timer lives as long as somebody holds
/// it: `create` keeps it.
#[derive(clap::Args)]
#[command(after_help = r"Examples:
  filemap timer create 'Local\tick' --for 5s
  filemap timer set 'Local\tick' --after 100ms --every 1s
  filemap timer wait 'Local\tick' --timeout 1min && echo tick
  filemap timer set 'Local\tick' --at '2030-01-01 00:00:00'
  filemap timer cancel 'Local\tick'")]
pub(crate) struct Timer {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    Create(Create),
    Set(Set),
    /// Makes it inactive; whether it is signalled stays
    Cancel(Named),
    /// Waits until it is due; an auto-reset timer is reset by that
    Wait(WaitArgs),
    /// Prints `signalled`, `armed` (due later) or `inactive`; changes nothing
    State(Named),
}

/// Creates a timer, inactive, or opens it if it exists, and keeps it
#[derive(clap::Args)]
struct Create {
    /// Name of the timer: Local\NAME, Global\NAME or NAME
    name: String,
    /// Manual reset: once due, it stays signalled until it is set again [default: auto reset, a wait resets it]
    #[arg(long)]
    manual: bool,
    /// Fail if the timer exists (183) instead of opening it
    #[arg(long)]
    new: bool,
    #[command(flatten)]
    keep: Keep,
}

/// Sets it; it is not signalled until it is due
#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("due").args(["after", "at"]).required(true))]
struct Set {
    /// Name of the timer
    name: String,
    /// Due so long from now
    #[arg(long, value_name = "TIME", value_parser = crate::bytes::parse_time)]
    after: Option<Duration>,
    /// Due at this time in UTC, such as 2030-01-01T00:00:00Z; it follows when somebody sets the clock
    #[arg(long, value_name = "DATE", value_parser = humantime::parse_rfc3339_weak)]
    at: Option<SystemTime>,
    /// And again after each such time
    #[arg(long, value_name = "TIME", value_parser = crate::bytes::parse_time)]
    every: Option<Duration>,
}

impl Timer {
    pub(crate) fn run(&self, place: &Place) -> Result<ExitCode, Failure> {
        let options = filemap::WaitableTimer::options().namespace(&place.namespace()?);
        match &self.what {
            What::Create(create) => return create.run(options, place),
            What::Set(set) => {
                let timer = options.access(MODIFY).open(&set.name)?;
                timer.set(set.due(), set.every.unwrap_or(Duration::ZERO))?;
            }
            What::Cancel(Named { name }) => options.access(MODIFY).open(name)?.cancel()?,
            What::Wait(WaitArgs { name, limit }) => {
                let timer = options.access(AccessMask::SYNCHRONIZE).open(name)?;
                return Ok(waited(timer.wait(limit.timeout)?, |_| name.clone()));
            }
            What::State(Named { name }) => {
                let timer = options.access(QUERY).open(name)?;
                print(match (timer.is_signalled(), timer.is_armed()) {
                    (true, _) => "signalled",
                    (false, true) => "armed",
                    (false, false) => "inactive",
                })?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Create {
    fn run(&self, mut options: filemap::WaitableTimerOptions, place: &Place) -> Result<ExitCode, Failure> {
        let prepared = self.keep.prepare()?;
        if self.manual {
            options = options.reset(Reset::Manual);
        }
        let timer = match self.new {
            true => options.create_new(&self.name)?,
            false => options.create(&self.name)?,
        };
        let existed = timer.already_existed();
        let nature = "waitable timer".to_owned();
        keep(
            &self.keep,
            prepared,
            timer.name(),
            existed,
            ("timer", nature),
            place,
        )
    }
}

impl Set {
    fn due(&self) -> DueTime {
        match self.at {
            // A time before 1970 is over, as any in the past.
            Some(at) => DueTime::At(at.duration_since(UNIX_EPOCH).unwrap_or_default()),
            None => DueTime::After(self.after.unwrap_or_default()), // one of both is given
        }
    }
}
