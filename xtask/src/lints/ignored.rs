//! Ignored tests are roles of `filemap-testing` and nothing else: a test that can't run says so with `skip!`.

use super::tokens::Kind;
use super::{Finding, Source};

/// The macro that defines roles writes the attribute itself.
const ROLES: &str = "testing/support/src/role.rs";

pub(super) fn check(source: &Source) -> Vec<Finding> {
    if source.path == ROLES {
        return Vec::new();
    }
    let attributes = source.tokens.windows(3).filter(|three| {
        three[0].kind == Kind::Mark('#') && three[1].kind == Kind::Open('[') && three[2].is_word("ignore")
    });
    attributes
        .map(|three| {
            source.error(
                three[0].line,
                "an ignored test is not counted: let it run, or `skip!` when it can't",
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{lines, source};
    use super::*;

    #[test]
    fn an_ignored_test_is_found_with_and_without_its_reason() {
        let text = "#[test]\n#[ignore]\nfn a() {}\n#[test]\n#[ignore = \"slow\"]\nfn b() {}\n#[test]\nfn ignore() {}\n";
        assert_eq!(lines(&check(&source("a.rs", text))), [2, 5]);
        assert_eq!(check(&source(ROLES, text)), []);
    }
}
