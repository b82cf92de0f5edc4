//! Jobs: a name for a group of processes. No limits.

use crate::mapped::{self, Source};
use crate::named::{Handle, Request, object_methods};
use crate::sync::options::object_options;
use crate::sync::wait::{Wait, Waitable, wait_for};
use crate::view::{Parts, View};
use crate::words::Member;
use crate::{Kind, refusal};
use filemap_core::access::Page;
use filemap_core::error::{Error, Op, Why};
use filemap_core::security::AccessMask;
use filemap_core::sync::{Kind as State, WORD_OFFSET};
use filemap_core::view::ViewPlan;
use filemap_sys::os::sync::{self, WaitRef};
use filemap_sys::os::{map, process};
use std::sync::atomic::Ordering;
use std::time::Duration;

/// `JOB_OBJECT_ASSIGN_PROCESS`.
const ASSIGN: AccessMask = AccessMask(0x1);
/// `JOB_OBJECT_QUERY`.
const QUERY: AccessMask = AccessMask(0x4);
/// Places for members in the state page: 16 bytes each, before the state word.
const PLACES: usize = WORD_OFFSET / 16;
/// The number of a place that is being filled.
const FILLING: u64 = u64::MAX;

/// Where a place lies in the object's file, in bytes.
fn at(place: usize) -> usize {
    sync::state_offset() + place * 16
}

/// A job: a named object that knows its member processes. It is never signalled by mere emptiness (Y-table), and closing the
/// last handle leaves its processes alone (O-53). Source: win32 "Job Objects".
///
/// ```
/// # let place = tempfile::tempdir_in("/dev/shm")?;
/// # let space = filemap::Namespace::at(place.path());
/// let job = filemap::Job::options().namespace(&space).create(r"Local\workers")?;
/// job.assign(std::process::id())?;
/// assert_eq!(job.members()?[0].pid, std::process::id());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "CreateJobObject")]
#[derive(Debug)]
pub struct Job {
    handle: Handle,
}

/// What job to create or open.
#[derive(Clone, Debug)]
#[must_use]
pub struct JobOptions {
    request: Request,
}

object_methods!(Job, Job, "a job");
object_options!(JobOptions, Job, Job);

/// The members that live, by a copy of a job's state page: process numbers.
pub(crate) fn members_in(page: &[u8]) -> Vec<u32> {
    let number = |at: usize| page.get(at..at + 8)?.try_into().ok().map(u64::from_ne_bytes);
    (0..PLACES)
        .filter_map(|place| {
            let pid = u32::try_from(number(place * 16)?).ok().filter(|pid| *pid != 0)?;
            let start = number(place * 16 + 8)?;
            (start != 0 && process::start_time(pid) == start).then_some(pid)
        })
        .collect()
}

impl JobOptions {
    /// Creates the job, or opens it if a job has the name (O-4).
    ///
    /// # Errors
    /// `ERROR_INVALID_HANDLE` (6) if another kind of object has the name; 123, 161, 3 for its form.
    /// Source: win32 `CreateJobObjectW`.
    #[track_caller]
    pub fn create(&self, name: &str) -> Result<Job, Error> {
        self.made(name.as_bytes())
    }

    #[track_caller]
    fn made(&self, name: &[u8]) -> Result<Job, Error> {
        let handle = Handle::create(&self.request, Kind::Job, State::ManualEvent, 0, false, name)?;
        Ok(Job { handle })
    }
}

impl Job {
    /// Options: the process's name space.
    pub fn options() -> JobOptions {
        JobOptions {
            request: Request::all_of(Kind::Job),
        }
    }

    /// Makes a process a member; it stays one until it ends.
    ///
    /// # Errors
    /// `ERROR_ACCESS_DENIED` (5) without JOB_OBJECT_ASSIGN_PROCESS; `ERROR_INVALID_PARAMETER` (87) if there is no such
    /// process; `ERROR_NO_SYSTEM_RESOURCES` (1450) with 254 living members. Source: win32 `AssignProcessToJobObject`.
    #[doc(alias = "AssignProcessToJobObject")]
    pub fn assign(&self, pid: u32) -> Result<(), Error> {
        let failed = |why| Error::new(Op::Other("assign a process to job"), self.name(), why);
        self.handle.require("assign a process to job", ASSIGN)?;
        let start = process::start_time(pid);
        let number = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
        if start == 0 && number.is_some_and(|pid| rustix::process::test_kill_process(pid).is_ok()) {
            return Err(failed(Why::SystemResources {
                what: "memory or descriptors to look into /proc",
            }));
        }
        if start == 0 {
            return Err(failed(Why::Argument {
                what: format!("there is no process {pid}"),
            }));
        }
        let view = self.view()?;
        if self.living(&view)?.contains(&Member { pid, start }) {
            return Ok(());
        }
        // A place that somebody is just filling is left to him, unless there is no other: then he died in the middle.
        for place in (0..PLACES)
            .chain(0..PLACES)
            .enumerate()
            .map(|(i, place)| (i >= PLACES, place))
        {
            let (last_resort, place) = place;
            let (number, since) = (view.atomic_u64(at(place))?, view.atomic_u64(at(place) + 8)?);
            let old = number.load(Ordering::Acquire);
            let free = match old {
                0 => true,
                FILLING => last_resort,
                pid => process::start_time(pid as u32) != since.load(Ordering::Acquire),
            };
            // The start time first: a place whose number is set has it. Of two that want one place, one gets it.
            if free
                && number
                    .compare_exchange(old, FILLING, Ordering::AcqRel, Ordering::Relaxed)
                    .is_ok()
            {
                since.store(start, Ordering::Release);
                number.store(pid.into(), Ordering::Release);
                return Ok(());
            }
        }
        Err(failed(Why::SystemResources {
            what: "places in the job",
        }))
    }

    /// The members that still live.
    ///
    /// # Errors
    /// `ERROR_ACCESS_DENIED` (5) without JOB_OBJECT_QUERY.
    pub fn members(&self) -> Result<Vec<Member>, Error> {
        self.handle.require("query job", QUERY)?;
        self.living(&self.view()?)
    }

    fn living(&self, view: &View) -> Result<Vec<Member>, Error> {
        let mut members = Vec::new();
        for place in 0..PLACES {
            let number = view.atomic_u64(at(place))?.load(Ordering::Acquire);
            let start = view.atomic_u64(at(place) + 8)?.load(Ordering::Acquire);
            // What is read is a claim; the process itself says whether it is true.
            if let Ok(pid) = u32::try_from(number)
                && pid != 0
                && start != 0
                && process::start_time(pid) == start
            {
                members.push(Member { pid, start });
            }
        }
        Ok(members)
    }

    fn view(&self) -> Result<View, Error> {
        let object = self.handle.object();
        let plan = ViewPlan {
            protect: Page::READWRITE,
            offset: 0,
            len: map::page_size() as u64,
            region_len: map::page_size() as u64,
            base: None,
            copies_are_shared: false,
        };
        let source = Source {
            data: object.data(),
            name: object.full_name(),
            commits: None,
            place: &String::new,
            over: false,
        };
        // The members are this library's own memory, so no platform says where it lies.
        let region_len = map::page_size();
        let parts = Parts {
            object,
            commits: None,
            hold: mapped::alone(&plan, &source, region_len, mapped::Placed::Free(None))?,
            start: 0,
            keeps_name: false,
        };
        View::new(&plan, region_len, parts)
    }

    /// Waits for the end-of-job time limit, which never comes without limits: a time-out.
    ///
    /// # Errors
    /// `ERROR_ACCESS_DENIED` (5) without SYNCHRONIZE.
    pub fn wait(&self, timeout: Option<Duration>) -> Result<Wait, Error> {
        wait_for(self, timeout)
    }

    /// Ends all members by SIGKILL; gives how many.
    ///
    /// # Errors
    /// `ERROR_ACCESS_DENIED` (5) without JOB_OBJECT_TERMINATE, or for a process of another user.
    /// Source: win32 `TerminateJobObject`.
    #[doc(alias = "TerminateJobObject")]
    pub fn terminate(&self) -> Result<usize, Error> {
        self.handle.require("terminate job", AccessMask(0x8))?;
        let members = self.living(&self.view()?)?;
        for member in &members {
            process::kill(member.pid, member.start)
                .map_err(|e| refusal::system(Op::Other("terminate job"), self.name(), e))?;
        }
        Ok(members.len())
    }
}

impl Waitable for Job {
    fn wait_ref(&self) -> Result<WaitRef<'_>, Error> {
        self.handle.require("wait for job", AccessMask::SYNCHRONIZE)?;
        Ok(WaitRef::Object(self.handle.page()))
    }
}
