//! `tree`, `stat`, `who`, `handles`, `views`, `hexdump`, `watch`, `diff`, `save`, `load`, `run`: clauses I-1..I-13, I-20..I-31.

use crate::lists::{read_terminal, terminal};
use crate::space::{Keeper, Space};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

pub(crate) fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

/// An object with its creator and another holder.
fn frames(space: &Space) -> (Keeper, Keeper) {
    let a = space.keep(&["create", r"Local\frames", "--size", "64K", "--text", "hello"]);
    let b = space.keep(&["hold", r"Local\frames"]);
    (a, b)
}

// the last sentence of the issue: one command from `filemap --help`
#[test]
fn the_help_shows_how_to_find_out_who_holds_an_object_and_it_does() {
    let space = Space::new();
    let help = space.ok(&["--help"]);
    let line = help
        .lines()
        .find(|line| line.contains(r"filemap who 'Global\X'"))
        .expect("an example");
    let command: Vec<&str> = line.trim().split("  ").next().unwrap().split(' ').collect();
    assert_eq!(command, ["filemap", "who", r"'Global\X'"]);
    let keeper = space.keep(&["create", r"Global\X", "--size", "4096"]);
    let told = space.ok(&["who", r"Global\X"]);
    let row = told
        .lines()
        .find(|line| line.contains("filemap"))
        .unwrap_or_else(|| panic!("{told}"));
    assert!(row.trim_start().starts_with(&keeper.pid().to_string()), "{told}");
}

// I-1, I-2, I-13, I-22
#[test]
fn who_tells_handles_with_access_and_views_with_addresses_by_name_file_and_process() {
    let space = Space::new();
    let (a, b) = frames(&space);
    let answer = json(&space.ok(&["who", "FRAMES", "--json"]));
    let found = &answer["found"][0];
    assert_eq!(found["name"], r"Local\frames");
    let handles: Vec<(u64, &str)> = found["handles"]
        .as_array()
        .unwrap()
        .iter()
        .map(|h| (h["pid"].as_u64().unwrap(), h["access"].as_str().unwrap()))
        .collect();
    let mut want = vec![(u64::from(a.pid()), "0xf0007"), (u64::from(b.pid()), "0x4")];
    want.sort_unstable();
    assert_eq!(handles, want);
    // I-30: a file, by whoever has it mapped or open
    space.file("app.log", &[7; 65536]);
    let c = space.keep(&[
        "create",
        r"Local\log",
        "--file",
        "app.log",
        "--protect",
        "readonly",
    ]);
    let answer = json(&space.ok(&["who", "./app.log", "--json"]));
    assert_eq!(answer["about"], "file");
    assert_eq!(answer["found"][0]["name"], r"Local\log");
    let open: Vec<u64> = answer["open"]
        .as_array()
        .unwrap()
        .iter()
        .map(|o| o["pid"].as_u64().unwrap())
        .collect();
    assert!(open.contains(&c.pid().into()), "{answer}");
    let answer = json(&space.ok(&["who", &b.pid().to_string(), "--json"]));
    assert_eq!(
        (&answer["about"], answer["found"].as_array().unwrap().len()),
        (&"process".into(), 1)
    );
    let nobody = space.run(&["who", "nothing"]);
    assert_eq!(nobody.status, Some(1));
    assert!(nobody.stderr.contains("ERROR_FILE_NOT_FOUND"), "{nobody:?}");
    let no_process = space.run(&["who", "4194305"]);
    assert!(
        no_process.stderr.contains("there is no process 4194305"),
        "{no_process:?}"
    );
}

// I-5, I-11, I-12, I-13, I-26, I-29
#[test]
fn stat_tells_size_protection_creator_security_memory_and_holders() {
    let space = Space::new();
    let (a, _b) = frames(&space);
    let text = space.ok(&["stat", "frames"]);
    for part in [
        r"\Sessions\5\BaseNamedObjects\frames",
        "PAGE_READWRITE SEC_COMMIT",
        "may: SECTION_ALL_ACCESS",
        "64.00 KiB taken",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let creator = text.lines().find(|line| line.starts_with("creator")).unwrap();
    assert!(
        creator.contains(&format!("process {} (filemap, alive)", a.pid())),
        "{creator}"
    );
    let answer = json(&space.ok(&["stat", "frames", "--json"]));
    assert_eq!(
        (&answer["creator_alive"], &answer["handles_unseen"]),
        (&true.into(), &0.into())
    );
    assert_eq!(answer["memory"]["allocated"], 65_536);
    assert!(answer["security"]["sddl"].as_str().unwrap().contains("D:"));
    a.kill();
    // His lock told who he was.
    let answer = json(&space.ok(&["stat", "frames", "--json"]));
    assert_eq!(
        (&answer["creator_alive"], &answer["creator"]["pid"]),
        (&Value::Null, &Value::Null)
    );
    let text = space.ok(&["stat", "frames"]);
    let creator = text.lines().find(|line| line.starts_with("creator")).unwrap();
    assert!(creator.contains("has ended or closed its handle"), "{creator}");
}

// I-3: the path of the service's object is the same on XP and Vista; what its user's program looks up tells the story
#[test]
fn the_path_of_a_services_object_explains_nothing_and_what_each_session_looks_up_does() {
    let space = Space::new();
    for platform in ["xp", "vista"] {
        let looked_up = |who: &str| {
            let who = format!("{who},platform={platform}");
            json(&space.run(&["why", "svc", "--as", &who, "--json"]).stdout)["looked_up"].clone()
        };
        assert_eq!(looked_up("session=0,user=system"), r"\BaseNamedObjects\svc");
        assert_eq!(
            looked_up("session=1,user=standard"),
            r"\Sessions\1\BaseNamedObjects\svc"
        );
    }
    // And so for real objects: where each session's name leads, and what is there.
    let _service = space.keep(&["--session", "0", "create", "svc", "--size", "4096"]);
    let path = |session: &str| {
        let found = space.run(&["--session", session, "stat", "svc", "--json"]);
        (
            found.status,
            found.stdout.contains(r"\\BaseNamedObjects\\svc"),
            found.stderr,
        )
    };
    assert_eq!(path("0"), (Some(0), true, String::new()));
    let (status, _, told) = path("5");
    assert_eq!(status, Some(1));
    assert!(
        told.contains("ERROR_FILE_NOT_FOUND") && told.contains(r"Global\svc"),
        "{told}"
    );
}

// I-7: opens of named objects, which Process Monitor does not show, are seen while they last
#[test]
fn an_open_is_seen_as_soon_as_it_is_made_and_until_it_is_closed() {
    let space = Space::new();
    let a = space.keep(&["create", r"Local\frames", "--size", "64K"]);
    let holders = || -> Vec<u64> {
        let answer = json(&space.ok(&["stat", "frames", "--json"]));
        let handles = answer["handles"].as_array().unwrap();
        handles
            .iter()
            .map(|handle| handle["pid"].as_u64().unwrap())
            .collect()
    };
    assert_eq!(holders(), [u64::from(a.pid())]);
    let b = space.keep(&["hold", r"Local\frames"]);
    let pid = u64::from(b.pid());
    assert!(holders().contains(&pid));
    b.kill();
    assert!(!holders().contains(&pid));
}

// the words of the issue: a C struct parser for headers
#[test]
fn watch_takes_the_struct_of_a_c_header_for_a_layout() {
    let space = Space::new();
    let _keeper = space.keep(&["create", "data", "--size", "4096"]);
    let header = "#include <windows.h>\n#pragma pack(push, 4)\ntypedef struct _frame {\n  float speed;\n  CHAR gear;\n\
                  \x20 union { DWORD n; BYTE b[4]; };\n  WCHAR car[4];\n  struct { short x, y; } at[2];\n  long l;\n} \
                  frame;\n#pragma pack(pop)\nstruct bits {\n  int a : 1;\n};\n";
    space.file("frame.h", header.as_bytes());
    let mut bytes = vec![0u8; 64];
    bytes[16..20].copy_from_slice(&1.5f32.to_le_bytes());
    bytes[20] = 0xff;
    bytes[24..28].copy_from_slice(&258u32.to_le_bytes());
    bytes[28..32].copy_from_slice(&[b'a', 0, b'b', 0]);
    bytes[36..44].copy_from_slice(&[1, 0, 2, 0, 3, 0, 4, 0]);
    bytes[44..48].copy_from_slice(&7u32.to_le_bytes());
    space.file("bytes", &bytes);
    space.ok(&["load", "bytes", "data"]);
    let watch = |more: &[&str]| {
        let head = [
            "watch", "data", "--layout", "frame.h", "--count", "1", "--offset", "16",
        ];
        space.run(&[&head[..], more].concat())
    };
    let seen = watch(&["--struct", "frame"]);
    let fields = "speed = 1.5\ngear = -1\nn = 258\nb = 02010000\ncar = ab\nat[0].x = 1\nat[0].y = 2\nat[1].x = 3\nat[1].y = 4\nl = 7\n";
    assert_eq!((&*seen.stdout, &*seen.stderr), (fields, ""));
    assert_eq!(
        watch(&["--struct", "struct _frame", "--abi", "windows"]).stdout,
        fields
    );
    let row = watch(&["--struct", "frame", "--export", "jsonl"]).stdout;
    let row = json(&row);
    assert_eq!((&row["at[1].y"], &row["car"]), (&4.into(), &"ab".into()));
    for (name, want) in [
        ("bits", "line 13, column 9: a bit-field"),
        (
            "other",
            r#"no struct is called "other": there are _frame, frame, bits"#,
        ),
    ] {
        let done = watch(&["--struct", name]);
        assert_eq!(done.status, Some(1), "{done:?}");
        assert!(
            done.stderr.contains("frame.h") && done.stderr.contains(want),
            "{done:?}"
        );
    }
    assert!(watch(&[]).stderr.contains("say with --struct which one"));
    let missing = space.run(&["watch", "data", "--layout", "missing.h"]);
    assert!(
        missing.stderr.contains("missing.h: there is no such file"),
        "{missing:?}"
    );
    let beyond = space.run(&[
        "watch", "data", "--layout", "frame.h", "--struct", "frame", "--offset", "4090",
    ]);
    assert_eq!(beyond.status, Some(1), "{beyond:?}");
}

// I-5
#[test]
fn a_footer_tells_the_creator_also_when_he_has_ended() {
    let space = Space::new();
    let a = space.keep(&["create", "log", "--size", "4096", "--sec", "commit,nocache"]);
    let _b = space.keep(&["hold", "log"]);
    let pid = a.pid();
    a.kill();
    let answer = json(&space.ok(&["stat", "log", "--json"]));
    assert_eq!(answer["creator_alive"], false);
    assert_eq!(answer["creator"]["pid"], pid);
}

// I-4, Y-10, Y-20
#[test]
fn stat_tells_how_synchronisation_objects_stand() {
    let space = Space::new();
    let _event = space.keep(&["event", "create", "e", "--manual", "--set"]);
    let _semaphore = space.keep(&["semaphore", "create", "s", "--initial", "2", "--maximum", "3"]);
    let mutex = space.keep(&["mutex", "create", "m", "--owned"]);
    let words = |name: &str| json(&space.ok(&["stat", name, "--json"]))["state"].clone();
    assert_eq!(words("e")["words"], "set, manual reset");
    assert_eq!(
        (&words("s")["count"], &words("s")["maximum"]),
        (&2.into(), &3.into())
    );
    let state = words("m");
    assert_eq!(
        (&state["owner_process"], &state["recursion"]),
        (&mutex.pid().into(), &1.into())
    );
}

// I-10, N-2: a name in two sessions, and one in another case
#[test]
fn names_are_found_in_every_session_and_twins_are_told() {
    let space = Space::new();
    let _a = space.keep(&["create", "Frames", "--size", "4096"]);
    let _b = space.keep(&["--session", "7", "create", "frames", "--size", "4096"]);
    let done = space.run(&["stat", "FRAMES"]);
    assert_eq!(done.status, Some(1));
    assert!(
        done.stderr.contains(r"there is") && done.stderr.contains(r"Session\7\frames"),
        "{done:?}"
    );
    let answer = json(&space.ok(&["stat", "Frames", "--json"]));
    assert_eq!(answer["twins"][0], r"Session\7\frames");
    assert_eq!(
        json(&space.ok(&["who", "frames", "--json"]))["found"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

// I-1, I-2
#[test]
fn handles_and_views_list_processes_with_their_objects_sorted_and_filtered() {
    let space = Space::new();
    let (a, _b) = frames(&space);
    let _c = space.keep(&["create", r"Local\other", "--size", "4096"]);
    let all = json(&space.ok(&["handles", "--json", "--sort", "object"]));
    let objects: Vec<&str> = all["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["object"].as_str().unwrap())
        .collect();
    assert_eq!(
        objects.iter().filter(|name| **name == r"Local\frames").count(),
        2,
        "{objects:?}"
    );
    let only = json(&space.ok(&["handles", "--json", "--pid", &a.pid().to_string(), "fram*s"]));
    assert_eq!(
        only["rows"].as_array().unwrap().len(),
        0,
        "a pattern is for the whole name"
    );
    let only = json(&space.ok(&["handles", "--json", "--pid", &a.pid().to_string(), "*frames"]));
    assert_eq!(only["rows"][0]["descriptor"].as_u64().map(|n| n > 2), Some(true));
    let mut watch = space.filemap(&["watch", r"Local\frames"]);
    let mut watch = watch.stdout(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(watch.stdout.as_mut().unwrap())
        .read_line(&mut first)
        .unwrap();
    let views = json(&space.ok(&["views", "--json", "--pid", &watch.id().to_string()]));
    let view = &views["rows"][0];
    assert_eq!(
        (&view["object"], &view["protection"]),
        (&r"Local\frames".into(), &"PAGE_READONLY".into())
    );
    // It only looks: it has no handle.
    let handles = json(&space.ok(&["handles", "--json", "--pid", &watch.id().to_string()]));
    assert_eq!(handles["rows"].as_array().unwrap().len(), 0, "{handles}");
    watch.kill().unwrap();
    watch.wait().unwrap();
}

// I-4, N-4
#[test]
fn the_tree_has_links_directories_and_objects() {
    let space = Space::new();
    let _frames = frames(&space);
    let text = space.ok(&["tree"]);
    assert!(text.contains(r"├─ Global -> \BaseNamedObjects"), "{text}");
    assert!(
        text.contains("frames  file mapping 64.00 KiB PAGE_READWRITE"),
        "{text}"
    );
    let answer = json(&space.ok(&["tree", "--json"]));
    assert_eq!(answer["directories"][1]["name"], "Sessions");
    assert!(!space.ok(&["tree", "nothing-like-it"]).contains("frames"));
}

// I-13: everything that a stranger may have put into a name is shown as text
#[test]
fn names_with_terminal_escapes_are_escaped_everywhere() {
    let space = Space::new();
    let name = "Local\\evil\x1b[31m\x07";
    let _keeper = space.keep(&["create", name, "--size", "4096"]);
    for arguments in [
        &["ls"][..],
        &["ls", "--long", "--sort", "age"],
        &["tree"],
        &["stat", name],
        &["who", name],
        &["handles"],
        &["doctor"],
    ] {
        let done = space.run(arguments);
        let all = format!("{}{}", done.stdout, done.stderr);
        assert!(all.contains("evil"), "{arguments:?}: {all}");
        assert!(!all.contains(['\x1b', '\x07']), "{arguments:?}: {all:?}");
    }
}

// colour only on a terminal, columns that fit
#[test]
fn a_terminal_gets_colours_that_fit_and_a_pipe_gets_none() {
    let space = Space::new();
    let _frames = frames(&space);
    for arguments in [
        &["ls", "--long"][..],
        &["tree"],
        &["who", "frames"],
        &["handles"],
        &["doctor", "--verbose"],
    ] {
        let (mut ours, theirs) = terminal(60);
        let mut command = space.filemap(arguments);
        command.env("TERM", "xterm").env_remove("NO_COLOR");
        let mut child = command.stdout(theirs).spawn().unwrap();
        drop(command);
        let shown = read_terminal(&mut ours, &mut child);
        assert!(shown.contains("\x1b["), "{arguments:?}: {shown:?}");
        {
            // What the doctor says to do is to be pasted, so it is in one line.
            let is_remedy = |line: &&str| arguments[0] == "doctor" && line.starts_with("    ");
            for line in shown.lines().filter(|line| !is_remedy(line)) {
                let mut plain = String::new();
                let mut inside = false;
                for c in line.chars() {
                    match c {
                        '\x1b' => inside = true,
                        'm' if inside => inside = false,
                        c if !inside => plain.push(c),
                        _ => {}
                    }
                }
                assert!(plain.chars().count() <= 60, "{arguments:?}: {plain:?}");
            }
        }
        let (mut ours, theirs) = terminal(60);
        let mut command = space.filemap(arguments);
        command.env("TERM", "xterm").env("NO_COLOR", "1");
        let mut child = command.stdout(theirs).spawn().unwrap();
        drop(command);
        assert!(
            !read_terminal(&mut ours, &mut child).contains('\x1b'),
            "{arguments:?}: NO_COLOR"
        );
        assert!(!space.run(arguments).stdout.contains('\x1b'), "{arguments:?}");
    }
}

/// What a command shows on a terminal of so many columns, without colours.
fn shown_on(space: &Space, columns: u16, arguments: &[&str]) -> String {
    let (mut ours, theirs) = terminal(columns);
    let mut command = space.filemap(arguments);
    command.env("TERM", "xterm").env_remove("NO_COLOR");
    let mut child = command.stdout(theirs).spawn().unwrap();
    drop(command);
    let shown = read_terminal(&mut ours, &mut child);
    let mut plain = String::new();
    for part in shown.split('\x1b') {
        let text = part.strip_prefix('[').and_then(|code| code.split_once('m'));
        plain.push_str(text.map_or(part, |(_, text)| text));
    }
    plain
}

// columns that fit the terminal, and can be read there
#[test]
fn every_table_fits_terminals_of_40_80_and_200_columns_and_breaks_lines_between_words() {
    let space = Space::new();
    let _frames = frames(&space);
    for columns in [40, 80, 200] {
        for arguments in [
            &["ls"][..],
            &["ls", "--long"],
            &["tree"],
            &["stat", "frames"],
            &["who", "frames"],
            &["handles"],
        ] {
            let shown = shown_on(&space, columns, arguments);
            for line in shown.lines() {
                assert!(
                    line.chars().count() <= usize::from(columns),
                    "{arguments:?} on {columns}: {line:?}"
                );
            }
            if arguments[0] != "ls" && arguments[0] != "tree" {
                assert!(shown.contains("SECTION_MAP_READ"), "on {columns}: {shown}");
            }
            assert!(shown.contains("frames"), "{arguments:?} on {columns}: {shown}");
        }
    }
}

#[test]
fn what_stat_tells_stands_in_one_column_on_a_terminal_too() {
    let space = Space::new();
    let _frames = frames(&space);
    let shown = shown_on(&space, 120, &["stat", "frames"]);
    for (key, value) in [
        ("name", r"Local\frames"),
        ("kind", "file mapping"),
        ("protection", "PAGE_READWRITE"),
    ] {
        let line = shown.lines().find(|line| line.starts_with(key)).unwrap();
        assert_eq!(line.find(value), Some(12), "{shown}");
    }
}

// I-22: one's own tree, not that of somebody else on the same file system
#[test]
fn handles_to_objects_of_another_tree_are_not_told_as_gone() {
    let (here, elsewhere) = (Space::new(), Space::new());
    let ours = here.keep(&["create", "ours", "--size", "4096"]);
    let theirs = elsewhere.keep(&["create", "theirs", "--size", "4096"]);
    let told = here.ok(&["handles", "--pid", &ours.pid().to_string()]);
    assert!(told.contains("ours"), "{told}");
    let told = here.ok(&["handles", "--pid", &theirs.pid().to_string()]);
    assert_eq!(told, "");
}

// I-13, I-22: a handle to what is no object any more
#[test]
fn handles_to_damaged_objects_are_told_as_damaged_with_their_names() {
    use std::os::unix::fs::FileExt;
    let space = Space::new();
    let keeper = space.keep(&["create", "x", "--size", "4096"]);
    let file = std::fs::OpenOptions::new()
        .write(true)
        .open(space.names().join("x"))
        .unwrap();
    file.write_all_at(&[0xFF; 4], 4096 + 40).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", space.names().join("link")).unwrap();
    let told = json(&space.ok(&["handles", "--pid", &keeper.pid().to_string(), "--json"]));
    assert_eq!(told["rows"][0]["object"], r"Local\x (damaged)");
    let told = json(&space.ok(&["ls", "--json"]));
    let link = &told["oddities"][0];
    assert_eq!(
        (&link["name"], &link["cause"]),
        (
            &r"Local\link".into(),
            &"the object's file is damaged: it is a symbolic link".into()
        )
    );
}

// the environment sentence: who is in another mount name space, and who is nobody there
#[test]
fn a_shm_of_one_s_own_is_told_with_programs_and_not_with_threads_of_the_kernel() {
    let space = Space::new();
    let Some(text) = space.doctor_with_own_shm("size=32m,noexec", true) else {
        filemap_testing::skip!("a mount name space needs root and unshare(1)");
    };
    let answer = json(&text);
    let fact = |name: &str| {
        let facts = answer["environment"].as_array().unwrap();
        facts.iter().find(|fact| fact["fact"] == name).unwrap().clone()
    };
    assert_eq!(fact("shared-memory")["standing"], "limited", "32 MiB are few");
    assert_eq!(fact("noexec")["standing"], "limited");
    let elsewhere = fact("another-shm");
    assert_eq!(elsewhere["standing"], "limited");
    let what = elsewhere["what"].as_str().unwrap();
    assert!(!what.contains("kthreadd") && !what.contains("cpuhp"), "{what}");
}

#[test]
fn ls_sorts_and_filters() {
    let space = Space::new();
    let _a = space.keep(&["create", "b-small", "--size", "4096"]);
    let _b = space.keep(&["create", "a-large", "--size", "1M"]);
    let _c = space.keep(&["event", "create", "c-event"]);
    let names = |arguments: &[&str]| -> Vec<String> {
        let text = space.ok(&[&["ls"], arguments].concat());
        text.lines()
            .skip(1)
            .map(|line| line.split_whitespace().next().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(&[]), [r"Local\a-large", r"Local\b-small", r"Local\c-event"]);
    assert_eq!(
        names(&["--reverse"]),
        [r"Local\c-event", r"Local\b-small", r"Local\a-large"]
    );
    assert_eq!(names(&["--sort", "size", "--reverse"])[0], r"Local\a-large");
    assert_eq!(names(&["--kind", "event"]), [r"Local\c-event"]);
    assert_eq!(names(&["SMALL"]), [r"Local\b-small"]);
    assert_eq!(names(&["?-*"]).len(), 3);
    assert_eq!(names(&[r"local\?-s*"]), [r"Local\b-small"]);
    assert_eq!(names(&["--pid", &_a.pid().to_string()]), [r"Local\b-small"]);
}

// the words of the issue: watch with a layout, record, replay, export
#[test]
fn watch_shows_a_layout_records_replays_and_exports() {
    let space = Space::new();
    let _keeper = space.keep(&["create", "data", "--size", "4096"]);
    space.file(
        "layout.toml",
        b"[[field]]\nname = \"speed\"\ntype = \"f32\"\n[[field]]\nname = \"gear\"\ntype = \"i8\"\n[[field]]\nname = \"car\"\ntype = \"text\"\nlen = 8\noffset = 8\n",
    );
    space.file("bytes", &[0, 0, 0xC0, 0x3F, 0xFF, 0, 0, 0, b'a', b',', b'b', 0]);
    space.ok(&["load", "bytes", "data"]);
    let text = space.ok(&["watch", "data", "--layout", "layout.toml", "--count", "1"]);
    assert_eq!(text, "speed = 1.5\ngear = -1\ncar = a,b\n");
    let csv = space.ok(&[
        "watch",
        "data",
        "--layout",
        "layout.toml",
        "--count",
        "1",
        "--export",
        "csv",
    ]);
    assert!(
        csv.starts_with("time,speed,gear,car\n") && csv.trim_end().ends_with(",1.5,-1,\"a,b\""),
        "{csv}"
    );
    // Changes are seen, recorded, and come out of the recording again.
    let mut watch = space.filemap(&[
        "watch",
        "data",
        "--layout",
        "layout.toml",
        "--count",
        "2",
        "--every",
        "1ms",
        "--record",
        "r.jsonl",
        "--export",
        "jsonl",
    ]);
    let mut watch = watch.stdout(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(watch.stdout.take().unwrap());
    let mut first = String::new();
    out.read_line(&mut first).unwrap();
    assert_eq!(json(&first)["gear"], -1);
    space.file("more", &[5]);
    space.ok(&["load", "more", "data", "--offset", "4"]);
    let mut second = String::new();
    out.read_line(&mut second).unwrap();
    assert_eq!(
        (&json(&second)["gear"], &json(&second)["car"]),
        (&5.into(), &"a,b".into())
    );
    assert!(watch.wait().unwrap().success());
    let replayed = space.ok(&[
        "watch",
        "--replay",
        "r.jsonl",
        "--layout",
        "layout.toml",
        "--speed",
        "0",
        "--export",
        "jsonl",
    ]);
    let gears: Vec<i64> = replayed
        .lines()
        .map(|line| json(line)["gear"].as_i64().unwrap())
        .collect();
    assert_eq!(gears, [-1, 5]);
}

// a replay tells when the recorded states were, not when it began
#[test]
fn a_replay_gives_each_state_its_own_time() {
    let space = Space::new();
    let head = r#"{"filemap_recording":1,"name":"x","size":8,"offset":0,"len":8,"started":1000000000}"#;
    let recorded = [(0, "AQAAAAAAAAA="), (1_500_000_000, "AgAAAAAAAAA=")];
    let changes = recorded.map(|(t, bytes)| format!("{{\"t\":{t},\"at\":0,\"base64\":\"{bytes}\"}}\n"));
    space.file("r.jsonl", format!("{head}\n{}", changes.concat()).as_bytes());
    let shown = space.ok(&[
        "watch", "--replay", "r.jsonl", "--speed", "0", "--as", "u64", "--export", "csv",
    ]);
    let rows: Vec<&str> = shown.lines().skip(1).collect();
    assert_eq!(rows, ["1970-01-01T00:00:01.000Z,1", "1970-01-01T00:00:02.500Z,2"]);
}

// bad input: a layout that is none
#[test]
fn a_layout_that_is_none_is_told_with_its_line_and_without_its_text() {
    let space = Space::new();
    let _x = space.keep(&["create", "x", "--size", "4096"]);
    space.file(
        "layout.toml",
        format!("# a layout\n{}", "\0".repeat(65536)).as_bytes(),
    );
    let done = space.run(&["watch", "x", "--layout", "layout.toml"]);
    assert_eq!(done.status, Some(1));
    assert!(
        done.stderr.contains("line 2: ") && done.stderr.len() < 1000,
        "{}",
        done.stderr.len()
    );
}

// the bad input sentence: an object that goes while it is watched
#[test]
fn a_watch_ends_when_nobody_holds_the_object_any_more() {
    let space = Space::new();
    let keeper = space.keep(&["create", "data", "--size", "4096"]);
    let mut watch = space.filemap(&["watch", "data", "--len", "16"]);
    let mut watch = watch
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(watch.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert!(line.starts_with("00000000"), "{line}");
    keeper.kill();
    let out = watch.wait_with_output().unwrap();
    assert!(out.status.success());
    assert_eq!(
        String::from_utf8_lossy(&out.stderr),
        "filemap: data: nobody holds it any more\n"
    );
    assert_eq!(space.run(&["hexdump", "data"]).status, Some(1));
}

#[test]
fn hexdump_shows_what_read_shows_and_parts_of_it() {
    let space = Space::new();
    let _frames = frames(&space);
    assert_eq!(
        space.ok(&["hexdump", "frames"]),
        space.ok(&["read", "frames", "--hex"])
    );
    let part = space.ok(&["hexdump", "frames", "--offset", "1", "--len", "4"]);
    assert!(part.starts_with("00000001  65 6c 6c 6f "), "{part}");
}

#[test]
fn save_diff_and_load_move_bytes_and_check_sizes_first() {
    let space = Space::new();
    let _frames = frames(&space);
    space.ok(&["save", "frames", "f.raw"]);
    assert_eq!(space.ok(&["diff", "frames", "f.raw"]), "");
    let again = space.run(&["save", "frames", "f.raw"]);
    assert!(
        again.status == Some(1) && again.stderr.contains("--force"),
        "{again:?}"
    );
    space.file("word", b"HELLO");
    space.ok(&["load", "word", "frames", "--offset", "1"]);
    let diff = space.run(&["diff", "frames", "f.raw"]);
    assert_eq!(diff.status, Some(1));
    assert!(
        diff.stdout
            .contains("0x00000001 5 bytes: 48 45 4c 4c 4f in the object"),
        "{diff:?}"
    );
    let told = json(&space.run(&["diff", "frames", "f.raw", "--json"]).stdout);
    assert_eq!(
        (&told["same"], &told["different_bytes"]),
        (&false.into(), &5.into())
    );
    // Too long: nothing of it is written.
    space.file("long", &[9; 65537]);
    let long = space.run(&["load", "long", "frames"]);
    assert_eq!(long.status, Some(1));
    space.file("short", &[9; 4096]);
    assert_eq!(space.run(&["load", "short", "frames", "--exact"]).status, Some(1));
    assert_eq!(
        space.run(&["diff", "frames", "f.raw"]).stdout,
        diff.stdout,
        "nothing was written"
    );
    let directory = space.run(&["load", ".", "frames"]);
    assert!(directory.stderr.contains("no ordinary file"), "{directory:?}");
}

// KB125713
#[test]
fn run_tells_what_a_program_never_closed_and_where_it_was_made() {
    let space = Space::new();
    let good = space.run(&[
        "run",
        "--leaks",
        "--",
        env!("CARGO_BIN_EXE_filemap"),
        "create",
        "x",
        "--size",
        "4096",
        "--for",
        "0s",
    ]);
    assert_eq!(good.status, Some(0));
    assert!(
        good.stderr.ends_with("no handle and no view was left open\n"),
        "{good:?}"
    );
    let status = space.run(&["run", "--", "sh", "-c", "exit 7"]);
    assert_eq!(status.status, Some(7));
    // What had no time to tell is not taken for what had nothing to tell.
    let create = [env!("CARGO_BIN_EXE_filemap"), "create", "x", "--size", "4096"];
    let killed = [
        &["run", "--leaks", "--"][..],
        &create,
        &["--", "sh", "-c", "kill -9 $PPID"],
    ]
    .concat();
    let killed = space.run(&killed);
    assert_eq!(killed.status, Some(137));
    assert!(
        killed.stderr.contains("could not tell what it left open") && !killed.stderr.contains("no handle"),
        "{killed:?}"
    );
    let other = space.run(&["run", "--leaks", "--", "true"]);
    assert!(other.stderr.contains("no process used Filemap"), "{other:?}");
}

// I-31, I-13: damage is shown with its reason
#[test]
fn damaged_entries_are_shown_as_damaged_with_why() {
    use std::os::unix::fs::FileExt;
    let space = Space::new();
    let _keeper = space.keep(&["create", "x", "--size", "4096"]);
    let file = std::fs::OpenOptions::new()
        .write(true)
        .open(space.names().join("x"))
        .unwrap();
    file.write_all_at(&[0xFF; 4], 4096 + 40).unwrap();
    for arguments in [&["ls"][..], &["tree"], &["stat", "x"], &["doctor"]] {
        let done = space.run(arguments);
        let all = format!("{}{}", done.stdout, done.stderr);
        assert!(
            all.contains("damaged") || all.contains("its footer says"),
            "{arguments:?}: {all}"
        );
    }
}

// I-24, I-25
#[test]
fn a_watching_sweep_tells_each_entry_that_dies_and_ends_with_a_signal() {
    let space = Space::new();
    let live = space.keep(&["create", "live", "--size", "4096"]);
    let mut sweep = space.filemap(&["sweep", "--watch", "--json"]);
    let mut sweep = sweep
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    BufReader::new(sweep.stderr.as_mut().unwrap())
        .read_line(&mut said)
        .unwrap();
    assert!(said.contains("watching"), "{said}");
    space.keep(&["create", "dead", "--size", "64K"]).kill();
    let mut line = String::new();
    let mut out = BufReader::new(sweep.stdout.take().unwrap());
    out.read_line(&mut line).unwrap();
    let told = json(&line);
    assert_eq!(told["name"], "dead");
    assert!(told["bytes"].as_u64().unwrap() >= 65_536);
    assert_eq!(space.entries(), ["live"]);
    let pid = rustix::process::Pid::from_child(&sweep);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert!(sweep.wait().unwrap().success());
    drop(live);
}

// systemd's protocol: READY=1, a status, STOPPING=1
#[test]
fn a_watching_sweep_tells_the_service_manager() {
    let space = Space::new();
    let path = space.dir.path().join("notify");
    let socket = std::os::unix::net::UnixDatagram::bind(&path).unwrap();
    let mut sweep = space.filemap(&["sweep", "--watch"]);
    sweep
        .env("NOTIFY_SOCKET", &path)
        .env("JOURNAL_STREAM", "1:2")
        .stderr(Stdio::piped());
    let sweep = sweep.spawn().unwrap();
    let mut said = String::new();
    let mut listen = |what: &str| {
        let mut buffer = [0; 256];
        while !said.contains(what) {
            let n = socket.recv(&mut buffer).unwrap();
            said.push_str(&String::from_utf8_lossy(&buffer[..n]));
        }
    };
    listen("READY=1");
    listen("STATUS=watching");
    space.keep(&["create", "dead", "--size", "64K"]).kill();
    listen("STATUS=1 entry reclaimed");
    let pid = rustix::process::Pid::from_child(&sweep);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    listen("STOPPING=1");
    let out = sweep.wait_with_output().unwrap();
    let journal = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(journal.lines().all(|line| line.starts_with('<')), "{journal}");
    assert!(journal.contains("<5>1 dead entry removed"), "{journal}");
}

#[test]
fn manual_pages_and_completions_are_those_of_the_command_line() {
    let made = tempfile::tempdir().unwrap();
    let space = Space::new();
    space.ok(&["documentation", made.path().to_str().unwrap()]);
    let docs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    for part in ["man", "completions"] {
        let names = std::fs::read_dir(made.path().join(part)).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        for name in names {
            let read = |root: &std::path::Path| {
                std::fs::read_to_string(root.join(part).join(&name)).unwrap_or_default()
            };
            assert!(
                read(&docs) == read(made.path()),
                "docs/{part}/{name} is old: run cargo xtask documentation"
            );
        }
    }
}
