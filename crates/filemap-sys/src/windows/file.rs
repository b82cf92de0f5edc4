//! Files that are mapped.

use crate::SysError;
use std::fs::File;

/// The largest file in bytes, as NTFS counts.
pub const LARGEST: u64 = (1 << 63) - 1;

/// Sets the length of a file; 1224 while somebody has a part mapped that would go. Source: win32 `SetEndOfFile`.
pub fn set_len(file: &File, len: u64) -> Result<(), SysError> {
    file.set_len(len).map_err(SysError::of("SetEndOfFile"))
}

/// Waits until the file's data is on the disk. Source: win32 `FlushFileBuffers`.
pub fn sync(file: &File) -> Result<(), SysError> {
    file.sync_all().map_err(SysError::of("FlushFileBuffers"))
}
