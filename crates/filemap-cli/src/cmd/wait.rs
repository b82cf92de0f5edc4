//! `filemap wait`.

use super::sync::{Limit, print, waited};
use crate::Place;
use crate::failure::Failure;
use filemap::{
    AccessMask, Error, Event, Job, Kind, Mutex, Namespace, Op, ProcessHandle, Semaphore, Waitable,
    WaitableTimer, Why, wait_all, wait_any,
};
use std::process::ExitCode;

/// Waits for one, any or all of several objects and processes
///
/// Exit status: 0 when what was waited for has come, 124 when the time is over (then nothing is taken), 1 if something failed.
/// What is waited for is taken: an auto-reset event or timer is reset, a semaphore's count goes down by one. A mutex is given
/// back at once; if its owner was killed, a line on standard error says so, and the exit status is 0 all the same.
#[derive(clap::Args)]
#[command(after_help = r"Examples:
  filemap wait 'Local\go' --timeout 5s
  filemap wait --any 'Local\go' semaphore:slots --timeout 5s
  filemap wait --all event:go 'Local\slots' --timeout 5s
  sleep 0.1 & filemap wait pid:$!")]
pub(crate) struct Wait {
    /// Names of 1 to 64 objects of any kind but file mappings. `event:NAME`, `mutex:NAME`, `semaphore:NAME`, `timer:NAME` and
    /// `job:NAME` insist on a kind; `pid:NUMBER` is a process, which counts as signalled when it has ended
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    /// Until one of them is signalled, the first of the line if there are several: its name is printed; nothing else changes
    #[arg(long, conflicts_with = "all")]
    any: bool,
    /// Until all of them are signalled at the same moment; nothing changes before
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    limit: Limit,
}

/// Something to wait for.
enum Target {
    Event(Event),
    Mutex(Mutex),
    Semaphore(Semaphore),
    Timer(WaitableTimer),
    Job(Job),
    Process(ProcessHandle),
}

impl Target {
    fn waitable(&self) -> &dyn Waitable {
        match self {
            Target::Event(object) => object,
            Target::Mutex(object) => object,
            Target::Semaphore(object) => object,
            Target::Timer(object) => object,
            Target::Job(object) => object,
            Target::Process(object) => object,
        }
    }

    /// What an argument says, with or without a kind before the name.
    fn find(space: &Namespace, argument: &str) -> Result<Target, Error> {
        match argument.split_once(':') {
            Some(("event", name)) => Target::open(space, Kind::Event, name),
            Some(("mutex", name)) => Target::open(space, Kind::Mutex, name),
            Some(("semaphore", name)) => Target::open(space, Kind::Semaphore, name),
            Some(("timer", name)) => Target::open(space, Kind::WaitableTimer, name),
            Some(("job", name)) => Target::open(space, Kind::Job, name),
            Some(("pid", number)) => Target::process(number),
            _ => Target::of_any_kind(space, argument),
        }
    }

    fn open(space: &Namespace, kind: Kind, name: &str) -> Result<Target, Error> {
        macro_rules! open {
            ($type:ident) => {
                $type::options()
                    .namespace(space)
                    .access(AccessMask::SYNCHRONIZE)
                    .open(name)?
            };
        }
        Ok(match kind {
            Kind::Event => Target::Event(open!(Event)),
            Kind::Mutex => Target::Mutex(open!(Mutex)),
            Kind::Semaphore => Target::Semaphore(open!(Semaphore)),
            Kind::WaitableTimer => Target::Timer(open!(WaitableTimer)),
            Kind::Job => Target::Job(open!(Job)),
            // There is nothing in a file mapping to wait for (O-11).
            Kind::FileMapping => {
                let kind = Kind::FileMapping.article_name();
                return Err(Error::new(
                    Op::Other("wait for"),
                    name,
                    Why::WrongKindOfHandle { kind },
                ));
            }
        })
    }

    /// Opens whatever has the name: who opens it as an event is told what else it is.
    fn of_any_kind(space: &Namespace, name: &str) -> Result<Target, Error> {
        let error = match Target::open(space, Kind::Event, name) {
            Err(e) => e,
            event => return event,
        };
        let Why::NameHeldBy { kind } = error.why() else {
            return Err(error.during(Op::Other("wait for")));
        };
        if let Some(kind) = Kind::ALL.into_iter().find(|k| k.article_name() == *kind) {
            return Target::open(space, kind, name);
        }
        // Windows does not tell which kind has the name: the one that it opens as.
        let others = [Kind::Mutex, Kind::Semaphore, Kind::WaitableTimer, Kind::Job];
        let mut opened = others.into_iter().map(|kind| Target::open(space, kind, name));
        let is_other = |tried: &Result<Target, Error>| matches!(tried, Err(e) if matches!(e.why(), Why::NameHeldBy { .. }));
        opened
            .find(|tried| !is_other(tried))
            .unwrap_or_else(|| Err(error.during(Op::Other("wait for"))))
    }

    fn process(number: &str) -> Result<Target, Error> {
        let pid = number.parse().map_err(|_| {
            let what = format!("{number:?} is not a process number");
            Error::new(Op::Open("process"), number, Why::Argument { what })
        })?;
        Ok(Target::Process(ProcessHandle::open(pid)?))
    }
}

impl Wait {
    pub(crate) fn run(&self, place: &Place) -> Result<ExitCode, Failure> {
        if self.names.len() > 1 && !self.any && !self.all {
            use clap::CommandFactory;
            let text = "several names need --any or --all";
            crate::Cli::command()
                .error(clap::error::ErrorKind::MissingRequiredArgument, text)
                .exit();
        }
        let space = place.namespace()?;
        let targets: Vec<Target> = self
            .names
            .iter()
            .map(|name| Target::find(&space, name))
            .collect::<Result<_, _>>()?;
        let objects: Vec<&dyn Waitable> = targets.iter().map(Target::waitable).collect();
        let wait = if self.all { wait_all } else { wait_any };
        let outcome = wait(&objects, self.limit.timeout)?;
        let taken = match outcome {
            filemap::Wait::TimedOut => &targets[..0],
            _ if self.all => &targets[..],
            filemap::Wait::Object(i) | filemap::Wait::Abandoned(i) => &targets[i..=i],
        };
        for target in taken {
            if let Target::Mutex(mutex) = target {
                mutex.release()?;
            }
        }
        if let (true, filemap::Wait::Object(i) | filemap::Wait::Abandoned(i)) = (self.any, outcome) {
            print(&self.names[i])?;
        }
        Ok(waited(outcome, |i| self.names[i].clone()))
    }
}
