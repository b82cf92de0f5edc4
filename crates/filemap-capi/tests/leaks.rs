//! What a C program never closes is told at its end with the line of the call (KB125713); without debug information, with the
//! function and an address that addr2line(1) takes.

mod support;

use filemap_testing::skip;
use std::path::Path;
use std::process::Command;
use support::{Mode, installed, root, run};

/// Runs the program and gives the lines of its report, those of calls included.
fn leaks_of(program: &Path, dir: &Path) -> Vec<String> {
    let names = filemap_testing::private_root();
    let report = tempfile::NamedTempFile::new().unwrap();
    let status = Command::new(program)
        .env("LD_LIBRARY_PATH", dir)
        .env("FILEMAP_ROOT", names.path())
        .env("FILEMAP_SESSION", "1")
        .env("FILEMAP_LEAKS", report.path())
        .status()
        .unwrap();
    assert!(status.success(), "{status}");
    let told = std::fs::read_to_string(report.path()).unwrap();
    told.lines().map(str::to_owned).collect()
}

/// Compiles the program with these flags, runs it with all, without debug information and without any names, and compares
/// each place with the source.
#[track_caller]
fn places_are_right(flags: &[&str]) {
    let dir = tempfile::tempdir().unwrap();
    installed(dir.path());
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
        .arg("-g")
        .args(flags)
        .arg(&source)
        .arg("-o")
        .arg(&program)
        .arg("-L")
        .arg(dir.path())
        .arg("-lfilemap"));
    let text = std::fs::read_to_string(&source).unwrap();
    let line = |mark: &str| text.lines().position(|line| line.contains(mark)).unwrap() + 1;
    let want = [
        (r"handle to file mapping `Local\leaked`", "make", "/* handle */"),
        (r"view of file mapping `Local\leaked`", "main", "/* view */"),
        (r"handle to event `Local\kept`", "main", "/* twin */"),
        (r"handle to file mapping `Local\leaked`", "main", "/* other */"),
    ];
    for strip in [None, Some("--strip-debug"), Some("--strip-all")] {
        let run_as = dir.path().join("run").join("leaks");
        std::fs::create_dir_all(run_as.parent().unwrap()).unwrap();
        std::fs::copy(&program, &run_as).unwrap();
        if let Some(how) = strip {
            run(Command::new("strip").arg(how).arg(&run_as));
        }
        let told = leaks_of(&run_as, dir.path());
        let shown = format!("{flags:?} {strip:?}\n{}", told.join("\n"));
        let at: Vec<usize> = (0..told.len()).filter(|at| !told[*at].starts_with(' ')).collect();
        assert_eq!(at.len(), want.len(), "{shown}");
        // The line of a told place: told itself, or what addr2line makes of the address.
        let line_of = |told: &str| -> String {
            let Some((_, behind)) = told.split_once("leaks+0x") else {
                return told.to_owned();
            };
            let address = behind.split(' ').next().unwrap();
            let found = run(Command::new("addr2line").arg("-e").arg(&program).arg(address));
            String::from_utf8_lossy(&found.stdout).into_owned()
        };
        for (leak, (what, function, mark)) in at.iter().map(|at| &told[*at]).zip(want) {
            let place = format!("leaks.c:{}", line(mark));
            assert!(leak.contains(what), "{what}: {shown}");
            assert!(
                line_of(leak).contains(&place),
                "{place}: {} {shown}",
                line_of(leak)
            );
            match strip {
                None => assert!(leak.contains(&format!("in {function}")), "{shown}"),
                Some("--strip-debug") => {
                    assert!(leak.contains(&format!("in {function} (no line")), "{shown}");
                }
                Some(_) => assert!(leak.contains("(no name, no line"), "{shown}"),
            }
        }
        // The call behind the first one.
        let place = format!("leaks.c:{}", line("/* in main */"));
        assert!(line_of(&told[at[0] + 2]).contains(&place), "{shown}");
    }
}

#[test]
fn a_c_programs_leaks_are_told_with_the_places_of_its_calls() {
    let _watchdog = filemap_testing::watchdog!();
    if Command::new("addr2line").arg("--version").output().is_err() {
        skip!("needs addr2line and strip: apt-get install binutils");
    }
    for flags in [
        &["-O0", "-pie", "-fPIE"][..],
        &["-O2", "-pie", "-fPIE"],
        &["-O0", "-no-pie", "-fno-pie"],
        &["-O2", "-no-pie", "-fno-pie"],
    ] {
        places_are_right(flags);
    }
}
