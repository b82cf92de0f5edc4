//! Debian packages that building and testing need.

use crate::process;
use std::path::Path;
use std::process::{Command, Stdio};

/// Whether tests can run without a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    /// Nothing builds without it.
    Compulsory,
    /// Some tests skip themselves without it, and say so.
    Optional,
}

struct Package {
    /// Its name in Debian.
    name: &'static str,
    /// A program that it brings; there means installed.
    program: &'static str,
    need: Need,
    why: &'static str,
}

/// Add a row here when a test starts another program, and let the test `skip!` without it.
const PACKAGES: &[Package] = &[
    Package {
        name: "gcc",
        program: "cc",
        need: Need::Compulsory,
        why: "Rust links with it",
    },
    Package {
        name: "gdb",
        program: "gdb",
        need: Need::Optional,
        why: "stacks of a test that hangs",
    },
    Package {
        name: "g++",
        program: "g++",
        need: Need::Optional,
        why: "C++ programs against the C library",
    },
    Package {
        name: "strace",
        program: "strace",
        need: Need::Optional,
        why: "system calls of the hot paths",
    },
    Package {
        name: "valgrind",
        program: "valgrind",
        need: Need::Optional,
        why: "instructions of the hot paths",
    },
    Package {
        name: "clang",
        program: "clang",
        need: Need::Optional,
        why: "the second compiler for the Windows headers",
    },
    Package {
        name: "pkg-config",
        program: "pkg-config",
        need: Need::Optional,
        why: "the installed library is found by it",
    },
    Package {
        name: "mono-mcs",
        program: "mcs",
        need: Need::Optional,
        why: ".NET programs through P/Invoke",
    },
    Package {
        name: "mono-runtime",
        program: "mono",
        need: Need::Optional,
        why: ".NET programs through P/Invoke",
    },
    Package {
        name: "binutils-mingw-w64-x86-64",
        program: "x86_64-w64-mingw32-ld",
        need: Need::Optional,
        why: "a real program file for the tests of SEC_IMAGE",
    },
];

/// What the tests on Windows need, with a file that each package brings.
const FOR_WINDOWS: [(&str, &str); 6] = [
    ("rustc-web", "/usr/bin/rustc"),
    ("cargo-web", "/usr/bin/cargo"),
    ("rust-web-src", "/usr/lib/rustlib/src/rust"),
    ("gcc-mingw-w64-x86-64-posix", "/usr/bin/x86_64-w64-mingw32-gcc"),
    ("binutils-mingw-w64-x86-64", "/usr/bin/x86_64-w64-mingw32-dlltool"),
    ("wine64", "/usr/lib/wine/wine64"),
];

/// A Rust that has the source of its standard library.
const RUST_WITH_SOURCE: usize = 3;

/// What the tests on 64-bit ARM need.
const FOR_ARM: [(&str, &str); 3] = [
    ("gcc-aarch64-linux-gnu", "/usr/bin/aarch64-linux-gnu-gcc"),
    ("libc6-dev-arm64-cross", "/usr/aarch64-linux-gnu/lib/libc.so.6"),
    ("qemu-user-static", "/usr/bin/qemu-aarch64-static"),
];

/// Sees to it that the packages for Windows are there, as far as this user can; `false` if one is missing.
pub(crate) fn provide_windows(install: bool) -> bool {
    provide_all("Windows", &FOR_WINDOWS, install)
}

/// [`provide_windows`] for what builds a standard library.
pub(crate) fn provide_rust_source(install: bool) -> bool {
    provide_all(
        "building the standard library",
        &FOR_WINDOWS[..RUST_WITH_SOURCE],
        install,
    )
}

/// [`provide_windows`] for 64-bit ARM.
pub(crate) fn provide_arm(install: bool) -> bool {
    provide_all("64-bit ARM", &FOR_ARM, install)
}

fn provide_all(what: &str, packages: &[(&'static str, &str)], install: bool) -> bool {
    let missing = || -> Vec<&str> {
        let absent = packages.iter().filter(|(_, file)| !Path::new(file).exists());
        absent.map(|(name, _)| *name).collect()
    };
    let mut names = missing();
    if !names.is_empty() && install && is_root() && found("apt-get") {
        println!("installing Debian packages: {}", names.join(" "));
        if !apt_get(&names) {
            println!("apt-get did not install all of them");
        }
        names = missing();
    }
    if !names.is_empty() {
        println!("missing for {what}: {}", names.join(" "));
        println!(
            "install with: sudo apt-get install -y --no-install-recommends {}",
            names.join(" ")
        );
    }
    names.is_empty()
}

/// Wine's program for 64-bit programs.
pub(crate) fn wine() -> Option<&'static str> {
    ["/usr/lib/wine/wine64", "/usr/bin/wine64"]
        .into_iter()
        .find(|path| Path::new(path).is_file())
}

/// Sees to it that everything is there, as far as this user can; `false` if something compulsory is missing.
pub(crate) fn provide(install: bool) -> bool {
    let mut missing = missing();
    if !missing.is_empty() && install && is_root() && found("apt-get") {
        let names: Vec<_> = missing.iter().map(|package| package.name).collect();
        println!("installing Debian packages: {}", names.join(" "));
        if !apt_get(&names) {
            println!("apt-get did not install all of them");
        }
        missing = self::missing();
    }
    for package in &missing {
        println!(
            "{}missing: {} ({})",
            if package.need == Need::Compulsory {
                ""
            } else {
                "optional, "
            },
            package.name,
            package.why
        );
    }
    if !missing.is_empty() {
        println!("install with: {}", command_line(&missing));
    }
    missing.iter().all(|package| package.need == Need::Optional)
}

fn missing() -> Vec<&'static Package> {
    PACKAGES
        .iter()
        .filter(|package| !found(package.program))
        .collect()
}

/// What a person types to get them.
fn command_line(packages: &[&Package]) -> String {
    let names: Vec<_> = packages.iter().map(|package| package.name).collect();
    format!(
        "sudo apt-get install -y --no-install-recommends {}",
        names.join(" ")
    )
}

fn apt_get(names: &[&str]) -> bool {
    let run = |arguments: &[&str]| {
        Command::new("apt-get")
            .args(["-qq", "-o", "DPkg::Lock::Timeout=600"])
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdin(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    };
    let install = [&["install", "-y", "--no-install-recommends"], names].concat();
    // A fresh machine has no lists, an old one has stale ones: then the first try fails.
    run(&install) || (run(&["update"]) && run(&install))
}

fn found(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| directory.join(program).is_file())
}

fn is_root() -> bool {
    process::output(Path::new("/"), "id", &["-u"]).is_ok_and(|uid| uid.trim() == "0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_without_root_is_told_exactly_what_to_type() {
        let packages: Vec<_> = PACKAGES.iter().take(2).collect();
        assert_eq!(
            command_line(&packages),
            "sudo apt-get install -y --no-install-recommends gcc gdb"
        );
    }

    #[test]
    fn a_program_is_found_by_the_path_alone() {
        assert!(found("sh"));
        assert!(!found("no-such-program-anywhere"));
    }
}
