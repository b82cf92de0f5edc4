//! Views: an object's bytes in this process's address space.

// UNSAFETY: makes atomics of the words of a mapping, and hands its addresses to the system.
#![expect(unsafe_code)]

use crate::refusal;
use crate::words::{PageState, RegionInfo};
use filemap_core::access::{Page, SectionFlags};
use filemap_core::error::{Error, Op, Why, Win32Code};
use filemap_core::profile::Profile;
use filemap_sys::SysError;
use filemap_sys::os::view::{self as os, Region};
use filemap_sys::os::{file, map};
use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use zerocopy::{FromBytes, Immutable, IntoBytes};

/// `MEM_COMMIT`.
const COMMITTED: u32 = 0x1000;
/// `MEM_RESERVE`.
const RESERVED: u32 = 0x2000;
/// `MEM_IMAGE`.
const IMAGE: u32 = 0x0100_0000;

/// A mapped part of an object; unmapped on drop (V-20).
///
/// It keeps the *memory* alive, also after the last handle is closed (O-41); the *name* is gone then (O-40). Other processes
/// write to it at any time, so its bytes are copied in and out, and shared words are reached as atomics; there is no
/// `&[u8]` of it. A copy that meets memory which the system can't bring in fails with `ERROR_SWAPERROR` (999) and the process
/// lives (V-57).
///
/// # Invariants
/// 1. `base..base + region_len` is one live view that only this value unmaps.
/// 2. Other processes write to it at any time, so no `&[u8]` or `&mut [u8]` of it is ever made:
///    bytes are copied in and out, shared words are reached as atomics.
/// 3. If `plain` is true and `changed` never was, all its pages are committed memory without a file, with the protection
///    `protect`: touching them in the way that it allows never faults.
#[derive(Debug)]
pub struct View {
    base: usize,
    len: usize,
    region_len: usize,
    offset: u64,
    protect: Page,
    plain: bool,
    changed: AtomicBool,
    keep_reserved: AtomicBool,
    name: Arc<str>,
    backing: Backing,
}

/// What is known of the object behind a view.
#[derive(Clone, Debug)]
pub(crate) struct Backing {
    pub(crate) size: Option<u64>,
    pub(crate) sections: Option<SectionFlags>,
    pub(crate) file: Option<Arc<File>>,
}

impl Backing {
    fn has(&self, flag: SectionFlags) -> bool {
        self.sections.is_none_or(|sections| sections.contains(flag))
    }
}

impl View {
    /// The view that was just mapped at `base`.
    pub(crate) fn new(
        base: usize,
        offset: u64,
        wanted: u64,
        protect: Page,
        name: Arc<str>,
        backing: Backing,
    ) -> Result<View, Error> {
        let page = map::page_size();
        let region_len = region_len(base);
        // What lies past the end of a file is no part of it, though its page is there (V-5, V-6).
        let rest = backing.size.map(|size| size.saturating_sub(offset));
        let len = match (usize::try_from(wanted).unwrap_or(usize::MAX), rest) {
            (0, Some(rest)) => usize::try_from(rest).unwrap_or(region_len).min(region_len),
            (0, None) => region_len,
            (wanted, _) => wanted.min(region_len),
        };
        let is_memory = !backing.has(SectionFlags::FILE)
            && !backing.has(SectionFlags::RESERVE)
            && !backing.has(SectionFlags::IMAGE);
        Ok(View {
            base,
            len,
            region_len: len.next_multiple_of(page).max(page).min(region_len.max(page)),
            offset,
            protect,
            plain: is_memory,
            changed: AtomicBool::new(false),
            keep_reserved: AtomicBool::new(false),
            name,
            backing,
        })
    }

    /// Unmaps a view that was mapped to see whether it can be; true.
    pub(crate) fn unmap_probe(base: usize) -> bool {
        // SAFETY: mapped a moment ago, and nobody has got its address.
        unsafe { os::unmap(base) }.is_ok()
    }

    fn profile(&self) -> &'static Profile {
        filemap_core::profile::Platform::default().profile()
    }

    /// Length in bytes that may be used: exact for a file, whole pages for memory (V-5).
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a view is never empty")]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Offset of the view in its object, in bytes.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Protection that the view was mapped with.
    #[must_use]
    pub fn protection(&self) -> Page {
        self.protect
    }

    /// Length of the mapped region in bytes: whole pages (V-6).
    #[must_use]
    pub fn region_len(&self) -> usize {
        self.region_len
    }

    /// The address of the first byte, a multiple of 65,536 (V-7). Using it needs `unsafe`: other processes write there.
    /// Source: win32 `MapViewOfFile`.
    #[must_use]
    pub fn as_ptr(&self) -> *mut u8 {
        self.base as *mut u8
    }

    /// Whether pages can be touched as the view's protection says without asking (invariant 3).
    fn is_sure(&self) -> bool {
        self.plain && !self.changed.load(Ordering::Acquire)
    }

    /// The cause why a copy of `len` bytes from `offset` on can't be, if the pages' states say one.
    fn obstacle(&self, offset: usize, len: usize, writes: bool) -> Option<Why> {
        let page = map::page_size();
        let mut at = (self.base + offset) / page * page;
        let end = self.base + offset + len;
        while at < end {
            let Ok(region) = os::query(at) else {
                return Some(Why::InPage {
                    offset: (at - self.base) as u64,
                });
            };
            let allows = Page::from_bits_retain(region.protect & 0xFF);
            let at_offset = at.saturating_sub(self.base).max(offset) as u64;
            match region.state {
                RESERVED => return Some(Why::NotCommitted { offset: at_offset }),
                _ if writes && !allows.allows().write && !allows.is_copy_on_write() => {
                    return Some(Why::ViewIsReadOnly);
                }
                _ if !writes && !allows.allows().read => return Some(Why::ViewHasNoAccess),
                _ => at = region.base + region.len.max(page),
            }
        }
        None
    }

    /// Copies bytes from `offset` into `bytes`.
    ///
    /// # Errors
    /// `ERROR_INVALID_PARAMETER` (87) past the end; `ERROR_SWAPERROR` (999) if the memory is gone (V-57); `ERROR_NOACCESS`
    /// (998) for a page that is not committed (V-50) or a view without read access.
    pub fn read_at(&self, offset: usize, bytes: &mut [u8]) -> Result<(), Error> {
        self.within(Op::ReadView, offset, bytes.len())?;
        if bytes.is_empty() {
            return Ok(());
        }
        if self.is_sure() && self.protect.allows().read {
            // SAFETY: in bounds (checked), mapped while `self` lives (invariant 1), readable without a fault (invariant 3).
            unsafe { os::copy_from(self.base + offset, bytes) };
            return Ok(());
        }
        if let Some(why) = self.obstacle(offset, bytes.len(), false) {
            return Err(self.failed(Op::ReadView, why));
        }
        os::read(self.base + offset, bytes).map_err(|_| self.in_page(Op::ReadView, offset))
    }

    /// Copies `bytes` into the view at `offset`.
    ///
    /// # Errors
    /// As [`View::read_at`]; `ERROR_NOACCESS` (998) if the view may not be written (V-58).
    pub fn write_at(&self, offset: usize, bytes: &[u8]) -> Result<(), Error> {
        self.within(Op::WriteView, offset, bytes.len())?;
        if bytes.is_empty() {
            return Ok(());
        }
        if self.is_sure() && self.protect.allows().write {
            // SAFETY: in bounds (checked), mapped while `self` lives (invariant 1), writable without a fault (invariant 3),
            // and nobody has a reference to its bytes (invariant 2).
            unsafe { os::copy_to(self.base + offset, bytes) };
            return Ok(());
        }
        if let Some(why) = self.obstacle(offset, bytes.len(), true) {
            return Err(self.failed(Op::WriteView, why));
        }
        // SAFETY: the range is this view's (checked), and nobody has a reference to its bytes (invariant 2).
        unsafe { os::write(self.base + offset, bytes) }.map_err(|_| self.in_page(Op::WriteView, offset))
    }

    /// Sets `len` bytes from `offset` to `value`.
    ///
    /// # Errors
    /// As [`View::write_at`].
    pub fn fill_at(&self, offset: usize, value: u8, len: usize) -> Result<(), Error> {
        self.within(Op::WriteView, offset, len)?;
        let piece = vec![value; len.min(1 << 16)];
        for start in (0..len).step_by(1 << 16) {
            self.write_at(offset + start, &piece[..piece.len().min(len - start)])?;
        }
        Ok(())
    }

    /// Copies `len` bytes from `offset` into a new vector.
    ///
    /// # Errors
    /// As [`View::read_at`].
    pub fn to_vec(&self, offset: usize, len: usize) -> Result<Vec<u8>, Error> {
        self.within(Op::ReadView, offset, len)?;
        let mut bytes = vec![0; len];
        self.read_at(offset, &mut bytes)?;
        Ok(bytes)
    }

    /// A copy of the value at byte `offset`; for types that accept any bits. Others may write while it is copied.
    ///
    /// # Errors
    /// As [`View::read_at`].
    pub fn read<T: FromBytes + IntoBytes>(&self, offset: usize) -> Result<T, Error> {
        let mut value = T::new_zeroed();
        self.read_at(offset, value.as_mut_bytes())?;
        Ok(value)
    }

    /// Copies a value to byte `offset`.
    ///
    /// # Errors
    /// As [`View::write_at`].
    pub fn write<T: IntoBytes + Immutable>(&self, offset: usize, value: &T) -> Result<(), Error> {
        self.write_at(offset, value.as_bytes())
    }

    /// The 32-bit word at byte `offset`, shared with all processes.
    ///
    /// # Errors
    /// `ERROR_INVALID_PARAMETER` (87) past the end or not a multiple of 4; `ERROR_NOACCESS` (998) if the view can't be
    /// written or the page is not committed.
    pub fn atomic_u32(&self, offset: usize) -> Result<&AtomicU32, Error> {
        let word = self.word_at(offset, 4)?.cast();
        // SAFETY: in bounds and aligned (checked; the base is page-aligned), writable when it was asked and mapped while
        // `self` lives (invariant 1), and nobody makes a plain reference to it (invariant 2).
        Ok(unsafe { AtomicU32::from_ptr(word) })
    }

    /// The 64-bit word at byte `offset`, shared with all processes.
    ///
    /// # Errors
    /// As [`View::atomic_u32`], with a multiple of 8.
    pub fn atomic_u64(&self, offset: usize) -> Result<&AtomicU64, Error> {
        let word = self.word_at(offset, 8)?.cast();
        // SAFETY: as in `atomic_u32`.
        Ok(unsafe { AtomicU64::from_ptr(word) })
    }

    fn word_at(&self, offset: usize, size: usize) -> Result<*mut u8, Error> {
        self.within(Op::ReadView, offset, size)?;
        if !offset.is_multiple_of(size) {
            let offset = offset as u64;
            return Err(self.failed(Op::ReadView, Why::Misaligned { offset, align: size }));
        }
        if !(self.is_sure() && self.protect.allows().write)
            && let Some(why) = self.obstacle(offset, size, true)
        {
            let op = match why {
                Why::ViewIsReadOnly => Op::WriteView,
                _ => Op::ReadView,
            };
            return Err(self.failed(op, why));
        }
        Ok(self.as_ptr().wrapping_add(offset))
    }

    /// Whether all the memory is still what it was. Windows tells of lost pages by an exception where they are touched, and
    /// keeps no record, so this never fails here.
    ///
    /// # Errors
    /// None.
    pub fn check(&self) -> Result<(), Error> {
        Ok(())
    }

    /// Hands the changed pages of `range` to the file behind the view (V-25); for a range of length 0, up to the end of the
    /// view. Nothing to do for memory (V-26). It does not wait for the disk: [`View::sync`] does.
    ///
    /// # Errors
    /// `ERROR_INVALID_ADDRESS` (487) outside the view; the disk's own errors. Source: win32 `FlushViewOfFile`.
    pub fn flush(&self, offset: usize, len: usize) -> Result<(), Error> {
        let address = self.base.wrapping_add(offset);
        let outside = || Why::NotAView {
            address: address as u64,
        };
        let len = if len == 0 {
            self.region_len.saturating_sub(offset)
        } else {
            len
        };
        if offset >= self.region_len || offset.checked_add(len).is_none_or(|end| end > self.region_len) {
            return Err(self.failed(Op::FlushView, outside()));
        }
        os::flush(address, len).map_err(|e| refusal::explained(Op::FlushView, &self.name, e, Some(outside())))
    }

    /// Flushes the whole view and waits until the file is on the disk (`FlushViewOfFile`, then `FlushFileBuffers`).
    ///
    /// # Errors
    /// As [`View::flush`]; `ERROR_NOT_SUPPORTED` (50) for a file whose handle this process has not given itself.
    pub fn sync(&self) -> Result<(), Error> {
        self.flush(0, 0)?;
        match &self.backing.file {
            Some(own) => file::sync(own).map_err(|e| refusal::system(Op::FlushView, &self.name, e)),
            None if self.backing.has(SectionFlags::FILE) => {
                let what = "waiting for the disk through an object that another process made";
                Err(self.failed(Op::FlushView, Why::NotSupported { what }))
            }
            None => Ok(()),
        }
    }

    /// Commits pages of a SEC_RESERVE object, for every view in every process (V-51); they have this view's protection here.
    /// Pages that are committed already stay as they are.
    ///
    /// # Errors
    /// `ERROR_ACCESS_DENIED` (5) if the object is not SEC_RESERVE (V-52) or the handle could not write;
    /// `ERROR_INVALID_ADDRESS` (487) past the end (F-14); `ERROR_COMMITMENT_LIMIT` (1455) if memory is short.
    /// Source: win32 `VirtualAlloc`.
    pub fn commit(&self, offset: usize, len: usize) -> Result<(), Error> {
        let end = offset.saturating_add(len);
        let outside = Why::CommitOutOfView {
            end: end as u64,
            len: self.region_len as u64,
        };
        let reserve = self
            .backing
            .sections
            .is_some_and(|sections| sections.contains(SectionFlags::RESERVE));
        if reserve && (len == 0 || end > self.region_len) {
            return Err(self.failed(Op::CommitView, outside)); // never let it reach a neighbour's memory
        }
        let len = len.min(self.region_len.saturating_sub(offset));
        // SAFETY: the range lies in this view.
        unsafe {
            os::commit(
                self.base + offset.min(self.region_len - 1),
                len.max(1),
                self.protect.bits(),
            )
        }
        .map_err(|e| {
            let suspected = match Win32Code(e.errno as u32) {
                Win32Code::ACCESS_DENIED if !reserve => Why::AlreadyCommitted,
                Win32Code::ACCESS_DENIED => Why::HandleLacks {
                    rights: "SECTION_MAP_WRITE".to_owned(),
                },
                Win32Code::COMMITMENT_LIMIT => Why::CommitmentLimit {
                    wanted: len as u64,
                    free: 0,
                    place: "the paging file".to_owned(),
                },
                _ => outside,
            };
            refusal::explained(Op::CommitView, &self.name, e, Some(suspected))
        })
    }

    /// Committed pages never go back (V-51).
    ///
    /// # Errors
    /// Always the system's refusal, `ERROR_INVALID_PARAMETER` (87). Source: win32 `VirtualFree`.
    pub fn decommit(&self) -> Result<(), Error> {
        // SAFETY: this view's own pages; a section's pages are never given back, so whoever uses them is safe.
        let refused = unsafe { os::decommit(self.base, self.region_len) };
        let why = Why::CommitNeverShrinks;
        match refused {
            Err(e) => Err(refusal::explained(Op::DecommitView, &self.name, e, Some(why))),
            Ok(()) => Err(self.failed(Op::DecommitView, why)),
        }
    }

    /// Changes the protection as [`View::protect`] does, with the place for the old one that `VirtualProtect` takes.
    ///
    /// # Errors
    /// `ERROR_NOACCESS` (998) without a place; else as [`View::protect`].
    pub fn protect_into(
        &self,
        offset: usize,
        len: usize,
        new: Page,
        old: Option<&mut Page>,
    ) -> Result<(), Error> {
        let Some(old) = old else {
            let (offset, len) = self.pages_of(Op::ProtectView, offset, len)?;
            self.changed.store(true, Ordering::Release);
            let why = Why::OldProtectionMissing;
            // SAFETY: pages of this view; from now on `changed` has every copy ask first.
            return unsafe { os::protect_without_old(self.base + offset, len, new.bits()) }
                .map_err(|e| refusal::explained(Op::ProtectView, &self.name, e, Some(why)));
        };
        *old = self.protect(offset, len, new)?;
        Ok(())
    }

    /// Changes the protection of the pages that `range` touches, and gives the old protection of the first (V-54, V-55).
    /// Atomics that were taken before must not be used in a way that the new protection forbids.
    ///
    /// # Errors
    /// `ERROR_INVALID_PARAMETER` (87) if it goes beyond what view and object allow; `ERROR_INVALID_ADDRESS` (487) outside
    /// the view or on reserved pages. Source: win32 `VirtualProtect`.
    pub fn protect(&self, offset: usize, len: usize, new: Page) -> Result<Page, Error> {
        let (offset, len) = self.pages_of(Op::ProtectView, offset, len)?;
        self.changed.store(true, Ordering::Release);
        // SAFETY: pages of this view; from now on `changed` has every copy ask first.
        let old = unsafe { os::protect(self.base + offset, len, new.bits()) }.map_err(|e| {
            let suspected = match Win32Code(e.errno as u32) {
                Win32Code::INVALID_ADDRESS => {
                    let code = Win32Code::INVALID_ADDRESS;
                    let text = "the pages are reserved, not committed; commit them first".to_owned();
                    Why::System { code, text }
                }
                _ => Why::ProtectionNotAllowed { wanted: new.name() },
            };
            refusal::explained(Op::ProtectView, &self.name, e, Some(suspected))
        })?;
        Ok(Page::from_bits_retain(old & 0xFF))
    }

    /// The range in the view, at least a byte of it.
    fn pages_of(&self, op: Op, offset: usize, len: usize) -> Result<(usize, usize), Error> {
        let len = len.max(1);
        match offset.checked_add(len).filter(|end| *end <= self.region_len) {
            Some(_) => Ok((offset, len)),
            None => {
                let address = (self.base as u64).wrapping_add(offset as u64);
                Err(self.failed(op, Why::NotAView { address }))
            }
        }
    }

    /// What is known of the page at byte `offset` and the ones behind it that are like it (V-53, V-55, F-8).
    ///
    /// # Errors
    /// `ERROR_INVALID_ADDRESS` (487) outside the view. Source: win32 `VirtualQuery`.
    pub fn query(&self, offset: usize) -> Result<RegionInfo, Error> {
        let (offset, _) = self.pages_of(Op::QueryView, offset, 1)?;
        let region = self
            .region(offset)
            .map_err(|e| refusal::system(Op::QueryView, &self.name, e))?;
        Ok(RegionInfo {
            base: region.base,
            allocation_base: region.allocation_base,
            allocation_protect: Page::from_bits_retain(region.allocation_protect & 0xFF),
            len: region.len,
            state: match region.state {
                COMMITTED => PageState::Committed,
                _ => PageState::Reserved,
            },
            protect: Page::from_bits_retain(region.protect & 0xFF),
            is_image: region.kind == IMAGE,
        })
    }

    fn region(&self, offset: usize) -> Result<Region, SysError> {
        os::query(self.base + offset)
    }

    /// Unmaps the view; what dropping it does.
    pub fn unmap(self) {
        drop(self);
    }

    /// `UnmapViewOfFile` with an address: unmaps the view if `address` means it; any address inside does (V-20).
    ///
    /// # Errors
    /// `ERROR_INVALID_ADDRESS` (487), with the view, which stays mapped.
    pub fn unmap_at(self, address: usize) -> Result<(), Box<(View, Error)>> {
        match self.check_unmap(address) {
            Ok(()) => {
                self.unmap();
                Ok(())
            }
            Err(e) => Err(Box::new((self, e))),
        }
    }

    pub(crate) fn check_unmap(&self, address: usize) -> Result<(), Error> {
        let (base, len) = (self.base as u64, self.region_len as u64);
        self.profile()
            .unmap_at(base, len, address as u64)
            .map_err(|why| self.failed(Op::UnmapView, why))
    }

    /// From now on the end of the view leaves a placeholder of its length behind, which is the caller's to free
    /// (`MEM_PRESERVE_PLACEHOLDER`). Only a view that took the place of a placeholder can; others just end.
    pub fn keep_reserved(&self) {
        self.keep_reserved.store(true, Ordering::Release);
    }

    /// Sleeping on a word that other processes wake is Linux's alone: `WaitOnAddress` works within one process.
    ///
    /// # Errors
    /// Always `ERROR_NOT_SUPPORTED` (50).
    pub fn wait_on_word(
        &self,
        _offset: usize,
        _expected: u32,
        _limit: std::time::Duration,
    ) -> Result<(), Error> {
        let what = "sleeping on a word of shared memory (use an event)";
        Err(self.failed(Op::ReadView, Why::NotSupported { what }))
    }

    /// See [`View::wait_on_word`].
    ///
    /// # Errors
    /// Always `ERROR_NOT_SUPPORTED` (50).
    pub fn wake_word(&self, _offset: usize) -> Result<(), Error> {
        let what = "waking sleepers on a word of shared memory (use an event)";
        Err(self.failed(Op::WriteView, Why::NotSupported { what }))
    }

    /// Whether the page at byte `offset` is committed; `false` outside the view (V-50).
    #[must_use]
    pub fn is_committed(&self, offset: usize) -> bool {
        offset < self.region_len && self.region(offset).is_ok_and(|region| region.state == COMMITTED)
    }

    /// The name that the object was created or opened with; empty if it has none.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    fn within(&self, op: Op, offset: usize, len: usize) -> Result<(), Error> {
        match offset.checked_add(len) {
            Some(end) if end <= self.len => Ok(()),
            end => {
                let end = end.unwrap_or(usize::MAX) as u64;
                let len = self.len as u64;
                Err(self.failed(op, Why::OutOfView { end, len }))
            }
        }
    }

    fn in_page(&self, op: Op, offset: usize) -> Error {
        let offset = offset as u64;
        self.failed(op, Why::InPage { offset })
    }

    fn failed(&self, op: Op, why: Why) -> Error {
        Error::new(op, &*self.name, why)
    }
}

/// The length of the view at `base`: all ranges that belong to one allocation.
fn region_len(base: usize) -> usize {
    let mut end = base;
    while let Ok(region) = os::query(end) {
        if region.allocation_base != base || region.len == 0 {
            break;
        }
        end = region.base + region.len;
    }
    end - base
}

impl Drop for View {
    fn drop(&mut self) {
        if *self.keep_reserved.get_mut() {
            // SAFETY: this value's own view (invariant 1), which nobody can reach any more.
            if unsafe { os::unmap_to_placeholder(self.base) }.is_ok() {
                return;
            }
        }
        // SAFETY: as above.
        let result = unsafe { os::unmap(self.base) };
        debug_assert!(result.is_ok(), "{result:?}");
    }
}
