//! Single system calls, as Filemap makes them: where the time of the larger rows goes.

use crate::Result;
use crate::raw::{self, Mapping};
use crate::subject::{Subject, Whole};
use filemap_sys::os::ofd_lock::{self, LIVE_BYTE, Lock};
use filemap_sys::os::tmpfs::{self, OpenFor};
use std::ffi::CStr;
use std::fs::File;
use std::hint::black_box;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

/// The steps that there are; a definition says `step-` and the name.
pub const NAMES: [&str; 19] = [
    "open-close",
    "create-unlink",
    "tmpfile",
    "tmpfile-link-unlink",
    "getlk",
    "setlk-unlock",
    "setlk-busy",
    "fstat",
    "pread-512",
    "pread-4096",
    "sigaction",
    "mmap-munmap",
    "mmap-touch-munmap",
    "fallocate",
    "pwrite",
    "pwrite-short",
    "ftruncate",
    "clock",
    "clock-coarse",
];

const FILE: &CStr = c"file";
const NEW: &CStr = c"new";

fn whole(run: impl FnMut() -> Result<()> + 'static) -> Result<Box<dyn Subject>> {
    Ok(Box::new(Whole(run)))
}

/// The step of an operation called `step-…`, in the directory `place`, which is made.
///
/// # Errors
/// There is no such step, or it can't be set up.
pub fn step(operation: &str, place: &Path) -> Result<Box<dyn Subject>> {
    let name = operation.strip_prefix("step-").unwrap_or(operation);
    std::fs::create_dir(place)?;
    let object = File::create_new(place.join("file"))?;
    object.set_len(8192)?;
    drop(object);
    let dir = File::open(place)?;
    let open = |dir: &File| tmpfs::open_name(dir.as_fd(), FILE, OpenFor::Writing).map_err(errno);
    let file = open(&dir)?;
    let holder = open(&dir)?;
    ofd_lock::set(holder.as_fd(), LIVE_BYTE, Lock::Shared).map_err(errno)?;
    match name {
        "open-close" => whole(move || open(&dir).map(drop)),
        "create-unlink" => whole(move || {
            use rustix::fs::{Mode, OFlags, openat};
            let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC | OFlags::NOFOLLOW;
            drop(openat(&dir, NEW, flags, Mode::RUSR | Mode::WUSR)?);
            tmpfs::unlink(dir.as_fd(), NEW).map_err(errno)
        }),
        "tmpfile" => unnamed(dir, |_| Ok(())),
        "tmpfile-link-unlink" => whole(move || {
            let file = tmpfs::unnamed_file(dir.as_fd(), 0o600).map_err(errno)?;
            tmpfs::publish(file.as_fd(), dir.as_fd(), NEW).map_err(errno)?;
            drop(file);
            tmpfs::unlink(dir.as_fd(), NEW).map_err(errno)
        }),
        "getlk" => whole(move || {
            black_box(ofd_lock::holders(file.as_fd(), LIVE_BYTE).map_err(errno)?);
            black_box(&holder);
            Ok(())
        }),
        "setlk-unlock" => whole(move || {
            black_box(&holder);
            ofd_lock::set(file.as_fd(), LIVE_BYTE, Lock::Shared).map_err(errno)?;
            ofd_lock::set(file.as_fd(), LIVE_BYTE, Lock::Unlocked).map_err(errno)?;
            Ok(())
        }),
        "setlk-busy" => whole(move || {
            black_box(&holder);
            match ofd_lock::set(file.as_fd(), LIVE_BYTE, Lock::Exclusive).map_err(errno)? {
                false => Ok(()),
                true => Err("the file was not held".into()),
            }
        }),
        "fstat" => whole(move || {
            black_box(tmpfs::stat(file.as_fd()).map_err(errno)?);
            Ok(())
        }),
        "pread-512" => read::<512>(file),
        "pread-4096" => read::<4096>(file),
        "sigaction" => whole(|| {
            raw::query_sigaction();
            Ok(())
        }),
        "mmap-munmap" => whole(move || Ok(Mapping::new(file.as_fd(), 4096).map(drop)?)),
        "mmap-touch-munmap" => whole(move || {
            Mapping::new(file.as_fd(), 4096)?.touch();
            Ok(())
        }),
        "fallocate" => unnamed(dir, |file| tmpfs::allocate(file.as_fd(), 0, 4096).map_err(errno)),
        "pwrite" => unnamed(dir, |file| {
            tmpfs::write_at(file.as_fd(), &[1; 4096], 0).map_err(errno)
        }),
        "pwrite-short" => unnamed(dir, |file| {
            tmpfs::set_len(file.as_fd(), 8192).map_err(errno)?;
            tmpfs::write_at(file.as_fd(), &[1; 256], 4096).map_err(errno)
        }),
        "ftruncate" => unnamed(dir, |file| tmpfs::set_len(file.as_fd(), 8192).map_err(errno)),
        "clock" => whole(|| {
            black_box(filemap_sys::os::process::now());
            Ok(())
        }),
        "clock-coarse" => whole(|| {
            black_box(rustix::time::clock_gettime(
                rustix::time::ClockId::MonotonicCoarse,
            ));
            Ok(())
        }),
        other => Err(format!("there is no operation {other:?}").into()),
    }
}

fn unnamed(dir: File, mut then: impl FnMut(&OwnedFd) -> Result<()> + 'static) -> Result<Box<dyn Subject>> {
    whole(move || {
        let file = tmpfs::unnamed_file(dir.as_fd(), 0o600).map_err(errno)?;
        then(&file)
    })
}

fn read<const N: usize>(file: OwnedFd) -> Result<Box<dyn Subject>> {
    whole(move || {
        let mut bytes = [0; N];
        tmpfs::read_at(file.as_fd(), &mut bytes, 4096).map_err(errno)?;
        black_box(&bytes);
        Ok(())
    })
}

/// A failed system call as a sentence.
pub(crate) fn errno(e: filemap_sys::SysError) -> Box<dyn std::error::Error> {
    format!("{}: {}", e.call, std::io::Error::from_raw_os_error(e.errno)).into()
}
