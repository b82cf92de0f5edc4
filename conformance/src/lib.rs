//! Conformance: facts about Windows' file mapping as tables, put to the Rust interface, the C interface and Windows.
//!
//! `tables/*.toml` hold the facts, `README.md` the format. A row is carried out by fresh processes, which are the program
//! `filemap-conformance` started again; [`run`] compares what comes of each call with the row.
//!
//! | system | calls | where |
//! |---|---|---|
//! | `rust` | the crate `filemap` | everywhere |
//! | `c-ansi`, `c-unicode` | the A and the W functions: on Linux this project's, on Windows Windows' own | everywhere |

pub mod actor;
pub mod constants;
pub mod functions;
mod rows;
pub mod run;
mod rust_api;
pub mod table;
pub mod value;
mod win32;

use std::fmt;

/// What is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interface {
    /// The crate `filemap`.
    Rust,
    /// Functions that take text of bytes.
    CAnsi,
    /// Functions that take text of 16-bit units.
    CUnicode,
}

/// Whose functions they are in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host {
    /// This project's on Linux.
    Linux,
    /// Wine's.
    Wine,
    /// Microsoft's.
    Windows,
}

/// Something to put a table to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct System {
    /// What is called.
    pub interface: Interface,
    /// Who answers.
    pub host: Host,
}

impl Interface {
    /// All of them.
    pub const ALL: [Interface; 3] = [Interface::Rust, Interface::CAnsi, Interface::CUnicode];

    /// As it is written in tables and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Interface::Rust => "rust",
            Interface::CAnsi => "c-ansi",
            Interface::CUnicode => "c-unicode",
        }
    }

    /// The interface of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Interface> {
        Interface::ALL
            .into_iter()
            .find(|interface| interface.name() == name)
    }
}

impl Host {
    /// Where this program runs.
    #[must_use]
    pub fn here() -> Host {
        match cfg!(windows) {
            false => Host::Linux,
            true if win32::is_wine() => Host::Wine,
            true => Host::Windows,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Host::Linux => "linux",
            Host::Wine => "wine",
            Host::Windows => "windows",
        }
    }
}

impl System {
    /// This interface on the host that this program runs on.
    #[must_use]
    pub fn here(interface: Interface) -> System {
        System {
            interface,
            host: Host::here(),
        }
    }

    /// All that there are.
    #[must_use]
    pub fn all() -> Vec<System> {
        let hosts = [Host::Linux, Host::Wine, Host::Windows];
        hosts
            .into_iter()
            .flat_map(|host| Interface::ALL.map(|interface| System { interface, host }))
            .collect()
    }

    /// Whether a word of a table means it: `rust`, `c`, `c-ansi`, `wine`, `linux c`, ...
    #[must_use]
    pub fn is_meant_by(self, key: &str) -> bool {
        let interface =
            |word: &str| word == self.interface.name() || (word == "c" && self.interface != Interface::Rust);
        match key.split_once(' ') {
            Some((host, word)) => host == self.host.name() && interface(word),
            None => key == self.host.name() || interface(key),
        }
    }
}

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.host.name(), self.interface.name())
    }
}
