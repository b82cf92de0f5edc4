//! Creating: sizes, growth, protections, `SEC_` flags.

use super::*;
use crate::outcome::{of_answer, of_code, of_number, several};
use filemap::core::profile::{Argument, FileLimit, HighHalf, PagefileLimit};
use filemap::{Page, SectionFlags};

/// More than any machine has, less than a file may have.
const HUGE: u64 = 1 << 50;

/// The protections that an object could have at most, by name.
const PAGES: [(&str, u32); 6] = [
    ("READONLY", READONLY),
    ("READWRITE", READWRITE),
    ("WRITECOPY", WRITECOPY),
    ("EXECUTE_READ", 0x20),
    ("EXECUTE_READWRITE", 0x40),
    ("EXECUTE_WRITECOPY", 0x80),
];

/// `SEC_` flags of memory, each with a companion that it needs.
const FLAGS: [(&str, u32); 4] = [
    ("RESERVE", SEC_RESERVE),
    ("NOCACHE", 0x1000_0000 | SEC_COMMIT),
    ("WRITECOMBINE", 0x4000_0000 | SEC_COMMIT),
    ("NO_CHANGE", 0x0040_0000 | SEC_COMMIT),
];

pub(super) const CHECKS: &[Check] = &[
    Check {
        clause: "P-10",
        behaviour: "reserving 1 PB of memory",
        expected: |p| match p.pagefile_limit.is {
            _ if p.size_high.is == HighHalf::Ignored => of_code(87), // the low half is 0
            PagefileLimit::CommittableMemory => of_code(0),
            PagefileLimit::PhysicalMemory => of_code(8),
        },
        measure: |stage| {
            let code = stage.code(0, memory("o", None, HUGE, READWRITE | SEC_RESERVE))?;
            Ok(of_code(code))
        },
    },
    Check {
        clause: "P-11",
        behaviour: "a file of 10 bytes mapped with 1 PB and 20000",
        expected: |p| match (p.size_high.is, p.file_limit.is) {
            (HighHalf::Ignored, _) => "grown to 20000".to_owned(), // the low half
            (_, FileLimit::DiskSpace) => of_code(112),
            (_, FileLimit::VirtualMemoryAndDiskSpace) => of_code(8),
        },
        measure: |stage| {
            let path = stage.file("data", 10)?;
            let code = stage.code(0, on_file("o", None, HUGE + 20_000, READWRITE, path.clone()))?;
            Ok(match (code, std::fs::metadata(path)?.len()) {
                (0, len) => format!("grown to {len}"),
                (code, 10) => of_code(code),
                (code, len) => format!("error {code}, yet grown to {len}"),
            })
        },
    },
    Check {
        clause: "P-12",
        behaviour: "mapping a sparse file of 1 PB",
        expected: |p| match p.file_limit.is {
            FileLimit::VirtualMemoryAndDiskSpace => of_code(8),
            FileLimit::DiskSpace => of_code(0),
        },
        measure: |stage| {
            let path = stage.file("data", 10)?;
            let file = std::fs::OpenOptions::new().write(true).open(&path)?;
            if let Err(e) = file.set_len(HUGE) {
                return Ok(format!("there is no such file here: {e}"));
            }
            Ok(of_code(stage.code(0, on_file("o", None, 0, READONLY, path))?))
        },
    },
    Check {
        clause: "P-14",
        behaviour: "a file of 100 bytes mapped with 5000",
        expected: |p| {
            let grows = |page: Page| match (p.accepts_protection(page.bits()), p.grows(page.bits())) {
                (Ok(()), Ok(())) => "grown to 5000".to_owned(),
                (Err(code), _) | (_, Err(code)) => of_number(code),
            };
            several([
                ("READWRITE", grows(Page::READWRITE)),
                ("WRITECOPY", grows(Page::WRITECOPY)),
                ("READONLY", grows(Page::READONLY)),
            ])
        },
        measure: |stage| {
            let mut told = Vec::new();
            for (name, protect) in [
                ("READWRITE", READWRITE),
                ("WRITECOPY", WRITECOPY),
                ("READONLY", READONLY),
            ] {
                let path = stage.file(name, 100)?;
                let code = stage.code(0, on_file(name, None, 5000, protect, path.clone()))?;
                let len = std::fs::metadata(path)?.len();
                told.push((
                    name,
                    match (code, len) {
                        (0, len) => format!("grown to {len}"),
                        (code, 100) => of_code(code),
                        (code, len) => format!("error {code}, yet grown to {len}"),
                    },
                ));
            }
            Ok(several(told))
        },
    },
    Check {
        clause: "P-15",
        behaviour: "a size of 4 GB and 4096 bytes",
        expected: |p| format!("{} bytes", p.size(1, 4096)),
        measure: |stage| {
            // Of a file with holes, which takes no memory whatever the size.
            let path = stage.file("data", 10)?;
            std::fs::OpenOptions::new()
                .write(true)
                .open(&path)?
                .set_len(5 << 30)?;
            let told = stage.ask(0, on_file("o", None, (1 << 32) + 4096, READONLY, path))?;
            Ok(match told.code {
                0 => format!("{} bytes", told.number),
                code => of_code(code),
            })
        },
    },
    Check {
        clause: "P-17",
        behaviour: "SEC_ flags that exist",
        expected: |p| {
            let there = |(_, bits): &&(&str, u32)| p.accepts_sec_flags(*bits).is_ok();
            let names: Vec<&str> = FLAGS.iter().filter(there).map(|(name, _)| *name).collect();
            names.join(", ")
        },
        measure: |stage| {
            let mut there = Vec::new();
            for (name, bits) in FLAGS {
                if stage.code(0, memory(name, None, 0x1_0000, READWRITE | bits))? == 0 {
                    there.push(name);
                }
            }
            Ok(there.join(", "))
        },
    },
    Check {
        clause: "P-17",
        behaviour: "SEC_IMAGE",
        expected: |p| match p.accepts_sec_flags(SectionFlags::IMAGE.bits()) {
            Ok(()) => "looks at the program (error 193)".to_owned(),
            Err(code) => of_number(code),
        },
        measure: |stage| {
            let path = stage.file("data", 100)?;
            let code = stage.code(
                0,
                on_file("o", None, 0, READONLY | SectionFlags::IMAGE.bits(), path),
            )?;
            Ok(match code {
                193 => "looks at the program (error 193)".to_owned(),
                code => of_code(code),
            })
        },
    },
    Check {
        clause: "P-18",
        behaviour: "page protections of an object",
        expected: |p| {
            let there = |(_, page): &&(&str, u32)| p.accepts_protection(*page).is_ok();
            let names: Vec<&str> = PAGES.iter().filter(there).map(|(name, _)| *name).collect();
            names.join(", ")
        },
        measure: |stage| {
            let path = stage.file("data", 100)?;
            let mut there = Vec::new();
            for (name, page) in PAGES {
                if stage.code(0, on_file(name, None, 0, page, path.clone()))? == 0 {
                    there.push(name);
                }
            }
            Ok(there.join(", "))
        },
    },
    Check {
        clause: "P-19",
        behaviour: "an object with PAGE_NOACCESS",
        expected: |p| of_answer(p.noaccess_object.is),
        measure: |stage| Ok(of_code(stage.code(0, memory("o", None, 4096, 1))?)),
    },
    Check {
        clause: "P-50",
        behaviour: "PAGE_READONLY without a file",
        expected: |p| of_answer(p.readonly_without_file.is),
        measure: |stage| Ok(of_code(stage.code(0, memory("o", None, 4096, READONLY))?)),
    },
    Check {
        clause: "P-50",
        behaviour: "security attributes of CreateFileMapping",
        expected: |p| match p.mapping_attributes.is {
            Argument::MustBeNull(code) => of_number(code),
            _ => of_code(0),
        },
        measure: |stage| {
            let ask = Ask::Create {
                object: "o".to_owned(),
                name: None,
                size: 4096,
                protect: READWRITE,
                file: None,
                writes: false,
                inherit: true,
                sddl: None,
            };
            Ok(of_code(stage.code(0, ask)?))
        },
    },
    Check {
        clause: "M-12",
        behaviour: "PAGE_READWRITE on a file open for reading",
        expected: |p| of_code(p.file_right_missing.is.0.map_or(0, |code| code.0)),
        measure: |stage| {
            let path = stage.file("data", 100)?;
            let ask = Ask::Create {
                object: "o".to_owned(),
                name: None,
                size: 0,
                protect: READWRITE,
                file: Some(path),
                writes: false,
                inherit: false,
                sddl: None,
            };
            Ok(of_code(stage.code(0, ask)?))
        },
    },
];
