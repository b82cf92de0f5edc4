//! `cargo xtask record`: what this system answers to the conformance tables, as a file for comparison.

use crate::{Result, process};
use std::path::Path;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Name of the file, such as `windows-11-24h2`
    name: String,
}

/// Runs the recorder of the conformance tables and keeps what it prints. On Windows this is the one command whose file is the
/// reference for the future.
pub(crate) fn run(root: &Path, options: &Options) -> Result<bool> {
    if options.name.is_empty()
        || !options
            .name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-._".contains(c))
    {
        return Err("the name is a file's name: letters, digits, '-', '.', '_'".into());
    }
    let mut command = process::cargo(root);
    command.args([
        "run",
        "--locked",
        "--quiet",
        "--package",
        "filemap-conformance",
        "--",
        "record",
    ]);
    let output = command.stderr(std::process::Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(format!("the recorder failed: {}", output.status).into());
    }
    let directory = root.join("conformance").join("recorded");
    std::fs::create_dir_all(&directory)?;
    let path = directory.join(format!("{}.json", options.name));
    std::fs::write(&path, &output.stdout)?;
    println!("{} bytes in {}", output.stdout.len(), path.display());
    Ok(true)
}
