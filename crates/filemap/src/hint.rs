//! One more sentence for an error 2: where else the name exists (N-69, I-10).

use crate::namespace::{Namespace, Place};
use filemap_core::error::{Error, Why};
use filemap_core::name::Directory;
use filemap_sys::os::ofd_lock::{self, Holders};
use filemap_sys::os::tmpfs::{self, OpenFor};
use std::os::fd::AsFd;

/// Adds what a look into the other directories of the tree shows: the same name in `Global\` or in another session.
pub(crate) fn for_missing_name(space: &Namespace, place: &Place, e: Error) -> Error {
    if *e.why() != Why::NameNotFound {
        return e;
    }
    let elsewhere =
        |directory: &Directory| *directory != place.directory && is_live(space, *directory, place);
    if matches!(place.directory, Directory::OfKind(_)) {
        return e; // a name space of its own
    }
    match space.existing_directories().into_iter().find(elsewhere) {
        Some(Directory::Global) => {
            let leaf = place.leaf.to_text().into_owned();
            e.with_note(format!(
                r"an object of this name exists in session 0: open Global\{leaf}"
            ))
        }
        Some(Directory::Session(n)) => e.with_note(format!(
            "an object of this name exists in session {n}; names of other sessions are not seen here"
        )),
        Some(Directory::OfKind(_)) | None => e,
    }
}

fn is_live(space: &Namespace, directory: Directory, place: &Place) -> bool {
    let Ok(Some(dir)) = space.directory(directory, false) else {
        return false;
    };
    let Ok(file) = tmpfs::open_name(dir.file(), &place.file_name, OpenFor::Reading) else {
        return false;
    };
    matches!(
        ofd_lock::holders(file.as_fd(), ofd_lock::LIVE_BYTE),
        Ok(Holders::Shared)
    )
}
