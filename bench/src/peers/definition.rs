//! What is measured, as data: `definitions/peers.toml` and `definitions/targets.toml`.

use crate::Result;
use serde::Deserialize;
use std::collections::BTreeMap;

const PEERS: &str = include_str!("../../definitions/peers.toml");
const TARGETS: &str = include_str!("../../definitions/targets.toml");

/// The subject that is 1.00.
pub const BASE: &str = "raw";
/// The subject that is ours.
pub const OURS: &str = "filemap";

/// Who takes part.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Participant {
    /// A short name.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// The program that drives it, `rivals` for a crate behind that feature, empty for what is always there.
    #[serde(default)]
    pub driver: String,
    /// Debian packages that the driver needs.
    #[serde(default)]
    pub install: String,
}

/// What is measured.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Operation {
    /// A short name, for `--only`.
    pub id: String,
    /// The heading of its table.
    pub title: String,
    /// The operation in words.
    pub what: String,
    /// What the values are: `bytes`, `names`, `threads`, …; empty if there is one without a meaning.
    pub parameter: String,
    /// The parameter's values.
    pub values: Vec<u64>,
    /// Those of the quick form.
    pub quick: Vec<u64>,
    /// `one` (the default) or `all`.
    #[serde(default)]
    pub processors: String,
    /// Milliseconds of a turn.
    #[serde(default = "one")]
    pub turn_ms: u64,
    /// Rounds at most, below what is asked for.
    pub rounds: Option<u32>,
    /// Options of a tmpfs of its own that the operation needs.
    pub mount: Option<String>,
    /// Whether it gets a plot.
    #[serde(default)]
    pub plot: bool,
    /// What each subject does.
    pub by: BTreeMap<String, String>,
}

fn one() -> u64 {
    1
}

/// A promise of the inspecting commands that is not kept.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inspecting {
    /// In the words of the measurement.
    pub what: String,
    /// Why it is not kept.
    pub reason: String,
    /// What could be tried next.
    pub next: String,
}

/// What must hold.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// In words.
    pub what: String,
    /// The operation and the parameter's value.
    pub operation: String,
    /// The parameter's value.
    #[serde(default = "one")]
    pub value: u64,
    /// Which of Filemap's subjects.
    #[serde(default = "ours")]
    pub subject: String,
    /// Whom it is compared with.
    #[serde(default = "base")]
    pub against: String,
    /// The ratio that must be kept.
    pub limit: Option<f64>,
    /// The ratio that should be kept.
    pub aim: Option<f64>,
    /// Why it is not kept, if it isn't.
    #[serde(default)]
    pub reason: String,
    /// What could be tried next.
    #[serde(default)]
    pub next: String,
}

fn ours() -> String {
    OURS.to_owned()
}

fn base() -> String {
    BASE.to_owned()
}

/// Why rivals are faster in an operation.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Behind {
    /// The operation.
    pub operation: String,
    /// The rivals whose lead this explains.
    pub subjects: Vec<String>,
    /// The reason, and what is done about it.
    pub why: String,
}

/// All of it.
#[derive(Clone, Debug)]
pub struct Definitions {
    /// In the order of the tables.
    pub subjects: Vec<Participant>,
    /// In the order of the page.
    pub operations: Vec<Operation>,
    /// In the order of the page.
    pub targets: Vec<Target>,
    /// What the inspecting commands do not keep.
    pub inspecting: Vec<Inspecting>,
    /// Reasons.
    pub behind: Vec<Behind>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Peers {
    subject: Vec<Participant>,
    operation: Vec<Operation>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Targets {
    target: Vec<Target>,
    #[serde(default)]
    inspecting: Vec<Inspecting>,
    #[serde(default)]
    behind: Vec<Behind>,
}

impl Definitions {
    /// Reads them.
    ///
    /// # Errors
    /// A file that can't be read as such.
    pub fn read() -> Result<Definitions> {
        let (peers, targets): (Peers, Targets) = (toml::from_str(PEERS)?, toml::from_str(TARGETS)?);
        Ok(Definitions {
            subjects: peers.subject,
            operations: peers.operation,
            targets: targets.target,
            inspecting: targets.inspecting,
            behind: targets.behind,
        })
    }

    /// The subjects of an operation, in the order of the tables.
    pub fn subjects_of<'a>(&'a self, operation: &'a Operation) -> impl Iterator<Item = &'a Participant> {
        self.subjects
            .iter()
            .filter(|subject| operation.by.contains_key(&subject.id))
    }

    /// The operation of this name.
    #[must_use]
    pub fn operation(&self, id: &str) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.id == id)
    }
}

/// A value of a parameter as people write it: `64 KiB`, `10,000`.
#[must_use]
pub fn shown(parameter: &str, value: u64) -> String {
    match (parameter, value) {
        ("", _) => "ratio".to_owned(),
        ("bytes", 1073741824..) => format!("{} GiB", value >> 30),
        ("bytes", 1048576..) => format!("{} MiB", value >> 20),
        ("bytes", 1024..) => format!("{} KiB", value >> 10),
        ("bytes", _) => format!("{value} B"),
        (_, 1_000_000..) => format!(
            "{},{:03},{:03}",
            value / 1_000_000,
            value / 1000 % 1000,
            value % 1000
        ),
        (_, 1000..) => format!("{},{:03}", value / 1000, value % 1000),
        _ => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_name_in_the_definitions_is_defined_once() {
        let all = Definitions::read().unwrap();
        let subjects: BTreeSet<_> = all.subjects.iter().map(|s| &s.id).collect();
        assert_eq!(subjects.len(), all.subjects.len());
        let operations: BTreeSet<_> = all.operations.iter().map(|o| &o.id).collect();
        assert_eq!(operations.len(), all.operations.len());
        for operation in &all.operations {
            assert!(operation.by.contains_key(BASE), "{}", operation.id);
            assert!(
                operation.by.keys().all(|id| subjects.contains(id)),
                "{}",
                operation.id
            );
            assert!(
                operation.quick.iter().all(|v| operation.values.contains(v)),
                "{}",
                operation.id
            );
        }
        for target in &all.targets {
            let operation = all
                .operation(&target.operation)
                .expect("a target's operation exists");
            assert!(operation.values.contains(&target.value), "{}", target.what);
            assert!(operation.by.contains_key(&target.subject), "{}", target.what);
            assert!(operation.by.contains_key(&target.against), "{}", target.what);
            assert!(
                target.against == BASE || target.subject == OURS,
                "{}",
                target.what
            );
            assert!(target.limit.is_some() || target.aim.is_some(), "{}", target.what);
        }
        for behind in &all.behind {
            let operation = all.operation(&behind.operation).expect("it exists");
            assert!(
                behind.subjects.iter().all(|id| operation.by.contains_key(id)),
                "{}",
                behind.why
            );
        }
    }

    #[test]
    fn values_are_written_as_people_write_them() {
        assert_eq!(shown("bytes", 64), "64 B");
        assert_eq!(shown("bytes", 65536), "64 KiB");
        assert_eq!(shown("bytes", 1 << 30), "1 GiB");
        assert_eq!(shown("names", 10), "10");
        assert_eq!(shown("names", 100_000), "100,000");
        assert_eq!(shown("names", 1_000_000), "1,000,000");
    }
}
