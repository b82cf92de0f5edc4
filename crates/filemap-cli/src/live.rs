//! The bytes of an object, looked at again and again: live, or out of a recording.

use crate::bytes::read_or_zero;
use crate::failure::{Failure, on_file};
use crate::system::Presence;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use filemap::{FileMapAccess, FileMapping, Namespace, Page, View};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Lines, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The most bytes that are watched: they are kept twice, and compared again and again.
const MOST: u64 = 256 << 20;
/// How often a live object is asked whether it still has its name.
const STILL_THERE: Duration = Duration::from_millis(500);

/// An object that is looked at. It is mapped and no handle is kept, so looking keeps the memory and not the name.
pub(crate) struct Live {
    view: View,
    /// Where in the view the first byte is.
    at: usize,
    pub(crate) bytes: Vec<u8>,
    pub(crate) offset: u64,
    pub(crate) size: u64,
    space: Namespace,
    name: String,
    presence: Presence,
    asked: Instant,
}

impl Live {
    /// Opens the object and takes a first look at `len` bytes from `offset`; 0 means to the end.
    pub(crate) fn open(space: &Namespace, name: &str, offset: u64, len: u64) -> Result<Live, Failure> {
        let options = FileMapping::options()
            .namespace(space)
            .access(FileMapAccess::READ);
        let mapping = options.open(name)?;
        let size = mapping.len();
        let (view, at) = crate::bytes::map_range(&mapping, offset, len, Page::READONLY)?;
        let presence = Presence::of(space, name)?;
        mapping.close()?;
        let len = match len {
            0 => view.len() - at,
            len => (len as usize).min(view.len() - at),
        };
        if len as u64 > MOST {
            let what = format!(
                "{len} bytes are too many to watch; choose a part with --offset and --len, of 256 MiB at most"
            );
            return Err(crate::cmd::wrong("watch", name, what));
        }
        let mut live = Live {
            view,
            at,
            bytes: vec![0; len],
            offset,
            size,
            space: space.clone(),
            name: name.to_owned(),
            presence,
            asked: Instant::now(),
        };
        live.look();
        Ok(live)
    }

    /// Copies the bytes as they are now, as [`read_or_zero`] does.
    pub(crate) fn look(&mut self) {
        read_or_zero(&self.view, self.at, &mut self.bytes);
    }

    /// Whether somebody else still holds the object; asked now and then.
    pub(crate) fn is_held(&mut self) -> bool {
        if self.asked.elapsed() < STILL_THERE {
            return true;
        }
        self.asked = Instant::now();
        self.presence.lasts(&self.space, &self.name)
    }
}

/// Calls `each` with every range of bytes that differ; ranges that are a few bytes apart are one.
pub(crate) fn differences(old: &[u8], new: &[u8], mut each: impl FnMut(Range<usize>)) {
    const NEAR: usize = 8;
    let len = old.len().min(new.len());
    let mut at = 0;
    let mut current: Option<Range<usize>> = None;
    while at < len {
        // Most of it is the same, so look at blocks first.
        let block = (len - at).min(512);
        if old[at..at + block] == new[at..at + block] {
            at += block;
            continue;
        }
        for i in at..at + block {
            if old[i] == new[i] {
                continue;
            }
            match &mut current {
                Some(range) if i < range.end + NEAR => range.end = i + 1,
                _ => {
                    if let Some(range) = current.replace(i..i + 1) {
                        each(range);
                    }
                }
            }
        }
        at += block;
    }
    if let Some(range) = current {
        each(range);
    }
}

/// The first line of a recording.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    /// Version of the format.
    filemap_recording: u32,
    name: String,
    size: u64,
    offset: u64,
    len: usize,
    /// Nanoseconds since 1970.
    started: u64,
}

/// A range of bytes that changed.
#[derive(Debug, Serialize, Deserialize)]
struct Change {
    /// Nanoseconds since the start.
    t: u64,
    /// Where, from the first recorded byte on.
    at: usize,
    base64: String,
}

/// Writes what changes to a file, a line of JSON for each range.
pub(crate) struct Recorder {
    path: PathBuf,
    out: BufWriter<File>,
    started: Instant,
}

impl Recorder {
    pub(crate) fn start(path: &Path, live: &Live) -> Result<Recorder, Failure> {
        let file = File::create(path).map_err(on_file("write", path, "open"))?;
        let mut recorder = Recorder {
            path: path.to_owned(),
            out: BufWriter::new(file),
            started: Instant::now(),
        };
        let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        recorder.line(&Head {
            filemap_recording: 1,
            name: live.name.clone(),
            size: live.size,
            offset: live.offset,
            len: live.bytes.len(),
            started: started.as_nanos() as u64,
        })?;
        recorder.line(&Change {
            t: 0,
            at: 0,
            base64: STANDARD.encode(&live.bytes),
        })?;
        Ok(recorder)
    }

    pub(crate) fn change(&mut self, range: Range<usize>, bytes: &[u8]) -> Result<(), Failure> {
        let t = self.started.elapsed().as_nanos() as u64;
        let base64 = STANDARD.encode(&bytes[range.clone()]);
        self.line(&Change {
            t,
            at: range.start,
            base64,
        })
    }

    fn line(&mut self, line: &impl Serialize) -> Result<(), Failure> {
        serde_json::to_writer(&mut self.out, line)
            .map_err(std::io::Error::from)
            .and_then(|()| self.out.write_all(b"\n"))
            .map_err(on_file("write", &self.path, "write"))
    }

    pub(crate) fn finish(mut self) -> Result<(), Failure> {
        self.out.flush().map_err(on_file("write", &self.path, "write"))
    }
}

/// A recording being played.
pub(crate) struct Recording {
    path: PathBuf,
    lines: Lines<BufReader<File>>,
    number: usize,
    pub(crate) name: String,
    pub(crate) offset: u64,
    pub(crate) size: u64,
    pub(crate) bytes: Vec<u8>,
    /// When it was made, nanoseconds since 1970.
    pub(crate) started: u64,
    /// When the state that is shown was there, nanoseconds since then.
    pub(crate) played: u64,
    next: Option<(u64, usize, Vec<u8>)>,
}

/// The longest recording that is played: what is in one file is trusted as little as what is in memory.
const LONGEST: usize = 1 << 30;

impl Recording {
    pub(crate) fn open(path: &Path) -> Result<Recording, Failure> {
        let file = File::open(path).map_err(on_file("read", path, "open"))?;
        let mut lines = BufReader::new(file).lines();
        let first = lines.next().transpose().map_err(on_file("read", path, "read"))?;
        let head: Option<Head> = first.and_then(|line| serde_json::from_str(&line).ok());
        let head = head
            .filter(|head| head.filemap_recording == 1 && head.len <= LONGEST)
            .ok_or_else(|| no_recording(path, 1))?;
        let mut recording = Recording {
            path: path.to_owned(),
            lines,
            number: 1,
            name: head.name,
            offset: head.offset,
            size: head.size,
            bytes: vec![0; head.len],
            started: head.started,
            played: 0,
            next: None,
        };
        recording.advance()?;
        Ok(recording)
    }

    fn advance(&mut self) -> Result<(), Failure> {
        self.number += 1;
        let line = self
            .lines
            .next()
            .transpose()
            .map_err(on_file("read", &self.path, "read"))?;
        let Some(line) = line else {
            self.next = None;
            return Ok(());
        };
        let wrong = || no_recording(&self.path, self.number);
        let change: Change = serde_json::from_str(&line).map_err(|_| wrong())?;
        let bytes = STANDARD.decode(change.base64).map_err(|_| wrong())?;
        let fits = change
            .at
            .checked_add(bytes.len())
            .is_some_and(|end| end <= self.bytes.len());
        if !fits {
            return Err(wrong());
        }
        self.next = Some((change.t, change.at, bytes));
        Ok(())
    }

    /// When the next change is due, nanoseconds since the start; `None` at the end.
    pub(crate) fn due(&self) -> Option<u64> {
        self.next.as_ref().map(|(t, _, _)| *t)
    }

    /// Carries out all changes that are due at `t`.
    pub(crate) fn play_until(&mut self, t: u64) -> Result<(), Failure> {
        while let Some((due, at, bytes)) = self.next.take_if(|(due, _, _)| *due <= t) {
            self.played = due;
            self.bytes[at..at + bytes.len()].copy_from_slice(&bytes);
            self.advance()?;
        }
        Ok(())
    }
}

fn no_recording(path: &Path, line: usize) -> Failure {
    let what = format!("line {line} is none that `filemap watch --record` writes");
    crate::cmd::wrong("replay", &path.display().to_string(), what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_ranges_and_near_ones_are_joined() {
        let old = vec![0; 2000];
        let mut new = old.clone();
        for at in [0, 5, 100, 511, 512, 1999] {
            new[at] = 1;
        }
        let mut found = Vec::new();
        differences(&old, &new, |range| found.push(range));
        assert_eq!(found, [0..6, 100..101, 511..513, 1999..2000]);
        differences(&old, &old, |range| panic!("{range:?}"));
    }

    #[test]
    fn a_recording_that_somebody_wrote_by_hand_is_refused_with_its_line() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("r");
        let head = r#"{"filemap_recording":1,"name":"x","size":8,"offset":0,"len":8,"started":0}"#;
        for (text, line) in [
            ("nonsense".to_owned(), "line 1"),
            (head.replace(":1,", ":2,"), "line 1"),
            (head.replace("\"len\":8", "\"len\":99999999999"), "line 1"),
            (
                format!("{head}\n{{\"t\":0,\"at\":7,\"base64\":\"AAAA\"}}"),
                "line 2",
            ),
            (
                format!("{head}\n{{\"t\":0,\"at\":18446744073709551615,\"base64\":\"AAAA\"}}"),
                "line 2",
            ),
            (format!("{head}\n{{\"t\":0,\"at\":0,\"base64\":\"*\"}}"), "line 2"),
        ] {
            std::fs::write(&path, &text).unwrap();
            let Err(Failure::Call(error)) = Recording::open(&path) else {
                panic!("{text}")
            };
            assert!(error.to_string().contains(line), "{text}: {error}");
        }
    }
}
