//! Object names: where a name leads, and how it is written as a file name.

use crate::error::Why;
use crate::kind::Kind;
use crate::profile::{Backslash, EmptyName, NameScope, NameSpaces, Prefixes, Profile};
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

/// The longest name in UTF-16 units (O-63).
pub const MAX_UNITS: usize = 32_766;
/// The longest file name in bytes on Linux file systems (NAME_MAX).
const MAX_FILE_NAME: usize = 255;

/// The file name of the empty name, which is a real one on some platforms (P-37). No escape begins so.
const EMPTY: &str = "%_";
/// How the file names of hashed names begin. No escape begins so either.
const HASH: &str = "%#";

/// A directory of the name space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Directory {
    /// `\BaseNamedObjects`, which is also session 0's own directory (N-2).
    Global,
    /// `\Sessions\N\BaseNamedObjects`; never 0.
    Session(u32),
    /// The names of one kind, on platforms with a name space for each (P-31).
    OfKind(Kind),
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

    /// The directory that the plain names of a kind lead to, for a caller in `session` (P-31, P-33).
    #[must_use]
    pub const fn of_plain_names(kind: Kind, session: u32, profile: &Profile) -> Directory {
        match (profile.name_spaces.is, profile.name_scope.is) {
            (NameSpaces::PerType, _) => Directory::OfKind(kind),
            (NameSpaces::Shared, NameScope::Machine) => Directory::Global,
            (NameSpaces::Shared, _) => Directory::of_session(session),
        }
    }

    /// The path in the object tree as WinObj shows it, such as `\Sessions\1\BaseNamedObjects`. Platforms with a name
    /// space for each kind have no such tree; the kind stands for it, as in `\FileMappings`.
    #[must_use]
    pub fn kernel_path(self) -> String {
        match self {
            Directory::Global => String::from(r"\BaseNamedObjects"),
            Directory::Session(n) => alloc::format!(r"\Sessions\{n}\BaseNamedObjects"),
            Directory::OfKind(kind) => alloc::format!(r"\{}", kind.directory()),
        }
    }
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

/// The last component of a name: any characters except NUL (and backslash, where that separates), compared unit by unit (O-60..O-62).
///
/// Kept as WTF-8, so that UTF-16 with lone surrogates has a place too.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectName<'a>(Cow<'a, [u8]>);

/// Where the name of an object of this kind leads for a caller in `session`, by the rules of a platform.
///
/// A name is a path through directories in which `Global`, `Local` and `Session` are links (N-4), so
/// `Local\Local\x` is x, and `Global` alone is a directory. Other components lead nowhere. Platforms without these links
/// have one directory for the machine (P-33); some allow no backslash, on others it is a character like any (N-12).
///
/// # Errors
/// `ERROR_BAD_PATHNAME` (161) for a leading backslash, `ERROR_INVALID_NAME` (123) for an empty component, a name that is too
/// long, or a backslash where there can be none, 87 for NUL, `ERROR_PATH_NOT_FOUND` (3) for an unknown prefix,
/// `ERROR_INVALID_HANDLE` (6) for a directory, `ERROR_PROC_NOT_FOUND` (127) for a kind that the platform does not have (P-31).
/// Source: win32 "Kernel Object Namespaces"; O-60..O-65, F-3.
///
/// ```
/// use filemap_core::kind::Kind;
/// use filemap_core::name::{resolve, Directory, Target};
/// use filemap_core::profile::Platform;
/// let nt = Platform::Nt.profile();
/// let Target::Object { directory, leaf } = resolve(r"Local\frames", Kind::FileMapping, 1, nt)? else { panic!() };
/// assert_eq!((directory, leaf.to_file_name().as_ref()), (Directory::Session(1), "frames"));
/// # Ok::<(), filemap_core::error::Why>(())
/// ```
pub fn resolve<'a>(name: &'a str, kind: Kind, session: u32, profile: &Profile) -> Result<Target<'a>, Why> {
    resolve_wtf8(name.as_bytes(), kind, session, profile)
}

/// [`resolve`] for a name in WTF-8, as [`wtf8_from_utf16`] makes it.
///
/// # Errors
/// As [`resolve`].
pub fn resolve_wtf8<'a>(
    name: &'a [u8],
    kind: Kind,
    session: u32,
    profile: &Profile,
) -> Result<Target<'a>, Why> {
    if !profile.has_kind(kind) {
        return Err(Why::NoSuchFunction {
            what: kind.name(),
            platform: profile.title,
        });
    }
    if name.is_empty() && profile.empty_name.is == EmptyName::Unnamed {
        return Ok(Target::Unnamed);
    }
    check_length(name, profile)?;
    if name.contains(&0) {
        return Err(Why::Argument {
            what: "a name can't contain NUL".into(),
        });
    }
    let directory = Directory::of_plain_names(kind, session, profile);
    let leaf = |directory, leaf| Target::Object {
        directory,
        leaf: ObjectName(Cow::Borrowed(leaf)),
    };
    match profile.backslash_in_name.is {
        Backslash::Ordinary => Ok(leaf(directory, name)),
        Backslash::Refused(_) if name.contains(&b'\\') => Err(Why::BackslashInName),
        Backslash::Refused(_) => Ok(leaf(directory, name)),
        Backslash::Separates => {
            let links = profile.prefixes.is == Prefixes::Understood;
            let walked = walk(name, directory, links).map_err(|(_, why)| why);
            walked.map(|(directory, last)| leaf(directory, last))
        }
    }
}

/// Where a name that [`resolve_wtf8`] refuses goes wrong: the first byte of the component, backslash or NUL that is at
/// fault. `None` if the form of the name is good, or if its length alone is wrong.
///
/// ```
/// use filemap_core::name::fault;
/// use filemap_core::profile::Platform;
/// let nt = Platform::Nt.profile();
/// assert_eq!(fault(br"Local\Globl\x", nt), Some(6)); // `Globl` is no prefix
/// assert_eq!(fault(br"Local\x", nt), None);
/// # let nt4 = Platform::Nt4.profile();
/// # assert_eq!(fault(br"Local\x", nt4), Some(0));
/// ```
#[must_use]
pub fn fault(name: &[u8], profile: &Profile) -> Option<usize> {
    if name.is_empty() {
        return None;
    }
    if let Some(nul) = name.iter().position(|b| *b == 0) {
        return Some(nul);
    }
    match profile.backslash_in_name.is {
        Backslash::Ordinary => None,
        Backslash::Refused(_) => name.iter().position(|b| *b == b'\\'),
        Backslash::Separates => {
            let links = profile.prefixes.is == Prefixes::Understood;
            walk(name, Directory::Global, links).err().map(|(at, _)| at)
        }
    }
}

fn check_length(name: &[u8], profile: &Profile) -> Result<(), Why> {
    let most = profile.max_name_units.is;
    if name.len() <= most as usize {
        return Ok(()); // a unit takes one byte at least
    }
    let units = utf16_units(name);
    match units > most as usize {
        false => Ok(()),
        true if most as usize == MAX_UNITS => Err(Why::NameTooLong { units }),
        true => Err(Why::NameTooLongForPlatform {
            units,
            most,
            platform: profile.title,
        }),
    }
}

/// Follows the links at the start of a name; what is left is the leaf. An error has the byte that is at fault.
fn walk(name: &[u8], mut directory: Directory, links: bool) -> Result<(Directory, &[u8]), (usize, Why)> {
    if name.first() == Some(&b'\\') {
        return Err((0, Why::NameBeginsWithBackslash));
    }
    let mut rest = name;
    // Each round takes one component that is not the last one.
    while let Some(end) = rest.iter().position(|b| *b == b'\\') {
        let (component, after) = (&rest[..end], &rest[end + 1..]);
        let at = name.len() - rest.len();
        rest = after;
        let next = at + end + 1;
        match component {
            b"" => return Err((at, Why::NameHasEmptyPart)),
            _ if !links => return Err((at, Why::PathNotFound)),
            b"Global" => directory = Directory::Global,
            b"Local" => {} // each directory's own link to itself
            b"Session" => match rest.iter().position(|b| *b == b'\\') {
                None if rest.is_empty() => return Err((next, Why::NameHasEmptyPart)),
                None if session_number(rest).is_some() => return Err((next, Why::NameIsADirectory)),
                None => return Err((next, Why::PathNotFound)),
                Some(0) => return Err((next, Why::NameHasEmptyPart)),
                Some(end) => {
                    let number = session_number(&rest[..end]).ok_or((next, Why::PathNotFound))?;
                    directory = Directory::of_session(number);
                    rest = &rest[end + 1..];
                }
            },
            _ => return Err((at, Why::PathNotFound)),
        }
    }
    let at = name.len() - rest.len();
    match rest {
        b"" => Err((at, Why::NameHasEmptyPart)),
        b"Global" | b"Local" | b"Session" if links => Err((at, Why::NameIsADirectory)),
        leaf => Ok((directory, leaf)),
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
    /// The object name `text`, which is the last component of a name.
    #[must_use]
    pub fn of(text: &'a str) -> ObjectName<'a> {
        ObjectName(Cow::Borrowed(text.as_bytes()))
    }

    /// The name with these WTF-8 bytes, as a footer keeps it; `None` if it has NUL in it, or is empty or has a backslash
    /// where the platform can't have that.
    #[must_use]
    pub fn from_wtf8(bytes: &'a [u8], profile: &Profile) -> Option<ObjectName<'a>> {
        let may_be_empty = profile.empty_name.is == EmptyName::RealName;
        let backslashes = profile.backslash_in_name.is == Backslash::Ordinary;
        let good = (may_be_empty || !bytes.is_empty())
            && (backslashes || !bytes.contains(&b'\\'))
            && !bytes.contains(&0);
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
        if self.0.is_empty() {
            return Cow::Borrowed(EMPTY);
        }
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

    /// Whether a file name is the hash of a name that is too long for one: the name itself stands in the footer only.
    #[must_use]
    pub fn is_hash(file_name: &[u8]) -> bool {
        file_name.starts_with(HASH.as_bytes())
    }

    /// The name that a file name stands for; `None` for a hashed one (look into its footer) and for anything that
    /// [`ObjectName::to_file_name`] never writes.
    #[must_use]
    pub fn from_file_name(file_name: &str) -> Option<ObjectName<'_>> {
        if file_name == EMPTY {
            return Some(ObjectName(Cow::Borrowed(b"")));
        }
        if !file_name.contains('%') {
            // Most names stand for themselves; the others are not written so.
            let name = ObjectName(Cow::Borrowed(file_name.as_bytes()));
            return (name.to_file_name() == file_name).then_some(name);
        }
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
    let mut out = String::from(HASH);
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
    use crate::profile::Platform;
    use proptest::prelude::*;
    use std::string::ToString;
    use std::vec;

    const NT: &Profile = Platform::Nt.profile();

    fn location(name: &str, session: u32) -> Result<(Directory, String), u32> {
        match resolve(name, Kind::FileMapping, session, NT) {
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
        let at = |name, platform: Platform| resolve(name, Kind::FileMapping, 1, platform.profile());
        for name in [r"Local\x", r"Global\x", r"Session\1\x"] {
            // P-30, N-12
            for platform in [Platform::Nt4, Platform::Nt351] {
                assert_eq!(at(name, platform), Err(Why::PathNotFound), "{name} {platform}");
            }
            for platform in [Platform::Win95, Platform::Win32s] {
                assert_eq!(at(name, platform), Err(Why::BackslashInName), "{name} {platform}");
            }
            let Ok(Target::Object { directory, leaf }) = at(name, Platform::Ce) else {
                panic!("ordinary characters on CE");
            };
            assert_eq!(directory, Directory::OfKind(Kind::FileMapping), "P-31");
            assert_eq!(leaf.to_text(), name);
        }
        for platform in [Platform::Nt4, Platform::Win95] {
            let Ok(Target::Object { directory, .. }) = at("Global", platform) else {
                panic!("no link, so a name like any");
            };
            assert_eq!(
                directory,
                Directory::Global,
                "P-33: one directory for the machine"
            );
        }
    }

    #[test]
    fn older_platforms_have_shorter_names_p36() {
        for platform in [Platform::Win95, Platform::Win32s, Platform::Ce] {
            let at =
                |len| resolve_wtf8(&vec![b'x'; len], Kind::FileMapping, 0, platform.profile()).map(|_| ());
            assert_eq!(at(260), Ok(()), "{platform}");
            assert_eq!(at(261).unwrap_err().code().0, 123, "{platform}");
        }
    }

    #[test]
    fn an_empty_name_is_a_real_one_on_ce_only_p37() {
        for platform in Platform::ALL {
            let target = resolve("", Kind::FileMapping, 0, platform.profile()).unwrap();
            match target {
                Target::Unnamed => assert_ne!(platform, Platform::Ce),
                Target::Object { leaf, .. } => {
                    assert_eq!(platform, Platform::Ce);
                    let file = leaf.to_file_name().into_owned();
                    assert_eq!(ObjectName::from_file_name(&file), Some(leaf));
                }
            }
        }
    }

    #[test]
    fn kinds_that_a_platform_does_not_have_can_not_be_named_p31() {
        let at = |kind, platform: Platform| resolve("x", kind, 1, platform.profile()).map_err(|w| w.code().0);
        assert_eq!(at(Kind::WaitableTimer, Platform::Win95), Err(127));
        assert_eq!(at(Kind::Job, Platform::Nt4), Err(127));
        assert!(at(Kind::Job, Platform::Win2000).is_ok());
    }

    // O-63
    #[test]
    fn the_longest_name_has_32766_units() {
        let longest = "ü".repeat(MAX_UNITS);
        assert!(resolve(&longest, Kind::FileMapping, 1, NT).is_ok());
        assert_eq!(location(&(longest + "x"), 1), Err(123));
        assert_eq!(
            location(&"😀".repeat(MAX_UNITS / 2 + 1), 1),
            Err(123),
            "two units each"
        );
        assert!(resolve(&"😀".repeat(MAX_UNITS / 2), Kind::FileMapping, 1, NT).is_ok());
    }

    // O-63
    #[test]
    fn names_with_two_hundred_and_sixty_characters_work() {
        assert!(
            resolve(
                &std::format!(r"Local\{}", "a".repeat(260)),
                Kind::FileMapping,
                1,
                NT
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

    #[test]
    fn what_is_written_for_no_name_stands_for_none() {
        for file in [
            "",
            ".a",
            "a/b",
            "a\\b",
            "a\u{1}",
            "%",
            "%2",
            "%41",
            "%%",
            &"x".repeat(256),
        ] {
            assert_eq!(ObjectName::from_file_name(file), None, "{file:?}");
        }
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
            let _ = resolve_wtf8(&wtf8_from_utf16(&units), Kind::FileMapping, 1, NT);
        }
    }

    // O-65, O-66, F-3: every refusal of a name's form can be pointed at.
    #[test]
    fn a_name_that_is_refused_for_its_form_is_told_with_the_byte_at_fault() {
        let nt = Platform::Nt.profile();
        for (name, at) in [
            (&br"\x"[..], 0),
            (br"Global\\x", 7),
            (br"Global\", 7),
            (br"Local\Local\", 12),
            (br"Sess\1\x", 0),
            (br"Local\a\b", 6),
            (br"Session\abc\x", 8),
            (br"Session\01\x", 8),
            (br"Session\\x", 8),
            (br"Session\1", 8),
            (br"Global", 0),
            (br"Local\Global", 6),
            (b"a\0b", 1),
        ] {
            let shown = String::from_utf8_lossy(name);
            assert!(
                resolve_wtf8(name, Kind::FileMapping, 1, nt).is_err(),
                "{shown} is refused"
            );
            assert_eq!(fault(name, nt), Some(at), "{shown}");
        }
        for good in [&br"x"[..], br"Local\x", br"Session\7\x", b""] {
            assert_eq!(fault(good, nt), None);
        }
        assert_eq!(fault(br"a\b", Platform::Win95.profile()), Some(1));
        assert_eq!(fault(br"a\b", Platform::Nt4.profile()), Some(0));
        assert_eq!(fault(br"a\b", Platform::Ce.profile()), None);
    }
}
