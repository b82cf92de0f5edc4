//! What is said when a call fails (exit status 1) and when the command was used wrongly (2).

use crate::space::{Space, not_found};
use std::io::Write;
use std::process::Stdio;

const NAME: &str = r"Local\frames";

#[test]
fn a_name_that_nobody_holds_is_error_2_for_every_command() {
    let space = Space::new();
    let message = not_found(NAME);
    space.fails(&["read", NAME], &message);
    space.fails(&["write", NAME, "--text", "x"], &message);
    space.fails(&["hold", NAME], &message);
    space.fails(&["client", NAME], &message);
}

#[test]
fn names_that_can_be_no_names_are_refused_o65() {
    let space = Space::new();
    let rows = [
        (
            r"\frames",
            r"\frames: a name must not begin with a backslash; at byte 0 of the name (ERROR_BAD_PATHNAME, 161); drop it",
        ),
        (
            r"Local\",
            r"Local\: the name has an empty part; at byte 6 of the name (ERROR_INVALID_NAME, 123); write one backslash between prefix and name, and a name after it",
        ),
        (
            r"Lokal\x",
            r"Lokal\x: the part before the backslash does not exist; at byte 0 of the name: `Lokal` (ERROR_PATH_NOT_FOUND, 3); write Global\, Local\ or Session\N\ exactly so, or no backslash at all",
        ),
        (
            "Global",
            "Global: this names a directory, not an object; at byte 0 of the name: `Global` (ERROR_INVALID_HANDLE, 6); put a name after the prefix",
        ),
    ];
    for (name, message) in rows {
        space.fails(&["read", name], &format!("open file mapping {message}"));
        space.fails(
            &["create", name, "--size", "1"],
            &format!("create file mapping {message}"),
        );
    }
}

#[test]
fn memory_without_a_size_is_error_87_m21() {
    let space = Space::new();
    space.fails(
        &["create", NAME],
        "create file mapping Local\\frames: shared memory needs a size (ERROR_INVALID_PARAMETER, 87); give a size above 0",
    );
}

#[test]
fn what_goes_beyond_the_object_is_error_5_and_writes_nothing_v4() {
    let space = Space::new();
    let _keeper = space.keep(&["create", NAME, "--size", "4096", "--text", "hello"]);
    let beyond = |end: u64| {
        format!(
            "map a view of Local\\frames: the view would end at byte {end}, the object has 4096 (not a permission problem) \
             (ERROR_ACCESS_DENIED, 5); use length 0 or ask the object for its size; it keeps the first creator's"
        )
    };
    space.fails(&["read", NAME, "--len", "4097"], &beyond(4097));
    space.fails(&["read", NAME, "--offset", "4000", "--len", "97"], &beyond(4097));
    space.fails(
        &["write", NAME, "--offset", "4095", "--text", "xy"],
        &beyond(4097),
    );
    space.file("photo.raw", &[1; 5000]);
    space.fails(&["write", NAME, "--from", "photo.raw"], &beyond(5000));
    assert_eq!(space.ok(&["read", NAME, "--text"]), "hello\n");
    for offset in ["4096", "70000"] {
        let done = space.run(&["read", NAME, "--offset", offset]);
        assert_eq!(done.status, Some(1));
        assert!(done.stderr.contains("(ERROR_ACCESS_DENIED, 5)"), "{done:?}");
    }
}

#[test]
fn of_standard_input_what_fits_is_written_and_the_rest_is_told() {
    let space = Space::new();
    let _keeper = space.keep(&["create", NAME, "--size", "4096"]);
    let mut child = space
        .filemap(&["write", NAME, "--offset", "96", "-"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&[b'x'; 5000]).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "filemap: write to a view of Local\\frames: the view would end at byte 5096, the object has 4096 (not a permission \
         problem); the first 4000 bytes of standard input are written (ERROR_ACCESS_DENIED, 5); use length 0 or ask the \
         object for its size; it keeps the first creator's\n"
    );
    assert_eq!(
        space.ok(&["read", NAME, "--offset", "96", "--text"]),
        format!("{}\n", "x".repeat(4000))
    );
}

#[test]
fn a_file_that_is_not_there_is_told_before_anything_is_created() {
    let space = Space::new();
    space.fails(
        &["create", NAME, "--size", "4096", "--from", "photo.raw"],
        "read file photo.raw: there is no such file, open said errno 2 (ERROR_FILE_NOT_FOUND, 2); check the path, or make \
         the file first",
    );
    assert_eq!(space.entries(), [""; 0]);
}

#[test]
fn control_characters_in_names_do_not_reach_the_terminal() {
    let space = Space::new();
    let evil = "a\u{1b}[2Jb";
    space.fails(&["read", evil], &not_found(r"a\u{1b}[2Jb"));
    let keeper = space.keep(&["create", evil, "--size", "1"]);
    assert_eq!(
        keeper.said,
        "filemap: a\\u{1b}[2Jb is ready: 4096 bytes, PAGE_READWRITE, kept until a signal or the end of input\n"
    );
    let listed = space.ok(&["ls"]);
    assert!(listed.contains(r"a\u{1b}[2Jb "), "{listed}");
    assert!(!listed.contains('\u{1b}'));
}

#[test]
fn a_name_in_another_session_is_hinted_at_n69() {
    let space = Space::new();
    let _keeper = space.keep(&["create", r"Global\frames", "--size", "4096"]);
    let done = space.run(&["read", NAME]);
    assert!(
        done.stderr.contains(
            r"; an object of this name exists in session 0: open Global\frames (ERROR_FILE_NOT_FOUND, 2); "
        ),
        "{done:?}"
    );
}

#[test]
fn a_session_that_is_no_number_is_told() {
    let space = Space::new();
    let output = space
        .filemap(&["ls"])
        .env("FILEMAP_SESSION", "many")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "filemap: open name space FILEMAP_SESSION: \"many\" is not a session number (ERROR_INVALID_PARAMETER, 87); correct \
         the argument\n"
    );
}

#[test]
fn wrong_usage_is_status_2_and_creates_nothing() {
    let space = Space::new();
    let rows: [&[&str]; 13] = [
        &[],
        &["craete", "x"],
        &["create"],
        &["create", "x", "--size", "much"],
        &["create", "x", "--size", "-1"],
        &["create", "x", "--size", "1", "--for", "a while"],
        &["create", "x", "--size", "1", "--for", "1s", "--", "true"],
        &["create", "x", "--size", "1", "--text", "a", "--from", "b"],
        &["create", "x", "--size", "1", "--protect", "guard"],
        &["read", "x", "--hex", "--json"],
        &["write", "x"],
        &["write", "x", "-", "--text", "a"],
        &["--session", "many", "ls"],
    ];
    for arguments in rows {
        let done = space.run(arguments);
        assert_eq!((done.status, &*done.stdout), (Some(2), ""), "{arguments:?}");
        assert!(
            done.stderr.contains("Usage: filemap") || done.stderr.contains("--help"),
            "{done:?}"
        );
    }
    assert_eq!(space.entries(), [""; 0]);
}
