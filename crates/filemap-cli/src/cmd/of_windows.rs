//! The subcommands that only Windows has, or has in a form of its own.

mod ls;
mod others;

use crate::Place;
use crate::failure::Failure;
use std::ffi::OsString;
use std::process::ExitCode;

/// One of them.
#[derive(clap::Subcommand)]
pub(crate) enum OfSystem {
    Ls(ls::Ls),
    #[command(external_subcommand)]
    Other(Vec<OsString>),
}

impl OfSystem {
    pub(crate) fn run(self, place: &Place) -> Result<ExitCode, Failure> {
        match self {
            OfSystem::Ls(ls) => ls.run(place),
            OfSystem::Other(words) => others::refuse(&words),
        }
    }
}
