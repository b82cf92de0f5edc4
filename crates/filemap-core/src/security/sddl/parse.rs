//! Reading SDDL.

use super::{ACE_FLAGS, NO_ACCESS_CONTROL, POLICY, RIGHTS};
use crate::error::{Error, Op, Why, Win32Code};
use crate::security::{AccessMask, Ace, AceBody, AceFlags, Acl, Control, Dacl, SecurityDescriptor, Sid};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::str::FromStr;

/// A mistake in the text.
pub(super) struct Fault {
    at: usize,
    code: Win32Code,
    what: String,
}

fn fault(at: usize, code: Win32Code, what: impl Into<String>) -> Fault {
    Fault {
        at,
        code,
        what: what.into(),
    }
}

/// Where things stand in the text, for those who talk about it afterwards.
#[derive(Default)]
pub(super) struct Places {
    /// Position of `D:`, if it is there.
    pub(super) dacl: usize,
    /// One per ACE of the DACL.
    pub(super) aces: Vec<AcePlaces>,
}

pub(super) struct AcePlaces {
    /// Position of the parenthesis.
    pub(super) at: usize,
    pub(super) rights_at: usize,
    pub(super) sid_at: usize,
    /// Codes in the rights field, with their positions.
    pub(super) codes: Vec<(usize, &'static str)>,
}

impl FromStr for SecurityDescriptor {
    type Err = Error;

    /// Reads SDDL.
    ///
    /// # Errors
    /// [`Why::Sddl`] with the byte position: 1337 at a SID, 1336 at an ACE, 1338 elsewhere.
    ///
    /// ```
    /// use filemap_core::{error::Why, security::SecurityDescriptor};
    /// let error = "D:(A;;GQ;;;SY)".parse::<SecurityDescriptor>().unwrap_err();
    /// assert!(matches!(error.why(), Why::Sddl { at: 6, .. }));
    /// assert_eq!(error.code().0, 1336);
    /// ```
    fn from_str(text: &str) -> Result<SecurityDescriptor, Error> {
        parse(text).map(|(sd, _)| sd)
    }
}

pub(super) fn parse(text: &str) -> Result<(SecurityDescriptor, Places), Error> {
    let mut parser = Parser {
        text,
        at: 0,
        places: Places::default(),
    };
    match parser.descriptor() {
        Ok(sd) => Ok((sd, parser.places)),
        Err(Fault { at, code, what }) => {
            Err(Error::new(Op::Other("read the SDDL text"), text, Why::Sddl { at, what }).with_code(code))
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    places: Places,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum List {
    Dacl,
    Sacl,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip_blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_ascii_start().len();
    }

    /// The letter of the part that begins at byte `at`, in upper case.
    fn part_at(&self, at: usize) -> Option<u8> {
        match self.text.as_bytes()[at..] {
            [letter, b':', ..] => Some(letter.to_ascii_uppercase()).filter(|letter| b"OGDS".contains(letter)),
            _ => None,
        }
    }

    /// Goes past `word` if it comes next, in upper or lower case.
    fn eat(&mut self, word: &str) -> bool {
        let there = self
            .rest()
            .get(..word.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(word));
        if there {
            self.at += word.len();
        }
        there
    }

    fn descriptor(&mut self) -> Result<SecurityDescriptor, Fault> {
        let mut sd = SecurityDescriptor::default();
        let mut seen = Vec::new();
        loop {
            self.skip_blanks();
            if self.rest().is_empty() {
                return Ok(sd);
            }
            let start = self.at;
            let Some(letter) = self.part_at(start) else {
                return Err(fault(
                    start,
                    Win32Code::INVALID_SECURITY_DESCR,
                    "a part begins with O:, G:, D: or S:",
                ));
            };
            if seen.contains(&letter) {
                let what = format!("{}: stands there twice", char::from(letter));
                return Err(fault(start, Win32Code::INVALID_SECURITY_DESCR, what));
            }
            seen.push(letter);
            self.at += 2;
            self.skip_blanks();
            match letter {
                b'O' => sd.owner = Some(self.part_sid()?),
                b'G' => sd.group = Some(self.part_sid()?),
                b'D' => {
                    self.places.dacl = start;
                    sd.dacl = self.list(start, List::Dacl, &mut sd.control)?;
                }
                _ => sd.sacl = self.list(start, List::Sacl, &mut sd.control)?.list().cloned(),
            }
        }
    }

    /// The SID of `O:` or `G:`, which ends at a blank or where the next part begins.
    fn part_sid(&mut self) -> Result<Sid, Fault> {
        let start = self.at;
        let ends =
            |(offset, c): &(usize, char)| c.is_ascii_whitespace() || self.part_at(start + offset).is_some();
        let len = self
            .rest()
            .char_indices()
            .find(ends)
            .map_or(self.rest().len(), |(offset, _)| offset);
        self.at += len;
        Sid::parse(&self.text[start..self.at])
            .map_err(|(at, what)| fault(start + at, Win32Code::INVALID_SID, what))
    }

    fn list(&mut self, start: usize, list: List, control: &mut Control) -> Result<Dacl, Fault> {
        let (protected, request, inherited) = match list {
            List::Dacl => (
                Control::DACL_PROTECTED,
                Control::DACL_AUTO_INHERIT_REQ,
                Control::DACL_AUTO_INHERITED,
            ),
            List::Sacl => (
                Control::SACL_PROTECTED,
                Control::SACL_AUTO_INHERIT_REQ,
                Control::SACL_AUTO_INHERITED,
            ),
        };
        let mut null = None;
        loop {
            self.skip_blanks();
            if self.rest().is_empty() || self.rest().starts_with('(') || self.part_at(self.at).is_some() {
                break;
            }
            let at = self.at;
            match () {
                () if self.eat(NO_ACCESS_CONTROL) => null = Some(at),
                () if self.eat("P") => *control |= protected,
                () if self.eat("AR") => *control |= request,
                () if self.eat("AI") => *control |= inherited,
                () => {
                    let what =
                        "here stands neither a flag (P, AI, AR, NO_ACCESS_CONTROL) nor an ACE in parentheses";
                    return Err(fault(at, Win32Code::INVALID_SECURITY_DESCR, what));
                }
            }
        }
        let mut acl = Acl::empty();
        loop {
            self.skip_blanks();
            if !self.rest().starts_with('(') {
                break;
            }
            acl.aces.push(self.ace(list)?);
        }
        if acl.len() > Acl::MAX_LEN {
            let what = format!("the list has {} bytes, 65535 are allowed", acl.len());
            return Err(fault(start, Win32Code::INVALID_ACL, what));
        }
        match null {
            Some(at) if !acl.aces.is_empty() => Err(fault(
                at,
                Win32Code::INVALID_ACL,
                "NO_ACCESS_CONTROL means that there is no list, so no ACE can follow",
            )),
            Some(at) if list == List::Sacl => Err(fault(
                at,
                Win32Code::INVALID_ACL,
                "NO_ACCESS_CONTROL belongs in D:, a SACL controls no access",
            )),
            Some(_) => Ok(Dacl::Null),
            None => Ok(Dacl::List(acl)),
        }
    }

    fn ace(&mut self, list: List) -> Result<Ace, Fault> {
        let start = self.at;
        let bad = |at: usize, what: String| Err(fault(at, Win32Code::INVALID_ACL, what));
        let Some(len) = self.rest().find(')') else {
            return bad(start, "this parenthesis is not closed".into());
        };
        let inside = start + 1..start + len;
        self.at = start + len + 1;
        // The fields without blanks round them, and where they begin.
        let mut fields = Vec::new();
        let mut at = inside.start;
        for field in self.text[inside].split(';') {
            let trimmed = field.trim_ascii_start();
            fields.push((at + field.len() - trimmed.len(), trimmed.trim_ascii_end()));
            at += field.len() + 1;
        }
        let [
            (type_at, ace_type),
            (flags_at, flags),
            (rights_at, rights),
            object,
            inherited,
            (sid_at, sid),
        ] = fields[..]
        else {
            let what = "an ACE has six fields: type;flags;rights;object;inherited object;SID";
            return bad(start, format!("{what}; this one has {}", fields.len()));
        };
        let ace_type = ace_type.to_ascii_uppercase();
        match (list, &*ace_type) {
            (List::Dacl, "A" | "D") | (List::Sacl, "AU" | "ML") => {}
            (List::Sacl, "A" | "D") => {
                return bad(type_at, format!("ACE type {ace_type} belongs in D:, not in S:"));
            }
            (List::Dacl, "AU" | "ML") => {
                return bad(type_at, format!("ACE type {ace_type} belongs in S:, not in D:"));
            }
            (_, "OA" | "OD" | "OU" | "AL" | "OL" | "XA" | "XD" | "XU" | "ZA" | "RA" | "SP" | "TL" | "FL") => {
                return bad(
                    type_at,
                    format!(
                        "ACE type {ace_type} has a condition or belongs to directory services and claims; write A, D, AU or ML"
                    ),
                );
            }
            (_, other) => return bad(type_at, format!("{other:?} is no ACE type; write A, D, AU or ML")),
        }
        for (at, guid) in [object, inherited] {
            if !guid.is_empty() {
                return bad(
                    at,
                    "object types belong to directory services, this field must be empty".into(),
                );
            }
        }
        let flags = pairs(flags_at, flags, "ACE flag", ACE_FLAGS)?
            .iter()
            .fold(0, |sum, (_, _, bit)| sum | bit);
        let is_label = ace_type == "ML";
        let (mask, codes) = rights_field(rights_at, rights, if is_label { POLICY } else { RIGHTS })?;
        let sid = Sid::parse(sid).map_err(|(at, what)| fault(sid_at + at, Win32Code::INVALID_SID, what))?;
        if is_label && sid.integrity_level().is_none() {
            return Err(fault(
                sid_at,
                Win32Code::INVALID_SID,
                "a mandatory label needs an integrity level: LW, ME, HI, SI or S-1-16-…",
            ));
        }
        if list == List::Dacl {
            self.places.aces.push(AcePlaces {
                at: start,
                rights_at,
                sid_at,
                codes,
            });
        }
        let body = match &*ace_type {
            "A" => AceBody::Allow { mask, sid },
            "D" => AceBody::Deny { mask, sid },
            "AU" => AceBody::Audit { mask, sid },
            _ => AceBody::MandatoryLabel { policy: mask, sid },
        };
        Ok(Ace {
            flags: AceFlags::from_bits_retain(flags),
            body,
        })
    }
}

/// Two-letter codes without anything between them: position, code, value.
fn pairs<T: Copy>(
    start: usize,
    text: &str,
    what: &str,
    table: &'static [(&'static str, T)],
) -> Result<Vec<(usize, &'static str, T)>, Fault> {
    let mut found = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let at = start + text.len() - rest.len();
        let next = rest
            .get(..2)
            .and_then(|pair| table.iter().find(|(code, _)| code.eq_ignore_ascii_case(pair)));
        let Some((code, value)) = next else {
            let shown: String = rest.chars().take(2).collect();
            return Err(fault(
                at,
                Win32Code::INVALID_ACL,
                format!("{shown:?} is no {what}"),
            ));
        };
        found.push((at, *code, *value));
        rest = &rest[2..];
    }
    Ok(found)
}

/// A mask, and the codes that it was written with, with their positions.
type Rights = (AccessMask, Vec<(usize, &'static str)>);

/// A number or codes; an empty field is the empty mask, as Windows prints it.
fn rights_field(
    at: usize,
    text: &str,
    table: &'static [(&'static str, AccessMask)],
) -> Result<Rights, Fault> {
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        let number = match text.get(..2) {
            Some("0x" | "0X") => Some(&text[2..])
                .filter(|digits| !digits.starts_with('+'))
                .and_then(|digits| u32::from_str_radix(digits, 16).ok()),
            _ if text == "0" || !text.starts_with('0') => text.parse().ok(),
            _ => {
                return Err(fault(
                    at,
                    Win32Code::INVALID_ACL,
                    format!("{text:?} would be octal on Windows; write it as 0x…"),
                ));
            }
        };
        return match number {
            Some(bits) => Ok((AccessMask(bits), Vec::new())),
            None => Err(fault(
                at,
                Win32Code::INVALID_ACL,
                format!("{text:?} is no number of 32 bits"),
            )),
        };
    }
    let found = pairs(at, text, "code of a right", table)?;
    let mask = found
        .iter()
        .fold(AccessMask::NONE, |sum, (_, _, mask)| sum | *mask);
    Ok((mask, found.into_iter().map(|(at, code, _)| (at, code)).collect()))
}
