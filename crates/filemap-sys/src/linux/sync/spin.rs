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
/// Waits without a look until one is tried again, the first time; twice as many after each trial that brought nothing.
const REST: u32 = 1000;
/// How often that doubles: from then on a trial, 30 us of nothing, comes every 8,000 waits.
const DOUBLINGS: u32 = 3;
/// Looks of a new object.
pub(super) const START: u32 = 1000;
/// In the counter of an object: the rest is a countdown of waits, and how often it was doubled.
const RESTING: u32 = 1 << 31;
const DOUBLED: u32 = 1 << 24;
const COUNTDOWN: u32 = DOUBLED - 1;

/// How many looks the counter of an object grants the next wait.
const fn granted(counter: u32) -> u32 {
    match (counter & RESTING != 0, counter & COUNTDOWN) {
        (true, 0) => MOST,
        (true, _) => 0,
        (false, budget) if budget > MOST => MOST,
        (false, budget) => budget,
    }
}

/// The counter after a wait: `paid` if one of the looks that were granted has seen a signal.
const fn after(counter: u32, paid: bool) -> u32 {
    let looks = granted(counter);
    if paid {
        let more = looks + looks / 4 + 1;
        return if more > MOST { MOST } else { more };
    }
    if counter & RESTING == 0 {
        let less = looks / 2;
        return if less < FEWEST { RESTING | REST } else { less };
    }
    if counter & COUNTDOWN > 0 {
        return counter - 1;
    }
    let doubled = (counter & !RESTING) / DOUBLED + 1;
    let doubled = if doubled > DOUBLINGS { DOUBLINGS } else { doubled };
    RESTING | (doubled * DOUBLED) | (REST << doubled)
}

static SEVERAL_CPUS: LazyLock<bool> =
    LazyLock::new(|| std::thread::available_parallelism().is_ok_and(|n| n.get() > 1) || online() > 1);

/// CPUs of the machine: a partner may run on one where this process may not.
fn online() -> usize {
    std::fs::read_to_string("/sys/devices/system/cpu/online")
        .map_or(1, |list| if list.trim() == "0" { 1 } else { 2 })
}

/// Looks at the objects for a bounded while; `true` as soon as one may be signalled.
pub(super) fn look(pages: &[&Page]) -> bool {
    match pages {
        [] => false,
        [page] => look_at(page),
        [first, ..] => look_so_often(pages, granted(first.spins.load(Ordering::Relaxed))),
    }
}

/// The same for one object.
#[inline(always)]
pub(super) fn look_at(page: &Page) -> bool {
    let counter = page.spins.load(Ordering::Relaxed);
    match granted(counter) {
        0 => {
            page.spins.store(after(counter, false), Ordering::Relaxed);
            false
        }
        looks => look_so_often(&[page], looks),
    }
}

#[inline(never)]
fn look_so_often(pages: &[&Page], looks: u32) -> bool {
    let is_signalled = |page: &&Page| page.kind.is_signalled(page.load()) == Some(true);
    let mut paid = false;
    if *SEVERAL_CPUS {
        for _ in 0..looks / pages.len() as u32 {
            paid = pages.iter().any(is_signalled);
            if paid {
                break;
            }
            std::hint::spin_loop();
        }
    }
    let counter = &pages[0].spins;
    counter.store(after(counter.load(Ordering::Relaxed), paid), Ordering::Relaxed);
    paid
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_that_never_pay_become_rare_and_those_that_do_become_more() {
        let (mut counter, mut looks) = (START, 0);
        for _ in 0..1_000_000 {
            looks += granted(counter);
            counter = after(counter, false);
        }
        assert!(looks <= 130 * MOST, "{looks} looks in a million waits");
        // Nobody has to wait for ever until a faster partner is noticed: 8,000 waits and one.
        let rest = (0..).take_while(|_| {
            let rests = granted(counter) == 0;
            counter = after(counter, false);
            rests
        });
        assert!(rest.count() <= 8_000);
        counter = RESTING;
        for _ in 0..10 {
            assert_eq!(granted(counter), MOST);
            counter = after(counter, true);
        }
        // And one that pays no more is soon given up.
        let rounds = (0..).take_while(|_| {
            counter = after(counter, false);
            granted(counter) > 0
        });
        assert!(rounds.count() < 8);
        assert_eq!(counter, RESTING | REST, "the rest is short again");
    }

    #[test]
    fn no_counter_grants_more_looks_than_are_bounded() {
        for counter in [
            0,
            1,
            FEWEST,
            MOST,
            COUNTDOWN,
            RESTING,
            RESTING | COUNTDOWN,
            u32::MAX,
        ] {
            for paid in [false, true] {
                assert!(granted(after(counter, paid)) <= MOST);
            }
        }
    }
}
