//! Jobs.

// UNSAFETY: calls the Win32 functions of jobs.
#![expect(unsafe_code)]

use crate::SysError;
use std::os::windows::io::{AsRawHandle, BorrowedHandle};
use windows_sys::Win32::Foundation::ERROR_MORE_DATA;
use windows_sys::Win32::System::JobObjects::{
    AssignProcessToJobObject, JobObjectBasicProcessIdList, QueryInformationJobObject, TerminateJobObject,
};

/// Makes a process a member. Source: win32 `AssignProcessToJobObject`.
pub fn assign(job: BorrowedHandle<'_>, process: BorrowedHandle<'_>) -> Result<(), SysError> {
    // SAFETY: two open handles.
    match unsafe { AssignProcessToJobObject(job.as_raw_handle(), process.as_raw_handle()) } {
        0 => Err(SysError::last("AssignProcessToJobObject")),
        _ => Ok(()),
    }
}

/// Ends all members. Source: win32 `TerminateJobObject`.
pub fn terminate(job: BorrowedHandle<'_>) -> Result<(), SysError> {
    // SAFETY: an open handle.
    match unsafe { TerminateJobObject(job.as_raw_handle(), 1) } {
        0 => Err(SysError::last("TerminateJobObject")),
        _ => Ok(()),
    }
}

/// Process numbers of the members. Source: win32 `JOBOBJECT_BASIC_PROCESS_ID_LIST`: two counts of 32 bits, then numbers as
/// wide as a pointer.
pub fn members(job: BorrowedHandle<'_>) -> Result<Vec<u32>, SysError> {
    let head = 8 / size_of::<usize>();
    let mut room = vec![0usize; head + 64];
    loop {
        // SAFETY: an open handle; `room` has the length that is told and the structure's alignment, that of a pointer.
        let told = unsafe {
            QueryInformationJobObject(
                job.as_raw_handle(),
                JobObjectBasicProcessIdList,
                room.as_mut_ptr().cast(),
                size_of_val(&*room) as u32,
                std::ptr::null_mut(),
            )
        };
        if told != 0 {
            // SAFETY: the call has filled the two counts at the start.
            let count = unsafe { room.as_ptr().cast::<u32>().add(1).read() } as usize;
            return Ok(room[head..].iter().take(count).map(|pid| *pid as u32).collect());
        }
        let e = SysError::last("QueryInformationJobObject");
        match e.errno as u32 == ERROR_MORE_DATA {
            true => room.resize(room.len() * 2, 0),
            false => return Err(e),
        }
    }
}
