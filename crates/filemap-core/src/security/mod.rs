//! Windows security as pure code: who may do what with an object, and why not.
//!
//! ```text
//!  SDDL text ─┐                                       ┌─► Ok(granted mask)      the handle carries it (O-15)
//!  bytes ─────┴─► SecurityDescriptor ─┐               │
//!                 owner group         ├─ access_check ┤
//!                 DACL  SACL (label)  │    (A-41)     └─► Err(Denial)  missing bits + the rule that decided (I-11)
//!  account ─────► Token ──────────────┘
//!                 user groups privileges integrity
//! ```
//!
//! A new object gets its descriptor from [`new_object`] (A-2 to A-10); [`posix`] says what of it the Linux kernel can
//! enforce and lists what it can't (A-60). Every structure here is plain data: reading bytes or text of strangers
//! ends in a value or in an error with its Win32 number, never in a panic.

pub mod access_check;
pub mod acl;
pub mod boundary;
pub mod change;
pub mod default_dacl;
pub mod descriptor;
pub mod new_object;
pub mod posix;
pub mod privilege;
pub mod rights;
pub mod sddl;
pub mod sid;
pub mod token;

#[cfg(test)]
mod arbitrary;

pub use access_check::{Denial, Reason, access_check};
pub use acl::{Ace, AceBody, AceFlags, Acl};
pub use boundary::BoundaryDescriptor;
pub use descriptor::{Control, Dacl, SecurityDescriptor};
pub use privilege::Privilege;
pub use rights::{AccessMask, TypeRights};
pub use sid::Sid;
pub use token::{Group, GroupState, IntegrityLevel, Token};

use crate::error::{Error, Op, Why};

/// The operation of errors that come from reading a descriptor; callers put theirs in its place with `during`.
const READ: Op = Op::Other("read the security of");

fn unreadable(why: Why) -> Error {
    Error::new(READ, "", why)
}
