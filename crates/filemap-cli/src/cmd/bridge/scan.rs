//! `filemap bridge --scan`: the sections of running Wine processes.

use crate::failure::{Failure, output, say};
use crate::ui::table;
use filemap::Escaped;
use filemap::sys::os::foreign::{self, Mapped};
use std::collections::BTreeMap;
use std::io;
use std::process::ExitCode;

/// A section: the programs that have it mapped, by its file.
#[derive(Default)]
struct Section {
    len: u64,
    programs: Vec<(u32, String)>,
}

/// Whether a process is Wine's: it has Wine's libraries mapped. Its shared mappings, if it may be looked into.
fn mappings_of_wine(pid: u32) -> Option<Vec<Mapped>> {
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).ok()?;
    let is_wine = maps
        .lines()
        .any(|line| line.ends_with("/ntdll.so") || line.ends_with("/ntdll.dll.so"));
    is_wine.then(|| foreign::shared_mappings(pid).ok()).flatten()
}

pub(super) fn scan() -> Result<ExitCode, Failure> {
    let mut sections: BTreeMap<((u32, u32), u64), Section> = BTreeMap::new();
    let mut closed = 0;
    for pid in foreign::processes() {
        let Some(mappings) = mappings_of_wine(pid) else {
            closed += u32::from(std::fs::read_to_string(format!("/proc/{pid}/maps")).is_err());
            continue;
        };
        for mapped in mappings {
            // Memory that Wine's server gives out has no name left, or never had one.
            let is_memory = mapped.path.starts_with("/memfd:") || mapped.path.ends_with("(deleted)");
            if !is_memory || !mapped.writable {
                continue;
            }
            let section = sections.entry((mapped.device, mapped.inode)).or_default();
            section.len = section.len.max(mapped.offset + (mapped.end - mapped.start));
            let program = (pid, foreign::command_line(pid));
            if !section.programs.contains(&program) {
                section.programs.push(program);
            }
        }
    }
    let rows: Vec<Vec<String>> = sections
        .iter()
        .flat_map(|((_, inode), section)| {
            section.programs.iter().map(move |(pid, program)| {
                let program = Escaped(program).to_string();
                vec![
                    inode.to_string(),
                    section.len.to_string(),
                    pid.to_string(),
                    program,
                ]
            })
        })
        .collect();
    let none = rows.is_empty();
    table(
        &mut io::stdout().lock(),
        &["SECTION", "SIZE", "PID", "PROGRAM"],
        &[0, 1, 2],
        "",
        rows,
    )
    .map_err(output)?;
    if none {
        say("no Wine process that this user may look into has a section mapped");
    }
    if closed > 0 {
        say(&format!("{closed} processes may not be looked into by this user"));
    }
    say("Wine keeps the names to itself: give the name to --map, and the bridge finds the section by it");
    Ok(ExitCode::SUCCESS)
}
