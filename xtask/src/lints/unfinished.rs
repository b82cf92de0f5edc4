//! Nothing unfinished is committed: what is not done yet is an issue, not a mark in the code.

use super::tokens::Kind;
use super::{Finding, Source};
use regex_lite::Regex;

pub(super) fn check(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for pair in source.tokens.windows(2) {
        if let Kind::Word(word) = &pair[0].kind
            && ["todo", "unimplemented"].contains(&word.as_str())
            && pair[1].kind == Kind::Mark('!')
        {
            findings.push(source.error(pair[0].line, format!("`{word}!` is not finished")));
        }
    }
    let mark = Regex::new(concat!(r"\b(?:FIX", r"ME|XX", r"X)\b")).expect("a pattern");
    for (number, line) in source.lines() {
        if let Some(found) = mark.find(line) {
            findings.push(source.error(number, format!("{} is not finished", found.as_str())));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::tests::{lines, source};
    use super::*;

    #[test]
    fn unfinished_code_is_found_in_code_and_marks_everywhere() {
        let mark = ["FIX", "ME"].concat();
        let text = format!("fn a() {{ todo!() }}\nfn b() {{ unimplemented!(\"x\") }}\n// {mark}: later\n");
        assert_eq!(lines(&check(&source("a.rs", &text))), [1, 2, 3]);
        assert_eq!(lines(&check(&source("a.py", &format!("x = 1  # {mark}\n")))), [1]);
    }

    #[test]
    fn talking_about_it_is_fine() {
        assert_eq!(check(&source("a.rs", "//! No `todo!` here.\nfn todo() {}\n")), []);
        assert_eq!(check(&source("a.md", "PREFIX and MEXX\n")), []);
    }
}
