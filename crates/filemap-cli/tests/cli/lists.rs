//! `ls` and `sweep`.

use crate::space::Space;
use serde_json::Value;
use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::process::{Child, Stdio};

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

#[test]
fn live_objects_are_listed_with_size_protection_and_holders() {
    let space = Space::new();
    assert_eq!(space.ok(&["ls"]), "");
    let a = space.keep(&["create", r"Local\frames", "--size", "64K"]);
    let b = space.keep(&["hold", "frames"]);
    space.file("app.log", b"one");
    let c = space.keep(&[
        "create",
        r"Global\log",
        "--file",
        "app.log",
        "--protect",
        "readonly",
    ]);
    let (first, second) = (a.pid().min(b.pid()), a.pid().max(b.pid()));
    // In the order of /proc, which is that of the numbers.
    let holders = format!("{first} filemap, {second} filemap");
    let listed = space.ok(&["ls"]);
    let lines: Vec<Vec<&str>> = listed
        .lines()
        .map(|line| {
            line.split("  ")
                .map(str::trim)
                .filter(|cell| !cell.is_empty())
                .collect()
        })
        .collect();
    let log = format!("{} filemap", c.pid());
    assert_eq!(
        lines,
        [
            vec!["NAME", "KIND", "SIZE", "PROTECTION", "HOLDERS"],
            vec![r"Global\log", "file mapping", "3", "PAGE_READONLY", &log],
            vec![
                r"Local\frames",
                "file mapping",
                "65536",
                "PAGE_READWRITE",
                &holders
            ],
        ]
    );
    let answer = json(&space.ok(&["ls", "--json"]));
    let objects = answer["objects"].as_array().unwrap();
    assert_eq!(objects.len(), 2);
    let frames = &objects[1];
    assert_eq!(
        (&frames["name"], &frames["kind"]),
        (&r"Local\frames".into(), &"file mapping".into())
    );
    assert_eq!(
        (&frames["size"], &frames["protection"]),
        (&65536.into(), &"PAGE_READWRITE".into())
    );
    assert_eq!(
        (&frames["sections"][0], &frames["file"]),
        (&"SEC_COMMIT".into(), &Value::Null)
    );
    assert_eq!(
        (&frames["creator"]["pid"], &frames["creator"]["session"]),
        (&a.pid().into(), &5.into())
    );
    let pids: Vec<u64> = frames["holders"]
        .as_array()
        .unwrap()
        .iter()
        .map(|h| h["pid"].as_u64().unwrap())
        .collect();
    assert_eq!(pids, [u64::from(first), u64::from(second)]);
    assert_eq!(
        objects[0]["file"],
        space.dir.path().join("app.log").to_str().unwrap()
    );
}

#[test]
fn columns_fit_the_terminal() {
    let space = Space::new();
    let name = format!(r"Local\{}", "long".repeat(20));
    let _keeper = space.keep(&["create", &name, "--size", "64K"]);
    let (mut ours, theirs) = terminal(72);
    let mut child = space
        .filemap(&["ls"])
        .env("NO_COLOR", "1")
        .stdout(theirs)
        .spawn()
        .unwrap();
    let shown = read_terminal(&mut ours, &mut child);
    assert!(shown.contains("PAGE_READWRITE"), "{shown}");
    for line in shown.lines() {
        assert!(line.chars().count() <= 72, "{line:?}");
    }
    // Not a terminal: one line each, whatever the width.
    assert!(space.ok(&["ls"]).lines().nth(1).unwrap().contains(&name));
}

#[test]
fn dead_entries_are_told_and_swept_with_their_memory_and_live_ones_stay() {
    let space = Space::new();
    let _live = space.keep(&["create", "live", "--size", "64K"]);
    // More than what the first user of a directory tidies up by the way.
    let dead: Vec<_> = (0..20)
        .map(|n| space.keep(&["create", &format!("dead{n}"), "--size", "64K"]))
        .collect();
    dead.into_iter().for_each(crate::space::Keeper::kill);
    let done = space.run(&["ls"]);
    assert_eq!(
        done.stderr,
        "filemap: 20 dead entries; `filemap sweep` takes them away\n"
    );
    assert_eq!(done.stdout.lines().count(), 2, "the header and one live object");
    let answer = json(&space.ok(&["sweep", "--json"]));
    assert_eq!(
        (&answer["removed"], &answer["live"], &answer["kept"]),
        (&20.into(), &1.into(), &0.into())
    );
    assert!(answer["bytes"].as_u64().unwrap() >= 20 * 65536, "{answer}");
    assert_eq!(space.entries(), ["live"]);
    assert_eq!(
        space.ok(&["sweep"]),
        "0 dead entries removed, 0 bytes freed; 1 live\n"
    );
}

#[test]
fn a_file_that_is_no_object_is_shown_and_left_alone() {
    let space = Space::new();
    let _live = space.keep(&["create", "live", "--size", "64K"]);
    let path = space.names().join("junk");
    std::fs::write(&path, b"not an object").unwrap();
    let done = space.run(&["ls"]);
    assert_eq!(done.status, Some(0));
    assert!(
        done.stderr
            .starts_with(&format!(r"filemap: Local\junk ({}): ", path.display())),
        "{done:?}"
    );
    let answer = json(&space.ok(&["ls", "--json"]));
    assert_eq!(answer["oddities"][0]["path"], path.to_str().unwrap());
}

/// A terminal of so many columns: our end, and the one for a child.
pub(crate) fn terminal(columns: u16) -> (File, Stdio) {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    let ours: OwnedFd =
        openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).expect("a terminal");
    grantpt(&ours).expect("own terminal");
    unlockpt(&ours).expect("own terminal");
    let path = ptsname(&ours, Vec::new()).expect("own terminal");
    let size = rustix::termios::Winsize {
        ws_row: 24,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    rustix::termios::tcsetwinsize(&ours, size).expect("own terminal");
    let flags = rustix::fs::OFlags::RDWR | rustix::fs::OFlags::NOCTTY | rustix::fs::OFlags::CLOEXEC;
    let theirs = rustix::fs::open(path, flags, rustix::fs::Mode::empty()).expect("own terminal");
    (File::from(ours), Stdio::from(theirs))
}

/// All that a child shows on the terminal until it ends.
pub(crate) fn read_terminal(ours: &mut File, child: &mut Child) -> String {
    let mut shown = Vec::new();
    // Reading fails with EIO once the child, the last who has the other end, is gone.
    let _ = ours.read_to_end(&mut shown);
    assert!(child.wait().expect("own child").success());
    String::from_utf8_lossy(&shown).replace("\r\n", "\n")
}
