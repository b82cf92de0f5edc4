//! One error type: operation, full name, cause, Win32 code, remedy.
//!
//! [`Why`] is the cause; it decides the Win32 code and what a person can do about it. Two causes may share a code
//! (5 means four different things, E-3), so programs that must tell them apart match on [`Error::why`].

mod code;
mod text;
mod why;

pub use code::Win32Code;
pub use why::Why;

use crate::profile::Profile;
use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::{String, ToString};
use core::fmt;

/// What was being done when it failed; the first words of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Op {
    /// `CreateFileMapping` and its relatives.
    CreateFileMapping,
    /// `OpenFileMapping`.
    OpenFileMapping,
    /// `MapViewOfFile`, `MapViewOfFileEx`, `MapViewOfFile3`.
    MapView,
    /// `UnmapViewOfFile`.
    UnmapView,
    /// `FlushViewOfFile`.
    FlushView,
    /// `VirtualProtect` on a view.
    ProtectView,
    /// `VirtualQuery` on a view.
    QueryView,
    /// `VirtualAlloc(MEM_COMMIT)` on a view.
    CommitView,
    /// `VirtualFree` on a view.
    DecommitView,
    /// Copying bytes out of a view or reaching a word in it.
    ReadView,
    /// Copying bytes into a view.
    WriteView,
    /// `CloseHandle`.
    CloseHandle,
    /// `DuplicateHandle`.
    DuplicateHandle,
    /// `SetHandleInformation` and handing a handle to a child process.
    InheritHandle,
    /// Querying a file mapping object.
    QuerySection,
    /// `SetEndOfFile` and everything else that changes a file's length.
    SetEndOfFile,
    /// `DeleteFile`.
    DeleteFile,
    /// Opening or preparing the directories that hold the names.
    OpenNamespace,
    /// Listing the objects of a name space.
    ListObjects,
    /// Reclaiming dead entries.
    Sweep,
    /// Creating any other kind of object; the text names the kind, as in "create event".
    Create(&'static str),
    /// Opening any other kind of object.
    Open(&'static str),
    /// Any other call, by the words a person would use.
    Other(&'static str),
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Op::CreateFileMapping => "create file mapping",
            Op::OpenFileMapping => "open file mapping",
            Op::MapView => "map a view of",
            Op::UnmapView => "unmap a view of",
            Op::FlushView => "flush a view of",
            Op::ProtectView => "change the protection of a view of",
            Op::QueryView => "query a view of",
            Op::CommitView => "commit pages of a view of",
            Op::DecommitView => "decommit pages of a view of",
            Op::ReadView => "read from a view of",
            Op::WriteView => "write to a view of",
            Op::CloseHandle => "close handle",
            Op::DuplicateHandle => "duplicate handle",
            Op::InheritHandle => "inherit handle",
            Op::QuerySection => "query file mapping",
            Op::SetEndOfFile => "set the end of file",
            Op::DeleteFile => "delete file",
            Op::OpenNamespace => "open name space",
            Op::ListObjects => "list objects of",
            Op::Sweep => "sweep",
            Op::Create(kind) => return write!(f, "create {kind}"),
            Op::Open(kind) => return write!(f, "open {kind}"),
            Op::Other(words) => words,
        })
    }
}

/// The system call that refused and its `errno`, when a system call did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OsError {
    /// Name of the system call, as in its man page.
    pub call: &'static str,
    /// The error number it gave.
    pub errno: i32,
}

/// Why an operation failed, with everything a person needs to go on.
///
/// Displayed as `<operation> <name>: <cause> (ERROR_NAME, number); <remedy>`.
///
/// ```
/// use filemap_core::error::{Error, Op, Why, Win32Code};
/// let e = Error::new(Op::OpenFileMapping, r"Local\frames", Why::NameNotFound);
/// assert_eq!(e.code(), Win32Code::FILE_NOT_FOUND);
/// assert!(e.to_string().starts_with(r"open file mapping Local\frames: "));
/// assert!(e.to_string().contains("(ERROR_FILE_NOT_FOUND, 2); "));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Error(Box<Inner>); // one word, so that `Result<T, Error>` stays small

#[derive(Clone, Debug, PartialEq, Eq)]
struct Inner {
    op: Op,
    object: String,
    why: Why,
    code: Win32Code,
    os: Option<OsError>,
    note: String,
}

impl Error {
    /// An error of `op` on the object with the full name `object` (empty if it has none).
    #[must_use]
    pub fn new(op: Op, object: impl Into<String>, why: Why) -> Error {
        let code = why.code();
        Error(Box::new(Inner {
            op,
            object: object.into(),
            why,
            code,
            os: None,
            note: String::new(),
        }))
    }

    /// The same error with the number that another platform gives for this cause.
    #[must_use]
    pub fn with_code(mut self, code: Win32Code) -> Error {
        self.0.code = code;
        self
    }

    /// The same error with the number that this platform gives for its cause.
    #[must_use]
    pub fn on(mut self, profile: &Profile) -> Error {
        if let Some(code) = profile.code_of(&self.0.why) {
            self.0.code = code;
        }
        self
    }

    /// The same error with the system call that refused.
    #[must_use]
    pub fn with_os(mut self, os: OsError) -> Error {
        self.0.os = Some(os);
        self
    }

    /// The same error with one more sentence, found out by looking around (another session has the name, …).
    #[must_use]
    pub fn with_note(mut self, note: impl Into<String>) -> Error {
        self.0.note = note.into();
        self
    }

    /// The same error of another operation: a caller that knows better what the user asked for says so.
    #[must_use]
    pub fn during(mut self, op: Op) -> Error {
        self.0.op = op;
        self
    }

    /// The same error about another object.
    #[must_use]
    pub fn about(mut self, object: impl Into<String>) -> Error {
        self.0.object = object.into();
        self
    }

    /// The Win32 error number.
    #[must_use]
    pub fn code(&self) -> Win32Code {
        self.0.code
    }

    /// What was being done.
    #[must_use]
    pub fn op(&self) -> Op {
        self.0.op
    }

    /// The full name of the object, as the caller gave it; empty for an unnamed one.
    #[must_use]
    pub fn object(&self) -> &str {
        &self.0.object
    }

    /// The cause.
    #[must_use]
    pub fn why(&self) -> &Why {
        &self.0.why
    }

    /// The system call that refused, if one did.
    #[must_use]
    pub fn os(&self) -> Option<OsError> {
        self.0.os
    }

    /// What else was found out; empty if nothing.
    #[must_use]
    pub fn note(&self) -> &str {
        &self.0.note
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner {
            op,
            object,
            why,
            code,
            os,
            note,
        } = &*self.0;
        write!(f, "{op} ")?;
        match object.is_empty() {
            true => f.write_str("(unnamed)")?,
            false => Escaped(object).fmt(f)?,
        }
        write!(f, ": {}", why.cause())?;
        if let Some(OsError { call, errno }) = os {
            write!(f, ", {call} said errno {errno}")?;
        }
        if !note.is_empty() {
            write!(f, "; {note}")?;
        }
        write!(f, " ({code}); {}", why.remedy())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl core::error::Error for Error {}

/// A name on its way to a terminal or a log: control characters are shown as escapes, everything else as it is.
///
/// ```
/// use filemap_core::error::Escaped;
/// assert_eq!(Escaped("a\u{1b}[2Jb").to_string(), r"a\u{1b}[2Jb");
/// assert_eq!(Escaped(r"Local\frames").to_text(), r"Local\frames");
/// assert_eq!(Escaped("\u{202e}x\u{7}y").to_text(), r"\u{202e}x\u{7}y");
/// ```
pub struct Escaped<'a>(pub &'a str);

impl<'a> Escaped<'a> {
    /// Whether a terminal obeys the character and does not show it: controls, and what turns the text around it.
    #[must_use]
    pub fn is_meant_for_terminals(c: char) -> bool {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    }

    /// The text as it is shown: itself if there is nothing to escape.
    #[must_use]
    pub fn to_text(&self) -> Cow<'a, str> {
        match self.0.contains(Self::is_meant_for_terminals) {
            true => Cow::Owned(self.to_string()),
            false => Cow::Borrowed(self.0),
        }
    }
}

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in self.0.split_inclusive(Self::is_meant_for_terminals) {
            match part.char_indices().next_back() {
                Some((at, c)) if Self::is_meant_for_terminals(c) => {
                    write!(f, "{}{}", &part[..at], c.escape_default())?;
                }
                _ => f.write_str(part)?,
            }
        }
        Ok(())
    }
}
