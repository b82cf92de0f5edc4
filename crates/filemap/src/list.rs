//! Which objects exist, who holds them, and taking dead entries away.

pub(crate) mod entries;
mod orphans;

pub use orphans::{Orphan, orphans};

use crate::namespace::Namespace;
use crate::object;
use crate::refusal;
use crate::security::{self, SecurityDescriptor};
use filemap_core::access::{Page, SectionFlags};
use filemap_core::error::{Error, Op, Why};
use filemap_core::kind::Kind;
use filemap_core::layout::Footer;
use filemap_core::lifecycle::Outcome;
use filemap_core::name::{Directory, ObjectName};
use filemap_sys::os::ofd_lock::{self, Holders};
use filemap_sys::os::tmpfs::{self, OpenFor};
use filemap_sys::os::{names, process};
use rustix::fs::Stat;
use std::ffi::CString;
use std::os::fd::AsFd;
use std::path::PathBuf;

/// An object that somebody holds.
#[derive(Clone, Debug)]
pub struct LiveObject {
    /// The directory that its name is in.
    pub directory: Directory,
    /// The last component of its name.
    pub name: String,
    /// The name as its creator gave it, such as `Local\frames`.
    pub given: String,
    /// Its kind.
    pub kind: Kind,
    /// Size in bytes; 0 for a synchronisation object.
    pub size: u64,
    /// Page protection; empty for a synchronisation object.
    pub protection: Page,
    /// SEC_ flags; empty for a synchronisation object.
    pub sections: SectionFlags,
    /// The disk file behind it.
    pub file: Option<PathBuf>,
    /// Process, user and session that made it, and when (nanoseconds since 1970).
    pub creator: Creator,
    /// The object's own file.
    pub path: PathBuf,
    /// Processes that have it open, as far as the caller may look into them.
    pub holders: Vec<u32>,
    /// The user of the object's file.
    pub owner: u32,
    /// The mode bits of the object's file.
    pub mode: u32,
    /// Who may do what with it: the descriptor that was given, or the creator's default one.
    pub security: SecurityDescriptor,
}

pub use filemap_core::layout::Creator;

/// Something in the tree that is no live object of this version: shown, not hidden.
#[derive(Clone, Debug)]
pub struct Oddity {
    /// The file.
    pub path: PathBuf,
    /// What is odd.
    pub why: Why,
}

/// What a listing found.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// Objects that somebody holds, by directory and name.
    pub objects: Vec<LiveObject>,
    /// Damaged entries, and directories that may not be read.
    pub oddities: Vec<Oddity>,
    /// Dead entries: names whose holders are gone, not reclaimed yet.
    pub dead: Vec<PathBuf>,
}

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Dead entries taken away.
    pub removed: usize,
    /// Bytes of memory that they took.
    pub bytes: u64,
    /// Live objects, left alone.
    pub live: usize,
    /// Entries that only their owner may remove, or that are no objects.
    pub kept: usize,
}

impl LiveObject {
    /// The name by which a caller in `space` opens the object: as its creator gave it where that leads to it, else
    /// `Global\…` or `Session\N\…`.
    #[must_use]
    pub fn name_for(&self, space: &Namespace) -> String {
        let leads_here = || space.leads_to(self.kind, &self.given, self.directory, &self.name);
        match self.directory {
            _ if leads_here() => self.given.clone(),
            Directory::Session(n) if n == space.session() => format!(r"Local\{}", self.name),
            Directory::Session(n) => format!(r"Session\{n}\{}", self.name),
            Directory::Global => format!(r"Global\{}", self.name),
            Directory::OfKind(_) => self.name.clone(), // there are no prefixes
        }
    }
}

/// All objects of the tree that the caller may see: `Global\` and all sessions.
///
/// # Errors
/// None for single entries (see [`Listing::oddities`]); system errors of reading /proc.
pub fn list(space: &Namespace) -> Result<Listing, Error> {
    let mut listing = Listing::default();
    let mut identities = Vec::new();
    for directory in space.existing_directories() {
        let dir = match space.open_untouched(directory, false) {
            Ok(Some(dir)) => dir,
            Ok(None) => continue,
            Err((path, _)) => {
                let why = Why::TreeDenied {
                    path: path.display().to_string(),
                };
                listing.oddities.push(Oddity { path, why });
                continue;
            }
        };
        let found = match tmpfs::names_in(dir.file()) {
            Ok(found) => found,
            Err(e) => {
                listing.oddities.push(Oddity {
                    path: dir.path().to_owned(),
                    why: refusal::cause(e),
                });
                continue;
            }
        };
        for file_name in found.into_iter().filter(|name| !name.starts_with('.')) {
            let path = dir.path().join(&file_name);
            let Ok(c_name) = CString::new(file_name.clone()) else {
                continue;
            };
            let opened = match tmpfs::open_name(dir.file(), &c_name, OpenFor::Reading) {
                Ok(opened) => opened,
                Err(e) if e.errno == libc::ENOENT => continue, // it went while we looked
                Err(e) => {
                    listing.oddities.push(Oddity {
                        path,
                        why: refusal::cause(e),
                    });
                    continue;
                }
            };
            let live = matches!(
                ofd_lock::holders(opened.as_fd(), ofd_lock::LIVE_BYTE),
                Ok(Holders::Shared)
            );
            let (footer, stat) = match (object::footer_of(&opened), tmpfs::stat(opened.as_fd())) {
                (Ok(footer), Ok(stat)) => (footer, stat),
                // Its maker died over it, or is at it: until he locks it, it is a dead entry.
                (Err(_), Ok(stat))
                    if !live && names::is_unfinished(opened.as_fd(), &stat.into()).unwrap_or(false) =>
                {
                    listing.dead.push(path);
                    continue;
                }
                (Err(why), _) => {
                    listing.oddities.push(Oddity { path, why });
                    continue;
                }
                (_, Err(e)) => {
                    listing.oddities.push(Oddity {
                        path,
                        why: refusal::cause(e),
                    });
                    continue;
                }
            };
            match live {
                false if stat.st_nlink == 0 => {}
                false => listing.dead.push(path),
                true => {
                    identities.push((stat.st_dev, stat.st_ino));
                    listing
                        .objects
                        .push(live_object(directory, &file_name, path, footer, &stat));
                }
            }
        }
    }
    // Our own descriptors are closed by now, so they don't count.
    let holders = process::holders(&identities).map_err(|e| refusal::system(Op::ListObjects, "/proc", e))?;
    for (object, identity) in listing.objects.iter_mut().zip(&identities) {
        object.holders = holders.get(identity).cloned().unwrap_or_default();
    }
    listing
        .objects
        .sort_by(|a, b| (a.directory, &a.name).cmp(&(b.directory, &b.name)));
    Ok(listing)
}

fn live_object(
    directory: Directory,
    file_name: &str,
    path: PathBuf,
    footer: Footer,
    stat: &Stat,
) -> LiveObject {
    // A descriptor that can't be read lets nobody in, and is shown as that.
    let security = security::descriptor_of(&footer, stat.st_uid)
        .unwrap_or_else(|_| SecurityDescriptor::with_dacl(security::Acl::empty()));
    use std::os::unix::ffi::OsStringExt;
    let name = match ObjectName::from_file_name(file_name) {
        Some(name) => name.to_text().into_owned(),
        None => String::from_utf8_lossy(object::leaf(&footer)).into_owned(),
    };
    LiveObject {
        directory,
        name,
        given: String::from_utf8_lossy(&footer.name).into_owned(),
        kind: footer.kind,
        size: if footer.kind == Kind::FileMapping {
            footer.size
        } else {
            0
        },
        protection: footer.protect,
        sections: footer.sections,
        file: footer
            .file
            .map(|f| PathBuf::from(std::ffi::OsString::from_vec(f.path))),
        creator: footer.creator,
        path,
        holders: Vec::new(),
        owner: stat.st_uid,
        mode: stat.st_mode & 0o777,
        security,
    }
}

/// Takes all dead entries of the tree away; live objects are never touched. Directories that are closed to the caller are
/// left to their owners.
///
/// # Errors
/// System errors of reading a directory.
pub fn sweep(space: &Namespace) -> Result<Swept, Error> {
    let mut swept = Swept::default();
    for directory in space.existing_directories() {
        let Ok(Some(dir)) = space.open_untouched(directory, false) else {
            continue;
        };
        let failed = |e| refusal::system(Op::Sweep, &dir.path().display().to_string(), e);
        let found = match tmpfs::names_in(dir.file()) {
            Ok(found) => found,
            Err(e) if e.errno == libc::EACCES => continue, // another user's session: theirs to sweep
            Err(e) => return Err(failed(e)),
        };
        // Names with a dot are the tree's own, such as the arena's.
        for file_name in found.into_iter().filter(|name| !name.starts_with('.')) {
            let Ok(c_name) = CString::new(file_name) else {
                continue;
            };
            let bytes = tmpfs::stat_name(dir.file(), &c_name).map_or(0, |s| s.st_blocks as u64 * 512);
            match names::sweep(dir.file(), &c_name).map_err(failed)? {
                Outcome::Removed => {
                    swept.removed += 1;
                    swept.bytes += bytes;
                }
                Outcome::Live => swept.live += 1,
                Outcome::NotFound => {}
                _ => swept.kept += 1,
            }
        }
    }
    Ok(swept)
}
