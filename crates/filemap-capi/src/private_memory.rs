//! Private memory of the process as `VirtualAlloc` hands it out: reserved, committed, decommitted and released in pieces.
//!
//! A reservation is a mapping without access; committing lets pages in. The table here knows the state of every page, so that
//! `VirtualQuery` can tell it. Placeholders are reservations that views may replace.

// UNSAFETY: mmap, mprotect and munmap of ranges that this table owns.
#![expect(unsafe_code)]

use crate::boundary::{In, Outcome};
use crate::constants::*;
use crate::layout::{MEM_ADDRESS_REQUIREMENTS, MEM_EXTENDED_PARAMETER};
use filemap_core::error::Win32Code;
use filemap_sys::os::{map, process};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard};

/// Reservations begin at multiples of this (V-7).
pub const GRANULARITY: usize = filemap::ALLOCATION_GRANULARITY as usize;

/// One reservation.
#[derive(Clone, Debug)]
struct Reservation {
    len: usize,
    /// Protection that it was allocated with.
    protect: u32,
    placeholder: bool,
    /// State of the pages from an offset up to the next key: the protection of committed ones, `None` for reserved ones.
    /// Invariant: key 0 is there, and neighbours differ.
    runs: BTreeMap<usize, Option<u32>>,
}

impl Reservation {
    fn new(len: usize, protect: u32, placeholder: bool) -> Reservation {
        Reservation {
            len,
            protect,
            placeholder,
            runs: BTreeMap::from([(0, None)]),
        }
    }

    /// The run that contains `offset`.
    fn run(&self, offset: usize) -> (Range<usize>, Option<u32>) {
        let (start, state) = self
            .runs
            .range(..=offset)
            .next_back()
            .map_or((0, None), |(start, state)| (*start, *state));
        let end = self
            .runs
            .range(offset + 1..)
            .next()
            .map_or(self.len, |(end, _)| *end);
        (start..end, state)
    }

    fn set(&mut self, range: Range<usize>, state: Option<u32>) {
        let after = self.run(range.end.min(self.len - 1)).1;
        let stale: Vec<usize> = self
            .runs
            .range(range.start..range.end)
            .map(|(start, _)| *start)
            .collect();
        for start in stale {
            self.runs.remove(&start);
        }
        self.runs.insert(range.start, state);
        if range.end < self.len {
            self.runs.entry(range.end).or_insert(after);
        }
        // Neighbours that are alike become one.
        for edge in [range.end, range.start] {
            let before = self.runs.range(..edge).next_back().map(|(_, state)| *state);
            if edge != 0 && before.is_some() && before.as_ref() == self.runs.get(&edge) {
                self.runs.remove(&edge);
            }
        }
    }

    fn all(&self, range: Range<usize>, wanted: impl Fn(Option<u32>) -> bool) -> bool {
        let mut at = range.start;
        while at < range.end {
            let (run, state) = self.run(at);
            if !wanted(state) {
                return false;
            }
            at = run.end;
        }
        true
    }
}

static TABLE: Mutex<BTreeMap<usize, Reservation>> = Mutex::new(BTreeMap::new());

fn table() -> MutexGuard<'static, BTreeMap<usize, Reservation>> {
    TABLE.lock().unwrap_or_else(|e| e.into_inner())
}

fn page() -> usize {
    map::page_size()
}

fn of(table: &mut BTreeMap<usize, Reservation>, address: usize) -> Option<(usize, &mut Reservation)> {
    let (base, reservation) = table.range_mut(..=address).next_back()?;
    (address - base < reservation.len).then_some((*base, reservation))
}

/// The bits of mprotect for a protection of private memory; `None` if it is none. PAGE_GUARD lets nobody in.
fn bits(protect: u32) -> Option<i32> {
    let (none, read, write, execute) = (
        libc::PROT_NONE,
        libc::PROT_READ,
        libc::PROT_WRITE,
        libc::PROT_EXEC,
    );
    let extra = PAGE_GUARD | PAGE_NOCACHE | PAGE_WRITECOMBINE | PAGE_TARGETS_INVALID;
    let plain = match protect & !extra {
        PAGE_NOACCESS => none,
        PAGE_READONLY => read,
        PAGE_READWRITE => read | write,
        PAGE_EXECUTE => execute,
        PAGE_EXECUTE_READ => read | execute,
        PAGE_EXECUTE_READWRITE => read | write | execute,
        _ => return None,
    };
    match protect & PAGE_GUARD {
        0 => Some(plain),
        _ if plain == none => None,
        _ => Some(none),
    }
}

/// The protection that mprotect's bits come to.
pub(crate) fn protection_of(bits: i32) -> u32 {
    let (read, write, execute) = (
        bits & libc::PROT_READ != 0,
        bits & libc::PROT_WRITE != 0,
        bits & libc::PROT_EXEC != 0,
    );
    match (read, write, execute) {
        (false, false, false) => PAGE_NOACCESS,
        (_, false, false) => PAGE_READONLY,
        (_, true, false) => PAGE_READWRITE,
        (false, false, true) => PAGE_EXECUTE,
        (true, false, true) => PAGE_EXECUTE_READ,
        (_, true, true) => PAGE_EXECUTE_READWRITE,
    }
}

fn errno() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

fn map_none(address: usize, len: usize, flags: i32) -> Outcome<usize> {
    // SAFETY: a fresh mapping of no file; with MAP_FIXED the caller passes a range of this table.
    let at = unsafe {
        libc::mmap(
            std::ptr::without_provenance_mut(address),
            len,
            libc::PROT_NONE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE | flags,
            -1,
            0,
        )
    };
    match at {
        libc::MAP_FAILED if errno() == libc::EEXIST => Err(Win32Code::INVALID_ADDRESS),
        libc::MAP_FAILED => Err(Win32Code::NOT_ENOUGH_MEMORY),
        at => Ok(at.expose_provenance()),
    }
}

fn unmap(base: usize, len: usize) {
    if len > 0 {
        // SAFETY: the callers pass ranges that they have mapped themselves and that nobody uses any more.
        unsafe { libc::munmap(std::ptr::with_exposed_provenance_mut(base), len) };
    }
}

fn let_in(range: Range<usize>, bits: i32) -> Outcome<()> {
    // SAFETY: a range of this table, or memory whose owner has asked for the change by calling VirtualProtect on it.
    let done = unsafe {
        libc::mprotect(
            std::ptr::with_exposed_provenance_mut(range.start),
            range.len(),
            bits,
        )
    };
    match done {
        0 => Ok(()),
        _ if errno() == libc::EACCES => Err(Win32Code::ACCESS_DENIED),
        _ => Err(Win32Code::COMMITMENT_LIMIT),
    }
}

/// Maps `len` bytes without access: at `address`, or at a multiple of `align` that the system chooses.
fn reserve_range(address: Option<usize>, len: usize, align: usize) -> Outcome<usize> {
    if let Some(address) = address {
        let at = map_none(address, len, libc::MAP_FIXED_NOREPLACE)?;
        if at != address {
            unmap(at, len); // a kernel before 4.17 took the address as a hint
            return Err(Win32Code::INVALID_ADDRESS);
        }
        return Ok(at);
    }
    let more = len.checked_add(align).ok_or(Win32Code::NOT_ENOUGH_MEMORY)?;
    let got = map_none(0, more, 0)?;
    let base = got.next_multiple_of(align);
    unmap(got, base - got);
    unmap(base + len, got + more - base - len);
    Ok(base)
}

/// The parameters of the newest functions.
#[derive(Debug, Default)]
pub(crate) struct Extended {
    /// Where the memory may lie.
    pub(crate) address: Option<MEM_ADDRESS_REQUIREMENTS>,
}

impl Extended {
    /// Reads `count` parameters. Errors: 998; 87 for a kind that is not known here, for impossible requirements, for two of a kind.
    pub(crate) fn read(at: In<MEM_EXTENDED_PARAMETER>, count: u32) -> Outcome<Extended> {
        let mut extended = Extended::default();
        if count > 8 {
            return Err(Win32Code::INVALID_PARAMETER);
        }
        for parameter in at.read_many(count as usize)? {
            match parameter._type & 0xff {
                1 if extended.address.is_none() => {
                    let address: MEM_ADDRESS_REQUIREMENTS = In::at(parameter.ULong64 as usize).read()?;
                    let aligned = address.Alignment == 0
                        || (address.Alignment.is_power_of_two() && address.Alignment >= GRANULARITY);
                    let low = address.LowestStartingAddress.is_multiple_of(GRANULARITY);
                    let high = address.HighestEndingAddress == 0
                        || address
                            .HighestEndingAddress
                            .checked_add(1)
                            .is_some_and(|end| end.is_multiple_of(page()));
                    if !aligned || !low || !high {
                        return Err(Win32Code::INVALID_PARAMETER);
                    }
                    extended.address = Some(address);
                }
                2 => {} // a memory node: a wish, and Linux places pages where they are touched first
                _ => return Err(Win32Code::INVALID_PARAMETER),
            }
        }
        Ok(extended)
    }

    /// For a function that makes no addresses. Errors: 87.
    pub(crate) fn without_address(&self) -> Outcome<()> {
        match self.address {
            None => Ok(()),
            Some(_) => Err(Win32Code::INVALID_PARAMETER),
        }
    }
}

/// Bases at which `len` bytes are free now and which meet the requirements, highest gaps first; a few of them.
pub(crate) fn free_places(wanted: &MEM_ADDRESS_REQUIREMENTS, len: usize) -> Outcome<Vec<usize>> {
    let user = map::user_range();
    let lowest = wanted.LowestStartingAddress.max(user.first as usize);
    let highest = match wanted.HighestEndingAddress {
        0 => user.last as usize,
        end => end.min(user.last as usize),
    };
    let align = wanted.Alignment.max(GRANULARITY);
    let mut places = Vec::new();
    let mut free_from = lowest;
    let mut look = |from: usize, to: usize| {
        let end = to.min(highest.saturating_add(1));
        if let Some(last) = end.checked_sub(len) {
            let base = last / align * align;
            if base >= from.max(lowest) {
                places.push(base);
            }
        }
    };
    for range in crate::address_space::ranges()? {
        look(free_from, range.start);
        free_from = free_from.max(range.end);
    }
    look(free_from, highest.saturating_add(1));
    places.reverse();
    places.truncate(64);
    Ok(places)
}

/// What `VirtualAlloc` was asked for.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) address: usize,
    pub(crate) len: usize,
    pub(crate) kind: u32,
    pub(crate) protect: u32,
    pub(crate) requirements: Option<MEM_ADDRESS_REQUIREMENTS>,
}

/// `VirtualAlloc` outside views. Errors: 8, 87, 487, 1314, 1455.
pub(crate) fn allocate(request: &Request) -> Outcome<usize> {
    let Request {
        address,
        len,
        kind,
        protect,
        ..
    } = *request;
    let known = MEM_COMMIT
        | MEM_RESERVE
        | MEM_RESET
        | MEM_RESET_UNDO
        | MEM_TOP_DOWN
        | MEM_LARGE_PAGES
        | MEM_RESERVE_PLACEHOLDER
        | MEM_REPLACE_PLACEHOLDER;
    let bits = bits(protect).ok_or(Win32Code::INVALID_PARAMETER)?;
    if len == 0 || kind & !known != 0 {
        return Err(Win32Code::INVALID_PARAMETER);
    }
    let end = address.checked_add(len).ok_or(Win32Code::INVALID_PARAMETER)?;
    if end as u64 > map::user_range().last {
        return Err(Win32Code::INVALID_PARAMETER);
    }
    let pages = address / page() * page()..end.next_multiple_of(page());
    if kind & (MEM_RESET | MEM_RESET_UNDO) != 0 {
        // The contents may be thrown away, and need not be.
        let mut table = table();
        let (base, reservation) = of(&mut table, address).ok_or(Win32Code::INVALID_ADDRESS)?;
        let range = pages.start - base..pages.end - base;
        let good = kind.count_ones() == 1
            && range.end <= reservation.len
            && reservation.all(range, |state| state.is_some());
        return if good {
            Ok(pages.start)
        } else {
            Err(Win32Code::INVALID_ADDRESS)
        };
    }
    if kind & MEM_LARGE_PAGES != 0 {
        if kind & (MEM_RESERVE | MEM_COMMIT) != MEM_RESERVE | MEM_COMMIT
            || !len.is_multiple_of(filemap::LARGE_PAGE as usize)
        {
            return Err(Win32Code::INVALID_PARAMETER);
        }
        if !process::may_lock_memory() {
            return Err(Win32Code::PRIVILEGE_NOT_HELD);
        }
    }
    if kind & MEM_REPLACE_PLACEHOLDER != 0 {
        let needs = MEM_RESERVE | MEM_REPLACE_PLACEHOLDER;
        if kind & needs != needs || request.requirements.is_some() {
            return Err(Win32Code::INVALID_PARAMETER);
        }
        replace_placeholder(address, pages.len(), || Ok(()))?;
        table().insert(address, Reservation::new(pages.len(), protect, false));
    } else if kind & (MEM_RESERVE | MEM_RESERVE_PLACEHOLDER) != 0 || (kind & MEM_COMMIT != 0 && address == 0)
    {
        let placeholder = kind & MEM_RESERVE_PLACEHOLDER != 0;
        if placeholder && (kind & MEM_RESERVE == 0 || kind & MEM_COMMIT != 0 || protect != PAGE_NOACCESS) {
            return Err(Win32Code::INVALID_PARAMETER);
        }
        let base = reserve(request, &pages)?;
        let len = if address == 0 {
            pages.len()
        } else {
            pages.end - base
        };
        table().insert(base, Reservation::new(len, protect, placeholder));
        if kind & MEM_COMMIT != 0 {
            return commit(base..base + len, protect, bits)
                .map(|()| base)
                .inspect_err(|_| {
                    let _ = free(base, 0, MEM_RELEASE);
                });
        }
        return Ok(base);
    } else if kind & MEM_COMMIT == 0 {
        return Err(Win32Code::INVALID_PARAMETER);
    }
    if kind & MEM_COMMIT != 0 {
        commit(pages.clone(), protect, bits)?;
    }
    Ok(pages.start)
}

fn reserve(request: &Request, pages: &Range<usize>) -> Outcome<usize> {
    if let Some(wanted) = &request.requirements {
        if request.address != 0 {
            return Err(Win32Code::INVALID_PARAMETER);
        }
        for base in free_places(wanted, pages.len())? {
            match reserve_range(Some(base), pages.len(), GRANULARITY) {
                Err(Win32Code::INVALID_ADDRESS) => {}
                other => return other,
            }
        }
        return Err(Win32Code::NOT_ENOUGH_MEMORY);
    }
    match request.address {
        0 => {
            let align = match request.kind & MEM_LARGE_PAGES {
                0 => GRANULARITY,
                _ => filemap::LARGE_PAGE as usize,
            };
            reserve_range(None, pages.len(), align)
        }
        address => {
            let base = address / GRANULARITY * GRANULARITY;
            if (base as u64) < map::user_range().first {
                return Err(Win32Code::INVALID_ADDRESS);
            }
            reserve_range(Some(base), pages.end - base, GRANULARITY)
        }
    }
}

fn commit(pages: Range<usize>, protect: u32, bits: i32) -> Outcome<()> {
    // Small pieces are not worth the question: what is short then shows when they are touched.
    if pages.len() >= 64 << 20 && process::available_memory().is_some_and(|free| pages.len() as u64 > free) {
        return Err(Win32Code::COMMITMENT_LIMIT);
    }
    let mut table = table();
    let (base, reservation) = of(&mut table, pages.start).ok_or(Win32Code::INVALID_ADDRESS)?;
    if pages.end - base > reservation.len || reservation.placeholder {
        return Err(Win32Code::INVALID_ADDRESS);
    }
    let_in(pages.clone(), bits)?;
    reservation.set(pages.start - base..pages.end - base, Some(protect));
    Ok(())
}

/// `VirtualFree` outside views. Errors: 87, 487.
pub(crate) fn free(address: usize, len: usize, kind: u32) -> Outcome<()> {
    let mut table = table();
    match kind {
        MEM_DECOMMIT => {
            let (base, reservation) = of(&mut table, address).ok_or(Win32Code::INVALID_ADDRESS)?;
            let range = match len {
                0 if address == base => base..base + reservation.len,
                0 => return Err(Win32Code::INVALID_PARAMETER),
                _ => {
                    let end = address.checked_add(len).ok_or(Win32Code::INVALID_PARAMETER)?;
                    address / page() * page()..end.next_multiple_of(page())
                }
            };
            if range.end - base > reservation.len || reservation.placeholder {
                return Err(Win32Code::INVALID_ADDRESS);
            }
            map_none(range.start, range.len(), libc::MAP_FIXED)?;
            reservation.set(range.start - base..range.end - base, None);
            Ok(())
        }
        MEM_RELEASE => {
            if len != 0 {
                return Err(Win32Code::INVALID_PARAMETER);
            }
            let (base, _) = of(&mut table, address).ok_or(Win32Code::INVALID_ADDRESS)?;
            if base != address {
                return Err(Win32Code::INVALID_ADDRESS);
            }
            if let Some(gone) = table.remove(&base) {
                unmap(base, gone.len);
            }
            Ok(())
        }
        _ if kind == MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER => split(&mut table, address, len),
        _ if kind == MEM_RELEASE | MEM_COALESCE_PLACEHOLDERS => join(&mut table, address, len),
        _ => Err(Win32Code::INVALID_PARAMETER),
    }
}

/// Makes of a part of a placeholder one of its own, or of a private allocation a placeholder again.
fn split(table: &mut BTreeMap<usize, Reservation>, address: usize, len: usize) -> Outcome<()> {
    let end = address.checked_add(len).ok_or(Win32Code::INVALID_PARAMETER)?;
    let (base, old) = of(table, address).ok_or(Win32Code::INVALID_ADDRESS)?;
    let old_len = old.len;
    if len == 0 || !address.is_multiple_of(page()) || !len.is_multiple_of(page()) || end > base + old_len {
        return Err(Win32Code::INVALID_ADDRESS);
    }
    if !old.placeholder {
        if (base, old_len) != (address, len) {
            return Err(Win32Code::INVALID_ADDRESS);
        }
        map_none(base, len, libc::MAP_FIXED)?;
        *old = Reservation::new(len, PAGE_NOACCESS, true);
        return Ok(());
    }
    if (base, old_len) == (address, len) {
        return Err(Win32Code::INVALID_ADDRESS); // nothing to split
    }
    table.remove(&base);
    for piece in [base..address, address..end, end..base + old_len] {
        if !piece.is_empty() {
            table.insert(piece.start, Reservation::new(piece.len(), PAGE_NOACCESS, true));
        }
    }
    Ok(())
}

/// Makes one placeholder of several that lie side by side.
fn join(table: &mut BTreeMap<usize, Reservation>, address: usize, len: usize) -> Outcome<()> {
    let end = address.checked_add(len).ok_or(Win32Code::INVALID_PARAMETER)?;
    let mut at = address;
    let mut pieces = 0;
    while at < end {
        match table.get(&at) {
            Some(piece) if piece.placeholder => at += piece.len,
            _ => return Err(Win32Code::INVALID_ADDRESS),
        }
        pieces += 1;
    }
    if at != end || pieces < 2 {
        return Err(Win32Code::INVALID_ADDRESS);
    }
    table.retain(|base, _| !(address..end).contains(base));
    table.insert(address, Reservation::new(len, PAGE_NOACCESS, true));
    Ok(())
}

/// Takes the placeholder of exactly this place out of the table while `replace` puts something over it; it comes back if that
/// fails. Errors: 487 if there is no such placeholder, and what `replace` gives.
pub(crate) fn replace_placeholder<T>(
    base: usize,
    len: usize,
    replace: impl FnOnce() -> Outcome<T>,
) -> Outcome<T> {
    let mut table = table();
    match table.get(&base) {
        Some(old) if old.placeholder && old.len == len => {}
        _ => return Err(Win32Code::INVALID_ADDRESS),
    }
    let made = replace()?;
    table.remove(&base);
    Ok(made)
}

/// Takes over what a view has left behind: reserved memory in its place.
pub(crate) fn add_placeholder(base: usize, len: usize) {
    table().insert(base, Reservation::new(len, PAGE_NOACCESS, true));
}

/// What is known of the pages at an address.
#[derive(Debug)]
pub(crate) struct Pages {
    pub(crate) allocation_base: usize,
    pub(crate) allocation_protect: u32,
    /// From the page of the address to the last one that is like it.
    pub(crate) range: Range<usize>,
    /// Protection; `None` for reserved pages.
    pub(crate) protect: Option<u32>,
}

/// The state of the pages at an address of this table.
pub(crate) fn query(address: usize) -> Option<Pages> {
    let mut table = table();
    let (base, reservation) = of(&mut table, address)?;
    let start = address / page() * page();
    let (run, protect) = reservation.run(start - base);
    Some(Pages {
        allocation_base: base,
        allocation_protect: reservation.protect,
        range: start..base + run.end,
        protect,
    })
}

/// Changes the protection of private memory and gives the old one of the first page; `None` if the address is not of this
/// table. Errors: 87 for a protection that private memory can't have, 487 for pages that are not committed.
pub(crate) fn protect(pages: Range<usize>, new: u32) -> Option<Outcome<u32>> {
    let mut table = table();
    let (base, reservation) = of(&mut table, pages.start)?;
    let range = pages.start - base..pages.end - base;
    if range.end > reservation.len || !reservation.all(range.clone(), |state| state.is_some()) {
        return Some(Err(Win32Code::INVALID_ADDRESS));
    }
    let Some(bits) = bits(new) else {
        return Some(Err(Win32Code::INVALID_PARAMETER));
    };
    let old = reservation.run(range.start).1.unwrap_or(PAGE_NOACCESS);
    Some(let_in(pages, bits).map(|()| {
        reservation.set(range, Some(new));
        old
    }))
}

/// Changes the protection of memory that others have mapped: the program's own image, its heap. Errors: 87, 487.
pub(crate) fn protect_foreign(pages: Range<usize>, new: u32) -> Outcome<u32> {
    let bits = bits(new).ok_or(Win32Code::INVALID_PARAMETER)?;
    let mut old = None;
    let mut at = pages.start;
    while at < pages.end {
        let range = crate::address_space::at(at)?.ok_or(Win32Code::INVALID_ADDRESS)?;
        old.get_or_insert(protection_of(range.protection));
        at = range.end;
    }
    let_in(pages, bits).map_err(|e| match e {
        Win32Code::COMMITMENT_LIMIT => Win32Code::INVALID_ADDRESS,
        e => e,
    })?;
    Ok(old.unwrap_or(PAGE_NOACCESS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_split_and_join() {
        let mut reservation = Reservation::new(10 * 4096, PAGE_READWRITE, false);
        reservation.set(2 * 4096..5 * 4096, Some(PAGE_READWRITE));
        reservation.set(3 * 4096..4 * 4096, Some(PAGE_READONLY));
        let state = |r: &Reservation, page: usize| r.run(page * 4096).1;
        assert_eq!(reservation.runs.len(), 5);
        assert_eq!(
            (0..6).map(|page| state(&reservation, page)).collect::<Vec<_>>(),
            [None, None, Some(4), Some(2), Some(4), None]
        );
        reservation.set(3 * 4096..4 * 4096, Some(PAGE_READWRITE));
        assert_eq!(reservation.run(3 * 4096).0, 2 * 4096..5 * 4096);
        assert_eq!(reservation.runs.len(), 3);
        reservation.set(0..10 * 4096, None);
        assert_eq!(reservation.runs.len(), 1);
        reservation.set(9 * 4096..10 * 4096, Some(PAGE_READONLY));
        assert_eq!(reservation.run(0).0, 0..9 * 4096);
        assert_eq!(reservation.run(9 * 4096), (9 * 4096..10 * 4096, Some(2)));
    }

    proptest::proptest! {
        #[test]
        fn runs_say_the_same_as_a_list_of_pages(ops in proptest::collection::vec((0..16_usize, 1..17_usize, 0..3_u32), 1..40)) {
            let mut reservation = Reservation::new(16, 4, false);
            let mut pages = [None; 16];
            for (start, len, state) in ops {
                let (end, state) = ((start + len).min(16), (state > 0).then_some(state));
                reservation.set(start..end, state);
                pages[start..end].fill(state);
                for (at, page) in pages.iter().enumerate() {
                    proptest::prop_assert_eq!(reservation.run(at).1, *page);
                }
                let states: Vec<_> = reservation.runs.values().collect();
                proptest::prop_assert!(states.windows(2).all(|pair| pair[0] != pair[1]));
            }
        }
    }
}
