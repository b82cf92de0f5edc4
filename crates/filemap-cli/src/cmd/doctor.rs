//! `filemap doctor`.

use super::setup::{self, State};
use super::tree::is_denied;
use super::why;
use super::words::Mask;
use crate::Place;
use crate::describe::{age, duration, size};
use crate::failure::{Failure, output};
use crate::ui::{Style, json, paragraph, quoted};
use filemap::core::security::sddl;
use filemap::inspect::{self, Detail, Fact, FileId, Oddity, Standing};
use filemap::list::{self, LiveObject};
use filemap::security::{Dacl, user_name};
use filemap::sys::os::process;
use filemap::{Directory, Escaped, Namespace};
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

/// Looks for what goes wrong with named objects on this machine, and says what to do about each
///
/// Looks at names that live in two places or in two spellings, views whose name is gone, objects open to everybody, entries
/// that are no objects, the tree of directories, and the machine: containers, logind, sandboxes, mount options, the kernel. With a NAME, it goes through why an open of that name with --access
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
    /// What is fine about the machine, too
    #[arg(long, short)]
    verbose: bool,
    /// One JSON object: findings, environment, what is held by one process alone, and the answer about NAME
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Answer {
    name: Option<why::Answer>,
    findings: Vec<Finding>,
    /// What the machine around lets the library do, fine or not.
    environment: Vec<FactTold>,
    /// What one process holds and nobody else uses, as far as may be seen.
    alone: Vec<Alone>,
    /// Processes that may not be looked into, and may use it, too.
    unseen: usize,
}

#[derive(Serialize)]
struct FactTold {
    fact: &'static str,
    standing: &'static str,
    what: String,
    still_works: String,
    remedy: String,
}

impl FactTold {
    fn of(fact: Fact) -> FactTold {
        FactTold {
            fact: fact.check,
            standing: match fact.standing {
                Standing::Fine => "fine",
                Standing::Limited => "limited",
                Standing::Wrong => "wrong",
            },
            what: fact.what,
            still_works: fact.still_works,
            remedy: fact.remedy,
        }
    }
}

/// What one process holds and nobody else has open or mapped: how a leak looks while a program runs (KB125713).
#[derive(Serialize)]
struct Alone {
    pid: u32,
    program: String,
    /// Handles to objects that nobody else uses.
    handles: usize,
    /// Memory of these objects in bytes.
    bytes: u64,
    /// The names of the largest.
    largest: Vec<String>,
    /// Seconds since the oldest was made.
    oldest_seconds: u64,
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
            tree(Path::new("/"), &mut findings);
        }
        let environment: Vec<FactTold> = inspect::environment(&space)
            .into_iter()
            .map(FactTold::of)
            .collect();
        let (alone, unseen) = alone(&space, &listing.objects)?;
        let failed = name.as_ref().is_some_and(why::Answer::failed)
            || environment.iter().any(|fact| fact.standing == "wrong");
        let problem = failed || findings.iter().any(|f| f.level == Level::Problem);
        let mut out = io::stdout().lock();
        let answer = Answer {
            name,
            findings,
            environment,
            alone,
            unseen,
        };
        match self.json {
            true => json(&mut out, &answer)?,
            false => tell(&mut out, &answer, self.verbose).map_err(output)?,
        }
        Ok(if problem {
            ExitCode::FAILURE
        } else {
            ExitCode::SUCCESS
        })
    }
}

fn tell(out: &mut dyn Write, answer: &Answer, verbose: bool) -> io::Result<()> {
    if let Some(name) = &answer.name {
        why::tell(out, name)?;
        writeln!(out)?;
    }
    // What does not work about the machine is no less wrong.
    let works = answer.environment.iter().all(|fact| fact.standing != "wrong");
    if answer.findings.is_empty() && works {
        let words = match &answer.name {
            Some(name) if name.failed() => "nothing else is wrong",
            _ => "nothing is wrong",
        };
        writeln!(out, "{words}")?;
    }
    for Finding {
        check,
        level,
        what,
        remedy,
        clauses,
    } in &answer.findings
    {
        let (style, level) = match level {
            Level::Problem => (Style::Problem, "problem"),
            Level::Note => (Style::Warning, "note"),
        };
        let text = format!("{} [{check}; {}]", Escaped(what), clauses.join(", "));
        paragraph(out, 0, style, level, &text)?;
        // To be pasted, so in one line.
        for line in remedy.lines() {
            writeln!(out, "    {}", Escaped(line))?;
        }
    }
    for fact in answer
        .environment
        .iter()
        .filter(|fact| verbose || fact.standing != "fine")
    {
        let style = match fact.standing {
            "wrong" => Style::Problem,
            "limited" => Style::Warning,
            _ => Style::Dim,
        };
        let text = format!("{} [{}]", Escaped(&fact.what), fact.fact);
        paragraph(out, 0, style, fact.standing, &text)?;
        if !fact.still_works.is_empty() {
            let text = Escaped(&fact.still_works).to_string();
            paragraph(out, 4, Style::Plain, "still works", &text)?;
        }
        if !fact.remedy.is_empty() {
            writeln!(out, "    to do: {}", Escaped(&fact.remedy))?;
        }
    }
    for alone in &answer.alone {
        let text = format!(
            "{} ({}) holds {} with {} that nobody else {}, the oldest for {}: {} [alone; O-40]",
            Escaped(&alone.program),
            alone.pid,
            objects(alone.handles),
            size(alone.bytes),
            if answer.unseen == 0 {
                "uses"
            } else {
                "is seen to use"
            },
            duration(Duration::from_secs(alone.oldest_seconds)),
            Escaped(&alone.largest.join(", "))
        );
        paragraph(out, 0, Style::Dim, "alone", &text)?;
    }
    if !answer.alone.is_empty() {
        writeln!(
            out,
            "    a program that means to close them: filemap run --leaks -- PROGRAM"
        )?;
    }
    out.flush()
}

fn objects(n: usize) -> String {
    match n {
        1 => "an object".to_owned(),
        n => format!("{n} objects"),
    }
}

/// At most so many names of what a process holds alone are told.
const NAMED: usize = 3;

/// What each process holds alone, and how many processes may not be looked into.
fn alone(space: &Namespace, objects: &[LiveObject]) -> Result<(Vec<Alone>, usize), Failure> {
    let usage = inspect::usage_of_tree(space, Detail::Views)?;
    let mut by_process: BTreeMap<u32, Vec<&LiveObject>> = BTreeMap::new();
    let mut viewers: HashMap<FileId, Vec<u32>> = HashMap::new();
    for view in &usage.views {
        viewers.entry(view.data).or_default().push(view.pid);
    }
    for object in objects {
        let [pid] = object.holders[..] else {
            continue;
        };
        let viewed = viewers
            .get(&object.data)
            .into_iter()
            .flatten()
            .any(|viewer| *viewer != pid);
        if !viewed {
            by_process.entry(pid).or_default().push(object);
        }
    }
    let mut found: Vec<Alone> = by_process
        .into_iter()
        .map(|(pid, mut objects)| {
            objects.sort_by_key(|object| Reverse(object.allocated));
            Alone {
                pid,
                program: process::program(pid).unwrap_or_default(),
                handles: objects.len(),
                bytes: objects.iter().map(|object| object.allocated).sum(),
                largest: objects
                    .iter()
                    .take(NAMED)
                    .map(|object| object.name_for(space))
                    .collect(),
                oldest_seconds: objects
                    .iter()
                    .map(|object| age(object).as_secs())
                    .max()
                    .unwrap_or(0),
            }
        })
        .collect();
    found.sort_by_key(|alone| Reverse(alone.bytes));
    Ok((found, usage.unseen.len()))
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
    let (denied, odd): (Vec<&Oddity>, Vec<&Oddity>) = listing.oddities.iter().partition(|odd| is_denied(odd));
    for odd in odd {
        let path = quoted(&odd.path.display().to_string());
        findings.push(Finding {
            check: "no-object",
            level: Level::Problem,
            what: format!("{}: {}", odd.path.display(), odd.why.cause()),
            remedy: format!("ls -ld {path}; and if it is nothing that you need: rm -r {path}"),
            clauses: &["O-67"],
        });
    }
    if let [first, rest @ ..] = &denied[..] {
        let more = match rest.len() {
            0 => String::new(),
            1 => "; and another entry".to_owned(),
            n => format!("; and {n} other entries"),
        };
        findings.push(Finding {
            check: "not-readable",
            level: Level::Note,
            what: format!("{}: {}{more}", first.path.display(), first.why.cause()),
            remedy: "run as its owner or as root to see more: sudo filemap doctor".into(),
            clauses: &["A-60"],
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
                remedy: format!("sudo mv {} {}", quoted(&path), quoted(&format!("{path}.suspect"))),
                clauses: &["O-67", "N-90"],
            });
        }
    }
}

/// The system-wide tree, the group, and the services that sweep it: what is missing together, what is wrong one by one.
fn tree(prefix: &Path, findings: &mut Vec<Finding>) {
    const REMEDY: &str = "sudo filemap setup";
    let mut missing: [Vec<String>; 2] = Default::default();
    for step in setup::steps(prefix) {
        let state = step.state();
        match (&state, state.wrong()) {
            (State::Done, _) => {}
            (_, Some(wrong)) => findings.push(Finding {
                check: "setup",
                level: Level::Problem,
                what: format!("{step}: {wrong}"),
                remedy: REMEDY.into(),
                clauses: &["N-90", "N-91"],
            }),
            (_, None) => missing[usize::from(step.is_of_the_service())].push(step.to_string()),
        }
    }
    let without = [
        "without all of it programs of one user meet, but those of several users may not, and at the next boot it is not there",
        "without it what killed processes leave stays in memory until somebody opens that name or runs filemap sweep",
    ];
    for (missing, without) in missing.iter().zip(without) {
        if !missing.is_empty() {
            findings.push(Finding {
                check: "setup",
                level: Level::Note,
                what: format!("missing: {}; {without}", missing.join(", ")),
                remedy: REMEDY.into(),
                clauses: &["N-90", "N-91"],
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_setup_would_make_is_told_once_for_the_tree_and_once_for_the_service_n91() {
        let image = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(image.path().join("etc/systemd/system")).unwrap();
        let mut findings = Vec::new();
        tree(image.path(), &mut findings);
        let [tree_is_missing, service_is_missing] = &findings[..] else {
            panic!(
                "{:?}",
                findings.iter().map(|finding| &finding.what).collect::<Vec<_>>()
            );
        };
        assert!(
            tree_is_missing.what.contains("group filemap-global")
                && tree_is_missing.what.contains("several users")
        );
        assert!(service_is_missing.what.contains("filemap-sweep.service"));
        assert!(
            !service_is_missing.what.contains("several users"),
            "{}",
            service_is_missing.what
        );
    }
}
