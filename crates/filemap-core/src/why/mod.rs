//! `filemap why`: what a name would lead to for somebody else, and why.
//!
//! [`replay`] goes the way of a Create* or Open* call on paper: which path is looked up, what is found there, what
//! the answer is, where else the same name lives, and what to do. It asks no system: the objects that exist and the
//! decision of each object's security descriptor come from the caller.
//!
//! ```
//! use filemap_core::kind::Kind;
//! use filemap_core::name::Directory;
//! use filemap_core::profile::Platform;
//! use filemap_core::why::{Caller, Existing, Request, replay};
//!
//! let made_by_a_service = [Existing { directory: Directory::Global, leaf: "MaartensMap", kind: Kind::FileMapping }];
//! let user = Caller { session: 1, profile: Platform::Vista.profile(), create_global: false };
//! let open = Request::Open { access: 0x4 };
//! let verdict = replay("MaartensMap", Kind::FileMapping, open, &user, &made_by_a_service, |_, _| 0);
//! assert_eq!(verdict.looked_up.as_deref(), Some(r"\Sessions\1\BaseNamedObjects\MaartensMap"));
//! assert_eq!(verdict.code.0, 2);
//! assert!(verdict.remedy.contains(r"Global\MaartensMap"));
//! ```

#[cfg(test)]
mod tests;

use crate::access::{FileMapAccess, Page};
use crate::error::{Why, Win32Code};
use crate::kind::Kind;
use crate::name::{self, Directory, Target};
use crate::profile::{NameSpaces, Prefixes, Profile};
use crate::section;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Who calls.
#[derive(Clone, Copy, Debug)]
pub struct Caller {
    /// Session number; without meaning on platforms that have no sessions.
    pub session: u32,
    /// The platform.
    pub profile: &'static Profile,
    /// Whether SeCreateGlobalPrivilege is held and enabled.
    pub create_global: bool,
}

/// What is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// Create*, with the page protection for a file mapping (0 for other kinds).
    Create {
        /// `flProtect` without `SEC_` flags.
        protect: u32,
    },
    /// Open* with this access mask.
    Open {
        /// `dwDesiredAccess`.
        access: u32,
    },
}

/// An object that somebody holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Existing<'a> {
    /// The directory that it is in.
    pub directory: Directory,
    /// Its name in there.
    pub leaf: &'a str,
    /// Its kind.
    pub kind: Kind,
}

impl Existing<'_> {
    /// Its path in the object tree.
    #[must_use]
    pub fn kernel_path(&self) -> String {
        path(self.directory, self.leaf)
    }
}

/// How an object that was not found relates to the one that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Elsewhere {
    /// The same name in the global directory.
    InGlobal,
    /// The same name in the directory of this session.
    InSession(u32),
    /// In the directory that was looked in, spelt with another case.
    OtherCase,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The path that was looked up, or `None` if the name leads to none.
    pub looked_up: Option<String>,
    /// The last error: 0 for success, 183 if Create* found the object.
    pub code: Win32Code,
    /// What happened, in one sentence without a full stop.
    pub sentence: String,
    /// What to do, without a full stop; empty if nothing needs to be done.
    pub remedy: String,
    /// Other places where the name lives, with paths.
    pub elsewhere: Vec<(Elsewhere, String)>,
    /// The steps of the specification that decided.
    pub clauses: &'static [&'static str],
}

impl Verdict {
    /// Whether the caller gets a handle.
    #[must_use]
    pub fn succeeds(&self) -> bool {
        matches!(self.code, Win32Code(0) | Win32Code::ALREADY_EXISTS)
    }
}

fn path(directory: Directory, leaf: &str) -> String {
    format!(r"{}\{leaf}", directory.kernel_path())
}

/// Goes the way of a call for `name` on paper (N-60 to N-69, M-50 from step 10 on).
///
/// `lacking(object, rights)` says which of the rights, spelt out, the object's descriptor does not grant the caller;
/// 0 if it grants all. It is asked only about an object that is reached and has the right kind.
pub fn replay(
    name: &str,
    kind: Kind,
    request: Request,
    caller: &Caller,
    objects: &[Existing<'_>],
    mut lacking: impl FnMut(&Existing<'_>, u32) -> u32,
) -> Verdict {
    let (directory, leaf) = match resolve(name, kind, request, caller) {
        Ok(Place::At(directory, leaf)) => (directory, leaf),
        Ok(Place::Unnamed) => {
            return verdict(
                None,
                Win32Code(0),
                "an empty name makes an object without a name",
                "",
                &["O-64"],
            );
        }
        Err((why, clauses)) => return verdict(None, why.code(), why.cause(), &why.remedy(), clauses),
    };
    let here = path(directory, &leaf);
    let at_path = |object: &&Existing<'_>| object.directory == directory && object.leaf == leaf;
    let found = objects.iter().filter(at_path).find(|object| object.kind == kind);
    if found.is_none()
        && caller.profile.name_spaces.is == NameSpaces::Shared
        && let Some(other) = objects.iter().find(at_path)
    {
        let why = Why::NameHeldBy {
            kind: other.kind.article_name(),
        };
        return verdict(
            Some(here),
            why.code(),
            why.cause(),
            &why.remedy(),
            &["O-3", "N-69"],
        );
    }
    match (found, request) {
        (Some(object), Request::Open { access }) => {
            open(object, kind, access, caller.profile, here, &mut lacking)
        }
        (Some(object), Request::Create { protect }) => {
            let rights = creation_rights(kind, protect);
            match lacking(object, rights) {
                0 => verdict(
                    Some(here),
                    Win32Code::ALREADY_EXISTS,
                    "the object was there before; its size, protection and security are its creator's",
                    "if you expected to be first, take it for a second instance or a squatter",
                    &["O-4", "O-67"],
                ),
                missing => refused(
                    here,
                    kind,
                    missing,
                    "Create* asks for more than a client needs: use Open*",
                    &["O-7"],
                ),
            }
        }
        (None, Request::Open { .. }) => missing_here(name, &leaf, directory, here, caller, objects),
        (None, Request::Create { .. }) => create(&leaf, kind, directory, here, caller, objects),
    }
}

enum Place {
    At(Directory, String),
    Unnamed,
}

/// Where the name leads on the caller's platform.
fn resolve(
    name: &str,
    kind: Kind,
    request: Request,
    caller: &Caller,
) -> Result<Place, (Why, &'static [&'static str])> {
    let profile = caller.profile;
    let clauses: fn(&Why) -> &'static [&'static str] = |why| match why {
        Why::NameTooLong { .. } | Why::NameTooLongForPlatform { .. } => &["O-63", "P-36"],
        Why::BackslashInName => &["N-12", "P-30"],
        Why::NoSuchFunction { .. } => &["P-31"],
        _ => &["O-65", "N-69"],
    };
    match name::resolve(name, kind, caller.session, profile) {
        Ok(Target::Object { directory, leaf }) => Ok(Place::At(directory, leaf.to_text().into_owned())),
        Ok(Target::Unnamed) => match request {
            Request::Create { .. } => Ok(Place::Unnamed),
            Request::Open { .. } => Err((Why::NameIsADirectory, &["O-64"])),
        },
        Err(why) => {
            let clauses = clauses(&why);
            Err((why, clauses))
        }
    }
}

/// Rights that Create* asks for on an object that is there already (O-7).
fn creation_rights(kind: Kind, protect: u32) -> u32 {
    match kind {
        Kind::FileMapping => FileMapAccess::of_creation(Page::from_bits_retain(protect)).bits(),
        Kind::Mutex => 0x001F_0001,
        Kind::Event | Kind::Semaphore | Kind::WaitableTimer => 0x001F_0003,
        Kind::Job => 0x001F_001F,
    }
}

fn open(
    object: &Existing<'_>,
    kind: Kind,
    access: u32,
    profile: &Profile,
    here: String,
    lacking: &mut impl FnMut(&Existing<'_>, u32) -> u32,
) -> Verdict {
    let rights = match kind {
        Kind::FileMapping => section::open_rights(access, profile).map(|rights| rights.bits()),
        _ if access == 0 => Err(Why::AccessMaskEmpty),
        _ => Ok(access),
    };
    let rights = match rights {
        Ok(rights) => rights,
        Err(why) => {
            return verdict(
                Some(here),
                why.code(),
                why.cause(),
                &why.remedy(),
                &["O-10", "O-11"],
            );
        }
    };
    match lacking(object, rights) {
        0 => verdict(
            Some(here),
            Win32Code(0),
            "the object is there, and its descriptor grants all that was asked for",
            "",
            &["M-83"],
        ),
        missing => {
            let all = kind == Kind::FileMapping && rights & 0x000D_0000 != 0;
            let hint = match all {
                true => {
                    "ask for FILE_MAP_READ or FILE_MAP_WRITE, not for FILE_MAP_ALL_ACCESS; or let the creator set a DACL that grants it"
                }
                false => {
                    "let the creator set a DACL that grants it; integrity level and AppContainer count too"
                }
            };
            refused(here, kind, missing, hint, &["N-64", "N-65", "N-69", "A-22"])
        }
    }
}

fn refused(
    here: String,
    kind: Kind,
    missing: u32,
    remedy: &str,
    clauses: &'static [&'static str],
) -> Verdict {
    let names = match kind {
        Kind::FileMapping => FileMapAccess::from_bits_retain(missing).names(),
        _ => format!("{missing:#x}"),
    };
    let sentence = format!("the object is there, but its descriptor does not grant this caller {names}");
    verdict(Some(here), Win32Code::ACCESS_DENIED, sentence, remedy, clauses)
}

/// N-69 step 1: the name is not where it was looked for; say where it is.
fn missing_here(
    name: &str,
    leaf: &str,
    directory: Directory,
    here: String,
    caller: &Caller,
    objects: &[Existing<'_>],
) -> Verdict {
    let elsewhere = look_around(leaf, directory, objects);
    let (mut sentence, mut remedy, clauses): (_, _, &'static [&'static str]) = match elsewhere.first() {
        Some((Elsewhere::InGlobal, at)) => (
            format!(
                "nobody holds it there, but it is at {at}: its creator is in session 0 or wrote Global\\"
            ),
            format!(r"open it as Global\{leaf}"),
            &["N-61", "N-69"],
        ),
        Some((Elsewhere::InSession(session), at)) => (
            format!("nobody holds it there, but it is at {at}, in session {session}"),
            String::from(
                r"let a service create it with the prefix Global\ and an explicit DACL, and open it as Global\ everywhere",
            ),
            &["N-61", "N-47", "N-69"],
        ),
        Some((Elsewhere::OtherCase, at)) => (
            format!("nobody holds it, but there is {at}: names are compared with their case"),
            String::from("spell it as its creator does"),
            &["O-60", "N-69"],
        ),
        None => (
            format!(
                "nobody holds an object named `{}` in any directory",
                crate::error::Escaped(name)
            ),
            String::from(
                "start its creator, and let it keep a handle open: a view alone does not keep the name",
            ),
            &["O-40", "N-69"],
        ),
    };
    if let (Some((Elsewhere::InGlobal, _)), Prefixes::Understood) =
        (elsewhere.first(), caller.profile.prefixes.is)
        && elsewhere.len() > 1
    {
        sentence.push_str("; the name lives in further places too");
        remedy.push_str(", and look which of them is meant");
    }
    Verdict {
        elsewhere,
        ..verdict(Some(here), Win32Code::FILE_NOT_FOUND, sentence, &remedy, clauses)
    }
}

fn create(
    leaf: &str,
    kind: Kind,
    directory: Directory,
    here: String,
    caller: &Caller,
    objects: &[Existing<'_>],
) -> Verdict {
    let needs = kind == Kind::FileMapping
        && directory == Directory::Global
        && caller.profile.needs_global_privilege(caller.session);
    if needs && !caller.create_global {
        let why = Why::GlobalCreation;
        return verdict(
            Some(here),
            why.code(),
            why.cause(),
            &why.remedy(),
            &["N-41", "N-67", "N-69"],
        );
    }
    let elsewhere = look_around(leaf, directory, objects);
    let (sentence, remedy) = match elsewhere.first() {
        Some((_, at)) => (
            format!("a new object is made; {at} is another one and shares nothing with it"),
            "if both sides were to meet, let both use the same directory: Global\\ made by a service, opened by users",
        ),
        None => (String::from("a new object is made"), ""),
    };
    Verdict {
        elsewhere,
        ..verdict(
            Some(here),
            Win32Code(0),
            sentence,
            remedy,
            &["N-60", "O-42", "N-69"],
        )
    }
}

/// Everywhere else that the leaf lives: global first, then sessions by number, then other spellings here.
fn look_around(leaf: &str, directory: Directory, objects: &[Existing<'_>]) -> Vec<(Elsewhere, String)> {
    let lower = leaf.to_lowercase();
    let mut found: Vec<(u8, Directory, (Elsewhere, String))> = objects
        .iter()
        .filter_map(|object| {
            let (rank, relation) = match object.directory {
                there if there == directory => {
                    match object.leaf != leaf && object.leaf.to_lowercase() == lower {
                        true => (2, Elsewhere::OtherCase),
                        false => return None,
                    }
                }
                _ if object.leaf != leaf => return None,
                Directory::Global => (0, Elsewhere::InGlobal),
                Directory::Session(session) => (1, Elsewhere::InSession(session)),
                // Another kind's name space, or one for the kinds of a platform that this caller is not on.
                Directory::OfKind(_) => return None,
            };
            Some((rank, object.directory, (relation, object.kernel_path())))
        })
        .collect();
    found.sort_by(|a, b| (a.0, a.1, &a.2.1).cmp(&(b.0, b.1, &b.2.1)));
    found.into_iter().map(|(_, _, entry)| entry).collect()
}

fn verdict(
    looked_up: Option<String>,
    code: Win32Code,
    sentence: impl ToString,
    remedy: &str,
    clauses: &'static [&'static str],
) -> Verdict {
    Verdict {
        looked_up,
        code,
        sentence: sentence.to_string(),
        remedy: remedy.into(),
        elsewhere: Vec::new(),
        clauses,
    }
}
