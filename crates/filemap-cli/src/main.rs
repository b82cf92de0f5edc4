//! The `filemap` command.

mod bytes;
mod cmd;
mod describe;
mod failure;
mod keep;
mod layout;
mod live;
mod sample;
mod signals;
mod ui;

use clap::{Parser, Subcommand};
use failure::Failure;
use filemap::Namespace;
use std::path::PathBuf;
use std::process::ExitCode;

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
    /// Whether names are looked up where every program looks that is not told otherwise.
    fn is_default(&self) -> bool {
        self.root.is_none() && std::env::var_os(filemap::ROOT_VARIABLE).is_none_or(|root| root.is_empty())
    }

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
    Ls(cmd::ls::Ls),
    Tree(cmd::tree::TreeArgs),
    Stat(cmd::stat::Stat),
    Who(cmd::who::WhoArgs),
    Handles(cmd::handles::Handles),
    Views(cmd::handles::Views),
    Top(cmd::top::Top),
    Hexdump(cmd::watch::Hexdump),
    Watch(cmd::watch::Watch),
    Diff(cmd::files::Diff),
    Save(cmd::files::Save),
    Load(cmd::files::Load),
    Sweep(cmd::sweep::Sweep),
    Survey(cmd::survey::Survey),
    Run(cmd::run::Run),
    Lab(cmd::lab::Lab),
    Explain(cmd::explain::Explain),
    Why(Box<cmd::why::Why>),
    Can(cmd::can::Can),
    Doctor(cmd::doctor::Doctor),
    Setup(cmd::setup::Setup),
    Cc(cmd::cc::Cc),
    #[command(hide = true)]
    Documentation(cmd::documentation::Documentation),
    #[command(name = cmd::demo::PART, hide = true)]
    DemoPart,
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
        Command::Ls(ls) => ls.run(&place),
        Command::Tree(tree) => tree.run(&place),
        Command::Stat(stat) => stat.run(&place),
        Command::Who(who) => who.run(&place),
        Command::Handles(handles) => handles.run(&place),
        Command::Views(views) => views.run(&place),
        Command::Top(top) => top.run(&place),
        Command::Hexdump(hexdump) => hexdump.run(&place),
        Command::Watch(watch) => watch.run(&place),
        Command::Diff(diff) => diff.run(&place),
        Command::Save(save) => save.run(&place),
        Command::Load(load) => load.run(&place),
        Command::Run(run) => run.run(&place),
        Command::Sweep(sweep) => sweep.run(&place),
        Command::Survey(survey) => survey.run(),
        Command::Lab(lab) => lab.run(),
        Command::Explain(explain) => explain.run(),
        Command::Why(why) => why.run(&place),
        Command::Can(can) => can.run(&place),
        Command::Doctor(doctor) => doctor.run(&place),
        Command::Setup(setup) => setup.run(&place),
        Command::Cc(cc) => cc.run(),
        Command::Documentation(documentation) => documentation.run(),
        Command::DemoPart => cmd::demo::play_part(&place),
    };
    done.unwrap_or_else(Failure::report)
}
