//! Help texts: each subcommand has examples, and they run.

use crate::space::Space;

const COMMANDS: [&str; 26] = [
    "demo",
    "serve",
    "client",
    "create",
    "hold",
    "read",
    "write",
    "event",
    "mutex",
    "semaphore",
    "timer",
    "wait",
    "ls",
    "sweep",
    "survey",
    "tree",
    "stat",
    "who",
    "handles",
    "views",
    "hexdump",
    "watch",
    "diff",
    "save",
    "load",
    "run",
];

/// The lines behind `Example:` or `Examples:` in a help text.
fn examples(space: &Space, command: &str) -> Vec<String> {
    let help = space.ok(&[command, "--help"]);
    let (_, part) = help
        .split_once("\nExample")
        .unwrap_or_else(|| panic!("no example in the help of {command}"));
    part.lines()
        .skip(1)
        .map(|line| line.trim().to_owned())
        .filter(|line| !line.is_empty())
        .collect()
}

#[test]
fn every_subcommand_is_in_the_help_and_has_an_example() {
    let space = Space::new();
    let help = space.ok(&["--help"]);
    for command in COMMANDS {
        assert!(help.contains(&format!("\n  {command} ")), "{command}: {help}");
        assert!(!examples(&space, command).is_empty());
    }
    assert!(!help.contains("demo-part"), "hidden");
}

#[test]
fn the_examples_in_the_help_run() {
    for command in COMMANDS {
        let space = Space::new();
        // What the examples speak of.
        space.file("photo.raw", b"not really a photo");
        space.file("frame.h", b"struct frame { unsigned number; float at[3]; };\n");
        space.file("app.log", b"first line of a log\n");
        space.file("viewer", b"#!/bin/sh\nfilemap read \"$1\" --text\n");
        space.file("backup", b"#!/bin/sh\nexit 0\n");
        let link = space.dir.path().join("filemap");
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_filemap"), &link).unwrap();
        assert_eq!(space.bash("chmod +x viewer backup").status, Some(0));
        // Users wait five seconds, tests don't.
        let script = examples(&space, command)
            .join("\n")
            .replace("--for 5s", "--for 0s");
        let keepers: Vec<_> = match command {
            "hold" | "read" | "write" | "stat" | "who" | "hexdump" | "watch" | "diff" | "save" | "load" => {
                vec![space.keep(&["create", r"Local\frames", "--size", "64K", "--text", "hello"])]
            }
            "client" => vec![space.keep(&["create", r"Local\SampleMap", "--text", "hello"])],
            "event" => vec![space.keep(&["event", "create", r"Local\go"])],
            "mutex" => vec![space.keep(&["mutex", "create", r"Local\backup"])],
            "semaphore" => vec![space.keep(&["semaphore", "create", r"Local\slots", "--initial", "1"])],
            "timer" => vec![space.keep(&["timer", "create", r"Local\tick"])],
            "wait" => vec![
                space.keep(&["event", "create", r"Local\go", "--manual", "--set"]),
                space.keep(&["semaphore", "create", r"Local\slots", "--initial", "2"]),
            ],
            _ => Vec::new(),
        };
        // Standard input at its end, as in a script behind a pipe: what waits for ENTER goes on. Jobs in the background may
        // have ended with it before `kill` looks for them.
        let script = format!(
            "set -e; PATH=$PWD:$PATH\n{{\n{script}\n}} < <(:)\nkill $(jobs -p) 2>/dev/null || true; wait"
        );
        let done = space.bash(&script);
        assert_eq!(done.status, Some(0), "{command}: {script}\n{done:?}");
        assert!(!done.stderr.contains("ERROR_"), "{command}: {done:?}");
        drop(keepers);
    }
}
