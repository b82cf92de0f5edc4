//! What is behind a name: an object, what is left of one, or something else.

use super::usage::Holders;
use crate::namespace::{Namespace, OpenDirectory};
use crate::object::{self, Found};
use crate::refusal;
use crate::security::{self, SecurityDescriptor};
use filemap_core::access::{Page, SectionFlags};
use filemap_core::error::{Error, Op, Why};
use filemap_core::kind::Kind;
use filemap_core::layout::{Creator, Footer};
use filemap_core::name::{Directory, ObjectName};
use filemap_core::profile::Profile;
use filemap_core::security::TypeRights;
use filemap_sys::os::ofd_lock;
use filemap_sys::os::proc::FileId;
use filemap_sys::os::tmpfs::{self, Facts, OpenFor};
use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::sync::Arc;

/// An object that somebody holds.
#[derive(Clone, Debug)]
pub struct Object {
    /// The directory that its name is in. For one in a private name space (see `boundary`), `Global`.
    pub directory: Directory,
    /// The boundary of the private name space that it is in, by its name or, if that may not be read, its directory's.
    pub boundary: Option<String>,
    /// The last component of its name.
    pub name: String,
    /// The name as its creator gave it, such as `Local\frames`; of a plain object (`filemap_core::plain`) with the prefix that
    /// he may have left out.
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
    /// Process, user and session that made it, and when (nanoseconds since 1970). The process is 0 if nothing tells: the
    /// object is plain, and its creator has ended or closed his handle.
    pub creator: Creator,
    /// The rules that it was made under.
    pub profile: &'static Profile,
    /// The object's own file.
    pub path: PathBuf,
    /// Which file that is.
    pub id: FileId,
    /// The file whose bytes views show: the object's own or the disk file.
    pub data: FileId,
    /// Memory that its own file takes, in bytes.
    pub allocated: u64,
    /// Processes that have a handle, as far as the caller may look into them; ascending. Filled by
    /// [`list`](crate::list::list) only.
    pub holders: Vec<u32>,
    /// The user of the object's file.
    pub owner: u32,
    /// The mode bits of the object's file.
    pub mode: u32,
    /// Who may do what with it: the descriptor that was given, or the creator's default one.
    pub security: Arc<SecurityDescriptor>,
    /// What the kind needs to read a state page.
    pub(crate) parameters: [u64; 2],
}

/// Something in the tree that is no live object of this version: shown, not hidden.
#[derive(Clone, Debug)]
pub struct Oddity {
    /// The file.
    pub path: PathBuf,
    /// Directory and last component of the name that it stands for; `None` if it stands for none.
    pub named: Option<(Directory, String)>,
    /// What is odd.
    pub why: Why,
}

/// What [`for_each`](super::for_each) finds.
#[derive(Clone, Debug)]
pub enum Entry {
    /// An object that somebody holds.
    Live(Box<Object>),
    /// A name whose holders are gone, not reclaimed yet.
    Dead {
        /// Its file.
        path: PathBuf,
        /// Memory that it takes, in bytes.
        allocated: u64,
    },
    /// A damaged entry, or what may not be read.
    Odd(Oddity),
}

impl Object {
    /// The name by which a caller in `space` opens the object: `Local\…`, `Global\…` or `Session\N\…`, and the name alone on
    /// platforms without prefixes. In a private name space it is the boundary's name and the object's.
    #[must_use]
    pub fn name_for(&self, space: &Namespace) -> String {
        if let Some(boundary) = &self.boundary {
            return format!(r"{boundary}\{}", self.name);
        }
        name_in(space, self.directory, &self.name)
    }

    /// The path in the object tree, as WinObj shows it (I-1).
    #[must_use]
    pub fn kernel_path(&self) -> String {
        match &self.boundary {
            Some(boundary) => format!(r"\Private\{boundary}\{}", self.name),
            None => format!(r"{}\{}", self.directory.kernel_path(), self.name),
        }
    }

    /// The names of its SEC_ flags.
    #[must_use]
    pub fn section_names(&self) -> Vec<String> {
        self.sections
            .iter_names()
            .map(|(name, _)| format!("SEC_{name}"))
            .collect()
    }
}

impl Oddity {
    /// The name by which a caller in `space` would open what should be there; `None` if it stands for none.
    #[must_use]
    pub fn name_for(&self, space: &Namespace) -> Option<String> {
        let (directory, leaf) = self.named.as_ref()?;
        Some(name_in(space, *directory, leaf))
    }
}

fn name_in(space: &Namespace, directory: Directory, leaf: &str) -> String {
    match directory {
        Directory::Session(n) if n == space.session() => format!(r"Local\{leaf}"),
        Directory::Session(n) => format!(r"Session\{n}\{leaf}"),
        Directory::Global => format!(r"Global\{leaf}"),
        Directory::OfKind(_) => leaf.to_owned(), // there are no prefixes
    }
}

/// The entry of a file name; `None` if it went while we looked.
pub(super) fn entry_at(dir: &OpenDirectory, directory: Directory, c_name: &CStr) -> Option<Entry> {
    let file_name = c_name.to_str().ok()?;
    let path = || dir.path().join(file_name);
    let odd = |why| {
        let leaf = match ObjectName::from_file_name(file_name) {
            Some(name) => name.to_text().into_owned(),
            None => file_name.to_owned(),
        };
        Some(Entry::Odd(Oddity {
            path: path(),
            named: Some((directory, leaf)),
            why,
        }))
    };
    let opened = match tmpfs::open_name(dir.file(), c_name, OpenFor::Reading) {
        Ok(opened) => opened,
        Err(e) if e.errno == libc::ENOENT => return None,
        Err(e) if e.errno == libc::ELOOP => {
            let what = "it is a symbolic link".to_owned();
            return odd(Why::Damaged { what });
        }
        Err(e) if e.errno == libc::EACCES => {
            // Whose it is may be known all the same.
            return match tmpfs::stat_name(dir.file(), c_name) {
                Ok(stat) if !tmpfs::is_ordinary(&stat) => odd(Why::Damaged {
                    what: "it is no ordinary file".to_owned(),
                }),
                Ok(stat) => odd(Why::EntryDenied {
                    user: security::user_name(stat.st_uid),
                    mode: stat.st_mode & 0o777,
                }),
                Err(e) if e.errno == libc::ENOENT => None,
                Err(_) => odd(refusal::cause(e)),
            };
        }
        Err(e) => return odd(refusal::cause(e)),
    };
    let live = matches!(
        ofd_lock::holders(opened.as_fd(), ofd_lock::LIVE_BYTE),
        Ok(ofd_lock::Holders::Shared)
    );
    let facts = match Facts::of(opened.as_fd()) {
        Ok(facts) => facts,
        Err(e) => return odd(refusal::cause(e)),
    };
    let name = ObjectName::from_file_name(file_name);
    let found = Found {
        name: name.as_ref().map_or(&[][..], ObjectName::as_wtf8),
        directory,
    };
    let dead = || Entry::Dead {
        path: path(),
        allocated: facts.allocated,
    };
    let footer = match object::footer_at(&opened, &facts, found) {
        Ok(footer) => footer,
        Err(_) if facts.links == 0 => return None,
        // Its maker died over it, or is at it: until he locks it, it is a dead entry.
        Err(_) if !live && facts.is_plain() => return Some(dead()),
        Err(why) => return odd(why),
    };
    match live {
        false if facts.links == 0 => None,
        false => Some(dead()),
        true => {
            let object = object_of(directory, name.as_ref(), path(), footer, &facts);
            Some(Entry::Live(Box::new(object)))
        }
    }
}

/// The entry of a file name, if all that an open file would tell is known without: one call in place of five, of which open(2)
/// and close(2) are the dearest. It was alive when the holders were looked for.
pub(super) fn known(
    dir: &OpenDirectory,
    directory: Directory,
    c_name: &CStr,
    holders: &Holders,
) -> Option<Entry> {
    if holders.is_empty() {
        return None;
    }
    let facts = Facts::of_name(dir.file(), c_name).ok()?;
    let id = FileId {
        dev: facts.dev,
        ino: facts.ino,
    };
    // What its owner may not read is told by the open, and what the file system does not say by the file.
    if !facts.is_plain() || facts.mode & 0o400 == 0 || facts.born == 0 {
        return None;
    }
    let creator = holders.creator_of(id)?;
    let file_name = c_name.to_str().ok()?;
    let name = ObjectName::from_file_name(file_name)?;
    let found = Found {
        name: name.as_wtf8(),
        directory,
    };
    let footer = object::plain_footer_at(&facts, found, Some(creator)).ok()?;
    let object = object_of(directory, Some(&name), dir.path().join(file_name), footer, &facts);
    Some(Entry::Live(Box::new(object)))
}

/// The name that the object behind a descriptor of a process has or had, as its creator gave it; empty for an unnamed one.
/// `None` if it is none, or if the caller may not look into it.
#[must_use]
pub fn object_of_descriptor(pid: u32, descriptor: u32) -> Option<String> {
    let process = filemap_sys::os::proc::Process::open(pid).ok()?;
    let file = process.open_descriptor(descriptor)?;
    let footer = object::footer_of(&file).ok()?;
    Some(String::from_utf8_lossy(&footer.name).into_owned())
}

/// What the footer and the inode of an object say.
fn object_of(
    directory: Directory,
    name: Option<&ObjectName<'_>>,
    path: PathBuf,
    footer: Footer,
    facts: &Facts,
) -> Object {
    // A descriptor that can't be read lets nobody in, and is shown as that.
    let security = security::descriptor_of(&footer, facts.uid)
        .unwrap_or_else(|_| Arc::new(SecurityDescriptor::with_dacl(security::Acl::empty())));
    use std::os::unix::ffi::OsStringExt;
    let name = match name {
        Some(name) => name.to_text().into_owned(),
        None => String::from_utf8_lossy(object::leaf(&footer)).into_owned(),
    };
    let id = FileId {
        dev: facts.dev,
        ino: facts.ino,
    };
    let data = match &footer.file {
        Some(file) if footer.data_in_file() => FileId {
            dev: file.dev,
            ino: file.ino,
        },
        _ => id,
    };
    let profile = footer.profile();
    Object {
        directory,
        boundary: None,
        name,
        given: String::from_utf8(footer.name)
            .unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned()),
        kind: footer.kind,
        size: if footer.kind == Kind::FileMapping {
            footer.size
        } else {
            0
        },
        protection: footer.protect,
        sections: footer.sections,
        profile,
        file: footer
            .file
            .map(|f| PathBuf::from(std::ffi::OsString::from_vec(f.path))),
        creator: footer.creator,
        path,
        id,
        data,
        allocated: facts.allocated,
        holders: Vec::new(),
        owner: facts.uid,
        mode: facts.mode & 0o777,
        security,
        parameters: footer.parameters,
    }
}

/// The live object that a name leads to for a caller in `space`, whatever its kind; `None` if nobody holds one.
///
/// No handle is taken, so asking keeps nothing alive.
///
/// # Errors
/// Those of the name's form; 5 if it is there and may not be read; 1392 if it is damaged.
pub fn find(space: &Namespace, name: &str) -> Result<Option<Object>, Error> {
    const OP: Op = Op::Other("look at");
    let failed = |why| Error::new(OP, name, why);
    for kind in Kind::ALL {
        let Some(place) = space.resolve(OP, kind, name.as_bytes())? else {
            return Err(failed(Why::NameIsADirectory));
        };
        let Some(dir) = space.directory_of(OP, name, &place, false)? else {
            continue;
        };
        match entry_at(&dir, place.directory, &place.file_name) {
            Some(Entry::Live(object)) => return Ok(Some(*object)),
            Some(Entry::Odd(odd)) => return Err(failed(odd.why)),
            Some(Entry::Dead { .. }) | None => {}
        }
        if !matches!(place.directory, Directory::OfKind(_)) {
            break; // one directory for all kinds
        }
    }
    Ok(None)
}

/// Opens an object's file to look at it: no handle, no right but reading.
pub(super) fn open_to_look(object: &Object) -> Option<OwnedFd> {
    let dir = OpenDirectory::at(object.path.parent()?).or_else(|| {
        // Another user's directory, which root may look into.
        let parent = rustix::fs::open(
            object.path.parent()?,
            rustix::fs::OFlags::PATH | rustix::fs::OFlags::DIRECTORY | rustix::fs::OFlags::CLOEXEC,
            rustix::fs::Mode::empty(),
        );
        Some(OpenDirectory::new(parent.ok()?, object.path.parent()?.to_owned()))
    })?;
    use std::os::unix::ffi::OsStrExt;
    let name = CString::new(object.path.file_name()?.as_bytes()).ok()?;
    let file = tmpfs::open_name(dir.file(), &name, OpenFor::Reading).ok()?;
    let stat = tmpfs::stat(file.as_fd()).ok()?;
    let same = (stat.st_dev, stat.st_ino) == (object.id.dev, object.id.ino);
    same.then_some(file)
}

/// A security descriptor in words: owner, label, and a line for each ACE (I-6, I-11).
#[must_use]
pub fn security_in_words(sd: &SecurityDescriptor, kind: Kind) -> Vec<String> {
    let rights = TypeRights::of(kind);
    let mut words = Vec::new();
    if let Some(owner) = &sd.owner {
        words.push(format!("owner: {}", security::account_words(owner)));
    }
    match sd.dacl.list() {
        None => words.push("no DACL: everybody may do everything".to_owned()),
        Some(acl) if acl.aces.is_empty() => words.push("an empty DACL: nobody may do anything".to_owned()),
        Some(acl) => words.extend(acl.aces.iter().map(|ace| {
            let text = ace.words(rights);
            match ace.sid().map(|sid| (sid.words(), security::account_words(&sid))) {
                Some((sid, account)) if sid != account => format!("{text} ({account})"),
                _ => text,
            }
        })),
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::{Scope, holders, names};
    use crate::{FileMapping, SectionFlags};

    // I-22: what the speed of a long list depends on; that it is also right, tests/inspect.rs shows
    #[test]
    fn no_file_of_a_plain_object_is_opened_whose_creator_is_known() {
        let root = filemap_testing::private_root();
        let space = Namespace::at(root.path()).with_session(1);
        let options = || FileMapping::options().namespace(&space).size(4096);
        let plain = options().create("plain").unwrap();
        let with_footer = options().section_flags(SectionFlags::COMMIT | SectionFlags::NOCACHE);
        let with_footer = with_footer.create("with footer").unwrap();
        let dir = space.open_untouched(Directory::Session(1), false).ok().flatten();
        let dir = dir.expect("there are objects in it");
        let is_known =
            |name: &CStr, holders: &Holders| known(&dir, Directory::Session(1), name, holders).is_some();
        let now = holders().unwrap();
        assert!(is_known(c"plain", &now));
        assert!(!is_known(c"with footer", &now), "the footer is to be read");
        assert!(!is_known(c"plain", &Holders::default()));
        // Without its creator's handle there is nothing that tells of the creator.
        let other = FileMapping::options().namespace(&space).open("plain").unwrap();
        drop(plain);
        assert!(!is_known(c"plain", &holders().unwrap()));
        assert_eq!(
            names(&space, Scope::Sessions).widest(str::len),
            r"Local\with footer".len()
        );
        drop((other, with_footer));
    }
}
