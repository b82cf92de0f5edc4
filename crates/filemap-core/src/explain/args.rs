//! What is known about the call that failed.

use super::Call;
use crate::access::{FileMapAccess, Page};
use crate::kind::Kind;
use crate::name::MAX_UNITS;
use crate::profile::{Platform, Profile};
use crate::section::split_protect;
use crate::view::GRANULARITY;
use alloc::string::String;

/// What kind of thing a file handle is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// An ordinary file that is no program.
    Data,
    /// A program (PE file).
    Program,
    /// A directory.
    Directory,
    /// A pipe, console or device.
    Stream,
}

/// What a handle is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandleKind {
    /// A handle of the kind that the call wants.
    Right,
    /// A handle of another kind.
    OtherKind,
    /// No handle: NULL, closed, or a number from another process.
    NoHandle,
}

/// Arguments of the call and facts about its object. All are optional; each one given leaves fewer causes.
///
/// ```
/// use filemap_core::error::Win32Code;
/// use filemap_core::explain::{Args, Call, explain};
/// let args = Args { offset: Some(0), len: Some(8192), object_size: Some(4096), ..Args::default() };
/// let told = explain(Win32Code::ACCESS_DENIED, Some(Call::MapViewOfFile), &args);
/// assert_eq!(told[0].cause.id, "view-too-large");
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Args<'a> {
    /// The platform; Windows 7 to 11 if not given.
    pub profile: Option<&'static Profile>,
    /// Session number of the caller.
    pub session: Option<u32>,
    /// Whether the caller has SeCreateGlobalPrivilege, enabled.
    pub create_global: Option<bool>,

    /// `lpName`; `Some(None)` is NULL.
    pub name: Option<Option<&'a str>>,
    /// Kind of the object that has the name now, if it is another kind.
    pub name_held_by: Option<Kind>,
    /// Whether an object of the right kind had the name before the call.
    pub exists: Option<bool>,

    /// `flProtect`: page protection and `SEC_` flags.
    pub protect: Option<u32>,
    /// `dwDesiredAccess`.
    pub access: Option<u32>,
    /// Size asked for in bytes.
    pub size: Option<u64>,
    /// Whether `hFile` is a file and not `INVALID_HANDLE_VALUE`.
    pub has_file: Option<bool>,
    /// What `hFile` is.
    pub file_kind: Option<FileKind>,
    /// Length of the file in bytes.
    pub file_len: Option<u64>,
    /// `GENERIC_` bits that the file was opened with.
    pub file_access: Option<u32>,

    /// What the handle is that the call was given.
    pub handle: Option<HandleKind>,
    /// Access granted to the handle, or the access it was opened with.
    pub handle_access: Option<u32>,
    /// Page protection that the object was created with.
    pub object_protect: Option<u32>,
    /// Size of the object in bytes.
    pub object_size: Option<u64>,
    /// Whether the object was created with SEC_RESERVE and without a file.
    pub object_reserved: Option<bool>,

    /// Offset of the view in bytes.
    pub offset: Option<u64>,
    /// Length in bytes; 0 means to the end.
    pub len: Option<u64>,
    /// `lpBase`; 0 means that the system chooses.
    pub base: Option<u64>,
    /// Whether the range at `base` was free.
    pub base_free: Option<bool>,
    /// Where the object is mapped already, on platforms with one address for all.
    pub first_base: Option<u64>,
    /// The address given to unmap, flush, protect or commit; whether it is inside a view.
    pub address_in_view: Option<bool>,
    /// Whether that address is the first byte of the view.
    pub address_is_base: Option<bool>,

    /// How many handles a wait was given, or the count of a semaphore's release.
    pub count: Option<i64>,
    /// Whether a wait for all was given two handles of one object.
    pub duplicates: Option<bool>,
    /// Initial and largest count of a semaphore.
    pub counts: Option<(i64, i64)>,
}

/// Usable addresses of programs where a platform's table says "the user range": 47 bits, without the lowest 64 KiB.
const USER: core::ops::Range<u64> = 0x1_0000..0x7fff_ffff_0000;

/// The arguments with the call, as the causes look at them.
pub(super) struct Facts<'a> {
    pub(super) call: Option<Call>,
    pub(super) args: &'a Args<'a>,
}

impl<'a> Facts<'a> {
    pub(super) fn profile(&self) -> &'static Profile {
        self.args.profile.unwrap_or(Platform::default().profile())
    }

    /// The name, if one was given and is not NULL.
    pub(super) fn name(&self) -> Option<&'a str> {
        self.args.name.flatten()
    }

    pub(super) fn shape(&self) -> Option<Shape<'a>> {
        self.name().map(shape)
    }

    /// Page protection without `SEC_` flags.
    pub(super) fn page(&self) -> Option<u32> {
        self.args.protect.map(|protect| split_protect(protect).0)
    }

    /// `SEC_` flags.
    pub(super) fn sec(&self) -> Option<u32> {
        self.args.protect.map(|protect| split_protect(protect).1)
    }

    /// Page protection of the object without `SEC_` flags.
    pub(super) fn object_page(&self) -> Option<u32> {
        self.args.object_protect.map(|protect| split_protect(protect).0)
    }

    /// The base that was asked for; `None` if it is not known, `Some(None)` if the system chose.
    pub(super) fn base(&self) -> Option<Option<u64>> {
        self.args.base.map(|base| (base != 0).then_some(base))
    }

    /// Length of the view in bytes, as far as it can be told.
    pub(super) fn view_len(&self) -> Option<u64> {
        match (self.args.len, self.args.object_size) {
            (Some(0), Some(size)) => size.checked_sub(self.args.offset.unwrap_or(0)),
            (Some(0), None) => None,
            (len, _) => len,
        }
    }

    /// What the platform says to the base: `Ok` with the address, or the number it refuses with.
    pub(super) fn placed(&self) -> Option<Result<u64, crate::error::Win32Code>> {
        let base = self.base()??;
        Some(
            self.profile()
                .place_base(base, self.view_len().unwrap_or(1), USER, GRANULARITY),
        )
    }

    /// The protection of the view asked for (V-9).
    pub(super) fn view(&self) -> Option<Page> {
        self.args
            .access
            .map(|flags| FileMapAccess::view_protection(flags, self.profile()))
    }

    /// Whether the view asked for writes through to the object.
    pub(super) fn view_writes(&self) -> Option<bool> {
        self.view()
            .map(|view| matches!(view, Page::READWRITE | Page::EXECUTE_READWRITE))
    }

    /// Whether the view asked for is copy-on-write.
    pub(super) fn view_copies(&self) -> Option<bool> {
        self.view().map(Page::is_copy_on_write)
    }

    /// Rights on the handle that the view needs (V-10).
    pub(super) fn rights_for_view(&self) -> Option<u32> {
        self.view()
            .map(|view| FileMapAccess::needed_for_view(view).bits())
    }

    /// Rights that the handle has, generic and FILE_MAP_ bits translated (M-81, O-20).
    pub(super) fn handle_rights(&self) -> Option<u32> {
        self.args
            .handle_access
            .map(|access| section_rights(access, self.profile()))
    }
}

/// Rights of a file mapping that an access mask asks for (M-81, O-20).
pub(super) fn section_rights(access: u32, profile: &Profile) -> u32 {
    FileMapAccess::of_open_argument(access, profile)
}

/// Names of the rights in a mask of a file mapping.
pub(super) fn right_names(mask: u32) -> String {
    FileMapAccess::from_bits_retain(mask).names()
}

/// Name of one page protection, or its number.
pub(super) fn page_name(page: u32) -> String {
    match Page::single(page) {
        Some(page) => String::from(page.name()),
        None => alloc::format!("{page:#x}"),
    }
}

/// What a name looks like (O-65, F-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape<'a> {
    /// Nothing at all.
    Empty,
    /// It begins with a backslash.
    LeadingBackslash,
    /// `Global` and the like: a directory.
    Directory,
    /// An empty part.
    EmptyPart,
    /// More than 32,766 UTF-16 units.
    TooLong(usize),
    /// A prefix in the wrong case.
    PrefixCase { given: &'a str, right: &'static str },
    /// A first part that is no prefix.
    UnknownPrefix(&'a str),
    /// A further backslash after a prefix.
    Nested(&'a str),
    /// In the global directory.
    Global,
    /// In the session with this number.
    Session(&'a str),
    /// `Local\x` or `x`; whether the prefix is there.
    Local { prefix: bool },
}

const PREFIXES: [&str; 3] = ["Global", "Local", "Session"];

pub(super) fn shape(name: &str) -> Shape<'_> {
    let units = name.encode_utf16().count();
    let mut found = Shape::Local { prefix: false };
    let mut rest = name;
    let mut prefixed = false;
    if name.is_empty() {
        return Shape::Empty;
    }
    if name.starts_with('\\') {
        return Shape::LeadingBackslash;
    }
    if units > MAX_UNITS {
        return Shape::TooLong(units);
    }
    while let Some((first, after)) = rest.split_once('\\') {
        (found, rest) = match first {
            "" => return Shape::EmptyPart,
            "Global" => (Shape::Global, after),
            "Local" => (Shape::Local { prefix: true }, after),
            "Session" => match after.split_once('\\') {
                Some((number, after)) if number.bytes().all(|b| b.is_ascii_digit()) && !number.is_empty() => {
                    (Shape::Session(number), after)
                }
                Some((number, _)) => return Shape::UnknownPrefix(number),
                None if after.is_empty() => return Shape::EmptyPart,
                None => return Shape::Directory,
            },
            other if prefixed => return Shape::Nested(other),
            other => {
                let right = PREFIXES.iter().find(|prefix| prefix.eq_ignore_ascii_case(other));
                return match right {
                    Some(right) => Shape::PrefixCase { given: other, right },
                    None => Shape::UnknownPrefix(other),
                };
            }
        };
        prefixed = true;
    }
    match rest {
        "" => Shape::EmptyPart,
        name if !prefixed && PREFIXES.contains(&name) => Shape::Directory,
        _ => found,
    }
}
