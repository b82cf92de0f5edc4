//! The `filemap` command.

mod bytes;
mod cmd;
mod failure;
mod keep;
mod layout;
mod live;
mod sample;
#[cfg_attr(windows, allow(dead_code, reason = "tables of commands that only Linux has"))]
mod ui;

// Here, and in the list of subcommands, this crate knows the system.
#[cfg(target_os = "linux")]
mod describe;
#[cfg(target_os = "linux")]
#[path = "linux/mod.rs"]
mod system;
#[cfg(windows)]
#[path = "windows/mod.rs"]
mod system;

use clap::{Parser, Subcommand};
use failure::Failure;
use filemap::Namespace;
#[cfg(windows)]
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use system::signals;

/// Windows' named shared memory on Linux: create, share, look into and keep file mapping objects, and the events, mutexes,
/// semaphores and timers in the same name space.
///
/// An object lives as long as somebody holds a handle to it, and not longer: `create` and `hold` keep one. Names are
/// `Local\NAME` (this session, also without the prefix) and `Global\NAME` (all sessions). A failed call is told as
/// `filemap: <operation> <name>: <reason> (<ERROR_NAME>, <number>); <remedy>` on standard error, with exit status 1; wrong
/// usage has exit status 2; a wait whose time is over has exit status 124.
#[derive(Parser)]
#[command(
    name = "filemap",
    version,
    max_term_width = 100,
    disable_help_subcommand = false
)]
#[command(
    after_help = "Examples:\n  filemap demo\n  filemap create 'Local\\frames' --size 64KiB --text hello --for 5s &\n  \
                  filemap who 'Global\\X'     which processes hold Global\\X\n  \
                  filemap doctor            what is wrong with named objects here\n"
)]
struct Cli {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    command: Command,
}

/// Where names are looked up.
#[derive(clap::Args)]
struct Place {
    /// Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user's own]
    #[arg(long, global = true, value_name = "DIR", help_heading = "Where names are")]
    root: Option<PathBuf>,
    /// Session whose directory `Local\` leads to; also FILEMAP_SESSION [default: the user's number, 0 for services]
    #[arg(long, global = true, value_name = "N", help_heading = "Where names are")]
    session: Option<u32>,
}

impl Place {
    fn namespace(&self) -> Result<Namespace, Failure> {
        Ok(Namespace::chosen(self.root.as_deref(), self.session)?)
    }
}

#[derive(Subcommand)]
enum Command {
    Demo(cmd::demo::Demo),
    Serve(cmd::serve::Serve),
    Client(cmd::client::Client),
    Create(cmd::create::Create),
    Hold(cmd::hold::Hold),
    Read(cmd::read::Read),
    Write(cmd::write::Write),
    Event(cmd::event::Event),
    Mutex(cmd::mutex::Mutex),
    Semaphore(cmd::semaphore::Semaphore),
    Timer(cmd::timer::Timer),
    Wait(cmd::wait::Wait),
    Hexdump(cmd::watch::Hexdump),
    Watch(cmd::watch::Watch),
    Lab(cmd::lab::Lab),
    Explain(cmd::explain::Explain),
    /// What only this system has.
    #[command(flatten)]
    OfSystem(cmd::OfSystem),
    #[command(name = cmd::demo::PART, hide = true)]
    DemoPart,
    /// What only Linux has.
    #[cfg(windows)]
    #[command(external_subcommand)]
    OfLinux(Vec<OsString>),
}

fn main() -> ExitCode {
    filemap_lab::play_if_asked(); // as a process of the lab, this is no command
    let Cli { place, command } = Cli::parse();
    let done = match command {
        Command::Demo(demo) => demo.run(&place),
        Command::Serve(serve) => serve.run(&place),
        Command::Client(client) => client.run(&place),
        Command::Create(create) => create.run(&place),
        Command::Hold(hold) => hold.run(&place),
        Command::Read(read) => read.run(&place),
        Command::Write(write) => write.run(&place),
        Command::Event(event) => event.run(&place),
        Command::Mutex(mutex) => mutex.run(&place),
        Command::Semaphore(semaphore) => semaphore.run(&place),
        Command::Timer(timer) => timer.run(&place),
        Command::Wait(wait) => wait.run(&place),
        Command::Hexdump(hexdump) => hexdump.run(&place),
        Command::Watch(watch) => watch.run(&place),
        Command::Lab(lab) => lab.run(),
        Command::Explain(explain) => explain.run(),
        Command::OfSystem(command) => command.run(&place),
        Command::DemoPart => cmd::demo::play_part(&place),
        #[cfg(windows)]
        Command::OfLinux(words) => cmd::others::refuse(&words),
    };
    done.unwrap_or_else(Failure::report)
}
