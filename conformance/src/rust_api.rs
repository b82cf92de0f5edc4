//! The crate `filemap`: each Windows call as the Rust call that stands for it.
//!
//! Rust has no last error: a failure's code is the error's, and a Create that succeeds sets 183 or 0 as `already_existed` says.

use crate::constants::number;
use crate::functions::{self, Returns};
use crate::rows::{Names, file_call};
use crate::value::{Answer, Place, Reference, Security, Value, Written};
use filemap::{
    AccessMask, DueTime, Error, Event, FileMapAccess, FileMapping, Inherit, Job, Mutex, Page, PageState,
    Reset, Semaphore, View, Wait, Waitable, WaitableTimer, signal_and_wait, wait_all, wait_any,
};
use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

/// Something that a name of a row stands for.
#[derive(Clone)]
enum Thing {
    Mapping(Arc<FileMapping>),
    View(Arc<View>),
    File(Arc<File>),
    Event(Arc<Event>),
    Mutex(Arc<Mutex>),
    Semaphore(Arc<Semaphore>),
    Timer(Arc<WaitableTimer>),
    Job(Arc<Job>),
}

impl Thing {
    fn waitable(&self) -> Result<&dyn Waitable, Refused> {
        Ok(match self {
            Thing::Event(it) => &**it,
            Thing::Mutex(it) => &**it,
            Thing::Semaphore(it) => &**it,
            Thing::Timer(it) => &**it,
            Thing::Job(it) => &**it,
            Thing::Mapping(_) | Thing::View(_) | Thing::File(_) => {
                return Err(cannot("Rust can't wait for what is not Waitable"));
            }
        })
    }
}

/// Why a call gave nothing.
enum Refused {
    /// It failed.
    Failed(Error),
    /// It failed outside the crate, in the standard library.
    Io(std::io::Error),
    /// It can't be written in Rust.
    Cannot(String),
    /// The row makes no sense.
    Broken(String),
}

impl From<Error> for Refused {
    fn from(e: Error) -> Refused {
        Refused::Failed(e)
    }
}

impl From<String> for Refused {
    fn from(what: String) -> Refused {
        Refused::Broken(what)
    }
}

fn cannot(why: impl Into<String>) -> Refused {
    Refused::Cannot(why.into())
}

/// What came of a call that succeeded.
struct Done {
    result: u64,
    error: Option<u32>,
    out: Vec<(&'static str, Written)>,
    thing: Option<Thing>,
}

impl Done {
    fn value(result: u64) -> Done {
        Done {
            result,
            error: None,
            out: Vec::new(),
            thing: None,
        }
    }

    fn with(mut self, name: &'static str, number: u64) -> Done {
        self.out.push((name, Written::Number(number)));
        self
    }

    /// A handle of an object that a Create function made or found.
    fn created(thing: Thing, existed: bool) -> Done {
        let error = if existed {
            number("ERROR_ALREADY_EXISTS")
        } else {
            Ok(0)
        };
        Done {
            error: error.ok().map(|n| n as u32),
            ..Done::opened(thing)
        }
    }

    fn opened(thing: Thing) -> Done {
        Done {
            thing: Some(thing),
            ..Done::value(1)
        }
    }
}

/// Calls the crate.
#[derive(Default)]
pub(crate) struct RustApi {
    names: Names<Thing>,
}

/// The common part of the options of all kinds of objects.
macro_rules! options {
    ($type:ident, $security:expr) => {{
        let mut options = $type::options();
        if let Value::Security(Security { inherit, sddl }) = $security {
            if *inherit {
                options = options.inherit(Inherit::Yes);
            }
            if let Some(sddl) = sddl {
                options = options.sddl(sddl);
            }
        }
        options
    }};
}

macro_rules! open {
    ($type:ident, $kind:ident, $arguments:expr) => {{
        let (access, inherit, name) = (
            word(&$arguments[0]),
            word(&$arguments[1]) != 0,
            text(&$arguments[2]),
        );
        let Some(name) = name else {
            return Err(cannot("a Rust name is never NULL"));
        };
        let inherit = if inherit { Inherit::Yes } else { Inherit::No };
        let opened = $type::options()
            .access(AccessMask(access))
            .inherit(inherit)
            .open(name)?;
        Done::opened(Thing::$kind(Arc::new(opened)))
    }};
}

fn long(value: &Value) -> u64 {
    match value {
        Value::Number(number) => *number,
        _ => 0,
    }
}

fn word(value: &Value) -> u32 {
    long(value) as u32
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

/// No name and NULL are one thing in Rust: an empty name.
fn name(value: &Value) -> &str {
    text(value).unwrap_or_default()
}

fn reset(manual: &Value) -> Reset {
    match long(manual) {
        0 => Reset::Auto,
        _ => Reset::Manual,
    }
}

fn timeout(milliseconds: u32) -> Option<Duration> {
    (milliseconds != u32::MAX).then(|| Duration::from_millis(milliseconds.into()))
}

fn waited(wait: Wait) -> Done {
    Done::value(wait.value().into())
}

impl RustApi {
    pub(crate) fn call(&self, function: &str, arguments: &[Value], bind: Option<&str>) -> Answer {
        let returns = functions::find(function).map_or(Returns::Nothing, |function| function.returns);
        let failure = match returns {
            Returns::FileHandle => u64::MAX,
            Returns::Wait => number("WAIT_FAILED").unwrap_or_default(),
            _ => 0,
        };
        let failed = |code| Answer {
            result: failure,
            error: Some(code),
            ..Answer::default()
        };
        match self.made(function, arguments) {
            Ok(Done {
                result,
                error,
                out,
                thing,
            }) => {
                if let (Some(name), Some(thing)) = (bind, thing) {
                    self.names.set(name, thing);
                }
                let out = out
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value))
                    .collect();
                Answer {
                    result,
                    ok: true,
                    error,
                    out,
                    ..Answer::default()
                }
            }
            Err(Refused::Failed(e)) => failed(e.code().0),
            Err(Refused::Io(e)) => failed(match e.kind() {
                std::io::ErrorKind::NotFound => 2,
                std::io::ErrorKind::PermissionDenied => 5,
                _ => {
                    return Answer {
                        broken: Some(e.to_string()),
                        ..Answer::default()
                    };
                }
            }),
            Err(Refused::Cannot(why)) => Answer::unsupported(why),
            Err(Refused::Broken(what)) => Answer {
                broken: Some(what),
                ..Answer::default()
            },
        }
    }

    fn thing(&self, value: &Value) -> Result<Thing, Refused> {
        match value {
            Value::Handle(reference) => self.of(reference),
            other => Err(format!("{other:?} is no handle").into()),
        }
    }

    fn of(&self, reference: &Reference) -> Result<Thing, Refused> {
        match reference {
            Reference::Beside(name, more) => Err(cannot(format!("{name}+{more} is no value of a Rust type"))),
            Reference::Number(number) => Err(cannot(format!("{number:#x} is no value of a Rust type"))),
            Reference::Result(name) => {
                let closed = |_| {
                    cannot(format!(
                        "`{name}` is closed, or never was: no Rust program holds it"
                    ))
                };
                self.names.get(name).map_err(closed)
            }
        }
    }

    fn view(&self, value: &Value) -> Result<(Arc<View>, usize), Refused> {
        let Value::Address(Place {
            of: Some(name),
            offset,
        }) = value
        else {
            return Err(cannot("an address that is no view's is no value of a Rust type"));
        };
        match self.of(&Reference::Result(name.clone()))? {
            Thing::View(view) => Ok((view, *offset as usize)),
            _ => Err(format!("{name} is no view").into()),
        }
    }

    fn mapping(&self, value: &Value) -> Result<Arc<FileMapping>, Refused> {
        match self.thing(value)? {
            Thing::Mapping(mapping) => Ok(mapping),
            _ => Err(cannot("another kind of object is no FileMapping")),
        }
    }

    fn made(&self, function: &str, arguments: &[Value]) -> Result<Done, Refused> {
        let a = arguments;
        Ok(match function {
            "CreateFileMapping" => {
                let file = match &a[0] {
                    Value::Handle(Reference::Number(0 | u64::MAX)) => None,
                    _ => match self.thing(&a[0])? {
                        Thing::File(file) => Some(file),
                        _ => return Err(cannot("another kind of object is no File")),
                    },
                };
                let size = long(&a[3]) << 32 | long(&a[4]);
                let mut options = options!(FileMapping, &a[1])
                    .raw_protection(word(&a[2]))
                    .size(size);
                if let Some(file) = &file {
                    options = options.file(&**file);
                }
                let mapping = options.create(name(&a[5]))?;
                let existed = mapping.already_existed();
                Done::created(Thing::Mapping(Arc::new(mapping)), existed)
            }
            "OpenFileMapping" => {
                let Some(name) = text(&a[2]) else {
                    return Err(cannot("a Rust name is never NULL"));
                };
                let inherit = if long(&a[1]) != 0 {
                    Inherit::Yes
                } else {
                    Inherit::No
                };
                let mapping = FileMapping::options()
                    .raw_access(word(&a[0]))
                    .inherit(inherit)
                    .open(name)?;
                Done::opened(Thing::Mapping(Arc::new(mapping)))
            }
            "MapViewOfFile" | "MapViewOfFileEx" => {
                let mapping = self.mapping(&a[0])?;
                let offset = long(&a[2]) << 32 | long(&a[3]);
                let view = mapping.view().access(word(&a[1])).offset(offset).len(long(&a[4]));
                let view = match a.get(5) {
                    None | Some(Value::Address(Place { of: None, offset: 0 })) => view.map()?,
                    Some(Value::Address(Place { of: None, offset })) => view.base(*offset as usize).map()?,
                    Some(place) => {
                        let (other, offset) = self.view(place)?;
                        view.base(other.as_ptr().addr().wrapping_add(offset)).map()?
                    }
                };
                let address = view.as_ptr().addr() as u64;
                Done {
                    result: address,
                    ..Done::opened(Thing::View(Arc::new(view)))
                }
            }
            "UnmapViewOfFile" => {
                let (view, offset) = self.view(&a[0])?;
                let Value::Address(Place { of: Some(name), .. }) = &a[0] else {
                    return Err("no name".to_owned().into());
                };
                self.names.remove(name);
                let view = Arc::into_inner(view).ok_or_else(|| "another thread uses the view".to_owned())?;
                let address = view.as_ptr().addr().wrapping_add(offset);
                match view.unmap_at(address) {
                    Ok(()) => Done::value(1),
                    Err(kept) => {
                        let (view, e) = *kept;
                        self.names.set(name, Thing::View(Arc::new(view)));
                        return Err(e.into());
                    }
                }
            }
            "FlushViewOfFile" => {
                let (view, offset) = self.view(&a[0])?;
                view.flush(offset, long(&a[1]) as usize)?;
                Done::value(1)
            }
            "VirtualAlloc" => {
                let (view, offset) = self.view(&a[0])?;
                if word(&a[2]) != 0x1000 || word(&a[3]) != Page::READWRITE.bits() {
                    return Err(cannot("View::commit is MEM_COMMIT with PAGE_READWRITE"));
                }
                view.commit(offset, long(&a[1]) as usize)?;
                Done::value(1)
            }
            "VirtualFree" => {
                let (view, _) = self.view(&a[0])?;
                view.decommit()?;
                Done::value(1)
            }
            "VirtualProtect" => {
                let (view, offset) = self.view(&a[0])?;
                if a[3] == Value::Null {
                    return Err(cannot("View::protect always tells the old protection"));
                }
                let old = view.protect(offset, long(&a[1]) as usize, Page::from_bits_retain(word(&a[2])))?;
                Done::value(1).with("old", old.bits().into())
            }
            "VirtualQuery" => {
                let (view, offset) = self.view(&a[0])?;
                let told = view.query(offset)?;
                let state = match told.state {
                    PageState::Committed => 0x1000,
                    PageState::Reserved => 0x2000,
                };
                Done::value(48)
                    .with("AllocationProtect", told.allocation_protect.bits().into())
                    .with("RegionSize", told.len as u64)
                    .with("State", state)
                    .with("Protect", told.protect.bits().into())
                    .with("Type", if told.is_image { 0x0100_0000 } else { 0x4_0000 })
            }
            "CloseHandle" => {
                let Value::Handle(Reference::Result(name)) = &a[0] else {
                    return Err(cannot("only a value of a Rust type can be dropped"));
                };
                self.thing(&a[0])?;
                self.names.remove(name);
                Done::value(1)
            }
            "DuplicateHandle" => self.duplicate(a)?,
            "CompareObjectHandles" => {
                let same = match (self.thing(&a[0])?, self.thing(&a[1])?) {
                    (Thing::Mapping(x), Thing::Mapping(y)) => x.is_same_object(&y),
                    (Thing::Event(x), Thing::Event(y)) => x.is_same_object(&y),
                    (Thing::Mutex(x), Thing::Mutex(y)) => x.is_same_object(&y),
                    (Thing::Semaphore(x), Thing::Semaphore(y)) => x.is_same_object(&y),
                    _ => return Err(cannot("Rust compares handles of one type")),
                };
                Done::value(same.into())
            }
            "CreateFile" => {
                let (Some(path), true) = (text(&a[0]), word(&a[4]) == 3) else {
                    return Err(cannot("only OPEN_EXISTING is std::fs's business here"));
                };
                let access = word(&a[1]);
                let mut how = File::options();
                how.read(access & 0x8000_0000 != 0)
                    .write(access & 0x4000_0000 != 0);
                let file = how.open(path).map_err(Refused::Io)?;
                Done::opened(Thing::File(Arc::new(file)))
            }
            "set_file_length" => match self.thing(&a[0])? {
                Thing::File(file) => {
                    filemap::set_end_of_file(&file, long(&a[1]))?;
                    Done::value(1)
                }
                _ => return Err(cannot("another kind of object is no File")),
            },
            "peek" => {
                let (view, offset) = self.view(&a[0])?;
                let bytes = view
                    .to_vec(offset, long(&a[1]) as usize)
                    .map_err(|e| e.to_string())?;
                let mut done = Done::value(0);
                done.out.push((
                    "text",
                    Written::Text(String::from_utf8_lossy(&bytes).into_owned()),
                ));
                done
            }
            "poke" => {
                let (view, offset) = self.view(&a[0])?;
                view.write_at(offset, name(&a[1]).as_bytes())
                    .map_err(|e| e.to_string())?;
                Done::value(0)
            }
            "make_file" | "make_empty_file" | "file_length" | "file_text" => {
                let Answer { out, .. } = file_call(function, a)?;
                let names = functions::find(function).map_or(&[][..], |function| function.outs);
                let mut done = Done::value(0);
                for name in names {
                    done.out
                        .extend(out.get(*name).map(|value| (*name, value.clone())));
                }
                done
            }
            _ => return self.synchronise(function, a),
        })
    }

    fn duplicate(&self, a: &[Value]) -> Result<Done, Refused> {
        let (access, inherit, options) = (word(&a[1]), long(&a[2]) != 0, word(&a[3]));
        if inherit || options & !2 != 0 {
            return Err(cannot(
                "duplicate() makes a second value, not inheritable, and keeps the first",
            ));
        }
        let same = options & 2 != 0;
        macro_rules! duplicate {
            ($it:expr, $kind:ident, $mask:expr) => {{
                let rights = if same { $it.rights() } else { $mask };
                Thing::$kind(Arc::new($it.duplicate(rights)?))
            }};
        }
        Ok(Done::opened(match self.thing(&a[0])? {
            Thing::Mapping(it) => duplicate!(it, Mapping, FileMapAccess::from_bits_retain(access)),
            Thing::Event(it) => duplicate!(it, Event, AccessMask(access)),
            Thing::Mutex(it) => duplicate!(it, Mutex, AccessMask(access)),
            Thing::Semaphore(it) => duplicate!(it, Semaphore, AccessMask(access)),
            Thing::Timer(it) => duplicate!(it, Timer, AccessMask(access)),
            Thing::Job(it) => duplicate!(it, Job, AccessMask(access)),
            Thing::View(_) | Thing::File(_) => {
                return Err(cannot("neither views nor files are duplicated here"));
            }
        }))
    }

    fn synchronise(&self, function: &str, a: &[Value]) -> Result<Done, Refused> {
        let wrong = || cannot("a method of another type");
        Ok(match function {
            "CreateEvent" => {
                let mut options = options!(Event, &a[0]).reset(reset(&a[1]));
                if long(&a[2]) != 0 {
                    options = options.initially_set();
                }
                let event = options.create(name(&a[3]))?;
                let existed = event.already_existed();
                Done::created(Thing::Event(Arc::new(event)), existed)
            }
            "OpenEvent" => open!(Event, Event, a),
            "CreateMutex" => {
                let mut options = options!(Mutex, &a[0]);
                if long(&a[1]) != 0 {
                    options = options.initially_owned();
                }
                let mutex = options.create(name(&a[2]))?;
                let existed = mutex.already_existed();
                Done::created(Thing::Mutex(Arc::new(mutex)), existed)
            }
            "OpenMutex" => open!(Mutex, Mutex, a),
            "CreateSemaphore" => {
                let (initial, maximum) = (long(&a[1]) as i64, long(&a[2]) as i64);
                let (Ok(initial), Ok(maximum)) = (u32::try_from(initial), u32::try_from(maximum)) else {
                    return Err(cannot("a Rust count is never negative"));
                };
                let options = options!(Semaphore, &a[0]).initial(initial).maximum(maximum);
                let semaphore = options.create(name(&a[3]))?;
                let existed = semaphore.already_existed();
                Done::created(Thing::Semaphore(Arc::new(semaphore)), existed)
            }
            "OpenSemaphore" => open!(Semaphore, Semaphore, a),
            "CreateWaitableTimer" => {
                let timer = options!(WaitableTimer, &a[0])
                    .reset(reset(&a[1]))
                    .create(name(&a[2]))?;
                let existed = timer.already_existed();
                Done::created(Thing::Timer(Arc::new(timer)), existed)
            }
            "OpenWaitableTimer" => open!(WaitableTimer, Timer, a),
            "CreateJobObject" => {
                let job = options!(Job, &a[0]).create(name(&a[1]))?;
                let existed = job.already_existed();
                Done::created(Thing::Job(Arc::new(job)), existed)
            }
            "OpenJobObject" => open!(Job, Job, a),
            "SetEvent" | "ResetEvent" | "PulseEvent" => {
                let Thing::Event(event) = self.thing(&a[0])? else {
                    return Err(wrong());
                };
                match function {
                    "SetEvent" => event.set()?,
                    "ResetEvent" => event.reset()?,
                    _ => event.pulse()?,
                }
                Done::value(1)
            }
            "ReleaseMutex" => {
                let Thing::Mutex(mutex) = self.thing(&a[0])? else {
                    return Err(wrong());
                };
                mutex.release()?;
                Done::value(1)
            }
            "ReleaseSemaphore" => {
                let Thing::Semaphore(semaphore) = self.thing(&a[0])? else {
                    return Err(wrong());
                };
                let Ok(count) = u32::try_from(long(&a[1]) as i64) else {
                    return Err(cannot("a Rust count is never negative"));
                };
                let previous = semaphore.release(count)?;
                Done::value(1).with("previous", previous.into())
            }
            "SetWaitableTimer" | "CancelWaitableTimer" => {
                let Thing::Timer(timer) = self.thing(&a[0])? else {
                    return Err(wrong());
                };
                if function == "CancelWaitableTimer" {
                    timer.cancel()?;
                    return Ok(Done::value(1));
                }
                let due = long(&a[1]) as i64;
                let (true, Ok(period)) = (due <= 0, u64::try_from(long(&a[2]) as i64)) else {
                    return Err(cannot(
                        "a Rust period is never negative, and its times are not FILETIMEs",
                    ));
                };
                let after = Duration::from_nanos(due.unsigned_abs().saturating_mul(100));
                timer.set(DueTime::After(after), Duration::from_millis(period))?;
                Done::value(1)
            }
            "WaitForSingleObject" => {
                let thing = self.thing(&a[0])?;
                waited(wait_any(&[thing.waitable()?], timeout(word(&a[1])))?)
            }
            "WaitForMultipleObjects" => {
                let Value::Handles(list) = &a[0] else {
                    return Err("no list of handles".to_owned().into());
                };
                let things: Vec<_> = list.iter().map(|one| self.of(one)).collect::<Result<_, _>>()?;
                let objects: Vec<_> = things.iter().map(Thing::waitable).collect::<Result<_, _>>()?;
                let limit = timeout(word(&a[2]));
                waited(match long(&a[1]) {
                    0 => wait_any(&objects, limit)?,
                    _ => wait_all(&objects, limit)?,
                })
            }
            "SignalObjectAndWait" => {
                let (signal, wait) = (self.thing(&a[0])?, self.thing(&a[1])?);
                waited(signal_and_wait(
                    signal.waitable()?,
                    wait.waitable()?,
                    timeout(word(&a[2])),
                )?)
            }
            other => return Err(cannot(format!("Rust has nothing for {other}"))),
        })
    }
}
