//! The subcommands that only Linux has.

use super::{
    bridge, can, cc, doctor, documentation, files, handles, ls, run, setup, stat, survey, sweep, top, tree,
    who, why,
};
use crate::Place;
use crate::failure::Failure;
use std::process::ExitCode;

/// One of them.
#[derive(clap::Subcommand)]
pub(crate) enum OfSystem {
    Ls(ls::Ls),
    Tree(tree::TreeArgs),
    Stat(stat::Stat),
    Who(who::WhoArgs),
    Handles(handles::Handles),
    Views(handles::Views),
    Top(top::Top),
    Diff(files::Diff),
    Save(files::Save),
    Load(files::Load),
    Sweep(sweep::Sweep),
    Survey(survey::Survey),
    Run(run::Run),
    Why(Box<why::Why>),
    Can(can::Can),
    Doctor(doctor::Doctor),
    Setup(setup::Setup),
    Cc(cc::Cc),
    #[command(hide = true)]
    Documentation(documentation::Documentation),
    Bridge(bridge::Bridge),
}

impl OfSystem {
    pub(crate) fn run(self, place: &Place) -> Result<ExitCode, Failure> {
        match self {
            OfSystem::Ls(ls) => ls.run(place),
            OfSystem::Tree(tree) => tree.run(place),
            OfSystem::Stat(stat) => stat.run(place),
            OfSystem::Who(who) => who.run(place),
            OfSystem::Handles(handles) => handles.run(place),
            OfSystem::Views(views) => views.run(place),
            OfSystem::Top(top) => top.run(place),
            OfSystem::Diff(diff) => diff.run(place),
            OfSystem::Save(save) => save.run(place),
            OfSystem::Load(load) => load.run(place),
            OfSystem::Sweep(sweep) => sweep.run(place),
            OfSystem::Survey(survey) => survey.run(),
            OfSystem::Run(run) => run.run(place),
            OfSystem::Why(why) => why.run(place),
            OfSystem::Can(can) => can.run(place),
            OfSystem::Doctor(doctor) => doctor.run(place),
            OfSystem::Setup(setup) => setup.run(place),
            OfSystem::Cc(cc) => cc.run(),
            OfSystem::Documentation(documentation) => documentation.run(),
            OfSystem::Bridge(bridge) => bridge.run(place),
        }
    }
}
