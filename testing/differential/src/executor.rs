//! Carries calls out on the system that this program runs on.

use crate::call::{Call, FILES, Name, PLACES, Sort, VIEWS};
use crate::known;
use filemap::{
    AccessMask, DueTime, Error, Event, FileMapAccess, FileMapping, Job, Mutex, Page, PageState, Reset,
    SectionFlags, Semaphore, View, Wait, Waitable, WaitableTimer, signal_and_wait, wait_all, wait_any,
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, Write};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Told {
    /// It succeeded with this.
    Done(String),
    /// It failed with this Win32 number.
    Failed(u32),
    /// It was not made: the place is empty or holds another kind, or the call is one that [`known`] leaves out.
    Nothing,
}

/// What a place holds.
pub(crate) enum Thing {
    Mapping(FileMapping, Origin),
    Event(Event),
    Mutex(Mutex),
    Semaphore(Semaphore),
    Timer(WaitableTimer),
    Job(Job),
}

/// What the creator of a mapping asked for; kept to know which calls on it are left out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    /// Its protection.
    pub(crate) protect: Page,
    /// SEC_RESERVE, and no file.
    pub(crate) reserve: bool,
}

/// What is known of a view.
pub(crate) struct Shown {
    pub(crate) view: View,
    pub(crate) reserve: bool,
    /// The handle may write.
    pub(crate) may_write: bool,
    /// Pages of its own were made by writing.
    pub(crate) written: bool,
}

/// A thread that makes calls, with the places that all threads share.
struct Worker {
    orders: Sender<Box<dyn FnOnce() -> Told + Send>>,
    answers: Receiver<Told>,
    thread: JoinHandle<()>,
}

impl Worker {
    fn start() -> Worker {
        let (orders, todo) = channel::<Box<dyn FnOnce() -> Told + Send>>();
        let (tell, answers) = channel();
        let thread = std::thread::spawn(move || {
            for order in todo {
                if tell.send(order()).is_err() {
                    return;
                }
            }
        });
        Worker {
            orders,
            answers,
            thread,
        }
    }
}

/// The places of one sequence.
pub struct Executor {
    unique: String,
    things: Vec<Option<std::sync::Arc<Thing>>>,
    views: Vec<Option<Shown>>,
    /// What mappings were created as, by the directory and name that their names lead to.
    origins: HashMap<String, Origin>,
    files: Vec<PathBuf>,
    workers: Workers,
    /// A mutex was there, so a thread may own one.
    has_mutex: bool,
}

/// The threads of an executor, for one sequence after the other.
#[derive(Default)]
pub struct Workers([Option<Worker>; 2]);

/// One text for all names of an object: `Local\` says nothing.
fn key(name: &str) -> &str {
    name.strip_prefix(r"Local\").unwrap_or(name)
}

fn told(result: Result<String, Error>) -> Told {
    match result {
        Ok(text) => Told::Done(text),
        Err(e) => Told::Failed(e.code().0),
    }
}

fn done<T>(result: Result<T, Error>) -> Told {
    told(result.map(|_| String::new()))
}

impl Executor {
    /// Empty places; names will begin with `unique`, and files lie in `directory`.
    #[must_use]
    pub fn new(unique: String, directory: &std::path::Path, workers: Workers) -> Executor {
        let files = (0..FILES.len())
            .map(|number| directory.join(format!("{unique}{number}")))
            .collect();
        Executor {
            unique,
            things: (0..PLACES).map(|_| None).collect(),
            views: (0..VIEWS).map(|_| None).collect(),
            origins: HashMap::new(),
            files,
            workers,
            has_mutex: false,
        }
    }

    /// Makes the calls of a sequence, closes everything, and gives the threads back for the next one.
    pub fn run(mut self, calls: &[Call]) -> (Vec<Told>, Workers) {
        let answers = calls.iter().map(|call| self.make(call)).collect();
        if self.has_mutex {
            // Threads go before the mutexes that they may own.
            for thread in 0..2 {
                self.end(thread);
            }
        }
        self.views.clear();
        self.things.clear();
        for file in &self.files {
            let _ = std::fs::remove_file(file); // most were never made
        }
        (answers, self.workers)
    }

    /// A file of the sequence, made when it is first needed.
    fn file(&self, number: u8) -> io::Result<File> {
        let path = &self.files[usize::from(number)];
        let open = || File::options().read(true).write(true).open(path);
        match open() {
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                std::fs::write(path, vec![b'f'; FILES[usize::from(number)] as usize])?;
                open()
            }
            other => other,
        }
    }

    fn name(&self, name: Name) -> String {
        let unique = &self.unique;
        match name {
            Name::Unnamed => String::new(),
            Name::Plain(n) => format!("{unique}name{n}"),
            Name::Local(n) => format!(r"Local\{unique}name{n}"),
            Name::Global(n) => format!(r"Global\{unique}name{n}"),
            Name::Upper(n) => format!("{unique}NAME{n}"),
            Name::Rooted(n) => format!(r"\{unique}name{n}"),
            Name::Nested(n) => format!(r"{unique}dir\name{n}"),
            Name::OnlyPrefix => r"Local\".to_owned(),
        }
    }

    fn thing(&self, place: u8) -> Option<std::sync::Arc<Thing>> {
        self.things[usize::from(place)].clone()
    }

    fn keep(&mut self, to: u8, thing: Thing) {
        self.has_mutex |= matches!(thing, Thing::Mutex(_));
        self.things[usize::from(to)] = Some(std::sync::Arc::new(thing));
    }

    /// Lets a thread make a call that depends on the thread.
    fn on_thread(&mut self, thread: u8, order: impl FnOnce() -> Told + Send + 'static) -> Told {
        let worker = self.workers.0[usize::from(thread)].get_or_insert_with(Worker::start);
        match worker.orders.send(Box::new(order)) {
            Ok(()) => worker.answers.recv().unwrap_or(Told::Nothing),
            Err(_) => Told::Nothing,
        }
    }

    /// Makes one call.
    pub fn make(&mut self, call: &Call) -> Told {
        match self.try_make(call) {
            Some(told) => told,
            None => Told::Nothing,
        }
    }

    fn try_make(&mut self, call: &Call) -> Option<Told> {
        if known::is_left_out(call) {
            return None;
        }
        Some(match *call {
            Call::CreateMapping {
                to,
                name,
                file,
                protect,
                size,
            } => self.create_mapping(to, name, file, protect, size),
            Call::OpenMapping { to, name, access } => {
                let text = self.name(name);
                let opened = FileMapping::options().raw_access(access).open(&text);
                let origin = self.origins.get(key(&text)).copied();
                told(opened.map(|mapping| {
                    let text = format!("rights {:x}", mapping.rights().bits());
                    if let Some(origin) = origin {
                        self.keep(to, Thing::Mapping(mapping, origin));
                    }
                    text
                }))
            }
            Call::Create { to, name, sort } => self.create(to, &self.name(name), sort),
            Call::Open {
                to,
                name,
                sort,
                access,
            } => self.open(to, &self.name(name), sort, access),
            Call::Duplicate { from, to, rights } => self.duplicate(from, to, rights)?,
            Call::Close { place } => {
                drop(self.things[usize::from(place)].take()?);
                Told::Done(String::new())
            }
            Call::Ask { place } => match &*self.thing(place)? {
                Thing::Mapping(mapping, _) => {
                    let flags = mapping.section_flags().map_err(|e| e.code().0);
                    Told::Done(format!("{} bytes, {flags:x?}", mapping.len()))
                }
                _ => return None,
            },
            Call::Same { a, b } => {
                let (a, b) = (self.thing(a)?, self.thing(b)?);
                Told::Done(known::is_same(&a, &b)?.to_string())
            }
            Call::Map {
                place,
                to,
                access,
                offset,
                len,
            } => {
                let thing = self.thing(place)?;
                let Thing::Mapping(mapping, origin) = &*thing else {
                    return None;
                };
                if known::is_map_left_out(mapping, *origin, access, offset) {
                    return None;
                }
                let view = mapping.view().access(access).offset(offset).len(len).map();
                told(view.map(|view| {
                    let text = format!("{} of {}", view.len(), view.region_len());
                    let reserve = origin.reserve;
                    let may_write = mapping.rights().contains(FileMapAccess::WRITE);
                    self.views[usize::from(to)] = Some(Shown {
                        view,
                        reserve,
                        may_write,
                        written: false,
                    });
                    text
                }))
            }
            Call::Unmap { view, at } => {
                let Shown {
                    view: shown,
                    reserve,
                    may_write,
                    written,
                } = self.views[usize::from(view)].take()?;
                let address = shown.as_ptr().addr() + at as usize;
                match shown.unmap_at(address) {
                    Ok(()) => Told::Done(String::new()),
                    Err(kept) => {
                        let (shown, e) = *kept;
                        self.views[usize::from(view)] = Some(Shown {
                            view: shown,
                            reserve,
                            may_write,
                            written,
                        });
                        Told::Failed(e.code().0)
                    }
                }
            }
            Call::Read { view, offset, len } => {
                let shown = self.views[usize::from(view)].as_ref()?;
                let bytes = shown.view.to_vec(offset as usize, len.into());
                told(bytes.map(|bytes| bytes.iter().map(|b| format!("{b:02x}")).collect()))
            }
            Call::Write {
                view,
                offset,
                byte,
                len,
            } => {
                let shown = self.views[usize::from(view)].as_mut()?;
                let bytes = vec![byte; len.into()];
                let written = shown.view.write_at(offset as usize, &bytes);
                shown.written |= written.is_ok();
                done(written)
            }
            Call::Query { view, offset } => {
                let shown = self.views[usize::from(view)].as_ref()?;
                if known::is_query_left_out(shown) {
                    return None;
                }
                told(shown.view.query(offset as usize).map(|region| {
                    let state = if region.state == PageState::Committed {
                        "committed"
                    } else {
                        "reserved"
                    };
                    let from = region.base - region.allocation_base;
                    let (protect, mapped) = (region.protect.bits(), region.allocation_protect.bits());
                    format!(
                        "{state} from {from}, {} bytes, {protect:x} mapped {mapped:x}",
                        region.len
                    )
                }))
            }
            Call::Protect {
                view,
                offset,
                len,
                page,
            } => {
                let shown = self.views[usize::from(view)].as_ref()?;
                if known::is_protect_left_out(shown, page) {
                    return None;
                }
                let old = shown
                    .view
                    .protect(offset as usize, len as usize, Page::from_bits_retain(page));
                told(old.map(|old| format!("{:x}", old.bits())))
            }
            Call::Commit { view, offset, len } => {
                let shown = self.views[usize::from(view)].as_ref()?;
                if known::is_commit_left_out(shown) {
                    return None;
                }
                done(shown.view.commit(offset as usize, len as usize))
            }
            Call::Flush { view, offset, len } => {
                let shown = self.views[usize::from(view)].as_ref()?;
                done(shown.view.flush(offset as usize, len as usize))
            }
            Call::Signal { place, how } => match &*self.thing(place)? {
                Thing::Event(event) => done(match how {
                    0 => event.set(),
                    1 => event.reset(),
                    _ => event.pulse(),
                }),
                _ => return None,
            },
            Call::State { place } => Told::Done(match &*self.thing(place)? {
                Thing::Event(event) => format!("{:?} {}", event.reset_kind(), event.is_set()),
                Thing::Semaphore(semaphore) => semaphore.count().to_string(),
                Thing::Mutex(mutex) => {
                    let state = mutex.state();
                    format!("owned {} abandoned {}", known::is_owned(mutex)?, state.abandoned)
                }
                _ => return None,
            }),
            Call::Release { place, count } => match &*self.thing(place)? {
                Thing::Semaphore(semaphore) => {
                    told(semaphore.release(count).map(|before| before.to_string()))
                }
                _ => return None,
            },
            Call::Timer { place, set } => match &*self.thing(place)? {
                Thing::Timer(timer) => done(match set {
                    true => timer.set(DueTime::After(Duration::from_secs(3600)), Duration::ZERO),
                    false => timer.cancel(),
                }),
                _ => return None,
            },
            Call::Unlock { place, thread } => {
                let thing = self.thing(place)?;
                if !matches!(&*thing, Thing::Mutex(_)) {
                    return None;
                }
                self.on_thread(thread, move || match &*thing {
                    Thing::Mutex(mutex) => done(mutex.release()),
                    _ => Told::Nothing,
                })
            }
            Call::Wait { place, thread } => {
                let thing = self.thing(place)?;
                waitable(&thing)?;
                self.on_thread(thread, move || match waitable(&thing) {
                    Some(object) => waited(wait_any(&[object], Some(Duration::ZERO))),
                    None => Told::Nothing,
                })
            }
            Call::WaitMany {
                ref places,
                all,
                thread,
            } => {
                let things: Vec<_> = places
                    .iter()
                    .map(|place| self.thing(*place))
                    .collect::<Option<_>>()?;
                if things.iter().any(|thing| waitable(thing).is_none()) || (all && known::has_twins(&things))
                {
                    return None;
                }
                self.on_thread(thread, move || {
                    let objects: Vec<&dyn Waitable> =
                        things.iter().filter_map(|thing| waitable(thing)).collect();
                    waited(match all {
                        true => wait_all(&objects, Some(Duration::ZERO)),
                        false => wait_any(&objects, Some(Duration::ZERO)),
                    })
                })
            }
            Call::SignalAndWait { signal, wait, thread } => {
                let (signal, wait) = (self.thing(signal)?, self.thing(wait)?);
                waitable(&signal)?;
                waitable(&wait)?;
                if known::is_signal_left_out(&signal) {
                    return None;
                }
                self.on_thread(thread, move || match (waitable(&signal), waitable(&wait)) {
                    (Some(a), Some(b)) => waited(signal_and_wait(a, b, Some(Duration::ZERO))),
                    _ => Told::Nothing,
                })
            }
            Call::EndThread { thread } => {
                self.end(thread)?;
                Told::Done(String::new())
            }
        })
    }

    fn end(&mut self, thread: u8) -> Option<()> {
        let Worker { orders, thread, .. } = self.workers.0[usize::from(thread)].take()?;
        drop(orders);
        thread.join().ok()
    }

    fn create_mapping(&mut self, to: u8, name: Name, file: Option<u8>, protect: u32, size: u64) -> Told {
        let file = match file {
            None => None,
            Some(number) => match self.file(number) {
                Ok(file) => Some(file),
                Err(_) => return Told::Nothing,
            },
        };
        let mut options = FileMapping::options().raw_protection(protect).size(size);
        if let Some(file) = &file {
            options = options.file(file);
        }
        let text = self.name(name);
        let len = file
            .as_ref()
            .and_then(|file| file.metadata().ok())
            .map(|meta| meta.len());
        if known::is_creation_left_out(protect, size, len, !text.is_empty()) {
            return Told::Nothing;
        }
        told(options.create(&text).map(|mapping| {
            let existed = mapping.already_existed();
            let rights = mapping.rights().bits();
            let answer = format!("existed {existed}, {} bytes, rights {rights:x}", mapping.len());
            let mut origin = Origin {
                protect: Page::from_bits_retain(protect & 0xFF),
                reserve: file.is_none() && SectionFlags::RESERVE.bits() & protect != 0,
            };
            match existed {
                true => origin = self.origins.get(key(&text)).copied().unwrap_or(origin),
                false => drop(self.origins.insert(key(&text).to_owned(), origin)),
            }
            self.keep(to, Thing::Mapping(mapping, origin));
            answer
        }))
    }

    fn create(&mut self, to: u8, name: &str, sort: Sort) -> Told {
        let reset = |manual| if manual { Reset::Manual } else { Reset::Auto };
        let made = match sort {
            Sort::Event(manual, set) => {
                let mut options = Event::options().reset(reset(manual));
                if set {
                    options = options.initially_set();
                }
                options
                    .create(name)
                    .map(|it| (it.already_existed(), Thing::Event(it)))
            }
            // A mutex that is born owned belongs to the thread that makes it: the first worker.
            Sort::Mutex(owned) => {
                let mut options = Mutex::options();
                if owned {
                    options = options.initially_owned();
                }
                let (made, answer) = channel();
                let name = name.to_owned();
                self.on_thread(0, move || {
                    let _ = made.send(options.create(&name));
                    Told::Nothing
                });
                match answer.recv() {
                    Ok(made) => made.map(|it| (it.already_existed(), Thing::Mutex(it))),
                    Err(_) => return Told::Nothing,
                }
            }
            Sort::Semaphore(initial, maximum) => {
                let made = Semaphore::options()
                    .initial(initial)
                    .maximum(maximum)
                    .create(name);
                made.map(|it| (it.already_existed(), Thing::Semaphore(it)))
            }
            Sort::Timer(manual) => {
                let made = WaitableTimer::options().reset(reset(manual)).create(name);
                made.map(|it| (it.already_existed(), Thing::Timer(it)))
            }
            Sort::Job => Job::options()
                .create(name)
                .map(|it| (it.already_existed(), Thing::Job(it))),
        };
        told(made.map(|(existed, thing)| {
            self.keep(to, thing);
            format!("existed {existed}")
        }))
    }

    fn open(&mut self, to: u8, name: &str, sort: Sort, access: u32) -> Told {
        let Some(access) = known::openable(sort, access).map(AccessMask) else {
            return Told::Nothing;
        };
        let opened = match sort {
            Sort::Event(..) => Event::options().access(access).open(name).map(Thing::Event),
            Sort::Mutex(_) => Mutex::options().access(access).open(name).map(Thing::Mutex),
            Sort::Semaphore(..) => Semaphore::options()
                .access(access)
                .open(name)
                .map(Thing::Semaphore),
            Sort::Timer(_) => WaitableTimer::options()
                .access(access)
                .open(name)
                .map(Thing::Timer),
            Sort::Job => Job::options().access(access).open(name).map(Thing::Job),
        };
        told(opened.map(|thing| {
            self.keep(to, thing);
            String::new()
        }))
    }

    fn duplicate(&mut self, from: u8, to: u8, rights: u32) -> Option<Told> {
        let thing = self.thing(from)?;
        let rights = known::duplicable(&thing, rights)?;
        let mask = AccessMask(rights);
        let made = match &*thing {
            Thing::Mapping(it, origin) => {
                let rights = FileMapAccess::from_bits_retain(rights);
                it.duplicate(rights).map(|it| Thing::Mapping(it, *origin))
            }
            Thing::Event(it) => it.duplicate(mask).map(Thing::Event),
            Thing::Mutex(it) => it.duplicate(mask).map(Thing::Mutex),
            Thing::Semaphore(it) => it.duplicate(mask).map(Thing::Semaphore),
            Thing::Timer(it) => it.duplicate(mask).map(Thing::Timer),
            Thing::Job(it) => it.duplicate(mask).map(Thing::Job),
        };
        Some(told(made.map(|thing| {
            self.keep(to, thing);
            String::new()
        })))
    }
}

pub(crate) fn waitable(thing: &Thing) -> Option<&dyn Waitable> {
    Some(match thing {
        Thing::Event(it) => it,
        Thing::Mutex(it) => it,
        Thing::Semaphore(it) => it,
        Thing::Timer(it) => it,
        Thing::Mapping(..) | Thing::Job(_) => return None,
    })
}

fn waited(result: Result<Wait, Error>) -> Told {
    told(result.map(|wait| format!("{:#x}", wait.value())))
}

/// A sequence for an executor.
#[derive(Serialize, Deserialize)]
pub struct Order {
    /// What its names begin with.
    pub unique: String,
    /// The calls.
    pub calls: Vec<Call>,
}

/// Carries out sequences from standard input, a line of JSON each, and answers with a line each, until the input ends.
///
/// # Errors
/// Of reading and writing.
pub fn serve() -> io::Result<()> {
    let directory = tempfile::tempdir()?;
    let mut out = io::stdout().lock();
    let mut workers = Workers::default();
    for line in io::stdin().lock().lines() {
        let order: Order = serde_json::from_str(&line?)?;
        let executor = Executor::new(order.unique, directory.path(), workers);
        let answers;
        (answers, workers) = executor.run(&order.calls);
        serde_json::to_writer(&mut out, &answers)?;
        out.write_all(b"\n")?;
        out.flush()?;
    }
    Ok(())
}
