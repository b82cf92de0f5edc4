//! More sentences for an error 2: where else the name exists, and as what (N-69, I-10).

use crate::list::entries;
use crate::namespace::{Namespace, Place};
use filemap_core::error::{Error, Escaped, Why};
use filemap_core::kind::Kind;
use filemap_core::name::Directory;

/// At most so many names of a directory are compared without regard to case.
const MOST_NAMES: usize = 4096;

/// Adds what a look around shows: the same name in `Global\` or in another session, of whatever kind; another spelling.
pub(crate) fn for_missing_name(space: &Namespace, place: &Place<'_>, wanted: Kind, e: Error) -> Error {
    if *e.why() != Why::NameNotFound || place.private.is_some() {
        return e;
    }
    if matches!(place.directory, Directory::OfKind(_)) {
        return e; // a name space of its own
    }
    let leaf = place.leaf.to_text();
    let of_kind = |kind: Option<Kind>| match kind.filter(|kind| *kind != wanted) {
        Some(other) => format!(" ({})", other.article_name()),
        None => String::new(),
    };
    for directory in space.existing_directories() {
        if directory == place.directory {
            continue;
        }
        let Some(found) = entries::live(space, directory, &place.file_name) else {
            continue;
        };
        let kind = of_kind(found.kind());
        let note = match directory {
            Directory::Global => {
                format!(
                    r"an object of this name exists in session 0{kind}: open Global\{}",
                    Escaped(&leaf)
                )
            }
            Directory::Session(n) => format!(
                "an object of this name exists in session {n}{kind}; names of other sessions are not seen here"
            ),
            Directory::OfKind(_) => continue, // a name space of its own
        };
        return e.with_note(note);
    }
    let lower = leaf.to_lowercase();
    let twin = entries::names(space, place.directory, MOST_NAMES)
        .into_iter()
        .filter(|name| *name != leaf && name.to_lowercase() == lower)
        .find(|name| entries::is_live(space, place.directory, name));
    match twin {
        Some(name) => e.with_note(format!(
            "there is `{}`: names are compared with their case",
            Escaped(&name)
        )),
        None => e,
    }
}
