//! Programs for Windows, started under Wine.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Wine, a prefix, and the programs that were built for Windows: `cargo xtask test` and `cargo xtask windows` see to all three.
#[derive(Clone, Debug)]
pub struct Wine {
    /// Wine's program for 64-bit programs.
    pub program: PathBuf,
    /// The prefix that all tests share.
    pub prefix: PathBuf,
    built: PathBuf,
}

impl Wine {
    /// Looks for them.
    ///
    /// # Errors
    /// What is missing and how to get it, for [`skip!`](crate::skip).
    pub fn find() -> Result<Wine, String> {
        let program = ["/usr/lib/wine/wine64", "/usr/bin/wine64"].map(PathBuf::from);
        let program = program.into_iter().find(|path| path.is_file());
        let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/windows");
        let prefix = target.join("prefix");
        if !prefix.join("system.reg").is_file() {
            return Err("needs a Wine prefix: cargo xtask windows --tests".to_owned());
        }
        Ok(Wine {
            program: program.ok_or("needs Wine: apt-get install wine64")?,
            prefix: prefix.canonicalize().map_err(|e| e.to_string())?,
            built: target.join("x86_64-win7-windows-gnu/debug"),
        })
    }

    /// A program that was built for Windows, such as `filemap.exe`.
    ///
    /// # Errors
    /// That it was not.
    pub fn built(&self, name: &str) -> Result<PathBuf, String> {
        let path = self.built.join(name);
        match path.is_file() {
            true => Ok(path),
            false => Err(format!("needs {name} for Windows: cargo xtask windows --tests")),
        }
    }

    /// The command that starts a program in the prefix, without a display and without Wine's own words.
    #[must_use]
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(program);
        self.environment(&mut command);
        command
    }

    /// What a program needs to find the prefix.
    pub fn environment(&self, command: &mut Command) {
        command
            .env("WINEPREFIX", &self.prefix)
            .env("WINEDEBUG", "-all")
            .env_remove("DISPLAY");
    }
}
