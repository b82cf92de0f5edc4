//! Waiting for what has no event.

use std::time::{Duration, Instant};

/// How long a test waits before it calls a thing hung: two minutes, times `FILEMAP_TEST_PATIENCE` (a whole number).
///
/// Generous on purpose: it only has to tell "never" from "slow", also on a machine that does ten other things.
/// Raise it under an emulator or a sanitizer.
///
/// # Panics
/// If the variable is not a whole number above 0.
#[must_use]
pub fn patience() -> Duration {
    let times = std::env::var("FILEMAP_TEST_PATIENCE").map_or(1, |text| match text.parse::<u32>() {
        Ok(times) if times > 0 => times,
        _ => panic!("FILEMAP_TEST_PATIENCE={text}: not a whole number above 0"),
    });
    Duration::from_secs(120) * times
}

/// Returns as soon as `condition` holds; asks again and again, ever more slowly, up to every 20 ms.
///
/// For things that the system gives no event for, such as another process's state in `/proc`. Where there is an
/// event (a line from a [`Child`](crate::Child), the end of a process, a lock), wait for that instead.
///
/// # Panics
/// With `what` if the condition does not hold within [`patience`].
///
/// ```
/// let started = std::time::Instant::now();
/// filemap_testing::wait_for("the clock to move", || started.elapsed().as_nanos() > 0);
/// ```
#[track_caller]
pub fn wait_for(what: &str, mut condition: impl FnMut() -> bool) {
    wait_within(patience(), what, &mut condition);
}

/// A pause that is itself the purpose: between two looks at another process's word, or before a random moment.
#[expect(clippy::disallowed_methods, reason = "the callers say why they pause")]
pub fn pause(time: Duration) {
    std::thread::sleep(time);
}

#[track_caller]
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that polls, between two looks, never instead of one"
)]
fn wait_within(limit: Duration, what: &str, condition: &mut dyn FnMut() -> bool) {
    let (mut waited, mut last) = (Duration::ZERO, Instant::now());
    let mut looks = 0_u32;
    while !condition() {
        assert!(waited < limit, "waited {limit:?} in vain for {what}");
        // At most a second for each look: whoever stops this process for minutes, by SIGSTOP, is not waited for.
        waited += last.elapsed().min(Duration::from_secs(1));
        last = Instant::now();
        match looks {
            0..64 => std::thread::yield_now(),
            _ => std::thread::sleep(Duration::from_millis(u64::from(looks - 63).min(20))),
        }
        looks = looks.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_ends_at_the_first_look_that_finds_it() {
        let mut looks = 0;
        wait_for("the third look", || {
            looks += 1;
            looks == 3
        });
        assert_eq!(looks, 3);
    }

    #[test]
    #[should_panic(expected = "in vain for the end of time")]
    fn waiting_in_vain_says_what_for() {
        wait_within(Duration::ZERO, "the end of time", &mut || false);
    }
}
