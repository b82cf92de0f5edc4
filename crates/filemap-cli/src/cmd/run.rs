//! `filemap run`.

use crate::Place;
use crate::failure::{Failure, on_file, say};
use crate::keep;
use crate::signals::Signals;
use filemap::leaks::{BEGUN, TOLD, VARIABLE};
use std::ffi::OsString;
use std::process::ExitCode;

/// Runs a program in this name space, and says which handles and views it never closed
///
/// With --leaks, a program that uses Filemap (from Rust or through the C library) notes where each handle and view is made,
/// and at its end tells of those that are still open: a leak, if the program meant to close them (KB125713). The place is the
/// source line where there is debug information, else the function. The kernel takes everything back at the end, so a leak
/// matters while a program runs: `filemap doctor` shows what running programs hold. A process that is killed, or ends by
/// _exit or exec, has no time to tell: that is said, too.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  filemap run -- filemap ls\n  filemap run --leaks -- filemap create x --size 4096 --for 0s"
)]
pub(crate) struct Run {
    /// Tell at the end what was never closed
    #[arg(long)]
    leaks: bool,
    /// Exit status if there are leaks and the program itself succeeded
    #[arg(long, value_name = "N", default_value_t = 0, requires = "leaks")]
    leaks_status: u8,
    /// The program and its arguments
    #[arg(required = true, last = true, value_name = "PROGRAM")]
    command: Vec<OsString>,
}

impl Run {
    pub(crate) fn run(&self, place: &Place) -> Result<ExitCode, Failure> {
        let signals = Signals::catch()?;
        let [program, arguments @ ..] = &self.command[..] else {
            unreachable!("the command line asks for a program");
        };
        if !self.leaks {
            return keep::run(program, arguments, &signals, place, &[]);
        }
        let place_of_report = std::env::temp_dir();
        let failed = |call| on_file("collect leaks in", &place_of_report, call);
        let report = tempfile::NamedTempFile::new().map_err(failed("open"))?;
        let told = [(VARIABLE, report.path().as_os_str().to_owned())];
        let status = keep::run(program, arguments, &signals, place, &told)?;
        let text = std::fs::read_to_string(report.path()).map_err(failed("read"))?;
        let leaks = text.lines().filter(|line| !line.starts_with(' ')).count();
        let processes = |mark: &str| -> Vec<&str> {
            let mut processes: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix(mark)).collect();
            processes.sort_unstable();
            processes
        };
        let (begun, mut told) = (processes(BEGUN), processes(TOLD));
        let is_mark = |line: &str| line.starts_with(BEGUN) || line.starts_with(TOLD);
        text.lines().filter(|line| !is_mark(line)).for_each(say);
        let mut silent = Vec::new();
        for process in &begun {
            match told.iter().position(|one| one == process) {
                Some(at) => {
                    told.swap_remove(at);
                }
                None => silent.push(*process),
            }
        }
        for process in &silent {
            say(&format!(
                "process {process} could not tell what it left open: it was killed, or ended by _exit or exec"
            ));
        }
        match leaks {
            0 if begun.is_empty() => say("nothing was made: no process used Filemap"),
            0 if silent.is_empty() => say("no handle and no view was left open"),
            0 => {}
            1 => say("1 was never closed"),
            n => say(&format!("{n} were never closed")),
        }
        match leaks > 0 && self.leaks_status != 0 && status == ExitCode::SUCCESS {
            true => Ok(ExitCode::from(self.leaks_status)),
            false => Ok(status),
        }
    }
}
