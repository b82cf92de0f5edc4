//! `filemap documentation`, which is hidden: manual pages and completions, made of the command line's own description.

use crate::Cli;
use crate::failure::{Failure, on_file};
use clap::CommandFactory;
use clap_complete::Shell;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

/// Writes the manual pages and the completions for shells
#[derive(clap::Args)]
pub(crate) struct Documentation {
    /// Directory to write into: man/ and completions/ below it
    to: PathBuf,
}

impl Documentation {
    pub(crate) fn run(&self) -> Result<ExitCode, Failure> {
        let (man, completions) = (self.to.join("man"), self.to.join("completions"));
        for dir in [&man, &completions] {
            fs::create_dir_all(dir).map_err(on_file("make directory", dir, "mkdir"))?;
        }
        clap_mangen::generate_to(Cli::command(), &man).map_err(on_file("write", &man, "write"))?;
        for shell in [Shell::Bash, Shell::Fish, Shell::Zsh] {
            clap_complete::generate_to(shell, &mut Cli::command(), "filemap", &completions)
                .map_err(on_file("write", &completions, "write"))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
