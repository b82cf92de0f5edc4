//! What all synchronisation objects share: creating, opening, rights, duplicating, handing on.

// UNSAFETY: taking over handles that a parent left is the caller's promise, which is passed on.

use crate::namespace::Namespace;
use crate::refusal;
use crate::security::{SecurityDescriptor, SecurityInformation};
use crate::sync::wait::{Wait, limit, outcome};
use crate::words::{Given, Inherit};
use filemap_core::error::{Error, Op, Why};
use filemap_core::kind::Kind;
use filemap_core::security::AccessMask;
use filemap_core::security::rights::{TypeRights, create_access};
use filemap_core::sync::{Kind as State, SEMAPHORE_LIMIT};
use filemap_sys::os::security::{self, Attributes};
use filemap_sys::os::sync::{self, New, StatePage, wait_one};
use filemap_sys::os::{handle, section};
use std::os::windows::io::{BorrowedHandle, OwnedHandle};
use std::sync::Arc;
use std::time::Duration;

/// A handle to a synchronisation object of any kind.
#[derive(Debug)]
pub(crate) struct Handle {
    page: Arc<StatePage>,
    name: Arc<str>,
    kind: Kind,
    rights: AccessMask,
    existed: bool,
}

/// Where and how to create or open.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) space: Option<Namespace>,
    pub(crate) access: AccessMask,
    pub(crate) inherit: Inherit,
    pub(crate) security: Option<Given>,
}

/// The attributes of a new object; `None` for the defaults.
pub(crate) fn attributes(
    given: Option<&Given>,
    inherit: Inherit,
    op: Op,
    name: &str,
) -> Result<Option<Attributes>, Error> {
    let bytes = match given {
        None if inherit == Inherit::No => return Ok(None),
        None => None,
        // The system checks these bytes itself.
        Some(Given::SelfRelative(bytes)) => Some(bytes.to_vec()),
        Some(given) => {
            let descriptor = given.read(op, name)?;
            Some(
                descriptor
                    .to_self_relative()
                    .map_err(|e| e.during(op).about(name))?,
            )
        }
    };
    Ok(Some(Attributes::new(bytes.as_deref(), inherit == Inherit::Yes)))
}

impl Request {
    /// Asks for everything of a kind, as the Create functions do (O-7).
    pub(crate) fn all_of(kind: Kind) -> Request {
        Request {
            space: None,
            access: TypeRights::of(kind).all_access,
            inherit: Inherit::No,
            security: None,
        }
    }

    /// What goes with another object.
    pub(crate) fn with(
        self,
        space: Option<&Namespace>,
        security: Option<&Given>,
        inherit: Inherit,
    ) -> Request {
        Request {
            space: space.cloned(),
            access: self.access,
            inherit,
            security: security.cloned(),
        }
    }

    fn space(&self) -> Result<Namespace, Error> {
        match &self.space {
            Some(space) => Ok(space.clone()),
            None => Namespace::current(),
        }
    }
}

/// The state to assume of an object that can't be asked.
fn assumed(kind: Kind) -> State {
    match kind {
        Kind::Mutex => State::Mutex,
        Kind::Semaphore => State::Semaphore {
            maximum: SEMAPHORE_LIMIT,
        },
        Kind::WaitableTimer => State::AutoTimer,
        Kind::Event => State::AutoEvent,
        Kind::Job | Kind::FileMapping => State::ManualEvent,
    }
}

impl Handle {
    /// Creates the object with `count` as its first state, or opens the one that has the name (O-4).
    pub(crate) fn create(
        request: &Request,
        kind: Kind,
        state: State,
        count: u32,
        owned: bool,
        wtf8: &[u8],
    ) -> Result<Handle, Error> {
        let op = Op::Create(kind.name());
        let name = &*String::from_utf8_lossy(wtf8);
        let space = request.space()?;
        let units = space.units(op, wtf8)?;
        let attributes = attributes(request.security.as_ref(), request.inherit, op, name)?;
        let new = New {
            kind: state,
            count,
            owned,
            is_job: kind == Kind::Job,
        };
        let (raw, existed) = sync::create(new, attributes.as_ref(), &units)
            .map_err(|e| refusal::explained(op, name, e, space.suspect(kind, wtf8)))?;
        let rights = create_access(kind).unwrap_or(request.access);
        Ok(Handle::of(raw, kind, state, rights, existed, name))
    }

    /// Opens the object of a kind that has the name, with exactly the access asked for (O-8..O-10, F-16).
    pub(crate) fn open(request: &Request, kind: Kind, wtf8: &[u8]) -> Result<Handle, Error> {
        let op = Op::Open(kind.name());
        let name = &*String::from_utf8_lossy(wtf8);
        let space = request.space()?;
        let units = space.units(op, wtf8)?;
        let inherit = request.inherit == Inherit::Yes;
        let raw = sync::open(kind, request.access.0, inherit, &units).map_err(|e| {
            let suspected = space
                .suspect(kind, wtf8)
                .or_else(|| rights_wrong(kind, request.access));
            refusal::explained(op, name, e, suspected)
        })?;
        Ok(Handle::of(raw, kind, assumed(kind), request.access, true, name))
    }

    fn of(
        raw: OwnedHandle,
        kind: Kind,
        state: State,
        asked: AccessMask,
        existed: bool,
        name: &str,
    ) -> Handle {
        use std::os::windows::io::AsHandle;
        let rights = handle::granted(raw.as_handle()).map_or(asked, AccessMask);
        let page = match kind {
            // A job's state is nothing that queries of events know.
            Kind::Job => StatePage::new(raw, State::Mutex),
            _ => StatePage::new(raw, state),
        };
        Handle {
            page: Arc::new(page),
            name: name.into(),
            kind,
            rights,
            existed,
        }
    }

    pub(crate) fn page(&self) -> &StatePage {
        &self.page
    }

    pub(crate) fn raw(&self) -> BorrowedHandle<'_> {
        self.page.handle()
    }

    pub(crate) fn rights(&self) -> AccessMask {
        self.rights
    }

    pub(crate) fn existed(&self) -> bool {
        self.existed
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Nothing to do: the kernel itself asks for the right (O-16).
    pub(crate) fn require(&self, _op: &'static str, _needed: AccessMask) -> Result<(), Error> {
        Ok(())
    }

    /// Waits for this object alone.
    pub(crate) fn wait(&self, _op: &'static str, timeout: Option<Duration>) -> Result<Wait, Error> {
        self.named(wait_one(&self.page, limit(timeout), None).map(outcome))
    }

    /// Every Windows since 2000 has SignalObjectAndWait.
    pub(crate) fn require_signal_and_wait(&self) -> Result<(), Error> {
        Ok(())
    }

    /// An error of the state, about this object.
    pub(crate) fn named<T>(&self, result: Result<T, Error>) -> Result<T, Error> {
        result.map_err(|e| e.about(self.name()))
    }

    /// Another handle to the same object (O-24, O-25).
    pub(crate) fn duplicate(&self, rights: AccessMask) -> Result<Handle, Error> {
        let raw = handle::duplicate(self.raw(), Some(rights.0), false).map_err(|e| {
            refusal::explained(
                Op::DuplicateHandle,
                self.name(),
                e,
                rights_wrong(self.kind, rights),
            )
        })?;
        Ok(Handle::of(
            raw,
            self.kind,
            self.page.kind(),
            rights,
            true,
            &self.name,
        ))
    }

    pub(crate) fn inherit(&self) -> Inherit {
        match handle::is_inheritable(self.raw()) {
            true => Inherit::Yes,
            false => Inherit::No,
        }
    }

    pub(crate) fn set_inherit(self, inherit: Inherit) -> Result<Handle, Error> {
        handle::set_inheritable(self.raw(), inherit == Inherit::Yes)
            .map_err(|e| refusal::system(Op::InheritHandle, self.name(), e))?;
        Ok(self)
    }

    pub(crate) fn inheritance(&self) -> Option<String> {
        inheritance_of(self.raw(), self.name())
    }

    /// A handle that came from elsewhere.
    pub(crate) fn of_passed(raw: OwnedHandle, name: &str, kind: Kind) -> Handle {
        let all = TypeRights::of(kind).all_access;
        Handle::of(raw, kind, assumed(kind), all, true, name)
    }

    pub(crate) fn security(&self, what: SecurityInformation) -> Result<SecurityDescriptor, Error> {
        read_security(self.raw(), self.name(), what)
    }

    pub(crate) fn set_security(
        &self,
        what: SecurityInformation,
        new: &SecurityDescriptor,
    ) -> Result<(), Error> {
        write_security(self.raw(), self.name(), what, new)
    }

    pub(crate) fn is_same_object(&self, other: &Handle) -> bool {
        is_same(self.raw(), other.raw())
    }
}

/// What is wrong with the rights that were asked for, as the tables see it.
fn rights_wrong(kind: Kind, mask: AccessMask) -> Option<Why> {
    let known = TypeRights::of(kind);
    let wanted = known.map_generic(mask);
    let bits = wanted.without(AccessMask::MAXIMUM_ALLOWED).without(known.valid);
    match () {
        () if wanted.is_empty() => Some(Why::AccessMaskEmpty),
        () if !bits.is_empty() => Some(Why::AccessMaskInvalid { bits: bits.0 }),
        () => None,
    }
}

/// Parts of an object's descriptor.
pub(crate) fn read_security(
    raw: BorrowedHandle<'_>,
    name: &str,
    what: SecurityInformation,
) -> Result<SecurityDescriptor, Error> {
    const OP: Op = Op::Other("read the security of");
    let bytes = security::get(raw, what.bits()).map_err(|e| {
        let rights = TypeRights::of(Kind::Event).words(what.needed_to_read());
        refusal::explained(OP, name, e, Some(Why::HandleLacks { rights }))
    })?;
    SecurityDescriptor::from_self_relative(&bytes).map_err(|e| e.during(OP).about(name))
}

/// Changes parts of an object's descriptor.
pub(crate) fn write_security(
    raw: BorrowedHandle<'_>,
    name: &str,
    what: SecurityInformation,
    new: &SecurityDescriptor,
) -> Result<(), Error> {
    const OP: Op = Op::Other("change the security of");
    let bytes = new.to_self_relative().map_err(|e| e.during(OP).about(name))?;
    security::set(raw, what.bits(), &bytes).map_err(|e| {
        let rights = TypeRights::of(Kind::Event).words(what.needed_to_write());
        refusal::explained(OP, name, e, Some(Why::HandleLacks { rights }))
    })
}

/// Whether two handles lead to one object. A Windows before 10 can't be asked; there the handles' own numbers decide.
pub(crate) fn is_same(a: BorrowedHandle<'_>, b: BorrowedHandle<'_>) -> bool {
    use std::os::windows::io::AsRawHandle;
    handle::is_same_object(a, b).unwrap_or(a.as_raw_handle() == b.as_raw_handle())
}

/// What a child needs to know of an inheritable handle: its number and the object's name.
pub(crate) fn inheritance_of(raw: BorrowedHandle<'_>, name: &str) -> Option<String> {
    use std::os::windows::io::AsRawHandle;
    handle::is_inheritable(raw).then(|| format!("{}:{name}", raw.as_raw_handle().addr()))
}

/// The handle that such a text tells of, and the name in it.
///
/// # Safety
/// The number in `text` is a handle that nobody else in this process closes.
#[allow(unsafe_code, reason = "passes its caller's promise on")]
pub(crate) unsafe fn adopt(text: &str) -> Result<(OwnedHandle, &str), Error> {
    let wrong = || {
        let what = format!("{text:?} tells of no inherited handle");
        Error::new(Op::InheritHandle, "", Why::Argument { what })
    };
    let (number, name) = text.split_once(':').ok_or_else(wrong)?;
    let number = number.parse().map_err(|_| wrong())?;
    // SAFETY: the caller's promise.
    let raw = unsafe { handle::adopt(number) };
    use std::os::windows::io::AsHandle;
    match handle::granted(raw.as_handle()) {
        Ok(_) => Ok((raw, name)),
        Err(e) => {
            std::mem::forget(raw); // it is no handle, so there is nothing to close
            Err(refusal::explained(
                Op::InheritHandle,
                name,
                e,
                Some(Why::NotAHandle { value: number as u64 }),
            ))
        }
    }
}

/// The size of a section, from the handle alone.
pub(crate) fn section_facts(raw: BorrowedHandle<'_>) -> Option<section::Basic> {
    use std::os::windows::io::AsHandle;
    section::basic(raw).ok().or_else(|| {
        let query = handle::duplicate(raw, Some(filemap_core::access::SECTION_QUERY), false).ok()?;
        section::basic(query.as_handle()).ok()
    })
}

macro_rules! object_methods {
    ($type:ident, $kind:ident, $text:literal) => {
        impl $type {
            /// True if the object existed before the call that gave this handle (183).
            #[must_use]
            pub fn already_existed(&self) -> bool {
                self.handle.existed()
            }

            /// Rights of this handle; they never change (O-15).
            #[must_use]
            pub fn rights(&self) -> crate::AccessMask {
                self.handle.rights()
            }

            /// The name that the object was created or opened with; empty if it has none.
            #[must_use]
            pub fn name(&self) -> &str {
                self.handle.name()
            }

            /// Parts of the object's security descriptor (`GetSecurityInfo`).
            ///
            /// # Errors
            /// `ERROR_ACCESS_DENIED` (5) if the handle lacks READ_CONTROL.
            pub fn security(
                &self,
                what: crate::security::SecurityInformation,
            ) -> Result<crate::security::SecurityDescriptor, crate::Error> {
                self.handle.security(what)
            }

            /// Changes parts of the object's security descriptor, for later opens (`SetSecurityInfo`; A-7).
            ///
            /// # Errors
            /// `ERROR_ACCESS_DENIED` (5) if the handle lacks WRITE_DAC; `ERROR_INVALID_OWNER` (1307).
            pub fn set_security(
                &self,
                what: crate::security::SecurityInformation,
                new: &crate::security::SecurityDescriptor,
            ) -> Result<(), crate::Error> {
                self.handle.set_security(what, new)
            }

            /// Another handle to the same object, with rights of its own (`DuplicateHandle`; O-25).
            ///
            /// # Errors
            /// `ERROR_ACCESS_DENIED` (5) for rights that this kind does not know.
            pub fn duplicate(&self, rights: crate::AccessMask) -> Result<$type, crate::Error> {
                Ok($type {
                    handle: self.handle.duplicate(rights)?,
                })
            }

            /// Whether children inherit the handle.
            #[must_use]
            pub fn inherit(&self) -> crate::Inherit {
                self.handle.inherit()
            }

            /// This handle made inheritable, or not (`SetHandleInformation`).
            ///
            /// # Errors
            /// The system's.
            pub fn set_inherit(self, inherit: crate::Inherit) -> Result<$type, crate::Error> {
                Ok($type {
                    handle: self.handle.set_inherit(inherit)?,
                })
            }

            /// What a child needs to know to take this inheritable handle with `inherited`; `None` if it is not inheritable.
            #[must_use]
            pub fn inheritance(&self) -> Option<String> {
                self.handle.inheritance()
            }

            #[doc = concat!("Takes a handle to ", $text, " that the parent left to this process.")]
            ///
            /// # Errors
            /// `ERROR_INVALID_HANDLE` (6) if it is none.
            ///
            /// # Safety
            /// The handle whose number `text` contains belongs to nobody else in this process, and this is called once for it.
            #[allow(unsafe_code, reason = "passes its caller's promise on")]
            #[allow(
                clippy::undocumented_unsafe_blocks,
                reason = "argued below; the lint does not look into macros"
            )]
            pub unsafe fn inherited(text: &str) -> Result<$type, crate::Error> {
                // SAFETY: the caller's promise, passed on.
                let (raw, name) = unsafe { crate::named::adopt(text) }?;
                Ok($type {
                    handle: crate::named::Handle::of_passed(raw, name, crate::Kind::$kind),
                })
            }

            /// The handle itself, for functions that take one.
            #[must_use]
            pub fn raw_handle(&self) -> std::os::windows::io::BorrowedHandle<'_> {
                self.handle.raw()
            }

            /// Whether two handles lead to the same object (`CompareObjectHandles`).
            #[must_use]
            pub fn is_same_object(&self, other: &$type) -> bool {
                self.handle.is_same_object(&other.handle)
            }
        }
    };
}

pub(crate) use object_methods;
