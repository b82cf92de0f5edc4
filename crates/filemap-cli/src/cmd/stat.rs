//! `filemap stat`.

use super::who::{self, handle_table, view_table};
use crate::Place;
use crate::describe::{self, HandleTold, ObjectTold, StateTold, UnseenTold, ViewTold};
use crate::failure::{Failure, output};
use crate::ui::{json, keyed};
use filemap::inspect::{self, Object, Usage};
use filemap::security::{limits, user_name};
use filemap::sys::os::proc;
use filemap::{Escaped, Kind, Namespace, Win32Code};
use serde::Serialize;
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::ExitCode;

/// Says everything about one object: size, protection, creator, security, state, memory, handles, views
///
/// Works for every kind: of a mutex it says which thread owns it and how often, of an event whether it is set, of a timer when
/// it is due, and which threads wait. No handle is taken, so asking keeps nothing alive.
#[derive(clap::Args)]
#[command(after_help = r"Examples:
  filemap stat 'Local\frames'
  filemap stat 'Local\frames' --json")]
pub(crate) struct Stat {
    /// Name of the object
    name: String,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Answer {
    #[serde(flatten)]
    object: ObjectTold,
    /// `None` if nothing tells who it was.
    creator_alive: Option<bool>,
    platform: &'static str,
    security: SecurityTold,
    state: Option<StateTold>,
    memory: MemoryTold,
    handles: Vec<HandleTold>,
    /// Handles that exist and are nowhere to be seen: in processes that may not be looked into, or under way in a socket.
    handles_unseen: usize,
    views: Vec<ViewTold>,
    unseen: Vec<UnseenTold>,
    twins: Vec<String>,
}

#[derive(Serialize)]
struct SecurityTold {
    sddl: String,
    words: Vec<String>,
    owner: String,
    mode: String,
    /// What of the descriptor the kernel does not enforce.
    limits: Vec<String>,
}

#[derive(Serialize)]
struct MemoryTold {
    allocated: u64,
    resident: Option<u64>,
    swapped: Option<u64>,
    shared: u64,
    huge: u64,
    private_copies: u64,
    mapped: u64,
    words: String,
}

impl Stat {
    pub(crate) fn run(&self, place: &Place) -> Result<ExitCode, Failure> {
        let space = place.namespace()?;
        let object = find(&space, &self.name)?;
        let usage = inspect::usage_of(&[&object])?;
        let answer = answer(&space, &object, &usage)?;
        let mut out = io::stdout().lock();
        match self.json {
            true => json(&mut out, &answer)?,
            false => tell(&mut out, &object, &usage, &answer).map_err(output)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The live object of a name, or the error that an open would give, with what a look around shows.
pub(crate) fn find(space: &Namespace, name: &str) -> Result<Object, Failure> {
    let mut error = match inspect::find(space, name) {
        Ok(Some(object)) => return Ok(object),
        Ok(None) => who::not_seen(space, name, false)?,
        Err(e) if e.code() == Win32Code::ACCESS_DENIED => match who::not_seen(space, name, true)? {
            closed if closed.code() == Win32Code::ACCESS_DENIED => return Err(closed.into()),
            _ => return Err(e.into()), // the object's own refusal
        },
        Err(e) => return Err(e.into()),
    };
    let elsewhere = who::of_that_name(space, name)?;
    if !elsewhere.is_empty() {
        let names: Vec<String> = elsewhere
            .iter()
            .map(|o| Escaped(&o.name_for(space)).to_string())
            .collect();
        error = error.with_note(format!("there is {}", names.join(", ")));
    } else if let Some(orphan) = who::orphans_of(space, name).first() {
        let pids: Vec<String> = orphan.pids.iter().map(u32::to_string).collect();
        error = error.with_note(format!(
            "views of a former object of that name live on in process {}",
            pids.join(", ")
        ));
    }
    Err(error.into())
}

fn answer(space: &Namespace, object: &Object, usage: &Usage) -> Result<Answer, Failure> {
    let state = inspect::state(object)?;
    let waiters = inspect::waiters(object, usage);
    let memory = inspect::memory(object, usage);
    let handles: Vec<HandleTold> = usage
        .handles_of(object)
        .map(|handle| HandleTold::of(usage, handle, object.kind))
        .collect();
    let locks = proc::description_locks()
        .get(&object.id.ino)
        .copied()
        .unwrap_or(0);
    // A forked child shares its parent's descriptions: more handles than locks are no wonder, fewer are.
    let handles_unseen = locks.saturating_sub(handles.len());
    let mut holders: Vec<describe::Holder> = Vec::new();
    for handle in &handles {
        if holders.last().is_none_or(|last| last.pid != handle.pid) {
            holders.push(describe::Holder {
                pid: handle.pid,
                program: Some(handle.program.clone()),
            });
        }
    }
    let twins = who::of_that_name(space, &object.name)?
        .iter()
        .filter(|twin| twin.id != object.id)
        .map(|twin| twin.name_for(space))
        .collect();
    Ok(Answer {
        creator_alive: (object.creator.pid != 0)
            .then(|| inspect::Life::of(object.creator.pid, object.creator.start) == inspect::Life::Alive),
        platform: object.profile.name,
        security: SecurityTold {
            sddl: object.security.to_string(),
            words: inspect::security_in_words(&object.security, object.kind),
            owner: user_name(object.owner),
            mode: format!("{:03o}", object.mode),
            limits: limits(&object.security, object.kind, object.owner)
                .iter()
                .map(ToString::to_string)
                .collect(),
        },
        state: StateTold::of(&state, &waiters),
        memory: MemoryTold {
            allocated: memory.allocated,
            resident: memory.resident,
            swapped: memory.swapped,
            shared: memory.shared,
            huge: memory.huge,
            private_copies: memory.private_copies,
            mapped: memory.mapped,
            words: describe::memory(&memory),
        },
        views: usage
            .views_of(object)
            .map(|view| ViewTold::of(usage, view))
            .collect(),
        object: ObjectTold::of(space, object, holders),
        handles,
        handles_unseen,
        unseen: UnseenTold::all(usage),
        twins,
    })
}

/// Whether a path still leads to the file behind an object; also where that may not be known (I-21).
fn is_still(path: &Path, object: &Object) -> bool {
    match path.metadata() {
        Ok(meta) => (meta.dev(), meta.ino()) == (object.data.dev, object.data.ino),
        Err(e) => e.kind() != io::ErrorKind::NotFound,
    }
}

fn tell(out: &mut dyn Write, object: &Object, usage: &Usage, answer: &Answer) -> io::Result<()> {
    let mut line = |key: &str, value: &str| keyed(out, key, 11, &Escaped(value).to_string());
    line("name", &answer.object.name)?;
    line("path", &answer.object.kernel_path)?;
    line("kind", object.kind.name())?;
    if object.kind == Kind::FileMapping {
        line(
            "size",
            &format!("{} bytes ({})", object.size, describe::size(object.size)),
        )?;
        let sections = object.section_names().join(" ");
        line("protection", &format!("{} {sections}", object.protection.name()))?;
        let backing = match &object.file {
            Some(file) if is_still(file, object) => format!("the file {}", file.display()),
            Some(file) => format!(
                "the file {}, which has been deleted or replaced since; its bytes live on in this object",
                file.display()
            ),
            None => "memory".to_owned(),
        };
        line("backing", &backing)?;
    }
    if let Some(state) = &answer.state {
        line("state", &state.words)?;
        for waiter in &state.waiters {
            let how = if waiter.alone {
                ""
            } else {
                ", and for other objects"
            };
            line(
                "waiting",
                &format!("thread {} of process {}{how}", waiter.thread, waiter.pid),
            )?;
        }
        for pid in &state.waiters_unseen_in {
            line(
                "waiting",
                &format!("process {pid}: what its threads wait for may not be seen"),
            )?;
        }
    }
    let created = format!(
        "{}, {} ago",
        answer.object.created,
        describe::duration(describe::age(object))
    );
    line("created", &created)?;
    line("creator", &describe::creator(object))?;
    line("platform", answer.platform)?;
    line("security", &answer.security.sddl)?;
    for words in &answer.security.words {
        line("", words)?;
    }
    line("file", &format!("{}", object.path.display()))?;
    line(
        "",
        &format!("user {}, mode {}", answer.security.owner, answer.security.mode),
    )?;
    for limit in &answer.security.limits {
        line("limit", limit)?;
    }
    line("memory", &answer.memory.words)?;
    for twin in &answer.twins {
        line("twin", &format!("{twin} is another object: they share nothing"))?;
    }
    if answer.handles_unseen > 0 {
        let n = answer.handles_unseen;
        line(
            "unseen",
            &format!("{n} more handles, in processes that may not be looked into or under way in a socket"),
        )?;
    }
    if let Some(unseen) = describe::unseen(usage, "it") {
        line("unseen", &unseen)?;
    }
    if !answer.handles.is_empty() {
        writeln!(out)?;
        handle_table(out, &answer.handles)?;
    }
    if !answer.views.is_empty() {
        writeln!(out)?;
        view_table(out, &answer.views)?;
    }
    out.flush()
}
