//! The rows: what the table says of each, and how it is measured.

mod ce;
mod creation;
mod names;
mod views;

use crate::actor::Ask;
use crate::stage::{LabError, Stage};
use filemap::Profile;
use std::path::PathBuf;

/// One row of the lab.
pub(crate) struct Check {
    pub(crate) clause: &'static str,
    pub(crate) behaviour: &'static str,
    /// What the platform's table says, in the words of a measurement.
    pub(crate) expected: fn(&Profile) -> String,
    /// What real processes find.
    pub(crate) measure: fn(&mut Stage) -> Result<String, LabError>,
}

/// Clauses that the lab does not measure, and why.
pub const NOT_MEASURED: &[(&str, &str)] = &[
    ("P-47", "advice to programs: pass the name, never a pointer"),
    ("P-65", "whether pages are large, the machine decides (huge=)"),
    ("P-66", "advice to programs: one address in all processes"),
];

/// All rows, in the order of the clauses.
pub(crate) fn all() -> Vec<Check> {
    let mut all: Vec<Check> = [creation::CHECKS, views::CHECKS, names::CHECKS, ce::CHECKS]
        .into_iter()
        .flatten()
        .map(|check| Check { ..*check })
        .collect();
    all.sort_by_key(|check| order(check.clause));
    all
}

/// By number and not by letter; P before others.
fn order(clause: &str) -> (bool, u32) {
    let (family, number) = clause.split_once('-').unwrap_or((clause, ""));
    (family != "P", number.parse().unwrap_or(u32::MAX))
}

/// `PAGE_` and `SEC_` constants as a program writes them.
pub(crate) const READONLY: u32 = 0x02;
pub(crate) const READWRITE: u32 = 0x04;
pub(crate) const WRITECOPY: u32 = 0x08;
pub(crate) const SEC_RESERVE: u32 = 0x0400_0000;
pub(crate) const SEC_COMMIT: u32 = 0x0800_0000;
pub(crate) const FILE_MAP_COPY: u32 = 1;
pub(crate) const FILE_MAP_WRITE: u32 = 2;
pub(crate) const FILE_MAP_READ: u32 = 4;

/// `CreateFileMapping` of memory.
pub(crate) fn memory(object: &str, name: Option<&str>, size: u64, protect: u32) -> Ask {
    Ask::Create {
        object: object.to_owned(),
        name: name.map(str::to_owned),
        size,
        protect,
        file: None,
        writes: false,
        inherit: false,
        sddl: None,
    }
}

/// `CreateFileMapping` of a file that is open for reading and writing.
pub(crate) fn on_file(object: &str, name: Option<&str>, size: u64, protect: u32, path: PathBuf) -> Ask {
    Ask::Create {
        object: object.to_owned(),
        name: name.map(str::to_owned),
        size,
        protect,
        file: Some(path),
        writes: true,
        inherit: false,
        sddl: None,
    }
}

/// `MapViewOfFile` of a whole object.
pub(crate) fn map(view: &str, object: &str, flags: u32) -> Ask {
    map_at(view, object, flags, None)
}

/// `MapViewOfFileEx` of a whole object.
pub(crate) fn map_at(view: &str, object: &str, flags: u32, base: Option<u64>) -> Ask {
    Ask::Map {
        view: view.to_owned(),
        object: object.to_owned(),
        flags,
        offset: 0,
        len: 0,
        base,
    }
}

/// `CloseHandle`.
pub(crate) fn close(object: &str) -> Ask {
    Ask::Close {
        object: object.to_owned(),
    }
}

/// The first four bytes of a view.
pub(crate) fn read(view: &str) -> Ask {
    Ask::Read {
        view: view.to_owned(),
        len: 4,
    }
}

/// Writes to the start of a view.
pub(crate) fn write(view: &str, text: &str) -> Ask {
    Ask::Write {
        view: view.to_owned(),
        text: text.to_owned(),
    }
}
