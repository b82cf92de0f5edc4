//! Linux. Platform words live only below here.

pub mod crash;
pub mod exit;
pub mod fault;
pub mod file;
pub mod fork;
pub mod map;
pub mod names;
pub mod ofd_lock;
pub mod placeholder;
pub mod process;
pub mod socket;
pub mod tmpfs;
pub mod tree;
pub mod wait_address;
