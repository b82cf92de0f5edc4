//! `namespaceapi.h`: boundary descriptors and private name spaces (N-70 to N-76).

// UNSAFETY: exported names.
#![expect(unsafe_code)]

use crate::attributes::Attributes;
use crate::boundary::{In, Outcome, guard};
use crate::constants::PRIVATE_NAMESPACE_FLAG_DESTROY;
use crate::descriptor::read_sid;
use crate::handle_table::{Entry, Handle, KernelObject, handles};
use crate::heap;
use crate::layout::SECURITY_ATTRIBUTES;
use crate::text::{read_a, read_w};
use filemap::{BoundaryDescriptor, PrivateNamespace};
use filemap_core::error::Win32Code;
use filemap_core::security::Sid;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard};

/// Boundaries by the numbers that programs have for them: addresses of blocks of one byte, so that no two are the same and
/// none is taken for a handle.
static BOUNDARIES: LazyLock<Mutex<HashMap<usize, BoundaryDescriptor>>> = LazyLock::new(Mutex::default);

fn boundaries() -> MutexGuard<'static, HashMap<usize, BoundaryDescriptor>> {
    BOUNDARIES.lock().unwrap_or_else(|e| e.into_inner())
}

fn text(bytes: Vec<u8>) -> Outcome<String> {
    String::from_utf8(bytes).map_err(|_| Win32Code::INVALID_PARAMETER)
}

fn create_boundary(name: Vec<u8>, flags: u32) -> Outcome<Handle> {
    let boundary = BoundaryDescriptor::new(&text(name)?, flags).map_err(|e| e.code())?;
    let number = heap::allocate(1)?.address();
    boundaries().insert(number, boundary);
    Ok(Handle(number))
}

/// See `namespaceapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn CreateBoundaryDescriptorA(name: In<u8>, flags: u32) -> Handle {
    guard(Handle::NULL, || {
        if name.is_null() {
            return Err(Win32Code::INVALID_PARAMETER);
        }
        create_boundary(read_a(name)?, flags)
    })
}

/// See `namespaceapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn CreateBoundaryDescriptorW(name: In<u16>, flags: u32) -> Handle {
    guard(Handle::NULL, || {
        if name.is_null() {
            return Err(Win32Code::INVALID_PARAMETER);
        }
        create_boundary(read_w(name)?, flags)
    })
}

fn add(
    boundary: In<usize>,
    sid: usize,
    add: impl FnOnce(&mut BoundaryDescriptor, Sid) -> Result<(), filemap::Error>,
) -> i32 {
    guard(0, || {
        let number = boundary.read()?;
        let sid = read_sid(sid)?;
        let mut all = boundaries();
        let found = all.get_mut(&number).ok_or(Win32Code::INVALID_HANDLE)?;
        add(found, sid).map_err(|e| e.code())?;
        Ok(1)
    })
}

/// See `namespaceapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn AddSIDToBoundaryDescriptor(boundary: In<usize>, sid: usize) -> i32 {
    add(boundary, sid, BoundaryDescriptor::add_sid)
}

/// See `namespaceapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn AddIntegrityLabelToBoundaryDescriptor(boundary: In<usize>, label: usize) -> i32 {
    add(boundary, label, BoundaryDescriptor::add_integrity_label)
}

/// See `namespaceapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn DeleteBoundaryDescriptor(boundary: Handle) {
    guard((), || {
        if boundaries().remove(&boundary.0).is_some() {
            heap::LocalFree(boundary);
        }
        Ok(())
    });
}

/// A private name space behind a handle, until it is closed or destroyed.
struct PrivateSpace(Mutex<Option<PrivateNamespace>>);

impl KernelObject for PrivateSpace {
    fn kind(&self) -> &'static str {
        "Directory"
    }
}

fn insert(space: PrivateNamespace, inheritable: bool) -> Outcome<Handle> {
    let object = Arc::new(PrivateSpace(Mutex::new(Some(space))));
    handles().insert(Entry {
        inheritable,
        ..Entry::new(object, 0)
    })
}

fn boundary_of(number: usize) -> Outcome<BoundaryDescriptor> {
    boundaries()
        .get(&number)
        .cloned()
        .ok_or(Win32Code::INVALID_PARAMETER)
}

fn create(attributes: In<SECURITY_ATTRIBUTES>, boundary: usize, alias: Vec<u8>) -> Outcome<Handle> {
    let attributes = Attributes::read(attributes)?;
    let boundary = boundary_of(boundary)?;
    let mut options = PrivateNamespace::options();
    if let Some(descriptor) = &attributes.descriptor {
        options = options.security(descriptor);
    }
    let made = options.create(&boundary, &text(alias)?).map_err(|e| e.code())?;
    insert(made, attributes.inherit)
}

/// See `namespaceapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn CreatePrivateNamespaceA(
    attributes: In<SECURITY_ATTRIBUTES>,
    boundary: usize,
    alias: In<u8>,
) -> Handle {
    guard(Handle::NULL, || {
        if alias.is_null() {
            return Err(Win32Code::INVALID_PARAMETER);
        }
        create(attributes, boundary, read_a(alias)?)
    })
}

/// See `namespaceapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn CreatePrivateNamespaceW(
    attributes: In<SECURITY_ATTRIBUTES>,
    boundary: usize,
    alias: In<u16>,
) -> Handle {
    guard(Handle::NULL, || {
        if alias.is_null() {
            return Err(Win32Code::INVALID_PARAMETER);
        }
        create(attributes, boundary, read_w(alias)?)
    })
}

fn open(boundary: usize, alias: Vec<u8>) -> Outcome<Handle> {
    let boundary = boundary_of(boundary)?;
    let opened = PrivateNamespace::options().open(&boundary, &text(alias)?);
    insert(opened.map_err(|e| e.code())?, false)
}

/// See `namespaceapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn OpenPrivateNamespaceA(boundary: usize, alias: In<u8>) -> Handle {
    guard(Handle::NULL, || {
        if alias.is_null() {
            return Err(Win32Code::INVALID_PARAMETER);
        }
        open(boundary, read_a(alias)?)
    })
}

/// See `namespaceapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn OpenPrivateNamespaceW(boundary: usize, alias: In<u16>) -> Handle {
    guard(Handle::NULL, || {
        if alias.is_null() {
            return Err(Win32Code::INVALID_PARAMETER);
        }
        open(boundary, read_w(alias)?)
    })
}

/// See `namespaceapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn ClosePrivateNamespace(space: Handle, flags: u32) -> u8 {
    guard(0, || {
        if flags & !PRIVATE_NAMESPACE_FLAG_DESTROY != 0 {
            return Err(Win32Code::INVALID_PARAMETER);
        }
        let object = handles().object::<PrivateSpace>(space, 0)?;
        if flags & PRIVATE_NAMESPACE_FLAG_DESTROY != 0 {
            let taken = object.0.lock().unwrap_or_else(|e| e.into_inner()).take();
            if let Some(taken) = taken {
                taken.destroy().map_err(|e| e.code())?;
            }
        }
        drop(handles().close(space)?);
        Ok(1)
    })
}
