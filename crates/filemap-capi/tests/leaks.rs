//! What a C program never closes is told at its end with the line of the call (KB125713).

mod support;

use std::process::Command;
use support::{Mode, installed, root, run};

#[test]
fn a_c_programs_leaks_are_told_with_the_lines_of_its_calls() {
    let _watchdog = filemap_testing::watchdog!();
    let dir = tempfile::tempdir().unwrap();
    installed(dir.path());
    let names = filemap_testing::private_root();
    let source = root().join("tests/programs/leaks.c");
    let mode = Mode {
        compiler: "gcc",
        standard: "gnu17",
        unicode: false,
        short_wchar: false,
    };
    let program = dir.path().join("leaks");
    run(mode
        .command()
        .args(["-g", "-O0"])
        .arg(&source)
        .arg("-o")
        .arg(&program)
        .arg("-L")
        .arg(dir.path())
        .arg("-lfilemap"));
    let report = dir.path().join("report");
    let status = Command::new(&program)
        .env("LD_LIBRARY_PATH", dir.path())
        .env("FILEMAP_ROOT", names.path())
        .env("FILEMAP_SESSION", "1")
        .env("FILEMAP_LEAKS", &report)
        .status()
        .unwrap();
    assert!(status.success(), "{status}");
    let told = std::fs::read_to_string(&report).unwrap();
    let text = std::fs::read_to_string(&source).unwrap();
    let line = |mark: &str| text.lines().position(|line| line.contains(mark)).unwrap() + 1;
    let leaks: Vec<&str> = told.lines().filter(|line| !line.starts_with(' ')).collect();
    assert_eq!(leaks.len(), 2, "{told}");
    assert!(
        leaks[0].contains(r"handle to file mapping `Local\leaked`"),
        "{told}"
    );
    assert!(
        leaks[0].contains(&format!("leaks.c:{}", line("/* handle */"))),
        "{told}"
    );
    assert!(
        leaks[1].contains(r"view of file mapping `Local\leaked`"),
        "{told}"
    );
    assert!(
        leaks[1].contains(&format!("leaks.c:{}", line("/* view */"))),
        "{told}"
    );
}
