//! What a wait does before it sleeps: it looks for a bounded while, and gives the processor away once.
//!
//! Another CPU that answers within a microsecond is 25 times faster than a sleep and a wake, and one that does not is
//! a waste. So the number of looks follows, per object, what it brought lately: it shrinks to none where nobody
//! answers in time (all on one CPU, long waits), and now and then one longer look finds out whether that has changed.
//!
//! On one CPU the partner can only answer if he gets it. `sched_yield` gives it to him, and when he waits himself he
//! gives it back: a call for each turn instead of a wake and a sleep. Whether that pays is learned in the same way. A
//! third process that computes there would take milliseconds of it, and one such yield is enough for a long rest.

use super::page::Page;
use crate::linux::futex;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// An effort before a sleep, of which one learns how much pays. What was learned is a counter: how much the next wait may
/// do, or [`RESTING`] with a countdown of waits; and in how many trials the effort has brought nothing.
struct Effort {
    /// The most that one wait does.
    most: u32,
    /// Less than this is nothing.
    fewest: u32,
    /// Waits without until it is tried again, the first time; twice as many after each trial that brought nothing.
    rest: u32,
    /// How often that doubles.
    doublings: u32,
}

/// Looks at the object: the most take about as long as a sleep and a wake from another CPU where those are slow (some 90 us
/// on a virtual machine), or two that sleep for each other would never find out that both could look. A trial that is in vain
/// halves them from wait to wait, and takes twice as long; in the end one comes every 16,000 waits.
const LOOKS: Effort = Effort {
    most: 6000,
    fewest: 32,
    rest: 64,
    doublings: 8,
};
/// Giving the processor away: only once in a wait, but a trial is four waits, for the first may be spoilt by chance. In the
/// end one comes every 65,536 waits: where somebody computes, each costs some milliseconds.
const YIELDS: Effort = Effort {
    most: 8,
    fewest: 1,
    rest: 64,
    doublings: 10,
};
/// A processor that comes back later than this, in nanoseconds, was taken by somebody else than the partner: the trial is
/// over.
const LATE: u64 = 200_000;

/// What a new object may do.
pub(super) const LOOKS_AT_FIRST: u32 = 1000;
/// The first waits tell nothing of how two processes take turns, and an object with few waits has nothing to gain.
pub(super) const YIELDS_AT_FIRST: u32 = RESTING | 16;

const RESTING: u32 = 1 << 31;
/// In the counter: one trial in vain.
const FAILED: u32 = 1 << 24;
const VALUE: u32 = FAILED - 1;

impl Effort {
    /// How much the counter of an object grants the next wait.
    const fn granted(&self, counter: u32) -> u32 {
        match (counter & RESTING != 0, counter & VALUE) {
            (true, 0) => self.most,
            (true, _) => 0,
            (false, budget) if budget > self.most => self.most,
            (false, budget) => budget,
        }
    }

    /// The counter after a wait: `paid` if what was granted has spared a sleep.
    const fn after(&self, counter: u32, paid: bool) -> u32 {
        let granted = self.granted(counter);
        if paid {
            let more = granted + granted / 4 + 1;
            return if more > self.most { self.most } else { more };
        }
        if granted == 0 && counter & RESTING != 0 {
            return counter - 1;
        }
        let failed = self.failed(counter);
        let less = granted / 2;
        if less < self.fewest {
            return self.resting(failed);
        }
        (failed * FAILED) | less
    }

    /// How many trials were in vain since one has paid.
    const fn failed(&self, counter: u32) -> u32 {
        (counter & !RESTING) / FAILED
    }

    /// The counter of the rest after so many trials in vain.
    const fn resting(&self, failed: u32) -> u32 {
        let failed = if failed > self.doublings {
            self.doublings
        } else {
            failed
        };
        RESTING | ((failed + 1) * FAILED) | (self.rest << failed)
    }
}

static SEVERAL_CPUS: LazyLock<bool> =
    LazyLock::new(|| std::thread::available_parallelism().is_ok_and(|n| n.get() > 1) || online() > 1);

/// CPUs of the machine: a partner may run on one where this process may not.
fn online() -> usize {
    std::fs::read_to_string("/sys/devices/system/cpu/online")
        .map_or(1, |list| if list.trim() == "0" { 1 } else { 2 })
}

/// Looks at the objects for a bounded while, and lets others run; `true` as soon as one may be signalled.
pub(super) fn look(pages: &[&Page]) -> bool {
    match pages {
        [] => false,
        [page] => look_at(page),
        [first, ..] => {
            look_so_often(pages, LOOKS.granted(first.looks.load(Ordering::Relaxed))) || let_others_run(pages)
        }
    }
}

/// The same for one object.
#[inline(always)]
pub(super) fn look_at(page: &Page) -> bool {
    let counter = page.looks.load(Ordering::Relaxed);
    let seen = match LOOKS.granted(counter) {
        0 => {
            page.looks.store(LOOKS.after(counter, false), Ordering::Relaxed);
            false
        }
        looks => look_so_often(&[page], looks),
    };
    seen || let_others_run(&[page])
}

fn any_is_signalled(pages: &[&Page]) -> bool {
    pages
        .iter()
        .any(|page| page.kind.is_signalled(page.load()) == Some(true))
}

#[inline(never)]
fn look_so_often(pages: &[&Page], looks: u32) -> bool {
    let mut paid = false;
    if *SEVERAL_CPUS {
        for _ in 0..looks / pages.len() as u32 {
            paid = any_is_signalled(pages);
            if paid {
                break;
            }
            std::hint::spin_loop();
        }
    }
    learn(&LOOKS, &pages[0].looks, paid);
    paid
}

/// Gives the processor away once, if that is worth a trial.
#[inline(never)]
fn let_others_run(pages: &[&Page]) -> bool {
    let counter = &pages[0].yields;
    if YIELDS.granted(counter.load(Ordering::Relaxed)) == 0 {
        learn(&YIELDS, counter, false);
        return false;
    }
    let before = futex::now(false);
    std::thread::yield_now();
    let lost = futex::now(false).saturating_sub(before);
    if lost > LATE {
        let failed = YIELDS.failed(counter.load(Ordering::Relaxed));
        counter.store(YIELDS.resting(failed), Ordering::Relaxed);
        return any_is_signalled(pages);
    }
    let paid = any_is_signalled(pages);
    learn(&YIELDS, counter, paid);
    paid
}

/// Threads that wait for one object at once may overwrite what the other has learned: either is right.
fn learn(effort: &Effort, counter: &AtomicU32, paid: bool) {
    counter.store(
        effort.after(counter.load(Ordering::Relaxed), paid),
        Ordering::Relaxed,
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn efforts_that_never_pay_become_rare_and_those_that_do_become_more() {
        for (effort, first) in [(&LOOKS, LOOKS_AT_FIRST), (&YIELDS, YIELDS_AT_FIRST)] {
            let (mut counter, mut done) = (first, 0);
            for _ in 0..1_000_000 {
                done += effort.granted(counter);
                counter = effort.after(counter, false);
            }
            assert!(done <= 140 * effort.most, "{done} in a million waits");
            // Nobody has to wait for ever until a faster partner is noticed.
            for tries in [false, true] {
                while (effort.granted(counter) > 0) == tries {
                    counter = effort.after(counter, false);
                }
            }
            let rest = (0..).take_while(|_| {
                let rests = effort.granted(counter) == 0;
                counter = effort.after(counter, false);
                rests
            });
            assert_eq!(rest.count(), (effort.rest << effort.doublings) as usize);
            counter = RESTING;
            for _ in 0..10 {
                assert_eq!(effort.granted(counter), effort.most);
                counter = effort.after(counter, true);
            }
            // And one that pays no more is soon given up.
            let rounds = (0..).take_while(|_| {
                counter = effort.after(counter, false);
                effort.granted(counter) > 0
            });
            assert!((2..9).contains(&rounds.count()));
            assert_eq!(counter & VALUE, effort.rest, "the rest is short again");
        }
    }

    #[test]
    fn where_the_processor_always_comes_back_late_it_is_soon_kept() {
        let (mut counter, mut late) = (YIELDS_AT_FIRST, 0);
        for _ in 0..1_000_000 {
            counter = match YIELDS.granted(counter) {
                0 => YIELDS.after(counter, false),
                _ => {
                    late += 1;
                    YIELDS.resting(YIELDS.failed(counter))
                }
            };
        }
        assert!(late < 30, "{late}");
    }

    #[test]
    fn no_counter_grants_more_than_the_most() {
        for effort in [&LOOKS, &YIELDS] {
            for counter in [
                0,
                1,
                effort.fewest,
                effort.most,
                VALUE,
                RESTING,
                RESTING | VALUE,
                u32::MAX,
            ] {
                for paid in [false, true] {
                    assert!(effort.granted(effort.after(counter, paid)) <= effort.most);
                }
            }
        }
    }
}
