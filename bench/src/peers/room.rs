//! A /dev/shm of this run's own: no other process sees its names, it can't take more than its size, and the kernel removes all
//! of it when the last process of the run is gone, however it ends.

// UNSAFETY: unshare(2), mount(2), umount2(2) have no safe form in the libraries that are here anyway.
#![expect(unsafe_code, reason = "three system calls; argued at each")]

use crate::Result;
use std::ffi::{CStr, CString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Bytes that objects of a run may take.
pub const LIMIT: u64 = 6 << 30;
/// Names that may exist at once; about 1 KiB of the kernel's memory each.
const NAMES: u64 = 2_200_000;

fn mount(options: &str, at: &CStr) -> io::Result<()> {
    let options = CString::new(options)?;
    // SAFETY: four C strings and flags; the call reads them only.
    match unsafe {
        libc::mount(
            c"tmpfs".as_ptr(),
            at.as_ptr(),
            c"tmpfs".as_ptr(),
            libc::MS_NOSUID | libc::MS_NODEV,
            options.as_ptr().cast(),
        )
    } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Gives this thread and its future children mounts and System V objects of their own, with a fresh /dev/shm. Call it before
/// there are other threads.
///
/// # Errors
/// No right to: only root has it.
pub fn isolate() -> io::Result<()> {
    // SAFETY: takes flags only; what this process has open stays open.
    if unsafe { libc::unshare(libc::CLONE_NEWNS | libc::CLONE_NEWIPC) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: changes how mounts of this name space propagate; null is allowed for all that such a change ignores.
    let made = unsafe {
        libc::mount(
            std::ptr::null(),
            c"/".as_ptr(),
            std::ptr::null(),
            libc::MS_REC | libc::MS_PRIVATE,
            std::ptr::null(),
        )
    };
    if made != 0 {
        return Err(io::Error::last_os_error());
    }
    mount(&format!("mode=1777,size={LIMIT},nr_inodes={NAMES}"), c"/dev/shm")
}

/// A tmpfs with options of its own.
#[derive(Debug)]
pub struct Mount(PathBuf);

impl Mount {
    /// Mounts one with up to 1 GiB at an existing directory.
    ///
    /// # Errors
    /// No right to, or options that this kernel does not know.
    pub fn new(at: &Path, options: &str) -> Result<Mount> {
        mount(
            &format!("mode=1777,size=1g,{options}"),
            &CString::new(at.as_os_str().as_bytes())?,
        )
        .map_err(|e| format!("mount -t tmpfs -o {options}: {e} (needs root)"))?;
        Ok(Mount(at.to_owned()))
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        if let Ok(at) = CString::new(self.0.as_os_str().as_bytes()) {
            // SAFETY: a C string; nothing of this value is used afterwards.
            unsafe { libc::umount2(at.as_ptr(), libc::MNT_DETACH) };
        }
    }
}
