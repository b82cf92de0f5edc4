//! A heap in shared memory: blocks with boundary tags, free lists by size, names; every change through the [`journal`].
//!
//! ```text
//!  at: header | free-list heads | name buckets | journal | block … block | end mark
//!  block: tag, size, used | size of the block before | payload, or (free) next and previous of its list
//! ```
//!
//! The caller holds the lock for every call and has called [`Heap::recover`] since it got it. Links and sizes are
//! believed only after they agree with their neighbours; lists are followed no further than blocks can exist.
//!
//! Why not a ready allocator core: those that are kept well (talc, linked_list_allocator, buddy_system_allocator) keep
//! absolute addresses and change several words without a way back, so a process killed inside would leave them broken.

use super::journal::{self, Change, Journal};
use super::{Words, bytes_as_words, round_up};
use crate::error::Why;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

mod lists;
mod names;
mod verify;

const VERSION: u64 = u64::from_ne_bytes(*b"FMHEAP01");
const START: u64 = 8;
const END: u64 = 16;
const FREE: u64 = 24;
const COUNT: u64 = 32;
const BITMAP: u64 = 40;
const BINS: u64 = 48;
const BIN_COUNT: u64 = 48;
const BUCKETS: u64 = BINS + 8 * BIN_COUNT;
const BUCKET_COUNT: u64 = 64;
const JOURNAL: u64 = BUCKETS + 8 * BUCKET_COUNT;
/// Bytes before the first block.
pub const OVERHEAD: u64 = round_up(JOURNAL + journal::LEN, 16);
const HEADER: u64 = 16;
const LEAST: u64 = 32;
const TAG: u64 = 0xF11E << 48;
const SIZE_MASK: u64 = (1 << 48) - 16;
const USED: u64 = 1;
/// Most bytes of a name.
pub const NAME_MOST: usize = 255;

/// A heap at `at` in `words`.
#[derive(Debug)]
pub struct Heap<'a, W> {
    words: &'a W,
    at: u64,
}

/// What the heap knows of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Bytes of all blocks, headers included.
    pub total: u64,
    /// Bytes of free blocks.
    pub free: u64,
    /// How many blocks are given out.
    pub blocks: u64,
}

#[derive(Clone, Copy, Debug)]
struct Block {
    at: u64,
    size: u64,
    used: bool,
    before: u64,
}

impl Block {
    fn end(&self) -> u64 {
        self.at + self.size
    }
}

fn damaged(what: String) -> Why {
    Why::Damaged { what }
}

fn bin_of(size: u64) -> u64 {
    u64::from(63 - size.max(1).leading_zeros()).min(BIN_COUNT - 1)
}

fn hash(name: &str) -> u64 {
    super::fingerprint::Fingerprint::new(name).finish()
}

impl<'a, W: Words> Heap<'a, W> {
    /// The heap that lies at `at`, a multiple of 16.
    pub fn new(words: &'a W, at: u64) -> Heap<'a, W> {
        Heap { words, at }
    }

    /// Makes an empty heap of `len` bytes, header included, in fresh memory that nobody else uses yet.
    ///
    /// # Errors
    /// `ERROR_INVALID_PARAMETER` (87) if `len` is too small; the memory's own.
    pub fn format(&self, len: u64) -> Result<(), Why> {
        let (start, end) = (self.at + OVERHEAD, (self.at + len) & !15);
        if !self.at.is_multiple_of(16) || end < start + LEAST + HEADER {
            return Err(Why::Argument {
                what: format!("a shared heap needs at least {} bytes", OVERHEAD + LEAST + HEADER),
            });
        }
        for word in (self.at..start).step_by(8) {
            self.words.store(word, 0)?;
        }
        let size = end - HEADER - start;
        for (at, value) in [
            (self.at + START, start),
            (self.at + END, end),
            (self.at + FREE, size),
            (start, TAG | size),
            (start + 8, 0),
            (start + 16, 0),
            (start + 24, 0),
            (end - HEADER, TAG | HEADER | USED),
            (end - 8, size),
            (self.at + BINS + 8 * bin_of(size), start),
            (self.at + BITMAP, 1 << bin_of(size)),
            (self.at, VERSION),
        ] {
            self.words.store(at, value)?;
        }
        Ok(())
    }

    /// Finishes what a dead owner of the lock has left half done; `true` if there was something.
    ///
    /// # Errors
    /// `ERROR_FILE_CORRUPT` (1392).
    pub fn recover(&self) -> Result<bool, Why> {
        journal::recover(self.words, self.journal()?)
    }

    fn journal(&self) -> Result<Journal, Why> {
        if self.words.load(self.at)? != VERSION {
            return Err(damaged("there is no shared heap here".into()));
        }
        Ok(Journal {
            at: self.at + JOURNAL,
            first: self.at,
            end: self.bounds()?.end,
        })
    }

    fn bounds(&self) -> Result<Range<u64>, Why> {
        let (start, end) = (self.words.load(self.at + START)?, self.words.load(self.at + END)?);
        let fits = start == self.at + OVERHEAD
            && end <= self.words.size()
            && end.is_multiple_of(16)
            && end >= start + LEAST + HEADER;
        match fits {
            true => Ok(start..end),
            false => Err(damaged(format!("the heap's bounds are {start} to {end}"))),
        }
    }

    fn change(&self) -> Result<Change<'a, W>, Why> {
        Ok(Change::new(self.words, self.journal()?))
    }

    fn block(&self, change: &Change<'_, W>, at: u64) -> Result<Block, Why> {
        let bounds = self.bounds()?;
        let bad = || damaged(format!("no block of the heap begins at offset {at}"));
        if !at.is_multiple_of(16) || at < bounds.start || at > bounds.end - HEADER {
            return Err(bad());
        }
        let word = change.load(at)?;
        let block = Block {
            at,
            size: word & SIZE_MASK,
            used: word & USED != 0,
            before: change.load(at + 8)?,
        };
        let is_end = at == bounds.end - HEADER;
        let size_fits = match is_end {
            true => block.size == HEADER && block.used,
            false => block.size >= LEAST && block.size <= bounds.end - HEADER - at,
        };
        let before_fits = match at == bounds.start {
            true => block.before == 0,
            false => {
                block.before >= LEAST && block.before <= at - bounds.start && block.before.is_multiple_of(16)
            }
        };
        match word & !(SIZE_MASK | USED) == TAG && size_fits && before_fits {
            true => Ok(block),
            false => Err(bad()),
        }
    }

    /// The block behind, whose note of this one's size must agree.
    fn next(&self, change: &Change<'_, W>, block: &Block) -> Result<Block, Why> {
        let next = self.block(change, block.end())?;
        match next.before == block.size {
            true => Ok(next),
            false => Err(damaged(format!(
                "the blocks at offsets {} and {} disagree",
                block.at, next.at
            ))),
        }
    }

    fn previous(&self, change: &Change<'_, W>, block: &Block) -> Result<Option<Block>, Why> {
        if block.before == 0 {
            return Ok(None);
        }
        let previous = self.block(change, block.at - block.before)?;
        match previous.size == block.before {
            true => Ok(Some(previous)),
            false => Err(damaged(format!(
                "the blocks at offsets {} and {} disagree",
                previous.at, block.at
            ))),
        }
    }

    /// Allocates `len` bytes at a multiple of `align`; gives their offset. Their contents are whatever was there.
    ///
    /// With a `slot` (the offset of a word in an allocated block), that word becomes the offset in the same indivisible
    /// change: if the process dies, either the block is free or the slot leads to it, so that nothing leaks.
    ///
    /// # Errors
    /// `ERROR_NOT_ENOUGH_MEMORY` (8); 87 for the alignment; 1392 if the heap is damaged; 487 for a slot that is not in a block.
    pub fn allocate(&self, len: u64, align: u64, slot: Option<u64>) -> Result<u64, Why> {
        let mut change = self.change()?;
        let payload = self.take(&mut change, len, align)?;
        if let Some(slot) = slot {
            self.must_be_inside(&change, slot)?;
            change.store(slot, payload)?;
        }
        change.commit()?;
        Ok(payload)
    }

    /// Allocates and fills a block, and links it from `slot`, in one indivisible change.
    ///
    /// # Errors
    /// As [`Heap::allocate`].
    pub fn insert(&self, bytes: &[u8], slot: Option<u64>) -> Result<u64, Why> {
        let mut change = self.change()?;
        let payload = self.take(&mut change, bytes.len() as u64, 16)?;
        self.fill(&mut change, payload, bytes)?;
        if let Some(slot) = slot {
            self.must_be_inside(&change, slot)?;
            change.store(slot, payload)?;
        }
        change.commit()?;
        Ok(payload)
    }

    /// Fills a block that is free until the change is committed. Its first 16 bytes are links of a free list until then, so
    /// they go through the journal; behind them a free block holds nothing.
    fn fill(&self, change: &mut Change<'_, W>, payload: u64, bytes: &[u8]) -> Result<(), Why> {
        let (head, rest) = bytes.split_at(bytes.len().min(16));
        for (i, word) in bytes_as_words(head).enumerate() {
            change.store(payload + 8 * i as u64, word)?;
        }
        self.words.write(payload + 16, rest)
    }

    fn must_be_inside(&self, change: &Change<'_, W>, slot: u64) -> Result<(), Why> {
        let bounds = self.bounds()?;
        let inside = slot.is_multiple_of(8) && slot >= bounds.start + HEADER && slot < bounds.end - HEADER;
        // A pending place is metadata of this very change.
        match inside && change.load(slot)? == self.words.load(slot)? {
            true => Ok(()),
            false => Err(Why::NotAllocated { offset: slot }),
        }
    }

    /// Frees the block whose payload begins at `payload`; with a `slot`, sets that word to null in the same change.
    ///
    /// # Errors
    /// `ERROR_INVALID_ADDRESS` (487) if no block was given out there, such as one that was freed before; 1392.
    pub fn free(&self, payload: u64, slot: Option<u64>) -> Result<(), Why> {
        let mut change = self.change()?;
        if let Some(slot) = slot {
            self.must_be_inside(&change, slot)?;
            change.store(slot, 0)?;
        }
        self.give_back(&mut change, payload)?;
        change.commit()
    }

    /// Bytes that the block at `payload` has room for.
    ///
    /// # Errors
    /// As [`Heap::free`].
    pub fn capacity(&self, payload: u64) -> Result<u64, Why> {
        let unknown = Why::NotAllocated { offset: payload };
        let change = self.change()?;
        let at = payload.checked_sub(HEADER).ok_or(unknown.clone())?;
        match self.block(&change, at) {
            Ok(block) if block.used => Ok(block.size - HEADER),
            _ => Err(unknown),
        }
    }

    /// How full it is.
    ///
    /// # Errors
    /// 1392.
    pub fn usage(&self) -> Result<Usage, Why> {
        let bounds = self.bounds()?;
        Ok(Usage {
            total: bounds.end - HEADER - bounds.start,
            free: self.words.load(self.at + FREE)?,
            blocks: self.words.load(self.at + COUNT)?,
        })
    }

    /// Makes the heap end at `end`, after its owner has committed the memory up to there.
    ///
    /// # Errors
    /// 87 if that is no growth by at least 32 bytes; the memory's own.
    pub fn grow_to(&self, end: u64) -> Result<(), Why> {
        let bounds = self.bounds()?;
        let end = end & !15;
        if end > self.words.size() || end < bounds.end + LEAST {
            return Err(Why::Argument {
                what: format!("the heap ends at {}, it can't grow to {end}", bounds.end),
            });
        }
        // The new end mark lies where nobody looks before the change is made, and the journal may not reach there yet.
        self.words.store(end - HEADER, TAG | HEADER | USED)?;
        let mut change = self.change()?;
        let mark = self.block(&change, bounds.end - HEADER)?;
        let (mut start, mut before) = (mark.at, mark.before);
        if let Some(last) = self.previous(&change, &mark)?
            && !last.used
        {
            self.unlink(&mut change, &last)?;
            change.store(mark.at, 0)?;
            (start, before) = (last.at, last.before);
        }
        let size = end - HEADER - start;
        self.words.store(end - 8, size)?;
        self.put_free(&mut change, start, size, before)?;
        change.store(self.at + END, end)?;
        change.commit()
    }
}

#[cfg(test)]
mod tests;
