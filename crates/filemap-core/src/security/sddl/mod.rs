//! Security descriptors as text (SDDL): `D:(A;;GA;;;SY)(A;;0x6;;;IU)`.
//!
//! Reading accepts upper and lower case, and blanks between parts, ACEs and fields. Printing gives codes for generic and
//! standard rights and one hexadecimal number as soon as a specific bit is in the mask: the codes of those bits (`LC`,
//! `SW` …) are named after directory services and say nothing about a file mapping. Windows reads both.

mod lint;
mod parse;
mod print;

pub use lint::{Lint, lint};

use super::AccessMask;

/// Codes of rights. Generic and standard ones first: printing goes by this order.
static RIGHTS: &[(&str, AccessMask)] = &[
    ("GA", AccessMask(0x1000_0000)),
    ("RC", AccessMask(0x2_0000)),
    ("GX", AccessMask(0x2000_0000)),
    ("GR", AccessMask(0x8000_0000)),
    ("GW", AccessMask(0x4000_0000)),
    ("SD", AccessMask(0x1_0000)),
    ("WD", AccessMask(0x4_0000)),
    ("WO", AccessMask(0x8_0000)),
    ("CC", AccessMask(0x1)),
    ("DC", AccessMask(0x2)),
    ("LC", AccessMask(0x4)),
    ("SW", AccessMask(0x8)),
    ("RP", AccessMask(0x10)),
    ("WP", AccessMask(0x20)),
    ("DT", AccessMask(0x40)),
    ("LO", AccessMask(0x80)),
    ("CR", AccessMask(0x100)),
    ("FA", AccessMask(0x1F_01FF)),
    ("FR", AccessMask(0x12_0089)),
    ("FW", AccessMask(0x12_0116)),
    ("FX", AccessMask(0x12_00A0)),
    ("KA", AccessMask(0xF_003F)),
    ("KR", AccessMask(0x2_0019)),
    ("KW", AccessMask(0x2_0006)),
    ("KX", AccessMask(0x2_0019)),
];
/// How many of [`RIGHTS`] are generic or standard.
const PRINTED_RIGHTS: usize = 8;

/// Codes of the policy in a mandatory label.
static POLICY: &[(&str, AccessMask)] = &[
    ("NW", AccessMask(1)),
    ("NR", AccessMask(2)),
    ("NX", AccessMask(4)),
];

/// Codes of ACE flags.
static ACE_FLAGS: &[(&str, u8)] = &[
    ("OI", 0x01),
    ("CI", 0x02),
    ("NP", 0x04),
    ("IO", 0x08),
    ("ID", 0x10),
    ("SA", 0x40),
    ("FA", 0x80),
];

const NO_ACCESS_CONTROL: &str = "NO_ACCESS_CONTROL";

#[cfg(test)]
mod tests;
