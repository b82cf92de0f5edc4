//! `aclapi.h`: security of objects in parts, and access lists from lists of entries. They return the error number itself.

// UNSAFETY: exported names.
#![expect(unsafe_code)]

use crate::boundary::{In, Out, Outcome, guard_status, writable};
use crate::descriptor::{in_block, parts_of, read_acl, read_sid};
use crate::handle_table::{Handle, handles};
use crate::layout::EXPLICIT_ACCESS_W;
use crate::securitybaseapi::entry;
use crate::text::{read_a, read_w};
use filemap::security::{SecurityInformation, user_by_name};
use filemap_core::error::Win32Code;
use filemap_core::security::{AceBody, AceFlags, Acl, Dacl, SecurityDescriptor, Sid};

/// `SE_FILE_OBJECT` and `SE_KERNEL_OBJECT`: what handles lead to.
const KINDS: [u32; 2] = [1, 6];

/// See `aclapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetSecurityInfo(
    handle: Handle,
    kind: u32,
    information: u32,
    owner: Out<usize>,
    group: Out<usize>,
    dacl: Out<usize>,
    sacl: Out<usize>,
    sd: Out<usize>,
) -> u32 {
    guard_status(|| {
        if !KINDS.contains(&kind) {
            return Err(Win32Code::INVALID_PARAMETER);
        }
        let what = SecurityInformation::from_bits_truncate(information);
        let found = handles().get(handle)?.object.security(what)?;
        let bytes = found.to_self_relative().map_err(|e| e.code())?;
        // The parts point into the descriptor, so nobody could free them without it.
        if !writable(sd.address(), 8) {
            return Err(if sd.is_null() {
                Win32Code::INVALID_PARAMETER
            } else {
                Win32Code::NOACCESS
            });
        }
        let block = in_block(&bytes)?.address();
        let parts = parts_of(block)?;
        owner.write_if_wanted(&parts.owner)?;
        group.write_if_wanted(&parts.group)?;
        dacl.write_if_wanted(&parts.dacl)?;
        sacl.write_if_wanted(&parts.sacl)?;
        sd.write(&block)
    })
}

/// See `aclapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn SetSecurityInfo(
    handle: Handle,
    kind: u32,
    information: u32,
    owner: usize,
    group: usize,
    dacl: usize,
    sacl: usize,
) -> u32 {
    guard_status(|| {
        if !KINDS.contains(&kind) {
            return Err(Win32Code::INVALID_PARAMETER);
        }
        let what = SecurityInformation::from_bits_truncate(information);
        let sid = |part, at| match what.contains(part) {
            true => read_sid(at).map(Some),
            false => Ok(None),
        };
        let mut new = SecurityDescriptor {
            owner: sid(SecurityInformation::OWNER, owner)?,
            group: sid(SecurityInformation::GROUP, group)?,
            ..SecurityDescriptor::default()
        };
        if what.contains(SecurityInformation::DACL) {
            new.dacl = match dacl {
                0 => Dacl::Null,
                at => Dacl::List(read_acl(at)?),
            };
        }
        if what.intersects(SecurityInformation::SACL | SecurityInformation::LABEL) && sacl != 0 {
            new.sacl = Some(read_acl(sacl)?);
        }
        handles().get(handle)?.object.set_security(what, &new)
    })
}

/// The SID that a name means: the accounts that every system has, or a user of this one. Errors: 1332.
fn sid_of_name(name: &[u8]) -> Outcome<Sid> {
    let name = String::from_utf8_lossy(name);
    let account = name.rsplit('\\').next().unwrap_or(&name);
    let known = [
        ("everyone", Sid::EVERYONE),
        ("system", Sid::LOCAL_SYSTEM),
        ("administrators", Sid::ADMINISTRATORS),
        ("users", Sid::USERS),
        ("guests", Sid::GUESTS),
        ("authenticated users", Sid::AUTHENTICATED_USERS),
        ("interactive", Sid::INTERACTIVE),
        ("network", Sid::NETWORK),
        ("service", Sid::SERVICE),
        ("creator owner", Sid::CREATOR_OWNER),
        ("local service", Sid::LOCAL_SERVICE),
        ("network service", Sid::NETWORK_SERVICE),
    ];
    let found = known
        .iter()
        .find(|(known, _)| account.eq_ignore_ascii_case(known))
        .map(|(_, sid)| *sid);
    found
        .or_else(|| user_by_name(account).map(Sid::unix_user))
        .ok_or(Win32Code::NONE_MAPPED)
}

fn set_entries(
    count: u32,
    list: In<EXPLICIT_ACCESS_W>,
    old: usize,
    new: Out<usize>,
    name: impl Fn(usize) -> Outcome<Vec<u8>>,
) -> Outcome<()> {
    let mut aces = if old == 0 { Vec::new() } else { read_acl(old)?.aces };
    let entries = list.read_many(count as usize)?;
    let (mut denials, mut grants) = (Vec::new(), Vec::new());
    for wanted in entries {
        let [_, operation_and_form, _, identifier] = wanted.Trustee;
        let sid = match operation_and_form >> 32 {
            0 => read_sid(identifier)?,
            1 => sid_of_name(&name(identifier)?)?,
            _ => return Err(Win32Code::INVALID_PARAMETER),
        };
        let (flags, mask) = (wanted.grfInheritance & 0xf, wanted.grfAccessPermissions);
        let is_own = |body: &AceBody| match body {
            AceBody::Allow { sid: other, .. } | AceBody::Deny { sid: other, .. } => *other == sid,
            _ => false,
        };
        match wanted.grfAccessMode {
            1 => {
                // What was refused before is granted now.
                for ace in &mut aces {
                    if let AceBody::Deny {
                        mask: refused,
                        sid: other,
                    } = &mut ace.body
                        && *other == sid
                    {
                        *refused = refused.without(filemap::AccessMask(mask));
                    }
                }
                aces.retain(|ace| !matches!(&ace.body, AceBody::Deny { mask, .. } if mask.is_empty()));
                grants.push(entry(true, flags, mask, sid));
            }
            2 => {
                aces.retain(|ace| ace.flags.contains(AceFlags::INHERITED) || !is_own(&ace.body));
                grants.push(entry(true, flags, mask, sid));
            }
            3 => denials.push(entry(false, flags, mask, sid)),
            4 => aces.retain(|ace| ace.flags.contains(AceFlags::INHERITED) || !is_own(&ace.body)),
            _ => return Err(Win32Code::INVALID_PARAMETER),
        }
    }
    // Denials first, then grants, then what was inherited: the order in which they are meant to be looked at.
    let (inherited, own): (Vec<_>, Vec<_>) = aces
        .into_iter()
        .partition(|ace| ace.flags.contains(AceFlags::INHERITED));
    let (old_denials, others): (Vec<_>, Vec<_>) = own
        .into_iter()
        .partition(|ace| matches!(ace.body, AceBody::Deny { .. }));
    let aces = [denials, old_denials, grants, others, inherited].concat();
    let bytes = Acl { aces }.to_bytes().map_err(|e| e.code())?;
    if !writable(new.address(), 8) {
        return Err(Win32Code::NOACCESS);
    }
    new.write(&in_block(&bytes)?.address())
}

/// See `aclapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn SetEntriesInAclA(
    count: u32,
    list: In<EXPLICIT_ACCESS_W>,
    old: usize,
    new: Out<usize>,
) -> u32 {
    guard_status(|| set_entries(count, list, old, new, |at| read_a(In::at(at))))
}

/// See `aclapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn SetEntriesInAclW(
    count: u32,
    list: In<EXPLICIT_ACCESS_W>,
    old: usize,
    new: Out<usize>,
) -> u32 {
    guard_status(|| set_entries(count, list, old, new, |at| read_w(In::at(at))))
}
