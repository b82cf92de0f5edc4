//! Who works on an object: a number for ever, and a lock that the kernel drops when the process is gone.

use filemap::core::shared::{Members, Words, birth};
use filemap::sys::os::ofd_lock::{self, Holders, Lock};
use filemap::sys::os::tmpfs::{self, OpenFor};
use filemap::{FileMapping, Why};
use std::os::fd::{AsFd, OwnedFd};

/// Byte `FIRST + n` of the object's file is locked while member `n` lives. Far behind the end of any file, and away from the
/// bytes that handles lock.
const FIRST: i64 = 0x2000_0000_0000_0000;

/// This process's membership in one object.
///
/// It ends with the value, or with the process however that ends. A forked child keeps it up until it ends or execs, as it
/// does with handles.
#[derive(Debug)]
pub(crate) struct Member {
    number: u32,
    file: OwnedFd,
}

fn system(e: filemap::sys::SysError) -> Why {
    Why::System {
        code: filemap::Win32Code::GEN_FAILURE,
        text: e.to_string(),
    }
}

impl Member {
    /// Takes the next number. The counter lies in the object and begins at 0.
    pub(crate) fn join(mapping: &FileMapping, words: &impl Words) -> Result<Member, Why> {
        // A description of its own: a view's would keep the lock as long as the view.
        let file = tmpfs::reopen(mapping.data_descriptor(), OpenFor::Writing).map_err(system)?;
        loop {
            let number = words.add(birth::MEMBER_COUNTER, 1)?.wrapping_add(1) as u32;
            // A number that is taken means that somebody has scribbled over the counter: take the next one.
            if number != 0
                && ofd_lock::set(file.as_fd(), FIRST + i64::from(number), Lock::Exclusive).map_err(system)?
            {
                return Ok(Member { number, file });
            }
        }
    }
}

impl Members for Member {
    fn me(&self) -> u32 {
        self.number
    }

    fn is_alive(&self, member: u32) -> Result<bool, Why> {
        if member == self.number {
            return Ok(true);
        }
        let holders = ofd_lock::holders(self.file.as_fd(), FIRST + i64::from(member)).map_err(system)?;
        Ok(holders != Holders::Nobody)
    }
}
