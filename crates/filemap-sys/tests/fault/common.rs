//! Mappings that can be cut, for the tests.
//
// UNSAFETY: maps, cuts and touches memory as programs and strangers do.

use filemap_sys::os::fault::{self, CommitBitmap, FaultPolicy, Kind, Region, Registration};
use rustix::fs::{MemfdFlags, ftruncate, memfd_create};
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicU32, AtomicU64};

pub(crate) const PAGE: usize = 4096;
pub(crate) const RW: ProtFlags = ProtFlags::READ.union(ProtFlags::WRITE);

pub(crate) fn memory(len: usize) -> OwnedFd {
    let file = memfd_create("fault-test", MemfdFlags::CLOEXEC).unwrap();
    ftruncate(&file, len as u64).unwrap();
    file
}

pub(crate) fn cut(file: impl AsFd, len: usize) {
    ftruncate(file, len as u64).unwrap();
}

/// A mapping, unmapped on drop; nobody makes references to its bytes, except to atomics.
pub(crate) struct Mapped {
    pub(crate) start: *mut u8,
    pub(crate) len: usize,
}

// SAFETY: an address and a length; the tests reach the memory with atomics and guarded copies only.
unsafe impl Send for Mapped {}
// SAFETY: as above.
unsafe impl Sync for Mapped {}

impl Mapped {
    pub(crate) fn new(file: impl AsFd, len: usize, protection: ProtFlags) -> Mapped {
        Mapped::with(file, 0, len, protection, MapFlags::SHARED)
    }

    pub(crate) fn with(
        file: impl AsFd,
        offset: usize,
        len: usize,
        protection: ProtFlags,
        flags: MapFlags,
    ) -> Mapped {
        // SAFETY: a new mapping where the kernel likes.
        let start = unsafe { mmap(std::ptr::null_mut(), len, protection, flags, file, offset as u64) }
            .unwrap()
            .cast();
        Mapped { start, len }
    }

    pub(crate) fn region(&self, protection: ProtFlags, kind: Kind) -> Region {
        Region {
            start: self.start,
            len: self.len,
            page_size: PAGE,
            protection,
            kind,
            policy: None,
        }
    }

    pub(crate) fn register(&self, policy: Option<FaultPolicy>) -> Registration {
        // SAFETY: every test drops the registration before the mapping, and no test makes references.
        unsafe {
            fault::register(Region {
                policy,
                ..self.region(RW, Kind::Committed)
            })
        }
        .unwrap()
    }

    /// Registers a view that was mapped PROT_NONE.
    pub(crate) fn reserve(
        &self,
        protection: ProtFlags,
        bitmap: &Mapped,
        bits: usize,
        first_bit: usize,
    ) -> Registration {
        let bitmap = CommitBitmap {
            words: bitmap.start.cast(),
            bits,
            first_bit,
        };
        // SAFETY: as in `register`; every test keeps the bitmap mapped longer.
        unsafe { fault::register(self.region(protection, Kind::Reserved(bitmap))) }.unwrap()
    }

    pub(crate) fn word(&self, offset: usize) -> &AtomicU32 {
        assert!(offset.is_multiple_of(4) && offset + 4 <= self.len);
        // SAFETY: in the mapping and aligned; may fault, which is what the tests are about.
        unsafe { AtomicU32::from_ptr(self.start.add(offset).cast()) }
    }

    pub(crate) fn word64(&self, offset: usize) -> &AtomicU64 {
        assert!(offset.is_multiple_of(8) && offset + 8 <= self.len);
        // SAFETY: as in `word`.
        unsafe { AtomicU64::from_ptr(self.start.add(offset).cast()) }
    }
}

impl Drop for Mapped {
    fn drop(&mut self) {
        // SAFETY: mapped in `with`; whatever borrowed from it is gone.
        unsafe { munmap(self.start.cast(), self.len) }.unwrap();
    }
}
