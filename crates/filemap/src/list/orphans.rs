//! Views that have outlived their object's name (O-41, O-46).

use crate::namespace::Namespace;
use crate::object;
use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::os::unix::fs::DirEntryExt;
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
}

/// Orphaned views of objects of this tree in all processes that the caller may look into. Source: proc(5),
/// `/proc/PID/maps`.
#[must_use]
pub fn orphans(space: &Namespace) -> Vec<Orphan> {
    let mut found: BTreeMap<u64, Orphan> = BTreeMap::new();
    let (shared, own) = space.roots();
    let linked = linked_inodes(space);
    for process in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = process.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        let Ok(maps) = fs::read_to_string(process.path().join("maps")) else {
            continue; // it has ended, or is another user's
        };
        for Gone { path, inode, range } in maps.lines().filter_map(gone) {
            // An object's file was made without a name, and its creator's maps never show another: ask the directories.
            if !(path.starts_with(shared) || path.starts_with(own)) || linked.contains(&inode) {
                continue;
            }
            let orphan = found.entry(inode).or_insert_with(|| Orphan {
                name: None,
                directory: path.parent().unwrap_or(path).to_owned(),
                inode,
                pids: Vec::new(),
            });
            if orphan.name.is_none() {
                let file = fs::File::open(process.path().join("map_files").join(range));
                let footer = file.ok().and_then(|file| object::footer_of(&file.into()).ok());
                orphan.name = footer.map(|footer| String::from_utf8_lossy(&footer.name).into_owned());
            }
            if orphan.pids.last() != Some(&pid) {
                orphan.pids.push(pid);
            }
        }
    }
    found.into_values().collect()
}

/// Inodes of all entries of the tree that the caller may see.
fn linked_inodes(space: &Namespace) -> HashSet<u64> {
    let mut inodes = HashSet::new();
    for directory in space.existing_directories() {
        let Ok(Some(dir)) = space.directory(directory, false) else {
            continue;
        };
        inodes.extend(
            fs::read_dir(dir.path())
                .into_iter()
                .flatten()
                .flatten()
                .map(|entry| entry.ino()),
        );
    }
    let private = fs::read_dir(space.roots().0.join("Private"))
        .into_iter()
        .flatten()
        .flatten();
    for dir in private {
        inodes.extend(
            fs::read_dir(dir.path())
                .into_iter()
                .flatten()
                .flatten()
                .map(|entry| entry.ino()),
        );
    }
    inodes
}

/// A mapping of a file that has no name.
#[derive(Debug, PartialEq, Eq)]
struct Gone<'a> {
    path: &'a Path,
    inode: u64,
    range: &'a str,
}

/// What a line of `/proc/PID/maps` says of a file that has no name (any more).
fn gone(line: &str) -> Option<Gone<'_>> {
    let mut rest = line.strip_suffix(" (deleted)")?;
    let mut fields = [""; 5];
    for field in &mut fields {
        rest = rest.trim_start();
        let end = rest.find(' ')?;
        (*field, rest) = rest.split_at(end);
    }
    let path = rest.trim_start();
    path.starts_with('/').then_some(Gone {
        path: Path::new(path),
        inode: fields[4].parse().ok()?,
        range: fields[0],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_without_a_name_are_orphans() {
        let line = "7f00-7f01 rw-s 00000000 00:1a 42    /dev/shm/filemap/Global/a b (deleted)";
        let path = Path::new("/dev/shm/filemap/Global/a b");
        let range = "7f00-7f01";
        assert_eq!(
            gone(line),
            Some(Gone {
                path,
                inode: 42,
                range
            })
        );
        assert_eq!(
            gone("7f00-7f01 rw-s 00000000 00:1a 42    /dev/shm/filemap/Global/a"),
            None
        );
        assert_eq!(gone("7f00-7f01 rw-p 00000000 00:00 0 "), None);
        assert_eq!(gone("x (deleted)"), None);
    }
}
