//! Threads behind handles: those of this process, and the first thread of another.

// UNSAFETY: starts threads whose function is the program's, and ends them as the program asks.
#![expect(unsafe_code)]

use crate::boundary::Outcome;
use crate::constants::*;
use crate::handle_table::{ForChild, Handle, KernelObject, Pseudo, Signal, handles};
use crate::process::Process;
use filemap_core::error::Win32Code;
use filemap_sys::os::sync::Cancel;
use std::any::Any;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Instant;

/// A function that a thread runs in its next alertable wait.
pub(crate) type Apc = Box<dyn FnOnce() + Send>;

/// What is known of a thread of this process.
#[derive(Debug)]
pub struct State {
    id: AtomicU32,
    code: AtomicU32,
    has_ended: AtomicBool,
    /// Becomes readable, and stays so, when the thread ends.
    ended: OwnedFd,
    queue: Mutex<Queue>,
    /// Told when a function is queued, for sleeps without any object.
    arrived: Condvar,
    suspended: Mutex<u32>,
    resumed: Condvar,
}

#[derive(Default)]
struct Queue {
    apcs: VecDeque<Apc>,
    /// The alertable wait that the thread is in.
    wait: Option<Arc<Cancel>>,
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} queued", self.apcs.len())
    }
}

fn event() -> Outcome<OwnedFd> {
    // SAFETY: eventfd has no pointers; what it gives is ours.
    let number = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
    match number {
        // SAFETY: as above.
        0.. => Ok(unsafe { OwnedFd::from_raw_fd(number) }),
        _ => Err(Win32Code::TOO_MANY_OPEN_FILES),
    }
}

fn raise(event: &OwnedFd) {
    let one = 1_u64;
    // SAFETY: eight readable bytes.
    unsafe { libc::write(event.as_raw_fd(), (&raw const one).cast(), 8) };
}

impl State {
    fn new(id: u32, suspended: u32) -> Outcome<Arc<State>> {
        Ok(Arc::new(State {
            id: AtomicU32::new(id),
            code: AtomicU32::new(0),
            has_ended: AtomicBool::new(false),
            ended: event()?,
            queue: Mutex::default(),
            arrived: Condvar::new(),
            suspended: Mutex::new(suspended),
            resumed: Condvar::new(),
        }))
    }

    fn queue(&self) -> std::sync::MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Queues a function. Errors: 31 if the thread has ended.
    pub(crate) fn queue_apc(&self, apc: Apc) -> Outcome<()> {
        let mut queue = self.queue();
        if self.has_ended.load(Ordering::Acquire) {
            return Err(Win32Code::GEN_FAILURE);
        }
        queue.apcs.push_back(apc);
        if let Some(wait) = &queue.wait {
            wait.cancel();
        }
        self.arrived.notify_all();
        Ok(())
    }

    /// Runs what is queued, functions queued meanwhile too; true if there was any.
    pub(crate) fn run_apcs(&self) -> bool {
        let mut ran = false;
        loop {
            let next = self.queue().apcs.pop_front();
            match next {
                None => return ran,
                Some(apc) => apc(),
            }
            ran = true;
        }
    }

    /// Begins an alertable wait: a value that ends it when a function is queued; `None` if one is queued already.
    pub(crate) fn begin_alertable(&self) -> Option<Arc<Cancel>> {
        let mut queue = self.queue();
        if !queue.apcs.is_empty() {
            return None;
        }
        let cancel = Arc::new(Cancel::new());
        queue.wait = Some(Arc::clone(&cancel));
        Some(cancel)
    }

    /// Ends it.
    pub(crate) fn end_alertable(&self) {
        self.queue().wait = None;
    }

    /// Sleeps until a function is queued, or the time is over; true if one is.
    pub(crate) fn sleep_alertable(&self, end: Option<Instant>) -> bool {
        let mut queue = self.queue();
        loop {
            if !queue.apcs.is_empty() {
                return true;
            }
            queue = match end.map(|end| end.saturating_duration_since(Instant::now())) {
                None => self.arrived.wait(queue).unwrap_or_else(|e| e.into_inner()),
                Some(left) if left.is_zero() => return false,
                Some(left) => {
                    let woken = self.arrived.wait_timeout(queue, left);
                    woken.unwrap_or_else(|e| e.into_inner()).0
                }
            };
        }
    }

    /// The kernel's number of the thread; 0 until it runs.
    pub(crate) fn id(&self) -> u32 {
        self.id.load(Ordering::Acquire)
    }

    fn end(&self) {
        let mut queue = self.queue();
        self.has_ended.store(true, Ordering::Release);
        queue.apcs.clear();
        drop(queue);
        raise(&self.ended);
    }
}

/// Ends with its thread.
struct Current(Arc<State>);

impl Drop for Current {
    fn drop(&mut self) {
        self.0.end();
    }
}

thread_local! {
    static CURRENT: RefCell<Option<Current>> = const { RefCell::new(None) };
}

fn own_id() -> u32 {
    // SAFETY: no preconditions.
    unsafe { libc::gettid() as u32 }
}

/// The calling thread. Errors: 4.
pub(crate) fn current() -> Outcome<Arc<State>> {
    let known = CURRENT.try_with(|current| {
        let mut current = current.borrow_mut();
        if let Some(Current(state)) = &*current
            && state.id() == own_id()
        {
            return Ok(Arc::clone(state));
        }
        // The first question, or a forked child of the thread that asked.
        let state = State::new(own_id(), 0)?;
        if let Some(forked) = current.replace(Current(Arc::clone(&state))) {
            std::mem::forget(forked); // its events are the parent's
        }
        Ok(state)
    });
    known.unwrap_or_else(|_| State::new(own_id(), 0)) // at the very end of the thread
}

/// A thread.
#[derive(Debug)]
pub enum Thread {
    /// One of this process.
    Own(Arc<State>),
    /// The first thread of another process, which ends with it.
    First(Process),
}

struct Start {
    state: Arc<State>,
    function: extern "C-unwind" fn(usize) -> u32,
    parameter: usize,
}

/// What a new thread runs. `pthread_exit` unwinds through it, so nothing with a destructor lives here while the program's
/// function runs.
extern "C-unwind" fn run(start: *mut libc::c_void) -> *mut libc::c_void {
    let (function, parameter) = begin(start);
    let code = function(parameter);
    set_exit_code(code);
    std::ptr::null_mut()
}

fn begin(start: *mut libc::c_void) -> (extern "C-unwind" fn(usize) -> u32, usize) {
    // SAFETY: `Thread::create` leaked the value for this thread alone.
    let start = unsafe { Box::from_raw(start.cast::<Start>()) };
    start.state.id.store(own_id(), Ordering::Release);
    {
        // Woken by `create`, which waits for the number, and by `resume`.
        let mut suspended = start.state.suspended.lock().unwrap_or_else(|e| e.into_inner());
        start.state.resumed.notify_all();
        while *suspended > 0 {
            suspended = start
                .state
                .resumed
                .wait(suspended)
                .unwrap_or_else(|e| e.into_inner());
        }
    }
    CURRENT.with_borrow_mut(|current| *current = Some(Current(Arc::clone(&start.state))));
    start.state.run_apcs(); // those queued before it began run first
    (start.function, start.parameter)
}

fn set_exit_code(code: u32) {
    if let Ok(state) = current() {
        state.code.store(code, Ordering::Release);
    }
}

/// Ends the calling thread.
pub(crate) fn exit(code: u32) {
    set_exit_code(code);
}

impl Thread {
    /// Starts a thread. Errors: 8, 87.
    pub(crate) fn create(
        function: extern "C-unwind" fn(usize) -> u32,
        parameter: usize,
        stack: usize,
        suspended: bool,
    ) -> Outcome<Thread> {
        let state = State::new(0, u32::from(suspended))?;
        let start = Box::into_raw(Box::new(Start {
            state: Arc::clone(&state),
            function,
            parameter,
        }));
        // SAFETY: attributes of our own, initialised and destroyed here; `run` takes the leaked value; a detached thread needs
        // nobody to join it.
        let failed = unsafe {
            let mut attributes: libc::pthread_attr_t = std::mem::zeroed();
            libc::pthread_attr_init(&raw mut attributes);
            if stack > 0 {
                let stack = stack.max(64 * 1024).next_multiple_of(4096);
                libc::pthread_attr_setstacksize(&raw mut attributes, stack);
            }
            libc::pthread_attr_setdetachstate(&raw mut attributes, libc::PTHREAD_CREATE_DETACHED);
            let mut thread: libc::pthread_t = 0;
            // The C library calls it as a plain C function; that it may be unwound is not part of the type there.
            let run = std::mem::transmute::<
                extern "C-unwind" fn(*mut libc::c_void) -> *mut libc::c_void,
                extern "C" fn(*mut libc::c_void) -> *mut libc::c_void,
            >(run);
            let failed = libc::pthread_create(&raw mut thread, &raw const attributes, run, start.cast());
            libc::pthread_attr_destroy(&raw mut attributes);
            failed
        };
        if failed != 0 {
            // SAFETY: no thread has taken it.
            drop(unsafe { Box::from_raw(start) });
            return Err(Win32Code::NOT_ENOUGH_MEMORY);
        }
        let mut waiting = state.suspended.lock().unwrap_or_else(|e| e.into_inner());
        while state.id() == 0 {
            waiting = state.resumed.wait(waiting).unwrap_or_else(|e| e.into_inner());
        }
        drop(waiting);
        Ok(Thread::Own(state))
    }

    pub(crate) fn restore(what: &str) -> Option<Thread> {
        Process::restore(what).map(Thread::First)
    }

    /// Its number.
    pub(crate) fn id(&self) -> u32 {
        match self {
            Thread::Own(state) => state.id(),
            Thread::First(process) => process.id(),
        }
    }

    /// The exit code; 259 while it runs.
    pub(crate) fn exit_code(&self) -> u32 {
        match self {
            Thread::Own(state) if state.has_ended.load(Ordering::Acquire) => {
                state.code.load(Ordering::Acquire)
            }
            Thread::Own(_) => STILL_ACTIVE,
            Thread::First(process) => process.exit_code(),
        }
    }

    /// Takes one from the suspend count and gives the count before.
    pub(crate) fn resume(&self) -> Outcome<u32> {
        match self {
            Thread::Own(state) => {
                let mut suspended = state.suspended.lock().unwrap_or_else(|e| e.into_inner());
                let before = *suspended;
                *suspended = before.saturating_sub(1);
                state.resumed.notify_all();
                Ok(before)
            }
            Thread::First(process) => crate::create_process::resume(process),
        }
    }
}

impl KernelObject for Thread {
    fn kind(&self) -> &'static str {
        "Thread"
    }

    fn same_as(&self, other: &dyn KernelObject) -> bool {
        (other as &dyn Any)
            .downcast_ref::<Thread>()
            .is_some_and(|other| self.id() == other.id() && self.exit_code() == other.exit_code())
    }

    fn spell_out(&self, mask: u32) -> u32 {
        let mut out = mask & 0x0fff_ffff & !MAXIMUM_ALLOWED;
        for (generic, rights) in [
            (
                GENERIC_READ,
                READ_CONTROL | THREAD_QUERY_INFORMATION | THREAD_GET_CONTEXT,
            ),
            (
                GENERIC_WRITE,
                READ_CONTROL | THREAD_TERMINATE | THREAD_SUSPEND_RESUME | THREAD_SET_CONTEXT,
            ),
            (GENERIC_EXECUTE, READ_CONTROL | SYNCHRONIZE),
            (GENERIC_ALL | MAXIMUM_ALLOWED, THREAD_ALL_ACCESS),
        ] {
            if mask & generic != 0 {
                out |= rights;
            }
        }
        out
    }

    fn for_child(&self, access: u32) -> Result<Option<ForChild>, Win32Code> {
        match self {
            Thread::Own(_) => Ok(None),
            Thread::First(process) => process.for_child(access),
        }
    }

    fn signal(&self) -> Result<Option<Signal<'_>>, Win32Code> {
        match self {
            Thread::Own(state) => Ok(Some(Signal::Fd(state.ended.as_fd()))),
            Thread::First(process) => process.signal(),
        }
    }
}

/// The thread that a handle leads to, with the rights that a call needs. Errors: 5, 6.
pub(crate) fn thread_of(handle: Handle, rights: u32) -> Outcome<Arc<Thread>> {
    match handle.pseudo() {
        Some(Pseudo::Thread) => Ok(Arc::new(Thread::Own(current()?))),
        Some(_) => Err(Win32Code::INVALID_HANDLE),
        None => handles().object::<Thread>(handle, rights),
    }
}
