//! Short memory and read-only places: an error that says what is the matter and what to do, never a dead process.
//! Clauses M-30, V-50, V-51, V-57.
//!
//! Each test mounts a small tmpfs, which needs root, in a mount name space of its thread: nobody else sees it, and nothing
//! of it survives a killed test.

// UNSAFETY: unshare(2) may break what a library believes of its threads.
#![expect(unsafe_code, reason = "a mount name space for one thread")]

use filemap::{Error, FileMapping, Namespace, SectionFlags, View, Win32Code, list};
use filemap_testing::{PrivateRoot, private_root, skip, watchdog};
use rustix::mount::{
    MountFlags, MountPropagationFlags, UnmountFlags, mount, mount_change, mount_remount, unmount,
};
use rustix::thread::{UnshareFlags, unshare_unsafe};
use std::ffi::CString;
use std::fs::{self, File};
use std::io::Write;

const KIB: u64 = 1 << 10;
const PAGE: u64 = 4096;

/// A small tmpfs, unmounted on drop.
struct Small {
    root: PrivateRoot,
    space: Namespace,
}

impl Small {
    /// `None` if this process may not mount.
    fn mounted(options: &str) -> Option<Small> {
        let root = private_root();
        // SAFETY: only mounts and the current directory become this thread's own, and no library here cares for those.
        unsafe { unshare_unsafe(UnshareFlags::NEWNS) }.ok()?;
        mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC).ok()?;
        let options = CString::new(options).expect("no NUL");
        mount(
            "filemap-test",
            root.path(),
            "tmpfs",
            MountFlags::NOSUID | MountFlags::NODEV,
            Some(options.as_c_str()),
        )
        .ok()?;
        let space = Namespace::at(root.path()).with_session(1);
        let small = Small { root, space };
        drop(small.create("first", PAGE, SectionFlags::COMMIT).expect("a tree"));
        Some(small)
    }

    fn create(&self, name: &str, size: u64, sections: SectionFlags) -> Result<FileMapping, Error> {
        FileMapping::options()
            .namespace(&self.space)
            .size(size)
            .section_flags(sections)
            .create(name)
    }

    fn free(&self) -> u64 {
        let s = rustix::fs::statvfs(self.root.path()).expect("a file system");
        s.f_bavail * s.f_frsize
    }

    fn objects(&self) -> usize {
        let listing = list::list(&self.space).expect("a listing");
        assert!(listing.oddities.is_empty(), "{:?}", listing.oddities);
        listing.objects.len()
    }

    /// Takes all that is free but `left` bytes.
    fn fill(&self, left: u64) -> File {
        let mut file = File::create(self.root.path().join("filler")).expect("a file");
        while self.free() > left {
            let len = (self.free() - left).min(64 * KIB);
            file.write_all(&vec![1; len as usize]).expect("there is room");
        }
        assert_eq!(self.free(), left);
        file
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        unmount(self.root.path(), UnmountFlags::DETACH).expect("mounted by this test");
    }
}

macro_rules! small {
    ($options:expr) => {
        match Small::mounted($options) {
            Some(small) => small,
            None => skip!("needs to mount a tmpfs: run as root, in a container with CAP_SYS_ADMIN"),
        }
    };
}

/// The commitment limit, with the numbers and a remedy.
#[track_caller]
fn is_short(small: &Small, error: &Error, wanted_at_least: u64, free: u64) {
    let text = error.to_string();
    assert_eq!(error.code(), Win32Code::COMMITMENT_LIMIT, "{text}");
    let filemap::Why::CommitmentLimit {
        wanted, free: told, ..
    } = error.why()
    else {
        panic!("{text}");
    };
    assert!(*wanted >= wanted_at_least, "{text}");
    assert_eq!(*told, free, "{text}");
    for words in [
        "--shm-size",
        "SEC_RESERVE",
        "FILEMAP_ROOT",
        small.root.path().to_str().expect("UTF-8"),
    ] {
        assert!(text.contains(words), "{text:?} lacks {words:?}");
    }
}

fn is_intact(view: &View) {
    assert_eq!(view.to_vec(0, 6).as_deref(), Ok(&b"intact"[..]));
    let bytes = view.to_vec(0, view.len()).expect("read");
    view.write_at(0, &bytes).expect("written");
}

// M-30
#[test]
fn an_object_that_does_not_fit_gives_1455_with_numbers_and_leaves_nothing() {
    let _watchdog = watchdog!();
    let small = small!("size=1024k,mode=0700");
    let other = small
        .create("other", 64 * KIB, SectionFlags::COMMIT)
        .expect("it fits");
    let view = other.map().expect("a view");
    view.write_at(0, b"intact").expect("written");
    let free = small.free();
    // Less than a megabyte is tried, more is compared with what is free first.
    for size in [free + 1, 1000 * KIB, 1024 * KIB, 4096 * KIB, 1 << 40] {
        let error = small
            .create("large", size, SectionFlags::COMMIT)
            .expect_err("it does not fit");
        is_short(&small, &error, size, free);
        assert_eq!(small.free(), free, "{size}: everything has been given back");
        assert_eq!(small.objects(), 1, "{size}");
        is_intact(&view);
    }
    // What fits fits: such an object is its data and nothing else.
    let whole = small
        .create("large", free, SectionFlags::COMMIT)
        .expect("it fits exactly");
    assert_eq!(small.free(), 0);
    let all = whole.map().expect("a view");
    all.fill_at(0, 7, all.len()).expect("every page is there");
    // Not a page more fits now, and an existing name can still be opened and created.
    let error = small
        .create("tiny", 1, SectionFlags::COMMIT)
        .expect_err("no page left");
    is_short(&small, &error, 1, 0);
    let error = small
        .create("tiny", 1, SectionFlags::RESERVE | SectionFlags::NOCACHE)
        .expect_err("no page left for the footer");
    is_short(&small, &error, 1, 0);
    // What is only reserved takes nothing.
    drop(
        small
            .create("tiny", 1 << 30, SectionFlags::RESERVE)
            .expect("it takes nothing"),
    );
    FileMapping::options()
        .namespace(&small.space)
        .open("large")
        .expect("opened");
    let again = small
        .create("large", 1 << 20, SectionFlags::COMMIT)
        .expect("looks first");
    assert!(again.is_same_object(&whole));
    drop((all, whole, again));
    assert_eq!(small.free(), free);
    is_intact(&view);
}

// V-50, V-51
#[test]
fn a_reserved_object_takes_nothing_and_its_commit_fails_with_1455_and_not_by_a_signal() {
    let _watchdog = watchdog!();
    let small = small!("size=1024k,mode=0700");
    let reserved = small
        .create("reserved", 1 << 30, SectionFlags::RESERVE)
        .expect("it takes nothing");
    assert!(small.free() > 900 * KIB, "only footer and bitmap");
    let view = reserved.map().expect("a view");
    let twin = reserved.map().expect("a second view");
    view.commit(0, 64 * KIB as usize).expect("it fits");
    view.write_at(0, b"intact").expect("written");
    let free = small.free();
    let error = view.commit(0x100_0000, 2 << 20).expect_err("it does not fit");
    assert_eq!(error.code(), Win32Code::COMMITMENT_LIMIT, "{error}");
    assert!(
        error
            .to_string()
            .contains("2097152 bytes of memory were asked for"),
        "{error}"
    );
    for lost in [&view, &twin] {
        let error = lost.read_at(0x100_0000, &mut [0]).expect_err("not committed");
        assert_eq!(error.code(), Win32Code::NOACCESS, "{error}");
        assert_eq!(lost.to_vec(0, 6).as_deref(), Ok(&b"intact"[..]));
    }
    assert!(small.free() <= free);
    // Some pages may have been taken and not committed; a smaller commit there uses them.
    let filler = small.fill(small.free());
    view.commit(0x100_0000, PAGE as usize)
        .expect("a page that was taken, or is free");
    twin.write_at(0x100_0000, b"x").expect("committed for every view");
    drop(filler);
    drop((view, twin, reserved));
    assert_eq!(small.objects(), 0);
}

// V-51: the bitmap that says what is committed needs memory, too.
#[test]
fn a_commit_when_not_a_single_page_is_left_gives_1455_and_the_process_lives() {
    let _watchdog = watchdog!();
    for left in 0..4 {
        let small = small!("size=1024k,mode=0700");
        let reserved = small
            .create("reserved", 1 << 30, SectionFlags::RESERVE)
            .expect("it takes nothing");
        let view = reserved.map().expect("a view");
        let filler = small.fill(left * PAGE);
        let reader = FileMapping::options()
            .namespace(&small.space)
            .open("reserved")
            .and_then(|r| r.map());
        let mut committed = 0;
        for offset in [0, 0x1000_0000, 0x2000_0000] {
            // Each lies in another page of the bitmap.
            match view.commit(offset, 1) {
                Ok(()) => {
                    view.fill_at(offset, 1, PAGE as usize).expect("its page is there");
                    committed += 1;
                }
                Err(error) => {
                    assert_eq!(error.code(), Win32Code::COMMITMENT_LIMIT, "{left} left: {error}");
                    let touched = view.read_at(offset, &mut [0]).expect_err("not committed");
                    assert_eq!(touched.code(), Win32Code::NOACCESS, "{touched}");
                }
            }
        }
        assert!(committed as u64 <= left, "{left} left, {committed} committed");
        let reader = reader.expect("a second view");
        assert_eq!(reader.to_vec(0, 1).is_ok(), committed > 0);
        drop(filler);
        fs::remove_file(small.root.path().join("filler")).expect("removed");
        view.commit(0, 64 * KIB as usize).expect("there is memory again");
        view.write_at(0, b"intact").expect("written");
        assert_eq!(reader.to_vec(0, 6).as_deref(), Ok(&b"intact"[..]));
    }
}

// P-11, M-24
#[test]
fn a_file_that_can_t_grow_so_far_gives_112_and_stays_as_it_is() {
    let _watchdog = watchdog!();
    let small = small!("size=2048k,mode=0700");
    let path = small.root.path().join("data");
    fs::write(&path, b"0123456789").expect("there is room");
    let free = small.free();
    let file = File::options()
        .read(true)
        .write(true)
        .open(&path)
        .expect("a file");
    // Little more than there is, and more than any disk has: the second must not take all memory on its way to failure.
    for size in [free + PAGE, 1 << 50] {
        let error = FileMapping::options()
            .namespace(&small.space)
            .size(size)
            .file(&file)
            .create_unnamed()
            .unwrap_err();
        assert_eq!(error.code().0, 112, "{error}");
        assert_eq!(file.metadata().expect("its length").len(), 10);
        assert_eq!(small.free(), free);
    }
    let grown = FileMapping::options()
        .namespace(&small.space)
        .size(free / 2)
        .file(&file)
        .create_unnamed();
    assert!(grown.is_ok(), "{grown:?}");
}

#[test]
fn a_file_system_without_a_file_left_says_so_and_not_that_memory_is_short() {
    let _watchdog = watchdog!();
    let small = small!("size=1024k,nr_inodes=12,mode=0700");
    let mut objects = Vec::new();
    let error = loop {
        match small.create(&format!("object {}", objects.len()), PAGE, SectionFlags::COMMIT) {
            Ok(object) => objects.push(object),
            Err(error) => break error,
        }
        assert!(objects.len() < 12);
    };
    let text = error.to_string();
    assert_eq!(error.code(), Win32Code::NO_SYSTEM_RESOURCES, "{text}");
    assert!(text.contains("no file (inode)"), "{text}");
    assert!(text.contains("nr_inodes"), "{text}");
    assert_eq!(small.objects(), objects.len());
    // What exists can be opened, and created again; what is closed makes room.
    FileMapping::options()
        .namespace(&small.space)
        .open("object 0")
        .expect("opened");
    objects.pop();
    small
        .create("another", PAGE, SectionFlags::COMMIT)
        .expect("there is room again");
}

// V-57: an object on a file system that is gone does not take its users with it.
#[test]
fn a_full_file_system_does_not_hurt_objects_that_are_committed() {
    let _watchdog = watchdog!();
    let small = small!("size=512k,mode=0700");
    let object = small
        .create("object", 128 * KIB, SectionFlags::COMMIT)
        .expect("it fits");
    let _filler = small.fill(0);
    // None of its pages was touched before.
    let view = object.map().expect("a view");
    view.fill_at(0, 9, view.len())
        .expect("every page was there from the start");
    view.atomic_u32(64 * KIB as usize)
        .expect("a word")
        .store(1, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(view.check(), Ok(()));
}

#[test]
fn a_tree_on_a_read_only_file_system_is_told_by_its_path() {
    let _watchdog = watchdog!();
    let small = small!("size=512k,mode=0700");
    mount_remount(small.root.path(), MountFlags::RDONLY, "").expect("nobody writes to it");
    for session in [1, 2] {
        // Session 1 has its directory, session 2 would have to make it.
        let space = Namespace::at(small.root.path()).with_session(session);
        let options = || FileMapping::options().namespace(&space).size(PAGE);
        let error = options().create("object").expect_err("read-only");
        assert_eq!(error.code(), Win32Code::ACCESS_DENIED, "{error}");
        let directory = format!(
            "{}/Sessions/{session} may not be used",
            small.root.path().display()
        );
        assert!(error.to_string().contains(&directory), "{error}");
        let error = options().open("object").expect_err("nothing is there");
        assert_eq!(error.code(), Win32Code::FILE_NOT_FOUND, "{error}");
    }
}
