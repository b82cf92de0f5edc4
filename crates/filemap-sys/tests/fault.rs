//! Real faults: files are cut, pages are closed, handlers are in the way, children die.

// UNSAFETY: maps memory, makes it fault, installs signal handlers.
#![expect(unsafe_code, reason = "tests raw memory and signals; argued at each block")]
#![cfg(target_os = "linux")]

#[path = "fault/children.rs"]
mod children;
#[path = "fault/commit.rs"]
mod commit;
#[path = "fault/common.rs"]
mod common;
#[path = "fault/copies.rs"]
mod copies;
#[path = "fault/lost.rs"]
mod lost;
