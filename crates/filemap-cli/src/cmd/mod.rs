//! The subcommands.

pub(crate) mod client;
pub(crate) mod create;
pub(crate) mod demo;
pub(crate) mod event;
pub(crate) mod explain;
pub(crate) mod hold;
pub(crate) mod lab;
pub(crate) mod mutex;
pub(crate) mod read;
pub(crate) mod semaphore;
pub(crate) mod serve;
mod sync;
pub(crate) mod timer;
pub(crate) mod wait;
pub(crate) mod watch;
mod words;
pub(crate) mod write;

#[cfg(target_os = "linux")]
mod bridge;
#[cfg(target_os = "linux")]
pub(crate) mod caller;
#[cfg(target_os = "linux")]
pub(crate) mod can;
#[cfg(target_os = "linux")]
pub(crate) mod cc;
#[cfg(target_os = "linux")]
pub(crate) mod doctor;
#[cfg(target_os = "linux")]
pub(crate) mod documentation;
#[cfg(target_os = "linux")]
pub(crate) mod files;
#[cfg(target_os = "linux")]
pub(crate) mod handles;
#[cfg(target_os = "linux")]
pub(crate) mod ls;
#[cfg(target_os = "linux")]
mod of_linux;
#[cfg(target_os = "linux")]
pub(crate) mod run;
#[cfg(target_os = "linux")]
pub(crate) mod setup;
#[cfg(target_os = "linux")]
pub(crate) mod stat;
#[cfg(target_os = "linux")]
pub(crate) mod survey;
#[cfg(target_os = "linux")]
pub(crate) mod sweep;
#[cfg(target_os = "linux")]
pub(crate) mod top;
#[cfg(target_os = "linux")]
pub(crate) mod tree;
#[cfg(target_os = "linux")]
pub(crate) mod who;
#[cfg(target_os = "linux")]
pub(crate) mod why;

pub(crate) use explain::wrong;
#[cfg(target_os = "linux")]
pub(crate) use of_linux::OfSystem;

#[cfg(windows)]
mod of_windows;
#[cfg(windows)]
pub(crate) use of_windows::{OfSystem, others};
