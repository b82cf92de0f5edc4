//! The files that belong to the project.

use crate::{Result, process};
use std::path::{Path, PathBuf};

/// The root of the workspace, where `Cargo.lock` lies.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask lies in the root")
        .to_owned()
}

/// Paths, relative to `root`, of all files that are tracked or about to be (not ignored), in order.
///
/// Asks git; a tree that came without git is walked instead, without `target` and hidden directories of tools.
pub(crate) fn project_files(root: &Path) -> Result<Vec<PathBuf>> {
    let list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let mut files = match process::output(root, "git", &list) {
        Ok(text) => text
            .split('\0')
            .filter(|path| !path.is_empty())
            .map(PathBuf::from)
            .collect(),
        Err(_) => walked(root)?,
    };
    files.retain(|path| root.join(path).is_file()); // deleted but not yet committed, submodules
    files.sort();
    files.dedup();
    Ok(files)
}

fn walked(root: &Path) -> Result<Vec<PathBuf>> {
    let (mut files, mut directories) = (Vec::new(), vec![PathBuf::new()]);
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(root.join(&directory))? {
            let entry = entry?;
            let path = directory.join(entry.file_name());
            match entry.file_type()? {
                kind if kind.is_dir() && entry.file_name() != "target" && entry.file_name() != ".git" => {
                    directories.push(path);
                }
                kind if kind.is_file() => files.push(path),
                _ => {}
            }
        }
    }
    Ok(files)
}

/// The text of every project file that is text, with its path relative to `root`.
pub(crate) fn texts(root: &Path) -> Result<Vec<(PathBuf, String)>> {
    let mut texts = Vec::new();
    for path in project_files(root)? {
        if let Ok(text) = String::from_utf8(std::fs::read(root.join(&path))?)
            && !text.contains('\0')
        {
            texts.push((path, text));
        }
    }
    Ok(texts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_project_has_its_manifest_and_not_its_build_output() {
        let listed = project_files(&root()).unwrap();
        let walked = walked(&root()).unwrap();
        for files in [listed, walked] {
            assert!(files.contains(&PathBuf::from("Cargo.toml")));
            assert!(files.contains(&PathBuf::from("xtask/src/files.rs")));
            assert!(!files.iter().any(|path| path.starts_with("target")));
        }
    }
}
