//! Persons, masks and objects as `why`, `can` and `doctor` take them on the command line.

use filemap::core::profile::{Profile, named};
use filemap::core::security::access_check::{closest_mask, smallest_mask, useful_masks};
use filemap::core::security::{Privilege, TypeRights};
use filemap::security::{
    AccessMask, SecurityDescriptor, Sid, Token, access_check, token_of_user, user_by_name,
};
use filemap::{FileMapAccess, Kind};
use serde::Serialize;

/// Who calls, from where, on which Windows.
#[derive(Clone, Debug)]
pub(crate) struct Who {
    pub(crate) words: String,
    pub(crate) token: Token,
    pub(crate) session: u32,
    pub(crate) profile: &'static Profile,
    /// The user's number, for a user of this machine.
    pub(crate) uid: Option<u32>,
}

/// An account that stands for "some user" where the user of this machine is not meant.
fn somebody() -> Sid {
    "S-1-5-21-1-2-3-1001".parse().expect("a SID")
}

impl Who {
    /// `session=1,user=standard,platform=xp`: each part may be left out.
    pub(crate) fn parse(text: &str) -> Result<Who, String> {
        let (mut session, mut user, mut platform) = (None, None, None);
        for part in text.split(',').filter(|part| !part.is_empty()) {
            let (key, value) = part.split_once('=').ok_or_else(|| {
                format!("`{part}`: write KEY=VALUE, as in session=1,user=standard,platform=xp")
            })?;
            let place = match key {
                "session" => &mut session,
                "user" => &mut user,
                "platform" => &mut platform,
                _ => return Err(format!("`{key}` is none of session, user, platform")),
            };
            *place = Some(value);
        }
        let profile = named(platform.unwrap_or("nt")).map_err(|e| e.to_string())?;
        let number = |text: &str| {
            text.parse::<u32>()
                .map_err(|_| format!("`{text}` is not a session number"))
        };
        let given = session.map(number).transpose()?;
        let user = user.unwrap_or("standard");
        let before_vista = profile.name != "nt" && !profile.name.starts_with("vista");
        let session = given.unwrap_or(match user {
            "system" | "service" => 0,
            _ => profile.first_user_session.is.0.unwrap_or(0),
        });
        let (ann, mut uid) = (somebody(), None);
        let token = match (user, before_vista) {
            ("system", _) => Token {
                session,
                ..Token::local_system()
            },
            ("service", _) => Token {
                session,
                ..Token::service_account(ann)
            },
            ("standard", false) => Token::standard_user(ann, session),
            ("standard", true) => Token::xp_user(ann, session),
            ("admin", false) => Token::elevated_administrator(ann, session),
            ("filtered", false) => Token::filtered_administrator(ann, session),
            ("admin" | "filtered", true) => Token::xp_administrator(ann, session),
            ("low", false) => Token::standard_user(ann, session).at_low_integrity(),
            ("low", true) => return Err("there is no low integrity before Vista".into()),
            (name, _) => {
                let found = user_by_name(name).ok_or_else(|| {
                    format!("`{name}` is none of system, service, standard, admin, filtered, low, and no user of this machine")
                })?;
                uid = Some(found);
                token_of_user(found, given.unwrap_or_else(|| session_of(found)))
            }
        };
        let session = token.session;
        Ok(Who {
            words: format!("{user}, session {session}, {}", profile.title),
            token,
            session,
            profile,
            uid,
        })
    }

    /// A user of this machine.
    pub(crate) fn of_user(name: &str, session: Option<u32>) -> Result<Who, String> {
        let uid = user_by_name(name).ok_or_else(|| format!("there is no user `{name}` on this machine"))?;
        let session = session.unwrap_or_else(|| session_of(uid));
        Ok(Who {
            words: format!(
                "{} (uid {uid}), session {session}",
                filemap::security::user_name(uid)
            ),
            token: token_of_user(uid, session),
            session,
            profile: named("nt").map_err(|e| e.to_string())?,
            uid: Some(uid),
        })
    }

    pub(crate) fn create_global(&self) -> bool {
        self.token.has_enabled(Privilege::CreateGlobal)
    }
}

/// The session that a user of this machine has by default.
pub(crate) fn session_of(uid: u32) -> u32 {
    if uid < 1000 { 0 } else { uid }
}

/// The kinds of object by the names that a person uses.
#[derive(Clone, Copy, clap::ValueEnum)]
pub(crate) enum KindWord {
    Mapping,
    Event,
    Mutex,
    Semaphore,
    Timer,
    Job,
}

impl KindWord {
    pub(crate) fn kind(self) -> Kind {
        match self {
            KindWord::Mapping => Kind::FileMapping,
            KindWord::Event => Kind::Event,
            KindWord::Mutex => Kind::Mutex,
            KindWord::Semaphore => Kind::Semaphore,
            KindWord::Timer => Kind::WaitableTimer,
            KindWord::Job => Kind::Job,
        }
    }
}

/// What a descriptor grants somebody of what he asks for (I-11).
#[derive(Debug, Serialize)]
pub(crate) struct Rights {
    /// What was asked for, generic rights spelt out.
    pub(crate) asked: String,
    /// The part of it that is granted.
    pub(crate) granted: String,
    /// The part that is not; empty if all is granted.
    pub(crate) missing: String,
    /// The rule that refused first.
    pub(crate) decided: Option<String>,
    /// The largest useful part of what was asked for that would be granted.
    pub(crate) closest: Option<String>,
    /// The smallest useful mask that would be granted.
    pub(crate) smallest: Option<String>,
    /// Owner and DACL.
    pub(crate) descriptor: String,
    /// Each ACE in words.
    pub(crate) aces: Vec<String>,
}

fn words(rights: &TypeRights, mask: AccessMask) -> String {
    match mask.is_empty() {
        true => "nothing".into(),
        false => format!("{} ({mask})", rights.words(mask)),
    }
}

impl Rights {
    pub(crate) fn of(sd: &SecurityDescriptor, token: &Token, kind: Kind, asked: u32) -> Rights {
        let rights = TypeRights::of(kind);
        let asked = AccessMask(asked);
        let useful = useful_masks(kind);
        let (granted, missing, decided) = match access_check(sd, token, kind, asked) {
            Ok(granted) => (granted, AccessMask::NONE, None),
            Err(denial) => {
                let decided = match denial.reason {
                    filemap::core::security::Reason::MaskEmpty => "no right was asked for".to_owned(),
                    _ => denial.to_string(),
                };
                (denial.granted, denial.missing, Some(decided))
            }
        };
        let refused = decided.is_some();
        let mask = |mask: Option<AccessMask>| mask.filter(|_| refused).map(|mask| words(rights, mask));
        let dacl = sd.dacl.list().into_iter().flat_map(|acl| &acl.aces);
        Rights {
            asked: words(rights, rights.map_generic(asked)),
            granted: words(rights, granted),
            missing: if missing.is_empty() {
                String::new()
            } else {
                words(rights, missing)
            },
            decided,
            closest: mask(closest_mask(sd, token, kind, useful, asked)),
            smallest: mask(smallest_mask(sd, token, kind, useful)),
            descriptor: sd.to_string(),
            aces: dacl.map(|ace| ace.words(rights)).collect(),
        }
    }

    pub(crate) fn is_granted(&self) -> bool {
        self.decided.is_none()
    }

    /// Lines for people.
    pub(crate) fn lines(&self) -> Vec<(&'static str, String)> {
        let mut lines = vec![
            ("asked for", self.asked.clone()),
            ("granted", self.granted.clone()),
        ];
        if !self.missing.is_empty() {
            lines.push(("missing", self.missing.clone()));
        }
        if let Some(decided) = &self.decided {
            lines.push(("decided by", decided.clone()));
            lines.push(("descriptor", self.descriptor.clone()));
            lines.extend(
                self.aces
                    .iter()
                    .enumerate()
                    .map(|(i, ace)| ("", format!("ACE {i}: {ace}"))),
            );
        }
        match (&self.closest, &self.smallest) {
            (Some(mask), _) | (None, Some(mask)) => lines.push(("would work", mask.clone())),
            (None, None) if self.decided.is_some() => lines.push(("would work", "nothing useful".into())),
            _ => {}
        }
        lines
    }
}

/// Rights that an open of a file mapping with this argument asks for; of other kinds, the mask itself.
pub(crate) fn open_mask(kind: Kind, access: u32, profile: &Profile) -> u32 {
    match kind {
        Kind::FileMapping => FileMapAccess::of_open_argument(access, profile),
        _ => access,
    }
}

/// Writes aligned `key  value` lines.
pub(crate) fn write_lines(out: &mut dyn std::io::Write, lines: &[(&str, String)]) -> std::io::Result<()> {
    for (key, value) in lines {
        writeln!(out, "{key:<11} {}", filemap::Escaped(value))?;
    }
    Ok(())
}
