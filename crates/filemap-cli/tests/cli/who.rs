//! What `who` takes its argument for, views of files, and objects that are cut off while somebody looks.

use crate::inspect::json;
use crate::space::Space;

// I-13: a name may have a slash in it or be a number, and a file may have none
#[test]
fn names_with_slashes_names_that_are_numbers_and_files_without_slashes_are_found() {
    let space = Space::new();
    let slash = space.keep(&["create", r"Local\a/b", "--size", "4096"]);
    let number = space.keep(&["create", "4194305", "--size", "4096"]);
    for (what, keeper) in [
        (r"Local\a/b", &slash),
        (r"LOCAL\A/B", &slash),
        ("a/b", &slash),
        (r"Local\4194305", &number),
        ("4194305", &number),
    ] {
        let told = json(&space.ok(&["who", what, "--json"]));
        assert_eq!(told["about"], "name", "{what}");
        assert_eq!(told["found"][0]["handles"][0]["pid"], keeper.pid(), "{what}");
    }
    // A process that there is, and a file that there is, come first.
    let own = slash.pid().to_string();
    let _twin = space.keep(&["create", &own, "--size", "4096"]);
    assert_eq!(json(&space.ok(&["who", &own, "--json"]))["about"], "process");
    let path = space.file("app.log", &[7; 65536]);
    let log = space.keep(&["create", "log", "--file", "app.log", "--protect", "readonly"]);
    for what in ["app.log", "./app.log", path.to_str().unwrap()] {
        let told = json(&space.ok(&["who", what, "--json"]));
        assert_eq!(
            (&told["about"], &told["found"][0]["handles"][0]["pid"]),
            (&"file".into(), &log.pid().into()),
            "{what}"
        );
        let told = space.ok(&["who", what]);
        assert!(told.starts_with(&format!("file {}", path.display())), "{told}");
    }
    // An object comes before a file that is called so without a slash.
    let _named = space.keep(&["create", "app.log", "--size", "4096"]);
    assert_eq!(json(&space.ok(&["who", "app.log", "--json"]))["about"], "name");
    // What is not there as anything is told as what it looks like.
    for (what, code) in [
        ("./nothing", "there is no such file"),
        ("nothing", "nobody holds an object of that name here"),
        (r"Local\no/thing", "nobody holds an object of that name here"),
        ("4194306", "there is no process 4194306"),
    ] {
        let done = space.run(&["who", what]);
        assert_eq!(done.status, Some(1));
        assert!(done.stderr.contains(code), "{done:?}");
    }
}

// the environment sentence: what does not work about the machine is no less wrong than a finding
#[test]
fn a_doctor_who_finds_the_machine_wrong_does_not_say_that_nothing_is() {
    let space = Space::new();
    let Some(text) = space.doctor_with_own_shm("size=32m,ro", false) else {
        filemap_testing::skip!("a mount name space needs root and unshare(1)");
    };
    assert!(
        text.contains("wrong: the file system of the tree is read-only"),
        "{text}"
    );
    assert!(!text.contains("nothing is wrong"), "{text}");
}

// I-5, I-20, I-21: views of an object that is a disk file, also when the file has no name any more
#[test]
fn views_of_files_are_listed_by_object_and_process_and_a_deleted_file_is_told() {
    use std::io::BufRead;
    let space = Space::new();
    let path = space.file("app.log", &[7; 65536]);
    let keeper = space.keep(&["create", "log", "--file", "app.log", "--protect", "readonly"]);
    let mut watch = space.filemap(&["watch", "log"]);
    let mut watch = watch.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    std::io::BufReader::new(watch.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    let pid = watch.id();
    let backing = || {
        let told = space.ok(&["stat", "log"]);
        told.lines()
            .find(|line| line.starts_with("backing"))
            .unwrap()
            .to_owned()
    };
    assert!(
        backing().ends_with(&format!("the file {}", path.display())),
        "{}",
        backing()
    );
    for is_deleted in [false, true] {
        for arguments in [
            &["views", "log", "--json"][..],
            &["views", "--json", "--pid", &pid.to_string()],
        ] {
            let told = json(&space.ok(arguments));
            let row = &told["rows"][0];
            assert_eq!(
                (&row["object"], &row["pid"], &row["len"]),
                (&r"Local\log".into(), &pid.into(), &65536.into()),
                "{is_deleted}: {arguments:?}: {told}"
            );
        }
        let told = json(&space.ok(&["who", &pid.to_string(), "--json"]));
        assert_eq!(told["found"][0]["views"][0]["len"], 65536, "{told}");
        if !is_deleted {
            std::fs::remove_file(&path).unwrap();
        }
    }
    assert!(backing().contains("deleted or replaced"), "{}", backing());
    space.file("app.log", b"another");
    assert!(backing().contains("deleted or replaced"), "{}", backing());
    // What somebody else has mapped, nobody has alone.
    let alone = json(&space.run(&["doctor", "--json"]).stdout)["alone"].clone();
    assert_eq!(alone.as_array().unwrap().len(), 0, "{alone}");
    watch.kill().unwrap();
    watch.wait().unwrap();
    drop(keeper);
}

// I-31, V-57: memory that is cut off while somebody looks ends nobody
#[test]
fn an_object_that_is_cut_off_while_it_is_watched_ends_no_watch_and_is_told_as_damaged() {
    use std::io::BufRead;
    let space = Space::new();
    let _keeper = space.keep(&["create", "x", "--size", "64K", "--text", "hello"]);
    let mut watch = space.filemap(&["watch", "x", "--count", "2", "--every", "1ms"]);
    let mut watch = watch.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut out = std::io::BufReader::new(watch.stdout.take().unwrap());
    let mut line = String::new();
    while !line.starts_with("00010000") {
        line.clear();
        out.read_line(&mut line).unwrap();
    }
    let file = std::fs::OpenOptions::new()
        .write(true)
        .open(space.names().join("x"))
        .unwrap();
    file.set_len(0).unwrap();
    line.clear();
    out.read_line(&mut line).unwrap();
    assert!(
        line.contains("0x00000000: 68 65 6c 6c 6f -> 00 00 00 00 00"),
        "{line}"
    );
    assert!(watch.wait().unwrap().success(), "no SIGBUS");
    let told = space.run(&["ls"]);
    assert!(
        told.stderr.contains(r"Local\x (") && told.stderr.contains("damaged"),
        "{told:?}"
    );
    for command in ["stat", "hexdump", "save"] {
        let mut arguments = vec![command, "x"];
        arguments.extend((command == "save").then_some("x.raw"));
        let done = space.run(&arguments);
        assert_eq!(done.status, Some(1), "{done:?}");
        assert!(done.stderr.contains("ERROR_FILE_CORRUPT, 1392"), "{done:?}");
    }
}
