//! A Rust file as a flat row of tokens with line numbers: comments are gone, and what stands in text is not code.

use proc_macro2::{TokenStream, TokenTree};

/// What a token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// An identifier or keyword.
    Word(String),
    /// One character of punctuation.
    Mark(char),
    /// An opening bracket.
    Open(char),
    /// A closing bracket.
    Close,
    /// A number or text.
    Literal,
}

/// A token and the line that it starts on; lines start at 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) line: usize,
}

impl Token {
    pub(super) fn is_word(&self, word: &str) -> bool {
        matches!(&self.kind, Kind::Word(w) if w == word)
    }
}

/// All tokens of a file; or line and reason if it is no Rust.
pub(super) fn of(text: &str) -> Result<Vec<Token>, (usize, String)> {
    let stream: TokenStream = text
        .parse()
        .map_err(|e: proc_macro2::LexError| (e.span().start().line, format!("not Rust: {e}")))?;
    let mut tokens = Vec::new();
    flatten(stream, &mut tokens);
    Ok(tokens)
}

fn flatten(stream: TokenStream, tokens: &mut Vec<Token>) {
    for tree in stream {
        let line = tree.span().start().line;
        let mut push = |kind, line| tokens.push(Token { kind, line });
        match tree {
            TokenTree::Ident(word) => push(Kind::Word(word.to_string()), line),
            TokenTree::Punct(mark) => push(Kind::Mark(mark.as_char()), line),
            TokenTree::Literal(_) => push(Kind::Literal, line),
            TokenTree::Group(group) => {
                let open = match group.delimiter() {
                    proc_macro2::Delimiter::Parenthesis => '(',
                    proc_macro2::Delimiter::Brace => '{',
                    proc_macro2::Delimiter::Bracket => '[',
                    proc_macro2::Delimiter::None => ' ',
                };
                push(Kind::Open(open), line);
                let end = group.span_close().start().line;
                flatten(group.stream(), tokens);
                tokens.push(Token {
                    kind: Kind::Close,
                    line: end,
                });
            }
        }
    }
}

/// The tokens inside the bracket that opens at index `open`, without the bracket itself.
pub(super) fn inside(tokens: &[Token], open: usize) -> &[Token] {
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate().skip(open) {
        match token.kind {
            Kind::Open(_) => depth += 1,
            Kind::Close => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &tokens[(open + 1).min(index)..index];
        }
    }
    &[]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_in_comments_and_text_are_no_code_and_lines_are_right() {
        let tokens = of("// unsafe\nfn a() {\n    b(\"unsafe\"); /* unsafe */\n}\n").unwrap();
        assert!(!tokens.iter().any(|token| token.is_word("unsafe")));
        let b = tokens.iter().find(|token| token.is_word("b")).unwrap();
        assert_eq!(b.line, 3);
        assert_eq!(
            tokens.last().unwrap(),
            &Token {
                kind: Kind::Close,
                line: 4
            }
        );
    }

    #[test]
    fn the_inside_of_a_bracket_ends_at_its_own_other_half() {
        let tokens = of("a(b(c) d) e").unwrap();
        let words: Vec<_> = inside(&tokens, 1)
            .iter()
            .filter(|t| matches!(t.kind, Kind::Word(_)))
            .collect();
        assert_eq!(words.len(), 3);
        assert_eq!(inside(&tokens, 0), &[]);
    }
}
