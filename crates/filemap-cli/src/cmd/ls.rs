//! `filemap ls`.

use crate::Place;
use crate::failure::{Failure, output, say};
use crate::ui::{json, table};
use filemap::list::{self, Listing, LiveObject};
use filemap::sys::os::process;
use filemap::{Escaped, Kind, Namespace};
use serde::Serialize;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, UNIX_EPOCH};

/// Lists the objects that somebody holds: name, kind, size, protection, holders
///
/// Holders are the processes that have a handle, as far as the caller may look into them. Names of session 0, where services
/// and root are, begin with `Global\`, which is the same directory there as `Local\`.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  filemap ls\n  filemap ls --json")]
pub(crate) struct Ls {
    /// One JSON object with `objects`, `dead` (leftovers that `filemap sweep` removes) and `oddities`
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Answer {
    objects: Vec<Object>,
    dead: Vec<PathBuf>,
    oddities: Vec<Oddity>,
}

#[derive(Serialize)]
struct Object {
    name: String,
    kind: &'static str,
    /// Bytes; absent for what has no size.
    size: Option<u64>,
    protection: Option<&'static str>,
    sections: Vec<String>,
    file: Option<PathBuf>,
    holders: Vec<Holder>,
    created: String,
    creator: Creator,
    path: PathBuf,
}

#[derive(Serialize)]
struct Holder {
    pid: u32,
    program: Option<String>,
}

#[derive(Serialize)]
struct Creator {
    pid: u32,
    uid: u32,
    session: u32,
}

#[derive(Serialize)]
struct Oddity {
    path: PathBuf,
    cause: String,
    code: u32,
    remedy: String,
}

impl Ls {
    pub(crate) fn run(&self, place: &Place) -> Result<ExitCode, Failure> {
        let space = place.namespace()?;
        let Listing {
            objects,
            oddities,
            dead,
        } = list::list(&space)?;
        let answer = Answer {
            objects: objects
                .into_iter()
                .map(|object| describe(&space, object))
                .collect(),
            dead,
            oddities: oddities
                .into_iter()
                .map(|odd| Oddity {
                    path: odd.path,
                    cause: odd.why.cause().into_owned(),
                    code: odd.why.code().0,
                    remedy: odd.why.remedy().into_owned(),
                })
                .collect(),
        };
        let mut out = io::stdout().lock();
        if self.json {
            json(&mut out, &answer)?;
            return Ok(ExitCode::SUCCESS);
        }
        if !answer.objects.is_empty() {
            let rows = answer.objects.iter().map(row).collect();
            table(
                &mut out,
                &["NAME", "KIND", "SIZE", "PROTECTION", "HOLDERS"],
                &[2],
                "",
                rows,
            )
            .and_then(|()| out.flush())
            .map_err(output)?;
        }
        if let n @ 1.. = answer.dead.len() {
            let entries = if n == 1 { "entry" } else { "entries" };
            say(&format!("{n} dead {entries}; `filemap sweep` takes them away"));
        }
        for odd in &answer.oddities {
            let path = odd.path.display().to_string();
            say(&format!(
                "{}: {} ({}); {}",
                Escaped(&path),
                Escaped(&odd.cause),
                odd.code,
                odd.remedy
            ));
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn describe(space: &Namespace, object: LiveObject) -> Object {
    let is_mapping = object.kind == Kind::FileMapping;
    let created = UNIX_EPOCH + Duration::from_nanos(object.creator.created);
    Object {
        name: object.name_for(space),
        kind: object.kind.name(),
        size: is_mapping.then_some(object.size),
        protection: is_mapping.then(|| object.protection.name()),
        sections: object
            .sections
            .iter_names()
            .map(|(name, _)| format!("SEC_{name}"))
            .collect(),
        file: object.file,
        holders: object
            .holders
            .into_iter()
            .map(|pid| Holder {
                pid,
                program: process::program(pid),
            })
            .collect(),
        created: humantime::format_rfc3339_millis(created).to_string(),
        creator: Creator {
            pid: object.creator.pid,
            uid: object.creator.uid,
            session: object.creator.session,
        },
        path: object.path,
    }
}

fn row(object: &Object) -> Vec<String> {
    let holder = |holder: &Holder| match &holder.program {
        Some(program) => format!("{} {}", holder.pid, Escaped(program)),
        None => holder.pid.to_string(),
    };
    let holders: Vec<String> = object.holders.iter().map(holder).collect();
    vec![
        Escaped(&object.name).to_string(),
        object.kind.to_owned(),
        object.size.map(|size| size.to_string()).unwrap_or_default(),
        object.protection.unwrap_or_default().to_owned(),
        holders.join(", "),
    ]
}
