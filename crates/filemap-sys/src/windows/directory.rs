//! Directories of the object tree: which names are there, and of which kind.

// UNSAFETY: calls the native functions that list directories.
#![expect(unsafe_code)]

use crate::SysError;
use crate::os::handle::from_status;
use crate::os::text;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use windows_sys::Wdk::Foundation::OBJECT_ATTRIBUTES;
use windows_sys::Wdk::Storage::FileSystem::{NtOpenDirectoryObject, NtQueryDirectoryObject};
use windows_sys::Win32::Foundation::{HANDLE, STATUS_NO_MORE_ENTRIES, UNICODE_STRING};

/// DIRECTORY_QUERY and DIRECTORY_TRAVERSE.
const QUERY: u32 = 0x3;

/// An entry of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// The kernel's word for its kind, such as `Section`, `Event`, `Mutant`.
    pub kind: String,
}

/// `OBJECT_DIRECTORY_INFORMATION`: two counted texts that lie in the same buffer.
#[repr(C)]
struct Information {
    name: UNICODE_STRING,
    kind: UNICODE_STRING,
}

/// How often a directory is read until two readings agree. Where names come and go all the time the last two count together.
const READINGS: u32 = 8;

/// What is in the directory with this path, such as `\BaseNamedObjects`. Source: `NtOpenDirectoryObject`,
/// `NtQueryDirectoryObject`.
///
/// The place in a directory is a number of entries: a name that goes meanwhile moves others past the reader. So it is read until
/// two readings agree.
pub fn list(path: &str) -> Result<Vec<Entry>, SysError> {
    let directory = open(path)?;
    let mut before = read(&directory)?;
    for _ in 1..READINGS {
        let now = read(&directory)?;
        if now == before {
            return Ok(now);
        }
        before = now;
    }
    let mut both = read(&directory)?;
    both.extend(before);
    both.sort_by(|a, b| a.name.cmp(&b.name));
    both.dedup();
    Ok(both)
}

/// One reading, by name.
fn read(directory: &OwnedHandle) -> Result<Vec<Entry>, SysError> {
    let mut entries = Vec::new();
    let mut room = vec![0u64; 4096];
    let mut context = 0u32;
    let mut restart = true;
    loop {
        let mut len = 0u32;
        // SAFETY: an open handle; `room` has the length that is told and the alignment of the structure; the two places
        // are this function's own.
        let status = unsafe {
            NtQueryDirectoryObject(
                directory.as_raw_handle(),
                room.as_mut_ptr().cast(),
                (room.len() * 8) as u32,
                true, // one entry in a call: Wine gives no more
                restart,
                &mut context,
                &mut len,
            )
        };
        restart = false;
        match status {
            STATUS_NO_MORE_ENTRIES => break,
            0.. => {}
            status => return Err(from_status("NtQueryDirectoryObject", status)),
        }
        // SAFETY: a successful call fills one structure at the start of the buffer, whose alignment is that of u64.
        let told = unsafe { &*room.as_ptr().cast::<Information>() };
        if told.name.Buffer.is_null() {
            break;
        }
        entries.push(Entry {
            name: counted(&told.name),
            kind: counted(&told.kind),
        });
    }
    entries.sort_by(|a: &Entry, b| a.name.cmp(&b.name));
    entries.dedup();
    Ok(entries)
}

fn counted(text: &UNICODE_STRING) -> String {
    if text.Buffer.is_null() {
        return String::new();
    }
    // SAFETY: the call that filled the structure has put so many bytes there, into the buffer that lives on.
    let units = unsafe { std::slice::from_raw_parts(text.Buffer, usize::from(text.Length) / 2) };
    text::text(units)
}

fn open(path: &str) -> Result<OwnedHandle, SysError> {
    let mut units = text::wide(path.as_bytes());
    let bytes = ((units.len() - 1) * 2) as u16;
    let name = UNICODE_STRING {
        Length: bytes,
        MaximumLength: bytes + 2,
        Buffer: units.as_mut_ptr(),
    };
    let attributes = OBJECT_ATTRIBUTES {
        Length: size_of::<OBJECT_ATTRIBUTES>() as u32,
        ObjectName: &raw const name,
        Attributes: 0x40, // OBJ_CASE_INSENSITIVE
        ..Default::default()
    };
    let mut raw: HANDLE = std::ptr::null_mut();
    // SAFETY: the structures and the text they point to outlive the call; `raw` is a place for the handle.
    match unsafe { NtOpenDirectoryObject(&mut raw, QUERY, &raw const attributes) } {
        // SAFETY: the call has made this handle for nobody else.
        0.. => Ok(unsafe { OwnedHandle::from_raw_handle(raw) }),
        status => Err(from_status("NtOpenDirectoryObject", status)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::{process, section};

    // N-1, N-2
    #[test]
    fn a_new_object_is_in_its_directory_with_its_kind() {
        let name = text::wide(br"Local\filemap-sys directory");
        let _made = section::create(None, None, 4, 4096, &name).unwrap();
        let path = match process::session() {
            0 => r"\BaseNamedObjects".to_owned(),
            n => format!(r"\Sessions\{n}\BaseNamedObjects"),
        };
        let found = list(&path).unwrap();
        let wanted = Entry {
            name: "filemap-sys directory".to_owned(),
            kind: "Section".to_owned(),
        };
        assert!(found.contains(&wanted), "{path}: {found:?}");
        assert_eq!(list(r"\No such place").unwrap_err().errno, 2);
    }
}
