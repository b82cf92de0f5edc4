//! `filemap client`.

use super::serve::wait_for_enter;
use crate::failure::Failure;
use crate::signals::{Input, Signals};
use crate::{Place, sample};
use std::io;
use std::process::ExitCode;

/// Opens an object and shows the message in it: the client of Microsoft's two-terminal sample
///
/// It holds the object until ENTER or end of input, SIGINT, SIGTERM or SIGHUP.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  filemap client 'Local\\SampleMap'")]
pub(crate) struct Client {
    /// Name of the object, as its server gave it
    name: String,
}

impl Client {
    pub(crate) fn run(&self, place: &Place) -> Result<ExitCode, Failure> {
        let space = place.namespace()?;
        let signals = Signals::catch()?;
        let held = sample::start_client(&space, &self.name, &mut io::stdout(), &mut Vec::new())?;
        wait_for_enter(&signals, Input::UntilLine)?;
        held.view.unmap();
        held.mapping.close()?;
        Ok(ExitCode::SUCCESS)
    }
}
