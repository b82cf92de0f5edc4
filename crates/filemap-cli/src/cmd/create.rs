//! `filemap create`.

use super::serve::existed;
use crate::Place;
use crate::bytes::{SourceArgs, parse_size};
use crate::failure::{Failure, on_file, say};
use crate::keep::Keep;
use filemap::{FileMapping, Page, SectionFlags};
use std::path::PathBuf;
use std::process::ExitCode;

/// Creates an object, or opens it if it exists, fills it, and keeps it
///
/// The object lives as long as somebody holds a handle to it; this command keeps one for a time, while a command runs, or
/// until it is told to end. Once it is ready, one line on standard error says so.
#[derive(clap::Args)]
#[command(after_help = r"Examples:
  filemap create 'Local\frames' --size 64KiB --text hello --for 5s
  filemap create 'Local\frames' --size 4096 --from photo.raw -- ./viewer 'Local\frames'
  filemap create 'Local\log' --file app.log --protect readonly --for 5s
  filemap create 'Local\arena' --size 1G --sec reserve --for 5s
  mkfifo ready
  filemap create 'Local\frames' --size 1M --ready-fd 3 3>ready & read -r line <ready; echo $line")]
pub(crate) struct Create {
    /// Name of the object: Local\NAME, Global\NAME or NAME
    name: String,
    /// Size in bytes: 4096, 64KiB, 1M (powers of 1024). Memory is rounded up to pages; a file grows to it if it may be
    /// written; without it a file keeps its length, and memory is as large as what it is filled with
    #[arg(long, value_parser = parse_size)]
    size: Option<u64>,
    /// Share this file instead of memory; it must exist
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// What views of the object may do at most
    #[arg(long, value_enum, default_value_t = Protect::Readwrite)]
    protect: Protect,
    /// SEC_ flags of the object, separated by commas
    #[arg(long, value_enum, value_delimiter = ',', value_name = "FLAGS")]
    sec: Vec<Sec>,
    /// Fail if the object exists (183) instead of opening it
    #[arg(long)]
    new: bool,
    /// Who may open it, as SDDL: D:(A;;GA;;;SY)(A;;0x6;;;AU)
    #[arg(long)]
    sddl: Option<String>,
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    keep: Keep,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Protect {
    /// PAGE_READONLY
    Readonly,
    /// PAGE_READWRITE
    Readwrite,
    /// PAGE_WRITECOPY: writes stay private
    Writecopy,
    /// PAGE_EXECUTE_READ
    ExecuteRead,
    /// PAGE_EXECUTE_READWRITE
    ExecuteReadwrite,
    /// PAGE_EXECUTE_WRITECOPY
    ExecuteWritecopy,
}

impl Protect {
    fn page(self) -> Page {
        match self {
            Protect::Readonly => Page::READONLY,
            Protect::Readwrite => Page::READWRITE,
            Protect::Writecopy => Page::WRITECOPY,
            Protect::ExecuteRead => Page::EXECUTE_READ,
            Protect::ExecuteReadwrite => Page::EXECUTE_READWRITE,
            Protect::ExecuteWritecopy => Page::EXECUTE_WRITECOPY,
        }
    }
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Sec {
    /// SEC_COMMIT: all memory is promised at creation (the default)
    Commit,
    /// SEC_RESERVE: memory is promised when pages are committed
    Reserve,
    /// SEC_NOCACHE
    Nocache,
    /// SEC_WRITECOMBINE
    Writecombine,
    /// SEC_LARGE_PAGES
    LargePages,
    /// SEC_IMAGE: lay a program file out as the loader does
    Image,
    /// SEC_NO_CHANGE
    NoChange,
}

impl Sec {
    fn flag(self) -> SectionFlags {
        match self {
            Sec::Commit => SectionFlags::COMMIT,
            Sec::Reserve => SectionFlags::RESERVE,
            Sec::Nocache => SectionFlags::NOCACHE,
            Sec::Writecombine => SectionFlags::WRITECOMBINE,
            Sec::LargePages => SectionFlags::LARGE_PAGES,
            Sec::Image => SectionFlags::IMAGE,
            Sec::NoChange => SectionFlags::NO_CHANGE,
        }
    }
}

impl Create {
    pub(crate) fn run(&self, place: &Place) -> Result<ExitCode, Failure> {
        let space = place.namespace()?;
        let prepared = self.keep.prepare()?;
        let source = self.source.open()?;
        let protect = self.protect.page();
        let sections: SectionFlags = self.sec.iter().map(|sec| sec.flag()).collect();
        let file = match &self.file {
            Some(path) => {
                Some(filemap::open_file_for(path, protect).map_err(on_file("open file", path, "open"))?)
            }
            None => None,
        };
        let filled = match self.source.text_len() {
            Some(len) => Some(len as u64 + 1), // with the NUL that ends it
            None => source.as_ref().and_then(|source| source.len),
        };
        let size = match (self.size, &file) {
            (Some(size), _) => size,
            (None, Some(_)) => 0, // its length
            (None, None) => filled.unwrap_or(0),
        };
        let mut options = FileMapping::options()
            .namespace(&space)
            .protection(protect)
            .section_flags(sections)
            .size(size);
        if let Some(file) = &file {
            options = options.file(file);
        }
        if let Some(sddl) = &self.sddl {
            for lint in filemap::core::security::sddl::lint(sddl, filemap::Kind::FileMapping)
                .into_iter()
                .flatten()
            {
                say(&format!("warning: {lint}"));
            }
            options = options.sddl(sddl);
        }
        let mapping = match self.new {
            true => options.create_new(&self.name)?,
            false => options.create(&self.name)?,
        };
        drop(file); // the object has its own (O-48)
        if mapping.already_existed() {
            say(&format!("{}; --new would refuse", existed(&self.name, &mapping)));
        }
        if let Some(source) = source {
            let commit = mapping.section_flags()?.contains(SectionFlags::RESERVE);
            source.copy_into(&mapping, 0, commit)?;
        }
        let how = if mapping.already_existed() {
            "existed"
        } else {
            "created"
        };
        self.keep.keep(prepared, mapping, how, place)
    }
}
