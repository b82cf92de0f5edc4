//! A system call's refusal.

use core::fmt;
use filemap_core::error::OsError;

/// Which system call refused, and its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SysError {
    /// Name of the call as in its manual.
    pub call: &'static str,
    /// The error number: `errno` on Linux, what `GetLastError` tells on Windows.
    pub errno: i32,
}

impl SysError {
    /// The error of `call` that the system left behind: `errno`, the thread's last error.
    #[must_use]
    pub fn last(call: &'static str) -> SysError {
        SysError {
            call,
            errno: std::io::Error::last_os_error().raw_os_error().unwrap_or(0),
        }
    }

    /// Makes a closure for `map_err` out of the name of a call.
    pub fn of<E: Into<std::io::Error>>(call: &'static str) -> impl Fn(E) -> SysError {
        move |e| SysError {
            call,
            errno: e.into().raw_os_error().unwrap_or(0),
        }
    }
}

impl fmt::Display for SysError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {}",
            self.call,
            std::io::Error::from_raw_os_error(self.errno)
        )
    }
}

impl std::error::Error for SysError {}

impl From<SysError> for OsError {
    fn from(e: SysError) -> OsError {
        OsError {
            call: e.call,
            errno: e.errno,
        }
    }
}

impl From<SysError> for std::io::Error {
    fn from(e: SysError) -> std::io::Error {
        std::io::Error::from_raw_os_error(e.errno)
    }
}
