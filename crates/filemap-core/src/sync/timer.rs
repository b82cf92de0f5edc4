//! When a waitable timer is due. No thread runs for a timer: whoever looks at it after its due time signals it.

/// The clock that a due time counts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Clock {
    /// Time since some start; nobody sets it. For relative due times.
    Monotonic,
    /// Time since 1970, which people set. For absolute due times, which follow it (Y-25).
    Realtime,
}

/// What `SetWaitableTimer` was told, as it stands in the state page; everything in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Setting {
    /// The clock of `due`.
    pub clock: Clock,
    /// The first moment at which it is signalled.
    pub due: u64,
    /// Nanoseconds between two signals; 0 = once.
    pub period: u64,
}

impl Setting {
    /// The setting as three words of the state page.
    #[must_use]
    pub const fn to_words(self) -> [u64; 3] {
        [
            if let Clock::Realtime = self.clock { 1 } else { 0 },
            self.due,
            self.period,
        ]
    }

    /// The setting from three words of the state page; any value means something.
    #[must_use]
    pub const fn from_words(words: [u64; 3]) -> Setting {
        let clock = if words[0] & 1 != 0 {
            Clock::Realtime
        } else {
            Clock::Monotonic
        };
        Setting {
            clock,
            due: words[1],
            period: words[2],
        }
    }
}

/// Whether a timer is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Due {
    /// Not before this many nanoseconds on its clock.
    At(u64),
    /// It is due.
    Now(Tick),
}

/// What happens with a timer that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tick {
    /// Signalled, and no further due time.
    Last,
    /// Signalled, and next time due as this says.
    Next(Setting),
}

/// Whether a timer set so is due at `now`, nanoseconds on its clock. Periods that were slept through are not made up
/// for: signals do not accumulate (Y-5). A due time that no clock reaches is never due.
///
/// ```
/// use filemap_core::sync::{Clock, Due, Setting, Tick, due};
/// let every = Setting { clock: Clock::Monotonic, due: 100, period: 30 };
/// assert_eq!(due(every, 99), Due::At(100));
/// assert_eq!(due(every, 165), Due::Now(Tick::Next(Setting { due: 190, ..every })));
/// ```
#[must_use]
pub const fn due(setting: Setting, now: u64) -> Due {
    if now < setting.due {
        return Due::At(setting.due);
    }
    if setting.period == 0 {
        return Due::Now(Tick::Last);
    }
    let missed = (now - setting.due) / setting.period;
    // Less than a period is left of the last one that was missed; the next is in a far future if it can't be said.
    let late = missed * setting.period;
    match setting.due.checked_add(late) {
        Some(last) => match last.checked_add(setting.period) {
            Some(next) => Due::Now(Tick::Next(Setting { due: next, ..setting })),
            None => Due::Now(Tick::Last),
        },
        None => Due::Now(Tick::Last),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absolute_timer_follows_the_clock_whichever_way_it_is_set() {
        // Y-25, with the clock as an argument. Who sleeps until a due time asks again whenever it wakes.
        let once = Setting {
            clock: Clock::Realtime,
            due: 1_000,
            period: 0,
        };
        assert_eq!(due(once, 400), Due::At(1_000));
        assert_eq!(due(once, 100), Due::At(1_000), "set back: not due for longer");
        assert_eq!(due(once, 5_000), Due::Now(Tick::Last), "set forward: due at once");
        // Set far ahead, a periodic one is signalled once, and then keeps step with the clock.
        let every = Setting { period: 100, ..once };
        let Due::Now(Tick::Next(next)) = due(every, 5_050) else {
            panic!("due")
        };
        assert_eq!(next, Setting { due: 5_100, ..every });
        assert_eq!(
            due(next, 4_000),
            Due::At(5_100),
            "set back again: the next is where it was"
        );
    }

    #[test]
    fn hostile_settings_never_overflow() {
        // Y-25; the words come from a page that others write.
        for a in [0, 1, 7, u64::MAX / 2, u64::MAX - 1, u64::MAX] {
            for b in [0, 1, 3, u64::MAX / 2, u64::MAX] {
                for now in [0, 5, u64::MAX / 2, u64::MAX] {
                    let setting = Setting::from_words([a, b, a ^ b]);
                    if let Due::Now(Tick::Next(next)) = due(setting, now) {
                        assert!(next.due > now, "{setting:?} {now}");
                    }
                }
            }
        }
    }
}
