//! File mapping objects behind handles.

use crate::handle_table::{ForChild, KernelObject};
use filemap::core::name::{Target, resolve};
use filemap::security::{SecurityDescriptor, SecurityInformation};
use filemap::{FileMapAccess, FileMapping, Inherit, Namespace};
use filemap_core::error::Win32Code;
use std::any::Any;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::Arc;

/// A handle's file mapping object. Its rights are the handle's.
#[derive(Debug)]
pub struct Section {
    /// The mapping.
    pub mapping: FileMapping,
}

impl KernelObject for Section {
    fn kind(&self) -> &'static str {
        "Section"
    }

    fn same_as(&self, other: &dyn KernelObject) -> bool {
        (other as &dyn Any)
            .downcast_ref::<Section>()
            .is_some_and(|other| self.mapping.is_same_object(&other.mapping))
    }

    /// More rights than the source has are asked of the object's descriptor (O-26).
    fn duplicate(&self, has: u32, wanted: u32) -> Result<Option<Arc<dyn KernelObject>>, Win32Code> {
        if has == wanted && !filemap::leaks::is_watching() {
            return Ok(None);
        }
        let mapping = self.mapping.duplicate(FileMapAccess::from_bits_retain(wanted));
        Ok(Some(Arc::new(Section {
            mapping: mapping.map_err(|e| e.code())?,
        })))
    }

    fn spell_out(&self, mask: u32) -> u32 {
        filemap_core::access::expand_generic(mask)
    }

    fn for_child(&self, access: u32) -> Result<Option<ForChild>, Win32Code> {
        // A description of its own, which the child alone will have: the lock on it is the child's handle.
        let twin = self
            .mapping
            .duplicate(FileMapAccess::from_bits_retain(access))
            .and_then(|twin| twin.set_inherit(Inherit::Yes))
            .map_err(|e| e.code())?;
        let text = twin.inheritance().ok_or(Win32Code::GEN_FAILURE)?;
        let packed = repack(&text);
        drop(twin); // an inheritable handle is closed without unlocking, so the copies keep its lock
        packed.map(Some)
    }

    fn security(&self, what: SecurityInformation) -> Result<SecurityDescriptor, Win32Code> {
        self.mapping.security(what).map_err(|e| e.code())
    }

    fn set_security(&self, what: SecurityInformation, new: &SecurityDescriptor) -> Result<(), Win32Code> {
        self.mapping.set_security(what, new).map_err(|e| e.code())
    }

    fn full_name(&self) -> String {
        native_name(self.mapping.name())
    }
}

/// What a child needs to know, with the same descriptions under new numbers, which are closed on exec unless the child is told
/// to keep them. Errors: 4.
pub(crate) fn repack(text: &str) -> Result<ForChild, Win32Code> {
    let (descriptors, rest) = split(text).ok_or(Win32Code::GEN_FAILURE)?;
    let mut files = Vec::new();
    let mut numbers = descriptors;
    for number in &mut numbers {
        // An object without a name has no descriptor for it.
        if *number >= 0 {
            let copy = duplicate_number(*number)?;
            *number = copy.as_raw_fd();
            files.push(copy);
        }
    }
    let text = format!("{}:{}:{rest}", numbers[0], numbers[1]);
    Ok(ForChild { text, files })
}

/// The two numbers at the head of what [`FileMapping::inheritance`] gives, and the rest.
fn split(text: &str) -> Option<([i32; 2], &str)> {
    let mut parts = text.splitn(3, ':');
    let handle = parts.next()?.parse().ok()?;
    let data = parts.next()?.parse().ok()?;
    Some(([handle, data], parts.next()?))
}

fn duplicate_number(number: i32) -> Result<OwnedFd, Win32Code> {
    crate::inheritance::borrowed(number)
        .try_clone_to_owned()
        .map_err(|_| Win32Code::TOO_MANY_OPEN_FILES)
}

/// A name as native calls tell it (N-1, N-2): `\Sessions\1\BaseNamedObjects\x`, `\BaseNamedObjects\x`; empty for none.
pub(crate) fn native_name(name: &str) -> String {
    let session = Namespace::current().map_or(0, |space| space.session());
    match resolve(
        name,
        filemap::Kind::FileMapping,
        session,
        crate::memoryapi::profile(),
    ) {
        Ok(Target::Object { directory, leaf }) => format!(r"{}\{}", directory.kernel_path(), leaf.to_text()),
        _ => String::new(),
    }
}
