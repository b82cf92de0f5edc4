//! The soak in short: O-40, O-42, O-52, Y-12, Y-33. `cargo xtask soak --kills 100000` is the long form.

use filemap_crash_tests::soak::{self, Options};
use filemap_testing::{Watchdog, patience};

#[test]
fn hundreds_of_killed_workers_of_all_kinds_break_no_promise() {
    let _dog = Watchdog::arm("soak", patience() * 2);
    let outcome = soak::run(&Options {
        program: env!("CARGO_BIN_EXE_filemap-soak").into(),
        kills: 300,
        seed: u64::from(std::process::id()),
        round: 100,
    })
    .unwrap_or_else(|e| panic!("{e}"));
    println!("{outcome:?}");
    assert_eq!(outcome.kills, 300);
    assert!(outcome.checks > 300 * 15, "{outcome:?}");
    // Deaths came where they hurt.
    assert!(outcome.in_wait_all > 0 && outcome.names > 0, "{outcome:?}");
}
