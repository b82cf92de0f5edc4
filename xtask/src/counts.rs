//! `cargo xtask counts`: instructions and system calls of the hot paths against `bench/counts.toml`.

use crate::{Result, packages, process};
use std::path::Path;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Write what was counted as the new baseline
    #[arg(long)]
    update: bool,
    /// Don't install Debian packages, only say which are missing
    #[arg(long)]
    pub(crate) no_install: bool,
}

/// Builds the benchmark as it is shipped, and lets it count.
pub(crate) fn run(root: &Path, options: &Options) -> Result<bool> {
    compare(root, options.update, !options.no_install)
}

/// The comparison alone, for CI.
pub(crate) fn check(root: &Path, install: bool) -> Result<bool> {
    compare(root, false, install)
}

fn compare(root: &Path, update: bool, install: bool) -> Result<bool> {
    packages::provide(install);
    let compiler = process::output(root, "rustc", &["--version"])?;
    let mut command = process::cargo(root);
    command.args(["run", "--locked", "--quiet", "--release"]);
    command.args(["-p", "filemap-bench", "--", "counts"]);
    command.args(["--compiler", compiler.trim()]);
    command.args(update.then_some("--update"));
    // Flags of the caller would make other instructions.
    command.env_remove("RUSTFLAGS");
    Ok(process::tee(&mut command)?.1)
}
