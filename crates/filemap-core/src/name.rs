//! Object names: where a name leads, and how it is written as a file name.

use crate::error::Why;
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

/// The longest name in UTF-16 units (O-63).
pub const MAX_UNITS: usize = 32_766;
/// The longest file name in bytes on Linux file systems (NAME_MAX).
const MAX_FILE_NAME: usize = 255;

/// A directory of the name space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Directory {
    /// `\BaseNamedObjects`, which is also session 0's own directory (N-2).
    Global,
    /// `\Sessions\N\BaseNamedObjects`; never 0.
    Session(u32),
}

impl Directory {
    /// The directory of a session (N-2).
    #[must_use]
    pub const fn of_session(session: u32) -> Directory {
        match session {
            0 => Directory::Global,
            n => Directory::Session(n),
        }
    }

    /// The path in the object tree as WinObj shows it, such as `\Sessions\1\BaseNamedObjects`.
    #[must_use]
    pub fn kernel_path(self) -> String {
        match self {
            Directory::Global => String::from(r"\BaseNamedObjects"),
            Directory::Session(n) => alloc::format!(r"\Sessions\{n}\BaseNamedObjects"),
        }
    }
}

/// Whether a platform has the links `Global`, `Local` and `Session` in its directories (N-12).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prefixes {
    /// Windows 2000 and later.
    Understood,
    /// NT 3.51 and 4, 9x, CE: a backslash leads into a directory that does not exist.
    Unknown,
}

/// Where a name leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    /// To an object, which may exist or not.
    Object {
        /// The directory.
        directory: Directory,
        /// The last component.
        leaf: ObjectName<'a>,
    },
    /// To nothing: the name is empty, so a created object has none (O-64).
    Unnamed,
}

/// The last component of a name: any characters except backslash and NUL, compared unit by unit (O-60..O-62).
///
/// Kept as WTF-8, so that UTF-16 with lone surrogates has a place too.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectName<'a>(Cow<'a, [u8]>);

/// Where `name` leads for a caller in `session`.
///
/// A name is a path through directories in which `Global`, `Local` and `Session` are links (N-4), so
/// `Local\Local\x` is x, and `Global` alone is a directory. Other components lead nowhere.
///
/// # Errors
/// `ERROR_BAD_PATHNAME` (161) for a leading backslash, `ERROR_INVALID_NAME` (123) for an empty component, NUL or more than
/// 32,766 units, `ERROR_PATH_NOT_FOUND` (3) for an unknown prefix, `ERROR_INVALID_HANDLE` (6) for a directory.
/// Source: win32 "Kernel Object Namespaces"; O-60..O-65, F-3.
///
/// ```
/// use filemap_core::name::{resolve, Directory, Prefixes, Target};
/// let Target::Object { directory, leaf } = resolve(r"Local\frames", 1, Prefixes::Understood)? else { panic!() };
/// assert_eq!((directory, leaf.to_file_name().as_ref()), (Directory::Session(1), "frames"));
/// # Ok::<(), filemap_core::error::Why>(())
/// ```
pub fn resolve(name: &str, session: u32, prefixes: Prefixes) -> Result<Target<'_>, Why> {
    resolve_wtf8(name.as_bytes(), session, prefixes)
}

/// [`resolve`] for a name in WTF-8, as [`wtf8_from_utf16`] makes it.
///
/// # Errors
/// As [`resolve`].
pub fn resolve_wtf8(name: &[u8], session: u32, prefixes: Prefixes) -> Result<Target<'_>, Why> {
    if name.is_empty() {
        return Ok(Target::Unnamed);
    }
    if name.len() > MAX_UNITS {
        let units = utf16_units(name);
        if units > MAX_UNITS {
            return Err(Why::NameTooLong { units });
        }
    }
    if name[0] == b'\\' {
        return Err(Why::NameBeginsWithBackslash);
    }
    if name.contains(&0) {
        return Err(Why::Argument {
            what: "a name can't contain NUL".into(),
        });
    }
    let mut directory = Directory::of_session(session);
    let mut rest = name;
    // Each round takes one component that is not the last one.
    while let Some(end) = rest.iter().position(|b| *b == b'\\') {
        let (component, after) = (&rest[..end], &rest[end + 1..]);
        rest = after;
        match component {
            b"" => return Err(Why::NameHasEmptyPart),
            _ if prefixes == Prefixes::Unknown => return Err(Why::PathNotFound),
            b"Global" => directory = Directory::Global,
            b"Local" => {} // each directory's own link to itself
            b"Session" => match rest.iter().position(|b| *b == b'\\') {
                None if rest.is_empty() => return Err(Why::NameHasEmptyPart),
                None if session_number(rest).is_some() => return Err(Why::NameIsADirectory),
                None => return Err(Why::PathNotFound),
                Some(0) => return Err(Why::NameHasEmptyPart),
                Some(end) => {
                    let number = session_number(&rest[..end]).ok_or(Why::PathNotFound)?;
                    directory = Directory::of_session(number);
                    rest = &rest[end + 1..];
                }
            },
            _ => return Err(Why::PathNotFound),
        }
    }
    match rest {
        b"" => Err(Why::NameHasEmptyPart),
        b"Global" | b"Local" | b"Session" if prefixes == Prefixes::Understood => Err(Why::NameIsADirectory),
        leaf => Ok(Target::Object {
            directory,
            leaf: ObjectName(Cow::Borrowed(leaf)),
        }),
    }
}

/// A session number as the links below `Session` are spelt: decimal without leading zeros.
fn session_number(text: &[u8]) -> Option<u32> {
    let text = core::str::from_utf8(text).ok()?;
    let number = text.parse().ok()?;
    (text == "0" || !text.starts_with(['0', '+'])).then_some(number)
}

fn utf16_units(wtf8: &[u8]) -> usize {
    // One unit per character, two for the four-byte ones; continuation bytes count nothing.
    wtf8.iter()
        .map(|b| usize::from(b & 0xC0 != 0x80) + usize::from(*b >= 0xF0))
        .sum()
}

/// UTF-16 as WTF-8: lone surrogates become three bytes as any other character of their size.
#[must_use]
pub fn wtf8_from_utf16(units: &[u16]) -> Vec<u8> {
    let mut out = Vec::with_capacity(units.len());
    for unit in char::decode_utf16(units.iter().copied()) {
        match unit {
            Ok(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            Err(lone) => {
                let u = lone.unpaired_surrogate();
                out.extend([
                    0xE0 | (u >> 12) as u8,
                    0x80 | (u >> 6 & 0x3F) as u8,
                    0x80 | (u & 0x3F) as u8,
                ]);
            }
        }
    }
    out
}

impl<'a> ObjectName<'a> {
    /// The object name `text`, which is the last component of a name: without a backslash.
    #[must_use]
    pub fn of(text: &'a str) -> ObjectName<'a> {
        ObjectName(Cow::Borrowed(text.as_bytes()))
    }

    /// The name with these WTF-8 bytes, as a footer keeps it; `None` if it is empty or has a backslash or NUL in it.
    #[must_use]
    pub fn from_wtf8(bytes: &'a [u8]) -> Option<ObjectName<'a>> {
        let good = !bytes.is_empty() && !bytes.contains(&b'\\') && !bytes.contains(&0);
        good.then_some(ObjectName(Cow::Borrowed(bytes)))
    }

    /// The bytes in WTF-8.
    #[must_use]
    pub fn as_wtf8(&self) -> &[u8] {
        &self.0
    }

    /// A name that owns its bytes.
    #[must_use]
    pub fn into_owned(self) -> ObjectName<'static> {
        ObjectName(Cow::Owned(self.0.into_owned()))
    }

    /// The text, with lone surrogates replaced.
    #[must_use]
    pub fn to_text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }

    /// The name as a file name: `%XX` for `/`, `%`, a leading dot, control characters and bytes that are no UTF-8; a name
    /// that would be longer than 255 bytes becomes `%#` and a hash, and stands in full in the object's footer.
    ///
    /// Two names never share a file name, and [`ObjectName::from_file_name`] gives the name back.
    #[must_use]
    pub fn to_file_name(&self) -> Cow<'_, str> {
        if let Ok(text) = core::str::from_utf8(&self.0)
            && text.len() <= MAX_FILE_NAME
            && !text.bytes().enumerate().any(|(i, b)| needs_escape(i, b))
        {
            return Cow::Borrowed(text);
        }
        let mut out = String::with_capacity(self.0.len() + 16);
        let mut rest: &[u8] = &self.0;
        while !rest.is_empty() {
            let (good, bad) = match core::str::from_utf8(rest) {
                Ok(good) => (good, 0),
                Err(e) => {
                    let good = core::str::from_utf8(&rest[..e.valid_up_to()]).unwrap_or_default();
                    (good, e.error_len().unwrap_or(rest.len() - e.valid_up_to()))
                }
            };
            for c in good.chars() {
                match c.is_ascii() && needs_escape(out.len(), c as u8) {
                    true => escape(&mut out, c as u8),
                    false => out.push(c),
                }
            }
            rest[good.len()..good.len() + bad]
                .iter()
                .for_each(|b| escape(&mut out, *b));
            rest = &rest[good.len() + bad..];
        }
        if out.len() > MAX_FILE_NAME {
            out = hashed(&self.0);
        }
        Cow::Owned(out)
    }

    /// The name that a file name stands for; `None` for a hashed one (look into its footer) and for anything that
    /// [`ObjectName::to_file_name`] never writes.
    #[must_use]
    pub fn from_file_name(file_name: &str) -> Option<ObjectName<'static>> {
        let mut out = Vec::with_capacity(file_name.len());
        let mut bytes = file_name.bytes();
        while let Some(b) = bytes.next() {
            if b != b'%' {
                out.push(b);
                continue;
            }
            let (high, low) = (hex(bytes.next()?)?, hex(bytes.next()?)?);
            out.push(high << 4 | low);
        }
        let name = ObjectName(Cow::Owned(out));
        (name.to_file_name() == file_name).then_some(name)
    }
}

fn needs_escape(position: usize, b: u8) -> bool {
    matches!(b, b'/' | b'%' | b'\\' | 0..=0x1F | 0x7F) || (position == 0 && b == b'.')
}

fn escape(out: &mut String, b: u8) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    out.push('%');
    out.push(HEX[usize::from(b >> 4)] as char);
    out.push(HEX[usize::from(b & 15)] as char);
}

fn hex(b: u8) -> Option<u8> {
    match b {
        b'0'..=b'9' => Some(b - b'0'),
        b'A'..=b'F' => Some(b - b'A' + 10),
        _ => None,
    }
}

/// `%#`, which no escape begins with, and SHA-256 of the name in hexadecimal.
fn hashed(name: &[u8]) -> String {
    use sha2::Digest;
    let mut out = String::from("%#");
    for b in sha2::Sha256::digest(name) {
        escape(&mut out, b);
    }
    out.retain(|c| c != '%');
    out.insert(0, '%');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::string::ToString;

    fn location(name: &str, session: u32) -> Result<(Directory, String), u32> {
        match resolve(name, session, Prefixes::Understood) {
            Ok(Target::Object { directory, leaf }) => Ok((directory, leaf.to_text().into_owned())),
            Ok(Target::Unnamed) => Ok((Directory::Global, String::from("(unnamed)"))),
            Err(why) => Err(why.code().0),
        }
    }

    // O-65, F-3
    #[test]
    fn names_lead_where_windows_leads_them() {
        use Directory::{Global as G, Session as S};
        type Row = (&'static str, Result<(Directory, &'static str), u32>);
        let rows: &[Row] = &[
            ("Foo", Ok((S(1), "Foo"))),
            (r"Local\Foo", Ok((S(1), "Foo"))),
            (r"Global\Foo", Ok((G, "Foo"))),
            (r"Session\1\Foo", Ok((S(1), "Foo"))),
            (r"Session\0\Foo", Ok((G, "Foo"))),
            (r"Session\7\Foo", Ok((S(7), "Foo"))),
            (r"Local\Local\Foo", Ok((S(1), "Foo"))),
            (r"Local\Global\Foo", Ok((G, "Foo"))),
            (r"Global\Local\Foo", Ok((G, "Foo"))),
            ("foo", Ok((S(1), "foo"))),
            (" a b ", Ok((S(1), " a b "))),
            ("a/b:*?\u{7}", Ok((S(1), "a/b:*?\u{7}"))),
            (r"global\Foo", Err(3)),
            (r"GLOBAL\Foo", Err(3)),
            (r"local\Foo", Err(3)),
            (r"Bar\Foo", Err(3)),
            (r"BaseNamedObjects\Foo", Err(3)),
            (r"Global\Bar\Foo", Err(3)),
            (r"a\", Err(3)),
            (r"Session\x\Foo", Err(3)),
            (r"Session\01\Foo", Err(3)),
            (r"Session\4294967296\Foo", Err(3)),
            (r"\Foo", Err(161)),
            (r"\", Err(161)),
            (r"\\Foo", Err(161)),
            (r"Global\\Foo", Err(123)),
            (r"Local\\Foo", Err(123)),
            (r"Global\", Err(123)),
            (r"Local\", Err(123)),
            (r"Session\1\", Err(123)),
            ("Global", Err(6)),
            ("Local", Err(6)),
            ("Session", Err(6)),
            (r"Session\1", Err(6)),
            (r"Local\Global", Err(6)),
            ("a\0b", Err(87)),
        ];
        for (name, wanted) in rows {
            let wanted = wanted.map(|(d, leaf)| (d, leaf.to_string()));
            assert_eq!(location(name, 1), wanted, "{name:?}");
        }
    }

    // N-2
    #[test]
    fn session_zero_and_global_are_one_directory() {
        assert_eq!(location("x", 0), location(r"Global\x", 3));
        assert_eq!(location(r"Local\x", 0), location(r"Global\x", 3));
    }

    // N-12
    #[test]
    fn platforms_without_prefixes_refuse_them() {
        for name in [r"Local\x", r"Global\x", r"Session\1\x"] {
            assert_eq!(
                resolve(name, 0, Prefixes::Unknown).unwrap_err(),
                Why::PathNotFound,
                "{name}"
            );
        }
        assert!(matches!(
            resolve("Global", 0, Prefixes::Unknown),
            Ok(Target::Object { .. })
        ));
    }

    // O-63
    #[test]
    fn the_longest_name_has_32766_units() {
        let longest = "ü".repeat(MAX_UNITS);
        assert!(resolve(&longest, 1, Prefixes::Understood).is_ok());
        assert_eq!(location(&(longest + "x"), 1), Err(123));
        assert_eq!(
            location(&"😀".repeat(MAX_UNITS / 2 + 1), 1),
            Err(123),
            "two units each"
        );
        assert!(resolve(&"😀".repeat(MAX_UNITS / 2), 1, Prefixes::Understood).is_ok());
    }

    // O-63
    #[test]
    fn names_with_two_hundred_and_sixty_characters_work() {
        assert!(
            resolve(
                &std::format!(r"Local\{}", "a".repeat(260)),
                1,
                Prefixes::Understood
            )
            .is_ok()
        );
    }

    #[test]
    fn file_names_are_readable_where_they_can_be() {
        let rows = [
            ("frames", "frames"),
            ("a/b", "a%2Fb"),
            ("..", "%2E."),
            (".", "%2E"),
            ("a.b", "a.b"),
            ("100%", "100%25"),
            ("tab\t", "tab%09"),
            ("Ünï", "Ünï"),
        ];
        for (name, file) in rows {
            assert_eq!(ObjectName(name.as_bytes().into()).to_file_name(), file);
        }
    }

    // O-62
    #[test]
    fn lone_surrogates_have_a_file_name_and_come_back() {
        let wtf8 = wtf8_from_utf16(&[0x61, 0xD800, 0x62]);
        let name = ObjectName(wtf8.clone().into());
        let file = name.to_file_name().into_owned();
        assert_eq!(file, "a%ED%A0%80b");
        assert_eq!(ObjectName::from_file_name(&file).unwrap().as_wtf8(), wtf8);
    }

    #[test]
    fn long_names_are_hashed_and_no_short_name_can_collide_with_them() {
        let long = ObjectName(std::vec![b'x'; 300].into());
        let file = long.to_file_name();
        assert!(file.len() <= 255 && file.starts_with("%#"), "{file}");
        assert_eq!(ObjectName::from_file_name(&file), None);
        assert_ne!(
            ObjectName(file.as_bytes().into()).to_file_name(),
            file,
            "a name that looks like one is escaped"
        );
    }

    proptest! {
        #[test]
        fn file_names_lead_back_to_the_name(name in "[^\\\\\0]{1,80}") {
            let name = ObjectName(name.as_bytes().into());
            let file = name.to_file_name();
            prop_assert!(file.len() <= 255 && !file.contains('/') && !file.starts_with('.'));
            match ObjectName::from_file_name(&file) {
                Some(back) => prop_assert_eq!(back.as_wtf8(), name.as_wtf8()),
                None => prop_assert!(file.starts_with("%#")),
            }
        }

        #[test]
        fn two_names_never_share_a_file_name(a in "[a-c%/.#2F]{1,6}", b in "[a-c%/.#2F]{1,6}") {
            let (x, y) = (ObjectName(a.as_bytes().into()), ObjectName(b.as_bytes().into()));
            prop_assert_eq!(x.to_file_name() == y.to_file_name(), a == b);
        }

        #[test]
        fn any_utf16_resolves_or_is_refused_without_a_panic(units in proptest::collection::vec(any::<u16>(), 0..60)) {
            let _ = resolve_wtf8(&wtf8_from_utf16(&units), 1, Prefixes::Understood);
        }
    }
}
