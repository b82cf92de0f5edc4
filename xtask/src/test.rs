//! `cargo xtask test`.

use crate::tally::Tally;
use crate::{Result, packages, process, windows};
use std::path::Path;
use std::process::Command;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Don't install Debian packages, only say which are missing
    #[arg(long)]
    pub(crate) no_install: bool,
    /// Use `cargo test` even if cargo-nextest is there
    #[arg(long)]
    no_nextest: bool,
}

/// One run of a test runner over a part of the tests.
struct Lane {
    name: &'static str,
    command: Command,
    count: fn(&[String]) -> Tally,
}

/// All lanes, in order. A new kind of test (a crash run, a binding, another target) gets a line here.
fn lanes(root: &Path, options: &Options) -> Vec<Lane> {
    let has_nextest =
        !options.no_nextest && process::succeeds(process::cargo(root).args(["nextest", "--version"]));
    let lane = |name, arguments: &[&str], count| {
        let mut command = process::cargo(root);
        command.args(arguments);
        Lane { name, command, count }
    };
    vec![
        match has_nextest {
            true => lane(
                "tests (nextest)",
                &[
                    "nextest",
                    "run",
                    "--locked",
                    "--workspace",
                    "--no-tests=pass",
                    "--color=never",
                ],
                Tally::of_nextest,
            ),
            false => lane(
                "tests",
                &[
                    "test",
                    "--locked",
                    "--workspace",
                    "--lib",
                    "--bins",
                    "--tests",
                    "--examples",
                    "--no-fail-fast",
                    "--color=never",
                ],
                |lines| Tally::of_cargo_test(lines, false),
            ),
        },
        lane(
            "doc tests",
            &[
                "test",
                "--locked",
                "--workspace",
                "--doc",
                "--no-fail-fast",
                "--color=never",
            ],
            |lines| Tally::of_cargo_test(lines, true),
        ),
    ]
}

/// Runs every lane, also after one failed, and ends with the closing line, in which `before` counts, too.
pub(crate) fn run(root: &Path, options: &Options, before: Tally) -> Result<bool> {
    if !packages::provide(!options.no_install) {
        return Err("something compulsory is missing, see above".into());
    }
    let skipped_file = root.join("target").join("skipped.txt");
    std::fs::create_dir_all(root.join("target"))?;
    std::fs::write(&skipped_file, "")?;

    println!("== programs for Windows, which some tests start under Wine");
    let mut total = Tally::default();
    let mut all_succeeded = windows::build(root, !options.no_install)?;
    for Lane {
        name,
        mut command,
        count,
    } in lanes(root, options)
    {
        println!("== {name}");
        let (lines, succeeded) = process::tee(command.env("FILEMAP_SKIPPED_FILE", &skipped_file))?;
        all_succeeded &= succeeded;
        total += count(&lines).with_outcome(succeeded);
    }

    println!("== tests on Windows, under Wine");
    let on_windows = windows::tests(root, !options.no_install)?;
    windows::end_wine(root);
    all_succeeded &= on_windows.failed == 0;

    let skips = std::fs::read_to_string(&skipped_file)?;
    println!("\n{skips}");
    total = total.with_skips(skips.lines().filter(|line| line.starts_with("SKIPPED: ")).count() as u64);
    total += on_windows; // a skip of the whole lane is one skip
    total += before;
    println!("{total}");
    Ok(verdict(total, all_succeeded))
}

/// A run in which nothing passed has tested nothing, and is no success either.
fn verdict(total: Tally, all_succeeded: bool) -> bool {
    all_succeeded && total.failed == 0 && total.passed > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_run_with_passes_and_without_failures_is_a_success() {
        let tally = |passed, failed| Tally {
            passed,
            failed,
            skipped: 1,
        };
        assert!(verdict(tally(1, 0), true));
        assert!(!verdict(tally(1, 0), false));
        assert!(!verdict(tally(1, 1), true));
        assert!(!verdict(tally(0, 0), true));
    }
}
