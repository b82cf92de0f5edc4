//! Every row of every table, on every system of this host.

use filemap_conformance::run::{Verdict, run};
use filemap_conformance::table::{directory, load, parse};
use filemap_conformance::{Interface, System};
use std::path::Path;

fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_filemap-conformance"))
}

/// All rows hold; how many were carried out.
fn all_rows_hold(interface: Interface) {
    let system = System::here(interface);
    let tables = load(&directory()).unwrap();
    let outcomes = run(program(), system, &tables, |_, _| true);
    let failed: Vec<_> = outcomes
        .iter()
        .filter_map(|outcome| match &outcome.verdict {
            Verdict::Failed(faults) => Some(format!(
                "{}: {}\n    {}",
                outcome.table,
                outcome.row,
                faults.join("\n    ")
            )),
            _ => None,
        })
        .collect();
    assert!(
        failed.is_empty(),
        "{} rows on {system}:\n{}",
        failed.len(),
        failed.join("\n")
    );
    let passed = outcomes
        .iter()
        .filter(|outcome| outcome.verdict == Verdict::Passed)
        .count();
    println!("{system}: {passed} of {} rows", outcomes.len());
    // Rows that a system can't write must not become the rule.
    assert!(
        passed * 4 >= outcomes.len() * 3,
        "{system}: only {passed} of {} rows",
        outcomes.len()
    );
}

#[test]
fn every_row_holds_for_the_rust_interface() {
    all_rows_hold(Interface::Rust);
}

#[test]
fn every_row_holds_for_the_functions_that_take_bytes() {
    all_rows_hold(Interface::CAnsi);
}

#[test]
fn every_row_holds_for_the_functions_that_take_16_bit_text() {
    all_rows_hold(Interface::CUnicode);
}

/// A table of one row with these steps.
fn verdict(more: &str, steps: &str) -> Verdict {
    let text =
        format!("about = \"x\"\n[[row]]\nname = \"a\"\nclauses = [\"M-40\"]\n{more}\nsteps = [{steps}]\n");
    let table = parse(&text).unwrap();
    let tables = [filemap_conformance::table::Named {
        name: "x".to_owned(),
        table,
    }];
    let system = System::here(Interface::CUnicode);
    run(program(), system, &tables, |_, _| true).remove(0).verdict
}

const CREATE: &str = "call = [\"CreateEvent\", \"NULL\", 0, 0, \"{n}e\"]";

#[test]
fn a_row_that_is_wrong_fails_for_the_result_the_error_and_what_is_written() {
    let failed = |steps: &str| matches!(verdict("", steps), Verdict::Failed(_));
    assert_eq!(
        verdict("", &format!("{{ {CREATE}, gives = \"ok\", error = 0 }}")),
        Verdict::Passed
    );
    assert!(failed(&format!("{{ {CREATE}, gives = \"failed\", error = 6 }}")));
    assert!(failed(&format!("{{ {CREATE}, error = 183 }}")));
    assert!(failed(&format!("{{ {CREATE}, error = \"unchanged\" }}")));
    let release = "{ call = [\"CreateSemaphore\", \"NULL\", 1, 5, \"NULL\"], let = \"s\" }, \
                   { call = [\"ReleaseSemaphore\", \"s\", 1, \"out\"], out = { previous = NUMBER } }";
    assert_eq!(verdict("", &release.replace("NUMBER", "1")), Verdict::Passed);
    assert!(failed(&release.replace("NUMBER", "2")));
}

#[test]
fn what_a_row_says_about_systems_can_not_rot() {
    let good = format!("{{ {CREATE}, error = 0 }}");
    let bad = format!("{{ {CREATE}, error = 5 }}");
    assert!(matches!(
        verdict("differs = { c = \"why\" }", &bad),
        Verdict::KnownDifference(_)
    ));
    assert!(matches!(
        verdict("differs = { c = \"why\" }", &good),
        Verdict::Failed(_)
    ));
    assert!(matches!(
        verdict("unsupported = { c = \"why\" }", &good),
        Verdict::Failed(_)
    ));
    assert!(matches!(
        verdict("differs = { rust = \"why\" }", &bad),
        Verdict::Failed(_)
    ));
}

#[test]
fn a_process_that_dies_fails_its_row_and_no_other() {
    let steps = format!("{{ {CREATE} }}, {{ kill = \"A\" }}, {{ {CREATE}, error = 0 }}");
    assert_eq!(
        verdict("", &steps),
        Verdict::Passed,
        "a new process of the same name"
    );
    let steps = "{ call = [\"poke\", 0, \"at NULL\"], error = 0 }";
    assert!(matches!(verdict("", steps), Verdict::Failed(_)));
}

#[test]
fn tables_with_mistakes_are_refused_with_the_place() {
    let with = |step: &str| {
        let text = format!("about = \"x\"\n[[row]]\nname = \"a\"\nclauses = [\"M-1\"]\nsteps = [{step}]\n");
        parse(&text).unwrap_err()
    };
    assert!(with("{ kill = \"B\" }").contains("nothing is called"));
    assert!(with("{ call = [\"SetEvent\"], gives = \"ok\" }").contains("takes 1 arguments, not 0"));
    assert!(
        with("{ call = [\"SetEvent\", \"e\"], gives = \"ok\" }")
            .contains("e is not a result of an earlier step")
    );
    assert!(with("{ call = [\"SetEvent\", 4], gives = \"failed\" }").contains("a failure has a last error"));
    assert!(with("{ call = [\"SetEvent\", 4], gives = 0, error = \"ERROR_NONE\" }").contains("ERROR_NONE"));
    assert!(with("{ call = [\"SetEvent\", 4], out = { x = 1 } }").contains("SetEvent writes no x"));
    assert!(with("{ call = [\"SetEvent\", 4] }, { kill = \"B\", error = 0 }").contains("gives nothing"));
    assert!(with("{ call = [\"CreateMutant\"] }").contains("no function is called CreateMutant"));
}

#[cfg(unix)]
#[test]
fn the_constants_of_the_tables_are_those_of_the_headers() {
    use filemap_c::constants::CONSTANTS;
    let mut compared = 0;
    for (name, value) in filemap_conformance::constants::CONSTANTS {
        if let Some((_, header)) = CONSTANTS.iter().find(|(known, _)| known == name) {
            assert_eq!(header, value, "{name}");
            compared += 1;
        }
    }
    assert!(compared > 50, "{compared}");
}
