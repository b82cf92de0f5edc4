//! Constant expressions: lengths of arrays, enumerators, conditions of `#if`.

use super::declarations::Header;
use super::syntax::{Source, Wrong};
use super::types::Ctype;
use tree_sitter::Node;

/// More parentheses in each other than this are no expression of a header.
const DEEPEST: usize = 100;

/// Who asks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum For {
    /// `#if`: what is not defined is 0.
    Condition,
    /// The language: what is not known is wrong.
    Declaration,
}

impl Header {
    /// The value of an expression.
    pub(super) fn value(&mut self, source: Source<'_>, node: Node<'_>, of: For) -> Result<i128, Wrong> {
        self.depth += 1;
        let value = match self.depth > DEEPEST {
            true => Err(source.wrong(node, "too much is nested here")),
            false => self.value_here(source, node, of),
        };
        self.depth -= 1;
        value
    }

    fn value_here(&mut self, source: Source<'_>, node: Node<'_>, of: For) -> Result<i128, Wrong> {
        let part = |name: &str| source.part(node, name);
        match node.kind() {
            "number_literal" => {
                let text = source.text(node);
                number(text).ok_or_else(|| source.wrong(node, format!("{text} is no whole number")))
            }
            "char_literal" => {
                let text = source.text(node);
                character(text).ok_or_else(|| source.wrong(node, format!("{text} is not understood")))
            }
            "true" => Ok(1),
            "false" | "null" => Ok(0),
            "identifier" => self.named_value(source, node, of),
            "preproc_defined" => {
                let name = source.first_named(node)?;
                Ok(i128::from(self.is_defined(source.text(name))))
            }
            "parenthesized_expression" => self.value(source, source.first_named(node)?, of),
            "unary_expression" => {
                let value = self.value(source, part("argument")?, of)?;
                match source.text(part("operator")?) {
                    "-" => value.checked_neg(),
                    "+" => Some(value),
                    "~" => Some(!value),
                    "!" => Some(i128::from(value == 0)),
                    _ => None,
                }
                .ok_or_else(|| source.wrong(node, "this has no value"))
            }
            "binary_expression" => {
                let operator = source.text(part("operator")?);
                let left = self.value(source, part("left")?, of)?;
                match (operator, left != 0) {
                    // What stands behind need not even have a value.
                    ("&&", false) => return Ok(0),
                    ("||", true) => return Ok(1),
                    _ => {}
                }
                let right = self.value(source, part("right")?, of)?;
                computed(operator, left, right).ok_or_else(|| source.wrong(node, "this has no value"))
            }
            "conditional_expression" => match self.value(source, part("condition")?, of)? {
                0 => self.value(source, part("alternative")?, of),
                _ => self.value(source, part("consequence")?, of),
            },
            "cast_expression" => {
                let to = self.described(source, part("type")?)?;
                let value = self.value(source, part("value")?, of)?;
                let (bits, signed) = to
                    .integer()
                    .ok_or_else(|| source.wrong(node, "only whole numbers are constants"))?;
                Ok(truncated(value, bits, signed))
            }
            "sizeof_expression" => {
                let ty = match node.child_by_field_name("type") {
                    Some(ty) => self.described(source, ty)?,
                    None => self.type_in_parentheses(source, part("value")?)?,
                };
                self.complete(source, node, &ty)?;
                Ok(i128::from(ty.size))
            }
            "alignof_expression" => {
                let ty = self.described(source, part("type")?)?;
                self.complete(source, node, &ty)?;
                Ok(i128::from(ty.align))
            }
            "call_expression" => Err(source.wrong(
                node,
                format!(
                    "macros with arguments are not understood: {}",
                    source.text(part("function")?)
                ),
            )),
            _ => Err(source.wrong(node, "this is no constant that is understood here")),
        }
    }

    /// The value of an expression that is no part of the tree.
    pub(super) fn written_value(
        &mut self,
        source: Source<'_>,
        node: Node<'_>,
        text: &str,
        of: For,
    ) -> Result<i128, Wrong> {
        let text = format!("enum {{ x = {text}\n}};");
        self.expanded(source, node, &text, |header, inside, tree| {
            let value = inside
                .find(tree, "enumerator")
                .and_then(|found| found.child_by_field_name("value"));
            match value {
                Some(value) => header.value(inside, value, of),
                None => Err(inside.wrong(tree, "it has no value")),
            }
        })
    }

    fn named_value(&mut self, source: Source<'_>, node: Node<'_>, of: For) -> Result<i128, Wrong> {
        let name = source.text(node);
        if let Some(value) = self.enumerators.get(name).filter(|_| of == For::Declaration) {
            return Ok(*value);
        }
        match (self.macros.get(name), of) {
            (Some(Some(text)), _) => {
                let text = text.clone();
                self.written_value(source, node, &text, of)
            }
            (Some(None), _) => Err(source.wrong(node, format!("{name} is a macro with arguments"))),
            (None, For::Condition) => Ok(0),
            (None, For::Declaration) => Err(source.wrong(node, format!("{name} is not known"))),
        }
    }

    /// `(name)`, which `sizeof` takes for a type or an expression.
    fn type_in_parentheses(
        &mut self,
        source: Source<'_>,
        node: Node<'_>,
    ) -> Result<std::rc::Rc<Ctype>, Wrong> {
        let inside = match node.kind() {
            "parenthesized_expression" => source.first_named(node)?,
            _ => node,
        };
        match inside.kind() {
            "identifier" => self.type_named(source, inside),
            _ => Err(source.wrong(node, "sizeof is understood of types only")),
        }
    }
}

fn computed(operator: &str, left: i128, right: i128) -> Option<i128> {
    let shift = u32::try_from(right).ok().filter(|bits| *bits < 64);
    match operator {
        "+" => left.checked_add(right),
        "-" => left.checked_sub(right),
        "*" => left.checked_mul(right),
        "/" => left.checked_div(right),
        "%" => left.checked_rem(right),
        "<<" => left.checked_mul(1 << shift?),
        ">>" => Some(left >> shift?),
        "&" => Some(left & right),
        "|" => Some(left | right),
        "^" => Some(left ^ right),
        "&&" => Some(i128::from(left != 0 && right != 0)),
        "||" => Some(i128::from(left != 0 || right != 0)),
        "==" => Some(i128::from(left == right)),
        "!=" => Some(i128::from(left != right)),
        "<" => Some(i128::from(left < right)),
        "<=" => Some(i128::from(left <= right)),
        ">" => Some(i128::from(left > right)),
        ">=" => Some(i128::from(left >= right)),
        _ => None,
    }
}

/// What stays of a value in so many bits.
fn truncated(value: i128, bits: u32, signed: bool) -> i128 {
    let over = 128 - bits.clamp(1, 128);
    match signed {
        true => (value << over) >> over,
        false => ((value as u128) << over >> over) as i128,
    }
}

/// `0x10ul`, `1'000`, `017`, `0b11`; tree-sitter takes the sign for a part of it.
fn number(text: &str) -> Option<i128> {
    if let Some(rest) = text.strip_prefix('-') {
        return number(rest.trim_start()).map(|value| -value);
    }
    let text = text.strip_prefix('+').unwrap_or(text).trim_start();
    let text = text.replace('\'', "").to_ascii_lowercase();
    let (digits, radix) = match text.strip_prefix('0') {
        Some(rest) => match (rest.strip_prefix('x'), rest.strip_prefix('b')) {
            (Some(hex), _) => (hex, 16),
            (_, Some(binary)) => (binary, 2),
            (None, None) => (text.as_str(), 8),
        },
        None => (text.as_str(), 10),
    };
    // Visual C++ writes i64 and ui64.
    let digits = digits.strip_suffix("i64").unwrap_or(digits);
    let digits = digits.trim_end_matches(['u', 'l', 'z']);
    // u64 is what C has; anything larger is no constant there.
    u64::from_str_radix(digits, radix).ok().map(i128::from)
}

/// `'a'`, `'\n'`, `'\x41'`, `'\0'`.
fn character(text: &str) -> Option<i128> {
    let inside = text.strip_prefix('\'')?.strip_suffix('\'')?;
    let byte = match inside.strip_prefix('\\') {
        None => {
            let mut bytes = inside.bytes();
            bytes
                .next()
                .filter(|byte| byte.is_ascii() && bytes.next().is_none())?
        }
        Some(hex) if hex.starts_with('x') => u8::from_str_radix(&hex[1..], 16).ok()?,
        Some("n") => b'\n',
        Some("t") => b'\t',
        Some("r") => b'\r',
        Some("a") => 7,
        Some("b") => 8,
        Some("f") => 12,
        Some("v") => 11,
        Some(same @ ("\\" | "'" | "\"" | "?")) => same.as_bytes()[0],
        Some(octal) => u8::from_str_radix(octal, 8).ok()?,
    };
    Some(i128::from(byte as i8)) // `char` has a sign
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_characters_have_the_values_that_c_gives_them() {
        for (text, want) in [
            ("0", Some(0)),
            ("017", Some(15)),
            ("0x10UL", Some(16)),
            ("0b101", Some(5)),
            ("-3", Some(-3)),
            ("+3", Some(3)),
            ("1'000'000", Some(1_000_000)),
            ("18446744073709551615ull", Some(u64::MAX.into())),
            ("18446744073709551616", None),
            ("10i64", Some(10)),
            ("1.5", None),
            ("08", None),
        ] {
            assert_eq!(number(text), want, "{text}");
        }
        for (text, want) in [
            ("'a'", Some(97)),
            (r"'\0'", Some(0)),
            (r"'\xff'", Some(-1)),
            (r"'\\'", Some(92)),
            ("'ab'", None),
            ("''", None),
            ("'ä'", None),
        ] {
            assert_eq!(character(text), want, "{text}");
        }
        assert_eq!(truncated(-1, 8, false), 255);
        assert_eq!(truncated(255, 8, true), -1);
        assert_eq!(computed("/", 1, 0), None);
        assert_eq!(computed("<<", 1, 64), None);
        assert_eq!(computed("<<", -1, 4), Some(-16));
    }
}
