//! logind, which removes what users have in `/dev/shm` when they log out.

use super::{Environment, Fact, Standing};
use crate::security::{FIRST_ORDINARY_USER, user_name};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

impl Environment {
    /// logind removes what an ordinary user has in /dev/shm when the last session of that user ends. Source:
    /// logind.conf(5), `RemoveIPC=`.
    pub(super) fn remove_ipc(&self) -> Fact {
        let fine = |what: &str| Fact::fine("remove-ipc", what);
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

    /// Drop-ins come behind the file itself, all of them by name; what is nearer to the administrator hides what has the same
    /// name. Source: logind.conf(5), "Configuration directories and precedence".
    fn logind_removes(&self) -> bool {
        const NEAREST_LAST: [&str; 4] = [
            "usr/lib/systemd",
            "usr/local/lib/systemd",
            "run/systemd",
            "etc/systemd",
        ];
        let folders = NEAREST_LAST.map(|folder| self.root.join(folder));
        let whole = folders
            .iter()
            .rev()
            .map(|folder| folder.join("logind.conf"))
            .find(|file| file.exists());
        let mut parts: BTreeMap<OsString, PathBuf> = BTreeMap::new();
        for folder in &folders {
            let entries = fs::read_dir(folder.join("logind.conf.d"))
                .into_iter()
                .flatten()
                .flatten();
            let entries = entries.filter(|entry| entry.path().extension().is_some_and(|end| end == "conf"));
            parts.extend(entries.map(|entry| (entry.file_name(), entry.path())));
        }
        let files = whole.into_iter().chain(parts.into_values());
        let mut removes = true; // what is built in, Debian's and Ubuntu's too
        for text in files.filter_map(|file| fs::read_to_string(file).ok()) {
            for value in text
                .lines()
                .filter_map(|line| line.trim().strip_prefix("RemoveIPC="))
            {
                removes = !matches!(value.trim(), "no" | "false" | "0" | "off" | "n" | "f");
            }
        }
        removes
    }
}
