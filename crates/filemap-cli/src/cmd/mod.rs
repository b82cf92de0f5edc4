//! The subcommands.

pub(crate) mod caller;
pub(crate) mod can;
pub(crate) mod cc;
pub(crate) mod client;
pub(crate) mod create;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod documentation;
pub(crate) mod event;
pub(crate) mod explain;
pub(crate) mod files;
pub(crate) mod handles;
pub(crate) mod hold;
pub(crate) mod lab;
pub(crate) mod ls;
pub(crate) mod mutex;
pub(crate) mod read;
pub(crate) mod run;
pub(crate) mod semaphore;
pub(crate) mod serve;
pub(crate) mod setup;
pub(crate) mod stat;
pub(crate) mod survey;
pub(crate) mod sweep;
mod sync;
pub(crate) mod timer;
pub(crate) mod top;
pub(crate) mod tree;
pub(crate) mod wait;
pub(crate) mod watch;
pub(crate) mod who;
pub(crate) mod why;
pub(crate) mod write;

pub(crate) use explain::wrong;
