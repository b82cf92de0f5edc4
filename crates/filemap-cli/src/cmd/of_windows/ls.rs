//! `filemap ls` on Windows.

use crate::Place;
use crate::failure::{Failure, output, say};
use crate::ui::{json, table};
use filemap::{Escaped, Kind, list};
use serde::Serialize;
use std::io;
use std::process::ExitCode;

/// Lists the objects in this session's directory of names and in `Global\\`: name, kind, size, number of handles
///
/// Windows does not tell a program which processes hold an object, who made it, or when, nor how it is protected; sizes and
/// counts are shown of objects that this user may open. A line on standard error says so.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  filemap ls\n  filemap ls --json")]
pub(crate) struct Ls {
    /// One JSON object with `objects` and `closed` (directories that may not be looked into)
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Answer {
    objects: Vec<Object>,
    closed: Vec<String>,
}

#[derive(Serialize)]
struct Object {
    name: String,
    kind: &'static str,
    /// Bytes; absent for what has no size, or may not be opened.
    size: Option<u64>,
    /// Handles in all processes; absent for what may not be opened.
    handles: Option<u32>,
}

impl Ls {
    pub(crate) fn run(&self, place: &Place) -> Result<ExitCode, Failure> {
        let space = place.namespace()?;
        let listing = list::list(&space)?;
        let objects: Vec<Object> = listing
            .objects
            .iter()
            .map(|object| Object {
                name: object.name_for(&space),
                kind: object.kind.name(),
                size: object.size.filter(|_| object.kind == Kind::FileMapping),
                handles: object.handles,
            })
            .collect();
        let closed: Vec<String> = listing
            .closed
            .iter()
            .map(|(directory, why)| format!("{}: {}", directory.kernel_path(), why.cause()))
            .collect();
        let mut out = io::stdout().lock();
        if self.json {
            json(&mut out, &Answer { objects, closed })?;
            return Ok(ExitCode::SUCCESS);
        }
        let text = |number: Option<u64>| number.map_or_else(|| "-".to_owned(), |n| n.to_string());
        let rows = objects
            .iter()
            .map(|o| {
                let name = Escaped(&o.name).to_string();
                vec![
                    name,
                    o.kind.to_owned(),
                    text(o.size),
                    text(o.handles.map(u64::from)),
                ]
            })
            .collect();
        table(&mut out, &["NAME", "KIND", "SIZE", "HANDLES"], &[2, 3], "", rows).map_err(output)?;
        for closed in &closed {
            say(&format!("not looked into: {closed}"));
        }
        say("Windows does not tell who holds an object, who made it, or how it is protected");
        Ok(ExitCode::SUCCESS)
    }
}
