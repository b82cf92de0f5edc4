//! How long names and memory live: clauses O-17, O-21..O-26, O-40..O-50, F-1, with real processes.

// UNSAFETY: forks without exec, and takes over the descriptors that a parent left.
#![expect(unsafe_code, reason = "fork(2); handles that a parent left")]

use filemap::{FileMapAccess, FileMapping, Inherit, Namespace, Page, SectionFlags, View, Win32Code, list};
use filemap_testing::{Child, PrivateRoot, private_root, role, skip, watchdog};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::Command;

const NAME: &str = r"Local\X";
const BOTH: FileMapAccess = FileMapAccess::READ.union(FileMapAccess::WRITE);

/// A tree, and processes in it.
struct Stage {
    root: PrivateRoot,
    space: Namespace,
}

fn stage() -> Stage {
    let root = private_root();
    let space = Namespace::at(root.path()).with_session(1);
    Stage { root, space }
}

impl Stage {
    fn options(&self) -> filemap::FileMappingOptions<'static> {
        FileMapping::options().namespace(&self.space)
    }

    fn create(&self) -> FileMapping {
        self.options().size(4096).create(NAME).expect("created or opened")
    }

    fn open(&self) -> Result<FileMapping, filemap::Error> {
        self.options().open(NAME)
    }

    #[track_caller]
    fn is_there(&self, when: &str) {
        self.open().unwrap_or_else(|e| panic!("{when}: {e}"));
    }

    #[track_caller]
    fn is_gone(&self, when: &str) {
        let error = self.open().expect_err(when);
        assert_eq!(error.code(), Win32Code::FILE_NOT_FOUND, "{when}: {error}");
        assert_eq!(self.files(), [""; 0], "{when}: the entry is gone, too");
    }

    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.root.path().join("Sessions/1")).expect("a directory");
        let name = |e: std::io::Result<fs::DirEntry>| e.expect("an entry").file_name().into_string();
        entries.map(|e| name(e).expect("UTF-8")).collect()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// Another process that does what it is told.
    fn process(&self) -> Child {
        let mut child = role!(obeys).keep_stderr().start();
        child.send(self.root.path().to_str().expect("UTF-8"));
        child
    }
}

/// Sends an order and gives the answer.
#[track_caller]
fn ask(child: &mut Child, order: &str) -> String {
    child.send(order);
    child.receive().unwrap_or_else(|| panic!("it died of {order:?}"))
}

/// Sends an order, which must be carried out.
#[track_caller]
fn tell(child: &mut Child, order: &str) {
    assert_eq!(ask(child, order), "ok", "{order}");
}

fn write(view: &View, text: &str) {
    let mut bytes = text.as_bytes().to_vec();
    bytes.push(0);
    view.write_at(0, &bytes).expect("written");
}

fn text(view: &View) -> String {
    let bytes = view.to_vec(0, 64).expect("read");
    let text = bytes.split(|b| *b == 0).next().unwrap_or_default();
    String::from_utf8_lossy(text).into_owned()
}

filemap_testing::roles! {
    /// Creates, maps, opens, closes, forks … on order, and ends as it is told to.
    fn obeys(peer: &mut Peer) {
        let root = PathBuf::from(peer.receive().expect("the tree"));
        let space = Namespace::at(&root).with_session(1);
        let mut process = Obedient { root, space, handles: vec![], views: vec![], child: None, socket: None };
        while let Some(order) = peer.receive() {
            if order == "return" {
                return;
            }
            let answer = process.obey(&order);
            peer.send(&answer);
        }
    }

    /// Takes the handle that its parent left to it.
    fn inherits(peer: &mut Peer) {
        let numbers = std::env::var("HANDLE").expect("the handle's numbers");
        // SAFETY: the parent left these descriptors to this process alone, and they are taken once.
        let handle = unsafe { FileMapping::inherited(&numbers) }.expect("a handle");
        peer.send(&format!("{:x}", handle.rights().bits()));
        while let Some(order) = peer.receive() {
            match order.as_str() {
                "read" => peer.send(&text(&handle.map().expect("a view"))),
                "close" => {
                    handle.close().expect("closed");
                    peer.send("ok");
                    peer.receive();
                    return;
                }
                other => panic!("{other}?"),
            }
        }
    }
}

/// What the role `obeys` has.
struct Obedient {
    root: PathBuf,
    space: Namespace,
    handles: Vec<FileMapping>,
    views: Vec<View>,
    child: Option<Child>,
    socket: Option<UnixStream>,
}

impl Obedient {
    fn obey(&mut self, order: &str) -> String {
        let (verb, rest) = order.split_once(' ').unwrap_or((order, ""));
        let options = || FileMapping::options().namespace(&self.space).size(4096);
        let handle = || self.handles.last().expect("a handle");
        let mut answer = "ok".to_owned();
        match verb {
            "create" => {
                let inherit = if rest == "inheritable" {
                    Inherit::Yes
                } else {
                    Inherit::No
                };
                let made = options()
                    .inherit(inherit)
                    .create(NAME)
                    .expect("created or opened");
                answer = if made.already_existed() {
                    "183".into()
                } else {
                    answer
                };
                self.handles.push(made);
            }
            "create-of-file" => {
                let file = filemap::open_file_for(rest, Page::READWRITE).expect("a file");
                let made = options()
                    .size(0)
                    .file(&file)
                    .create(NAME)
                    .expect("created or opened");
                drop(file); // O-48
                self.handles.push(made);
            }
            "open" => match options().open(NAME) {
                Ok(opened) => self.handles.push(opened),
                Err(e) => answer = e.code().0.to_string(),
            },
            "map" => self.views.push(handle().map().expect("a view")),
            "write" => write(self.views.last().expect("a view"), rest),
            "read" => answer = text(self.views.last().expect("a view")),
            "close" => self.handles.pop().expect("a handle").close().expect("closed"),
            "unmap" => self.views.clear(),
            "maps" => {
                let maps = fs::read_to_string("/proc/self/maps").expect("own maps");
                let root = self.root.to_str().expect("UTF-8");
                answer = maps
                    .lines()
                    .filter(|line| line.contains(root))
                    .count()
                    .to_string();
            }
            "exit" => std::process::exit(7),
            "panic" => panic!("as ordered"),
            "spawn" => {
                let numbers = handle().inheritance().unwrap_or_default();
                let mut child = role!(inherits).env("HANDLE", numbers).start();
                answer = child.receive().expect("it has the handle");
                self.child = Some(child);
            }
            "child" => answer = ask(self.child.as_mut().expect("a child"), rest),
            "kill-child" => self.child.take().expect("a child").kill(),
            "fork" => self.fork(),
            "exec" => {
                let stream = UnixStream::connect(self.root.join("socket")).expect("somebody listens");
                let copy: OwnedFd = stream.try_clone().expect("a copy").into();
                let failed = Command::new("cat")
                    .stdin(OwnedFd::from(stream))
                    .stdout(copy)
                    .exec();
                panic!("exec: {failed}");
            }
            "send" => {
                let stream = UnixStream::connect(self.root.join("socket")).expect("somebody listens");
                let rights = if rest == "reading" {
                    FileMapAccess::READ
                } else {
                    BOTH
                };
                handle().send(&stream, rights).expect("sent");
                self.socket = Some(stream);
            }
            other => panic!("{other}?"),
        }
        answer
    }

    /// Makes a child that has copies of everything and does not exec; it obeys whoever listens at `socket`.
    fn fork(&mut self) {
        let stream = UnixStream::connect(self.root.join("socket")).expect("somebody listens");
        // SAFETY: the child runs this function's thread only; glibc makes its allocator usable after a fork, and no other
        // lock that another thread may have held is taken by what the child does.
        match unsafe { libc::fork() } {
            -1 => panic!("fork: {}", std::io::Error::last_os_error()),
            0 => {
                for order in BufReader::new(&stream).lines().map_while(Result::ok) {
                    match order.as_str() {
                        "close" => self.handles.clear(),
                        "unmap" => self.views.clear(),
                        _ => {}
                    }
                    let answer = match order.as_str() {
                        "pid" => std::process::id().to_string(),
                        _ => "ok".to_owned(),
                    };
                    let _ = (&stream).write_all((answer + "\n").as_bytes());
                }
                // SAFETY: ends this process without running anything of its parent's.
                unsafe { libc::_exit(0) }
            }
            _ => {} // reaped by whoever reaps orphans
        }
    }
}

/// The line to a process that is nobody's child here: it is told what to do, and to end.
struct Line(BufReader<UnixStream>);

impl Line {
    fn accept(listener: &UnixListener) -> Line {
        let (stream, _) = listener.accept().expect("it connects");
        Line(BufReader::new(stream))
    }

    #[track_caller]
    fn ask(&mut self, order: &str) -> String {
        self.0
            .get_mut()
            .write_all(format!("{order}\n").as_bytes())
            .expect("it reads");
        let mut answer = String::new();
        self.0.read_line(&mut answer).expect("it answers");
        answer.trim_end().to_owned()
    }

    /// Hangs up, and waits until the process has ended: the end of the socket alone comes before its last file is closed.
    fn end(mut self) {
        let pid = self
            .ask("pid")
            .parse()
            .ok()
            .and_then(Pid::from_raw)
            .expect("its number");
        let process = pidfd_open(pid, PidfdFlags::empty()).expect("it lives");
        self.0
            .get_mut()
            .shutdown(std::net::Shutdown::Write)
            .expect("own socket");
        poll(&mut [PollFd::new(&process, PollFlags::IN)], None).expect("its end");
    }
}

// O-40, O-41, O-42, O-49: the table, row by row.
#[test]
fn the_lifetime_table_holds_row_by_row_with_three_processes() {
    let _watchdog = watchdog!();
    let stage = stage();
    let (mut a, mut b, mut c) = (stage.process(), stage.process(), stage.process());
    assert_eq!(ask(&mut c, "open"), "2", "before");
    tell(&mut a, "create");
    stage.is_there("A: Create");
    tell(&mut a, "map");
    tell(&mut b, "open");
    tell(&mut b, "map");
    tell(&mut a, "write from A");
    assert_eq!(ask(&mut b, "read"), "from A", "A, B");
    tell(&mut a, "close");
    stage.is_there("A: Close handle");
    tell(&mut b, "close");
    assert_eq!(
        stage.files(),
        [""; 0],
        "B: Close handle takes the name away, without anybody's help"
    );
    assert_eq!(ask(&mut c, "open"), "2", "C: Open X");
    assert_eq!(ask(&mut c, "create"), "ok", "C: Create X makes a new object");
    tell(&mut c, "map");
    assert_eq!(ask(&mut c, "read"), "", "C sees zeroes");
    tell(&mut c, "write from C");
    tell(&mut b, "write from B");
    assert_eq!(
        ask(&mut a, "read"),
        "from B",
        "A and B keep sharing the old memory"
    );
    assert_eq!(ask(&mut c, "read"), "from C", "and C has its own");
    assert_eq!(
        text(&stage.open().expect("the new one").map().expect("a view")),
        "from C"
    );
    for old in [&mut a, &mut b] {
        assert_ne!(ask(old, "maps"), "0");
        tell(old, "unmap");
        assert_eq!(ask(old, "maps"), "0", "the old memory is nobody's");
    }
    tell(&mut c, "close");
    assert_eq!(stage.files(), [""; 0]);
}

// O-42 last sentence, F-1
#[test]
fn after_a_split_a_file_backed_object_still_shows_the_same_bytes() {
    let _watchdog = watchdog!();
    let stage = stage();
    let path = stage.path("data");
    fs::write(&path, [0; 8192]).expect("a file");
    let (mut a, mut c) = (stage.process(), stage.process());
    let order = format!("create-of-file {}", path.display());
    tell(&mut a, &order);
    tell(&mut a, "map");
    tell(&mut a, "write before");
    tell(&mut a, "close");
    stage.is_gone("the only view is in another process");
    tell(&mut c, &order);
    tell(&mut c, "map");
    assert_eq!(ask(&mut c, "read"), "before", "both are the same file's pages");
    tell(&mut c, "write after");
    assert_eq!(ask(&mut a, "read"), "after");
    drop((a, c));
    assert!(fs::read(&path).expect("the file").starts_with(b"after\0"));
}

// O-48
#[test]
fn the_file_may_be_closed_right_after_the_mapping_was_made_and_even_deleted() {
    let _watchdog = watchdog!();
    let stage = stage();
    let path = stage.path("data");
    fs::write(&path, [b'.'; 8192]).expect("a file");
    let (mut a, mut b) = (stage.process(), stage.process());
    tell(&mut a, &format!("create-of-file {}", path.display()));
    tell(&mut a, "map");
    tell(&mut a, "write A");
    tell(&mut b, "open");
    tell(&mut b, "map");
    assert_eq!(ask(&mut b, "read"), "A");
    fs::remove_file(&path).expect("nobody holds the file's own name");
    tell(&mut b, "write B");
    assert_eq!(ask(&mut a, "read"), "B");
    assert_eq!(ask(&mut b, "open"), "ok", "through the creator, who still has it");
}

fn end_of_the_only_holder(end: impl FnOnce(Child)) {
    let stage = stage();
    let mut holder = stage.process();
    tell(&mut holder, "create");
    tell(&mut holder, "map");
    tell(&mut holder, "write theirs");
    let bystander = stage
        .open()
        .and_then(|handle| handle.map())
        .expect("a view of a stranger, and no handle");
    stage.is_there("it lives");
    end(holder);
    // O-41: the memory stays with the stranger's view.
    assert_eq!(text(&bystander), "theirs");
    stage.is_gone("its only holder has ended");
    let anew = stage.create();
    assert!(!anew.already_existed());
    assert_eq!(text(&anew.map().expect("a view")), "", "O-42: zeroes");
    assert_eq!(text(&bystander), "theirs");
}

// O-17, O-40, O-41
#[test]
fn the_name_goes_when_its_holder_returns_from_main() {
    let _watchdog = watchdog!();
    end_of_the_only_holder(|mut holder| {
        holder.send("return");
        let (status, _) = holder.ended();
        assert!(status.success());
    });
}

// O-17, O-40, O-41
#[test]
fn the_name_goes_when_its_holder_panics() {
    let _watchdog = watchdog!();
    end_of_the_only_holder(|mut holder| {
        holder.send("panic");
        let (status, stderr) = holder.ended();
        assert_eq!(status.code(), Some(101), "{stderr}");
    });
}

// O-17, O-40, O-41
#[test]
fn the_name_goes_when_its_holder_exits_without_closing_anything() {
    let _watchdog = watchdog!();
    end_of_the_only_holder(|mut holder| {
        holder.send("exit");
        let (status, _) = holder.ended();
        assert_eq!(status.code(), Some(7));
    });
}

// O-17, O-40, O-41
#[test]
fn the_name_goes_when_its_holder_is_killed() {
    let _watchdog = watchdog!();
    end_of_the_only_holder(Child::kill);
}

// O-40, O-45
#[test]
fn closing_tells_nothing_about_memory_and_unmapping_nothing_about_the_name() {
    let stage = stage();
    let handle = stage.create();
    let (first, second) = (handle.map().expect("a view"), handle.map().expect("a view"));
    write(&first, "shared");
    drop(first);
    drop(handle.map().expect("a view"));
    stage.is_there("views come and go");
    let copy = handle.duplicate(FileMapAccess::READ).expect("a duplicate");
    handle.close().expect("closed");
    stage.is_there("a duplicate is a handle (O-24)");
    copy.close().expect("closed");
    stage.is_gone("the last handle");
    assert_eq!(text(&second), "shared");
}

// O-50
#[test]
fn nothing_of_a_memory_object_survives_its_last_reference() {
    let stage = stage();
    for _ in 0..3 {
        let handle = stage.create();
        let view = handle.map().expect("a view");
        assert_eq!(text(&view), "");
        write(&view, "once");
        drop(handle);
        drop(view);
        assert_eq!(stage.files(), [""; 0]);
    }
}

// O-22: a fork without exec copies descriptors, and the kernel has one lock for all copies.
#[test]
fn a_forked_child_keeps_the_name_of_a_killed_parent_until_it_ends() {
    let _watchdog = watchdog!();
    let stage = stage();
    let listener = UnixListener::bind(stage.path("socket")).expect("a socket");
    let mut parent = stage.process();
    tell(&mut parent, "create");
    tell(&mut parent, "fork");
    let mut child = Line::accept(&listener);
    assert_eq!(child.ask("hello"), "ok");
    parent.kill();
    stage.is_there("the child has a copy, and nobody has closed it");
    child.end();
    stage.is_gone("the child has ended");
}

#[test]
fn a_forked_childs_copy_does_not_outlive_a_close_of_the_parent() {
    let _watchdog = watchdog!();
    let stage = stage();
    let listener = UnixListener::bind(stage.path("socket")).expect("a socket");
    let mut parent = stage.process();
    tell(&mut parent, "create");
    tell(&mut parent, "map");
    tell(&mut parent, "fork");
    let mut child = Line::accept(&listener);
    assert_eq!(child.ask("hello"), "ok");
    tell(&mut parent, "close");
    stage.is_gone("a close drops the lock that both share");
    assert_eq!(child.ask("hello"), "ok");
    child.end();
}

#[test]
fn a_forked_child_that_closes_and_unmaps_its_copies_takes_nothing_from_the_parent() {
    let _watchdog = watchdog!();
    let stage = stage();
    let listener = UnixListener::bind(stage.path("socket")).expect("a socket");
    let mut parent = stage.process();
    tell(&mut parent, "create");
    tell(&mut parent, "map");
    tell(&mut parent, "fork");
    let mut child = Line::accept(&listener);
    assert_eq!(child.ask("close"), "ok");
    stage.is_there("the parent has not closed it");
    assert_eq!(child.ask("unmap"), "ok");
    child.end();
    stage.is_there("the parent has not closed it");
    tell(&mut parent, "write still mine");
    assert_eq!(
        text(&stage.open().and_then(|h| h.map()).expect("a view")),
        "still mine"
    );
    tell(&mut parent, "close");
    stage.is_gone("the parent has closed it");
}

// O-21: not inheritable by default, so gone at exec.
#[test]
fn an_exec_of_the_holder_takes_a_handle_along_only_if_it_is_inheritable() {
    let _watchdog = watchdog!();
    for inheritable in [false, true] {
        let stage = stage();
        let listener = UnixListener::bind(stage.path("socket")).expect("a socket");
        let mut holder = stage.process();
        tell(
            &mut holder,
            if inheritable {
                "create inheritable"
            } else {
                "create"
            },
        );
        tell(&mut holder, "map");
        holder.send("exec");
        let mut cat = Line::accept(&listener);
        assert_eq!(cat.ask("meow"), "meow", "now it is another program");
        match inheritable {
            false => stage.is_gone("exec closes it"),
            true => stage.is_there("the program has it without knowing"),
        }
        drop(cat);
        let (status, _) = holder.ended();
        assert!(status.success());
        stage.is_gone("nobody has it");
    }
}

// O-21, O-22
#[test]
fn an_inherited_handle_counts_until_the_child_closes_it() {
    let _watchdog = watchdog!();
    let stage = stage();
    let mut parent = stage.process();
    tell(&mut parent, "create inheritable");
    tell(&mut parent, "map");
    tell(&mut parent, "write for my child");
    let rights = ask(&mut parent, "spawn");
    let of_creator = FileMapAccess::of_creation(Page::READWRITE).bits();
    assert_eq!(rights, format!("{of_creator:x}"), "the same granted access");
    tell(&mut parent, "close");
    stage.is_there("the child has it");
    assert_eq!(ask(&mut parent, "child read"), "for my child");
    assert_eq!(ask(&mut parent, "child close"), "ok");
    assert_eq!(stage.files(), [""; 0], "the last handle was the child's");
    stage.is_gone("O-40");
}

#[test]
fn an_inherited_handle_goes_with_a_killed_child_and_the_parents_stays() {
    let _watchdog = watchdog!();
    let stage = stage();
    let mut parent = stage.process();
    tell(&mut parent, "create inheritable");
    ask(&mut parent, "spawn");
    tell(&mut parent, "kill-child");
    stage.is_there("the parent has it");
    ask(&mut parent, "spawn");
    tell(&mut parent, "close");
    stage.is_there("the second child has it");
    tell(&mut parent, "kill-child");
    stage.is_gone("nobody has it");
}

#[test]
fn a_child_that_closes_its_inherited_copy_leaves_the_parents() {
    let _watchdog = watchdog!();
    let stage = stage();
    let mut parent = stage.process();
    tell(&mut parent, "create inheritable");
    ask(&mut parent, "spawn");
    assert_eq!(ask(&mut parent, "child close"), "ok");
    stage.is_there("the parent has it");
    tell(&mut parent, "close");
    stage.is_gone("the parent has closed it");
}

// O-24
#[test]
fn a_handle_on_the_way_keeps_the_name_though_its_sender_is_killed() {
    let _watchdog = watchdog!();
    let stage = stage();
    let listener = UnixListener::bind(stage.path("socket")).expect("a socket");
    let mut sender = stage.process();
    tell(&mut sender, "create");
    tell(&mut sender, "map");
    tell(&mut sender, "write on the way");
    tell(&mut sender, "send");
    sender.kill();
    stage.is_there("the kernel holds it");
    let (stream, _) = listener.accept().expect("it had connected");
    stage.is_there("the kernel holds it");
    let taken = FileMapping::receive(&stream).expect("a handle");
    assert_eq!(taken.name(), NAME);
    assert_eq!(text(&taken.map().expect("a view")), "on the way");
    assert!(taken.is_same_object(&stage.open().expect("it lives")));
    taken.close().expect("closed");
    stage.is_gone("the receiver has closed it");
}

#[test]
fn a_handle_that_nobody_takes_goes_with_the_socket() {
    let _watchdog = watchdog!();
    let stage = stage();
    let listener = UnixListener::bind(stage.path("socket")).expect("a socket");
    let mut sender = stage.process();
    tell(&mut sender, "create");
    tell(&mut sender, "send");
    sender.kill();
    let (stream, _) = listener.accept().expect("it had connected");
    stage.is_there("the kernel holds it");
    drop(stream);
    stage.is_gone("nobody will ever take it");
}

// O-24, O-25
#[test]
fn a_handle_that_was_sent_for_reading_can_only_read_and_counts() {
    let _watchdog = watchdog!();
    let stage = stage();
    let listener = UnixListener::bind(stage.path("socket")).expect("a socket");
    let mut sender = stage.process();
    tell(&mut sender, "create");
    tell(&mut sender, "map");
    tell(&mut sender, "write look");
    tell(&mut sender, "send reading");
    let (stream, _) = listener.accept().expect("it had connected");
    let taken = FileMapping::receive(&stream).expect("a handle");
    assert_eq!(taken.rights(), FileMapAccess::READ);
    let denied = taken
        .view()
        .protection(Page::READWRITE)
        .map()
        .expect_err("no right to write");
    assert_eq!(denied.code(), Win32Code::ACCESS_DENIED, "{denied}");
    assert_eq!(text(&taken.map().expect("a view")), "look");
    tell(&mut sender, "close");
    stage.is_there("the receiver has it");
    taken.close().expect("closed");
    stage.is_gone("the receiver has closed it");
}

// O-25, O-26
#[test]
fn duplicates_have_the_rights_that_were_asked_for() {
    let stage = stage();
    let _owner = stage.create();
    let reader = stage
        .options()
        .access(FileMapAccess::READ)
        .open(NAME)
        .expect("opened");
    let none = reader.duplicate(FileMapAccess::empty()).expect("legal");
    for protect in [Page::READONLY, Page::READWRITE, Page::WRITECOPY] {
        let denied = none
            .view()
            .protection(protect)
            .map()
            .expect_err("it can't map anything");
        assert_eq!(denied.code(), Win32Code::ACCESS_DENIED, "{denied}");
    }
    // More than the source has, and granted by the object.
    let writer = reader.duplicate(BOTH).expect("granted");
    write(&writer.map().expect("a view"), "more");
    assert_eq!(text(&reader.map().expect("a view")), "more");
}

/// Ten thousand descriptors, and some for the test itself.
const MANY: usize = 10_000;

fn can_open_many() -> Result<(), u64> {
    filemap::sys::os::process::raise_descriptor_limit();
    match filemap::sys::os::process::descriptor_limit() {
        limit if limit >= MANY as u64 + 500 => Ok(()),
        limit => Err(limit),
    }
}

// O-12, O-40
#[test]
fn ten_thousand_handles_of_one_object_are_each_as_good_as_the_first() {
    let _watchdog = watchdog!();
    let stage = stage();
    let mut holder = stage.process(); // descriptors are counted per process
    if let Err(limit) = can_open_many() {
        skip!("needs {MANY} descriptors, {limit} are allowed: raise the hard limit (ulimit -Hn)");
    }
    tell(&mut holder, "create");
    let mut handles: Vec<_> = (0..MANY).map(|_| stage.open().expect("opened")).collect();
    holder.kill();
    let last = handles.swap_remove(MANY / 2);
    stage.is_there("many have it");
    drop(handles);
    stage.is_there("one has it");
    last.close().expect("closed");
    stage.is_gone("nobody has it");
}

// O-12, O-40
#[test]
fn ten_thousand_names_of_one_process_go_with_it() {
    let _watchdog = watchdog!();
    let stage = stage();
    if let Err(limit) = can_open_many() {
        skip!("needs {MANY} descriptors, {limit} are allowed: raise the hard limit (ulimit -Hn)");
    }
    let make = |n: usize| {
        let name = format!(r"Local\name {n}");
        stage
            .options()
            .size(4096)
            .section_flags(SectionFlags::RESERVE)
            .create_new(&name)
            .expect("created")
    };
    let handles: Vec<_> = (0..MANY).map(make).collect();
    let listing = list::list(&stage.space).expect("a listing");
    assert_eq!(listing.objects.len(), MANY);
    let some = stage
        .options()
        .open(&format!(r"Local\name {}", MANY - 1))
        .expect("opened");
    assert!(some.is_same_object(&handles[MANY - 1]));
    drop((some, handles));
    assert_eq!(stage.files(), [""; 0]);
}

// O-12: no descriptor left is an error like any other.
#[test]
fn running_out_of_descriptors_is_told_and_leaves_nothing_behind() {
    let _watchdog = watchdog!();
    let stage = stage();
    let mut starved = role!(starves).start();
    starved.send(stage.root.path().to_str().expect("UTF-8"));
    starved.expect("4 4 and then ok");
    let (status, _) = starved.ended();
    assert_eq!(status.signal(), None);
    assert_eq!(stage.files(), [""; 0]);
}

filemap_testing::roles! {
    /// Opens until no descriptor is left, then creates and opens.
    fn starves(peer: &mut Peer) {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let space = Namespace::at(peer.receive().expect("the tree")).with_session(1);
        let options = || FileMapping::options().namespace(&space).size(4096);
        let first = options().create(NAME).expect("created");
        let fill = || std::iter::from_fn(|| File::open("/dev/null").ok()).collect::<Vec<_>>();
        // The soft limit is raised to the hard one when it is met.
        let limits = Rlimit { current: Some(64), ..getrlimit(Resource::Nofile) };
        setrlimit(Resource::Nofile, limits).expect("a smaller soft limit");
        let spare = fill();
        drop(options().open(NAME).expect("the limit is raised"));
        drop(spare);
        let limits = Rlimit { current: Some(64), maximum: Some(64) };
        setrlimit(Resource::Nofile, limits).expect("a smaller hard limit");
        let mut spare = fill();
        let created = options().create("another").expect_err("no descriptor").code().0;
        let opened = options().open(NAME).expect_err("no descriptor").code().0;
        spare.clear();
        options().create("another").expect("there are descriptors again");
        drop(first);
        peer.send(&format!("{created} {opened} and then ok"));
        peer.receive();
    }
}

/// Paths are short enough for a socket's address.
#[test]
fn a_private_trees_socket_has_room_in_an_address() {
    let stage = stage();
    assert!(Path::new(&stage.path("socket")).as_os_str().len() < 100);
}
