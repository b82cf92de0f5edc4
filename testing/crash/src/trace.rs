//! Stopping another process at the boundaries of its system calls, by ptrace(2); and letting such a call fail.
//!
//! One thread is traced, and only between two calls of [`mark`](crate::victim::mark).

use nix::errno::Errno;
use nix::sys::ptrace;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

/// The system call that marks begin and end of what is watched: getpgrp(2).
const MARK: u64 = 111;
/// No system call has this number.
const NONE: u64 = u64::MAX;

/// Where a traced thread stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Before the system call with this number.
    Entry(u64),
    /// After it, with what it returned: a negated errno if it failed.
    Exit(u64, i64),
    /// The thread has ended.
    Gone,
}

/// A traced thread of a child process.
#[derive(Debug)]
pub struct Traced {
    thread: Pid,
    inside: Option<u64>,
    gone: bool,
}

impl Traced {
    /// Begins to trace a thread, and stops it: it is waiting in a system call for an order.
    ///
    /// # Errors
    /// EPERM where ptrace is forbidden; ESRCH if there is no such thread.
    pub fn seize(tid: i32) -> nix::Result<Traced> {
        let thread = Pid::from_raw(tid);
        ptrace::seize(thread, ptrace::Options::PTRACE_O_TRACESYSGOOD)?;
        ptrace::interrupt(thread)?;
        waitpid(thread, Some(WaitPidFlag::__WALL))?;
        Ok(Traced {
            thread,
            inside: None,
            gone: false,
        })
    }

    /// Lets it go on to the next boundary. Signals reach it as if nobody traced it.
    ///
    /// # Errors
    /// As ptrace(2).
    pub fn next_stop(&mut self) -> nix::Result<Stop> {
        let mut signal = None;
        loop {
            match ptrace::syscall(self.thread, signal.take()) {
                Err(Errno::ESRCH) => return self.ended(),
                other => other?,
            }
            match waitpid(self.thread, Some(WaitPidFlag::__WALL))? {
                WaitStatus::PtraceSyscall(_) => break,
                WaitStatus::Stopped(_, other) => signal = Some(other),
                WaitStatus::Exited(..) | WaitStatus::Signaled(..) => {
                    self.gone = true;
                    return Ok(Stop::Gone);
                }
                _ => {} // stops of the tracing itself
            }
        }
        let registers = ptrace::getregs(self.thread)?;
        Ok(match self.inside.take() {
            None => {
                self.inside = Some(registers.orig_rax);
                Stop::Entry(registers.orig_rax)
            }
            Some(call) => Stop::Exit(call, registers.rax as i64),
        })
    }

    fn ended(&mut self) -> nix::Result<Stop> {
        if !self.gone {
            waitpid(self.thread, Some(WaitPidFlag::__WALL))?;
            self.gone = true;
        }
        Ok(Stop::Gone)
    }

    /// Lets it go on to the first `mark`.
    ///
    /// # Errors
    /// As ptrace(2); ESRCH if it ended.
    pub fn to_mark(&mut self) -> nix::Result<()> {
        loop {
            match self.next_stop()? {
                Stop::Exit(MARK, _) => return Ok(()),
                Stop::Gone => return Err(Errno::ESRCH),
                _ => {}
            }
        }
    }

    /// The next boundary before the second `mark`; `None` there.
    ///
    /// # Errors
    /// As ptrace(2).
    pub fn next_inside(&mut self) -> nix::Result<Option<Stop>> {
        Ok(match self.next_stop()? {
            Stop::Entry(MARK) => None,
            other => Some(other),
        })
    }

    /// At an entry: the system call does not happen, and returns this error. Stands at its exit then.
    ///
    /// # Errors
    /// As ptrace(2).
    pub fn fail(&mut self, errno: i32) -> nix::Result<()> {
        let mut registers = ptrace::getregs(self.thread)?;
        registers.orig_rax = NONE;
        ptrace::setregs(self.thread, registers)?;
        self.next_stop()?;
        self.returns(-i64::from(errno))
    }

    /// At an exit: the system call returns this, whatever it did.
    ///
    /// # Errors
    /// As ptrace(2).
    pub fn returns(&mut self, value: i64) -> nix::Result<()> {
        let mut registers = ptrace::getregs(self.thread)?;
        registers.rax = value as u64;
        ptrace::setregs(self.thread, registers)
    }

    /// The arguments of the call at whose boundary it stands.
    ///
    /// # Errors
    /// As ptrace(2).
    pub fn arguments(&self) -> nix::Result<[u64; 6]> {
        let r = ptrace::getregs(self.thread)?;
        Ok([r.rdi, r.rsi, r.rdx, r.r10, r.r8, r.r9])
    }

    /// Lets it run untraced from now on.
    ///
    /// # Errors
    /// As ptrace(2).
    pub fn detach(self) -> nix::Result<()> {
        ptrace::detach(self.thread, None)
    }

    /// After the process got SIGKILL: waits until the thread is gone, unless it is the child itself, which `std` waits for.
    ///
    /// # Errors
    /// As ptrace(2).
    pub fn killed(self, child: u32) -> nix::Result<()> {
        if !self.gone && self.thread.as_raw() as u32 != child {
            waitpid(self.thread, Some(WaitPidFlag::__WALL))?;
        }
        Ok(())
    }
}

/// Names of the system calls that this project makes, for messages; the number for others.
#[must_use]
pub fn name_of(call: u64) -> String {
    let name = match call {
        0 => "read",
        1 => "write",
        3 => "close",
        5 => "fstat",
        9 => "mmap",
        10 => "mprotect",
        11 => "munmap",
        12 => "brk",
        13 => "rt_sigaction",
        14 => "rt_sigprocmask",
        17 => "pread64",
        18 => "pwrite64",
        25 => "mremap",
        28 => "madvise",
        39 => "getpid",
        72 => "fcntl",
        74 => "fsync",
        77 => "ftruncate",
        87 => "unlink",
        102 => "getuid",
        186 => "gettid",
        202 => "futex",
        217 => "getdents64",
        228 => "clock_gettime",
        257 => "openat",
        258 => "mkdirat",
        262 => "newfstatat",
        263 => "unlinkat",
        264 => "renameat",
        265 => "linkat",
        267 => "readlinkat",
        268 => "fchmodat",
        273 => "set_robust_list",
        285 => "fallocate",
        302 => "prlimit64",
        316 => "renameat2",
        318 => "getrandom",
        319 => "memfd_create",
        332 => "statx",
        449 => "futex_waitv",
        454 => "futex_wake",
        other => return format!("system call {other}"),
    };
    name.to_owned()
}

/// Whether a call with these arguments can come back with this error: fcntl(2) is many calls in one.
#[must_use]
pub fn applies(call: u64, arguments: [u64; 6], errno: Errno) -> bool {
    let command = arguments[1];
    match (call, errno) {
        (72, Errno::EMFILE) => [0, 1030].contains(&command), // F_DUPFD, F_DUPFD_CLOEXEC
        (72, Errno::ENOLCK) => [6, 7, 37, 38].contains(&command), // locks
        (72, _) => (5..=7).contains(&command) || (36..=38).contains(&command),
        _ => true,
    }
}

/// What errors a system call may come back with when the machine is short of something; empty if none makes sense.
#[must_use]
pub fn shortages(call: u64) -> &'static [Errno] {
    use Errno::{EINTR, EMFILE, ENFILE, ENOLCK, ENOMEM, ENOSPC};
    match call {
        2 | 257 | 437 => &[EMFILE, ENFILE, ENOMEM, ENOSPC, EINTR], // open, openat, openat2
        9 | 10 | 25 => &[ENOMEM],                                  // mmap, mprotect, mremap
        11 | 28 => &[ENOMEM],                                      // munmap, madvise
        1 | 18 | 20 | 296 => &[ENOSPC, EINTR, ENOMEM],             // write, pwrite64, writev, pwritev
        0 | 17 | 19 => &[EINTR],                                   // read, pread64, readv
        32 | 33 | 292 => &[EMFILE],                                // dup
        41 | 53 | 288 => &[EMFILE, ENFILE, ENOMEM],                // socket, socketpair, accept4
        72 => &[EINTR, ENOLCK, EMFILE],                            // fcntl: locks and duplicates
        73 => &[EINTR],                                            // flock
        77 | 285 => &[ENOSPC, EINTR, ENOMEM],                      // ftruncate, fallocate
        86 | 265 => &[ENOSPC, ENOMEM],                             // link, linkat
        83 | 258 => &[ENOSPC, ENOMEM],                             // mkdir
        82 | 264 | 316 => &[ENOSPC, ENOMEM],                       // rename
        87 | 263 => &[ENOMEM],                                     // unlink
        4 | 5 | 6 | 262 | 332 => &[ENOMEM, EINTR],                 // stat
        78 | 217 => &[ENOMEM, EINTR],                              // getdents
        202 | 449 => &[EINTR],                                     // futex waits
        89 | 267 => &[ENOMEM],                                     // readlink
        253 | 254 | 294 => &[EMFILE, ENOSPC, ENOMEM],              // inotify
        290 | 283 | 291 => &[EMFILE, ENFILE, ENOMEM],              // eventfd, timerfd, epoll
        319 | 434 => &[EMFILE, ENFILE, ENOMEM],                    // memfd_create, pidfd_open
        188..=199 => &[ENOSPC, ENOMEM],                            // extended attributes
        _ => &[],
    }
}
