//! `filemap hold`.

use crate::Place;
use crate::failure::Failure;
use crate::keep::Keep;
use filemap::{FileMapAccess, FileMapping};
use std::process::ExitCode;

/// Opens an object that exists, and keeps it
///
/// Whoever created it may end then: the object lives on, name included, as long as this command holds it.
#[derive(clap::Args)]
#[command(after_help = r"Examples:
  filemap hold 'Local\frames' --for 5s
  filemap hold 'Local\frames' -- ./viewer 'Local\frames'")]
pub(crate) struct Hold {
    /// Name of the object
    name: String,
    #[command(flatten)]
    keep: Keep,
}

impl Hold {
    pub(crate) fn run(&self, place: &Place) -> Result<ExitCode, Failure> {
        let space = place.namespace()?;
        let prepared = self.keep.prepare()?;
        // The least that keeps it alive: that much is granted where writing is not.
        let options = FileMapping::options()
            .namespace(&space)
            .access(FileMapAccess::READ);
        let mapping = options.open(&self.name)?;
        self.keep.keep(prepared, mapping, "opened", place)
    }
}
