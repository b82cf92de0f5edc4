//! How we know what a cell of a rule table says.

use core::fmt;

/// Where a rule comes from.
///
/// The tags: S0 is a blog on memory mapped files from XP to Vista, S1 the vendor's sample "Creating Named Shared
/// Memory" with two readers' comments, S2 is KB125713 (NT, Windows 95, Win32s), S3 is KB301242 (Windows CE), S4 the
/// sample VBFileMappingServer.
///
/// ```
/// use filemap_core::profile::Evidence;
/// assert_eq!(Evidence::Seed("S2: 2 GB to 3 GB").to_string(), "told by S2: 2 GB to 3 GB");
/// assert_eq!(Evidence::Assumed("as Windows 95").to_string(), "assumed: as Windows 95");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// The vendor's reference pages, driver documentation or archived SDK pages say so.
    Documented(&'static str),
    /// A real machine of that platform gave this answer to our own conformance runner.
    Recorded(&'static str),
    /// Somebody else says so: a conformance test-suite that is run on real Windows, or an independent implementation.
    Reported(&'static str),
    /// One of the five texts that this project was started from says so; the tag comes first.
    Seed(&'static str),
    /// Nobody says so; the text tells why this value and no other.
    Assumed(&'static str),
}

impl Evidence {
    /// The text of the evidence, without its class.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Evidence::Documented(t)
            | Evidence::Recorded(t)
            | Evidence::Reported(t)
            | Evidence::Seed(t)
            | Evidence::Assumed(t) => t,
        }
    }

    /// The class in one word: `documented`, `recorded`, `reported`, `seed` or `assumed`.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Evidence::Documented(_) => "documented",
            Evidence::Recorded(_) => "recorded",
            Evidence::Reported(_) => "reported",
            Evidence::Seed(_) => "seed",
            Evidence::Assumed(_) => "assumed",
        }
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lead = match self {
            Evidence::Seed(_) => "told by ",
            Evidence::Documented(_) => "documented: ",
            Evidence::Recorded(_) => "recorded: ",
            Evidence::Reported(_) => "reported: ",
            Evidence::Assumed(_) => "assumed: ",
        };
        write!(f, "{lead}{}", self.text())
    }
}

/// One cell: what a platform does, and how we know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule<T> {
    /// What the platform does.
    pub is: T,
    /// How we know.
    pub from: Evidence,
}

/// A cell of a table, short enough to be read as one line.
pub(super) const fn rule<T: Copy>(is: T, from: Evidence) -> Rule<T> {
    Rule { is, from }
}
