//! `SetEndOfFile` on files that are mapped (V-60).

use crate::refusal;
use filemap_core::error::{Error, Op, Why};
use filemap_sys::os::file;
use std::fs::File;

/// Sets the length of a file; a file that is mapped can't be cut (V-60).
///
/// # Errors
/// `ERROR_USER_MAPPED_FILE` (1224) if somebody has it mapped; the system's own. Source: win32 `SetEndOfFile`.
#[doc(alias = "SetEndOfFile")]
pub fn set_end_of_file(file: &File, len: u64) -> Result<(), Error> {
    file::set_len(file, len).map_err(|e| refusal::explained(Op::SetEndOfFile, "", e, Some(Why::FileIsMapped)))
}

/// Who has a file mapped is nothing that Windows tells.
///
/// # Errors
/// Always `ERROR_NOT_SUPPORTED` (50).
pub fn is_mapped(_file: &File) -> Result<bool, Error> {
    let what = "asking whether a file is mapped";
    Err(Error::new(
        Op::Other("ask who maps"),
        "",
        Why::NotSupported { what },
    ))
}
