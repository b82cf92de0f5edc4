//! Time.

use std::time::{Duration, SystemTime};

/// 100-nanosecond steps between the year 1601 and 1970.
const UNTIL_1970: i64 = 116_444_736_000_000_000;

/// A time since 1970 in 100-nanosecond steps since 1601, as `FILETIME` counts.
#[must_use]
pub fn file_time(since_1970: Duration) -> i64 {
    let steps = i64::try_from(since_1970.as_nanos() / 100).unwrap_or(i64::MAX);
    steps.saturating_add(UNTIL_1970)
}

/// Nanoseconds since 1970 of a `FILETIME`.
#[must_use]
pub fn since_1970(file_time: i64) -> u64 {
    u64::try_from(file_time.saturating_sub(UNTIL_1970))
        .unwrap_or(0)
        .saturating_mul(100)
}

/// Now, as a time since 1970.
#[must_use]
pub fn now() -> Duration {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
}
