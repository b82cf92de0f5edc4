//! C programs that use only Windows headers, built against the library and run.

mod support;

use std::io::Write;
use std::process::{Command, Stdio};
use support::{Mode, installed, root, run};

#[test]
fn a_program_of_everything_without_named_objects_runs_in_c_and_cxx_ansi_and_unicode() {
    let dir = tempfile::tempdir().unwrap();
    installed(dir.path());
    let source = root().join("tests/programs/basics.c");
    for (compiler, standard, unicode, short_wchar, optimise) in [
        ("gcc", "gnu89", false, false, "-O0"),
        ("gcc", "c99", true, true, "-O2"),
        ("gcc", "gnu17", true, false, "-O2"),
        ("clang", "c11", true, false, "-O1"),
        ("clang", "gnu2x", false, true, "-O0"),
        ("g++", "c++20", true, false, "-O2"),
        ("clang++", "c++11", false, false, "-O0"),
    ] {
        let mode = Mode { compiler, standard, unicode, short_wchar };
        let program = dir.path().join("basics");
        let mut command = mode.command();
        if compiler.ends_with("++") {
            command.args(["-x", "c++"]);
        }
        run(command.arg(optimise).arg(&source).arg("-o").arg(&program).arg("-L").arg(dir.path()).arg("-lfilemap"));
        let mut child = Command::new(&program)
            .arg("gr\u{fc}n")
            .env("LD_LIBRARY_PATH", dir.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(b"k").unwrap();
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{mode:?} ended with {}:\n{text}", output.status);
        assert!(text.ends_with("[caption] text\n#0 failures\n"), "{mode:?}: stdio keeps its order: {text}");
    }
}

#[test]
fn the_library_carries_its_versioned_name() {
    let output = run(Command::new("readelf").arg("-d").arg(support::library()));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("Library soname: [libfilemap.so.0]"), "{text}");
}
