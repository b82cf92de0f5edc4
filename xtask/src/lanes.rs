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
    /// Keep inputs that reach new code in fuzz/corpus
    #[arg(long)]
    keep: bool,
}

#[derive(clap::Args)]
pub(crate) struct Sanitize {
    /// AddressSanitizer
    #[arg(long)]
    address: bool,
    /// ThreadSanitizer; needs the standard library's source for nightly
    #[arg(long)]
    thread: bool,
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

/// cargo of the nightly toolchain; `None` without one.
fn nightly(root: &Path) -> Option<Command> {
    let cargo = || {
        let mut command = Command::new("rustup");
        command.args(["run", "nightly", "cargo"]).current_dir(root);
        // The calling cargo has set these for its own toolchain.
        for variable in ["CARGO", "RUSTC", "RUSTUP_TOOLCHAIN", "RUSTFLAGS"] {
            command.env_remove(variable);
        }
        command.stdin(std::process::Stdio::null());
        command
    };
    process::succeeds(cargo().arg("--version")).then(cargo)
}

fn has_source() -> bool {
    let sysroot = process::output(
        Path::new("/"),
        "rustup",
        &["run", "nightly", "rustc", "--print", "sysroot"],
    );
    sysroot.is_ok_and(|path| {
        Path::new(path.trim())
            .join("lib/rustlib/src/rust/library")
            .is_dir()
    })
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
    let Some(mut build) = nightly(root) else {
        return skipped(
            "fuzzing",
            "needs a nightly toolchain: rustup toolchain install nightly",
        );
    };
    let directory = root.join("fuzz");
    build
        .current_dir(&directory)
        .args(["build", "--release", "--bins", "--target", HOST]);
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
    let mut ok = true;
    for target in all {
        if options.targets.is_empty() || options.targets.contains(&target) {
            ok &= fuzz_one(root, &target, options)?;
        }
    }
    Ok(ok)
}

fn fuzz_one(root: &Path, target: &str, options: &Fuzz) -> Result<bool> {
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
    let mut command = Command::new(directory.join("target").join(HOST).join("release").join(target));
    // The first directory gets what is new.
    if !options.keep {
        command.arg(&work);
    }
    command.arg(&corpus);
    command.args([
        format!("-max_total_time={}", options.seconds),
        format!("-artifact_prefix={}/", found.display()),
        "-max_len=1024".to_owned(),
        "-timeout=60".to_owned(),
        "-rss_limit_mb=1500".to_owned(),
        "-print_final_stats=1".to_owned(),
    ]);
    command
        .env(
            "FILEMAP_PROGRAM",
            root.join("target").join("debug").join("filemap"),
        )
        .env("FILEMAP_ROOT", &tree)
        // Objects live as long as the process; what a call of C leaves to it is no leak.
        .env("ASAN_OPTIONS", "detect_leaks=0");
    Ok(process::tee(&mut command)?.1)
}

/// Packages without system calls, and with what of them can't run under Miri.
const PURE: [&str; 1] = ["filemap-core"];

pub(crate) fn miri(root: &Path) -> Result<bool> {
    let Some(mut command) = nightly(root) else {
        return skipped(
            "Miri",
            "needs a nightly toolchain: rustup toolchain install nightly",
        );
    };
    if !nightly(root).is_some_and(|mut cargo| process::succeeds(cargo.args(["miri", "--version"]))) {
        return skipped("Miri", "rustup component add miri rust-src --toolchain nightly");
    }
    command.args(["miri", "test", "--lib"]);
    command.args(PURE.iter().flat_map(|package| ["--package", package]));
    command.env("MIRIFLAGS", "-Zmiri-disable-isolation");
    Ok(process::tee(&mut command)?.1)
}

pub(crate) fn sanitize(root: &Path, options: &Sanitize) -> Result<bool> {
    let both = options.address == options.thread;
    let mut ok = true;
    if options.address || both {
        ok &= with_sanitizer(root, "address", false)?;
    }
    if options.thread || both {
        ok &= match has_source() {
            true => with_sanitizer(root, "thread", true)?,
            false => skipped(
                "ThreadSanitizer",
                "rustup component add rust-src --toolchain nightly",
            )?,
        };
    }
    Ok(ok)
}

fn with_sanitizer(root: &Path, sanitizer: &str, build_std: bool) -> Result<bool> {
    let Some(mut command) = nightly(root) else {
        return skipped(
            sanitizer,
            "needs a nightly toolchain: rustup toolchain install nightly",
        );
    };
    command.args(["test", "--locked", "--target", HOST, "--no-fail-fast"]);
    if build_std {
        command.arg("-Zbuild-std");
    }
    // Those that map, wait and copy; their tests of page faults have signal handlers of their own, which a sanitizer has too.
    for package in ["filemap-core", "filemap-sys", "filemap", "filemap-shared"] {
        command.args(["--package", package]);
    }
    command.args(["--lib", "--tests"]);
    command
        .env("RUSTFLAGS", format!("-Zsanitizer={sanitizer}"))
        .env("CARGO_TARGET_DIR", root.join("target").join(sanitizer))
        .env("FILEMAP_TEST_PATIENCE", "5")
        .env(
            "ASAN_OPTIONS",
            "detect_leaks=0:allow_user_segv_handler=1:handle_segv=0:handle_sigbus=0",
        )
        .env("TSAN_OPTIONS", "handle_segv=0:handle_sigbus=0");
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
        ok &= process::tee(&mut command)?.1;
    }
    let (linker, runner) = ("aarch64-linux-gnu-gcc", "qemu-aarch64-static");
    let there = |program: &str| process::succeeds(Command::new(program).arg("--version"));
    if !there(linker) || !there(runner) || !installed.contains("aarch64-unknown-linux-gnu") {
        skipped(
            "tests on 64-bit ARM",
            "rustup target add aarch64-unknown-linux-gnu; \
             apt-get install gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user-static",
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

/// With Debian's Rust, which builds the standard library for any target.
fn check_with_debian(root: &Path, target: &str) -> Result<bool> {
    match crate::packages::provide_windows(false) {
        false => skipped(
            target,
            &format!("rustup target add {target}, or the packages above"),
        ),
        true => Ok(process::tee(
            crate::windows::check(root, &[target]).args(PORTABLE.iter().flat_map(|p| ["-p", p])),
        )?
        .1),
    }
}
