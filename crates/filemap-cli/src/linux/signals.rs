//! Waiting for the first of several things: a signal, the end of input, the end of a process, a time.

use crate::failure::io_error;
use filemap::{Error, Op};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::FileType;
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM};
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

/// Signals that ask the command to end, caught from now on; those that were ignored when it started stay ignored.
pub(crate) struct Signals(Vec<(i32, UnixStream)>);

/// What ended a wait.
pub(crate) enum End {
    /// The time was over.
    Time,
    /// One of [`Signals`] came.
    Signal(i32),
    /// Standard input ended, or a line came where one was waited for.
    Input,
    /// The watched descriptor has something to read, or its other end is closed.
    Other,
}

/// What standard input has to do with a wait.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Input {
    /// Not looked at.
    Ignored,
    /// The wait ends with it. Only a terminal, a pipe or a socket has an end to wait for.
    UntilEnd,
    /// The wait ends with the next line or the end, whatever it is.
    UntilLine,
    /// As `UntilLine` for a terminal, a pipe or a socket, else not looked at.
    UntilLineIfAny,
}

impl Signals {
    /// Catches SIGINT, SIGTERM and SIGHUP.
    pub(crate) fn catch() -> Result<Signals, Error> {
        let failed = |e: io::Error| io_error(Op::Other("catch signals of"), "this process", "sigaction", &e);
        let ignored = ignored_signals();
        let mut all = Vec::new();
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGCONT] {
            if ignored & (1 << (signal - 1)) != 0 {
                continue; // nohup, or a job in the background of a script
            }
            let (ours, theirs) = UnixStream::pair().map_err(failed)?;
            ours.set_nonblocking(true).map_err(failed)?;
            signal_hook::low_level::pipe::register(signal, theirs).map_err(failed)?;
            all.push((signal, ours));
        }
        Ok(Signals(all))
    }

    /// Descriptors that become readable when a signal comes, for waits together with objects.
    pub(crate) fn pipes(&self) -> Vec<BorrowedFd<'_>> {
        self.0.iter().map(|(_, pipe)| pipe.as_fd()).collect()
    }

    /// Takes the signal out of the pipe at this position; `None` if it asks for nothing (SIGCONT).
    pub(crate) fn take(&self, position: usize) -> Option<i32> {
        let (signal, pipe) = self.0.get(position)?;
        let _ = { pipe }.read(&mut [0; 64]);
        (*signal != SIGCONT).then_some(*signal)
    }

    /// The first of: a signal, the deadline, the input, something on `other`.
    pub(crate) fn wait(
        &self,
        until: Option<Instant>,
        input: Input,
        other: Option<BorrowedFd<'_>>,
    ) -> Result<End, Error> {
        let failed = |e: io::Error| io_error(Op::Other("wait for"), "events", "poll", &e);
        let stdin = io::stdin();
        loop {
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            let watch_input = has_end(input, stdin.as_fd());
            let mut watched: Vec<PollFd<'_>> = self.0.iter().map(|(_, pipe)| entry(pipe.as_fd())).collect();
            watched.extend(other.map(entry));
            if watch_input {
                watched.push(entry(stdin.as_fd()));
            }
            let time = left.map(|left: Duration| Timespec {
                tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
                tv_nsec: left.subsec_nanos().into(),
            });
            match poll(&mut watched, time.as_ref()) {
                Err(rustix::io::Errno::INTR) => continue,
                Err(e) => return Err(failed(e.into())),
                Ok(0) => return Ok(End::Time),
                Ok(_) => {}
            }
            let ready: Vec<bool> = watched.iter().map(|w| !w.revents().is_empty()).collect();
            for position in (0..self.0.len()).filter(|i| ready[*i]) {
                if let Some(signal) = self.take(position) {
                    return Ok(End::Signal(signal));
                }
                // After SIGCONT the terminal may be ours, or not ours any more: look again.
            }
            if other.is_some() && ready[self.0.len()] {
                return Ok(End::Other);
            }
            if watch_input && ready[ready.len() - 1] && input_ends(input, stdin.as_fd()) {
                return Ok(End::Input);
            }
        }
    }
}

fn entry(fd: BorrowedFd<'_>) -> PollFd<'_> {
    PollFd::from_borrowed_fd(fd, PollFlags::IN)
}

/// Whether to look at standard input now.
fn has_end(input: Input, stdin: BorrowedFd<'_>) -> bool {
    match input {
        Input::Ignored => false,
        Input::UntilLine => !in_background(stdin),
        // `/dev/null`, which a script's background jobs get, is at its end from the start; so is a file sooner or later.
        // That says nothing about when to go.
        Input::UntilEnd | Input::UntilLineIfAny => match rustix::fs::fstat(stdin) {
            Ok(stat) => match FileType::from_raw_mode(stat.st_mode) {
                FileType::Fifo | FileType::Socket => true,
                FileType::CharacterDevice => rustix::termios::isatty(stdin) && !in_background(stdin),
                _ => false,
            },
            Err(_) => false,
        },
    }
}

/// A job in the background may not read from its terminal: SIGTTIN would stop it.
fn in_background(terminal: BorrowedFd<'_>) -> bool {
    rustix::termios::tcgetpgrp(terminal).is_ok_and(|foreground| foreground != rustix::process::getpgrp())
}

/// Reads what is there; true if that is what was waited for.
fn input_ends(input: Input, stdin: BorrowedFd<'_>) -> bool {
    let mut bytes = [0; 4096];
    match rustix::io::read(stdin, &mut bytes) {
        Ok(0) => true,
        Ok(n) => input != Input::UntilEnd && bytes[..n].contains(&b'\n'),
        Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => false,
        Err(_) => true, // a terminal that hung up
    }
}

/// The set of signals that this process was started with ignored. Source: proc(5), `SigIgn`.
fn ignored_signals() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("SigIgn:"));
    line.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;

    #[test]
    fn only_what_somebody_can_end_is_waited_for_and_a_line_is_waited_for_everywhere() {
        let null = File::open("/dev/null").unwrap();
        let file = tempfile::tempfile().unwrap();
        let (socket, _other) = UnixStream::pair().unwrap();
        let (pipe, _writer) = std::io::pipe().unwrap();
        let ends = |input| {
            [null.as_fd(), file.as_fd(), socket.as_fd(), pipe.as_fd()].map(|stdin| has_end(input, stdin))
        };
        assert_eq!(ends(Input::UntilEnd), [false, false, true, true]);
        assert_eq!(ends(Input::UntilLineIfAny), [false, false, true, true]);
        assert_eq!(ends(Input::UntilLine), [true; 4]);
        assert_eq!(ends(Input::Ignored), [false; 4]);
    }

    #[test]
    fn a_line_ends_one_wait_and_only_the_end_ends_the_other() {
        let (pipe, mut writer) = std::io::pipe().unwrap();
        let mut say = |text: &str| std::io::Write::write_all(&mut writer, text.as_bytes()).unwrap();
        say("no line yet");
        assert!(!input_ends(Input::UntilLine, pipe.as_fd()));
        say("\n");
        assert!(input_ends(Input::UntilLine, pipe.as_fd()));
        say("line\n");
        assert!(!input_ends(Input::UntilEnd, pipe.as_fd()));
        drop(writer);
        assert!(input_ends(Input::UntilEnd, pipe.as_fd()));
    }
}
