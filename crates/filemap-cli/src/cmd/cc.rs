//! `filemap cc`.

use crate::failure::{Failure, io_error};
use filemap::{Error, Op, Why};
use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// The library's file name in cargo's own directories; installed it is libfilemap.so.
const BUILT: &str = "libfilemap_c.so";
const INSTALLED: &str = "libfilemap.so";
/// The name that programs look for when they start.
const SONAME: &str = "libfilemap.so.0";

/// Compiles and links C and C++ programs that are written for Windows, from unchanged source
///
/// Runs the C compiler (CC, else cc; for C++ CXX, else c++) with the Windows headers, 16-bit wchar_t and this library; all other
/// arguments go to the compiler as they are.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  filemap cc server.c -o server\n  filemap cc --unicode first.c second.o -lm -o first\n  filemap cc --cxx main.cpp -O2 -o main"
)]
pub(crate) struct Cc {
    /// Text of the programs' TCHAR is 16 bits wide: defines UNICODE and _UNICODE
    #[arg(long)]
    unicode: bool,
    /// Use the C++ compiler; it is used for .cpp, .cc, .cxx and .C files anyway
    #[arg(long)]
    cxx: bool,
    /// Print the compiler's command line instead of running it
    #[arg(long)]
    print: bool,
    /// Sources, objects, -o, -O, -l and all other arguments of the compiler
    #[arg(
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "ARGUMENT"
    )]
    arguments: Vec<OsString>,
}

/// Where headers and library are.
struct Kit {
    headers: PathBuf,
    library: PathBuf,
}

fn failed(name: &str, what: String, remedy: &'static str) -> Failure {
    Failure::from(Error::new(
        Op::Other("compile with"),
        name,
        Why::Missing { what, remedy },
    ))
}

fn unlinkable(place: &Path, e: &std::io::Error) -> Failure {
    let e = io_error(
        Op::Other("make links to"),
        &place.display().to_string(),
        "symlink",
        e,
    );
    let note = "make the build tree writable, or install with `cargo xtask install --prefix DIR`";
    Failure::Call(e.with_note(note))
}

/// The installation or build tree that this program lies in: `PREFIX/bin` or `target/release`.
fn kit(program: &Path) -> Option<Kit> {
    let beside = program.parent()?;
    if let Some(prefix) = beside.parent() {
        let (headers, library) = (prefix.join("include/filemap"), prefix.join("lib").join(INSTALLED));
        if headers.join("windows.h").exists() && library.exists() {
            return Some(Kit { headers, library });
        }
    }
    let headers = program
        .ancestors()
        .map(|dir| dir.join("crates/filemap-capi/include"))
        .find(|dir| dir.join("windows.h").exists())?;
    // cargo leaves it in `deps` when only tests were built: the newer one is meant.
    let built = [beside.join(BUILT), beside.join("deps").join(BUILT)];
    let age = |path: &PathBuf| path.metadata().and_then(|meta| meta.modified()).ok();
    let library = built
        .into_iter()
        .filter(|path| age(path).is_some())
        .max_by_key(age)?;
    Some(Kit { headers, library })
}

/// How programs of a system that does not care spell the names of headers: `Windows.h`, `WINDOWS.H`, and as Microsoft writes them.
fn spellings(header: &str) -> Vec<String> {
    let mut capital = header.to_owned();
    capital[..1].make_ascii_uppercase();
    let known = [
        "AccCtrl.h",
        "AclAPI.h",
        "AclApi.h",
        "BaseTsd.h",
        "MinWinDef.h",
        "WTypesbase.h",
        "WinBase.h",
        "WinDef.h",
        "WinError.h",
        "WinNT.h",
        "WinNls.h",
        "WinUser.h",
    ];
    let known = known.into_iter().filter(|name| name.eq_ignore_ascii_case(header));
    // Microsoft's pages on the newer headers: SynchApi.h, ProcessThreadsApi.h, ...
    let api = header.strip_suffix("api.h").map(|stem| {
        let mut name = stem.to_owned();
        name[..1].make_ascii_uppercase();
        name + "Api.h"
    });
    let mut all: Vec<String> = [capital, header.to_ascii_uppercase()]
        .into_iter()
        .chain(known.map(str::to_owned))
        .chain(api)
        .collect();
    all.sort();
    all.dedup();
    all
}

/// Puts links to the headers by all spellings into a directory.
fn spell_headers(headers: &Path, directory: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(directory)?;
    for entry in std::fs::read_dir(headers)? {
        let header = entry?.path();
        let Some(name) = header
            .file_name()
            .and_then(OsStr::to_str)
            .filter(|name| name.ends_with(".h"))
        else {
            continue;
        };
        for spelling in spellings(name) {
            link(&header, &directory.join(spelling))?;
        }
    }
    Ok(())
}

/// Makes a link, or leaves it as it is. Put in place in one step: another `filemap cc` may be linking just now.
fn link(target: &Path, link: &Path) -> std::io::Result<()> {
    if std::fs::read_link(link).ok().as_deref() == Some(target) {
        return Ok(());
    }
    let mut new = link.as_os_str().to_owned();
    new.push(format!(".{}", std::process::id()));
    std::os::unix::fs::symlink(target, &new)?;
    std::fs::rename(&new, link)
}

/// A directory in which the linker finds the library under its installed name, and programs under its soname.
fn link_directory(library: &Path) -> std::io::Result<PathBuf> {
    let beside = library.parent().unwrap_or(Path::new("."));
    if library.file_name() == Some(OsStr::new(INSTALLED)) {
        return Ok(beside.to_owned());
    }
    let directory = beside.join("filemap-cc");
    std::fs::create_dir_all(&directory)?;
    for name in [INSTALLED, SONAME] {
        link(library, &directory.join(name))?;
    }
    Ok(directory)
}

/// Whether the compiler will link: not if it is told to stop before that, or only asked about itself, as in `-v`.
fn links(arguments: &[OsString]) -> bool {
    let stops = ["-c", "-S", "-E", "-M", "-MM", "-fsyntax-only"];
    let has_input = arguments
        .iter()
        .any(|argument| !argument.as_encoded_bytes().starts_with(b"-"));
    let is_stopped = arguments
        .iter()
        .any(|argument| stops.iter().any(|stop| argument == stop));
    has_input && !is_stopped
}

fn is_cxx(argument: &OsString) -> bool {
    let extension = Path::new(argument).extension().and_then(OsStr::to_str);
    matches!(extension, Some("cpp" | "cc" | "cxx" | "C")) && !argument.as_encoded_bytes().starts_with(b"-")
}

impl Cc {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let program = std::env::current_exe().map_err(|e| {
            failed(
                "filemap cc",
                format!("this program's own place is not known: {e}"),
                "is /proc mounted?",
            )
        })?;
        let kit = kit(&program).ok_or_else(|| {
            failed(
                "filemap cc",
                format!("the library is not beside {}", program.display()),
                "build it with `cargo build --release -p filemap-capi`, or install with `cargo xtask install --prefix DIR`",
            )
        })?;
        // Ours count wherever they stand; nothing of the compiler's has these names.
        let ours = |name: &str| self.arguments.iter().any(|argument| argument == name);
        let (unicode, cxx) = (
            self.unicode || ours("--unicode"),
            self.cxx || ours("--cxx") || self.arguments.iter().any(is_cxx),
        );
        let (variable, default) = if cxx { ("CXX", "c++") } else { ("CC", "cc") };
        let compiler = std::env::var_os(variable)
            .filter(|compiler| !compiler.is_empty())
            .unwrap_or_else(|| default.into());
        // CC may have arguments of its own, as in `ccache gcc`.
        let words = compiler.to_string_lossy().into_owned();
        let mut words = words.split_whitespace();
        let mut command = Command::new(words.next().unwrap_or(default));
        command.args(words);
        // Windows' wchar_t has 16 bits, whatever TCHAR is; a later -fno-short-wchar of the caller wins.
        command.arg("-fshort-wchar").arg("-I").arg(&kit.headers);
        if kit.library.file_name() != Some(OsStr::new(INSTALLED)) {
            // In an installation they lie beside each other; here all spellings get a directory of their own.
            let spelled = kit.library.with_file_name("filemap-cc").join("include");
            spell_headers(&kit.headers, &spelled).map_err(|e| unlinkable(&spelled, &e))?;
            command.arg("-I").arg(spelled);
        }
        if unicode {
            command.args(["-DUNICODE", "-D_UNICODE"]);
        }
        let theirs = self
            .arguments
            .iter()
            .filter(|argument| *argument != "--unicode" && *argument != "--cxx");
        command.args(theirs);
        if links(&self.arguments) {
            let directory = link_directory(&kit.library).map_err(|e| unlinkable(&kit.library, &e))?;
            command
                .arg("-L")
                .arg(&directory)
                // In words of their own: a directory may have a comma in its name.
                .args(["-Xlinker", "-rpath", "-Xlinker"])
                .arg(&directory)
                .arg("-lfilemap");
        }
        if self.print {
            let all = std::iter::once(command.get_program()).chain(command.get_args());
            let all: Vec<_> = all.map(OsStr::to_string_lossy).collect();
            println!("{}", all.join(" "));
            return Ok(ExitCode::SUCCESS);
        }
        let e = command.exec(); // comes back only if there is no such compiler
        let compiler = command.get_program().to_string_lossy().into_owned();
        Err(failed(
            &compiler,
            format!("{compiler} can't be run: {e}"),
            "install a compiler (apt-get install gcc g++), or name one with CC or CXX",
        ))
    }
}
