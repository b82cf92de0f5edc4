//! Linux: one file per group of system calls.

pub mod fault;
