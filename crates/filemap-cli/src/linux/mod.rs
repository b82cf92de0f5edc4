//! What the command asks of Linux.

mod c_header;
pub(crate) mod signals;

pub(crate) use c_header::layout as c_layout;

use filemap::inspect::{self, FileId};
use filemap::{Directory, Error, Namespace, list};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};
use signals::{End, Input, Signals};
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::FileExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{ChildStdout, Command, ExitStatus};

/// Whose sizes the types of C headers have here, as the command line writes it.
pub(crate) const OWN_ABI: &str = "linux";

/// What a child prints, together with something to wait for.
pub(crate) struct Pipe(ChildStdout);

impl Pipe {
    pub(crate) fn of(from: ChildStdout) -> io::Result<Pipe> {
        Ok(Pipe(from))
    }

    /// What [`Signals::wait`] can wait for: there is something to read, or the other end is closed.
    pub(crate) fn ready(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }

    pub(crate) fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.0.read(bytes)
    }
}

/// Why a command has no exit status.
pub(crate) enum NotRun {
    /// It could not be started or waited for.
    Io(io::Error),
    /// Waiting for signals failed.
    Call(Error),
}

/// Runs a command, hands signals on to it, and gives its exit status, or 128 and the signal that ended it.
pub(crate) fn run(command: &mut Command, signals: &Signals) -> Result<u8, NotRun> {
    let mut child = command.spawn().map_err(NotRun::Io)?;
    let pid = Pid::from_child(&child);
    // Before Linux 5.3 there is nothing to wait on together with signals: then only the end of the command counts.
    while let Ok(gone) = pidfd_open(pid, PidfdFlags::empty()) {
        match signals
            .wait(None, Input::Ignored, Some(gone.as_fd()))
            .map_err(NotRun::Call)?
        {
            // The terminal has sent SIGINT to the command too: what comes of it is the command's decision.
            End::Signal(signal_hook::consts::SIGINT) => {}
            End::Signal(signal) => {
                if let Some(signal) = Signal::from_named_raw(signal) {
                    let _ = kill_process(pid, signal); // fails if it has just ended
                }
            }
            End::Other | End::Time | End::Input => break,
        }
    }
    let status = child.wait().map_err(NotRun::Io)?;
    Ok(match (status.code(), status.signal()) {
        (Some(code), _) => code as u8,
        (None, signal) => (128 + signal.unwrap_or(0)) as u8,
    })
}

/// This very program, to be started once more in a process group of its own. Not `current_exe`: that file may have been
/// replaced meanwhile.
pub(crate) fn this_program() -> io::Result<Command> {
    let mut command = Command::new("/proc/self/exe");
    command.arg0("filemap").process_group(0);
    Ok(command)
}

/// As a child of the demo: ends with it, under a name of its own.
pub(crate) fn be_a_part() {
    // If the demo is gone already, so is the other end of standard input, and there is nothing to answer.
    let _ = rustix::process::set_parent_process_death_signal(Some(Signal::KILL));
    // It was started by a link named `exe`, which would be its name in lists of processes.
    let _ = rustix::thread::set_name(c"filemap-demo");
}

/// Whether the process was ended from outside.
pub(crate) fn was_killed(status: ExitStatus) -> bool {
    status.signal().is_some()
}

/// Nobody reads standard output any more: what happens to every filter then.
pub(crate) fn end_as_filters_do() {
    let _ = signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGPIPE);
}

/// Columns of the terminal that standard output is.
pub(crate) fn terminal_width() -> Option<u16> {
    terminal_size().map(|(columns, _)| columns)
}

/// Columns and rows of the terminal that standard output is.
pub(crate) fn terminal_size() -> Option<(u16, u16)> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    (size.ws_col > 0).then_some((size.ws_col, size.ws_row))
}

/// Where a tree of names for a short time is best; `None` where there are no such trees.
pub(crate) fn place_for_a_tree() -> Option<PathBuf> {
    let shm = Path::new("/dev/shm");
    Some(if shm.is_dir() {
        shm.to_owned()
    } else {
        std::env::temp_dir()
    })
}

pub(crate) fn write_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    file.write_all_at(bytes, offset)
}

pub(crate) fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    file.read_exact_at(bytes, offset)
}

/// Which object a name meant.
pub(crate) struct Presence(Option<FileId>);

impl Presence {
    pub(crate) fn of(space: &Namespace, name: &str) -> Result<Presence, Error> {
        Ok(Presence(inspect::find(space, name)?.map(|object| object.id)))
    }

    /// Whether somebody still holds it. Where that can't be known it is taken for held.
    pub(crate) fn lasts(&self, space: &Namespace, name: &str) -> bool {
        match inspect::find(space, name) {
            Ok(found) => found.map(|object| object.id) == self.0,
            Err(_) => true,
        }
    }
}

/// What can be seen of an object in the directory of names: its file.
pub(crate) struct Trace(PathBuf);

impl Trace {
    /// The trace of an object that somebody holds.
    pub(crate) fn of(space: &Namespace, directory: Directory, leaf: &str) -> Result<Option<Trace>, Error> {
        let objects = list::list(space)?.objects;
        let ours = objects
            .into_iter()
            .find(|o| o.directory == directory && o.name == leaf);
        Ok(ours.map(|object| Trace(object.path)))
    }

    pub(crate) fn is_there(&self) -> bool {
        self.0.exists()
    }
}

impl crate::Place {
    /// Whether names are looked up where every program looks that is not told otherwise.
    pub(crate) fn is_default(&self) -> bool {
        self.root.is_none() && std::env::var_os(filemap::ROOT_VARIABLE).is_none_or(|root| root.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use crate::ui::quoted;

    #[test]
    fn what_is_to_be_pasted_runs_nothing_that_a_stranger_wrote_o67() {
        assert_eq!(
            quoted("/dev/shm/filemap/Global/x%20y"),
            "/dev/shm/filemap/Global/x%20y"
        );
        for path in [
            "a b",
            "x'; touch hacked; '",
            "$(touch hacked)",
            "new\nline'\\",
            "\u{9b}31m",
            "",
        ] {
            let here = tempfile::tempdir().unwrap();
            let script = format!("printf %s {}", quoted(path));
            let ran = std::process::Command::new("bash")
                .args(["-c", &script])
                .current_dir(&here)
                .output()
                .unwrap();
            assert_eq!(String::from_utf8_lossy(&ran.stdout), path, "{script}");
            assert_eq!(std::fs::read_dir(&here).unwrap().count(), 0, "{script}");
            assert!(!script.contains(char::is_control), "{script:?}");
        }
    }
}
