//! Views: an object's bytes in this process's address space.

// UNSAFETY: makes atomics of the words of a mapping.
#![expect(unsafe_code)]

use crate::commit::CommitMap;
use crate::leaks::Ticket;
use crate::mapped::Hold;
use crate::mapping::ViewOptions;
use crate::object::Object;
use crate::words::{PageState, RegionInfo};
use crate::{image, refusal};
use filemap_core::access::{Page, SectionFlags};
use filemap_core::error::{Error, Op, Why};
use filemap_core::layout::Footer;
use filemap_core::profile::{FlushZero, Profile};
use filemap_core::section::PAGE;
use filemap_core::view::ViewPlan;
use filemap_sys::SysError;
use filemap_sys::os::fault::{CopyError, Registration};
use filemap_sys::os::futex;
use filemap_sys::os::map::{self, Wanted};
use filemap_sys::os::{file, process, tmpfs};
use std::ops::Range;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use zerocopy::{FromBytes, Immutable, IntoBytes};

/// A mapped part of an object; unmapped on drop (V-20).
///
/// It keeps the *memory* alive, also after the last handle is closed (O-41); the *name* is gone then (O-40). Other processes
/// write to it at any time, so its bytes are copied in and out, and shared words are reached as atomics; there is no
/// `&[u8]` of it. A copy that meets memory which somebody has cut off fails with `ERROR_SWAPERROR` (999) and the process
/// lives (V-57).
///
/// # Invariants
/// 1. `base..base + region_len` lies in the live mapping that `hold` has a share in, and stays mapped as long as that.
/// 2. Other processes write to it at any time, so no `&[u8]` or `&mut [u8]` of it is ever made:
///    bytes are copied in and out, shared words are reached as atomics.
///
/// ```
/// # let place = tempfile::tempdir_in("/dev/shm")?;
/// # let space = filemap::Namespace::at(place.path());
/// use filemap::FileMapping;
/// use std::sync::atomic::Ordering;
/// let mapping = FileMapping::options().namespace(&space).size(4096).create("counter")?;
/// let view = mapping.map()?;
/// view.write_at(0, b"hits")?;
/// view.atomic_u32(64)?.fetch_add(1, Ordering::Relaxed);
/// let mut word = [0; 4];
/// view.read_at(0, &mut word)?;
/// assert_eq!(&word, b"hits");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct View {
    base: usize,
    len: usize,
    region_len: usize,
    offset: u64,
    protect: Page,
    hold: Hold,
    /// Where the view begins in the range of `hold`.
    start: usize,
    data: Arc<OwnedFd>,
    footer: Arc<Footer>,
    name: Arc<str>,
    commits: Option<Arc<CommitMap>>,
    /// Protections that differ from `protect`, a page each; empty until `protect` is called.
    changed: Mutex<Vec<Page>>,
    /// Whether `changed` is more than empty, so that every access needs not ask.
    is_changed: AtomicBool,
    /// The object with its lock, where a view keeps the name (O-44).
    _keeps_name: Option<Arc<Object>>,
    _ticket: Ticket,
}

/// What a view is made of.
pub(crate) struct Parts<'a> {
    pub(crate) object: &'a Arc<Object>,
    pub(crate) commits: Option<Arc<CommitMap>>,
    pub(crate) hold: Hold,
    /// Where the view begins in the range.
    pub(crate) start: usize,
    pub(crate) keeps_name: bool,
}

impl View {
    /// A view of what `parts` hold.
    #[track_caller]
    pub(crate) fn new(plan: &ViewPlan, region_len: usize, parts: Parts<'_>) -> Result<View, Error> {
        let object = parts.object;
        let view = View {
            base: parts.hold.base() + parts.start,
            len: plan.len as usize,
            region_len,
            offset: plan.offset,
            protect: plan.protect,
            hold: parts.hold,
            start: parts.start,
            data: Arc::clone(object.data()),
            footer: Arc::clone(object.footer()),
            name: Arc::clone(object.full_name()),
            commits: parts.commits,
            changed: Mutex::default(),
            is_changed: AtomicBool::new(false),
            _keeps_name: parts.keeps_name.then(|| Arc::clone(object)),
            _ticket: Ticket::new("view of", "file mapping", object.full_name()),
        };
        if view.footer.sections.contains(SectionFlags::IMAGE) {
            view.protect_image()?;
        }
        Ok(view)
    }

    fn registration(&self) -> &Registration {
        self.hold.registration()
    }

    /// The rules of the platform that the object was made on: they hold for its views in every process.
    fn profile(&self) -> &'static Profile {
        self.footer.profile()
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

    /// Length of the mapped region in bytes: whole pages (V-6). Bytes of a file's last page past its end read as zero and
    /// are never written to it.
    #[must_use]
    pub fn region_len(&self) -> usize {
        self.region_len
    }

    /// The address of the first byte, a multiple of 65,536 (V-7). Using it needs `unsafe`: other processes write there, and a
    /// file that somebody cuts leaves holes (see [`View::check`]). Source: win32 `MapViewOfFile`.
    #[must_use]
    pub fn as_ptr(&self) -> *mut u8 {
        self.base as *mut u8
    }

    /// Copies bytes from `offset` into `bytes`.
    ///
    /// # Errors
    /// `ERROR_INVALID_PARAMETER` (87) past the end; `ERROR_SWAPERROR` (999) if the memory is gone (V-57); `ERROR_NOACCESS`
    /// (998) for a page that is not committed (V-50) or a view without read access.
    pub fn read_at(&self, offset: usize, bytes: &mut [u8]) -> Result<(), Error> {
        self.within(Op::ReadView, offset, bytes.len())?;
        if self.hold.is_common() && !self.page_protection(offset).allows().read {
            return Err(self.failed(Op::ReadView, Why::ViewHasNoAccess));
        }
        let copied = self.registration().read_at(self.start + offset, bytes);
        copied.map_err(|e| self.fault(Op::ReadView, e))
    }

    /// Copies `bytes` into the view at `offset`.
    ///
    /// # Errors
    /// As [`View::read_at`]; `ERROR_NOACCESS` (998) if the view may not be written (V-58).
    pub fn write_at(&self, offset: usize, bytes: &[u8]) -> Result<(), Error> {
        self.within(Op::WriteView, offset, bytes.len())?;
        self.writable(offset)?;
        let copied = self.registration().write_at(self.start + offset, bytes);
        copied.map_err(|e| self.fault(Op::WriteView, e))
    }

    /// Sets `len` bytes from `offset` to `value`.
    ///
    /// # Errors
    /// As [`View::write_at`].
    pub fn fill_at(&self, offset: usize, value: u8, len: usize) -> Result<(), Error> {
        self.within(Op::WriteView, offset, len)?;
        self.writable(offset)?;
        let filled = self.registration().fill_at(self.start + offset, value, len);
        filled.map_err(|e| self.fault(Op::WriteView, e))
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
        // SAFETY: in bounds and aligned (checked; the base is page-aligned), writable when it was mapped and mapped while
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
        let failed = |why| self.failed(Op::ReadView, why);
        self.within(Op::ReadView, offset, size)?;
        if !offset.is_multiple_of(size) {
            return Err(failed(Why::Misaligned {
                offset: offset as u64,
                align: size,
            }));
        }
        let page = self.page_protection(offset);
        if !page.allows().write && !page.is_copy_on_write() {
            return Err(self.failed(Op::WriteView, Why::ViewIsReadOnly));
        }
        if !self.registration().is_committed(self.start + offset) {
            return Err(failed(Why::NotCommitted {
                offset: offset as u64,
            }));
        }
        Ok(self.as_ptr().wrapping_add(offset))
    }

    /// Whether all the memory is still what it was: `ERROR_SWAPERROR` (999) if a page was lost when a pointer or an atomic
    /// touched it after somebody had cut the file. The page is private zeroes since then (V-57).
    ///
    /// # Errors
    /// As said.
    pub fn check(&self) -> Result<(), Error> {
        match self.registration().lost() {
            None => Ok(()),
            Some(lost) => Err(self.failed(
                Op::ReadView,
                Why::InPage {
                    offset: lost.first_offset.saturating_sub(self.start as u64),
                },
            )),
        }
    }

    /// Hands the changed pages of `range` to the file behind the view (V-25); for a range of length 0, up to the end of the
    /// view (not on `ce`, P-29). Nothing to do for memory (V-26). It does not wait for the disk: [`View::sync`] does.
    ///
    /// # Errors
    /// `ERROR_INVALID_ADDRESS` (487) outside the view; `ERROR_SWAPERROR` (999) if pages were lost; the disk's own errors.
    /// Source: win32 `FlushViewOfFile`.
    pub fn flush(&self, offset: usize, len: usize) -> Result<(), Error> {
        if len == 0 && self.profile().flush_zero.is != FlushZero::ToTheEnd {
            return Err(self.failed(Op::FlushView, Why::FlushLengthMissing));
        }
        self.flush_range(offset, len)
    }

    fn flush_range(&self, offset: usize, len: usize) -> Result<(), Error> {
        let len = if len == 0 {
            self.region_len.saturating_sub(offset)
        } else {
            len
        };
        if offset >= self.region_len || offset.checked_add(len).is_none_or(|end| end > self.region_len) {
            let address = (self.base as u64).wrapping_add(offset as u64);
            return Err(self.failed(Op::FlushView, Why::NotAView { address }));
        }
        self.check().map_err(|e| e.during(Op::FlushView))?;
        if !self.footer.data_in_file() {
            return Ok(());
        }
        let start = (self.base + offset) / map::page_size() * map::page_size();
        map::flush(start, self.base + offset + len - start)
            .map_err(|e| refusal::system(Op::FlushView, &self.name, e))
    }

    /// Flushes the whole view and waits until the file is on the disk (`FlushViewOfFile`, then `FlushFileBuffers`).
    ///
    /// # Errors
    /// As [`View::flush`].
    pub fn sync(&self) -> Result<(), Error> {
        self.flush_range(0, 0)?;
        match self.footer.data_in_file() {
            false => Ok(()),
            true => file::sync(self.data.as_fd()).map_err(|e| refusal::system(Op::FlushView, &self.name, e)),
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
        let failed = |why| self.failed(Op::CommitView, why);
        let Some(commits) = &self.commits else {
            return Err(failed(Why::AlreadyCommitted));
        };
        let end = offset.saturating_add(len);
        if len == 0 || end > self.region_len {
            return Err(failed(Why::CommitOutOfView {
                end: end as u64,
                len: self.region_len as u64,
            }));
        }
        commits
            .commit(self.offset + offset as u64..self.offset + end as u64)
            .map_err(|e| match e.errno {
                libc::ENOSPC | libc::ENOMEM => {
                    let free = tmpfs::free_bytes(self.data.as_fd()).unwrap_or(0);
                    let place = "the file system of the object".to_owned();
                    failed(Why::CommitmentLimit {
                        wanted: len as u64,
                        free,
                        place,
                    })
                    .with_os(e.into())
                }
                libc::EACCES => failed(Why::HandleLacks {
                    rights: "SECTION_MAP_WRITE".to_owned(),
                }),
                libc::EIO => failed(Why::InPage {
                    offset: offset as u64,
                }),
                _ => refusal::system(Op::CommitView, &self.name, e),
            })?;
        self.open_committed(offset..end)
    }

    /// Committed pages never go back (V-51).
    ///
    /// # Errors
    /// Always `ERROR_INVALID_PARAMETER` (87). Source: win32 `VirtualFree`.
    pub fn decommit(&self) -> Result<(), Error> {
        Err(self.failed(Op::DecommitView, Why::CommitNeverShrinks))
    }

    fn open_committed(&self, range: Range<usize>) -> Result<(), Error> {
        match self
            .registration()
            .sync_committed(self.start + range.start..self.start + range.end)
        {
            Ok(_) => Ok(()),
            Err(e) => {
                let errno = e.raw_os_error().unwrap_or(0);
                Err(refusal::system(
                    Op::CommitView,
                    &self.name,
                    filemap_sys::SysError {
                        call: "mprotect",
                        errno,
                    },
                ))
            }
        }
    }

    /// Changes the protection as [`View::protect`] does, with the place for the old one that `VirtualProtect` takes: without
    /// one, NT refuses and Windows 95 does not mind (P-63, V-55).
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
        if old.is_none() && self.profile().protect_null_old.is.check().is_err() {
            return Err(self.failed(Op::ProtectView, Why::OldProtectionMissing));
        }
        let was = self.protect(offset, len, new)?;
        if let Some(old) = old {
            *old = was;
        }
        Ok(())
    }

    /// Changes the protection of the pages that `range` touches, and gives the old protection of the first (V-54, V-55).
    /// Allowed is what both the view, as it was mapped, and the object allow; nothing on `win95` (P-28).
    ///
    /// # Errors
    /// `ERROR_INVALID_PARAMETER` (87) if it goes beyond that; `ERROR_INVALID_ADDRESS` (487) outside the view or on reserved
    /// pages. Source: win32 `VirtualProtect`.
    pub fn protect(&self, offset: usize, len: usize, new: Page) -> Result<Page, Error> {
        let failed = |why| self.failed(Op::ProtectView, why);
        let end = offset
            .checked_add(len.max(1))
            .filter(|end| *end <= self.region_len);
        let Some(end) = end else {
            return Err(failed(Why::NotAView {
                address: (self.base as u64).wrapping_add(offset as u64),
            }));
        };
        if !new.allowed_in_view(self.protect, self.footer.protect, self.profile()) {
            return Err(failed(Why::ProtectionNotAllowed { wanted: new.name() }));
        }
        let size = map::page_size();
        let (first, last) = (offset / size, end.div_ceil(size));
        if let Some(page) =
            (first..last).find(|page| !self.registration().is_committed(self.start + page * size))
        {
            return Err(failed(Why::NotCommitted {
                offset: (page * size) as u64,
            })
            .with_code(filemap_core::error::Win32Code::INVALID_ADDRESS));
        }
        let old = self.query(offset)?.protect;
        self.is_changed.store(true, Ordering::Release);
        let mut changed = self.changed.lock().unwrap_or_else(PoisonError::into_inner);
        if changed.is_empty() {
            changed.resize(self.region_len / size, self.protect);
        }
        for page in first..last {
            // Between shared and copy-on-write the mapping itself changes.
            if changed[page].is_copy_on_write() != new.is_copy_on_write() {
                self.remap(page * size, size, new)?;
            }
            changed[page] = new;
        }
        self.set_pages(first..last, new)?;
        Ok(old)
    }

    fn remap(&self, offset: usize, len: usize, protect: Page) -> Result<(), Error> {
        let wanted = Wanted {
            file: self.data.as_fd(),
            offset: self.offset + offset as u64,
            len,
            protect,
            reserved: false,
        };
        // SAFETY: the range is this view's own (invariant 1, and the caller has checked it); the same bytes of the same file
        // come back at the same place, so atomics that callers hold stay valid.
        unsafe { map::map_over(&wanted, self.base + offset) }.map_err(|no| {
            refusal::no_view(&self.name, no, len as u64, None, "the file system").during(Op::ProtectView)
        })
    }

    /// Gives each piece of a program its protection (V-14).
    fn protect_image(&self) -> Result<(), Error> {
        let pieces = image::pieces(self.data.as_fd(), &self.footer, &self.name)?;
        let (size, first) = (map::page_size(), (self.offset / PAGE) as usize);
        let pages = self.region_len / size;
        self.is_changed.store(true, Ordering::Release);
        let mut changed = self.changed.lock().unwrap_or_else(PoisonError::into_inner);
        *changed = vec![Page::NOACCESS; pages];
        for image::Pages {
            pages: range,
            protect,
            is_shared,
        } in pieces
        {
            let range = range.start.max(first)..range.end.min(first + pages);
            if range.is_empty() {
                continue;
            }
            let range = range.start - first..range.end - first;
            if is_shared && protect.allows().write {
                self.remap(range.start * size, range.len() * size, protect)?;
            }
            changed[range].fill(protect);
        }
        for run in changed.chunk_by(|a, b| a == b) {
            // The runs follow each other in the vector, so a run's place in it is its place in the view.
            let start = (run.as_ptr().addr() - changed.as_ptr().addr()) / size_of::<Page>();
            self.set_pages(start..start + run.len(), run[0])?;
        }
        Ok(())
    }

    fn set_pages(&self, pages: Range<usize>, protect: Page) -> Result<(), Error> {
        let size = map::page_size();
        let flags = rustix::mm::ProtFlags::from_bits_retain(map::protection_bits(protect));
        self.registration()
            .protect(
                self.start + pages.start * size..self.start + pages.end * size,
                flags,
            )
            .map_err(|e| {
                let errno = e.raw_os_error().unwrap_or(0);
                match protect.allows().execute && matches!(errno, libc::EACCES | libc::EPERM) {
                    true => self.failed(
                        Op::MapView,
                        Why::NoExec {
                            place: "the tmpfs of the object".to_owned(),
                        },
                    ),
                    false => refusal::system(
                        Op::ProtectView,
                        &self.name,
                        filemap_sys::SysError {
                            call: "mprotect",
                            errno,
                        },
                    ),
                }
            })
    }

    fn page_protection(&self, offset: usize) -> Page {
        if !self.is_changed.load(Ordering::Acquire) {
            return self.protect;
        }
        let changed = self.changed.lock().unwrap_or_else(PoisonError::into_inner);
        changed
            .get(offset / map::page_size())
            .copied()
            .unwrap_or(self.protect)
    }

    /// What is known of the page at byte `offset` and the ones behind it that are like it (V-53, V-55, F-8).
    ///
    /// # Errors
    /// `ERROR_INVALID_ADDRESS` (487) outside the view. Source: win32 `VirtualQuery`.
    pub fn query(&self, offset: usize) -> Result<RegionInfo, Error> {
        if offset >= self.region_len {
            let address = (self.base as u64).wrapping_add(offset as u64);
            return Err(self.failed(Op::QueryView, Why::NotAView { address }));
        }
        let size = map::page_size();
        let first = offset / size;
        let (state, protect) = self.page(first);
        let pages = (first..self.region_len / size)
            .take_while(|page| self.page(*page) == (state, protect))
            .count();
        Ok(RegionInfo {
            base: self.base + first * size,
            allocation_base: self.base,
            allocation_protect: self.protect,
            len: pages * size,
            state,
            protect,
            is_image: self.footer.sections.contains(SectionFlags::IMAGE),
        })
    }

    fn page(&self, page: usize) -> (PageState, Page) {
        let offset = page * map::page_size();
        if !self.registration().is_committed(self.start + offset) {
            return (PageState::Reserved, self.profile().reserved_query_protect.is); // P-64
        }
        let protect = self.page_protection(offset);
        match protect.is_copy_on_write() && process::is_private_page(self.base + offset) {
            true => (PageState::Committed, protect.after_copy()),
            false => (PageState::Committed, protect),
        }
    }

    /// Unmaps the view; what dropping it does.
    pub fn unmap(self) {
        drop(self);
    }

    /// `UnmapViewOfFile` with an address: unmaps the view if `address` means it. NT takes any address inside, Windows 95
    /// only the base (V-20, P-27).
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

    /// From now on the end of the view leaves its addresses behind: reserved memory without access, which is the caller's to
    /// unmap, takes the place of the view in one step (`MEM_PRESERVE_PLACEHOLDER`). Without effect on platforms where views
    /// have common addresses, which know no placeholders.
    pub fn keep_reserved(&self) {
        self.hold.keep_reserved();
    }

    /// Sleeps while the 32-bit word at byte `offset` is `expected`, at most for `limit`; it may wake up without a reason. A
    /// read-only view will do. Source: win32 `WaitOnAddress`, here across processes.
    ///
    /// # Errors
    /// `ERROR_INVALID_PARAMETER` (87) past the end or not a multiple of 4; `ERROR_NOACCESS` (998) if the page is not committed.
    #[doc(alias = "WaitOnAddress")]
    pub fn wait_on_word(
        &self,
        offset: usize,
        expected: u32,
        limit: std::time::Duration,
    ) -> Result<(), Error> {
        let word = futex::Word32 {
            address: self.word_address(offset)? as *const AtomicU32,
            expected,
            scope: futex::Scope::Shared,
        };
        let limit = u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX);
        let until = futex::Until::Monotonic(futex::now(false).saturating_add(limit));
        futex::wait(word, until)
            .map(drop)
            .map_err(|e| refusal::system(Op::ReadView, &self.name, SysError::of("futex")(e)))
    }

    /// Wakes everybody, in any process, who sleeps on the word at byte `offset`. Source: win32 `WakeByAddressAll`.
    ///
    /// # Errors
    /// As [`View::atomic_u32`].
    #[doc(alias = "WakeByAddressAll")]
    pub fn wake_word(&self, offset: usize) -> Result<(), Error> {
        futex::wake_all(self.atomic_u32(offset)?)
            .map(drop)
            .map_err(|e| refusal::system(Op::WriteView, &self.name, SysError::of("futex")(e)))
    }

    /// The address of a 32-bit word for the kernel, which does not commit pages lazily.
    fn word_address(&self, offset: usize) -> Result<usize, Error> {
        self.within(Op::ReadView, offset, 4)?;
        let failed = |why| self.failed(Op::ReadView, why);
        let at = offset as u64;
        if !offset.is_multiple_of(4) {
            return Err(failed(Why::Misaligned { offset: at, align: 4 }));
        }
        if !self.registration().is_committed(self.start + offset) {
            return Err(failed(Why::NotCommitted { offset: at }));
        }
        if self.commits.is_some() {
            self.open_committed(offset..offset + 4)?;
        }
        Ok(self.base + offset)
    }

    /// Whether the page at byte `offset` is committed; `false` outside the view (V-50).
    #[must_use]
    pub fn is_committed(&self, offset: usize) -> bool {
        self.registration().is_committed(self.start + offset)
    }

    /// The name that the object was created or opened with; empty if it has none.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where views of an object lie in one place, its pages may allow more than this view does.
    fn writable(&self, offset: usize) -> Result<(), Error> {
        if !self.hold.is_common() {
            return Ok(()); // the pages themselves say no
        }
        let page = self.page_protection(offset);
        match page.allows().write || page.is_copy_on_write() {
            true => Ok(()),
            false => Err(self.failed(Op::WriteView, Why::ViewIsReadOnly)),
        }
    }

    fn within(&self, op: Op, offset: usize, len: usize) -> Result<(), Error> {
        match offset.checked_add(len) {
            Some(end) if end <= self.len => Ok(()),
            end => {
                let end = end.unwrap_or(usize::MAX) as u64;
                Err(self.failed(
                    op,
                    Why::OutOfView {
                        end,
                        len: self.len as u64,
                    },
                ))
            }
        }
    }

    fn fault(&self, op: Op, e: CopyError) -> Error {
        let why = match e {
            CopyError::OutOfView { end, len } => Why::OutOfView { end, len },
            CopyError::Fault {
                offset: Some(offset), ..
            } => {
                let offset = offset.saturating_sub(self.start);
                let page = self.page_protection(offset);
                let allows = page.allows();
                match () {
                    () if !self.registration().is_committed(self.start + offset) => Why::NotCommitted {
                        offset: offset as u64,
                    },
                    () if !allows.read => Why::ViewHasNoAccess,
                    () if op == Op::WriteView && !allows.write && !page.is_copy_on_write() => {
                        Why::ViewIsReadOnly
                    }
                    () => Why::InPage {
                        offset: offset as u64,
                    },
                }
            }
            _ => Why::Argument {
                what: "the caller's buffer can't be reached".to_owned(),
            },
        };
        self.failed(op, why)
    }

    fn failed(&self, op: Op, why: Why) -> Error {
        Error::new(op, &*self.name, why).on(self.profile())
    }
}

impl ViewOptions<'_> {
    /// Puts the view over memory that the program has reserved at `address`, so that nobody else can get in between
    /// (`MEM_REPLACE_PLACEHOLDER`). The view then covers exactly what [`ViewOptions::len`] says.
    ///
    /// # Safety
    /// The pages from `address` on, as many as the view has, are a mapping of the caller's own that nothing uses.
    pub unsafe fn over(mut self, address: usize) -> Self {
        self.base = Some(address as u64);
        self.over = true;
        self
    }
}
