//! What the tests of headers and programs share: compilers, dialects, and the library under its installed name.
#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    reason = "each test file uses a part of this"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The crate's directory.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The headers.
pub fn include() -> PathBuf {
    root().join("include")
}

/// The shared library that cargo built next to this test.
pub fn library() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let library = test.parent().unwrap().join("libfilemap_c.so");
    assert!(
        library.exists(),
        "{} is not there: cargo builds it for every test of this package",
        library.display()
    );
    library
}

/// A directory with the library as it is installed: `libfilemap.so` and its soname.
pub fn installed(dir: &Path) {
    for name in ["libfilemap.so", "libfilemap.so.0"] {
        std::os::unix::fs::symlink(library(), dir.join(name)).unwrap();
    }
}

/// One way to compile.
#[derive(Clone, Copy, Debug)]
pub struct Mode {
    pub compiler: &'static str,
    pub standard: &'static str,
    pub unicode: bool,
    pub short_wchar: bool,
}

pub const C: &[&str] = &["gnu89", "c99", "gnu99", "c11", "gnu17", "gnu2x"];
pub const CXX: &[&str] = &["c++11", "c++14", "c++17", "c++20", "c++2b"];

impl Mode {
    /// Every mode of C or C++; the ones without 16-bit literals included.
    pub fn all(cxx: bool) -> Vec<Mode> {
        let (compilers, standards) = if cxx {
            (["g++", "clang++"], CXX)
        } else {
            (["gcc", "clang"], C)
        };
        let mut modes = Vec::new();
        for compiler in compilers {
            for standard in standards {
                for unicode in [false, true] {
                    for short_wchar in [false, true] {
                        modes.push(Mode {
                            compiler,
                            standard,
                            unicode,
                            short_wchar,
                        });
                    }
                }
            }
        }
        modes
    }

    /// Whether text of 16 bits can be written in this mode: filemap_wchar.h.
    pub fn has_wide_literals(self) -> bool {
        let too_old = match self.standard {
            "gnu89" | "c99" => true,
            "gnu99" => self.compiler == "clang",
            _ => false,
        };
        self.short_wchar || !too_old
    }

    /// Modes in which everything compiles.
    pub fn working(cxx: bool) -> Vec<Mode> {
        Mode::all(cxx)
            .into_iter()
            .filter(|mode| !mode.unicode || mode.has_wide_literals())
            .collect()
    }

    /// The compiler with the flags of the mode and every warning an error.
    pub fn command(self) -> Command {
        let mut command = Command::new(self.compiler);
        command
            .arg(format!("-std={}", self.standard))
            .arg("-I")
            .arg(include());
        command.args(["-Wall", "-Wextra", "-Wno-unknown-pragmas", "-Werror"]);
        if self.unicode {
            command.args(["-DUNICODE", "-D_UNICODE"]);
        }
        if self.short_wchar {
            command.arg("-fshort-wchar");
        }
        command
    }
}

/// Runs a command that must succeed.
pub fn run(command: &mut Command) -> Output {
    let output = command
        .output()
        .unwrap_or_else(|e| panic!("{command:?}: {e} (apt-get install gcc g++ clang)"));
    assert!(
        output.status.success(),
        "{command:?}\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}
