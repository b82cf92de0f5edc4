//! Containers and sandboxes: this process's own, and those of other processes.

use super::{Environment, Fact, Standing};
use filemap_sys::os::proc::{self, Process};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

impl Environment {
    /// The container engine or sandbox that this process runs in.
    pub(super) fn container(&self) -> Option<&'static str> {
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

    pub(super) fn sandbox(&self) -> Option<Fact> {
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
                true => Fact::fine("sandbox", "this Flatpak has the host's /dev/shm"),
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

/// Programs of this user that have another /dev/shm: their objects and ours never meet.
pub(super) fn elsewhere() -> Fact {
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
        return Fact::fine(
            check,
            "all processes that can be looked into have the same /dev/shm",
        );
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
