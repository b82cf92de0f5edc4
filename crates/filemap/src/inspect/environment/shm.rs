//! `/dev/shm`: whether it is there, how large it is, and how it is mounted (I-26).

use super::{Environment, Fact, Standing};

/// A `/dev/shm` of this size or less is what container engines give if nobody asks: 64 MiB.
const SMALL: u64 = 64 << 20;

impl Environment {
    pub(super) fn shm(&self) -> Fact {
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
            return Fact::fine(
                check,
                format!("{} of {} bytes are free for objects", memory.free, memory.size),
            );
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

    pub(super) fn noexec(&self) -> Fact {
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
            _ => Fact::fine("noexec", "views may be executed"),
        }
    }
}
