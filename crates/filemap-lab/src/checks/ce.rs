//! What began as particulars of Windows CE.

use super::*;
use crate::outcome::{of_code, of_number, several};
use filemap::core::profile::{Argument, FileForMapping, MappableHandles, SecondProcess};
use filemap::{FILE_SHARE_READ, FILE_SHARE_WRITE, GENERIC_READ, GENERIC_WRITE};

fn open(file: &str, path: PathBuf, access: u32, share: u32, security: bool, template: u64) -> Ask {
    Ask::OpenForMapping {
        file: file.to_owned(),
        path,
        access,
        share,
        security,
        template,
    }
}

/// What an argument that counts, or does not, comes to.
fn argument(p: &Profile, argument: Argument, counts: String) -> String {
    match argument {
        _ if p.file_for_mapping.is == FileForMapping::Missing => of_code(127),
        Argument::MustBeNull(code) => of_number(code),
        Argument::Ignored | Argument::NoFunction => of_code(0),
        Argument::Used => counts,
    }
}

pub(super) const CHECKS: &[Check] = &[
    Check {
        clause: "P-40",
        behaviour: "CreateFileForMapping",
        expected: |p| match p.file_for_mapping.is {
            FileForMapping::Missing => of_code(127),
            FileForMapping::Present | FileForMapping::Obsolete => "reads the file".to_owned(),
        },
        measure: |stage| {
            let path = stage.file("data", 100)?;
            Ok(
                match stage.code(0, open("f", path, GENERIC_READ, FILE_SHARE_READ, false, 0))? {
                    0 => "reads the file".to_owned(),
                    code => of_code(code),
                },
            )
        },
    },
    Check {
        clause: "P-41",
        behaviour: "functions whose file handles can be mapped",
        expected: |p| match p.mappable_handles.is {
            MappableHandles::CreateFile => "CreateFile".to_owned(),
            MappableHandles::Either => "CreateFile, CreateFileForMapping".to_owned(),
        },
        measure: |stage| {
            let path = stage.file("data", 100)?;
            let mut ways = Vec::new();
            if stage.code(0, on_file("o", None, 0, READONLY, path.clone()))? == 0 {
                ways.push("CreateFile");
            }
            let opened = stage.code(0, open("f", path, GENERIC_READ, FILE_SHARE_READ, false, 0))?;
            let ask = Ask::CreateOn {
                object: "p".to_owned(),
                file: "f".to_owned(),
            };
            if opened == 0 && stage.code(0, ask)? == 0 {
                ways.push("CreateFileForMapping");
            }
            Ok(ways.join(", "))
        },
    },
    Check {
        clause: "P-42",
        behaviour: "access of CreateFileForMapping",
        expected: |p| {
            let takes = |access: u32| match p.file_for_mapping.is {
                FileForMapping::Missing => of_code(127),
                _ if p.file_for_mapping_access.is.has(access) => of_code(0),
                _ => of_code(87),
            };
            several([
                ("0", takes(0)),
                ("GENERIC_READ", takes(GENERIC_READ)),
                ("with GENERIC_WRITE", takes(GENERIC_READ | GENERIC_WRITE)),
            ])
        },
        measure: |stage| {
            let path = stage.file("data", 100)?;
            let all = [
                ("0", 0),
                ("GENERIC_READ", GENERIC_READ),
                ("with GENERIC_WRITE", GENERIC_READ | GENERIC_WRITE),
            ];
            let mut told = Vec::new();
            for (what, access) in all {
                let share = FILE_SHARE_READ | FILE_SHARE_WRITE;
                let code = stage.code(0, open("f", path.clone(), access, share, false, 0))?;
                stage.ask(0, Ask::CloseFile { file: "f".to_owned() })?;
                told.push((what, of_code(code)));
            }
            Ok(several(told))
        },
    },
    Check {
        clause: "P-43",
        behaviour: "security attributes of CreateFileForMapping",
        expected: |p| argument(p, p.file_for_mapping_security.is, "used".to_owned()),
        measure: |stage| {
            let path = stage.file("data", 100)?;
            Ok(of_code(stage.code(
                0,
                open("f", path, GENERIC_READ, FILE_SHARE_READ, true, 0),
            )?))
        },
    },
    Check {
        clause: "P-43",
        behaviour: "template handle of CreateFileForMapping",
        expected: |p| argument(p, p.file_for_mapping_template.is, "used".to_owned()),
        measure: |stage| {
            let path = stage.file("data", 100)?;
            Ok(of_code(stage.code(
                0,
                open("f", path, GENERIC_READ, FILE_SHARE_READ, false, 42),
            )?))
        },
    },
    Check {
        clause: "P-43",
        behaviour: "two opens for reading that share nothing",
        expected: |p| argument(p, p.file_for_mapping_share.is, of_code(32)),
        measure: |stage| {
            let path = stage.file("data", 100)?;
            let mut code = 0;
            for process in [0, 1] {
                code = stage.code(process, open("f", path.clone(), GENERIC_READ, 0, false, 0))?;
            }
            Ok(of_code(code))
        },
    },
    Check {
        clause: "P-44",
        behaviour: "a second open of one file with GENERIC_WRITE",
        expected: |p| match p.file_for_mapping.is {
            FileForMapping::Missing => of_code(127),
            _ if !p.file_for_mapping_access.is.has(GENERIC_WRITE) => of_code(87),
            _ if p.writers_of_a_file.is.0 == Some(1) => of_code(32),
            _ => of_code(0),
        },
        measure: |stage| {
            let path = stage.file("data", 100)?;
            let share = FILE_SHARE_READ | FILE_SHARE_WRITE;
            let mut code = 0;
            for process in [0, 1] {
                code = stage.code(
                    process,
                    open("f", path.clone(), GENERIC_READ | GENERIC_WRITE, share, false, 0),
                )?;
            }
            Ok(of_code(code))
        },
    },
    Check {
        clause: "P-45",
        behaviour: "a second process gets the original object by",
        expected: |p| match p.second_process.is {
            SecondProcess::CreateOrOpen => "CreateFileMapping, OpenFileMapping".to_owned(),
            SecondProcess::CreateOnly => "CreateFileMapping".to_owned(),
        },
        measure: |stage| {
            stage.ask(0, memory("o", Some("name"), 4096, READWRITE))?;
            stage.ask(0, map("v", "o", FILE_MAP_WRITE))?;
            stage.ask(0, write("v", "mine"))?;
            let asks = [
                ("CreateFileMapping", memory("o", Some("name"), 4096, READWRITE)),
                (
                    "OpenFileMapping",
                    Ask::Open {
                        object: "o".to_owned(),
                        name: "name".to_owned(),
                        access: FILE_MAP_READ,
                    },
                ),
            ];
            let mut ways = Vec::new();
            for (what, ask) in asks {
                if stage.code(1, ask)? == 0 {
                    stage.ask(1, map("v", "o", FILE_MAP_READ))?;
                    if stage.ask(1, read("v"))?.text == "mine" {
                        ways.push(what);
                    }
                    stage.ask(
                        1,
                        Ask::Unmap {
                            view: "v".to_owned(),
                            more: 0,
                        },
                    )?;
                    stage.ask(1, close("o"))?;
                }
            }
            Ok(ways.join(", "))
        },
    },
    Check {
        clause: "P-48",
        behaviour: "the object while one of two processes has it open, then none",
        expected: |_| "there, then gone".to_owned(), // the same on all platforms (O-40, O-47)
        measure: |stage| {
            for process in [0, 1] {
                stage.ask(process, memory("o", Some("name"), 4096, READWRITE))?;
            }
            let state = |stage: &mut Stage| -> Result<&'static str, LabError> {
                let existed = stage.ask(2, memory("o", Some("name"), 4096, READWRITE))?.existed;
                stage.ask(2, close("o"))?;
                Ok(if existed { "there" } else { "gone" })
            };
            stage.ask(0, close("o"))?;
            let one = state(stage)?;
            stage.ask(1, close("o"))?;
            let none = state(stage)?;
            Ok(format!("{one}, then {none}"))
        },
    },
    Check {
        clause: "P-49",
        behaviour: "MapViewOfFile in either process",
        expected: |_| "each sees what the other writes".to_owned(), // the same on all platforms
        measure: |stage| {
            for process in [0, 1] {
                stage.ask(process, memory("o", Some("name"), 4096, READWRITE))?;
                stage.ask(process, map("v", "o", FILE_MAP_WRITE))?;
            }
            let mut seen = Vec::new();
            for (from, to, text) in [(0, 1, "ping"), (1, 0, "pong")] {
                stage.ask(from, write("v", text))?;
                seen.push(stage.ask(to, read("v"))?.text == text);
            }
            Ok(match seen[..] {
                [true, true] => "each sees what the other writes".to_owned(),
                _ => "they do not share".to_owned(),
            })
        },
    },
];
