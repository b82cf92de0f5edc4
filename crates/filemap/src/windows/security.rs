//! Who may open an object: its descriptor and what is asked of it. Here the kernel enforces all of it.

pub use filemap_core::security::change::SecurityInformation;
pub use filemap_core::security::{
    AccessMask, Ace, AceBody, AceFlags, Acl, Control, Dacl, Denial, SecurityDescriptor, Sid, Token,
    access_check,
};
