//! `filemap diff`, `filemap save` and `filemap load`.

use super::wrong;
use crate::Place;
use crate::bytes::{Part, for_each_part, map_range, pages, parse_size};
use crate::failure::{Failure, on_file, output};
use crate::live::differences;
use crate::ui::{Progress, json};
use filemap::{Error, FileMapAccess, FileMapping, Op, Page, Why};
use serde::Serialize;
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Bytes that are moved at a time.
const CHUNK: usize = 256 << 10;

/// Says where the bytes of an object and of a file differ
///
/// Exit status 0 if they are the same, 1 if not, as diff has it. A file that is shorter than the object is compared as far as
/// it goes, and the difference in length is told; one that ends in the object's last page is the same if only zeros follow.
#[derive(clap::Args)]
#[command(after_help = r"Examples:
  filemap save 'Local\frames' frames.raw && filemap diff 'Local\frames' frames.raw
  filemap diff 'Local\frames' frames.raw --json")]
pub(crate) struct Diff {
    /// Name of the object
    name: String,
    /// The file
    file: PathBuf,
    /// Show at most so many differences
    #[arg(long, value_name = "N", default_value_t = 100)]
    most: usize,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// Copies the bytes of an object into a file, whole or not at all
///
/// What a SEC_RESERVE object has not committed becomes a hole in the file.
#[derive(clap::Args)]
#[command(after_help = r"Example:
  filemap save 'Local\frames' frames.raw --force")]
pub(crate) struct Save {
    /// Name of the object
    name: String,
    /// The file
    file: PathBuf,
    /// First byte
    #[arg(long, value_parser = parse_size, default_value = "0")]
    offset: u64,
    /// How many bytes; 0 means up to the end
    #[arg(long, value_parser = parse_size, default_value = "0")]
    len: u64,
    /// Replace the file if there is one
    #[arg(long)]
    force: bool,
}

/// Copies the bytes of a file into an object that exists
///
/// Sizes are checked before a byte is written: a file that does not fit is not loaded. Pages of a SEC_RESERVE object are
/// committed where bytes go.
#[derive(clap::Args)]
#[command(after_help = r"Example:
  filemap save 'Local\frames' frames.raw --force && filemap load frames.raw 'Local\frames'")]
pub(crate) struct Load {
    /// The file
    file: PathBuf,
    /// Name of the object
    name: String,
    /// Where in the object the first byte goes
    #[arg(long, value_parser = parse_size, default_value = "0")]
    offset: u64,
    /// Fail also if the file is shorter than the rest of the object
    #[arg(long)]
    exact: bool,
}

#[derive(Serialize)]
struct Answer {
    same: bool,
    object_len: u64,
    file_len: u64,
    different_bytes: u64,
    differences: Vec<Difference>,
}

#[derive(Serialize)]
struct Difference {
    offset: u64,
    len: u64,
    object: String,
    file: String,
}

fn hex(bytes: &[u8]) -> String {
    let shown: Vec<String> = bytes.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let more = if bytes.len() > 16 { " …" } else { "" };
    format!("{}{more}", shown.join(" "))
}

impl Diff {
    pub(crate) fn run(&self, place: &Place) -> Result<ExitCode, Failure> {
        let options = FileMapping::options()
            .namespace(&place.namespace()?)
            .access(FileMapAccess::READ);
        let mapping = options.open(&self.name)?;
        let (view, at) = map_range(&mapping, 0, 0, Page::READONLY)?;
        let failed = |call| on_file("read", &self.file, call);
        let mut file = File::open(&self.file).map_err(failed("open"))?;
        let meta = file.metadata().map_err(failed("fstat"))?;
        refuse_if_odd("compare with", &self.file, &meta)?;
        let file_len = meta.len();
        let mut answer = Answer {
            same: true,
            object_len: mapping.len(),
            file_len,
            different_bytes: 0,
            differences: Vec::new(),
        };
        let mut done = 0u64;
        let mut of_file = vec![0; CHUNK];
        let zeros = vec![0; CHUNK];
        let mut trouble = None;
        let common = usize::try_from(file_len).unwrap_or(usize::MAX).min(view.len());
        for_each_part(&view, at, common, |part| {
            let bytes = match part {
                Part::Bytes(bytes) => bytes,
                Part::Hole(len) => &zeros[..len],
            };
            let theirs = &mut of_file[..bytes.len()];
            if trouble.is_some() {
                return Ok(());
            }
            if let Err(e) = file.read_exact(theirs) {
                trouble = Some(e);
                return Ok(());
            }
            differences(theirs, bytes, |range| {
                answer.different_bytes += range.len() as u64;
                if answer.differences.len() < self.most {
                    answer.differences.push(Difference {
                        offset: done + range.start as u64,
                        len: range.len() as u64,
                        object: hex(&bytes[range.clone()]),
                        file: hex(&theirs[range]),
                    });
                }
            });
            done += bytes.len() as u64;
            Ok(())
        })?;
        if let Some(e) = trouble {
            return Err(failed("read")(e));
        }
        // An object of memory is whole pages, so a file that ends in its last page is no shorter than it was made.
        let is_rest_of_page = file_len <= answer.object_len
            && file_len.next_multiple_of(4096) == answer.object_len.next_multiple_of(4096);
        let mut is_zero = is_rest_of_page;
        if is_rest_of_page {
            for_each_part(&view, common, view.len(), |part| {
                is_zero &= matches!(part, Part::Hole(_))
                    || matches!(part, Part::Bytes(bytes) if bytes.iter().all(|byte| *byte == 0));
                Ok(())
            })?;
        }
        answer.same = answer.different_bytes == 0 && is_zero;
        let mut out = io::stdout().lock();
        match self.json {
            true => json(&mut out, &answer)?,
            false => tell(&mut out, &answer).map_err(output)?,
        }
        Ok(if answer.same {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

fn tell(out: &mut dyn Write, answer: &Answer) -> io::Result<()> {
    for Difference {
        offset,
        len,
        object,
        file,
    } in &answer.differences
    {
        writeln!(
            out,
            "{offset:#010x} {len} bytes: {object} in the object, {file} in the file"
        )?;
    }
    if answer.object_len != answer.file_len {
        let rest = if answer.same {
            "; the rest of the object is zeros"
        } else {
            ""
        };
        writeln!(
            out,
            "the object has {} bytes, the file {}{rest}",
            answer.object_len, answer.file_len
        )?;
    }
    if answer.different_bytes > 0 {
        writeln!(out, "{} bytes differ", answer.different_bytes)?;
    }
    out.flush()
}

/// A pipe, a device or a directory has no bytes of a known length.
fn refuse_if_odd(op: &'static str, path: &Path, meta: &std::fs::Metadata) -> Result<(), Failure> {
    match meta.is_file() {
        true => Ok(()),
        false => Err(wrong(
            op,
            &path.display().to_string(),
            "it is no ordinary file, so its length is not known before",
        )),
    }
}

impl Save {
    /// Whether there is a file that may be replaced.
    fn replaces(&self) -> Result<bool, Failure> {
        let refused = |what: &str| Err(wrong("write", &self.file.display().to_string(), what));
        match self.file.metadata() {
            Err(_) => Ok(false),
            Ok(meta) if !meta.is_file() => refused(
                "it is no ordinary file, and is not replaced; filemap read writes to pipes and devices",
            ),
            Ok(_) if !self.force => refused("it exists; --force replaces it"),
            Ok(_) => Ok(true),
        }
    }

    pub(crate) fn run(&self, place: &Place) -> Result<ExitCode, Failure> {
        let options = FileMapping::options()
            .namespace(&place.namespace()?)
            .access(FileMapAccess::READ);
        let mapping = options.open(&self.name)?;
        let (view, at) = map_range(&mapping, self.offset, self.len, Page::READONLY)?;
        let end = match self.len {
            0 => view.len(),
            len => at + len as usize, // mapped, so it fits an address
        };
        let failed = |call| on_file("write", &self.file, call);
        let replaces = self.replaces()?;
        let parent = match self.file.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        // Complete or not at all.
        let file = tempfile::NamedTempFile::new_in(parent).map_err(failed("open"))?;
        let mut out = BufWriter::with_capacity(CHUNK, file);
        let mut trouble = None;
        for_each_part(&view, at, end, |part| {
            // What has no memory in the object has none in the file.
            let done = match part {
                _ if trouble.is_some() => Ok(()),
                Part::Bytes(bytes) => out.write_all(bytes),
                Part::Hole(len) => out.seek(SeekFrom::Current(len as i64)).map(|_| ()),
            };
            trouble = trouble.take().or(done.err());
            Ok(())
        })?;
        if let Some(e) = trouble {
            return Err(failed("write")(e));
        }
        let file = out.into_inner().map_err(|e| failed("write")(e.into_error()))?;
        let len = (end - at) as u64;
        file.as_file().set_len(len).map_err(failed("ftruncate"))?;
        use std::os::unix::fs::PermissionsExt;
        let mode = 0o666 & !current_umask();
        file.as_file()
            .set_permissions(std::fs::Permissions::from_mode(mode))
            .map_err(failed("fchmod"))?;
        let done = match replaces {
            true => file.persist(&self.file),
            // Nor one that has appeared meanwhile.
            false => file.persist_noclobber(&self.file),
        };
        done.map_err(|e| failed("rename")(e.error))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The mode bits that new files of this process don't get. Source: proc(5), `Umask`.
fn current_umask() -> u32 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("Umask:"));
    line.and_then(|mask| u32::from_str_radix(mask.trim(), 8).ok())
        .unwrap_or(0o077)
}

impl Load {
    pub(crate) fn run(&self, place: &Place) -> Result<ExitCode, Failure> {
        let failed = |call| on_file("read", &self.file, call);
        let mut file = File::open(&self.file).map_err(failed("open"))?;
        let meta = file.metadata().map_err(failed("fstat"))?;
        refuse_if_odd("load", &self.file, &meta)?;
        let len = meta.len();
        let access = FileMapAccess::READ | FileMapAccess::WRITE;
        let options = FileMapping::options()
            .namespace(&place.namespace()?)
            .access(access);
        let mapping = options.open(&self.name)?;
        let room = mapping.len().saturating_sub(self.offset);
        if len > room {
            let (end, size) = (self.offset.saturating_add(len), mapping.len());
            let why = Why::ViewTooLarge { end, size };
            return Err(Error::new(Op::WriteView, self.name.as_str(), why).into());
        }
        if self.exact && len.next_multiple_of(4096) < room {
            let what = format!("the file has {len} bytes and the object {room} from there on");
            return Err(wrong("load", &self.name, what));
        }
        if len == 0 {
            return Ok(ExitCode::SUCCESS);
        }
        let (view, at) = map_range(&mapping, self.offset, len, Page::READWRITE)?;
        let progress = Progress::new("loading", Some(len));
        let mut chunk = vec![0; CHUNK];
        let mut done = 0u64;
        while done < len {
            let part = (len - done).min(CHUNK as u64) as usize;
            file.read_exact(&mut chunk[..part]).map_err(failed("read"))?;
            let to = at + done as usize; // mapped, so it fits an address
            // Of a SEC_RESERVE object: what is loaded has memory from now on.
            if pages(to, part).any(|page| !view.is_committed(page)) {
                view.commit(to, part)?;
            }
            view.write_at(to, &chunk[..part])?;
            done += part as u64;
            progress.moved(done);
        }
        Ok(ExitCode::SUCCESS)
    }
}
