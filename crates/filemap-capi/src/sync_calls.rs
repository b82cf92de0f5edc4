//! `synchapi.h` and `jobapi.h`: creating, opening and changing events, mutexes, semaphores, waitable timers and jobs.

// UNSAFETY: exported names; calls the program's timer routines.
#![expect(unsafe_code)]

use crate::attributes::{Attributes, name_a, name_a_up_to, name_w};
use crate::boundary::{In, Out, Outcome, guard, readable, writable};
use crate::constants::*;
use crate::errhandlingapi::set_last_error;
use crate::handle_table::{Handle, handles};
use crate::layout::SECURITY_ATTRIBUTES;
use crate::sync_object::{Synced, created, insert};
use crate::timer_routine;
use filemap::{AccessMask, DueTime, Event, Job, Mutex, Reset, Semaphore, WaitableTimer};
use filemap_core::error::Win32Code;
use std::sync::Arc;
use std::time::Duration;

type Name = Option<Vec<u8>>;

fn reset(manual: bool) -> Reset {
    if manual { Reset::Manual } else { Reset::Auto }
}

fn create_event(
    attributes: In<SECURITY_ATTRIBUTES>,
    name: Name,
    flags: u32,
    access: Option<u32>,
) -> Outcome<Handle> {
    let attributes = Attributes::read(attributes)?;
    if flags & !(CREATE_EVENT_MANUAL_RESET | CREATE_EVENT_INITIAL_SET) != 0 {
        return Err(Win32Code::INVALID_PARAMETER);
    }
    let mut options = Event::options().reset(reset(flags & CREATE_EVENT_MANUAL_RESET != 0));
    if flags & CREATE_EVENT_INITIAL_SET != 0 {
        options = options.initially_set();
    }
    let name = name.unwrap_or_default();
    let open = |access| options.clone().access(access).open_wtf8(&name);
    created(options.create_wtf8(&name), open, access, &attributes)
}

fn create_mutex(
    attributes: In<SECURITY_ATTRIBUTES>,
    name: Name,
    owned: bool,
    access: Option<u32>,
) -> Outcome<Handle> {
    let attributes = Attributes::read(attributes)?;
    let mut options = Mutex::options();
    if owned {
        options = options.initially_owned();
    }
    let name = name.unwrap_or_default();
    let open = |access| options.clone().access(access).open_wtf8(&name);
    created(options.create_wtf8(&name), open, access, &attributes)
}

fn create_semaphore(
    attributes: In<SECURITY_ATTRIBUTES>,
    name: Name,
    initial: i32,
    maximum: i32,
    access: Option<u32>,
) -> Outcome<Handle> {
    let attributes = Attributes::read(attributes)?;
    let (Ok(initial), Ok(maximum)) = (u32::try_from(initial), u32::try_from(maximum)) else {
        return Err(Win32Code::INVALID_PARAMETER);
    };
    let options = Semaphore::options().initial(initial).maximum(maximum);
    let name = name.unwrap_or_default();
    let open = |access| options.clone().access(access).open_wtf8(&name);
    created(options.create_wtf8(&name), open, access, &attributes)
}

fn create_timer(
    attributes: In<SECURITY_ATTRIBUTES>,
    name: Name,
    flags: u32,
    access: Option<u32>,
) -> Outcome<Handle> {
    let attributes = Attributes::read(attributes)?;
    if flags & !(CREATE_WAITABLE_TIMER_MANUAL_RESET | CREATE_WAITABLE_TIMER_HIGH_RESOLUTION) != 0 {
        return Err(Win32Code::INVALID_PARAMETER);
    }
    let options = WaitableTimer::options().reset(reset(flags & CREATE_WAITABLE_TIMER_MANUAL_RESET != 0));
    let name = name.unwrap_or_default();
    let open = |access| options.clone().access(access).open_wtf8(&name);
    created(options.create_wtf8(&name), open, access, &attributes)
}

fn create_job(attributes: In<SECURITY_ATTRIBUTES>, name: Name) -> Outcome<Handle> {
    let attributes = Attributes::read(attributes)?;
    let options = Job::options();
    let name = name.unwrap_or_default();
    let open = |access| options.clone().access(access).open_wtf8(&name);
    created(options.create_wtf8(&name), open, None, &attributes)
}

/// Event flags from the two arguments of the older function.
fn event_flags(manual: i32, set: i32) -> u32 {
    let manual = if manual != 0 { CREATE_EVENT_MANUAL_RESET } else { 0 };
    manual | if set != 0 { CREATE_EVENT_INITIAL_SET } else { 0 }
}

fn mutex_flags(flags: u32) -> Outcome<bool> {
    match flags {
        0 => Ok(false),
        CREATE_MUTEX_INITIAL_OWNER => Ok(true),
        _ => Err(Win32Code::INVALID_PARAMETER),
    }
}

fn no_flags(flags: u32) -> Outcome<()> {
    if flags == 0 {
        Ok(())
    } else {
        Err(Win32Code::INVALID_PARAMETER)
    }
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn CreateEventA(
    attributes: In<SECURITY_ATTRIBUTES>,
    manual: i32,
    set: i32,
    name: In<u8>,
) -> Handle {
    guard(Handle::NULL, || {
        create_event(attributes, name_a(name)?, event_flags(manual, set), None)
    })
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn CreateEventW(
    attributes: In<SECURITY_ATTRIBUTES>,
    manual: i32,
    set: i32,
    name: In<u16>,
) -> Handle {
    guard(Handle::NULL, || {
        create_event(attributes, name_w(name)?, event_flags(manual, set), None)
    })
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn CreateEventExA(
    attributes: In<SECURITY_ATTRIBUTES>,
    name: In<u8>,
    flags: u32,
    access: u32,
) -> Handle {
    guard(Handle::NULL, || {
        create_event(attributes, name_a(name)?, flags, Some(access))
    })
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn CreateEventExW(
    attributes: In<SECURITY_ATTRIBUTES>,
    name: In<u16>,
    flags: u32,
    access: u32,
) -> Handle {
    guard(Handle::NULL, || {
        create_event(attributes, name_w(name)?, flags, Some(access))
    })
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn CreateMutexA(attributes: In<SECURITY_ATTRIBUTES>, owned: i32, name: In<u8>) -> Handle {
    guard(Handle::NULL, || {
        create_mutex(attributes, name_a_up_to(name, 260)?, owned != 0, None)
    })
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn CreateMutexW(attributes: In<SECURITY_ATTRIBUTES>, owned: i32, name: In<u16>) -> Handle {
    guard(Handle::NULL, || {
        create_mutex(attributes, name_w(name)?, owned != 0, None)
    })
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn CreateMutexExA(
    attributes: In<SECURITY_ATTRIBUTES>,
    name: In<u8>,
    flags: u32,
    access: u32,
) -> Handle {
    guard(Handle::NULL, || {
        create_mutex(attributes, name_a(name)?, mutex_flags(flags)?, Some(access))
    })
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn CreateMutexExW(
    attributes: In<SECURITY_ATTRIBUTES>,
    name: In<u16>,
    flags: u32,
    access: u32,
) -> Handle {
    guard(Handle::NULL, || {
        create_mutex(attributes, name_w(name)?, mutex_flags(flags)?, Some(access))
    })
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn CreateSemaphoreA(
    attributes: In<SECURITY_ATTRIBUTES>,
    initial: i32,
    maximum: i32,
    name: In<u8>,
) -> Handle {
    guard(Handle::NULL, || {
        create_semaphore(attributes, name_a(name)?, initial, maximum, None)
    })
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn CreateSemaphoreW(
    attributes: In<SECURITY_ATTRIBUTES>,
    initial: i32,
    maximum: i32,
    name: In<u16>,
) -> Handle {
    guard(Handle::NULL, || {
        create_semaphore(attributes, name_w(name)?, initial, maximum, None)
    })
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn CreateSemaphoreExA(
    attributes: In<SECURITY_ATTRIBUTES>,
    initial: i32,
    maximum: i32,
    name: In<u8>,
    flags: u32,
    access: u32,
) -> Handle {
    guard(Handle::NULL, || {
        no_flags(flags)?;
        create_semaphore(attributes, name_a(name)?, initial, maximum, Some(access))
    })
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn CreateSemaphoreExW(
    attributes: In<SECURITY_ATTRIBUTES>,
    initial: i32,
    maximum: i32,
    name: In<u16>,
    flags: u32,
    access: u32,
) -> Handle {
    guard(Handle::NULL, || {
        no_flags(flags)?;
        create_semaphore(attributes, name_w(name)?, initial, maximum, Some(access))
    })
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn CreateWaitableTimerA(
    attributes: In<SECURITY_ATTRIBUTES>,
    manual: i32,
    name: In<u8>,
) -> Handle {
    guard(Handle::NULL, || {
        let flags = if manual != 0 {
            CREATE_WAITABLE_TIMER_MANUAL_RESET
        } else {
            0
        };
        create_timer(attributes, name_a(name)?, flags, None)
    })
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn CreateWaitableTimerW(
    attributes: In<SECURITY_ATTRIBUTES>,
    manual: i32,
    name: In<u16>,
) -> Handle {
    guard(Handle::NULL, || {
        let flags = if manual != 0 {
            CREATE_WAITABLE_TIMER_MANUAL_RESET
        } else {
            0
        };
        create_timer(attributes, name_w(name)?, flags, None)
    })
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn CreateWaitableTimerExA(
    attributes: In<SECURITY_ATTRIBUTES>,
    name: In<u8>,
    flags: u32,
    access: u32,
) -> Handle {
    guard(Handle::NULL, || {
        create_timer(attributes, name_a(name)?, flags, Some(access))
    })
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn CreateWaitableTimerExW(
    attributes: In<SECURITY_ATTRIBUTES>,
    name: In<u16>,
    flags: u32,
    access: u32,
) -> Handle {
    guard(Handle::NULL, || {
        create_timer(attributes, name_w(name)?, flags, Some(access))
    })
}

/// See `jobapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn CreateJobObjectA(attributes: In<SECURITY_ATTRIBUTES>, name: In<u8>) -> Handle {
    guard(Handle::NULL, || create_job(attributes, name_a(name)?))
}

/// See `jobapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn CreateJobObjectW(attributes: In<SECURITY_ATTRIBUTES>, name: In<u16>) -> Handle {
    guard(Handle::NULL, || create_job(attributes, name_w(name)?))
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn OpenEventA(access: u32, inherit: i32, name: In<u8>) -> Handle {
    guard(Handle::NULL, || {
        let name = name_a(name)?.ok_or(Win32Code::INVALID_PARAMETER)?;
        let found = Event::options().access(AccessMask(access)).open_wtf8(&name);
        insert(found.map_err(|e| e.code())?, inherit != 0)
    })
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn OpenEventW(access: u32, inherit: i32, name: In<u16>) -> Handle {
    guard(Handle::NULL, || {
        let name = name_w(name)?.ok_or(Win32Code::INVALID_PARAMETER)?;
        let found = Event::options().access(AccessMask(access)).open_wtf8(&name);
        insert(found.map_err(|e| e.code())?, inherit != 0)
    })
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn OpenMutexA(access: u32, inherit: i32, name: In<u8>) -> Handle {
    guard(Handle::NULL, || {
        let name = name_a(name)?.ok_or(Win32Code::INVALID_PARAMETER)?;
        let found = Mutex::options().access(AccessMask(access)).open_wtf8(&name);
        insert(found.map_err(|e| e.code())?, inherit != 0)
    })
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn OpenMutexW(access: u32, inherit: i32, name: In<u16>) -> Handle {
    guard(Handle::NULL, || {
        let name = name_w(name)?.ok_or(Win32Code::INVALID_PARAMETER)?;
        let found = Mutex::options().access(AccessMask(access)).open_wtf8(&name);
        insert(found.map_err(|e| e.code())?, inherit != 0)
    })
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn OpenSemaphoreA(access: u32, inherit: i32, name: In<u8>) -> Handle {
    guard(Handle::NULL, || {
        let name = name_a(name)?.ok_or(Win32Code::INVALID_PARAMETER)?;
        let found = Semaphore::options().access(AccessMask(access)).open_wtf8(&name);
        insert(found.map_err(|e| e.code())?, inherit != 0)
    })
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn OpenSemaphoreW(access: u32, inherit: i32, name: In<u16>) -> Handle {
    guard(Handle::NULL, || {
        let name = name_w(name)?.ok_or(Win32Code::INVALID_PARAMETER)?;
        let found = Semaphore::options().access(AccessMask(access)).open_wtf8(&name);
        insert(found.map_err(|e| e.code())?, inherit != 0)
    })
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn OpenWaitableTimerA(access: u32, inherit: i32, name: In<u8>) -> Handle {
    guard(Handle::NULL, || {
        let name = name_a(name)?.ok_or(Win32Code::INVALID_PARAMETER)?;
        let found = WaitableTimer::options()
            .access(AccessMask(access))
            .open_wtf8(&name);
        insert(found.map_err(|e| e.code())?, inherit != 0)
    })
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn OpenWaitableTimerW(access: u32, inherit: i32, name: In<u16>) -> Handle {
    guard(Handle::NULL, || {
        let name = name_w(name)?.ok_or(Win32Code::INVALID_PARAMETER)?;
        let found = WaitableTimer::options()
            .access(AccessMask(access))
            .open_wtf8(&name);
        insert(found.map_err(|e| e.code())?, inherit != 0)
    })
}

/// See `jobapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn OpenJobObjectA(access: u32, inherit: i32, name: In<u8>) -> Handle {
    guard(Handle::NULL, || {
        let name = name_a(name)?.ok_or(Win32Code::INVALID_PARAMETER)?;
        let found = Job::options().access(AccessMask(access)).open_wtf8(&name);
        insert(found.map_err(|e| e.code())?, inherit != 0)
    })
}

/// See `jobapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn OpenJobObjectW(access: u32, inherit: i32, name: In<u16>) -> Handle {
    guard(Handle::NULL, || {
        let name = name_w(name)?.ok_or(Win32Code::INVALID_PARAMETER)?;
        let found = Job::options().access(AccessMask(access)).open_wtf8(&name);
        insert(found.map_err(|e| e.code())?, inherit != 0)
    })
}

fn of_kind<T: crate::sync_object::SyncKind>(handle: Handle) -> Outcome<Arc<Synced<T>>> {
    handles().object::<Synced<T>>(handle, 0) // each kind asks for the rights that it needs
}

fn change_event(handle: Handle, change: impl FnOnce(&Event) -> Result<(), filemap::Error>) -> i32 {
    guard(0, || {
        change(&of_kind::<Event>(handle)?.0).map_err(|e| e.code())?;
        Ok(1)
    })
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn SetEvent(event: Handle) -> i32 {
    change_event(event, Event::set)
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn ResetEvent(event: Handle) -> i32 {
    change_event(event, Event::reset)
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn PulseEvent(event: Handle) -> i32 {
    change_event(event, Event::pulse)
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn ReleaseMutex(mutex: Handle) -> i32 {
    guard(0, || {
        of_kind::<Mutex>(mutex)?.0.release().map_err(|e| e.code())?;
        Ok(1)
    })
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn ReleaseSemaphore(semaphore: Handle, count: i32, previous: Out<i32>) -> i32 {
    guard(0, || {
        let semaphore = of_kind::<Semaphore>(semaphore)?;
        if !previous.is_null() && !writable(previous.address(), 4) {
            return Err(Win32Code::NOACCESS);
        }
        let count = u32::try_from(count).map_err(|_| Win32Code::INVALID_PARAMETER)?;
        let before = semaphore.0.release(count).map_err(|e| e.code())?;
        previous.write_if_wanted(&(before as i32))?;
        Ok(1)
    })
}

/// 1 January 1970 in 100 ns since 1 January 1601.
const UNIX_EPOCH: u64 = 116_444_736_000_000_000;

/// The moment that a due time in 100 ns names: negative from now, else since 1601 UTC (Y-25).
fn due_time(due: i64) -> DueTime {
    let duration = |steps: u64| Duration::new(steps / 10_000_000, (steps % 10_000_000) as u32 * 100);
    match due {
        ..0 => DueTime::After(duration(due.unsigned_abs())),
        _ => DueTime::At(duration((due as u64).saturating_sub(UNIX_EPOCH))),
    }
}

fn set_timer(
    timer: Handle,
    due: In<i64>,
    period: i32,
    routine: usize,
    argument: usize,
    resume: bool,
) -> Outcome<i32> {
    let timer = of_kind::<WaitableTimer>(timer)?;
    let due = due_time(due.read()?);
    let period = u64::try_from(period).map_err(|_| Win32Code::INVALID_PARAMETER)?;
    let period = Duration::from_millis(period);
    if routine != 0 && !readable(routine, 1) {
        return Err(Win32Code::NOACCESS);
    }
    timer.0.set(due, period).map_err(|e| e.code())?;
    timer_routine::set(&timer, due, period, routine, argument)?;
    if resume {
        set_last_error(Win32Code::NOT_SUPPORTED); // no machine is woken for it, and that is no failure
    }
    Ok(1)
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn SetWaitableTimer(
    timer: Handle,
    due: In<i64>,
    period: i32,
    routine: usize,
    argument: usize,
    resume: i32,
) -> i32 {
    guard(0, || {
        set_timer(timer, due, period, routine, argument, resume != 0)
    })
}

/// See `synchapi.h`. The tolerable delay is a permission, which is not used.
#[unsafe(no_mangle)]
pub extern "C" fn SetWaitableTimerEx(
    timer: Handle,
    due: In<i64>,
    period: i32,
    routine: usize,
    argument: usize,
    context: usize,
    delay: u32,
) -> i32 {
    let _ = delay;
    guard(0, || {
        set_timer(timer, due, period, routine, argument, context != 0)
    })
}

/// See `synchapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn CancelWaitableTimer(timer: Handle) -> i32 {
    guard(0, || {
        let timer = of_kind::<WaitableTimer>(timer)?;
        timer.0.cancel().map_err(|e| e.code())?;
        timer_routine::cancel(&timer);
        Ok(1)
    })
}
