//! Looking at everything.

use super::*;

impl<W: Words> Heap<'_, W> {
    /// Looks at everything: blocks, free lists, names. What a damaged heap would answer with later, it answers now.
    ///
    /// # Errors
    /// `ERROR_FILE_CORRUPT` (1392) with the first thing that is wrong.
    pub fn verify(&self) -> Result<Usage, Why> {
        let change = self.change()?;
        let bounds = self.bounds()?;
        let (mut at, mut free, mut free_blocks, mut used) = (bounds.start, 0, 0, 0);
        let mut after_free = false;
        while at < bounds.end - HEADER {
            let block = self.block(&change, at)?;
            self.next(&change, &block)?;
            if !block.used {
                if after_free {
                    return Err(damaged(format!("two free blocks in a row at offset {at}")));
                }
                free += block.size;
                free_blocks += 1;
            } else {
                used += 1;
            }
            after_free = !block.used;
            at = block.end();
        }
        let mut listed = 0;
        for bin in 0..BIN_COUNT {
            let (mut at, mut previous) = (change.load(self.at + BINS + 8 * bin)?, 0);
            let bit = change.load(self.at + BITMAP)? & (1 << bin) != 0;
            if bit != (at != 0) {
                return Err(damaged(format!("the bitmap of free lists is wrong at {bin}")));
            }
            while at != 0 {
                listed += 1;
                let block = self.block(&change, at)?;
                if block.used
                    || bin_of(block.size) != bin
                    || change.load(at + 24)? != previous
                    || listed > free_blocks
                {
                    return Err(damaged(format!(
                        "the free list of bin {bin} is broken at offset {at}"
                    )));
                }
                (previous, at) = (at, change.load(at + 16)?);
            }
        }
        self.names()?;
        let usage = self.usage()?;
        match (usage.free, usage.blocks, listed) == (free, used, free_blocks) {
            true => Ok(usage),
            false => Err(damaged(format!(
                "the heap's counts are {} free bytes and {} blocks, found {free} and {used}, {listed} of {free_blocks} listed",
                usage.free, usage.blocks
            ))),
        }
    }
}
