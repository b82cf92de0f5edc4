//! The table of channels.

use super::{Report, SIZES};
use crate::rounds::Spread;
use std::fmt::Write;

fn spread(of: &Spread) -> String {
    let digits = match of.median {
        ..100.0 => 4,
        100.0..10_000.0 => 2,
        _ => 1,
    };
    let us = |ns: f64| format!("{:.*}", digits, ns / 1000.0);
    format!("{} ({}-{})", us(of.median), us(of.p10), us(of.p90))
}

fn ratio(of: &Spread) -> String {
    let digits = if of.median < 0.1 { 4 } else { 2 };
    format!(
        "**{:.*}** ({:.*}-{:.*})",
        digits, of.median, digits, of.p10, digits, of.p90
    )
}

impl Report {
    /// As Markdown.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let (machine, load) = (&self.machine, &self.machine.load);
        let mut text = format!(
            "# Items from process to process\n\n{machine} | load average {load} | {} rounds\n\n\
             Two processes, placed by the scheduler. In each round every way has its turn: a new pair of processes, round trips of one\n\
             item, then a stream of items through a channel with room for {}, whose sender waits while it is full. Every way copies the\n\
             item in and out. Times are medians in microseconds with the spread from the 10th to the 90th percentile of the rounds.\n\
             Ratios are to the pipe of the same round (pipe = 1.00, smaller is better), their medians and spreads; `copies` is the\n\
             streamed item in units of one memcpy in and one out.\n",
            self.rounds,
            super::ROOM,
        );
        for size in SIZES {
            let _ = writeln!(
                text,
                "\n## {size} bytes\n\n| way | round trip, us | to the pipe | streamed item, us | to the pipe | copies |\n|---|---:|---|---:|---|---:|"
            );
            for line in self.lines.iter().filter(|line| line.size == size) {
                let _ = writeln!(
                    text,
                    "| {} | {} | {} | {} | {} | {:.1} |",
                    line.name,
                    spread(&line.trip),
                    ratio(&line.trip_ratio),
                    spread(&line.item),
                    ratio(&line.item_ratio),
                    line.copies
                );
            }
        }
        text
    }
}
