//! Traps in SDDL texts: legal, and not what their writer meant.

use super::parse::parse;
use crate::error::Error;
use crate::kind::Kind;
use crate::security::{AccessMask, AceBody, Dacl, Sid, TypeRights};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// One trap in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lint {
    /// Byte position in the text.
    pub at: usize,
    /// What is wrong, in one sentence without a full stop.
    pub what: String,
}

impl fmt::Display for Lint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at byte {}: {}", self.at, self.what)
    }
}

/// Looks for traps in the SDDL of an object of `kind`, in the order of the text. No trap found does not mean that the
/// text says what was meant: try it with [`access_check`](crate::security::access_check()).
///
/// # Errors
/// As reading the text.
///
/// ```
/// use filemap_core::{kind::Kind, security::sddl::lint};
/// let lints = lint("D:(A;;GA;;;SY)(A;;FR;;;IU)", Kind::FileMapping)?;
/// assert_eq!(lints.len(), 1);
/// assert_eq!(lints[0].at, 18);
/// assert!(lint("D:(A;;GA;;;SY)(A;;GR;;;IU)", Kind::FileMapping)?.is_empty());
/// # Ok::<(), filemap_core::error::Error>(())
/// ```
pub fn lint(text: &str, kind: Kind) -> Result<Vec<Lint>, Error> {
    let (sd, places) = parse(text)?;
    let rights = TypeRights::of(kind);
    let what_kind = kind.article_name();
    let mut lints = Vec::new();
    let mut warn = |at: usize, what: String| lints.push(Lint { at, what });
    let acl = match &sd.dacl {
        Dacl::Absent => return Ok(lints),
        Dacl::Null => {
            warn(places.dacl, "without a DACL everybody may do everything, also take the object away from you by a new DACL; grant what is needed to those who need it".into());
            return Ok(lints);
        }
        Dacl::List(acl) if acl.aces.is_empty() => {
            warn(places.dacl, "an empty DACL keeps everybody out; D:NO_ACCESS_CONTROL would let everybody in, and what you want is probably between them".into());
            return Ok(lints);
        }
        Dacl::List(acl) => acl,
    };
    let late = acl.check_canonical().err();
    for (index, (ace, place)) in acl.aces.iter().zip(&places.aces).enumerate() {
        let (AceBody::Allow { mask, sid } | AceBody::Deny { mask, sid }) = ace.body else {
            continue;
        };
        if let Some(late) = late.filter(|late| late.index == index) {
            let what = "ACEs are evaluated as they stand, and this one stands behind ACE";
            warn(
                place.at,
                format!(
                    "{what} {}: canonical is deny before allow, explicit before inherited",
                    late.after
                ),
            );
        }
        if ace.is_inherit_only() {
            warn(
                place.at,
                format!("an inherit-only ACE counts for containers' children, not for {what_kind}"),
            );
            continue;
        }
        let foreign = place
            .codes
            .iter()
            .filter(|(_, code)| code.starts_with('K') || matches!(*code, "FR" | "FW" | "FX"));
        for (at, code) in foreign.clone() {
            let bits = super::RIGHTS
                .iter()
                .find(|(known, _)| known == code)
                .map_or(AccessMask::NONE, |(_, bits)| *bits);
            let owner = if code.starts_with('K') {
                "registry keys"
            } else {
                "files"
            };
            let instead = match *code {
                "FR" | "KR" => "GR",
                "FW" | "KW" => "GW",
                "FX" | "KX" => "GX",
                _ => "GA",
            };
            let means = rights.words(bits & rights.valid);
            warn(
                *at,
                format!("{code} is a code for {owner}; on {what_kind} it means {means}; write {instead}"),
            );
        }
        let mapped = rights.map_generic(mask);
        if mapped.is_empty() {
            warn(place.rights_at, "this ACE names no right".into());
        }
        let nothing = mapped.without(rights.valid | AccessMask::ACCESS_SYSTEM_SECURITY);
        if !nothing.is_empty() && place.codes.is_empty() {
            let first = nothing.each_bit().next().unwrap_or_default();
            let sync = if first == AccessMask::SYNCHRONIZE {
                " (SYNCHRONIZE is no right of file mappings)"
            } else {
                ""
            };
            warn(
                place.rights_at,
                format!("the bits {nothing} mean nothing for {what_kind}{sync}"),
            );
        }
        if [Sid::CREATOR_OWNER, Sid::CREATOR_GROUP].contains(&sid) {
            warn(
                place.sid_at,
                format!(
                    "{} stands for somebody only in inheritable ACEs of containers; here it is nobody; name the account, or OW for the owner",
                    sid.words()
                ),
            );
        }
        let broad = [
            Sid::EVERYONE,
            Sid::AUTHENTICATED_USERS,
            Sid::USERS,
            Sid::INTERACTIVE,
            Sid::ANONYMOUS,
            Sid::GUESTS,
        ];
        let takes = mapped & (AccessMask::WRITE_DAC | AccessMask::WRITE_OWNER);
        if matches!(ace.body, AceBody::Allow { .. }) && broad.contains(&sid) && !takes.is_empty() {
            warn(
                place.rights_at,
                format!(
                    "with {} any of {} can give the object to himself alone; read and write of {what_kind} need less",
                    rights.words(takes),
                    sid.words()
                ),
            );
        }
    }
    lints.sort_by_key(|lint| lint.at);
    Ok(lints)
}
