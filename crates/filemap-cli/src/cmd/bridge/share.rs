//! Sharing objects, and keeping them shared.

use super::place::World;
use super::{OP, wrong};
use crate::failure::{Failure, say};
use filemap::sys::os::foreign;
use filemap::{Error, Escaped, Event, FileMapping, Mutex, Namespace, Reset, View, Why, Win32Code, list};
use filemap_bridge::profile::{Map, Profile};
use filemap_bridge::protocol::{Answer, Failed, Order};
use filemap_bridge::{Remote, event, mutex};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

/// `ERROR_FILE_NOT_FOUND`.
const NOT_FOUND: u32 = 2;

/// Everything that is shared, as long as this lives.
pub(super) struct Shared {
    helper: Remote,
    _mappings: Vec<(FileMapping, Option<View>)>,
    mirrors: Vec<(String, JoinHandle<Result<(), Failed>>)>,
    stop: Arc<AtomicBool>,
}

/// A call in the prefix failed.
fn in_prefix(name: &str, e: &Failed) -> Failure {
    let code = Win32Code(e.code);
    let text = format!("in the prefix: {}", e.text);
    Failure::Call(Error::new(OP, name, Why::System { code, text }))
}

impl Shared {
    pub(super) fn share(
        world: &World,
        space: &Namespace,
        wanted: &Profile,
        size: Option<u64>,
    ) -> Result<Shared, Failure> {
        let helper = Remote::start(&mut world.command())
            .map_err(|e| wrong("", format!("Wine can't be started: {e}")))?;
        let mut shared = Shared {
            helper,
            _mappings: Vec::new(),
            mirrors: Vec::new(),
            stop: Arc::new(AtomicBool::new(false)),
        };
        for map in &wanted.map {
            shared.map(space, map, size)?;
        }
        for (id, event) in wanted.event.iter().enumerate() {
            shared.event(space, &event.name, event.manual, id)?;
        }
        for (id, mutex) in wanted.mutex.iter().enumerate() {
            shared.mutex(space, &mutex.name, id)?;
        }
        Ok(shared)
    }

    fn map(&mut self, space: &Namespace, map: &Map, size: Option<u64>) -> Result<(), Failure> {
        let name = &map.name;
        let size = size.or(map.size);
        let here = FileMapping::options().namespace(space).open(name);
        let there = self.helper.ask(&Order::Adopt { name: name.clone() });
        let (mapping, view, whose) = match (here, there) {
            (Err(e), Ok(Answer::Section { size: len, address })) if e.code().0 == NOT_FOUND => {
                too_small(name, size, len, "in the prefix")?;
                let (mapping, view) = self.adopt(space, name, len, address)?;
                (mapping, Some(view), "the prefix's")
            }
            (Ok(mapping), Err(e)) if e.code == NOT_FOUND => {
                too_small(name, size, mapping.len(), "on Linux")?;
                self.export(space, name, &mapping)?;
                (mapping, None, "the Linux object's")
            }
            (Err(here), Err(there)) if here.code().0 == NOT_FOUND && there.code == NOT_FOUND => {
                let size = size.ok_or_else(|| {
                    wrong(name, "it exists on neither side, so it needs --size; or start the program first, then its size is found out")
                })?;
                let mapping = FileMapping::options()
                    .namespace(space)
                    .size(size)
                    .create_new(name)?;
                self.export(space, name, &mapping)?;
                (mapping, None, "new")
            }
            // A bridge before this one was killed, and programs of both sides have gone on.
            (Ok(mapping), Ok(Answer::Section { address, .. })) if self.is_one(&mapping, address) => {
                too_small(name, size, mapping.len(), "of both sides")?;
                (mapping, None, "still")
            }
            (Ok(_), Ok(_)) => {
                let what = "both sides have an object of this name already, and two memories can't become one; end one of the programs, start the bridge, then start it again";
                return Err(wrong(name, what));
            }
            (Err(e), _) if e.code().0 != NOT_FOUND => return Err(e.into()),
            (_, Err(e)) => return Err(taken(name, &e)),
            (_, Ok(_)) => {
                return Err(wrong(
                    name,
                    "the helper answered nonsense; is it of the same version?",
                ));
            }
        };
        let shown = Escaped(name).to_string();
        say(&format!(
            "{shown} is one memory in both worlds: {whose}, {} bytes",
            mapping.len()
        ));
        self._mappings.push((mapping, view));
        Ok(())
    }

    /// The Linux object's file becomes a section in the prefix.
    fn export(&self, space: &Namespace, name: &str, mapping: &FileMapping) -> Result<(), Failure> {
        let (directory, leaf) = space.place_of(name)?;
        let objects = list::list(space)?.objects;
        let object = objects
            .into_iter()
            .find(|o| o.directory == directory && o.name == leaf);
        let object = object.ok_or_else(|| wrong(name, "the object has gone meanwhile"))?;
        let path = match object.file {
            Some(file) => file, // a mapping of a file is one there, too
            None => std::path::absolute(&object.path).unwrap_or(object.path),
        };
        let order = Order::Map {
            name: name.to_owned(),
            file: World::path_in_prefix(&path),
            size: mapping.len(),
        };
        match self.helper.ask(&order) {
            Ok(_) => Ok(()),
            Err(e) => Err(taken(name, &e)),
        }
    }

    /// The helper's process, readable when it has ended.
    pub(super) fn helper(&self) -> Option<OwnedFd> {
        let pid = i32::try_from(self.helper.id()).ok().and_then(Pid::from_raw)?;
        pidfd_open(pid, PidfdFlags::empty()).ok()
    }

    /// Whether what the helper has mapped at an address is the memory of a Linux object.
    fn is_one(&self, mapping: &FileMapping, address: u64) -> bool {
        let identity = |file: &File| file.metadata().map(|meta| (meta.dev(), meta.ino())).ok();
        let here = mapping
            .data_descriptor()
            .try_clone_to_owned()
            .map(File::from)
            .ok();
        let here = here.as_ref().and_then(identity);
        let there = self.memory_at(address).as_ref().and_then(identity);
        here.is_some() && here == there
    }

    /// The memory of a section in the prefix becomes a Linux object.
    fn adopt(
        &self,
        space: &Namespace,
        name: &str,
        len: u64,
        address: u64,
    ) -> Result<(FileMapping, View), Failure> {
        let file = self.memory_at(address).ok_or_else(|| {
            wrong(name, "its memory is not found in /proc; may this user look into the prefix's processes (kernel.yama.ptrace_scope, another user's prefix)?")
        })?;
        let mapping = FileMapping::options()
            .namespace(space)
            .file(&file)
            .size(len)
            .create_new(name)?;
        let view = mapping.map()?;
        Ok((mapping, view))
    }

    /// The file that the helper has mapped at an address. What was started may be a script; then the helper is another
    /// process, which is known by its command line.
    fn memory_at(&self, address: u64) -> Option<File> {
        let named = |pid: &u32| foreign::command_line(*pid).contains("filemap-bridge-helper");
        let others = foreign::processes().into_iter().filter(named);
        std::iter::once(self.helper.id()).chain(others).find_map(|pid| {
            let mappings = foreign::shared_mappings(pid).ok()?;
            let mapped = mappings.iter().find(|m| m.start == address && m.offset == 0)?;
            foreign::open(pid, mapped).ok()
        })
    }

    fn event(&mut self, space: &Namespace, name: &str, manual: bool, id: usize) -> Result<(), Failure> {
        let order = |manual| Order::Event {
            id,
            name: name.to_owned(),
            manual,
        };
        let options = || Event::options().namespace(space);
        let create = |manual| {
            let reset = if manual { Reset::Manual } else { Reset::Auto };
            options().reset(reset).create(name)
        };
        // Whoever has it already says what kind it is.
        let here = match options().open(name) {
            Ok(event) => Some(event),
            Err(e) if e.code().0 == NOT_FOUND => None,
            Err(e) => return Err(e.into()),
        };
        let wanted = here
            .as_ref()
            .map_or(manual, |event| event.reset_kind() == Reset::Manual);
        let there = self.helper.ask(&order(wanted)).map_err(|e| taken(name, &e))?;
        let Answer::Event { manual, .. } = there else {
            return Err(wrong(
                name,
                "the helper answered nonsense; is it of the same version?",
            ));
        };
        let here = match here {
            Some(_) if manual != wanted => {
                let what = "the events of both sides have different kinds (auto and manual reset), so they can't be one";
                return Err(wrong(name, what));
            }
            Some(event) => event,
            None => create(manual)?,
        };
        let (helper, stop) = (self.helper.clone(), Arc::clone(&self.stop));
        let mirror = std::thread::spawn(move || event::mirror(Arc::new(here), &helper, id, manual, &stop));
        self.mirrors.push((name.to_owned(), mirror));
        say(&format!("{} is one event in both worlds", Escaped(name)));
        Ok(())
    }

    fn mutex(&mut self, space: &Namespace, name: &str, id: usize) -> Result<(), Failure> {
        let order = Order::Mutex {
            id,
            name: name.to_owned(),
        };
        self.helper.ask(&order).map_err(|e| taken(name, &e))?;
        let here = Arc::new(Mutex::options().namespace(space).create(name)?);
        let (helper, stop) = (self.helper.clone(), Arc::clone(&self.stop));
        let mirror = std::thread::spawn(move || mutex::mirror(&here, &helper, id, &stop));
        self.mirrors.push((name.to_owned(), mirror));
        say(&format!("{} is one mutex in both worlds", Escaped(name)));
        Ok(())
    }

    /// Lets everything go; what failed meanwhile is told.
    pub(super) fn end(self, helper_has_ended: bool) -> Result<(), Failure> {
        let helper_was_there = !helper_has_ended && !self.helper.has_ended();
        self.stop.store(true, Ordering::Release);
        let mut failed = None;
        for (name, mirror) in self.mirrors {
            match mirror.join() {
                Ok(Ok(())) => {}
                Ok(Err(e)) if helper_was_there => failed = Some(in_prefix(&name, &e)),
                Ok(Err(_)) => {}
                Err(_) => failed = Some(wrong(&name, "its mirror has failed")),
            }
        }
        self.helper.end();
        match (failed, helper_was_there) {
            (Some(e), _) => Err(e),
            (None, false) => Err(wrong(
                "",
                "the helper in the prefix has ended before its time: the prefix was shut down, or somebody ended it",
            )),
            (None, true) => Ok(()),
        }
    }
}

/// A size that was asked for and an object that is smaller don't go together.
fn too_small(name: &str, wanted: Option<u64>, has: u64, whose: &str) -> Result<(), Failure> {
    match wanted {
        Some(wanted) if wanted.next_multiple_of(4096) > has.next_multiple_of(4096) => Err(wrong(
            name,
            format!(
                "the object {whose} has {has} bytes, {wanted} were asked for: a program that maps so much would be refused; leave --size out to share what there is, or start the bridge first"
            ),
        )),
        _ => Ok(()),
    }
}

/// The helper could not make an object.
fn taken(name: &str, e: &Failed) -> Failure {
    match e.code {
        6 => wrong(
            name,
            "another kind of object has this name in the prefix; take another name, or end the program that has it",
        ),
        183 => wrong(
            name,
            "the name was taken inside the prefix meanwhile; start the bridge before the program, or after it",
        ),
        109 => wrong(
            name,
            "the helper has ended: does Wine run in this prefix at all? Try `wine wineboot` with the same WINEPREFIX",
        ),
        _ => in_prefix(name, e),
    }
}
