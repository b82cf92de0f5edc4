//! Views and waits while they are in use: 32, 33, 258, 288, 298, 487, 587, 999, 1224, and exceptions.

use super::super::args::Facts;
use super::super::call::{ANY, MAP, WAITS};
use super::super::{Call, NtStatus};
use super::{Cause, Judgement, always, causes, decide};
use crate::error::Win32Code;
use crate::profile::{Answer, BaseRange, ViewAddress};
use alloc::format;
use alloc::string::String;

const REFUSED: Win32Code = Win32Code::INVALID_ADDRESS;

fn base_mismatch(f: &Facts<'_>) -> Judgement {
    if matches!(f.profile().view_address.is, ViewAddress::Independent)
        || f.profile().second_base.is == Answer::Works
    {
        return Judgement::Excluded;
    }
    match (f.base(), f.placed(), f.args.first_base) {
        (Some(None), ..) | (_, Some(Err(_)), _) => Judgement::Excluded, // no base, or refused before
        (Some(Some(_)), Some(Ok(base)), Some(first)) => decide(
            Some(f.profile().further_view(Some(first), Some(base)) == Err(REFUSED)),
            || format!("its views are at {first:#x}, {base:#x} was asked for"),
        ),
        _ => Judgement::Possible,
    }
}

fn outside_arena(f: &Facts<'_>) -> Judgement {
    if !matches!(
        f.profile().base_range.is,
        BaseRange::Between { code: REFUSED, .. }
    ) || f.base() == Some(None)
    {
        return Judgement::Excluded;
    }
    decide(f.placed().map(|placed| placed == Err(REFUSED)), || {
        format!(
            "{:#x} is outside: {}",
            f.args.base.unwrap_or(0),
            f.profile().base_range.is
        )
    })
}

/// Whether a base that is not free is the cause, on platforms that say so with `code`.
pub(super) fn occupied(f: &Facts<'_>, code: Win32Code) -> Judgement {
    let other = f.profile().base_occupied.is.0 != Some(code);
    if other || f.base() == Some(None) || f.placed().is_some_and(|placed| placed.is_err()) {
        return Judgement::Excluded;
    }
    match (f.base(), f.args.base_free) {
        (_, Some(free)) => decide(Some(!free), || {
            format!("{:#x} is taken", f.args.base.unwrap_or(0))
        }),
        (Some(_), None) => Judgement::Likely(String::from("a base address was given")),
        (None, None) => Judgement::Possible,
    }
}

fn not_a_view(f: &Facts<'_>) -> Judgement {
    decide(f.args.address_in_view.map(|inside| !inside), || {
        String::from("the address is in no view")
    })
}

fn inside_view(f: &Facts<'_>) -> Judgement {
    match f.profile().unmap_inside_view.is {
        Answer::Works => Judgement::Excluded,
        Answer::Refused(_) if f.args.address_in_view == Some(false) => Judgement::Excluded,
        Answer::Refused(_) => decide(f.args.address_is_base.map(|base| !base), || {
            String::from("it is not the first byte of the view")
        }),
    }
}

const READERS: &[Call] = &[
    Call::UnmapViewOfFile,
    Call::FlushViewOfFile,
    Call::VirtualProtect,
    Call::VirtualAlloc,
    Call::VirtualFree,
];
const CUTS: &[Call] = &[Call::SetEndOfFile, Call::CreateFile];

causes! { VIEWS;
    "base-outside-arena" INVALID_ADDRESS [] MAP;
        "this platform has its views between 2 GB and 3 GB, and that address is outside"; "let the system choose (lpBase NULL)"; ["V-31", "P-20"]
        outside_arena;
    "base-mismatch" INVALID_ADDRESS [] MAP;
        "this platform has the views of an object at one address in all processes, and it is another one";
        "let the system choose: the address will be the common one"; ["V-34", "P-23"] base_mismatch;
    "base-occupied" INVALID_ADDRESS [CONFLICTING_ADDRESSES] MAP;
        "the range at that address is not entirely free; memory itself is not short";
        "let the system choose, look for a free range with VirtualQuery, or negotiate one between the processes"; ["V-33", "P-21", "V-72"]
        |f| occupied(f, REFUSED);
    "inside-view" INVALID_ADDRESS [] &[Call::UnmapViewOfFile];
        "this platform unmaps only by the address that the map call returned"; "keep that address"; ["V-20", "P-27"] inside_view;
    "not-a-view" INVALID_ADDRESS [NOT_MAPPED_VIEW, NOT_MAPPED_DATA] READERS;
        "there is no view at this address"; "unmapped twice? memory of VirtualAlloc or the heap is no view"; ["V-20", "V-26"] not_a_view;
    "commit-past-end" INVALID_ADDRESS [CONFLICTING_ADDRESSES] &[Call::VirtualAlloc];
        "the range ends outside of the view"; "commit inside of the view"; ["F-14"]
        |f| match f.args.address_in_view {
            Some(false) => Judgement::Excluded,
            Some(true) => Judgement::Likely(String::from("it begins inside of the view")),
            None => Judgement::Possible,
        };

    "used-as-program" SHARING_VIOLATION [SHARING_VIOLATION] &[Call::CreateFile, Call::CreateFileForMapping, Call::DeleteFile];
        "somebody runs or maps this file as a program, or has opened it without sharing";
        "end that use; a read/write mapping also counts as a user who writes"; ["M-52", "F-9"] always;
    "region-locked" LOCK_VIOLATION [FILE_LOCK_CONFLICT] &[Call::CreateFileMapping, Call::MapViewOfFile];
        "part of the file is locked, or a cluster volume is paused"; "release the LockFile ranges and try again"; ["M-51", "V-60"] always;
    "file-is-mapped" USER_MAPPED_FILE [USER_MAPPED_FILE] CUTS;
        "somebody has this file mapped, so it cannot be cut: SetEndOfFile, CREATE_ALWAYS and TRUNCATE_EXISTING";
        "unmap all views and close all mapping handles on it, in every process"; ["V-60", "F-10"] always;
    "in-page" SWAPERROR [IN_PAGE_ERROR] ANY;
        "the file behind the view could not be read or written: disk, network, or somebody cut it";
        "check the disk; guard copies from file views, and expect the exception 0xC0000006"; ["V-57", "E-4"] always;

    "time-is-up" WAIT_TIMEOUT [TIMEOUT] WAITS;
        "the time is up; this is a result of the wait, not a failure"; ""; ["Y-30"] always;
    "not-owner" NOT_OWNER [MUTANT_NOT_OWNED] &[Call::ReleaseMutex, Call::SignalObjectAndWait];
        "this thread does not own the mutex, or has released it as often as it took it";
        "release it from the thread that waited, as often as it waited"; ["Y-11", "Y-36"] always;
    "semaphore-full" TOO_MANY_POSTS [SEMAPHORE_LIMIT_EXCEEDED] &[Call::ReleaseSemaphore, Call::SignalObjectAndWait];
        "the semaphore would exceed its maximum; its count is unchanged"; "release only what was taken, or create it with a larger maximum";
        ["Y-21", "Y-36", "F-7"] always;
    "mutex-recursion" MUTANT_LIMIT_EXCEEDED [MUTANT_LIMIT_EXCEEDED] WAITS;
        "the owner has taken the mutex two thousand million times without releasing it"; "release as often as you wait"; ["Y-10"] always;
    "end-of-file" HANDLE_EOF [END_OF_FILE] ANY;
        "the end of the file was reached"; "read less, or look at its length first"; ["M-26"] always;
    "write-protected" WRITE_PROTECT [MEDIA_WRITE_PROTECTED] ANY;
        "the medium is write-protected"; "map with PAGE_READONLY or PAGE_WRITECOPY"; ["M-12"] always;
}

/// An exception that never becomes a Win32 number (E-4).
pub(super) const EXCEPTIONS: &[Cause] = &[Cause {
    id: "illegal-instruction",
    code: Win32Code(NtStatus::ILLEGAL_INSTRUCTION.0),
    statuses: &[NtStatus::ILLEGAL_INSTRUCTION],
    calls: &[Call::AccessView],
    words: "an interlocked operation on memory that is not cached (SEC_NOCACHE, SEC_WRITECOMBINE)",
    remedy: "keep locks and counters in ordinary memory",
    clauses: &["E-4", "V-49"],
    fits: always,
}];
