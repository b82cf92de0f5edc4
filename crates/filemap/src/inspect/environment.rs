//! What the machine around lets the library do: containers, logind, sandboxes, mount options, kernel features.

mod container;
mod kernel;
mod logind;
mod shm;

use crate::namespace::Namespace;
use filemap_sys::os::features::{self, FileSystem};
use filemap_sys::os::process;
use std::collections::BTreeMap;
use std::fs;
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

impl Fact {
    fn fine(check: &'static str, what: impl Into<String>) -> Fact {
        Fact {
            check,
            standing: Standing::Fine,
            what: what.into(),
            still_works: String::new(),
            remedy: String::new(),
        }
    }
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

    /// Everything that is not as it should be, and with `fine` also what is.
    #[must_use]
    pub fn facts(&self) -> Vec<Fact> {
        let mut facts = vec![self.shm(), self.noexec(), self.remove_ipc()];
        facts.extend(self.sandbox());
        facts
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
    facts.extend(kernel::kernel(space));
    facts.push(container::elsewhere());
    facts.push(kernel::inspection());
    facts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::security::user_name;

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
        put(
            &root,
            "usr/lib/systemd/logind.conf.d/90-vendor.conf",
            "[Login]\nRemoveIPC=no\n",
        );
        assert_eq!(standing(&environment), Standing::Fine, "by name, wherever it is");
        put(&root, "etc/systemd/logind.conf.d/90-vendor.conf", "");
        assert_eq!(
            standing(&environment),
            Standing::Limited,
            "the same name hides it"
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
