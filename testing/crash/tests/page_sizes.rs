//! The library on systems with pages of 16 and 64 KiB, as far as that can be had on one with 4 KiB: it is told that pages are
//! that large, and so maps, protects and commits in such pieces only. M-22, V-3, V-6, V-50, V-51, Y-12.
//!
//! What the kernel does by its own pages stays at 4 KiB. `FILEMAP_TEST_PAGE_SIZE` has any test of the workspace run so.

use filemap::{
    Event, FileMapping, Job, Mutex, Namespace, Page, SectionFlags, Semaphore, View, Wait, WaitableTimer,
    list, wait_all,
};
use filemap_testing::{private_root, role, watchdog};
use std::path::{Path, PathBuf};
use std::time::Duration;

const AT_ONCE: Option<Duration> = Some(Duration::ZERO);

filemap_testing::roles! {
    /// Does everything in pages of the size that the environment says, with another process of that kind.
    fn system(peer: &mut Peer) {
        let root = PathBuf::from(peer.receive().expect("a tree"));
        let size: usize = peer.receive().expect("a size").parse().expect("a number");
        assert_eq!(filemap_sys::os::map::page_size(), size);
        everything(&root, size);
        peer.send("done");
    }

    /// Opens what the other has, and looks.
    fn other(peer: &mut Peer) {
        let space = Namespace::at(peer.receive().expect("a tree")).with_session(1);
        let open = |name: &str| FileMapping::options().namespace(&space).open(name).expect(name).map().expect(name);
        let odd = open("odd");
        assert_eq!((odd.len(), odd.read::<u64>(0)), (8192, Ok(7)));
        let reserved = open("reserved");
        assert_eq!(reserved.read::<u64>(65_536), Ok(8), "committed by the other");
        assert!(reserved.read::<u64>(0).is_err(), "not committed");
        let mutex = Mutex::options().namespace(&space).create("mutex").expect("a mutex");
        assert_eq!(mutex.wait(None), Ok(Wait::Object(0)));
        peer.send("owned");
        peer.receive(); // it is killed here, owning the mutex
    }
}

fn everything(root: &Path, size: usize) {
    let space = Namespace::at(root).with_session(1);
    let section = |name: &str, len: u64, sections| {
        FileMapping::options()
            .namespace(&space)
            .size(len)
            .section_flags(sections)
            .create(name)
            .expect(name)
    };
    // With a footer, and so that neither data nor bitmap end at a page of such a system.
    let with_footer = SectionFlags::COMMIT | SectionFlags::NOCACHE;
    let odd = section("odd", 5000, with_footer);
    let view = odd.map().expect("a view");
    assert_eq!(odd.len(), 8192, "M-22: in pages of x86");
    fill(&view);
    view.write(0, &7_u64).expect("written");
    let info = view.query(0).expect("a region");
    assert_eq!(
        (info.len, info.protect),
        (size.max(8192), Page::READWRITE),
        "V-6, V-55"
    );
    // Past the end of a view there is no footer that could be written over by accident.
    assert_eq!(list::list(&space).expect("a listing").oddities.len(), 0);

    for (name, len) in [("plain", 4096), ("whole", 65_536), ("large", 1 << 20)] {
        let object = section(name, len, SectionFlags::COMMIT);
        fill(&object.map().expect("a view"));
        let again = FileMapping::options().namespace(&space).open(name).expect(name);
        assert!(again.is_same_object(&object));
        assert_eq!(again.len(), len);
    }

    // V-51: what is committed is whole pages of the system, and nothing else.
    let reserved = section("reserved", 300_000, SectionFlags::RESERVE);
    let view = reserved.map().expect("a view");
    view.commit(65_536 + 100, 10).expect("committed");
    view.write(65_536, &8_u64).expect("committed");
    for at in (0..view.len() - 8).step_by(4096) {
        let is_committed = (65_536..65_536 + size).contains(&at);
        assert_eq!(view.read::<u64>(at).is_ok(), is_committed, "V-50: at {at}");
    }
    let far = view.len() - 8;
    view.commit(far, 8).expect("committed");
    view.write(far, &9_u64).expect("committed");
    let part = reserved.view().offset(65_536).len(65_536).map().expect("a view");
    assert_eq!(part.read::<u64>(0), Ok(8));
    view.protect(65_536, 1, Page::READONLY).expect("protected");
    assert!(view.write(65_536, &1_u64).is_err());

    let (event, mutex) = (
        Event::options()
            .namespace(&space)
            .create("event")
            .expect("an event"),
        Mutex::options()
            .namespace(&space)
            .create("mutex")
            .expect("a mutex"),
    );
    let semaphore = Semaphore::options()
        .initial(1)
        .maximum(5)
        .namespace(&space)
        .create("semaphore")
        .expect("a semaphore");
    let timer = WaitableTimer::options()
        .namespace(&space)
        .create("timer")
        .expect("a timer");
    assert_eq!(timer.wait(AT_ONCE), Ok(Wait::TimedOut));
    event.set().expect("set");
    assert_eq!(
        wait_all(&[&event, &mutex, &semaphore], AT_ONCE),
        Ok(Wait::Object(0))
    );
    mutex.release().expect("owned");
    let job = Job::options().namespace(&space).create("job").expect("a job");
    job.assign(std::process::id()).expect("assigned");
    assert_eq!(job.members().expect("members").len(), 1);
    let listing = list::list(&space).expect("a listing");
    assert_eq!((listing.oddities.len(), listing.dead.len()), (0, 0));

    let mut other = role!(other).start();
    other.send(root.to_str().expect("UTF-8"));
    other.expect("owned");
    assert_eq!(mutex.wait(AT_ONCE), Ok(Wait::TimedOut));
    other.kill();
    assert_eq!(
        mutex.wait(None),
        Ok(Wait::Abandoned(0)),
        "Y-12: the node lies behind the word"
    );
    mutex.release().expect("owned");
}

fn fill(view: &View) {
    let bytes: Vec<u8> = (0..view.len()).map(|i| i as u8).collect();
    view.write_at(0, &bytes).expect("written");
    assert_eq!(view.to_vec(0, bytes.len()).expect("read"), bytes);
}

fn on_a_system_with_pages_of(size: usize) {
    let _dog = watchdog!();
    let tree = private_root();
    let mut system = role!(system)
        .env("FILEMAP_TEST_PAGE_SIZE", size.to_string())
        .start();
    system.send(tree.path().to_str().expect("UTF-8"));
    system.send(&size.to_string());
    system.expect("done");
    let (status, _) = system.ended();
    assert!(status.success(), "{status}");
}

#[test]
fn everything_works_in_pages_of_4_kib() {
    on_a_system_with_pages_of(4096);
}

#[test]
fn everything_works_in_pages_of_16_kib() {
    on_a_system_with_pages_of(16_384);
}

#[test]
fn everything_works_in_pages_of_64_kib() {
    on_a_system_with_pages_of(65_536);
}
