//! `filemap sweep`.

use crate::Place;
use crate::failure::{Failure, output};
use crate::ui::json;
use filemap::list;
use serde::Serialize;
use std::io::{self, Write};
use std::process::ExitCode;

/// Takes away what killed processes have left, and says how much memory that freed
///
/// Objects that somebody holds are never touched. It is never needed for correctness: a dead name can't be opened, and
/// whoever tries removes it.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  filemap sweep\n  filemap sweep --json")]
pub(crate) struct Sweep {
    /// One JSON object: removed, bytes, live, kept
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Answer {
    /// Dead entries taken away.
    removed: usize,
    /// Bytes of memory that they took.
    bytes: u64,
    /// Live objects, left alone.
    live: usize,
    /// Entries that only their owner may remove, or that are no objects.
    kept: usize,
}

impl Sweep {
    pub(crate) fn run(&self, place: &Place) -> Result<ExitCode, Failure> {
        let swept = list::sweep(&place.namespace()?)?;
        let list::Swept {
            removed,
            bytes,
            live,
            kept,
        } = swept;
        let answer = Answer {
            removed,
            bytes,
            live,
            kept,
        };
        let mut out = io::stdout().lock();
        if self.json {
            json(&mut out, &answer)?;
            return Ok(ExitCode::SUCCESS);
        }
        let entries = if removed == 1 { "entry" } else { "entries" };
        let mut text = format!("{removed} dead {entries} removed, {bytes} bytes freed; {live} live");
        if kept > 0 {
            text.push_str(&format!(
                "; {kept} left alone (no objects, or only their owner may remove them: see `filemap ls`)"
            ));
        }
        writeln!(out, "{text}").map_err(output)?;
        Ok(ExitCode::SUCCESS)
    }
}
