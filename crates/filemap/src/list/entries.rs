//! Single entries of a directory, looked at without taking a handle.

use crate::namespace::Namespace;
use crate::object;
use filemap_core::kind::Kind;
use filemap_core::layout::Footer;
use filemap_core::name::{Directory, ObjectName};
use filemap_sys::os::ofd_lock::{self, Holders};
use filemap_sys::os::tmpfs::{self, OpenFor};
use std::ffi::{CStr, CString};
use std::os::fd::AsFd;

/// A live entry.
pub(crate) struct Live {
    /// What it says of itself, if the caller may read that.
    footer: Option<Footer>,
}

impl Live {
    /// The kind, if it is known.
    pub(crate) fn kind(&self) -> Option<Kind> {
        self.footer.as_ref().map(|footer| footer.kind)
    }
}

/// The entry of a name in a directory, if somebody holds it and the caller may know.
pub(crate) fn live(space: &Namespace, directory: Directory, file_name: &CStr) -> Option<Live> {
    let dir = space.directory(directory, false).ok()??;
    let file = match tmpfs::open_name(dir.file(), file_name, OpenFor::Reading) {
        Ok(file) => file,
        // Not to be read, but locks are known to everybody.
        Err(e) if matches!(e.errno, libc::EACCES | libc::EPERM) => {
            let stat = tmpfs::stat_name(dir.file(), file_name).ok()?;
            return ofd_lock::is_listed(&stat).then_some(Live { footer: None });
        }
        Err(_) => return None,
    };
    let held = matches!(
        ofd_lock::holders(file.as_fd(), ofd_lock::LIVE_BYTE),
        Ok(Holders::Shared)
    );
    held.then(|| Live {
        footer: object::footer_of(&file).ok(),
    })
}

/// [`live`] by an object's name.
pub(crate) fn is_live(space: &Namespace, directory: Directory, leaf: &str) -> bool {
    let name = ObjectName::of(leaf);
    CString::new(name.to_file_name().as_ref())
        .is_ok_and(|file_name| live(space, directory, &file_name).is_some())
}

/// Names in a directory, `most` at most; hashed ones are left out.
pub(crate) fn names(space: &Namespace, directory: Directory, most: usize) -> Vec<String> {
    let Ok(Some(dir)) = space.directory(directory, false) else {
        return Vec::new();
    };
    let found = tmpfs::first_names_in(dir.file(), most).unwrap_or_default();
    found
        .iter()
        .filter_map(|file_name| ObjectName::from_file_name(file_name))
        .map(|name| name.to_text().into_owned())
        .collect()
}
