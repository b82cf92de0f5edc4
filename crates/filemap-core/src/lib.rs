//! Everything about Windows file mapping that can be decided without asking an operating system.
//!
//! No files, no clock, no memory of other processes: callers bring the facts, this crate brings the decision.
//! `filemap-sys` carries decisions out; `filemap` offers the result to users.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod access;
pub mod error;
pub mod explain;
pub mod image;
pub mod kind;
pub mod layout;
pub mod lifecycle;
pub mod name;
pub mod plain;
pub mod profile;
pub mod section;
pub mod security;
pub mod shared;
pub mod slist;
pub mod sync;
pub mod view;
pub mod why;
