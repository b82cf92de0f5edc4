//! `filemap mutex`.

use super::sync::{Limit, Named, QUERY, TIMED_OUT, WaitArgs, keep, print, say_abandoned, waited};
use crate::Place;
use crate::failure::{Failure, say};
use crate::keep::{self, Keep};
use crate::signals::Signals;
use filemap::{AccessMask, Escaped, MutexOptions, Wait, Waitable, wait_any};
use std::ffi::OsString;
use std::process::ExitCode;

/// Mutexes: one owner at a time; run a command while owning one, create, wait, state
///
/// A mutex belongs to a thread, so no command can leave one owned behind itself: `run` owns it while another command runs. If
/// an owner is killed, the next one gets the mutex at once and is told that it was abandoned.
#[derive(clap::Args)]
#[command(after_help = r"Examples:
  filemap mutex run 'Local\backup' -- ./backup
  filemap mutex run 'Local\backup' --timeout 5s -- ./backup
  filemap mutex create 'Local\backup' --for 5s
  filemap mutex wait 'Local\backup' --timeout 5s && echo nobody is at it
  filemap mutex state 'Local\backup'")]
pub(crate) struct Mutex {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    Run(Run),
    Create(Create),
    /// Waits until it is free, and leaves it free; to own it, use `run`
    Wait(WaitArgs),
    /// Prints `free`, `abandoned`, or `owned` and the number of the thread that owns it; changes nothing
    State(Named),
}

/// Waits until it owns the mutex, runs a command, and releases it; the exit status is that of the command
///
/// The mutex is created if it does not exist. 124 and a line on standard error if the time is over before the command is
/// started; 1 if something else failed; 128 and the number of the signal if a signal ended the command, or the wait. If the
/// last owner was killed, a line on standard error says so, and the command is run. If filemap itself is killed by SIGKILL, the
/// command goes on, and the next owner is told that the mutex was abandoned.
#[derive(clap::Args)]
struct Run {
    /// Name of the mutex: Local\NAME, Global\NAME or NAME
    name: String,
    #[command(flatten)]
    limit: Limit,
    /// What to run
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// Creates a mutex, or opens it if it exists, and keeps it
#[derive(clap::Args)]
struct Create {
    /// Name of the mutex: Local\NAME, Global\NAME or NAME
    name: String,
    /// Own it as long as it is kept, if it is really created; not if it exists
    #[arg(long)]
    owned: bool,
    /// Fail if the mutex exists (183) instead of opening it
    #[arg(long)]
    new: bool,
    #[command(flatten)]
    keep: Keep,
}

impl Mutex {
    pub(crate) fn run(&self, place: &Place) -> Result<ExitCode, Failure> {
        let options = filemap::Mutex::options().namespace(&place.namespace()?);
        match &self.what {
            What::Run(run) => run.run(&options, place),
            What::Create(create) => create.run(options, place),
            What::Wait(WaitArgs { name, limit }) => {
                let mutex = options.access(AccessMask::SYNCHRONIZE).open(name)?;
                let outcome = mutex.wait(limit.timeout)?;
                if outcome != Wait::TimedOut {
                    mutex.release()?;
                }
                Ok(waited(outcome, |_| name.clone()))
            }
            What::State(Named { name }) => {
                let state = options.access(QUERY).open(name)?.state();
                print(&match state.owner {
                    _ if state.abandoned => "abandoned".to_owned(),
                    Some(thread) => format!("owned {thread}"),
                    None => "free".to_owned(),
                })?;
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

impl Run {
    fn run(&self, options: &MutexOptions, place: &Place) -> Result<ExitCode, Failure> {
        // Caught from here on: a signal never ends this process while it owns the mutex.
        let signals = Signals::catch()?;
        let mutex = options
            .clone()
            .access(AccessMask::SYNCHRONIZE)
            .open_or_create(&self.name)?;
        let pipes = signals.pipes();
        let mut all: Vec<&dyn Waitable> = vec![&mutex];
        all.extend(pipes.iter().map(|pipe| pipe as &dyn Waitable));
        let deadline = self.limit.deadline();
        loop {
            match wait_any(&all, deadline.left())? {
                Wait::Object(0) => break,
                Wait::Abandoned(_) => {
                    say_abandoned(&self.name);
                    break;
                }
                Wait::TimedOut => {
                    say(&format!(
                        "{} was not free in time; the command was not run",
                        Escaped(&self.name)
                    ));
                    return Ok(ExitCode::from(TIMED_OUT));
                }
                Wait::Object(position) => {
                    if let Some(signal) = signals.take(position - 1) {
                        return Ok(ExitCode::from(128 + signal as u8));
                    }
                }
            }
        }
        let status = match &self.command[..] {
            [program, arguments @ ..] => keep::run(program, arguments, &signals, place, &[]),
            [] => Ok(ExitCode::SUCCESS), // the parser has refused that
        };
        mutex.release()?;
        status
    }
}

impl Create {
    fn run(&self, mut options: MutexOptions, place: &Place) -> Result<ExitCode, Failure> {
        let prepared = self.keep.prepare()?;
        if self.owned {
            options = options.initially_owned();
        }
        let mutex = match self.new {
            true => options.create_new(&self.name)?,
            false => options.create(&self.name)?,
        };
        let existed = mutex.already_existed();
        let owned = self.owned && !existed;
        let nature = if owned { "mutex, owned" } else { "mutex" }.to_owned();
        let status = keep(
            &self.keep,
            prepared,
            mutex.name(),
            existed,
            ("mutex", nature),
            place,
        );
        if owned {
            mutex.release()?;
        }
        status
    }
}
