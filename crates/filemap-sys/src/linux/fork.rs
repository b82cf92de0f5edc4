//! Telling a forked child from the process that made a handle.
//!
//! A child of `fork` without `exec` has copies of all descriptors, and with them shares the descriptions whose locks are
//! its parent's handles. It must never unlock them.

// UNSAFETY: registers a handler with pthread_atfork(3).
#![expect(unsafe_code)]

use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

static GENERATION: AtomicU32 = AtomicU32::new(0);
static ONCE: Once = Once::new();

extern "C" fn in_child() {
    GENERATION.fetch_add(1, Ordering::Relaxed);
}

unsafe extern "C" {
    // The libc crate lacks it for glibc; POSIX.1-2001 has it.
    fn pthread_atfork(
        prepare: Option<unsafe extern "C" fn()>,
        parent: Option<unsafe extern "C" fn()>,
        child: Option<unsafe extern "C" fn()>,
    ) -> i32;
}

/// A number that is different in a forked child. Costs no system call after the first.
///
/// A child made by the bare `clone` system call is not noticed. Source: pthread_atfork(3).
#[must_use]
pub fn generation() -> u32 {
    ONCE.call_once(|| {
        // SAFETY: the handler only touches an atomic, so it may run in a child of a process with threads.
        let failed = unsafe { pthread_atfork(None, None, Some(in_child)) };
        assert_eq!(failed, 0, "pthread_atfork has no memory for one entry");
    });
    GENERATION.load(Ordering::Relaxed)
}
