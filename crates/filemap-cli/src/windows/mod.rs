//! What the command asks of Windows.

mod pipe;
pub(crate) mod signals;

pub(crate) use pipe::Pipe;

use crate::layout::{Abi, Layout};
use filemap::sys::os::console;
use filemap::{Directory, Error, FileMapAccess, FileMapping, Namespace, Why, list};
use signals::{End, Input, Signals};
use std::fs::File;
use std::io;
use std::os::windows::fs::FileExt;
use std::os::windows::io::AsHandle;
use std::os::windows::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

/// Whose sizes the types of C headers have here, as the command line writes it.
pub(crate) const OWN_ABI: &str = "windows";

/// Reading C takes a parser that is itself in C, and there is no compiler for it wherever this is built.
pub(crate) fn c_layout(_: &Path, _: Option<&str>, _: Abi, _: u64) -> Result<Layout, String> {
    Err("C headers are read on Linux only: write the layout in TOML".to_owned())
}

/// `CREATE_NEW_PROCESS_GROUP`.
const NEW_GROUP: u32 = 0x200;

/// Why a command has no exit status.
pub(crate) enum NotRun {
    /// It could not be started or waited for.
    Io(io::Error),
    /// Waiting failed.
    Call(Error),
}

/// Runs a command and gives the low byte of its exit status. The console tells both of Ctrl+C, and the command decides.
pub(crate) fn run(command: &mut Command, signals: &Signals) -> Result<u8, NotRun> {
    let mut child = command.spawn().map_err(NotRun::Io)?;
    loop {
        let gone = child.as_handle();
        match signals
            .wait(None, Input::Ignored, Some(gone))
            .map_err(NotRun::Call)?
        {
            End::Signal(_) => signals.forget(),
            End::Other | End::Time | End::Input => break,
        }
    }
    let status = child.wait().map_err(NotRun::Io)?;
    Ok(status.code().unwrap_or(1) as u8)
}

/// This very program, to be started once more in a process group of its own.
pub(crate) fn this_program() -> io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.creation_flags(NEW_GROUP);
    Ok(command)
}

/// As a child of the demo: its standard input ends with the demo, and so does it.
pub(crate) fn be_a_part() {}

/// Whether the process was ended from outside: `TerminateProcess` of the standard library leaves 1.
pub(crate) fn was_killed(status: ExitStatus) -> bool {
    status.code() == Some(1)
}

/// Nobody reads standard output any more: nothing to add to the exit status here.
pub(crate) fn end_as_filters_do() {}

/// Columns of the console.
pub(crate) fn terminal_width() -> Option<u16> {
    terminal_size().map(|(columns, _)| columns)
}

/// Columns and rows of the console.
pub(crate) fn terminal_size() -> Option<(u16, u16)> {
    console::size()
}

/// There are no trees of names but the kernel's.
pub(crate) fn place_for_a_tree() -> Option<PathBuf> {
    None
}

pub(crate) fn write_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    match file.seek_write(bytes, offset)? {
        n if n == bytes.len() => Ok(()),
        _ => Err(io::ErrorKind::WriteZero.into()),
    }
}

pub(crate) fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    match file.seek_read(bytes, offset)? {
        n if n == bytes.len() => Ok(()),
        _ => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

/// That a name meant an object. Windows does not tell one object from the next of the same name, unless a handle keeps it.
pub(crate) struct Presence;

impl Presence {
    pub(crate) fn of(_space: &Namespace, _name: &str) -> Result<Presence, Error> {
        Ok(Presence)
    }

    /// Whether somebody still holds one. Where that can't be known it is taken for held.
    pub(crate) fn lasts(&self, space: &Namespace, name: &str) -> bool {
        let options = FileMapping::options()
            .namespace(space)
            .access(FileMapAccess::READ);
        !matches!(options.open(name), Err(e) if *e.why() == Why::NameNotFound)
    }
}

/// What can be seen of an object in the directory of names.
pub(crate) struct Trace {
    space: Namespace,
    directory: Directory,
    leaf: String,
}

impl Trace {
    /// The trace of an object that somebody holds.
    pub(crate) fn of(space: &Namespace, directory: Directory, leaf: &str) -> Result<Option<Trace>, Error> {
        let trace = Trace {
            space: space.clone(),
            directory,
            leaf: leaf.to_owned(),
        };
        Ok(trace.seen()?.then_some(trace))
    }

    fn seen(&self) -> Result<bool, Error> {
        let objects = list::list(&self.space)?.objects;
        Ok(objects
            .iter()
            .any(|o| o.directory == self.directory && o.name == self.leaf))
    }

    pub(crate) fn is_there(&self) -> bool {
        self.seen().unwrap_or(true)
    }
}
