//! The C side of offsets (V-65, V-67): compiled by the system's compilers, and run.

use filemap_testing::skip;
use std::path::Path;
use std::process::Command;

fn built(compiler: &str, arguments: &[&str]) {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    if Command::new(compiler).arg("--version").output().is_err() {
        skip!("there is no {compiler} here");
    }
    let place = tempfile::tempdir().unwrap();
    let program = place.path().join("bpointer");
    let status = Command::new(compiler)
        .args(arguments)
        .args(["-Wall", "-Wextra", "-Werror", "-I"])
        .arg(here.join("include"))
        .arg(here.join("examples/c/bpointer.c"))
        .arg("-o")
        .arg(&program)
        .status()
        .unwrap();
    assert!(status.success(), "{compiler} refuses the example");
    let output = Command::new(&program).output().unwrap();
    assert!(output.status.success(), "{:?}", output.status);
    assert_eq!(output.stdout, b"0 + 1 + 2 + 3 + 4 = 10, at two addresses\n");
}

// V-67
#[test]
fn a_list_of_based_pointers_in_c_is_the_same_at_two_addresses_and_refuses_wild_ones() {
    built("cc", &["-std=c11"]);
}
