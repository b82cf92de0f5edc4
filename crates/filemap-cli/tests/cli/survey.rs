//! `filemap survey`.

use crate::space::Space;
use serde_json::Value;

// V-70, V-71
#[test]
fn a_survey_shows_what_is_free_in_all_processes_and_suggests_an_address() {
    let space = Space::new();
    let me = std::process::id().to_string();
    let done = space.run(&["survey", &me, "1", "--size", "1GiB", "--json"]);
    // Not root: process 1 is somebody else's.
    let done = match done.status {
        Some(0) => done,
        _ => space.run(&["survey", &me, "--size", "1GiB", "--json"]),
    };
    assert_eq!(done.status, Some(0), "{done:?}");
    let answer: Value = serde_json::from_str(&done.stdout).unwrap();
    let number =
        |value: &Value| u64::from_str_radix(value.as_str().unwrap().trim_start_matches("0x"), 16).unwrap();
    let suggested = number(&answer["suggested"][0]);
    let free = answer["free"].as_array().unwrap();
    assert!(suggested.is_multiple_of(65_536));
    assert!(
        free.iter()
            .any(|range| number(&range["start"]) <= suggested
                && suggested + (1 << 30) <= number(&range["end"])),
        "{answer}"
    );
    let text = space.run(&["survey", &me]);
    assert_eq!(text.status, Some(0), "{text:?}");
    assert!(text.stdout.starts_with("free in this process"), "{text:?}");
    assert!(text.stdout.contains("suggested for 65536 bytes: 0x"), "{text:?}");
    // More than any address space has.
    let none = space.run(&["survey", &me, "--size", "200TiB"]);
    assert_eq!(none.status, Some(1), "{none:?}");
    assert!(none.stdout.contains("no range of"), "{none:?}");
    let gone = space.run(&["survey", "4194305"]);
    assert_eq!(gone.status, Some(1), "{gone:?}");
    let told = "there is no process 4194305 (ERROR_INVALID_PARAMETER, 87); see ps";
    assert!(gone.stderr.contains(told), "{gone:?}");
}
