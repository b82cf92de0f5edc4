//! The subcommands.

pub(crate) mod client;
pub(crate) mod create;
pub(crate) mod demo;
pub(crate) mod hold;
pub(crate) mod lab;
pub(crate) mod ls;
pub(crate) mod read;
pub(crate) mod serve;
pub(crate) mod sweep;
pub(crate) mod write;
