//! System calls and instructions of one operation, counted by strace(1) and valgrind(1) where they are installed.

use crate::Result;
use crate::raw;
use crate::subject::Subject;
use serde::Serialize;
use std::process::{Command, Stdio};

const BEGIN: &std::ffi::CStr = c"filemap-bench: begin";
const END: &std::ffi::CStr = c"filemap-bench: end";
/// Operations before the counted ones: the first one sets up things that last, and waits learn whether to look and to yield;
/// after so many no trial of that falls into what is counted.
const WARM_UP: u32 = 250;
/// Operations whose instructions are counted.
const REPEATED: u32 = 200;

/// The two sides of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Filemap.
    Filemap,
    /// System calls.
    Rival,
}

impl Side {
    fn argument(self) -> &'static str {
        match self {
            Side::Filemap => "filemap",
            Side::Rival => "rival",
        }
    }
}

/// What one operation takes.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Counted {
    /// The system calls in their order; `None` without strace(1).
    pub calls: Option<Vec<String>>,
    /// Instructions in user mode; `None` without valgrind(1).
    pub instructions: Option<u64>,
}

/// Counts for one side of the row `id`.
///
/// # Errors
/// A tool is there and can't be used.
pub fn count(id: &str, side: Side, instructions: bool) -> Result<Counted> {
    Ok(Counted {
        calls: calls(id, side)?,
        instructions: if instructions {
            self::instructions(id, side)?
        } else {
            None
        },
    })
}

fn calls(id: &str, side: Side) -> Result<Option<Vec<String>>> {
    let Some(log) = run("strace", &["-qq".into(), "-o".into()], id, side, 1)? else {
        return Ok(None);
    };
    let mut calls = Vec::new();
    let mut inside = false;
    for line in log.lines() {
        if line.contains("filemap-bench: begin") {
            inside = true;
        } else if line.contains("filemap-bench: end") {
            break;
        } else if let (true, Some((call, _))) = (inside, line.split_once('(')) {
            if call == "rt_sigaction" {
                continue; // whether the fault handler is still there is asked once in a tick of the clock: chance, here
            }
            let lock = ["F_OFD_GETLK", "F_OFD_SETLK"]
                .into_iter()
                .find(|lock| line.contains(lock));
            let kind = ["F_RDLCK", "F_WRLCK", "F_UNLCK"]
                .into_iter()
                .find(|kind| line.contains(kind));
            calls.push(match (lock, kind) {
                (Some(lock), Some(kind)) => format!("{call}({lock}, {kind})"),
                _ => call.to_owned(),
            });
        }
    }
    Ok(Some(calls))
}

fn instructions(id: &str, side: Side) -> Result<Option<u64>> {
    let options = [
        "--tool=callgrind".into(),
        "--collect-atstart=no".into(),
        "--toggle-collect=*filemap_bench_counted*".into(),
        "--callgrind-out-file=".into(),
    ];
    let Some(log) = run("valgrind", &options, id, side, REPEATED)? else {
        return Ok(None);
    };
    let total = log
        .lines()
        .find_map(|line| {
            line.strip_prefix("summary: ")
                .or_else(|| line.strip_prefix("totals: "))
        })
        .and_then(|total| total.trim().parse::<u64>().ok());
    Ok(total.map(|total| total / u64::from(REPEATED)))
}

/// Runs this program under a tool; the last of `options` is followed by the file that the tool writes, whose text this gives.
fn run(tool: &str, options: &[String], id: &str, side: Side, times: u32) -> Result<Option<String>> {
    let file = tempfile::NamedTempFile::new()?;
    let path = file.path().display().to_string();
    let mut options = options.to_vec();
    match options.last_mut() {
        Some(last) if last.ends_with('=') => last.push_str(&path),
        _ => options.push(path),
    }
    let started = Command::new(tool)
        .args(options)
        .arg(std::env::current_exe()?)
        .args(["once", id, side.argument(), &times.to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    match started {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e.into()),
        Ok(status) if !status.success() => Err(format!("{tool} of {id} ended with {status}").into()),
        Ok(_) => Ok(Some(std::fs::read_to_string(file.path())?)),
    }
}

/// What runs under the tools: a warm-up, then `times` operations between two marks.
///
/// # Errors
/// The operation failed.
pub fn once(side: &mut dyn Subject, times: u32) -> Result<()> {
    side.time(WARM_UP)?;
    raw::mark(BEGIN);
    filemap_bench_counted(side, times)?;
    raw::mark(END);
    Ok(())
}

/// By this name valgrind(1) knows what to count.
#[inline(never)]
fn filemap_bench_counted(side: &mut dyn Subject, times: u32) -> Result<()> {
    // Not as the last thing: the compiler would jump there, and valgrind(1) see this function's end before its work.
    let taken = std::hint::black_box(side.time(times));
    taken.map(drop)
}
