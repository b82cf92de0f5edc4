//! Where names lead: the kernel's object tree, as seen from a session.

use crate::refusal;
use crate::words::{LOGIN_SESSION, PLATFORM_VARIABLE, ROOT_VARIABLE, SESSION_VARIABLE};
use filemap_core::error::{Error, Op, Why};
use filemap_core::kind::Kind;
use filemap_core::name::{self, Directory, Target};
use filemap_core::profile::{self, Platform, Profile};
use filemap_sys::os::{process, text};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// A name space: the kernel's object tree as seen from one session.
///
/// There is one tree, and the system's own rules hold in it. What only the library's own trees can do on Linux, a tree of
/// one's own ([`Namespace::at`]) and the rules of another Windows ([`Namespace::with_platform`]), is refused with
/// `ERROR_NOT_SUPPORTED` (50) by the first call that uses it. `FILEMAP_SESSION` chooses the session as on Linux.
#[derive(Clone, Debug)]
pub struct Namespace(Arc<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    /// The session that was asked for.
    session: Option<u32>,
    profile: &'static Profile,
    /// What was asked for that this system does not have.
    missing: Option<&'static str>,
    root: PathBuf,
}

impl Namespace {
    /// The name space that this process uses when none is named: that of its session, or what the environment says.
    ///
    /// # Errors
    /// `ERROR_INVALID_PARAMETER` (87) if `FILEMAP_SESSION` is no session or `FILEMAP_PLATFORM` no platform.
    pub fn current() -> Result<Namespace, Error> {
        static CURRENT: OnceLock<Result<Namespace, Error>> = OnceLock::new();
        CURRENT.get_or_init(Namespace::from_environment).clone()
    }

    /// What [`Namespace::current`] would be, read from the environment anew.
    ///
    /// # Errors
    /// As [`Namespace::current`].
    pub fn from_environment() -> Result<Namespace, Error> {
        Namespace::chosen(None, None)
    }

    /// The name space that a program's options choose; what they leave open comes from the environment.
    ///
    /// # Errors
    /// As [`Namespace::current`].
    pub fn chosen(root: Option<&Path>, session: Option<u32>) -> Result<Namespace, Error> {
        let wrong = |variable, what| Error::new(Op::OpenNamespace, variable, Why::Argument { what });
        let root = match root {
            Some(root) => Some(root.as_os_str().to_owned()),
            None => std::env::var_os(ROOT_VARIABLE).filter(|root| !root.is_empty()),
        };
        let mut space = match root {
            Some(root) => Namespace::at(PathBuf::from(root)),
            None => Namespace::of_user(),
        };
        if let Ok(text) = std::env::var(PLATFORM_VARIABLE)
            && !text.is_empty()
        {
            let profile = profile::named(&text).map_err(|e| wrong(PLATFORM_VARIABLE, e.to_string()))?;
            space = space.with_profile(profile);
        }
        if let Some(session) = session {
            return Ok(space.with_session(session));
        }
        match std::env::var(SESSION_VARIABLE) {
            Ok(text) if text == LOGIN_SESSION => Ok(space), // the process's own session is its login session
            Ok(text) if !text.is_empty() => match text.parse() {
                Ok(session) => Ok(space.with_session(session)),
                Err(_) => Err(wrong(
                    SESSION_VARIABLE,
                    format!("{text:?} is not a session number"),
                )),
            },
            _ => Ok(space),
        }
    }

    /// The name space of this process's session, whatever the environment says.
    #[must_use]
    pub fn of_user() -> Namespace {
        Namespace(Arc::new(Inner {
            session: None,
            profile: Platform::default().profile(),
            missing: None,
            root: PathBuf::from(r"\"),
        }))
    }

    /// A tree of one's own, which only Linux has: calls that use it fail with 50. The nearest thing here is a
    /// [`PrivateNamespace`](crate::PrivateNamespace).
    #[must_use]
    pub fn at(root: impl AsRef<Path>) -> Namespace {
        let root = root.as_ref().to_owned();
        Namespace::of_user().changed(|inner| {
            inner.root = root;
            inner.missing = Some("a tree of names of one's own (FILEMAP_ROOT, Namespace::at)");
        })
    }

    fn changed(&self, change: impl FnOnce(&mut Inner)) -> Namespace {
        let mut inner = (*self.0).clone();
        change(&mut inner);
        Namespace(Arc::new(inner))
    }

    /// The names of session `session`: plain and `Local\` names lead there (`Session\N\…`). Most callers may only look into
    /// their own.
    #[must_use]
    pub fn with_session(&self, session: u32) -> Namespace {
        self.changed(|inner| inner.session = Some(session))
    }

    /// The names of the `nth` user who is logged on: session `nth` + 1 (N-31).
    #[must_use]
    pub fn with_logon(&self, nth: u32) -> Namespace {
        self.with_session(self.0.profile.user_session(nth).unwrap_or(0))
    }

    /// The rules of another platform, which only Linux can follow: calls that use it fail with 50.
    #[must_use]
    pub fn with_platform(&self, platform: Platform) -> Namespace {
        self.with_profile(platform.profile())
    }

    /// As [`Namespace::with_platform`].
    #[must_use]
    pub fn with_profile(&self, profile: &'static Profile) -> Namespace {
        self.changed(|inner| {
            if profile.number() != Platform::default().profile().number() {
                inner.missing = Some("following the rules of another Windows (FILEMAP_PLATFORM)");
            }
            inner.profile = profile;
        })
    }

    /// The rules that errors are explained by.
    #[must_use]
    pub fn profile(&self) -> &'static Profile {
        self.0.profile
    }

    /// A caller without the privilege to create file mappings in `Global\`: the system decides by the process's token, so
    /// taking it away here makes calls fail with 50.
    #[must_use]
    pub fn with_global_privilege(&self, held: bool) -> Namespace {
        self.changed(|inner| {
            if !held {
                inner.missing = Some("leaving SeCreateGlobalPrivilege aside");
            }
        })
    }

    /// The session whose directory plain and `Local\` names lead to.
    #[must_use]
    pub fn session(&self) -> u32 {
        self.0.session.unwrap_or_else(process::session)
    }

    /// The root of the tree: `\`, or what [`Namespace::at`] was given.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.0.root
    }

    fn check(&self, op: Op, name: &str) -> Result<(), Error> {
        match self.0.missing {
            None => Ok(()),
            Some(what) => Err(Error::new(op, name, Why::NotSupported { what })),
        }
    }

    /// What the tables find wrong with a name, if anything.
    pub(crate) fn suspect(&self, kind: Kind, wtf8: &[u8]) -> Option<Why> {
        name::resolve_wtf8(wtf8, kind, self.session(), self.0.profile).err()
    }

    /// The name as the system's functions take it, with its NUL; empty for no name.
    pub(crate) fn units(&self, op: Op, wtf8: &[u8]) -> Result<Vec<u16>, Error> {
        let shown = || String::from_utf8_lossy(wtf8).into_owned();
        self.check(op, &shown())?;
        if wtf8.contains(&0) {
            let what = "a name can't contain NUL".to_owned();
            return Err(Error::new(op, shown(), Why::Argument { what }));
        }
        let other = self.0.session.filter(|session| *session != process::session());
        let Some(other) = other else {
            return Ok(text::wide(wtf8));
        };
        let plain = wtf8.strip_prefix(br"Local\").unwrap_or(wtf8);
        Ok(match plain.contains(&b'\\') || plain.is_empty() {
            true => text::wide(wtf8), // says itself where it leads
            false => {
                let mut whole = format!(r"Session\{other}\").into_bytes();
                whole.extend_from_slice(plain);
                text::wide(&whole)
            }
        })
    }

    /// The directory that the name of a file mapping leads to and the name in it.
    ///
    /// # Errors
    /// 123, 161, 3 and 6 for its form ([`filemap_core::name::resolve`]).
    pub fn place_of(&self, name: &str) -> Result<(Directory, String), Error> {
        let failed = |why| Error::new(Op::OpenNamespace, name, why);
        match name::resolve(name, Kind::FileMapping, self.session(), self.0.profile).map_err(failed)? {
            Target::Unnamed => Err(failed(Why::NameIsADirectory)),
            Target::Object { directory, leaf } => Ok((directory, leaf.to_text().into_owned())),
        }
    }

    /// The path in the object tree that the name of an object of this kind leads to, as WinObj shows it; `None` for the
    /// empty name. Nothing is looked up there.
    ///
    /// # Errors
    /// Those of the name ([`filemap_core::name::resolve`]).
    pub fn kernel_path(&self, kind: Kind, name: &str) -> Result<Option<String>, Error> {
        let failed = |why| Error::new(Op::Other("resolve"), name, why);
        Ok(
            match name::resolve(name, kind, self.session(), self.0.profile).map_err(failed)? {
                Target::Unnamed => None,
                Target::Object { directory, leaf } => {
                    Some(format!(r"{}\{}", directory.kernel_path(), leaf.to_text()))
                }
            },
        )
    }

    /// What is in a directory of the tree.
    pub(crate) fn entries(
        &self,
        directory: Directory,
    ) -> Result<Vec<filemap_sys::os::directory::Entry>, Error> {
        let path = directory.kernel_path();
        self.check(Op::ListObjects, &path)?;
        filemap_sys::os::directory::list(&path).map_err(|e| refusal::system(Op::ListObjects, &path, e))
    }
}
