//! The two console programs of Microsoft's file mapping sample: what they do and what they print (M-63, S4).

use crate::failure::{Failure, output};
use filemap::{Error, Escaped, FileMapping, Namespace, Page, View};
use std::io::Write;
use std::time::{Duration, Instant};

/// The sample's name.
pub(crate) const NAME: &str = r"Local\SampleMap";
/// What the sample's server writes.
pub(crate) const MESSAGE: &str = "Message from the first process.";
/// Size of the sample's object in bytes.
pub(crate) const SIZE: u64 = 65536;

/// What either program holds until ENTER.
pub(crate) struct Held {
    pub(crate) mapping: FileMapping,
    pub(crate) view: View,
}

/// How long each call took, in order.
pub(crate) type Times = Vec<(&'static str, Duration)>;

/// Runs `call` and notes how long it took.
pub(crate) fn timed<T>(times: &mut Times, what: &'static str, call: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let done = call();
    times.push((what, start.elapsed()));
    done
}

/// What the server does.
pub(crate) struct Server<'a> {
    pub(crate) space: &'a Namespace,
    pub(crate) name: &'a str,
    pub(crate) size: u64,
    pub(crate) text: &'a str,
    /// Fail if the name exists, as a server should (O-67); the sample's own doesn't.
    pub(crate) only_new: bool,
}

impl Server<'_> {
    /// Creates, maps, writes, and prints the sample's lines.
    pub(crate) fn start(&self, out: &mut dyn Write, times: &mut Times) -> Result<Held, Failure> {
        let options = FileMapping::options().namespace(self.space).size(self.size);
        let mapping = timed(times, "create", || match self.only_new {
            true => options.create_new(self.name),
            false => options.create(self.name),
        })?;
        print(
            out,
            &format!("The file mapping ({}) is created", Escaped(self.name)),
        )?;
        let view = timed(times, "map", || mapping.map())?;
        print(out, "The file view is mapped")?;
        timed(times, "write", || write_text(&view, 0, self.text))?;
        print(out, "This message is written to the view:")?;
        print(out, &format!("\"{}\"", Escaped(self.text)))?;
        Ok(Held { mapping, view })
    }
}

/// What the client does: opens, maps, reads, and prints the sample's lines. It asks for what it may get: to write too, or
/// only to read.
pub(crate) fn start_client(
    space: &Namespace,
    name: &str,
    out: &mut dyn Write,
    times: &mut Times,
) -> Result<Held, Failure> {
    let options = FileMapping::options().namespace(space);
    let mapping = timed(times, "open", || options.open(name))?;
    print(out, &format!("The file mapping ({}) is opened", Escaped(name)))?;
    let writable = mapping.protection().allows().write;
    let protect = if writable { Page::READWRITE } else { Page::READONLY };
    let view = timed(times, "map", || mapping.view().protection(protect).map())?;
    print(out, "The file view is mapped")?;
    let text = timed(times, "read", || read_text(&view, 0))?;
    print(out, "Read from the file mapping:")?;
    print(out, &format!("\"{}\"", Escaped(&text)))?;
    Ok(Held { mapping, view })
}

/// Writes a text and, if there is room, the NUL behind it.
pub(crate) fn write_text(view: &View, offset: usize, text: &str) -> Result<(), Error> {
    view.write_at(offset, text.as_bytes())?;
    match offset + text.len() < view.len() {
        true => view.write_at(offset + text.len(), &[0]),
        false => Ok(()),
    }
}

/// The text from `offset` to the next NUL or the end of the view.
pub(crate) fn read_text(view: &View, offset: usize) -> Result<String, Error> {
    let mut text = Vec::new();
    let mut chunk = [0; 4096];
    let mut at = offset;
    while at < view.len() {
        let n = chunk.len().min(view.len() - at);
        view.read_at(at, &mut chunk[..n])?;
        match chunk[..n].iter().position(|b| *b == 0) {
            Some(end) => {
                text.extend_from_slice(&chunk[..end]);
                break;
            }
            None => text.extend_from_slice(&chunk[..n]),
        }
        at += n;
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn print(out: &mut dyn Write, line: &str) -> Result<(), Failure> {
    writeln!(out, "{line}").and_then(|()| out.flush()).map_err(output)
}
