//! `filemap lab` as users run it: P-10..P-66, N-60..N-67.

use serde_json::Value;
use std::process::{Command, Output};

const FILEMAP: &str = env!("CARGO_BIN_EXE_filemap");

fn lab(args: &[&str]) -> Output {
    let mut command = Command::new(FILEMAP);
    command.arg("lab").args(args);
    run(&mut command)
}

fn run(command: &mut Command) -> Output {
    command
        .env_remove("FILEMAP_ROOT")
        .env_remove("FILEMAP_SESSION")
        .env_remove("FILEMAP_PLATFORM")
        .output()
        .expect("the command")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

// P-10..P-66, in the form for programs.
#[test]
fn every_row_of_every_platform_is_told_with_what_was_expected_and_measured() {
    let out = lab(&["--json"]);
    assert!(out.status.success(), "{}", text(&out.stderr));
    let rows: Value = serde_json::from_slice(&out.stdout).unwrap();
    let rows = rows.as_array().unwrap();
    for platform in filemap::Platform::ALL {
        let mut of_platform = rows.iter().filter(|row| row["platform"] == platform.name());
        assert!(
            of_platform.all(|row| row["ok"] == true && row["expected"] == row["measured"]),
            "{platform}"
        );
    }
    assert!(rows.iter().all(|row| row["behaviour"].is_string()));
    assert_eq!(rows.len() % filemap::Platform::ALL.len(), 0);
}

// P-13: a process that may not have so many addresses is no Windows 7, and the lab says so.
#[test]
fn a_machine_on_which_a_rule_does_not_hold_is_told_loudly() {
    let script = r#"ulimit -v 2000000; exec "$0" lab --only P-13 --platform nt,xp"#;
    let out = run(Command::new("sh").args(["-c", script, FILEMAP]));
    let (said, errors) = (text(&out.stdout), text(&out.stderr));
    assert_eq!(out.status.code(), Some(1), "{said}");
    assert!(
        said.lines()
            .any(|line| line.starts_with(" NOT  nt") && line.contains("works") && line.contains("error 8")),
        "{said}"
    );
    assert!(
        said.contains("NOT as expected: P-13 on nt, a view of 3 GB of a file with holes"),
        "{said}"
    );
    assert!(said.contains("3 of 4 rows are as expected"), "{said}");
    assert!(errors.contains("not everything is as expected"), "{errors}");
}

#[test]
fn the_table_fits_a_terminal_of_80_columns_and_names_what_is_not_measured() {
    let out = lab(&["--only", "P-14,p-43", "--platform", "ce,Windows XP SP1,ce-6"]);
    let said = text(&out.stdout);
    assert!(out.status.success(), "{said}");
    assert!(said.lines().all(|line| line.chars().count() <= 80), "{said}");
    assert!(
        said.contains("xp-sp1") && said.contains("not measured: P-66"),
        "{said}"
    );
}

// N-60..N-67
#[test]
fn the_story_has_path_result_and_reason_for_every_windows() {
    let out = lab(&["maartensmap", "--json"]);
    assert!(out.status.success(), "{}", text(&out.stderr));
    let steps: Value = serde_json::from_slice(&out.stdout).unwrap();
    let steps = steps.as_array().unwrap();
    let of = |column: &str, clause: &str| {
        let found = steps
            .iter()
            .find(|step| step["column"] == column && step["clause"] == clause);
        found.unwrap_or_else(|| panic!("{column} {clause}")).clone()
    };
    let first = of("Vista, Server 2008", "N-61");
    assert_eq!(first["path"], r"\Sessions\1\BaseNamedObjects\MaartensMap");
    assert_eq!(first["measured"], "error 2");
    let because = first["because"].as_str().unwrap();
    assert!(
        because.contains(r"the service's object is \BaseNamedObjects\MaartensMap"),
        "{because}"
    );
    assert_eq!(of("NT 4", "N-63")["measured"], "error 3");
    assert_eq!(of("NT 4", "N-63")["path"], "");
    assert_eq!(
        of("XP, first user", "N-62")["path"],
        r"\BaseNamedObjects\MaartensMap"
    );
    let said = text(&lab(&["maartensmap"]).stdout);
    assert!(said.lines().all(|line| line.chars().count() <= 80), "{said}");
    assert!(said.contains("steps are as expected"), "{said}");
}

#[test]
fn what_the_lab_does_not_know_is_87_and_nothing_is_measured() {
    for (args, words) in [
        (
            &["--platform", "os/2"][..],
            "`os/2` is not the name of a platform; there are win32s, win95",
        ),
        (&["--only", "X-99"], "no row for these clauses"),
    ] {
        let out = lab(args);
        assert_eq!(out.status.code(), Some(1));
        assert!(out.stdout.is_empty());
        let errors = text(&out.stderr);
        assert!(
            errors.contains(words) && errors.contains("(ERROR_INVALID_PARAMETER, 87)"),
            "{errors}"
        );
    }
}
