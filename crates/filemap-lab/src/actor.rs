//! A process of the lab: does the calls that it is told, and tells what came of each.

use filemap::{
    BoundaryDescriptor, Disposition, Error, Event, FileForMappingOptions, FileMapping, Inherit, Job, Kind,
    Mutex, Namespace, Page, Platform, PrivateNamespace, Semaphore, View, WaitableTimer,
    create_file_for_mapping, delete_file,
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, Write};
use std::path::PathBuf;

/// Tells a process that it is one of the lab's.
pub(crate) const VARIABLE: &str = "FILEMAP_LAB_ACTOR";

/// One call to make. Objects, views and files have names of the lab's own.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Ask {
    /// From here on without the privilege to create in `Global\`, whoever runs the lab.
    WithoutPrivilege,
    /// `CreateFileMapping`; without a name, an object without one.
    Create {
        object: String,
        name: Option<String>,
        size: u64,
        protect: u32,
        file: Option<PathBuf>,
        writes: bool,
        inherit: bool,
        /// The security descriptor, in SDDL.
        sddl: Option<String>,
    },
    /// `OpenFileMapping`.
    Open {
        object: String,
        name: String,
        access: u32,
    },
    /// `CloseHandle`.
    Close { object: String },
    /// `MapViewOfFileEx`.
    Map {
        view: String,
        object: String,
        flags: u32,
        offset: u64,
        len: u64,
        base: Option<u64>,
    },
    /// `UnmapViewOfFile` with the base and this much more.
    Unmap { view: String, more: u64 },
    /// Reads text.
    Read { view: String, len: usize },
    /// Writes text.
    Write { view: String, text: String },
    /// `FlushViewOfFile`.
    Flush { view: String, len: usize },
    /// `VirtualProtect`, with a place for the old protection or with NULL.
    Protect { view: String, page: u32, place: bool },
    /// `VirtualQuery`: the protection of the first page.
    Query { view: String },
    /// An object of another kind with this name, by the kind's number.
    Hold { kind: u8, name: String },
    /// `CreateFileForMapping`, of an existing file.
    OpenForMapping {
        file: String,
        path: PathBuf,
        access: u32,
        share: u32,
        security: bool,
        template: u64,
    },
    /// Closes a file that was opened so.
    CloseFile { file: String },
    /// `DeleteFile`.
    Delete { path: PathBuf },
    /// Takes an address by other means than the platform's views.
    Block { address: u64 },
    /// `SignalObjectAndWait` with two events that are set already.
    SignalAndWait,
    /// `CreatePrivateNamespace`, with a boundary that everybody is in.
    CreatePrivate { name: String },
    /// `CreateFileMapping` of a file that `OpenForMapping` opened.
    CreateOn { object: String, file: String },
    /// `GetSecurityInfo`: the object's DACL in SDDL.
    Dacl { object: String },
    /// The permission bits of the first object's own file.
    Mode,
}

/// What came of it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Told {
    /// The last error; 0 for success.
    pub(crate) code: u32,
    /// The object was there before.
    pub(crate) existed: bool,
    /// An address, a length, a protection, a session.
    pub(crate) number: u64,
    /// What was read; for a failed call, its cause in a sentence and what the library found out about it.
    pub(crate) text: String,
}

/// If this process is one that the lab has started: plays its part until the lab is done, and ends. Else does nothing.
pub fn play_if_asked() {
    if std::env::var_os(VARIABLE).is_none() {
        return;
    }
    let mut actor = Actor::default();
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        let told = match serde_json::from_str(&line) {
            Ok(ask) => actor.carry_out(ask).unwrap_or_else(|e| Told {
                code: e.code().0,
                text: match e.note() {
                    "" => e.why().cause().into_owned(),
                    note => format!("{}: {note}", e.why().cause()),
                },
                ..Told::default()
            }),
            Err(e) => Told {
                code: u32::MAX,
                text: e.to_string(),
                ..Told::default()
            },
        };
        // A lab that is gone needs no answer.
        let Ok(text) = serde_json::to_string(&told) else {
            break;
        };
        if writeln!(out, "{text}").and_then(|()| out.flush()).is_err() {
            break;
        }
    }
    drop(actor); // handles end in an orderly way
    std::process::exit(0);
}

#[derive(Default)]
struct Actor {
    space: Option<Namespace>,
    objects: HashMap<String, FileMapping>,
    views: HashMap<String, View>,
    files: HashMap<String, File>,
    holders: Vec<Box<dyn std::any::Any>>,
    blockers: Vec<View>,
}

/// A call on something that an earlier call did not make: `ERROR_INVALID_HANDLE`.
fn missing(what: &str) -> Error {
    Error::new(
        filemap::Op::Other("use"),
        what,
        filemap::Why::NotAHandle { value: 0 },
    )
}

impl Actor {
    fn space(&self) -> Result<Namespace, Error> {
        match &self.space {
            Some(space) => Ok(space.clone()),
            None => Namespace::current(),
        }
    }

    fn view(&self, name: &str) -> Result<&View, Error> {
        self.views.get(name).ok_or_else(|| missing(name))
    }

    /// Creates an object of this kind and keeps it; true if it was there before.
    fn hold(&mut self, space: &Namespace, kind: Kind, name: &str) -> Result<bool, Error> {
        macro_rules! keep {
            ($options:expr) => {{
                let made = $options.namespace(space).create(name)?;
                let existed = made.already_existed();
                self.holders.push(Box::new(made));
                existed
            }};
        }
        Ok(match kind {
            Kind::FileMapping => keep!(FileMapping::options().size(4096)),
            Kind::Event => keep!(Event::options()),
            Kind::Mutex => keep!(Mutex::options()),
            Kind::Semaphore => keep!(Semaphore::options().maximum(1)),
            Kind::WaitableTimer => keep!(WaitableTimer::options()),
            Kind::Job => keep!(Job::options()),
        })
    }

    fn carry_out(&mut self, ask: Ask) -> Result<Told, Error> {
        let mut told = Told::default();
        match ask {
            Ask::WithoutPrivilege => {
                self.space = Some(Namespace::current()?.with_global_privilege(false));
            }
            Ask::Create {
                object,
                name,
                size,
                protect,
                file,
                writes,
                inherit,
                sddl,
            } => {
                let space = self.space()?;
                let file = match file {
                    None => None,
                    Some(path) => Some(open(&path, writes)?),
                };
                let mut options = FileMapping::options()
                    .namespace(&space)
                    .size(size)
                    .raw_protection(protect)
                    .inherit(if inherit { Inherit::Yes } else { Inherit::No });
                if let Some(file) = &file {
                    options = options.file(file);
                }
                if let Some(sddl) = &sddl {
                    options = options.sddl(sddl);
                }
                let made = match name {
                    Some(name) => options.create(&name)?,
                    None => options.create_unnamed()?,
                };
                told.existed = made.already_existed();
                told.number = made.len();
                self.objects.insert(object, made);
            }
            Ask::Open { object, name, access } => {
                let space = self.space()?;
                let opened = FileMapping::options()
                    .namespace(&space)
                    .raw_access(access)
                    .open(&name)?;
                self.objects.insert(object, opened);
            }
            Ask::Close { object } => self
                .objects
                .remove(&object)
                .ok_or_else(|| missing(&object))?
                .close()?,
            Ask::Map {
                view,
                object,
                flags,
                offset,
                len,
                base,
            } => {
                let object = self.objects.get(&object).ok_or_else(|| missing(&object))?;
                let mut options = object.view().access(flags).offset(offset).len(len);
                if let Some(base) = base {
                    options = options.base(base as usize);
                }
                let mapped = options.map()?;
                told.number = mapped.as_ptr().addr() as u64;
                self.views.insert(view, mapped);
            }
            Ask::Unmap { view, more } => {
                let mapped = self.views.remove(&view).ok_or_else(|| missing(&view))?;
                let address = mapped.as_ptr().addr() + more as usize;
                if let Err(back) = mapped.unmap_at(address) {
                    let (mapped, e) = *back;
                    self.views.insert(view, mapped);
                    return Err(e);
                }
            }
            Ask::Read { view, len } => {
                let bytes = self.view(&view)?.to_vec(0, len)?;
                told.text = String::from_utf8_lossy(&bytes).into_owned();
            }
            Ask::Write { view, text } => self.view(&view)?.write_at(0, text.as_bytes())?,
            Ask::Flush { view, len } => self.view(&view)?.flush(0, len)?,
            Ask::Protect { view, page, place } => {
                let mut old = Page::empty();
                let place = if place { Some(&mut old) } else { None };
                let view = self.view(&view)?;
                view.protect_into(0, 1, Page::from_bits_retain(page), place)?;
                told.number = old.bits().into();
            }
            Ask::Query { view } => told.number = self.view(&view)?.query(0)?.protect.bits().into(),
            Ask::Hold { kind, name } => {
                let kind = Kind::from_number(kind).ok_or_else(|| missing("kind"))?;
                let space = self.space()?;
                told.existed = self.hold(&space, kind, &name)?;
            }
            Ask::OpenForMapping {
                file,
                path,
                access,
                share,
                security,
                template,
            } => {
                let options = FileForMappingOptions {
                    access,
                    share,
                    security_is_null: !security,
                    disposition: Disposition::OpenExisting,
                    template,
                };
                let opened = create_file_for_mapping(&self.space()?, &path, &options)?;
                self.files.insert(file, opened);
            }
            Ask::CloseFile { file } => drop(self.files.remove(&file)),
            Ask::Delete { path } => delete_file(&self.space()?, path)?,
            Ask::Block { address } => {
                let elsewhere = self.space()?.with_platform(Platform::Nt);
                let object = FileMapping::options()
                    .namespace(&elsewhere)
                    .size(0x1_0000)
                    .create_unnamed()?;
                self.blockers.push(object.view().base(address as usize).map()?);
            }
            Ask::SignalAndWait => {
                let space = self.space()?;
                let event = |name| Event::options().namespace(&space).initially_set().create(name);
                filemap::signal_and_wait(&event("one")?, &event("two")?, None)?;
            }
            Ask::CreatePrivate { name } => {
                let boundary = BoundaryDescriptor::new(&name, 0)?;
                let made = PrivateNamespace::options()
                    .namespace(&self.space()?)
                    .create(&boundary, &name)?;
                self.holders.push(Box::new(made));
            }
            Ask::CreateOn { object, file } => {
                let space = self.space()?;
                let file = self.files.get(&file).ok_or_else(|| missing(&file))?;
                let made = FileMapping::options()
                    .namespace(&space)
                    .raw_protection(Page::READONLY.bits())
                    .file(file)
                    .create_unnamed()?;
                self.objects.insert(object, made);
            }
            Ask::Dacl { object } => {
                let object = self.objects.get(&object).ok_or_else(|| missing(&object))?;
                told.text = object
                    .security(filemap::security::SecurityInformation::DACL)?
                    .to_string();
            }
            Ask::Mode => {
                let mode = crate::system::mode_of_the_object(&self.space()?)?;
                told.number = mode.ok_or_else(|| missing("object"))?.into();
            }
        }
        Ok(told)
    }
}

fn open(path: &std::path::Path, writes: bool) -> Result<File, Error> {
    File::options().read(true).write(writes).open(path).map_err(|e| {
        let os = filemap::sys::SysError {
            call: "open",
            errno: e.raw_os_error().unwrap_or(0),
        };
        filemap::system_error(filemap::Op::Other("open"), &path.display().to_string(), os)
    })
}
