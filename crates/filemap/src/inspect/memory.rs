//! How much memory an object really has (I-5, I-26).

use super::entry::{Object, open_to_look};
use super::usage::Usage;
use filemap_core::kind::Kind;
use filemap_sys::os::residency;
use std::os::fd::AsFd;

/// Memory of an object, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Taken by its own file, in memory or swapped out; its footer included.
    pub allocated: u64,
    /// In memory now; `None` where the kernel does not say (before Linux 6.5).
    pub resident: Option<u64>,
    /// Swapped out; `None` as above.
    pub swapped: Option<u64>,
    /// Pages of views that more than one process has, summed over the views.
    pub shared: u64,
    /// Pages of views in large pages, summed over the views.
    pub huge: u64,
    /// Private copies that copy-on-write views made.
    pub private_copies: u64,
    /// Pages of views in memory, summed over the views.
    pub mapped: u64,
}

/// Adds up what the object's file and its views (taken with [`Detail::Memory`](super::Detail::Memory)) have. Source:
/// cachestat(2), proc(5) `/proc/PID/smaps`.
#[must_use]
pub fn memory(object: &Object, usage: &Usage) -> Memory {
    let mut memory = Memory {
        allocated: object.allocated,
        ..Memory::default()
    };
    if let Some(pages) = open_to_look(object).and_then(|file| residency::of_file(file.as_fd())) {
        memory.resident = Some(pages.cached);
        memory.swapped = Some(pages.evicted);
    }
    if object.kind == Kind::FileMapping {
        for view in usage.views_of(object).filter_map(|view| view.memory) {
            memory.shared += view.shared;
            memory.huge += view.huge;
            memory.private_copies += view.private_copies;
            memory.mapped += view.resident;
        }
    }
    memory
}
