//! What the bytes of an object mean: numbers, text, or the fields of a layout that a person wrote down.

use serde::Deserialize;
use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::Path;

/// The most fields and elements that a layout may have: a screen of a thousand lines is no screen.
pub(crate) const MOST: usize = 100_000;

/// Whose sizes the types of a C header have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Abi {
    /// System V's on 64-bit machines: `long` has 8 bytes, `wchar_t` 4
    Linux,
    /// 64-bit Windows': `long` has 4 bytes, `wchar_t` 2
    Windows,
}

/// A type of value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Type {
    U8,
    U16,
    U32,
    U64,
    I8,
    I16,
    I32,
    I64,
    F32,
    F64,
    /// A byte; anything but 0 is true
    Bool,
    /// UTF-8 up to the first NUL
    Text,
    /// UTF-16 up to the first NUL, as Windows programs write it
    Utf16,
    /// Bytes in hexadecimal
    Bytes,
}

/// A value in an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) ty: Type,
    /// First byte.
    pub(crate) offset: u64,
    /// How many, one behind the other.
    pub(crate) count: usize,
    /// Bytes of one of them.
    pub(crate) len: usize,
    pub(crate) big_endian: bool,
}

/// The fields of an object, by their offsets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) fields: Vec<Field>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    endian: Endian,
    #[serde(rename = "field")]
    fields: Vec<WrittenField>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Endian {
    #[default]
    Little,
    Big,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenField {
    name: String,
    #[serde(rename = "type")]
    ty: Type,
    /// Without it, behind the field before, aligned to the type.
    offset: Option<u64>,
    count: Option<usize>,
    /// Of text and bytes.
    len: Option<usize>,
    endian: Option<Endian>,
}

impl Type {
    /// Bytes of one value; `None` for text and bytes, whose length the layout says.
    pub(crate) const fn size(self) -> Option<usize> {
        match self {
            Type::U8 | Type::I8 | Type::Bool => Some(1),
            Type::U16 | Type::I16 => Some(2),
            Type::U32 | Type::I32 | Type::F32 => Some(4),
            Type::U64 | Type::I64 | Type::F64 => Some(8),
            Type::Text | Type::Utf16 | Type::Bytes => None,
        }
    }

    const fn alignment(self) -> u64 {
        match self {
            Type::Utf16 => 2,
            Type::Text | Type::Bytes => 1,
            other => match other.size() {
                Some(size) => size as u64,
                None => 1,
            },
        }
    }
}

/// What is wrong with a layout, and in which line: the line itself may be of any length.
fn in_one_line(text: &str, e: &toml::de::Error) -> String {
    let before = e.span().and_then(|span| text.get(..span.start));
    match before {
        Some(before) => format!(
            "line {}: {}",
            before.matches('\n').count() + 1,
            e.message().trim()
        ),
        None => e.message().trim().to_owned(),
    }
}

impl Layout {
    /// Reads a layout in TOML:
    ///
    /// ```toml
    /// endian = "little"          # or "big"; may be said of single fields, too
    /// [[field]]
    /// name = "speed"
    /// type = "f32"               # u8 … u64, i8 … i64, f32, f64, bool, text, utf16, bytes
    /// offset = 16                # else behind the field before, aligned to the type
    /// count = 4                  # an array
    /// len = 32                   # bytes, of text, utf16 and bytes
    /// ```
    pub(crate) fn parse(text: &str) -> Result<Layout, String> {
        let written: Written = toml::from_str(text).map_err(|e| in_one_line(text, &e))?;
        let mut next = 0u64;
        let mut names = HashSet::new();
        let mut fields = Vec::new();
        let mut elements = 0usize;
        for field in written.fields {
            let wrong = |what: &str| format!("field {:?}: {what}", field.name);
            if !names.insert(field.name.clone()) {
                return Err(wrong("there are two of that name"));
            }
            let len = match (field.ty.size(), field.len) {
                (Some(size), None) => size,
                (Some(_), Some(_)) => return Err(wrong("len is for text, utf16 and bytes")),
                (None, Some(0) | None) => return Err(wrong("say its len in bytes")),
                (None, Some(len)) => len,
            };
            let count = field.count.unwrap_or(1);
            elements = elements.saturating_add(count);
            if count == 0 || elements > MOST {
                return Err(wrong("that many values can't be shown"));
            }
            let offset = field
                .offset
                .unwrap_or_else(|| next.next_multiple_of(field.ty.alignment()));
            next = (len as u64)
                .checked_mul(count as u64)
                .and_then(|bytes| offset.checked_add(bytes))
                .ok_or_else(|| wrong("it ends behind all that can be"))?;
            fields.push(Field {
                big_endian: matches!(field.endian.unwrap_or(written.endian), Endian::Big),
                name: field.name,
                ty: field.ty,
                offset,
                count,
                len,
            });
        }
        Ok(Layout { fields })
    }

    /// [`Layout::parse`] of a file.
    pub(crate) fn read(path: &Path) -> Result<Layout, String> {
        let text = std::fs::read_to_string(path).map_err(|e| e.to_string())?;
        Layout::parse(&text)
    }

    /// Values of one type from `offset` to `end`, side by side, called by their offsets.
    pub(crate) fn of(ty: Type, offset: u64, end: u64) -> Layout {
        let size = ty.size().unwrap_or(32) as u64;
        let count = (end.saturating_sub(offset) / size).min(MOST as u64);
        let fields = (0..count).map(|i| Field {
            name: format!("{:#06x}", offset + i * size),
            ty,
            offset: offset + i * size,
            count: 1,
            len: size as usize,
            big_endian: false,
        });
        Layout {
            fields: fields.collect(),
        }
    }

    /// The first byte behind all fields.
    pub(crate) fn end(&self) -> u64 {
        let end = |field: &Field| {
            field
                .offset
                .saturating_add((field.len as u64).saturating_mul(field.count as u64))
        };
        self.fields.iter().map(end).max().unwrap_or(0)
    }

    /// The first byte of any field.
    pub(crate) fn start(&self) -> u64 {
        self.fields.iter().map(|field| field.offset).min().unwrap_or(0)
    }
}

impl Field {
    /// Names of its values: its own, or with a number for each of an array.
    pub(crate) fn names(&self) -> impl Iterator<Item = String> {
        (0..self.count).map(|i| match self.count {
            1 => self.name.clone(),
            _ => format!("{}[{i}]", self.name),
        })
    }

    /// The bytes of value number `i` in a copy of the object's bytes that begins at byte `start` of it.
    pub(crate) fn bytes<'a>(&self, i: usize, bytes: &'a [u8], start: u64) -> &'a [u8] {
        let from = usize::try_from(self.offset.saturating_sub(start)).unwrap_or(usize::MAX);
        let from = from.saturating_add(i * self.len);
        bytes.get(from..from.saturating_add(self.len)).unwrap_or_default()
    }

    /// A value as text; empty if it lies outside.
    pub(crate) fn value(&self, bytes: &[u8]) -> String {
        let mut number = [0; 8];
        let len = bytes.len().min(8);
        let as_bits = self.ty.size().is_some_and(|size| size == bytes.len());
        if as_bits {
            number[..len].copy_from_slice(&bytes[..len]);
            if self.big_endian {
                number[..len].reverse();
            }
        }
        let bits = u64::from_le_bytes(number);
        match self.ty {
            _ if bytes.is_empty() => String::new(),
            Type::U8 | Type::U16 | Type::U32 | Type::U64 => bits.to_string(),
            Type::I8 => (bits as i8).to_string(),
            Type::I16 => (bits as i16).to_string(),
            Type::I32 => (bits as i32).to_string(),
            Type::I64 => (bits as i64).to_string(),
            Type::F32 => f32::from_bits(bits as u32).to_string(),
            Type::F64 => f64::from_bits(bits).to_string(),
            Type::Bool => (bits != 0).to_string(),
            Type::Text => {
                let text = bytes.split(|b| *b == 0).next().unwrap_or_default();
                String::from_utf8_lossy(text).into_owned()
            }
            Type::Utf16 => {
                let units = bytes.as_chunks::<2>().0.iter().map(|unit| match self.big_endian {
                    true => u16::from_be_bytes(*unit),
                    false => u16::from_le_bytes(*unit),
                });
                char::decode_utf16(units.take_while(|unit| *unit != 0))
                    .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
                    .collect()
            }
            Type::Bytes => bytes.iter().fold(String::new(), |mut text, byte| {
                let _ = write!(text, "{byte:02x}"); // writing to a string never fails
                text
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layout_puts_fields_where_it_says_or_behind_each_other() {
        let layout = Layout::parse(
            r#"
            [[field]]
            name = "id"
            type = "u8"
            [[field]]
            name = "speed"
            type = "f32"
            count = 2
            [[field]]
            name = "text"
            type = "utf16"
            offset = 32
            len = 8
            [[field]]
            name = "big"
            type = "u16"
            endian = "big"
        "#,
        )
        .unwrap();
        let offsets: Vec<u64> = layout.fields.iter().map(|field| field.offset).collect();
        assert_eq!(offsets, [0, 4, 32, 40]);
        assert_eq!((layout.start(), layout.end()), (0, 42));
        let mut bytes = vec![0; 42];
        bytes[4..8].copy_from_slice(&1.5f32.to_le_bytes());
        bytes[32..36].copy_from_slice(&[0x41, 0, 0x42, 0]);
        bytes[40..42].copy_from_slice(&[1, 2]);
        let value = |n: usize, i: usize| layout.fields[n].value(layout.fields[n].bytes(i, &bytes, 0));
        assert_eq!((value(1, 0), value(1, 1)), ("1.5".into(), "0".into()));
        assert_eq!((value(2, 0), value(3, 0)), ("AB".into(), "258".into()));
        assert_eq!(
            layout.fields[1].names().collect::<Vec<_>>(),
            ["speed[0]", "speed[1]"]
        );
    }

    #[test]
    fn layouts_that_make_no_sense_are_refused_with_the_field() {
        let field = |more: &str| format!("[[field]]\nname = \"a\"\n{more}");
        for (text, want) in [
            (field("type = \"u9\""), "u9"),
            (field("type = \"text\""), "len"),
            (field("type = \"u8\"\nlen = 4"), "len is for text"),
            (field("type = \"u8\"\ncount = 0"), "can't be shown"),
            (field("type = \"u8\"\ncount = 1000000000"), "can't be shown"),
            (field("type = \"u64\"\noffset = 18446744073709551615"), ""),
            (
                field("type = \"u64\"\noffset = 9223372036854775807\ncount = 2")
                    + "\n[[field]]\nname = \"a\"\ntype = \"u8\"",
                "two",
            ),
            (field("type = \"u8\"\nextra = 1"), "extra"),
            ("nonsense".into(), ""),
        ] {
            let error = Layout::parse(&text).expect_err(&text);
            assert!(error.contains(want), "{text}: {error}");
        }
    }

    #[test]
    fn values_outside_of_the_bytes_are_empty_and_never_panic() {
        let layout = Layout::of(Type::U64, 16, 64);
        assert_eq!(layout.fields.len(), 6);
        for field in &layout.fields {
            assert_eq!(field.value(field.bytes(0, &[1; 8], 0)), "");
        }
        let field = Field {
            offset: u64::MAX,
            ..layout.fields[0].clone()
        };
        assert_eq!(field.value(field.bytes(3, &[1; 8], 0)), "");
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_have_a_value_in_every_type(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..40)) {
            use Type::{Bool, Bytes, F32, F64, I8, I16, I32, I64, Text, U8, U16, U32, U64, Utf16};
            for ty in [U8, U16, U32, U64, I8, I16, I32, I64, F32, F64, Bool, Text, Utf16, Bytes] {
                for field in Layout::of(ty, 0, 40).fields {
                    let _ = field.value(field.bytes(0, &bytes, 0));
                    let _ = field.value(&bytes);
                }
            }
        }
    }
}
