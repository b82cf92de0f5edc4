//! Events of directories: names that appear, files that are closed.

use crate::SysError;
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use rustix::io::Errno;
use std::ffi::CString;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

/// A queue of events. Source: inotify(7).
#[derive(Debug)]
pub struct Inotify(OwnedFd);

/// A watched directory: the same number for the same directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Watch(i32);

/// What happened.
#[derive(Debug)]
pub enum Seen {
    /// A file got this name.
    New(Watch, CString),
    /// A directory got a name.
    NewDirectory(Watch),
    /// A description of a file was closed. One that was opened when the file had no name has `#` and the inode's number in
    /// place of a name.
    Closed(Watch, CString),
    /// The directory is watched no longer: it was removed.
    DirectoryGone(Watch),
    /// Events were lost: anything may have happened.
    Overflow,
}

impl AsFd for Inotify {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl Inotify {
    /// An empty queue; reading never waits. Errors: EMFILE where the user's limit of queues is reached.
    pub fn new() -> Result<Inotify, SysError> {
        let flags = CreateFlags::CLOEXEC | CreateFlags::NONBLOCK;
        inotify::init(flags)
            .map(Inotify)
            .map_err(SysError::of("inotify_init1"))
    }

    /// Watches a directory: new entries, and, if `closes`, descriptions that are closed. Errors: ENOSPC where the user's
    /// limit of watches is reached. Source: inotify_add_watch(2).
    pub fn watch(&self, directory: &Path, closes: bool) -> Result<Watch, SysError> {
        // A directory may be watched for both: what is asked for is added.
        let mut flags =
            WatchFlags::CREATE | WatchFlags::MOVED_TO | WatchFlags::ONLYDIR | WatchFlags::MASK_ADD;
        if closes {
            flags |= WatchFlags::CLOSE_WRITE | WatchFlags::CLOSE_NOWRITE;
        }
        inotify::add_watch(&self.0, directory, flags)
            .map(Watch)
            .map_err(SysError::of("inotify_add_watch"))
    }

    /// Calls `each` with all events that are there, and returns.
    pub fn read(&self, mut each: impl FnMut(Seen)) -> Result<(), SysError> {
        let mut buffer = [const { MaybeUninit::uninit() }; 64 << 10];
        let mut reader = inotify::Reader::new(&self.0, &mut buffer);
        loop {
            let event = match reader.next() {
                Ok(event) => event,
                Err(Errno::AGAIN) => return Ok(()),
                Err(Errno::INTR) => continue,
                Err(e) => return Err(SysError::of("read(inotify)")(e)),
            };
            let (watch, happened) = (Watch(event.wd()), event.events());
            let name = || event.file_name().map(ToOwned::to_owned);
            if happened.contains(ReadFlags::QUEUE_OVERFLOW) {
                each(Seen::Overflow);
            } else if happened.contains(ReadFlags::IGNORED) {
                each(Seen::DirectoryGone(watch));
            } else if happened.contains(ReadFlags::ISDIR) {
                if happened.intersects(ReadFlags::CREATE | ReadFlags::MOVED_TO) {
                    each(Seen::NewDirectory(watch));
                }
            } else if happened.intersects(ReadFlags::CREATE | ReadFlags::MOVED_TO) {
                if let Some(name) = name() {
                    each(Seen::New(watch, name));
                }
            } else if happened.intersects(ReadFlags::CLOSE_WRITE | ReadFlags::CLOSE_NOWRITE)
                && let Some(name) = name()
            {
                each(Seen::Closed(watch, name));
            }
        }
    }
}
