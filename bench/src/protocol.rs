//! The system calls of Filemap's protocol with nothing round them: what a perfect library would take.

use crate::Result;
use crate::raw::Mapping;
use crate::steps::errno;
use crate::subject::{NAME, Subject, Whole};
use filemap_sys::os::ofd_lock::{self, Holders, LIVE_BYTE, Lock};
use filemap_sys::os::tmpfs::{self, Facts, OpenFor};
use std::ffi::CString;
use std::fs::File;
use std::hint::black_box;
use std::os::fd::AsFd;
use std::path::Path;

/// Open, map, touch, unmap, close of the object in `objects` that another process holds.
///
/// # Errors
/// It can't be set up.
pub fn open(objects: &Path) -> Result<Box<dyn Subject>> {
    let (dir, name) = (File::open(objects)?, CString::new(NAME)?);
    Ok(Box::new(Whole(move || {
        let file = tmpfs::open_name(dir.as_fd(), &name, OpenFor::Writing).map_err(errno)?;
        let held = ofd_lock::holders(file.as_fd(), LIVE_BYTE).map_err(errno)?;
        ofd_lock::set_as_creator(file.as_fd(), Lock::Shared).map_err(errno)?;
        black_box(Facts::of(file.as_fd()).map_err(errno)?);
        Mapping::new(file.as_fd(), 4096)?.touch();
        ofd_lock::unlock_all(file.as_fd()).map_err(errno)?;
        match (held, ofd_lock::holders(file.as_fd(), LIVE_BYTE).map_err(errno)?) {
            (Holders::Shared, Holders::Shared) => Ok(()),
            _ => Err("the object was not held".into()),
        }
    })))
}

/// Create, map, touch, unmap, last close of an object of a page in the directory `place`.
///
/// # Errors
/// It can't be set up.
pub fn create(place: &Path) -> Result<Box<dyn Subject>> {
    let (dir, name) = (File::open(place)?, CString::new(NAME)?);
    Ok(Box::new(Whole(move || {
        let file = tmpfs::claim(dir.as_fd(), &name, 0o600).map_err(errno)?;
        let file = file.ok_or("the name is taken")?;
        tmpfs::write_small(file.as_fd(), &[], 4096, &[]).map_err(errno)?;
        ofd_lock::set_as_creator(file.as_fd(), Lock::Shared).map_err(errno)?;
        black_box(Facts::of(file.as_fd()).map_err(errno)?);
        Mapping::new(file.as_fd(), 4096)?.touch();
        ofd_lock::set_as_creator(file.as_fd(), Lock::Exclusive).map_err(errno)?;
        black_box(Facts::of_name(dir.as_fd(), &name).map_err(errno)?);
        tmpfs::unlink(dir.as_fd(), &name).map_err(errno)
    })))
}
