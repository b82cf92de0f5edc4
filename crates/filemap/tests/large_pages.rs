//! SEC_LARGE_PAGES on tmpfs mounts that give large pages to those who ask, always, or never. Clauses M-14, M-30, V-16, P-65.
//!
//! Each test mounts a tmpfs in a mount name space of its thread, which needs root.

// UNSAFETY: unshare(2) may break what a library believes of its threads.
#![expect(unsafe_code, reason = "a mount name space for one thread")]

use filemap::{FileMapping, LARGE_PAGE, Namespace, SectionFlags, View};
use filemap_testing::{PrivateRoot, private_root, skip, watchdog};
use rustix::mount::{MountFlags, MountPropagationFlags, UnmountFlags, mount, mount_change, unmount};
use rustix::thread::{UnshareFlags, unshare_unsafe};
use std::ffi::CString;

struct Mounted {
    root: PrivateRoot,
    space: Namespace,
}

impl Drop for Mounted {
    fn drop(&mut self) {
        unmount(self.root.path(), UnmountFlags::DETACH).expect("mounted by this test");
    }
}

impl Mounted {
    /// `None` if this process may not mount, or the kernel has no large pages for tmpfs.
    fn new(options: &str) -> Option<Mounted> {
        let root = private_root();
        // SAFETY: only mounts and the current directory become this thread's own, and no library here cares for those.
        unsafe { unshare_unsafe(UnshareFlags::NEWNS) }.ok()?;
        mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC).ok()?;
        let options = CString::new(options).expect("no NUL");
        let flags = MountFlags::NOSUID | MountFlags::NODEV;
        mount(
            "filemap-test",
            root.path(),
            "tmpfs",
            flags,
            Some(options.as_c_str()),
        )
        .ok()?;
        let space = Namespace::at(root.path()).with_session(1);
        Some(Mounted { root, space })
    }

    fn create(&self, size: u64, sections: SectionFlags) -> Result<FileMapping, filemap::Error> {
        FileMapping::options()
            .namespace(&self.space)
            .size(size)
            .section_flags(sections)
            .create("object")
    }
}

/// Bytes of a view that are mapped by large pages. Source: proc(5), `/proc/PID/smaps`.
fn in_large_pages(view: &View) -> u64 {
    let smaps = std::fs::read_to_string("/proc/self/smaps").expect("proc(5)");
    let start = format!("{:x}-", view.as_ptr().addr());
    let mut lines = smaps.lines().skip_while(|line| !line.starts_with(&start));
    let line = lines
        .find(|line| line.starts_with("ShmemPmdMapped:"))
        .expect("of a tmpfs");
    let kib: u64 = line
        .split_whitespace()
        .nth(1)
        .expect("a number")
        .parse()
        .expect("a number");
    kib << 10
}

fn touch(view: &View) {
    for at in (0..view.len()).step_by(4096) {
        assert_eq!(view.read::<u64>(at), Ok(0), "a new object is zeroes");
        view.write(at, &7_u64).expect("written");
    }
}

const LARGE: SectionFlags = SectionFlags::COMMIT.union(SectionFlags::LARGE_PAGES);

macro_rules! mounted {
    ($options:expr) => {
        match Mounted::new($options) {
            Some(mounted) => mounted,
            None => {
                skip!("needs to mount a tmpfs with huge=: run as root, in a container with CAP_SYS_ADMIN")
            }
        }
    };
}

#[test]
fn a_mount_that_gives_large_pages_to_those_who_ask_gives_them_to_sec_large_pages_alone() {
    let _watchdog = watchdog!();
    let tree = mounted!("size=64m,mode=0700,huge=advise");
    let object = tree.create(4 * LARGE_PAGE, LARGE).expect("created");
    let view = object.map().expect("a view");
    assert_eq!(view.as_ptr().addr() as u64 % LARGE_PAGE, 0);
    touch(&view);
    assert_eq!(in_large_pages(&view), 4 * LARGE_PAGE);
    // Whoever opens it has them too; a view from the middle of one has what can be had.
    let opened = FileMapping::options()
        .namespace(&tree.space)
        .open("object")
        .expect("opened");
    let second = opened
        .view()
        .offset(LARGE_PAGE)
        .len(2 * LARGE_PAGE)
        .map()
        .expect("a view");
    for at in (0..second.len()).step_by(4096) {
        assert_eq!(second.read::<u64>(at), Ok(7), "the same bytes");
    }
    assert_eq!(in_large_pages(&second), 2 * LARGE_PAGE);
    let odd = opened.view().offset(65_536).map().expect("a view");
    assert_eq!(odd.read::<u64>(0), Ok(7));
    drop((view, second, odd, opened, object));
    // Nobody has asked: small ones.
    let object = tree
        .create(4 * LARGE_PAGE, SectionFlags::COMMIT)
        .expect("created");
    assert!(!object.already_existed());
    let view = object.map().expect("a view");
    touch(&view);
    assert_eq!(in_large_pages(&view), 0);
}

#[test]
fn where_the_mount_gives_none_sec_large_pages_works_with_small_ones() {
    let _watchdog = watchdog!();
    let tree = mounted!("size=64m,mode=0700,huge=never");
    let object = tree.create(2 * LARGE_PAGE, LARGE).expect("created");
    let view = object.map().expect("a view");
    touch(&view);
    assert_eq!(in_large_pages(&view), 0);
    drop((view, object));
    let unnamed = FileMapping::options().namespace(&tree.space).size(2 * LARGE_PAGE);
    let unnamed = unnamed.section_flags(LARGE).create_unnamed().expect("created");
    touch(&unnamed.map().expect("a view"));
}

// M-30: memory is committed when the object is made, whatever its pages are.
#[test]
fn large_pages_that_do_not_fit_give_1455_and_leave_nothing() {
    let _watchdog = watchdog!();
    let tree = mounted!("size=7m,mode=0700,huge=advise");
    let free = || {
        let s = rustix::fs::statvfs(tree.root.path()).expect("a file system");
        s.f_bavail * s.f_frsize
    };
    drop(tree.create(LARGE_PAGE, LARGE).expect("it fits"));
    let before = free();
    let error = tree.create(4 * LARGE_PAGE, LARGE).expect_err("too large");
    assert_eq!(error.code().0, 1455, "{error}");
    assert_eq!(free(), before);
    let object = tree.create(2 * LARGE_PAGE, LARGE).expect("it fits");
    touch(&object.map().expect("a view"));
    drop(object);
    assert_eq!(free(), before);
}
