//! The subcommands that only Windows has, or has in a form of its own.

mod ls;
pub(crate) mod others;

use crate::Place;
use crate::failure::Failure;
use std::process::ExitCode;

/// One of them.
#[derive(clap::Subcommand)]
pub(crate) enum OfSystem {
    Ls(ls::Ls),
}

impl OfSystem {
    pub(crate) fn run(self, place: &Place) -> Result<ExitCode, Failure> {
        match self {
            OfSystem::Ls(ls) => ls.run(place),
        }
    }
}
