//! File mapping objects: creating, opening, duplicating; views come from here.

// UNSAFETY: taking over an inherited handle and a placeholder are the caller's promises, which are passed on.

use crate::named;
use crate::namespace::Namespace;
use crate::refusal;
use crate::security::{SecurityDescriptor, SecurityInformation};
use crate::sync::{EventOptions, MutexOptions};
use crate::view::{Backing, View};
use crate::words::{Given, Inherit};
use filemap_core::access::{FileMapAccess, Page, SectionFlags};
use filemap_core::error::{Error, Op, Why, Win32Code};
use filemap_core::kind::Kind;
use filemap_core::profile::Profile;
use filemap_core::section::{self, CreateArguments, FileFacts, FileKind, Limits};
use filemap_core::view::{MapArguments, SectionFacts};
use filemap_sys::SysError;
use filemap_sys::os::placeholder::Placeholder;
use filemap_sys::os::{self, file, handle, map};
use std::fs::File;
use std::os::windows::io::{AsHandle, BorrowedHandle, OwnedHandle};
use std::sync::{Arc, OnceLock};

/// A handle to a file mapping object: memory that processes share by name, or a file.
///
/// The *name* goes with the last handle in any process; the *memory* goes with the last handle and view (O-40, O-41). Here
/// the kernel keeps both.
#[doc(alias = "CreateFileMapping")]
#[doc(alias = "OpenFileMapping")]
#[derive(Debug)]
pub struct FileMapping {
    handle: OwnedHandle,
    name: Arc<str>,
    rights: FileMapAccess,
    existed: bool,
    /// What the creator asked for; of an object that existed, what a look at it shows.
    protect: OnceLock<Page>,
    size: OnceLock<u64>,
    /// The file behind it, where this process gave it.
    file: Option<Arc<File>>,
}

/// What to create or open; see [`FileMapping::options`].
#[derive(Clone, Debug)]
#[must_use]
pub struct FileMappingOptions<'a> {
    space: Option<Namespace>,
    size: u64,
    file: Option<BorrowedHandle<'a>>,
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

    /// Size of the object in bytes: exact for a file, whole pages for memory (M-22). Asked of the kernel (`NtQuerySection`);
    /// of a handle that may not ask, a view is measured; 0 if it may not map either.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "an object is never empty")]
    pub fn len(&self) -> u64 {
        *self
            .size
            .get_or_init(|| match named::section_facts(self.handle.as_handle()) {
                Some(facts) => facts.size,
                None => self.map().map_or(0, |view| view.region_len() as u64),
            })
    }

    /// Page protection that the object was created with. Windows does not tell it of an object that existed before: then it
    /// is the strongest of which this handle can map a view, [`Page::NOACCESS`] if it can map none.
    #[must_use]
    pub fn protection(&self) -> Page {
        *self.protect.get_or_init(|| {
            [
                Page::EXECUTE_READWRITE,
                Page::READWRITE,
                Page::EXECUTE_READ,
                Page::READONLY,
            ]
            .into_iter()
            .find(|page| {
                self.map_raw(*page, None, 0, 4096, None)
                    .or_else(|_| self.map_raw(*page, None, 0, 0, None)) // a file shorter than a page
                    .is_ok_and(|base| View::unmap_probe(base))
            })
            .unwrap_or(Page::NOACCESS)
        })
    }

    /// SEC_ flags as a query reports them: COMMIT, RESERVE or FILE, with IMAGE for a program (M-15).
    ///
    /// # Errors
    /// `ERROR_ACCESS_DENIED` (5) if the handle lacks SECTION_QUERY. Source: `NtQuerySection`.
    pub fn section_flags(&self) -> Result<SectionFlags, Error> {
        let query = FileMapAccess::from_bits_retain(filemap_core::access::SECTION_QUERY);
        let lacks = Why::HandleLacks {
            rights: query.names(),
        };
        let told = os::section::basic(self.handle.as_handle())
            .map_err(|e| refusal::explained(Op::QuerySection, self.name(), e, Some(lacks)))?;
        let known = SectionFlags::COMMIT | SectionFlags::RESERVE | SectionFlags::FILE | SectionFlags::IMAGE;
        Ok(SectionFlags::from_bits_retain(told.attributes) & known)
    }

    /// Rights of this handle; they are exact and never change (O-15, M-84).
    #[must_use]
    pub fn rights(&self) -> FileMapAccess {
        self.rights
    }

    /// The name that the object was created or opened with; empty if it has none.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether children inherit the handle.
    #[must_use]
    pub fn inherit(&self) -> Inherit {
        match handle::is_inheritable(self.handle.as_handle()) {
            true => Inherit::Yes,
            false => Inherit::No,
        }
    }

    /// Maps the whole object with the most access that the handle and the object allow: write if possible, else read.
    ///
    /// # Errors
    /// As [`ViewOptions::map`].
    pub fn map(&self) -> Result<View, Error> {
        if self.rights.contains(FileMapAccess::WRITE)
            && let Ok(view) = self.view().protection(Page::READWRITE).map()
        {
            return Ok(view);
        }
        self.view().map()
    }

    /// Options for a view, with the defaults of `MapViewOfFile`: from the start to the end, reading.
    pub fn view(&self) -> ViewOptions<'_> {
        ViewOptions {
            mapping: self,
            protect: Page::READONLY,
            access: None,
            offset: 0,
            len: 0,
            base: None,
            over: false,
        }
    }

    /// Another handle to the same object in this process, with rights of its own (`DuplicateHandle`; O-25, O-26).
    ///
    /// # Errors
    /// `ERROR_ACCESS_DENIED` (5) for rights that are not granted or not known.
    pub fn duplicate(&self, rights: FileMapAccess) -> Result<FileMapping, Error> {
        let unknown = rights - FileMapAccess::ALL_ACCESS - FileMapAccess::EXECUTE;
        let suspected = match unknown.is_empty() {
            false => Some(Why::AccessMaskInvalid { bits: unknown.bits() }),
            true => Some(Why::AccessDenied {
                missing: (rights - self.rights).names(),
            }),
        };
        let new = handle::duplicate(self.handle.as_handle(), Some(rights.bits()), false)
            .map_err(|e| refusal::explained(Op::DuplicateHandle, self.name(), e, suspected))?;
        Ok(FileMapping {
            rights: granted(&new, rights),
            handle: new,
            name: Arc::clone(&self.name),
            existed: true,
            protect: self.protect.clone(),
            size: self.size.clone(),
            file: self.file.clone(),
        })
    }

    /// Parts of the object's security descriptor (`GetSecurityInfo`, `GetKernelObjectSecurity`).
    ///
    /// # Errors
    /// `ERROR_ACCESS_DENIED` (5) if the handle lacks READ_CONTROL. Source: win32 `GetKernelObjectSecurity`.
    #[doc(alias = "GetSecurityInfo")]
    #[doc(alias = "GetKernelObjectSecurity")]
    pub fn security(&self, what: SecurityInformation) -> Result<SecurityDescriptor, Error> {
        named::read_security(self.handle.as_handle(), self.name(), what)
    }

    /// Changes parts of the object's security descriptor, for later opens (A-7, O-15).
    ///
    /// # Errors
    /// `ERROR_ACCESS_DENIED` (5) if the handle lacks WRITE_DAC or WRITE_OWNER; `ERROR_INVALID_OWNER` (1307).
    /// Source: win32 `SetKernelObjectSecurity`.
    #[doc(alias = "SetSecurityInfo")]
    #[doc(alias = "SetKernelObjectSecurity")]
    pub fn set_security(&self, what: SecurityInformation, new: &SecurityDescriptor) -> Result<(), Error> {
        named::write_security(self.handle.as_handle(), self.name(), what, new)
    }

    /// This handle made inheritable, or not (`SetHandleInformation(HANDLE_FLAG_INHERIT)`).
    ///
    /// # Errors
    /// The system's.
    pub fn set_inherit(self, inherit: Inherit) -> Result<FileMapping, Error> {
        handle::set_inheritable(self.handle.as_handle(), inherit == Inherit::Yes)
            .map_err(|e| refusal::system(Op::InheritHandle, self.name(), e))?;
        Ok(self)
    }

    /// What a child needs to know to take this inheritable handle (O-22); `None` if it is not inheritable.
    #[must_use]
    pub fn inheritance(&self) -> Option<String> {
        named::inheritance_of(self.handle.as_handle(), self.name())
    }

    /// Takes the handle that the parent left to this process.
    ///
    /// # Errors
    /// `ERROR_INVALID_HANDLE` (6) if it is none.
    ///
    /// # Safety
    /// The handle whose number `text` contains belongs to nobody else in this process, and this is called once for it.
    #[allow(unsafe_code, reason = "passes its caller's promise on")]
    pub unsafe fn inherited(text: &str) -> Result<FileMapping, Error> {
        // SAFETY: the caller's promise, passed on.
        let (raw, name) = unsafe { named::adopt(text) }?;
        Ok(FileMapping::of(raw, name, FileMapAccess::ALL_ACCESS, true))
    }

    /// Closes the handle; what dropping it does, but errors are told.
    ///
    /// # Errors
    /// System errors; the handle is closed all the same.
    #[doc(alias = "CloseHandle")]
    pub fn close(self) -> Result<(), Error> {
        let FileMapping {
            handle: raw, name, ..
        } = self;
        handle::close(raw).map_err(|e| refusal::system(Op::CloseHandle, &name, e))
    }

    /// Whether two handles lead to the same object (`CompareObjectHandles`).
    #[must_use]
    pub fn is_same_object(&self, other: &FileMapping) -> bool {
        named::is_same(self.handle.as_handle(), other.handle.as_handle())
    }

    /// The rules that errors are explained by.
    #[must_use]
    pub fn profile(&self) -> &'static Profile {
        filemap_core::profile::Platform::default().profile()
    }

    fn of(raw: OwnedHandle, name: &str, asked: FileMapAccess, existed: bool) -> FileMapping {
        FileMapping {
            rights: granted(&raw, asked),
            handle: raw,
            name: name.into(),
            existed,
            protect: OnceLock::new(),
            size: OnceLock::new(),
            file: None,
        }
    }

    fn failed(&self, op: Op, why: Why) -> Error {
        Error::new(op, self.name(), why)
    }

    /// Maps a view: by `FILE_MAP_` flags, or by a protection, which only some Windows take directly.
    fn map_raw(
        &self,
        protect: Page,
        access: Option<u32>,
        offset: u64,
        len: u64,
        base: Option<usize>,
    ) -> Result<usize, SysError> {
        let section = self.handle.as_handle();
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        if let Some(access) = access {
            return os::view::map(section, access, offset, len, base);
        }
        let (execute, read, write, copy) = (0x20, 0x4, 0x2, 0x1);
        let flags = match protect {
            Page::READONLY => read,
            Page::READWRITE => write,
            Page::WRITECOPY => copy,
            Page::EXECUTE_READ => read | execute,
            Page::EXECUTE_READWRITE => write | execute,
            Page::EXECUTE_WRITECOPY => copy | execute,
            Page::NOACCESS => 0,
            // What flags can't say: PAGE_EXECUTE, and what is no protection.
            other => {
                return os::view::map_protected(section, other.bits(), offset, len, base).unwrap_or(Err(
                    SysError {
                        call: "MapViewOfFile3",
                        errno: 127,
                    },
                ));
            }
        };
        os::view::map(section, flags, offset, len, base)
    }
}

fn granted(handle: &OwnedHandle, asked: FileMapAccess) -> FileMapAccess {
    handle::granted(handle.as_handle()).map_or(asked, FileMapAccess::from_bits_retain)
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
    pub fn file(mut self, file: &'a impl AsHandle) -> Self {
        self.file = Some(file.as_handle());
        self
    }

    /// Page protection of the object: what views of it may do at most (M-12). Read and write by default.
    pub fn protection(mut self, protect: Page) -> Self {
        self.protect = protect.bits();
        self
    }

    /// `flProtect` as the C function takes it: one `PAGE_` constant with `SEC_` flags.
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

    /// `dwDesiredAccess` of `OpenFileMapping`: rights, `FILE_MAP_` flags, generic bits (M-81, M-82).
    pub fn raw_access(mut self, mask: u32) -> Self {
        self.access = mask;
        self
    }

    /// Whether children inherit the handle (O-21).
    pub fn inherit(mut self, inherit: Inherit) -> Self {
        self.inherit = inherit;
        self
    }

    /// Who may open the object (SECURITY_ATTRIBUTES, A-5); ignored if the object exists (O-4).
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

    /// [`FileMappingOptions::security`] in self-relative form; the system checks it when it is used.
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
    ///
    /// # Errors
    /// Those of `CreateFileMappingW`; see its table in the Linux documentation of this function.
    #[doc(alias = "CreateFileMapping")]
    pub fn create(&self, name: &str) -> Result<FileMapping, Error> {
        self.made(Some(name.as_bytes()), false)
    }

    /// [`FileMappingOptions::create`] for a name in WTF-8, as [`filemap_core::name::wtf8_from_utf16`] makes it.
    ///
    /// # Errors
    /// As [`FileMappingOptions::create`].
    pub fn create_wtf8(&self, name: &[u8]) -> Result<FileMapping, Error> {
        self.made(Some(name), false)
    }

    /// Creates the object, and fails if the name exists (O-67).
    ///
    /// # Errors
    /// `ERROR_ALREADY_EXISTS` (183), else as [`FileMappingOptions::create`].
    pub fn create_new(&self, name: &str) -> Result<FileMapping, Error> {
        self.made(Some(name.as_bytes()), true)
    }

    /// Creates an object without a name.
    ///
    /// # Errors
    /// As [`FileMappingOptions::create`].
    pub fn create_unnamed(&self) -> Result<FileMapping, Error> {
        self.made(None, false)
    }

    /// Opens the object if it exists, with the access asked for; else creates it.
    ///
    /// # Errors
    /// As [`FileMappingOptions::open`] and [`FileMappingOptions::create`].
    pub fn open_or_create(&self, name: &str) -> Result<FileMapping, Error> {
        match self.open(name) {
            Err(e) if *e.why() == Why::NameNotFound => self.create(name),
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
    pub fn open(&self, name: &str) -> Result<FileMapping, Error> {
        self.open_wtf8(name.as_bytes())
    }

    /// [`FileMappingOptions::open`] for a name in WTF-8; see [`FileMappingOptions::create_wtf8`].
    ///
    /// # Errors
    /// As [`FileMappingOptions::open`].
    pub fn open_wtf8(&self, wtf8: &[u8]) -> Result<FileMapping, Error> {
        let op = Op::OpenFileMapping;
        let name = &*String::from_utf8_lossy(wtf8);
        let space = self.space()?;
        let units = space.units(op, wtf8)?;
        let profile = space.profile();
        let raw = os::section::open(self.access, self.inherit == Inherit::Yes, &units).map_err(|e| {
            let suspected = space
                .suspect(Kind::FileMapping, wtf8)
                .or_else(|| section::open_rights(self.access, profile).err());
            refusal::explained(op, name, e, suspected)
        })?;
        let asked = section::open_rights(self.access, profile).unwrap_or(FileMapAccess::empty());
        Ok(FileMapping::of(raw, name, asked, true))
    }

    fn made(&self, wtf8: Option<&[u8]>, only_new: bool) -> Result<FileMapping, Error> {
        let op = Op::CreateFileMapping;
        let wtf8 = wtf8.unwrap_or_default();
        let name = &*String::from_utf8_lossy(wtf8);
        let space = self.space()?;
        let units = match wtf8 {
            [] => {
                space.units(op, b"-")?; // the name space itself may be refused
                Vec::new()
            }
            wtf8 => space.units(op, wtf8)?,
        };
        let attributes = named::attributes(self.security.as_ref(), self.inherit, op, name)?;
        let (raw, existed) = os::section::create(
            self.file,
            attributes.as_ref(),
            self.protect | self.sections,
            self.size,
            &units,
        )
        .map_err(|e| self.explained(op, name, &space, wtf8, e))?;
        if existed && only_new {
            return Err(Error::new(op, name, Why::NameExists));
        }
        let asked = Page::of_section(self.protect).map_or(FileMapAccess::empty(), FileMapAccess::of_creation);
        let mut mapping = FileMapping::of(raw, name, asked, existed);
        if !existed && let Some(protect) = Page::of_section(self.protect) {
            let _ = mapping.protect.set(protect);
        }
        mapping.file = self.file_of_its_own(&mapping);
        Ok(mapping)
    }

    /// The file under a handle of the object's own, to wait for the disk with.
    fn file_of_its_own(&self, mapping: &FileMapping) -> Option<Arc<File>> {
        let file = self.file.filter(|_| !mapping.existed)?;
        let own = handle::duplicate(file, None, false).ok()?;
        Some(Arc::new(File::from(own)))
    }

    fn explained(&self, op: Op, name: &str, space: &Namespace, wtf8: &[u8], e: SysError) -> Error {
        let code = Win32Code(e.errno as u32);
        let profile = space.profile();
        let arguments = CreateArguments {
            protect: self.protect,
            sections: self.sections,
            size: self.size,
            may_lock_memory: false,
            large_page: crate::LARGE_PAGE,
        };
        let limits = Limits {
            largest: file::LARGEST,
            physical: None,
            committable: None,
        };
        let of_arguments = match self.file {
            None => arguments.plan_pagefile(&limits, profile).err(),
            Some(given) => self
                .facts(given)
                .and_then(|facts| arguments.plan_file(&facts, &limits, profile).err()),
        };
        let suspected = [of_arguments, space.suspect(Kind::FileMapping, wtf8)]
            .into_iter()
            .flatten()
            .find(|why| why.code() == code)
            .or(match code {
                Win32Code::COMMITMENT_LIMIT => Some(Why::CommitmentLimit {
                    wanted: self.size,
                    free: 0,
                    place: "the paging file".to_owned(),
                }),
                Win32Code::PRIVILEGE_NOT_HELD => Some(Why::PrivilegeMissing {
                    privilege: "SeLockMemoryPrivilege",
                }),
                Win32Code::ACCESS_DENIED if self.file.is_some() => Some(Why::FileLacks { right: "a right" }),
                Win32Code::DISK_FULL => Some(Why::DiskFull {
                    wanted: self.size,
                    free: 0,
                }),
                Win32Code::BAD_EXE_FORMAT => Some(Why::NotAnImage {
                    what: "the loader does not take it",
                }),
                _ => None,
            });
        refusal::explained(op, name, e, suspected)
    }

    /// What is known of the file, for the explanation of an error.
    fn facts(&self, given: BorrowedHandle<'_>) -> Option<FileFacts> {
        let file = File::from(handle::duplicate(given, None, false).ok()?);
        let metadata = file.metadata().ok()?;
        let rights = handle::granted(given).unwrap_or(0);
        Some(FileFacts {
            kind: match metadata.is_file() {
                true => FileKind::Ordinary,
                false => FileKind::Other("what is no file"),
            },
            can_read: rights & 0x1 != 0,
            can_write: rights & 0x2 != 0,
            can_execute: rights & 0x20 != 0,
            len: metadata.len(),
            region_locked: false,
        })
    }
}

/// What to map; see [`FileMapping::view`].
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct ViewOptions<'a> {
    mapping: &'a FileMapping,
    protect: Page,
    /// `FILE_MAP_` flags, where they were given and not a protection.
    access: Option<u32>,
    offset: u64,
    len: u64,
    base: Option<u64>,
    over: bool,
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
        self.access = None;
        self
    }

    /// `FILE_MAP_` flags as `MapViewOfFile` takes them.
    pub fn access(mut self, flags: u32) -> Self {
        self.protect = FileMapAccess::view_protection(flags, self.mapping.profile());
        self.access = Some(flags);
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

    /// Puts the view over a placeholder of exactly its length that the program has reserved at `address`
    /// (`MEM_REPLACE_PLACEHOLDER`).
    ///
    /// # Safety
    /// The placeholder is the caller's own, and nothing uses it.
    #[allow(unsafe_code, reason = "the caller's promise is kept until the view is mapped")]
    pub unsafe fn over(mut self, address: usize) -> Self {
        self.base = Some(address as u64);
        self.over = true;
        self
    }

    /// Maps the view.
    ///
    /// # Errors
    /// Those of `MapViewOfFileEx`: 5, 87, 487, 1132, 8. Source: win32 `MapViewOfFileEx`, `MapViewOfFile3`.
    #[doc(alias = "MapViewOfFile")]
    pub fn map(&self) -> Result<View, Error> {
        let base = match self.base.map(usize::try_from) {
            None => None,
            Some(Ok(base)) => Some(base),
            Some(Err(_)) => {
                let why = Why::BaseOutOfRange {
                    base: self.base.unwrap_or_default(),
                };
                return Err(self.mapping.failed(Op::MapView, why));
            }
        };
        let mapped = match base {
            Some(at) if self.over => self.over_placeholder(at),
            base => self
                .mapping
                .map_raw(self.protect, self.access, self.offset, self.len, base),
        };
        self.view_at(mapped.map_err(|e| self.explained(e))?)
    }

    /// Maps the view in place of a reserved range of exactly its length in whole pages, at once (V-77). If that fails, the
    /// range is given back.
    ///
    /// # Errors
    /// As [`ViewOptions::map`]; `ERROR_INVALID_ADDRESS` (487) or `ERROR_INVALID_PARAMETER` (87) if the lengths differ;
    /// `ERROR_PROC_NOT_FOUND` (127) before Windows 10 1803. Source: win32 `MapViewOfFile3`, MEM_REPLACE_PLACEHOLDER.
    #[doc(alias = "MEM_REPLACE_PLACEHOLDER")]
    pub fn map_replacing(&self, placeholder: Placeholder) -> Result<View, Error> {
        let len = match self.len {
            0 => placeholder.len(),
            len => usize::try_from(len).unwrap_or(usize::MAX),
        };
        let section = self.mapping.handle.as_handle();
        let base = placeholder
            .replace(section, self.protect.bits(), self.offset, len)
            .map_err(|e| self.explained(e))?;
        self.view_at(base)
    }

    #[allow(unsafe_code, reason = "hands on what the caller of `over` promised")]
    fn over_placeholder(&self, at: usize) -> Result<usize, SysError> {
        let section = self.mapping.handle.as_handle();
        let len = usize::try_from(self.len).unwrap_or(usize::MAX);
        // SAFETY: the caller of `over` has promised that this placeholder is free to take.
        unsafe { os::view::map_replacing(section, self.protect.bits(), self.offset, len, at) }
    }

    fn view_at(&self, base: usize) -> Result<View, Error> {
        let facts = named::section_facts(self.mapping.handle.as_handle());
        View::new(
            base,
            self.offset,
            self.len,
            self.protect,
            Arc::clone(&self.mapping.name),
            Backing {
                size: facts.map(|facts| facts.size),
                sections: facts.map(|facts| SectionFlags::from_bits_retain(facts.attributes)),
                file: self.mapping.file.clone(),
            },
        )
    }

    fn explained(&self, e: SysError) -> Error {
        let mapping = self.mapping;
        let code = Win32Code(e.errno as u32);
        let facts = SectionFacts {
            rights: mapping.rights,
            protect: mapping.protect.get().copied().unwrap_or(Page::EXECUTE_READWRITE),
            size: named::section_facts(mapping.handle.as_handle()).map_or(u64::MAX, |facts| facts.size),
            has_file: false,
        };
        let arguments = MapArguments {
            protect: self.protect,
            offset: self.offset,
            len: self.len,
            base: self.base,
        };
        let planned = arguments.plan(&facts, map::user_range(), mapping.profile());
        let suspected = match (planned, code, self.base) {
            (Err(why), _, _) => Some(why),
            (Ok(_), Win32Code::INVALID_ADDRESS, Some(base)) => Some(Why::BaseOccupied { base }),
            (Ok(plan), Win32Code::NOT_ENOUGH_MEMORY, _) => Some(Why::NoAddressSpace { len: plan.len }),
            _ => None,
        };
        refusal::explained(Op::MapView, mapping.name(), e, suspected)
    }
}

/// Opens a file for mapping with what a protection needs; a convenience for [`FileMappingOptions::file`].
///
/// # Errors
/// As [`File::options`] gives them.
pub fn open_file_for(path: impl AsRef<std::path::Path>, protect: Page) -> std::io::Result<File> {
    use std::os::windows::fs::OpenOptionsExt;
    const GENERIC_EXECUTE: u32 = 0x2000_0000;
    let allows = protect.allows();
    let mut access = crate::GENERIC_READ;
    if allows.write {
        access |= crate::GENERIC_WRITE;
    }
    if allows.execute {
        access |= GENERIC_EXECUTE;
    }
    File::options().access_mode(access).open(path)
}
