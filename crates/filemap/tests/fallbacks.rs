//! What works where the kernel, or a filter such as a container's, refuses system calls: fallbacks, with a real seccomp filter.

// UNSAFETY: installs a seccomp filter in a child process.
#![expect(unsafe_code, reason = "prctl(2): a filter that refuses calls")]

use filemap::inspect::{self, Standing};
use filemap::{Event, FileMapping, Namespace, Reset, Wait, list, wait_all, wait_any};
use filemap_testing::{Child, private_root, role, skip, watchdog};
use std::time::Duration;

/// Lets the calling thread, and those that it starts, get `refusal` for these system calls, and EOPNOTSUPP for `O_TMPFILE`:
/// ENOSYS is what an old kernel and newer containers say, EPERM what older containers say of calls that they do not know.
fn refuse(calls: &[libc::c_long], refusal: i32) {
    let load = |offset: usize| libc::sock_filter {
        code: (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16,
        jt: 0,
        jf: 0,
        k: offset as u32,
    };
    let jump = |code: u32, k: u32, jt: u8, jf: u8| libc::sock_filter {
        code: (libc::BPF_JMP | code | libc::BPF_K) as u16,
        jt,
        jf,
        k,
    };
    let answer = |k: u32| libc::sock_filter {
        code: (libc::BPF_RET | libc::BPF_K) as u16,
        jt: 0,
        jf: 0,
        k,
    };
    let errno = |errno: i32| answer(libc::SECCOMP_RET_ERRNO | errno as u32);
    let mut filter = vec![load(std::mem::offset_of!(libc::seccomp_data, nr))];
    for call in calls {
        filter.push(jump(libc::BPF_JEQ, *call as u32, 0, 1));
        filter.push(errno(refusal));
    }
    // openat(directory, path, flags, mode): the bit that only O_TMPFILE has.
    const TMPFILE_BIT: u32 = (libc::O_TMPFILE & !libc::O_DIRECTORY) as u32;
    filter.push(jump(libc::BPF_JEQ, libc::SYS_openat as u32, 0, 3));
    filter.push(load(std::mem::offset_of!(libc::seccomp_data, args) + 16));
    filter.push(jump(libc::BPF_JSET, TMPFILE_BIT, 0, 1));
    filter.push(errno(libc::EOPNOTSUPP));
    filter.push(answer(libc::SECCOMP_RET_ALLOW));
    let program = libc::sock_fprog {
        len: filter.len() as u16,
        filter: filter.as_mut_ptr(),
    };
    // SAFETY: numbers only.
    assert_eq!(unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) }, 0);
    // SAFETY: `program` and the filter that it points to outlive the call, which copies them.
    let done = unsafe {
        libc::prctl(
            libc::PR_SET_SECCOMP,
            libc::SECCOMP_MODE_FILTER,
            &raw const program,
        )
    };
    assert_eq!(done, 0, "{}", std::io::Error::last_os_error());
}

/// The number of cachestat(2).
const CACHESTAT: libc::c_long = 451;

filemap_testing::roles! {
    /// Uses everything in the tree ROOT without what a container of some years ago would not let through.
    fn restricted(peer: &mut Peer) {
        let refusal = std::env::var("ERRNO").unwrap().parse().unwrap();
        refuse(&[libc::SYS_futex_waitv, libc::SYS_openat2, libc::SYS_pidfd_open, CACHESTAT], refusal);
        let root = std::path::PathBuf::from(std::env::var("ROOT").unwrap());
        let space = Namespace::at(&root).with_session(1);
        // Names without O_TMPFILE and openat2.
        let frames = FileMapping::options().namespace(&space).size(4096).create("frames").unwrap();
        frames.map().unwrap().write_at(0, b"hello").unwrap();
        let twice = FileMapping::options().namespace(&space).size(4096).create_new("frames");
        assert_eq!(twice.unwrap_err().code().0, 183);
        let files = |what: &str| {
            let mut names: Vec<String> = std::fs::read_dir(root.join("Sessions/1")).unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            names.sort_unstable();
            names.join(" ") + what
        };
        assert_eq!(files(""), "frames", "no draft is left");
        // Waits for several without futex_waitv.
        let event = |name: &str| Event::options().namespace(&space).reset(Reset::Auto).create(name).unwrap();
        let (a, b) = (event("a"), event("b"));
        assert_eq!(wait_any(&[&a, &b], Some(Duration::from_millis(5))).unwrap(), Wait::TimedOut);
        let waiter = std::thread::scope(|scope| {
            let waiter = scope.spawn(|| wait_any(&[&a, &b], None).unwrap());
            b.set().unwrap();
            waiter.join().unwrap()
        });
        assert_eq!(waiter, Wait::Object(1));
        std::thread::scope(|scope| {
            let waiter = scope.spawn(|| wait_all(&[&a, &b], None).unwrap());
            a.set().unwrap();
            b.set().unwrap();
            assert_eq!(waiter.join().unwrap(), Wait::Object(0));
        });
        // What is missing is told, with what works all the same.
        let facts = inspect::environment(&space);
        for check in ["kernel-futex-waitv", "kernel-openat2", "kernel-o-tmpfile", "kernel-pidfd", "kernel-cachestat"] {
            let fact = facts.iter().find(|fact| fact.check == check).unwrap();
            assert_eq!(fact.standing, Standing::Limited, "{fact:?}");
            assert!(!fact.still_works.is_empty() && !fact.remedy.is_empty(), "{fact:?}");
        }
        let object = inspect::find(&space, "frames").unwrap().unwrap();
        let usage = inspect::usage_of(&[&object]).unwrap();
        let memory = inspect::memory(&object, &usage);
        assert_eq!((memory.resident, memory.allocated), (None, 4096));
        peer.send("all of it works");
        peer.receive();
    }

    /// Uses names and waits where there is no memory without a name.
    fn without_memfd(peer: &mut Peer) {
        refuse(&[libc::SYS_memfd_create], libc::EPERM);
        let root = std::path::PathBuf::from(std::env::var("ROOT").unwrap());
        let space = Namespace::at(&root).with_session(1);
        let frames = FileMapping::options().namespace(&space).size(4096).create("frames").unwrap();
        frames.map().unwrap().write_at(0, b"hello").unwrap();
        let event = |name: &str| Event::options().namespace(&space).reset(Reset::Auto).create(name).unwrap();
        let (a, b) = (event("a"), event("b"));
        b.set().unwrap();
        assert_eq!(wait_any(&[&a, &b], None).unwrap(), Wait::Object(1));
        let limited: Vec<&str> = inspect::environment(&space)
            .into_iter()
            .filter(|fact| fact.check.starts_with("kernel-") && fact.standing != Standing::Fine)
            .map(|fact| fact.check)
            .collect();
        peer.send(&limited.join(" "));
        peer.receive();
    }

    /// Begins to make objects where there is no O_TMPFILE, for ever.
    fn maker(peer: &mut Peer) {
        refuse(&[], libc::ENOSYS);
        let space = Namespace::at(std::env::var("ROOT").unwrap()).with_session(1);
        peer.send("begins");
        loop {
            drop(FileMapping::options().namespace(&space).size(4 << 20).create("large").unwrap());
        }
    }
}

fn may_filter() -> bool {
    // A container may forbid what this test is about.
    std::fs::read_to_string("/proc/self/status").is_ok_and(|status| status.contains("\nSeccomp:"))
}

// O-1, Y-31, I-26
#[test]
fn names_and_waits_work_without_o_tmpfile_openat2_and_futex_waitv() {
    let _watchdog = watchdog!();
    if !may_filter() {
        skip!("needs a kernel with seccomp");
    }
    for refusal in [libc::ENOSYS, libc::EPERM] {
        let root = private_root();
        let mut child: Child = role!(restricted)
            .env("ROOT", root.path())
            .env("ERRNO", refusal.to_string())
            .start();
        assert_eq!(child.receive().as_deref(), Some("all of it works"));
        // Those who are not restricted meet its objects.
        let space = Namespace::at(root.path()).with_session(1);
        let frames = FileMapping::options().namespace(&space).open("frames").unwrap();
        let mut bytes = [0; 5];
        frames.map().unwrap().read_at(0, &mut bytes).unwrap();
        assert_eq!(&bytes, b"hello");
    }
}

// I-26: what is missing is not taken for something else that was tried by means of it
#[test]
fn without_memfd_names_and_waits_work_and_only_that_is_told_as_missing() {
    let _watchdog = watchdog!();
    if !may_filter() {
        skip!("needs a kernel with seccomp");
    }
    let root = private_root();
    let mut child: Child = role!(without_memfd).env("ROOT", root.path()).start();
    let told = child.receive().unwrap();
    // The filter refuses O_TMPFILE, too; then there is no file to try with, and nothing is claimed.
    assert_eq!(told, "kernel-o-tmpfile kernel-memfd");
}

// O-17: what a creator leaves that is killed in the middle, where drafts have names
#[test]
fn drafts_of_killed_creators_are_swept_and_those_of_living_ones_are_not() {
    let _watchdog = watchdog!();
    if !may_filter() {
        skip!("needs a kernel with seccomp");
    }
    let root = private_root();
    let space = Namespace::at(root.path()).with_session(1);
    let drafts = || {
        let entries = std::fs::read_dir(root.path().join("Sessions/1"))
            .into_iter()
            .flatten()
            .flatten();
        entries
            .filter(|entry| entry.file_name().to_string_lossy().starts_with(".draft-"))
            .count()
    };
    for _ in 0..5 {
        let mut child = role!(maker).env("ROOT", root.path()).start();
        assert_eq!(child.receive().as_deref(), Some("begins"));
        // A living creator's draft is left alone, or it would fail; it says so by panicking.
        for _ in 0..50 {
            let _ = list::sweep(&space).unwrap();
        }
        child.kill();
        let _ = list::sweep(&space).unwrap();
        assert_eq!(drafts(), 0);
    }
}
