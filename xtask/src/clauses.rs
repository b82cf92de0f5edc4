//! `cargo xtask clauses`: the numbered clauses of the specification, and who cites them.
//!
//! A clause is a capital letter, a hyphen and a number. The committed list `conformance/clauses.txt` has one per line
//! with the file of the specification that holds it.

use crate::{Result, files, process};
use regex_lite::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// The committed list, relative to the root.
const LIST: &str = "conformance/clauses.txt";

/// The number of one clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Clause {
    prefix: char,
    number: u32,
}

impl Clause {
    pub(crate) fn new(prefix: char, number: u32) -> Clause {
        Clause { prefix, number }
    }
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.prefix, self.number)
    }
}

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Write the committed list anew from the specification
    #[arg(long)]
    refresh: bool,
    /// Show only clauses that no test cites
    #[arg(long)]
    untested: bool,
    /// Show only clauses with one of these prefixes, as in `OMV`
    #[arg(value_name = "PREFIXES")]
    prefixes: Option<String>,
}

/// Prints who cites what, or refreshes the list.
pub(crate) fn run(root: &Path, options: &Options) -> Result<bool> {
    let specification = specification(root);
    if options.refresh {
        let none = "the specification is not beside this tree; set FILEMAP_SPEC";
        let specification = specification.as_ref().ok_or(none)?;
        std::fs::create_dir_all(root.join("conformance"))?;
        std::fs::write(root.join(LIST), list(&defined(specification)?))?;
    }
    let known = match specification {
        Some(folder) => defined(&folder)?.into_keys().collect(),
        None => committed(root)?,
    };
    let citations = citations(&files::texts(root)?, &known);
    print!("{}", report(&known, &citations, options));
    Ok(true)
}

/// The folder of the specification: `FILEMAP_SPEC`, or `shared/spec` beside this tree or beside the tree that this
/// one is a git worktree of.
fn specification(root: &Path) -> Option<PathBuf> {
    let worktree_of = process::output(
        root,
        "git",
        &["rev-parse", "--path-format=absolute", "--git-common-dir"],
    );
    let main = worktree_of
        .ok()
        .and_then(|git| Some(Path::new(git.trim()).parent()?.to_owned()));
    let beside = |tree: &Path| Some(tree.parent()?.join("shared").join("spec"));
    let candidates = [
        std::env::var_os("FILEMAP_SPEC").map(PathBuf::from),
        beside(root),
        main.and_then(|m| beside(&m)),
    ];
    candidates.into_iter().flatten().find(|folder| folder.is_dir())
}

/// All clauses that the files of the specification define, with the file's name: bold at the start of a line, as in
/// `- **O-40** …` or `| **P-10** | …`.
fn defined(folder: &Path) -> Result<BTreeMap<Clause, String>> {
    let definition = Regex::new(r"^(?:- |\| )?\*\*([A-Z])-(\d+)\*\*").expect("a pattern");
    let mut clauses = BTreeMap::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if !name.ends_with(".md") {
            continue;
        }
        for found in std::fs::read_to_string(&path)?
            .lines()
            .filter_map(|line| definition.captures(line))
        {
            let clause = Clause::new(found[1].parse()?, found[2].parse()?);
            if let Some(other) = clauses.insert(clause, name.clone()) {
                return Err(format!("{clause} is defined in {other} and again in {name}").into());
            }
        }
    }
    Ok(clauses)
}

/// The text of the committed list.
fn list(clauses: &BTreeMap<Clause, String>) -> String {
    clauses
        .iter()
        .map(|(clause, file)| format!("{clause} {file}\n"))
        .collect()
}

/// The clauses in the committed list.
pub(crate) fn committed(root: &Path) -> Result<BTreeSet<Clause>> {
    let text = std::fs::read_to_string(root.join(LIST)).map_err(|e| format!("{LIST}: {e}"))?;
    parse_list(&text)
}

fn parse_list(text: &str) -> Result<BTreeSet<Clause>> {
    let line = Regex::new(r"^([A-Z])-(\d+) \S+$").expect("a pattern");
    text.lines()
        .map(|text| {
            let found = line
                .captures(text)
                .ok_or_else(|| format!("{LIST}: not a clause and its file: {text}"))?;
            Ok(Clause::new(found[1].parse()?, found[2].parse()?))
        })
        .collect()
}

/// Whether a file may cite clauses: text that people write. Not the list itself.
pub(crate) fn may_cite(path: &str) -> bool {
    let extension = path.rsplit_once('.').map(|(_, extension)| extension);
    let written = [
        "rs", "md", "toml", "c", "h", "cpp", "py", "cs", "vb", "go", "js", "ts", "sh",
    ];
    extension.is_some_and(|extension| written.contains(&extension))
}

/// All clauses that a line cites; a range such as `O-40..O-46` or `O-40..46` cites every clause in it that exists.
/// Letters that no known clause starts with cite nothing.
pub(crate) fn cited(line: &str, known: &BTreeSet<Clause>) -> Vec<Clause> {
    static CITATION: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?:^|[^\w-])([A-Z])-(\d{1,4})(?:\.\.(?:([A-Z])-)?(\d{1,4}))?(?:$|[^\w-])")
            .expect("a pattern")
    });
    // Most lines cite nothing, and the pattern is slow.
    let may_cite = |pair: &[u8]| pair[0] == b'-' && pair[1].is_ascii_digit();
    if !line.as_bytes().windows(2).any(may_cite) {
        return Vec::new();
    }
    let prefixes: BTreeSet<char> = known.iter().map(|clause| clause.prefix).collect();
    let mut clauses = Vec::new();
    let mut start = 0;
    while let Some(found) = CITATION.captures_at(line, start) {
        // The character behind one citation may stand before the next.
        start = found
            .get(4)
            .or(found.get(2))
            .map_or(line.len(), |group| group.end());
        let prefix: char = found[1].parse().expect("one letter");
        let same_prefix = found.get(3).is_none_or(|other| other.as_str() == &found[1]);
        let number = |group: usize| {
            found
                .get(group)
                .map(|digits| digits.as_str().parse::<u32>().expect("digits"))
        };
        let first = Clause::new(prefix, number(2).expect("the pattern has it"));
        if !prefixes.contains(&prefix) {
            continue;
        }
        clauses.push(first);
        if let Some(last) = number(4).filter(|_| same_prefix) {
            let last = Clause::new(prefix, last);
            clauses.extend(
                known
                    .iter()
                    .copied()
                    .filter(|&clause| clause > first && clause < last),
            );
            clauses.push(last);
        }
    }
    clauses
}

/// The clauses that the name of a test ends with, as in `a_name_goes_with_its_last_handle_o40_n74`.
fn named(test: &str, known: &BTreeSet<Clause>) -> Vec<Clause> {
    let clause = |word: &str| {
        let prefix = word.chars().next()?.to_ascii_uppercase();
        let number = word.get(1..)?.parse().ok()?;
        Some(Clause::new(prefix, number)).filter(|clause| known.contains(clause))
    };
    test.rsplit('_').map_while(clause).collect()
}

/// Where a clause is cited.
#[derive(Default)]
struct Cited {
    /// Names of tests, or file and line of tests in other languages and of tables.
    tests: BTreeSet<String>,
    /// Files that mention it elsewhere: code and documentation.
    elsewhere: BTreeSet<String>,
}

fn citations(texts: &[(PathBuf, String)], known: &BTreeSet<Clause>) -> BTreeMap<Clause, Cited> {
    let mut citations: BTreeMap<Clause, Cited> = BTreeMap::new();
    for (path, text) in texts {
        let path = path.to_string_lossy();
        if !may_cite(&path) || path.starts_with("xtask/") {
            continue;
        }
        let places = if path.ends_with(".rs") {
            tests_by_line(text)
        } else {
            Vec::new()
        };
        for test in places.iter().flatten().collect::<BTreeSet<_>>() {
            for clause in named(test, known) {
                let cited = citations.entry(clause).or_default();
                cited.tests.insert(format!("{path}: {test}"));
            }
        }
        let other_test = !path.ends_with(".rs")
            && !path.ends_with(".md")
            && (path.starts_with("conformance/") || path.contains("/tests/") || path.contains("/test"));
        for (index, line) in text.lines().enumerate() {
            for clause in cited(line, known) {
                let cited = citations.entry(clause).or_default();
                match places.get(index).and_then(Option::as_ref) {
                    Some(test) => cited.tests.insert(format!("{path}: {test}")),
                    None if other_test => cited.tests.insert(format!("{path}:{}", index + 1)),
                    None => cited.elsewhere.insert(path.clone().into_owned()),
                };
            }
        }
    }
    citations
}

/// For each line of a formatted Rust file the test that it belongs to: the lines of its body, and those right above
/// its `fn` (comments and attributes). Also the helpers and rows of a file or module that is nothing but tests.
fn tests_by_line(text: &str) -> Vec<Option<String>> {
    let lines: Vec<&str> = text.lines().collect();
    let function =
        Regex::new(r"^( *)(?:pub(?:\([^)]*\))? )?(?:async )?(?:unsafe )?fn (\w+)").expect("a pattern");
    let mut tests = vec![None; lines.len()];
    for (at, line) in lines.iter().enumerate() {
        if !line.contains("fn ") {
            continue; // the pattern is slow
        }
        let Some(found) = function.captures(line) else {
            continue;
        };
        let indent = found[1].len();
        let above = lines[..at].iter().rev().take_while(|line| {
            let line = line.trim_start();
            (line.starts_with("//") && !line.starts_with("//!")) || line.starts_with("#[")
        });
        let first = at - above.count();
        let is_test = lines[first..at].iter().any(|line| {
            let attribute = line.trim_start();
            attribute.starts_with("#[test]") || (attribute.starts_with("#[") && attribute.contains("::test"))
        });
        if !is_test {
            continue;
        }
        let close = format!("{}}}", " ".repeat(indent));
        let ends_here = line.trim_end().ends_with('}');
        let last = if ends_here {
            at
        } else {
            (at..lines.len())
                .find(|&i| lines[i] == close)
                .unwrap_or(lines.len() - 1)
        };
        tests[first..=last].fill(Some(found[2].to_owned()));
    }
    tests
}

fn report(known: &BTreeSet<Clause>, citations: &BTreeMap<Clause, Cited>, options: &Options) -> String {
    use fmt::Write;
    let mut text = String::new();
    let none = Cited::default();
    let prefixes: BTreeSet<char> = known.iter().map(|clause| clause.prefix).collect();
    for prefix in prefixes
        .into_iter()
        .filter(|p| options.prefixes.as_ref().is_none_or(|wanted| wanted.contains(*p)))
    {
        let clauses: Vec<_> = known.iter().filter(|clause| clause.prefix == prefix).collect();
        let of = |clause: &Clause| citations.get(clause).unwrap_or(&none);
        let tested = clauses
            .iter()
            .filter(|clause| !of(clause).tests.is_empty())
            .count();
        let _ = writeln!(
            text,
            "{prefix}: {tested} of {} clauses are cited by a test",
            clauses.len()
        );
        for clause in clauses {
            let Cited { tests, elsewhere } = of(clause);
            if !options.untested {
                for test in tests {
                    let _ = writeln!(text, "  {clause}: {test}");
                }
            }
            if tests.is_empty() {
                let files: Vec<_> = elsewhere.iter().map(String::as_str).collect();
                let where_else = if files.is_empty() {
                    String::new()
                } else {
                    format!("; mentioned in {}", files.join(", "))
                };
                let _ = writeln!(text, "  {clause}: no test{where_else}");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> BTreeSet<Clause> {
        [40, 41, 42, 44, 46]
            .map(|number| Clause::new('O', number))
            .into_iter()
            .chain([Clause::new('M', 1)])
            .collect()
    }

    fn shown(line: &str) -> String {
        cited(line, &known())
            .iter()
            .map(|clause| format!("{clause} "))
            .collect()
    }

    #[test]
    fn citations_are_found_beside_each_other_and_in_ranges() {
        assert_eq!(shown("// O-40 O-41,M-1 (O-42/win95)"), "O-40 O-41 M-1 O-42 ");
        assert_eq!(shown("`O-41..O-46`"), "O-41 O-42 O-44 O-46 ");
        assert_eq!(shown("O-41..46."), "O-41 O-42 O-44 O-46 ");
    }

    #[test]
    fn what_only_looks_like_a_clause_is_none() {
        assert_eq!(
            shown("UTF-8, S-1-5-18, X-1, O-40-x, FO-40, O-x, IO-1, W-O-40"),
            ""
        );
    }

    #[test]
    fn a_comment_belongs_to_the_test_that_it_stands_in_or_above() {
        let text = "// file\nfn helper() {\n    // helper\n}\n\n// above\n#[test]\nfn first() {\n    // inside\n}\n\nmod m {\n    #[test]\n    \
                    #[should_panic]\n    fn second() {\n        if x {\n        }\n        // late\n    }\n    // after\n}\n";
        let tests = tests_by_line(text);
        let at = |word: &str| {
            let line = text.lines().position(|line| line.contains(word)).unwrap();
            tests[line].as_deref()
        };
        assert_eq!(at("// file"), None);
        assert_eq!(at("// helper"), None);
        assert_eq!(at("// above"), Some("first"));
        assert_eq!(at("// inside"), Some("first"));
        assert_eq!(at("// late"), Some("second"));
        assert_eq!(at("// after"), None);
    }

    #[test]
    fn the_report_tells_tested_from_merely_mentioned() {
        let rust = "//! O-41\n#[test]\nfn it_goes() {\n    // O-40\n}\n";
        let texts = [
            (PathBuf::from("crates/a/src/a.rs"), rust.to_owned()),
            ("conformance/tables/a.toml".into(), "# M-1\n".into()),
        ];
        let options = Options {
            refresh: false,
            untested: false,
            prefixes: None,
        };
        let text = report(&known(), &citations(&texts, &known()), &options);
        assert!(
            text.contains("O: 1 of 5 clauses are cited by a test\n  O-40: crates/a/src/a.rs: it_goes\n"),
            "{text}"
        );
        assert!(
            text.contains("  O-41: no test; mentioned in crates/a/src/a.rs\n"),
            "{text}"
        );
        assert!(text.contains("  O-44: no test\n"), "{text}");
        assert!(text.contains("  M-1: conformance/tables/a.toml:1\n"), "{text}");
    }

    #[test]
    fn definitions_are_read_from_lists_and_tables_and_a_double_one_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(
            folder.path().join("a.md"),
            "- **O-1** One.\n| **O-2** x | y |\nsee **O-3**\n",
        )
        .unwrap();
        let clauses = defined(folder.path()).unwrap();
        assert_eq!(list(&clauses), "O-1 a.md\nO-2 a.md\n");
        assert_eq!(
            parse_list(&list(&clauses)).unwrap(),
            clauses.into_keys().collect()
        );
        std::fs::write(folder.path().join("b.md"), "**O-1** Again.\n").unwrap();
        assert!(
            defined(folder.path())
                .unwrap_err()
                .to_string()
                .starts_with("O-1 is defined in ")
        );
    }

    #[test]
    fn the_committed_list_is_that_of_the_specification() {
        let root = files::root();
        let Some(folder) = specification(&root) else {
            filemap_testing::skip!("needs the specification beside this tree, or FILEMAP_SPEC");
        };
        let committed = std::fs::read_to_string(root.join(LIST)).unwrap();
        assert_eq!(
            committed,
            list(&defined(&folder).unwrap()),
            "run cargo xtask clauses --refresh"
        );
    }

    #[test]
    fn the_committed_list_has_clauses_of_every_part() {
        let prefixes: BTreeSet<char> = committed(&files::root())
            .unwrap()
            .iter()
            .map(|c| c.prefix)
            .collect();
        assert_eq!(prefixes.into_iter().collect::<String>(), "AEFIMNOPQVY");
    }

    #[test]
    fn a_test_may_cite_at_the_end_of_its_name() {
        let shown = |test| {
            let clauses = named(test, &known());
            clauses
                .iter()
                .map(|clause| format!("{clause} "))
                .collect::<String>()
        };
        assert_eq!(shown("a_name_goes_o40_m1"), "M-1 O-40 ");
        assert_eq!(shown("an_o40_in_the_middle"), "");
        assert_eq!(shown("nobody_knows_o99"), "");
        assert_eq!(shown("ends_with_"), "");
    }

    /// Name spaces, security, platforms: what no test shows, PLATFORM.md says.
    #[test]
    fn every_clause_of_names_security_and_platforms_is_tested_or_a_stated_limit() {
        let root = files::root();
        let known = committed(&root).unwrap();
        let citations = citations(&files::texts(&root).unwrap(), &known);
        let silent: Vec<String> = known
            .iter()
            .filter(|clause| matches!(clause.prefix, 'N' | 'A' | 'P'))
            .filter(|clause| {
                citations
                    .get(clause)
                    .is_none_or(|cited| cited.tests.is_empty() && !cited.elsewhere.contains("PLATFORM.md"))
            })
            .map(ToString::to_string)
            .collect();
        assert!(
            silent.is_empty(),
            "neither tested nor stated: {}",
            silent.join(", ")
        );
    }
}
