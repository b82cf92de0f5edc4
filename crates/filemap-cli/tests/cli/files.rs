//! Files as shared memory: `create --file`, `--protect`, `--sec`.

use crate::space::Space;
use std::fs;

const NAME: &str = r"Local\log";

#[test]
fn what_is_written_through_the_name_is_in_the_file() {
    let space = Space::new();
    let path = space.file("app.log", b"one two three");
    let keeper = space.keep(&["create", NAME, "--file", "app.log"]);
    assert_eq!(
        keeper.said,
        "filemap: Local\\log is ready: 13 bytes, PAGE_READWRITE, kept until a signal or the end of input\n"
    );
    assert_eq!(space.ok(&["read", NAME]), "one two three");
    space.ok(&["write", NAME, "--offset", "4", "--text", "TWO"]);
    assert_eq!(fs::read(path).unwrap(), b"one TWO three");
}

#[test]
fn a_file_grows_to_the_size_only_if_it_may_be_written_m24_m25() {
    let space = Space::new();
    let path = space.file("app.log", b"one");
    space.fails(
        &["create", NAME, "--file", "app.log", "--size", "100", "--protect", "readonly"],
        "create file mapping Local\\log: the file has 3 bytes, 100 were asked for, and this protection may not grow it \
         (ERROR_NOT_ENOUGH_MEMORY, 8); ask size 0, set the file's length first (SetFilePointer and SetEndOfFile), or use \
         PAGE_READWRITE",
    );
    assert_eq!(fs::metadata(&path).unwrap().len(), 3);
    let _keeper = space.keep(&["create", NAME, "--file", "app.log", "--size", "100"]);
    assert_eq!(fs::metadata(&path).unwrap().len(), 100);
}

#[test]
fn every_protection_can_be_asked_for_and_limits_views_m12_v12() {
    let space = Space::new();
    space.file("app.log", b"one");
    let rows = [
        ("readonly", "PAGE_READONLY", false),
        ("readwrite", "PAGE_READWRITE", true),
        ("writecopy", "PAGE_WRITECOPY", false),
        ("execute-read", "PAGE_EXECUTE_READ", false),
        ("execute-readwrite", "PAGE_EXECUTE_READWRITE", true),
        ("execute-writecopy", "PAGE_EXECUTE_WRITECOPY", false),
    ];
    for (option, constant, may_write) in rows {
        let keeper = space.keep(&["create", NAME, "--file", "app.log", "--protect", option]);
        assert!(
            keeper.said.contains(&format!("3 bytes, {constant}, ")),
            "{}",
            keeper.said
        );
        assert_eq!(space.ok(&["read", NAME]), "one");
        if may_write {
            space.ok(&["write", NAME, "--text", "one"]);
        } else {
            space.fails(
                &["write", NAME, "--text", "one"],
                &format!(
                    "map a view of Local\\log: the object was created with {constant}, which does not allow a \
                     PAGE_READWRITE view (ERROR_INVALID_PARAMETER, 87); create it with PAGE_READWRITE"
                ),
            );
        }
        keeper.kill();
    }
}

#[test]
fn section_flags_that_exclude_each_other_are_refused_m14() {
    let space = Space::new();
    let done = space.run(&["create", NAME, "--size", "4096", "--sec", "commit,reserve"]);
    assert_eq!(done.status, Some(1));
    assert!(
        done.stderr
            .starts_with("filemap: create file mapping Local\\log: these SEC_ flags do not go together: 0xc000000 (ERROR_INVALID_PARAMETER, 87); "),
        "{done:?}"
    );
    let done = space.run(&[
        "create",
        NAME,
        "--size",
        "4096",
        "--sec",
        "commit,nocache",
        "--for",
        "0s",
    ]);
    assert_eq!(done.status, Some(0), "{done:?}");
}

#[test]
fn what_is_no_ordinary_file_is_refused_and_nothing_hangs_m5_m23() {
    let space = Space::new();
    let made = space.bash("mkfifo fifo; mkdir dir; : >empty");
    assert_eq!(made.status, Some(0));
    let create = |file: &str, rest: &str| {
        space.fails(&["create", NAME, "--file", file], rest);
    };
    create(
        "missing",
        "open file missing: there is no such file, open said errno 2 (ERROR_FILE_NOT_FOUND, 2); check the path, or make the \
         file first",
    );
    create(
        "dir",
        "open file dir: a directory can't be mapped, open said errno 21 (ERROR_BAD_EXE_FORMAT, 193); use an ordinary file",
    );
    create(
        "empty",
        "create file mapping Local\\log: an empty file can't be mapped (ERROR_FILE_INVALID, 1006); give a size with \
         PAGE_READWRITE, or skip empty files",
    );
    create(
        "fifo",
        "create file mapping Local\\log: a pipe can't be mapped (ERROR_BAD_EXE_FORMAT, 193); use an ordinary file",
    );
}
