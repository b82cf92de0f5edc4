//! The lab's results for people.

use crate::{NOT_MEASURED, Row};
use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets};

/// Columns of text where the width of a terminal is not known.
pub const USUAL_WIDTH: u16 = 80;
/// Fewer make no table.
const LEAST_WIDTH: u16 = 60;

/// How a row or step went, as its first word.
pub(crate) fn verdict(ok: bool) -> &'static str {
    if ok { "ok" } else { "NOT" }
}

/// A table without lines that fits into `width`; the first columns have these widths, the others share the rest.
pub(crate) fn table(width: u16, first: &[u16], others: u16) -> Table {
    let width = width.max(LEAST_WIDTH);
    let rest = width.saturating_sub(first.iter().sum()) / others;
    let widths = first.iter().copied().chain((0..others).map(|_| rest));
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width)
        .set_constraints(widths.map(|w| ColumnConstraint::Absolute(Width::Fixed(w))));
    table
}

/// The lines of a table, without blanks at their ends.
pub(crate) fn push_lines(text: &mut String, table: &Table) {
    for line in table.lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
}

/// All rows as text that fits into `width` columns: below each behaviour the platforms, those that agree together, with what
/// is expected and what was measured. Rows that are not as expected begin with `NOT`.
#[must_use]
pub fn to_table(rows: &[Row], width: u16) -> String {
    let mut text = String::new();
    for check in rows.chunk_by(|a, b| (a.clause, a.behaviour) == (b.clause, b.behaviour)) {
        text.push_str(&format!("{}  {}\n", check[0].clause, check[0].behaviour));
        let mut table = table(width, &[5, 23], 2);
        let mut groups: Vec<(&Row, Vec<&str>)> = Vec::new();
        for row in check {
            let same = |(first, _): &&mut (&Row, _)| {
                (row.ok, &row.expected, &row.measured) == (first.ok, &first.expected, &first.measured)
            };
            match groups.iter_mut().find(same) {
                Some((_, platforms)) => platforms.push(row.platform),
                None => groups.push((row, vec![row.platform])),
            }
        }
        table.add_row(["", "", "expected", "measured"]);
        for (row, platforms) in groups {
            table.add_row([
                verdict(row.ok),
                &platforms.join(" "),
                &row.expected,
                &row.measured,
            ]);
        }
        push_lines(&mut text, &table);
        text.push('\n');
    }
    text
}

/// How many rows are as expected, which are not, and which clauses were not measured, in lines.
#[must_use]
pub fn summary(rows: &[Row]) -> String {
    let good = rows.iter().filter(|row| row.ok).count();
    let mut text = String::new();
    for row in rows.iter().filter(|row| !row.ok) {
        text.push_str(&format!(
            "NOT as expected: {} on {}, {}\n    expected: {}\n    measured: {}\n",
            row.clause, row.platform, row.behaviour, row.expected, row.measured
        ));
    }
    for (clause, why) in NOT_MEASURED.iter().chain(crate::system::NOT_MEASURED_HERE) {
        text.push_str(&format!("not measured: {clause}, {why}\n"));
    }
    text.push_str(match crate::system::has_users() {
        true => "users and services are different users of this machine\n",
        false => "one user plays all users: as root the lab has real ones\n",
    });
    text.push_str(&format!("{good} of {} rows are as expected\n", rows.len()));
    text
}
