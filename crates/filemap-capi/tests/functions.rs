//! Every function that programs are promised is exported, described in its header, and called by a program of the tests.
//! The promise is `functions.txt`; what a program calls is what its object file asks the linker for.

mod support;

use filemap_c::exports::EXPORTS;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;
use support::{Mode, include, library, root, run, run_all};

/// A line of the list.
struct Promised {
    /// With A or W where there are both.
    names: Vec<String>,
    /// In headers only.
    inline: bool,
}

fn promised() -> Vec<Promised> {
    let text = std::fs::read_to_string(root().join("tests/functions.txt")).unwrap();
    let lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let (name, mark) = line.split_once(' ').unwrap_or((line, ""));
            let names = match mark {
                "AW" => vec![format!("{name}A"), format!("{name}W")],
                "" | "inline" => vec![name.to_owned()],
                other => panic!("{line}: {other}?"),
            };
            Promised {
                names,
                inline: mark == "inline",
            }
        })
        .collect()
}

/// Symbols that `nm` tells of a file.
fn symbols(arguments: &[&str], file: &std::path::Path) -> BTreeSet<String> {
    let output = run(Command::new("nm").args(arguments).arg(file));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .filter_map(|line| line.split_whitespace().last())
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_promised_function_is_exported() {
    let exported = symbols(&["-D", "--defined-only"], &library());
    let promised = promised();
    let missing: Vec<_> = promised
        .iter()
        .filter(|promise| !promise.inline)
        .flat_map(|promise| &promise.names)
        .filter(|name| !exported.contains(*name))
        .collect();
    assert!(missing.is_empty(), "promised and not exported: {missing:?}");
    assert!(promised.len() > 200, "{}", promised.len());
}

/// The line that declares each name, and whether a comment stands before it or before the group of declarations it is in.
fn described() -> BTreeMap<String, bool> {
    let mut found = BTreeMap::new();
    for header in std::fs::read_dir(include()).unwrap() {
        let text = std::fs::read_to_string(header.unwrap().path()).unwrap();
        let mut described = false;
        for line in text.lines() {
            let is_declaration = [
                "WINBASEAPI ",
                "WINUSERAPI ",
                "NTSYSCALLAPI ",
                "NTSYSAPI ",
                "FILEMAP_INLINE ",
            ]
            .iter()
            .any(|start| line.starts_with(start));
            if let Some(rest) = line.strip_prefix("#define ") {
                // A second name of what was described: the one that TCHAR chooses, the one without an underscore.
                let mut words = rest.split_whitespace();
                if let (Some(name), Some(of)) = (words.next(), words.next()) {
                    let known = found.get(of).copied().unwrap_or(false) || described;
                    found.entry(name.to_owned()).or_insert(known);
                }
            } else if is_declaration {
                let head = line.split('(').next().unwrap_or_default();
                if let Some(name) = head.split_whitespace().last() {
                    found.insert(name.trim_start_matches('*').to_owned(), described);
                }
            } else if line.starts_with("FILEMAP_BEGIN") || line.starts_with("FILEMAP_END") {
                // The group goes on.
            } else {
                described = line.trim_end().ends_with("*/");
            }
        }
    }
    found
}

#[test]
fn every_promised_and_every_exported_function_is_described_in_its_header() {
    let described = described();
    let promised = promised().into_iter().flat_map(|promise| promise.names);
    let names: BTreeSet<String> = promised
        .chain(EXPORTS.iter().map(|export| export.name.to_owned()))
        .collect();
    let missing: Vec<_> = names
        .iter()
        .filter(|name| described.get(*name) != Some(&true))
        .collect();
    assert!(
        missing.is_empty(),
        "without a comment before the declaration: {missing:?}"
    );
    // And the check can fail.
    assert!(!described.contains_key("CreateFileMappingX"));
}

/// Programs of the tests, each of which a test starts: its name stands there.
fn programs() -> Vec<PathBuf> {
    let tests: String = ["acceptance.rs", "programs.rs", "leaks.rs"]
        .iter()
        .map(|file| std::fs::read_to_string(root().join("tests").join(file)).unwrap())
        .collect();
    let files = std::fs::read_dir(root().join("tests/programs")).unwrap();
    let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    for file in &files {
        let (name, stem) = (file.file_name().unwrap(), file.file_stem().unwrap());
        let named = [name, stem].iter().any(|word| {
            let word = word.to_str().unwrap();
            tests.contains(&format!("\"{word}\"")) || tests.contains(&format!("programs/{word}\""))
        });
        assert!(named, "no test starts {}", file.display());
    }
    files
}

#[test]
fn every_promised_and_every_exported_function_is_called_by_a_program_of_the_tests() {
    let dir = tempfile::tempdir().unwrap();
    let mut commands = Vec::new();
    let mut objects = Vec::new();
    let mut text = String::new();
    for file in programs() {
        text += &std::fs::read_to_string(&file).unwrap();
        let (compiler, standard) = match file.extension().and_then(|e| e.to_str()) {
            Some("c") => ("gcc", "gnu17"),
            Some("cpp") => ("g++", "c++17"),
            _ => continue,
        };
        for unicode in [false, true] {
            let mode = Mode {
                compiler,
                standard,
                unicode,
                short_wchar: true, // some have L"..." as it stands
            };
            let object = dir.path().join(format!("{}.o", objects.len()));
            let mut command = mode.command();
            command.arg("-c").arg(&file).arg("-o").arg(&object);
            commands.push(command);
            objects.push(object);
        }
    }
    run_all(commands);
    let called: BTreeSet<String> = objects
        .iter()
        .flat_map(|object| symbols(&["-u"], object))
        .collect();
    // Found by name at run time, or in the headers and so in the object file itself.
    let by_name = |name: &str| text.contains(&format!("\"{name}\""));
    let inline = |name: &str| text.contains(&format!("{name}("));
    let mut missing = BTreeSet::new();
    for Promised {
        names,
        inline: is_inline,
    } in promised()
    {
        for name in names {
            if !(called.contains(&name) || by_name(&name) || is_inline && inline(&name)) {
                missing.insert(name);
            }
        }
    }
    for export in EXPORTS {
        // The second argument of WinMain's replacement: the test of window programs has its source in programs.rs.
        let elsewhere = export.name.starts_with("filemap_winmain");
        if !(elsewhere || called.contains(export.name) || by_name(export.name)) {
            missing.insert(export.name.to_owned());
        }
    }
    assert!(missing.is_empty(), "no program calls {missing:?}");
}
