//! Reading the footer of an object's file, which a stranger may have written and somebody may be changing.

use crate::refusal;
use filemap_core::error::Why;
use filemap_core::layout::{Creator, Footer};
use filemap_core::name::{Directory, ObjectName};
use filemap_core::plain;
use filemap_core::section::PAGE;
use filemap_sys::SysError;
use filemap_sys::os::tmpfs::{self, Facts};
use filemap_sys::os::{file, ofd_lock};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

/// Bytes of the last page that hold the footers of most objects; the rest is read if one needs it.
const USUAL: usize = 512;
/// How often a footer that does not fit its checksum is read again while somebody changes it.
const READ_AGAIN: usize = 1000;

pub(super) enum NoFooter {
    System(SysError),
    Not(Why),
}

/// Reads the footer of an object file that is `len` bytes long; again, if somebody is changing it.
pub(super) fn read_footer(file: &OwnedFd, len: u64) -> Result<Footer, NoFooter> {
    let mut tries = 0;
    loop {
        match read_footer_once(file, len) {
            Err(NoFooter::Not(Why::Damaged { .. })) if tries < READ_AGAIN => {
                // Once more even if nobody is at it any more: the change may just have ended.
                let at_it = ofd_lock::holders(file.as_fd(), ofd_lock::SECURITY_BYTE);
                tries = match at_it {
                    Ok(ofd_lock::Holders::Exclusive) => tries + 1,
                    _ if tries < READ_AGAIN - 1 => READ_AGAIN - 1,
                    _ => READ_AGAIN,
                };
                std::thread::yield_now();
            }
            other => return other,
        }
    }
}

fn read_footer_once(file: &OwnedFd, len: u64) -> Result<Footer, NoFooter> {
    let len = plain::end_of_footer(len);
    let Some(last) = len.checked_sub(PAGE) else {
        return Err(NoFooter::Not(Why::Damaged {
            what: format!("it has {len} bytes and no footer"),
        }));
    };
    let mut start = [0; USUAL];
    let read = tmpfs::read_at(file.as_fd(), &mut start, last).map_err(NoFooter::System)?;
    let start = &start[..read];
    let used = Footer::used_of_last_page(start).map_err(NoFooter::Not)?;
    let needed = Footer::len_from_last_page(start).map_err(NoFooter::Not)?;
    if used <= read && needed <= PAGE {
        return Footer::parse_page(&start[..used], len).map_err(NoFooter::Not);
    }
    let Some(first) = len.checked_sub(needed) else {
        return Err(NoFooter::Not(Why::Damaged {
            what: "its footer is longer than itself".to_owned(),
        }));
    };
    let mut bytes = vec![0; needed as usize];
    let read = tmpfs::read_at(file.as_fd(), &mut bytes, first).map_err(NoFooter::System)?;
    if (read as u64) < needed {
        return Err(NoFooter::Not(Why::Damaged {
            what: "it was cut while it was read".to_owned(),
        }));
    }
    Footer::parse(&bytes, len).map_err(NoFooter::Not)
}

/// What a plain object's file does not say itself: where it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found<'a> {
    /// The object's name in WTF-8: what its file name stands for.
    pub(crate) name: &'a [u8],
    /// The directory.
    pub(crate) directory: Directory,
}

/// What the file of an object with these facts says of it.
///
/// A plain object (`filemap_core::plain`) costs nothing but the facts. Its name and its creator, which nobody but the curious
/// asks for, are left out: [`footer_at`].
pub(super) fn footer_for(file: &OwnedFd, facts: &Facts, directory: Directory) -> Result<Footer, NoFooter> {
    match facts.is_plain() {
        true => plain_footer(facts, directory).map_err(NoFooter::Not),
        false => read_footer(file, facts.len),
    }
}

fn plain_footer(facts: &Facts, directory: Directory) -> Result<Footer, Why> {
    let creator = Creator {
        pid: 0,
        uid: facts.uid,
        start: 0,
        created: facts.born,
        session: match directory {
            Directory::Session(session) => session,
            Directory::Global | Directory::OfKind(_) => 0,
        },
    };
    plain::footer(facts.len, creator, Vec::new())
}

/// The name of a plain object as its creator may have given it.
fn given(found: Found<'_>) -> Vec<u8> {
    match found.directory {
        Directory::Session(_) => [br"Local\", found.name].concat(),
        Directory::Global | Directory::OfKind(_) => found.name.to_vec(),
    }
}

/// The footer of an entry that may be anything; for listings.
pub(crate) fn footer_of(file: &OwnedFd) -> Result<Footer, Why> {
    let facts = Facts::of(file.as_fd()).map_err(refusal::cause)?;
    // A plain object's file was made under its name, so /proc tells where.
    let path = match facts.is_plain() {
        true => file::path(file.as_fd()).map_err(refusal::cause)?,
        false => PathBuf::new(),
    };
    let (directory, name) = found_at(&path);
    footer_at(
        file,
        &facts,
        Found {
            name: &name,
            directory,
        },
    )
}

/// The directory and the name that the path of a plain object's file stands for, also of one that has lost its name.
fn found_at(path: &Path) -> (Directory, Vec<u8>) {
    let part = |path: &Path| Some(path.file_name()?.to_str()?.to_owned());
    let file_name = part(path).unwrap_or_default();
    let file_name = file_name.strip_suffix(" (deleted)").unwrap_or(&file_name);
    let name = ObjectName::from_file_name(file_name).map_or_else(Vec::new, |name| name.as_wtf8().to_vec());
    let session = path.parent().and_then(part).and_then(|part| part.parse().ok());
    (session.map_or(Directory::Global, Directory::of_session), name)
}

/// [`footer_of`] by one who has asked for the file's facts already, and knows where it is.
pub(crate) fn footer_at(file: &OwnedFd, facts: &Facts, found: Found<'_>) -> Result<Footer, Why> {
    if !facts.is_ordinary() {
        return Err(Why::Damaged {
            what: "it is no ordinary file".to_owned(),
        });
    }
    if !facts.is_plain() {
        return read_footer(file, facts.len).map_err(|e| match e {
            NoFooter::System(e) => refusal::cause(e),
            NoFooter::Not(why) => why,
        });
    }
    let creator = ofd_lock::creator(file.as_fd()).ok().flatten();
    let mut footer = plain_footer_at(facts, found, creator)?;
    // Before Linux 5.18 tmpfs knows no time of birth; nobody writes to the file by a call after it was made.
    if footer.creator.created == 0
        && let Ok(stat) = tmpfs::stat(file.as_fd())
    {
        footer.creator.created = (stat.st_mtime as u64) * 1_000_000_000 + stat.st_mtime_nsec;
    }
    Ok(footer)
}

/// [`footer_at`] of a plain object, by one who knows process and start time of the creator: no call at all.
pub(crate) fn plain_footer_at(
    facts: &Facts,
    found: Found<'_>,
    creator: Option<(u32, u64)>,
) -> Result<Footer, Why> {
    let mut footer = plain_footer(facts, found.directory)?;
    footer.name = given(found);
    if let Some((pid, start)) = creator {
        (footer.creator.pid, footer.creator.start) = (pid, start);
    }
    Ok(footer)
}
