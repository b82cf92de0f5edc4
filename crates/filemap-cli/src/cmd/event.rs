//! `filemap event`.

use super::sync::{MODIFY, Named, QUERY, WaitArgs, keep, print, waited};
use crate::Place;
use crate::failure::Failure;
use crate::keep::Keep;
use filemap::{AccessMask, Reset};
use std::process::ExitCode;

/// Events: something has happened; create, set, reset, pulse, wait, state
///
/// `wait` has exit status 0 when the event is set and 124 when the time is over. The event lives as long as somebody holds
/// it: `create` keeps it.
#[derive(clap::Args)]
#[command(after_help = r"Examples:
  filemap event create 'Local\go' --manual --for 5s
  filemap event set 'Local\go'
  filemap event wait 'Local\go' --timeout 5s && echo go
  filemap event reset 'Local\go'
  filemap event state 'Local\go'")]
pub(crate) struct Event {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    Create(Create),
    /// Sets it: lets one waiter go on, or, if it is manual, all; it stays set until somebody waits or, if manual, resets it
    Set(Named),
    /// Resets it
    Reset(Named),
    /// Lets those go on who wait just now, and leaves it reset; who is about to wait may miss it
    Pulse(Named),
    /// Waits until it is set; an auto-reset event is reset by that
    Wait(WaitArgs),
    /// Prints `set` or `reset`; changes nothing
    State(Named),
}

/// Creates an event, or opens it if it exists, and keeps it
#[derive(clap::Args)]
struct Create {
    /// Name of the event: Local\NAME, Global\NAME or NAME
    name: String,
    /// Manual reset: set lets everybody go on, until it is reset [default: auto reset, set lets one waiter go on]
    #[arg(long)]
    manual: bool,
    /// Set from the start
    #[arg(long)]
    set: bool,
    /// Fail if the event exists (183) instead of opening it
    #[arg(long)]
    new: bool,
    #[command(flatten)]
    keep: Keep,
}

impl Event {
    pub(crate) fn run(&self, place: &Place) -> Result<ExitCode, Failure> {
        let options = filemap::Event::options().namespace(&place.namespace()?);
        let changed = |name: &str| options.clone().access(MODIFY).open(name);
        match &self.what {
            What::Create(create) => return create.run(options, place),
            What::Set(Named { name }) => changed(name)?.set()?,
            What::Reset(Named { name }) => changed(name)?.reset()?,
            What::Pulse(Named { name }) => changed(name)?.pulse()?,
            What::Wait(WaitArgs { name, limit }) => {
                let event = options.access(AccessMask::SYNCHRONIZE).open(name)?;
                return Ok(waited(event.wait(limit.timeout)?, |_| name.clone()));
            }
            What::State(Named { name }) => {
                let event = options.access(QUERY).open(name)?;
                print(if event.is_set() { "set" } else { "reset" })?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Create {
    fn run(&self, mut options: filemap::EventOptions, place: &Place) -> Result<ExitCode, Failure> {
        let prepared = self.keep.prepare()?;
        if self.manual {
            options = options.reset(Reset::Manual);
        }
        if self.set {
            options = options.initially_set();
        }
        let event = match self.new {
            true => options.create_new(&self.name)?,
            false => options.create(&self.name)?,
        };
        let nature = match event.reset_kind() {
            Reset::Auto => "auto-reset event",
            Reset::Manual => "manual-reset event",
        };
        let existed = event.already_existed();
        keep(
            &self.keep,
            prepared,
            event.name(),
            existed,
            ("event", nature.to_owned()),
            place,
        )
    }
}
