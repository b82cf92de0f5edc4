//! `threadpoollegacyapiset.h`: work items, timers, and the end of registered waits.

// UNSAFETY: exported names; a function of the program by its address.
#![expect(unsafe_code)]

use crate::boundary::{Out, guard};
use crate::handle_table::Handle;
use crate::registered_wait;
use crate::thread_pool::{self, Call, Job, Routine, Wish, pool};
use crate::timer_queue::{self, Times};

/// See `threadpoollegacyapiset.h`.
#[unsafe(no_mangle)]
pub extern "C" fn QueueUserWorkItem(function: usize, context: usize, flags: u32) -> i32 {
    guard(0, || {
        let function = thread_pool::function(function)?;
        // SAFETY: the program says that a function of this type is there.
        let function =
            unsafe { std::mem::transmute::<*const (), extern "C-unwind" fn(usize) -> u32>(function) };
        let pool = pool();
        if flags >> 16 != 0 {
            pool.limit_workers((flags >> 16) as usize);
        }
        pool.submit(Job {
            call: Call {
                routine: Routine::Work(function),
                context,
            },
            under_way: None,
            first: None,
        })?;
        Ok(1)
    })
}

/// See `threadpoollegacyapiset.h`.
#[unsafe(no_mangle)]
pub extern "C" fn UnregisterWaitEx(wait: Handle, event: Handle) -> i32 {
    guard(0, || {
        registered_wait::unregister(wait, Wish::read(event)?)?;
        Ok(1)
    })
}

/// See `threadpoollegacyapiset.h`.
#[unsafe(no_mangle)]
pub extern "C" fn CreateTimerQueue() -> Handle {
    guard(Handle::NULL, || Ok(timer_queue::create_queue()))
}

/// See `threadpoollegacyapiset.h`.
#[unsafe(no_mangle)]
pub extern "C" fn CreateTimerQueueTimer(
    timer: Out<usize>,
    queue: Handle,
    callback: usize,
    parameter: usize,
    due: u32,
    period: u32,
    flags: u32,
) -> i32 {
    guard(0, || {
        let times = Times { due, period, flags };
        timer_queue::create(timer, queue, callback, parameter, &times)?;
        Ok(1)
    })
}

/// See `threadpoollegacyapiset.h`.
#[unsafe(no_mangle)]
pub extern "C" fn ChangeTimerQueueTimer(queue: Handle, timer: Handle, due: u32, period: u32) -> i32 {
    guard(0, || {
        timer_queue::change(queue, timer, due, period)?;
        Ok(1)
    })
}

/// See `threadpoollegacyapiset.h`.
#[unsafe(no_mangle)]
pub extern "C" fn DeleteTimerQueueTimer(queue: Handle, timer: Handle, event: Handle) -> i32 {
    guard(0, || {
        timer_queue::delete(queue, timer, Wish::read(event)?)?;
        Ok(1)
    })
}

/// See `threadpoollegacyapiset.h`.
#[unsafe(no_mangle)]
pub extern "C" fn DeleteTimerQueueEx(queue: Handle, event: Handle) -> i32 {
    guard(0, || {
        timer_queue::delete_queue(queue, Wish::read(event)?)?;
        Ok(1)
    })
}

/// See `threadpoollegacyapiset.h`.
#[unsafe(no_mangle)]
pub extern "C" fn DeleteTimerQueue(queue: Handle) -> i32 {
    DeleteTimerQueueEx(queue, Handle::NULL)
}
