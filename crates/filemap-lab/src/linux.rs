//! What the lab asks of Linux.

use filemap::{Error, Namespace, PLATFORM_VARIABLE, Platform, Profile, ROOT_VARIABLE};
use std::fs::{Permissions, create_dir, set_permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// The users that the lab makes use of when it is root: ordinary ones that no account has.
pub(crate) const USERS: [u32; 2] = [64_242, 64_243];

/// The platforms whose rules can be followed here.
pub(crate) fn platforms(all: &[Platform]) -> &[Platform] {
    all
}

/// Whether this system can have a platform's rules: all of them.
pub(crate) fn has_rules_of(_profile: &Profile) -> bool {
    true
}

/// Everything can be arranged here.
pub(crate) const NOT_MEASURED_HERE: &[(&str, &str)] = &[];

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

/// Where the lab can be other users, makes the tree one for everybody, as `filemap setup` does; true then.
pub(crate) fn prepare(root: &Path) -> io::Result<bool> {
    let has_users = has_users();
    if has_users {
        set_permissions(root, Permissions::from_mode(0o755))?;
        for name in filemap::TREE {
            create_dir(root.join(name))?;
            set_permissions(root.join(name), Permissions::from_mode(0o1777))?;
        }
    }
    Ok(has_users)
}

/// Whether this process can become the lab's users: it is root, and its user name space has them.
pub(crate) fn has_users() -> bool {
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|meta| meta.uid() == 0);
    let map = std::fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    // Lines of `inside outside count`, user_namespaces(7).
    let has = |user: u32| {
        map.lines().any(|line| {
            let mut numbers = line.split_whitespace().map(str::parse::<u64>);
            match (numbers.next(), numbers.nth(1)) {
                (Some(Ok(inside)), Some(Ok(count))) => {
                    (inside..inside.saturating_add(count)).contains(&user.into())
                }
                _ => false,
            }
        })
    };
    is_root && USERS.into_iter().all(has)
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
