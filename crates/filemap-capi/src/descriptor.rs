//! SIDs, access lists and security descriptors as C programs have them in memory: read as hostile bytes, copied first.

use crate::boundary::{In, Out, Outcome};
use crate::heap;
use filemap_core::error::Win32Code;
use filemap_core::security::descriptor::{AbsoluteHeader, PointerWidth, is_self_relative};
use filemap_core::security::{Acl, Control, Dacl, SecurityDescriptor, Sid};

/// The SID at an address. Errors: 998, 1337.
pub(crate) fn read_sid(at: usize) -> Outcome<Sid> {
    let first: [u8; 2] = In::at(at).read()?;
    let len = Sid::len_from_start(first).map_err(|e| e.code())?;
    let bytes = In::<u8>::at(at).read_many(len)?;
    Sid::from_bytes(&bytes).map_err(|e| e.code())
}

/// The bytes of the access list at an address, as long as its header says. Errors: 998, 1336.
pub(crate) fn acl_bytes(at: usize) -> Outcome<Vec<u8>> {
    let header: [u8; Acl::HEADER_LEN] = In::at(at).read()?;
    let len = Acl::len_from_start(header).map_err(|e| e.code())?;
    In::<u8>::at(at).read_many(len)
}

/// The access list at an address. Errors: as [`acl_bytes`].
pub(crate) fn read_acl(at: usize) -> Outcome<Acl> {
    Acl::from_bytes(&acl_bytes(at)?).map_err(|e| e.code())
}

/// Where the parts of a descriptor are: addresses, 0 for none, and the control bits.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Parts {
    pub(crate) control: u16,
    pub(crate) owner: usize,
    pub(crate) group: usize,
    pub(crate) sacl: usize,
    pub(crate) dacl: usize,
    pub(crate) self_relative: bool,
}

pub(crate) const DACL_PRESENT: u16 = 4;
pub(crate) const SACL_PRESENT: u16 = 0x10;

/// The parts of the descriptor at an address. Errors: 998, 1305, 1338.
pub(crate) fn parts_of(at: usize) -> Outcome<Parts> {
    let start: [u8; 4] = In::at(at).read()?;
    let control = u16::from_le_bytes([start[2], start[3]]);
    if is_self_relative(&start).map_err(|e| e.code())? {
        let offsets: [u32; 4] = In::at(at + 4).read()?;
        let [owner, group, sacl, dacl] = offsets.map(|offset| match offset {
            0 => 0,
            offset => at.wrapping_add(offset as usize),
        });
        return Ok(Parts {
            control,
            owner,
            group,
            sacl,
            dacl,
            self_relative: true,
        });
    }
    let bytes = In::<u8>::at(at).read_many(AbsoluteHeader::len(PointerWidth::Eight))?;
    let header = AbsoluteHeader::from_bytes(&bytes, PointerWidth::Eight).map_err(|e| e.code())?;
    Ok(Parts {
        control,
        owner: header.owner as usize,
        group: header.group as usize,
        sacl: header.sacl as usize,
        dacl: header.dacl as usize,
        self_relative: false,
    })
}

/// The descriptor at an address, in either form. Errors: 998, 1305, 1336, 1337, 1338.
pub(crate) fn read_descriptor(at: usize) -> Outcome<SecurityDescriptor> {
    let parts = parts_of(at)?;
    let sid = |at| if at == 0 { Ok(None) } else { read_sid(at).map(Some) };
    Ok(SecurityDescriptor {
        control: Control::from_bits_truncate(parts.control),
        owner: sid(parts.owner)?,
        group: sid(parts.group)?,
        dacl: match (parts.control & DACL_PRESENT, parts.dacl) {
            (0, _) => Dacl::Absent,
            (_, 0) => Dacl::Null,
            (_, at) => Dacl::List(read_acl(at)?),
        },
        sacl: match (parts.control & SACL_PRESENT, parts.sacl) {
            (0, _) | (_, 0) => None,
            (_, at) => Some(read_acl(at)?),
        },
    })
}

/// Bytes in a block that the caller frees with `LocalFree`. Errors: 8.
pub(crate) fn in_block(bytes: &[u8]) -> Outcome<Out<u8>> {
    let block = heap::allocate(bytes.len())?;
    block.write_many(bytes)?;
    Ok(block)
}

/// Copies what fits into a caller's buffer, and tells the length that is needed. Errors: 122, 998.
pub(crate) fn deliver(bytes: &[u8], to: usize, room: u32, needed: Out<u32>) -> Outcome<()> {
    needed.write_if_wanted(&(bytes.len() as u32))?;
    if (room as usize) < bytes.len() {
        return Err(Win32Code::INSUFFICIENT_BUFFER);
    }
    output(to).write_many(bytes)
}

/// A place that the caller of an exported function gave to be written to.
pub(crate) fn output(at: usize) -> Out<u8> {
    crate::boundary::output_of_caller(at)
}
