//! `filemap tree`.

use super::ls::{Holders, OddityTold};
use crate::Place;
use crate::describe::{ObjectTold, matches, size};
use crate::failure::{Failure, output, say};
use crate::ui::{Style, json, paint, split_at_word, terminal_width};
use filemap::inspect::{self, Branch, Content, Object, Oddity};
use filemap::{Escaped, Kind, Namespace, Win32Code};
use serde::Serialize;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// Shows the tree of directories, links and objects, as WinObj does
///
/// Each directory of names has the links Global, Local and Session: where they lead is where a name with that prefix leads
/// for a program of that session.
#[derive(clap::Args)]
#[command(after_help = r"Examples:
  filemap tree
  filemap tree frames
  filemap tree --json")]
pub(crate) struct TreeArgs {
    /// Only objects whose name has this in it, or matches a pattern with * and ?; case does not count
    pattern: Option<String>,
    /// Leave the links out
    #[arg(long)]
    no_links: bool,
    /// One JSON object: nested directories with `links`, `directories`, `objects`, `dead`, `oddities`
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct BranchTold {
    name: String,
    path: String,
    links: Vec<Link>,
    directories: Vec<BranchTold>,
    objects: Vec<ObjectTold>,
    dead: Vec<PathBuf>,
    oddities: Vec<OddityTold>,
}

#[derive(Serialize)]
struct Link {
    name: String,
    target: String,
}

impl TreeArgs {
    pub(crate) fn run(&self, place: &Place) -> Result<ExitCode, Failure> {
        let space = place.namespace()?;
        let tree = inspect::tree(&space)?;
        let mut out = BufWriter::new(io::stdout().lock());
        if self.json {
            json(&mut out, &self.told(&space, &tree.root))?;
            return Ok(ExitCode::SUCCESS);
        }
        let holders = Holders::now()?;
        self.branch(&mut out, &tree.root, "", &holders).map_err(output)?;
        out.flush().map_err(output)?;
        for odd in &tree.closed {
            say(&OddityTold::of(&space, odd).line());
        }
        Ok(ExitCode::SUCCESS)
    }

    fn wants(&self, content: &Content) -> bool {
        match content {
            Content::Link { .. } => !self.no_links && self.pattern.is_none(),
            Content::Directory(branch) => {
                self.pattern.is_none() || branch.content.iter().any(|inner| self.wants(inner))
            }
            Content::Object(object) => self.is_asked_for(&object.name),
            Content::Dead { path, .. } => self.is_asked_for(&file_name(path)),
            Content::Odd(odd) => self.is_asked_for(&odd_name(odd)),
        }
    }

    fn is_asked_for(&self, name: &str) -> bool {
        self.pattern.as_ref().is_none_or(|pattern| matches(pattern, name))
    }

    fn branch(
        &self,
        out: &mut dyn Write,
        branch: &Branch,
        indent: &str,
        holders: &Holders,
    ) -> io::Result<()> {
        if indent.is_empty() {
            writeln!(out, "{}", paint(Style::Head, &branch.name))?;
        }
        let shown: Vec<&Content> = branch
            .content
            .iter()
            .filter(|content| self.wants(content))
            .collect();
        for (i, content) in shown.iter().enumerate() {
            let is_last = i + 1 == shown.len();
            let (arm, below) = if is_last {
                ("└─ ", "   ")
            } else {
                ("├─ ", "│  ")
            };
            let (style, text) = line(content, holders);
            let width = terminal_width().map_or(usize::MAX, usize::from);
            let room = width.saturating_sub(indent.chars().count() + 3).max(8);
            let (first, mut rest) = split_at_word(&text, room);
            writeln!(out, "{indent}{arm}{}", paint(style, first))?;
            while !rest.is_empty() {
                let (part, behind) = split_at_word(rest, room);
                writeln!(out, "{indent}{below}{}", paint(style, part))?;
                rest = behind;
            }
            if let Content::Directory(inner) = content {
                self.branch(out, inner, &format!("{indent}{below}"), holders)?;
            }
        }
        Ok(())
    }

    fn told(&self, space: &Namespace, branch: &Branch) -> BranchTold {
        let mut told = BranchTold {
            name: branch.name.clone(),
            path: branch.path.clone(),
            links: Vec::new(),
            directories: Vec::new(),
            objects: Vec::new(),
            dead: Vec::new(),
            oddities: Vec::new(),
        };
        for content in branch.content.iter().filter(|content| self.wants(content)) {
            match content {
                Content::Link { name, target } => told.links.push(Link {
                    name: name.clone(),
                    target: target.clone(),
                }),
                Content::Directory(inner) => told.directories.push(self.told(space, inner)),
                Content::Object(object) => told.objects.push(ObjectTold::of(space, object, Vec::new())),
                Content::Dead { path, .. } => told.dead.push(path.clone()),
                Content::Odd(odd) => told.oddities.push(OddityTold::of(space, odd)),
            }
        }
        told
    }
}

fn file_name(path: &std::path::Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn odd_name(odd: &Oddity) -> String {
    match &odd.named {
        Some((_, leaf)) => leaf.clone(),
        None => file_name(&odd.path),
    }
}

/// Whether it may be an object, and this caller may not look.
pub(crate) fn is_denied(odd: &Oddity) -> bool {
    odd.why.code() == Win32Code::ACCESS_DENIED
}

fn line(content: &Content, holders: &Holders) -> (Style, String) {
    match content {
        Content::Link { name, target } => (Style::Dim, format!("{} -> {}", Escaped(name), Escaped(target))),
        Content::Directory(branch) => (Style::Head, format!(r"{}\", Escaped(&branch.name))),
        Content::Object(object) => (Style::Plain, object_line(object, holders)),
        Content::Dead { path, allocated } => (
            Style::Warning,
            format!(
                "{} (dead, {}; filemap sweep)",
                Escaped(&file_name(path)),
                size(*allocated)
            ),
        ),
        Content::Odd(odd) => (
            Style::Problem,
            format!(
                "{} ({}{})",
                Escaped(&odd_name(odd)),
                if is_denied(odd) { "" } else { "no object: " },
                Escaped(&odd.why.cause())
            ),
        ),
    }
}

fn object_line(object: &Object, holders: &Holders) -> String {
    let mut text = format!("{}  {}", Escaped(&object.name), object.kind.name());
    if object.kind == Kind::FileMapping {
        text.push_str(&format!(" {} {}", size(object.size), object.protection.name()));
    }
    let who = holders.in_words(object);
    match who.is_empty() {
        true => text.push_str("  (holders not seen)"),
        false => text.push_str(&format!("  ({who})")),
    }
    text
}
