//! Tokens: who asks, with which groups, privileges and integrity level (A-40).

use super::default_dacl::{Creator, Era};
use super::{Acl, Privilege, Sid};
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

/// How a group of a token counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GroupState {
    /// For allow and deny ACEs.
    Enabled,
    /// For deny ACEs only: Administrators in the filtered token of an administrator (A-22).
    DenyOnly,
    /// Not at all.
    Disabled,
}

/// A group of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Group {
    /// Which.
    pub sid: Sid,
    /// How it counts.
    pub state: GroupState,
}

/// Whether a privilege that is held is switched on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PrivilegeState {
    /// Held, and counts.
    Enabled,
    /// Held, and counts only after `AdjustTokenPrivileges`.
    Disabled,
}

/// An integrity level: the last number of `S-1-16-…`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IntegrityLevel(pub u32);

impl IntegrityLevel {
    /// Below everything.
    pub const UNTRUSTED: IntegrityLevel = IntegrityLevel(0);
    /// Sandboxes and AppContainers, `LW`.
    pub const LOW: IntegrityLevel = IntegrityLevel(0x1000);
    /// Ordinary programs, and objects without a label, `ME`.
    pub const MEDIUM: IntegrityLevel = IntegrityLevel(0x2000);
    /// Elevated programs, `HI`.
    pub const HIGH: IntegrityLevel = IntegrityLevel(0x3000);
    /// The system and services, `SI`.
    pub const SYSTEM: IntegrityLevel = IntegrityLevel(0x4000);

    /// Its SID.
    #[must_use]
    pub const fn sid(self) -> Sid {
        Sid::integrity(self.0)
    }
}

impl fmt::Display for IntegrityLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            IntegrityLevel::UNTRUSTED => f.write_str("untrusted"),
            IntegrityLevel::LOW => f.write_str("low"),
            IntegrityLevel::MEDIUM => f.write_str("medium"),
            IntegrityLevel::HIGH => f.write_str("high"),
            IntegrityLevel::SYSTEM => f.write_str("system"),
            IntegrityLevel(other) => write!(f, "{other:#x}"),
        }
    }
}

/// The AppContainer of a token (Windows 8+).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AppContainer {
    /// The package, `S-1-15-2-…`.
    pub package: Sid,
    /// Its capabilities, `S-1-15-3-…`.
    pub capabilities: Vec<Sid>,
}

/// Whether user account control has split the account's token in two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Elevation {
    /// There is only one token.
    Default,
    /// The full token of an administrator: "run as administrator".
    Full,
    /// The filtered token of an administrator.
    Limited,
}

/// Who asks: the access token of a process, or of a thread that impersonates somebody.
///
/// The constructors make the persons of the seeds' story; change the fields for others.
///
/// ```
/// use filemap_core::security::{Privilege, Sid, Token};
/// let ann: Sid = "S-1-5-21-1-2-3-1001".parse()?;
/// let filtered = Token::filtered_administrator(ann, 1);
/// assert!(filtered.has(&Sid::ADMINISTRATORS) && !filtered.is_enabled(&Sid::ADMINISTRATORS));
/// assert!(!filtered.has_enabled(Privilege::CreateGlobal));
/// assert!(Token::elevated_administrator(ann, 1).has_enabled(Privilege::CreateGlobal));
/// # Ok::<(), filemap_core::error::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The account.
    pub user: Sid,
    /// Its groups, the SID of its logon session among them.
    pub groups: Vec<Group>,
    /// Its privileges; one that is not here is not held.
    pub privileges: Vec<(Privilege, PrivilegeState)>,
    /// Its integrity level; `None` before Vista, which had none and makes no integrity check.
    pub integrity: Option<IntegrityLevel>,
    /// SIDs that restrict it: the access check must pass with them too (A-44). Empty: not restricted.
    pub restricted: Vec<Sid>,
    /// Its AppContainer.
    pub app_container: Option<AppContainer>,
    /// Its session (N-1).
    pub session: u32,
    /// Who becomes owner of what it creates (A-3).
    pub owner: Sid,
    /// The primary group of what it creates.
    pub primary_group: Sid,
    /// The DACL of what it creates without one (A-2); generic rights are not replaced yet.
    pub default_dacl: Option<Acl>,
    /// Whether it is one of two tokens of an administrator.
    pub elevation: Elevation,
}

fn enabled<const N: usize>(sids: [Sid; N]) -> Vec<Group> {
    sids.map(|sid| Group {
        sid,
        state: GroupState::Enabled,
    })
    .into()
}

const EVERY_USER: [Sid; 3] = [Sid::EVERYONE, Sid::AUTHENTICATED_USERS, Sid::USERS];

impl Token {
    fn new(user: Sid, session: u32) -> Token {
        Token {
            user,
            groups: Vec::new(),
            privileges: vec![(Privilege::ChangeNotify, PrivilegeState::Enabled)],
            integrity: None,
            restricted: Vec::new(),
            app_container: None,
            session,
            owner: user,
            primary_group: Sid::USERS,
            default_dacl: None,
            elevation: Elevation::Default,
        }
    }

    fn with_privileges(mut self, on: &[Privilege], off: &[Privilege]) -> Token {
        on.iter()
            .for_each(|p| self.set_privilege(*p, PrivilegeState::Enabled));
        off.iter()
            .for_each(|p| self.set_privilege(*p, PrivilegeState::Disabled));
        self
    }

    fn with_default_dacl(mut self, creator: &Creator, era: Era) -> Token {
        self.default_dacl = Some(creator.default_dacl(era));
        self
    }

    /// A user of an interactive session, as Windows lays it out: in that session's own logon session.
    fn interactive(user: Sid, session: u32) -> Token {
        let logon = Sid::logon_session(0, session);
        let mut token = Token::new(user, session);
        token.groups = enabled(EVERY_USER);
        token.groups.extend(enabled([Sid::INTERACTIVE, logon]));
        token
    }

    /// A service of LocalSystem, session 0.
    #[must_use]
    pub fn local_system() -> Token {
        let mut token = Token::new(Sid::LOCAL_SYSTEM, 0);
        token.groups = enabled([Sid::ADMINISTRATORS, Sid::EVERYONE, Sid::AUTHENTICATED_USERS]);
        token.integrity = Some(IntegrityLevel::SYSTEM);
        token.owner = Sid::ADMINISTRATORS;
        token.primary_group = Sid::LOCAL_SYSTEM;
        token
            .with_privileges(
                &[
                    Privilege::CreateGlobal,
                    Privilege::CreatePermanent,
                    Privilege::Debug,
                    Privilege::Impersonate,
                    Privilege::LockMemory,
                ],
                &[
                    Privilege::TakeOwnership,
                    Privilege::Security,
                    Privilege::Restore,
                    Privilege::Relabel,
                ],
            )
            .with_default_dacl(&Creator::LocalSystem, Era::Vista)
    }

    /// A service of Local Service, session 0.
    #[must_use]
    pub fn local_service() -> Token {
        Token::service_account(Sid::LOCAL_SERVICE)
    }

    /// A service of Network Service, session 0.
    #[must_use]
    pub fn network_service() -> Token {
        Token::service_account(Sid::NETWORK_SERVICE)
    }

    /// A service that runs under the account `user`, session 0.
    #[must_use]
    pub fn service_account(user: Sid) -> Token {
        let mut token = Token::new(user, 0);
        token.groups = enabled(EVERY_USER);
        token.groups.extend(enabled([Sid::SERVICE]));
        token.integrity = Some(IntegrityLevel::SYSTEM);
        token
            .with_privileges(&[Privilege::CreateGlobal, Privilege::Impersonate], &[])
            .with_default_dacl(&Creator::Service { account: user }, Era::Vista)
    }

    /// A user who is no administrator, Vista and later.
    #[must_use]
    pub fn standard_user(user: Sid, session: u32) -> Token {
        let mut token = Token::interactive(user, session);
        token.integrity = Some(IntegrityLevel::MEDIUM);
        let creator = Creator::User {
            user,
            logon: token.logon_sid(),
        };
        token.with_default_dacl(&creator, Era::Vista)
    }

    /// An administrator's program that was not elevated, Vista and later: Administrators is deny-only, and the
    /// privileges are gone.
    #[must_use]
    pub fn filtered_administrator(user: Sid, session: u32) -> Token {
        let mut token = Token::standard_user(user, session);
        token.groups.push(Group {
            sid: Sid::ADMINISTRATORS,
            state: GroupState::DenyOnly,
        });
        token.elevation = Elevation::Limited;
        token
    }

    /// An administrator's program that was elevated ("run as administrator"), Vista and later.
    #[must_use]
    pub fn elevated_administrator(user: Sid, session: u32) -> Token {
        let mut token = Token::interactive(user, session).with_administrator();
        token.integrity = Some(IntegrityLevel::HIGH);
        token.owner = Sid::ADMINISTRATORS;
        token.elevation = Elevation::Full;
        let creator = Creator::Administrator {
            logon: token.logon_sid(),
        };
        token.with_default_dacl(&creator, Era::Vista)
    }

    /// A user who is no administrator, Windows 2000 to Server 2003: no integrity levels.
    #[must_use]
    pub fn xp_user(user: Sid, session: u32) -> Token {
        let token = Token::interactive(user, session);
        let creator = Creator::User {
            user,
            logon: token.logon_sid(),
        };
        token.with_default_dacl(&creator, Era::Xp)
    }

    /// An administrator, Windows 2000 to Server 2003: no integrity levels and nothing is filtered.
    #[must_use]
    pub fn xp_administrator(user: Sid, session: u32) -> Token {
        let mut token = Token::interactive(user, session).with_administrator();
        token.owner = Sid::ADMINISTRATORS;
        let creator = Creator::Administrator {
            logon: token.logon_sid(),
        };
        token.with_default_dacl(&creator, Era::Xp)
    }

    fn with_administrator(mut self) -> Token {
        self.groups.extend(enabled([Sid::ADMINISTRATORS]));
        self.with_privileges(
            &[Privilege::CreateGlobal, Privilege::Impersonate],
            &[
                Privilege::TakeOwnership,
                Privilege::Security,
                Privilege::Restore,
                Privilege::Debug,
            ],
        )
    }

    /// The same account at low integrity: a sandboxed program.
    #[must_use]
    pub fn at_low_integrity(mut self) -> Token {
        self.integrity = Some(IntegrityLevel::LOW);
        self
    }

    /// The same account in an AppContainer, which is of low integrity too.
    #[must_use]
    pub fn in_app_container(mut self, package: Sid, capabilities: Vec<Sid>) -> Token {
        self.app_container = Some(AppContainer {
            package,
            capabilities,
        });
        self.at_low_integrity()
    }

    /// The same account, restricted to what these SIDs may do as well (A-44).
    #[must_use]
    pub fn restricted_to(mut self, sids: Vec<Sid>) -> Token {
        self.restricted = sids;
        self
    }

    /// The same account with one more group.
    #[must_use]
    pub fn with_group(mut self, sid: Sid, state: GroupState) -> Token {
        self.groups.retain(|group| group.sid != sid);
        self.groups.push(Group { sid, state });
        self
    }

    /// Gives the token a privilege, or changes its state.
    pub fn set_privilege(&mut self, privilege: Privilege, state: PrivilegeState) {
        self.privileges.retain(|(held, _)| *held != privilege);
        self.privileges.push((privilege, state));
    }

    /// Whether the privilege is held and enabled.
    #[must_use]
    pub fn has_enabled(&self, privilege: Privilege) -> bool {
        self.privileges.contains(&(privilege, PrivilegeState::Enabled))
    }

    /// Whether `sid` is the user or an enabled group: what allow ACEs go by.
    #[must_use]
    pub fn is_enabled(&self, sid: &Sid) -> bool {
        self.user == *sid
            || self.groups.contains(&Group {
                sid: *sid,
                state: GroupState::Enabled,
            })
    }

    /// Whether `sid` is the user, an enabled or a deny-only group: what deny ACEs go by.
    #[must_use]
    pub fn has(&self, sid: &Sid) -> bool {
        self.is_enabled(sid)
            || self.groups.contains(&Group {
                sid: *sid,
                state: GroupState::DenyOnly,
            })
    }

    /// The SID of the logon session, if the token has one.
    #[must_use]
    pub fn logon_sid(&self) -> Option<Sid> {
        self.groups
            .iter()
            .map(|group| group.sid)
            .find(Sid::is_logon_session)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deny_only_group_counts_against_and_not_for_its_member() {
        // A-22, A-41 step 6.
        let ann = Sid::unix_user(1000);
        let token = Token::filtered_administrator(ann, 1);
        assert!(token.has(&Sid::ADMINISTRATORS));
        assert!(!token.is_enabled(&Sid::ADMINISTRATORS));
        let token = token.with_group(Sid::ADMINISTRATORS, GroupState::Disabled);
        assert!(!token.has(&Sid::ADMINISTRATORS));
    }

    #[test]
    fn only_vista_tokens_have_an_integrity_level() {
        let ann = Sid::unix_user(1000);
        assert_eq!(Token::xp_user(ann, 0).integrity, None);
        assert_eq!(Token::xp_administrator(ann, 0).integrity, None);
        let levels = [
            Token::standard_user(ann, 1).at_low_integrity(),
            Token::standard_user(ann, 1),
            Token::elevated_administrator(ann, 1),
            Token::local_system(),
        ];
        assert!(
            levels
                .windows(2)
                .all(|pair| pair[0].integrity < pair[1].integrity)
        );
    }

    #[test]
    fn users_of_a_session_have_a_logon_sid_and_services_have_none() {
        assert_eq!(
            Token::standard_user(Sid::unix_user(1), 3).logon_sid(),
            Some(Sid::logon_session(0, 3))
        );
        assert_eq!(Token::local_system().logon_sid(), None);
    }
}
