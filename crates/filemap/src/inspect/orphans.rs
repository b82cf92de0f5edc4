//! Views that have outlived their object's name (O-41, O-46, I-40).

use crate::namespace::Namespace;
use crate::object;
use filemap_sys::os::proc::{self, Process};
use filemap_sys::os::tmpfs;
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

/// An object file that has no name any more, and the processes that still have views of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Orphan {
    /// The name that the object had, as its creator gave it; `None` if the caller may not look into the memory.
    pub name: Option<String>,
    /// The directory that it was in.
    pub directory: PathBuf,
    /// Its inode: tells two former objects of one name apart.
    pub inode: u64,
    /// The processes.
    pub pids: Vec<u32>,
    /// Bytes of the largest view.
    pub largest_view: u64,
}

/// Orphaned views of objects of this tree in all processes that the caller may look into. Source: proc(5),
/// `/proc/PID/maps`.
#[must_use]
pub fn orphans(space: &Namespace) -> Vec<Orphan> {
    let mut found: BTreeMap<u64, Orphan> = BTreeMap::new();
    let (shared, own) = space.roots();
    let devices = super::usage::devices(space);
    let mut text = String::new();
    // Which names there are is asked after the mappings were seen: an object that is made meanwhile is no orphan.
    for pid in proc::pids().unwrap_or_default() {
        let Ok(process) = Process::open(pid) else {
            continue;
        };
        let mut gone = Vec::new();
        // One that has ended, or is another user's, has nothing to show.
        let _ = process.for_each_mapping(&mut text, |mapping| {
            let Some(path) = mapping.path.strip_suffix(" (deleted)").map(Path::new) else {
                return;
            };
            let ours = path.starts_with(shared) || path.starts_with(own);
            if ours && devices.contains(&mapping.file.dev) {
                gone.push((mapping.file.ino, path.to_owned(), mapping.start, mapping.end));
            }
        });
        for (inode, path, start, end) in gone {
            let orphan = found.entry(inode).or_insert_with(|| Orphan {
                name: None,
                directory: path.parent().unwrap_or(&path).to_owned(),
                inode,
                pids: Vec::new(),
                largest_view: 0,
            });
            if orphan.name.is_none() {
                let file = process
                    .open_mapped(start, end)
                    .or_else(|| through_descriptor(&process, inode));
                let footer = file.and_then(|file| object::footer_of(&file).ok());
                orphan.name = footer.map(|footer| String::from_utf8_lossy(&footer.name).into_owned());
            }
            orphan.largest_view = orphan.largest_view.max(end.saturating_sub(start));
            if orphan.pids.last() != Some(&pid) {
                orphan.pids.push(pid);
            }
        }
    }
    // An object's file was made without a name, and its creator's maps never show another: ask the directories.
    let linked = linked_inodes(space);
    found
        .into_values()
        .filter(|orphan| !linked.contains(&orphan.inode))
        .collect()
}

/// A view keeps a descriptor of its object open: through that the file can be read where `/proc/PID/map_files` may not.
fn through_descriptor(process: &Process, inode: u64) -> Option<std::os::fd::OwnedFd> {
    let mut number = None;
    let _ = process.for_each_descriptor(|n, file, _| {
        if file.ino == inode {
            number = Some(n);
        }
    });
    process.open_descriptor(number?)
}

/// Inodes of all entries of the tree that the caller may see.
pub(super) fn linked_inodes(space: &Namespace) -> HashSet<u64> {
    let mut inodes = HashSet::new();
    for walked in super::names::directories(space, super::Scope::Everything, &mut |_| ()) {
        let names = tmpfs::inodes_in(walked.dir.file()).unwrap_or_default();
        inodes.extend(names.into_iter().map(|(inode, _)| inode));
    }
    inodes
}
