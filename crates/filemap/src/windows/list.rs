//! Which objects exist: the kernel's directories, as far as the system shows them.
//!
//! Windows tells a program the names and kinds in the directories that it may look into, and of an object that it may open,
//! its size and how many handles there are. It does not tell which processes hold them, who made them, or when.

use crate::namespace::Namespace;
use filemap_core::access::FileMapAccess;
use filemap_core::error::{Error, Why};
use filemap_core::kind::Kind;
use filemap_core::name::Directory;
use filemap_sys::os::{handle, section, text};
use std::os::windows::io::AsHandle;

/// An object in a directory.
#[derive(Clone, Debug)]
pub struct LiveObject {
    /// The directory that its name is in.
    pub directory: Directory,
    /// The last component of its name.
    pub name: String,
    /// Its kind.
    pub kind: Kind,
    /// Size of a file mapping in bytes, if the caller may ask.
    pub size: Option<u64>,
    /// How many handles there are in all processes, if the caller may ask.
    pub handles: Option<u32>,
}

/// What a listing found.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// Objects of the kinds that this library knows, by directory and name.
    pub objects: Vec<LiveObject>,
    /// Directories that may not be looked into, and why.
    pub closed: Vec<(Directory, Why)>,
}

impl LiveObject {
    /// The name by which a caller in `space` opens the object.
    #[must_use]
    pub fn name_for(&self, space: &Namespace) -> String {
        match self.directory {
            Directory::Session(n) if n == space.session() => format!(r"Local\{}", self.name),
            Directory::Session(n) => format!(r"Session\{n}\{}", self.name),
            Directory::Global | Directory::OfKind(_) => format!(r"Global\{}", self.name),
        }
    }
}

/// The kinds by the kernel's words.
fn kind(word: &str) -> Option<Kind> {
    Some(match word {
        "Section" => Kind::FileMapping,
        "Event" => Kind::Event,
        "Mutant" => Kind::Mutex,
        "Semaphore" => Kind::Semaphore,
        "Timer" => Kind::WaitableTimer,
        "Job" => Kind::Job,
        _ => return None,
    })
}

/// The objects in `Global\` and in the session of `space`.
///
/// # Errors
/// `ERROR_NOT_SUPPORTED` (50) for a name space that this system does not have. A directory that is closed to the caller is
/// told in [`Listing::closed`]. Source: `NtQueryDirectoryObject`.
pub fn list(space: &Namespace) -> Result<Listing, Error> {
    let mut listing = Listing::default();
    let own = Directory::of_session(space.session());
    let mut directories = vec![Directory::Global, own];
    directories.dedup();
    for directory in directories {
        let entries = match space.entries(directory) {
            Ok(entries) => entries,
            Err(e) if matches!(e.why(), Why::NotSupported { .. }) => return Err(e),
            Err(e) => {
                listing.closed.push((directory, e.why().clone()));
                continue;
            }
        };
        for entry in entries {
            let Some(kind) = kind(&entry.kind) else { continue };
            let mut object = LiveObject {
                directory,
                name: entry.name,
                kind,
                size: None,
                handles: None,
            };
            look_at(&mut object, space);
            listing.objects.push(object);
        }
    }
    listing
        .objects
        .sort_by(|a, b| (a.directory, &a.name).cmp(&(b.directory, &b.name)));
    Ok(listing)
}

fn look_at(object: &mut LiveObject, space: &Namespace) {
    let name = text::wide(object.name_for(space).as_bytes());
    let query = FileMapAccess::COPY.bits() | FileMapAccess::READ_CONTROL.bits();
    let opened = match object.kind {
        Kind::FileMapping => [4, 2]
            .iter()
            .find_map(|access| section::open(*access, false, &name).ok()),
        kind => filemap_sys::os::sync::open(kind, query, false, &name).ok(),
    };
    let Some(opened) = opened else { return };
    if object.kind == Kind::FileMapping {
        object.size = crate::named::section_facts(opened.as_handle()).map(|facts| facts.size);
    }
    // One of them is this look.
    object.handles = handle::handle_count(opened.as_handle())
        .ok()
        .map(|n| n.saturating_sub(1));
}
