//! Boost.Interprocess' `message_queue`: a small program in C++, compiled when it is measured.

use super::{Amount, ROOM};
use crate::Result;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

const SOURCE: &str = include_str!("boost.cpp");

/// The compiled program; the directory goes with the process.
static PROGRAM: OnceLock<std::result::Result<(tempfile::TempDir, PathBuf), String>> = OnceLock::new();

fn compile() -> Result<(tempfile::TempDir, PathBuf)> {
    let place = tempfile::tempdir()?;
    let (source, program) = (place.path().join("boost.cpp"), place.path().join("boost"));
    std::fs::write(&source, SOURCE)?;
    let compiler = std::env::var_os("CXX").unwrap_or_else(|| "c++".into());
    let output = Command::new(compiler)
        .args(["-O2", "-std=c++17", "-o"])
        .args([&program, &source])
        .arg("-lrt")
        .arg("-pthread")
        .output()
        .map_err(|e| format!("there is no C++ compiler: {e}"))?;
    match output.status.success() {
        true => Ok((place, program)),
        false => Err("it does not compile: are Boost's headers (libboost-dev) there?".into()),
    }
}

/// Measures it.
///
/// # Errors
/// No compiler or no Boost.
pub fn run(size: usize, amount: Amount) -> Result<[f64; 2]> {
    let program: &Path = match PROGRAM.get_or_init(|| compile().map_err(|e| e.to_string())) {
        Ok((_, program)) => program,
        Err(e) => return Err(e.clone().into()),
    };
    let numbers = [
        size as u64,
        amount.trips.into(),
        amount.stream.into(),
        ROOM as u64,
    ];
    let output = Command::new(program)
        .arg(format!("filemap-bench-{}", std::process::id()))
        .args(numbers.map(|n| n.to_string()))
        .output()?;
    let text = String::from_utf8(output.stdout)?;
    let mut times = text.split_whitespace().map(str::parse::<f64>);
    match (times.next(), times.next()) {
        (Some(Ok(trip)), Some(Ok(item))) if output.status.success() => Ok([trip, item]),
        _ => Err(format!("it ended with {}", output.status).into()),
    }
}
