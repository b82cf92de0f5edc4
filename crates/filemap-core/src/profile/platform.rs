//! The nine platforms and the names that people give them.

use super::{Profile, ce, nt, nt4, nt351, vista, win32s, win95, win2000, xp};
use alloc::string::String;
use core::fmt;
use core::str::FromStr;

/// A family of Windows with the same rules, apart from service packs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Platform {
    /// Win32s 1.3 on Windows 3.1.
    Win32s,
    /// Windows 95, 98 and Me.
    Win95,
    /// Windows NT 3.51, with KB125713 taken literally.
    Nt351,
    /// Windows NT 4.
    Nt4,
    /// Windows 2000.
    Win2000,
    /// Windows XP and Server 2003.
    Xp,
    /// Windows Vista and Server 2008.
    Vista,
    /// Windows 7 to 11 and Server 2008 R2 to 2025.
    #[default]
    Nt,
    /// Windows CE, Pocket PC and Windows Mobile.
    Ce,
}

impl Platform {
    /// All nine, in the order of the columns.
    pub const ALL: [Platform; 9] = [
        Platform::Win32s,
        Platform::Win95,
        Platform::Nt351,
        Platform::Nt4,
        Platform::Win2000,
        Platform::Xp,
        Platform::Vista,
        Platform::Nt,
        Platform::Ce,
    ];

    /// Its rules with the newest service pack.
    #[must_use]
    pub const fn profile(self) -> &'static Profile {
        match self {
            Platform::Win32s => &win32s::WIN32S,
            Platform::Win95 => &win95::WIN95,
            Platform::Nt351 => &nt351::NT351,
            Platform::Nt4 => &nt4::NT4,
            Platform::Win2000 => &win2000::WIN2000,
            Platform::Xp => &xp::XP,
            Platform::Vista => &vista::VISTA,
            Platform::Nt => &nt::NT,
            Platform::Ce => &ce::CE,
        }
    }

    /// Its name, as `FILEMAP_PLATFORM` takes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.profile().name
    }
}

/// The numbers that object files know the profiles by. They are written into files: lines are added, never changed.
const NUMBERS: &[(u8, &Profile)] = &[
    (1, &nt::NT),
    (2, &win32s::WIN32S),
    (3, &win95::WIN95),
    (4, &nt351::NT351),
    (5, &nt4::NT4),
    (6, &win2000::WIN2000),
    (7, &xp::XP),
    (8, &vista::VISTA),
    (9, &ce::CE),
    (10, &nt4::NT4_TSE),
    (11, &win2000::WIN2000_SP3),
    (12, &xp::XP_SP1),
    (13, &xp::SERVER2003),
    (14, &xp::SERVER2003_RTM),
    (15, &vista::VISTA_RTM),
    (16, &nt::WIN8),
    (17, &nt::WIN7),
    (18, &ce::CE2),
    (19, &ce::CE6),
];

impl Profile {
    /// The number that an object file knows these rules by; never 0.
    #[must_use]
    pub fn number(&self) -> u8 {
        let found = NUMBERS.iter().find(|(_, profile)| profile.name == self.name);
        found.map_or(1, |(number, _)| *number)
    }

    /// The rules with this number in an object file: 0, which says nothing, means `nt`; `None` for a number of a later
    /// version.
    #[must_use]
    pub fn from_number(number: u8) -> Option<&'static Profile> {
        match number {
            0 => Some(&nt::NT),
            _ => NUMBERS
                .iter()
                .find(|(n, _)| *n == number)
                .map(|&(_, profile)| profile),
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Platform {
    type Err = UnknownPlatform;

    /// The platform of the profile that [`named`] finds; the service pack is dropped.
    fn from_str(text: &str) -> Result<Platform, UnknownPlatform> {
        named(text).map(|profile| profile.platform)
    }
}

/// Names of a family, and its versions by suffix: none, or `-sp1` with or without the hyphen.
type Names = (
    &'static [&'static str],
    &'static [(&'static [&'static str], &'static Profile)],
);

const NAMES: &[Names] = &[
    (&["win32s"], &[(&["", "1.3", "1.30"], &win32s::WIN32S)]),
    (
        &["win95", "95", "win98", "98", "winme", "me", "win9x", "9x"],
        &[(&["", "osr2", "se", "rtm"], &win95::WIN95)],
    ),
    (
        &["nt351", "nt3.51", "nt-3.51", "winnt351", "winnt3.51"],
        &[(&["", "sp1", "sp2", "sp3", "sp4", "sp5"], &nt351::NT351)],
    ),
    (
        &["nt4", "nt4.0", "nt-4", "nt-4.0", "winnt4", "winnt4.0"],
        &[
            (
                &["", "sp1", "sp2", "sp3", "sp4", "sp5", "sp6", "sp6a", "rtm"],
                &nt4::NT4,
            ),
            (&["tse", "ts"], &nt4::NT4_TSE),
        ],
    ),
    (
        &["win2000", "2000", "win2k", "w2k", "2k"],
        &[
            (&["", "sp4"], &win2000::WIN2000),
            (&["rtm", "sp1", "sp2", "sp3"], &win2000::WIN2000_SP3),
        ],
    ),
    (
        &["xp", "winxp"],
        &[
            (&["", "sp2", "sp3"], &xp::XP),
            (&["rtm", "sp1", "sp1a"], &xp::XP_SP1),
        ],
    ),
    (
        &["win2003", "2003", "server2003", "server-2003"],
        &[
            (&["", "sp1", "sp2", "r2"], &xp::SERVER2003),
            (&["rtm"], &xp::SERVER2003_RTM),
        ],
    ),
    (
        &["vista", "winvista"],
        &[
            (&["", "sp1", "sp2"], &vista::VISTA),
            (&["rtm"], &vista::VISTA_RTM),
        ],
    ),
    (
        &["win2008", "2008", "server2008", "server-2008"],
        &[(&["", "sp2"], &vista::VISTA), (&["r2"], &nt::WIN7)],
    ),
    (&["win7", "7"], &[(&["", "sp1", "rtm"], &nt::WIN7)]),
    (
        &[
            "win8",
            "8",
            "win8.1",
            "8.1",
            "win2012",
            "2012",
            "server2012",
            "server-2012",
        ],
        &[(&["", "r2"], &nt::WIN8)],
    ),
    (
        &["nt", "winnt", "win", "win10", "10", "win11", "11"],
        &[(&[""], &nt::NT)],
    ),
    (
        &[
            "server2016",
            "server2019",
            "server2022",
            "server2025",
            "server-2016",
            "server-2019",
            "server-2022",
            "server-2025",
        ],
        &[(&[""], &nt::NT)],
    ),
    (
        &["ce", "wince", "mobile", "pocketpc", "pocket-pc"],
        &[
            (
                &[
                    "", "2.10", "2.11", "2.12", "3", "3.0", "4", "4.0", "4.1", "4.2", "5", "5.0",
                ],
                &ce::CE,
            ),
            (&["1", "1.0", "2", "2.0", "2.01"], &ce::CE2),
            (&["6", "6.0", "7", "7.0"], &ce::CE6),
        ],
    ),
];

/// The rules of the platform with this name, as `FILEMAP_PLATFORM` and `--platform` take it.
///
/// Upper and lower case are the same, a leading `Windows` is dropped, spaces and underscores count as hyphens. A
/// service pack or version follows as a suffix: `xp-sp1`, `win2000-sp3`, `vista-rtm`, `nt4-tse`, `ce-6`; without one
/// the newest is meant.
///
/// ```
/// use filemap_core::profile::{Platform, named};
/// assert_eq!(named("win98")?.platform, Platform::Win95);
/// assert_eq!(named("Windows 2000 SP3")?.name, "win2000-sp3");
/// let error = named("os/2").unwrap_err();
/// assert!(error.to_string().contains("win32s, win95, nt351"));
/// # Ok::<(), filemap_core::profile::UnknownPlatform>(())
/// ```
///
/// # Errors
/// [`UnknownPlatform`], whose text lists every platform and version.
pub fn named(text: &str) -> Result<&'static Profile, UnknownPlatform> {
    let lower = text.trim().to_ascii_lowercase().replace(['_', ' '], "-");
    let short = match lower.strip_prefix("windows") {
        Some(rest) => rest.trim_start_matches('-'),
        None => &lower,
    };
    let find = |&(bases, versions): &Names| {
        bases.iter().find_map(|base| {
            let rest = short.strip_prefix(base)?;
            let suffix = rest.strip_prefix('-').unwrap_or(rest);
            let given = rest.is_empty() == suffix.is_empty(); // "xp-" names nothing
            versions
                .iter()
                .find(|(suffixes, _)| given && suffixes.contains(&suffix))
                .map(|&(_, profile)| profile)
        })
    };
    let found = match short.is_empty() {
        true => None,
        false => NAMES.iter().find_map(find),
    };
    found.ok_or_else(|| UnknownPlatform { given: text.into() })
}

/// A name that no platform has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownPlatform {
    given: String,
}

impl UnknownPlatform {
    /// The name that was given.
    #[must_use]
    pub fn given(&self) -> &str {
        &self.given
    }
}

impl fmt::Display for UnknownPlatform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is not the name of a platform; there are ",
            crate::error::Escaped(&self.given)
        )?;
        for (i, platform) in Platform::ALL.iter().enumerate() {
            write!(f, "{}{platform}", if i == 0 { "" } else { ", " })?;
        }
        f.write_str("; with a version ")?;
        let versions = Profile::ALL
            .iter()
            .filter(|profile| profile.name != profile.platform.name());
        for (i, profile) in versions.enumerate() {
            write!(f, "{}{}", if i == 0 { "" } else { ", " }, profile.name)?;
        }
        f.write_str("; other releases by their names, such as win98, 2003, win2008, 10 and mobile")
    }
}

impl core::error::Error for UnknownPlatform {}
