//! `filemap doctor`.

use super::setup::{self, State};
use super::why;
use super::words::Mask;
use crate::Place;
use crate::failure::{Failure, output};
use crate::ui::json;
use filemap::core::security::sddl;
use filemap::list::{self, LiveObject};
use filemap::security::{Dacl, user_name};
use filemap::sys::os::process;
use filemap::{Directory, Escaped, Namespace};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::ExitCode;

/// Looks for what goes wrong with named objects on this machine, and says what to do about each
///
/// Looks at names that live in two places or in two spellings, views whose name is gone, objects open to everybody, entries
/// that are no objects, and the tree of directories. With a NAME, it goes through why an open of that name with --access
/// would fail here and now. Exit status 1 if there is a problem.
#[derive(clap::Args)]
#[command(after_help = r"Examples:
  filemap doctor
  filemap doctor --json
  filemap doctor 'Local\frames' --access PAGE_READWRITE")]
pub(crate) struct Doctor {
    /// Name that could not be opened
    name: Option<String>,
    /// Access that the program asks for, as it writes it
    #[arg(long, value_parser = Mask::parse, default_value = "read")]
    access: Mask,
    /// One JSON object: findings, and the answer about NAME
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Answer {
    name: Option<why::Answer>,
    findings: Vec<Finding>,
}

/// One thing that is, or may be, wrong.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Finding {
    /// A short name that stays the same.
    check: &'static str,
    level: Level,
    what: String,
    /// What to do, with commands to paste.
    remedy: String,
    clauses: &'static [&'static str],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Problem,
    Note,
}

impl Doctor {
    pub(crate) fn run(&self, place: &Place) -> Result<ExitCode, Failure> {
        let space = place.namespace()?;
        let name = match &self.name {
            Some(name) => Some(why::ask_live(place, name, &self.access)?),
            None => None,
        };
        let mut findings = Vec::new();
        let listing = list::list(&space)?;
        two_places(&space, &listing.objects, &mut findings);
        case_twins(&space, &listing.objects, &mut findings);
        open_to_everybody(&space, &listing.objects, &mut findings);
        orphans(&space, &listing.objects, &mut findings);
        leftovers(&listing, &mut findings);
        sessions(&space, &mut findings);
        if place.is_default() {
            tree(&mut findings);
        }
        let failed = name.as_ref().is_some_and(why::Answer::failed);
        let problem = failed || findings.iter().any(|f| f.level == Level::Problem);
        let mut out = io::stdout().lock();
        let answer = Answer { name, findings };
        match self.json {
            true => json(&mut out, &answer)?,
            false => tell(&mut out, &answer).map_err(output)?,
        }
        Ok(if problem {
            ExitCode::FAILURE
        } else {
            ExitCode::SUCCESS
        })
    }
}

fn tell(out: &mut dyn Write, answer: &Answer) -> io::Result<()> {
    if let Some(name) = &answer.name {
        why::tell(out, name)?;
        writeln!(out)?;
    }
    if answer.findings.is_empty() {
        writeln!(out, "nothing is wrong")?;
    }
    for Finding {
        check,
        level,
        what,
        remedy,
        clauses,
    } in &answer.findings
    {
        let level = if *level == Level::Problem {
            "problem"
        } else {
            "note"
        };
        writeln!(
            out,
            "{level}: {} [{check}; {}]",
            Escaped(what),
            clauses.join(", ")
        )?;
        for line in remedy.lines() {
            writeln!(out, "    {}", Escaped(line))?;
        }
    }
    out.flush()
}

fn holders(object: &LiveObject) -> String {
    let who = |pid: &u32| match process::program(*pid) {
        Some(program) => format!("{program} ({pid})"),
        None => pid.to_string(),
    };
    match object.holders.is_empty() {
        true => format!("a process of user {}", user_name(object.creator.uid)),
        false => object.holders.iter().map(who).collect::<Vec<_>>().join(", "),
    }
}

/// One name in two directories: two objects that share nothing (N-69 steps 1 and 6, O-42).
fn two_places(space: &Namespace, objects: &[LiveObject], findings: &mut Vec<Finding>) {
    let mut by_leaf: BTreeMap<&str, Vec<&LiveObject>> = BTreeMap::new();
    for object in objects {
        by_leaf.entry(&object.name).or_default().push(object);
    }
    for (leaf, twins) in by_leaf.iter().filter(|(_, twins)| twins.len() > 1) {
        let same_kind = twins.iter().all(|twin| twin.kind == twins[0].kind);
        let places: Vec<String> = twins
            .iter()
            .map(|t| {
                format!(
                    "{} ({}, held by {})",
                    t.name_for(space),
                    t.kind.article_name(),
                    holders(t)
                )
            })
            .collect();
        let has_global = twins.iter().any(|twin| twin.directory == Directory::Global);
        findings.push(Finding {
            check: if same_kind { "split-brain" } else { "other-kind-elsewhere" },
            level: Level::Problem,
            what: format!("`{leaf}` lives in {} places, which share nothing: {}", twins.len(), places.join("; ")),
            remedy: match has_global {
                true => format!(r"if they were to meet, let all of them open Global\{leaf}"),
                false => format!(r"if they were to meet, let one process create Global\{leaf} (root or the group filemap-global) and all others open it"),
            },
            clauses: &["N-69", "O-42"],
        });
    }
}

/// Two names in one directory that differ only in case (O-60).
fn case_twins(space: &Namespace, objects: &[LiveObject], findings: &mut Vec<Finding>) {
    let mut by_lower: BTreeMap<(Directory, String), Vec<&LiveObject>> = BTreeMap::new();
    for object in objects {
        by_lower
            .entry((object.directory, object.name.to_lowercase()))
            .or_default()
            .push(object);
    }
    for twins in by_lower.values().filter(|twins| twins.len() > 1) {
        let names: Vec<String> = twins
            .iter()
            .map(|t| {
                format!(
                    "{} ({}, held by {})",
                    t.name_for(space),
                    t.kind.article_name(),
                    holders(t)
                )
            })
            .collect();
        findings.push(Finding {
            check: "case-twins",
            level: Level::Problem,
            what: format!(
                "names that differ only in case are different objects: {}",
                names.join("; ")
            ),
            remedy: "spell the name the same in all programs".into(),
            clauses: &["O-60", "N-69"],
        });
    }
}

/// NULL DACLs, and rights that do not mean what they seem to (A-6, A-33).
fn open_to_everybody(space: &Namespace, objects: &[LiveObject], findings: &mut Vec<Finding>) {
    for object in objects {
        let name = object.name_for(space);
        if !matches!(object.security.dacl, Dacl::List(_)) {
            findings.push(Finding {
                check: "null-dacl",
                level: Level::Problem,
                what: format!("{name} has no DACL: everybody may read and write it, and change who may"),
                remedy: "let its creator give a DACL, as in D:(A;;GA;;;SY)(A;;GA;;;BA)(A;;0x6;;;AU)".into(),
                clauses: &["A-6"],
            });
            continue;
        }
        let lints = sddl::lint(&object.security.to_string(), object.kind).unwrap_or_default();
        for lint in lints {
            findings.push(Finding {
                check: "descriptor",
                level: Level::Note,
                what: format!("{name}: {} (byte {} of {})", lint.what, lint.at, object.security),
                remedy: "write generic rights (GR, GW, GA) or hexadecimal ones".into(),
                clauses: &["A-33"],
            });
        }
    }
}

/// Views that have outlived the name (O-41, O-46): whoever opens the name now gets something else, or error 2.
fn orphans(space: &Namespace, objects: &[LiveObject], findings: &mut Vec<Finding>) {
    for orphan in list::orphans(space) {
        let pids: Vec<String> = orphan
            .pids
            .iter()
            .map(|pid| format!("{} ({pid})", process::program(*pid).unwrap_or_default()))
            .collect();
        let name = orphan
            .name
            .clone()
            .unwrap_or_else(|| format!("inode {} in {}", orphan.inode, orphan.directory.display()));
        let leaf = name.rsplit('\\').next().unwrap_or(&name);
        let again = objects
            .iter()
            .find(|object| object.name == leaf && object.path.parent() == Some(&orphan.directory));
        let (check, what) = match again {
            Some(object) => (
                "split-brain",
                format!(
                    "views of a former `{name}` live on in {}, while {} hold a new object of that name: they share nothing",
                    pids.join(", "),
                    holders(object)
                ),
            ),
            None => (
                "orphaned-view",
                format!(
                    "`{name}` has views in {} and no handle: the name is gone, opening it gives error 2",
                    pids.join(", ")
                ),
            ),
        };
        findings.push(Finding {
            check,
            level: if again.is_some() { Level::Problem } else { Level::Note },
            what,
            remedy: "let one process keep its handle open as long as others are to find the name; end or restart the processes above".into(),
            clauses: &["O-40", "O-41", "O-46"],
        });
    }
}

/// Dead entries, and what is no object.
fn leftovers(listing: &list::Listing, findings: &mut Vec<Finding>) {
    if let n @ 1.. = listing.dead.len() {
        findings.push(Finding {
            check: "dead-entries",
            level: Level::Note,
            what: format!(
                "{n} names are left of processes that were killed; they stop nobody and take memory"
            ),
            remedy: "filemap sweep".into(),
            clauses: &["O-17"],
        });
    }
    for odd in &listing.oddities {
        let denied = odd.why.code().0 == 5;
        findings.push(Finding {
            check: if denied { "not-readable" } else { "no-object" },
            level: if denied { Level::Note } else { Level::Problem },
            what: format!("{}: {}", odd.path.display(), odd.why.cause()),
            remedy: match denied {
                true => "run as its owner or as root to see more: sudo filemap doctor".into(),
                false => format!(
                    "ls -l '{0}'; and if it is nothing that you need: rm '{0}'",
                    odd.path.display()
                ),
            },
            clauses: &["O-67"],
        });
    }
}

/// Directories of sessions that are not whose they should be (O-67).
fn sessions(space: &Namespace, findings: &mut Vec<Finding>) {
    let sessions = space.root().join("Sessions");
    for entry in std::fs::read_dir(&sessions).into_iter().flatten().flatten() {
        let Ok(meta) = entry.path().symlink_metadata() else {
            continue;
        };
        let path = entry.path().display().to_string();
        let user: Option<u32> = entry.file_name().to_str().and_then(|name| name.parse().ok());
        let wrong = match () {
            () if !meta.is_dir() => Some("it is no directory".to_owned()),
            () if user.is_some_and(|uid| uid >= 1000 && uid != meta.uid() && meta.uid() != 0) => {
                Some(format!(
                    "session {} belongs to user {}: if sessions are per user, that user stands in another's way",
                    user.unwrap_or_default(),
                    user_name(meta.uid())
                ))
            }
            () if meta.mode() & 0o022 != 0 => Some(format!(
                "others may write into it (mode {:o})",
                meta.mode() & 0o7777
            )),
            () => None,
        };
        if let Some(wrong) = wrong {
            findings.push(Finding {
                check: "session-directory",
                level: Level::Problem,
                what: format!("{path}: {wrong}"),
                remedy: format!("sudo mv '{path}' '{path}.suspect'"),
                clauses: &["O-67", "N-90"],
            });
        }
    }
}

/// The system-wide tree and the group.
fn tree(findings: &mut Vec<Finding>) {
    for step in setup::steps(Path::new("/")) {
        let state = step.state();
        let what = match (&state, state.wrong()) {
            (State::Done, _) => continue,
            (_, Some(wrong)) => format!("{step}: {wrong}"),
            (_, None) => format!(
                "{step} is missing: without it all programs of one user meet, and those of several users don't"
            ),
        };
        findings.push(Finding {
            check: "setup",
            level: match state {
                State::Missing => Level::Note,
                _ => Level::Problem,
            },
            what,
            remedy: "sudo filemap setup".into(),
            clauses: &["N-90", "N-91"],
        });
    }
}
