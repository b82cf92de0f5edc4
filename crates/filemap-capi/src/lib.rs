//! The C library behind the Windows headers in `include/`: one module per header.
//!
//! Three rules hold for every exported function, and [`boundary`] is where they are kept:
//!
//! 1. A pointer that a caller gave is never dereferenced: bytes are copied in and out by the kernel, which answers with an
//!    error where a load would have faulted. The code for that is `ERROR_NOACCESS` (998).
//!    (Exceptions, as on Windows: the interlocked functions and lists, `RtlMoveMemory` and its relatives, critical sections, slim
//!    locks, condition variables, what is done once, and the C library's own `fm_` string functions.)
//! 2. No panic leaves: it becomes `ERROR_INTERNAL_ERROR` (1359).
//! 3. The last error is per thread; failure sets it, success leaves it alone unless the function says otherwise; and
//!    `errno` holds the same number when the function returns, because P/Invoke hosts on Linux read that.
//!
//! C functions are documented in the headers; here each says only what is not visible there.
#![allow(non_snake_case, reason = "the exported names are Windows' own")]

pub mod aclapi;
pub mod address_space;
pub mod attributes;
pub mod boundary;
pub mod conio;
pub mod constants;
pub mod create_process;
pub mod crt;
pub mod descriptor;
pub mod errhandlingapi;
pub mod exports;
pub mod file;
pub mod fileapi;
pub mod format;
pub mod futex_word;
pub mod handle_table;
pub mod handleapi;
pub mod heap;
pub mod inheritance;
pub mod init_once;
pub mod interlocked;
pub mod interlockedapi;
pub mod jobapi;
pub mod layout;
pub mod libloaderapi;
pub mod memoryapi;
pub mod message;
pub mod namespaceapi;
pub mod native;
pub mod path;
pub mod private_memory;
pub mod process;
pub mod process_start;
pub mod processenv;
pub mod processthreadsapi;
pub mod registered_wait;
pub mod rtl_memory;
pub mod scan;
pub mod sddl;
pub mod section;
pub mod securitybaseapi;
pub mod slim_lock;
pub mod stdio;
pub mod stringapiset;
pub mod sync_calls;
pub mod sync_object;
pub mod synchapi;
pub mod sysinfoapi;
pub mod text;
pub mod thread;
pub mod thread_pool;
pub mod threadpoollegacyapiset;
pub mod timer_queue;
pub mod timer_routine;
pub mod token;
pub mod virtual_memory;
pub mod wait;
pub mod wait_on_address;
pub mod winbase;
pub mod winternl;
pub mod winuser;
