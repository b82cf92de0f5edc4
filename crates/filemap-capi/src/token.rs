//! Access tokens: who a process is to an access check.

// UNSAFETY: exported names.
#![expect(unsafe_code)]

use crate::boundary::{Out, Outcome, guard};
use crate::constants::*;
use crate::descriptor::deliver;
use crate::handle_table::{Entry, Handle, KernelObject, Pseudo, handles};
use crate::process::process_of;
use filemap::security::token_of_user;
use filemap_core::error::Win32Code;
use filemap_core::security::token::{Elevation, PrivilegeState};
use filemap_core::security::{GroupState, Privilege, Sid, Token};
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;

/// A token behind a handle.
struct TokenObject(Token);

impl KernelObject for TokenObject {
    fn kind(&self) -> &'static str {
        "Token"
    }

    fn spell_out(&self, mask: u32) -> u32 {
        mask & 0x0fff_ffff
    }
}

/// The token of a process: its user, as the accounts of this machine know him, in its session. Errors: 87.
fn token_of_process(id: u32) -> Outcome<Token> {
    let user = std::fs::metadata(format!("/proc/{id}"))
        .map_err(|_| Win32Code::INVALID_PARAMETER)?
        .uid();
    Ok(token_of_user(user, crate::processthreadsapi::session_of(id)?))
}

/// See `processthreadsapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn OpenProcessToken(process: Handle, access: u32, token: Out<usize>) -> i32 {
    guard(0, || {
        let process = process_of(process, PROCESS_QUERY_LIMITED_INFORMATION)?;
        if !crate::boundary::writable(token.address(), 8) {
            return Err(Win32Code::NOACCESS);
        }
        let object = Arc::new(TokenObject(token_of_process(process.id())?));
        let access = match access & (MAXIMUM_ALLOWED | GENERIC_ALL | GENERIC_READ) {
            0 => access,
            _ => access & 0x00ff_ffff | TOKEN_QUERY | TOKEN_DUPLICATE | READ_CONTROL,
        };
        token.write(&handles().insert(Entry::new(object, access))?.0)?;
        Ok(1)
    })
}

const SE_GROUP_ENABLED: u32 = 0x7; // mandatory, by default, enabled
const SE_GROUP_USE_FOR_DENY_ONLY: u32 = 0x10;
const SE_GROUP_INTEGRITY: u32 = 0x60;
const SE_GROUP_LOGON_ID: u32 = 0xc000_0000;

/// Numbers of privileges, as `winnt.h` of Windows has them.
fn number_of(privilege: Privilege) -> u32 {
    match privilege {
        Privilege::LockMemory => 4,
        Privilege::Security => 8,
        Privilege::TakeOwnership => 9,
        Privilege::CreatePermanent => 16,
        Privilege::Restore => 18,
        Privilege::Debug => 20,
        Privilege::ChangeNotify => 23,
        Privilege::Impersonate => 29,
        Privilege::CreateGlobal => 30,
        Privilege::Relabel => 32,
        _ => 0, // one that Windows has no number for
    }
}

/// A structure with pointers to SIDs behind it, for a buffer at `base`.
struct Layout {
    base: usize,
    bytes: Vec<u8>,
    /// Where a SID belongs, and which.
    sids: Vec<(usize, Sid)>,
}

impl Layout {
    fn number(&mut self, value: u32) {
        self.bytes.extend(value.to_le_bytes());
    }

    fn pointer_to(&mut self, sid: Sid) {
        self.bytes.resize(self.bytes.len().next_multiple_of(8), 0);
        self.sids.push((self.bytes.len(), sid));
        self.bytes.extend([0; 8]);
    }

    fn entry(&mut self, sid: Sid, attributes: u32) {
        self.pointer_to(sid);
        self.number(attributes);
        self.number(0);
    }

    fn finish(mut self) -> Vec<u8> {
        for (at, sid) in self.sids {
            let address = (self.base + self.bytes.len()) as u64;
            self.bytes[at..at + 8].copy_from_slice(&address.to_le_bytes());
            self.bytes.extend(sid.to_bytes());
        }
        self.bytes
    }
}

fn information(token: &Token, class: u32, base: usize) -> Outcome<Vec<u8>> {
    let mut out = Layout {
        base,
        bytes: Vec::new(),
        sids: Vec::new(),
    };
    match class {
        1 => out.entry(token.user, 0),
        2 => {
            out.number(token.groups.len() as u32);
            for group in &token.groups {
                let mut attributes = match group.state {
                    GroupState::Enabled => SE_GROUP_ENABLED,
                    GroupState::DenyOnly => SE_GROUP_USE_FOR_DENY_ONLY,
                    GroupState::Disabled => 0,
                };
                if group.sid.is_logon_session() {
                    attributes |= SE_GROUP_LOGON_ID;
                }
                out.entry(group.sid, attributes);
            }
        }
        3 => {
            out.number(token.privileges.len() as u32);
            for (privilege, state) in &token.privileges {
                out.number(number_of(*privilege));
                out.number(0);
                out.number(match state {
                    PrivilegeState::Enabled => 2,
                    PrivilegeState::Disabled => 0,
                });
            }
        }
        4 => out.pointer_to(token.owner),
        5 => out.pointer_to(token.primary_group),
        6 => {
            let acl = match &token.default_dacl {
                Some(acl) => acl.to_bytes().map_err(|e| e.code())?,
                None => Vec::new(),
            };
            let at = if acl.is_empty() { 0 } else { base as u64 + 8 };
            out.bytes.extend(at.to_le_bytes());
            out.bytes.extend(acl);
        }
        12 => out.number(token.session),
        20 => out.number(u32::from(
            token.elevation == Elevation::Full
                || token.user == Sid::LOCAL_SYSTEM
                || token.is_enabled(&Sid::ADMINISTRATORS),
        )),
        25 => {
            let level = token.integrity.ok_or(Win32Code::INVALID_PARAMETER)?;
            out.entry(level.sid(), SE_GROUP_INTEGRITY);
        }
        _ => return Err(Win32Code::INVALID_PARAMETER),
    }
    Ok(out.finish())
}

/// See `securitybaseapi.h`.
#[unsafe(no_mangle)]
pub extern "C" fn GetTokenInformation(
    token: Handle,
    class: u32,
    to: usize,
    room: u32,
    needed: Out<u32>,
) -> i32 {
    guard(0, || {
        let bytes = match token.pseudo() {
            Some(Pseudo::Token) => information(&token_of_process(std::process::id())?, class, to)?,
            Some(_) => return Err(Win32Code::INVALID_HANDLE),
            None => {
                let object = handles().object::<TokenObject>(token, TOKEN_QUERY)?;
                information(&object.0, class, to)?
            }
        };
        deliver(&bytes, to, if to == 0 { 0 } else { room }, needed)?;
        Ok(1)
    })
}
