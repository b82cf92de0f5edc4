//! This system against Windows under Wine: the corpus, and random sequences.
//!
//! Needs the executor built for Windows: `cargo xtask test` and `cargo xtask windows` build it.

use filemap_differential::{Call, Pair};
use filemap_testing::Wine;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Wine with the executor built for Windows, if both are there.
fn executor_on_windows() -> Result<Command, String> {
    let wine = Wine::find()?;
    let mut command = wine.command(wine.built("filemap-differential.exe")?);
    command.stderr(Stdio::null());
    Ok(command)
}

fn corpus() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let mut cases: Vec<_> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .collect();
    cases.sort();
    cases
}

#[test]
fn every_case_that_once_differed_is_the_same_now_or_known() {
    let mut there = match executor_on_windows() {
        Ok(command) => command,
        Err(why) => filemap_testing::skip!("{why}"),
    };
    there.arg("serve");
    let root = filemap_testing::private_root();
    let mut here = Command::new(env!("CARGO_BIN_EXE_filemap-differential"));
    here.arg("serve")
        .env("FILEMAP_ROOT", root.path())
        .env("FILEMAP_SESSION", "1");
    let mut pair = Pair::start(here, there).unwrap();
    let cases = corpus();
    assert!(cases.len() >= 7, "{cases:?}");
    for path in cases {
        let calls: Vec<Call> = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let difference = pair.compare(&calls).unwrap();
        assert!(
            difference.is_none(),
            "{}:\n{}",
            path.display(),
            difference.unwrap()
        );
    }
}

#[test]
fn random_sequences_come_to_the_same() {
    let there = match executor_on_windows() {
        Ok(command) => command,
        Err(why) => filemap_testing::skip!("{why}"),
    };
    let calls = std::env::var("FILEMAP_DIFFERENTIAL_CALLS").unwrap_or_else(|_| "5000".to_owned());
    let mut command = Command::new(env!("CARGO_BIN_EXE_filemap-differential"));
    command.args(["compare", "--calls", &calls, "--"]);
    command
        .arg(there.get_program())
        .args(there.get_args())
        .arg("serve");
    for (name, value) in there.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(said.contains("no difference"), "{said}");
}

/// A difference is found, and shrunk to the call that it is about.
#[test]
fn an_executor_that_lies_is_found_out() {
    let root = filemap_testing::private_root();
    let program = env!("CARGO_BIN_EXE_filemap-differential");
    let side = |platform: &str| {
        let mut command = Command::new(program);
        command
            .arg("serve")
            .env("FILEMAP_ROOT", root.path().join(platform));
        command
            .env("FILEMAP_SESSION", "1")
            .env("FILEMAP_PLATFORM", platform);
        command
    };
    // NT 4 knows no Global\ (P-30).
    let mut pair = Pair::start(side("nt"), side("nt4")).unwrap();
    let text = r#"[{"CreateMapping":{"to":0,"name":{"Global":1},"file":null,"protect":4,"size":1}}]"#;
    let calls: Vec<Call> = serde_json::from_str(text).unwrap();
    let found = pair.compare(&calls).unwrap().expect("a difference");
    assert_eq!(found.index, 0, "{found}");
    let text = r#"[{"CreateMapping":{"to":0,"name":{"Plain":1},"file":null,"protect":4,"size":1}}]"#;
    let same: Vec<Call> = serde_json::from_str(text).unwrap();
    assert!(pair.compare(&same).unwrap().is_none());
}
