//! Words that every system's part of the library uses: arguments and answers.

use filemap_core::access::Page;
use filemap_core::error::{Error, Op};
use filemap_core::security::SecurityDescriptor;
use std::sync::Arc;

/// The environment variable that moves the tree.
pub const ROOT_VARIABLE: &str = "FILEMAP_ROOT";
/// The environment variable that chooses the session.
pub const SESSION_VARIABLE: &str = "FILEMAP_SESSION";
/// The environment variable that chooses the platform, as [`filemap_core::profile::named`] takes it.
pub const PLATFORM_VARIABLE: &str = "FILEMAP_PLATFORM";
/// The group whose members may create file mappings in `Global\` (N-41, N-91).
pub const GLOBAL_GROUP: &str = "filemap-global";

/// The value of [`SESSION_VARIABLE`] that means "the login session", for machines with one desktop per login (N-90).
pub const LOGIN_SESSION: &str = "login";
/// Whether children get the handle (O-21).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Inherit {
    /// The handle is closed in a child at `exec`.
    #[default]
    No,
    /// A child has the handle too, under the same number; see [`FileMapping::inherited`](crate::FileMapping::inherited).
    Yes,
}

/// What `VirtualQuery` tells of a range of pages (V-53).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegionInfo {
    /// Address of the first page of the range.
    pub base: usize,
    /// Address of the view.
    pub allocation_base: usize,
    /// Protection that the view was mapped with.
    pub allocation_protect: Page,
    /// Length of the range in bytes: all following pages of the same state and protection.
    pub len: usize,
    /// Whether the pages are there.
    pub state: PageState,
    /// Protection now; for reserved pages empty, on `win95` [`Page::NOACCESS`] (P-64).
    pub protect: Page,
    /// The view shows a program file (SEC_IMAGE).
    pub is_image: bool,
}

/// State of a page of a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum PageState {
    /// `MEM_COMMIT`.
    Committed = 0x1000,
    /// `MEM_RESERVE`: nobody has committed it yet.
    Reserved = 0x2000,
}

/// `GENERIC_READ`.
pub const GENERIC_READ: u32 = 0x8000_0000;
/// `GENERIC_WRITE`.
pub const GENERIC_WRITE: u32 = 0x4000_0000;
/// `FILE_SHARE_READ`.
pub const FILE_SHARE_READ: u32 = 1;
/// `FILE_SHARE_WRITE`.
pub const FILE_SHARE_WRITE: u32 = 2;

/// `dwCreationDisposition`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Disposition {
    /// `CREATE_NEW`: make the file; 80 if it exists.
    CreateNew = 1,
    /// `CREATE_ALWAYS`: make it, or empty it.
    CreateAlways = 2,
    /// `OPEN_EXISTING`: 2 if it does not exist.
    OpenExisting = 3,
    /// `OPEN_ALWAYS`: make it if it does not exist.
    OpenAlways = 4,
    /// `TRUNCATE_EXISTING`: empty it; 2 if it does not exist.
    TruncateExisting = 5,
}

impl Disposition {
    /// The disposition with this number.
    #[must_use]
    pub const fn from_number(number: u32) -> Option<Disposition> {
        match number {
            1 => Some(Disposition::CreateNew),
            2 => Some(Disposition::CreateAlways),
            3 => Some(Disposition::OpenExisting),
            4 => Some(Disposition::OpenAlways),
            5 => Some(Disposition::TruncateExisting),
            _ => None,
        }
    }
}

/// The arguments of `CreateFileForMapping`, apart from the path.
#[derive(Clone, Copy, Debug)]
pub struct FileForMappingOptions {
    /// `dwDesiredAccess`: 0 to ask only, [`GENERIC_READ`], and from CE 2.10 on [`GENERIC_WRITE`] (P-42).
    pub access: u32,
    /// `dwShareMode`: counts up to CE 5 (P-43).
    pub share: u32,
    /// `lpSecurityAttributes` is NULL, as it must be (P-43).
    pub security_is_null: bool,
    /// `dwCreationDisposition`.
    pub disposition: Disposition,
    /// `hTemplateFile`, which is ignored (P-43).
    pub template: u64,
}

/// A process in a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// Process number.
    pub pid: u32,
    /// When it started, in clock ticks since boot.
    pub start: u64,
}

/// The descriptor that the creator of an object gives, in one of three forms; read when it is used.
#[derive(Clone, Debug)]
pub(crate) enum Given {
    Descriptor(Arc<SecurityDescriptor>),
    Sddl(Arc<str>),
    SelfRelative(Arc<[u8]>),
}

impl Given {
    pub(crate) fn read(&self, op: Op, name: &str) -> Result<SecurityDescriptor, Error> {
        match self {
            Given::Descriptor(sd) => Ok((**sd).clone()),
            Given::Sddl(text) => text.parse(),
            Given::SelfRelative(bytes) => SecurityDescriptor::from_self_relative(bytes),
        }
        .map_err(|e: Error| e.during(op).about(name))
    }
}
