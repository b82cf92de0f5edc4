//! What the machine around lets the library do: containers, logind, sandboxes, mount options, kernel features.

use crate::namespace::Namespace;
use crate::security::{FIRST_ORDINARY_USER, user_name};
use filemap_sys::os::features::{self, Feature, FileSystem};
use filemap_sys::os::proc::{self, Process};
use filemap_sys::os::process;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// How a fact of the environment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// As it should be.
    Fine,
    /// Something works in another way, or less.
    Limited,
    /// Something does not work, or will not for long.
    Wrong,
}

/// One thing about the environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// A short name that stays the same, such as `remove-ipc`.
    pub check: &'static str,
    /// How it stands.
    pub standing: Standing,
    /// What is the matter, as a sentence.
    pub what: String,
    /// What works all the same.
    pub still_works: String,
    /// What to do, with commands to paste; empty if there is nothing to do.
    pub remedy: String,
}

/// Where to look: the system's root and this process's environment; for tests, any directory and any variables.
#[derive(Clone, Debug)]
pub struct Environment {
    /// The directory that stands for `/`; files of programs that run are always looked for in the real one.
    pub root: PathBuf,
    /// Environment variables, as far as they matter: `container`, `SNAP`, `SNAP_NAME`, `FLATPAK_ID`.
    pub variables: BTreeMap<String, String>,
    /// The user, for whom things are explained.
    pub uid: u32,
    /// The file system of the tree; `None` if there is none.
    pub memory: Option<FileSystem>,
    /// Bytes of physical memory.
    pub physical: u64,
}

/// A `/dev/shm` of this size or less is what container engines give if nobody asks: 64 MiB.
const SMALL: u64 = 64 << 20;

impl Environment {
    /// That of this process, with the tree of `space`.
    #[must_use]
    pub fn of(space: &Namespace) -> Environment {
        let variables = ["container", "SNAP", "SNAP_NAME", "FLATPAK_ID"]
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), std::env::var(name).ok()?)))
            .collect();
        Environment {
            root: PathBuf::from("/"),
            variables,
            uid: process::effective_user(),
            memory: features::file_system(&existing(space.root())),
            physical: process::physical_memory_size().unwrap_or(0),
        }
    }

    fn exists(&self, path: &str) -> bool {
        self.root.join(path).exists()
    }

    fn read(&self, path: impl AsRef<Path>) -> Option<String> {
        fs::read_to_string(self.root.join(path)).ok()
    }

    /// The container engine or sandbox that this process runs in.
    fn container(&self) -> Option<&'static str> {
        let variable = self.variables.get("container").map(String::as_str);
        match () {
            () if self.exists(".flatpak-info") || variable == Some("flatpak") => Some("Flatpak"),
            () if self.exists(".dockerenv") => Some("Docker"),
            () if self.exists("run/.containerenv") || variable == Some("podman") => Some("Podman"),
            () if variable == Some("lxc") => Some("LXC"),
            () if variable.is_some_and(|v| v.starts_with("systemd-nspawn")) => Some("systemd-nspawn"),
            () if self
                .read("proc/1/cgroup")
                .is_some_and(|text| text.contains("kubepods")) =>
            {
                Some("Kubernetes")
            }
            () => None,
        }
    }

    /// Everything that is not as it should be, and with `fine` also what is.
    #[must_use]
    pub fn facts(&self) -> Vec<Fact> {
        let mut facts = vec![self.shm(), self.noexec(), self.remove_ipc()];
        facts.extend(self.sandbox());
        facts
    }

    fn shm(&self) -> Fact {
        let check = "shared-memory";
        let Some(memory) = self.memory else {
            return Fact {
                check,
                standing: Standing::Wrong,
                what: "there is no /dev/shm, where the memory of objects is".to_owned(),
                still_works:
                    "a tree elsewhere: FILEMAP_ROOT names a directory, best on a tmpfs; unnamed objects"
                        .to_owned(),
                remedy: "sudo mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs /dev/shm".to_owned(),
            };
        };
        if memory.is_read_only {
            return Fact {
                check,
                standing: Standing::Wrong,
                what: "the file system of the tree is read-only".to_owned(),
                still_works: "opening for reading what exists; unnamed objects".to_owned(),
                remedy: "export FILEMAP_ROOT=/run/user/$(id -u)/filemap".to_owned(),
            };
        }
        if !memory.is_tmpfs {
            return Fact {
                check,
                standing: Standing::Limited,
                what: "the tree is not on a tmpfs: its memory is written to a disk".to_owned(),
                still_works: "everything, slower; large pages excepted".to_owned(),
                remedy: "export FILEMAP_ROOT=/dev/shm/… (or any other tmpfs)".to_owned(),
            };
        }
        let small = memory.size != 0 && (memory.size <= SMALL || memory.size < self.physical / 20);
        if !small {
            return Fact {
                check,
                standing: Standing::Fine,
                what: format!("{} of {} bytes are free for objects", memory.free, memory.size),
                still_works: String::new(),
                remedy: String::new(),
            };
        }
        let (engine, remedy) = match self.container() {
            Some("Docker") => (
                " (Docker gives 64 MiB)",
                "docker run --shm-size=1g …   (compose: shm_size: 1g; or --ipc=host)",
            ),
            Some("Podman") => (
                " (Podman gives 64 MiB)",
                "podman run --shm-size=1g …   (or --ipc=host)",
            ),
            Some("Kubernetes") => (
                " (Kubernetes gives 64 MiB)",
                "volumes: [{name: shm, emptyDir: {medium: Memory, sizeLimit: 1Gi}}], mounted at /dev/shm",
            ),
            Some("systemd-nspawn") => ("", "systemd-nspawn --tmpfs=/dev/shm:size=1g …"),
            _ => (
                "",
                "sudo mount -o remount,size=50% /dev/shm   (for good: the line of /dev/shm in /etc/fstab)",
            ),
        };
        Fact {
            check,
            standing: Standing::Limited,
            what: format!(
                "all objects together have {} bytes{engine}, and {} are free",
                memory.size, memory.free
            ),
            still_works: "what fits; a create that does not fails with ERROR_COMMITMENT_LIMIT (1455), and nobody dies by \
                          SIGBUS; SEC_RESERVE takes memory only as pages are committed"
                .to_owned(),
            remedy: remedy.to_owned(),
        }
    }

    fn noexec(&self) -> Fact {
        match self.memory {
            Some(memory) if memory.is_noexec => Fact {
                check: "noexec",
                standing: Standing::Limited,
                what:
                    "the file system of the tree is mounted noexec: views of named objects can't be executed"
                        .to_owned(),
                still_works: "everything else; executable views of unnamed objects and of disk files"
                    .to_owned(),
                remedy: "sudo mount -o remount,exec /dev/shm   (or FILEMAP_ROOT on a tmpfs without noexec)"
                    .to_owned(),
            },
            _ => Fact {
                check: "noexec",
                standing: Standing::Fine,
                what: "views may be executed".to_owned(),
                still_works: String::new(),
                remedy: String::new(),
            },
        }
    }

    /// logind removes what an ordinary user has in /dev/shm when the last session of that user ends. Source:
    /// logind.conf(5), `RemoveIPC=`.
    fn remove_ipc(&self) -> Fact {
        let fine = |what: &str| Fact {
            check: "remove-ipc",
            standing: Standing::Fine,
            what: what.to_owned(),
            still_works: String::new(),
            remedy: String::new(),
        };
        if self.uid < FIRST_ORDINARY_USER {
            return fine("logind leaves what root and system accounts own");
        }
        if !self.exists("run/systemd/seats") && !self.exists("run/systemd/sessions") {
            return fine("there is no logind here");
        }
        if !self.logind_removes() {
            return fine("logind leaves /dev/shm alone (RemoveIPC=no)");
        }
        let user = user_name(self.uid);
        if self.exists(&format!("var/lib/systemd/linger/{user}")) {
            return fine("the user lingers, so logind never takes the user for logged out");
        }
        if self.memory.is_none() || self.exists("dev/shm/filemap/Sessions") {
            return Fact {
                check: "remove-ipc",
                standing: Standing::Limited,
                what: format!("when the last session of {user} ends, logind removes what {user} owns in /dev/shm (RemoveIPC)"),
                still_works: "objects stay usable for those who have handles; their names are gone, as if closed everywhere".to_owned(),
                remedy: format!("loginctl enable-linger {user}   (or RemoveIPC=no in /etc/systemd/logind.conf)"),
            };
        }
        Fact {
            check: "remove-ipc",
            standing: Standing::Limited,
            what: format!(
                "when the last session of {user} ends, logind removes the whole tree of {user} in /dev/shm (RemoveIPC)"
            ),
            still_works: "memory stays with those who have handles or views; the names are gone, so programs that start later \
                          meet only each other"
                .to_owned(),
            remedy: format!(
                "loginctl enable-linger {user}   (or RemoveIPC=no in /etc/systemd/logind.conf; or run services as a system \
                 account)"
            ),
        }
    }

    fn logind_removes(&self) -> bool {
        let mut files: Vec<PathBuf> = Vec::new();
        for dir in ["usr/lib/systemd", "run/systemd", "etc/systemd"] {
            files.push(self.root.join(dir).join("logind.conf"));
            let mut parts: Vec<PathBuf> = fs::read_dir(self.root.join(dir).join("logind.conf.d"))
                .into_iter()
                .flatten()
                .flatten()
                .map(|entry| entry.path())
                .collect();
            parts.sort();
            files.extend(parts);
        }
        let mut removes = true; // what is built in, Debian's and Ubuntu's too
        for text in files.iter().filter_map(|file| fs::read_to_string(file).ok()) {
            for value in text
                .lines()
                .filter_map(|line| line.trim().strip_prefix("RemoveIPC="))
            {
                removes = !matches!(value.trim(), "no" | "false" | "0" | "off");
            }
        }
        removes
    }

    fn sandbox(&self) -> Option<Fact> {
        if let Some(info) = self.read(".flatpak-info") {
            let shared = info
                .lines()
                .filter_map(|line| {
                    line.strip_prefix("shared=")
                        .or_else(|| line.strip_prefix("devices="))
                })
                .flat_map(|list| list.split(';'))
                .any(|word| matches!(word, "shm" | "all"));
            return Some(match shared {
                true => Fact {
                    check: "sandbox",
                    standing: Standing::Fine,
                    what: "this Flatpak has the host's /dev/shm".to_owned(),
                    still_works: String::new(),
                    remedy: String::new(),
                },
                false => Fact {
                    check: "sandbox",
                    standing: Standing::Limited,
                    what: "this Flatpak has a /dev/shm of its own: its objects and those outside never meet"
                        .to_owned(),
                    still_works: "everything among the processes of this sandbox".to_owned(),
                    remedy: format!(
                        "flatpak override --user --device=shm {}",
                        self.variables
                            .get("FLATPAK_ID")
                            .map_or("APPLICATION", String::as_str)
                    ),
                },
            });
        }
        let snap = self
            .variables
            .get("SNAP_NAME")
            .filter(|_| self.variables.contains_key("SNAP"))?;
        Some(Fact {
            check: "sandbox",
            standing: Standing::Limited,
            what: format!(
                "the snap {snap} may only use names in /dev/shm that begin with snap.{snap}., so the usual tree is closed to it"
            ),
            still_works: format!(
                "a tree of its own: FILEMAP_ROOT=/dev/shm/snap.{snap}.filemap, here and in whoever is to meet it"
            ),
            remedy: format!(
                "export FILEMAP_ROOT=/dev/shm/snap.{snap}.filemap   (or the plug shared-memory with private: false; or classic \
                 confinement)"
            ),
        })
    }
}

fn existing(path: &Path) -> PathBuf {
    path.ancestors()
        .find(|path| path.exists())
        .unwrap_or(Path::new("/"))
        .to_owned()
}

/// Everything about this machine that matters to the library, fine or not.
#[must_use]
pub fn environment(space: &Namespace) -> Vec<Fact> {
    let mut facts = Environment::of(space).facts();
    facts.extend(kernel(space));
    facts.push(elsewhere());
    facts.push(inspection());
    facts
}

/// Features of the kernel, found by trying them.
fn kernel(space: &Namespace) -> Vec<Fact> {
    let directory = File::open(existing(space.root())).ok();
    let fallback = File::open("/").ok();
    let Some(directory) = directory.as_ref().or(fallback.as_ref()) else {
        return Vec::new();
    };
    let rows: [(Feature, &'static str, Standing, &str, &str, &str); 7] = [
        (
            Feature::DescriptionLocks,
            "kernel-locks",
            Standing::Wrong,
            "locks of open file descriptions (fcntl F_OFD_SETLK, Linux 3.15)",
            "nothing with a name",
            "use a kernel, and a sandbox, that has them",
        ),
        (
            Feature::WaitForSeveral,
            "kernel-futex-waitv",
            Standing::Limited,
            "sleeping on several objects at once (futex_waitv, Linux 5.16)",
            "waits for several objects look at each in turn, once a millisecond: right, but slower and not free",
            "use Linux 5.16 or later, or a seccomp filter that lets futex_waitv through (Docker 20.10.10, libseccomp 2.5.3)",
        ),
        (
            Feature::OpenBeneath,
            "kernel-openat2",
            Standing::Limited,
            "opening without following links (openat2, Linux 5.6)",
            "everything: single steps with O_NOFOLLOW take its place",
            "nothing to do",
        ),
        (
            Feature::UnnamedFiles,
            "kernel-o-tmpfile",
            Standing::Limited,
            "files without a name (O_TMPFILE) on the file system of the tree",
            "everything: a new object has a name of its own making until it is finished; `filemap sweep` takes what killed \
             creators leave",
            "FILEMAP_ROOT on a tmpfs",
        ),
        (
            Feature::AnonymousFiles,
            "kernel-memfd",
            Standing::Limited,
            "anonymous files (memfd_create, Linux 3.17)",
            "objects with a name, and every wait but the one for all of several objects",
            "use a sandbox that lets memfd_create through",
        ),
        (
            Feature::ProcessDescriptors,
            "kernel-pidfd",
            Standing::Limited,
            "descriptors of processes (pidfd_open, Linux 5.3)",
            "everything but waiting for processes",
            "use Linux 5.3 or later",
        ),
        (
            Feature::Residency,
            "kernel-cachestat",
            Standing::Limited,
            "asking how much of an object is in memory (cachestat, Linux 6.5)",
            "everything; `stat` shows what an object takes in all, swapped out or not",
            "nothing to do",
        ),
    ];
    rows.into_iter()
        .map(|(feature, check, standing, what, works, remedy)| {
            match features::has(feature, directory.as_fd()) {
                true => Fact {
                    check,
                    standing: Standing::Fine,
                    what: format!("there is {what}"),
                    still_works: String::new(),
                    remedy: String::new(),
                },
                false => Fact {
                    check,
                    standing,
                    what: format!("missing: {what}"),
                    still_works: works.to_owned(),
                    remedy: remedy.to_owned(),
                },
            }
        })
        .collect()
}

/// Programs of this user that have another /dev/shm: their objects and ours never meet.
fn elsewhere() -> Fact {
    let device = |path: &Path| fs::metadata(path).ok().map(|meta| meta.dev());
    let own = device(Path::new("/dev/shm"));
    let mut programs: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for pid in proc::pids().unwrap_or_default() {
        let Ok(process) = Process::open(pid) else {
            continue;
        };
        let theirs = device(Path::new(&format!("/proc/{pid}/root/dev/shm")));
        // Threads of the kernel and processes that have ended have no command line, and no objects.
        if process.command_line().is_none_or(|command| command.is_empty()) {
            continue;
        }
        if theirs.is_some() && own.is_some() && theirs != own {
            programs
                .entry(process.program().unwrap_or_default())
                .or_default()
                .push(pid);
        }
    }
    let check = "another-shm";
    if programs.is_empty() {
        return Fact {
            check,
            standing: Standing::Fine,
            what: "all processes that can be looked into have the same /dev/shm".to_owned(),
            still_works: String::new(),
            remedy: String::new(),
        };
    }
    let named: Vec<String> = programs
        .iter()
        .take(5)
        .map(|(program, pids)| format!("{program} ({})", pids[0]))
        .collect();
    let more = programs.len().saturating_sub(5);
    let and_more = if more > 0 {
        format!(" and {more} more programs")
    } else {
        String::new()
    };
    Fact {
        check,
        standing: Standing::Limited,
        what: format!(
            "programs in a container or sandbox have a /dev/shm of their own, and never meet objects here: {}{and_more}",
            named.join(", ")
        ),
        still_works: "everything among those who share a /dev/shm".to_owned(),
        remedy: "docker run --ipc=host …; podman run --ipc=host …; flatpak override --user --device=shm APPLICATION".to_owned(),
    }
}

/// What of other processes may be seen.
fn inspection() -> Fact {
    let check = "inspection";
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let hidden = mounts.lines().any(|line| {
        let mut fields = line.split(' ');
        fields.nth(1) == Some("/proc")
            && fields.nth(1).is_some_and(|options| {
                options.split(',').any(|option| {
                    option.starts_with("hidepid=") && !matches!(option, "hidepid=0" | "hidepid=off")
                })
            })
    });
    match (process::effective_user(), hidden) {
        (0, _) => Fact {
            check,
            standing: Standing::Fine,
            what: "root sees the handles and views of all processes".to_owned(),
            still_works: String::new(),
            remedy: String::new(),
        },
        (_, true) => Fact {
            check,
            standing: Standing::Limited,
            what: "/proc is mounted with hidepid: processes of other users are not even listed".to_owned(),
            still_works: "everything about one's own processes; names, sizes and owners of all objects that may be read".to_owned(),
            remedy: "sudo filemap …".to_owned(),
        },
        (uid, false) => Fact {
            check,
            standing: Standing::Fine,
            what: format!("handles and views of user {}'s processes are seen; root sees all", user_name(uid)),
            still_works: String::new(),
            remedy: String::new(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn somewhere() -> (tempfile::TempDir, Environment) {
        let root = tempfile::tempdir().unwrap();
        let environment = Environment {
            root: root.path().to_owned(),
            variables: BTreeMap::new(),
            uid: 1000,
            memory: Some(FileSystem {
                is_tmpfs: true,
                size: 8 << 30,
                free: 8 << 30,
                files: 0,
                is_noexec: false,
                is_read_only: false,
                dev: 1,
            }),
            physical: 16 << 30,
        };
        (root, environment)
    }

    fn put(root: &tempfile::TempDir, path: &str, text: &str) {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn fact(environment: &Environment, check: &str) -> Fact {
        environment
            .facts()
            .into_iter()
            .find(|fact| fact.check == check)
            .unwrap()
    }

    #[test]
    fn a_small_shm_is_told_with_the_engine_s_own_option() {
        // I-26
        let (root, mut environment) = somewhere();
        assert_eq!(fact(&environment, "shared-memory").standing, Standing::Fine);
        let memory = environment.memory.as_mut().unwrap();
        (memory.size, memory.free) = (64 << 20, 1 << 20);
        assert!(fact(&environment, "shared-memory").remedy.contains("remount"));
        put(&root, ".dockerenv", "");
        let told = fact(&environment, "shared-memory");
        assert_eq!(told.standing, Standing::Limited);
        assert!(
            told.remedy.contains("--shm-size") && told.still_works.contains("1455"),
            "{told:?}"
        );
        environment.memory = None;
        assert_eq!(fact(&environment, "shared-memory").standing, Standing::Wrong);
    }

    #[test]
    fn noexec_read_only_and_disks_are_told_apart() {
        let (_root, mut environment) = somewhere();
        let set = |environment: &mut Environment, change: fn(&mut FileSystem)| {
            let mut changed = environment.clone();
            change(changed.memory.as_mut().unwrap());
            changed
        };
        let noexec = set(&mut environment, |memory| memory.is_noexec = true);
        assert_eq!(fact(&noexec, "noexec").standing, Standing::Limited);
        let read_only = set(&mut environment, |memory| memory.is_read_only = true);
        assert_eq!(fact(&read_only, "shared-memory").standing, Standing::Wrong);
        let disk = set(&mut environment, |memory| memory.is_tmpfs = false);
        assert_eq!(fact(&disk, "shared-memory").standing, Standing::Limited);
    }

    #[test]
    fn logind_is_asked_as_logind_asks_itself() {
        let (root, mut environment) = somewhere();
        let standing = |environment: &Environment| fact(environment, "remove-ipc").standing;
        assert_eq!(standing(&environment), Standing::Fine, "no logind");
        put(&root, "run/systemd/sessions/1", "");
        assert_eq!(standing(&environment), Standing::Limited, "built in: yes");
        put(&root, "etc/systemd/logind.conf", "[Login]\n#RemoveIPC=no\n");
        assert_eq!(
            standing(&environment),
            Standing::Limited,
            "a comment says nothing"
        );
        put(&root, "etc/systemd/logind.conf", "[Login]\nRemoveIPC=no\n");
        assert_eq!(standing(&environment), Standing::Fine);
        put(
            &root,
            "etc/systemd/logind.conf.d/50-ipc.conf",
            "[Login]\nRemoveIPC=yes\n",
        );
        assert_eq!(
            standing(&environment),
            Standing::Limited,
            "a part overrides the whole"
        );
        environment.uid = 33;
        assert_eq!(
            standing(&environment),
            Standing::Fine,
            "system accounts are left alone"
        );
        environment.uid = 1000;
        put(&root, &format!("var/lib/systemd/linger/{}", user_name(1000)), "");
        assert_eq!(standing(&environment), Standing::Fine);
    }

    #[test]
    fn sandboxes_are_told_with_what_opens_them() {
        let (root, mut environment) = somewhere();
        assert!(environment.facts().iter().all(|fact| fact.check != "sandbox"));
        environment
            .variables
            .insert("FLATPAK_ID".into(), "org.example.App".into());
        put(
            &root,
            ".flatpak-info",
            "[Context]\nshared=network;ipc;\ndevices=dri;\n",
        );
        let told = fact(&environment, "sandbox");
        assert_eq!(told.standing, Standing::Limited);
        assert!(told.remedy.ends_with("--device=shm org.example.App"), "{told:?}");
        put(&root, ".flatpak-info", "[Context]\ndevices=dri;shm;\n");
        assert_eq!(fact(&environment, "sandbox").standing, Standing::Fine);
        fs::remove_file(root.path().join(".flatpak-info")).unwrap();
        environment.variables = [("SNAP", "/snap/x/1"), ("SNAP_NAME", "x")]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into();
        assert!(
            fact(&environment, "sandbox")
                .remedy
                .contains("FILEMAP_ROOT=/dev/shm/snap.x.filemap")
        );
    }
}
