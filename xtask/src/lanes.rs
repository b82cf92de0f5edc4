//! Lanes that CI runs in short or not at all: `soak`, `crash`, `fuzz`, `miri`, `sanitize`, `portability`.
//!
//! Each says what it did; what the machine lacks is told as `SKIPPED` with what to install. docs/RELIABILITY.md has the last
//! figures of each.

use crate::{Result, process};
use std::path::Path;
use std::process::Command;

#[derive(clap::Args)]
pub(crate) struct Soak {
    /// How many workers are killed
    #[arg(long, default_value_t = 100_000)]
    kills: u64,
    /// What the random choices depend on [default: the time]
    #[arg(long)]
    seed: Option<u64>,
}

#[derive(clap::Args)]
pub(crate) struct Fuzz {
    /// Only these targets [default: all]
    targets: Vec<String>,
    /// Seconds for each target
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Add the inputs that reach new code to fuzz/corpus: as few as reach all of it
    #[arg(long)]
    keep: bool,
    /// Longest input in bytes
    #[arg(long, default_value_t = 1024)]
    longest: u32,
}

/// What libFuzzer needs to see; as cargo-fuzz has it.
const COVERAGE: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Zsanitizer=address -Ccodegen-units=1";
/// The target of the machine that all lanes run on.
const HOST: &str = "x86_64-unknown-linux-gnu";

fn skipped(what: &str, why: &str) -> Result<bool> {
    println!("SKIPPED: {what}: {why}");
    Ok(true)
}

/// The cargo that runs this, allowed what else only nightly may.
fn unstable_cargo(root: &Path) -> Command {
    let mut command = process::cargo(root);
    command.env("RUSTC_BOOTSTRAP", "1").env_remove("RUSTFLAGS");
    command
}

pub(crate) fn soak(root: &Path, options: &Soak) -> Result<bool> {
    let mut command = process::cargo(root);
    command.args(["run", "--locked", "--release", "--package", "filemap-crash-tests"]);
    command.args([
        "--bin",
        "filemap-soak",
        "--",
        "--kills",
        &options.kills.to_string(),
    ]);
    if let Some(seed) = options.seed {
        command.args(["--seed", &seed.to_string()]);
    }
    Ok(process::tee(&mut command)?.1)
}

/// The long forms of the crash tests: every boundary, every fault, a storm of 2,000, 200 processes with 8 threads.
pub(crate) fn crash(root: &Path) -> Result<bool> {
    let mut command = process::cargo(root);
    command.args(["test", "--locked", "--package", "filemap-crash-tests", "--tests"]);
    command.args(["--no-fail-fast", "--", "--nocapture", "--test-threads=1"]);
    command.envs([
        ("FILEMAP_BOUNDARIES", "all"),
        ("FILEMAP_FAULTS", "all"),
        ("FILEMAP_STORM_KILLS", "2000"),
        ("FILEMAP_SYNC_STRESS", "200x8x20"),
    ]);
    Ok(process::tee(&mut command)?.1)
}

pub(crate) fn fuzz(root: &Path, options: &Fuzz) -> Result<bool> {
    let directory = root.join("fuzz");
    let mut build = unstable_cargo(&directory);
    build.args(["build", "--release", "--bins", "--target", HOST]);
    build.env("RUSTFLAGS", COVERAGE);
    if !process::tee(&mut build)?.1 {
        return Err("the fuzz targets do not build".into());
    }
    let mut command = process::cargo(root);
    command.args([
        "build",
        "--locked",
        "--package",
        "filemap-cli",
        "--bin",
        "filemap",
    ]);
    if !process::tee(&mut command)?.1 {
        return Err("the command does not build".into());
    }
    let mut all: Vec<String> = std::fs::read_dir(directory.join("fuzz_targets"))?
        .filter_map(|entry| Some(entry.ok()?.path().file_stem()?.to_str()?.to_owned()))
        .collect();
    all.sort();
    if let Some(unknown) = options.targets.iter().find(|target| !all.contains(target)) {
        return Err(format!("{unknown}: no such target; there are {}", all.join(", ")).into());
    }
    let (mut ok, mut summary) = (true, Vec::new());
    for target in all {
        if options.targets.is_empty() || options.targets.contains(&target) {
            let (fine, line) = fuzz_one(root, &target, options)?;
            ok &= fine;
            summary.push(line);
        }
    }
    println!("\n{}", summary.join("\n"));
    Ok(ok)
}

/// Fuzzes one target; whether all went well, and a line of figures.
fn fuzz_one(root: &Path, target: &str, options: &Fuzz) -> Result<(bool, String)> {
    let directory = root.join("fuzz");
    let (corpus, found) = (
        directory.join("corpus").join(target),
        directory.join("artifacts").join(target),
    );
    let work = directory.join("target").join("corpus").join(target);
    let tree = directory.join("target").join("tree");
    for path in [&found, &work, &tree] {
        std::fs::create_dir_all(path)?;
    }
    let fuzzer = || {
        let program = directory.join("target").join(HOST).join("release").join(target);
        let mut command = Command::new(program);
        command
            .current_dir(&directory)
            .env(
                "FILEMAP_PROGRAM",
                root.join("target").join("debug").join("filemap"),
            )
            .env("FILEMAP_ROOT", &tree)
            // Objects live as long as the process; what a call of C leaves to it is no leak. The library's own handler must
            // see the faults that it works on.
            .env(
                "ASAN_OPTIONS",
                "detect_leaks=0:allow_user_segv_handler=1:handle_segv=0:handle_sigbus=0",
            )
            .args([
                &format!("-artifact_prefix={}/", found.display()),
                &format!("-max_len={}", options.longest),
                "-timeout=60",
                "-rss_limit_mb=1500",
            ]);
        command
    };
    let mut command = fuzzer();
    command
        .args([&work, &corpus]) // the first directory gets what is new
        .args([
            &format!("-max_total_time={}", options.seconds),
            "-print_final_stats=1",
            "-reload=0",
        ]);
    let (lines, mut ok) = process::tee(&mut command)?;
    if options.keep && ok {
        let mut merge = fuzzer();
        merge
            .args(["-merge=1", "-set_cover_merge=1"])
            .args([&corpus, &work]);
        ok &= process::tee(&mut merge)?.1;
    }
    Ok((ok, figures(target, &lines)))
}

/// What libFuzzer says at its end: executions, seconds, edges covered, inputs.
fn figures(target: &str, lines: &[String]) -> String {
    let last = |word: &str| {
        lines.iter().rev().find_map(|line| {
            let mut words = line.split_whitespace().skip_while(|found| *found != word);
            words.nth(1).map(str::to_owned)
        })
    };
    let or_none = |value: Option<String>| value.unwrap_or_else(|| "?".to_owned());
    format!(
        "{target}: {} executions, {} edges covered (first {}), features {}",
        or_none(last("stat::number_of_executed_units:")),
        or_none(last("cov:")),
        or_none(lines.iter().find_map(|line| {
            let mut words = line.split_whitespace().skip_while(|found| *found != "cov:");
            words.nth(1).map(str::to_owned)
        })),
        or_none(last("ft:")),
    )
}

/// Packages without system calls, and with what of them can't run under Miri.
const PURE: [&str; 1] = ["filemap-core"];

pub(crate) fn miri(root: &Path) -> Result<bool> {
    let mut command = Command::new("rustup");
    command
        .args(["run", "nightly", "cargo", "miri"])
        .current_dir(root);
    // The calling cargo has set these for its own toolchain.
    for variable in ["CARGO", "RUSTC", "RUSTUP_TOOLCHAIN", "RUSTFLAGS"] {
        command.env_remove(variable);
    }
    if !process::succeeds(Command::new("rustup").args(["run", "nightly", "cargo", "miri", "--version"])) {
        return skipped("Miri", "rustup component add miri rust-src --toolchain nightly");
    }
    command.args(["test", "--lib"]);
    command.args(PURE.iter().flat_map(|package| ["--package", package]));
    command.env("MIRIFLAGS", "-Zmiri-disable-isolation");
    Ok(process::tee(&mut command)?.1)
}

/// Other kinds of Linux: `cargo check` for each, and the tests of the pure crate on a 64-bit ARM under qemu-user.
pub(crate) fn portability(root: &Path) -> Result<bool> {
    let installed = process::output(root, "rustup", &["target", "list", "--installed"]).unwrap_or_default();
    let mut ok = true;
    for target in ["aarch64-unknown-linux-gnu", "x86_64-unknown-linux-musl"] {
        if !installed.lines().any(|line| line.trim() == target) {
            ok &= check_with_debian(root, target)?;
            continue;
        }
        let mut command = process::cargo(root);
        command.args(["check", "--locked", "--target", target]);
        for package in PORTABLE {
            command.args(["--package", package]);
        }
        command.env("CARGO_TARGET_DIR", root.join("target").join("portability"));
        with_a_c_compiler(&mut command, target);
        ok &= process::tee(&mut command)?.1;
    }
    let (linker, runner) = ("aarch64-linux-gnu-gcc", "qemu-aarch64-static");
    if !crate::packages::provide_arm(true) || !installed.contains("aarch64-unknown-linux-gnu") {
        skipped(
            "tests on 64-bit ARM",
            "packages are missing, see above, or: rustup target add aarch64-unknown-linux-gnu",
        )?;
        return Ok(ok);
    }
    let mut command = process::cargo(root);
    command.args([
        "test",
        "--locked",
        "--target",
        "aarch64-unknown-linux-gnu",
        "--lib",
    ]);
    command.args([
        "--package",
        "filemap-core",
        "--package",
        "filemap-sys",
        "--no-fail-fast",
    ]);
    command
        .env("CARGO_TARGET_DIR", root.join("target").join("portability"))
        .env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER", linker)
        .env(
            "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER",
            format!("{runner} -L /usr/aarch64-linux-gnu"),
        )
        .env("FILEMAP_TEST_PATIENCE", "5");
    Ok(process::tee(&mut command)?.1 && ok)
}

/// What is checked for another kind of Linux.
const PORTABLE: [&str; 4] = ["filemap-core", "filemap-sys", "filemap", "filemap-cli"];

/// The parser of C headers is itself in C. A check links nothing, so this machine's compiler does where the target's is missing.
fn with_a_c_compiler(command: &mut Command, target: &str) {
    let of_target = match target {
        "aarch64-unknown-linux-gnu" => "aarch64-linux-gnu-gcc",
        _ => "musl-gcc",
    };
    if !process::succeeds(Command::new(of_target).arg("--version")) {
        command.env(format!("CC_{}", target.replace('-', "_")), "cc");
    }
}

/// With Debian's Rust, which builds the standard library for any target.
fn check_with_debian(root: &Path, target: &str) -> Result<bool> {
    match crate::packages::provide_rust_source(true) {
        false => skipped(
            target,
            &format!("rustup target add {target}, or the packages above"),
        ),
        true => {
            let mut command = crate::windows::check(root, &[target]);
            with_a_c_compiler(&mut command, target);
            Ok(process::tee(command.args(PORTABLE.iter().flat_map(|p| ["-p", p])))?.1)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_fuzzer_says_at_its_end_becomes_one_line() {
        let lines = [
            "#9\tINITED cov: 942 ft: 1500 corp: 8/400b exec/s: 0 rss: 40Mb",
            "#383683\tDONE   cov: 1359 ft: 3364 corp: 566/16Kb lim: 683 exec/s: 6289 rss: 471Mb",
            "stat::number_of_executed_units: 383683",
        ];
        let lines: Vec<String> = lines.into_iter().map(str::to_owned).collect();
        assert_eq!(
            figures("sddl", &lines),
            "sddl: 383683 executions, 1359 edges covered (first 942), features 3364"
        );
        assert!(figures("sddl", &[]).contains('?'));
    }
}
