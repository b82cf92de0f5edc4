//! Where Wine, the prefix and the helper are.

use super::wrong;
use crate::failure::Failure;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The helper's file name.
const HELPER: &str = "filemap-bridge-helper.exe";

/// A Wine prefix and what is needed to run the helper in it.
pub(super) struct World {
    pub(super) prefix: PathBuf,
    wine: PathBuf,
    helper: PathBuf,
}

impl World {
    pub(super) fn find(
        prefix: Option<&Path>,
        wine: Option<&Path>,
        helper: Option<&Path>,
    ) -> Result<World, Failure> {
        Ok(World {
            prefix: find_prefix(prefix)?,
            wine: find_wine(wine)?,
            helper: find_helper(helper)?,
        })
    }

    /// The command that runs the helper in the prefix.
    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(&self.wine);
        command
            .arg(&self.helper)
            .env("WINEPREFIX", &self.prefix)
            .env("WINEDEBUG", "-all")
            // Where names are on Linux is nothing to the prefix.
            .env_remove(filemap::ROOT_VARIABLE)
            .env_remove(filemap::SESSION_VARIABLE)
            .env_remove(filemap::PLATFORM_VARIABLE)
            .stderr(Stdio::null());
        command
    }

    /// A file of Linux as programs in the prefix name it.
    pub(super) fn path_in_prefix(path: &Path) -> String {
        format!("Z:{}", path.display()).replace('/', "\\")
    }
}

fn find_prefix(given: Option<&Path>) -> Result<PathBuf, Failure> {
    let variable = |name| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let prefix = match given {
        Some(prefix) => prefix.to_owned(),
        None => variable("WINEPREFIX")
            .or_else(|| variable("HOME").map(|home| home.join(".wine")))
            .ok_or_else(|| wrong("", "no prefix: give --prefix or set WINEPREFIX"))?,
    };
    let shown = prefix.display().to_string();
    let registry = std::fs::read_to_string(prefix.join("system.reg")).map_err(|e| {
        wrong(
            &shown,
            format!("this is no Wine prefix (system.reg: {e}); start a program in it first, or make it with wineboot; for Proton it is the directory `pfx` in compatdata/<number>"),
        )
    })?;
    if registry.lines().take(10).any(|line| line.trim() == "#arch=win32") {
        let what = "this prefix is for 32-bit programs only, and the helper is a 64-bit one; use a 64-bit prefix (WINEARCH=win64), which runs 32-bit programs too";
        return Err(wrong(&shown, what));
    }
    if !prefix.join("dosdevices/z:").exists() {
        let what = "the prefix has no drive Z:, through which it would reach the objects' files; add it with winecfg (Z: is /)";
        return Err(wrong(&shown, what));
    }
    std::path::absolute(&prefix).map_err(|e| wrong(&shown, e.to_string()))
}

fn find_wine(given: Option<&Path>) -> Result<PathBuf, Failure> {
    if let Some(wine) = given {
        return match wine.is_file() {
            true => Ok(wine.to_owned()),
            false => Err(wrong(
                wine.display().to_string(),
                "there is no such program; --wine is Wine's",
            )),
        };
    }
    search(&std::env::var_os("PATH").unwrap_or_default(), Path::new(DEBIANS))
}

/// Where Debian puts it: a directory that is in nobody's PATH.
const DEBIANS: &str = "/usr/lib/wine/wine64";

/// Wine in a PATH, else at its last resort.
fn search(path: &OsStr, last: &Path) -> Result<PathBuf, Failure> {
    let directories = || std::env::split_paths(path);
    let of_path = ["wine64", "wine"]
        .into_iter()
        .flat_map(|name| directories().map(move |directory| directory.join(name)));
    of_path
        .chain([last.to_owned()])
        .find(|program| program.is_file())
        .ok_or_else(|| {
            wrong(
                "",
                "Wine is not there: install it (Debian: apt-get install wine64), or say where it is with --wine",
            )
        })
}

fn find_helper(given: Option<&Path>) -> Result<PathBuf, Failure> {
    let given = given
        .map(Path::to_owned)
        .or_else(|| std::env::var_os("FILEMAP_BRIDGE_HELPER").map(PathBuf::from));
    let beside = std::env::current_exe().ok();
    let beside = beside.as_deref().and_then(Path::parent);
    let places: Vec<PathBuf> = match given {
        Some(helper) => vec![helper],
        None => beside
            .into_iter()
            .flat_map(|directory| {
                [
                    directory.join(HELPER),
                    directory.join("../lib/filemap").join(HELPER),
                ]
            })
            .collect(),
    };
    places.iter().find(|place| place.is_file()).cloned().ok_or_else(|| {
        let looked: Vec<_> = places.iter().map(|place| place.display().to_string()).collect();
        wrong(
            HELPER,
            format!("the helper for the prefix is not there (looked for {}); `cargo xtask windows` builds it, --helper says where it is", looked.join(", ")),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wine_is_looked_for_in_path_and_its_absence_is_told_with_the_package() {
        let directory = tempfile::tempdir().unwrap();
        let program = |name: &str| {
            let path = directory.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, "").unwrap();
            path
        };
        let path = std::env::join_paths(["a", "b"].map(|name| directory.path().join(name))).unwrap();
        let last = directory.path().join("debian/wine64");
        let Err(Failure::Call(e)) = search(&path, &last) else {
            panic!("there is none");
        };
        assert!(e.to_string().contains("apt-get install wine64"), "{e}");
        let found = || search(&path, &last).ok().unwrap();
        program("debian/wine64");
        assert_eq!(found(), last);
        let script = program("a/wine");
        assert_eq!(found(), script);
        let real = program("b/wine64");
        assert_eq!(found(), real);
    }
}
