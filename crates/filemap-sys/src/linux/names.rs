//! Carries out the steps of `filemap_core::lifecycle` on a directory of object files.
//!
//! This is the only place where a name is opened, locked, published or removed. Each [`Call`] is one arm of
//! `Entry::carry_out`; before and after each there is a crash point for `testing/crash`.

use crate::SysError;
use crate::os::crash::point;
use crate::os::ofd_lock::{self, Holders, LIVE_BYTE, Lock};
use crate::os::tmpfs::{self, Facts, OpenFor};
use filemap_core::layout::MAGIC;
use filemap_core::lifecycle::{Call, Close, Create, Holder, Open, Outcome, Seen, Step, Sweep};
use filemap_core::plain;
use filemap_core::section::PAGE;
use std::ffi::CStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

/// How long a create waits for a process that stopped in the middle of removing the name.
const PATIENCE: Duration = Duration::from_secs(5);

/// One name in one directory, and what a call holds of it.
pub struct Entry<'a> {
    dir: BorrowedFd<'a>,
    name: &'a CStr,
    access: OpenFor,
    candidate: Option<Candidate<'a>>,
    draft: Option<OwnedFd>,
    facts: Option<Facts>,
    /// Device and inode number of the candidate that was lent.
    identity: Option<(u64, u64)>,
    /// The candidate was a handle: no need to look whether it is an object at all.
    is_object: bool,
    /// The lent description may hold a lock that hinders others.
    lent_locked: bool,
    /// The candidate's lock is, or will be, its creator's.
    is_creator: bool,
    waiting_since: Option<Instant>,
}

/// The file that a call is about.
enum Candidate<'a> {
    /// Opened by the call.
    Owned(OwnedFd),
    /// The caller's handle, whose description its views may use further: instead of closing it, the lock is dropped.
    Lent(BorrowedFd<'a>),
}

impl AsFd for Candidate<'_> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Candidate::Owned(file) => file.as_fd(),
            Candidate::Lent(file) => *file,
        }
    }
}

/// An object's file, open and locked: a handle.
#[derive(Debug)]
pub struct Opened {
    /// The locked description.
    pub file: OwnedFd,
    /// Facts about the file when it was found linked; `None` for one that was just published.
    pub facts: Option<Facts>,
}

/// What the file of a new object is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A plain object's (`filemap_core::plain`): it has its name already.
    Plain,
    /// One with a footer: nobody sees it before it is finished.
    Footed,
}

/// Why a call ended without a handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It ended as the machine says.
    Outcome(Outcome),
    /// A system call failed.
    System(SysError),
}

impl From<SysError> for Refusal {
    fn from(e: SysError) -> Refusal {
        Refusal::System(e)
    }
}

/// Creates the object of a name, or opens the one that exists: the flag says whether it was created.
///
/// The file is made here with `mode`; `fill` gives it its size, contents and footer, and it is locked here. A machine that
/// claims may have to make a file with a footer in the end.
pub fn create(
    dir: BorrowedFd<'_>,
    name: &CStr,
    access: OpenFor,
    mode: u32,
    mut machine: Create,
    mut fill: impl FnMut(&OwnedFd, Form) -> Result<(), SysError>,
) -> Result<(Opened, bool), Refusal> {
    let mut entry = Entry::new(dir, name, access);
    let mut seen = Seen::Start;
    loop {
        match machine.step(seen) {
            Step::Do(Call::Claim) => {
                point("before claim");
                seen = match tmpfs::claim(dir, name, mode)? {
                    Some(file) => {
                        entry.candidate = Some(Candidate::Owned(file));
                        entry.is_creator = true;
                        Seen::Done
                    }
                    None => Seen::Exists,
                };
                point("after claim");
            }
            Step::Do(Call::Fill) => {
                point("before fill");
                let Some(Candidate::Owned(file)) = &entry.candidate else {
                    unreachable!("the machine claims before it fills")
                };
                if let Err(e) = fill(file, Form::Plain) {
                    entry.candidate = None;
                    // The claimed file is a dead entry; nobody shall find even that. If it can't be swept, the next comer
                    // takes it away.
                    let _ = sweep(dir, name);
                    return Err(e.into());
                }
                point("after fill");
                seen = Seen::Done;
            }
            Step::Do(Call::Prepare) => {
                point("before prepare");
                let file = tmpfs::unnamed_file(dir, mode)?;
                if let Err(e) = fill(&file, Form::Footed) {
                    tmpfs::discard(file.as_fd(), dir);
                    return Err(e.into());
                }
                point("prepare: finished");
                ofd_lock::set_as_creator(file.as_fd(), Lock::Shared)?;
                point("after prepare");
                entry.draft = Some(file);
                seen = Seen::Done;
            }
            Step::Do(call) => seen = entry.carry_out(call)?,
            Step::End(Outcome::Created) => {
                return Ok(match entry.draft.take() {
                    Some(file) => (Opened { file, facts: None }, true),
                    None => (entry.opened(), true),
                });
            }
            Step::End(Outcome::Existed) => return Ok((entry.opened(), false)),
            Step::End(other) => return Err(Refusal::Outcome(other)),
        }
    }
}

/// Opens the object of a name.
pub fn open(dir: BorrowedFd<'_>, name: &CStr, access: OpenFor) -> Result<Opened, Refusal> {
    let mut entry = Entry::new(dir, name, access);
    match entry.run(|machine: &mut Open, seen| machine.step(seen), Open::new())? {
        Outcome::Opened => Ok(entry.opened()),
        other => Err(Refusal::Outcome(other)),
    }
}

/// Makes the description stop being a handle; the name goes with the last one. Only for a description that no other
/// process shares. It has no lock afterwards, unless its file has no name any more. `is_creator` says that [`create`] made the
/// description, in this process; `identity` is the file's device and inode number, if they are known already.
pub fn close(
    dir: BorrowedFd<'_>,
    name: &CStr,
    file: BorrowedFd<'_>,
    identity: Option<(u64, u64)>,
    is_creator: bool,
) -> Result<Outcome, SysError> {
    // Whoever made it is probably the last one to go, too.
    let machine = Close::new(match is_creator {
        true => Holder::Alone,
        false => Holder::OneOfSeveral,
    });
    let mut entry = Entry::new(dir, name, OpenFor::Writing);
    entry.is_creator = is_creator;
    entry.identity = identity;
    entry.candidate = Some(Candidate::Lent(file));
    entry.is_object = true;
    entry.lent_locked = true;
    entry.run(|machine: &mut Close, seen| machine.step(seen), machine)
}

/// Takes the entry away if nobody holds it.
pub fn sweep(dir: BorrowedFd<'_>, name: &CStr) -> Result<Outcome, SysError> {
    Entry::new(dir, name, OpenFor::Writing).run(|machine: &mut Sweep, seen| machine.step(seen), Sweep::new())
}

impl<'a> Entry<'a> {
    fn new(dir: BorrowedFd<'a>, name: &'a CStr, access: OpenFor) -> Entry<'a> {
        Entry {
            dir,
            name,
            access,
            candidate: None,
            draft: None,
            facts: None,
            identity: None,
            is_object: false,
            lent_locked: false,
            is_creator: false,
            waiting_since: None,
        }
    }

    fn run<M>(&mut self, step: impl Fn(&mut M, Seen) -> Step, mut machine: M) -> Result<Outcome, SysError> {
        let mut seen = Seen::Start;
        loop {
            match step(&mut machine, seen) {
                Step::Do(call) => seen = self.carry_out(call)?,
                Step::End(outcome) => return Ok(outcome),
            }
        }
    }

    fn opened(&mut self) -> Opened {
        match self.candidate.take() {
            Some(Candidate::Owned(file)) => Opened {
                file,
                facts: self.facts,
            },
            _ => unreachable!("opened means that there is a candidate"),
        }
    }

    fn carry_out(&mut self, call: Call) -> Result<Seen, SysError> {
        let (before, after) = crash_points(call);
        point(before);
        let seen = match call {
            Call::Claim | Call::Fill | Call::Prepare => unreachable!("create makes files by itself"),
            Call::Publish => match tmpfs::publish(self.draft(), self.dir, self.name)? {
                true => Seen::Done,
                false => Seen::Exists,
            },
            Call::Discard => {
                if let Some(draft) = self.draft.take() {
                    tmpfs::discard(draft.as_fd(), self.dir);
                }
                Seen::Done
            }
            Call::OpenName => self.open_candidate(self.access)?,
            Call::OpenForReaping => self.open_candidate(OpenFor::Writing)?,
            Call::Look => match ofd_lock::holders(self.candidate(), LIVE_BYTE)? {
                Holders::Nobody => Seen::Nobody,
                Holders::Shared => Seen::Held,
                Holders::Exclusive => Seen::HeldExclusively,
            },
            Call::LockShared => self.lock(Lock::Shared)?,
            Call::LockExclusive => {
                let seen = self.lock(Lock::Exclusive)?;
                self.lent_locked |= seen == Seen::Done;
                seen
            }
            Call::Unlock => {
                ofd_lock::unlock_all(self.candidate())?;
                self.lent_locked = false;
                Seen::Done
            }
            Call::Linked => {
                let facts = Facts::of(self.candidate())?;
                self.facts = Some(facts);
                match () {
                    () if !facts.is_ordinary() => Seen::NotAFile,
                    () if facts.links == 0 => Seen::No,
                    () => Seen::Yes,
                }
            }
            Call::StillNamed => match Facts::of_name(self.dir, self.name) {
                Ok(named) => {
                    let own = match self.identity {
                        Some(own) => own,
                        None => Facts::of(self.candidate())?.identity(),
                    };
                    match named.identity() == own {
                        true if self.is_object || self.is_ours(&named)? => Seen::Yes,
                        true => Seen::NotAFile,
                        false => Seen::No,
                    }
                }
                Err(e) if e.errno == libc::ENOENT => Seen::No,
                Err(e) => return Err(e),
            },
            Call::Unlink => match tmpfs::unlink(self.dir, self.name) {
                Ok(()) => {
                    self.lent_locked = false; // a lock on a file without a name hinders nobody
                    Seen::Done
                }
                Err(e) if e.errno == libc::ENOENT => Seen::NotFound,
                Err(e) if matches!(e.errno, libc::EACCES | libc::EPERM | libc::EROFS) => Seen::Denied,
                Err(e) => return Err(e),
            },
            Call::Forget => {
                if let Some(Candidate::Lent(file)) = self.candidate.take()
                    && self.lent_locked
                {
                    ofd_lock::unlock_all(file)?;
                }
                Seen::Done
            }
            Call::Pause => {
                let waited = self.waiting_since.get_or_insert_with(Instant::now).elapsed();
                pause(waited);
                match waited > PATIENCE {
                    true => Seen::GiveUp,
                    false => Seen::Done,
                }
            }
        };
        point(after);
        Ok(seen)
    }

    fn open_candidate(&mut self, access: OpenFor) -> Result<Seen, SysError> {
        match tmpfs::open_name(self.dir, self.name, access) {
            Ok(file) => {
                self.candidate = Some(Candidate::Owned(file));
                self.is_creator = false;
                Ok(Seen::Done)
            }
            Err(e) => match e.errno {
                libc::ENOENT => Ok(Seen::NotFound),
                libc::EACCES | libc::EPERM | libc::EROFS => Ok(Seen::Denied),
                // a symbolic link, a directory, a socket, a FIFO without a reader
                libc::ELOOP | libc::EISDIR | libc::ENXIO | libc::ENOTDIR => Ok(Seen::NotAFile),
                _ => Err(e),
            },
        }
    }

    fn lock(&self, lock: Lock) -> Result<Seen, SysError> {
        let set = match self.is_creator {
            true => ofd_lock::set_as_creator(self.candidate(), lock),
            false => ofd_lock::set(self.candidate(), LIVE_BYTE, lock),
        };
        match set {
            Ok(true) => Ok(Seen::Done),
            Ok(false) => Ok(Seen::Busy),
            Err(e) if e.errno == libc::EBADF && lock == Lock::Exclusive => Ok(Seen::ReadOnly),
            Err(e) => Err(e),
        }
    }

    /// Whether the file ends in a footer of any version, or has the mark of a plain object, finished or not: only then it is
    /// ours to remove.
    fn is_ours(&self, facts: &Facts) -> Result<bool, SysError> {
        if facts.is_plain() || !facts.is_ordinary() {
            return Ok(facts.is_plain());
        }
        let Some(last_page) = plain::end_of_footer(facts.len).checked_sub(PAGE) else {
            return Ok(false);
        };
        let mut magic = [0; MAGIC.len()];
        let read = tmpfs::read_at(self.candidate(), &mut magic, last_page)?;
        Ok(read == magic.len() && magic == MAGIC)
    }

    fn candidate(&self) -> BorrowedFd<'_> {
        self.candidate
            .as_ref()
            .expect("the machine opens before it asks")
            .as_fd()
    }

    fn draft(&self) -> BorrowedFd<'_> {
        self.draft
            .as_ref()
            .expect("the machine prepares before it publishes")
            .as_fd()
    }
}

/// Lets others go on: at first only for a moment, since a removal takes microseconds; then with the processor left to them.
#[expect(
    clippy::disallowed_methods,
    reason = "a pause is the purpose: nothing tells of the end of a lock"
)]
fn pause(waited: Duration) {
    match waited > Duration::from_millis(1) {
        true => std::thread::sleep(Duration::from_millis(1)),
        false => std::thread::yield_now(),
    }
}

fn crash_points(call: Call) -> (&'static str, &'static str) {
    match call {
        Call::Claim => ("before claim", "after claim"),
        Call::Fill => ("before fill", "after fill"),
        Call::Prepare => ("before prepare", "after prepare"),
        Call::Publish => ("before publish", "after publish"),
        Call::Discard => ("before discard", "after discard"),
        Call::OpenName => ("before open", "after open"),
        Call::OpenForReaping => ("before open for reaping", "after open for reaping"),
        Call::Look => ("before look", "after look"),
        Call::LockShared => ("before lock shared", "after lock shared"),
        Call::LockExclusive => ("before lock exclusive", "after lock exclusive"),
        Call::Unlock => ("before unlock", "after unlock"),
        Call::Linked => ("before linked", "after linked"),
        Call::StillNamed => ("before still named", "after still named"),
        Call::Unlink => ("before unlink", "after unlink"),
        Call::Forget => ("before forget", "after forget"),
        Call::Pause => ("before pause", "after pause"),
    }
}
