//! How long a wait looks before it sleeps.
//!
//! Another CPU that answers within a microsecond is 25 times faster than a sleep and a wake, and one that does not is
//! a waste. So the number of looks follows, per object, what it brought lately: it shrinks to none where nobody
//! answers in time (all on one CPU, long waits), and now and then one longer look finds out whether that has changed.

use super::page::Page;
use std::sync::LazyLock;
use std::sync::atomic::Ordering;

/// Most looks; about as long as a sleep and a wake from another CPU take.
const MOST: u32 = 2000;
/// Fewer than these are none.
const FEWEST: u32 = 32;
/// Waits without a look until one is tried again.
const REST: u32 = 1000;
/// Looks of a new object.
pub(super) const START: u32 = 1000;
/// In the counter of an object: the rest is a countdown of [`REST`].
const RESTING: u32 = 1 << 31;

static SEVERAL_CPUS: LazyLock<bool> =
    LazyLock::new(|| std::thread::available_parallelism().is_ok_and(|n| n.get() > 1) || online() > 1);

/// CPUs of the machine: a partner may run on one where this process may not.
fn online() -> usize {
    std::fs::read_to_string("/sys/devices/system/cpu/online")
        .map_or(1, |list| if list.trim() == "0" { 1 } else { 2 })
}

/// Looks at the objects for a bounded while; `true` as soon as one may be signalled.
pub(super) fn look(pages: &[&Page]) -> bool {
    let Some(first) = pages.first() else { return false };
    let before = first.spins.load(Ordering::Relaxed);
    if before & RESTING != 0 && before & !RESTING > 0 {
        first.spins.store(before - 1, Ordering::Relaxed);
        return false;
    }
    if !*SEVERAL_CPUS {
        return false;
    }
    let budget = if before & RESTING != 0 {
        MOST
    } else {
        before.min(MOST)
    };
    for _ in 0..budget / pages.len() as u32 {
        if pages
            .iter()
            .any(|page| page.kind.is_signalled(page.load()) == Some(true))
        {
            first
                .spins
                .store((budget + budget / 4 + 1).min(MOST), Ordering::Relaxed);
            return true;
        }
        std::hint::spin_loop();
    }
    let less = if before & RESTING != 0 { 0 } else { budget / 2 };
    first.spins.store(
        if less < FEWEST { RESTING | REST } else { less },
        Ordering::Relaxed,
    );
    false
}
