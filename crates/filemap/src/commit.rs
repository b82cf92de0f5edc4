//! Which pages of a SEC_RESERVE object are committed: a bitmap in the object's file, shared by all processes (V-51, V-82).

// UNSAFETY: maps the bitmap and makes atomics of its words.
#![expect(unsafe_code)]

use crate::object::{EXPENSIVE, free_memory};
use filemap_core::access::Page;
use filemap_core::layout::Footer;
use filemap_sys::SysError;
use filemap_sys::os::fault::{self, CommitBitmap, FaultPolicy, Kind, Region, Registration};
use filemap_sys::os::map::{self, NoView, Wanted};
use filemap_sys::os::tmpfs;
use std::mem::ManuallyDrop;
use std::ops::Range;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The bitmap of one object, mapped into this process.
///
/// # Invariants
/// 1. `words..words + len` is a shared mapping of the object's bitmap that only this value unmaps, after its registration
///    is gone.
/// 2. Other processes write to it, so it is reached through atomics and never believed beyond "these pages may be touched".
#[derive(Debug)]
pub(crate) struct CommitMap {
    words: *const AtomicU64,
    len: usize,
    /// Whoever may write to the file may cut it: then the bitmap becomes private zeroes, and this one knows.
    registration: ManuallyDrop<Registration>,
    /// Where the bitmap lies in the file, in bytes.
    offset: u64,
    pages: u64,
    /// Bytes of a page.
    unit: u64,
    writable: bool,
    data: Arc<OwnedFd>,
}

// SAFETY: the pointer leads to shared atomics (invariant 2) that stay mapped as long as the value lives (invariant 1).
unsafe impl Send for CommitMap {}
// SAFETY: as above.
unsafe impl Sync for CommitMap {}

impl CommitMap {
    /// Maps the bitmap of the object behind `data`.
    pub(crate) fn new(data: &Arc<OwnedFd>, footer: &Footer, writable: bool) -> Result<CommitMap, NoView> {
        if footer.unit != map::page_size() as u64 {
            // Made on another system, or by somebody who lies.
            return Err(NoView::System(SysError {
                call: "mmap",
                errno: libc::EINVAL,
            }));
        }
        let len = usize::try_from(footer.bitmap_len).map_err(|_| NoView::NoSpace)?;
        let wanted = Wanted {
            file: data.as_fd(),
            offset: footer.bitmap_offset(),
            len,
            protect: if writable { Page::READWRITE } else { Page::READONLY },
            reserved: false,
        };
        let base = map::map(&wanted)?;
        let region = Region {
            start: base as *mut u8,
            len,
            page_size: map::page_size(),
            protection: rustix::mm::ProtFlags::from_bits_retain(map::protection_bits(wanted.protect)),
            kind: Kind::Committed,
            policy: Some(FaultPolicy::Replace),
        };
        // SAFETY: the range was just mapped for this value, which unmaps it after the registration is gone and makes no
        // reference but atomics (invariants 1 and 2).
        let registration = unsafe { fault::register(region) }.map_err(|e| {
            // SAFETY: mapped above, and nobody knows of it yet.
            unsafe { map::unmap(base, len) };
            NoView::System(SysError {
                call: "sigaction",
                errno: e.raw_os_error().unwrap_or(0),
            })
        })?;
        Ok(CommitMap {
            words: base as *const AtomicU64,
            len,
            registration: ManuallyDrop::new(registration),
            offset: footer.bitmap_offset(),
            pages: footer.data_len / footer.unit,
            unit: footer.unit,
            writable,
            data: Arc::clone(data),
        })
    }

    /// What the fault handler needs for a view that begins at byte `offset` of the object.
    pub(crate) fn for_view(&self, offset: u64) -> CommitBitmap {
        CommitBitmap {
            words: self.words,
            bits: self.pages as usize,
            first_bit: (offset / self.unit) as usize,
        }
    }

    /// Commits the pages of `range` (in bytes of the object) for everybody: memory first, then the bits, so that a page that
    /// may be touched always has its memory. ENOSPC if there is none; EACCES without write access; EIO if somebody has cut
    /// the file.
    pub(crate) fn commit(&self, range: Range<u64>) -> Result<(), SysError> {
        let failed = |errno| SysError { call: "mmap", errno };
        if !self.writable {
            return Err(failed(libc::EACCES));
        }
        // What was cut is not grown again: it would be other memory than the views have.
        if (tmpfs::stat(self.data.as_fd())?.st_size as u64) < self.offset + self.len as u64 {
            return Err(failed(libc::EIO));
        }
        let (first, end) = (
            range.start / self.unit,
            range.end.div_ceil(self.unit).min(self.pages),
        );
        let len = (end - first) * self.unit;
        if len >= EXPENSIVE {
            // Not even for a moment take from others what can't be had in the end: the kernel would kill somebody for it.
            let is_new = |page: &u64| self.word(*page).load(Ordering::Relaxed) & (1 << (page % 64)) == 0;
            let new = (first..end).filter(is_new).count() as u64 * self.unit;
            if free_memory(&self.data)? < new {
                return Err(SysError {
                    call: "fallocate",
                    errno: libc::ENOSPC,
                });
            }
        }
        // The bitmap's own pages have no memory before they are written, and a full file system must not be noticed then.
        let (first_byte, end_byte) = (first / 8, end.div_ceil(8));
        tmpfs::allocate(self.data.as_fd(), self.offset + first_byte, end_byte - first_byte)?;
        tmpfs::allocate(self.data.as_fd(), first * self.unit, len)?;
        for page in first..end {
            self.word(page).fetch_or(1 << (page % 64), Ordering::Release);
        }
        match self.registration.lost() {
            None => Ok(()),
            Some(_) => Err(failed(libc::EIO)),
        }
    }

    fn word(&self, page: u64) -> &AtomicU64 {
        assert!(page < self.pages, "pages are cut to the object's size");
        // SAFETY: the bitmap has a bit for every page (`Footer::parse` has checked its length against the object's), so the
        // word lies in the mapping; it is aligned, and only ever reached as an atomic (invariants 1 and 2).
        unsafe { &*self.words.add((page / 64) as usize) }
    }
}

impl Drop for CommitMap {
    fn drop(&mut self) {
        // SAFETY: dropped once, here, before the pages go (invariant 1); `self` is not used afterwards.
        unsafe { ManuallyDrop::drop(&mut self.registration) };
        // SAFETY: mapped by `new` with this length (invariant 1); views that point to it hold an `Arc` of this value.
        unsafe { map::unmap(self.words as usize, self.len) };
    }
}
