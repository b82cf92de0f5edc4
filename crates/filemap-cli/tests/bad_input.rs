//! What a person can type wrong: the documented number, the place of the mistake, and nothing created. O-63..O-66, F-3,
//! A-30..A-34, P-30, N-2.

use filemap_testing::private_root;
use std::path::Path;
use std::process::Command;

const FILEMAP: &str = env!("CARGO_BIN_EXE_filemap");

/// Exit status and standard error.
fn filemap(root: &Path, env: &[(&str, &str)], args: &[&str]) -> (i32, String) {
    let out = Command::new(FILEMAP)
        .args(args)
        .env("FILEMAP_ROOT", root)
        .env("FILEMAP_SESSION", "1")
        .env_remove("FILEMAP_PLATFORM")
        .envs(env.iter().copied())
        .output()
        .expect("the command");
    assert!(
        out.stdout.is_empty(),
        "{args:?}: {}",
        String::from_utf8_lossy(&out.stdout)
    );
    let errors = String::from_utf8_lossy(&out.stderr).into_owned();
    (out.status.code().expect("no signal"), errors)
}

/// All that there is below a directory.
fn entries(below: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(below).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(entries(&path));
        }
        found.push(path.display().to_string());
    }
    found
}

#[track_caller]
fn refused(env: &[(&str, &str)], args: &[&str], code: u32, words: &str) {
    let root = private_root();
    let (status, errors) = filemap(root.path(), env, args);
    assert_eq!(status, 1, "{args:?}: {errors}");
    assert!(errors.contains(&format!(", {code})")), "{args:?}: {errors}");
    assert!(errors.contains(words), "{args:?}: {errors}");
    assert_eq!(errors.lines().count(), 1, "{errors}");
    let left = entries(root.path());
    let made: Vec<_> = left.iter().filter(|path| Path::new(path).is_file()).collect();
    assert!(made.is_empty(), "{args:?} made {made:?}");
}

// O-65, O-66, F-3, N-2
#[test]
fn a_wrong_name_is_told_with_the_byte_at_fault() {
    for (name, code, words) in [
        (r"Global\", 123, "at byte 7 of the name"),
        (r"Local\\x", 123, "at byte 6 of the name"),
        (r"\x", 161, "must not begin with a backslash"),
        (r"global\x", 3, "at byte 0 of the name: `global`"),
        (r"Local\a\b", 3, "at byte 6 of the name: `a`"),
        (r"Session\x\y", 3, "at byte 8 of the name: `x`"),
        (r"Session\-1\y", 3, "at byte 8 of the name: `-1`"),
        (
            r"Session\99\y",
            3,
            "at byte 8 of the name: there is no session 99",
        ),
        (r"Session\99999999999\y", 3, "at byte 8 of the name"),
        ("Global", 6, "at byte 0 of the name: `Global`"),
    ] {
        refused(&[], &["create", name, "--size", "1", "--for", "0s"], code, words);
        refused(&[], &["read", name], code, words);
        refused(&[], &["event", "create", name, "--for", "0s"], code, words);
    }
    // Control characters come as escapes, so that a terminal is not led astray.
    refused(&[], &["read", "a\u{1b}[2J\\b"], 3, r"`a\u{1b}[2J`");
    let long = "n".repeat(32_767);
    refused(
        &[],
        &["create", &long, "--size", "1", "--for", "0s"],
        123,
        "32767",
    );
}

// P-30, P-36: the form of names is the platform's.
#[test]
fn a_wrong_name_is_wrong_by_the_rules_of_the_platform() {
    let on = |platform| [("FILEMAP_PLATFORM", platform)];
    let create = |name| ["create", name, "--size", "1", "--for", "0s"];
    refused(
        &on("nt4"),
        &create(r"Local\x"),
        3,
        "at byte 0 of the name: `Local`",
    );
    refused(&on("win95"), &create(r"a\b"), 123, "at byte 1 of the name");
    let long = "n".repeat(261);
    refused(&on("ce"), &create(&long), 123, "261");
}

// A-30..A-34
#[test]
fn malformed_sddl_is_told_with_the_byte_at_fault() {
    for (sddl, code, at) in [
        ("D:(A;;GA;;;WD", 1336, "at byte 2"),
        ("D:(A;;XX;;;WD)", 1336, "at byte 6"),
        ("D:(A;;0xGG;;;WD)", 1336, "at byte 6"),
        ("D:(Z;;GA;;;WD)", 1336, "at byte 3"),
        ("D:(A;;GA;;;ZZ)", 1337, "at byte 11"),
        ("O:S-1-5-", 1337, "at byte 8"),
        ("D:P(A;;GA;;;WD)D:", 1338, "at byte 15"),
        ("rubbish", 1338, "at byte 0"),
    ] {
        refused(
            &[],
            &["create", "x", "--size", "1", "--for", "0s", "--sddl", sddl],
            code,
            at,
        );
        refused(
            &[],
            &[
                "why",
                "x",
                "--as",
                "session=1",
                "--access",
                "read",
                "--sddl",
                sddl,
            ],
            code,
            at,
        );
    }
}

#[test]
fn an_unknown_platform_or_session_is_told_with_what_there_is() {
    let create = ["create", "x", "--size", "1", "--for", "0s"];
    let platforms = "there are win32s, win95, nt351, nt4, win2000, xp, vista, nt, ce";
    for wrong in ["os/2", "xp-sp9", "nt 4.5", "windows"] {
        refused(&[("FILEMAP_PLATFORM", wrong)], &create, 87, platforms);
    }
    for wrong in ["one", "-1", "4294967296", "logon:", "logon:x", "1 "] {
        refused(
            &[("FILEMAP_SESSION", wrong)],
            &create,
            87,
            "is not a session number",
        );
    }
}

// What clap refuses is wrong usage: status 2, and the option is named.
#[test]
fn an_option_that_makes_no_sense_is_named() {
    let root = private_root();
    for (args, words) in [
        (&["--session", "x", "ls"][..], "--session"),
        (&["why", "x", "--as", "platform=os/2"], "--as"),
        (
            &["why", "x", "--as", "session=minus"],
            "`minus` is not a session number",
        ),
        (&["why", "x", "--as", "colour=red"], "--as"),
        (&["why", "x", "--access", "everything"], "--access"),
    ] {
        let (status, errors) = filemap(root.path(), &[], args);
        assert_eq!(status, 2, "{args:?}: {errors}");
        assert!(errors.contains(words), "{args:?}: {errors}");
    }
    assert!(entries(root.path()).is_empty());
}
