//! File mapping objects: creating, opening, duplicating; views come from here.

use crate::commit::CommitMap;
use crate::image::{self, LaidOut};
use crate::leaks::Ticket;
use crate::mapped::{self, Arena, Placed, Source};
use crate::namespace::Namespace;
use crate::object::{self, Asked, Draft, EXPENSIVE, Object, free_memory};
use crate::refusal;
use crate::security::{AccessMask, Given, SecurityDescriptor, SecurityInformation};
use crate::sync::{EventOptions, MutexOptions};
use crate::view::{Parts, View};
use crate::words::Inherit;
use filemap_core::access::{FileMapAccess, Page, SectionFlags};
use filemap_core::error::{Error, Op, Why};
use filemap_core::kind::Kind;
use filemap_core::layout::{Footer, bitmap_len};
use filemap_core::name::Directory;
use filemap_core::profile::{
    Argument, EmptyName, NameEnd, Profile, SecondProcess, Security, ViewAddress, WritecopyViews,
};
use filemap_core::section::{self, CreateArguments, Limits, SectionPlan};
use filemap_core::view::{Block, MapArguments, SectionFacts, ViewPlan};
use filemap_sys::SysError;
use filemap_sys::os::placeholder::Placeholder;
use filemap_sys::os::tmpfs::OpenFor;
use filemap_sys::os::{file, map, process, tmpfs};
use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Mutex, PoisonError};

/// A handle to a file mapping object: memory that processes share by name, or a file.
///
/// The *name* goes with the last handle in any process, however its holder ends, SIGKILL included (O-40); the *memory* goes
/// with the last handle and view (O-41). There is no daemon: a handle is a lock that the kernel drops.
///
/// ```
/// # let place = tempfile::tempdir_in("/dev/shm")?;
/// # let space = filemap::Namespace::at(place.path());
/// use filemap::FileMapping;
/// let frames = FileMapping::options().namespace(&space).size(4096).create(r"Local\frames")?;
/// let view = frames.map()?;
/// drop(frames);
/// let gone = FileMapping::options().namespace(&space).open(r"Local\frames").unwrap_err();
/// assert_eq!(gone.code().0, 2); // ERROR_FILE_NOT_FOUND: the name went with the last handle
/// view.write_at(0, b"the memory did not")?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "CreateFileMapping")]
#[doc(alias = "OpenFileMapping")]
#[derive(Debug)]
pub struct FileMapping {
    object: Arc<Object>,
    rights: FileMapAccess,
    existed: bool,
    /// `None` without SEC_RESERVE: nothing is committed later.
    commits: Option<Arc<Mutex<Option<Arc<CommitMap>>>>>,
    /// The name space it came from; `None` if another process gave it.
    space: Option<Namespace>,
    ticket: Ticket,
}

/// What to create or open; see [`FileMapping::options`].
#[derive(Clone, Debug)]
#[must_use]
pub struct FileMappingOptions<'a> {
    space: Option<Namespace>,
    size: u64,
    file: Option<BorrowedFd<'a>>,
    protect: u32,
    sections: u32,
    access: u32,
    inherit: Inherit,
    security: Option<Given>,
}

impl FileMapping {
    /// Options with the defaults of the Windows functions: the process's name space, read and write, no size, no file, memory
    /// committed at creation, not inheritable.
    pub fn options<'a>() -> FileMappingOptions<'a> {
        FileMappingOptions {
            space: None,
            size: 0,
            file: None,
            protect: Page::READWRITE.bits(),
            sections: 0,
            access: FileMapAccess::READ.bits() | FileMapAccess::WRITE.bits(),
            inherit: Inherit::No,
            security: None,
        }
    }

    /// True if the object existed before the call that gave this handle (`ERROR_ALREADY_EXISTS` on Windows). A server that
    /// expects to be first must treat that as a failure (O-67), or use [`FileMappingOptions::create_new`].
    #[must_use]
    pub fn already_existed(&self) -> bool {
        self.existed
    }

    /// Size of the object in bytes: exact for a file, whole pages for memory (M-22). It never changes (M-27).
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "an object is never empty")]
    pub fn len(&self) -> u64 {
        self.object.footer().size
    }

    /// Page protection that the object was created with.
    #[must_use]
    pub fn protection(&self) -> Page {
        self.object.footer().protect
    }

    /// SEC_ flags as a query reports them: COMMIT, RESERVE or FILE, with IMAGE for a program (M-15).
    ///
    /// # Errors
    /// `ERROR_ACCESS_DENIED` (5) if the handle lacks SECTION_QUERY.
    pub fn section_flags(&self) -> Result<SectionFlags, Error> {
        let query = FileMapAccess::from_bits_retain(filemap_core::access::SECTION_QUERY);
        if !self.rights.contains(query) {
            return Err(self.failed(
                Op::QuerySection,
                Why::HandleLacks {
                    rights: query.names(),
                },
            ));
        }
        let told = SectionFlags::COMMIT | SectionFlags::RESERVE | SectionFlags::FILE | SectionFlags::IMAGE;
        Ok(self.object.footer().sections & told)
    }

    /// Rights of this handle; they are exact and never change (O-15, M-84).
    #[must_use]
    pub fn rights(&self) -> FileMapAccess {
        self.rights
    }

    /// The name that the object was created or opened with; empty if it has none.
    #[must_use]
    pub fn name(&self) -> &str {
        self.object.full_name()
    }

    /// Whether children inherit the handle.
    #[must_use]
    pub fn inherit(&self) -> Inherit {
        match self.object.is_inheritable() {
            true => Inherit::Yes,
            false => Inherit::No,
        }
    }

    /// Maps the whole object with the most access that the handle and the object allow: write if possible, else read.
    ///
    /// # Errors
    /// As [`ViewOptions::map`].
    #[track_caller]
    pub fn map(&self) -> Result<View, Error> {
        let writable = self.rights.contains(FileMapAccess::WRITE) && self.protection().allows().write;
        self.view()
            .protection(if writable { Page::READWRITE } else { Page::READONLY })
            .map()
    }

    /// Options for a view, with the defaults of `MapViewOfFile`: from the start to the end, reading.
    pub fn view(&self) -> ViewOptions<'_> {
        ViewOptions {
            mapping: self,
            protect: Page::READONLY,
            offset: 0,
            len: 0,
            base: None,
            over: false,
        }
    }

    /// Another handle to the same object in this process, with rights of its own (`DuplicateHandle`).
    ///
    /// Fewer rights than this handle has are always given, none at all too (O-25); more are given if the object's
    /// descriptor grants them (O-26).
    ///
    /// # Errors
    /// `ERROR_ACCESS_DENIED` (5) for rights that are not granted or not known.
    #[track_caller]
    pub fn duplicate(&self, rights: FileMapAccess) -> Result<FileMapping, Error> {
        let unknown = rights - FileMapAccess::ALL_ACCESS - FileMapAccess::EXECUTE;
        if !unknown.is_empty() {
            return Err(self.failed(
                Op::DuplicateHandle,
                Why::AccessMaskInvalid { bits: unknown.bits() },
            ));
        }
        let beyond = AccessMask((rights - self.rights).bits());
        if !beyond.is_empty() {
            self.object.check(Op::DuplicateHandle, beyond)?;
        }
        let more = rights.contains(FileMapAccess::WRITE) && self.object.access() == OpenFor::Reading;
        let object = match more || self.object.is_inheritable() {
            true => Arc::new(self.object.with_own_description(
                Op::DuplicateHandle,
                access_for(rights),
                false,
            )?),
            false => Arc::clone(&self.object),
        };
        if !Arc::ptr_eq(&object, &self.object) {
            object.note_rights(AccessMask(rights.bits()));
        }
        let ticket = Ticket::new("handle to", "file mapping", object.full_name());
        Ok(FileMapping {
            object,
            rights,
            existed: true,
            commits: self.commits.clone(),
            space: self.space.clone(),
            ticket,
        })
    }

    /// Parts of the object's security descriptor (`GetSecurityInfo`, `GetKernelObjectSecurity`).
    ///
    /// # Errors
    /// `ERROR_ACCESS_DENIED` (5) if the handle lacks READ_CONTROL, or ACCESS_SYSTEM_SECURITY for audit entries (A-7).
    /// Source: win32 `GetSecurityInfo`.
    ///
    /// ```
    /// # let place = tempfile::tempdir_in("/dev/shm")?;
    /// # let space = filemap::Namespace::at(place.path());
    /// use filemap::{FileMapping, security::SecurityInformation};
    /// let frames = FileMapping::options().namespace(&space).size(4096).create(r"Local\frames")?;
    /// let everybody_reads = "D:(A;;GA;;;SY)(A;;0x4;;;WD)".parse()?;
    /// frames.set_security(SecurityInformation::DACL, &everybody_reads)?;
    /// assert!(frames.security(SecurityInformation::DACL)?.to_string().ends_with("(A;;0x4;;;WD)"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "GetSecurityInfo")]
    #[doc(alias = "GetKernelObjectSecurity")]
    pub fn security(&self, what: SecurityInformation) -> Result<SecurityDescriptor, Error> {
        const OP: Op = Op::Other("read the security of");
        self.needs(OP, what.needed_to_read())?;
        Ok(self.object.descriptor(OP)?.parts(what))
    }

    /// Changes parts of the object's security descriptor (`SetSecurityInfo`, `SetKernelObjectSecurity`). It counts for later
    /// opens; handles keep their rights (A-7, O-15).
    ///
    /// The kernel's permissions of the object's file change with it. A change by somebody who is neither the file's owner
    /// nor root succeeds only if they stay the same. An unnamed object's descriptor changes in this process only.
    ///
    /// # Errors
    /// `ERROR_ACCESS_DENIED` (5) if the handle lacks WRITE_DAC (DACL, label: WRITE_OWNER) or the kernel refuses;
    /// `ERROR_INVALID_OWNER` (1307); `ERROR_NOT_SUPPORTED` (50) for a descriptor that does not fit an object that exists.
    /// Source: win32 `SetSecurityInfo`.
    #[doc(alias = "SetSecurityInfo")]
    #[doc(alias = "SetKernelObjectSecurity")]
    pub fn set_security(&self, what: SecurityInformation, new: &SecurityDescriptor) -> Result<(), Error> {
        const OP: Op = Op::Other("change the security of");
        self.needs(OP, what.needed_to_write())?;
        self.object.change_descriptor(OP, what, new)
    }

    fn needs(&self, op: Op, rights: AccessMask) -> Result<(), Error> {
        let missing = rights.without(AccessMask(self.rights.bits()));
        match missing.is_empty() {
            true => Ok(()),
            false => Err(self.failed(
                op,
                Why::HandleLacks {
                    rights: filemap_core::security::TypeRights::of(Kind::FileMapping).words(missing),
                },
            )),
        }
    }

    /// This handle made inheritable, or not (`SetHandleInformation(HANDLE_FLAG_INHERIT)`). Views stay as they are.
    ///
    /// # Errors
    /// `ERROR_TOO_MANY_OPEN_FILES` (4).
    #[track_caller]
    pub fn set_inherit(self, inherit: Inherit) -> Result<FileMapping, Error> {
        if inherit == self.inherit() && self.object.place().is_some() {
            return Ok(self);
        }
        let wanted = inherit == Inherit::Yes;
        let object = self
            .object
            .with_own_description(Op::InheritHandle, self.object.access(), wanted)?;
        let (handle, data) = object.descriptors();
        for file in handle.into_iter().chain([data]) {
            tmpfs::set_inheritable(file, wanted)
                .map_err(|e| refusal::system(Op::InheritHandle, self.name(), e))?;
        }
        object.note_rights(AccessMask(self.rights.bits()));
        let (rights, existed, commits) = (self.rights, self.existed, self.commits.clone());
        Ok(FileMapping {
            object: Arc::new(object),
            rights,
            existed,
            commits,
            space: self.space,
            ticket: self.ticket,
        })
    }

    /// Closes the handle; what dropping it does, but errors are told.
    ///
    /// # Errors
    /// System errors; the handle is closed all the same.
    #[doc(alias = "CloseHandle")]
    pub fn close(self) -> Result<(), Error> {
        match Arc::try_unwrap(self.object) {
            Ok(object) => object.close(),
            Err(_) => Ok(()), // another handle of this process is still open
        }
    }

    /// Whether two handles lead to the same object (`CompareObjectHandles`).
    #[must_use]
    pub fn is_same_object(&self, other: &FileMapping) -> bool {
        let identity = |m: &FileMapping| {
            let (handle, data) = m.object.descriptors();
            let file = handle.unwrap_or(data);
            // Two objects without a name may share a disk file; who made them, and when, tells them apart.
            let made = handle.is_none().then(|| m.object.footer().creator);
            tmpfs::stat(file.as_fd()).map(|s| (s.st_dev, s.st_ino, made)).ok()
        };
        Arc::ptr_eq(&self.object, &other.object)
            || (identity(self).is_some() && identity(self) == identity(other))
    }

    /// An unlocked descriptor of the object's bytes, for the crates of this project that lock ranges of it.
    #[doc(hidden)]
    #[must_use]
    pub fn data_descriptor(&self) -> BorrowedFd<'_> {
        self.object.data().as_fd()
    }

    #[track_caller]
    pub(crate) fn from_object(object: Object, rights: FileMapAccess, existed: bool) -> FileMapping {
        let ticket = Ticket::new("handle to", "file mapping", object.full_name());
        let commits = (object.footer().bitmap_len != 0).then(Arc::default);
        FileMapping {
            object: Arc::new(object),
            rights,
            existed,
            commits,
            space: None,
            ticket,
        }
    }

    /// The rules that hold for the object's views: those of the platform that it was made on.
    #[must_use]
    pub fn profile(&self) -> &'static Profile {
        self.object.footer().profile()
    }

    pub(crate) fn object(&self) -> &Arc<Object> {
        &self.object
    }

    fn failed(&self, op: Op, why: Why) -> Error {
        Error::new(op, self.name(), why).on(self.profile())
    }

    /// The commit bitmap of a SEC_RESERVE object, mapped once per object in a process.
    fn commits(&self) -> Result<Option<Arc<CommitMap>>, Error> {
        let Some(commits) = &self.commits else {
            return Ok(None);
        };
        let footer = self.object.footer();
        let mut known = commits.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = &*known {
            return Ok(Some(Arc::clone(known)));
        }
        let writable = self.object.access() == OpenFor::Writing;
        let made = CommitMap::new(self.object.data(), footer, writable)
            .map_err(|no| refusal::no_view(self.name(), no, footer.bitmap_len, None, "the file system"))?;
        Ok(Some(Arc::clone(known.insert(Arc::new(made)))))
    }
}

fn access_for(rights: FileMapAccess) -> OpenFor {
    match rights.contains(FileMapAccess::WRITE) {
        true => OpenFor::Writing,
        false => OpenFor::Reading,
    }
}

/// [`access_for`], for an object that is looked up: without security everybody writes (P-60), and a copy-on-write view is
/// written by all (P-25).
fn access_on(profile: &Profile, rights: FileMapAccess) -> OpenFor {
    match profile.security.is {
        Security::Enforced => access_for(rights),
        Security::Ignored | Security::None => OpenFor::Writing,
    }
}

impl<'a> FileMappingOptions<'a> {
    /// Looks the name up in this name space instead of the process's.
    pub fn namespace(mut self, space: &Namespace) -> Self {
        self.space = Some(space.clone());
        self
    }

    /// Size in bytes. Memory is rounded up to whole pages (M-22); for a file, 0 means its length (M-20) and more than its
    /// length makes it grow if the protection allows writing (M-24).
    pub fn size(mut self, bytes: u64) -> Self {
        self.size = bytes;
        self
    }

    /// The file that holds the data, in place of memory. It may be closed after the call (O-48).
    pub fn file(mut self, file: &'a impl AsFd) -> Self {
        self.file = Some(file.as_fd());
        self
    }

    /// Page protection of the object: what views of it may do at most (M-12). Read and write by default.
    pub fn protection(mut self, protect: Page) -> Self {
        self.protect = protect.bits();
        self
    }

    /// `flProtect` as the C function takes it: one `PAGE_` constant with `SEC_` flags; checked when it is used.
    pub fn raw_protection(mut self, fl_protect: u32) -> Self {
        (self.protect, self.sections) = section::split_protect(fl_protect);
        self
    }

    /// SEC_ flags (M-13); none means SEC_COMMIT for memory.
    pub fn section_flags(mut self, flags: SectionFlags) -> Self {
        self.sections = flags.bits();
        self
    }

    /// Rights to ask for when opening; the handle has exactly these (M-84). Read and write by default.
    pub fn access(mut self, access: FileMapAccess) -> Self {
        self.access = access.bits();
        self
    }

    /// `dwDesiredAccess` of `OpenFileMapping`: rights, `FILE_MAP_` flags, generic bits (M-81, M-82); checked when it is used.
    pub fn raw_access(mut self, mask: u32) -> Self {
        self.access = mask;
        self
    }

    /// Whether children inherit the handle (O-21).
    pub fn inherit(mut self, inherit: Inherit) -> Self {
        self.inherit = inherit;
        self
    }

    /// Who may open the object (SECURITY_ATTRIBUTES, A-5); the default DACL of this process without it. Ignored if the object
    /// exists (O-4). [`FileMapping::create`](FileMappingOptions::create) fails with 1307 for an owner that this user can't give.
    pub fn security(mut self, descriptor: &SecurityDescriptor) -> Self {
        self.security = Some(Given::Descriptor(Arc::new(descriptor.clone())));
        self
    }

    /// [`FileMappingOptions::security`] as SDDL text, such as `D:(A;;GA;;;SY)(A;;GA;;;BA)(A;;0x6;;;IU)`. A mistake in it is
    /// told with its position by the call that uses it, which then creates nothing.
    pub fn sddl(mut self, text: &str) -> Self {
        self.security = Some(Given::Sddl(text.into()));
        self
    }

    /// [`FileMappingOptions::security`] in self-relative form, as C programs have it; checked when it is used.
    pub fn raw_security(mut self, self_relative: &[u8]) -> Self {
        self.security = Some(Given::SelfRelative(self_relative.into()));
        self
    }

    /// Options for an event that goes with the object: same name space, security and inheritance.
    pub fn event(&self) -> EventOptions {
        EventOptions::with(self.space.as_ref(), self.security.as_ref(), self.inherit)
    }

    /// Options for a mutex that goes with the object: same name space, security and inheritance.
    pub fn mutex(&self) -> MutexOptions {
        MutexOptions::with(self.space.as_ref(), self.security.as_ref(), self.inherit)
    }

    fn space(&self) -> Result<Namespace, Error> {
        match &self.space {
            Some(space) => Ok(space.clone()),
            None => Namespace::current(),
        }
    }

    /// Creates the object, or opens it if a file mapping has that name already: then it keeps the size and protection of its
    /// first creator, and [`FileMapping::already_existed`] is true (M-40). An empty name makes an object without one.
    /// The handle has the rights that the protection gives (O-7).
    ///
    /// # Errors
    /// In this order (M-50): `ERROR_INVALID_PARAMETER` (87) for protection, SEC_ flags or no size;
    /// `ERROR_PRIVILEGE_NOT_HELD` (1314) for large pages; `ERROR_ACCESS_DENIED` (5) if the file lacks a right;
    /// `ERROR_BAD_EXE_FORMAT` (193) if it can't be mapped; `ERROR_FILE_INVALID` (1006) if it is empty,
    /// `ERROR_NOT_ENOUGH_MEMORY` (8) if it is too short, `ERROR_DISK_FULL` (112) if it can't grow;
    /// `ERROR_COMMITMENT_LIMIT` (1455) if memory is short; 123, 161, 3, 6 for the name ([`filemap_core::name::resolve`]); 6 if
    /// another kind of object has it; 5 in `Global\` without the privilege. Source: win32 `CreateFileMappingW`.
    #[doc(alias = "CreateFileMapping")]
    #[track_caller]
    pub fn create(&self, name: &str) -> Result<FileMapping, Error> {
        self.made(Some(name.as_bytes()), false)
    }

    /// [`FileMappingOptions::create`] for a name in WTF-8, as [`filemap_core::name::wtf8_from_utf16`] makes it from the 16-bit
    /// text of a Windows program: lone surrogates are names too (O-62). Messages show them as U+FFFD.
    ///
    /// # Errors
    /// As [`FileMappingOptions::create`].
    #[track_caller]
    pub fn create_wtf8(&self, name: &[u8]) -> Result<FileMapping, Error> {
        self.made(Some(name), false)
    }

    /// Creates the object, and fails if the name exists: what a server wants that must not be given somebody else's object
    /// (O-67).
    ///
    /// # Errors
    /// `ERROR_ALREADY_EXISTS` (183), else as [`FileMappingOptions::create`].
    #[track_caller]
    pub fn create_new(&self, name: &str) -> Result<FileMapping, Error> {
        self.made(Some(name.as_bytes()), true)
    }

    /// Creates an object without a name: others get it by [`FileMapping::send`] or inheritance (O-64).
    ///
    /// # Errors
    /// As [`FileMappingOptions::create`].
    #[track_caller]
    pub fn create_unnamed(&self) -> Result<FileMapping, Error> {
        self.made(None, false)
    }

    /// Opens the object if it exists, with the access asked for; else creates it.
    ///
    /// Different from [`FileMappingOptions::create`], which always asks for the creator's rights (O-7).
    ///
    /// # Errors
    /// As [`FileMappingOptions::open`] and [`FileMappingOptions::create`].
    #[track_caller]
    pub fn open_or_create(&self, name: &str) -> Result<FileMapping, Error> {
        match self.open(name) {
            // Where there is no OpenFileMapping, creating is opening (P-45).
            Err(e) if matches!(e.why(), Why::NameNotFound | Why::NoSuchFunction { .. }) => self.create(name),
            other => other,
        }
    }

    /// Opens the object that has the name.
    ///
    /// # Errors
    /// `ERROR_FILE_NOT_FOUND` (2) if nobody holds it, `ERROR_PATH_NOT_FOUND` (3) for an unknown prefix,
    /// `ERROR_ACCESS_DENIED` (5) for rights that are not granted, `ERROR_INVALID_HANDLE` (6) if another kind of object has
    /// the name or it is empty, 123 and 161 for its form. Source: win32 `OpenFileMappingW`.
    #[doc(alias = "OpenFileMapping")]
    #[track_caller]
    pub fn open(&self, name: &str) -> Result<FileMapping, Error> {
        self.open_wtf8(name.as_bytes())
    }

    /// [`FileMappingOptions::open`] for a name in WTF-8; see [`FileMappingOptions::create_wtf8`].
    ///
    /// # Errors
    /// As [`FileMappingOptions::open`].
    #[track_caller]
    pub fn open_wtf8(&self, name: &[u8]) -> Result<FileMapping, Error> {
        let op = Op::OpenFileMapping;
        let (wtf8, name) = (name, &*String::from_utf8_lossy(name));
        let space = self.space()?;
        let profile = space.profile();
        let failed = |why| Error::new(op, name, why).on(profile);
        if profile.second_process.is == SecondProcess::CreateOnly {
            return Err(failed(Why::NoSuchFunction {
                what: "OpenFileMapping",
                platform: profile.title,
            }));
        }
        let rights = section::open_rights(self.access, profile).map_err(failed)?;
        let Some(place) = space.resolve(op, Kind::FileMapping, wtf8)? else {
            return Err(failed(Why::NameIsADirectory));
        };
        let maximum = self.access & AccessMask::MAXIMUM_ALLOWED.0;
        let asked = Asked {
            access: access_on(profile, rights),
            rights: match maximum {
                // What was asked for beside it must be granted; `open_rights` has checked the bits.
                1.. => AccessMask(FileMapAccess::of_open_argument(self.access, profile)),
                0 => AccessMask(rights.bits()),
            },
        };
        let object = Object::open(&space, op, name, &place, Kind::FileMapping, asked)
            .map_err(|e| crate::hint::for_missing_name(&space, &place, Kind::FileMapping, e).on(profile))?;
        let mut rights = FileMapAccess::from_bits_retain(object.granted().0);
        if maximum != 0 && object.access() == OpenFor::Reading {
            rights -= FileMapAccess::WRITE; // the kernel grants less than the descriptor
        }
        self.finish(object, rights, true, space)
    }

    #[track_caller]
    fn made(&self, wtf8: Option<&[u8]>, only_new: bool) -> Result<FileMapping, Error> {
        let op = Op::CreateFileMapping;
        let text = &*String::from_utf8_lossy(wtf8.unwrap_or_default());
        let space = self.space()?;
        let profile = space.profile();
        let failed = |why| Error::new(op, text, why).on(profile);
        let has_attributes = self.inherit == Inherit::Yes || self.security.is_some();
        if let (Argument::MustBeNull(_), true) = (profile.mapping_attributes.is, has_attributes) {
            let argument = "lpFileMappingAttributes";
            return Err(failed(Why::MustBeNull { argument }));
        }
        // What is wrong with the descriptor is told before a file is touched. Where there is no security, it is not even
        // looked at (P-60).
        let enforced = profile.security.is == Security::Enforced;
        let security = match self.security.as_ref().filter(|_| enforced) {
            Some(given) => Some(crate::security::of_new_object(
                given,
                op,
                text,
                Kind::FileMapping,
                &space.token(),
            )?),
            None => None,
        };
        let plan = self.plan(op, text, profile).map_err(|e| e.on(profile))?;
        let rights = FileMapAccess::of_creation(plan.section.protect);
        let place = match wtf8 {
            Some(b"") if profile.empty_name.is == EmptyName::Unnamed => None,
            Some(name) => space.resolve(op, Kind::FileMapping, name)?,
            None => None,
        };
        let asked = Asked {
            access: access_on(profile, rights),
            rights: AccessMask(rights.bits()),
        };
        let mut draft = plan.into_draft(op, text, profile)?;
        if let Some(sd) = security {
            draft.footer.descriptor = sd.to_self_relative().map_err(|e| e.during(op).about(text))?;
            draft.given = Some(sd);
        }
        let Some(place) = place else {
            let object = Object::unnamed(&space, op, asked.rights, draft, None)?;
            return self.finish(object, rights, false, space);
        };
        let (object, created) =
            Object::create(&space, op, text, &place, asked, draft, None).map_err(|e| e.on(profile))?;
        match !created && only_new {
            true => Err(failed(Why::NameExists)),
            false => self.finish(object, rights, !created, space),
        }
    }

    #[track_caller]
    fn finish(
        &self,
        object: Object,
        rights: FileMapAccess,
        existed: bool,
        space: Namespace,
    ) -> Result<FileMapping, Error> {
        object.note_rights(AccessMask(rights.bits()));
        let mut mapping = FileMapping::from_object(object, rights, existed);
        mapping.space = Some(space);
        match self.inherit {
            Inherit::No => Ok(mapping),
            Inherit::Yes => mapping.set_inherit(Inherit::Yes),
        }
    }

    /// Steps 1 to 8 of M-50: everything that does not depend on the name. Grows the file (M-28).
    fn plan(&self, op: Op, name: &str, profile: &Profile) -> Result<Plan, Error> {
        let failed = |why| Error::new(op, name, why);
        let system = |e: SysError| refusal::system(op, name, e);
        let arguments = CreateArguments {
            protect: self.protect,
            sections: self.sections,
            size: self.size,
            may_lock_memory: process::may_lock_memory(),
            large_page: crate::LARGE_PAGE,
        };
        let limits = limits(profile);
        let Some(given) = self.file else {
            let section = arguments.plan_pagefile(&limits, profile).map_err(failed)?;
            return Ok(Plan {
                section,
                disk: None,
                image: None,
            });
        };
        // What is wrong with the arguments alone is told before the file is touched.
        arguments.check(true, profile).map_err(failed)?;
        let facts = file::facts(given, self.size).map_err(system)?;
        let mut plan = arguments.plan_file(&facts, &limits, profile).map_err(failed)?;
        if plan.sections.contains(SectionFlags::IMAGE) {
            let no_execute = plan.sections.contains(SectionFlags::NOCACHE);
            let image = image::lay_out(given, facts.len, no_execute, op, name)?;
            plan.size = image.contents.len() as u64;
            return Ok(Plan {
                section: plan,
                disk: None,
                image: Some(image),
            });
        }
        // Executable protections don't need the file open for writing, nor copy-on-write ones.
        let access = match plan.protect.allows().write || plan.grow_file_to.is_some() {
            true => OpenFor::Writing,
            false => OpenFor::Reading,
        };
        let own = file::section_description(given, access).map_err(system)?;
        if let Some(len) = plan.grow_file_to {
            grow(&own, facts.len, len).map_err(|e| match e.errno {
                libc::ENOSPC | libc::EDQUOT => {
                    let free = tmpfs::free_bytes(own.as_fd()).unwrap_or(0);
                    failed(Why::DiskFull {
                        wanted: len - facts.len,
                        free,
                    })
                    .with_os(e.into())
                }
                libc::EFBIG => failed(Why::SizeTooLarge { size: len }).with_os(e.into()),
                _ => system(e),
            })?;
        }
        Ok(Plan {
            section: plan,
            disk: Some(own),
            image: None,
        })
    }
}

/// What the system can hold; memory is asked for only where a platform's rules care.
fn limits(profile: &Profile) -> Limits {
    use filemap_core::profile::{FileLimit, PagefileLimit};
    let when = |cares: bool, ask: fn() -> Option<u64>| if cares { ask() } else { None };
    Limits {
        largest: file::LARGEST,
        physical: when(
            profile.pagefile_limit.is == PagefileLimit::PhysicalMemory,
            process::physical_memory,
        ),
        committable: when(
            profile.file_limit.is == FileLimit::VirtualMemoryAndDiskSpace,
            process::available_memory,
        ),
    }
}

/// Makes the file `len` bytes long, with disk space behind all of it where the file system can promise that.
fn grow(disk: &OwnedFd, old: u64, len: u64) -> Result<(), SysError> {
    let file = disk.as_fd();
    let room = || match tmpfs::is_in_memory(file)? {
        true => free_memory(disk),
        false => tmpfs::free_bytes(file),
    };
    if len - old >= EXPENSIVE && room()? < len - old {
        // Not even for a moment take from others what can't be had in the end.
        return Err(SysError {
            call: "fallocate",
            errno: libc::ENOSPC,
        });
    }
    match tmpfs::allocate(disk.as_fd(), old, len - old) {
        Err(e) if matches!(e.errno, libc::EOPNOTSUPP | libc::ENOSYS | libc::EINTR) => {
            tmpfs::set_len(disk.as_fd(), len)
        }
        Err(e) => {
            // What was taken so far goes back: a failed call leaves the file as it was.
            let _ = tmpfs::set_len(disk.as_fd(), old);
            Err(e)
        }
        Ok(()) => Ok(()),
    }
}

/// What the arguments of a creation come to.
struct Plan {
    section: SectionPlan,
    disk: Option<OwnedFd>,
    image: Option<LaidOut>,
}

impl Plan {
    fn into_draft(self, op: Op, name: &str, profile: &Profile) -> Result<Draft, Error> {
        let system = |e| refusal::system(op, name, e);
        let Plan {
            section: plan,
            disk,
            image,
        } = self;
        let mut footer = Footer::in_units(Kind::FileMapping, plan.size, map::page_size() as u64);
        footer.platform = profile.number();
        footer.protect = plan.protect;
        footer.sections = plan.sections;
        if matches!(profile.view_address.is, ViewAddress::SameEverywhere { .. }) {
            footer.parameters = process::random().map_err(system)?;
        }
        let reserve = plan.sections.contains(SectionFlags::RESERVE);
        let mut contents = None;
        if let Some(image) = image {
            footer.parameters = image.parameters;
            contents = Some(image.contents);
        }
        let Some(disk) = disk else {
            if reserve {
                footer.bitmap_len = bitmap_len(footer.data_len, footer.unit);
            }
            return Ok(Draft {
                footer,
                commit: !reserve,
                disk: None,
                contents,
                copy_of: None,
                given: None,
            });
        };
        footer.file = Some(object::backing_file(&disk).map_err(system)?);
        // Processes share what they write to copy-on-write views, and the disk file stays as it is: the object is a copy
        // of the file, made now (V-43).
        let shared_copy = plan.protect.is_copy_on_write()
            && profile.writecopy_views.is == WritecopyViews::SharedBetweenProcesses;
        if !shared_copy {
            footer.data_len = 0;
        }
        let (disk, copy_of) = match shared_copy {
            true => (None, Some(disk)),
            false => (Some(disk), None),
        };
        Ok(Draft {
            footer,
            commit: shared_copy,
            disk,
            contents,
            copy_of,
            given: None,
        })
    }
}

/// What to map; see [`FileMapping::view`].
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct ViewOptions<'a> {
    mapping: &'a FileMapping,
    protect: Page,
    offset: u64,
    len: u64,
    pub(crate) base: Option<u64>,
    pub(crate) over: bool,
}

impl ViewOptions<'_> {
    /// Offset of the view in the object, in bytes: a multiple of 65,536 (V-3).
    pub fn offset(mut self, bytes: u64) -> Self {
        self.offset = bytes;
        self
    }

    /// Length in bytes; 0 means to the end of the object (V-4).
    pub fn len(mut self, bytes: u64) -> Self {
        self.len = bytes;
        self
    }

    /// The view's protection: [`Page::READWRITE`] to write through to the object, [`Page::WRITECOPY`] for private changes.
    pub fn protection(mut self, protect: Page) -> Self {
        self.protect = protect;
        self
    }

    /// `FILE_MAP_` flags as `MapViewOfFile` takes them, translated by its rules (V-9).
    pub fn access(mut self, flags: u32) -> Self {
        self.protect = FileMapAccess::view_protection(flags, self.mapping.profile());
        self
    }

    /// Changes stay in this process: pages are copied when they are first written (V-40).
    pub fn copy_on_write(self) -> Self {
        self.protection(Page::WRITECOPY)
    }

    /// The address that the view must have, a multiple of 65,536: success means exactly that address (V-36).
    pub fn base(mut self, address: usize) -> Self {
        self.base = Some(address as u64);
        self
    }

    /// Maps the view.
    ///
    /// # Errors
    /// In this order (V-37): `ERROR_INVALID_PARAMETER` (87) for a base that no program may use, `ERROR_ACCESS_DENIED` (5)
    /// for a right that the handle lacks, `ERROR_MAPPED_ALIGNMENT` (1132) for base and offset, 87 for a protection that
    /// the object does not allow, 5 for a view that does not fit, `ERROR_INVALID_ADDRESS` (487) for a base that is taken,
    /// `ERROR_NOT_ENOUGH_MEMORY` (8) for no address space. Source: win32 `MapViewOfFileEx`.
    #[doc(alias = "MapViewOfFile")]
    #[track_caller]
    pub fn map(&self) -> Result<View, Error> {
        self.map_in(None)
    }

    /// Maps the view in place of a reserved range of exactly its length in whole pages, at once (V-77). If that fails, the
    /// range is given back.
    ///
    /// # Errors
    /// As [`ViewOptions::map`]; `ERROR_INVALID_ADDRESS` (487) if the lengths differ.
    /// Source: win32 `MapViewOfFile3`, MEM_REPLACE_PLACEHOLDER.
    #[doc(alias = "MEM_REPLACE_PLACEHOLDER")]
    #[track_caller]
    pub fn map_replacing(&self, placeholder: Placeholder) -> Result<View, Error> {
        let base = placeholder.base() as u64;
        ViewOptions {
            base: Some(base),
            ..*self
        }
        .map_in(Some(placeholder))
    }

    #[track_caller]
    fn map_in(&self, placeholder: Option<Placeholder>) -> Result<View, Error> {
        let mapping = self.mapping;
        let footer = mapping.object.footer();
        let profile = footer.profile();
        let facts = SectionFacts {
            rights: mapping.rights,
            protect: footer.protect,
            size: footer.size,
            has_file: footer.sections.contains(SectionFlags::FILE),
        };
        // A program's own headers say what its pages may do (V-14).
        let is_image = footer.sections.contains(SectionFlags::IMAGE);
        let protect = if is_image { Page::READONLY } else { self.protect };
        let arguments = MapArguments {
            protect,
            offset: self.offset,
            len: self.len,
            base: self.base,
        };
        let failed = |why| mapping.failed(Op::MapView, why);
        let mut plan = arguments
            .plan(&facts, map::user_range(), profile)
            .map_err(failed)?;
        if is_image {
            plan.protect = Page::WRITECOPY; // all of an image is private at first, and let in piece by piece
        }
        let region_len = usize::try_from(plan.len)
            .ok()
            .and_then(|len| len.checked_next_multiple_of(map::page_size()))
            .ok_or_else(|| failed(Why::NoAddressSpace { len: plan.len }))?;
        let place = || match (&footer.file, mapping.object.place()) {
            (Some(file), _) => String::from_utf8_lossy(&file.path).into_owned(),
            (None, Some((directory, _))) => directory.path().display().to_string(),
            (None, None) => "the object's memory".to_owned(),
        };
        let commits = mapping.commits()?;
        let source = Source {
            data: mapping.object.data(),
            name: mapping.object.full_name(),
            commits: commits.as_ref(),
            place: &place,
            over: self.over,
        };
        let (hold, start) = match Block::of(&plan, footer.size, profile) {
            None => {
                let align = plan.alignment(footer.sections, crate::LARGE_PAGE);
                let placed = match (placeholder, align, profile.chosen_range()) {
                    (Some(held), ..) => Placed::Replacing(held),
                    (None, Some(align), None) => Placed::Aligned(align),
                    (None, _, range) => Placed::Free(range),
                };
                (
                    mapped::alone(&plan, &source, region_len, placed).map_err(|e| e.on(profile))?,
                    0,
                )
            }
            Some(_) if placeholder.is_some() || self.over => {
                let (what, platform) = ("MapViewOfFile3", profile.title);
                return Err(failed(Why::NoSuchFunction { what, platform }));
            }
            Some(block) => mapping
                .in_arena(&plan, &source, block)
                .map_err(|e| e.on(profile))?,
        };
        let parts = Parts {
            object: &mapping.object,
            commits,
            hold,
            start,
            keeps_name: profile.name_ends_with.is == NameEnd::LastHandleAndView,
        };
        View::new(&plan, region_len, parts)
    }
}

impl FileMapping {
    fn in_arena(
        &self,
        plan: &ViewPlan,
        source: &Source<'_>,
        block: Block,
    ) -> Result<(mapped::Hold, usize), Error> {
        let footer = self.object.footer();
        let profile = footer.profile();
        let range = profile.chosen_range().unwrap_or_default();
        let space = match &self.space {
            Some(space) => space.clone(),
            None => Namespace::current()?,
        };
        // Objects of the platform lie here, and so does the table of their addresses.
        let home = Directory::of_plain_names(Kind::FileMapping, 0, profile);
        let directory = match self.object.place() {
            Some((directory, _)) => Arc::clone(directory),
            None => space
                .directory_for(Op::MapView, self.name(), home, true)?
                .ok_or_else(|| self.failed(Op::MapView, Why::PathNotFound))?,
        };
        let arena = Arena {
            directory: &directory,
            range,
            everybody: profile.security.is != Security::Enforced,
            object: footer.parameters,
            object_len: footer.size.next_multiple_of(map::page_size() as u64),
        };
        mapped::in_arena(plan, source, block, &arena)
    }
}

/// Opens a file for mapping with what a protection needs; a convenience for [`FileMappingOptions::file`]. Something that is
/// no ordinary file is opened without waiting for anybody (a FIFO's other end); creating a mapping of it then gives 193.
///
/// # Errors
/// As [`File::options`] gives them.
pub fn open_file_for(path: impl AsRef<std::path::Path>, protect: Page) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    File::options()
        .read(true)
        .write(protect.allows().write)
        .custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY)
        .open(path)
}
