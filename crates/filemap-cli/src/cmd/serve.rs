//! `filemap serve`.

use crate::Place;
use crate::bytes::parse_size;
use crate::failure::{Failure, say};
use crate::sample::{self, Server};
use crate::signals::{Input, Signals};
use filemap::Escaped;
use std::io::{self, IsTerminal};
use std::process::ExitCode;

/// Creates an object and writes a message into it: the server of Microsoft's two-terminal sample
///
/// It holds the object until ENTER, end of input (if standard input is a terminal, a pipe or a socket), SIGINT, SIGTERM or
/// SIGHUP. Read the message with `filemap client` in another terminal.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  filemap serve 'Local\\SampleMap'\n  filemap serve 'Local\\greeting' --text 'Good morning'"
)]
pub(crate) struct Serve {
    /// Name of the object
    name: String,
    /// The message
    #[arg(long, default_value = sample::MESSAGE)]
    text: String,
    /// Size of the object in bytes; grows with the message if not given
    #[arg(long, value_parser = parse_size)]
    size: Option<u64>,
}

impl Serve {
    pub(crate) fn run(&self, place: &Place) -> Result<ExitCode, Failure> {
        let space = place.namespace()?;
        let signals = Signals::catch()?;
        let server = Server {
            space: &space,
            name: &self.name,
            size: self.size.unwrap_or(sample::SIZE.max(self.text.len() as u64 + 1)),
            text: &self.text,
            only_new: false,
        };
        let held = server.start(&mut io::stdout(), &mut Vec::new())?;
        if held.mapping.already_existed() {
            say(&existed(&self.name, &held.mapping));
        }
        wait_for_enter(&signals, Input::UntilLineIfAny)?;
        held.view.unmap();
        held.mapping.close()?;
        Ok(ExitCode::SUCCESS)
    }
}

/// One sentence on an object that was there before.
pub(super) fn existed(name: &str, mapping: &filemap::FileMapping) -> String {
    format!(
        "{} existed before (ERROR_ALREADY_EXISTS, 183): it keeps its {} bytes and {}",
        Escaped(name),
        mapping.len(),
        mapping.protection().name()
    )
}

/// Waits as the sample does.
pub(super) fn wait_for_enter(signals: &Signals, input: Input) -> Result<(), Failure> {
    if io::stdin().is_terminal() {
        say("press ENTER to close");
    }
    signals.wait(None, input, None)?;
    Ok(())
}
