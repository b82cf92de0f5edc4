//! The process that holds the objects which others open.

use crate::Result;
use filemap::{FileMapping, Namespace};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A child that holds handles of an object until this value is dropped.
#[derive(Debug)]
pub struct Holder(Child);

impl Holder {
    /// Starts the child and waits until it has `handles` handles of the object `name`, which it creates with `size` bytes.
    ///
    /// # Errors
    /// The child can't be started, or could not create the object.
    pub fn start(root: &Path, name: &str, size: u64, handles: u32) -> Result<Holder> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["hold", "--name", name, "--size", &size.to_string()])
            .args(["--handles", &handles.to_string()])
            .arg("--root")
            .arg(root)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        if let Some(out) = child.stdout.take() {
            BufReader::new(out).read_line(&mut line)?;
        }
        let holder = Holder(child);
        match &*line {
            "ready\n" => Ok(holder),
            _ => Err("the process that holds the objects did not get ready".into()),
        }
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        drop(self.0.stdin.take()); // the end of its input is the child's sign to go
        let _ = self.0.wait();
    }
}

/// What the child does: creates the object, opens it until it has all its handles, says `ready`, waits for its input to end.
///
/// # Errors
/// The object can't be created or opened.
pub fn hold(root: &Path, name: &str, size: u64, handles: u32) -> Result<()> {
    filemap_sys::os::process::raise_descriptor_limit();
    let space = space(root);
    let options = FileMapping::options().namespace(&space).size(size);
    let mut held = vec![options.create_new(name)?];
    for _ in 1..handles {
        held.push(options.open(name)?);
    }
    println!("ready");
    std::io::stdout().flush()?;
    std::io::stdin().read_to_end(&mut Vec::new())?;
    drop(held);
    Ok(())
}

/// The name space of a benchmark's tree.
#[must_use]
pub fn space(root: &Path) -> Namespace {
    Namespace::at(root).with_session(1)
}
