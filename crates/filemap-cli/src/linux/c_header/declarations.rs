//! The declarations of a header, one after the other, as a compiler takes them.

use super::constant::For;
use super::syntax::{Source, Wrong, children, parsed, readable, unnamed_parts, walk};
use super::types::{Ctype, Kind};
use crate::layout::Abi;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use tree_sitter::Node;

/// What every header may take for granted.
const PRELUDE: &str = include_str!("prelude.h");
/// More bytes than this are no header.
const LARGEST: u64 = 16 << 20;
/// More macros than this are not expanded, and no more files read.
const MOST: usize = 10_000;
/// Files, structs and macros in each other.
const DEEPEST: usize = 100;

/// A type, or why it has none: that counts only if somebody asks for it.
pub(super) type Known = Result<Rc<Ctype>, Wrong>;

/// What the declarations so far have said.
pub(super) struct Header {
    pub(super) abi: Abi,
    /// `struct x`, `union x` and `enum x`.
    pub(super) tags: HashMap<String, Known>,
    pub(super) typedefs: HashMap<String, Known>,
    pub(super) enumerators: HashMap<String, i128>,
    /// The text of a macro; `None` if it has arguments.
    pub(super) macros: HashMap<String, Option<String>>,
    /// Names of structs and unions of the header that was asked for, with their places.
    pub(super) records: BTreeMap<String, usize>,
    /// `#pragma pack`: what holds, and what is to hold again.
    pub(super) pack: Option<u64>,
    packs: Vec<(Option<String>, Option<u64>)>,
    /// Where an included file is looked for.
    folders: Vec<PathBuf>,
    pub(super) depth: usize,
    expansions: usize,
    pub(super) in_prelude: bool,
}

impl Header {
    /// The header at a path, with those that it includes by `"name"`.
    pub(super) fn read(path: &Path, abi: Abi) -> Result<Header, String> {
        let text = text_of(path)?;
        let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
        Header::parse(&text, folder, abi).map_err(|e| e.to_string())
    }

    pub(super) fn parse(text: &str, folder: PathBuf, abi: Abi) -> Result<Header, Wrong> {
        let mut header = Header {
            abi,
            tags: HashMap::new(),
            typedefs: HashMap::new(),
            enumerators: HashMap::new(),
            macros: HashMap::new(),
            records: BTreeMap::new(),
            pack: None,
            packs: Vec::new(),
            folders: vec![folder],
            depth: 0,
            expansions: 0,
            in_prelude: true,
        };
        let set = |name: &str| (name.to_owned(), Some("1".to_owned()));
        if abi == Abi::Windows {
            header.macros.extend([set("FILEMAP_WINDOWS")]);
        }
        if cfg!(target_arch = "aarch64") {
            header.macros.extend([set("FILEMAP_ARM")]);
        }
        header.file(PRELUDE, Some("the types that are known"))?;
        header.in_prelude = false;
        header.file(text, None)?;
        Ok(header)
    }

    /// A struct or union: by its tag or its typedef, or the only one there is.
    pub(super) fn record(&self, name: Option<&str>) -> Result<Rc<Ctype>, String> {
        let names = || {
            let mut names: Vec<_> = self.records.iter().collect();
            names.sort_by_key(|(_, place)| **place);
            let names: Vec<&str> = names.iter().map(|(name, _)| name.as_str()).take(20).collect();
            match names.is_empty() {
                true => "there is no struct in it".to_owned(),
                false => format!("there are {}", names.join(", ")),
            }
        };
        let name = match name {
            Some(name) => {
                let name = name.trim();
                let tag = name.strip_prefix("struct ").or(name.strip_prefix("union "));
                tag.unwrap_or(name).trim()
            }
            None => {
                // A tag and a typedef of one struct stand at one place.
                let places: HashSet<_> = self.records.values().collect();
                match (self.records.keys().next(), places.len()) {
                    (Some(name), 1) => name,
                    _ => return Err(format!("say with --struct which one: {}", names())),
                }
            }
        };
        let known = self.typedefs.get(name).or_else(|| self.tags.get(name));
        match known {
            None => Err(format!("no struct is called {name:?}: {}", names())),
            Some(Err(wrong)) => Err(wrong.to_string()),
            Some(Ok(ty)) if ty.is_incomplete() => Err(format!("{name:?} is declared, but not defined")),
            Some(Ok(ty)) => Ok(Rc::clone(ty)),
        }
    }

    /// All declarations of a file.
    fn file(&mut self, text: &str, name: Option<&str>) -> Result<(), Wrong> {
        let text = readable(text);
        let source = Source {
            text: &text,
            file: name,
        };
        let tree = parsed(&text).ok_or_else(|| source.wrong_at(0, 0, "this can't be read"))?;
        let root = tree.root_node();
        self.directives_are_whole(source, root)?;
        self.declarations(source, root)?;
        // Without a struct that could be asked for, what is wrong elsewhere is what counts.
        match source.first_error(root) {
            Some(wrong) if self.records.is_empty() && name.is_none() => Err(wrong),
            _ => Ok(()),
        }
    }

    /// A part that is no C may stand in a header, such as a function with macros around it. But no directive may get lost in
    /// it: one `#pragma pack` or `#endif` would move everything.
    fn directives_are_whole(&self, source: Source<'_>, root: Node<'_>) -> Result<(), Wrong> {
        let mut rows = HashSet::new();
        let mut wrong = None;
        walk(root, |node| {
            if node.kind().starts_with('#') || node.kind() == "preproc_directive" || node.kind() == "comment"
            {
                let end = match node.kind() {
                    "comment" => node.end_position().row,
                    _ => node.start_position().row,
                };
                rows.extend(node.start_position().row..=end);
            }
            if node.is_missing() && node.kind().starts_with('#') && wrong.is_none() {
                wrong = Some(source.wrong(node, format!("`{}` is missing here", node.kind())));
            }
            let is_pack = |node: Node<'_>| {
                let text = source.text(node).trim_start_matches('#').trim_start();
                node.kind() == "preproc_call"
                    && text
                        .strip_prefix("pragma")
                        .is_some_and(|rest| rest.trim_start().starts_with("pack"))
            };
            if is_pack(node) && wrong.is_none() && !is_followed(node) {
                wrong = Some(source.wrong(node, "a #pragma pack is understood between declarations only"));
            }
            if node.is_error() && wrong.is_none() {
                let lost = source
                    .text(node)
                    .lines()
                    .position(|line| line.trim_start().starts_with('#'));
                if let Some(row) = lost {
                    let at = node.start_position().row + row;
                    wrong = Some(source.wrong_at(at, 0, "what stands around this directive is not C as it is read here; `cc -E` gives a header without them"));
                }
            }
            true
        });
        if let Some(wrong) = wrong {
            return Err(wrong);
        }
        let mut continued = false;
        for (row, line) in source.text.lines().enumerate() {
            let is_directive = !continued && line.trim_start().starts_with('#');
            continued = line.ends_with('\\');
            if is_directive && !rows.contains(&row) {
                return Err(source.wrong_at(row, 0, "this directive is not understood here"));
            }
        }
        Ok(())
    }

    /// What stands in a file, a brace or a condition.
    fn declarations(&mut self, source: Source<'_>, node: Node<'_>) -> Result<(), Wrong> {
        for part in unnamed_parts(node) {
            self.declaration(source, part)?;
        }
        Ok(())
    }

    fn declaration(&mut self, source: Source<'_>, node: Node<'_>) -> Result<(), Wrong> {
        match node.kind() {
            kind if kind.starts_with("preproc_") => {
                self.directive(source, node, &mut |header, source, part| {
                    header.declaration(source, part)
                })?;
            }
            "linkage_specification" => {
                let body = source.part(node, "body")?;
                match body.kind() {
                    "declaration_list" => self.declarations(source, body)?,
                    _ => self.declaration(source, body)?,
                }
            }
            "type_definition" => {
                let Some(ty) = node.child_by_field_name("type") else {
                    return Ok(());
                };
                let place = node.start_byte();
                let base = self.type_of(source, ty);
                let placing = self.placing(source, node);
                let mut cursor = node.walk();
                for declarator in node.children_by_field_name("declarator", &mut cursor) {
                    let known = match (&base, &placing) {
                        (Err(wrong), _) | (_, Err(wrong)) => Err(wrong.clone()),
                        (Ok(base), Ok(placing)) => {
                            let base = match placing.align {
                                Some(align) => base.aligned(align),
                                None => Rc::clone(base),
                            };
                            self.declared(source, declarator, base).map(|(_, ty)| ty)
                        }
                    };
                    let known = match source.first_error(node) {
                        Some(wrong) => known.and(Err(wrong)),
                        None => known,
                    };
                    let name = name_of(source, declarator).to_owned();
                    let is_record = match &known {
                        Ok(ty) => matches!(ty.kind, Kind::Record(_)),
                        Err(_) => matches!(ty.kind(), "struct_specifier" | "union_specifier"),
                    };
                    if is_record && !self.in_prelude && source.file.is_none() {
                        self.records.insert(name.clone(), place);
                    }
                    self.typedefs.insert(name, known);
                }
            }
            "struct_specifier" | "union_specifier" | "enum_specifier" => {
                let _ = self.type_of(source, node); // kept under its tag
            }
            "declaration" | "function_definition" => {
                if let Some(ty) = node
                    .child_by_field_name("type")
                    .filter(|ty| ty.child_by_field_name("body").is_some())
                {
                    let _ = self.type_of(source, ty); // kept under its tag
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// A directive; `each` takes what stands in the part of a condition that holds.
    pub(super) fn directive(
        &mut self,
        source: Source<'_>,
        node: Node<'_>,
        each: &mut dyn FnMut(&mut Header, Source<'_>, Node<'_>) -> Result<(), Wrong>,
    ) -> Result<(), Wrong> {
        match node.kind() {
            "preproc_def" => {
                let name = source.text(source.part(node, "name")?).to_owned();
                let text = node
                    .child_by_field_name("value")
                    .map_or("", |value| source.text(value));
                self.macros.insert(name, Some(text.replace("\\\n", " ")));
                Ok(())
            }
            "preproc_function_def" => {
                let name = source.text(source.part(node, "name")?).to_owned();
                self.macros.insert(name, None);
                Ok(())
            }
            "preproc_include" => self.include(source, node),
            "preproc_call" => {
                let directive = source.text(source.part(node, "directive")?);
                let argument = node
                    .child_by_field_name("argument")
                    .map_or("", |argument| source.text(argument));
                match directive.trim_start_matches('#').trim() {
                    "pragma" => self.pragma(source, node, argument),
                    "undef" => {
                        self.macros
                            .remove(argument.split_whitespace().next().unwrap_or_default());
                        Ok(())
                    }
                    "error" => Err(source.wrong(node, format!("#error {:?}", argument.trim()))),
                    _ => Ok(()), // a line number, #warning, #line, #ident
                }
            }
            "preproc_if" | "preproc_elif" => {
                let condition = source.part(node, "condition")?;
                let holds = self.value(source, condition, For::Condition)? != 0;
                self.condition(source, node, holds, each)
            }
            "preproc_ifdef" | "preproc_elifdef" => {
                let name = source.text(source.part(node, "name")?);
                let first = children(node).first().map_or("", |word| source.text(*word));
                let holds = self.is_defined(name) != first.contains("ndef");
                self.condition(source, node, holds, each)
            }
            "preproc_else" => self.condition(source, node, true, each),
            _ => Ok(()),
        }
    }

    fn condition(
        &mut self,
        source: Source<'_>,
        node: Node<'_>,
        holds: bool,
        each: &mut dyn FnMut(&mut Header, Source<'_>, Node<'_>) -> Result<(), Wrong>,
    ) -> Result<(), Wrong> {
        self.deeper(source, node, |header| {
            match (holds, node.child_by_field_name("alternative")) {
                (true, _) => {
                    for part in unnamed_parts(node) {
                        each(header, source, part)?;
                    }
                    Ok(())
                }
                (false, Some(other)) => header.directive(source, other, each),
                (false, None) => Ok(()),
            }
        })
    }

    pub(super) fn deeper<T>(
        &mut self,
        source: Source<'_>,
        node: Node<'_>,
        then: impl FnOnce(&mut Header) -> Result<T, Wrong>,
    ) -> Result<T, Wrong> {
        self.depth += 1;
        let done = match self.depth > DEEPEST {
            true => Err(source.wrong(node, "too much is nested here")),
            false => then(self),
        };
        self.depth -= 1;
        done
    }

    pub(super) fn is_defined(&self, name: &str) -> bool {
        self.macros.contains_key(name)
    }

    /// `#include "name"`; what stands in `<>` is the compiler's, and known as far as it goes.
    fn include(&mut self, source: Source<'_>, node: Node<'_>) -> Result<(), Wrong> {
        let path = source.part(node, "path")?;
        let Some(name) = source
            .text(path)
            .strip_prefix('"')
            .and_then(|name| name.strip_suffix('"'))
        else {
            return Ok(());
        };
        let folder = self.folders.last().cloned().unwrap_or_default();
        let path = folder.join(name);
        if !path.is_file() {
            return Ok(()); // what it would have defined is not known, and said so where it is needed
        }
        self.expansions += 1;
        if self.expansions > MOST {
            return Err(source.wrong(node, "more files are included than a header has"));
        }
        let text = text_of(&path).map_err(|e| source.wrong(node, e))?;
        self.folders
            .push(path.parent().map(Path::to_path_buf).unwrap_or_default());
        let name = name.to_owned();
        let read = self.deeper(source, node, |header| header.file(&text, Some(&name)));
        self.folders.pop();
        read
    }

    /// `#pragma pack`. Sources: GCC's manual, "Structure-Layout Pragmas"; Visual C++'s, `pack`.
    fn pragma(&mut self, source: Source<'_>, node: Node<'_>, text: &str) -> Result<(), Wrong> {
        let Some(rest) = text.trim().strip_prefix("pack") else {
            return Ok(());
        };
        let not_understood = || source.wrong(node, format!("#pragma {:?} is not understood", text.trim()));
        let rest = rest.trim_start().strip_prefix('(').ok_or_else(not_understood)?;
        let (inside, _) = rest.split_once(')').ok_or_else(not_understood)?;
        let words: Vec<&str> = inside
            .split(',')
            .map(str::trim)
            .filter(|word| !word.is_empty())
            .collect();
        let is_number = |word: &str| word.starts_with(|c: char| c.is_ascii_digit());
        let mut to = None;
        let mut label = None;
        for word in words
            .iter()
            .filter(|word| !matches!(**word, "push" | "pop" | "show"))
        {
            let value = match is_number(word) || self.macros.contains_key(*word) {
                true => Some(self.written_value(source, node, word, For::Declaration)?),
                false => None,
            };
            match value {
                Some(0) => to = Some(None),
                Some(value @ (1 | 2 | 4 | 8 | 16)) => to = Some(Some(value as u64)),
                Some(_) => return Err(not_understood()),
                None => label = Some((*word).to_owned()),
            }
        }
        match words.first().copied() {
            None => self.pack = None,
            Some("show") => {}
            Some("push") => {
                self.packs.push((label, self.pack));
                if let Some(to) = to {
                    self.pack = to;
                }
            }
            Some("pop") => {
                let at = match &label {
                    None => self.packs.len().checked_sub(1),
                    Some(_) => self.packs.iter().rposition(|(name, _)| *name == label),
                };
                if let Some(at) = at {
                    self.pack = self.packs[at].1;
                    self.packs.truncate(at);
                }
                if let Some(to) = to {
                    self.pack = to;
                }
            }
            Some(_) => match to {
                Some(to) if label.is_none() && words.len() == 1 => self.pack = to,
                _ => return Err(not_understood()),
            },
        }
        Ok(())
    }

    /// What a macro stands for, read as C; what is wrong in there is wrong where it is used.
    pub(super) fn expanded<T>(
        &mut self,
        source: Source<'_>,
        node: Node<'_>,
        text: &str,
        then: impl FnOnce(&mut Header, Source<'_>, Node<'_>) -> Result<T, Wrong>,
    ) -> Result<T, Wrong> {
        let name = source.text(node).lines().next().unwrap_or_default().to_owned();
        let not_understood = || source.wrong(node, format!("what {name:?} stands for is not understood"));
        self.expansions += 1;
        if self.expansions > MOST {
            return Err(source.wrong(node, "more macros are used than a header has"));
        }
        let tree = parsed(text).ok_or_else(not_understood)?;
        let inside = Source { text, file: None };
        if tree.root_node().has_error() {
            return Err(not_understood());
        }
        let done = self.deeper(source, node, |header| then(header, inside, tree.root_node()));
        done.map_err(|_| not_understood())
    }
}

/// Whether [`Header::declarations`] comes by a node: nothing is around it but conditions and `extern "C"`.
fn is_followed(node: Node<'_>) -> bool {
    let above = std::iter::successors(node.parent(), Node::parent);
    above.into_iter().all(|above| {
        matches!(
            above.kind(),
            "translation_unit" | "linkage_specification" | "declaration_list"
        ) || above.kind().starts_with("preproc_")
    })
}

/// The name in a declarator.
fn name_of<'a>(source: Source<'a>, declarator: Node<'_>) -> &'a str {
    let mut name = "";
    walk(declarator, |node| {
        let is_name = matches!(
            node.kind(),
            "type_identifier" | "field_identifier" | "identifier" | "primitive_type"
        );
        if is_name && name.is_empty() {
            name = source.text(node);
        }
        name.is_empty() && !matches!(node.kind(), "parameter_list")
    });
    name
}

fn text_of(path: &Path) -> Result<String, String> {
    let in_words = |e: std::io::Error| e.to_string();
    let len = std::fs::metadata(path).map_err(in_words)?.len();
    if len > LARGEST {
        return Err(format!("{len} bytes are no header"));
    }
    let bytes = std::fs::read(path).map_err(in_words)?;
    let text = String::from_utf8_lossy(&bytes);
    Ok(text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned())
}
