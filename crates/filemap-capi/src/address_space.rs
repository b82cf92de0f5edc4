//! What lies in the address space of a process, as the kernel tells it: /proc/PID/maps.

use crate::boundary::Outcome;
use filemap_core::error::Win32Code;

/// One mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mapped {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Bits of mmap: PROT_READ and so on.
    pub(crate) protection: i32,
    pub(crate) shared: bool,
    /// A file on a disk is behind it.
    pub(crate) of_file: bool,
    path: String,
}

/// The mappings of a process in the order of their addresses. Errors: 5 if it may not be looked into, 87 if there is none.
pub(crate) fn ranges_of(process: u32) -> Outcome<Vec<Mapped>> {
    let text = std::fs::read_to_string(format!("/proc/{process}/maps")).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => Win32Code::INVALID_PARAMETER,
        _ => Win32Code::ACCESS_DENIED,
    })?;
    Ok(text.lines().filter_map(parse).collect())
}

/// The mappings of this process.
pub(crate) fn ranges() -> Outcome<Vec<Mapped>> {
    ranges_of(std::process::id())
}

fn parse(line: &str) -> Option<Mapped> {
    let mut fields = line.splitn(6, ' ');
    let (start, end) = fields.next()?.split_once('-')?;
    let bits = fields.next()?.as_bytes();
    let inode = fields.nth(2)?;
    let path = fields.next().unwrap_or("").trim_start();
    let mut protection = libc::PROT_NONE;
    for (letter, bit) in [
        (b'r', libc::PROT_READ),
        (b'w', libc::PROT_WRITE),
        (b'x', libc::PROT_EXEC),
    ] {
        if bits.contains(&letter) {
            protection |= bit;
        }
    }
    Some(Mapped {
        start: usize::from_str_radix(start, 16).ok()?,
        end: usize::from_str_radix(end, 16).ok()?,
        protection,
        shared: bits.contains(&b's'),
        of_file: inode != "0",
        path: path.to_owned(),
    })
}

/// The mapping that contains an address.
pub(crate) fn at(address: usize) -> Outcome<Option<Mapped>> {
    Ok(ranges()?
        .into_iter()
        .find(|range| (range.start..range.end).contains(&address)))
}

/// What is at an address: the mapping with the start of its group (the parts of one program file follow each other), or the
/// free range up to the next mapping.
pub(crate) enum Found {
    Mapped { group: usize, mapped: Mapped },
    Free { end: usize },
}

/// Looks an address up in a list of mappings; `top` is the end of the usable addresses.
pub(crate) fn look_up(all: &[Mapped], address: usize, top: usize) -> Found {
    let next = all.partition_point(|range| range.end <= address);
    match all.get(next) {
        Some(range) if range.start <= address => {
            let mut group = range.start;
            for before in all[..next].iter().rev() {
                if range.path.is_empty() || before.path != range.path || before.end != group {
                    break;
                }
                group = before.start;
            }
            Found::Mapped {
                group,
                mapped: range.clone(),
            }
        }
        Some(range) => Found::Free {
            end: range.start.min(top),
        },
        None => Found::Free { end: top },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_kernel_is_understood() {
        let line = "7f0000001000-7f0000003000 r-xp 00001000 08:01 42                         /lib/my lib.so";
        let mapped = parse(line).unwrap();
        assert_eq!((mapped.start, mapped.end), (0x7f00_0000_1000, 0x7f00_0000_3000));
        assert_eq!(mapped.protection, libc::PROT_READ | libc::PROT_EXEC);
        assert!(mapped.of_file && !mapped.shared && mapped.path == "/lib/my lib.so");
        assert!(parse("nonsense").is_none());
    }

    #[test]
    fn parts_of_one_file_are_a_group_and_gaps_are_free() {
        let part = |start, end, path: &str| Mapped {
            start,
            end,
            protection: 1,
            shared: false,
            of_file: true,
            path: path.into(),
        };
        let all = [
            part(10, 20, "a"),
            part(20, 30, "a"),
            part(30, 40, "b"),
            part(50, 60, "b"),
        ];
        let group = |address| match look_up(&all, address, 100) {
            Found::Mapped { group, .. } => group,
            Found::Free { end } => 1000 + end,
        };
        assert_eq!(
            [5, 15, 25, 35, 45, 55, 70].map(group),
            [1010, 10, 10, 30, 1050, 50, 1100]
        );
    }
}
