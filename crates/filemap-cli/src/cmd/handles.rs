//! `filemap handles` and `filemap views`.

use super::tree::is_denied;
use crate::Place;
use crate::describe::{self, HandleTold, UnseenTold, ViewTold, matches};
use crate::failure::{Failure, output, say};
use crate::ui::{json, table};
use clap::ValueEnum;
use filemap::inspect::{self, Detail, Entry, FileId, Scope, Usage};
use filemap::{Escaped, Kind, Namespace};
use serde::Serialize;
use std::collections::HashMap;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::os::unix::fs::MetadataExt;
use std::process::ExitCode;

/// Lists handles of processes, as handle.exe does: process, object, granted access
///
/// Without --pid, of all processes that may be looked into. Objects without a name are shown as (unnamed), those whose name
/// is gone as (gone), what is no object any more as (damaged).
#[derive(clap::Args)]
#[command(after_help = r"Examples:
  filemap handles
  filemap handles --pid $$
  filemap handles frames --sort program --json")]
pub(crate) struct Handles {
    #[command(flatten)]
    which: Which,
}

/// Lists views of processes, as VMMap does: process, object, address, length, offset, protection, private bytes
///
/// Without --pid, of all processes that may be looked into. A view whose object has no name any more is shown as (gone): it
/// keeps the memory, not the name.
#[derive(clap::Args)]
#[command(after_help = r"Examples:
  filemap views
  filemap views --pid $$
  filemap views frames --sort object --json")]
pub(crate) struct Views {
    #[command(flatten)]
    which: Which,
}

#[derive(clap::Args)]
struct Which {
    /// Only objects with this in their names, or that match a pattern with * and ?
    pattern: Option<String>,
    /// Only this process
    #[arg(long, short)]
    pid: Option<u32>,
    /// Sort by
    #[arg(long, value_enum, default_value = "pid")]
    sort: Sort,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Sort {
    /// Process number
    Pid,
    /// Program
    Program,
    /// Object
    Object,
    /// Length of the view; of handles, the number
    Size,
}

#[derive(Serialize)]
struct HandleRow {
    object: String,
    kind: Option<&'static str>,
    #[serde(flatten)]
    handle: HandleTold,
}

#[derive(Serialize)]
struct ViewRow {
    object: String,
    #[serde(flatten)]
    view: ViewTold,
}

#[derive(Serialize)]
struct Answer<T> {
    rows: Vec<T>,
    unseen: Vec<UnseenTold>,
}

/// Names and kinds of objects by their files.
struct Names {
    by_file: HashMap<FileId, (String, Kind)>,
    by_data: HashMap<FileId, (String, Kind)>,
    /// What has a name and is no object that may be looked at: the name, and what is the matter.
    odd: HashMap<FileId, String>,
}

impl Names {
    fn of(space: &Namespace) -> Result<Names, Failure> {
        let (mut by_file, mut by_data) = (HashMap::new(), HashMap::new());
        let mut odd = HashMap::new();
        inspect::for_each(space, Scope::Everything, |entry| {
            match entry {
                Entry::Live(object) => {
                    let named = (object.name_for(space), object.kind);
                    by_data.insert(object.data, named.clone());
                    by_file.insert(object.id, named);
                }
                Entry::Odd(oddity) => {
                    if let Some(name) = oddity.name_for(space)
                        && let Ok(meta) = oddity.path.symlink_metadata()
                    {
                        let what = if is_denied(&oddity) {
                            "not readable"
                        } else {
                            "damaged"
                        };
                        odd.insert(file_id(&meta), format!("{name} ({what})"));
                    }
                }
                Entry::Dead { .. } => {}
            }
            ControlFlow::Continue(())
        })?;
        Ok(Names {
            by_file,
            by_data,
            odd,
        })
    }

    /// What is known of an object that is not among those that live: its former name, what is wrong with it, or that it never
    /// had a name.
    fn of_no_object(&self, file: FileId, pid: u32, descriptor: u32) -> String {
        if let Some(odd) = self.odd.get(&file) {
            return odd.clone();
        }
        match inspect::object_of_descriptor(pid, descriptor) {
            Some(name) if name.is_empty() => "(unnamed)".to_owned(),
            Some(name) => format!("{name} (gone)"),
            None => "(unnamed)".to_owned(),
        }
    }
}

fn file_id(meta: &std::fs::Metadata) -> FileId {
    FileId {
        dev: meta.dev(),
        ino: meta.ino(),
    }
}

impl Which {
    fn usage(&self, space: &Namespace, detail: Detail) -> Result<Usage, Failure> {
        let usage = match self.pid {
            Some(pid) => inspect::usage_of_process(space, pid)?,
            None => inspect::usage_of_tree(space, detail)?,
        };
        Ok(usage)
    }

    fn wants(&self, object: &str) -> bool {
        self.pattern
            .as_ref()
            .is_none_or(|pattern| matches(pattern, object))
    }

    fn finish(&self, usage: &Usage, what: &str) {
        if self.pid.is_none()
            && let Some(unseen) = describe::unseen(usage, what)
        {
            say(&unseen);
        }
    }
}

impl Handles {
    pub(crate) fn run(&self, place: &Place) -> Result<ExitCode, Failure> {
        let space = place.namespace()?;
        let names = Names::of(&space)?;
        let usage = self.which.usage(&space, Detail::Handles)?;
        let mut rows: Vec<HandleRow> = Vec::new();
        for handle in &usage.handles {
            let known = names.by_file.get(&handle.object);
            let unnamed = !handle.keeps_name && known.is_none() && is_unnamed(handle);
            if !handle.keeps_name && !unnamed {
                continue; // it keeps the memory of a view
            }
            let object = match known {
                Some((name, _)) => name.clone(),
                None => names.of_no_object(handle.object, handle.pid, handle.number),
            };
            if !self.which.wants(&object) {
                continue;
            }
            let kind = known.map(|(_, kind)| *kind);
            rows.push(HandleRow {
                object,
                kind: kind.map(Kind::name),
                handle: HandleTold::of(&usage, handle, kind.unwrap_or(Kind::FileMapping)),
            });
        }
        match self.which.sort {
            Sort::Pid => {}
            Sort::Program => rows.sort_by(|a, b| a.handle.program.cmp(&b.handle.program)),
            Sort::Object => rows.sort_by(|a, b| a.object.cmp(&b.object)),
            Sort::Size => rows.sort_by_key(|row| row.handle.descriptor),
        }
        let mut out = io::stdout().lock();
        if self.which.json {
            let unseen = UnseenTold::all(&usage);
            json(&mut out, &Answer { rows, unseen })?;
            return Ok(ExitCode::SUCCESS);
        }
        if !rows.is_empty() {
            let cells = rows.iter().map(|HandleRow { object, kind, handle }| {
                vec![
                    handle.pid.to_string(),
                    Escaped(&handle.program).to_string(),
                    handle.user.clone(),
                    handle.descriptor.to_string(),
                    Escaped(object).to_string(),
                    kind.unwrap_or_default().to_owned(),
                    handle.access.clone(),
                    handle.rights.clone(),
                ]
            });
            let head = [
                "PID", "PROGRAM", "USER", "HANDLE", "OBJECT", "KIND", "ACCESS", "RIGHTS",
            ];
            table(&mut out, &head, &[0, 3], "", cells.collect())
                .and_then(|()| out.flush())
                .map_err(output)?;
        }
        self.which.finish(&usage, "handles");
        Ok(ExitCode::SUCCESS)
    }
}

/// Whether a descriptor is that of an object without a name: its file is in no directory, and never was.
fn is_unnamed(handle: &inspect::Handle) -> bool {
    inspect::object_of_descriptor(handle.pid, handle.number).is_none()
}

impl Views {
    pub(crate) fn run(&self, place: &Place) -> Result<ExitCode, Failure> {
        let space = place.namespace()?;
        let names = Names::of(&space)?;
        let usage = self.which.usage(&space, Detail::Memory)?;
        let mut rows: Vec<ViewRow> = Vec::new();
        for view in &usage.views {
            let object = match names.by_data.get(&view.data) {
                Some((_, kind)) if *kind != Kind::FileMapping => continue, // a state page is no view
                Some((name, _)) => name.clone(),
                None => {
                    let descriptor = usage
                        .handles
                        .iter()
                        .find(|handle| handle.pid == view.pid && handle.object == view.data);
                    match descriptor {
                        Some(d) => names.of_no_object(view.data, view.pid, d.number),
                        None => names
                            .odd
                            .get(&view.data)
                            .cloned()
                            .unwrap_or_else(|| "(gone)".to_owned()),
                    }
                }
            };
            if self.which.wants(&object) {
                let view = ViewTold::of(&usage, view);
                rows.push(ViewRow { object, view });
            }
        }
        match self.which.sort {
            Sort::Pid => {}
            Sort::Program => rows.sort_by(|a, b| a.view.program.cmp(&b.view.program)),
            Sort::Object => rows.sort_by(|a, b| a.object.cmp(&b.object)),
            Sort::Size => rows.sort_by_key(|row| row.view.len),
        }
        let mut out = io::stdout().lock();
        if self.which.json {
            let unseen = UnseenTold::all(&usage);
            json(&mut out, &Answer { rows, unseen })?;
            return Ok(ExitCode::SUCCESS);
        }
        if !rows.is_empty() {
            let bytes = |bytes: Option<u64>| bytes.map_or_else(|| "?".to_owned(), |bytes| bytes.to_string());
            let cells = rows.iter().map(|ViewRow { object, view }| {
                vec![
                    view.pid.to_string(),
                    Escaped(&view.program).to_string(),
                    Escaped(object).to_string(),
                    view.address.clone(),
                    view.len.to_string(),
                    view.offset.to_string(),
                    view.protection.to_owned(),
                    bytes(view.private),
                    bytes(view.resident),
                ]
            });
            let head = [
                "PID",
                "PROGRAM",
                "OBJECT",
                "ADDRESS",
                "LENGTH",
                "OFFSET",
                "PROTECTION",
                "PRIVATE",
                "RESIDENT",
            ];
            table(&mut out, &head, &[0, 4, 5, 7, 8], "", cells.collect())
                .and_then(|()| out.flush())
                .map_err(output)?;
        }
        self.which.finish(&usage, "views");
        Ok(ExitCode::SUCCESS)
    }
}
