//! The example programs run and end well.

use filemap_testing::{skip, watchdog};
use std::path::PathBuf;
use std::process::Command;

/// Cargo builds examples beside the tests; a test that was built alone has none.
fn example(name: &str) -> Option<PathBuf> {
    let tests = std::env::current_exe().ok()?;
    let built = tests.parent()?.parent()?.join("examples").join(name);
    built.exists().then_some(built)
}

fn printed(name: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(example(name)?).args(arguments).output().unwrap();
    assert!(
        output.status.success(),
        "{name}: {:?}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    Some(String::from_utf8(output.stdout).unwrap())
}

// V-70, V-71, V-72, V-75
#[test]
fn both_ways_to_one_address_are_compared_and_the_agreement_always_succeeds() {
    let _watchdog = watchdog!();
    let Some(text) = printed("one_address", &["1"]) else {
        skip!("the example was not built");
    };
    let rows: Vec<&str> = text.lines().filter(|line| line.contains(" % | ")).collect();
    assert_eq!(rows.len(), 6, "{text}");
    assert!(rows[0].starts_with("| 0 % | "), "{text}");
    assert!(rows.iter().all(|row| row.ends_with("| 100.0 % |")), "{text}");
    assert!(text.contains("8 processes"), "{text}");
}

#[test]
fn processes_that_share_a_list_a_queue_and_a_growing_log_get_what_the_others_wrote() {
    let _watchdog = watchdog!();
    let Some(text) = printed("telemetry", &[]) else {
        skip!("the example was not built");
    };
    assert!(text.ends_with("all as expected\n"), "{text}");
}
