//! What is said of objects, directories and processes that may not be looked into: clauses I-10, I-27, I-29.

use crate::inspect::json;
use crate::space::Space;
use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt;

/// Runs a command as one who may not read the files of `space`: as the test's own user, or as nobody if that is root.
pub(crate) fn as_a_stranger(space: &Space, arguments: &[&str]) -> (Option<i32>, String, String) {
    use std::os::unix::process::CommandExt;
    let mut command = space.filemap(arguments);
    if rustix::process::geteuid().is_root() {
        // The way to the tree, to the program and to the names.
        let open = |path: &std::path::Path| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
        };
        open(space.root());
        open(&space.names());
        open(&space.root().join("Sessions"));
        open(space.dir.path());
        // Built programs may be in a directory that is closed to others.
        let program = space.dir.path().join("filemap");
        if !program.exists() {
            // By another process: a child that some other thread starts meanwhile would have our copy open for writing, and
            // until it has its own program nobody could run this one (ETXTBSY).
            let copied = space
                .command("cp")
                .args([env!("CARGO_BIN_EXE_filemap").as_ref(), program.as_os_str()])
                .status();
            assert!(copied.unwrap().success());
        }
        command = space.command(program.to_str().unwrap());
        command.args(arguments).uid(65534).gid(65534);
    }
    let out = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (out.status.code(), text(&out.stdout), text(&out.stderr))
}

// I-27, I-29: a directory that may not be looked into may have the name
#[test]
fn a_name_in_a_closed_directory_is_not_told_to_be_nobodys() {
    let space = Space::new();
    let _keeper = space.keep(&["create", r"Global\X", "--size", "4096"]);
    let _other = space.keep(&["create", r"Local\Z", "--size", "4096"]);
    // Closed to its owner, too; root has to become somebody else for it.
    let mode = if filemap_testing::is_root() { 0o700 } else { 0o000 };
    set_permissions(space.root().join("Global"), Permissions::from_mode(mode)).unwrap();
    let other = |arguments: &[&str]| {
        let (status, _, told) = as_a_stranger(&space, arguments);
        (status, told)
    };
    for command in ["who", "stat"] {
        let (status, told) = other(&[command, r"Global\X"]);
        assert_eq!(status, Some(1), "{told}");
        assert!(
            told.contains("ERROR_ACCESS_DENIED") && told.contains("Global may not be used by this user"),
            "{told}"
        );
        let (_, told) = other(&[command, r"Local\Y"]);
        assert!(
            told.contains("ERROR_FILE_NOT_FOUND") && told.contains("not looked into, for want of rights"),
            "{told}"
        );
    }
    set_permissions(space.root().join("Global"), Permissions::from_mode(0o700)).unwrap();
}

// I-10, I-27, I-29, the bad input sentence: no permission is shown as such, not hidden
#[test]
fn who_may_not_look_into_an_object_is_told_whose_it_is_and_that_it_is_held() {
    let space = Space::new();
    let _keeper = space.keep(&["create", "x", "--size", "4096"]);
    std::fs::set_permissions(space.names().join("x"), std::fs::Permissions::from_mode(0o000)).unwrap();
    let (status, told, _) = as_a_stranger(&space, &["who", "x"]);
    assert_eq!(status, Some(0), "somebody holds it: {told}");
    for part in [
        r"Local\x belongs to ",
        "(mode 000)",
        "a handle to it is open",
        "sudo filemap who ",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let (_, told, _) = as_a_stranger(&space, &["who", "x", "--json"]);
    assert_eq!(json(&told)["denied"][0]["handles"], 1, "{told}");
    let (_, told, _) = as_a_stranger(&space, &["tree"]);
    assert!(
        told.contains("may not look into it") && !told.contains("no object"),
        "{told}"
    );
    let (_, _, told) = as_a_stranger(&space, &["ls"]);
    assert!(
        told.contains(r"Local\x (") && told.contains("it belongs to "),
        "{told}"
    );
    for arguments in [
        &["stat", "x"][..],
        &["can", "root", "x", "read", "--in-session", "5"],
    ] {
        let (status, _, told) = as_a_stranger(&space, arguments);
        assert!(
            status == Some(1) && told.contains("ERROR_ACCESS_DENIED, 5"),
            "{arguments:?}: {told}"
        );
    }
    let (_, told, _) = as_a_stranger(&space, &["doctor", "x"]);
    assert!(
        told.contains("ERROR_ACCESS_DENIED, 5"),
        "not 2: it is there: {told}"
    );
}

// I-27, I-29: no permission is shown as such
#[test]
fn a_process_that_may_not_be_looked_into_is_told_as_such() {
    let space = Space::new();
    let keeper = space.keep(&["create", "x", "--size", "4096"]);
    let pid = keeper.pid().to_string();
    if !filemap_testing::is_root() {
        // One's own process may be looked into; that of somebody else is root's first one.
        let told = space.run(&["who", "1"]);
        assert!(
            told.stderr.contains("process 1 may not be looked into"),
            "{told:?}"
        );
        return;
    }
    for arguments in [
        &["who", &*pid][..],
        &["handles", "--pid", &pid],
        &["views", "--pid", &pid],
    ] {
        let (status, _, told) = as_a_stranger(&space, arguments);
        assert_eq!(status, Some(1), "{told}");
        let want = format!("process {pid} may not be looked into by this caller");
        assert!(told.contains(&want) && told.contains("as root"), "{told}");
        assert!(!told.contains("man page"), "{told}");
    }
}

// I-27: a process that /proc hides is not told to have nothing
#[test]
fn a_process_that_proc_hides_is_told_as_one_that_may_not_be_looked_into() {
    let space = Space::new();
    let keeper = space.keep(&["create", "x", "--size", "4096"]);
    let pid = keeper.pid().to_string();
    if !filemap_testing::is_root() {
        filemap_testing::skip!("a mount name space and another user need root");
    }
    let (seen, ..) = as_a_stranger(&space, &["explain", "5"]); // makes the program that others may run
    assert_eq!(seen, Some(0));
    let script = "mount -t proc -o hidepid=invisible proc /proc && exec setpriv --reuid 65534 --regid 65534 \
                  --clear-groups ./filemap \"$@\"";
    let hidden = |arguments: &[&str]| {
        let mut unshare = space.command("unshare");
        unshare.args(["-m", "bash", "-c", script, "bash"]).args(arguments);
        let out = unshare.output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (out.status.code(), text(&out.stdout), text(&out.stderr))
    };
    let (status, told, why) = hidden(&["doctor", "--json"]);
    if status == Some(32) {
        filemap_testing::skip!("this system lets nobody mount /proc: {why}");
    }
    let facts = json(&told)["environment"].clone();
    let facts = facts.as_array().unwrap();
    let fact = facts.iter().find(|fact| fact["fact"] == "inspection").unwrap();
    assert_eq!(fact["standing"], "limited", "{fact}");
    for arguments in [
        &["who", &*pid][..],
        &["handles", "--pid", &pid],
        &["views", "--pid", &pid],
    ] {
        let (status, _, why) = hidden(arguments);
        assert_eq!(status, Some(1), "{arguments:?}: {why}");
        assert!(why.contains("may not be looked into"), "{why}");
    }
}
