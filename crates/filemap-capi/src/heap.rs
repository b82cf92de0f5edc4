//! `LocalAlloc` and its family: blocks whose numbers are checked when they come back.

// UNSAFETY: allocates and frees with the C library, so that blocks may be handed to C.
#![expect(unsafe_code)]

use crate::boundary::{Out, Outcome, guard};
use crate::handle_table::Handle;
use filemap_core::error::Win32Code;
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, MutexGuard};

const ZEROINIT: u32 = 0x40;
const HEAP_ZERO_MEMORY: u32 = 8;
/// The heap's handle: a number that the handle table never gives, since it is no multiple of 4 below 2^26.
const PROCESS_HEAP: Handle = Handle(0x7ea9_0000_0000);

/// Live blocks and their lengths in bytes: what is not in here is refused instead of corrupting the C library's heap.
static BLOCKS: LazyLock<Mutex<HashMap<usize, usize>>> = LazyLock::new(Mutex::default);

fn blocks() -> MutexGuard<'static, HashMap<usize, usize>> {
    BLOCKS.lock().unwrap_or_else(|e| e.into_inner())
}

/// A block of zeros; 16-byte aligned; freed with `LocalFree` or [`release`]. Errors: 8.
pub fn allocate(bytes: usize) -> Outcome<Out<u8>> {
    // SAFETY: calloc has no preconditions.
    let block = unsafe { libc::calloc(bytes.max(1), 1) };
    if block.is_null() {
        return Err(Win32Code::NOT_ENOUGH_MEMORY);
    }
    blocks().insert(block.expose_provenance(), bytes);
    // SAFETY: a fresh block that only C and the boundary's copies will touch.
    Ok(unsafe { Out::at(block.addr()) })
}

/// Frees a block. Errors: 6 if it is none.
pub fn release(address: usize) -> Outcome<()> {
    blocks().remove(&address).ok_or(Win32Code::INVALID_HANDLE)?;
    // SAFETY: the address was in the table, so `allocate` made it and nobody has freed it.
    unsafe { libc::free(std::ptr::with_exposed_provenance_mut(address)) };
    Ok(())
}

fn length(address: usize) -> Outcome<usize> {
    blocks().get(&address).copied().ok_or(Win32Code::INVALID_HANDLE)
}

macro_rules! old_blocks {
    ($alloc:ident $free:ident $size:ident $lock:ident $unlock:ident) => {
        /// See `winbase.h`.
        #[unsafe(no_mangle)]
        pub extern "C" fn $alloc(flags: u32, bytes: usize) -> Out<u8> {
            let _ = flags & ZEROINIT; // blocks are zeros in any case
            guard(Out::null(), || allocate(bytes))
        }

        /// See `winbase.h`.
        #[unsafe(no_mangle)]
        pub extern "C" fn $free(block: Handle) -> Handle {
            guard(block, || {
                if block != Handle::NULL {
                    release(block.0)?;
                }
                Ok(Handle::NULL)
            })
        }

        /// See `winbase.h`.
        #[unsafe(no_mangle)]
        pub extern "C" fn $size(block: Handle) -> usize {
            guard(0, || length(block.0))
        }

        /// See `winbase.h`.
        #[unsafe(no_mangle)]
        pub extern "C" fn $lock(block: Handle) -> Handle {
            guard(Handle::NULL, || length(block.0).map(|_| block))
        }

        /// See `winbase.h`.
        #[unsafe(no_mangle)]
        pub extern "C" fn $unlock(block: Handle) -> i32 {
            guard(0, || Err(length(block.0).err().unwrap_or(Win32Code(0))))
        }
    };
}

old_blocks!(LocalAlloc LocalFree LocalSize LocalLock LocalUnlock);
old_blocks!(GlobalAlloc GlobalFree GlobalSize GlobalLock GlobalUnlock);

/// See `winbase.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetProcessHeap() -> Handle {
    guard(PROCESS_HEAP, || Ok(PROCESS_HEAP))
}

fn check_heap(heap: Handle) -> Outcome<()> {
    if heap == PROCESS_HEAP {
        Ok(())
    } else {
        Err(Win32Code::INVALID_HANDLE)
    }
}

/// See `winbase.h`.
#[unsafe(no_mangle)]
pub extern "C" fn HeapAlloc(heap: Handle, flags: u32, bytes: usize) -> Out<u8> {
    let _ = flags & HEAP_ZERO_MEMORY;
    guard(Out::null(), || check_heap(heap).and_then(|()| allocate(bytes)))
}

/// See `winbase.h`.
#[unsafe(no_mangle)]
pub extern "C" fn HeapReAlloc(heap: Handle, flags: u32, block: Handle, bytes: usize) -> Out<u8> {
    let _ = flags;
    guard(Out::null(), || {
        check_heap(heap)?;
        let old = length(block.0).map_err(|_| Win32Code::INVALID_PARAMETER)?;
        let new = allocate(bytes)?;
        new.write_many(&crate::boundary::In::<u8>::at(block.0).read_many(old.min(bytes))?)?;
        release(block.0)?;
        Ok(new)
    })
}

/// See `winbase.h`.
#[unsafe(no_mangle)]
pub extern "C" fn HeapFree(heap: Handle, flags: u32, block: Handle) -> i32 {
    let _ = flags;
    guard(0, || {
        check_heap(heap)?;
        if block != Handle::NULL {
            release(block.0).map_err(|_| Win32Code::INVALID_PARAMETER)?;
        }
        Ok(1)
    })
}

/// See `winbase.h`.
#[unsafe(no_mangle)]
pub extern "C" fn HeapSize(heap: Handle, flags: u32, block: Handle) -> usize {
    let _ = flags;
    guard(usize::MAX, || check_heap(heap).and_then(|()| length(block.0)))
}
