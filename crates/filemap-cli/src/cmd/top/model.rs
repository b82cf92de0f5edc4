//! What the object browser shows, without a terminal.

use crate::describe::{HandleTold, ViewTold, matches};
use crate::failure::Failure;
use crate::live::{Live, differences};
use filemap::inspect::{self, Branch, Content, Detail, Object, ObjectState, Usage};
use filemap::{Escaped, Kind, Namespace};
use std::cmp::Reverse;
use std::collections::{HashSet, VecDeque};
use std::ops::Range;
use std::time::{Duration, Instant};

/// Bytes of the window of an object that is looked at.
const WINDOW: u64 = 64 << 10;
/// How long a change stays marked.
const MARKED: Duration = Duration::from_secs(1);
/// Seconds of history.
pub(super) const HISTORY: usize = 120;

/// A line of the tree.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) depth: usize,
    pub(super) label: String,
    /// Its path in the object tree: what it is recognised by when the tree is looked at again.
    pub(super) path: String,
    pub(super) what: What,
}

#[derive(Clone, Debug)]
pub(super) enum What {
    Directory { is_open: bool, objects: usize },
    Link { target: String },
    Object(Box<Object>),
    Dead,
    Odd { why: String },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Name,
    Size,
    Kind,
    Age,
    Holders,
}

impl Sort {
    const ALL: [Sort; 5] = [Sort::Name, Sort::Size, Sort::Kind, Sort::Age, Sort::Holders];

    pub(super) fn name(self) -> &'static str {
        match self {
            Sort::Name => "name",
            Sort::Size => "size",
            Sort::Kind => "kind",
            Sort::Age => "age",
            Sort::Holders => "holders",
        }
    }
}

/// The parts of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pane {
    Tree,
    Handles,
    Views,
    Bytes,
}

impl Pane {
    pub(super) const ALL: [Pane; 4] = [Pane::Tree, Pane::Handles, Pane::Views, Pane::Bytes];
}

/// What lies over the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Over {
    Nothing,
    Help,
    /// The filter of the tree is being typed.
    Filter,
    /// A search over all handles and views of all processes, as in Process Explorer.
    Find {
        text: String,
        at: usize,
    },
}

/// Something that a search found.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) pid: u32,
    pub(super) program: String,
    pub(super) what: &'static str,
    pub(super) name: String,
    /// Where it is in the tree.
    pub(super) path: String,
}

/// A list that may be longer than its place.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Scroll {
    pub(super) at: usize,
    pub(super) top: usize,
    /// Lines that were shown last.
    pub(super) shown: usize,
}

impl Scroll {
    /// Moves the selection by so many lines, among `len`.
    pub(super) fn go(&mut self, by: isize, len: usize) {
        self.at = self.at.saturating_add_signed(by).min(len.saturating_sub(1));
    }

    /// The lines to show, so that the selected one is among them.
    pub(super) fn window(&mut self, len: usize, height: usize) -> Range<usize> {
        self.at = self.at.min(len.saturating_sub(1));
        self.shown = height;
        if self.at < self.top {
            self.top = self.at;
        }
        if height > 0 && self.at >= self.top + height {
            self.top = self.at + 1 - height;
        }
        self.top = self.top.min(len.saturating_sub(height));
        self.top..len.min(self.top + height)
    }
}

/// The bytes of the selected object.
pub(super) struct Bytes {
    live: Live,
    /// Recent changes, from the first byte of the window on.
    marks: Vec<(Range<usize>, Instant)>,
    path: String,
}

pub(super) struct Model {
    space: Namespace,
    pub(super) lines: Vec<Line>,
    /// Every object, also those in directories that are closed and those that the filter hides.
    all: Vec<Object>,
    pub(super) usage: Usage,
    pub(super) tree: Scroll,
    pub(super) handles: Scroll,
    pub(super) views: Scroll,
    closed: HashSet<String>,
    pub(super) focus: Pane,
    pub(super) over: Over,
    pub(super) filter: String,
    pub(super) sort: Sort,
    pub(super) reversed: bool,
    pub(super) with_links: bool,
    /// On a narrow screen: the right side is shown in place of the tree.
    pub(super) details: bool,
    pub(super) bytes: Option<Bytes>,
    /// Why there are none.
    pub(super) no_bytes: String,
    /// First byte of the hexdump.
    pub(super) offset: u64,
    /// Bytes in a line of it, as wide as it was drawn last.
    pub(super) line_len: usize,
    /// Bytes that changed in each second, the newest last.
    pub(super) history: VecDeque<u64>,
    second: Instant,
    pub(super) state: String,
    pub(super) message: String,
    /// Where the panes were drawn, for the mouse.
    pub(super) areas: Vec<(Pane, ratatui::layout::Rect)>,
    /// Where what was found is listed, and the first that is shown there.
    pub(super) found_area: (ratatui::layout::Rect, usize),
    over_it: bool,
}

impl Model {
    pub(super) fn new(space: Namespace) -> Result<Model, Failure> {
        let mut model = Model {
            space,
            lines: Vec::new(),
            all: Vec::new(),
            usage: Usage::default(),
            tree: Scroll::default(),
            handles: Scroll::default(),
            views: Scroll::default(),
            closed: HashSet::from([r"\Sessions\BNOLINKS".to_owned()]),
            focus: Pane::Tree,
            over: Over::Nothing,
            filter: String::new(),
            sort: Sort::Name,
            reversed: false,
            with_links: false,
            details: false,
            bytes: None,
            no_bytes: String::new(),
            offset: 0,
            line_len: 16,
            history: VecDeque::from([0; HISTORY]),
            second: Instant::now(),
            state: String::new(),
            message: String::new(),
            areas: Vec::new(),
            found_area: Default::default(),
            over_it: false,
        };
        model.look()?;
        // The first object is more interesting than the root.
        if let Some(first) = model
            .lines
            .iter()
            .position(|line| matches!(line.what, What::Object(_)))
        {
            model.tree.at = first;
        }
        model.selected_changed();
        Ok(model)
    }

    pub(super) fn is_over(&self) -> bool {
        self.over_it
    }

    /// How many objects there are, shown or not.
    pub(super) fn objects(&self) -> usize {
        self.all.len()
    }

    pub(super) fn quit(&mut self) {
        self.over_it = true;
    }

    pub(super) fn space(&self) -> &Namespace {
        &self.space
    }

    /// Looks at the tree and the processes again.
    pub(super) fn look(&mut self) -> Result<(), Failure> {
        let selected = self.lines.get(self.tree.at).map(|line| line.path.clone());
        let tree = inspect::tree(&self.space)?;
        self.usage = inspect::usage_of_tree(&self.space, Detail::Memory)?;
        let mut lines = Vec::new();
        self.all.clear();
        self.flatten(&tree.root, 0, &mut lines);
        self.lines = lines;
        if let Some(selected) = selected
            && let Some(at) = self.lines.iter().position(|line| line.path == selected)
        {
            self.tree.at = at;
        }
        self.tree.at = self.tree.at.min(self.lines.len().saturating_sub(1));
        self.selected_changed();
        self.look_at_state();
        Ok(())
    }

    fn look_at_state(&mut self) {
        let Some(object) = self.object().cloned() else {
            self.state.clear();
            return;
        };
        self.state = match inspect::state(&object) {
            Ok(ObjectState::Memory) => crate::describe::memory(&inspect::memory(&object, &self.usage)),
            Ok(state) => {
                let mut text = crate::describe::state(&state);
                let waiters = inspect::waiters(&object, &self.usage);
                for waiter in waiters.threads {
                    text.push_str(&format!("; thread {} of {} waits", waiter.thread, waiter.pid));
                }
                text
            }
            Err(e) => e.why().cause().into_owned(),
        };
    }

    fn flatten(&mut self, branch: &Branch, depth: usize, lines: &mut Vec<Line>) {
        let is_open = !self.closed.contains(&branch.path) || !self.filter.is_empty();
        let mut inside = Vec::new();
        let mut objects: Vec<&Object> = Vec::new();
        for content in &branch.content {
            match content {
                Content::Link { name, target } if self.with_links && self.filter.is_empty() => {
                    inside.push(Line {
                        depth: depth + 1,
                        label: name.clone(),
                        path: format!(r"{}\{name}", branch.path),
                        what: What::Link {
                            target: target.clone(),
                        },
                    })
                }
                Content::Link { .. } => {}
                Content::Directory(below) => self.flatten(below, depth + 1, &mut inside),
                Content::Object(object) => {
                    self.all.push(Object::clone(object));
                    if self.filter.is_empty() || matches(&self.filter, &object.name) {
                        objects.push(object);
                    }
                }
                Content::Dead { path, .. } => inside.push(self.file(path, depth + 1, What::Dead)),
                Content::Odd(odd) => {
                    let why = odd.why.cause().into_owned();
                    inside.push(self.file(&odd.path, depth + 1, What::Odd { why }));
                }
            }
        }
        let holders = |object: &Object| self.usage.handles_of(object).count();
        match self.sort {
            Sort::Name => objects.sort_by(|a, b| a.name.cmp(&b.name)),
            Sort::Size => objects.sort_by_key(|object| Reverse(object.size)),
            Sort::Kind => objects.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name))),
            Sort::Age => objects.sort_by_key(|object| object.creator.created),
            Sort::Holders => objects.sort_by_key(|object| Reverse(holders(object))),
        }
        if self.reversed {
            objects.reverse();
        }
        let count = objects.len();
        inside.extend(objects.into_iter().map(|object| Line {
            depth: depth + 1,
            label: object.name.clone(),
            path: object.kernel_path(),
            what: What::Object(Box::new(object.clone())),
        }));
        if !self.filter.is_empty() && inside.is_empty() && depth > 0 {
            return; // nothing in it is looked for
        }
        lines.push(Line {
            depth,
            label: branch.name.clone(),
            path: branch.path.clone(),
            what: What::Directory {
                is_open,
                objects: count,
            },
        });
        if is_open {
            lines.append(&mut inside);
        }
    }

    fn file(&self, path: &std::path::Path, depth: usize, what: What) -> Line {
        Line {
            depth,
            label: path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            path: path.display().to_string(),
            what,
        }
    }

    pub(super) fn line(&self) -> Option<&Line> {
        self.lines.get(self.tree.at)
    }

    /// The selected object.
    pub(super) fn object(&self) -> Option<&Object> {
        match &self.line()?.what {
            What::Object(object) => Some(object),
            _ => None,
        }
    }

    pub(super) fn handle_rows(&self) -> Vec<HandleTold> {
        let Some(object) = self.object() else {
            return Vec::new();
        };
        let handles = self.usage.handles_of(object);
        handles
            .map(|handle| HandleTold::of(&self.usage, handle, object.kind))
            .collect()
    }

    pub(super) fn view_rows(&self) -> Vec<ViewTold> {
        let Some(object) = self.object() else {
            return Vec::new();
        };
        // Not the one through which this program shows the bytes.
        let own = std::process::id();
        let views = self.usage.views_of(object).filter(|view| view.pid != own);
        views.map(|view| ViewTold::of(&self.usage, view)).collect()
    }

    /// After the selection has moved: another object's bytes are shown.
    pub(super) fn selected_changed(&mut self) {
        let path = self.line().map(|line| line.path.clone()).unwrap_or_default();
        if self.bytes.as_ref().is_some_and(|bytes| bytes.path == path) {
            return;
        }
        if self.bytes.as_ref().map(|bytes| &bytes.path) != Some(&path) {
            self.offset = 0;
            self.handles = Scroll::default();
            self.views = Scroll::default();
            self.history.iter_mut().for_each(|n| *n = 0);
        }
        self.open_bytes();
        self.look_at_state();
    }

    fn open_bytes(&mut self) {
        self.bytes = None;
        let Some(object) = self.object() else {
            self.no_bytes = "no object is selected".to_owned();
            return;
        };
        if object.kind != Kind::FileMapping {
            self.no_bytes = format!("{} has no bytes to look at", object.kind.article_name());
            return;
        }
        let window = self.offset / WINDOW * WINDOW;
        let len = WINDOW.min(object.size.saturating_sub(window));
        let (name, path) = (object.name_for(&self.space), object.kernel_path());
        if object.boundary.is_some() {
            self.no_bytes = "objects of private name spaces are opened by their boundary only".to_owned();
            return;
        }
        match Live::open(&self.space, &name, window, len) {
            Ok(live) => {
                self.no_bytes.clear();
                self.bytes = Some(Bytes {
                    live,
                    marks: Vec::new(),
                    path,
                });
            }
            Err(Failure::Call(e)) => self.no_bytes = e.to_string(),
            Err(Failure::NobodyReads) => {}
        }
    }

    /// Scrolls the hexdump to a byte.
    pub(super) fn show_byte(&mut self, offset: u64) {
        let size = self.object().map_or(0, |object| object.size);
        let before = self.offset / WINDOW;
        let each = self.line_len as u64;
        self.offset = offset.min(size.saturating_sub(1)) / each * each;
        if self.offset / WINDOW != before {
            self.open_bytes();
        }
    }

    /// Looks at the bytes again and notes what has changed.
    pub(super) fn look_at_bytes(&mut self, now: Instant) {
        while now.saturating_duration_since(self.second) >= Duration::from_secs(1) {
            self.second += Duration::from_secs(1);
            self.history.pop_front();
            self.history.push_back(0);
        }
        let Some(bytes) = &mut self.bytes else {
            return;
        };
        let old = bytes.live.bytes.clone();
        bytes.live.look();
        bytes
            .marks
            .retain(|(_, at)| now.saturating_duration_since(*at) < MARKED);
        let mut changed = 0;
        let marks = &mut bytes.marks;
        differences(&old, &bytes.live.bytes, |range| {
            changed += range.len() as u64;
            marks.push((range, now));
        });
        if let Some(last) = self.history.back_mut() {
            *last += changed;
        }
    }

    /// A line of the hexdump: its bytes and which of them have just changed; `None` past the end.
    pub(super) fn bytes_at(&self, offset: u64) -> Option<(&[u8], [bool; 16])> {
        let bytes = self.bytes.as_ref()?;
        let at = usize::try_from(offset.checked_sub(bytes.live.offset)?).ok()?;
        let end = bytes.live.bytes.len().min(at + self.line_len);
        let line = bytes.live.bytes.get(at..end).filter(|line| !line.is_empty())?;
        let mut changed = [false; 16];
        for (i, changed) in changed.iter_mut().enumerate() {
            *changed = bytes.marks.iter().any(|(range, _)| range.contains(&(at + i)));
        }
        Some((line, changed))
    }

    /// Opens or closes the selected directory.
    pub(super) fn toggle(&mut self) {
        let Some(Line { path, what, .. }) = self.line() else {
            return;
        };
        match what {
            What::Directory { .. } => {
                let path = path.clone();
                if !self.closed.remove(&path) {
                    self.closed.insert(path);
                }
                self.look_and_tell();
            }
            What::Link { target } => {
                let target = target.clone();
                self.select(&target);
            }
            _ => self.details = true,
        }
    }

    pub(super) fn look_and_tell(&mut self) {
        if let Err(Failure::Call(e)) = self.look() {
            self.message = e.to_string();
        }
    }

    /// Selects what has this path, opening the directories that it is in.
    pub(super) fn select(&mut self, path: &str) {
        self.closed.retain(|closed| {
            !(path.starts_with(&**closed) && path.as_bytes().get(closed.len()) == Some(&b'\\'))
        });
        self.look_and_tell();
        let shown = |lines: &[Line]| lines.iter().position(|line| line.path == path);
        let mut at = shown(&self.lines);
        if at.is_none() && !self.filter.is_empty() {
            // What is looked for elsewhere is shown, whatever the filter says.
            self.filter.clear();
            self.look_and_tell();
            at = shown(&self.lines);
        }
        match at {
            Some(at) => {
                self.tree.at = at;
                self.selected_changed();
            }
            None => self.message = format!("{} is not there any more", Escaped(path)),
        }
    }

    /// Selects an object by its name.
    pub(super) fn go_to(&mut self, name: &str) {
        let exact = inspect::find(&self.space, name)
            .ok()
            .flatten()
            .map(|object| object.kernel_path());
        let like = || {
            self.lines
                .iter()
                .find(|line| matches(name, &line.label))
                .map(|line| line.path.clone())
        };
        match exact.or_else(like) {
            Some(path) => self.select(&path),
            None => self.message = format!("there is no object {}", Escaped(name)),
        }
    }

    pub(super) fn next_sort(&mut self) {
        let at = Sort::ALL.iter().position(|sort| *sort == self.sort).unwrap_or(0);
        self.sort = Sort::ALL[(at + 1) % Sort::ALL.len()];
        self.look_and_tell();
    }

    /// Handles and views of all processes whose program or object has the text in its name (I-1, I-2).
    pub(super) fn found(&self, text: &str) -> Vec<Found> {
        if text.is_empty() {
            return Vec::new();
        }
        let mut found = Vec::new();
        for object in &self.all {
            let mut add = |pid: u32, what: &'static str| {
                let program = self
                    .usage
                    .processes
                    .get(&pid)
                    .map_or("", |process| &process.program);
                if matches(text, &object.name) || matches(text, program) || pid.to_string() == text {
                    found.push(Found {
                        pid,
                        program: program.to_owned(),
                        what,
                        name: object.name_for(&self.space),
                        path: object.kernel_path(),
                    });
                }
            };
            self.usage
                .handles_of(object)
                .for_each(|handle| add(handle.pid, "handle"));
            let own = std::process::id();
            let views = self.usage.views_of(object).filter(|view| view.pid != own);
            views.for_each(|view| add(view.pid, "view"));
        }
        found.sort_by(|a, b| (a.pid, &a.name).cmp(&(b.pid, &b.name)));
        found
    }
}
