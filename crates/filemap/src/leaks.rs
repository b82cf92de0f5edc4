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
use filemap_sys::os::{exit, fork, module};
use std::backtrace::Backtrace;
use std::collections::BTreeMap;
use std::fmt;
use std::fs::OpenOptions;
use std::io::Write;
use std::panic::Location;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, Once, OnceLock, PoisonError};

/// The environment variable that has handles and views watched: a file that leaks are appended to at the end of the program,
/// or `1` for standard error.
///
/// In the file, a line for each leak is followed by the calls that led to it, four spaces further in. So are two lines for each
/// process, [`BEGUN`] and [`TOLD`] with its number: one that has begun and not told was killed, or ended by `_exit` or `exec`.
pub const VARIABLE: &str = "FILEMAP_LEAKS";

/// In the file of [`VARIABLE`]: this process has made its first handle.
pub const BEGUN: &str = "    watched: process ";

/// In the file of [`VARIABLE`]: this process has told all that it left open.
pub const TOLD: &str = "    told all: process ";

/// Something that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// What it is, such as ``handle to file mapping `Local\frames` ``.
    pub what: String,
    /// Where it was made: a source line; where there is no debug information, the function, and the address in its file,
    /// which addr2line(1) takes.
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

/// Whether handles are watched: then a duplicate is one of its own, so that it is told apart.
#[doc(hidden)]
pub fn is_watching() -> bool {
    static ASKED: Once = Once::new();
    if !ASKED.is_completed() {
        ASKED.call_once(|| {
            if let Some(to) = std::env::var_os(VARIABLE).filter(|to| !to.is_empty() && to != "0") {
                let _ = TO.set(PathBuf::from(to));
                watch();
                if let Some(file) = file() {
                    append(file, &format!("{BEGUN}{}\n", std::process::id()));
                }
                exit::when_the_program_ends(tell);
            }
        });
    }
    WATCHING.load(Ordering::Acquire)
}

static TO: OnceLock<PathBuf> = OnceLock::new();

/// The file to tell leaks in, if it is one.
fn file() -> Option<&'static Path> {
    TO.get().map(PathBuf::as_path).filter(|to| to.as_os_str() != "1")
}

/// Nobody can be told that nobody could be told.
fn append(path: &Path, text: &str) {
    let file = OpenOptions::new().append(true).create(true).open(path);
    let _ = file.and_then(|mut file| file.write_all(text.as_bytes()));
}

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
    match file() {
        None => {
            let _ = std::io::stderr().write_all(text.as_bytes()); // as `append`
        }
        Some(path) => {
            text.push_str(&format!("{TOLD}{}\n", std::process::id()));
            append(path, &text);
        }
    }
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
        let calls = callers(&format!("{:#}", self.calls));
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

/// A call of a backtrace.
#[derive(Debug, PartialEq, Eq)]
struct Frame {
    /// Where it returns to; 0 if nobody knows.
    returns: usize,
    /// Its function, if that has a name.
    name: Option<String>,
    /// Its source line, if that is known.
    place: Option<String>,
}

/// What stands in a backtrace with addresses: a line for each function, also for those that the compiler has put into another,
/// and one for its place.
fn frames(backtrace: &str) -> Vec<Frame> {
    let mut frames: Vec<Frame> = Vec::new();
    for line in backtrace.lines() {
        let line = line.trim_start();
        if let Some(place) = line.strip_prefix("at ") {
            if let Some(frame) = frames.last_mut() {
                frame.place = Some(place.to_owned());
            }
            continue;
        }
        let Some((head, name)) = line.split_once("- ") else {
            continue;
        };
        let number = head.trim_end().rsplit(' ').next().unwrap_or_default();
        let address = number
            .strip_prefix("0x")
            .and_then(|hex| usize::from_str_radix(hex, 16).ok());
        let before = frames.last().map_or(0, |frame| frame.returns);
        frames.push(Frame {
            returns: address.unwrap_or(before),
            name: Some(plain(name)).filter(|name| name != "<unknown>"),
            place: None,
        });
    }
    frames
}

/// A function's name without the hashes that a compiler adds to it.
fn plain(name: &str) -> String {
    let is_hash = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_hexdigit());
    let name = match name.rsplit_once("::h") {
        Some((before, hash)) if hash.len() == 16 && is_hash(hash) => before,
        _ => name,
    };
    let mut out = String::with_capacity(name.len());
    let mut rest = name;
    while let Some((before, behind)) = rest.split_once('[') {
        out.push_str(before);
        match behind.split_once(']') {
            Some((hash, after)) if hash.len() >= 12 && is_hash(hash) => rest = after,
            _ => {
                out.push('[');
                rest = behind;
            }
        }
    }
    out + rest
}

/// The calls of a backtrace that are not this library's, innermost first.
fn callers(backtrace: &str) -> Vec<String> {
    let frames = frames(backtrace);
    // Places below the current directory are told from there.
    let here = std::env::current_dir().unwrap_or_default();
    let library = module::of(tell as extern "C" fn() as usize).and_then(|of| of.library);
    let is_ours = |frame: &Frame| {
        let in_sources = frame.place.as_ref().is_some_and(|place| {
            let place = here.join(place);
            let place = place.to_string_lossy().replace("/./", "/");
            ["filemap/src/", "filemap-capi/src/", "filemap-shared/src/"]
                .iter()
                .any(|part| place.contains(part))
        });
        let by_name = frame.name.as_ref().is_some_and(|name| {
            name.starts_with("filemap::") || name.starts_with("<filemap::") || name.starts_with("filemap_c")
        });
        let in_library = library.is_some()
            && module::of(frame.returns.wrapping_sub(1)).is_some_and(|of| of.library == library);
        in_sources || by_name || in_library
    };
    let first = frames.iter().rposition(is_ours).map_or(0, |last| last + 1);
    let is_start_up = |frame: &&Frame| {
        frame.returns == 0
            || frame.name.as_ref().is_some_and(|name| {
                name.starts_with("__libc_start") || name == "_start" || name.contains("lang_start")
            })
    };
    frames[first..]
        .iter()
        .take_while(|frame| !is_start_up(frame))
        .map(|frame| frame.told(&here))
        .collect()
}

impl Frame {
    /// `place in function`; without a place the function, and where in which file the call is.
    fn told(&self, here: &Path) -> String {
        if let Some(place) = &self.place {
            let below = Path::new(place).strip_prefix(here).ok();
            let place = below.map_or_else(|| place.clone(), |below| format!("./{}", below.display()));
            return match &self.name {
                Some(name) => format!("{place} in {name}"),
                None => place,
            };
        }
        // It returns behind the call; the byte before is the call's own.
        let call = self.returns.wrapping_sub(1);
        let program = || std::env::current_exe().unwrap_or_default();
        let at = module::of(call).map(|of| {
            let file = of.library.unwrap_or_else(program);
            let file = file
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            format!("{}+{:#x}", Escaped(&file), of.address)
        });
        let at = at.unwrap_or_else(|| format!("{call:#x}"));
        match &self.name {
            Some(name) => format!("{at} in {name} (no line: build it with debug information)"),
            None => format!("{at} (no name, no line: build it with debug information)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caller_is_the_first_behind_the_library() {
        let text = "   0:     0x7f00aa00b37b - <std[e28293b1aa0f68bd]::backtrace::Backtrace>::force_capture\n\
                    \x20                              at /rustc/x.rs:1:2\n\
                    \x20  1:     0x7f00aa00b37b - filemap::leaks::Ticket::noted::h0123456789abcdef\n\
                    \x20                              at ./crates/filemap/src/leaks.rs:9:1\n\
                    \x20  2:     0x7f00aa00b300 - CreateFileMappingW\n\
                    \x20                              at ./crates/filemap-capi/src/memoryapi.rs:9:1\n\
                    \x20  3:               0x1235 - make\n\
                    \x20                              at ./prog.c:12:8\n\
                    \x20                        - put_into_it\n\
                    \x20                              at ./prog.c:20:3\n\
                    \x20  4:               0x1240 - main\n\
                    \x20  5:               0x1250 - <unknown>\n\
                    \x20  6:     0x7f00aa00b300 - __libc_start_call_main\n  7:  0x0 - _start\n";
        assert_eq!(
            callers(text),
            [
                "./prog.c:12:8 in make",
                "./prog.c:20:3 in put_into_it",
                "0x123f in main (no line: build it with debug information)",
                "0x124f (no name, no line: build it with debug information)",
            ]
        );
        assert!(callers("").is_empty() && callers("disabled backtrace").is_empty());
    }

    #[test]
    fn names_lose_their_hashes_and_nothing_else() {
        for (name, want) in [
            ("m::a::h9f7046ffc9f8cbf9", "m::a"),
            (
                "<&dyn core[c1f1a4ba060b9bfa]::ops::Fn as std[e28293b1aa0f68bd]::X>::f",
                "<&dyn core::ops::Fn as std::X>::f",
            ),
            ("<[u8]>::len", "<[u8]>::len"),
            ("make::hello", "make::hello"),
            ("a[", "a["),
        ] {
            assert_eq!(plain(name), want);
        }
    }
}
