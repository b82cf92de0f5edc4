//! The tables turned round: one row per behaviour, one cell per platform. Documentation and `filemap lab` print it.

use super::{Evidence, FIELDS, Platform, Profile};
use alloc::string::String;
use alloc::vec::Vec;

/// One behaviour on all platforms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The clauses that it comes from, the leading one first, as in `P-30`.
    pub clauses: &'static [&'static str],
    /// Name of the field of [`Profile`].
    pub field: &'static str,
    /// The behaviour in a few words.
    pub behaviour: &'static str,
    /// One cell per profile, in the order asked for.
    pub cells: Vec<Cell>,
}

/// What one platform does, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Name of the profile.
    pub profile: &'static str,
    /// What it does.
    pub value: String,
    /// How we know.
    pub from: Evidence,
}

/// The table of the nine platforms, each in its default version.
///
/// ```
/// let rows = filemap_core::profile::rows();
/// let row = rows.iter().find(|row| row.clauses[0] == "P-34").unwrap();
/// let values: Vec<&str> = row.cells.iter().map(|cell| cell.value.as_str()).collect();
/// let none = "no sessions";
/// assert_eq!(values, [none, none, none, none, "0", "0", "1", "1", none]);
/// ```
#[must_use]
pub fn rows() -> Vec<Row> {
    let all: Vec<&'static Profile> = Platform::ALL.iter().map(|platform| platform.profile()).collect();
    rows_of(&all)
}

/// The table of these profiles.
#[must_use]
pub fn rows_of(profiles: &[&'static Profile]) -> Vec<Row> {
    let told: Vec<_> = profiles
        .iter()
        .map(|profile| (profile.name, profile.told()))
        .collect();
    let cell = |index: usize| {
        let one = |(profile, cells): &(&'static str, Vec<(String, Evidence)>)| {
            let (value, from) = cells[index].clone();
            Cell { profile, value, from }
        };
        told.iter().map(one).collect()
    };
    FIELDS
        .iter()
        .enumerate()
        .map(|(index, &(field, clauses, behaviour))| Row {
            clauses,
            field,
            behaviour,
            cells: cell(index),
        })
        .collect()
}
