//! Handles that a child has from its parent (O-22): the same numbers, the same access.
//!
//! `CreateProcess` writes a line for each inheritable handle into an unnamed file, leaves that file and the descriptors behind
//! the handles open, and tells the child the file's number in an environment variable. The child takes them over when it is
//! loaded, before `main`, so that its own children don't get them by accident.

// UNSAFETY: takes over descriptors at numbers that the parent has told; runs before main.
#![expect(unsafe_code)]

use crate::boundary::Outcome;
use crate::file::File;
use crate::handle_table::{Entry, ForChild, Handle, HandleTable, KernelObject};
use crate::section::Section;
use crate::sync_object::{SyncKind, Synced};
use filemap::{Event, FileMapping, Job, Mutex, Semaphore, WaitableTimer};
use filemap_core::error::Win32Code;
use filemap_sys::os::{inherited, tmpfs};
use std::ffi::OsString;
use std::fmt::Write as _;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::sync::Arc;

/// The variable that names the file.
pub const VARIABLE: &str = "FILEMAP_INHERITED";

/// A descriptor that is known to be open, by its number.
pub(crate) fn borrowed(number: i32) -> BorrowedFd<'static> {
    // SAFETY: callers pass numbers of descriptors that an object which they hold keeps open.
    unsafe { BorrowedFd::borrow_raw(number) }
}

/// What a child of this process is given.
#[derive(Debug)]
pub(crate) struct Parcel {
    list: OwnedFd,
    /// Where the child says its exit code.
    exit_code: OwnedFd,
    /// Kept open until the child runs.
    files: Vec<OwnedFd>,
}

impl Parcel {
    /// Packs handles. Errors: 4, 8.
    pub(crate) fn of(handles: &[(Handle, Entry)], exit_code: OwnedFd) -> Outcome<Parcel> {
        let mut text = String::new();
        let mut files = Vec::new();
        for (handle, entry) in handles {
            if let Some(ForChild {
                text: what,
                files: more,
            }) = entry.object.for_child(entry.access)?
            {
                let protected = u8::from(entry.protected);
                let kind = entry.object.kind();
                let _ = writeln!(text, "{} {:x} {protected} {kind} {what}", handle.0, entry.access);
                files.extend(more);
            }
        }
        // The numbers for the child, first of all, so that it knows them even if it never opens its table.
        let numbers: Vec<String> = files.iter().map(|file| file.as_raw_fd().to_string()).collect();
        let text = format!("{}\n{text}", numbers.join(" "));
        let list = tmpfs::anonymous_file(c"filemap-handles").map_err(|_| Win32Code::TOO_MANY_OPEN_FILES)?;
        tmpfs::write_at(list.as_fd(), text.as_bytes(), 0).map_err(|_| Win32Code::NOT_ENOUGH_MEMORY)?;
        Ok(Parcel {
            list,
            exit_code,
            files,
        })
    }

    /// The value of [`VARIABLE`] in the child.
    pub(crate) fn value(&self) -> String {
        format!("{} {}", self.list.as_raw_fd(), self.exit_code.as_raw_fd())
    }

    /// The descriptors that must stay open in the child.
    pub(crate) fn numbers(&self) -> Vec<i32> {
        let all = self.files.iter().chain([&self.list, &self.exit_code]);
        all.map(AsRawFd::as_raw_fd).collect()
    }
}

/// What the parent has left, read when this library was loaded.
static LEFT: std::sync::Mutex<Option<String>> = std::sync::Mutex::new(None);

/// Takes over what the parent left: closes nothing, but makes sure that nobody else inherits it.
fn take_over() {
    let Some(value) = std::env::var_os(VARIABLE) else {
        return;
    };
    // SAFETY: this runs before main, when no other thread can be reading the environment.
    unsafe { std::env::remove_var(VARIABLE) };
    let Some((list, exit_code)) = numbers(value) else {
        return;
    };
    crate::process::tell_exit_code_to(exit_code);
    let mut text = Vec::new();
    let mut piece = [0; 4096];
    while let Ok(got @ 1..) = tmpfs::read_at(list.as_fd(), &mut piece, text.len() as u64) {
        text.extend_from_slice(&piece[..got]);
    }
    let text = String::from_utf8_lossy(&text).into_owned();
    let numbers = text.lines().next().unwrap_or_default();
    for number in numbers.split(' ').filter_map(|n| n.parse::<i32>().ok()) {
        // SAFETY: flags of a number that the parent told; if it is none, nothing happens.
        unsafe { libc::fcntl(number, libc::F_SETFD, libc::FD_CLOEXEC) };
    }
    *LEFT.lock().unwrap_or_else(|e| e.into_inner()) = Some(text);
}

/// The file with the list of handles, and the one where the parent looks for the exit code.
fn numbers(value: OsString) -> Option<(OwnedFd, OwnedFd)> {
    let (list, exit_code) = value.to_str()?.split_once(' ')?;
    let list = inherited::take(list.parse().ok()?).ok()?;
    let exit_code = inherited::take(exit_code.parse().ok()?).ok()?;
    Some((list, exit_code))
}

extern "C" fn at_load() {
    let _ = std::panic::catch_unwind(take_over);
}

/// The loader calls it, in a program that has this library in it and in the shared library.
#[used]
#[unsafe(link_section = ".init_array")]
static AT_LOAD: extern "C" fn() = at_load;

/// The table of this process as it begins: with the handles that the parent left.
pub(crate) fn table_at_start() -> HandleTable {
    let table = HandleTable::default();
    let left = LEFT.lock().unwrap_or_else(|e| e.into_inner()).take();
    for line in left.iter().flat_map(|text| text.lines().skip(1)) {
        if let Some((handle, entry)) = restore(line) {
            let _ = table.insert_at(handle, entry);
        }
    }
    table
}

fn synced<T: SyncKind>(what: &str) -> Option<Arc<dyn KernelObject>> {
    // SAFETY: the parent made these descriptors for this handle alone, and each line is read once.
    Some(Arc::new(Synced(unsafe { T::inherited(what) }?)))
}

fn restore(line: &str) -> Option<(Handle, Entry)> {
    let mut fields = line.splitn(5, ' ');
    let handle = Handle(fields.next()?.parse().ok()?);
    let access = u32::from_str_radix(fields.next()?, 16).ok()?;
    let protected = fields.next()? == "1";
    let (kind, what) = (fields.next()?, fields.next()?);
    let object: Arc<dyn KernelObject> = match kind {
        "Section" => Arc::new(Section {
            // SAFETY: the parent made these descriptors for this handle alone, and each line is read once.
            mapping: unsafe { FileMapping::inherited(what) }.ok()?,
        }),
        "File" => {
            let number = what.split(':').next()?.parse().ok()?;
            // SAFETY: as above.
            Arc::new(File::of(unsafe { OwnedFd::from_raw_fd(number) }))
        }
        "Event" => synced::<Event>(what)?,
        "Mutant" => synced::<Mutex>(what)?,
        "Semaphore" => synced::<Semaphore>(what)?,
        "Timer" => synced::<WaitableTimer>(what)?,
        "Job" => synced::<Job>(what)?,
        "Process" => Arc::new(crate::process::Process::restore(what)?),
        "Thread" => Arc::new(crate::thread::Thread::restore(what)?),
        _ => return None,
    };
    Some((
        handle,
        Entry {
            inheritable: true,
            protected,
            ..Entry::new(object, access)
        },
    ))
}
