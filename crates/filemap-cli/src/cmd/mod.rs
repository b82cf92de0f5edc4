//! The subcommands.

pub(crate) mod can;
pub(crate) mod client;
pub(crate) mod create;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod explain;
pub(crate) mod hold;
pub(crate) mod ls;
pub(crate) mod read;
pub(crate) mod serve;
pub(crate) mod setup;
pub(crate) mod sweep;
mod who;
pub(crate) mod why;
pub(crate) mod write;
