//! Processes behind handles: a pidfd, and a word in shared memory for exit codes that Linux has no room for.
//!
//! A child that runs with this library writes its whole 32-bit exit code where the parent finds it; of other programs the kernel
//! tells eight bits, or the signal.

// UNSAFETY: pidfd, wait and exit calls that rustix and the standard library lack in this form.
#![expect(unsafe_code)]

use crate::boundary::Outcome;
use crate::constants::*;
use crate::file::code_of_errno;
use crate::handle_table::{ForChild, Handle, KernelObject, Pseudo, Signal, handles};
use filemap_core::error::Win32Code;
use filemap_sys::os::{fork, tmpfs};
use std::any::Any;
use std::collections::HashMap;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::sync::{Arc, LazyLock, Mutex, OnceLock};

/// A process.
#[derive(Clone, Debug)]
pub struct Process {
    id: u32,
    /// Becomes readable when the process ends.
    ended: Arc<OwnedFd>,
    /// Where it says its exit code.
    said: Option<Arc<OwnedFd>>,
    /// What the kernel told when it was reaped: exit status in the form of waitid; a child of ours only.
    reaped: Option<Arc<Mutex<Option<u32>>>>,
}

/// Children that have not been reaped, by number.
static CHILDREN: LazyLock<Mutex<HashMap<u32, Process>>> = LazyLock::new(Mutex::default);

/// Exit codes of programs that a signal has ended, as Windows gives them for the same fault.
fn code_of_signal(signal: i32) -> u32 {
    match signal {
        libc::SIGSEGV => 0xc000_0005,
        libc::SIGBUS => 0xc000_0006,
        libc::SIGILL => 0xc000_001d,
        libc::SIGFPE => 0xc000_0094,
        libc::SIGABRT => 3,
        libc::SIGINT | libc::SIGTERM | libc::SIGHUP => 0xc000_013a,
        _ => 1,
    }
}

impl Process {
    /// The process with a number. Errors: 87 if there is none.
    pub fn open(id: u32) -> Outcome<Process> {
        if let Some(child) = children().get(&id) {
            return Ok(child.clone());
        }
        Ok(Process {
            id,
            ended: Arc::new(descriptor_of(id)?),
            said: None,
            reaped: None,
        })
    }

    /// A child that was just started; `said` is where it will say its exit code.
    pub(crate) fn of_child(id: u32, said: OwnedFd) -> Outcome<Process> {
        let child = Process {
            id,
            ended: Arc::new(descriptor_of(id)?),
            said: Some(Arc::new(said)),
            reaped: Some(Arc::default()),
        };
        let mut all = children();
        // Those that have ended and that nobody asks any more are taken off the kernel's list.
        all.retain(|_, old| !(old.reap() && Arc::strong_count(&old.ended) == 1));
        all.insert(id, child.clone());
        Ok(child)
    }

    pub(crate) fn restore(what: &str) -> Option<Process> {
        let mut fields = what.split(':').map(str::parse::<i32>);
        let (id, ended, said) = (fields.next()?.ok()?, fields.next()?.ok()?, fields.next()?.ok()?);
        // SAFETY: the parent made these descriptors for this handle alone.
        let take = |number| Arc::new(unsafe { OwnedFd::from_raw_fd(number) });
        Some(Process {
            id: id as u32,
            ended: take(ended),
            said: (said >= 0).then(|| take(said)),
            reaped: None,
        })
    }

    /// Its number.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.id
    }

    /// The exit code; 259 while it runs.
    pub fn exit_code(&self) -> u32 {
        if self.id == std::process::id() || !is_readable(self.ended.as_fd()) {
            return STILL_ACTIVE;
        }
        if let Some(code) = self.said.as_ref().and_then(|said| read_code(said)) {
            return code;
        }
        self.reap();
        let reaped = self.reaped.as_ref().and_then(|reaped| *locked(reaped));
        reaped
            .or_else(|| exit_code_of_descriptor(&self.ended))
            .unwrap_or(0)
    }

    /// Ends it at once. Errors: 5.
    pub fn terminate(&self, code: u32) -> Outcome<()> {
        if self.id == std::process::id() {
            exit_at_once(code);
        }
        if is_readable(self.ended.as_fd()) {
            return Err(Win32Code::ACCESS_DENIED); // it has ended
        }
        self.send(0)?;
        if let Some(said) = &self.said {
            write_code(said, code);
        }
        self.send(libc::SIGKILL)
    }

    /// What its exit code will be, if it is a child that does not say one itself.
    pub(crate) fn foretell(&self, code: u32) {
        if let Some(said) = &self.said {
            write_code(said, code);
        }
    }

    /// Sends a signal. Errors: 5.
    pub(crate) fn send(&self, signal: i32) -> Outcome<()> {
        // SAFETY: a signal to a process by a descriptor that stays open; no further pointers.
        let sent = unsafe {
            libc::syscall(
                libc::SYS_pidfd_send_signal,
                self.ended.as_raw_fd(),
                signal,
                std::ptr::null::<libc::siginfo_t>(),
                0,
            )
        };
        match sent {
            0 => Ok(()),
            _ => Err(Win32Code::ACCESS_DENIED),
        }
    }

    /// Takes a child that has ended off the kernel's list; true if it is off it.
    fn reap(&self) -> bool {
        let Some(reaped) = &self.reaped else { return true };
        let mut status = locked(reaped);
        if status.is_some() {
            return true;
        }
        // SAFETY: a siginfo is numbers, and waitid fills it in.
        let (done, info) = unsafe {
            let mut info: libc::siginfo_t = std::mem::zeroed();
            let id = self.ended.as_raw_fd() as libc::id_t;
            let done = libc::waitid(libc::P_PIDFD, id, &raw mut info, libc::WEXITED | libc::WNOHANG);
            (done, info)
        };
        if done != 0 {
            // Somebody else has: the program calls wait itself, or ignores SIGCHLD.
            return is_readable(self.ended.as_fd());
        }
        // SAFETY: waitid has filled in a child's state, or left zeroes if it still runs.
        let (pid, value) = unsafe { (info.si_pid(), info.si_status()) };
        if pid == 0 {
            return false;
        }
        *status = Some(match info.si_code {
            libc::CLD_EXITED => value as u32,
            _ => code_of_signal(value),
        });
        true
    }
}

impl KernelObject for Process {
    fn kind(&self) -> &'static str {
        "Process"
    }

    fn same_as(&self, other: &dyn KernelObject) -> bool {
        (other as &dyn Any)
            .downcast_ref::<Process>()
            .is_some_and(|other| self.id == other.id)
    }

    fn spell_out(&self, mask: u32) -> u32 {
        spell_out(mask)
    }

    fn for_child(&self, access: u32) -> Result<Option<ForChild>, Win32Code> {
        let _ = access;
        let copy = |file: &Arc<OwnedFd>| file.try_clone().map_err(|_| Win32Code::TOO_MANY_OPEN_FILES);
        let mut files = vec![copy(&self.ended)?];
        files.extend(self.said.as_ref().map(copy).transpose()?);
        let said = files.get(1).map_or(-1, AsRawFd::as_raw_fd);
        let text = format!("{}:{}:{said}", self.id, files[0].as_raw_fd());
        Ok(Some(ForChild { text, files }))
    }

    fn signal(&self) -> Result<Option<Signal<'_>>, Win32Code> {
        Ok(Some(Signal::Fd(self.ended.as_fd())))
    }
}

/// Spells generic rights out for processes.
#[must_use]
pub fn spell_out(mask: u32) -> u32 {
    let mut out = mask & 0x0fff_ffff & !MAXIMUM_ALLOWED;
    for (generic, rights) in [
        (
            GENERIC_READ,
            READ_CONTROL | PROCESS_QUERY_INFORMATION | PROCESS_VM_READ,
        ),
        (
            GENERIC_WRITE,
            READ_CONTROL | PROCESS_VM_WRITE | PROCESS_VM_OPERATION | PROCESS_DUP_HANDLE | PROCESS_TERMINATE,
        ),
        (
            GENERIC_EXECUTE,
            READ_CONTROL | SYNCHRONIZE | PROCESS_TERMINATE | PROCESS_QUERY_LIMITED_INFORMATION,
        ),
        (GENERIC_ALL, PROCESS_ALL_ACCESS),
        (MAXIMUM_ALLOWED, PROCESS_ALL_ACCESS),
    ] {
        if mask & generic != 0 {
            out |= rights;
        }
    }
    match out & PROCESS_QUERY_INFORMATION {
        0 => out,
        _ => out | PROCESS_QUERY_LIMITED_INFORMATION,
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|e| e.into_inner())
}

fn children() -> std::sync::MutexGuard<'static, HashMap<u32, Process>> {
    locked(&CHILDREN)
}

fn descriptor_of(id: u32) -> Outcome<OwnedFd> {
    let pid = i32::try_from(id).map_err(|_| Win32Code::INVALID_PARAMETER)?;
    if pid == 0 {
        return Err(Win32Code::INVALID_PARAMETER);
    }
    // SAFETY: pidfd_open has no pointers; what it gives is ours.
    let number = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    match i32::try_from(number) {
        // SAFETY: as above.
        Ok(number @ 0..) => Ok(unsafe { OwnedFd::from_raw_fd(number) }),
        _ => match std::io::Error::last_os_error().raw_os_error() {
            Some(libc::ESRCH | libc::EINVAL) | None => Err(Win32Code::INVALID_PARAMETER),
            Some(errno) => Err(code_of_errno(errno)),
        },
    }
}

/// Whether a descriptor has something to read now.
pub(crate) fn is_readable(file: BorrowedFd<'_>) -> bool {
    let mut poll = libc::pollfd {
        fd: file.as_raw_fd(),
        events: libc::POLLIN,
        revents: 0,
    };
    // SAFETY: one initialised entry, which outlives the call.
    unsafe { libc::poll(&raw mut poll, 1, 0) == 1 && poll.revents != 0 }
}

/// What the kernel remembers of a process that has ended (Linux 6.15 and later). Source: `PIDFD_GET_INFO`, pidfd.h.
fn exit_code_of_descriptor(ended: &OwnedFd) -> Option<u32> {
    const EXIT: u64 = 1 << 3;
    const GET_INFO: libc::c_ulong = 0xc040_ff0b; // _IOWR(0xFF, 11, 64 bytes)
    let mut info = [0_u32; 16]; // mask (u64), cgroup id (u64), 11 numbers, exit code
    info[0] = EXIT as u32;
    // SAFETY: the kernel writes at most the 64 bytes that the request's number names.
    let done = unsafe { libc::ioctl(ended.as_raw_fd(), GET_INFO, info.as_mut_ptr()) };
    let status = info[15] as i32;
    match done == 0 && info[0] & EXIT as u32 != 0 {
        false => None,
        true if libc::WIFEXITED(status) => Some(libc::WEXITSTATUS(status) as u32),
        true => Some(code_of_signal(libc::WTERMSIG(status))),
    }
}

fn read_code(said: &OwnedFd) -> Option<u32> {
    let mut bytes = [0; 8];
    tmpfs::read_at(said.as_fd(), &mut bytes, 0).ok()?;
    (bytes[0] == 1).then(|| u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]))
}

fn write_code(said: &OwnedFd, code: u32) {
    let [a, b, c, d] = code.to_le_bytes();
    let _ = tmpfs::write_at(said.as_fd(), &[1, 0, 0, 0, a, b, c, d], 0);
}

/// A file in which a child can say its exit code. Errors: 4.
pub(crate) fn place_for_exit_code() -> Outcome<OwnedFd> {
    let file = tmpfs::anonymous_file(c"filemap-exit").map_err(|_| Win32Code::TOO_MANY_OPEN_FILES)?;
    tmpfs::write_at(file.as_fd(), &[0; 8], 0).map_err(|_| Win32Code::NOT_ENOUGH_MEMORY)?;
    Ok(file)
}

static TELL: OnceLock<OwnedFd> = OnceLock::new();

unsafe extern "C" {
    // The libc crate lacks it; glibc and musl-compat have it: like atexit, with the exit code.
    fn on_exit(function: extern "C" fn(i32, *mut libc::c_void), argument: *mut libc::c_void) -> i32;
}

extern "C" fn at_exit(code: i32, _: *mut libc::c_void) {
    say_exit_code(code as u32);
}

/// From now on the exit code of this process is written there.
pub(crate) fn tell_exit_code_to(file: OwnedFd) {
    if TELL.set(file).is_ok() {
        let _ = fork::generation(); // a forked child is another process
        // SAFETY: the function lives as long as this library, which is never unloaded once it has handlers in the process.
        unsafe { on_exit(at_exit, std::ptr::null_mut()) };
    }
}

/// Writes the exit code where the parent looks for it, unless this is a forked child of the process it belongs to.
pub(crate) fn say_exit_code(code: u32) {
    if let Some(file) = TELL.get()
        && fork::generation() == 0
    {
        write_code(file, code);
    }
}

fn exit_at_once(code: u32) -> ! {
    say_exit_code(code);
    // SAFETY: ends the process without running its handlers, which is what TerminateProcess on oneself means.
    unsafe { libc::_exit(code as i32) }
}

/// The process that a handle leads to, with the rights that a call needs. Errors: 5, 6.
pub(crate) fn process_of(handle: Handle, rights: u32) -> Outcome<Arc<Process>> {
    match handle.pseudo() {
        Some(Pseudo::Process) => Ok(Arc::new(Process::open(std::process::id())?)),
        Some(_) => Err(Win32Code::INVALID_HANDLE),
        None => handles().object::<Process>(handle, rights),
    }
}

/// For a call that works on this process only. Errors: 5, 6; 50 for another process.
pub(crate) fn own_process(handle: Handle, rights: u32) -> Outcome<()> {
    if handle.pseudo() == Some(Pseudo::Process) {
        return Ok(());
    }
    match process_of(handle, rights)?.id() == std::process::id() {
        true => Ok(()),
        false => Err(Win32Code::NOT_SUPPORTED),
    }
}
