//! Keeping a handle: for a time, while a command runs, or until somebody says to end.

use crate::Place;
use crate::failure::{Failure, io_error, say};
use crate::signals::{Input, Signals};
use filemap::sys::os::inherited;
use filemap::{Error, Escaped, FileMapping, Op, ROOT_VARIABLE, SESSION_VARIABLE, Why};
use std::ffi::OsString;
use std::fs::File;
use std::io::Write;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// How long to keep the handle, and whom to tell that there is one.
#[derive(clap::Args)]
pub(crate) struct Keep {
    /// Keep it so long, such as 5s, 2min, 1h30m; without this and without COMMAND until SIGINT, SIGTERM or SIGHUP, or until
    /// standard input ends if that is a terminal, a pipe or a socket (not /dev/null or a file, which have no end to wait for)
    #[arg(long = "for", value_name = "TIME", value_parser = crate::bytes::parse_time, conflicts_with = "command")]
    time: Option<Duration>,
    /// Write one line to this descriptor once the object is ready, and close it: `created`, `existed` or `opened`, its size
    /// in bytes (`event`, `mutex`, `semaphore` or `timer` for one of these), and its name
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(0..))]
    ready_fd: Option<i32>,
    /// Keep it while this command runs; its exit status becomes ours
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// What was made ready before the object is: signals that end it cleanly, and the descriptor to report to.
pub(crate) struct Prepared {
    signals: Signals,
    ready: Option<File>,
}

/// What is said of an object that is kept.
pub(crate) struct Kept<'a> {
    pub(crate) name: &'a str,
    /// `created`, `existed` or `opened`.
    pub(crate) how: &'static str,
    /// For programs: one word.
    pub(crate) measure: String,
    /// For people: what it is.
    pub(crate) nature: String,
}

impl Keep {
    /// Everything that can fail without an object.
    pub(crate) fn prepare(&self) -> Result<Prepared, Failure> {
        let ready = match self.ready_fd {
            None => None,
            Some(number) => Some(File::from(inherited::take(number).map_err(|e| {
                let why = Why::NotAHandle { value: number as u64 };
                Error::new(Op::Other("report to"), format!("descriptor {number}"), why).with_os(e.into())
            })?)),
        };
        let signals = Signals::catch()?;
        Ok(Prepared { signals, ready })
    }

    /// Says that the object is ready, keeps the handle as long as asked for, and closes it.
    pub(crate) fn keep(
        &self,
        prepared: Prepared,
        mapping: FileMapping,
        how: &'static str,
        place: &Place,
    ) -> Result<ExitCode, Failure> {
        let (size, protection) = (mapping.len(), mapping.protection().name());
        let object = Kept {
            name: mapping.name(),
            how,
            measure: size.to_string(),
            nature: format!("{size} bytes, {protection}"),
        };
        let status = self.keep_so(prepared, &object, place)?;
        mapping.close()?;
        Ok(status)
    }

    /// As [`Keep::keep`], of any object; its owner closes it.
    pub(crate) fn keep_so(
        &self,
        prepared: Prepared,
        object: &Kept<'_>,
        place: &Place,
    ) -> Result<ExitCode, Failure> {
        let Prepared { signals, ready } = prepared;
        let Kept {
            how, measure, nature, ..
        } = object;
        let name = Escaped(object.name).to_string();
        let until = match (self.time, &self.command[..]) {
            (Some(time), _) => format!("for {}", humantime::format_duration(time)),
            (None, [program, ..]) => format!("while {} runs", Escaped(&program.to_string_lossy())),
            (None, []) => "until a signal or the end of input".to_owned(),
        };
        say(&format!("{name} is ready: {nature}, kept {until}"));
        if let Some(mut ready) = ready {
            // Whoever wanted to know may be gone; the object is there all the same.
            let _ = ready.write_all(format!("{how} {measure} {name}\n").as_bytes());
        }
        match &self.command[..] {
            [] => {
                let until = self.time.map(|time| Instant::now() + time);
                let input = match until {
                    Some(_) => Input::Ignored,
                    None => Input::UntilEnd,
                };
                signals.wait(until, input, None)?;
                Ok(ExitCode::SUCCESS)
            }
            [program, arguments @ ..] => run(program, arguments, &signals, place, &[]),
        }
    }
}

/// Runs the command in the same name space, with some more environment variables; gives its exit status, or 128 and the signal that ended it, as a shell does.
pub(crate) fn run(
    program: &OsString,
    arguments: &[OsString],
    signals: &Signals,
    place: &Place,
    variables: &[(&str, OsString)],
) -> Result<ExitCode, Failure> {
    let mut command = std::process::Command::new(program);
    command
        .args(arguments)
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .envs(place.root.as_ref().map(|root| (ROOT_VARIABLE, root)))
        .envs(
            place
                .session
                .map(|session| (SESSION_VARIABLE, session.to_string())),
        );
    let name = program.to_string_lossy();
    let failed = |e: std::io::Error| io_error(Op::Other("start"), &name, "execve", &e);
    let status = crate::system::run(&mut command, signals).map_err(|e| match e {
        crate::system::NotRun::Io(e) => failed(e),
        crate::system::NotRun::Call(e) => e,
    })?;
    Ok(ExitCode::from(status))
}
