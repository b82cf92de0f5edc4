//! Bytes in and out of objects: create, read, write.

use crate::space::Space;
use serde_json::Value;
use std::io::Write;
use std::process::Stdio;

const NAME: &str = r"Local\frames";

#[test]
fn what_one_process_creates_another_reads_m60() {
    let space = Space::new();
    let _keeper = space.keep(&["create", NAME, "--size", "64KiB", "--text", "hello"]);
    assert_eq!(space.ok(&["read", NAME, "--text"]), "hello\n");
    assert_eq!(space.ok(&["read", "frames", "--len", "8"]), "hello\0\0\0");
    assert_eq!(space.ok(&["read", NAME]).len(), 65536);
    assert_eq!(space.ok(&["read", NAME, "--offset", "1", "--len", "3"]), "ell");
}

#[test]
fn a_dump_is_the_one_of_hexdump_and_starts_at_the_offset() {
    let space = Space::new();
    let _keeper = space.keep(&["create", NAME, "--size", "4096", "--text", "hello"]);
    let dump = "00000000  68 65 6c 6c 6f 00 00 00  00 00 00 00 00 00 00 00  |hello...........|\n\
                00000010  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|\n*\n00001000\n";
    assert_eq!(space.ok(&["read", NAME, "--hex"]), dump);
    let part = "00000003  6c 6f                                             |lo|\n00000005\n";
    assert_eq!(
        space.ok(&["read", NAME, "--hex", "--offset", "3", "--len", "2"]),
        part
    );
}

#[test]
fn json_has_the_bytes_and_their_text() {
    let space = Space::new();
    let _keeper = space.keep(&["create", NAME, "--size", "4096", "--text", "hello"]);
    let read = |len| -> Value {
        serde_json::from_str(&space.ok(&["read", NAME, "--len", len, "--json"])).expect("JSON")
    };
    let answer = read("8");
    assert_eq!(answer["name"], NAME);
    assert_eq!(
        (&answer["size"], &answer["offset"], &answer["len"]),
        (&4096.into(), &0.into(), &8.into())
    );
    assert_eq!(
        (&answer["base64"], &answer["text"]),
        (&"aGVsbG8AAAA=".into(), &"hello".into())
    );
    space.file("bytes", &[0xff, 0xfe]);
    space.ok(&["write", NAME, "--from", "bytes"]);
    let answer = read("2");
    assert_eq!(
        (&answer["base64"], &answer["text"]),
        (&"//4=".into(), &Value::Null)
    );
}

#[test]
fn text_a_file_and_standard_input_are_written_at_any_offset() {
    let space = Space::new();
    let _keeper = space.keep(&["create", NAME, "--size", "1M"]);
    assert_eq!(space.ok(&["write", NAME, "--text", "world"]), "");
    assert_eq!(space.ok(&["read", NAME, "--text"]), "world\n");
    // Behind the first 64 KiB, and not on a boundary of them (V-3 is the library's matter, not the user's).
    let photo: Vec<u8> = (0..100_000_u32).map(|n| (n % 251) as u8).collect();
    space.file("photo.raw", &photo);
    space.ok(&["write", NAME, "--offset", "70001", "--from", "photo.raw"]);
    let read = space
        .filemap(&["read", NAME, "--offset", "70001", "--len", "100000"])
        .output()
        .unwrap();
    assert!(read.stdout == photo);
    for form in [["-"].as_slice(), &["--from", "-"]] {
        let mut arguments = vec!["write", NAME, "--offset", "512K"];
        arguments.extend(form);
        let mut child = space.filemap(&arguments).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(form[0].as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
        let read = space.ok(&["read", NAME, "--offset", "512K", "--text"]);
        assert_eq!(read, format!("{}\n", form[0]));
    }
}

#[test]
fn a_pipe_in_place_of_a_file_is_read_to_its_end() {
    let space = Space::new();
    let _keeper = space.keep(&["create", NAME, "--size", "64K"]);
    let done = space.bash("\"$F\" write 'Local\\frames' --from <(printf streamed)");
    assert_eq!((done.status, &*done.stderr), (Some(0), ""));
    assert_eq!(space.ok(&["read", NAME, "--text"]), "streamed\n");
}

#[test]
fn without_a_size_an_object_is_as_large_as_what_it_is_filled_with() {
    let space = Space::new();
    space.file("photo.raw", &[7; 5000]);
    let keeper = space.keep(&["create", "photo", "--from", "photo.raw"]);
    // Whole pages, as always for memory (M-22).
    assert_eq!(
        keeper.said,
        "filemap: photo is ready: 8192 bytes, PAGE_READWRITE, kept until a signal or the end of input\n"
    );
    assert_eq!(space.ok(&["read", "photo"]).len(), 8192);
}

#[test]
fn a_closed_pipe_on_standard_output_is_the_end_and_no_panic() {
    let space = Space::new();
    let _keeper = space.keep(&["create", NAME, "--size", "4M", "--text", "x"]);
    let done = space.bash("\"$F\" read 'Local\\frames' | head -c 1; echo \" ${PIPESTATUS[0]}\"");
    assert_eq!((&*done.stdout, &*done.stderr), ("x 141\n", ""));
}

#[test]
fn an_object_that_exists_is_opened_and_said_to_exist_m40() {
    let space = Space::new();
    let _first = space.keep(&["create", NAME, "--size", "4096", "--text", "first"]);
    let second = space.keep(&["create", NAME, "--size", "1M", "--for", "1h"]);
    assert_eq!(
        second.said,
        "filemap: Local\\frames existed before (ERROR_ALREADY_EXISTS, 183): it keeps its 4096 bytes and PAGE_READWRITE; \
         --new would refuse\n\
         filemap: Local\\frames is ready: 4096 bytes, PAGE_READWRITE, kept for 1h\n"
    );
    assert_eq!(space.ok(&["read", NAME, "--text"]), "first\n");
    space.fails(
        &["create", NAME, "--size", "1M", "--new"],
        "create file mapping Local\\frames: somebody else created an object of that name before, with their size and \
         security (ERROR_ALREADY_EXISTS, 183); open it instead, or find out who holds it: a second instance or a squatter",
    );
}

#[test]
fn reserved_pages_are_told_and_can_be_committed_v50_v51() {
    let space = Space::new();
    let _keeper = space.keep(&[
        "create", NAME, "--size", "64M", "--sec", "reserve", "--text", "hello",
    ]);
    // What create filled is committed.
    assert_eq!(space.ok(&["read", NAME, "--text", "--len", "4096"]), "hello\n");
    space.fails(
        &["write", NAME, "--offset", "1M", "--text", "x"],
        "write to a view of Local\\frames: the page at byte 0 is reserved, not committed (ERROR_NOACCESS, 998); commit it \
         first",
    );
    space.ok(&["write", NAME, "--offset", "1M", "--text", "x", "--commit"]);
    assert_eq!(space.ok(&["read", NAME, "--offset", "1M", "--len", "1"]), "x");
}

#[test]
fn long_copies_show_progress_on_a_terminal_only() {
    let space = Space::new();
    let _keeper = space.keep(&["create", NAME, "--size", "9M"]);
    let (mut terminal, theirs) = crate::lists::terminal(80);
    let mut child = space
        .filemap(&["read", NAME])
        .stdout(Stdio::null())
        .stderr(theirs)
        .spawn()
        .unwrap();
    let shown = crate::lists::read_terminal(&mut terminal, &mut child);
    assert!(shown.contains("reading"), "{shown:?}");
    let done = space.run(&["read", NAME]);
    assert_eq!((done.stdout.len(), &*done.stderr), (9 << 20, ""));
}
