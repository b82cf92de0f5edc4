//! Reading the footer of an object's file, which a stranger may have written and somebody may be changing.

use crate::refusal;
use filemap_core::error::Why;
use filemap_core::layout::Footer;
use filemap_core::section::PAGE;
use filemap_sys::SysError;
use filemap_sys::os::ofd_lock;
use filemap_sys::os::tmpfs::{self, Facts};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Mutex, PoisonError};

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

/// How many footers a process remembers.
const REMEMBERED: usize = 64;

/// A footer that was read, and of which file.
type Known = Mutex<Option<(Facts, Arc<Footer>)>>;

/// The footers that were read last, by inode number.
static KNOWN: [Known; REMEMBERED] = [const { Mutex::new(None) }; REMEMBERED];

/// The footer of an object's file with these facts: read, or remembered.
///
/// The footer of a file that was made under its name says the same for all its life, or until its security changes
/// (`change_descriptor`), which takes the mark of such files away first. So a remembered one holds as long as the file is the
/// same (device, inode number, time of birth, length) and marked. This saves a process that opens an object again a system
/// call and the parsing: 0.6 microseconds.
pub(super) fn footer_for(file: &OwnedFd, facts: &Facts) -> Result<Arc<Footer>, NoFooter> {
    if !facts.is_claimed() {
        return read_footer(file, facts.len).map(Arc::new);
    }
    let place = &KNOWN[facts.ino as usize % REMEMBERED];
    if let Some((known, footer)) = &*place.lock().unwrap_or_else(PoisonError::into_inner)
        && known.is_same_file(facts)
    {
        return Ok(Arc::clone(footer));
    }
    let footer = Arc::new(read_footer(file, facts.len)?);
    *place.lock().unwrap_or_else(PoisonError::into_inner) = Some((*facts, Arc::clone(&footer)));
    Ok(footer)
}

/// The footer of an entry that may be anything; for listings.
pub(crate) fn footer_of(file: &OwnedFd) -> Result<Footer, Why> {
    let stat = tmpfs::stat(file.as_fd()).map_err(refusal::cause)?;
    footer_of_stat(file, &stat)
}

/// [`footer_of`] by one who has asked for the file's facts already.
pub(crate) fn footer_of_stat(file: &OwnedFd, stat: &rustix::fs::Stat) -> Result<Footer, Why> {
    if !tmpfs::is_ordinary(stat) {
        return Err(Why::Damaged {
            what: "it is no ordinary file".to_owned(),
        });
    }
    read_footer(file, stat.st_size as u64).map_err(|e| match e {
        NoFooter::System(e) => refusal::cause(e),
        NoFooter::Not(why) => why,
    })
}
