//! The bridge's end in a Wine prefix. `filemap bridge` starts it; it ends with its standard input.

use std::process::ExitCode;

fn main() -> ExitCode {
    match filemap_bridge::helper::serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("filemap-bridge-helper: {e}");
            ExitCode::FAILURE
        }
    }
}
