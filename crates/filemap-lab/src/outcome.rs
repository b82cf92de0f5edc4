//! Results in words, the same for what is expected and what is measured.

use filemap::Win32Code;
use filemap::core::profile::Answer;

/// `works`, or the error with its number.
pub(crate) fn of_code(code: u32) -> String {
    match code {
        0 => "works".to_owned(),
        code => format!("error {code}"),
    }
}

/// What a table's answer comes to.
pub(crate) fn of_answer(answer: Answer) -> String {
    of_code(answer.check().map_or_else(|code| code.0, |()| 0))
}

/// The number that a table gives.
pub(crate) fn of_number(code: Win32Code) -> String {
    of_code(code.0)
}

/// Several outcomes of one row.
pub(crate) fn several<'a>(parts: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let parts: Vec<String> = parts
        .into_iter()
        .map(|(what, outcome)| format!("{what}: {outcome}"))
        .collect();
    parts.join("; ")
}
