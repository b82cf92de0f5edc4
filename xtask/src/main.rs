//! The project's own commands: `cargo xtask test`, `ci`, `lints`, `clauses`, `counts`, `deps`, `documentation`, `install`,
//! `windows`, `record`, `soak`, `crash`, `fuzz`, `miri`, `sanitize`, `portability`.
//!
//! `cargo xtask` is an alias of `.cargo/config.toml`; nothing has to be installed for it.

mod ci;
mod clauses;
mod counts;
mod deps;
mod files;
#[cfg(unix)]
mod install;
mod lanes;
mod lints;
mod packages;
mod process;
mod record;
mod sanitize;
mod tally;
mod test;
mod windows;

use clap::{Parser, Subcommand};
use std::error::Error;
use std::process::ExitCode;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The project's own commands.
#[derive(Parser)]
#[command(bin_name = "cargo xtask", max_term_width = 110)]
struct Cli {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Every test; ends with the line `N passed, N failed, N skipped`
    ///
    /// Missing Debian packages are installed when run as root; else the exact command is printed, and only those
    /// that are compulsory stop the run.
    Test(test::Options),
    /// What CI does: formatting, clippy, documentation, dependencies, lints, then `test`
    Ci(test::Options),
    /// The project's own rules about its text and code
    Lints,
    /// Licences, sources, version requirements and advisories of all dependencies
    Deps,
    /// Puts command, library, headers and pkg-config file into a prefix
    #[cfg(unix)]
    Install(install::Options),
    /// Writes manual pages and completions anew, from the command itself
    Documentation,
    /// The tests on Windows, under Wine, and `cargo check` for the other targets
    ///
    /// Installs Debian's Rust with the source of its standard library, mingw-w64 and Wine (1.6 GB) when run as root.
    Windows(windows::Options),
    /// Puts the conformance tables to this system and writes what came of each call to conformance/recorded/
    Record(record::Options),
    /// Instructions and system calls of the hot paths against bench/counts.toml; fails on 5 % or one call more
    Counts(counts::Options),
    /// Kills workers of all kinds of object at random moments; a stranger checks the promises after each death
    Soak(lanes::Soak),
    /// The crash tests in their long form: every boundary of every system call, every injected fault
    Crash,
    /// libFuzzer on every target of fuzz/, with AddressSanitizer; what it finds is in fuzz/artifacts
    Fuzz(lanes::Fuzz),
    /// The pure code under Miri
    Miri,
    /// The tests under AddressSanitizer and ThreadSanitizer, standard library included
    Sanitize(sanitize::Options),
    /// `cargo check` for musl and 64-bit ARM, and tests on the latter under qemu-user
    Portability,
    /// Which test cites which clause of the specification, and which clauses no test cites
    Clauses(clauses::Options),
}

/// A test of filemap-cli says when they are old.
fn documentation(root: &std::path::Path) -> Result<bool> {
    let docs = root.join("docs");
    let mut cargo = process::cargo(root);
    cargo
        .args([
            "run",
            "--quiet",
            "-p",
            "filemap-cli",
            "--bin",
            "filemap",
            "--",
            "documentation",
        ])
        .arg(docs);
    Ok(cargo.status()?.success())
}

fn main() -> ExitCode {
    let root = files::root();
    let done = match Cli::parse().command {
        Task::Test(options) => test::run(&root, &options, tally::Tally::default()),
        Task::Ci(options) => ci::run(&root, &options),
        Task::Lints => lints::run(&root),
        Task::Deps => deps::run(&root),
        #[cfg(unix)]
        Task::Install(options) => install::run(&root, &options),
        Task::Documentation => documentation(&root),
        Task::Windows(options) => windows::run(&root, &options),
        Task::Record(options) => record::run(&root, &options),
        Task::Counts(options) => counts::run(&root, &options),
        Task::Soak(options) => lanes::soak(&root, &options),
        Task::Crash => lanes::crash(&root),
        Task::Fuzz(options) => lanes::fuzz(&root, &options),
        Task::Miri => lanes::miri(&root),
        Task::Sanitize(options) => sanitize::run(&root, &options),
        Task::Portability => lanes::portability(&root),
        Task::Clauses(options) => clauses::run(&root, &options),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(e) => {
            eprintln!("error: {e}");
            ExitCode::FAILURE
        }
    }
}
