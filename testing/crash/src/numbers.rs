//! Process numbers that come again in step: the next process gets exactly the number of the one that has just died.
//!
//! The master runs inside a process name space of its own, where it may say which number comes next
//! (`/proc/sys/kernel/ns_last_pid`, proc(5)). Its players say a line, and end when they get one.

use filemap::{FileMapping, Job, Mutex, Namespace, ProcessHandle, Wait, list};
use filemap_testing::wait_for;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

const LAST: &str = "/proc/sys/kernel/ns_last_pid";
const NAME: &str = r"Local\again";
const AT_ONCE: Option<Duration> = Some(Duration::ZERO);

/// One player.
struct Player {
    process: Child,
    answers: BufReader<ChildStdout>,
}

impl Player {
    fn start(root: &Path, part: &str) -> Player {
        let mut process = Command::new("/proc/self/exe")
            .args(["number".as_ref(), root.as_os_str(), part.as_ref()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a player");
        let answers = BufReader::new(process.stdout.take().expect("a pipe"));
        Player { process, answers }
    }

    /// One whose number is `number`, which nobody has.
    fn with_number(root: &Path, part: &str, number: u32) -> Player {
        // Whoever starts a process or a thread in this name space meanwhile takes the number: nobody else is in it.
        fs::write(LAST, (number - 1).to_string()).expect("root in a process name space of its own");
        let player = Player::start(root, part);
        assert_eq!(player.process.id(), number, "the number comes again");
        player
    }

    fn says(&mut self) -> String {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("text");
        line.trim_end().to_owned()
    }

    fn killed(mut self) -> u32 {
        let number = self.process.id();
        self.process.kill().expect("killed");
        self.process.wait().expect("own child");
        number
    }

    fn ends(mut self) {
        drop(self.process.stdin.take());
        let status = self.process.wait().expect("own child");
        assert!(status.success(), "{status}");
    }
}

/// What a player does: takes something, says how that went, waits for the end of its input, gives it back.
///
/// # Panics
/// If a call fails that must not.
pub fn play(root: &Path, part: &str) {
    let space = Namespace::at(root).with_session(1);
    let say = |what: &str| {
        println!("{what}");
        std::io::stdout().flush().expect("somebody reads");
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).expect("text");
    };
    match part {
        "lock" => {
            let mutex = Mutex::options().namespace(&space).create(NAME).expect("a mutex");
            let got = mutex.wait(AT_ONCE).expect("waited");
            say(&format!("{got:?}"));
            if got != Wait::TimedOut {
                mutex.release().expect("owned");
            }
        }
        "section" => {
            let options = FileMapping::options().namespace(&space).size(4096);
            let opened = options.open(NAME).map_err(|e| e.code().0);
            let made = options.create(NAME).expect("created");
            let view = made.map().expect("a view");
            let before = view.read::<u64>(0).expect("read");
            view.write(0, &7_u64).expect("written");
            say(&format!("{:?} {before}", opened.map(drop)));
        }
        _ => say("here"),
    }
}

/// Has numbers come again between a death and the look at what it has left. Prints how often.
///
/// # Panics
/// If a promise is broken, or numbers can't be chosen here.
pub fn in_step(root: &Path) {
    let space = Namespace::at(root).with_session(1);
    let mut times = 0;
    for _ in 0..10 {
        a_mutex_of_the_dead_is_not_its_successors_own(root, &space);
        a_name_of_the_dead_is_not_its_successors(root, &space);
        a_member_of_a_job_is_not_followed_by_its_successor(root, &space);
        a_handle_of_a_dead_process_is_not_its_successors(root);
        times += 5;
    }
    println!("{times} numbers came again");
}

// Y-12, Y-11: the lock word has the owner's number.
fn a_mutex_of_the_dead_is_not_its_successors_own(root: &Path, space: &Namespace) {
    let kept = Mutex::options().namespace(space).create(NAME).expect("a mutex");
    let mut owner = Player::start(root, "lock");
    assert_eq!(owner.says(), "Object(0)");
    let number = owner.killed();
    let mut second = Player::with_number(root, "lock", number);
    assert_eq!(second.says(), "Abandoned(0)", "it is not taken for the owner");
    assert_eq!(kept.wait(AT_ONCE), Ok(Wait::TimedOut), "it owns it once");
    second.ends();
    let mut third = Player::with_number(root, "lock", number);
    assert_eq!(third.says(), "Object(0)", "told once");
    third.ends();
    assert_eq!(kept.wait(AT_ONCE), Ok(Wait::Object(0)));
    kept.release().expect("owned");
}

// O-40, O-42
fn a_name_of_the_dead_is_not_its_successors(root: &Path, space: &Namespace) {
    let mut holder = Player::start(root, "section");
    assert_eq!(holder.says(), "Err(2) 0");
    let number = holder.killed();
    let mut second = Player::with_number(root, "section", number);
    assert_eq!(
        second.says(),
        "Err(2) 0",
        "the dead one's object is gone, the new one is zeroes"
    );
    let listing = list::list(space).expect("a listing");
    assert_eq!((listing.objects.len(), listing.dead.len()), (1, 0));
    second.ends();
    assert_eq!(list::list(space).expect("a listing").objects.len(), 0);
}

// O-53
fn a_member_of_a_job_is_not_followed_by_its_successor(root: &Path, space: &Namespace) {
    let job = Job::options()
        .namespace(space)
        .create(r"Local\job")
        .expect("a job");
    let mut member = Player::start(root, "wait");
    assert_eq!(member.says(), "here");
    job.assign(member.process.id()).expect("assigned");
    assert_eq!(job.members().expect("members").len(), 1);
    let start = started(member.process.id());
    let number = member.killed();
    let mut second = Player::with_number(root, "wait", number);
    assert_eq!(second.says(), "here");
    // The kernel tells births by the hundredth of a second. Two of one number within one would be one process to everybody.
    if started(number) == start {
        println!("within one hundredth of a second");
        second.ends();
        return;
    }
    assert_eq!(job.members().expect("members"), []);
    assert_eq!(job.terminate().expect("terminated"), 0);
    second.ends();
}

fn started(number: u32) -> String {
    let stat = fs::read_to_string(format!("/proc/{number}/stat")).expect("it lives");
    let (_, fields) = stat.rsplit_once(')').expect("proc(5)");
    fields.split_whitespace().nth(19).expect("starttime").to_owned()
}

// Y-table: a process is signalled when it has ended.
fn a_handle_of_a_dead_process_is_not_its_successors(root: &Path) {
    let mut first = Player::start(root, "wait");
    assert_eq!(first.says(), "here");
    let handle = ProcessHandle::open(first.process.id()).expect("a handle");
    assert_eq!(handle.wait(AT_ONCE), Ok(Wait::TimedOut));
    let number = first.killed();
    let mut second = Player::with_number(root, "wait", number);
    assert_eq!(second.says(), "here");
    assert_eq!(
        handle.wait(AT_ONCE),
        Ok(Wait::Object(0)),
        "its own process has ended"
    );
    let other = ProcessHandle::open(number).expect("a handle");
    assert_eq!(other.wait(AT_ONCE), Ok(Wait::TimedOut), "the second one lives");
    second.ends();
    wait_for("the second to have ended", || {
        other.wait(AT_ONCE) == Ok(Wait::Object(0))
    });
}
