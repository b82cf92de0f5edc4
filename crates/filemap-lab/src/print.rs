//! The lab's results for people.

use crate::{NOT_MEASURED, Row};
use comfy_table::{Table, presets};

/// All rows as text in columns, those that are not as expected marked.
#[must_use]
pub fn to_table(rows: &[Row]) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table.set_header(["", "clause", "platform", "behaviour", "expected", "measured"]);
    for row in rows {
        table.add_row([
            if row.ok { "ok" } else { "NOT" },
            row.clause,
            row.platform,
            row.behaviour,
            &row.expected,
            &row.measured,
        ]);
    }
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n") + "\n"
}

/// One line: how many rows are as expected, and which clauses were not measured.
#[must_use]
pub fn summary(rows: &[Row]) -> String {
    let good = rows.iter().filter(|row| row.ok).count();
    let rest: Vec<&str> = NOT_MEASURED.iter().map(|(clause, _)| *clause).collect();
    format!(
        "{good} of {} rows as expected; not measured: {}",
        rows.len(),
        rest.join(", ")
    )
}
