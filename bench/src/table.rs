//! The results as text.

use crate::count::Counted;
use crate::definition::Row;
use crate::machine::Machine;
use crate::rounds::Measured;
use serde::Serialize;
use std::fmt::Write;

/// A row with its numbers.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// Name of the row.
    pub id: String,
    /// The operation in words.
    pub what: String,
    /// The rival in system calls.
    pub rival: String,
    /// The ratio that the row must keep.
    pub limit: Option<f64>,
    /// The ratio that the row should keep.
    pub aim: Option<f64>,
    /// The times.
    pub measured: Measured,
    /// Counts of Filemap and of the rival, if asked for.
    pub counted: Option<[Counted; 2]>,
}

impl Line {
    /// A row with what was found.
    #[must_use]
    pub fn new(row: Row, measured: Measured, counted: Option<[Counted; 2]>) -> Line {
        let Row {
            id,
            what,
            rival,
            limit,
            aim,
            ..
        } = row;
        Line {
            id,
            what,
            rival,
            limit,
            aim,
            measured,
            counted,
        }
    }

    fn verdict(&self) -> &'static str {
        let ratio = self.measured.ratio.median;
        match (self.limit, self.aim) {
            (Some(limit), _) if ratio > limit => "missed",
            (_, Some(aim)) if ratio > aim => "kept, aim missed",
            (None, None) => "",
            _ => "kept",
        }
    }
}

/// All of a run.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Where and when.
    pub machine: Machine,
    /// The rows.
    pub lines: Vec<Line>,
}

impl Report {
    /// As Markdown.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let (machine, load) = (&self.machine, &self.machine.load);
        let mut text = format!(
            "# Filemap beside the raw system calls\n\n{machine} | load average {load}\n\n\
             Both sides run in turns on one processor. Times are medians in nanoseconds with the spread from the 10th to the\n\
             90th percentile of the rounds; the ratio (filemap / rival, smaller is better) is the median of the rounds' ratios.\n"
        );
        let (steps, rows): (Vec<_>, Vec<_>) =
            self.lines.iter().partition(|line| line.id.starts_with("step-"));
        text.push_str("\n| row | operation | filemap ns | rival ns | ratio (p10-p90) | limit, aim | |\n|---|---|---:|---:|---|---|---|\n");
        for line in &rows {
            let Measured {
                filemap,
                rival,
                ratio,
                ..
            } = &line.measured;
            let target = match (line.limit, line.aim) {
                (Some(limit), Some(aim)) => format!("{limit:.2}, {aim:.2}"),
                (Some(limit), None) => format!("{limit:.2}"),
                _ => String::new(),
            };
            let _ = writeln!(
                text,
                "| {} | {} | {:.0} ({:.0}-{:.0}) | {:.0} ({:.0}-{:.0}) | **{:.2}** ({:.2}-{:.2}) | {target} | {} |",
                line.id,
                line.what,
                filemap.median,
                filemap.p10,
                filemap.p90,
                rival.median,
                rival.p10,
                rival.p90,
                ratio.median,
                ratio.p10,
                ratio.p90,
                line.verdict(),
            );
        }
        if !steps.is_empty() {
            text.push_str("\n## Single system calls\n\n| step | what | ns (p10-p90) |\n|---|---|---:|\n");
            for line in steps {
                let ours = &line.measured.filemap;
                let (id, what) = (&line.id, &line.what);
                let _ = writeln!(
                    text,
                    "| {id} | {what} | {:.0} ({:.0}-{:.0}) |",
                    ours.median, ours.p10, ours.p90
                );
            }
        }
        text.push_str(&counts(&rows));
        text
    }
}

fn counts(rows: &[&Line]) -> String {
    let mut text = String::new();
    for line in rows {
        let Some(counted) = &line.counted else { continue };
        if text.is_empty() {
            text.push_str("\n## System calls and instructions of one operation\n\n| row | side | calls | instructions in user mode | in this order |\n|---|---|---:|---:|---|\n");
        }
        for (side, counted) in ["filemap", "rival"].iter().zip(counted) {
            let calls = counted.calls.as_ref();
            let number = calls.map_or("?".to_owned(), |calls| calls.len().to_string());
            let instructions = counted.instructions.map_or("?".to_owned(), |n| n.to_string());
            let order = calls.map(|calls| calls.join(", ")).unwrap_or_default();
            let _ = writeln!(
                text,
                "| {} | {side} | {number} | {instructions} | {order} |",
                line.id
            );
        }
    }
    text
}
