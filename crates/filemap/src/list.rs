//! Which objects exist, who holds them, and taking dead entries away; more of each is in [`crate::inspect`].

pub(crate) mod entries;

use crate::inspect::{self, Detail, Entry, FileId, Scope};
use crate::namespace::Namespace;
use crate::refusal;
use filemap_core::error::{Error, Op};
use filemap_core::lifecycle::Outcome;
use filemap_sys::os::{names, tmpfs};
use std::collections::HashMap;
use std::ffi::CString;
use std::ops::ControlFlow;
use std::path::PathBuf;

pub use crate::inspect::{Creator, Object as LiveObject, Oddity, Orphan, orphans};

/// What a listing found.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// Objects that somebody holds, by directory and name.
    pub objects: Vec<LiveObject>,
    /// Damaged entries, and directories that may not be read.
    pub oddities: Vec<Oddity>,
    /// Dead entries: names whose holders are gone, not reclaimed yet.
    pub dead: Vec<PathBuf>,
}

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Dead entries taken away.
    pub removed: usize,
    /// Bytes of memory that they took.
    pub bytes: u64,
    /// Live objects, left alone.
    pub live: usize,
    /// Entries that only their owner may remove, or that are no objects.
    pub kept: usize,
}

/// All objects of the tree that the caller may see: `Global\` and all sessions.
///
/// A process is a holder if it has a handle; one that only has a view is none (O-40).
///
/// # Errors
/// None for single entries (see [`Listing::oddities`]); system errors of reading /proc.
pub fn list(space: &Namespace) -> Result<Listing, Error> {
    let mut listing = Listing::default();
    inspect::for_each(space, Scope::Sessions, |entry| {
        match entry {
            Entry::Live(object) => listing.objects.push(*object),
            Entry::Dead { path, .. } => listing.dead.push(path),
            Entry::Odd(odd) => listing.oddities.push(odd),
        }
        ControlFlow::Continue(())
    })?;
    let files: Vec<FileId> = listing.objects.iter().map(|object| object.id).collect();
    if !files.is_empty() {
        let usage = inspect::usage_of_files(&files, Detail::Handles)?;
        let mut holders: HashMap<FileId, Vec<u32>> = HashMap::new();
        for handle in usage.handles.iter().filter(|handle| handle.keeps_name) {
            let pids = holders.entry(handle.object).or_default();
            if pids.last() != Some(&handle.pid) {
                pids.push(handle.pid);
            }
        }
        for object in &mut listing.objects {
            object.holders = holders.remove(&object.id).unwrap_or_default();
        }
    }
    listing
        .objects
        .sort_by(|a, b| (a.directory, &a.name).cmp(&(b.directory, &b.name)));
    Ok(listing)
}

/// Takes all dead entries of the tree away; live objects are never touched. Directories that are closed to the caller are
/// left to their owners.
///
/// # Errors
/// System errors of reading a directory.
pub fn sweep(space: &Namespace) -> Result<Swept, Error> {
    let mut swept = Swept::default();
    for directory in space.existing_directories() {
        let Ok(Some(dir)) = space.open_untouched(directory, false) else {
            continue;
        };
        let failed = |e| refusal::system(Op::Sweep, &dir.path().display().to_string(), e);
        let found = match tmpfs::names_in(dir.file()) {
            Ok(found) => found,
            Err(e) if e.errno == libc::EACCES => continue, // another user's session: theirs to sweep
            Err(e) => return Err(failed(e)),
        };
        for draft in found.iter().filter(|name| tmpfs::is_abandoned_draft(name)) {
            if let Ok(draft) = CString::new(draft.as_str()) {
                let _ = tmpfs::unlink(dir.file(), &draft); // what may not be removed is its owner's to remove
            }
        }
        // Names with a dot are the tree's own, such as the arena's.
        for file_name in found.into_iter().filter(|name| !name.starts_with('.')) {
            let Ok(c_name) = CString::new(file_name) else {
                continue;
            };
            let bytes = tmpfs::stat_name(dir.file(), &c_name).map_or(0, |s| s.st_blocks as u64 * 512);
            match names::sweep(dir.file(), &c_name).map_err(failed)? {
                Outcome::Removed => {
                    swept.removed += 1;
                    swept.bytes += bytes;
                }
                Outcome::Live => swept.live += 1,
                Outcome::NotFound => {}
                _ => swept.kept += 1,
            }
        }
    }
    Ok(swept)
}
