//! What runs out, and what breaks: 4, 8, 14, 112, 1450 to 1455, 1816, and numbers of files and pipes.

use super::super::args::Facts;
use super::super::call::{ANY, CREATE, MAP};
use super::super::{Call, NtStatus};
use super::views::occupied;
use super::{Cause, Judgement, always, causes, decide, suspect};
use crate::access::{Page, SectionFlags};
use crate::error::Win32Code;
use alloc::format;
use alloc::string::String;

fn file_too_short(f: &Facts<'_>) -> Judgement {
    if f.args.has_file == Some(false) {
        return Judgement::Excluded;
    }
    match (f.args.file_len, f.args.size, f.page()) {
        (Some(len), Some(size), _) if size <= len => Judgement::Excluded,
        (Some(len), Some(size), Some(page)) => decide(Some(f.profile().grows(page).is_err()), || {
            format!(
                "the file has {len} bytes, {size} were asked for with {}",
                Page::from_bits_retain(page)
            )
        }),
        (_, _, Some(page)) if f.profile().grows(page).is_ok() => Judgement::Excluded,
        (_, Some(0), _) => Judgement::Excluded,
        (_, _, Some(_)) => Judgement::Likely(String::from("this protection does not let a file grow")),
        _ => Judgement::Possible,
    }
}

fn size_too_large(f: &Facts<'_>) -> Judgement {
    suspect(f.args.size.map(|size| size >> 63 == 0 && size > 1 << 44), || {
        format!("{} bytes were asked for", f.args.size.unwrap_or(0))
    })
}

fn no_address_space(f: &Facts<'_>) -> Judgement {
    match (f.base(), f.args.base_free) {
        (Some(None), _) => Judgement::Likely(format!(
            "the system was to choose and found no room{}; {}",
            f.view_len()
                .map_or(String::new(), |len| format!(" for {len} bytes")),
            f.profile().view_limit.is
        )),
        (Some(Some(_)), Some(_)) => Judgement::Excluded,
        _ => Judgement::Possible,
    }
}

fn commit_at_creation(f: &Facts<'_>) -> Judgement {
    if f.args.has_file == Some(true) {
        return Judgement::Excluded;
    }
    match f.sec().map(|sec| sec & SectionFlags::RESERVE.bits() != 0) {
        Some(true) => Judgement::Excluded,
        _ => Judgement::Likely(match f.args.size {
            Some(size) => format!("{size} bytes were to be promised at once"),
            None => String::from("the whole size is promised at creation"),
        }),
    }
}

fn commit_of_copies(f: &Facts<'_>) -> Judgement {
    decide(f.view_copies(), || {
        String::from("a copy-on-write view promises its whole length when it is mapped")
    })
}

causes! { RESOURCES;
    "too-many-files" TOO_MANY_OPEN_FILES [TOO_MANY_OPENED_FILES] ANY;
        "this process has no handle left"; "close handles; on Linux raise the limit of open files"; ["O-12", "O-46"] always;
    "no-resources" NO_SYSTEM_RESOURCES [INSUFFICIENT_RESOURCES] ANY;
        "the system ran out of handles or pool"; "close handles and views: both cost until the process ends"; ["O-46"] always;
    "file-too-short" NOT_ENOUGH_MEMORY [SECTION_TOO_BIG] CREATE;
        "the file is shorter than the size, and may not be grown with this protection; memory is not short";
        "ask size 0, set the file's length first (SetFilePointer, SetEndOfFile), or use PAGE_READWRITE"; ["M-25", "P-14"] file_too_short;
    "size-too-large" NOT_ENOUGH_MEMORY [SECTION_TOO_BIG] CREATE;
        "the size is more than the file system can hold"; "give a smaller size"; ["M-29", "F-11"] size_too_large;
    "base-occupied-8" NOT_ENOUGH_MEMORY [] MAP;
        "the range at that address is not entirely free; this platform says 8, although memory is not short";
        "let the system choose, or look for a free range with VirtualQuery"; ["V-33", "P-21"]
        |f| occupied(f, Win32Code::NOT_ENOUGH_MEMORY);
    "no-address-space" NOT_ENOUGH_MEMORY [NO_MEMORY] MAP;
        "no free range of addresses is long enough; memory itself is not short"; "map smaller pieces, or build for 64 bits"; ["V-35", "P-13"]
        no_address_space;
    "no-memory" NOT_ENOUGH_MEMORY [NO_MEMORY] &[Call::VirtualAlloc, Call::VirtualProtect, Call::CreateEvent, Call::CreateMutex,
        Call::CreateSemaphore, Call::CreateWaitableTimer, Call::CreateJobObject, Call::WaitForMultipleObjects, Call::DuplicateHandle,
        Call::CreateFile, Call::CreatePrivateNamespace];
        "the process or the system has no memory for it"; "free memory, or unmap views that are not needed"; ["O-46"] always;
    "not-extended" OUTOFMEMORY [SECTION_NOT_EXTENDED] ANY;
        "a section was to be extended natively and could not be; Win32 calls do not do that"; "create a new object of the size needed"; ["M-27"]
        always;
    "disk-full" DISK_FULL [DISK_FULL] CREATE;
        "the file has to grow to the size of the mapping, and the disk has no room"; "free space, or map less"; ["M-24"]
        |f| match (f.args.has_file, f.args.file_len, f.args.size) {
            (Some(false), ..) => Judgement::Excluded,
            (_, Some(len), Some(size)) if size > len => Judgement::Certain(format!("{} bytes more are needed", size - len)),
            _ => Judgement::Possible,
        };
    "disk-full-later" DISK_FULL [DISK_FULL] &[Call::FlushViewOfFile, Call::SetEndOfFile, Call::CreateFile, Call::CreateFileForMapping];
        "the disk has no room"; "free space; sparse and compressed files need it when they are written"; ["V-57"] always;
    "commit-limit" COMMITMENT_LIMIT [COMMITMENT_LIMIT] CREATE;
        "memory and paging file together cannot promise that much";
        "ask less, use SEC_RESERVE and commit in steps; on Linux make /dev/shm larger or set FILEMAP_ROOT to another tmpfs"; ["M-30", "P-10"]
        commit_at_creation;
    "commit-limit-copy" COMMITMENT_LIMIT [COMMITMENT_LIMIT] MAP;
        "a copy-on-write view needs memory for all of its pages"; "map a smaller part, or map it FILE_MAP_READ"; ["V-42"] commit_of_copies;
    "commit-limit-reserve" COMMITMENT_LIMIT [COMMITMENT_LIMIT] &[Call::VirtualAlloc];
        "memory and paging file together cannot promise these pages"; "commit in smaller steps"; ["V-51"] always;
    "working-set-quota" WORKING_SET_QUOTA [WORKING_SET_QUOTA] ANY;
        "the process may not keep more pages in memory"; "lock fewer pages, or raise the working set"; ["M-30"] always;
    "pagefile-quota" PAGEFILE_QUOTA [PAGEFILE_QUOTA_EXCEEDED, PAGEFILE_QUOTA] ANY;
        "the process, its job or its user has used up the paging file that it may use"; "raise the limit of the job, or use less"; ["M-30"] always;
    "quota" NOT_ENOUGH_QUOTA [QUOTA_EXCEEDED] ANY;
        "a quota of the process is used up"; "close handles and views, or raise the quota"; ["O-46"] always;

    "bad-format" BAD_FORMAT [] ANY;
        "the file is not a program of this system"; "drop SEC_IMAGE, or use a program for this system"; ["M-14"] always;
    "write-fault" WRITE_FAULT [] ANY;
        "the device could not be written"; "check disk and cable"; ["V-57"] always;
    "read-fault" READ_FAULT [] ANY;
        "the device could not be read"; "check disk and cable"; ["V-57"] always;
    "general-failure" GEN_FAILURE [UNSUCCESSFUL] ANY;
        "a device or driver failed without saying why"; "look into the system's log"; ["V-57"] always;
    "io-device" IO_DEVICE [IO_DEVICE_ERROR] ANY;
        "the device under the file failed"; "check the disk; guard accesses to file views"; ["V-57"] always;
    "broken-pipe" BROKEN_PIPE [PIPE_BROKEN] ANY;
        "the other end of a pipe is closed"; "look whether the other process ended"; ["M-5"] always;
    "wait-no-children" WAIT_NO_CHILDREN [] ANY;
        "there is no child process to wait for"; "wait on the process's handle instead"; ["Y-30"] always;
    "negative-seek" NEGATIVE_SEEK [] ANY;
        "a file position before the beginning was asked for"; "check the arithmetic of offsets"; ["M-25"] always;
    "busy" BUSY [DEVICE_BUSY] ANY;
        "somebody else is in the middle of using it"; "wait for them, or end that process; then try again"; ["O-52"] always;
    "corrupt" FILE_CORRUPT [FILE_CORRUPT_ERROR] ANY;
        "a file is damaged; on Linux also: the object's own file is not what it should be";
        "`filemap doctor` looks closer; remove the object's file once nobody needs it"; ["V-57"] always;
}
