//! `filemap bridge`.

mod place;
mod scan;
mod share;

use crate::Place;
use crate::failure::{Failure, output};
use crate::keep;
use crate::signals::{End, Input, Signals};
use filemap::{Error, Op, Why};
use filemap_bridge::profile::{self, Profile};
use std::ffi::OsString;
use std::io::Write;
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

pub(super) const OP: Op = Op::Other("bridge");

/// Makes named objects appear in a Wine prefix and on Linux alike, without copying
///
/// A file mapping that exists on one side appears on the other: it is the same memory. One that exists on neither is made
/// here, with --size, and is there when the program in the prefix creates or opens it. Events and mutexes are kept as one
/// with their wake-ups, in both directions. The objects are held while COMMAND runs, for --for, or until the bridge is told
/// to end; a helper, `filemap-bridge-helper.exe`, runs in the prefix as long. If the helper ends before its time, so does the
/// bridge, with exit status 1; with COMMAND it says so when that has ended.
#[derive(clap::Args)]
#[command(after_help = r"Examples:
  filemap bridge --prefix ~/.wine --map 'Local\acpmf_physics' --size 2048 -- wine game.exe
  filemap bridge --prefix ~/.wine --profile iracing --for 2h
  filemap bridge --scan
  filemap bridge --list-profiles")]
pub(crate) struct Bridge {
    /// The Wine prefix; also WINEPREFIX [default: ~/.wine]
    #[arg(long, value_name = "DIR")]
    prefix: Option<PathBuf>,
    /// A file mapping to share, such as Local\acpmf_physics; may be given several times
    #[arg(long, value_name = "NAME")]
    map: Vec<String>,
    /// Size in bytes of file mappings that exist on neither side
    #[arg(long, value_parser = crate::bytes::parse_size)]
    size: Option<u64>,
    /// An event to share; with `:manual` behind it, it is made with manual reset if it exists on neither side
    #[arg(long, value_name = "NAME")]
    event: Vec<String>,
    /// A mutex to share
    #[arg(long, value_name = "NAME")]
    mutex: Vec<String>,
    /// Names of well-known programs (--list-profiles), or a TOML file
    #[arg(long, value_name = "NAME|FILE")]
    profile: Option<String>,
    /// Wine's program [default: wine64 or wine in PATH, or where Debian puts it]
    #[arg(long, value_name = "FILE")]
    wine: Option<PathBuf>,
    /// filemap-bridge-helper.exe; also FILEMAP_BRIDGE_HELPER [default: beside this command, or in ../lib/filemap]
    #[arg(long, value_name = "FILE")]
    helper: Option<PathBuf>,
    /// Keep it so long, such as 5s, 2min, 1h30m
    #[arg(long = "for", value_name = "TIME", value_parser = crate::bytes::parse_time, conflicts_with = "command")]
    time: Option<Duration>,
    /// Write one line to this descriptor once everything is shared, and close it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(0..))]
    ready_fd: Option<i32>,
    /// Show the sections of running Wine processes, and end
    #[arg(long)]
    scan: bool,
    /// Show the profiles that come with this command, and end
    #[arg(long)]
    list_profiles: bool,
    /// Keep it while this command runs; its exit status becomes ours
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// An error of the bridge itself.
pub(super) fn wrong(about: impl Into<String>, what: impl Into<String>) -> Failure {
    Failure::Call(Error::new(OP, about, Why::Argument { what: what.into() }))
}

impl Bridge {
    pub(crate) fn run(&self, place: &Place) -> Result<ExitCode, Failure> {
        if self.scan {
            return scan::scan();
        }
        if self.list_profiles {
            return list_profiles();
        }
        let wanted = self.wanted()?;
        let space = place.namespace()?;
        let ready = match self.ready_fd {
            None => None,
            Some(number) => Some(std::fs::File::from(
                filemap::sys::os::inherited::take(number)
                    .map_err(|e| filemap::system_error(OP, &format!("descriptor {number}"), e))?,
            )),
        };
        let signals = Signals::catch()?;
        let world = place::World::find(
            self.prefix.as_deref(),
            self.wine.as_deref(),
            self.helper.as_deref(),
        )?;
        let shared = share::Shared::share(&world, &space, &wanted, self.size)?;
        if let Some(mut ready) = ready {
            let _ = ready.write_all(b"ready\n"); // whoever wanted to know may be gone
        }
        let mut helper_has_ended = false;
        let status = match &self.command[..] {
            [] => {
                let helper = shared.helper();
                let helper = helper.as_ref().map(AsFd::as_fd);
                let until = self.time.map(|time| Instant::now() + time);
                let input = if until.is_some() {
                    Input::Ignored
                } else {
                    Input::UntilEnd
                };
                helper_has_ended = matches!(signals.wait(until, input, helper)?, End::Other);
                ExitCode::SUCCESS
            }
            [program, arguments @ ..] => keep::run(
                program,
                arguments,
                &signals,
                place,
                &[("WINEPREFIX", world.prefix.clone().into_os_string())],
            )?,
        };
        shared.end(helper_has_ended)?;
        Ok(status)
    }

    /// Everything that is to be shared.
    fn wanted(&self) -> Result<Profile, Failure> {
        let mut wanted = match &self.profile {
            None => Profile {
                title: String::new(),
                source: String::new(),
                map: Vec::new(),
                event: Vec::new(),
                mutex: Vec::new(),
            },
            Some(name) => {
                let text = match profile::shipped(name) {
                    Some(text) => text.to_owned(),
                    None => std::fs::read_to_string(name).map_err(|e| {
                        wrong(
                            name,
                            format!("it is no shipped profile (--list-profiles), and no file: {e}"),
                        )
                    })?,
                };
                profile::parse(&text).map_err(|e| wrong(name, e))?
            }
        };
        wanted.map.extend(self.map.iter().map(|name| profile::Map {
            name: name.clone(),
            size: None,
        }));
        wanted.event.extend(self.event.iter().map(|name| {
            let manual = name.strip_suffix(":manual");
            profile::Event {
                name: manual.unwrap_or(name).to_owned(),
                manual: manual.is_some(),
            }
        }));
        wanted.mutex.extend(
            self.mutex
                .iter()
                .map(|name| profile::Mutex { name: name.clone() }),
        );
        match wanted.map.is_empty() && wanted.event.is_empty() && wanted.mutex.is_empty() {
            true => Err(wrong(
                "",
                "nothing to share: give --map, --event, --mutex or --profile",
            )),
            false => Ok(wanted),
        }
    }
}

fn list_profiles() -> Result<ExitCode, Failure> {
    let mut out = std::io::stdout().lock();
    for (name, text) in profile::SHIPPED {
        let profile = profile::parse(text).map_err(|e| wrong(*name, e))?;
        writeln!(out, "{name}: {}", profile.title).map_err(output)?;
        let maps = profile.map.iter().map(|map| &map.name);
        let others = profile.event.iter().map(|event| &event.name);
        for object in maps
            .chain(others)
            .chain(profile.mutex.iter().map(|mutex| &mutex.name))
        {
            writeln!(out, "    {object}").map_err(output)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
