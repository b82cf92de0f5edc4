//! What the lab asks of Linux.

use filemap::{Error, Namespace, PLATFORM_VARIABLE, Platform, Profile, ROOT_VARIABLE};
use std::fs::{Permissions, create_dir, set_permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// The user that the lab makes use of when it is root: an ordinary one that no account has.
const SOMEBODY: u32 = 64_242;

/// The platforms whose rules can be followed here.
pub(crate) fn platforms(all: &[Platform]) -> &[Platform] {
    all
}

/// A directory for the tree and for files. Names want a tmpfs; where there is no /dev/shm, the system's directory for
/// temporary files has to do.
pub(crate) fn directory() -> io::Result<tempfile::TempDir> {
    let mut directory = tempfile::Builder::new();
    let directory = directory.prefix("filemap-lab-");
    let shm = Path::new("/dev/shm");
    match shm.is_dir() {
        true => directory.tempdir_in(shm),
        false => directory.tempdir(),
    }
}

/// As root, makes the tree one for everybody, as `filemap setup` does, and gives another user.
pub(crate) fn open_to_everybody(root: &Path) -> io::Result<Option<u32>> {
    if std::fs::metadata("/proc/self")?.uid() != 0 {
        return Ok(None);
    }
    set_permissions(root, Permissions::from_mode(0o755))?;
    for name in ["Global", "Sessions"] {
        create_dir(root.join(name))?;
        set_permissions(root.join(name), Permissions::from_mode(0o1777))?;
    }
    Ok(Some(SOMEBODY))
}

/// This very program, even if its file was replaced meanwhile, or lies where the other user can't go.
pub(crate) fn this_program(profile: &Profile, root: &Path, user: Option<u32>) -> io::Result<Command> {
    let mut command = Command::new("/proc/self/exe");
    if let Some(user) = user {
        command.uid(user).gid(user); // no other groups either
    }
    command
        .current_dir("/")
        .env(ROOT_VARIABLE, root)
        .env(PLATFORM_VARIABLE, profile.name);
    Ok(command)
}

/// The mode bits of the first object's file.
pub(crate) fn mode_of_the_object(space: &Namespace) -> Result<Option<u32>, Error> {
    let listing = filemap::list::list(space)?;
    let object = listing.objects.first();
    let mode = object.and_then(|object| object.path.metadata().ok());
    Ok(mode.map(|meta| meta.permissions().mode() & 0o777))
}
