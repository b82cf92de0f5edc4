//! Address ranges that are reserved and hold nothing (`VirtualAlloc2` with MEM_RESERVE_PLACEHOLDER).

// UNSAFETY: mmap(2) and munmap(2) of ranges that this module owns.
#![expect(unsafe_code)]

use crate::SysError;
use crate::os::map::{self, NoView, Wanted};
use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags};
use std::mem::ManuallyDrop;

/// A reserved range without access; nobody else in this process gets it. Given back on drop.
///
/// # Invariants
/// 1. `base..base + len` is one mapping without access that only this value unmaps or replaces.
#[derive(Debug)]
pub struct Placeholder {
    base: usize,
    len: usize,
}

impl Placeholder {
    /// Reserves exactly `len` bytes at `base`; both are whole pages. Source: mmap(2), `MAP_FIXED_NOREPLACE`.
    pub fn at(base: usize, len: usize) -> Result<Placeholder, NoView> {
        let got = reserve(base, len, MapFlags::FIXED_NOREPLACE).map_err(|e| match e {
            // EPERM: below what the system lets anybody map; ENOMEM: beyond the top of the address space.
            Errno::EXIST | Errno::PERM => NoView::Occupied,
            Errno::NOMEM => NoView::NoSpace,
            e => NoView::System(SysError::of("mmap")(e)),
        })?;
        let held = Placeholder { base: got, len };
        match got == base {
            true => Ok(held),
            false => Err(NoView::Occupied), // a kernel before 4.17; what it gave goes back with `held`
        }
    }

    /// The first address.
    #[must_use]
    pub fn base(&self) -> usize {
        self.base
    }

    /// Length in bytes.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a placeholder is never empty")]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Replaces the placeholder by a view of the same length, at once. The caller owns the range then.
    pub fn replace(self, wanted: &Wanted<'_>) -> Result<usize, (Placeholder, NoView)> {
        if wanted.len != self.len {
            return Err((self, NoView::Occupied));
        }
        // SAFETY: the range is this value's own (invariant 1), and nothing is there that anybody could use.
        match unsafe { map::map_over(wanted, self.base) } {
            Ok(()) => Ok(ManuallyDrop::new(self).base),
            Err(e) => Err((self, e)),
        }
    }
}

fn reserve(base: usize, len: usize, place: MapFlags) -> Result<usize, Errno> {
    // SAFETY: `place` never holds MAP_FIXED: no existing mapping is touched.
    unsafe {
        rustix::mm::mmap_anonymous(
            base as *mut _,
            len,
            ProtFlags::empty(),
            MapFlags::PRIVATE | MapFlags::NORESERVE | place,
        )
    }
    .map(|p| p as usize)
}

impl Drop for Placeholder {
    fn drop(&mut self) {
        // SAFETY: mapped by this module with this length, and only this value knows of it (invariant 1).
        let result = unsafe { rustix::mm::munmap(self.base as *mut _, self.len) };
        debug_assert!(result.is_ok(), "{result:?}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // V-76
    #[test]
    fn a_reserved_range_is_nobody_elses_until_it_is_given_back() {
        let base = reserve(0, 1 << 20, MapFlags::empty()).unwrap();
        let first = Placeholder { base, len: 1 << 20 };
        assert_eq!(Placeholder::at(base, 65_536).unwrap_err(), NoView::Occupied);
        assert_eq!(
            Placeholder::at(base + 65_536, 1 << 20).unwrap_err(),
            NoView::Occupied
        );
        drop(first);
        let again = Placeholder::at(base, 1 << 20).unwrap();
        assert_eq!((again.base(), again.len()), (base, 1 << 20));
    }
}
