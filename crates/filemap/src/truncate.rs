//! Cutting files that may be mapped (V-60, V-63).

use crate::refusal;
use filemap_core::error::{Error, Op, Why};
use filemap_sys::os::{file, tmpfs};
use std::fs::File;
use std::os::fd::AsFd;

/// Sets the length of `file` in bytes, and refuses to cut a file of which a mapping exists in any process (V-60, V-63).
/// Growing is allowed; the mapping's size stays (M-27).
///
/// Mappings that programs make without this library are not known of.
///
/// # Errors
/// `ERROR_USER_MAPPED_FILE` (1224); `ERROR_DISK_FULL` (112); other system errors. Source: win32 `SetEndOfFile`.
///
/// ```
/// # let space = filemap::Namespace::at(tempfile::tempdir_in("/dev/shm")?.path());
/// use filemap::FileMapping;
/// let file = tempfile::tempfile()?;
/// filemap::set_end_of_file(&file, 8192)?;
/// let mapping = FileMapping::options().namespace(&space).file(&file).create_unnamed()?;
/// assert_eq!(filemap::set_end_of_file(&file, 10).unwrap_err().code().0, 1224);
/// drop(mapping);
/// filemap::set_end_of_file(&file, 10)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "SetEndOfFile")]
pub fn set_end_of_file(file: &File, len: u64) -> Result<(), Error> {
    let name = || file::path(file.as_fd()).map_or_else(|_| String::new(), |path| path.display().to_string());
    let system = |e| refusal::system(Op::SetEndOfFile, &name(), e);
    let old = tmpfs::stat(file.as_fd()).map_err(system)?.st_size as u64;
    if len < old && file::is_mapped(file.as_fd()).map_err(system)? {
        return Err(Error::new(Op::SetEndOfFile, name(), Why::FileIsMapped));
    }
    tmpfs::set_len(file.as_fd(), len).map_err(system)
}

/// Whether this library has a mapping of `file`, handle or view, in any process (V-60).
///
/// # Errors
/// System errors of the question.
pub fn is_mapped(file: &File) -> Result<bool, Error> {
    file::is_mapped(file.as_fd()).map_err(|e| refusal::system(Op::Other("ask who maps"), "", e))
}
