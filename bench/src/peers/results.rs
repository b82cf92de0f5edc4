//! What was found, in a file.

use super::definition::{BASE, Definitions, shown};
use crate::Result;
use crate::machine::Machine;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// The middle half of a number of rounds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quartiles {
    /// A quarter of the rounds is below this.
    pub q1: f64,
    /// Half of the rounds.
    pub median: f64,
    /// A quarter of the rounds is above this.
    pub q3: f64,
}

impl Quartiles {
    /// Of a set that is not empty.
    #[must_use]
    pub fn of(mut values: Vec<f64>) -> Quartiles {
        values.sort_by(f64::total_cmp);
        // Four digits are more than the measurement has.
        let at = |part: f64| {
            let value = values[((values.len() - 1) as f64 * part).round() as usize];
            let digits = 10f64.powf(3.0 - value.abs().max(1e-9).log10().floor());
            (value * digits).round() / digits
        };
        Quartiles {
            q1: at(0.25),
            median: at(0.5),
            q3: at(0.75),
        }
    }
}

/// One operation, value and subject.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Line {
    /// The operation's name.
    pub operation: String,
    /// The parameter's value.
    pub value: u64,
    /// The subject's name.
    pub subject: String,
    /// Nanoseconds of one operation.
    pub ns: Quartiles,
    /// This subject / system calls, of each round.
    pub ratio: Quartiles,
    /// Filemap / this subject, of each round.
    pub filemap: Quartiles,
    /// Rounds.
    pub rounds: u32,
    /// When; UTC.
    pub date: String,
}

/// What was not measured.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Skipped {
    /// The operation's name.
    pub operation: String,
    /// The parameter's value.
    pub value: u64,
    /// The subject's name, or `all`.
    pub subject: String,
    /// The reason.
    pub why: String,
}

/// A promise of an inspecting command.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Inspected {
    /// What was done.
    pub what: String,
    /// What was measured, in words.
    pub measured: String,
    /// What was promised, in words.
    pub promised: String,
    /// Whether it was kept.
    pub kept: bool,
}

/// All of a run, or of several that were put together.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Results {
    /// Where and when (of the last run).
    pub machine: Machine,
    /// Versions of the rivals.
    pub versions: BTreeMap<String, String>,
    /// The numbers.
    pub lines: Vec<Line>,
    /// What is missing.
    pub skipped: Vec<Skipped>,
    /// The inspecting commands.
    pub inspected: Vec<Inspected>,
}

impl Results {
    /// Nothing yet.
    #[must_use]
    pub fn new(machine: Machine) -> Results {
        let mut versions = BTreeMap::new();
        if cfg!(feature = "rivals") {
            // The versions that the lock file has.
            for (id, package) in [("shared_memory", "shared_memory"), ("iceoryx2", "iceoryx2")] {
                versions.extend(locked(package).map(|version| (id.to_owned(), version)));
            }
        }
        Results {
            machine,
            versions,
            lines: Vec::new(),
            skipped: Vec::new(),
            inspected: Vec::new(),
        }
    }

    /// Those of a file.
    ///
    /// # Errors
    /// It can't be read, or is none.
    pub fn read(path: &Path) -> Result<Results> {
        let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        Ok(serde_json::from_str(&text)?)
    }

    /// Puts these in place of what `old` has for the same operations and values. What is left of `old` must be of this machine.
    #[must_use]
    pub fn over(mut self, old: Results) -> Results {
        if (&old.machine.cpu, old.machine.cpus, &old.machine.kernel)
            != (&self.machine.cpu, self.machine.cpus, &self.machine.kernel)
        {
            eprintln!("the old results are of another machine: all of them go");
            return self;
        }
        let new: Vec<(String, u64)> = self
            .lines
            .iter()
            .map(|line| (line.operation.clone(), line.value))
            .chain(
                self.skipped
                    .iter()
                    .map(|skip| (skip.operation.clone(), skip.value)),
            )
            .collect();
        let stays = |operation: &String, value: u64| !new.iter().any(|(o, v)| o == operation && *v == value);
        self.lines.extend(
            old.lines
                .into_iter()
                .filter(|line| stays(&line.operation, line.value)),
        );
        self.skipped.extend(
            old.skipped
                .into_iter()
                .filter(|skip| stays(&skip.operation, skip.value)),
        );
        if self.inspected.is_empty() {
            self.inspected = old.inspected;
        }
        for (subject, version) in old.versions {
            self.versions.entry(subject).or_insert(version);
        }
        self
    }

    /// The line, if it was measured.
    #[must_use]
    pub fn line(&self, operation: &str, value: u64, subject: &str) -> Option<&Line> {
        self.lines
            .iter()
            .find(|line| line.operation == operation && line.value == value && line.subject == subject)
    }

    /// The machine in one line.
    #[must_use]
    pub fn machine_line(&self) -> String {
        format!(
            "{} | load average before the run {}",
            self.machine, self.machine.load
        )
    }

    /// The versions in one line.
    #[must_use]
    pub fn versions_line(&self, definitions: &Definitions) -> String {
        let named = definitions.subjects.iter().filter_map(|subject| {
            let version = self.versions.get(&subject.id)?;
            Some(format!("{} {version}", subject.name))
        });
        named.collect::<Vec<_>>().join(", ")
    }

    /// Every number, as Markdown.
    #[must_use]
    pub fn to_markdown(&self, definitions: &Definitions) -> String {
        let mut text = format!(
            "# Filemap and its peers: every number\n\n{}\n\n{}\n\n\
             Medians with the first and third quartile of the rounds. `ratio` is to the system calls of the same round, `filemap /` is\n\
             Filemap divided by that subject in the same round (below 1: Filemap is faster). Times depend on the machine; ratios less.\n\
             Written by `filemap-bench peers`; [the page](../../docs/PERFORMANCE.md) says what it means.\n",
            self.machine_line(),
            self.versions_line(definitions),
        );
        for operation in &definitions.operations {
            let _ = write!(
                text,
                "\n## {} (`{}`)\n\n{}\n\n",
                operation.title, operation.id, operation.what
            );
            for subject in definitions.subjects_of(operation) {
                let _ = writeln!(text, "- {}: {}", subject.name, operation.by[&subject.id]);
            }
            let _ = writeln!(
                text,
                "\n| {} | subject | ns | ratio | filemap / | rounds | date |\n|---:|---|---:|---:|---:|---:|---|",
                operation.parameter
            );
            for &value in &operation.values {
                for subject in definitions.subjects_of(operation) {
                    let Some(line) = self.line(&operation.id, value, &subject.id) else {
                        continue;
                    };
                    let three =
                        |q: Quartiles| format!("{} ({}-{})", number(q.median), number(q.q1), number(q.q3));
                    let _ = writeln!(
                        text,
                        "| {} | {} | {} | {} | {} | {} | {} |",
                        shown(&operation.parameter, value),
                        subject.name,
                        three(line.ns),
                        if subject.id == BASE {
                            "1".to_owned()
                        } else {
                            three(line.ratio)
                        },
                        three(line.filemap),
                        line.rounds,
                        line.date
                    );
                }
            }
        }
        text.push_str("\n## Not measured\n\n| operation | subject | why |\n|---|---|---|\n");
        for skip in &self.skipped {
            let parameter = definitions
                .operation(&skip.operation)
                .map_or("", |operation| &operation.parameter);
            let value = shown(parameter, skip.value);
            let _ = writeln!(
                text,
                "| {} {value} | {} | {} |",
                skip.operation, skip.subject, skip.why
            );
        }
        text
    }
}

/// A number with three digits that mean something.
#[must_use]
pub fn number(value: f64) -> String {
    match value.abs() {
        0.0..0.1 => format!("{value:.4}"),
        0.1..10.0 => format!("{value:.2}"),
        10.0..100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

/// Version of a package in the lock file of this program.
fn locked(package: &str) -> Option<String> {
    const LOCK: &str = include_str!("../../../Cargo.lock");
    let (_, after) = LOCK.split_once(&format!("name = \"{package}\"\nversion = \""))?;
    after.split_once('"').map(|(version, _)| version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_are_those_of_a_hundred_and_one() {
        let quartiles = Quartiles::of((0..=100).rev().map(f64::from).collect());
        assert_eq!((quartiles.q1, quartiles.median, quartiles.q3), (25.0, 50.0, 75.0));
        assert_eq!(Quartiles::of(vec![1.234_567]).median, 1.235);
    }

    fn machine() -> Machine {
        Machine::here()
    }

    fn line(operation: &str, value: u64, median: f64) -> Line {
        let q = Quartiles::of(vec![median]);
        Line {
            operation: operation.to_owned(),
            value,
            subject: BASE.to_owned(),
            ns: q,
            ratio: q,
            filemap: q,
            rounds: 1,
            date: String::new(),
        }
    }

    #[test]
    fn a_part_that_is_measured_again_replaces_that_part_only() {
        let mut old = Results::new(machine());
        old.lines = vec![line("open", 1, 10.0), line("create", 1, 20.0)];
        let mut new = Results::new(machine());
        new.lines = vec![line("open", 1, 11.0)];
        let both = new.over(old);
        assert_eq!(both.line("open", 1, BASE).unwrap().ns.median, 11.0);
        assert_eq!(both.line("create", 1, BASE).unwrap().ns.median, 20.0);
        assert_eq!(both.lines.len(), 2);
    }

    #[test]
    fn results_of_another_machine_are_not_mixed_with_these() {
        let mut old = Results::new(machine());
        old.machine.cpu = "another".to_owned();
        old.lines = vec![line("create", 1, 20.0)];
        assert!(Results::new(machine()).over(old).lines.is_empty());
    }
}
