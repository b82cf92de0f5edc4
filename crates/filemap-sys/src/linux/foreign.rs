//! Memory of other processes' mappings: which file it is, and a descriptor of it.

use crate::SysError;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

/// A shared file mapping of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapped {
    /// First address.
    pub start: u64,
    /// Address behind the last.
    pub end: u64,
    /// May be written.
    pub writable: bool,
    /// Where it begins in the file, in bytes.
    pub offset: u64,
    /// Device of the file.
    pub device: (u32, u32),
    /// Number of the file.
    pub inode: u64,
    /// Its path, or what the kernel says in place of one.
    pub path: String,
}

/// The shared file mappings of a process. Source: proc(5), `/proc/PID/maps`.
pub fn shared_mappings(pid: u32) -> Result<Vec<Mapped>, SysError> {
    let text = fs::read_to_string(format!("/proc/{pid}/maps")).map_err(SysError::of("read"))?;
    Ok(text.lines().filter_map(parse).collect())
}

/// `7f00-7f10 rw-s 00000000 00:01 1234   /memfd:x (deleted)`
fn parse(line: &str) -> Option<Mapped> {
    let mut words = line.splitn(6, ' ');
    let (range, mode, offset) = (words.next()?, words.next()?, words.next()?);
    let (device, inode) = (words.next()?, words.next()?);
    let path = words.next().unwrap_or_default().trim_start().to_owned();
    let (start, end) = range.split_once('-')?;
    let (major, minor) = device.split_once(':')?;
    let hex = |text: &str| u64::from_str_radix(text, 16).ok();
    let inode: u64 = inode.parse().ok()?;
    if !mode.ends_with('s') || inode == 0 {
        return None;
    }
    Some(Mapped {
        start: hex(start)?,
        end: hex(end)?,
        writable: mode.contains('w'),
        offset: hex(offset)?,
        device: (hex(major)? as u32, hex(minor)? as u32),
        inode,
        path,
    })
}

/// Every process number.
pub fn processes() -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect()
}

/// The command line of a process, its words joined by blanks; empty if it may not be read.
#[must_use]
pub fn command_line(pid: u32) -> String {
    let bytes = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let words = bytes.split(|b| *b == 0).filter(|word| !word.is_empty());
    let words: Vec<_> = words.map(String::from_utf8_lossy).collect();
    words.join(" ")
}

/// A descriptor, for reading and writing if that may be had, of the file of a mapping: opened through a descriptor of some
/// process that the caller may look into, or through the mapping itself.
///
/// Source: proc(5), `/proc/PID/fd`, `/proc/PID/map_files`.
pub fn open(pid: u32, mapped: &Mapped) -> Result<File, SysError> {
    let is_it = |path: &PathBuf| {
        fs::metadata(path).is_ok_and(|meta| {
            let (major, minor) = (rustix::fs::major(meta.dev()), rustix::fs::minor(meta.dev()));
            meta.ino() == mapped.inode && (major, minor) == mapped.device
        })
    };
    let mut all = vec![pid];
    all.extend(processes());
    for process in all {
        let descriptors = fs::read_dir(format!("/proc/{process}/fd"))
            .into_iter()
            .flatten()
            .flatten();
        if let Some(path) = descriptors.map(|entry| entry.path()).find(is_it)
            && let Ok(file) = read_write(&path)
        {
            return Ok(file);
        }
    }
    let path = format!("/proc/{pid}/map_files/{:x}-{:x}", mapped.start, mapped.end);
    read_write(&PathBuf::from(path)).map_err(SysError::of("open"))
}

fn read_write(path: &PathBuf) -> io::Result<File> {
    let both = File::options().read(true).write(true).open(path);
    both.or_else(|_| File::open(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_maps_are_understood_with_and_without_a_path() {
        let line = "7f5c8000-7f5c9000 rw-s 00001000 00:01 1026                       /memfd:map (deleted)";
        let mapped = parse(line).unwrap();
        assert_eq!((mapped.start, mapped.end), (0x7f5c_8000, 0x7f5c_9000));
        assert_eq!(
            (mapped.offset, mapped.device, mapped.inode),
            (0x1000, (0, 1), 1026)
        );
        assert_eq!(mapped.path, "/memfd:map (deleted)");
        assert_eq!(parse("7f5c8000-7f5c9000 rw-p 00000000 00:00 0 "), None);
        assert_eq!(parse("nonsense"), None);
    }

    #[test]
    fn the_file_of_ones_own_mapping_is_found() {
        use crate::os::map::{self, Wanted};
        use filemap_core::access::Page;
        use std::os::fd::AsFd;
        let file = tempfile::tempfile().unwrap();
        file.set_len(4096).unwrap();
        let wanted = Wanted {
            file: file.as_fd(),
            offset: 0,
            len: 4096,
            protect: Page::READWRITE,
            reserved: false,
        };
        let address = map::map(&wanted).unwrap() as u64;
        let pid = std::process::id();
        let found = shared_mappings(pid).unwrap();
        let found = found.iter().find(|mapped| mapped.start == address).unwrap();
        let again = open(pid, found).unwrap();
        assert_eq!(again.metadata().unwrap().ino(), file.metadata().unwrap().ino());
    }
}
