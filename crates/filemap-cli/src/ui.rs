//! What people see: tables, progress, text that can't harm a terminal.

use crate::failure::{Failure, output};
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use filemap::Escaped;
use indicatif::{ProgressBar, ProgressStyle};
use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};

/// Copies above this many bytes show how far they are.
const LONG: u64 = 8 << 20;

/// How far a copy is, on standard error: only on a terminal, only for long copies.
pub(crate) struct Progress(Option<ProgressBar>);

impl Progress {
    pub(crate) fn new(what: &'static str, len: Option<u64>) -> Progress {
        if !io::stderr().is_terminal() || len.is_some_and(|len| len <= LONG) {
            return Progress(None);
        }
        let (bar, template) = match len {
            Some(len) => (
                ProgressBar::new(len),
                "{msg} {bar:30} {bytes} of {total_bytes}, {binary_bytes_per_sec}, {eta} left",
            ),
            None => (
                ProgressBar::no_length(),
                "{msg} {spinner} {bytes}, {binary_bytes_per_sec}",
            ),
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(what);
        Progress(Some(bar))
    }

    /// So many bytes in all are there now.
    pub(crate) fn moved(&self, bytes: u64) {
        if let Some(bar) = &self.0 {
            bar.set_position(bytes);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

/// Writes rows under a header, in columns two spaces apart; those in `right` are numbers. On a terminal it fits the width.
pub(crate) fn table(
    out: &mut dyn Write,
    header: &[&str],
    right: &[usize],
    indent: &str,
    rows: Vec<Vec<String>>,
) -> io::Result<()> {
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_header(header.iter().copied());
    match terminal_width() {
        Some(width) => table
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(width.saturating_sub(indent.len() as u16)),
        None => table.set_content_arrangement(ContentArrangement::Disabled),
    };
    for row in rows {
        table.add_row(row);
    }
    for (i, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        if right.contains(&i) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    for line in table.lines() {
        writeln!(out, "{indent}{}", line.trim_end())?;
    }
    Ok(())
}

/// Columns of the terminal that standard output is, if it is one.
pub(crate) fn terminal_width() -> Option<u16> {
    match io::stdout().is_terminal() {
        true => crate::system::terminal_width(),
        false => None,
    }
}

/// Text out of memory on its way to standard output: on a terminal, control characters but line feed and tab are shown as
/// escapes.
pub(crate) fn for_output(bytes: &[u8]) -> Cow<'_, [u8]> {
    match io::stdout().is_terminal() {
        false => Cow::Borrowed(bytes),
        true => {
            let text = String::from_utf8_lossy(bytes);
            let mut safe = String::new();
            for part in text.split_inclusive(['\n', '\t']) {
                let line = part.trim_end_matches(['\n', '\t']);
                safe.push_str(&Escaped(line).to_string());
                safe.push_str(&part[line.len()..]);
            }
            Cow::Owned(safe.into_bytes())
        }
    }
}

/// Writes one JSON value and a line feed.
pub(crate) fn json(out: &mut dyn Write, value: &impl serde::Serialize) -> Result<(), Failure> {
    let mut text = serde_json::to_string_pretty(value).map_err(|e| output(e.into()))?;
    text.push('\n');
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(output)
}
