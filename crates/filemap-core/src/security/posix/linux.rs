//! The accounts of a Linux system as SIDs and tokens.

use super::{Account, SidMap};
use crate::security::default_dacl::{Creator, Era};
use crate::security::token::PrivilegeState;
use crate::security::{GroupState, IntegrityLevel, Privilege, Sid, Token};
use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

/// How somebody is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Logon {
    /// Logged in, at a console or over the network: has `IU`.
    Interactive {
        /// The SID of the login session.
        session: Sid,
    },
    /// Started by the system: has `SU`.
    Service,
}

/// Who a process is: its credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinuxAccount {
    /// The (effective, or file system) user.
    pub uid: u32,
    /// The primary group.
    pub gid: u32,
    /// The supplementary groups.
    pub groups: Vec<u32>,
    /// The session (N-90).
    pub session: u32,
    /// How it is there.
    pub logon: Logon,
}

const EVERYBODY: [Sid; 3] = [Sid::EVERYONE, Sid::AUTHENTICATED_USERS, Sid::USERS];

/// What has to be known of a system to say who a SID is. All fields may be empty: then root is SYSTEM, users and groups
/// are those of the convention `S-1-22`, and nobody else is anybody.
///
/// ```
/// use filemap_core::security::{Privilege, Sid};
/// use filemap_core::security::posix::{LinuxAccount, LinuxSids, Logon};
/// let sids = LinuxSids { admin_gids: vec![27], global_gids: vec![900], ..LinuxSids::default() };
/// let ann = LinuxAccount { uid: 1000, gid: 1000, groups: vec![27], session: 1, logon: Logon::Service };
/// let token = sids.token(&ann);
/// assert_eq!(token.user, Sid::unix_user(1000));
/// assert!(token.is_enabled(&Sid::ADMINISTRATORS) && token.is_enabled(&Sid::unix_group(27)));
/// assert!(!token.has_enabled(Privilege::CreateGlobal));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct LinuxSids {
    /// Groups whose members are Administrators (`sudo`, `wheel`).
    pub admin_gids: Vec<u32>,
    /// Groups whose members hold `SeCreateGlobalPrivilege` (`filemap-global`, N-91).
    pub global_gids: Vec<u32>,
    /// The group that interactive users are in, if the system keeps one. Then exactly its members must be given
    /// [`Logon::Interactive`].
    pub interactive_gid: Option<u32>,
    /// Login sessions and their users.
    pub logon_sessions: Vec<(Sid, u32)>,
    /// All groups of users, by uid: of at least those users that descriptors name.
    pub members: BTreeMap<u32, Vec<u32>>,
}

impl LinuxSids {
    fn sids_of_groups(&self, gids: &[u32]) -> Vec<Sid> {
        let mut sids: Vec<Sid> = gids.iter().map(|gid| Sid::unix_group(*gid)).collect();
        if gids.iter().any(|gid| self.admin_gids.contains(gid)) {
            sids.push(Sid::ADMINISTRATORS);
        }
        if self.interactive_gid.is_some_and(|gid| gids.contains(&gid)) {
            sids.push(Sid::INTERACTIVE);
        }
        sids
    }

    /// The token of a process. Root is LocalSystem with all privileges that go with it; members of
    /// [`admin_gids`](LinuxSids::admin_gids) are Administrators by their groups, without privileges: those come by `sudo`.
    #[must_use]
    pub fn token(&self, account: &LinuxAccount) -> Token {
        let user = Sid::unix_user(account.uid);
        let gids: Vec<u32> = [account.gid]
            .into_iter()
            .chain(account.groups.iter().copied())
            .collect();
        let mut token = match (account.uid, account.logon) {
            (0, _) => Token {
                session: account.session,
                ..Token::local_system()
            }
            .with_group(user, GroupState::Enabled)
            .with_group(Sid::USERS, GroupState::Enabled),
            (_, Logon::Interactive { session }) => {
                let mut token = Token::standard_user(user, account.session);
                token.groups.retain(|group| !group.sid.is_logon_session());
                let creator = Creator::User {
                    user,
                    logon: Some(session),
                };
                token.default_dacl = Some(creator.default_dacl(Era::Vista));
                token.with_group(session, GroupState::Enabled)
            }
            (_, Logon::Service) => {
                let mut token = Token {
                    session: account.session,
                    ..Token::service_account(user)
                };
                token.privileges = vec![(Privilege::ChangeNotify, PrivilegeState::Enabled)];
                token.integrity = Some(IntegrityLevel::MEDIUM);
                token
            }
        };
        if account.uid != 0 {
            token.primary_group = Sid::unix_group(account.gid);
        }
        for sid in self.sids_of_groups(&gids) {
            token = token.with_group(sid, GroupState::Enabled);
        }
        if gids.iter().any(|gid| self.global_gids.contains(gid)) {
            token.set_privilege(Privilege::CreateGlobal, PrivilegeState::Enabled);
        }
        token
    }
}

impl SidMap for LinuxSids {
    fn accounts(&self, sid: &Sid) -> Vec<Account> {
        let groups = |gids: &[u32]| gids.iter().map(|gid| Account::Group(*gid)).collect::<Vec<_>>();
        match (*sid, sid.authority(), sid.subauthorities()) {
            (Sid::LOCAL_SYSTEM, ..) | (_, 22, [1, 0]) => vec![Account::Root],
            (Sid::ADMINISTRATORS, ..) => [vec![Account::Root], groups(&self.admin_gids)].concat(),
            (_, 22, [1, uid]) => vec![Account::User(*uid)],
            (_, 22, [2, gid]) => vec![Account::Group(*gid)],
            (sid, ..) if EVERYBODY.contains(&sid) => vec![Account::Everybody],
            (Sid::INTERACTIVE, ..) => match self.interactive_gid {
                Some(gid) => vec![Account::Group(gid)],
                None => vec![Account::SomeUsers],
            },
            (Sid::SERVICE, ..) => vec![Account::SomeUsers],
            (sid, ..) => {
                let users = self.logon_sessions.iter().filter(|(session, _)| *session == sid);
                users
                    .map(|(_, uid)| {
                        if *uid == 0 {
                            Account::Root
                        } else {
                            Account::User(*uid)
                        }
                    })
                    .collect()
            }
        }
    }

    fn sids_of_user(&self, uid: u32) -> Vec<Sid> {
        let mut sids = self.sids_of_everybody();
        sids.push(Sid::unix_user(uid));
        if uid == 0 {
            sids.extend([Sid::LOCAL_SYSTEM, Sid::ADMINISTRATORS]);
        }
        sids.extend(self.sids_of_groups(self.members.get(&uid).map_or(&[], |gids| gids)));
        sids
    }

    fn sids_of_some_programs(&self, uid: u32) -> Vec<Sid> {
        self.logon_sessions
            .iter()
            .filter(|(_, user)| *user == uid)
            .map(|(session, _)| *session)
            .collect()
    }

    fn sids_of_group(&self, gid: u32) -> Vec<Sid> {
        let mut sids = self.sids_of_everybody();
        sids.extend(self.sids_of_groups(&[gid]));
        sids
    }

    fn sids_of_everybody(&self) -> Vec<Sid> {
        EVERYBODY.into()
    }
}
