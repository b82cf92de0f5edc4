//! How long a wait looks before it sleeps.
//!
//! Another CPU that answers within a microsecond is 25 times faster than a sleep and a wake, and one that does not is
//! a waste. So the number of looks follows what it brought lately, per object, and is 0 when the thread may run on one
//! CPU only: there nobody can answer while we look.

use super::page::Page;
use std::cell::Cell;
use std::sync::atomic::Ordering;

/// Most looks; about as long as a wake from another CPU takes.
const MOST: u32 = 4000;
/// Fewest, so that a change of habits is noticed.
const FEWEST: u32 = 32;
/// Looks of a new object.
pub(super) const START: u32 = 1000;

thread_local! {
    /// Waits until the number of CPUs is asked again, and whether there are several.
    static CPUS: Cell<(u32, bool)> = const { Cell::new((0, false)) };
}

fn several_cpus() -> bool {
    CPUS.try_with(|cell| {
        let (left, several) = cell.get();
        if left > 0 {
            cell.set((left - 1, several));
            return several;
        }
        let several = rustix::thread::sched_getaffinity(None).is_ok_and(|set| set.count() > 1);
        cell.set((1000, several));
        several
    })
    .unwrap_or(false)
}

/// Looks at the objects for a bounded while; returns as soon as one may be signalled.
pub(super) fn look(pages: &[&Page]) {
    let Some(first) = pages.first() else { return };
    if !several_cpus() {
        return;
    }
    let most = first.spins.load(Ordering::Relaxed).clamp(FEWEST, MOST);
    let looks = most / pages.len() as u32;
    for _ in 0..looks {
        if pages
            .iter()
            .any(|page| page.kind.is_signalled(page.load()) == Some(true))
        {
            first
                .spins
                .store((most + most / 4 + 1).min(MOST), Ordering::Relaxed);
            return;
        }
        std::hint::spin_loop();
    }
    first
        .spins
        .store((most - most / 4).max(FEWEST), Ordering::Relaxed);
}
