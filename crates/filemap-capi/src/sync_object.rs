//! Events, mutexes, semaphores, waitable timers and jobs behind handles.

// UNSAFETY: handles that a parent has left are taken over by their numbers.

use crate::attributes::Attributes;
use crate::boundary::Outcome;
use crate::errhandlingapi::set_last_error;
use crate::handle_table::{Entry, ForChild, Handle, KernelObject, Signal, handles};
use crate::section::{native_name, repack};
use filemap::core::security::rights::TypeRights;
use filemap::security::{SecurityDescriptor, SecurityInformation};
use filemap::sys::os::sync::StatePage;
use filemap::{AccessMask, Error, Event, Inherit, Job, Kind, Mutex, Semaphore, Waitable, WaitableTimer};
use filemap_core::error::Win32Code;
use std::any::Any;
use std::sync::Arc;

/// What the five kinds have in common.
pub trait SyncKind: Waitable + Sized + Send + Sync + 'static {
    /// The kind as native calls name it.
    const NATIVE: &'static str;
    /// The kind of the object.
    const KIND: Kind;
    /// What one handle to it may do.
    fn rights(&self) -> AccessMask;
    /// It existed before.
    fn existed(&self) -> bool;
    /// The name it was found by.
    fn name(&self) -> &str;
    /// Another handle, with other rights.
    fn duplicate(&self, rights: AccessMask) -> Result<Self, Error>;
    /// A handle that a child can have, and what the child must know.
    fn for_child(self) -> Result<(Self, Option<String>), Error>;
    /// The handle that the parent has left.
    ///
    /// # Safety
    /// The descriptors that the text names were made for this handle alone.
    #[allow(unsafe_code, reason = "declares the contract")]
    unsafe fn inherited(text: &str) -> Option<Self>;
    /// Whether both are handles to one object.
    fn is_same(&self, other: &Self) -> bool;
    /// Parts of its security descriptor.
    fn security(&self, what: SecurityInformation) -> Result<SecurityDescriptor, Error>;
    /// Changes them.
    fn set_security(&self, what: SecurityInformation, new: &SecurityDescriptor) -> Result<(), Error>;
}

macro_rules! kinds {
    ($($type:ident $native:literal $kind:ident;)*) => {$(
        impl SyncKind for $type {
            const NATIVE: &'static str = $native;
            const KIND: Kind = Kind::$kind;
            fn rights(&self) -> AccessMask {
                $type::rights(self)
            }
            fn existed(&self) -> bool {
                self.already_existed()
            }
            fn name(&self) -> &str {
                $type::name(self)
            }
            fn duplicate(&self, rights: AccessMask) -> Result<Self, Error> {
                $type::duplicate(self, rights)
            }
            fn for_child(self) -> Result<(Self, Option<String>), Error> {
                let twin = self.set_inherit(Inherit::Yes)?;
                let text = twin.inheritance();
                Ok((twin, text))
            }
            #[allow(unsafe_code, reason = "passes its caller's promise on")]
            unsafe fn inherited(text: &str) -> Option<Self> {
                // SAFETY: the caller's promise.
                unsafe { $type::inherited(text) }.ok()
            }
            fn is_same(&self, other: &Self) -> bool {
                self.is_same_object(other)
            }
            fn security(&self, what: SecurityInformation) -> Result<SecurityDescriptor, Error> {
                $type::security(self, what)
            }
            fn set_security(&self, what: SecurityInformation, new: &SecurityDescriptor) -> Result<(), Error> {
                $type::set_security(self, what, new)
            }
        }
    )*};
}
kinds! {
    Event "Event" Event;
    Mutex "Mutant" Mutex;
    Semaphore "Semaphore" Semaphore;
    WaitableTimer "Timer" WaitableTimer;
    Job "Job" Job;
}

/// One of the five kinds, as an object of the handle table. Its rights are the handle's.
#[derive(Debug)]
pub struct Synced<T>(pub T);

impl<T: SyncKind> KernelObject for Synced<T> {
    fn kind(&self) -> &'static str {
        T::NATIVE
    }

    fn same_as(&self, other: &dyn KernelObject) -> bool {
        (other as &dyn Any)
            .downcast_ref::<Synced<T>>()
            .is_some_and(|other| self.0.is_same(&other.0))
    }

    fn duplicate(&self, has: u32, wanted: u32) -> Result<Option<Arc<dyn KernelObject>>, Win32Code> {
        if has == wanted && !filemap::leaks::is_watching() {
            return Ok(None);
        }
        let other = self.0.duplicate(AccessMask(wanted)).map_err(|e| e.code())?;
        Ok(Some(Arc::new(Synced(other))))
    }

    fn spell_out(&self, mask: u32) -> u32 {
        TypeRights::of(T::KIND).map_generic(AccessMask(mask)).0
    }

    fn for_child(&self, access: u32) -> Result<Option<ForChild>, Win32Code> {
        let twin = self.0.duplicate(AccessMask(access)).map_err(|e| e.code())?;
        let (twin, text) = twin.for_child().map_err(|e| e.code())?;
        let packed = repack(&text.ok_or(Win32Code::GEN_FAILURE)?);
        drop(twin); // an inheritable handle is closed without unlocking, so the copies keep its lock
        packed.map(Some)
    }

    fn signal(&self) -> Result<Option<Signal<'_>>, Win32Code> {
        self.0.wait_ref().map(Some).map_err(|e| e.code())
    }

    fn signal_page(&self) -> Result<&StatePage, Win32Code> {
        self.0.signal_page().map_err(|e| e.code())
    }

    fn security(&self, what: SecurityInformation) -> Result<SecurityDescriptor, Win32Code> {
        self.0.security(what).map_err(|e| e.code())
    }

    fn set_security(&self, what: SecurityInformation, new: &SecurityDescriptor) -> Result<(), Win32Code> {
        self.0.set_security(what, new).map_err(|e| e.code())
    }

    fn full_name(&self) -> String {
        native_name(self.0.name())
    }
}

/// The handle of an object that was made or found, and 0 or 183 as the last error (O-6).
///
/// `access` are the rights that the caller wants; those of the Create function (O-7) without it.
pub(crate) fn created<T: SyncKind>(
    made: Result<T, Error>,
    open: impl FnOnce(AccessMask) -> Result<T, Error>,
    access: Option<u32>,
    attributes: &Attributes,
) -> Outcome<Handle> {
    let wanted = access.map(|access| TypeRights::of(T::KIND).map_generic(AccessMask(access)));
    let object = match (made, wanted) {
        (Ok(made), None) => made,
        (Ok(made), Some(wanted)) if made.rights() == wanted => made,
        (Ok(made), Some(wanted)) => {
            let maximum = wanted.contains(AccessMask::MAXIMUM_ALLOWED);
            let rights = if maximum { made.rights() } else { wanted };
            let existed = made.existed();
            let object = made.duplicate(rights).map_err(|e| e.code())?;
            let handle = insert(object, attributes.inherit)?;
            tell(existed);
            return Ok(handle);
        }
        // Somebody else's, which grants less than a creator asks for: it may grant what was asked for.
        (Err(e), Some(wanted)) if e.code() == Win32Code::ACCESS_DENIED => {
            open(wanted).map_err(|e| e.code())?
        }
        (Err(e), _) => return Err(e.code()),
    };
    let existed = object.existed();
    let handle = insert(object, attributes.inherit)?;
    tell(existed);
    Ok(handle)
}

fn tell(existed: bool) {
    set_last_error(if existed {
        Win32Code::ALREADY_EXISTS
    } else {
        Win32Code(0)
    });
}

/// The handle of an object.
pub(crate) fn insert<T: SyncKind>(object: T, inheritable: bool) -> Outcome<Handle> {
    let access = object.rights().0;
    handles().insert(Entry {
        inheritable,
        ..Entry::new(Arc::new(Synced(object)), access)
    })
}
