//! Instructions and system calls of the hot paths against numbers in the tree: `cargo xtask counts`.
//!
//! Times say nothing on a busy machine; counts are the same there. Instructions are those of user mode, counted by callgrind;
//! they depend on the compiler and the C library, and those of copies on the processor, whose kinds of `memcpy` differ. Where
//! these are others than the baseline's, instructions are not compared; system calls always are.

use crate::Result;
use crate::count::{self, Side};
use crate::machine::Machine;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// The hot paths: rows of `definitions/`.
pub const ROWS: [&str; 8] = [
    "open",
    "create",
    "sync-mutex",
    "sync-event",
    "sync-semaphore",
    "sync-wait-any-64",
    "copy-in-64kib",
    "copy-out-64kib",
];

/// More instructions than this part of the baseline's are a regression.
const MORE: f64 = 0.05;

/// What instructions depend on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// `rustc --version`.
    pub compiler: String,
    /// Version of the C library.
    pub libc: String,
    /// Model of the processor.
    pub processor: String,
}

/// What one operation takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Instructions in user mode; none where valgrind is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instructions: Option<u64>,
    /// The system calls in their order.
    pub calls: Vec<String>,
}

/// The file in the tree.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// Where its instructions were counted.
    pub environment: Environment,
    /// By row.
    pub rows: BTreeMap<String, Counts>,
}

impl Baseline {
    /// Reads the file.
    ///
    /// # Errors
    /// It can't be read, or is none.
    pub fn read(path: &Path) -> Result<Baseline> {
        let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        Ok(toml::from_str(&text)?)
    }

    /// As the file's text.
    ///
    /// # Errors
    /// The library's.
    pub fn to_text(&self) -> Result<String> {
        Ok(format!(
            "# What one operation of each hot path takes. Written by `cargo xtask counts --update`; `cargo xtask counts` compares.\n\n{}",
            toml::to_string(self)?
        ))
    }
}

/// Whether a tool is there and works here.
fn works(command: &mut Command) -> bool {
    let quiet = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// Counts all rows. Loud about a tool that is missing.
///
/// # Errors
/// An operation failed, or a tool failed on it.
pub fn count(compiler: &str) -> Result<Baseline> {
    if !works(Command::new("strace").args(["-qq", "-o", "/dev/null", "true"])) {
        return Err(
            "strace is missing or may not trace here; install with: sudo apt-get install -y strace".into(),
        );
    }
    let instructions = works(Command::new("valgrind").args(["--tool=none", "-q", "true"]));
    if !instructions {
        println!(
            "SKIPPED: instructions: valgrind is missing; install with: sudo apt-get install -y valgrind"
        );
    }
    let mut rows = BTreeMap::new();
    for id in ROWS {
        let counted = count::count(id, Side::Filemap, instructions)?;
        let counts = Counts {
            instructions: counted.instructions,
            calls: counted.calls.ok_or("strace gave nothing")?,
        };
        rows.insert(id.to_owned(), counts);
    }
    Ok(Baseline {
        environment: Environment {
            compiler: compiler.to_owned(),
            libc: libc_version(),
            processor: Machine::here().cpu,
        },
        rows,
    })
}

fn libc_version() -> String {
    let output = Command::new("getconf").arg("GNU_LIBC_VERSION").output();
    let text = output.map_or(String::new(), |output| {
        String::from_utf8_lossy(&output.stdout).into_owned()
    });
    text.trim().to_owned()
}

/// The comparison as text, and whether there is no regression.
#[must_use]
pub fn compare(old: &Baseline, new: &Baseline) -> (String, bool) {
    let mut text = String::new();
    let mut good = true;
    let (was, is) = (&old.environment, &new.environment);
    let same_code = (&was.compiler, &was.libc) == (&is.compiler, &is.libc);
    if !same_code {
        let _ = writeln!(
            text,
            "SKIPPED: instructions: other compiler or C library ({}, {}; the baseline has {}, {})",
            is.compiler, is.libc, was.compiler, was.libc
        );
    }
    for (id, new) in &new.rows {
        let Some(old) = old.rows.get(id) else {
            good = false;
            let _ = writeln!(text, "{id}: not in the baseline");
            continue;
        };
        let (before, now) = (old.calls.len(), new.calls.len());
        let calls = match now.cmp(&before) {
            std::cmp::Ordering::Greater => {
                good = false;
                "MORE"
            }
            std::cmp::Ordering::Less => "fewer: --update",
            std::cmp::Ordering::Equal => "",
        };
        let _ = writeln!(text, "{id}: {before} -> {now} system calls {calls}");
        if old.calls != new.calls {
            let _ = writeln!(
                text,
                "  was {}\n  is  {}",
                old.calls.join(", "),
                new.calls.join(", ")
            );
        }
        let comparable = same_code && (!id.starts_with("copy-") || was.processor == is.processor);
        match (old.instructions, new.instructions) {
            (Some(before), Some(now)) if comparable => {
                let change = now as f64 / before.max(1) as f64 - 1.0;
                let word = match change {
                    _ if change > MORE => {
                        good = false;
                        "MORE"
                    }
                    _ if change < -MORE => "fewer: --update",
                    _ => "",
                };
                let _ = writeln!(
                    text,
                    "{id}: {before} -> {now} instructions ({:+.1} %) {word}",
                    change * 100.0
                );
            }
            (Some(_), Some(_)) if same_code => {
                let _ = writeln!(text, "SKIPPED: {id}: instructions of copies: other processor");
            }
            _ => {}
        }
    }
    let gone = old.rows.keys().filter(|id| !new.rows.contains_key(*id));
    for id in gone {
        good = false;
        let _ = writeln!(text, "{id}: in the baseline, but not counted");
    }
    (text, good)
}

/// Counts, compares with the file at `path` or writes it, and prints. `false` for a regression.
///
/// # Errors
/// A tool or the file.
pub fn run(path: &Path, compiler: &str, update: bool) -> Result<bool> {
    let new = count(compiler)?;
    if update {
        if let Ok(old) = Baseline::read(path) {
            print!("{}", compare(&old, &new).0);
        }
        if new.rows.values().any(|counts| counts.instructions.is_none()) {
            return Err("a baseline needs valgrind".into());
        }
        std::fs::write(path, new.to_text()?)?;
        println!("written: {}", path.display());
        return Ok(true);
    }
    let (text, good) = compare(&Baseline::read(path)?, &new);
    print!("{text}");
    if !good {
        println!("more than the baseline has; if it must be: cargo xtask counts --update");
    }
    Ok(good)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn baseline(instructions: u64, calls: &[&str]) -> Baseline {
        let counts = Counts {
            instructions: Some(instructions),
            calls: calls.iter().map(|&call| call.to_owned()).collect(),
        };
        Baseline {
            environment: Environment {
                compiler: "a".to_owned(),
                libc: "b".to_owned(),
                processor: "c".to_owned(),
            },
            rows: [("copy-in-64kib".to_owned(), counts)].into(),
        }
    }

    #[test]
    fn one_more_system_call_or_six_percent_more_instructions_fail_and_five_do_not() {
        let old = baseline(1000, &["mmap"]);
        assert!(compare(&old, &baseline(1000, &["mmap"])).1);
        assert!(compare(&old, &baseline(1050, &["munmap"])).1);
        assert!(!compare(&old, &baseline(1060, &["mmap"])).1);
        assert!(!compare(&old, &baseline(1000, &["mmap", "munmap"])).1);
        assert!(compare(&old, &baseline(500, &[])).1);
    }

    #[test]
    fn instructions_of_another_compiler_or_of_copies_on_another_processor_are_skipped_loudly_and_calls_are_not()
     {
        let old = baseline(1000, &["mmap"]);
        for change in [0, 1, 2] {
            let other = |calls: &[&str]| {
                let mut new = baseline(2000, calls);
                let environment = &mut new.environment;
                let field = match change {
                    0 => &mut environment.compiler,
                    1 => &mut environment.libc,
                    _ => &mut environment.processor,
                };
                *field = "other".to_owned();
                new
            };
            let (text, good) = compare(&old, &other(&["mmap"]));
            assert!(good && text.contains("SKIPPED"), "{text}");
            assert!(!compare(&old, &other(&["mmap", "mmap"])).1);
        }
    }

    #[test]
    fn rows_that_are_new_or_gone_fail() {
        let old = baseline(1000, &[]);
        let mut new = old.clone();
        new.rows.clear();
        assert!(!compare(&old, &new).1);
        assert!(!compare(&new, &old).1);
    }

    #[test]
    fn the_baseline_in_the_tree_has_every_row_and_survives_its_own_format() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("counts.toml");
        let baseline = Baseline::read(&path).unwrap();
        assert!(ROWS.iter().all(|id| baseline.rows.contains_key(*id)));
        let again: Baseline = toml::from_str(&baseline.to_text().unwrap()).unwrap();
        assert_eq!(again.rows, baseline.rows);
    }
}
