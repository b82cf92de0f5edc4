//! A child of vfork(2) between its birth and its exec or end, which kills and is killed. O-40, O-44, Y-12.

use filemap::{FileMapping, Mutex, Namespace, Wait, list};
use filemap_crash_tests::vfork::{HELD, OWNED};
use filemap_testing::{PrivateRoot, private_root, wait_for, watchdog};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

/// A parent, and its child, which is killed at the end.
struct Family {
    parent: Child,
    child: Pid,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
    tree: PrivateRoot,
}

impl Drop for Family {
    fn drop(&mut self) {
        let _ = self.parent.kill();
        let _ = kill_process(self.child, Signal::KILL);
        let _ = self.parent.wait();
    }
}

impl Family {
    fn new() -> Family {
        let tree = private_root();
        let mut parent = Command::new(env!("CARGO_BIN_EXE_filemap-victim"))
            .args(["vfork".as_ref(), tree.path()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a parent");
        let orders = parent.stdin.take().expect("a pipe");
        let mut answers = BufReader::new(parent.stdout.take().expect("a pipe"));
        let mut line = String::new();
        answers.read_line(&mut line).expect("the child's number");
        let child = Pid::from_raw(line.trim().parse().expect("a number")).expect("not 0");
        assert_ne!(child.as_raw_nonzero().get(), parent.id() as i32);
        Family {
            parent,
            child,
            orders,
            answers,
            tree,
        }
    }

    fn order(&mut self, line: &str) {
        writeln!(self.orders, "{line}").expect("it reads");
    }

    #[track_caller]
    fn expect(&mut self, wanted: &str) {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("text");
        assert_eq!(line.trim_end(), wanted);
    }

    fn space(&self) -> Namespace {
        Namespace::at(self.tree.path()).with_session(1)
    }

    fn mutex(&self) -> Mutex {
        Mutex::options()
            .namespace(&self.space())
            .create(OWNED)
            .expect("it exists")
    }

    fn is_there(&self) -> bool {
        match FileMapping::options().namespace(&self.space()).open(HELD) {
            Ok(held) => {
                let read = held.map().and_then(|view| view.read::<u64>(0));
                assert_eq!(read, Ok(7));
                true
            }
            Err(e) => {
                assert_eq!(e.code().0, 2, "{e}");
                false
            }
        }
    }
}

const AT_ONCE: Option<Duration> = Some(Duration::ZERO);

#[test]
fn a_vforked_child_that_ends_or_is_killed_takes_nothing_from_its_parent() {
    let _dog = watchdog!();
    for is_killed in [false, true] {
        let mut family = Family::new();
        let mutex = family.mutex();
        assert!(family.is_there());
        assert_eq!(mutex.wait(AT_ONCE), Ok(Wait::TimedOut), "its parent owns it");
        match is_killed {
            false => family.order("end the child"),
            true => {
                kill_process(family.child, Signal::KILL).expect("killed");
                family.order("go on");
            }
        }
        family.expect("back");
        // The parent's memory was the child's: its robust list and its locks must have stayed the parent's.
        assert!(family.is_there());
        assert_eq!(mutex.wait(AT_ONCE), Ok(Wait::TimedOut), "not abandoned");
        family.order("let go");
        family.expect("released");
        assert_eq!(mutex.wait(AT_ONCE), Ok(Wait::Object(0)), "and given back as ever");
        mutex.release().expect("owned");
    }
}

#[test]
fn a_killed_parents_names_stay_until_its_vforked_child_has_ended_and_its_mutex_comes_at_once() {
    let _dog = watchdog!();
    let mut family = Family::new();
    let mutex = family.mutex();
    family.parent.kill().expect("killed");
    family.parent.wait().expect("own child");
    // The child has copies of the descriptors, as every forked child has until it execs.
    assert!(family.is_there());
    assert_eq!(mutex.wait(None), Ok(Wait::Abandoned(0)), "its owner is dead");
    mutex.release().expect("owned");
    kill_process(family.child, Signal::KILL).expect("killed");
    wait_for("the name to go with the child", || !family.is_there());
    drop(mutex);
    let listing = list::list(&family.space()).expect("a listing");
    assert_eq!((listing.objects.len(), listing.oddities.len()), (0, 0));
}
