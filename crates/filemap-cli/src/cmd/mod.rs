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
mod words;
pub(crate) mod write;

#[cfg(target_os = "linux")]
mod bridge;
#[cfg(target_os = "linux")]
mod can;
#[cfg(target_os = "linux")]
mod cc;
#[cfg(target_os = "linux")]
mod doctor;
#[cfg(target_os = "linux")]
mod ls;
#[cfg(target_os = "linux")]
mod setup;
#[cfg(target_os = "linux")]
mod survey;
#[cfg(target_os = "linux")]
mod sweep;
#[cfg(target_os = "linux")]
mod who;
#[cfg(target_os = "linux")]
mod why;

#[cfg(target_os = "linux")]
mod of_linux;
#[cfg(target_os = "linux")]
pub(crate) use of_linux::OfSystem;

#[cfg(windows)]
mod of_windows;
#[cfg(windows)]
pub(crate) use of_windows::OfSystem;
