//! `cargo xtask sanitize`: the tests under AddressSanitizer and ThreadSanitizer.
//!
//! ThreadSanitizer needs a standard library that is instrumented as well. Debian's Rust comes with its source; the runtimes
//! of the sanitizers come with the toolchain that runs this. Both sanitizers are built that way, so that they see the same.

use crate::{Result, packages, process, windows};
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Which [default: both]
    sanitizers: Vec<Sanitizer>,
    /// Only these packages [default: filemap-core, filemap-sys, filemap, filemap-shared]
    #[arg(long = "package", short)]
    packages: Vec<String>,
    /// Only tests whose name contains this
    #[arg(long)]
    filter: Option<String>,
    /// Don't install Debian packages, only say which are missing
    #[arg(long)]
    no_install: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Sanitizer {
    Address,
    Thread,
}

/// The target of the machine that this runs on.
const HOST: &str = "x86_64-unknown-linux-gnu";
/// Those that map, wait and copy.
const PACKAGES: [&str; 4] = ["filemap-core", "filemap-sys", "filemap", "filemap-shared"];

/// The modules of `crates/filemap-sys/tests/fault.rs`.
const FAULT_TESTS: [&str; 4] = ["children::", "commit::", "copies::", "lost::"];

impl Sanitizer {
    fn name(self) -> &'static str {
        match self {
            Sanitizer::Address => "address",
            Sanitizer::Thread => "thread",
        }
    }

    /// How its runtime is called in a toolchain.
    fn runtime(self) -> &'static str {
        match self {
            Sanitizer::Address => "_rt.asan.a",
            Sanitizer::Thread => "_rt.tsan.a",
        }
    }

    /// How its reports begin.
    fn report(self) -> &'static str {
        match self {
            Sanitizer::Address => "ERROR: AddressSanitizer",
            Sanitizer::Thread => "WARNING: ThreadSanitizer",
        }
    }
}

pub(crate) fn run(root: &Path, options: &Options) -> Result<bool> {
    if !packages::provide_rust_source(!options.no_install) {
        println!("SKIPPED: the sanitizers: packages are missing, see above");
        return Ok(true);
    }
    let both = [Sanitizer::Address, Sanitizer::Thread];
    let mut ok = true;
    for sanitizer in both {
        if options.sanitizers.is_empty() || options.sanitizers.contains(&sanitizer) {
            ok &= match runtime(root, sanitizer) {
                Some(runtime) => with(root, sanitizer, &runtime, options)?,
                None => {
                    println!(
                        "SKIPPED: {}: this toolchain has no librustc-*{}",
                        sanitizer.name(),
                        sanitizer.runtime()
                    );
                    true
                }
            };
        }
    }
    Ok(ok)
}

/// The runtime of a sanitizer in the toolchain that runs this.
fn runtime(root: &Path, sanitizer: Sanitizer) -> Option<PathBuf> {
    let libraries = process::output(root, "rustc", &["--print", "target-libdir"]).ok()?;
    let mut files = std::fs::read_dir(libraries.trim()).ok()?;
    files.find_map(|file| {
        let path = file.ok()?.path();
        let is_it = path.file_name()?.to_str()?.ends_with(sanitizer.runtime());
        is_it.then_some(path)
    })
}

fn with(root: &Path, sanitizer: Sanitizer, runtime: &Path, options: &Options) -> Result<bool> {
    let mut command = windows::debian_cargo(root);
    command.args(["test", "--locked", "--no-fail-fast", "--color=never"]);
    command.args(["-Zbuild-std", "--target", HOST, "--lib", "--tests"]);
    let named: Vec<&str> = match options.packages.is_empty() {
        true => PACKAGES.to_vec(),
        false => options.packages.iter().map(String::as_str).collect(),
    };
    command.args(named.iter().flat_map(|package| ["--package", package]));
    command.arg("--").args(&options.filter);
    if sanitizer == Sanitizer::Thread {
        // ThreadSanitizer's handler comes before every other, with all signals blocked and those of others put off: what the
        // tests of page faults are about, faults inside the handler and storms of signals, is its doing then.
        command.args(FAULT_TESTS.iter().flat_map(|module| ["--skip", module]));
    }
    // As rustc links the runtime of its own toolchain: all of it, before the C library that it stands in front of.
    let flags = format!(
        "-Zsanitizer={} -Zexternal-clangrt -Zpre-link-args=-Wl,--whole-archive,{},--no-whole-archive",
        sanitizer.name(),
        runtime.display()
    );
    let suppressions = root.join("xtask").join("suppressions").join("thread.txt");
    command
        .env("RUSTFLAGS", flags)
        .env("CARGO_TARGET_DIR", root.join("target").join(sanitizer.name()))
        .env("FILEMAP_SANITIZER", sanitizer.name())
        .env("FILEMAP_TEST_PATIENCE", "5")
        // The library's handlers of SIGSEGV and SIGBUS are its business; what it hands to C lives as long as the process.
        .env(
            "ASAN_OPTIONS",
            "detect_leaks=0:allow_user_segv_handler=1:handle_segv=0:handle_sigbus=0",
        )
        // Tests fork, and the children start threads.
        .env(
            "TSAN_OPTIONS",
            format!(
                "handle_segv=0:handle_sigbus=0:die_after_fork=0:suppressions={}",
                suppressions.display()
            ),
        );
    let (lines, ok) = process::tee(&mut command)?;
    let reports = lines.iter().filter(|line| line.contains(sanitizer.report()));
    let reports = reports.count();
    println!(
        "{}: {}, {reports} reports",
        sanitizer.name(),
        crate::tally::Tally::of_cargo_test(&lines, false)
    );
    Ok(ok && reports == 0)
}
