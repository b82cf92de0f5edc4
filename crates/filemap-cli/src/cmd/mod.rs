//! The subcommands.

pub(crate) mod can;
pub(crate) mod client;
pub(crate) mod create;
pub(crate) mod demo;
<<<<<<< HEAD
pub(crate) mod doctor;
pub(crate) mod explain;
=======
pub(crate) mod event;
>>>>>>> synccli
pub(crate) mod hold;
pub(crate) mod ls;
pub(crate) mod mutex;
pub(crate) mod read;
pub(crate) mod semaphore;
pub(crate) mod serve;
pub(crate) mod setup;
pub(crate) mod sweep;
<<<<<<< HEAD
mod who;
pub(crate) mod why;
=======
mod sync;
pub(crate) mod timer;
pub(crate) mod wait;
>>>>>>> synccli
pub(crate) mod write;
