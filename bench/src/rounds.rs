//! Both sides of a row in turns, and what the times say.

use crate::Result;
use crate::definition::Row;
use crate::subject::{Scene, Subject, filemap_side, rival_side};
use serde::Serialize;
use std::time::Duration;

/// How long a side runs in one round, at least; a single operation may take longer.
const TURN: Duration = Duration::from_millis(1);

/// Median and spread of a number of rounds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// A tenth of the rounds is below this.
    pub p10: f64,
    /// Half of the rounds.
    pub median: f64,
    /// A tenth of the rounds is above this.
    pub p90: f64,
}

impl Spread {
    /// Of a set that is not empty.
    #[must_use]
    pub fn of(mut values: Vec<f64>) -> Spread {
        values.sort_by(f64::total_cmp);
        let at = |part: f64| values[((values.len() - 1) as f64 * part).round() as usize];
        Spread {
            p10: at(0.1),
            median: at(0.5),
            p90: at(0.9),
        }
    }
}

/// What was measured of a row.
#[derive(Clone, Debug, Serialize)]
pub struct Measured {
    /// Nanoseconds of one operation of Filemap.
    pub filemap: Spread,
    /// Nanoseconds of one operation of the rival.
    pub rival: Spread,
    /// filemap / rival of each round.
    pub ratio: Spread,
    /// Rounds.
    pub rounds: u32,
    /// Operations of each side per round.
    pub times: [u32; 2],
}

/// Measures a row in `rounds` rounds.
///
/// # Errors
/// A side failed.
pub fn measure(row: &Row, rounds: u32) -> Result<Measured> {
    let scene = Scene::new(row)?;
    let mut sides = [filemap_side(row, &scene)?, rival_side(row, &scene)?];
    let mut times = [1, 1];
    for (side, times) in sides.iter_mut().zip(&mut times) {
        *times = calibrate(&mut **side, TURN)?;
    }
    let mut found = [Vec::new(), Vec::new()];
    for round in 0..rounds {
        // Who comes first changes, so that neither side always finds the other's leavings in the cache.
        let order = match round % 2 {
            0 => [0, 1],
            _ => [1, 0],
        };
        for i in order {
            let taken = sides[i].time(times[i])?;
            found[i].push(taken.as_nanos() as f64 / f64::from(times[i]));
        }
    }
    let ratios = found[0]
        .iter()
        .zip(&found[1])
        .map(|(ours, rival)| ours / rival)
        .collect();
    let [filemap, rival] = found.map(Spread::of);
    Ok(Measured {
        filemap,
        rival,
        ratio: Spread::of(ratios),
        rounds,
        times,
    })
}

/// How many operations fill a turn; warms up on the way.
///
/// # Errors
/// The operation failed.
pub fn calibrate(side: &mut dyn Subject, turn: Duration) -> Result<u32> {
    let mut times = 1;
    loop {
        let first = side.time(times)?;
        if first >= turn * 50 {
            return Ok(times); // long enough that a warm-up changes nothing
        }
        let taken = side.time(times)?;
        if taken >= turn || times >= 1 << 24 {
            return Ok(times);
        }
        let wanted = turn.as_nanos() as f64 * 1.1 / (taken.as_nanos().max(1) as f64) * f64::from(times);
        times = (wanted as u32).clamp(times + 1, times * 16);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_the_tenth_the_middle_and_the_ninetieth_of_a_hundred() {
        let spread = Spread::of((0..=100).rev().map(f64::from).collect());
        assert_eq!(
            spread,
            Spread {
                p10: 10.0,
                median: 50.0,
                p90: 90.0
            }
        );
        assert_eq!(
            Spread::of(vec![3.0]),
            Spread {
                p10: 3.0,
                median: 3.0,
                p90: 3.0
            }
        );
    }

    #[test]
    fn every_row_runs_on_both_sides() {
        for row in crate::definition::all().unwrap() {
            let big = row.size > 1 << 20 || row.names > 1000;
            // The rows with an object that another process holds need this program as that process.
            let alone = row.operation.starts_with("step-")
                || row.operation.starts_with("sync-") && !row.operation.contains("round-trip")
                || matches!(&*row.operation, "create" | "close-last");
            if !big && alone {
                let measured = measure(&row, 1).unwrap_or_else(|e| panic!("{}: {e}", row.id));
                assert!(
                    measured.filemap.median > 0.0 && measured.rival.median > 0.0,
                    "{}",
                    row.id
                );
            }
        }
    }
}
