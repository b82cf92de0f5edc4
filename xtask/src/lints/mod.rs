//! `cargo xtask lints`: rules of this project that no other tool knows. One file per rule, each with its test.

mod citations;
mod ignored;
mod length;
mod places;
mod platform;
mod tokens;
mod unfinished;
mod unsafety;

use crate::{Result, clauses, files};
use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

/// A text file of the project.
struct Source {
    /// Relative to the root, with `/`.
    path: String,
    text: String,
    /// For Rust files.
    tokens: Vec<tokens::Token>,
}

/// Something that breaks a rule.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    path: String,
    line: usize,
    what: String,
    /// Warnings are shown, and don't fail the run.
    warning: bool,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = if self.warning { "warning" } else { "error" };
        write!(f, "{}:{}: {level}: {}", self.path, self.line, self.what)
    }
}

impl Source {
    fn new(path: &str, text: impl Into<String>) -> std::result::Result<Source, Finding> {
        let text = text.into();
        let tokens = match path.ends_with(".rs") {
            false => Vec::new(),
            true => tokens::of(&text).map_err(|(line, what)| Finding {
                path: path.into(),
                line,
                what,
                warning: false,
            })?,
        };
        Ok(Source {
            path: path.into(),
            text,
            tokens,
        })
    }

    fn error(&self, line: usize, what: impl Into<String>) -> Finding {
        Finding {
            path: self.path.clone(),
            line,
            what: what.into(),
            warning: false,
        }
    }

    fn warning(&self, line: usize, what: impl Into<String>) -> Finding {
        Finding {
            warning: true,
            ..self.error(line, what)
        }
    }

    /// Lines with their numbers, which start at 1.
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .map(|(index, line)| (index + 1, line))
    }
}

/// Everything that the rules find in one file.
fn check(source: &Source, clauses: &BTreeSet<clauses::Clause>) -> Vec<Finding> {
    [
        unsafety::check(source),
        platform::check(source),
        places::check(source),
        unfinished::check(source),
        ignored::check(source),
        length::check(source),
        citations::check(source, clauses),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Checks all files of the project.
pub(crate) fn run(root: &Path) -> Result<bool> {
    let clauses = clauses::committed(root)?;
    let (mut files, mut errors) = (0, 0);
    for (path, text) in files::texts(root)? {
        files += 1;
        let found = match Source::new(&slashes(&path), text) {
            Ok(source) => check(&source, &clauses),
            Err(finding) => vec![finding],
        };
        errors += found.iter().filter(|finding| !finding.warning).count();
        for finding in found {
            println!("{finding}");
        }
    }
    println!("{files} files, {errors} errors");
    Ok(errors == 0)
}

fn slashes(path: &Path) -> String {
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file for the tests of the rules.
    pub(super) fn source(path: &str, text: &str) -> Source {
        Source::new(path, text).unwrap_or_else(|finding| panic!("{finding}"))
    }

    /// Line numbers of what a rule found.
    pub(super) fn lines(findings: &[Finding]) -> Vec<usize> {
        findings.iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn a_file_that_is_no_rust_is_a_finding_and_not_a_panic() {
        let Err(finding) = Source::new("a.rs", "fn a() {\n") else {
            panic!("it was accepted")
        };
        assert_eq!(finding.path, "a.rs");
        assert!(!finding.warning);
    }

    #[test]
    fn a_finding_is_shown_as_compilers_do_so_that_editors_can_jump_to_it() {
        let finding = source("a.txt", "x").warning(7, "too long");
        assert_eq!(finding.to_string(), "a.txt:7: warning: too long");
    }
}
