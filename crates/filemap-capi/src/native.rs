//! `winternl.h`: native calls on sections, events, mutants and semaphores, and questions about any handle.
//!
//! Names are paths from the root of all names: `\BaseNamedObjects\x`, `\Sessions\1\BaseNamedObjects\x`. Native calls return
//! their status and leave the last error alone.

// UNSAFETY: exported names.
#![expect(unsafe_code)]

use crate::boundary::{In, Out, Outcome, leave_errno, writable};
use crate::constants::*;
use crate::file::File;
use crate::handle_table::{Entry, Handle, Pseudo, handles};
use crate::layout::{
    OBJECT_ATTRIBUTES, PUBLIC_OBJECT_BASIC_INFORMATION, SECTION_BASIC_INFORMATION, UNICODE_STRING,
};
use crate::memoryapi::file_rights;
use crate::section::Section;
use crate::sync_object::{SyncKind, Synced};
use crate::winternl::STATUSES;
use filemap::core::name::wtf8_from_utf16;
use filemap::core::security::rights::TypeRights;
use filemap::security::SecurityDescriptor;
use filemap::{
    AccessMask, Error, Event, FileMapAccess, FileMapping, Mutex, Page, Reset, Semaphore, Why, views,
};
use filemap_core::access::expand_generic;
use filemap_core::error::Win32Code;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

const SUCCESS: u32 = 0;
const NAME_EXISTS: u32 = 0x4000_0000;
const INVALID_INFO_CLASS: u32 = 0xc000_0003;
const INFO_LENGTH_MISMATCH: u32 = 0xc000_0004;
const ACCESS_VIOLATION: u32 = 0xc000_0005;
const INVALID_HANDLE: u32 = 0xc000_0008;
const INVALID_PARAMETER: u32 = 0xc000_000d;
const NOT_MAPPED_VIEW: u32 = 0xc000_0019;
const ACCESS_DENIED: u32 = 0xc000_0022;
const OBJECT_TYPE_MISMATCH: u32 = 0xc000_0024;
const NAME_INVALID: u32 = 0xc000_0033;
const NAME_COLLISION: u32 = 0xc000_0035;
const PATH_NOT_FOUND: u32 = 0xc000_003a;
const PATH_SYNTAX_BAD: u32 = 0xc000_003b;
const INVALID_PAGE_PROTECTION: u32 = 0xc000_0045;
const PRIVILEGE_NOT_HELD: u32 = 0xc000_0061;
const INSUFFICIENT_RESOURCES: u32 = 0xc000_009a;
const NOT_SUPPORTED: u32 = 0xc000_00bb;
const INVALID_PARAMETER_6: u32 = 0xc000_00f4;
const INVALID_PARAMETER_8: u32 = 0xc000_00f6;
const HANDLE_NOT_CLOSABLE: u32 = 0xc000_0235;

const OBJ_INHERIT: u32 = 2;
const OBJ_PERMANENT: u32 = 0x10;
const OBJ_EXCLUSIVE: u32 = 0x20;
const OBJ_OPENIF: u32 = 0x80;

type Native<T> = Result<T, u32>;

/// Runs the body of a native call: a panic is STATUS_INSUFFICIENT_RESOURCES; the last error stays, and errno is it.
fn native(body: impl FnOnce() -> Native<u32>) -> i32 {
    let status = match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(status) | Err(status)) => status,
        Err(_) => INSUFFICIENT_RESOURCES,
    };
    leave_errno();
    status as i32
}

/// The status behind a Win32 number, where the number is all that is known: the one that is meant most often.
fn status_of_code(code: Win32Code) -> u32 {
    match code {
        Win32Code::ACCESS_DENIED => ACCESS_DENIED,
        Win32Code::INVALID_HANDLE => INVALID_HANDLE,
        Win32Code::INVALID_PARAMETER => INVALID_PARAMETER,
        Win32Code::NOACCESS => ACCESS_VIOLATION,
        Win32Code::NO_SYSTEM_RESOURCES | Win32Code::TOO_MANY_OPEN_FILES => INSUFFICIENT_RESOURCES,
        Win32Code::ALREADY_EXISTS => NAME_COLLISION,
        Win32Code(number) => STATUSES
            .iter()
            .find(|(_, status, win32)| *status >> 30 == 3 && *win32 == Some(number))
            .map_or(0xc000_0001, |(_, status, _)| *status),
    }
}

/// The status behind an error: Win32 numbers stand for several each, the cause tells which (E-3, E-5).
fn status_of(error: &Error) -> u32 {
    match error.why() {
        Why::PageProtection { .. } => INVALID_PAGE_PROTECTION,
        Why::SizeMissing => 0xc000_00f2, // INVALID_PARAMETER_4
        Why::SectionFlags { .. } => INVALID_PARAMETER_6,
        Why::ObjectTooWeak { .. } => 0xc000_004e, // SECTION_PROTECTION
        Why::ViewTooLarge { .. } => 0xc000_001f,  // INVALID_VIEW_SIZE
        Why::BaseOccupied { .. } => 0xc000_0018,  // CONFLICTING_ADDRESSES
        Why::BaseOutOfRange { .. } => 0xc000_00f1, // INVALID_PARAMETER_3
        Why::NameHeldBy { .. } | Why::NameIsADirectory => OBJECT_TYPE_MISMATCH,
        Why::NameNotFound => 0xc000_0034,
        Why::PathNotFound => PATH_NOT_FOUND,
        Why::NotAView { .. } => NOT_MAPPED_VIEW,
        _ => status_of_code(error.code()),
    }
}

fn told<T>(result: Result<T, Error>) -> Native<T> {
    result.map_err(|e| status_of(&e))
}

fn coded<T>(result: Outcome<T>) -> Native<T> {
    result.map_err(status_of_code)
}

/// What OBJECT_ATTRIBUTES says.
#[derive(Default)]
struct Attributes {
    /// The name as Win32 calls spell it, in WTF-8; empty for none.
    name: Vec<u8>,
    inherit: bool,
    open_if: bool,
    descriptor: Option<SecurityDescriptor>,
}

fn attributes(at: In<OBJECT_ATTRIBUTES>) -> Native<Attributes> {
    if at.is_null() {
        return Ok(Attributes::default());
    }
    let given = coded(at.read())?;
    if given.Length as usize != size_of::<OBJECT_ATTRIBUTES>() {
        return Err(INVALID_PARAMETER);
    }
    if given.Attributes & OBJ_EXCLUSIVE != 0 {
        return Err(INVALID_PARAMETER);
    }
    if given.Attributes & OBJ_PERMANENT != 0 {
        return Err(PRIVILEGE_NOT_HELD); // O-51
    }
    let name = match given.ObjectName {
        0 => Vec::new(),
        at => win32_name(&counted(In::at(at))?, given.RootDirectory)?,
    };
    Ok(Attributes {
        name,
        inherit: given.Attributes & OBJ_INHERIT != 0,
        open_if: given.Attributes & OBJ_OPENIF != 0,
        descriptor: match given.SecurityDescriptor {
            0 => None,
            at => Some(coded(crate::descriptor::read_descriptor(at))?),
        },
    })
}

fn counted(at: In<UNICODE_STRING>) -> Native<Vec<u16>> {
    let string = coded(at.read())?;
    if string.Length % 2 != 0 {
        return Err(NAME_INVALID);
    }
    coded(In::<u16>::at(string.Buffer).read_many(usize::from(string.Length) / 2))
}

/// `\BaseNamedObjects\x` is `Global\x`, `\Sessions\1\BaseNamedObjects\x` is `Session\1\x`. Errors: PATH_SYNTAX_BAD,
/// PATH_NOT_FOUND, TYPE_MISMATCH for a directory.
fn win32_name(units: &[u16], root: usize) -> Native<Vec<u8>> {
    let name = wtf8_from_utf16(units);
    if name.is_empty() {
        return Ok(name);
    }
    if root != 0 {
        return Err(INVALID_HANDLE); // there are no handles to directories here
    }
    let Some(path) = name.strip_prefix(b"\\") else {
        return Err(PATH_SYNTAX_BAD);
    };
    let text = |prefix: &str, rest: &[u8]| [prefix.as_bytes(), rest].concat();
    if let Some(rest) = path.strip_prefix(b"BaseNamedObjects") {
        return match rest {
            [] => Err(OBJECT_TYPE_MISMATCH),
            [b'\\', rest @ ..] if !rest.is_empty() => Ok(text(r"Global\", rest)),
            [b'\\', ..] => Err(NAME_INVALID),
            _ => Err(PATH_NOT_FOUND),
        };
    }
    if let Some(rest) = path.strip_prefix(b"Sessions\\")
        && let Some(end) = rest.iter().position(|b| *b == b'\\')
        && let Some(rest_of_it) = rest[end..].strip_prefix(b"\\BaseNamedObjects\\")
    {
        let number = String::from_utf8_lossy(&rest[..end]).into_owned();
        return Ok(text(&format!(r"Session\{number}\"), rest_of_it));
    }
    Err(PATH_NOT_FOUND)
}

fn give(to: Out<usize>, entry: Entry) -> Native<()> {
    let handle = coded(handles().insert(entry))?;
    coded(to.write(&handle.0))
}

/// That a handle can be given back. Errors: ACCESS_VIOLATION.
fn check_room(to: Out<usize>) -> Native<()> {
    if writable(to.address(), 8) {
        Ok(())
    } else {
        Err(ACCESS_VIOLATION)
    }
}

fn give_section(to: Out<usize>, mapping: FileMapping, inheritable: bool) -> Native<()> {
    let access = mapping.rights().bits();
    let entry = Entry::new(Arc::new(Section { mapping }), access);
    give(to, Entry { inheritable, ..entry })
}

/// A handle to the same section with exactly these rights, without the translation that OpenFileMapping makes.
fn with_access(mapping: FileMapping, access: u32) -> Native<FileMapping> {
    let wanted = match access & MAXIMUM_ALLOWED {
        0 => expand_generic(access),
        _ => mapping.rights().bits() | expand_generic(access) & !MAXIMUM_ALLOWED,
    };
    if wanted == 0 {
        return Err(ACCESS_DENIED);
    }
    if wanted == mapping.rights().bits() {
        return Ok(mapping);
    }
    told(mapping.duplicate(FileMapAccess::from_bits_retain(wanted)))
}

/// See `winternl.h`.
#[unsafe(no_mangle)]
pub extern "C" fn NtCreateSection(
    handle: Out<usize>,
    access: u32,
    at: In<OBJECT_ATTRIBUTES>,
    size: In<i64>,
    protect: u32,
    flags: u32,
    file: Handle,
) -> i32 {
    native(|| {
        check_room(handle)?;
        if Page::of_section(protect).is_none() {
            return Err(INVALID_PAGE_PROTECTION);
        }
        if flags & (SEC_COMMIT | SEC_RESERVE | SEC_IMAGE) == 0 {
            return Err(INVALID_PARAMETER_6); // natively there is no default
        }
        let wanted = attributes(at)?;
        let size = if size.is_null() {
            0
        } else {
            coded(size.read())? as u64
        };
        let mut options = FileMapping::options().raw_protection(protect | flags).size(size);
        if let Some(descriptor) = &wanted.descriptor {
            options = options.security(descriptor);
        }
        let made = match file {
            Handle::NULL => options.create_wtf8(&wanted.name),
            file => {
                let file = coded(handles().object::<File>(file, file_rights(protect)))?;
                options.file(&file.descriptor()).create_wtf8(&wanted.name)
            }
        };
        let made = told(made)?;
        let existed = made.already_existed();
        if existed && !wanted.open_if {
            return Err(NAME_COLLISION);
        }
        give_section(handle, with_access(made, access)?, wanted.inherit)?;
        Ok(if existed { NAME_EXISTS } else { SUCCESS })
    })
}

/// See `winternl.h`.
#[unsafe(no_mangle)]
pub extern "C" fn NtOpenSection(handle: Out<usize>, access: u32, at: In<OBJECT_ATTRIBUTES>) -> i32 {
    native(|| {
        check_room(handle)?;
        let wanted = attributes(at)?;
        if wanted.name.is_empty() {
            return Err(PATH_SYNTAX_BAD);
        }
        // Opened with what is asked for; SECTION_QUERY alone would be taken for FILE_MAP_COPY there.
        let mask = if access == SECTION_QUERY {
            SECTION_QUERY | READ_CONTROL
        } else {
            access
        };
        let found = told(FileMapping::options().raw_access(mask).open_wtf8(&wanted.name))?;
        give_section(handle, with_access(found, access)?, wanted.inherit)?;
        Ok(SUCCESS)
    })
}

fn own_process(process: Handle) -> Native<()> {
    match crate::process::own_process(process, PROCESS_VM_OPERATION) {
        Err(Win32Code::NOT_SUPPORTED) => Err(NOT_SUPPORTED),
        other => coded(other),
    }
}

/// See `winternl.h`.
#[unsafe(no_mangle)]
pub extern "C" fn NtMapViewOfSection(
    section: Handle,
    process: Handle,
    base: Out<usize>,
    zero_bits: usize,
    commit: usize,
    offset: Out<i64>,
    size: Out<usize>,
    inherit: u32,
    kind: u32,
    protect: u32,
) -> i32 {
    let _ = (commit, kind);
    native(|| {
        if !matches!(inherit, 1 | 2) {
            return Err(INVALID_PARAMETER_8);
        }
        let plain = protect & !(PAGE_NOCACHE | PAGE_WRITECOMBINE | PAGE_GUARD);
        let protect = Page::single(plain).ok_or(INVALID_PAGE_PROTECTION)?;
        if !writable(base.address(), 8) || !writable(size.address(), 8) {
            return Err(ACCESS_VIOLATION);
        }
        let start = if offset.is_null() {
            0
        } else {
            coded(offset.as_in().read())? as u64
        };
        let (wanted, len) = (coded(base.as_in().read())?, coded(size.as_in().read())?);
        if zero_bits > 21 && zero_bits < 32 || (wanted != 0 && zero_bits > 0 && wanted >> 32 != 0) {
            return Err(0xc000_00f2); // INVALID_PARAMETER_4
        }
        own_process(process)?;
        let section = match coded(handles().get(section))?.downcast::<Section>() {
            Ok(section) => section,
            Err(_) => return Err(OBJECT_TYPE_MISMATCH),
        };
        let mut view = section
            .mapping
            .view()
            .protection(protect)
            .offset(start)
            .len(len as u64);
        if wanted != 0 {
            view = view.base(wanted);
        }
        let view = told(view.map())?;
        let len = view.region_len();
        coded(base.write(&views::keep(view).addr()))?;
        coded(size.write(&len))?;
        Ok(SUCCESS)
    })
}

/// See `winternl.h`.
#[unsafe(no_mangle)]
pub extern "C" fn NtUnmapViewOfSection(process: Handle, base: usize) -> i32 {
    native(|| {
        own_process(process)?;
        told(views::unmap(base))?;
        Ok(SUCCESS)
    })
}

/// See `winternl.h`.
#[unsafe(no_mangle)]
pub extern "C" fn NtQuerySection(
    handle: Handle,
    class: u32,
    to: usize,
    len: usize,
    needed: Out<usize>,
) -> i32 {
    native(|| {
        if class != 0 {
            return Err(INVALID_INFO_CLASS);
        }
        let size = size_of::<SECTION_BASIC_INFORMATION>();
        if len < size {
            return Err(INFO_LENGTH_MISMATCH);
        }
        let section = match coded(handles().get(handle))?.downcast::<Section>() {
            Ok(section) => section,
            Err(_) => return Err(OBJECT_TYPE_MISMATCH),
        };
        let flags = told(section.mapping.section_flags())?; // M-15: needs SECTION_QUERY
        let answer = SECTION_BASIC_INFORMATION {
            BaseAddress: 0,
            Attributes: flags.bits(),
            _pad0: 0,
            Size: section.mapping.len() as i64,
        };
        coded(crate::descriptor::output(to).cast().write(&answer))?;
        coded(needed.write_if_wanted(&size))?;
        Ok(SUCCESS)
    })
}

/// A counted string with its text behind the structure, at `base`; `more` zero bytes in between.
fn text_information(text: &str, base: usize, more: usize) -> Vec<u8> {
    let units: Vec<u16> = text.encode_utf16().collect();
    let len = (2 * units.len()) as u16;
    let head = size_of::<UNICODE_STRING>() + more;
    let mut bytes = Vec::new();
    bytes.extend(len.to_le_bytes());
    bytes.extend((if units.is_empty() { 0 } else { len + 2 }).to_le_bytes());
    bytes.extend([0; 4]);
    let at = if units.is_empty() { 0 } else { (base + head) as u64 };
    bytes.extend(at.to_le_bytes());
    bytes.resize(head, 0);
    if !units.is_empty() {
        units.iter().for_each(|unit| bytes.extend(unit.to_le_bytes()));
        bytes.extend([0; 2]);
    }
    bytes
}

/// See `winternl.h`.
#[unsafe(no_mangle)]
pub extern "C" fn NtQueryObject(handle: Handle, class: u32, to: usize, len: u32, needed: Out<u32>) -> i32 {
    native(|| {
        let entry = match handle.pseudo() {
            Some(Pseudo::Token) => return Err(INVALID_HANDLE),
            Some(pseudo) => coded(crate::handleapi::pseudo_entry(pseudo))?,
            None => coded(handles().get(handle))?,
        };
        let bytes = match class {
            0 => {
                let count = handles().count_of(&entry.object);
                let inherit = if entry.inheritable { OBJ_INHERIT } else { 0 };
                let mut answer = PUBLIC_OBJECT_BASIC_INFORMATION {
                    Attributes: inherit | u32::from(entry.protected),
                    GrantedAccess: entry.access,
                    HandleCount: count,
                    PointerCount: count + 1,
                    Reserved: [0; 10],
                };
                answer.Reserved[4] = entry.object.full_name().len() as u32;
                zerocopy::IntoBytes::as_bytes(&answer).to_vec()
            }
            1 => text_information(&entry.object.full_name(), to, 0),
            2 => text_information(entry.object.kind(), to, 22 * 4),
            _ => return Err(INVALID_INFO_CLASS),
        };
        coded(needed.write_if_wanted(&(bytes.len() as u32)))?;
        if (len as usize) < bytes.len() {
            return Err(INFO_LENGTH_MISMATCH);
        }
        coded(crate::descriptor::output(to).write_many(&bytes))?;
        Ok(SUCCESS)
    })
}

/// See `winternl.h`.
#[unsafe(no_mangle)]
pub extern "C" fn NtClose(handle: Handle) -> i32 {
    native(|| {
        if handle.pseudo().is_some() {
            return Ok(SUCCESS);
        }
        if coded(handles().get(handle))?.protected {
            return Err(HANDLE_NOT_CLOSABLE);
        }
        drop(coded(handles().close(handle))?);
        Ok(SUCCESS)
    })
}

/// The handle of a synchronisation object that was made or found.
fn give_object<T: SyncKind>(
    handle: Out<usize>,
    access: u32,
    wanted: &Attributes,
    made: Result<T, Error>,
) -> Native<u32> {
    let made = told(made)?;
    let existed = made.existed();
    if existed && !wanted.open_if {
        return Err(NAME_COLLISION);
    }
    give_synced(handle, access, wanted.inherit, made)?;
    Ok(if existed { NAME_EXISTS } else { SUCCESS })
}

fn give_synced<T: SyncKind>(handle: Out<usize>, access: u32, inheritable: bool, made: T) -> Native<()> {
    let rights = TypeRights::of(T::KIND).map_generic(AccessMask(access));
    let made = match rights {
        _ if access & MAXIMUM_ALLOWED != 0 || rights == made.rights() => made,
        rights => told(made.duplicate(rights))?,
    };
    let access = made.rights().0;
    let entry = Entry::new(Arc::new(Synced(made)), access);
    give(handle, Entry { inheritable, ..entry })
}

fn open_object<T: SyncKind>(
    handle: Out<usize>,
    access: u32,
    at: In<OBJECT_ATTRIBUTES>,
    open: impl FnOnce(AccessMask, &[u8]) -> Result<T, Error>,
) -> i32 {
    native(|| {
        check_room(handle)?;
        let wanted = attributes(at)?;
        if wanted.name.is_empty() {
            return Err(PATH_SYNTAX_BAD);
        }
        let found = told(open(AccessMask(access), &wanted.name))?;
        give_synced(handle, access, wanted.inherit, found)?;
        Ok(SUCCESS)
    })
}

/// See `winternl.h`.
#[unsafe(no_mangle)]
pub extern "C" fn NtCreateEvent(
    handle: Out<usize>,
    access: u32,
    at: In<OBJECT_ATTRIBUTES>,
    kind: u32,
    set: u8,
) -> i32 {
    native(|| {
        check_room(handle)?;
        let reset = match kind {
            0 => Reset::Manual,
            1 => Reset::Auto,
            _ => return Err(INVALID_PARAMETER),
        };
        let wanted = attributes(at)?;
        let mut options = Event::options().reset(reset);
        if set != 0 {
            options = options.initially_set();
        }
        if let Some(descriptor) = &wanted.descriptor {
            options = options.security(descriptor);
        }
        give_object(handle, access, &wanted, options.create_wtf8(&wanted.name))
    })
}

/// See `winternl.h`.
#[unsafe(no_mangle)]
pub extern "C" fn NtOpenEvent(handle: Out<usize>, access: u32, at: In<OBJECT_ATTRIBUTES>) -> i32 {
    open_object(handle, access, at, |access, name| {
        Event::options().access(access).open_wtf8(name)
    })
}

/// See `winternl.h`.
#[unsafe(no_mangle)]
pub extern "C" fn NtCreateMutant(
    handle: Out<usize>,
    access: u32,
    at: In<OBJECT_ATTRIBUTES>,
    owned: u8,
) -> i32 {
    native(|| {
        check_room(handle)?;
        let wanted = attributes(at)?;
        let mut options = Mutex::options();
        if owned != 0 {
            options = options.initially_owned();
        }
        if let Some(descriptor) = &wanted.descriptor {
            options = options.security(descriptor);
        }
        give_object(handle, access, &wanted, options.create_wtf8(&wanted.name))
    })
}

/// See `winternl.h`.
#[unsafe(no_mangle)]
pub extern "C" fn NtOpenMutant(handle: Out<usize>, access: u32, at: In<OBJECT_ATTRIBUTES>) -> i32 {
    open_object(handle, access, at, |access, name| {
        Mutex::options().access(access).open_wtf8(name)
    })
}

/// See `winternl.h`.
#[unsafe(no_mangle)]
pub extern "C" fn NtCreateSemaphore(
    handle: Out<usize>,
    access: u32,
    at: In<OBJECT_ATTRIBUTES>,
    initial: i32,
    maximum: i32,
) -> i32 {
    native(|| {
        check_room(handle)?;
        let (Ok(initial), Ok(maximum)) = (u32::try_from(initial), u32::try_from(maximum)) else {
            return Err(INVALID_PARAMETER);
        };
        let wanted = attributes(at)?;
        let mut options = Semaphore::options().initial(initial).maximum(maximum);
        if let Some(descriptor) = &wanted.descriptor {
            options = options.security(descriptor);
        }
        give_object(handle, access, &wanted, options.create_wtf8(&wanted.name))
    })
}

/// See `winternl.h`.
#[unsafe(no_mangle)]
pub extern "C" fn NtOpenSemaphore(handle: Out<usize>, access: u32, at: In<OBJECT_ATTRIBUTES>) -> i32 {
    open_object(handle, access, at, |access, name| {
        Semaphore::options().access(access).open_wtf8(name)
    })
}
