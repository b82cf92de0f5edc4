//! Operations of every kind of object, done by a process that is stopped, killed or refused at a system call; and the others
//! that work beside it.
//!
//! The test is the master: it sets the [`Scene`], starts the program `filemap-victim`, which plays [`act`] or [`work_beside`],
//! and checks what is left.

use crate::NAME;
use crate::soak::{Kind, Object};
use crate::storm::Random;
use filemap::security::SecurityInformation;
use filemap::{
    DueTime, Error, Event, FileMapAccess, FileMapping, Mutex, Namespace, SectionFlags, Semaphore, View,
    Waitable, WaitableTimer, list, wait_all, wait_any,
};
use std::fs;
use std::io::{BufRead, Write};
use std::path::Path;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

/// A time limit that is over after one sleep.
const SOON: Option<Duration> = Some(Duration::from_millis(1));
/// Bytes of a section whose name is looked up before its memory is taken.
const LARGE: u64 = 1 << 20;

/// What the name leads to before the operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scene {
    /// Nothing.
    Empty,
    /// An entry whose holders are gone.
    Dead,
    /// An object that the test holds.
    Live,
}

/// What the victim holds before and after the operation.
#[derive(Debug, Default)]
pub struct Hands {
    object: Option<Object>,
    second: Option<Object>,
    section: Option<FileMapping>,
    view: Option<View>,
}

type Work = fn(&Namespace, Kind, &mut Hands) -> Result<(), Error>;

/// An operation of one kind of object.
#[derive(Clone, Copy)]
pub struct Operation {
    /// Its name; with the kind it is unique.
    pub name: &'static str,
    /// Of what kind of object.
    pub kind: Kind,
    /// What the name leads to.
    pub scene: Scene,
    before: Work,
    work: Work,
}

impl Operation {
    /// `open a live one (Event)`.
    #[must_use]
    pub fn title(&self) -> String {
        format!("{} ({:?})", self.name, self.kind)
    }

    /// Whether the victim lets go of what nobody else holds.
    #[must_use]
    pub fn lists(&self) -> bool {
        self.name == "list"
    }
}

fn nothing(_: &Namespace, _: Kind, _: &mut Hands) -> Result<(), Error> {
    Ok(())
}

fn create(space: &Namespace, kind: Kind, hands: &mut Hands) -> Result<(), Error> {
    hands.object = Some(kind.create(space, NAME)?);
    Ok(())
}

fn open(space: &Namespace, kind: Kind, hands: &mut Hands) -> Result<(), Error> {
    hands.object = Some(kind.open(space, NAME)?);
    Ok(())
}

fn open_twice(space: &Namespace, kind: Kind, hands: &mut Hands) -> Result<(), Error> {
    hands.second = Some(kind.open(space, NAME)?);
    open(space, kind, hands)
}

fn create_inheritable(space: &Namespace, kind: Kind, hands: &mut Hands) -> Result<(), Error> {
    create(space, kind, hands)?;
    inherit(space, kind, hands)
}

fn inherit(_: &Namespace, _: Kind, hands: &mut Hands) -> Result<(), Error> {
    if let Some(object) = hands.object.take() {
        hands.object = Some(object.inheritable()?);
    }
    Ok(())
}

fn close(_: &Namespace, _: Kind, hands: &mut Hands) -> Result<(), Error> {
    match hands.object.take() {
        Some(Object::Section(object)) => object.close(),
        other => {
            drop(other);
            Ok(())
        }
    }
}

fn sweep(space: &Namespace, _: Kind, _: &mut Hands) -> Result<(), Error> {
    list::sweep(space).map(drop)
}

fn look(space: &Namespace, _: Kind, _: &mut Hands) -> Result<(), Error> {
    list::list(space).map(drop)
}

fn create_with(space: &Namespace, size: u64, sections: SectionFlags) -> Result<FileMapping, Error> {
    FileMapping::options()
        .namespace(space)
        .size(size)
        .section_flags(sections)
        .create(NAME)
}

fn create_large(space: &Namespace, _: Kind, hands: &mut Hands) -> Result<(), Error> {
    hands.section = Some(create_with(space, LARGE, SectionFlags::COMMIT)?);
    Ok(())
}

fn create_reserved(space: &Namespace, _: Kind, hands: &mut Hands) -> Result<(), Error> {
    hands.section = Some(create_with(space, LARGE, SectionFlags::RESERVE)?);
    Ok(())
}

fn create_secured(space: &Namespace, _: Kind, hands: &mut Hands) -> Result<(), Error> {
    let options = FileMapping::options()
        .namespace(space)
        .size(4096)
        .sddl("D:(A;;GA;;;WD)");
    hands.section = Some(options.create(NAME)?);
    Ok(())
}

fn create_unnamed(space: &Namespace, _: Kind, hands: &mut Hands) -> Result<(), Error> {
    let options = FileMapping::options().namespace(space).size(4096);
    hands.section = Some(options.create_unnamed()?);
    Ok(())
}

fn open_for_reading(space: &Namespace, _: Kind, hands: &mut Hands) -> Result<(), Error> {
    let options = FileMapping::options()
        .namespace(space)
        .access(FileMapAccess::READ);
    hands.section = Some(options.open(NAME)?);
    Ok(())
}

fn map(_: &Namespace, _: Kind, hands: &mut Hands) -> Result<(), Error> {
    if let Some(section) = &hands.section {
        hands.view = Some(section.map()?);
    }
    Ok(())
}

fn map_reserved(space: &Namespace, kind: Kind, hands: &mut Hands) -> Result<(), Error> {
    create_reserved(space, kind, hands)?;
    map(space, kind, hands)
}

fn map_large(space: &Namespace, kind: Kind, hands: &mut Hands) -> Result<(), Error> {
    create_large(space, kind, hands)?;
    map(space, kind, hands)
}

fn commit(_: &Namespace, _: Kind, hands: &mut Hands) -> Result<(), Error> {
    hands
        .view
        .as_ref()
        .map_or(Ok(()), |view| view.commit(65_536, 8192))
}

fn write(_: &Namespace, _: Kind, hands: &mut Hands) -> Result<(), Error> {
    hands
        .view
        .as_ref()
        .map_or(Ok(()), |view| view.write_at(4096, b"written"))
}

fn unmap(_: &Namespace, _: Kind, hands: &mut Hands) -> Result<(), Error> {
    hands.view = None;
    Ok(())
}

fn duplicate(_: &Namespace, _: Kind, hands: &mut Hands) -> Result<(), Error> {
    if let Some(section) = &hands.section {
        hands.second = Some(Object::Section(section.duplicate(FileMapAccess::READ)?));
    }
    Ok(())
}

fn open_to_secure(space: &Namespace, _: Kind, hands: &mut Hands) -> Result<(), Error> {
    let access = FileMapAccess::READ | FileMapAccess::WRITE | FileMapAccess::WRITE_DAC;
    let options = FileMapping::options().namespace(space).access(access);
    hands.section = Some(options.open(NAME)?);
    Ok(())
}

/// Says who may open it: a plain object gets a footer then.
fn secure(_: &Namespace, _: Kind, hands: &mut Hands) -> Result<(), Error> {
    let everybody = "D:(A;;GA;;;WD)".parse().expect("a descriptor");
    hands.section.as_ref().map_or(Ok(()), |section| {
        section.set_security(SecurityInformation::DACL, &everybody)
    })
}

fn event(hands: &Hands, work: impl Fn(&Event) -> Result<(), Error>) -> Result<(), Error> {
    match &hands.object {
        Some(Object::Event(event)) => work(event),
        _ => Ok(()),
    }
}

fn mutex(hands: &Hands, work: impl Fn(&Mutex) -> Result<(), Error>) -> Result<(), Error> {
    match &hands.object {
        Some(Object::Mutex(mutex)) => work(mutex),
        _ => Ok(()),
    }
}

fn semaphore(hands: &Hands, work: impl Fn(&Semaphore) -> Result<(), Error>) -> Result<(), Error> {
    match &hands.object {
        Some(Object::Semaphore(semaphore)) => work(semaphore),
        _ => Ok(()),
    }
}

fn timer(hands: &Hands, work: impl Fn(&WaitableTimer) -> Result<(), Error>) -> Result<(), Error> {
    match &hands.object {
        Some(Object::Timer(timer)) => work(timer),
        _ => Ok(()),
    }
}

fn both(hands: &Hands) -> Option<[&dyn Waitable; 2]> {
    fn of(object: &Object) -> &dyn Waitable {
        match object {
            Object::Event(object) => object,
            Object::Mutex(object) => object,
            Object::Semaphore(object) => object,
            Object::Timer(object) => object,
            Object::Job(object) => object,
            Object::Section(_) => unreachable!("a section can't be waited for"),
        }
    }
    Some([of(hands.object.as_ref()?), of(hands.second.as_ref()?)])
}

/// Beside the object of the scene, an unnamed event that is never set.
fn open_and_event(space: &Namespace, kind: Kind, hands: &mut Hands) -> Result<(), Error> {
    open(space, kind, hands)?;
    let event = Event::options().namespace(space).create_unnamed()?;
    hands.second = Some(Object::Event(event));
    Ok(())
}

fn own_it(space: &Namespace, kind: Kind, hands: &mut Hands) -> Result<(), Error> {
    open(space, kind, hands)?;
    mutex(hands, |m| m.wait(None).map(drop))
}

/// Every operation of every kind.
#[must_use]
pub fn operations() -> Vec<Operation> {
    let mut all = Vec::new();
    let mut add = |kind, name, scene, before: Work, work: Work| {
        all.push(Operation {
            name,
            kind,
            scene,
            before,
            work,
        });
    };
    for kind in Kind::ALL {
        add(kind, "create a new one", Scene::Empty, nothing, create);
        add(kind, "create over a dead one", Scene::Dead, nothing, create);
        add(kind, "create what exists", Scene::Live, nothing, create);
        add(kind, "open a live one", Scene::Live, nothing, open);
        add(kind, "open a dead one", Scene::Dead, nothing, open);
        add(kind, "open what does not exist", Scene::Empty, nothing, open);
        add(kind, "close the only handle", Scene::Empty, create, close);
        add(kind, "close one of several", Scene::Live, open, close);
        add(
            kind,
            "close one of two of its own",
            Scene::Live,
            open_twice,
            close,
        );
        add(kind, "make it inheritable", Scene::Live, open, inherit);
        add(
            kind,
            "close an inheritable one",
            Scene::Empty,
            create_inheritable,
            close,
        );
        add(kind, "sweep a dead one", Scene::Dead, nothing, sweep);
        add(kind, "sweep a live one", Scene::Live, nothing, sweep);
    }
    let section = Kind::Section;
    add(section, "list", Scene::Live, nothing, look);
    add(section, "create a large one", Scene::Empty, nothing, create_large);
    add(
        section,
        "create a large one over a dead one",
        Scene::Dead,
        nothing,
        create_large,
    );
    add(
        section,
        "create a reserved one",
        Scene::Empty,
        nothing,
        create_reserved,
    );
    add(
        section,
        "create one with a descriptor",
        Scene::Empty,
        nothing,
        create_secured,
    );
    add(
        section,
        "create one without a name",
        Scene::Empty,
        nothing,
        create_unnamed,
    );
    add(
        section,
        "open a live one for reading",
        Scene::Live,
        nothing,
        open_for_reading,
    );
    add(
        section,
        "open a dead one for reading",
        Scene::Dead,
        nothing,
        open_for_reading,
    );
    add(section, "secure a plain one", Scene::Live, open_to_secure, secure);
    add(section, "map", Scene::Empty, create_large, map);
    add(section, "commit", Scene::Empty, map_reserved, commit);
    add(section, "write", Scene::Empty, map_large, write);
    add(section, "unmap", Scene::Empty, map_large, unmap);
    add(section, "duplicate", Scene::Empty, create_large, duplicate);
    add(Kind::Event, "set", Scene::Live, open, |_, _, h| {
        event(h, Event::set)
    });
    add(Kind::Event, "pulse", Scene::Live, open, |_, _, h| {
        event(h, Event::pulse)
    });
    add(Kind::Event, "wait", Scene::Live, open, |_, _, h| {
        event(h, |e| e.wait(SOON).map(drop))
    });
    add(Kind::Mutex, "lock", Scene::Live, open, |_, _, h| {
        mutex(h, |m| m.wait(None).map(drop))
    });
    add(Kind::Mutex, "unlock", Scene::Live, own_it, |_, _, h| {
        mutex(h, Mutex::release)
    });
    add(Kind::Semaphore, "release", Scene::Live, open, |_, _, h| {
        semaphore(h, |s| s.release(1).map(drop))
    });
    add(Kind::Semaphore, "wait", Scene::Live, open, |_, _, h| {
        semaphore(h, |s| s.wait(SOON).map(drop))
    });
    add(Kind::Timer, "set and wait", Scene::Live, open, |_, _, h| {
        timer(h, |t| {
            t.set(DueTime::After(Duration::from_micros(200)), Duration::ZERO)?;
            t.wait(Some(Duration::from_millis(20))).map(drop)
        })
    });
    add(
        Kind::Job,
        "assign and list",
        Scene::Live,
        open,
        |_, _, h| match &h.object {
            Some(Object::Job(job)) => {
                job.assign(std::process::id())?;
                job.members().map(drop)
            }
            _ => Ok(()),
        },
    );
    for kind in [Kind::Event, Kind::Mutex, Kind::Semaphore, Kind::Timer] {
        add(kind, "wait for any", Scene::Live, open_and_event, |_, _, h| {
            both(h).map_or(Ok(()), |both| wait_any(&both, SOON).map(drop))
        });
        add(kind, "wait for all", Scene::Live, open_and_event, |_, _, h| {
            both(h).map_or(Ok(()), |both| wait_all(&both, SOON).map(drop))
        });
    }
    all
}

/// Marks begin or end of what is watched: by getpgrp(2), which nobody needs.
pub fn mark() {
    let _ = rustix::process::getpgrp();
}

/// Descriptors of this process, and mappings of files below `root`.
fn resources(root: &Path) -> (usize, usize) {
    let root = root.to_string_lossy();
    let maps = fs::read_to_string("/proc/self/maps").unwrap_or_default();
    (
        fs::read_dir("/proc/self/fd").map_or(0, Iterator::count),
        maps.lines().filter(|line| line.contains(&*root)).count(),
    )
}

/// The victim: does one operation between two marks. Says its thread's number first; begins when it gets a line; says
/// then `ok` or the error's code and text, and after another line what it has leaked: `0 0`.
///
/// # Panics
/// If it can't be prepared.
pub fn act(root: &Path, title: &str) {
    let space = Namespace::at(root).with_session(1);
    let all = operations();
    let operation = all.iter().find(|op| op.title() == title).expect("an operation");
    // The directory is known, the thread has its record, and memory for a line is there.
    FileMapping::options()
        .namespace(&space)
        .open("first")
        .expect_err("it is gone");
    let warm = Mutex::options()
        .namespace(&space)
        .create_unnamed()
        .expect("a mutex");
    warm.wait(None).and_then(|_| warm.release()).expect("locked");
    drop(warm);
    let clean = resources(root);
    let mut hands = Hands::default();
    (operation.before)(&space, operation.kind, &mut hands).expect("prepared");
    println!("{}", rustix::thread::gettid().as_raw_nonzero());
    let mut lines = std::io::stdin().lock().lines();
    let mut order = move || lines.next().and_then(Result::ok);
    order();
    mark();
    let done = (operation.work)(&space, operation.kind, &mut hands);
    mark();
    match done {
        Ok(()) => println!("ok"),
        Err(e) => println!("{} {e}", e.code().0),
    }
    order();
    drop(hands);
    let now = resources(root);
    println!(
        "{} {}",
        now.0 as i64 - clean.0 as i64,
        now.1 as i64 - clean.1 as i64
    );
    std::io::stdout().flush().expect("somebody reads");
    order();
}

/// Words by which a test tells those who work beside the victim what to do.
#[derive(Debug)]
pub struct Control {
    view: View,
    _object: FileMapping,
}

impl Control {
    /// Creates it, or opens it.
    ///
    /// # Panics
    /// If that fails.
    #[must_use]
    pub fn new(root: &Path) -> Control {
        let space = Namespace::at(root).with_session(1);
        let object = FileMapping::options()
            .namespace(&space)
            .size(4096)
            .create("control")
            .expect("a section");
        Control {
            view: object.map().expect("mapped"),
            _object: object,
        }
    }

    fn word(&self, at: usize) -> &std::sync::atomic::AtomicU64 {
        self.view.atomic_u64(at * 8).expect("inside")
    }

    /// Lets so many of them work; on the victim's name, too, if a kind is given.
    pub fn work(&self, how_many: usize, kind: Option<Kind>) {
        self.word(1).store(kind.map_or(0, |kind| kind as u64 + 1), SeqCst);
        self.word(0).store(how_many as u64, SeqCst);
    }

    /// Lets all rest, and waits until they hold nothing.
    ///
    /// # Panics
    /// If one does not come to rest.
    pub fn rest(&self, of: usize) {
        self.word(0).store(0, SeqCst);
        let round = self.word(2).fetch_add(1, SeqCst) + 1;
        filemap_testing::wait_for("those who work beside the victim to rest", || {
            (0..of).all(|i| self.word(8 + i).load(SeqCst) == round)
        });
    }
}

/// One who works beside the victim while [`Control`] says so: on names of its own circle, and on the victim's.
///
/// # Panics
/// If a promise is broken.
pub fn work_beside(root: &Path, control: &Path, number: usize) -> ! {
    let space = Namespace::at(root).with_session(1);
    let control = Control::new(control);
    let mut random = Random::new(number as u64 + 77);
    let mut held: Vec<Object> = Vec::new();
    loop {
        let round = control.word(2).load(SeqCst);
        if number as u64 >= control.word(0).load(SeqCst) {
            held.clear();
            control.word(8 + number).store(round, SeqCst);
            filemap_testing::pause(Duration::from_micros(200));
            continue;
        }
        let kind = Kind::ALL[random.below(Kind::ALL.len())];
        let wanted = control.word(1).load(SeqCst);
        if number.is_multiple_of(2) && wanted > 0 {
            use_it(&space, Kind::ALL[wanted as usize - 1]);
        }
        match random.below(4) {
            0 => held.push(
                kind.create(&space, &format!(r"Local\beside-{kind:?}"))
                    .unwrap_or_else(|e| panic!("create: {e}")),
            ),
            1 => {
                let _ = kind.open(&space, &format!(r"Local\beside-{kind:?}"));
            }
            2 => drop(list::sweep(&space).expect("a sweep never fails")),
            _ => drop(held.pop()),
        }
        if held.len() > 8 {
            held.clear();
        }
    }
}

/// Opens what the victim works on, uses it for a moment, closes it.
fn use_it(space: &Namespace, kind: Kind) {
    match kind.open(space, NAME) {
        Err(e) => assert_eq!(e.code().0, 2, "open: {e}"),
        Ok(Object::Section(section)) => {
            let read = section.map().and_then(|view| view.read::<u64>(0));
            let reserved = matches!(&read, Err(e) if matches!(e.why(), filemap::Why::NotCommitted { .. }));
            assert!(read.is_ok() || reserved, "{read:?}");
        }
        Ok(Object::Event(event)) => {
            event.set().expect("set");
            event.wait(SOON).expect("waited");
        }
        Ok(Object::Mutex(mutex)) => {
            if mutex.wait(SOON).expect("waited") != filemap::Wait::TimedOut {
                mutex.release().expect("owned");
            }
        }
        Ok(Object::Semaphore(semaphore)) => {
            semaphore.release(1).expect("released");
            semaphore.wait(SOON).expect("waited");
        }
        Ok(Object::Timer(timer)) => {
            timer.wait(SOON).expect("waited");
        }
        Ok(Object::Job(job)) => drop(job.members().expect("listed")),
    }
}
