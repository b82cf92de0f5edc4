//! `filemap watch` and `filemap hexdump`.

use super::wrong;
use crate::Place;
use crate::bytes::{
    HexDump, Part, bytes_in_a_line, dump_width, for_each_part, map_range, parse_size, parse_time,
};
use crate::failure::{Failure, on_file, output, say};
use crate::layout::{Abi, Field, Layout, Type};
use crate::live::{Live, Recorder, Recording, differences};
use crate::signals::{End, Input, Signals};
use crate::ui::{Style, for_output, harmless, is_dumb, marked, paint, split_at_width, text_width};
use clap::ValueEnum;
use filemap::{Escaped, FileMapAccess, FileMapping, Namespace, Page};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The least time between two looks: more often is all of a processor.
const LEAST: Duration = Duration::from_millis(1);

/// Shows the bytes of an object as hexdump -C does, once or as they change
///
/// On a terminal, --follow keeps the dump up to date and marks what has changed; else it prints each change in a line. No
/// handle is kept meanwhile: looking at an object does not keep its name.
#[derive(clap::Args)]
#[command(after_help = r"Examples:
  filemap hexdump 'Local\frames'
  filemap hexdump 'Local\frames' --offset 16 --len 64
  timeout 1 filemap hexdump 'Local\frames' --follow || true")]
pub(crate) struct Hexdump {
    /// Name of the object
    name: String,
    /// First byte
    #[arg(long, value_parser = parse_size, default_value = "0")]
    offset: u64,
    /// How many bytes; 0 means up to the end
    #[arg(long, value_parser = parse_size, default_value = "0")]
    len: u64,
    /// Go on until a signal, or until nobody holds the object any more
    #[arg(long, short)]
    follow: bool,
    /// Time between two looks
    #[arg(long, value_name = "TIME", value_parser = parse_time, default_value = "50ms")]
    every: Duration,
}

/// Shows the values in an object as they change: bytes, numbers, text, or the fields of a layout
///
/// A layout is a TOML file with a [[field]] for each value: name, type (u8 to u64, i8 to i64, f32, f64, bool, text, utf16,
/// bytes), offset (else behind the field before), count for arrays, len of text, endian. A layout may also be a struct of a C
/// header, with the sizes and alignments that compilers give it: nested structs, unions, arrays, enumerations, typedefs,
/// #pragma pack, attributes; the names of <stdint.h> and <windows.h> are known, "other.h" beside it is read, <other.h> is not.
/// What has changed is marked on a terminal; elsewhere each change is a line, or a row with --export. It ends with a signal,
/// after --for or --count, or when nobody holds the object any more: no handle is kept meanwhile.
#[derive(clap::Args)]
#[command(after_help = r"Examples:
  filemap watch 'Local\frames' --len 64 --count 1
  filemap watch 'Local\frames' --as u32 --len 64 --for 1s --export csv
  filemap watch 'Local\frames' --layout frame.h --struct frame --for 1s
  filemap watch 'Local\frames' --len 64 --for 1s --record frames.jsonl
  filemap watch --replay frames.jsonl --as text --speed 0")]
pub(crate) struct Watch {
    /// Name of the object
    #[arg(required_unless_present = "replay", conflicts_with = "replay")]
    name: Option<String>,
    /// What the bytes are
    #[arg(long = "as", value_enum, value_name = "TYPE")]
    ty: Option<Type>,
    /// What the bytes are: a layout in TOML, or a C header (its name ends in .h)
    #[arg(long, value_name = "FILE", conflicts_with = "ty")]
    layout: Option<PathBuf>,
    /// The struct of the header, by its tag or typedef; it begins at --offset [default: the only one]
    #[arg(long = "struct", value_name = "NAME", requires = "layout")]
    of_struct: Option<String>,
    /// Whose sizes the types of the header have
    #[arg(long, value_enum, requires = "layout", default_value = crate::system::OWN_ABI)]
    abi: Abi,
    /// First byte
    #[arg(long, value_parser = parse_size, default_value = "0")]
    offset: u64,
    /// How many bytes; 0 means up to the end, or as many as the layout needs
    #[arg(long, value_parser = parse_size, default_value = "0")]
    len: u64,
    /// Time between two looks
    #[arg(long, value_name = "TIME", value_parser = parse_time, default_value = "50ms")]
    every: Duration,
    /// Looks in a second, in place of --every
    #[arg(long, value_name = "N", conflicts_with = "every", value_parser = clap::value_parser!(u32).range(1..=1000))]
    hz: Option<u32>,
    /// End after so long
    #[arg(long = "for", value_name = "TIME", value_parser = parse_time)]
    time: Option<Duration>,
    /// End after so many states, the first one included
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    /// Write all changes to this file
    #[arg(long, value_name = "FILE", conflicts_with = "replay")]
    record: Option<PathBuf>,
    /// Show what was recorded
    #[arg(long, value_name = "FILE")]
    replay: Option<PathBuf>,
    /// How fast to replay; 0 is at once
    #[arg(long, value_name = "FACTOR", default_value = "1", requires = "replay", value_parser = parse_speed)]
    speed: f64,
    /// A row for each state: time and the value of every field
    #[arg(long, value_enum)]
    export: Option<Export>,
}

fn parse_speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(speed) if speed >= 0.0 && speed.is_finite() => Ok(speed),
        _ => Err("write it like 1, 0.5 or 10; 0 is at once".to_owned()),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Export {
    /// Comma-separated values, with a header
    Csv,
    /// One JSON object in each line
    Jsonl,
}

/// Where the bytes come from.
enum Source {
    Live(Box<Live>),
    Recording(Box<Recording>),
}

impl Source {
    fn bytes(&self) -> &[u8] {
        match self {
            Source::Live(live) => &live.bytes,
            Source::Recording(recording) => &recording.bytes,
        }
    }

    fn offset(&self) -> u64 {
        match self {
            Source::Live(live) => live.offset,
            Source::Recording(recording) => recording.offset,
        }
    }

    fn size(&self) -> u64 {
        match self {
            Source::Live(live) => live.size,
            Source::Recording(recording) => recording.size,
        }
    }
}

impl Hexdump {
    pub(crate) fn run(&self, place: &Place) -> Result<ExitCode, Failure> {
        let space = place.namespace()?;
        if !self.follow {
            return self.dump(&space);
        }
        let live = Live::open(&space, &self.name, self.offset, self.len)?;
        let run = Run {
            title: self.name.clone(),
            layout: None,
            every: self.every.max(LEAST),
            until: None,
            count: None,
            export: None,
            speed: 1.0,
        };
        run.watch(Source::Live(Box::new(live)), None)
    }

    /// Shows the bytes once: a part at a time, however many there are.
    fn dump(&self, space: &Namespace) -> Result<ExitCode, Failure> {
        let mapping = FileMapping::options()
            .namespace(space)
            .access(FileMapAccess::READ)
            .open(&self.name)?;
        let (view, at) = map_range(&mapping, self.offset, self.len, Page::READONLY)?;
        let end = match self.len {
            0 => view.len(),
            len => view.len().min(at + len as usize), // mapped, so it fits an address
        };
        let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
        let mut dump = HexDump::new(&mut out, self.offset);
        for_each_part(&view, at, end, |part| match part {
            Part::Bytes(bytes) => dump.write(bytes),
            Part::Hole(len) => dump.zeros(len),
        })?;
        dump.finish().map_err(output)?;
        out.flush().map_err(output)?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Watch {
    /// Whether a layout is a C header.
    fn of_header(&self, path: &Path) -> bool {
        self.of_struct.is_some()
            || path.extension().is_some_and(|end| {
                ["h", "hh", "hpp", "c"]
                    .iter()
                    .any(|of| end.eq_ignore_ascii_case(of))
            })
    }

    pub(crate) fn run(&self, place: &Place) -> Result<ExitCode, Failure> {
        let mut layout = match &self.layout {
            None => None,
            Some(path) => {
                std::fs::File::open(path).map_err(on_file("read layout", path, "open"))?;
                let read = match self.of_header(path) {
                    true => crate::system::c_layout(path, self.of_struct.as_deref(), self.abi, self.offset),
                    false => Layout::read(path),
                };
                Some(read.map_err(|what| wrong("read layout", &path.display().to_string(), what))?)
            }
        };
        let every = match self.hz {
            Some(hz) => Duration::from_secs(1) / hz,
            None => self.every.max(LEAST),
        };
        let of_header = self.layout.as_deref().is_some_and(|path| self.of_header(path));
        let (source, title) = match (&self.name, &self.replay) {
            (_, Some(path)) => {
                let recording = Recording::open(path)?;
                let title = format!("{} (recorded)", recording.name);
                (Source::Recording(Box::new(recording)), title)
            }
            (Some(name), None) => {
                let (offset, len) = match &layout {
                    Some(layout) if self.len == 0 && (self.offset == 0 || of_header) => {
                        let start = layout.start();
                        (start, layout.end().saturating_sub(start))
                    }
                    _ => (self.offset, self.len),
                };
                let live = Live::open(&place.namespace()?, name, offset, len)?;
                (Source::Live(Box::new(live)), name.clone())
            }
            (None, None) => unreachable!("the command line asks for one of them"),
        };
        let end = source.offset() + source.bytes().len() as u64;
        if let Some(ty) = self.ty {
            layout = Some(Layout::of(ty, source.offset(), end));
        }
        if layout.is_none() && self.export.is_some() {
            layout = Some(Layout {
                fields: vec![Field {
                    name: "bytes".to_owned(),
                    ty: Type::Bytes,
                    offset: source.offset(),
                    count: 1,
                    len: source.bytes().len(),
                    big_endian: false,
                }],
            });
        }
        let recorder = match (&self.record, &source) {
            (Some(path), Source::Live(live)) => Some(Recorder::start(path, live)?),
            _ => None,
        };
        let run = Run {
            title,
            layout,
            every,
            until: self.time.map(|time| Instant::now() + time),
            count: self.count,
            export: self.export,
            speed: self.speed,
        };
        run.watch(source, recorder)
    }
}

/// How to watch.
struct Run {
    title: String,
    layout: Option<Layout>,
    every: Duration,
    until: Option<Instant>,
    count: Option<u64>,
    export: Option<Export>,
    speed: f64,
}

impl Run {
    fn watch(&self, mut source: Source, mut recorder: Option<Recorder>) -> Result<ExitCode, Failure> {
        let signals = Signals::catch()?;
        // One that can't move its cursor gets a line for each change.
        let screen = io::stdout().is_terminal() && !is_dumb() && self.export.is_none();
        let mut size = crate::system::terminal_size();
        let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
        let mut last = source.bytes().to_vec();
        let started = Instant::now();
        let mut states = 1;
        let mut marks: Vec<Range<usize>> = Vec::new();
        let mut marked = started;
        if let Source::Recording(recording) = &mut source {
            // The first state is what was there when it began.
            recording.play_until(0)?;
            last.copy_from_slice(&recording.bytes);
        }
        let first = match screen {
            true => self.draw(&mut out, &source, &[], true),
            false => self.first(&mut out, &source),
        };
        first.and_then(|()| out.flush()).map_err(output)?;
        let mut end = None;
        let mut next = started + self.every;
        while self.count.is_none_or(|count| states < count) {
            let due = self.next_look(&source, started, next);
            let until = match (due, self.until) {
                (Some(due), Some(until)) => due.min(until),
                (Some(due), None) => due,
                (None, _) => break, // the recording is over
            };
            match signals.wait(Some(until), Input::Ignored, None)? {
                End::Signal(_) => break,
                End::Time | End::Input | End::Other => {}
            }
            let now = Instant::now();
            if self.until.is_some_and(|until| now >= until) {
                break;
            }
            // A look that came late is not made up for.
            next = (next + self.every).max(now);
            match &mut source {
                Source::Live(live) => {
                    live.look();
                    if !live.is_held() {
                        end = Some("nobody holds it any more");
                    }
                }
                Source::Recording(recording) => {
                    let passed = self.recorded_time(now - started);
                    recording
                        .play_until(passed.max(recording.due().filter(|_| self.speed <= 0.0).unwrap_or(0)))?;
                }
            }
            let mut changes: Vec<Range<usize>> = Vec::new();
            differences(&last, source.bytes(), |range| changes.push(range));
            if let Some(recorder) = &mut recorder {
                for range in &changes {
                    recorder.change(range.clone(), source.bytes())?;
                }
            }
            let fading = screen && !marks.is_empty() && now - marked > Duration::from_secs(1);
            let resized = screen && size != crate::system::terminal_size();
            if !changes.is_empty() || fading || resized {
                size = crate::system::terminal_size();
                states += u64::from(!changes.is_empty());
                let written = match screen {
                    true => self.draw(&mut out, &source, &changes, resized),
                    false => self.change(&mut out, &source, &last, &changes),
                };
                written.and_then(|()| out.flush()).map_err(output)?;
                for range in &changes {
                    last[range.clone()].copy_from_slice(&source.bytes()[range.clone()]);
                }
                marks = changes;
                marked = now;
            }
            if end.is_some() {
                break;
            }
        }
        if let Some(recorder) = recorder {
            recorder.finish()?;
        }
        if let Some(end) = end {
            say(&format!("{}: {end}", Escaped(&self.title)));
        }
        Ok(ExitCode::SUCCESS)
    }

    fn next_look(&self, source: &Source, started: Instant, next: Instant) -> Option<Instant> {
        match source {
            Source::Live(_) => Some(next),
            Source::Recording(recording) => {
                let due = recording.due()?;
                let after = match self.speed > 0.0 {
                    true => Duration::from_nanos((due as f64 / self.speed) as u64),
                    false => Duration::ZERO,
                };
                Some(started + after)
            }
        }
    }

    fn recorded_time(&self, passed: Duration) -> u64 {
        (passed.as_nanos() as f64 * self.speed) as u64
    }

    /// When the state was as it is shown.
    fn moment(&self, source: &Source) -> SystemTime {
        match source {
            Source::Live(_) => SystemTime::now(),
            Source::Recording(recording) => {
                UNIX_EPOCH + Duration::from_nanos(recording.started.saturating_add(recording.played))
            }
        }
    }

    /// The first state, on what is no terminal.
    fn first(&self, out: &mut dyn Write, source: &Source) -> io::Result<()> {
        match (&self.layout, self.export) {
            (Some(layout), Some(Export::Csv)) => {
                let names = layout.fields.iter().flat_map(Field::names).map(|name| csv(&name));
                let head: Vec<String> = std::iter::once("time".to_owned()).chain(names).collect();
                writeln!(out, "{}", head.join(","))?;
                self.export_row(out, source, layout, Export::Csv)
            }
            (Some(layout), Some(export)) => self.export_row(out, source, layout, export),
            (Some(layout), None) => {
                for field in &layout.fields {
                    for (i, name) in field.names().enumerate() {
                        let value = field.value(field.bytes(i, source.bytes(), source.offset()));
                        writeln!(out, "{} = {}", Escaped(&name), Escaped(&value))?;
                    }
                }
                Ok(())
            }
            (None, _) => {
                let mut dump = HexDump::new(&mut *out, source.offset());
                dump.write(source.bytes())?;
                dump.finish()
            }
        }
    }

    fn export_row(
        &self,
        out: &mut dyn Write,
        source: &Source,
        layout: &Layout,
        export: Export,
    ) -> io::Result<()> {
        let at = time(self.moment(source));
        let values = layout.fields.iter().flat_map(|field| {
            field
                .names()
                .enumerate()
                .map(|(i, name)| {
                    (
                        name,
                        field.ty,
                        field.value(field.bytes(i, source.bytes(), source.offset())),
                    )
                })
                .collect::<Vec<_>>()
        });
        match export {
            Export::Csv => {
                let cells: Vec<String> = std::iter::once(at)
                    .chain(values.map(|(_, _, value)| csv(&value)))
                    .collect();
                let row = format!("{}\n", cells.join(","));
                out.write_all(&for_output(row.as_bytes()))
            }
            Export::Jsonl => {
                let mut row = serde_json::Map::new();
                row.insert("time".to_owned(), at.into());
                for (name, ty, value) in values {
                    row.insert(name, json_value(ty, value));
                }
                let row = serde_json::Value::Object(row).to_string();
                writeln!(out, "{}", harmless(&row))
            }
        }
    }

    /// What has changed, on what is no terminal.
    fn change(
        &self,
        out: &mut dyn Write,
        source: &Source,
        old: &[u8],
        changes: &[Range<usize>],
    ) -> io::Result<()> {
        let at = time(self.moment(source));
        match (&self.layout, self.export) {
            (Some(layout), Some(export)) => self.export_row(out, source, layout, export),
            (Some(layout), None) => {
                for (field, i, name) in changed_fields(layout, source.offset(), changes) {
                    let old = field.value(field.bytes(i, old, source.offset()));
                    let new = field.value(field.bytes(i, source.bytes(), source.offset()));
                    if old != new {
                        writeln!(
                            out,
                            "{at} {}: {} -> {}",
                            Escaped(&name),
                            Escaped(&old),
                            Escaped(&new)
                        )?;
                    }
                }
                Ok(())
            }
            (None, _) => {
                for range in changes {
                    // As much as people read in a line.
                    let part = range.start..range.end.min(range.start + 16);
                    let more = range.len() - part.len();
                    let rest = if more > 0 {
                        format!(" and {more} more bytes")
                    } else {
                        String::new()
                    };
                    let offset = source.offset() + range.start as u64;
                    let (old, new) = (hex(&old[part.clone()]), hex(&source.bytes()[part]));
                    writeln!(out, "{at} {offset:#010x}: {old} -> {new}{rest}")?;
                }
                Ok(())
            }
        }
    }

    /// The whole state on a terminal, with changes marked.
    fn draw(
        &self,
        out: &mut dyn Write,
        source: &Source,
        changes: &[Range<usize>],
        first: bool,
    ) -> io::Result<()> {
        let (columns, rows) = crate::system::terminal_size().unwrap_or((80, 24));
        let (columns, rows) = (usize::from(columns).max(20), usize::from(rows).max(4));
        if first {
            write!(out, "\x1b[2J")?;
        }
        let title = format!(
            "{}  {} bytes from {:#x} of {}  {}",
            Escaped(&self.title),
            source.bytes().len(),
            source.offset(),
            source.size(),
            time(self.moment(source))
        );
        let title = split_at_width(&title, columns).0;
        write!(out, "\x1b[H\x1b[2K{}\r\n", paint(Style::Head, title))?;
        let is_changed = |at: usize| changes.iter().any(|range| range.contains(&at));
        // Below the title; one line for what has no room, and one for the cursor.
        let lines = rows.saturating_sub(3).max(1);
        let hidden = match &self.layout {
            None => {
                let each = bytes_in_a_line(columns);
                let with_letters = columns >= dump_width(each) + each + 4;
                for (n, line) in source.bytes().chunks(each).take(lines).enumerate() {
                    write!(out, "\x1b[2K{:08x} ", source.offset() + (n * each) as u64)?;
                    for (i, byte) in line.iter().enumerate() {
                        let gap = if i == 8 { "  " } else { " " };
                        let text = format!("{byte:02x}");
                        match is_changed(n * each + i) {
                            true => write!(out, "{gap}{}", marked(&text))?,
                            false => write!(out, "{gap}{text}")?,
                        }
                    }
                    if with_letters {
                        let used = 9 + 3 * line.len() + usize::from(line.len() > 8);
                        let letters: String = line
                            .iter()
                            .map(|b| if (0x20..0x7f).contains(b) { *b as char } else { '.' })
                            .collect();
                        write!(out, "{}  |{letters}|", " ".repeat(dump_width(each) - used))?;
                    }
                    write!(out, "\r\n")?;
                }
                match source.bytes().len().saturating_sub(lines * each) {
                    0 => None,
                    n => Some(format!("{n} more bytes: --offset shows them")),
                }
            }
            Some(layout) => {
                let values = layout
                    .fields
                    .iter()
                    .flat_map(|field| field.names().enumerate().map(move |(i, name)| (field, i, name)));
                let mut shown = 0;
                let mut hidden = 0;
                for (field, i, name) in values {
                    if shown == lines {
                        hidden += 1;
                        continue;
                    }
                    shown += 1;
                    let bytes = field.bytes(i, source.bytes(), source.offset());
                    let from = field.offset.saturating_sub(source.offset()) as usize + i * field.len;
                    let name = Escaped(&name).to_string();
                    let name = split_at_width(&name, columns / 2 - 1).0;
                    let name_width = text_width(name).max(20.min(columns / 2 - 1));
                    let value = Escaped(&field.value(bytes)).to_string();
                    let value = split_at_width(&value, columns - name_width - 1).0;
                    let pad = " ".repeat(name_width - text_width(name) + 1);
                    match (from..from + field.len).any(is_changed) {
                        true => write!(out, "\x1b[2K{name}{pad}{}\r\n", marked(value))?,
                        false => write!(out, "\x1b[2K{name}{pad}{value}\r\n")?,
                    }
                }
                match hidden {
                    0 => None,
                    n => Some(format!("{n} more values: a larger terminal shows them")),
                }
            }
        };
        if let Some(hidden) = hidden.filter(|_| rows > 3) {
            let hidden = split_at_width(&hidden, columns).0;
            write!(out, "\x1b[2K{}\r\n", paint(Style::Dim, hidden))?;
        }
        write!(out, "\x1b[J")
    }
}

/// The values that some changed bytes are part of.
fn changed_fields<'a>(
    layout: &'a Layout,
    start: u64,
    changes: &'a [Range<usize>],
) -> impl Iterator<Item = (&'a Field, usize, String)> {
    layout.fields.iter().flat_map(move |field| {
        let first = field.offset.saturating_sub(start) as usize;
        field.names().enumerate().filter_map(move |(i, name)| {
            let range = first + i * field.len..first + (i + 1) * field.len;
            let touched = changes
                .iter()
                .any(|change| change.start < range.end && range.start < change.end);
            touched.then_some((field, i, name))
        })
    })
}

fn hex(bytes: &[u8]) -> String {
    let bytes: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    bytes.join(" ")
}

/// A cell of comma-separated values. Source: RFC 4180.
fn csv(text: &str) -> String {
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}

/// Numbers as numbers, if JSON can say them.
fn json_value(ty: Type, value: String) -> serde_json::Value {
    match ty {
        Type::Text | Type::Utf16 | Type::Bytes => value.into(),
        _ => serde_json::from_str(&value).unwrap_or_else(|_| value.into()),
    }
}

/// A moment, as RFC 3339 writes it.
fn time(at: SystemTime) -> String {
    humantime::format_rfc3339_millis(at).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_with_commas_and_quotes_stay_one_cell() {
        assert_eq!(csv("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(csv("plain"), "plain");
        assert_eq!(json_value(Type::F32, "NaN".to_owned()), "NaN");
        assert_eq!(json_value(Type::U64, u64::MAX.to_string()), u64::MAX);
    }
}
