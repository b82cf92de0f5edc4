//! A tree of names for one test.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tempfile::TempDir;

/// Where the object files of real programs live too: a file system without a disk.
const TMPFS: &str = "/dev/shm";

/// A directory on tmpfs for `FILEMAP_ROOT`, that only this test uses; removed with everything in it on drop.
///
/// A test that is killed can't remove its own. The directory's name says whose it is, and the next test that makes
/// one removes those whose process is gone.
#[derive(Debug)]
pub struct PrivateRoot(TempDir);

/// A new [`PrivateRoot`], for its owner only (mode 0700).
///
/// # Panics
/// If `/dev/shm` is missing or full.
///
/// ```
/// let root = filemap_testing::private_root();
/// std::fs::write(root.path().join("name"), b"bytes").unwrap();
/// let path = root.path().to_owned();
/// drop(root);
/// assert!(!path.exists());
/// ```
#[must_use]
pub fn private_root() -> PrivateRoot {
    sweep();
    tempfile::Builder::new()
        .prefix(&format!("{}{}-", prefix(), std::process::id()))
        .permissions(fs::Permissions::from_mode(0o700))
        .tempdir_in(TMPFS)
        .map(PrivateRoot)
        .unwrap_or_else(|e| {
            panic!("a directory in {TMPFS}: {e}; is a tmpfs mounted there, and has it room (df {TMPFS})?")
        })
}

impl PrivateRoot {
    /// The directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// The same directory with other permission bits, such as 0o755 for a tree that several users share.
    ///
    /// # Panics
    /// If the bits can't be set.
    #[must_use]
    pub fn with_mode(self, mode: u32) -> PrivateRoot {
        fs::set_permissions(self.path(), fs::Permissions::from_mode(mode)).expect("own directory");
        self
    }
}

impl AsRef<Path> for PrivateRoot {
    fn as_ref(&self) -> &Path {
        self.path()
    }
}

/// Process numbers mean something only within one pid name space, and containers may share a `/dev/shm`.
fn prefix() -> String {
    let space = fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    let digits: String = space
        .to_string_lossy()
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    format!("filemap-test-{digits}-")
}

/// Removes what killed tests have left; what can't be removed (another user's) stays.
fn sweep() {
    let prefix = prefix();
    for entry in fs::read_dir(TMPFS).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let pid = name
            .to_str()
            .and_then(|name| name.strip_prefix(&prefix))
            .and_then(|rest| rest.split('-').next());
        if let Some(Ok(pid)) = pid.map(str::parse::<u32>)
            && !Path::new("/proc").join(pid.to_string()).exists()
        {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_trees_of_one_process_are_two_directories_that_nobody_else_can_enter() {
        let (a, b) = (private_root(), private_root());
        assert_ne!(a.path(), b.path());
        assert_eq!(
            fs::metadata(a.path()).unwrap().permissions().mode() & 0o7777,
            0o700
        );
        let b = b.with_mode(0o755);
        assert_eq!(
            fs::metadata(b.path()).unwrap().permissions().mode() & 0o7777,
            0o755
        );
    }

    #[test]
    fn the_tree_of_a_dead_process_is_removed_and_that_of_a_live_one_stays() {
        // No process can have this number: it is above the kernel's largest, 2^22.
        let dead = Path::new(TMPFS).join(format!("{}{}-{}", prefix(), 1 << 23, std::process::id()));
        // Filled first and renamed then: a test beside this one may sweep at any moment.
        let filled = tempfile::Builder::new().tempdir_in(TMPFS).unwrap().keep();
        fs::create_dir(filled.join("Global")).unwrap();
        fs::rename(&filled, &dead).unwrap();
        let mine = private_root();
        let _next = private_root();
        assert!(!dead.exists());
        assert!(mine.path().exists());
    }
}
