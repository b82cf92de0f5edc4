//! What the inspection sees of real processes: clauses I-1..I-8, I-10..I-13, I-20..I-31, I-40.

use filemap::inspect::{self, Content, Detail, Entry, Life, ObjectState, Scope, State, Sweeper};
use filemap::{Event, FileMapAccess, FileMapping, Mutex, Namespace, Page, Reset, Semaphore, WaitableTimer};
use filemap_testing::{Child, PrivateRoot, is_root, other_uid, private_root, role, skip, wait_for, watchdog};
use std::fs;
use std::ops::ControlFlow;
use std::time::Duration;

const NAME: &str = r"Local\X";
const PAGE: u64 = 4096;

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

    fn child(&self) -> Child {
        role!(holder).env("ROOT", self.root.path()).start()
    }

    fn find(&self, name: &str) -> inspect::Object {
        inspect::find(&self.space, name)
            .expect("a look")
            .expect("somebody holds it")
    }

    fn names(&self) -> std::path::PathBuf {
        self.root.path().join("Sessions/1")
    }
}

fn asked(child: &mut Child, what: &str) -> String {
    child.send(what);
    child.receive().expect("it answers")
}

filemap_testing::roles! {
    /// Does what it is told with objects of the tree in ROOT.
    fn holder(peer: &mut Peer) {
        let space = Namespace::at(std::env::var("ROOT").unwrap()).with_session(1);
        let options = || FileMapping::options().namespace(&space);
        let mut mappings = Vec::new();
        let mut views = Vec::new();
        let mut mutexes: Vec<Mutex> = Vec::new();
        while let Some(line) = peer.receive() {
            let (verb, name) = line.split_once(' ').unwrap_or((&line, ""));
            match verb {
                "create" => mappings.push(options().size(2 << 20).create(name).unwrap()),
                "small" => mappings.push(options().size(PAGE).create(name).unwrap()),
                "read" => mappings.push(options().access(FileMapAccess::READ).open(name).unwrap()),
                "copy" => {
                    let mapping = options().access(FileMapAccess::READ).open(name).unwrap();
                    let view = mapping.view().protection(Page::WRITECOPY).offset(65536).len(12288).map().unwrap();
                    view.write_at(0, &[1]).unwrap();
                    view.write_at(8192, &[1]).unwrap();
                    mappings.push(mapping);
                    views.push(view);
                }
                "map" => views.push(mappings.last().unwrap().map().unwrap()),
                "close" => mappings.clear(),
                "unmap" => views.clear(),
                "lock" => {
                    let mutex = Mutex::options().namespace(&space).create(name).unwrap();
                    for _ in 0..3 {
                        mutex.wait(None).unwrap();
                    }
                    mutexes.push(mutex);
                }
                "unlock" => mutexes.last().unwrap().release().unwrap(),
                "wait" => {
                    let event = Event::options().namespace(&space).open(name).unwrap();
                    let other = Event::options().namespace(&space).create(r"Local\never").unwrap();
                    std::thread::spawn(move || event.wait(None));
                    let event = Event::options().namespace(&space).open(name).unwrap();
                    std::thread::spawn(move || filemap::wait_any(&[&other, &event], None));
                }
                other => panic!("{other}"),
            }
            peer.send("done");
        }
    }
}

// I-1, I-22, I-28, I-30, O-15
#[test]
fn handles_are_seen_by_process_with_exactly_the_access_that_was_granted() {
    let _watchdog = watchdog!();
    let stage = stage();
    let mine = stage.options().size(PAGE).create(NAME).unwrap();
    let mut child = stage.child();
    asked(&mut child, &format!("read {NAME}"));
    let own = mine.duplicate(FileMapAccess::READ).unwrap();
    let object = stage.find(NAME);
    let usage = inspect::usage_of(&[&object]).unwrap();
    let mut seen: Vec<(u32, u32)> = usage
        .handles_of(&object)
        .map(|h| (h.pid, h.rights(object.kind).0))
        .collect();
    seen.sort_unstable();
    let mut want = vec![
        (std::process::id(), mine.rights().bits()),
        (child.pid(), FileMapAccess::READ.bits()),
    ];
    want.sort_unstable();
    assert_eq!(seen, want);
    let process = &usage.processes[&child.pid()];
    assert_eq!(Life::of(process.pid, process.start), Life::Alive);
    assert_eq!(Life::of(process.pid, process.start + 1), Life::NumberReused);
    assert!(
        inspect::started(process.start).unwrap() <= std::time::SystemTime::now() + Duration::from_secs(2)
    );
    assert_eq!(process.uid, rustix::process::geteuid().as_raw());
    let (pid, start) = (process.pid, process.start);
    child.kill();
    assert_ne!(Life::of(pid, start), Life::Alive);
    let usage = inspect::usage_of(&[&object]).unwrap();
    assert_eq!(usage.handles_of(&object).count(), 1);
    drop(own);
}

// I-22: every kind of right that differs from the usual ones
#[test]
fn unusual_rights_of_every_kind_are_seen() {
    let stage = stage();
    let made = stage.options().size(PAGE).create(NAME).unwrap();
    let all: Vec<FileMapping> = [
        FileMapAccess::READ,
        FileMapAccess::WRITE,
        FileMapAccess::READ | FileMapAccess::WRITE,
        FileMapAccess::ALL_ACCESS,
    ]
    .map(|access| stage.options().access(access).open(NAME).unwrap())
    .into();
    let event = Event::options()
        .namespace(&stage.space)
        .create(r"Local\E")
        .unwrap();
    let only_wait = filemap::AccessMask(0x10_0000);
    let waits = Event::options()
        .namespace(&stage.space)
        .access(only_wait)
        .open(r"Local\E")
        .unwrap();
    let rights = |name: &str| {
        let object = stage.find(name);
        let usage = inspect::usage_of(&[&object]).unwrap();
        let mut rights: Vec<u32> = usage
            .handles_of(&object)
            .map(|h| h.rights(object.kind).0)
            .collect();
        rights.sort_unstable();
        rights
    };
    let mut want: Vec<u32> = all.iter().chain([&made]).map(|m| m.rights().bits()).collect();
    want.sort_unstable();
    assert_eq!(rights(NAME), want);
    assert_eq!(rights(r"Local\E"), [0x10_0000, event.rights().0]);
    drop(waits);
}

// I-5, I-20, I-26
#[test]
fn views_are_seen_with_address_length_offset_protection_and_private_pages() {
    let _watchdog = watchdog!();
    let stage = stage();
    let mine = stage.options().size(2 << 20).create(NAME).unwrap();
    let view = mine.map().unwrap();
    view.write_at(0, &[7; 8192]).unwrap();
    let mut child = stage.child();
    asked(&mut child, &format!("copy {NAME}"));
    let object = stage.find(NAME);
    let usage = inspect::usage_of(&[&object]).unwrap();
    let theirs: Vec<_> = usage.views_of(&object).filter(|v| v.pid == child.pid()).collect();
    assert_eq!(theirs.len(), 1);
    assert_eq!((theirs[0].offset, theirs[0].len), (65536, 12288));
    assert_eq!(
        (theirs[0].protection(), theirs[0].copy_on_write),
        ("PAGE_WRITECOPY", true)
    );
    assert_eq!(theirs[0].memory.unwrap().private_copies, 8192);
    let ours: Vec<_> = usage
        .views_of(&object)
        .filter(|v| v.pid == std::process::id())
        .collect();
    assert_eq!((ours[0].address, ours[0].len), (view.as_ptr() as u64, 2 << 20));
    assert_eq!(ours[0].protection(), "PAGE_READWRITE");
    let memory = inspect::memory(&object, &usage);
    assert!(memory.allocated >= 2 << 20, "{memory:?}");
    assert_eq!(memory.private_copies, 8192);
    assert!(
        memory.mapped >= 8192
            && memory
                .resident
                .is_none_or(|resident| resident <= memory.allocated),
        "{memory:?}"
    );
}

// O-40, O-41, I-40: H = 0, V > 0
#[test]
fn a_view_without_a_handle_is_an_orphan_and_no_holder() {
    let _watchdog = watchdog!();
    let stage = stage();
    let mut child = stage.child();
    asked(&mut child, &format!("create {NAME}"));
    asked(&mut child, "map");
    assert!(inspect::orphans(&stage.space).is_empty());
    asked(&mut child, "close");
    assert!(inspect::find(&stage.space, NAME).unwrap().is_none());
    let orphans = inspect::orphans(&stage.space);
    assert_eq!(orphans.len(), 1);
    assert_eq!(
        (orphans[0].name.as_deref(), &orphans[0].pids),
        (Some(NAME), &vec![child.pid()])
    );
    assert_eq!(orphans[0].largest_view, 2 << 20);
    // A new object of that name has nothing to do with it: a name twin.
    let again = stage.options().size(PAGE).create(NAME).unwrap();
    let object = stage.find(NAME);
    let usage = inspect::usage_of(&[&object]).unwrap();
    assert!(usage.views_of(&object).all(|view| view.pid != child.pid()));
    assert_eq!(inspect::orphans(&stage.space).len(), 1);
    asked(&mut child, "unmap");
    assert!(inspect::orphans(&stage.space).is_empty());
    drop(again);
}

// O-40: a process that has only a view is not listed as holder
#[test]
fn a_process_that_keeps_only_a_view_is_no_holder() {
    let _watchdog = watchdog!();
    let stage = stage();
    let _mine = stage.options().size(2 << 20).create(NAME).unwrap();
    let mut child = stage.child();
    asked(&mut child, &format!("read {NAME}"));
    asked(&mut child, "map");
    asked(&mut child, "close");
    let object = stage.find(NAME);
    let usage = inspect::usage_of(&[&object]).unwrap();
    assert!(usage.handles_of(&object).all(|h| h.pid == std::process::id()));
    assert!(usage.views_of(&object).any(|v| v.pid == child.pid()));
    let listing = filemap::list::list(&stage.space).unwrap();
    assert_eq!(listing.objects[0].holders, [std::process::id()]);
}

// Y-10, Y-12, I-22
#[test]
fn the_owner_of_a_mutex_and_its_recursion_are_seen_from_another_process() {
    let _watchdog = watchdog!();
    let stage = stage();
    let mine = Mutex::options().namespace(&stage.space).create(NAME).unwrap();
    let mut child = stage.child();
    asked(&mut child, &format!("lock {NAME}"));
    let look = || match inspect::state(&stage.find(NAME)).unwrap() {
        ObjectState::Synchronisation {
            what:
                State::Mutex {
                    owner,
                    recursion,
                    abandoned,
                },
            owner_process,
            ..
        } => (owner.is_some(), owner_process, recursion, abandoned),
        other => panic!("{other:?}"),
    };
    assert_eq!(look(), (true, Some(child.pid()), 3, false));
    asked(&mut child, "unlock");
    assert_eq!(look(), (true, Some(child.pid()), 2, false));
    asked(&mut child, "unlock");
    asked(&mut child, "unlock");
    assert_eq!(look(), (false, None, 0, false));
    asked(&mut child, &format!("lock {NAME}"));
    child.kill();
    assert_eq!(look(), (false, None, 0, true));
    assert!(matches!(mine.wait(None).unwrap(), filemap::Wait::Abandoned(_)));
    assert_eq!(look(), (true, Some(std::process::id()), 1, false));
    mine.release().unwrap();
}

// I-4, Y-20, Y-25
#[test]
fn events_semaphores_and_timers_say_how_they_stand() {
    let stage = stage();
    let state = |name: &str| match inspect::state(&stage.find(name)).unwrap() {
        ObjectState::Synchronisation { what, .. } => what,
        other => panic!("{other:?}"),
    };
    let event = Event::options()
        .namespace(&stage.space)
        .reset(Reset::Manual)
        .create("e")
        .unwrap();
    assert_eq!(
        state("e"),
        State::Event {
            manual: true,
            set: false
        }
    );
    event.set().unwrap();
    assert_eq!(
        state("e"),
        State::Event {
            manual: true,
            set: true
        }
    );
    let _semaphore = Semaphore::options()
        .namespace(&stage.space)
        .initial(2)
        .maximum(5)
        .create("s")
        .unwrap();
    assert_eq!(state("s"), State::Semaphore { count: 2, maximum: 5 });
    let timer = WaitableTimer::options()
        .namespace(&stage.space)
        .create("t")
        .unwrap();
    assert_eq!(
        state("t"),
        State::Timer {
            manual: false,
            set: false,
            next: None
        }
    );
    timer
        .set(
            filemap::DueTime::After(Duration::from_secs(3600)),
            Duration::from_secs(5),
        )
        .unwrap();
    match state("t") {
        State::Timer {
            set: false,
            next: Some(next),
            ..
        } => assert_eq!(next.period, 5_000_000_000),
        other => panic!("{other:?}"),
    }
}

// Y-31
#[test]
fn the_threads_that_wait_are_found_whether_they_wait_for_one_or_for_several() {
    let _watchdog = watchdog!();
    let stage = stage();
    let event = Event::options()
        .namespace(&stage.space)
        .reset(Reset::Manual)
        .create(NAME)
        .unwrap();
    let mut child = stage.child();
    asked(&mut child, &format!("wait {NAME}"));
    let look = || {
        let object = stage.find(NAME);
        let usage = inspect::usage_of(&[&object]).unwrap();
        inspect::waiters(&object, &usage)
    };
    wait_for("both threads to sleep", || {
        let waiters = look();
        if !waiters.unseen.is_empty() {
            return true; // a kernel that lets nobody look
        }
        let mut alone: Vec<bool> = waiters
            .threads
            .iter()
            .filter(|w| w.pid == child.pid())
            .map(|w| w.alone)
            .collect();
        alone.sort_unstable();
        alone == [false, true]
    });
    if !look().unseen.is_empty() && !is_root() {
        skip!("this system lets only root see what threads wait for");
    }
    event.set().unwrap();
    wait_for("both threads to go on", || look().threads.is_empty());
}

// I-8: query directory, object, section, and the handles of all processes
#[test]
fn what_the_native_queries_tell_is_told_of_directory_object_section_and_handles() {
    let _watchdog = watchdog!();
    let stage = stage();
    let mine = stage.options().size(2 * PAGE).create(NAME).unwrap();
    let view = mine.map().unwrap();
    let mut child = stage.child();
    asked(&mut child, &format!("read {NAME}"));
    // The directory: what is in it, and of which type.
    let mut listed = Vec::new();
    inspect::for_each(&stage.space, Scope::Sessions, |entry| {
        if let Entry::Live(object) = entry {
            listed.push((object.name.clone(), object.kind.name()));
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(listed, [("X".to_owned(), "file mapping")]);
    // The object: path, type, counts, granted access.
    let object = stage.find(NAME);
    assert_eq!(object.kernel_path(), r"\Sessions\1\BaseNamedObjects\X");
    let usage = inspect::usage_of(&[&object]).unwrap();
    assert_eq!(usage.handles_of(&object).count(), 2);
    let theirs = usage
        .handles_of(&object)
        .find(|handle| handle.pid == child.pid())
        .unwrap();
    assert_eq!(theirs.rights(object.kind).0, FileMapAccess::READ.bits());
    // The section: attributes and size.
    assert_eq!((object.size, object.protection), (2 * PAGE, Page::READWRITE));
    assert!(
        object.sections.contains(filemap::SectionFlags::COMMIT),
        "{:?}",
        object.sections
    );
    // VirtualQuery and GetMappedFileName: what lies at an address.
    let seen: Vec<_> = usage
        .views_of(&object)
        .map(|view| (view.pid, view.address, view.len))
        .collect();
    assert_eq!(seen, [(std::process::id(), view.as_ptr() as u64, 2 * PAGE)]);
    // GetSecurityInfo.
    assert!(!inspect::security_in_words(&object.security, object.kind).is_empty());
}

// I-4, N-2, N-4
#[test]
fn the_tree_has_the_directories_and_links_of_winobj() {
    let stage = stage();
    let space = stage.space.with_global_privilege(true);
    let _a = stage.options().size(PAGE).create("a").unwrap();
    let _g = FileMapping::options()
        .namespace(&space)
        .size(PAGE)
        .create(r"Global\g")
        .unwrap();
    let tree = inspect::tree(&space).unwrap();
    let mut lines = Vec::new();
    fn walk(branch: &inspect::Branch, lines: &mut Vec<String>) {
        for content in &branch.content {
            match content {
                Content::Link { name, target } => lines.push(format!(r"{}\{name} -> {target}", branch.path)),
                Content::Directory(below) => walk(below, lines),
                Content::Object(object) => lines.push(object.kernel_path()),
                other => panic!("{other:?}"),
            }
        }
    }
    walk(&tree.root, &mut lines);
    assert_eq!(
        lines,
        [
            r"\BaseNamedObjects\Global -> \BaseNamedObjects",
            r"\BaseNamedObjects\Local -> \BaseNamedObjects",
            r"\BaseNamedObjects\Session -> \Sessions\BNOLINKS",
            r"\BaseNamedObjects\g",
            r"\Sessions\BNOLINKS\0 -> \BaseNamedObjects",
            r"\Sessions\BNOLINKS\1 -> \Sessions\1\BaseNamedObjects",
            r"\Sessions\1\BaseNamedObjects\Global -> \BaseNamedObjects",
            r"\Sessions\1\BaseNamedObjects\Local -> \Sessions\1\BaseNamedObjects",
            r"\Sessions\1\BaseNamedObjects\Session -> \Sessions\BNOLINKS",
            r"\Sessions\1\BaseNamedObjects\a",
        ]
    );
}

/// All entries of the tree, by one who knows these holders.
fn told(stage: &Stage, holders: &inspect::Holders) -> Vec<String> {
    let mut entries = Vec::new();
    inspect::names(&stage.space, Scope::Everything).for_each(holders, |entry| {
        entries.push(format!("{entry:?}"));
        ControlFlow::Continue(())
    });
    entries
}

// I-1, I-22, I-28: who knows the holders asks less and is told the same
#[test]
fn with_the_holders_known_every_entry_is_told_as_without() {
    use std::os::unix::fs::PermissionsExt;
    let _watchdog = watchdog!();
    let stage = stage();
    let small = |name: &str| stage.options().size(PAGE).create(name).unwrap();
    let mut child = stage.child();
    let mut other = stage.child();
    let mut victim = stage.child();
    asked(&mut child, r"small Local\theirs");
    asked(&mut other, r"small Local\orphaned");
    asked(&mut victim, r"small Local\dead");
    let reader = stage.options().open(r"Local\orphaned").unwrap();
    asked(&mut other, "close");
    let closed = small(r"Local\closed");
    fs::set_permissions(stage.names().join("closed"), fs::Permissions::from_mode(0o1000)).unwrap();
    let odd = small(r"Local\odd length");
    stage_file(&stage, "odd length").set_len(PAGE + 7).unwrap();
    let event = Event::options()
        .namespace(&stage.space)
        .create(r"Local\event")
        .unwrap();
    let reserved = stage
        .options()
        .size(PAGE)
        .section_flags(filemap::SectionFlags::RESERVE);
    let reserved = reserved.create(r"Local\reserved").unwrap();
    let held = [
        small(r"Local\mine"),
        small(r"Local\%"),
        small(r"Global\mine"),
        small(&"long".repeat(99)),
    ];
    let again = stage.options().open(r"Local\mine").unwrap();
    victim.kill();

    let holders = inspect::holders().unwrap();
    let object = stage.find(r"Local\theirs");
    assert_eq!(holders.of(object.id).collect::<Vec<_>>(), [child.pid()]);
    assert_eq!(object.creator.pid, child.pid());
    let told_all = told(&stage, &holders);
    assert_eq!(told_all, told(&stage, &inspect::Holders::default()));
    assert_eq!(told_all.len(), 11);

    // Who ended since then is still believed to be there, but nothing of it is told of what has the name now.
    child.kill();
    let since = small(r"Local\theirs");
    let found = told(&stage, &holders);
    let found = found
        .iter()
        .find(|entry| entry.contains(r#"name: "theirs""#))
        .unwrap();
    assert!(found.contains(&format!("pid: {}", std::process::id())), "{found}");
    drop((held, again, reader, closed, odd, event, reserved, since));
}

fn stage_file(stage: &Stage, name: &str) -> fs::File {
    let path = stage.names().join(name);
    fs::OpenOptions::new().write(true).open(path).unwrap()
}

// N-70: private name spaces are in the tree under their boundaries' names
#[test]
fn objects_of_private_name_spaces_are_seen_and_their_dead_directories_go() {
    let stage = stage();
    let mut boundary = filemap::BoundaryDescriptor::new("farm", 0).unwrap();
    boundary.add_sid(filemap::security::Sid::EVERYONE).unwrap();
    let farm = filemap::PrivateNamespace::options()
        .namespace(&stage.space)
        .create(&boundary, "inspected")
        .unwrap();
    let held = stage.options().size(PAGE).create(r"inspected\frames").unwrap();
    let mut seen = Vec::new();
    inspect::for_each(&stage.space, Scope::Everything, |entry| {
        if let Entry::Live(object) = entry {
            seen.push((
                object.boundary.clone(),
                object.kernel_path(),
                object.name_for(&stage.space),
            ));
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    let want = (
        Some("farm".to_owned()),
        r"\Private\farm\frames".to_owned(),
        r"farm\frames".to_owned(),
    );
    assert_eq!(seen, [want]);
    drop((held, farm));
}

// I-13, hostile: a footer that somebody has written over is shown as damaged, with why
#[test]
fn damaged_footers_are_shown_with_what_is_wrong() {
    use std::os::unix::fs::FileExt;
    let stage = stage();
    // NOCACHE is what no length says, so there is a footer.
    let options = stage
        .options()
        .section_flags(filemap::SectionFlags::COMMIT | filemap::SectionFlags::NOCACHE);
    let held = options.size(PAGE).create("x").unwrap();
    let path = stage.find("x").path;
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.write_all_at(&[0xFF; 8], PAGE + 100).unwrap();
    let mut odd = Vec::new();
    inspect::for_each(&stage.space, Scope::Sessions, |entry| {
        if let Entry::Odd(oddity) = entry {
            odd.push((oddity.path, oddity.why.cause().into_owned()));
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(odd.len(), 1);
    assert_eq!(odd[0].0, path);
    assert!(
        odd[0].1.contains("checksum") || odd[0].1.contains("footer"),
        "{odd:?}"
    );
    let error = inspect::find(&stage.space, "x").unwrap_err();
    assert_eq!(error.code().0, 1392);
    drop(held);
}

// I-22, I-28: objects and processes that vanish while they are looked at
#[test]
fn it_stays_right_while_processes_and_objects_come_and_go() {
    let _watchdog = watchdog!();
    let stage = stage();
    let steady = stage.options().size(PAGE).create("steady").unwrap();
    let stop = std::sync::atomic::AtomicBool::new(false);
    struct Stop<'a>(&'a std::sync::atomic::AtomicBool);
    impl Drop for Stop<'_> {
        fn drop(&mut self) {
            self.0.store(true, std::sync::atomic::Ordering::Relaxed);
        }
    }
    std::thread::scope(|scope| {
        let _stop = Stop(&stop);
        scope.spawn(|| {
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                for n in 0..20 {
                    drop(stage.options().size(PAGE).create(&format!("n{n}")).unwrap());
                }
                assert!(std::process::Command::new("true").status().unwrap().success());
            }
        });
        for _ in 0..60 {
            let mut names = Vec::new();
            inspect::for_each(&stage.space, Scope::Everything, |entry| {
                match entry {
                    Entry::Live(object) => names.push(object.name),
                    Entry::Dead { .. } => {}
                    Entry::Odd(odd) => panic!("{odd:?}"),
                }
                ControlFlow::Continue(())
            })
            .unwrap();
            assert!(names.iter().any(|name| name == "steady"));
            let object = stage.find("steady");
            let usage = inspect::usage_of_tree(&stage.space, Detail::Views).unwrap();
            // A child of `fork` has its parent's handles until it runs its program.
            assert!(usage.handles_of(&object).any(|h| h.pid == std::process::id()));
            for handle in &usage.handles {
                assert!(usage.processes.contains_key(&handle.pid), "{handle:?}");
            }
        }
    });
    drop(steady);
}

// I-27: what may not be seen is told, not hidden
#[test]
fn processes_that_may_not_be_looked_into_are_told() {
    let _watchdog = watchdog!();
    let Some(uid) = other_uid() else {
        skip!("needs root and another user");
    };
    let stage = stage();
    let mut child = role!(looks_from_outside)
        .as_user(uid)
        .env("ROOT", stage.root.path())
        .start();
    let _held = stage.options().size(PAGE).create(NAME).unwrap();
    assert_eq!(asked(&mut child, &std::process::id().to_string()), "unseen");
}

filemap_testing::roles! {
    /// Says whether a process is told as one that can't be looked into.
    fn looks_from_outside(peer: &mut Peer) {
        while let Some(pid) = peer.receive() {
            let pid: u32 = pid.parse().unwrap();
            let file = inspect::FileId { dev: 0, ino: 1 };
            let usage = inspect::usage_of_files(&[file], Detail::Handles).unwrap();
            let unseen = usage.unseen.iter().any(|process| process.pid == pid);
            peer.send(if unseen { "unseen" } else { "seen" });
        }
    }
}

// I-6, I-11
#[test]
fn security_is_told_in_words() {
    let stage = stage();
    let _held = stage
        .options()
        .size(PAGE)
        .sddl("O:BAD:(D;;0x2;;;BG)(A;;0x4;;;WD)")
        .create(NAME)
        .unwrap();
    let object = stage.find(NAME);
    assert!(
        object.security.to_string().contains("(A;;0x4;;;WD)"),
        "{}",
        object.security
    );
    let words = inspect::security_in_words(&object.security, object.kind).join("\n");
    assert!(
        words.contains("Everyone") && words.contains("SECTION_MAP_READ"),
        "{words}"
    );
}

// I-21, I-30, V-60: a file's mappers are found whoever they are
#[test]
fn who_maps_a_file_is_found_by_its_inode() {
    let _watchdog = watchdog!();
    let stage = stage();
    let file = tempfile::tempdir().unwrap();
    let path = file.path().join("data");
    fs::write(&path, vec![0; 65536]).unwrap();
    let opened = filemap::open_file_for(&path, Page::READWRITE).unwrap();
    let mapping = stage.options().file(&opened).create(NAME).unwrap();
    let view = mapping.map().unwrap();
    let object = stage.find(NAME);
    assert_eq!(object.file.as_deref(), Some(&*path));
    let usage = inspect::usage_of(&[&object]).unwrap();
    assert!(
        usage.views_of(&object).any(|v| v.address == view.as_ptr() as u64),
        "{usage:?}"
    );
    use std::os::unix::fs::MetadataExt;
    let meta = fs::metadata(&path).unwrap();
    let id = inspect::FileId {
        dev: meta.dev(),
        ino: meta.ino(),
    };
    let ours = |usage: &inspect::Usage| {
        let mut views = usage.views_of(&object).map(|v| (v.pid, v.address));
        views.any(|v| v == (std::process::id(), view.as_ptr() as u64))
    };
    let looks = || {
        [
            inspect::usage_of_files(&[id], Detail::Views).unwrap(),
            inspect::usage_of(&[&object]).unwrap(),
            inspect::usage_of_tree(&stage.space, Detail::Views).unwrap(),
            inspect::usage_of_process(&stage.space, std::process::id()).unwrap(),
        ]
    };
    assert_eq!(looks().map(|usage| ours(&usage)), [true; 4]);
    // Also when it has no name any more.
    fs::remove_file(&path).unwrap();
    assert_eq!(looks().map(|usage| ours(&usage)), [true; 4]);
}

// I-24, O-17
#[test]
fn what_killed_holders_leave_is_gone_as_soon_as_the_kernel_tells() {
    let _watchdog = watchdog!();
    let stage = stage();
    let keeper = stage.options().size(PAGE).create("keeper").unwrap();
    let mut children: Vec<Child> = (0..3).map(|_| stage.child()).collect();
    for (n, child) in children.iter_mut().enumerate() {
        for m in 0..5 {
            asked(child, &format!("create o{n}-{m}"));
        }
        asked(child, "read keeper");
    }
    let mut swept = Vec::new();
    let mut sweeper = Sweeper::new(&stage.space, &mut |_| ()).unwrap();
    for child in children {
        child.kill();
    }
    wait_for("fifteen entries to go", || {
        sweeper.turn(&mut |now| swept.push(now)).unwrap();
        swept.len() == 15
    });
    assert!(swept.iter().all(|now| now.bytes >= 2 << 20), "{swept:?}");
    let left: Vec<_> = fs::read_dir(stage.names())
        .unwrap()
        .flatten()
        .map(|e| e.file_name())
        .collect();
    assert_eq!(left, ["keeper"]);
    drop(keeper);
}
