//! Handles and views that a program never closed, with the places where it made them (KB125713).
//!
//! With the environment variable [`VARIABLE`], every handle and view notes where it is made: the caller's source line in Rust,
//! the return address of the C function elsewhere. When the program ends in an orderly way, those that are still open are
//! told; `filemap run --leaks -- PROGRAM` does all of that. Without the variable it costs a look at a flag.
//!
//! ```
//! # let place = tempfile::tempdir_in("/dev/shm")?;
//! # let space = filemap::Namespace::at(place.path());
//! use filemap::{FileMapping, leaks};
//! leaks::watch();
//! let forgotten = FileMapping::options().namespace(&space).size(4096).create(r"Local\frames")?;
//! let line = line!() - 1;
//! let open = leaks::open();
//! assert!(open[0].place.contains(&format!(":{line}:")), "{open:?}");
//! drop(forgotten);
//! assert!(leaks::open().is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use filemap_core::error::Escaped;
use filemap_sys::os::{exit, fork};
use std::backtrace::Backtrace;
use std::collections::BTreeMap;
use std::fmt;
use std::fs::OpenOptions;
use std::io::Write;
use std::panic::Location;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, Once, OnceLock, PoisonError};

/// The environment variable that has handles and views watched: a file that leaks are appended to at the end of the program,
/// or `1` for standard error.
pub const VARIABLE: &str = "FILEMAP_LEAKS";

/// Something that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// What it is, such as ``handle to file mapping `Local\frames` ``.
    pub what: String,
    /// Where it was made: a source line, or a function where there is no debug information.
    pub place: String,
    /// The calls that led there, innermost first.
    pub calls: Vec<String>,
}

impl fmt::Display for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "never closed: {}, made at {}", self.what, self.place)
    }
}

/// What was noted when something was made.
struct Made {
    what: String,
    by: &'static Location<'static>,
    calls: Backtrace,
}

static WATCHING: AtomicBool = AtomicBool::new(false);
static OPEN: Mutex<BTreeMap<u64, Made>> = Mutex::new(BTreeMap::new());
static NEXT: AtomicU64 = AtomicU64::new(1);
/// The process that watches: a forked child of it has its parent's handles, and nothing to tell.
static GENERATION: AtomicU32 = AtomicU32::new(0);

/// Watches handles and views from now on, whatever the environment says.
pub fn watch() {
    GENERATION.store(fork::generation(), Ordering::Relaxed);
    WATCHING.store(true, Ordering::Release);
}

fn is_watching() -> bool {
    static ASKED: Once = Once::new();
    if !ASKED.is_completed() {
        ASKED.call_once(|| {
            if let Some(to) = std::env::var_os(VARIABLE).filter(|to| !to.is_empty() && to != "0") {
                let _ = TO.set(PathBuf::from(to));
                watch();
                exit::when_the_program_ends(tell);
            }
        });
    }
    WATCHING.load(Ordering::Acquire)
}

static TO: OnceLock<PathBuf> = OnceLock::new();

/// What is open now, of what was made since the program is watched; the oldest first.
#[must_use]
pub fn open() -> Vec<Open> {
    let open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    open.values().map(Made::told).collect()
}

/// Tells at the end of the program.
extern "C" fn tell() {
    if fork::generation() != GENERATION.load(Ordering::Relaxed) {
        return;
    }
    let mut text = String::new();
    for leak in open() {
        text.push_str(&format!("{leak}\n"));
        for call in leak.calls.iter().take(8) {
            text.push_str(&format!("    {call}\n"));
        }
    }
    // Nobody can be told that nobody could be told.
    let _ = match TO.get().filter(|to| to.as_os_str() != "1") {
        None => std::io::stderr().write_all(text.as_bytes()),
        Some(path) => OpenOptions::new()
            .append(true)
            .create(true)
            .open(path)
            .and_then(|mut file| file.write_all(text.as_bytes())),
    };
}

/// The entry of something that is open; it goes with it.
#[derive(Debug, Default)]
pub(crate) struct Ticket(u64);

impl Ticket {
    /// Notes something that the caller of the public function has made.
    #[track_caller]
    #[inline]
    pub(crate) fn new(kind: &'static str, of: &str, name: &str) -> Ticket {
        match is_watching() {
            true => Ticket::noted(kind, of, name),
            false => Ticket(0),
        }
    }

    #[track_caller]
    #[cold]
    fn noted(kind: &'static str, of: &str, name: &str) -> Ticket {
        let what = match name {
            "" => format!("{kind} an unnamed {of}"),
            name => format!("{kind} {of} `{}`", Escaped(name)),
        };
        let made = Made {
            what,
            by: Location::caller(),
            calls: Backtrace::force_capture(),
        };
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        OPEN.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(number, made);
        Ticket(number)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if self.0 != 0 {
            OPEN.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .remove(&self.0);
        }
    }
}

impl Made {
    fn told(&self) -> Open {
        let calls = callers(&self.calls.to_string());
        // A call through the C interface has its caller outside of Rust.
        let place = match self.by.file().contains("filemap-capi") {
            false => self.by.to_string(),
            true => calls.first().cloned().unwrap_or_else(|| self.by.to_string()),
        };
        Open {
            what: self.what.clone(),
            place,
            calls,
        }
    }
}

/// The calls of a backtrace that are not this library's, innermost first: `place in function`, or the function alone.
fn callers(backtrace: &str) -> Vec<String> {
    let mut frames: Vec<(String, Option<String>)> = Vec::new();
    for line in backtrace.lines() {
        let line = line.trim_start();
        if let Some(place) = line.strip_prefix("at ") {
            if let Some((_, at)) = frames.last_mut() {
                *at = Some(place.to_owned());
            }
        } else if let Some((number, name)) = line.split_once(": ")
            && number.bytes().all(|b| b.is_ascii_digit())
        {
            frames.push((name.to_owned(), None));
        }
    }
    // Places below the current directory are told from there.
    let here = std::env::current_dir().unwrap_or_default();
    let is_ours = |(name, place): &(String, Option<String>)| {
        let in_library = place.as_ref().is_some_and(|place| {
            let place = here.join(place);
            let place = place.to_string_lossy().replace("/./", "/");
            ["filemap/src/", "filemap-capi/src/", "filemap-shared/src/"]
                .iter()
                .any(|part| place.contains(part))
        });
        in_library
            || name.starts_with("filemap::")
            || name.starts_with("<filemap::")
            || name.starts_with("filemap_c")
    };
    let first = frames.iter().rposition(is_ours).map_or(0, |last| last + 1);
    let is_start_up =
        |name: &str| name.starts_with("__libc_start") || name == "_start" || name.contains("lang_start");
    frames[first..]
        .iter()
        .take_while(|(name, _)| !is_start_up(name))
        .map(|(name, place)| match place {
            Some(place) => format!("{place} in {name}"),
            None => format!("{name} (no line: build it with debug information)"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caller_is_the_first_behind_the_library() {
        let text = "   0: std::backtrace::Backtrace::force_capture\n             at /rustc/x.rs:1:2\n   \
                    1: filemap::leaks::Ticket::noted\n             at ./crates/filemap/src/leaks.rs:9:1\n   \
                    2: CreateFileMappingW\n             at ./crates/filemap-capi/src/memoryapi.rs:9:1\n   \
                    3: make\n             at ./prog.c:12:8\n   4: main\n   5: __libc_start_call_main\n   6: _start\n";
        assert_eq!(
            callers(text),
            [
                "./prog.c:12:8 in make",
                "main (no line: build it with debug information)"
            ]
        );
        assert!(callers("").is_empty() && callers("disabled backtrace").is_empty());
    }
}
