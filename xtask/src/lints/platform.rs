//! Only the crates that call an operating system ask which one it is.

use super::tokens::{Kind, inside};
use super::{Finding, Source};

/// Where it may be asked: in the crates that call the system, in the conformance runner, which calls Windows' own functions
/// on Windows, and in the one file of each crate that chooses between files with the same contents for each system.
const ALLOWED: [&str; 8] = [
    "crates/filemap-sys/",
    "crates/filemap-capi/",
    "conformance/",
    "crates/filemap/src/lib.rs",
    "crates/filemap-lab/src/lib.rs",
    "crates/filemap-cli/src/main.rs",
    "crates/filemap-cli/src/cmd/mod.rs",
    "xtask/src/main.rs",
];
/// What is asked with.
const QUESTIONS: [&str; 6] = [
    "target_os",
    "target_family",
    "target_env",
    "target_vendor",
    "unix",
    "windows",
];

pub(super) fn check(source: &Source) -> Vec<Finding> {
    if ALLOWED.iter().any(|allowed| source.path.starts_with(allowed)) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (index, token) in source.tokens.iter().enumerate() {
        if !token.is_word("cfg") && !token.is_word("cfg_attr") {
            continue;
        }
        // `cfg(…)` in an attribute, `cfg!(…)` in code
        let bang = matches!(source.tokens.get(index + 1), Some(next) if next.kind == Kind::Mark('!'));
        let open = index + 1 + usize::from(bang);
        if matches!(source.tokens.get(open), Some(next) if next.kind == Kind::Open('(')) {
            let asked = inside(&source.tokens, open);
            if let Some(question) = QUESTIONS
                .iter()
                .find(|q| asked.iter().any(|token| token.is_word(q)))
            {
                let what = format!(
                    "`{question}` is asked only in filemap-sys and filemap-capi; give those a function"
                );
                findings.push(source.error(token.line, what));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::tests::{lines, source};
    use super::*;

    const TEXT: &str = "#[cfg(target_os = \"linux\")]\nfn a() {\n    if cfg!(any(unix, test)) {}\n}\n#[cfg(test)]\nmod t {}\n\
                        #[cfg_attr(windows, path = \"x.rs\")]\nmod x;\n";

    #[test]
    fn the_platform_is_asked_only_in_the_crates_that_call_it() {
        assert_eq!(
            lines(&check(&source("crates/filemap/src/view.rs", TEXT))),
            [1, 3, 7]
        );
        assert_eq!(check(&source("crates/filemap-sys/src/lib.rs", TEXT)), []);
        assert_eq!(check(&source("crates/filemap-capi/src/lib.rs", TEXT)), []);
        assert_eq!(check(&source("crates/filemap/src/lib.rs", TEXT)), []);
    }

    #[test]
    fn other_conditions_and_mere_names_are_fine() {
        let text = "#[cfg(all(test, feature = \"unix\"))]\nfn windows(x: &[u8]) { x.windows(2); }\n";
        assert_eq!(check(&source("crates/filemap/src/view.rs", text)), []);
    }
}
