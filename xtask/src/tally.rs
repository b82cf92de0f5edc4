//! Counting tests from what the test runners print.

use regex_lite::Regex;
use std::fmt;
use std::ops::AddAssign;

/// How many tests did what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

/// The closing line.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} passed, {} failed, {} skipped",
            self.passed, self.failed, self.skipped
        )
    }
}

impl Tally {
    /// From the lines of `cargo nextest run`. Its "skipped" are ignored tests, here only roles, and don't count.
    pub(crate) fn of_nextest(lines: &[String]) -> Tally {
        let summary =
            Regex::new(r"^\s*Summary \[[^]]*\]\s+\S+ tests? run: (\d+) passed(.*)$").expect("a pattern");
        let failure = Regex::new(r"(\d+) (?:(?:exec )?failed|timed out)").expect("a pattern");
        let mut tally = Tally::default();
        for found in lines.iter().filter_map(|line| summary.captures(line)) {
            tally.passed += number(&found[1]);
            tally.failed += failure
                .captures_iter(&found[2])
                .map(|found| number(&found[1]))
                .sum::<u64>();
        }
        tally
    }

    /// From the lines of `cargo test`: one result line for each binary that came to its end, plus one failure for
    /// each that a signal ended. Ignored tests count as skipped if `ignored_count` (doc tests), else they are roles.
    pub(crate) fn of_cargo_test(lines: &[String], ignored_count: bool) -> Tally {
        let result =
            Regex::new(r"^test result: \S+ (\d+) passed; (\d+) failed; (\d+) ignored;").expect("a pattern");
        let signal = Regex::new(r"process didn't exit successfully: .*\(signal: \d+").expect("a pattern");
        let mut tally = Tally::default();
        for line in lines {
            if let Some(found) = result.captures(line) {
                tally.passed += number(&found[1]);
                tally.failed += number(&found[2]);
                tally.skipped += if ignored_count { number(&found[3]) } else { 0 };
            } else if signal.is_match(line) {
                tally.failed += 1;
            }
        }
        tally
    }

    /// The same after `count` tests, which their runner takes for passed, turned out to have skipped themselves.
    pub(crate) fn with_skips(self, count: u64) -> Tally {
        Tally {
            passed: self.passed.saturating_sub(count),
            skipped: self.skipped + count,
            ..self
        }
    }

    /// The same with at least one failure if the runner did not succeed, whatever it printed.
    pub(crate) fn with_outcome(self, succeeded: bool) -> Tally {
        match succeeded {
            true => self,
            false => Tally {
                failed: self.failed.max(1),
                ..self
            },
        }
    }
}

fn number(digits: &str) -> u64 {
    digits.parse().expect("the pattern matches digits only")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn the_closing_line_has_the_plain_form() {
        let tally = Tally {
            passed: 12,
            failed: 1,
            skipped: 3,
        };
        assert_eq!(tally.to_string(), "12 passed, 1 failed, 3 skipped");
    }

    #[test]
    fn every_way_in_which_nextest_words_its_summary_is_understood() {
        let rows = [
            (
                "     Summary [   1.065s] 18 tests run: 18 passed, 5 skipped",
                (18, 0),
            ),
            (
                "     Summary [   1.186s] 18 tests run: 17 passed, 1 failed, 5 skipped",
                (17, 1),
            ),
            ("     Summary [   0.010s] 1 test run: 1 passed, 0 skipped", (1, 0)),
            (
                "     Summary [   9.100s] 20 tests run: 15 passed (2 slow, 1 leaky), 2 failed, 1 exec failed, 2 timed out, 0 skipped",
                (15, 5),
            ),
            (
                "     Summary [   9.100s] 3/20 tests run: 2 passed, 1 failed, 5 skipped",
                (2, 1),
            ),
            (
                "    Starting 18 tests across 2 binaries (5 tests skipped)",
                (0, 0),
            ),
        ];
        for (line, (passed, failed)) in rows {
            assert_eq!(
                Tally::of_nextest(&lines(line)),
                Tally {
                    passed,
                    failed,
                    skipped: 0
                },
                "{line}"
            );
        }
    }

    #[test]
    fn cargo_test_is_counted_over_all_binaries_and_a_crashed_one_is_a_failure() {
        let text = "test result: ok. 10 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.12s\n\
                    test result: FAILED. 7 passed; 1 failed; 5 ignored; 0 measured; 0 filtered out; finished in 0.79s\n  \
                    process didn't exit successfully: `target/debug/deps/x-1` (signal: 6, SIGABRT: process abort signal)\n";
        assert_eq!(
            Tally::of_cargo_test(&lines(text), false),
            Tally {
                passed: 17,
                failed: 2,
                skipped: 0
            }
        );
        assert_eq!(
            Tally::of_cargo_test(&lines(text), true),
            Tally {
                passed: 17,
                failed: 2,
                skipped: 5
            }
        );
    }

    #[test]
    fn a_skip_moves_a_test_from_passed_to_skipped_and_a_failed_runner_is_never_a_success() {
        let tally = Tally {
            passed: 3,
            failed: 0,
            skipped: 0,
        };
        assert_eq!(
            tally.with_skips(2),
            Tally {
                passed: 1,
                failed: 0,
                skipped: 2
            }
        );
        assert_eq!(tally.with_outcome(false).failed, 1);
        assert_eq!(tally.with_outcome(true), tally);
        assert_eq!(Tally { failed: 4, ..tally }.with_outcome(false).failed, 4);
    }
}
