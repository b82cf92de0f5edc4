//! `watch` and `hexdump` on terminals of every kind, of objects of every size, and `top` where it can't be.

use crate::inspect::json;
use crate::lists::{read_terminal, terminal};
use crate::space::Space;
use std::process::Stdio;

/// What a command shows on a terminal of so many columns, and with which status it ends.
fn on_terminal(space: &Space, columns: u16, env: &[(&str, &str)], arguments: &[&str]) -> String {
    let (mut ours, theirs) = terminal(columns);
    let mut command = space.filemap(arguments);
    command.env("TERM", "xterm-256color").env_remove("NO_COLOR");
    command.envs(env.iter().copied());
    let mut child = command.stdout(theirs).spawn().unwrap();
    drop(command);
    read_terminal(&mut ours, &mut child)
}

/// Without the sequences that move the cursor, erase and colour.
fn plain(shown: &str) -> String {
    let mut text = String::new();
    for part in shown.split("\x1b[") {
        let end = part
            .find(|c: char| c.is_ascii_alphabetic())
            .map_or(0, |at| at + 1);
        text.push_str(if text.is_empty() && !shown.starts_with('\x1b') {
            part
        } else {
            &part[end..]
        });
    }
    text.replace('\r', "")
}

#[test]
fn a_watched_object_fits_terminals_of_20_to_200_columns_and_says_what_has_no_room() {
    let space = Space::new();
    let _keeper = space.keep(&["create", "frames", "--size", "64K", "--text", "hello"]);
    space.file(
        "layout.toml",
        "[[field]]\nname = \"a long name of a value \u{5171}\u{5171}\"\ntype = \"text\"\nlen = 64\n[[field]]\nname = \
         \"many\"\ntype = \"u8\"\ncount = 40\n"
            .as_bytes(),
    );
    for columns in [20, 33, 40, 57, 58, 78, 80, 200] {
        for arguments in [
            &["watch", "frames", "--count", "1"][..],
            &["watch", "frames", "--count", "1", "--layout", "layout.toml"],
        ] {
            let shown = on_terminal(&space, columns, &[], arguments);
            let plain = plain(&shown);
            for line in plain.lines() {
                let width = unicode_width::UnicodeWidthStr::width(line);
                assert!(
                    width <= usize::from(columns),
                    "{arguments:?} on {columns}: {line:?}"
                );
            }
            // The terminal has 24 lines, and nothing scrolls.
            assert!(plain.lines().count() < 24, "{plain}");
            assert!(plain.contains(" more "), "{arguments:?} on {columns}: {plain}");
        }
    }
    let shown = plain(&on_terminal(
        &space,
        40,
        &[],
        &["watch", "frames", "--count", "1"],
    ));
    assert!(
        shown.contains("00000000  68 65 6c 6c 6f 00 00 00\n00000008  00 "),
        "{shown}"
    );
    let shown = plain(&on_terminal(
        &space,
        50,
        &[],
        &["watch", "frames", "--count", "1"],
    ));
    assert!(
        shown.contains("00000000  68 65 6c 6c 6f 00 00 00  |hello...|\n"),
        "{shown}"
    );
}

// the words of the issue: changed fields are marked, also for those who want no colours
#[test]
fn changes_are_marked_on_a_terminal_with_and_without_colours() {
    let space = Space::new();
    let _keeper = space.keep(&["create", "frames", "--size", "4096", "--text", "A"]);
    for (no_color, mark) in [("", "\x1b[1;33m42\x1b[0m"), ("1", "\x1b[7m42\x1b[0m")] {
        space.ok(&["write", "frames", "--text", "A"]);
        let (mut ours, theirs) = terminal(80);
        let mut command = space.filemap(&["watch", "frames", "--count", "2", "--every", "1ms"]);
        command.env("TERM", "xterm").env("NO_COLOR", no_color);
        let mut child = command.stdout(theirs).spawn().unwrap();
        drop(command);
        // Its first screen.
        let mut first = [0; 64];
        std::io::Read::read_exact(&mut ours, &mut first).unwrap();
        space.ok(&["write", "frames", "--text", "B"]);
        let shown = read_terminal(&mut ours, &mut child);
        assert!(shown.contains(mark), "{no_color:?}: {shown:?}");
    }
}

#[test]
fn a_terminal_that_can_t_move_its_cursor_gets_lines_and_no_escapes() {
    let space = Space::new();
    let _keeper = space.keep(&["create", "frames", "--size", "4096", "--text", "hello"]);
    let dumb = [("TERM", "dumb")];
    let shown = on_terminal(&space, 80, &dumb, &["watch", "frames", "--count", "1"]);
    assert!(
        shown.starts_with("00000000  68 65 6c 6c 6f ") && !shown.contains('\x1b'),
        "{shown:?}"
    );
    // The browser says so and draws nothing.
    let (_ours, input) = terminal(80);
    let (mut ours, theirs) = terminal(80);
    let mut command = space.filemap(&["top"]);
    command.env("TERM", "dumb").stdin(input).stdout(theirs);
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    drop(command);
    let mut said = String::new();
    std::io::Read::read_to_string(child.stderr.as_mut().unwrap(), &mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(said.contains("TERM says dumb"), "{said}");
    let mut shown = Vec::new();
    let _ = std::io::Read::read_to_end(&mut ours, &mut shown); // EIO: nobody has the other end any more
    assert!(shown.is_empty(), "{shown:?}");
}

// bad input: an object that is larger than memory
#[test]
fn a_hexdump_takes_the_same_memory_for_any_object_and_a_watch_of_too_much_is_refused() {
    let space = Space::new();
    let _large = space.keep(&["create", "large", "--size", "64M", "--text", "hello"]);
    // Data of this process: mappings of the object are none.
    let done = space.bash("ulimit -d 40000 && $F hexdump large");
    assert_eq!((done.status, &*done.stderr), (Some(0), ""), "{done:?}");
    assert!(
        done.stdout.starts_with("00000000  68 65 6c 6c 6f ") && done.stdout.ends_with("*\n04000000\n"),
        "{}",
        done.stdout
    );
    let _reserved = space.keep(&["create", "reserved", "--size", "1G", "--sec", "reserve"]);
    let refused = space.run(&["watch", "reserved", "--count", "1"]);
    assert_eq!(refused.status, Some(1));
    assert!(refused.stderr.contains("--offset and --len"), "{refused:?}");
    let part = space.ok(&[
        "watch", "reserved", "--count", "1", "--offset", "512M", "--len", "16",
    ]);
    assert!(part.starts_with("20000000  00 00 "), "{part}");
}

// bad input: times and speeds that clocks do not have
#[test]
fn times_that_never_end_are_taken_for_long_ones_and_odd_speeds_are_refused() {
    let space = Space::new();
    let keeper = space.keep(&["create", "x", "--size", "4096", "--for", "500000000000years"]);
    let watch = [
        "watch",
        "x",
        "--len",
        "16",
        "--for",
        "500000000000years",
        "--every",
        "500000000000years",
        "--count",
        "1",
    ];
    assert!(space.ok(&watch).starts_with("00000000"));
    drop(keeper);
    for speed in ["nan", "-1", "inf", "fast"] {
        let done = space.run(&["watch", "--replay", "r.jsonl", &format!("--speed={speed}")]);
        assert_eq!(done.status, Some(2), "{done:?}");
        assert!(done.stderr.contains("0 is at once"), "{done:?}");
    }
}

#[test]
fn what_is_saved_replaces_no_device_and_what_is_compared_has_a_length() {
    let space = Space::new();
    let _keeper = space.keep(&["create", "frames", "--size", "4096", "--text", "hello"]);
    let pipe = space.dir.path().join("pipe");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &pipe,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o600),
        0,
    )
    .unwrap();
    for force in [&[][..], &["--force"]] {
        let done = space.run(&[&["save", "frames", "pipe"], force].concat());
        assert_eq!(done.status, Some(1));
        assert!(done.stderr.contains("no ordinary file"), "{done:?}");
    }
    use std::os::unix::fs::FileTypeExt;
    assert!(pipe.metadata().unwrap().file_type().is_fifo());
    let done = space.run(&["diff", "frames", "."]);
    assert!(
        done.status == Some(1) && done.stderr.contains("no ordinary file"),
        "{done:?}"
    );
    // A file that ends in the object's last page is the same only if nothing but zeros follows.
    space.file("short", b"hello");
    let same = space.run(&["diff", "frames", "short", "--json"]);
    assert_eq!(
        (same.status, &json(&same.stdout)["same"]),
        (Some(0), &true.into())
    );
    space.ok(&["write", "frames", "--offset", "4000", "--text", "x"]);
    let other = space.run(&["diff", "frames", "short", "--json"]);
    assert_eq!(
        (other.status, &json(&other.stdout)["same"]),
        (Some(1), &false.into())
    );
    // An object that is a file has its length to the byte.
    space.file("three", b"abc");
    space.file("five", b"abcde");
    let _file = space.keep(&["create", "file", "--file", "three", "--protect", "readonly"]);
    assert_eq!(space.run(&["diff", "file", "three"]).status, Some(0));
    assert_eq!(space.run(&["diff", "file", "five"]).status, Some(1));
}

// V-50: an object of which only a part is committed has no bytes elsewhere, and takes no place in a file
#[test]
fn an_object_that_is_not_committed_is_saved_with_holes_compared_and_dumped_as_zeros() {
    let space = Space::new();
    let _keeper = space.keep(&["create", "arena", "--size", "16M", "--sec", "reserve"]);
    space.file("word", b"hello");
    space.ok(&["load", "word", "arena", "--offset", "8192"]);
    space.ok(&["save", "arena", "arena.raw"]);
    let saved = std::fs::read(space.dir.path().join("arena.raw")).unwrap();
    assert_eq!(saved.len(), 16 << 20);
    assert_eq!(&saved[8192..8197], b"hello");
    assert!(saved[..8192].iter().chain(&saved[8197..]).all(|byte| *byte == 0));
    use std::os::unix::fs::MetadataExt;
    let blocks = space.dir.path().join("arena.raw").metadata().unwrap().blocks();
    assert!(
        blocks * 512 < 4 << 20,
        "{blocks} blocks: what is not committed is a hole"
    );
    assert_eq!(space.ok(&["diff", "arena", "arena.raw"]), "");
    assert_eq!(
        space.ok(&["hexdump", "arena"]),
        "00000000  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|\n*\n\
         00002000  68 65 6c 6c 6f 00 00 00  00 00 00 00 00 00 00 00  |hello...........|\n\
         00002010  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|\n*\n01000000\n"
    );
    space.file("other", &[1]);
    space.ok(&["load", "other", "arena", "--offset", "1M"]);
    let diff = space.run(&["diff", "arena", "arena.raw"]);
    assert_eq!(diff.status, Some(1));
    assert!(
        diff.stdout.starts_with("0x00100000 1 bytes: 01 in the object"),
        "{diff:?}"
    );
}

// columns that fit: by what is shown of a name, not by what its file is called
#[test]
fn columns_of_ls_stand_below_each_other_whatever_the_names_are() {
    use unicode_width::UnicodeWidthStr;
    let space = Space::new();
    let names = [
        "plain",
        "\u{1b}[31mred\u{7}",
        "100%",
        "帧缓冲区帧缓冲区",
        "\u{202e}turned",
    ];
    let _keepers: Vec<_> = names
        .iter()
        .map(|name| space.keep(&["create", &format!(r"Local\{name}"), "--size", "4096"]))
        .collect();
    for arguments in [&["ls"][..], &["ls", "--sort", "size"]] {
        let listed = space.run(arguments).stdout;
        let column = |line: &str, what| line.find(what).map(|at| line[..at].width());
        let (head, rows) = listed.split_once('\n').unwrap();
        let want = column(head, "KIND").expect(head);
        assert_eq!(rows.lines().count(), names.len(), "{listed}");
        for row in rows.lines() {
            assert_eq!(column(row, "file mapping"), Some(want), "{listed}");
        }
        // And no wider than that: two spaces stand behind the widest.
        let widest = rows.lines().filter_map(|row| row.split_once("  "));
        assert_eq!(
            widest.map(|(name, _)| name.width()).max(),
            Some(want - 2),
            "{listed}"
        );
    }
}
