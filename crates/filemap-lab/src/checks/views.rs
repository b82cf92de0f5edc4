//! Views: addresses, copies, protections.

use super::*;
use crate::outcome::{of_answer, of_code, of_number, several};
use filemap::Page;
use filemap::core::profile::{
    BaseAlignment, BaseRange, DeleteMapped, FlushZero, HighHalf, ViewAddress, ViewSpace, WritecopyViews,
};

const GB: u64 = 1 << 30;

/// An object of 128 KiB that everybody opens as they can, and a view of it in process 0; its address.
fn shared(stage: &mut Stage) -> Result<u64, LabError> {
    stage.ask(0, memory("o", Some("shared"), 0x2_0000, READWRITE))?;
    Ok(stage.ask(0, map("v", "o", FILE_MAP_WRITE))?.number)
}

/// What asking for this base comes to.
fn base(stage: &mut Stage, base: u64) -> Result<String, LabError> {
    stage.ask(0, memory("o", None, 0x1_0000, READWRITE))?;
    let told = stage.ask(0, map_at("v", "o", FILE_MAP_READ, Some(base)))?;
    stage.ask(
        0,
        Ask::Unmap {
            view: "v".to_owned(),
            more: 0,
        },
    )?;
    Ok(match (told.code, told.number == base) {
        (0, true) => "there".to_owned(),
        (0, false) => format!("at {:#x}", told.number),
        (code, _) => of_code(code),
    })
}

fn base_expected(range: BaseRange, asked: u64) -> String {
    match range {
        BaseRange::NoFunction => of_code(127),
        BaseRange::Between { low, end, .. } if (low..end).contains(&asked) => "there".to_owned(),
        BaseRange::Between { code, .. } => of_number(code),
        BaseRange::UserRange { code } if asked == 0 => of_number(code),
        BaseRange::UserRange { .. } => "there".to_owned(),
    }
}

/// Bases in each range that a platform could have.
const BASES: [(&str, u64); 4] = [
    ("0", 0),
    ("1.5 GB", 0x6000_0000),
    ("2.5 GB", 0xA000_0000),
    ("1 TB", 1 << 40),
];

pub(super) const CHECKS: &[Check] = &[
    Check {
        clause: "P-13",
        behaviour: "a view of 3 GB of a file with holes",
        expected: |p| of_code(if p.view_limit.is.max < 3 * GB { 8 } else { 0 }),
        measure: |stage| {
            let path = stage.file("data", 10)?;
            std::fs::OpenOptions::new()
                .write(true)
                .open(&path)?
                .set_len(3 * GB)?;
            match stage.code(0, on_file("o", None, 0, READONLY, path))? {
                0 => Ok(of_code(stage.code(0, map("v", "o", FILE_MAP_READ))?)),
                code => Ok(of_code(code)),
            }
        },
    },
    Check {
        clause: "P-13",
        behaviour: "views of two programs, 640 MB each",
        expected: |p| match p.view_limit.is.of {
            ViewSpace::SharedArena => "add up (error 8)".to_owned(),
            ViewSpace::OwnAddressSpace => "each has its own space".to_owned(),
        },
        measure: |stage| {
            const BIG: u64 = 640 << 20;
            let mut codes = [0; 2];
            for (process, code) in codes.iter_mut().enumerate() {
                stage.ask(process, memory("o", None, BIG, READWRITE | SEC_RESERVE))?;
                *code = stage.code(process, map("v", "o", FILE_MAP_READ))?;
            }
            Ok(match codes {
                [0, 0] => "each has its own space".to_owned(),
                [0, code] => format!("add up (error {code})"),
                [code, _] => of_code(code),
            })
        },
    },
    Check {
        clause: "P-16",
        behaviour: "an offset of 4 GB and 64 KiB into 128 KiB",
        expected: |p| match p.offset_high.is {
            HighHalf::Used => of_code(5),
            HighHalf::Ignored => "64 KiB".to_owned(),
        },
        measure: |stage| {
            let start = shared(stage)?;
            let ask = Ask::Map {
                view: "w".to_owned(),
                object: "o".to_owned(),
                flags: FILE_MAP_READ,
                offset: (4 * GB) + 0x1_0000,
                len: 0,
                base: None,
            };
            let told = stage.ask(0, ask)?;
            Ok(match told.code {
                0 if told.number == start + 0x1_0000 => "64 KiB".to_owned(),
                0 => format!("at {:#x}", told.number),
                code => of_code(code),
            })
        },
    },
    Check {
        clause: "P-20",
        behaviour: "legal lpBase",
        expected: |p| several(BASES.map(|(what, at)| (what, base_expected(p.base_range.is, at)))),
        measure: |stage| {
            let mut told = Vec::new();
            for (what, at) in BASES {
                told.push((what, base(stage, at)?));
            }
            Ok(several(told))
        },
    },
    Check {
        clause: "P-21",
        behaviour: "lpBase that another object has",
        expected: |p| of_code(p.base_occupied.is.0.map_or(127, |code| code.0)),
        measure: |stage| {
            let at = shared(stage)?;
            stage.ask(0, memory("other", None, 0x1_0000, READWRITE))?;
            Ok(of_code(
                stage.code(0, map_at("w", "other", FILE_MAP_READ, Some(at)))?,
            ))
        },
    },
    Check {
        clause: "P-22",
        behaviour: "lpBase with 4096 too much",
        expected: |p| match p.base_alignment.is {
            BaseAlignment::Refused(code) => of_number(code),
            BaseAlignment::RoundedDown => "rounded down".to_owned(),
            BaseAlignment::NoFunction => of_code(127),
        },
        measure: |stage| {
            let at = shared(stage)?;
            stage.ask(
                0,
                Ask::Unmap {
                    view: "v".to_owned(),
                    more: 0,
                },
            )?;
            let told = stage.ask(0, map_at("v", "o", FILE_MAP_READ, Some(at + 4096)))?;
            Ok(match (told.code, told.number) {
                (0, there) if there == at => "rounded down".to_owned(),
                (0, there) => format!("at {there:#x}"),
                (code, _) => of_code(code),
            })
        },
    },
    Check {
        clause: "P-23",
        behaviour: "address in another process, where the first one's is taken",
        expected: |p| match p.view_address.is {
            ViewAddress::Independent => "another".to_owned(),
            ViewAddress::SameEverywhere { .. } => "the same or none (error 487)".to_owned(),
        },
        measure: |stage| {
            let first = shared(stage)?;
            stage.ask(1, memory("o", Some("shared"), 4096, READWRITE))?;
            stage.ask(1, Ask::Block { address: first })?;
            let told = stage.ask(1, map("v", "o", FILE_MAP_READ))?;
            // A third process has the address free.
            stage.ask(2, memory("o", Some("shared"), 4096, READWRITE))?;
            let third = stage.ask(2, map("v", "o", FILE_MAP_READ))?.number;
            Ok(match (told.code, told.number == first, third == first) {
                (0, false, _) => "another".to_owned(),
                (0, true, _) => "on top of something else".to_owned(),
                (code, _, true) => format!("the same or none (error {code})"),
                (code, _, false) => format!("none (error {code})"),
            })
        },
    },
    Check {
        clause: "P-23",
        behaviour: "second view at another lpBase",
        expected: |p| match p.base_range.is {
            BaseRange::NoFunction => of_code(127),
            _ => of_answer(p.second_base.is),
        },
        measure: |stage| {
            let at = shared(stage)?;
            stage.ask(1, memory("o", Some("shared"), 4096, READWRITE))?;
            Ok(of_code(stage.code(
                1,
                map_at("v", "o", FILE_MAP_READ, Some(at - at % GB + 0x100_0000)),
            )?))
        },
    },
    Check {
        clause: "P-24",
        behaviour: "FILE_MAP_COPY",
        expected: |p| {
            let copy = |page: Page, file| match p
                .accepts_protection(page.bits())
                .and(p.copy_view(page.bits(), file))
            {
                Ok(()) => of_code(0),
                Err(code) => of_number(code),
            };
            several([
                ("memory", copy(Page::READWRITE, false)),
                ("READWRITE file", copy(Page::READWRITE, true)),
                ("WRITECOPY file", copy(Page::WRITECOPY, true)),
            ])
        },
        measure: |stage| {
            let path = stage.file("data", 100)?;
            let asks = [
                ("memory", memory("a", None, 4096, READWRITE)),
                ("READWRITE file", on_file("a", None, 0, READWRITE, path.clone())),
                ("WRITECOPY file", on_file("a", None, 0, WRITECOPY, path)),
            ];
            let mut told = Vec::new();
            for (what, ask) in asks {
                let code = match stage.code(0, ask)? {
                    0 => stage.code(0, map("v", "a", FILE_MAP_COPY))?,
                    code => code,
                };
                told.push((what, of_code(code)));
            }
            Ok(several(told))
        },
    },
    Check {
        clause: "P-25",
        behaviour: "what another process sees of a write to a copy-on-write view",
        expected: |p| match p.writecopy_views.is {
            WritecopyViews::Private => "nothing; file unchanged".to_owned(),
            WritecopyViews::SharedBetweenProcesses => "the write; file unchanged".to_owned(),
            WritecopyViews::NotSupported => of_code(87),
        },
        measure: |stage| {
            let path = stage.file("data", 8192)?;
            for process in [0, 1] {
                let ask = on_file("o", Some("shared"), 0, WRITECOPY, path.clone());
                let code = match stage.code(process, ask)? {
                    0 | 183 => stage.code(process, map("v", "o", FILE_MAP_COPY))?,
                    code => code,
                };
                if code != 0 {
                    return Ok(of_code(code));
                }
            }
            stage.ask(0, write("v", "copy"))?;
            let seen = match stage.ask(1, read("v"))?.text.as_str() {
                "copy" => "the write",
                "dddd" => "nothing",
                _ => "something else",
            };
            let disk = std::fs::read(path)?;
            let file = if disk.iter().all(|b| *b == b'd') {
                "unchanged"
            } else {
                "changed"
            };
            Ok(format!("{seen}; file {file}"))
        },
    },
    Check {
        clause: "P-26",
        behaviour: "a write view of a read-only object",
        expected: |p| of_code(p.write_view_on_readonly_object.is.0.map_or(0, |code| code.0)),
        measure: |stage| {
            let path = stage.file("data", 100)?;
            stage.ask(0, on_file("o", None, 0, READONLY, path))?;
            Ok(of_code(stage.code(0, map("v", "o", FILE_MAP_WRITE))?))
        },
    },
    Check {
        clause: "P-27",
        behaviour: "UnmapViewOfFile with an address inside",
        expected: |p| of_answer(p.unmap_inside_view.is),
        measure: |stage| {
            shared(stage)?;
            Ok(of_code(stage.code(
                0,
                Ask::Unmap {
                    view: "v".to_owned(),
                    more: 4196,
                },
            )?))
        },
    },
    Check {
        clause: "P-28",
        behaviour: "VirtualProtect to PAGE_READONLY on a view",
        expected: |p| of_answer(p.protect_view.is),
        measure: |stage| {
            shared(stage)?;
            let ask = Ask::Protect {
                view: "v".to_owned(),
                page: READONLY,
                place: true,
            };
            Ok(of_code(stage.code(0, ask)?))
        },
    },
    Check {
        clause: "P-29",
        behaviour: "FlushViewOfFile with length 0",
        expected: |p| match p.flush_zero.is {
            FlushZero::ToTheEnd => of_code(0),
            FlushZero::Refused(code) => of_number(code),
        },
        measure: |stage| {
            let path = stage.file("data", 100)?;
            stage.ask(0, on_file("o", None, 0, READWRITE, path))?;
            stage.ask(0, map("v", "o", FILE_MAP_WRITE))?;
            Ok(of_code(stage.code(
                0,
                Ask::Flush {
                    view: "v".to_owned(),
                    len: 0,
                },
            )?))
        },
    },
    Check {
        clause: "P-61",
        behaviour: "DeleteFile of a mapped file",
        expected: |p| match p.delete_mapped_file.is {
            DeleteMapped::Succeeds | DeleteMapped::NameGoes => of_code(0),
            DeleteMapped::Refused(code) => of_number(code),
        },
        measure: |stage| {
            let path = stage.file("data", 100)?;
            stage.ask(0, on_file("o", None, 0, READWRITE, path.clone()))?;
            let code = stage.code(1, Ask::Delete { path: path.clone() })?;
            Ok(match (code, path.exists()) {
                (0, true) => "works, yet the file is there".to_owned(),
                (code, _) => of_code(code),
            })
        },
    },
    Check {
        clause: "P-63",
        behaviour: "VirtualProtect with NULL for the old protection",
        expected: |p| match (p.protect_null_old.is, p.protect_view.is) {
            (filemap::core::profile::Answer::Refused(code), _) => of_number(code),
            (_, protect) => format!("no matter; {}", of_answer(protect)),
        },
        measure: |stage| {
            shared(stage)?;
            let mut told = [0; 2];
            for (code, place) in told.iter_mut().zip([false, true]) {
                let ask = Ask::Protect {
                    view: "v".to_owned(),
                    page: READONLY,
                    place,
                };
                *code = stage.code(0, ask)?;
            }
            Ok(match told {
                [without, with] if without == with => format!("no matter; {}", of_code(with)),
                [without, _] => of_code(without),
            })
        },
    },
    Check {
        clause: "P-64",
        behaviour: "VirtualQuery Protect of reserved pages",
        expected: |p| format!("{:#x}", p.reserved_query_protect.is.bits()),
        measure: |stage| {
            stage.ask(0, memory("o", None, 0x1_0000, READWRITE | SEC_RESERVE))?;
            stage.ask(0, map("v", "o", FILE_MAP_WRITE))?;
            Ok(format!(
                "{:#x}",
                stage.ask(0, Ask::Query { view: "v".to_owned() })?.number
            ))
        },
    },
    Check {
        clause: "V-15",
        behaviour: "FILE_MAP_EXECUTE on a PAGE_READWRITE object",
        expected: |p| match p.execute_views.is.yes() {
            true => "asks for execution (error 5)".to_owned(),
            false => "means nothing".to_owned(),
        },
        measure: |stage| {
            stage.ask(0, memory("o", None, 4096, READWRITE))?;
            Ok(match stage.code(0, map("v", "o", FILE_MAP_READ | 0x20))? {
                0 => "means nothing".to_owned(),
                code => format!("asks for execution (error {code})"),
            })
        },
    },
];
