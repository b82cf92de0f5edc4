//! What all synchronisation objects share: creating, opening, rights, duplicating, handing on.

// UNSAFETY: taking over descriptors that a parent left is the caller's promise, which is passed on.

use crate::leaks::Ticket;
use crate::namespace::Namespace;
use crate::object::{Asked, Before, Draft, Object};
use crate::refusal;
use crate::security::{SecurityDescriptor, SecurityInformation, of_new_object};
use crate::sync::wait::{Wait, limit, outcome};
use crate::words::{Given, Inherit};
use filemap_core::error::{Error, Op, Why};
use filemap_core::kind::Kind;
use filemap_core::layout::Footer;
use filemap_core::profile::Security;
use filemap_core::section::PAGE;
use filemap_core::security::AccessMask;
use filemap_core::security::rights::{TypeRights, create_access};
use filemap_core::sync::{Kind as State, SEMAPHORE_LIMIT, WORD_OFFSET};
use filemap_sys::os::map;
use filemap_sys::os::sync::{self, Limit, StatePage, wait_longer, wait_one};
use filemap_sys::os::tmpfs::{self, OpenFor};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A handle to a synchronisation object of any kind.
#[derive(Debug)]
pub(crate) struct Handle {
    object: Arc<Object>,
    page: Arc<StatePage>,
    rights: AccessMask,
    existed: bool,
    _ticket: Ticket,
}

/// Where and how to create or open.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) space: Option<Namespace>,
    pub(crate) access: AccessMask,
    pub(crate) inherit: Inherit,
    pub(crate) security: Option<Given>,
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

/// What the footer remembers of a state, and back.
fn parameters(state: State) -> [u64; 2] {
    match state {
        State::ManualEvent | State::ManualTimer => [1, 0],
        State::Semaphore { maximum } => [u64::from(maximum), 0],
        State::AutoEvent | State::AutoTimer | State::Mutex => [0, 0],
    }
}

/// The state of an object whose footer says this. Hostile numbers give a state that can be used all the same.
pub(crate) fn state_of(kind: Kind, parameters: [u64; 2]) -> State {
    match (kind, parameters[0]) {
        (Kind::Mutex, _) => State::Mutex,
        (Kind::Semaphore, maximum) => State::Semaphore {
            maximum: u32::try_from(maximum)
                .unwrap_or(SEMAPHORE_LIMIT)
                .clamp(1, SEMAPHORE_LIMIT),
        },
        (Kind::WaitableTimer, 0) => State::AutoTimer,
        (Kind::WaitableTimer, _) => State::ManualTimer,
        (_, 0) => State::AutoEvent,
        _ => State::ManualEvent,
    }
}

impl Handle {
    /// Creates the object with `count` as its first state, or opens the one that has the name (O-4). `owned`: the calling
    /// thread owns a mutex that is really created, from the first moment that others can see it (Y-13).
    #[track_caller]
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
        let profile = space.profile();
        let rights = create_access(kind).unwrap_or(request.access);
        let unit = map::page_size();
        let mut footer = Footer::in_units(kind, PAGE, unit as u64);
        footer.platform = profile.number();
        footer.parameters = parameters(state);
        let mut contents = vec![0; unit];
        contents[sync::state_offset() + WORD_OFFSET..][..8]
            .copy_from_slice(&state.initial(count).0.to_ne_bytes());
        // What is wrong with the descriptor is told before anything is made.
        // Where there is no security, a descriptor is not even looked at (P-60).
        let enforced = profile.security.is == Security::Enforced;
        let given = match request.security.as_ref().filter(|_| enforced) {
            Some(given) => Some(of_new_object(given, op, name, kind, &space.token())?),
            None => None,
        };
        if let Some(sd) = &given {
            footer.descriptor = sd.to_self_relative().map_err(|e| e.during(op).about(name))?;
        }
        let draft = Draft {
            footer,
            commit: true,
            disk: None,
            contents: Some(contents),
            copy_of: None,
            given,
        };
        let asked = Asked {
            access: OpenFor::Writing,
            rights,
        };
        // A mutex that is born owned is locked while nobody can see it yet.
        let born: Mutex<Option<StatePage>> = Mutex::new(None);
        let before = |file: &OwnedFd| -> Result<(), Error> {
            let page = StatePage::open(file.as_fd(), 0, state)?;
            wait_one(&page, Limit::POLL, None)?;
            *born.lock().unwrap_or_else(PoisonError::into_inner) = Some(page);
            Ok(())
        };
        let before: Before<'_> = if owned { Some(&before) } else { None };
        let made = match space.resolve(op, kind, wtf8)? {
            None => Object::unnamed(&space, op, rights, draft, before).map(|object| (object, true)),
            Some(place) => Object::create(&space, op, name, &place, asked, draft, before),
        };
        let born = born.into_inner().unwrap_or_else(PoisonError::into_inner);
        let (object, created) = match made {
            Ok(made) => made,
            Err(e) => {
                release_unborn(born);
                return Err(e.on(profile));
            }
        };
        if !created {
            release_unborn(born);
        }
        Handle::finish(request, object, kind, rights, !created, op)
    }

    /// Opens the object of a kind that has the name, with exactly the access asked for (O-8..O-10, F-16).
    #[track_caller]
    pub(crate) fn open(request: &Request, kind: Kind, wtf8: &[u8]) -> Result<Handle, Error> {
        let op = Op::Open(kind.name());
        let name = &*String::from_utf8_lossy(wtf8);
        let space = request.space()?;
        let profile = space.profile();
        let failed = |why| Error::new(op, name, why).on(profile);
        open_rights(kind, request.access).map_err(failed)?;
        // What was asked for beside MAXIMUM_ALLOWED must be granted.
        let asked_rights = TypeRights::of(kind).map_generic(request.access);
        let Some(place) = space.resolve(op, kind, wtf8)? else {
            return Err(failed(Why::NameIsADirectory));
        };
        let asked = Asked {
            access: OpenFor::Writing,
            rights: asked_rights,
        };
        let object = Object::open(&space, op, name, &place, kind, asked)
            .map_err(|e| crate::hint::for_missing_name(&space, &place, kind, e).on(profile))?;
        let rights = object.granted();
        Handle::finish(request, object, kind, rights, true, op)
    }

    #[track_caller]
    fn finish(
        request: &Request,
        object: Object,
        kind: Kind,
        rights: AccessMask,
        existed: bool,
        op: Op,
    ) -> Result<Handle, Error> {
        let state = state_of(kind, object.footer().parameters);
        let page = StatePage::open(object.data().as_fd(), 0, state)
            .map_err(|e| e.during(op).about(&**object.full_name()))?;
        object.note_rights(rights);
        let ticket = Ticket::new("handle to", kind.name(), object.full_name());
        let handle = Handle {
            object: Arc::new(object),
            page: Arc::new(page),
            rights,
            existed,
            _ticket: ticket,
        };
        match request.inherit {
            Inherit::No => Ok(handle),
            Inherit::Yes => handle.set_inherit(Inherit::Yes),
        }
    }

    #[inline]
    pub(crate) fn page(&self) -> &StatePage {
        &self.page
    }

    pub(crate) fn object(&self) -> &Arc<Object> {
        &self.object
    }

    pub(crate) fn rights(&self) -> AccessMask {
        self.rights
    }

    pub(crate) fn existed(&self) -> bool {
        self.existed
    }

    pub(crate) fn name(&self) -> &str {
        self.object.full_name()
    }

    pub(crate) fn kind(&self) -> Kind {
        self.object.footer().kind
    }

    /// Fails with 5 unless the handle has all of `needed` (O-16).
    #[inline]
    pub(crate) fn require(&self, op: &'static str, needed: AccessMask) -> Result<(), Error> {
        match self.rights.contains(needed) {
            true => Ok(()),
            false => Err(self.lacks(op, needed)),
        }
    }

    #[cold]
    fn lacks(&self, op: &'static str, needed: AccessMask) -> Error {
        let rights = TypeRights::of(self.kind()).words(needed.without(self.rights));
        Error::new(Op::Other(op), self.name(), Why::HandleLacks { rights })
    }

    /// Takes the object if it may be waited for and one exchange does it; else the long way has to be gone.
    #[inline]
    pub(crate) fn take_at_once(&self) -> bool {
        self.rights.contains(AccessMask::SYNCHRONIZE) && self.page.take_at_once()
    }

    /// Waits for this object alone.
    #[inline]
    pub(crate) fn wait(&self, op: &'static str, timeout: Option<Duration>) -> Result<Wait, Error> {
        if self.take_at_once() {
            return Ok(Wait::Object(0));
        }
        self.wait_longer(op, timeout)
    }

    fn wait_longer(&self, op: &'static str, timeout: Option<Duration>) -> Result<Wait, Error> {
        self.require(op, AccessMask::SYNCHRONIZE)?;
        wait_longer(&self.page, limit(timeout), None).map(outcome)
    }

    /// Fails where the object's platform has no SignalObjectAndWait (P-62).
    pub(crate) fn require_signal_and_wait(&self) -> Result<(), Error> {
        let profile = self.object.footer().profile();
        match profile.signal_object_and_wait.is.yes() {
            true => Ok(()),
            false => {
                let what = "SignalObjectAndWait";
                let platform = profile.title;
                Err(Error::new(
                    Op::Other("signal"),
                    self.name(),
                    Why::CallNotImplemented { what, platform },
                ))
            }
        }
    }

    /// An error of the state page, about this object.
    #[inline]
    pub(crate) fn named<T>(&self, result: Result<T, Error>) -> Result<T, Error> {
        result.map_err(|e| e.about(self.name()))
    }

    /// Another handle to the same object (O-24, O-25).
    #[track_caller]
    pub(crate) fn duplicate(&self, rights: AccessMask) -> Result<Handle, Error> {
        let known = TypeRights::of(self.kind());
        let rights = known.map_generic(rights);
        let unknown = rights.without(known.valid);
        if !unknown.is_empty() {
            let why = Why::AccessMaskInvalid { bits: unknown.0 };
            return Err(Error::new(Op::DuplicateHandle, self.name(), why));
        }
        let beyond = rights.without(self.rights);
        if !beyond.is_empty() {
            self.object.check(Op::DuplicateHandle, beyond)?; // O-26
        }
        Ok(Handle {
            object: Arc::clone(&self.object),
            page: Arc::clone(&self.page),
            rights,
            existed: true,
            _ticket: Ticket::new("handle to", self.kind().name(), self.name()),
        })
    }

    pub(crate) fn inherit(&self) -> Inherit {
        match self.object.is_inheritable() {
            true => Inherit::Yes,
            false => Inherit::No,
        }
    }

    #[track_caller]
    pub(crate) fn set_inherit(self, inherit: Inherit) -> Result<Handle, Error> {
        if inherit == self.inherit() && self.object.place().is_some() {
            return Ok(self);
        }
        let wanted = inherit == Inherit::Yes;
        let object = self
            .object
            .with_own_description(Op::InheritHandle, OpenFor::Writing, wanted)?;
        let (handle, data) = object.descriptors();
        for file in handle.into_iter().chain([data]) {
            tmpfs::set_inheritable(file, wanted)
                .map_err(|e| refusal::system(Op::InheritHandle, self.name(), e))?;
        }
        object.note_rights(self.rights);
        Ok(Handle {
            object: Arc::new(object),
            ..self
        })
    }

    pub(crate) fn send(&self, to: &UnixStream, rights: AccessMask) -> Result<(), Error> {
        let copy = self.duplicate(rights)?;
        crate::transfer::send_object(&copy.object, copy.rights.0, OpenFor::Writing, to)
    }

    #[track_caller]
    pub(crate) fn receive(from: &UnixStream, kind: Kind) -> Result<Handle, Error> {
        let (object, rights) = crate::transfer::receive_object(from, kind)?;
        Handle::of_passed(object, rights, kind)
    }

    pub(crate) fn inheritance(&self) -> Option<String> {
        crate::transfer::inheritance_of(&self.object, self.rights.0)
    }

    /// A handle that came from elsewhere.
    #[track_caller]
    pub(crate) fn of_passed(object: Object, rights: u32, kind: Kind) -> Result<Handle, Error> {
        let rights = AccessMask(rights & TypeRights::of(kind).valid.0);
        let request = Request {
            space: None,
            access: rights,
            inherit: Inherit::No,
            security: None,
        };
        Handle::finish(&request, object, kind, rights, true, Op::DuplicateHandle)
    }

    pub(crate) fn security(&self, what: SecurityInformation) -> Result<SecurityDescriptor, Error> {
        self.require("read the security of", what.needed_to_read())?;
        Ok(self
            .object
            .descriptor(Op::Other("read the security of"))?
            .parts(what))
    }

    pub(crate) fn set_security(
        &self,
        what: SecurityInformation,
        new: &SecurityDescriptor,
    ) -> Result<(), Error> {
        self.require("change the security of", what.needed_to_write())?;
        self.object
            .change_descriptor(Op::Other("change the security of"), what, new)
    }

    pub(crate) fn is_same_object(&self, other: &Handle) -> bool {
        self.page.key() == other.page.key()
    }
}

fn release_unborn(page: Option<StatePage>) {
    if let Some(page) = page {
        let _ = page.unlock(); // nobody else has ever seen it
    }
}

/// The rights that an open asks for, spelt out.
fn open_rights(kind: Kind, mask: AccessMask) -> Result<AccessMask, Why> {
    let known = TypeRights::of(kind);
    let wanted = known.map_generic(mask);
    if wanted.contains(AccessMask::ACCESS_SYSTEM_SECURITY) {
        return Err(Why::PrivilegeMissing {
            privilege: "SeSecurityPrivilege",
        });
    }
    if wanted.is_empty() {
        return Err(Why::AccessMaskEmpty);
    }
    let maximum = wanted.contains(AccessMask::MAXIMUM_ALLOWED);
    let wanted = wanted.without(AccessMask::MAXIMUM_ALLOWED);
    let bits = wanted.without(known.valid);
    match () {
        () if !bits.is_empty() => Err(Why::AccessMaskInvalid { bits: bits.0 }),
        () if maximum => Ok(known.all_access),
        () => Ok(wanted),
    }
}

/// The public methods that every kind has, by delegation to its [`Handle`].
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
            /// `ERROR_ACCESS_DENIED` (5) if the handle lacks WRITE_DAC or the kernel refuses; `ERROR_INVALID_OWNER` (1307).
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
            #[track_caller]
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
            /// `ERROR_TOO_MANY_OPEN_FILES` (4).
            #[track_caller]
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
            /// The descriptors whose numbers `text` contains belong to nobody else in this process, and this is called once
            /// for them.
            #[allow(unsafe_code, reason = "passes its caller's promise on")]
            #[allow(
                clippy::undocumented_unsafe_blocks,
                reason = "argued below; the lint does not look into macros"
            )]
            #[track_caller]
            pub unsafe fn inherited(text: &str) -> Result<$type, crate::Error> {
                // SAFETY: the caller's promise, passed on.
                let (object, rights) =
                    unsafe { crate::transfer::inherited_object(text, crate::Kind::$kind) }?;
                Ok($type {
                    handle: crate::named::Handle::of_passed(object, rights, crate::Kind::$kind)?,
                })
            }

            /// Gives the process at the other end of `to` a handle with `rights`.
            ///
            /// # Errors
            /// `ERROR_ACCESS_DENIED` (5) for rights that this kind does not know; errors of the socket.
            pub fn send(
                &self,
                to: &std::os::unix::net::UnixStream,
                rights: crate::AccessMask,
            ) -> Result<(), crate::Error> {
                self.handle.send(to, rights)
            }

            #[doc = concat!("Takes a handle to ", $text, " that another process has sent.")]
            ///
            /// # Errors
            /// `ERROR_INVALID_HANDLE` (6) if what came is none; errors of the socket.
            #[track_caller]
            pub fn receive(from: &std::os::unix::net::UnixStream) -> Result<$type, crate::Error> {
                Ok($type {
                    handle: crate::named::Handle::receive(from, crate::Kind::$kind)?,
                })
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
