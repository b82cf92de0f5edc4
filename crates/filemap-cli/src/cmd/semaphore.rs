//! `filemap semaphore`.

use super::sync::{MODIFY, Named, QUERY, WaitArgs, keep, print, waited};
use crate::Place;
use crate::failure::Failure;
use crate::keep::Keep;
use filemap::AccessMask;
use std::process::ExitCode;

/// Semaphores: a count that waits take from and releases add to; create, release, wait, state
///
/// `wait` has exit status 0 when it took one and 124 when the time is over. The semaphore lives as long as somebody holds it:
/// `create` keeps it.
#[derive(clap::Args)]
#[command(after_help = r"Examples:
  filemap semaphore create 'Local\slots' --initial 2 --maximum 8 --for 5s
  filemap semaphore wait 'Local\slots' --timeout 5s && echo took one
  filemap semaphore release 'Local\slots'
  filemap semaphore release 'Local\slots' 3
  filemap semaphore state 'Local\slots'")]
pub(crate) struct Semaphore {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    Create(Create),
    Release(Release),
    /// Waits until the count is above 0, and takes one; nobody gives it back but `release`
    Wait(WaitArgs),
    /// Prints the count; changes nothing
    State(Named),
}

/// Creates a semaphore, or opens it if it exists, and keeps it
#[derive(clap::Args)]
struct Create {
    /// Name of the semaphore: Local\NAME, Global\NAME or NAME
    name: String,
    /// First count
    #[arg(long, value_name = "N", default_value_t = 0)]
    initial: u32,
    /// Highest count
    #[arg(long, value_name = "N", default_value_t = i32::MAX as u32)]
    maximum: u32,
    /// Fail if the semaphore exists (183) instead of opening it
    #[arg(long)]
    new: bool,
    #[command(flatten)]
    keep: Keep,
}

/// Adds to the count; fails (298) and adds nothing if that is above the maximum
#[derive(clap::Args)]
struct Release {
    /// Name of the semaphore
    name: String,
    /// How many
    #[arg(default_value_t = 1)]
    count: u32,
}

impl Semaphore {
    pub(crate) fn run(&self, place: &Place) -> Result<ExitCode, Failure> {
        let options = filemap::Semaphore::options().namespace(&place.namespace()?);
        match &self.what {
            What::Create(create) => return create.run(options, place),
            What::Release(Release { name, count }) => {
                options.access(MODIFY).open(name)?.release(*count)?;
            }
            What::Wait(WaitArgs { name, limit }) => {
                let semaphore = options.access(AccessMask::SYNCHRONIZE).open(name)?;
                return Ok(waited(semaphore.wait(limit.timeout)?, |_| name.clone()));
            }
            What::State(Named { name }) => {
                let semaphore = options.access(QUERY).open(name)?;
                print(&semaphore.count().to_string())?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Create {
    fn run(&self, options: filemap::SemaphoreOptions, place: &Place) -> Result<ExitCode, Failure> {
        let prepared = self.keep.prepare()?;
        let options = options.initial(self.initial).maximum(self.maximum);
        let semaphore = match self.new {
            true => options.create_new(&self.name)?,
            false => options.create(&self.name)?,
        };
        let nature = format!("semaphore, count {}", semaphore.count());
        let existed = semaphore.already_existed();
        keep(
            &self.keep,
            prepared,
            semaphore.name(),
            existed,
            ("semaphore", nature),
            place,
        )
    }
}
