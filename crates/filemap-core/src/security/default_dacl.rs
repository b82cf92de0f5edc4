//! Default DACLs: what protects an object whose creator gave no descriptor (security.md section 2).

use super::{AccessMask, Ace, Acl, Sid, TypeRights};
use crate::kind::Kind;
use alloc::vec::Vec;

/// Whose token the default DACL belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Creator {
    /// A service of LocalSystem.
    LocalSystem,
    /// A service of Local Service, Network Service or another account.
    Service {
        /// The account.
        account: Sid,
    },
    /// A standard user, or an administrator whose program was not elevated.
    User {
        /// The account.
        user: Sid,
        /// The logon session, from Vista on.
        logon: Option<Sid>,
    },
    /// An administrator of 2000 to 2003, or elevated from Vista on. By policy 2000 to 2003 gave administrators the row of
    /// the user: then say [`User`](Creator::User).
    Administrator {
        /// The logon session, from Vista on.
        logon: Option<Sid>,
    },
}

/// The two generations of default DACLs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Era {
    /// NT to Server 2003.
    Xp,
    /// Vista and later: the logon session may read and execute.
    Vista,
}

impl Creator {
    /// The default DACL of such a token, generic rights as they are.
    ///
    /// ```
    /// use filemap_core::security::{SecurityDescriptor, default_dacl::{Creator, Era}};
    /// let sd = SecurityDescriptor::with_dacl(Creator::LocalSystem.default_dacl(Era::Vista));
    /// assert_eq!(sd.to_string(), "D:(A;;GA;;;SY)(A;;RCGXGR;;;BA)");
    /// ```
    #[must_use]
    pub fn default_dacl(&self, era: Era) -> Acl {
        const ALL: AccessMask = AccessMask::GENERIC_ALL;
        const READ_EXECUTE: AccessMask = AccessMask(0xA000_0000);
        let system = Ace::allow(ALL, Sid::LOCAL_SYSTEM);
        let mut aces = match *self {
            Creator::LocalSystem => {
                return Acl::from([
                    system,
                    Ace::allow(READ_EXECUTE | AccessMask::READ_CONTROL, Sid::ADMINISTRATORS),
                ]);
            }
            Creator::Service { account } => return Acl::from([system, Ace::allow(ALL, account)]),
            Creator::User { user, .. } => Vec::from([Ace::allow(ALL, user), system]),
            Creator::Administrator { .. } => Vec::from([Ace::allow(ALL, Sid::ADMINISTRATORS), system]),
        };
        if let (
            Era::Vista,
            Creator::User {
                logon: Some(logon), ..
            }
            | Creator::Administrator { logon: Some(logon) },
        ) = (era, *self)
        {
            aces.push(Ace::allow(READ_EXECUTE, logon));
        }
        Acl { aces }
    }

    /// The default DACL as an object of this kind stores it (A-10).
    #[must_use]
    pub fn expanded(&self, era: Era, kind: Kind) -> Acl {
        self.default_dacl(era).with_generic_mapped(TypeRights::of(kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::security::SecurityDescriptor;
    use alloc::string::ToString;

    #[test]
    fn the_default_dacls_are_those_of_the_table() {
        // security.md section 2, row by row.
        let (user, logon) = (Sid::unix_user(7), Some(Sid::logon_session(1, 2)));
        let rows = [
            (Creator::LocalSystem, Era::Vista, "D:(A;;GA;;;SY)(A;;RCGXGR;;;BA)"),
            (Creator::LocalSystem, Era::Xp, "D:(A;;GA;;;SY)(A;;RCGXGR;;;BA)"),
            (
                Creator::Service {
                    account: Sid::LOCAL_SERVICE,
                },
                Era::Vista,
                "D:(A;;GA;;;SY)(A;;GA;;;LS)",
            ),
            (
                Creator::Service {
                    account: Sid::NETWORK_SERVICE,
                },
                Era::Xp,
                "D:(A;;GA;;;SY)(A;;GA;;;NS)",
            ),
            (
                Creator::User { user, logon },
                Era::Xp,
                "D:(A;;GA;;;S-1-22-1-7)(A;;GA;;;SY)",
            ),
            (
                Creator::Administrator { logon },
                Era::Xp,
                "D:(A;;GA;;;BA)(A;;GA;;;SY)",
            ),
            (
                Creator::User { user, logon },
                Era::Vista,
                "D:(A;;GA;;;S-1-22-1-7)(A;;GA;;;SY)(A;;GXGR;;;S-1-5-5-1-2)",
            ),
            (
                Creator::Administrator { logon },
                Era::Vista,
                "D:(A;;GA;;;BA)(A;;GA;;;SY)(A;;GXGR;;;S-1-5-5-1-2)",
            ),
        ];
        for (creator, era, want) in rows {
            assert_eq!(
                SecurityDescriptor::with_dacl(creator.default_dacl(era)).to_string(),
                want,
                "{creator:?}"
            );
        }
    }

    #[test]
    fn generic_rights_are_replaced_when_the_object_is_created() {
        // A-10: GR = 0x20005, GX = 0x20008, GA = 0xF001F.
        let acl = Creator::LocalSystem.expanded(Era::Vista, Kind::FileMapping);
        let masks: Vec<_> = acl.aces.iter().filter_map(Ace::mask).collect();
        assert_eq!(masks, [AccessMask(0xF_001F), AccessMask(0x2_000D)]);
    }
}
