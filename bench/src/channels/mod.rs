//! Items from one process to another: the channels of `filemap-shared` beside a pipe and other libraries, in one table.
//!
//! Two processes, which the scheduler places. A round has each way once: a new pair of processes, round trips of one item, then a
//! stream of items with back-pressure. The pipe of the same round is 1.00; a copy in and out of memory in one process is what no
//! channel can beat.

pub mod boost;
pub mod report;
#[cfg(feature = "rivals")]
mod rivals;
mod ways;

use crate::Result;
use crate::machine::Machine;
use crate::rounds::Spread;
use serde::Serialize;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;
pub use ways::WAYS;

/// The sizes of items in bytes.
pub const SIZES: [usize; 3] = [64, 1024, 8192];
/// Items that a channel has room for.
pub const ROOM: usize = 64;

/// Sends an item; waits while there is no room.
pub type Send<'a> = Box<dyn FnMut(&[u8]) -> Result<()> + 'a>;
/// Receives an item into the buffer; waits while there is none.
pub type Receive<'a> = Box<dyn FnMut(&mut [u8]) -> Result<()> + 'a>;

/// One end of a channel in each direction.
pub struct End<'a> {
    /// To the other process.
    pub send: Send<'a>,
    /// From it.
    pub receive: Receive<'a>,
}

/// The pipes between the two processes.
pub struct Pipes {
    /// To the other process.
    pub out: Box<dyn std::io::Write>,
    /// From it.
    pub back: Box<dyn BufRead>,
}

/// How much of each is done.
#[derive(Clone, Copy, Debug)]
pub struct Amount {
    /// Round trips in a round.
    pub trips: u32,
    /// Items of a stream in a round.
    pub stream: u32,
}

impl Amount {
    /// For items of this size: about the same time for all.
    #[must_use]
    pub fn of(size: usize) -> Amount {
        Amount {
            trips: 2_000,
            stream: (20_000_000 / (size as u32 + 400)).clamp(2_000, 40_000),
        }
    }
}

/// What an item's first byte asks of the child.
mod order {
    /// Nothing: part of a stream.
    pub(super) const TAKE: u8 = 0;
    /// Send it back.
    pub(super) const RETURN: u8 = 1;
    /// Go.
    pub(super) const END: u8 = 2;
}

/// The child's part: sends back what it is asked to.
///
/// # Errors
/// The channel's.
pub fn answer(way: usize, place: &Path, size: usize) -> Result<()> {
    let pipes = Pipes {
        out: Box::new(std::io::stdout()),
        back: Box::new(BufReader::new(std::io::stdin())),
    };
    let mut end = (WAYS[way].child)(place, size, pipes)?;
    let mut item = vec![0; size];
    loop {
        (end.receive)(&mut item)?;
        match item[0] {
            order::TAKE => {}
            order::RETURN => (end.send)(&item)?,
            _ => return Ok(()),
        }
    }
}

/// Nanoseconds of a round trip, and of an item of a stream.
///
/// # Errors
/// The channel's.
pub fn measure(end: &mut End<'_>, size: usize, amount: Amount) -> Result<[f64; 2]> {
    let mut item = vec![order::RETURN; size];
    let mut back = vec![0; size];
    // The first ones make connections and pages.
    for _ in 0..100 {
        (end.send)(&item)?;
        (end.receive)(&mut back)?;
    }
    let started = Instant::now();
    for _ in 0..amount.trips {
        (end.send)(&item)?;
        (end.receive)(&mut back)?;
    }
    let trip = started.elapsed().as_nanos() as f64 / f64::from(amount.trips);
    if back != item {
        return Err("the item that came back is another one".into());
    }
    item[0] = order::TAKE;
    let started = Instant::now();
    for _ in 1..amount.stream {
        (end.send)(&item)?;
    }
    item[0] = order::RETURN;
    (end.send)(&item)?;
    (end.receive)(&mut back)?;
    let streamed = started.elapsed().as_nanos() as f64 / f64::from(amount.stream);
    Ok([trip, streamed])
}

/// A child process and the pipes to it.
fn child(way: usize, place: &Path, size: usize) -> Result<(std::process::Child, ChildStdin, ChildStdout)> {
    let mut child = Command::new(std::env::current_exe()?)
        .args(["channel-end", &way.to_string(), &size.to_string()])
        .arg(place)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let input = child.stdin.take().ok_or("the child has no input")?;
    let output = child.stdout.take().ok_or("the child has no output")?;
    Ok((child, input, output))
}

fn round(way: usize, size: usize) -> Result<[f64; 2]> {
    let amount = Amount::of(size);
    let place = tempfile::tempdir_in("/dev/shm")?;
    if let Some(alone) = WAYS[way].alone {
        return alone(size, amount);
    }
    let (mut child, input, output) = child(way, place.path(), size)?;
    let pipes = Pipes {
        out: Box::new(input),
        back: Box::new(BufReader::new(output)),
    };
    let mut end = (WAYS[way].parent)(place.path(), size, pipes)?;
    let measured = measure(&mut end, size, amount)?;
    (end.send)(&vec![order::END; size])?;
    child.wait()?;
    Ok(measured)
}

/// One way and size.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// The way in words.
    pub name: String,
    /// Bytes of an item.
    pub size: usize,
    /// Nanoseconds of a round trip.
    pub trip: Spread,
    /// The same, relative to the pipe of the same round.
    pub trip_ratio: Spread,
    /// Nanoseconds of an item of a stream.
    pub item: Spread,
    /// The same, relative to the pipe of the same round.
    pub item_ratio: Spread,
    /// Median of the stream's item, relative to a copy in and out.
    pub copies: f64,
}

/// All of a run.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Where and when.
    pub machine: Machine,
    /// Rounds of each.
    pub rounds: u32,
    /// The rows.
    pub lines: Vec<Line>,
}

/// Measures all ways in `rounds` rounds each, with items of all sizes or `only` one.
///
/// # Errors
/// A way that can't be set up; what is not there on this machine is left out with a word on standard error.
pub fn run(rounds: u32, only: Option<usize>) -> Result<Report> {
    let machine = Machine::here();
    let mut lines = Vec::new();
    for size in SIZES
        .into_iter()
        .filter(|size| only.is_none_or(|only| only == *size))
    {
        let mut found: Vec<[Vec<f64>; 2]> = vec![Default::default(); WAYS.len()];
        let mut missing = vec![None; WAYS.len()];
        for number in 0..rounds {
            for way in 0..WAYS.len() {
                // Each begins in turn.
                let way = (way + number as usize) % WAYS.len();
                if missing[way].is_some() {
                    continue;
                }
                match round(way, size) {
                    Ok(times) => found[way]
                        .iter_mut()
                        .zip(times)
                        .for_each(|(all, one)| all.push(one)),
                    Err(e) if number == 0 => missing[way] = Some(e.to_string()),
                    Err(e) => return Err(format!("{}: {e}", WAYS[way].name).into()),
                }
            }
        }
        let (memory, pipe) = (&found[0], &found[1]);
        let copy = Spread::of(memory[1].clone()).median;
        let ratio = |all: &[f64], of: &[f64]| Spread::of(all.iter().zip(of).map(|(a, b)| a / b).collect());
        for (way, times) in found.iter().enumerate() {
            if let Some(why) = &missing[way] {
                eprintln!("left out: {}: {why}", WAYS[way].name);
                continue;
            }
            let line = Line {
                name: WAYS[way].name.to_owned(),
                size,
                trip: Spread::of(times[0].clone()),
                trip_ratio: ratio(&times[0], &pipe[0]),
                item: Spread::of(times[1].clone()),
                item_ratio: ratio(&times[1], &pipe[1]),
                copies: Spread::of(times[1].clone()).median / copy,
            };
            eprintln!(
                "{:<45} {size:>5} {:>9.0} ns {:>9.0} ns {:>6.2}",
                line.name, line.trip.median, line.item.median, line.item_ratio.median
            );
            lines.push(line);
        }
    }
    Ok(Report {
        machine,
        rounds,
        lines,
    })
}
