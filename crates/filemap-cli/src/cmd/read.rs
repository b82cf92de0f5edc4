//! `filemap read`.

use crate::Place;
use crate::bytes::{HexDump, for_each_chunk, map_range, parse_size};
use crate::failure::{Failure, output};
use crate::ui::for_output;
use base64::Engine;
use filemap::{FileMapAccess, FileMapping, Page};
use serde::Serialize;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

/// Copies bytes of an object to standard output
#[derive(clap::Args)]
#[command(after_help = r"Examples:
  filemap read 'Local\frames' --text
  filemap read 'Local\frames' --offset 4096 --len 64 --hex
  filemap read 'Local\frames' --len 64 --json
  filemap read 'Local\frames' >frames.raw")]
pub(crate) struct Read {
    /// Name of the object
    name: String,
    /// First byte
    #[arg(long, value_parser = parse_size, default_value = "0")]
    offset: u64,
    /// How many bytes; 0 means up to the end
    #[arg(long, value_parser = parse_size, default_value = "0")]
    len: u64,
    #[command(flatten)]
    format: Format,
}

#[derive(clap::Args)]
#[group(multiple = false)]
struct Format {
    /// Text up to the first NUL, and a line feed
    #[arg(long)]
    text: bool,
    /// As hexdump -C shows bytes
    #[arg(long)]
    hex: bool,
    /// One JSON object: name, size of the object, offset, len, the bytes in base64, and the text before the first NUL (null
    /// if it is not UTF-8)
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Answer<'a> {
    name: &'a str,
    size: u64,
    offset: u64,
    len: usize,
    base64: String,
    text: Option<&'a str>,
}

impl Read {
    pub(crate) fn run(&self, place: &Place) -> Result<ExitCode, Failure> {
        let space = place.namespace()?;
        let options = FileMapping::options()
            .namespace(&space)
            .access(FileMapAccess::READ);
        let mapping = options.open(&self.name)?;
        let (view, at) = map_range(&mapping, self.offset, self.len, Page::READONLY)?;
        let end = match self.len {
            0 => view.len(),
            len => at + len as usize, // mapped, so it fits an address
        };
        let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
        if self.format.json {
            let bytes = view.to_vec(at, end - at)?;
            let before_nul = bytes.split(|b| *b == 0).next().unwrap_or_default();
            let answer = Answer {
                name: &self.name,
                size: mapping.len(),
                offset: self.offset,
                len: bytes.len(),
                base64: base64::engine::general_purpose::STANDARD.encode(&bytes),
                text: str::from_utf8(before_nul).ok(),
            };
            crate::ui::json(&mut out, &answer)?;
        } else if self.format.hex {
            let mut dump = HexDump::new(&mut out, self.offset);
            for_each_chunk(&view, at, end, |bytes| dump.write(bytes).map(|()| true))?;
            dump.finish().map_err(output)?;
        } else if self.format.text {
            let mut text = Vec::new();
            for_each_chunk(&view, at, end, |bytes| {
                let nul = bytes.iter().position(|b| *b == 0);
                text.extend_from_slice(&bytes[..nul.unwrap_or(bytes.len())]);
                Ok(nul.is_none())
            })?;
            out.write_all(&for_output(&text))
                .and_then(|()| out.write_all(b"\n"))
                .map_err(output)?;
        } else {
            for_each_chunk(&view, at, end, |bytes| out.write_all(bytes).map(|()| true))?;
        }
        out.flush().map_err(output)?;
        Ok(ExitCode::SUCCESS)
    }
}
