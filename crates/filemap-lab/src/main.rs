//! The lab as a program of its own; `filemap lab` is the same for users.

use std::process::ExitCode;

fn main() -> ExitCode {
    filemap_lab::play_if_asked();
    let done = match std::env::args().nth(1).as_deref() {
        Some("maartensmap") => filemap_lab::maartensmap().map(|steps| {
            print!(
                "{}",
                filemap_lab::steps_to_table(&steps, filemap_lab::USUAL_WIDTH)
            );
            steps.iter().all(|step| step.ok)
        }),
        Some("json") => filemap_lab::rows(&filemap_lab::default_profiles()).map(|rows| {
            println!("{}", serde_json::to_string_pretty(&rows).unwrap_or_default());
            rows.iter().all(|row| row.ok)
        }),
        _ => filemap_lab::rows(&filemap_lab::default_profiles()).map(|rows| {
            print!("{}", filemap_lab::to_table(&rows, filemap_lab::USUAL_WIDTH));
            print!("{}", filemap_lab::summary(&rows));
            rows.iter().all(|row| row.ok)
        }),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(e) => {
            eprintln!("filemap-lab: {e}");
            ExitCode::FAILURE
        }
    }
}
