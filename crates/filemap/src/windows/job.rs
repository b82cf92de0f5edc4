//! Jobs: a name for a group of processes. No limits.

use crate::named::{Handle, Request, object_methods};
use crate::refusal;
use crate::sync::options::object_options;
use crate::sync::wait::{Wait, Waitable, wait_for};
use crate::words::Member;
use filemap_core::error::{Error, Op, Why};
use filemap_core::kind::Kind;
use filemap_core::sync::Kind as State;
use filemap_sys::os::sync::WaitRef;
use filemap_sys::os::{job, process};
use std::os::windows::io::AsHandle;
use std::time::Duration;

/// A job: a named object that knows its member processes. Closing the last handle leaves its processes alone (O-53).
/// Source: win32 "Job Objects".
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

impl JobOptions {
    /// Creates the job, or opens it if a job has the name (O-4).
    ///
    /// # Errors
    /// `ERROR_INVALID_HANDLE` (6) if another kind of object has the name; 123, 161, 3 for its form.
    /// Source: win32 `CreateJobObjectW`.
    pub fn create(&self, name: &str) -> Result<Job, Error> {
        self.made(name.as_bytes())
    }

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
    /// `ERROR_ACCESS_DENIED` (5) without JOB_OBJECT_ASSIGN_PROCESS, or on Windows before 8 for a process that is in another
    /// job; `ERROR_INVALID_PARAMETER` (87) if there is no such process. Source: win32 `AssignProcessToJobObject`.
    #[doc(alias = "AssignProcessToJobObject")]
    pub fn assign(&self, pid: u32) -> Result<(), Error> {
        const OP: Op = Op::Other("assign a process to job");
        let nobody = Why::Argument {
            what: format!("there is no process {pid}"),
        };
        let process = process::open(pid, process::For::Assigning)
            .map_err(|e| refusal::explained(OP, self.name(), e, Some(nobody)))?;
        job::assign(self.handle.raw(), process.as_handle()).map_err(|e| refusal::system(OP, self.name(), e))
    }

    /// The members that still live.
    ///
    /// # Errors
    /// `ERROR_ACCESS_DENIED` (5) without JOB_OBJECT_QUERY. Source: win32 `QueryInformationJobObject`.
    pub fn members(&self) -> Result<Vec<Member>, Error> {
        let pids = job::members(self.handle.raw())
            .map_err(|e| refusal::system(Op::Other("query job"), self.name(), e))?;
        let member = |pid| Member {
            pid,
            start: process::start_time(pid),
        };
        Ok(pids.into_iter().map(member).collect())
    }

    /// Waits for the end-of-job time limit, which never comes without limits: a time-out.
    ///
    /// # Errors
    /// `ERROR_ACCESS_DENIED` (5) without SYNCHRONIZE.
    pub fn wait(&self, timeout: Option<Duration>) -> Result<Wait, Error> {
        wait_for(self, timeout)
    }

    /// Ends all members; gives how many there were.
    ///
    /// # Errors
    /// `ERROR_ACCESS_DENIED` (5) without JOB_OBJECT_TERMINATE. Source: win32 `TerminateJobObject`.
    #[doc(alias = "TerminateJobObject")]
    pub fn terminate(&self) -> Result<usize, Error> {
        let failed = |e| refusal::system(Op::Other("terminate job"), self.name(), e);
        let members = job::members(self.handle.raw()).map_err(failed)?;
        job::terminate(self.handle.raw()).map_err(failed)?;
        Ok(members.len())
    }
}

impl Waitable for Job {
    fn wait_ref(&self) -> Result<WaitRef<'_>, Error> {
        Ok(WaitRef::Handle(self.handle.raw()))
    }
}
