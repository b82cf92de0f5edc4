//! Named places at which a test can have the process die (feature `crash-points`); nothing at all without the feature.

// UNSAFETY: the hook is a function pointer that travels through an atomic.

#[cfg(feature = "crash-points")]
mod on {
    use std::sync::atomic::{AtomicPtr, Ordering};

    type Hook = fn(&'static str);
    static HOOK: AtomicPtr<()> = AtomicPtr::new(std::ptr::null_mut());

    /// Has `hook` called at each point, with its name.
    pub fn set_hook(hook: Hook) {
        HOOK.store(hook as *mut (), Ordering::Release);
    }

    pub(crate) fn point(name: &'static str) {
        let hook = HOOK.load(Ordering::Acquire);
        if !hook.is_null() {
            hook_of(hook)(name);
        }
    }

    #[expect(unsafe_code, reason = "a function pointer travels through an atomic")]
    fn hook_of(pointer: *mut ()) -> Hook {
        // SAFETY: the only writer of HOOK is `set_hook`, which stores a `Hook`; null was excluded by the caller.
        unsafe { std::mem::transmute::<*mut (), Hook>(pointer) }
    }
}

#[cfg(feature = "crash-points")]
pub(crate) use on::point;
#[cfg(feature = "crash-points")]
pub use on::set_hook;

#[cfg(not(feature = "crash-points"))]
#[inline(always)]
pub(crate) fn point(_name: &'static str) {}
