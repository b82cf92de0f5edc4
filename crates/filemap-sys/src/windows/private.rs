//! Private name spaces.

// UNSAFETY: calls the Win32 functions of private name spaces.
#![expect(unsafe_code)]

use crate::SysError;
use crate::os::lookup;
use crate::os::security::Attributes;
use crate::os::text::wide;
use windows_sys::Win32::Foundation::HANDLE;

/// A boundary: a name and the SIDs that whoever opens the name space must have. Deleted on drop.
///
/// # Invariants
/// 1. `raw` is a boundary descriptor that only this value deletes.
#[derive(Debug)]
struct Boundary {
    raw: HANDLE,
}

impl Boundary {
    fn new(name: &str, sids: &[Vec<u8>], label: Option<&[u8]>) -> Result<Boundary, SysError> {
        const CALL: &str = "CreateBoundaryDescriptorW";
        let missing = |call| SysError { call, errno: 127 };
        let create = lookup::create_boundary_descriptor().ok_or(missing(CALL))?;
        let name = wide(name.as_bytes());
        // SAFETY: the name ends with NUL and outlives the call.
        let raw = unsafe { create(name.as_ptr(), 0) };
        if raw.is_null() {
            return Err(SysError::last(CALL));
        }
        let mut boundary = Boundary { raw };
        for sid in sids {
            boundary.add(
                lookup::add_sid_to_boundary_descriptor(),
                "AddSIDToBoundaryDescriptor",
                sid,
            )?;
        }
        if let Some(label) = label {
            boundary.add(
                lookup::add_integrity_label(),
                "AddIntegrityLabelToBoundaryDescriptor",
                label,
            )?;
        }
        Ok(boundary)
    }

    fn add(
        &mut self,
        add: Option<unsafe extern "system" fn(*mut HANDLE, *mut core::ffi::c_void) -> i32>,
        call: &'static str,
        sid: &[u8],
    ) -> Result<(), SysError> {
        let add = add.ok_or(SysError { call, errno: 127 })?;
        // A SID in its binary form has an alignment of 4.
        let mut words: Vec<u32> = sid
            .chunks(4)
            .map(|piece| {
                let mut four = [0; 4];
                four[..piece.len()].copy_from_slice(piece);
                u32::from_ne_bytes(four)
            })
            .collect();
        // SAFETY: the boundary is this value's own (invariant 1), and may move: `raw` is where it is told; the SID is
        // whole, aligned, and outlives the call.
        match unsafe { add(&mut self.raw, words.as_mut_ptr().cast()) } {
            0 => Err(SysError::last(call)),
            _ => Ok(()),
        }
    }
}

impl Drop for Boundary {
    fn drop(&mut self) {
        if let Some(delete) = lookup::delete_boundary_descriptor() {
            // SAFETY: invariant 1.
            unsafe { delete(self.raw) };
        }
    }
}

/// A handle to a private name space; closed on drop.
///
/// # Invariants
/// 1. `raw` is a handle of CreatePrivateNamespace or OpenPrivateNamespace that only this value closes.
#[derive(Debug)]
pub struct PrivateNamespace {
    raw: HANDLE,
}

// SAFETY: the handle belongs to the process, not to a thread, and the functions that take it may be called from any.
unsafe impl Send for PrivateNamespace {}
// SAFETY: as above; nothing is changed through a shared reference.
unsafe impl Sync for PrivateNamespace {}

/// What a name space is recognised by.
#[derive(Clone, Debug)]
pub struct Identity<'a> {
    /// Name of the boundary.
    pub name: &'a str,
    /// SIDs in binary form.
    pub sids: Vec<Vec<u8>>,
    /// The integrity label's SID in binary form.
    pub label: Option<Vec<u8>>,
}

impl PrivateNamespace {
    /// Creates the name space, under `alias` in this process. Source: win32 `CreatePrivateNamespaceW`.
    pub fn create(
        identity: &Identity<'_>,
        alias: &str,
        attributes: Option<&Attributes>,
    ) -> Result<PrivateNamespace, SysError> {
        const CALL: &str = "CreatePrivateNamespaceW";
        let create = lookup::create_private_namespace().ok_or(SysError {
            call: CALL,
            errno: 127,
        })?;
        let boundary = Boundary::new(identity.name, &identity.sids, identity.label.as_deref())?;
        let alias = wide(alias.as_bytes());
        // SAFETY: boundary, alias (with its NUL) and attributes outlive the call.
        let raw = unsafe {
            create(
                attributes.map_or(std::ptr::null(), Attributes::as_ptr),
                boundary.raw,
                alias.as_ptr(),
            )
        };
        PrivateNamespace::of(raw, CALL)
    }

    /// Opens the name space, under `alias` in this process. Source: win32 `OpenPrivateNamespaceW`.
    pub fn open(identity: &Identity<'_>, alias: &str) -> Result<PrivateNamespace, SysError> {
        const CALL: &str = "OpenPrivateNamespaceW";
        let open = lookup::open_private_namespace().ok_or(SysError {
            call: CALL,
            errno: 127,
        })?;
        let boundary = Boundary::new(identity.name, &identity.sids, identity.label.as_deref())?;
        let alias = wide(alias.as_bytes());
        // SAFETY: boundary and alias (with its NUL) outlive the call.
        PrivateNamespace::of(unsafe { open(boundary.raw, alias.as_ptr()) }, CALL)
    }

    fn of(raw: HANDLE, call: &'static str) -> Result<PrivateNamespace, SysError> {
        match raw.is_null() {
            true => Err(SysError::last(call)),
            false => Ok(PrivateNamespace { raw }),
        }
    }

    /// Closes the handle; with `destroy` nobody can open the name space any more. Source: win32 `ClosePrivateNamespace`.
    pub fn close(self, destroy: bool) -> Result<(), SysError> {
        let raw = std::mem::ManuallyDrop::new(self).raw;
        close(raw, destroy)
    }
}

fn close(raw: HANDLE, destroy: bool) -> Result<(), SysError> {
    const CALL: &str = "ClosePrivateNamespace";
    let close = lookup::close_private_namespace().ok_or(SysError {
        call: CALL,
        errno: 127,
    })?;
    // SAFETY: the handle is given up by its only owner.
    match unsafe { close(raw, destroy.into()) } {
        0 => Err(SysError::last(CALL)),
        _ => Ok(()),
    }
}

impl Drop for PrivateNamespace {
    fn drop(&mut self) {
        let _ = close(self.raw, false); // an error says that it is closed already
    }
}
