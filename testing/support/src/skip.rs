//! Tests that can't run here.
//!
//! Neither `cargo test` nor nextest knows a test that decides to skip while it runs: both count it as passed, and
//! nextest throws away what it printed. So a skip goes to two places: to the real standard error (not through
//! `eprintln!`, whose output the test harness keeps to itself), for people; and to the file that `cargo xtask test`
//! names, one `write` per line so that parallel tests don't mix, for the count.

use std::fs::OpenOptions;
use std::io::Write;

/// The environment variable that names the file which collects skips; set by `cargo xtask test`.
const FILE: &str = "FILEMAP_SKIPPED_FILE";

/// Ends the test here and says why, as `SKIPPED: <test>: <reason>`; takes what `format!` takes.
///
/// For tests that return nothing. Say what is missing and how to get it, not only that something is.
///
/// ```
/// fn compares_with_the_tool(tool: &str) {
///     if std::process::Command::new(tool).output().is_err() {
///         filemap_testing::skip!("needs {tool}: apt-get install {tool}");
///     }
///     // … compares
/// }
/// compares_with_the_tool("true");
/// ```
#[macro_export]
macro_rules! skip {
    ($($reason:tt)+) => {{
        fn here() {}
        $crate::skipped(&$crate::name_of(&here), &::std::format!($($reason)+));
        return;
    }};
}

/// The path of the function in which `inner`, a function item, was written: `tests::a_name_goes_with_its_last_handle`.
///
/// The name of the thread would do if the harness always gave tests one; with a single test it doesn't.
/// Macros of this crate use it; the first part of the path, the crate, is left out as test harnesses do.
#[must_use]
pub fn name_of<T>(inner: &T) -> String {
    let full = std::any::type_name_of_val(inner);
    let outer = full.rsplit_once("::").map_or(full, |(outer, _here)| outer);
    let outer = outer.trim_end_matches("::{{closure}}");
    outer
        .split_once("::")
        .map_or(outer, |(_crate, path)| path)
        .to_owned()
}

/// Records that `test` was skipped for `reason`; use [`skip!`], which also ends the test.
///
/// # Panics
/// If the file that collects skips can't be written: a skip that is not counted would look like a pass.
pub fn skipped(test: &str, reason: &str) {
    let line = line(test, reason);
    // Standard error may be closed; the file is what counts.
    let _ = std::io::stderr().write_all(line.as_bytes());
    if let Some(path) = std::env::var_os(FILE) {
        OpenOptions::new()
            .append(true)
            .create(true)
            .open(&path)
            .and_then(|mut file| file.write_all(line.as_bytes()))
            .unwrap_or_else(|e| panic!("can't count a skipped test in {}: {e}", path.display()));
    }
}

fn line(test: &str, reason: &str) -> String {
    let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("SKIPPED: {test}: {reason}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skip_is_one_line_that_names_the_test_and_the_reason() {
        fn here() {}
        let name = name_of(&here);
        assert_eq!(
            name,
            "skip::tests::a_skip_is_one_line_that_names_the_test_and_the_reason"
        );
        assert_eq!(
            line("t", "needs root:\n  run as root"),
            "SKIPPED: t: needs root: run as root\n"
        );
    }

    #[test]
    fn a_skip_inside_a_closure_still_names_the_test() {
        let inside = || {
            fn here() {}
            name_of(&here)
        };
        assert_eq!(
            inside(),
            "skip::tests::a_skip_inside_a_closure_still_names_the_test"
        );
    }
}
