//! The text of a header, as tree-sitter reads it.

use std::fmt;
use tree_sitter::{Node, Parser, Tree};

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    /// A header that the asked one includes.
    file: Option<String>,
    /// From 1.
    line: usize,
    /// In bytes, from 1.
    column: usize,
    what: String,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{file}, ")?;
        }
        write!(f, "line {}, column {}: {}", self.line, self.column, self.what)
    }
}

/// A text and its name, if it is not the one that was asked for.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) text: &'a str,
    pub(super) file: Option<&'a str>,
}

/// Reads C; there is a tree for every text, with errors in it where the text is none.
pub(super) fn parsed(text: &str) -> Option<Tree> {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_c::LANGUAGE.into()).ok()?;
    parser.parse(text, None)
}

impl<'a> Source<'a> {
    pub(super) fn text(self, node: Node<'_>) -> &'a str {
        self.text.get(node.byte_range()).unwrap_or_default()
    }

    pub(super) fn wrong(self, node: Node<'_>, what: impl Into<String>) -> Wrong {
        let at = node.start_position();
        self.wrong_at(at.row, at.column, what)
    }

    /// Both from 0.
    pub(super) fn wrong_at(self, row: usize, column: usize, what: impl Into<String>) -> Wrong {
        Wrong {
            file: self.file.map(str::to_owned),
            line: row + 1,
            column: column + 1,
            what: what.into(),
        }
    }

    /// The part of a node that the grammar calls so.
    pub(super) fn part<'t>(self, node: Node<'t>, name: &str) -> Result<Node<'t>, Wrong> {
        node.child_by_field_name(name)
            .ok_or_else(|| self.wrong(node, format!("its {name} is missing")))
    }

    pub(super) fn first_named<'t>(self, node: Node<'t>) -> Result<Node<'t>, Wrong> {
        children(node)
            .into_iter()
            .find(|child| child.is_named() && child.kind() != "comment")
            .ok_or_else(|| self.wrong(node, "something is missing here"))
    }

    /// The first node of a kind, from above.
    pub(super) fn find<'t>(self, tree: Node<'t>, kind: &str) -> Option<Node<'t>> {
        let mut found = None;
        walk(tree, |node| {
            if found.is_none() && node.kind() == kind {
                found = Some(node);
            }
            found.is_none()
        });
        found
    }

    /// The first place in a node that is not C.
    pub(super) fn first_error(self, tree: Node<'_>) -> Option<Wrong> {
        if !tree.has_error() {
            return None;
        }
        let mut found = None;
        walk(tree, |node| {
            if found.is_none() && (node.is_error() || node.is_missing()) {
                found = Some(node);
            }
            found.is_none() && node.has_error()
        });
        let node = found?;
        let what = match node.is_missing() {
            true => format!("`{}` is missing here", node.kind()),
            false => "this is not C as it is read here".to_owned(),
        };
        Some(self.wrong(node, what))
    }
}

/// Its parts with what the grammar calls them.
pub(super) fn children(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.children(&mut cursor).collect()
}

/// Its parts that the grammar gives no name to: what stands in the braces, behind the condition.
pub(super) fn unnamed_parts(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    let mut parts = Vec::new();
    if cursor.goto_first_child() {
        loop {
            if cursor.field_name().is_none() {
                parts.push(cursor.node());
            }
            if !cursor.goto_next_sibling() {
                return parts;
            }
        }
    }
    parts
}

/// Every node from above, in the order of the text; `each` says whether to go into it. However deep it is, it takes no stack.
pub(super) fn walk<'t>(tree: Node<'t>, mut each: impl FnMut(Node<'t>) -> bool) {
    let mut cursor = tree.walk();
    loop {
        if each(cursor.node()) && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return;
            }
        }
    }
}

/// The text without what tree-sitter does not read: what only C++ does (`#ifdef __cplusplus` and its like, whose braces end in
/// another one), line numbers of preprocessors, and GCC's other words for C's own. Lines and columns stay where they are.
pub(super) fn readable(text: &str) -> String {
    /// A condition that has begun.
    #[derive(Clone, Copy, PartialEq)]
    enum Part {
        Other,
        ForCplusplus,
        NotForCplusplus,
    }
    let mut open: Vec<Part> = Vec::new();
    let mut out = String::with_capacity(text.len() + 1);
    for line in text.split_inclusive('\n') {
        let directive = line.trim_start().strip_prefix('#').map(str::trim_start);
        let skipped = |open: &[Part]| open.contains(&Part::ForCplusplus);
        let keep = match directive {
            Some(rest) if rest.starts_with("if") => {
                let words: String = rest.split_whitespace().collect::<Vec<_>>().join(" ");
                let words = words.split("/*").next().unwrap_or_default();
                let words = words.split("//").next().unwrap_or_default().trim();
                let keep = !skipped(&open);
                open.push(match words {
                    "ifdef __cplusplus" | "if defined(__cplusplus)" | "if defined __cplusplus" => {
                        Part::ForCplusplus
                    }
                    "ifndef __cplusplus" | "if !defined(__cplusplus)" | "if !defined __cplusplus" => {
                        Part::NotForCplusplus
                    }
                    _ => Part::Other,
                });
                keep
            }
            Some(rest) if rest.starts_with("else") => {
                if let Some(last) = open.last_mut() {
                    *last = match last {
                        Part::ForCplusplus => Part::NotForCplusplus,
                        Part::NotForCplusplus => Part::ForCplusplus,
                        Part::Other => Part::Other,
                    };
                }
                let outer = &open[..open.len().saturating_sub(1)];
                !skipped(outer)
            }
            Some(rest) if rest.starts_with("endif") => {
                open.pop();
                !skipped(&open)
            }
            // `# 12 "file.h"`, which may stand within a declaration.
            Some(rest) if rest.starts_with(|c: char| c.is_ascii_digit()) => false,
            _ => !skipped(&open),
        };
        match keep {
            true => push_with_words_of_c(&mut out, line),
            false => out.extend(line.chars().map(|c| if c == '\n' { '\n' } else { ' ' })),
        }
    }
    if !out.ends_with('\n') {
        out.push('\n'); // a directive ends with its line
    }
    out
}

/// `__signed__` is `signed`. Source: GCC's manual, "Alternate Keywords".
fn push_with_words_of_c(out: &mut String, line: &str) {
    const WORDS: [(&str, &str); 6] = [
        ("__signed__", "signed"),
        ("__signed", "signed"),
        ("__const__", "const"),
        ("__const", "const"),
        ("__volatile__", "volatile"),
        ("__volatile", "volatile"),
    ];
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut rest = line;
    while let Some(at) = rest.find("__") {
        let starts = !rest[..at].ends_with(is_part);
        let end = rest[at..]
            .find(|c| !is_part(c))
            .map_or(rest.len(), |len| at + len);
        let word = &rest[at..end];
        out.push_str(&rest[..at]);
        match WORDS.iter().find(|(other, _)| starts && *other == word) {
            Some((other, own)) => out.push_str(&format!("{own:len$}", len = other.len())),
            None => out.push_str(word),
        }
        rest = &rest[end..];
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_preprocessors_and_gcc_write_is_read_and_nothing_moves() {
        let text = "int a[\n# 3 \"x.h\" 3 4\n 4];\ntypedef __signed__ char b; __const int *c; int x__const__, __constant;\n";
        let read = readable(text);
        assert_eq!(read.len(), text.len());
        assert!(read.contains("typedef signed     char b; const   int *c; int x__const__, __constant;"));
        assert!(
            parsed(&read).is_some_and(|tree| !tree.root_node().has_error()),
            "{read}"
        );
    }

    #[test]
    fn what_only_cplusplus_reads_is_blank_and_nothing_moves() {
        let text = "#ifdef __cplusplus\nextern \"C\" {\n#endif\nint a;\n#if  !defined(__cplusplus) /* C */\nint b;\n#else\n\
                    #if 1\nint c;\n#endif\n#endif\n#ifdef  __cplusplus\n}\n#endif";
        let read = readable(text);
        assert_eq!(read.len(), text.len() + 1);
        assert!(read.contains("int a;") && read.contains("int b;"));
        assert!(!read.contains("extern") && !read.contains("int c;") && !read.contains('}'));
        assert_eq!(read.matches("#endif").count(), 3, "{read}");
        assert!(parsed(&read).is_some_and(|tree| !tree.root_node().has_error()));
    }
}
