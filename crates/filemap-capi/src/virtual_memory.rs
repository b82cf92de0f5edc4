//! `memoryapi.h`, its second half: `VirtualAlloc` and its relatives, on views and on private memory.

// UNSAFETY: exported names; locks pages and copies between processes.
#![expect(unsafe_code)]

use crate::address_space::{self, Found};
use crate::boundary::{In, Out, Outcome, guard, writable};
use crate::constants::*;
use crate::handle_table::Handle;
use crate::layout::{MEM_EXTENDED_PARAMETER, MEMORY_BASIC_INFORMATION};
use crate::private_memory::{self as private, Extended, Request};
use crate::process::{Process, own_process, process_of};
use filemap::{Page, PageState, View, views};
use filemap_core::error::Win32Code;
use filemap_sys::os::map;
use std::ops::Range;
use std::sync::Mutex;

fn pages_of(address: usize, len: usize) -> Outcome<Range<usize>> {
    let end = address.checked_add(len).ok_or(Win32Code::INVALID_PARAMETER)?;
    let page = map::page_size();
    Ok(address / page * page..end.next_multiple_of(page))
}

/// `VirtualAlloc` inside a view (V-51, V-52, F-14).
fn commit_in_view(view: &View, address: usize, len: usize, kind: u32, protect: u32) -> Outcome<usize> {
    let pages = pages_of(address, len)?;
    let start = pages.start;
    match kind {
        MEM_COMMIT => {
            let protect = Page::single(protect).ok_or(Win32Code::INVALID_PARAMETER)?;
            if len == 0 {
                return Err(Win32Code::INVALID_PARAMETER);
            }
            let offset = start - view.as_ptr().addr();
            view.commit(offset, pages.len()).map_err(|e| e.code())?;
            if protect != view.protection() {
                view.protect(offset, pages.len(), protect).map_err(|e| e.code())?;
            }
            Ok(start)
        }
        MEM_RESET | MEM_RESET_UNDO if pages.end <= view.as_ptr().addr() + view.region_len() => Ok(start),
        _ if kind & MEM_RESERVE != 0 => Err(Win32Code::INVALID_ADDRESS),
        _ => Err(Win32Code::INVALID_PARAMETER),
    }
}

fn allocate(request: &Request) -> Outcome<usize> {
    match views::at(request.address) {
        Some(view) if request.address != 0 => {
            commit_in_view(&view, request.address, request.len, request.kind, request.protect)
        }
        _ => private::allocate(request),
    }
}

/// See `memoryapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn VirtualAlloc(address: usize, len: usize, kind: u32, protect: u32) -> usize {
    guard(0, || {
        let requirements = None;
        allocate(&Request {
            address,
            len,
            kind,
            protect,
            requirements,
        })
    })
}

/// See `memoryapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn VirtualAllocEx(
    process: Handle,
    address: usize,
    len: usize,
    kind: u32,
    protect: u32,
) -> usize {
    guard(0, || {
        own_process(process, PROCESS_VM_OPERATION)?;
        let requirements = None;
        allocate(&Request {
            address,
            len,
            kind,
            protect,
            requirements,
        })
    })
}

/// See `memoryapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn VirtualAlloc2(
    process: Handle,
    address: usize,
    len: usize,
    kind: u32,
    protect: u32,
    parameters: In<MEM_EXTENDED_PARAMETER>,
    count: u32,
) -> usize {
    guard(0, || {
        let requirements = Extended::read(parameters, count)?.address;
        if process != Handle::NULL {
            own_process(process, PROCESS_VM_OPERATION)?;
        }
        allocate(&Request {
            address,
            len,
            kind,
            protect,
            requirements,
        })
    })
}

fn free(address: usize, len: usize, kind: u32) -> Outcome<i32> {
    if let Some(view) = views::at(address) {
        // Committed pages of an object never go back, and a view is unmapped, not freed (V-51).
        return match kind {
            MEM_DECOMMIT => view.decommit().map(|()| 1).map_err(|e| e.code()),
            _ => Err(Win32Code::INVALID_PARAMETER),
        };
    }
    private::free(address, len, kind)?;
    Ok(1)
}

/// See `memoryapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn VirtualFree(address: usize, len: usize, kind: u32) -> i32 {
    guard(0, || free(address, len, kind))
}

/// See `memoryapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn VirtualFreeEx(process: Handle, address: usize, len: usize, kind: u32) -> i32 {
    guard(0, || {
        own_process(process, PROCESS_VM_OPERATION)?;
        free(address, len, kind)
    })
}

fn protect(address: usize, len: usize, new: u32, old: Out<u32>) -> Outcome<i32> {
    if !writable(old.address(), 4) {
        return Err(Win32Code::NOACCESS); // V-55
    }
    let pages = pages_of(address, len.max(1))?;
    let before = if let Some(view) = views::at(address) {
        let new = Page::single(new).ok_or(Win32Code::INVALID_PARAMETER)?;
        view.protect(pages.start - view.as_ptr().addr(), pages.len(), new)
            .map_err(|e| e.code())?
            .bits()
    } else if len == 0 {
        return Err(Win32Code::INVALID_PARAMETER);
    } else {
        match private::protect(pages.clone(), new) {
            Some(done) => done?,
            None => private::protect_foreign(pages, new)?,
        }
    };
    old.write(&before)?;
    Ok(1)
}

/// See `memoryapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn VirtualProtect(address: usize, len: usize, new: u32, old: Out<u32>) -> i32 {
    guard(0, || protect(address, len, new, old))
}

/// See `memoryapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn VirtualProtectEx(
    process: Handle,
    address: usize,
    len: usize,
    new: u32,
    old: Out<u32>,
) -> i32 {
    guard(0, || {
        own_process(process, PROCESS_VM_OPERATION)?;
        protect(address, len, new, old)
    })
}

fn of_view(view: &View, address: usize) -> Outcome<MEMORY_BASIC_INFORMATION> {
    let found = view.query(address - view.as_ptr().addr()).map_err(|e| e.code())?;
    Ok(MEMORY_BASIC_INFORMATION {
        BaseAddress: found.base,
        AllocationBase: found.allocation_base,
        AllocationProtect: found.allocation_protect.bits(),
        PartitionId: 0,
        _pad0: 0,
        RegionSize: found.len,
        State: match found.state {
            PageState::Committed => MEM_COMMIT,
            PageState::Reserved => MEM_RESERVE,
        },
        Protect: found.protect.bits(),
        Type: if found.is_image { MEM_IMAGE } else { MEM_MAPPED },
        _pad1: 0,
    })
}

fn of_private(pages: &private::Pages) -> MEMORY_BASIC_INFORMATION {
    MEMORY_BASIC_INFORMATION {
        BaseAddress: pages.range.start,
        AllocationBase: pages.allocation_base,
        AllocationProtect: pages.allocation_protect,
        PartitionId: 0,
        _pad0: 0,
        RegionSize: pages.range.len(),
        State: if pages.protect.is_some() {
            MEM_COMMIT
        } else {
            MEM_RESERVE
        },
        Protect: pages.protect.unwrap_or(0),
        Type: MEM_PRIVATE,
        _pad1: 0,
    }
}

/// What the kernel knows of an address.
fn of_kernel(process: u32, address: usize) -> Outcome<MEMORY_BASIC_INFORMATION> {
    let all = address_space::ranges_of(process)?;
    let top = map::user_range().last as usize + 1;
    let page = map::page_size();
    let start = address / page * page;
    let mut answer = MEMORY_BASIC_INFORMATION {
        BaseAddress: start,
        AllocationBase: 0,
        AllocationProtect: 0,
        PartitionId: 0,
        _pad0: 0,
        RegionSize: 0,
        State: MEM_FREE,
        Protect: PAGE_NOACCESS,
        Type: 0,
        _pad1: 0,
    };
    match address_space::look_up(&all, address, top) {
        Found::Free { end } => answer.RegionSize = end - start,
        Found::Mapped { group, mapped } => {
            let reserved = mapped.protection == libc::PROT_NONE && !mapped.of_file;
            let protect = private::protection_of(mapped.protection);
            answer.AllocationBase = group;
            answer.AllocationProtect = protect;
            answer.RegionSize = mapped.end - start;
            answer.State = if reserved { MEM_RESERVE } else { MEM_COMMIT };
            answer.Protect = if reserved { 0 } else { protect };
            answer.Type = match (mapped.shared, mapped.of_file) {
                (true, _) => MEM_MAPPED,
                (false, true) => MEM_IMAGE,
                (false, false) => MEM_PRIVATE,
            };
        }
    }
    Ok(answer)
}

fn query(
    process: Option<u32>,
    address: usize,
    to: Out<MEMORY_BASIC_INFORMATION>,
    len: usize,
) -> Outcome<usize> {
    let size = size_of::<MEMORY_BASIC_INFORMATION>();
    if address as u64 > map::user_range().last {
        return Err(Win32Code::INVALID_PARAMETER);
    }
    if len < size {
        return Err(Win32Code::BAD_LENGTH);
    }
    let answer = match process {
        Some(other) => of_kernel(other, address)?,
        None => match (views::at(address), private::query(address)) {
            (Some(view), _) => of_view(&view, address)?,
            (None, Some(pages)) => of_private(&pages),
            (None, None) => of_kernel(std::process::id(), address)?,
        },
    };
    to.write(&answer)?;
    Ok(size)
}

/// See `memoryapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn VirtualQuery(address: usize, to: Out<MEMORY_BASIC_INFORMATION>, len: usize) -> usize {
    guard(0, || query(None, address, to, len))
}

/// See `memoryapi.h`. Of another process it tells what the kernel knows: nothing of reserved views.
#[unsafe(no_mangle)]
pub extern "C" fn VirtualQueryEx(
    process: Handle,
    address: usize,
    to: Out<MEMORY_BASIC_INFORMATION>,
    len: usize,
) -> usize {
    guard(0, || {
        let process = process_of(process, PROCESS_QUERY_INFORMATION)?;
        let other = (process.id() != std::process::id()).then_some(process.id());
        query(other, address, to, len)
    })
}

/// Ranges that `VirtualLock` keeps in memory, apart and in order.
static LOCKED: Mutex<Vec<Range<usize>>> = Mutex::new(Vec::new());

/// See `memoryapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn VirtualLock(address: usize, len: usize) -> i32 {
    guard(0, || {
        let pages = pages_of(address, len)?;
        if len == 0 {
            return Err(Win32Code::INVALID_PARAMETER);
        }
        let mut locked = LOCKED.lock().unwrap_or_else(|e| e.into_inner());
        // SAFETY: mlock changes no memory; a range that is not there gives ENOMEM.
        let done = unsafe { libc::mlock(std::ptr::without_provenance(pages.start), pages.len()) };
        if done != 0 {
            return match crate::boundary::readable(pages.start, pages.len()) {
                true => Err(Win32Code::WORKING_SET_QUOTA),
                false => Err(Win32Code::NOACCESS),
            };
        }
        locked.push(pages);
        locked.sort_by_key(|range| range.start);
        let mut joined: Vec<Range<usize>> = Vec::new();
        for range in locked.drain(..) {
            match joined.last_mut() {
                Some(last) if last.end >= range.start => last.end = last.end.max(range.end),
                _ => joined.push(range),
            }
        }
        *locked = joined;
        Ok(1)
    })
}

/// See `memoryapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn VirtualUnlock(address: usize, len: usize) -> i32 {
    guard(0, || {
        let pages = pages_of(address, len)?;
        let mut locked = LOCKED.lock().unwrap_or_else(|e| e.into_inner());
        let whole = locked
            .iter()
            .position(|range| range.start <= pages.start && pages.end <= range.end);
        let (Some(index), false) = (whole, len == 0) else {
            return Err(Win32Code::NOT_LOCKED);
        };
        // SAFETY: as for mlock.
        unsafe { libc::munlock(std::ptr::without_provenance(pages.start), pages.len()) };
        let range = locked.remove(index);
        for left in [range.start..pages.start, pages.end..range.end] {
            if !left.is_empty() {
                locked.push(left);
            }
        }
        locked.sort_by_key(|range| range.start);
        Ok(1)
    })
}

/// Copies between this process and another in pieces of a page, and says how far it came.
fn copy_between(process: &Process, remote: usize, local: usize, len: usize, write: bool) -> Outcome<usize> {
    let mut done = 0;
    while done < len {
        let at = remote.checked_add(done).ok_or(Win32Code::NOACCESS)?;
        let piece = (len - done).min(4096 - at % 4096);
        let ours = local.checked_add(done).ok_or(Win32Code::NOACCESS)?;
        if process.id() == std::process::id() {
            let bytes = In::<u8>::at(if write { ours } else { at }).read_many(piece);
            // SAFETY: the caller of WriteProcessMemory or ReadProcessMemory gave this range as the one to be written.
            let to = unsafe { Out::<u8>::at(if write { at } else { ours }) };
            match bytes.and_then(|bytes| to.write_many(&bytes)) {
                Ok(()) => done += piece,
                Err(_) => break,
            }
            continue;
        }
        let local = libc::iovec {
            iov_base: std::ptr::with_exposed_provenance_mut(ours),
            iov_len: piece,
        };
        let remote = libc::iovec {
            iov_base: std::ptr::without_provenance_mut(at),
            iov_len: piece,
        };
        let pid = process.id() as libc::pid_t;
        // SAFETY: the kernel copies between the caller's own range, which it gave for that, and another process; what is not
        // there gives EFAULT.
        let copied = unsafe {
            match write {
                true => libc::process_vm_writev(pid, &raw const local, 1, &raw const remote, 1, 0),
                false => libc::process_vm_readv(pid, &raw const local, 1, &raw const remote, 1, 0),
            }
        };
        match usize::try_from(copied) {
            Ok(copied) if copied > 0 => done += copied,
            _ if done == 0 => {
                let refused = std::io::Error::last_os_error().raw_os_error();
                return match refused {
                    Some(libc::EPERM | libc::EACCES) => Err(Win32Code::ACCESS_DENIED),
                    Some(libc::ESRCH) => Err(Win32Code::INVALID_HANDLE),
                    _ => Ok(0),
                };
            }
            _ => break,
        }
    }
    Ok(done)
}

fn process_memory(
    process: Handle,
    remote: usize,
    local: usize,
    len: usize,
    copied: Out<usize>,
    write: bool,
) -> Outcome<i32> {
    let right = if write {
        PROCESS_VM_WRITE | PROCESS_VM_OPERATION
    } else {
        PROCESS_VM_READ
    };
    let process = process_of(process, right)?;
    let there = if write {
        crate::boundary::readable(local, len)
    } else {
        writable(local, len)
    };
    if !there {
        return Err(Win32Code::NOACCESS);
    }
    let done = copy_between(&process, remote, local, len, write)?;
    copied.write_if_wanted(&done)?;
    match done {
        _ if done == len => Ok(1),
        0 => Err(if write {
            Win32Code::NOACCESS
        } else {
            Win32Code::PARTIAL_COPY
        }),
        _ => Err(Win32Code::PARTIAL_COPY),
    }
}

/// See `memoryapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn ReadProcessMemory(
    process: Handle,
    address: usize,
    to: Out<u8>,
    len: usize,
    copied: Out<usize>,
) -> i32 {
    guard(0, || {
        process_memory(process, address, to.address(), len, copied, false)
    })
}

/// See `memoryapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn WriteProcessMemory(
    process: Handle,
    address: usize,
    from: In<u8>,
    len: usize,
    copied: Out<usize>,
) -> i32 {
    guard(0, || {
        process_memory(process, address, from.address(), len, copied, true)
    })
}
