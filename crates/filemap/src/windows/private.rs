//! Private name spaces: a directory reached by who one is, under a nickname of one's own (N-70..N-76).

use crate::named::attributes;
use crate::namespace::Namespace;
use crate::refusal;
use crate::security::SecurityDescriptor;
use crate::words::{Given, Inherit};
use filemap_core::error::{Error, Op, Why};
use filemap_core::kind::Kind;
use filemap_sys::os::private::{self, Identity};
use std::sync::Arc;

pub use filemap_core::security::BoundaryDescriptor;

const CREATE: Op = Op::Other("create private name space");
const OPEN: Op = Op::Other("open private name space");
const CLOSE: Op = Op::Other("close private name space");

/// A handle to a private name space: objects whose names begin with its alias are in it, in every call of this process.
/// Windows Vista and later; Wine has none, and says so with the number that comes from it.
#[doc(alias = "CreatePrivateNamespace")]
#[doc(alias = "OpenPrivateNamespace")]
#[derive(Debug)]
pub struct PrivateNamespace {
    raw: private::PrivateNamespace,
    alias: String,
}

/// How to create or open a [`PrivateNamespace`].
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct PrivateNamespaceOptions {
    space: Option<Namespace>,
    security: Option<Given>,
}

impl PrivateNamespace {
    /// Options: the process's name space, the default descriptor.
    pub fn options() -> PrivateNamespaceOptions {
        PrivateNamespaceOptions::default()
    }

    /// What names in it begin with, without the backslash.
    #[must_use]
    pub fn alias(&self) -> &str {
        &self.alias
    }

    /// Closes the handle; what dropping it does (N-74).
    pub fn close(self) {}

    /// Closes the handle, and nobody can open the name space any more: the next creator makes a new one (N-74).
    ///
    /// # Errors
    /// The system's. Source: win32 `ClosePrivateNamespace`, PRIVATE_NAMESPACE_FLAG_DESTROY.
    pub fn destroy(self) -> Result<(), Error> {
        let alias = self.alias;
        self.raw
            .close(true)
            .map_err(|e| refusal::system(CLOSE, &alias, e))
    }
}

fn identity(boundary: &BoundaryDescriptor) -> Identity<'_> {
    Identity {
        name: boundary.name(),
        sids: boundary.sids().map(|sid| sid.to_bytes()).collect(),
        label: boundary.label().map(|level| level.sid().to_bytes()),
    }
}

impl PrivateNamespaceOptions {
    /// The name space whose rules hold.
    pub fn namespace(mut self, space: &Namespace) -> Self {
        self.space = Some(space.clone());
        self
    }

    /// Who may open it; ignored when opening.
    pub fn security(mut self, descriptor: &SecurityDescriptor) -> Self {
        self.security = Some(Given::Descriptor(Arc::new(descriptor.clone())));
        self
    }

    /// [`PrivateNamespaceOptions::security`] as SDDL text.
    pub fn sddl(mut self, text: &str) -> Self {
        self.security = Some(Given::Sddl(text.into()));
        self
    }

    /// Fails where the name space asked for is not the system's own.
    fn check(&self, op: Op, alias: &str) -> Result<(), Error> {
        match &self.space {
            Some(space) => space.units(op, alias.as_bytes()).map(drop),
            None => Ok(()),
        }
    }

    /// Creates the name space, which objects can then be made in as `alias\name`.
    ///
    /// # Errors
    /// `ERROR_ALREADY_EXISTS` (183) if it exists or this process uses the alias, `ERROR_ACCESS_DENIED` (5) for a caller
    /// outside the boundary (N-72, N-73), `ERROR_CALL_NOT_IMPLEMENTED` (120) or `ERROR_PROC_NOT_FOUND` (127) where there is
    /// no such function. Source: win32 `CreatePrivateNamespaceW`.
    pub fn create(&self, boundary: &BoundaryDescriptor, alias: &str) -> Result<PrivateNamespace, Error> {
        self.check(CREATE, alias)?;
        let attributes = attributes(self.security.as_ref(), Inherit::No, CREATE, alias)?;
        let raw = private::PrivateNamespace::create(&identity(boundary), alias, attributes.as_ref())
            .map_err(|e| refused(CREATE, alias, e))?;
        Ok(PrivateNamespace {
            raw,
            alias: alias.to_owned(),
        })
    }

    /// Opens the name space.
    ///
    /// # Errors
    /// `ERROR_PATH_NOT_FOUND` (3) if there is none, `ERROR_ACCESS_DENIED` (5), `ERROR_ALREADY_EXISTS` (183) for the alias,
    /// and as [`PrivateNamespaceOptions::create`]. Source: win32 `OpenPrivateNamespaceW`.
    pub fn open(&self, boundary: &BoundaryDescriptor, alias: &str) -> Result<PrivateNamespace, Error> {
        self.check(OPEN, alias)?;
        let raw = private::PrivateNamespace::open(&identity(boundary), alias)
            .map_err(|e| refused(OPEN, alias, e))?;
        Ok(PrivateNamespace {
            raw,
            alias: alias.to_owned(),
        })
    }
}

fn refused(op: Op, alias: &str, e: filemap_sys::SysError) -> Error {
    let suspected = match e.errno {
        120 => Some(Why::CallNotImplemented {
            what: e.call,
            platform: "this system",
        }),
        3 => Some(Why::PathNotFound),
        183 => Some(Why::NameExists),
        _ => filemap_core::name::resolve(
            alias,
            Kind::FileMapping,
            0,
            filemap_core::profile::Platform::default().profile(),
        )
        .err(),
    };
    refusal::explained(op, alias, e, suspected)
}
