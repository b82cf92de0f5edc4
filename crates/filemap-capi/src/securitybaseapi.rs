//! `securitybaseapi.h`: security descriptors, access lists, SIDs, and the security of objects.

// UNSAFETY: exported names.
#![expect(unsafe_code)]

use crate::boundary::{In, Out, Outcome, guard, readable};
use crate::constants::*;
use crate::descriptor::*;
use crate::handle_table::{Handle, handles};
use crate::heap;
use filemap::security::SecurityInformation;
use filemap_core::error::Win32Code;
use filemap_core::security::descriptor::{AbsoluteHeader, PointerWidth};
use filemap_core::security::{AccessMask, Ace, AceFlags, Acl, Sid};

/// Where the control word is in a descriptor of either form.
const CONTROL_AT: usize = 2;
const HEADER_LEN: usize = AbsoluteHeader::len(PointerWidth::Eight);

fn set_control(at: usize, control: u16) -> Outcome<()> {
    output(at + CONTROL_AT).cast::<u16>().write(&control)
}

/// See `securitybaseapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn InitializeSecurityDescriptor(sd: usize, revision: u32) -> i32 {
    guard(0, || {
        if revision != SECURITY_DESCRIPTOR_REVISION {
            return Err(Win32Code::UNKNOWN_REVISION);
        }
        output(sd).write_many(&AbsoluteHeader::default().to_bytes(PointerWidth::Eight))?;
        Ok(1)
    })
}

/// See `securitybaseapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn IsValidSecurityDescriptor(sd: usize) -> i32 {
    guard(0, || Ok(i32::from(read_descriptor(sd).is_ok())))
}

/// See `securitybaseapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetSecurityDescriptorLength(sd: usize) -> u32 {
    guard(0, || {
        let Ok(parsed) = read_descriptor(sd) else {
            return Ok(0);
        };
        let bytes = parsed.to_self_relative().map_err(|e| e.code())?;
        // An absolute one has a longer header.
        let more = if parts_of(sd)?.self_relative {
            0
        } else {
            HEADER_LEN - 20
        };
        Ok((bytes.len() + more) as u32)
    })
}

/// See `securitybaseapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetSecurityDescriptorControl(sd: usize, control: Out<u16>, revision: Out<u32>) -> i32 {
    guard(0, || {
        let parts = parts_of(sd)?;
        control.write(&parts.control)?;
        revision.write(&SECURITY_DESCRIPTOR_REVISION)?;
        Ok(1)
    })
}

/// See `securitybaseapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn SetSecurityDescriptorControl(sd: usize, interest: u16, set: u16) -> i32 {
    guard(0, || {
        let may = SE_DACL_AUTO_INHERIT_REQ
            | SE_SACL_AUTO_INHERIT_REQ
            | SE_DACL_AUTO_INHERITED
            | SE_SACL_AUTO_INHERITED
            | SE_DACL_PROTECTED
            | SE_SACL_PROTECTED;
        if u32::from(interest) & !may != 0 || set & !interest != 0 {
            return Err(Win32Code::INVALID_PARAMETER);
        }
        let control = parts_of(sd)?.control;
        set_control(sd, control & !interest | set)?;
        Ok(1)
    })
}

/// A part of an absolute descriptor: its pointer's index, and the bits of the control word.
fn set_part(sd: usize, index: usize, address: usize, bits: u16, on: u16) -> Outcome<i32> {
    let parts = parts_of(sd)?;
    if parts.self_relative {
        return Err(Win32Code::INVALID_SECURITY_DESCR);
    }
    output(sd + 8 + 8 * index)
        .cast::<u64>()
        .write(&(address as u64))?;
    set_control(sd, parts.control & !bits | on)?;
    Ok(1)
}

fn set_list(
    sd: usize,
    index: usize,
    present: i32,
    acl: usize,
    defaulted: i32,
    bits: [u32; 2],
) -> Outcome<i32> {
    let [is_present, is_defaulted] = bits.map(|bit| bit as u16);
    if present == 0 {
        return set_part(sd, index, 0, is_present | is_defaulted, 0);
    }
    if acl != 0 {
        read_acl(acl)?;
    }
    let on = is_present | if defaulted != 0 { is_defaulted } else { 0 };
    set_part(sd, index, acl, is_present | is_defaulted, on)
}

/// See `securitybaseapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn SetSecurityDescriptorDacl(sd: usize, present: i32, acl: usize, defaulted: i32) -> i32 {
    guard(0, || {
        set_list(
            sd,
            3,
            present,
            acl,
            defaulted,
            [SE_DACL_PRESENT, SE_DACL_DEFAULTED],
        )
    })
}

/// See `securitybaseapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn SetSecurityDescriptorSacl(sd: usize, present: i32, acl: usize, defaulted: i32) -> i32 {
    guard(0, || {
        set_list(
            sd,
            2,
            present,
            acl,
            defaulted,
            [SE_SACL_PRESENT, SE_SACL_DEFAULTED],
        )
    })
}

fn set_sid(sd: usize, index: usize, sid: usize, defaulted: i32, bit: u32) -> Outcome<i32> {
    if sid != 0 {
        read_sid(sid)?;
    }
    set_part(
        sd,
        index,
        sid,
        bit as u16,
        if defaulted != 0 { bit as u16 } else { 0 },
    )
}

/// See `securitybaseapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn SetSecurityDescriptorOwner(sd: usize, sid: usize, defaulted: i32) -> i32 {
    guard(0, || set_sid(sd, 0, sid, defaulted, SE_OWNER_DEFAULTED))
}

/// See `securitybaseapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn SetSecurityDescriptorGroup(sd: usize, sid: usize, defaulted: i32) -> i32 {
    guard(0, || set_sid(sd, 1, sid, defaulted, SE_GROUP_DEFAULTED))
}

fn get_list(
    control: u16,
    address: usize,
    bits: [u32; 2],
    present: Out<i32>,
    acl: Out<usize>,
    defaulted: Out<i32>,
) -> Outcome<i32> {
    let [is_present, is_defaulted] = bits.map(|bit| control & bit as u16 != 0);
    present.write(&i32::from(is_present))?;
    if is_present {
        acl.write(&address)?;
        defaulted.write_if_wanted(&i32::from(is_defaulted))?;
    }
    Ok(1)
}

/// See `securitybaseapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetSecurityDescriptorDacl(
    sd: usize,
    present: Out<i32>,
    acl: Out<usize>,
    defaulted: Out<i32>,
) -> i32 {
    guard(0, || {
        let parts = parts_of(sd)?;
        let bits = [SE_DACL_PRESENT, SE_DACL_DEFAULTED];
        get_list(parts.control, parts.dacl, bits, present, acl, defaulted)
    })
}

/// See `securitybaseapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetSecurityDescriptorSacl(
    sd: usize,
    present: Out<i32>,
    acl: Out<usize>,
    defaulted: Out<i32>,
) -> i32 {
    guard(0, || {
        let parts = parts_of(sd)?;
        let bits = [SE_SACL_PRESENT, SE_SACL_DEFAULTED];
        get_list(parts.control, parts.sacl, bits, present, acl, defaulted)
    })
}

/// See `securitybaseapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetSecurityDescriptorOwner(sd: usize, sid: Out<usize>, defaulted: Out<i32>) -> i32 {
    guard(0, || {
        let parts = parts_of(sd)?;
        sid.write(&parts.owner)?;
        defaulted.write_if_wanted(&i32::from(parts.control & SE_OWNER_DEFAULTED as u16 != 0))?;
        Ok(1)
    })
}

/// See `securitybaseapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetSecurityDescriptorGroup(sd: usize, sid: Out<usize>, defaulted: Out<i32>) -> i32 {
    guard(0, || {
        let parts = parts_of(sd)?;
        sid.write(&parts.group)?;
        defaulted.write_if_wanted(&i32::from(parts.control & SE_GROUP_DEFAULTED as u16 != 0))?;
        Ok(1)
    })
}

/// See `securitybaseapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn MakeSelfRelativeSD(absolute: usize, to: usize, len: Out<u32>) -> i32 {
    guard(0, || {
        if parts_of(absolute)?.self_relative {
            return Err(Win32Code::INVALID_SECURITY_DESCR);
        }
        let bytes = read_descriptor(absolute)?.to_self_relative();
        let room = len.as_in().read()?;
        deliver(&bytes.map_err(|e| e.code())?, to, room, len)?;
        Ok(1)
    })
}

/// See `securitybaseapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn MakeAbsoluteSD(
    sd: usize,
    absolute: usize,
    absolute_len: Out<u32>,
    dacl: usize,
    dacl_len: Out<u32>,
    sacl: usize,
    sacl_len: Out<u32>,
    owner: usize,
    owner_len: Out<u32>,
    group: usize,
    group_len: Out<u32>,
) -> i32 {
    guard(0, || {
        if !parts_of(sd)?.self_relative {
            return Err(Win32Code::INVALID_SECURITY_DESCR);
        }
        let parts = read_descriptor(sd)?.to_absolute_parts().map_err(|e| e.code())?;
        let header = AbsoluteHeader {
            control: parts.control,
            owner: if parts.owner.is_some() { owner as u64 } else { 0 },
            group: if parts.group.is_some() { group as u64 } else { 0 },
            sacl: if parts.sacl.is_some() { sacl as u64 } else { 0 },
            dacl: if parts.dacl.is_some() { dacl as u64 } else { 0 },
        };
        let header = header.to_bytes(PointerWidth::Eight);
        let pieces = [
            (Some(header), absolute, absolute_len),
            (parts.dacl, dacl, dacl_len),
            (parts.sacl, sacl, sacl_len),
            (parts.owner, owner, owner_len),
            (parts.group, group, group_len),
        ];
        // All lengths are told before anything is written, so that the caller can make room at once.
        let mut fits = true;
        for (bytes, _, len) in &pieces {
            let needed = bytes.as_ref().map_or(0, Vec::len) as u32;
            fits &= len.as_in().read()? >= needed;
            len.write(&needed)?;
        }
        if !fits {
            return Err(Win32Code::INSUFFICIENT_BUFFER);
        }
        for (bytes, to, _) in &pieces {
            output(*to).write_many(bytes.as_deref().unwrap_or_default())?;
        }
        Ok(1)
    })
}

/// See `securitybaseapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn InitializeAcl(acl: usize, len: u32, revision: u32) -> i32 {
    guard(0, || {
        if len < Acl::HEADER_LEN as u32 {
            return Err(Win32Code::INSUFFICIENT_BUFFER);
        }
        if len > Acl::MAX_LEN as u32 || !(ACL_REVISION..=ACL_REVISION_DS).contains(&revision) {
            return Err(Win32Code::INVALID_PARAMETER);
        }
        let [low, high] = (len as u16 & !3).to_le_bytes();
        output(acl).write_many(&[revision as u8, 0, low, high, 0, 0, 0, 0])?;
        Ok(1)
    })
}

/// See `securitybaseapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn IsValidAcl(acl: usize) -> i32 {
    guard(0, || Ok(i32::from(read_acl(acl).is_ok())))
}

/// Where each entry of a list begins, and where the room behind the last one does, as offsets.
fn entries(bytes: &[u8]) -> Outcome<(Vec<usize>, usize)> {
    let short = |at: usize| {
        bytes
            .get(at..at + 2)
            .map(|b| usize::from(u16::from_le_bytes([b[0], b[1]])))
            .ok_or(Win32Code::INVALID_ACL)
    };
    let (mut found, mut at) = (Vec::new(), Acl::HEADER_LEN);
    for _ in 0..short(4)? {
        let len = short(at + 2)?;
        if len < 4 || at + len > bytes.len() {
            return Err(Win32Code::INVALID_ACL);
        }
        found.push(at);
        at += len;
    }
    Ok((found, at))
}

/// Adds an entry of a type at the end of a list. Errors: 998, 1306, 1336, 1337, 1344.
fn add(acl: usize, revision: u32, flags: u32, mask: u32, sid: usize, kind: u32) -> Outcome<i32> {
    let sid = read_sid(sid)?;
    let bytes = acl_bytes(acl)?;
    let (found, end) = entries(&bytes)?;
    if !(ACL_REVISION..=ACL_REVISION_DS).contains(&revision) {
        return Err(Win32Code::REVISION_MISMATCH);
    }
    if flags > 0xff {
        return Err(Win32Code::INVALID_PARAMETER);
    }
    let mut ace = vec![kind as u8, flags as u8, 0, 0];
    ace.extend(mask.to_le_bytes());
    ace.extend(sid.to_bytes());
    let len = (ace.len() as u16).to_le_bytes();
    ace[2..4].copy_from_slice(&len);
    if end + ace.len() > bytes.len() {
        return Err(Win32Code::ALLOTTED_SPACE_EXCEEDED);
    }
    output(acl + end).write_many(&ace)?;
    output(acl).write(&bytes[0].max(revision as u8))?;
    output(acl + 4).cast::<u16>().write(&(found.len() as u16 + 1))?;
    Ok(1)
}

/// See `securitybaseapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn AddAccessAllowedAce(acl: usize, revision: u32, mask: u32, sid: usize) -> i32 {
    guard(0, || add(acl, revision, 0, mask, sid, ACCESS_ALLOWED_ACE_TYPE))
}

/// See `securitybaseapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn AddAccessAllowedAceEx(acl: usize, revision: u32, flags: u32, mask: u32, sid: usize) -> i32 {
    guard(0, || {
        add(acl, revision, flags, mask, sid, ACCESS_ALLOWED_ACE_TYPE)
    })
}

/// See `securitybaseapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn AddAccessDeniedAce(acl: usize, revision: u32, mask: u32, sid: usize) -> i32 {
    guard(0, || add(acl, revision, 0, mask, sid, ACCESS_DENIED_ACE_TYPE))
}

/// See `securitybaseapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn AddAccessDeniedAceEx(acl: usize, revision: u32, flags: u32, mask: u32, sid: usize) -> i32 {
    guard(0, || add(acl, revision, flags, mask, sid, ACCESS_DENIED_ACE_TYPE))
}

/// See `securitybaseapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn AddMandatoryAce(acl: usize, revision: u32, flags: u32, policy: u32, sid: usize) -> i32 {
    guard(0, || {
        if read_sid(sid)?.integrity_level().is_none() || policy & !7 != 0 {
            return Err(Win32Code::INVALID_PARAMETER);
        }
        add(acl, revision, flags, policy, sid, SYSTEM_MANDATORY_LABEL_ACE_TYPE)
    })
}

/// See `securitybaseapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetAce(acl: usize, index: u32, ace: Out<usize>) -> i32 {
    guard(0, || {
        let (found, _) = entries(&acl_bytes(acl)?)?;
        let at = found.get(index as usize).ok_or(Win32Code::INVALID_PARAMETER)?;
        ace.write(&(acl + at))?;
        Ok(1)
    })
}

/// See `securitybaseapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn DeleteAce(acl: usize, index: u32) -> i32 {
    guard(0, || {
        let bytes = acl_bytes(acl)?;
        let (found, end) = entries(&bytes)?;
        let index = index as usize;
        let at = *found.get(index).ok_or(Win32Code::INVALID_PARAMETER)?;
        let next = found.get(index + 1).copied().unwrap_or(end);
        output(acl + at).write_many(&bytes[next..end])?;
        output(acl + at + end - next).write_many(&vec![0; next - at])?;
        output(acl + 4).cast::<u16>().write(&(found.len() as u16 - 1))?;
        Ok(1)
    })
}

/// See `securitybaseapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetAclInformation(acl: usize, to: usize, len: u32, class: u32) -> i32 {
    guard(0, || {
        let bytes = acl_bytes(acl)?;
        let (found, end) = entries(&bytes)?;
        let numbers = match class {
            1 => vec![u32::from(bytes[0])],
            2 => vec![found.len() as u32, end as u32, (bytes.len() - end) as u32],
            _ => return Err(Win32Code::INVALID_PARAMETER),
        };
        if (len as usize) < 4 * numbers.len() {
            return Err(Win32Code::INSUFFICIENT_BUFFER);
        }
        output(to).cast::<u32>().write_many(&numbers)?;
        Ok(1)
    })
}

fn sid_of(authority: In<[u8; 6]>, numbers: &[u32]) -> Outcome<Sid> {
    let [a, b, c, d, e, f] = authority.read()?;
    let authority = u64::from_be_bytes([0, 0, a, b, c, d, e, f]);
    Sid::new(authority, numbers).ok_or(Win32Code::INVALID_PARAMETER)
}

/// See `securitybaseapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn AllocateAndInitializeSid(
    authority: In<[u8; 6]>,
    count: u8,
    n0: u32,
    n1: u32,
    n2: u32,
    n3: u32,
    n4: u32,
    n5: u32,
    n6: u32,
    n7: u32,
    sid: Out<usize>,
) -> i32 {
    guard(0, || {
        let all = [n0, n1, n2, n3, n4, n5, n6, n7];
        let numbers = all.get(..count.into()).ok_or(Win32Code::INVALID_PARAMETER)?;
        let bytes = sid_of(authority, numbers)?.to_bytes();
        if !crate::boundary::writable(sid.address(), 8) {
            return Err(Win32Code::NOACCESS);
        }
        sid.write(&in_block(&bytes)?.address())?;
        Ok(1)
    })
}

/// See `securitybaseapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn FreeSid(sid: Handle) -> Handle {
    heap::LocalFree(sid);
    Handle::NULL
}

/// See `securitybaseapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn InitializeSid(sid: usize, authority: In<[u8; 6]>, count: u8) -> i32 {
    guard(0, || {
        let zeroes = [0; Sid::MAX_SUBAUTHORITIES];
        let numbers = zeroes.get(..count.into()).ok_or(Win32Code::INVALID_PARAMETER)?;
        // The numbers are left for the caller to fill in.
        output(sid).write_many(&sid_of(authority, numbers)?.to_bytes()[..8])?;
        Ok(1)
    })
}

/// The SIDs of `WELL_KNOWN_SID_TYPE` that `winnt.h` names.
fn well_known(kind: u32) -> Outcome<Sid> {
    let new = |authority, numbers: &[u32]| Sid::new(authority, numbers).ok_or(Win32Code::INVALID_PARAMETER);
    Ok(match kind {
        0 => new(0, &[0])?,
        1 => Sid::EVERYONE,
        2 => new(2, &[0])?,
        3 => Sid::CREATOR_OWNER,
        4 => Sid::CREATOR_GROUP,
        9 => Sid::NETWORK,
        11 => Sid::INTERACTIVE,
        12 => Sid::SERVICE,
        13 => Sid::ANONYMOUS,
        17 => Sid::AUTHENTICATED_USERS,
        22 => Sid::LOCAL_SYSTEM,
        23 => Sid::LOCAL_SERVICE,
        24 => Sid::NETWORK_SERVICE,
        26 => Sid::ADMINISTRATORS,
        27 => Sid::USERS,
        28 => Sid::GUESTS,
        66 => Sid::integrity(SECURITY_MANDATORY_LOW_RID),
        67 => Sid::integrity(SECURITY_MANDATORY_MEDIUM_RID),
        68 => Sid::integrity(SECURITY_MANDATORY_HIGH_RID),
        69 => Sid::integrity(SECURITY_MANDATORY_SYSTEM_RID),
        71 => Sid::OWNER_RIGHTS,
        _ => return Err(Win32Code::INVALID_PARAMETER),
    })
}

/// See `securitybaseapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn CreateWellKnownSid(kind: u32, domain: usize, sid: usize, len: Out<u32>) -> i32 {
    let _ = domain; // none of the SIDs here belongs to a domain
    guard(0, || {
        let bytes = well_known(kind)?.to_bytes();
        let room = len.as_in().read()?;
        deliver(&bytes, sid, if sid == 0 { 0 } else { room }, len)?;
        Ok(1)
    })
}

/// See `securitybaseapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn IsWellKnownSid(sid: usize, kind: u32) -> i32 {
    guard(0, || {
        let same = read_sid(sid).is_ok_and(|sid| well_known(kind) == Ok(sid));
        Ok(i32::from(same))
    })
}

/// See `securitybaseapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn IsValidSid(sid: usize) -> i32 {
    guard(0, || Ok(i32::from(read_sid(sid).is_ok())))
}

/// See `securitybaseapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn EqualSid(first: usize, second: usize) -> i32 {
    guard(0, || Ok(i32::from(read_sid(first)? == read_sid(second)?)))
}

/// See `securitybaseapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetLengthSid(sid: usize) -> u32 {
    guard(0, || Ok(read_sid(sid)?.len() as u32))
}

/// See `securitybaseapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetSidLengthRequired(count: u8) -> u32 {
    guard(0, || Ok(8 + 4 * u32::from(count)))
}

/// See `securitybaseapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn CopySid(room: u32, to: usize, from: usize) -> i32 {
    guard(0, || {
        deliver(&read_sid(from)?.to_bytes(), to, room, Out::null())?;
        Ok(1)
    })
}

/// An address inside a SID that is at least begun there. Errors: 998, 1337.
fn inside(sid: usize, offset: usize) -> Outcome<usize> {
    if !readable(sid, 8) {
        return Err(Win32Code::NOACCESS);
    }
    let start: [u8; 2] = In::at(sid).read()?;
    Sid::len_from_start(start).map_err(|e| e.code())?;
    Ok(sid + offset)
}

/// See `securitybaseapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetSidSubAuthority(sid: usize, index: u32) -> usize {
    guard(0, || inside(sid, 8 + 4 * index as usize))
}

/// See `securitybaseapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetSidSubAuthorityCount(sid: usize) -> usize {
    guard(0, || inside(sid, 1))
}

/// See `securitybaseapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetSidIdentifierAuthority(sid: usize) -> usize {
    guard(0, || inside(sid, 2))
}

/// See `securitybaseapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetKernelObjectSecurity(
    handle: Handle,
    information: u32,
    sd: usize,
    room: u32,
    needed: Out<u32>,
) -> i32 {
    guard(0, || {
        let what = SecurityInformation::from_bits_truncate(information);
        let found = handles().get(handle)?.object.security(what)?;
        let bytes = found.to_self_relative().map_err(|e| e.code())?;
        deliver(&bytes, sd, room, needed)?;
        Ok(1)
    })
}

/// See `securitybaseapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn SetKernelObjectSecurity(handle: Handle, information: u32, sd: usize) -> i32 {
    guard(0, || {
        let what = SecurityInformation::from_bits_truncate(information);
        let entry = handles().get(handle)?;
        entry.object.set_security(what, &read_descriptor(sd)?)?;
        Ok(1)
    })
}

/// An entry for a list that is put together here.
pub(crate) fn entry(allow: bool, flags: u32, mask: u32, sid: Sid) -> Ace {
    let ace = match allow {
        true => Ace::allow(AccessMask(mask), sid),
        false => Ace::deny(AccessMask(mask), sid),
    };
    ace.with_flags(AceFlags::from_bits_retain(flags as u8))
}
