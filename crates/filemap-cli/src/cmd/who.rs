//! `filemap who`.

use crate::Place;
use crate::describe::{self, HandleTold, ObjectTold, UnseenTold, ViewTold};
use crate::failure::{Failure, on_file, output};
use crate::ui::{Style, json, quoted, table, wrapped};
use filemap::inspect::{self, Detail, Entry, FileId, Object, Orphan, Scope, Usage};
use filemap::sys::os::proc;
use filemap::{Error, Escaped, Kind, Namespace, Op, Why, Win32Code};
use serde::Serialize;
use std::collections::HashSet;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Says which processes hold an object: handles with their access, views with their addresses
///
/// Of a NAME it shows every object that is called so, in all sessions and whatever its case, and views of former ones. Of a
/// FILE it shows who has it open or mapped, and the objects that are made of it. Of a PID it shows what that process has. A
/// number is a process and what has a slash in it a file, if there is one, else a name; with Local\ or Global\ before it, it is
/// always a name. Exit status 1 if nobody has it.
#[derive(clap::Args)]
#[command(after_help = r"Examples:
  filemap who 'Local\frames'
  filemap who FRAMES --json
  filemap who ./app.log || true
  filemap who $$ || true")]
pub(crate) struct WhoArgs {
    /// Name of an object, path of a file, or number of a process
    what: String,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Answer {
    /// What was asked about: `name`, `file` or `process`.
    about: &'static str,
    /// The file, as an absolute path.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<PathBuf>,
    found: Vec<Found>,
    /// What has the name, and this caller may not look into.
    denied: Vec<DeniedTold>,
    orphans: Vec<OrphanTold>,
    /// Of a file: processes that have it open, without being handles to an object.
    open: Vec<OpenFile>,
    /// Of a file: views that belong to no object that is known.
    views: Vec<ViewTold>,
    unseen: Vec<UnseenTold>,
}

#[derive(Serialize)]
struct Found {
    #[serde(flatten)]
    object: ObjectTold,
    handles: Vec<HandleTold>,
    views: Vec<ViewTold>,
}

#[derive(Serialize)]
struct DeniedTold {
    name: String,
    path: PathBuf,
    owner: String,
    mode: String,
    /// Handles to it that there are, as far as the kernel tells everybody. Source: proc(5), `/proc/locks`.
    handles: usize,
}

#[derive(Serialize)]
struct OrphanTold {
    name: Option<String>,
    directory: PathBuf,
    pids: Vec<u32>,
    bytes: u64,
}

#[derive(Serialize)]
struct OpenFile {
    pid: u32,
    program: String,
    user: String,
    descriptor: u32,
    writable: bool,
}

impl WhoArgs {
    pub(crate) fn run(&self, place: &Place) -> Result<ExitCode, Failure> {
        let space = place.namespace()?;
        let (answer, usage) = self.answer(&space)?;
        let mut out = io::stdout().lock();
        match self.json {
            true => json(&mut out, &answer)?,
            false => tell(&mut out, &answer, &usage).map_err(output)?,
        }
        let somebody = answer
            .found
            .iter()
            .any(|f| !f.handles.is_empty() || !f.views.is_empty())
            || !answer.open.is_empty()
            || !answer.views.is_empty()
            || !answer.orphans.is_empty()
            || !answer.found.is_empty()
            || answer.denied.iter().any(|denied| denied.handles > 0);
        Ok(if somebody {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }

    /// A number is a process and what has a slash in it is a file, unless it begins as names do; if there is no such one, it
    /// is looked for as something else.
    fn answer(&self, space: &Namespace) -> Result<(Answer, Usage), Failure> {
        let is_missing = |e: &Failure| {
            const MISSING: [Win32Code; 3] = [
                Win32Code::FILE_NOT_FOUND,
                Win32Code::PATH_NOT_FOUND,
                Win32Code::INVALID_PARAMETER,
            ];
            matches!(e, Failure::Call(e) if MISSING.contains(&e.code()))
        };
        let or_a_name = |e: Failure| match is_missing(&e) {
            true => self.of_name(space).map_err(|_| e),
            false => Err(e),
        };
        let lower = self.what.to_lowercase();
        if [r"global\", r"local\", r"session\"]
            .iter()
            .any(|prefix| lower.starts_with(prefix))
        {
            return self.of_name(space);
        }
        if let Ok(pid) = self.what.parse() {
            return self.of_process(space, pid).or_else(or_a_name);
        }
        if self.what.contains('/') {
            return self.of_file(space).or_else(or_a_name);
        }
        self.of_name(space).or_else(|e| match is_missing(&e) {
            true => self.of_file(space).map_err(|_| e),
            false => Err(e),
        })
    }

    fn of_name(&self, space: &Namespace) -> Result<(Answer, Usage), Failure> {
        // What the name's form forbids is told as an open tells it.
        let exact = inspect::find(space, &self.what);
        let refused = exact
            .as_ref()
            .err()
            .is_some_and(|e| e.code() == Win32Code::ACCESS_DENIED);
        let mut objects = of_that_name(space, &self.what)?;
        match exact {
            Ok(Some(object)) => {
                objects.retain(|other| other.id != object.id);
                objects.insert(0, object);
            }
            Ok(None) => {}
            Err(e) if objects.is_empty() && !refused => return Err(e.into()),
            Err(_) => {}
        }
        let denied = denied_of(space, &self.what)?;
        let orphans = orphans_of(space, &self.what);
        if objects.is_empty() && orphans.is_empty() && denied.is_empty() {
            return Err(not_seen(space, &self.what, refused)?.into());
        }
        let usage = inspect::usage_of(&objects.iter().collect::<Vec<_>>())?;
        let answer = Answer {
            about: "name",
            file: None,
            found: objects
                .iter()
                .map(|object| Found::of(space, object, &usage, None))
                .collect(),
            denied,
            orphans: orphans.into_iter().map(OrphanTold::of).collect(),
            open: Vec::new(),
            views: Vec::new(),
            unseen: UnseenTold::all(&usage),
        };
        Ok((answer, usage))
    }

    fn of_file(&self, space: &Namespace) -> Result<(Answer, Usage), Failure> {
        let path = Path::new(&self.what);
        let meta = std::fs::metadata(path).map_err(on_file("look at file", path, "stat"))?;
        let file = FileId {
            dev: meta.dev(),
            ino: meta.ino(),
        };
        let mut objects = Vec::new();
        for_each_object(space, |object| {
            if object.data == file || object.id == file {
                objects.push(object);
            }
        })?;
        let mut files: Vec<FileId> = objects.iter().map(|object| object.id).collect();
        files.push(file);
        let usage = inspect::usage_of_files(&files, Detail::Memory)?;
        let found: Vec<Found> = objects
            .iter()
            .map(|object| Found::of(space, object, &usage, None))
            .collect();
        let in_objects: HashSet<(u32, &str)> = found
            .iter()
            .flat_map(|f| &f.views)
            .map(|view| (view.pid, &*view.address))
            .collect();
        let views = usage
            .views
            .iter()
            .map(|view| ViewTold::of(&usage, view))
            .filter(|view| !in_objects.contains(&(view.pid, &*view.address)))
            .collect();
        let open = usage
            .handles
            .iter()
            .filter(|handle| handle.object == file && !handle.keeps_name)
            .map(|handle| {
                let process = usage.processes.get(&handle.pid);
                OpenFile {
                    pid: handle.pid,
                    program: process.map(|p| p.program.clone()).unwrap_or_default(),
                    user: process.map(|p| p.user.clone()).unwrap_or_default(),
                    descriptor: handle.number,
                    writable: handle.writable,
                }
            });
        let answer = Answer {
            about: "file",
            file: Some(std::path::absolute(path).unwrap_or_else(|_| path.to_owned())),
            found,
            denied: Vec::new(),
            orphans: Vec::new(),
            open: open.collect(),
            views,
            unseen: UnseenTold::all(&usage),
        };
        Ok((answer, usage))
    }

    fn of_process(&self, space: &Namespace, pid: u32) -> Result<(Answer, Usage), Failure> {
        let usage = inspect::usage_of_process(space, pid)?;
        let mut objects = Vec::new();
        for_each_object(space, |object| {
            let has = usage.handles.iter().any(|handle| handle.object == object.id)
                || usage.views.iter().any(|view| view.data == object.data);
            if has {
                objects.push(object);
            }
        })?;
        let orphans = inspect::orphans(space)
            .into_iter()
            .filter(|orphan| orphan.pids.contains(&pid));
        let answer = Answer {
            about: "process",
            file: None,
            found: objects
                .iter()
                .map(|object| Found::of(space, object, &usage, Some(pid)))
                .collect(),
            denied: Vec::new(),
            orphans: orphans.map(OrphanTold::of).collect(),
            open: Vec::new(),
            views: Vec::new(),
            unseen: Vec::new(),
        };
        Ok((answer, usage))
    }
}

impl Found {
    fn of(space: &Namespace, object: &Object, usage: &Usage, only: Option<u32>) -> Found {
        let wanted = |pid: u32| only.is_none_or(|only| only == pid);
        Found {
            object: ObjectTold::of(space, object, Vec::new()),
            handles: usage
                .handles_of(object)
                .filter(|handle| wanted(handle.pid))
                .map(|handle| HandleTold::of(usage, handle, object.kind))
                .collect(),
            views: usage
                .views_of(object)
                .filter(|view| wanted(view.pid))
                .map(|view| ViewTold::of(usage, view))
                .collect(),
        }
    }
}

impl OrphanTold {
    fn of(orphan: Orphan) -> OrphanTold {
        OrphanTold {
            name: orphan.name,
            directory: orphan.directory,
            pids: orphan.pids,
            bytes: orphan.largest_view,
        }
    }
}

/// Calls `each` with every live object, private name spaces included.
pub(crate) fn for_each_object(space: &Namespace, mut each: impl FnMut(Object)) -> Result<(), Failure> {
    inspect::for_each(space, Scope::Everything, |entry| {
        if let Entry::Live(object) = entry {
            each(*object);
        }
        ControlFlow::Continue(())
    })?;
    Ok(())
}

fn leaf(name: &str) -> &str {
    name.rsplit('\\').next().unwrap_or(name)
}

/// Objects whose last component is that of a name, in all directories, whatever the case (I-10).
pub(crate) fn of_that_name(space: &Namespace, name: &str) -> Result<Vec<Object>, Failure> {
    let wanted = leaf(name).to_lowercase();
    let mut objects = Vec::new();
    for_each_object(space, |object| {
        if object.name.to_lowercase() == wanted {
            objects.push(object);
        }
    })?;
    Ok(objects)
}

/// What stands in the places of that name, in all directories, and may not be looked into (I-10, I-29).
fn denied_of(space: &Namespace, name: &str) -> Result<Vec<DeniedTold>, Failure> {
    let wanted = leaf(name).to_lowercase();
    let mut denied = Vec::new();
    let mut locks = None;
    inspect::for_each(space, Scope::Everything, |entry| {
        if let Entry::Odd(odd) = &entry
            && let Some((_, leaf)) = &odd.named
            && leaf.to_lowercase() == wanted
            && let Why::EntryDenied { user, mode } = &odd.why
            && let Ok(meta) = odd.path.symlink_metadata()
        {
            let locks = locks.get_or_insert_with(proc::description_locks);
            denied.push(DeniedTold {
                name: odd.name_for(space).unwrap_or_default(),
                path: odd.path.clone(),
                owner: user.clone(),
                mode: format!("{mode:03o}"),
                handles: locks.get(&meta.ino()).copied().unwrap_or(0),
            });
        }
        ControlFlow::Continue(())
    })?;
    Ok(denied)
}

/// The error of a name that was not seen: nobody holds it, or it may be in a directory that may not be looked into.
pub(crate) fn not_seen(space: &Namespace, name: &str, refused: bool) -> Result<Error, Failure> {
    let op = Op::Other("look at");
    let closed = closed_directories(space)?;
    let shown = |path: &PathBuf| path.display().to_string();
    let is_global = name.to_lowercase().starts_with(r"global\");
    let own = closed.iter().find(|path| path.ends_with("Global") == is_global);
    if let Some(path) = own.filter(|_| refused).map(shown) {
        return Ok(Error::new(op, name, Why::TreeDenied { path }).with_note("root sees it: sudo filemap …"));
    }
    let error = Error::new(op, name, Why::NameNotFound);
    Ok(match closed.is_empty() {
        true => error,
        false => {
            let paths: Vec<String> = closed.iter().map(shown).collect();
            error.with_note(format!(
                "not looked into, for want of rights: {}",
                Escaped(&paths.join(", "))
            ))
        }
    })
}

/// Directories of the tree that this user may not look into.
fn closed_directories(space: &Namespace) -> Result<Vec<PathBuf>, Failure> {
    let mut closed = Vec::new();
    inspect::for_each(space, Scope::Everything, |entry| {
        if let Entry::Odd(odd) = entry
            && odd.path.is_dir()
        {
            closed.push(odd.path);
        }
        ControlFlow::Continue(())
    })?;
    Ok(closed)
}

/// Views of former objects of that name (O-46).
pub(crate) fn orphans_of(space: &Namespace, name: &str) -> Vec<Orphan> {
    let wanted = leaf(name).to_lowercase();
    let mut orphans = inspect::orphans(space);
    orphans.retain(|orphan| {
        orphan
            .name
            .as_deref()
            .is_some_and(|name| leaf(name).to_lowercase() == wanted)
    });
    orphans
}

/// Writes handles as a table.
pub(crate) fn handle_table(out: &mut dyn Write, handles: &[HandleTold]) -> io::Result<()> {
    let rows = handles.iter().map(|handle| {
        vec![
            handle.pid.to_string(),
            Escaped(&handle.program).to_string(),
            handle.user.clone(),
            handle.descriptor.to_string(),
            handle.access.clone(),
            match handle.inheritable {
                true => format!("{}, inheritable", handle.rights),
                false => handle.rights.clone(),
            },
        ]
    });
    let head = ["PID", "PROGRAM", "USER", "HANDLE", "ACCESS", "RIGHTS"];
    table(out, &head, &[0, 3], "", rows.collect())
}

/// Writes views as a table.
pub(crate) fn view_table(out: &mut dyn Write, views: &[ViewTold]) -> io::Result<()> {
    let bytes = |bytes: Option<u64>| bytes.map_or_else(|| "?".to_owned(), |bytes| bytes.to_string());
    let rows = views.iter().map(|view| {
        vec![
            view.pid.to_string(),
            Escaped(&view.program).to_string(),
            view.user.clone(),
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
        "USER",
        "ADDRESS",
        "LENGTH",
        "OFFSET",
        "PROTECTION",
        "PRIVATE",
        "RESIDENT",
    ];
    table(out, &head, &[0, 4, 5, 7, 8], "", rows.collect())
}

fn tell(out: &mut dyn Write, answer: &Answer, usage: &Usage) -> io::Result<()> {
    if let Some(file) = &answer.file {
        let line = format!("file {}", Escaped(&file.display().to_string()));
        wrapped(out, Style::Head, &line)?;
    }
    let mut first = answer.file.is_none();
    for Found {
        object,
        handles,
        views,
    } in &answer.found
    {
        if !std::mem::take(&mut first) {
            writeln!(out)?;
        }
        let what = match object.size {
            Some(size) => format!(
                "{}, {}, {}",
                object.kind,
                describe::size(size),
                object.protection.unwrap_or_default()
            ),
            None => object.kind.to_owned(),
        };
        let line = format!(
            "{} ({what}), {}",
            Escaped(&object.name),
            Escaped(&object.kernel_path)
        );
        wrapped(out, Style::Head, &line)?;
        match handles.is_empty() {
            true => writeln!(out, "no handle that may be seen")?,
            false => handle_table(out, handles)?,
        }
        if !views.is_empty() {
            view_table(out, views)?;
        } else if object.kind == Kind::FileMapping.name() {
            writeln!(out, "no view that may be seen")?;
        }
    }
    for denied in &answer.denied {
        let handles = match denied.handles {
            0 => "no handle to it is known".to_owned(),
            1 => "a handle to it is open".to_owned(),
            n => format!("{n} handles to it are open"),
        };
        let seers = match &*denied.owner {
            "root" => "root sees".to_owned(),
            other => format!("{other} and root see"),
        };
        let text = format!(
            "{} belongs to {} (mode {}), and this caller may not look into it: {handles}; which processes have it, only {seers}: \
             sudo filemap who {}",
            Escaped(&denied.name),
            denied.owner,
            denied.mode,
            quoted(&denied.name)
        );
        wrapped(out, Style::Warning, &text)?;
    }
    for orphan in &answer.orphans {
        let name = orphan.name.as_deref().unwrap_or("an object");
        let pids: Vec<String> = orphan.pids.iter().map(u32::to_string).collect();
        let text = format!(
            "views of a former {} live on without a handle, in process {}: the name is gone",
            Escaped(name),
            pids.join(", ")
        );
        wrapped(out, Style::Warning, &text)?;
    }
    if !answer.open.is_empty() {
        let rows = answer.open.iter().map(|open| {
            vec![
                open.pid.to_string(),
                Escaped(&open.program).to_string(),
                open.user.clone(),
                open.descriptor.to_string(),
                if open.writable { "read and write" } else { "read" }.to_owned(),
            ]
        });
        let head = ["PID", "PROGRAM", "USER", "DESCRIPTOR", "OPEN FOR"];
        table(out, &head, &[0, 3], "", rows.collect())?;
    }
    if !answer.views.is_empty() {
        view_table(out, &answer.views)?;
    }
    if answer.found.is_empty()
        && answer.denied.is_empty()
        && answer.open.is_empty()
        && answer.views.is_empty()
        && answer.orphans.is_empty()
    {
        writeln!(out, "nobody has it")?;
    }
    if let Some(unseen) = describe::unseen(usage, "it").filter(|_| answer.about != "process") {
        wrapped(out, Style::Dim, &unseen)?;
    }
    out.flush()
}
