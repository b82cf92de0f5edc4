//! `filemap survey`.

use crate::bytes::parse_size;
use crate::failure::{Failure, output};
use crate::ui::{json, table};
use filemap_shared::address::{suggest, survey};
use serde::Serialize;
use std::io::{self, Write};
use std::process::ExitCode;

/// Shows the address ranges that are free in all of these processes, and where an object would fit
///
/// For programs that map an object at one fixed address, as Process Walker helped to choose it: survey them while they run, and
/// give MapViewOfFileEx the address. There is no guarantee for the next start; `filemap_shared::address::Arena` negotiates.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  filemap survey $$\n  filemap survey --size 1GiB $$ $BASHPID --json")]
pub(crate) struct Survey {
    /// Process numbers
    #[arg(required = true, value_name = "PID")]
    pids: Vec<u32>,
    /// Only ranges that have room for this many bytes
    #[arg(long, value_name = "BYTES", default_value = "64KiB", value_parser = parse_size)]
    size: u64,
    /// One JSON object: processes, size, suggested, free
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Answer {
    processes: Vec<u32>,
    size: u64,
    /// Addresses for an object of that size, the most promising first; a few.
    suggested: Vec<String>,
    free: Vec<Free>,
}

#[derive(Serialize)]
struct Free {
    start: String,
    /// The first address behind.
    end: String,
    bytes: u64,
}

fn address(n: u64) -> String {
    format!("{n:#014x}")
}

impl Survey {
    pub(crate) fn run(&self) -> Result<ExitCode, Failure> {
        let free = survey(&self.pids, self.size)?;
        let answer = Answer {
            processes: self.pids.clone(),
            size: self.size,
            suggested: suggest(&free, self.size).into_iter().map(address).collect(),
            free: free
                .iter()
                .map(|range| Free {
                    start: address(range.start),
                    end: address(range.end),
                    bytes: range.end - range.start,
                })
                .collect(),
        };
        let mut out = io::stdout().lock();
        if self.json {
            json(&mut out, &answer)?;
            return Ok(ExitCode::SUCCESS);
        }
        let count = match self.pids.len() {
            1 => "this process".to_owned(),
            n => format!("all {n} processes"),
        };
        let Some(first) = answer.suggested.first() else {
            writeln!(out, "no range of {} bytes is free in {count}", self.size).map_err(output)?;
            return Ok(ExitCode::FAILURE);
        };
        let rows = answer.free.iter().map(|range| {
            vec![
                range.start.clone(),
                range.end.clone(),
                format!("{:.1}", range.bytes as f64 / (1 << 20) as f64),
            ]
        });
        writeln!(out, "free in {count}, multiples of 64 KiB:")
            .and_then(|()| table(&mut out, &["from", "to", "MiB"], &[2], "", rows.collect()))
            .and_then(|()| writeln!(out, "suggested for {} bytes: {first}", self.size))
            .map_err(output)?;
        Ok(ExitCode::SUCCESS)
    }
}
