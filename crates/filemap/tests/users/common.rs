//! A tree that several users share, and a user who does what he is told.

use filemap::security::{SecurityInformation, Sid};
use filemap::{BoundaryDescriptor, FileMapping, Namespace, PrivateNamespace};
use filemap_testing::{Peer, PrivateRoot, private_root};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

/// What `filemap setup` makes, in a directory of one test.
pub(crate) struct SharedTree {
    root: PrivateRoot,
}

impl SharedTree {
    pub(crate) fn new() -> SharedTree {
        let root = private_root();
        fs::set_permissions(root.path(), Permissions::from_mode(0o755)).unwrap();
        for directory in filemap::TREE {
            let path = root.path().join(directory);
            fs::create_dir(&path).unwrap();
            fs::set_permissions(path, Permissions::from_mode(0o1777)).unwrap();
        }
        SharedTree { root }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.root.path().to_owned()
    }

    pub(crate) fn space(&self) -> Namespace {
        Namespace::at(self.root.path())
    }

    /// The object file of a name in `Global\`.
    pub(crate) fn global(&self, leaf: &str) -> PathBuf {
        self.root.path().join("Global").join(leaf)
    }
}

fn told<T>(result: Result<T, filemap::Error>) -> Result<T, String> {
    result.map_err(|e| format!("{} {e}", e.code().0))
}

fn number(text: &str) -> u32 {
    u32::from_str_radix(text, 16).unwrap()
}

fn boundary(text: &str) -> BoundaryDescriptor {
    let (name, sids) = text.split_once('/').unwrap();
    let mut boundary = BoundaryDescriptor::new(name, 0).unwrap();
    for sid in sids.split(',').filter(|sid| !sid.is_empty()) {
        boundary.add_sid(sid.parse::<Sid>().unwrap()).unwrap();
    }
    boundary
}

/// Opens anew, for writing too or not, every file of an object that a process (a number, or `self`) has open, by its
/// descriptors. The path of `/proc/PID/fd` leads to the very file, past all directories. proc(5)
fn reopened(how: &str, process: &str) -> Result<String, String> {
    let told = |e: std::io::Error| format!("errno {}", e.raw_os_error().unwrap_or(0));
    let (mut opened, mut refused) = (0, 0);
    for entry in fs::read_dir(format!("/proc/{process}/fd")).map_err(told)? {
        let path = entry.map_err(told)?.path();
        let target = fs::read_link(&path).map_err(told)?;
        let target = target.to_string_lossy();
        let of_an_object = target.starts_with("/dev/shm/") || target.starts_with("/memfd:filemap");
        if !of_an_object || !fs::metadata(&path).is_ok_and(|meta| meta.is_file()) {
            continue;
        }
        match fs::File::options().read(true).write(how == "rw").open(&path) {
            Ok(_) => opened += 1,
            Err(e) if e.raw_os_error() == Some(libc::EACCES) => refused += 1,
            Err(e) => return Err(told(e)),
        }
    }
    Ok(format!("{opened} opened, {refused} refused"))
}

/// Plays a user: one command a line, one answer a line, `ok …` or the error's number and text. Keeps what it gets.
pub(crate) fn act(peer: &mut Peer) {
    let space = Namespace::from_environment().unwrap();
    let options = || FileMapping::options().namespace(&space).size(4096);
    let (mut held, mut spaces, mut events) = (Vec::new(), Vec::new(), Vec::new());
    let mut views = Vec::new();
    while let Some(line) = peer.receive() {
        let words: Vec<&str> = line.splitn(3, ' ').collect();
        let word = |n: usize| words.get(n).copied().unwrap_or_default();
        let mut keep = |made: Result<FileMapping, filemap::Error>| {
            told(made).map(|mapping| {
                let answer = format!("{:x}", mapping.rights().bits());
                held.push(mapping);
                answer
            })
        };
        let answer: Result<String, String> = match word(0) {
            "open" => keep(options().raw_access(number(word(2))).open(word(1))),
            "create" => keep(match word(2) {
                "" => options().create(word(1)),
                sddl => options().sddl(sddl).create(word(1)),
            }),
            // As somebody would who makes the library believe that he has the privilege.
            "squat" => {
                let space = space.with_global_privilege(true);
                keep(
                    FileMapping::options()
                        .namespace(&space)
                        .size(4096)
                        .sddl(word(2))
                        .create(word(1)),
                )
            }
            "event" => told(
                filemap::Event::options()
                    .namespace(&space)
                    .access(filemap::AccessMask(number(word(2))))
                    .open(word(1)),
            )
            .map(|event| format!("{:x}", event.rights().0)),
            "make-event" => told(filemap::Event::options().namespace(&space).create(word(1))).map(|event| {
                events.push(event);
                String::new()
            }),
            "duplicate" => told(
                held.last()
                    .unwrap()
                    .duplicate(filemap::FileMapAccess::from_bits_retain(number(word(1)))),
            )
            .map(|copy| format!("{:x}", copy.rights().bits())),
            "dacl" => told(
                held.last()
                    .unwrap()
                    .set_security(SecurityInformation::DACL, &word(1).parse().unwrap()),
            )
            .map(|()| String::new()),
            "write" => told(
                held.last()
                    .unwrap()
                    .view()
                    .protection(filemap::Page::READWRITE)
                    .map(),
            )
            .and_then(|view| told(view.write_at(0, word(1).as_bytes())))
            .map(|()| String::new()),
            "map" => told(held.last().unwrap().map()).map(|view| {
                let at = format!("{:p}", view.as_ptr());
                views.push(view);
                at
            }),
            "raw" => {
                let write = word(1) == "rw";
                let opened = fs::File::options().read(true).write(write).open(word(2));
                match opened {
                    Ok(_) => Ok(String::new()),
                    Err(e) => Err(format!("errno {}", e.raw_os_error().unwrap_or(0))),
                }
            }
            "receive" => {
                let stream = UnixStream::connect(word(1)).unwrap();
                keep(FileMapping::receive(&stream))
            }
            "reopen" => reopened(word(1), word(2)),
            "make-space" | "enter" => {
                let (alias, rest) = word(1).split_once('=').unwrap();
                let mut how = PrivateNamespace::options().namespace(&space);
                if !word(2).is_empty() {
                    how = how.sddl(word(2));
                }
                let made = match word(0) {
                    "enter" => how.open(&boundary(rest), alias),
                    _ => how.create(&boundary(rest), alias),
                };
                told(made).map(|made| {
                    spaces.push(made);
                    String::new()
                })
            }
            "destroy" => told(spaces.pop().unwrap().destroy()).map(|()| String::new()),
            "leave" => {
                spaces.clear();
                Ok(String::new())
            }
            "close" => {
                held.clear();
                Ok(String::new())
            }
            other => panic!("no such command: {other}"),
        };
        let answer = answer.map_or_else(|e| e, |ok| format!("ok {ok}"));
        peer.send(answer.trim_end());
    }
}

/// The numbers of three users, or the test ends here.
macro_rules! users {
    () => {
        match filemap_testing::three_uids() {
            Some(users) => users,
            None => filemap_testing::skip!(
                "needs root and user numbers up to 61003: run as root in the first user name space"
            ),
        }
    };
}

/// A user, by number, who acts in a shared tree.
macro_rules! user {
    ($tree:expr, $uid:expr) => {
        $crate::common::User(
            filemap_testing::role!(actor)
                .env("FILEMAP_ROOT", $tree.path())
                .without_env("FILEMAP_SESSION")
                .as_user($uid)
                .start(),
        )
    };
    // On a platform, and logged on as `FILEMAP_SESSION` says.
    ($tree:expr, $uid:expr, $platform:expr, $session:expr) => {
        $crate::common::User(
            filemap_testing::role!(actor)
                .env("FILEMAP_ROOT", $tree.path())
                .env("FILEMAP_PLATFORM", $platform)
                .env("FILEMAP_SESSION", $session)
                .as_user($uid)
                .start(),
        )
    };
}

/// A running actor.
pub(crate) struct User(pub(crate) filemap_testing::Child);

impl User {
    /// Sends a command and gives the answer.
    #[track_caller]
    pub(crate) fn does(&mut self, command: &str) -> String {
        self.0.send(command);
        self.0.receive().expect("an answer")
    }

    /// Sends a command whose answer must begin so.
    #[track_caller]
    pub(crate) fn expect(&mut self, command: &str, answer: &str) -> String {
        let got = self.does(command);
        let fits = got == answer || got.starts_with(&format!("{answer} "));
        assert!(fits, "{command}\n  wanted: {answer}\n  got:    {got}");
        got
    }
}
