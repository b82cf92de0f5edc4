//! How the command ends when something failed.

use filemap::sys::SysError;
use filemap::{Error, Op, Why};
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;

/// Why the command did not do what it was asked for.
pub(crate) enum Failure {
    /// A call failed; told on standard error, exit status 1.
    Call(Error),
    /// Nobody reads standard output any more: not worth a word.
    NobodyReads,
}

impl Failure {
    /// Says what there is to say and gives the exit status.
    pub(crate) fn report(self) -> ExitCode {
        match self {
            Failure::Call(e) => say(&e.to_string()),
            // What happens to every filter whose reader has gone.
            Failure::NobodyReads => crate::system::end_as_filters_do(),
        }
        ExitCode::FAILURE
    }
}

impl From<Error> for Failure {
    fn from(e: Error) -> Failure {
        Failure::Call(e)
    }
}

/// Writes a line for people to standard error, in one piece.
pub(crate) fn say(text: &str) {
    // If standard error is closed there is nobody to tell.
    let _ = io::stderr().write_all(format!("filemap: {text}\n").as_bytes());
}

/// For `map_err` around writing to standard output.
pub(crate) fn output(e: io::Error) -> Failure {
    match e.kind() {
        ErrorKind::BrokenPipe => Failure::NobodyReads,
        _ => Failure::Call(io_error(Op::Other("write to"), "standard output", "write", &e)),
    }
}

/// For `map_err` around an operation on the file at `path`; `call` is the system call behind it.
pub(crate) fn on_file(
    op: &'static str,
    path: &Path,
    call: &'static str,
) -> impl FnOnce(io::Error) -> Failure {
    let path = path.display().to_string();
    move |e| Failure::Call(io_error(Op::Other(op), &path, call, &e))
}

/// The error of `op` on `object` that an I/O error stands for.
pub(crate) fn io_error(op: Op, object: &str, call: &'static str, e: &io::Error) -> Error {
    let errno = e.raw_os_error().unwrap_or(0);
    let os = SysError { call, errno };
    let why = match e.kind() {
        ErrorKind::NotFound => Why::FileMissing,
        ErrorKind::PermissionDenied => Why::FileDenied,
        ErrorKind::IsADirectory => Why::FileNotMappable { what: "a directory" },
        _ => return filemap::system_error(op, object, os),
    };
    let error = Error::new(op, object, why);
    // It has none where a library has put something around it.
    match errno {
        0 => error,
        _ => error.with_os(os.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_without_a_system_call_s_number_claims_none() {
        let missing = Path::new("/nowhere/at/all");
        let told = |e: &io::Error| io_error(Op::Other("write"), "it", "open", e).to_string();
        let plain = std::fs::File::open(missing).unwrap_err();
        let number = plain.raw_os_error().unwrap(); // Windows has others
        let said = format!(", open said errno {number} ");
        assert!(told(&plain).contains(&said), "{}", told(&plain));
        // A library has put a path around it.
        let around = tempfile::NamedTempFile::new_in(missing).unwrap_err();
        assert_eq!(around.raw_os_error(), None);
        assert!(!told(&around).contains("errno"), "{}", told(&around));
        assert!(
            told(&around).contains("there is no such file"),
            "{}",
            told(&around)
        );
    }
}
