//! The subcommands that only Linux has.

use super::{bridge, can, cc, doctor, ls, setup, survey, sweep, why};
use crate::Place;
use crate::failure::Failure;
use std::process::ExitCode;

/// One of them.
#[derive(clap::Subcommand)]
pub(crate) enum OfSystem {
    Ls(ls::Ls),
    Sweep(sweep::Sweep),
    Survey(survey::Survey),
    Why(Box<why::Why>),
    Can(can::Can),
    Doctor(doctor::Doctor),
    Setup(setup::Setup),
    Cc(cc::Cc),
    Bridge(bridge::Bridge),
}

impl OfSystem {
    pub(crate) fn run(self, place: &Place) -> Result<ExitCode, Failure> {
        match self {
            OfSystem::Ls(ls) => ls.run(place),
            OfSystem::Sweep(sweep) => sweep.run(place),
            OfSystem::Survey(survey) => survey.run(),
            OfSystem::Why(why) => why.run(place),
            OfSystem::Can(can) => can.run(place),
            OfSystem::Doctor(doctor) => doctor.run(place),
            OfSystem::Setup(setup) => setup.run(place),
            OfSystem::Cc(cc) => cc.run(),
            OfSystem::Bridge(bridge) => bridge.run(place),
        }
    }
}
