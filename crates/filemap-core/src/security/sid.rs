//! Security identifiers (SIDs): who somebody is.

use super::unreadable;
use crate::error::{Error, Why};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

/// A security identifier: an authority (48 bits) and up to 15 subauthorities (32 bits each), revision 1.
///
/// Text `S-1-5-32-544`, or a two-letter code such as `BA` (A-34). Source: Microsoft "SID components", `winnt.h`.
///
/// ```
/// use filemap_core::security::Sid;
/// let admins: Sid = "S-1-5-32-544".parse()?;
/// assert_eq!(admins, Sid::ADMINISTRATORS);
/// assert_eq!(admins, "BA".parse()?);
/// assert_eq!(admins.code(), Some("BA"));
/// assert_eq!(admins.to_string(), "S-1-5-32-544");
/// # Ok::<(), filemap_core::error::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sid {
    authority: u64,
    count: u8,
    /// Those from `count` on are 0, so that equality and order can be derived.
    subauthorities: [u32; Sid::MAX_SUBAUTHORITIES],
}

impl Sid {
    /// The most subauthorities a SID has.
    pub const MAX_SUBAUTHORITIES: usize = 15;
    /// The only revision.
    pub const REVISION: u8 = 1;
    /// Length in bytes of the largest binary form (`SECURITY_MAX_SID_SIZE`).
    pub const MAX_LEN: usize = 8 + 4 * Sid::MAX_SUBAUTHORITIES;

    /// Everyone, `WD`; anonymous users are not in it since XP.
    pub const EVERYONE: Sid = known(1, &[0]);
    /// Stands for the creator in inheritable ACEs, `CO`.
    pub const CREATOR_OWNER: Sid = known(3, &[0]);
    /// Stands for the creator's group in inheritable ACEs, `CG`.
    pub const CREATOR_GROUP: Sid = known(3, &[1]);
    /// Owner rights, `OW`: an ACE of it replaces what an owner may do anyhow (A-3).
    pub const OWNER_RIGHTS: Sid = known(3, &[4]);
    /// Logged on over the network, `NU`.
    pub const NETWORK: Sid = known(5, &[2]);
    /// Logged on interactively, `IU`: console and remote desktop.
    pub const INTERACTIVE: Sid = known(5, &[4]);
    /// Logged on as a service, `SU`.
    pub const SERVICE: Sid = known(5, &[6]);
    /// Nobody in particular, `AN`.
    pub const ANONYMOUS: Sid = known(5, &[7]);
    /// Everybody who said who they are, `AU`.
    pub const AUTHENTICATED_USERS: Sid = known(5, &[11]);
    /// In every restricted token by custom, `RC`.
    pub const RESTRICTED: Sid = known(5, &[12]);
    /// The system itself, `SY`; on Linux uid 0.
    pub const LOCAL_SYSTEM: Sid = known(5, &[18]);
    /// Local Service, `LS`.
    pub const LOCAL_SERVICE: Sid = known(5, &[19]);
    /// Network Service, `NS`.
    pub const NETWORK_SERVICE: Sid = known(5, &[20]);
    /// Administrators, `BA`.
    pub const ADMINISTRATORS: Sid = known(5, &[32, 544]);
    /// Users, `BU`.
    pub const USERS: Sid = known(5, &[32, 545]);
    /// Guests, `BG`.
    pub const GUESTS: Sid = known(5, &[32, 546]);
    /// All application packages, `AC`: every AppContainer (Windows 8+).
    pub const ALL_APPLICATION_PACKAGES: Sid = known(15, &[2, 1]);

    /// A SID from its parts; `None` if `authority` needs more than 48 bits or there are more than 15 subauthorities.
    #[must_use]
    pub const fn new(authority: u64, subauthorities: &[u32]) -> Option<Sid> {
        if authority >> 48 != 0 || subauthorities.len() > Sid::MAX_SUBAUTHORITIES {
            return None;
        }
        let mut all = [0; Sid::MAX_SUBAUTHORITIES];
        let mut i = 0;
        while i < subauthorities.len() {
            all[i] = subauthorities[i];
            i += 1;
        }
        Some(Sid {
            authority,
            count: subauthorities.len() as u8,
            subauthorities: all,
        })
    }

    /// The SID of one logon session, `S-1-5-5-X-Y`.
    #[must_use]
    pub const fn logon_session(high: u32, low: u32) -> Sid {
        known(5, &[5, high, low])
    }

    /// The SID of an integrity level, `S-1-16-<level>`.
    #[must_use]
    pub const fn integrity(level: u32) -> Sid {
        known(16, &[level])
    }

    /// A Linux user, `S-1-22-1-<uid>` ("Unix users" by the convention of Samba). Root is [`LOCAL_SYSTEM`](Sid::LOCAL_SYSTEM)
    /// elsewhere; this function does not know that.
    #[must_use]
    pub const fn unix_user(uid: u32) -> Sid {
        known(22, &[1, uid])
    }

    /// A Linux group, `S-1-22-2-<gid>` ("Unix groups" by the convention of Samba).
    #[must_use]
    pub const fn unix_group(gid: u32) -> Sid {
        known(22, &[2, gid])
    }

    /// The identifier authority, 48 bits.
    #[must_use]
    pub const fn authority(&self) -> u64 {
        self.authority
    }

    /// The subauthorities.
    #[must_use]
    pub fn subauthorities(&self) -> &[u32] {
        &self.subauthorities[..usize::from(self.count)]
    }

    /// The level if this is the SID of an integrity level, as in a mandatory label.
    #[must_use]
    pub fn integrity_level(&self) -> Option<u32> {
        match (self.authority, self.subauthorities()) {
            (16, [level]) => Some(*level),
            _ => None,
        }
    }

    /// Whether this is the SID of a logon session.
    #[must_use]
    pub fn is_logon_session(&self) -> bool {
        self.authority == 5 && matches!(self.subauthorities(), [5, _, _])
    }

    /// The two-letter code of SDDL, if it has one (A-34).
    #[must_use]
    pub fn code(&self) -> Option<&'static str> {
        CODES.iter().find(|row| row.sid == *self).map(|row| row.code)
    }

    /// The SID of a two-letter code, in upper or lower case.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Sid> {
        CODES
            .iter()
            .find(|row| row.code.eq_ignore_ascii_case(code))
            .map(|row| row.sid)
    }

    /// In plain words who this is: `Administrators`, `user 1000`, or the SID itself.
    ///
    /// ```
    /// use filemap_core::security::Sid;
    /// assert_eq!(Sid::INTERACTIVE.words(), "interactive users (IU)");
    /// assert_eq!(Sid::unix_user(1000).words(), "Linux user 1000");
    /// ```
    #[must_use]
    pub fn words(&self) -> String {
        if let Some(row) = CODES.iter().find(|row| row.sid == *self) {
            return format!("{} ({})", row.who, row.code);
        }
        match (self.authority, self.subauthorities()) {
            (22, [1, uid]) => format!("Linux user {uid}"),
            (22, [2, gid]) => format!("Linux group {gid}"),
            (5, [5, high, low]) => format!("logon session {high}-{low}"),
            _ => self.to_string(),
        }
    }

    /// Length of the binary form in bytes.
    #[must_use]
    #[expect(
        clippy::len_without_is_empty,
        reason = "the length of a form, and no SID is empty"
    )]
    pub fn len(&self) -> usize {
        8 + 4 * usize::from(self.count)
    }

    /// Appends the binary form, as `winnt.h` lays out `SID`.
    pub fn write_to(&self, bytes: &mut Vec<u8>) {
        bytes.extend([Sid::REVISION, self.count]);
        bytes.extend(&self.authority.to_be_bytes()[2..]);
        for subauthority in self.subauthorities() {
            bytes.extend(subauthority.to_le_bytes());
        }
    }

    /// The binary form.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.len());
        self.write_to(&mut bytes);
        bytes
    }

    /// The SID at the start of `bytes`, which nobody has checked; bytes behind it are ignored.
    ///
    /// # Errors
    /// 1305 for another revision; 1337 if there are too many subauthorities or too few bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Sid, Error> {
        Sid::read(bytes).map_err(unreadable)
    }

    /// How many bytes a SID needs that begins with these; for callers that must know before they copy the rest.
    ///
    /// # Errors
    /// As [`from_bytes`](Sid::from_bytes).
    pub fn len_from_start(first: [u8; 2]) -> Result<usize, Error> {
        Sid::len_of(first).map_err(unreadable)
    }

    fn len_of([revision, count]: [u8; 2]) -> Result<usize, Why> {
        if revision != Sid::REVISION {
            return Err(Why::UnknownRevision {
                what: "the security identifier",
                revision,
            });
        }
        match usize::from(count) {
            count if count <= Sid::MAX_SUBAUTHORITIES => Ok(8 + 4 * count),
            count => Err(Why::SidMalformed {
                what: format!("it has {count} subauthorities, 15 are allowed"),
            }),
        }
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Sid, Why> {
        let cut = || Why::SidMalformed {
            what: format!("it is cut off after {} bytes", bytes.len()),
        };
        let [revision, count, ..] = *bytes else {
            return Err(cut());
        };
        let len = Sid::len_of([revision, count])?;
        let bytes = bytes.get(..len).ok_or_else(cut)?;
        let authority = bytes[2..8]
            .iter()
            .fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        let mut subauthorities = [0; Sid::MAX_SUBAUTHORITIES];
        let (words, _) = bytes[8..].as_chunks();
        for (to, word) in subauthorities.iter_mut().zip(words) {
            *to = u32::from_le_bytes(*word);
        }
        Ok(Sid {
            authority,
            count,
            subauthorities,
        })
    }

    /// Parses text; the error is a position in it and a sentence.
    pub(super) fn parse(text: &str) -> Result<Sid, (usize, String)> {
        let starts_with_s = text
            .get(..2)
            .is_some_and(|start| start.eq_ignore_ascii_case("S-"));
        if !starts_with_s {
            return match Sid::from_code(text) {
                Some(sid) => Ok(sid),
                None if DOMAIN_CODES.iter().any(|code| code.eq_ignore_ascii_case(text)) => Err((
                    0,
                    format!(
                        "{text} is an account or group of a domain, and there is no domain here; write its S-1-5-21-… SID"
                    ),
                )),
                None if text.is_empty() => Err((0, "a SID is missing".into())),
                None => Err((
                    0,
                    format!("{text:?} is neither a SID (S-1-…) nor a two-letter code"),
                )),
            };
        }
        let mut at = 2;
        let mut numbers = Vec::new();
        for part in text[2..].split('-') {
            let number = match part.get(..2) {
                Some("0x" | "0X") => digits(&part[2..], 16),
                _ => digits(part, 10),
            };
            match number {
                Some(number) => numbers.push((at, number)),
                None => return Err((at, format!("{part:?} is not a number of a SID"))),
            }
            at += part.len() + 1;
        }
        let [(_, revision), (at_authority, authority), subauthorities @ ..] = &numbers[..] else {
            return Err((0, "a SID has at least an authority: S-1-5".into()));
        };
        if *revision != u64::from(Sid::REVISION) {
            return Err((2, format!("SID revision {revision} does not exist, 1 does")));
        }
        if authority >> 48 != 0 {
            return Err((*at_authority, "the authority of a SID has at most 48 bits".into()));
        }
        if let Some((at, _)) = subauthorities.get(Sid::MAX_SUBAUTHORITIES) {
            return Err((*at, "a SID has at most 15 subauthorities".into()));
        }
        let mut all = [0; Sid::MAX_SUBAUTHORITIES];
        for (to, (at, number)) in all.iter_mut().zip(subauthorities) {
            *to = u32::try_from(*number)
                .map_err(|_| (*at, format!("subauthority {number} is more than 32 bits")))?;
        }
        Ok(Sid {
            authority: *authority,
            count: subauthorities.len() as u8,
            subauthorities: all,
        })
    }
}

/// An unsigned number; no sign, no blanks, at least one digit.
fn digits(text: &str, radix: u32) -> Option<u64> {
    let all_digits = !text.is_empty() && text.chars().all(|c| c.is_digit(radix));
    all_digits
        .then(|| u64::from_str_radix(text, radix).ok())
        .flatten()
}

const fn known(authority: u64, subauthorities: &[u32]) -> Sid {
    match Sid::new(authority, subauthorities) {
        Some(sid) => sid,
        None => panic!("a constant SID has a small authority and few subauthorities"),
    }
}

struct Code {
    code: &'static str,
    sid: Sid,
    who: &'static str,
}

const fn code(code: &'static str, sid: Sid, who: &'static str) -> Code {
    Code { code, sid, who }
}

const fn builtin(rid: u32) -> Sid {
    known(5, &[32, rid])
}

/// The codes whose SID is the same on every machine. The first 20 are A-34; the others are in Microsoft's "SID
/// Strings" and are here so that a descriptor copied from a Windows machine can be read.
static CODES: &[Code] = &[
    code("WD", Sid::EVERYONE, "Everyone"),
    code("AN", Sid::ANONYMOUS, "anonymous logon"),
    code("AU", Sid::AUTHENTICATED_USERS, "authenticated users"),
    code("IU", Sid::INTERACTIVE, "interactive users"),
    code("NU", Sid::NETWORK, "network users"),
    code("SU", Sid::SERVICE, "services"),
    code("SY", Sid::LOCAL_SYSTEM, "LocalSystem"),
    code("LS", Sid::LOCAL_SERVICE, "Local Service"),
    code("NS", Sid::NETWORK_SERVICE, "Network Service"),
    code("BA", Sid::ADMINISTRATORS, "Administrators"),
    code("BU", Sid::USERS, "Users"),
    code("BG", Sid::GUESTS, "Guests"),
    code("CO", Sid::CREATOR_OWNER, "creator owner"),
    code("CG", Sid::CREATOR_GROUP, "creator group"),
    code("OW", Sid::OWNER_RIGHTS, "owner rights"),
    code("AC", Sid::ALL_APPLICATION_PACKAGES, "all application packages"),
    code("LW", Sid::integrity(0x1000), "low integrity"),
    code("ME", Sid::integrity(0x2000), "medium integrity"),
    code("HI", Sid::integrity(0x3000), "high integrity"),
    code("SI", Sid::integrity(0x4000), "system integrity"),
    code("MP", Sid::integrity(0x2100), "medium plus integrity"),
    code("RC", Sid::RESTRICTED, "restricted code"),
    code("PS", known(5, &[10]), "the principal itself"),
    code("ED", known(5, &[9]), "enterprise domain controllers"),
    code("WR", known(5, &[33]), "write-restricted code"),
    code("PU", builtin(547), "Power Users"),
    code("AO", builtin(548), "Account Operators"),
    code("SO", builtin(549), "Server Operators"),
    code("PO", builtin(550), "Print Operators"),
    code("BO", builtin(551), "Backup Operators"),
    code("RE", builtin(552), "Replicator"),
    code("RU", builtin(554), "Pre-Windows 2000 Compatible Access"),
    code("RD", builtin(555), "Remote Desktop Users"),
    code("NO", builtin(556), "Network Configuration Operators"),
    code("MU", builtin(558), "Performance Monitor Users"),
    code("LU", builtin(559), "Performance Log Users"),
    code("IS", builtin(568), "IIS users"),
    code("CY", builtin(569), "Cryptographic Operators"),
    code("ER", builtin(573), "Event Log Readers"),
    code("CD", builtin(574), "Certificate Service DCOM Access"),
];

/// Codes whose SID depends on the domain or machine.
static DOMAIN_CODES: &[&str] = &[
    "DA", "DG", "DU", "DC", "DD", "CA", "EA", "RO", "LA", "LG", "PA", "RS", "SA", "CN", "AP", "KA", "EK",
];

impl FromStr for Sid {
    type Err = Error;

    /// Reads `S-1-…` (numbers decimal, or hexadecimal with `0x`) or a two-letter code.
    ///
    /// # Errors
    /// 1337 with the place and the reason.
    fn from_str(text: &str) -> Result<Sid, Error> {
        Sid::parse(text).map_err(|(at, what)| {
            unreadable(Why::SidMalformed {
                what: format!("at byte {at}: {what}"),
            })
            .about(text)
        })
    }
}

impl fmt::Display for Sid {
    /// `S-1-…`; an authority of more than 32 bits in 12 hexadecimal digits, as Windows prints it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.authority >> 32 {
            0 => write!(f, "S-1-{}", self.authority)?,
            _ => write!(f, "S-1-0x{:012X}", self.authority)?,
        }
        self.subauthorities()
            .iter()
            .try_for_each(|subauthority| write!(f, "-{subauthority}"))
    }
}

impl fmt::Debug for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sid({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::super::arbitrary::any_sid;
    use super::*;
    use crate::error::Win32Code;
    use proptest::prelude::*;

    #[test]
    fn the_two_letter_codes_mean_what_the_table_says() {
        // A-34, the whole table.
        let rows = [
            ("WD", "S-1-1-0"),
            ("AN", "S-1-5-7"),
            ("AU", "S-1-5-11"),
            ("IU", "S-1-5-4"),
            ("NU", "S-1-5-2"),
            ("SU", "S-1-5-6"),
            ("SY", "S-1-5-18"),
            ("LS", "S-1-5-19"),
            ("NS", "S-1-5-20"),
            ("BA", "S-1-5-32-544"),
            ("BU", "S-1-5-32-545"),
            ("BG", "S-1-5-32-546"),
            ("CO", "S-1-3-0"),
            ("CG", "S-1-3-1"),
            ("OW", "S-1-3-4"),
            ("AC", "S-1-15-2-1"),
            ("LW", "S-1-16-4096"),
            ("ME", "S-1-16-8192"),
            ("HI", "S-1-16-12288"),
            ("SI", "S-1-16-16384"),
        ];
        for (code, text) in rows {
            let sid = Sid::from_code(code).unwrap();
            assert_eq!(sid.to_string(), text);
            assert_eq!(text.parse::<Sid>().unwrap(), sid);
            assert_eq!(sid.code(), Some(code));
        }
    }

    #[test]
    fn no_code_and_no_sid_is_in_the_table_twice() {
        for (i, a) in CODES.iter().enumerate() {
            assert!(
                CODES[i + 1..].iter().all(|b| a.code != b.code && a.sid != b.sid),
                "{}",
                a.code
            );
            assert!(!DOMAIN_CODES.contains(&a.code), "{}", a.code);
        }
    }

    #[test]
    fn the_binary_form_is_the_one_of_windows() {
        // Administrators, as any hex dump of a Windows descriptor shows it.
        let bytes = [1, 2, 0, 0, 0, 0, 0, 5, 0x20, 0, 0, 0, 0x20, 2, 0, 0];
        assert_eq!(Sid::ADMINISTRATORS.to_bytes(), bytes);
        assert_eq!(Sid::from_bytes(&bytes).unwrap(), Sid::ADMINISTRATORS);
    }

    #[test]
    fn wrong_bytes_are_refused_with_their_number() {
        // errors.md 1305 and 1337.
        let code = |bytes: &[u8]| Sid::from_bytes(bytes).unwrap_err().code();
        assert_eq!(
            code(&[2, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0]),
            Win32Code::UNKNOWN_REVISION
        );
        assert_eq!(code(&[1, 16, 0, 0, 0, 0, 0, 5]), Win32Code::INVALID_SID);
        assert_eq!(code(&[1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0]), Win32Code::INVALID_SID);
        assert_eq!(code(&[]), Win32Code::INVALID_SID);
    }

    #[test]
    fn wrong_text_is_refused_with_the_place() {
        for (text, at) in [
            ("S-1-5-x", 6),
            ("S-2-5", 2),
            ("S-1-5-4294967296", 6),
            ("S-1-5-+1", 6),
            ("S-1-5--1", 6),
            ("S-1-281474976710656", 4),
            ("S-1", 0),
            ("S-", 2),
            ("", 0),
            ("QQ", 0),
            ("S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16", 42),
        ] {
            assert_eq!(Sid::parse(text).unwrap_err().0, at, "{text}");
            assert_eq!(
                text.parse::<Sid>().unwrap_err().code(),
                Win32Code::INVALID_SID,
                "{text}"
            );
        }
        assert!("DA".parse::<Sid>().unwrap_err().to_string().contains("domain"));
    }

    proptest! {
        #[test]
        fn text_and_bytes_lead_back(sid in any_sid()) {
            prop_assert_eq!(sid.to_string().parse::<Sid>().unwrap(), sid);
            prop_assert_eq!(Sid::from_bytes(&sid.to_bytes()).unwrap(), sid);
            prop_assert_eq!(sid.len(), sid.to_bytes().len());
        }

        #[test]
        fn no_text_and_no_bytes_make_it_panic(text in ".{0,40}", bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = text.parse::<Sid>();
            let _ = Sid::from_bytes(&bytes);
        }
    }
}
