//! An open object: its file, its lock, what its footer says. All kinds of object are one of these.
//!
//! A handle is a locked description (`file`). Views are mapped through `data`, which is the same description for an
//! ordinary handle, a second, unlocked one for an inheritable handle, and the disk file for an object that has one. So the
//! name goes with the last handle (O-40), and the memory stays as long as any view (O-41).

mod descriptor;
mod footer;

pub(crate) use footer::{Found, footer_at, footer_of, plain_footer_at};
use footer::{NoFooter, footer_for};

use crate::namespace::{Namespace, OpenDirectory, Place};
use crate::refusal;
use crate::security::{self, AccessMask, GiveAway, SecurityDescriptor};
use filemap_core::access::{FileMapAccess, Page, SectionFlags};
use filemap_core::error::{Error, Op, Why};
use filemap_core::kind::Kind;
use filemap_core::layout::{BackingFile, Creator, Footer};
use filemap_core::lifecycle::{Create, First, Outcome};
use filemap_core::name::{Directory, ObjectName};
use filemap_core::plain;
use filemap_core::profile::{Backslash, Security};
use filemap_core::section::PAGE;
use filemap_core::security::TypeRights;
use filemap_sys::SysError;
use filemap_sys::os::names::{self, Form, Refusal};
use filemap_sys::os::tmpfs::{self, Facts, OpenFor};
use filemap_sys::os::{exit, file, fork, map, ofd_lock, process};
use std::ffi::CString;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// Mode of an object file: its owner reads and writes.
const MODE: u32 = 0o600;
/// Mode of an object file on platforms without security (P-60): everybody reads and writes.
const OPEN_MODE: u32 = 0o666;
/// How many bytes are copied at once when an object begins as a copy of a file.
const COPY_CHUNK: u64 = 1 << 20;
/// From this many bytes of memory on, look first whether the name exists before taking them.
pub(crate) const EXPENSIVE: u64 = 1 << 20;

/// An open object: a handle, or a part of one.
#[derive(Debug)]
pub(crate) struct Object {
    /// The description whose lock is the handle; `None` for an unnamed object, which nobody can look up.
    handle: Option<NamedHandle>,
    /// The description that views are mapped through.
    data: Arc<OwnedFd>,
    access: OpenFor,
    footer: Arc<Footer>,
    full_name: Arc<str>,
    /// Rights that were granted when it was opened; those of O-7 when it was created.
    granted: AccessMask,
    /// Who opened it; `None` if it came from another process.
    caller: Option<Namespace>,
    /// The descriptor of an unnamed object after a change, for all handles of this process.
    changed: Option<Arc<Mutex<Vec<u8>>>>,
}

/// Something to do to the finished file of a new object before anybody can see it.
pub(crate) type Before<'a> = Option<&'a dyn Fn(&OwnedFd) -> Result<(), Error>>;

/// What an opener asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    /// How the file must be opened for the rights.
    pub(crate) access: OpenFor,
    /// The rights, generic ones spelt out; with MAXIMUM_ALLOWED, whatever is granted.
    pub(crate) rights: AccessMask,
}

impl Asked {
    /// Whether the caller takes what he gets.
    fn maximum(self) -> bool {
        self.rights.contains(AccessMask::MAXIMUM_ALLOWED)
    }
}

#[derive(Debug)]
struct NamedHandle {
    file: Arc<OwnedFd>,
    /// Where the name is; `None` if a process that may not look there was given the handle by another.
    place: Option<(Arc<OpenDirectory>, CString)>,
    /// Made by this handle, so that its lock is its creator's.
    created: bool,
    /// Children inherit the description, so its lock is not ours alone to drop.
    inheritable: bool,
    /// The process that may drop the lock: not a forked child of it.
    generation: u32,
    /// Device and inode number of the file, if they were told on the way.
    identity: Option<(u64, u64)>,
}

/// What to create.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) footer: Footer,
    /// Take all the memory now (SEC_COMMIT).
    pub(crate) commit: bool,
    /// The disk file that holds the data.
    pub(crate) disk: Option<OwnedFd>,
    /// Bytes to start with; the rest is zero.
    pub(crate) contents: Option<Vec<u8>>,
    /// The disk file whose bytes the object begins with, for copy-on-write objects that processes share (V-43).
    pub(crate) copy_of: Option<OwnedFd>,
    /// The whole descriptor, if the creator gave one; the footer has it too.
    pub(crate) given: Option<SecurityDescriptor>,
}

impl Draft {
    /// The length of its file if it is to be a plain object at this place: all zeroes, and nothing that needs a footer.
    fn plain_len(&self, place: &Place<'_>) -> Option<u64> {
        if self.given.is_some()
            || self.contents.is_some()
            || self.copy_of.is_some()
            || place.private.is_some()
        {
            return None;
        }
        match ObjectName::is_hash(place.file_name.as_bytes()) {
            true => None, // the name itself stands in the footer
            false => plain::file_len(&self.footer, place.directory),
        }
    }
}

impl Object {
    /// Creates the object, or opens the one of the same kind that has the name; true if it was created. `before` sees the
    /// finished file when nobody else can.
    pub(crate) fn create(
        space: &Namespace,
        op: Op,
        name: &str,
        place: &Place<'_>,
        asked: Asked,
        mut draft: Draft,
        before: Before<'_>,
    ) -> Result<(Object, bool), Error> {
        let failed = |why| Error::new(op, name, why);
        let kind = draft.footer.kind;
        let access = asked.access;
        if place.is_global() && kind == Kind::FileMapping && !space.may_create_global() {
            // The privilege is needed to create, not to open what exists (N-43, and last in M-50).
            return match Object::open(space, op, name, place, kind, asked) {
                Err(e) if *e.why() == Why::NameNotFound => {
                    Err(failed(Why::GlobalCreation).with_note(space.how_to_create_global()))
                }
                other => other.map(|object| (object, false)),
            };
        }
        let make = is_open_to(space, place.directory);
        let mut patience = 3;
        let failed_before = std::cell::RefCell::new(None);
        let (opened, created, directory) = loop {
            let Some(directory) = space.directory_of(op, name, place, make)? else {
                return Err(space.no_such_session(op, name, place.directory));
            };
            draft.footer.creator.session = space.session();
            let plain_len = draft.plain_len(place).filter(|_| before.is_none());
            // A plain object is made under its name; what needs a footer, without one. And what takes much memory, only
            // after a look whether the name is free; then it is all the same.
            let first = match plain_len {
                _ if draft.commit && draft.footer.data_len >= EXPENSIVE => First::Open,
                Some(_) => First::Claim,
                None => First::Prepare,
            };
            let give_away = GiveAway::of(kind, place.directory, place.private.is_some());
            let fill = |file: &OwnedFd, form: Form| {
                match (form, plain_len) {
                    (Form::Plain, Some(len)) => prepare_plain(file, &draft, len)?,
                    _ => {
                        let footer = Footer {
                            name: name.as_bytes().to_vec(),
                            creator: creator(space.session()),
                            ..draft.footer.clone()
                        };
                        prepare(file, &draft, &footer.to_bytes(), give_away)?;
                    }
                }
                if let Some(before) = before
                    && let Err(e) = before(file)
                {
                    *failed_before.borrow_mut() = Some(e);
                    return Err(SysError {
                        call: "prepare",
                        errno: libc::ECANCELED,
                    });
                }
                Ok(())
            };
            let made = names::create(
                directory.file(),
                &place.file_name,
                access,
                MODE,
                Create::new(first),
                fill,
            );
            match made {
                Ok((opened, created)) => break (opened, created, directory),
                Err(Refusal::System(e)) if e.errno == libc::EMFILE && process::raise_descriptor_limit() => {}
                // The directory itself was removed under us: make it anew.
                Err(Refusal::System(e))
                    if e.errno == libc::ENOENT
                        && patience > 0
                        && place.private.is_none()
                        && space.forget_if_removed(place.directory) =>
                {
                    patience -= 1;
                }
                Err(refused) => {
                    if let Some(e) = failed_before.take() {
                        return Err(e);
                    }
                    return Err(refusal_of(
                        op,
                        name,
                        refused,
                        &directory,
                        &place.file_name,
                        &draft,
                    ));
                }
            }
        };
        let handle = NamedHandle::new(opened.file, directory, place, created, opened.facts.as_ref());
        let object = match created {
            true => {
                let data = match draft.disk {
                    Some(disk) => Arc::new(disk),
                    None => Arc::clone(&handle.file),
                };
                // What was opened to create it may write, whatever the handle may do later.
                let access = OpenFor::Writing;
                Object {
                    handle: Some(handle),
                    data,
                    access,
                    footer: Arc::new(draft.footer),
                    full_name: name.into(),
                    granted: asked.rights,
                    caller: Some(space.clone()),
                    changed: None,
                }
            }
            false => Object::of_existing(space, op, name, handle, opened.facts, kind, asked, place)?,
        };
        Ok((object, created))
    }

    /// Opens the object of a name and a kind.
    pub(crate) fn open(
        space: &Namespace,
        op: Op,
        name: &str,
        place: &Place<'_>,
        kind: Kind,
        mut asked: Asked,
    ) -> Result<Object, Error> {
        let mut patience = 3;
        loop {
            let Some(directory) = space.directory_of(op, name, place, false)? else {
                return Err(match is_open_to(space, place.directory) {
                    true => Error::new(op, name, Why::NameNotFound),
                    false => space.no_such_session(op, name, place.directory),
                });
            };
            match names::open(directory.file(), &place.file_name, asked.access) {
                Ok(opened) => {
                    let handle =
                        NamedHandle::new(opened.file, directory, place, false, opened.facts.as_ref());
                    return Object::of_existing(space, op, name, handle, opened.facts, kind, asked, place);
                }
                // Whoever takes what he gets may still read.
                Err(Refusal::Outcome(Outcome::Denied))
                    if asked.maximum() && asked.access == OpenFor::Writing =>
                {
                    asked.access = OpenFor::Reading;
                }
                Err(Refusal::System(e)) if e.errno == libc::EMFILE && process::raise_descriptor_limit() => {}
                Err(Refusal::Outcome(Outcome::NotFound))
                    if patience > 0
                        && place.private.is_none()
                        && space.forget_if_removed(place.directory) =>
                {
                    patience -= 1;
                }
                Err(refused) => {
                    let (what, dir) = (&place.file_name, &directory);
                    let nothing = Draft {
                        footer: Footer::new(kind, 0),
                        commit: false,
                        disk: None,
                        contents: None,
                        copy_of: None,
                        given: None,
                    };
                    return Err(refusal_of(op, name, refused, dir, what, &nothing));
                }
            }
        }
    }

    /// An object without a name: reached by inheritance, duplication and views only.
    pub(crate) fn unnamed(
        space: &Namespace,
        op: Op,
        rights: AccessMask,
        draft: Draft,
        before: Before<'_>,
    ) -> Result<Object, Error> {
        let footer = Arc::new(Footer {
            creator: creator(0),
            ..draft.footer.clone()
        });
        let (data, access) = match &draft.disk {
            Some(disk) => (tmpfs::duplicate(disk.as_fd()), OpenFor::Writing),
            None => (anonymous(&draft), OpenFor::Writing),
        };
        let data = data.map_err(|e| shortage(op, "", e, &draft, "the memory of this system"))?;
        if let Some(before) = before {
            before(&data)?;
        }
        Ok(Object {
            handle: None,
            data: Arc::new(data),
            access,
            changed: Some(Arc::new(Mutex::new(footer.descriptor.clone()))),
            footer,
            full_name: "".into(),
            granted: rights,
            caller: Some(space.clone()),
        })
    }

    /// An object whose file came from elsewhere: a socket, a parent.
    pub(crate) fn from_parts(
        handle: Option<OwnedFd>,
        place: Option<(Arc<OpenDirectory>, CString)>,
        data: OwnedFd,
        access: OpenFor,
        footer: Footer,
        full_name: &str,
        inheritable: bool,
    ) -> Object {
        let data = Arc::new(data);
        let changed = handle
            .is_none()
            .then(|| Arc::new(Mutex::new(footer.descriptor.clone())));
        let handle = handle.map(|file| NamedHandle {
            file: Arc::new(file),
            place,
            created: false,
            inheritable,
            generation: fork::generation(),
            identity: None,
        });
        Object {
            handle,
            data,
            access,
            footer: Arc::new(footer),
            full_name: full_name.into(),
            granted: AccessMask::NONE,
            caller: None,
            changed,
        }
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "what create and open know by then, used once in each"
    )]
    fn of_existing(
        space: &Namespace,
        op: Op,
        name: &str,
        handle: NamedHandle,
        facts: Option<Facts>,
        kind: Kind,
        Asked { access, rights }: Asked,
        place: &Place<'_>,
    ) -> Result<Object, Error> {
        let failed = |why| Error::new(op, name, why);
        let in_shared = handle
            .place
            .as_ref()
            .is_some_and(|(directory, _)| directory.is_shared());
        // From here on an error closes the handle as any other.
        let mut guard = Closing(Some(handle));
        let file = guard.file();
        let facts = match facts {
            Some(facts) => facts,
            None => Facts::of(file.as_fd()).map_err(|e| refusal::system(op, name, e))?,
        };
        let owner = facts.uid;
        let footer = footer_for(&file, &facts, place.directory).map_err(|e| match e {
            NoFooter::System(e) => refusal::system(op, name, e),
            NoFooter::Not(why) => failed(why),
        })?;
        if footer.kind != kind {
            return Err(failed(Why::NameHeldBy {
                kind: footer.kind.article_name(),
            }));
        }
        if place.is_global() && in_shared && kind == Kind::FileMapping {
            security::check_global_owner(op, name, space, owner)?;
        }
        let granted = security::check(op, name, space, &footer, owner, rights)?;
        let data = match &footer.file {
            Some(backing) if footer.data_in_file() => {
                // A handle may have more rights than the object's views can use (V-12).
                let access = match footer.protect.allows().write {
                    true => access,
                    false => OpenFor::Reading,
                };
                Arc::new(open_backing(backing, &footer.creator, access).map_err(failed)?)
            }
            _ => Arc::clone(&file),
        };
        Ok(Object {
            handle: guard.0.take(),
            data,
            access,
            footer: Arc::new(footer),
            full_name: name.into(),
            granted,
            caller: Some(space.clone()),
            changed: None,
        })
    }

    pub(crate) fn footer(&self) -> &Arc<Footer> {
        &self.footer
    }

    pub(crate) fn full_name(&self) -> &Arc<str> {
        &self.full_name
    }

    /// The description to map views through.
    pub(crate) fn data(&self) -> &Arc<OwnedFd> {
        &self.data
    }

    pub(crate) fn access(&self) -> OpenFor {
        self.access
    }

    pub(crate) fn is_inheritable(&self) -> bool {
        self.handle.as_ref().is_some_and(|h| h.inheritable)
    }

    /// The directory and file name of a named object.
    pub(crate) fn place(&self) -> Option<(&Arc<OpenDirectory>, &CString)> {
        self.handle
            .as_ref()
            .and_then(|h| h.place.as_ref())
            .map(|(directory, name)| (directory, name))
    }

    /// A handle to the same object with a description, and so a lock, of its own.
    pub(crate) fn with_own_description(
        &self,
        op: Op,
        access: OpenFor,
        inheritable: bool,
    ) -> Result<Object, Error> {
        let failed = |e| refusal::system(op, &self.full_name, e);
        let second = |file: &OwnedFd, access| tmpfs::reopen(file.as_fd(), access);
        let (handle, file_data) = match &self.handle {
            None => (None, None),
            Some(h) => {
                let file = second(&h.file, access).map_err(failed)?;
                // This handle holds the object all the time, so the new lock can't meet an exclusive one.
                if !ofd_lock::set(file.as_fd(), ofd_lock::LIVE_BYTE, ofd_lock::Lock::Shared)
                    .map_err(failed)?
                {
                    return Err(Error::new(op, &*self.full_name, Why::NameBusy));
                }
                let file = Arc::new(file);
                let data = match inheritable {
                    true => Arc::new(second(&h.file, access).map_err(failed)?),
                    false => Arc::clone(&file),
                };
                let handle = NamedHandle {
                    file,
                    place: h.place.clone(),
                    created: false,
                    inheritable,
                    generation: fork::generation(),
                    identity: h.identity,
                };
                (Some(handle), Some(data))
            }
        };
        let data = match (self.footer.data_in_file(), file_data) {
            (false, Some(data)) => data,
            (true, _) => Arc::new(file::section_description(self.data.as_fd(), access).map_err(failed)?),
            (false, None) => Arc::new(match second(&self.data, access) {
                // Whoever was given a handle may pass the same on, also if the descriptor would not let him open it. The
                // description of an unnamed object has no lock, so it can be shared.
                Err(e) if e.errno == libc::EACCES && access == self.access => {
                    tmpfs::duplicate(self.data.as_fd()).map_err(failed)?
                }
                other => other.map_err(failed)?,
            }),
        };
        let (footer, full_name) = (Arc::clone(&self.footer), Arc::clone(&self.full_name));
        Ok(Object {
            handle,
            data,
            access,
            footer,
            full_name,
            granted: self.granted,
            caller: self.caller.clone(),
            changed: self.changed.clone(),
        })
    }

    /// Notes the rights of the handle for those who look at this process from outside, unless they are the usual ones.
    pub(crate) fn note_rights(&self, rights: AccessMask) {
        if let Some(handle) = &self.handle
            && usual_rights(self.footer.kind, self.access, handle.created) != rights
        {
            tmpfs::note_rights(handle.file.as_fd(), rights.0);
        }
    }

    /// The descriptors that a child or another process needs: the locked file (if named) and the data (if elsewhere).
    pub(crate) fn descriptors(&self) -> (Option<&Arc<OwnedFd>>, &Arc<OwnedFd>) {
        (self.handle.as_ref().map(|h| &h.file), &self.data)
    }

    /// Closes the handle; what [`Drop`] does, with its errors.
    pub(crate) fn close(mut self) -> Result<(), Error> {
        let name = Arc::clone(&self.full_name);
        match self.handle.take() {
            None => Ok(()),
            Some(handle) => handle
                .close()
                .map_err(|e| refusal::system(Op::CloseHandle, &name, e)),
        }
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        if let Some(handle) = self.handle.take() {
            // Nobody can be told; what remains is a dead entry, which the next comer takes away.
            let _ = handle.close();
        }
    }
}

/// The rights of a handle that notes none: those that an open asks for if nobody says otherwise, or those of a creator (O-7).
pub(crate) fn usual_rights(kind: Kind, access: OpenFor, creator: bool) -> AccessMask {
    match (kind, access) {
        (Kind::FileMapping, OpenFor::Writing) if creator => {
            AccessMask(FileMapAccess::of_creation(Page::READWRITE).bits())
        }
        (Kind::FileMapping, OpenFor::Reading) => AccessMask(FileMapAccess::READ.bits()),
        (Kind::FileMapping, OpenFor::Writing) => {
            AccessMask(FileMapAccess::READ.bits() | FileMapAccess::WRITE.bits())
        }
        (kind, _) => TypeRights::of(kind).all_access,
    }
}

/// Whether a directory is there for a caller of this name space, even if nobody has made it yet: only other sessions'
/// directories are somebody else's matter.
fn is_open_to(space: &Namespace, directory: Directory) -> bool {
    match directory {
        Directory::Global | Directory::OfKind(_) => true,
        Directory::Session(n) => n == space.session(),
    }
}

/// Closes a handle that the program has left open, at its orderly end.
fn close_at_exit(path: &std::path::Path, file: std::os::fd::BorrowedFd<'_>) {
    if let Ok(copy) = file.try_clone_to_owned()
        && let Some((directory, name)) = place_of(&copy, path)
    {
        let _ = names::close(directory.file(), &name, file, None, false);
    }
}

/// The last component of the name as the creator gave it.
pub(crate) fn leaf(footer: &Footer) -> &[u8] {
    match footer.profile().backslash_in_name.is {
        Backslash::Ordinary => &footer.name,
        _ => footer.name.rsplit(|b| *b == b'\\').next().unwrap_or_default(),
    }
}

/// The directory and file name of an open object's file, if this process may look there and finds that very file.
/// `path` is what /proc says of it: the directory is right, but of a file that was made without a name the last component
/// is none, so that comes from the footer.
pub(crate) fn place_of(file: &OwnedFd, path: &std::path::Path) -> Option<(OpenDirectory, CString)> {
    let footer = footer_of(file).ok()?;
    let leaf = ObjectName::from_wtf8(leaf(&footer), footer.profile())?;
    let file_name = CString::new(leaf.to_file_name().as_ref()).ok()?;
    let directory = OpenDirectory::at(path.parent()?)?;
    let named = tmpfs::stat_name(directory.file(), &file_name).ok()?;
    let own = tmpfs::stat(file.as_fd()).ok()?;
    ((named.st_dev, named.st_ino) == (own.st_dev, own.st_ino)).then_some((directory, file_name))
}

impl NamedHandle {
    fn new(
        file: OwnedFd,
        directory: Arc<OpenDirectory>,
        place: &Place<'_>,
        created: bool,
        facts: Option<&Facts>,
    ) -> NamedHandle {
        exit::at_exit(close_at_exit);
        NamedHandle {
            file: Arc::new(file),
            place: Some((directory, place.file_name.clone())),
            created,
            inheritable: false,
            generation: fork::generation(),
            identity: facts.map(Facts::identity),
        }
    }

    fn close(self) -> Result<(), SysError> {
        if self.generation != fork::generation() {
            return Ok(()); // a forked child: the lock is its parent's
        }
        if self.inheritable {
            // A lock that children share is never dropped by hand: it goes with the last copy of the description.
            drop(self.file);
            return match self.place {
                Some((directory, file_name)) => names::sweep(directory.file(), &file_name).map(|_| ()),
                None => Ok(()),
            };
        }
        let Some((directory, file_name)) = self.place else {
            return ofd_lock::set(self.file.as_fd(), ofd_lock::LIVE_BYTE, ofd_lock::Lock::Unlocked)
                .map(|_| ());
        };
        names::close(
            directory.file(),
            &file_name,
            self.file.as_fd(),
            self.identity,
            self.created,
        )
        .map(|_| ())
    }
}

/// A handle that is closed unless somebody takes it.
struct Closing(Option<NamedHandle>);

impl Closing {
    fn file(&self) -> Arc<OwnedFd> {
        let handle = self.0.as_ref().expect("it is taken in the end only");
        Arc::clone(&handle.file)
    }
}

impl Drop for Closing {
    fn drop(&mut self) {
        if let Some(handle) = self.0.take() {
            let _ = handle.close(); // as in `Object`
        }
    }
}

/// Makes a new file the finished file of a draft that is a plain object: its length says all.
fn prepare_plain(file: &OwnedFd, draft: &Draft, len: u64) -> Result<(), SysError> {
    if !umask_lets_owner_in(file) {
        tmpfs::set_mode(file.as_fd(), MODE | tmpfs::PLAIN)?;
    }
    match draft.commit {
        true if len <= tmpfs::ZEROES as u64 => tmpfs::write_small(file.as_fd(), &[], len as usize, &[]),
        true => fill(file, draft),
        false => tmpfs::set_len(file.as_fd(), len),
    }
}

/// Makes a new file the finished file of a draft, with this footer.
fn prepare(file: &OwnedFd, draft: &Draft, footer: &[u8], give_away: GiveAway) -> Result<(), SysError> {
    if draft.footer.profile().security.is != Security::Enforced {
        tmpfs::set_mode(file.as_fd(), OPEN_MODE)?;
    } else if !umask_lets_owner_in(file) {
        tmpfs::set_mode(file.as_fd(), MODE)?;
    }
    let data_len = draft.footer.data_len;
    if draft.commit && draft.copy_of.is_none() && data_len > 0 && data_len <= tmpfs::ZEROES as u64 {
        // Writing takes the memory as well as fallocate(2) does, and one call less.
        let contents = draft.contents.as_deref().unwrap_or_default();
        tmpfs::write_small(file.as_fd(), contents, data_len as usize, footer)?;
    } else {
        fill(file, draft)?;
        tmpfs::write_at(file.as_fd(), footer, draft.footer.offset())?;
    }
    if let Some(sd) = &draft.given {
        // Before the file has a name: nobody can open it with other permissions.
        security::apply(file.as_fd(), sd, draft.footer.kind, give_away)?;
    }
    Ok(())
}

fn fill(file: &OwnedFd, draft: &Draft) -> Result<(), SysError> {
    let len = draft.footer.data_len;
    if draft.commit && len > 0 {
        if len >= EXPENSIVE && (free_memory(file)? < len) {
            // Not even for a moment take from others what can't be had in the end.
            return Err(SysError {
                call: "fallocate",
                errno: libc::ENOSPC,
            });
        }
        if draft.footer.sections.contains(SectionFlags::LARGE_PAGES) {
            tmpfs::set_len(file.as_fd(), len.max(tmpfs::stat(file.as_fd())?.st_size as u64))?;
            map::populate_large(file.as_fd(), len, crate::LARGE_PAGE as usize);
        }
        tmpfs::allocate(file.as_fd(), 0, len)?;
    }
    if let Some(source) = &draft.copy_of {
        copy(source, file, draft.footer.size)?;
    }
    match &draft.contents {
        Some(contents) => tmpfs::write_at(file.as_fd(), contents, 0),
        None => Ok(()),
    }
}

/// Copies the first `len` bytes of a file; what is past its end stays zero.
fn copy(from: &OwnedFd, to: &OwnedFd, len: u64) -> Result<(), SysError> {
    let mut bytes = vec![0; COPY_CHUNK.min(len) as usize];
    let mut at = 0;
    while at < len {
        let part = (len - at).min(COPY_CHUNK) as usize;
        let got = tmpfs::read_at(from.as_fd(), &mut bytes[..part], at)?;
        if got == 0 {
            break;
        }
        tmpfs::write_at(to.as_fd(), &bytes[..got], at)?;
        at += got as u64;
    }
    Ok(())
}

/// What the file's file system and the machine can still give, in bytes.
pub(crate) fn free_memory(file: &OwnedFd) -> Result<u64, SysError> {
    let machine = process::available_memory().unwrap_or(u64::MAX);
    Ok(tmpfs::free_bytes(file.as_fd())?.min(machine))
}

/// The memory of an unnamed object: sealed, so that nobody can cut it.
fn anonymous(draft: &Draft) -> Result<OwnedFd, SysError> {
    let file = tmpfs::anonymous_file(c"filemap")?;
    // Everybody may open a memfd anew by /proc/PID/fd of who was given it, if its mode lets him, and by birth it does.
    match &draft.given {
        Some(sd) => security::apply(file.as_fd(), sd, draft.footer.kind, GiveAway::Anybody)?,
        None if draft.footer.profile().security.is == Security::Enforced => {
            tmpfs::set_mode(file.as_fd(), MODE)?;
        }
        None => tmpfs::set_mode(file.as_fd(), OPEN_MODE)?,
    }
    tmpfs::set_len(file.as_fd(), draft.footer.data_len + draft.footer.bitmap_len)?;
    fill(&file, draft)?;
    tmpfs::seal(file.as_fd())?;
    Ok(file)
}

/// Whether a file made with [`MODE`] really has it: asked once, for umasks are set once.
fn umask_lets_owner_in(file: &OwnedFd) -> bool {
    static LETS_IN: AtomicBool = AtomicBool::new(false);
    if LETS_IN.load(Ordering::Relaxed) {
        return true;
    }
    let good = tmpfs::stat(file.as_fd()).is_ok_and(|s| s.st_mode & 0o777 == MODE);
    LETS_IN.store(good, Ordering::Relaxed);
    good
}

fn creator(session: u32) -> Creator {
    Creator {
        pid: process::id(),
        uid: process::effective_user(),
        start: process::own_start_time(),
        created: process::now(),
        session,
    }
}

/// What a footer says of a disk file.
pub(crate) fn backing_file(disk: &OwnedFd) -> Result<BackingFile, SysError> {
    use std::os::fd::AsRawFd;
    let stat = tmpfs::stat(disk.as_fd())?;
    let path = file::path(disk.as_fd())?;
    Ok(BackingFile {
        path: path.as_os_str().as_bytes().to_vec(),
        dev: stat.st_dev,
        ino: stat.st_ino,
        creator_fd: disk.as_raw_fd() as u32,
    })
}

/// Opens the disk file behind an object: where it was, or through the creator's descriptor if it has moved.
fn open_backing(backing: &BackingFile, creator: &Creator, access: OpenFor) -> Result<OwnedFd, Why> {
    let path = String::from_utf8_lossy(&backing.path).into_owned();
    let through_creator = format!("/proc/{}/fd/{}", creator.pid, backing.creator_fd);
    let creator_lives = creator.start != 0 && process::start_time(creator.pid) == creator.start;
    let mut denied = false;
    for (path, usable) in [
        (&backing.path[..], true),
        (through_creator.as_bytes(), creator_lives),
    ] {
        if !usable {
            continue;
        }
        match file::open_backing(path, backing.dev, backing.ino, access) {
            Ok(Some(file)) => return Ok(file),
            Ok(None) => {}
            Err(e) => denied |= matches!(e.errno, libc::EACCES | libc::EPERM | libc::EROFS),
        }
    }
    match denied {
        true => Err(Why::BackingFileDenied { path }),
        false => Err(Why::BackingFileGone { path }),
    }
}

fn refusal_of(
    op: Op,
    name: &str,
    refused: Refusal,
    directory: &OpenDirectory,
    file_name: &CString,
    draft: &Draft,
) -> Error {
    let failed = |why| Error::new(op, name, why);
    let owner = || tmpfs::stat_name(directory.file(), file_name).map_or(0, |s| s.st_uid);
    let path = || directory.path().display().to_string();
    match refused {
        Refusal::System(e) => {
            let why = match e.errno {
                libc::EACCES | libc::EPERM | libc::EROFS => Why::TreeDenied { path: path() },
                libc::EINVAL | libc::EOPNOTSUPP if matches!(e.call, "open(O_TMPFILE)" | "renameat2") => {
                    Why::TreeUnsuited { path: path() }
                }
                libc::ENOSPC if tmpfs::free_files(directory.file()) == Ok(Some(0)) => {
                    Why::NoFilesLeft { path: path() }
                }
                _ => return shortage(op, name, e, draft, &path()),
            };
            failed(why).with_os(e.into())
        }
        Refusal::Outcome(Outcome::NotFound) => failed(Why::NameNotFound),
        // A dead entry that the caller may not read says neither that it is dead nor that it is there: locks do.
        Refusal::Outcome(Outcome::Denied)
            if tmpfs::stat_name(directory.file(), file_name)
                .is_ok_and(|stat| tmpfs::is_ordinary(&stat) && !ofd_lock::is_listed(&stat)) =>
        {
            failed(match op {
                Op::CreateFileMapping | Op::Create(_) => Why::DeadEntryOfAnother { uid: owner() },
                _ => Why::NameNotFound,
            })
        }
        Refusal::Outcome(Outcome::Denied) => match tmpfs::stat_name(directory.file(), file_name) {
            // Not even looking is allowed, so nobody knows what is there.
            Err(e) if e.errno == libc::EACCES => failed(Why::TreeDenied { path: path() }).with_os(e.into()),
            _ => failed(Why::AccessDenied {
                missing: "that access".to_owned(),
            })
            .with_note(kernel_denied(directory, file_name)),
        },
        Refusal::Outcome(Outcome::CannotReap) => failed(Why::DeadEntryOfAnother { uid: owner() }),
        Refusal::Outcome(Outcome::NotAFile) => {
            let file = directory.path().join(file_name.to_string_lossy().as_ref());
            failed(Why::Damaged {
                what: format!("{} is no object of filemap", file.display()),
            })
        }
        Refusal::Outcome(_) => failed(Why::NameBusy),
    }
}

/// Why the kernel did not open an object's file.
fn kernel_denied(directory: &OpenDirectory, file_name: &CString) -> String {
    let Ok(stat) = tmpfs::stat_name(directory.file(), file_name) else {
        return "the kernel refused to open its file".to_owned();
    };
    let (uid, owner, mode) = (
        stat.st_uid,
        security::user_name(stat.st_uid),
        stat.st_mode & 0o777,
    );
    format!(
        "it belongs to user {uid} ({owner}), its file has mode {mode:o}, and the kernel refused to open it: its DACL does \
         not let this user in"
    )
}

/// The error of a system call that may have run out of memory.
fn shortage(op: Op, name: &str, e: SysError, draft: &Draft, place: &str) -> Error {
    if matches!(e.errno, libc::ENOSPC | libc::EDQUOT | libc::ENOMEM) {
        let wanted = draft.footer.offset() + PAGE;
        let file_system = std::fs::File::open(place)
            .ok()
            .and_then(|d| tmpfs::free_bytes(d.as_fd()).ok());
        let free = file_system
            .unwrap_or(u64::MAX)
            .min(process::available_memory().unwrap_or(u64::MAX));
        let why = Why::CommitmentLimit {
            wanted,
            free,
            place: place.to_owned(),
        };
        return Error::new(op, name, why).with_os(e.into());
    }
    refusal::system(op, name, e)
}
