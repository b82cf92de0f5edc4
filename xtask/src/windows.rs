//! `cargo xtask windows`: builds for Windows, runs the tests under Wine, and checks the other targets.
//!
//! Debian's own Rust comes with the source of the standard library, from which cargo builds it for any target; mingw-w64
//! links, Wine runs. The target is `x86_64-win7-windows-gnu`, because the standard library of the plain one needs a
//! `bcryptprimitives.dll` that Debian's Wine does not have.

use crate::tally::Tally;
use crate::{Result, packages, process};
use std::path::{Path, PathBuf};
use std::process::Command;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Don't install Debian packages, only say which are missing
    #[arg(long)]
    no_install: bool,
    /// Only the tests under Wine
    #[arg(long, conflicts_with = "checks")]
    tests: bool,
    /// Only `cargo check` for the other targets
    #[arg(long)]
    checks: bool,
}

/// What the tests run on.
const TARGET: &str = "x86_64-win7-windows-gnu";
/// Packages whose tests run under Wine: the unit tests, and the conformance tables. The other files of tests are Linux's.
const TESTED: [&str; 5] = [
    "filemap-sys",
    "filemap",
    "filemap-conformance",
    "filemap-cli",
    "filemap-bridge",
];
/// Programs that tests on Linux start under Wine.
const STARTED: [&str; 4] = [
    "filemap-bridge",
    "filemap-cli",
    "filemap-conformance",
    "filemap-differential",
];
/// What else runs on Windows: `cargo xtask record`.
const TOOL: &str = "xtask";
/// Targets for which everything that runs on Windows is checked.
const CHECKED: [&str; 2] = ["x86_64-pc-windows-msvc", "aarch64-pc-windows-msvc"];
/// Targets without a backend: the pure crate builds, and the next one says what is missing, once.
const WITHOUT_BACKEND: [&str; 2] = ["aarch64-apple-darwin", "x86_64-unknown-freebsd"];
/// What it says.
const MISSING: &str = "error: filemap-sys has backends for Linux and Windows only";

/// Everything, with a closing line of counts.
pub(crate) fn run(root: &Path, options: &Options) -> Result<bool> {
    let mut total = Tally::default();
    if !options.checks {
        if !build(root, !options.no_install)? {
            return Err("the programs for Windows do not build".into());
        }
        total += tests(root, !options.no_install)?;
        end_wine(root);
    }
    if !options.tests {
        total += checks(root, !options.no_install)?;
    }
    println!("{total}");
    Ok(total.failed == 0)
}

/// The tests under Wine; one skip where something is missing.
pub(crate) fn tests(root: &Path, install: bool) -> Result<Tally> {
    if let Err(why) = provide(root, install) {
        return Ok(skipped("the tests on Windows, under Wine", why));
    }
    let prefix = prefix(root)?;
    let mut command = debian_cargo(root);
    command.args(["test", "--locked", "--no-fail-fast", "--color=never"]);
    command.args(["-Zbuild-std=std,panic_unwind,test", "--target", TARGET]);
    command.args(["--lib", "--bins", "--test", "tables"]);
    for package in TESTED {
        command.args(["--package", package]);
    }
    command
        .env(
            "CARGO_TARGET_X86_64_WIN7_WINDOWS_GNU_LINKER",
            "x86_64-w64-mingw32-gcc",
        )
        .env(
            "CARGO_TARGET_X86_64_WIN7_WINDOWS_GNU_RUNNER",
            packages::wine().unwrap_or_default(),
        )
        .env("WINEPREFIX", &prefix)
        .env("WINEDEBUG", "-all")
        .env_remove("DISPLAY");
    let (lines, succeeded) = process::tee(&mut command)?;
    Ok(Tally::of_cargo_test(&lines, false).with_outcome(succeeded))
}

/// `cargo check` for targets that nothing here can run.
pub(crate) fn checks(root: &Path, install: bool) -> Result<Tally> {
    if let Err(why) = provide(root, install) {
        return Ok(skipped("cargo check for other targets", why));
    }
    let mut tally = Tally::default();
    let mut count = |what: &str, ok: bool| {
        println!("{what}: {}", if ok { "ok" } else { "FAILED" });
        match ok {
            true => tally.passed += 1,
            false => tally.failed += 1,
        }
    };
    // All targets at once, for then the processors have work all the time; one by one only to find which of them fails.
    let packages: Vec<&str> = TESTED
        .iter()
        .chain(&STARTED)
        .chain([&TOOL])
        .flat_map(|package| ["-p", package])
        .collect();
    let has_no_fault = |targets: &[&str], arguments: &[&str]| -> Result<bool> {
        let (lines, ok) = process::tee(check(root, targets).args(arguments))?;
        Ok(ok && !warns(&lines))
    };
    let all_ok = has_no_fault(&CHECKED, &packages)?;
    for target in CHECKED {
        count(target, all_ok || has_no_fault(&[target], &packages)?);
    }
    let core = ["-p", "filemap-core"];
    let all_ok = has_no_fault(&WITHOUT_BACKEND, &core)?;
    for target in WITHOUT_BACKEND {
        count(
            &format!("{target}, filemap-core"),
            all_ok || has_no_fault(&[target], &core)?,
        );
        let (lines, ok) = process::tee(check(root, &[target]).args(["-p", "filemap-sys"]))?;
        count(
            &format!("{target}, the one error"),
            !ok && says_once_what_is_missing(&lines),
        );
    }
    Ok(tally)
}

/// Whether code of the project has warnings: the summary line of one of its crates.
fn warns(lines: &[String]) -> bool {
    lines
        .iter()
        .any(|line| line.starts_with("warning: `") && line.contains(" generated "))
}

/// Whether a refused build has exactly the error that says what is missing.
fn says_once_what_is_missing(lines: &[String]) -> bool {
    let errors: Vec<_> = lines.iter().filter(|line| line.starts_with("error")).collect();
    matches!(&errors[..], [first, last]
        if first.starts_with(MISSING) && last.starts_with("error: could not compile `filemap-sys`"))
}

/// Whether the lane can run: Debian's packages are there, and every crate that is built for Windows, the standard library's own
/// among them, is on this machine or can be had.
fn provide(root: &Path, install: bool) -> std::result::Result<(), &'static str> {
    static CAN: std::sync::OnceLock<std::result::Result<(), &str>> = std::sync::OnceLock::new();
    *CAN.get_or_init(|| {
        if !packages::provide_windows(install) {
            return Err("packages are missing, see above");
        }
        let mut fetch = debian_cargo(root);
        fetch.args([
            "fetch",
            "--locked",
            "--quiet",
            "--color=never",
            "--target",
            TARGET,
        ]);
        fetch.arg("-Zbuild-std=std,panic_unwind,test");
        match process::tee(&mut fetch) {
            Ok((_, true)) => Ok(()),
            _ => Err("crates for Windows can't be had, see above"),
        }
    })
}

/// Ends what Wine has left running in the prefix, which else ends by itself some seconds after its last program.
pub(crate) fn end_wine(root: &Path) {
    let prefix = directory(root).join("prefix");
    let server = ["/usr/lib/wine/wineserver64", "/usr/bin/wineserver"];
    let server = server.iter().find(|path| Path::new(path).is_file());
    if let Some(server) = server.filter(|_| prefix.is_dir()) {
        for what in ["-k", "-w"] {
            let mut end = Command::new(server);
            process::succeeds(end.arg(what).env("WINEPREFIX", &prefix));
        }
    }
}

fn skipped(what: &str, why: &str) -> Tally {
    println!("SKIPPED: {what}: {why}");
    Tally {
        skipped: 1,
        ..Tally::default()
    }
}

pub(crate) fn check(root: &Path, targets: &[&str]) -> Command {
    let mut command = debian_cargo(root);
    command.args([
        "check",
        "--locked",
        "--color=never",
        "-Zbuild-std=std,panic_unwind",
    ]);
    command.args(targets.iter().flat_map(|target| ["--target", target]));
    command
}

/// Debian's cargo, which must not meet what the calling cargo left in the environment.
pub(crate) fn debian_cargo(root: &Path) -> Command {
    let mut command = Command::new("/usr/bin/cargo");
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        let of_cargo = name.starts_with("CARGO") && !["CARGO_HOME", "CARGO_BUILD_JOBS"].contains(&&*name);
        if of_cargo || name.starts_with("RUST") {
            command.env_remove(name);
        }
    }
    command
        .current_dir(root)
        .env("PATH", "/usr/bin:/bin")
        .env("RUSTC_BOOTSTRAP", "1") // -Zbuild-std
        .env("CARGO_TARGET_DIR", directory(root))
        .env("CARGO_INCREMENTAL", "0") // what is built once gains nothing from it
        .env("CARGO_PROFILE_DEV_DEBUG", "none")
        .stdin(std::process::Stdio::null());
    command
}

/// A target directory of its own: the calling cargo holds the lock of the other.
fn directory(root: &Path) -> PathBuf {
    root.join("target").join("windows")
}

/// A Wine prefix of its own, made when it is first needed.
fn prefix(root: &Path) -> Result<PathBuf> {
    let prefix = directory(root).join("prefix");
    if !prefix.join("system.reg").is_file() {
        std::fs::create_dir_all(&prefix)?;
        let mut boot = Command::new(packages::wine().unwrap_or_default());
        boot.args(["wineboot", "-i"])
            .env("WINEPREFIX", &prefix)
            .env("WINEDEBUG", "-all")
            .env_remove("DISPLAY");
        let (_, ok) = process::tee(boot.stdin(std::process::Stdio::null()))?;
        if !ok {
            return Err("wineboot could not make a prefix".into());
        }
    }
    Ok(prefix)
}

/// Builds the programs that tests on Linux start under Wine, and makes the prefix. Without the packages nothing is built, and
/// those tests skip themselves.
pub(crate) fn build(root: &Path, install: bool) -> Result<bool> {
    if provide(root, install).is_err() {
        return Ok(true);
    }
    prefix(root)?;
    let mut command = debian_cargo(root);
    command.args(["build", "--locked", "--color=never", "--bins"]);
    command.args(["-Zbuild-std=std,panic_unwind,test", "--target", TARGET]);
    command.args(STARTED.iter().flat_map(|package| ["--package", package]));
    command.env(
        "CARGO_TARGET_X86_64_WIN7_WINDOWS_GNU_LINKER",
        "x86_64-w64-mingw32-gcc",
    );
    Ok(process::tee(&mut command)?.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_target_without_a_backend_must_say_so_once_and_nothing_else() {
        let last = "error: could not compile `filemap-sys` (lib) due to 1 previous error\n";
        let said = format!("{MISSING}. What is missing elsewhere: …\n   --> src/lib.rs\n{last}");
        assert!(says_once_what_is_missing(&lines(&said)));
        assert!(!says_once_what_is_missing(&lines(&format!(
            "error[E0433]: os\n{said}"
        ))));
        assert!(!says_once_what_is_missing(&lines(last)));
        assert!(!says_once_what_is_missing(&[]));
    }
}
