//! Privileges, and the one that new sections in the global directory need (N-40 to N-48).

use super::Token;
use crate::error::{Error, Op, Why};
use crate::kind::Kind;
use core::fmt;

/// The privileges that named objects have to do with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Privilege {
    /// Create sections and links in the global directory from a session other than 0 (N-41).
    CreateGlobal,
    /// Become owner whatever the DACL says (A-41).
    TakeOwnership,
    /// Read and change SACLs (A-7).
    Security,
    /// Make somebody else owner.
    Restore,
    /// Give a label above the own integrity level.
    Relabel,
    /// Pass through directories without traverse right (A-45).
    ChangeNotify,
    /// Create permanent objects (O-51).
    CreatePermanent,
    /// Use large pages (M-14).
    LockMemory,
    /// Open any process.
    Debug,
    /// Act for somebody else.
    Impersonate,
}

impl Privilege {
    /// The name, as in `winnt.h`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Privilege::CreateGlobal => "SeCreateGlobalPrivilege",
            Privilege::TakeOwnership => "SeTakeOwnershipPrivilege",
            Privilege::Security => "SeSecurityPrivilege",
            Privilege::Restore => "SeRestorePrivilege",
            Privilege::Relabel => "SeRelabelPrivilege",
            Privilege::ChangeNotify => "SeChangeNotifyPrivilege",
            Privilege::CreatePermanent => "SeCreatePermanentPrivilege",
            Privilege::LockMemory => "SeLockMemoryPrivilege",
            Privilege::Debug => "SeDebugPrivilege",
            Privilege::Impersonate => "SeImpersonatePrivilege",
        }
    }
}

impl fmt::Display for Privilege {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What is created, as far as N-41 tells things apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Creation {
    /// An object of one of the six kinds.
    Object(Kind),
    /// A symbolic link of the object name space.
    SymbolicLink,
}

/// Whether the privilege of N-41 exists at all (N-40).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GlobalRule {
    /// Windows 2000 SP4, XP SP2, Server 2003 and everything later.
    Privilege,
    /// Everything earlier, also CE and 9x.
    Free,
}

/// Whether somebody in `session` needs `SeCreateGlobalPrivilege` to create this in the global directory (N-41, N-42,
/// N-45). Opening never needs it, nor does a `Create…` call that finds the object (N-43): ask only when nothing exists.
///
/// ```
/// use filemap_core::kind::Kind;
/// use filemap_core::security::privilege::{Creation, GlobalRule, global_creation_needs_privilege};
/// let needs = |kind, session| global_creation_needs_privilege(Creation::Object(kind), session, GlobalRule::Privilege);
/// assert!(needs(Kind::FileMapping, 1));
/// assert!(!needs(Kind::FileMapping, 0));
/// assert!(!needs(Kind::Mutex, 1));
/// ```
#[must_use]
pub const fn global_creation_needs_privilege(what: Creation, session: u32, rule: GlobalRule) -> bool {
    let concerned = matches!(what, Creation::Object(Kind::FileMapping) | Creation::SymbolicLink);
    concerned && session != 0 && matches!(rule, GlobalRule::Privilege)
}

/// Whether `token` may create this in the global directory. The privilege must be enabled, not only held (Q-14).
///
/// # Errors
/// 5, not 1314 (N-41).
pub fn check_global_creation(what: Creation, token: &Token, rule: GlobalRule) -> Result<(), Error> {
    let needed = global_creation_needs_privilege(what, token.session, rule);
    if needed && !token.has_enabled(Privilege::CreateGlobal) {
        let op = match what {
            Creation::Object(Kind::FileMapping) => Op::CreateFileMapping,
            Creation::Object(kind) => Op::Create(kind.name()),
            Creation::SymbolicLink => Op::Create("symbolic link"),
        };
        return Err(Error::new(op, "", Why::GlobalCreation));
    }
    Ok(())
}

/// Whether Vista and later may refuse (5) a service that creates a named object in its own session directory while it
/// acts for `client` (N-48): the client is of another session, or no administrator. The refusal is possible, not
/// certain: the documentation says "may", so this is for explanations only.
#[must_use]
pub fn impersonation_may_be_refused(service: &Token, client: &Token) -> bool {
    service.session == 0
        && (client.session != service.session || !client.is_enabled(&super::Sid::ADMINISTRATORS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Win32Code;
    use crate::security::Sid;

    fn ann() -> Sid {
        "S-1-5-21-1-2-3-1001".parse().unwrap()
    }

    const SECTION: Creation = Creation::Object(Kind::FileMapping);

    #[test]
    fn the_privilege_is_needed_exactly_for_new_sections_and_links_outside_session_0() {
        // N-41, N-42, N-45.
        for kind in Kind::ALL {
            for session in [0, 1, 7] {
                let needed =
                    global_creation_needs_privilege(Creation::Object(kind), session, GlobalRule::Privilege);
                assert_eq!(
                    needed,
                    kind == Kind::FileMapping && session != 0,
                    "{kind:?} in session {session}"
                );
            }
        }
        assert!(global_creation_needs_privilege(
            Creation::SymbolicLink,
            1,
            GlobalRule::Privilege
        ));
        assert!(!global_creation_needs_privilege(
            Creation::SymbolicLink,
            0,
            GlobalRule::Privilege
        ));
    }

    #[test]
    fn before_xp_sp2_nobody_needs_it() {
        // N-40, N-67.
        assert!(!global_creation_needs_privilege(SECTION, 1, GlobalRule::Free));
    }

    #[test]
    fn who_may_create_a_global_section() {
        // N-44, N-67: services yes, elevated yes, filtered and standard users no, and the number is 5.
        let may = |token: &Token| check_global_creation(SECTION, token, GlobalRule::Privilege);
        assert!(may(&Token::local_system()).is_ok());
        assert!(
            may(&Token {
                session: 2,
                ..Token::local_service()
            })
            .is_ok()
        );
        assert!(
            may(&Token {
                session: 2,
                ..Token::network_service()
            })
            .is_ok()
        );
        assert!(
            may(&Token {
                session: 2,
                ..Token::service_account(ann())
            })
            .is_ok()
        );
        assert!(may(&Token::elevated_administrator(ann(), 1)).is_ok());
        assert!(may(&Token::xp_administrator(ann(), 1)).is_ok());
        for token in [
            Token::standard_user(ann(), 1),
            Token::filtered_administrator(ann(), 1),
            Token::xp_user(ann(), 1),
        ] {
            let error = may(&token).unwrap_err();
            assert_eq!(error.code(), Win32Code::ACCESS_DENIED);
            assert_eq!(error.why(), &Why::GlobalCreation);
            assert!(
                check_global_creation(Creation::Object(Kind::Event), &token, GlobalRule::Privilege).is_ok()
            );
        }
        assert!(may(&Token::xp_user(ann(), 0)).is_ok(), "N-45");
    }

    #[test]
    fn a_privilege_that_is_held_and_disabled_does_not_count() {
        // Q-14.
        let mut token = Token::elevated_administrator(ann(), 1);
        token.set_privilege(
            Privilege::CreateGlobal,
            crate::security::token::PrivilegeState::Disabled,
        );
        assert!(check_global_creation(SECTION, &token, GlobalRule::Privilege).is_err());
    }

    #[test]
    fn a_service_that_impersonates_a_user_may_be_refused() {
        // N-48.
        let service = Token::local_system();
        assert!(impersonation_may_be_refused(
            &service,
            &Token::standard_user(ann(), 1)
        ));
        assert!(impersonation_may_be_refused(
            &service,
            &Token::standard_user(ann(), 0)
        ));
        assert!(!impersonation_may_be_refused(
            &service,
            &Token::elevated_administrator(ann(), 0)
        ));
        assert!(!impersonation_may_be_refused(
            &Token::standard_user(ann(), 1),
            &Token::standard_user(ann(), 1)
        ));
    }
}
