//! The short form of the big table, end to end.

use filemap_bench::peers::definition::Definitions;
use std::path::Path;
use std::process::Command;

/// Runs the quick form, and gives what it says on its two outputs.
fn quick(arguments: &[&str]) -> (String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_filemap-bench"))
        .args(["peers", "--quick"])
        .args(arguments)
        .output()
        .expect("the benchmark starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    let (out, err) = (text(output.stdout), text(output.stderr));
    assert!(output.status.success(), "{err}");
    (out, err)
}

#[test]
fn the_quick_form_measures_every_operation_that_has_quick_values_beside_the_c_library() {
    let (tables, _) = quick(&[
        "--subject",
        "pthread",
        "--subject",
        "posix-semaphore",
        "--subject",
        "eventfd",
    ]);
    for operation in Definitions::read().unwrap().operations {
        let heading = format!("#### {}\n", operation.title);
        let (_, table) = tables
            .split_once(&heading)
            .expect("each operation has its heading");
        let table = table.split("####").next().unwrap_or_default();
        assert_eq!(
            table.contains("| **Filemap** |") && table.contains("| system calls |"),
            !operation.quick.is_empty(),
            "{heading}{table}"
        );
    }
    assert!(tables.contains("| pthread robust mutex |"));
}

#[test]
fn rivals_in_other_languages_take_their_turns_over_a_pipe() {
    let found = |program: &str| {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).any(|directory| directory.join(program).is_file())
    };
    if !Path::new("/usr/include/boost/interprocess").is_dir() || !found("c++") || !found("python3") {
        filemap_testing::skip!("install with: sudo apt-get install -y g++ libboost-dev python3");
    }
    let (tables, said) = quick(&[
        "--only",
        "open",
        "--only",
        "semaphore",
        "--subject",
        "boost",
        "--subject",
        "python",
    ]);
    assert!(!said.contains("SKIPPED: open"), "{said}");
    let lines = |name: &str| {
        tables
            .lines()
            .filter(|line| line.starts_with(&format!("| {name} |")))
            .count()
    };
    assert_eq!(lines("Boost.Interprocess"), 2, "{tables}");
    assert_eq!(lines("Python multiprocessing.shared_memory"), 1, "{tables}");
}

#[test]
fn a_rival_that_is_missing_is_skipped_with_what_to_install() {
    let output = Command::new(env!("CARGO_BIN_EXE_filemap-bench"))
        .args(["peers", "--quick", "--only", "semaphore", "--subject", "boost"])
        .env("CXX", "no-such-compiler-anywhere")
        .output()
        .expect("the benchmark starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(
        said.contains("SKIPPED: semaphore") && said.contains("apt-get install -y g++ libboost-dev"),
        "{said}"
    );
}
