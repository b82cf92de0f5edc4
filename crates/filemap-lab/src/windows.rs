//! What the lab asks of Windows.

use filemap::{Error, Namespace, Op, Platform, Profile, Why};
use std::io;
use std::path::Path;
use std::process::Command;

/// Only the platform that this system is.
pub(crate) fn platforms(all: &[Platform]) -> &[Platform] {
    let own = Platform::default();
    let place = all.iter().position(|platform| *platform == own).unwrap_or(0);
    &all[place..=place]
}

/// Whether this system can have a platform's rules.
pub(crate) fn has_rules_of(profile: &Profile) -> bool {
    profile.name == Platform::default().profile().name
}

/// Rows that want what one program can't arrange here, and why.
pub(crate) const NOT_MEASURED_HERE: &[(&str, &str)] = &[
    ("N-33", SESSIONS),
    ("P-33", SESSIONS),
    ("P-34", SESSIONS),
    (
        "P-35",
        "it takes a process without the privilege to create global objects",
    ),
    ("P-46", USER),
    ("P-60", USER),
];
const SESSIONS: &str = "it takes a second session, and Windows does not tell where names lead";
const USER: &str = "it takes a second user";

/// A directory for files; names are in the system's own tree.
pub(crate) fn directory() -> io::Result<tempfile::TempDir> {
    tempfile::Builder::new().prefix("filemap-lab-").tempdir()
}

/// There is no other user without a password.
pub(crate) const USERS: [u32; 2] = [0, 0];

/// There is nothing to prepare, and nobody else to be.
pub(crate) fn prepare(_root: &Path) -> io::Result<bool> {
    Ok(false)
}

/// As [`prepare`] says.
pub(crate) fn has_users() -> bool {
    false
}

/// This very program. Rules of other platforms are refused by the first call.
pub(crate) fn this_program(_profile: &Profile, _root: &Path, _user: Option<u32>) -> io::Result<Command> {
    Ok(Command::new(std::env::current_exe()?))
}

/// Objects are no files here.
pub(crate) fn mode_of_the_object(_space: &Namespace) -> Result<Option<u32>, Error> {
    let what = "asking for the mode bits of an object";
    Err(Error::new(Op::Other("look at"), "", Why::NotSupported { what }))
}
