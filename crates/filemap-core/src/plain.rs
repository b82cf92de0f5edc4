//! Plain objects: those whose file says everything by its length, so that it needs no footer.
//!
//! Most objects are memory for reading and writing, made by today's rules with the default descriptor. What a footer would
//! say of one is known without it: the name is the file's, the session its directory's, the user and the time of its birth
//! the inode's; who made it stands in his lock as long as he holds the object. What is left is the size and whether memory is
//! committed (M-13), and both go into the length of the file. A page less to write, to keep and to free: a tenth of what
//! creating and closing an object takes.
//!
//! ```text
//!  length mod 4096    in front of it
//!  0                  data, committed
//!  1                  data, reserved │ commit bitmap
//!  2, 3               as 0, 1, then room for a footer that nobody reads yet
//! ```
//! That the object is plain is a mark in the file's mode (`filemap_sys::os::tmpfs::claim`). When its descriptor changes it
//! gets a footer: first the room for it, then the footer, then the mark is taken away, then the length is made even. Whoever
//! stops in between leaves an object that says the same as before or the same as afterwards.

use crate::access::{Page, SectionFlags};
use crate::error::Why;
use crate::kind::Kind;
use crate::layout::{Creator, Footer, bitmap_len};
use crate::name::Directory;
use crate::section::PAGE;
use alloc::format;
use alloc::vec::Vec;

/// The rules that a plain object is made under.
const PLATFORM: u8 = 1;
/// Added to the length where there is room for a footer.
const WITH_ROOM: u64 = 2;

/// The length of the file of an object that needs no footer, in bytes, if this is one: its file lies in `directory` under
/// its own name.
#[must_use]
pub fn file_len(footer: &Footer, directory: Directory) -> Option<u64> {
    let reserved = footer.bitmap_len != 0;
    let implied = implied(footer.size, reserved)?;
    let is_plain = Directory::of_session(footer.creator.session) == directory
        && footer.kind == implied.kind
        && footer.platform == implied.platform
        && footer.protect == implied.protect
        && footer.sections == implied.sections
        && footer.data_len == implied.data_len
        && footer.bitmap_len == implied.bitmap_len
        && footer.unit.min(footer.bitmap_len) <= PAGE
        && footer.base == 0
        && footer.parameters == [0; 2]
        && footer.file.is_none()
        && footer.descriptor.is_empty();
    is_plain.then_some(implied.offset() + u64::from(reserved))
}

/// What a footer would say of a plain object whose file is `file_len` bytes long.
///
/// # Errors
/// `ERROR_FILE_CORRUPT` (1392) if that is not the length of a plain object's file: it was cut, or grown.
pub fn footer(file_len: u64, creator: Creator, name: Vec<u8>) -> Result<Footer, Why> {
    decode(file_len)
        .map(|footer| Footer {
            creator,
            name,
            ..footer
        })
        .ok_or_else(|| Why::Damaged {
            what: format!("{file_len} bytes are not the length of an object"),
        })
}

/// The length of the file of a plain object once there is room for a footer in it.
#[must_use]
pub fn len_with_room(footer: &Footer) -> u64 {
    footer.offset() + PAGE + WITH_ROOM + u64::from(footer.bitmap_len != 0)
}

/// The length of a file without what [`len_with_room`] has added to whole pages: where its footer ends.
#[must_use]
pub fn end_of_footer(file_len: u64) -> u64 {
    match file_len % PAGE {
        added @ (WITH_ROOM | 3) => file_len - added,
        _ => file_len,
    }
}

fn decode(file_len: u64) -> Option<Footer> {
    let (code, whole) = (file_len % PAGE, file_len - file_len % PAGE);
    let whole = match code {
        0 | 1 => whole,
        WITH_ROOM | 3 => whole.checked_sub(PAGE)?,
        _ => return None,
    };
    if code.is_multiple_of(2) {
        return implied(whole, false);
    }
    // The bitmap has a page for each 32,768 pages of data, so it takes one of 32,769.
    let pages = whole / PAGE;
    let bitmap_pages = pages.div_ceil(8 * PAGE + 1);
    let size = pages.checked_sub(bitmap_pages)? * PAGE;
    implied(size, true).filter(|footer| footer.offset() == whole)
}

fn implied(size: u64, reserved: bool) -> Option<Footer> {
    if size == 0 || !size.is_multiple_of(PAGE) {
        return None;
    }
    let mut footer = Footer::new(Kind::FileMapping, size);
    footer.platform = PLATFORM;
    footer.protect = Page::READWRITE;
    footer.sections = match reserved {
        true => SectionFlags::RESERVE,
        false => SectionFlags::COMMIT,
    };
    if reserved {
        footer.bitmap_len = bitmap_len(size, PAGE);
    }
    Some(footer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Page;
    use crate::layout::BackingFile;

    fn creator() -> Creator {
        Creator {
            pid: 7,
            uid: 1000,
            start: 8,
            created: 9,
            session: 3,
        }
    }

    fn plain(pages: u64, reserved: bool) -> Footer {
        Footer {
            creator: creator(),
            name: b"x".to_vec(),
            ..implied(pages * PAGE, reserved).unwrap()
        }
    }

    const HERE: Directory = Directory::Session(3);

    #[test]
    fn a_length_says_all_that_a_footer_would_m13_m22() {
        let around_a_bitmap_page = [8 * PAGE - 1, 8 * PAGE, 8 * PAGE + 1, 16 * PAGE, 16 * PAGE + 1];
        let sizes = (1..70).chain(around_a_bitmap_page).chain([1 << 36]);
        for (pages, reserved) in sizes.flat_map(|pages| [(pages, false), (pages, true)]) {
            let object = plain(pages, reserved);
            let len = file_len(&object, HERE).unwrap();
            assert_eq!(
                footer(len, creator(), b"x".to_vec()).as_ref(),
                Ok(&object),
                "{pages} {reserved}"
            );
            // With room for a footer, which is not read yet, it says the same.
            let room = len_with_room(&object);
            assert_eq!(
                footer(room, creator(), b"x".to_vec()).as_ref(),
                Ok(&object),
                "{pages} {reserved}"
            );
            assert_eq!(end_of_footer(room), object.offset() + PAGE);
            assert_eq!(end_of_footer(object.offset() + PAGE), object.offset() + PAGE);
        }
    }

    #[test]
    fn two_plain_objects_that_differ_have_files_of_different_length() {
        let mut seen = alloc::collections::BTreeSet::new();
        for pages in 1..3000 {
            for reserved in [false, true] {
                assert!(seen.insert(file_len(&plain(pages, reserved), HERE).unwrap()));
            }
        }
    }

    #[test]
    fn any_length_is_an_object_or_damaged() {
        let near = |n: u64| n.saturating_sub(3)..=n.saturating_add(5);
        for len in (0..4 * PAGE)
            .chain(near((8 * PAGE + 1) * PAGE))
            .chain(near(u64::MAX - 8))
        {
            match footer(len, creator(), b"x".to_vec()) {
                Ok(object) => {
                    let lens = [file_len(&object, HERE).unwrap(), len_with_room(&object)];
                    assert!(lens.contains(&len), "{len}");
                }
                Err(why) => assert!(matches!(why, Why::Damaged { .. })),
            }
        }
    }

    #[test]
    fn whatever_a_length_cannot_say_needs_a_footer() {
        let good = plain(1, false);
        assert_eq!(file_len(&good, HERE), Some(PAGE));
        assert_eq!(file_len(&good, Directory::Global), None);
        assert_eq!(file_len(&good, Directory::Session(4)), None);
        let changes: [fn(&mut Footer); 10] = [
            |f| f.kind = Kind::Event,
            |f| f.platform = 3,
            |f| f.protect = Page::READONLY,
            |f| f.sections = SectionFlags::COMMIT | SectionFlags::NOCACHE,
            |f| f.size -= 1,
            |f| f.data_len = 0,
            |f| f.base = 0x8000_0000,
            |f| f.parameters[1] = 1,
            |f| f.descriptor.push(1),
            |f| {
                f.file = Some(BackingFile {
                    path: Vec::new(),
                    dev: 0,
                    ino: 0,
                    creator_fd: 0,
                });
            },
        ];
        for change in changes {
            let mut object = good.clone();
            change(&mut object);
            assert_eq!(file_len(&object, HERE), None, "{object:?}");
        }
        let reserved = plain(1, true);
        let half = Footer {
            sections: SectionFlags::COMMIT,
            ..reserved
        };
        assert_eq!(file_len(&half, HERE), None);
    }

    #[test]
    fn session_zero_is_the_global_directory_n2() {
        let mut object = plain(2, false);
        object.creator.session = 0;
        assert_eq!(file_len(&object, Directory::Global), Some(2 * PAGE));
    }
}
