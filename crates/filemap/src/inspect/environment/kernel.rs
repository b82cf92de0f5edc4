//! What the kernel has, and what of other processes it shows.

use super::{Fact, Standing, existing};
use crate::namespace::Namespace;
use crate::security::user_name;
use filemap_sys::os::features::{self, Feature};
use filemap_sys::os::process;
use std::fs::{self, File};
use std::os::fd::AsFd;

/// Features of the kernel, found by trying them.
pub(super) fn kernel(space: &Namespace) -> Vec<Fact> {
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
                true => Fact::fine(check, format!("there is {what}")),
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

/// What of other processes may be seen.
pub(super) fn inspection() -> Fact {
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
        (0, _) => Fact::fine(check, "root sees the handles and views of all processes"),
        (_, true) => Fact {
            check,
            standing: Standing::Limited,
            what: "/proc is mounted with hidepid: processes of other users are not even listed".to_owned(),
            still_works: "everything about one's own processes; names, sizes and owners of all objects that may be read".to_owned(),
            remedy: "sudo filemap …".to_owned(),
        },
        (uid, false) => Fact::fine(check, format!("handles and views of user {}'s processes are seen; root sees all", user_name(uid))),
    }
}
