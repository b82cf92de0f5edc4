//! `filemap lab`: every rule of every platform, measured by real processes.
//!
//! The table of a platform ([`Profile`]) says what is expected. What is measured comes from calls alone: processes are
//! started with `FILEMAP_PLATFORM` set and a tree of names of their own, do what the row says, and tell what came of it.
//! Nothing in a `measured` cell is read from the table.
//!
//! A program that wants to run the lab calls [`play_if_asked`] first thing in `main`: the processes are its own program,
//! started again.
//!
//! ```no_run
//! filemap_lab::play_if_asked();
//! let rows = filemap_lab::rows(&filemap_lab::default_profiles())?;
//! print!("{}", filemap_lab::to_table(&rows, filemap_lab::USUAL_WIDTH));
//! assert!(rows.iter().all(|row| row.ok));
//! # Ok::<(), filemap_lab::LabError>(())
//! ```

mod actor;
mod checks;
mod maartensmap;
mod outcome;
mod print;
mod stage;

// The only place of this crate that knows the system.
#[cfg(target_os = "linux")]
#[path = "linux.rs"]
mod system;
#[cfg(windows)]
#[path = "windows.rs"]
mod system;

pub use actor::play_if_asked;
pub use checks::NOT_MEASURED;
pub use maartensmap::{Step, maartensmap, steps_to_table};
pub use print::{USUAL_WIDTH, summary, to_table};
pub use stage::LabError;

use filemap::{Platform, Profile};
use serde::Serialize;

/// One rule on one platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The clause, such as `P-21`.
    pub clause: &'static str,
    /// Name of the platform.
    pub platform: &'static str,
    /// What is measured.
    pub behaviour: &'static str,
    /// What the platform's table says comes of it.
    pub expected: String,
    /// What came of it.
    pub measured: String,
    /// Whether the two agree.
    pub ok: bool,
}

/// The platforms that this system can be: on Linux all nine, each in its newest version; on Windows the one it is.
#[must_use]
pub fn default_profiles() -> Vec<&'static Profile> {
    system::platforms(&Platform::ALL)
        .iter()
        .map(|platform| platform.profile())
        .collect()
}

/// All nine platforms, each in its newest version, whatever this system is.
#[must_use]
pub fn all_profiles() -> Vec<&'static Profile> {
    Platform::ALL.iter().map(|platform| platform.profile()).collect()
}

/// Whether the rules of a platform can be measured here: on Linux those of all, on Windows its own.
#[must_use]
pub fn can_measure(profile: &Profile) -> bool {
    system::has_rules_of(profile)
}

/// Measures every row on each of these platforms, in the order of the clauses.
///
/// # Errors
/// If the lab itself does not work: no process can be started, no directory be made. A rule that fails is a row.
pub fn rows(profiles: &[&'static Profile]) -> Result<Vec<Row>, LabError> {
    rows_if(profiles, |_| true)
}

/// [`rows`], but only for the clauses that `wanted` says yes to.
///
/// # Errors
/// As [`rows`].
pub fn rows_if(profiles: &[&'static Profile], wanted: impl Fn(&str) -> bool) -> Result<Vec<Row>, LabError> {
    let both: Vec<_> = profiles.iter().map(|profile| (*profile, *profile)).collect();
    measure(&both, wanted)
}

/// Measures with processes of the second platform of each pair, and expects what the table of the first says: how the
/// lab's own tests see that it can find fault.
///
/// # Errors
/// As [`rows`].
#[doc(hidden)]
pub fn rows_against(pairs: &[(&'static Profile, &'static Profile)]) -> Result<Vec<Row>, LabError> {
    measure(pairs, |_| true)
}

fn measure(
    pairs: &[(&'static Profile, &'static Profile)],
    wanted: impl Fn(&str) -> bool,
) -> Result<Vec<Row>, LabError> {
    let mut rows = Vec::new();
    let here = |clause: &str| {
        system::NOT_MEASURED_HERE
            .iter()
            .all(|(other, _)| *other != clause)
    };
    let wanted = checks::all()
        .into_iter()
        .filter(|check| wanted(check.clause) && here(check.clause));
    for check in wanted {
        for (profile, actual) in pairs {
            let measured = stage::Stage::new(actual).and_then(|mut stage| (check.measure)(&mut stage))?;
            let expected = (check.expected)(profile);
            rows.push(Row {
                clause: check.clause,
                platform: profile.name,
                behaviour: check.behaviour,
                ok: expected == measured,
                expected,
                measured,
            });
        }
    }
    Ok(rows)
}
