//! `filemap write`.

use crate::Place;
use crate::bytes::{Source, SourceArgs, parse_size};
use crate::failure::Failure;
use filemap::{FileMapAccess, FileMapping};
use std::process::ExitCode;

/// Copies text, a file or standard input into an object
///
/// What is known to be too long is refused before a byte is written; of standard input, what fits is written.
#[derive(clap::Args)]
#[command(after_help = r"Examples:
  filemap write 'Local\frames' --text world
  filemap write 'Local\frames' --offset 4096 --from photo.raw
  echo world | filemap write 'Local\frames' -")]
#[command(group = clap::ArgGroup::new("what").args(["text", "from", "stdin"]).required(true))]
pub(crate) struct Write {
    /// Name of the object
    name: String,
    /// Write standard input
    #[arg(value_name = "-", value_parser = ["-"])]
    stdin: Option<String>,
    /// First byte to write to
    #[arg(long, value_parser = parse_size, default_value = "0")]
    offset: u64,
    /// Commit the pages written to, if the object is SEC_RESERVE
    #[arg(long)]
    commit: bool,
    #[command(flatten)]
    source: SourceArgs,
}

impl Write {
    pub(crate) fn run(&self, place: &Place) -> Result<ExitCode, Failure> {
        let space = place.namespace()?;
        let source = self.source.open()?.unwrap_or_else(Source::stdin);
        let options = FileMapping::options()
            .namespace(&space)
            .access(FileMapAccess::WRITE);
        let mapping = options.open(&self.name)?;
        source.copy_into(&mapping, self.offset, self.commit)?;
        Ok(ExitCode::SUCCESS)
    }
}
