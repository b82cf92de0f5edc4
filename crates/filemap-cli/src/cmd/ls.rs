//! `filemap ls`.

use crate::Place;
use crate::describe::{self, Holder, ObjectTold, age, matches};
use crate::failure::{Failure, output, say};
use crate::ui::{Columns, json, terminal_width, text_width};
use clap::ValueEnum;
use filemap::inspect::{self, Entry, Object, Oddity, Scope};
use filemap::sys::os::process;
use filemap::{Escaped, Kind, Namespace};
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::{self, BufWriter, Write};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;

/// Lists the objects that somebody holds: name, kind, size, protection, holders
///
/// Holders are the processes that have a handle, as far as the caller may look into them; a process that has only a view does
/// not keep the name and is none. Names of session 0, where services and root are, begin with `Global\`, which is the same
/// directory there as `Local\`.
#[derive(clap::Args)]
#[command(after_help = r"Examples:
  filemap ls
  filemap ls frames --sort size --reverse
  filemap ls 'Local\*' --kind mapping --long
  filemap ls --json")]
pub(crate) struct Ls {
    /// Only names with this in them, or that match a pattern with * and ?; case does not count
    pattern: Option<String>,
    /// Only objects of this kind; may be given several times
    #[arg(long, value_enum)]
    kind: Vec<super::caller::KindWord>,
    /// Only objects that this process has a handle to
    #[arg(long, value_name = "PID")]
    pid: Option<u32>,
    /// Sort by
    #[arg(long, value_enum, default_value = "name")]
    sort: Sort,
    /// The other way round
    #[arg(long, short)]
    reverse: bool,
    /// Age, owner, mode and memory, too
    #[arg(long, short)]
    long: bool,
    /// Private name spaces, too
    #[arg(long)]
    private: bool,
    /// One JSON object with `objects`, `dead` (leftovers that `filemap sweep` removes) and `oddities`
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Sort {
    /// Directory and name
    Name,
    /// Kind, then name
    Kind,
    /// Bytes
    Size,
    /// When it was made
    Age,
    /// How many processes hold it
    Holders,
}

#[derive(Serialize)]
struct Answer {
    objects: Vec<ObjectTold>,
    dead: Vec<PathBuf>,
    oddities: Vec<OddityTold>,
}

/// What is no object, for people and programs.
#[derive(Serialize)]
pub(crate) struct OddityTold {
    /// The name that it stands for, if it stands for one.
    name: Option<String>,
    path: PathBuf,
    cause: String,
    code: u32,
    remedy: String,
}

impl OddityTold {
    pub(crate) fn of(space: &Namespace, odd: &Oddity) -> OddityTold {
        OddityTold {
            name: odd.name_for(space),
            path: odd.path.clone(),
            cause: odd.why.cause().into_owned(),
            code: odd.why.code().0,
            remedy: odd.why.remedy().into_owned(),
        }
    }

    pub(crate) fn line(&self) -> String {
        let path = self.path.display().to_string();
        let (cause, code) = (Escaped(&self.cause), self.code);
        let name = match &self.name {
            Some(name) => format!("{} ({})", Escaped(name), Escaped(&path)),
            None => Escaped(&path).to_string(),
        };
        format!("{name}: {cause} ({code}); {}", self.remedy)
    }
}

/// Who has handles, and the programs of these processes.
pub(crate) struct Holders {
    pids: inspect::Holders,
    programs: BTreeMap<u32, Program>,
}

/// The program of a process, and both in words: of very many objects the same few processes are told.
struct Program {
    name: String,
    words: String,
}

impl Holders {
    pub(crate) fn now() -> Result<Holders, Failure> {
        let pids = inspect::holders()?;
        let program = |pid| {
            let name = process::program(pid).unwrap_or_default();
            let words = describe::who(pid, &name);
            (pid, Program { name, words })
        };
        let programs = pids.processes().into_iter().map(program).collect();
        Ok(Holders { pids, programs })
    }

    pub(crate) fn of(&self, object: &Object) -> impl Iterator<Item = (u32, &str)> {
        let name = |pid| self.programs.get(&pid).map_or("", |program| &*program.name);
        self.pids.of(object.id).map(move |pid| (pid, name(pid)))
    }

    fn count(&self, object: &Object) -> usize {
        self.of(object).count()
    }

    pub(crate) fn in_words(&self, object: &Object) -> String {
        let mut words = String::new();
        for program in self.pids.of(object.id).filter_map(|pid| self.programs.get(&pid)) {
            if !words.is_empty() {
                words.push_str(", ");
            }
            words.push_str(&program.words);
        }
        words
    }

    fn told(&self, object: &Object) -> Vec<Holder> {
        let told = |(pid, program): (u32, &str)| Holder {
            pid,
            program: match program {
                "" => process::program(pid),
                known => Some(known.to_owned()),
            },
        };
        self.of(object).map(told).collect()
    }
}

impl Ls {
    pub(crate) fn run(&self, place: &Place) -> Result<ExitCode, Failure> {
        let space = place.namespace()?;
        let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
        match (self.json, self.sort) {
            (true, _) => self.as_json(&space, &mut out)?,
            (false, Sort::Name) if !self.reverse => self.as_it_comes(&space, &mut out)?,
            (false, _) => self.sorted(&space, &mut out)?,
        }
        out.flush().map_err(output)?;
        Ok(ExitCode::SUCCESS)
    }

    fn scope(&self) -> Scope {
        match self.private {
            true => Scope::Everything,
            false => Scope::Sessions,
        }
    }

    fn wants(&self, space: &Namespace, object: &Object, holders: &Holders) -> bool {
        let kind = self.kind.is_empty() || self.kind.iter().any(|kind| kind.kind() == object.kind);
        kind && self
            .pattern
            .as_ref()
            .is_none_or(|pattern| matches(pattern, &object.name_for(space)) || matches(pattern, &object.name))
            && self
                .pid
                .is_none_or(|pid| holders.of(object).any(|(holder, _)| holder == pid))
    }

    /// Both at the same time: each takes long where there is very much.
    fn names_and_holders(&self, space: &Namespace) -> Result<(inspect::Names, Holders), Failure> {
        let names = || inspect::names(space, self.scope());
        std::thread::scope(|scope| {
            let beside = std::thread::Builder::new().spawn_scoped(scope, names);
            let holders = Holders::now()?;
            // Without the thread, for want of memory say, this one does it.
            let found = beside.ok().and_then(|thread| thread.join().ok());
            Ok((found.unwrap_or_else(names), holders))
        })
    }

    /// Every object in the order of names, with nothing kept of it but its name and who holds it.
    fn as_it_comes(&self, space: &Namespace, out: &mut dyn Write) -> Result<(), Failure> {
        let (names, holders) = self.names_and_holders(space)?;
        let columns = self.columns(names.widest(shown_width));
        let mut all_trouble = Trouble::default();
        let mut written = Ok(());
        let mut has_header = false;
        let rows = |entries: &mut dyn Iterator<Item = Entry>| {
            let (mut rows, mut trouble) = (Vec::new(), Trouble::default());
            for entry in entries {
                match entry {
                    Entry::Live(object) if self.wants(space, &object, &holders) => {
                        self.row(&columns, &mut rows, space, &object, &holders)?;
                    }
                    Entry::Live(_) => {}
                    other => trouble.note(space, other),
                }
            }
            Ok((rows, trouble))
        };
        names.for_each_block(&holders.pids, rows, |block: io::Result<(Vec<u8>, Trouble)>| {
            written = block.and_then(|(rows, trouble)| {
                all_trouble.append(trouble);
                if !rows.is_empty() && !has_header {
                    has_header = true;
                    columns.header(out)?;
                }
                out.write_all(&rows)
            });
            match written {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            }
        });
        written.map_err(output)?;
        out.flush().map_err(output)?;
        all_trouble.tell();
        Ok(())
    }

    fn sorted(&self, space: &Namespace, out: &mut dyn Write) -> Result<(), Failure> {
        let (mut objects, holders, widest, trouble) = self.collect(space)?;
        self.order(&mut objects, &holders);
        if !objects.is_empty() {
            let columns = self.columns(widest);
            columns.header(out).map_err(output)?;
            for object in &objects {
                self.row(&columns, out, space, object, &holders).map_err(output)?;
            }
        }
        out.flush().map_err(output)?;
        trouble.tell();
        Ok(())
    }

    fn as_json(&self, space: &Namespace, out: &mut dyn Write) -> Result<(), Failure> {
        let (mut objects, holders, _, trouble) = self.collect(space)?;
        self.order(&mut objects, &holders);
        let answer = Answer {
            objects: objects
                .iter()
                .map(|object| ObjectTold::of(space, object, holders.told(object)))
                .collect(),
            dead: trouble.dead,
            oddities: trouble.odd,
        };
        json(out, &answer)
    }

    /// The objects that are asked for, their holders, how wide names are, and what is no object.
    fn collect(&self, space: &Namespace) -> Result<(Vec<Object>, Holders, usize, Trouble), Failure> {
        let (names, holders) = self.names_and_holders(space)?;
        let widest = names.widest(shown_width);
        let mut trouble = Trouble::default();
        let mut objects = Vec::new();
        names.for_each(&holders.pids, |entry| {
            match entry {
                Entry::Live(object) if self.wants(space, &object, &holders) => objects.push(*object),
                Entry::Live(_) => {}
                other => trouble.note(space, other),
            }
            ControlFlow::Continue(())
        });
        Ok((objects, holders, widest, trouble))
    }

    fn order(&self, objects: &mut [Object], holders: &Holders) {
        match self.sort {
            Sort::Name => objects.sort_by(|a, b| (a.directory, &a.name).cmp(&(b.directory, &b.name))),
            Sort::Kind => objects.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name))),
            Sort::Size => objects.sort_by_key(|object| object.size),
            Sort::Age => objects.sort_by_key(|object| Reverse(object.creator.created)),
            Sort::Holders => objects.sort_by_key(|object| holders.count(object)),
        }
        if self.reverse {
            objects.reverse();
        }
    }

    /// Widths that all names fit into.
    fn columns(&self, widest_name: usize) -> Columns {
        let kind = Kind::ALL
            .map(|kind| kind.name().len())
            .into_iter()
            .max()
            .unwrap_or(0);
        // The long names of protections are rare: on a narrow terminal they go on in the next line.
        let protection = match terminal_width() {
            Some(..100) => "PAGE_READWRITE",
            _ => "PAGE_EXECUTE_WRITECOPY",
        };
        let mut widths = vec![widest_name.max(4), kind, 10, protection.len()];
        let mut head = vec!["NAME", "KIND", "SIZE", "PROTECTION"];
        if self.long {
            widths.extend([8, 12, 4, 10]);
            head.extend(["AGE", "OWNER", "MODE", "MEMORY"]);
        }
        widths.push(40);
        head.push("HOLDERS");
        Columns::new(head, widths, &[2])
    }

    fn row(
        &self,
        columns: &Columns,
        out: &mut dyn Write,
        space: &Namespace,
        object: &Object,
        holders: &Holders,
    ) -> io::Result<()> {
        let is_mapping = object.kind == Kind::FileMapping;
        let name = object.name_for(space);
        let name = Escaped(&name).to_text();
        let size = if is_mapping {
            object.size.to_string()
        } else {
            String::new()
        };
        let protection = if is_mapping { object.protection.name() } else { "" };
        let holders = holders.in_words(object);
        let mut cells = vec![&*name, object.kind.name(), &size, protection];
        let long = self.long.then(|| {
            [
                describe::duration(age(object)),
                filemap::security::user_name(object.owner),
                format!("{:03o}", object.mode),
                describe::size(object.allocated),
            ]
        });
        cells.extend(long.iter().flatten().map(String::as_str));
        cells.push(&holders);
        columns.row(out, &cells)
    }
}

/// The columns that a name takes as it is shown.
fn shown_width(name: &str) -> usize {
    text_width(&Escaped(name).to_text())
}

/// What is no live object.
#[derive(Default)]
struct Trouble {
    dead: Vec<PathBuf>,
    odd: Vec<OddityTold>,
}

impl Trouble {
    fn note(&mut self, space: &Namespace, entry: Entry) {
        match entry {
            Entry::Dead { path, .. } => self.dead.push(path),
            Entry::Odd(odd) => self.odd.push(OddityTold::of(space, &odd)),
            Entry::Live(_) => {}
        }
    }

    fn append(&mut self, mut other: Trouble) {
        self.dead.append(&mut other.dead);
        self.odd.append(&mut other.odd);
    }

    fn tell(&self) {
        if let n @ 1.. = self.dead.len() {
            let entries = if n == 1 { "entry" } else { "entries" };
            say(&format!("{n} dead {entries}; `filemap sweep` takes them away"));
        }
        for odd in &self.odd {
            say(&odd.line());
        }
    }
}
