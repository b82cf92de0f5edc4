//! `jobapi.h`: the members of jobs. Creating and opening jobs is in [`crate::sync_calls`], with all other named objects.

// UNSAFETY: exported names.
#![expect(unsafe_code)]

use crate::boundary::{Out, Outcome, guard};
use crate::constants::{
    JOB_OBJECT_TERMINATE, PROCESS_QUERY_LIMITED_INFORMATION, PROCESS_SET_QUOTA, PROCESS_TERMINATE,
    STILL_ACTIVE,
};
use crate::handle_table::{Handle, handles};
use crate::process::{Process, process_of};
use crate::sync_object::Synced;
use filemap::Job;
use filemap_core::error::Win32Code;
use std::sync::Arc;

fn job_of(handle: Handle) -> Outcome<Arc<Synced<Job>>> {
    handles().object::<Synced<Job>>(handle, 0) // the job asks for the rights that it needs
}

/// See `jobapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn AssignProcessToJobObject(job: Handle, process: Handle) -> i32 {
    guard(0, || {
        let job = job_of(job)?;
        let process = process_of(process, PROCESS_SET_QUOTA | PROCESS_TERMINATE)?;
        if process.exit_code() != STILL_ACTIVE {
            return Err(Win32Code::ACCESS_DENIED); // STATUS_PROCESS_IS_TERMINATING
        }
        job.0.assign(process.id()).map_err(|e| e.code())?;
        Ok(1)
    })
}

/// See `jobapi.h`. Without a job the question is whether the process is in any: that is not known of jobs that this process
/// has no handle to.
#[unsafe(no_mangle)]
pub extern "C" fn IsProcessInJob(process: Handle, job: Handle, result: Out<i32>) -> i32 {
    guard(0, || {
        let process = process_of(process, PROCESS_QUERY_LIMITED_INFORMATION)?;
        let is_member = |job: &Synced<Job>| -> Outcome<bool> {
            let members = job.0.members().map_err(|e| e.code())?;
            Ok(members.iter().any(|member| member.pid == process.id()))
        };
        let found = match job {
            Handle::NULL => handles()
                .all::<Synced<Job>>()
                .iter()
                .any(|job| is_member(job) == Ok(true)),
            job => is_member(&*job_of(job)?)?,
        };
        result.write(&i32::from(found))?;
        Ok(1)
    })
}

/// See `jobapi.h`. Children of this process end with the code; for others the kernel has no room for one.
#[unsafe(no_mangle)]
pub extern "C" fn TerminateJobObject(job: Handle, code: u32) -> i32 {
    guard(0, || {
        let job = handles().object::<Synced<Job>>(job, JOB_OBJECT_TERMINATE)?;
        let me = std::process::id();
        let members = job.0.members().unwrap_or_default();
        let is_member = members.iter().any(|member| member.pid == me);
        for member in members.iter().filter(|member| member.pid != me) {
            let Ok(other) = Process::open(member.pid) else {
                continue;
            };
            match is_member {
                // This process last: it does not come back.
                true => other.terminate(code)?,
                false => other.foretell(code),
            }
        }
        if is_member {
            Process::open(me)?.terminate(code)?;
        }
        job.0.terminate().map_err(|e| e.code())?;
        Ok(1)
    })
}
