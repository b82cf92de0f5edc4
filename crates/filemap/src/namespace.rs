//! Where names live: the tree of directories, sessions, and which directory a name leads to.

use crate::private::{self, PrivateDirectory};
use crate::refusal;
use crate::security::{self, FIRST_ORDINARY_USER, Token};
use crate::words::{GLOBAL_GROUP, LOGIN_SESSION, PLATFORM_VARIABLE, ROOT_VARIABLE, SESSION_VARIABLE};
use filemap_core::error::{Error, Escaped, Op, Why};
use filemap_core::kind::Kind;
use filemap_core::name::{self, Directory, ObjectName, Target};
use filemap_core::profile::{self, GlobalPrivilege, Platform, Profile};
use filemap_core::security::Privilege;
use filemap_core::security::token::PrivilegeState;
use filemap_sys::os::tree::{self, Distrust};
use filemap_sys::os::{names, process, tmpfs};
use std::collections::BTreeMap;
use std::ffi::CString;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

/// The tree that `filemap setup` or the first root process makes for everybody.
const SYSTEM_TREE: &str = "/dev/shm/filemap";
/// The directories of a tree that users share, all of mode 1777.
///
/// The last four are for Windows CE, which has names of their own for each kind of object (P-31, P-46).
pub const TREE: [&str; 7] = [
    "Global",
    "Sessions",
    "Private",
    "FileMappings",
    "Events",
    "Mutexes",
    "Semaphores",
];
/// Dead entries that the first use of a directory takes away at most: a process never pays for another's ten thousand.
const FIRST_SWEEP: usize = 16;

/// A name space: a tree of directories as seen from one session.
///
/// All processes of a user share one by default, so `Local\frames` means the same object in all of them. `FILEMAP_ROOT`
/// moves the tree, `FILEMAP_SESSION` chooses the session, `FILEMAP_PLATFORM` the Windows whose rules hold; all are read
/// once. `FILEMAP_SESSION` is a number, or `logon:N` for the N-th user who is logged on (`logon:0` is the first), or `login`
/// for this process's login session as the kernel counts them. Source: win32 "Kernel Object Namespaces";
/// N-1..N-12.
///
/// ```
/// use filemap::{FileMapping, Namespace};
/// let place = tempfile::tempdir_in("/dev/shm")?;
/// let space = Namespace::at(place.path());
/// let frames = FileMapping::options().namespace(&space).size(4096).create(r"Local\frames")?;
/// assert!(FileMapping::options().namespace(&space).open(r"Local\frames").is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Namespace(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// The tree that all users share; the same as `own` for root and for a tree of one's own.
    system: PathBuf,
    /// The tree for this user's session directories where the system has none.
    own: PathBuf,
    /// The session that was asked for, else the user's own.
    session: Option<u32>,
    /// The rules that names and calls follow.
    profile: &'static Profile,
    /// The effective user when the name space was made.
    user: u32,
    /// Who that user is to an access check; made when it is first asked.
    token: OnceLock<Arc<Token>>,
    /// May create sections in `Global\` from any session (N-41).
    global_privilege: bool,
    /// Directories that were opened and checked.
    directories: RwLock<BTreeMap<Directory, Arc<OpenDirectory>>>,
}

/// A directory of the tree, open for looking up names.
#[derive(Debug)]
pub(crate) struct OpenDirectory {
    file: OwnedFd,
    path: PathBuf,
    /// Others than its owner may make files in it.
    shared: bool,
}

impl OpenDirectory {
    /// A directory that somebody has checked.
    pub(crate) fn new(file: OwnedFd, path: PathBuf) -> OpenDirectory {
        let shared = tmpfs::stat(file.as_fd()).is_ok_and(|s| s.st_mode & 0o022 != 0);
        OpenDirectory { file, path, shared }
    }

    /// Whether others than its owner may make files in it.
    pub(crate) fn is_shared(&self) -> bool {
        self.shared
    }

    /// The directory at a path that another process named, if it may be trusted.
    pub(crate) fn at(path: &Path) -> Option<OpenDirectory> {
        Some(OpenDirectory::new(tree::open(path).ok()?, path.to_owned()))
    }

    pub(crate) fn file(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The path for a process whose current directory is another.
    pub(crate) fn absolute_path(&self) -> PathBuf {
        std::path::absolute(&self.path).unwrap_or_else(|_| self.path.clone())
    }
}

/// Where a name leads: directory and file name.
#[derive(Clone, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) directory: Directory,
    pub(crate) leaf: ObjectName<'a>,
    pub(crate) file_name: CString,
    /// The private name space that the name's alias leads to; `directory` then means nothing.
    pub(crate) private: Option<Arc<PrivateDirectory>>,
}

impl Place<'_> {
    /// Whether the name is in the directory that all sessions share.
    pub(crate) fn is_global(&self) -> bool {
        self.directory == Directory::Global && self.private.is_none()
    }
}

impl Namespace {
    /// The name space that this process uses when none is named: from the environment, or the user's own.
    ///
    /// # Errors
    /// `ERROR_INVALID_PARAMETER` (87) if `FILEMAP_SESSION` is no session, or `login` without a login session, or if
    /// `FILEMAP_PLATFORM` is no platform.
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

    /// The name space that a program's options choose: the root of its tree and the session. What they leave open comes from
    /// the environment, else it is the user's own.
    ///
    /// # Errors
    /// As [`Namespace::current`].
    pub fn chosen(root: Option<&Path>, session: Option<u32>) -> Result<Namespace, Error> {
        let root = match root {
            Some(root) => Some(root.as_os_str().to_owned()),
            None => std::env::var_os(ROOT_VARIABLE).filter(|root| !root.is_empty()),
        };
        let space = match root {
            Some(root) => Namespace::at(PathBuf::from(root)),
            None => Namespace::of_user(),
        };
        let wrong = |variable, what| Error::new(Op::OpenNamespace, variable, Why::Argument { what });
        let space = match std::env::var(PLATFORM_VARIABLE) {
            Ok(text) if !text.is_empty() => match profile::named(&text) {
                Ok(profile) => space.with_profile(profile),
                Err(unknown) => return Err(wrong(PLATFORM_VARIABLE, unknown.to_string())),
            },
            _ => space,
        };
        if let Some(session) = session {
            return Ok(space.with_session(session));
        }
        match std::env::var(SESSION_VARIABLE) {
            Ok(text) if !text.is_empty() => space
                .with_session_policy(&text)
                .map_err(|why| Error::new(Op::OpenNamespace, SESSION_VARIABLE, why)),
            _ => Ok(space),
        }
    }

    fn with_session_policy(&self, text: &str) -> Result<Namespace, Why> {
        if text == LOGIN_SESSION {
            // The kernel counts logins from 1 on since it was started.
            let id = process::login_session().ok_or(Why::NoLoginSession)?;
            return Ok(self.with_logon(id.saturating_sub(1)));
        }
        if let Some(nth) = text.strip_prefix("logon:").and_then(|nth| nth.parse().ok()) {
            return Ok(self.with_logon(nth));
        }
        match text.parse() {
            Ok(session) => Ok(self.with_session(session)),
            Err(_) => Err(Why::Argument {
                what: format!("{text:?} is not a session number"),
            }),
        }
    }

    /// The name space of this user on this machine, whatever the environment says.
    #[must_use]
    pub fn of_user() -> Namespace {
        let user = process::effective_user();
        let system = PathBuf::from(SYSTEM_TREE);
        let own = match user {
            0 => system.clone(),
            user => PathBuf::from(format!("{SYSTEM_TREE}-{user}")),
        };
        Namespace::new(system, own)
    }

    /// A tree of one's own below `root`, which is made if it is missing (its parent must exist). Best on a tmpfs.
    #[must_use]
    pub fn at(root: impl AsRef<Path>) -> Namespace {
        Namespace::new(root.as_ref().to_owned(), root.as_ref().to_owned())
    }

    fn new(system: PathBuf, own: PathBuf) -> Namespace {
        let user = process::effective_user();
        let is_service = user < FIRST_ORDINARY_USER;
        let in_group =
            || process::group_by_name(GLOBAL_GROUP).is_some_and(|g| process::groups().contains(&g));
        let global_privilege = is_service || in_group();
        Namespace(Arc::new(Inner {
            system,
            own,
            session: None,
            profile: Platform::default().profile(),
            user,
            token: OnceLock::new(),
            global_privilege,
            directories: RwLock::default(),
        }))
    }

    /// The same tree seen from session `session`.
    #[must_use]
    pub fn with_session(&self, session: u32) -> Namespace {
        self.changed(|inner| inner.session = Some(session))
    }

    /// The same tree seen by the `nth` user who is logged on, 0 being the first: on XP that one is in session 0 together
    /// with the services, since Vista in session 1 (N-30, N-31, P-34). On platforms without sessions, session 0.
    ///
    /// ```
    /// use filemap::{Namespace, Platform};
    /// let space = Namespace::of_user();
    /// assert_eq!(space.with_platform(Platform::Xp).with_logon(0).session(), 0);
    /// assert_eq!(space.with_platform(Platform::Vista).with_logon(0).session(), 1);
    /// ```
    #[must_use]
    pub fn with_logon(&self, nth: u32) -> Namespace {
        let session = self.0.profile.user_session(nth).unwrap_or(0);
        self.with_session(session)
    }

    /// The same tree under the rules of a platform, in its newest version.
    #[must_use]
    pub fn with_platform(&self, platform: Platform) -> Namespace {
        self.with_profile(platform.profile())
    }

    /// The same tree under these rules: names and calls follow them, and so do all views of objects that are created.
    ///
    /// ```
    /// use filemap::core::profile;
    /// use filemap::{FileMapping, Namespace};
    /// # let place = tempfile::tempdir_in("/dev/shm")?;
    /// let nt4 = Namespace::at(place.path()).with_profile(profile::named("nt4")?);
    /// let refused = FileMapping::options().namespace(&nt4).size(4096).create(r"Global\frames").unwrap_err();
    /// assert_eq!(refused.code().0, 3); // no prefixes before Windows 2000 (P-30)
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_profile(&self, profile: &'static Profile) -> Namespace {
        self.changed(|inner| inner.profile = profile)
    }

    /// The rules that names and calls follow.
    #[must_use]
    pub fn profile(&self) -> &'static Profile {
        self.0.profile
    }

    /// The same tree for a caller who has, or has not, the privilege to create file mappings in `Global\` from any session
    /// (N-41). Taking it away is for programs that want to see what their users will see; the file system's own rights stay.
    #[must_use]
    pub fn with_global_privilege(&self, held: bool) -> Namespace {
        self.changed(|inner| inner.global_privilege = held)
    }

    fn changed(&self, change: impl FnOnce(&mut Inner)) -> Namespace {
        let mut inner = Inner {
            system: self.0.system.clone(),
            own: self.0.own.clone(),
            session: self.0.session,
            profile: self.0.profile,
            user: self.0.user,
            token: OnceLock::new(),
            global_privilege: self.0.global_privilege,
            directories: RwLock::default(),
        };
        change(&mut inner);
        Namespace(Arc::new(inner))
    }

    /// The user of this process when the name space was made.
    pub(crate) fn user(&self) -> u32 {
        self.0.user
    }

    /// Who this process is to an access check: made once, for credentials rarely change.
    pub(crate) fn token(&self) -> Arc<Token> {
        let make = || {
            let mut token = security::token_of(self.0.user, &process::groups_primary_first(), self.session());
            let state = match self.0.global_privilege {
                true => PrivilegeState::Enabled,
                false => PrivilegeState::Disabled,
            };
            token.set_privilege(Privilege::CreateGlobal, state);
            Arc::new(token)
        };
        Arc::clone(self.0.token.get_or_init(make))
    }

    /// The session whose directory plain and `Local\` names lead to: the one asked for, else 0 for services and one per
    /// user for others. A user with a tree of one's own is the first user: on platforms where that one shares session 0
    /// with the services, in session 0 (P-34). Always 0 without sessions (P-33).
    #[must_use]
    pub fn session(&self) -> u32 {
        let Inner { profile, session, .. } = &*self.0;
        let user = self.0.user;
        match (profile.first_user_session.is.0, session) {
            (None, _) => 0,
            (Some(_), Some(session)) => *session,
            (Some(_), None) if user < FIRST_ORDINARY_USER => 0,
            (Some(first), None) if profile.user_shares_session_zero.is.yes() && self.is_own_tree() => first,
            (Some(_), None) => user,
        }
    }

    /// No tree for everybody: whoever uses this one is alone in it.
    fn is_own_tree(&self) -> bool {
        self.0.own == self.0.system || !self.0.system.is_dir()
    }

    /// The root directory of the tree that holds this user's sessions.
    #[must_use]
    pub fn root(&self) -> &Path {
        self.session_tree()
    }

    /// Whether a file mapping may be created in `Global\` (N-41): the privilege, or session 0. Who merely says to be in
    /// session 0 of the tree for everybody is believed only on platforms where users are there too (N-45), or need nothing
    /// (P-35).
    pub(crate) fn may_create_global(&self) -> bool {
        let profile = self.0.profile;
        match profile.global_privilege.is {
            GlobalPrivilege::NotNeeded | GlobalPrivilege::NoGlobal => true,
            GlobalPrivilege::Needed => {
                let in_session_zero = !profile.needs_global_privilege(self.session());
                let is_believed = self.0.own == self.0.system || profile.user_shares_session_zero.is.yes();
                self.0.global_privilege || (in_session_zero && is_believed)
            }
        }
    }

    /// What to run so that this user may create file mappings in `Global\`.
    pub(crate) fn how_to_create_global(&self) -> String {
        let Inner {
            system, own, user, ..
        } = &*self.0;
        match (own == system, system.join("Global").is_dir()) {
            (true, _) => String::new(), // a tree of one's own choice
            (_, false) => "users share no Global\\ here yet: sudo filemap setup".to_owned(),
            (_, true) => format!(
                "to allow it: sudo usermod -aG {GLOBAL_GROUP} {}, then log in anew",
                security::user_name(*user)
            ),
        }
    }

    /// A user's own tree stays in use once it exists: programs that started before `filemap setup` and after it meet.
    fn session_tree(&self) -> &Path {
        let Inner { system, own, .. } = &*self.0;
        match own == system || own.is_dir() || !system.join("Sessions").is_dir() {
            true => own,
            false => system,
        }
    }

    fn global_tree(&self) -> &Path {
        let Inner { system, own, .. } = &*self.0;
        match system.join("Global").is_dir() {
            true => system,
            false => own,
        }
    }

    /// The directory that the name of a file mapping leads to and the name in it.
    ///
    /// # Errors
    /// 123, 161, 3 and 6 for its form ([`filemap_core::name::resolve`]); 6 for the empty name; 3 for a name in a private
    /// name space, which is in none of the directories.
    pub fn place_of(&self, name: &str) -> Result<(Directory, String), Error> {
        let failed = |why| Error::new(Op::OpenNamespace, name, why);
        let place = self
            .resolve(Op::OpenNamespace, Kind::FileMapping, name.as_bytes())?
            .ok_or_else(|| failed(Why::NameIsADirectory))?;
        match place.private {
            None => Ok((place.directory, place.leaf.to_text().into_owned())),
            Some(_) => Err(failed(Why::PathNotFound)),
        }
    }

    /// Where the name of an object of this kind, in WTF-8, leads; `None` for the empty name, where that is none.
    pub(crate) fn resolve<'a>(&self, op: Op, kind: Kind, name: &'a [u8]) -> Result<Option<Place<'a>>, Error> {
        let failed = |why| Error::new(op, String::from_utf8_lossy(name), why).on(self.0.profile);
        if self.0.profile.private_namespaces.is.yes()
            && let Some((private, leaf)) = private::by_alias(name)
        {
            let place = self
                .resolve(op, kind, leaf)
                .map_err(|e| e.about(&*String::from_utf8_lossy(name)))?;
            // What follows an alias is a name, without links of its own.
            return match place.filter(|_| !leaf.contains(&b'\\')) {
                Some(place) => Ok(Some(Place {
                    private: Some(private),
                    ..place
                })),
                None if leaf.is_empty() => Err(failed(Why::NameHasEmptyPart)),
                None => Err(failed(Why::PathNotFound)),
            };
        }
        let refused = |why| {
            let e = failed(why);
            match name::fault(name, self.0.profile) {
                Some(at) => e.with_note(fault_in(name, at)),
                None => e,
            }
        };
        match name::resolve_wtf8(name, kind, self.session(), self.0.profile).map_err(refused)? {
            Target::Unnamed => Ok(None),
            Target::Object { directory, leaf } => {
                let file_name = CString::new(leaf.to_file_name().as_ref()).map_err(|_| {
                    failed(Why::Argument {
                        what: "a name can't contain NUL".into(),
                    })
                })?;
                Ok(Some(Place {
                    directory,
                    leaf,
                    file_name,
                    private: None,
                }))
            }
        }
    }

    /// The path in the object tree that the name of an object of this kind leads to, as WinObj shows it; `None` for an
    /// empty name that is none. Nothing is looked up there.
    ///
    /// ```
    /// use filemap::{Kind, Namespace};
    /// let space = Namespace::of_user().with_session(1);
    /// let path = space.kernel_path(Kind::FileMapping, r"Local\frames")?;
    /// assert_eq!(path.as_deref(), Some(r"\Sessions\1\BaseNamedObjects\frames"));
    /// # Ok::<(), filemap::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of the name ([`filemap_core::name::resolve`]).
    pub fn kernel_path(&self, kind: Kind, name: &str) -> Result<Option<String>, Error> {
        let place = self.resolve(Op::Other("resolve"), kind, name.as_bytes())?;
        Ok(place.map(|place| format!(r"{}\{}", place.directory.kernel_path(), place.leaf.to_text())))
    }

    /// The directory for `place`, made if it is the caller's own and `make` says so; `None` if it does not exist.
    pub(crate) fn directory(
        &self,
        directory: Directory,
        make: bool,
    ) -> Result<Option<Arc<OpenDirectory>>, (PathBuf, Distrust)> {
        let known = self
            .0
            .directories
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&directory)
            .cloned();
        if let Some(known) = known {
            return Ok(Some(known));
        }
        let Some(opened) = self.open_untouched(directory, make)? else {
            return Ok(None);
        };
        sweep_a_little(&opened);
        let opened = Arc::new(opened);
        self.0
            .directories
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(directory, Arc::clone(&opened));
        Ok(Some(opened))
    }

    /// [`Namespace::directory`] opened anew, without tidying up: for those who count what is there.
    pub(crate) fn open_untouched(
        &self,
        directory: Directory,
        make: bool,
    ) -> Result<Option<OpenDirectory>, (PathBuf, Distrust)> {
        let (root, steps) = self.path_of(directory);
        self.walk(&root, &steps, make)
    }

    /// Forgets a directory that was removed from the tree in the meantime; false if it is still there.
    pub(crate) fn forget_if_removed(&self, directory: Directory) -> bool {
        let mut directories = self.0.directories.write().unwrap_or_else(PoisonError::into_inner);
        match directories
            .get(&directory)
            .is_some_and(|d| tree::is_removed(d.file()).unwrap_or(true))
        {
            true => directories.remove(&directory).is_some(),
            false => false,
        }
    }

    fn path_of(&self, directory: Directory) -> (PathBuf, Vec<String>) {
        match directory {
            Directory::Global => (self.global_tree().to_owned(), vec!["Global".to_owned()]),
            Directory::OfKind(kind) => {
                // Where `filemap setup` made no directory for the kind, a user has one of one's own.
                let name = kind.directory();
                let tree = self.global_tree();
                let usable = process::effective_user() == 0 || tree.join(name).is_dir();
                let tree = if usable { tree } else { &self.0.own };
                (tree.to_owned(), vec![name.to_owned()])
            }
            Directory::Session(n) => (
                self.session_tree().to_owned(),
                vec!["Sessions".to_owned(), n.to_string()],
            ),
        }
    }

    fn walk(
        &self,
        root: &Path,
        steps: &[String],
        make: bool,
    ) -> Result<Option<OpenDirectory>, (PathBuf, Distrust)> {
        // Root's tree is for everybody, another's for its owner.
        let shared = process::effective_user() == 0 && root == Path::new(SYSTEM_TREE);
        let mut path = root.to_owned();
        let missing = |d: &Distrust| matches!(d, Distrust::System(e) if e.errno == libc::ENOENT);
        let mut dir = match tree::open(root) {
            Err(d) if missing(&d) && make => {
                make_root(root, if shared { 0o755 } else { 0o700 }).map_err(|d| (path.clone(), d))?;
                tree::open(root)
            }
            Err(d) if missing(&d) => return Ok(None),
            other => other,
        }
        .map_err(|d| (path.clone(), d))?;
        for (i, step) in steps.iter().enumerate() {
            path.push(step);
            if i == 0 && make && shared {
                // The tree is for everybody: other users' sessions have a place in it from the start.
                for place in TREE {
                    tree::make_below(dir.as_fd(), place, 0o1777)
                        .map_err(|e| (path.clone(), Distrust::System(e)))?;
                }
            }
            let last = i + 1 == steps.len();
            let mode = match (shared, last && steps.len() > 1) {
                (true, false) => 0o1777,
                _ => 0o700,
            };
            dir = match tree::open_below(dir.as_fd(), step) {
                Err(d) if missing(&d) && make => tree::make_below(dir.as_fd(), step, mode)
                    .map_err(Distrust::System)
                    .and_then(|()| tree::open_below(dir.as_fd(), step)),
                Err(d) if missing(&d) => return Ok(None),
                // Root looks into everybody's session; what it finds there is checked like anybody's.
                Err(Distrust::Owner(_)) if last && process::effective_user() == 0 => {
                    tree::open_of_another(dir.as_fd(), step)
                }
                other => other,
            }
            .map_err(|d| (path.clone(), d))?;
        }
        Ok(Some(OpenDirectory::new(dir, path)))
    }

    /// The directory of a place with the error of an operation on `name`; made as [`Namespace::directory`] says.
    pub(crate) fn directory_of(
        &self,
        op: Op,
        name: &str,
        place: &Place<'_>,
        make: bool,
    ) -> Result<Option<Arc<OpenDirectory>>, Error> {
        match &place.private {
            Some(private) => Ok(Some(Arc::clone(private.directory()))),
            None => self.directory_for(op, name, place.directory, make),
        }
    }

    /// The directory in which private name spaces are, checked; `None` if it does not exist.
    pub(crate) fn private_root(
        &self,
        op: Op,
        name: &str,
        make: bool,
    ) -> Result<Option<OpenDirectory>, Error> {
        let root = self.global_tree().to_owned();
        self.walk(&root, &["Private".to_owned()], make)
            .map_err(|refused| distrusted(op, name, refused))
    }

    /// The roots of the trees that this process uses: the one that all users share, and the user's own.
    pub(crate) fn roots(&self) -> (&Path, &Path) {
        (self.global_tree(), self.session_tree())
    }

    /// [`Namespace::directory`] with the error of an operation on `name`.
    pub(crate) fn directory_for(
        &self,
        op: Op,
        name: &str,
        directory: Directory,
        make: bool,
    ) -> Result<Option<Arc<OpenDirectory>>, Error> {
        self.directory(directory, make)
            .map_err(|refused| match (directory, &refused.1) {
                (Directory::Session(session), Distrust::Owner(uid))
                    if refused.0.ends_with(format!("Sessions/{session}")) =>
                {
                    let uid = *uid;
                    Error::new(op, name, Why::SessionOfAnother { session, uid })
                }
                _ => distrusted(op, name, refused),
            })
    }

    /// Error 3 for a name in a session that has no directory, with the sessions that there are.
    pub(crate) fn no_such_session(&self, op: Op, name: &str, directory: Directory) -> Error {
        let e = Error::new(op, name, Why::PathNotFound);
        let Directory::Session(missing) = directory else {
            return e;
        };
        let at = match name.rfind(&format!(r"Session\{missing}\")) {
            Some(at) => format!("at byte {} of the name: ", at + r"Session\".len()),
            None => String::new(),
        };
        let numbers = self.existing_directories().into_iter().filter_map(|d| match d {
            Directory::Session(n) => Some(n.to_string()),
            _ => None,
        });
        let there = match numbers.take(10).collect::<Vec<_>>() {
            none if none.is_empty() => "nobody has one here but session 0".to_owned(),
            some => format!("there are 0, {}", some.join(", ")),
        };
        e.with_note(format!("{at}there is no session {missing}; {there}"))
    }

    /// The directories of this tree that exist and may be looked into: `Global` and all sessions.
    pub(crate) fn existing_directories(&self) -> Vec<Directory> {
        let mut all = vec![Directory::Global];
        let of_kinds = Kind::ALL.into_iter().map(Directory::OfKind);
        all.extend(of_kinds.filter(|directory| {
            let (root, steps) = self.path_of(*directory);
            root.join(&steps[0]).is_dir()
        }));
        let sessions = self.session_tree().join("Sessions");
        if let Ok(entries) = std::fs::read_dir(sessions) {
            let mut numbers: Vec<u32> = entries
                .flatten()
                .filter_map(|e| e.file_name().to_str()?.parse().ok())
                .filter(|n| *n != 0)
                .collect();
            numbers.sort_unstable();
            all.extend(numbers.into_iter().map(Directory::Session));
        }
        all
    }
}

/// Points at what is wrong with a name.
fn fault_in(name: &[u8], at: usize) -> String {
    let part = name[at..].split(|b| *b == b'\\').next().unwrap_or_default();
    match part {
        [] | [0, ..] => format!("at byte {at} of the name"),
        part => format!(
            "at byte {at} of the name: `{}`",
            Escaped(&String::from_utf8_lossy(part))
        ),
    }
}

fn distrusted(op: Op, name: &str, (path, distrust): (PathBuf, Distrust)) -> Error {
    let path = path.display().to_string();
    let what = match distrust {
        Distrust::System(e) if matches!(e.errno, libc::EACCES | libc::EPERM | libc::EROFS) => {
            return Error::new(op, name, Why::TreeDenied { path }).with_os(e.into());
        }
        Distrust::System(e) if e.errno == libc::ENOENT => {
            return Error::new(op, name, Why::TreeMissing { path }).with_os(e.into());
        }
        Distrust::System(e) => return refusal::system(op, name, e),
        Distrust::Owner(uid) => format!("it belongs to user {uid}"),
        Distrust::Mode(mode) => format!("others may write into it (mode {mode:o})"),
        Distrust::NotADirectory => "it is no directory, or a symbolic link".to_owned(),
    };
    Error::new(op, name, Why::TreeNotTrusted { path, what })
}

fn make_root(root: &Path, mode: u32) -> Result<(), Distrust> {
    let system = |errno| Distrust::System(filemap_sys::SysError { call: "mkdir", errno });
    let name = root
        .file_name()
        .and_then(|n| n.to_str())
        .ok_or_else(|| system(libc::EINVAL))?;
    let parent = match root.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    // The parent is the administrator's choice and need not be ours (/dev/shm is root's, and sticky).
    let parent = std::fs::File::open(parent).map_err(|e| system(e.raw_os_error().unwrap_or(0)))?;
    tree::make_below(parent.as_fd(), name, mode).map_err(Distrust::System)
}

/// Takes some dead entries away: whoever comes first into a directory tidies up a little.
fn sweep_a_little(dir: &OpenDirectory) {
    let Ok(found) = tmpfs::first_names_in(dir.file(), FIRST_SWEEP) else {
        return;
    };
    // Names with a dot are the tree's own.
    for name in found.into_iter().filter(|name| !name.starts_with('.')) {
        if let Ok(name) = CString::new(name) {
            // What can't be swept stays for its owner or for `filemap sweep`, which say why.
            let _ = names::sweep(dir.file(), &name);
        }
    }
}
