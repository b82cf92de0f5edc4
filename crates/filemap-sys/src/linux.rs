//! Linux. Platform words live only below here.

pub mod accounts;
pub mod arena;
pub mod crash;
pub mod exit;
pub mod fault;
pub mod features;
pub mod file;
pub mod foreign;
pub mod fork;
pub mod futex;
pub mod inherited;
pub mod inotify;
pub mod map;
pub mod module;
pub mod names;
pub mod ofd_lock;
pub mod placeholder;
pub mod proc;
pub mod process;
pub mod residency;
pub mod robust;
pub mod socket;
pub mod sync;
pub mod tmpfs;
pub mod tree;
