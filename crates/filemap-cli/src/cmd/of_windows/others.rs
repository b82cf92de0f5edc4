//! The subcommands that only Linux has: each says what is not told on Windows, and what is nearest.

use crate::failure::{Failure, say};
use clap::CommandFactory;
use clap::error::ErrorKind;
use filemap::{Error, Op, Why};
use std::ffi::OsString;
use std::process::ExitCode;

/// A subcommand, what it would have to do, and what to do instead.
const OTHERS: [(&str, &str, &str); 18] = [
    (
        "bridge",
        "leading objects into a Wine prefix",
        "on Windows all programs share their names already",
    ),
    (
        "can",
        "asking for other users",
        "`filemap explain 5` names the causes of a refusal",
    ),
    (
        "cc",
        "compiling with this project's headers",
        "Windows' own headers are what the sources want",
    ),
    (
        "diff",
        "comparing objects",
        "compare files of `filemap read NAME >FILE`",
    ),
    (
        "doctor",
        "looking for what is wrong with a tree of names",
        "the kernel's own has nothing to set up",
    ),
    ("handles", "telling whose handles an object has", HOLDERS),
    (
        "load",
        "reading a saved object",
        "use `filemap create NAME --from FILE`",
    ),
    (
        "run",
        "noting what a program leaves open",
        "Application Verifier finds leaks",
    ),
    ("save", "saving an object", "use `filemap read NAME >FILE`"),
    (
        "setup",
        "making a tree of names",
        "the kernel's own has nothing to set up",
    ),
    (
        "stat",
        "telling who made an object and when",
        "`filemap ls` shows kind, size and number of handles",
    ),
    (
        "survey",
        "telling which addresses are free in other processes",
        "VMMap of Sysinternals shows them",
    ),
    (
        "sweep",
        "reclaiming entries of the dead",
        "the kernel takes objects away with their last handle",
    ),
    (
        "top",
        "watching who holds objects",
        "use `filemap ls`, and `filemap watch` for live bytes",
    ),
    (
        "tree",
        "showing all directories of names",
        "use `filemap ls`; WinObj of Sysinternals shows them all",
    ),
    (
        "views",
        "telling where others have mapped an object",
        "VMMap of Sysinternals shows it",
    ),
    ("who", "telling which processes hold an object", HOLDERS),
    (
        "why",
        "replaying the access check of another system",
        "`filemap explain` names the causes of a number",
    ),
];
const HOLDERS: &str = "`filemap ls` shows how many handles there are; handle.exe of Sysinternals shows whose, to administrators";

/// A subcommand that is none here. A word that no system knows is wrong usage.
pub(crate) fn refuse(words: &[OsString]) -> Result<ExitCode, Failure> {
    let word = words
        .first()
        .map(|word| word.to_string_lossy())
        .unwrap_or_default();
    let Some((name, what, instead)) = OTHERS.iter().find(|(name, ..)| *name == word) else {
        let text = format!("unrecognized subcommand '{word}'");
        crate::Cli::command()
            .error(ErrorKind::InvalidSubcommand, text)
            .exit()
    };
    Failure::Call(Error::new(Op::Other(name), "", Why::NotSupported { what })).report();
    say(instead);
    Ok(ExitCode::FAILURE)
}
