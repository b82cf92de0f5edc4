//! Blocks in and out of the free lists.

use super::*;

impl<'a, W: Words> Heap<'a, W> {
    pub(super) fn unlink(&self, change: &mut Change<'_, W>, block: &Block) -> Result<(), Why> {
        let bin = self.at + BINS + 8 * bin_of(block.size);
        let (next, previous) = (change.load(block.at + 16)?, change.load(block.at + 24)?);
        let broken = || damaged(format!("the free list at offset {} is broken", block.at));
        if next != 0 {
            if self.block(change, next)?.used || change.load(next + 24)? != block.at {
                return Err(broken());
            }
            change.store(next + 24, previous)?;
        }
        if previous == 0 {
            if change.load(bin)? != block.at {
                return Err(broken());
            }
            change.store(bin, next)?;
            if next == 0 {
                let bitmap = change.load(self.at + BITMAP)?;
                change.store(self.at + BITMAP, bitmap & !(1 << bin_of(block.size)))?;
            }
        } else {
            if self.block(change, previous)?.used || change.load(previous + 16)? != block.at {
                return Err(broken());
            }
            change.store(previous + 16, next)?;
        }
        let free = change.load(self.at + FREE)?;
        change.store(self.at + FREE, free.wrapping_sub(block.size))
    }

    pub(super) fn put_free(
        &self,
        change: &mut Change<'_, W>,
        at: u64,
        size: u64,
        before: u64,
    ) -> Result<(), Why> {
        let bin = self.at + BINS + 8 * bin_of(size);
        let head = change.load(bin)?;
        change.store(at, TAG | size)?;
        change.store(at + 8, before)?;
        change.store(at + 16, head)?;
        change.store(at + 24, 0)?;
        if head != 0 {
            self.block(change, head)?;
            change.store(head + 24, at)?;
        }
        change.store(bin, at)?;
        let (bitmap, free) = (change.load(self.at + BITMAP)?, change.load(self.at + FREE)?);
        change.store(self.at + BITMAP, bitmap | 1 << bin_of(size))?;
        change.store(self.at + FREE, free.wrapping_add(size))
    }

    /// Takes a block for `len` bytes at a multiple of `align` out of the free lists; gives its payload's offset.
    pub(super) fn take(&self, change: &mut Change<'_, W>, len: u64, align: u64) -> Result<u64, Why> {
        if !align.is_power_of_two() {
            return Err(Why::Argument {
                what: format!("an alignment of {align} is no power of two"),
            });
        }
        let bounds = self.bounds()?;
        let full = |heap: &Self| Why::HeapFull {
            wanted: len,
            free: heap.words.load(heap.at + FREE).unwrap_or(0),
        };
        if len > bounds.end - bounds.start {
            return Err(full(self));
        }
        let need = round_up(len + HEADER, 16).max(LEAST);
        // Where the payload begins in a block, so that what is left before it can be a block too.
        let payload_in = |block: u64| {
            let mut payload = round_up(block + HEADER, align.max(16));
            while payload != block + HEADER && payload - HEADER - block < LEAST {
                payload = payload.saturating_add(align);
            }
            payload
        };
        let limit = (bounds.end - bounds.start) / LEAST + 1;
        let mut steps = 0;
        let bitmap = change.load(self.at + BITMAP)?;
        for bin in (bin_of(need)..BIN_COUNT).filter(|bin| bitmap & (1 << bin) != 0) {
            let mut at = change.load(self.at + BINS + 8 * bin)?;
            while at != 0 {
                steps += 1;
                if steps > limit {
                    return Err(Why::CyclicList { steps });
                }
                let block = self.block(change, at)?;
                if block.used {
                    return Err(damaged(format!(
                        "the used block at offset {at} is in a free list"
                    )));
                }
                let start = payload_in(at) - HEADER;
                if start.saturating_add(need) <= block.end() {
                    self.carve(change, &block, start, need)?;
                    return Ok(start + HEADER);
                }
                at = change.load(at + 16)?;
            }
        }
        Err(full(self))
    }

    /// Makes `start..start + need` of a free block a used one, and what is left before and behind free ones.
    pub(super) fn carve(
        &self,
        change: &mut Change<'_, W>,
        block: &Block,
        start: u64,
        need: u64,
    ) -> Result<(), Why> {
        let next = self.next(change, block)?;
        self.unlink(change, block)?;
        let mut before = block.before;
        if start > block.at {
            self.put_free(change, block.at, start - block.at, before)?;
            before = start - block.at;
        }
        let rest = block.end() - start - need;
        let size = if rest >= LEAST { need } else { need + rest };
        change.store(start, TAG | size | USED)?;
        change.store(start + 8, before)?;
        match rest >= LEAST {
            true => {
                self.put_free(change, start + need, rest, size)?;
                change.store(next.at + 8, rest)?;
            }
            false => change.store(next.at + 8, size)?,
        }
        let count = change.load(self.at + COUNT)?;
        change.store(self.at + COUNT, count.wrapping_add(1))
    }

    pub(super) fn give_back(&self, change: &mut Change<'_, W>, payload: u64) -> Result<(), Why> {
        let unknown = Why::NotAllocated { offset: payload };
        let Some(at) = payload.checked_sub(HEADER) else {
            return Err(unknown);
        };
        let block = self.block(change, at).map_err(|_| unknown.clone())?;
        if !block.used || at == self.bounds()?.end - HEADER {
            return Err(unknown);
        }
        let (mut start, mut size, mut before) = (at, block.size, block.before);
        let mut next = self.next(change, &block)?;
        if !next.used {
            self.unlink(change, &next)?;
            size += next.size;
            next = self.next(change, &next)?;
        }
        if let Some(previous) = self.previous(change, &block)?
            && !previous.used
        {
            self.unlink(change, &previous)?;
            (start, size, before) = (previous.at, size + previous.size, previous.before);
            // A header inside a free block must not pass for one: a second free of it is an error then.
            change.store(at, 0)?;
        }
        self.put_free(change, start, size, before)?;
        change.store(next.at + 8, size)?;
        let count = change.load(self.at + COUNT)?;
        change.store(self.at + COUNT, count.wrapping_sub(1))
    }
}
