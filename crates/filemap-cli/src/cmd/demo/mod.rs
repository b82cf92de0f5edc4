//! `filemap demo`: what the system does, shown with real processes.

mod part;
mod process;
mod report;
mod ring;
mod story;

pub(crate) use part::play as play_part;
pub(crate) use process::PART;

use crate::Place;
use crate::failure::{Failure, on_file};
use crate::signals::Signals;
use filemap::{Namespace, ROOT_VARIABLE};
use report::Report;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tempfile::TempDir;

/// Shows what named shared memory is: a server and a client as processes of their own, a file, a killed server, a producer and
/// a consumer at full speed
///
/// It prints each step in plain words and ends with how long each operation took; exit status 1 if anything did not behave.
/// Names are in a tree of its own, or, with --root or --interactive, where all programs' names are: then look on from
/// another terminal with `filemap ls`.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  filemap demo\n  filemap demo --file app.log\n  filemap demo --interactive"
)]
pub(crate) struct Demo {
    /// Wait for ENTER after each step
    #[arg(long, conflicts_with = "json")]
    interactive: bool,
    /// A file to share; its first bytes are changed and put back [default: a new temporary file]
    #[arg(long, value_name = "PATH")]
    file: Option<PathBuf>,
    /// One JSON object with steps, checks and times, in place of the text
    #[arg(long)]
    json: bool,
}

/// Where the demo's names and its file are; what it made itself goes when this does.
struct Stage {
    space: Namespace,
    /// The tree for the children, if it is not the one that they would take.
    root: Option<PathBuf>,
    session: Option<u32>,
    file: PathBuf,
    file_is_ours: bool,
    _own: Vec<TempDir>,
}

impl Demo {
    pub(crate) fn run(&self, place: &Place) -> Result<ExitCode, Failure> {
        let signals = Signals::catch()?;
        let stage = self.stage(place)?;
        let mut report = Report::new(self.json, self.interactive);
        let told = story::tell(&stage, &mut report, &signals);
        let status = report.end(told)?;
        drop(stage);
        Ok(status)
    }

    fn stage(&self, place: &Place) -> Result<Stage, Failure> {
        let mut own = Vec::new();
        let chosen = place.root.is_some() || std::env::var_os(ROOT_VARIABLE).is_some_and(|r| !r.is_empty());
        let root = match (&place.root, chosen || self.interactive) {
            (root, true) => root.clone(),
            (_, false) => {
                let tree = crate::system::place_for_a_tree().map(|base| directory(&base));
                let tree = tree.transpose()?;
                let path = tree.as_ref().map(|dir| dir.path().to_owned());
                own.extend(tree);
                path
            }
        };
        let space = Namespace::chosen(root.as_deref(), place.session)?;
        let (file, file_is_ours) = match &self.file {
            Some(path) => {
                let absolute = std::path::absolute(path).map_err(on_file("open file", path, "getcwd"))?;
                (absolute, false)
            }
            None => {
                let dir = directory(&std::env::temp_dir())?;
                let path = dir.path().join("sample.txt");
                let text: String = (1..=20)
                    .map(|n| format!("This is line {n} of a small file.\n"))
                    .collect();
                std::fs::write(&path, text).map_err(on_file("write file", &path, "write"))?;
                own.push(dir);
                (path, true)
            }
        };
        Ok(Stage {
            space,
            root,
            session: place.session,
            file,
            file_is_ours,
            _own: own,
        })
    }
}

/// A directory for this run only, for nobody else (mode 0700).
fn directory(base: &Path) -> Result<TempDir, Failure> {
    tempfile::Builder::new()
        .prefix("filemap-demo-")
        .tempdir_in(base)
        .map_err(on_file("make a directory in", base, "mkdir"))
}
