//! What people see: tables, progress, text that can't harm a terminal.

use crate::failure::{Failure, output};
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, Width, presets};
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
    let words = longest_words(header, &rows);
    if let Some(width) = terminal_width()
        && !fits(&words, usize::from(width).saturating_sub(indent.len()))
    {
        for (n, row) in rows.iter().enumerate() {
            if n > 0 {
                writeln!(out)?;
            }
            let cells: Vec<&str> = row.iter().map(String::as_str).collect();
            block(out, header, indent, &cells)?;
        }
        return Ok(());
    }
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
        if terminal_width().is_some() {
            // With the padding.
            let least = Width::Fixed(words[i] as u16 + 2);
            column.set_constraint(ColumnConstraint::LowerBoundary(least));
        }
        if right.contains(&i) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    for (i, line) in table.lines().enumerate() {
        let style = if i == 0 { Style::Head } else { Style::Plain };
        writeln!(out, "{indent}{}", paint(style, line.trim_end()))?;
    }
    Ok(())
}

/// How wide the longest word of each column is, or so much of it that people can read it.
fn longest_words(header: &[&str], rows: &[Vec<String>]) -> Vec<usize> {
    const READABLE: usize = 18;
    let longest_word = |i: usize| {
        let cells = rows.iter().filter_map(|row| row.get(i)).map(String::as_str);
        let words = cells.chain([header[i]]).flat_map(str::split_whitespace);
        words.map(text_width).max().unwrap_or(0).min(READABLE)
    };
    (0..header.len()).map(longest_word).collect()
}

/// Whether columns so wide fit, with two between them and two behind the last.
fn fits(words: &[usize], width: usize) -> bool {
    words.iter().map(|word| word + 2).sum::<usize>() <= width
}

/// A row with its cells below each other, for terminals that are too narrow for columns.
fn block(out: &mut dyn Write, header: &[&str], indent: &str, cells: &[&str]) -> io::Result<()> {
    let key_width = header.iter().map(|key| text_width(key)).max().unwrap_or(0);
    for (key, cell) in header.iter().zip(cells).filter(|(_, cell)| !cell.is_empty()) {
        write!(out, "{indent}")?;
        keyed(out, key, key_width, cell)?;
    }
    Ok(())
}

/// Widths that a terminal has place for, and whether people can read what is in columns so wide.
fn narrowed(mut widths: Vec<usize>, terminal: usize) -> (Vec<usize>, bool) {
    const LEAST: [usize; 2] = [12, 7];
    let gaps = 2 * widths.len().saturating_sub(1);
    let last = widths.len().saturating_sub(1);
    while widths.iter().sum::<usize>() + gaps > terminal {
        let ends = [0, last].into_iter().filter(|i| widths[*i] > LEAST[0]);
        let others = (0..widths.len()).filter(|i| widths[*i] > LEAST[1]);
        match ends
            .max_by_key(|i| widths[*i])
            .or_else(|| others.max_by_key(|i| widths[*i]))
        {
            Some(widest) => widths[widest] -= 1,
            None => return (widths, false),
        }
    }
    (widths, true)
}

/// A key and a value, which on a terminal goes on below itself if it is long.
pub(crate) fn keyed(out: &mut dyn Write, key: &str, key_width: usize, value: &str) -> io::Result<()> {
    let pad = " ".repeat(key_width.saturating_sub(text_width(key)) + 1);
    write!(out, "{}{pad}", paint(Style::Head, key))?;
    let room = terminal_width().map_or(usize::MAX, |width| {
        usize::from(width).saturating_sub(key_width + 1).max(8)
    });
    let (first, mut rest) = split_at_word(value, room);
    writeln!(out, "{first}")?;
    while !rest.is_empty() {
        let (part, behind) = split_at_word(rest, room);
        writeln!(out, "{}{part}", " ".repeat(key_width + 1))?;
        rest = behind;
    }
    Ok(())
}

/// How text stands out on a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    /// Headers and names of things.
    Head,
    /// What has changed.
    Changed,
    /// What needs attention.
    Warning,
    /// What is wrong.
    Problem,
    /// What is in the background.
    Dim,
}

/// Whether standard output may be coloured: a terminal, and nobody says no. Source: no-color.org.
pub(crate) fn is_coloured() -> bool {
    use std::sync::OnceLock;
    static COLOURED: OnceLock<bool> = OnceLock::new();
    *COLOURED.get_or_init(|| {
        let no = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        io::stdout().is_terminal() && !no && !is_dumb()
    })
}

/// Whether the terminal can do nothing but write one line after the other, as those of editors. Source: terminfo(5), `dumb`.
pub(crate) fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// A text that has changed, on a screen that is drawn anew: in colour, or reversed where nobody wants colours.
pub(crate) fn marked(text: &str) -> String {
    match is_coloured() {
        true => paint(Style::Changed, text).into_owned(),
        false => format!("\x1b[7m{text}\x1b[0m"),
    }
}

/// The text in a style, if standard output is a terminal.
pub(crate) fn paint(style: Style, text: &str) -> Cow<'_, str> {
    let code = match style {
        Style::Plain => return Cow::Borrowed(text),
        Style::Head => "1",
        Style::Changed => "1;33",
        Style::Warning => "33",
        Style::Problem => "31",
        Style::Dim => "2",
    };
    match is_coloured() && !text.is_empty() {
        true => Cow::Owned(format!("\x1b[{code}m{text}\x1b[0m")),
        false => Cow::Borrowed(text),
    }
}

/// A table that is written row by row: its widths are known before. On a terminal, cells that are too long go on in the next
/// line, so that nothing is lost and every line fits; on one that is too narrow for that, cells stand below each other.
pub(crate) struct Columns {
    head: Vec<&'static str>,
    widths: Vec<usize>,
    right: &'static [usize],
    are_columns: bool,
    /// Cells that are too long go on in the next line: it is a terminal.
    wraps: bool,
}

impl Columns {
    /// For cells of at most these widths, all of which a terminal has place for: the first and the last column give way
    /// first, then the widest.
    pub(crate) fn new(head: Vec<&'static str>, widths: Vec<usize>, right: &'static [usize]) -> Columns {
        let terminal = terminal_width();
        let (widths, are_columns) = match terminal {
            Some(terminal) => narrowed(widths, usize::from(terminal)),
            None => (widths, true),
        };
        Columns {
            head,
            widths,
            right,
            are_columns,
            wraps: terminal.is_some(),
        }
    }

    /// Writes the header.
    pub(crate) fn header(&self, out: &mut dyn Write) -> io::Result<()> {
        match self.are_columns {
            true => self.line(out, Style::Head, &self.head),
            false => Ok(()),
        }
    }

    /// Writes a row.
    pub(crate) fn row(&self, out: &mut dyn Write, cells: &[&str]) -> io::Result<()> {
        match self.are_columns {
            true => self.line(out, Style::Plain, cells),
            false => block(out, &self.head, "", cells).and_then(|()| writeln!(out)),
        }
    }

    fn line(&self, out: &mut dyn Write, style: Style, cells: &[&str]) -> io::Result<()> {
        let mut rest: Vec<&str> = cells.to_vec();
        let mut line = String::with_capacity(128);
        loop {
            line.clear();
            for (i, (cell, width)) in rest.iter_mut().zip(&self.widths).enumerate() {
                let (part, behind) = match self.wraps {
                    true => split_at_word(cell, *width),
                    false => (*cell, ""),
                };
                let pad = width.saturating_sub(text_width(part));
                if self.right.contains(&i) {
                    spaces(&mut line, pad);
                    line.push_str(part);
                } else {
                    line.push_str(part);
                    spaces(&mut line, pad);
                }
                line.push_str("  ");
                *cell = behind;
            }
            writeln!(out, "{}", paint(style, line.trim_end()))?;
            if rest.iter().all(|cell| cell.is_empty()) {
                return Ok(());
            }
        }
    }
}

fn spaces(line: &mut String, mut count: usize) {
    const SPACES: &str = "                                                                ";
    while count > 0 {
        let some = count.min(SPACES.len());
        line.push_str(&SPACES[..some]);
        count -= some;
    }
}

/// Writes a text, on a terminal in as many lines as it needs.
pub(crate) fn wrapped(out: &mut dyn Write, style: Style, text: &str) -> io::Result<()> {
    let width = terminal_width().map_or(usize::MAX, usize::from);
    let mut rest = text;
    loop {
        let (part, behind) = split_at_word(rest, width);
        writeln!(out, "{}", paint(style, part))?;
        if behind.is_empty() {
            return Ok(());
        }
        rest = behind;
    }
}

/// Writes a paragraph behind a word that stands out; on a terminal it goes on two columns in.
pub(crate) fn paragraph(
    out: &mut dyn Write,
    indent: usize,
    style: Style,
    label: &str,
    text: &str,
) -> io::Result<()> {
    let width = terminal_width().map_or(usize::MAX, usize::from);
    let room = |used: usize| width.saturating_sub(used).max(8);
    let (first, mut rest) = split_at_word(text, room(indent + text_width(label) + 2));
    writeln!(out, "{}{}: {first}", " ".repeat(indent), paint(style, label))?;
    while !rest.is_empty() {
        let (part, behind) = split_at_word(rest, room(indent + 2));
        writeln!(out, "{}{part}", " ".repeat(indent + 2))?;
        rest = behind;
    }
    Ok(())
}

/// How many columns of a terminal a text takes.
pub(crate) fn text_width(text: &str) -> usize {
    // Nearly all of a long list, and quickly told.
    if text.bytes().all(|b| matches!(b, b' '..=b'~')) {
        return text.len();
    }
    unicode_width::UnicodeWidthStr::width(text)
}

/// As much of a text as fits into so many columns, at least a character, and the rest.
pub(crate) fn split_at_width(text: &str, width: usize) -> (&str, &str) {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += unicode_width::UnicodeWidthChar::width(c).unwrap_or(0);
        if used > width && at > 0 {
            return text.split_at(at);
        }
    }
    (text, "")
}

/// As [`split_at_width`], but at the last space that fits, which goes, or behind the last backslash or underscore; within a
/// word only if there is none.
pub(crate) fn split_at_word(text: &str, width: usize) -> (&str, &str) {
    let (part, rest) = split_at_width(text, width);
    if rest.is_empty() {
        return (part, rest);
    }
    if let Some(rest) = rest.strip_prefix(' ') {
        return (part, rest);
    }
    if let Some(at) = part.rfind(' ').filter(|at| *at > 0) {
        return (&text[..at], &text[at + 1..]);
    }
    match part.rfind(['\\', '_']).filter(|at| *at > 0) {
        Some(at) => text.split_at(at + 1),
        None => (part, rest),
    }
}

/// A path or a name as a shell reads it, to paste: names in shared directories are whatever strangers chose.
pub(crate) fn quoted(path: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-%+:,@".contains(c);
    if path.chars().all(|c| !c.is_control()) {
        return match !path.is_empty() && path.chars().all(plain) {
            true => path.to_owned(),
            false => format!("'{}'", path.replace('\'', r"'\''")),
        };
    }
    let mut text = String::from("$'");
    for c in path.chars() {
        match c {
            '\'' | '\\' => text.extend(['\\', c]),
            c if c.is_control() => {
                let mut bytes = [0; 4];
                for byte in c.encode_utf8(&mut bytes).bytes() {
                    text.push_str(&format!(r"\x{byte:02x}"));
                }
            }
            c => text.push(c),
        }
    }
    text.push('\'');
    text
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

/// JSON in which nothing harms a terminal: what a standard lets stand in strings, and terminals obey, is written by number.
pub(crate) fn harmless(json: &str) -> Cow<'_, str> {
    // Below that are the line feeds between the fields; in strings the standard itself has them escaped.
    let harms = |c: char| c >= '\u{7f}' && Escaped::is_meant_for_terminals(c);
    match json.contains(harms) {
        false => Cow::Borrowed(json),
        true => Cow::Owned(
            json.chars()
                .fold(String::with_capacity(json.len()), |mut text, c| {
                    match harms(c) {
                        true => text.push_str(&format!("\\u{:04x}", u32::from(c))),
                        false => text.push(c),
                    }
                    text
                }),
        ),
    }
}

/// Writes one JSON value and a line feed.
pub(crate) fn json(out: &mut dyn Write, value: &impl serde::Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).map_err(|e| output(e.into()))?;
    let mut text = harmless(&text).into_owned();
    text.push('\n');
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(output)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_harms_no_terminal_and_says_the_same() {
        let name = "a\u{9b}31m\u{7f}\u{200e}\u{202e}b\u{2069}\u{e4}\u{5171}\\\"\x1b";
        let plain = serde_json::to_string(name).unwrap();
        let safe = harmless(&plain);
        assert!(
            !safe.contains(['\u{9b}', '\u{7f}', '\u{200e}', '\u{202e}', '\u{2069}', '\x1b']),
            "{safe:?}"
        );
        assert!(safe.contains('\u{5171}'));
        assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), name);
        assert!(matches!(harmless("{}"), Cow::Borrowed("{}")));
    }

    #[test]
    fn text_is_cut_where_it_still_fits_also_in_wide_scripts() {
        assert_eq!(split_at_width("abcdef", 4), ("abcd", "ef"));
        assert_eq!(split_at_width("abc", 4), ("abc", ""));
        assert_eq!(
            split_at_width("\u{5171}\u{4eab}\u{5185}", 5),
            ("\u{5171}\u{4eab}", "\u{5185}")
        );
        assert_eq!(
            split_at_width("\u{5171}", 1),
            ("\u{5171}", ""),
            "a character at least"
        );
    }

    #[test]
    fn lines_end_between_words_where_there_are_any() {
        assert_eq!(split_at_word("may be had", 6), ("may be", "had"));
        assert_eq!(split_at_word("may be had", 8), ("may be", "had"));
        assert_eq!(split_at_word("may", 8), ("may", ""));
        assert_eq!(split_at_word(r"Session\7\frames", 12), (r"Session\7\", "frames"));
        assert_eq!(split_at_word("PAGE_READWRITE", 10), ("PAGE_", "READWRITE"));
        assert_eq!(split_at_word("abcdefgh", 4), ("abcd", "efgh"));
    }

    #[test]
    fn columns_need_place_for_words() {
        let rows = vec![vec!["1".to_owned(), "SECTION_MAP_READ | DELETE".to_owned()]];
        let words = longest_words(&["PID", "RIGHTS"], &rows);
        assert_eq!(words, [3, 16]);
        assert!(fits(&words, 23) && !fits(&words, 22));
        assert_eq!(narrowed(vec![30, 10, 40], 84), (vec![30, 10, 40], true));
        assert_eq!(narrowed(vec![30, 10, 40], 40), (vec![13, 10, 13], true));
        assert_eq!(narrowed(vec![30, 10, 40], 25).0, [7, 7, 7]);
        assert!(!narrowed(vec![30, 10, 40], 24).1);
    }
}
