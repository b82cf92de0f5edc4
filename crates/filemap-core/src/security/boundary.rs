//! Boundary descriptors: what a private name space is identified by (N-70 to N-76).
//!
//! The identity is the boundary's name, its set of SIDs and its integrity label. The alias under which a process knows
//! the name space is not part of it (N-71).

use super::{IntegrityLevel, Sid, Token, unreadable};
use crate::error::{Error, Op, Why};
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Write;
use sha2::{Digest, Sha256};

const CREATE: Op = Op::Other("create private name space");
const OPEN: Op = Op::Other("open private name space");

/// A boundary descriptor.
///
/// ```
/// use filemap_core::security::{BoundaryDescriptor, Sid, Token};
/// let mut boundary = BoundaryDescriptor::new("example", 0)?;
/// boundary.add_sid(Sid::ADMINISTRATORS)?;
/// let user = Token::standard_user(Sid::unix_user(1000), 1);
/// assert_eq!(boundary.check_create(&user, false).unwrap_err().code().0, 5);
/// assert!(boundary.check_create(&Token::elevated_administrator(user.user, 1), false).is_ok());
/// assert_eq!(boundary.directory_name().len(), 64);
/// # Ok::<(), filemap_core::error::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BoundaryDescriptor {
    name: String,
    sids: BTreeSet<Sid>,
    label: Option<IntegrityLevel>,
    adds_app_container: bool,
}

impl BoundaryDescriptor {
    /// `CREATE_BOUNDARY_DESCRIPTOR_ADD_APPCONTAINER_SID` (Windows 8+).
    pub const ADD_APPCONTAINER_SID: u32 = 1;
    /// The longest name in UTF-16 units, as of every object (O-63).
    pub const MAX_NAME_UNITS: usize = 32_766;

    /// A boundary with a name and nobody in it. `flags` is 0 or
    /// [`ADD_APPCONTAINER_SID`](BoundaryDescriptor::ADD_APPCONTAINER_SID).
    ///
    /// # Errors
    /// 87 for an empty name or unknown flags (N-73; Windows then returns NULL and leaves the last error alone), 123 for
    /// a name that is too long.
    pub fn new(name: &str, flags: u32) -> Result<BoundaryDescriptor, Error> {
        let argument = |what: &str| Err(Error::new(CREATE, name, Why::Argument { what: what.into() }));
        if name.is_empty() {
            return argument("a boundary needs a name");
        }
        if flags & !BoundaryDescriptor::ADD_APPCONTAINER_SID != 0 {
            return argument(
                "the only flag of a boundary is CREATE_BOUNDARY_DESCRIPTOR_ADD_APPCONTAINER_SID (1)",
            );
        }
        let units = name.encode_utf16().count();
        if units > BoundaryDescriptor::MAX_NAME_UNITS {
            return Err(Error::new(CREATE, name, Why::NameTooLong { units }));
        }
        let adds_app_container = flags != 0;
        Ok(BoundaryDescriptor {
            name: name.into(),
            sids: BTreeSet::new(),
            label: None,
            adds_app_container,
        })
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The SIDs, each once, in a fixed order.
    pub fn sids(&self) -> impl Iterator<Item = &Sid> {
        self.sids.iter()
    }

    /// The integrity label.
    #[must_use]
    pub const fn label(&self) -> Option<IntegrityLevel> {
        self.label
    }

    /// Adds a SID; adding it again changes nothing, nor does the order (N-71).
    ///
    /// # Errors
    /// 87 for the SID of an integrity level: see [`add_integrity_label`](BoundaryDescriptor::add_integrity_label).
    pub fn add_sid(&mut self, sid: Sid) -> Result<(), Error> {
        if sid.integrity_level().is_some() {
            let what = "an integrity level is added with AddIntegrityLabelToBoundaryDescriptor".into();
            return Err(Error::new(CREATE, &*self.name, Why::Argument { what }));
        }
        self.sids.insert(sid);
        Ok(())
    }

    /// Adds the integrity label, `S-1-16-…` (Windows 7+).
    ///
    /// # Errors
    /// 87 for a SID that is no integrity level, and for a second label (N-73).
    pub fn add_integrity_label(&mut self, sid: Sid) -> Result<(), Error> {
        let what = match (sid.integrity_level(), self.label) {
            (None, _) => format!("{sid} is no integrity level"),
            (_, Some(level)) => format!("the boundary has an integrity label already: {level}"),
            (Some(level), None) => {
                self.label = Some(IntegrityLevel(level));
                return Ok(());
            }
        };
        Err(Error::new(CREATE, &*self.name, Why::Argument { what }))
    }

    /// The boundary as `token` uses it: with the SID of its AppContainer, if the flag asks for it.
    #[must_use]
    pub fn resolved_for(&self, token: &Token) -> BoundaryDescriptor {
        let mut boundary = self.clone();
        if boundary.adds_app_container {
            boundary
                .sids
                .extend(token.app_container.iter().map(|container| container.package));
        }
        boundary.adds_app_container = false;
        boundary
    }

    /// Whether `token` may create the name space (N-72, N-73). `exists` says whether one with this boundary is there.
    /// No privilege is involved (N-75). Being outside is told before existence.
    ///
    /// # Errors
    /// 5 if the token lacks a SID of the boundary (an enabled one: deny-only is not enough) or is below its integrity
    /// label; 183 if the name space exists.
    pub fn check_create(&self, token: &Token, exists: bool) -> Result<(), Error> {
        let boundary = self.resolved_for(token);
        let package = token.app_container.as_ref().map(|container| container.package);
        let mut missing: Vec<String> = boundary
            .sids
            .iter()
            .filter(|sid| !token.is_enabled(sid) && package != Some(**sid))
            .map(Sid::words)
            .collect();
        if let Some(level) = boundary.label_above(token) {
            missing.push(format!("{level} integrity"));
        }
        match (missing.is_empty(), exists) {
            (false, _) => Err(Error::new(
                CREATE,
                &*self.name,
                Why::OutsideBoundary {
                    missing: missing.join(", "),
                },
            )),
            (true, true) => Err(Error::new(CREATE, &*self.name, Why::PrivateNamespaceExists)),
            (true, false) => Ok(()),
        }
    }

    /// Whether `token` may open the name space as far as the boundary goes: being inside is not required, its integrity
    /// label is (N-72, N-73). The DACL of the name space decides the rest:
    /// [`directory_check`](super::access_check::directory_check).
    ///
    /// # Errors
    /// 3 if there is none or it was destroyed; 5 if the token is below the integrity label.
    pub fn check_open(&self, token: &Token, exists: bool) -> Result<(), Error> {
        if !exists {
            return Err(Error::new(OPEN, &*self.name, Why::PrivateNamespaceNotFound));
        }
        match self.label_above(token) {
            Some(level) => Err(Error::new(
                OPEN,
                &*self.name,
                Why::OutsideBoundary {
                    missing: format!("{level} integrity"),
                },
            )),
            None => Ok(()),
        }
    }

    fn label_above(&self, token: &Token) -> Option<IntegrityLevel> {
        self.label
            .filter(|level| token.integrity.is_some_and(|own| own < *level))
    }

    /// The boundary as bytes, the same for every way to build it; no two boundaries have the same bytes.
    ///
    /// Length of the name in bytes (4, little-endian), name, 1 byte label yes or no, level (4), number of SIDs (4), the
    /// SIDs in ascending order, each in its binary form. The AppContainer flag must be resolved before: it is not here.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let length = |len: usize| u32::try_from(len).unwrap_or(u32::MAX).to_le_bytes(); // a name has at most 98,298 bytes
        let mut bytes = Vec::new();
        bytes.extend(length(self.name.len()));
        bytes.extend(self.name.as_bytes());
        bytes.push(u8::from(self.label.is_some()));
        bytes.extend(self.label.map_or(0, |level| level.0).to_le_bytes());
        bytes.extend(length(self.sids.len()));
        self.sids.iter().for_each(|sid| sid.write_to(&mut bytes));
        bytes
    }

    /// The boundary in bytes that nobody has checked, such as a file in the name space's directory.
    ///
    /// # Errors
    /// 1338 if they are not what [`to_bytes`](BoundaryDescriptor::to_bytes) makes, 1337 or 1305 for a SID that is wrong.
    pub fn from_bytes(bytes: &[u8]) -> Result<BoundaryDescriptor, Error> {
        read(bytes).map_err(unreadable)
    }

    /// The name of the directory that holds the name space's objects: SHA-256 of [`to_bytes`](BoundaryDescriptor::to_bytes)
    /// under a fixed heading, 64 hexadecimal digits. Whoever can find two boundaries with one name has broken SHA-256;
    /// still, store the bytes beside the objects and compare.
    #[must_use]
    pub fn directory_name(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(b"filemap boundary descriptor 1\0");
        hash.update(self.to_bytes());
        hash.finalize()
            .iter()
            .fold(String::with_capacity(64), |mut name, byte| {
                let _ = write!(name, "{byte:02x}");
                name
            })
    }
}

fn read(bytes: &[u8]) -> Result<BoundaryDescriptor, Why> {
    fn bad(what: impl ToString) -> Why {
        Why::SecurityDescriptor {
            what: format!("boundary: {}", what.to_string()),
        }
    }
    fn number<'a>(bytes: &mut &'a [u8]) -> Result<u32, Why> {
        let (number, rest): (&[u8; 4], &'a [u8]) = bytes.split_first_chunk().ok_or_else(|| bad("cut off"))?;
        *bytes = rest;
        Ok(u32::from_le_bytes(*number))
    }
    let mut left = bytes;
    let name_len = number(&mut left)? as usize;
    let (name, rest) = left
        .split_at_checked(name_len)
        .ok_or_else(|| bad("the name is cut off"))?;
    let name = core::str::from_utf8(name).map_err(bad)?;
    let mut boundary = BoundaryDescriptor::new(name, 0).map_err(|error| error.why().clone())?;
    let (has_label, mut left) = rest.split_first().ok_or_else(|| bad("cut off"))?;
    let level = number(&mut left)?;
    boundary.label = match (has_label, level) {
        (1, level) => Some(IntegrityLevel(level)),
        (0, 0) => None,
        _ => return Err(bad("the label is neither there nor not there")),
    };
    for _ in 0..number(&mut left)? {
        let sid = Sid::read(left)?;
        let ascending = boundary.sids.last().is_none_or(|last| *last < sid);
        if !ascending || sid.integrity_level().is_some() {
            return Err(bad("the SIDs are not in ascending order"));
        }
        boundary.sids.insert(sid);
        left = &left[sid.len()..];
    }
    match left.is_empty() {
        true => Ok(boundary),
        false => Err(bad("something follows")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::arbitrary::any_sid;
    use super::*;
    use crate::error::Win32Code;
    use crate::security::GroupState;
    use alloc::vec;
    use proptest::prelude::*;

    fn boundary(name: &str, sids: &[Sid], label: Option<u32>) -> BoundaryDescriptor {
        let mut boundary = BoundaryDescriptor::new(name, 0).unwrap();
        sids.iter().for_each(|sid| boundary.add_sid(*sid).unwrap());
        label
            .into_iter()
            .for_each(|level| boundary.add_integrity_label(Sid::integrity(level)).unwrap());
        boundary
    }

    fn ann() -> Sid {
        Sid::unix_user(1000)
    }

    #[test]
    fn name_sids_and_label_are_the_identity_and_order_is_not() {
        // N-71.
        let one = boundary("b", &[Sid::USERS, ann()], Some(0x2000));
        assert_eq!(
            one.directory_name(),
            boundary("b", &[ann(), Sid::USERS, ann()], Some(0x2000)).directory_name()
        );
        let more = [Sid::USERS, ann(), Sid::EVERYONE, Sid::INTERACTIVE];
        assert_eq!(boundary("b", &more, None).sids().count(), 4, "every SID counts");
        let others = [
            boundary("b", &more, Some(0x2000)),
            boundary("b", &more[..3], Some(0x2000)),
            boundary("c", &[Sid::USERS, ann()], Some(0x2000)),
            boundary("B", &[Sid::USERS, ann()], Some(0x2000)),
            boundary("b", &[Sid::USERS], Some(0x2000)),
            boundary("b", &[Sid::USERS, ann()], Some(0x1000)),
            boundary("b", &[Sid::USERS, ann()], None),
            boundary("b", &[], None),
        ];
        for other in others {
            assert_ne!(one.directory_name(), other.directory_name(), "{other:?}");
        }
    }

    #[test]
    fn the_directory_name_stays_what_it_is() {
        // A change of it would part programs of two versions. Computed with sha256sum over the documented bytes.
        let name = boundary("example", &[Sid::EVERYONE], None).directory_name();
        assert_eq!(
            name,
            "9467be05e36aa3bb4f599f0f2ee6ce2ed48bc4847e9be4ab3eabb6e51145805a"
        );
    }

    #[test]
    fn creating_needs_every_sid_of_the_boundary() {
        // N-72, N-73.
        let admins = boundary("b", &[Sid::USERS, Sid::ADMINISTRATORS], None);
        let code = |token: &Token, exists| admins.check_create(token, exists).map_err(|error| error.code());
        let elevated = Token::elevated_administrator(ann(), 1);
        assert_eq!(code(&elevated, false), Ok(()));
        assert_eq!(code(&elevated, true), Err(Win32Code::ALREADY_EXISTS));
        assert_eq!(
            code(&Token::filtered_administrator(ann(), 1), false),
            Err(Win32Code::ACCESS_DENIED),
            "deny-only is not inside"
        );
        assert_eq!(
            code(&Token::standard_user(ann(), 1), true),
            Err(Win32Code::ACCESS_DENIED)
        );
        let mistake = admins
            .check_create(&Token::standard_user(ann(), 1), false)
            .unwrap_err();
        assert!(mistake.to_string().contains("Administrators (BA)"));
    }

    #[test]
    fn opening_needs_no_sid_but_existence_and_integrity() {
        // N-72, N-73.
        let admins = boundary("b", &[Sid::ADMINISTRATORS], Some(0x2000));
        let code = |token: &Token, exists| admins.check_open(token, exists).map_err(|error| error.code());
        let user = Token::standard_user(ann(), 1);
        assert_eq!(code(&user, true), Ok(()));
        assert_eq!(code(&user, false), Err(Win32Code::PATH_NOT_FOUND));
        assert_eq!(
            code(&user.at_low_integrity(), true),
            Err(Win32Code::ACCESS_DENIED)
        );
        assert_eq!(
            code(&Token::xp_user(ann(), 0), true),
            Ok(()),
            "before Vista there are no labels"
        );
    }

    #[test]
    fn no_label_above_the_own_level_can_be_created() {
        let high = boundary("b", &[ann()], Some(0x3000));
        assert_eq!(
            high.check_create(&Token::standard_user(ann(), 1), false)
                .unwrap_err()
                .code(),
            Win32Code::ACCESS_DENIED
        );
        assert!(
            high.check_create(&Token::elevated_administrator(ann(), 1), false)
                .is_ok()
        );
    }

    #[test]
    fn wrong_arguments_are_refused() {
        // N-73.
        assert!(BoundaryDescriptor::new("", 0).is_err());
        assert!(BoundaryDescriptor::new("b", 2).is_err());
        assert!(BoundaryDescriptor::new("b", 1).is_ok());
        assert!(BoundaryDescriptor::new(&"x".repeat(32_767), 0).is_err());
        let mut labelled = boundary("b", &[], Some(0x1000));
        assert!(labelled.add_integrity_label(Sid::integrity(0x2000)).is_err());
        assert!(labelled.add_sid(Sid::integrity(0x2000)).is_err());
        assert!(
            boundary("b", &[], None)
                .add_integrity_label(Sid::EVERYONE)
                .is_err()
        );
        assert_eq!(labelled.label(), Some(IntegrityLevel::LOW));
    }

    #[test]
    fn the_flag_adds_the_callers_app_container() {
        // N-73.
        let package = Sid::new(15, &[2, 1, 2, 3]).unwrap();
        let token = Token::standard_user(ann(), 1).in_app_container(package, vec![]);
        let flagged = BoundaryDescriptor::new("b", BoundaryDescriptor::ADD_APPCONTAINER_SID).unwrap();
        assert_eq!(
            flagged.resolved_for(&token).directory_name(),
            boundary("b", &[package], None).directory_name()
        );
        assert!(flagged.check_create(&token, false).is_ok());
        let outside = Token::standard_user(ann(), 1);
        assert_eq!(
            flagged.resolved_for(&outside).directory_name(),
            boundary("b", &[], None).directory_name()
        );
        assert!(
            boundary("b", &[package], None)
                .check_create(&outside.with_group(package, GroupState::DenyOnly), false)
                .is_err()
        );
    }

    proptest! {
        #[test]
        fn bytes_lead_back(name in ".{1,20}", sids in prop::collection::vec(any_sid(), 0..5), label in prop::option::of(any::<u32>())) {
            let sids: Vec<_> = sids.into_iter().filter(|sid| sid.integrity_level().is_none()).collect();
            let boundary = boundary(&name, &sids, label);
            prop_assert_eq!(BoundaryDescriptor::from_bytes(&boundary.to_bytes()).unwrap(), boundary);
        }

        #[test]
        fn only_one_text_of_bytes_is_good_for_a_boundary(mut bytes in Just(boundary("b", &[Sid::USERS, Sid::EVERYONE], Some(0x1000)).to_bytes()),
                                                         at in any::<prop::sample::Index>(), byte: u8, cut in 0..60_usize) {
            let at = at.index(bytes.len());
            bytes[at] = byte;
            bytes.truncate(cut.max(1));
            if let Ok(boundary) = BoundaryDescriptor::from_bytes(&bytes) {
                prop_assert_eq!(boundary.to_bytes(), bytes);
            }
        }
    }
}
