//! What is measured, as data.

use crate::Result;
use serde::Deserialize;

const FILES: [&str; 3] = [
    include_str!("../definitions/objects.toml"),
    include_str!("../definitions/steps.toml"),
    include_str!("../definitions/sync.toml"),
];

/// A row of the table: an operation of Filemap and its rival.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// A short name, for `--filter`.
    pub id: String,
    /// The operation in words.
    pub what: String,
    /// Which operation to run: see [`crate::subject::filemap_side`].
    pub operation: String,
    /// The rival in system calls.
    pub rival: String,
    /// Bytes of the object, or of the copy.
    pub size: u64,
    /// Touch the first byte of the view.
    #[serde(default = "yes")]
    pub touch: bool,
    /// SEC_RESERVE in place of SEC_COMMIT.
    #[serde(default)]
    pub reserve: bool,
    /// The rival takes all the memory at once (posix_fallocate in place of ftruncate).
    #[serde(default)]
    pub allocate: bool,
    /// Other names in the directory.
    #[serde(default)]
    pub names: u32,
    /// Other handles of the object.
    #[serde(default = "one")]
    pub holders: u32,
    /// The ratio that the row must keep.
    pub limit: Option<f64>,
    /// The ratio that the row should keep.
    pub aim: Option<f64>,
}

fn yes() -> bool {
    true
}

fn one() -> u32 {
    1
}

#[derive(Deserialize)]
struct File {
    row: Vec<Row>,
}

/// All rows, in the order of the table.
///
/// # Errors
/// A definition file that can't be read as such.
pub fn all() -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for text in FILES {
        rows.extend(toml::from_str::<File>(text)?.row);
    }
    Ok(rows)
}

/// The row that has the name.
///
/// # Errors
/// There is none.
pub fn by_id(id: &str) -> Result<Row> {
    let found = all()?.into_iter().find(|row| row.id == id);
    found.ok_or_else(|| format!("no row is called {id:?}").into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_row_has_its_own_name_and_an_operation_that_exists() {
        let rows = all().unwrap();
        let ids: BTreeSet<_> = rows.iter().map(|row| &row.id).collect();
        assert_eq!(ids.len(), rows.len());
        for row in rows {
            let known = crate::subject::OPERATIONS.contains(&&*row.operation)
                || crate::sync::NAMES.contains(&&*row.operation);
            let step = row.operation.strip_prefix("step-");
            assert!(
                known || step.is_some_and(|step| crate::steps::NAMES.contains(&step)),
                "{}",
                row.operation
            );
        }
    }
}
