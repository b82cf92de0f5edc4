//! Free address ranges: one process's from its map of memory, and what is free in several (V-70, V-75).

use crate::view::GRANULARITY;
use alloc::vec::Vec;
use core::ops::Range;

/// The occupied ranges in the text of `/proc/PID/maps`, in its ascending order; lines that are none are left out.
/// Source: proc(5).
pub fn occupied(maps: &str) -> impl Iterator<Item = Range<u64>> {
    maps.lines().filter_map(|line| {
        let (start, rest) = line.split_once('-')?;
        let end = rest.split_ascii_whitespace().next()?;
        let range = u64::from_str_radix(start, 16).ok()?..u64::from_str_radix(end, 16).ok()?;
        (range.start < range.end).then_some(range)
    })
}

/// What is free in `within` beside `occupied` (in any order): ranges of whole granules (65,536 bytes), of `len` bytes at least.
///
/// ```
/// use filemap_core::shared::ranges::free;
/// let free = free([0x40000..0x41000, 0x60000..0x80000], 0x10000..0x100000, 0x20000);
/// assert_eq!(free, [0x10000..0x40000, 0x80000..0x100000]);
/// ```
pub fn free(occupied: impl IntoIterator<Item = Range<u64>>, within: Range<u64>, len: u64) -> Vec<Range<u64>> {
    let mut occupied: Vec<Range<u64>> = occupied.into_iter().collect();
    occupied.sort_by_key(|range| range.start);
    let (mut free, mut from) = (Vec::new(), within.start);
    for taken in occupied.into_iter().chain(core::iter::once(within.end..u64::MAX)) {
        let range = whole_granules(from..taken.start.min(within.end));
        if range.end.saturating_sub(range.start) >= len.max(1) {
            free.push(range);
        }
        from = from.max(taken.end);
        if from >= within.end {
            break;
        }
    }
    free
}

fn whole_granules(range: Range<u64>) -> Range<u64> {
    let start = super::round_up(range.start, GRANULARITY);
    start..range.end / GRANULARITY * GRANULARITY
}

/// What is in both lists (ascending, without overlap), of `len` bytes at least.
#[must_use]
pub fn intersection(a: &[Range<u64>], b: &[Range<u64>], len: u64) -> Vec<Range<u64>> {
    let (mut both, mut i, mut j) = (Vec::new(), 0, 0);
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        let common = x.start.max(y.start)..x.end.min(y.end);
        if common.end.saturating_sub(common.start) >= len.max(1) {
            both.push(common);
        }
        match x.end < y.end {
            true => i += 1,
            false => j += 1,
        }
    }
    both
}

/// Places for `len` bytes in free ranges, the most promising first: in the middle of the largest range, where neither
/// stacks nor libraries grow to, then the next largest, at most `most`.
#[must_use]
pub fn places(free: &[Range<u64>], len: u64, most: usize) -> Vec<u64> {
    let mut by_size: Vec<&Range<u64>> = free.iter().filter(|r| r.end - r.start >= len).collect();
    by_size.sort_by_key(|r| core::cmp::Reverse(r.end - r.start));
    let mut places = Vec::new();
    // Middles first, then quarters of the same ranges.
    for (part, of) in [(1, 2), (1, 4), (3, 4), (1, 8), (7, 8), (0, 1)] {
        for range in &by_size {
            let slack = range.end - range.start - len;
            let base = (range.start + slack / of * part) / GRANULARITY * GRANULARITY;
            if base >= range.start && !places.contains(&base) {
                places.push(base);
            }
        }
    }
    places.truncate(most);
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_map_of_memory_is_read_and_strange_lines_are_left_out() {
        let maps = "\
00400000-00452000 r-xp 00000000 08:02 173521      /usr/bin/dbus-daemon
00e03000-00e24000 rw-p 00000000 00:00 0           [heap]
nonsense
35b1800000-35b1820000 r-xp 00000000 08:02 135522  /usr/lib64/ld-2.15.so
5-4 r--p 00000000 00:00 0
ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [vsyscall]";
        let ranges: Vec<_> = occupied(maps).collect();
        assert_eq!(ranges.len(), 4);
        assert_eq!(ranges[0], 0x40_0000..0x45_2000);
        assert_eq!(ranges[3].start, 0xffff_ffff_ff60_0000);
    }

    const TOP: u64 = 64 * GRANULARITY;

    fn taken() -> impl Strategy<Value = Vec<Range<u64>>> {
        let range = (0..TOP, 1..8 * GRANULARITY).prop_map(|(start, len)| start..start + len);
        proptest::collection::vec(range, 0..12)
    }

    proptest! {
        // V-75
        #[test]
        fn what_is_said_to_be_free_in_both_is_free_in_both(a in taken(), b in taken(), granules in 1..6_u64) {
            let len = granules * GRANULARITY;
            let is_free = |taken: &[Range<u64>], base: u64| {
                base + len <= TOP && taken.iter().all(|r| r.end <= base || base + len <= r.start)
            };
            let both = intersection(&free(a.clone(), 0..TOP, len), &free(b.clone(), 0..TOP, len), len);
            for base in (0..TOP).step_by(GRANULARITY as usize) {
                let said = both.iter().any(|r| r.start <= base && base + len <= r.end);
                prop_assert_eq!(said, is_free(&a, base) && is_free(&b, base), "{:#x}", base);
            }
            for base in places(&both, len, 8) {
                prop_assert!(base % GRANULARITY == 0 && is_free(&a, base) && is_free(&b, base));
            }
        }
    }
}
