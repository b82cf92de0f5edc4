//! Sizes as people write them, where bytes come from, and moving them into and out of views.

use crate::failure::{Failure, on_file};
use crate::ui::Progress;
use filemap::{Error, FileMapping, Op, Page, View, Why};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Bytes that are moved at a time.
const CHUNK: usize = 256 << 10;

/// A size or offset in bytes: `4096`, `64KiB`, `1M`, `1.5GB`. K, M, G, T are powers of 1024, with or without `B` or `iB`.
pub(crate) fn parse_size(text: &str) -> Result<u64, String> {
    parse_size::Config::new()
        .with_binary()
        .parse_size(text)
        .map_err(|e| format!("{e}; write it like 4096, 64KiB or 1M"))
}

/// A time as people write it: `5s`, `2min`, `1h30m`. Nobody waits longer than a hundred years, and clocks have an end.
pub(crate) fn parse_time(text: &str) -> Result<Duration, String> {
    const LONGEST: Duration = Duration::from_secs(100 * 366 * 24 * 60 * 60);
    let time =
        humantime::parse_duration(text).map_err(|e| format!("{e}; write it like 500ms, 5s or 1h30m"))?;
    Ok(time.min(LONGEST))
}

/// What a view is filled with.
#[derive(clap::Args)]
#[group(multiple = false)]
pub(crate) struct SourceArgs {
    /// This text, in UTF-8, without a NUL after it
    #[arg(long)]
    text: Option<String>,
    /// The bytes of this file; `-` is standard input
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
}

/// Bytes on their way into a view.
pub(crate) struct Source {
    reader: Box<dyn Read>,
    /// How many there are, if that is known before they are read.
    pub(crate) len: Option<u64>,
    /// Where they come from, for messages.
    path: PathBuf,
}

impl SourceArgs {
    pub(crate) fn text_len(&self) -> Option<usize> {
        self.text.as_ref().map(String::len)
    }

    pub(crate) fn open(&self) -> Result<Option<Source>, Failure> {
        match (&self.text, &self.from) {
            (Some(text), _) => Ok(Some(Source {
                len: Some(text.len() as u64),
                reader: Box::new(io::Cursor::new(text.clone().into_bytes())),
                path: "--text".into(),
            })),
            (None, Some(path)) if path == Path::new("-") => Ok(Some(Source::stdin())),
            (None, Some(path)) => Source::file(path).map(Some),
            (None, None) => Ok(None),
        }
    }
}

impl Source {
    pub(crate) fn stdin() -> Source {
        Source {
            reader: Box::new(io::stdin()),
            len: None,
            path: "standard input".into(),
        }
    }

    fn file(path: &Path) -> Result<Source, Failure> {
        let file = File::open(path).map_err(on_file("read file", path, "open"))?;
        let meta = file.metadata().map_err(on_file("read file", path, "fstat"))?;
        Ok(Source {
            len: meta.is_file().then_some(meta.len()),
            reader: Box::new(file),
            path: path.to_owned(),
        })
    }

    /// Copies all bytes into `mapping` from byte `offset`; if it is known how many there are, they all fit or none is
    /// written. With `commit`, pages of a SEC_RESERVE object are committed on the way.
    pub(crate) fn copy_into(
        mut self,
        mapping: &FileMapping,
        offset: u64,
        commit: bool,
    ) -> Result<u64, Failure> {
        if self.len == Some(0) {
            return Ok(0);
        }
        let (view, mut at) = map_range(mapping, offset, self.len.unwrap_or(0), Page::READWRITE)?;
        let progress = Progress::new("writing", self.len);
        let mut chunk = vec![0; CHUNK];
        let mut written = 0;
        loop {
            // No more than was announced: a file that grows meanwhile is taken as it was.
            let most = self.len.map_or(CHUNK, |len| {
                usize::try_from(len - written).map_or(CHUNK, |l| l.min(CHUNK))
            });
            let n = match self.reader.read(&mut chunk[..most]) {
                Ok(0) => return Ok(written),
                Ok(n) => n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(on_file("read file", &self.path, "read")(e)),
            };
            let room = view.len() - at;
            let fits = n.min(room);
            if commit && fits > 0 {
                view.commit(at, fits)?;
            }
            view.write_at(at, &chunk[..fits])?;
            at += fits;
            written += fits as u64;
            progress.moved(written);
            if fits < n {
                let (end, size) = (view.offset() + (at + n - fits) as u64, mapping.len());
                let why = Why::ViewTooLarge { end, size };
                let note = format!("the first {written} bytes of {} are written", self.path.display());
                return Err(Error::new(Op::WriteView, mapping.name(), why)
                    .with_note(note)
                    .into());
            }
        }
    }
}

/// A view that begins at or before byte `offset`, and where in it that byte is. `len` 0 means to the end.
pub(crate) fn map_range(
    mapping: &FileMapping,
    offset: u64,
    len: u64,
    protect: Page,
) -> Result<(View, usize), Failure> {
    let skip = offset % filemap::ALLOCATION_GRANULARITY;
    let len = match len {
        0 if offset >= mapping.len() => skip + 1, // an empty rest is past the end, as anywhere behind it
        0 => 0,
        len => len.saturating_add(skip),
    };
    let view = mapping
        .view()
        .protection(protect)
        .offset(offset - skip)
        .len(len)
        .map()?;
    Ok((view, skip as usize)) // below 65536
}

/// Hands the bytes of `view` from `at` to `write`, some at a time, until it says that it has enough.
pub(crate) fn for_each_chunk(
    view: &View,
    at: usize,
    end: usize,
    mut write: impl FnMut(&[u8]) -> io::Result<bool>,
) -> Result<(), Failure> {
    in_chunks(at, end, |at, chunk| {
        view.read_at(at, chunk)?;
        write(chunk).map_err(crate::failure::output)
    })
}

/// Calls `read` with where the next bytes are and room for them, until the end or until it says that it has enough; shows how
/// far it is.
fn in_chunks(
    start: usize,
    end: usize,
    mut read: impl FnMut(usize, &mut [u8]) -> Result<bool, Failure>,
) -> Result<(), Failure> {
    let progress = Progress::new("reading", Some((end - start) as u64));
    let mut chunk = vec![0; CHUNK.min(end - start)];
    let mut at = start;
    while at < end {
        let n = chunk.len().min(end - at);
        if !read(at, &mut chunk[..n])? {
            break;
        }
        at += n;
        progress.moved((at - start) as u64);
    }
    Ok(())
}

/// A part of an object's bytes.
pub(crate) enum Part<'a> {
    /// As they are now; zeros where pages between them are not committed.
    Bytes(&'a [u8]),
    /// So many bytes of which none is committed (SEC_RESERVE): they have no memory.
    Hole(usize),
}

/// As [`for_each_chunk`], for an object that need not be committed.
pub(crate) fn for_each_part(
    view: &View,
    at: usize,
    end: usize,
    mut each: impl FnMut(Part<'_>) -> io::Result<()>,
) -> Result<(), Failure> {
    in_chunks(at, end, |at, chunk| {
        let part = match pages(at, chunk.len()).any(|page| view.is_committed(page)) {
            true => {
                read_committed(view, at, chunk)?;
                Part::Bytes(chunk)
            }
            false => Part::Hole(chunk.len()),
        };
        each(part).map(|()| true).map_err(crate::failure::output)
    })
}

/// Offsets of the pages that `len` bytes from `at` are in.
pub(crate) fn pages(at: usize, len: usize) -> impl Iterator<Item = usize> {
    (at - at % PAGE..at + len).step_by(PAGE)
}

/// Copies bytes of a view; pages that are not committed are zero.
fn read_committed(view: &View, at: usize, bytes: &mut [u8]) -> Result<(), Error> {
    if view.read_at(at, bytes).is_ok() {
        return Ok(());
    }
    for_each_page(at, bytes, |at, page| match view.is_committed(at) {
        true => view.read_at(at, page),
        false => {
            page.fill(0);
            Ok(())
        }
    })
}

/// Bytes of an object's page.
const PAGE: usize = 4096;

/// Calls `each` with the bytes of each page, and where in the view they are.
fn for_each_page<E>(
    at: usize,
    bytes: &mut [u8],
    mut each: impl FnMut(usize, &mut [u8]) -> Result<(), E>,
) -> Result<(), E> {
    let mut from = 0;
    while from < bytes.len() {
        let to = bytes.len().min(from + PAGE - (at + from) % PAGE);
        each(at + from, &mut bytes[from..to])?;
        from = to;
    }
    Ok(())
}

/// Copies bytes of a view as they are now. Pages that are not committed (SEC_RESERVE), or that somebody has cut off, are zero.
pub(crate) fn read_or_zero(view: &View, at: usize, bytes: &mut [u8]) {
    if view.read_at(at, bytes).is_ok() {
        return;
    }
    let _ = for_each_page(at, bytes, |at, page| {
        if view.read_at(at, page).is_err() {
            page.fill(0);
        }
        Ok::<(), std::convert::Infallible>(())
    });
}

/// How many bytes a line of a hexdump shows on a terminal of so many columns, with eight digits of offset before them.
pub(crate) fn bytes_in_a_line(columns: usize) -> usize {
    [16, 8, 4]
        .into_iter()
        .find(|n| dump_width(*n) <= columns)
        .unwrap_or(2)
}

/// Columns of the offset and so many bytes, with a gap in the middle of 16.
pub(crate) fn dump_width(bytes: usize) -> usize {
    9 + 3 * bytes + usize::from(bytes > 8)
}

/// Writes bytes as `hexdump -C` does: 16 a line with their offset, equal lines in between as `*`.
pub(crate) struct HexDump<W> {
    to: W,
    offset: u64,
    line: Vec<u8>,
    last: Vec<u8>,
    starred: bool,
}

impl<W: Write> HexDump<W> {
    pub(crate) fn new(to: W, offset: u64) -> HexDump<W> {
        HexDump {
            to,
            offset,
            line: Vec::with_capacity(16),
            last: Vec::new(),
            starred: false,
        }
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        for byte in bytes {
            self.line.push(*byte);
            if self.line.len() == 16 {
                self.end_line()?;
            }
        }
        Ok(())
    }

    /// As [`HexDump::write`] with so many zeros.
    pub(crate) fn zeros(&mut self, len: usize) -> io::Result<()> {
        let lines = [0; 16];
        let mut left = len;
        while left > 0 {
            // Lines in between are not shown, however many they are.
            if self.starred && self.line.is_empty() && self.last == lines {
                self.offset += (left - left % 16) as u64;
                left %= 16;
            }
            let n = left.min(16);
            self.write(&lines[..n])?;
            left -= n;
        }
        Ok(())
    }

    pub(crate) fn finish(mut self) -> io::Result<()> {
        if !self.line.is_empty() {
            self.end_line()?;
        }
        writeln!(self.to, "{:08x}", self.offset)?;
        self.to.flush()
    }

    fn end_line(&mut self) -> io::Result<()> {
        if self.line == self.last {
            if !std::mem::replace(&mut self.starred, true) {
                writeln!(self.to, "*")?;
            }
        } else {
            self.starred = false;
            let mut text = format!("{:08x} ", self.offset);
            for i in 0..16 {
                if i % 8 == 0 {
                    text.push(' ');
                }
                match self.line.get(i) {
                    Some(byte) => text.push_str(&format!("{byte:02x} ")),
                    None => text.push_str("   "),
                }
            }
            let shown = |b: &u8| if (0x20..0x7f).contains(b) { *b as char } else { '.' };
            let letters: String = self.line.iter().map(shown).collect();
            writeln!(self.to, "{text} |{letters}|")?;
        }
        self.offset += self.line.len() as u64;
        std::mem::swap(&mut self.last, &mut self.line);
        self.line.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_powers_of_1024_however_they_are_spelt() {
        let rows = [
            ("4096", 4096),
            ("64KiB", 65536),
            ("64k", 65536),
            ("1M", 1 << 20),
            ("1MB", 1 << 20),
            ("1.5GiB", 3 << 29),
        ];
        for (text, bytes) in rows {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
        assert!(parse_size("much").unwrap_err().contains("64KiB"));
        assert!(parse_size("-1").is_err());
    }

    #[test]
    fn a_time_is_never_so_long_that_clocks_overflow() {
        assert_eq!(parse_time("1h30m"), Ok(Duration::from_secs(5400)));
        let long = parse_time("500000000000years").unwrap();
        assert!(std::time::Instant::now().checked_add(long).is_some());
        assert!(std::time::SystemTime::now().checked_add(long).is_some());
        assert!(parse_time("soon").unwrap_err().contains("1h30m"));
    }

    #[test]
    fn zeros_are_dumped_as_zeros_that_were_written() {
        for (before, zeros) in [
            (&b"abc"[..], 100),
            (b"0123456789abcdef", 5),
            (b"", 64),
            (b"x", 15),
        ] {
            let dumped = |how: &dyn Fn(&mut HexDump<&mut Vec<u8>>)| {
                let mut out = Vec::new();
                let mut dump = HexDump::new(&mut out, 0);
                dump.write(before).unwrap();
                how(&mut dump);
                dump.write(b"end").unwrap();
                dump.finish().unwrap();
                out
            };
            assert_eq!(
                dumped(&|dump| dump.zeros(zeros).unwrap()),
                dumped(&|dump| dump.write(&vec![0; zeros]).unwrap()),
            );
        }
    }

    #[test]
    fn a_dump_shows_offsets_bytes_letters_and_leaves_repetitions_out() {
        let mut bytes = [0; 70];
        bytes[..5].copy_from_slice(b"hello");
        bytes[66] = 0xff;
        let mut out = Vec::new();
        let mut dump = HexDump::new(&mut out, 0x10);
        for part in bytes.chunks(7) {
            dump.write(part).unwrap();
        }
        dump.finish().unwrap();
        let want = "\
00000010  68 65 6c 6c 6f 00 00 00  00 00 00 00 00 00 00 00  |hello...........|
00000020  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
*
00000050  00 00 ff 00 00 00                                 |......|
00000056
";
        assert_eq!(String::from_utf8(out).unwrap(), want);
    }
}
