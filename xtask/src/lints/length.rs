//! A long file asks for a split.

use super::{Finding, Source};

/// Above this many lines a file is listed; above about 600 the style guide asks for a split already.
const LIMIT: usize = 900;

pub(super) fn check(source: &Source) -> Vec<Finding> {
    let count = source.text.lines().count();
    let warn = source.path.ends_with(".rs") && count > LIMIT;
    warn.then(|| {
        source.warning(
            count,
            format!("{count} lines; above {LIMIT} a file holds more than one concept"),
        )
    })
    .into_iter()
    .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::source;
    use super::*;

    #[test]
    fn a_long_file_is_a_warning_and_a_long_table_is_none() {
        let long = "fn a() {}\n".repeat(LIMIT + 1);
        let [finding] = check(&source("a.rs", &long)).try_into().unwrap();
        assert!(finding.warning);
        assert_eq!(check(&source("a.rs", &"fn a() {}\n".repeat(LIMIT))), []);
        assert_eq!(check(&source("table.toml", &long)), []);
    }
}
