//! Words on the command line of `filemap`: whatever they are, the command ends with a status of its own, and tells of no panic.

use filemap_testing::{PrivateRoot, private_root, wait_for};
use std::cell::OnceCell;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::process::{Command, Stdio};

thread_local! {
    static ROOT: OnceCell<PrivateRoot> = const { OnceCell::new() };
}

/// Commands that only look, or make something and end.
const COMMANDS: [&str; 10] = [
    "ls", "show", "who", "read", "explain", "doctor", "hexdump", "sweep", "write", "sddl",
];

/// A command by its number, and words with NULs between them. Needs the built command: `FILEMAP_PROGRAM`, else nothing is done.
///
/// # Panics
/// If something is wrong.
pub fn cli(data: &[u8]) {
    let Some(program) = std::env::var_os("FILEMAP_PROGRAM") else {
        return;
    };
    let (first, rest) = data.split_first().unwrap_or((&0, &[]));
    let words = rest.split(|b| *b == 0).take(12).map(OsStr::from_bytes);
    // Words that would have it wait, or look elsewhere.
    let tame = words.filter(|word| {
        let text = word.to_string_lossy();
        !["--for", "--root", "-f", "--follow", "--every", "--interval"]
            .iter()
            .any(|long| text.starts_with(long))
    });
    ROOT.with(|root| {
        let root = root.get_or_init(private_root);
        let mut child = Command::new(&program)
            .env("FILEMAP_ROOT", root.path())
            .arg(COMMANDS[usize::from(*first) % COMMANDS.len()])
            .args(tame)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the command");
        let mut status = None;
        wait_for("the command to end", || {
            status = child.try_wait().expect("own child");
            status.is_some()
        });
        let code = status.and_then(|status| status.code());
        assert!(
            matches!(code, Some(0..=2 | 124)),
            "{:?} {:?}: {status:?}",
            COMMANDS[usize::from(*first) % COMMANDS.len()],
            String::from_utf8_lossy(rest)
        );
    });
}
