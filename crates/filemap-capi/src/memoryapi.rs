//! `memoryapi.h`, its first half: file mapping objects and views.

// UNSAFETY: exported names; puts views over placeholders of the program.
#![expect(unsafe_code)]

use crate::attributes::{Attributes, name_a, name_w};
use crate::boundary::{In, Outcome, guard};
use crate::constants::*;
use crate::errhandlingapi::set_last_error;
use crate::file::File;
use crate::handle_table::{Entry, Handle, Pseudo, handles};
use crate::layout::{MEM_ADDRESS_REQUIREMENTS, MEM_EXTENDED_PARAMETER, SECURITY_ATTRIBUTES};
use crate::private_memory::{self as private, Extended};
use crate::process::own_process;
use crate::section::Section;
use filemap::{FileMapAccess, FileMapping, FileMappingOptions, Page, View, views};
use filemap_core::error::Win32Code;
use filemap_core::section::{CreateArguments, split_protect};
use filemap_sys::os::{map, process};
use std::sync::Arc;

/// What a Create function was asked for.
struct Wanted {
    file: Handle,
    attributes: Attributes,
    /// `flProtect`, SEC_ flags included.
    protect: u32,
    size: u64,
    name: Option<Vec<u8>>,
    /// The rights of the handle; what the protection gives (O-7) without it.
    access: Option<u32>,
}

impl Wanted {
    fn create(self) -> Outcome<Handle> {
        let options = FileMapping::options()
            .raw_protection(self.protect)
            .size(self.size);
        let name = self.name.as_deref().unwrap_or_default();
        let no_file = matches!(self.file.pseudo(), Some(Pseudo::Process)) || self.file == Handle::NULL;
        let mapping = if no_file {
            self.make(&options, name)?
        } else {
            // What is wrong with the arguments is told before what is wrong with the file (M-50).
            let (protect, sections) = split_protect(self.protect);
            let arguments = CreateArguments {
                protect,
                sections,
                size: self.size,
                may_lock_memory: process::may_lock_memory(),
                large_page: filemap::LARGE_PAGE,
            };
            arguments.check(true).map_err(|why| why.code())?;
            let needed = file_rights(protect);
            let file = handles().object::<File>(self.file, needed)?;
            self.make(&options.file(&file.descriptor()), name)?
        };
        let existed = mapping.already_existed();
        let access = mapping.rights().bits();
        let handle = handles().insert(Entry {
            inheritable: self.attributes.inherit,
            ..Entry::new(Arc::new(Section { mapping }), access)
        })?;
        set_last_error(if existed {
            Win32Code::ALREADY_EXISTS
        } else {
            Win32Code(0)
        });
        Ok(handle)
    }

    fn make(&self, options: &FileMappingOptions<'_>, name: &[u8]) -> Outcome<FileMapping> {
        let options = crate::security::with_descriptor(options.clone(), self.attributes.descriptor)?;
        let made = options.create_wtf8(name).map_err(|e| e.code());
        let Some(access) = self.access else { return made };
        match made {
            Ok(mapping) => {
                let access = filemap_core::section::open_rights(access).map_err(|why| why.code())?;
                mapping.duplicate(access).map_err(|e| e.code())
            }
            // Somebody else's, which grants less than a creator asks for: it may grant what was asked for.
            Err(Win32Code::ACCESS_DENIED) if !name.is_empty() => {
                options.raw_access(access).open_wtf8(name).map_err(|e| e.code())
            }
            Err(e) => Err(e),
        }
    }
}

/// What a file's handle must allow for a protection (M-12).
fn file_rights(protect: u32) -> u32 {
    let allows = Page::from_bits_retain(protect).allows();
    let mut rights = FILE_READ_DATA;
    if allows.write {
        rights |= FILE_WRITE_DATA;
    }
    if allows.execute {
        rights |= FILE_EXECUTE;
    }
    rights
}

fn size_of_halves(high: u32, low: u32) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}

/// See `memoryapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn CreateFileMappingA(
    file: Handle,
    attributes: In<SECURITY_ATTRIBUTES>,
    protect: u32,
    high: u32,
    low: u32,
    name: In<u8>,
) -> Handle {
    guard(Handle::NULL, || {
        let (attributes, name) = (Attributes::read(attributes)?, name_a(name)?);
        let size = size_of_halves(high, low);
        let access = None;
        Wanted {
            file,
            attributes,
            protect,
            size,
            name,
            access,
        }
        .create()
    })
}

/// See `memoryapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn CreateFileMappingW(
    file: Handle,
    attributes: In<SECURITY_ATTRIBUTES>,
    protect: u32,
    high: u32,
    low: u32,
    name: In<u16>,
) -> Handle {
    guard(Handle::NULL, || {
        let (attributes, name) = (Attributes::read(attributes)?, name_w(name)?);
        let size = size_of_halves(high, low);
        let access = None;
        Wanted {
            file,
            attributes,
            protect,
            size,
            name,
            access,
        }
        .create()
    })
}

/// See `memoryapi.h`. The node is a wish, and Linux places pages where they are touched first.
#[unsafe(no_mangle)]
pub extern "C" fn CreateFileMappingNumaA(
    file: Handle,
    attributes: In<SECURITY_ATTRIBUTES>,
    protect: u32,
    high: u32,
    low: u32,
    name: In<u8>,
    node: u32,
) -> Handle {
    let _ = node;
    CreateFileMappingA(file, attributes, protect, high, low, name)
}

/// See `memoryapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn CreateFileMappingNumaW(
    file: Handle,
    attributes: In<SECURITY_ATTRIBUTES>,
    protect: u32,
    high: u32,
    low: u32,
    name: In<u16>,
    node: u32,
) -> Handle {
    let _ = node;
    CreateFileMappingW(file, attributes, protect, high, low, name)
}

/// See `memoryapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn CreateFileMapping2(
    file: Handle,
    attributes: In<SECURITY_ATTRIBUTES>,
    access: u32,
    protect: u32,
    flags: u32,
    size: u64,
    name: In<u16>,
    parameters: In<MEM_EXTENDED_PARAMETER>,
    count: u32,
) -> Handle {
    guard(Handle::NULL, || {
        let (attributes, name) = (Attributes::read(attributes)?, name_w(name)?);
        Extended::read(parameters, count)?.without_address()?;
        let (only_page, extra) = split_protect(protect);
        if extra != 0 {
            return Err(Win32Code::INVALID_PARAMETER); // SEC_ flags have an argument of their own here
        }
        let protect = only_page | flags;
        let access = Some(access);
        Wanted {
            file,
            attributes,
            protect,
            size,
            name,
            access,
        }
        .create()
    })
}

/// See `memoryapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn CreateFileMappingFromApp(
    file: Handle,
    attributes: In<SECURITY_ATTRIBUTES>,
    protect: u32,
    size: u64,
    name: In<u16>,
) -> Handle {
    guard(Handle::NULL, || {
        let (attributes, name) = (Attributes::read(attributes)?, name_w(name)?);
        let access = None;
        Wanted {
            file,
            attributes,
            protect,
            size,
            name,
            access,
        }
        .create()
    })
}

fn open(access: u32, inherit: i32, name: Option<Vec<u8>>) -> Outcome<Handle> {
    let name = name.ok_or(Win32Code::INVALID_PARAMETER)?; // M-80
    let mapping = FileMapping::options()
        .raw_access(access)
        .open_wtf8(&name)
        .map_err(|e| e.code())?;
    let access = mapping.rights().bits();
    handles().insert(Entry {
        inheritable: inherit != 0,
        ..Entry::new(Arc::new(Section { mapping }), access)
    })
}

/// See `memoryapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn OpenFileMappingA(access: u32, inherit: i32, name: In<u8>) -> Handle {
    guard(Handle::NULL, || open(access, inherit, name_a(name)?))
}

/// See `memoryapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn OpenFileMappingW(access: u32, inherit: i32, name: In<u16>) -> Handle {
    guard(Handle::NULL, || open(access, inherit, name_w(name)?))
}

/// See `memoryapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn OpenFileMappingFromApp(access: u32, inherit: i32, name: In<u16>) -> Handle {
    guard(Handle::NULL, || open(access, inherit, name_w(name)?))
}

/// What a view shall be.
struct WantedView {
    section: Handle,
    protect: Page,
    offset: u64,
    len: u64,
    base: usize,
}

impl WantedView {
    fn section(&self) -> Outcome<Arc<Section>> {
        // A base that no program may use is told before anything about the handle (V-37).
        if self.base != 0 {
            let (user, base) = (map::user_range(), self.base as u64);
            let end = base.checked_add(self.len.max(1) - 1);
            if base < user.first || end.is_none_or(|end| end > user.last) {
                return Err(Win32Code::INVALID_PARAMETER);
            }
        }
        handles().object::<Section>(self.section, 0)
    }

    fn map(&self) -> Outcome<View> {
        self.map_at(&self.section()?.mapping, (self.base != 0).then_some(self.base))
    }

    fn map_at(&self, mapping: &FileMapping, base: Option<usize>) -> Outcome<View> {
        let view = mapping
            .view()
            .protection(self.protect)
            .offset(self.offset)
            .len(self.len);
        match base {
            None => view.map(),
            Some(base) => view.base(base).map(),
        }
        .map_err(|e| e.code())
    }

    /// Somewhere between two addresses (`MEM_ADDRESS_REQUIREMENTS`).
    fn map_between(&self, wanted: &MEM_ADDRESS_REQUIREMENTS) -> Outcome<View> {
        let section = self.section()?;
        let left = section.mapping.len().saturating_sub(self.offset);
        let len = if self.len == 0 { left } else { self.len };
        let len = usize::try_from(len).map_err(|_| Win32Code::NOT_ENOUGH_MEMORY)?;
        // Another thread may take the place in the meantime: then look for the next one.
        for base in private::free_places(wanted, len)? {
            match self.map_at(&section.mapping, Some(base)) {
                Err(Win32Code::INVALID_ADDRESS) => {}
                other => return other,
            }
        }
        Err(Win32Code::NOT_ENOUGH_MEMORY)
    }

    /// In the place of a placeholder of exactly this length.
    fn map_over_placeholder(&self) -> Outcome<View> {
        let section = self.section()?;
        let left = section.mapping.len().saturating_sub(self.offset);
        let len = if self.len == 0 { left } else { self.len };
        let len = usize::try_from(len).map_err(|_| Win32Code::INVALID_ADDRESS)?;
        if self.base == 0 {
            return Err(Win32Code::INVALID_PARAMETER);
        }
        let len = len.next_multiple_of(map::page_size());
        private::replace_placeholder(self.base, len, || {
            let view = section
                .mapping
                .view()
                .protection(self.protect)
                .offset(self.offset)
                .len(self.len);
            // SAFETY: the placeholder is reserved memory of this library without access, exactly as long as the view, and its
            // table entry is ours until this closure ends.
            unsafe { view.over(self.base) }.map().map_err(|e| e.code())
        })
    }
}

fn kept(view: View) -> usize {
    views::keep(view).addr()
}

/// See `memoryapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn MapViewOfFile(section: Handle, access: u32, high: u32, low: u32, len: usize) -> usize {
    MapViewOfFileEx(section, access, high, low, len, 0)
}

/// See `memoryapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn MapViewOfFileEx(
    section: Handle,
    access: u32,
    high: u32,
    low: u32,
    len: usize,
    base: usize,
) -> usize {
    guard(0, || {
        let protect = FileMapAccess::view_protection(access);
        let (offset, len) = (size_of_halves(high, low), len as u64);
        WantedView {
            section,
            protect,
            offset,
            len,
            base,
        }
        .map()
        .map(kept)
    })
}

/// See `memoryapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn MapViewOfFileExNuma(
    section: Handle,
    access: u32,
    high: u32,
    low: u32,
    len: usize,
    base: usize,
    node: u32,
) -> usize {
    let _ = node;
    MapViewOfFileEx(section, access, high, low, len, base)
}

/// See `memoryapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn MapViewOfFileFromApp(section: Handle, access: u32, offset: u64, len: usize) -> usize {
    guard(0, || {
        let protect = FileMapAccess::view_protection(access);
        let (len, base) = (len as u64, 0);
        WantedView {
            section,
            protect,
            offset,
            len,
            base,
        }
        .map()
        .map(kept)
    })
}

/// The protection that a newer Map function names. Errors: 87.
fn page_protection(protect: u32) -> Outcome<Page> {
    let plain = protect & !(PAGE_NOCACHE | PAGE_WRITECOMBINE | PAGE_TARGETS_INVALID);
    Page::single(plain).ok_or(Win32Code::INVALID_PARAMETER)
}

/// See `memoryapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn MapViewOfFileNuma2(
    section: Handle,
    in_process: Handle,
    offset: u64,
    base: usize,
    len: usize,
    kind: u32,
    protect: u32,
    node: u32,
) -> usize {
    let _ = node;
    guard(0, || {
        if kind & !(MEM_RESERVE | MEM_LARGE_PAGES) != 0 {
            return Err(Win32Code::INVALID_PARAMETER);
        }
        let protect = page_protection(protect)?;
        own_process(in_process, PROCESS_VM_OPERATION)?;
        let len = len as u64;
        WantedView {
            section,
            protect,
            offset,
            len,
            base,
        }
        .map()
        .map(kept)
    })
}

/// See `memoryapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn MapViewOfFile3(
    section: Handle,
    in_process: Handle,
    base: usize,
    offset: u64,
    len: usize,
    kind: u32,
    protect: u32,
    parameters: In<MEM_EXTENDED_PARAMETER>,
    count: u32,
) -> usize {
    guard(0, || {
        if kind & !(MEM_RESERVE | MEM_LARGE_PAGES | MEM_REPLACE_PLACEHOLDER) != 0 {
            return Err(Win32Code::INVALID_PARAMETER);
        }
        let protect = page_protection(protect)?;
        let extended = Extended::read(parameters, count)?;
        own_process(in_process, PROCESS_VM_OPERATION)?;
        let len = len as u64;
        let wanted = WantedView {
            section,
            protect,
            offset,
            len,
            base,
        };
        let view = match extended.address {
            Some(_) if base != 0 || kind & MEM_REPLACE_PLACEHOLDER != 0 => {
                return Err(Win32Code::INVALID_PARAMETER);
            }
            Some(address) => wanted.map_between(&address)?,
            None if kind & MEM_REPLACE_PLACEHOLDER != 0 => wanted.map_over_placeholder()?,
            None => wanted.map()?,
        };
        Ok(kept(view))
    })
}

/// See `memoryapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn MapViewOfFile3FromApp(
    section: Handle,
    in_process: Handle,
    base: usize,
    offset: u64,
    len: usize,
    kind: u32,
    protect: u32,
    parameters: In<MEM_EXTENDED_PARAMETER>,
    count: u32,
) -> usize {
    MapViewOfFile3(
        section, in_process, base, offset, len, kind, protect, parameters, count,
    )
}

fn unmap(address: usize, flags: u32) -> Outcome<i32> {
    if flags & !(MEM_UNMAP_WITH_TRANSIENT_BOOST | MEM_PRESERVE_PLACEHOLDER) != 0 {
        return Err(Win32Code::INVALID_PARAMETER);
    }
    let view = views::take(address).map_err(|e| e.code())?;
    if flags & MEM_PRESERVE_PLACEHOLDER != 0 {
        view.keep_reserved();
        let (base, len) = (view.as_ptr().addr(), view.region_len());
        drop(view);
        private::add_placeholder(base, len);
    }
    Ok(1)
}

/// See `memoryapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn UnmapViewOfFile(address: usize) -> i32 {
    guard(0, || unmap(address, 0))
}

/// See `memoryapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn UnmapViewOfFileEx(address: usize, flags: u32) -> i32 {
    guard(0, || unmap(address, flags))
}

/// See `memoryapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn UnmapViewOfFile2(in_process: Handle, address: usize, flags: u32) -> i32 {
    guard(0, || {
        own_process(in_process, PROCESS_VM_OPERATION)?;
        unmap(address, flags)
    })
}

/// See `memoryapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn FlushViewOfFile(address: usize, len: usize) -> i32 {
    guard(0, || {
        let view = views::at(address).ok_or(Win32Code::INVALID_ADDRESS)?;
        view.flush(address - view.as_ptr().addr(), len)
            .map_err(|e| e.code())?;
        Ok(1)
    })
}

/// See `memoryapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetLargePageMinimum() -> usize {
    guard(0, || Ok(filemap::LARGE_PAGE as usize))
}
