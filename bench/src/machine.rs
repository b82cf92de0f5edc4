//! What a result has to say about the machine and the moment.

use rustix::thread::{CpuSet, sched_setaffinity};
use serde::{Deserialize, Serialize};
use std::fs;

/// The machine that measured.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Machine {
    /// Model of the processor.
    pub cpu: String,
    /// Processors.
    pub cpus: usize,
    /// The system and its release.
    pub kernel: String,
    /// UTC, `2026-11-21 04:00`.
    pub date: String,
    /// Load averages of 1, 5 and 15 minutes before the run.
    pub load: String,
}

impl std::fmt::Display for Machine {
    /// The machine and the moment in one line, without the load.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Machine {
            cpu,
            cpus,
            kernel,
            date,
            ..
        } = self;
        write!(f, "{cpu}, {cpus} processors | {kernel} | {date} UTC")
    }
}

impl Machine {
    /// This one, now.
    #[must_use]
    pub fn here() -> Machine {
        let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let cpu = info
            .lines()
            .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
            .map_or("unknown processor", |(_, model)| model.trim());
        let system = rustix::system::uname();
        let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let now = (filemap_sys::os::process::now() / 1_000_000_000) as i64;
        Machine {
            cpu: cpu.to_owned(),
            cpus: std::thread::available_parallelism().map_or(1, usize::from),
            kernel: format!(
                "{} {} {}",
                system.sysname().to_string_lossy(),
                system.release().to_string_lossy(),
                system.machine().to_string_lossy()
            ),
            date: date(now),
            load: load.split(' ').take(3).collect::<Vec<_>>().join(" "),
        }
    }
}

/// Seconds since 1970 as UTC date and minute, by the civil calendar.
fn date(seconds: i64) -> String {
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Days since 1 March of year 0: leap days are then the last of their year.
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    format!(
        "{year}-{month:02}-{day:02} {:02}:{:02}",
        rest / 3600,
        rest % 3600 / 60
    )
}

/// Keeps this process, and the children that it starts, on one processor: the last one.
///
/// # Errors
/// sched_setaffinity(2)'s.
pub fn stay_on_one_processor() -> std::io::Result<usize> {
    let last = std::thread::available_parallelism().map_or(0, |n| n.get() - 1);
    let mut set = CpuSet::new();
    set.set(last);
    sched_setaffinity(None, &set)?;
    Ok(last)
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(date(0), "1970-01-01 00:00");
        assert_eq!(date(951_782_400), "2000-02-29 00:00");
        assert_eq!(date(1_795_230_120), "2026-11-21 03:02");
        assert_eq!(date(4_107_542_399), "2100-02-28 23:59");
    }
}
