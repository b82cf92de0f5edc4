//! `CreateFileForMapping`, which only Windows CE has, and `DeleteFile` on files that are mapped (P-61).

use crate::namespace::Namespace;
use crate::refusal;
use crate::words::FileForMappingOptions;
use filemap_core::error::{Error, Op, Why};
use filemap_sys::SysError;
use std::fs::File;
use std::path::Path;

/// Only Windows CE has it (P-40), and this library does not run there.
///
/// # Errors
/// Always `ERROR_PROC_NOT_FOUND` (127).
pub fn create_file_for_mapping(
    space: &Namespace,
    path: impl AsRef<Path>,
    _options: &FileForMappingOptions,
) -> Result<File, Error> {
    let why = Why::NoSuchFunction {
        what: "CreateFileForMapping",
        platform: space.profile().title,
    };
    let path = path.as_ref().display().to_string();
    Err(Error::new(Op::Other("open file for mapping"), path, why))
}

/// Removes the file's name. A file that somebody has mapped stays (P-61, V-60).
///
/// # Errors
/// `ERROR_ACCESS_DENIED` (5) if it is mapped; the system's own. Source: win32 `DeleteFileW`.
pub fn delete_file(_space: &Namespace, path: impl AsRef<Path>) -> Result<(), Error> {
    let path = path.as_ref();
    std::fs::remove_file(path).map_err(|e| {
        let e = SysError {
            call: "DeleteFileW",
            errno: e.raw_os_error().unwrap_or(0),
        };
        let suspected = match e.errno {
            2 => Why::FileMissing,
            _ => Why::FileMappedDelete,
        };
        refusal::explained(Op::DeleteFile, &path.display().to_string(), e, Some(suspected))
    })
}
