//! Calls that are not made, because Wine is known to be wrong about them: each has a row in `conformance/tables` with the
//! source, which this list cites by its name. What is left out is left out on both sides, so the comparison goes on.

use crate::call::{Call, Sort};
use crate::executor::{Origin, Shown, Thing, Told};
use filemap::core::section::{CreateArguments, FileFacts, FileKind, Limits, split_protect};
use filemap::core::security::TypeRights;
use filemap::{AccessMask, FileMapAccess, FileMapping, Kind, Mutex, Platform};

/// Left out whatever the state.
pub(crate) fn is_left_out(call: &Call) -> bool {
    match call {
        // "a release adds at least one"
        Call::Release { count: 0, .. } => true,
        _ => false,
    }
}

/// Creations of a name with arguments or a file that are refused without one: Wine looks the name up first (M-50), and
/// opens what has it, without growing the file. Without a name they are made.
pub(crate) fn is_creation_left_out(protect: u32, size: u64, file_len: Option<u64>, named: bool) -> bool {
    let (protect, sections) = split_protect(protect);
    let arguments = CreateArguments {
        protect,
        sections,
        size,
        may_lock_memory: false,
        large_page: filemap::LARGE_PAGE,
    };
    let limits = Limits {
        largest: 1 << 40,
        physical: None,
        committable: None,
    };
    let profile = Platform::default().profile();
    let refused = match file_len {
        None => arguments.plan_pagefile(&limits, profile).is_err(),
        Some(len) => {
            let facts = FileFacts {
                kind: FileKind::Ordinary,
                can_read: true,
                can_write: true,
                can_execute: true,
                len,
                region_locked: false,
            };
            arguments.plan_file(&facts, &limits, profile).is_err()
        }
    };
    let grows = file_len.is_some_and(|len| size > len);
    named && (refused || grows)
}

/// "the object was created without that kind of access", "the views that an object of PAGE_EXECUTE_READ allows", "a handle
/// must have the right, whatever the offset": Wine goes by the handle's rights alone, and by the offset first.
pub(crate) fn is_map_left_out(mapping: &FileMapping, origin: Origin, access: u32, offset: u64) -> bool {
    let wanted = FileMapAccess::view_protection(access, Platform::default().profile());
    let lacks = !mapping.rights().contains(FileMapAccess::needed_for_view(wanted));
    let misaligned = !offset.is_multiple_of(filemap::ALLOCATION_GRANULARITY);
    (misaligned && lacks) || !origin.protect.allows_view(wanted)
}

/// "copy on write: a page that was written reports PAGE_READWRITE"
pub(crate) fn is_query_left_out(shown: &Shown) -> bool {
    shown.view.protection().is_copy_on_write() && shown.written
}

/// "a read-only view is never made writable": Wine makes shared pages of copy-on-write ones.
pub(crate) fn is_protect_left_out(shown: &Shown, page: u32) -> bool {
    shown.view.protection().is_copy_on_write() || matches!(page, 0x08 | 0x80)
}

/// "what is committed already cannot be committed". And Linux can't: commits are noted in the object's file, so a handle that
/// may not write can't commit (5), which on Windows it can.
pub(crate) fn is_commit_left_out(shown: &Shown) -> bool {
    !shown.reserve || !shown.may_write
}

/// "waiting for all takes no handle twice"
pub(crate) fn has_twins(things: &[std::sync::Arc<Thing>]) -> bool {
    (1..things.len()).any(|i| {
        things[..i]
            .iter()
            .any(|earlier| is_same(earlier, &things[i]) == Some(true))
    })
}

/// Whether two places mean one object, if they are of one kind.
pub(crate) fn is_same(a: &Thing, b: &Thing) -> Option<bool> {
    Some(match (a, b) {
        (Thing::Mapping(a, _), Thing::Mapping(b, _)) => a.is_same_object(b),
        (Thing::Event(a), Thing::Event(b)) => a.is_same_object(b),
        (Thing::Mutex(a), Thing::Mutex(b)) => a.is_same_object(b),
        (Thing::Semaphore(a), Thing::Semaphore(b)) => a.is_same_object(b),
        (Thing::Timer(a), Thing::Timer(b)) => a.is_same_object(b),
        (Thing::Job(a), Thing::Job(b)) => a.is_same_object(b),
        _ => return None,
    })
}

/// What a handle of this sort can be opened with: "a mutex is opened only with rights that it has".
pub(crate) fn openable(sort: Sort, access: u32) -> Option<u32> {
    let kind = match sort {
        Sort::Event(..) => Kind::Event,
        Sort::Mutex(_) => Kind::Mutex,
        Sort::Semaphore(..) => Kind::Semaphore,
        Sort::Timer(_) => Kind::WaitableTimer,
        Sort::Job => Kind::Job,
    };
    valid(kind, access)
}

fn valid(kind: Kind, access: u32) -> Option<u32> {
    let valid = access & TypeRights::of(kind).valid.0;
    (valid != 0).then_some(valid)
}

/// What a handle can be duplicated with: "duplicating with bits that mean nothing is refused".
pub(crate) fn duplicable(thing: &Thing, rights: u32) -> Option<u32> {
    let kind = match thing {
        Thing::Mapping(..) => Kind::FileMapping,
        Thing::Event(_) => Kind::Event,
        Thing::Mutex(_) => Kind::Mutex,
        Thing::Semaphore(_) => Kind::Semaphore,
        Thing::Timer(_) => Kind::WaitableTimer,
        Thing::Job(_) => Kind::Job,
    };
    Some(rights & TypeRights::of(kind).valid.0)
}

/// A mutex whose handle lacks SYNCHRONIZE: Wine refuses it as the object to signal (5), while releasing needs no right
/// (documented of `SignalObjectAndWait`: for a mutex the right is assumed; Y-36).
pub(crate) fn is_signal_left_out(signal: &Thing) -> bool {
    matches!(signal, Thing::Mutex(mutex) if !mutex.rights().contains(AccessMask::SYNCHRONIZE))
}

/// Whether somebody owns a mutex, if the system tells.
pub(crate) fn is_owned(mutex: &Mutex) -> Option<bool> {
    let _ = mutex;
    None
}

/// Errors about the arguments of a creation, the file among them.
const OF_ARGUMENTS: [u32; 7] = [5, 8, 87, 112, 193, 1006, 1314];
/// Errors about its name.
const OF_NAMES: [u32; 4] = [3, 6, 123, 161];

/// Whether two answers differ in a way that is known: `here` is Linux, `there` Wine.
///
/// Wine is wrong: it looks a name up before it looks at the arguments and the file, so of two mistakes in one creation it
/// tells the other (M-50).
#[must_use]
pub fn is_known(call: &Call, here: &Told, there: &Told) -> bool {
    match (call, here, there) {
        (Call::CreateMapping { .. }, Told::Failed(here), Told::Failed(there)) => {
            OF_ARGUMENTS.contains(here) && OF_NAMES.contains(there)
        }
        // Wine is wrong: an offset at or past the end is 87 there ("a view does not begin past the end", F-13).
        (Call::Map { .. }, Told::Failed(5), Told::Failed(87)) => true,
        // Two mistakes at once, a protection that is too much and pages that are reserved; no document says which is told.
        (Call::Protect { .. }, Told::Failed(87), Told::Failed(487)) => true,
        // The document of WaitForMultipleObjects gives a range for a wait for all that took an abandoned mutex: here the number
        // tells its position, there it is the first of the range.
        (Call::WaitMany { all: true, .. }, Told::Done(here), Told::Done(there)) => {
            here.starts_with("0x8") && there == "0x80"
        }
        _ => false,
    }
}
