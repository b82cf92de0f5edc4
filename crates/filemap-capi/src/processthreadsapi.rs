//! `processthreadsapi.h`: processes and threads.

// UNSAFETY: exported names; calls of the C library.
#![expect(unsafe_code)]

use crate::attributes::Attributes;
use crate::boundary::{In, Out, Outcome, Unit, guard, readable, writable};
use crate::constants::*;
use crate::create_process::{self, Wanted};
use crate::errhandlingapi::set_last_error;
use crate::handle_table::{Entry, Handle, KernelObject, handles};
use crate::layout::{PROCESS_INFORMATION, SECURITY_ATTRIBUTES, STARTUPINFOW};
use crate::process::{self, Process, process_of};
use crate::text::{read_a, read_w, to_bytes};
use crate::thread::{self, Thread, thread_of};
use filemap_core::error::Win32Code;
use std::cell::RefCell;
use std::sync::{Arc, Mutex};
use zerocopy::FromZeros;

/// See `processthreadsapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetCurrentProcess() -> Handle {
    guard(Handle::NULL, || Ok(Handle::CURRENT_PROCESS))
}

/// See `processthreadsapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetCurrentThread() -> Handle {
    guard(Handle::NULL, || Ok(Handle::CURRENT_THREAD))
}

/// See `processthreadsapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetCurrentProcessId() -> u32 {
    guard(0, || Ok(std::process::id()))
}

/// See `processthreadsapi.h`. The kernel's number of the thread.
#[unsafe(no_mangle)]
pub extern "C" fn GetCurrentThreadId() -> u32 {
    // SAFETY: no preconditions.
    guard(0, || Ok(unsafe { libc::gettid() } as u32))
}

/// See `processthreadsapi.h`. Only the low eight bits of the code reach a parent that is no program of ours.
#[unsafe(no_mangle)]
pub extern "C" fn ExitProcess(code: u32) -> ! {
    process::say_exit_code(code); // for C libraries whose exit tells its handlers less
    // SAFETY: exit has no preconditions that its caller could break by calling it.
    unsafe { libc::exit(code as i32) }
}

/// See `processthreadsapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn SwitchToThread() -> i32 {
    guard(0, || {
        std::thread::yield_now();
        Ok(1)
    })
}

/// See `processthreadsapi.h`. The structure is the same for A and W: this process was started with no title and no desktop.
#[unsafe(no_mangle)]
pub extern "C" fn GetStartupInfoA(info: Out<STARTUPINFOW>) {
    startup_info(info);
}

/// See `processthreadsapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetStartupInfoW(info: Out<STARTUPINFOW>) {
    startup_info(info);
}

fn startup_info(info: Out<STARTUPINFOW>) {
    guard((), || {
        let mut answer = STARTUPINFOW::new_zeroed();
        answer.cb = size_of::<STARTUPINFOW>() as u32;
        info.write(&answer)
    });
}

fn open_handle(object: Arc<dyn KernelObject>, access: u32, inherit: bool) -> Outcome<Handle> {
    handles().insert(Entry {
        inheritable: inherit,
        ..Entry::new(object, access)
    })
}

/// See `processthreadsapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetProcessId(process: Handle) -> u32 {
    guard(0, || {
        Ok(process_of(process, PROCESS_QUERY_LIMITED_INFORMATION)?.id())
    })
}

/// See `processthreadsapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetThreadId(thread: Handle) -> u32 {
    guard(0, || Ok(thread_of(thread, THREAD_QUERY_INFORMATION)?.id()))
}

/// The session of a process: what it chose in its environment, else its user's (N-90).
pub(crate) fn session_of(id: u32) -> Outcome<u32> {
    if id == std::process::id() {
        return Ok(filemap::Namespace::current().map_err(|e| e.code())?.session());
    }
    use std::os::unix::fs::MetadataExt;
    let user = std::fs::metadata(format!("/proc/{id}"))
        .map_err(|_| Win32Code::INVALID_PARAMETER)?
        .uid();
    let own = std::fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
    let prefix = format!("{}=", filemap::SESSION_VARIABLE);
    let chosen = own.split(|b| *b == 0).find_map(|line| {
        std::str::from_utf8(line.strip_prefix(prefix.as_bytes())?)
            .ok()?
            .parse()
            .ok()
    });
    Ok(chosen.unwrap_or(if user < 1000 { 0 } else { user }))
}

/// See `processthreadsapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn ProcessIdToSessionId(id: u32, session: Out<u32>) -> i32 {
    guard(0, || {
        session.write(&session_of(id)?)?;
        Ok(1)
    })
}

/// See `processthreadsapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn OpenProcess(access: u32, inherit: i32, id: u32) -> Handle {
    guard(Handle::NULL, || {
        let process = Process::open(id)?;
        let access = process::spell_out(access);
        // Whoever may send it signals may do the rest; others may look at it and wait.
        let harmless = SYNCHRONIZE | READ_CONTROL | PROCESS_QUERY_LIMITED_INFORMATION;
        if access == 0 || access & !PROCESS_ALL_ACCESS != 0 {
            return Err(Win32Code::ACCESS_DENIED);
        }
        if access & !harmless != 0 && id != std::process::id() {
            process.send(0)?;
        }
        open_handle(Arc::new(process), access, inherit != 0)
    })
}

/// See `processthreadsapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetExitCodeProcess(process: Handle, code: Out<u32>) -> i32 {
    guard(0, || {
        let process = process_of(process, PROCESS_QUERY_LIMITED_INFORMATION)?;
        code.write(&process.exit_code())?;
        Ok(1)
    })
}

/// See `processthreadsapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn TerminateProcess(process: Handle, code: u32) -> i32 {
    guard(0, || {
        process_of(process, PROCESS_TERMINATE)?.terminate(code)?;
        Ok(1)
    })
}

/// Strings of A and W functions as bytes.
trait Text: Unit {
    fn text(at: In<Self>) -> Outcome<Vec<u8>>;
    fn bytes(units: &[Self]) -> Vec<u8>;
}
impl Text for u8 {
    fn text(at: In<u8>) -> Outcome<Vec<u8>> {
        read_a(at)
    }
    fn bytes(units: &[u8]) -> Vec<u8> {
        units.to_vec()
    }
}
impl Text for u16 {
    fn text(at: In<u16>) -> Outcome<Vec<u8>> {
        read_w(at)
    }
    fn bytes(units: &[u16]) -> Vec<u8> {
        to_bytes(units)
    }
}

fn optional<T: Text>(at: In<T>) -> Outcome<Option<Vec<u8>>> {
    if at.is_null() {
        Ok(None)
    } else {
        T::text(at).map(Some)
    }
}

/// The lines of an environment block: terminated strings, the last of which is empty.
fn environment_block<T: Text>(at: In<T>) -> Outcome<Vec<Vec<u8>>> {
    let (mut lines, mut at) = (Vec::new(), at);
    loop {
        let line = at.read_string(1 << 20)?;
        if line.is_empty() || lines.len() > 100_000 {
            return Ok(lines);
        }
        at = at.add(line.len() + 1);
        lines.push(T::bytes(&line));
    }
}

/// The arguments of `CreateProcess` after the two strings.
struct CreateProcessArguments {
    process: In<SECURITY_ATTRIBUTES>,
    thread: In<SECURITY_ATTRIBUTES>,
    inherit: i32,
    flags: u32,
    environment: usize,
    startup: In<STARTUPINFOW>,
    information: Out<PROCESS_INFORMATION>,
}

fn create_process<T: Text>(
    application: In<T>,
    line: In<T>,
    directory: In<T>,
    arguments: &CreateProcessArguments,
) -> Outcome<i32> {
    // Priority classes and the others of the second half are for what is not here: they are taken and mean nothing.
    let known = DEBUG_PROCESS
        | DEBUG_ONLY_THIS_PROCESS
        | CREATE_SUSPENDED
        | DETACHED_PROCESS
        | CREATE_NEW_CONSOLE
        | NORMAL_PRIORITY_CLASS
        | CREATE_NEW_PROCESS_GROUP
        | CREATE_UNICODE_ENVIRONMENT
        | CREATE_BREAKAWAY_FROM_JOB
        | CREATE_NO_WINDOW
        | IDLE_PRIORITY_CLASS
        | BELOW_NORMAL_PRIORITY_CLASS
        | ABOVE_NORMAL_PRIORITY_CLASS
        | HIGH_PRIORITY_CLASS
        | REALTIME_PRIORITY_CLASS
        | CREATE_SEPARATE_WOW_VDM
        | CREATE_SHARED_WOW_VDM
        | INHERIT_PARENT_AFFINITY
        | CREATE_PRESERVE_CODE_AUTHZ_LEVEL
        | CREATE_DEFAULT_ERROR_MODE;
    let flags = arguments.flags;
    let detached = flags & (DETACHED_PROCESS | CREATE_NEW_CONSOLE);
    if flags & !known != 0 || detached.count_ones() > 1 {
        return Err(Win32Code::INVALID_PARAMETER);
    }
    if flags & (DEBUG_PROCESS | DEBUG_ONLY_THIS_PROCESS) != 0 {
        return Err(Win32Code::NOT_SUPPORTED);
    }
    if !writable(arguments.information.address(), size_of::<PROCESS_INFORMATION>()) {
        return Err(Win32Code::NOACCESS);
    }
    let startup = arguments.startup.read()?;
    let environment = match (arguments.environment, flags & CREATE_UNICODE_ENVIRONMENT) {
        (0, _) => None,
        (at, 0) => Some(environment_block(In::<u8>::at(at))?),
        (at, _) => Some(environment_block(In::<u16>::at(at))?),
    };
    let process_attributes = Attributes::read(arguments.process)?;
    let thread_attributes = Attributes::read(arguments.thread)?;
    let standard = [startup.hStdInput, startup.hStdOutput, startup.hStdError].map(Handle);
    let process = create_process::start(Wanted {
        application: optional(application)?,
        command_line: optional(line)?.filter(|line| !line.is_empty()),
        inherit: arguments.inherit != 0,
        suspended: flags & CREATE_SUSPENDED != 0,
        new_group: flags & CREATE_NEW_PROCESS_GROUP != 0,
        detached: detached != 0,
        environment,
        directory: optional(directory)?,
        standard: (startup.dwFlags & STARTF_USESTDHANDLES != 0).then_some(standard),
    })?;
    let id = process.id();
    let thread = Thread::First(process.clone());
    let thread = open_handle(Arc::new(thread), THREAD_ALL_ACCESS, thread_attributes.inherit)?;
    let process = open_handle(Arc::new(process), PROCESS_ALL_ACCESS, process_attributes.inherit)?;
    arguments.information.write(&PROCESS_INFORMATION {
        hProcess: process.0,
        hThread: thread.0,
        dwProcessId: id,
        dwThreadId: id,
    })?;
    Ok(1)
}

/// See `processthreadsapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn CreateProcessA(
    application: In<u8>,
    line: In<u8>,
    process: In<SECURITY_ATTRIBUTES>,
    thread: In<SECURITY_ATTRIBUTES>,
    inherit: i32,
    flags: u32,
    environment: usize,
    directory: In<u8>,
    startup: In<STARTUPINFOW>,
    information: Out<PROCESS_INFORMATION>,
) -> i32 {
    let rest = CreateProcessArguments {
        process,
        thread,
        inherit,
        flags,
        environment,
        startup,
        information,
    };
    guard(0, || create_process(application, line, directory, &rest))
}

/// See `processthreadsapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn CreateProcessW(
    application: In<u16>,
    line: In<u16>,
    process: In<SECURITY_ATTRIBUTES>,
    thread: In<SECURITY_ATTRIBUTES>,
    inherit: i32,
    flags: u32,
    environment: usize,
    directory: In<u16>,
    startup: In<STARTUPINFOW>,
    information: Out<PROCESS_INFORMATION>,
) -> i32 {
    let rest = CreateProcessArguments {
        process,
        thread,
        inherit,
        flags,
        environment,
        startup,
        information,
    };
    guard(0, || create_process(application, line, directory, &rest))
}

/// See `processthreadsapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn CreateThread(
    attributes: In<SECURITY_ATTRIBUTES>,
    stack: usize,
    function: usize,
    parameter: usize,
    flags: u32,
    id: Out<u32>,
) -> Handle {
    guard(Handle::NULL, || {
        let attributes = Attributes::read(attributes)?;
        // Stacks are reserved here in any case.
        if function == 0 || flags & !(CREATE_SUSPENDED | STACK_SIZE_PARAM_IS_A_RESERVATION) != 0 {
            return Err(Win32Code::INVALID_PARAMETER);
        }
        if !readable(function, 1) || !(id.is_null() || writable(id.address(), 4)) {
            return Err(Win32Code::NOACCESS);
        }
        // SAFETY: the caller of CreateThread says that a function of this type is there; nothing can check more than that
        // there is memory.
        let function = unsafe {
            std::mem::transmute::<*const (), extern "C-unwind" fn(usize) -> u32>(
                std::ptr::with_exposed_provenance(function),
            )
        };
        let thread = Thread::create(function, parameter, stack, flags & CREATE_SUSPENDED != 0)?;
        id.write_if_wanted(&thread.id())?;
        open_handle(Arc::new(thread), THREAD_ALL_ACCESS, attributes.inherit)
    })
}

/// See `processthreadsapi.h`. Unwinds the stack of the thread, as `pthread_exit` does, so that C++ destructors run.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn ExitThread(code: u32) -> ! {
    thread::exit(code);
    // SAFETY: called by the thread that is to end; nothing with a destructor is alive in this frame.
    unsafe { pthread_exit(std::ptr::null_mut()) }
}

unsafe extern "C-unwind" {
    // The libc crate declares it as a function that never unwinds, which is just what it does.
    fn pthread_exit(value: *mut libc::c_void) -> !;
}

/// See `processthreadsapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetExitCodeThread(thread: Handle, code: Out<u32>) -> i32 {
    guard(0, || {
        code.write(&thread_of(thread, THREAD_QUERY_INFORMATION)?.exit_code())?;
        Ok(1)
    })
}

/// See `processthreadsapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn ResumeThread(thread: Handle) -> u32 {
    guard(u32::MAX, || thread_of(thread, THREAD_SUSPEND_RESUME)?.resume())
}

/// See `processthreadsapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn QueueUserAPC(function: usize, thread: Handle, data: usize) -> u32 {
    guard(0, || {
        let thread = thread_of(thread, THREAD_SET_CONTEXT)?;
        if !readable(function, 1) {
            return Err(Win32Code::NOACCESS);
        }
        // SAFETY: the caller says that a function of this type is there.
        let function = unsafe {
            std::mem::transmute::<*const (), extern "C-unwind" fn(usize)>(std::ptr::with_exposed_provenance(
                function,
            ))
        };
        match &*thread {
            Thread::Own(state) => state.queue_apc(Box::new(move || function(data)))?,
            Thread::First(_) => return Err(Win32Code::NOT_SUPPORTED), // no way into another process's thread
        }
        Ok(1)
    })
}

/// Slots of this process (Windows: 64 and 1024 more).
const SLOTS: usize = 1088;
/// For each slot: its generation, and whether it is in use. A thread's word from an earlier generation counts as NULL.
static USED: Mutex<[(u32, bool); SLOTS]> = Mutex::new([(0, false); SLOTS]);

thread_local! {
    static WORDS: RefCell<Vec<(u32, usize)>> = const { RefCell::new(Vec::new()) };
}

fn generation(slot: u32) -> Result<(usize, u32), Win32Code> {
    let used = USED.lock().unwrap_or_else(|e| e.into_inner());
    match used.get(slot as usize) {
        Some((generation, true)) => Ok((slot as usize, *generation)),
        _ => Err(Win32Code::INVALID_PARAMETER),
    }
}

/// See `processthreadsapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn TlsAlloc() -> u32 {
    guard(TLS_OUT_OF_INDEXES, || {
        let mut used = USED.lock().unwrap_or_else(|e| e.into_inner());
        let slot = used
            .iter()
            .position(|(_, used)| !used)
            .ok_or(Win32Code::NOT_ENOUGH_MEMORY)?;
        used[slot] = (used[slot].0.wrapping_add(1), true);
        Ok(slot as u32)
    })
}

/// See `processthreadsapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn TlsFree(slot: u32) -> i32 {
    guard(0, || {
        let (slot, _) = generation(slot)?;
        USED.lock().unwrap_or_else(|e| e.into_inner())[slot].1 = false;
        Ok(1)
    })
}

/// See `processthreadsapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn TlsGetValue(slot: u32) -> usize {
    guard(0, || {
        let (slot, generation) = generation(slot)?;
        set_last_error(Win32Code(0));
        Ok(WORDS.with_borrow(|words| {
            words
                .get(slot)
                .filter(|(of, _)| *of == generation)
                .map_or(0, |(_, word)| *word)
        }))
    })
}

/// See `processthreadsapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn TlsSetValue(slot: u32, word: usize) -> i32 {
    guard(0, || {
        let (slot, generation) = generation(slot)?;
        WORDS.with_borrow_mut(|words| {
            if words.len() <= slot {
                words.resize(slot + 1, (0, 0));
            }
            words[slot] = (generation, word);
        });
        Ok(1)
    })
}
