//! The tree of directories, links and objects, as WinObj shows it (I-4, N-1..N-4).

use super::entry::{Entry, Object, Oddity};
use super::names::{Scope, for_each};
use crate::namespace::Namespace;
use filemap_core::error::Error;
use filemap_core::name::Directory;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;

/// The whole tree.
#[derive(Clone, Debug)]
pub struct Tree {
    /// The root directory, `\`.
    pub root: Branch,
    /// Directories that may not be looked into.
    pub closed: Vec<Oddity>,
}

/// A directory.
#[derive(Clone, Debug, Default)]
pub struct Branch {
    /// The last component of its path; `\` for the root.
    pub name: String,
    /// Its path, such as `\Sessions\1\BaseNamedObjects`.
    pub path: String,
    /// What is in it: links, then directories, then objects by name.
    pub content: Vec<Content>,
}

/// What a directory contains.
#[derive(Clone, Debug)]
pub enum Content {
    /// A name that leads elsewhere: `Global`, `Local`, `Session` (N-4).
    Link {
        /// The name.
        name: String,
        /// Where it leads.
        target: String,
    },
    /// A directory.
    Directory(Branch),
    /// A live object.
    Object(Box<Object>),
    /// A name whose holders are gone.
    Dead {
        /// Its file.
        path: PathBuf,
        /// Memory that it takes, in bytes.
        allocated: u64,
    },
    /// What is no object of this version.
    Odd(Oddity),
}

const GLOBAL: &str = r"\BaseNamedObjects";

/// The tree as it is now.
///
/// # Errors
/// None for single entries; system errors of reading directories.
pub fn tree(space: &Namespace) -> Result<Tree, Error> {
    let mut found: BTreeMap<String, Vec<Content>> = BTreeMap::new();
    let mut closed = Vec::new();
    for directory in space.existing_directories() {
        found.entry(directory.kernel_path()).or_default();
    }
    for_each(space, Scope::Everything, |entry| {
        match entry {
            Entry::Live(object) => {
                let path = match &object.boundary {
                    Some(boundary) => format!(r"\Private\{boundary}"),
                    None => object.directory.kernel_path(),
                };
                found.entry(path).or_default().push(Content::Object(object));
            }
            Entry::Dead { path, allocated } => {
                let at = kernel_path_of(space, &path);
                found
                    .entry(at)
                    .or_default()
                    .push(Content::Dead { path, allocated });
            }
            Entry::Odd(odd) if odd.path.is_dir() => closed.push(odd),
            Entry::Odd(odd) => {
                let at = kernel_path_of(space, &odd.path);
                found.entry(at).or_default().push(Content::Odd(odd));
            }
        }
        ControlFlow::Continue(())
    })?;
    let mut root = Branch {
        name: r"\".to_owned(),
        path: r"\".to_owned(),
        content: Vec::new(),
    };
    let sessions: Vec<u32> = space
        .existing_directories()
        .into_iter()
        .filter_map(|directory| match directory {
            Directory::Session(n) => Some(n),
            _ => None,
        })
        .collect();
    let mut global = links(GLOBAL);
    global.extend(found.remove(GLOBAL).unwrap_or_default());
    root.content
        .push(branch("BaseNamedObjects", GLOBAL.to_owned(), global));
    let mut numbered = vec![Content::Link {
        name: "0".to_owned(),
        target: GLOBAL.to_owned(),
    }];
    numbered.extend(sessions.iter().map(|n| Content::Link {
        name: n.to_string(),
        target: Directory::Session(*n).kernel_path(),
    }));
    let mut under_sessions = vec![branch("BNOLINKS", r"\Sessions\BNOLINKS".to_owned(), numbered)];
    for n in sessions {
        let path = Directory::Session(n).kernel_path();
        let mut content = links(&path);
        content.extend(found.remove(&path).unwrap_or_default());
        let names = branch("BaseNamedObjects", path, content);
        under_sessions.push(branch(&n.to_string(), format!(r"\Sessions\{n}"), vec![names]));
    }
    root.content
        .push(branch("Sessions", r"\Sessions".to_owned(), under_sessions));
    let mut private = Vec::new();
    for (path, content) in found {
        match path.strip_prefix(r"\Private\") {
            Some(name) => private.push(branch(name, path.clone(), content)),
            None => root
                .content
                .push(branch(path.trim_start_matches('\\'), path.clone(), content)),
        }
    }
    if !private.is_empty() {
        root.content
            .push(branch("Private", r"\Private".to_owned(), private));
    }
    Ok(Tree { root, closed })
}

fn branch(name: &str, path: String, content: Vec<Content>) -> Content {
    Content::Directory(Branch {
        name: name.to_owned(),
        path,
        content,
    })
}

/// The links in a directory of names (N-4).
fn links(own: &str) -> Vec<Content> {
    [
        ("Global", GLOBAL),
        ("Local", own),
        ("Session", r"\Sessions\BNOLINKS"),
    ]
    .map(|(name, target)| Content::Link {
        name: name.to_owned(),
        target: target.to_owned(),
    })
    .into()
}

/// The directory in the object tree that a file of the tree stands in.
fn kernel_path_of(space: &Namespace, path: &std::path::Path) -> String {
    let parent = path.parent().unwrap_or(path);
    let (shared, own) = space.roots();
    let below = parent
        .strip_prefix(own)
        .or_else(|_| parent.strip_prefix(shared))
        .unwrap_or(parent);
    let below = below.to_string_lossy();
    match below.split_once('/') {
        None if below == "Global" => GLOBAL.to_owned(),
        Some(("Sessions", number)) => match number.parse() {
            Ok(number) => Directory::of_session(number).kernel_path(),
            Err(_) => format!(r"\Sessions\{number}"),
        },
        _ => format!(r"\{}", below.replace('/', r"\")),
    }
}
