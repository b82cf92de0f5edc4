//! A file with `unsafe` says at its head why it has any; an unsafe block or impl has its argument right above.

use super::tokens::Kind;
use super::{Finding, Source};

/// The head of a file: its first lines, where documentation and inner attributes stand.
const HEAD: usize = 60;
/// How far above an unsafe block its comment may end, in lines; between the two stands the start of the statement.
const NEAR: usize = 3;

pub(super) fn check(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    let lines: Vec<&str> = source.text.lines().map(str::trim).collect();
    let mut first = None;
    for (index, token) in source.tokens.iter().enumerate() {
        if !token.is_word("unsafe") {
            continue;
        }
        first.get_or_insert(token.line);
        let argued = match source.tokens.get(index + 1).map(|next| &next.kind) {
            Some(Kind::Open('{')) => true,
            Some(Kind::Word(next)) => next == "impl",
            _ => false,
        };
        if argued && !has_argument(&lines, token.line) {
            let what = format!("an unsafe block needs a `// SAFETY:` comment within {NEAR} lines above it");
            findings.push(source.error(token.line, what));
        }
    }
    if let Some(line) = first
        && !lines
            .iter()
            .take(HEAD)
            .any(|line| line.starts_with("// UNSAFETY: "))
    {
        findings.push(source.error(
            line,
            "a file with `unsafe` says at its head why: `// UNSAFETY: …`",
        ));
    }
    findings
}

/// Whether a comment with `SAFETY:` ends on this line (1-based) or at most [`NEAR`] lines above.
fn has_argument(lines: &[&str], line: usize) -> bool {
    let at = line - 1;
    if lines[at].contains("SAFETY: ") {
        return true;
    }
    let Some(mut end) = (at.saturating_sub(NEAR)..at)
        .rev()
        .find(|&index| lines[index].starts_with("//"))
    else {
        return false;
    };
    // A long argument starts further up, but it is one comment.
    loop {
        if lines[end]
            .trim_start_matches('/')
            .trim_start()
            .starts_with("SAFETY: ")
        {
            return true;
        }
        match end.checked_sub(1).filter(|&above| lines[above].starts_with("//")) {
            Some(above) => end = above,
            None => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{lines, source};
    use super::*;

    const HEAD: &str = "//! Doc.\n// UNSAFETY: calls the system.\n";

    #[test]
    fn an_argued_block_in_a_file_that_says_why_is_fine() {
        let text = format!(
            "{HEAD}fn a() {{\n    // SAFETY: it holds,\n    // for two reasons.\n    let x = f(\n        1,\n        unsafe {{ g() }},\n    );\n}}\n"
        );
        assert_eq!(check(&source("a.rs", &text)), []);
        let one_line = format!("{HEAD}fn a() {{ unsafe {{ g() }} }} // SAFETY: it holds\n");
        assert_eq!(check(&source("a.rs", &one_line)), []);
    }

    #[test]
    fn a_block_without_an_argument_or_with_one_too_far_away_is_found() {
        let bare = format!("{HEAD}fn a() {{\n    unsafe {{ g() }}\n}}\n");
        assert_eq!(lines(&check(&source("a.rs", &bare))), [4]);
        let other = format!("{HEAD}// A comment.\nunsafe impl Send for A {{}}\n");
        assert_eq!(lines(&check(&source("a.rs", &other))), [4]);
        let far = format!("{HEAD}// SAFETY: it holds\nb();\nb();\nb();\nunsafe {{ g() }}\n");
        assert_eq!(lines(&check(&source("a.rs", &far))), [7]);
    }

    #[test]
    fn a_file_that_does_not_say_why_is_found_once() {
        let text = "// SAFETY: it holds\nunsafe impl Send for A {}\n// SAFETY: it holds\nunsafe impl Sync for A {}\n";
        assert_eq!(lines(&check(&source("a.rs", text))), [2]);
        assert_eq!(
            lines(&check(&source("a.rs", "#[unsafe(no_mangle)]\nfn a() {}\n"))),
            [1]
        );
    }

    #[test]
    fn the_word_in_comments_text_and_lint_names_is_not_unsafe_code() {
        let text = "#![forbid(unsafe_code)]\n// unsafe\nconst A: &str = \"unsafe { }\";\n";
        assert_eq!(check(&source("a.rs", text)), []);
    }
}
